"""A coordinator may switch single keys on lists on

Revision ID: 0007_single_keys
Revises: 0006_postcodes
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_single_keys"
down_revision = "0006_postcodes"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("person", sa.Column("single_keys", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    op.drop_column("person", "single_keys")
