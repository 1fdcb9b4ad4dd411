"""Calling off what cannot be played: all that it hits on one page, another time for each, and what came of
it."""

from datetime import date, datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.booking.calling_off import (
    affected,
    call_off_letters,
    call_offs,
    deeds,
    instead,
    replacing,
    undoing,
)
from outreach.booking.calling_off import scope as scopes
from outreach.booking.calling_off.affected import Hits
from outreach.booking.calling_off.call_offs import CallOff
from outreach.booking.calling_off.instead import Instead
from outreach.booking.calling_off.scope import Scope
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, count
from outreach.post.stationery import Rendered
from outreach.tour import companies, days
from outreach.web import call_off_form, form_keys, forms, spoken
from outreach.web.call_off_form import KeepForm, ScopeForm, TimesForm
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to, status


@coordinator.route("/tour/call-off", methods=["GET", "POST"])
@coordinators_only
def call_off() -> Any:
    """What is called off stands in the address; the POST says again what was seen, so that nothing ends
    unseen."""
    which, now = _scope_form(), clock.now()
    scope = _scope(which) if request.args.get("what") and which.validate() else None
    found = call_off_form.look(scope, which)
    spoken.of_all({day.programme for day in found.days} if found else ())
    others = instead.other_times_for(found, now=now) if found else {}
    form = KeepForm(data={"reply_by": replacing.usually_kept(now)})
    if scope and found and "look" not in request.form and form.validate_on_submit():
        with transaction():
            done = deeds.call_off(
                scope,
                key=form_keys.key_of(),
                reason=form.reason.data,
                seen=request.form.getlist("seen"),
                chosen=call_off_form.chosen(found, others),
                reply_by=form.reply_by.data,
                rung=request.form.getlist("rung"),
                who=who(),
                now=now,
            )
            call_off_id, ended, kept = done.id, *_counted(done)
        flash(_said(ended, kept))
        return redirect(url_for("coordinator.called_off", call_off_id=call_off_id), 303)
    wanted = call_off_form.chosen(found, others) if found else {}
    whose, letters = _letters(found, others, wanted, form) if found else ("", [])
    page = render_template(
        "coordinator/call_off.html",
        which=which,
        scope=scope,
        found=found,
        others=others,
        form=form,
        chosen=wanted,
        whose=whose,
        letters=letters,
        until=_until(others, form, now),
        key=form_keys.key_of(),
        rung=request.form.getlist("rung"),
        before=call_offs.newest(g.partnership.id),
        what=scope.words() if scope else "",
    )
    return page, 200 if "look" in request.form else status()


@coordinator.get("/tour/days/<int:day_id>/call-off")
@coordinators_only
def call_off_day(day_id: int) -> Any:
    """One whole tour day: the same page."""
    here = days.get(g.partnership.id, day_id)
    where = url_for(
        "coordinator.call_off", what=f"troupe:{here.troupe_id}", first=here.day, last="", part=call_offs.DAY
    )
    return redirect(where, 303)


@coordinator.get("/tour/called-off/<int:call_off_id>")
@coordinators_only
def called_off(call_off_id: int) -> Any:
    """What came of it: who is rung, what is kept for whom, and what the schools say."""
    return _after(_done(call_off_id))


@coordinator.post("/tour/called-off/<int:call_off_id>/rung")
@coordinators_only
def called_off_rung(call_off_id: int) -> Any:
    """Every line that is ticked was rung."""
    with transaction():
        ticked = set(request.form.getlist("rung"))
        for line in call_offs.lines(_done(call_off_id)):
            if line.to_ring and (str(line.id) in ticked) != (line.rung_at is not None):
                call_offs.rung(line, done=str(line.id) in ticked, who=who(), now=clock.now())
    return _back(call_off_id, "Kept.")


@coordinator.post("/tour/called-off/<int:call_off_id>/times")
@coordinators_only
def called_off_times(call_off_id: int) -> Any:
    """Another time for those that have none yet."""
    done, form = _done(call_off_id), TimesForm()
    if "look" in request.form:
        return _after(done, form)
    if not form.validate_on_submit():
        return _after(done, form), 422
    wanted = {line.id: request.form.get(f"slot-{line.id}", "")[:30] for line in call_offs.lines(done)}
    with transaction():
        failed = replacing.keep_times(
            _done(call_off_id), wanted, reply_by=form.reply_by.data, who=who(), now=clock.now()
        )
        names = [f"{n.organisation.name} ({failed[n.id]})" for n in call_offs.lines(done) if n.id in failed]
    kept = sum(1 for key in wanted.values() if key) - len(failed)
    said = f"{count(kept, 'time')} kept. Each school gets a letter with a tentative entry."
    return _back(
        call_off_id,
        f"{said} Not kept: {and_list(names)}" if names else said,
        "confirm" if names else "message",
    )


@coordinator.post("/tour/called-off/<int:call_off_id>/give-back")
@coordinators_only
def called_off_give_back(call_off_id: int) -> Any:
    with back_to(_at(call_off_id)), transaction():
        left = undoing.give_back(_done(call_off_id), who=who(), now=clock.now())
    said = "The days are given back. Schools are offered them again; what ended stays ended."
    return _back(call_off_id, f"{said} Not given back: {and_list(left)}." if left else said)


def _scope_form() -> ScopeForm:
    asked = request.args.get("what")
    form = ScopeForm(
        formdata=request.args if asked else None,
        data=None if asked else call_off_form.today_alone(clock.now()),
        meta={"csrf": False},
    )
    troupes = companies.troupes(g.partnership.id)
    areas = scopes.districts(g.partnership.id)
    forms.set_choices(
        form.what,
        [
            *((f"troupe:{t.id}", f"{t.name}, {t.company.name}") for t in troupes),
            *((f"schools:{code}", f"Schools of {name}") for code, name in areas.items()),
            ("schools:", "All schools"),
        ],
    )
    return form


def _scope(form: ScopeForm) -> Scope:
    return form.scope(g.partnership.id)


def _letters(
    found: Hits, others: dict[str, Instead], wanted: dict[str, str], form: KeepForm
) -> tuple[str, list[Rendered]]:
    """As the first school would get them; three dots where the reason is not typed yet."""
    now = clock.now()
    slots = {
        ref: slot for ref, other in others.items() for slot in other.choices if slot.key == wanted.get(ref)
    }
    reply_by = _reply_by(form, now)
    return call_off_letters.letters_of(
        found, slots, reason=form.reason.data or "…", reply_by=reply_by, who=who(), now=now
    )


def _until(others: dict[str, Instead], form: TimesForm, now: datetime) -> dict[str, dict[str, date | None]]:
    """{name of a line: {key of a slot: until when it would be offered}}, as the day to reply by is typed."""
    wanted = _reply_by(form, now)
    return {
        name: {slot.key: other.open_until(slot, wanted, now=now) for slot in other.choices}
        for name, other in others.items()
    }


def _reply_by(form: TimesForm, now: datetime) -> date:
    return max(form.reply_by.data or replacing.usually_kept(now), day_of(now))


def _done(call_off_id: int) -> CallOff:
    """This partnership's; a 404 for another's or none."""
    return call_offs.get(g.partnership.id, call_off_id)


def _after(done: CallOff, form: TimesForm | None = None) -> str:
    now, lines = clock.now(), call_offs.lines(done)
    spoken.of_all({day.tour_day.programme for day in done.days})
    others = instead.of_lines(done, lines, now=now)
    form = form or TimesForm(formdata=None, data={"reply_by": replacing.usually_kept(now)})
    return render_template(
        "coordinator/called_off.html",
        done=done,
        lines=lines,
        others=others,
        rings=affected.numbers_of(lines),
        form=form,
        until=_until(others, form, now),
        typed={line.id: request.form.get(f"slot-{line.id}") for line in lines},
        can_give_back=undoing.can_give_back(done, now=now),
        now=now,
    )


def _counted(done: CallOff) -> tuple[int, int]:
    lines = call_offs.lines(done)
    return len(lines), sum(1 for line in lines if line.new_proposal_id is not None)


def _said(ended: int, kept: int) -> str:
    if not ended:
        return "Called off. Nothing was booked there, so nobody is written to."
    new = f" Another time is kept for {count(kept, 'school')}." if kept else ""
    return f"Called off: {count(ended, 'show or kept time', 'shows and kept times')}. Everybody is written to.{new}"


def _back(call_off_id: int, said: str, category: str = "message") -> Response:
    flash(said, category)
    return redirect(_at(call_off_id), 303)


def _at(call_off_id: int) -> str:
    return url_for("coordinator.called_off", call_off_id=call_off_id)
