"""Until when a webhook is held whose program did not take what it was told

Revision ID: 0085_held_webhooks
Revises: 0084_times_of_troupe_events
"""

import sqlalchemy as sa
from alembic import op

revision = "0085_held_webhooks"
down_revision = "0084_times_of_troupe_events"
branch_labels = None
depends_on = None


def upgrade():
    op.take_tables("webhook")
    op.add_column("webhook", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column("webhook", "held_until")
