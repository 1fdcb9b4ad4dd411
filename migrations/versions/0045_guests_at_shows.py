"""A line of a plan may be a guest at a show that stands, and is none of the plan's

Revision ID: 0045_guests_at_shows
Revises: 0044_company_limits
"""

from alembic import op

revision = "0045_guests_at_shows"
down_revision = "0044_company_limits"
branch_labels = None
depends_on = None

OLD = "state <> 'accepted' OR proposal_id IS NOT NULL OR guest_of IS NOT NULL"
NEW = f"{OLD} OR guest_at IS NOT NULL"


def upgrade():
    # In one statement, since SQLite adds no constraint to a table that is there.
    op.execute(
        "ALTER TABLE plan_line ADD COLUMN guest_at INTEGER "
        "CONSTRAINT fk_plan_line_guest_at REFERENCES performance (id) "
        "CONSTRAINT ck_plan_line_guest CHECK (guest_of IS NULL OR guest_at IS NULL)"
    )
    _accepted(OLD, NEW)


def downgrade():
    # A line that is nobody's guest any more would be read as a show of its own.
    op.execute("DELETE FROM plan_line WHERE guest_at IS NOT NULL")
    _accepted(NEW, OLD)
    op.drop_column("plan_line", "guest_at")


def _accepted(before, after):
    """SQLite has no word for it: a check is text of the table's statement and nothing else (lang_altertable.html, 7)."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        bind.exec_driver_sql("PRAGMA writable_schema = ON")
        bind.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'plan_line'",
            (f"CHECK ({before})", f"CHECK ({after})"),
        )
        bind.exec_driver_sql("PRAGMA writable_schema = RESET")
    else:
        op.execute("ALTER TABLE plan_line DROP CONSTRAINT ck_plan_line_accepted")
        op.execute(f"ALTER TABLE plan_line ADD CONSTRAINT ck_plan_line_accepted CHECK ({after})")
