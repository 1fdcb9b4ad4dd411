"""Wording of bodies: how many front-line staff they have, and what became of them. Pure."""

from collections.abc import Sequence

from outreach.asking.waits_for_places import WaitsTakenOver
from outreach.booking.desk.handing_on import TakenOver
from outreach.booking.guest_places import GuestPlace
from outreach.booking.promises import Booking
from outreach.county.schools import Organisation
from outreach.ground.wording import and_list, capfirst, clock, count, day_short, number

UNKNOWN = "not known"
WHOLE_AREA = "The whole area"
GOES_ALONG = "What is to come goes to whoever takes its place; everybody who has it in the calendar is told."


def staff(body: Organisation) -> str:
    """'42', 'nobody', or that it is not known: none at all is a count."""
    if body.front_line_staff is None:
        return UNKNOWN
    return number(body.front_line_staff) if body.front_line_staff else "nobody"


def staff_and_day(body: Organisation) -> str:
    if body.front_line_staff is None:
        return capfirst(UNKNOWN)
    return f"{capfirst(staff(body))}, counted on {day_short(body.staff_counted_on)}"


def what(body: Organisation) -> str:
    """'Police · Kestermere': what it is, and where."""
    return f"{body.type_of_establishment} · {district(body)}"


def district(body: Organisation) -> str:
    return body.district_name or WHOLE_AREA


def found(shown: Sequence[Organisation]) -> str:
    """'3 bodies, 120 front-line staff, 1 not known': what stands over the list."""
    said = [count(len(shown), "body", "bodies")]
    known = [body.front_line_staff for body in shown if body.front_line_staff is not None]
    if known:
        said.append(f"{number(sum(known))} front-line staff")
        if len(known) < len(shown):
            said.append(f"of {number(len(shown) - len(known))} the number is not known")
    return ", ".join(said)


def affected(
    bookings: Sequence[Booking], waits: Sequence[GuestPlace], *, of_each: bool = False
) -> list[tuple[str, str]]:
    """(what, reference) of what is still to come, which whoever follows takes over; a wait has no reference. `of_each`:
    with whose it is."""

    def at(one: Booking | GuestPlace) -> str:
        whose = f"{one.organisation.name}: " if of_each else ""
        return f"{whose}{day_short(one.performance.starts_at)}, {clock(one.performance.starts_at)}"

    return [
        *((f"{at(b)}, {b.programme.words.count(b.seats)}", b.reference) for b in bookings),
        *((f"{at(p)}, waits for {count(p.seats, 'place')}", "") for p in waits),
    ]


def handed_on(went: TakenOver) -> str:
    """' 2 bookings to come went with it, and everybody was told.': the end of what was done."""
    said = ""
    if went.handed:
        said = f" {count(went.handed, 'booking')} to come went with it, and everybody was told."
    for booking, why in went.left:
        said += f" {booking.reference} stands where it was: {why}"
    return said


def waits(went: WaitsTakenOver) -> str:
    """' 1 wait for places went with it.'; ' 1 wait for places ended.'"""
    handed = f" {count(went.handed, 'wait')} for places went with it." if went.handed else ""
    return handed + (f" {count(went.ended, 'wait')} for places ended." if went.ended else "")


def given_up(bookings: Sequence[Booking]) -> str:
    """' 2 bookings to come were given up, and everybody was told.'"""
    if not bookings:
        return ""
    were = "was" if len(bookings) == 1 else "were"
    return f" {count(len(bookings), 'booking')} to come {were} given up, and everybody was told."


def stands(bookings: Sequence[Booking]) -> str:
    """' 1 booking to come stands: MRL-24KE. Give it up on its own page.': nothing took the body's place."""
    if not bookings:
        return ""
    references = and_list(booking.reference for booking in bookings)
    if len(bookings) == 1:
        return f" 1 booking to come stands, {references}. Give it up on its own page."
    return f" {len(bookings)} bookings to come stand, {references}. Give each up on its own page."


def joined(names: Sequence[str], into: str) -> str:
    return (
        f"{count(len(names), 'body', 'bodies')} joined {into}. Open one again on its page if that was wrong."
    )
