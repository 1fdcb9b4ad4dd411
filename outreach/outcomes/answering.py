"""Answering: one form, one answer, from a pupil of whom nothing is known.

The form bears a token that we signed, so that only a form of ours is taken, and each once. No address is looked at and
no cookie set: what bounds the answers of a code is how many pupils the show had.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import contains_eager

from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.the_app import settings
from outreach.ground.timespans import day_of
from outreach.outcomes import declines, expected, open_answers, questionnaires, waves
from outreach.outcomes.declines import QuestionnaireDecline
from outreach.outcomes.items import ANSWERS
from outreach.outcomes.waves import NOT_YET, OPEN, AnswerWave, WaveCode
from outreach.tour.performances import Performance


class UnknownCode(Refusal):
    def __init__(self) -> None:
        super().__init__("We do not know this code.")


class NotOpen(Refusal):
    """The code takes no answers: not yet, not any more, or never again."""


class FormNotOurs(Refusal):
    """Its token is not one that we signed for this code."""

    def __init__(self) -> None:
        super().__init__("Something went wrong with this page. Open it again with the code.")


class EnoughAnswers(Refusal):
    def __init__(self) -> None:
        super().__init__("We have all the answers for this code. Thank you for trying.")


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


def answer(typed: str, form: str, values: Mapping[int, int], *, now: datetime) -> bool:
    """Keep what one pupil answered with a code, {place of the item: value}; whether there was anything to keep.

    The same form sent twice is kept once; what no item has as an answer was skipped. Raises UnknownCode, NotOpen,
    FormNotOurs, EnoughAnswers.
    """
    code, declined = _locked(typed)
    wave = code.wave
    _check(code, declined=declined, now=now)
    form_hash = hashlib.sha256(_nonce(form, code).encode()).hexdigest()
    taken, used = open_answers.stands(wave.id, form_hash) if wave.open_table is not None else (0, False)
    if used:
        return True
    kept = {
        open_answers.PLACES[place - 1]: values[place]
        for place, kind in questionnaires.kinds_of(wave.questionnaire_id).items()
        if values.get(place) in dict(ANSWERS[kind])
    }
    if not kept:
        return False
    if taken >= expected.at_most(wave.performance, now=now):
        raise EnoughAnswers
    if wave.open_table is None:
        wave.open_table = open_answers.make(wave.id)
    key, day = secrets.randbits(62), day_of(now)
    open_answers.add(wave.id, key=key, code_id=code.id, day=day, values=kept, form=form_hash)
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
    found = db.session.execute(_LOCKED, {"code": waves.plain(typed)}).one_or_none()
    if found is None:
        raise UnknownCode
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
