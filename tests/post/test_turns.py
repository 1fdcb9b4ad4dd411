"""Turns of letters: what somebody waits for first, and of each rank one partnership's after the other's."""

import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert, select, text

import make
from outreach.ground.db import db, table_of, transaction
from outreach.ground.turns import Turns
from outreach.post import (
    about_sign_in,
    before_visit,
    digest,
    letter_kinds,
    letters,
    outbox,
    own_letter,
    questions_open,
    ranks,
)
from outreach.post.outbox import WAITING, Letter, LetterMail
from outreach.post.outgoing import claims, postman
from outreach.post.outgoing.claims import LEASE, LetterTurns
from outreach.post.ranks import AT_ONCE, IN_TURN, RANKS
from outreach.post.yearly import still_right
from post.facts import JOANNA, NOW
from post.mail_server import MailServer
from post.postmen import command, post, wait_for

SECOND = timedelta(seconds=1)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def three(app: Flask) -> list[int]:
    """Partnerships 1 and 2 of the facts, and one more."""
    with transaction():
        return [1, 2, make.partnership(("933",)).id]


_n = iter(range(1, 10**9))


def put(of: int, kind: str = "invitation", at: datetime = NOW, **changes: Any) -> int:
    n = next(_n)
    return outbox.put(
        **{
            "partnership_id": of,
            "stream": f"{kind}/{n}",
            "recipient": f"office{n}@of{of}.example",
            "kind": kind,
            "subject": "Someone to Tell",
            "message_id": f"<{n}@outreach.example>",
            "raw": b"From: a@x.example\r\n\r\nAnother",
            "now": at,
        }
        | changes
    ).id


def test_every_kind_of_letter_has_its_rank_and_those_of_what_was_promised_go_at_once() -> None:
    known = {name for one in letter_kinds.ALL for name in one.sent_as}
    known |= {digest.KIND, before_visit.KIND, own_letter.KIND, questions_open.KIND, still_right.KIND}
    known |= {letters.HOW_IT_WENT}
    assert known >= ranks.TO_MANY
    at_once = {kind for kind in known if ranks.rank_of(kind) == AT_ONCE}
    assert at_once >= {"booked", "moved", "cancelled", "time stays", "link", "troupe", "handed on"}
    ours = (about_sign_in.FORGOTTEN, about_sign_in.INVITATION, about_sign_in.NEW_DEVICE, "sent again")
    assert {ranks.rank_of(kind) for kind in ours} == {AT_ONCE}
    assert {ranks.rank_of(kind) for kind in ranks.TO_MANY} == {IN_TURN} and RANKS == (AT_ONCE, IN_TURN)


def test_turns_go_round() -> None:
    turns = Turns()
    assert turns.order([]) == [] and turns.order([3, 1, 2]) == [1, 2, 3]
    turns.served(2)
    assert turns.order([1, 2, 3]) == [3, 1, 2]
    turns.served(9)
    assert turns.order([1, 2, 3]) == [1, 2, 3]


# In the outbox


def test_one_confirmation_goes_before_a_round_of_another_and_its_own(three: list[int]) -> None:
    with transaction():
        for _ in range(5):
            put(1)
            put(2)
        booked = put(2, "booked", NOW + SECOND)
    first, second = ([letter.id for letter in claims.turn("one", [], NOW + SECOND, most=9)] for _ in range(2))
    assert first == [booked] and len(second) == 5


def test_a_handful_is_of_one_partnership_and_the_next_of_the_next(three: list[int]) -> None:
    with transaction():
        for of in three:
            for _ in range(4):
                put(of)
    turns, seen = LetterTurns(), []
    while taken := claims.turn("one", [], NOW, most=2, turns=turns):
        seen.append({letter.partnership_id for letter in taken})
        assert len(taken) == 2
    assert seen == [{of} for of in three * 2]


def test_what_goes_to_many_waits_where_it_was_not_looked_through(three: list[int]) -> None:
    with transaction():
        for of in three:
            put(of)
        booked = put(1, "booked")
    turns, seen = LetterTurns(to_many_of=[2]), []
    while taken := claims.turn("one", [], NOW, most=9, turns=turns):
        seen += [letter.id if letter.id == booked else letter.partnership_id for letter in taken]
    assert seen == [booked, 2]


def test_what_waits_before_a_letter_in_its_thread_goes_as_soon_as_that(three: list[int]) -> None:
    thread = {"stream": "a@x", "recipient": "j.fell@stbrannocs.example"}
    with transaction():
        put(2)
        asked = put(1, "before the visit", **thread)
        old = put(1, "proposed", method="REQUEST", **thread)
        other = put(1, "before the visit", stream="b@x", recipient="j.fell@stbrannocs.example")
        outbox.open_thread(**thread)
        moved = put(1, "moved", method="REQUEST", **thread)
    db.session.expire_all()
    rows = {one: db.session.get_one(Letter, one) for one in (asked, old, other, moved)}
    assert [rows[one].rank for one in (asked, other, moved)] == [AT_ONCE, IN_TURN, AT_ONCE]
    assert [rows[one].status for one in (asked, old, moved)] == [WAITING, "superseded", WAITING]
    assert rows[asked].last_error is None
    assert [letter.id for letter in claims.turn("one", [], NOW, most=9)] == [asked]


@dataclass
class Waits:
    """A letter of the slow reference."""

    id: int
    of: int
    rank: int
    thread: str
    at: datetime


def next_ones(waiting: list[Waits], last: dict[int, int], now: datetime, most: int) -> list[int]:
    """The obvious way: look at all that waits, again and again."""
    free = [one for one in waiting if one.at <= now]
    firsts = {
        min((other for other in waiting if other.thread == one.thread), key=lambda o: o.id).id for one in free
    }
    free = [one for one in free if one.id in firsts]
    if not free:
        return []
    rank = min(one.rank for one in free)
    free = [one for one in free if one.rank == rank]
    of = min({one.of for one in free}, key=lambda of: (of <= last[rank], of))
    last[rank] = of
    theirs = sorted((one for one in free if one.of == of), key=lambda one: (one.at, one.id))
    return [one.id for one in theirs[:most]]


@pytest.mark.parametrize("seed", range(2))
def test_letters_go_in_the_order_that_the_obvious_way_finds(three: list[int], seed: int) -> None:
    chance, waiting = random.Random(seed), list[Waits]()
    with transaction():
        for _ in range(40):
            of, kind = chance.choice(three), chance.choice(("invitation", "booked", "digest"))
            at, thread = NOW + chance.randrange(4) * SECOND, f"{of}/{chance.randrange(12)}"
            n = put(of, kind, at, stream=thread, recipient="a@x.example", sequence=len(waiting))
            waiting.append(Waits(n, of, ranks.rank_of(kind), thread, at))
    turns, last, now = LetterTurns(), dict.fromkeys(RANKS, 0), NOW
    in_hand: list[claims.LetterOutcome] = []
    while waiting or in_hand:
        most = chance.randrange(1, 4)
        wanted = next_ones(waiting, last, now, most)
        taken = claims.turn("one", in_hand, now, most=most, turns=turns)
        assert [letter.id for letter in taken] == wanted
        waiting = [one for one in waiting if one.id not in wanted]
        in_hand = [claims.sent(letter, now) for letter in taken]
        if not taken:
            now += SECOND
    assert waiting == []


def test_two_postmen_at_one_partnership_take_what_the_other_has_not(three: list[int]) -> None:
    with transaction():
        mine, theirs = put(1, "booked"), put(2)
    assert [letter.id for letter in claims.turn("one", [], NOW, most=9)] == [mine]
    assert [letter.id for letter in claims.turn("two", [], NOW, most=9)] == [theirs]
    assert claims.turn("three", [], NOW + LEASE, most=9) == []
    assert len(claims.turn("three", [], NOW + LEASE + SECOND, most=9)) == 1


def test_a_while_is_over_and_more_is_left(three: list[int], tmp_path: Path) -> None:
    with transaction():
        for _ in range(3):
            put(1)
    done = postman.send_waiting(post(None, tmp_path), clock=lambda: NOW, name="a", until=NOW)
    assert (done.sent, done.more) == (0, True)
    later = postman.send_waiting(post(None, tmp_path), clock=lambda: NOW, name="a", until=NOW + SECOND)
    assert (later.sent, later.more) == (3, False)


MANY = 20_000


def many_waiting(of: int, many: int) -> None:
    """A round of so many letters, by one statement a table."""
    letter = table_of(Letter)
    rows = [
        {
            "partnership_id": of,
            "stream": f"invitation/{n}",
            "recipient": f"office{n}@of{of}.example",
            "kind": "invitation",
            "dtstamp": NOW,
            "subject": "Someone to Tell",
            "message_id": f"<many{n}@outreach.example>",
            "created_at": NOW,
            "status": WAITING,
            "not_before": NOW,
        }
        for n in range(many)
    ]
    with transaction():
        db.session.execute(insert(letter), rows)
        mail = select(letter.c.id, db.literal(b"")).where(letter.c.partnership_id == of)
        db.session.execute(insert(LetterMail).from_select(["letter_id", "raw"], mail))
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")


@pytest.mark.parametrize("many", [MANY, pytest.param(5 * MANY, marks=pytest.mark.long)])
def test_to_take_some_of_very_many_reads_only_these(three: list[int], many: int) -> None:
    many_waiting(2, many)
    asked: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if "skip" in statement.lower() or "ORDER BY letter.not_before" in statement:
            asked.append((statement, values))
        if "FROM partnership" in statement or "outreach_letters_due" in statement:
            asked.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", keep)
    assert len(claims.turn("one", [], NOW, most=250)) == 250
    event.remove(db.engine, "before_cursor_execute", keep)
    assert len(asked) == 3  # whose of either rank, and theirs
    with db.engine.connect() as connection:
        for statement, values in asked:
            if connection.dialect.name == "sqlite":
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
                ways = [row[3] for row in plan if "letter" in row[3] and "earlier" not in row[3]]
                assert all(way.startswith("SEARCH") for way in ways), plan
            elif "outreach_letters_due" not in statement:
                plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
                assert scanned(plan.scalar_one()[0]["Plan"]) < 2_000
        if connection.dialect.name == "postgresql":
            before = read_so_far(connection)
            for rank in RANKS:
                connection.execute(text(f"SELECT outreach_letters_due({rank}, '{NOW.isoformat()}')")).all()
            assert read_so_far(connection) - before < 2_000


def scanned(plan: dict[str, Any]) -> int:
    """Rows that a plan's scans read."""
    below = sum(map(scanned, plan.get("Plans", ())))
    here = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return below + (here * plan["Actual Loops"] if "Relation Name" in plan else 0)


def read_so_far(connection: Any) -> int:
    """Rows of letters that this transaction has read, by whatever way."""
    return connection.execute(
        text(
            "SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_xact_user_tables "
            "WHERE relname = 'letter'"
        )
    ).scalar()


# By processes


@pytest.mark.browser
@pytest.mark.any_database("postgresql")
def test_a_confirmation_does_not_wait_for_the_round_of_another_partnership(
    app: Flask, server: MailServer, database_url: str, tmp_path: Path
) -> None:
    began = datetime.now(UTC)
    with transaction():
        for _ in range(250):
            put(1, at=began)
    server.seconds = 0.02
    workers = [command(database_url, tmp_path, server, "--loop", "--every", "0.05") for _ in range(2)]
    try:
        wait_for(lambda: len(server.taken) >= 20)
        db.session.remove()
        now = datetime.now(UTC)
        with transaction():
            put(2, at=now)
            put(2, "booked", now, recipient=JOANNA.address)
        before = len(server.taken)
        wait_for(lambda: JOANNA.address in [taken.to for taken in server.taken])
        at = [taken.to for taken in server.taken].index(JOANNA.address)
        # No more than what the two had in hand, and a turn each.
        assert at - before < 130 and any(of.endswith("@of1.example") for of in still_waiting())
        wait_for(lambda: any(taken.to.endswith("@of2.example") for taken in server.taken))
        assert any(of.endswith("@of1.example") for of in still_waiting())
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.communicate(timeout=120)
    assert {worker.returncode for worker in workers} == {0}


def still_waiting() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Letter.recipient).where(Letter.status == WAITING)))
