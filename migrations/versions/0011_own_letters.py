"""Letters in a coordinator's own words: drafts, what was sent of them, and to which schools

Revision ID: 0011_own_letters
Revises: 0010_questionnaires
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_own_letters"
down_revision = "0010_questionnaires"
branch_labels = None
depends_on = None

GUARD = "history_of_own_letter_guard"


def upgrade():
    op.create_table(
        "own_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("to_declined", sa.Boolean(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_by", sa.Text(), nullable=True),
        sa.Column("goes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(sent_at IS NULL) = (sent_by IS NULL) AND (sent_at IS NULL) = (goes_at IS NULL)",
            name=op.f("ck_own_letter_sent"),
        ),
        sa.CheckConstraint(
            "sent_at IS NULL OR (subject <> '' AND words <> '')", name=op.f("ck_own_letter_said")
        ),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR sent_at IS NOT NULL", name=op.f("ck_own_letter_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_own_letter_partnership_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_own_letter_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_letter")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_own_letter_id_partnership_id")),
        sa.UniqueConstraint("partnership_id", "form_key", name=op.f("uq_own_letter_partnership_id_form_key")),
    )
    for column in ("partnership_id", "programme_id"):
        op.create_index(op.f(f"ix_own_letter_{column}"), "own_letter", [column])
    op.create_table(
        "own_letter_to",
        sa.Column("own_letter_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("letter_id IS NULL OR why = ''", name=op.f("ck_own_letter_to_why")),
        sa.CheckConstraint("link_id IS NULL OR letter_id IS NOT NULL", name=op.f("ck_own_letter_to_link")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_own_letter_to_partnership_id")
        ),
        sa.ForeignKeyConstraint(
            ["own_letter_id", "partnership_id"],
            ["own_letter.id", "own_letter.partnership_id"],
            name=op.f("fk_own_letter_to_own_letter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["letter_id", "partnership_id"],
            ["letter.id", "letter.partnership_id"],
            name=op.f("fk_own_letter_to_letter_id"),
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_own_letter_to_urn")),
        sa.ForeignKeyConstraint(["link_id"], ["personal_link.id"], name=op.f("fk_own_letter_to_link_id")),
        sa.PrimaryKeyConstraint("own_letter_id", "urn", name=op.f("pk_own_letter_to")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_own_letter_to_letter_id")),
        sa.UniqueConstraint("link_id", name=op.f("uq_own_letter_to_link_id")),
    )
    for column in ("partnership_id", "urn"):
        op.create_index(op.f(f"ix_own_letter_to_{column}"), "own_letter_to", [column])
    _guard_deeds()


def _guard_deeds():
    """A deed of such a letter is its own partnership's, as 0002 says of all that the history speaks of."""
    wrong = (
        "(SELECT s.partnership_id FROM own_letter s WHERE s.id = CAST(NEW.subject_id AS INTEGER))"
        " <> NEW.partnership_id"
    )
    refused, before = "history_of_another_partnership", "BEFORE INSERT ON history"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {GUARD} {before} WHEN NEW.subject = 'own letter' AND {wrong} "
            f"BEGIN SELECT RAISE(ABORT, '{refused}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {GUARD}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {wrong} THEN "
        f"RAISE EXCEPTION '{refused}' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {GUARD} {before} FOR EACH ROW WHEN (NEW.subject = 'own letter') EXECUTE FUNCTION {GUARD}()"
    )


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {GUARD}")
    else:
        op.execute(f"DROP TRIGGER {GUARD} ON history")
        op.execute(f"DROP FUNCTION {GUARD}")
    op.drop_table("own_letter_to")
    op.drop_table("own_letter")
