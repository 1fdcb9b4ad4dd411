"""Start and end of a tour day's road: the troupe's base, or where it stays the night before or after."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Select, and_, select
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


def joined(
    query: Select[*tuple[Any, ...]], *which: ColumnElement[bool], isouter: bool = True
) -> Select[*tuple[Any, ...]]:
    """A query of tour days, for which `which` holds, joined to BEFORE, whatever the programme of either.

    The dates before are worked out first: PostgreSQL looks up no row behind a wall by what has yet to be reckoned from
    another, since a reckoning might tell of it, and would go through all days of the troupe for each.
    """
    eve = (
        select(
            TourDay.id.label("of"), TourDay.troupe_id, _the_date_before(TourDay.day).label("the_date_before")
        )
        .where(*which)
        .cte("eve")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    is_before = and_(
        BEFORE.troupe_id == eve.c.troupe_id,
        BEFORE.day == eve.c.the_date_before,
        BEFORE.ended_at.is_(None),
    )
    return query.join(eve, eve.c.of == TourDay.id).join(BEFORE, is_before, isouter=isouter).where(*which)


class Door(NamedTuple):
    """Where a tour day begins or ends, and what that place is called."""

    stop: Stop
    name: str


def ways(tour_days: Iterable[TourDay]) -> dict[int, Ways]:
    """{tour day's id: its ways}, in one query. A troupe leaves from where it stayed only on the very next
    date."""
    return {
        number: (out.stop if out else None, home.stop if home else None)
        for number, (out, home) in doors(tour_days).items()
    }


def doors(tour_days: Iterable[TourDay]) -> dict[int, tuple[Door | None, Door | None]]:
    """The same with the names of the places."""
    asked = list(tour_days)
    nights = {
        row.id: row
        for row in db.session.execute(
            joined(
                select(
                    TourDay.id,
                    BEFORE.id.label("night"),
                    BEFORE.stays_at,
                    BEFORE.stays_easting,
                    BEFORE.stays_northing,
                ),
                TourDay.id.in_({d.id for d in asked}),
                isouter=False,
            ).where(BEFORE.stays_easting.is_not(None))
        )
    }
    found: dict[int, tuple[Door | None, Door | None]] = {}
    for day in asked:
        base, troupe, night = roads.base_stop(day.troupe), day.troupe, nights.get(day.id)
        home = Door(base, troupe.base_name or f"the base of {troupe.name}") if base else None
        slept = roads.lodging_stop(night.night, night.stays_easting, night.stays_northing) if night else None
        stays = roads.lodging_stop(day.id, day.stays_easting, day.stays_northing)
        found[day.id] = (
            Door(slept, night.stays_at) if slept and night else home,
            Door(stays, day.stays_at) if stays else home,
        )
    return found
