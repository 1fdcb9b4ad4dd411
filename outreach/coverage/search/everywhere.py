"""Search: schools, people, bookings and letters of one partnership, by whatever somebody remembers of them.

A fixed number of queries: one a kind, one more for what came before and after the schools found; where
nothing matches, one for schools that are spelt alike; for a whole list of one kind four more, to count.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from outreach.booking.promises import Booking
from outreach.county.schools import Organisation
from outreach.coverage.search import bookings, organisations, people
from outreach.coverage.search.organisations import OrganisationHit
from outreach.coverage.search.people import PersonHit
from outreach.coverage.search.typed import Wanted
from outreach.ground.db import db
from outreach.post.outbox import Letter

SCHOOLS, PEOPLE, BOOKINGS, LETTERS = "schools", "people", "bookings", "letters"
KINDS = (SCHOOLS, PEOPLE, BOOKINGS, LETTERS)


@dataclass(frozen=True, kw_only=True)
class SearchFound:
    """How many there are of each kind, and those of them that are shown."""

    counts: dict[str, int]
    schools: tuple[OrganisationHit, ...] = ()
    people: tuple[PersonHit, ...] = ()
    bookings: tuple[Booking, ...] = ()
    letters: tuple[Letter, ...] = ()
    near: tuple[Organisation, ...] = ()

    @property
    def any(self) -> bool:
        return any(self.counts.values())


def counts(partnership_id: int, want: Wanted) -> dict[str, int]:
    """How many of each kind match; each number is how long that kind's whole list is."""
    if want.nothing:
        return dict.fromkeys(KINDS, 0)
    queries: dict[str, Select[Any]] = {
        SCHOOLS: select(Organisation.organisation_id).where(*organisations.matching(partnership_id, want)),
        PEOPLE: people.matching(partnership_id, want),
        BOOKINGS: bookings.matching(select(Booking.id), partnership_id, want),
        LETTERS: select(Letter.id).where(*people.letters_to(partnership_id, want)),
    }
    return {
        kind: db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
        for kind, query in queries.items()
    }


LISTED = {
    SCHOOLS: organisations.listed,
    PEOPLE: people.listed,
    BOOKINGS: bookings.listed,
    LETTERS: people.listed_letters,
}


def overview(partnership_id: int, want: Wanted, most: int) -> SearchFound:
    """How many of each kind match all that was typed, and the first `most` of each.

    Where nothing at all matches, `near` holds the schools that are spelt much like it.
    """
    if want.nothing:
        return SearchFound(counts=dict.fromkeys(KINDS, 0))
    found = {kind: listed(partnership_id, want, 0, most) for kind, listed in LISTED.items()}
    totals = {kind: total for kind, (total, _) in found.items()}
    shown: dict[str, Any] = {kind: rows for kind, (_, rows) in found.items()}
    return SearchFound(
        counts=totals,
        near=() if any(totals.values()) else organisations.near(partnership_id, want),
        **shown,
    )


def one_kind(
    partnership_id: int, want: Wanted, kind: str, counted: dict[str, int], first: int, most: int
) -> SearchFound:
    """`most` of one kind from the `first` on; `counted` is what `counts` said."""
    if not counted[kind]:
        near = () if want.nothing or any(counted.values()) else organisations.near(partnership_id, want)
        return SearchFound(counts=counted, near=near)
    _, rows = LISTED[kind](partnership_id, want, first, most)
    shown: dict[str, Any] = {kind: rows}
    return SearchFound(counts=counted, **shown)
