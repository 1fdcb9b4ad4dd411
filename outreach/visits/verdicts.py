"""Verdicts on promises: booked, took place, did not, cancelled, or to confirm; and who was counted. Pure.

Each side's newest report counts, and the coordinator's 'settled' stands over both. A report recorded
before the show as now promised begins tells of an earlier time and is left out. Two sides differ
when one says it took place and the other not, or when the company's head count of the whole show is
further from the sum of what host and guests counted than 5 pupils or 5 % of that sum, whichever is
more. Of a session a company counts each organisation's staff, and each number is held against that
organisation's own. The school's number stands; a booking without one gets its part of the rest of the head count,
shared in the promised proportion and marked as estimate (as is any count shared over year groups).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from outreach.booking.promises import BOOKED, CANCELLED, DISAGREE, FAILED, MISSING, TOOK_PLACE
from outreach.ground.school_year import STAFF
from outreach.visits.reports import COMPANY, SCHOOL, SETTLED, said_together, too_far_apart

PENDING = (DISAGREE, MISSING, BOOKED)

ONE_SIDE, NOT_COUNTED, SETTLED_WORD, BOTH_AGREE, COUNTED_BY_BOTH = (
    "one side",
    "agreed, not counted",
    "settled by the coordinator",
    "both agree that it took place",
    "counted by both",
)
EVIDENCE = (ONE_SIDE, NOT_COUNTED, SETTLED_WORD, BOTH_AGREE, COUNTED_BY_BOTH)
"""Weakest first. NOT_COUNTED: both sides, or the coordinator, say that it took place, and nobody counted."""

Key = TypeVar("Key")


@dataclass(slots=True)
class Promised:
    """A booking as its newest revision by then says; `ended_at`, `ended_by` when it was cancelled by then.

    `catch_up`: a place for pupils who missed their own show. `earlier`: of a programme that the one in hand was
    copied from.
    """

    id: int
    organisation_id: int
    performance_id: int
    created_at: datetime
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    pupils: dict[int, int]
    catch_up: bool = False
    earlier: bool = False


@dataclass(slots=True)
class ReportTold:
    """One report: `total` where given, `split` by year group where given (else empty); `nobody_came`: it did not take
    place for an organisation that counted nobody of its own; `attendance`: {booking id: staff} where a company counted
    each organisation's."""

    id: int
    performance_id: int
    booking_id: int | None
    side: str
    took_place: bool
    total: int | None
    recorded_at: datetime
    filled_in_at: datetime | None
    nobody_came: bool
    split: dict[int, int]
    attendance: dict[int, int] = field(default_factory=dict)

    def is_newer(self, held: "ReportTold | None") -> bool:
        """Than what its side said before; one that came late may not be."""
        if held is None or self.filled_in_at is None:
            return True
        return (held.filled_in_at or held.recorded_at) <= self.filled_in_at


@dataclass(slots=True)
class Verdict:
    """One promise and what it came to. `counted` is None where nobody gave a number; `stayed_away`: the session took
    place, and nobody of this organisation came."""

    promise: Promised
    word: str
    year_groups: tuple[int, ...]
    counted: dict[int, int] | None = None
    estimated: bool = False
    evidence: str = ""
    stayed_away: bool = False


def verdicts_on_promises(
    promises: Iterable[Promised], reports: Iterable[ReportTold], *, moment: datetime, for_adults: bool
) -> list[Verdict]:
    """The verdict on every promise, in the order given. Adults are one group, STAFF, whatever they were put down as;
    of a promise of adults without a number it is not known how many."""
    if for_adults:
        promises = [replace(p, pupils={STAFF: sum(p.pupils.values())}) for p in promises]
        reports = [replace(r, split={STAFF: sum(r.split.values())} if r.split else {}) for r in reports]
    about_booking: dict[tuple[str, int], ReportTold] = {}
    about_show: dict[int, ReportTold] = {}
    for told in reports:
        if told.side == COMPANY and told.is_newer(about_show.get(told.performance_id)):
            about_show[told.performance_id] = told
        elif told.booking_id is not None and told.is_newer(about_booking.get((told.side, told.booking_id))):
            about_booking[told.side, told.booking_id] = told
    shows: dict[int, list[Promised]] = defaultdict(list)
    promises = list(promises)
    for promise in promises:
        if promise.ended_at is None:
            shows[promise.performance_id].append(promise)
    found: dict[int, Verdict] = {}
    for performance_id, together in shows.items():
        company = _of_this_show(about_show.get(performance_id), together[0])
        for verdict in _show(together, about_booking, company, moment):
            found[verdict.promise.id] = verdict
    for promise in promises:
        if promise.ended_at is not None:
            found[promise.id] = Verdict(promise, CANCELLED, tuple(promise.pupils))
    for verdict in found.values():
        if verdict.counted is None and verdict.evidence in (BOTH_AGREE, SETTLED_WORD):
            verdict.evidence = NOT_COUNTED
    return [found[promise.id] for promise in promises]


def shared_out(total: int, weights: Mapping[Key, int]) -> dict[Key, int]:
    """A whole number in whole parts, in proportion; the largest remainders get what is left. Equal without
    weights."""
    if not weights:
        return {}
    whole = sum(weights.values())
    if whole == 0:
        weights, whole = dict.fromkeys(weights, 1), len(weights)
    parts = {key: total * weight // whole for key, weight in weights.items()}
    left = total - sum(parts.values())
    by_remainder = sorted(weights, key=lambda key: -(total * weights[key] % whole))
    for key in by_remainder[:left]:
        parts[key] += 1
    return parts


def _of_this_show(told: ReportTold | None, promise: Promised) -> ReportTold | None:
    return None if told is None or told.recorded_at < promise.starts_at else told


def _show(
    together: list[Promised],
    about_booking: Mapping[tuple[str, int], ReportTold],
    company: ReportTold | None,
    moment: datetime,
) -> list[Verdict]:
    """The verdicts on the promises of one show."""
    if company is None and all(
        (SCHOOL, p.id) not in about_booking and (SETTLED, p.id) not in about_booking for p in together
    ):
        return [Verdict(p, MISSING if p.ends_at <= moment else BOOKED, tuple(p.pupils)) for p in together]
    verdicts = []
    counts: dict[int, tuple[dict[int, int], bool] | None] = {}
    for promise in together:
        school = _of_this_show(about_booking.get((SCHOOL, promise.id)), promise)
        settled = _of_this_show(about_booking.get((SETTLED, promise.id)), promise)
        verdict = Verdict(promise, "", tuple(promise.pupils))
        its_word = None if company is None else _of_body(company, promise)
        verdict.word, verdict.evidence = _word(promise, settled, school, its_word, moment)
        of_its_own = settled or school
        verdict.stayed_away = verdict.word == FAILED and (
            (of_its_own is not None and of_its_own.nobody_came)
            or (company is not None and company.took_place and bool(company.attendance))
        )
        verdicts.append(verdict)
        if (settled or school) and verdict.word == TOOK_PLACE:
            counts[promise.id] = _count(promise, settled) or _count(promise, school)
        elif verdict.word == FAILED:
            counts[promise.id] = ({}, False)
    head_count = None
    if company is not None and company.took_place and company.attendance:
        _by_body(verdicts, counts, company.attendance)
    elif company is not None and company.took_place:
        head_count = sum(company.split.values()) if company.split else company.total
    _compare(verdicts, about_booking, counts, head_count)
    _fill_in(verdicts, counts, company, head_count)
    for verdict in verdicts:
        count = counts.get(verdict.promise.id)
        if verdict.word == TOOK_PLACE and count is not None:
            verdict.counted, verdict.estimated = count
            named = {y for y, pupils in verdict.counted.items() if pupils} | set(verdict.promise.pupils)
            verdict.year_groups = tuple(sorted(named))
    return verdicts


def _of_body(company: ReportTold, promise: Promised) -> ReportTold:
    """A company's word on a session as it speaks of one organisation."""
    if company.took_place and company.attendance.get(promise.id) == 0:
        return replace(company, took_place=False)
    return company


def _by_body(
    verdicts: list[Verdict],
    counts: dict[int, tuple[dict[int, int], bool] | None],
    attendance: Mapping[int, int],
) -> None:
    """Hold what the company counted of each organisation against its own count; where it gave none, the company's
    stands."""
    for verdict in verdicts:
        by_company, count = attendance.get(verdict.promise.id), counts.get(verdict.promise.id)
        if verdict.word != TOOK_PLACE or by_company is None:
            continue
        if count is None:
            counts[verdict.promise.id] = ({STAFF: by_company}, False)
        elif verdict.evidence == BOTH_AGREE:
            apart = too_far_apart(sum(count[0].values()), by_company)
            verdict.word, verdict.evidence = (DISAGREE, "") if apart else (TOOK_PLACE, COUNTED_BY_BOTH)


def _word(
    promise: Promised,
    settled: ReportTold | None,
    school: ReportTold | None,
    company: ReportTold | None,
    moment: datetime,
) -> tuple[str, str]:
    word = said_together(settled, school, company)
    if word is None:
        return (MISSING if promise.ends_at <= moment else BOOKED), ""
    if word == DISAGREE:
        return DISAGREE, ""
    if settled is not None:
        return word, SETTLED_WORD
    return word, BOTH_AGREE if school is not None and company is not None else ONE_SIDE


def _count(promise: Promised, told: ReportTold | None) -> tuple[dict[int, int], bool] | None:
    """A report's count by year group, and whether it had to be shared out."""
    if told is None or not told.took_place:
        return None
    if told.split:
        return told.split, False
    if told.total is None:
        return None
    return shared_out(told.total, promise.pupils), len(promise.pupils) > 1


def _compare(
    verdicts: list[Verdict],
    about_booking: Mapping[tuple[str, int], ReportTold],
    counts: Mapping[int, tuple[dict[int, int], bool] | None],
    head_count: int | None,
) -> None:
    """Hold the company's head count against the sum of host and guests, once all of them counted."""
    if head_count is None:
        return
    by_schools = 0
    for verdict in verdicts:
        count = counts.get(verdict.promise.id)
        if count is None:
            return
        by_schools += sum(count[0].values())
    apart = too_far_apart(by_schools, head_count)
    for verdict in verdicts:
        if verdict.word == TOOK_PLACE and verdict.evidence == BOTH_AGREE:
            verdict.word, verdict.evidence = (DISAGREE, "") if apart else (TOOK_PLACE, COUNTED_BY_BOTH)


def _fill_in(
    verdicts: list[Verdict],
    counts: dict[int, tuple[dict[int, int], bool] | None],
    company: ReportTold | None,
    head_count: int | None,
) -> None:
    """Share the rest of the head count over those who took part and gave no number."""
    rest = [v for v in verdicts if v.word == TOOK_PLACE and counts.get(v.promise.id) is None]
    if head_count is None or company is None or not rest:
        return
    known = [count[0] for count in counts.values() if count is not None]
    parts: dict[tuple[int, int], int] = {}
    year_groups: list[int | None] = [*sorted(company.split)] or [None]
    for year_group in year_groups:
        if year_group is None:
            left = head_count - sum(sum(count.values()) for count in known)
            weights = {(v.promise.id, y): n for v in rest for y, n in v.promise.pupils.items()}
        else:
            left = company.split[year_group] - sum(count.get(year_group, 0) for count in known)
            weights = {(v.promise.id, year_group): v.promise.pupils.get(year_group, 0) for v in rest}
        parts |= shared_out(max(left, 0), weights)
    shared = len(verdicts) > 1 or not company.split and len(rest[0].promise.pupils) > 1
    for verdict in rest:
        mine = {y: pupils for (booking_id, y), pupils in parts.items() if booking_id == verdict.promise.id}
        counts[verdict.promise.id] = (mine, shared)
