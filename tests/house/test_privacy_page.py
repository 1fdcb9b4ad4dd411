"""Every column that a person can stand in is named in privacy/kept.py, once; docs/privacy.md is made from it."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import JSON, Column, LargeBinary, String

from outreach import tables
from outreach.ground.db import db
from outreach.privacy import kept
from privacy_page import PAGE, page


def _can_hold_a_person(column: Column[object]) -> bool:
    """Text, JSON and bytes hold whatever is typed; `person_id` is somebody who signs in."""
    told = getattr(column.type, "impl", column.type)
    return isinstance(told, String | JSON | LargeBinary) or column.name == "person_id"


def _named() -> Iterator[tuple[str, str]]:
    for lines in [one.columns for one in kept.KEPT] + list(kept.NOT_OF_PEOPLE.values()):
        yield from kept.columns_in(lines)


def test_every_column_of_text_is_somebodys_or_says_why_nobody_is_in_it() -> None:
    assert tables
    there = {(table.name, column.name) for table in db.metadata.sorted_tables for column in table.columns}
    asked = {
        (table.name, column.name)
        for table in db.metadata.sorted_tables
        for column in table.columns
        if _can_hold_a_person(column)
    }
    named = Counter(_named())
    assert asked - named.keys() == set(), "name them in outreach/privacy/kept.py: KEPT or NOT_OF_PEOPLE"
    assert named.keys() - there == set(), "these are no columns any more"
    assert [column for column, times in named.items() if times > 1] == []


def test_every_kind_says_whose_why_from_where_how_long_and_what_erasing_does_in_sentences() -> None:
    said = [
        (one.name, words)
        for one in kept.KEPT
        for words in (one.what, one.whose, one.why, one.source, one.how_long, one.erased)
    ]
    assert [(name, words) for name, words in said if not words.endswith(".")] == []
    assert [one.name for one in kept.KEPT if one.basis not in kept.BASES] == []


def test_the_page_of_what_is_kept_is_current() -> None:
    assert PAGE.read_text() == page(), "run tests/privacy_page.py"
