"""Pledges of a school besides the show itself, such as that staff are briefed: what it promised, and what it says
it did, as dated rows."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Text, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.booking import promises
from outreach.booking.promises import Booking
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.visits import reports
from outreach.visits.reports import (
    COMPANY,
    SCHOOL,
    BookingWasCancelled,
    NotYetBegun,
    ReportWithdrawal,
    VisitReport,
)

LEAD_PRESENT, STAFF_BRIEFED = "safeguarding lead present", "staff briefed"
LETTER_HOME, LESSON = "letter home sent", "follow-up lesson done"
PASSED_ON, POLICY = "concerns passed on within a day", "policy reviewed"
PLEDGES = (LEAD_PRESENT, STAFF_BRIEFED, LETTER_HOME, LESSON, PASSED_ON, POLICY)
"""In the order in which a school comes to them."""

WILL, WILL_NOT = "will", "will not"
DONE, PLANNED, NOT_DONE = "done", "planned", "not done"

PROMISED, SAID = "ticked what is promised besides", "said what was done besides"
"""The deeds in the history; the rows themselves say what."""

CAN_BE_PLANNED = (LESSON, POLICY)
"""What may still be to come when a school is asked for it."""


class PledgeAnswer(Base):
    """One word on one pledge of a booking: before the show WILL or WILL_NOT, after it began DONE, PLANNED or NOT_DONE.

    Rows are only added, and the newest of a pledge holds: who says nothing of it takes nothing away. `report_id`: the
    report in which it was said, and with which it is taken back. `side` as of a report; a company speaks of the
    safeguarding lead alone.
    """

    __tablename__ = "pledge_answer"
    __table_args__ = (
        CheckConstraint(
            "pledge IN ('safeguarding lead present', 'staff briefed', 'letter home sent', 'follow-up lesson done', "
            "'concerns passed on within a day', 'policy reviewed')",
            name="pledge",
        ),
        CheckConstraint("said IN ('will', 'will not', 'done', 'planned', 'not done')", name="said"),
        CheckConstraint("side IN ('school', 'company', 'settled')", name="side"),
        CheckConstraint(
            "said NOT IN ('will', 'will not') OR (side = 'school' AND report_id IS NULL)", name="promised"
        ),
        CheckConstraint(
            "said <> 'planned' OR pledge IN ('follow-up lesson done', 'policy reviewed')", name="planned"
        ),
        CheckConstraint(
            "side <> 'company' OR (pledge = 'safeguarding lead present' AND report_id IS NOT NULL)",
            name="company",
        ),
        key_within_partnership("booking_id", "booking"),
        Index("ix_pledge_answer_booking", "booking_id", "id"),
        Index("ix_pledge_answer_report", "report_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    booking_id: Mapped[int]
    pledge: Mapped[str] = mapped_column(Text)
    said: Mapped[str] = mapped_column(Text)
    side: Mapped[str] = mapped_column(Text)
    report_id: Mapped[int | None] = mapped_column(ForeignKey("visit_report.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class TooLateToPromise(Refusal):
    def __init__(self) -> None:
        super().__init__("The show has begun. Say what was done instead.")


class NotAskedOfAdults(Refusal):
    def __init__(self) -> None:
        super().__init__("Nothing of this is asked about a show for adults.")


class NotAnAnswer(Refusal):
    """A pledge or a word that there is not."""

    def __init__(self) -> None:
        super().__init__("That is no answer to it.")


class TheSchoolSaysIt(Refusal):
    """What a company was said to say of more than the safeguarding lead."""

    field = "staff_briefed"

    def __init__(self) -> None:
        super().__init__("Only the school says what was done besides the show.")


def promise(booking: Booking, ticked: Collection[str], *, who: str, now: datetime) -> None:
    """Put down what a school says before its show that it will do; what it promised and does not tick any more, it
    takes back. The same again leaves nothing.

    Raises BookingWasCancelled, TooLateToPromise, NotAskedOfAdults, NotAnAnswer.
    """
    _may_be_asked(booking)
    if now >= booking.performance.starts_at:
        raise TooLateToPromise
    if set(ticked) - set(PLEDGES):
        raise NotAnAnswer
    stands = promised(answers_of([booking.id]).get(booking.id, []))
    changed = {p: WILL if p in ticked else WILL_NOT for p in PLEDGES if (p in ticked) != (p in stands)}
    _add(booking, changed, side=SCHOOL, report=None, who=who, now=now)
    if changed:
        history.record(PROMISED, booking, who=who, now=now)


def answer(
    booking: Booking,
    said: Mapping[str, str],
    *,
    side: str = SCHOOL,
    report: VisitReport | None = None,
    who: str,
    now: datetime,
) -> None:
    """Put down what a side says, once the show has begun, of some pledges; what it leaves out stands as it stood, and
    the same word again leaves nothing, but where the first could be taken back with its report. `report`: in which it
    says so.

    A company speaks of the host. Raises BookingWasCancelled, NotYetBegun, NotAskedOfAdults, NotAnAnswer,
    TheSchoolSaysIt.
    """
    if not said:
        return
    if side == COMPANY:
        booking = reports.companions(booking.performance)[0]
    _may_be_asked(booking)
    if now < booking.performance.starts_at:
        raise NotYetBegun
    if not all(_can_be_said(pledge, word) for pledge, word in said.items()):
        raise NotAnAnswer
    if side == COMPANY and set(said) - {LEAD_PRESENT}:
        raise TheSchoolSaysIt
    told = answers_of([booking.id]).get(booking.id, [])
    before = words_on_what_was_done(told, since=booking.performance.starts_at, side=side)
    # The policy's word counts beside that of other bookings, whatever becomes of these.
    again = (
        {POLICY}
        if POLICY in said and len(promises.live(booking.programme_id, booking.organisation_id)) > 1
        else set()
    )
    changed = {
        pledge: word
        for pledge, word in said.items()
        if pledge in again
        or not _stands_already(before.get(pledge), word, side, in_report=report is not None)
    }
    _add(booking, changed, side=side, report=report, who=who, now=now)
    if changed and report is None:  # what stands in a report is told with it
        history.record(SAID, booking, who=who, now=now)


def answers_of(booking_ids: Collection[int]) -> dict[int, list[PledgeAnswer]]:
    """What was said of the pledges of some bookings and not taken back, the oldest first, by when it was filled in; one
    query."""
    said_at = func.coalesce(VisitReport.filled_in_at, PledgeAnswer.recorded_at)
    query = (
        select(PledgeAnswer)
        .outerjoin(VisitReport, VisitReport.id == PledgeAnswer.report_id)
        .where(PledgeAnswer.booking_id.in_(booking_ids), stands())
        .order_by(PledgeAnswer.booking_id, said_at, PledgeAnswer.id)
    )
    found: dict[int, list[PledgeAnswer]] = {}
    for row in db.session.scalars(query):
        found.setdefault(row.booking_id, []).append(row)
    return found


def bookings_of_visit(booking: Booking) -> list[Booking]:
    """The live bookings of a school for one day of a programme: a school too big for one show has two, and says once
    what it did besides."""
    day = day_of(booking.performance.starts_at)
    live = promises.live(booking.programme_id, booking.organisation_id)
    return [one for one in live if day_of(one.performance.starts_at) == day]


def stands(until: datetime | None = None) -> ColumnElement[bool]:
    """Of a PledgeAnswer: it was said in no report that was taken back, or that had been before a moment."""
    taken_back = select(ReportWithdrawal.report_id).where(
        ReportWithdrawal.report_id == PledgeAnswer.report_id
    )
    if until is not None:
        taken_back = taken_back.where(ReportWithdrawal.recorded_at < until)
    return or_(PledgeAnswer.report_id.is_(None), ~taken_back.correlate(PledgeAnswer).exists())


def promised(answers: Iterable[PledgeAnswer]) -> set[str]:
    """The pledges that a school has promised and not taken back, of its answers in order."""
    newest = {row.pledge: row.said for row in answers if row.said in (WILL, WILL_NOT)}
    return {pledge for pledge, said in newest.items() if said == WILL}


def words_on_what_was_done(
    answers: Iterable[PledgeAnswer], *, since: datetime, side: str = SCHOOL
) -> dict[str, PledgeAnswer]:
    """{pledge: the last word on whether it was done} of the school, for which a coordinator may speak, or of the
    company, from a booking's answers in order. `since`: the start of the show."""
    return {
        row.pledge: row
        for row in answers
        if row.said not in (WILL, WILL_NOT)
        and (row.side == COMPANY) == (side == COMPANY)
        and row.recorded_at >= since
    }


def _stands_already(last: PledgeAnswer | None, word: str, side: str, *, in_report: bool) -> bool:
    return (
        last is not None and (last.said, last.side) == (word, side) and (in_report or last.report_id is None)
    )


def _may_be_asked(booking: Booking) -> None:
    if booking.ended_at is not None:
        raise BookingWasCancelled
    if booking.programme.for_adults:
        raise NotAskedOfAdults


def _can_be_said(pledge: str, word: str) -> bool:
    return pledge in PLEDGES and (word in (DONE, NOT_DONE) or (word == PLANNED and pledge in CAN_BE_PLANNED))


def _add(
    booking: Booking,
    said: Mapping[str, str],
    *,
    side: str,
    report: VisitReport | None,
    who: str,
    now: datetime,
) -> None:
    for pledge in PLEDGES:
        if pledge in said:
            db.session.add(
                PledgeAnswer(
                    partnership_id=booking.partnership_id,
                    booking_id=booking.id,
                    pledge=pledge,
                    said=said[pledge],
                    side=side,
                    report_id=report.id if report else None,
                    recorded_at=now,
                    who=who,
                )
            )
    db.session.flush()
