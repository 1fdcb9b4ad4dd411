"""A troupe's week as both doors show it, the coordinators' and the company's: which week, its map, its file."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from flask import Response, abort, g

from outreach.booking.sheets import week_sheet
from outreach.booking.sheets.week_sheet import WeekDay, WeekSheet
from outreach.county import partnerships
from outreach.coverage.charts import day_map
from outreach.coverage.charts.day_map import DayMap, Point
from outreach.ground import clock
from outreach.ground.geography import Place
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import iso_day
from outreach.ground.wording import day_short
from outreach.tour import roads
from outreach.tour.companies import Troupe
from outreach.tour.nights import Door
from outreach.tour.performances import Performance
from outreach.web import downloads, limits, spoken

NOT_FOR_PUBLICATION = "Not for publication: small numbers are not hidden."

COLUMNS = (
    "Date",
    "Day",
    "Leaves",
    "From",
    "Number",
    "School",
    "URN",
    "Postcode",
    "Set-up",
    "Starts",
    "Ends",
    "Away",
    "Coming",
    "Guests",
    "Home",
    "To",
    "Night away at",
    "Minutes on the road",
    "Kilometres, straight where no road is known",
    "Drives not known",
    "Minutes from leaving to home",
)


def week(troupe: Troupe, day: str | None) -> WeekSheet:
    """The week of a day of the address, this one without; a 404 for what is no day."""
    found = week_sheet.week_of_troupe(troupe, _day(day))
    spoken.of_all(one.coming.tour_day.programme for one in found.days)
    return found


def shown(found: WeekSheet) -> dict[str, Any]:
    """What parts/week.html draws."""
    return {
        "week": found,
        "map": _map(found),
        "limits": limits.of_week(found),
        "kilometres_are": roads.roads_of_partnership(
            partnerships.get(found.troupe.company.partnership_id)
        ).kilometres_are,
        "before": (found.monday - timedelta(days=7)).isoformat(),
        "after": (found.monday + timedelta(days=7)).isoformat(),
    }


def file(found: WeekSheet) -> Response:
    """One line a show, and one of a day without; what is of a whole day stands in its first line alone, so that a
    column adds up."""
    company = found.troupe.company
    title = (
        f"{company.name}, {found.troupe.name}: week of {day_short(found.monday)}, as it stands on "
        f"{day_short(day_of(clock.now()))}. {NOT_FOR_PUBLICATION}"
    )
    lines: Iterator[list[Any]] = (line for day in found.days for line in _lines(day))
    name = f"week-{found.monday.isoformat()}.csv"
    return downloads.csv_file(name, COLUMNS, lines, notice=title, end="the week")


def _lines(day: WeekDay) -> Iterator[list[Any]]:
    tour_day = day.coming.tour_day
    whole_day = [
        day.home_at,
        day.home.name if day.home and day.shows else "",
        tour_day.stays_at,
        day.road_minutes,
        day.kilometres,
        day.unknown,
        day.out_minutes,
    ]
    begin = [
        day.day.isoformat(),
        f"{day.day:%A}",
        day.leaves_at,
        day.out.name if day.out and day.shows else "",
    ]
    if not day.shows:
        yield [*begin, *[""] * 10, *whole_day]
    for nth, one in enumerate(day.shows):
        show = one.show.performance
        yield [
            *(begin if nth == 0 else [*begin[:2], "", ""]),
            one.n,
            show.host.name,
            "" if show.host.is_venue or show.host.is_body else show.host.organisation_id,
            show.host.postcode,
            one.show.sets_up_at,
            show.starts_at,
            show.ends_at,
            one.show.away_at,
            one.show.pupils,
            "; ".join(f"{name} ({seats})" for name, seats in one.guests),
            *(whole_day if nth == 0 else [""] * len(whole_day)),
        ]


def _map(found: WeekSheet) -> DayMap | None:
    """The ways of the week, one day behind the other; None where a place on them is not known. A stop has its number
    and day: ten names would cover the roads."""
    points: list[Point] = []
    for day in found.played:
        stops = [_of_show(one.show.performance) for one in day.shows]
        for point in (_of_door(day.out), *stops, _of_door(day.home)):
            if point is None:
                return None
            points.append(point)
    return day_map.draw(g.partnership.districts_geojson, points, [None] * (len(points) - 1))


def _of_show(show: Performance) -> Point | None:
    if show.easting is None or show.northing is None:
        return None
    place = Place(easting=show.easting, northing=show.northing)
    return Point(place=place, name=f"{day_of(show.starts_at):%a}", said="", kind="booked")


def _of_door(door: Door | None) -> Point | None:
    if door is None or door.stop.place is None:
        return None
    return Point(place=door.stop.place, name=door.name, said="", kind="base")


def _day(said: str | None) -> date:
    if said is None:
        return day_of(clock.now())
    if not re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", said):
        abort(404)
    try:
        return iso_day(said)
    except ValueError:
        abort(404)
