"""The last day of who leaves

Revision ID: 0058_leaving
Revises: 0057_history_chain
"""

import sqlalchemy as sa
from alembic import op

revision = "0058_leaving"
down_revision = "0057_history_chain"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("person", sa.Column("leaves_on", sa.Date(), nullable=True))


def downgrade():
    op.drop_column("person", "leaves_on")
