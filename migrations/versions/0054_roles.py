"""What each person is in a partnership; those who are there become lead coordinators, as they could do everything

Revision ID: 0054_roles
Revises: 0053_waters
"""

import sqlalchemy as sa
from alembic import op

revision = "0054_roles"
down_revision = "0053_waters"
branch_labels = None
depends_on = None

NO_LEAD = """NOT EXISTS (
    SELECT 1 FROM person_role r JOIN person p ON p.id = r.person_id
    WHERE r.partnership_id = NEW.partnership_id AND r.role = 'lead' AND r.taken_at IS NULL AND p.ended_at IS NULL
)"""

WRITTEN_OVER = (
    "OLD.taken_at IS NOT NULL OR NEW.person_id <> OLD.person_id OR NEW.partnership_id <> OLD.partnership_id "
    "OR NEW.role <> OLD.role OR NEW.given_at <> OLD.given_at OR NEW.given_by <> OLD.given_by"
)

POSTGRESQL = [
    # One after the other of a partnership: each sees what the other left.
    f"""CREATE FUNCTION person_role_lead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM 1 FROM partnership WHERE id = NEW.partnership_id FOR NO KEY UPDATE;
        IF {NO_LEAD} THEN RAISE EXCEPTION 'person_role_lead' USING ERRCODE = 'check_violation'; END IF;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER person_role_lead AFTER INSERT OR UPDATE ON person_role
    FOR EACH ROW EXECUTE FUNCTION person_role_lead()""",
    """CREATE TRIGGER person_lead AFTER UPDATE OF ended_at ON person FOR EACH ROW
    WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION person_role_lead()""",
    f"""CREATE FUNCTION person_role_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'UPDATE' THEN IF NOT ({WRITTEN_OVER}) THEN RETURN NEW; END IF; END IF;
        RAISE EXCEPTION 'person_role_kept' USING ERRCODE = 'check_violation';
    END $$""",
    """CREATE TRIGGER person_role_kept BEFORE UPDATE OR DELETE ON person_role
    FOR EACH ROW EXECUTE FUNCTION person_role_kept()""",
]

SQLITE = [
    *(
        f"""CREATE TRIGGER person_role_lead_{name} AFTER {event} ON person_role WHEN {NO_LEAD}
        BEGIN SELECT RAISE(ABORT, 'person_role_lead'); END"""
        for name, event in (("insert", "INSERT"), ("update", "UPDATE"))
    ),
    f"""CREATE TRIGGER person_lead AFTER UPDATE OF ended_at ON person
    WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL AND {NO_LEAD}
    BEGIN SELECT RAISE(ABORT, 'person_role_lead'); END""",
    f"""CREATE TRIGGER person_role_kept_update BEFORE UPDATE ON person_role WHEN {WRITTEN_OVER}
    BEGIN SELECT RAISE(ABORT, 'person_role_kept'); END""",
    """CREATE TRIGGER person_role_kept_delete BEFORE DELETE ON person_role
    BEGIN SELECT RAISE(ABORT, 'person_role_kept'); END""",
]


def upgrade():
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
        sa.CheckConstraint(
            "role IN ('lead', 'coordinator', 'reader', 'board')", name=op.f("ck_person_role_role")
        ),
        sa.CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name=op.f("ck_person_role_taken")),
        sa.ForeignKeyConstraint(
            ["person_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_person_role_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_role")),
    )
    op.create_index("ix_person_role_partnership_id_role", "person_role", ["partnership_id", "role"])
    op.create_index(
        "uq_person_role_standing",
        "person_role",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("taken_at IS NULL"),
        postgresql_where=sa.text("taken_at IS NULL"),
    )
    op.execute(
        "INSERT INTO person_role (partnership_id, person_id, role, given_at, given_by, taken_at, taken_by) "
        "SELECT partnership_id, id, 'lead', created_at, 'set-up', ended_at, "
        "CASE WHEN ended_at IS NULL THEN NULL ELSE 'set-up' END FROM person ORDER BY id"
    )
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER person_lead ON person")
        op.drop_table("person_role")
        op.execute("DROP FUNCTION person_role_kept()")
        op.execute("DROP FUNCTION person_role_lead()")
    else:
        op.execute("DROP TRIGGER person_lead")
        op.drop_table("person_role")
