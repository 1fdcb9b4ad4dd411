"""Colours of a partnership: the figures of WCAG, and shades in which words can be read whatever the accent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.ground import colours

ANY = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),  # the grey that just misses, in every handbook
        ("#5d2350", "#ffffff", 11.5),  # looks.md
        ("#ffffff", "#3f1636", 15.2),
    ],
)
def test_contrast_is_that_of_the_handbooks_whichever_way_round(one: str, other: str, ratio: float) -> None:
    assert colours.contrast(one, other) == pytest.approx(ratio, abs=0.05)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("#5D2350", "#5d2350"),
        ("0e5a63", "#0e5a63"),
        (" #fff ", "#ffffff"),
        ("red", None),
        ("#12345", None),
        ("#5d2350;}", None),
        ("#１２３４５６", None),
        ("", None),
    ],
)
def test_a_colour_is_read_as_guidelines_give_it(typed: str, read: str | None) -> None:
    assert colours.read(typed) == read


@given(ANY)
def test_every_colour_has_a_darker_one_near_that_can_be_read_wherever_it_is_drawn(accent: str) -> None:
    near = colours.readable_near(accent)
    shades = colours.shades(near)
    for ground in ("#ffffff", "#f8f5f7", shades.tint):
        assert colours.contrast(near, ground) >= 4.5
    assert colours.contrast("#ffffff", near) >= 4.5  # words on a button
    assert colours.contrast("#ffffff", shades.deep) >= 7  # the header (AAA)
    assert colours.contrast("#5a525c", shades.tint) >= 4.5  # second words on what is chosen
    if colours.worst_contrast(accent) >= 4.5:
        assert near == accent


def test_ours_stays_ours() -> None:
    assert colours.shades("#5d2350") == colours.DAMSON
