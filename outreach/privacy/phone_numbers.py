"""Phone numbers as people write them: the same with a country code, brackets and blanks. Pure."""

import re

_WRITTEN = re.compile(r"\+?\(?\d[\d\s()./-]{6,30}")
_BETWEEN = r"[\s()./-]{0,3}"
_BEFORE = rf"(?:(?:\+|00)44{_BETWEEN}0?{_BETWEEN}|\(?0)?"
SHORTEST = 7


def dialled(written: str) -> str:
    """The digits of the first number in some words, without 0 or 0044 before them; '' where there is none."""
    found = _WRITTEN.search(written)
    if found is None:
        return ""
    digits = re.sub(r"\D", "", found[0])
    if found[0].startswith("+") or digits.startswith("00"):
        digits = digits.removeprefix("00").removeprefix("44")
    digits = digits.removeprefix("0")
    return digits if len(digits) >= SHORTEST else ""


def pattern(digits: str) -> str:
    """What finds a number that is dialled so, within words."""
    return rf"(?<!\d){_BEFORE}{_BETWEEN.join(digits)}(?!\d)"


def like(digits: str) -> str:
    """What a database finds wherever the number stands, and now and then elsewhere."""
    return f"%{'%'.join(digits)}%"
