"""A round is kept back for a minute, and can be taken back whole until it goes

Revision ID: 0004_rounds_taken_back
Revises: 0003_letters_on_paper
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_rounds_taken_back"
down_revision = "0003_letters_on_paper"
branch_labels = None
depends_on = None


def upgrade():
    for column in ("goes_at", "withdrawn_at"):
        op.add_column("invitation_round", sa.Column(column, sa.DateTime(timezone=True), nullable=True))


def downgrade():
    for column in ("withdrawn_at", "goes_at"):
        op.drop_column("invitation_round", column)
