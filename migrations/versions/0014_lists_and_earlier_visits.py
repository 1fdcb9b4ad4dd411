"""lists and earlier visits

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "list_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('contacts', 'past shows')", name=op.f("ck_list_upload_kind")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_list_upload_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_upload")),
        sa.UniqueConstraint("token", name=op.f("uq_list_upload_token")),
    )
    op.create_index(op.f("ix_list_upload_partnership_id"), "list_upload", ["partnership_id"])
    op.create_index("ix_list_upload_uploaded_at", "list_upload", ["uploaded_at"])
    op.create_table(
        "list_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("merged", sa.Text(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["list_upload.id"], name=op.f("fk_list_sheet_upload_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_sheet")),
        sa.UniqueConstraint("upload_id", "number", name=op.f("uq_list_sheet_upload_id_number")),
    )
    op.create_table(
        "list_heading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("taken_as", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_list_heading_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_heading")),
        sa.UniqueConstraint(
            "partnership_id", "kind", "heading", name=op.f("uq_list_heading_partnership_id_kind_heading")
        ),
    )
    op.create_index(op.f("ix_list_heading_partnership_id"), "list_heading", ["partnership_id"])
    op.create_table(
        "earlier_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_by", sa.Text(), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(taken_back_at IS NULL) = (taken_back_by IS NULL)", name=op.f("ck_earlier_list_taken_back")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_earlier_list_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_list")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_earlier_list_id_partnership_id")),
    )
    op.create_index(op.f("ix_earlier_list_partnership_id"), "earlier_list", ["partnership_id"])
    op.create_table(
        "earlier_visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("pupils", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "academic_year BETWEEN 1990 AND 2200", name=op.f("ck_earlier_visit_academic_year")
        ),
        sa.CheckConstraint("pupils BETWEEN 0 AND 3000", name=op.f("ck_earlier_visit_pupils")),
        sa.ForeignKeyConstraint(
            ["list_id", "partnership_id"],
            ["earlier_list.id", "earlier_list.partnership_id"],
            name="fk_earlier_visit_list_id",
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_earlier_visit_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_visit")),
    )
    op.create_index("ix_earlier_visit_partnership", "earlier_visit", ["partnership_id", "urn"])
    op.create_index(
        "uq_earlier_visit_day",
        "earlier_visit",
        ["list_id", "urn", "day"],
        unique=True,
        postgresql_where=sa.text("day IS NOT NULL"),
        sqlite_where=sa.text("day IS NOT NULL"),
    )
    op.create_index(
        "uq_earlier_visit_year",
        "earlier_visit",
        ["list_id", "urn", "academic_year"],
        unique=True,
        postgresql_where=sa.text("day IS NULL"),
        sqlite_where=sa.text("day IS NULL"),
    )


def downgrade():
    for table in ("earlier_visit", "earlier_list", "list_heading", "list_sheet", "list_upload"):
        op.drop_table(table)
