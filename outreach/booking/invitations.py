"""Asking a school to book: rounds, invitations, and what it answered."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant


class InvitationRound(Base):
    """One sending to many schools, as the coordinator saw it before it went."""

    __tablename__ = "invitation_round"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")


class Invitation(Base):
    """Asks one school, at one address, to book. It counts as asked once its letter was handed over."""

    __tablename__ = "invitation"
    __table_args__ = (Index("ix_invitation_programme", "programme_id", "urn"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("invitation_round.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    address: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("personal_link.id"))
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


class LinkRequest(Base):
    """The open door: somebody asked for a school's link. What waits for a coordinator's click is `decided_at` None."""

    __tablename__ = "link_request"
    __table_args__ = (Index("ix_link_request_programme", "programme_id", "decided_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    address: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, default="")
    why_waiting: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decision: Mapped[str] = mapped_column(Text, default="")
    who: Mapped[str] = mapped_column(Text, default="")
