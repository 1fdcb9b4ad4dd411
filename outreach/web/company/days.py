"""The company's first page: today and the days to come, each with its shows and the way to its day sheet."""

from typing import Any

from flask import g, render_template

from outreach.booking.sheets import coming
from outreach.ground import clock
from outreach.ground.timespans import day_of
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
