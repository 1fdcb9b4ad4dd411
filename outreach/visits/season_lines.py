"""A season as sheets of a workbook: its sums by troupe and month, and every day and show that they are made
of. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from outreach.ground.audience import head_of
from outreach.ground.school_year import year_name
from outreach.ground.wording import day_short
from outreach.visits.season import Season, SeasonShow, Sums, sums

NOT_FOR_PUBLICATION = "Not for publication: small numbers are not hidden."

PUPILS = ["Pupils counted", "Pupils only promised", "Counted, other year groups"]

ROADS = [
    "Kilometres, straight where no road is known",
    "Minutes on the road",
    "Drives not known",
    "Cost in pounds",
]

SUMS = [
    "Days given",
    "Days used",
    "Shows",
    "Of them to come",
    "Did not take place",
    *PUPILS,
    *ROADS,
]


def title(season: Season, *, today: date) -> str:
    return (
        f"Season {year_name(season.academic_year)}, as it stands on {day_short(today)}. {NOT_FOR_PUBLICATION}"
    )


def book(season: Season) -> list[tuple[str, Sequence[str], Iterator[Sequence[Any]]]]:
    """(name, no head, lines) of each sheet; the first of its lines is its head."""
    return [
        ("Season", (), _by_month(season)),
        ("Days", (), _days(season)),
        (head_of(["Shows"], for_adults=season.of_adults)[0], (), _shows(season)),
    ]


def _by_month(season: Season) -> Iterator[Sequence[Any]]:
    yield head_of(["Company", "Troupe", "Month", *SUMS], for_adults=season.of_adults)
    for own in season.troupes:
        for month, found in own.months:
            yield [own.troupe.company.name, own.troupe.name, f"{month:%B %Y}", *_cells(found)]
        yield [own.troupe.company.name, own.troupe.name, "All months", *_cells(own.total)]
    for month, found in season.months:
        yield ["All companies", "All troupes", f"{month:%B %Y}", *_cells(found)]
    yield ["All companies", "All troupes", "All months", *_cells(season.total)]


def _cells(found: Sums) -> list[Any]:
    return [
        found.given,
        found.used,
        found.shows,
        found.coming,
        found.not_played,
        *_pupils(found),
        found.kilometres,
        found.minutes,
        found.unknown,
        _pounds(found.cost),
    ]


def _days(season: Season) -> Iterator[Sequence[Any]]:
    head = ["Date", "Company", "Troupe", "Programme", "Shows", *PUPILS, *ROADS]
    yield head_of(head, for_adults=season.of_adults)
    for day in season.days:
        yield [
            day.tour_day.day,
            day.troupe.company.name,
            day.troupe.name,
            day.tour_day.programme.title,
            sum(show.played for show in day.shows),
            *_pupils(sums([day])),
            day.kilometres,
            day.minutes,
            day.unknown,
            _pounds(day.cost),
        ]


def _shows(season: Season) -> Iterator[Sequence[Any]]:
    head = ["Date", "Starts", "Company", "Troupe", "Programme", "URN", "Host", "Guests", *PUPILS]
    yield head_of([*head, "Reference", "State"], for_adults=season.of_adults)
    for day in season.days:
        for show in day.shows:
            performance = show.performance
            yield [
                day.tour_day.day,
                performance.starts_at,
                day.troupe.company.name,
                day.troupe.name,
                day.tour_day.programme.title,
                performance.organisation_id,
                performance.host.name,
                len(show.bookings) - 1,
                *_pupils(show),
                show.host.reference,
                show.state,
            ]


def _pupils(found: Sums | SeasonShow) -> list[int]:
    return [found.counted, found.promised, found.others]


def _pounds(pence: int | None) -> float | str:
    return "" if pence is None else pence / 100
