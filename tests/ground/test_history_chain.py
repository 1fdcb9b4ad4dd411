"""The history and the chain over it: whoever changes, removes, adds or moves a deed past the service is found out, and
what was erased for a person's sake is not."""

import random
import sqlite3
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import sessionmaker

import make
from outreach.cli.history import seal
from outreach.ground import history, history_chain
from outreach.ground.db import broken_guard, db, transaction
from outreach.ground.history import History
from outreach.ground.history_chain import HistoryLink
from tampering import past_the_service

KEY = "7d1f0c4e92a85b36e0b7c41d8f2a6953"
LATER = make.NOW + timedelta(minutes=10)


@pytest.fixture
def whose(app: Flask) -> int:
    app.config["HISTORY_KEY"] = KEY
    with transaction():
        return int(make.partnership().id)


@pytest.fixture(autouse=True)
def settings_again(app: Flask) -> Any:
    yield
    app.config.update(HISTORY_KEY="", HISTORY_KEY_FALLBACKS=[])


def told(whose: int, *names: str, at: Any = make.NOW) -> list[int]:
    """A deed of each of some people; their ids."""
    with transaction():
        for n, name in enumerate(names):
            of = history.Subject("booking", n + 1, whose)
            history.record("moved", of, who=name, now=at, before={"day": (1, 2)}, after={"day": {8: "ä"}})
    return list(db.session.scalars(select(History.id).order_by(History.id)))[-len(names) :]


def found(**kept: Any) -> list[str]:
    db.session.rollback()
    return [fault.words for fault in history_chain.verify(**kept).faults]


CHANGES = (
    "UPDATE history SET who = 'x'",
    "UPDATE history SET recorded_at = '2027-01-19 09:00:00'",
    "UPDATE history SET who = '', who_salt = NULL",
    'UPDATE history SET "before" = NULL, "after" = NULL, told_salt = NULL',
    "UPDATE history SET who_digest = NULL",
    "DELETE FROM history",
    "UPDATE history_link SET sealed_at = '2027-01-19 09:00:00'",
    "DELETE FROM history_link",
)


@pytest.mark.parametrize("statement", CHANGES)
def test_nothing_of_the_history_is_changed_or_removed(whose: int, statement: str) -> None:
    told(whose, "Joanna", "Priya")
    seal(now=LATER)
    table = "history_link" if "history_link" in statement else "history"
    with pytest.raises(IntegrityError) as refused, transaction() as session:
        session.execute(text(statement))
    assert broken_guard(refused.value) == f"{table}_only_grows"
    assert [row.who for row in db.session.scalars(select(History).order_by(History.id))] == [
        "Joanna",
        "Priya",
    ]
    assert found() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_deed_is_put_in_the_place_of_another(whose: int) -> None:
    """REPLACE removes what is there and asks no trigger of DELETE; an upsert turns an insert into a change."""
    told(whose, "Joanna")
    seal(now=LATER)
    same = "(id, recorded_at, who, what, subject, subject_id) SELECT id, recorded_at, 'x', what, 'post', 1 FROM history"
    link = "SELECT position, history_id, mac, key_id, sealed_at, closes_at FROM history_link"
    for statement in (
        f"INSERT OR REPLACE INTO history {same}",
        f"INSERT INTO history {same} WHERE true ON CONFLICT (id) DO UPDATE SET who = 'x'",
        "UPDATE OR REPLACE history SET id = id + 1",
        f"INSERT OR REPLACE INTO history_link {link}",
    ):
        for foreign_keys in ("ON", "OFF"):
            raw = sqlite3.connect(str(db.engine.url.database))
            raw.execute(f"PRAGMA foreign_keys={foreign_keys}")
            with pytest.raises(sqlite3.IntegrityError, match="only_grows"):
                raw.execute(statement)
            raw.close()
    assert found() == []


def test_two_connections_cannot_change_it_between_them(whose: int) -> None:
    """While one adds a deed, another tries to change and to remove all: nothing of either is lost."""
    told(whose, "Joanna")
    other = sessionmaker(create_engine(db.engine.url))
    said: list[str] = []

    def attack() -> None:
        for statement in CHANGES[:6]:
            with other() as session:
                try:
                    session.execute(text(statement))
                    session.commit()
                except DBAPIError as error:
                    said.append(str(error.orig))

    with transaction():
        history.record("moved", history.Subject("booking", 9, whose), who="Priya", now=make.NOW)
        db.session.flush()
        thread = Thread(target=attack)
        if db.engine.dialect.name == "postgresql":  # SQLite has one writer at a time
            thread.start()
            thread.join()
    if db.engine.dialect.name == "sqlite":
        thread.start()
        thread.join()
    assert len(said) == 6 and all("history_only_grows" in one for one in said)
    assert [row.who for row in db.session.scalars(select(History).order_by(History.id))] == [
        "Joanna",
        "Priya",
    ]


def test_a_chain_that_nobody_touched_is_whole_and_says_until_when(whose: int) -> None:
    told(whose, "Joanna", "Priya", "Owen")
    assert seal(now=LATER) == 3 and seal(now=LATER) == 0
    told(whose, "Ann", at=LATER)
    verdict = history_chain.verify()
    assert (verdict.faults, verdict.links, verdict.waiting, verdict.closed_until) == ((), 3, 1, LATER)
    assert seal(now=LATER + timedelta(minutes=10)) == 1
    verdict = history_chain.verify(kept=verdict.head)
    assert (verdict.faults, verdict.links, verdict.waiting) == ((), 4, 0)
    assert verdict.closed_until == LATER + timedelta(minutes=10)


def test_whatever_is_done_past_the_service_is_found_and_named(whose: int) -> None:
    first, second, third, fourth = told(whose, "Joanna", "Priya", "Owen", "Ann")
    seal(now=LATER)
    last = history_chain.head()
    assert found(kept=last) == []
    columns = "recorded_at, who, what, subject, subject_id, partnership_id"
    past_the_service(
        f"UPDATE history SET who = 'Nobody' WHERE id = {first}",
        f"UPDATE history SET what = 'booked' WHERE id = {second}",
        f"DELETE FROM history WHERE id = {third}",
        f"INSERT INTO history ({columns}) SELECT '2026-12-01 09:00:00', 'x', what, subject, subject_id, "
        f"partnership_id FROM history WHERE id = {fourth}",
    )
    assert found(kept=last) == [
        f"Deed {first} says something else than it did (who).",
        f"Deed {second} is not as it was sealed: it was changed, or put elsewhere.",
        f"Deed {third} was removed: the chain has it at place 3.",
        f"Deed {fourth + 1} was added later: the chain is closed past its day, and does not have it.",
    ]
    seal(now=LATER + timedelta(hours=2))
    assert (
        found()[-2:]
        == [
            f"Deed {fourth + 1} was added later: the chain was closed past its day by then.",
            *[f"Deed {fourth + 1} was not written by the service: it has no digest."] * 1,
        ]
        or len(found()) == 6
    )


def test_a_chain_that_was_put_in_another_order_or_cut_is_found(whose: int) -> None:
    first, second, *_ = told(whose, "Joanna", "Priya", "Owen", "Ann")
    seal(now=LATER)
    last = history_chain.head()
    assert last is not None
    swap = "UPDATE history_link SET history_id = {} WHERE position = {}"
    past_the_service(swap.format(900, 1), swap.format(first, 2), swap.format(second, 1))
    assert len(found()) == 2 and all("put elsewhere" in one for one in found())
    past_the_service(swap.format(900, 1), swap.format(second, 2), swap.format(first, 1))
    assert found() == []
    past_the_service(
        f"DELETE FROM history_link WHERE position = {last.position}",
        "DELETE FROM history WHERE id = (SELECT max(id) FROM history)",
    )
    assert found() == [], "an end that was cut off looks like one that never was"
    assert found(kept=last) == ["The end was cut off: there was a link 4, and there is none now."]
    told(whose, "Mallory", at=LATER)
    seal(now=LATER)
    assert found() == []
    assert found(kept=last) == ["Link 4 is another than the one that was written down."]
    past_the_service("DELETE FROM history_link WHERE position = 2")
    assert found() == ["1 of the chain before place 3 are gone."]


def test_what_was_erased_verifies_and_cannot_be_read_or_guessed(whose: int) -> None:
    first, second, third = told(whose, "Joanna", "Joanna", "Priya")
    seal(now=LATER)
    last = history_chain.head()
    with transaction():
        assert history.erase([first], part=history.WHO, whose=whose, who="Priya", now=LATER) == 1
        assert history.erase([second], part=history.TOLD, whose=whose, who="Priya", now=LATER) == 1
    one, two = (db.session.get_one(History, key) for key in (first, second))
    assert (one.who, one.who_salt, one.before, one.what) == ("", None, {"day": [1, 2]}, "moved")
    assert (two.who, two.before, two.after, two.told_salt) == ("Joanna", None, None, None)
    assert one.who_digest != two.who_digest, "the same name is not told by its digest"
    verdict = history_chain.verify(kept=last)
    assert (verdict.faults, verdict.erased) == ((), 2)
    assert [(d.what, d.who) for d in history.history_of(history.ERASED, first)] == [("erased who", "Priya")]
    with transaction():
        assert history.erase([first], part=history.WHO, whose=whose, who="Priya", now=LATER) == 0
    seal(now=LATER)
    past_the_service(f"UPDATE history SET who = '', who_salt = NULL WHERE id = {third}")
    assert found() == [f"Deed {third} was emptied (who), and nothing says that anybody did."]
    past_the_service(f"UPDATE history SET who = 'Owen' WHERE id = {first}")
    assert found()[0] == f"Deed {first} was erased and filled again (who)."


def test_an_erasing_is_all_that_the_database_lets_through(whose: int) -> None:
    first, second = told(whose, "Joanna", "Priya")
    with transaction():
        history.record("erased who", history.Subject(history.ERASED, first, whose), who="x", now=LATER)
    for change in ("who = 'x'", "who = ''", "who = '', who_salt = NULL, what = 'x'", "told_salt = NULL"):
        with pytest.raises(IntegrityError, match="history_only_grows"), transaction() as session:
            session.execute(text(f"UPDATE history SET {change} WHERE id = {first}"))
    with pytest.raises(IntegrityError, match="history_only_grows"), transaction() as session:
        session.execute(text(f"UPDATE history SET who = '', who_salt = NULL WHERE id = {second}"))


def test_nobody_erases_what_another_partnership_did(whose: int) -> None:
    (deed,) = told(whose, "Joanna")
    with transaction():
        other = make.partnership(("932",)).id
    with pytest.raises(history.NotOurs), transaction():
        history.erase([deed], part=history.WHO, whose=other, who="x", now=LATER)
    assert db.session.get_one(History, deed).who == "Joanna"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_a_transaction_still_holds_is_sealed_after_it_ended_and_not_missed(whose: int) -> None:
    """One that began earlier and ends later has an earlier number: what was sealed past it would leave a hole."""
    other = sessionmaker(create_engine(db.engine.url))()
    other.execute(text("INSERT INTO history (recorded_at, who, what, subject, subject_id, partnership_id, who_salt, "
                       "who_digest, told_salt, told_digest) SELECT now(), 'x', 'x', 'x', '1', :whose, '', '', '', ''"),
                  {"whose": whose})  # fmt: skip
    told(whose, "Joanna")
    assert history_chain.waiting() == [] and seal(now=LATER) == 0
    other.commit()
    other.close()
    assert seal(now=LATER) == 2
    assert history_chain.verify().waiting == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_that_seal_at_once_make_one_chain(whose: int) -> None:
    told(whose, *"ABCDEFGH")
    db.session.rollback()
    waiting = history_chain.waiting()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    added: list[int] = []

    def work() -> None:
        with app.app_context():
            for part in (waiting[:4], waiting[4:]):
                with transaction():
                    added.append(history_chain.add(part, last=part == waiting[4:], now=LATER))
            db.session.remove()

    db.session.rollback()
    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(added) == 8 and found() == []


def test_a_key_that_was_changed_opens_what_it_sealed(app: Flask, whose: int) -> None:
    told(whose, "Joanna")
    seal(now=LATER)
    app.config.update(HISTORY_KEY=KEY[::-1], HISTORY_KEY_FALLBACKS=[KEY])
    told(whose, "Priya", at=LATER)
    seal(now=LATER)
    assert found() == []
    app.config["HISTORY_KEY_FALLBACKS"] = []
    assert ["key that is set no more" in one for one in found()] == [True]
    app.config["HISTORY_KEY"] = ""
    for verb in (found, lambda: seal(now=LATER)):
        told(whose, "Owen", at=LATER)
        with pytest.raises(history_chain.NoKey):
            verb()


@pytest.mark.parametrize("seed", range(12))
def test_any_one_change_of_a_sealed_deed_is_found(whose: int, seed: int) -> None:
    """Whatever column of whichever deed, or of whichever link, says something else."""
    draw = random.Random(seed)
    ids = told(whose, *"ABCDE")
    with transaction():
        make.partnership(("932",))
    seal(now=LATER)
    column, value = draw.choice(
        [
            ("recorded_at", "'2027-01-19 09:00:01'"),
            ("who", "'Z'"),
            ("what", "'looked'"),
            ("subject", "'letter'"),
            ("subject_id", "'77'"),
            ("partnership_id", "(SELECT max(id) FROM partnership)"),
            ('"after"', "'{}'"),
            ('"before"', "'1'"),
            ("who_digest", "told_digest"),
            ("told_digest", "who_digest"),
            ("told_salt", "who_salt"),
        ]
    )
    past_the_service(f"UPDATE history SET {column} = {value} WHERE id = {draw.choice(ids)}")
    assert found() != []


@pytest.mark.parametrize("column", ["mac = key_id", "sealed_at = '2027-01-19 09:00:01'", "closes_at = NULL"])
def test_any_change_of_a_link_is_found(whose: int, column: str) -> None:
    told(whose, *"ABC")
    seal(now=LATER)
    if db.engine.dialect.name == "postgresql":
        column = column.replace("mac = key_id", "mac = key_id::bytea")
    past_the_service(f"UPDATE history_link SET {column} WHERE position = 3")
    assert found() != []


def test_what_is_sealed_is_found_with_few_questions_however_long_it_is(
    whose: int, count_queries: Any
) -> None:
    asked = []
    for _ in range(2):
        told(whose, *"ABCDEF")
        with count_queries() as queries:
            seal(now=LATER)
            history_chain.verify()
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert db.session.query(HistoryLink).count() == 12
