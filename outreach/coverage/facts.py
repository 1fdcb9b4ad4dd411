"""Facts recorded by a moment, read in a constant number of plain selects: the rows standings rest on.

Each select is written once, for one cut; several cuts are read by the same selects, joined into one query. So
a list of all schools, a part of an export and one school's page of many years see the same rows, in a
constant number of queries.

Everything is cut at `Cut.until`, the end of the as-of day but never after 31 August of the programme's year;
only visit reports go on to `Cut.moment`. A row counts when it was recorded before.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    Boolean,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    text,
    type_coerce,
    union_all,
)

from outreach.asking.chasing import settings
from outreach.asking.invitations import Answer, Invitation
from outreach.asking.paper import PaperLetter, PaperPosting
from outreach.booking import promises, proposal_moves
from outreach.booking.handovers import Handover
from outreach.booking.holds import FormBegun
from outreach.booking.promises import Booking, BookingRevision, Cancellation, PromisedPupils
from outreach.booking.proposal_moves import ProposalMove
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.county.corrections import value_of
from outreach.county.partnerships import USUAL_SHARE, Authority, AuthorityCovered, CountedShare
from outreach.county.register import lines
from outreach.county.schools import FIRST_OF_BODIES, Correction, OrganisationRecord, OwnNumber
from outreach.county.succession import Kin
from outreach.coverage.as_of import (
    Cut,
    CutShape,
    OpenCut,
    bodies_asked,
    is_body,
    last_day,
    only,
    only_shows,
    scope_by,
    values,
)
from outreach.ground.db import Instant, plain_rows
from outreach.ground.history import History
from outreach.ground.school_year import STAFF
from outreach.post.outbox import DeadAddress, Letter
from outreach.post.proposing import LAPSED
from outreach.tour.adults import EVERYBODY, AdultTarget
from outreach.tour.performances import Performance
from outreach.tour.programmes import ProgrammeTarget
from outreach.tour.target_decisions import TargetDecision
from outreach.visits import verdicts
from outreach.visits.absences import Absence, Told
from outreach.visits.reports import (
    ReportedAttendance,
    ReportedPupils,
    VisitReport,
    says_nobody_came,
    stands,
)
from outreach.visits.verdicts import Promised, ReportTold, Verdict


@dataclass(slots=True)
class OrganisationAsKnown:
    """A school or a body as it was known at the cut; names after the register's columns."""

    organisation_id: int
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
    front_line_staff: int | None
    staff_counted_on: date | None

    @property
    def is_body(self) -> bool:
        return is_body(self.organisation_id)


_Setting = TypeVar("_Setting")
_KNOWN = tuple(getattr(OrganisationRecord, name) for name in OrganisationAsKnown.__slots__)
_CHOSEN = tuple(AdultTarget.__dataclass_fields__)
_Row = Sequence[Any]


class Decided(NamedTuple):
    """A coordinator's word on a school's place in the target."""

    kind: str
    year_groups: tuple[int, ...]
    reason: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What the register said, and schools and coordinators beside it, by a cut.

    `la_codes`: the authorities that were the partnership's. `organisations`: every school that was ever with them,
    whoever booked, the bodies that are asked, and all their kin, by number; those that were held as their local
    corrections have it.
    `links`: every (predecessor, successor, date) with an end that was ever the partnership's, or booked with
    it. `own_numbers`: {URN: {year group: pupils}} of the programme's academic year. `decisions`: the
    coordinator's newest word on a school. `year_groups`: the target in force; `adults`: whom it is for, where
    it is for adults.

    Corrections and own numbers are of who holds the school: once it is another's, nothing new of it is read.
    """

    la_codes: set[str]
    organisations: dict[int, OrganisationAsKnown]
    links: list[tuple[int, int, date | None]]
    own_numbers: dict[int, dict[int, int]]
    decisions: dict[int, Decided]
    year_groups: tuple[int, ...]
    adults: AdultTarget


def registers(cuts: Sequence[Cut]) -> list[Register]:
    """The register by each cut; 8 queries."""
    organisations, links = _known(_organisations, cuts), _rows(_links, cuts)
    here, corrections = _rows(_la_codes, cuts), _rows(_corrections, cuts)
    numbers, decided = _rows(_own_numbers, cuts), _rows(_decisions, cuts)
    targets = [_targets(rows) for rows in _rows(_target, cuts)]
    kin = _known(_named, [_beyond(*each) for each in zip(cuts, links, organisations, strict=True)])
    found = []
    for n, cut in enumerate(cuts):
        codes, known = _covered(here[n], cut), organisations[n] | kin[n]
        year_groups, adults = _in_force(targets[n], cut, ((), EVERYBODY))
        held = {
            organisation_id
            for organisation_id, organisation in known.items()
            if organisation.la_code in codes
        }
        for organisation_id, fields in _corrected(corrections[n]).items():
            if organisation_id in held:
                known[organisation_id] = replace(known[organisation_id], **fields)
        found.append(
            Register(
                la_codes=codes,
                organisations=dict(sorted(known.items())),
                links=[(before, after, day) for _, before, after, day in links[n]],
                own_numbers={
                    u: told for u, told in _by_year_group(row[1:] for row in numbers[n]).items() if u in held
                },
                decisions={row[1]: Decided(*row[2:]) for row in decided[n]},
                year_groups=year_groups,
                adults=adults,
            )
        )
    return found


def _beyond(cut: Cut, links: Sequence[_Row], known: Collection[int]) -> Cut:
    """The same for predecessors and successors alone that were always with other authorities: few, so they
    are named one by one."""
    found = Kin((before, after) for _, before, after, _ in links).beyond(known)
    return replace(cut, only=tuple(sorted(found if cut.only is None else found.intersection(cut.only))))


def _known(of: Callable[[OpenCut], Any], cuts: Sequence[Cut]) -> list[dict[int, OrganisationAsKnown]]:
    return [{row[0]: OrganisationAsKnown(*row) for row in rows} for rows in _rows(of, cuts)]


def _organisations(cut: OpenCut) -> Any:
    """Every school that was ever with the partnership's authorities, the bodies that are asked, and whoever booked."""
    among = scope_by(cut.programme_id, cut.partnership_id, for_adults=cut.for_adults)
    return _newest_records(
        cut, OrganisationRecord.organisation_id.in_(among), *only(OrganisationRecord.organisation_id, cut)
    )


def _named(cut: OpenCut) -> Any:
    """Those that are named one by one."""
    return _newest_records(cut, *only(OrganisationRecord.organisation_id, cut))


def _newest_records(cut: OpenCut, *which: Any) -> Any:
    r = OrganisationRecord
    newest = (
        select(func.max(r.id)).where(r.recorded_at < cut.register_until, *which).group_by(r.organisation_id)
    )
    return select(*_KNOWN).where(r.id.in_(newest))


def _corrections(cut: OpenCut) -> Any:
    c = Correction
    return select(c.id, c.urn, c.field, c.value, c.withdrawn).where(
        c.recorded_at < cut.register_until,
        c.urn.in_(lines.ever_with(cut.partnership_id)),
        *only(c.urn, cut),
    )


def _corrected(rows: Sequence[_Row]) -> dict[int, dict[str, Any]]:
    """{URN: {field: value}} of the local corrections that stood."""
    held: dict[int, dict[str, Any]] = defaultdict(dict)
    for _, organisation_id, name, said, withdrawn in rows:
        if withdrawn:
            held[organisation_id].pop(name, None)
        elif name in OrganisationAsKnown.__slots__:
            held[organisation_id][name] = value_of(name, said)
    return held


def _la_codes(cut: OpenCut) -> Any:
    """The authorities there are now (id 0), and every word on whether one was the partnership's, since
    when."""
    now, was = Authority, AuthorityCovered
    here = select(
        literal(0).label("id"),
        now.la_code,
        type_coerce(null(), Boolean).label("covered"),
        type_coerce(null(), Instant).label("recorded_at"),
    ).where(now.partnership_id == cut.partnership_id)
    words = select(was.id, was.la_code, was.covered, was.recorded_at)
    return select(here.union_all(words.where(was.partnership_id == cut.partnership_id)).subquery())


def _covered(rows: Sequence[_Row], cut: Cut) -> set[str]:
    """Of these, the authorities that were the partnership's by the cut: the newest word holds; one of which
    there is no word was from the beginning. Pure."""
    codes: set[str] = set()
    told = set()
    for row_id, code, is_covered, recorded_at in rows:
        if not row_id:
            codes.add(code)
            continue
        if recorded_at < cut.settings_until:
            (codes.add if is_covered else codes.discard)(code)
        elif code not in told:  # before its first word it was what that word changed
            (codes.discard if is_covered else codes.add)(code)
        told.add(code)
    return codes


def counted_shares(cuts: Sequence[Cut]) -> list[float]:
    """The share of a year group that had to be counted by each cut; before the partnership's first word, that
    one. One query."""
    found = zip(_rows(_shares, cuts), cuts, strict=True)
    return [_in_force(rows, cut, USUAL_SHARE) for rows, cut in found]


def _shares(cut: OpenCut) -> Any:
    s = CountedShare
    return select(s.id, s.share, s.recorded_at).where(s.partnership_id == cut.partnership_id)


def _target(cut: OpenCut) -> Any:
    """Every word on the target; before the programme's first, that one is in force."""
    t = ProgrammeTarget
    said = t.year_groups, *(getattr(t, name) for name in _CHOSEN)
    return select(t.id, t.recorded_at, *said).where(t.programme_id == cut.programme_id)


def _targets(rows: Sequence[_Row]) -> list[_Row]:
    """(id, (year groups, choice of a programme for adults), recorded at)."""
    return [
        (row_id, (year_groups, AdultTarget(**dict(zip(_CHOSEN, chosen, strict=True)))), at)
        for row_id, at, year_groups, *chosen in rows
    ]


def _in_force(rows: Sequence[_Row], cut: Cut, otherwise: _Setting) -> _Setting:
    """The newest of some (id, setting, recorded at) by the cut; before the first word, that first word.
    Pure."""
    words = [(said, at) for _, said, at in rows]
    by_then = [said for said, at in words if at < cut.settings_until]
    return by_then[-1] if by_then else (words[0][0] if words else otherwise)


def _links(cut: OpenCut) -> Any:
    among = scope_by(cut.programme_id, cut.partnership_id, for_adults=cut.for_adults, by=cut.register_until)
    near = lines.near(among).subquery()
    query = select(near.c.id, near.c.predecessor_id, near.c.successor_id, near.c.link_date)
    return query.where(near.c.recorded_at < cut.register_until, *only(near.c.predecessor_id, cut))


def _own_numbers(cut: OpenCut) -> Any:
    o = OwnNumber
    return select(o.id, o.urn, o.year_group, o.pupils).where(
        o.academic_year == cut.academic_year,
        o.recorded_at < cut.register_until,
        o.urn.in_(lines.ever_with(cut.partnership_id)),
        *only(o.urn, cut),
    )


def _decisions(cut: OpenCut) -> Any:
    d = TargetDecision
    return select(d.id, d.organisation_id, d.kind, d.year_groups, d.reason, d.recorded_at).where(
        d.programme_id == cut.programme_id, d.recorded_at < cut.settings_until, *only(d.organisation_id, cut)
    )


def verdicts_of(cuts: Sequence[Cut]) -> list[list[Verdict]]:
    """What each promise came to by each cut; 4 queries."""
    return [
        verdicts.verdicts_on_promises(promised, told, moment=cut.moment, for_adults=cut.programme.for_adults)
        for cut, promised, told in zip(cuts, _promises(cuts), _reports(cuts), strict=True)
    ]


def _promises(cuts: Sequence[Cut]) -> list[list[Promised]]:
    found = []
    for rows, promised in zip(_rows(_revisions, cuts), _rows(_promised_pupils, cuts, order=2), strict=True):
        newest, pupils = {row[1]: row for row in rows}, _by_year_group(promised)
        found.append(
            [
                Promised(*(*row[1:-2], pupils.get(row[0], {}), *row[-2:]))
                for row in (newest[key] for key in sorted(newest))
            ]
        )
    return found


def _revisions(cut: OpenCut) -> Any:
    b, r, c = Booking, BookingRevision, Cancellation
    handed = _handed_on_after(cut)
    return (
        select(
            r.id,
            b.id,
            func.coalesce(handed.c.from_organisation_id, b.organisation_id),
            b.performance_id,
            b.created_at,
            r.starts_at,
            r.ends_at,
            c.recorded_at,
            c.cancelled_by,
            b.catch_up,
            b.programme_id != cut.programme_id,
        )
        .join(r, r.booking_id == b.id)
        .outerjoin(c, (c.booking_id == b.id) & (c.recorded_at < cut.until))
        .outerjoin(handed, handed.c.booking_id == b.id)
        .where(
            cut.holds(b.programme_id),
            b.created_at < cut.until,
            r.recorded_at < cut.until,
            promises.of_somebody(),
            *only_shows(b.performance_id, cut),
        )
    )


def _handed_on_after(cut: OpenCut) -> Any:
    """Bookings that went to a following school only after the cut: with whom they were then."""
    first = (
        select(func.min(Handover.id))
        .join(Booking, Booking.id == Handover.booking_id)
        .where(Handover.recorded_at >= cut.until, cut.holds(Booking.programme_id))
        .group_by(Handover.booking_id)
    )
    return select(Handover.booking_id, Handover.from_organisation_id).where(Handover.id.in_(first)).subquery()


def _promised_pupils(cut: OpenCut) -> Any:
    b, r, p = Booking, BookingRevision, PromisedPupils
    return (
        select(p.revision_id, p.year_group, p.pupils)
        .join(r, r.id == p.revision_id)
        .join(b, b.id == r.booking_id)
        .where(
            cut.holds(b.programme_id),
            r.recorded_at < cut.until,
            p.pupils > 0,
            *only_shows(b.performance_id, cut),
        )
    )


def absences_of(cuts: Sequence[Cut]) -> list[list[Told]]:
    """What was said of pupils who missed it, and of how they caught up, by each cut; one query. A lesson counts
    from its day."""
    return [
        [
            told
            for told in (Told(*row[1:]) for row in rows)
            if told.day is None or told.day <= last_day(cut.moment)
        ]
        for cut, rows in zip(cuts, _rows(_absences, cuts), strict=True)
    ]


def _absences(cut: OpenCut) -> Any:
    a = Absence
    told_by = cut.moment if cut.told_by is None else cut.told_by
    return select(a.id, a.organisation_id, a.year_group, a.kind, a.pupils, a.day).where(
        a.programme_id == cut.programme_id,
        a.recorded_at < told_by,
        or_(a.withdrawn_at.is_(None), a.withdrawn_at >= told_by),
        *only(a.organisation_id, cut),
    )


def _reports(cuts: Sequence[Cut]) -> list[list[ReportTold]]:
    """Every report of the programme by the moment, in the order they came, but for those taken back by
    then."""
    found = []
    for rows, counted in zip(_rows(_told, cuts), _rows(_reported, cuts, order=3), strict=True):
        pupils = _by_year_group((report, group, n) for report, booking, group, n in counted if not booking)
        bodies = _by_year_group((report, booking, n) for report, booking, _, n in counted if booking)
        found.append([ReportTold(*(*row, pupils.get(row[0], {}), bodies.get(row[0], {}))) for row in rows])
    return found


def _told(cut: OpenCut) -> Any:
    v = VisitReport
    query = select(
        v.id,
        v.performance_id,
        v.booking_id,
        v.side,
        v.took_place,
        v.pupils,
        v.recorded_at,
        v.filled_in_at,
        says_nobody_came(),
    )
    return query.join(Performance, Performance.id == v.performance_id).where(*_told_by_then(cut))


def _reported(cut: OpenCut) -> Any:
    """What reports counted of year groups (booking 0), and of the staff of each booking."""
    v, p, a = VisitReport, ReportedPupils, ReportedAttendance
    of_year_groups = select(p.report_id, literal(0).label("booking_id"), p.year_group, p.pupils)
    of_bookings = select(a.report_id, a.booking_id, literal(STAFF), a.staff)
    counted = union_all(
        *(
            query.join(v, v.id == table.report_id)
            .join(Performance, Performance.id == v.performance_id)
            .where(*_told_by_then(cut))
            for query, table in ((of_year_groups, p), (of_bookings, a))
        )
    )
    return select(counted.subquery())


def _told_by_then(cut: OpenCut) -> tuple[Any, ...]:
    told_by = cut.moment if cut.told_by is None else cut.told_by
    return (
        VisitReport.recorded_at < told_by,
        stands(told_by),
        *(() if cut.told_by is None else (Performance.starts_at < cut.moment,)),
        cut.holds(Performance.programme_id),
        *only_shows(VisitReport.performance_id, cut),
    )


def _by_year_group(rows: Iterable[_Row]) -> dict[int, dict[int, int]]:
    """{what is told of: {year group: pupils}}"""
    split: dict[int, dict[int, int]] = {}
    for of, year_group, number in rows:
        split.setdefault(of, {})[year_group] = number
    return split


@dataclass(slots=True)
class Invited:
    """A school's invitations: when the first and the newest were handed to the mail server, or posted on paper;
    is an address alive, or did a letter on paper go; did one."""

    organisation_id: int
    first: datetime | None
    newest: datetime | None
    alive: int
    on_paper: int
    times: tuple[datetime, ...] = ()
    """Each, where a training may have run out between two; () of one alone."""

    def add(self, other: "Invited") -> None:
        """Another of the same organisation."""
        self.times = (*(self.times or _known_times(self.first)), *_known_times(other.first))
        self.first, self.newest = min(self.times, default=None), max(self.times, default=None)
        self.alive, self.on_paper = max(self.alive, other.alive), max(self.on_paper, other.on_paper)


def _known_times(at: datetime | None) -> tuple[datetime, ...]:
    return () if at is None else (at,)


class Answered(NamedTuple):
    """What a school answered to its invitation; of two the one with the higher id is newer."""

    id: int
    kind: str
    reason: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAndSaid:
    """What schools were asked and what they said by a cut, each by URN.

    `contacts`: has it a live contact of the partnership's whose address is not dead? One that is missing has
    none. `answers`: the newest. `proposals`: what is kept for a school, else was until nobody answered:
    (recorded, the last day to reply). `offered`: when a school was last offered a time, whatever became of it.
    `begun`: when a school last began the form. `days_of_waiting`: after how many days of silence the programme had a
    school reminded.
    """

    contacts: dict[int, bool]
    invited: dict[int, Invited]
    answers: dict[int, Answered]
    proposals: dict[int, tuple[datetime, date]]
    offered: dict[int, datetime]
    begun: dict[int, datetime]
    days_of_waiting: int


def asked_and_said(cuts: Sequence[Cut]) -> list[AskedAndSaid]:
    """What was asked and said by each cut; 6 queries."""
    contacts, invited = _rows(_reachable, cuts), _rows(_invitations, cuts)
    answers, proposals = _rows(_answers, cuts), _rows(_proposals, cuts, order=2)
    begun, settled = _rows(_forms_begun, cuts), _rows(_settled, cuts)
    return [
        AskedAndSaid(
            contacts={organisation_id: bool(flag) for organisation_id, flag in contacts[n]},
            invited=_invited(invited[n]),
            answers={row[1]: Answered(row[0], *row[2:]) for row in answers[n]},
            proposals={
                organisation_id: (at, reply_by)
                for reply_by, _, organisation_id, at, counts in proposals[n]
                if counts
            },
            offered={
                organisation_id: at
                for organisation_id, at in sorted((row[2], row[3]) for row in proposals[n])
            },
            begun={organisation_id: when for organisation_id, when in begun[n]},
            days_of_waiting=settings.first_after_days(
                [(at, after) for _, at, after in settled[n]], by=cut.settings_until
            ),
        )
        for n, cut in enumerate(cuts)
    ]


def _invited(rows: Sequence[_Row]) -> dict[int, Invited]:
    found: dict[int, Invited] = {}
    for row in rows:
        one = Invited(*row)
        if (held := found.setdefault(one.organisation_id, one)) is not one:
            held.add(one)
    return found


def _reachable(cut: OpenCut) -> Any:
    alive = func.max(case((_dead(Contact.address, cut), 0), else_=1))
    return (
        select(Contact.organisation_id, alive)
        .where(
            Contact.partnership_id == cut.partnership_id,
            _asked_here(Contact.organisation_id, cut),
            Contact.created_at < cut.until,
            or_(Contact.ended_at.is_(None), Contact.ended_at >= cut.until),
            *only(Contact.organisation_id, cut),
        )
        .group_by(Contact.organisation_id)
    )


def _asked_here(organisation_id: Any, cut: OpenCut) -> Any:
    """Whether an organisation may be of the programme: a body only where it asks bodies."""
    school = organisation_id < FIRST_OF_BODIES
    if not cut.for_adults:
        return school
    return or_(school, organisation_id.in_(bodies_asked(cut.programme_id, cut.partnership_id)))


def _invitations(cut: OpenCut) -> Any:
    handed = case((Letter.handed_at < cut.until, Letter.handed_at)).label("at")
    mailed = (
        select(
            Invitation.organisation_id,
            handed,
            case((_dead(Invitation.address, cut), 0), else_=1).label("alive"),
            literal(0).label("on_paper"),
        )
        .outerjoin(Letter, Letter.id == Invitation.letter_id)
        .where(
            Invitation.programme_id == cut.programme_id,
            Invitation.recorded_at < cut.until,
            *only(Invitation.organisation_id, cut),
        )
    )
    posted = (
        select(PaperLetter.organisation_id, PaperPosting.posted_at, literal(1), literal(1))
        .join(PaperPosting, PaperPosting.paper_letter_id == PaperLetter.id)
        .where(
            PaperLetter.programme_id == cut.programme_id,
            PaperPosting.posted_at < cut.until,
            PaperPosting.recorded_at < cut.until,
            or_(PaperPosting.withdrawn_at.is_(None), PaperPosting.withdrawn_at >= cut.until),
            *only(PaperLetter.organisation_id, cut),
        )
    )
    asked = union_all(mailed, posted).subquery()
    return select(
        asked.c.organisation_id,
        func.min(asked.c.at),
        func.max(asked.c.at),
        func.max(asked.c.alive),
        func.max(asked.c.on_paper),
    ).group_by(asked.c.organisation_id, *([asked.c.at] if cut.with_earlier else ()))


def _settled(cut: OpenCut) -> Any:
    """The history dates the setting."""
    h = History
    return select(h.id, h.recorded_at, h.after).where(
        h.subject == "programme", h.subject_id == cast(cut.programme_id, Text), h.what == settings.SETTLED
    )


def _answers(cut: OpenCut) -> Any:
    a = Answer
    return select(a.id, a.organisation_id, a.kind, a.reason, a.recorded_at).where(
        a.programme_id == cut.programme_id, a.recorded_at < cut.until, *only(a.organisation_id, cut)
    )


def _proposals(cut: OpenCut) -> Any:
    p, was = Proposal, proposal_moves.was(ProposalMove.was_reply_by, of=Proposal.id, by=cut.until)
    counts = or_(p.ended_at.is_(None), p.ended_at >= cut.until, p.ended_as == LAPSED)
    return select(
        func.coalesce(was, p.reply_by), p.id, p.organisation_id, p.recorded_at, case((counts, 1), else_=0)
    ).where(p.programme_id == cut.programme_id, p.recorded_at < cut.until, *only(p.organisation_id, cut))


def _forms_begun(cut: OpenCut) -> Any:
    f = FormBegun
    return (
        select(f.organisation_id, func.max(f.recorded_at))
        .where(f.programme_id == cut.programme_id, f.recorded_at < cut.until, *only(f.organisation_id, cut))
        .group_by(f.organisation_id)
    )


def _dead(address: Any, cut: OpenCut) -> Any:
    """Whether an address was dead by the cut; each is looked up, since most that are dead are others'."""
    return exists().where(
        func.lower(DeadAddress.address) == func.lower(address),
        DeadAddress.recorded_at < cut.until,
        or_(DeadAddress.ended_at.is_(None), DeadAddress.ended_at >= cut.until),
    )


def _rows(of: Callable[[OpenCut], Any], cuts: Sequence[Cut], *, order: int = 1) -> list[Sequence[_Row]]:
    """The rows of a select by each of some cuts, in order of its first columns; all in one query."""
    if not cuts:
        return []
    query = _query(of, tuple(cut.shape for cut in cuts), order)
    given = {name: value for n, cut in enumerate(cuts) for name, value in values(cut, n).items()}
    read = plain_rows(query, given)
    if len(cuts) == 1:
        return [read]
    found: list[list[_Row]] = [[] for _ in cuts]
    for row in read:
        found[row[-1]].append(row[:-1])
    return list(found)


@lru_cache(maxsize=1000)
def _query(of: Callable[[OpenCut], Any], shapes: tuple[CutShape, ...], order: int) -> Any:
    """A select by several cuts as one query; making it takes longer than running it, so that it is kept."""
    by = [text(str(column)) for column in range(1, order + 1)]
    selects = [of(OpenCut(shape, n)) for n, shape in enumerate(shapes)]
    if len(selects) == 1:
        return selects[0].order_by(*by)
    return union_all(*(query.add_columns(literal(n)) for n, query in enumerate(selects))).order_by(*by)
