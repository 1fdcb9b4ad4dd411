"""Moving something in the diary, or two that change places: choosing from a list, what it would do and the exact
letters, doing it, undoing it."""

from contextlib import AbstractContextManager
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.booking import in_hall
from outreach.booking.agenda import moves, moving, places_on_day, swapping, troupe_day
from outreach.booking.agenda.moving import Look, Moving, NotInTheDiary
from outreach.booking.agenda.places_on_day import Place
from outreach.booking.desk import proposing
from outreach.county import school_days
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock as clock_words
from outreach.ground.wording import day as day_words
from outreach.tour import days, programmes
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance, Slot
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to


class MoveForm(forms.Form):
    note = forms.words(
        "A note in the letter",
        hint="It stands in the letter to the school. You may leave it empty.",
        at_most=moving.NOTE_AT_MOST,
    )
    silent = forms.tick("Leave our words out: I tell the school myself")
    agreed = forms.words(
        "Who at the school agreed, and how does lunch go that day?",
        hint="For example: the head, on the phone; lunch is in the gym. It stands in the school’s history, not in the "
        "letter.",
        at_most=moving.NOTE_AT_MOST,
    )


class SwapForm(MoveForm):
    note = forms.words(
        "A note in the letters",
        hint="It stands in both letters. You may leave it empty.",
        at_most=moving.NOTE_AT_MOST,
    )
    silent = forms.tick("Leave our words out: I tell both myself")


@coordinator.get("/diary/move/<int:performance_id>")
@coordinators_only
def diary_move(performance_id: int) -> Any:
    """Every place it could go, and why not elsewhere; or, with `?slot=`, what moving it there would do."""
    show = _show(performance_id)
    found, now = _moving(show), clock.now()
    key = request.args.get("slot", "")[:30]
    if key:
        with _else_another(show):
            look = moving.look(found, key, now=now)
        return _page(found, look, MoveForm(formdata=None))
    across = request.args.get("lunch") == "over"
    on_tour = {d.id: d for d in days.of_programme(found.programme.id)}
    by_day = [
        (on_tour[tour_day_id], list(here))
        for tour_day_id, here in groupby(
            moving.places_to_move_to(found, whatever_the_lunch=across, now=now), key=lambda p: p.tour_day_id
        )
        if tour_day_id in on_tour
    ]
    weeks = [(monday, list(some)) for monday, some in groupby(by_day, key=_monday)]
    fitting = (p for _, here in by_day for p in here if p.starts and not p.breaks and not p.here)
    best: dict[int, Place] = {}
    for place in sorted(fitting, key=_gain):
        best.setdefault(place.tour_day_id, place)
    return render_template(
        "coordinator/diary_move.html",
        moving=found,
        weeks=weeks,
        best=[(on_tour[day_id], place) for day_id, place in list(best.items())[:3]],
        several=len({d.troupe_id for d in on_tour.values()}) > 1,
        road_words=places_on_day.said,
        back=_diary_of(found.programme.id, show),
        across=across,
        has_lunch=not found.programme.for_adults
        and school_days.load_one(found.organisation).lunch is not None,
        clock_of=troupe_day.clock_of,
        others=[
            (other.id, f"{day_words(other.starts_at)}, {clock_words(other.starts_at)}: {other.host.name}")
            for other in swapping.others(found, now=now)
        ],
    )


@coordinator.post("/diary/move/<int:performance_id>")
@coordinators_only
def diary_move_to(performance_id: int) -> Any:
    """Moves it; with `look`, shows the letter with the note that was typed and moves nothing."""
    show, now = _show(performance_id), clock.now()
    form, key = MoveForm(), request.form.get("slot", "")[:30]
    found = _moving(show)
    valid = form.validate_on_submit()
    with _else_another(show):
        note = (form.note.data or "") if valid else ""
        look = moving.look(found, key, note=note, tell=not form.silent.data, now=now)
        if valid and look.over_lunch is not None and "look" not in request.form and not form.agreed.data:
            form.refuse(moving.NobodyAgreed())
            valid = False
        if "look" in request.form or not valid:
            return _page(found, look, form), 200 if valid else 422
        with transaction():
            made = moving.move(
                _show(performance_id),
                key,
                note=form.note.data or "",
                tell=not form.silent.data,
                agreed=form.agreed.data or "",
                who=who(),
                now=now,
            )
            name, programme_id = found.organisation.name, found.programme.id
            told, at = made.told, made.starts_at
    flash(
        f"{name} is moved to {day_words(at)}, {clock_words(at)}. "
        + (
            "The letter is waiting to go out."
            if told
            else "A short letter brings the calendars up to date; tell the school yourself."
        )
    )
    return redirect(_diary_of(programme_id, _show(performance_id)), 303)


@coordinator.route("/diary/swap/<int:performance_id>", methods=["GET", "POST"])
@coordinators_only
def diary_swap(performance_id: int) -> Any:
    """What changing places with the show `with` would do, and both letters; then doing it, once, `to` the places that
    were looked at. With `look` the letters come with the note that was typed, and nothing is moved."""
    show, now = _show(performance_id), clock.now()
    one, number = _moving(show), row_number(request.values.get("with", ""))
    if number is None:
        return redirect(url_for("coordinator.diary_move", performance_id=show.id), 303)
    other, form, to = _moving(_show(number)), SwapForm(), request.form.get("to", "")
    names = f"{one.organisation.name} and {other.organisation.name}"
    if swapping.are_there(one, other, to):
        return _changed_places_already(one, names)
    valid = form.validate_on_submit()
    with _else_another(show):
        note = (form.note.data or "") if valid else ""
        look = swapping.look(one, other, note=note, tell=not form.silent.data, now=now)
        if not valid or "look" in request.form:
            return _swap_page(look, form), 422 if form.errors else 200
        if to != look.key:
            if _done_meanwhile(performance_id, int(number), to):
                return _changed_places_already(one, names)
            return _swap_page(look, form, swapping.MovedSince()), 422
        try:
            with transaction():
                made, _ = swapping.swap(
                    _show(performance_id),
                    _show(int(number)),
                    to,
                    note=note,
                    tell=not form.silent.data,
                    who=who(),
                    now=now,
                )
                told, programme_id = made.told, made.programme_id
        except swapping.MovedSince:
            if _done_meanwhile(performance_id, int(number), to):
                return _changed_places_already(one, names)
            raise
    flash(
        f"{names} have changed places. "
        + (
            "The letters are waiting to go out."
            if told
            else "A short letter brings the calendars up to date; tell both schools yourself."
        )
    )
    return redirect(_diary_of(programme_id, _show(performance_id)), 303)


@coordinator.post("/diary/undo/<int:move_id>")
@coordinators_only
def diary_undo(move_id: int) -> Response:
    """Puts it back where it was."""
    ours = {p.id for p in programmes.of_partnership(g.partnership.id)}
    made = moves.get(move_id, ours)
    if made is None:
        abort(404)
    performance_id, programme_id = made.performance_id, made.programme_id
    with back_to(_diary_of(programme_id, _show(performance_id)), "stop"), transaction():
        again = moves.get(move_id, ours)
        assert again is not None
        moving.undo(again, who=who(), now=clock.now())
        told = again.told
        both = again.swap is not None
    flash(
        ("Both are back where they were. " if both else "It is back where it was. ")
        + ("Whoever was told is told again." if told else "A short letter brings the calendars up to date.")
    )
    return redirect(_diary_of(programme_id, _show(performance_id)), 303)


def _page(found: Moving, look: Look, form: MoveForm) -> str:
    tour_day = db.session.get_one(TourDay, look.slot.tour_day_id)
    return render_template(
        "coordinator/diary_move_to.html",
        moving=found,
        look=look,
        work=in_hall.at_work_in(
            look.slot, found.organisation.organisation_id, instead_of=found.performance.id
        ),
        form=form,
        until=_until(found, look.slot),
        troupe=tour_day.troupe,
        was_troupe=found.performance.troupe,
        road_words=places_on_day.said,
        clock_of=troupe_day.clock_of,
        back=_diary_of(found.programme.id, found.performance),
    )


def _done_meanwhile(performance_id: int, number: int, to: str) -> bool:
    """Whether the same button, pressed twice at once, has done it since this press began."""
    db.session.expire_all()
    return swapping.are_there(_moving(_show(performance_id)), _moving(_show(number)), to)


def _changed_places_already(one: Moving, names: str) -> Response:
    flash(f"{names} have changed places already.")
    return redirect(_diary_of(one.programme.id, one.performance), 303)


def _swap_page(look: swapping.Swap, form: SwapForm, refusal: Refusal | None = None) -> str:
    one, other = look.halves
    return render_template(
        "coordinator/diary_swap.html",
        look=look,
        at_work=lambda half: in_hall.at_work_in(
            half.slot, half.moving.organisation.organisation_id, instead_of=half.moving.performance.id
        ),
        until=_until,
        one=one.moving,
        other=other.moving,
        form=form,
        refusal=refusal,
        road_words=places_on_day.said,
        back=_diary_of(one.moving.programme.id, one.moving.performance),
    )


def _until(moving: Moving, slot: Slot) -> date | None:
    """Until when an offer is open once it is moved to a slot; None of a booking."""
    if moving.proposal is None:
        return None
    return proposing.kept_until(moving.proposal, slot, now=clock.now())


def _moving(show: Performance) -> Moving:
    """What stands there; where it cannot be moved, back to the diary, which says why."""
    try:
        return moving.find(show, now=clock.now())
    except NotInTheDiary as gone:
        flash(gone.message, "confirm")
        abort(redirect(_diary_of(show.programme_id, show), 303))


def _else_another(show: Performance) -> AbstractContextManager[None]:
    """A place that it cannot have leads back to the choice of places."""
    return back_to(url_for("coordinator.diary_move", performance_id=show.id))


def _show(performance_id: int) -> Performance:
    """This partnership's; a 404 for another's or none."""
    found = db.session.get(Performance, performance_id)
    if found is None or found.tour_day.programme.partnership_id != g.partnership.id:
        abort(404)
    return found


def _diary_of(programme_id: int, show: Performance) -> str:
    """The week of a show, as it stands now."""
    day = day_of(show.starts_at)
    week: dict[str, Any] = {"from": (day - timedelta(days=day.weekday())).isoformat()}
    return url_for("coordinator.diary", programme=programme_id, **week, _anchor=f"d{show.tour_day_id}")


def _monday(pair: tuple[TourDay, list[Place]]) -> Any:
    return pair[0].day - timedelta(days=pair[0].day.weekday())


def _gain(place: Place) -> tuple[int, int, int]:
    return -place.saved, place.tour_day_id, place.first
