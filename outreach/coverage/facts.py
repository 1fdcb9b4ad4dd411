"""What was recorded by a moment, read in a constant number of plain selects: the rows standings rest on.

Everything is cut at `Cut.until`, the end of the as-of day but never after 31 August of the
programme's year; only visit reports go on to `Cut.moment`. A row counts when it was recorded before.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Boolean, case, exists, func, literal, null, or_, select, text, type_coerce

from outreach.asking.chasing import settings
from outreach.asking.invitations import Answer, Invitation
from outreach.booking import proposal_moves
from outreach.booking.handovers import Handover
from outreach.booking.holds import FormBegun
from outreach.booking.promises import Booking, BookingRevision, Cancellation, PromisedPupils
from outreach.booking.proposal_moves import ProposalMove
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.county.corrections import value_of
from outreach.county.partnerships import USUAL_SHARE, Authority, AuthorityCovered, CountedShare
from outreach.county.register import lines
from outreach.county.schools import Correction, OwnNumber, SchoolRecord
from outreach.coverage.as_of import Cut, only, only_shows, scope
from outreach.ground.db import Instant, db
from outreach.ground.history import History
from outreach.post.outbox import DeadAddress, Letter
from outreach.post.proposing import LAPSED
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme, ProgrammeTarget
from outreach.tour.targets import TargetDecision
from outreach.visits.reports import ReportedPupils, VisitReport, stands
from outreach.visits.verdicts import Promised, Told


@dataclass(slots=True)
class Known:
    """A school as it was known at the cut; names after the register's columns."""

    urn: int
    name: str
    status: str
    type_of_establishment: str
    phase_of_education: str | None
    statutory_low_age: int | None
    statutory_high_age: int | None
    number_of_pupils: int | None
    la_code: str
    district_code: str | None
    district_name: str | None
    easting: int | None
    northing: int | None
    close_date: date | None
    trust_name: str | None
    town: str
    urban_rural: str | None
    census_date: date | None


_Setting = TypeVar("_Setting")
_KNOWN = tuple(getattr(SchoolRecord, name) for name in Known.__slots__)


def schools(programme: Programme, cut: Cut) -> dict[int, Known]:
    """Every school that was ever with the partnership's authorities, and whoever booked: by URN."""
    return _known(scope(programme), cut)


def kin(urns: Collection[int], cut: Cut) -> dict[int, Known]:
    """Predecessors and successors that were always with other authorities: few, so they are named one by
    one."""
    return _known(sorted(urns), cut)


def _known(scope: Any, cut: Cut) -> dict[int, Known]:
    newest = (
        select(func.max(SchoolRecord.id))
        .where(
            SchoolRecord.recorded_at < cut.register_until,
            SchoolRecord.urn.in_(scope),
            *only(SchoolRecord.urn, cut),
        )
        .group_by(SchoolRecord.urn)
    )
    rows = _rows(select(*_KNOWN).where(SchoolRecord.id.in_(newest)).order_by(SchoolRecord.urn))
    return {row[0]: Known(*row) for row in rows}


def correct(known: dict[int, Known], programme: Programme, cut: Cut) -> None:
    """Lay the local corrections over what the register said, in place."""
    for urn, fields in _corrections(programme, cut).items():
        if urn in known:
            known[urn] = replace(known[urn], **fields)


def _corrections(programme: Programme, cut: Cut) -> dict[int, dict[str, Any]]:
    held: dict[int, dict[str, Any]] = defaultdict(dict)
    query = select(Correction.urn, Correction.field, Correction.value, Correction.withdrawn)
    for urn, field, said, withdrawn in _rows(
        query.where(
            Correction.recorded_at < cut.register_until,
            Correction.urn.in_(lines.ever_with(programme.partnership_id)),
            *only(Correction.urn, cut),
        ).order_by(Correction.id)
    ):
        if withdrawn:
            held[urn].pop(field, None)
        elif field in Known.__slots__:
            held[urn][field] = value_of(field, said)
    return held


def la_codes(programme: Programme, cut: Cut) -> set[str]:
    """The authorities that were the partnership's by the cut."""
    now, was = Authority, AuthorityCovered
    query = (
        select(now.la_code, literal(0), type_coerce(null(), Boolean), type_coerce(null(), Instant)).where(
            now.partnership_id == programme.partnership_id
        )
    ).union_all(
        select(was.la_code, was.id, was.covered, was.recorded_at).where(
            was.partnership_id == programme.partnership_id
        )
    )
    return covered(_rows(query.order_by(text("2"))), cut)


def covered(rows: Iterable[Any], cut: Cut) -> set[str]:
    """Of the authorities there are now (id 0), and of (code, id, was it the partnership's, since when), those
    that were by the cut: the newest word holds; one of which there is no word was from the beginning.
    Pure."""
    codes: set[str] = set()
    told = set()
    for code, row_id, is_covered, recorded_at in rows:
        if not row_id:
            codes.add(code)
            continue
        if recorded_at < cut.settings_until:
            (codes.add if is_covered else codes.discard)(code)
        elif code not in told:  # before its first word it was what that word changed
            (codes.discard if is_covered else codes.add)(code)
        told.add(code)
    return codes


def counted_share(programme: Programme, cut: Cut) -> float:
    """The share of a year group that had to be counted by the cut; before the partnership's first word, that
    one."""
    rows = _rows(
        select(CountedShare.share, CountedShare.recorded_at)
        .where(CountedShare.partnership_id == programme.partnership_id)
        .order_by(CountedShare.id)
    )
    shares: list[tuple[float, datetime]] = [(share, at) for share, at in rows]
    return in_force(shares, cut, USUAL_SHARE)


def in_force(rows: Sequence[tuple[_Setting, datetime]], cut: Cut, otherwise: _Setting) -> _Setting:
    """The newest of some (setting, recorded at) by the cut; before the first word, that first word. Pure."""
    by_then = [said for said, recorded_at in rows if recorded_at < cut.settings_until]
    return by_then[-1] if by_then else (rows[0][0] if rows else otherwise)


def target_year_groups(programme: Programme, cut: Cut) -> tuple[int, ...]:
    """The target in force at the cut; before the programme's first word on it, that first word."""
    rows = _rows(
        select(ProgrammeTarget.year_groups, ProgrammeTarget.recorded_at)
        .where(ProgrammeTarget.programme_id == programme.id)
        .order_by(ProgrammeTarget.id)
    )
    return in_force([(groups, at) for groups, at in rows], cut, ())


def links(programme: Programme, cut: Cut) -> list[tuple[int, int, date | None]]:
    """Every (predecessor, successor, date) with an end that was ever the partnership's, or booked with it."""
    near = lines.near(scope(programme, by=cut.register_until)).subquery()
    query = select(near.c.predecessor_urn, near.c.successor_urn, near.c.link_date)
    query = query.where(near.c.recorded_at < cut.register_until, *only(near.c.predecessor_urn, cut))
    return [tuple(row) for row in _rows(query.order_by(near.c.id))]


def own_numbers(programme: Programme, cut: Cut) -> dict[int, dict[int, int]]:
    """{URN: {year group: pupils}} of the programme's academic year."""
    found: dict[int, dict[int, int]] = {}
    query = select(OwnNumber.urn, OwnNumber.year_group, OwnNumber.pupils).where(
        OwnNumber.academic_year == programme.academic_year,
        OwnNumber.recorded_at < cut.register_until,
        OwnNumber.urn.in_(lines.ever_with(programme.partnership_id)),
        *only(OwnNumber.urn, cut),
    )
    for urn, year_group, pupils in _rows(query.order_by(OwnNumber.id)):
        found.setdefault(urn, {})[year_group] = pupils
    return found


class Decided(NamedTuple):
    """A coordinator's word on a school's place in the target."""

    kind: str
    year_groups: tuple[int, ...]
    reason: str
    recorded_at: datetime


def decisions(programme: Programme, cut: Cut) -> dict[int, Decided]:
    """The coordinator's newest word on a school, by URN."""
    d = TargetDecision
    query = select(d.urn, d.kind, d.year_groups, d.reason, d.recorded_at)
    query = query.where(d.programme_id == programme.id, d.recorded_at < cut.settings_until, *only(d.urn, cut))
    return {
        urn: Decided(kind, groups, reason, when)
        for urn, kind, groups, reason, when in _rows(query.order_by(d.id))
    }


def promises(programme: Programme, cut: Cut) -> list[Promised]:
    b, r, c = Booking, BookingRevision, Cancellation
    handed = _handed_on_after(programme, cut)
    query = (
        select(
            b.id,
            func.coalesce(handed.c.from_urn, b.urn),
            b.performance_id,
            b.created_at,
            r.id,
            r.starts_at,
            r.ends_at,
            c.recorded_at,
            c.cancelled_by,
        )
        .join(r, r.booking_id == b.id)
        .outerjoin(c, (c.booking_id == b.id) & (c.recorded_at < cut.until))
        .outerjoin(handed, handed.c.booking_id == b.id)
        .where(
            b.programme_id == programme.id,
            b.created_at < cut.until,
            r.recorded_at < cut.until,
            *only_shows(b.performance_id, programme, cut),
        )
        .order_by(r.id)
    )
    newest = {row[0]: row for row in _rows(query)}
    pupils: dict[int, dict[int, int]] = defaultdict(dict)
    query = (
        select(PromisedPupils.revision_id, PromisedPupils.year_group, PromisedPupils.pupils)
        .join(r, r.id == PromisedPupils.revision_id)
        .join(b, b.id == r.booking_id)
        .where(
            b.programme_id == programme.id,
            r.recorded_at < cut.until,
            PromisedPupils.pupils > 0,
            *only_shows(b.performance_id, programme, cut),
        )
        .order_by(PromisedPupils.revision_id, PromisedPupils.year_group)
    )
    for revision_id, year_group, number in _rows(query):
        pupils[revision_id][year_group] = number
    return [Promised(*(*newest[key], pupils.get(newest[key][4], {}))) for key in sorted(newest)]


def _handed_on_after(programme: Programme, cut: Cut) -> Any:
    """Bookings that went to a following school only after the cut: with whom they were then."""
    first = (
        select(func.min(Handover.id))
        .join(Booking, Booking.id == Handover.booking_id)
        .where(Handover.recorded_at >= cut.until, Booking.programme_id == programme.id)
        .group_by(Handover.booking_id)
    )
    return select(Handover.booking_id, Handover.from_urn).where(Handover.id.in_(first)).subquery()


def reports(programme: Programme, cut: Cut) -> list[Told]:
    """Every report of the programme by the moment, in the order they came, but for those taken back by
    then."""
    v = VisitReport
    told_by = cut.told_by or cut.moment
    of_programme = (
        v.recorded_at < told_by,
        stands(told_by),
        *(() if cut.told_by is None else (Performance.starts_at < cut.moment,)),
        Performance.programme_id == programme.id,
        *only_shows(v.performance_id, programme, cut),
    )
    split: dict[int, dict[int, int]] = defaultdict(dict)
    query = (
        select(ReportedPupils.report_id, ReportedPupils.year_group, ReportedPupils.pupils)
        .join(v, v.id == ReportedPupils.report_id)
        .join(Performance, Performance.id == v.performance_id)
        .where(*of_programme)
        .order_by(ReportedPupils.report_id, ReportedPupils.year_group)
    )
    for report_id, year_group, number in _rows(query):
        split[report_id][year_group] = number
    told = (
        select(v.id, v.performance_id, v.booking_id, v.side, v.took_place, v.pupils, v.recorded_at)
        .join(Performance, Performance.id == v.performance_id)
        .where(*of_programme)
        .order_by(v.id)
    )
    return [Told(*(*row, split.get(row[0], {}))) for row in _rows(told)]


def reachable_by_contact(programme: Programme, cut: Cut) -> dict[int, bool]:
    """{URN: has a live contact of the partnership's whose address is not dead}; a school that is missing has
    none."""
    alive = func.max(case((_dead(Contact.address, cut), 0), else_=1))
    query = (
        select(Contact.urn, alive)
        .where(
            Contact.partnership_id == programme.partnership_id,
            Contact.created_at < cut.until,
            or_(Contact.ended_at.is_(None), Contact.ended_at >= cut.until),
            *only(Contact.urn, cut),
        )
        .group_by(Contact.urn)
        .order_by(Contact.urn)
    )
    return {urn: bool(flag) for urn, flag in _rows(query)}


@dataclass(slots=True)
class Asked:
    """A school's invitations: when the first and the newest were handed to the mail server; is an address
    alive."""

    urn: int
    first: datetime | None
    newest: datetime | None
    alive: int


def invitations(programme: Programme, cut: Cut) -> dict[int, Asked]:
    handed = case((Letter.handed_at < cut.until, Letter.handed_at))
    query = (
        select(
            Invitation.urn,
            func.min(handed),
            func.max(handed),
            func.max(case((_dead(Invitation.address, cut), 0), else_=1)),
        )
        .outerjoin(Letter, Letter.id == Invitation.letter_id)
        .where(
            Invitation.programme_id == programme.id,
            Invitation.recorded_at < cut.until,
            *only(Invitation.urn, cut),
        )
        .group_by(Invitation.urn)
        .order_by(Invitation.urn)
    )
    return {row[0]: Asked(*row) for row in _rows(query)}


def days_of_waiting(programme: Programme, cut: Cut) -> int:
    """After how many days of silence the programme had a school reminded, by the cut; the history dates the
    setting."""
    h = History
    query = select(h.recorded_at, h.after).where(
        h.subject == "programme", h.subject_id == str(programme.id), h.what == settings.SETTLED
    )
    return settings.first_after_days(
        [tuple(row) for row in _rows(query.order_by(h.id))], by=cut.settings_until
    )


class Answered(NamedTuple):
    """What a school answered to its invitation; of two the one with the higher id is newer."""

    id: int
    kind: str
    reason: str
    recorded_at: datetime


def answers(programme: Programme, cut: Cut) -> dict[int, Answered]:
    """The newest answer of a school, by URN."""
    query = select(Answer.urn, Answer.id, Answer.kind, Answer.reason, Answer.recorded_at).where(
        Answer.programme_id == programme.id, Answer.recorded_at < cut.until, *only(Answer.urn, cut)
    )
    return {row[0]: Answered(*row[1:]) for row in _rows(query.order_by(Answer.id))}


def proposals(programme: Programme, cut: Cut) -> dict[int, tuple[datetime, date]]:
    """What is kept for a school by the cut, else was until nobody answered: {URN: (recorded, the last day to
    reply)}."""
    p, was = Proposal, proposal_moves.was(ProposalMove.was_reply_by, of=Proposal.id, by=cut.until)
    reply_by = func.coalesce(was, p.reply_by)
    query = select(p.urn, p.recorded_at, reply_by).where(
        p.programme_id == programme.id,
        p.recorded_at < cut.until,
        or_(p.ended_at.is_(None), p.ended_at >= cut.until, p.ended_as == LAPSED),
        *only(p.urn, cut),
    )
    return {row[0]: tuple(row[1:]) for row in _rows(query.order_by(reply_by, p.id))}


def forms_begun(programme: Programme, cut: Cut) -> dict[int, datetime]:
    """When a school last began the form: {URN: instant}."""
    query = select(FormBegun.urn, func.max(FormBegun.recorded_at)).where(
        FormBegun.programme_id == programme.id, FormBegun.recorded_at < cut.until, *only(FormBegun.urn, cut)
    )
    return {urn: when for urn, when in _rows(query.group_by(FormBegun.urn).order_by(FormBegun.urn))}


def _dead(address: Any, cut: Cut) -> Any:
    """Whether an address was dead by the cut; each is looked up, since most that are dead are others'."""
    return exists().where(
        func.lower(DeadAddress.address) == func.lower(address),
        DeadAddress.recorded_at < cut.until,
        or_(DeadAddress.lifted_at.is_(None), DeadAddress.lifted_at >= cut.until),
    )


def _rows(query: Any) -> Sequence[Any]:
    """The rows of plain columns, as the session's connection hands them out: the session would go through
    each once more, looking for entities. It has put down first what is still pending, as for a query of its
    own."""
    db.session.flush()
    return db.session.connection().execute(query).fetchall()
