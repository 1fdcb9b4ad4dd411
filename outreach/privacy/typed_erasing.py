"""Erasing of words that people typed, where they name a child: there, in the copies that came from them, and in those
that say the same and were chosen."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update

from outreach.ground import erasures, history
from outreach.ground.db import db, models, table_of
from outreach.ground.errors import Refusal
from outreach.ground.history import Subject
from outreach.post.incoming import inbox
from outreach.post.incoming.inbox import Incoming
from outreach.post.outbox import WAITING, WITHDRAWN, Letter, LetterMail
from outreach.privacy import comparing, erasing, typed_copies
from outreach.privacy.belonging import of_partnership
from outreach.privacy.typed import Words
from outreach.privacy.typed_copies import DEED, LETTER, MAIL, ROW, Copies, Copy


class CopiesCame(Refusal):
    """What says the same came since the list of it was shown."""


def erase(
    of: Words,
    before: Copies,
    *,
    chosen: Collection[str],
    shown: Collection[str],
    partnership_id: int,
    who: str,
    now: datetime,
) -> Copies:
    """They go for good, in the caller's transaction, with their own copies and with those alike that were `chosen` of
    the `shown`, each by its name; a letter that waits is not sent. `before`: what was found before the transaction.
    What went with them. Raises CopiesCame, erasures.NotWritten."""
    found = typed_copies.find(of, partnership_id, before=before.mails)
    if found.is_likely and any(one.name not in shown for one in found.alike):
        raise CopiesCame(
            "These words stand in more places than you were shown. Look through the list once more."
        )
    go = [*found.own, *(one for one in found.alike if one.name in chosen)]
    keys: dict[str, list[Copy]] = defaultdict(list)
    for one in go:
        keys[one.kind].append(one)
    _rows([(of.table, of.column, of.key), *((*one.of.split("/"), one.key) for one in keys[ROW])])
    deeds = [int(one.key) for one in keys[DEED]]
    history.erase(deeds, part=history.TOLD, whose=partnership_id, who=who, now=now)
    _letters(of, [int(one.key) for one in keys[LETTER]])
    _came_in([int(one.key) for one in keys[MAIL]], partnership_id, who=who, now=now)
    history.record(
        "erased words",
        Subject("partnership", partnership_id, partnership_id),
        who=who,
        now=now,
        after={"where": f"{of.table}.{of.column}", "row": of.key, "copies": len(go)},
    )
    db.session.flush()
    db.session.expire_all()
    return Copies(own=found.own, alike=tuple(go[len(found.own) :]))


def _rows(places: Sequence[Sequence[str]]) -> None:
    rows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for table, column, key in places:
        rows[table, column].append(key)
    for (table, column), keys in sorted(rows.items()):
        model = models()[table]
        wanted = erasing.by_key(table_of(model), keys)
        erasures.noted(model, wanted, column=column)
        db.session.execute(
            update(model)
            .where(wanted)
            .values(erasing.gone(table_of(model).c[column], now=datetime.min))
            .execution_options(synchronize_session=False)
        )


def _letters(of: Words, ids: Sequence[int]) -> None:
    """Their mails, and what their subjects say; nothing of them goes any more."""
    erasures.remove(LetterMail, LetterMail.letter_id.in_(ids))
    stands = comparing.stands_in(of.words)
    subjects = db.session.execute(
        select(Letter.id, Letter.subject).where(Letter.id.in_(ids)).order_by(Letter.id)
    )
    told = [key for key, subject in subjects if stands(subject)]
    if told:
        erasures.noted(Letter, Letter.id.in_(told), column="subject")
        gone = erasing.gone(table_of(Letter).c.subject, now=datetime.min)
        db.session.execute(
            update(Letter)
            .where(Letter.id.in_(told))
            .values(gone)
            .execution_options(synchronize_session=False)
        )
    db.session.execute(
        update(Letter)
        .where(Letter.id.in_(ids), Letter.status == WAITING)
        .values(status=WITHDRAWN, last_error="Words in it were erased.")
        .execution_options(synchronize_session=False)
    )


def _came_in(ids: Sequence[int], partnership_id: int, *, who: str, now: datetime) -> None:
    for mail in db.session.scalars(
        select(Incoming)
        .where(Incoming.id.in_(ids), of_partnership(Incoming, partnership_id))
        .order_by(Incoming.id)
    ).all():
        inbox.erase(mail, who=who, now=now)
