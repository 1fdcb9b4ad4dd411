"""Times kept from the waiting list, one at a time for a school; offers where they were promised; letters
without times.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

THE_SERVICE = "the service itself"


def upgrade():
    op.add_column("proposal", sa.Column("waiting", sa.Boolean(), nullable=False, server_default=sa.false()))
    _mark_what_came_from_the_list()
    op.add_column(
        "invitation", sa.Column("without_times", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index(
        "uq_proposal_waiting",
        "proposal",
        ["programme_id", "urn"],
        unique=True,
        postgresql_where=sa.text("waiting AND ended_at IS NULL"),
        sqlite_where=sa.text("waiting AND ended_at IS NULL"),
    )
    _offer_where_it_was_promised()


def downgrade():
    op.drop_index("uq_proposal_waiting", table_name="proposal")
    op.drop_column("proposal", "waiting")
    op.drop_column("invitation", "without_times")


def _mark_what_came_from_the_list():
    """What the service proposed by itself came from the waiting list; of several that stand, the newest
    counts."""
    op.execute(
        f"UPDATE proposal SET waiting = {_true()} WHERE who = '{THE_SERVICE}' AND (ended_at IS NOT NULL OR id = ("
        "SELECT max(p.id) FROM proposal p WHERE p.who = proposal.who AND p.programme_id = proposal.programme_id "
        "AND p.urn = proposal.urn AND p.ended_at IS NULL))"
    )


def _offer_where_it_was_promised():
    """The page told schools that wait that they would be offered what comes free. Where nobody has ever
    switched that on, it was off because that was how it began: it is on now. Where somebody switched it off
    again, it stays off."""
    bind = op.get_bind()
    history = sa.table(
        "history",
        sa.column("what"),
        sa.column("subject"),
        sa.column("subject_id"),
        sa.column("before", sa.JSON),
    )
    switched = {
        str(subject)
        for subject, before in bind.execute(
            sa.select(history.c.subject_id, history.c.before).where(
                history.c.what == "settled the chasing", history.c.subject == "programme"
            )
        )
        if isinstance(before, dict) and before.get("offers_on") is True
    }
    promised = bind.execute(
        sa.text(
            "SELECT programme_id FROM chasing_settings WHERE NOT offers_on AND EXISTS (SELECT 1 FROM answer "
            "WHERE answer.programme_id = chasing_settings.programme_id AND answer.kind = 'waiting list')"
        )
    ).scalars()
    for programme_id in list(promised):
        if str(programme_id) not in switched:
            bind.execute(
                sa.text(f"UPDATE chasing_settings SET offers_on = {_true()} WHERE programme_id = :id"),
                {"id": programme_id},
            )


def _true():
    return "true" if op.get_bind().dialect.name == "postgresql" else "1"
