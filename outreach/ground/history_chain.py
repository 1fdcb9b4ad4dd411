"""Chain over the history: of each deed a hash with a key that no database holds, and in it that of the deed before.

One chain for all partnerships: what schools say of themselves and what the register brings is of none, one head is
kept where a dozen would not be, and a hash tells nobody what it is of. A job adds to it, in batches, once no
transaction of before can still add a deed: whoever books pays nothing. docs/audit.md is what an operator reads.
"""

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.ground.history import History
from outreach.ground.the_app import settings

AT_ONCE = 1000
"""Deeds in one transaction, and in memory."""

LATEST = timedelta(hours=1)
"""How long before it is seen a deed may have been recorded: a transaction that lasted, clocks that are not one."""

LOCK = 0x68697374  # "hist": one at a time adds to the chain


class HistoryLink(Base):
    """One link of the chain over the history: where a deed stands, and its hash with that of the link before.

    `closes_at`, of the last link of a run: all that was recorded before stands in the chain by then.
    """

    __tablename__ = "history_link"
    __table_args__ = (CheckConstraint("position > 0", name="position"),)

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    history_id: Mapped[int] = mapped_column(ForeignKey("history.id"), unique=True)
    mac: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(Text)
    sealed_at: Mapped[datetime] = mapped_column(Instant)
    closes_at: Mapped[datetime | None] = mapped_column(Instant)


class NoKey(Exception):
    """HISTORY_KEY is not set: nothing can be sealed or verified."""


class WrongHead(Exception):
    """What was given as a head is none."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """The last link that somebody wrote down: '412:9f3a…'."""

    position: int
    mac: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.mac.hex()}"

    @classmethod
    def read(cls, told: str) -> "Head":
        """Raises WrongHead."""
        position, _, mac = told.strip().partition(":")
        try:
            found = cls(position=int(position), mac=bytes.fromhex(mac))
        except ValueError:
            raise WrongHead(told) from None
        if found.position < 1 or len(found.mac) != 32:
            raise WrongHead(told)
        return found


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong, in a sentence."""

    position: int | None
    history_id: int | None
    words: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found of the whole chain. `waiting`: deeds that are not in it yet. `before`: those that it found there
    when it began. `erased`: those of which something was erased."""

    faults: tuple[Fault, ...]
    links: int
    closed_until: datetime | None
    waiting: int
    before: int
    erased: int
    head: Head | None


def waiting() -> list[int]:
    """Ids of the deeds that may be added now, in order: those of transactions before which none still runs."""
    if db.engine.dialect.name == "postgresql":
        return list(db.session.scalars(text(_NONE_OLDER_RUNS)))
    return list(db.session.scalars(_unsealed(History.id).order_by(History.id)))


# A transaction gets its number when it first writes. `age` tells which of two numbers is older, also where they began
# anew; a deed that a restore brought is of the restore's own transaction.
_NONE_OLDER_RUNS = """
    SELECT h.id FROM history h WHERE NOT EXISTS (SELECT 1 FROM history_link l WHERE l.history_id = h.id)
    AND age(h.xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid)
    ORDER BY h.id
"""


def _unsealed(*columns: Any) -> Any:
    return select(*columns).where(~select(HistoryLink).where(HistoryLink.history_id == History.id).exists())


def add(deeds: Sequence[int], *, last: bool, now: datetime) -> int:
    """Add some of those that wait to the chain; with `last`, say up to when it is closed. How many were added: whoever
    was quicker had the others. Raises NoKey."""
    key, _ = _keys()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    head = db.session.execute(
        select(HistoryLink.position, HistoryLink.mac).order_by(HistoryLink.position.desc()).limit(1)
    ).one_or_none()
    position: int = head.position if head else 0
    mac: bytes = head.mac if head else b""
    rows = db.session.execute(_unsealed(*_DEED).where(History.id.in_(deeds)).order_by(History.id)).all()
    links: list[dict[str, Any]] = []
    closes_at = _closes_at(deeds, now=now) if last else None
    for row in rows:
        position += 1
        closes = closes_at if row is rows[-1] else None
        mac = _mac(key, position, mac, now, closes, row)
        links.append(
            {
                "position": position,
                "history_id": row.id,
                "mac": mac,
                "key_id": key_id(key),
                "sealed_at": now,
                "closes_at": closes,
            }
        )
    if links:
        db.session.execute(HistoryLink.__table__.insert(), links)  # type: ignore[attr-defined]
    return len(links)


def _closes_at(deeds: Sequence[int], *, now: datetime) -> datetime:
    """Until the first that is seen and still waits; never earlier than what was said before."""
    first = db.session.scalar(_unsealed(func.min(History.recorded_at)).where(History.id.not_in(deeds)))
    said = db.session.scalar(select(func.max(HistoryLink.closes_at)))
    until = now if first is None else min(now, first)
    return until if said is None else max(until, said)


_DEED = (
    History.id,
    History.recorded_at,
    History.what,
    History.subject,
    History.subject_id,
    History.partnership_id,
    History.who_digest,
    History.told_digest,
)
"""What a link holds of a deed."""


def _mac(
    key: str, position: int, before: bytes, sealed_at: datetime, closes_at: datetime | None, row: Any
) -> bytes:
    """HMAC-SHA256 of a link: its place, the link before, when, and all of the deed that is never erased."""
    said = [
        position,
        before.hex(),
        sealed_at.isoformat(),
        closes_at and closes_at.isoformat(),
        row.id,
        row.recorded_at.isoformat(),
        row.what,
        row.subject,
        row.subject_id,
        row.partnership_id,
        _hex(row.who_digest),
        _hex(row.told_digest),
    ]
    return hmac.digest(key.encode(), json.dumps(said, separators=(",", ":")).encode(), "sha256")


def _hex(value: Any) -> str | None:
    """Of bytes; what somebody put there in their place as it is."""
    return value.hex() if isinstance(value, bytes) else value


def _same(one: Any, other: bytes) -> bool:
    return isinstance(one, bytes) and hmac.compare_digest(one, other)


def key_id(key: str) -> str:
    """By which of several keys a link was made, without telling the key."""
    return hmac.digest(key.encode(), b"outreach: key of the history", "sha256").hex()[:16]


def _keys() -> tuple[str, dict[str, str]]:
    """(the key, all of them by their id). Raises NoKey."""
    key = str(settings()["HISTORY_KEY"])
    if not key:
        raise NoKey
    return key, {key_id(one): one for one in (key, *settings()["HISTORY_KEY_FALLBACKS"])}


def head() -> Head | None:
    """The last link: whoever keeps it elsewhere finds out later whether the end was cut off."""
    last = db.session.execute(
        select(HistoryLink.position, HistoryLink.mac).order_by(HistoryLink.position.desc()).limit(1)
    ).one_or_none()
    return Head(position=last.position, mac=last.mac) if last else None


def is_sealed_by_anothers_key() -> bool:
    """Whether the last link was made with a key that is none of ours. Raises NoKey."""
    _, keys = _keys()
    last = db.session.scalar(select(HistoryLink.key_id).order_by(HistoryLink.position.desc()).limit(1))
    return last is not None and last not in keys


def closed_until() -> datetime | None:
    """All that was recorded before stands in the chain."""
    return db.session.scalar(select(func.max(HistoryLink.closes_at)))


def waits_since() -> datetime | None:
    """When the first of the deeds that are not in the chain was recorded; None where none waits."""
    since: datetime | None = db.session.scalar(_unsealed(func.min(History.recorded_at)))
    return since


def verify(*, kept: Head | None = None) -> Verdict:
    """The whole chain against the whole history, in order. `kept`: a head that was written down. Raises NoKey.

    Reads AT_ONCE links at a time; to be called where nothing is added meanwhile, or what is added is not missed.
    """
    _, keys = _keys()
    walk = _Walk(keys=keys)
    for rows in _in_parts():
        walk.take(rows)
    last = Head(position=walk.position, mac=walk.mac) if walk.position else None
    faults = walk.faults
    if kept is not None:
        faults += _cut_off(kept)
    faults += _added_past(walk.closed_until)
    return Verdict(
        faults=tuple(faults),
        links=walk.links,
        closed_until=walk.closed_until,
        waiting=db.session.scalar(_unsealed(func.count(History.id))) or 0,
        before=walk.before,
        erased=walk.erased,
        head=last,
    )


def _in_parts() -> Iterator[Sequence[Any]]:
    """Every link with its deed, None where it is gone, some at a time."""
    link, at = HistoryLink, 0
    told = (History.who, History.before, History.after, History.who_salt, History.told_salt)
    while rows := db.session.execute(
        select(
            link.position,
            link.history_id,
            link.mac,
            link.key_id,
            link.sealed_at,
            link.closes_at,
            *_DEED,
            *told,
        )
        .outerjoin(History, History.id == link.history_id)
        .where(link.position > at)
        .order_by(link.position)
        .limit(AT_ONCE)
    ).all():
        yield rows
        at = rows[-1].position


class _Walk:
    """Along the chain from its first link."""

    def __init__(self, *, keys: Mapping[str, str]) -> None:
        self._keys = keys
        self.faults: list[Fault] = []
        self.position, self.mac, self.links, self.erased, self.before = 0, b"", 0, 0, 0
        self.closed_until: datetime | None = None
        self._began: datetime | None = None

    def take(self, rows: Sequence[Any]) -> None:
        emptied = [row.id for row in rows if row.id and not (row.who_salt and row.told_salt)]
        asked_for = _erasings(emptied)
        for row in rows:
            self._link(row)
            if row.id is not None:
                self._deed(row, asked_for)

    def _link(self, row: Any) -> None:
        whole = row.position == self.position + 1
        if not whole:
            gone = row.position - self.position - 1
            self._say(row, f"{gone} of the chain before place {row.position} are gone.")
        key = self._keys.get(row.key_id)
        if row.id is None:
            self._say(row, f"Deed {row.history_id} was removed: the chain has it at place {row.position}.")
        elif key is None:
            self._say(
                row, f"Deed {row.id} was sealed with a key that is set no more, nor among the older ones."
            )
        elif whole and not _same(
            row.mac, _mac(key, row.position, self.mac, row.sealed_at, row.closes_at, row)
        ):
            self._say(row, f"Deed {row.id} is not as it was sealed: it was changed, or put elsewhere.")
        self.position, self.mac, self.links = row.position, row.mac, self.links + 1
        if self._began is None:
            self._began = row.sealed_at

    def _deed(self, row: Any, asked_for: set[tuple[int, str]]) -> None:
        if self.closed_until is not None and row.recorded_at < self.closed_until - LATEST:
            self._say(row, f"Deed {row.id} was added later: the chain was closed past its day by then.")
        if self._began is not None and row.recorded_at < self._began - LATEST:
            self.before += 1
        for part, salt, kept, told in (
            (history.WHO, row.who_salt, row.who_digest, (row.who,)),
            (history.TOLD, row.told_salt, row.told_digest, (row.before, row.after)),
        ):
            if kept is None:
                self._say(row, f"Deed {row.id} was not written by the service: it has no digest.")
            elif salt is None and any(told):
                self._say(row, f"Deed {row.id} was erased and filled again ({part}).")
            elif salt is None and (row.id, part) not in asked_for:
                self._say(row, f"Deed {row.id} was emptied ({part}), and nothing says that anybody did.")
            elif salt is not None and not _same(kept, history.digest(salt, *told)):
                self._say(row, f"Deed {row.id} says something else than it did ({part}).")
        self.erased += row.who_salt is None or row.told_salt is None
        if row.closes_at is not None:
            self.closed_until = row.closes_at

    def _say(self, row: Any, words: str) -> None:
        self.faults.append(Fault(position=row.position, history_id=row.history_id, words=words))


def _erasings(deeds: Sequence[int]) -> set[tuple[int, str]]:
    """(deed, part) of what somebody erased, of some deeds."""
    if not deeds:
        return set()
    said = db.session.execute(
        select(History.subject_id, History.what)
        .where(History.subject == history.ERASED, History.subject_id.in_([str(one) for one in deeds]))
        .order_by(History.id)
    )
    return {(int(key), what.removeprefix("erased ")) for key, what in said}


def _cut_off(kept: Head) -> list[Fault]:
    stands = db.session.scalar(select(HistoryLink.mac).where(HistoryLink.position == kept.position))
    if stands is None:
        words = f"The end was cut off: there was a link {kept.position}, and there is none now."
    elif not _same(stands, kept.mac):
        words = f"Link {kept.position} is another than the one that was written down."
    else:
        return []
    return [Fault(position=kept.position, history_id=None, words=words)]


def _added_past(closed: datetime | None) -> list[Fault]:
    """Deeds that wait, and were recorded before the chain was closed."""
    if closed is None:
        return []
    late = db.session.scalars(
        _unsealed(History.id).where(History.recorded_at < closed - LATEST).order_by(History.id)
    )
    words = "Deed {} was added later: the chain is closed past its day, and does not have it."
    return [Fault(position=None, history_id=one, words=words.format(one)) for one in late]
