"""Register files that wait between their preview and their apply: in the database, so that every host shows the same

Revision ID: 0073_register_uploads
Revises: 0072_agreements
"""

import sqlalchemy as sa
from alembic import op

from outreach.ground.walls import OWN, wall

revision = "0073_register_uploads"
down_revision = "0072_agreements"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "register_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_register_upload_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_upload")),
        sa.UniqueConstraint("token", name=op.f("uq_register_upload_token")),
    )
    op.create_index(op.f("ix_register_upload_partnership_id"), "register_upload", ["partnership_id"])
    op.create_index("ix_register_upload_uploaded_at", "register_upload", ["uploaded_at"])
    if op.get_bind().dialect.name == "postgresql":
        for statement in wall("register_upload", OWN):
            op.execute(statement)


def downgrade():
    op.drop_table("register_upload")
