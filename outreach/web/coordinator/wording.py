"""Wording of letters: what each says in the partnership's own words, as a real school gets it, and each version."""

from itertools import groupby
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user

from outreach.asking import letter_cases, wording_shown
from outreach.asking.letter_cases import Bench
from outreach.county import organisations, partnerships
from outreach.county.coordinators import Coordinator
from outreach.county.schools import Organisation
from outreach.coverage import standings
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.history import Subject
from outreach.ground.row_numbers import row_number
from outreach.post import letter_kinds, worded, wordings
from outreach.post.letter_kinds import LetterKind
from outreach.post.worded import Worded, WordsUnfit
from outreach.post.wordings import LetterWording
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
    groups = [(group, list(kinds)) for group, kinds in groupby(letter_kinds.ALL, key=lambda one: one.group)]
    return render_template(
        "coordinator/wording.html", groups=groups, standings=wordings.standings(g.partnership.id)
    )


@coordinator.route("/letters/wording/<letter>", methods=["GET", "POST"])
@coordinators_only
def wording_letter(letter: str) -> Any:
    """The words to write on, beside the letter that they make; kept as a draft, nothing that is sent changes."""
    kind, mine = _kind(letter), g.partnership.id
    draft = wordings.draft(mine, kind.kind)
    shown_words = _words_of(draft, kind)
    begun = vars(shown_words or worded.original(kind.kind))
    form = WordingForm(data=begun)
    if kind.heads:
        form.subject.label.text = "Heading"
    stands = opened.over(
        lambda: opened.words_of(WordingForm(formdata=None, data=begun)),
        Subject("partnership", mine, mine),
        "changed the wording",
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(lambda: partnerships.lock(mine), opened.words_of(form))
            partnerships.lock(mine)
            wordings.keep_draft(mine, kind.kind, form.worded(), who=who(), now=clock.now())
        flash("Kept as a draft. Letters say what they said, until it is used.")
        return redirect(
            _page(kind, school=request.form.get("school", ""), case=request.form.get("case", "")), 303
        )
    school, schools, bench = _bench()
    case = _case(kind)
    page = render_template(
        "coordinator/wording_letter.html",
        form=form,
        kind=kind,
        name=letter,
        draft=draft,
        versions=wordings.versions(mine, kind.kind),
        options=[(one.organisation_id, one.name) for one in schools],
        cases=[(n, one.title) for n, one in enumerate(letter_cases.cases_of(kind.kind))],
        case=case,
        school=school,
        reader=bench.to,
        shown=wording_shown.shown(bench, kind.kind, letter_cases.cases_of(kind.kind)[case], shown_words),
        phones_show=PHONES_SHOW,
        address=_my_address(),
    )
    return framing(page), status()


@coordinator.get("/letters/wording/<letter>/html")
@coordinators_only
def wording_html(letter: str) -> Any:
    """The letter as mail readers show it, for the frame on its page."""
    kind = _kind(letter)
    case, words = letter_cases.cases_of(kind.kind)[_case(kind)], _shown_words(kind)
    return in_frame(wording_shown.shown(_bench()[2], kind.kind, case, words).html)


@coordinator.post("/letters/wording/<letter>/preview")
@coordinators_only
def wording_preview(letter: str) -> Any:
    """The letter in the words that are typed, for the frame; nothing is kept. What is unfit is said there."""
    kind, form = _kind(letter), WordingForm()
    try:
        if not form.validate():
            raise WordsUnfit(next(iter(form.errors.values()))[0], "words")
        worded.check(kind.kind, form.worded())
    except Refusal as refusal:
        return in_frame(render_template("coordinator/wording_unfit.html", refusal=refusal)), 422
    case = letter_cases.cases_of(kind.kind)[_case(kind)]
    return in_frame(wording_shown.shown(_bench()[2], kind.kind, case, form.worded()).html)


@coordinator.post("/letters/wording/<letter>/use")
@coordinators_only
def wording_use(letter: str) -> Any:
    kind = _kind(letter)
    with back_to(_page(kind)), transaction():
        partnerships.lock(g.partnership.id)
        wordings.use_draft(
            g.partnership.id,
            kind.kind,
            number=row_number(request.form.get("number", "")) or 0,
            who=who(),
            now=clock.now(),
        )
    flash(f"‘{kind.title}’ says this from now on. What went, and what waits to go, stays as it is.")
    return redirect(_page(kind), 303)


@coordinator.post("/letters/wording/<letter>/again")
@coordinators_only
def wording_again(letter: str) -> Any:
    """Back to an older version, or to the original."""
    kind, number = _kind(letter), row_number(request.form.get("number", ""))
    with back_to(_page(kind)), transaction():
        partnerships.lock(g.partnership.id)
        wordings.use_again(g.partnership.id, kind.kind, number, who=who(), now=clock.now())
    flash("Used again from now on. What went stays as it went.")
    return redirect(_page(kind), 303)


@coordinator.post("/letters/wording/<letter>/throw-away")
@coordinators_only
def wording_throw_away(letter: str) -> Any:
    kind = _kind(letter)
    with transaction():
        partnerships.lock(g.partnership.id)
        wordings.throw_away_draft(g.partnership.id, kind.kind)
    flash("The draft is thrown away. Letters say what they said.")
    return redirect(_page(kind), 303)


@coordinator.post("/letters/wording/<letter>/test")
@coordinators_only
def wording_test(letter: str) -> Any:
    """One letter, to whoever presses alone."""
    kind = _kind(letter)
    school, _, bench = _bench()
    case = _case(kind)
    words, address = _shown_words(kind), _my_address()
    with back_to(_page(kind)), transaction():
        chosen = letter_cases.cases_of(kind.kind)[case]
        wording_shown.send_test(bench, kind.kind, chosen, words, address=address, now=clock.now())
    flash(f"A test goes to {address}. Its links lead nowhere.")
    return redirect(_page(kind, school=str(school.organisation_id) if school else "", case=str(case)), 303)


def _kind(letter: str) -> LetterKind:
    """By its name in an address, which has a hyphen for each blank."""
    kind = letter_kinds.KINDS.get(letter.replace("-", " "))
    return kind if kind is not None and letter == kind.kind.replace(" ", "-") else abort(404)


def _page(kind: LetterKind, school: str = "", case: str = "") -> str:
    letter = kind.kind.replace(" ", "-")
    return url_for("coordinator.wording_letter", letter=letter, school=school or None, case=case or None)


def _my_address() -> str:
    return db.session.get_one(Coordinator, current_user.person_id).email


def _shown_words(kind: LetterKind) -> Worded | None:
    """What the letter on the page says: the draft, else what is in use; None for the original."""
    return _words_of(wordings.draft(g.partnership.id, kind.kind), kind)


def _words_of(draft: LetterWording | None, kind: LetterKind) -> Worded | None:
    return draft.worded if draft else wordings.in_use(g.partnership.id).get(kind.kind)


def _bench() -> tuple[Organisation | None, list[Organisation], Bench]:
    """The school that letters are shown for (the one that is asked for, else the first of the target), all of the
    target by name, and its facts; made up where there is none."""
    programme, now = programme_in_hand(), clock.now()
    ids = standings.target_of(programme.id, now=now) if programme else ()
    schools = sorted(organisations.of_ids(ids, g.partnership.id), key=lambda one: one.name) if ids else []
    asked = row_number(request.values.get("school", ""))
    school = next((one for one in schools if one.organisation_id == asked), schools[0] if schools else None)
    return school, schools, wording_shown.bench(g.partnership, programme, school, now=now)


def _case(kind: LetterKind) -> int:
    """The branch that is asked for, by its place among them; else the first."""
    asked = row_number(request.values.get("case", ""))
    return asked if asked is not None and asked < len(letter_cases.cases_of(kind.kind)) else 0
