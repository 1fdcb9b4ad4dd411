"""Calling off by the company, by its troupe's link: all that this hits, whom to ring, and the one click."""

from datetime import date, datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.booking import contact_days
from outreach.booking.calling_off import affected, call_offs, deeds
from outreach.booking.calling_off.scope import Scope
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.timespans import day_of
from outreach.web import call_off_form, form_keys
from outreach.web.call_off_form import CallOffForm, SpanForm
from outreach.web.gate import company
from outreach.web.refusals import status
from outreach.web.troupe_door import by_troupe


@company.route("/t/<token>/call-off", methods=["GET", "POST"])
@by_troupe
def call_off(token: str) -> Any:
    """The link's own troupe alone. The shows end; another time is found with the partnership, which sees it
    at once."""
    asked = "first" in request.args
    which = SpanForm(
        formdata=request.args if asked else None,
        data=None if asked else call_off_form.today_alone(clock.now()),
        meta={"csrf": False},
    )
    scope = _scope(which) if asked and which.validate() else None
    found, form = call_off_form.look(scope, which), CallOffForm()
    if scope and found and form.validate_on_submit():
        with transaction():
            done = deeds.call_off(
                scope,
                key=form_keys.key_of(),
                reason=form.reason.data,
                seen=request.form.getlist("seen"),
                rung=request.form.getlist("rung"),
                who=g.who,
                now=clock.now(),
            )
            what = done.what
        flash(f"Called off: {what}. The schools and {g.partnership.name} know it.", "done")
        return redirect(url_for("company.call_off", token=token), 303)
    now = clock.now()
    before = call_offs.newest(g.partnership.id, 5, troupe_id=g.troupe.id)
    lines = [
        line for done in before for line in call_offs.lines(done) if line.to_ring and line.starts_at > now
    ]
    page = render_template(
        "company/call_off.html",
        token=token,
        which=which,
        scope=scope,
        found=found,
        form=form,
        key=form_keys.key_of(),
        rung=request.form.getlist("rung"),
        before=before,
        to_ring=lines,
        rings=affected.numbers_of(lines),
        what=scope.words() if scope else "",
        shows_people=_shows_people,
        named_from=_named_from,
    )
    return page, status()


@company.post("/t/<token>/rung")
@by_troupe
def rung(token: str) -> Any:
    """Every line of the troupe's that is ticked was rung."""
    ticked, now = set(request.form.getlist("rung")), clock.now()
    with transaction():
        for done in call_offs.newest(g.partnership.id, 5, troupe_id=g.troupe.id):
            for line in call_offs.lines(done):
                if line.to_ring and str(line.id) in ticked and line.rung_at is None:
                    call_offs.rung(line, done=True, who=g.who, now=now)
    flash("Kept. The partnership sees whom you have reached.", "done")
    return redirect(url_for("company.call_off", token=token), 303)


def _scope(form: SpanForm) -> Scope:
    first, last, part = form.span()
    return Scope(partnership_id=g.partnership.id, first=first, last=last, part=part, troupe_id=g.troupe.id)


def _shows_people(starts_at: datetime) -> bool:
    """Whether the company sees today whom to ring at the school of a show."""
    return contact_days.are_on(day_of(starts_at), now=clock.now())


def _named_from(starts_at: datetime) -> date:
    return contact_days.first_day(day_of(starts_at))
