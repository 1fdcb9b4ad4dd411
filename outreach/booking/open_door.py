"""The open door: somebody asks for a school's link, and it goes only where the school itself reads.

An ask is put down by the page and answered a moment later by `answer_asks`, so that the page does the
same work, says the same words and takes the same time whatever the address is.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.schools import School
from outreach.ground.db import Base, Instant
from outreach.tour.programmes import Programme


class LinkRequest(Base):
    """Somebody asked for a school's link.

    Not yet looked at: no `why_waiting`, no `decided_at`. Waits for a coordinator's click: `why_waiting`
    and no `decided_at`.
    """

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


def ask_for_link(programme: Programme, school: School, address: str, *, name: str, now: datetime) -> None:
    """Put down an ask; the same work whatever the address is, and nothing in return."""
