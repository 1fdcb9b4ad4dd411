"""The letter book: what was written to whom, looked through; a letter tried again, or taken back."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select, update

from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.post import copies
from outreach.post.calendars import REQUEST
from outreach.post.outbox import (
    BOUNCED,
    FAILED,
    SENT,
    SUPERSEDED,
    WAITING,
    WITHDRAWN,
    Letter,
    LetterMail,
    is_dead,
)


class LetterGone(Refusal):
    """What has left cannot be called back."""


class AddressBounced(Refusal):
    """An address that bounced for good is not written to."""


class Overtaken(Refusal):
    """A newer letter about the same thing has taken this one's place."""


def get(letter_id: int, partnership_id: int) -> Letter | None:
    """One letter of a partnership; None for another's, and for one that never was."""
    letter = db.session.get(Letter, letter_id)
    return letter if letter is not None and letter.partnership_id == partnership_id else None


OVER = "over"
"""In lists: failed, and the reason is over; FAILED are then the others."""


def counts(partnership_id: int, over: ColumnElement[bool]) -> dict[str, int]:
    """How many letters stand in each status; every status is there, and OVER."""
    status = case((and_(Letter.status == FAILED, over), OVER), else_=Letter.status)
    found = db.session.execute(
        select(status, func.count())
        .where(Letter.partnership_id == partnership_id)
        .group_by(status)
        .order_by(status)
    )
    return dict.fromkeys((WAITING, SENT, FAILED, OVER, BOUNCED, SUPERSEDED, WITHDRAWN), 0) | {
        s: n for s, n in found
    }


def letters(
    partnership_id: int,
    over: ColumnElement[bool],
    status: str = "",
    *,
    written_to: str = "",
    first: int = 0,
    most: int = 50,
) -> Sequence[Letter]:
    """The letters in one status ('' for all), newest first."""
    return db.session.scalars(
        select(Letter)
        .where(*_chosen(partnership_id, over, status, written_to))
        .order_by(Letter.created_at.desc(), Letter.id.desc())
        .offset(first)
        .limit(most)
    ).all()


def how_many(
    partnership_id: int, over: ColumnElement[bool], status: str = "", *, written_to: str = ""
) -> int:
    return (
        db.session.scalar(
            select(func.count()).select_from(Letter).where(*_chosen(partnership_id, over, status, written_to))
        )
        or 0
    )


def _chosen(
    partnership_id: int, over: ColumnElement[bool], status: str, written_to: str
) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = [Letter.partnership_id == partnership_id]
    if status in (FAILED, OVER):
        chosen += [Letter.status == FAILED, over if status == OVER else not_(over)]
    elif status:
        chosen.append(Letter.status == status)
    if written_to:
        chosen.append(
            or_(
                Letter.recipient.icontains(written_to, autoescape=True),
                Letter.subject.icontains(written_to, autoescape=True),
            )
        )
    return chosen


def of_organisations(
    organisation_ids: Collection[int], visits: Collection[str], partnership_id: int, *, most: int
) -> Sequence[Letter]:
    """What was written to some schools: about asking, whose streams name the school, and about `visits`, by
    UID. The newest first; one query."""
    about = [Letter.stream.in_(set(visits))]
    for organisation_id in organisation_ids:
        about += [
            Letter.stream.like(f"%/%/{organisation_id}"),
            Letter.stream.like(f"%/%/{organisation_id}/%"),
        ]
    # The streams are gone through in their index, which is far smaller than the table.
    these = select(Letter.id).where(or_(*about))
    return db.session.scalars(
        select(Letter)
        .where(Letter.id.in_(these), Letter.partnership_id == partnership_id)
        .order_by(Letter.created_at.desc(), Letter.id.desc())
        .limit(most)
    ).all()


def waiting_before(moment: datetime) -> int:
    """How many letters of all partnerships could have gone by `moment` and have not."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Letter)
            .where(Letter.status == WAITING, Letter.not_before <= moment)
        )
        or 0
    )


def can_go(letter: Letter) -> None:
    """Raises LetterGone, AddressDead or Overtaken for a letter that can go no more; one with an invite can go again."""
    if letter.status in (SENT, BOUNCED) and not letter.method:
        raise LetterGone("This letter has gone. Write a new one instead.")
    if letter.status in (SUPERSEDED, WITHDRAWN):
        raise Overtaken("This letter was taken back and cannot be sent again.")
    if is_dead(letter.recipient):
        raise AddressBounced(f"Mail to {letter.recipient} bounced for good. Correct the address first.")
    if letter.method and newest(letter.stream, letter.recipient) is not letter:
        raise Overtaken("A newer letter about the same visit has taken this one's place.")


def newest(stream: str, recipient: str) -> Letter | None:
    """The newest letter with an invite of one thread that could go, or did."""
    return db.session.scalar(
        select(Letter)
        .where(
            Letter.stream == stream,
            func.lower(Letter.recipient) == recipient.lower(),
            Letter.method != "",
            Letter.status.in_((WAITING, FAILED, SENT, BOUNCED)),
        )
        .order_by(Letter.sequence.desc(), Letter.dtstamp.desc(), Letter.id.desc())
        .limit(1)
    )


def go(letter: Letter, *, who: str, now: datetime) -> None:
    """It waits from now on to go at once."""
    letter.attempts = 0 if letter.status == FAILED else letter.attempts
    letter.status, letter.not_before = WAITING, now
    history.record("tried again", letter, who=who, now=now)


def withdraw(letter: Letter, *, who: str, now: datetime) -> None:
    """Take a letter back that has not gone; its link is hidden in the kept copy. Raises LetterGone."""
    taken = db.session.scalar(
        update(Letter)
        .where(Letter.id == letter.id, Letter.status.in_((WAITING, FAILED)), Letter.lease_until.is_(None))
        .values(status=WITHDRAWN)
        .returning(Letter.id)
    )
    if taken is None:
        raise LetterGone("This letter has gone, or is going this moment.")
    db.session.refresh(letter)
    letter.raw = copies.masked(letter.raw)
    history.record("withdrew", letter, who=who, now=now)


def revisions_of(stream: str) -> list[tuple[int, datetime]]:
    """(SEQUENCE, when its first invite was made) of one stream, rising by SEQUENCE; whether it went or
    not."""
    rows = db.session.execute(
        select(Letter.sequence, func.min(Letter.dtstamp))
        .where(Letter.stream == stream, Letter.method == REQUEST)
        .group_by(Letter.sequence)
        .order_by(Letter.sequence)
    )
    return [(sequence, made_at) for sequence, made_at in rows]


def withdraw_all(recipient: str, partnership_id: int | None, *, who: str, now: datetime) -> None:
    """Take back all that has not gone to one address of a partnership, or could not be delivered there."""
    _withdraw(
        func.lower(Letter.recipient) == recipient.lower(),
        Letter.partnership_id == partnership_id,
        who=who,
        now=now,
    )


def withdraw_stream(stream: str, *, who: str, now: datetime) -> None:
    """Take back all of one stream that has not gone, or could not be delivered."""
    _withdraw(Letter.stream == stream, who=who, now=now)


def withdraw_together(letter_ids: Sequence[int], *, who: str, now: datetime) -> None:
    """Take back some letters, all of them or none; a constant number of queries. Raises LetterGone, for the
    transaction to end with."""
    if _withdraw(Letter.id.in_(letter_ids), who=who, now=now) < len(letter_ids):
        raise LetterGone("One of these letters has gone, or is going this moment.")


def _withdraw(*which: ColumnElement[bool], who: str, now: datetime) -> int:
    taken = db.session.scalars(
        update(Letter)
        .where(*which, Letter.status.in_((WAITING, FAILED)), Letter.lease_until.is_(None))
        .values(status=WITHDRAWN)
        .returning(Letter.id)
    ).all()
    rows = db.session.execute(
        select(Letter, LetterMail).join(LetterMail).where(Letter.id.in_(taken)).order_by(Letter.id)
    )
    for letter, mail in rows.all():
        mail.raw = copies.masked(mail.raw)
        history.record("withdrew", letter, who=who, now=now)
    return len(taken)
