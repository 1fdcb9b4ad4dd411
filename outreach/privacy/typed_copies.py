"""Copies of words that people typed: in other rows, in deeds, in mails; which of them came from the words, and which
say the same and may be nobody's copy."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, cast, false, func, or_, select

from outreach.asking.chasing import settings
from outreach.county import organisations
from outreach.county.contacts import Contact
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import db, models, table_of
from outreach.ground.erasures import born_of
from outreach.ground.history import History
from outreach.post.incoming.inbox import CalendarAnswer, CounterProposal, Incoming
from outreach.post.outbox import Letter, LetterMail
from outreach.privacy import comparing, erasing, stored_mails
from outreach.privacy.belonging import of_partnership, rows_of
from outreach.privacy.stored_mails import NONE_READ, Mail, Mails, Sought
from outreach.privacy.typed import LEFT_OUT, SHORTEST, Words, columns
from outreach.tour.companies import Company, Troupe
from outreach.tour.programmes import Programme

ROW, DEED, LETTER, MAIL = "row", "deed", "letter", "mail"

WORDS_AT_LEAST, LETTERS_AT_LEAST = 3, 12
"""Of words that hardly anybody writes twice by chance."""

COMMON = 50
"""Copies by the words alone: of more, they are what everybody writes."""

SHOWN = 200
"""Copies by the words alone that a page shows; the rest stay as they are."""


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One place where the words stand again: a row ('table.column'), a deed, a letter or a mail that came in (''), by
    its key. `own`: it came from them. `about`: who did what, or to or from whom; `said`: the words there."""

    kind: str
    of: str = ""
    key: str
    at: datetime | None
    about: str
    said: str
    own: bool

    @property
    def name(self) -> str:
        return "/".join(filter(None, (self.kind, self.of, self.key)))


@dataclass(frozen=True, kw_only=True)
class Copies:
    """`own`: what goes with the words. `alike`: what says the same, the newest first, and goes where somebody says so;
    `is_likely`: that is more likely than not, for the words are nobody else's. `more`: how many are not shown."""

    own: tuple[Copy, ...] = ()
    alike: tuple[Copy, ...] = ()
    is_likely: bool = False
    more: int = 0
    mails: Mails = NONE_READ


def find(of: Words, partnership_id: int, before: Mails = NONE_READ) -> Copies:
    """Wherever the words stand again. Reads mails: as `stored_mails.find`."""
    origin = _origin(of, partnership_id)
    typed_at = _first_typed(of, partnership_id)
    mails = _mails(of, partnership_id, since=typed_at, before=before)
    is_distinct = _is_distinct(of.words, partnership_id)
    found = [
        *_rows(of, partnership_id),
        *_deeds(of, origin, typed_at, partnership_id),
        *_letters(of, origin, typed_at, mails, partnership_id, is_distinct=is_distinct),
        *_came_in(of, origin, mails, partnership_id, is_distinct=is_distinct),
    ]
    alike = sorted((one for one in found if not one.own), key=lambda one: str(one.at), reverse=True)
    return Copies(
        own=tuple(one for one in found if one.own),
        alike=tuple(alike[:SHOWN]),
        is_likely=is_distinct and len(alike) <= COMMON,
        more=len(alike[SHOWN:]),
        mails=mails,
    )


def _is_distinct(words: str, partnership_id: int) -> bool:
    """Whether they are long enough to be nobody else's, and no name that everybody writes."""
    told = comparing.sought(words)
    long = len(told.split()) >= WORDS_AT_LEAST and sum(map(str.isalpha, told)) >= LETTERS_AT_LEAST
    return long and not _is_known(told, partnership_id)


def _is_known(told: str, partnership_id: int) -> bool:
    """Whether a school, a company, a play or somebody known here is called so."""
    names: list[tuple[Any, Any]] = [(Organisation.name, organisations.ours(partnership_id))]
    for model, column in (
        (Programme, Programme.title),
        (Company, Company.name),
        (Troupe, Troupe.name),
        (Partnership, Partnership.name),
        (Contact, Contact.name),
        (Coordinator, Coordinator.name),
    ):
        names.append((column, of_partnership(model, partnership_id)))
    return any(
        told == comparing.folded(name)
        for column, ours in names
        for name in db.session.scalars(select(column).where(ours, func.lower(column) == told).limit(1))
    )


@dataclass(frozen=True, kw_only=True)
class _Origin:
    """What a row belongs to: how the history knows it, and of which streams its letters are (LIKE)."""

    subjects: frozenset[tuple[str, str]]
    streams: tuple[str, ...]


_LETTERS_OF = {"own_letter": "own letter/%/{id}", "guest_place": "guest/%/{id}/%"}
"""Streams of letters that carry what stands in a row of a table."""


def _origin(of: Words, partnership_id: int) -> _Origin:
    """The row, what it belongs to, and what belongs to those but for schools, to which all belongs."""
    table = table_of(models()[of.table])
    subjects: set[tuple[str, str]] = set()
    streams: list[str] = []
    above = list(_up(table, erasing.by_key(table, [of.key])))
    below: list[tuple[Table, ColumnElement[bool]]] = [
        (one, key.parent.in_(select(key.column).where(rows)))
        for parent, rows in above
        if parent.name != "organisation"
        for one in map(table_of, models().values())
        for key in sorted(one.foreign_keys, key=lambda key: key.parent.name)
        if key.column.table is parent and key.parent.name != "partnership_id" and "uid" in one.c
    ]
    if of.table == "call_off":
        line = table_of(models()["call_off_line"])
        below += _up(line, line.c.call_off_id == int(of.key))
    for one, rows in [*above, *below]:
        word, column = getattr(models()[one.name], "in_history", _IN_HISTORY.get(one.name, ("", "")))
        wanted = [one.c[name] for name in dict.fromkeys((column, "uid", "id")) if name in one.c]
        if not wanted:
            continue
        for row in db.session.execute(select(*wanted).where(rows).order_by(*wanted)).mappings():
            if word:
                subjects.add((word, str(row[column])))
            if row.get("uid"):
                streams.append(row["uid"])
            if one.name in _LETTERS_OF:
                streams.append(_LETTERS_OF[one.name].format(id=row["id"]))
    return _Origin(subjects=frozenset(subjects), streams=tuple(sorted(set(streams))))


_IN_HISTORY = {"organisation": ("school", "organisation_id")}

_OF_ALL = ("authority", "person", "register_import")


def _up(table: Table, rows: ColumnElement[bool]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    yield table, rows
    for key in sorted(table.foreign_keys, key=lambda one: one.parent.name):
        parent = key.column.table
        if parent.name not in {table.name, *LEFT_OUT, *_OF_ALL} and key.parent.name != "partnership_id":
            yield from _up(parent, key.column.in_(select(key.parent).where(rows)))


def _first_typed(of: Words, partnership_id: int) -> datetime | None:
    """When these very words were typed for the first time, wherever; None where nobody can tell."""
    at = [of.at]
    for column in columns():
        born = next(iter(born_of(column.table)), None)
        if len(of.words) < SHORTEST or born is None:
            continue
        ours = rows_of(column.table, partnership_id)
        at += db.session.scalars(select(func.min(born)).where(ours, column == of.words))  # type: ignore[arg-type]
    return min((one for one in at if one is not None), default=None)


def _rows(of: Words, partnership_id: int) -> Iterator[Copy]:
    """Rows in which the very same words stand, and nothing else."""
    if len(of.words) < SHORTEST:
        return
    for column in columns():
        table = column.table
        keys, born = list(table.primary_key.columns), born_of(table)[:1]
        found = db.session.execute(
            select(*keys, *born)
            .where(rows_of(table, partnership_id), column == of.words)  # type: ignore[arg-type]
            .order_by(*keys)
        )
        for row in found:
            key = ",".join(map(str, row[: len(keys)]))
            if (table.name, column.name, key) != (of.table, of.column, of.key):
                yield Copy(
                    kind=ROW,
                    of=f"{table.name}/{column.name}",
                    key=key,
                    at=row[-1] if born else None,
                    about=f"{table.name}, {column.name}".replace("_", " ").capitalize(),
                    said=of.words,
                    own=False,
                )


_NOBODY_TYPED = (history.ERASED, history.SIGN_IN, history.FILE, history.LOOK)
"""Subjects of deeds that say what the service wrote, and nothing that anybody typed."""


def _deeds(of: Words, origin: _Origin, typed_at: datetime | None, partnership_id: int) -> Iterator[Copy]:
    """Deeds that say them, before or after, as a value or within one. None of before they were typed carried them: who
    types a word that many deeds say, and has it erased, takes nothing out of those. What standings are reckoned from
    as of a day is none of them."""
    table = table_of(History)
    told = comparing.sought(of.words)
    stands = comparing.stands_in(of.words)
    needle = comparing.needle(of.words)
    said = [func.lower(cast(table.c[name], Text)) for name in ("before", "after")]
    found = (
        select(
            table.c.id, table.c.recorded_at, table.c.who, table.c.what, table.c.subject, table.c.subject_id
        )
        .add_columns(table.c.before, table.c.after)
        .where(
            rows_of(table, partnership_id),  # type: ignore[arg-type]
            table.c.subject.not_in(_NOBODY_TYPED),
            table.c.what.not_in(("erased words", "erased a person", settings.SETTLED)),
            or_(*(one.contains(needle, autoescape=True) for one in said)),
            *([] if typed_at is None else [table.c.recorded_at >= typed_at]),
        )
        # Put in order once they are found: handed out as they come, they would be found in that order.
        .offset(0)
        .subquery()
    )
    rows = db.session.execute(select(found).order_by(found.c.id).execution_options(yield_per=500))
    for row in rows:
        values = [*_strings(row.before), *_strings(row.after)]
        own = (row.subject, row.subject_id) in origin.subjects and any(
            comparing.sought(one) == told for one in values
        )
        if own or (len(of.words) >= SHORTEST and any(map(stands, values))):
            yield Copy(
                kind=DEED,
                key=str(row.id),
                at=row.recorded_at,
                about=f"{row.who} {row.what}",
                said=next(comparing.around(of.words, one) for one in values if stands(one)),
                own=own,
            )


def _strings(told: Any) -> Iterator[str]:
    """The values in what a deed says; a key is a word of ours."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict):
        for one in told.values():
            yield from _strings(one)
    elif isinstance(told, list):
        for one in told:
            yield from _strings(one)


def _mails(of: Words, partnership_id: int, *, since: datetime | None, before: Mails) -> Mails:
    """No letter of before the words were typed carries them; a mail that came in may be where they were copied from."""
    if len(of.words) < SHORTEST:
        return before
    return stored_mails.find(
        partnership_id,
        Sought(
            named=comparing.stands_in(of.words),
            needles=(comparing.needle(of.words),),
            letters_since=since,
        ),
        before=before,
    )


def _like(column: Any, streams: Sequence[str]) -> ColumnElement[bool]:
    exact = [one for one in streams if "%" not in one]
    return or_(false(), column.in_(exact), *(column.like(one) for one in streams if "%" in one))


def _letters(
    of: Words,
    origin: _Origin,
    typed_at: datetime | None,
    mails: Mails,
    partnership_id: int,
    *,
    is_distinct: bool,
) -> Iterator[Copy]:
    """Letters whose mail says them, or whose subject does where the mail is gone."""
    found = {one.key: one for one in mails.found if one.model is LetterMail}
    rows = _heads(Letter, Letter.created_at, Letter.recipient, of, partnership_id, since=typed_at)
    carried = {row.id for row in rows}
    for row in rows:
        found.setdefault(row.id, _head(LetterMail, row))
    ours = _in_streams(Letter, found, origin, partnership_id)
    tells = comparing.is_a_value_in(of.words)
    for key, one in sorted(found.items()):
        own = key in ours and (is_distinct or key in carried or tells(one.words))
        yield _mail_copy(LETTER, one, of, f"To {one.address}: {one.subject}", own=own)


def _came_in(
    of: Words, origin: _Origin, mails: Mails, partnership_id: int, *, is_distinct: bool
) -> Iterator[Copy]:
    """Mails that came in and say them, or what was taken out of them into a row of its own."""
    found = {one.key: one for one in mails.found if one.model is not LetterMail}
    for row in _heads(Incoming, Incoming.received_at, Incoming.sender, of, partnership_id):
        found.setdefault(row.id, _head(Incoming, row))
    for row in _comments(of, partnership_id):
        found.setdefault(row.id, _head(Incoming, row))
    letters = {one.letter_id for one in found.values() if one.letter_id is not None}
    answered = _in_streams(Letter, letters, origin, partnership_id)
    ours = _in_streams(Incoming, found, origin, partnership_id)
    for key, one in sorted(found.items()):
        own = is_distinct and (key in ours or one.letter_id in answered)
        yield _mail_copy(MAIL, one, of, f"From {one.address}: {one.subject}", own=own)


def _mail_copy(kind: str, one: Mail, of: Words, about: str, *, own: bool) -> Copy:
    said = comparing.around(of.words, f"{one.subject}\n{one.words}")
    return Copy(kind=kind, key=str(one.key), at=one.at, about=about, said=said, own=own)


def _in_streams(model: Any, ids: Collection[int], origin: _Origin, partnership_id: int) -> frozenset[int]:
    if not ids or not origin.streams:
        return frozenset()
    return frozenset(
        db.session.scalars(
            select(model.id).where(of_partnership(model, partnership_id), _like(model.stream, origin.streams))
        )
    ).intersection(ids)


def _heads(
    model: Any, at: Any, address: Any, of: Words, partnership_id: int, since: datetime | None = None
) -> list[Any]:
    """Those whose subject says them."""
    if len(of.words) < SHORTEST:
        return []
    stands = comparing.stands_in(of.words)
    letter_id = Letter.id if model is Letter else Incoming.letter_id
    rows = db.session.execute(
        select(model.id, at.label("at"), address.label("address"), model.subject, model.stream)
        .add_columns(letter_id.label("letter_id"), model.subject.label("words"))
        .where(
            of_partnership(model, partnership_id),
            func.lower(model.subject).contains(comparing.needle(of.words), autoescape=True),
            *([] if since is None else [at >= since]),
        )
        .order_by(model.id)
    )
    return [row for row in rows if stands(row.subject)]


def _comments(of: Words, partnership_id: int) -> Iterator[Any]:
    """What came with an answer in a calendar, which stands when the mail is gone."""
    if len(of.words) < SHORTEST:
        return
    stands = comparing.stands_in(of.words)
    for kept in (CalendarAnswer, CounterProposal):
        rows = db.session.execute(
            select(Incoming.id, Incoming.received_at.label("at"), Incoming.sender.label("address"))
            .add_columns(Incoming.subject, Incoming.stream, Incoming.letter_id, kept.comment.label("words"))
            .join(kept, kept.incoming_id == Incoming.id)
            .where(
                of_partnership(Incoming, partnership_id),
                func.lower(kept.comment).contains(comparing.needle(of.words), autoescape=True),
            )
            .order_by(Incoming.id)
        )
        yield from (row for row in rows if stands(row.words))


def _head(model: Any, row: Any) -> Mail:
    return Mail(
        model=model,
        key=row.id,
        at=row.at,
        theirs=False,
        subject=row.subject,
        words=row.words,
        address=row.address,
        stream=row.stream,
        letter_id=row.letter_id,
    )
