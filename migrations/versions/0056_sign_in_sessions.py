"""Sessions of people who signed in are rows, which end on the server

Whoever was signed in before is asked to sign in once more: `person.session_key`, which stood in the cookie, goes.

Revision ID: 0056_sign_in_sessions
Revises: 0055_looks
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0056_sign_in_sessions"
down_revision = "0055_looks"
branch_labels = None
depends_on = None

WHY = "'signed out', 'signed in anew', 'ended by its person', 'password changed', 'rights changed', 'left'"

# A session that has ended never lives again, and none becomes another person's, another cookie's or younger.
AS_IT_BEGAN = ("partnership_id", "person_id", "token_hash", "began_at")
TURNED = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in AS_IT_BEGAN)
AGAIN = (
    "OLD.ended_at IS NOT NULL AND (NEW.ended_at IS NULL OR NEW.ended_at <> OLD.ended_at"
    " OR NEW.why_ended <> OLD.why_ended OR NEW.last_seen_at <> OLD.last_seen_at)"
)


def upgrade():
    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("by_link", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why_ended", sa.Text(), nullable=True),
        sa.CheckConstraint("length(token_hash) = 64", name=op.f("ck_sign_in_session_token_hash")),
        sa.CheckConstraint("length(device) BETWEEN 1 AND 60", name=op.f("ck_sign_in_session_device")),
        sa.CheckConstraint("(ended_at IS NULL) = (why_ended IS NULL)", name=op.f("ck_sign_in_session_ended")),
        sa.CheckConstraint(f"why_ended IN ({WHY})", name=op.f("ck_sign_in_session_why_ended")),
        sa.ForeignKeyConstraint(
            ["person_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_sign_in_session_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_session_token_hash")),
    )
    op.create_index("ix_sign_in_session_person_id", "sign_in_session", ["person_id", "ended_at"])
    op.drop_column("person", "session_key")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER sign_in_session_stays_ended BEFORE UPDATE ON sign_in_session "
            f"WHEN {TURNED} OR ({AGAIN}) BEGIN SELECT RAISE(ABORT, 'sign_in_session_stays_ended'); END"
        )
        return
    op.execute(
        f"""
        CREATE FUNCTION sign_in_session_stays_ended() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {TURNED} OR ({AGAIN}) THEN
                RAISE EXCEPTION 'sign_in_session_stays_ended' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER sign_in_session_stays_ended BEFORE UPDATE ON sign_in_session "
        "FOR EACH ROW EXECUTE FUNCTION sign_in_session_stays_ended()"
    )


def downgrade():
    op.drop_table("sign_in_session")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION sign_in_session_stays_ended")
    op.add_column("person", sa.Column("session_key", sa.Text(), server_default="", nullable=False))
    person = sa.table("person", sa.column("id"), sa.column("session_key"))
    for person_id in op.get_bind().execute(sa.select(person.c.id)).scalars().all():
        key = secrets.token_hex(16)
        op.execute(person.update().where(person.c.id == person_id).values(session_key=key))
