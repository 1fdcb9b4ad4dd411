"""Alembic: migrates whatever database the app is set up with."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

from outreach.ground.db import Instant, YearGroups, db

LOCK = 0x6F757472  # "outr": two starts at once must not migrate at once


def render_item(kind, item, autogen):
    """Our own column types are written into migrations as what the database sees."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, YearGroups):
        return "sa.Text()"
    return False


def configure(connection):
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )


def run():
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_lock(:n)"), {"n": LOCK})
            connection.commit()
            try:
                configure(connection)
                with context.begin_transaction():
                    context.run_migrations()
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(sa.text("SELECT pg_advisory_unlock(:n)"), {"n": LOCK})
                connection.commit()
            return
        raw = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            configure(connection)
            with context.begin_transaction():
                context.run_migrations()
                wrong = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if wrong:
                    raise RuntimeError(f"the migration would leave rows without what they point to: {wrong[:5]}")
            connection.commit()
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


if context.is_offline_mode():
    raise RuntimeError("migrations run against a database only")
current_app.logger.debug("migrating")
run()
