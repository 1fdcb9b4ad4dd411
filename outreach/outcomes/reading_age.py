"""Reading age of what children are asked: short sentences of short and common words.

No list of words tells what a child of nine can read; what is held here is what plain-language guides agree on, so that
nobody writes over their heads by oversight: a person still has to read it aloud to a child.
"""

import re

LONGEST_SENTENCE = 20
"""Words of one sentence."""

LONG_WORD = 9
"""Letters from which on a word is long."""

LONG_WORDS = 2
"""Long words in one sentence at most."""

KNOWN = frozenset({"safeguarding", "childline", "something", "questions", "performance"})
"""Long words that children meet at school, or that stand on the page for them to know."""


def too_hard(words: str) -> str:
    """Why a child of nine would stumble over it, in words for whoever wrote it; '' where it would not. Pure."""
    for sentence in re.split(r"(?<=[.!?])\s+", words.strip()):
        found = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", sentence)
        if len(found) > LONGEST_SENTENCE:
            return f"A sentence has {len(found)} words. Keep each to {LONGEST_SENTENCE}."
        long = [word for word in found if len(word) >= LONG_WORD and word.casefold() not in KNOWN]
        if len(long) > LONG_WORDS:
            return f"Use shorter words than {', '.join(f'‘{word}’' for word in long)}."
    return ""
