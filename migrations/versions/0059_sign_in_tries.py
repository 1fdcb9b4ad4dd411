"""Failed tries to sign in are counted by account and network, or device, together; no address is kept of them

Revision ID: 0059_sign_in_tries
Revises: 0058_leaving
"""

import sqlalchemy as sa
from alembic import op

revision = "0059_sign_in_tries"
down_revision = "0058_leaving"
branch_labels = None
depends_on = None


def upgrade():
    # Tries count for minutes: none is carried over.
    op.drop_table("sign_in_failure")
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("origin <> '' OR device <> ''", name=op.f("ck_sign_in_failure_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index("ix_sign_in_failure_email", "sign_in_failure", ["email", "failed_at"])


def downgrade():
    op.drop_table("sign_in_failure")
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("remote", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(op.f("ix_sign_in_failure_email"), "sign_in_failure", ["email"])
    op.create_index(op.f("ix_sign_in_failure_remote"), "sign_in_failure", ["remote"])
