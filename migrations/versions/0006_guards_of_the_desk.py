"""what must never be: a report to the board that changes after it was published

Revision ID: 0006
Revises: 0005
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEPT_FOR_EVER = ("board_report",)
"""Tables whose rows are only ever added."""


def upgrade():
    _fill_found_by()
    _fill_came_to()
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in KEPT_FOR_EVER:
        if postgresql:
            op.execute(f"""
                CREATE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION '{table}_only_grows' USING ERRCODE = 'check_violation';
                END $$
            """)
            op.execute(f"""
                CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard()
            """)
        else:
            for event in ("update", "delete"):
                op.execute(f"""
                    CREATE TRIGGER {table}_guard_{event} BEFORE {event.upper()} ON {table}
                    BEGIN SELECT RAISE(ABORT, '{table}_only_grows'); END
                """)


def downgrade():
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in KEPT_FOR_EVER:
        if postgresql:
            op.execute(f"DROP TRIGGER {table}_guard ON {table}")
            op.execute(f"DROP FUNCTION {table}_guard()")
        else:
            for event in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_guard_{event}")


def _fill_came_to():
    """Shows of which nobody says that they took place can be offered again; counts are taken in with the next
    report."""
    about = "(booking_id = booking.id OR (booking_id IS NULL AND performance_id = booking.performance_id))"
    op.execute(f"""
        UPDATE booking SET came_to = '' WHERE ended_at IS NULL
        AND EXISTS (SELECT 1 FROM visit_report WHERE {about} AND NOT took_place)
        AND NOT EXISTS (SELECT 1 FROM visit_report WHERE {about} AND took_place)
    """)


def _fill_found_by():
    """People put down before they could be searched for get the words that they are found by."""
    bind = op.get_bind()
    for name in ("contact", "booking_contact"):
        table = sa.table(
            name, sa.column("id"), sa.column("name"), sa.column("address"), sa.column("found_by")
        )
        rows = bind.execute(sa.select(table.c.id, table.c.name, table.c.address)).all()
        filled = [
            {"row": row.id, "words": f" {_words_of(row.name)} {_words_of(row.address)} {row.address.lower()}"}
            for row in rows
        ]
        if filled:
            bind.execute(
                table.update()
                .where(table.c.id == sa.bindparam("row"))
                .values(found_by=sa.bindparam("words")),
                filled,
            )


def _words_of(text):
    """As ground/wording.py had it when this was written."""
    plain = re.sub(r"[\u2019\u2018\u02bc\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.casefold()))
    plain = re.sub(r"['`]", "", plain).replace("&", " and ")
    words = re.sub(r"[^\w]|_", " ", plain).split()
    return " ".join("st" if word == "saint" else word for word in words)
