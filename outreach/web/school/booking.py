"""The form of a booking, step by step, kept as a draft; the check of the answers; the booking itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.booking import bookings, holds, promises, seats, told
from outreach.booking.bookings import ACCESS_NEEDS, Colleague, Promise
from outreach.booking.holds import AlreadyBooked, NothingHeld
from outreach.booking.promises import Booking
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of, local
from outreach.tour.performances import Performance, SlotTaken
from outreach.web.gate import by_personal_link, school
from outreach.web.school import forms
from outreach.web.school.forms import HallForm, PeopleForm, PupilsForm, TypedForm

STEPS = ("pupils", "hall", "people")


@school.get("/i/<token>/form")
@by_personal_link
def form(token: str) -> Any:
    """To the first step that still wants something, else to the check."""
    kept = _kept()
    typed = holds.draft(g.programme.id, g.school.urn)
    return redirect(url_for(f".{_next_step(kept, typed)}", token=token))


@school.route("/i/<token>/pupils", methods=["GET", "POST"])
@by_personal_link
def pupils(token: str) -> Any:
    return _step("pupils", token)


@school.route("/i/<token>/hall", methods=["GET", "POST"])
@by_personal_link
def hall(token: str) -> Any:
    return _step("hall", token)


@school.route("/i/<token>/people", methods=["GET", "POST"])
@by_personal_link
def people(token: str) -> Any:
    return _step("people", token)


@school.get("/i/<token>/check")
@by_personal_link
def check(token: str) -> Any:
    """Everything that was said, before it is a promise."""
    kept = _kept()
    if not kept:
        return _lost(token)
    typed = holds.draft(g.programme.id, g.school.urn)
    step = _next_step(kept, typed)
    if step != "check":
        return redirect(url_for(f".{step}", token=token))
    return _check_page(token, kept, typed)


@school.post("/i/<token>/book")
@by_personal_link
def book(token: str) -> Any:
    """The promise. Sent twice it books once; a kept time that ran out is taken again if nobody else has it."""
    now = clock.now()
    keys = request.form.get("slots", "")[:60].split("+")
    try:
        with transaction():
            done = _booked_already(keys) or _book(keys, now=now)
    except (SlotTaken, NothingHeld):
        return _lost(token)
    except AlreadyBooked as no:
        flash(no.message, "confirm")
        return redirect(url_for(".start", token=token), 303)
    except Refusal as no:
        kept = _kept()
        if not kept:
            return _lost(token)
        return _check_page(token, kept, holds.draft(g.programme.id, g.school.urn), said=no.message), 422
    return redirect(url_for(".booked", token=token, reference=done[0].reference), 303)


@school.post("/i/<token>/renew")
@by_personal_link
def renew(token: str) -> Any:
    """Keep the time for as long again, and back to where the button was."""
    try:
        with transaction():
            holds.renew(g.programme, g.school, now=clock.now())
    except Refusal:
        return _lost(token)
    back = request.form.get("back", "")
    return redirect(
        url_for(f".{back}" if back in (*STEPS, "check", "start", "times") else ".form", token=token), 303
    )


@school.post("/i/<token>/give-back")
@by_personal_link
def give_back(token: str) -> Any:
    """Let the kept time go; what was typed stays."""
    with transaction():
        holds.give_back(g.programme.id, g.school.urn, who=g.who, now=clock.now())
    flash("The time is free again for other schools. What you typed is still here.", "confirm")
    return redirect(url_for(".start", token=token), 303)


class AnotherTimeKept(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "A colleague with the same link has chosen another time meanwhile. Check it before you book."
        )


class AnswersMissing(Refusal):
    def __init__(self) -> None:
        super().__init__("Something is missing. Go through the steps again; what you typed is still there.")


def _book(keys: Sequence[str], *, now: datetime) -> list[Booking]:
    """Inside a transaction: the rules are the verb's own; here what was typed becomes promises."""
    kept = holds.renew(g.programme, g.school, now=now)
    typed = holds.draft(g.programme.id, g.school.urn)
    if [_key(p) for p in kept] != list(keys):
        raise AnotherTimeKept
    if _next_step(kept, typed) != "check":
        raise AnswersMissing
    shows = list(zip((p.id for p in kept), _promises(kept, typed), strict=True))
    return bookings.book(g.programme, g.school, shows, who=g.who, now=now)


def _booked_already(keys: Sequence[str]) -> list[Booking]:
    """The school's bookings of exactly these slots: the form came twice."""
    return [b for b in promises.live(g.programme.id, g.school.urn) if _key(b.performance) in keys]


def _step(name: str, token: str) -> Any:
    """Show a step filled from the draft; on POST keep what was typed first, then judge it."""
    kept = _kept()
    typed = holds.draft(g.programme.id, g.school.urn)
    if name == "pupils" and not _asked_groups():
        return redirect(url_for(".hall", token=token), 303)
    if request.method == "GET":
        return _step_page(name, token, kept, _form(name, kept, typed)) if kept else _lost(token)
    typed[name] = _form(name, kept, {}).taken_from(request.form)
    with transaction():
        holds.save_draft(g.programme.id, g.school.urn, typed, now=clock.now())
    asked = _form(name, kept, typed)
    if not asked.validate():
        return _step_page(name, token, kept, asked), 422
    return redirect(url_for(".form", token=token), 303) if kept else _lost(token)


def _step_page(name: str, token: str, kept: Sequence[Performance], asked: TypedForm) -> str:
    return render_template(
        f"school/{name}.html",
        token=token,
        form=asked,
        kept=kept,
        now=clock.now(),
        step=STEPS.index(name) + 1,
        back_to=name,
        needs=ACCESS_NEEDS,
    )


def _check_page(token: str, kept: Sequence[Performance], typed: dict[str, Any], said: str = "") -> str:
    first_day = day_of(kept[0].starts_at)
    return render_template(
        "school/check.html",
        token=token,
        kept=kept,
        keys="+".join(_key(p) for p in kept),
        promises=_promises(kept, typed),
        now=clock.now(),
        back_to="check",
        access=told.access_words,
        said=said,
        move_until=first_day - timedelta(days=g.programme.notice_move_days),
        cancel_until=first_day - timedelta(days=g.programme.notice_cancel_days),
    )


def _lost(token: str) -> Any:
    """To the page that says that the kept time is gone and shows the nearest that are left."""
    return redirect(url_for(".times", token=token, lost=1), 303)


def _kept() -> list[Performance]:
    """What is kept for the school; also what was kept and has run out, while nobody else has taken it."""
    return holds.kept(g.programme.id, g.school.urn)


def _key(performance: Performance) -> str:
    """The slot key of a show, as the buttons of the slot page post it."""
    return f"{performance.tour_day_id}-{local(performance.starts_at):%H%M}"


def _next_step(kept: Sequence[Performance], typed: dict[str, Any]) -> str:
    """The first step that does not hold as typed; 'check' when all do."""
    steps = STEPS if _asked_groups() else STEPS[1:]
    return next(
        (name for name in steps if not typed.get(name) or not _form(name, kept, typed).validate()), "check"
    )


def _asked_groups() -> tuple[int, ...]:
    """The year groups that are asked about: those still open; none for a programme for adults."""
    return tuple(promises.account(g.programme, g.school).still_open)


def _form(name: str, kept: Sequence[Performance], typed: dict[str, Any]) -> TypedForm:
    """One step's form, filled from the draft."""
    shows = len(kept) or len(typed.get("slots", [])) or 1
    if name == "pupils":
        return _pupils(shows, typed.get(name))
    if name == "hall":
        return forms.hall_form(typed.get(name), shows=shows, needs=ACCESS_NEEDS)
    return PeopleForm(typed.get(name))


def _pupils(shows: int, typed: Mapping[str, str] | None) -> PupilsForm:
    account = promises.account(g.programme, g.school)
    ceiling = g.programme.audience_ceiling
    return forms.pupils_form(
        typed,
        shows=shows,
        counted=account.expected,
        promised=account.promised,
        year_groups=tuple(account.still_open),
        ceiling=ceiling,
        proposal=seats.proposed(account.still_open, shows, ceiling) if shows > 1 else None,
    )


def _promises(kept: Sequence[Performance], typed: dict[str, Any]) -> list[Promise]:
    """One promise for each kept time, from the draft; the steps have been judged before."""
    asked, room, who = (_form(name, kept, typed) for name in STEPS)
    for judged in (asked, room, who):
        judged.validate()
    assert isinstance(asked, PupilsForm) and isinstance(room, HallForm) and isinstance(who, PeopleForm)
    return [
        Promise(
            pupils=asked.entered()[i] if asked.year_groups else {},
            hall=room.hall.data,
            step_free=room.step_free_known(),
            access_needs=forms.access_of(room, i, ACCESS_NEEDS),
            arrival_note=room.arrival_note.data or "",
            people=_people(who),
            own_numbers=asked.confirmed(),
        )
        for i in range(len(kept))
    ]


def _people(who: PeopleForm) -> tuple[Colleague, ...]:
    lead = Colleague(
        name=who.lead_name.data,
        address=who.lead_address.data,
        duty="safeguarding lead",
        phone=who.lead_phone.data or "",
    )
    named = [lead]
    if who.meets_somebody_else():
        named.append(
            Colleague(
                name=who.day_name.data,
                address=who.day_address.data,
                duty="on the day",
                role=who.day_role.data or "",
                phone=who.day_phone.data or "",
            )
        )
    if who.colleague_name.data:
        named.append(
            Colleague(name=who.colleague_name.data, address=who.colleague_address.data, duty="colleague")
        )
    return tuple(named)
