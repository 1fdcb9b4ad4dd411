"""Words of a booking's page. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from outreach.booking.guest_places import GuestPlace
from outreach.booking.in_hall import AtWork
from outreach.booking.promises import (
    BOOKED,
    DISAGREE,
    FAILED,
    HOST,
    MISSING,
    TOOK_PLACE,
    Booking,
    Cancellation,
)
from outreach.county.schools import Organisation
from outreach.ground import audience
from outreach.ground.audience import OF_PUPILS, Words
from outreach.ground.wording import (
    and_list,
    capfirst,
    date_and_time,
    day,
    day_short,
    number,
    year_group_name,
)
from outreach.post.outbox import Letter
from outreach.visits.before.reminding import Written

CALENDARS = {"ACCEPTED": "Accepted", "TENTATIVE": "Maybe", "DECLINED": "Declined"}
LETTERS = {
    "waiting": "Letter waiting",
    "sent": "Letter handed over",
    "failed": "Letter did not arrive",
    "superseded": "Letter not needed any more",
    "withdrawn": "Letter withdrawn",
}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of what is known of a booking; `beneath` and `warning` stand under it, `looks` are classes. `typed`,
    `typed_id`: where the words stand that somebody typed, `said`, which can be erased."""

    term: str
    words: str
    beneath: str = ""
    warning: str = ""
    looks: str = ""
    typed: str = ""
    typed_id: int | None = None
    said: str = ""


def head_deeds(
    booking: Booking, cancellation: Cancellation | None, *, at_session: bool = False, now: datetime
) -> list[tuple[str, str, str]]:
    """What can be done with it, as (page, words, class of its button), the first thing first. `at_session`: it is
    places at a session."""
    show, deeds = booking.performance, []
    if cancellation is not None:
        return []
    if show.starts_at <= now:
        told = booking.outcome in (TOOK_PLACE, FAILED)
        deeds.append(("report", "Reports" if told else "Enter a report", "btn q s" if told else "btn s"))
    if show.ends_at > now:
        if at_session:
            deeds.append(("booking_sessions", "Move to another session", "btn s"))
            deeds.append(("booking_places", "Change the number", "btn q s"))
            deeds.append(("booking_cancel", "Cancel…", "btn stop s"))
            return deeds
        if booking.role == HOST:
            deeds.append(("booking_move", "Move", "btn s"))
        deeds.append(
            (
                "booking_change",
                f"Change numbers or {audience.words(booking.programme.for_adults).hall}",
                "btn q s",
            )
        )
        deeds.append(("booking_cancel", "Cancel…", "btn stop s"))
    return deeds


WHAT_CAME = {
    BOOKED: ("booked", "Booked"),
    MISSING: ("to confirm", "Report missing"),
    DISAGREE: ("to confirm", "Reports disagree"),
    TOOK_PLACE: ("seen", "Took place"),
    FAILED: ("declined", "Did not take place"),
}


def what_came(booking: Booking, *, now: datetime) -> tuple[str, str]:
    """(the standing whose glyph it bears, words) of a booking that was not cancelled."""
    return WHAT_CAME[booking.has_come_to(now)]


def cancelled(cancellation: Cancellation, words: Words = OF_PUPILS) -> tuple[str, str]:
    """That it was cancelled and when; by whom and why."""
    sides = {
        "school": f"the {words.asked}",
        "company": f"the {words.company}",
        "coordinator": "us",
        "host": "its host",
    }
    by = f"by {sides[cancellation.cancelled_by]} ({cancellation.who}): {cancellation.reason}"
    return f"Cancelled {date_and_time(cancellation.recorded_at)}", by


def hand_on(heirs: Sequence[Organisation]) -> str:
    """The link to what can be done then, which names a single heir; '' without any."""
    if not heirs:
        return ""
    to = heirs[0].name if len(heirs) == 1 else "the school that follows"
    return f"Hand the booking on to {to}…"


def calendar_of_company(said: str) -> str:
    return f"{CALENDARS[said]} in the company’s calendar" if said in CALENDARS else ""


def letter(newest: Letter) -> str:
    return LETTERS.get(newest.status, newest.status)


def facts(
    booking: Booking,
    pupils: Mapping[int, int],
    access: Sequence[str],
    place: GuestPlace | None,
    *,
    work: AtWork,
    reminders: Sequence[date],
    reminded: Written,
    wants_none: bool,
    over: bool,
    at_session: bool = False,
    now: datetime,
) -> list[Fact]:
    """All that is agreed, in the order of the day. `work`: of the company for the show; `over`: it is cancelled or
    past; `reminders`: the days on which the school is still reminded of it; `reminded`: what was written;
    `wants_none`: it said so. `at_session`: it is places at a session, of which room and way are nobody's to say."""
    host, guest = booking.performance.host, booking.role == "guest"
    words = audience.words(booking.programme.for_adults)
    where = f"at {host.name}, as guest" if guest else booking.hall or f"{words.hall} not said"
    comes = [
        Fact(term=capfirst(words.many), words=_pupils(booking, pupils)),
        Fact(term="Access", words=and_list(access) if access else "no needs named"),
    ]
    if at_session:
        unsaid = "Has not said whether it comes at the new time" if place and place.asked_again else ""
        agreed = [Fact(term="Where", words=host.name, beneath=host.address, warning=unsaid), *comes]
    else:
        room = f"{work.comes}, {work.goes}"
        way_in = {True: "yes", False: "no", None: "not said"}[booking.step_free]
        agreed = [
            Fact(term=f"In the {words.hall}", words=room),
            _typed(
                Fact(term="Where", words=where, beneath=host.address or "address not known"), booking, "hall"
            ),
            *(_of_guest(place) if guest else []),
            Fact(term="Step-free way in", words=way_in),
            *comes,
            _typed(Fact(term="Entrance", words=booking.entrance or "not said"), booking, "entrance"),
            _typed(Fact(term="Parking", words=booking.parking or "not said"), booking, "parking"),
            _typed(
                Fact(term="On arrival", words=booking.arrival_note or "nothing said", looks="lines"),
                booking,
                "arrival_note",
            ),
        ]
    return [
        *agreed,
        *([] if over else [Fact(term=f"The {words.asked} can", words=_school_can(booking, now))]),
        *([_reminded(reminded)] if reminded.days else []),
        *([Fact(term="We remind it", words=and_list(day(one) for one in reminders))] if reminders else []),
        *([Fact(term="Reminders", words=f"the {words.asked} wants none")] if wants_none else []),
    ]


def _reminded(reminded: Written) -> Fact:
    lost = and_list(reminded.not_reached)
    return Fact(
        term="Reminded",
        words=and_list(day(one) for one in reminded.days),
        warning=f"Not delivered to {lost}: put the address right" if lost else "",
    )


def _typed(fact: Fact, row: Booking | GuestPlace, column: str) -> Fact:
    """The same, with where its words stand; nothing where none were typed, or others are shown."""
    said = getattr(row, column) or ""
    if not said or said not in fact.words:
        return fact
    return replace(fact, typed=f"{row.__tablename__}.{column}", typed_id=row.id, said=said)


def _of_guest(place: GuestPlace | None) -> list[Fact]:
    journey = place.travel.words() if place else ""
    unsaid = "Has not said whether it comes at the new time" if place and place.asked_again else ""
    told = Fact(term="Journey", words=journey or "not settled yet", warning=unsaid, looks="wraps")
    said = [_typed(told, place, "travel_note") if place else told]
    if place and place.said:
        said.append(_typed(Fact(term="The host asks", words=place.said, looks="wraps lines"), place, "said"))
    return said


def _pupils(booking: Booking, pupils: Mapping[int, int]) -> str:
    if booking.programme.for_adults:
        return number(booking.seats) if booking.seats else "number not known"
    by_year = ", ".join(f"{number(n)} in {year_group_name(year)}" for year, n in pupils.items())
    if len(pupils) > 1:
        return f"{number(booking.seats)}: {by_year}"
    return by_year or number(booking.seats)


def _school_can(booking: Booking, now: datetime) -> str:
    """What it can do by itself, and until when."""
    if not (booking.can_move(now) or booking.can_cancel(now)):
        return "no longer move or cancel it online. You can at any time."
    move = f"move it until {day_short(booking.can_move_until())}, " if booking.role == "host" else ""
    return f"{move}cancel it until {day_short(booking.can_cancel_until())}. You can at any time."
