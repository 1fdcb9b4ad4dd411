"""Table of letters that chase an answer: one row for each letter about one asking, and the database's word
against two.

An asking is the first invitation of a school since it last said anything. Whatever the school says ends it;
asked anew, it is another asking and another reason to write.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, Text, exists, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.booking.promises import Booking
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, made_once
from outreach.post.outbox import Letter

FIRST, SECOND, HEAD, TRUST = "first reminder", "second reminder", "head teacher", "trust"
REMINDERS = (FIRST, SECOND)
"""In the order in which they go; whoever was reminded so often is not reminded again."""

_STANDS = text("withdrawn_at IS NULL")


class Chase(Base):
    """One letter to one address about one asking. `address` is in small letters, so that capitals make no
    second person.

    `withdrawn_at`: it was taken back before it went, since its reason had gone (`withdrawn_why`); it counts for
    nothing.
    """

    __tablename__ = "chase"
    __table_args__ = (
        CheckConstraint(
            "reason IN ('first reminder', 'second reminder', 'head teacher', 'trust')", name="reason"
        ),
        CheckConstraint("address = lower(address)", name="address"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_why = '')", name="withdrawn"),
        Index("ix_chase_programme", "programme_id", "organisation_id"),
        Index(
            "uq_chase_person",
            "programme_id",
            "organisation_id",
            "address",
            "reason",
            "asking_id",
            unique=True,
            postgresql_where=_STANDS,
            sqlite_where=_STANDS,
        ),
        Index(
            "uq_chase_reminder",
            "asking_id",
            "reason",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL AND reason IN ('first reminder', 'second reminder')"),
            sqlite_where=text("withdrawn_at IS NULL AND reason IN ('first reminder', 'second reminder')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    asking_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    reason: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), unique=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_why: Mapped[str] = mapped_column(Text, default="")


def standing(programme_id: int, organisation_ids: Iterable[int] | None = None) -> list[tuple[Chase, Letter]]:
    """What was written and not taken back, with its letter (without the bytes), oldest first; one query."""
    rows = db.session.execute(
        *_standing(programme_id, None if organisation_ids is None else set(organisation_ids))
    )
    return [(chase, letter) for chase, letter in rows]


@made_once
def _standing(programme_id: int, organisation_ids: Collection[int] | None) -> Select[Chase, Letter]:
    query = (
        select(Chase, Letter)
        .join(Letter, Letter.id == Chase.letter_id)
        .where(Chase.programme_id == programme_id, Chase.withdrawn_at.is_(None))
        .order_by(Chase.id)
    )
    return query if organisation_ids is None else query.where(Chase.organisation_id.in_(organisation_ids))


def is_anybody_reminded_out(programme_id: int) -> bool:
    """Whether some school of a programme has had its last reminder: before that nothing waits for consent.
    One query."""
    return db.session.scalar(*_reminded_out(programme_id)) is not None


@made_once
def _reminded_out(programme_id: int) -> Select[int]:
    last = (Chase.programme_id == programme_id, Chase.reason == SECOND, Chase.withdrawn_at.is_(None))
    return select(Chase.id).where(*last).limit(1)


def put(
    programme_id: int,
    organisation_id: int,
    asking_id: int,
    reason: str,
    letter: Letter,
    *,
    who: str,
    now: datetime,
) -> Chase:
    """Keep that this letter chases that asking. Raises IntegrityError where the person had one for the same
    reason."""
    db.session.flush()
    chase = Chase(
        programme_id=programme_id,
        organisation_id=organisation_id,
        asking_id=asking_id,
        reason=reason,
        address=letter.recipient.lower(),
        letter_id=letter.id,
        recorded_at=now,
        who=who,
    )
    db.session.add(chase)
    history.record(
        REMINDED.get(reason, f"raised to the {reason}"),
        history.Subject("school", organisation_id, letter.partnership_id),
        who=who,
        now=now,
        after={"address": letter.recipient},
    )
    db.session.flush()
    return chase


REMINDED = {FIRST: "reminded", SECOND: "reminded again"}


def counts(programme_id: int) -> dict[str, int]:
    """How many letters of each reason were written and not taken back; every reason is there. One query."""
    rows = db.session.execute(
        select(Chase.reason, func.count())
        .where(Chase.programme_id == programme_id, Chase.withdrawn_at.is_(None))
        .group_by(Chase.reason)
        .order_by(Chase.reason)
    )
    return dict.fromkeys((*REMINDERS, HEAD, TRUST), 0) | {reason: n for reason, n in rows}


class ChaseWithFate(NamedTuple):
    """A letter of the chasing: what became of it, to which school it went, and whether the school booked
    since."""

    chase: Chase
    status: str
    organisation: Organisation
    booked: bool


def written(programme_id: int, reason: str, *, first: int, most: int) -> list[ChaseWithFate]:
    """Some letters of one reason, newest first; one query."""
    booked = exists().where(
        Booking.programme_id == programme_id,
        Booking.organisation_id == Chase.organisation_id,
        Booking.ended_at.is_(None),
        Booking.created_at >= Chase.recorded_at,
    )
    rows = db.session.execute(
        select(Chase, Letter.status, Organisation, booked)
        .join(Letter, Letter.id == Chase.letter_id)
        .join(Organisation, Organisation.organisation_id == Chase.organisation_id)
        .where(Chase.programme_id == programme_id, Chase.reason == reason, Chase.withdrawn_at.is_(None))
        .order_by(Chase.recorded_at.desc(), Chase.id.desc())
        .offset(first)
        .limit(most)
    )
    return [ChaseWithFate(*row) for row in rows]
