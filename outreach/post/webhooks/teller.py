"""The teller of programs: takes what is due, tells it with no transaction open, several programs at a time, and marks
what was answered.

A program that does not take one is held (deliveries.mark): what waits for it goes when that one is tried again. So one
that hangs costs a turn five seconds, however much waits for it, and whoever else is told beside it.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from outreach.ground import whose
from outreach.ground.db import db, transaction
from outreach.post.webhooks import deliveries, signing
from outreach.post.webhooks.deliveries import ClaimedDelivery, Told
from outreach.post.webhooks.line import Line

AT_ONCE = 8
"""Programs that one process tells at the same time."""

Clock = Callable[[], datetime]


@dataclass
class Turn:
    """What a turn did."""

    taken: int = 0
    not_taken: int = 0


Tries = list[tuple[ClaimedDelivery, Told]]
"""What came of one program's: those that were tried, each with its answer."""


def tell_waiting(line: Line, *, clock: Clock, stop: Callable[[], bool] = lambda: False) -> Turn:
    """Of all partnerships, a handful of each at a time and by turns, until nothing is due or it is told to stop."""
    done = Turn()
    with_some = whose.having_due("webhooks", clock())
    db.session.rollback()
    while with_some and not stop():
        claimed: list[tuple[int | None, ClaimedDelivery]] = []
        # No more in hand than can be told within their lease, however many partnerships wait.
        now_told, more = with_some[:AT_ONCE], with_some[AT_ONCE:]
        for one in now_told:
            with whose.bound(one):
                found = deliveries.claim(clock())
            claimed += ((one, each) for each in found)
            more += [one] if found else []
        for one, tried in _told(line, claimed, clock):
            with whose.bound(one):
                _mark(tried, done, clock())
        with_some = more
    return done


def _told(
    line: Line, claimed: Sequence[tuple[int | None, ClaimedDelivery]], clock: Clock
) -> list[tuple[int | None, Tries]]:
    by_program: dict[tuple[int | None, int], list[ClaimedDelivery]] = defaultdict(list)
    for one, each in claimed:
        by_program[one, each.webhook_id].append(each)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tries = pool.map(lambda each: _tell(line, each, clock), by_program.values())
        return [(one, tried) for (one, _), tried in zip(by_program, tries, strict=True)]


def _tell(line: Line, waiting: Sequence[ClaimedDelivery], clock: Clock) -> Tries:
    tried: Tries = []
    for one in waiting:
        body = one.body.encode()
        if one.secrets:
            told = line.tell(one.address, body, signing.headers(one.uid, body, one.secrets, now=clock()))
        else:
            told = Told(http_status=None, answer="Its secret cannot be read any more: make a new one.")
        tried.append((one, told))
        if not told.is_taken:
            break
    return tried


def _mark(tried: Tries, done: Turn, now: datetime) -> None:
    with transaction():
        for one, told in tried:
            deliveries.mark(one, told, now=now)
            if told.is_taken:
                done.taken += 1
            else:
                done.not_taken += 1
