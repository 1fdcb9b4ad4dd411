"""Words compared as a reader would: whatever their capitals, their Unicode form, and the way a mail broke, quoted or
wrote them. Pure."""

import html
import re
import unicodedata
from collections.abc import Callable

_QUOTED = re.compile(r"(?m)^[ \t]*(?:(?:>|&gt;)[ \t]?)+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SIGNS = str.maketrans("‘’‚‛“”„‟′″‐‑‒–—−", "''''\"\"\"\"'\"------")
_PLAIN = re.compile(r"[A-Za-z0-9]{2,}")
_VALUE_ENDS = "\\s.,;!?)'\"*"


def on_one_line(text: str) -> str:
    """Without the breaks and marks of a mail that quotes, signs nobody sees, and entities; capitals stay."""
    told = _QUOTED.sub("", text)
    if "&" in told:
        told = html.unescape(told)
    return " ".join(unicodedata.normalize("NFKC", _UNSEEN.sub("", told)).translate(_SIGNS).split())


def folded(text: str) -> str:
    """The same in whatever capitals."""
    return unicodedata.normalize("NFKC", on_one_line(text).casefold())


def sought(words: str) -> str:
    """`folded`, without the signs at its end, which a letter may leave out."""
    told = folded(words)
    return told.rstrip(" .,;:!?") or told


def stands_in(words: str) -> Callable[[str], bool]:
    """Whether some words stand in a text, not as a part of longer ones: 'role' stands in no 'parole'."""
    found = re.compile(rf"(?<!\w){re.escape(sought(words))}(?!\w)")
    return lambda text: found.search(folded(text)) is not None


def is_a_value_in(words: str) -> Callable[[str], bool]:
    """Whether they stand by themselves on a line of a text, or after a colon to its end, as a letter tells a fact."""
    found = re.compile(rf"(?:^|:)[\s*'\"]*{re.escape(sought(words))}[{_VALUE_ENDS}]*$")
    return lambda text: any(found.search(folded(line)) for line in text.splitlines())


def needle(words: str) -> str:
    """The longest run of plain letters and figures in some words, in small letters, which stands as it is in every
    writing of them but a disguised one; '' where there is none."""
    return max(_PLAIN.findall(unicodedata.normalize("NFC", words)), key=len, default="").lower()


def around(words: str, text: str, *, signs: int = 80) -> str:
    """A text on one line where some words stand in it, with so many signs before and after."""
    told = on_one_line(text)
    plain = sought(words)
    at = max(told.casefold().find(plain), 0)
    first, last = max(0, at - signs), at + len(plain) + signs
    return ("…" if first else "") + told[first:last].strip() + ("…" if last < len(told) else "")
