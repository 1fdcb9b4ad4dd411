"""Rounds of a job: each an errand of its own in the log, and put down for a monitor, but not at every idle look; what a
job says, as lines of its log or for a person."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

import click
from sqlalchemy.exc import OperationalError

from outreach.ground import clock, errands, job_rounds, log_lines
from outreach.ground.db import db, transaction
from outreach.ground.the_app import settings

IDLE_EVERY = 30.0
"""Seconds between two notes of a job that finds nothing to do."""

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Round:
    """What one round did, and how many of its parts failed."""

    done: int = 0
    faults: int = 0


class Rounds:
    """The rounds of one process that does a job."""

    def __init__(self, job: str) -> None:
        self.job = job
        self._noted_at = -IDLE_EVERY
        self._idle = 0

    @contextmanager
    def one(self) -> Iterator[Round]:
        """One round. A fault that ends it leaves no note: that none comes is what a monitor sees."""
        this, began = Round(), monotonic()
        with errands.round_of(self.job) as errand:
            yield this
            self._over(errand, this, monotonic() - began)

    def _over(self, errand: errands.Errand, this: Round, seconds: float) -> None:
        worked = bool(this.done or this.faults)
        if worked:
            told = {"done": this.done, "faults": this.faults, "milliseconds": round(seconds * 1000)}
            log.info("round over", extra={"fields": told})
        elif monotonic() - self._noted_at < IDLE_EVERY:
            self._idle += 1
            return
        try:
            with transaction():
                job_rounds.ended(
                    errand,
                    rounds=self._idle + 1,
                    done=this.done,
                    faults=this.faults,
                    seconds=seconds,
                    now=clock.now(),
                )
        except OperationalError:
            db.session.rollback()
            return
        self._noted_at, self._idle = monotonic(), 0


def say(words: str, *, err: bool = False) -> None:
    """What a job that goes on by itself says: a line for a person, or of the log where that is JSON. One that cannot be
    written, to a file on a full disk, ends no job."""
    if settings()["OUTREACH_LOG"] == log_lines.JSON:
        log.log(logging.WARNING if err else logging.INFO, "%s", words)
        return
    try:
        click.echo(log_lines.struck(words), err=err)
    except BrokenPipeError:  # whoever read it has gone
        raise
    except OSError:
        pass
