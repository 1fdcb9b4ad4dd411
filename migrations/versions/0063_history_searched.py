"""The deeds of a partnership are found in their order, however many there are

Revision ID: 0063_history_searched
Revises: 0062_second_factor
"""

from alembic import op

revision = "0063_history_searched"
down_revision = "0062_second_factor"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_history_partnership_id_id", "history", ["partnership_id", "id"])


def downgrade():
    op.drop_index("ix_history_partnership_id_id", "history")
