"""Invitations of people to sign in: a link to one address, which lapses, and what became of it.

A person is added when they are invited, and comes in once they have chosen a password by that link, or were let in any
other way. Only a link's hash is kept.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ColumnElement, Index, Text, exists, select, text, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from outreach.ground import whose
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import Refusal
from outreach.post import about_sign_in, letterbook
from outreach.post.outbox import BOUNCED, FAILED, Letter

LASTS = timedelta(days=14)

CAME_IN, SENT_AGAIN, WITHDRAWN = "came in", "sent again", "withdrawn"


class InvitationOver(Refusal):
    """The link was used, replaced or withdrawn, has lapsed, or never was."""


class ChangedMeanwhile(Refusal):
    """A colleague sent it again or withdrew it, or the person came in, since the page was opened."""


class MailComesBack(Refusal):
    pass


class PersonInvitation(Base):
    """One link by which one person comes in first, from `invited_at` until `lapses_at` or until it ended. `letter_id`:
    the letter that bears it; None of one that was handed over. A person has one that has not ended, at most."""

    __tablename__ = "person_invitation"
    __table_args__ = (
        key_within_partnership("person_id", "person"),
        key_within_partnership("letter_id", "letter"),
        Index(
            "uq_person_invitation_standing",
            "person_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("(ended_at IS NULL) = (how_ended IS NULL)", name="ended"),
        CheckConstraint(f"how_ended IN {(CAME_IN, SENT_AGAIN, WITHDRAWN)}", name="how"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    person_id: Mapped[int]
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    letter_id: Mapped[int | None]
    invited_at: Mapped[datetime] = mapped_column(Instant)
    invited_by: Mapped[str] = mapped_column(Text)
    lapses_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    how_ended: Mapped[str | None] = mapped_column(Text)

    def open_at(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.lapses_at


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How somebody's invitation stands; `undelivered`: what the mail server said of its letter, '' while it may have
    arrived."""

    invitation: PersonInvitation
    undelivered: str

    def lapsed(self, now: datetime) -> bool:
        return not self.invitation.open_at(now)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A fresh invitation, and the only copy of its token."""

    invitation: PersonInvitation
    token: str


def make(partnership_id: int, person_id: int, *, who: str, now: datetime) -> Made:
    """A new link of 192 random bits; the caller has ended the one before."""
    token = secrets.token_urlsafe(24)
    invitation = PersonInvitation(
        partnership_id=partnership_id,
        person_id=person_id,
        token_hash=_hash_of(token),
        invited_at=now,
        invited_by=who,
        lapses_at=now + LASTS,
    )
    db.session.add(invitation)
    db.session.flush()
    return Made(invitation=invitation, token=token)


def end(person_id: int, how: str, *, who: str, now: datetime) -> bool:
    """What stands of a person's ends, and its letter does not go any more; whether anything did. Of two at once one
    ends it."""
    ended = db.session.scalar(
        update(PersonInvitation)
        .where(PersonInvitation.person_id == person_id, PersonInvitation.ended_at.is_(None))
        .values(ended_at=now, how_ended=how)
        .returning(PersonInvitation.id)
    )
    if ended is None:
        return False
    letterbook.withdraw_stream(about_sign_in.invitation_stream(ended), who=who, now=now)
    return True


def find(token: str) -> PersonInvitation | None:
    """The invitation of a token, open or not."""
    whose.bind_to("invitation", _hash_of(token))
    return db.session.scalar(
        select(PersonInvitation)
        .where(PersonInvitation.token_hash == _hash_of(token))
        .execution_options(populate_existing=True)
    )


def find_standing(person_id: int) -> PersonInvitation | None:
    """What has not ended of somebody's, lapsed or not."""
    return db.session.scalar(
        select(PersonInvitation)
        .where(PersonInvitation.person_id == person_id, PersonInvitation.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


def is_awaited(person_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Of the person of a row: they were invited and have not come in."""
    return exists().where(PersonInvitation.person_id == person_id, PersonInvitation.ended_at.is_(None))


def withdrawn(partnership_id: int) -> set[int]:
    """Who left without ever having come in since they were invited, by id. One query."""
    rows = db.session.scalars(
        select(PersonInvitation.person_id).where(
            PersonInvitation.partnership_id == partnership_id, PersonInvitation.how_ended == WITHDRAWN
        )
    )
    return set(rows)


def standing(partnership_id: int) -> dict[int, Standing]:
    """Of each person who was invited and has not come in, how that stands. One query."""
    rows = db.session.execute(
        select(PersonInvitation, Letter.status, Letter.last_error)
        .outerjoin(Letter, Letter.id == PersonInvitation.letter_id)
        .where(PersonInvitation.partnership_id == partnership_id, PersonInvitation.ended_at.is_(None))
        .order_by(PersonInvitation.id)
    )
    return {
        invitation.person_id: Standing(
            invitation=invitation,
            undelivered=(said or "It came back.") if status in (FAILED, BOUNCED) else "",
        )
        for invitation, status, said in rows
    }


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
