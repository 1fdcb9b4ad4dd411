"""Words of a school's booking: what can still be changed, until when, and what happens next. No page of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from outreach.booking import promises
from outreach.booking.guest_places import GuestPlace
from outreach.booking.promises import Booking
from outreach.ground.wording import clock, clock_span, day
from outreach.web.sentences import Piece


@dataclass(frozen=True, kw_only=True)
class Way:
    """One thing that can be changed: its words, the page on which it is, and the class of its link."""

    words: str
    endpoint: str
    looks: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of what happens next; `by`: who did it."""

    title: str
    words: str
    done: bool
    by: str = ""


def ways_to_change(
    booking: Booking, place: GuestPlace | None, *, first_is_elsewhere: bool, now: datetime
) -> list[Way]:
    """What can be changed online now. `first_is_elsewhere`: the page asks for something more urgent, so that no
    button here is the filled one."""
    guest, asked_again = booking.role == promises.GUEST, place is not None and place.asked_again
    ways = []
    if booking.can_move(now):
        looks = "btn q" if first_is_elsewhere else "btn"
        ways.append(Way(words="Move to another time", endpoint="school.move", looks=looks))
    if booking.can_change(now) and guest:
        looks = "btn q" if asked_again else "btn"
        ways.append(Way(words="Change numbers or journey", endpoint="school.coming", looks=looks))
    elif booking.can_change(now):
        ways.append(Way(words="Change numbers or hall", endpoint="school.numbers", looks="btn q"))
    if booking.can_cancel(now) and not asked_again:
        words = "Leave this show" if guest else "Cancel this booking"
        ways.append(Way(words=words, endpoint="school.cancel", looks="stoplink cancel"))
    return ways


def until_when(booking: Booking, *, now: datetime) -> list[Piece]:
    """Until when it can be moved and cancelled online, up to the words on whom to ring after that."""
    return [Piece(text=text, whole=whole) for text, whole in _until_when(booking, now)]


def _until_when(booking: Booking, now: datetime) -> Iterator[tuple[str, bool]]:
    can_move, can_cancel = booking.can_move(now), booking.can_cancel(now)
    move_until, cancel_until = day(booking.can_move_until()), day(booking.can_cancel_until())
    if booking.role == promises.GUEST:
        yield "Your host sets the time. ", False
        if not can_cancel:
            yield "It is too late to leave online. For that, ", False
            return
        yield from (("You can leave until ", False), (cancel_until, True), (". After that, ", False))
    elif can_move and move_until == cancel_until:
        yield from (("You can move or cancel until ", False), (move_until, True), (". After that, ", False))
    elif can_move or can_cancel:
        if can_move:
            yield from (("You can move until ", False), (move_until, True))
        else:
            yield "It is too late to move this online", False
        if can_cancel:
            yield from ((", and cancel until ", False), (cancel_until, True))
        else:
            yield ", and to cancel it", False
        yield ". After that, ", False
    else:
        yield "It is too late to move or cancel this online. For that, ", False


def what_happens_next(booking: Booking, *, state: str, now: datetime) -> list[Step]:
    """From the booking to the report. `state`: as Booking.has_come_to says it."""
    show, guest, over = booking.performance, booking.role == promises.GUEST, state != promises.BOOKED
    took_place = state == promises.TOOK_PLACE
    steps = [Step(title="Booked", words=day(booking.created_at), done=True, by=booking.booked_by or "")]
    if not guest and booking.can_move_until() > booking.created_at.date():
        until = day(booking.can_move_until())
        steps.append(Step(title="Last day to move it online", words=until, done=not booking.can_move(now)))
    if not guest and (took_place or not over):
        words = f"{day(show.starts_at)}, {clock(show.get_in_at)}; it is away by {clock(show.away_at)}"
        steps.append(Step(title="The company arrives", words=words, done=over))
    steps.append(Step(title="The performance", words=_performance(booking, state), done=took_place))
    if state != promises.FAILED:
        words = "we ask you how many came, and whether concerns were passed on: numbers only"
        steps.append(Step(title="How it went", words=words, done=False))
    return steps


def _performance(booking: Booking, state: str) -> str:
    show = booking.performance
    if state == promises.FAILED:
        return "did not take place"
    if state not in (promises.BOOKED, promises.TOOK_PLACE):
        return f"{day(show.starts_at)}; how it went is not settled yet"
    at = clock_span(show.starts_at, show.ends_at)
    return f"{at}, with your staff beside their classes" if state == promises.BOOKED else at
