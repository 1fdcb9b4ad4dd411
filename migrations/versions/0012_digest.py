"""The digest by mail: on which days each coordinator wishes for it, and which days are done

Revision ID: 0012_digest
Revises: 0011_own_letters
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_digest"
down_revision = "0011_own_letters"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "digest_days",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("days BETWEEN 1 AND 127", name=op.f("ck_digest_days_days")),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= recorded_at", name=op.f("ck_digest_days_ended")),
        sa.ForeignKeyConstraint(
            ["person_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_digest_days_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_days")),
    )
    op.create_index(
        "uq_digest_days_standing",
        "digest_days",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "digest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("stop_hash", sa.Text(), nullable=True),
        sa.CheckConstraint("(letter_id IS NULL) = (stop_hash IS NULL)", name=op.f("ck_digest_stop")),
        sa.ForeignKeyConstraint(
            ["letter_id", "partnership_id"],
            ["letter.id", "letter.partnership_id"],
            name=op.f("fk_digest_letter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_digest_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("person_id", "day", name=op.f("uq_digest_person_id_day")),
        sa.UniqueConstraint("stop_hash", name=op.f("uq_digest_stop_hash")),
    )


def downgrade():
    op.drop_table("digest")
    op.drop_table("digest_days")
