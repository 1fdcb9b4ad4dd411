"""Judgement of releases: what each shows, beside all that were before it. Pure."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from outreach.outcomes import hiding, researchers
from outreach.outcomes.asked_shows import AskedShow, HeldWave
from outreach.outcomes.hiding import Figure, Given, MaySee
from outreach.outcomes.item_figures import CHANGES, ItemFigures, Key
from outreach.outcomes.wave_changes import WaveMean

NOTHING_SEEN = MaySee(shown=frozenset(), beyond=frozenset(), rates=frozenset())


@dataclass(frozen=True, kw_only=True)
class ShownOfItem:
    """Of one item, what a release shows anew. `changes`: (sorted by what, row, first wave, second wave); `months`: the
    comparison in the same months."""

    seen: MaySee = NOTHING_SEEN
    changes: frozenset[tuple[str, ...]] = frozenset()
    months: bool = False
    rows: frozenset[int] = frozenset()
    """The waves of which a row for researchers goes out by this release."""

    def written(self) -> dict[str, Any]:
        return {
            "figures": [
                [*key, key in self.seen.beyond, key in self.seen.rates]  # type: ignore[misc]
                for key in sorted(self.seen.shown, key=repr)
            ],
            "changes": [list(one) for one in sorted(self.changes)],
            "months": self.months,
            "rows": sorted(self.rows),
        }

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "ShownOfItem":
        figures = [(tuple(key), beyond, rate) for *key, beyond, rate in written["figures"]]
        return cls(
            seen=MaySee(
                shown=frozenset(key for key, _, _ in figures),
                beyond=frozenset(key for key, beyond, _ in figures if beyond),
                rates=frozenset(key for key, _, rate in figures if rate),
            ),
            changes=frozenset(tuple(one) for one in written["changes"]),
            months=written["months"],
            rows=frozenset(written["rows"]),
        )


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A release: `waves` are all that were in by then, not its new ones alone."""

    day: date
    waves: frozenset[int]
    items: Mapping[int, ShownOfItem] = field(default_factory=dict)

    def of(self, item_id: int) -> ShownOfItem:
        return self.items.get(item_id, NOTHING_OF_ITEM)


NOTHING_OF_ITEM = ShownOfItem()


def judged(
    means: Mapping[int, Sequence[WaveMean]],
    shows: Sequence[AskedShow],
    waves: Sequence[HeldWave],
    earlier: Sequence[Shown],
    *,
    day: date,
    wanted: Mapping[int, frozenset[int]] | None = None,
) -> dict[int, ShownOfItem]:
    """What a release of all these waves may show anew, by item; `means`: whom to tell first, which has rows. `wanted`:
    by item, waves of which a row may go out to researchers as far as it tells of itself alone."""
    answered = [item_id for item_id, theirs in means.items() if theirs]
    return {
        item_id: _judged_item(
            item_id,
            means[item_id],
            shows,
            waves,
            earlier,
            day=day,
            with_rows=n == 0,
            wanted=(wanted or {}).get(item_id, frozenset()),
        )
        for n, item_id in enumerate(answered)
    }


def _judged_item(
    item_id: int,
    means: Sequence[WaveMean],
    shows: Sequence[AskedShow],
    waves: Sequence[HeldWave],
    earlier: Sequence[Shown],
    *,
    day: date,
    with_rows: bool,
    wanted: frozenset[int],
) -> ShownOfItem:
    item = ItemFigures(means, shows, waves, with_rows=with_rows)
    last: dict[Key, tuple[Figure, bool]] = {}
    given: dict[Hashable, Figure] = {}
    shown, beyond, rates = set[Hashable](), set[Hashable](), set[Hashable]()
    for n, release in enumerate(earlier):
        of_item = release.of(item_id)
        then = ItemFigures(
            means, shows, [wave for wave in waves if wave.id in release.waves], with_rows=with_rows
        )
        for key, figure in then.figures.items():
            at = (n, *key)
            if key in of_item.seen.shown:
                last[key] = figure, key in of_item.seen.beyond
                shown.add(at)
                if key in of_item.seen.beyond:
                    beyond.add(at)
                if key in of_item.seen.rates:
                    rates.add(at)
            elif key in last and last[key][0] == figure:
                continue
            given[at] = figure
    at_of = {wave.id: (wave.kind, wave.performance) for wave in waves}
    gone = frozenset(at_of[wave_id] for release in earlier for wave_id in release.of(item_id).rows)
    stays = {key for key, (figure, _) in last.items() if item.figures.get(key) == figure}
    anew: dict[Hashable, Figure] = {key: one for key, one in item.figures.items() if key not in stays}
    seen = hiding.judge(
        anew,
        item.heard,
        day=day,
        given=Given(
            figures=given,
            seen=MaySee(shown=frozenset(shown), beyond=frozenset(beyond), rates=frozenset(rates)),
            known=gone,
        ),
    )
    rows = researchers.that_may_go_out(
        [at_of[wave_id] for wave_id in wanted],
        gone,
        {**given, **anew},
        frozenset(shown) | seen.shown,
        item.heard,
        day=day,
    )
    side_by_side = MaySee(
        shown=seen.shown | stays,
        beyond=seen.beyond | {key for key in stays if last[key][1]},
        rates=seen.rates,
    )

    figures: dict[Hashable, Figure] = {key: one for key, one in item.figures.items()}  # noqa: C416

    def may_see(found: tuple[Any, hiding.Compared] | None) -> bool:
        return found is not None and hiding.may_see_change(found[1], figures, item.heard, side_by_side)

    return ShownOfItem(
        seen=seen,
        changes=frozenset(
            (by, key, *pair)
            for by, key in item.groups
            for pair in CHANGES
            if may_see(item.change(by, key, *pair))
        ),
        months=with_rows and may_see(item.months()),
        rows=frozenset(wave_id for wave_id, at in at_of.items() if at in rows),
    )
