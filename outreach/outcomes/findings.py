"""Findings of a programme, for its outcomes page: before, after and three months later, by what can be seen of it.

Of each figure stands what the newest release shows that shows it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from outreach.ground.timespans import day_of
from outreach.outcomes import asked_shows, hiding, releases, wave_means
from outreach.outcomes.asked_shows import AskedShow, HeldWave
from outreach.outcomes.hiding import MaySee
from outreach.outcomes.item_figures import CHANGES, MONTHS, SORTS, WAVES, WHOLE, ItemFigures, Key
from outreach.outcomes.items import QuestionItem
from outreach.outcomes.judged_releases import Shown, ShownOfItem
from outreach.outcomes.wave_changes import BEFORE, LATER, Change, Level, WaveMean, level
from outreach.tour.programmes import Programme

NOTHING, HIDDEN, UNDER, OVER, SHOWN = "nothing", "hidden", "under", "over", "shown"
"""How a figure may be seen; NOTHING: nobody answered yet, or no performance 10 times."""

LOW_RATE = 30
"""Per cent: a lower response rate is marked as low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A response rate as it may be seen: of all pupils of the performances asked, in whole per cent."""

    status: str
    percent: int | None = None

    @property
    def is_low(self) -> bool:
        return self.status == UNDER or self.percent is not None and self.percent < LOW_RATE

    @property
    def is_enough(self) -> bool:
        """Whether it is known not to be low; a hidden one may be."""
        return self.status in (SHOWN, OVER) and not self.is_low


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveFigure:
    """One wave of one row. `level` and its number of answers are None unless shown; of what is UNDER or OVER the
    `answers` alone are said. `performances` and `asked` count shows, which nobody need hide; the first, and their
    `schools`, are those that count."""

    status: str
    rate: Rate
    performances: int
    asked: int
    schools: int = 0
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
class Findings:
    """`items`: whom to tell first; [] before anybody was asked. `rows`: of whom to tell, by what they are sorted by.
    `months`: three months later against 'before' of the same months. `released_on`: the day of the newest release.
    `to_ask`: the first days of waves that are still to open three months later; `next_show`: the day of the next show
    whose pupils are asked."""

    items: list[ItemFindings]
    rows: Mapping[str, list[Row]] = field(default_factory=dict)
    months: "SameMonths" = field(default_factory=lambda: SameMonths(change=ChangeFigure(status=NOTHING)))
    released_on: date | None = None
    to_ask: list[date] = field(default_factory=list)
    next_show: date | None = None

    @property
    def first(self) -> ItemFindings | None:
        """Of whom to tell, by which a county is judged."""
        return self.items[0] if self.items else None


def of_programme(programme: Programme, *, now: datetime, until: date | None = None) -> Findings:
    """What of a programme is released, or was `until` a day, and what is still to ask; a constant number of queries."""
    released = releases.of_programme(programme)
    shown = [one for one in released.shown if until is None or one.day <= until]
    came_in = shown[-1].waves if shown else frozenset()
    waves = [wave for wave in released.waves if wave.id in came_in]
    items = wave_means.items_asked(came_in)
    means = wave_means.means_by_item(released.shows, waves, items)
    to_ask, next_show = asked_shows.to_come(programme, today=day_of(now))
    return findings(items, means, released.shows, waves, shown, to_ask=to_ask, next_show=next_show)


def findings(
    items: Sequence[QuestionItem],
    means: Mapping[int, Sequence[WaveMean]],
    shows: Sequence[AskedShow],
    waves: Sequence[HeldWave],
    shown: Sequence[Shown],
    *,
    to_ask: Sequence[date] = (),
    next_show: date | None = None,
) -> Findings:
    """The same of what was read. Pure."""
    found = [
        _Item(item.id, means[item.id], shows, waves, shown, with_rows=n == 0)
        for n, item in enumerate(item for item in items if means[item.id])
    ]
    by_id = {item.id: item for item in items}
    first = found[0] if found else None
    return Findings(
        items=[ItemFindings(item=by_id[one.item_id], whole=one.row(WHOLE, "")) for one in found],
        rows=first.rows() if first else {},
        months=first.months() if first else SameMonths(change=ChangeFigure(status=NOTHING)),
        released_on=shown[-1].day if shown else None,
        to_ask=list(to_ask),
        next_show=next_show,
    )


class _Item:
    """One item, as the newest release shows it that shows a figure of it."""

    def __init__(
        self,
        item_id: int,
        means: Sequence[WaveMean],
        shows: Sequence[AskedShow],
        waves: Sequence[HeldWave],
        shown: Sequence[Shown],
        *,
        with_rows: bool,
    ) -> None:
        self.item_id = item_id
        self.means, self.shows, self.waves, self.with_rows = means, shows, waves, with_rows
        self.shown = shown
        self.by_release: dict[int, ItemFigures] = {}
        self.newest = self._at(len(shown) - 1)

    def _at(self, release: int) -> ItemFigures:
        if release not in self.by_release:
            within = self.shown[release].waves
            self.by_release[release] = ItemFigures(
                self.means,
                self.shows,
                [wave for wave in self.waves if wave.id in within],
                with_rows=self.with_rows,
            )
        return self.by_release[release]

    def _seen(self, release: int) -> MaySee:
        return self.shown[release].of(self.item_id).seen

    def _last(self, is_shown: Callable[[ShownOfItem], bool]) -> int | None:
        """The newest release of which something is true."""
        return next(
            (n for n in reversed(range(len(self.shown))) if is_shown(self.shown[n].of(self.item_id))),
            None,
        )

    def rows(self) -> dict[str, list[Row]]:
        return {by: [self.row(of, key) for of, key in self.newest.groups if of == by] for by in SORTS}

    def row(self, by: str, key: str) -> Row:
        name, within = self.newest.groups[by, key]
        return Row(
            key=key,
            name=name,
            schools=len({self.newest.organisation_ids[performance] for performance in within}),
            waves={kind: self._wave((by, key, kind)) for kind in WAVES},
            changes={(first, second): self._change(by, key, first, second) for first, second in CHANGES},
        )

    def _wave(self, at: Key) -> WaveFigure:
        by, key, kind = at
        release = self._shown_in(at)
        if release is None:
            figure = self.newest.figures[at]
            status = HIDDEN if figure.of else NOTHING
            return WaveFigure(
                status=status,
                rate=Rate(status=status),
                performances=len(figure.of),
                asked=len(figure.asked),
            )
        then, seen = self._at(release), self._seen(release)
        found = level(then.of_group[by, key], kind)
        assert found is not None
        is_beyond = at in seen.beyond
        return WaveFigure(
            status=(UNDER if found.mean < hiding.UNDER else OVER) if is_beyond else SHOWN,
            rate=self._rate(at, then, seen),
            performances=found.performances,
            asked=len(then.figures[at].asked),
            schools=found.schools,
            answers=found.answers,
            level=None if is_beyond else found,
        )

    def _rate(self, at: Key, then: ItemFigures, seen: MaySee) -> Rate:
        figure = then.figures[at]
        answers = sum(then.heard[one].answers for one in figure.of)
        pupils = hiding.could_answer(then.heard[one] for one in figure.asked)
        share = answers / pupils
        if at in seen.rates:
            return Rate(status=SHOWN, percent=round(100 * share))
        if hiding.is_beyond(share) and pupils >= hiding.BEYOND_FROM:
            return Rate(status=UNDER if share < hiding.UNDER else OVER)
        return Rate(status=HIDDEN)

    def _change(self, by: str, key: str, first: str, second: str) -> ChangeFigure:
        release = self._last(lambda of_item: (by, key, first, second) in of_item.changes)
        then = self.newest if release is None else self._at(release)
        found = then.change(by, key, first, second)
        if found is None:
            return ChangeFigure(status=NOTHING)
        return ChangeFigure(status=HIDDEN) if release is None else ChangeFigure(status=SHOWN, change=found[0])

    def months(self) -> SameMonths:
        release = self._last(lambda of_item: of_item.months)
        if release is None:
            status = NOTHING if self.newest.months() is None else HIDDEN
            return SameMonths(change=ChangeFigure(status=status))
        then, seen = self._at(release), self._seen(release)
        found = then.months()
        assert found is not None
        return SameMonths(
            change=ChangeFigure(status=SHOWN, change=found[0]),
            sides={kind: self._side(kind, then, seen) for kind in (BEFORE, LATER)},
        )

    def _shown_in(self, at: Key) -> int | None:
        return self._last(lambda of_item: at in of_item.seen.shown)

    def _side(self, kind: str, then: ItemFigures, seen: MaySee) -> WaveFigure:
        at = (MONTHS, "", kind)
        figure, is_shown = then.figures[at], at in seen.shown
        return WaveFigure(
            status=SHOWN if is_shown else HIDDEN,
            rate=self._rate(at, then, seen) if is_shown else Rate(status=HIDDEN),
            performances=len(figure.of),
            asked=len(figure.asked),
            answers=sum(then.heard[one].answers for one in figure.of) if is_shown else None,
        )
