"""Lists of bodies: taken in by the reader of lists, with what each made and changed, so that it can be taken back

Revision ID: 0033_body_lists
Revises: 0032_bodies
"""

import sqlalchemy as sa
from alembic import op

revision = "0033_body_lists"
down_revision = "0032_bodies"
branch_labels = None
depends_on = None

OLD = "kind IN ('contacts', 'past shows')"
NEW = "kind IN ('contacts', 'past shows', 'bodies')"


def upgrade():
    _kinds(OLD, NEW)
    op.create_table(
        "body_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_body_list_withdrawn")
        ),
        sa.CheckConstraint(
            "made >= 0 AND changed >= 0 AND made + changed > 0", name=op.f("ck_body_list_adds_up")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_body_list_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_body_list")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_body_list_id_partnership_id")),
    )
    op.create_index("ix_body_list_partnership_id", "body_list", ["partnership_id"])
    op.create_table(
        "body_list_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id", "partnership_id"],
            ["body_list.id", "body_list.partnership_id"],
            name=op.f("fk_body_list_line_list_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.organisation_id"],
            name=op.f("fk_body_list_line_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_body_list_line")),
        sa.UniqueConstraint(
            "list_id", "organisation_id", name=op.f("uq_body_list_line_list_id_organisation_id")
        ),
    )
    op.create_index("ix_body_list_line_organisation_id", "body_list_line", ["organisation_id"])


def downgrade():
    op.drop_table("body_list_line")
    op.drop_table("body_list")
    op.execute("DELETE FROM list_sheet WHERE upload_id IN (SELECT id FROM list_upload WHERE kind = 'bodies')")
    op.execute("DELETE FROM list_upload WHERE kind = 'bodies'")
    _kinds(NEW, OLD)


def _kinds(before, after):
    """SQLite has no word for it: a check is text of the table's statement and nothing else (lang_altertable.html, 7)."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        bind.exec_driver_sql("PRAGMA writable_schema = ON")
        bind.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'list_upload'",
            (before, after),
        )
        bind.exec_driver_sql("PRAGMA writable_schema = RESET")
    else:
        op.execute("ALTER TABLE list_upload DROP CONSTRAINT ck_list_upload_kind")
        op.execute(f"ALTER TABLE list_upload ADD CONSTRAINT ck_list_upload_kind CHECK ({after})")
