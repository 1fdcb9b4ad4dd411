"""Schools: what the register says of each by date, what was corrected here, and each school's own days.

Whoever is asked is an `Organisation`: a school, or a body that no register knows (bodies.py). `School` is a school as
it is now, local corrections laid over the register: what pages show and search. `OrganisationRecord` and `Correction`
are the dated rows it is made of; standings read only those.
Where a school stands on the map is told by school_locations.py, corrections are made in corrections.py.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Select,
    Text,
    UniqueConstraint,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, synonym

from outreach.ground import history
from outreach.ground.audience import FIRST_OF_BODIES as FIRST_OF_BODIES
from outreach.ground.db import Base, Instant, db, made_once
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.school_year import STAFF, YEAR_GROUPS, year_group_name
from outreach.ground.wording import words_of


class SchoolFacts:
    """What is known of a school; names after the GIAS columns. Unknown is None ('' for text never known).

    `census_date` is the day on which `number_of_pupils` and `percentage_fsm` (pupils who may have free school
    meals, in percent) were counted. `establishment_number` names a school within its authority, see
    `laestab`.
    """

    name: Mapped[str] = mapped_column(Text)
    establishment_number: Mapped[int | None]
    status: Mapped[str] = mapped_column(Text)
    type_of_establishment: Mapped[str] = mapped_column(Text)
    phase_of_education: Mapped[str | None] = mapped_column(Text)
    statutory_low_age: Mapped[int | None]
    statutory_high_age: Mapped[int | None]
    number_of_pupils: Mapped[int | None]
    census_date: Mapped[date | None]
    percentage_fsm: Mapped[float | None] = mapped_column(Float)
    la_code: Mapped[str] = mapped_column(Text)
    district_code: Mapped[str | None] = mapped_column(Text)
    district_name: Mapped[str | None] = mapped_column(Text)
    trust_name: Mapped[str | None] = mapped_column(Text)
    federation_name: Mapped[str | None] = mapped_column(Text)
    urban_rural: Mapped[str | None] = mapped_column(Text)
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


def found_by(name: str, town: str, postcode: str, urn: int, laestab: str = "") -> str:
    """What `find` looks through: the words of the name, the town, the postcode with and without its space,
    the URN, and the LAESTAB with and without its stroke."""
    code = words_of(postcode)
    numbers = f" {words_of(laestab)} {laestab.replace('/', '')}" if laestab else ""
    return f" {words_of(f'{name} {town}')} {code} {code.replace(' ', '')} {urn}{numbers}"


def laestab(la_code: str, establishment_number: int | None) -> str:
    """A school's number in its authority, as the department writes it: '931/4032'; '' where it has none."""
    return "" if establishment_number is None else f"{la_code}/{establishment_number:04d}"


def _found_by(context: DefaultExecutionContext) -> str:
    given = context.get_current_parameters()
    number = laestab(given["la_code"], given.get("establishment_number"))
    where = given.get("town") or "", given.get("postcode") or ""
    return found_by(given["name"], *where, given["organisation_id"], number)


SCHOOL, BODY, VENUE = "school", "body", "venue"
FIRST_OF_ONLINE = 2_000_000_000
"""By its number alone one tells a meeting online from a venue that one travels to."""


class StaffCounted:
    """How many staff of an organisation meet the public, and the day on which they were counted: both, or neither.
    Nobody (0) is a count; unknown is None."""

    front_line_staff: Mapped[int | None]
    staff_counted_on: Mapped[date | None]


def _staff_guards() -> tuple[CheckConstraint, ...]:
    return (
        CheckConstraint("front_line_staff >= 0", name="front_line_staff"),
        CheckConstraint("(front_line_staff IS NULL) = (staff_counted_on IS NULL)", name="staff_counted_on"),
    )


class Organisation(Base, SchoolFacts, StaffCounted):
    """Whoever is asked, as it is now: a `School` or a `Body`, which have the columns in common. Closed ones are kept.
    And a `Venue`, which is host to those who are asked and is never asked itself.

    A school is its authority's, and a partnership's through it; a body and a venue are of no authority, and
    `partnership_id` says whose they are. So what asks for the schools of some authorities never meets them. Of a venue,
    `capacity` is how many it holds (None: unknown), and `at_organisation_id` the school or body in whose house it is.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint(f"kind IN ('{SCHOOL}', '{BODY}', '{VENUE}')", name="kind"),
        CheckConstraint(f"(kind = '{SCHOOL}') = (organisation_id < {FIRST_OF_BODIES})", name="number"),
        CheckConstraint(f"(kind <> '{SCHOOL}') = (partnership_id IS NOT NULL)", name="partnership"),
        CheckConstraint(f"kind = '{SCHOOL}' OR la_code = ''", name="authority"),
        CheckConstraint(f"capacity IS NULL OR kind = '{VENUE}' AND capacity > 0", name="capacity"),
        CheckConstraint(f"at_organisation_id IS NULL OR kind = '{VENUE}'", name="venue"),
        CheckConstraint(
            f"kind <> '{VENUE}' OR (type_of_establishment = 'Online') = (organisation_id >= {FIRST_OF_ONLINE})",
            name="online",
        ),
        *_staff_guards(),
        Index("ix_organisation_la_code", "la_code"),
        Index("ix_organisation_establishment_number", "establishment_number"),
        # Of schools nothing stands in the first column, and such rows are all different.
        Index(
            "uq_organisation_partnership_id_type_of_establishment_name",
            "partnership_id",
            "type_of_establishment",
            "name",
            unique=True,
        ),
        Index(
            "uq_organisation_partnership_id_at_organisation_id",
            "partnership_id",
            "at_organisation_id",
            unique=True,
        ),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text, server_default=SCHOOL)
    partnership_id: Mapped[int | None] = mapped_column(ForeignKey("partnership.id"))
    found_by: Mapped[str] = mapped_column(Text, default=_found_by)
    capacity: Mapped[int | None]
    at_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.organisation_id"))

    __mapper_args__ = {"polymorphic_on": "kind"}

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def laestab(self) -> str:
        """'931/4032', or '' where the register gives no such number."""
        return laestab(self.la_code, self.establishment_number)

    @property
    def address(self) -> str:
        """'3 Mill Lane, Kestermere, ZZ1 4AA'; '' where nothing is known."""
        return ", ".join(part for part in (self.street, self.locality, self.town, self.postcode) if part)

    @property
    def place_known(self) -> bool:
        return self.easting is not None and self.northing is not None

    @property
    def is_venue(self) -> bool:
        """Host to those who are asked, and never asked itself."""
        return self.kind == VENUE

    @property
    def is_body(self) -> bool:
        return self.kind == BODY


class School(Organisation):
    """A school as it is now, known by its URN."""

    __mapper_args__ = {"polymorphic_identity": SCHOOL}
    urn: Mapped[int] = synonym("organisation_id")


OPEN_STATUSES = ("Open", "Open, but proposed to close")
CLOSED, PROPOSED = "Closed", "Proposed to open"
STATUSES = (*OPEN_STATUSES, CLOSED, PROPOSED)
"""What the register's downloads say; each word a coordinator may correct to."""


def has_closed(school: Any, day: date) -> ColumnElement[bool]:
    """Whether a predecessor (School or an alias of it) is closed on a day, as a condition: by its status from
    the closing date on, where it has one, or by a closing date that has come whatever the status."""
    come = and_(school.close_date.is_not(None), school.close_date <= day)
    return or_(come, and_(school.status.not_in(OPEN_STATUSES), school.close_date.is_(None)))


class OrganisationRecord(Base, SchoolFacts, StaffCounted):
    """What the register said of a school from `recorded_at` on, and a coordinator of a body; a new row whenever either
    says otherwise."""

    __tablename__ = "organisation_record"
    __table_args__ = (
        *_staff_guards(),
        Index("ix_organisation_record_organisation_id", "organisation_id", "id"),
        Index("ix_organisation_record_la_code", "la_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    urn: Mapped[int] = synonym("organisation_id")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("register_import.id"))


class RegisterImport(Base):
    """One application of a register file; `file_day` is that of the file itself, None where it did not
    tell."""

    __tablename__ = "register_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    la_codes: Mapped[str] = mapped_column(Text)
    file_day: Mapped[date | None]
    summary: Mapped[str] = mapped_column(Text, default="")


class Correction(Base):
    """A local word against the register for one field (a SchoolFacts name), from `recorded_at` on.

    The newest row of a field holds. `value` is the text of the new value, '' for 'not known';
    a row with `withdrawn` gives the field back to the register.
    """

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_urn", "urn", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    field: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text, default="")
    withdrawn: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")


class Succession(Base):
    """Predecessor and successor, whichever side the register's links file states it.

    `kind` is the register's own word for the link ('Successor - Split School'), the successor's side where
    both state it; '' where no file said. What a link passes on does not rest on it, but on whether the
    predecessor closed.
    """

    __tablename__ = "succession"
    __table_args__ = (
        UniqueConstraint("predecessor_id", "successor_id"),
        CheckConstraint("predecessor_id <> successor_id", name="other"),
        Index("ix_succession_successor", "successor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    predecessor_id: Mapped[int]
    successor_id: Mapped[int]
    link_date: Mapped[date | None]
    kind: Mapped[str] = mapped_column(Text, default="", server_default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class OwnNumber(Base):
    """A school's own number of pupils in one year group of one academic year; the newest row holds."""

    __tablename__ = "own_number"
    __table_args__ = (
        Index("ix_own_number_urn", "urn", "academic_year", "id"),
        CheckConstraint("pupils >= 0", name="pupils"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
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
    urn: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    first_day: Mapped[date]
    last_day: Mapped[date]


class SchoolDay(Base):
    """A school's own exception for one day: closed (INSET, ruled out), or open though the authority is
    not."""

    __tablename__ = "school_day"
    __table_args__ = (UniqueConstraint("urn", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    day: Mapped[date]
    is_open: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text, default="")


class SchoolHours(Base):
    """A school's own day, where it told us; else the partnership's setting holds."""

    __tablename__ = "school_hours"
    __table_args__ = (CheckConstraint("opens < closes", name="order"),)

    urn: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    opens: Mapped[time]
    closes: Mapped[time]


class NoSuchSchool(NoSuch):
    """A URN that the register here does not have."""


class NumbersMakeNoSense(Refusal):
    """A number of pupils that no year group of one school has."""


def get(urn: int) -> School:
    """One school, open or closed. Raises NoSuchSchool."""
    school = db.session.get(School, urn)
    if school is None:
        raise NoSuchSchool(
            f"No school here has the number {urn}. Look for it by its name or postcode.", field="urn"
        )
    return school


def of_urns(urns: Collection[int]) -> list[School]:
    """The schools of these URNs that are known here, by URN."""
    return list(db.session.scalars(*_of_urns(urns)))


@made_once
def _of_urns(urns: Collection[int]) -> Select[School]:
    return select(School).where(School.urn.in_(urns)).order_by(School.urn)


def find(text: str, la_codes: Collection[str], limit: int = 20) -> list[School]:
    """Schools of these authorities in whose name, town, postcode or URN a word begins with each word of
    `text`.

    Accents, case and punctuation do not matter. Open schools first, then those whose name begins so.
    """
    wanted = words_of(text)
    if not wanted:
        return []
    query = select(School).where(School.la_code.in_(la_codes))
    for word in wanted.split()[:8]:
        query = query.where(School.found_by.like(f"% {word}%"))
    closed = case((School.status.in_(OPEN_STATUSES), 0), else_=1)
    elsewhere = case((School.found_by.like(f" {wanted}%"), 0), else_=1)
    return list(db.session.scalars(query.order_by(closed, elsewhere, School.found_by).limit(limit)))


_LAESTAB = re.compile(r"(\d{3})\s?[/\\. -]?\s?(\d{4})(?:\.0+)?")


def read_laestab(text: str) -> tuple[str, int] | None:
    """('931', 4032) of '931/4032', '931 4032', '9314032' or '9314032.0', alone or after a word such as 'DfE'
    or 'LAESTAB'."""
    found = _LAESTAB.fullmatch(re.sub(r"^[^\d]+", "", text.strip()))
    return (found[1], int(found[2])) if found else None


def find_by_laestab(text: str, la_codes: Collection[str]) -> School | None:
    """The school of these authorities that a LAESTAB names; None where none does, or it cannot be told
    which."""
    return of_laestabs([text], la_codes).get(text)


def of_laestabs(texts: Collection[str], la_codes: Collection[str]) -> dict[str, School]:
    """{text: school} of those that name one school of these authorities; a query for each 500.

    An academy often keeps the number of the school it was: the one that is open is meant. Two open ones are
    nobody.
    """
    asked = {text: number for text in texts if (number := read_laestab(text)) and number[0] in la_codes}
    numbers = sorted({number for _, number in asked.values()})
    named: dict[tuple[str, int | None], list[School]] = {}
    for start in range(0, len(numbers), 500):
        for school in db.session.scalars(
            select(School)
            .where(
                School.la_code.in_(la_codes),
                School.establishment_number.in_(numbers[start : start + 500]),
            )
            .order_by(School.urn)
        ):
            named.setdefault((school.la_code, school.establishment_number), []).append(school)
    found = {}
    for text, number in asked.items():
        among = named.get(number, [])
        meant = [s for s in among if s.is_open] or among
        if len(meant) == 1:
            found[text] = meant[0]
    return found


def count(la_codes: Collection[str]) -> tuple[int, int]:
    """How many schools of these authorities are open, and how many are known in all."""
    query = select(func.count(), func.count(case((School.status.in_(OPEN_STATUSES), 1))))
    known, are_open = db.session.execute(query.where(School.la_code.in_(la_codes))).one()
    return are_open, known


def kinds(la_codes: Collection[str]) -> list[tuple[str | None, str]]:
    """(phase, type) of the open schools of some authorities, in the register's words, each pair once."""
    rows = db.session.execute(
        select(School.phase_of_education, School.type_of_establishment)
        .where(School.la_code.in_(la_codes), School.status.in_(OPEN_STATUSES))
        .distinct()
        .order_by(School.phase_of_education, School.type_of_establishment)
    )
    return [(phase, kind) for phase, kind in rows]


def postcodes_of(la_codes: Collection[str]) -> list[str]:
    """The postcodes of the open schools of some authorities."""
    return list(
        db.session.scalars(
            select(School.postcode)
            .where(School.la_code.in_(la_codes), School.status.in_(OPEN_STATUSES), School.postcode != "")
            .order_by(School.urn)
        )
    )


def own_numbers(urn: int, academic_year: int) -> dict[int, int]:
    """A school's own number of pupils by year group; year groups it never told are not in it."""
    rows = db.session.execute(
        select(OwnNumber.year_group, OwnNumber.pupils)
        .where(OwnNumber.urn == urn, OwnNumber.academic_year == academic_year)
        .order_by(OwnNumber.id)
    )
    return {year_group: pupils for year_group, pupils in rows}


def set_own_numbers(
    urn: int, academic_year: int, numbers: Mapping[int, int], *, who: str, now: datetime
) -> None:
    """Put down a school's own numbers, {year group: pupils}; what stands already makes no new row.

    Raises NumbersMakeNoSense and NoSuchSchool.
    """
    get(urn)
    for year_group, pupils in numbers.items():
        if year_group == STAFF and not 1 <= pupils <= MOST_PUPILS:
            raise NumbersMakeNoSense(
                f"Enter how many staff, between 1 and {MOST_PUPILS:,}; leave it empty where nobody knows."
            )
        if year_group not in (*YEAR_GROUPS, STAFF) or not 0 <= pupils <= MOST_PUPILS:
            raise NumbersMakeNoSense(
                f"{year_group_name(year_group)}: enter how many pupils, between 0 and {MOST_PUPILS:,}."
            )
    before = own_numbers(urn, academic_year)
    told = {y: n for y, n in sorted(numbers.items()) if before.get(y) != n}
    for year_group, pupils in told.items():
        db.session.add(
            OwnNumber(
                urn=urn,
                academic_year=academic_year,
                year_group=year_group,
                pupils=pupils,
                recorded_at=now,
                who=who,
            )
        )
    if told:
        history.record(
            "own numbers",
            history.Subject("school", urn, None),
            who=who,
            now=now,
            before=_named(before, told),
            after=_named(told, told),
        )
        db.session.flush()


MOST_PUPILS = 2000
"""No year group of one school in England is larger."""


def _named(numbers: Mapping[int, int], wanted: Collection[int]) -> dict[str, Any]:
    return {year_group_name(y): numbers.get(y) for y in wanted}


def successors(urn: int) -> list[int]:
    """The URNs that the register names as what became of a school, lowest first."""
    query = select(Succession.successor_id).where(Succession.predecessor_id == urn)
    return list(db.session.scalars(query.order_by(Succession.successor_id)))


def predecessors(urn: int) -> list[int]:
    """The URNs that the register names as what a school came from, lowest first."""
    query = select(Succession.predecessor_id).where(Succession.successor_id == urn)
    return list(db.session.scalars(query.order_by(Succession.predecessor_id)))
