"""Claims of postmen on letters: taken a handful at a time, marked together, put back.

Nothing here waits on the world; each turn is one short transaction. What a postman marks is lost with him
when he dies: then the same bytes go again, and nobody's calendar changes by that.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    column,
    exists,
    func,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.orm import aliased

from outreach.ground import whose
from outreach.ground.db import db, transaction
from outreach.ground.turns import Turns
from outreach.post import copies, outbox
from outreach.post.calendars import CANCEL
from outreach.post.outbox import DEAD, FAILED, SENT, STILL, SUPERSEDED, WAITING, Letter, LetterMail
from outreach.post.outgoing import duty, pauses
from outreach.post.ranks import IN_TURN, RANKS

LEASE = timedelta(minutes=10)
"""Longer than any one delivery can take."""

_MINUTES = (1, 5, 15, 60, 180, 360, 720, 720, 720)
RETRIES = tuple(timedelta(minutes=m) for m in _MINUTES)
"""After 1, 5, 15 minutes, 1, 3, 6, 12 hours, then every 12 hours: the last try comes within 48 hours."""

OVERTAKEN = "A newer letter took its place before it went."
NOTHING_TO_CANCEL = "The invite never went out, so there was nothing to cancel."
BEGUN = "The show began before this letter could go."


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A letter in a postman's hands, as it was before he took it."""

    id: int
    partnership_id: int
    stream: str
    recipient: str
    kind: str
    method: str
    sequence: int
    raw: bytes
    attempts: int
    not_before: datetime
    perhaps_at: datetime | None
    give_up_at: datetime | None
    last_error: str | None
    errand: str | None


@dataclass(frozen=True, kw_only=True)
class LetterOutcome:
    """What became of one letter: how its row stands from now on."""

    letter: Claimed
    status: str = WAITING
    handed_at: datetime | None = None
    no_such_address: bool = False

    @property
    def goes_again(self) -> bool:
        return self.status == WAITING


class Later(Exception):
    """Not now. `certain` when the server certainly has not taken the letter."""

    def __init__(self, why: str, *, certain: bool = True) -> None:
        super().__init__(why)
        self.certain = certain


def sent(letter: Claimed, now: datetime) -> LetterOutcome:
    """The mail server took it; its personal link is hidden in the kept copy."""
    gone = replace(letter, attempts=letter.attempts + 1, last_error=None, raw=copies.masked(letter.raw))
    return LetterOutcome(letter=gone, status=SENT, handed_at=now)


def failed(letter: Claimed, why: str, *, no_such_address: bool = False) -> LetterOutcome:
    """No server will ever take it; and where there is no such address, nothing more is sent there."""
    ended = replace(letter, attempts=letter.attempts + 1, last_error=why)
    return LetterOutcome(letter=ended, status=FAILED, no_such_address=no_such_address)


def untouched(
    letter: Claimed, why: str | None = None, *, perhaps_at: datetime | None = None
) -> LetterOutcome:
    """Put back with all its tries: it was not tried, or is not to blame."""
    return LetterOutcome(
        letter=replace(
            letter, last_error=why or letter.last_error, perhaps_at=letter.perhaps_at or perhaps_at
        )
    )


def later(letter: Claimed, refusal: Later, now: datetime) -> LetterOutcome:
    """Wait for the next try; failed when there is none, or when the show begins first."""
    tried = replace(
        letter,
        attempts=letter.attempts + 1,
        perhaps_at=letter.perhaps_at if refusal.certain else (letter.perhaps_at or now),
        last_error=str(refusal),
    )
    if tried.attempts > len(RETRIES):
        return LetterOutcome(
            letter=replace(tried, last_error=f"{refusal} We tried for two days."), status=FAILED
        )
    again = now + RETRIES[tried.attempts - 1]
    if letter.give_up_at and again >= letter.give_up_at:
        return LetterOutcome(
            letter=replace(tried, last_error=f"{refusal} The show begins first."), status=FAILED
        )
    return LetterOutcome(letter=replace(tried, not_before=again))


@dataclass(kw_only=True)
class LetterTurns:
    """Whose letters a postman takes next: of each rank those of one partnership after the other. `to_many_of`: of whom
    he takes what goes to many; None, of all."""

    by_rank: dict[int, Turns] = field(default_factory=lambda: {rank: Turns() for rank in RANKS})
    to_many_of: Collection[int] | None = None

    def order(self, rank: int, due: Collection[int]) -> list[int]:
        if rank == IN_TURN and self.to_many_of is not None:
            due = [one for one in due if one in self.to_many_of]
        return self.by_rank[rank].order(due)


def turn(
    name: str,
    outcomes: Sequence[LetterOutcome],
    now: datetime,
    *,
    most: int,
    alone: bool = False,
    turns: LetterTurns | None = None,
) -> list[Claimed]:
    """Mark what became of the letters in this postman's hands, and take the next ones for LEASE, all of one rank and
    one partnership; [] when none is due.

    One transaction for both. Only the first waiting letter of a stream and recipient is ever due, whatever
    its next try, so that no two of one thread are in hand at once. Two postmen never get the same: PostgreSQL
    skips a row that another one has locked, SQLite lets one write. `alone`: he has the one line to a crowded
    server.
    """
    turns = turns or LetterTurns()
    with transaction():
        with whose.bound(_of_whom(outcomes)):
            _mark(name, outcomes, now)
        duty.note(name, now, sent=sum(1 for o in outcomes if o.status == SENT))
        if alone:
            pauses.keep(name, now)
        if most <= 0:
            return []
        for rank in RANKS:
            for partnership_id in turns.order(rank, having_due(rank, now)):
                with whose.bound(partnership_id):
                    if taken := _take(name, partnership_id, rank, now, most):
                        turns.by_rank[rank].served(partnership_id)
                        return taken
    return []


def having_due(rank: int, now: datetime) -> list[int]:
    """The partnerships of which a letter of that rank could go now, in order; all of them, whoever asks."""
    if (found := whose.having_letters(rank, now)) is not None:
        return found
    partnership = table("partnership", column("id"))
    waits = select(Letter.id).where(Letter.partnership_id == partnership.c.id, Letter.rank == rank, *due(now))
    return list(db.session.scalars(select(partnership.c.id).where(waits.exists()).order_by(partnership.c.id)))


def _take(name: str, partnership_id: int, rank: int, now: datetime, most: int) -> list[Claimed]:
    """Letters of one rank of one partnership into this postman's hands; [] where none can go after all."""
    while found := [
        Claimed(**row._mapping) for row in db.session.execute(_due(partnership_id, rank, now, most))
    ]:
        endings = _hopeless(found, now)
        taken = [letter for letter in found if letter.id not in endings]
        _end(found, endings)
        if taken:
            db.session.execute(
                update(Letter)
                .where(Letter.id.in_([letter.id for letter in taken]))
                .values(
                    lease_until=now + LEASE,
                    leased_by=name,
                    perhaps_at=func.coalesce(Letter.perhaps_at, now),
                )
                .execution_options(synchronize_session=False)
            )
            return taken
    return []


def _of_whom(outcomes: Sequence[LetterOutcome]) -> int | None:
    """Whose the letters in hand are: all of one partnership."""
    return outcomes[0].letter.partnership_id if outcomes else None


def hold_up(name: str, outcomes: Sequence[LetterOutcome], *, kind: str, why: str, now: datetime) -> None:
    """Mark what became of the letters in hand, and hold the post up, in one."""
    with transaction():
        with whose.bound(_of_whom(outcomes)):
            _mark(name, outcomes, now)
        duty.note(name, now, sent=sum(1 for o in outcomes if o.status == SENT))
        pauses.hold_up(kind, why, now=now)


def free(names: Iterable[str]) -> int:
    """Take the letters out of the hands of postmen who are dead. They may have gone: they go again, the same
    bytes."""
    dead = list(names)
    if not dead:
        return 0
    with transaction():
        freed = db.session.scalars(
            update(Letter)
            .where(Letter.status == WAITING, Letter.leased_by.in_(dead))
            .values(lease_until=None, leased_by=None)
            .returning(Letter.id)
            .execution_options(synchronize_session=False)
        ).all()
    return len(freed)


def due(now: datetime) -> list[ColumnElement[bool]]:
    """When a letter could go: it waits, its time has come, nobody has it in hand, none before it in its
    thread waits."""
    earlier = aliased(Letter)
    return [
        Letter.status == STILL,
        Letter.not_before <= now,
        or_(Letter.lease_until.is_(None), Letter.lease_until < now),
        ~exists().where(
            and_(
                earlier.stream == Letter.stream,
                earlier.recipient == Letter.recipient,
                earlier.status == WAITING,
                earlier.id < Letter.id,
            )
        ),
    ]


def _due(partnership_id: int, rank: int, now: datetime, most: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Letter.id,
            Letter.partnership_id,
            Letter.stream,
            Letter.recipient,
            Letter.kind,
            Letter.method,
            Letter.sequence,
            LetterMail.raw,
            Letter.attempts,
            Letter.not_before,
            Letter.perhaps_at,
            Letter.give_up_at,
            Letter.last_error,
            Letter.errand,
        )
        .join(LetterMail)
        .where(Letter.partnership_id == partnership_id, Letter.rank == rank, *due(now))
        .order_by(Letter.not_before, Letter.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=Letter)
    )


_MARK = (
    update(Letter)
    .where(Letter.id == bindparam("of"), Letter.leased_by == bindparam("by"), Letter.status == WAITING)
    .values(
        status=bindparam("now_status"),
        handed_at=bindparam("now_handed_at"),
        attempts=bindparam("now_attempts"),
        not_before=bindparam("now_not_before"),
        perhaps_at=bindparam("now_perhaps_at"),
        last_error=bindparam("now_last_error"),
        lease_until=None,
        leased_by=None,
    )
)

# After the mark: what was freed meanwhile waits, and goes again with its link.
_MASK = (
    update(LetterMail)
    .where(
        LetterMail.letter_id.in_(select(Letter.id).where(Letter.id == bindparam("of"), Letter.status == SENT))
    )
    .values(raw=bindparam("masked"))
)


def _mark(name: str, outcomes: Sequence[LetterOutcome], now: datetime) -> None:
    """Those that are still in this postman's hands: whoever wakes too late changes nothing."""
    if not outcomes:
        return
    db.session.connection().execute(
        _MARK,
        [
            {
                "of": o.letter.id,
                "by": name,
                "now_status": o.status,
                "now_handed_at": o.handed_at,
                "now_attempts": o.letter.attempts,
                "now_not_before": o.letter.not_before,
                "now_perhaps_at": o.letter.perhaps_at,
                "now_last_error": o.letter.last_error,
            }
            for o in outcomes
        ],
    )
    if gone := [{"of": o.letter.id, "masked": o.letter.raw} for o in outcomes if o.status == SENT]:
        db.session.connection().execute(_MASK, gone)
    for outcome in outcomes:
        if outcome.goes_again and outcome.letter.method:
            _give_way(outcome.letter)
        if outcome.no_such_address:
            outbox.mark_dead(outcome.letter.recipient, outcome.letter.last_error or "", now)


def _give_way(letter: Claimed) -> None:
    """A revision that was in hand while a newer one was put down is not tried again."""
    newer = aliased(Letter)
    overtaken = db.session.scalar(
        update(Letter)
        .where(
            Letter.id == letter.id,
            Letter.status == WAITING,
            Letter.lease_until.is_(None),
            exists().where(
                newer.stream == letter.stream,
                newer.recipient == letter.recipient,
                newer.method != "",
                newer.status == WAITING,
                newer.id > letter.id,
            ),
        )
        .values(status=SUPERSEDED, last_error=OVERTAKEN)
        .returning(Letter.id)
        .execution_options(synchronize_session=False)
    )
    if overtaken is not None:
        _mask(letter)


def _mask(letter: Claimed) -> None:
    db.session.execute(
        update(LetterMail)
        .where(LetterMail.letter_id == letter.id)
        .values(raw=copies.masked(letter.raw))
        .execution_options(synchronize_session=False)
    )


def _hopeless(letters: Sequence[Claimed], now: datetime) -> dict[int, tuple[str, str]]:
    """Which of these need not go: id -> (status, why)."""
    if not letters:
        return {}
    dead = outbox.dead_addresses({letter.recipient for letter in letters})
    nothing = _with_nothing_to_cancel([letter for letter in letters if letter.method == CANCEL])
    found = {}
    for letter in letters:
        if letter.id in nothing:
            found[letter.id] = (SUPERSEDED, NOTHING_TO_CANCEL)
        elif letter.recipient in dead:
            found[letter.id] = (FAILED, DEAD)
        elif letter.give_up_at and letter.give_up_at <= now:
            found[letter.id] = (FAILED, BEGUN)
    return found


def _with_nothing_to_cancel(cancels: Sequence[Claimed]) -> set[int]:
    """Those whose person never had the entry after all: the invite before was in hand when the CANCEL was put
    down, and then did not go. All that came before in its thread is settled by now, so this is final."""
    found = outbox.threads({c.stream for c in cancels}) if cancels else {}
    return {
        c.id
        for c in cancels
        if not found.get((c.stream, c.recipient), outbox.NEW_THREAD).needs_cancel(c.sequence)
    }


def _end(letters: Sequence[Claimed], endings: dict[int, tuple[str, str]]) -> None:
    for letter in letters:
        if letter.id in endings:
            status, why = endings[letter.id]
            db.session.execute(
                update(Letter)
                .where(Letter.id == letter.id)
                .values(status=status, last_error=why, lease_until=None, leased_by=None)
                .execution_options(synchronize_session=False)
            )
            if status == SUPERSEDED:
                _mask(letter)
