"""Who runs programmes, for which authorities, with which settings; their terms and INSET days."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, db


class Partnership(Base):
    """The body that runs programmes. Its people see nothing of another partnership."""

    __tablename__ = "partnership"
    __table_args__ = (
        CheckConstraint("road_base_minutes >= 0 AND road_minutes_per_km >= 0", name="road"),
        CheckConstraint("hold_minutes BETWEEN 5 AND 60", name="hold"),
        CheckConstraint("slot_step_minutes BETWEEN 5 AND 60", name="step"),
        CheckConstraint("counted_share > 0 AND counted_share <= 1", name="share"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    county: Mapped[str] = mapped_column(Text)
    reference_prefix: Mapped[str] = mapped_column(Text)
    contact_name: Mapped[str] = mapped_column(Text, default="")
    contact_role: Mapped[str] = mapped_column(Text, default="")
    contact_email: Mapped[str] = mapped_column(Text, default="")
    contact_phone: Mapped[str] = mapped_column(Text, default="")
    road_base_minutes: Mapped[float] = mapped_column(default=6.0)
    road_minutes_per_km: Mapped[float] = mapped_column(default=1.25)
    hold_minutes: Mapped[int] = mapped_column(default=15)
    slot_step_minutes: Mapped[int] = mapped_column(default=15)
    school_opens: Mapped[time] = mapped_column(default=time(9))
    school_closes: Mapped[time] = mapped_column(default=time(15))
    counted_share: Mapped[float] = mapped_column(default=0.5)
    districts_geojson: Mapped[str | None] = mapped_column(Text)


class Authority(Base):
    """A local authority, by its LA code; it belongs to exactly one partnership."""

    __tablename__ = "authority"

    la_code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"), index=True)


class Term(Base):
    """A stretch of school days of one authority, first and last day included."""

    __tablename__ = "term"
    __table_args__ = (
        UniqueConstraint("la_code", "first_day"),
        CheckConstraint("first_day <= last_day", name="order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    la_code: Mapped[str] = mapped_column(ForeignKey("authority.la_code"))
    first_day: Mapped[date]
    last_day: Mapped[date]


class InsetDay(Base):
    """A day inside a term on which the schools of one authority have no pupils."""

    __tablename__ = "inset_day"
    __table_args__ = (UniqueConstraint("la_code", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    la_code: Mapped[str] = mapped_column(ForeignKey("authority.la_code"))
    day: Mapped[date]


def get(partnership_id: int) -> Partnership:
    return db.session.get_one(Partnership, partnership_id)


def authorities(partnership_id: int) -> list[Authority]:
    return list(
        db.session.scalars(
            select(Authority).where(Authority.partnership_id == partnership_id).order_by(Authority.la_code)
        )
    )
