"""Words of a report to the board that paper needs, so that it stays two pages. Pure."""

from collections.abc import Collection
from typing import Any

ROWS_ON_PAPER = 24
"""Towns that a half column of a report's second page takes."""


def off_paper(table: dict[str, Any]) -> set[str]:
    """The keys of the rows that paper leaves out: those without a gap, where there are too many rows for it."""
    rows = table["rows"]
    return {row["key"] for row in rows if not row["gaps"]} if len(rows) > ROWS_ON_PAPER else set()


def off_paper_said(left_out: Collection[str]) -> str:
    """What stands below such a table, on paper alone."""
    which = "town without a gap stands" if len(left_out) == 1 else "towns without a gap stand"
    return f"{len(left_out)} {which} in the report’s page and files."
