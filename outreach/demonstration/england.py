"""England over ten years, to try what a large installation costs: Marlshire's year, told once through the verbs that
people use, and copied within the database for many partnerships and years.

A copy is a partnership of its own with its own schools, people, addresses, links and references, and each year back
has its own programmes, troupes and bookings; what it says in words (mails, reports, GeoJSON) stays Marlshire's. Rows
are copied past the triggers, by whose rules their pattern was made; keys and constraints hold of the copies, too.
PostgreSQL alone: nobody keeps England in a file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Date, Integer, Table, TextClause, text

from outreach.asking.short_codes import SIGNS
from outreach.booking.promises import ALPHABET
from outreach.ground import errands
from outreach.ground.db import Base, Instant

PARTNERSHIPS = 150
YEAR = "interval '364 days'"
"""A year back falls on the same day of the week: a show stays on a school day."""

OF_THE_PLACE = frozenset(
    "authority authority_covered body_list body_list_line company contact contact_list contact_list_line correction"
    " counted_share dead_address digest_days district_number kept_filter letter_wording list_heading list_sheet"
    " list_upload logo numbers_entry organisation organisation_record own_number partnership person person_role"
    " question_item reached_percent referral_release register_change register_import road_minutes saved_view"
    " school_day school_hours school_lunch school_term second_factor passkey succession visit_text water"
    " water_crossing".split()
)
"""Who there is: once for a partnership. All other rows are of what happens, and stand once for each year."""

NOBODYS = frozenset(
    "agreement agreement_code alembic_version chasing_run day_count erasures_mark history_link mailbox_look"
    " outcome_release passkey_challenge post_pause postcode postman provider_attempt released_wave router sign_in"
    " sign_in_failure sign_in_link sign_in_session touring_troupe".split()
)
"""What is not copied: of the installation, of one process, or of one sign-in; and what was released of answers, whose
words name waves by their numbers."""

STAND_ONCE = ("term", "inset_day", "wave_code")
"""What stands there already is not said again: a calendar of two years covers the year before as well, and what pupils
type was drawn by lot."""

SCHOOL_NUMBERS, BODY_NUMBERS, VENUE_NUMBERS, ONLINE_NUMBERS = (
    3_000_000,
    500_000_000,
    1_500_000_000,
    2_000_000_000,
)
"""From where on copies of schools and others are numbered: beyond every URN that was ever given out."""

NUMBERS_EACH = 1000


ORGANISATIONS = (
    "road_from_organisation_id road_to_organisation_id predecessor_id successor_id at_organisation_id".split()
)
"""Columns that name one of them without a key."""

_ANOTHER = "'/' || :k || '/' || y"
_UID = (
    "CASE WHEN :k + y = 0 THEN {it} ELSE md5(left({it}, 36) || "
    + _ANOTHER
    + ")::uuid::text || substr({it}, 37) END"
)
_DRAWN = (
    "CASE WHEN :k + y = 0 THEN {it} ELSE"
    " left(md5({it} || " + _ANOTHER + ") || md5(" + _ANOTHER + " || {it}), length({it})) END"
)
_MAILBOX = "CASE WHEN :k = 0 THEN {it} ELSE replace({it}, '.example', '.p' || :k || '.example') END"
_DISTRICT = "replace({it}, 'E07900', 'E07' || lpad(((900 + :k) % 1000)::text, 3, '0'))"
_AUTHORITY = "CASE WHEN :k = 0 OR {it} = '' THEN {it} ELSE (1000 + :k)::text END"

SAID_ALIKE = {
    **dict.fromkeys(("uid",), _UID),
    **dict.fromkeys(
        "organizer_token token_hash nonce stop_hash code_hash seed digest token key form_key credential_id".split(),
        _DRAWN,
    ),
    **dict.fromkeys("address recipient email contact_email calendar_address".split(), _MAILBOX),
    **dict.fromkeys(("district_code",), _DISTRICT),
    **dict.fromkeys(("la_code",), _AUTHORITY),
    "academic_year": "{it} - y",
    "message_id": "replace({it}, '@', '.' || :k || '.' || y || '@')",
}
"""What every table says alike under one name, and what a copy says there: `{it}` is the pattern's."""

_PROGRAMME = "(split_part({it}, '/', 2)::int + (:k * :years + y) * {stride})"
_PREFIX = "chr(65 + :k / 26 / 26 % 26) || chr(65 + :k / 26 % 26) || chr(65 + :k % 26)"
_REFERENCE = (
    _PREFIX
    + " || '-' || "
    + " || ".join(
        f"substr('{ALPHABET}', ({{number}} + y * 1000) / {len(ALPHABET) ** place} % {len(ALPHABET)} + 1, 1)"
        for place in (3, 2, 1, 0)
    )
)
_OF_BOOKING = "CASE WHEN :k + y = 0 THEN {it} ELSE " + _REFERENCE.replace("{number}", "t.id") + " END"
_CODE = "((:k * :years + y) * (SELECT max(id) + 1 FROM pattern_wave_code) + t.id)"

OWN_WORDS = {
    "partnership.name": "CASE WHEN :k = 0 THEN {it} ELSE {it} || ' ' || (:k + 1) END",
    "partnership.county": "CASE WHEN :k = 0 THEN {it} ELSE {it} || ' ' || (:k + 1) END",
    "partnership.reference_prefix": "CASE WHEN :k = 0 THEN {it} ELSE " + _PREFIX + " END",
    "partnership.districts_geojson": _DISTRICT,
    "authority.name": "CASE WHEN :k = 0 THEN {it} ELSE {it} || ' ' || (:k + 1) END",
    "troupe.name": "CASE WHEN y = 0 THEN {it} ELSE {it} || ' of '"
    " || (SELECT max(academic_year) - y FROM pattern_programme) END",
    "booking.reference": _OF_BOOKING,
    "closed_answer.key": "CASE WHEN :k + y = 0 THEN {it} ELSE"
    " ('x' || left(md5({it} || " + _ANOTHER + "), 15))::bit(60)::bigint END",
    "wave_code.code": "CASE WHEN :k + y = 0 THEN {it} ELSE "
    + " || ".join(f"substr('{SIGNS}', ({_CODE} / {27**place}) % 27 + 1, 1)" for place in range(7))
    + " END",
    **dict.fromkeys(
        ("letter.stream", "incoming.stream"),
        "CASE WHEN {it} ~ '^[0-9a-f]{{8}}-' THEN " + _UID + " WHEN {it} ~ '^[a-z ]+/[0-9]+/[0-9]+' THEN"
        " split_part({it}, '/', 1) || '/' || " + _PROGRAMME + " || '/' || CASE WHEN :k = 0 THEN"
        " split_part({it}, '/', 3) ELSE (SELECT (new + :k * 1000)::text FROM numbered"
        " WHERE old = split_part({it}, '/', 3)::int) END || regexp_replace({it}, '^[^/]*/[^/]*/[^/]*', '')"
        " ELSE {it} END",
    ),
    "letter.status": "CASE WHEN y > 0 AND {it} = 'waiting' THEN 'sent' ELSE {it} END",
    "feed_entry.text": "replace({it}, t.uid, " + _UID.replace("{it}", "t.uid") + ")",
    "feed_entry.subject": "CASE WHEN t.kind = 'school' AND :k > 0 THEN"
    " (SELECT new + :k * 1000 FROM numbered WHERE old = {it}) WHEN t.kind = 'school' THEN {it}"
    " WHEN t.kind = 'troupe' THEN {it} + (:k * :years + y) * {stride} ELSE {it} + :k * {stride} END",
    "troupe_link.troupe_id": "{it} + (:k * :years + y) * {stride}",
    "history.subject_id": "CASE"
    " WHEN t.subject = 'booking' THEN (SELECT "
    + _OF_BOOKING.replace("t.id", "b.id").replace("{it}", "b.reference")
    + " FROM pattern_booking AS b WHERE b.reference = {it})"
    " WHEN t.subject = 'school' AND :k > 0 THEN"
    " coalesce((SELECT (new + :k * 1000)::text FROM numbered WHERE old::text = {it}), {it})"
    " WHEN t.subject = 'authority' THEN " + _AUTHORITY + " WHEN t.subject = 'event' THEN " + _UID + ""
    " WHEN t.subject IN ('partnership', 'person', 'company', 'register') THEN ({it}::int + :k * {stride})::text"
    " WHEN {it} ~ '^[0-9]+$' AND t.subject <> 'school' THEN ({it}::int + (:k * :years + y) * {stride})::text"
    " ELSE {it} END",
}
"""What one column says in its own way, by 'table.column'."""


class NotHere(Exception):
    """England cannot be made up here; str() says why, and what would help."""


@dataclass(frozen=True)
class Size:
    partnerships: int
    years: int


def copied(connection: Connection, size: Size) -> Iterator[int]:
    """Copy the one partnership that there is, for others and for the years before, each partnership in a transaction of
    its own; yields how many are there, after each. Raises NotHere."""
    with connection.begin():
        look(connection)
        connection.execute(text("SET session_replication_role = replica"))
        _know_for(connection, size.years)
        stride = _lay_out_pattern(connection)
    statements = [_copy(table, stride) for table in _tables()]
    for k in range(size.partnerships):
        with errands.round_of("demonstration england") as errand, connection.begin():
            errand.untold = True  # a statement as long as years of a county is not one that is slow
            for statement in statements:
                given = {"k": k, "years": size.years}
                connection.execute(statement, {one: given[one] for one in statement.compile().params})
        yield k + 1
    with connection.begin():
        _let_sequences_go_on(connection)
        connection.execute(text("SET session_replication_role = DEFAULT"))


def look(connection: Connection) -> None:
    """Raises NotHere where it cannot be done."""
    if connection.dialect.name != "postgresql":
        raise NotHere("England is made up on PostgreSQL alone: set DATABASE_URL.")
    may = connection.scalar(
        text(
            "SELECT rolsuper OR current_setting('server_version_num')::int >= 150000"
            " AND has_parameter_privilege('session_replication_role', 'SET')"
            " FROM pg_roles WHERE rolname = current_user"
        )
    )
    if not may:
        raise NotHere(
            "Copies are made past the triggers, which the account of DATABASE_URL may not do. A superuser allows it:"
            " GRANT SET ON PARAMETER session_replication_role TO …"
        )


def _tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in NOBODYS]


def _know_for(connection: Connection, years: int) -> None:
    """Who there is was there already when the first of the years began."""
    for table in _tables():
        instants = [column.name for column in table.columns if isinstance(column.type, Instant)]
        if table.name in OF_THE_PLACE and instants:
            earlier = ", ".join(f"{name} = {name} - {years - 1} * {YEAR}" for name in instants)
            connection.execute(text(f"UPDATE {table.name} SET {earlier}"))


def _lay_out_pattern(connection: Connection) -> int:
    """Marlshire's rows, beside the tables; how far the numbers of one copy lie from those of the next."""
    for table in _tables():
        connection.execute(text(f"CREATE TEMP TABLE pattern_{table.name} AS SELECT * FROM {table.name}"))
    connection.execute(
        text(
            f"""CREATE TEMP TABLE numbered AS SELECT organisation_id AS old,
            CASE WHEN kind = 'school' THEN {SCHOOL_NUMBERS} WHEN kind = 'body' THEN {BODY_NUMBERS}
                WHEN organisation_id < {ONLINE_NUMBERS} THEN {VENUE_NUMBERS} ELSE {ONLINE_NUMBERS} END
            + row_number() OVER (ORDER BY organisation_id) AS new FROM organisation"""
        )
    )
    connection.execute(text("ALTER TABLE numbered ADD PRIMARY KEY (old)"))
    connection.execute(text("ANALYZE numbered"))
    counted = [
        f"SELECT max({column.name}) AS n FROM {table.name}"
        for table in _tables()
        for column in table.primary_key
        if not column.foreign_keys and column.name == "id" and isinstance(column.type, Integer)
    ]
    highest = connection.scalar(text(f"SELECT max(n) FROM ({' UNION ALL '.join(counted)}) AS each"))
    return (int(highest) // 1000 + 1) * 1000


def _copy(table: Table, stride: int) -> TextClause:
    """One statement that copies a table's rows for partnership `:k`: once, or for each of `:years` years."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    values = ", ".join(_value(column, stride) for column in table.columns)
    years = "generate_series(0, 0)" if table.name in OF_THE_PLACE else "generate_series(0, :years - 1)"
    stands = " ON CONFLICT DO NOTHING" if table.name in STAND_ONCE else ""
    return text(
        f"INSERT INTO {table.name} ({columns}) SELECT {values} FROM pattern_{table.name} AS t, {years} AS y"
        f" WHERE :k + y > 0{stands}"
    )


def _value(column: Column[Any], stride: int) -> str:
    """What a column of a copy says, as SQL over the pattern's row `t`, the partnership `:k` and the years back `y`."""
    name, table = f't."{column.name}"', column.table.name
    if (own := OWN_WORDS.get(f"{table}.{column.name}")) is not None:
        return own.format(it=name, stride=stride)
    if (target := _target(column)) is not None:
        return _numbered(target, name, stride)
    if column.name in SAID_ALIKE:
        return SAID_ALIKE[column.name].format(it=name)
    if isinstance(column.type, Date | Instant) and table not in OF_THE_PLACE:
        shifted = f"{name} - y * {YEAR}"
        return f"({shifted})::date" if isinstance(column.type, Date) else shifted
    return name


def _target(column: Column[Any]) -> str | None:
    """The table whose rows' numbers a column holds, its own or another's; None for what counts something else."""
    if column.name == "partnership_id":  # in many a key of two columns, too
        return "partnership"
    key = next(iter(column.foreign_keys), None)
    if key is not None:
        return key.column.table.name if isinstance(column.type, Integer) else None
    if column.primary_key and column.name == "id" and isinstance(column.type, Integer):
        return column.table.name
    if column.name in ORGANISATIONS or column.name == "organisation_id":
        return "organisation"
    return None


def _numbered(table: str, number: str, stride: int) -> str:
    if table == "organisation":
        moved = f"(SELECT new + :k * {NUMBERS_EACH} FROM numbered WHERE old = {number})"
        return f"CASE WHEN :k = 0 THEN {number} ELSE {moved} END"
    copies = ":k" if table in OF_THE_PLACE else "(:k * :years + y)"
    return f"{number} + {copies} * {stride}"


def _let_sequences_go_on(connection: Connection) -> None:
    for table in _tables():
        for column in table.primary_key:
            sequence = connection.scalar(
                text("SELECT pg_get_serial_sequence(:table, :column)"),
                {"table": table.name, "column": column.name},
            )
            if sequence is not None:
                highest = f"(SELECT max({column.name}) FROM {table.name})"
                connection.execute(text(f"SELECT setval('{sequence}', coalesce({highest}, 1))"))
