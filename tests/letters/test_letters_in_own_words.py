"""Every letter in the words one begins with, which say what ours say; and with all that can be put in."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import test_whole_letters as whole
from flask import Flask
from test_whole_letters import ALL, SETTINGS, Kept, Undo, Words, flat, same_tokens

import words_of_pupils
from outreach import create_app
from outreach.asking import letter_cases
from outreach.asking.letter_cases import Bench
from outreach.ground.db import db, transaction
from outreach.post import copies, letter_values, letters, proposing, worded
from outreach.post.guests import notes
from outreach.post.guests.notes import WaitWords
from outreach.post.letter_kinds import KINDS, MAY_BE_EMPTY
from outreach.post.outbox import SENT, Letter
from outreach.post.placeholders import PlaceholderUnfit
from outreach.post.stationery import LetterVisit, LostTime, Sender
from outreach.post.worded import Worded, WordsUnfit
from post import facts
from post.facts import EXPIRES, JOANNA, NOW, put_down

ORIGINALS = {kind: worded.original(kind) for kind in KINDS}
SHORTER = {"invitation", "reminder", "second reminder"}
"""Kinds whose words to begin with are shorter than ours: what is always added stands below them."""
OURS = {
    "forgotten_password",
    "new_device",
    "sign_in_changed",
    "team_invitation",
    "digest",
    "own_words",
    "own_words_with_a_greeting_and_a_link",
    "before_visit",
    "before_visit_with_questions",
    "before_visit_for_adults",
}
"""Letters of one's account, to coordinators, and those whose words have a page of their own."""


def kept_in_place_of_another() -> Letter:
    """The company cannot play, so another time is kept."""
    kept = whole.visit(reply_by=date(2027, 2, 5))
    lost = LostTime(starts_at=kept.starts_at, by="company", reason="The van broke down.")
    return proposing.proposed(kept, JOANNA, whole.sender(), lost=lost, now=NOW, expires_at=EXPIRES)


def moved_by_nothing_but_the_company() -> Letter:
    whole.invited()
    return same_time(whole.visit(sequence=1))


def moved_by_nothing_but_the_company_for_a_guest() -> Letter:
    whole.had_guest_invite()
    return same_time(whole.guest_visit(sequence=1))


def same_time(now_stands: LetterVisit) -> Letter:
    was = now_stands.starts_at
    return letters.moved(
        now_stands,
        JOANNA,
        whole.sender(),
        was_starts_at=was,
        note="Two vans.",
        now=whole.LATER,
        expires_at=EXPIRES,
    )


def places_at_another_session() -> Letter:
    letters.booked(whole.session(), JOANNA, whole.sender(), now=NOW, expires_at=EXPIRES).status = SENT
    later = whole.session(sequence=1)
    return letters.moved_places(
        later, JOANNA, whole.sender(), was_at="Tuesday 2 March, online", now=whole.LATER, expires_at=EXPIRES
    )


def places_given_up() -> Letter:
    letters.booked(whole.session(), JOANNA, whole.sender(), now=NOW, expires_at=EXPIRES).status = SENT
    off = whole.session(sequence=1)
    return letters.cancelled(off, JOANNA, whole.sender(), reason="", by="school", now=whole.LATER)


def session_called_off() -> Letter:
    letters.booked(whole.session(), JOANNA, whole.sender(), now=NOW, expires_at=EXPIRES).status = SENT
    off = whole.session(sequence=1)
    return letters.cancelled(
        off, JOANNA, whole.sender(), reason="The trainer is ill.", by="company", now=whole.LATER
    )


def called_off_by_us_without_a_reason() -> Letter:
    whole.invited()
    return letters.cancelled(
        whole.visit(sequence=1), JOANNA, whole.sender(), reason="", by="coordinator", now=whole.LATER
    )


def the_wait_ends() -> Letter:
    wait = WaitWords(
        subject="No places at ‘Someone to Tell’ came free", said="No places came free, so your wait is over."
    )
    return whole.note(notes.WAIT_ENDED, wait=wait)


EVERY = [
    *ALL,
    kept_in_place_of_another,
    moved_by_nothing_but_the_company,
    moved_by_nothing_but_the_company_for_a_guest,
    places_at_another_session,
    places_given_up,
    session_called_off,
    called_off_by_us_without_a_reason,
    the_wait_ends,
]
EDITED = [write.__name__ for write in EVERY if write.__name__ not in OURS]
each_letter = pytest.mark.parametrize("name", sorted(set(EDITED)))


def written(words: Mapping[str, Worded], folder: Path) -> tuple[dict[str, Kept], dict[str, str]]:
    """Every letter in such words, and which kind each is."""
    app = create_app(
        SETTINGS
        | {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/letters.sqlite", "OUTREACH_FOLDER": str(folder)}
    )
    letters, kinds = {}, {}

    def sender(partnership_id: int = 1, **changes: Any) -> Sender:
        return replace(facts.sender(partnership_id, **changes), worded=words)

    def kind_of(template: str, of: Mapping[str, Any]) -> str:
        kinds["newest"] = KIND_OF(template, of)
        return kinds["newest"]

    with app.app_context():
        db.create_all()
        put_down()
        for write in EVERY:
            with pytest.MonkeyPatch.context() as patch, suppress(Undo), transaction():
                same_tokens(patch)
                patch.setitem(vars(whole), "sender", sender)
                patch.setattr(letter_values, "kind_of", kind_of)
                letter = write()
                letters[write.__name__] = Kept(letter.raw, letter.method, letter.subject)
                kinds[write.__name__] = kinds["newest"]
                raise Undo
    return letters, kinds


KIND_OF: Callable[[str, Mapping[str, Any]], str] = letter_values.kind_of


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Kept], dict[str, str]]:
    return written({}, tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Kept]:
    return written(ORIGINALS, tmp_path_factory.mktemp("own"))[0]


def body(text: str) -> str:
    """The words after the heading, as one line; a title's quotation marks are no matter."""
    return re.sub("[‘’](Someone to Tell|The play)’", r"\1", flat(text[text.index("Dear ") :]))


@each_letter
def test_the_words_one_begins_with_say_what_ours_say(
    ours: tuple[dict[str, Kept], dict[str, str]], own: dict[str, Kept], name: str
) -> None:
    letters, kinds = ours
    before, after = copies.read(letters[name].raw), copies.read(own[name].raw)
    if kinds[name] not in SHORTER:
        assert body(after.text) == body(before.text)
        assert own[name].subject == letters[name].subject
    assert Words(before.html).links == Words(after.html).links


@each_letter
def test_both_readings_of_ones_own_words_say_the_same(own: dict[str, Kept], name: str) -> None:
    whole.test_text_and_html_say_the_same(own, name)
    whole.test_a_letter_is_sound_mail(own, name)


def test_every_kind_is_among_these_letters(ours: tuple[dict[str, Kept], dict[str, str]]) -> None:
    letters, kinds = ours
    assert set(KINDS) - set(kinds.values()) == set()
    assert {name for name in letters if kinds[name] not in KINDS} == OURS


def test_all_that_can_be_put_in_says_something_in_every_letter(tmp_path: Path) -> None:
    all_of_it = {
        kind: Worded(
            subject="{play}",
            words="Dear {name},\n\n"
            + "\n\n".join(f"[{name}:{{{name}}}]" for name in one.values)
            + "\n\n"
            + "\n\n".join(f"{{{part.name}}}" for part in one.parts),
        )
        for kind, one in KINDS.items()
    }
    for kind, words in all_of_it.items():
        worded.check(kind, words)
    letters, kinds = written(all_of_it, tmp_path)
    said = {name: copies.read(letters[name].raw).text for name in EDITED}
    assert {
        (name, value)
        for name in EDITED
        for value in KINDS[kinds[name]].values
        if f"[{value}:]" in said[name] and value not in MAY_BE_EMPTY
    } == set()
    assert [name for name in EDITED if "None" in said[name] or "{" in said[name]] == []


def test_in_ones_own_words_too_no_letter_of_a_programme_for_adults_speaks_of_pupils(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole.of_staff(monkeypatch)
    monkeypatch.setitem(
        vars(whole), "sender", lambda *n, **changes: replace(facts.sender(*n, **changes), worded=ORIGINALS)
    )
    wrong = {}
    for write in EVERY:
        if write in whole.OF_PUPILS_ALONE or write.__name__ in OURS:
            continue
        with suppress(Undo), transaction():
            copy = copies.read(write().raw)
            said = flat(copy.text) + words_of_pupils.read(copy.html)
            wrong[write.__name__] = words_of_pupils.found(whole.TYPED.sub("", said))
            raise Undo
    assert {name: said for name, said in wrong.items() if said} == {}


EACH_CASE = [(kind, case.title) for kind in KINDS for case in letter_cases.cases_of(kind)]


def test_each_branch_that_is_shown_is_of_its_kind_and_says_in_the_first_words_what_ours_say(
    app: Flask,
) -> None:
    """Of the made-up school, as of a real one with a booking."""
    real = Bench(
        asking=facts.asking(),
        visit=facts.visit(),
        to=JOANNA,
        sender=facts.sender(),
        now=NOW,
        asked_on=NOW.date(),
    )
    wrong, kinds = [], []

    def kind_of(template: str, of: Mapping[str, Any]) -> str:
        kinds.append(KIND_OF(template, of))
        return kinds[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(letter_values, "kind_of", kind_of)
        for bench in (letter_cases.made_up(facts.sender(), now=NOW), real):
            own = replace(bench, sender=replace(bench.sender, worded=ORIGINALS))
            for kind in KINDS:
                for case in letter_cases.cases_of(kind):
                    before, after = case.draw(bench), case.draw(own)
                    said = (kind, case.title)
                    if kinds[-1] != kind or Words(before.html).links != Words(after.html).links:
                        wrong.append(said)
                    if kind not in SHORTER and (
                        body(before.text) != body(after.text) or before.subject != after.subject
                    ):
                        wrong.append(said)
    assert wrong == []
    assert len(set(EACH_CASE)) == len(EACH_CASE) > 150


HOSTILE = [
    "{{ 7*7 }}",
    "{% for a in b %}x{% endfor %}",
    "{name.__class__.__mro__}",
    "{sender.contact_email}",
    "{name!r:>99}",
    "{0}",
    "{",
    "}",
]


@pytest.mark.parametrize("kind", KINDS)
def test_no_language_and_no_markup_passes_in_the_words_of_any_kind(app: Flask, kind: str) -> None:
    """Neither in what a lead writes nor in what a school calls itself: it stands there as it was typed."""
    first = ORIGINALS[kind]
    for typed in HOSTILE:
        for hostile in (
            replace(first, subject=f"{first.subject} {typed}"),
            replace(first, words=f"{first.words}\n\n{typed}"),
        ):
            with pytest.raises((PlaceholderUnfit, WordsUnfit)):
                worded.check(kind, hostile)
    written = replace(
        first,
        subject=f"{first.subject} <b>x</b>\r\nBcc: x@evil.example",
        words=f"{first.words}\n\n<img src=x onerror=alert(1)> javascript:alert(2) &lt; [a](javascript:b)",
    )
    worded.check(kind, written)
    bench = letter_cases.made_up(replace(facts.sender(), worded={kind: written}), now=NOW)
    named = "<script>{note}</script> {{ 7*7 }}"
    bench = replace(
        bench,
        asking=replace(bench.asking, organisation_name=named),
        visit=replace(bench.visit, place_name=named),
        to=replace(bench.to, name="{school}\r\nBcc: y@evil.example"),
    )
    for case in letter_cases.cases_of(kind):
        letter = case.draw(bench)
        assert "\n" not in letter.subject
        assert "\r" not in letter.subject
        assert "<script" not in letter.html
        assert "<img src=x" not in letter.html
        assert "<b>x</b>" not in letter.html
        assert 'href="javascript' not in letter.html
        assert "&lt;img src=x onerror=alert(1)&gt;" in letter.html
        assert "<img src=x onerror=alert(1)>" in letter.text
