"""Scopes of tokens: what each may read, and whether it is one company's; those that stand keep what they could

Revision ID: 0077_token_scopes
Revises: 0076_indexes_of_partnerships
"""

import sqlalchemy as sa
from alembic import op

revision = "0077_token_scopes"
down_revision = "0076_indexes_of_partnerships"
branch_labels = None
depends_on = None

AS_BEFORE = "figures\nstandings\nbookings\nreports"


def upgrade():
    op.add_column(
        "api_token", sa.Column("scopes", sa.Text(), nullable=False, server_default=sa.literal(AS_BEFORE))
    )
    op.add_column("api_token", sa.Column("company_id", sa.Integer(), nullable=True))


def downgrade():
    """What was narrowed, or a company's, opens nothing before it would open everything."""
    op.execute(
        "UPDATE api_token SET withdrawn_at = CURRENT_TIMESTAMP, withdrawn_by = 'the migration' "
        f"WHERE withdrawn_at IS NULL AND (company_id IS NOT NULL OR scopes <> '{AS_BEFORE}')"
    )
    op.drop_column("api_token", "company_id")
    op.drop_column("api_token", "scopes")
