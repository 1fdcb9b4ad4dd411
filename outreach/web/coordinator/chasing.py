"""Chasing: what goes by itself and when, who waits for a coordinator's word, the waiting list, and what was
sent."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.asking.chasing import chases, offers, raising, reminders, settings
from outreach.asking.chasing.chases import HEAD
from outreach.asking.chasing.raising import WaitingGap
from outreach.asking.chasing.settings import LONGEST, Schedule
from outreach.county import partnerships
from outreach.coverage import standings
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import iso_day
from outreach.post.stationery import Addressee, Rendered
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.web import forms, opened, spoken
from outreach.web.coordinator.chasing_words import REASONS, Addresses, ChasingWords
from outreach.web.coordinator.next_steps import books_by_phone
from outreach.web.gate import (
    coordinator,
    coordinators_only,
    our_organisation,
    programme_in_hand,
    the_programme,
    who,
)
from outreach.web.refusals import back_to, status

PAGE, SHOWN = 100, 50
"""Rows of a list on one page; of those who wait for a word, on the page of all."""
_days = partial(forms.number, required="Enter a number of days.", at_least=1, at_most=LONGEST)


class SettingsForm(forms.Form):
    of_asked = True
    reminders_on = forms.tick("Reminders go by themselves")
    first_after_days = _days("First reminder, days after asking")
    second_after_days = _days("Second reminder, days after the first")
    raise_after_days = _days("Raised to you, days after the last letter")
    offers_on = forms.tick("Keep times that come free for the waiting list, in turn")
    offer_days = _days("School days to answer an offer")
    reports_on = forms.tick("Reports are asked for on the evening of the show")
    visits_on = forms.tick("Schools are reminded before their visits, and when pupils can answer")
    report_after_days = _days("Asked once more where none came, days after it")
    staff_on = forms.tick("Staff are asked what they make of it after the show and three months later")
    pledges_on = forms.tick("What was promised is asked about a week and six weeks after the show")


class RaiseForm(forms.Form):
    of_asked = True
    name = forms.text("Name", hint="May be empty for an office")
    address = forms.address("Work email address", required="Enter an email address.")
    source = forms.text(
        "Where did the address come from?",
        required="Say where the address came from.",
        hint="The letter tells the person so. For example: the school’s website, or a call from the office.",
    )


class LeaveForm(forms.Form):
    reason = forms.remark("Why is it not raised?", required="Say why it is not raised.")


@coordinator.route("/chasing", methods=["GET", "POST"])
@coordinators_only
def chasing() -> Any:
    programme, now = programme_in_hand(), clock.now()
    if programme is None:
        return render_template("coordinator/chasing_none.html")
    plan = settings.schedule_of_programme(programme.id)
    form = SettingsForm(data=asdict(plan)) if request.method != "POST" else SettingsForm()
    stands = opened.over(
        lambda: opened.words_of(
            SettingsForm(formdata=None, data=asdict(settings.schedule_of_programme(programme.id)))
        ),
        programme,
        settings.SETTLED,
    )
    if form.validate_on_submit():
        wanted = Schedule(**{name: getattr(form, name).data for name in asdict(plan)})
        with transaction():
            stands.unchanged(lambda: partnerships.lock(g.partnership.id))
            settings.settle(_again(programme), wanted, who=who(), now=now)
        flash("Settled. It holds from the next run on.")
        return redirect(url_for("coordinator.chasing", programme=programme.id), 303)
    target = standings.target_of(programme.id, now=clock.now())
    coming, left = reminders.coming(programme, now=now, target=target)
    waiting = raising.waiting(programme, now=now, target=target)
    ran_at = settings.last_run()
    words = ChasingWords(
        programme=programme,
        schedule=plan,
        coming=coming,
        waiting=len(waiting),
        left=len(left),
        waiters=len(offers.waiting_list(programme, now=now)),
        sent=chases.counts(programme.id),
        ran_at=ran_at,
        late=settings.is_late(ran_at, now=now),
        now=now,
        addresses=_addresses(programme),
        asked=spoken.asked_on_page(),
    )
    page = render_template(
        "coordinator/chasing.html",
        programme=programme,
        programmes=programmes.of_partnership(g.partnership.id),
        form=form,
        words=words,
        waiting=waiting[:SHOWN],
        more_wait=words.more_wait(SHOWN),
        by_phone=_by_phone(programme, waiting[:SHOWN]),
    )
    return page, status()


def _addresses(programme: Programme) -> Addresses:
    return Addresses(
        lists=url_for("coordinator.chasing_list", programme=programme.id),
        setup=url_for("coordinator.setup"),
        phone_list=url_for("coordinator.phone_list", programme=programme.id),
        gaps=url_for("coordinator.gaps", programme=programme.id),
        invitations=url_for("coordinator.invitations", programme=programme.id),
        waiting_list=url_for("coordinator.waiting_list", programme=programme.id),
    )


@coordinator.get("/chasing/schools")
@coordinators_only
def chasing_list() -> Any:
    """The list behind each number of the page: reminders of a day (and which), who gets none, what was
    sent."""
    programme, now, by_phone = the_programme(), clock.now(), set[int]()
    show = request.args.get("show", "")
    if show in REASONS.values():
        reason = next(r for r, word in REASONS.items() if word == show)
        n = chases.counts(programme.id)[reason]
        page, pages = _page(n)
        rows: Any = chases.written(programme.id, reason, first=(page - 1) * PAGE, most=PAGE)
        title = reason[:1].upper() + reason[1:] + ": what was sent"
    elif show == "consent":
        waiting = raising.waiting(
            programme, now=now, target=standings.target_of(programme.id, now=clock.now())
        )
        n, title = len(waiting), "To raise"
        page, pages = _page(n)
        rows = waiting[(page - 1) * PAGE : page * PAGE]
        by_phone = _by_phone(programme, rows)
    elif show in ("coming", "left"):
        target = standings.target_of(programme.id, now=clock.now())
        coming, left = reminders.coming(programme, now=now, target=target)
        found: Any = left
        title = "Who gets no reminder, and why"
        if show == "coming":
            found, title = _of_a_day(coming)
        n = len(found)
        page, pages = _page(n)
        rows = found[(page - 1) * PAGE : page * PAGE]
        by_phone = _by_phone(programme, [row for row in rows if row.organisation.organisation_id in target])
    else:
        flash("There is no such list. This is what there is.", "confirm")
        return redirect(url_for("coordinator.chasing", programme=programme.id), 303)
    own = {k: request.args[k] for k in ("show", "day", "nth") if request.args.get(k)}
    return render_template(
        "coordinator/chasing_list.html",
        programme=programme,
        show=show,
        rows=rows,
        n=n,
        page=page,
        pages=pages,
        title=title,
        own=own,
        by_phone=by_phone,
    )


@coordinator.route("/chasing/raise/<int:organisation_id>", methods=["GET", "POST"])
@coordinators_only
def chasing_raise(organisation_id: int) -> Any:
    """The exact letter to the head teacher or the trust. It goes only as it was shown."""
    organisation, programme, now = our_organisation(organisation_id), the_programme(), clock.now()
    row = raising.one(
        programme, organisation_id, now=now, target=standings.target_of(programme.id, now=clock.now())
    )
    if row is None:
        return _not_waiting(organisation_id, programme)
    form = RaiseForm(data=_first_known(row)) if request.method != "POST" else RaiseForm()
    if form.validate_on_submit():
        # Browsers send the line ends of a hidden field as CR LF, whatever they were.
        seen = request.form.get("seen", "").replace("\r\n", "\n")
        if seen != _seen(form) or request.form.get("level") != row.level:
            # The letter has other words than those on the page: it is shown first.
            return _raise_page(programme, row, form, anew=True)
        with back_to(_own_page(organisation_id, programme), "confirm", raising.NotWaiting), transaction():
            raising.raise_to(
                _again(programme), organisation_id, row.level, _to(form, row), who=who(), now=now
            )
        to_whom = f"the {row.next_to}"
        flash(f"The letter to {to_whom} of {organisation.name} is waiting to go out.")
        return redirect(url_for("coordinator.chasing", programme=programme.id, _anchor="consent"), 303)
    return _raise_page(programme, row, form)


@coordinator.post("/chasing/leave/<int:organisation_id>")
@coordinators_only
def chasing_leave(organisation_id: int) -> Any:
    """Not raised, with a reason: it waits for nobody any more."""
    organisation, programme, form, now = (
        our_organisation(organisation_id),
        the_programme(),
        LeaveForm(),
        clock.now(),
    )
    row = raising.one(
        programme, organisation_id, now=now, target=standings.target_of(programme.id, now=clock.now())
    )
    if row is None:
        return _not_waiting(organisation_id, programme)
    if form.validate_on_submit():
        with back_to(_own_page(organisation_id, programme), "confirm", raising.NotWaiting), transaction():
            raising.leave_be(
                _again(programme), organisation_id, row.level, form.reason.data, who=who(), now=now
            )
        flash(f"{organisation.name} is not raised. It stays among the gaps.")
        return redirect(url_for("coordinator.chasing", programme=programme.id, _anchor="consent"), 303)
    return _raise_page(programme, row, RaiseForm(formdata=None, data=_first_known(row)), leave=form)


@coordinator.get("/chasing/waiting-list")
@coordinators_only
def waiting_list() -> Any:
    """Who waits for a time, in the order in which times are offered."""
    programme, now = the_programme(), clock.now()
    return render_template(
        "coordinator/waiting_list.html",
        programme=programme,
        plan=settings.schedule_of_programme(programme.id),
        most=offers.BY_ITSELF_AT_MOST,
        rows=offers.waiting_list(programme, now=now),
    )


def _raise_page(
    programme: Programme,
    row: WaitingGap,
    form: RaiseForm,
    *,
    leave: LeaveForm | None = None,
    anew: bool = False,
) -> Any:
    letter: Rendered = raising.preview(programme, row, _to(form, row), now=clock.now())
    page = render_template(
        "coordinator/chasing_raise.html",
        programme=programme,
        row=row,
        form=form,
        leave=leave or LeaveForm(formdata=None),
        letter=letter,
        seen=_seen(form),
        anew=anew,
        is_head=row.level == HEAD,
        to_whom=f"the {row.next_to}" if row.level == HEAD else row.organisation.trust_name or "the trust",
    )
    wrong = form.errors or (leave is not None and leave.errors)
    return page, 422 if wrong else 200


def _to(form: RaiseForm, row: WaitingGap) -> Addressee:
    return Addressee(
        address=form.address.data or "(enter the address)",
        name=form.name.data or "",
        role=raising.role_of_head(row.organisation) if row.level == HEAD else "",
        source=form.source.data or "(say where it came from)",
        source_date=day_of(clock.now()),
    )


def _first_known(row: WaitingGap) -> dict[str, str]:
    if not row.known:
        return {}
    return {"name": row.known[0].name, "address": row.known[0].address, "source": row.known[0].source}


def _seen(form: RaiseForm) -> str:
    """What the letter's words hang on, as it was shown."""
    return "\n".join(str(field.data or "") for field in (form.name, form.address, form.source))


def _not_waiting(organisation_id: int, programme: Programme) -> Any:
    """Why a school is not to be raised now, on its own page."""
    coming, left = reminders.coming(programme, now=clock.now())
    why = next((row.why for row in left if row.organisation.organisation_id == organisation_id), "")
    if any(r.organisation.organisation_id == organisation_id for r in coming):
        said = "It still has a reminder to come, so it is not raised yet."
    else:
        said = f"It does not wait to be raised: {why}." if why else "It does not wait to be raised."
    flash(said, "confirm")
    return redirect(_own_page(organisation_id, programme), 303)


def _own_page(organisation_id: int, programme: Programme) -> str:
    return url_for("coordinator.school", organisation_id=organisation_id, programme=programme.id)


def _of_a_day(coming: list[reminders.Reminder]) -> tuple[list[reminders.Reminder], str]:
    """Those of ?day= and ?nth=, else all; what makes no sense is left out."""
    typed, nth = request.args.get("day", ""), request.args.get("nth", "")
    try:
        day = iso_day(typed) if typed else None
    except ValueError:
        day = None
    found = [r for r in coming if day in (None, r.due) and nth in ("", str(r.nth))]
    which = {"1": "First reminders", "2": "Second reminders"}.get(nth, "Reminders")
    return found, which + (" of that day" if day else " to come")


def _page(n: int) -> tuple[int, int]:
    """(page, pages): a number that makes no sense is the nearest that does."""
    pages = max(1, -(-n // PAGE))
    return min(max(1, request.args.get("page", 1, type=int)), pages), pages


def _by_phone(programme: Programme, rows: Sequence[Any]) -> set[int]:
    """For whom of a list one can book by phone, by URN."""
    return books_by_phone(programme, [row.organisation for row in rows], now=clock.now())


def _again(programme: Programme) -> Programme:
    """The programme as it stands inside the transaction."""
    return spoken.of(programmes.get(g.partnership.id, programme.id))
