"""Pages of the desk that only read, and may be read from a standby: then they say as of when. Whoever has changed
something goes on reading from the primary until the standby has it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask, g, request, session
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from outreach.ground import clock
from outreach.ground.db import db, is_unavailable
from outreach.ground.standby import STANDBY, Standby
from outreach.ground.timespans import LONDON

PAGES = frozenset(
    f"coordinator.{name}"
    for name in (
        "desk",
        "coverage",
        "schools",
        "gaps",
        "followed",
        "news",
        "diary",
        "bookings",
        "season",
        "season_days",
        "season_shows",
        "outcomes",
        "cost",
        "search",
    )
)

CHANGED_AT = "changed_at"
"""In the signed cookie: when whoever has this browser last sent a form, in seconds since 1970."""


def init_app(app: Flask) -> None:
    if app.config["DATABASE_READ_URL"]:
        STANDBY.tell(app, Standby())
    app.context_processor(lambda: {"as_of_standby": g.get("as_of_standby")})


def shown(view: Callable[[], Any]) -> Any:
    """The page, read from wherever it may be; a form that was sent is noted."""
    standby = STANDBY.find()
    if standby is None:
        return view()
    if request.method not in ("GET", "HEAD"):
        try:
            return view()
        finally:
            session[CHANGED_AT] = clock.now().timestamp()
    if request.endpoint not in PAGES:
        return view()
    return _from(standby, view)


def _from(standby: Standby, view: Callable[[], Any]) -> Any:
    """From the standby; from the primary where it goes away under the page."""
    changed = session.get(CHANGED_AT)
    not_before = None if changed is None else datetime.fromtimestamp(changed, UTC)
    try:
        with standby.reading(not_before=not_before) as as_of:
            g.as_of_standby = f"{as_of.astimezone(LONDON):%H:%M:%S}" if as_of else None
            return view()
    except (DBAPIError, PoolTimeout, InvalidatePoolError) as error:
        if not g.pop("as_of_standby", None) or not is_unavailable(error):
            raise
        standby.rest()
        db.session.rollback()
        return view()
