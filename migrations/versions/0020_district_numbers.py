"""Numbers of districts: referrals by month and kind, residents aged 10 to 17, and when a district is reached

Revision ID: 0020_district_numbers
Revises: 0019_draws
"""

import sqlalchemy as sa
from alembic import op

revision = "0020_district_numbers"
down_revision = "0019_draws"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "numbers_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("about IN ('referrals', 'residents')", name=op.f("ck_numbers_entry_about")),
        sa.CheckConstraint("source <> ''", name=op.f("ck_numbers_entry_source")),
        sa.CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name=op.f("ck_numbers_entry_undone")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_numbers_entry_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_numbers_entry")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_numbers_entry_id_partnership_id")),
    )
    op.create_index(op.f("ix_numbers_entry_partnership_id"), "numbers_entry", ["partnership_id"])
    op.create_table(
        "reached_percent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name=op.f("ck_reached_percent_percent")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_reached_percent_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reached_percent")),
    )
    op.create_index("ix_reached_percent_partnership", "reached_percent", ["partnership_id", "id"])
    op.create_table(
        "district_number",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "number >= 0 AND (kind <> '' OR number > 0)", name=op.f("ck_district_number_number")
        ),
        sa.CheckConstraint(
            "CASE WHEN kind = '' THEN period BETWEEN 1990 AND 2100 "
            "ELSE period BETWEEN 199001 AND 210012 AND period % 100 BETWEEN 1 AND 12 END",
            name=op.f("ck_district_number_period"),
        ),
        sa.CheckConstraint("district_code <> ''", name=op.f("ck_district_number_district")),
        sa.ForeignKeyConstraint(
            ["entry_id", "partnership_id"],
            ["numbers_entry.id", "numbers_entry.partnership_id"],
            name=op.f("fk_district_number_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id", "partnership_id"],
            ["district_number.id", "district_number.partnership_id"],
            name=op.f("fk_district_number_replaces_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_district_number")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_district_number_id_partnership_id")),
    )
    op.create_index("ix_district_number_entry_id", "district_number", ["entry_id"])
    op.create_index("ix_district_number_replaces_id", "district_number", ["replaces_id"])
    op.create_index(
        "uq_district_number_standing",
        "district_number",
        ["partnership_id", "district_code", "kind", "period"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
        sqlite_where=sa.text("replaced_at IS NULL"),
    )


def downgrade():
    op.drop_table("district_number")
    op.drop_table("reached_percent")
    op.drop_table("numbers_entry")
