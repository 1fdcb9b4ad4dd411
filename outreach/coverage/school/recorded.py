"""Everything recorded of one school and its kin, read once, so that every programme can be judged by it.

It answers what facts.py answers, from rows in memory instead of a query each: the number of queries is the
same for one programme and for twenty. The rules of the cut are those of facts.py, and a test holds the two to
each other.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Text, cast, func, or_, select

from outreach.asking.chasing import settings
from outreach.asking.invitations import Answer, Invitation
from outreach.booking.handovers import Handover
from outreach.booking.holds import FormBegun
from outreach.booking.promises import Booking, BookingRevision, Cancellation, PromisedPupils
from outreach.booking.proposal_moves import ProposalMove
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.county.corrections import value_of
from outreach.county.partnerships import USUAL_SHARE, Authority, AuthorityCovered, CountedShare
from outreach.county.schools import Correction, OwnNumber, SchoolRecord, Succession
from outreach.coverage import facts
from outreach.coverage.as_of import Cut
from outreach.coverage.facts import Answered, Asked, Decided, Known
from outreach.ground.db import db
from outreach.ground.history import History
from outreach.post.outbox import DeadAddress, Letter
from outreach.post.proposing import LAPSED
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme, ProgrammeTarget
from outreach.tour.targets import TargetDecision
from outreach.visits.reports import ReportedPupils, ReportWithdrawal, VisitReport
from outreach.visits.verdicts import Promised, Told


class Recorded:
    """The rows of a family of schools in one partnership's programmes; 21 queries."""

    def __init__(self, partnership_id: int, family: Collection[int]) -> None:
        urns = sorted(family)
        self._family = set(urns)
        a, h, n = AuthorityCovered, CountedShare, Authority
        self._covered = [
            *(
                (code, 0, None, None)
                for (code,) in _rows(
                    select(n.la_code).where(n.partnership_id == partnership_id).order_by(n.la_code)
                )
            ),
            *_rows(
                select(a.la_code, a.id, a.covered, a.recorded_at)
                .where(a.partnership_id == partnership_id)
                .order_by(a.id)
            ),
        ]
        self._shares = _rows(
            select(h.share, h.recorded_at).where(h.partnership_id == partnership_id).order_by(h.id)
        )
        r = SchoolRecord
        self._records = _rows(
            select(r.recorded_at, *(getattr(r, name) for name in Known.__slots__))
            .where(r.urn.in_(urns))
            .order_by(r.id)
        )
        c, s, o, d = Correction, Succession, OwnNumber, TargetDecision
        theirs = select(Programme.id).where(Programme.partnership_id == partnership_id)
        self._codes = {row[0] for row in self._covered}
        ours = sorted({row[1] for row in self._records if row[1 + _LA_CODE] in self._codes})
        self._corrections = _rows(
            select(c.recorded_at, c.urn, c.field, c.value, c.withdrawn).where(c.urn.in_(ours)).order_by(c.id)
        )
        self._links = _rows(
            select(s.recorded_at, s.predecessor_urn, s.successor_urn, s.link_date)
            .where(s.predecessor_urn.in_(urns))
            .order_by(s.id)
        )
        self._own = _rows(
            select(o.recorded_at, o.academic_year, o.urn, o.year_group, o.pupils)
            .where(o.urn.in_(ours))
            .order_by(o.id)
        )
        self._decisions = _rows(
            select(d.recorded_at, d.programme_id, d.urn, d.kind, d.year_groups, d.reason)
            .where(d.urn.in_(urns), d.programme_id.in_(theirs))
            .order_by(d.id)
        )
        t = ProgrammeTarget
        self._targets = _rows(
            select(t.recorded_at, t.programme_id, t.year_groups)
            .where(t.programme_id.in_(theirs))
            .order_by(t.id)
        )
        self._read_promises(urns, theirs)
        self._read_asking(urns, partnership_id, theirs)

    def _read_promises(self, urns: list[int], theirs: Any) -> None:
        """Whole shows: what a company counted is shared out over host and guests alike."""
        b, r, v = Booking, BookingRevision, VisitReport
        handed = select(Handover.booking_id).where(
            or_(Handover.from_urn.in_(urns), Handover.to_urn.in_(urns))
        )
        shows = select(b.performance_id).where(
            b.programme_id.in_(theirs), or_(b.urn.in_(urns), b.id.in_(handed))
        )
        mine = b.performance_id.in_(shows)
        self._promises = _rows(
            select(
                r.recorded_at,
                b.programme_id,
                b.id,
                b.urn,
                b.performance_id,
                b.created_at,
                r.id,
                r.starts_at,
                r.ends_at,
                Cancellation.recorded_at,
                Cancellation.cancelled_by,
            )
            .join(r, r.booking_id == b.id)
            .outerjoin(Cancellation, Cancellation.booking_id == b.id)
            .where(mine)
            .order_by(r.id)
        )
        self._handed = _rows(
            select(Handover.recorded_at, Handover.booking_id, Handover.from_urn)
            .join(b, b.id == Handover.booking_id)
            .where(mine)
            .order_by(Handover.id)
        )
        self._pupils: dict[int, dict[int, int]] = defaultdict(dict)
        for revision_id, year_group, number in _rows(
            select(PromisedPupils.revision_id, PromisedPupils.year_group, PromisedPupils.pupils)
            .join(r, r.id == PromisedPupils.revision_id)
            .join(b, b.id == r.booking_id)
            .where(mine, PromisedPupils.pupils > 0)
            .order_by(PromisedPupils.revision_id, PromisedPupils.year_group)
        ):
            self._pupils[revision_id][year_group] = number
        self._reports = _rows(
            select(
                Performance.programme_id,
                v.id,
                v.performance_id,
                v.booking_id,
                v.side,
                v.took_place,
                v.pupils,
                v.recorded_at,
                ReportWithdrawal.recorded_at.label("withdrawn_at"),
            )
            .join(Performance, Performance.id == v.performance_id)
            .outerjoin(ReportWithdrawal, ReportWithdrawal.report_id == v.id)
            .where(v.performance_id.in_(shows))
            .order_by(v.id)
        )
        self._counts: dict[int, dict[int, int]] = defaultdict(dict)
        for report_id, year_group, number in _rows(
            select(ReportedPupils.report_id, ReportedPupils.year_group, ReportedPupils.pupils)
            .join(v, v.id == ReportedPupils.report_id)
            .where(v.performance_id.in_(shows))
            .order_by(ReportedPupils.report_id, ReportedPupils.year_group)
        ):
            self._counts[report_id][year_group] = number

    def _read_asking(self, urns: list[int], partnership_id: int, theirs: Any) -> None:
        c, i, a, p, f, d, m = Contact, Invitation, Answer, Proposal, FormBegun, DeadAddress, ProposalMove
        self._contacts = _rows(
            select(c.created_at, c.ended_at, c.urn, func.lower(c.address))
            .where(c.urn.in_(urns), c.partnership_id == partnership_id)
            .order_by(c.id)
        )
        self._invitations = _rows(
            select(i.recorded_at, i.programme_id, i.urn, func.lower(i.address), Letter.handed_at)
            .outerjoin(Letter, Letter.id == i.letter_id)
            .where(i.urn.in_(urns), i.programme_id.in_(theirs))
            .order_by(i.id)
        )
        self._answers = _rows(
            select(a.recorded_at, a.programme_id, a.urn, a.id, a.kind, a.reason)
            .where(a.urn.in_(urns), a.programme_id.in_(theirs))
            .order_by(a.id)
        )
        self._proposals = _rows(
            select(
                p.recorded_at,
                p.ended_at,
                p.ended_as,
                p.programme_id,
                p.urn,
                p.reply_by,
                m.recorded_at.label("moved_at"),
                m.was_reply_by,
            )
            .outerjoin(m, m.proposal_id == p.id)
            .where(p.urn.in_(urns), p.programme_id.in_(theirs))
            .order_by(p.id, m.sequence.desc())
        )
        self._begun = _rows(
            select(f.recorded_at, f.programme_id, f.urn)
            .where(f.urn.in_(urns), f.programme_id.in_(theirs))
            .order_by(f.id)
        )
        h = History
        self._chasing = _rows(
            select(h.subject_id, h.recorded_at, h.after)
            .where(
                h.subject == "programme",
                h.what == settings.SETTLED,
                h.subject_id.in_(select(cast(Programme.id, Text)).where(Programme.id.in_(theirs))),
            )
            .order_by(h.id)
        )
        written_to = {row[3] for row in (*self._contacts, *self._invitations)}
        self._dead = _rows(
            select(func.lower(d.address), d.recorded_at, d.lifted_at)
            .where(func.lower(d.address).in_(sorted(written_to)))
            .order_by(d.id)
        )

    # What facts.py answers, by the same names.

    def la_codes(self, programme: Programme, cut: Cut) -> set[str]:
        return facts.covered(self._covered, cut)

    def counted_share(self, programme: Programme, cut: Cut) -> float:
        shares: list[tuple[float, datetime]] = [(share, at) for share, at in self._shares]
        return facts.in_force(shares, cut, USUAL_SHARE)

    def schools(self, programme: Programme, cut: Cut) -> dict[int, Known]:
        codes = {row[0] for row in self._covered}
        ever = {row[1] for row in self._records if row[1 + _LA_CODE] in codes}
        ever |= {row[3] for row in self._promises if row[1] == programme.id}
        return {urn: known for urn, known in self._known(cut).items() if urn in ever}

    def kin(self, urns: Collection[int], cut: Cut) -> dict[int, Known]:
        return {urn: known for urn, known in self._known(cut).items() if urn in urns}

    def _known(self, cut: Cut) -> dict[int, Known]:
        newest = {row[1]: row for row in self._records if row[0] < cut.register_until}
        return {urn: Known(*newest[urn][1:]) for urn in sorted(newest)}

    def correct(self, known: dict[int, Known], programme: Programme, cut: Cut) -> None:
        held: dict[int, dict[str, Any]] = defaultdict(dict)
        for recorded_at, urn, field, text, withdrawn in self._corrections:
            if recorded_at >= cut.register_until:
                continue
            if withdrawn:
                held[urn].pop(field, None)
            elif field in Known.__slots__:
                held[urn][field] = value_of(field, text)
        for urn, fields in held.items():
            if urn in known:
                known[urn] = replace(known[urn], **fields)

    def links(self, programme: Programme, cut: Cut) -> list[tuple[int, int, date | None]]:
        by = cut.register_until
        ours = {row[1] for row in self._records if row[0] < by and row[1 + _LA_CODE] in self._codes}
        ours |= {row[3] for row in self._promises if row[1] == programme.id and row[5] < by}
        return [
            (a, b, day)
            for recorded_at, a, b, day in self._links
            if recorded_at < by and (a in ours or b in ours)
        ]

    def own_numbers(self, programme: Programme, cut: Cut) -> dict[int, dict[int, int]]:
        found: dict[int, dict[int, int]] = {}
        for recorded_at, year, urn, year_group, pupils in self._own:
            if recorded_at < cut.register_until and year == programme.academic_year:
                found.setdefault(urn, {})[year_group] = pupils
        return found

    def decisions(self, programme: Programme, cut: Cut) -> dict[int, Decided]:
        return {
            urn: Decided(kind, groups, reason, when)
            for when, of, urn, kind, groups, reason in self._decisions
            if of == programme.id and when < cut.settings_until
        }

    def target_year_groups(self, programme: Programme, cut: Cut) -> tuple[int, ...]:
        rows = [(groups, when) for when, of, groups in self._targets if of == programme.id]
        return facts.in_force(rows, cut, ())

    def promises(self, programme: Programme, cut: Cut) -> list[Promised]:
        then: dict[int, int] = {}
        for when, booking_id, urn in self._handed:
            if when >= cut.until:
                then.setdefault(booking_id, urn)
        newest: dict[int, Promised] = {}
        for when, of, booking_id, urn, show, created, revision, starts, ends, ended, by in self._promises:
            if of == programme.id and created < cut.until and when < cut.until:
                over = ended is not None and ended < cut.until
                newest[booking_id] = Promised(
                    id=booking_id,
                    urn=then.get(booking_id, urn),
                    performance_id=show,
                    created_at=created,
                    revision_id=revision,
                    starts_at=starts,
                    ends_at=ends,
                    ended_at=ended if over else None,
                    ended_by=by if over else None,
                    pupils=dict(self._pupils.get(revision, {})),
                )
        return [newest[key] for key in sorted(newest)]

    def reports(self, programme: Programme, cut: Cut) -> list[Told]:
        by = cut.told_by or cut.moment
        return [
            Told(*(*row[1:8], dict(self._counts.get(row[1], {}))))
            for row in self._reports
            if row[0] == programme.id and row[7] < by and (row[8] is None or row[8] >= by)
        ]

    def reachable_by_contact(self, programme: Programme, cut: Cut) -> dict[int, bool]:
        dead, found = self._dead_by(cut), dict[int, bool]()
        for created, ended, urn, address in self._contacts:
            if created < cut.until and (ended is None or ended >= cut.until):
                found[urn] = found.get(urn, False) or address not in dead
        return found

    def invitations(self, programme: Programme, cut: Cut) -> dict[int, Asked]:
        dead, found = self._dead_by(cut), dict[int, Asked]()
        for when, of, urn, address, handed in self._invitations:
            if of != programme.id or when >= cut.until:
                continue
            asked = found.setdefault(urn, Asked(urn, None, None, 0))
            asked.alive = max(asked.alive, int(address not in dead))
            if handed is not None and handed < cut.until:
                asked.first = min(asked.first or handed, handed)
                asked.newest = max(asked.newest or handed, handed)
        return found

    def days_of_waiting(self, programme: Programme, cut: Cut) -> int:
        told = [(when, after) for of, when, after in self._chasing if of == str(programme.id)]
        return settings.first_after_days(told, by=cut.settings_until)

    def answers(self, programme: Programme, cut: Cut) -> dict[int, Answered]:
        return {
            urn: Answered(answer_id, kind, reason, when)
            for when, of, urn, answer_id, kind, reason in self._answers
            if of == programme.id and when < cut.until
        }

    def proposals(self, programme: Programme, cut: Cut) -> dict[int, tuple[datetime, date]]:
        stood: dict[tuple[int, datetime], tuple[datetime, date]] = {}
        for when, ended, how, of, urn, reply_by, moved_at, was_reply_by in self._proposals:
            over = ended is not None and ended < cut.until and how != LAPSED
            if of != programme.id or when >= cut.until or over:
                continue
            # The last move comes first: each that the cut does not know of puts back what stood before it.
            stood.setdefault((urn, when), (when, reply_by))
            if moved_at is not None and moved_at >= cut.until:
                stood[urn, when] = (when, was_reply_by)
        return {urn: row for (urn, _), row in sorted(stood.items(), key=lambda item: item[1][1])}

    def forms_begun(self, programme: Programme, cut: Cut) -> dict[int, datetime]:
        return {urn: when for when, of, urn in self._begun if of == programme.id and when < cut.until}

    def _dead_by(self, cut: Cut) -> set[str]:
        return {
            address
            for address, when, lifted in self._dead
            if when < cut.until and (lifted is None or lifted >= cut.until)
        }


_LA_CODE = Known.__slots__.index("la_code")


def _rows(query: Any) -> Sequence[Any]:
    db.session.flush()
    return db.session.connection().execute(query).fetchall()
