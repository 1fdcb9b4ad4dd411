"""The new year: a checklist that rolls a programme over, the copy before it is made, and whom to ask
first."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.booking import limits
from outreach.coverage.newyear import checklist, first_round
from outreach.coverage.newyear.first_round import DUE, GROUPS, REST
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.school_year import year_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, count, day_short
from outreach.tour import programmes
from outreach.tour.yearly import copies
from outreach.tour.yearly.copies import Copied
from outreach.web import forms, spoken
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, the_programme, who
from outreach.web.refusals import back_to


class CopyForm(forms.Form):
    title = forms.text("Title", required="Enter the title of the production.", at_most=120)
    reply_by = forms.day("Schools reply by", required="Enter the day by which schools reply.")
    with_days = forms.tick("Carry the tour days over")
    with_decisions = forms.tick("Carry the decisions about single schools over")


class RestForm(forms.Form):
    with_days = forms.tick("Carry the tour days over")
    with_decisions = forms.tick("Carry the decisions about single schools over")


@coordinator.get("/new-year")
@coordinators_only
def new_year() -> Any:
    """`?year=`: the academic year that begins then; what makes no sense is said."""
    today = day_of(clock.now())
    offered = checklist.years(g.partnership.id, today)
    year, said = _year(offered, checklist.year_to_open(offered, today))
    found = checklist.checklist_of_year(g.partnership, year, now=clock.now()) if offered else None
    return render_template(
        "coordinator/new_year.html",
        found=found,
        offered=offered,
        year=year,
        said=said,
        next_step=found.next_step(today) if found else "",
    )


@coordinator.route("/new-year/copy/<int:programme_id>", methods=["GET", "POST"])
@coordinators_only
def copy_programme(programme_id: int) -> Any:
    """What the copy would hold, and the copy made. Made already: straight to it."""
    original, now = spoken.of(programmes.get(g.partnership.id, programme_id)), clock.now()
    year, _ = _year([original.academic_year + 1, original.academic_year + 2], original.academic_year + 1)
    standing = copies.copy_of(original, year)
    if standing is not None:
        flash(copies.CopiedAlready(standing).message, "confirm")
        return redirect(url_for("coordinator.new_year", year=year), 303 if request.method == "POST" else 302)
    plan = copies.plan(original, year, now=now)
    asked = {"title": plan.production.title, "reply_by": plan.production.reply_by}
    form = CopyForm(data=asked | {"with_days": True, "with_decisions": True})
    if form.validate_on_submit():
        back = url_for("coordinator.new_year", year=year)
        with back_to(back, "confirm", copies.CopiedAlready), transaction():
            done = copies.copy(
                programmes.get(g.partnership.id, programme_id),
                year,
                title=form.title.data,
                reply_by=given(form.reply_by.data),
                with_days=form.with_days.data,
                with_decisions=form.with_decisions.data,
                who=who(),
                now=now,
            )
            told = _told(done)
            limits.write(g.partnership.id, now=now)
        flash(told)
        return redirect(back, 303)
    page = render_template("coordinator/new_year_copy.html", plan=plan, form=form, year=year)
    return page, 422 if form.errors else 200


@coordinator.route("/new-year/rest/<int:programme_id>", methods=["GET", "POST"], endpoint="copy_rest")
@coordinators_only
def rest_of_copy(programme_id: int) -> Any:
    """What of last year's programme its copy has not, and that carried over too."""
    original, now = spoken.of(programmes.get(g.partnership.id, programme_id)), clock.now()
    year, _ = _year([original.academic_year + 1, original.academic_year + 2], original.academic_year + 1)
    back = url_for("coordinator.new_year", year=year)
    new = copies.copy_of(original, year)
    if new is None:
        return redirect(url_for("coordinator.copy_programme", programme_id=programme_id, year=year), 303)
    form = RestForm(data={"with_days": True, "with_decisions": True})
    if form.validate_on_submit():
        with back_to(back, "stop"), transaction():
            done = copies.copy_rest(
                programmes.get(g.partnership.id, programme_id),
                programmes.get(g.partnership.id, new.id),
                with_days=form.with_days.data,
                with_decisions=form.with_decisions.data,
                who=who(),
                now=now,
            )
            told = _told_rest(done)
            limits.write(g.partnership.id, now=now)
        flash(told)
        return redirect(back, 303)
    left = copies.rest(original, new, now=now)
    if not left:
        flash(f"Nothing of {original.title} is left to carry over to {year_name(year)}.", "confirm")
        return redirect(back, 303)
    page = render_template("coordinator/new_year_rest.html", plan=left, new=new, form=form, year=year)
    return page, 422 if form.errors else 200


@coordinator.get("/new-year/first-round", endpoint="new_year_round")
@coordinators_only
def whom_first() -> Any:
    """Whom to ask first, ticked already; the preview of the letter and the list is that of every round.
    `?only=` one group."""
    programme = the_programme()
    only = request.args.get("only", "")
    said = "" if only in (*GROUPS, "") else f"There is no group ‘{only[:40]}’, so all are shown."
    only = only if only in GROUPS else ""
    before = first_round.year_before(programme)
    found = first_round.first_round_of_programme(programme, before, now=clock.now())
    rows = [c for c in found.candidates if only in ("", c.group)]
    return render_template(
        "coordinator/new_year_round.html",
        programme=programme,
        before=before,
        found=found,
        rows=rows,
        groups={
            key: spoken.words_of_page().said(said)
            for key, said in GROUPS.items()
            if key != DUE or found.in_group(DUE)
        },
        rest=REST,
        only=only,
        said=said,
        late=day_of(clock.now()) > programme.reply_by,
    )


def _year(offered: list[int], otherwise: int) -> tuple[int, str]:
    """The year of the address, if it is one that is offered; and what to say when it is not."""
    wanted = request.values.get("year", "")
    if wanted and wanted not in map(str, offered):
        return (
            otherwise,
            f"Nothing can be carried into a year ‘{wanted[:10]}’ now, so this is {year_name(otherwise)}.",
        )
    return (int(wanted) if wanted else otherwise), ""


def _told_rest(done: Copied) -> str:
    new, parts = done.programme, []
    if done.days:
        parts.append(count(done.days, "tour day"))
    if done.decisions:
        parts.append(f"{count(done.decisions, 'decision')} about single schools")
    what = and_list(parts) or "Nothing"
    return (
        f"Carried over to {new.title}, {year_name(new.academic_year)}: {what[:1].lower()}{what[1:]}."
        + _named(done)
    )


def _told(done: Copied) -> str:
    """What was done, and which days were not carried over."""
    new = done.programme
    parts = [f"{new.title} is set up for {year_name(new.academic_year)}"]
    if done.days:
        parts.append(f"with {count(done.days, 'tour day')}")
    if done.decisions:
        parts.append(f"and {count(done.decisions, 'decision')} about single schools")
    return " ".join(parts) + "." + _named(done)


def _named(done: Copied) -> str:
    """Which days were not carried over; '' for none."""
    if not done.left_out:
        return ""
    named = and_list(day_short(m.was.day) for m in done.left_out[:6])
    more = f" and {len(done.left_out) - 6} more" if len(done.left_out) > 6 else ""
    return f" Not carried over: {named}{more}; add other days instead."
