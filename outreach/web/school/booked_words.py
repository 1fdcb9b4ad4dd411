"""Words of a school's booking: what can still be changed, until when, and what happens next. No page of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from outreach.booking import promises
from outreach.booking.guest_places import GuestPlace
from outreach.booking.in_hall import AtWork
from outreach.booking.promises import Booking
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, clock, clock_span, day
from outreach.outcomes.families import PupilsAsked
from outreach.visits.pledges import PLEDGES
from outreach.web.sentences import Piece


@dataclass(frozen=True, kw_only=True)
class Way:
    """One thing that can be changed: its words, the page on which it is, and the class of its link."""

    words: str
    endpoint: str
    looks: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of what happens next; `by`: who did it; `endpoint`: the page where it is done, by the words `link`."""

    title: str
    words: str
    done: bool
    by: str = ""
    endpoint: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Besides:
    """How many pledges a school made for a booking, and of how many it has not said yet whether they were kept."""

    promised: int
    still_open: int


def ways_at_session(booking: Booking, place: GuestPlace | None, *, is_open: bool, now: datetime) -> list[Way]:
    """What can be done online now with places at a session; whoever is not `is_open` any more only gives them up."""
    ways = []
    if is_open and booking.can_cancel(now):
        ways.append(Way(words="Move to another session", endpoint="school.other_sessions", looks="btn q"))
    if is_open and booking.can_change(now):
        ways.append(Way(words="Change the number", endpoint="school.change_places", looks="btn q"))
    if booking.can_cancel(now) and not (place is not None and place.asked_again):
        ways.append(Way(words="Give up the places", endpoint="school.cancel", looks="stoplink cancel"))
    return ways


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
        ways.append(
            Way(
                words=f"Change numbers or {booking.programme.words.hall}",
                endpoint="school.numbers",
                looks="btn q",
            )
        )
    if booking.can_cancel(now) and not asked_again:
        words = f"Leave this {booking.programme.words.show}" if guest else "Cancel this booking"
        ways.append(Way(words=words, endpoint="school.cancel", looks="stoplink cancel"))
    return ways


def until_when(
    booking: Booking, *, at_session: bool = False, is_open: bool = True, now: datetime
) -> list[Piece]:
    """Until when it can be moved and cancelled online, up to the words on whom to ring after that."""
    said = _until_when_of_places(booking, now, is_open=is_open) if at_session else _until_when(booking, now)
    return [Piece(text=text, whole=whole) for text, whole in said]


def _until_when_of_places(booking: Booking, now: datetime, *, is_open: bool) -> Iterator[tuple[str, bool]]:
    if booking.can_cancel(now):
        until = by(booking.can_cancel_until(), day_of(now))
        does = "Move or give up the places " if is_open else "Give up the places "
        yield from ((does, False), (until, True), (". Later, ", False))
    else:
        yield "It is too late to move or give up the places online. For that, ", False


def _until_when(booking: Booking, now: datetime) -> Iterator[tuple[str, bool]]:
    can_move, can_cancel = booking.can_move(now), booking.can_cancel(now)
    today = day_of(now)
    move, cancel = by(booking.can_move_until(), today), by(booking.can_cancel_until(), today)
    if booking.role == promises.GUEST:
        yield "Your host sets the time. ", False
        if not can_cancel:
            yield "It is too late to leave online. For that, ", False
            return
        yield from (("You can leave ", False), (cancel, True), (". After that, ", False))
    elif can_move and can_cancel and move == cancel:
        yield from (("Move or cancel ", False), (move, True), (". Later, ", False))
    elif can_move or can_cancel:
        if can_move and can_cancel:
            yield from (("You can move ", False), (move, True), (", and cancel ", False), (cancel, True))
        elif can_move:
            yield from (("You can move ", False), (move, True), ("; it is too late to cancel online", False))
        else:
            yield from (("It is too late to move this online. You can cancel ", False), (cancel, True))
        yield ". After that, ", False
    else:
        yield "It is too late to move or cancel this online. For that, ", False


def by(last: date, today: date) -> str:
    """'until Tuesday 23 February', and 'today' on the day itself."""
    return "today" if last == today else f"until {day(last, today=today)}"


def what_happens_next(
    booking: Booking,
    work: AtWork,
    *,
    state: str,
    besides: Besides | None = None,
    reminded_on: date | None = None,
    reminders: Sequence[date] = (),
    asked: PupilsAsked | None = None,
    now: datetime,
) -> list[Step]:
    """From the booking to what was done after it. `work`: of the company for it; `state`: as Booking.has_come_to says
    it; `besides`: the pledges, where they are asked for; `reminded_on`: when the service asks for a report that has
    not come; `reminders`: when it reminds of the show; `asked`: what its pupils are asked."""
    show, guest, over = booking.performance, booking.role == promises.GUEST, state != promises.BOOKED
    took_place, today = state == promises.TOOK_PLACE, day_of(now)
    steps = [Step(title="Booked", words=day(booking.created_at), done=True, by=booking.booked_by or "")]
    if not guest and booking.can_move(now) and booking.can_move_until() > booking.created_at.date():
        last = booking.can_move_until()
        words = "today" if last == today else day(last)
        steps.append(Step(title="Last day to move it online", words=words, done=False))
    if besides is not None and now < show.starts_at:
        steps.append(_will_do(besides))
    if reminders:
        words = f"{and_list(day(one) for one in reminders)}: what to have ready"
        words += "" if booking.programme.for_adults else ", a letter for families, a note for staff"
        steps.append(Step(title="We remind you", words=words, done=False))
    if asked is not None and now < show.starts_at:
        steps.append(_questions(asked))
    if not guest and (took_place or not over):
        words = f"{_on(show.starts_at, today)}, {clock(work.begins_at)}; it {work.goes}"
        comes = "turns the hall round" if work.here else "arrives"
        steps.append(Step(title=f"The company {comes}", words=words, done=over))
    steps.append(
        Step(
            title=f"The {booking.programme.words.performance}",
            words=_performance(booking, state, today),
            done=took_place,
        )
    )
    if state != promises.FAILED:
        words = f"from {_on(show.ends_at, today)}, {clock(show.ends_at)}: how many came, and whether concerns were "
        words += "passed on; numbers only"
        if reminded_on is not None and not took_place:
            words += f". If it has not come, we ask again on {day(reminded_on)}"
        steps.append(Step(title="Your report", words=words, done=False))
    if besides is not None and now >= show.starts_at and state != promises.FAILED:
        steps.append(_was_done(besides))
        steps.append(
            Step(
                title="What your staff make of it",
                words="four questions, no names:",
                done=False,
                endpoint="school.staff_say",
                link="for all who saw it",
            )
        )
    if asked is not None and now >= show.starts_at and state != promises.FAILED and asked.goes_on(now):
        steps.append(_questions(asked))
    return steps


def _will_do(besides: Besides) -> Step:
    n = besides.promised
    return Step(
        title="What you will do besides",
        words=f"{n} of {len(PLEDGES)} ticked:" if n else "a minute of ticks:",
        done=bool(n),
        endpoint="school.promised",
        link="change them" if n else "staff, families, lessons",
    )


def _was_done(besides: Besides) -> Step:
    n = besides.still_open
    return Step(
        title="What was done besides",
        words=f"{n} of {len(PLEDGES)} still to say:" if n else "all said:",
        done=not n,
        endpoint="school.promised",
        link="a minute of ticks" if n else "look",
    )


def _questions(asked: PupilsAsked) -> Step:
    if asked.declined:
        return Step(
            title="Your pupils are not asked",
            words="you said no:",
            done=False,
            endpoint="school.questions",
            link="undo",
        )
    return Step(
        title="Questions for pupils",
        words="before, after and three months later, without names:",
        done=False,
        endpoint="school.questions",
        link="poster, slide, or ‘not ours’",
    )


def _on(at: datetime, today: date) -> str:
    return "today" if day_of(at) == today else day(at)


def _performance(booking: Booking, state: str, today: date) -> str:
    show = booking.performance
    if state == promises.FAILED:
        return "did not take place"
    if state not in (promises.BOOKED, promises.TOOK_PLACE):
        return f"{day(show.starts_at)}; how it went is not settled yet"
    at = f"{_on(show.starts_at, today)}, {clock_span(show.starts_at, show.ends_at)}"
    with_classes = state == promises.BOOKED and not booking.programme.for_adults
    return f"{at}, with your staff beside their classes" if with_classes else at
