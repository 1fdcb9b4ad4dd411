"""Entrance and parking of a booking, each a field of its own beside what else is said of the arrival

Revision ID: 0050_arrivals
Revises: 0049_road_metres
"""

import sqlalchemy as sa
from alembic import op

revision = "0050_arrivals"
down_revision = "0049_road_metres"
branch_labels = None
depends_on = None


def upgrade():
    for column in ("entrance", "parking"):
        op.add_column("booking", sa.Column(column, sa.Text(), server_default="", nullable=False))


def downgrade():
    op.drop_column("booking", "parking")
    op.drop_column("booking", "entrance")
