"""Words for pledges: what each is called, and what was said of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outreach.ground.wording import capfirst, day_short
from outreach.visits import pledges
from outreach.visits.pledges import (
    DONE,
    LEAD_PRESENT,
    LESSON,
    LETTER_HOME,
    NOT_DONE,
    PASSED_ON,
    PLANNED,
    PLEDGES,
    POLICY,
    STAFF_BRIEFED,
    PledgeAnswer,
)
from outreach.visits.reports import COMPANY, SCHOOL, SETTLED

SHORT = {
    LEAD_PRESENT: "Lead present",
    STAFF_BRIEFED: "Staff briefed",
    LETTER_HOME: "Letter home",
    LESSON: "Follow-up lesson",
    PASSED_ON: "Passed on in a day",
    POLICY: "Policy reviewed",
}
"""Each as the head of a column."""

_SAID = {DONE: "Yes", PLANNED: "Planned", NOT_DONE: "No"}


def in_short(said: Mapping[str, PledgeAnswer]) -> str:
    """'Lead present: yes. Follow-up lesson: planned.' of a school's last words; '' of none."""
    return " ".join(f"{SHORT[p]}: {_SAID[said[p].said].lower()}." for p in PLEDGES if p in said)


@dataclass(frozen=True, kw_only=True)
class PledgeSaid:
    """What stands of one pledge of a booking, side by side; '' where nobody said anything."""

    pledge: str
    promised: str
    school: str
    company: str
    settled: str


def said_of_pledges(answers: Sequence[PledgeAnswer]) -> list[PledgeSaid]:
    """Each pledge of which anything was said, from a booking's answers in order."""
    newest = {(row.pledge, row.side, row.said in _SAID): row for row in answers}

    def word(pledge: str, side: str) -> str:
        row = newest.get((pledge, side, True))
        return f"{_SAID[row.said]}, {day_short(row.recorded_at)}" if row else ""

    promised = pledges.promised(answers)
    return [
        PledgeSaid(
            pledge=capfirst(pledge),
            promised="Yes" if pledge in promised else "",
            school=word(pledge, SCHOOL),
            company=word(pledge, COMPANY),
            settled=word(pledge, SETTLED),
        )
        for pledge in PLEDGES
        if any(row.pledge == pledge for row in answers)
    ]
