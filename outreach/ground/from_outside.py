"""JSON and text from outside, made safe to keep and to show: without NUL and halves of a sign, and nothing without end.

The one reader of what others send (tests/house). A number too large is infinite, so that it falls to whatever rule its
reader has for numbers.
"""

import json
import re
from typing import Any

LONGEST = 10_000
"""Characters of one text within JSON, and of a cell; the rest is cut off."""

_HARMFUL = re.compile("[\0\ud800-\udfff]")
"""NUL is nothing that PostgreSQL keeps, and a half of a sign nothing that can be sent."""

_LONGEST_WHOLE = 18


def clean(text: str, *, most: int | None = None) -> str:
    return _HARMFUL.sub("", text)[:most]


def text_of(content: bytes, *encodings: str) -> str:
    """As the first of the encodings that fits, in the end as Windows has it."""
    for name in encodings or ("utf-8-sig",):
        try:
            return clean(content.decode(name))
        except UnicodeDecodeError:
            continue
    return clean(content.decode("cp1252", errors="replace"))


def json_of(content: bytes | str) -> Any:
    """Raises ValueError of what is no JSON, or too deep."""
    try:
        text = content if isinstance(content, str) else content.decode(json.detect_encoding(content))
        return _cleaned(json.loads(text.removeprefix("\ufeff"), parse_int=_whole))
    except RecursionError:
        raise ValueError("too deep") from None


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_WHOLE else float(digits)


def _cleaned(told: Any) -> Any:
    kind = type(told)
    if kind is str:
        return clean(told, most=LONGEST)
    if kind is list:
        return [_cleaned(one) if type(one) in _HELD else one for one in told]
    if kind is dict:
        return {clean(key, most=LONGEST): _cleaned(value) for key, value in told.items()}
    return told


_HELD = (str, list, dict)
