"""Ranks of letters: what somebody waits for goes before what goes to many at once. Pure."""

AT_ONCE, IN_TURN = 0, 1
RANKS = (AT_ONCE, IN_TURN)
"""In the order in which they go."""

TO_MANY = frozenset(
    {
        "before the visit",
        "digest",
        "how did it go",
        "how the day went",
        "invitation",
        "own letter",
        "proposed",
        "question about contacts",
        "questions for pupils",
        "raised to head",
        "raised to trust",
        "reminder",
        "report missing",
        "second reminder",
        "since the show, first",
        "since the show, last",
        "staff asked, later",
        "staff asked, soon",
    }
)
"""Kinds of letters that the service or a coordinator writes to many; every other answers somebody, or tells a few what
has become of their visit."""


def rank_of(kind: str) -> int:
    return IN_TURN if kind in TO_MANY else AT_ONCE
