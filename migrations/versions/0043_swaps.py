"""Two moves in the diary that are one deed: shows that changed places

Revision ID: 0043_swaps
Revises: 0042_places_left
"""

import sqlalchemy as sa
from alembic import op

revision = "0043_swaps"
down_revision = "0042_places_left"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("diary_move", sa.Column("swap", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("diary_move", "swap")
