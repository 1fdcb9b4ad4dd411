"""The form of a booking, step by step, kept as a draft; the check of the answers; the booking itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.booking import accounts, bookings, holds, promises, seats, told
from outreach.booking.accounts import PromiseAccount
from outreach.booking.holds import AlreadyBooked, NothingHeld
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.told import ACCESS_NEEDS
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of, local
from outreach.tour.performances import Performance, SlotTaken
from outreach.web.gate import by_personal_link, reread, school
from outreach.web.refusals import refused
from outreach.web.school import forms
from outreach.web.school.forms import HallForm, PeopleForm, PupilsForm, TypedForm

STEPS = ("pupils", "hall", "people")


@school.get("/i/<token>/form")
@by_personal_link
def form(token: str) -> Any:
    """To the first step that still wants something, else to the check."""
    return redirect(url_for(f".{_answers(_kept()).next_step()}", token=token))


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
    answers = _answers(kept)
    step = answers.next_step()
    if step != "check":
        return redirect(url_for(f".{step}", token=token))
    return _check_page(token, kept, answers)


@school.post("/i/<token>/book")
@by_personal_link
def book(token: str) -> Any:
    """The promise. Sent twice it books once; a kept time that ran out is taken again if nobody else has
    it."""
    now = clock.now()
    keys = request.form.get("slots", "")[:60].split("+")
    if (no := refused()) is not None:
        return _not_booked(token, no)
    try:
        with transaction():
            reference = _book(keys, now=now)[0].reference
    except (SlotTaken, NothingHeld):
        return _lost(token)
    return redirect(url_for(".booked", token=token, reference=reference), 303)


def _not_booked(token: str, no: Refusal) -> Any:
    """Where it can be put right: the booking that stands, the step that wants something, else the check."""
    if isinstance(no, AlreadyBooked):
        flash(no.message, "confirm")
        return redirect(url_for(".start", token=token), 303)
    kept = _kept()
    if not kept:
        return _lost(token)
    answers = _answers(kept)
    step = answers.next_step()
    if step != "check":
        flash(no.message, "confirm")
        return redirect(url_for(f".{step}", token=token), 303)
    return _check_page(token, kept, answers, said=no.message), 422


@school.post("/i/<token>/renew")
@by_personal_link
def renew(token: str) -> Any:
    """Keep the time for as long again, and back to where the button was."""
    if refused():
        return _lost(token)
    with transaction():
        holds.renew(g.programme, g.school, now=clock.now())
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
    reread()
    at_hand = bookings.take_up(g.programme, g.school, now=now)
    if at_hand is None:
        made = _booked_already(keys)
        if not made:
            raise NothingHeld
        return made
    if [_key(p) for p in at_hand.kept] != list(keys):
        raise AnotherTimeKept
    answers = _Answers(at_hand.kept, at_hand.typed, at_hand.account)
    if answers.next_step() != "check":
        raise AnswersMissing
    shows = list(zip(at_hand.kept, answers.promises(), strict=True))
    return bookings.book_kept(at_hand, shows, who=g.who, now=now)


def _booked_already(keys: Sequence[str]) -> list[Booking]:
    """The school's bookings of exactly these slots: the form came twice."""
    return [b for b in promises.live(g.programme.id, g.school.urn) if _key(b.performance) in keys]


def _step(name: str, token: str) -> Any:
    """Show a step filled from the draft; on POST keep what was typed first, then judge it."""
    kept = _kept()
    answers = _answers(kept)
    if name not in answers.steps:
        return redirect(url_for(".hall", token=token), 303)
    if request.method != "POST":
        return _step_page(name, token, kept, answers.form(name)) if kept else _lost(token)
    typed = answers.typed | {name: answers.form(name).taken_from(request.form)}
    with transaction():
        holds.save_draft(g.programme.id, g.school.urn, typed, now=clock.now())
    asked = _Answers(kept, typed).form(name)
    if not kept:
        return _lost(token)
    if not asked.validate():
        return _step_page(name, token, kept, asked), 422
    return redirect(url_for(".form", token=token), 303)


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


def _check_page(token: str, kept: Sequence[Performance], answers: "_Answers", said: str = "") -> str:
    first_day = day_of(kept[0].starts_at)
    return render_template(
        "school/check.html",
        token=token,
        kept=kept,
        keys="+".join(_key(p) for p in kept),
        promises=answers.promises(),
        now=clock.now(),
        back_to="check",
        access=told.access_words,
        said=said,
        move_until=first_day - timedelta(days=g.programme.notice_move_days),
        cancel_until=first_day - timedelta(days=g.programme.notice_cancel_days),
        today=day_of(clock.now()),
    )


def _lost(token: str) -> Any:
    """To the page that says that the kept time is gone and shows the nearest that are left."""
    return redirect(url_for(".times", token=token, lost=1), 303)


def _kept() -> list[Performance]:
    """What is kept for the school; also what was kept and has run out, while nobody else has taken it."""
    return holds.kept(g.programme, g.school.urn, now=clock.now())


def _answers(kept: Sequence[Performance]) -> "_Answers":
    return _Answers(kept, holds.draft(g.programme.id, g.school.urn))


def _key(performance: Performance) -> str:
    """The slot key of a show, as the buttons of the slot page post it."""
    return f"{performance.tour_day_id}-{local(performance.starts_at):%H%M}"


class _Answers:
    """What a school typed so far: the three forms as the draft fills them, each made and judged once."""

    def __init__(
        self, kept: Sequence[Performance], typed: dict[str, Any], account: PromiseAccount | None = None
    ) -> None:
        self.typed = typed
        self.shows = len(kept) or len(typed.get("slots", [])) or 1
        self.account = account or accounts.account(g.programme, g.school, now=clock.now())
        self._forms: dict[str, TypedForm] = {}

    @property
    def steps(self) -> tuple[str, ...]:
        """What is asked, in order; a programme for adults asks for no pupils."""
        return STEPS if self.account.still_open else STEPS[1:]

    def form(self, name: str) -> TypedForm:
        """One step's form, filled from the draft."""
        if name not in self._forms:
            self._forms[name] = self._make(name)
        return self._forms[name]

    def next_step(self) -> str:
        """The first step that does not hold as typed; 'check' when all do."""
        return next(
            (name for name in self.steps if not self.typed.get(name) or not self.form(name).validate()),
            "check",
        )

    def promises(self) -> list[Promise]:
        """One promise for each kept time; `next_step` has judged the forms before."""
        asked, room, who = (self.form(name) for name in STEPS)
        assert isinstance(asked, PupilsForm) and isinstance(room, HallForm) and isinstance(who, PeopleForm)
        return [
            Promise(
                pupils=asked.entered()[i] if asked.year_groups else {},
                hall=room.hall.data,
                step_free=room.step_free_known(),
                access_needs=forms.access_of(room, i, ACCESS_NEEDS),
                arrival_note=room.arrival_note.data or "",
                people=forms.people_named(who),
                own_numbers=asked.confirmed() if asked.year_groups else {},
            )
            for i in range(self.shows)
        ]

    def _make(self, name: str) -> TypedForm:
        typed = self.typed.get(name)
        if name == "hall":
            return forms.hall_form(typed, shows=self.shows, needs=ACCESS_NEEDS)
        if name == "people":
            return PeopleForm(typed)
        account, ceiling = self.account, g.programme.audience_ceiling
        return forms.pupils_form(
            typed,
            shows=self.shows,
            counted=account.expected,
            promised=account.promised,
            year_groups=tuple(account.still_open),
            ceiling=ceiling,
            proposal=seats.proposed(account.still_open, self.shows, ceiling) if self.shows > 1 else None,
        )
