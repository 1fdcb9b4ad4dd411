"""Numbers of districts: referrals of a month by kind, and residents aged 10 to 17 of a mid-year; each with its source.

A number that is corrected stays, with when it was replaced and by what; one alone stands. All that one entry brought
is undone at once, and what it replaced stands again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zlib import crc32

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships
from outreach.county.partnerships import Authority, Partnership
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.db import Base, Instant, OfPartnership, db, key_within_partnership
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import count
from outreach.outcomes.referrals import joining
from outreach.outcomes.referrals.blocks import Counts

REFERRALS, RESIDENTS = "referrals", "residents"
NO_KIND = ""
"""Of residents."""
USUAL_PERCENT = 50
"""Of its target pupils a district is reached with, where a partnership never said another."""


class NumbersEntry(Base, OfPartnership):
    """What was typed or brought in at once: of what, from where, and as of which day its source was."""

    __tablename__ = "numbers_entry"
    __table_args__ = (
        UniqueConstraint("id", "partnership_id"),
        CheckConstraint("about IN ('referrals', 'residents')", name="about"),
        CheckConstraint("source <> ''", name="source"),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    source_date: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[str | None] = mapped_column(Text)


class DistrictNumber(Base):
    """One number. `period`: a month as 202701, or a year. It stands while it is not replaced; `replaces_id`: what stood
    before it."""

    __tablename__ = "district_number"
    __table_args__ = (
        UniqueConstraint("id", "partnership_id"),
        CheckConstraint("number >= 0 AND (kind <> '' OR number > 0)", name="number"),
        CheckConstraint(
            "CASE WHEN kind = '' THEN period BETWEEN 1990 AND 2100 "
            "ELSE period BETWEEN 199001 AND 210012 AND period % 100 BETWEEN 1 AND 12 END",
            name="period",
        ),
        CheckConstraint("district_code <> ''", name="district"),
        key_within_partnership("entry_id", "numbers_entry"),
        key_within_partnership("replaces_id", "district_number"),
        Index("ix_district_number_entry_id", "entry_id"),
        Index("ix_district_number_partnership", "partnership_id", "kind"),
        Index("ix_district_number_replaces_id", "replaces_id"),
        Index(
            "uq_district_number_standing",
            "partnership_id",
            "district_code",
            "kind",
            "period",
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
            sqlite_where=text("replaced_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    entry_id: Mapped[int]
    district_code: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    period: Mapped[int]
    number: Mapped[int]
    replaces_id: Mapped[int | None]
    replaced_at: Mapped[datetime | None] = mapped_column(Instant)


class ReachedPercent(Base):
    """Percent of a district's target pupils with which it is reached, from `recorded_at` on; the newest holds."""

    __tablename__ = "reached_percent"
    __table_args__ = (
        Index("ix_reached_percent_partnership", "partnership_id", "id"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    percent: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class NoSuchEntry(NoSuch):
    """There is none, or it is another partnership's."""


class ChangedSince(Refusal):
    """An entry of which some numbers were corrected or undone since."""


class NotAsShown(Refusal):
    """Somebody changed some of these numbers after they were looked at."""

    field = "lines"


class SourceToCome(Refusal):
    field = "source_date"


class NotAPercent(Refusal):
    field = "percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Which number: of a district, a kind (NO_KIND of residents) and a month or year."""

    district_code: str
    kind: str
    period: int


Numbers = Mapping[Cell, int]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What an entry would do: each cell that is new; each that would change, with (old, new); how many are the same."""

    new: dict[Cell, int]
    changed: dict[Cell, tuple[int, int]]
    same: int

    @property
    def cells(self) -> dict[Cell, int]:
        """What would be written."""
        return self.new | {cell: new for cell, (_, new) in self.changed.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class WithSource:
    """A number with where it came from. `replaced_at` None: it stands."""

    cell: Cell
    number: int
    source: str
    source_date: date
    recorded_at: datetime
    who: str
    replaced_at: datetime | None


def districts_of(partnership_id: int) -> dict[str, str]:
    """{code: name} of the districts in which the register has schools of the partnership's authorities, by name."""
    rows = db.session.execute(
        select(School.district_code, School.district_name)
        .join(Authority, Authority.la_code == School.la_code)
        .where(
            Authority.partnership_id == partnership_id,
            School.district_code.is_not(None),
            School.district_code != "",
        )
        .distinct()
        .order_by(School.district_name, School.district_code)
    )
    return {code: name or code for code, name in rows if code}


def standing(partnership_id: int, *, by: datetime | None = None) -> dict[Cell, int]:
    """Every number that stands, or that stood by then, referrals and residents; one query."""
    of_then = (
        (DistrictNumber.replaced_at.is_(None),)
        if by is None
        else (
            NumbersEntry.recorded_at <= by,
            or_(DistrictNumber.replaced_at.is_(None), DistrictNumber.replaced_at > by),
        )
    )
    rows = db.session.execute(
        select(
            DistrictNumber.district_code, DistrictNumber.kind, DistrictNumber.period, DistrictNumber.number
        )
        .join(NumbersEntry, NumbersEntry.id == DistrictNumber.entry_id)
        .where(DistrictNumber.partnership_id == partnership_id, *of_then)
        .order_by(DistrictNumber.kind, DistrictNumber.district_code, DistrictNumber.period)
    )
    return {Cell(district_code=code, kind=kind, period=period): number for code, kind, period, number in rows}


def by_district(numbers: Numbers) -> tuple[Counts, dict[str, dict[int, int]]]:
    """Counts of referrals by month, and residents by year. Pure."""
    counts: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    residents: dict[str, dict[int, int]] = defaultdict(dict)
    for cell, number in numbers.items():
        if cell.kind == NO_KIND:
            residents[cell.district_code][cell.period] = number
        else:
            counts[cell.district_code, cell.kind][joining.number_of(cell.period)] = number
    return dict(counts), dict(residents)


def kinds_in_order(partnership_id: int) -> list[str]:
    """Kinds of referrals in the order in which they were first given, those that were undone too; one query."""
    return list(
        db.session.scalars(
            select(DistrictNumber.kind)
            .where(DistrictNumber.partnership_id == partnership_id, DistrictNumber.kind != NO_KIND)
            .group_by(DistrictNumber.kind)
            .order_by(func.min(DistrictNumber.id))
        )
    )


def compare(given: Numbers, stands: Numbers) -> Compared:
    """Pure."""
    return Compared(
        new={cell: number for cell, number in given.items() if cell not in stands},
        changed={
            cell: (stands[cell], number)
            for cell, number in given.items()
            if stands.get(cell, number) != number
        },
        same=sum(stands.get(cell) == number for cell, number in given.items()),
    )


def fingerprint(done: Compared) -> str:
    """By which it is known whether an entry would still do what was looked at. Pure."""
    said = sorted((*_as_tuple(cell), number) for cell, number in done.new.items())
    changed = sorted((*_as_tuple(cell), *numbers) for cell, numbers in done.changed.items())
    return f"{crc32(repr((said, changed)).encode('utf-8', 'replace')):08x}"


def take_in(
    partnership: Partnership,
    about: str,
    given: Numbers,
    *,
    source: str,
    source_date: date,
    as_shown: str | None = None,
    who: str,
    now: datetime,
) -> Compared:
    """Write down what is new or changed of these numbers; nothing where all of them stand already. `as_shown`: the
    fingerprint of what was looked at. Raises NotAsShown and SourceToCome."""
    if source_date > day_of(now):
        raise SourceToCome("The day of the source is still to come.")
    partnerships.lock(partnership.id)
    done = compare(given, standing(partnership.id))
    if as_shown is not None and as_shown != fingerprint(done):
        raise NotAsShown("Somebody changed some of these numbers after you looked. Look at them once more.")
    if not done.cells:
        return done
    entry = NumbersEntry(
        partnership_id=partnership.id,
        about=about,
        source=source,
        source_date=source_date,
        recorded_at=now,
        who=who,
    )
    db.session.add(entry)
    db.session.flush()
    replaced = _replace(partnership.id, set(done.changed), now)
    db.session.add_all(
        DistrictNumber(
            partnership_id=partnership.id,
            entry_id=entry.id,
            district_code=cell.district_code,
            kind=cell.kind,
            period=cell.period,
            number=number,
            replaces_id=replaced.get(cell),
        )
        for cell, number in done.cells.items()
    )
    db.session.flush()
    history.record(
        f"took in {about} by district",
        partnership,
        who=who,
        now=now,
        after={"entry": entry.id, "new": len(done.new), "changed": len(done.changed)},
    )
    return done


def entries(partnership_id: int, about: str, *, at_most: int = 12) -> list[tuple[NumbersEntry, int, int]]:
    """The newest entries, each with how many numbers it brought and how many of them stand; two queries."""
    found = list(
        db.session.scalars(
            select(NumbersEntry)
            .where(NumbersEntry.partnership_id == partnership_id, NumbersEntry.about == about)
            .order_by(NumbersEntry.id.desc())
            .limit(at_most)
        )
    )
    brought: dict[int, list[bool]] = {entry.id: [] for entry in found}
    for entry_id, replaced_at in db.session.execute(
        select(DistrictNumber.entry_id, DistrictNumber.replaced_at)
        .where(DistrictNumber.entry_id.in_(brought))
        .order_by(DistrictNumber.id)
    ):
        brought[entry_id].append(replaced_at is None)
    return [(entry, len(brought[entry.id]), sum(brought[entry.id])) for entry in found]


def with_sources(partnership_id: int, about: str) -> list[WithSource]:
    """Every number with where it came from, those that were replaced too; by kind, district and period."""
    rows = db.session.execute(
        select(DistrictNumber, NumbersEntry)
        .join(NumbersEntry, NumbersEntry.id == DistrictNumber.entry_id)
        .where(NumbersEntry.partnership_id == partnership_id, NumbersEntry.about == about)
        .order_by(DistrictNumber.kind, DistrictNumber.district_code, DistrictNumber.period, DistrictNumber.id)
    )
    return [
        WithSource(
            cell=Cell(district_code=row.district_code, kind=row.kind, period=row.period),
            number=row.number,
            source=entry.source,
            source_date=entry.source_date,
            recorded_at=entry.recorded_at,
            who=entry.who,
            replaced_at=row.replaced_at,
        )
        for row, entry in rows
    ]


def entry_of(entry_id: int, *, partnership_id: int) -> NumbersEntry:
    """Raises NoSuchEntry."""
    entry = db.session.get(NumbersEntry, entry_id)
    if entry is None or entry.partnership_id != partnership_id:
        raise NoSuchEntry("There is no such entry.")
    return entry


def undo(entry_id: int, *, partnership_id: int, who: str, now: datetime) -> NumbersEntry:
    """What an entry brought goes, and what it replaced stands again. Raises ChangedSince where a later entry replaced
    some of it."""
    partnerships.lock(partnership_id)
    entry = entry_of(entry_id, partnership_id=partnership_id)
    if entry.undone_at is not None:
        return entry
    brought = list(
        db.session.scalars(
            select(DistrictNumber).where(DistrictNumber.entry_id == entry_id).order_by(DistrictNumber.id)
        )
    )
    since = sum(row.replaced_at is not None for row in brought)
    if since:
        raise ChangedSince(
            f"{count(since, 'number')} of it {'was' if since == 1 else 'were'} corrected since. "
            "Undo the newer entry first, or type what is right."
        )
    entry.undone_at, entry.undone_by = now, who
    for row in brought:
        row.replaced_at = now
    db.session.flush()
    db.session.execute(
        update(DistrictNumber)
        .where(DistrictNumber.id.in_([row.replaces_id for row in brought if row.replaces_id is not None]))
        .values(replaced_at=None)
    )
    db.session.flush()
    history.record(
        f"undid an entry of {entry.about} by district",
        db.session.get_one(Partnership, partnership_id),
        who=who,
        now=now,
        after={"entry": entry.id, "numbers": len(brought)},
    )
    return entry


def percent(partnership_id: int, *, by: datetime | None = None) -> int:
    """Of its target pupils a district is reached with, now or then."""
    of_then = () if by is None else (ReachedPercent.recorded_at <= by,)
    newest = db.session.scalar(
        select(ReachedPercent.percent)
        .where(ReachedPercent.partnership_id == partnership_id, *of_then)
        .order_by(ReachedPercent.id.desc())
        .limit(1)
    )
    return USUAL_PERCENT if newest is None else newest


def set_percent(partnership: Partnership, to: int, *, who: str, now: datetime) -> None:
    """From now on a district is reached with so many percent; the same again is nothing new."""
    if not 1 <= to <= 100:
        raise NotAPercent("Enter a percentage from 1 to 100.")
    partnerships.lock(partnership.id)
    before = percent(partnership.id)
    if to != before:
        db.session.add(ReachedPercent(partnership_id=partnership.id, percent=to, recorded_at=now, who=who))
        db.session.flush()
        history.record(
            "set when a district is reached", partnership, who=who, now=now, before=before, after=to
        )


def _replace(partnership_id: int, cells: set[Cell], now: datetime) -> dict[Cell, int]:
    """These cells' numbers stand no more; what they were, by id."""
    if not cells:
        return {}
    found = {}
    rows: Sequence[DistrictNumber] = db.session.scalars(
        select(DistrictNumber)
        .where(DistrictNumber.partnership_id == partnership_id, DistrictNumber.replaced_at.is_(None))
        .order_by(DistrictNumber.id)
    ).all()
    for row in rows:
        cell = Cell(district_code=row.district_code, kind=row.kind, period=row.period)
        if cell in cells:
            row.replaced_at = now
            found[cell] = row.id
    db.session.flush()
    return found


def _as_tuple(cell: Cell) -> tuple[str, str, int]:
    return cell.district_code, cell.kind, cell.period
