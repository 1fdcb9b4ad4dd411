"""Poster, slide and form on paper of a wave: what stands on them, for coordinators and schools alike."""

import re
from typing import Any

from outreach.outcomes import questionnaires, waves
from outreach.outcomes.waves import BEFORE, AnswerWave, WaveCode
from outreach.post import stationery
from outreach.web import pupil_words
from outreach.web.qr import qr_svg

POSTER, SLIDE, PAPER = "poster", "slide", "paper"
NAMES = {POSTER: "Poster", SLIDE: "Slide", PAPER: "Paper form"}


def code_of(wave: AnswerWave) -> WaveCode | None:
    """The code that works; None once it was stopped."""
    return next((one for one in waves.codes_of([wave.id]).get(wave.id, ()) if one.ended_at is None), None)


def words_of(wave: AnswerWave, code: WaveCode) -> dict[str, Any]:
    """What parts/wave_….html show."""
    here = stationery.settings().public_url.rstrip("/")
    items = questionnaires.items_of(wave.questionnaire_id)
    return {
        "wave": wave,
        "show": wave.performance,
        "code": code,
        "items": items,
        "title": pupil_words.HEADS[wave.kind],
        "lead": f"{pupil_words.how_long(len(items))} {pupil_words.NOBODY_SEES}",
        "place": re.sub(r"^https?://", "", here) + "/q",
        "qr": qr_svg(f"{here}/q/{code.in_address}"),
        "until": "until the show" if wave.kind == BEFORE else "",
        "nobody": pupil_words.NOBODY_SEES,
    }
