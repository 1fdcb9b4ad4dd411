"""The company's week on one page, kept by its phone, on paper and as a file."""

from typing import Any

from flask import g, redirect, render_template, url_for

from outreach.ground import clock
from outreach.tour import limits
from outreach.web import kept_on_phone, noted, troupe_week
from outreach.web.gate import company
from outreach.web.limits import LimitsForm, settle
from outreach.web.refusals import status
from outreach.web.troupe_door import by_troupe


@company.get("/t/<token>/week")
@company.get("/t/<token>/weeks/<day>")
@by_troupe
def week(token: str, day: str | None = None) -> Any:
    """The week in which a day lies, this one without."""
    now, found = clock.now(), troupe_week.week(g.troupe, day)
    begins = found.shows[0].show.performance.starts_at if found.shows else None
    phone = kept_on_phone.on_phone(
        kept_on_phone.until_after(found.ends_at, now=now, begins_at=begins), [url_for(".days", token=token)]
    )
    page = render_template("company/week.html", token=token, phone=phone, now=now, **troupe_week.shown(found))
    return kept_on_phone.answer(page, phone)


@company.get("/t/<token>/weeks/<day>/week.csv")
@by_troupe
def week_csv(token: str, day: str) -> Any:
    file = troupe_week.file(troupe_week.week(g.troupe, day))
    if g.troupe_link is not None:  # of who is signed in, the guard notes it
        noted.took_out(noted.page_without_key(token), who=g.who)
    return file


@company.route("/t/<token>/limits", methods=["GET", "POST"])
@by_troupe
def week_limits(token: str) -> Any:
    """The limits of the company's weeks: of every troupe of it."""
    whose = g.troupe.company
    form = LimitsForm(obj=limits.limits_of(whose))
    if settle(whose, form, g.who):
        return redirect(url_for("company.week", token=token), 303)
    return render_template("company/limits.html", token=token, form=form), status()
