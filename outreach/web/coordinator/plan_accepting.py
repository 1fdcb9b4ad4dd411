"""Accepting a plan: the exact list and the exact letters before anything goes, the deed, and planning
again."""

from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.row_numbers import row_number, row_numbers
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import iso_day
from outreach.ground.wording import and_list, count
from outreach.planning import ordering
from outreach.planning.orders import TourPlan
from outreach.planning.promising import accepting, looking
from outreach.planning.promising import room as room_of
from outreach.planning.promising.accepting import Accepted
from outreach.web import forms
from outreach.web.coordinator.framing import framing, in_frame
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, our_plan, who
from outreach.web.refusals import back_to, refused

MOST = 1000
"""Lines of one form."""


class AcceptForm(forms.Form):
    reply_by = forms.day(
        "Each is kept until the end of",
        required="Enter until which day the times are kept.",
        hint="Always before its show. A school can say yes, choose another day or say no until then.",
    )


@coordinator.get("/plans/<int(max=2147483647):plan_id>/accept")
@coordinators_only
def plan_accept(plan_id: int) -> Any:
    """What accepting the ticked lines would do, line by line; with `?day` the day to reply by."""
    plan = our_plan(plan_id, readable=True)
    now = clock.now()
    asked = _reply_by(request.args.get("until", "")) or looking.usual_reply_by(plan.programme, now=now)
    form = AcceptForm(formdata=None, data={"reply_by": asked})
    return _page(plan, _ticked(request.args.getlist("line")), asked, form)


@coordinator.post("/plans/<int(max=2147483647):plan_id>/accept")
@coordinators_only
def plan_accept_send(plan_id: int) -> Any:
    plan, now, form = our_plan(plan_id, readable=True), clock.now(), AcceptForm()
    seen = _seen(request.form.getlist("line"))
    ticked = [line_id for line_id in seen][:MOST]
    asked = given(form.reply_by.data) if refused() else looking.usual_reply_by(plan.programme, now=now)
    if form.validate_on_submit():
        asked = given(form.reply_by.data)
        if "look" in request.form:  # the day was changed: the list and the letters are shown anew
            return redirect(
                url_for("coordinator.plan_accept", plan_id=plan_id, line=ticked, until=asked.isoformat()), 303
            )
        try:
            with transaction():
                done = accepting.accept(
                    plan,
                    ticked,
                    reply_by=asked,
                    seen=seen,
                    dropping=_ticked(request.form.getlist("drop")),
                    who=who(),
                    now=now,
                )
                said = _said(done)
        except looking.NothingChosen as nothing:
            said = [(f"{nothing.message} What was accepted before stays as it is.", "confirm")]
        for words, category in said:
            flash(words, category)
        return redirect(url_for("coordinator.plan", plan_id=plan_id), 303)
    return _page(our_plan(plan_id, readable=True), ticked, asked, form), 422


@coordinator.get("/plans/<int(max=2147483647):plan_id>/lines/<int(max=2147483647):line_id>/letter")
@coordinators_only
def plan_line_letter(plan_id: int, line_id: int) -> Any:
    """The exact letter of one line, as mail readers show it: for a frame."""
    plan, now = our_plan(plan_id, readable=True), clock.now()
    until = _reply_by(request.args.get("until", "")) or looking.usual_reply_by(plan.programme, now=now)
    found = looking.look(plan, looking.chosen(plan, [line_id]), reply_by=until, now=now)
    letter = looking.letter(found[0], plan.programme, who=who(), now=now) if found and found[0].goes else None
    if letter is None:
        abort(404)
    return in_frame(letter.html)


@coordinator.post("/plans/<int(max=2147483647):plan_id>/again")
@coordinators_only
def plan_again(plan_id: int) -> Any:
    """Another plan that keeps what stands, at the price of moving it."""
    with back_to(url_for("coordinator.plan", plan_id=plan_id), "stop"), transaction():
        plan = ordering.again(our_plan(plan_id, readable=True), who=who(), now=clock.now())
        made = plan.id
    return redirect(url_for("coordinator.plan", plan_id=made), 303)


def _page(plan: TourPlan, ticked: list[int], reply_by: date, form: AcceptForm) -> Any:
    now = clock.now()
    falling = [
        proposal for proposal in room_of.proposals(plan.unplaced_proposals).values() if proposal.is_open(now)
    ]
    lines = looking.chosen(plan, ticked)
    found = looking.look(plan, lines, reply_by=max(reply_by, day_of(now)), now=now)
    going = [each for each in found if each.goes]
    shown = next((each for each in going if each.slot is not None), None)
    letter = looking.letter(shown, plan.programme, who=who(), now=now) if shown else None
    return framing(
        render_template(
            "coordinator/plan_accept.html",
            plan=plan,
            form=form,
            going=going,
            falling=falling,
            left=[each for each in found if not each.goes],
            shown=shown,
            letter=letter,
            until=reply_by.isoformat(),
        )
    )


def _said(done: Accepted) -> list[tuple[str, str]]:
    """What came of it, in sentences; what could not be is named."""
    good = [
        f"{count(len(done.proposed), 'proposal')} {'is' if len(done.proposed) == 1 else 'are'} waiting to go out"
        if done.proposed
        else "",
        f"{count(len(done.moved), 'proposal')} moved" if done.moved else "",
        f"{count(len(done.invited), 'guest')} invited" if done.invited else "",
        f"{count(len(done.fell), 'proposal')} taken back" if done.fell else "",
    ]
    said = (
        [(f"{and_list(each for each in good if each)}. Nobody is booked by us.", "message")]
        if any(good)
        else []
    )
    if done.left:
        named = "; ".join(f"{line.organisation.name}: {why}" for line, why in done.left[:10])
        more = f"; and {len(done.left) - 10} more, named in the list" if len(done.left) > 10 else ""
        said.append((f"Not done: {named}{more}.", "confirm"))
    return said


def _ticked(said: list[str]) -> list[int]:
    """Ids as a form or an address carries them, each once; what is none is passed over."""
    return row_numbers(said)[:MOST]


def _seen(said: list[str]) -> dict[int, str]:
    """Line -> address as the page showed them."""
    pairs = (each.partition(" ") for each in said)
    return {number: address for n, _, address in pairs if (number := row_number(n)) is not None}


def _reply_by(said: str) -> date | None:
    try:
        return iso_day(said)
    except ValueError:
        return None
