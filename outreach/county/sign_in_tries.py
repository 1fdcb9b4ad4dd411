"""Failed tries to sign in: counted in the database, so that guessing gets slow and nobody's guesses keep others out.

Tries are counted by account and the network they come from, together: one person's wrong tries hold up nobody else
behind the same proxy. On a device on which the person signed in before they are counted by account and device, so that
no stranger's tries hold them up there (OWASP's device cookies). NIST SP 800-63B 3.2.2 asks for no more than 100 wrong
tries at an account in a row: from then on every other device, wherever it is, waits the longest.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ColumnElement, Index, Text, and_, delete, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal
from outreach.ground.wording import count

FREE = 5
"""So many wrong tries, one after the other, cost no waiting."""
FIRST_WAIT = timedelta(seconds=30)
"""After the next; each one more doubles it, up to LONGEST_WAIT."""
LONGEST_WAIT = timedelta(minutes=15)
FROM_ANYWHERE = 100
"""So many at one account by unknown devices, together."""
COUNTED_FOR = timedelta(hours=24)
IN_TURN = timedelta(minutes=2)
"""For how long a try may wait for its turn, and by how much the clocks of two hosts may differ, at most."""


class TooManyTries(Refusal):
    """`wait`: until when no try is taken from there, from now."""

    field = "email"

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(
            f"There were too many wrong tries. Wait {_in_words(wait)} before the next. A one-time sign-in link "
            "lets you in at once: have one sent below."
        )


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a try comes from: `origin` stands for its network; `device` names one on which this very person signed in
    before, and is '' of any other."""

    origin: str
    device: str


class SignInFailure(Base):
    """One try that did not let in, or not yet; `origin` is a keyed hash of the network, so that no address is kept."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        CheckConstraint("origin <> '' OR device <> ''", name="source"),
        Index("ix_sign_in_failure_email", "email", "failed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    device: Mapped[str] = mapped_column(Text)
    failed_at: Mapped[datetime] = mapped_column(Instant)


def begin(email: str, source: Source, *, now: datetime) -> None:
    """Put down one try, before it is known whether it succeeds. Raises TooManyTries, and then puts none down: whoever
    waits is let try.

    It is put down first, and one after the other, so that guesses made side by side are counted too.
    """
    _one_after_the_other(email)
    here, unknown = _from(source), SignInFailure.device == ""
    of_here, last_here, of_unknown, last_unknown = db.session.execute(
        select(
            func.count().filter(here),
            func.max(SignInFailure.failed_at).filter(here),
            func.count().filter(unknown),
            func.max(SignInFailure.failed_at).filter(unknown),
        ).where(
            SignInFailure.email == email,
            SignInFailure.failed_at > now - COUNTED_FOR,
            # One that was put down while this one waited for its turn counts; one by a clock far ahead would hold
            # them up for as long.
            SignInFailure.failed_at <= now + IN_TURN,
        )
    ).one()
    until = now if last_here is None else last_here + wait_after(of_here)
    if not source.device and of_unknown >= FROM_ANYWHERE:
        until = max(until, last_unknown + LONGEST_WAIT)
    if until > now:
        raise TooManyTries(until - now)
    db.session.add(
        SignInFailure(
            email=email, origin="" if source.device else source.origin, device=source.device, failed_at=now
        )
    )
    db.session.flush()


def was_wrong(email: str, *, now: datetime) -> None:
    """The try of that instant was wrong: it is put down again as it stands, so that an answer takes as long whether
    something is written of an account that there is, or there is none."""
    those = SignInFailure.email == email, SignInFailure.failed_at == now
    db.session.execute(update(SignInFailure).where(*those).values(failed_at=now))


def wait_after(tries: int) -> timedelta:
    """How long the next try has to wait after so many wrong ones."""
    if tries < FREE:
        return timedelta()
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(tries - FREE, 10)))


def forget(email: str, source: Source) -> None:
    """They got in: the tries from there count no more; a stranger's go on to count."""
    db.session.execute(delete(SignInFailure).where(SignInFailure.email == email, _from(source)))


def counted_no_more(*, now: datetime) -> ColumnElement[bool]:
    """Tries that count no more, which are removed."""
    return SignInFailure.failed_at <= now - COUNTED_FOR


def _from(source: Source) -> ColumnElement[bool]:
    if source.device:
        return SignInFailure.device == source.device
    return and_(SignInFailure.device == "", SignInFailure.origin == source.origin)


def _one_after_the_other(email: str) -> None:
    """SQLite has one writer anyway."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(
            text("SELECT pg_advisory_xact_lock(hashtext('sign in'), hashtext(:email))"), {"email": email}
        )


def _in_words(wait: timedelta) -> str:
    seconds = -(-wait // timedelta(seconds=1))
    return count(seconds, "second") if seconds < 60 else count(-(-seconds // 60), "minute")
