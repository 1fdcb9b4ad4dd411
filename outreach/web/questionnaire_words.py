"""Words about questionnaires and waves, on pages of coordinators and of schools."""

from datetime import datetime

from outreach.ground.suppression import SHOWN, one
from outreach.ground.wording import capfirst, count, day_short
from outreach.outcomes.items import SCALE, QuestionItem
from outreach.outcomes.waves import AFTER, BEFORE, CLOSED, LATER, NOT_YET, OPEN, AnswerWave

NAMES = {BEFORE: "Before", AFTER: "After", LATER: "Three months later"}


def item_in_short(item: QuestionItem) -> str:
    """How it is answered, and how far it can be trusted."""
    how = (
        "Whom to tell"
        if item.whom_to_tell
        else "Five answers"
        if item.kind == SCALE
        else f"True or false: it is {'true' if item.right_answer else 'false'}"
    )
    return f"{how}. {item.source}, {item.licence}. {'Validated' if item.validated else 'Not validated'}."


def wave_state(wave: AnswerWave, now: datetime) -> str:
    """'open until 12 March', 'opens on 8 June', 'closed'."""
    state = wave.state(now)
    if state == NOT_YET:
        return f"opens {'at the show' if wave.kind == AFTER else f'on {day_short(wave.opens_at())}'}"
    if state == OPEN:
        return "open until the show" if wave.kind == BEFORE else f"open until {day_short(wave.last_day())}"
    if state == CLOSED:
        gone = wave.order_gone_at is not None
        return "closed: answers have no order any more" if gone else "closed"
    return "over; it is closed within minutes"


def wave_in_list(wave: AnswerWave, now: datetime) -> str:
    """The same in a list of shows, shorter: 'Open until 12 March', 'Closed'."""
    said = "Closed" if wave.state(now) == CLOSED else capfirst(wave_state(wave, now))
    return f"{said}. More answers than pupils" if wave.burst_at else said


def done_with(shows: int) -> str:
    return f"{count(shows, 'show')} with nothing left to ask"


def answers_of(answered: int, expected: int) -> str:
    """'148 of 160 pupils answered'."""
    return f"{answered:,} of {count(expected, 'pupil')} answered"


def more_than_pupils(set_aside: int) -> str:
    """'More answers than pupils: 97 were set aside.', a small number left out."""
    seen = one(set_aside)
    return f"More answers than pupils: {seen.number if seen.status == SHOWN else 'some'} were set aside."


def coming_without_codes(number: int) -> str:
    return f"Make codes for {count(number, 'show')}"
