"""Followed or not: what became, at any date, of what each school promised besides the show that it has seen.

A school of the target stands here from its first show that took place; what a closed school was promised counts under
the school that it became. None of this makes a gap.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Select, select

from outreach.booking.promises import TOOK_PLACE, Booking
from outreach.coverage.standings import Reckoning, Standing
from outreach.ground.db import made_once, plain_rows
from outreach.ground.timespans import as_of_moment
from outreach.visits import kept, pledges
from outreach.visits.kept import KEPT, NOT_ANSWERED, NOT_DUE, NOT_KEPT, WORDS, AnswerTold, Kept, ShowPlayed
from outreach.visits.pledges import NOT_DONE, PASSED_ON, PLEDGES, WILL, PledgeAnswer
from outreach.visits.reports import VisitReport
from outreach.visits.verdicts import Promised

PROMISED, OPEN, DUE, UNCONFIRMED, UNSETTLED = "promised", "open", "due", "unconfirmed", "unsettled"
STATES = (PROMISED, KEPT, NOT_KEPT, NOT_ANSWERED, NOT_DUE, DUE, OPEN, UNCONFIRMED, UNSETTLED)
"""What a list of schools can be asked for: the words of kept.py, what is due (all but NOT_DUE), what is open (NOT_KEPT
or NOT_ANSWERED), what was promised and is not answered, and what was not kept and no coordinator has settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedOrganisation:
    """A school that has seen it: what became of each pledge. `newest_booking`: its last show that took place."""

    standing: Standing
    kept: Mapping[str, Kept]
    newest_booking: int

    def is_in(self, state: str, pledge: str = "") -> bool:
        """Whether a pledge, or any of them, is in one of STATES."""
        return any(_is(one, state) for one in ([self.kept[pledge]] if pledge else self.kept.values()))

    @property
    def open_since(self) -> date | None:
        """Since when something is open; None where nothing is."""
        return min((one.since for one in self.kept.values() if _is(one, OPEN)), default=None)


@dataclass(slots=True)
class PledgeSums:
    """How many schools are in which state, of one pledge; all but NOT_DUE are due."""

    schools: int = 0
    promised: int = 0
    by: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WORDS, 0))

    @property
    def due(self) -> int:
        return self.schools - self.by[NOT_DUE]

    @property
    def kept(self) -> int:
        return self.by[KEPT]


def followed_organisations(reckoning: Reckoning, *, now: datetime) -> list[FollowedOrganisation]:
    """The schools of a reckoning that have seen it, by name; one query. None of a programme for adults."""
    shows, answers, moment = _shows(reckoning), _answers(reckoning, now), as_of_moment(reckoning.as_of, now)
    inside = {s.organisation_id: s for s in reckoning.target}
    found = []
    for organisation_id, played in shows.items():
        of_each = {
            pledge: kept.of_organisation(
                pledge, [_show(one, pledge, answers) for one in played], moment=moment
            )
            for pledge in PLEDGES
        }
        last = max(played, key=lambda promise: (promise.starts_at, promise.id))
        found.append(
            FollowedOrganisation(standing=inside[organisation_id], kept=of_each, newest_booking=last.id)
        )
    return sorted(found, key=lambda school: (school.standing.name, school.standing.organisation_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """What schools promised and do not say that they did, though it is due: {pledge: their URNs}, in order.
    `concerns`: schools that say, whether they promised it or not, that a concern did not reach their safeguarding lead
    within a day, which no coordinator has settled: {whose: since when}."""

    organisation_ids: Mapping[str, Sequence[int]]
    concerns: Mapping[int, date]

    @property
    def schools(self) -> list[int]:
        return sorted(
            {organisation_id for of_one in self.organisation_ids.values() for organisation_id in of_one}
        )


def unconfirmed(reckoning: Reckoning, *, now: datetime) -> Unconfirmed:
    """The same as FollowedOrganisation.is_in(UNCONFIRMED), and as is_in(UNSETTLED, PASSED_ON), looking at no pledge
    that was not promised or said not to be kept; one query."""
    answers, moment = _answers(reckoning, now), as_of_moment(reckoning.as_of, now)
    named = {
        at
        for at, told in answers.items()
        if any(a.said == WILL or (a.said == NOT_DONE and at[1] == PASSED_ON) for a in told)
    }
    found: dict[str, list[int]] = {pledge: [] for pledge in PLEDGES}
    concerns: dict[int, date] = {}
    for organisation_id, played in _shows(reckoning).items() if named else ():
        for pledge in PLEDGES:
            if any((one.id, pledge) in named for one in played):
                shows = [_show(one, pledge, answers) for one in played]
                became = kept.of_organisation(pledge, shows, moment=moment)
                if _is(became, UNCONFIRMED):
                    found[pledge].append(organisation_id)
                if pledge == PASSED_ON and _is(became, UNSETTLED):
                    concerns[organisation_id] = became.since
    return Unconfirmed(
        organisation_ids={pledge: sorted(theirs) for pledge, theirs in found.items() if theirs},
        concerns=concerns,
    )


def sums(organisations: Iterable[FollowedOrganisation]) -> dict[str, PledgeSums]:
    """By pledge, in their order."""
    found = {pledge: PledgeSums() for pledge in PLEDGES}
    for organisation in organisations:
        for pledge, of_one in organisation.kept.items():
            totals = found[pledge]
            totals.schools += 1
            totals.promised += of_one.promised is not None
            totals.by[of_one.word] += 1
    return found


def by_district(
    organisations: Iterable[FollowedOrganisation],
) -> list[tuple[str, str, list[FollowedOrganisation]]]:
    """(code, name, its schools), by name, the unknown last."""
    found: dict[tuple[str, str], list[FollowedOrganisation]] = defaultdict(list)
    for organisation in organisations:
        found[organisation.standing.district_code, organisation.standing.district_name].append(organisation)
    return [
        (code, name, found[code, name])
        for code, name in sorted(found, key=lambda key: (not key[0], key[1], key[0]))
    ]


def open_first(organisations: Iterable[FollowedOrganisation]) -> list[FollowedOrganisation]:
    """Those with the most that was not kept first, then the most that was not answered; by name among equals."""

    def how_open(organisation: FollowedOrganisation) -> tuple[int, int, str, int]:
        words = [one.word for one in organisation.kept.values()]
        name, organisation_id = organisation.standing.name, organisation.standing.organisation_id
        return -words.count(NOT_KEPT), -words.count(NOT_ANSWERED), name, organisation_id

    return sorted(organisations, key=how_open)


def _is(one: Kept, state: str) -> bool:
    if state == PROMISED:
        return one.promised is not None
    if state == DUE:
        return one.word != NOT_DUE
    if state == OPEN:
        return one.word in (NOT_KEPT, NOT_ANSWERED)
    if state == UNCONFIRMED:
        return one.promised is not None and one.word == NOT_ANSWERED
    if state == UNSETTLED:
        return one.word == NOT_KEPT and not one.settled
    return one.word == state


def _shows(reckoning: Reckoning) -> dict[int, list[Promised]]:
    """{school of the target: its promises that have taken place}, a former self's under what it became."""
    if reckoning.programme.for_adults:
        return {}
    took = [v.promise for v in reckoning.verdicts if v.word == TOOK_PLACE]
    heirs = reckoning.heirs({promise.organisation_id for promise in took})
    found: dict[int, list[Promised]] = defaultdict(list)
    for promise in took:
        if promise.organisation_id in heirs:
            found[heirs[promise.organisation_id]].append(promise)
    return found


_Answers = Mapping[tuple[int, str], Sequence[AnswerTold]]
"""{(booking, pledge): what was said of it, in order}"""


def _show(promise: Promised, pledge: str, answers: _Answers) -> ShowPlayed:
    return ShowPlayed(
        starts_at=promise.starts_at, ends_at=promise.ends_at, answers=answers.get((promise.id, pledge), ())
    )


def _answers(reckoning: Reckoning, now: datetime) -> _Answers:
    moment = as_of_moment(reckoning.as_of, now)
    found: dict[tuple[int, str], list[AnswerTold]] = defaultdict(list)
    for row in plain_rows(*_told(reckoning.programme.id, moment)):
        answer = AnswerTold(
            id=row.id,
            said=row.said,
            side=row.side,
            recorded_at=row.recorded_at,
            filled_in_at=row.filled_in_at,
        )
        found[row.booking_id, row.pledge].append(answer)
    return found


@made_once
def _told(programme_id: int, moment: datetime) -> Select[int, int, str, str, str, datetime, datetime | None]:
    a = PledgeAnswer
    return (
        select(a.id, a.booking_id, a.pledge, a.said, a.side, a.recorded_at, VisitReport.filled_in_at)
        .join(Booking, Booking.id == a.booking_id)
        .outerjoin(VisitReport, VisitReport.id == a.report_id)
        .where(Booking.programme_id == programme_id, a.recorded_at < moment, pledges.stands(moment))
        .order_by(a.id)
    )
