"""When a report was filled in that waited on a company's phone for signal

Revision ID: 0030_late_reports
Revises: 0029_organisations
"""

from alembic import op

revision = "0030_late_reports"
down_revision = "0029_organisations"
branch_labels = None
depends_on = None


def upgrade():
    instant = "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "DATETIME"
    # In one statement, since SQLite adds no constraint to a table that is there.
    op.execute(
        f"ALTER TABLE visit_report ADD COLUMN filled_in_at {instant} CONSTRAINT ck_visit_report_filled_in "
        "CHECK (filled_in_at IS NULL OR (side = 'company' AND filled_in_at < recorded_at))"
    )


def downgrade():
    op.drop_column("visit_report", "filled_in_at")
