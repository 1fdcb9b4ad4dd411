"""A programme's money as lines for a spreadsheet. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from outreach.ground.audience import head_of
from outreach.ground.wording import day_short
from outreach.outcomes.cost.priced_plan import PricedPlan
from outreach.outcomes.cost.sums import Cost, DaysOfTroupe
from outreach.tour.programmes import Programme

Row = Sequence[Any]

HEAD = ["Part", "What", "Day", "Number", "Pounds", "Estimate"]


def title(programme: Programme, *, today: date) -> str:
    return (
        f"Cost of ‘{programme.title}’, as it stands on {day_short(today)}. Not for publication: small numbers of "
        f"{programme.words.many} are not hidden."
    )


def lines(cost: Cost, plan: PricedPlan | None, *, for_adults: bool = False) -> Iterator[Row]:
    """Money first, then each thing that it is the sum of, then what the last gaps would cost."""
    guessed = cost.is_estimate
    show, person = head_of(["Performance", "Pupil seen"], for_adults=for_adults)
    yield ["Money", "Budget", "", "", in_pounds(cost.budget), ""]
    yield ["Money", "Spent", cost.today, "", in_pounds(cost.spent), _said(guessed)]
    yield ["Money", "Promised", "", "", in_pounds(cost.promised), _said(any(d.pence for d in cost.coming))]
    yield ["Money", "Left", "", "", in_pounds(cost.left), _said(cost.is_reckoned and cost.left is not None)]
    yield ["Cost of one", show, "", cost.shows, in_pounds(cost.a_show), _said(guessed)]
    yield ["Cost of one", person, "", cost.pupils, in_pounds(cost.a_pupil), _said(guessed)]
    yield ["Cost of one", "School reached", "", cost.schools, in_pounds(cost.a_school), _said(guessed)]
    for days in cost.played:
        yield from _days("Days so far", days)
    for days in cost.coming:
        yield from _days("Days to come", days)
    for entry in cost.entries:
        yield ["Entered", entry.words, entry.day, "", in_pounds(entry.pence), ""]
    for step in plan.steps if plan else ():
        names = ", ".join(plan.names[organisation_id] for organisation_id in step.schools) if plan else ""
        yield [
            "Last gaps, by price",
            f"{step.day.troupe}: {names}" if names else step.day.troupe,
            step.day.day,
            step.reached,
            in_pounds(step.pence),
            _said(True),
        ]
    for mark in plan.marks if plan else ():
        yield [
            "Price of a share",
            f"{mark.percent}% of the target"
            if mark.step or not mark.more
            else f"{mark.percent}%: not in the plan",
            "",
            mark.schools,
            in_pounds(mark.step.pence) if mark.step else in_pounds(None if mark.more else 0),
            _said(mark.step is not None),
        ]


def in_pounds(pence: int | None) -> Decimal | str:
    """Exact pounds; '' where nobody knows."""
    return "" if pence is None else Decimal(pence) / 100


def _days(part: str, days: DaysOfTroupe) -> Iterator[Row]:
    yield [part, f"{days.troupe.name}: days", "", days.days, in_pounds(days.fees), _said(True)]
    yield [part, f"{days.troupe.name}: kilometres", "", days.kilometres, in_pounds(days.road), _said(True)]


def _said(estimate: bool) -> str:
    return "estimate" if estimate else ""
