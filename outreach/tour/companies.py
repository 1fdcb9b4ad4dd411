"""Companies that play, and their troupes: one cast, one van, a base."""

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.ground.db import Base, OfPartnership


class Company(Base, OfPartnership):
    __tablename__ = "company"
    __table_args__ = (UniqueConstraint("partnership_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    contact_name: Mapped[str] = mapped_column(Text, default="")
    contact_email: Mapped[str] = mapped_column(Text, default="")
    contact_phone: Mapped[str] = mapped_column(Text, default="")


class Troupe(Base):
    """`base_*` is where the van starts and ends its day; unknown base: the day begins at the first hall."""

    __tablename__ = "troupe"
    __table_args__ = (UniqueConstraint("company_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    base_name: Mapped[str] = mapped_column(Text, default="")
    base_easting: Mapped[int | None]
    base_northing: Mapped[int | None]
    calendar_address: Mapped[str] = mapped_column(Text, default="")

    company: Mapped[Company] = relationship(lazy="joined")
