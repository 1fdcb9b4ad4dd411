"""Migrations beside a service that is at work: how long a step waits for a table, tables taken all at once, and indexes
built while others write.

A migration says `op.take_tables` of tables that stand already before it changes them, and `op.build_index` of an index
of one; the rest is env.py's.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

WAITS = "3s"
"""For a table that somebody uses. Whoever comes for it later waits behind the migration, and no longer than that."""
WAITS_OF_SEVERAL = 900
"""Milliseconds for all of several tables together."""
WAITS_TO_BUILD = "10min"
"""For transactions that were there before an index was begun; nobody waits behind that."""
TRIES = 40
PAUSES = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0)
"""Seconds after each try, the last again and again: in them whoever waited goes on."""

IN_USE = ("55P03", "40P01")
"""SQLSTATE: a lock was not to be had in time; each of two waited for the other."""


class StillInUse(RuntimeError):
    """A step of the migrations never had its tables to itself."""

    def __init__(self) -> None:
        super().__init__(
            f"in {TRIES} tries a table that the next step changes was never free: somebody holds it, a report or a "
            "backup perhaps (pg_stat_activity says who). The steps before are done, this one is not; what runs goes on "
            "as it was. Give the command again."
        )


@contextmanager
def patience(connection: Connection) -> Iterator[None]:
    """Who does not get a table in time gives way, within it."""
    with connection.begin():
        before = str(connection.scalar(sa.text("SHOW lock_timeout")))
    try:
        yield
    finally:
        connection.rollback()
        with connection.begin():
            _wait(connection, before)


def each_step_until_done(
    connection: Connection, steps: Callable[[], None], say: Callable[[str], None]
) -> None:
    """Do the steps that are still to be done, again whenever one of them did not get its tables. Raises StillInUse."""
    for number in range(TRIES):
        connection.rollback()
        with connection.begin():  # over before the steps, which begin their own
            _wait(connection, WAITS)
        try:
            steps()
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") not in IN_USE:
                raise
            pause = PAUSES[min(number, len(PAUSES) - 1)]
            say(
                f"a table is in use ({str(error.orig).splitlines()[0]}): the step is tried again in {pause:g} s"
            )
            time.sleep(pause)
    raise StillInUse


def _wait(connection: Connection, at_most: str) -> None:
    connection.execute(sa.text("SELECT set_config('lock_timeout', :it, false)"), {"it": at_most})


@Operations.register_operation("take_tables")
class TakeTables(MigrateOperation):
    """The tables that a step changes, before it does. `for_keys`: they are only pointed to; reading goes on.

    Of several, it gives way before the database looks for transactions that wait for each other (`deadlock_timeout`, a
    second): it and a booking could, and the booking would be the one that is ended.
    """

    def __init__(self, tables: tuple[str, ...], for_keys: bool) -> None:
        self.tables, self.for_keys = tables, for_keys

    @classmethod
    def take_tables(cls, operations: Operations, *tables: str, for_keys: bool = False) -> None:
        operations.invoke(cls(tables, for_keys))


@Operations.implementation_for(TakeTables)
def _take(operations: Operations, it: TakeTables) -> None:
    if operations.get_bind().dialect.name != "postgresql":
        return
    mode = "SHARE ROW EXCLUSIVE" if it.for_keys else "ACCESS EXCLUSIVE"
    if len(it.tables) > 1:  # the wait is for each of them
        _wait(operations.get_bind(), f"{WAITS_OF_SEVERAL // len(it.tables)}ms")
    # In one statement: between two, somebody would come for the next table who holds up the one after it.
    operations.execute(f"LOCK TABLE {', '.join(it.tables)} IN {mode} MODE")
    _wait(operations.get_bind(), WAITS)


@Operations.register_operation("build_index")
class BuildIndex(MigrateOperation):
    """An index of a table that is written to meanwhile. What its migration did before stays, whatever becomes of it."""

    def __init__(self, name: str, table: str, columns: list[Any], where: str, unique: bool) -> None:
        self.name, self.table, self.columns, self.where, self.unique = name, table, columns, where, unique

    @classmethod
    def build_index(
        cls,
        operations: Operations,
        name: str,
        table: str,
        columns: list[Any],
        *,
        where: str = "",
        unique: bool = False,
    ) -> None:
        operations.invoke(cls(name, table, columns, where, unique))


@Operations.implementation_for(BuildIndex)
def _build(operations: Operations, it: BuildIndex) -> None:
    rule = sa.text(it.where) if it.where else None
    if operations.get_bind().dialect.name != "postgresql":
        operations.create_index(it.name, it.table, it.columns, unique=it.unique, sqlite_where=rule)
        return
    with operations.get_context().autocommit_block():
        _wait(operations.get_bind(), WAITS_TO_BUILD)
        # What a build that was broken off left is no index yet.
        operations.drop_index(it.name, it.table, if_exists=True, postgresql_concurrently=True)
        operations.create_index(
            it.name,
            it.table,
            it.columns,
            unique=it.unique,
            postgresql_where=rule,
            postgresql_concurrently=True,
        )
        _wait(operations.get_bind(), WAITS)
