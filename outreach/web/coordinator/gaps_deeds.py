"""Deeds about many gaps at once: each shows the exact list, and the exact letter, before anything goes or
changes.

Whoever changed between the list and the click is left alone and named; the others are done.
"""

from collections.abc import Callable, Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from werkzeug import Response

from outreach.asking import notes, owners, rounds
from outreach.asking.chasing import reminders
from outreach.booking import limits
from outreach.county import organisations
from outreach.county.coordinators import Coordinator
from outreach.coverage import who_asked
from outreach.coverage.gaplist import deeds, last_contact, missing
from outreach.coverage.gaplist.deeds import MOST, Done
from outreach.coverage.gaplist.missing import Gap, Missing
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.wording import and_list, count
from outreach.tour.programmes import Programme
from outreach.web import forms
from outreach.web.coordinator import follow_up_shown
from outreach.web.coordinator.as_of import view
from outreach.web.coordinator.follow_up_shown import FollowUpForm
from outreach.web.coordinator.framing import framing, in_frame, shown_to_go
from outreach.web.coordinator.gaps_query import (
    GapsQuery,
    chosen,
    in_form,
    list_address,
    organisation_ids_in,
    query_from_address,
)
from outreach.web.coordinator.gaps_shown import page_of
from outreach.web.coordinator.own_letter_shown import new_page
from outreach.web.coordinator.paper_shown import preview_page
from outreach.web.fields import given
from outreach.web.gate import (
    coordinator,
    coordinators_only,
    our_organisation,
    the_programme,
    who,
)
from outreach.web.refusals import refused
from outreach.web.spoken import asked_on_page

"""The letter's own HTML runs nothing, loads nothing, sends nothing, and leads nowhere."""

INVITE, OWN, PAPER, REMIND, ASSIGN = "invite", "own", "paper", "remind", "assign"
NOTE, EXCLUDE, EXPORT = "note", "exclude", "export"
FOLLOW_UP = "follow-up"
NOBODY = "0"


class RoundForm(forms.Form):
    note = forms.remark("A name for this round", hint="For your own list, for example: spring, first round.")


class AssignForm(forms.Form):
    owner = forms.choice("Who looks after them?", required="Choose who looks after them.")


class NoteForm(forms.Form):
    of_asked = True

    kind = forms.choice(
        "What is it?",
        ((notes.NOTE, "A note for us"), (notes.PHONE, "We talked with the school")),
        required="Choose whether you talked with the school.",
    )
    text = forms.words("The note", required="Write the note first.", at_most=notes.LONGEST)


class ExcludeForm(forms.Form):
    of_asked = True

    reason = forms.remark(
        "Why?",
        required="Give the reason; it stands beside the school from now on.",
        hint="They count in no share from now on. It can be undone.",
    )


@coordinator.route("/gaps/do", methods=["GET", "POST"], endpoint="gaps_do")
@coordinators_only
def preview() -> Any:
    """Changes nothing: what a deed would do, to whom. By link for one school or all that match, by form for
    those ticked."""
    seen = view(g.partnership.id, clock.now())
    if seen.programme is None:
        abort(404)
    found = missing.missing_from_programme(seen.programme, now=seen.now)
    own = query_from_address(in_form() if request.method == "POST" else request.args, found)
    ticked = organisation_ids_in(request.values.get("picked", ""), *request.values.getlist("organisation_id"))
    picked = chosen(found, own, whole=bool(request.values.get("whole")), organisation_ids=ticked)
    deed = request.values.get("deed", "")
    wrong = ""
    if deed not in _PREVIEWS:
        wrong = (
            "Choose what to do with the schools: write, print a letter, remind, follow up, assign, note, "
            "exclude or export."
        )
    elif not picked.gaps:
        wrong = (
            "None of the schools ticked is a gap any more." if picked.gone else deeds.NobodyChosen().message
        )
    elif len(picked.gaps) > MOST and deed != EXPORT:
        wrong = deeds.TooMany(len(picked.gaps)).message
    if wrong:
        wrong = who_asked.of_target(found.reckoning).said(wrong)
        return page_of(found, own, seen.programmes, seen.left_out, wrong=wrong)
    return _PREVIEWS[deed](found, own, picked.gaps, picked.gone)


@coordinator.post("/gaps/remind")
@coordinators_only
def gaps_remind() -> Any:
    """The list that was shown, judged again: nobody is reminded whom the list did not name."""
    programme, now = the_programme(), clock.now()
    seen = shown_to_go()
    target = {s.organisation_id for s in missing.missing_from_programme(programme, now=now).reckoning.target}
    words = rounds.words_for(programme, seen.keys() & target, now=now)
    if (no := refused()) is not None:
        found = missing.missing_from_programme(programme, now=now)
        own = query_from_address(in_form(), found)
        picked = chosen(found, own, whole=False, organisation_ids=list(seen))
        return _remind(found, own, picked.gaps, picked.gone, no.message)
    with transaction():
        programme = _again(programme)
        sent = reminders.send(programme, seen, who=who(), now=now, words=words, seen=seen, target=target)
        written = len(sent.written)
        left = [(x.organisation.name, x.why) for x in sent.left_out]
    flash(f"{count(written, 'reminder')} waiting to go out.")
    if left:
        named = and_list([f"{name} ({why})" for name, why in left[:12]])
        more = f", and {asked_on_page().count(len(left) - 12)} more" if len(left) > 12 else ""
        flash(f"Something changed meanwhile, so nothing went to {named}{more}.", "confirm")
    return _back(programme, now)


@coordinator.post("/gaps/assign")
@coordinators_only
def gaps_assign() -> Any:
    form = AssignForm()
    people = _possible(form)
    person = people.get(form.owner.data or "")
    given = f"given to {person.name}" if person else "given to nobody"

    def deed(programme: Programme) -> Done:
        fresh = db.session.get_one(Coordinator, person.id) if person else None
        return deeds.assign(programme, _shown(), fresh, who=who(), now=clock.now())

    return _do(ASSIGN, form, deed, given)


@coordinator.post("/gaps/follow-up")
@coordinators_only
def gaps_follow_up() -> Any:
    form = FollowUpForm()
    people = follow_up_shown.people(form)

    def deed(programme: Programme) -> Done:
        person = db.session.get_one(Coordinator, people[form.whose.data].id)
        on = given(form.day.data)
        return deeds.follow_up(programme, _shown(), on, form.what.data, person, who=who(), now=clock.now())

    return _do(FOLLOW_UP, form, deed, "kept for that day")


@coordinator.post("/gaps/note")
@coordinators_only
def gaps_note() -> Any:
    form = NoteForm()

    def deed(programme: Programme) -> Done:
        return deeds.note(
            programme, _shown(), form.text.data or "", kind=form.kind.data, who=who(), now=clock.now()
        )

    return _do(NOTE, form, deed, "noted")


@coordinator.post("/gaps/exclude")
@coordinators_only
def gaps_exclude() -> Any:
    form, now, lot = ExcludeForm(), clock.now(), deeds.new_lot()

    def deed(programme: Programme) -> Done:
        done = deeds.exclude(programme, _shown(), form.reason.data or "", lot=lot, who=who(), now=now)
        limits.write(programme.partnership_id, done.done, now=now)
        return done

    return _do(EXCLUDE, form, deed, "", lot=lot)


@coordinator.post("/gaps/exclude/undo")
@coordinators_only
def gaps_exclude_undo() -> Any:
    """One click takes back what one click did; what was decided since stays."""
    programme, now = the_programme(), clock.now()
    with transaction():
        back = deeds.take_back_in(_again(programme), request.form.get("lot", ""), who=who(), now=now)
        limits.write(programme.partnership_id, back, now=now)
    if back:
        flash(f"{asked_on_page().count(len(back))} back in the target.", "done")
    else:
        flash("Nothing was left to undo.", "confirm")
    return _back(programme, now)


@coordinator.get("/gaps/reminder/<int:organisation_id>")
@coordinators_only
def gaps_reminder(organisation_id: int) -> Any:
    """The exact reminder to one school, as it would go now; its link is not made yet."""
    programme, organisation = the_programme(), our_organisation(organisation_id)
    seen = _reminder(programme, organisation_id)
    page = render_template(
        "coordinator/letter_to_go.html",
        back=url_for("coordinator.gaps", programme=programme.id),
        school=organisation,
        contact=seen.shown.contact,
        letter=seen.letter,
        frame=url_for(
            "coordinator.gaps_reminder_html", organisation_id=organisation_id, programme=programme.id
        ),
    )
    return framing(page)


@coordinator.get("/gaps/reminder/<int:organisation_id>/html")
@coordinators_only
def gaps_reminder_html(organisation_id: int) -> Any:
    """The same as mail readers show it, for the frame of a page."""
    programme, organisation = the_programme(), our_organisation(organisation_id)
    return in_frame(_reminder(programme, organisation.organisation_id).letter.html)


def _reminder(programme: Programme, organisation_id: int) -> Any:
    try:
        seen = reminders.preview(programme, [organisation_id], now=clock.now())
    except Refusal:
        abort(404)
    return seen if seen.letter else abort(404)


def _do(name: str, form: forms.Form, deed: Callable[[Programme], Done], words: str, **undo: str) -> Any:
    """Do it to all that stand as they were shown; else the same page again, with what was typed and why not. Where the
    list itself says what was done, with its `undo`, there are no words."""
    programme, now = the_programme(), clock.now()
    if form.validate_on_submit():
        with transaction():
            done = deed(_again(programme))
        if words or not done.done:
            said = words or "taken out of the target"
            flash(f"{asked_on_page().count(len(done.done))} {said}.", "" if done.done else "confirm")
        return _back(programme, now, left=done.changed, **undo)
    found = missing.missing_from_programme(programme, now=now)
    own = query_from_address(in_form(), found)
    picked = chosen(found, own, whole=False, organisation_ids=[s.organisation_id for s in _shown()])
    return _page(name, found=found, own=own, gaps=picked.gaps, gone=picked.gone, form=form, status=422)


def _again(programme: Programme) -> Programme:
    """The programme, read inside the transaction."""
    return db.session.get_one(Programme, programme.id)


def _back(programme: Programme, now: Any, left: Sequence[int] = (), **undo: str) -> Response:
    """To the list as it was filtered, with the schools named that were left alone, and what can be undone."""
    found = missing.missing_from_programme(programme, now=now)
    some = ",".join(str(organisation_id) for organisation_id in left[:300]) or None
    return redirect(list_address(found, query_from_address(in_form(), found), left=some, **undo), 303)


def _invite(found: Missing, own: GapsQuery, gaps: Sequence[Gap], gone: Sequence[int]) -> Any:
    """The page that rounds are sent from: who gets the letter, who not and why, and the letter."""
    target = {s.organisation_id for s in found.reckoning.target}
    try:
        seen = rounds.preview_round(
            found.programme, [gap.organisation_id for gap in gaps], now=clock.now(), target=target
        )
    except Refusal as refusal:
        return _refused(found, own, refusal)
    page = render_template(
        "coordinator/invitations_preview.html",
        programme=found.programme,
        form=RoundForm(formdata=None),
        found=seen,
    )
    return framing(page)


def _remind(found: Missing, own: GapsQuery, gaps: Sequence[Gap], gone: Sequence[int], wrong: str = "") -> Any:
    target = {s.organisation_id for s in found.reckoning.target}
    try:
        seen = reminders.preview(
            found.programme, [gap.organisation_id for gap in gaps], now=clock.now(), target=target
        )
    except Refusal as refusal:
        return _refused(found, own, refusal)
    page = render_template(
        "coordinator/gaps_remind.html",
        asked=who_asked.of_target(found.reckoning),
        found=found,
        own=own,
        seen=seen,
        gone=_named(gone),
        wrong=wrong,
        at=_at(found, own),
        back=list_address(found, own),
    )
    return framing(page), 422 if wrong else 200


def _refused(found: Missing, own: GapsQuery, refusal: Refusal) -> Any:
    return page_of(found, own, [found.programme], [], wrong=refusal.message)


def _form_page(name: str, form_of: Callable[[], forms.Form]) -> Callable[..., Any]:
    def show(found: Missing, own: GapsQuery, gaps: Sequence[Gap], gone: Sequence[int]) -> Any:
        form = form_of()
        if isinstance(form, AssignForm):
            _possible(form)
        if isinstance(form, FollowUpForm):
            follow_up_shown.fill_in(form)
        return _page(name, found=found, own=own, gaps=gaps, gone=gone, form=form)

    return show


def _page(
    name: str,
    *,
    found: Missing,
    own: GapsQuery,
    gaps: Sequence[Gap],
    gone: Sequence[int],
    form: forms.Form | None,
    status: int = 200,
) -> Any:
    shown = gaps[:MOST] if name != EXPORT else gaps[:50]
    last = last_contact.last_contact_of_organisations(
        found.programme, {gap.organisation_id: gap.family for gap in shown}
    )
    return render_template(
        "coordinator/gaps_deed.html",
        asked=who_asked.of_target(found.reckoning),
        deed=name,
        found=found,
        own=own,
        gaps=gaps,
        shown=shown,
        gone=_named(gone),
        form=form,
        last=last,
        to="|".join(deeds.shown(gap).said() for gap in shown),
        at=_at(found, own),
        back=list_address(found, own),
        export=_export(found, own),
    ), status


def _export(found: Missing, own: GapsQuery) -> dict[str, Any]:
    """The words of an export's address: all that match, or those ticked."""
    words: dict[str, Any] = {"programme": found.programme.id}
    if request.values.get("whole"):
        for kind, value in own.filters.pairs():
            words.setdefault(kind, []).append(value)
        return words
    ticked = organisation_ids_in(request.values.get("picked", ""), *request.values.getlist("organisation_id"))
    return words | {"organisation_id": ",".join(str(organisation_id) for organisation_id in ticked[:400])}


def _export_page(found: Missing, own: GapsQuery, gaps: Sequence[Gap], gone: Sequence[int]) -> Any:
    return _page(EXPORT, found=found, own=own, gaps=gaps, gone=gone, form=None)


_PREVIEWS: dict[str, Callable[..., Any]] = {
    INVITE: _invite,
    OWN: lambda found, own, gaps, gone: new_page(found.programme, [gap.organisation_id for gap in gaps]),
    PAPER: lambda found, own, gaps, gone: preview_page(
        found.programme, [gap.organisation_id for gap in gaps]
    ),
    REMIND: _remind,
    ASSIGN: _form_page(ASSIGN, lambda: AssignForm(formdata=None)),
    FOLLOW_UP: _form_page(FOLLOW_UP, lambda: FollowUpForm(formdata=None)),
    NOTE: _form_page(NOTE, lambda: NoteForm(formdata=None)),
    EXCLUDE: _form_page(EXCLUDE, lambda: ExcludeForm(formdata=None)),
    EXPORT: _export_page,
}


def _possible(form: AssignForm) -> dict[str, Coordinator]:
    """Fill in who there is; by the value of the choice."""
    people = {str(p.id): p for p in owners.possible(g.partnership.id)}
    forms.set_choices(form.owner, [*((key, p.name) for key, p in people.items()), (NOBODY, "Nobody")])
    return people


def _at(found: Missing, own: GapsQuery) -> str:
    return list_address(found, own).partition("?")[2]


def _named(organisation_ids: Sequence[int]) -> list[str]:
    """The names of our own schools that were ticked and are no gap any more."""
    return [of.name for of in organisations.of_ids(organisation_ids, g.partnership.id)]


def _shown() -> list[deeds.GapAsShown]:
    return deeds.read(request.form.get("to", "").split("|"))
