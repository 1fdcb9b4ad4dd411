"""Pledges of a school besides the show as dated rows; what reports said of two of them moves there

Revision ID: 0014_pledges
Revises: 0013_report_sendings
"""

import sqlalchemy as sa
from alembic import op

revision = "0014_pledges"
down_revision = "0013_report_sendings"
branch_labels = None
depends_on = None

PLEDGES = (
    "safeguarding lead present",
    "staff briefed",
    "letter home sent",
    "follow-up lesson done",
    "concerns passed on within a day",
    "policy reviewed",
)
WAS_COLUMN = {
    "safeguarding_lead_present": "safeguarding lead present",
    "follow_up_lesson": "follow-up lesson done",
}
"""Column of a report -> the pledge that it answered."""

REPORTED = """
    EXISTS (SELECT 1 FROM visit_report r JOIN booking b ON b.id = NEW.booking_id WHERE r.id = NEW.report_id
    AND r.performance_id = b.performance_id AND (r.booking_id IS NULL OR r.booking_id = b.id))
"""
"""A report about the booking, or of the company about its show."""


def upgrade():
    op.create_table(
        "pledge_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("pledge", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint(f"pledge IN {PLEDGES}", name=op.f("ck_pledge_answer_pledge")),
        sa.CheckConstraint(
            "said IN ('will', 'will not', 'done', 'planned', 'not done')", name=op.f("ck_pledge_answer_said")
        ),
        sa.CheckConstraint("side IN ('school', 'company', 'settled')", name=op.f("ck_pledge_answer_side")),
        sa.CheckConstraint(
            "said NOT IN ('will', 'will not') OR (side = 'school' AND report_id IS NULL)",
            name=op.f("ck_pledge_answer_promised"),
        ),
        sa.CheckConstraint(
            "said <> 'planned' OR pledge IN ('follow-up lesson done', 'policy reviewed')",
            name=op.f("ck_pledge_answer_planned"),
        ),
        sa.CheckConstraint(
            "side <> 'company' OR (pledge = 'safeguarding lead present' AND report_id IS NOT NULL)",
            name=op.f("ck_pledge_answer_company"),
        ),
        sa.ForeignKeyConstraint(
            ["booking_id", "partnership_id"],
            ["booking.id", "booking.partnership_id"],
            name=op.f("fk_pledge_answer_booking_id"),
        ),
        sa.ForeignKeyConstraint(["report_id"], ["visit_report.id"], name=op.f("fk_pledge_answer_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge_answer")),
    )
    op.create_index("ix_pledge_answer_booking", "pledge_answer", ["booking_id", "id"])
    op.create_index("ix_pledge_answer_report", "pledge_answer", ["report_id"])
    for column, pledge in WAS_COLUMN.items():
        # A company's word is about the host. Of a lesson none is asked: what stands there a coordinator put down.
        side = (
            "CASE WHEN r.side = 'company' THEN 'settled' ELSE r.side END" if "lesson" in column else "r.side"
        )
        op.execute(f"""
            INSERT INTO pledge_answer
            (partnership_id, booking_id, pledge, said, side, report_id, recorded_at, who)
            SELECT b.partnership_id, b.id, '{pledge}', CASE WHEN r.{column} THEN 'done' ELSE 'not done' END,
            {side}, r.id, r.recorded_at, r.who
            FROM visit_report r JOIN booking b ON b.id = coalesce(r.booking_id, (
                SELECT h.id FROM booking h WHERE h.performance_id = r.performance_id AND h.role = 'host'
                ORDER BY CASE WHEN h.ended_at IS NULL THEN 0 ELSE 1 END, h.id DESC LIMIT 1))
            WHERE r.{column} IS NOT NULL ORDER BY r.id
        """)
        op.drop_column("visit_report", column)
    _guard(op.get_bind().dialect.name)


def _guard(database):
    if database == "sqlite":
        op.execute(
            "CREATE TRIGGER pledge_answer_guard_update BEFORE UPDATE ON pledge_answer "
            "BEGIN SELECT RAISE(ABORT, 'pledge_answer_only_grows'); END"
        )
        op.execute(
            "CREATE TRIGGER pledge_answer_report_guard BEFORE INSERT ON pledge_answer "
            f"WHEN NEW.report_id IS NOT NULL AND NOT {REPORTED} "
            "BEGIN SELECT RAISE(ABORT, 'pledge_answer_report'); END"
        )
        return
    grows, wrong = (
        f"RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation';"
        for name in ("pledge_answer_only_grows", "pledge_answer_report")
    )
    for name, body in (
        ("pledge_answer_guard", f"BEGIN {grows} END"),
        (
            "pledge_answer_report_guard",
            f"BEGIN IF NEW.report_id IS NOT NULL AND NOT {REPORTED} THEN {wrong} END IF; RETURN NEW; END",
        ),
    ):
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(
        "CREATE TRIGGER pledge_answer_guard BEFORE UPDATE OR TRUNCATE ON pledge_answer "
        "FOR EACH STATEMENT EXECUTE FUNCTION pledge_answer_guard()"
    )
    op.execute(
        "CREATE TRIGGER pledge_answer_report_guard BEFORE INSERT ON pledge_answer "
        "FOR EACH ROW EXECUTE FUNCTION pledge_answer_report_guard()"
    )


def downgrade():
    for column in WAS_COLUMN:
        op.add_column("visit_report", sa.Column(column, sa.Boolean(), nullable=True))
    op.drop_table("pledge_answer")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION pledge_answer_guard")
        op.execute("DROP FUNCTION pledge_answer_report_guard")
