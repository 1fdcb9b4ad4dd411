"""Search: schools, people, bookings and letters of one partnership, by whatever somebody remembers of them.

A fixed number of queries: one a kind to count, and for what is shown one for people, bookings and letters each, two for
schools; one more for schools that are spelt alike where nothing matches.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from outreach.booking.promises import Booking
from outreach.county.schools import School
from outreach.coverage.search import bookings, people, schools
from outreach.coverage.search.people import PersonHit
from outreach.coverage.search.schools import SchoolHit
from outreach.coverage.search.typed import Wanted
from outreach.ground.db import db
from outreach.post.outbox import Letter

SCHOOLS, PEOPLE, BOOKINGS, LETTERS = "schools", "people", "bookings", "letters"
KINDS = (SCHOOLS, PEOPLE, BOOKINGS, LETTERS)


@dataclass(frozen=True, kw_only=True)
class Found:
    """How many there are of each kind, and those of them that are shown."""

    counts: dict[str, int]
    schools: tuple[SchoolHit, ...] = ()
    people: tuple[PersonHit, ...] = ()
    bookings: tuple[Booking, ...] = ()
    letters: tuple[Letter, ...] = ()
    near: tuple[School, ...] = ()

    @property
    def any(self) -> bool:
        return any(self.counts.values())


def counts(partnership_id: int, want: Wanted) -> dict[str, int]:
    """How many of each kind match; each number is how long that kind's whole list is."""
    if want.nothing:
        return dict.fromkeys(KINDS, 0)
    queries: dict[str, Select[Any]] = {
        SCHOOLS: select(School.urn).where(*schools.matching(partnership_id, want)),
        PEOPLE: people.matching(partnership_id, want),
        BOOKINGS: bookings.matching(select(Booking.id), partnership_id, want),
        LETTERS: select(Letter.id).where(*people.letters_to(partnership_id, want)),
    }
    return {
        kind: db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
        for kind, query in queries.items()
    }


def look(
    partnership_id: int,
    want: Wanted,
    found: dict[str, int],
    *,
    kinds: Iterable[str] = KINDS,
    first: int = 0,
    most: int = 5,
) -> Found:
    """What matches all that was typed: `most` of each of some kinds, from the `first` on. `found`: what `counts` says.

    Where nothing at all matches, `near` holds the schools that are spelt much like it.
    """
    of = {kind for kind in kinds if found[kind]}
    return Found(
        counts=found,
        schools=schools.listed(partnership_id, want, first, most) if SCHOOLS in of else (),
        people=people.listed(partnership_id, want, first, most) if PEOPLE in of else (),
        bookings=bookings.listed(partnership_id, want, first, most) if BOOKINGS in of else (),
        letters=people.listed_letters(partnership_id, want, first, most) if LETTERS in of else (),
        near=() if want.nothing or any(found.values()) else schools.near(partnership_id, want),
    )
