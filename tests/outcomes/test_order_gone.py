"""Once a wave is closed nothing tells in which order its answers came: not the rows, nor the files of the database."""

from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError

import make
from asked import CLOSED_BY, RIGHT_AFTER, Asked, answers, lay
from outreach.ground import history
from outreach.ground.db import broken_guard, db, transaction, write_file_anew
from outreach.outcomes import answering, closing, open_answers, questionnaires, tallies, waves
from outreach.outcomes.closed_answers import ClosedAnswer, counts_by_item, numbers_of_pupils
from outreach.outcomes.items import SCALE

PUPILS = 150


def said(n: int) -> dict[int, int]:
    """What pupil n answers; no two of fifty the same."""
    return {1: 1 + n % 5, 2: 1 + n // 5 % 5, 3: 1 + n // 25 % 5, 5: n % 2}


@pytest.fixture
def known_keys() -> dict[int, int]:
    """Pupil n's key, in no order; `keys['next']` is whose turn it is."""
    draw = Random(5)
    return {n: draw.getrandbits(62) | 1 << 61 for n in range(PUPILS)}


def story(keys: dict[int, int], order: list[int], monkeypatch: pytest.MonkeyPatch) -> tuple[Asked, list[str]]:
    """The pupils answer in an order, and the wave is closed; the hashes of their forms."""
    # What the history is salted with tells of no order: the same salts, so that all else may be compared.
    monkeypatch.setattr(history, "token_bytes", Random(7).randbytes)
    monkeypatch.setattr(waves, "_fresh", iter(f"HERON{n}" for n in range(2222, 9999)).__next__)
    monkeypatch.setattr(waves.secrets, "token_hex", lambda size: "6" * 2 * size)
    with transaction():
        asked = lay(pupils=PUPILS)
    code, forms = asked.code("after"), []
    for n in order:
        monkeypatch.setattr(answering.secrets, "randbits", lambda _bits, n=n: keys[n])
        assert answers(code, said(n))
    forms = list(db.session.scalars(text(f"SELECT form FROM used_forms_{asked.waves['after'].id}")))
    db.session.rollback()
    return asked, forms


def close(asked: Asked) -> None:
    with transaction():
        assert closing.close_next(now=CLOSED_BY)  # the wave before the show
        assert closing.close_next(now=CLOSED_BY)
    assert closing.any_order_left()
    assert write_file_anew(patience=20)
    with transaction():
        closing.note_order_gone(closed_by=CLOSED_BY, now=CLOSED_BY + timedelta(minutes=1))
    assert not closing.any_order_left()


def test_closed_answers_are_all_there_by_key_with_the_day_alone(
    app: Flask, known_keys: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, forms = story(known_keys, list(range(PUPILS)), monkeypatch)
    assert len(set(forms)) == PUPILS
    assert open_answers.names_of_tables() == ["open_answers_2", "used_forms_2"]
    close(asked)
    rows = db.session.scalars(select(ClosedAnswer)).all()
    assert {row.key: (row.a1, row.a2, row.a3, row.a4, row.a5, row.a6) for row in rows} == {
        known_keys[n]: (said(n)[1], said(n)[2], said(n)[3], None, said(n)[5], None) for n in range(PUPILS)
    }
    assert {(row.answered_on, row.wave_id, row.set_aside) for row in rows} == {
        (RIGHT_AFTER.date(), asked.waves["after"].id, False)
    }
    assert open_answers.names_of_tables() == []
    assert asked.waves["after"].order_gone_at == CLOSED_BY + timedelta(minutes=1)
    assert numbers_of_pupils([wave.id for wave in asked.waves.values()]) == {asked.waves["after"].id: PUPILS}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_neither_place_nor_transaction_of_a_row_tells_when_it_came(
    app: Flask, known_keys: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = list(range(PUPILS))
    Random(8).shuffle(order)
    asked, _ = story(known_keys, order, monkeypatch)
    close(asked)
    rows = db.session.execute(text("SELECT key, xmin::text AS xmin FROM closed_answer ORDER BY ctid")).all()
    assert [row.key for row in rows] == sorted(known_keys.values())
    assert len({row.xmin for row in rows}) == 1
    files = db.session.scalars(
        text("SELECT count(*) FROM pg_class WHERE relname ~ '^(open_answers|used_forms)_'")
    )
    assert files.one() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_byte_of_the_file_or_its_log_is_another_where_the_same_answers_came_in_another_order(
    app: Flask, database_url: str, known_keys: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole file: what is dropped leaves its pages, pages their order, and rows their numbers."""
    file = Path(database_url.removeprefix("sqlite:///"))
    first = list(range(PUPILS))
    other = list(reversed(first))
    db.session.remove()
    empty = _written(file)
    found = []
    event.listen(db.engine, "connect", _leaves_what_is_deleted)
    for order in (first, other):
        db.engine.dispose()
        file.write_bytes(empty)
        # Builders of tests number their rows over all tests: both stories begin at the same number.
        monkeypatch.setattr(make, "_n", count(1))
        asked, forms = story(known_keys, order, monkeypatch)
        raw = _raw(file)
        wave = asked.waves["after"].id
        assert all(form.encode() in raw for form in forms), "while it is open, files tell"
        assert f"open_answers_{wave}".encode() in raw
        close(asked)
        db.session.remove()
        raw = _raw(file)
        assert not any(form.encode() in raw for form in forms)
        assert b"open_answers_" not in raw and b"used_forms_" not in raw
        log = Path(f"{file}-wal").read_bytes()
        assert not any(key.to_bytes(8, "big") in log for key in known_keys.values())
        found.append(_written(file))
    event.remove(db.engine, "connect", _leaves_what_is_deleted)
    assert len(found[0]) > 50_000
    assert all(key.to_bytes(8, "big") in found[0] for key in known_keys.values()), "the closed ones are there"
    assert found[0] == found[1]


def _leaves_what_is_deleted(connection: Any, _record: Any) -> None:
    """As SQLite does; a distribution may build it otherwise."""
    connection.execute("PRAGMA secure_delete=OFF")


def _raw(file: Path) -> bytes:
    return file.read_bytes() + Path(f"{file}-wal").read_bytes()


def _written(file: Path) -> bytes:
    """The file with all that its log holds."""
    assert db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0] == 0
    db.session.remove()
    db.engine.dispose()
    return file.read_bytes()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_while_another_reads_on_the_file_is_not_said_to_be_anew(app: Flask) -> None:
    with transaction():
        lay()
    with db.engine.connect() as another:
        another.execute(text("SELECT count(*) FROM answer_wave")).scalar()
        with transaction():
            make.partnership(("940",))
        assert not write_file_anew(patience=0.2)
    assert write_file_anew(patience=20)


def test_what_was_set_aside_is_kept_and_stands_in_no_sum(app: Flask) -> None:
    with transaction():
        asked = lay()
    bad = asked.code("after")
    for _ in range(3):
        answers(bad, {1: 1})
    with transaction():
        waves.set_aside(bad, "Posted online", who="P", now=RIGHT_AFTER)
        good = waves.renew(asked.waves["after"], who="P", now=RIGHT_AFTER)
    for value in (5, 5, 4):
        answers(good, {1: value})
    with transaction():
        closing.close_next(now=CLOSED_BY)
        closing.close_next(now=CLOSED_BY)
    wave_id = asked.waves["after"].id
    assert sorted(db.session.scalars(select(ClosedAnswer.set_aside))) == [False] * 3 + [True] * 3
    ((at, counted),) = counts_by_item([wave_id]).items()
    assert at[0] == wave_id and counted == {5: 2, 4: 1}
    assert numbers_of_pupils([wave_id]) == {wave_id: 3}


def test_a_closed_answer_never_changes(app: Flask) -> None:
    with transaction():
        asked = lay()
    answers(asked.code("after"))
    with transaction():
        closing.close_next(now=CLOSED_BY)
        closing.close_next(now=CLOSED_BY)
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.execute(text("UPDATE closed_answer SET a1 = 1"))
    assert broken_guard(refused.value) == "closed_answer_only_grows"
    for value in (-1, 6):
        with pytest.raises(IntegrityError) as refused, transaction() as session:
            session.add(
                ClosedAnswer(
                    key=value + 9,
                    partnership_id=asked.programme.partnership_id,
                    wave_id=asked.waves["after"].id,
                    answered_on=RIGHT_AFTER.date(),
                    set_aside=False,
                    a8=value,
                )
            )
        assert broken_guard(refused.value) == "ck_closed_answer_values"


def test_a_wave_that_fails_to_close_keeps_all_its_answers(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        asked = lay()
    answers(asked.code("after"))
    wave_id = asked.waves["after"].id

    def fails(_wave_id: int) -> None:
        raise OSError("the disk went away")

    with monkeypatch.context() as patched:
        patched.setattr(open_answers, "drop", fails)
        with pytest.raises(OSError), transaction():
            closing.close_next(now=CLOSED_BY)
            closing.close_next(now=CLOSED_BY)
    assert open_answers.count(wave_id) == 1
    assert db.session.scalars(select(ClosedAnswer)).all() == []
    with transaction():
        closing.close_next(now=CLOSED_BY)
        closing.close_next(now=CLOSED_BY)
    assert len(db.session.scalars(select(ClosedAnswer)).all()) == 1


def test_sums_by_wave_and_item_take_as_many_queries_for_one_wave_as_for_all(
    app: Flask, count_queries
) -> None:
    with transaction():
        asked = lay()
    for kind, at in (("before", make.NOW), ("after", RIGHT_AFTER)):
        for value in (5, 3, 3):
            answers(asked.code(kind), {1: value, 5: 0}, at=at)
    with transaction():
        closing.close_next(now=CLOSED_BY)
        closing.close_next(now=CLOSED_BY)
    every = [wave.id for wave in asked.waves.values()]
    taken = []
    for ids in (every[:1], every):
        db.session.rollback()
        with count_queries() as queries:
            found = counts_by_item(ids)
        taken.append(len(queries))
    assert taken == [4, 4]
    first = min(item for _, item in found)
    assert {at: counted for at, counted in found.items() if at[1] == first} == {
        (every[0], first): {5: 1, 3: 2},
        (every[1], first): {5: 1, 3: 2},
    }
    assert sum(1 for at in found) == 4


def test_tallies_from_paper_join_the_sums_of_items(app: Flask) -> None:
    with transaction():
        asked = lay(pupils=20)
    wave = asked.waves["after"]
    answers(asked.code("after"), {1: 5})
    first, *_, last = questionnaires.items_of(wave.questionnaire_id)
    assert first.kind == SCALE
    with pytest.raises(tallies.NothingCounted), transaction():
        tallies.count(wave, {(first.id, 5): 0, (first.id, 0): 7, (999, 1): 3}, who="P", now=RIGHT_AFTER)
    with pytest.raises(tallies.MoreThanCame), transaction():
        tallies.count(wave, {(first.id, 5): 22}, who="P", now=RIGHT_AFTER)
    with pytest.raises(tallies.NotNow), transaction():
        tallies.count(asked.waves["later"], {(first.id, 5): 2}, who="P", now=RIGHT_AFTER)
    with transaction():
        pile = tallies.count(
            wave, {(first.id, 5): 4, (first.id, 1): 6, (last.id, 1): 9}, who="P", now=RIGHT_AFTER
        )
        wrong = tallies.count(wave, {(first.id, 3): 3}, who="P", now=RIGHT_AFTER)
    assert tallies.of_wave(wave.id) == [(wrong, 3), (pile, 10)]
    with pytest.raises(tallies.MoreThanCame), transaction():
        tallies.count(wave, {(first.id, 5): 9}, who="P", now=RIGHT_AFTER)
    with transaction():
        tallies.withdraw(wrong, who="P", now=RIGHT_AFTER)
        closing.close_next(now=CLOSED_BY)
        closing.close_next(now=CLOSED_BY)
    assert counts_by_item([wave.id]) == {(wave.id, first.id): {5: 5, 1: 6}, (wave.id, last.id): {1: 9}}
    assert counts_by_item([wave.id], with_tallies=False) == {(wave.id, first.id): {5: 1}}
    for days, refused in ((17, False), (18, True)):
        now = RIGHT_AFTER + timedelta(days=days)
        if refused:
            with pytest.raises(tallies.NotNow), transaction():
                tallies.count(wave, {(last.id, 0): 1}, who="P", now=now)
        else:
            with transaction():
                tallies.count(wave, {(last.id, 0): 1}, who="P", now=now)
