"""Migrations from empty, models equal to migrations, transactions."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

import make
from outreach.county.partnerships import Partnership
from outreach.ground import history
from outreach.ground.db import Instant, db, transaction


def test_migrations_equal_the_models(app: Flask) -> None:
    def compare_type(_context, _column, _metadata_column, inspected, wanted):
        return False if isinstance(wanted, Instant) else None

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": compare_type})
        assert compare_metadata(context, db.metadata) == []


def test_transaction_rolls_everything_back_when_the_block_raises(app: Flask) -> None:
    with pytest.raises(ValueError), transaction():
        make.partnership()
        raise ValueError
    assert db.session.query(Partnership).count() == 0


def test_transaction_inside_a_transaction_is_refused(app: Flask) -> None:
    with pytest.raises(RuntimeError), transaction(), transaction():
        pass


def test_history_can_only_grow(app: Flask) -> None:
    with transaction():
        history.record("booked", "booking", 1, who="Joanna Fell", now=make.NOW)
    for statement in ("UPDATE history SET who = 'x'", "DELETE FROM history"):
        with pytest.raises(Exception, match="history_only_grows"), transaction() as session:
            session.execute(db.text(statement))
    assert [row.who for row in history.of("booking", 1)] == ["Joanna Fell"]
