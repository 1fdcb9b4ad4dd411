"""Whoever is asked is an organisation: a school today, another body that must know from here on

The table of schools becomes that of organisations, and the columns that say who is asked, booked or written to no longer
bear the name of a school's number. What only schools have (OF_SCHOOLS) keeps it: a school's `organisation_id` is its URN.
Names of constraints and indexes follow the columns', as the models make them.

Revision ID: 0029_organisations
Revises: 0028_referral_releases
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0029_organisations"
down_revision = "0028_referral_releases"
branch_labels = None
depends_on = None

TABLES = {"school": "organisation", "school_record": "organisation_record"}
OF_SCHOOLS = (
    "change_of_hands",
    "correction",
    "earlier_visit",
    "own_number",
    "register_change",
    "school_day",
    "school_hours",
    "school_term",
)
"""Tables of schools alone: their `urn` stays."""
ENDS = {"predecessor_urn": "predecessor_id", "successor_urn": "successor_id"}
ONE_YEAR = "uq_confirmation_request_partnership_id_academic_year_urn_address", "uq_confirmation_request_year"
"""By the convention this name is longer than PostgreSQL takes, which has another end of it."""


def upgrade():
    _rename(TABLES, _new)


def downgrade():
    _rename({new: old for old, new in TABLES.items()}, _old)


def _new(word, *, of_school=False):
    """A column's new name, or that of a constraint, or a function's text with all of them."""
    word = re.sub(rf"\b{ONE_YEAR[0][:50]}\w*", ONE_YEAR[1], word)
    for old, new in ENDS.items():
        word = word.replace(old, new)
    for old, new in TABLES.items():
        word = re.sub(
            rf"\b((?:pk|fk|ix)_)?{old}(?=_(?:urn|import_id|la_code|establishment_number)\b|\b)",
            rf"\1{new}",
            word,
        )
    return word if of_school else re.sub(r"(?<![A-Za-z])(?<!the_)urn(?![A-Za-z])", "organisation_id", word)


def _old(word, *, of_school=False):
    """The same back."""
    dialect = op.get_bind().dialect
    whole = dialect.identifier_preparer.truncate_and_render_constraint_name(sa.schema.conv(ONE_YEAR[0]))
    word = word.replace(ONE_YEAR[1], whole)
    for old, new in ENDS.items():
        word = word.replace(new, old)
    word = word if of_school else re.sub(r"organisation_id(?![A-Za-z])", "urn", word)
    for old, new in TABLES.items():
        word = re.sub(
            rf"\b((?:pk|fk|ix)_)?{new}(?=_(?:urn|import_id|la_code|establishment_number)\b|\b)",
            rf"\1{old}",
            word,
        )
    return word


def _rename(tables, other):
    """Rename some tables, all columns, the names that follow them, and what guards say of them."""
    bind = op.get_bind()
    for old, new in tables.items():
        op.execute(f"ALTER TABLE {old} RENAME TO {new}")
    there = sa.inspect(bind)
    for table in sorted(there.get_table_names()):
        for column in there.get_columns(table):
            wanted = other(column["name"], of_school=table in OF_SCHOOLS)
            if wanted != column["name"]:
                op.execute(f"ALTER TABLE {table} RENAME COLUMN {column['name']} TO {wanted}")
    (_rename_in_sqlite if bind.dialect.name == "sqlite" else _rename_in_postgresql)(bind, other)


def _rename_in_sqlite(bind, other):
    """SQLite has renamed the columns in its triggers too. It knows no word for the name of a constraint, which is text of
    the table's statement and nothing else (sqlite.org/lang_altertable.html, 7)."""
    made = bind.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    ).all()
    names = {}
    for kind, name, table, statement in made:
        of_school = table in OF_SCHOOLS
        if kind == "index" and other(name, of_school=of_school) != name:
            bind.exec_driver_sql(f"DROP INDEX {name}")
            bind.exec_driver_sql(statement.replace(name, other(name, of_school=of_school), 1))
        if kind == "table":
            for constraint in re.findall(r"CONSTRAINT (\w+)", statement):
                if (wanted := other(constraint, of_school=of_school)) != constraint:
                    names.setdefault(table, []).append((constraint, wanted))
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    for table, pairs in names.items():
        for old, new in pairs:
            bind.exec_driver_sql(
                "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?",
                (f"CONSTRAINT {old} ", f"CONSTRAINT {new} ", table),
            )
    bind.exec_driver_sql("PRAGMA writable_schema = RESET")


def _rename_in_postgresql(bind, other):
    """PostgreSQL keeps functions as text, so that they are made anew; triggers it has followed itself."""
    constraints = (
        "SELECT conname, conrelid::regclass::text FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace AND conrelid <> 0"
    )
    for name, table in bind.execute(sa.text(constraints.replace(":", r"\:"))).all():
        if (wanted := other(name, of_school=table in OF_SCHOOLS)) != name:
            op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {name} TO {wanted}")
    indexes = "SELECT indexname, tablename FROM pg_indexes WHERE schemaname = 'public'"
    for name, table in bind.execute(sa.text(indexes)).all():
        if (wanted := other(name, of_school=table in OF_SCHOOLS)) != name:
            op.execute(f"ALTER INDEX {name} RENAME TO {wanted}")
    functions = (
        "SELECT pg_get_functiondef(oid), prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    )
    for statement, body in bind.execute(sa.text(functions.replace(":", r"\:"))).all():
        if (wanted := _in_body(body, other)) != body:
            bind.exec_driver_sql(statement.replace(body, wanted).replace("%", "%%"))


def _in_body(body, other):
    """A guard's text: of hands that change, which are schools' alone, the column keeps its name."""
    return "".join(
        part if part.endswith(".urn") and part[0] in "cl" and "change_of_hands" in body else other(part)
        for part in re.split(r"(\b[a-z]+\.urn\b)", body)
    )
