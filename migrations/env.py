"""Alembic: migrates whatever database the app is set up with."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

from outreach.cli import live_schema
from outreach.cli.migrations import unknown_revision
from outreach.ground.db import Instant, YearGroups, db

LOCK = 0x6F757472  # "outr": two starts at once must not migrate at once


def render_item(kind, item, autogen):
    """Our own column types are written into migrations as what the database sees."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, YearGroups):
        return "sa.Text()"
    return False


def configure(connection, *, each_alone=False):
    """`each_alone`: every step is a transaction of its own, so that none holds its tables while the next is at work."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transactional_ddl=True,  # SQLite can too: all steps or none
        transaction_per_migration=each_alone,
    )


def held(connection):
    """{table: {column: how many rows say something there}, '' the rows themselves} of all that holds rows."""
    found = {}
    tables = sa.MetaData()
    tables.reflect(connection)
    for name, table in tables.tables.items():
        said = [sa.func.count(sa.func.nullif(sa.cast(column, sa.Text), "")) for column in table.columns]
        rows, *counts = connection.execute(sa.select(sa.func.count(), *said).select_from(table)).one()
        if rows and name != "alembic_version":
            names = [column.name for column in table.columns]
            found[name] = {"": rows} | {c: n for c, n in zip(names, counts, strict=True) if n}
    return found


COPY_AND_BEGIN_ANEW = {
    "sqlite": """
To keep a copy: stop the service and copy {database}.
To begin anew: move that file away, and give `flask --app wsgi db upgrade` again, which makes a new one.""",
    "postgresql": """
To keep a copy: pg_dump --format=custom --file=outreach-before.dump "$DATABASE_URL"
To begin anew: make an empty database, name it in DATABASE_URL, and give `flask --app wsgi db upgrade` again.""",
}


def refuse_another_versions(connection):
    """What another version made is left as it is: nobody here knows which of its steps are still to be taken."""
    if revision := unknown_revision(connection):
        url = connection.engine.url
        raise RuntimeError(
            f"another version of Outreach made this database (revision {revision}): one from before the first release, "
            "or a newer one. It can be read with that alone. Nothing was changed in it."
            + COPY_AND_BEGIN_ANEW[url.get_backend_name()].format(database=url.database)
        )


def migrate(connection):
    """All steps; with the argument 'keep-data' refused, all of it, where rows or what a column says would be
    lost."""
    before = held(connection) if "keep-data" in context.get_x_argument() else {}
    context.run_migrations()
    after = sa.inspect(connection)
    lost = []
    for table, columns in before.items():
        if not after.has_table(table):
            lost.append(f"table {table} ({columns['']:,} rows)")
            continue
        kept = {column["name"] for column in after.get_columns(table)} | {""}
        lost += [f"column {table}.{c} ({n:,} rows)" for c, n in columns.items() if c not in kept]
    if lost:
        raise RuntimeError(
            f"this would drop what people put down: {', '.join(sorted(lost))}. Nothing was changed. "
            "Take a backup, and give --drop-data if that is what you want."
        )


def steps(connection):
    """All that are still to be done, each by itself; where nothing may be lost all of them together, or none."""
    configure(connection, each_alone="keep-data" not in context.get_x_argument())
    with context.begin_transaction():
        migrate(connection)
    connection.commit()


def run():
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            with live_schema.patience(connection):
                connection.execute(sa.text("SET lock_timeout = 0"))  # the other start may take its time
                connection.execute(sa.text("SELECT pg_advisory_lock(:n)"), {"n": LOCK})
                connection.commit()
                try:
                    refuse_another_versions(connection)
                    live_schema.each_step_until_done(
                        connection, lambda: steps(connection), current_app.logger.warning
                    )
                finally:
                    connection.rollback()
                    connection.execute(sa.text("SELECT pg_advisory_unlock(:n)"), {"n": LOCK})
                    connection.commit()
            return
        raw = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            refuse_another_versions(connection)
            configure(connection)
            with context.begin_transaction():
                migrate(connection)
                wrong = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if wrong:
                    raise RuntimeError(
                        f"the migration would leave rows without what they point to: {wrong[:5]}"
                    )
            connection.commit()
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


if context.is_offline_mode():
    raise RuntimeError("migrations run against a database only")
current_app.logger.debug("migrating")
run()
