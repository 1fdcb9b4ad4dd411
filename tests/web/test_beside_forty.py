"""A county alone and the same county beside forty others: each page sends as many statements, is handed as
many rows, and on PostgreSQL, where no table is read from end to end, as many are read from the tables."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event
from sqlalchemy.engine.cursor import CursorFetchStrategy

import make
from outreach.booking.handovers import Handover
from outreach.county import corrections, schools
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.post.incoming.inbox import Incoming
from outreach.tour.programmes import Programme

pytestmark = [pytest.mark.usefixtures("stopped"), pytest.mark.walled]

PAGES = (
    "/desk",
    "/desk/gaps",
    "/desk/phone-list",
    "/desk/coverage",
    "/desk/schools",
    "/desk/status",
    "/desk/search?q=redmere",
    "/desk/register",
    "/desk/register/changes",
    "/desk/register/hands",
    "/desk/bookings",
    "/desk/letters",
    "/desk/inbox",
    "/desk/contacts",
    "/desk/setup",
    "/desk/chasing",
    "/desk/plans",
    "/desk/tour",
    "/desk/diary",
    "/desk/reports",
    "/desk/schools/{organisation_id}",
    "/desk/new-year",
)


def county(code: str, families: int = 1) -> tuple[Partnership, int]:
    """A county with a programme, and a school of it that is the heir of a closed one."""
    partnership = make.partnership((code,))
    programme = make.programme(partnership)
    organisation_ids = [family(programme, code) for _ in range(families)]
    make.letter("x@redmere.example", make.EARLIER, partnership_id=partnership.id)
    return partnership, organisation_ids[0]


def family(programme: Programme, code: str) -> int:
    """Three schools, one of them the heir of a closed one; a correction, own numbers, a show, letters that
    came back."""
    one, two, old = (make.school(la_code=code) for _ in range(3))
    make.record(old, make.EARLIER, status="Closed")
    old.status = "Closed"
    two.open_date = date(2026, 12, 1)
    make.succession(old, one)
    for school in (one, two, old):
        corrections.correct(
            school.organisation_id, "town", "Marl", reason="said", who="Priya", now=make.EARLIER
        )
        schools.set_own_numbers(school.organisation_id, 2026, {8: 200}, who="The school", now=make.EARLIER)
        address = make.contact(school).address
        make.invitation(programme, school, address=address)
        make.dead_address(f"gone{school.organisation_id}@redmere.example")
    shown = make.booking(make.show(programme, one, datetime(2027, 1, 12, 9, 30, tzinfo=UTC)), {8: 100})
    make.report(shown, "school", make.NOW - timedelta(days=1), {8: 100})
    wrong = make.report(shown, "company", make.NOW - timedelta(days=1), took_place=False, why_not="snow")
    make.withdrawal(wrong, make.NOW - timedelta(hours=1))
    db.session.add_all(
        [
            make.visit_contact(
                shown, name="Jo Fell", duty="colleague", address=address, added_at=make.EARLIER
            ),
            Handover(
                booking_id=shown.id,
                from_organisation_id=old.organisation_id,
                to_organisation_id=one.organisation_id,
                recorded_at=make.EARLIER,
                who="Priya",
            ),
            Incoming(
                partnership_id=programme.partnership_id,
                digest=f"{one.organisation_id}",
                raw=b"Subject: x\r\n\r\nx",
                sender=address,
                received_at=make.NOW,
                stream=shown.uid,
                subject="When?",
                task="mail",
                why="asks",
                kind="person",
            ),
        ]
    )
    return one.organisation_id


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """[statements, rows handed to Python] of what is done inside."""
    found = [0, 0]

    def sent(*_about: Any) -> None:
        found[0] += 1

    with monkeypatch.context() as patch:
        for name in ("fetchone", "fetchmany", "fetchall"):
            whole = getattr(CursorFetchStrategy, name)

            def fetch(self: Any, *given: Any, _whole: Any = whole, _name: str = name, **more: Any) -> Any:
                rows = _whole(self, *given, **more)
                found[1] += (rows is not None) if _name == "fetchone" else len(rows)
                return rows

            patch.setattr(CursorFetchStrategy, name, fetch)
        event.listen(db.engine, "after_cursor_execute", sent)
        yield found
        event.remove(db.engine, "after_cursor_execute", sent)


@pytest.mark.long  # in each run test_beside_others.py looks at a sample of all pages beside twelve
def test_a_county_is_read_alike_alone_and_beside_forty_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        ours, organisation_id = county("931")
        client = make.signed_in(app.test_client(), make.person(ours))
    client.get("/desk")  # what is read once and kept

    def read() -> dict[str, tuple[int, ...]]:
        told = {}
        for page in PAGES:
            db.session.remove()
            with counted(monkeypatch) as found:
                assert client.get(page.format(organisation_id=organisation_id)).status_code == 200, page
            told[page] = tuple(found)
        return told

    read()  # a look that is written down is so once an hour
    alone = read()
    assert all(rows for _, rows in alone.values())
    with transaction():
        for n in range(40):
            county(f"{500 + n}")
    assert read() == alone


def scanned(plan: dict[str, Any]) -> int:
    """Rows that a plan's scans read, those that a filter left out too; a look into an index that finds none
    counts as one."""
    below = sum(map(scanned, plan.get("Plans", ())))
    if "Relation Name" not in plan:
        return below
    left_out = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    return below + max(plan["Actual Rows"] + left_out, plan["Actual Loops"] > 1) * plan["Actual Loops"]


def read_by(connection: Connection, statements: list[tuple[str, Any]]) -> Counter[str]:
    """{statement: rows that PostgreSQL reads for it} where no table is read from end to end that has an index
    to go by.

    Not to read tables from end to end (`enable_seqscan`) is not enough to tell this here. PostgreSQL chooses
    by what it reckons a way to cost, and these tables are small: the rows of all 41 counties lie on a few
    pages, so that to walk a whole index and sift is reckoned cheaper than to look up one county's rows one by
    one. On 13 of the pages it does just that (233 rows for one look at invitations, where 73 are read for the
    county alone). So a row is made as dear as many pages, and the indexes that are there are used. And joins
    look up row by row: what a school's predecessors are is reckoned ten times too many, and to go through the
    few schools of all counties once, cheaper than that many looks.
    """
    for setting in (
        "enable_seqscan = off",
        "enable_hashjoin = off",
        "enable_mergejoin = off",
        "cpu_tuple_cost = 10",
        "cpu_index_tuple_cost = 10",
    ):
        connection.exec_driver_sql(f"SET LOCAL {setting}")
    found: Counter[str] = Counter()
    for statement, values in statements:
        plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values).scalar_one()
        found[statement] += scanned(plan[0]["Plan"])
    return found


def forget_since(connection: Connection, transaction_id: int) -> None:
    """Nothing that was written since a transaction is there any more, until it is rolled back; what
    PostgreSQL thinks of the tables stays, so that it goes the same ways through them."""
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    for table in db.metadata.sorted_tables:
        connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE xmin::text::bigint > {transaction_id}")


@pytest.mark.long  # as above
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_as_few_rows_are_read_for_a_county_beside_forty_others(app: Flask) -> None:
    with transaction():
        ours, organisation_id = county("931", families=8)
        client = make.signed_in(app.test_client(), make.person(ours))
    client.get("/desk")
    db.session.remove()
    with db.engine.begin() as connection:
        before = int(connection.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one())
    with transaction():
        for n in range(40):
            county(f"{500 + n}")
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    sent: dict[str, list[tuple[str, Any]]] = {page: [] for page in PAGES}
    for page, of_page in sent.items():

        def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
            if statement.startswith(("SELECT", "WITH")):
                of_page.append((statement, values))  # noqa: B023

        db.session.remove()
        event.listen(db.engine, "before_cursor_execute", keep)
        assert client.get(page.format(organisation_id=organisation_id)).status_code == 200, page
        event.remove(db.engine, "before_cursor_execute", keep)
    db.session.remove()
    with db.engine.connect() as connection:
        beside = {page: read_by(connection, statements) for page, statements in sent.items()}
        forget_since(connection, before)
        assert connection.exec_driver_sql("SELECT count(*) FROM partnership").scalar_one() == 1
        alone = {page: read_by(connection, statements) for page, statements in sent.items()}
        connection.rollback()
    assert all(rows.total() for rows in alone.values())
    more = {
        page: {
            statement: (alone[page][statement], rows)
            for statement, rows in beside[page].items()
            if rows > alone[page][statement]
        }
        for page in PAGES
        if beside[page].total() > 1.1 * alone[page].total()
    }
    assert more == {}
