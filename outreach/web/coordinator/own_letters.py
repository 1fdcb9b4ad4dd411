"""Letters in a coordinator's own words: written, read as each school gets them, sent, and taken back within a
minute."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.asking.own_letters import drafts, sending
from outreach.asking.own_letters.drafts import OwnLetter, OwnLetterInList
from outreach.coverage import who_asked
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.row_numbers import row_number
from outreach.ground.wording import count
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.web import opened, spoken
from outreach.web.coordinator.framing import framing, in_frame, shown_to_go
from outreach.web.coordinator.gaps_query import organisation_ids_in
from outreach.web.coordinator.own_letter_shown import (
    CHECK,
    OwnLetterForm,
    draft_page,
    form_for,
    form_key_sent,
    new_page,
)
from outreach.web.gate import (
    coordinator,
    coordinators_only,
    our_organisation,
    programme_in_hand,
    the_programme,
    who,
)
from outreach.web.refusals import back_to


@coordinator.get("/letters/own")
@coordinators_only
def own_letters() -> Any:
    """Drafts, and what was sent."""
    return render_template(
        "coordinator/own_letters.html",
        programme=programme_in_hand(),
        drafts=drafts.drafts(g.partnership.id),
        sent=drafts.sent(g.partnership.id),
        to_whom=_to_whom,
    )


@coordinator.route("/letters/own/new", methods=["GET", "POST"])
@coordinators_only
def own_letter_new() -> Any:
    """A letter to the schools that the address or the form names; `?again=` begins with the words and schools of one
    that was sent."""
    programme = the_programme()
    again = row_number(request.args.get("again", ""))
    before = _ours(again) if again is not None else None
    organisation_ids = (
        drafts.organisation_ids_of(before)
        if before
        else organisation_ids_in(*request.values.getlist("organisation_id"))
    )
    organisations = drafts.our_organisations(g.partnership.id, organisation_ids)
    form = form_for(programme, organisations, drafts.typed_in(before) if before else None)
    if form.validate_on_submit():
        with transaction():
            letter = drafts.keep(
                programme,
                organisation_ids,
                form.typed(),
                form_key=form_key_sent(),
                who=who(),
                now=clock.now(),
            )
            on = _fit(letter)
            letter_id = letter.id
        return _on(letter_id, on)
    return new_page(programme, organisation_ids, form=form)


@coordinator.route("/letters/own/<int:own_letter_id>", methods=["GET", "POST"])
@coordinators_only
def own_letter(own_letter_id: int) -> Any:
    """A draft, to be written on; one that was sent as it was sent, with what came of it."""
    letter = _ours(own_letter_id)
    programme = _programme(letter)
    if letter.sent_at is not None and request.method != "POST":
        return _sent_page(programme, letter)
    organisations = drafts.organisations_of(letter)
    form = form_for(programme, organisations, drafts.typed_in(letter))
    stands = opened.over(lambda: _stands(programme, own_letter_id), letter, "changed")
    if form.validate_on_submit():
        with transaction():
            letter = _ours(own_letter_id)
            stands.unchanged(lambda: drafts.lock(letter))
            drafts.change(letter, form.typed(), who=who(), now=clock.now())
            on = _fit(letter)
        return _on(own_letter_id, on)
    return draft_page(programme, letter, organisations, form)


@coordinator.get("/letters/own/<int:own_letter_id>/check")
@coordinators_only
def own_letter_check(own_letter_id: int) -> Any:
    """Who gets it and who not, and the letter to one of them; nothing has gone yet."""
    letter = _ours(own_letter_id)
    programme = _programme(letter)
    where = url_for("coordinator.own_letter", own_letter_id=own_letter_id)
    if letter.sent_at is not None:
        return redirect(where, 303)
    organisation_id = next(iter(organisation_ids_in(request.args.get("organisation_id", ""))), None)
    with back_to(where):
        found = sending.preview(programme, letter, organisation_id, now=clock.now())
    before, after = found.beside()
    page = render_template(
        "coordinator/own_letter_check.html",
        programme=programme,
        letter=letter,
        found=found,
        before=before,
        after=after,
    )
    return framing(page)


@coordinator.get("/letters/own/<int:own_letter_id>/check/<int:organisation_id>/html")
@coordinators_only
def own_letter_html(own_letter_id: int, organisation_id: int) -> Any:
    """The letter to one school as mail readers show it, for the frame on its page."""
    letter, organisation = _ours(own_letter_id), our_organisation(organisation_id)
    with back_to(url_for("coordinator.own_letter", own_letter_id=own_letter_id)):
        found = sending.preview(_programme(letter), letter, organisation.organisation_id, now=clock.now())
    if found.letter is None or found.shown is None or found.shown.organisation != organisation:
        abort(404)
    return in_frame(found.letter.html)


@coordinator.post("/letters/own/<int:own_letter_id>/send")
@coordinators_only
def own_letter_send(own_letter_id: int) -> Any:
    """The list and the words that were read, judged again: nobody gets it whom the list did not name."""
    letter = _ours(own_letter_id)
    edition = row_number(request.form.get("edition", "")) or 0
    with back_to(url_for("coordinator.own_letter_check", own_letter_id=own_letter_id)), transaction():
        letter = _ours(own_letter_id)
        sending.send(
            _programme(letter),
            letter,
            edition=edition,
            seen=shown_to_go(),
            who=who(),
            now=clock.now(),
        )
    return redirect(url_for("coordinator.own_letter", own_letter_id=own_letter_id), 303)


@coordinator.post("/letters/own/<int:own_letter_id>/withdraw")
@coordinators_only
def own_letter_withdraw(own_letter_id: int) -> Any:
    """All of it is taken back, while none of it has gone."""
    _ours(own_letter_id)
    where = url_for("coordinator.own_letter", own_letter_id=own_letter_id)
    with back_to(where), transaction():
        letter = _ours(own_letter_id)
        n = sending.withdraw(_programme(letter), letter, who=who(), now=clock.now())
    flash(f"Taken back: {count(n, 'letter')}. Nothing went." if n else "It was taken back already.")
    return redirect(where, 303)


@coordinator.post("/letters/own/<int:own_letter_id>/leave-out")
@coordinators_only
def own_letter_leave_out(own_letter_id: int) -> Any:
    """One school of a draft gets none."""
    _ours(own_letter_id)
    where = url_for("coordinator.own_letter_check", own_letter_id=own_letter_id)
    organisation_id = next(iter(organisation_ids_in(request.form.get("organisation_id", ""))), 0)
    with back_to(where), transaction():
        drafts.leave_out(_ours(own_letter_id), organisation_id)
    return redirect(where, 303)


@coordinator.post("/letters/own/<int:own_letter_id>/remove")
@coordinators_only
def own_letter_remove(own_letter_id: int) -> Any:
    _ours(own_letter_id)
    with back_to(url_for("coordinator.own_letter", own_letter_id=own_letter_id)), transaction():
        drafts.remove(_ours(own_letter_id))
    flash("The draft is thrown away.")
    return redirect(url_for("coordinator.own_letters"), 303)


def _to_whom(row: OwnLetterInList) -> str:
    """'3 schools', '2 bodies', '5 schools and bodies'."""
    there = {is_body for is_body, n in ((False, row.schools), (True, row.bodies)) if n}
    return who_asked.of_halves(there).count(row.schools + row.bodies)


def _ours(own_letter_id: int) -> OwnLetter:
    return drafts.find(own_letter_id, g.partnership.id)


def _programme(letter: OwnLetter) -> Programme:
    return spoken.of(programmes.get(g.partnership.id, letter.programme_id))


def _fit(letter: OwnLetter) -> bool:
    """Whether the button that leads on was pressed; then the draft must be fit to be sent."""
    if request.form.get("then") != CHECK:
        return False
    drafts.check(drafts.typed_in(letter))
    return True


def _on(own_letter_id: int, to_check: bool) -> Any:
    if not to_check:
        flash("Kept as a draft. Nothing has gone.")
    page = "coordinator.own_letter_check" if to_check else "coordinator.own_letter"
    return redirect(url_for(page, own_letter_id=own_letter_id), 303)


def _stands(programme: Programme, own_letter_id: int) -> dict[str, str]:
    """What a draft says now, as its form has it."""
    letter = _ours(own_letter_id)
    typed = drafts.typed_in(letter)
    form = OwnLetterForm(formdata=None, data=vars(typed) | {"to_declined": typed.to_declined})
    return opened.words_of(form)


def _sent_page(programme: Programme, letter: OwnLetter) -> str:
    found = sending.outcomes(letter)
    return render_template(
        "coordinator/own_letter_sent.html",
        programme=programme,
        letter=letter,
        written=[one for one in found if one.letter is not None],
        left_out=[one for one in found if one.letter is None],
        seconds_left=sending.seconds_left(letter, now=clock.now()),
    )
