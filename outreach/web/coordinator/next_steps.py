"""The next step at a school that is missing: its words, and the page on which just that is done."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from flask import url_for

from outreach.asking import notes
from outreach.asking.chasing import chases, raising, reminders
from outreach.asking.chasing.raising import WaitingGap
from outreach.asking.chasing.reminders import Reminder
from outreach.asking.offered_times import sessions_to_come
from outreach.asking.recipients import whom_to_propose_to
from outreach.booking import accounts, diary, holds
from outreach.booking.accounts import PromiseAccount
from outreach.county import contacts, organisations
from outreach.county.schools import Organisation
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
        rows = organisations.known(missing)
        self.has_number = {
            s.organisation_id
            for s in rows
            if s.telephone or any(c.phone for c in on_file.get(s.organisation_id, ()))
        }
        account_of = accounts.of_organisations(programme, rows, now=now)
        self.could_book = could_book(programme, {s: account_of[s.organisation_id] for s in rows}, now=now)
        self.to_offer = {
            s.organisation_id for s in rows if account_of[s.organisation_id].is_open and not s.is_body
        }
        if not itinerary.room_left(programme.id, now=now):
            self.to_offer = set()
        self.reminders, self.raised = dict[int, Reminder](), dict[int, WaitingGap]()
        self._rung = dict[int, int]()
        silent = [
            organisation_id for organisation_id, standing in missing.items() if standing.kind == gaps.SILENT
        ]
        if silent and self.asks:
            coming, _ = reminders.coming(programme, silent, now=now)
            self.reminders = {r.organisation.organisation_id: r for r in coming}
            if max((self.reminded.get(organisation_id, 0) for organisation_id in silent), default=0) >= len(
                chases.REMINDERS
            ):
                self.raised = {
                    row.organisation.organisation_id: row for row in raising.waiting(programme, now=now)
                }
                self._rung = _calls(
                    programme, {organisation_id: families[organisation_id] for organisation_id in silent}
                )

    def step_for(self, standing: Standing) -> tuple[str, str]:
        """The words and the address. To ring and note can be done whatever else cannot."""
        kind, organisation_id, programme = standing.kind, standing.organisation_id, self.programme
        if organisation_id in self._reports:
            return standing.next_action, url_for(
                "coordinator.report", reference=self._reports[organisation_id]
            )
        if programme.closed_at is not None or kind in (gaps.REPORT_MISSING, gaps.REPORTS_DISAGREE):
            return SEE, url_for("coordinator.school", organisation_id=organisation_id, programme=programme.id)
        if kind in RUNG:
            return self._ring(organisation_id)
        if kind == gaps.NO_ADDRESS or organisation_id not in self.reachable:
            return self._without_letters(organisation_id) or (
                gaps.NEXT[gaps.NO_ADDRESS],
                url_for("coordinator.school_contact_add", organisation_id=organisation_id),
            )
        if kind in (gaps.NOT_ASKED, gaps.DUE_AGAIN, gaps.SOMEBODY_ELSE):
            if self.asks:
                return gaps.NEXT[kind], url_for(
                    "coordinator.school_invite", organisation_id=organisation_id, programme=programme.id
                )
            return self._without_letters(organisation_id) or self._ring(organisation_id)
        if kind == gaps.SILENT and organisation_id in self.reminders:
            return REMIND, self.remind_address(organisation_id)
        if kind == gaps.SILENT and organisation_id in self.raised and not self._to_be_rung(organisation_id):
            return RAISE, self.raise_address(organisation_id)
        if kind in OFFER and organisation_id in self.to_offer:
            return standing.next_action, url_for(
                "coordinator.propose", organisation_id=organisation_id, programme=programme.id
            )
        return self._ring(organisation_id)

    def _ring(self, organisation_id: int) -> tuple[str, str]:
        return RING, self._ring_address(organisation_id)

    def raise_address(self, organisation_id: int) -> str:
        return url_for(
            "coordinator.chasing_raise", organisation_id=organisation_id, programme=self.programme.id
        )

    def _to_be_rung(self, organisation_id: int) -> bool:
        """Whether a silent school is rung once more before it is raised."""
        return organisation_id in self.has_number and self._rung.get(organisation_id, 0) < RUNG_BEFORE_RAISING

    def _without_letters(self, organisation_id: int) -> tuple[str, str] | None:
        """To book for a school to which no letter can go: where a number is known, and a time is there to be
        booked."""
        if organisation_id not in self.has_number or organisation_id not in self.could_book:
            return None
        return BY_PHONE, url_for(
            "coordinator.school_book", organisation_id=organisation_id, programme=self.programme.id
        )


def books_by_phone(programme: Programme, of: Sequence[Organisation], *, now: datetime) -> set[int]:
    """The URNs of those for which something could be booked while they are on the phone; two queries, none of
    nobody."""
    if not of:
        return set()
    account_of = accounts.of_organisations(programme, of, now=now)
    return could_book(programme, {s: account_of[s.organisation_id] for s in of}, now=now)


def could_book(
    programme: Programme, known: Mapping[Organisation, PromiseAccount], *, now: datetime
) -> set[int]:
    """The numbers of those for which something could be booked now: a time of the tour for a school, for a body places
    at a session."""
    organisations = {s: account for s, account in known.items() if not s.is_body}
    found = holds.who_could_book(programme, organisations, now=now)
    bodies = {
        s.organisation_id for s, account in known.items() if s.is_body and s.is_open and account.is_open
    }
    if bodies and programme.closed_at is None:
        found |= bodies if any(line.left for line in sessions_to_come(programme, now=now)) else set()
    return found


def _reminders(programme: Programme, families: Mapping[int, tuple[int, ...]]) -> dict[int, int]:
    """How often each school was reminded of what it did not answer, by URN; one query."""
    times: dict[int, int] = {}
    heirs = _heirs(families)
    for chase, _ in chases.standing(programme.id, heirs):
        times[heirs[chase.organisation_id]] = times.get(heirs[chase.organisation_id], 0) + (
            chase.reason in chases.REMINDERS
        )
    return times


def _calls(programme: Programme, families: Mapping[int, tuple[int, ...]]) -> dict[int, int]:
    """How often each school was talked with on the phone in this programme, or tried, by URN; one query."""
    heirs, times = _heirs(families), dict[int, int]()
    for organisation_id, calls in notes.calls_in(programme, heirs).items():
        times[heirs[organisation_id]] = times.get(heirs[organisation_id], 0) + calls
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
    due = {
        organisation_id: standing
        for organisation_id, standing in missing.items()
        if standing.kind in TO_REPORT
    }
    heirs = _heirs({organisation_id: families[organisation_id] for organisation_id in due})
    found: dict[int, str] = {}
    for organisation_id, starts_at, reference in diary.past_shows(programme.id, heirs, now=now):
        standing = due[heirs[organisation_id]]
        if day_of(starts_at) == standing.since:
            found.setdefault(standing.organisation_id, reference)
    return found


def _heirs(families: Mapping[int, Iterable[int]]) -> dict[int, int]:
    """Whose each URN is by now."""
    return {organisation_id: heir for heir, family in families.items() for organisation_id in family}
