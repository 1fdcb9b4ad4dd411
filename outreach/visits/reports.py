"""Reports of visits: each side's own, and the coordinator's word where they differ. Numbers only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Text, and_, false, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.booking import promises, subscribed
from outreach.booking.promises import DISAGREE, FAILED, TOOK_PLACE, Booking
from outreach.ground import history
from outreach.ground.audience import whom
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal
from outreach.ground.school_year import STAFF, YEAR_GROUPS
from outreach.tour import sessions
from outreach.tour.performances import Performance

SCHOOL, COMPANY, SETTLED = "school", "company", "settled"

PUPILS_AT_MOST = 5_000

NOT_COUNTED = "about as promised, not counted"

TOLERANCE, TOLERANCE_SHARE = 5, 0.05


def too_far_apart(by_schools: int, by_company: int) -> bool:
    """Whether two counts of one show differ by more than 5 pupils or 5 % of the schools' sum, whichever is
    more."""
    return abs(by_schools - by_company) > max(TOLERANCE, TOLERANCE_SHARE * by_schools)


class VisitReport(Base):
    """One side's word on a show; the newest of a side holds, by when it was filled in.

    side 'school': about one booking. side 'company': about the whole performance (booking_id None),
    its head count is of the whole show. side 'settled': the coordinator's word on one booking,
    which stands over both. `pupils` is the total where no split by year group was given.
    `about_as_promised`: nobody counted, and about as many came. `concerns` is the school's alone: how many were
    raised and passed on; `concerns_handed_on`: whether each was handed to the safeguarding lead. `walked_in`: how many
    came to a session without a place, as its company says. `filled_in_at`: of a
    company's that waited on a phone for signal; None of any other.
    """

    __tablename__ = "visit_report"
    __table_args__ = (
        Index("ix_visit_report_performance", "performance_id", "id"),
        Index("ix_visit_report_booking", "booking_id", "id"),
        CheckConstraint("side IN ('school', 'company', 'settled')", name="side"),
        CheckConstraint("(side = 'company') = (booking_id IS NULL)", name="about"),
        CheckConstraint("took_place OR why_not <> ''", name="why"),
        CheckConstraint("pupils IS NULL OR pupils >= 0", name="pupils"),
        CheckConstraint("concerns IS NULL OR side = 'school'", name="concerns"),
        CheckConstraint(
            "walked_in IS NULL OR (side = 'company' AND took_place AND walked_in >= 0)", name="walked_in"
        ),
        CheckConstraint("NOT about_as_promised OR (took_place AND pupils IS NULL)", name="about_as_promised"),
        CheckConstraint(
            "filled_in_at IS NULL OR (side = 'company' AND filled_in_at < recorded_at)", name="filled_in"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    performance_id: Mapped[int] = mapped_column(ForeignKey("performance.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"))
    side: Mapped[str] = mapped_column(Text)
    took_place: Mapped[bool]
    why_not: Mapped[str] = mapped_column(Text, default="")
    pupils: Mapped[int | None]
    about_as_promised: Mapped[bool] = mapped_column(default=False, server_default=false())
    staff: Mapped[int | None]
    support_agencies_present: Mapped[bool | None]
    concerns: Mapped[int | None]
    concerns_handed_on: Mapped[bool | None]
    walked_in: Mapped[int | None]
    filled_in_at: Mapped[datetime | None] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)

    @property
    def said_at(self) -> datetime:
        """When it was filled in."""
        return self.filled_in_at or self.recorded_at


class ReportedPupils(Base):
    """How many of one year group a report counted."""

    __tablename__ = "reported_pupils"
    __table_args__ = (CheckConstraint("pupils >= 0", name="pupils"),)

    report_id: Mapped[int] = mapped_column(ForeignKey("visit_report.id"), primary_key=True)
    year_group: Mapped[int] = mapped_column(primary_key=True)
    pupils: Mapped[int]


class ReportedAttendance(Base):
    """How many staff of one organisation a company counted at a session; whose number it left out has no row."""

    __tablename__ = "reported_attendance"
    __table_args__ = (CheckConstraint("staff >= 0", name="staff"),)

    report_id: Mapped[int] = mapped_column(ForeignKey("visit_report.id"), primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    staff: Mapped[int]


class ReportWithdrawal(Base):
    """A report that its side, or a coordinator, took back: from `recorded_at` on the side's older word holds
    again.

    Rows are only added; whoever took a report back by mistake reports once more.
    """

    __tablename__ = "report_withdrawal"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"),)

    report_id: Mapped[int] = mapped_column(ForeignKey("visit_report.id"), primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class NotYetBegun(Refusal):
    field = "took_place"

    def __init__(self) -> None:
        super().__init__("The show has not begun yet. Report it once it has.")


class BookingWasCancelled(Refusal):
    def __init__(self) -> None:
        super().__init__("This booking was cancelled, so there is nothing to report.")


class WhyNotMissing(Refusal):
    field = "why_not"

    def __init__(self) -> None:
        super().__init__("Say why it did not take place.")


class CountMakesNoSense(Refusal):
    """A count that cannot be: too large, below nothing, or pupils at a show that did not take place."""

    field = "pupils"


class CountedOrNot(Refusal):
    field = "about_as_promised"

    def __init__(self) -> None:
        super().__init__("Enter how many came, or say that nobody counted: not both.")


class ConcernsAreTheSchools(Refusal):
    field = "concerns"

    def __init__(self, organisation_id: int) -> None:
        super().__init__(f"Only the {whom(organisation_id)} says how many concerns were raised.")


class WithdrawnForNoReason(Refusal):
    field = "reason"

    def __init__(self) -> None:
        super().__init__("Say why the report is taken back.")


class NotTheWordThatHolds(Refusal):
    """The report to be taken back is not that side's newest: somebody reported, or took one back,
    meanwhile."""

    def __init__(self) -> None:
        super().__init__("Another report was put down since you looked. Nothing was taken back: look again.")


@dataclass(frozen=True, kw_only=True)
class ReportAccount:
    """What one side says. `pupils` by year group, or a total, or None where nobody counted; never a name.

    `about_as_promised`: nobody counted, and about as many came as the school promised. `attendance`: what a company
    counted of each booking's staff, instead of `pupils`.
    """

    took_place: bool
    why_not: str = ""
    pupils: Mapping[int, int] | int | None = None
    about_as_promised: bool = False
    staff: int | None = None
    support_agencies_present: bool | None = None
    concerns: int | None = None
    concerns_handed_on: bool | None = None
    attendance: Mapping[int, int] = field(default_factory=dict)
    walked_in: int | None = None
    split: Mapping[int, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.pupils, Mapping):
            object.__setattr__(self, "split", dict(self.pupils))

    @property
    def total(self) -> int | None:
        return self.pupils if isinstance(self.pupils, int) else None


def report(
    booking: Booking,
    side: str,
    account: ReportAccount,
    *,
    who: str,
    now: datetime,
    filled_in_at: datetime | None = None,
) -> VisitReport:
    """Put down what a side says: 'school' of its own booking, 'company' of the whole show.

    The newest word of a side holds; an earlier one is kept. The same word sent twice is put down once. `filled_in_at`:
    when, of one that comes late; what the same side has said since then stands above it.
    Raises BookingWasCancelled, NotYetBegun, WhyNotMissing, CountMakesNoSense, CountedOrNot, ConcernsAreTheSchools.
    """
    if booking.ended_at is not None and side != COMPANY:
        raise BookingWasCancelled
    if now < booking.performance.starts_at:
        raise NotYetBegun
    account = _of_those_who_came(booking, side, account)
    _check(booking, account, side)
    if account.attendance and not account.attendance.keys() <= {
        b.id for b in who_was_to_come(booking.performance)
    }:
        raise CountMakesNoSense("Somebody else has places now. Look at the report again.")
    earlier = newest(booking, side)
    if earlier is not None and _says(earlier) == account:
        return earlier
    row = VisitReport(
        performance_id=booking.performance_id,
        booking_id=None if side == COMPANY else booking.id,
        side=side,
        took_place=account.took_place,
        why_not="" if account.took_place else account.why_not.strip(),
        pupils=account.total,
        about_as_promised=account.about_as_promised,
        staff=account.staff,
        support_agencies_present=account.support_agencies_present,
        concerns=account.concerns,
        concerns_handed_on=account.concerns_handed_on,
        walked_in=account.walked_in,
        filled_in_at=_late(booking, filled_in_at, now),
        recorded_at=now,
        who=who,
    )
    db.session.add(row)
    db.session.flush()
    for year_group, pupils in sorted(account.split.items()):
        db.session.add(ReportedPupils(report_id=row.id, year_group=year_group, pupils=pupils))
    for booking_id, staff in sorted(account.attendance.items()):
        db.session.add(ReportedAttendance(report_id=row.id, booking_id=booking_id, staff=staff))
    history.record(
        f"reported ({side})",
        booking,
        who=who,
        now=now,
        before=_in_short(_says(earlier)) if earlier else None,
        after=_in_short(account) | ({"filled in": row.filled_in_at.isoformat()} if row.filled_in_at else {}),
    )
    db.session.flush()
    mirror(companions(booking.performance) if side == COMPANY else [booking], now=now)
    return row


NOBODY_CAME = "Nobody came"


def _of_those_who_came(booking: Booking, side: str, account: ReportAccount) -> ReportAccount:
    """Of a training at which it counted nobody of its own, an organisation says that it did not take place for it."""
    counted = sum(account.split.values()) if account.split else account.total
    if side == COMPANY or not booking.programme.for_adults or not account.took_place or counted != 0:
        return account
    return replace(account, took_place=False, why_not=NOBODY_CAME, pupils=None)


def says_nobody_came() -> ColumnElement[bool]:
    """Of a VisitReport: an organisation counted nobody of its own."""
    return and_(VisitReport.took_place.is_(False), VisitReport.why_not == NOBODY_CAME)


def _late(booking: Booking, filled_in_at: datetime | None, now: datetime) -> datetime | None:
    """When a report was filled in that comes later; by a clock that is wrong, at the show's start at the earliest."""
    if filled_in_at is None or filled_in_at >= now:
        return None
    at = max(filled_in_at, booking.performance.starts_at)
    return at if at < now else None


def by_when_said() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The order of VisitReports of one side: the last holds."""
    said_at = func.coalesce(VisitReport.filled_in_at, VisitReport.recorded_at)
    return said_at, VisitReport.__table__.c.id


def one_at_a_time(booking: Booking) -> None:
    """Whoever puts down or takes back another word on this show waits until this transaction ends."""
    db.session.execute(
        select(Performance.id).where(Performance.id == booking.performance_id).with_for_update(key_share=True)
    )


def mirror(concerned: Sequence[Booking], *, now: datetime) -> None:
    """Put down on some bookings of one show what the reports that stand come to; calendars say it where that
    changed."""
    before = [one.outcome for one in concerned]
    for one in concerned:
        one.outcome = outcome_of(one)
        promises.put_what_came(one, _came_to(one))
    db.session.flush()
    if [one.outcome for one in concerned] != before:
        subscribed.show(concerned[0].performance, now=now)


class SideWord(Protocol):
    """One side's word, as a row or as it was read for many."""

    @property
    def took_place(self) -> bool: ...


def said_together(settled: SideWord | None, school: SideWord | None, company: SideWord | None) -> str | None:
    """TOOK_PLACE, FAILED or DISAGREE, by the words that stand; None where nobody has said. The one rule for
    it."""
    words = [settled] if settled is not None else [word for word in (school, company) if word is not None]
    if not words:
        return None
    if any(word.took_place != words[0].took_place for word in words):
        return DISAGREE
    return TOOK_PLACE if words[0].took_place else FAILED


@dataclass(frozen=True, slots=True)
class StayedAway:
    """A company's word on an organisation of which nobody came to a session that took place."""

    took_place: bool = False
    why_not: str = NOBODY_CAME


Word = VisitReport | StayedAway
"""What one side says of one booking."""


def of_booking(company: VisitReport | None, booking: Booking) -> Word | None:
    """A company's word on a session as it speaks of one booking."""
    if company is not None and company.took_place and attendance_of(company).get(booking.id) == 0:
        return StayedAway()
    return company


def words_on(booking: Booking) -> tuple[Word | None, Word | None, Word | None]:
    """What stands of a booking: (settled, the school's own, the company's)."""
    settled, school, company = (newest(booking, side) for side in (SETTLED, SCHOOL, COMPANY))
    return settled, school, of_booking(company, booking)


def outcome_of(booking: Booking) -> str | None:
    """The same of a booking, as Booking.outcome has it."""
    return said_together(*words_on(booking))


def why_not(booking: Booking) -> str:
    """Why it did not take place, by the word that stands; '' where it did, or where nobody says."""
    if booking.outcome != FAILED:
        return ""
    return next((word.why_not for word in words_on(booking) if word is not None), "")


def settle(
    booking: Booking,
    *,
    took_place: bool,
    why_not: str = "",
    pupils: Mapping[int, int] | int | None = None,
    who: str,
    now: datetime,
) -> VisitReport:
    """The coordinator's word on one booking, which stands over both sides. Raises what `report` raises."""
    account = ReportAccount(took_place=took_place, why_not=why_not, pupils=pupils)
    return report(booking, SETTLED, account, who=who, now=now)


def withdraw(booking: Booking, side: str, report_id: int, *, reason: str, who: str, now: datetime) -> None:
    """Take back a side's report that holds, so that its older word holds again, or none.

    Of a report that was taken back already nothing happens. Raises WithdrawnForNoReason, NotTheWordThatHolds.
    """
    if not reason.strip():
        raise WithdrawnForNoReason
    one_at_a_time(booking)
    if db.session.get(ReportWithdrawal, report_id) is not None:
        return
    row = newest(booking, side)
    if row is None or row.id != report_id:
        raise NotTheWordThatHolds
    db.session.add(ReportWithdrawal(report_id=row.id, recorded_at=now, who=who, reason=reason.strip()))
    db.session.flush()
    older = newest(booking, side)
    history.record(
        f"took back a report ({side})",
        booking,
        who=who,
        now=now,
        before=_in_short(_says(row)),
        after={"why": reason.strip(), "holds again": _in_short(_says(older)) if older else None},
    )
    mirror(companions(booking.performance) if side == COMPANY else [booking], now=now)


def stands(until: datetime | None = None) -> ColumnElement[bool]:
    """Of a VisitReport: nobody took it back, or nobody had before a moment. Asked report by report, so that
    it reads no withdrawal of anybody else's."""
    taken_back = select(ReportWithdrawal.report_id).where(ReportWithdrawal.report_id == VisitReport.id)
    if until is not None:
        taken_back = taken_back.where(ReportWithdrawal.recorded_at < until)
    return ~taken_back.correlate(VisitReport).exists()


def older(booking: Booking, row: VisitReport) -> tuple[VisitReport, int | None] | None:
    """The word of a report's side that holds again without it, and its count; None where there is none."""
    about = (
        VisitReport.performance_id == booking.performance_id
        if row.side == COMPANY
        else VisitReport.booking_id == booking.id
    )
    found = db.session.scalar(
        select(VisitReport)
        .where(VisitReport.side == row.side, about, _said_before(row), stands())
        .order_by(*(column.desc() for column in by_when_said()))
        .limit(1)
    )
    if found is None or found.recorded_at < booking.performance.starts_at:
        return None
    return found, count_of(found)


def _said_before(row: VisitReport) -> ColumnElement[bool]:
    said_at, number = by_when_said()
    return or_(said_at < row.said_at, and_(said_at == row.said_at, number < row.id))


def corrected(booking: Booking) -> list[VisitReport]:
    """What a side said about the show as it stands and has put right since; the newest first. One query."""
    rows = db.session.scalars(
        select(VisitReport)
        .where(
            VisitReport.performance_id == booking.performance_id,
            or_(VisitReport.booking_id.is_(None), VisitReport.booking_id == booking.id),
            VisitReport.recorded_at >= booking.performance.starts_at,
            stands(),
        )
        .order_by(*(column.desc() for column in by_when_said()))
    )
    found, holds = [], set()
    for row in rows:
        if row.side in holds:
            found.append(row)
        holds.add(row.side)
    return found


def withdrawn(booking: Booking) -> list[tuple[VisitReport, ReportWithdrawal]]:
    """The reports about a booking, or its whole show, that were taken back; the newest first."""
    rows = db.session.execute(
        select(VisitReport, ReportWithdrawal)
        .join(ReportWithdrawal, ReportWithdrawal.report_id == VisitReport.id)
        .where(
            VisitReport.performance_id == booking.performance_id,
            or_(VisitReport.booking_id.is_(None), VisitReport.booking_id == booking.id),
        )
        .order_by(ReportWithdrawal.recorded_at.desc(), VisitReport.id.desc())
    )
    return [(report, back) for report, back in rows]


def newest(booking: Booking, side: str) -> VisitReport | None:
    """The word of a side that holds about the show as it stands; what was said before it began is about an
    earlier time.

    A report that was taken back is no word.
    """
    about = (
        VisitReport.performance_id == booking.performance_id
        if side == COMPANY
        else VisitReport.booking_id == booking.id
    )
    found = db.session.scalar(
        select(VisitReport)
        .where(VisitReport.side == side, about, stands())
        .order_by(*(column.desc() for column in by_when_said()))
        .limit(1)
    )
    return None if found is None or found.recorded_at < booking.performance.starts_at else found


def counts_of(row: VisitReport) -> dict[int, int]:
    """{year group: pupils} where a report was split; else empty."""
    query = (
        select(ReportedPupils).where(ReportedPupils.report_id == row.id).order_by(ReportedPupils.year_group)
    )
    return {counted.year_group: counted.pupils for counted in db.session.scalars(query)}


def attendance_of(row: VisitReport) -> dict[int, int]:
    """{booking id: staff} where a company counted each organisation's; else empty."""
    query = (
        select(ReportedAttendance)
        .where(ReportedAttendance.report_id == row.id)
        .order_by(ReportedAttendance.booking_id)
    )
    return {counted.booking_id: counted.staff for counted in db.session.scalars(query)}


def who_came(row: VisitReport) -> list[tuple[Booking, int]]:
    """How many staff of each organisation a company counted, host first."""
    counted = attendance_of(row)
    there = db.session.scalars(
        select(Booking).where(Booking.id.in_(counted)).order_by(Booking.role.desc(), Booking.id)
    )
    return [(booking, counted[booking.id]) for booking in there] if counted else []


def count_of(row: VisitReport | None) -> int | None:
    """All pupils that a report counted; None where nobody counted."""
    if row is None:
        return None
    split = counts_of(row) or attendance_of(row)
    return sum(split.values()) if split else row.pupils


def difference(booking: Booking) -> str:
    """What the two sides disagree on, in words for the coordinator, until it is settled; '' where they
    agree."""
    school, company = newest(booking, SCHOOL), newest(booking, COMPANY)
    if newest(booking, SETTLED) is not None or school is None or company is None:
        return ""
    by_body = attendance_of(company)
    if company.took_place and booking.id in by_body:
        return _between(booking, count_of(school) if school.took_place else 0, by_body[booking.id])
    if said_together(None, school, company) == DISAGREE:
        return "One side says that it took place, the other that it did not."
    if by_body:
        return ""
    counted = count_of(company)
    numbers = [_standing_count(b) for b in who_was_to_come(booking.performance)]
    if not school.took_place or counted is None or None in numbers:
        return ""
    by_schools = sum(n for n in numbers if n is not None)
    if not too_far_apart(by_schools, counted):
        return ""
    words = booking.programme.words
    theirs = f"the {words.company} {counted:,}"
    return f"The {words.asked}s counted {words.count(by_schools)} at this {words.show}, {theirs}."


def _between(booking: Booking, own: int | None, by_company: int) -> str:
    """'Redmere Police counted 12 staff at this session, the trainer counted 3.'; '' where they agree."""
    words, name = booking.programme.words, booking.organisation.name
    said = f"counted {by_company:,}" if by_company else "says that nobody came"
    theirs = f"the {words.company} {said}"
    if own is None:
        return "" if by_company else f"{name} says that its {words.many} came to this {words.show}, {theirs}."
    if bool(own) == bool(by_company) and not too_far_apart(own, by_company):
        return ""
    if not own:
        return f"{name} says that nobody came to this {words.show}, {theirs}."
    return f"{name} counted {words.count(own)} at this {words.show}, {theirs}."


def _came_to(booking: Booking) -> Mapping[int, int]:
    """Pupils by year group, by the words that stand; {} where they were not counted so, or nobody came."""
    if booking.outcome != TOOK_PLACE:
        return {}
    settled, school, company = (newest(booking, side) for side in (SETTLED, SCHOOL, COMPANY))
    # A company counts the whole show, and by year group only where nobody came as a guest.
    alone = company if len(who_was_to_come(booking.performance)) == 1 else None
    for said in (settled, school, alone):
        if said is not None and (split := counts_of(said)):
            return split
    by_body = {} if company is None else attendance_of(company)
    return {STAFF: by_body[booking.id]} if booking.id in by_body else {}


def _standing_count(booking: Booking) -> int | None:
    """The coordinator's count of a booking, else the school's; 0 where it did not take place."""
    settled, school = newest(booking, SETTLED), newest(booking, SCHOOL)
    word = settled or school
    if word is not None and not word.took_place:
        return 0
    return next((n for n in (count_of(settled), count_of(school)) if n is not None), None)


def pupils_seen(booking: Booking) -> int | None:
    """How many saw it by the word that stands, the coordinator's or the school's; None where it was not
    counted so."""
    return _standing_count(booking) if booking.outcome == TOOK_PLACE else None


def companions(performance: Performance) -> list[Booking]:
    """The live bookings of a show, host first: a company's head count is of all of them."""
    live = [b for b in promises.of_performance(performance.id) if b.ended_at is None]
    return sorted(live, key=lambda b: (b.role != promises.HOST, b.id))


def who_was_to_come(performance: Performance) -> list[Booking]:
    """The same without a session's venue, which brings nobody."""
    together = companions(performance)
    if together and together[0].programme.for_adults and sessions.of_performance(performance.id) is not None:
        return [b for b in together if b.role != promises.HOST]
    return together


def _check(booking: Booking, account: ReportAccount, side: str) -> None:
    if not account.took_place and not account.why_not.strip():
        raise WhyNotMissing
    if account.concerns is not None and side != SCHOOL:
        raise ConcernsAreTheSchools(booking.organisation_id)
    numbers = [*account.split.values(), *([] if account.total is None else [account.total])]
    numbers += [*account.attendance.values(), *([account.walked_in] if account.walked_in else [])]
    if account.attendance and (side != COMPANY or account.split or account.total is not None):
        raise CountMakesNoSense("Enter how many came of each, or of all together: not both.")
    if any(not 0 <= n <= PUPILS_AT_MOST for n in (*numbers, account.staff or 0, account.concerns or 0)):
        raise CountMakesNoSense(f"A count must be between 0 and {PUPILS_AT_MOST:,}.")
    if any(y not in (*YEAR_GROUPS, STAFF) for y in account.split):
        raise CountMakesNoSense("That year group does not exist.")
    if not account.took_place and sum(numbers) > 0:
        raise CountMakesNoSense("It did not take place, so nobody can have seen it. Leave the numbers empty.")
    if account.about_as_promised and (numbers or not account.took_place):
        raise CountedOrNot


def _says(row: VisitReport) -> ReportAccount:
    split = counts_of(row)
    return ReportAccount(
        took_place=row.took_place,
        why_not=row.why_not,
        pupils=split or row.pupils,
        about_as_promised=row.about_as_promised,
        staff=row.staff,
        support_agencies_present=row.support_agencies_present,
        concerns=row.concerns,
        concerns_handed_on=row.concerns_handed_on,
        walked_in=row.walked_in,
        attendance=attendance_of(row),
    )


def _in_short(account: ReportAccount) -> dict[str, Any]:
    split = {str(y): n for y, n in sorted(account.split.items())}
    split |= {f"booking {of}": n for of, n in sorted(account.attendance.items())}
    counted = split or (NOT_COUNTED if account.about_as_promised else account.total)
    besides = {
        "staff": account.staff,
        "support agencies present": account.support_agencies_present,
        "concerns": account.concerns,
        "concerns handed on": account.concerns_handed_on,
        "came without a place": account.walked_in,
    }
    said = {name: word for name, word in besides.items() if word is not None}
    return {"took place": account.took_place, "why not": account.why_not, "pupils": counted} | said
