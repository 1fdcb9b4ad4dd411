"""From which network a sign-in at a provider was begun; those on their way begin anew

Revision ID: 0067_origin_of_attempts
Revises: 0066_person_invitations
"""

import sqlalchemy as sa
from alembic import op

revision = "0067_origin_of_attempts"
down_revision = "0066_person_invitations"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("DELETE FROM provider_attempt")
    op.add_column("provider_attempt", sa.Column("origin", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_provider_attempt_origin", "provider_attempt", ["origin"])


def downgrade():
    op.drop_index("ix_provider_attempt_origin", "provider_attempt")
    op.drop_column("provider_attempt", "origin")
