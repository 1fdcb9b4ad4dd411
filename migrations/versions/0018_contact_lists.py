"""Lists of contacts that were taken in, with what each line came to, so that a list can be taken back whole.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "contact_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("named", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("merged", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("not_in_target", sa.Integer(), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_by", sa.Text(), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "named = made + changed + unchanged + merged + left_out + not_in_target",
            name=op.f("ck_contact_list_adds_up"),
        ),
        sa.CheckConstraint(
            "(taken_back_at IS NULL) = (taken_back_by IS NULL)", name=op.f("ck_contact_list_taken_back")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_contact_list_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_list")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_contact_list_id_partnership_id")),
    )
    op.create_index(op.f("ix_contact_list_partnership_id"), "contact_list", ["partnership_id"])
    op.create_table(
        "contact_list_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("replaced_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("replaced_id <> contact_id", name=op.f("ck_contact_list_line_replaced")),
        sa.ForeignKeyConstraint(
            ["list_id", "partnership_id"],
            ["contact_list.id", "contact_list.partnership_id"],
            name="fk_contact_list_line_list_id",
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_list_line_contact_id")),
        sa.ForeignKeyConstraint(
            ["replaced_id"], ["contact.id"], name=op.f("fk_contact_list_line_replaced_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_list_line")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_contact_list_line_contact_id")),
        sa.UniqueConstraint("replaced_id", name=op.f("uq_contact_list_line_replaced_id")),
    )
    op.create_index("ix_contact_list_line_list_id", "contact_list_line", ["list_id"])


def downgrade():
    for table in ("contact_list_line", "contact_list"):
        op.drop_table(table)
