"""What a show had of a place that no rule would give it any more, so that a move from there is undone exactly

Revision ID: 0042_places_left
Revises: 0041_places_once
"""

import sqlalchemy as sa
from alembic import op

revision = "0042_places_left"
down_revision = "0041_places_once"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("diary_move", sa.Column("was_beyond", sa.JSON(none_as_null=True), nullable=True))


def downgrade():
    op.drop_column("diary_move", "was_beyond")
