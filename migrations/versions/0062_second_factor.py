"""Second factors of people's sign-in, and of whom a partnership asks one

Nobody is asked for one until they set it up or their partnership says so.

Revision ID: 0062_second_factor
Revises: 0061_wordings
"""

import sqlalchemy as sa
from alembic import op

revision = "0062_second_factor"
down_revision = "0061_wordings"
branch_labels = None
depends_on = None

# A code that was taken is never taken again, and one that was taken away never comes back.
GUARDS = {
    "second_factor": "OLD.ended_at IS NOT NULL OR NEW.person_id <> OLD.person_id"
    " OR NEW.partnership_id <> OLD.partnership_id"
    " OR OLD.last_step IS NOT NULL AND (NEW.last_step IS NULL OR NEW.last_step < OLD.last_step)",
    "recovery_code": "NEW.second_factor_id <> OLD.second_factor_id OR NEW.code_hash <> OLD.code_hash"
    " OR OLD.used_at IS NOT NULL",
}


def upgrade():
    op.execute(
        "ALTER TABLE partnership ADD COLUMN second_factor TEXT DEFAULT 'nobody' NOT NULL "
        "CONSTRAINT ck_partnership_second_factor CHECK (second_factor IN ('nobody', 'leads', 'everybody'))"
    )
    op.create_table(
        "second_factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=True),
        sa.Column("wrong_codes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (secret IS NOT NULL)", name=op.f("ck_second_factor_secret")),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (last_step IS NULL)", name=op.f("ck_second_factor_confirmed")
        ),
        sa.CheckConstraint("wrong_codes >= 0", name=op.f("ck_second_factor_wrong_codes")),
        sa.ForeignKeyConstraint(
            ["person_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_second_factor_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
    )
    op.create_index(
        "uq_second_factor_id_partnership_id", "second_factor", ["id", "partnership_id"], unique=True
    )
    for name, where in (
        ("uq_second_factor_standing", "confirmed_at IS NOT NULL AND ended_at IS NULL"),
        ("uq_second_factor_shown", "confirmed_at IS NULL"),
    ):
        op.create_index(
            name,
            "second_factor",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("second_factor_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["second_factor_id", "partnership_id"],
            ["second_factor.id", "second_factor.partnership_id"],
            name=op.f("fk_recovery_code_second_factor_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(
        "uq_recovery_code_second_factor_id", "recovery_code", ["second_factor_id", "code_hash"], unique=True
    )
    for table, broken in GUARDS.items():
        _guard(table, broken)


def downgrade():
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
    if op.get_bind().dialect.name != "sqlite":
        for table in GUARDS:
            op.execute(f"DROP FUNCTION {table}_stays_used")
    op.drop_column("partnership", "second_factor")


def _guard(table, broken):
    name = f"{table}_stays_used"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN {broken} "
            f"BEGIN SELECT RAISE(ABORT, '{name}'); END"
        )
        return
    op.execute(
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {broken} THEN
                RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
