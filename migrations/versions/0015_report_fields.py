"""What a report says besides: whether support agencies were there, and that nobody counted but as many came as promised

Revision ID: 0015_report_fields
Revises: 0014_pledges
"""

import sqlalchemy as sa
from alembic import op

revision = "0015_report_fields"
down_revision = "0014_pledges"
branch_labels = None
depends_on = None

NOT_COUNTED = "NOT about_as_promised OR (took_place AND pupils IS NULL)"


def upgrade():
    op.add_column("visit_report", sa.Column("support_agencies_present", sa.Boolean(), nullable=True))
    # In one statement, since SQLite adds no constraint to a table that is there.
    op.execute(
        "ALTER TABLE visit_report ADD COLUMN about_as_promised BOOLEAN DEFAULT false NOT NULL "
        f"CONSTRAINT ck_visit_report_about_as_promised CHECK ({NOT_COUNTED})"
    )


def downgrade():
    op.drop_column("visit_report", "about_as_promised")
    op.drop_column("visit_report", "support_agencies_present")
