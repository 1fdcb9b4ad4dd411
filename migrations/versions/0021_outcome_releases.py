"""Releases of outcomes: which waves came in together, and which figures were shown

Revision ID: 0021_outcome_releases
Revises: 0020_district_numbers
"""

import sqlalchemy as sa
from alembic import op

revision = "0021_outcome_releases"
down_revision = "0020_district_numbers"
branch_labels = None
depends_on = None

STAY = ("outcome_release", "released_wave")


def upgrade():
    op.create_table(
        "outcome_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_outcome_release_number")),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_outcome_release_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_release")),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_outcome_release_programme_id_number")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_outcome_release_id_partnership_id")),
    )
    op.create_table(
        "released_wave",
        sa.Column("wave_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("school_type", sa.Text(), nullable=False),
        sa.Column("year_groups", sa.JSON(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.CheckConstraint("pupils >= 0", name=op.f("ck_released_wave_pupils")),
        sa.ForeignKeyConstraint(
            ["wave_id", "partnership_id"],
            ["answer_wave.id", "answer_wave.partnership_id"],
            name=op.f("fk_released_wave_wave_id"),
        ),
        sa.ForeignKeyConstraint(
            ["release_id", "partnership_id"],
            ["outcome_release.id", "outcome_release.partnership_id"],
            name=op.f("fk_released_wave_release_id"),
        ),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_released_wave")),
    )
    op.create_index("ix_released_wave_release", "released_wave", ["release_id"])
    _guard(op.get_bind())


def _guard(bind):
    for table in STAY:
        if bind.dialect.name == "sqlite":
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_stays_{event.lower()}_guard BEFORE {event} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table}_stays'); END"
                )
            continue
        op.execute(
            f"CREATE FUNCTION {table}_stays_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{table}_stays' USING ERRCODE = 'check_violation'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_stays_guard BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_stays_guard()"
        )


def downgrade():
    for table in reversed(STAY):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in STAY:
            op.execute(f"DROP FUNCTION {table}_stays_guard")
