"""Reports to the board: drawn up, published once for a day, and kept as they were. The database refuses any
change."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, undefer

from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.coverage import standings
from outreach.coverage.board import concerns, content, side_by_side
from outreach.coverage.board.content import Content
from outreach.coverage.standings import Reckoning
from outreach.ground import history, school_year
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.suppression import AT_LEAST, GivesAway, People, Release
from outreach.ground.the_app import FromAbove
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, date_and_time, day_short
from outreach.tour.programmes import Programme
from outreach.visits.board_dates import BoardDate


class BoardReport(Base, OfPartnership):
    """One report as it was published: `content` is all that it says, word for word.

    `number` counts the reports of a programme from 1. `basis` holds the true counts and standings behind it,
    for judging later reports and for telling what was corrected since; it never leaves the house.
    """

    __tablename__ = "board_report"
    in_history = ("board report", "id")
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


@dataclass(frozen=True, kw_only=True)
class Further:
    """Further parts of a report, by name; `lead`: sentences that follow on who has seen it."""

    content: Mapping[str, Any]
    lead: Sequence[str]


class DrawsFurther(Protocol):
    def __call__(
        self, reckoning: Reckoning, pupils_seen: int | None, districts: Collection[str], *, now: datetime
    ) -> Further: ...


FURTHER = FromAbove[DrawsFurther]("further parts of a board report")
"""What a report says besides who has seen it. `pupils_seen` as it says that, None where it does not; `districts`: those
of which it says how many saw it, of how many."""


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
            f"No school was in the target on {day_short(day)}, so there is nothing to report. Bring the "
            f"register in, or choose a later day."
        )


class GivesSomebodyAway(Refusal):
    """Some figures would let a count under 5 be worked out, and nothing more could be hidden instead."""

    field = "as_of"

    def __init__(self, figures: list[str]) -> None:
        super().__init__(
            f"Published as it is, this report would give away a count of fewer than {AT_LEAST} people, by "
            f"{and_list(f'‘{figure}’' for figure in figures)}. Leave out "
            f"{'that figure' if len(figures) == 1 else 'those figures'}, or report a later day."
        )


class NoSuchReport(NoSuch):
    """There is none, or it is another partnership's."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A report as it would be published now."""

    reckoning: Reckoning
    content: Content
    basis: dict[str, Any]
    given_away: list[str]
    """What the reports before it give away by themselves, in words for the coordinators; nothing of it is
    published."""


def draft(programme: Programme, as_of: date, *, now: datetime) -> Draft:
    """What a report of the programme as of a day says. 51 queries, and 21 where the year has other programmes.

    Raises AlreadyPublished, DayNotOver, BeforeTheProgramme, AfterTheYear, NobodyToReportOn,
    GivesSomebodyAway.
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
    reckoning = standings.standings_of_programme(programme.id, as_of=as_of, now=now)
    if not reckoning.target:
        raise NobodyToReportOn(as_of)
    raised = concerns.by_school(reckoning, now=now)
    whose = db.session.get_one(Partnership, programme.partnership_id)
    try:
        drawn = content.draw(
            reckoning, raised, county=whose.county, partnership=whose.name, earlier=_releases(programme.id)
        )
    except GivesAway as found:
        raise GivesSomebodyAway([content.named(reckoning, key) for key in found.keys]) from found
    more = FURTHER.told()(
        reckoning,
        content.people_seen(drawn.content),
        content.pupils_said(drawn.content),
        now=now,
    )
    drawn.content["side_by_side"] = _side_by_side(programme, drawn.content, as_of=as_of, now=now)
    basis = {
        "release": packed(drawn.release),
        "standings": {str(s.organisation_id): [s.standing, s.name, s.seen_pupils] for s in reckoning.target},
    }
    return Draft(
        reckoning=reckoning,
        content={**drawn.content, **more.content, "lead": [*drawn.content["lead"], *more.lead]},
        basis=basis,
        given_away=[content.given_away(reckoning, found) for found in drawn.given_away],
    )


def _side_by_side(programme: Programme, own: Content, *, as_of: date, now: datetime) -> list[Content]:
    """The halves of the year's programmes, with the people of the others as their own newest reports tell them."""
    others = side_by_side.others(programme, by=as_of)
    if not others:
        return side_by_side.rows(programme, own, [])
    told = {
        report.programme_id: (report.as_of, report.content)
        for report in db.session.scalars(
            select(BoardReport)
            .options(undefer(BoardReport.content))
            .where(BoardReport.programme_id.in_([p.id for p in others]), BoardReport.as_of <= as_of)
            .order_by(BoardReport.as_of)
        )
    }
    reckoned = side_by_side.reckoned(others, as_of=as_of, now=now)
    return side_by_side.rows(programme, own, [(r, told.get(r.programme.id)) for r in reckoned])


def publish(
    programme: Programme, as_of: date, *, of: BoardDate | None = None, who: str, now: datetime
) -> BoardReport:
    """Keep the report as it stands now, for ever. Raises what `draft` raises."""
    # Two clicks at once go one after the other: the second one finds the report of the first.
    partnerships.lock(programme.partnership_id)
    made = draft(programme, as_of, now=now)
    report = BoardReport(
        partnership_id=programme.partnership_id,
        programme_id=programme.id,
        board_date_id=of.id if of else None,
        number=1
        + (
            db.session.scalar(
                select(func.max(BoardReport.number)).where(BoardReport.programme_id == programme.id)
            )
            or 0
        ),
        as_of=as_of,
        published_at=now,
        published_by=who,
        content=made.content,
        basis=made.basis,
    )
    db.session.add(report)
    db.session.flush()
    history.record(
        "published", report, who=who, now=now, after=f"{programme.title}, as of {as_of.isoformat()}"
    )
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


def _releases(programme_id: int) -> list[Release]:
    """What every earlier report of the programme let out, as they were published."""
    kept = db.session.execute(
        select(BoardReport.as_of, BoardReport.basis)
        .where(BoardReport.programme_id == programme_id)
        .order_by(BoardReport.number)
    )
    return [
        unpacked(as_of, basis["release"]) if "release" in basis else _first_kind(as_of, basis["releases"])
        for as_of, basis in kept
    ]


def packed(release: Release) -> dict[str, Any]:
    """A release as JSON holds it: its parts, its units with the people of each, and the units of every shown
    sum."""
    parts = sorted({part for there in release.people.values() for part in there}, key=sorted)
    place = {unit: n for n, unit in enumerate(release.people)}
    return {
        "parts": [sorted(part) for part in parts],
        "units": [
            [unit, [[parts.index(part), n] for part, n in there.items()]]
            for unit, there in release.people.items()
        ],
        "shown": [
            [measure, sorted(place[u] for u in units if u in place)] for measure, units in release.shown
        ],
    }


def unpacked(as_of: date, packed: Mapping[str, Any]) -> Release:
    parts = [frozenset(part) for part in packed["parts"]]
    names = [unit for unit, _ in packed["units"]]
    return Release(
        day=as_of,
        people={unit: {parts[n]: number for n, number in there} for unit, there in packed["units"]},
        shown=tuple((measure, frozenset(names[n] for n in places)) for measure, places in packed["shown"]),
    )


def _first_kind(as_of: date, kept: Mapping[str, Any]) -> Release:
    """The release of a report from before all measures were judged as one: of each measure [unit, place,
    people], where units of one place (not 0) stood in the same shown sums. Each place counts as shown.
    """
    counts: dict[str, dict[str, int]] = {
        measure: {unit: n for unit, _, n in packed["units"] if n is not None}
        for measure, packed in kept.items()
    }
    years: dict[int, set[int]] = {}
    for measure in (content.SEEN, content.BY_YEAR):
        for unit in counts.get(measure, {}):
            organisation_id, _, y = unit.partition(".")
            years.setdefault(int(organisation_id), set()).add(int(y))
    for organisation_id_text in counts.get(content.TARGET, {}):
        years.setdefault(int(organisation_id_text), set())
    people: dict[str, Any] = {}
    for school, groups in years.items():
        people |= content.pupils_of(
            school,
            sorted(groups),
            {y: n for y in groups if (n := counts[content.SEEN].get(f"{school}.{y}")) is not None},
            {y: counts[content.BY_YEAR].get(f"{school}.{y}") for y in groups},
            counts[content.TARGET].get(str(school)),
        )
    for measure in (content.CONCERNS, content.ALSO):
        for organisation_id_text, number in counts.get(measure, {}).items():
            unit = content.unit(
                int(organisation_id_text), content.CONCERNS if measure == content.CONCERNS else ""
            )
            people[unit] = {frozenset((measure,)): number}
    return Release(day=as_of, people=people, shown=tuple(_places(kept, people)))


def _places(kept: Mapping[str, Any], people: People) -> Iterator[tuple[str, frozenset[str]]]:
    of_school: dict[str, list[str]] = {}
    for unit in people:
        of_school.setdefault(unit.partition(".")[0], []).append(unit)
    for measure, packed in kept.items():
        places: dict[int, set[str]] = {}
        for unit, place, _ in packed["units"]:
            if place:
                places.setdefault(place, set()).update([unit] if "." in unit else of_school.get(unit, []))
        yield from ((measure, frozenset(units)) for units in places.values())
