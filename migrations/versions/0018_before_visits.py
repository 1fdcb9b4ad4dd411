"""Before a visit: reminders that were written, schools that want none, and the words of a partnership

Revision ID: 0018_before_visits
Revises: 0017_absences
"""

import sqlalchemy as sa
from alembic import op

revision = "0018_before_visits"
down_revision = "0017_absences"
branch_labels = None
depends_on = None

_MASKED = b"hidden-once-sent".hex()
_REMINDS = "EXISTS (SELECT 1 FROM visit_reminder v WHERE v.letter_id = NEW.letter_id)"
_SENT = "(SELECT l.status FROM letter l WHERE l.id = NEW.letter_id) IN ('sent', 'bounced')"
STAYS = (
    ("visit_text_only_grows", "visit_text", ("UPDATE", "DELETE"), "", ""),
    (
        # Once a reminder has gone, its links are hidden, and then not a byte changes. Whether it is one is asked first:
        # the post sends thousands of other letters.
        "letter_sent_stays",
        "letter_mail",
        ("UPDATE",),
        f"{_REMINDS} AND NEW.raw <> OLD.raw AND (instr(NEW.raw, x'{_MASKED}') = 0 OR instr(OLD.raw, x'{_MASKED}') > 0) AND {_SENT}",
        f"{_REMINDS} AND NEW.raw <> OLD.raw AND (position('\\x{_MASKED}'::bytea IN NEW.raw) = 0"
        f" OR position('\\x{_MASKED}'::bytea IN OLD.raw) > 0) AND {_SENT}",
    ),
)
"""The name that refuses, the table, what is refused there, and when if not always: on SQLite, on PostgreSQL."""


def upgrade():
    op.add_column(
        "chasing_settings",
        sa.Column("visits_on", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.create_table(
        "visit_reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("show_day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("stop_hash", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('week', 'day', 'after', 'later')", name=op.f("ck_visit_reminder_kind")),
        sa.CheckConstraint("address = lower(address)", name=op.f("ck_visit_reminder_address")),
        sa.ForeignKeyConstraint(
            ["booking_id", "partnership_id"],
            ["booking.id", "booking.partnership_id"],
            name=op.f("fk_visit_reminder_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["letter_id", "partnership_id"],
            ["letter.id", "letter.partnership_id"],
            name=op.f("fk_visit_reminder_letter_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_reminder")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_visit_reminder_letter_id")),
        sa.UniqueConstraint("stop_hash", name=op.f("uq_visit_reminder_stop_hash")),
    )
    op.create_index(
        "uq_visit_reminder_once",
        "visit_reminder",
        ["booking_id", "kind", "show_day", "address"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "no_visit_reminders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_no_visit_reminders_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_no_visit_reminders_programme_id"),
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_no_visit_reminders_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_no_visit_reminders")),
    )
    op.create_index(
        "uq_no_visit_reminders_standing",
        "no_visit_reminders",
        ["programme_id", "urn"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "visit_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('week', 'day', 'families', 'staff')", name=op.f("ck_visit_text_kind")),
        sa.CheckConstraint("title <> '' AND words <> ''", name=op.f("ck_visit_text_said")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_visit_text_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_text")),
    )
    op.create_index("ix_visit_text_newest", "visit_text", ["partnership_id", "kind", "id"])
    op.create_index(op.f("ix_visit_text_partnership_id"), "visit_text", ["partnership_id"])
    _guard(op.get_bind())


def _guard(bind):
    for name, table, events, on_sqlite, on_postgresql in STAYS:
        if bind.dialect.name == "sqlite":
            when = f"WHEN {on_sqlite}" if on_sqlite else ""
            for event in events:
                op.execute(
                    f"CREATE TRIGGER {name}_guard_{event.lower()} BEFORE {event} ON {table} {when} "
                    f"BEGIN SELECT RAISE(ABORT, '{name}'); END"
                )
            continue
        refusal = f"RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation';"
        body = f"IF {on_postgresql} THEN {refusal} END IF; RETURN NEW;" if on_postgresql else refusal
        op.execute(
            f"CREATE FUNCTION {name}_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
        )
        each = "ROW" if on_postgresql else "STATEMENT"
        before = " OR ".join(events if on_postgresql else (*events, "TRUNCATE"))
        op.execute(
            f"CREATE TRIGGER {name}_guard BEFORE {before} ON {table} FOR EACH {each} EXECUTE FUNCTION {name}_guard()"
        )


def downgrade():
    bind = op.get_bind()
    for name, table, events, *_ in STAYS:
        if bind.dialect.name == "sqlite":
            for event in events:
                op.execute(f"DROP TRIGGER {name}_guard_{event.lower()}")
        else:
            op.execute(f"DROP TRIGGER {name}_guard ON {table}")
            op.execute(f"DROP FUNCTION {name}_guard")
    op.drop_table("visit_text")
    op.drop_table("no_visit_reminders")
    op.drop_table("visit_reminder")
    op.drop_column("chasing_settings", "visits_on")
