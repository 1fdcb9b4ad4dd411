"""The next step at a school that is missing: its words, and the page on which just that is done."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from flask import url_for

from outreach.asking import notes
from outreach.asking.chasing import chases, raising, reminders
from outreach.asking.chasing.raising import WaitingGap
from outreach.asking.chasing.reminders import Reminder
from outreach.asking.recipients import whom_to_propose_to
from outreach.booking import accounts, diary, holds
from outreach.county import contacts, schools
from outreach.county.schools import School
from outreach.coverage import gaps
from outreach.coverage.standings import Standing
from outreach.ground.timespans import day_of
from outreach.tour import itinerary
from outreach.tour.programmes import Programme
from outreach.web.doors import address_of_each

RING = "Ring and note"
BY_PHONE = "Book by phone"
REMIND, RAISE = "Remind", "Raise"
SEE = "See what is known"
RUNG_BEFORE_RAISING = 3
"""How often a school that is silent after its reminders is rung before it is raised."""
OFFER = (
    gaps.OTHER_DATE,
    gaps.WAITING_LIST,
    gaps.REFUSED_SLOT,
    gaps.LAPSED,
    gaps.CANCELLED,
    gaps.FAILED,
    gaps.YEAR_MISSING,
    gaps.YEAR_NOT_BOOKED,
    gaps.TOO_FEW,
    gaps.NOT_AT_ALL,
)
"""The causes that a time kept for the school would mend."""
TO_REPORT = (gaps.REPORT_MISSING, gaps.REPORTS_DISAGREE, gaps.NOT_COUNTED)
"""The causes that a report of a show that is over would mend."""
RUNG = (gaps.WAITING, gaps.DECLINED)
"""The causes of which one rings to hear an answer, and books nothing without it, whoever can be written
to."""


class NextSteps:
    """What can be done about some schools that are missing; read in a constant number of queries.

    `missing`: each school's standing, by its URN. `families`: its URN and those of the schools it came from.
    """

    def __init__(
        self,
        programme: Programme,
        missing: Mapping[int, Standing],
        families: Mapping[int, tuple[int, ...]],
        *,
        now: datetime,
    ) -> None:
        self.programme = programme
        self._ring_address = address_of_each("coordinator.school_answer", programme=programme.id)
        self.remind_address = address_of_each("coordinator.gaps_do", programme=programme.id, deed="remind")
        self.asks = programme.closed_at is None and day_of(now) <= programme.reply_by
        self.reminded = _reminders(programme, families)
        self._reports = _reports(programme, missing, families, now=now)
        on_file = contacts.to_write_to(missing)
        self.reachable = set(whom_to_propose_to(missing, on_file)[0])
        rows = schools.of_urns(missing)
        self.has_number = {s.urn for s in rows if s.telephone or any(c.phone for c in on_file.get(s.urn, ()))}
        account_of = accounts.of_schools(programme, rows, now=now)
        self.could_book = holds.who_could_book(programme, {s: account_of[s.urn] for s in rows}, now=now)
        self.to_offer = {urn for urn, account in account_of.items() if account.is_open}
        if not itinerary.room_left(programme.id, now=now):
            self.to_offer = set()
        self.reminders, self.raised = dict[int, Reminder](), dict[int, WaitingGap]()
        self._rung = dict[int, int]()
        silent = [urn for urn, standing in missing.items() if standing.kind == gaps.SILENT]
        if silent and self.asks:
            coming, _ = reminders.coming(programme, silent, now=now)
            self.reminders = {r.school.urn: r for r in coming}
            if max((self.reminded.get(urn, 0) for urn in silent), default=0) >= len(chases.REMINDERS):
                self.raised = {row.school.urn: row for row in raising.waiting(programme, now=now)}
                self._rung = _calls(programme, {urn: families[urn] for urn in silent})

    def step_for(self, standing: Standing) -> tuple[str, str]:
        """The words and the address. To ring and note can be done whatever else cannot."""
        kind, urn, programme = standing.kind, standing.urn, self.programme
        if urn in self._reports:
            return standing.next_action, url_for("coordinator.report", reference=self._reports[urn])
        if programme.closed_at is not None or kind in (gaps.REPORT_MISSING, gaps.REPORTS_DISAGREE):
            return SEE, url_for("coordinator.school", urn=urn, programme=programme.id)
        if kind in RUNG:
            return self._ring(urn)
        if kind == gaps.NO_ADDRESS or urn not in self.reachable:
            return self._without_letters(urn) or (
                gaps.NEXT[gaps.NO_ADDRESS],
                url_for("coordinator.school_contact_add", urn=urn),
            )
        if kind in (gaps.NOT_ASKED, gaps.SOMEBODY_ELSE):
            if self.asks:
                return gaps.NEXT[kind], url_for("coordinator.school_invite", urn=urn, programme=programme.id)
            return self._without_letters(urn) or self._ring(urn)
        if kind == gaps.SILENT and urn in self.reminders:
            return REMIND, self.remind_address(urn)
        if kind == gaps.SILENT and urn in self.raised and not self._to_be_rung(urn):
            return RAISE, self.raise_address(urn)
        if kind in OFFER and urn in self.to_offer:
            return gaps.NEXT[kind], url_for("coordinator.propose", urn=urn, programme=programme.id)
        return self._ring(urn)

    def _ring(self, urn: int) -> tuple[str, str]:
        return RING, self._ring_address(urn)

    def raise_address(self, urn: int) -> str:
        return url_for("coordinator.chasing_raise", urn=urn, programme=self.programme.id)

    def _to_be_rung(self, urn: int) -> bool:
        """Whether a silent school is rung once more before it is raised."""
        return urn in self.has_number and self._rung.get(urn, 0) < RUNG_BEFORE_RAISING

    def _without_letters(self, urn: int) -> tuple[str, str] | None:
        """To book for a school to which no letter can go: where a number is known, and a time is there to be
        booked."""
        if urn not in self.has_number or urn not in self.could_book:
            return None
        return BY_PHONE, url_for("coordinator.school_book", urn=urn, programme=self.programme.id)


def books_by_phone(programme: Programme, of: Sequence[School], *, now: datetime) -> set[int]:
    """The URNs of those for which something could be booked while they are on the phone; two queries, none of
    nobody."""
    if not of:
        return set()
    account_of = accounts.of_schools(programme, of, now=now)
    return holds.who_could_book(programme, {s: account_of[s.urn] for s in of}, now=now)


def _reminders(programme: Programme, families: Mapping[int, tuple[int, ...]]) -> dict[int, int]:
    """How often each school was reminded of what it did not answer, by URN; one query."""
    times: dict[int, int] = {}
    heirs = _heirs(families)
    for chase, _ in chases.standing(programme.id, heirs):
        times[heirs[chase.urn]] = times.get(heirs[chase.urn], 0) + (chase.reason in chases.REMINDERS)
    return times


def _calls(programme: Programme, families: Mapping[int, tuple[int, ...]]) -> dict[int, int]:
    """How often each school was talked with on the phone in this programme, or tried, by URN; one query."""
    heirs, times = _heirs(families), dict[int, int]()
    for urn, calls in notes.calls_in(programme, heirs).items():
        times[heirs[urn]] = times.get(heirs[urn], 0) + calls
    return times


def _reports(
    programme: Programme,
    missing: Mapping[int, Standing],
    families: Mapping[int, tuple[int, ...]],
    *,
    now: datetime,
) -> dict[int, str]:
    """The booking whose report is missing, disputed or without a number, by the URN of the school; one
    query."""
    due = {urn: standing for urn, standing in missing.items() if standing.kind in TO_REPORT}
    heirs = _heirs({urn: families[urn] for urn in due})
    found: dict[int, str] = {}
    for urn, starts_at, reference in diary.past_shows(programme.id, heirs, now=now):
        standing = due[heirs[urn]]
        if day_of(starts_at) == standing.since:
            found.setdefault(standing.urn, reference)
    return found


def _heirs(families: Mapping[int, Iterable[int]]) -> dict[int, int]:
    """Whose each URN is by now."""
    return {urn: heir for heir, family in families.items() for urn in family}
