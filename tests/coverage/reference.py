"""A slow, obvious reckoning to hold standings.py to: one school at a time, every question asked of all rows
anew.

Written from the trade's rules alone; shares no code with outreach/coverage. Each question goes through all
rows and is answered once (`remembered`), so it is fit for some dozen schools.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from outreach.asking.invitations import Answer, Invitation
from outreach.asking.owners import GapOwner
from outreach.asking.paper import PaperLetter, PaperPosting
from outreach.booking.holds import FormBegun
from outreach.booking.promises import Booking, BookingRevision, Cancellation, PromisedPupils
from outreach.booking.proposals import Proposal
from outreach.county.bodies import Body
from outreach.county.contacts import Contact
from outreach.county.partnerships import Authority, AuthorityCovered, CountedShare
from outreach.county.schools import Correction, OrganisationRecord, OwnNumber, Succession
from outreach.ground.db import db
from outreach.ground.history import History
from outreach.post.outbox import DeadAddress, Letter
from outreach.tour.programmes import Programme, ProgrammeTarget
from outreach.tour.target_decisions import TargetDecision
from outreach.tour.yearly.copies import ProgrammeCopy
from outreach.visits.absences import Absence
from outreach.visits.reports import ReportedAttendance, ReportedPupils, ReportWithdrawal, VisitReport

TABLES = (
    OrganisationRecord,
    Body,
    Correction,
    Succession,
    OwnNumber,
    TargetDecision,
    ProgrammeTarget,
    ProgrammeCopy,
    Booking,
    BookingRevision,
    PromisedPupils,
    Cancellation,
    VisitReport,
    ReportedPupils,
    ReportedAttendance,
    Contact,
    DeadAddress,
    Invitation,
    PaperLetter,
    PaperPosting,
    Letter,
    Answer,
    Proposal,
    FormBegun,
    Authority,
    AuthorityCovered,
    CountedShare,
    ReportWithdrawal,
    History,
    GapOwner,
    Absence,
)

USUAL = {
    "PRIMARY": range(0, 7),
    "MIDDLE DEEMED PRIMARY": range(4, 8),
    "MIDDLE DEEMED SECONDARY": range(5, 9),
    "SECONDARY": range(7, 14),
    "ALL THROUGH": range(0, 14),
    "16 PLUS": range(12, 14),
    "NURSERY": range(0),
}
WHOLE = ("statutory_low_age", "statutory_high_age", "number_of_pupils")


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=ZoneInfo("Europe/London")).astimezone(
        UTC
    )


def remembered(question: Callable[..., Any]) -> Callable[..., Any]:
    """The rows of a World do not change: what was asked once has the same answer again."""

    @wraps(question)
    def ask(self: "World", *about: Any) -> Any:
        key = (question.__name__, *about)
        if key not in self.answers:
            self.answers[key] = question(self, *about)
        return self.answers[key]

    return ask


class World:
    """All rows there are, and one programme, looked at as of one day."""

    def __init__(self, programme: Programme, as_of: date, rows: dict | None = None) -> None:
        self.rows = rows or read_all()
        self.answers: dict[Any, Any] = {}
        self.programme = programme
        self.moment = end_of(as_of)
        self.day = min(as_of, date(programme.academic_year + 1, 8, 31))
        self.until = end_of(self.day)
        self.share = self.counted_share()
        self.codes = self.covered()

    def by_then(self, table, **wanted):
        for row in self.rows[table]:
            when = getattr(row, "recorded_at", None) or getattr(row, "created_at", None)
            limit = self.moment if table in (VisitReport, Absence) else self.until
            if when < limit and all(getattr(row, name) == value for name, value in wanted.items()):
                yield row

    # --- what was set

    def counted_share(self):
        """The newest word on it by then; before the first word, that one; half where nobody ever said."""
        said = [r for r in self.rows[CountedShare] if r.partnership_id == self.programme.partnership_id]
        early = [r.share for r in said if r.recorded_at < self.until]
        return early[-1] if early else said[0].share if said else 0.5

    @remembered
    def days_of_waiting(self):
        """Ten, until a deed by then set another number."""
        days = 10
        for deed in self.rows[History]:
            mine = (deed.subject, deed.subject_id, deed.what) == (
                "programme",
                str(self.programme.id),
                "settled the chasing",
            )
            if mine and deed.recorded_at < self.until and "first_after_days" in (deed.after or {}):
                days = deed.after["first_after_days"]
        return days

    def covered(self):
        """The authorities that were the partnership's then."""
        ours = self.programme.partnership_id
        words = [r for r in self.rows[AuthorityCovered] if r.partnership_id == ours]
        codes = {r.la_code for r in self.rows[Authority] if r.partnership_id == ours}
        codes -= {r.la_code for r in words}
        for code in {r.la_code for r in words}:
            early = [r.covered for r in words if r.la_code == code and r.recorded_at < self.until]
            first = next(r.covered for r in words if r.la_code == code)
            if early and early[-1] or not early and not first:
                codes.add(code)
        return codes

    # --- what is known of a school

    @remembered
    def organisation_ids(self):
        return sorted({r.organisation_id for r in self.by_then(OrganisationRecord)})

    @remembered
    def fact(self, organisation_id, name):
        records = list(self.by_then(OrganisationRecord, organisation_id=organisation_id))
        if not records:
            return None
        value = getattr(records[-1], name)
        corrections = (
            list(self.by_then(Correction, urn=organisation_id, field=name))
            if self.is_ours(organisation_id)
            else []
        )
        if corrections and not corrections[-1].withdrawn:
            text = corrections[-1].value
            value = None if text == "" else int(text) if name in WHOLE else text
        return value

    @remembered
    def links(self):
        return [(r.predecessor_id, r.successor_id) for r in self.own_links()]

    @remembered
    def own_links(self):
        """Those with an end that was the partnership's at some time, or booked with it."""
        ours = {r.organisation_id for r in self.by_then(OrganisationRecord) if r.la_code in self.codes}
        ours |= {
            b.organisation_id
            for b in self.rows[Booking]
            if b.programme_id == self.programme.id and b.created_at < self.until
        }
        return [r for r in self.by_then(Succession) if r.predecessor_id in ours or r.successor_id in ours]

    @remembered
    def is_ours(self, organisation_id):
        """Whether it is with the partnership: only then its corrections and own numbers count."""
        records = list(self.by_then(OrganisationRecord, organisation_id=organisation_id))
        return bool(records) and records[-1].la_code in self.codes

    def leads_to(self, start, end, seen=()):
        return any(
            b == end or (b not in seen and self.leads_to(b, end, (*seen, b)))
            for a, b in self.links()
            if a == start
        )

    @remembered
    def sound_links(self):
        return [(a, b) for a, b in self.links() if not self.leads_to(b, a)]

    @remembered
    def passing_links(self):
        """Only a school that closed passes on what it had; one nobody knows of here cannot be said to be
        open."""
        return [(a, b) for a, b in self.sound_links() if not self.in_force(a)]

    @remembered
    def before(self, organisation_id):
        return [a for a, b in self.passing_links() if b == organisation_id]

    @remembered
    def after(self, organisation_id):
        return [b for a, b in self.passing_links() if a == organisation_id]

    @remembered
    def ancestors(self, organisation_id):
        found = set()
        for a in self.before(organisation_id):
            found |= {a} | self.ancestors(a)
        return found

    @remembered
    def is_open(self, organisation_id):
        if organisation_id not in self.organisation_ids():
            return False
        if self.fact(organisation_id, "status") in ("Open", "Open, but proposed to close"):
            return True
        if self.fact(organisation_id, "status") == "Proposed to open":
            return False
        dates = [r.link_date for r in self.own_links() if r.predecessor_id == organisation_id and r.link_date]
        closed = self.fact(organisation_id, "close_date") or (min(dates) if dates else None)
        return closed is not None and closed > self.day

    @remembered
    def in_force(self, organisation_id):
        """Open; of a predecessor also: its closing date has not come, unless a coordinator takes it in all
        the same."""
        if not self.is_open(organisation_id):
            return False
        if not any(a == organisation_id for a, b in self.sound_links()):
            return True
        closes = self.fact(organisation_id, "close_date")
        return closes is None or closes > self.day or self.included(organisation_id) is not None

    # --- what it offers

    @remembered
    def target_groups(self):
        rows = [r for r in self.rows[ProgrammeTarget] if r.programme_id == self.programme.id]
        early = [r for r in rows if r.recorded_at < self.until]
        return set((early or rows[:1])[-1].year_groups)

    @remembered
    def own(self, organisation_id, y):
        said = list(
            self.by_then(
                OwnNumber,
                urn=organisation_id,
                year_group=y,
                academic_year=self.programme.academic_year,
            )
            if self.is_ours(organisation_id)
            else []
        )
        if said:
            return said[-1].pupils
        total = None
        for a in self.before(organisation_id):
            if a not in self.organisation_ids():
                continue
            number = self.own(a, y) if self.after(a) == [organisation_id] else None
            if number is None:
                usual = self.usual(a)
                if usual is None or y in usual:
                    return None
                continue
            total = (total or 0) + number
        return total

    @remembered
    def usual(self, organisation_id):
        low, high = (
            self.fact(organisation_id, "statutory_low_age"),
            self.fact(organisation_id, "statutory_high_age"),
        )
        if low is not None and high is not None:
            return {y for y in range(14) if low <= y + 4 and high >= y + 5}
        phase = (self.fact(organisation_id, "phase_of_education") or "").upper().replace("-", " ")
        return set(USUAL[phase]) if phase in USUAL else None

    def decision(self, organisation_id):
        said = list(
            self.by_then(TargetDecision, organisation_id=organisation_id, programme_id=self.programme.id)
        )
        return said[-1] if said else None

    def included(self, organisation_id):
        said = self.decision(organisation_id)
        return set(said.year_groups) if said and said.kind == "include" else None

    def named_by_promises(self, organisation_id):
        found = set()
        for u in {organisation_id} | self.ancestors(organisation_id):
            for b in self.promises(u):
                if not self.cancelled(b):
                    found |= set(self.groups_of(b))
        return found

    def offers(self, organisation_id, included=None):
        base = included if included is not None else self.usual(organisation_id)
        if base is None:
            base = self.named_by_promises(organisation_id) | {
                y for y in self.target_groups() if self.own(organisation_id, y)
            }
        return {y for y in base if self.own(organisation_id, y) != 0}

    def is_never_in(self, organisation_id):
        kind = self.fact(organisation_id, "type_of_establishment").lower().replace("-", " ")
        return any(
            w in kind
            for w in (
                "nursery",
                "children's centre",
                "higher education",
                "adult",
                "online provider",
                "overseas",
                "welsh",
            )
        )

    def is_for_ages_16_to_19(self, organisation_id):
        kind = self.fact(organisation_id, "type_of_establishment").lower().replace("-", " ")
        return any(w in kind for w in ("further education", "16 to 19", "sixth form"))

    @remembered
    def eligible(self, organisation_id):
        """In the target, or would be if it were not excluded."""
        if self.fact(organisation_id, "la_code") not in self.codes or not self.in_force(organisation_id):
            return False
        named = self.included(organisation_id)
        if named is None and self.is_never_in(organisation_id):
            return False
        if named is None and self.usual(organisation_id) is None:
            if self.is_for_ages_16_to_19(organisation_id):
                return False
            return any(self.own(organisation_id, y) != 0 for y in self.target_groups())
        return bool(self.counting(organisation_id))

    @remembered
    def counting(self, organisation_id):
        return sorted(self.offers(organisation_id, self.included(organisation_id)) & self.target_groups())

    @remembered
    def excluded(self, organisation_id):
        said = self.decision(organisation_id)
        if said:
            return said.kind == "exclude"
        before = self.before(organisation_id)
        return bool(before) and all(self.excluded(a) for a in before)

    @remembered
    def target(self):
        return [u for u in self.organisation_ids() if self.eligible(u) and not self.excluded(u)]

    # --- pupils

    @remembered
    def number(self, organisation_id, y):
        own = self.own(organisation_id, y)
        if own is not None:
            return Fraction(own)
        usual, pupils = self.usual(organisation_id), self.fact(organisation_id, "number_of_pupils")
        if usual is None or pupils is None or self.registered_elsewhere(organisation_id):
            return None
        offered = {
            g for g in usual | (self.included(organisation_id) or set()) if self.own(organisation_id, g) != 0
        }
        return Fraction(pupils, len(offered)) if offered else None

    def registered_elsewhere(self, organisation_id):
        return "alternative provision" in self.fact(organisation_id, "type_of_establishment").lower()

    @remembered
    def target_pupils(self, organisation_id):
        numbers = [self.number(organisation_id, y) for y in self.counting(organisation_id)]
        if not numbers or None in numbers:
            return None
        whole = int(sum(numbers) + Fraction(1, 2))
        estimated = any(self.own(organisation_id, y) is None for y in self.counting(organisation_id))
        return max(whole, self.seen_pupils(organisation_id)) if estimated else whole

    # --- promises and reports

    @remembered
    def promises(self, organisation_id):
        return [
            b
            for b in self.by_then(
                Booking, organisation_id=organisation_id, programme_id=self.programme.id, catch_up=False
            )
            if self.newest_revision(b)
        ]

    @remembered
    def newest_revision(self, booking):
        said = list(self.by_then(BookingRevision, booking_id=booking.id))
        return said[-1] if said else None

    @remembered
    def promised(self, booking):
        revision = self.newest_revision(booking)
        return {
            r.year_group: r.pupils
            for r in self.rows[PromisedPupils]
            if r.revision_id == revision.id and r.pupils
        }

    @remembered
    def cancelled(self, booking):
        return next(self.by_then(Cancellation, booking_id=booking.id), None)

    @remembered
    def word_of(self, booking, side):
        wanted = (
            {"performance_id": booking.performance_id} if side == "company" else {"booking_id": booking.id}
        )
        back = {w.report_id for w in self.rows[ReportWithdrawal] if w.recorded_at < self.moment}
        said = [r for r in self.by_then(VisitReport, side=side, **wanted) if r.id not in back]
        said.sort(key=lambda r: (r.filled_in_at or r.recorded_at, r.id))
        if not said or said[-1].recorded_at < self.newest_revision(booking).starts_at:
            return None
        return said[-1]

    @remembered
    def split(self, report):
        return {r.year_group: r.pupils for r in self.rows[ReportedPupils] if r.report_id == report.id}

    @remembered
    def plain_outcome(self, booking):
        """Without the comparison of counts: took, failed, differ, silent or coming."""
        settled, school, company = (self.word_of(booking, s) for s in ("settled", "school", "company"))
        if settled:
            return "took" if settled.took_place else "failed"
        words = {r.took_place for r in (school,) if r}
        if company:  # of whom it saw nobody, it says that it did not take place for them
            words.add(company.took_place and self.attendance(booking).get(booking.id) != 0)
        if len(words) == 2:
            return "differ"
        if words:
            return "took" if words == {True} else "failed"
        return "silent" if self.newest_revision(booking).ends_at <= self.moment else "coming"

    @remembered
    def attendance(self, booking):
        """{booking: staff} as the company counted each organisation's."""
        company = self.word_of(booking, "company")
        if not company or not company.took_place:
            return {}
        return {r.booking_id: r.staff for r in self.rows[ReportedAttendance] if r.report_id == company.id}

    def stayed_away(self, booking):
        own = self.word_of(booking, "settled") or self.word_of(booking, "school")
        return self.outcome(booking) == "failed" and (
            bool(self.attendance(booking)) or own is not None and own.why_not == "Nobody came"
        )

    @remembered
    def company_total(self, booking):
        company = self.word_of(booking, "company")
        if not company or not company.took_place or self.attendance(booking):
            return None
        split = self.split(company)
        return sum(split.values()) if split else company.pupils

    @remembered
    def at_the_show(self, booking):
        return [
            b
            for b in self.by_then(Booking, performance_id=booking.performance_id)
            if self.newest_revision(b) and not self.cancelled(b)
        ]

    @remembered
    def schools_count(self, booking):
        """{year group: pupils} by the coordinator's word or the school's; None where neither counted."""
        if self.plain_outcome(booking) == "failed":
            return {}
        if self.plain_outcome(booking) != "took":
            return None
        for side in ("settled", "school"):
            report = self.word_of(booking, side)
            if report and report.took_place:
                if self.split(report):
                    return self.split(report)
                if report.pupils is not None:
                    return in_parts(report.pupils, self.promised(booking))
        return None

    @remembered
    def outcome(self, booking):
        plain = self.plain_outcome(booking)
        both = self.word_of(booking, "school") and self.word_of(booking, "company")
        if plain != "took" or self.word_of(booking, "settled") or not both:
            return plain
        counts = [self.schools_count(b) for b in self.at_the_show(booking)]
        total = self.company_total(booking)
        if booking.id in self.attendance(booking):
            counts, total = [self.schools_count(booking)], self.attendance(booking)[booking.id]
        if total is None or None in counts:
            return plain
        by_schools = sum(sum(c.values()) for c in counts)
        apart = abs(by_schools - total)
        return "differ" if apart > 5 and apart * 20 > by_schools else plain

    @remembered
    def count(self, booking):
        """{year group: pupils} that stand for a promise that took place; None where nobody counted."""
        mine = self.schools_count(booking)
        total = self.company_total(booking)
        if mine is None and self.plain_outcome(booking) == "took" and booking.id in self.attendance(booking):
            return {ADULTS: self.attendance(booking)[booking.id]}
        if mine is not None or total is None:
            return mine
        together = self.at_the_show(booking)
        known = [c for c in map(self.schools_count, together) if c is not None]
        rest = [b for b in together if self.plain_outcome(b) == "took" and self.schools_count(b) is None]
        split = self.split(self.word_of(booking, "company"))
        if not split:
            left = max(total - sum(sum(c.values()) for c in known), 0)
            parts = in_parts(left, {(b.id, y): n for b in rest for y, n in self.promised(b).items()})
        else:
            parts = {}
            for y in split:
                left = max(split[y] - sum(c.get(y, 0) for c in known), 0)
                parts |= in_parts(left, {(b.id, y): self.promised(b).get(y, 0) for b in rest})
        return {y: n for (booking_id, y), n in parts.items() if booking_id == booking.id}

    @remembered
    def strength(self, booking):
        """How strong the word is that a promise took place, and for how many."""
        if not self.is_counted(booking):
            both = self.word_of(booking, "school") and self.word_of(booking, "company")
            return "agreed, not counted" if both or self.word_of(booking, "settled") else "one side"
        return self.strength_of_counted(booking)

    def is_counted(self, booking):
        return self.count(booking) is not None

    def strength_of_counted(self, booking):
        if self.word_of(booking, "settled"):
            return "settled by the coordinator"
        if not (self.word_of(booking, "school") and self.word_of(booking, "company")):
            return "one side"
        compared = self.company_total(booking) is not None and all(
            self.schools_count(b) is not None for b in self.at_the_show(booking)
        )
        if self.attendance(booking):
            compared = booking.id in self.attendance(booking) and self.schools_count(booking) is not None
        return "counted by both" if compared else "both agree that it took place"

    @remembered
    def groups_of(self, booking):
        groups = set(self.promised(booking))
        if self.outcome(booking) == "took":
            groups |= {y for y, n in (self.count(booking) or {}).items() if n}
        return groups

    # --- the state of one year group

    @remembered
    def same_school(self, organisation_id):
        """The school and what it was before, one for one."""
        before = self.before(organisation_id)
        if len(before) == 1 and self.after(before[0]) == [organisation_id]:
            return [organisation_id, *self.same_school(before[0])]
        return [organisation_id]

    @remembered
    def counted(self, organisation_id, y):
        """Pupils of a year group counted at a school and at those it alone took over; None: nobody
        counted."""
        line = self.same_school(organisation_id)
        counts = [
            self.count(b).get(y, 0)
            for u in line
            for b in self.promises(u)
            if not self.cancelled(b)
            and self.outcome(b) == "took"
            and y in self.groups_of(b)
            and self.count(b) is not None
        ]
        for a in self.before(line[-1]):
            if y in self.offers(a) and len(self.after(a)) == 1:
                more = self.counted(a, y)
                if more is not None:
                    counts.append(more)
        return sum(counts) if counts else None

    @remembered
    def state(self, organisation_id, y):
        line = self.same_school(organisation_id)
        promises = [
            b for u in line for b in self.promises(u) if not self.cancelled(b) and y in self.groups_of(b)
        ]
        inherited = [self.state(a, y) for a in self.before(line[-1]) if y in self.offers(a)]
        outcomes = [self.outcome(b) for b in promises]
        if "differ" in outcomes or "silent" in outcomes or "to confirm" in inherited:
            return "to confirm"
        took = [b for b in promises if self.outcome(b) == "took"]
        failed = [b for b in promises if self.outcome(b) == "failed"]
        stands_against = [b for b in failed if not self.made_good(b, took, organisation_id, y)]
        every_predecessor = bool(inherited) and all(s == "seen" for s in inherited)
        if not stands_against and (
            every_predecessor or took and (self.agreed(took) or self.half(organisation_id, y))
        ):
            if y == ADULTS or "coming" not in outcomes and "booked" not in inherited:
                return "seen"  # whoever is trained stays so, though more of its staff have places elsewhere
        if "coming" in outcomes or "booked" in inherited:
            return "booked"
        if took or "seen" in inherited or "part seen" in inherited:
            return "part seen"
        return "open"

    def made_good(self, failed, took, organisation_id, y):
        """A later promise took place, or most of those whom the failed one promised a place have seen it
        after all."""
        if any(t.created_at >= self.newest_revision(failed).starts_at for t in took):
            return True
        if not took or not self.promised(failed).get(
            y
        ):  # of adults it may not be known how many were promised
            return False
        seen = self.counted(organisation_id, y)
        if seen is None:
            seen = sum(self.promised(t).get(y, 0) for t in took)
        promised, number = self.promised(failed).get(y, 0), self.number(organisation_id, y)
        if number is None:
            return seen >= promised
        return seen >= number or (number - seen) * 2 < promised

    def agreed(self, took):
        """Somebody counted nothing, and wherever that is so both sides, or the coordinator, say that it took
        place."""
        silent = [b for b in took if self.count(b) is None]
        return bool(silent) and all(
            self.word_of(b, "settled") or (self.word_of(b, "school") and self.word_of(b, "company"))
            for b in silent
        )

    def half(self, organisation_id, y):
        number, counted = self.number(organisation_id, y), self.counted(organisation_id, y)
        if number is None:
            return counted is None or counted > 0
        return bool(counted) and counted >= Fraction(self.share) * number

    # --- standings

    @remembered
    def states(self, organisation_id):
        return {y: self.state(organisation_id, y) for y in self.counting(organisation_id)}

    @remembered
    def standing(self, organisation_id):
        """(standing, is it a gap)."""
        states = list(self.states(organisation_id).values())
        if states and set(states) == {"seen"}:
            return "seen", False
        if "seen" in states or "part seen" in states:
            return "part seen", bool(set(states) & {"open", "to confirm", "part seen"})
        if "to confirm" in states:
            return "to confirm", True
        if "booked" in states:
            return "booked", "open" in states
        family = {organisation_id} | self.ancestors(organisation_id)
        answers = sorted(
            (
                a
                for u in family
                for a in self.by_then(Answer, organisation_id=u, programme_id=self.programme.id)
            ),
            key=lambda a: a.id,
        )
        answers = [a for a in answers if a.recorded_at >= self.asked_anew(family)]
        bookings = [b for u in family for b in self.promises(u)]
        if answers and answers[-1].kind == "declined":
            offers = [
                p.recorded_at
                for u in family
                for p in self.by_then(Proposal, organisation_id=u, programme_id=self.programme.id)
            ]
            if all(at <= answers[-1].recorded_at for at in offers + [b.created_at for b in bookings]):
                return "declined", True
        if self.unreachable(family):
            return "unreachable", True
        if any(
            (p.ended_at is None or p.ended_at >= self.until) and p.reply_by >= self.day
            for u in family
            for p in self.by_then(Proposal, organisation_id=u, programme_id=self.programme.id)
        ):
            return "proposed", True
        if self.asked(family, answers, bookings):
            return "asked", True
        return "not asked", True

    def asked(self, family, answers, bookings):
        handed = self.handed(family)
        if handed or answers and answers[-1].kind != "declined":
            return True
        if any(
            (p.ended_at is None or p.ended_at >= self.until or p.ended_as == "lapsed")
            and end_of(p.reply_by) >= self.asked_anew(family)
            for u in family
            for p in self.by_then(Proposal, organisation_id=u, programme_id=self.programme.id)
        ):
            return True  # none is open any more: it is past its day to reply by
        if any(self.fell_through(b) and self.fell_through(b) >= self.asked_anew(family) for b in bookings):
            return True
        return self.started(family, answers, bookings)

    def fell_through(self, booking):
        """When it was cancelled, or ended without having taken place; None where it was not, and did not."""
        if self.cancelled(booking):
            return self.cancelled(booking).recorded_at
        return self.newest_revision(booking).ends_at if self.outcome(booking) == "failed" else None

    def asked_anew(self, family):
        """From when on what is asked and said counts: always, where nothing has run out."""
        return datetime.min.replace(tzinfo=UTC)

    def handed(self, family):
        letters = {r.id: r for r in self.rows[Letter]}
        found = []
        for u in family:
            for i in self.by_then(Invitation, organisation_id=u, programme_id=self.programme.id):
                letter = letters.get(i.letter_id)
                if letter and letter.handed_at and letter.handed_at < self.until:
                    found.append(letter.handed_at)
        return [at for at in found + self.posted(family) if at >= self.asked_anew(family)]

    def posted(self, family):
        letters = {r.id: r for r in self.rows[PaperLetter]}
        return [
            p.posted_at
            for p in self.by_then(PaperPosting)
            if letters[p.paper_letter_id].organisation_id in family
            and letters[p.paper_letter_id].programme_id == self.programme.id
            and p.posted_at < self.until
            and (p.withdrawn_at is None or p.withdrawn_at >= self.until)
        ]

    def started(self, family, answers, bookings):
        begun = [
            f.recorded_at
            for u in family
            for f in self.by_then(FormBegun, organisation_id=u, programme_id=self.programme.id)
            if f.recorded_at >= self.asked_anew(family)
        ]
        if not begun:
            return False
        last = max(begun)
        live = [
            b for b in bookings if not self.cancelled(b) and self.outcome(b) in ("coming", "silent", "differ")
        ]
        return (
            all(t < last for t in self.handed(family))
            and (not answers or answers[-1].recorded_at < last)
            and all(b.created_at < last for b in bookings)
            and not live
        )

    def unreachable(self, family):
        if self.posted(family):
            return False
        dead = {
            d.address.lower()
            for d in self.by_then(DeadAddress)
            if d.ended_at is None or d.ended_at >= self.until
        }
        live = [
            c.address.lower()
            for u in family
            for c in self.by_then(Contact, organisation_id=u, partnership_id=self.programme.partnership_id)
            if c.ended_at is None or c.ended_at >= self.until
        ]
        invited = [
            i.address.lower()
            for u in family
            for i in self.by_then(Invitation, organisation_id=u, programme_id=self.programme.id)
        ]
        return not live or all(address in dead for address in live + invited)

    # --- who is counted where

    @remembered
    def heir(self, organisation_id):
        if organisation_id in self.target():
            return organisation_id
        after = self.after(organisation_id)
        return self.heir(after[0]) if len(after) == 1 else None

    @remembered
    def seen_pupils(self, organisation_id):
        return sum(
            self.at_shows(organisation_id, y) + self.added(organisation_id, y)
            for y in self.counting(organisation_id)
        )

    @remembered
    def at_shows(self, organisation_id, y):
        """Pupils of a year group counted at shows, under whatever number the school had."""
        return sum((self.count(b) or {}).get(y, 0) for b in self.that_took_place(organisation_id))

    def that_took_place(self, organisation_id):
        return [
            b
            for u in {r.organisation_id for r in self.rows[Booking]}
            for b in self.promises(u)
            if not self.cancelled(b) and self.outcome(b) == "took" and self.heir(u) == organisation_id
        ]

    # --- who missed it

    def catch_ups(self, organisation_id):
        """Places at neighbours' shows, for pupils who missed their own, that took place."""
        return [
            b
            for b in self.by_then(
                Booking, organisation_id=organisation_id, programme_id=self.programme.id, catch_up=True
            )
            if self.newest_revision(b) and not self.cancelled(b) and self.outcome(b) == "took"
        ]

    def said_of_absent(self, organisation_id, y):
        """What was said of them and not taken back; a lesson that is still to come has not been had."""
        return [
            a
            for a in self.by_then(
                Absence, organisation_id=organisation_id, programme_id=self.programme.id, year_group=y
            )
            if (a.withdrawn_at is None or a.withdrawn_at >= self.moment)
            and (a.day is None or end_of(a.day) <= self.moment)
        ]

    def left_to(self, organisation_id):
        """Every school whose pupils count under this one."""
        return [
            u
            for u in {r.organisation_id for t in (Booking, Absence) for r in self.rows[t]}
            if self.heir(u) == organisation_id
        ]

    @remembered
    def told_missing(self, organisation_id, y):
        """The school's newest word, else the sum of those of its forerunners; None where nobody said."""
        words = {
            u: [a.pupils for a in self.said_of_absent(u, y) if a.kind == "missed"]
            for u in self.left_to(organisation_id)
        }
        if words.get(organisation_id):
            return words[organisation_id][-1]
        last = [said[-1] for said in words.values() if said]
        return sum(last) if last else None

    @remembered
    def part(self, organisation_id, y):
        """The whole number of pupils of a year group, whoever was counted: its own, or its part of the estimate."""
        groups = self.counting(organisation_id)
        own = {g: self.own(organisation_id, g) for g in groups if self.own(organisation_id, g) is not None}
        if y in own:
            return own[y]
        numbers = [self.number(organisation_id, g) for g in groups]
        if None in numbers:
            return None
        whole = int(2 * sum(numbers) + 1) // 2
        return in_parts(whole - sum(own.values()), dict.fromkeys([g for g in groups if g not in own], 1))[y]

    @remembered
    def added(self, organisation_id, y):
        """Who came to a neighbour's show to catch up: counted among those who saw it, but no more than there are."""
        came = sum(
            (self.count(b) or {}).get(y, 0) for u in self.left_to(organisation_id) for b in self.catch_ups(u)
        )
        told, there = self.told_missing(organisation_id, y), self.part(organisation_id, y)
        if self.own(organisation_id, y) is None and told is not None:
            there = max(there or 0, self.at_shows(organisation_id, y) + told)
        return came if there is None else max(0, min(came, there - self.at_shows(organisation_id, y)))

    @remembered
    def absent(self, organisation_id, y):
        """Who of a year group that is seen has not seen it, and caught up; (None, 0) where nobody can say."""
        if y == ADULTS or self.state(organisation_id, y) != "seen":
            return None, 0
        told, there, at_shows = (
            self.told_missing(organisation_id, y),
            self.part(organisation_id, y),
            self.at_shows(organisation_id, y),
        )
        everybody_counted = all(
            self.count(b) is not None
            for u in self.same_school(organisation_id)
            for b in self.promises(u)
            if not self.cancelled(b) and self.outcome(b) == "took" and y in self.groups_of(b)
        ) and any(
            self.count(b) is not None and y in self.groups_of(b)
            for b in self.that_took_place(organisation_id)
        )
        if told is None:
            if there is None or not everybody_counted:
                return None, 0
            missing = max(0, there - at_shows)
        elif self.own(organisation_id, y) is not None and everybody_counted:
            missing = min(told, max(0, there - at_shows))
        else:
            missing = told
        absent = max(0, missing - self.added(organisation_id, y))
        lessons = sum(
            a.pupils
            for u in self.left_to(organisation_id)
            for a in self.said_of_absent(u, y)
            if a.kind != "missed"
        )
        return absent, min(lessons, absent)

    @remembered
    def evidence(self, organisation_id):
        """The weakest word among all that took place and counts under a school; '' of nothing."""
        words = [
            self.strength(b)
            for u in {r.organisation_id for r in self.rows[Booking]}
            for b in self.promises(u)
            if not self.cancelled(b)
            and self.outcome(b) == "took"
            and self.heir(u) == organisation_id
            and set(self.groups_of(b)) & set(self.counting(organisation_id))
        ]
        return min(words, key=STRENGTHS.index, default="")

    def also_seen(self):
        found = {}
        for u in {r.organisation_id for r in self.rows[Booking]}:
            took = [
                b
                for b in self.promises(u)
                if b.programme_id == self.programme.id and not self.cancelled(b) and self.outcome(b) == "took"
            ]
            if took and self.heir(u) is None:
                everything = [*took, *self.catch_ups(u)]
                counts = [sum(c.values()) for c in map(self.count, everything) if c is not None]
                found[u] = sum(counts) if counts else None
        return found


STRENGTHS = (
    "one side",
    "agreed, not counted",
    "settled by the coordinator",
    "both agree that it took place",
    "counted by both",
)
"""The weakest first."""

ADULTS = 100
"""The one 'year group' of a programme for adults: the staff of a school."""


class WorldOfAdults(World):
    """A programme for adults counts schools: of the open ones that are none of the types that are never in, those that
    it chose; open bodies of its partnership of the kinds that it chose; and whichever a coordinator picked, or that
    follows one. Its staff are one group, whose number is known where the school says so, or a coordinator
    counted somebody at a body."""

    @remembered
    def own_bodies(self):
        return {
            b.organisation_id for b in self.rows[Body] if b.partnership_id == self.programme.partnership_id
        }

    def eligible(self, organisation_id):
        if organisation_id in self.own_bodies():
            kind = self.fact(organisation_id, "type_of_establishment")
            return self.in_force(organisation_id) and (
                self.picked(organisation_id) or kind in self.choice().kinds
            )
        inside = self.fact(organisation_id, "la_code") in self.codes and self.in_force(organisation_id)
        return inside and (self.picked(organisation_id) or self.chosen(organisation_id))

    # --- how long it counts

    @remembered
    def promises(self, organisation_id):
        """Those that count: none that has run out, and of the programmes that this one was copied from those that
        took place."""
        return [b for b in self.ever(organisation_id) if not self.over(b)]

    def ever(self, organisation_id):
        own = self.by_then(
            Booking, organisation_id=organisation_id, programme_id=self.programme.id, catch_up=False
        )
        return [b for b in own if self.newest_revision(b)] + self.earlier(organisation_id)

    @remembered
    def line(self):
        """The programmes that this one was copied from, where a training counts for a time."""
        if self.choice().valid_months is None:
            return []
        copied = {r.programme_id: r.from_programme_id for r in self.rows[ProgrammeCopy]}
        found = [self.programme.id]
        while found[-1] in copied:
            found.append(copied[found[-1]])
        return found[1:]

    def earlier(self, organisation_id):
        return [
            b
            for programme_id in self.line()
            for b in self.by_then(
                Booking, organisation_id=organisation_id, programme_id=programme_id, catch_up=False
            )
            if self.newest_revision(b) and not self.cancelled(b) and self.outcome(b) == "took"
        ]

    def counts_until(self, booking):
        """The same day so many months later, else the last of that month."""
        months = self.choice().valid_months
        if months is None or self.cancelled(booking) or self.outcome(booking) != "took":
            return None
        day = self.newest_revision(booking).starts_at.astimezone(ZoneInfo("Europe/London")).date()
        year, month = day.year, day.month
        for _ in range(months):
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        number = day.day
        while True:
            try:
                return date(year, month, number)
            except ValueError:
                number -= 1

    def over(self, booking):
        until = self.counts_until(booking)
        return until is not None and until < self.day

    @remembered
    def ran_out(self, family):
        """(until when it counted, when it was) of the last training that counts no more."""
        return max(
            (
                (
                    self.counts_until(b),
                    self.newest_revision(b).starts_at.astimezone(ZoneInfo("Europe/London")).date(),
                )
                for u in family
                for b in self.ever(u)
                if self.over(b)
            ),
            default=None,
        )

    def asked_anew(self, family):
        ran_out = self.ran_out(frozenset(family))
        return super().asked_anew(family) if ran_out is None else end_of(ran_out[0])

    @remembered
    def choice(self):
        rows = [r for r in self.rows[ProgrammeTarget] if r.programme_id == self.programme.id]
        early = [r for r in rows if r.recorded_at < self.until]
        return (early or rows[:1])[-1]

    def chosen(self, organisation_id):
        if self.choice().schools in ("picked", "none") or self.is_never_in(organisation_id):
            return False
        phases, types = self.choice().phases, self.choice().types
        return (not phases or self.phase_row(organisation_id) in phases) and (
            not types or self.fact(organisation_id, "type_of_establishment") in types
        )

    @remembered
    def picked(self, organisation_id):
        said = self.decision(organisation_id)
        if said:
            return said.kind == "include"
        return any(self.picked(a) for a in self.before(organisation_id))

    def phase_row(self, organisation_id):
        """As the table of phases names it."""
        phase = self.fact(organisation_id, "phase_of_education") or ""
        kind = self.fact(organisation_id, "type_of_establishment").lower()
        if phase.upper().replace("-", " ") in USUAL:
            return phase[0].upper() + phase[1:].lower()
        if "special" in kind or "alternative provision" in kind or "pupil referral" in kind:
            return "Special and alternative provision"
        return "Independent, phase not given" if "independent" in kind else "Phase not given"

    def counting(self, organisation_id):
        return [ADULTS]

    def offers(self, organisation_id, included=None):
        return {ADULTS}

    def groups_of(self, booking):
        return {ADULTS}

    def usual(self, organisation_id):
        return {ADULTS}  # whoever gave no number leaves that of its successor unknown

    @remembered
    def promised(self, booking):
        return {ADULTS: sum(super().promised(booking).values())}

    @remembered
    def split(self, report):
        said = super().split(report)
        return {ADULTS: sum(said.values())} if said else {}

    def own(self, organisation_id, y):
        if organisation_id in self.own_bodies():
            return self.fact(organisation_id, "front_line_staff") or None
        return super().own(organisation_id, y)

    def number(self, organisation_id, y):
        return self.own(organisation_id, y)

    @remembered
    def own_links(self):
        more = [r for r in self.by_then(Succession) if r.predecessor_id in self.own_bodies()]
        return sorted({*super().own_links(), *more}, key=lambda link: link.id)

    def added(self, organisation_id, y):
        return 0  # no adult catches up


def in_parts(total, weights):
    """Largest remainders, earlier first among equals; equal parts when all weights are 0."""
    if not weights:
        return {}
    if not sum(weights.values()):
        weights = dict.fromkeys(weights, 1)
    exact = {k: Fraction(total * w, sum(weights.values())) for k, w in weights.items()}
    parts = {k: int(v) for k, v in exact.items()}
    order = list(weights)
    while sum(parts.values()) < total:
        best = max(order, key=lambda k: (exact[k] - parts[k], -order.index(k)))
        parts[best] += 1
    return parts


def read_all():
    return {
        table: list(db.session.scalars(select(table).order_by(*table.__mapper__.primary_key)))
        for table in TABLES
    }
