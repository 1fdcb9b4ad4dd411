"""Past shows from a coordinator's own list: which school saw it in which year, on which day, how many, where
that is known.

They are kept as earlier visits and nothing else: they count for 'never seen before' and whom to ask first,
and stand on the school's page; they make no programme, no performance and no standing. A list can be taken
back whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Select,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.lists import cells, entries, list_layout
from outreach.county.lists.entries import LEFT, NEW, REPAIR, SAME, TWICE, Entry, ListPreview
from outreach.county.lists.list_layout import Record
from outreach.county.lists.uploads import Upload
from outreach.county.lists.which_school import Match, OurSchools, SchoolAsWritten
from outreach.county.partnerships import Partnership
from outreach.ground import history
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import Refusal
from outreach.ground.school_year import year_name, year_of
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import day_with_year
from outreach.ground.wording import day_short

FIRST_YEAR = 1990
MOST_PUPILS = 3_000
"""No one show, and hardly a school, has more."""
_SUNDAY = 6


class EarlierList(Base, OfPartnership):
    """A list of past shows that was taken in; it counts until it is taken back."""

    __tablename__ = "earlier_list"
    __table_args__ = (
        UniqueConstraint("id", "partnership_id"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)


class EarlierVisit(Base):
    """One school saw it in one academic year, by such a list; day and number of pupils are None where it does
    not say."""

    __tablename__ = "earlier_visit"
    __table_args__ = (
        ForeignKeyConstraint(
            ["list_id", "partnership_id"],
            ["earlier_list.id", "earlier_list.partnership_id"],
            name="fk_earlier_visit_list_id",
        ),
        CheckConstraint("academic_year BETWEEN 1990 AND 2200", name="academic_year"),
        CheckConstraint("pupils BETWEEN 0 AND 3000", name="pupils"),
        Index("ix_earlier_visit_partnership", "partnership_id", "urn"),
        Index(
            "uq_earlier_visit_day",
            "list_id",
            "urn",
            "day",
            unique=True,
            postgresql_where=text("day IS NOT NULL"),
            sqlite_where=text("day IS NOT NULL"),
        ),
        Index(
            "uq_earlier_visit_year",
            "list_id",
            "urn",
            "academic_year",
            unique=True,
            postgresql_where=text("day IS NULL"),
            sqlite_where=text("day IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int]
    partnership_id: Mapped[int]
    urn: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    academic_year: Mapped[int]
    day: Mapped[date | None]
    pupils: Mapped[int | None]


class NoSuchList(Refusal):
    """A list that this partnership does not have, or that was taken back."""


@dataclass(frozen=True, kw_only=True)
class VisitEntry(Entry):
    """A past show of a line, as it would be kept; `second`: it is known not to be another's of that day."""

    year: int | None = None
    day: date | None = None
    pupils: int | None = None
    second: bool = False
    into: str = ""


@dataclass(frozen=True, kw_only=True)
class ListTakenIn:
    """One list that was taken in, with how many visits of how many schools it tells."""

    row: EarlierList
    visits: int
    schools: int


def look(upload: Upload, la_codes: Sequence[str], *, now: datetime) -> ListPreview[VisitEntry]:
    """What the list would add for the schools of these authorities; writes nothing, three queries. Raises
    TooMuch."""
    ours = OurSchools(la_codes, closed_too=True)
    layouts = list_layout.laid_out(upload)
    known: dict[SchoolAsWritten, Match] = {}
    lines = 0

    def every() -> Iterator[VisitEntry]:
        nonlocal lines
        for record in list_layout.records(upload, layouts):
            lines += 1
            yield from _entries(upload, record, ours, known, now=now)

    found = entries.bounded(every())
    return ListPreview(
        layouts=layouts, lines=lines, ours=ours, entries=_met(found, _on_file(upload.row.partnership_id))
    )


def take_in(upload: Upload, la_codes: Sequence[str], *, who: str, now: datetime) -> ListPreview[VisitEntry]:
    """Keep what is new; what was done is returned. Raises TooMuch."""
    partnership_id = upload.row.partnership_id
    # Two lists at once queue at the partnership's row.
    db.session.execute(
        select(Partnership.id).where(Partnership.id == partnership_id).with_for_update(key_share=True)
    )
    done = look(upload, la_codes, now=now)
    new = done.with_fate(NEW)
    if new:
        row = EarlierList(
            partnership_id=partnership_id, file_name=upload.row.file_name, recorded_at=now, who=who
        )
        db.session.add(row)
        db.session.flush()
        for entry in new:
            assert entry.school is not None and entry.year is not None
            db.session.add(
                EarlierVisit(
                    list_id=row.id,
                    partnership_id=partnership_id,
                    urn=entry.school.urn,
                    academic_year=entry.year,
                    day=entry.day,
                    pupils=entry.pupils,
                )
            )
        said = {"file": upload.row.file_name, "visits": len(new)}
        history.record(
            "past shows taken in",
            history.Subject("partnership", partnership_id, partnership_id),
            who=who,
            now=now,
            after=said,
        )
        db.session.flush()
    return done


def was_of(partnership_id: int, list_id: int) -> bool:
    """Whether a list is a partnership's, taken back or not."""
    row = db.session.get(EarlierList, list_id) if list_id < 2**31 else None
    return row is not None and row.partnership_id == partnership_id


def withdraw(list_id: int, *, partnership_id: int, who: str, now: datetime) -> EarlierList:
    """The whole list counts no more. Raises NoSuchList."""
    row = db.session.scalar(
        select(EarlierList)
        .where(
            EarlierList.id == list_id,
            EarlierList.partnership_id == partnership_id,
            EarlierList.withdrawn_at.is_(None),
        )
        .with_for_update()
    )
    if row is None:
        raise NoSuchList("That list was taken back already.")
    row.withdrawn_at, row.withdrawn_by = now, who
    history.record(
        "past shows taken back",
        history.Subject("partnership", partnership_id, partnership_id),
        who=who,
        now=now,
        before={"file": row.file_name},
    )
    db.session.flush()
    return row


def lists(partnership_id: int) -> list[ListTakenIn]:
    """The lists that count, the newest first."""
    rows = db.session.execute(
        select(EarlierList, func.count(EarlierVisit.id), func.count(EarlierVisit.urn.distinct()))
        .join(EarlierVisit, EarlierVisit.list_id == EarlierList.id)
        .where(EarlierList.partnership_id == partnership_id, EarlierList.withdrawn_at.is_(None))
        .group_by(EarlierList.id)
        .order_by(EarlierList.id.desc())
    )
    return [ListTakenIn(row=row, visits=visits, schools=of_schools) for row, visits, of_schools in rows]


def of_schools(urns: Sequence[int], partnership_id: int) -> list[EarlierVisit]:
    """The earlier visits of some schools, the newest first. A year alone is not said beside a day in it, nor
    a day twice."""
    rows = db.session.scalars(
        select(EarlierVisit)
        .join(EarlierList, EarlierList.id == EarlierVisit.list_id)
        .where(
            EarlierVisit.partnership_id == partnership_id,
            EarlierVisit.urn.in_(urns),
            EarlierList.withdrawn_at.is_(None),
        )
        .order_by(EarlierVisit.academic_year.desc(), EarlierVisit.day.desc(), EarlierVisit.id.desc())
    )
    found: dict[tuple[int, int, date | None], EarlierVisit] = {}
    for row in rows:
        found.setdefault((row.urn, row.academic_year, row.day), row)
    dated = {(urn, year) for urn, year, day in found if day is not None}
    return [v for (urn, year, day), v in found.items() if day is not None or (urn, year) not in dated]


def urns_listed(partnership_id: Any) -> Select[int]:
    """The URNs that some list which counts says saw it, in whatever year; a select for a larger query."""
    return (
        select(EarlierVisit.urn)
        .join(EarlierList, EarlierList.id == EarlierVisit.list_id)
        .where(EarlierVisit.partnership_id == partnership_id, EarlierList.withdrawn_at.is_(None))
    )


def _on_file(partnership_id: int) -> dict[tuple[int, int], dict[date | None, int | None]]:
    """{(URN, year): {day: pupils}} of all lists that count."""
    found: dict[tuple[int, int], dict[date | None, int | None]] = {}
    for urn, year, day, pupils in db.session.execute(
        select(EarlierVisit.urn, EarlierVisit.academic_year, EarlierVisit.day, EarlierVisit.pupils)
        .join(EarlierList, EarlierList.id == EarlierVisit.list_id)
        .where(EarlierVisit.partnership_id == partnership_id, EarlierList.withdrawn_at.is_(None))
        .order_by(EarlierVisit.id)
    ):
        found.setdefault((urn, year), {})[day] = pupils
    return found


def _entries(
    upload: Upload, record: Record, ours: OurSchools, known: dict[SchoolAsWritten, Match], *, now: datetime
) -> Iterator[VisitEntry]:
    for part, visit in enumerate(record.visits or ({"day": "", "year": "", "pupils": ""},)):
        key, mark = f"{record.sheet}.{record.line}.{part}", record.mark(part)
        said = entries.put_right(upload.choices, key, mark)
        fields = {
            "school": said.get("school", ""),
            **{name: said.get(name, visit.get(name, "")) for name in ("year", "day", "pupils")},
        }
        entry = VisitEntry(
            key=key,
            mark=mark,
            sheet=record.sheet,
            sheet_name=record.sheet_name,
            line=record.line,
            fate=NEW,
            fields=fields,
            shown=record.shown,
            said=record.said,
        )
        if said.get("out"):
            yield replace(entry, fate=LEFT, reason=entries.BY_YOU)
        elif record.again:
            yield replace(entry, fate=LEFT, reason=entries.SAID_AGAIN)
        else:
            match = entries.matched(record, said.get("school"), ours, known)
            yield _judged(entry, record, match, upload, said, now=now)


def _judged(
    entry: VisitEntry,
    record: Record,
    match: Match,
    upload: Upload,
    said: Mapping[str, str],
    *,
    now: datetime,
) -> VisitEntry:
    if match.school is None and record.filled <= 2 and not any(entry.fields.values()):
        return replace(entry, fate=LEFT, reason=entries.NO_LINE)
    if not record.visits and match.school is not None:
        return replace(entry, fate=LEFT, reason="No year in which it was seen", school=match.school)
    if match.school is None:
        return replace(entry, fate=REPAIR, field="school", reason=match.reason)
    entry = replace(entry, school=match.school)
    year, day, field, reason = _when(entry.fields, record, upload.choices.year, now=now)
    if day is not None and day.weekday() == _SUNDAY and not reason and not said.get("sunday"):
        field, reason = "sunday", f"{day_short(day)} was a Sunday"
    if reason:
        return replace(entry, fate=REPAIR, field=field, reason=reason)
    pupils = cells.number(entry.fields["pupils"]) if entry.fields["pupils"] else None
    if (
        entry.fields["pupils"]
        and not cells.says_nothing(entry.fields["pupils"])
        and (pupils is None or pupils > MOST_PUPILS)
    ):
        return replace(
            entry,
            fate=REPAIR,
            field="pupils",
            reason=f"‘{entry.fields['pupils'][:60]}’ is not one number of pupils",
        )
    if pupils == 0:
        return replace(
            entry,
            fate=REPAIR,
            field="pupils",
            reason="No pupils is no visit. Enter how many saw it, or leave the line out",
        )
    return replace(entry, year=year, day=day, pupils=pupils, second=bool(said.get("second")))


def _when(
    fields: object, record: Record, usual: int | None, *, now: datetime
) -> tuple[int | None, date | None, str, str]:
    """(year, day, the field that is wrong, why). The day decides; else the year that is said, the sheet's, or
    the list's."""
    assert hasattr(fields, "__getitem__")
    said_day, said_year = fields["day"], fields["year"]
    day = day_with_year(said_day) if said_day else None
    in_month = cells.month(said_day) if said_day and day is None else None
    year = cells.year(said_year) if said_year else None
    if day is None and in_month is not None:
        year = year if year is not None else in_month[0] - (in_month[1] < 9)
    elif said_day and day is None and cells.year(said_day) is not None:
        year = year if year is not None else cells.year(said_day)
    elif said_day and day is None and not cells.says_nothing(said_day):
        return None, None, "day", f"‘{said_day[:60]}’ is not a day. Write it like 9/3/2024, or leave it empty"
    if day is not None:
        if year is not None and year_of(day) != year:
            return None, None, "day", f"{day_short(day)} is not in {year_name(year)}"
        if day > day_of(now):
            return None, None, "day", f"{day_short(day)} is still to come"
        year = year_of(day)
    if year is None and said_year and not cells.says_nothing(said_year):
        return None, None, "year", f"‘{said_year[:60]}’ is not a school year. Write it like 2023/24"
    if year is None:
        year = cells.year(record.sheet_name)
    year = usual if year is None else year
    if year is None:
        return None, None, "year", "No year is said. Write it like 2023/24"
    if not FIRST_YEAR <= year <= year_of(day_of(now)):
        return None, None, "year", f"{year_name(year)} is not a year in which it can have been seen"
    return year, day, "", ""


def _met(
    found: Sequence[VisitEntry], on_file: dict[tuple[int, int], dict[date | None, int | None]]
) -> list[VisitEntry]:
    """Each show against the lists that count, and against this list's own earlier lines: what says one of them again
    is merged into it, another number of pupils on its day is asked about."""
    first: dict[tuple[int, int, date | None], tuple[int, set[int | None]]] = {}
    met: list[VisitEntry] = []
    for entry in found:
        if entry.fate != NEW or entry.school is None or entry.year is None:
            met.append(entry)
            continue
        key = (entry.school.urn, entry.year, entry.day)
        kept = on_file.get(key[:2], {})
        if key in first:
            at, numbers = first[key]
            met.append(_said_before(entry, met, at, numbers))
        elif (entry.day in kept and entry.pupils in (None, kept[entry.day])) or (
            entry.day is None and entry.pupils is None and kept
        ):
            met.append(replace(entry, fate=SAME))
        else:
            first[key] = len(met), {entry.pupils}
            met.append(entry)
    return met


def _said_before(entry: VisitEntry, met: list[VisitEntry], at: int, numbers: set[int | None]) -> VisitEntry:
    """A show of a day of which `met[at]` is one already, with those `numbers` of pupils."""
    earlier = met[at]
    pupils = (earlier.pupils or 0) + (entry.pupils or 0)
    if entry.pupils is None or (entry.pupils in numbers and not entry.second):
        pass
    elif earlier.pupils is None or (entry.second and pupils <= MOST_PUPILS):
        met[at] = replace(earlier, pupils=pupils)
        numbers.add(entry.pupils)
    else:
        when = f"on {day_short(entry.day)}" if entry.day else f"in {year_name(entry.year or 0)}"
        reason = (
            f"Line {earlier.line} says {earlier.pupils:,} of this school {when}, this one {entry.pupils:,}"
        )
        return replace(entry, fate=REPAIR, field="second", reason=reason)
    return replace(entry, fate=TWICE, into=f"line {earlier.line}")
