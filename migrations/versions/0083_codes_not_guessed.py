"""Codes of questionnaires that nobody guesses, and answers set aside by themselves: secrets of addresses, counts of a day

Revision ID: 0083_codes_not_guessed
Revises: 0082_asked_by_partnership
"""

import sqlalchemy as sa
from alembic import op

revision = "0083_codes_not_guessed"
down_revision = "0082_asked_by_partnership"
branch_labels = None
depends_on = None

MARKS = "outside", "set_aside"
BEFORE = "a8 smallint)"
AFTER = f"a8 smallint, {', '.join(f'{mark} boolean NOT NULL DEFAULT false' for mark in MARKS)})"


def upgrade():
    waves = _open_waves()
    op.take_tables("answer_wave", "wave_code", *waves)
    op.create_table(
        "day_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_day_count_number")),
        sa.PrimaryKeyConstraint("day", "key", name=op.f("pk_day_count")),
    )
    op.add_column("answer_wave", sa.Column("burst_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("wave_code", sa.Column("secret", sa.Text(), nullable=True))
    for name in waves:
        for mark in MARKS:
            op.add_column(name, sa.Column(mark, sa.Boolean(), nullable=False, server_default=sa.false()))
    _made_with(BEFORE, AFTER)


def _open_waves():
    """The tables that stand open, each a wave's answers."""
    names = sa.inspect(op.get_bind()).get_table_names()
    return sorted(name for name in names if name.startswith("open_answers_"))


def _made_with(before, after):
    """The function that makes a wave's tables, with other columns; whoever owns it still does."""
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    made = bind.exec_driver_sql(
        "SELECT pg_get_functiondef('outreach_open_wave(integer)'::regprocedure)"
    ).scalar_one()
    assert before in made
    bind.exec_driver_sql(made.replace(before, after).replace("%", "%%"))


def downgrade():
    _made_with(AFTER, BEFORE)
    for name in _open_waves():
        for mark in MARKS:
            op.drop_column(name, mark)
    op.drop_column("wave_code", "secret")
    op.drop_column("answer_wave", "burst_at")
    op.drop_table("day_count")
