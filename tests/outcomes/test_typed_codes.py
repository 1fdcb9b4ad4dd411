"""Codes that pupils type: how hard one is to guess, how many wrong ones are taken, and that no right one is refused."""

import re
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select, update

import make
from asked import Asked, lay
from outreach.asking.short_codes import SIGNS
from outreach.ground import day_counts
from outreach.ground.day_counts import EVERYWHERE, DayCount
from outreach.ground.db import db, transaction
from outreach.outcomes import typed_codes, waves
from outreach.outcomes.typed_codes import GUESSES, NO_POSTCODE, TOO_MANY, UNKNOWN
from outreach.privacy import sweep

SCHOOL, ELSEWHERE = "198.51.100.7", "203.0.113.9"
WRONG = "AAAAAAA"
A_WEEK, OPEN = 20_000, 5_000


@pytest.fixture
def asked(app: Flask) -> Asked:
    with transaction():
        return lay()


def enter(typed: str, postcode: str = "", *, network: str = SCHOOL, days: int = 0) -> str:
    """The code that opens, or why none does."""
    with transaction():
        found = typed_codes.enter(typed, postcode, network=network, now=make.NOW + timedelta(days=days))
        return found if isinstance(found, str) else found.written


def counted(network: str, number: int | None = None) -> int:
    """How many wrong guesses stand against a network; set to a number first, where one is given."""
    key = day_counts._key(GUESSES.what, network, make.NOW.date())
    if number is not None:
        with transaction():
            day_counts.add(GUESSES.what, network, now=make.NOW)
            db.session.execute(update(DayCount).where(DayCount.key == key).values(number=number))
    found = db.session.scalar(select(DayCount.number).where(DayCount.key == key))
    db.session.rollback()
    return found or 0


def test_a_week_of_guesses_finds_one_of_all_that_are_open_with_less_than_a_hundredth(asked: Asked) -> None:
    codes = {waves._fresh() for _ in range(60)}
    assert {len(code) for code in codes} == {7} and set("".join(codes)) == set(SIGNS)
    chance = OPEN * A_WEEK / len(SIGNS) ** waves.SIGNS_IN_A_CODE
    days_that_a_week_touches = 8
    assert GUESSES.in_all * days_that_a_week_touches < A_WEEK and chance < 0.01
    assert re.fullmatch(r"[0-9a-f]{16}", asked.code("after").secret or ""), "64 bits"
    said = " ".join((Path(__file__).parents[2] / "docs" / "security.md").read_text().split())
    assert f"{OPEN:,} × {A_WEEK:,} / 27⁷ = {chance:.2%}".replace("%", " %") in said
    for number in (GUESSES.by_network, GUESSES.most_by_network, GUESSES.in_all):
        assert f"{number:,} wrong" in said


def test_a_class_behind_one_address_gets_in_with_its_mistakes(asked: Asked) -> None:
    written = asked.code("after").written
    for n in range(35):
        for _ in range(2 + n % 2):
            enter(WRONG)
        assert enter(written.lower()) == written
    assert enter("not a code") == UNKNOWN
    assert counted(SCHOOL) == counted(EVERYWHERE) == 87, "what can be no code is no guess"


def test_past_the_limit_of_a_network_the_postcode_is_asked_for_and_then_nothing_is_taken(
    asked: Asked,
) -> None:
    code, host = asked.code("after"), asked.school
    with transaction():
        host.postcode = "LS1 4AP"
        make.booking(asked.show, {8: 5}, of=make.school(postcode="YO1 7HH"))
    assert counted(SCHOOL, GUESSES.by_network - 1)
    assert enter(code.written) == code.written and enter(WRONG) == UNKNOWN
    assert enter(code.written) == enter(WRONG) == NO_POSTCODE
    assert counted(SCHOOL) == GUESSES.by_network, "where nothing is looked up nothing is learnt"
    assert enter(code.written, "ls14ap") == enter(code.written, " YO1  7hh ") == code.written
    assert enter(code.written, "ZZ9 9ZZ") == enter(WRONG, "LS1 4AP") == UNKNOWN
    assert counted(SCHOOL) == GUESSES.by_network + 2
    assert counted(SCHOOL, GUESSES.most_by_network)
    assert enter(code.written, "LS1 4AP") == TOO_MANY
    assert enter(code.written, network=ELSEWHERE) == enter(code.written, days=1) == code.written


def test_past_the_limit_in_all_no_right_code_is_refused(asked: Asked) -> None:
    code = asked.code("after")
    with transaction():
        asked.school.postcode = "LS1 4AP"
    assert counted(EVERYWHERE, GUESSES.in_all)
    assert enter(code.written, network=ELSEWHERE) == NO_POSTCODE
    assert enter(code.written, "LS1 4AP", network=ELSEWHERE) == code.written
    with transaction():
        asked.school.postcode = ""
    assert enter(code.written, "LS1 4AP") == code.written, "where none is known none can be right"


def test_guesses_made_side_by_side_are_counted_one_after_the_other(app: Flask, asked: Asked) -> None:
    """Twelve connections, and two guesses left."""
    counted(SCHOOL, GUESSES.by_network - 2)
    said: list[str] = []
    ready = Barrier(12)

    def guess() -> None:
        with app.app_context():
            ready.wait(120)
            said.append(enter(WRONG))

    db.session.remove()
    threads = [Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(said) == [NO_POSTCODE] * 10 + [UNKNOWN] * 2
    assert counted(SCHOOL) == GUESSES.by_network


def test_of_a_network_a_hash_of_the_day_is_kept_until_the_next(app: Flask, asked: Asked) -> None:
    for day in range(2):
        enter(WRONG, days=day)
        enter(WRONG, network=ELSEWHERE, days=day)
    rows = db.session.scalars(select(DayCount).order_by(DayCount.day)).all()
    assert len({row.key for row in rows}) == len(rows) == 6
    assert all(re.fullmatch("[0-9a-f]{32}", row.key) for row in rows)
    (task,) = (one for one in sweep.tasks(None) if one.name == "counted")
    for days, left in ((1, 3), (2, 0)):
        with transaction():
            sweep.next_batch(task, None, now=make.NOW + timedelta(days=days))
        assert len(db.session.scalars(select(DayCount)).all()) == left


def test_a_code_that_was_printed_before_leads_to_an_address_with_a_secret(asked: Asked) -> None:
    with transaction():
        code = asked.code("after")
        code.code, code.secret = "HERON4837", None
    assert code.in_address == "heron-4837" and waves.find_address("heron-4837") is None
    assert enter("heron 4837") == "HERON 4837"
    address = asked.code("after").in_address
    assert re.fullmatch(r"heron-4837-[0-9a-f]{16}", address)
    assert waves.find_address(address.upper()) == code
    assert waves.find_address(address[:-1] + ("0" if address[-1] != "0" else "1")) is None
