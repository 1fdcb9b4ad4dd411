"""Recipients of each letter when a promise changes, and its facts; one letter to each person it concerns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Concatenate, NotRequired, ParamSpec, TypedDict

from sqlalchemy import update

from outreach.booking import guest_places, in_hall, invite_answers, promises
from outreach.booking.promises import GUEST, HOST, Booking, VisitContact
from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.ground import colours, history
from outreach.ground.audience import OF_PUPILS, Words, changed_group
from outreach.ground.db import db
from outreach.ground.wording import capfirst, clock, day
from outreach.post import again, letters, stationery, wordings
from outreach.post.calendars import Appointment, Attendee
from outreach.post.links import PersonalLink
from outreach.post.outbox import WAITING, Letter
from outreach.post.writing import appointment
from outreach.tour import sessions
from outreach.tour.companies import Troupe
from outreach.tour.performances import Performance, Slot, TroupeEvent
from outreach.tour.programmes import Programme

ACCESS_NEEDS = {
    "wheelchair": "wheelchair places",
    "step_free": "people who need a seat without steps",
    "hearing_loop": "seats near the hearing loop",
    "interpreter": "seats in sight of a sign language interpreter",
    "sight": "seats at the front for low vision",
    "quiet": "seats near the door, or a quiet room",
    "assistant": "adults who come as helpers",
}
"""What a school can tick, with a number: slug -> words. No names, no diagnoses."""

ONE_NEED = {
    "wheelchair": "wheelchair place",
    "step_free": "person who needs a seat without steps",
    "hearing_loop": "seat near the hearing loop",
    "interpreter": "seat in sight of a sign language interpreter",
    "sight": "seat at the front for low vision",
    "quiet": "seat near the door, or a quiet room",
    "assistant": "adult who comes as a helper",
}
"""The same for one."""

LINK_LIFE = timedelta(weeks=7)
"""A booking's link lives until seven weeks after the show."""


Said = ParamSpec("Said")
Write = Callable[Concatenate[stationery.LetterVisit, stationery.Addressee, stationery.Sender, Said], Letter]
"""A letter about a visit, and what it says besides."""


def organisation(
    booking: Booking,
    people: Iterable[VisitContact],
    write: Write[Said],
    *said: Said.args,
    **besides: Said.kwargs,
) -> None:
    """One letter to each of `people`, with the booking as it stands: write(visit, to, sender, **besides).

    A letter that carries a personal link is told with `expires_at` when that ends, as expiry() says.
    """
    each(booking, people, visit_of(booking), write, *said, **besides)


def each(
    booking: Booking,
    people: Iterable[VisitContact],
    visit: stationery.LetterVisit,
    write: Write[Said],
    *said: Said.args,
    **besides: Said.kwargs,
) -> None:
    """The same where the visit is at hand."""
    sender = sender_of(partnerships.get(booking.programme.partnership_id))
    for person in people:
        write(visit, person.addressee(), sender, *said, **besides)


def moved(booking: Booking, was_starts_at: datetime, *, note: str, tell: bool, now: datetime) -> None:
    """The new time to everybody who has the booking in the calendar, with a `note`.

    `tell` False: the host is told otherwise, so that its letter is short and brings the calendar up to date
    alone. Guests get the whole one, since they are asked whether they still come.
    """
    hosts, people, until = booking.role == HOST, promises.people_of(booking), expiry(booking)
    if hosts and not tell:
        organisation(booking, people, letters.moved_in_short, now=now, expires_at=until)
    else:
        organisation(
            booking, people, letters.moved, now=now, expires_at=until, was_starts_at=was_starts_at, note=note
        )


def troupe(
    performance: Performance, troupe_id: int, method: str, *, changes: Sequence[str] = (), now: datetime
) -> None:
    """The troupe's own entry: REQUEST with all that come, or CANCEL; `changes` in words. No address, no
    letter."""
    entry = troupe_entry(performance, troupe_id, now=now)
    if entry is not None:
        letters.for_troupe(entry.visit, entry.to, entry.sender, method=method, changes=changes, now=now)


class Times(TypedDict):
    """From get-in to away, by the names that a Visit has for them too; whether the set stands before and after."""

    get_in_at: datetime
    starts_at: datetime
    ends_at: datetime
    away_at: datetime
    here: NotRequired[bool]
    stays: NotRequired[bool]


def troupe_left(left: TroupeEvent, was: Times, *, now: datetime) -> None:
    """CANCEL to a troupe that another one stands in for, with `was`, the times at which it has the show."""
    entry = troupe_left_entry(left, now=now)
    if entry is not None:
        visit = replace(entry.visit, **was)
        letters.for_troupe(
            visit,
            entry.to,
            entry.sender,
            method="CANCEL",
            goes_ahead=goes_ahead(left.performance),
            now=now,
        )


def goes_ahead(performance: Performance) -> str:
    """'it goes ahead with Blue van', for who is on it no more; '' of one that was given back."""
    if performance.released_at is not None:
        return ""
    return f"it goes ahead with {db.session.get_one(Troupe, performance.troupe_id).name}"


@dataclass(frozen=True, kw_only=True)
class TroupeEntry:
    """The facts of a troupe's own entry, to whom it goes, and who signs."""

    visit: stationery.LetterVisit
    to: stationery.Addressee
    sender: stationery.Sender


def troupe_entry(performance: Performance, troupe_id: int, *, now: datetime) -> TroupeEntry | None:
    """A show as its troupe has it in the calendar; None without an address, or where nobody was ever promised
    it."""
    to = db.session.get_one(Troupe, troupe_id)
    if not to.calendar_address:
        return None
    promised = promises.of_performance(performance.id) or promises.ended_with(performance.id)
    if not promised:
        return None
    host = promised[0]
    addressee = stationery.Addressee(
        address=to.calendar_address, name=to.name, role="" if host.programme.for_adults else "touring company"
    )
    # Nobody has answered what is just being booked.
    answered = {} if host.created_at == now else invite_answers.carried(performance.uid, performance.sequence)
    visit = _troupe_visit(
        performance, promised, addressee, invite_answers.partstat_of(answered, addressee.address)
    )
    sender = sender_of(partnerships.get(host.programme.partnership_id))
    return TroupeEntry(visit=visit, to=addressee, sender=sender)


def troupe_left_entry(left: TroupeEvent, *, now: datetime) -> TroupeEntry | None:
    """The same of a show that another troupe plays by now, under the event that it had."""
    entry = troupe_entry(left.performance, left.troupe_id, now=now)
    if entry is None:
        return None
    visit = replace(entry.visit, uid=left.uid, organizer_token=left.organizer_token, sequence=left.sequence)
    return replace(entry, visit=visit)


def troupe_again(booking: Booking, *, who: str, now: datetime) -> Letter | None:
    """The troupe's newest letter about the show once more; None when it has no address or never had one."""
    address = db.session.get_one(Troupe, booking.performance.troupe_id).calendar_address
    letter = again.resend(booking.performance.uid, address, now=now) if address else None
    if letter is not None and letter.status == WAITING:
        history.record("sent again", booking, who=who, now=now, after=address)
    return letter


def moved_in_words(was_starts_at: datetime, performance: Performance) -> str:
    """'New time: Tuesday 16 March at 10:00am, before Tuesday 9 March at 9:00am.'"""
    new, was = performance.starts_at, was_starts_at
    return f"New time: {day(new)} at {clock(new)}, before {day(was)} at {clock(was)}."


def times_of(show: Performance | Slot) -> Times:
    """When a show gets in, begins, ends and is away."""
    return Times(
        get_in_at=show.get_in_at, starts_at=show.starts_at, ends_at=show.ends_at, away_at=show.away_at
    )


def times_at_work(show: Performance) -> Times:
    """The same as letters say it: where two are in one hall, the set stays between them (in_hall.py)."""
    work = in_hall.of_show(show)
    return _at_work(work, show)


def times_at(slot: Slot, organisation_id: int, *, instead_of: int = 0) -> Times:
    """The same of a show that an organisation would have there; `instead_of`: the show that goes there."""
    work = in_hall.at_work_in(slot, organisation_id, instead_of=instead_of)
    return _at_work(work, slot)


def _at_work(work: in_hall.AtWork, show: Performance | Slot) -> Times:
    return Times(
        get_in_at=work.begins_at,
        starts_at=show.starts_at,
        ends_at=show.ends_at,
        away_at=work.away_at,
        here=work.here,
        stays=work.stays,
    )


def expiry(booking: Booking) -> datetime:
    """When links about this booking end."""
    return booking.performance.ends_at + LINK_LIFE


def lengthen_links(booking: Booking, *, now: datetime) -> None:
    """Links of this school that are open live at least as long as the booking's do; what has ended stays
    ended."""
    until = expiry(booking)
    db.session.execute(
        update(PersonalLink)
        .where(
            PersonalLink.organisation_id == booking.organisation_id,
            PersonalLink.programme_id == booking.programme_id,
            PersonalLink.withdrawn_at.is_(None),
            PersonalLink.expires_at > now,
            PersonalLink.expires_at < until,
        )
        .values(expires_at=until)
    )


def sender_of(partnership: Partnership) -> stationery.Sender:
    """Who signs this partnership's letters."""
    return stationery.Sender(
        partnership_id=partnership.id,
        partnership_name=partnership.name,
        contact_name=partnership.contact_name,
        contact_role=partnership.contact_role,
        contact_phone=partnership.contact_phone,
        contact_email=partnership.contact_email,
        sender_name=partnership.sender_name,
        footer_words=partnership.footer_words,
        shades=colours.shades(partnership.accent) if partnership.accent else colours.DAMSON,
        logo_file=partnership.logo_file,
        worded=wordings.InUse(partnership.id),
    )


def sender_of_programme(programme: Programme) -> stationery.Sender:
    """The same for a programme's letters."""
    return sender_of(partnerships.get(programme.partnership_id))


def visit_of(booking: Booking) -> stationery.LetterVisit:
    """The facts of a booking as letters and calendars need them; each person's answer to the present time
    with them."""
    return visit_with(
        booking,
        promises.people_of(booking),
        promises.pupils_of(booking),
        invite_answers.carried(booking.uid, booking.place_sequence),
    )


def in_calendars(booking: Booking, *, now: datetime) -> Appointment:
    """A booking as its next revision would say it."""
    return appointment(visit_of(booking), sender_of_programme(booking.programme), now=now)


def visit_with(
    booking: Booking,
    people: Sequence[VisitContact],
    pupils: Mapping[int, int],
    answered: Mapping[str, str] = MappingProxyType({}),
) -> stationery.LetterVisit:
    """The same where it is known who has it in the calendar, how many come, and what was `answered` (by
    address)."""
    attendees = [Attendee(name=p.name, address=p.address) for p in people]
    if answered:
        attendees = [replace(a, partstat=invite_answers.partstat_of(answered, a.address)) for a in attendees]
    return _visit(
        booking,
        uid=booking.uid,
        sequence=booking.sequence,
        organizer_token=booking.organizer_token,
        created_at=booking.created_at,
        pupils=tuple(sorted((y, n) for y, n in pupils.items() if n)),
        access=access_words(booking.access_needs),
        attendees=tuple(attendees),
        phone=next((p.phone for p in people if p.phone), ""),
    )


def changes_in_words(
    before: Mapping[str, Any], after: Mapping[str, Any], words: Words = OF_PUPILS
) -> list[str]:
    """What is another way in what a promise says (numbers.said), a sentence each; nobody's name, and no note
    word for word."""
    said = []
    if before["pupils"] != after["pupils"]:
        groups = sorted({*before["pupils"], *after["pupils"]}, key=int)
        for group in groups:
            was, becomes = before["pupils"].get(group, 0), after["pupils"].get(group, 0)
            if was != becomes:
                said.append(changed_group(int(group), becomes, was))
    if before["hall"] != after["hall"]:
        was = f", before {before['hall']}" if before["hall"] else ""
        said.append(f"{capfirst(words.hall)}: {after['hall'] or 'not named any more'}{was}.")
    if before["step_free"] != after["step_free"]:
        said.append(f"What is said of the way into the {words.hall}, with steps or without.")
    for name, what in (
        ("entrance", "Which entrance the company takes"),
        ("parking", "Where the company parks"),
    ):
        if before[name] != after[name]:
            said.append(f"{what}: {after[name].rstrip('.') or 'not said any more'}.")
    if before["arrival_note"] != after["arrival_note"]:
        said.append("The note for the company.")
    if before["access_needs"] != after["access_needs"]:
        said.append(
            f"Access: {', '.join(access_words(after['access_needs'])) or 'nothing is asked for any more'}."
        )
    return said


def access_words(needs: dict[str, int]) -> tuple[str, ...]:
    """{'wheelchair': 2} -> ('2 wheelchair places',); one of something is said in the singular."""
    return tuple(
        f"{n} {ONE_NEED[slug] if n == 1 else ACCESS_NEEDS[slug]}"
        for slug, n in needs.items()
        if slug in ACCESS_NEEDS and n
    )


def _troupe_visit(
    performance: Performance, promised: list[Booking], addressee: stationery.Addressee, partstat: str
) -> stationery.LetterVisit:
    """The show with host and guests added up, and each guest with how it comes; no contact's name."""
    pupils: dict[int, int] = {}
    needs: dict[str, int] = {}
    for booking in promised:
        for year_group, n in promises.pupils_of(booking).items():
            pupils[year_group] = pupils.get(year_group, 0) + n
        for slug, n in booking.access_needs.items():
            needs[slug] = needs.get(slug, 0) + n
    visit = _visit(
        promised[0],
        uid=performance.uid,
        sequence=performance.sequence,
        organizer_token=performance.organizer_token,
        created_at=performance.created_at,
        pupils=tuple(sorted(pupils.items())),
        access=access_words(needs),
        attendees=(Attendee(name=addressee.name, address=addressee.address, partstat=partstat),),
        phone="",
    )
    guests = [b for b in promised if b.role == GUEST and b.ended_at is None]
    return replace(visit, guests=_guest_lines(guests)) if guests else visit


def _guest_lines(guests: Sequence[Booking]) -> tuple[str, ...]:
    """'Littlemere School: 9 pupils, by coach, there at 9:40am', for each."""
    how = guest_places.of_bookings(b.id for b in guests)
    return tuple(
        f"{b.organisation.name}: {b.programme.words.count(b.seats)}"
        + (f", {words[:1].lower()}{words[1:]}" if words else "")
        for b in guests
        for words in [how[b.id].travel.words() if b.id in how else ""]
    )


def _visit(
    booking: Booking,
    *,
    uid: str,
    sequence: int,
    organizer_token: str,
    created_at: datetime,
    pupils: tuple[tuple[int, int], ...],
    access: tuple[str, ...],
    attendees: tuple[Attendee, ...],
    phone: str,
) -> stationery.LetterVisit:
    performance, programme, host = booking.performance, booking.programme, booking.performance.host
    as_guest = booking.role == GUEST
    session = sessions.of_performance(performance.id) if programme.for_adults else None
    place = guest_places.of_booking(booking) if as_guest else None
    return stationery.LetterVisit(
        uid=uid,
        sequence=sequence,
        created_at=created_at,
        organizer_token=organizer_token,
        reference=booking.reference,
        programme_title=programme.title,
        place_name=host.name,
        place_address=host.address,
        organisation_id=booking.organisation_id,
        programme_id=programme.id,
        **times_at_work(performance),
        hall=_hall(booking),
        pupils=pupils,
        access=access,
        school_provides="" if as_guest else programme.school_provides,
        move_until=booking.can_move_until(),
        cancel_until=booking.can_cancel_until(),
        attendees=attendees,
        phone=phone,
        host_name=host.name if as_guest else "",
        travel=place.travel.words() if place else "",
        terms=place.said if place else "",
        tour_day_id=performance.tour_day_id,
        cancelled=booking.ended_at is not None,
        outcome=booking.outcome or "",
        for_adults=programme.for_adults,
        link=session.link if session else "",
        joining=session.joining if session else "",
        held=sessions.where(performance) if session else "",
    )


def _hall(booking: Booking) -> str:
    """The hall of the show, which is the host's to name."""
    if booking.role == HOST:
        return booking.hall
    return next((b.hall for b in promises.ended_with(booking.performance_id) if b.role == HOST), "")
