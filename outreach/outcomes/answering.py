"""Answering: one form, one answer, from a pupil of whom nothing is known.

The form bears a token that we signed, so that only a form of ours is taken, and each once. No cookie is set. Of a code
as many answers are kept as the show had pupils, and some; what is more is set aside, and so are many from one network
outside the class's hour. Nobody is refused for another's answers: those that came outside the hour give way to those
that come within it. Networks are counted outside the hour alone, apart from answers and in a transaction of its own, by
a hash of network, wave and day (day_counts.py): beside an answer stands nothing of where it came from.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import contains_eager

from outreach.county import school_days
from outreach.ground import day_counts, whose
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.the_app import settings
from outreach.ground.timespans import day_of, wall
from outreach.outcomes import declines, expected, open_answers, questionnaires, waves
from outreach.outcomes.declines import QuestionnaireDecline
from outreach.outcomes.items import ANSWERS
from outreach.outcomes.open_answers import Stands
from outreach.outcomes.waves import AFTER, NOT_YET, OPEN, AnswerWave, WaveCode
from outreach.tour.performances import Performance

IN_TIME, OUTSIDE, BURST = "in time", "outside", "burst"
"""When an answer comes: in its class's hour; outside it; outside it, and after MANY from the same network that day."""

MANY = 10


class NotOpen(Refusal):
    """The code takes no answers: not yet, not any more, or never again."""


class FormNotOurs(Refusal):
    """Its token is not one that we signed for this code."""

    def __init__(self) -> None:
        super().__init__("Something went wrong with this page. Open it again with the code.")


def check_open(code: WaveCode, *, now: datetime) -> None:
    """Raises NotOpen, in words for a pupil."""
    show = code.wave.performance
    _check(code, declined=declines.has_declined(show.programme_id, show.organisation_id), now=now)


def _check(code: WaveCode, *, declined: bool, now: datetime) -> None:
    state = code.wave.state(now)
    if code.ended_at is not None:
        raise NotOpen("This code does not work any more. Ask your teacher for a new one.")
    if state == NOT_YET:
        raise NotOpen("This code does not work yet. Try it again when your teacher says so.")
    if state != OPEN:
        raise NotOpen("The time to answer is over. Thank you for trying.")
    if declined:
        raise NotOpen("Your school does not take part. Thank you for trying.")


def new_form(code: WaveCode) -> str:
    """The token of a fresh form for a code; nothing is written."""
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_signed(nonce, code.id, str(settings()['SECRET_KEY']))}"


def timing(typed: str, network: str, *, now: datetime) -> str:
    """When an answer with a code comes; one outside the class's hour is counted with its network. In a transaction that
    ends before the answer's begins."""
    code = waves.find_code(typed)
    if code is None or _is_class_hour(code.wave, now):
        return IN_TIME
    came = day_counts.add(f"answers of wave {code.wave_id}", network, now=now)
    return OUTSIDE if came <= MANY else BURST


def _is_class_hour(wave: AnswerWave, now: datetime) -> bool:
    """After a performance, the rest of its day; else the host's hours of a school day."""
    show, today = wave.performance, day_of(now)
    if wave.kind == AFTER:
        return show.ends_at <= now and day_of(show.ends_at) == today
    calendar = school_days.load([show.organisation_id])[show.organisation_id]
    opens, closes = calendar.hours()
    return not calendar.why_closed(today) and wall(today, opens) <= now < wall(today, closes)


def answer(typed: str, form: str, values: Mapping[int, int], *, timing: str = IN_TIME, now: datetime) -> bool:
    """Keep what one pupil answered with a code, {place of the item: value}; whether there was anything to keep.

    The same form sent twice is kept once; what no item has as an answer was skipped. As many as are kept may be set
    aside; what comes then is neither. Raises FormNotOurs, for a code that nobody has too, and NotOpen.
    """
    code, declined = _locked(typed)
    nonce = _nonce(form, code)
    wave = code.wave
    _check(code, declined=declined, now=now)
    form_hash = hashlib.sha256(nonce.encode()).hexdigest()
    stands = open_answers.stands(wave.id, form_hash) if wave.open_table is not None else Stands()
    if stands.used:
        return True
    kept = {
        open_answers.PLACES[place - 1]: values[place]
        for place, kind in questionnaires.kinds_of(wave.questionnaire_id).items()
        if values.get(place) in dict(ANSWERS[kind])
    }
    if not kept:
        return False
    most = expected.at_most(wave.performance, now=now)
    full = stands.kept >= most
    aside = timing == BURST or (full and not (timing == IN_TIME and open_answers.give_way(wave.id)))
    if aside or full:
        wave.burst_at = wave.burst_at or now
    if aside and stands.set_aside >= most:
        return True
    if wave.open_table is None:
        wave.open_table = open_answers.make(wave.id)
    key, day = secrets.randbits(62), day_of(now)
    open_answers.add(
        wave.id,
        key=key,
        code_id=code.id,
        day=day,
        values=kept,
        form=form_hash,
        outside=timing != IN_TIME,
        set_aside=aside,
    )
    return True


_LOCKED = (
    select(
        WaveCode,
        select(QuestionnaireDecline.id)
        .where(
            QuestionnaireDecline.programme_id == Performance.programme_id,
            QuestionnaireDecline.organisation_id == Performance.organisation_id,
            QuestionnaireDecline.withdrawn_at.is_(None),
        )
        .exists(),
    )
    .join(WaveCode.wave)
    .join(AnswerWave.performance)
    .options(
        contains_eager(WaveCode.wave)
        .contains_eager(AnswerWave.performance)
        .load_only(
            Performance.programme_id,
            Performance.organisation_id,
            Performance.starts_at,
            Performance.released_at,
        )
    )
    .where(WaveCode.code == bindparam("code"))
    .with_for_update(of=(AnswerWave, WaveCode))
    .execution_options(populate_existing=True)
)


def _locked(typed: str) -> tuple[WaveCode, bool]:
    """A code and its wave as they stand now, and whether its school declined; nobody closes the wave or stops the code
    until the transaction ends."""
    code = waves.plain(typed)
    whose.bind_to("wave code", code)
    found = db.session.execute(_LOCKED, {"code": code}).one_or_none()
    if found is None:
        raise FormNotOurs
    return found[0], bool(found[1])


def _nonce(form: str, code: WaveCode) -> str:
    nonce, _, signature = form.partition(".")
    keys = [settings()["SECRET_KEY"], *settings()["SECRET_KEY_FALLBACKS"]]
    if not any(
        hmac.compare_digest(_signed(nonce, code.id, str(key)).encode(), signature.encode()) for key in keys
    ):
        raise FormNotOurs
    return nonce


def _signed(nonce: str, code_id: int, key: str) -> str:
    told = f"form of answers\0{code_id}\0{nonce}"
    return hmac.new(key.encode(), told.encode(), hashlib.sha256).hexdigest()[:32]
