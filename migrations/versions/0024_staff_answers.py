"""What staff who saw a show say of it

Revision ID: 0024_staff_answers
Revises: 0023_evening_requests
"""

import sqlalchemy as sa
from alembic import op

revision = "0024_staff_answers"
down_revision = "0023_evening_requests"
branch_labels = None
depends_on = None

STANDS = (
    "NEW.id <> OLD.id OR NEW.booking_id <> OLD.booking_id OR NEW.form_key <> OLD.form_key OR "
    "NEW.moment <> OLD.moment OR NEW.recorded_at <> OLD.recorded_at OR "
    "coalesce(NEW.impact, 0) <> coalesce(OLD.impact, 0) OR NEW.used_lesson <> OLD.used_lesson OR "
    "NEW.used_tutor_time <> OLD.used_tutor_time OR NEW.used_assembly <> OLD.used_assembly OR "
    "NEW.used_one_to_one <> OLD.used_one_to_one OR NEW.erased_at IS NULL OR OLD.erased_at IS NOT NULL"
)
"""An answer changes in one way alone: its words are erased, once."""


def upgrade():
    op.create_table(
        "staff_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("impact", sa.Integer(), nullable=True),
        sa.Column("used_lesson", sa.Boolean(), nullable=False),
        sa.Column("used_tutor_time", sa.Boolean(), nullable=False),
        sa.Column("used_assembly", sa.Boolean(), nullable=False),
        sa.Column("used_one_to_one", sa.Boolean(), nullable=False),
        sa.Column("used_words", sa.Text(), nullable=False),
        sa.Column("change_words", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_by", sa.Text(), nullable=True),
        sa.CheckConstraint("moment IN ('soon', 'later')", name=op.f("ck_staff_answer_moment")),
        sa.CheckConstraint("impact BETWEEN 1 AND 5", name=op.f("ck_staff_answer_impact")),
        sa.CheckConstraint(
            "(erased_at IS NULL) = (erased_by IS NULL)", name=op.f("ck_staff_answer_erased_by")
        ),
        sa.CheckConstraint(
            "erased_at IS NULL OR (used_words = '' AND change_words = '')",
            name=op.f("ck_staff_answer_erased"),
        ),
        sa.CheckConstraint("length(form_key) BETWEEN 1 AND 64", name=op.f("ck_staff_answer_form_key")),
        sa.ForeignKeyConstraint(
            ["booking_id", "partnership_id"],
            ["booking.id", "booking.partnership_id"],
            name=op.f("fk_staff_answer_booking_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_answer")),
        sa.UniqueConstraint("booking_id", "form_key", name=op.f("uq_staff_answer_booking_id_form_key")),
    )
    op.create_index("ix_staff_answer_partnership", "staff_answer", ["partnership_id", "id"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER staff_answer_guard_update BEFORE UPDATE ON staff_answer WHEN {STANDS} "
            "BEGIN SELECT RAISE(ABORT, 'staff_answer_stands'); END"
        )
        return
    wrong = "RAISE EXCEPTION 'staff_answer_stands' USING ERRCODE = 'check_violation';"
    op.execute(
        "CREATE FUNCTION staff_answer_guard() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {STANDS} THEN {wrong} END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER staff_answer_guard BEFORE UPDATE ON staff_answer "
        "FOR EACH ROW EXECUTE FUNCTION staff_answer_guard()"
    )


def downgrade():
    op.drop_table("staff_answer")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION staff_answer_guard")
