"""The company's days: today and those to come, and each day's sheet, on a phone and on paper."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask import abort, g, make_response, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from outreach.booking.sheets import coming, day_sheet, week_sheet
from outreach.booking.sheets.coming import ComingDay
from outreach.ground import clock
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.tour.days import TourDay
from outreach.web import kept_on_phone, spoken
from outreach.web.gate import company
from outreach.web.troupe_door import by_troupe


@company.get("/t/<token>")
@by_troupe
def days(token: str) -> Any:
    """Every day that the troupe gives from today on, with or without shows."""
    now = clock.now()
    found = coming.of_troupe(g.troupe.id, day_of(now))
    spoken.of_all(day.tour_day.programme for day in found)
    phone = kept_on_phone.on_phone(now + kept_on_phone.AFTER_THE_SHOW, _near(token, found, now=now))
    page = render_template(
        "company/days.html", token=token, days=found, today=day_of(now), phone=phone, now=now
    )
    return kept_on_phone.answer(page, phone)


@company.get("/t/<token>/days/<int:day_id>")
@by_troupe
def sheet(token: str, day_id: int) -> Any:
    """The sheet of one of the troupe's days; of one that was taken back, that it was (410)."""
    tour_day = _own_day(day_id)
    if tour_day.ended_at is not None:
        page = render_template("company/day_gone.html", token=token, tour_day=tour_day)
        return kept_on_phone.let_go(make_response(page, 410))
    now = clock.now()
    found = day_sheet.for_company(tour_day, now=now)
    over = max((stop.performance.ends_at for stop in found.stops), default=None)
    week = _week(token, tour_day.day, now=now)
    reports = [_report(token, stop.performance.id) for stop in found.stops]
    phone = kept_on_phone.on_phone(
        kept_on_phone.until_after(over, now=now), [url_for(".days", token=token), *reports, week]
    )
    page = render_template("company/sheet.html", token=token, sheet=found, week=week, phone=phone, now=now)
    return kept_on_phone.answer(page, phone)


def _near(token: str, days: Iterable[ComingDay], *, now: datetime) -> list[str]:
    """The sheets of the next days with shows, the forms of their reports, and their weeks."""
    near = [
        day
        for day in days
        if day.shows and kept_on_phone.until_after(day.shows[-1].performance.ends_at, now=now)
    ]
    near = near[: kept_on_phone.DAYS_BESIDE]
    sheets = [
        address
        for day in near
        for address in (
            url_for(".sheet", token=token, day_id=day.tour_day.id),
            *(_report(token, show.performance.id) for show in day.shows),
        )
    ]
    return [*sheets, *dict.fromkeys(_week(token, day.day, now=now) for day in near)]


def _week(token: str, day: date, *, now: datetime) -> str:
    """The week of a day: this week's has an address of its own, which the menu leads to."""
    monday = week_sheet.monday_of(day)
    if monday == week_sheet.monday_of(day_of(now)):
        return url_for(".week", token=token)
    return url_for(".week", token=token, day=monday.isoformat())


def _report(token: str, performance_id: int) -> str:
    return url_for(".report", token=token, performance_id=performance_id)


def _own_day(day_id: int) -> TourDay:
    """A day of the troupe whose link it is; a 404 for anybody else's."""
    found = db.session.scalar(
        select(TourDay)
        .where(TourDay.id == day_id, TourDay.troupe_id == g.troupe.id)
        .options(joinedload(TourDay.troupe), joinedload(TourDay.programme))
    )
    if found is None:
        abort(404)
    spoken.of(found.programme)
    return found
