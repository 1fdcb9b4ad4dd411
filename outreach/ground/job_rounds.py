"""Last round of each job: when it ended, how long it took, and how much all rounds together have done.

The processes that do the work are none of those that serve pages, and may stand on other machines: what a monitor is
told of them stands here.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Text, bindparam, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, db
from outreach.ground.errands import Errand
from outreach.ground.figures import NEVER, Figure

POST, POLL, RECEIVE, CHASE = "post", "poll", "receive", "chase"
SWEEP, PLANNER, ROADS = "sweep", "planner", "roads"
"""The jobs: letters sent; the mailbox read; a mail handed in; the day's round; what was kept long enough erased; plans
drawn up; a router asked for roads."""


class JobRound(Base):
    """One row a job, whichever process did its last round. `errand`: by which the log knows that round; it took so many
    `seconds`, and `faults` of its parts failed. `rounds` and `done` (letters, mails, rows, plans) since ever."""

    __tablename__ = "job_round"

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    errand: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime] = mapped_column(Instant)
    seconds: Mapped[float]
    faults: Mapped[int]
    rounds: Mapped[int] = mapped_column(BigInteger)
    done: Mapped[int] = mapped_column(BigInteger)


def ended(errand: Errand, *, rounds: int, done: int, faults: int, seconds: float, now: datetime) -> None:
    """A round came to its end, and with it `rounds` that nobody has put down yet, which did `done` together."""
    db.session.execute(_FIRST, {"job": errand.job, "now": now})
    db.session.execute(
        update(JobRound)
        .where(JobRound.job == errand.job)
        .values(
            errand=errand.id,
            ended_at=now,
            seconds=seconds,
            faults=faults,
            rounds=JobRound.rounds + rounds,
            done=JobRound.done + done,
        )
        .execution_options(synchronize_session=False)
    )


_FIRST = text(
    "INSERT INTO job_round (job, errand, ended_at, seconds, faults, rounds, done) "
    "VALUES (:job, '', :now, 0, 0, 0, 0) ON CONFLICT (job) DO NOTHING"
).bindparams(bindparam("now", type_=Instant))


def last_of_each() -> Sequence[JobRound]:
    """In the order of their names; a job that never was is left out."""
    return db.session.scalars(select(JobRound).order_by(JobRound.job)).all()


COUNTED = frozenset({POST, POLL, RECEIVE, SWEEP, PLANNER, ROADS})
"""Jobs of which it is counted what they do."""


AWAITED = (CHASE, SWEEP)
"""Jobs that come every day, wherever the service is."""


def figures() -> list[Figure]:
    """Of each job that ever came to the end of a round."""
    rows = last_of_each()
    ended = dict.fromkeys(AWAITED, NEVER) | {row.job: row.ended_at for row in rows}
    return [
        Figure(
            "outreach_job_ended_timestamp_seconds",
            "When a job last came to the end of a round; 0: never, of one that comes every day.",
            [({"job": job}, ended_at.timestamp()) for job, ended_at in ended.items()],
        ),
        Figure(
            "outreach_job_seconds",
            "How long that round took.",
            [({"job": row.job}, row.seconds) for row in rows],
        ),
        Figure(
            "outreach_job_faults",
            "Parts of that round that failed; the log says which.",
            [({"job": row.job}, row.faults) for row in rows],
        ),
        Figure(
            "outreach_job_rounds_total",
            "Rounds that came to their end.",
            [({"job": row.job}, row.rounds) for row in rows],
            counts=True,
        ),
        Figure(
            "outreach_job_done_total",
            "What was done in them: letters sent, mails taken in, rows erased, plans drawn up, routers asked.",
            [({"job": row.job}, row.done) for row in rows if row.job in COUNTED],
            counts=True,
        ),
    ]
