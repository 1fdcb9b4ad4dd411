"""Where a tour day begins and ends: at the troupe's base, or where it stays the night before or after."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import FunctionElement

from outreach.ground.db import db
from outreach.tour import roads
from outreach.tour.days import TourDay
from outreach.tour.roads import Stop

BEFORE = aliased(TourDay)
"""The tour day of the same troupe on the date before, in queries."""

Ways = tuple[Stop | None, Stop | None]
"""From where a day leaves and whereto it returns; None: the troupe's base is not known."""


class _the_date_before(FunctionElement[date]):  # noqa: N801 (SQLAlchemy names functions of SQL in lower case)
    type = Date()
    inherit_cache = True


@compiles(_the_date_before)
def _of_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    return f"({compiler.process(element.clauses, **more)} - 1)"


@compiles(_the_date_before, "sqlite")
def _of_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    return f"date({compiler.process(element.clauses, **more)}, '-1 day')"


def follows() -> ColumnElement[bool]:
    """Joins a tour day to BEFORE, whatever the programme of either."""
    return and_(
        BEFORE.troupe_id == TourDay.troupe_id, BEFORE.day == _the_date_before(TourDay.day), BEFORE.ended_at.is_(None)
    )  # fmt: skip


def ways(tour_days: Iterable[TourDay]) -> dict[int, Ways]:
    """{tour day's id: its ways}, in one query. A troupe leaves from where it stayed only on the very next date."""
    asked = list(tour_days)
    nights = {
        row.id: row
        for row in db.session.execute(
            select(TourDay.id, BEFORE.id.label("night"), BEFORE.stays_easting, BEFORE.stays_northing)
            .join(BEFORE, follows())
            .where(TourDay.id.in_({d.id for d in asked}), BEFORE.stays_easting.is_not(None))
        )
    }
    found: dict[int, Ways] = {}
    for day in asked:
        base, night = roads.base_stop(day.troupe), nights.get(day.id)
        slept = roads.lodging_stop(night.night, night.stays_easting, night.stays_northing) if night else None
        found[day.id] = (
            slept or base,
            roads.lodging_stop(day.id, day.stays_easting, day.stays_northing) or base,
        )
    return found
