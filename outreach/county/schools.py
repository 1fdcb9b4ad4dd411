"""Schools: what the register says of each by date, what was corrected here, and each school's own days.

`School` is a school as it is now, local corrections laid over the register: what pages show and
search. `SchoolRecord` and `Correction` are the dated rows it is made of; standings read only those.
"""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant


class SchoolFacts:
    """What is known of a school; names after the GIAS columns. Unknown is None ('' for text never known)."""

    name: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    type_of_establishment: Mapped[str] = mapped_column(Text)
    phase_of_education: Mapped[str | None] = mapped_column(Text)
    statutory_low_age: Mapped[int | None]
    statutory_high_age: Mapped[int | None]
    number_of_pupils: Mapped[int | None]
    la_code: Mapped[str] = mapped_column(Text)
    district_code: Mapped[str | None] = mapped_column(Text)
    district_name: Mapped[str | None] = mapped_column(Text)
    trust_name: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str] = mapped_column(Text, default="")
    locality: Mapped[str] = mapped_column(Text, default="")
    town: Mapped[str] = mapped_column(Text, default="")
    postcode: Mapped[str] = mapped_column(Text, default="")
    website: Mapped[str] = mapped_column(Text, default="")
    telephone: Mapped[str] = mapped_column(Text, default="")
    easting: Mapped[int | None]
    northing: Mapped[int | None]
    open_date: Mapped[date | None]
    close_date: Mapped[date | None]


class School(Base, SchoolFacts):
    """A school as it is now, known by its URN. Closed schools are kept."""

    __tablename__ = "school"
    __table_args__ = (Index("ix_school_la_code", "la_code"),)

    urn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def place_known(self) -> bool:
        return self.easting is not None and self.northing is not None


OPEN_STATUSES = ("Open", "Open, but proposed to close")


class SchoolRecord(Base, SchoolFacts):
    """What the register said of a school from `recorded_at` on; a new row whenever it says otherwise."""

    __tablename__ = "school_record"
    __table_args__ = (
        Index("ix_school_record_urn", "urn", "id"),
        Index("ix_school_record_la_code", "la_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("register_import.id"))


class RegisterImport(Base):
    """One application of a register file."""

    __tablename__ = "register_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    la_codes: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text, default="")


class Correction(Base):
    """A local word against the register for one field (a SchoolFacts name), from `recorded_at` on.

    The newest row of a field holds. `value` is the text of the new value, '' for 'not known';
    a row with `withdrawn` gives the field back to the register.
    """

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_urn", "urn", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    field: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text, default="")
    withdrawn: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")


class Succession(Base):
    """Predecessor and successor, whichever side the register's links file states it."""

    __tablename__ = "succession"
    __table_args__ = (
        UniqueConstraint("predecessor_urn", "successor_urn"),
        CheckConstraint("predecessor_urn <> successor_urn", name="other"),
        Index("ix_succession_successor", "successor_urn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    predecessor_urn: Mapped[int]
    successor_urn: Mapped[int]
    link_date: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class OwnNumber(Base):
    """A school's own number of pupils in one year group of one academic year; the newest row holds."""

    __tablename__ = "own_number"
    __table_args__ = (
        Index("ix_own_number_urn", "urn", "academic_year", "id"),
        CheckConstraint("pupils >= 0", name="pupils"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    academic_year: Mapped[int]
    year_group: Mapped[int]
    pupils: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class SchoolTerm(Base):
    """A school's own term; a school that has one in an academic year goes by its own terms in it."""

    __tablename__ = "school_term"
    __table_args__ = (
        UniqueConstraint("urn", "first_day"),
        CheckConstraint("first_day <= last_day", name="order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    first_day: Mapped[date]
    last_day: Mapped[date]


class SchoolDay(Base):
    """A school's own exception for one day: closed (INSET, ruled out), or open though the authority is not."""

    __tablename__ = "school_day"
    __table_args__ = (UniqueConstraint("urn", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    day: Mapped[date]
    is_open: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text, default="")


class SchoolHours(Base):
    """A school's own day, where it told us; else the partnership's setting holds."""

    __tablename__ = "school_hours"
    __table_args__ = (CheckConstraint("opens < closes", name="order"),)

    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"), primary_key=True)
    opens: Mapped[time]
    closes: Mapped[time]
