"""Guards: what must never be, whatever a fault of ours or a second process tries

A rule of a single row is a CHECK of its table, in 0001. Here stand those over several rows: PostgreSQL keeps them with
functions behind triggers and with exclusion constraints, SQLite with triggers. What refuses says the rule's name.

Revision ID: 0002_guards
Revises: 0001_schema
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0002_guards"
down_revision = "0001_schema"
branch_labels = None
depends_on = None

POSTGRESQL: list[str] = []
SQLITE: list[str] = []
# On insert SQLite gives NEW.id as -1 or NULL before the row has one: what needs it runs AFTER.


def upgrade():
    for statement in _of(op.get_bind()):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade():
    bind = op.get_bind()
    for statement in reversed(_of(bind)):
        for kind, name, table in _MADE.findall(statement):
            on = f" ON {table}" if kind == "TRIGGER" and bind.dialect.name == "postgresql" else ""
            op.execute(f"DROP {kind} {name}{on}")
    if bind.dialect.name == "postgresql":
        op.execute("ALTER TABLE performance DROP CONSTRAINT performance_troupe_free")


_MADE = re.compile(r"CREATE (TRIGGER|FUNCTION) (\w+)(?:[^;]*? ON (\w+))?")


def _of(bind):
    return POSTGRESQL if bind.dialect.name == "postgresql" else SQLITE


def _function(name, body):
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"


def _refusal(name):
    return f"RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation';"


# --- only ever added to -----------------------------------------------------------------------------------------

ONLY_ADDED_TO = {
    "history": ("UPDATE", "DELETE"),
    "counted_share": ("UPDATE", "DELETE"),
    "authority_covered": ("UPDATE", "DELETE"),
    "visit_report": ("UPDATE",),
    "reported_pupils": ("UPDATE",),
    "report_withdrawal": ("UPDATE", "DELETE"),
    "board_report": ("UPDATE", "DELETE"),
}
"""Table -> what is refused there; on PostgreSQL, where it is a statement of its own, emptying the table too."""

for _table, _events in ONLY_ADDED_TO.items():
    POSTGRESQL += [
        _function(f"{_table}_guard", f"BEGIN {_refusal(f'{_table}_only_grows')} END"),
        f"""CREATE TRIGGER {_table}_guard BEFORE {" OR ".join((*_events, "TRUNCATE"))} ON {_table}
        FOR EACH STATEMENT EXECUTE FUNCTION {_table}_guard()""",
    ]
    SQLITE += [
        f"""CREATE TRIGGER {_table}_guard_{_event.lower()} BEFORE {_event} ON {_table}
        BEGIN SELECT RAISE(ABORT, '{_table}_only_grows'); END"""
        for _event in _events
    ]


# --- ground: whose a deed is ------------------------------------------------------------------------------------

_SUBJECTS = {
    "API token": "api_token s WHERE s.id = {}",
    "authority": "authority s WHERE s.la_code = {}",
    "board report": "board_report s WHERE s.id = {}",
    "booking": "booking s WHERE s.reference = {}",
    "company": "company s WHERE s.id = {}",
    "feed": "feed s WHERE s.id = {}",
    "incoming": "incoming s WHERE s.id = {}",
    "letter": "letter s WHERE s.id = {}",
    "link request": "link_request r JOIN programme s ON s.id = r.programme_id WHERE r.id = {}",
    "person": "person s WHERE s.id = {}",
    "programme": "programme s WHERE s.id = {}",
    "report date": "board_date s WHERE s.id = {}",
    "tour day": "tour_day d JOIN programme s ON s.id = d.programme_id WHERE d.id = {}",
    "troupe": "troupe t JOIN company s ON s.id = t.company_id WHERE t.id = {}",
    "troupe link": "troupe_link s WHERE s.id = {}",
}
"""What a deed is about -> where it says whose it is; the partnership itself is a CHECK in 0001."""

for _subject, _found in _SUBJECTS.items():
    _id = "NEW.subject_id" if "id = {}" not in _found else "CAST(NEW.subject_id AS INTEGER)"
    _wrong = f"(SELECT s.partnership_id FROM {_found.format(_id)}) <> NEW.partnership_id"
    _name = f"history_of_{_subject.lower().replace(' ', '_')}_guard"
    POSTGRESQL += [
        _function(
            _name,
            f"BEGIN IF {_wrong} THEN {_refusal('history_of_another_partnership')} END IF; RETURN NEW; END",
        ),
        f"""CREATE TRIGGER {_name} BEFORE INSERT ON history
        FOR EACH ROW WHEN (NEW.subject = '{_subject}') EXECUTE FUNCTION {_name}()""",
    ]
    SQLITE.append(
        f"""CREATE TRIGGER {_name} BEFORE INSERT ON history WHEN NEW.subject = '{_subject}' AND {_wrong}
        BEGIN SELECT RAISE(ABORT, 'history_of_another_partnership'); END"""
    )


# --- county: whose a school is ----------------------------------------------------------------------------------

# A school of one partnership becomes another's only when that one agreed, whatever else changed hands before.
_NOT_AGREED = """
    NOT EXISTS (
        SELECT 1 FROM change_of_hands c WHERE c.urn = NEW.urn AND c.la_code = NEW.la_code AND c.outcome = 'agreed'
        AND c.giver_id = {giver} AND c.receiver_id = {receiver}
        AND NOT EXISTS (
            SELECT 1 FROM change_of_hands l WHERE l.urn = NEW.urn AND l.la_code IS NOT NULL
            AND l.outcome IN ('agreed', 'left') AND l.settled_at > c.settled_at
        )
    )
"""
# An authority is one partnership's at a time: it goes to another once its word says that it has left the first, and is
# another's only when nobody else's word says that it is theirs.
_HOLDS = """
    EXISTS (
        SELECT 1 FROM authority_covered c WHERE c.la_code = NEW.la_code AND c.partnership_id {whose} AND c.covered
        AND NOT EXISTS (
            SELECT 1 FROM authority_covered l
            WHERE l.la_code = c.la_code AND l.partnership_id = c.partnership_id AND l.id > c.id
        )
    )
"""
_NEVER_SAID = """
    NOT EXISTS (
        SELECT 1 FROM authority_covered n WHERE n.la_code = NEW.la_code AND n.partnership_id = OLD.partnership_id
    )
"""
_ANOTHERS = """
    EXISTS (SELECT 1 FROM authority a WHERE a.la_code = NEW.la_code AND a.partnership_id <> NEW.partnership_id)
"""

for _table, _event, _when, _wrong in (
    (
        "authority",
        "UPDATE OF partnership_id",
        "OLD.partnership_id <> NEW.partnership_id",
        f"({_HOLDS.format(whose='<> NEW.partnership_id')} OR {_NEVER_SAID})",
    ),
    (
        "authority_covered",
        "INSERT",
        "NEW.covered",
        f"({_HOLDS.format(whose='<> NEW.partnership_id')} OR {_ANOTHERS})",
    ),
):
    POSTGRESQL += [
        _function(
            f"{_table}_whose_guard",
            f"""
            BEGIN
                PERFORM pg_advisory_xact_lock(hashtext('authority ' || NEW.la_code));
                IF {_wrong} THEN {_refusal("authority_held_by_another")} END IF;
                RETURN NEW;
            END
            """,
        ),
        f"""CREATE TRIGGER {_table}_whose_guard BEFORE {_event} ON {_table}
        FOR EACH ROW WHEN ({_when}) EXECUTE FUNCTION {_table}_whose_guard()""",
    ]
    SQLITE.append(
        f"""CREATE TRIGGER {_table}_whose_guard BEFORE {_event} ON {_table} WHEN {_when} AND {_wrong}
        BEGIN SELECT RAISE(ABORT, 'authority_held_by_another'); END"""
    )

_WHOSE = "(SELECT a.partnership_id FROM authority a WHERE a.la_code = {})"

for _table, _event, _before in (
    ("school", "UPDATE OF la_code", "OLD.la_code"),
    (
        "school_record",
        "INSERT",
        "(SELECT r.la_code FROM school_record r WHERE r.urn = NEW.urn ORDER BY r.id DESC LIMIT 1)",
    ),
):
    _giver, _receiver = _WHOSE.format(_before), _WHOSE.format("NEW.la_code")
    POSTGRESQL += [
        _function(
            f"{_table}_whose_guard",
            f"""
            DECLARE
                giver integer := {_giver};
                receiver integer := {_receiver};
            BEGIN
                IF giver <> receiver AND {_NOT_AGREED.format(giver="giver", receiver="receiver")} THEN
                    {_refusal(f"{_table}_held_by_another")}
                END IF;
                RETURN NEW;
            END
            """,
        ),
        f"""CREATE TRIGGER {_table}_whose_guard BEFORE {_event} ON {_table}
        FOR EACH ROW EXECUTE FUNCTION {_table}_whose_guard()""",
    ]
    SQLITE.append(
        f"""CREATE TRIGGER {_table}_whose_guard BEFORE {_event} ON {_table}
        WHEN {_giver} <> {_receiver} AND {_NOT_AGREED.format(giver=_giver, receiver=_receiver)}
        BEGIN SELECT RAISE(ABORT, '{_table}_held_by_another'); END"""
    )

for _table, _name, _event, _when in (
    ("change_of_hands", "whose", "UPDATE OR DELETE", "OLD.settled_at IS NOT NULL"),
    ("change_of_hands", "whole", "TRUNCATE", ""),
):
    _each = f"ROW WHEN ({_when})" if _when else "STATEMENT"
    POSTGRESQL += [
        _function(f"{_table}_{_name}_guard", f"BEGIN {_refusal(f'{_table}_stays_as_it_is')} END"),
        f"""CREATE TRIGGER {_table}_{_name}_guard BEFORE {_event} ON {_table}
        FOR EACH {_each} EXECUTE FUNCTION {_table}_{_name}_guard()""",
    ]
for _table, _name, _event, _when in (
    ("change_of_hands", "whose", "UPDATE", "OLD.settled_at IS NOT NULL"),
    ("change_of_hands", "delete", "DELETE", "OLD.settled_at IS NOT NULL"),
):
    SQLITE.append(
        f"""CREATE TRIGGER {_table}_{_name}_guard BEFORE {_event} ON {_table} WHEN {_when}
        BEGIN SELECT RAISE(ABORT, '{_table}_stays_as_it_is'); END"""
    )


# --- tour: a troupe is in one place at a time, and has time for its roads ---------------------------------------

# Each show has the minutes of its roads, as reckoned when it got its place, and whose road that is: no other show may
# stand before or after it by now, and the minutes must be there. A show that keeps its time and place is not judged
# again: a new table or a new setting never stops it from being released or renumbered. On PostgreSQL all is judged behind the lock on the tour day that every claim takes; int4range needs no extension, as
# btree_gist would.
POSTGRESQL += [
    """
    ALTER TABLE performance ADD CONSTRAINT performance_troupe_free
    EXCLUDE USING gist (int4range(troupe_id, troupe_id, '[]') WITH &&, tstzrange(get_in_at, away_at) WITH &&)
    WHERE (released_at IS NULL)
    """,
    _function(
        "performance_guard",
        f"""
        DECLARE
            the_day tour_day%ROWTYPE;
            from_urn integer;
            from_at timestamptz;
            to_urn integer;
            to_at timestamptz;
        BEGIN
            IF NEW.released_at IS NOT NULL THEN RETURN NEW; END IF;
            SELECT * INTO the_day FROM tour_day WHERE id = NEW.tour_day_id FOR UPDATE;
            IF the_day.troupe_id <> NEW.troupe_id OR the_day.programme_id <> NEW.programme_id
                OR the_day.ended_at IS NOT NULL THEN
                {_refusal("performance_of_its_day")}
            END IF;
            IF (SELECT count(*) FROM performance o WHERE o.tour_day_id = NEW.tour_day_id
                AND o.released_at IS NULL AND o.id <> NEW.id) >= the_day.shows_at_most THEN
                {_refusal("performance_shows_a_day")}
            END IF;
            IF TG_OP = 'UPDATE' AND OLD.released_at IS NULL
                AND (OLD.tour_day_id, OLD.urn, OLD.get_in_at, OLD.away_at)
                    = (NEW.tour_day_id, NEW.urn, NEW.get_in_at, NEW.away_at)
                AND (OLD.easting, OLD.northing, OLD.road_from_urn, OLD.road_from_minutes, OLD.road_to_urn,
                    OLD.road_to_minutes)
                    IS NOT DISTINCT FROM (NEW.easting, NEW.northing, NEW.road_from_urn, NEW.road_from_minutes,
                    NEW.road_to_urn, NEW.road_to_minutes) THEN
                RETURN NEW;
            END IF;
            SELECT o.urn, o.away_at INTO from_urn, from_at FROM performance o
            WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL AND o.id <> NEW.id
            AND o.away_at <= NEW.get_in_at ORDER BY o.away_at DESC, o.get_in_at DESC LIMIT 1;
            SELECT o.urn, o.get_in_at INTO to_urn, to_at FROM performance o
            WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL AND o.id <> NEW.id
            AND o.get_in_at >= NEW.away_at ORDER BY o.get_in_at, o.away_at LIMIT 1;
            IF from_urn IS DISTINCT FROM NEW.road_from_urn OR to_urn IS DISTINCT FROM NEW.road_to_urn
                OR from_at + make_interval(mins => NEW.road_from_minutes) > NEW.get_in_at
                OR NEW.away_at + make_interval(mins => NEW.road_to_minutes) > to_at THEN
                {_refusal("performance_road")}
            END IF;
            RETURN NEW;
        END
        """,
    ),
    """CREATE TRIGGER performance_guard BEFORE INSERT OR UPDATE ON performance
    FOR EACH ROW EXECUTE FUNCTION performance_guard()""",
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

_ROAD = """
    BEGIN
        SELECT RAISE(ABORT, 'performance_road') FROM (
            SELECT
                (SELECT o.id FROM performance o
                WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL AND o.id <> NEW.id
                AND o.away_at <= NEW.get_in_at ORDER BY o.away_at DESC, o.get_in_at DESC LIMIT 1) AS before,
                (SELECT o.id FROM performance o
                WHERE o.tour_day_id = NEW.tour_day_id AND o.released_at IS NULL AND o.id <> NEW.id
                AND o.get_in_at >= NEW.away_at ORDER BY o.get_in_at, o.away_at LIMIT 1) AS after)
        LEFT JOIN performance f ON f.id = before LEFT JOIN performance t ON t.id = after
        WHERE f.urn IS NOT NEW.road_from_urn OR t.urn IS NOT NEW.road_to_urn
        OR strftime('%s', NEW.get_in_at) - strftime('%s', f.away_at) < 60 * NEW.road_from_minutes
        OR strftime('%s', t.get_in_at) - strftime('%s', NEW.away_at) < 60 * NEW.road_to_minutes;
    END
"""

SQLITE += [
    f"""CREATE TRIGGER performance_guard_insert AFTER INSERT ON performance
    WHEN NEW.released_at IS NULL {_PERFORMANCE}""",
    f"""CREATE TRIGGER performance_guard_update AFTER UPDATE ON performance
    WHEN NEW.released_at IS NULL {_PERFORMANCE}""",
    f"CREATE TRIGGER performance_road_insert AFTER INSERT ON performance WHEN NEW.released_at IS NULL {_ROAD}",
    f"""CREATE TRIGGER performance_road_update AFTER UPDATE ON performance WHEN NEW.released_at IS NULL AND (
        OLD.released_at IS NOT NULL OR OLD.tour_day_id <> NEW.tour_day_id OR OLD.urn <> NEW.urn
        OR OLD.get_in_at <> NEW.get_in_at OR OLD.away_at <> NEW.away_at
        OR OLD.easting IS NOT NEW.easting OR OLD.northing IS NOT NEW.northing
        OR OLD.road_from_urn IS NOT NEW.road_from_urn OR OLD.road_from_minutes IS NOT NEW.road_from_minutes
        OR OLD.road_to_urn IS NOT NEW.road_to_urn OR OLD.road_to_minutes IS NOT NEW.road_to_minutes) {_ROAD}""",
]


# --- booking: no more seats than the audience may have, nor guests than the host agreed to ----------------------

POSTGRESQL += [
    _function(
        "booking_guard",
        f"""
        DECLARE
            ceiling integer;
        BEGIN
            IF NEW.ended_at IS NOT NULL THEN RETURN NEW; END IF;
            PERFORM 1 FROM tour_day d JOIN performance f ON f.tour_day_id = d.id
            WHERE f.id = NEW.performance_id FOR UPDATE OF d;
            SELECT p.audience_ceiling INTO ceiling FROM programme p WHERE p.id = NEW.programme_id;
            IF NEW.seats + coalesce((SELECT sum(o.seats) FROM booking o WHERE o.performance_id = NEW.performance_id
                AND o.ended_at IS NULL AND o.id <> NEW.id), 0) > ceiling THEN
                {_refusal("booking_seats")}
            END IF;
            RETURN NEW;
        END
        """,
    ),
    """CREATE TRIGGER booking_guard BEFORE INSERT OR UPDATE OF seats, performance_id, ended_at ON booking
    FOR EACH ROW EXECUTE FUNCTION booking_guard()""",
    _function(
        "booking_guest_guard",
        f"""
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
                {_refusal("booking_guest_of_itself")}
            END IF;
            SELECT NEW.seats + coalesce(sum(o.seats), 0) INTO guests FROM booking o
            WHERE o.performance_id = NEW.performance_id AND o.role = 'guest' AND o.ended_at IS NULL
            AND o.id <> NEW.id;
            IF guests > coalesce(
                (SELECT g.seats FROM guest_seats g WHERE g.performance_id = NEW.performance_id), -1) THEN
                {_refusal("booking_guest_consent")}
            END IF;
            RETURN NEW;
        END
        """,
    ),
    """CREATE TRIGGER booking_guest_guard BEFORE INSERT OR UPDATE OF seats, performance_id, ended_at, role ON booking
    FOR EACH ROW EXECUTE FUNCTION booking_guest_guard()""",
    _function(
        "guest_seats_guard",
        f"""
        BEGIN
            PERFORM 1 FROM tour_day d JOIN performance f ON f.tour_day_id = d.id
            WHERE f.id = NEW.performance_id FOR UPDATE OF d;
            IF NEW.seats < coalesce((SELECT sum(o.seats) FROM booking o WHERE o.performance_id = NEW.performance_id
                AND o.role = 'guest' AND o.ended_at IS NULL), 0) THEN
                {_refusal("guest_seats_kept")}
            END IF;
            RETURN NEW;
        END
        """,
    ),
    """CREATE TRIGGER guest_seats_guard BEFORE INSERT OR UPDATE ON guest_seats
    FOR EACH ROW EXECUTE FUNCTION guest_seats_guard()""",
]

_BOOKING = """
    WHEN NEW.ended_at IS NULL
    BEGIN
        SELECT RAISE(ABORT, 'booking_seats') WHERE NEW.seats + coalesce((
            SELECT sum(o.seats) FROM booking o WHERE o.performance_id = NEW.performance_id
            AND o.ended_at IS NULL AND o.id <> NEW.id), 0)
            > (SELECT p.audience_ceiling FROM programme p WHERE p.id = NEW.programme_id);
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

SQLITE += [
    f"CREATE TRIGGER booking_guard_insert AFTER INSERT ON booking {_BOOKING}",
    f"CREATE TRIGGER booking_guard_update AFTER UPDATE OF seats, performance_id, ended_at ON booking {_BOOKING}",
    f"""CREATE TRIGGER booking_guest_insert AFTER INSERT ON booking
    WHEN NEW.role = 'guest' AND NEW.ended_at IS NULL {_GUEST}""",
    f"""CREATE TRIGGER booking_guest_update AFTER UPDATE OF seats, performance_id, ended_at, role ON booking
    WHEN NEW.role = 'guest' AND NEW.ended_at IS NULL AND (OLD.ended_at IS NOT NULL OR OLD.role <> 'guest'
    OR NEW.seats > OLD.seats OR NEW.performance_id <> OLD.performance_id) {_GUEST}""",
    f"CREATE TRIGGER guest_seats_guard_insert AFTER INSERT ON guest_seats {_SEATS}",
    f"CREATE TRIGGER guest_seats_guard_update AFTER UPDATE ON guest_seats {_SEATS}",
]


# --- booking: no more of a year group is promised than may be ---------------------------------------------------------

# What may be is a stored number, promise_limit.at_most, which booking/limits.py writes: no rule stands here. NULL
# where nobody knows, and then nothing is refused; without a row, everything. A promise that does not grow is not
# judged again: when a show moves, or the school's number sinks, it stands; so does one alone that is handed on. The number is locked while it is gone by,
# so that two promises, and a promise and a lower number, go one after the other; whoever lowers it finds what is
# promised, and may not go below.


def _reported(booking):
    return f"""({booking}.outcome = 'did not take place'
        OR EXISTS (SELECT 1 FROM came_to c WHERE c.booking_id = {booking}.id))"""


def _promised(urn, programme, year_group, but):
    """What the school's other bookings promise of a year group, or came to."""
    return f"""(SELECT coalesce(sum(CASE
            WHEN b.outcome = 'did not take place' THEN 0
            WHEN EXISTS (SELECT 1 FROM came_to c WHERE c.booking_id = b.id) THEN (
                SELECT c.pupils FROM came_to c WHERE c.booking_id = b.id AND c.year_group = {year_group})
            ELSE (SELECT q.pupils FROM promised_pupils q WHERE q.year_group = {year_group} AND q.revision_id = (
                SELECT max(v.id) FROM booking_revision v WHERE v.booking_id = b.id)) END), 0)
        FROM booking b WHERE b.urn = {urn} AND b.programme_id = {programme} AND b.ended_at IS NULL AND b.id <> {but})"""


def _fits(urn, programme, year_group, all_promised):
    return f"""EXISTS (SELECT 1 FROM promise_limit l WHERE l.urn = {urn} AND l.programme_id = {programme}
        AND l.year_group = {year_group} AND (l.at_most IS NULL OR {all_promised} <= l.at_most))"""


_BEFORE = """coalesce((SELECT q.pupils FROM promised_pupils q WHERE q.year_group = NEW.year_group
    AND q.revision_id = (SELECT max(v.id) FROM booking_revision v WHERE v.booking_id = {0}
        AND v.id < NEW.revision_id)), 0)"""
_TOO_MANY, _TOO_LOW = "promised_more_than_the_school_has", "promise_limit_below_promised"

# In plpgsql, which keeps its plan: in SQL each call would plan it anew, for longer than it takes.
POSTGRESQL += [
    f"""
    CREATE FUNCTION school_promised(the_urn integer, the_programme integer, the_year_group integer, but integer)
    RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN
        RETURN {_promised("the_urn", "the_programme", "the_year_group", "but")}::integer; END $$
    """,
    f"""
    CREATE FUNCTION promised_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        the booking%ROWTYPE;
    BEGIN
        SELECT b.* INTO the FROM booking b JOIN booking_revision r ON r.booking_id = b.id WHERE r.id = NEW.revision_id;
        IF the.ended_at IS NOT NULL OR {_reported("the")} OR NEW.pupils <= {_BEFORE.format("the.id")} THEN
            RETURN NEW;
        END IF;
        PERFORM 1 FROM promise_limit l WHERE l.urn = the.urn AND l.programme_id = the.programme_id
            AND l.year_group = NEW.year_group FOR UPDATE;
        IF NOT {
        _fits(
            "the.urn",
            "the.programme_id",
            "NEW.year_group",
            "NEW.pupils + school_promised(the.urn, the.programme_id, NEW.year_group, the.id)",
        )
    } THEN
            {_refusal(_TOO_MANY)}
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER promised_guard BEFORE INSERT OR UPDATE ON promised_pupils
    FOR EACH ROW EXECUTE FUNCTION promised_guard()
    """,
    f"""
    CREATE FUNCTION booking_again_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.ended_at IS NOT NULL OR {_reported("NEW")}
            OR (OLD.ended_at IS NULL AND (NEW.urn, NEW.programme_id) = (OLD.urn, OLD.programme_id)) THEN
            RETURN NEW;
        END IF;
        PERFORM 1 FROM promise_limit l WHERE l.urn = NEW.urn AND l.programme_id = NEW.programme_id
            ORDER BY l.year_group FOR UPDATE;
        IF EXISTS (
            SELECT 1 FROM promised_pupils q WHERE q.pupils > 0 AND q.revision_id = (
                SELECT max(v.id) FROM booking_revision v WHERE v.booking_id = NEW.id)
            AND school_promised(NEW.urn, NEW.programme_id, q.year_group, NEW.id) > 0
            AND NOT {
        _fits(
            "NEW.urn",
            "NEW.programme_id",
            "q.year_group",
            "q.pupils + school_promised(NEW.urn, NEW.programme_id, q.year_group, NEW.id)",
        )
    }
        ) THEN
            {_refusal(_TOO_MANY)}
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER booking_again_guard BEFORE UPDATE OF ended_at, urn, programme_id ON booking
    FOR EACH ROW EXECUTE FUNCTION booking_again_guard()
    """,
    f"""
    CREATE FUNCTION promise_limit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF school_promised(NEW.urn, NEW.programme_id, NEW.year_group, 0) > NEW.at_most THEN
            {_refusal(_TOO_LOW)}
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER promise_limit_guard BEFORE UPDATE ON promise_limit
    FOR EACH ROW WHEN (OLD.at_most IS NULL OR NEW.at_most < OLD.at_most) EXECUTE FUNCTION promise_limit_guard()
    """,
]

_OTHERS = _promised("the.urn", "the.programme_id", "NEW.year_group", "the.id")
_PROMISED = f"""
    BEGIN
        SELECT RAISE(ABORT, '{_TOO_MANY}') WHERE EXISTS (
            SELECT 1 FROM booking the JOIN booking_revision r ON r.booking_id = the.id WHERE r.id = NEW.revision_id
            AND the.ended_at IS NULL AND NOT coalesce({_reported("the")}, 0)
            AND NEW.pupils > {_BEFORE.format("the.id")}
            AND NOT {_fits("the.urn", "the.programme_id", "NEW.year_group", f"NEW.pupils + {_OTHERS}")});
    END
"""
_OTHERS = _promised("NEW.urn", "NEW.programme_id", "said.year_group", "NEW.id")
_AGAIN = f"""
    BEGIN
        SELECT RAISE(ABORT, '{_TOO_MANY}') WHERE EXISTS (
            SELECT 1 FROM promised_pupils said WHERE said.pupils > 0 AND NOT coalesce({_reported("NEW")}, 0)
            AND said.revision_id = (SELECT max(v.id) FROM booking_revision v WHERE v.booking_id = NEW.id)
            AND {_OTHERS} > 0
            AND NOT {_fits("NEW.urn", "NEW.programme_id", "said.year_group", f"said.pupils + {_OTHERS}")});
    END
"""

SQLITE += [
    f"CREATE TRIGGER promised_guard_insert AFTER INSERT ON promised_pupils {_PROMISED}",
    f"CREATE TRIGGER promised_guard_update AFTER UPDATE ON promised_pupils {_PROMISED}",
    f"""CREATE TRIGGER booking_again_guard AFTER UPDATE OF ended_at, urn, programme_id ON booking
    WHEN NEW.ended_at IS NULL AND (OLD.ended_at IS NOT NULL OR OLD.urn <> NEW.urn
    OR OLD.programme_id <> NEW.programme_id) {_AGAIN}""",
    f"""CREATE TRIGGER promise_limit_guard AFTER UPDATE ON promise_limit
    WHEN OLD.at_most IS NULL OR NEW.at_most < OLD.at_most
    BEGIN
        SELECT RAISE(ABORT, '{_TOO_LOW}')
        WHERE {_promised("NEW.urn", "NEW.programme_id", "NEW.year_group", "0")} > NEW.at_most;
    END""",
]


# --- booking: what was promised of a show stands as it stood when the show ended; from then on it is reported ----

for _name, _event, _table, _over in (
    (
        "cancellation_over",
        "INSERT",
        "cancellation",
        "SELECT 1 FROM booking b JOIN performance f ON f.id = b.performance_id"
        " WHERE b.id = NEW.booking_id AND f.ends_at <= NEW.recorded_at",
    ),
    (
        "booking_over",
        "UPDATE OF ended_at",
        "booking",
        "SELECT 1 FROM performance f WHERE f.id = NEW.performance_id AND OLD.ended_at IS NULL"
        " AND f.ends_at <= NEW.ended_at",
    ),
    (
        "booking_revision_over",
        "INSERT",
        "booking_revision",
        "SELECT 1 FROM booking_revision r WHERE r.ends_at <= NEW.recorded_at AND r.id = (SELECT max(o.id)"
        " FROM booking_revision o WHERE o.booking_id = NEW.booking_id AND o.id <> NEW.id)",
    ),
):
    POSTGRESQL += [
        _function(
            _name, f"BEGIN IF EXISTS ({_over}) THEN {_refusal('show_is_over')} END IF; RETURN NEW; END"
        ),
        f"CREATE TRIGGER {_name} BEFORE {_event} ON {_table} FOR EACH ROW EXECUTE FUNCTION {_name}()",
    ]
    SQLITE.append(
        f"""CREATE TRIGGER {_name} AFTER {_event} ON {_table}
        BEGIN SELECT RAISE(ABORT, 'show_is_over') WHERE EXISTS ({_over}); END"""
    )
