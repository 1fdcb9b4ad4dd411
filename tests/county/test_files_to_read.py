"""Files that wait to be read: put down and put together again in pieces, in one pair of hands at a time, read once, and
gone when they were."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

import make
from outreach.county import files_to_read
from outreach.county.files_to_read import (
    BROKE_OFF,
    FILE,
    MISSED,
    OUR_FAULT,
    REGISTER,
    FileInHand,
    FilePiece,
    FileToRead,
)
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal

NOW = make.NOW


@pytest.fixture
def here(app: Flask) -> Partnership:
    with transaction():
        return make.partnership()


def put_down(here: Partnership, *, kind: str = REGISTER, now: datetime = NOW, **parts: bytes) -> str:
    with transaction():
        return files_to_read.put_down(
            kind,
            {name: io.BytesIO(content) for name, content in (parts or {FILE: b"URN\n"}).items()},
            file_name="register.csv",
            partnership_id=here.id,
            who="Priya Nandakumar",
            now=now,
        )


def of(token: str) -> FileToRead:
    db.session.rollback()
    return db.session.scalars(select(FileToRead).where(FileToRead.token == token)).one()


def pieces() -> int:
    return db.session.scalar(select(func.count()).select_from(FilePiece)) or 0


def read(
    reader: Callable[[FileInHand], Callable[[], str]],
    *,
    now: datetime = NOW,
    told: Callable[[], bool] = lambda: False,
) -> bool:
    return files_to_read.read_next({REGISTER: reader}, clock=lambda: now, commits=transaction, told=told)


def never(_: FileInHand) -> Callable[[], str]:
    raise AssertionError("it is not to be read")


def test_what_was_sent_in_is_put_together_again_and_goes_once_it_is_read(
    here: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_to_read, "PIECE", 4)
    found: dict[str, bytes] = {}
    token = put_down(here, file=b"\0\xff23456789", links=b"")
    assert pieces() == 4

    def reader(file: FileInHand) -> Callable[[], str]:
        found.update({name: stream.read() for name, stream in file.parts.items()})
        return lambda: "Kept."

    assert read(reader) is True
    assert found == {"file": b"\0\xff23456789", "links": b""}
    row = of(token)
    assert (row.told, row.why, row.finished_at, pieces()) == ("Kept.", (), NOW, 0)
    assert read(never) is False


def test_a_second_one_takes_the_place_of_the_first_of_its_kind_and_partnership_alone(
    here: Partnership,
) -> None:
    with transaction():
        neighbour = make.partnership(("932",))
    first, postcodes = put_down(here), put_down(here, kind="postcodes")
    theirs, second = put_down(neighbour), put_down(here)
    assert files_to_read.find(first, partnership_id=here.id) is None
    for token, whose in ((postcodes, here), (theirs, neighbour), (second, here)):
        assert files_to_read.find(token, partnership_id=whose.id) is not None
    assert files_to_read.find(theirs, partnership_id=here.id) is None
    with transaction():
        files_to_read.discard(theirs, partnership_id=here.id)
    assert pieces() == 3


def test_a_file_is_taken_by_one_of_two_readers(app: Flask, here: Partnership) -> None:
    token, taken, raised = put_down(here), list[bool](), list[BaseException]()

    def other() -> None:
        with app.app_context():
            try:
                with transaction():
                    taken.append(files_to_read.claim("the other", NOW) is not None)
            except BaseException as error:
                raised.append(error)
            finally:
                db.session.remove()

    beside = Thread(target=other)
    with transaction():
        assert files_to_read.claim("one", NOW) is not None
        beside.start()
        beside.join(0.4)
    beside.join(60)
    assert raised == [] and taken == [False] and of(token).taken_by == "one"


def test_a_file_whose_reader_is_gone_is_begun_once_more_and_then_refused(here: Partnership) -> None:
    token, at = put_down(here), NOW
    for n in range(2):
        with transaction():
            assert files_to_read.claim(f"doomed {n}", at) is not None
            assert files_to_read.claim("another", at + MISSED / 2) is None
        at += MISSED + timedelta(seconds=1)
        assert of(token).nobody_reads(at)
    assert read(never, now=at) is False
    row = of(token)
    assert (row.why, row.finished_at, pieces()) == ((BROKE_OFF,), at, 0)


def test_what_a_reader_brings_of_a_file_that_another_has_begun_counts_for_nothing(
    here: Partnership,
) -> None:
    token, kept = put_down(here), list[str]()

    def overtaken(_: FileInHand) -> Callable[[], str]:
        with transaction():
            assert files_to_read.claim("another", NOW + 2 * MISSED) is not None
        return lambda: kept.append("twice") or ""

    assert read(overtaken) is True
    row = of(token)
    assert (kept, row.taken_by, row.finished_at, pieces()) == ([], "another", None, 1)


@pytest.mark.parametrize("gone", ["discarded", "replaced"])
def test_a_file_that_is_discarded_while_it_is_read_leaves_nothing(here: Partnership, gone: str) -> None:
    token, at = put_down(here), NOW

    def reader(file: FileInHand) -> Callable[[], str]:
        if gone == "discarded":
            with transaction():
                files_to_read.discard(token, partnership_id=here.id)
        else:
            put_down(here)
        file.beat_at -= timedelta(minutes=1)
        file.progress(0, 500)
        raise AssertionError("it goes on")

    assert read(reader, now=at) is True
    db.session.rollback()
    assert pieces() == (gone == "replaced")


def test_how_far_it_is_stands_there_while_it_is_read(here: Partnership) -> None:
    token, seen = put_down(here), list[tuple[int, bool]]()

    def reader(file: FileInHand) -> Callable[[], str]:
        for lines in (500, 1000):
            file.progress(0, lines)
            seen.append((of(token).lines, of(token).nobody_reads(NOW)))
            file.beat_at -= timedelta(seconds=1)
        return lambda: ""

    assert read(reader) is True
    assert seen == [(0, False), (1000, False)]  # no oftener than each second


def test_a_reader_that_is_told_to_go_gives_the_file_back(here: Partnership) -> None:
    token = put_down(here)

    def reader(file: FileInHand) -> Callable[[], str]:
        file.progress(0, 500)
        raise AssertionError("it goes on")

    for _ in range(3):
        assert read(reader, told=lambda: True) is True
    row = of(token)
    assert (row.taken_by, row.beat_at, row.begun, row.finished_at, pieces()) == ("", None, 0, None, 1)


def test_a_refusal_and_a_fault_are_put_down_in_words(here: Partnership) -> None:
    def refuses(_: FileInHand) -> Callable[[], str]:
        raise Refusal("This file is empty.", field="links")

    def breaks(_: FileInHand) -> Callable[[], str]:
        raise MemoryError

    def refuses_late(_: FileInHand) -> Callable[[], str]:
        def keep() -> str:
            raise Refusal("Nothing is in it.")

        return keep

    cases: tuple[tuple[Any, str, str], ...] = (
        (refuses, "This file is empty.", "links"),
        (breaks, OUR_FAULT, ""),
        (refuses_late, "Nothing is in it.", ""),
    )
    for reader, why, of_what in cases:
        token = put_down(here)
        assert read(reader) is True
        row = of(token)
        assert (row.why, row.why_of, pieces()) == ((why,), of_what, 0)
        assert not row.nobody_reads(NOW + 2 * MISSED)


def test_what_nobody_read_for_a_day_goes(here: Partnership) -> None:
    put_down(here)
    with transaction():
        files_to_read.sweep(now=NOW + timedelta(hours=24))
    assert pieces() == 1
    with transaction():
        files_to_read.sweep(now=NOW + timedelta(hours=24, seconds=1))
    assert pieces() == 0
