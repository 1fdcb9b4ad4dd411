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

WILL_DO = {
    LEAD_PRESENT: "Our safeguarding lead is there",
    STAFF_BRIEFED: "Staff are briefed before",
    LETTER_HOME: "A letter goes home to families",
    LESSON: "A lesson follows",
    PASSED_ON: "Any concern reaches our lead within a day",
    POLICY: "We look at our safeguarding policy after it",
}
"""What a school ticks before its show."""

WAS_DONE = {
    LEAD_PRESENT: "Was your safeguarding lead there?",
    STAFF_BRIEFED: "Had staff been briefed?",
    LETTER_HOME: "Letter home to families?",
    LESSON: "Follow-up lesson?",
    PASSED_ON: "Did every concern reach your safeguarding lead within a day?",
    POLICY: "Have you looked at your safeguarding policy since?",
}
"""What it is asked after it."""

ANSWERS = {
    LETTER_HOME: ((DONE, "Sent"), (NOT_DONE, "Not sent")),
    LESSON: ((DONE, "Held"), (PLANNED, "Planned"), (NOT_DONE, "No")),
    POLICY: ((DONE, "Yes"), (PLANNED, "Planned"), (NOT_DONE, "No")),
}
YES_OR_NO = ((DONE, "Yes"), (NOT_DONE, "No"))
"""The answers to each, where they have no others."""

FIELDS = {
    LEAD_PRESENT: "lead_present",
    STAFF_BRIEFED: "staff_briefed",
    LETTER_HOME: "letter_home",
    LESSON: "lesson",
    PASSED_ON: "passed_on",
    POLICY: "policy",
}
"""The name of each in a form."""

_SAID = {DONE: "Yes", PLANNED: "Planned", NOT_DONE: "No"}


def said_on(row: PledgeAnswer) -> str:
    """'You said: sent, on 12 January 2027.'"""
    words = dict(ANSWERS.get(row.pledge, YES_OR_NO))[row.said]
    return f"You said: {words.lower()}, on {day_short(row.recorded_at)}."


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
