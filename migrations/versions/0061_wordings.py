"""Wordings of letters that a partnership wrote; all letters say what they said

Revision ID: 0061_wordings
Revises: 0060_privacy_sweep
"""

import sqlalchemy as sa
from alembic import op

revision = "0061_wordings"
down_revision = "0060_privacy_sweep"
branch_labels = None
depends_on = None

POSTGRESQL = [
    """CREATE FUNCTION letter_wording_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'letter_wording_kept' USING ERRCODE = 'check_violation';
    END $$""",
    """CREATE TRIGGER letter_wording_kept BEFORE UPDATE OR DELETE ON letter_wording FOR EACH ROW
    WHEN (OLD.used_at IS NOT NULL) EXECUTE FUNCTION letter_wording_kept()""",
]

SQLITE = [
    f"""CREATE TRIGGER letter_wording_kept_{event.lower()} BEFORE {event} ON letter_wording
    WHEN OLD.used_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'letter_wording_kept'); END"""
    for event in ("UPDATE", "DELETE")
]


def upgrade():
    op.create_table(
        "letter_wording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(subject IS NULL) = (words IS NULL)", name=op.f("ck_letter_wording_words")),
        sa.CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name=op.f("ck_letter_wording_used")),
        sa.CheckConstraint("used_at IS NOT NULL OR words IS NOT NULL", name=op.f("ck_letter_wording_draft")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_letter_wording_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_wording")),
    )
    op.create_index(
        "ix_letter_wording_number", "letter_wording", ["partnership_id", "kind", "number"], unique=True
    )
    op.create_index(
        "ix_letter_wording_draft",
        "letter_wording",
        ["partnership_id", "kind"],
        unique=True,
        sqlite_where=sa.text("used_at IS NULL"),
        postgresql_where=sa.text("used_at IS NULL"),
    )
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def downgrade():
    op.drop_table("letter_wording")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION letter_wording_kept()")
