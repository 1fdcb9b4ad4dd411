"""One word for each way of ending: docs/glossary.md names every column that tells of one, and no other stands."""

import re

import plan

from outreach import tables
from outreach.ground.db import db

PAGE = (plan.ROOT / "docs/glossary.md").read_text()

OTHERS = (
    "revoked",
    "lifted",
    "recalled",
    "dropped",
    "taken_back",
    "removed",
    "deleted",
    "stopped",
    "given_back",
)
"""Words that say the same as one of the glossary's."""


def test_the_glossary_names_every_ending_of_a_row() -> None:
    assert tables
    said = {
        column: set(re.findall(r"`(\w+)`", where))
        for column, where in re.findall(r"^\| \*\*\w+\*\* \| `(\w+)` \|.*\| ([^|]+) \|$", PAGE, re.M)
    }
    assert said
    there = {
        column: {table.name for table in db.metadata.tables.values() if column in table.columns}
        for column in said
    }
    assert said == there


def test_no_column_ends_in_another_word() -> None:
    wrong = [
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if column.name.startswith(OTHERS)
    ]
    assert wrong == []
