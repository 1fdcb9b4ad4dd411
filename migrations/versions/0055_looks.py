"""How a partnership's pages and letters look: the name in From, words at the foot, accent, logo; all as they were

Revision ID: 0055_looks
Revises: 0054_roles
"""

import sqlalchemy as sa
from alembic import op

revision = "0055_looks"
down_revision = "0054_roles"
branch_labels = None
depends_on = None


def upgrade():
    for name in ("sender_name", "footer_words"):
        op.add_column("partnership", sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name in ("accent", "logo_file"):
        op.add_column("partnership", sa.Column(name, sa.Text(), nullable=True))
    op.create_table(
        "logo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("mimetype", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnership.id"], name=op.f("fk_logo_partnership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logo")),
    )
    op.create_index("ix_logo_partnership", "logo", ["partnership_id", "digest"], unique=True)
    op.create_index(op.f("ix_logo_digest"), "logo", ["digest"])


def downgrade():
    op.drop_table("logo")
    for name in ("logo_file", "accent", "footer_words", "sender_name"):
        op.drop_column("partnership", name)
