"""History of deeds: who did what, when, from what to what. Rows are only ever added; the database refuses the
rest, but for the erasing of what names a person."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from secrets import token_bytes
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import erasures
from outreach.ground.db import PATIENCE_SECONDS, Base, Instant, aside, db, table_of

NOBODYS = ("incoming", "post", "register", "school")
"""What a deed may be about and be done for no partnership: a mail that nobody has taken yet, the post's standstill, a
file of the register, and a school's own facts, which are read by whoever held it then."""


class History(Base):
    """One deed. `who` is text and an id with no foreign key, so that it outlives the person's row.

    `partnership_id` is whose it is: the partnership of what it is about, or in whose programme a school did it.

    What may name a person (`who`; `before` and `after`) can be erased, with its salt; its digest stays, and is what the
    chain holds (history_chain.py). They stand in one row, so that a deed costs one statement.
    """

    __tablename__ = "history"
    __table_args__ = (
        Index("ix_history_subject", "subject", "subject_id"),
        Index("ix_history_partnership_id_id", "partnership_id", "id"),
        CheckConstraint(f"partnership_id IS NOT NULL OR subject IN {NOBODYS}", name="partnership"),
        CheckConstraint("subject <> 'partnership' OR subject_id = CAST(partnership_id AS TEXT)", name="own"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text)
    before: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    partnership_id: Mapped[int | None] = mapped_column(ForeignKey("partnership.id"))
    who_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    who_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    told_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    told_digest: Mapped[bytes | None] = mapped_column(LargeBinary)


class Subject(NamedTuple):
    """What a deed is about, and whose it is; `partnership_id` is None only of what may be nobody's."""

    word: str
    key: object
    partnership_id: int | None


class HasHistory(Protocol):
    """A row of a partnership, which says by which word and by which of its columns the history knows it."""

    in_history: tuple[str, str]

    @property
    def partnership_id(self) -> int | None: ...


def record(
    what: str, of: Subject | HasHistory, *, who: str, now: datetime, before: Any = None, after: Any = None
) -> None:
    """Add one deed: record('moved', booking, who='Joanna Fell (school)', now=now, before=…, after=…)."""
    db.session.add(History(**_row(what, of, who=who, now=now, before=before, after=after)))


NOTE = "/* note */"
"""Stands in the statement that adds a note: what is not done at each look is none of those that a page asks."""


def note(
    what: str,
    of: Subject | HasHistory,
    *,
    who: str,
    now: datetime,
    after: Any = None,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Add one deed by itself, while the session goes on reading: what somebody took out or looked at, of a page that
    changes nothing. Raises as `aside` does."""
    with aside(patience=patience) as connection:
        connection.execute(
            table_of(History).insert().prefix_with(NOTE),
            _row(what, of, who=who, now=now, before=None, after=after),
        )


def is_known(
    what: str,
    of: Subject,
    *,
    who: str,
    since: datetime,
    now: datetime,
    unless: ColumnElement[bool] | None = None,
) -> bool:
    """Whether it stands there already, between two instants, or needs not to (`unless`); one query. What a clock that
    was ahead wrote is none of it."""
    there = exists().where(
        History.subject == of.word,
        History.subject_id == str(of.key),
        History.partnership_id == of.partnership_id,
        History.what == what,
        History.who == who,
        History.recorded_at.between(since, now),
    )
    return bool(db.session.scalar(select(there if unless is None else or_(unless, there))))


def times(what: str, word: str, *, of: int, who: str, since: datetime) -> int:
    """How often a person of a partnership did that to things of that kind, from an instant on."""
    done = select(func.count()).where(
        History.subject == word,
        History.partnership_id == of,
        History.what == what,
        History.who == who,
        History.recorded_at >= since,
    )
    return db.session.scalar(done) or 0


LATEST = 2_000


def changes(*, of: int, who: str, since: datetime) -> int:
    """How often somebody changed something of a partnership, from an instant on, among its LATEST deeds: deeds of one
    instant are one change. Reads so many rows at most, however long the history is."""
    latest = (
        select(History.who, History.recorded_at)
        .where(History.partnership_id == of)
        .order_by(History.id.desc())
        .limit(LATEST)
        .subquery()
    )
    theirs = latest.c.who == who, latest.c.recorded_at >= since
    return db.session.scalar(select(func.count(latest.c.recorded_at.distinct())).where(*theirs)) or 0


def _row(
    what: str, of: Subject | HasHistory, *, who: str, now: datetime, before: Any, after: Any
) -> dict[str, Any]:
    if not isinstance(of, Subject):
        word, column = of.in_history
        of = Subject(word, getattr(of, column), of.partnership_id)
    salts = token_bytes(SALT), token_bytes(SALT)
    return {
        "recorded_at": now,
        "who": who,
        "what": what,
        "subject": of.word,
        "subject_id": str(of.key),
        "before": before,
        "after": after,
        "partnership_id": of.partnership_id,
        "who_salt": salts[0],
        "who_digest": digest(salts[0], who),
        "told_salt": salts[1],
        "told_digest": digest(salts[1], before, after),
    }


SALT = 16
"""Bytes: without it a digest of a name is guessed by trying names."""


def digest(salt: bytes, *told: Any) -> bytes:
    """SHA-256 of the salt and of some values as the database gives them back: tuples as lists, keys as text."""
    plain = json.loads(json.dumps(told))
    return sha256(salt + json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).digest()


class NotOurs(Exception):
    """A deed of another partnership was to be erased."""


WHO, TOLD = "who", "told"
"""Of a deed, what may be erased: who did it; what it said, before and after."""

ERASED = "history"
"""What an erasing is about: a deed, by its id. The database lets a deed be emptied only where one stands."""


def erase(deeds: Collection[int], *, part: str, whose: int, who: str, now: datetime) -> int:
    """Empty WHO or TOLD of some deeds, by id, for good; that it was done stays as a deed of its own. How many were.

    Raises NotOurs, before anything is erased, where one is another partnership's than `whose`. What standings are
    reckoned from as of a day (settings of programmes, terms) must not be among them with TOLD.
    """
    salt = History.who_salt if part == WHO else History.told_salt
    there = db.session.execute(
        select(History.id, History.partnership_id)
        .where(History.id.in_(sorted(deeds)), salt.is_not(None))
        .order_by(History.id)
    ).all()
    if any(of not in (whose, None) for _, of in there):
        raise NotOurs
    for key, _ in there:
        record(f"erased {part}", Subject(ERASED, key, whose), who=who, now=now)
    db.session.flush()
    erasures.noted(History, History.id.in_([key for key, _ in there]), column=part)
    emptied: dict[str, Any] = {"who": "", "who_salt": None}
    if part == TOLD:
        emptied = {"before": None, "after": None, "told_salt": None}
    db.session.execute(update(History).where(History.id.in_([key for key, _ in there])).values(emptied))
    return len(there)


def history_of(subject: str, subject_id: object) -> list[History]:
    """The deeds about one thing, newest first."""
    return list(
        db.session.scalars(
            select(History)
            .where(History.subject == subject, History.subject_id == str(subject_id))
            .order_by(History.id.desc())
        )
    )


SIGN_IN, FILE, LOOK = "sign-in", "file", "look"
"""What a sign-in is about, by the person's id; a list or file that was taken out, by its page; and a look at personal
details, by the number of the school or body whose people they are, or by the page where they are those of many."""

TOOK_OUT, LOOKED = "took out", "looked at"
NOTED = (TOOK_OUT, LOOKED)
"""Deeds that pages write down which change nothing else."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is looked for in the deeds of a partnership; what is empty or None narrows nothing.

    `who`: part of a name. `subject`: a kind. `about`: (subject, id) of each thing. `since`, `until`: instants, the
    second not included.
    """

    partnership_id: int
    who: str = ""
    subject: str = ""
    about: Collection[tuple[str, str]] | None = None
    since: datetime | None = None
    until: datetime | None = None


def how_many(asked: Asked) -> int:
    """How many deeds there are."""
    return db.session.scalar(select(func.count(History.id)).where(*_asked(asked))) or 0


def found(asked: Asked, *, first: int = 0, most: int | None = None) -> list[History]:
    """The deeds from the `first` on, the newest first."""
    query = select(History).where(*_asked(asked)).order_by(History.id.desc()).offset(first)
    return list(db.session.scalars(query if most is None else query.limit(most)))


def in_turn(asked: Asked, *, at_once: int = 500) -> Iterator[History]:
    """All of them, the newest first, some in memory at a time."""
    last: int | None = None
    while True:
        query = select(History).where(*_asked(asked)).order_by(History.id.desc()).limit(at_once)
        rows = db.session.scalars(query if last is None else query.where(History.id < last)).all()
        yield from rows
        if len(rows) < at_once:
            return
        last = rows[-1].id
        for row in rows:
            db.session.expunge(row)


def _asked(asked: Asked) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [History.partnership_id == asked.partnership_id]
    if asked.who:
        wanted.append(func.lower(History.who).contains(asked.who.lower(), autoescape=True))
    if asked.subject:
        wanted.append(History.subject == asked.subject)
    if asked.about is not None:
        wanted.append(
            or_(
                false(),
                *(
                    and_(History.subject == subject, History.subject_id.in_([key for _, key in those]))
                    for subject, those in groupby(sorted(asked.about), key=itemgetter(0))
                ),
            )
        )
    if asked.since is not None:
        wanted.append(History.recorded_at >= asked.since)
    if asked.until is not None:
        wanted.append(History.recorded_at < asked.until)
    return wanted


Spans = Mapping[tuple[str, Any], Sequence[tuple[datetime | None, datetime | None]]]
"""From when until when the deeds about each of some (subject, id) are read; None: since, or until, always."""


def of_many(
    subjects: Mapping[str, Collection[object]],
    *,
    spans: Spans | None = None,
    partnership_id: int | None = None,
) -> list[History]:
    """The deeds about several things, {subject: ids}, newest first; one query.

    Of what is named in `spans`, only deeds within them, and those that were done in a programme of
    `partnership_id`.
    """
    wanted = []
    for subject, ids in subjects.items():
        held = {one: (spans or {}).get((subject, one)) for one in ids}
        whole = [one for one, within in held.items() if within is None or list(within) == [(None, None)]]
        wanted.append(and_(*_about(subject, whole), *_mine(spans, partnership_id)))
        for one, within in held.items():
            if one not in whole:
                mine = History.partnership_id == partnership_id
                wanted.append(and_(*_about(subject, [one]), or_(mine, *map(_within, within or ()))))
    if not any(ids for ids in subjects.values()):
        return []
    return list(db.session.scalars(select(History).where(or_(*wanted)).order_by(History.id.desc())))


def _about(subject: str, ids: Collection[object]) -> tuple[ColumnElement[bool], ...]:
    return History.subject == subject, History.subject_id.in_([str(one) for one in ids])


def _mine(spans: Spans | None, partnership_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """Nobody else's, where it is asked whose."""
    if spans is None:
        return ()
    return (or_(History.partnership_id.is_(None), History.partnership_id == partnership_id),)


def _within(span: tuple[datetime | None, datetime | None]) -> ColumnElement[bool]:
    since, until = span
    bounds: list[ColumnElement[bool]] = [History.partnership_id.is_(None)]
    if since is not None:
        bounds.append(History.recorded_at >= since)
    if until is not None:
        bounds.append(History.recorded_at < until)
    return and_(*bounds)


def differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only what is not the same in both, as text where JSON has no such type: what `record` is given.
    Pure."""
    changed = [key for key in after if before.get(key) != after[key]]
    plain = (str, int, float, bool, type(None))
    said = tuple(
        {key: facts.get(key) if isinstance(facts.get(key), plain) else str(facts.get(key)) for key in changed}
        for facts in (before, after)
    )
    return said[0], said[1]
