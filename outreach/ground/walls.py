"""Walls between partnerships in PostgreSQL: row-level security on every table whose rows belong to one.

A transaction sees and writes the rows of the partnership that it is bound to (whose.py), and of none while it is bound
to none. Whoever owns the tables is not held by it: migrations, backups, and an installation that did not make roles of
its own (`flask database roles`). A migration that makes a table says by `wall` whose its rows are; a test fails for one
without a wall that does not stand in NOBODYS.
"""

from collections.abc import Mapping

WHOSE = "(SELECT outreach_whose())"
"""The partnership that asks, worked out once a statement; NULL while nobody does."""

OWN = f"partnership_id = {WHOSE}"

NOBODYS_TOO = f"(partnership_id = {WHOSE} OR (partnership_id IS NULL AND {WHOSE} IS NOT NULL))"
"""Rows of a partnership, and those of which nobody can tell whose they are."""

NOBODYS: Mapping[str, str] = {
    "alembic_version": "the state of the schema",
    "chasing_run": "when the day's round came",
    "day_count": "counts of a day by a hash of where they come from",
    "dead_address": "addresses to which no mail goes, from whomever",
    "erasures_mark": "how much of the list of erasures the database knows",
    "job_round": "when each job last came to the end of a round",
    "mailbox_look": "when the mailbox was looked into",
    "organisation_record": "the register of schools, as it was read",
    "passkey_challenge": "what a passkey has to sign, before anybody knows whose it is",
    "post_pause": "why no letter goes just now",
    "postcode": "where postcodes lie",
    "postman": "the processes that send",
    "provider_attempt": "who went to sign in elsewhere, before anybody knows who it is",
    "router": "how the router is asked",
    "sign_in_failure": "tries to sign in, counted before anybody knows who it is",
    "succession": "the register of schools: which came of which",
    "touring_troupe": "casts and vans as such: numbers, and nothing else",
    "wrong_code_try": "codes that did not fit, counted before anybody knows whose they are",
}
"""Tables whose rows belong to no partnership, and what they are."""


def under(parent: str, column: str, key: str = "id") -> str:
    """The rule of rows that hang on one of a table with a wall of its own: theirs is that one's."""
    return f"EXISTS (SELECT FROM {parent} parent WHERE parent.{key} = {column})"


def wall(table: str, rule: str) -> list[str]:
    """Statements after which a table's rows are read and written by those alone for whom `rule` holds."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY wall ON {table} USING ({rule})",
    ]


def low_wall(table: str, rule: str, *, taken_over: bool = False) -> list[str]:
    """Statements after which a table is read by all and written by those alone for whom `rule` holds. `taken_over`: a
    row that was another's may become theirs, as far as the table's guards let it."""
    before = "true" if taken_over else rule
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY wall_seen ON {table} FOR SELECT USING (true)",
        f"CREATE POLICY wall_added ON {table} FOR INSERT WITH CHECK ({rule})",
        f"CREATE POLICY wall_changed ON {table} FOR UPDATE USING ({before}) WITH CHECK ({rule})",
        f"CREATE POLICY wall_taken ON {table} FOR DELETE USING ({rule})",
    ]


NOT_FOR_EVERYBODY = """
DO $$ DECLARE one text; BEGIN
FOR one IN SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public' AND (p.prosecdef OR starts_with(p.proname, 'outreach_'))
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
  EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || one || ' FROM PUBLIC';
END LOOP;
END $$"""
"""What runs with its owner's rights is for whoever was given it: everybody may call a function as it is made."""
