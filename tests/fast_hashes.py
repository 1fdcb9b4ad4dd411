"""Passwords and codes are hashed slowly on purpose: a tenth of a second each, by which a whole run would be minutes longer.
In tests the same is done with the least cost, under the same name; real cost is for those whose service runs as processes
of their own, which check what was hashed here."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

REAL = hashlib.scrypt
OF_PROCESSES = {"Popen", "processes", "running", "subprocess"}
"""What a file of tests has imported whose service is another process."""
FOLDERS = {"cli", "deploy", "journeys"}


def least(password: Any, *, salt: Any, dklen: int = 64, **_cost: int) -> bytes:
    return REAL(password, salt=salt, n=2, r=1, p=1, dklen=dklen)


def costs(item: pytest.Item) -> Any:
    """The function that a test hashes with."""
    known = vars(getattr(item, "module", None)) if hasattr(item, "module") else {}
    apart = FOLDERS & {*Path(item.path).parts} or OF_PROCESSES & known.keys()
    return REAL if apart else least
