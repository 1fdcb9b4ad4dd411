"""First round of a new year: schools that never saw it, then last year's gaps, those of the districts
furthest behind on top."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from outreach.asking import seen_before
from outreach.coverage import gaps, standings
from outreach.coverage.gaplist import ever_seen
from outreach.coverage.gaps import Word
from outreach.coverage.standings import Standing
from outreach.ground.timespans import day_of
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.tour.yearly import copies

NEVER, UNKNOWN, MISSED, DUE, REST = "never", "unknown", "missed", "due", "rest"
GROUPS = {
    NEVER: "Never seen, in any year",
    UNKNOWN: "Not known: nobody reported its show",
    MISSED: "A gap of last year",
    DUE: "Due again: its training has run out",
    REST: "Seen before, or booked",
}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A school of the new target that nobody has asked yet; `before`: where it stood in last year's
    programme, if it did.

    `district_behind`: fewer schools of its district saw it last year than of all. `unreported`: the reference of
    its last show of an earlier year of which nobody has said whether it took place, where no other show says
    that it saw it; '' for none.
    """

    standing: Standing
    group: str
    before: Standing | None
    district_behind: bool
    unreported: str = ""

    @property
    def organisation_id(self) -> int:
        return self.standing.organisation_id


@dataclass(frozen=True, kw_only=True)
class FirstRound:
    """The schools to ask, in the order to ask them; and how many of the target were asked already or cannot
    be."""

    candidates: tuple[Candidate, ...]
    target: frozenset[int]
    unreachable: int

    def in_group(self, group: str) -> list[Candidate]:
        return [c for c in self.candidates if c.group == group]

    @property
    def first(self) -> list[Candidate]:
        return [c for c in self.candidates if c.group != REST]

    @property
    def asked(self) -> int:
        return len(self.target) - self.unreachable - len(self.candidates)


def year_before(programme: Programme) -> Programme | None:
    """Last year's programme: the one that this was copied from, else one of the same title. At most two queries."""
    return copies.original_of(programme.id) or next(
        (
            one
            for one in programmes.of_partnership(programme.partnership_id)
            if (one.title, one.for_adults, one.academic_year)
            == (programme.title, programme.for_adults, programme.academic_year - 1)
        ),
        None,
    )


def first_round_of_programme(programme: Programme, before: Programme | None, *, now: datetime) -> FirstRound:
    """Who of a programme's target is to be asked, after what came of last year's. 41 queries, 22 without one
    of last year."""
    today = day_of(now)
    reckoning = standings.standings_of_programme(programme.id, as_of=today, now=now)
    target = reckoning.target
    last = _last_year(before, now=now)
    known = ever_seen.read(programme)
    behind, whole = _shares(last)
    candidates = []
    for s in target:
        if s.standing != Word.NOT_ASKED:
            continue
        family = (s.organisation_id, *reckoning.kin.before(s.organisation_id))
        was = next((last[organisation_id] for organisation_id in family if organisation_id in last), None)
        seen = known.seen_before(family)
        candidates.append(
            Candidate(
                standing=s,
                group=DUE if s.kind == gaps.DUE_AGAIN else _group(was, seen.word),
                before=was,
                district_behind=behind.get(s.district_code, 1.0) < whole,
                unreported=seen.unreported,
            )
        )
    order = list(GROUPS)
    candidates.sort(
        key=lambda c: (
            order.index(c.group),
            behind.get(c.standing.district_code, 1.0),
            c.standing.name.casefold(),
            c.organisation_id,
        )
    )
    return FirstRound(
        candidates=tuple(candidates),
        target=frozenset(s.organisation_id for s in target),
        unreachable=sum(s.standing == Word.UNREACHABLE for s in target),
    )


def _last_year(before: Programme | None, *, now: datetime) -> dict[int, Standing]:
    """Where each school stands in last year's programme, by what was reported of it until now."""
    if before is None:
        return {}
    return {
        s.organisation_id: s
        for s in standings.standings_of_programme(before.id, as_of=day_of(now), now=now).target
    }


def _group(was: Standing | None, seen: seen_before.Word) -> str:
    if was is not None and not was.is_gap:
        return REST
    if seen is seen_before.Word.NEVER:
        return NEVER
    if seen is seen_before.Word.NOT_KNOWN:
        return UNKNOWN
    return REST if was is None else MISSED


def _shares(last: Mapping[int, Standing]) -> tuple[dict[str, float], float]:
    """The share of last year's schools that saw it, by district and of all."""
    schools: Counter[str] = Counter(s.district_code for s in last.values())
    saw: Counter[str] = Counter(s.district_code for s in last.values() if s.standing == Word.SEEN)
    whole = saw.total() / max(1, schools.total())
    return {district: saw[district] / n for district, n in schools.items()}, whole
