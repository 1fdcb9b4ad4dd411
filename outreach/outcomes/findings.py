"""Findings of a programme's questionnaires, as they may be seen: before, after and three months later by item,
and of whom to tell by district, quarter, year group and type of school, never by school."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from outreach.asking import draws
from outreach.ground.school_year import year_groups_name
from outreach.ground.timespans import day_of
from outreach.outcomes import as_drawn, asked_shows, hiding, wave_means
from outreach.outcomes.as_drawn import Groups
from outreach.outcomes.asked_shows import AskedShow, HeldWave
from outreach.outcomes.hiding import At, Compared, Figure, Heard, MaySee
from outreach.outcomes.items import QuestionItem
from outreach.outcomes.wave_changes import (
    AFTER,
    BEFORE,
    LATER,
    Change,
    Level,
    WaveMean,
    between,
    in_the_same_months,
    level,
    pairs_of,
    reached_by,
    sides_of_months,
)
from outreach.tour.programmes import Programme

WAVES = (BEFORE, AFTER, LATER)
CHANGES = ((BEFORE, AFTER), (BEFORE, LATER))

NOTHING, HIDDEN, UNDER, OVER, SHOWN = "nothing", "hidden", "under", "over", "shown"
"""How a figure may be seen; NOTHING: nobody answered yet, or no performance 10 times."""

LOW_RATE = 30
"""Per cent: a lower response rate is marked as low."""

WHOLE, MONTHS, DISTRICT, QUARTER, YEAR_GROUP, SCHOOL_TYPE = (
    "whole",
    "same months",
    "district",
    "quarter",
    "year group",
    "type of school",
)

DISTRICT_UNKNOWN, TYPE_UNKNOWN = "District not known", "Type not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A response rate as it may be seen: of all pupils of the performances asked, in whole per cent."""

    status: str
    percent: int | None = None

    @property
    def is_low(self) -> bool:
        return self.status == UNDER or self.percent is not None and self.percent < LOW_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveFigure:
    """One wave of one row. `level` and its number of answers are None unless shown; of what is UNDER or OVER the
    `answers` alone are said. `performances` and `asked` count shows, which nobody need hide; the first is those that
    count."""

    status: str
    rate: Rate
    performances: int
    asked: int
    answers: int | None = None
    level: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFigure:
    """A change as it may be seen."""

    status: str
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What some performances come to for one item."""

    key: str
    name: str
    schools: int
    waves: Mapping[str, WaveFigure]
    changes: Mapping[tuple[str, str], ChangeFigure]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFindings:
    item: QuestionItem
    whole: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class SameMonths:
    """Three months later against 'before' of the same months at schools not yet reached. `sides`: who answered on each,
    by wave; their shares are those of the change, weighted by month, and their numbers may be hidden beside it."""

    change: ChangeFigure
    sides: Mapping[str, WaveFigure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsDrawn:
    """Schools asked first against those asked later, as the lot placed them; `change` is seen from 10 schools a side
    on. `placed`: how many of each chance placed, first and later; `answered`: how many of these are compared."""

    change: ChangeFigure
    placed: tuple[int, int]
    answered: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """`items`: whom to tell first; [] before anybody was asked. `rows`: of whom to tell, by what they are sorted by.
    `months`: three months later against 'before' of the same months. `drawn`: the schools as they were drawn by lot,
    None where none was. `to_ask`: the first days of waves that are still to open three months later; `next_show`: the
    day of the next show whose pupils are asked."""

    items: list[ItemFindings]
    rows: Mapping[str, list[Row]] = field(default_factory=dict)
    months: "SameMonths" = field(default_factory=lambda: SameMonths(change=ChangeFigure(status=NOTHING)))
    drawn: AsDrawn | None = None
    to_ask: list[date] = field(default_factory=list)
    next_show: date | None = None

    @property
    def first(self) -> ItemFindings | None:
        """Of whom to tell, by which a county is judged."""
        return self.items[0] if self.items else None


def of_programme(programme: Programme, *, now: datetime) -> Findings:
    """A programme's findings by now; a constant number of queries."""
    shows, waves = asked_shows.of_programme(programme, now=now)
    items = wave_means.items_asked([wave.id for wave in waves])
    return findings(
        items,
        wave_means.means_by_item(shows, waves, items),
        shows,
        waves,
        today=day_of(now),
        groups=draws.placed_by_chance(draws.of_programme(programme.id)),
    )


def findings(
    items: Sequence[QuestionItem],
    means: Mapping[int, Sequence[WaveMean]],
    shows: Sequence[AskedShow],
    waves: Sequence[HeldWave],
    *,
    today: date,
    groups: Groups | None = None,
) -> Findings:
    """The same of what was read. `groups`: the schools that a lot placed. Pure."""
    answered = [item for item in items if means[item.id]]
    by_item = {
        item.id: _Item(means[item.id], shows, waves, with_rows=n == 0) for n, item in enumerate(answered)
    }
    seen = {item_id: one.judged(today) for item_id, one in by_item.items()}
    first = answered[0].id if answered else None
    return Findings(
        items=[
            ItemFindings(item=item, whole=by_item[item.id].row(WHOLE, "", seen[item.id])) for item in answered
        ],
        rows={} if first is None else by_item[first].rows(seen[first]),
        months=SameMonths(change=ChangeFigure(status=NOTHING))
        if first is None
        else by_item[first].months(seen[first]),
        drawn=by_item[first].drawn(groups, seen[first]) if groups and first is not None else None,
        to_ask=sorted(
            wave.opens_on
            for wave in waves
            if wave.opens_on is not None and wave.opens_on > today and not wave.is_closed
        ),
        next_show=min((show.day for show in shows if show.day >= today), default=None),
    )


def quarter_of(day: date) -> date:
    """The first day of the calendar's quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _quarter_name(day: date) -> str:
    first = quarter_of(day)
    return f"{first:%B} to {first.replace(month=first.month + 2):%B} {first.year}"


SORTS: Mapping[str, Callable[[AskedShow], tuple[Any, str, str]]] = {
    DISTRICT: lambda show: (
        (not show.district, show.district),
        show.district_code,
        show.district or DISTRICT_UNKNOWN,
    ),
    QUARTER: lambda show: (quarter_of(show.day), quarter_of(show.day).isoformat(), _quarter_name(show.day)),
    YEAR_GROUP: lambda show: (
        show.year_groups,
        "-".join(map(str, show.year_groups)),
        year_groups_name(show.year_groups).capitalize(),
    ),
    SCHOOL_TYPE: lambda show: (show.school_type, show.school_type, show.school_type or TYPE_UNKNOWN),
}
"""What shows are sorted by -> (the row's place, its key, its name) of a show. Pupils of several year groups in one hall
answer together, and are a row of their own."""


class _Item:
    """One item's answers, and the figures that can be made of them."""

    def __init__(
        self,
        means: Sequence[WaveMean],
        shows: Sequence[AskedShow],
        waves: Sequence[HeldWave],
        *,
        with_rows: bool,
    ) -> None:
        self.means = means
        self.urns = {show.performance: show.urn for show in shows}
        self.groups = _groups(shows, with_rows=with_rows)
        self.of_group = {
            at: [one for one in means if one.performance in within] for at, (_, within) in self.groups.items()
        }
        pupils = {show.performance: show.pupils for show in shows}
        told = {(one.wave, one.performance): one for one in means}
        self.heard: dict[At, Heard] = {}
        for wave in waves:
            at = wave.kind, wave.performance
            one = told.get(at)
            if wave.is_closed and (one or pupils[wave.performance]):
                self.heard[at] = Heard(
                    school=self.urns[wave.performance],
                    answers=one.answers if one else 0,
                    yes=round(one.mean * one.answers) if one else 0,
                    pupils=pupils[wave.performance],
                )
        self.figures: dict[Hashable, Figure] = self._sides_of_months(waves) if with_rows else {}
        for (by, key), (_, within) in self.groups.items():
            for kind in WAVES:
                asked = {at for at in self.heard if at[0] == kind and at[1] in within}
                self.figures[by, key, kind] = Figure(
                    of=frozenset(at for at in asked if self.heard[at].counts),
                    asked=frozenset(asked),
                    dear=by == WHOLE,
                )

    def judged(self, today: date) -> MaySee:
        return hiding.judge(self.figures, self.heard, day=today)

    def rows(self, seen: MaySee) -> dict[str, list[Row]]:
        return {by: [self.row(of, key, seen) for of, key in self.groups if of == by] for by in SORTS}

    def row(self, by: str, key: str, seen: MaySee) -> Row:
        name, within = self.groups[by, key]
        return Row(
            key=key,
            name=name,
            schools=len({self.urns[performance] for performance in within}),
            waves={kind: self._wave(by, key, kind, seen) for kind in WAVES},
            changes={
                (first, second): self._change(by, key, first, second, seen) for first, second in CHANGES
            },
        )

    def _sides_of_months(self, waves: Sequence[HeldWave]) -> dict[Hashable, Figure]:
        """What is compared in the same months: the waves of each side, and all that were asked in these months."""
        months, reached = sides_of_months(self.means), reached_by(self.means)
        found: dict[Hashable, Figure] = {}
        for side, kind in enumerate((BEFORE, LATER)):
            asked = frozenset(
                (kind, wave.performance)
                for wave in waves
                if wave.kind == kind and wave.month in months and (kind, wave.performance) in self.heard
                if kind == LATER or wave.month < reached.get(self.urns[wave.performance], date.max)
            )
            of = _ats(one for sides in months.values() for one in sides[side])
            if of:
                found[MONTHS, "", kind] = Figure(of=of, asked=asked)
        return found

    def months(self, seen: MaySee) -> SameMonths:
        """Three months later against 'before' of the same months."""
        change = in_the_same_months(self.means)
        if change is None:
            return SameMonths(change=ChangeFigure(status=NOTHING))
        both = [self.figures[MONTHS, "", kind].of for kind in (BEFORE, LATER)]
        beside = ((WHOLE, "", BEFORE), (WHOLE, "", LATER))
        figure = self._seen(change, Compared(sides=(both[0], both[1]), beside=beside), seen)
        return SameMonths(
            change=figure,
            sides={kind: self._side(kind, seen) for kind in (BEFORE, LATER)} if figure.change else {},
        )

    def drawn(self, groups: Groups, seen: MaySee) -> AsDrawn:
        """Schools asked first against those asked later."""
        both = as_drawn.sides_as_drawn(self.means, groups)
        later, first = ([one for sides in both.values() for one in sides[side]] for side in (0, 1))
        change = as_drawn.as_drawn(self.means, groups)
        figure = ChangeFigure(status=NOTHING)
        if change is not None and change.low is not None:
            compared = Compared(
                sides=(_ats(later), _ats(first)), beside=((WHOLE, "", BEFORE), (WHOLE, "", LATER))
            )
            figure = self._seen(change, compared, seen)
        placed = sum(is_first for _, is_first in groups.values())
        return AsDrawn(
            change=figure,
            placed=(placed, len(groups) - placed),
            answered=(len({one.school for one in first}), len({one.school for one in later})),
        )

    def _side(self, kind: str, seen: MaySee) -> WaveFigure:
        at = (MONTHS, "", kind)
        figure = self.figures[at]
        answers = sum(self.heard[one].answers for one in figure.of)
        is_shown = at in seen.shown
        return WaveFigure(
            status=SHOWN if is_shown else HIDDEN,
            rate=self._rate(at, answers, seen) if is_shown else Rate(status=HIDDEN),
            performances=len(figure.of),
            asked=len(figure.asked),
            answers=answers if is_shown else None,
        )

    def _wave(self, by: str, key: str, kind: str, seen: MaySee) -> WaveFigure:
        at, found = (by, key, kind), level(self.of_group[by, key], kind)
        figure = self.figures[at]
        asked = len(figure.asked)
        if found is None:
            return WaveFigure(status=NOTHING, rate=Rate(status=NOTHING), performances=0, asked=asked)
        if at not in seen.shown:
            return WaveFigure(
                status=HIDDEN, rate=Rate(status=HIDDEN), performances=found.performances, asked=asked
            )
        is_beyond = at in seen.beyond
        return WaveFigure(
            status=(UNDER if found.mean < hiding.UNDER else OVER) if is_beyond else SHOWN,
            rate=self._rate(at, found.answers, seen),
            performances=found.performances,
            asked=asked,
            answers=found.answers,
            level=None if is_beyond else found,
        )

    def _rate(self, at: Hashable, answers: int, seen: MaySee) -> Rate:
        share = answers / hiding.could_answer(self.heard[one] for one in self.figures[at].asked)
        if at in seen.rates:
            return Rate(status=SHOWN, percent=round(100 * share))
        if hiding.is_beyond(share):
            return Rate(status=UNDER if share < hiding.UNDER else OVER)
        return Rate(status=HIDDEN)

    def _change(self, by: str, key: str, first: str, second: str, seen: MaySee) -> ChangeFigure:
        theirs = self.of_group[by, key]
        pairs = pairs_of(theirs, first, second)
        sides = (_ats(pair[0] for pair in pairs), _ats(pair[1] for pair in pairs))
        beside = ((by, key, first), (by, key, second))
        return self._seen(between(theirs, first, second), Compared(sides=sides, beside=beside), seen)

    def _seen(self, change: Change | None, compared: Compared, seen: MaySee) -> ChangeFigure:
        if change is None:
            return ChangeFigure(status=NOTHING)
        if hiding.may_see_change(compared, self.figures, self.heard, seen):
            return ChangeFigure(status=SHOWN, change=change)
        return ChangeFigure(status=HIDDEN)


def _groups(
    shows: Sequence[AskedShow], *, with_rows: bool
) -> dict[tuple[str, str], tuple[str, frozenset[int]]]:
    """{(sorted by what, key): (name, the performances)}, in the order of the page."""
    found = {(WHOLE, ""): ("", frozenset(show.performance for show in shows))}
    for by, sort in SORTS.items() if with_rows else ():
        places: dict[tuple[Any, str, str], set[int]] = defaultdict(set)
        for show in shows:
            places[sort(show)].add(show.performance)
        for place in sorted(places):
            _, key, name = place
            found[by, key] = (name, frozenset(places[place]))
    return found


def _ats(means: Iterable[WaveMean]) -> frozenset[At]:
    return frozenset((one.wave, one.performance) for one in means)
