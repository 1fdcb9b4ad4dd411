"""Handing on of a booking to the school that follows its own: same promise, same calendar entry, another
school's name on it.

What was so before stays so: the booking counts for the first school up to the day it was handed on. Its
people are told as for a move, links that they hold open the following school's pages, and it can be handed
back until the show.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import contains_eager, joinedload

from outreach.booking import accounts, handovers, in_hall, limits, promises, proposals, subscribed, told
from outreach.booking.bookings import ShowIsOver
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import NotKeptAnyMore
from outreach.booking.handovers import HandedLink, Handover
from outreach.booking.promises import GUEST, HOST, Booking
from outreach.booking.proposals import Proposal
from outreach.county import organisations, school_days, school_locations
from outreach.county.register import lines
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.audience import people_in_group
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.school_year import year_group_name, year_groups_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import day, day_short
from outreach.post import letters
from outreach.post import proposing as post_proposing
from outreach.post.feeds import entries
from outreach.post.feeds.entries import SCHOOL
from outreach.post.links import PersonalLink
from outreach.tour import performances
from outreach.tour.performances import Performance, SlotTaken
from outreach.tour.programmes import Programme


class NotItsSuccessor(Refusal):
    def __init__(self, old: Organisation, new: Organisation) -> None:
        super().__init__(f"The register does not say that {new.name} follows {old.name}.")


class SuccessorNotOpen(Refusal):
    """Until it opens the first school is in the target, and the booking counts there."""

    def __init__(self, new: Organisation) -> None:
        opens = (
            f" It opens on {day_short(new.open_date)}: hand the booking over then." if new.open_date else ""
        )
        super().__init__(f"{new.name} is not open yet.{opens}")


class SuccessorNotOurs(Refusal):
    def __init__(self, new: Organisation) -> None:
        super().__init__(
            f"{new.name} is not one of your authorities’ schools. Move the booking to an earlier day, or cancel it."
        )


class SuccessorHasBooked(Refusal):
    def __init__(self, new: Organisation, booking: Booking, said: str) -> None:
        super().__init__(
            f"{new.name} has a booking of its own{said}, {booking.reference} on "
            f"{day_short(booking.performance.starts_at)}. Cancel one of the two, or change whom it is for."
        )


class DoesNotFit(Refusal):
    """What is promised cannot be the following school's: its year groups, its numbers, its days, the road to
    it."""


class NothingToHandBack(Refusal):
    def __init__(self) -> None:
        super().__init__("This booking was not handed on.")


def hand_on(booking: Booking, new: Organisation, *, who: str, now: datetime) -> Sequence[Booking]:
    """Give a booking to an open school that follows its own, and with it those of one_hall; all of them. Handed on
    already: nothing happens.

    Its SEQUENCE rises; people are asked to answer again only when the place is another, and told once all has gone.
    Raises BookingEnded, ShowIsOver, NotItsSuccessor, SuccessorNotOpen, SuccessorNotOurs, SuccessorHasBooked or
    DoesNotFit; then the old stands.
    """
    given = _given(booking, new, who=who, now=now)
    _tell(given, now=now)
    return [each.booking for each in given] or [booking]


def _given(booking: Booking, new: Organisation, *, who: str, now: datetime) -> list["_Given"]:
    """The rows of hand_on, and nobody told."""
    old = booking.organisation
    _lock(booking, old.organisation_id, new.organisation_id)
    if booking.organisation_id == new.organisation_id:
        return []
    _still_to_come(booking, now)
    _may_follow(booking.organisation, new, booking.programme.partnership_id)
    together, links = one_hall(booking), _links_of(old, booking.programme_id)
    _step_aside(together, now=now)
    given = []
    for each in together:
        _must_fit(each, new, now=now)
        given.append(_give(each, new, links=links, what="handed on", who=who, now=now))
    return given


def _may_follow(old: Organisation, new: Organisation, partnership_id: int) -> None:
    """Raises NotItsSuccessor, SuccessorNotOpen or SuccessorNotOurs."""
    after = lines.after([old.organisation_id], partnership_id).get(old.organisation_id, ())
    if new.organisation_id not in {s.organisation_id for s in after}:
        raise NotItsSuccessor(old, new)
    if not new.is_open:
        raise SuccessorNotOpen(new)
    if not organisations.of_ids([new.organisation_id], partnership_id):
        raise SuccessorNotOurs(new)


def one_hall(booking: Booking) -> list[Booking]:
    """A booking, and those of its school between whose show and its own the hall is only turned round: no road to
    another school is there, so that they are handed on together. Two queries."""
    if booking.role != HOST:
        return [booking]
    own = booking.performance
    beside = [
        other
        for other in promises.live(booking.programme_id, booking.organisation_id)
        if other.id != booking.id and other.role == HOST and other.performance.tour_day_id == own.tour_day_id
    ]
    found = [booking]
    for at in found:
        found += [o for o in beside if o not in found and _overlap(at.performance, o.performance)]
    return found


def _overlap(one: Performance, other: Performance) -> bool:
    return one.get_in_at < other.away_at and other.get_in_at < one.away_at


def _step_aside(together: Sequence[Booking], *, now: datetime) -> None:
    """All but the first, which goes first: the database knows of no two schools in one hall."""
    for each in together[1:]:
        _still_to_come(each, now)
        performances.step_aside(each.performance, now=now)


@dataclass(frozen=True)
class TakenOver:
    """What became of the bookings to come of somebody who closed: how many were handed on, and which stand as they did,
    each with why."""

    handed: int
    left: tuple[tuple[Booking, str], ...]


def hand_all_on(old: Organisation, new: Organisation, *, who: str, now: datetime) -> TakenOver:
    """Every booking to come of somebody who closed goes to the one that follows; what cannot stays whole, and says why.
    Each reader is told after all have gone."""
    given: list[_Given] = []
    left = []
    for booking in to_come([old.organisation_id], now=now):
        try:
            with db.session.begin_nested():
                given += _given(booking, new, who=who, now=now)
        except Refusal as why:
            left.append((booking, why.message))
    _tell(given, now=now)
    return TakenOver(len(given), tuple(left))


def hand_offer_on(offer: Proposal, new: Organisation, *, who: str, now: datetime) -> Proposal:
    """An open offer is from now on to the open school that follows, as the same calendar entry, SEQUENCE + 1; the
    first school's ends here.

    Raises NotKeptAnyMore, NotItsSuccessor, SuccessorNotOpen, SuccessorNotOurs, NothingToPropose, AlreadyProposed or
    DoesNotFit; then the old stands.
    """
    old, programme = offer.organisation, offer.programme
    performance = proposing.behind_the_locks(offer, new)
    if performance is None or not offer.is_open(now):
        raise NotKeptAnyMore(offer)
    _may_follow(old, new, programme.partnership_id)
    proposing.may_be_offered(programme, new, now=now)
    elsewhere = _moves(offer, new)
    _hall_must_fit(performance, new, programme, elsewhere=elsewhere)
    _open(_links_of(old, programme.id), new)
    taken = proposals.hand_on(offer, new, who=who, now=now)
    _rehost(performance, new, programme, elsewhere=elsewhere)
    for subject in (old, new):
        history.record(
            "proposal handed on",
            history.Subject("school", subject.organisation_id, programme.partnership_id),
            who=who,
            now=now,
            after={"from": old.name, "to": new.name, "starts": taken.starts_at.isoformat()},
        )
    until = proposals.link_until(taken, now=now)
    proposals.tell(taken, post_proposing.as_it_stands, now=now, expires_at=until, was=old.name)
    return taken


def to_come(organisation_ids: Collection[int], *, now: datetime) -> list[Booking]:
    """The bookings of some schools or bodies that stand and are to come, in whatever programme, the next first."""
    return list(
        db.session.scalars(
            select(Booking)
            .join(Performance, Performance.id == Booking.performance_id)
            .where(
                Booking.organisation_id.in_(organisation_ids),
                Booking.ended_at.is_(None),
                Performance.starts_at > now,
            )
            .options(
                contains_eager(Booking.performance),
                joinedload(Booking.organisation),
                joinedload(Booking.programme),
            )
            .order_by(Performance.starts_at, Booking.id)
        )
    )


def hand_back(booking: Booking, *, who: str, now: datetime) -> Sequence[Booking]:
    """Take the newest handing on back, and with it those of one_hall that came with it; all of them. Raises
    BookingEnded, ShowIsOver, NothingToHandBack or DoesNotFit."""
    last = _last(booking)
    if last is None:
        raise NothingToHandBack
    old = db.session.get_one(Organisation, last.from_organisation_id)
    _lock(booking, old.organisation_id, booking.organisation_id)
    _still_to_come(booking, now)
    last = _last(booking)  # somebody else may have been quicker
    if last is None or last.from_organisation_id != old.organisation_id:
        raise NothingToHandBack
    left = booking.organisation_id
    going = [(each, _last(each)) for each in one_hall(booking)]
    back = [(each, row) for each, row in going if row and row.from_organisation_id == old.organisation_id]
    _step_aside([each for each, _ in back], now=now)
    given = [
        _give(each, old, links=[handed.link_id for handed in row.links], what="handed back", who=who, now=now)
        for each, row in back
    ]
    _tell(given, now=now)
    for each, _ in back:
        entries.withdraw(SCHOOL, left, each.uid, sequence=each.sequence, now=now)
    return [each for each, _ in back]


def can_be_handed_back(booking: Booking, *, now: datetime) -> int | None:
    """The URN of the school it would go back to; None when it cannot. One query."""
    if booking.ended_at is not None or booking.performance.starts_at <= now:
        return None
    last = _last(booking)
    return last.from_organisation_id if last is not None else None


def _last(booking: Booking) -> Handover | None:
    """The handing on that holds: the one whose receiver has the booking, unless it was itself a handing
    back."""
    rows = handovers.of_bookings([booking.id]).get(booking.id, [])
    line = handovers.holders(rows, booking.organisation_id)
    if len(line) < 2:
        return None
    return next(
        r
        for r in reversed(rows)
        if (r.from_organisation_id, r.to_organisation_id) == (line[-2], booking.organisation_id)
    )


def _lock(booking: Booking, *organisation_ids: int) -> None:
    for organisation_id in sorted(organisation_ids):
        performances.lock_organisation(organisation_id)
    performances.lock_days_of(booking.performance)
    db.session.refresh(booking)


def _still_to_come(booking: Booking, now: datetime) -> None:
    booking.still_open()
    if booking.performance.starts_at <= now:
        raise ShowIsOver


def _must_fit(booking: Booking, new: Organisation, *, now: datetime) -> None:
    """Raises SuccessorHasBooked or DoesNotFit."""
    programme, pupils = booking.programme, promises.pupils_of(booking)
    its_own = promises.live(programme.id, new.organisation_id)
    handed = handovers.of_bookings([b.id for b in its_own])
    for other in its_own:
        if programme.for_adults and other.performance_id == booking.performance_id:
            raise SuccessorHasBooked(new, other, "")  # at one session it has places once
        if programme.for_adults and booking.role == GUEST:
            continue  # at several sessions it may have places
        both = sorted(pupils.keys() & promises.pupils_of(other).keys())
        if other.id not in handed and (both or programme.for_adults):
            raise SuccessorHasBooked(new, other, f" for {year_groups_name(both)}" if both else "")
    account = accounts.account(programme, new, now=now)
    for year_group, comes in pupils.items():
        if year_group not in account.expected and new.is_body:
            raise DoesNotFit(f"{new.name} is not in the target of this programme. Take it in first.")
        if year_group not in account.expected:
            raise DoesNotFit(
                f"{new.name} has no {year_group_name(year_group)} in this programme by the register. Correct its ages, "
                "or the promise, first."
            )
        at_most = account.expected[year_group].at_most
        there = account.promised.get(year_group, 0)
        if at_most is not None and comes + there > at_most:
            raise DoesNotFit(
                f"{new.name} has {people_in_group(account.expected[year_group].pupils or 0, year_group)} by our count; "
                f"{comes + there:,} would be promised. Change the numbers, or enter its own number, first."
            )
    limits.allow(programme, new, account, pupils)
    if booking.role == HOST:
        _hall_must_fit(booking.performance, new, programme, elsewhere=_moves(booking, new))


def _hall_must_fit(
    performance: Performance, new: Organisation, programme: Programme, *, elsewhere: bool
) -> None:
    """Raises DoesNotFit."""
    shown = day_of(performance.starts_at)
    if why := school_days.load_one(new).why_closed(shown):
        raise DoesNotFit(f"{new.name} cannot have a show on {day(shown)}: {why}. Move the date first.")
    # What the first school agreed to holds where its hall is.
    keeps_out = performances.keeps_out_of if elsewhere else performances.is_clear_of
    if not keeps_out(performance, performances.lunch_now(programme, new.organisation_id)):
        raise DoesNotFit(f"{new.name} has its lunch at that time. Move the date first.")


@dataclass(frozen=True, kw_only=True)
class _Given:
    """A booking that went from one to another, and how it stood before."""

    booking: Booking
    old: Organisation
    stood: in_hall.Stretch
    elsewhere: bool


def _give(
    booking: Booking, new: Organisation, *, links: list[int], what: str, who: str, now: datetime
) -> _Given:
    """The rows of it."""
    old, performance = booking.organisation, booking.performance
    stood = in_hall.stretch(performance)
    elsewhere = booking.role == HOST and _moves(booking, new)
    _open(links, new)
    db.session.add(
        Handover(
            booking_id=booking.id,
            from_organisation_id=old.organisation_id,
            to_organisation_id=new.organisation_id,
            links=[HandedLink(link_id=n) for n in links],
            recorded_at=now,
            who=who,
        )
    )
    booking.organisation_id = new.organisation_id
    if booking.role == HOST:
        _rehost(performance, new, booking.programme, elsewhere=elsewhere)
    for promise in _concerned(booking):
        promise.sequence += 1
        if elsewhere:
            promise.place_sequence = promise.sequence
    if booking.role == HOST and (elsewhere or _plain(old.address) != _plain(new.address)):
        performance.sequence += 1
    db.session.flush()
    for row in (booking, performance):
        db.session.refresh(row)
    for subject in (old.organisation_id, new.organisation_id):
        history.record(
            f"booking {what}",
            history.Subject("school", subject, booking.programme.partnership_id),
            who=who,
            now=now,
            after={"booking": booking.reference, "from": old.name, "to": new.name},
        )
    history.record(what, booking, who=who, now=now, before=old.name, after=new.name)
    return _Given(booking=booking, old=old, stood=stood, elsewhere=elsewhere)


def _rehost(performance: Performance, new: Organisation, programme: Programme, *, elsewhere: bool) -> None:
    """Raises DoesNotFit."""
    place, name = school_locations.located(new).place, new.name
    lunch = performances.lunch_now(programme, new.organisation_id)
    held_to = (
        lunch if performances.is_clear_of(performance, lunch) else None
    )  # handed back, it is what it was
    try:
        performances.rehost(performance, new.organisation_id, place if elsewhere else None, held_to)
    except SlotTaken as error:
        raise DoesNotFit(
            f"{name} stands elsewhere, and the road to it does not fit between that day’s shows. "
            f"Move the date first."
        ) from error


def _concerned(booking: Booking) -> list[Booking]:
    return promises.of_performance(booking.performance_id) if booking.role == HOST else [booking]


def _tell(given: Sequence[_Given], *, now: datetime) -> None:
    """Everybody once, as all of them stand together now: what else is in the hall is in the letters' times."""
    for each in given:
        _tell_of(each, now=now)
    hosts = [each for each in given if each.booking.role == HOST]
    subscribed.beside(
        [each.stood for each in hosts],
        [in_hall.stretch(each.booking.performance) for each in hosts],
        now=now,
    )


def _tell_of(given: _Given, *, now: datetime) -> None:
    booking, old = given.booking, given.old
    new, performance = booking.organisation, booking.performance
    told.lengthen_links(booking, now=now)
    for promise in _concerned(booking):
        told.organisation(
            promise,
            promises.people_of(promise),
            letters.handed_on,
            now=now,
            expires_at=told.expiry(promise),
            was=old.name,
            becomes=new.name,
            elsewhere=given.elsewhere,
        )
    where = f" It is at {performance.host.address}." if booking.role == HOST and given.elsewhere else ""
    changes = [f"{new.name} has taken the booking over from {old.name}.{where}"]
    told.troupe(performance, performance.troupe_id, "REQUEST", changes=changes, now=now)
    subscribed.show(performance, now=now)


def _moves(what: Booking | Proposal, new: Organisation) -> bool:
    """Whether the following school stands elsewhere: neither at the same postcode nor on the same point."""
    show, place = what.performance, school_locations.located(new).place
    assert show is not None
    if _plain(what.organisation.postcode) == _plain(new.postcode) != "":
        return False
    return place is None or (show.easting, show.northing) != (place.easting, place.northing)


def _plain(address: str) -> str:
    return address.replace(" ", "").casefold()


def links_follow(old: Organisation, new: Organisation, programme_id: int) -> None:
    """Where a wait alone is handed on: links that its people hold open the following one's pages."""
    _open(_links_of(old, programme_id), new)


def _open(links: list[int], new: Organisation) -> None:
    db.session.execute(
        update(PersonalLink).where(PersonalLink.id.in_(links)).values(organisation_id=new.organisation_id),
        execution_options={"synchronize_session": False},
    )


def _links_of(old: Organisation, programme_id: int) -> list[int]:
    """The links to the first school's pages that were not withdrawn: from now on they open the following
    one's."""
    return list(
        db.session.scalars(
            select(PersonalLink.id)
            .where(
                PersonalLink.organisation_id == old.organisation_id,
                PersonalLink.programme_id == programme_id,
                PersonalLink.withdrawn_at.is_(None),
            )
            .order_by(PersonalLink.id)
        )
    )
