"""Who is written to at a school: work details, with where they came from; ended, not overwritten."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant


class Contact(Base):
    """One person or office at one school. A dated row: it counts from created_at until ended_at."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_urn", "urn"),
        Index("ix_contact_address", "address"),
        Index("uq_contact_urn_address", "urn", "address", unique=True, postgresql_where=text("ended_at IS NULL"),
              sqlite_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    name: Mapped[str] = mapped_column(Text, default="")
    role: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(Text)
    source_date: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
