"""Colours of a partnership: the shades that its accent is drawn in, and whether they can be read (WCAG 2.2, 1.4.3)."""

import re
from dataclasses import dataclass

READABLE = 4.5
"""The contrast that words need with what they stand on (WCAG 2.2, 1.4.3, level AA)."""
DEEP = 9.0
"""Of white words on the deep shade of headers and bars, at least."""

WHITE = "#ffffff"
WASH = "#f8f5f7"
"""The ground of panels, on which links stand too."""
STEP = 0.02


@dataclass(frozen=True, kw_only=True)
class Shades:
    """Each '#rrggbb'. `accent`: links and buttons; `deep`: the header, with white words; `tint`: what is chosen."""

    accent: str
    deep: str
    tint: str


DAMSON = Shades(accent="#5d2350", deep="#3f1636", tint="#f5ebf2")
"""Ours, where a partnership has chosen none."""


def read(typed: str) -> str | None:
    """'#5D2350', '5d2350' or '#fff' as '#rrggbb' in small letters; None for what is no colour. Pure."""
    found = re.fullmatch(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})", typed.strip(), re.ASCII)
    if found is None:
        return None
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white): WCAG 2.2, 'contrast ratio'. Pure."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def shades(accent: str) -> Shades:
    """What pages and letters draw an accent in. Pure."""
    if accent == DAMSON.accent:
        return DAMSON
    deep = _mixed(accent, "#000000", 0.32)
    while contrast(deep, WHITE) < DEEP:
        deep = _mixed(deep, "#000000", STEP)
    return Shades(accent=accent, deep=deep, tint=_mixed(accent, WHITE, 0.91))


def worst_contrast(accent: str) -> float:
    """The least contrast in which words of this accent, or white words on it, are ever drawn. Pure."""
    return min(contrast(accent, ground) for ground in (WHITE, WASH, shades(accent).tint))


def readable_near(accent: str) -> str:
    """The accent itself, or the nearest darker one that can be read wherever it is drawn. Pure."""
    darker = accent
    while worst_contrast(darker) < READABLE:
        darker = _mixed(darker, "#000000", STEP)
    return darker


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _mixed(one: str, other: str, share: float) -> str:
    """The first with this share of the other in it."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    """WCAG 2.2, 'relative luminance'."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
