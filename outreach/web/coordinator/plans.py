"""Plans of the tour: the list, one plan and how good it is, the lists behind its numbers, and plans side by
side."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.planning import fingerprint, ordering, orders, plan_figures, rules
from outreach.planning.orders import PlanLine, TourPlan
from outreach.tour import companies, days
from outreach.web.coordinator import plan_words
from outreach.web.coordinator.wishes_form import WishesForm, wishes_of
from outreach.web.gate import coordinator, coordinators_only, our_plan, programme_in_hand, who
from outreach.web.refusals import refused

SIDE_BY_SIDE = 5
"""Columns that a page takes."""

LISTS = {
    "reached": "reached with every show they need",
    "in-part": "reached with some of their shows",
    "left-out": "left out",
    "guests": "guests at a neighbour’s show",
}
"""The lists of schools behind a plan's numbers."""


@coordinator.get("/plans")
@coordinators_only
def plans() -> Any:
    return _list_page()


@coordinator.get("/plans/<int(max=2147483647):plan_id>")
@coordinators_only
def plan(plan_id: int) -> Any:
    """One plan: while it is worked on how far it is, then how good it is and what it says of each day."""
    return _plan_page(our_plan(plan_id))


@coordinator.get("/plans/<int(max=2147483647):plan_id>/progress")
@coordinators_only
def plan_progress(plan_id: int) -> Any:
    """The part of the page that changes while the planner works, to be put in its place."""
    row = our_plan(plan_id)
    far = plan_words.how_far(row, _waits(plan_id))
    return render_template("coordinator/plan_progress.html", plan=row, far=far)


@coordinator.get("/plans/<int(max=2147483647):plan_id>/schools/<which>")
@coordinators_only
def plan_schools(plan_id: int, which: str) -> Any:
    """The schools that a number of the plan counts."""
    row = our_plan(plan_id)
    if which not in LISTS or not row.is_readable:
        abort(404)
    lines, left_out = orders.lines(row), orders.left_out(row)
    short = {out.organisation_id: out for out in left_out}
    shown: dict[int, list[PlanLine]] = {}
    for line in lines:
        shown.setdefault(line.organisation_id, []).append(line)
    wanted = {
        "reached": [organisation_id for organisation_id in shown if organisation_id not in short],
        "in-part": [organisation_id for organisation_id in shown if organisation_id in short],
        "left-out": [out.organisation_id for out in left_out if out.organisation_id not in shown],
        "guests": [line.organisation_id for line in lines if line.is_guest],
    }[which]
    organisations = {line.organisation_id: line.organisation for line in lines} | {
        out.organisation_id: out.organisation for out in left_out
    }
    rows = sorted(
        (organisations[organisation_id] for organisation_id in wanted),
        key=lambda school: (school.name, school.organisation_id),
    )
    return render_template(
        "coordinator/plan_list.html",
        plan=row,
        which=which,
        what=LISTS[which],
        rows=rows,
        shown=shown,
        short=short,
        why=plan_words.why,
        tour_days=(),
    )


@coordinator.get("/plans/<int(max=2147483647):plan_id>/days/<any('used', 'free'):which>")
@coordinators_only
def plan_days(plan_id: int, which: str) -> Any:
    """The tour days that a plan uses, and those that could be handed back."""
    row = our_plan(plan_id)
    if not row.is_readable:
        abort(404)
    by_day = _by_day(orders.lines(row))
    standing = {day.id: day for day in days.of_programme(row.programme_id)}
    return render_template(
        "coordinator/plan_days.html",
        plan=row,
        which=which,
        used=by_day,
        free=row.figures.free_day_ids if row.figures else [],
        standing=standing,
    )


@coordinator.post("/plans/<int(max=2147483647):plan_id>/stop")
@coordinators_only
def stop_plan(plan_id: int) -> Any:
    with transaction():
        row = our_plan(plan_id)
        ordering.stop(row, who=who(), now=clock.now())
        begun = row.state not in orders.ENDED
    flash("The planner hands out its best in a moment." if begun else "The plan is at its end.")
    return redirect(url_for("coordinator.plan", plan_id=plan_id), 303)


@coordinator.post("/plans/<int(max=2147483647):plan_id>/put-away")
@coordinators_only
def put_away_plan(plan_id: int) -> Any:
    if (no := refused()) is not None:
        return _plan_page(our_plan(plan_id), no), 422
    with transaction():
        row = our_plan(plan_id)
        ordering.put_away(row, who=who(), now=clock.now())
        name, programme_id = row.name, row.programme_id
    flash(f"‘{name}’ is put away. What came of it stays as it is.")
    return redirect(url_for("coordinator.plans", programme=programme_id), 303)


@coordinator.post("/plans/<int(max=2147483647):plan_id>/other-wishes")
@coordinators_only
def plan_by_other_wishes(plan_id: int) -> Any:
    """The same plan by other wishes for its days, beside this one."""
    form = WishesForm(data=wishes_of(rules.unpack(our_plan(plan_id, readable=True).rules)))
    if (no := refused()) is not None or not form.validate_on_submit():
        return _plan_page(our_plan(plan_id, readable=True), no, form), 422
    with transaction():
        made = ordering.by_other_wishes(
            our_plan(plan_id, readable=True),
            form.wishes(),
            nights=form.wish_nights.data,
            who=who(),
            now=clock.now(),
        )
        made_id, name = made.id, made.name
    flash(f"‘{name}’ waits for the planner.")
    return redirect(url_for("coordinator.plan", plan_id=made_id), 303)


@coordinator.get("/plans/compare")
@coordinators_only
def compare_plans() -> Any:
    """Plans as columns, the same rows; the first is what the others are compared with."""
    wanted = list(dict.fromkeys(request.args.getlist("plan", type=int)))
    found = [our_plan(plan_id) for plan_id in wanted[: SIDE_BY_SIDE + 1]]
    chosen = [row for row in found if row.is_readable]
    if len({row.programme_id for row in found}) > 1:
        return _list_page("These plans are of different programmes. Choose plans of one."), 422
    if len(chosen) < 2 or len(found) > SIDE_BY_SIDE:
        return _list_page(f"Choose from two to {SIDE_BY_SIDE} plans that are done, then compare them."), 422
    columns = [(row, row.figures, rules.unpack(row.rules)) for row in chosen if row.figures]
    first = columns[0][1]
    return render_template(
        "coordinator/plan_compare.html",
        columns=columns,
        rules_said=[rules.words(asked, _troupe_names()) for _, _, asked in columns],
        beside=[plan_figures.beside(first, told) for _, told, _ in columns],
        unfinished=[row for row in found if not row.is_readable],
    )


def _list_page(wrong: str = "") -> str:
    programme = programme_in_hand()
    rows = orders.of_programme(programme.id) if programme else []
    return render_template(
        "coordinator/plans.html",
        programme=programme,
        rows=[(row, row.figures) for row in rows],
        rules_said=[rules.words(rules.unpack(row.rules), _troupe_names()) for row in rows],
        wrong=wrong,
        ticked=request.args.getlist("plan", type=int),
    )


def _plan_page(row: TourPlan, refusal: Refusal | None = None, form: WishesForm | None = None) -> str:
    asked = rules.unpack(row.rules)
    form = form or WishesForm(data=wishes_of(asked))
    lines = orders.lines(row) if row.is_readable else []
    left_out = orders.left_out(row) if row.is_readable else []
    told = row.figures
    doing, stop = plan_words.while_drawn_up(row)
    return render_template(
        "coordinator/plan.html",
        plan=row,
        rules_said=rules.words(asked, _troupe_names()),
        told=told,
        wishes=plan_words.wishes(told, asked, form) if told else [],
        nights=plan_words.nights(told) if told else [],
        wishes_sum=plan_words.sum_of_wishes(told) if told else None,
        doing=doing,
        stop=stop,
        changed=fingerprint.changed(row) if row.is_readable else [],
        figures=plan_words.figures(told, _lists(row)) if told else [],
        drawn_up=plan_words.drawn_up(told) if told else "",
        against_before=plan_words.against_the_plan_before(told) if told and row.based_on else [],
        lines=lines,
        by_day=plan_words.day_by_day(_by_day(lines), based_on_another=row.based_on is not None),
        left_out=left_out,
        why_left_out=plan_words.why_left_out,
        far=plan_words.how_far(row, _waits(row.id)) if not row.finished_at else None,
        refusal=refusal,
        form=form,
    )


def _lists(row: TourPlan) -> dict[str, str]:
    """The address of the list behind each of its numbers."""
    days_of = {w: url_for("coordinator.plan_days", plan_id=row.id, which=w) for w in ("used", "free")}
    return days_of | {w: url_for("coordinator.plan_schools", plan_id=row.id, which=w) for w in LISTS}


def _by_day(lines: Sequence[PlanLine]) -> dict[tuple[Any, str], list[PlanLine]]:
    """The lines of each day of a troupe, in order."""
    found: dict[tuple[Any, str], list[PlanLine]] = {}
    for line in lines:
        found.setdefault((line.day, line.troupe_name), []).append(line)
    return found


def _waits(plan_id: int) -> int:
    """Seconds since it was asked for."""
    row = our_plan(plan_id)
    return max(0, round((clock.now() - row.asked_at).total_seconds()))


def _troupe_names() -> dict[int, str]:
    if "troupe_names" not in g:
        g.troupe_names = {troupe.id: troupe.name for troupe in companies.troupes(g.partnership.id)}
    return dict(g.troupe_names)
