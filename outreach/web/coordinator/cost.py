"""A programme's money: budget, spent, left, what one show, pupil and school cost, and the price of the last gaps."""

import re
import secrets
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.county import partnerships
from outreach.coverage import standings
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.row_numbers import row_number
from outreach.ground.school_year import year_name
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import Which
from outreach.outcomes.cost import budgets, curve, priced_plan, sheet, spending, sums
from outreach.outcomes.cost.budgets import BILLED, RECKONED
from outreach.outcomes.cost.priced_plan import PricedPlan
from outreach.outcomes.cost.spending import LONGEST, Spending, Spent
from outreach.outcomes.cost.sums import Cost
from outreach.tour import programmes, roads
from outreach.tour.programmes import Programme
from outreach.visits import season
from outreach.web import downloads, forms, opened, spoken
from outreach.web.coordinator import cost_words
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, programme_in_hand, the_programme, who
from outreach.web.refusals import back_to, status

DAYS_ARE = (
    (RECKONED, "Reckon them from what each troupe costs a day and a kilometre (an estimate)"),
    (BILLED, "Count the bills that are entered, and nothing else"),
)


class BudgetForm(forms.Form):
    pounds = forms.pounds("Budget in pounds", hint="For example 24,000. Empty: not said.")
    days_are = forms.choice(
        "The company’s days", DAYS_ARE, required="Choose how the company’s days are counted."
    )


class SpendingForm(forms.Form):
    day = forms.day("Day", required="Enter the day.", which=Which.NEAREST)
    words = forms.remark(
        "What for",
        required="Say what it was for.",
        at_most=LONGEST,
        hint="For example: 4,000 leaflets.",
    )
    pounds = forms.pounds(
        "Pounds",
        required="Enter what it came to, in pounds.",
        at_least=-1_000_000,
        hint="With a minus where money came back.",
    )

    def spent(self) -> Spent:
        return Spent(day=given(self.day.data), words=self.words.data, pence=given(self.pounds.data))


@coordinator.get("/cost", endpoint="cost")
@coordinators_only
def cost_page() -> Any:
    """Of the programme in hand. After a deed, `?budget=` or `?entry=` names the row that can be undone."""
    programme = programme_in_hand()
    if programme is None:
        return render_template("coordinator/coverage_none.html")
    found, plan = _money(programme)
    drawn = None
    if plan is not None:
        drawn = curve.draw(plan.steps, plan.marks, covered=plan.covered, target=plan.target)
    return render_template(
        "coordinator/cost.html",
        programme=programme,
        programmes=programmes.of_partnership(g.partnership.id),
        cost=found,
        figures=cost_words.figures(found),
        each=cost_words.each(found, adults=programme.for_adults),
        counted=cost_words.counted(found),
        plan=plan,
        headline=cost_words.headline(plan) if plan else "",
        marks=[cost_words.mark(mark) for mark in plan.marks] if plan else [],
        steps=cost_words.steps(plan) if plan else [],
        assumes=cost_words.assumes(plan, roads.roads_of_partnership(g.partnership).kilometres_are)
        if plan
        else [],
        drawn=drawn,
        undo=_undo(programme),
    )


@coordinator.get("/cost.csv")
@coordinators_only
def cost_csv() -> Any:
    """The same as lines, with everything that it is the sum of."""
    programme, today = the_programme(), day_of(clock.now())
    found, plan = _money(programme)
    name = f"cost-{programme.id}-{year_name(programme.academic_year).replace('/', '-')}.csv"
    rows = sheet.lines(found, plan, for_adults=programme.for_adults)
    return downloads.csv_file(
        name, sheet.HEAD, rows, notice=sheet.title(programme, today=today), end="the cost"
    )


@coordinator.route("/cost/budget", methods=["GET", "POST"])
@coordinators_only
def set_budget() -> Any:
    programme = the_programme()
    form = BudgetForm(data=_as_set(programme))
    stands = opened.over(
        lambda: opened.words_of(BudgetForm(formdata=None, data=_as_set(programme))), programme, budgets.SET
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(lambda: partnerships.lock(g.partnership.id))
            row_id = budgets.set_budget(
                the_programme(), form.pounds.data, form.days_are.data, who=who(), now=clock.now()
            ).id
        return _back(programme.id, budget=row_id)
    return render_template("coordinator/cost_budget.html", form=form, programme=programme), status()


@coordinator.post("/cost/budget/undo")
@coordinators_only
def undo_budget() -> Response:
    """What stood before the budget of the number sent along."""
    programme = the_programme()
    budget_id = row_number(request.form.get("budget", "")) or 0
    with back_to(_at(programme.id)), transaction():
        budgets.put_back(the_programme(), budget_id, who=who(), now=clock.now())
    flash("Undone. The budget is as it was before.", "done")
    return _back(programme.id)


@coordinator.route("/cost/spending/new", methods=["GET", "POST"])
@coordinators_only
def new_spending() -> Any:
    programme, form = the_programme(), SpendingForm()
    sent = request.form.get("entry", "")
    entry = sent if re.fullmatch(r"[0-9a-z]{1,32}", sent) else secrets.token_hex(16)
    if form.validate_on_submit():
        with transaction():
            row_id = spending.enter(the_programme(), form.spent(), entry=entry, who=who(), now=clock.now()).id
        return _back(programme.id, entry=row_id)
    return _spending_page(form, programme, entry=entry)


@coordinator.route("/cost/spending/<int:spending_id>", methods=["GET", "POST"], endpoint="spending")
@coordinators_only
def one_spending(spending_id: int) -> Any:
    row = _row(spending_id)
    if row.ended_at is not None and request.method != "POST":
        flash("This entry was changed or taken out since. This is how it stands now.", "confirm")
        return _back(row.programme_id)
    form = SpendingForm(data={"day": row.day, "words": row.words, "pounds": row.pence})
    if form.validate_on_submit():
        with transaction():
            row_id = spending.change(_row(spending_id), form.spent(), who=who(), now=clock.now()).id
        return _back(row.programme_id, entry=row_id)
    return _spending_page(form, spoken.of(programmes.get(g.partnership.id, row.programme_id)), row=row)


@coordinator.post("/cost/spending/<int:spending_id>/take-out")
@coordinators_only
def take_out_spending(spending_id: int) -> Response:
    programme_id = _row(spending_id).programme_id
    with back_to(_at(programme_id)), transaction():
        spending.take_out(_row(spending_id), who=who(), now=clock.now())
    return _back(programme_id, entry=spending_id)


@coordinator.post("/cost/spending/<int:spending_id>/undo")
@coordinators_only
def undo_spending(spending_id: int) -> Response:
    programme_id = _row(spending_id).programme_id
    with back_to(_at(programme_id)), transaction():
        spending.undo(_row(spending_id), who=who(), now=clock.now())
    flash("Undone.", "done")
    return _back(programme_id)


def _money(programme: Programme) -> tuple[Cost, PricedPlan | None]:
    now = clock.now()
    reckoning = standings.standings_of_programme(programme.id, as_of=day_of(now), now=now)
    year = season.season_of_year(g.partnership.id, programme.academic_year, now=now)
    return sums.of_programme(reckoning, year), priced_plan.best(reckoning, year, now=now)


def _as_set(programme: Programme) -> dict[str, object]:
    row = budgets.newest(programme.id)
    return {"pounds": row.pence, "days_are": row.days_are} if row else {"pounds": None, "days_are": None}


def _undo(programme: Programme) -> cost_words.Undo | None:
    """What was just done here, while it can be undone; at most two queries."""
    if (budget_id := _asked("budget")) is not None:
        row = budgets.newest(programme.id)
        if row is not None and row.id == budget_id:
            return cost_words.Undo(
                said=cost_words.budget_set(row), href=url_for("coordinator.undo_budget"), budget=row.id
            )
    if (entry_id := _asked("entry")) is not None:
        entry = spending.newest_of(g.partnership.id, entry_id)
        if entry is not None and entry.programme_id == programme.id:
            return cost_words.Undo(
                said=cost_words.entry_done(entry),
                href=url_for("coordinator.undo_spending", spending_id=entry.id),
            )
    return None


def _asked(name: str) -> int | None:
    return row_number(request.args.get(name, ""))


def _row(spending_id: int) -> Spending:
    return spending.get(g.partnership.id, spending_id)


def _spending_page(
    form: SpendingForm, programme: Programme, *, entry: str = "", row: Spending | None = None
) -> Any:
    page = render_template(
        "coordinator/cost_entry.html", form=form, programme=programme, entry=entry, row=row
    )
    return page, status()


def _at(programme_id: int, **done: Any) -> str:
    return url_for("coordinator.cost", programme=programme_id, **done)


def _back(programme_id: int, **done: int) -> Response:
    return redirect(_at(programme_id, **done), 303)
