"""Passkeys of people, and the challenges that they answer

Revision ID: 0068_passkeys
Revises: 0067_origin_of_attempts
"""

import sqlalchemy as sa
from alembic import op

revision = "0068_passkeys"
down_revision = "0067_origin_of_attempts"
branch_labels = None
depends_on = None

# A key is never another's or another key, and its count never goes back: who copied one would be found out by that.
BROKEN = (
    "NEW.person_id <> OLD.person_id OR NEW.partnership_id <> OLD.partnership_id"
    " OR NEW.credential_id <> OLD.credential_id OR NEW.public_key <> OLD.public_key"
    " OR NEW.sign_count < OLD.sign_count"
)
NAME = "passkey_stays"


def upgrade():
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name=op.f("ck_passkey_name")),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_passkey_sign_count")),
        sa.ForeignKeyConstraint(
            ["person_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_passkey_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index("ix_passkey_person_id", "passkey", ["person_id"])
    op.create_table(
        "passkey_challenge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('added', 'first', 'second')", name=op.f("ck_passkey_challenge_purpose")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey_challenge")),
    )
    op.create_index(op.f("ix_passkey_challenge_asked_at"), "passkey_challenge", ["asked_at"])
    op.create_index("ix_passkey_challenge_origin", "passkey_challenge", ["origin"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {NAME} BEFORE UPDATE ON passkey WHEN {BROKEN} "
            f"BEGIN SELECT RAISE(ABORT, '{NAME}'); END"
        )
        return
    op.execute(
        f"""
        CREATE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {BROKEN} THEN
                RAISE EXCEPTION '{NAME}' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(f"CREATE TRIGGER {NAME} BEFORE UPDATE ON passkey FOR EACH ROW EXECUTE FUNCTION {NAME}()")


def downgrade():
    op.drop_table("passkey_challenge")
    op.drop_table("passkey")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"DROP FUNCTION {NAME}")
