"""Words for what staff say of a show. Pure."""

from dataclasses import dataclass

from outreach.ground.wording import count
from outreach.outcomes.staff_answers import (
    ALONE,
    ASSEMBLY,
    IMPACTS,
    LATER,
    LESSON,
    SOON,
    TUTOR_TIME,
    USES,
    StaffAnswer,
    Sums,
)

HEADS = {SOON: "What did you make of the play?", LATER: "Three months on: what is left of the play?"}
USED = {
    LESSON: "A lesson",
    TUTOR_TIME: "Form or tutor time",
    ASSEMBLY: "An assembly",
    ALONE: "Talks with single pupils",
}
MOMENTS = {SOON: "After the show", LATER: "Three months later"}


@dataclass(frozen=True)
class Line:
    """One row of the page of sums: what was chosen, and how many chose it at each moment."""

    words: str
    numbers: tuple[int, int]


def lines_of_impact(soon: Sums, later: Sums) -> list[Line]:
    return [
        Line(words, (soon.impacts.get(value, 0), later.impacts.get(value, 0))) for value, words in IMPACTS
    ]


def lines_of_use(soon: Sums, later: Sums) -> list[Line]:
    return [Line(USED[use], (soon.uses.get(use, 0), later.uses.get(use, 0))) for use in USES]


def headline(soon: Sums, later: Sums) -> str:
    """How many answered at each moment, from how many schools."""
    told = [
        f"{count(sums.answers, 'answer')} {when}, from {count(sums.schools, 'school')}"
        for sums, when in ((soon, "after the show"), (later, "three months later"))
        if sums.answers
    ]
    return "; ".join(told) + "."


def chosen(answer: StaffAnswer) -> str:
    """What one member of staff chose, in a line: 'Pupils took from it: quite a lot. Used in: a lesson.'"""
    parts = []
    if answer.impact is not None:
        parts.append(f"Pupils took from it: {dict(IMPACTS)[answer.impact].lower()}.")
    if used := [USED[use][0].lower() + USED[use][1:] for use in answer.used()]:
        parts.append(f"Used in: {', '.join(used)}.")
    return " ".join(parts)
