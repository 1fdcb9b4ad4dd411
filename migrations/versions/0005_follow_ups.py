"""A gap's follow-up: the day on which somebody does something about a school

Revision ID: 0005_follow_ups
Revises: 0004_rounds_taken_back
"""

import sqlalchemy as sa
from alembic import op

revision = "0005_follow_ups"
down_revision = "0004_rounds_taken_back"
branch_labels = None
depends_on = None


def upgrade():
    # What a key within the partnership points to; an index, since SQLite adds no constraint to a table that is there.
    op.create_index("uq_person_id_partnership_id", "person", ["id", "partnership_id"], unique=True)
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL) AND "
            "(ended_as IS NULL OR ended_as IN ('done', 'moved', 'withdrawn', 'settled'))",
            name=op.f("ck_follow_up_ended"),
        ),
        sa.CheckConstraint(
            "(what = '') = (COALESCE(ended_as, '') IN ('moved', 'withdrawn'))", name=op.f("ck_follow_up_what")
        ),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_follow_up_sequence")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_follow_up_urn")),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_follow_up_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_follow_up_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    op.create_index(op.f("ix_follow_up_person_id"), "follow_up", ["person_id"])
    op.create_index("ix_follow_up_urn", "follow_up", ["urn", "id"])
    op.create_index(
        "uq_follow_up_standing",
        "follow_up",
        ["programme_id", "urn"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )


def downgrade():
    op.drop_table("follow_up")
    op.drop_index("uq_person_id_partnership_id", "person")
