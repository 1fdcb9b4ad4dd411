"""A season as sheets of a workbook: its sums by troupe and month, and every day and show that they are made of. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from outreach.booking.sheets.season import Season, Show, Sums
from outreach.ground.school_year import year_name
from outreach.ground.timespans import local
from outreach.ground.wording import day_short

NOT_FOR_PUBLICATION = "Not for publication: small numbers of pupils are not hidden."

SUMS = [
    "Days given", "Days used", "Shows", "Of them to come", "Did not take place", "Pupils", "Kilometres, straight", "Minutes on the road",
    "Drives not known", "Cost in pounds",
]  # fmt: skip


def title(season: Season, *, today: date) -> str:
    return (
        f"Season {year_name(season.academic_year)}, as it stands on {day_short(today)}. {NOT_FOR_PUBLICATION}"
    )


def book(season: Season, *, today: date) -> list[tuple[str, list[str], Iterator[Sequence[Any]]]]:
    """(name, first line, lines) of each sheet."""
    head = [title(season, today=today)]
    return [
        ("Season", head, _by_month(season)),
        ("Days", head, _days(season)),
        ("Shows", head, _shows(season)),
    ]


def _by_month(season: Season) -> Iterator[Sequence[Any]]:
    yield ["Company", "Troupe", "Month", *SUMS]
    for own in season.troupes:
        for month, found in own.months:
            yield [own.troupe.company.name, own.troupe.name, f"{month:%B %Y}", *_cells(found)]
        yield [own.troupe.company.name, own.troupe.name, "All months", *_cells(own.total)]
    for month, found in season.months:
        yield ["All companies", "All troupes", f"{month:%B %Y}", *_cells(found)]
    yield ["All companies", "All troupes", "All months", *_cells(season.total)]


def _cells(found: Sums) -> list[Any]:
    return [
        found.given, found.used, found.shows, found.coming, found.not_played, found.pupils, found.kilometres, found.minutes,
        found.unknown, _pounds(found.cost),
    ]  # fmt: skip


def _days(season: Season) -> Iterator[Sequence[Any]]:
    yield [
        "Date", "Company", "Troupe", "Programme", "Shows", "Pupils", "Kilometres, straight", "Minutes on the road",
        "Drives not known", "Cost in pounds",
    ]  # fmt: skip
    for day in season.days:
        yield [
            day.tour_day.day, day.troupe.company.name, day.troupe.name, day.tour_day.programme.title,
            sum(show.played for show in day.shows), sum(show.pupils for show in day.shows), day.kilometres, day.minutes,
            day.unknown, _pounds(day.cost),
        ]  # fmt: skip


def _shows(season: Season) -> Iterator[Sequence[Any]]:
    yield [
        "Date",
        "Starts",
        "Company",
        "Troupe",
        "Programme",
        "URN",
        "Host",
        "Guests",
        "Pupils",
        "Reference",
        "State",
    ]
    for day in season.days:
        for show in day.shows:
            performance = show.performance
            yield [
                day.tour_day.day, f"{local(performance.starts_at):%H:%M}", day.troupe.company.name, day.troupe.name,
                day.tour_day.programme.title, performance.urn, performance.host.name, len(show.bookings) - 1, show.pupils,
                show.host.reference, state(show),
            ]  # fmt: skip


def state(show: Show) -> str:
    if not show.played:
        return "did not take place"
    return "past" if show.over else "to come"


def _pounds(pence: int | None) -> float | str:
    return "" if pence is None else pence / 100
