"""what must never be: a road shorter than the table says, a guest without its host's consent

Revision ID: 0008
Revises: 0007
"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# The road from the partnership's table, else by the rule. A show that keeps its time and place is not judged again: its
# road was judged when it was claimed, and a new table or a new setting never stops it from being released or renumbered.
POSTGRESQL = [
    """
    CREATE OR REPLACE FUNCTION performance_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        the_day tour_day%ROWTYPE;
        whose integer;
        base double precision;
        per_km double precision;
    BEGIN
        IF NEW.released_at IS NOT NULL THEN RETURN NEW; END IF;
        SELECT * INTO the_day FROM tour_day WHERE id = NEW.tour_day_id FOR UPDATE;
        IF the_day.troupe_id <> NEW.troupe_id OR the_day.programme_id <> NEW.programme_id
            OR the_day.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'performance_of_its_day' USING ERRCODE = 'check_violation';
        END IF;
        IF (SELECT count(*) FROM performance o WHERE o.tour_day_id = NEW.tour_day_id
            AND o.released_at IS NULL AND o.id <> NEW.id) >= the_day.shows_at_most THEN
            RAISE EXCEPTION 'performance_shows_a_day' USING ERRCODE = 'check_violation';
        END IF;
        IF TG_OP = 'UPDATE' AND OLD.released_at IS NULL
            AND (OLD.tour_day_id, OLD.urn, OLD.get_in_at, OLD.away_at) = (NEW.tour_day_id, NEW.urn, NEW.get_in_at, NEW.away_at)
            AND OLD.easting IS NOT DISTINCT FROM NEW.easting AND OLD.northing IS NOT DISTINCT FROM NEW.northing THEN
            RETURN NEW;
        END IF;
        SELECT s.id, s.road_base_minutes, s.road_minutes_per_km INTO whose, base, per_km
        FROM programme p JOIN partnership s ON s.id = p.partnership_id WHERE p.id = NEW.programme_id;
        IF EXISTS (
            SELECT 1 FROM performance o
            LEFT JOIN road_minutes r ON r.partnership_id = whose
                AND r.one = least(o.urn, NEW.urn) AND r.other = greatest(o.urn, NEW.urn)
            WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL AND o.id <> NEW.id AND o.urn <> NEW.urn
            AND extract(epoch FROM CASE WHEN o.away_at <= NEW.get_in_at
                THEN NEW.get_in_at - o.away_at ELSE o.get_in_at - NEW.away_at END) / 60.0 + 0.001
            < coalesce(r.minutes, base + per_km * coalesce(sqrt(power((o.easting - NEW.easting)::double precision, 2)
                + power((o.northing - NEW.northing)::double precision, 2)), 0) / 1000.0)
        ) THEN
            RAISE EXCEPTION 'performance_road' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION booking_guest_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        guests integer;
    BEGIN
        IF NEW.ended_at IS NOT NULL OR NEW.role <> 'guest' THEN RETURN NEW; END IF;
        IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND OLD.role = 'guest' AND NEW.seats <= OLD.seats
            AND NEW.performance_id = OLD.performance_id THEN
            RETURN NEW;
        END IF;
        PERFORM 1 FROM tour_day d JOIN performance f ON f.tour_day_id = d.id
        WHERE f.id = NEW.performance_id FOR UPDATE OF d;
        IF EXISTS (SELECT 1 FROM performance f WHERE f.id = NEW.performance_id AND f.urn = NEW.urn) THEN
            RAISE EXCEPTION 'booking_guest_of_itself' USING ERRCODE = 'check_violation';
        END IF;
        SELECT NEW.seats + coalesce(sum(o.seats), 0) INTO guests FROM booking o
        WHERE o.performance_id = NEW.performance_id AND o.role = 'guest' AND o.ended_at IS NULL AND o.id <> NEW.id;
        IF guests > coalesce((SELECT g.seats FROM guest_seats g WHERE g.performance_id = NEW.performance_id), -1) THEN
            RAISE EXCEPTION 'booking_guest_consent' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER booking_guest_guard BEFORE INSERT OR UPDATE OF seats, performance_id, ended_at, role ON booking
    FOR EACH ROW EXECUTE FUNCTION booking_guest_guard()
    """,
    """
    CREATE FUNCTION guest_seats_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM tour_day d JOIN performance f ON f.tour_day_id = d.id
        WHERE f.id = NEW.performance_id FOR UPDATE OF d;
        IF NEW.seats < coalesce((SELECT sum(o.seats) FROM booking o WHERE o.performance_id = NEW.performance_id
            AND o.role = 'guest' AND o.ended_at IS NULL), 0) THEN
            RAISE EXCEPTION 'guest_seats_kept' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER guest_seats_guard BEFORE INSERT OR UPDATE ON guest_seats
    FOR EACH ROW EXECUTE FUNCTION guest_seats_guard()
    """,
]

_PERFORMANCE = """
    BEGIN
        SELECT RAISE(ABORT, 'performance_of_its_day') WHERE NOT EXISTS (
            SELECT 1 FROM tour_day d WHERE d.id = NEW.tour_day_id AND d.ended_at IS NULL
            AND d.troupe_id = NEW.troupe_id AND d.programme_id = NEW.programme_id);
        SELECT RAISE(ABORT, 'performance_troupe_free') WHERE EXISTS (
            SELECT 1 FROM performance o WHERE o.troupe_id = NEW.troupe_id AND o.released_at IS NULL
            AND o.id <> NEW.id AND o.get_in_at < NEW.away_at AND NEW.get_in_at < o.away_at);
        SELECT RAISE(ABORT, 'performance_shows_a_day') WHERE (
            SELECT count(*) FROM performance o WHERE o.tour_day_id = NEW.tour_day_id
            AND o.released_at IS NULL AND o.id <> NEW.id)
            >= (SELECT d.shows_at_most FROM tour_day d WHERE d.id = NEW.tour_day_id);
    END
"""

# Squares are compared, since not every SQLite has sqrt(); %s gives whole seconds.
_ROAD = """
    BEGIN
        SELECT RAISE(ABORT, 'performance_road') WHERE EXISTS (
            SELECT 1 FROM (
                SELECT s.road_base_minutes AS base, s.road_minutes_per_km / 1000.0 AS per_m, r.minutes AS told,
                    (CASE WHEN o.away_at <= NEW.get_in_at
                        THEN strftime('%s', NEW.get_in_at) - strftime('%s', o.away_at)
                        ELSE strftime('%s', o.get_in_at) - strftime('%s', NEW.away_at) END) / 60.0 + 0.001 AS gap,
                    coalesce((o.easting - NEW.easting) * (o.easting - NEW.easting)
                        + (o.northing - NEW.northing) * (o.northing - NEW.northing), 0) AS square
                FROM performance o JOIN programme p ON p.id = NEW.programme_id JOIN partnership s ON s.id = p.partnership_id
                LEFT JOIN road_minutes r ON r.partnership_id = s.id
                    AND r.one = min(o.urn, NEW.urn) AND r.other = max(o.urn, NEW.urn)
                WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL AND o.id <> NEW.id AND o.urn <> NEW.urn)
            WHERE CASE WHEN told IS NOT NULL THEN gap < told
                ELSE gap < base OR (gap - base) * (gap - base) < per_m * per_m * square END);
    END
"""

_GUEST = """
    BEGIN
        SELECT RAISE(ABORT, 'booking_guest_of_itself') WHERE EXISTS (
            SELECT 1 FROM performance f WHERE f.id = NEW.performance_id AND f.urn = NEW.urn);
        SELECT RAISE(ABORT, 'booking_guest_consent') WHERE NEW.seats + coalesce((
            SELECT sum(o.seats) FROM booking o WHERE o.performance_id = NEW.performance_id AND o.role = 'guest'
            AND o.ended_at IS NULL AND o.id <> NEW.id), 0)
            > coalesce((SELECT g.seats FROM guest_seats g WHERE g.performance_id = NEW.performance_id), -1);
    END
"""

_SEATS = """
    BEGIN
        SELECT RAISE(ABORT, 'guest_seats_kept') WHERE NEW.seats < coalesce((
            SELECT sum(o.seats) FROM booking o WHERE o.performance_id = NEW.performance_id
            AND o.role = 'guest' AND o.ended_at IS NULL), 0);
    END
"""

# On insert SQLite gives NEW.id as -1 or NULL before the row has one: these run AFTER.
SQLITE = [
    "DROP TRIGGER performance_guard_insert",
    "DROP TRIGGER performance_guard_update",
    f"CREATE TRIGGER performance_guard_insert AFTER INSERT ON performance WHEN NEW.released_at IS NULL {_PERFORMANCE}",
    f"CREATE TRIGGER performance_guard_update AFTER UPDATE ON performance WHEN NEW.released_at IS NULL {_PERFORMANCE}",
    f"CREATE TRIGGER performance_road_insert AFTER INSERT ON performance WHEN NEW.released_at IS NULL {_ROAD}",
    f"""CREATE TRIGGER performance_road_update AFTER UPDATE ON performance WHEN NEW.released_at IS NULL AND (
        OLD.released_at IS NOT NULL OR OLD.tour_day_id <> NEW.tour_day_id OR OLD.urn <> NEW.urn
        OR OLD.get_in_at <> NEW.get_in_at OR OLD.away_at <> NEW.away_at
        OR OLD.easting IS NOT NEW.easting OR OLD.northing IS NOT NEW.northing) {_ROAD}""",
    f"""CREATE TRIGGER booking_guest_insert AFTER INSERT ON booking
        WHEN NEW.role = 'guest' AND NEW.ended_at IS NULL {_GUEST}""",
    f"""CREATE TRIGGER booking_guest_update AFTER UPDATE OF seats, performance_id, ended_at, role ON booking
        WHEN NEW.role = 'guest' AND NEW.ended_at IS NULL AND (OLD.ended_at IS NOT NULL OR OLD.role <> 'guest'
        OR NEW.seats > OLD.seats OR NEW.performance_id <> OLD.performance_id) {_GUEST}""",
    f"CREATE TRIGGER guest_seats_guard_insert AFTER INSERT ON guest_seats {_SEATS}",
    f"CREATE TRIGGER guest_seats_guard_update AFTER UPDATE ON guest_seats {_SEATS}",
]

# Guests that were let in before consent was kept: it covers exactly them.
CONSENT = """
    INSERT INTO guest_seats (performance_id, how, seats, terms, recorded_at, who)
    SELECT performance_id, 'ask', sum(seats), '', min(created_at), 'the service itself' FROM booking
    WHERE role = 'guest' AND ended_at IS NULL GROUP BY performance_id
"""


def upgrade():
    bind = op.get_bind()
    bind.execute(sa.text(CONSENT))
    for statement in POSTGRESQL if bind.dialect.name == "postgresql" else SQLITE:
        bind.execute(sa.text(statement.replace(":", r"\:")))


def downgrade():
    """Back to the guards as 0002 wrote them."""
    bind = op.get_bind()
    before = runpy.run_path(str(Path(__file__).with_name("0002_guards.py")))
    if bind.dialect.name == "postgresql":
        for table in ("booking_guest", "guest_seats"):
            op.execute(f"DROP TRIGGER {table}_guard ON {table.removesuffix('_guest')}")
            op.execute(f"DROP FUNCTION {table}_guard()")
        was = [s.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION") for s in before["POSTGRESQL"] if "FUNCTION performance_guard() RETURNS" in s]  # fmt: skip
    else:
        for trigger in (
            "performance_guard_insert", "performance_guard_update", "performance_road_insert", "performance_road_update",
            "booking_guest_insert", "booking_guest_update", "guest_seats_guard_insert", "guest_seats_guard_update",
        ):  # fmt: skip
            op.execute(f"DROP TRIGGER {trigger}")
        was = [s for s in before["SQLITE"] if "TRIGGER performance_guard" in s]
    for statement in was:
        bind.execute(sa.text(statement.replace(":", r"\:")))
