"""Words of the page of a programme's money: what stands behind each sum, and what the last gaps would cost. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.ground.wording import (
    and_list,
    count,
    day_short,
    duration,
    number,
    percent_said,
    pounds,
    pounds_rounded,
)
from outreach.outcomes.cost.budgets import BILLED, ProgrammeBudget
from outreach.outcomes.cost.last_gaps import Mark, Step
from outreach.outcomes.cost.priced_plan import PricedPlan
from outreach.outcomes.cost.spending import Spending
from outreach.outcomes.cost.sums import Cost

MOST_NAMES = 5


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A sum at the head of the page, and what it is."""

    amount: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Each:
    """What one of something comes to. `of`: among how many."""

    what: str
    amount: str
    of: str


@dataclass(frozen=True, kw_only=True)
class Undo:
    """What was just done, and where it is undone; `budget`: which budget, where it is one."""

    said: str
    href: str
    budget: int | None = None


@dataclass(frozen=True, kw_only=True)
class MarkShown:
    """A share of the target, and what it takes; `none`: why it has no price, in place of the rest."""

    share: str
    more: str = ""
    days: str = ""
    road: str = ""
    amount: str = ""
    none: str = ""


@dataclass(frozen=True, kw_only=True)
class StepShown:
    """One day that is bought: the schools that it makes whole, and what it and each of them cost."""

    day: str
    schools: str
    road: str
    amount: str
    each: str


def figures(cost: Cost) -> list[Figure]:
    """Budget, spent, promised, left."""
    found = [
        Figure(amount="not set" if cost.budget is None else pounds(cost.budget), words="budget"),
        Figure(amount=_sum(cost.spent, cost.is_estimate), words="spent" + _estimate(cost.is_estimate)),
        Figure(
            amount=_sum(cost.promised, bool(cost.coming)),
            words="promised for what is booked" + _estimate(any(days.pence for days in cost.coming)),
        ),
    ]
    if cost.left is not None:
        short = cost.left < 0
        guessed = cost.is_estimate or any(days.pence for days in cost.coming)
        found.append(
            Figure(
                amount=_sum(abs(cost.left), guessed),
                words=("more than the budget" if short else "left") + _estimate(guessed),
            )
        )
    return found


def each(cost: Cost, *, adults: bool) -> list[Each]:
    """What one performance, one pupil seen and one school reached come to."""
    found = [("One performance", cost.a_show, count(cost.shows, "performance") + " played")]
    if not adults:
        found.append(("One pupil who saw it", cost.a_pupil, count(cost.pupils, "pupil") + " counted"))
    found.append(
        (
            "One school reached",
            cost.a_school,
            f"{count(cost.schools, 'school')} that {'were trained' if adults else 'saw it'}, some in part",
        )
    )
    return [
        Each(what=what, amount="not yet" if amount is None else pounds_rounded(amount), of=of)
        for what, amount, of in found
    ]


def counted(cost: Cost) -> str:
    """What 'spent' is made of."""
    if not cost.is_reckoned:
        return "Spent is what is entered here, bills of the company among it."
    missing = ""
    if cost.unpriced:
        names = and_list(troupe.name for troupe in cost.unpriced)
        missing = f" Nobody said what a day of {names} costs, so it is not in it."
    return (
        "Spent is each day on which a show took place at its troupe’s price, its road at the price of a kilometre, and "
        "what is entered here. Enter what was paid for a day on which none did. It is an estimate until bills are "
        f"entered instead.{missing}"
    )


def budget_set(row: ProgrammeBudget) -> str:
    amount = "No budget is set" if row.pence is None else f"The budget is {pounds(row.pence)}"
    return f"{amount}; the company’s days are {'its bills' if row.days_are == BILLED else 'reckoned'}."


def entry_done(row: Spending) -> str:
    said = f"‘{row.words}’, {pounds(row.pence)} on {day_short(row.day)}, "
    return said + ("is entered." if row.ended_at is None else "is taken out.")


def headline(plan: PricedPlan) -> str:
    """What it would cost to go on, in a sentence."""
    now = percent_said(plan.covered, plan.target)
    if not any(mark.more for mark in plan.marks):
        return "Every school of the target is reached or booked."
    there = [mark for mark in plan.marks if mark.step is not None]
    if not plan.steps:
        return f"{now} of the target is reached or booked, and no plan has a show for the rest."
    end = there[-1].step if there and there[-1].step else plan.steps[-1]
    to = f"{there[-1].percent}%" if there else percent_said(end.reached, plan.target)
    if end.pence is None:
        return f"From {now} to {to} of the target: {count(end.days, 'tour day')} more."
    said = f"From {now} to {to} of the target: about {pounds_rounded(end.pence)} more"
    first, last = _school_price(plan.steps, first=True), _school_price(plan.steps, first=False)
    if first is not None and last is not None and last > first:
        return f"{said}; the last school costs {pounds_rounded(last)}, the first {pounds_rounded(first)}."
    return f"{said}."


def mark(one: Mark) -> MarkShown:
    share = f"{one.percent}%"
    if not one.more:
        return MarkShown(share=share, none="reached or booked already")
    if one.step is None:
        return MarkShown(share=share, none=f"not in this plan: {count(one.short, 'school')} short")
    return MarkShown(
        share=share,
        more=number(one.more),
        days=number(one.step.days),
        road=duration(one.step.minutes),
        amount=_price(one.step.pence),
    )


def steps(plan: PricedPlan) -> list[StepShown]:
    """The days in the order of their price."""
    return [
        StepShown(
            day=f"{day_short(step.day.day)}, {step.day.troupe}"
            + ("" if step.day.is_new else ", in use already"),
            schools=and_list(plan.names[organisation_id] for organisation_id in step.schools)
            or "a school in part",
            road=duration(step.day.minutes),
            amount=_price(step.day.pence),
            each=_price(_of_each(step)) if step.schools else "",
        )
        for step in plan.steps
    ]


def assumes(plan: PricedPlan, kilometres_are: str) -> list[str]:
    """What the prices rest on, and what is not in them. `kilometres_are`: of what, in words."""
    found = [
        f"An estimate from the plan ‘{plan.plan.name}’ of {day_short(plan.plan.finished_at)}: whole days, the cheapest "
        "for each school first, and every school says yes. A day that has a show already costs its extra road alone. "
        f"Kilometres are {kilometres_are}.",
    ]
    if plan.changed:
        found.append(f"Since then {and_list(plan.changed)} changed. Draw up a new plan for a newer price.")
    if plan.missing:
        others = len(plan.missing) - MOST_NAMES
        names = and_list([*plan.missing[:MOST_NAMES], *([f"{number(others)} more"] if others > 0 else [])])
        found.append(
            f"{count(len(plan.missing), 'gap')} without a price, for want of a show to come in it: {names}."
        )
    if plan.unpriced:
        names = and_list(troupe.name for troupe in plan.unpriced)
        found.append(f"Nobody said what a day of {names} costs, so days and road alone are told.")
    return found


def _school_price(bought: Sequence[Step], *, first: bool) -> int | None:
    """Pence for each school of the first, or the last, day that makes any whole."""
    priced = [price for step in bought if step.schools and (price := _of_each(step)) is not None]
    return (priced[0] if first else priced[-1]) if priced else None


def _of_each(step: Step) -> int | None:
    pence, schools = step.day.pence, len(step.schools)
    return None if pence is None else (2 * pence + schools) // (2 * schools)


def _price(pence: int | None) -> str:
    return "no price" if pence is None else pounds_rounded(pence)


def _sum(pence: int, guessed: bool) -> str:
    return pounds_rounded(pence) if guessed else pounds(pence)


def _estimate(guessed: bool) -> str:
    return " (estimate)" if guessed else ""
