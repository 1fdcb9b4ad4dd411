"""A deed about a body is its partnership's; about a school, which is nobody's alone, whoever did it says whose

Revision ID: 0035_history_of_bodies
Revises: 0034_staff_limits
"""

from alembic import op

revision = "0035_history_of_bodies"
down_revision = "0034_staff_limits"
branch_labels = None
depends_on = None

GUARD = "history_of_organisation_guard"
WRONG = """(SELECT s.partnership_id FROM organisation s
    WHERE s.organisation_id = CAST(NEW.subject_id AS INTEGER)) <> NEW.partnership_id"""
REFUSAL = "history_of_another_partnership"


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {GUARD} BEFORE INSERT ON history WHEN NEW.subject = 'school' AND {WRONG} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {GUARD}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {WRONG} THEN "
        f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {GUARD} BEFORE INSERT ON history FOR EACH ROW WHEN (NEW.subject = 'school') "
        f"EXECUTE FUNCTION {GUARD}()"
    )


def downgrade():
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON history"
    op.execute(f"DROP TRIGGER {GUARD}{on}")
    if on:
        op.execute(f"DROP FUNCTION {GUARD}")
