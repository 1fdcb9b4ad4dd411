"""The request for a report on the evening of its show, beside the one that it is missing

Revision ID: 0023_evening_requests
Revises: 0022_cost
"""

import sqlalchemy as sa
from alembic import op

revision = "0023_evening_requests"
down_revision = "0022_cost"
branch_labels = None
depends_on = None

STANDS = sa.text("withdrawn_at IS NULL")


def upgrade():
    # In one statement, since SQLite adds no constraint to a table that is there.
    op.execute(
        "ALTER TABLE report_reminder ADD COLUMN nth TEXT DEFAULT 'missing' NOT NULL "
        "CONSTRAINT ck_report_reminder_nth CHECK (nth IN ('evening', 'missing'))"
    )
    _once_each("booking_id", "address", "nth")


def downgrade():
    op.execute("DELETE FROM report_reminder WHERE nth = 'evening'")
    _once_each("booking_id", "address")
    op.drop_column("report_reminder", "nth")


def _once_each(*columns):
    op.drop_index("uq_report_reminder_person", "report_reminder")
    op.create_index(
        "uq_report_reminder_person",
        "report_reminder",
        columns,
        unique=True,
        postgresql_where=STANDS,
        sqlite_where=STANDS,
    )
