"""Roles of PostgreSQL, one for each who comes to the database, and what each of them may do there.

The owner has the tables, migrates and backs up, and no wall holds it. The service reads and writes rows, behind the
walls of the partnership that it is bound to (ground/walls.py), and can make or change no table. The finder has no
sign-in: it owns the functions that find whose a link, a token, an address or a UID is, and reads what they need.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from psycopg import Connection, sql
from sqlalchemy import URL

from outreach.ground.walls import NOT_FOR_EVERYBODY

BY_THE_FINDER = (
    "outreach_found",
    "outreach_codes_at",
    "outreach_due",
    "outreach_letters_due",
    "outreach_links_asked",
    "outreach_counted",
    "outreach_writes_to",
    "outreach_taken",
    "outreach_agreed",
)
FOR_THE_SERVICE = (
    *BY_THE_FINDER,
    "outreach_whose",
    "outreach_holds",
    "outreach_open_wave",
    "outreach_close_wave",
)

READ_BY_THE_FINDER: Mapping[str, tuple[str, ...]] = {
    "agreement": ("id", "troupe_id", "touring_troupe_id", "ended_at"),
    "agreement_code": ("troupe_id", "code_hash", "ended_at"),
    "api_token": ("token_hash",),
    "booking": ("reference",),
    "company": ("id",),
    "contact": ("address",),
    "digest": ("person_id", "stop_hash"),
    "feed": ("nonce",),
    "file_to_read": ("id", "beat_at", "finished_at"),
    "incoming": ("digest", "settled_at", "task"),
    "letter": (
        "handed_at",
        "id",
        "lease_until",
        "message_id",
        "method",
        "not_before",
        "rank",
        "recipient",
        "sender_address",
        "status",
        "stream",
    ),
    "link_request": ("id", "programme_id", "decided_at", "why_waiting"),
    "logo": ("id", "digest"),
    "organisation": ("organisation_id", "postcode"),
    "partnership": ("id",),
    "passkey": ("credential_id",),
    "performance": ("tour_day_id", "held_until", "released_at"),
    "person": ("id", "email"),
    "person_invitation": ("token_hash",),
    "personal_link": ("token_hash",),
    "plan": ("id", "asked_at", "beat_at", "programme_id", "finished_at", "state"),
    "privacy_sweep": ("swept_at",),
    "programme": ("id", "closed_at", "created_at"),
    "provider_account": ("issuer", "subject", "ended_at"),
    "road_order": ("id", "asked_at", "finished_at"),
    "short_code": ("organisation_id", "ended_at", "expires_at"),
    "sign_in_link": ("person_id", "token_hash"),
    "sign_in_session": ("token_hash",),
    "tour_day": ("id", "troupe_id", "day", "ended_at"),
    "troupe": ("id", "company_id"),
    "troupe_link": ("nonce",),
    "visit_reminder": ("stop_hash",),
    "wave_code": ("id", "code"),
    "webhook_delivery": ("status", "not_before", "lease_until"),
}
"""Columns beside partnership_id, which it reads wherever there is one."""

WITHOUT_PARTNERSHIP = frozenset(
    {
        "agreement",
        "agreement_code",
        "link_request",
        "partnership",
        "plan",
        "sign_in_link",
        "tour_day",
        "troupe",
    }
)
"""Tables of these that have none: their rows hang on one that has."""

LESS: Mapping[str, tuple[str, ...]] = {
    "alembic_version": ("SELECT",),
    "history": ("SELECT", "INSERT", "UPDATE"),
    "history_link": ("SELECT", "INSERT"),
    "partnership": ("SELECT", "UPDATE"),
}
"""Tables of which the service may do less than with any other."""

ROWS = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The names of the three, and the passwords of those that sign in ('' where they need none)."""

    owner: str
    service: str
    owners_password: str = ""
    services_password: str = ""

    @property
    def finder(self) -> str:
        return f"{self.owner}_finder"

    @classmethod
    def of(cls, service: URL, owner: URL) -> "Roles":
        return cls(
            owner=owner.username or "",
            service=service.username or "",
            owners_password=str(owner.password or ""),
            services_password=str(service.password or ""),
        )


def make(connection: Connection, roles: Roles) -> Iterator[str]:
    """Make the roles that are not there, and take from the service what it must not have; what was done, in lines."""
    there = {
        name: (above, past)
        for name, above, past in connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = ANY(%s)",
            [[roles.owner, roles.service, roles.finder]],
        ).fetchall()
    }
    wanted = (
        (roles.owner, "LOGIN NOSUPERUSER CREATEDB NOCREATEROLE BYPASSRLS", roles.owners_password),
        (
            roles.service,
            "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
            roles.services_password,
        ),
        (roles.finder, "NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS", ""),
    )
    for name, may, password in wanted:
        if name not in there:
            statement = sql.SQL("CREATE ROLE {} ").format(sql.Identifier(name)) + sql.SQL(may)
            connection.execute(
                statement + (sql.SQL(" PASSWORD {}").format(password) if password else sql.SQL(""))
            )
            yield f"Made {name}: {may}."
        elif name == roles.service and any(there[name]):
            connection.execute(sql.SQL("ALTER ROLE {} NOSUPERUSER NOBYPASSRLS").format(sql.Identifier(name)))
            yield f"Took from {name} what goes past the walls."
        elif name != roles.service and not any(there[name]):
            connection.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(sql.Identifier(name)))
            yield f"Let {name} past the walls."
    if not _is_member(connection, roles):
        connection.execute(
            sql.SQL("GRANT {} TO {}").format(sql.Identifier(roles.finder), sql.Identifier(roles.owner))
        )
        yield f"{roles.owner} may act for {roles.finder}."


def hand_over(connection: Connection, roles: Roles) -> Iterator[str]:
    """Give the owner what stands in the schema and is another's."""
    owner = sql.Identifier(roles.owner)
    rows = connection.execute(_ANOTHERS, {"owner": roles.owner, "finder": roles.finder}).fetchall()
    for kind, name in rows:
        connection.execute(sql.SQL("ALTER {} {} OWNER TO {}").format(sql.SQL(kind), sql.SQL(name), owner))
    if rows:
        yield f"{roles.owner} owns {len(rows)} more tables, sequences and functions."
    database, belongs_to, may = connection.execute(_DATABASE, [roles.owner]).fetchall()[0]
    if belongs_to != roles.owner and may:
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database), owner))
        yield f"{roles.owner} owns the database {database}, which belonged to {belongs_to}."
    elif belongs_to != roles.owner:
        yield (
            f"The database {database} belongs to {belongs_to}: flask restore can put no backup into its place. Give "
            f"this command with --connect, as {belongs_to}."
        )


def grant(connection: Connection, roles: Roles) -> Iterator[str]:
    """What the service and the finder may do with what the owner has, no more and no less; anew after a migration."""
    service, finder, owner = (sql.Identifier(n) for n in (roles.service, roles.finder, roles.owner))
    tables = [name for (name,) in connection.execute(_TABLES).fetchall()]
    run = connection.execute
    run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    run(NOT_FOR_EVERYBODY)
    run(sql.SQL("REVOKE ALL ON SCHEMA public FROM {}").format(service))
    run(sql.SQL("GRANT USAGE ON SCHEMA public TO {}, {}").format(service, finder))
    run(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}, {}").format(service, finder))
    for name in tables:
        deeds = sql.SQL(", ".join(LESS.get(name, ROWS)))
        run(sql.SQL("GRANT {} ON {} TO {}").format(deeds, sql.Identifier(name), service))
    run(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(service))
    for kind, may in (("TABLES", ", ".join(ROWS)), ("SEQUENCES", "USAGE")):
        run(
            sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT {} ON {} TO {}").format(
                owner, sql.SQL(may), sql.SQL(kind), service
            )
        )
    for table, columns in READ_BY_THE_FINDER.items():
        if table not in tables:
            continue  # before the first migration
        of_whom = () if table in WITHOUT_PARTNERSHIP else ("partnership_id",)
        named = sql.SQL(", ").join(map(sql.Identifier, (*columns, *of_whom)))
        run(sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(named, sql.Identifier(table), finder))
    run(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(finder))
    for name, signature in connection.execute(_FUNCTIONS, [list(FOR_THE_SERVICE)]).fetchall():
        function = sql.SQL(signature)
        run(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(function, service))
        if name in BY_THE_FINDER:
            run(sql.SQL("ALTER FUNCTION {} OWNER TO {}").format(function, finder))
    run(sql.SQL("REVOKE CREATE ON SCHEMA public FROM {}").format(finder))
    yield f"{roles.service} reads and writes rows of {len(tables)} tables."
    yield f"{roles.finder} finds whose something is, by {len(BY_THE_FINDER)} functions."


def _is_member(connection: Connection, roles: Roles) -> bool:
    ((found,),) = connection.execute(
        """SELECT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles f ON f.oid = m.roleid
        JOIN pg_roles o ON o.oid = m.member WHERE f.rolname = %s AND o.rolname = %s)""",
        [roles.finder, roles.owner],
    ).fetchall()
    return bool(found)


_DATABASE = """SELECT datname, pg_get_userbyid(datdba), s.rolsuper OR (s.rolcreatedb AND pg_has_role(datdba, 'USAGE')
    AND pg_has_role((SELECT oid FROM pg_roles WHERE rolname = %s), 'MEMBER'))
FROM pg_database, pg_roles s WHERE datname = current_database() AND s.rolname = current_user"""

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"

_FUNCTIONS = """SELECT p.proname, p.oid::regprocedure::text FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' AND p.proname = ANY(%s) ORDER BY p.proname"""

_ANOTHERS = """
SELECT 'TABLE', c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND pg_get_userbyid(c.relowner) <> %(owner)s
UNION ALL
SELECT 'SEQUENCE', c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'S' AND pg_get_userbyid(c.relowner) <> %(owner)s
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
UNION ALL
SELECT 'FUNCTION', p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public' AND pg_get_userbyid(p.proowner) NOT IN (%(owner)s, %(finder)s)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'SCHEMA', 'public' FROM pg_namespace n WHERE n.nspname = 'public' AND pg_get_userbyid(n.nspowner) <> %(owner)s
"""
