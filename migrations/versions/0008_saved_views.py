"""Views of the gaps list that coordinators gave a name

Revision ID: 0008_saved_views
Revises: 0007_single_keys
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_saved_views"
down_revision = "0007_single_keys"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_saved_view_name")),
        sa.ForeignKeyConstraint(
            ["person_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_saved_view_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_partnership_id"), "saved_view", ["partnership_id"])
    for name, columns, standing in (
        ("uq_saved_view_own", ["person_id", "name"], "ended_at IS NULL"),
        ("uq_saved_view_shared", ["partnership_id", "name"], "ended_at IS NULL AND shared"),
    ):
        op.create_index(
            name,
            "saved_view",
            columns,
            unique=True,
            postgresql_where=sa.text(standing),
            sqlite_where=sa.text(standing),
        )


def downgrade():
    op.drop_table("saved_view")
