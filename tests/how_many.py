"""How many examples a test draws: all of them in the longest run, an eighth in every other, so that a whole run ends
while somebody waits for it."""

import os

LONGEST = "TESTS_LONGEST"
"""Set by conftest.py before any test is read."""


def so_many(all_of_them: int, *, least: int = 4) -> int:
    return all_of_them if os.environ.get(LONGEST) else max(min(least, all_of_them), all_of_them // 8)
