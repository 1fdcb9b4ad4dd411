"""Numbers that a school says will come, and which numbers cannot be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from outreach.booking import accounts, guest_places, limits
from outreach.booking.accounts import PromiseAccount
from outreach.booking.colleagues import Colleague
from outreach.booking.promises import GUEST_CONSENT, SEATS, Booking, BookingRevision, PromisedPupils
from outreach.county.schools import BODY, Organisation, set_own_numbers
from outreach.ground.audience import people_in_group, whom, words
from outreach.ground.db import broken_guard, db
from outreach.ground.errors import Refusal
from outreach.ground.school_year import year_group_name
from outreach.tour import freed_seats
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What a school says will come. `own_numbers`: year group sizes it confirmed as its own."""

    pupils: Mapping[int, int]
    hall: str = ""
    step_free: bool | None = None
    access_needs: Mapping[str, int] = field(default_factory=dict)
    entrance: str = ""
    parking: str = ""
    arrival_note: str = ""
    people: Sequence[Colleague] = ()
    own_numbers: Mapping[int, int] = field(default_factory=dict)


class NobodyComes(Refusal):
    field = "pupils"

    def __init__(self, *, for_adults: bool = False) -> None:
        super().__init__(f"Enter how many {words(for_adults).many} will come, in figures.")


class NotForThatYear(Refusal):
    field = "pupils"

    def __init__(self, year_group: int, whom: str = "school") -> None:
        super().__init__(f"This programme is not for {year_group_name(year_group)} of your {whom}.")


class MoreThanItHas(Refusal):
    """Confirming it (Promise.own_numbers) makes the number the school's own."""

    field = "pupils"

    def __init__(self, year_group: int, known: int, entered: int, whom: str = "school") -> None:
        self.year_group, self.known, self.entered = year_group, known, entered
        super().__init__(
            f"Your {whom} has {people_in_group(known, year_group)} by our count; "
            f"you entered {entered:,}. Is that right?"
        )


class MoreThanItsStaff(Refusal):
    """A body's number is the coordinators' to put right: no tick of its own makes it larger."""

    field = "pupils"

    def __init__(self, organisation: Organisation, known: int, elsewhere: int) -> None:
        have = "has" if elsewhere == 1 else "have"
        there = f", and {elsewhere:,} of them {have} places already" if elsewhere else ""
        left = max(0, known - elsewhere)
        enter = f"Enter {left:,} or fewer, or ask" if left else "Ask"
        super().__init__(
            f"{organisation.name} has {known:,} front-line staff by our count{there}. {enter} us to correct the count."
        )


class TooManyForOneShow(Refusal):
    field = "pupils"

    def __init__(self, ceiling: int, total: int, *, for_adults: bool = False) -> None:
        said = words(for_adults)
        super().__init__(
            f"One {said.performance} takes {said.count(ceiling)} at most; you entered {total:,} in all."
        )


def check(
    programme: Programme,
    organisation: Organisation,
    promise: Promise,
    *,
    who: str,
    now: datetime,
    leaving_out: int | None = None,
    account: PromiseAccount | None = None,
    ceiling: int | None = None,
) -> None:
    """Raises the refusals above. `account`: the school's, when it was read behind its lock just now; `ceiling`: how
    many one show takes, where that is not the programme's to say."""
    total, adults = sum(promise.pupils.values()), programme.for_adults
    ceiling = ceiling or programme.audience_ceiling
    if total <= 0 or any(n < 0 for n in promise.pupils.values()):
        raise NobodyComes(for_adults=adults)
    if total > ceiling:
        raise TooManyForOneShow(ceiling, total, for_adults=adults)
    if promise.own_numbers:
        set_own_numbers(
            organisation.organisation_id, programme.academic_year, dict(promise.own_numbers), who=who, now=now
        )
        limits.write(programme.partnership_id, [organisation.organisation_id], now=now)
    if account is None or promise.own_numbers:
        account = accounts.account(programme, organisation, now=now, leaving_out=leaving_out)
    compare(programme, organisation, promise, account)
    limits.allow(programme, organisation, account, [y for y, n in promise.pupils.items() if n])


def compare(
    programme: Programme, organisation: Organisation, promise: Promise, account: PromiseAccount
) -> None:
    """A promise beside what the school has. Raises NotForThatYear, MoreThanItsStaff, MoreThanItHas."""
    known, elsewhere = account.expected, account.promised
    for year_group, pupils in promise.pupils.items():
        if year_group not in known and pupils:
            raise NotForThatYear(year_group, whom(organisation.organisation_id))
        at_most = known[year_group].at_most if year_group in known else None
        entered = pupils + elsewhere.get(year_group, 0)
        if pupils and at_most is not None and entered > at_most and organisation.kind == BODY:
            raise MoreThanItsStaff(organisation, at_most, elsewhere.get(year_group, 0))
        if pupils and at_most is not None and entered > at_most:
            raise MoreThanItHas(
                year_group, known[year_group].pupils or 0, entered, whom(organisation.organisation_id)
            )


class SeatsTaken(Refusal):
    """The rest of the show's seats are its guests', or its host's."""

    field = "pupils"

    def __init__(self, ceiling: int, by_others: int, *, for_adults: bool = False) -> None:
        left, said = max(0, ceiling - by_others), words(for_adults)
        super().__init__(
            f"One {said.performance} takes {said.count(ceiling)} at most, and {by_others:,} {said.seat}s of this one "
            f"are taken by others. At most {left:,} of yours can come."
        )


class MoreThanTheHostGave(Refusal):
    field = "pupils"

    def __init__(self, *, for_adults: bool = False) -> None:
        super().__init__(
            f"Your host has not agreed to so many. Ask it for more {words(for_adults).seat}s first; it changes them "
            "on its page."
        )


def seat(booking: Booking, seats: int, *, now: datetime) -> None:
    """Change the seats taken; fewer are noted for whoever waits for some. The database refuses more than the show takes
    with its guests, or than the host gave them."""
    ceiling, adults = booking.programme.audience_ceiling, booking.programme.for_adults
    more = seats > booking.seats
    there = guest_places.seats_of(booking.performance, ceiling) if more else None
    taken = there.taken if there else booking.seats
    ceiling = there.ceiling if there else ceiling
    by_others, fewer, booking.seats = taken - booking.seats, seats < booking.seats, seats
    try:
        db.session.flush()
    except IntegrityError as error:
        guard = broken_guard(error)
        if guard == GUEST_CONSENT:
            raise MoreThanTheHostGave(for_adults=adults) from error
        if guard != SEATS:
            raise
        raise SeatsTaken(ceiling, by_others, for_adults=adults) from error
    if fewer and adults:
        freed_seats.note(guest_places.freed_with(booking), now=now)


def revise(booking: Booking, pupils: Mapping[int, int], *, who: str, now: datetime) -> None:
    """A new dated row of what the promise says: pupils by year group."""
    performance = booking.performance
    revision = BookingRevision(
        booking_id=booking.id,
        recorded_at=now,
        starts_at=performance.starts_at,
        ends_at=performance.ends_at,
        who=who,
    )
    db.session.add(revision)
    db.session.flush()
    db.session.add_all(
        PromisedPupils(revision_id=revision.id, year_group=y, pupils=n)
        for y, n in sorted(pupils.items())
        if n
    )


def said(booking: Booking, pupils: Mapping[int, int]) -> dict[str, object]:
    """What a promise says, as the history keeps it."""
    return {
        "pupils": {str(y): n for y, n in sorted(pupils.items())},
        "hall": booking.hall,
        "step_free": booking.step_free,
        "entrance": booking.entrance,
        "parking": booking.parking,
        "arrival_note": booking.arrival_note,
        "access_needs": dict(booking.access_needs),
    }
