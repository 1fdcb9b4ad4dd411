"""What a company counts of each organisation's staff at a session, and how many came without a place

Revision ID: 0039_attendance
Revises: 0038_sessions
"""

import sqlalchemy as sa
from alembic import op

revision = "0039_attendance"
down_revision = "0038_sessions"
branch_labels = None
depends_on = None

# A company's report speaks of the bookings of its own session, and what it counted stays.
OTHER = """(SELECT v.performance_id FROM visit_report v WHERE v.id = NEW.report_id AND v.side = 'company')
    IS {} (SELECT b.performance_id FROM booking b WHERE b.id = NEW.booking_id)"""
ONLY_GROWS, ELSEWHERE = "reported_attendance_only_grows", "attendance_of_another_session"


def _guards():
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER reported_attendance_guard_update BEFORE UPDATE ON reported_attendance "
            f"BEGIN SELECT RAISE(ABORT, '{ONLY_GROWS}'); END"
        )
        op.execute(
            "CREATE TRIGGER attendance_session_guard BEFORE INSERT ON reported_attendance "
            f"WHEN {OTHER.format('NOT')} BEGIN SELECT RAISE(ABORT, '{ELSEWHERE}'); END"
        )
        return
    function = "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} END $$"
    refusal = "RAISE EXCEPTION '{}' USING ERRCODE = 'check_violation';"
    op.execute(function.format("reported_attendance_guard", refusal.format(ONLY_GROWS)))
    op.execute(
        "CREATE TRIGGER reported_attendance_guard BEFORE UPDATE OR TRUNCATE ON reported_attendance "
        "FOR EACH STATEMENT EXECUTE FUNCTION reported_attendance_guard()"
    )
    wrong = f"IF {OTHER.format('DISTINCT FROM')} THEN {refusal.format(ELSEWHERE)} END IF; RETURN NEW;"
    op.execute(function.format("attendance_session_guard", wrong))
    op.execute(
        "CREATE TRIGGER attendance_session_guard BEFORE INSERT ON reported_attendance "
        "FOR EACH ROW EXECUTE FUNCTION attendance_session_guard()"
    )


def upgrade():
    op.create_table(
        "reported_attendance",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.CheckConstraint("staff >= 0", name=op.f("ck_reported_attendance_staff")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["visit_report.id"], name=op.f("fk_reported_attendance_report_id_visit_report")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_reported_attendance_booking_id_booking")
        ),
        sa.PrimaryKeyConstraint("report_id", "booking_id", name=op.f("pk_reported_attendance")),
    )
    _guards()
    op.execute(
        "ALTER TABLE visit_report ADD COLUMN walked_in INTEGER CONSTRAINT ck_visit_report_walked_in "
        "CHECK (walked_in IS NULL OR (side = 'company' AND took_place AND walked_in >= 0))"
    )


def downgrade():
    op.drop_column("visit_report", "walked_in")
    op.drop_table("reported_attendance")
    if op.get_bind().dialect.name == "postgresql":
        for guard in ("reported_attendance_guard", "attendance_session_guard"):
            op.execute(f"DROP FUNCTION {guard}")
