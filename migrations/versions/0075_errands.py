"""Errands: which one put a letter down, and the last round of each job

Revision ID: 0075_errands
Revises: 0074_fair_turns
"""

import sqlalchemy as sa
from alembic import op

revision = "0075_errands"
down_revision = "0074_fair_turns"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("letter", sa.Column("errand", sa.Text(), nullable=True))
    op.create_table(
        "job_round",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("errand", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("rounds", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_job_round")),
    )


def downgrade():
    op.drop_table("job_round")
    op.drop_column("letter", "errand")
