"""Cells of a list as long as somebody likes."""

from time import process_time

import pytest

from outreach.county.lists import cells


@pytest.mark.parametrize("piece", ["a", " ", "“", ". ", "123 ", "(at", "\t("])
def test_a_cell_of_thirty_thousand_signs_is_read_at_once(piece: str) -> None:
    text = f"x{(piece * 30_000)[:30_000]}x"
    began = process_time()
    for read in (cells.people_in_cell, cells.names, cells.identifiers, cells.mended):
        read(text)
    assert process_time() - began < 2  # before, 14 s
