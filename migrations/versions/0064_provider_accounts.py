"""Accounts at sign-in providers that are a person's, sign-ins on their way there, and who made a one-time link

Nobody has an account bound until they come by one. Links that are open now were made by a colleague as far as is known:
they go on to let in wherever passwords do.

Revision ID: 0064_provider_accounts
Revises: 0063_history_searched
"""

import sqlalchemy as sa
from alembic import op

revision = "0064_provider_accounts"
down_revision = "0063_history_searched"
branch_labels = None
depends_on = None

# Whose account it is never changes: it ends, and another row begins.
STAYS = (
    "OLD.ended_at IS NOT NULL OR NEW.person_id <> OLD.person_id OR NEW.partnership_id <> OLD.partnership_id"
    " OR NEW.issuer <> OLD.issuer OR NEW.subject <> OLD.subject"
)


def upgrade():
    op.create_table(
        "provider_attempt",
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("onward", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(state_hash) = 64", name=op.f("ck_provider_attempt_state_hash")),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_provider_attempt")),
    )
    op.create_table(
        "provider_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("by_groups", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("issuer <> '' AND subject <> ''", name=op.f("ck_provider_account_named")),
        sa.ForeignKeyConstraint(
            ["person_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_provider_account_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_account")),
    )
    for name, columns in (
        ("uq_provider_account_standing", ["issuer", "subject"]),
        ("uq_provider_account_person", ["person_id", "issuer"]),
    ):
        op.create_index(
            name,
            "provider_account",
            columns,
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    op.add_column(
        "sign_in_link", sa.Column("by_operator", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    _guard()


def downgrade():
    op.drop_column("sign_in_link", "by_operator")
    op.drop_table("provider_account")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION provider_account_stays")
    op.drop_table("provider_attempt")


def _guard():
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER provider_account_stays BEFORE UPDATE ON provider_account "
            f"WHEN {STAYS} BEGIN SELECT RAISE(ABORT, 'provider_account_stays'); END"
        )
        return
    op.execute(
        f"""
        CREATE FUNCTION provider_account_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {STAYS} THEN
                RAISE EXCEPTION 'provider_account_stays' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER provider_account_stays BEFORE UPDATE ON provider_account "
        "FOR EACH ROW EXECUTE FUNCTION provider_account_stays()"
    )
