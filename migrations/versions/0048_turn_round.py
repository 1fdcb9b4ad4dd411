"""Turn-round of a hall between two shows in it, and what the guards of a troupe's shows make of it

Between two shows at one school a troupe does not pack up and set up again, so that their stretches from get-in to
get-out lie over each other: what is kept apart there is the end of one and the start of the next, by the minutes that
the later one was given (its road's column: at one school the road is the turn-round). What stands was given its place
by get-out and get-in; a programme that needs fewer than 30 minutes for both keeps that, so that no day is forbidden
that was allowed yesterday.

Two stretches at different schools are compared by the trigger, behind the lock of their tour day, of which a troupe has
one a date; an exclusion constraint cannot say 'unless it is the same school'. That no troupe plays two shows at once it
still says by itself.

Revision ID: 0048_turn_round
Revises: 0047_wishes_for_days
"""

import sqlalchemy as sa
from alembic import op

revision = "0048_turn_round"
down_revision = "0047_wishes_for_days"
branch_labels = None
depends_on = None

ELSEWHERE = """EXISTS (SELECT 1 FROM performance o WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL
    AND o.id <> NEW.id AND o.organisation_id <> NEW.organisation_id AND o.get_in_at < NEW.away_at AND NEW.get_in_at < o.away_at)"""
STRETCHES, SHOWS = (
    f"""EXISTS (SELECT 1 FROM performance o WHERE o.troupe_id = NEW.troupe_id AND o.released_at IS NULL
    AND o.id <> NEW.id AND o.{begins} < NEW.{ends} AND NEW.{begins} < o.{ends})"""
    for begins, ends in (("get_in_at", "away_at"), ("starts_at", "ends_at"))
)
"""What makes 'performance_troupe_free' on SQLite: whole stretches until now, from now on shows, and ELSEWHERE's."""

BEFORE, AFTER = (
    ("o.starts_at < NEW.starts_at ORDER BY o.starts_at DESC, o.away_at DESC", "before"),
    ("o.starts_at > NEW.starts_at ORDER BY o.starts_at, o.away_at", "after"),
)
BEFORE_ONCE, AFTER_ONCE = (
    ("o.away_at <= NEW.get_in_at ORDER BY o.away_at DESC, o.get_in_at DESC", "before"),
    ("o.get_in_at >= NEW.away_at ORDER BY o.get_in_at, o.away_at", "after"),
)


def upgrade():
    op.execute(
        "ALTER TABLE programme ADD COLUMN turn_minutes INTEGER NOT NULL DEFAULT 30 "
        "CONSTRAINT ck_programme_turn CHECK (turn_minutes >= 0)"
    )
    op.execute(
        "UPDATE programme SET turn_minutes = get_in_minutes + get_out_minutes "
        "WHERE get_in_minutes + get_out_minutes < 30"
    )
    if op.get_bind().dialect.name == "sqlite":
        _sqlite(turned=True)
        return
    _exclude("(starts_at, ends_at)")
    op.execute(sa.text(_function(turned=True)))


def downgrade():
    """Refused while shows stand that were turned round: they are too near each other for the guard before."""
    _refuse_turned_round()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite(turned=False)
    else:
        _exclude("(get_in_at, away_at)")
        op.execute(sa.text(_function(turned=False)))
    op.drop_column("programme", "turn_minutes")


def _refuse_turned_round():
    days = op.get_bind().execute(
        sa.text(
            "SELECT DISTINCT d.day FROM performance a JOIN performance b ON b.tour_day_id = a.tour_day_id "
            "AND b.organisation_id = a.organisation_id AND b.starts_at > a.starts_at AND b.get_in_at < a.away_at "
            "JOIN tour_day d ON d.id = a.tour_day_id WHERE a.released_at IS NULL AND b.released_at IS NULL "
            "ORDER BY d.day"
        )
    )
    if found := [str(day) for day in days.scalars()]:
        raise RuntimeError(
            f"on {len(found):,} of the tour days a hall is turned round between two shows ({', '.join(found[:5])}"
            f"{' and others' if len(found) > 5 else ''}), which the version before forbids. Nothing was changed. Move or "
            "cancel the later show of each, or go back to the backup from before the upgrade."
        )


def _exclude(span):
    op.execute("ALTER TABLE performance DROP CONSTRAINT performance_troupe_free")
    op.execute(
        f"ALTER TABLE performance ADD CONSTRAINT performance_troupe_free EXCLUDE USING gist "
        f"(int4range(troupe_id, troupe_id, '[]') WITH &&, tstzrange{span} WITH &&) WHERE (released_at IS NULL)"
    )


def _function(*, turned):
    """The guard of PostgreSQL as 0002 made it, with who stands before and after, and the time between."""
    before, after = (BEFORE[0], AFTER[0]) if turned else (BEFORE_ONCE[0], AFTER_ONCE[0])
    apart = (
        f"""IF {ELSEWHERE} THEN
                RAISE EXCEPTION 'performance_troupe_free' USING ERRCODE = 'check_violation';
            END IF;"""
        if turned
        else ""
    )
    since = "(CASE WHEN o.organisation_id = NEW.organisation_id THEN o.ends_at ELSE o.away_at END)"
    until = "(CASE WHEN o.organisation_id = NEW.organisation_id THEN o.starts_at ELSE o.get_in_at END)"
    get_in = (
        "(CASE WHEN from_organisation_id = NEW.organisation_id THEN NEW.starts_at ELSE NEW.get_in_at END)"
    )
    away = "(CASE WHEN to_organisation_id = NEW.organisation_id THEN NEW.ends_at ELSE NEW.away_at END)"
    if not turned:
        since, until, get_in, away = "o.away_at", "o.get_in_at", "NEW.get_in_at", "NEW.away_at"
    return f"""
        CREATE OR REPLACE FUNCTION performance_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            the_day tour_day%ROWTYPE;
            from_organisation_id integer;
            from_at timestamptz;
            to_organisation_id integer;
            to_at timestamptz;
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
                AND (OLD.tour_day_id, OLD.organisation_id, OLD.get_in_at, OLD.starts_at, OLD.ends_at, OLD.away_at)
                    = (NEW.tour_day_id, NEW.organisation_id, NEW.get_in_at, NEW.starts_at, NEW.ends_at, NEW.away_at)
                AND (OLD.easting, OLD.northing, OLD.road_from_organisation_id, OLD.road_from_minutes,
                    OLD.road_to_organisation_id, OLD.road_to_minutes)
                    IS NOT DISTINCT FROM (NEW.easting, NEW.northing, NEW.road_from_organisation_id,
                    NEW.road_from_minutes, NEW.road_to_organisation_id, NEW.road_to_minutes) THEN
                RETURN NEW;
            END IF;
            {apart}
            SELECT o.organisation_id, {since} INTO from_organisation_id, from_at FROM performance o
            WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL AND o.id <> NEW.id
            AND {before} LIMIT 1;
            SELECT o.organisation_id, {until} INTO to_organisation_id, to_at FROM performance o
            WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL AND o.id <> NEW.id
            AND {after} LIMIT 1;
            IF from_organisation_id IS DISTINCT FROM NEW.road_from_organisation_id
                OR to_organisation_id IS DISTINCT FROM NEW.road_to_organisation_id
                OR from_at + make_interval(mins => NEW.road_from_minutes) > {get_in}
                OR {away} + make_interval(mins => NEW.road_to_minutes) > to_at THEN
                RAISE EXCEPTION 'performance_road' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
    """


def _sqlite(*, turned):
    """Its four triggers as 0002 made them, with the same."""
    for name in ("guard_insert", "guard_update", "road_insert", "road_update"):
        op.execute(f"DROP TRIGGER performance_{name}")
    free = f"{SHOWS} OR {ELSEWHERE}" if turned else STRETCHES
    guard = f"""BEGIN
        SELECT RAISE(ABORT, 'performance_of_its_day') WHERE NOT EXISTS (
            SELECT 1 FROM tour_day d WHERE d.id = NEW.tour_day_id AND d.ended_at IS NULL
            AND d.troupe_id = NEW.troupe_id AND d.programme_id = NEW.programme_id);
        SELECT RAISE(ABORT, 'performance_troupe_free') WHERE {free};
        SELECT RAISE(ABORT, 'performance_shows_a_day') WHERE (
            SELECT count(*) FROM performance o WHERE o.tour_day_id = NEW.tour_day_id
            AND o.released_at IS NULL AND o.id <> NEW.id)
            >= (SELECT d.shows_at_most FROM tour_day d WHERE d.id = NEW.tour_day_id);
    END"""
    road = _sqlite_road(turned=turned)
    op.execute(
        f"CREATE TRIGGER performance_road_insert AFTER INSERT ON performance WHEN NEW.released_at IS NULL {road}"
    )
    columns = "tour_day_id organisation_id get_in_at starts_at ends_at away_at easting northing"
    columns += " road_from_organisation_id road_from_minutes road_to_organisation_id road_to_minutes"
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in columns.split())
    op.execute(
        "CREATE TRIGGER performance_road_update AFTER UPDATE ON performance WHEN NEW.released_at IS NULL "
        f"AND (OLD.released_at IS NOT NULL OR {changed}) {road}"
    )
    for event in ("insert", "update"):
        op.execute(
            f"CREATE TRIGGER performance_guard_{event} AFTER {event.upper()} ON performance "
            f"WHEN NEW.released_at IS NULL {guard}"
        )


def _sqlite_road(*, turned):
    stands = """(SELECT o.id FROM performance o WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL
        AND o.id <> NEW.id AND {} LIMIT 1) AS {}"""
    before, after = (
        stands.format(*which) for which in ((BEFORE, AFTER) if turned else (BEFORE_ONCE, AFTER_ONCE))
    )

    def between(first, then):
        away = f"strftime('%s', {then}.get_in_at) - strftime('%s', {first}.away_at)"
        at_one = f"strftime('%s', {then}.starts_at) - strftime('%s', {first}.ends_at)"
        if not turned:
            return away
        return f"CASE WHEN {first}.organisation_id = {then}.organisation_id THEN {at_one} ELSE {away} END"

    return f"""BEGIN
        SELECT RAISE(ABORT, 'performance_road') FROM (SELECT {before}, {after})
        LEFT JOIN performance f ON f.id = before LEFT JOIN performance t ON t.id = after
        WHERE f.organisation_id IS NOT NEW.road_from_organisation_id
        OR t.organisation_id IS NOT NEW.road_to_organisation_id
        OR {between("f", "NEW")} < 60 * NEW.road_from_minutes
        OR {between("NEW", "t")} < 60 * NEW.road_to_minutes;
    END"""
