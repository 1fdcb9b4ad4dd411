"""Every school's and body's standing in one programme at any date, from dated rows alone, in a constant number of
queries.

The rules are those of the trade's words (docs): who is in the target, what each promise came to, and
the first standing that holds. Three decisions that they leave open:

- A promise that did not take place stands against 'seen' until a promise made after it took place.
- A year group in which somebody was counted, but neither half of it nor all its shows took place, is
  'part seen'. Half is judged by the school's own number, else by the estimate; by neither: any count will do.
- A school that answered, began the form, or had a show that was cancelled or did not take place was asked,
  whether or not an invitation of ours was handed over.
"""

import gc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from outreach.booking import promises
from outreach.county.establishments import town_name, urban_or_rural
from outreach.county.succession import Kin
from outreach.coverage import facts, gaps, validity
from outreach.coverage.as_of import Cut, cut_of, is_body
from outreach.coverage.asking import AskedByDay, Where
from outreach.coverage.catch_ups import CatchUps
from outreach.coverage.facts import AskedAndSaid, OrganisationAsKnown, Register
from outreach.coverage.gaps import Word
from outreach.coverage.targets import Target, TargetOrganisation
from outreach.coverage.validity import RanOut
from outreach.coverage.year_group_standing import OPEN, Cell, Cells
from outreach.ground import audience
from outreach.ground.audience import Words
from outreach.ground.db import db
from outreach.ground.school_year import STAFF, year_groups_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import day_short
from outreach.tour.adults import EVERYBODY, AdultTarget
from outreach.tour.programmes import Programme
from outreach.visits import verdicts
from outreach.visits.absences import Told
from outreach.visits.verdicts import Verdict

NINE = tuple(Word)[:9]
_NOBODY: dict[int, int] = {}
_NEVER: dict[date, int] = {}
DISTRICT_UNKNOWN, WHOLE_AREA = "district not known", "whole area"
"""Of a school that no register file places, and of a body that is there for all of the partnership's area."""


def beyond_staff(year_group: int, seen: int, there: int | None) -> int:
    """How many of those seen came beyond the front-line staff that an organisation has: they count, and are in no
    share, so that none is above all. 0 of pupils, and where the number is unknown."""
    return 0 if year_group != STAFF or there is None else max(0, seen - there)


@dataclass(slots=True)  # to freeze each would cost as much again as to judge it
class Standing:
    """One school's place in one programme at one date, or one body's; whoever wants another makes one with `replace`.

    `kind` names the cause of a gap (gaps.CAUSES) and `cause` says it in words; `since` is the London day from
    which it holds. `year_groups`: each offered target year group's own state ('seen', 'part seen', 'to
    confirm', 'booked', 'open'). `target_pupils` None is unknown; `estimated` when the register's number was
    shared out. `place_known` False: no grid reference of its own. `pupils_by_year` and `seen_by_year`: the
    same for each offered target year group (a count above its estimate replaces it, `uncounted`: the year
    groups that took place and that nobody counted, in no share of pupils; `census_date`: the day of the
    register's number of pupils. so that they may sum to more than the school's number); who counted nobody
    has no `seen_by_year`; `seen_by_day`: the same pupils by the London day of their show. `absent_by_year`: how
    many pupils of a year group that is seen have not seen it, where that is known, and `caught_up_by_year`: how
    many of them had a lesson or a film instead; `absent_worked_out`: the year groups of which no school said so and
    it follows from their number. `town`, and `urban_rural` ('Urban', 'Rural'), are '' where no register file said so
    by then. `kind_of_body`: 'Police' and others, which is its phase and its type too; '' of a school.
    `front_line_staff`: what was counted at a body, on `staff_counted_on`.
    """

    organisation_id: int
    name: str
    district_code: str
    district_name: str
    phase: str
    type: str
    standing: str
    year_groups: dict[int, str]
    is_gap: bool
    kind: str
    detail: str
    since: date | None
    target_pupils: int | None
    estimated: bool
    seen_pupils: int
    seen_estimated: bool
    evidence: str
    ages_unknown: bool
    easting: int | None
    northing: int | None
    trust: str = ""
    pupils_by_year: dict[int, int | None] = field(default_factory=dict)
    seen_by_year: dict[int, int] = field(default_factory=dict)
    absent_by_year: dict[int, int] = field(default_factory=dict)
    caught_up_by_year: dict[int, int] = field(default_factory=dict)
    absent_worked_out: tuple[int, ...] = ()
    town: str = ""
    urban_rural: str = ""
    uncounted: tuple[int, ...] = ()
    census_date: date | None = None
    seen_by_day: dict[date, int] = field(default_factory=dict)
    kind_of_body: str = ""
    front_line_staff: int | None = None
    staff_counted_on: date | None = None

    @property
    def is_body(self) -> bool:
        return self.kind_of_body != ""

    @property
    def cause(self) -> str:
        """The cause in words; of a school without a gap, what is to come ('rest booked on …'), or ''."""
        whom = audience.whom(self.organisation_id)
        return gaps.words(self.kind, detail=self.detail, since=self.since, of=self._words, whom=whom)

    @property
    def _words(self) -> Words:
        return audience.words(STAFF in self.year_groups)

    @property
    def next_action(self) -> str:
        return self._words.said(gaps.NEXT.get(self.kind, gaps.COUNT_STAFF if self.no_number else ""))

    @property
    def no_number(self) -> str:
        """Why no share is made of a body's staff, in words; '' where one is, and of a school."""
        if not self.is_body or self.target_pupils is not None:
            return ""
        return gaps.staff_unknown(self.front_line_staff, self.staff_counted_on)

    @property
    def beyond_staff(self) -> int:
        return sum(beyond_staff(y, self.seen_pupils, self.target_pupils) for y in self.pupils_by_year)

    @property
    def absent_pupils(self) -> int:
        return sum(self.absent_by_year.values())

    @property
    def caught_up_pupils(self) -> int:
        return sum(self.caught_up_by_year.values())

    @property
    def place_known(self) -> bool:
        """Nobody looks for a body on the map."""
        return self.is_body or self.easting is not None and self.northing is not None


@dataclass(frozen=True, slots=True)
class AlsoSeen:
    """A school outside the target whose pupils saw it; in no share. `pupils` None: nobody counted."""

    organisation_id: int
    name: str
    district_name: str
    why: str
    pupils: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """What stood at one date. `day` is the last day that counts for who is in the target.

    `verdicts`: what each promise of the programme came to by then, whoever made it. `kin`: the links that passed
    anything on by then. `not_held`: schools that a coordinator took in and that count for nothing all the same, by
    URN, with why.
    """

    programme: Programme
    as_of: date
    day: date
    year_groups: tuple[int, ...]
    target: list[Standing]
    excluded: list[Standing]
    also_seen: list[AlsoSeen]
    kin: Kin = field(default_factory=lambda: Kin(()))
    not_held: dict[int, str] = field(default_factory=dict)
    closed_by_then: frozenset[int] = frozenset()
    """The schools that are known to have closed by that day, with the day on which they did."""
    verdicts: Sequence[Verdict] = ()
    adults: AdultTarget = EVERYBODY
    """Whom a programme for adults was for by then."""

    @property
    def whom(self) -> str:
        """Whom the programme was for by then: 'Years 8 and 9', 'governors of all schools'."""
        return self.adults.said if self.programme.for_adults else year_groups_name(self.year_groups)

    def heirs(self, organisation_ids: Iterable[int]) -> dict[int, int]:
        """{URN: the school of the target that counts what it did, itself or what it became one for one}; whoever has
        none is left out."""
        inside, found = {s.organisation_id for s in self.target}, {}
        for organisation_id in organisation_ids:
            heir: int | None = organisation_id
            while heir is not None and heir not in inside:
                heir = self.kin.sole_successor(heir)
            if heir is not None:
                found[organisation_id] = heir
        return found


@contextmanager
def without_collecting() -> Iterator[None]:
    """No garbage collection while very many small rows are made: none of them is in a circle, and for a
    country the collector's walks over them take longer than the reckoning. Another thread at most collects a
    moment later."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


def standings_of_programme(
    programme_id: int,
    *,
    as_of: date,
    now: datetime,
    only: tuple[int, ...] | None = None,
    told_by: datetime | None = None,
    register_by: datetime | None = None,
    settings_by: datetime | None = None,
) -> Reckoning:
    """The standings of a programme as of a day, from what was recorded by its end (Europe/London). 21
    queries.

    `only`, `told_by`, `register_by` and `settings_by`: see as_of.py.
    """
    known_now = {"told_by": told_by, "register_by": register_by, "settings_by": settings_by}
    with without_collecting():
        return _reckon(programme_id, as_of, now, only=only, **known_now)


def target_of(programme_id: int, *, now: datetime) -> set[int]:
    """The numbers of the schools and bodies of a programme's target as it is now."""
    return {
        s.organisation_id for s in standings_of_programme(programme_id, as_of=day_of(now), now=now).target
    }


def _reckon(programme_id: int, as_of: date, now: datetime, **narrower: Any) -> Reckoning:
    programme = db.session.execute(select(Programme).where(Programme.id == programme_id)).scalar_one()
    cuts = [replace(cut_of(programme, as_of, now), **narrower)]
    (found,) = by_cuts(cuts, facts.registers(cuts), as_of)
    return found


def by_cuts(cuts: Sequence[Cut], registers: Sequence[Register], as_of: date) -> list[Reckoning]:
    """The same by several cuts at hand, with the register by each; 12 queries."""
    valid_for_a_time = [
        replace(cut, with_earlier=register.adults.valid_months is not None)
        for cut, register in zip(cuts, registers, strict=True)
    ]
    read = (
        facts.counted_shares(cuts),
        facts.verdicts_of(valid_for_a_time),
        facts.absences_of(cuts),
        facts.asked_and_said(valid_for_a_time),
    )
    return [_judged(*told, as_of=as_of) for told in zip(cuts, registers, *read, strict=True)]


def _judged(
    cut: Cut,
    register: Register,
    share: float,
    found: list[Verdict],
    absences: list[Told],
    told: AskedAndSaid,
    *,
    as_of: date,
) -> Reckoning:
    counting, ran_out = validity.that_count(found, register.adults.valid_months, cut.day)
    shows = [verdict for verdict in counting if not verdict.promise.catch_up]
    came = [v for v in counting if v.promise.catch_up and v.word == promises.TOOK_PLACE]
    target = Target(cut, register, shows)
    judge = _Judge(cut, target, shows, share, told, came, absences, ran_out)
    return Reckoning(
        programme=cut.programme,
        as_of=as_of,
        day=cut.day,
        year_groups=target.year_groups,
        adults=register.adults,
        target=[judge.standing(organisation) for organisation in target.organisations],
        excluded=[judge.standing(organisation, excluded=True) for organisation in target.excluded],
        also_seen=judge.also_seen(),
        closed_by_then=frozenset(
            organisation_id
            for organisation_id, known in target.known.items()
            if known.close_date is not None
            and known.close_date <= cut.day
            and not target.is_open(organisation_id)
        ),
        kin=target.kin,
        not_held=target.not_held(),
        verdicts=[verdict for verdict in found if not verdict.promise.earlier],
    )


class _Judge:
    """Applies the rules to what was read; one for each reckoning."""

    def __init__(
        self,
        cut: Cut,
        target: Target,
        found: list[Verdict],
        share: float,
        told: AskedAndSaid,
        came: list[Verdict],
        absences: list[Told],
        ran_out: Mapping[int, RanOut],
    ) -> None:
        self.target, self.ran_out = target, ran_out
        self.for_adults = cut.programme.for_adults
        self.kin = target.kin
        self.by_organisation_id: dict[int, list[Verdict]] = defaultdict(list)
        for verdict in found:
            self.by_organisation_id[verdict.promise.organisation_id].append(verdict)
        self.asking = AskedByDay(told, cut.day)
        self.heirs = {
            organisation_id: target.heir(organisation_id) for organisation_id in self.by_organisation_id
        }
        self.left_to: dict[int, list[Verdict]] = defaultdict(list)
        for organisation_id, heir in self.heirs.items():
            if heir is not None:
                self.left_to[heir].extend(
                    v for v in self.by_organisation_id[organisation_id] if v.word == promises.TOOK_PLACE
                )
        self.catch_ups = CatchUps(target, came, absences)
        self.cells = Cells(target, self.by_organisation_id, share)
        self._open: dict[tuple[int, ...], dict[int, str]] = {}

    def standing(self, organisation: TargetOrganisation, excluded: bool = False) -> Standing:
        organisation_id = organisation.known.organisation_id
        family = (
            [organisation_id, *self.kin.before(organisation_id)]
            if organisation_id in self.kin.predecessors
            else [organisation_id]
        )
        promised = any(u in self.by_organisation_id for u in family) or self.catch_ups.has_any(
            organisation_id
        )
        states = self._all_open(organisation.year_groups)
        if promised:
            cells = {y: self.cells.cell_of(organisation_id, y) for y in organisation.year_groups}
            states = {y: cell.state for y, cell in cells.items()}
        uncounted = (
            tuple(y for y, c in cells.items() if c.uncounted and c.counted is None) if promised else ()
        )
        ran_out = self._ran_out(family) if self.ran_out else None
        where = self._by_promises(organisation, family, cells, states, ran_out) if promised else None
        if where is None:
            booked = [v for u in family for v in self.by_organisation_id.get(u, ())] if promised else []
            where = self.asking.standing(family, booked, ran_out)
        if excluded:
            where = Where(Word.EXCLUDED, detail=organisation.why, since=organisation.decided, is_gap=False)
        counted, on, guessed, evidence = (
            self._seen(organisation_id, organisation.year_groups)
            if promised
            else (_NOBODY, _NEVER, False, "")
        )
        missed = self.catch_ups.of(organisation, cells, counted) if promised else {}
        if added := sum(m.added for m in missed.values()):
            counted = counted | {y: counted.get(y, 0) + m.added for y, m in missed.items() if m.added}
            last = self.catch_ups.last_day(organisation_id)
            on = on | {last: on.get(last, 0) + added}
        if where.standing == Word.SEEN and not evidence and not self.for_adults:
            where = where._replace(detail=gaps.BEFORE_THE_SPLIT)
        number, by_year, pupils = organisation.target_pupils, organisation.by_year, sum(counted.values())
        if number is not None and organisation.estimated and counted:
            number = max(number, pupils)
            by_year = self._at_least(organisation_id, by_year, counted)
        known = organisation.known
        return Standing(
            organisation_id=organisation_id,
            name=known.name,
            district_code=known.district_code or "",
            district_name=_district(known),
            phase=organisation.phase,
            type=known.type_of_establishment,
            standing=where.standing,
            year_groups=states,
            is_gap=where.is_gap,
            kind=where.kind,
            detail=where.detail,
            since=where.since,
            target_pupils=number,
            estimated=organisation.estimated,
            seen_pupils=pupils,
            seen_estimated=guessed,
            evidence=evidence,
            ages_unknown=organisation.ages_unknown,
            easting=known.easting,
            northing=known.northing,
            trust=known.trust_name or "",
            pupils_by_year=by_year,
            seen_by_year=counted,
            absent_by_year={y: m.absent for y, m in missed.items() if m.absent is not None},
            caught_up_by_year={y: m.caught_up for y, m in missed.items() if m.caught_up},
            absent_worked_out=tuple(y for y, m in missed.items() if m.worked_out),
            town=town_name(known.town),
            urban_rural=urban_or_rural(known.urban_rural),
            uncounted=uncounted,
            census_date=known.census_date,
            seen_by_day=on,
            kind_of_body=known.type_of_establishment if known.is_body else "",
            front_line_staff=known.front_line_staff,
            staff_counted_on=known.staff_counted_on,
        )

    def also_seen(self) -> list[AlsoSeen]:
        """Schools whose pupils saw it and count in no school of the target, and bodies, by name; no venue."""
        found = []
        for organisation_id, heir in self.heirs.items():
            took = [
                v
                for v in self.by_organisation_id[organisation_id]
                if v.word == promises.TOOK_PLACE and not v.promise.earlier
            ]
            if heir is not None or not took:
                continue
            known = self.target.known.get(organisation_id)
            if known is None and is_body(organisation_id):
                continue
            took = [*took, *self.catch_ups.came.get(organisation_id, ())]
            numbers = [sum(v.counted.values()) for v in took if v.counted is not None]
            found.append(
                AlsoSeen(
                    organisation_id,
                    self._name(organisation_id),
                    _district(known) if known else DISTRICT_UNKNOWN,
                    self.target.why_outside(organisation_id),
                    sum(numbers) if numbers else None,
                )
            )
        return sorted(found, key=lambda school: (school.name, school.organisation_id))

    def _name(self, organisation_id: int) -> str:
        known = self.target.known.get(organisation_id)
        return known.name if known else f"URN {organisation_id}"

    def _by_promises(
        self,
        organisation: TargetOrganisation,
        family: list[int],
        cells: dict[int, Cell],
        states: dict[int, str],
        ran_out: RanOut | None,
    ) -> Where | None:
        """From promises and reports; None when no standing of theirs holds."""
        held = set(states.values())
        shows = [
            v
            for u in family
            for v in self.by_organisation_id.get(u, ())
            if set(v.year_groups) & states.keys()
        ]
        if held == {Word.SEEN}:
            said_of_it = gaps.AGREED_NOT_COUNTED if any(c.uncounted for c in cells.values()) else ""
            seen_on = _day(shows, promises.TOOK_PLACE, max)
            return Where(Word.SEEN, detail=said_of_it, since=seen_on, is_gap=False)
        missing = tuple(y for y, state in states.items() if state == OPEN)
        short = [y for y, state in states.items() if state == Word.PART_SEEN]
        unsure = Word.TO_CONFIRM in held
        disagree = any(cell.disagree for cell in cells.values())
        waiting = promises.DISAGREE if disagree else promises.MISSING
        if held & {Word.SEEN, Word.PART_SEEN}:
            seen_on = _day(shows, promises.TOOK_PLACE, max)
            said = [gaps.missing(missing)] if missing else []
            failed = _day(shows, promises.FAILED, max)
            if short and self.for_adults and failed is not None and organisation.target_pupils is None:
                return Where(Word.PART_SEEN, gaps.FAILED, since=failed)
            for y in short:
                number = organisation.by_year[y]
                named = y if len(states) > 1 else None
                if cells[y].missed:
                    said.append(
                        gaps.not_seen_at(
                            named, [self._name(u) for u in cells[y].missed], for_adults=self.for_adults
                        )
                    )
                    continue
                if cells[y].uncounted:
                    said.append(gaps.nobody_counted(named))
                    continue
                said.append(gaps.counted(named, cells[y].counted or 0, number))
            if unsure:
                said.append(waiting)
            if said:
                kind = gaps.YEAR_MISSING if missing else _short([cells[y] for y in short]) or waiting
                if kind == waiting:
                    return Where(Word.PART_SEEN, kind, since=_day(shows, waiting, min))
                if ran_out is not None and not missing:
                    due = "; ".join([ran_out.said, *said])
                    return Where(Word.PART_SEEN, gaps.DUE_AGAIN, due, ran_out.since)
                return Where(Word.PART_SEEN, kind, "; ".join(said), seen_on)
            on = _day(shows, promises.BOOKED, max)
            booked = gaps.rest_booked(on) if on else ""
            return Where(Word.PART_SEEN, detail=booked, since=on, is_gap=False)
        if unsure:
            return Where(Word.TO_CONFIRM, waiting, since=_day(shows, waiting, min))
        if Word.BOOKED in held:
            on = _day(shows, promises.BOOKED, min)
            if missing:
                return Where(Word.BOOKED, gaps.YEAR_NOT_BOOKED, gaps.not_booked(missing), on)
            booked = f"booked for {day_short(on)}" if on else ""
            return Where(Word.BOOKED, detail=booked, since=on, is_gap=False)
        return None

    def _ran_out(self, family: list[int]) -> RanOut | None:
        """The last training of a school, or of those it came from, that counts no more."""
        return max((self.ran_out[u] for u in family if u in self.ran_out), default=None)

    def _at_least(
        self, organisation_id: int, by_year: dict[int, int | None], counted: dict[int, int]
    ) -> dict[int, int | None]:
        """The pupils of each year group, where that is an estimate no fewer than were counted."""
        return {
            y: n if n is None or self.target.is_own(organisation_id, y) else max(n, counted.get(y, 0))
            for y, n in by_year.items()
        }

    def _seen(
        self, organisation_id: int, year_groups: tuple[int, ...]
    ) -> tuple[dict[int, int], dict[date, int], bool, str]:
        """({year group: counted}, {day: counted}, was any shared out, the weakest evidence) of all that counts
        under this school."""
        pupils: dict[int, int] = {}
        on: dict[date, int] = {}
        guessed, evidence = False, []
        for verdict in self.left_to.get(organisation_id, ()):
            named = [y for y in year_groups if y in verdict.year_groups]
            if not named:
                continue
            evidence.append(verdict.evidence)
            if verdict.counted is not None:
                day = day_of(verdict.promise.starts_at)
                for y in named:
                    pupils[y] = pupils.get(y, 0) + verdict.counted.get(y, 0)
                    on[day] = on.get(day, 0) + verdict.counted.get(y, 0)
                guessed = guessed or verdict.estimated
        weakest = min(evidence, key=verdicts.EVIDENCE.index) if evidence else ""
        return pupils, on, guessed, weakest

    def _all_open(self, year_groups: tuple[int, ...]) -> dict[int, str]:
        """One shared dict for all the schools where nothing was promised."""
        if year_groups not in self._open:
            self._open[year_groups] = dict.fromkeys(year_groups, OPEN)
        return self._open[year_groups]


def _district(known: OrganisationAsKnown) -> str:
    return known.district_name or (WHOLE_AREA if known.is_body else DISTRICT_UNKNOWN)


def _short(cells: list[Cell]) -> str:
    """Why year groups are only part seen, the first that holds of any; '' of none."""
    if any(not cell.missed and not cell.uncounted for cell in cells):
        return gaps.TOO_FEW
    if any(cell.missed for cell in cells):
        return gaps.NOT_AT_ALL
    return gaps.NOT_COUNTED if cells else ""


def _day(shows: list[Verdict], word: str, which: Callable[..., datetime]) -> date | None:
    """The London day of the first (min) or last (max) show with that verdict."""
    starts = [v.promise.starts_at for v in shows if v.word == word]
    return day_of(which(starts)) if starts else None


__all__ = ["NINE", "OPEN", "AlsoSeen", "Reckoning", "Standing", "Word", "standings_of_programme"]
