"""When each partnership was last swept of what was kept for long enough

Revision ID: 0060_privacy_sweep
Revises: 0059_sign_in_tries
"""

import sqlalchemy as sa
from alembic import op

revision = "0060_privacy_sweep"
down_revision = "0059_sign_in_tries"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "privacy_sweep",
        sa.Column("partnership_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("swept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_privacy_sweep_partnership_id")
        ),
        sa.PrimaryKeyConstraint("partnership_id", name=op.f("pk_privacy_sweep")),
    )


def downgrade():
    op.drop_table("privacy_sweep")
