"""Words for what each side reported of a booking, side by side, and what it had said before. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from outreach.ground import audience
from outreach.ground.audience import Words
from outreach.ground.school_year import STAFF, year_group_name
from outreach.ground.wording import capfirst, count, number
from outreach.visits.pledges import DONE, NOT_DONE, PASSED_ON, PledgeAnswer
from outreach.visits.reports import COMPANY, NOT_COUNTED, SCHOOL, SETTLED, VisitReport

SIDES = (SCHOOL, COMPANY, SETTLED)
"""Whose reports stand beside each other, in this order."""

NOT_HANDED_ON = (
    "The company says that not every concern was handed to the safeguarding lead. Ring the school today."
)
NOT_PASSED_ON = (
    "The school says that a concern did not reach its safeguarding lead within a day. Ring it today, and put down what "
    "you heard."
)


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A report with what it counted; `split` by year group, `total` None where nobody counted. `of_each`: how many
    staff of each organisation, by its name, as a company counts them at a session; `own`: whose page it stands on."""

    row: VisitReport
    split: Mapping[int, int] = field(default_factory=dict)
    total: int | None = None
    of_each: Mapping[str, int] = field(default_factory=dict)
    own: str = ""
    words: Words = audience.OF_PUPILS

    @property
    def whose(self) -> str:
        if self.row.side == COMPANY:
            company = f"The {self.words.company}"
            return company if self.of_each else f"{company}, of the whole {self.words.show}"
        return f"The {self.words.asked}" if self.row.side == SCHOOL else "Settled"

    @property
    def counted(self) -> str:
        """'219', and without a number why there is none."""
        if not self.row.took_place:
            return ""
        if self.of_each:
            return number(self.of_each[self.own]) if self.own in self.of_each else "Not counted"
        if self.total is not None:
            return number(self.total)
        return capfirst(NOT_COUNTED) if self.row.about_as_promised else "Nobody counted"

    @property
    def by_year(self) -> list[str]:
        others = [f"{name}: {number(n)}" for name, n in self.of_each.items() if name != self.own]
        return others + [f"{year_group_name(y)}: {number(n)}" for y, n in self.split.items() if y != STAFF]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One question, what each side says to it ('' for nothing), and whether they differ."""

    head: str
    cells: Sequence[str]
    differ: bool = False


def side_by_side(told: Sequence[Reported]) -> list[Row]:
    """The questions besides the count that some side has answered, in the order of the form."""
    rows = [one.row for one in told]
    settled = any(row.side == SETTLED for row in rows)

    def yes_or_no(head: str, said: Sequence[bool | None]) -> Row:
        words = ["" if one is None else "Yes" if one else "No" for one in said]
        return Row(head=head, cells=words, differ={True, False} <= set(said) and not settled)

    def numbers(head: str, said: Sequence[int | None]) -> Row:
        return Row(head=head, cells=["" if n is None else number(n) for n in said])

    found = [
        yes_or_no("Took place", [row.took_place for row in rows]),
        Row(head="Why not", cells=[row.why_not for row in rows]),
        numbers("Staff", [row.staff for row in rows]),
        yes_or_no("Support agencies there", [row.support_agencies_present for row in rows]),
        numbers("Concerns passed on", [row.concerns for row in rows]),
        numbers("Came without a place", [row.walked_in for row in rows]),
        yes_or_no("Each handed to the lead", [row.concerns_handed_on for row in rows]),
    ]
    return [row for row in found if any(row.cells)]


def not_handed_on(told: Iterable[Reported], answers: Iterable[PledgeAnswer] = ()) -> str:
    """What a coordinator is to do where a side says that a concern did not reach the lead; '' elsewhere, and of a
    school once that is settled."""
    by_company = any(one.row.side == COMPANY and one.row.concerns_handed_on is False for one in told)
    passed_on = [row for row in answers if row.pledge == PASSED_ON and row.said in (DONE, NOT_DONE)]
    settled = any(row.side == SETTLED for row in passed_on)
    if passed_on and passed_on[-1].said == NOT_DONE and not settled:
        return NOT_PASSED_ON
    return NOT_HANDED_ON if by_company else ""


def _came(one: Reported) -> str:
    return audience.words(STAFF in one.split or bool(one.of_each)).count(one.total or 0)


def in_short(one: Reported) -> str:
    """'It took place; 219 pupils; 6 staff' of a report that was corrected or taken back."""
    row = one.row
    if not row.took_place:
        return f"It did not take place: {row.why_not}"
    said = ["It took place", _came(one) if one.total is not None else one.counted.lower()]
    said += [f"{number(row.staff)} staff"] if row.staff is not None else []
    said += [count(row.concerns, "concern")] if row.concerns is not None else []
    return "; ".join(said)
