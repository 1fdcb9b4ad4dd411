"""Closed answers as means: of each performance, wave and item the share who said yes or chose what is right."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import select

from outreach.ground.db import db
from outreach.outcomes.asked_shows import AskedShow, HeldWave
from outreach.outcomes.closed_answers import Counts, counts_by_item
from outreach.outcomes.items import SCALE, QuestionItem
from outreach.outcomes.questionnaires import QuestionnaireItem
from outreach.outcomes.wave_changes import WaveMean
from outreach.outcomes.waves import AnswerWave

YES_FROM = 4
"""Of the scale: 'yes, I think so' and 'yes, definitely'."""


def says_yes(item: QuestionItem, answer: int) -> bool:
    """Whether an answer is what the programme hopes for: yes, or what is right."""
    return answer >= YES_FROM if item.kind == SCALE else answer == item.right_answer


def items_asked(wave_ids: Collection[int]) -> list[QuestionItem]:
    """The items that these waves asked, the primary one first, then as pupils read them; one query.

    Primary is whom to tell as the first questionnaire has it, which was approved before the first wave opened.
    """
    places: dict[int, tuple[int, int]] = {}
    found: dict[int, QuestionItem] = {}
    for item, place in db.session.execute(
        select(QuestionItem, QuestionnaireItem)
        .join(QuestionnaireItem, QuestionnaireItem.item_id == QuestionItem.id)
        .join(AnswerWave, AnswerWave.questionnaire_id == QuestionnaireItem.questionnaire_id)
        .where(AnswerWave.id.in_(wave_ids))
        .distinct()
        .order_by(QuestionnaireItem.questionnaire_id, QuestionnaireItem.position, QuestionItem.id)
    ):
        places.setdefault(item.id, (place.questionnaire_id, place.position))
        found[item.id] = item
    return sorted(found.values(), key=lambda item: (not item.whom_to_tell, places[item.id]))


def means_by_item(
    shows: Sequence[AskedShow], waves: Sequence[HeldWave], items: Sequence[QuestionItem]
) -> dict[int, list[WaveMean]]:
    """{item: what each performance's pupils answered in each closed wave}; answers on paper are in the sums. At most
    four queries."""
    return means_of_counts(counts_by_item([wave.id for wave in waves]), shows, waves, items)


def means_of_counts(
    counts: Counts, shows: Sequence[AskedShow], waves: Sequence[HeldWave], items: Sequence[QuestionItem]
) -> dict[int, list[WaveMean]]:
    """The same of counts that were read. Pure."""
    organisation_id_of = {show.performance: show.organisation_id for show in shows}
    by_id = {item.id: item for item in items}
    by_wave: dict[int, list[tuple[int, dict[int, int]]]] = defaultdict(list)
    for (wave_id, item_id), values in counts.items():
        by_wave[wave_id].append((item_id, values))
    found: dict[int, list[WaveMean]] = {item.id: [] for item in items}
    for wave in waves:
        for item_id, values in by_wave[wave.id]:
            answers = sum(values.values())
            yes = sum(n for value, n in values.items() if says_yes(by_id[item_id], value))
            found[item_id].append(
                WaveMean(
                    performance=wave.performance,
                    school=organisation_id_of[wave.performance],
                    wave=wave.kind,
                    month=wave.month,
                    answers=answers,
                    mean=yes / answers,
                )
            )
    return found
