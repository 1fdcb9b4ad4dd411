"""The company's days: today and those to come, and each day's sheet, on a phone, on paper, and as a file for
halls without signal."""

from typing import Any

from flask import Response, abort, g, render_template
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from outreach.booking.sheets import coming, day_sheet
from outreach.ground import clock
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.tour.days import TourDay
from outreach.web import assets
from outreach.web.troupe_door import by_troupe_link, company


@company.get("/t/<token>")
@by_troupe_link
def days(token: str) -> Any:
    """Every day that the troupe gives from today on, with or without shows."""
    now = clock.now()
    return render_template(
        "company/days.html",
        token=token,
        days=coming.of_troupe(g.troupe.id, now=now),
        today=day_of(now),
    )


@company.get("/t/<token>/days/<int:day_id>")
@by_troupe_link
def sheet(token: str, day_id: int) -> Any:
    """The sheet of one of the troupe's days; of one that was taken back, that it was (410)."""
    tour_day = _own_day(day_id)
    if tour_day.ended_at is not None:
        return render_template("company/day_gone.html", token=token, tour_day=tour_day), 410
    return render_template(
        "company/sheet.html", token=token, sheet=day_sheet.sheet_of_day(tour_day), now=clock.now()
    )


@company.get("/t/<token>/days/<int:day_id>/sheet.html")
@by_troupe_link
def sheet_file(token: str, day_id: int) -> Any:
    """The same as a file that needs nothing else to be read."""
    tour_day = _own_day(day_id)
    if tour_day.ended_at is not None:
        abort(410)
    page = render_template(
        "company/sheet_file.html",
        sheet=day_sheet.sheet_of_day(tour_day),
        now=clock.now(),
        styles=Markup("<style>{}</style>").format(Markup(assets.styles(alone=True))),
    )
    response = Response(page, mimetype="text/html")
    response.headers.set("Content-Disposition", "attachment", filename=f"day-sheet-{tour_day.day}.html")
    return response


def _own_day(day_id: int) -> TourDay:
    """A day of the troupe whose link it is; a 404 for anybody else's."""
    found = db.session.scalar(
        select(TourDay)
        .where(TourDay.id == day_id, TourDay.troupe_id == g.troupe.id)
        .options(joinedload(TourDay.troupe), joinedload(TourDay.programme))
    )
    if found is None:
        abort(404)
    return found
