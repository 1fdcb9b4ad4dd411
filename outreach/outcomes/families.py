"""Questions that a school's pupils are asked, as its letter to families tells: how many."""

from outreach.outcomes import declines, questionnaires


def questions_asked(programme_id: int, urn: int) -> int:
    """How many; 0 while nothing is approved, and at a school that declined."""
    approved = questionnaires.find_approved(programme_id)
    if approved is None or declines.has_declined(programme_id, urn):
        return 0
    return len(questionnaires.items_of(approved.id))
