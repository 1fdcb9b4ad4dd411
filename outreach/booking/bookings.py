"""The heart: a school books, moves, changes and cancels; each verb is one transaction of its door.

Locks are taken in one order: the school, then the tour days by id. The database's own guards stand
behind every rule of place, time and seats.
"""

import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach.booking import (
    accounts,
    colleagues,
    guest_places,
    guests_told,
    holds,
    in_hall,
    numbers,
    promises,
    proposals,
    subscribed,
    told,
)
from outreach.booking.accounts import PromiseAccount
from outreach.booking.holds import NothingHeld
from outreach.booking.in_hall import Stretch
from outreach.booking.numbers import Promise
from outreach.booking.promises import HOST, HOST_SCHOOL, SCHOOL, Booking
from outreach.booking.proposals import Proposal
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.post import letters, proposing
from outreach.post.proposing import OVERTAKEN
from outreach.tour import performances, slots
from outreach.tour.performances import Performance, Slot, SlotTaken
from outreach.tour.programmes import Programme


class TooLateToMove(Refusal):
    def __init__(self, partnership: Partnership) -> None:
        super().__init__(f"It is too late to move this online. {whom_to_ring(partnership)}")


class TooLateToCancel(Refusal):
    def __init__(self, partnership: Partnership) -> None:
        super().__init__(f"It is too late to cancel this online. {whom_to_ring(partnership)}")


class TooLateToChange(Refusal):
    def __init__(self) -> None:
        super().__init__("The performance has begun, so this can no longer be changed here.")


class ShowIsOver(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "The performance is over, so it is not moved, changed or cancelled any more. Report what "
            "came of it instead."
        )


class HostMovesIt(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "A guest goes where its host goes. Leave this show and join another, or book one of your own."
        )


class SessionMovesOnItsPage(Refusal):
    def __init__(self) -> None:
        super().__init__("A session is changed and moved on its own page, where whoever comes is told.")


class CancelReasonMissing(Refusal):
    field = "reason"

    def __init__(self) -> None:
        super().__init__("Say why the booking is cancelled.")


def whom_to_ring(partnership: Partnership) -> str:
    """'Ring Priya Nandakumar on 01632 960 118.'"""
    if not partnership.contact_phone:
        return f"Write to {partnership.contact_email}." if partnership.contact_email else ""
    return f"Ring {partnership.contact_name or 'us'} on {partnership.contact_phone}."


def book(
    programme: Programme,
    organisation: Organisation,
    shows: Sequence[tuple[int, Promise]],
    *,
    who: str,
    now: datetime,
) -> list[Booking]:
    """Make the promise: one booking for each (performance id that the school holds, what comes).

    Sent twice it books once: a hold that this school has booked already gives that booking again. A hold just
    lapsed that nobody took still counts. Raises NothingHeld (also for no show at all), OverLunchByNow, NobodyComes,
    NotForThatYear, MoreThanItHas, TooManyForOneShow, colleagues.NobodyNamed.
    """
    ids = [performance_id for performance_id, _ in shows]
    at_hand = take_up(programme, organisation, now=now)
    kept = {p.id: p for p in at_hand.kept} if at_hand is not None else {}
    if at_hand is None or not ids or not kept.keys() >= set(ids):
        made = [
            b for b in promises.live(programme.id, organisation.organisation_id) if b.performance_id in ids
        ]
        if not made:
            raise NothingHeld
        return made
    return book_kept(at_hand, [(kept[id_], promise) for id_, promise in shows], who=who, now=now)


@dataclass(frozen=True, kw_only=True)
class AtHand:
    """What a school books from, read once behind its lock: the shows kept for it, the times offered to it, what it has
    and has promised, and the draft that was typed, which is dropped with that."""

    programme: Programme
    organisation: Organisation
    kept: Sequence[Performance]
    offered: Sequence[Proposal]
    account: PromiseAccount
    typed: dict[str, Any]


def take_up(programme: Programme, organisation: Organisation, *, now: datetime) -> AtHand | None:
    """Lock the school and read what it books from; None when nothing is kept for it."""
    performances.lock_organisation(organisation.organisation_id)
    kept, offered = proposals.kept_or_proposed(programme, organisation.organisation_id, now=now)
    if not kept:
        return None
    return AtHand(
        programme=programme,
        organisation=organisation,
        kept=kept,
        offered=offered,
        account=accounts.account(programme, organisation, now=now),
        typed=holds.remove_draft(programme.id, organisation.organisation_id),
    )


def book_kept(
    at_hand: AtHand, shows: Sequence[tuple[Performance, Promise]], *, who: str, now: datetime
) -> list[Booking]:
    """The same for shows that are at hand, and what comes to each. Raises what `book` raises, but for
    NothingHeld."""
    programme, organisation = at_hand.programme, at_hand.organisation
    offers = [offer for offer in at_hand.offered if offer.performance is not None]
    both = [*(show for show, _ in shows), *(offer.performance for offer in offers if offer.performance)]
    performances.lock_days(show.tour_day_id for show in both)
    holds.keep_out_of_lunch(programme, [performance for performance, _ in shows])
    made: list[Booking] = []
    for performance, promise in shows:
        account = None if made else at_hand.account
        numbers.check(programme, organisation, promise, who=who, now=now, account=account)
        made.append(make(programme, organisation, performance, promise, who=who, now=now))
    with db.session.no_autoflush:  # links that stand know nothing of new rows, which go together later
        told.lengthen_links(made[-1], now=now)
    taken = _take_over(offers, made, programme, organisation, who=who, now=now)
    for booking, (_, promise) in zip(made, shows, strict=True):
        people = colleagues.put(booking, promise.people, who=who, now=now)
        visit = told.visit_with(booking, people, promise.pupils)
        offer = taken.get(booking.id)
        if offer is not None:
            proposals.tell_who_left(offer, visit, people, now=now)
        write = letters.booked if offer is None else proposing.accepted
        told.each(booking, people, visit, write, now=now, expires_at=told.expiry(booking))
        told.troupe(booking.performance, booking.performance.troupe_id, "REQUEST", now=now)
        subscribed.show(booking.performance, just_made=(booking, visit), now=now)
    subscribed.beside([], [in_hall.stretch(booking.performance) for booking in made], now=now)
    return made


def _take_over(
    offers: list[Proposal],
    made: Sequence[Booking],
    programme: Programme,
    organisation: Organisation,
    *,
    who: str,
    now: datetime,
) -> dict[int, Proposal]:
    """Of a school that has nothing left to book: what was offered to it, by the id of the booking that carries its
    event on, of several the nearest in time. What is left over ends by itself (proposing.end_next)."""
    if not offers or accounts.account(programme, organisation, now=now).is_open:
        return {}
    taken: dict[int, Proposal] = {}
    for booking in made[: len(offers)]:
        starts_at = booking.performance.starts_at
        offer = min(offers, key=lambda offer: (abs(offer.starts_at - starts_at), offer.id))
        offers.remove(offer)
        proposals.hand_over(offer, booking, OVERTAKEN, now=now)
        if offer.performance is not None:
            performances.release(offer.performance, now=now)
        history.record(
            f"proposal {OVERTAKEN}",
            history.Subject("school", organisation.organisation_id, programme.partnership_id),
            who=who,
            now=now,
            before={"starts": offer.starts_at.isoformat()},
            after=booking.reference,
        )
        taken[booking.id] = offer
    return taken


def move(
    booking: Booking,
    slot: Slot,
    *,
    who: str,
    now: datetime,
    by: str = SCHOOL,
    note: str = "",
    tell: bool = True,
    judged: bool = False,
) -> Booking:
    """Move the show to another slot, in place: refused, the old stands; UID kept, SEQUENCE + 1.

    Guests keep their places and are asked whether they still come. `note` stands in the host's letter; `tell`
    False: see told.moved. `judged`: the caller has judged the slot behind the same locks, or puts back what
    stood there, whatever the rules say of it by now; only what stands there can refuse it.

    Raises BookingEnded, ShowIsOver, TooLateToMove, SlotTaken, HostMovesIt, SessionMovesOnItsPage.
    """
    if booking.role != HOST:
        raise HostMovesIt
    if booking.programme.for_adults and booking.organisation.is_venue:
        raise SessionMovesOnItsPage
    performance = booking.performance
    performances.lock_organisation(booking.organisation_id)
    performances.lock_days_of(performance, besides=[slot.tour_day_id])
    db.session.refresh(booking)
    booking.still_open()
    if performance.ends_at <= now:
        raise ShowIsOver
    free = by != SCHOOL
    if not free and not booking.can_move(now):
        raise TooLateToMove(db.session.get_one(Partnership, booking.programme.partnership_id))
    performances.clear_expired([slot.tour_day_id], now=now)
    there: Slot | None = slot
    if not judged:
        there = slots.find(
            booking.programme,
            performance.host,
            slot.key,
            now=now,
            instead_of=performance.id,
            whatever_the_notice=free,
            whatever_the_rest=free,
        )
    if there is None or there.starts_at <= now:
        raise SlotTaken
    put_on(booking, there, who=who, now=now, note=note, tell=tell)
    return booking


def put_on(
    booking: Booking,
    there: Slot,
    *,
    who: str,
    now: datetime,
    note: str = "",
    tell: bool = True,
    for_guests: str = "",
    stood: Stretch | None = None,
) -> None:
    """Put the host's show on a slot that is free, behind the locks, and tell whoever's calendar says it otherwise now,
    guests `for_guests` besides: SEQUENCE + 1 where start, end or place change, else the same and answers kept.
    `stood`: where it did until now, if at another venue. Raises SlotTaken."""
    performance = booking.performance
    was = told.times_of(performance)
    if there.tour_day_id == performance.tour_day_id and told.times_of(there) == was:
        return  # it stands there already: nobody's answer is void, nobody is told
    stays = not (stood or for_guests) and (there.starts_at, there.ends_at) == (
        was["starts_at"],
        was["ends_at"],
    )
    stood = stood or in_hall.stretch(performance)
    everybody = promises.of_performance(performance.id)
    before = {promise.id: told.in_calendars(promise, now=now) for promise in everybody if stays}
    work = in_hall.of_show(performance) if there.troupe_id != performance.troupe_id else None
    left = performances.shift(performance, there, now=now)
    if not stays:
        guests_told.host_moved(performance, everybody[1:], was_starts_at=was["starts_at"], now=now)
    for promise in everybody:
        if not stays:
            promise.sequence += 1
            promise.place_sequence = promise.sequence
        if promise.outcome is not None:
            promise.outcome = None
            promises.put_what_came(promise, {})
        numbers.revise(promise, promises.pupils_of(promise), who=who, now=now)
        told.lengthen_links(promise, now=now)
        history.record(
            "moved",
            promise,
            who=who,
            now=now,
            before=was["starts_at"].isoformat(),
            after=performance.starts_at.isoformat(),
        )
        said = note if promise.role == HOST else for_guests
        if not stays or said or told.in_calendars(promise, now=now) != before[promise.id]:
            told.moved(promise, was["starts_at"], note=said, tell=tell, now=now)
    if left is not None and work is not None:
        left.begins_at, left.away_at = work.begins_at, work.away_at
        told.troupe_left(left, was, now=now)
        subscribed.leave(left, now=now)
    new_time = performance.starts_at != was["starts_at"]
    changes = [told.moved_in_words(was["starts_at"], performance)] if new_time else []
    if for_guests:
        changes.append(for_guests)
    told.troupe(performance, performance.troupe_id, "REQUEST", changes=changes, now=now)
    subscribed.show(performance, now=now)
    subscribed.beside([stood], [in_hall.stretch(performance)], now=now)


def change(booking: Booking, promise: Promise, *, who: str, now: datetime, by: str = SCHOOL) -> Booking:
    """Change numbers, hall, access needs or note (people have their own verbs). Nothing changed: nobody is
    written to.

    Another hall is another place: SEQUENCE + 1, for guests and the troupe too. All else is text at the same
    SEQUENCE. Raises BookingEnded, ShowIsOver, TooLateToChange and the refusals of `book` about pupils.
    """
    performances.lock_organisation(booking.organisation_id)
    performances.lock_days_of(booking.performance)
    db.session.refresh(booking)
    booking.still_open()
    if booking.performance.ends_at <= now:
        raise ShowIsOver
    if by == SCHOOL and not booking.can_change(now):
        raise TooLateToChange
    ceiling = booking.programme.audience_ceiling
    if booking.role != HOST:
        ceiling = guest_places.seats_of(booking.performance, ceiling).ceiling
    numbers.check(
        booking.programme,
        booking.organisation,
        promise,
        who=who,
        now=now,
        leaving_out=booking.id,
        ceiling=ceiling,
    )
    pupils = {y: n for y, n in promise.pupils.items() if n}
    before, after = numbers.said(booking, promises.pupils_of(booking)), None
    booking.hall, booking.step_free = promise.hall, promise.step_free
    booking.entrance, booking.parking = promise.entrance, promise.parking
    booking.arrival_note = promise.arrival_note
    booking.access_needs = {slug: n for slug, n in promise.access_needs.items() if n}
    after = numbers.said(booking, pupils)
    if before == after:
        return booking
    numbers.seat(booking, sum(pupils.values()), now=now)
    elsewhere = booking.role == HOST and before["hall"] != after["hall"]
    concerned = guests_told.host_elsewhere(booking.performance) if elsewhere else [booking]
    if before["pupils"] != after["pupils"]:
        numbers.revise(booking, pupils, who=who, now=now)
    history.record("changed", booking, who=who, now=now, before=before, after=after)
    if booking.role != HOST:
        guests_told.guest_changed(booking, now=now)
    changes = told.changes_in_words(before, after, booking.programme.words)
    for each in concerned:
        own = (
            changes
            if each.id == booking.id
            else told.changes_in_words(before, before | {"hall": after["hall"]}, booking.programme.words)
        )
        people = promises.people_of(each)
        told.organisation(each, people, letters.changed, now=now, expires_at=told.expiry(each), changes=own)
    if booking.role != HOST:
        changes = [
            f"{booking.organisation.name}{booking.programme.words.a_guest}: {words[:1].lower()}{words[1:]}"
            for words in changes
        ]
    told.troupe(booking.performance, booking.performance.troupe_id, "REQUEST", changes=changes, now=now)
    subscribed.show(booking.performance, now=now)
    return booking


def cancel(
    booking: Booking,
    *,
    reason: str,
    by: str,
    who: str,
    now: datetime,
    not_on: Collection[int] = (),
    kept: letters.KeptTime | None = None,
    near: guests_told.Nearest = (),
    guests_read_it: bool | None = None,
) -> None:
    """End the promise, with its reason; the host's ends those of its guests and gives the time back.

    `guests_read_it`: whether the guests of a host are told the reason; else they are told that the host had
    to cancel. None: they are, unless it is the host's own.

    Its letter names `kept`, what it gets instead, or `near`, what is left; its guests hear of theirs,
    `not_on` some days. Cancelled already: nothing happens. Raises ReasonMissing, ShowIsOver (what did not
    take place is reported), and TooLateToCancel (a coordinator or company always can until the show ends).
    """
    if not reason.strip():
        raise CancelReasonMissing
    performance = booking.performance
    performances.lock_organisation(booking.organisation_id)
    performances.lock_days_of(performance)
    db.session.refresh(booking)
    if booking.ended_at is not None:
        return
    if performance.ends_at <= now:
        raise ShowIsOver
    if by == SCHOOL and not booking.can_cancel(now):
        raise TooLateToCancel(db.session.get_one(Partnership, booking.programme.partnership_id))
    as_host = booking.role == HOST
    ended = promises.of_performance(performance.id) if as_host else [booking]
    for promise in ended:
        promise.ended_at = now
        promise.sequence += 1
        promise.place_sequence = promise.sequence
    if as_host:
        performances.release(performance, now=now)
    share = by != SCHOOL if guests_read_it is None else guests_read_it
    for promise in ended:
        cause = HOST_SCHOOL if by == SCHOOL and promise.id != booking.id else by
        why = reason.strip() if share or promise.id == booking.id else promises.HOST_HAD_TO
        db.session.add(
            promises.Cancellation(
                booking_id=promise.id, recorded_at=now, cancelled_by=cause, who=who, reason=why
            )
        )
        history.record("cancelled", promise, who=who, now=now, after=why)
        if promise.id != booking.id:
            near, kept = guests_told.instead(promise, by=by, not_on=not_on, now=now), None
        told.organisation(
            promise,
            promises.people_of(promise),
            letters.cancelled,
            now=now,
            reason="" if why == promises.HOST_HAD_TO else why,
            by=cause,
            instead=near,
            kept=kept,
        )
    if as_host:
        guests_told.host_left(performance, by=by, not_on=not_on, now=now)
    else:
        guests_told.guest_left(booking, now=now)
    if as_host:
        told.troupe(performance, performance.troupe_id, "CANCEL", now=now)
    else:
        changes = [f"{booking.organisation.name} does not come{booking.programme.words.as_a_guest} any more."]
        told.troupe(performance, performance.troupe_id, "REQUEST", changes=changes, now=now)
    subscribed.show(performance, now=now)
    if as_host:
        subscribed.beside([in_hall.stretch(performance)], [], now=now)


def make(
    programme: Programme,
    organisation: Organisation,
    performance: Performance,
    promise: Promise,
    *,
    who: str,
    now: datetime,
    role: str = HOST,
    catch_up: bool = False,
) -> Booking:
    """The rows of one promise, its numbers checked before; nobody is told yet. A venue's promises nothing, and names
    nobody. Raises colleagues.NobodyNamed."""
    if not promise.people and not organisation.is_venue:
        raise colleagues.NobodyNamed
    pupils = {y: n for y, n in promise.pupils.items() if n}
    if role == HOST:
        guests_told.booked_otherwise(programme, organisation, now=now)
        holds.keep(performance, None)
    prefix = db.session.get_one(Partnership, programme.partnership_id).reference_prefix
    booking = Booking(
        reference=promises.fresh_reference(prefix),
        partnership_id=programme.partnership_id,
        programme_id=programme.id,
        organisation_id=organisation.organisation_id,
        performance_id=performance.id,
        role=role,
        catch_up=catch_up,
        seats=sum(pupils.values()),
        hall=promise.hall,
        step_free=promise.step_free,
        access_needs={slug: n for slug, n in promise.access_needs.items() if n},
        entrance=promise.entrance,
        parking=promise.parking,
        arrival_note=promise.arrival_note,
        booked_by=who,
        uid=str(uuid.uuid4()),
        organizer_token=secrets.token_hex(10),
        created_at=now,
    )
    db.session.add(booking)
    db.session.flush()
    numbers.revise(booking, pupils, who=who, now=now)
    history.record(
        "booked",
        booking,
        who=who,
        now=now,
        after={
            "organisation_id": organisation.organisation_id,
            "starts_at": performance.starts_at.isoformat(),
            "pupils": pupils,
        },
    )
    return booking
