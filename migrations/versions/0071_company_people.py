"""People of a company: a role that belongs to one company of its partnership, and no other role does

Revision ID: 0071_company_people
Revises: 0070_walls
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0071_company_people"
down_revision = "0070_walls"
branch_labels = None
depends_on = None

BEFORE = "role IN ('lead', 'coordinator', 'reader', 'board')"
AFTER = "role IN ('lead', 'coordinator', 'reader', 'board', 'company')"
OF_COMPANY = "(role = 'company') = (company_id IS NOT NULL)"
COLUMNS = "id, partnership_id, person_id, role, given_at, given_by, taken_at, taken_by"

KEPT = (
    "OLD.taken_at IS NOT NULL OR NEW.person_id <> OLD.person_id OR NEW.partnership_id <> OLD.partnership_id "
    "OR NEW.role <> OLD.role OR NEW.given_at <> OLD.given_at OR NEW.given_by <> OLD.given_by"
)
ITS_COMPANY = "NEW.company_id IS NOT OLD.company_id"
DISTINCT = "NEW.company_id IS DISTINCT FROM OLD.company_id"
"""The same on PostgreSQL."""


def upgrade():
    op.create_index("uq_company_id_partnership_id", "company", ["id", "partnership_id"], unique=True)
    if op.get_bind().dialect.name == "sqlite":
        _anew(AFTER, with_company=True)
        return
    op.add_column("person_role", sa.Column("company_id", sa.Integer(), nullable=True))
    op.drop_constraint(op.f("ck_person_role_role"), "person_role")
    op.create_check_constraint(op.f("ck_person_role_role"), "person_role", AFTER)
    op.create_check_constraint(op.f("ck_person_role_company"), "person_role", OF_COMPANY)
    op.create_foreign_key(
        op.f("fk_person_role_company_id"),
        "person_role",
        "company",
        ["company_id", "partnership_id"],
        ["id", "partnership_id"],
    )
    _kept_on_postgresql(f"{KEPT} OR {DISTINCT}", ", company_id")


def downgrade():
    """Whoever was a company's person is nobody here."""
    if op.get_bind().dialect.name == "sqlite":
        _anew(BEFORE, with_company=False)
    else:
        _kept_on_postgresql(KEPT, "")
        op.execute("ALTER TABLE person_role DISABLE TRIGGER USER")
        op.execute("DELETE FROM person_role WHERE role = 'company'")
        op.execute("ALTER TABLE person_role ENABLE TRIGGER USER")
        op.drop_constraint(op.f("ck_person_role_role"), "person_role")
        op.create_check_constraint(op.f("ck_person_role_role"), "person_role", BEFORE)
        op.drop_column("person_role", "company_id")
    op.drop_index("uq_company_id_partnership_id", "company")


def _kept_on_postgresql(written, column):
    """What somebody was stands: the company with it."""
    op.execute(
        f"""CREATE OR REPLACE FUNCTION person_role_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'UPDATE' THEN IF NOT ({written}) THEN RETURN NEW; END IF; END IF;
        RAISE EXCEPTION 'person_role_kept' USING ERRCODE = 'check_violation';
    END $$"""
    )
    op.execute("DROP TRIGGER person_role_kept ON person_role")
    op.execute(
        "CREATE TRIGGER person_role_kept BEFORE DELETE OR UPDATE OF "
        f"id, partnership_id, person_id, role, given_at, taken_at{column} ON person_role "
        "FOR EACH ROW EXECUTE FUNCTION person_role_kept()"
    )


def _anew(roles, *, with_company):
    """SQLite changes no CHECK of a table that stands: it is made anew, with its rows, its indexes and the triggers that
    speak of it."""
    bind = op.get_bind()
    triggers = bind.execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%person_role%'")
    ).all()
    for name, _made in triggers:
        op.execute(f"DROP TRIGGER {name}")
    op.execute("ALTER TABLE person_role RENAME TO person_role_before")
    for name in ("uq_person_role_standing", "ix_person_role_partnership_id_role"):
        op.execute(f"DROP INDEX {name}")
    of_company = (
        [
            sa.Column("company_id", sa.Integer(), nullable=True),
            sa.CheckConstraint(OF_COMPANY, name=op.f("ck_person_role_company")),
            sa.ForeignKeyConstraint(
                ["company_id", "partnership_id"],
                ["company.id", "company.partnership_id"],
                name=op.f("fk_person_role_company_id"),
            ),
        ]
        if with_company
        else []
    )
    op.create_table(
        "person_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=True),
        *of_company,
        sa.CheckConstraint(roles, name=op.f("ck_person_role_role")),
        sa.CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name=op.f("ck_person_role_taken")),
        sa.ForeignKeyConstraint(
            ["person_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_person_role_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_role")),
    )
    op.execute(
        f"INSERT INTO person_role ({COLUMNS}) SELECT {COLUMNS} FROM person_role_before WHERE {roles} ORDER BY id"
    )
    op.execute("DROP TABLE person_role_before")
    op.create_index("ix_person_role_partnership_id_role", "person_role", ["partnership_id", "role"])
    op.create_index(
        "uq_person_role_standing",
        "person_role",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("taken_at IS NULL"),
        postgresql_where=sa.text("taken_at IS NULL"),
    )
    for name, made in triggers:
        op.execute(_kept_on_sqlite(made, with_company) if name == "person_role_kept_update" else made)


def _kept_on_sqlite(made, with_company):
    if with_company:
        made = re.sub(r"UPDATE OF ([\w, ]+?) ON", r"UPDATE OF \1, company_id ON", made, count=1)
        return made.replace("WHEN ", f"WHEN {ITS_COMPANY} OR ", 1)
    return made.replace(", company_id ON", " ON", 1).replace(f"{ITS_COMPANY} OR ", "", 1)
