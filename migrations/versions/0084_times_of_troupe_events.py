"""Times at which a troupe had a show that another troupe plays by now, for its row in the feed's list of shows

Revision ID: 0084_times_of_troupe_events
Revises: 0083_codes_not_guessed
"""

import sqlalchemy as sa
from alembic import op

revision = "0084_times_of_troupe_events"
down_revision = "0083_codes_not_guessed"
branch_labels = None
depends_on = None

TIMES = "begins_at", "starts_at", "ends_at", "away_at"


def upgrade():
    """Empty of those that were left before: their times are not known."""
    op.take_tables("troupe_event")
    for name in TIMES:
        op.add_column("troupe_event", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade():
    for name in reversed(TIMES):
        op.drop_column("troupe_event", name)
