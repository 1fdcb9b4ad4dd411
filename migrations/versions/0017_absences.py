"""Pupils who missed it: how many, and how they caught up

Revision ID: 0017_absences
Revises: 0016_pledge_letters
"""

import sqlalchemy as sa
from alembic import op

revision = "0017_absences"
down_revision = "0016_pledge_letters"
branch_labels = None
depends_on = None

BEYOND = "absence_beyond_the_year_group"

# Who was counted at the school's shows, and who had a lesson or the film, are never more than the year group may be:
# promise_limit.at_most, which booking/limits.py writes (see 0002_guards.py). What was promised and not counted is left
# out: part of it are the very pupils who missed it.
FITS = """EXISTS (SELECT 1 FROM promise_limit l WHERE l.urn = NEW.urn AND l.programme_id = NEW.programme_id
    AND l.year_group = NEW.year_group AND (l.at_most IS NULL OR l.at_most >=
        NEW.pupils
        + (SELECT coalesce(sum(a.pupils), 0) FROM absence a WHERE a.urn = NEW.urn
            AND a.programme_id = NEW.programme_id AND a.year_group = NEW.year_group AND a.kind <> 'missed'
            AND a.withdrawn_at IS NULL AND a.id <> NEW.id AND NEW.kind <> 'missed')
        + (SELECT coalesce(sum(c.pupils), 0) FROM came_to c JOIN booking b ON b.id = c.booking_id
            WHERE b.urn = NEW.urn AND b.programme_id = NEW.programme_id AND b.ended_at IS NULL
            AND c.year_group = NEW.year_group AND NEW.kind <> 'missed')))"""


def upgrade():
    # In one statement, since SQLite adds no constraint to a table that is there.
    op.execute(
        "ALTER TABLE booking ADD COLUMN catch_up BOOLEAN DEFAULT false NOT NULL "
        "CONSTRAINT ck_booking_catch_up CHECK (NOT catch_up OR role = 'guest')"
    )
    op.execute("ALTER TABLE guest_place ADD COLUMN catch_up BOOLEAN DEFAULT false NOT NULL")
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("year_group", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('missed', 'lesson', 'film')", name=op.f("ck_absence_kind")),
        sa.CheckConstraint("(kind = 'missed') = (day IS NULL)", name=op.f("ck_absence_day")),
        sa.CheckConstraint("pupils > 0 OR (kind = 'missed' AND pupils = 0)", name=op.f("ck_absence_pupils")),
        sa.CheckConstraint("year_group BETWEEN 0 AND 13", name=op.f("ck_absence_year_group")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_absence_withdrawn")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_absence_urn")),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_absence_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_programme", "absence", ["programme_id", "urn"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER absence_guard AFTER INSERT ON absence WHEN NOT {FITS} "
            f"BEGIN SELECT RAISE(ABORT, '{BEYOND}'); END"
        )
        op.execute(
            "CREATE TRIGGER absence_stays BEFORE UPDATE ON absence WHEN OLD.withdrawn_at IS NOT NULL "
            "OR NEW.withdrawn_at IS NULL OR NEW.pupils <> OLD.pupils OR NEW.year_group <> OLD.year_group "
            "OR NEW.kind <> OLD.kind OR NEW.urn <> OLD.urn OR NEW.programme_id <> OLD.programme_id "
            "OR NEW.day IS NOT OLD.day OR NEW.recorded_at <> OLD.recorded_at "
            "BEGIN SELECT RAISE(ABORT, 'absence_stays_as_it_is'); END"
        )
        return
    for name, body in (
        (
            "absence_guard",
            "PERFORM 1 FROM promise_limit l WHERE l.urn = NEW.urn AND l.programme_id = NEW.programme_id "
            f"AND l.year_group = NEW.year_group FOR UPDATE; IF NOT {FITS} THEN "
            f"RAISE EXCEPTION '{BEYOND}' USING ERRCODE = 'check_violation'; END IF;",
        ),
        (
            "absence_stays",
            "RAISE EXCEPTION 'absence_stays_as_it_is' USING ERRCODE = 'check_violation';",
        ),
    ):
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$"
        )
    op.execute(
        "CREATE TRIGGER absence_guard BEFORE INSERT ON absence FOR EACH ROW EXECUTE FUNCTION absence_guard()"
    )
    op.execute(
        "CREATE TRIGGER absence_stays BEFORE UPDATE ON absence FOR EACH ROW WHEN (OLD.withdrawn_at IS NOT NULL "
        "OR NEW.withdrawn_at IS NULL OR (NEW.pupils, NEW.year_group, NEW.kind, NEW.urn, NEW.programme_id, "
        "NEW.recorded_at) <> (OLD.pupils, OLD.year_group, OLD.kind, OLD.urn, OLD.programme_id, OLD.recorded_at) "
        "OR NEW.day IS DISTINCT FROM OLD.day) EXECUTE FUNCTION absence_stays()"
    )


def downgrade():
    op.drop_table("absence")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION absence_guard")
        op.execute("DROP FUNCTION absence_stays")
    op.drop_column("guest_place", "catch_up")
    op.drop_column("booking", "catch_up")
