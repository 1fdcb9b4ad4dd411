"""Words on a school's page of what its pupils are asked. No page of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.booking.promises import GUEST, Booking
from outreach.outcomes.waves import CLOSED, OVER, AnswerWave, WaveCode
from outreach.web import questionnaire_words, wave_sheets
from outreach.web.pupil_words import how_long
from outreach.web.wave_sheets import PAPER, POSTER, SLIDE

HOW_TO_USE = {
    POSTER: "One sheet of A4 for the wall.",
    SLIDE: "Show it full screen (F11), or print it across a sheet.",
    PAPER: "One for each pupil. Count the ticks, tell us the numbers, then shred them.",
}


@dataclass(frozen=True, kw_only=True)
class WaveShown:
    """`sheets`: (what, its name) of all that can be printed; none once it is over, or where no code works."""

    kind: str
    name: str
    state: str
    sheets: tuple[tuple[str, str], ...]


def lead(number_of_items: int) -> str:
    return f"{how_long(number_of_items)} Nobody gives a name, and nobody has to answer."


def declined(booking: Booking) -> str:
    """What the school's own no means."""
    said = f"You said no to the questions about ‘{booking.programme.title}’."
    return (
        f"{said} Your host’s poster is not for them." if booking.role == GUEST else f"{said} No code works."
    )


def by_host(booking: Booking) -> str:
    return f"{booking.performance.host.name} is your host and has said no: no code works."


def of_waves(
    waves: Sequence[AnswerWave], codes: Mapping[int, Sequence[WaveCode]], *, works: bool, now: datetime
) -> list[WaveShown]:
    """`works`: nobody said no to the codes of this show."""
    found = []
    for wave in waves:
        standing = any(code.ended_at is None for code in codes.get(wave.id, ()))
        over = wave.state(now) in (OVER, CLOSED)
        state = "over" if over else questionnaire_words.wave_state(wave, now)
        if not over and works and not standing:
            state = "no code at present: ask your coordinator"
        found.append(
            WaveShown(
                kind=wave.kind,
                name=questionnaire_words.NAMES[wave.kind],
                state=state,
                sheets=tuple(wave_sheets.NAMES.items()) if works and standing and not over else (),
            )
        )
    return found
