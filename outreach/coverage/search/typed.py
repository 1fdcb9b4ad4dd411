"""Search words as they are looked for: without case, accents and punctuation. Pure."""

import re
from dataclasses import dataclass

from outreach.ground.wording import words_of

WORDS_AT_MOST = 8
PHONE_FROM = 7
"""So many figures in a row are looked for among telephone numbers too."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was typed, as it is looked for: its plain words; without blanks and small; its figures, if it is a
    number."""

    words: tuple[str, ...]
    solid: str
    figures: str

    @property
    def nothing(self) -> bool:
        return not self.words


def wanted(typed: str) -> Wanted:
    solid = "".join(typed.split()).lower()
    figures = re.sub(r"\D", "", typed) if re.fullmatch(r"[\d\s()+./-]+", typed) else ""
    return Wanted(words=tuple(words_of(typed).split()[:WORDS_AT_MOST]), solid=solid, figures=figures)
