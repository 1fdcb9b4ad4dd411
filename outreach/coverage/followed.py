"""Commitments: what became, at any date, of what is expected of each school besides the show that it has seen, and of
what it agreed to.

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
from outreach.visits.kept import DIFFER, NOT_ANSWERED, NOT_DUE, PARTLY, WORDS, AnswerTold, Kept, ShowPlayed
from outreach.visits.pledges import DONE, NOT_DONE, PASSED_ON, PLEDGES, PledgeAnswer
from outreach.visits.reports import VisitReport
from outreach.visits.verdicts import Promised

DUE, OPEN, UNCONFIRMED, UNSETTLED = "due", "open", "unconfirmed", "unsettled"
STATES = (*WORDS, DUE, OPEN, UNCONFIRMED, UNSETTLED)
"""What a list of schools can be asked for: the words of kept.py, where it is due, and so expected (all but NOT_DUE),
what is open (due and not DONE), what nobody confirms, and what was not done and no coordinator has settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedOrganisation:
    """A school that has seen it: what became of each pledge. `newest_booking`: its last show that took place."""

    standing: Standing
    kept: Mapping[str, Kept]
    newest_booking: int

    def is_in(self, state: str, pledge: str = "", *, agreed: bool = False) -> bool:
        """Whether a pledge, or any of them, is in one of STATES; `agreed`: one that the school agreed to, of the
        shows at which it did."""
        of_each = [self.kept[pledge]] if pledge else self.kept.values()
        return any(_is(one, state) for one in (_agreed(of_each) if agreed else of_each))

    @property
    def open_since(self) -> date | None:
        """Since when something is open; None where nothing is."""
        return min((one.since for one in self.kept.values() if _is(one, OPEN)), default=None)


@dataclass(slots=True)
class PledgeSums:
    """How many schools are in which state, of one pledge; of all but NOT_DUE it is due, and so expected."""

    by: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WORDS, 0))

    @property
    def due(self) -> int:
        return sum(self.by.values()) - self.by[NOT_DUE]

    @property
    def done(self) -> int:
        return self.by[DONE]


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
    """What schools agreed to and nobody confirms, though it is due: {pledge: their URNs}, in order. `expected`: how
    many others have not confirmed what they did not agree to. `concerns`: schools that say, agreed or not, that a
    concern did not reach their safeguarding lead within a day, which no coordinator has settled: {whose: since when}.
    """

    organisation_ids: Mapping[str, Sequence[int]]
    expected: int
    concerns: Mapping[int, date]

    @property
    def schools(self) -> list[int]:
        return sorted(
            {organisation_id for of_one in self.organisation_ids.values() for organisation_id in of_one}
        )


def unconfirmed(reckoning: Reckoning, *, now: datetime) -> Unconfirmed:
    """One query."""
    found: dict[str, list[int]] = {pledge: [] for pledge in PLEDGES}
    expected, concerns = 0, {}
    for one in followed_organisations(reckoning, now=now):
        organisation_id = one.standing.organisation_id
        for pledge in PLEDGES:
            if one.is_in(UNCONFIRMED, pledge, agreed=True):
                found[pledge].append(organisation_id)
        expected += one.is_in(UNCONFIRMED) and not one.is_in(UNCONFIRMED, agreed=True)
        if one.is_in(UNSETTLED, PASSED_ON):
            concerns[organisation_id] = one.kept[PASSED_ON].since
    return Unconfirmed(
        organisation_ids={pledge: sorted(theirs) for pledge, theirs in found.items() if theirs},
        expected=expected,
        concerns=concerns,
    )


def sums(organisations: Iterable[FollowedOrganisation], *, agreed: bool = False) -> dict[str, PledgeSums]:
    """By pledge, in their order; `agreed`: of the schools that agreed to it."""
    found = {pledge: PledgeSums() for pledge in PLEDGES}
    for organisation in organisations:
        for pledge, of_one in organisation.kept.items():
            for one in _agreed([of_one]) if agreed else [of_one]:
                found[pledge].by[one.word] += 1
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
    """Those with the most that was not done first, then the most that nobody confirms; by name among equals."""

    def how_open(organisation: FollowedOrganisation) -> tuple[int, int, str, int]:
        kept = organisation.kept.values()
        name, organisation_id = organisation.standing.name, organisation.standing.organisation_id
        not_done = sum(one.word in (NOT_DONE, PARTLY) for one in kept)
        return -not_done, -sum(_is(one, UNCONFIRMED) for one in kept), name, organisation_id

    return sorted(organisations, key=how_open)


def _agreed(of_each: Iterable[Kept]) -> list[Kept]:
    return [one.agreed for one in of_each if one.agreed is not None]


def _is(one: Kept, state: str) -> bool:
    if state == DUE:
        return one.word != NOT_DUE
    if state == OPEN:
        return one.word not in (DONE, NOT_DUE)
    if state == UNCONFIRMED:
        return one.word in (DIFFER, NOT_ANSWERED)
    if state == UNSETTLED:
        return one.word in (NOT_DONE, PARTLY) and not one.settled
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
