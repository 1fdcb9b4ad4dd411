"""Rows that stand for ever: the guard of each names every column of its table but those that an erasing empties, so that
a column that is added later cannot be written over unseen."""

import re

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from outreach.ground.db import db

ERASABLE = {
    "absence": {"who", "withdrawn_by"},
    "asking_draw": {"who", "why_again"},
    "authority_covered": {"who"},
    "board_report": {"published_by"},
    "change_of_hands": {"asked_by", "settled_by"},
    "counted_share": {"who"},
    "letter_wording": {"recorded_by", "used_by"},
    "person_role": {"given_by", "taken_by"},
    "pledge_answer": {"who"},
    "programme_budget": {"who"},
    "referral_release": {"made_by"},
    "report_withdrawal": {"who", "reason"},
    "spending": {"who", "words"},
    "staff_answer": {"erased_by"},
    "visit_report": {"who", "why_not"},
    "visit_text": {"who"},
}
"""Of each table whose rows are only added, or stand once they are settled: what an erasing empties. The one list."""

ALSO_FREE = {"spending": {"id", "partnership_id", "ended_at", "ended_by"}}
"""A spending is ended once, which takes nothing of it away; its partnership is its programme's by a key of both."""

NAMED = re.compile(r"\bBEFORE\b[^(]*?\bUPDATE OF ([\w, ]+?)(?= OR | ON )")


def unguarded() -> dict[str, set[str]]:
    """Table -> columns that none of its guards of a whole row names; of each table that has one which names some."""
    found: dict[str, set[str]] = {}
    for table, name, made in db.session.execute(text(_TRIGGERS[db.engine.dialect.name])):
        named = NAMED.search(" ".join(made.split()))
        if named is None or table not in ERASABLE or name.endswith("_erased") or "body_guard" in name:
            continue
        there = {column["name"] for column in inspect(db.session.connection()).get_columns(table)}
        found[table] = found.get(table, there) - set(re.findall(r"\w+", named[1]))
    return found


def of_erasings() -> dict[str, set[str]]:
    """Table -> the columns that its guard of erasings names: what takes the place of words there says so."""
    return {
        table: set(re.findall(r"\w+", named[1]))
        for table, name, made in db.session.execute(text(_TRIGGERS[db.engine.dialect.name]))
        if name == f"{table}_erased" and (named := NAMED.search(" ".join(made.split())))
    }


_TRIGGERS = {
    "sqlite": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY tbl_name, name",
    "postgresql": "SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c "
    "ON c.oid = t.tgrelid WHERE NOT t.tgisinternal ORDER BY c.relname, t.tgname",
}


@pytest.mark.both_databases
def test_each_guard_of_a_row_that_stays_names_all_its_columns_but_those_that_an_erasing_empties(
    app: Flask,
) -> None:
    assert of_erasings() == ERASABLE
    assert unguarded() == {
        table: columns | ALSO_FREE.get(table, set()) for table, columns in ERASABLE.items()
    }


@pytest.mark.both_databases
@pytest.mark.own_database
@pytest.mark.own_app
def test_a_column_that_is_added_without_a_guard_is_found(app: Flask) -> None:
    db.session.execute(text("ALTER TABLE visit_report ADD COLUMN weather TEXT"))
    assert unguarded()["visit_report"] == ERASABLE["visit_report"] | {"weather"}
    db.session.rollback()
