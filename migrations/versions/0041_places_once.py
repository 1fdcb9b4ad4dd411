"""Places at a session: whoever is asked has them there once

Two promises of one organisation at one session would be counted twice on the trainer's sheet and in what came of it; more
of its staff are a change of the number. A show of pupils may have two year groups of one guest, asked for one after the
other, so that this is no rule of theirs.

Revision ID: 0041_places_once
Revises: 0040_bodies_kept_apart
"""

import sqlalchemy as sa
from alembic import op

revision = "0041_places_once"
down_revision = "0040_bodies_kept_apart"
branch_labels = None
depends_on = None

TWICE = """EXISTS (SELECT 1 FROM training_session s WHERE s.performance_id = NEW.performance_id)
    AND EXISTS (SELECT 1 FROM booking o WHERE o.performance_id = NEW.performance_id
    AND o.organisation_id = NEW.organisation_id AND o.ended_at IS NULL AND o.id <> NEW.id)"""
OF_BOOKING = "performance_id, organisation_id, ended_at"


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        for name, event in (("insert", "INSERT"), ("update", f"UPDATE OF {OF_BOOKING}")):
            op.execute(
                f"CREATE TRIGGER booking_session_once_{name} AFTER {event} ON booking WHEN NEW.ended_at IS NULL BEGIN "
                f"SELECT RAISE(ABORT, 'booking_session_once') WHERE {TWICE}; END"
            )
        return
    # Behind the lock of the tour day, as every place is taken.
    op.execute(
        sa.text(
            f"""
            CREATE FUNCTION booking_session_once() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.ended_at IS NOT NULL THEN RETURN NEW; END IF;
                PERFORM 1 FROM tour_day d JOIN performance f ON f.tour_day_id = d.id
                WHERE f.id = NEW.performance_id FOR UPDATE OF d;
                IF {TWICE} THEN
                    RAISE EXCEPTION 'booking_session_once' USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END $$
            """
        )
    )
    op.execute(
        f"CREATE TRIGGER booking_session_once BEFORE INSERT OR UPDATE OF {OF_BOOKING} ON booking "
        "FOR EACH ROW EXECUTE FUNCTION booking_session_once()"
    )


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        for name in ("insert", "update"):
            op.execute(f"DROP TRIGGER booking_session_once_{name}")
        return
    op.execute("DROP TRIGGER booking_session_once ON booking")
    op.execute("DROP FUNCTION booking_session_once")
