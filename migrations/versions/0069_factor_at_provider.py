"""Sessions before which the council asked for a second factor; none that has begun is known to be one

Revision ID: 0069_factor_at_provider
Revises: 0068_passkeys
"""

import sqlalchemy as sa
from alembic import op

revision = "0069_factor_at_provider"
down_revision = "0068_passkeys"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "sign_in_session",
        sa.Column("factor_at_provider", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade():
    op.drop_column("sign_in_session", "factor_at_provider")
