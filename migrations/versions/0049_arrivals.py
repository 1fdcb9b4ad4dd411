"""Entrance and parking of a booking, each a field of its own beside what else is said of the arrival

Revision ID: 0049_arrivals
Revises: 0048_turn_round
"""

import sqlalchemy as sa
from alembic import op

revision = "0049_arrivals"
down_revision = "0048_turn_round"
branch_labels = None
depends_on = None


def upgrade():
    for column in ("entrance", "parking"):
        op.add_column("booking", sa.Column(column, sa.Text(), server_default="", nullable=False))


def downgrade():
    op.drop_column("booking", "parking")
    op.drop_column("booking", "entrance")
