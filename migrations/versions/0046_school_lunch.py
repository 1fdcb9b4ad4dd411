"""Lunch: a partnership's usual one, each school's own, and what a show keeps out of; shows that stand know of none

A partnership that is there begins with the lunch that one made anew begins with.

Revision ID: 0046_school_lunch
Revises: 0045_guests_at_shows
"""

import sqlalchemy as sa
from alembic import op

revision = "0046_school_lunch"
down_revision = "0045_guests_at_shows"
branch_labels = None
depends_on = None

FIRST_OF_BODIES = 10_000_000
GUARD = "school_lunch_body_guard"
WRONG = f"NEW.urn >= {FIRST_OF_BODIES}"

KEPT_OUT = """lunch_from_at IS NULL OR lunch_overruled <> ''
 OR lunch_keeps_out = 'show' AND (ends_at <= lunch_from_at OR starts_at >= lunch_until_at)
 OR lunch_keeps_out <> 'show' AND (away_at <= lunch_from_at OR get_in_at >= lunch_until_at)
 OR lunch_keeps_out = 'set stays' AND get_in_at < lunch_from_at AND starts_at >= lunch_until_at"""


def upgrade():
    op.add_column("partnership", sa.Column("lunch_begins", sa.Time(), nullable=True))
    op.add_column("partnership", sa.Column("lunch_ends", sa.Time(), nullable=True))
    op.execute("UPDATE partnership SET lunch_begins = '12:15:00', lunch_ends = '13:15:00'")
    op.execute(
        "ALTER TABLE partnership ADD COLUMN lunch_tables INTEGER DEFAULT 15 NOT NULL CONSTRAINT ck_partnership_lunch "
        "CHECK (lunch_tables BETWEEN 0 AND 60 AND (lunch_begins IS NULL) = (lunch_ends IS NULL) "
        "AND (lunch_begins IS NULL OR lunch_begins < lunch_ends))"
    )
    op.create_table(
        "school_lunch",
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("is_dining_hall", sa.Boolean(), nullable=False),
        sa.Column("set_may_stay", sa.Boolean(), nullable=False),
        sa.CheckConstraint("begins < ends", name=op.f("ck_school_lunch_order")),
        sa.CheckConstraint("is_dining_hall OR NOT set_may_stay", name=op.f("ck_school_lunch_set")),
        sa.ForeignKeyConstraint(["urn"], ["organisation.organisation_id"], name=op.f("fk_school_lunch_urn")),
        sa.PrimaryKeyConstraint("urn", name=op.f("pk_school_lunch")),
    )
    instant = "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "DATETIME"
    op.execute(f"ALTER TABLE performance ADD COLUMN lunch_from_at {instant}")
    op.execute(f"ALTER TABLE performance ADD COLUMN lunch_until_at {instant}")
    op.execute("ALTER TABLE performance ADD COLUMN lunch_overruled TEXT DEFAULT '' NOT NULL")
    op.execute(
        "ALTER TABLE performance ADD COLUMN lunch_keeps_out TEXT CONSTRAINT ck_performance_lunch "
        "CHECK ((lunch_from_at IS NULL) = (lunch_until_at IS NULL) "
        "AND (lunch_from_at IS NULL) = (lunch_keeps_out IS NULL) "
        f"AND lunch_keeps_out IN ('show', 'all', 'set stays') AND ({KEPT_OUT}))"
    )
    _guard()


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {GUARD}_insert")
        op.execute(f"DROP TRIGGER {GUARD}_update")
    else:
        op.execute(f"DROP TRIGGER {GUARD} ON school_lunch")
        op.execute(f"DROP FUNCTION {GUARD}")
    for column in ("lunch_keeps_out", "lunch_overruled", "lunch_until_at", "lunch_from_at"):
        op.drop_column("performance", column)
    op.drop_table("school_lunch")
    for column in ("lunch_tables", "lunch_ends", "lunch_begins"):
        op.drop_column("partnership", column)


def _guard():
    """A lunch is a school's, as the other facts that it tells of itself."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("INSERT", "UPDATE OF urn"):
            op.execute(
                f"CREATE TRIGGER {GUARD}_{event.split()[0].lower()} BEFORE {event} ON school_lunch WHEN {WRONG} "
                "BEGIN SELECT RAISE(ABORT, 'for_schools_alone'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {GUARD}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {WRONG} THEN "
        "RAISE EXCEPTION 'for_schools_alone' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {GUARD} BEFORE INSERT OR UPDATE OF urn ON school_lunch FOR EACH ROW EXECUTE FUNCTION {GUARD}()"
    )
