"""Coverage: who has seen it, district by district, and what is missing; every number leads to its list."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, g, render_template

from outreach.coverage import figures, gaps, lists
from outreach.coverage.charts import county_map
from outreach.coverage.figures import Figures, Totals
from outreach.coverage.standings import DISTRICT_UNKNOWN, NINE, Word
from outreach.ground import clock, tabular
from outreach.ground.wording import and_list, count, day_short
from outreach.web.coordinator.as_of import View, view
from outreach.web.gate import coordinator, coordinators_only

BARS_AT_MOST = 60
"""Tables of more districts than this go without the small bars, to keep the page light."""

KEYS = {
    Word.SEEN: "seen", Word.PART_SEEN: "part", Word.TO_CONFIRM: "confirm", Word.BOOKED: "booked",
    Word.PROPOSED: "proposed", Word.ASKED: "asked", Word.NOT_ASKED: "notasked", Word.DECLINED: "declined",
    Word.UNREACHABLE: "unreachable",
}  # fmt: skip
"""The class of each standing's colour in a bar."""

NOT_FOR_PUBLICATION = "Not for publication: small numbers of pupils are not hidden."


@coordinator.get("/coverage")
@coordinators_only
def coverage() -> Any:
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return render_template("coordinator/coverage_none.html")
    reckoning = asked.reckoning()
    found = asked.figures(reckoning, g.partnership.county)
    before = None
    if asked.compare is not None:
        before = asked.figures(asked.reckoning(asked.compare), g.partnership.county)
    return render_template(
        "coordinator/coverage.html",
        view=asked, reckoning=reckoning, county=found.county, districts=found.districts, found=found,
        before=before, was=_by_key(before), spread=figures.spread(found.districts),
        spread_before=figures.spread(before.districts) if before else None,
        spread_words=_spread_words(found, before),
        map=county_map.draw(g.partnership.districts_geojson, found.districts, reckoning.target),
        nine=NINE, keys=KEYS, causes=[(c, gaps.title(c), n, gaps.NEXT[c]) for c, n in found.causes],
        bars=len(found.districts) <= BARS_AT_MOST, bar=_bar, district_of=_district_of, to=asked.list_of,
        district_unknown=DISTRICT_UNKNOWN,
    ), 422 if asked.wrong else 200  # fmt: skip


@coordinator.get("/coverage.csv")
@coordinators_only
def coverage_csv() -> Any:
    """The district and the phase table as one sheet."""
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return "There is no programme yet.", 404
    found = asked.figures(asked.reckoning(), g.partnership.county)
    name = f"coverage-{asked.programme.id}-{asked.as_of.isoformat()}.csv"
    return Response(
        _sheet(asked, found),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _sheet(asked: View, found: Figures) -> Iterator[str]:
    assert asked.programme is not None
    head = ["Table", "Name", "Schools", *(word.capitalize() for word in NINE), "Gaps", "Schools seen %"]
    head += ["Pupils seen", "Target pupils where known", "Schools with own number", "Schools estimated"]
    head += ["Schools with number unknown"]
    title = f"{asked.programme.title}, as of {day_short(asked.as_of)}. {NOT_FOR_PUBLICATION}"
    rows: list[Sequence[Any]] = [head]
    rows += [_line("District", t) for t in found.districts]
    rows += [_line("Phase", t) for t in found.phases]
    rows.append(_line("All", found.county))
    return tabular.write_csv([title], rows)


def _line(table: str, t: Totals) -> list[Any]:
    share = "" if t.share is None else t.share
    return [
        table, t.name, t.schools, *(t.by[word] for word in NINE), t.gaps, share, t.seen_pupils, t.target_pupils,
        t.own, t.estimated, t.unknown,
    ]  # fmt: skip


def _by_key(before: Figures | None) -> dict[str, Totals]:
    return {t.key: t for t in before.districts} if before else {}


def _district_of(totals: Totals) -> str:
    return totals.key or lists.NO_DISTRICT


def _bar(totals: Totals) -> list[tuple[str, int]]:
    """(colour class, width in whole percent, at least 1) of each standing there is."""
    return [
        (KEYS[word], max(1, figures.percent(totals.by[word], totals.schools) or 0))
        for word in NINE
        if totals.by[word]
    ]


def _spread_words(found: Figures, before: Figures | None) -> str:
    """Last time's spread in words: '41 points on 19 December 2026'-like, and who moves; '' without a comparison."""
    earlier = figures.spread(before.districts) if before else None
    if before is None or earlier is None:
        return ""
    was = _by_key(before)
    still = [d.name for d in found.districts if d.key and d.key in was and d.share == was[d.key].share]
    said = f"It was {count(earlier.points, 'point')}."
    moved = (found.county.share or 0) - (before.county.share or 0)
    if moved > 0 and 0 < len(still) <= 3:
        return f"{said} The county moves, {and_list(still)} {'does' if len(still) == 1 else 'do'} not."
    return said
