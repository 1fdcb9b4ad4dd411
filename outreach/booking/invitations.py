"""Asking a school to book: rounds, invitations, and what it answered.

Nobody is written to twice by a round: rounds of one programme queue at its row, each sees what the
one before sent, and a unique constraint on (programme, school, address, repeat) stands behind that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.contacts import Contact
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import Base, Instant
from outreach.ground.timespans import end_of_day
from outreach.tour.programmes import Programme

if TYPE_CHECKING:
    from outreach.post import letters

LINK_DAYS_AFTER_REPLY_BY = 30


class InvitationRound(Base):
    """One sending to many schools, as the coordinator saw it before it went."""

    __tablename__ = "invitation_round"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")


class Invitation(Base):
    """Asks one school, at one address, to book. It counts as asked once its letter was handed over.

    `repeat` is 0 the first time an address is asked for a school, 1 the next time.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        Index("ix_invitation_programme", "programme_id", "urn"),
        UniqueConstraint("programme_id", "urn", "address", "repeat"),
        CheckConstraint("repeat >= 0", name="repeat"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("invitation_round.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    address: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("personal_link.id"))
    repeat: Mapped[int] = mapped_column(default=0)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


DECLINED, OTHER_DATE, WAITING_LIST, SOMEBODY_ELSE, REFUSED_SLOT = (
    "declined",
    "other date",
    "waiting list",
    "somebody else",
    "refused slot",
)


class Answer(Base):
    """What a school said short of booking; the newest row holds, a booking after it ends an earlier no."""

    __tablename__ = "answer"
    __table_args__ = (
        Index("ix_answer_programme", "programme_id", "urn", "id"),
        CheckConstraint(
            "kind IN ('declined', 'other date', 'waiting list', 'somebody else', 'refused slot')", name="kind"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class FormBegun(Base):
    """A school chose a slot and began the form: the cause 'started' while no booking follows."""

    __tablename__ = "form_begun"
    __table_args__ = (Index("ix_form_begun_programme", "programme_id", "urn"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """One school that a round writes to, and at which address."""

    school: School
    contact: Contact


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """One school that a round does not write to, and why, in words."""

    school: School
    why: str


@dataclass(frozen=True, kw_only=True)
class RoundPreview:
    """What a round would do: both lists by school name; the exact letter to the first of them, None for nobody."""

    recipients: tuple[Recipient, ...]
    left_out: tuple[LeftOut, ...]
    letter: "letters.Rendered | None"


def invitation_expiry(programme: Programme) -> datetime:
    """Until when an invitation's link opens: the end of the 30th day after the reply-by date."""
    return end_of_day(programme.reply_by + timedelta(days=LINK_DAYS_AFTER_REPLY_BY))


def sender_of(partnership: Partnership) -> "letters.Sender":
    """Who signs this partnership's letters."""
    from outreach.post import letters

    return letters.Sender(
        partnership_id=partnership.id,
        partnership_name=partnership.name,
        contact_name=partnership.contact_name,
        contact_role=partnership.contact_role,
        contact_phone=partnership.contact_phone,
        contact_email=partnership.contact_email,
    )
