"""The database changed by whoever owns it."""

import sqlite3
from contextlib import closing

from sqlalchemy import create_engine

from outreach.ground.db import db


def past_the_service(*statements: str) -> None:
    """As whoever has the database, and no key, could: no guard stands in the way."""
    db.session.remove()
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(db.engine.url.database))) as file:
            named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'history%'"
            for (name,) in file.execute(named).fetchall():
                file.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                file.execute(statement)
            file.commit()
        return
    engine = create_engine(db.engine.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
