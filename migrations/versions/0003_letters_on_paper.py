"""Letters on paper, and the short codes that open a school's pages

Revision ID: 0003_letters_on_paper
Revises: 0002_guards
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_letters_on_paper"
down_revision = "0002_guards"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "short_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('letter', 'spoken')", name=op.f("ck_short_code_kind")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL) AND "
            "(ended_as IS NULL OR ended_as IN ('used', 'replaced', 'tried too often'))",
            name=op.f("ck_short_code_ended"),
        ),
        sa.CheckConstraint("wrong_tries >= 0", name=op.f("ck_short_code_wrong_tries")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_short_code_urn")),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_short_code_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_short_code")),
    )
    op.create_index(op.f("ix_short_code_programme_id"), "short_code", ["programme_id"])
    op.create_index(
        "ix_short_code_standing",
        "short_code",
        ["urn", "programme_id", "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "wrong_code_try",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_wrong_code_try_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_code_try")),
    )
    op.create_index("ix_wrong_code_try_urn", "wrong_code_try", ["urn", "recorded_at"])
    op.create_index("ix_wrong_code_try_origin", "wrong_code_try", ["origin", "recorded_at"])
    op.create_table(
        "paper_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("short_code_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_paper_letter_programme_id"),
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_paper_letter_urn")),
        sa.ForeignKeyConstraint(["link_id"], ["personal_link.id"], name=op.f("fk_paper_letter_link_id")),
        sa.ForeignKeyConstraint(
            ["short_code_id"], ["short_code.id"], name=op.f("fk_paper_letter_short_code_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_letter")),
    )
    op.create_index("ix_paper_letter_programme", "paper_letter", ["programme_id", "urn"])
    op.create_table(
        "paper_posting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_letter_id", sa.Integer(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_paper_posting_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["paper_letter_id"], ["paper_letter.id"], name=op.f("fk_paper_posting_paper_letter_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_posting")),
    )
    op.create_index(op.f("ix_paper_posting_paper_letter_id"), "paper_posting", ["paper_letter_id"])
    op.create_index(
        "ix_paper_posting_standing",
        "paper_posting",
        ["paper_letter_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )


def downgrade():
    for table in ("paper_posting", "paper_letter", "wrong_code_try", "short_code"):
        op.drop_table(table)
