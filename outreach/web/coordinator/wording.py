"""Wording of letters: what they say in the partnership's own words, as a real school gets it, and each version."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user

from outreach.asking import invitations, wording_shown
from outreach.county import organisations, partnerships
from outreach.county.coordinators import Coordinator
from outreach.county.schools import Organisation
from outreach.coverage import standings
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.history import Subject
from outreach.ground.row_numbers import row_number
from outreach.post import worded, wordings
from outreach.post.stationery import Worded
from outreach.tour.programmes import Programme
from outreach.web import forms, opened
from outreach.web.coordinator.framing import framing, in_frame
from outreach.web.gate import coordinator, coordinators_only, programme_in_hand, who
from outreach.web.refusals import back_to, status

LONGEST_SUBJECT, LONGEST = 120, 3000
PHONES_SHOW = 40
"""Characters of a subject that a phone's list shows, roughly."""


class WordingForm(forms.Form):
    subject = forms.text("Subject", required="Enter the subject.", at_most=LONGEST_SUBJECT)
    words = forms.words(
        "Letter",
        required="Enter what the letter says.",
        at_most=LONGEST,
        hint="An empty line begins a paragraph. ‘Dear …’ is put before it unless you greet, and who "
        "signs below it.",
    )

    def worded(self) -> Worded:
        return Worded(subject=self.subject.data, words=self.words.data)


@coordinator.get("/letters/wording")
@coordinators_only
def wording() -> Any:
    rows = [
        (kind, title, wordings.versions(g.partnership.id, kind)[0], wordings.draft(g.partnership.id, kind))
        for kind, title in worded.KINDS.items()
    ]
    return render_template("coordinator/wording.html", rows=rows)


@coordinator.route("/letters/wording/<letter>", methods=["GET", "POST"])
@coordinators_only
def wording_letter(letter: str) -> Any:
    """The words to write on, beside the letter that they make; kept as a draft, nothing that is sent changes."""
    kind, mine = _kind(letter), g.partnership.id
    form = WordingForm(data=vars(_begun(kind)))
    stands = opened.over(
        lambda: opened.words_of(WordingForm(formdata=None, data=vars(_begun(kind)))),
        Subject("partnership", mine, mine),
        "changed the wording",
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(lambda: partnerships.lock(mine), opened.words_of(form))
            partnerships.lock(mine)
            wordings.keep_draft(mine, kind, form.worded(), who=who(), now=clock.now())
        flash("Kept as a draft. Letters say what they said, until it is used.")
        return redirect(_page(kind, school=request.form.get("school", "")), 303)
    programme, cases = _cases()
    school = _school(cases)
    draft = wordings.draft(mine, kind)
    letter_shown = None
    if programme and school:
        letter_shown = wording_shown.shown(programme, school, kind, _shown_words(kind), now=clock.now())
    page = render_template(
        "coordinator/wording_letter.html",
        form=form,
        kind=kind,
        name=letter,
        title=worded.KINDS[kind],
        draft=draft,
        versions=wordings.versions(mine, kind),
        placeholders={name: worded.MEANS[name] for name in worded.known(kind)},
        options=[(one.organisation_id, one.name) for one in cases],
        school=school,
        reader=invitations.first_reachable(school.organisation_id) if school else None,
        shown=letter_shown,
        phones_show=PHONES_SHOW,
        address=_my_address(),
    )
    return framing(page), status()


@coordinator.get("/letters/wording/<letter>/html")
@coordinators_only
def wording_html(letter: str) -> Any:
    """The letter as mail readers show it, for the frame on its page."""
    kind = _kind(letter)
    programme, cases = _cases()
    school = _school(cases)
    if programme is None or school is None:
        abort(404)
    return in_frame(wording_shown.shown(programme, school, kind, _shown_words(kind), now=clock.now()).html)


@coordinator.post("/letters/wording/<letter>/use")
@coordinators_only
def wording_use(letter: str) -> Any:
    kind = _kind(letter)
    with back_to(_page(kind)), transaction():
        partnerships.lock(g.partnership.id)
        wordings.use_draft(
            g.partnership.id,
            kind,
            number=row_number(request.form.get("number", "")) or 0,
            who=who(),
            now=clock.now(),
        )
    flash(f"‘{worded.KINDS[kind]}’ says this from now on. What went, and what waits to go, stays as it is.")
    return redirect(_page(kind), 303)


@coordinator.post("/letters/wording/<letter>/again")
@coordinators_only
def wording_again(letter: str) -> Any:
    """Back to an older version, or to the original."""
    kind, number = _kind(letter), row_number(request.form.get("number", ""))
    with back_to(_page(kind)), transaction():
        partnerships.lock(g.partnership.id)
        wordings.use_again(g.partnership.id, kind, number, who=who(), now=clock.now())
    flash("Used again from now on. What went stays as it went.")
    return redirect(_page(kind), 303)


@coordinator.post("/letters/wording/<letter>/throw-away")
@coordinators_only
def wording_throw_away(letter: str) -> Any:
    kind = _kind(letter)
    with transaction():
        partnerships.lock(g.partnership.id)
        wordings.throw_away_draft(g.partnership.id, kind)
    flash("The draft is thrown away. Letters say what they said.")
    return redirect(_page(kind), 303)


@coordinator.post("/letters/wording/<letter>/test")
@coordinators_only
def wording_test(letter: str) -> Any:
    """One letter, to whoever presses alone."""
    kind = _kind(letter)
    programme, cases = _cases()
    school = _school(cases)
    if programme is None or school is None:
        abort(404)
    words, address = _shown_words(kind), _my_address()
    with back_to(_page(kind)), transaction():
        wording_shown.send_test(programme, school, kind, words, address=address, now=clock.now())
    flash(f"A test goes to {address}. Its links lead nowhere.")
    return redirect(_page(kind, school=str(school.organisation_id)), 303)


def _kind(letter: str) -> str:
    kind = letter.replace("-", " ")
    return kind if kind in worded.KINDS and letter == kind.replace(" ", "-") else abort(404)


def _page(kind: str, school: str = "") -> str:
    return url_for("coordinator.wording_letter", letter=kind.replace(" ", "-"), school=school or None)


def _my_address() -> str:
    return db.session.get_one(Coordinator, current_user.person_id).email


def _begun(kind: str) -> Worded:
    """What one writes on: the draft, else what is in use, else the original's words as far as they can be edited."""
    return _shown_words(kind) or worded.original(kind)


def _shown_words(kind: str) -> Worded | None:
    """What the letter on the page says: the draft, else what is in use; None for the original."""
    draft = wordings.draft(g.partnership.id, kind)
    return draft.worded if draft else wordings.in_use(g.partnership.id).get(kind)


def _cases() -> tuple[Programme | None, list[Organisation]]:
    """The schools of the target that a letter can be shown for, by name."""
    programme = programme_in_hand()
    if programme is None:
        return None, []
    ids = standings.target_of(programme.id, now=clock.now())
    return programme, sorted(organisations.of_ids(ids, g.partnership.id), key=lambda one: one.name)


def _school(cases: list[Organisation]) -> Organisation | None:
    """The one that is asked for, else the first."""
    asked = row_number(request.values.get("school", ""))
    return next((one for one in cases if one.organisation_id == asked), cases[0] if cases else None)
