"""Migrations from empty, models equal to migrations, transactions."""

from collections.abc import Collection
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import CheckConstraint, Select, create_engine, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

import make
from outreach.county.partnerships import Partnership
from outreach.ground import history
from outreach.ground.db import Instant, broken_guard, db, made_once, transaction
from outreach.tour.programmes import Programme


def test_migrations_equal_the_models(app: Flask) -> None:
    def compare_type(_context, _column, _metadata_column, inspected, wanted):
        return False if isinstance(wanted, Instant) else None

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": compare_type})
        assert compare_metadata(context, db.metadata) == []


def test_checks_of_the_database_are_those_of_the_models(app: Flask) -> None:
    """What the comparison above does not look at. PostgreSQL keeps a check's words in a form of its own: names there."""
    inspected = inspect(db.engine)
    for table in db.metadata.sorted_tables:
        wanted = {
            str(check.name): " ".join(str(check.sqltext).split())
            for check in table.constraints
            if isinstance(check, CheckConstraint)
        }
        found = {
            str(check["name"]): " ".join(check["sqltext"].split())
            for check in inspected.get_check_constraints(table.name)
        }
        if db.engine.dialect.name == "sqlite":
            assert found == wanted, table.name
        assert found.keys() == wanted.keys(), table.name


def test_transaction_rolls_everything_back_when_the_block_raises(app: Flask) -> None:
    with pytest.raises(ValueError), transaction():
        make.partnership()
        raise ValueError
    assert db.session.query(Partnership).count() == 0


def test_transaction_inside_a_transaction_is_refused(app: Flask) -> None:
    with pytest.raises(RuntimeError), transaction(), transaction():
        pass


def test_a_statement_is_made_once_for_each_choice_of_values_that_are_there(app: Flask) -> None:
    made = []

    @made_once
    def titles(partnership_id: int, only: Collection[int] | None = None) -> Select[str]:
        made.append(only is not None)
        query = select(Programme.title).where(Programme.partnership_id == partnership_id)
        if only is not None:
            query = query.where(Programme.id.in_(only))
        return query.order_by(Programme.id)

    def found(*values: object, **named: object) -> list[str]:
        return list(db.session.scalars(*titles(*values, **named)))

    with transaction():
        here, there = make.partnership(la_codes=()), make.partnership(la_codes=())
        first, second, _ = (make.programme(p, title=t) for p, t in ((here, "A"), (here, "B"), (there, "C")))
    assert found(here.id) == found(here.id, None) == ["A", "B"]
    assert found(there.id) == ["C"]
    for several in ([second.id], {second.id}, {second.id: "its row"}.keys(), {second.id: "its row"}):
        assert found(here.id, several) == found(partnership_id=here.id, only=several) == ["B"]
    assert found(here.id, (first.id, second.id)) == ["A", "B"]
    assert found(here.id, []) == found(here.id, set()) == []
    assert made == [False, True]


def test_history_can_only_grow(app: Flask) -> None:
    with transaction():
        whose = make.partnership().id
        history.record("booked", history.Subject("booking", 1, whose), who="Joanna Fell", now=make.NOW)
    for statement in ("UPDATE history SET who = 'x'", "DELETE FROM history"):
        with pytest.raises(Exception, match="history_only_grows"), transaction() as session:
            session.execute(db.text(statement))
    assert [row.who for row in history.history_of("booking", 1)] == ["Joanna Fell"]


def test_a_database_that_was_started_again_is_noticed_before_the_next_question(app: Flask) -> None:
    """The server ends every connection at a restart; nobody who asks afterwards may meet the dead ones."""
    if db.engine.dialect.name == "sqlite":
        return  # a file does not go away
    held = [db.engine.connect() for _ in range(3)]
    for connection in held:
        connection.close()
    other = create_engine(db.engine.url)
    with other.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "
                "current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.dispose()
    for _ in range(3):
        with transaction() as session:
            assert session.scalar(text("SELECT 1")) == 1
        assert db.session.scalar(text("SELECT 1")) == 1
        db.session.rollback()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_every_table_that_is_only_added_to_refuses_to_be_emptied(app: Flask) -> None:
    """TRUNCATE fires no trigger of rows: whatever guards a table against DELETE must guard it against that
    too."""
    guarded = text("""
        SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE NOT t.tgisinternal AND p.prosrc LIKE '%only_grows%'
    """)
    tables = set(db.session.scalars(guarded))
    assert {"history", "board_report"} <= tables
    for table in sorted(tables):
        with pytest.raises(DBAPIError, match=f"{table}_only_grows"), transaction() as session:
            session.execute(text(f"TRUNCATE {table} CASCADE"))


def test_a_guard_is_told_by_its_whole_name(app: Flask) -> None:
    """`ck_booking_seats`, that seats are never fewer than none, is another guard than `booking_seats`."""
    partnership = make.partnership()
    show = make.show(
        make.programme(partnership, audience_ceiling=100), make.school(), make.NOW + timedelta(days=49)
    )
    booking = make.booking(show, {8: 90})
    db.session.commit()
    for statement, name in (
        ("UPDATE booking SET seats = -1 WHERE id = :id", "ck_booking_seats"),
        ("UPDATE booking SET seats = 101 WHERE id = :id", "booking_seats"),
    ):
        with pytest.raises(IntegrityError) as refused:
            db.session.execute(text(statement), {"id": booking.id})
        db.session.rollback()
        assert broken_guard(refused.value) == name
