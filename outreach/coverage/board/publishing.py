"""Reports to the board: drawn up, published once for a day, and kept as they were. The database refuses any change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.coverage import standings
from outreach.coverage.board import concerns, content
from outreach.coverage.board.content import Content
from outreach.coverage.standings import Reckoning
from outreach.ground import history, school_year
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import Refusal
from outreach.ground.suppression import Release
from outreach.ground.timespans import day_of
from outreach.ground.wording import date_and_time, day_short
from outreach.tour.programmes import Programme
from outreach.visits.board_dates import BoardDate


class BoardReport(Base, OfPartnership):
    """One report as it was published: `content` is all that it says, word for word.

    `number` counts the reports of a programme from 1. `basis` holds the true counts and standings behind it, for
    judging later reports and for telling what was corrected since; it never leaves the house.
    """

    __tablename__ = "board_report"
    __table_args__ = (
        UniqueConstraint("programme_id", "as_of", name="uq_board_report_as_of"),
        UniqueConstraint("programme_id", "number", name="uq_board_report_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    board_date_id: Mapped[int | None] = mapped_column(ForeignKey("board_date.id"))
    number: Mapped[int]
    as_of: Mapped[date]
    published_at: Mapped[datetime] = mapped_column(Instant)
    published_by: Mapped[str] = mapped_column(Text)
    content: Mapped[Any] = mapped_column(JSON, nullable=False, deferred=True)
    basis: Mapped[Any] = mapped_column(JSON, nullable=False, deferred=True)

    programme: Mapped[Programme] = relationship()
    board_date: Mapped[BoardDate | None] = relationship()


class AlreadyPublished(Refusal):
    """There is a report of the programme for that day; it stays as it is. `report_id` says which."""

    field = "as_of"

    def __init__(self, report: BoardReport) -> None:
        super().__init__(
            f"The report as of {day_short(report.as_of)} was published on {date_and_time(report.published_at)} by "
            f"{report.published_by}. It stays as it is; publish a later day for later figures."
        )
        self.report_id = report.id


class DayNotOver(Refusal):
    field = "as_of"

    def __init__(self, day: date) -> None:
        super().__init__(
            f"{day_short(day)} is not over yet, so its figures may still change. Choose yesterday or an earlier day."
        )


class BeforeTheProgramme(Refusal):
    field = "as_of"

    def __init__(self, programme: Programme) -> None:
        made = day_of(programme.created_at)
        super().__init__(
            f"‘{programme.title}’ was set up on {day_short(made)}. There is nothing to report before that day."
        )


class AfterTheYear(Refusal):
    field = "as_of"

    def __init__(self, programme: Programme) -> None:
        last = school_year.last_day(programme.academic_year + 1)
        super().__init__(f"The figures of ‘{programme.title}’ are reported until {day_short(last)}.")


class NobodyToReportOn(Refusal):
    field = "as_of"

    def __init__(self, day: date) -> None:
        super().__init__(
            f"No school was in the target on {day_short(day)}, so there is nothing to report. Bring the register in, or choose a later day."
        )


class NoSuchReport(Refusal):
    """There is none, or it is another partnership's."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A report as it would be published now."""

    reckoning: Reckoning
    content: Content
    basis: dict[str, Any]


def draft(programme: Programme, as_of: date, *, now: datetime) -> Draft:
    """What a report of the programme as of a day says. 25 queries.

    Raises AlreadyPublished, DayNotOver, BeforeTheProgramme, AfterTheYear, NobodyToReportOn.
    """
    if as_of >= day_of(now):
        raise DayNotOver(as_of)
    if as_of < day_of(programme.created_at):
        raise BeforeTheProgramme(programme)
    if as_of > school_year.last_day(programme.academic_year + 1):
        raise AfterTheYear(programme)
    before = of_programme(programme.id)
    for report in before:
        if report.as_of == as_of:
            raise AlreadyPublished(report)
    reckoning = standings.of(programme.id, as_of=as_of, now=now)
    if not reckoning.target:
        raise NobodyToReportOn(as_of)
    raised = concerns.by_school(reckoning, now=now)
    whose = db.session.get_one(Partnership, programme.partnership_id)
    drawn = content.draw(
        reckoning, raised, county=whose.county, partnership=whose.name, earlier=_releases(programme.id)
    )
    basis = {
        "releases": {measure: _packed(release) for measure, release in drawn.releases.items()},
        "standings": {str(s.urn): [s.standing, s.name, s.seen_pupils] for s in reckoning.target},
    }
    return Draft(reckoning=reckoning, content=drawn.content, basis=basis)


def publish(
    programme: Programme, as_of: date, *, of: BoardDate | None = None, who: str, now: datetime
) -> BoardReport:
    """Keep the report as it stands now, for ever. Raises what `draft` raises."""
    # Two clicks at once go one after the other: the second one finds the report of the first.
    partnerships.lock(programme.partnership_id)
    made = draft(programme, as_of, now=now)
    report = BoardReport(
        partnership_id=programme.partnership_id, programme_id=programme.id, board_date_id=of.id if of else None,
        number=1 + (db.session.scalar(select(func.max(BoardReport.number)).where(BoardReport.programme_id == programme.id)) or 0),
        as_of=as_of, published_at=now, published_by=who, content=made.content, basis=made.basis,
    )  # fmt: skip
    db.session.add(report)
    db.session.flush()
    history.record(
        "published", "board report", report.id, who=who, now=now, after=f"{programme.title}, as of {as_of.isoformat()}"
    )  # fmt: skip
    return report


def get(partnership_id: int, report_id: int) -> BoardReport:
    """Raises NoSuchReport."""
    found = db.session.get(BoardReport, report_id)
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchReport("There is no such report here.")
    return found


def of_partnership(partnership_id: int) -> list[BoardReport]:
    """Every report, the newest day first."""
    return list(
        db.session.scalars(
            select(BoardReport)
            .where(BoardReport.partnership_id == partnership_id)
            .order_by(BoardReport.as_of.desc(), BoardReport.id.desc())
        )
    )


def of_programme(programme_id: int) -> list[BoardReport]:
    """The reports of one programme, by day."""
    return list(
        db.session.scalars(
            select(BoardReport).where(BoardReport.programme_id == programme_id).order_by(BoardReport.as_of)
        )
    )


def newest(programme_id: int, *, until: date) -> BoardReport | None:
    """The report of the newest day up to `until`, if there is one."""
    return db.session.scalar(
        select(BoardReport)
        .where(BoardReport.programme_id == programme_id, BoardReport.as_of <= until)
        .order_by(BoardReport.as_of.desc())
        .limit(1)
    )


def _releases(programme_id: int) -> list[Mapping[str, Release]]:
    """What every earlier report of the programme let out."""
    kept = db.session.scalars(
        select(BoardReport.basis).where(BoardReport.programme_id == programme_id).order_by(BoardReport.number)
    )
    return [{measure: _unpacked(packed) for measure, packed in basis["releases"].items()} for basis in kept]


def _packed(release: Release) -> dict[str, Any]:
    """Which units stand in the same shown sums, and how many people each has: what later releases are judged by."""
    places: dict[Any, int] = {frozenset(): 0}
    return {
        "units": [
            [unit, places.setdefault(keys, len(places)), release.counts.get(unit)]
            for unit, keys in release.stands_in.items()
        ]
    }


def _unpacked(packed: Mapping[str, Any]) -> Release:
    units = packed["units"]
    return Release(
        stands_in={unit: frozenset([place] if place else ()) for unit, place, _ in units},
        counts={unit: number for unit, _, number in units},
    )
