"""Short codes: what opens, what is counted, what ends."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

import make
from outreach.asking import short_codes
from outreach.asking.short_codes import LETTER, SIGNS, WORDS, ShortCode, TooManyTries, WrongTry
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post import links

NOW = make.NOW
POSTCODE = "ZZ9 3AB"


class Door:
    """Two schools of one postcode, and one elsewhere."""

    def __init__(self) -> None:
        with transaction():
            self.programme = make.programme(make.partnership())
            self.school = make.school(postcode=POSTCODE)
            self.beside = make.school(postcode="zz93ab")
            self.elsewhere = make.school(postcode="ZZ1 1AA")

    def give(self, kind: str = LETTER, school: School | None = None) -> str:
        with transaction():
            _, written = short_codes.give(
                self.programme, school or self.school, kind, expires_at=NOW + timedelta(days=30), now=NOW
            )
        return written

    def spoken(self) -> str:
        with transaction():
            return short_codes.give_to_read_out(
                self.programme, self.school, name="Jo Fell", who="Priya", now=NOW
            )

    def open(self, code: str, postcode: str = POSTCODE, *, origin: str = "", after: float = 0) -> int | None:
        """The URN that opens, None for a pair that does not go together."""
        with transaction():
            token = short_codes.open_with(postcode, code, origin=origin, now=NOW + timedelta(hours=after))
        if token is None:
            return None
        link = links.find(token)
        assert link is not None
        return link.organisation_id


@pytest.fixture
def door(app: Flask) -> Door:
    return Door()


def wrong(code: str) -> str:
    """A code of the same shape that is another."""
    last = "4" if code[-1] != "4" else "6"
    return code[:-1] + last


def how_they_ended() -> list[str | None]:
    return list(db.session.scalars(select(ShortCode.ended_as).order_by(ShortCode.id)))


def test_code_has_eight_signs_that_are_not_read_as_others_and_is_kept_as_a_salted_hash(door: Door) -> None:
    one, other = door.give(), door.give(school=door.elsewhere)
    for code in (one, other):
        assert len(code) == 9 and code[4] == " " and set(code) - {" "} <= set(SIGNS)
    assert not set(SIGNS) & set("0O1IL2Z5S")
    kept = db.session.scalars(select(ShortCode.code_hash)).all()
    assert all(hashed.startswith("scrypt:") for hashed in kept) and len(set(kept)) == 2
    assert one.replace(" ", "") not in "".join(kept)


@pytest.mark.parametrize(
    ("typed", "postcode"),
    [
        (str, POSTCODE),
        (str.lower, "zz93ab"),
        (lambda code: code.replace(" ", ""), " ZZ93AB "),
        (lambda code: f" {code.replace(' ', '-')} ", "Zz9  3aB"),
    ],
)
def test_code_and_postcode_open_the_school_however_they_are_typed(
    door: Door, typed: Callable[[str], str], postcode: str
) -> None:
    code = door.give()
    door.give(school=door.beside)
    assert door.open(typed(code), postcode) == door.school.organisation_id
    assert door.open(code) == door.school.organisation_id, "a letter's code opens again for a colleague"


@pytest.mark.parametrize("postcode", ["ZZ1 1AA", "", "ZZ9 3A"])
def test_code_opens_nothing_with_another_postcode(door: Door, postcode: str) -> None:
    assert door.open(door.give(), postcode) is None


def test_new_code_ends_the_old_and_another_schools_stays(door: Door) -> None:
    other = door.give(school=door.elsewhere)
    old, new = door.give(), door.give()
    assert door.open(old) is None
    assert door.open(new) == door.school.organisation_id
    assert door.open(other, "ZZ1 1AA") == door.elsewhere.organisation_id
    assert how_they_ended() == [None, "replaced", None]


def test_code_ends_with_its_day(door: Door) -> None:
    code = door.give()
    assert door.open(code, after=30 * 24 - 1) == door.school.organisation_id
    assert door.open(code, after=30 * 24) is None


def test_ten_wrong_tries_a_day_close_a_school_to_the_right_code_too(door: Door) -> None:
    code, elsewhere = door.give(), door.give(school=door.elsewhere)
    for _ in range(10):
        assert door.open(wrong(code)) is None
    with pytest.raises(TooManyTries):
        door.open(code, after=23)
    assert door.open(elsewhere, "ZZ1 1AA") == door.elsewhere.organisation_id
    assert door.open(code, after=24) == door.school.organisation_id


def test_nine_wrong_tries_close_nothing(door: Door) -> None:
    code = door.give()
    for _ in range(9):
        door.open(wrong(code))
    assert door.open(code) == door.school.organisation_id


def test_twenty_wrong_tries_from_one_address_close_it_for_a_day_and_no_other(door: Door) -> None:
    code = door.give()
    for n in range(20):
        assert door.open("AAAA AAAA", f"AB{n} 1CD", origin="192.0.2.7") is None
    with pytest.raises(TooManyTries):
        door.open(code, origin="192.0.2.7")
    assert door.open(code, origin="192.0.2.8") == door.school.organisation_id
    assert door.open(code, origin="192.0.2.7", after=24) == door.school.organisation_id
    assert set(db.session.scalars(select(WrongTry.origin))) == {""}, "the address is forgotten after a day"


def test_what_is_read_out_is_a_plain_word_and_four_figures_and_gone_when_used(door: Door) -> None:
    code = door.spoken()
    word, figures = code.split()
    assert word.lower() in WORDS and len(figures) == 4 and figures.isdigit()
    assert door.open(code.lower()) == door.school.organisation_id
    assert door.open(code) is None
    assert how_they_ended() == ["used"]


def test_what_is_read_out_lives_three_days(door: Door) -> None:
    code = door.spoken()
    assert door.open(code, after=72) is None
    assert door.open(code, after=71.9) == door.school.organisation_id


def test_five_wrong_tries_end_what_was_read_out_and_the_letters_code_stays(door: Door) -> None:
    letter, code = door.give(), door.spoken()
    for _ in range(5):
        assert door.open(wrong(code)) is None
    assert door.open(code) is None
    assert door.open(letter) == door.school.organisation_id
    assert how_they_ended() == [None, "tried too often"]


def test_four_wrong_tries_end_nothing(door: Door) -> None:
    code = door.spoken()
    for _ in range(4):
        door.open(wrong(code))
    assert door.open(code) == door.school.organisation_id


def test_words_sound_different_and_are_short() -> None:
    assert len(set(WORDS)) == len(WORDS) >= 80
    assert all(3 <= len(word) <= 6 and word.isalpha() for word in WORDS)
    assert all(a != b for a, b in pairwise(sorted(WORDS)))


def test_tries_of_many_at_once_count_as_many(app: Flask, door: Door) -> None:
    """Twelve at once: ten are counted, and the rest are refused."""
    code = door.give()
    said: list[str] = []
    ready = Barrier(12)

    def tries() -> None:
        with app.app_context():
            ready.wait(120)
            try:
                said.append(str(door.open(wrong(code))))
            except TooManyTries:
                said.append("too many")

    db.session.remove()
    threads = [Thread(target=tries) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(said) == ["None"] * 10 + ["too many"] * 2


def test_used_by_two_at_once_it_opens_for_one(app: Flask, door: Door) -> None:
    code = door.spoken()
    said: list[object] = []
    ready = Barrier(2)

    def opens() -> None:
        with app.app_context():
            ready.wait(120)
            said.append(door.open(code))

    organisation_id = door.school.organisation_id
    db.session.remove()
    threads = [Thread(target=opens) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(said, key=str) == [organisation_id, None]


def test_database_keeps_one_standing_code_of_a_kind(door: Door) -> None:
    door.give()
    with pytest.raises(IntegrityError), transaction():
        db.session.add(
            ShortCode(
                organisation_id=door.school.organisation_id,
                programme_id=door.programme.id,
                partnership_id=door.programme.partnership_id,
                kind=LETTER,
                code_hash="x",
                created_at=NOW,
                expires_at=NOW,
            )
        )
        db.session.flush()
