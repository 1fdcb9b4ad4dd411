"""Webhooks: programs that are told what came about, their secrets, and what was told to them

Revision ID: 0078_webhooks
Revises: 0077_token_scopes
"""

import sqlalchemy as sa
from alembic import op

from outreach.ground.walls import OWN, under, wall

revision = "0078_webhooks"
down_revision = "0077_token_scopes"
branch_labels = None
depends_on = None

DUE = """WHEN 'webhooks' THEN RETURN QUERY SELECT p.id FROM partnership p WHERE EXISTS (SELECT FROM webhook_delivery d
            WHERE d.partnership_id = p.id AND d.status = 'waiting' AND d.not_before <= at) ORDER BY p.id;
        """

GUARD = "history_of_webhook_guard"
WRONG = """(SELECT s.partnership_id FROM webhook s
    WHERE s.id = CAST(NEW.subject_id AS INTEGER)) <> NEW.partnership_id"""
REFUSAL = "history_of_another_partnership"


def upgrade():
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_webhook_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_webhook_id_partnership_id")),
    )
    op.create_index(op.f("ix_webhook_partnership_id"), "webhook", ["partnership_id"])
    op.create_table(
        "webhook_secret",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_secret_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_secret")),
    )
    op.create_index(op.f("ix_webhook_secret_webhook_id"), "webhook_secret", ["webhook_id"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint(
            "status IN ('waiting', 'taken', 'dead', 'withdrawn')", name=op.f("ck_webhook_delivery_status")
        ),
        sa.CheckConstraint(
            "(status = 'waiting') = (ended_at IS NULL)", name=op.f("ck_webhook_delivery_ended")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id", "partnership_id"],
            ["webhook.id", "webhook.partnership_id"],
            name=op.f("fk_webhook_delivery_webhook_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("uid", name=op.f("uq_webhook_delivery_uid")),
    )
    op.create_index("ix_webhook_delivery_due", "webhook_delivery", ["partnership_id", "status", "not_before"])
    op.create_index("ix_webhook_delivery_webhook_id", "webhook_delivery", ["webhook_id", "id"])
    _guard_deeds()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, rule in (
        ("webhook", OWN),
        ("webhook_secret", under("webhook", "webhook_secret.webhook_id")),
        ("webhook_delivery", OWN),
    ):
        for statement in wall(table, rule):
            op.execute(statement)
    _due(lambda made: made.replace("END CASE;", f"{DUE}END CASE;", 1))


def _guard_deeds():
    """A deed of a webhook is its own partnership's, as 0002 says of all that the history speaks of."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {GUARD} BEFORE INSERT ON history WHEN NEW.subject = 'webhook' AND {WRONG} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {GUARD}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {WRONG} THEN "
        f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {GUARD} BEFORE INSERT ON history FOR EACH ROW WHEN (NEW.subject = 'webhook') "
        f"EXECUTE FUNCTION {GUARD}()"
    )


def _due(changed):
    """The function that finds for whom work waits, with one kind more or less; whoever owns it still does."""
    bind = op.get_bind()
    made = bind.exec_driver_sql(
        "SELECT pg_get_functiondef('outreach_due(text, timestamptz)'::regprocedure)"
    ).scalar_one()
    bind.exec_driver_sql(changed(made).replace("%", "%%"))


def downgrade():
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON history"
    op.execute(f"DROP TRIGGER {GUARD}{on}")
    if on:
        op.execute(f"DROP FUNCTION {GUARD}")
    if op.get_bind().dialect.name == "postgresql":
        _due(lambda made: made.replace(DUE, "", 1))
    for table in ("webhook_delivery", "webhook_secret", "webhook"):
        op.drop_table(table)
