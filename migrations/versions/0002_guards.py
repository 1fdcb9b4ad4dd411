"""what must never be: overlap, too short a road, too many shows or seats, a changed past

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

POSTGRESQL = [
    # A troupe is in one place at a time. int4range needs no extension (btree_gist would).
    """
    ALTER TABLE performance ADD CONSTRAINT performance_troupe_free
    EXCLUDE USING gist (int4range(troupe_id, troupe_id, '[]') WITH &&, tstzrange(get_in_at, away_at) WITH &&)
    WHERE (released_at IS NULL)
    """,
    # Road and shows a day, judged behind the lock on the tour day that every claim takes.
    """
    CREATE FUNCTION performance_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        the_day tour_day%ROWTYPE;
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
        SELECT s.road_base_minutes, s.road_minutes_per_km INTO base, per_km
        FROM programme p JOIN partnership s ON s.id = p.partnership_id WHERE p.id = NEW.programme_id;
        IF EXISTS (
            SELECT 1 FROM performance o
            WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL AND o.id <> NEW.id AND o.urn <> NEW.urn
            AND extract(epoch FROM CASE WHEN o.away_at <= NEW.get_in_at
                THEN NEW.get_in_at - o.away_at ELSE o.get_in_at - NEW.away_at END) / 60.0 + 0.001
            < base + per_km * coalesce(sqrt(power((o.easting - NEW.easting)::double precision, 2)
                + power((o.northing - NEW.northing)::double precision, 2)), 0) / 1000.0
        ) THEN
            RAISE EXCEPTION 'performance_road' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER performance_guard BEFORE INSERT OR UPDATE ON performance
    FOR EACH ROW EXECUTE FUNCTION performance_guard()
    """,
    """
    CREATE FUNCTION booking_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        ceiling integer;
    BEGIN
        IF NEW.ended_at IS NOT NULL THEN RETURN NEW; END IF;
        PERFORM 1 FROM tour_day d JOIN performance f ON f.tour_day_id = d.id
        WHERE f.id = NEW.performance_id FOR UPDATE OF d;
        SELECT p.audience_ceiling INTO ceiling FROM programme p WHERE p.id = NEW.programme_id;
        IF NEW.seats + coalesce((SELECT sum(o.seats) FROM booking o WHERE o.performance_id = NEW.performance_id
            AND o.ended_at IS NULL AND o.id <> NEW.id), 0) > ceiling THEN
            RAISE EXCEPTION 'booking_seats' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER booking_guard BEFORE INSERT OR UPDATE OF seats, performance_id, ended_at ON booking
    FOR EACH ROW EXECUTE FUNCTION booking_guard()
    """,
    """
    CREATE FUNCTION history_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'history_only_grows' USING ERRCODE = 'check_violation';
    END $$
    """,
    """
    CREATE TRIGGER history_guard BEFORE UPDATE OR DELETE ON history
    FOR EACH ROW EXECUTE FUNCTION history_guard()
    """,
]

_PERFORMANCE = """
    WHEN NEW.released_at IS NULL
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
        -- Squares are compared, since not every SQLite has sqrt(); %s gives whole seconds.
        SELECT RAISE(ABORT, 'performance_road') WHERE EXISTS (
            SELECT 1 FROM (
                SELECT s.road_base_minutes AS base, s.road_minutes_per_km / 1000.0 AS per_m,
                    (CASE WHEN o.away_at <= NEW.get_in_at
                        THEN strftime('%s', NEW.get_in_at) - strftime('%s', o.away_at)
                        ELSE strftime('%s', o.get_in_at) - strftime('%s', NEW.away_at) END) / 60.0 + 0.001 AS gap,
                    coalesce((o.easting - NEW.easting) * (o.easting - NEW.easting)
                        + (o.northing - NEW.northing) * (o.northing - NEW.northing), 0) AS square
                FROM performance o, programme p JOIN partnership s ON s.id = p.partnership_id
                WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL AND o.id <> NEW.id
                AND o.urn <> NEW.urn AND p.id = NEW.programme_id)
            WHERE gap < base OR (gap - base) * (gap - base) < per_m * per_m * square);
    END
"""

_BOOKING = """
    WHEN NEW.ended_at IS NULL
    BEGIN
        SELECT RAISE(ABORT, 'booking_seats') WHERE NEW.seats + coalesce((
            SELECT sum(o.seats) FROM booking o WHERE o.performance_id = NEW.performance_id
            AND o.ended_at IS NULL AND o.id <> NEW.id), 0)
            > (SELECT p.audience_ceiling FROM programme p WHERE p.id = NEW.programme_id);
    END
"""

# On insert SQLite gives NEW.id as -1 or NULL before the row has one: these run AFTER.
SQLITE = [
    f"CREATE TRIGGER performance_guard_insert AFTER INSERT ON performance {_PERFORMANCE}",
    f"CREATE TRIGGER performance_guard_update AFTER UPDATE ON performance {_PERFORMANCE}",
    f"CREATE TRIGGER booking_guard_insert AFTER INSERT ON booking {_BOOKING}",
    f"CREATE TRIGGER booking_guard_update AFTER UPDATE OF seats, performance_id, ended_at ON booking {_BOOKING}",
    """CREATE TRIGGER history_guard_update BEFORE UPDATE ON history
    BEGIN SELECT RAISE(ABORT, 'history_only_grows'); END""",
    """CREATE TRIGGER history_guard_delete BEFORE DELETE ON history
    BEGIN SELECT RAISE(ABORT, 'history_only_grows'); END""",
]


def upgrade():
    bind = op.get_bind()
    for statement in POSTGRESQL if bind.dialect.name == "postgresql" else SQLITE:
        bind.execute(sa.text(statement.replace(":", r"\:")))


def downgrade():
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        for table in ("performance", "booking", "history"):
            op.execute(f"DROP TRIGGER {table}_guard ON {table}")
            op.execute(f"DROP FUNCTION {table}_guard()")
        op.execute("ALTER TABLE performance DROP CONSTRAINT performance_troupe_free")
        return
    for table, events in {
        "performance": ("insert", "update"),
        "booking": ("insert", "update"),
        "history": ("update", "delete"),
    }.items():
        for event in events:
            op.execute(f"DROP TRIGGER {table}_guard_{event}")
