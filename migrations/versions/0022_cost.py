"""What a programme may spend and what it spent

Revision ID: 0022_cost
Revises: 0021_outcome_releases
"""

import sqlalchemy as sa
from alembic import op

revision = "0022_cost"
down_revision = "0021_outcome_releases"
branch_labels = None
depends_on = None

STAYS = (
    ("programme_budget_stays", "programme_budget", "UPDATE"),
    ("spending_stays", "spending", "UPDATE OF programme_id, entry, day, words, pence, recorded_at, who"),
)
"""The name that refuses, the table, and what is refused there."""

GUARD = "history_of_spending_guard"


def upgrade():
    op.create_table(
        "programme_budget",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("pence", sa.Integer(), nullable=True),
        sa.Column("days_are", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint("days_are IN ('reckoned', 'billed')", name=op.f("ck_programme_budget_days_are")),
        sa.CheckConstraint("pence >= 0", name=op.f("ck_programme_budget_pence")),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_programme_budget_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_budget")),
    )
    op.create_index("ix_programme_budget_programme", "programme_budget", ["programme_id", "id"])
    op.create_table(
        "spending",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("pence", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "pence <> 0 AND pence BETWEEN -100000000 AND 100000000", name=op.f("ck_spending_pence")
        ),
        sa.CheckConstraint("words <> '' AND entry <> ''", name=op.f("ck_spending_said")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_spending_ended")),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_spending_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spending")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_spending_id_partnership_id")),
    )
    op.create_index("ix_spending_programme", "spending", ["programme_id", "day"])
    op.create_index(
        "uq_spending_standing",
        "spending",
        ["programme_id", "entry"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    _guard_rows()
    _guard_deeds()


def _guard_rows():
    for name, table, event in STAYS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name}_guard BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, '{name}'); END"
            )
            continue
        op.execute(
            f"CREATE FUNCTION {name}_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name}_guard BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}_guard()"
        )


def _guard_deeds():
    """A deed of an entry is its own partnership's, as 0002 says of all that the history speaks of."""
    wrong = (
        "(SELECT s.partnership_id FROM spending s WHERE s.id = CAST(NEW.subject_id AS INTEGER))"
        " <> NEW.partnership_id"
    )
    refused, before = "history_of_another_partnership", "BEFORE INSERT ON history"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {GUARD} {before} WHEN NEW.subject = 'spending' AND {wrong} "
            f"BEGIN SELECT RAISE(ABORT, '{refused}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {GUARD}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {wrong} THEN "
        f"RAISE EXCEPTION '{refused}' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {GUARD} {before} FOR EACH ROW WHEN (NEW.subject = 'spending') EXECUTE FUNCTION {GUARD}()"
    )


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {GUARD}")
    else:
        op.execute(f"DROP TRIGGER {GUARD} ON history")
        op.execute(f"DROP FUNCTION {GUARD}")
    op.drop_table("spending")
    op.drop_table("programme_budget")
    if op.get_bind().dialect.name == "postgresql":
        for name, *_ in STAYS:
            op.execute(f"DROP FUNCTION {name}_guard")
