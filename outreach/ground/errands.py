"""Errand at hand: one request, or one round of a job, and the id by which each line of the log speaks of it.

A letter keeps the id of the errand that put it down, so that what a click set going can be followed to the mail server.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import uuid4

ID = re.compile(r"[0-9a-fA-F-]{16,64}")
"""What a proxy may bring: nginx's $request_id, a UUID. No name, no address and no key of ours is written so."""


@dataclass(kw_only=True, slots=True)
class Errand:
    """`route` is the rule of a page's address, never the address; `job` the name of a job, '' for a request. What it
    asked of the database: how many `statements`, which took so many `seconds`; how many of them were `slow`. `untold`:
    that it was, and when, stands in no log unless it failed."""

    id: str
    job: str = ""
    route: str = ""
    statements: int = 0
    seconds: float = 0.0
    slow: int = 0
    untold: bool = False


_at_hand: ContextVar[Errand | None] = ContextVar("errand", default=None)


def new_id() -> str:
    return uuid4().hex


def id_of(brought: str) -> str:
    """The id that a proxy brought, where it is well formed; else a new one."""
    return brought if ID.fullmatch(brought) else new_id()


def begin(errand: Errand) -> Errand:
    """From now on this is what is worked on here; what was begun before is over."""
    _at_hand.set(errand)
    return errand


def end() -> None:
    _at_hand.set(None)


def at_hand() -> Errand | None:
    return _at_hand.get()


def id_at_hand() -> str | None:
    """None where nobody is known to have asked: a command by hand."""
    errand = _at_hand.get()
    return None if errand is None else errand.id


@contextmanager
def round_of(job: str) -> Iterator[Errand]:
    """Within it, one round of that job is worked on."""
    before = _at_hand.get()
    errand = begin(Errand(id=new_id(), job=job))
    try:
        yield errand
    finally:
        _at_hand.set(before)


def in_a_line() -> Mapping[str, object]:
    """What each line of the log says of the errand at hand."""
    errand = _at_hand.get()
    if errand is None:
        return {}
    told: dict[str, object] = {"request_id": errand.id}
    if errand.job:
        told["job"] = errand.job
    if errand.route:
        told["route"] = errand.route
    return told
