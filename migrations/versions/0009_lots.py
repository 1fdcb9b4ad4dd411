"""Schools taken out of the target in one deed have a key in common, by which it is undone

Revision ID: 0009_lots
Revises: 0008_saved_views
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_lots"
down_revision = "0008_saved_views"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("target_decision", sa.Column("lot", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("target_decision", "lot")
