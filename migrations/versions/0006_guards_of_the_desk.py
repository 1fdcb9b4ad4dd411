"""what must never be: a report to the board that changes after it was published

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEPT_FOR_EVER = ("board_report",)
"""Tables whose rows are only ever added."""


def upgrade():
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
