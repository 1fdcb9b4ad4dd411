"""Questions that a school's pupils are asked, as its letter to families and its own pages tell."""

from dataclasses import dataclass
from datetime import datetime

from outreach.booking.promises import Booking
from outreach.outcomes import declines, questionnaires, waves
from outreach.outcomes.waves import CLOSED, OVER, AnswerWave


@dataclass(frozen=True, kw_only=True)
class PupilsAsked:
    """What is asked about one booking's show. `waves`: none while nobody has made its codes; `declined` by the school
    itself, `by_host` by the school whose show it joins."""

    questionnaire_id: int
    waves: tuple[AnswerWave, ...]
    declined: bool
    by_host: bool

    def goes_on(self, now: datetime) -> bool:
        """Whether a wave is open or still to come."""
        return not self.waves or any(wave.state(now) not in (OVER, CLOSED) for wave in self.waves)


def questions_asked(booking: Booking) -> int:
    """How many; 0 while nothing is approved, and where the school or its host declined: then no code works."""
    approved = questionnaires.find_approved(booking.programme_id)
    if approved is None:
        return 0
    if {
        booking.organisation_id,
        booking.performance.organisation_id,
    } & declines.organisation_ids_of_programme(booking.programme_id):
        return 0
    return len(questionnaires.items_of(approved.id))


def asked_about(booking: Booking, *, now: datetime) -> PupilsAsked | None:
    """None where nothing is approved, or the show is over and none was asked; three queries at most."""
    found, show = waves.of_performance(booking.performance_id), booking.performance
    if found:
        questionnaire_id = found[0].questionnaire_id
    else:
        approved = questionnaires.find_approved(booking.programme_id)
        if approved is None or show.ends_at <= now:
            return None
        questionnaire_id = approved.id
    declined = declines.organisation_ids_of_programme(booking.programme_id)
    return PupilsAsked(
        questionnaire_id=questionnaire_id,
        waves=tuple(found),
        declined=booking.organisation_id in declined,
        by_host=booking.organisation_id != show.organisation_id and show.organisation_id in declined,
    )
