"""How much of the list of erasures the database knows; a name goes from rows that otherwise stand for ever

Revision ID: 0065_erasures
Revises: 0064_provider_accounts
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0065_erasures"
down_revision = "0064_provider_accounts"
branch_labels = None
depends_on = None

NAMES = {
    "absence": ["who", "withdrawn_by"],
    "asking_draw": ["who"],
    "authority_covered": ["who"],
    "board_report": ["published_by"],
    "change_of_hands": ["asked_by", "settled_by"],
    "counted_share": ["who"],
    "letter_wording": ["recorded_by", "used_by"],
    "person_role": ["given_by", "taken_by"],
    "pledge_answer": ["who"],
    "programme_budget": ["who"],
    "referral_release": ["made_by"],
    "report_withdrawal": ["who"],
    "spending": ["who"],
    "staff_answer": ["erased_by"],
    "visit_report": ["who"],
    "visit_text": ["who"],
}
"""Of rows that are never changed, the columns that name who did something."""

WORDS = {
    "asking_draw": ["why_again"],
    "report_withdrawal": ["reason"],
    "spending": ["words"],
    "visit_report": ["why_not"],
}
"""And those that hold words which somebody typed."""

REFUSED = {
    "absence": "absence_stays_as_it_is",
    "change_of_hands": "change_of_hands_stays_as_it_is",
    "letter_wording": "letter_wording_kept",
    "person_role": "person_role_kept",
    "programme_budget": "programme_budget_stays",
    "referral_release": "referral_release_stays",
    "spending": "spending_stays",
    "staff_answer": "staff_answer_stands",
}
"""What the guards say no by; of every other table '…_only_grows'."""

STANDS = {"change_of_hands": "settled_at", "letter_wording": "used_at", "staff_answer": "erased_at"}
"""Once this is set, the row stands; before, it is written over."""

SPENDING = "programme_id, entry, day, words, pence, recorded_at, who"
"""What never changed of a spending."""

SOMEBODY = "an erased person"
ERASED_WORDS = "These words were erased."


def upgrade():
    op.create_table(
        "erasures_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_erasures_mark_one")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_erasures_mark_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures_mark")),
    )
    bind = op.get_bind()
    for table in NAMES:
        goes = NAMES[table] + WORDS.get(table, [])
        there = [one["name"] for one in sa.inspect(bind).get_columns(table)]
        if table == "spending":
            there = SPENDING.split(", ")
        stays = ", ".join(name for name in there if name not in goes)
        for name, made in _guards(bind, table):
            _drop(bind, table, name)
            op.execute(_of_columns(made, stays))
        _erased_alone(bind, table, NAMES[table], WORDS.get(table, []))


def downgrade():
    bind = op.get_bind()
    for table in NAMES:
        _drop(bind, table, f"{table}_erased")
        if bind.dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {table}_erased()")
        for name, made in _guards(bind, table):
            _drop(bind, table, name)
            op.execute(_of_columns(made, SPENDING if table == "spending" else ""))
    op.drop_table("erasures_mark")


def _guards(bind, table):
    """(name, how it was made) of each trigger that looks at a row before it is changed."""
    if bind.dialect.name == "sqlite":
        found = bind.execute(
            sa.text(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t ORDER BY name"
            ),
            {"t": table},
        )
    else:
        found = bind.execute(
            sa.text(
                "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = CAST(:t AS regclass) "
                "AND NOT tgisinternal ORDER BY tgname"
            ),
            {"t": table},
        )
    return [
        (name, made)
        for name, made in found
        if re.search(r"\bBEFORE\b[^(]*?\bUPDATE\b", made) and "body_guard" not in name
    ]


def _of_columns(made, columns):
    """The same trigger, asked of these columns alone, or of every one."""
    return re.sub(
        r"\bUPDATE\b(?: OF [\w, ]+?(?= OR | ON ))?",
        f"UPDATE OF {columns}" if columns else "UPDATE",
        made,
        count=1,
    )


def _drop(bind, table, name):
    op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if bind.dialect.name == "postgresql" else ""))


def _erased_alone(bind, table, names, words):
    """Nothing but what says that it was erased takes the place of a name or of words."""
    written = " OR ".join(
        f"(NEW.{column} {{differs}} OLD.{column} AND OLD.{column} IS NOT NULL AND coalesce(NEW.{column}, '') <> '{instead}')"
        for columns, instead in ((names, SOMEBODY), (words, ERASED_WORDS))
        for column in columns
    )
    if table in STANDS:
        written = f"OLD.{STANDS[table]} IS NOT NULL AND ({written})"
    columns = ", ".join([*names, *words])
    refused = REFUSED.get(table, f"{table}_only_grows")
    if bind.dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_erased BEFORE UPDATE OF {columns} ON {table} "
            f"WHEN {written.format(differs='IS NOT')} BEGIN SELECT RAISE(ABORT, '{refused}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {table}_erased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {written.format(differs='IS DISTINCT FROM')} THEN "
        f"RAISE EXCEPTION '{refused}' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_erased BEFORE UPDATE OF {columns} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_erased()"
    )
