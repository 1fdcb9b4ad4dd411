"""Coverage: who has seen it, by district, town, urban and rural, phase, type, trust or year group, then and
now; every number leads to its list."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import g, render_template, request, url_for

from outreach.coverage import as_of, figures, gaps, lists, who_asked
from outreach.coverage.charts import county_map
from outreach.coverage.figures import CoverageFigures, Totals, YearTotals
from outreach.coverage.lists import NONE
from outreach.coverage.standings import NINE, Reckoning
from outreach.coverage.who_asked import OF_BODIES, OF_BOTH, OF_SCHOOLS, Asked
from outreach.ground import audience, clock
from outreach.ground.typed_days import written
from outreach.ground.wording import capfirst, count, day_short
from outreach.web import downloads
from outreach.web.coordinator.as_of import View, page_asked, view
from outreach.web.coordinator.bars import bar
from outreach.web.coordinator.coverage_words import CoverageWords, DayBox, Nothing, Row
from outreach.web.gate import coordinator, coordinators_only

ROWS_AT_MOST = 60
"""Rows of one page of the table, to keep the page light: counties have fewer districts, but a country more
trusts."""

DIMENSIONS = {
    figures.DISTRICT: ("District", "Districts"),
    figures.TOWN: ("Town", "Towns"),
    figures.URBAN_RURAL: ("Urban or rural", "Urban and rural"),
    figures.PHASE: ("Phase", "Phases"),
    figures.TYPE: ("Type", "Types"),
    figures.TRUST: ("Trust", "Trusts"),
    figures.YEAR_GROUP: ("Year group", "Year groups"),
}

NOT_FOR_PUBLICATION = "Not for publication: small numbers are not hidden."


@coordinator.get("/coverage")
@coordinators_only
def coverage() -> Any:
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return render_template("coordinator/coverage_none.html")
    whole = asked.reckoning()
    reckoning = asked.narrow(whole)
    now_asked = who_asked.of_target(whole, asked.narrowed.get("who", ""))
    halves = figures.halves(reckoning.target, county=g.partnership.county)
    found = halves.both
    tabs = _tabs(whole, now_asked)
    by = _dimension(asked, tabs)
    rows = _rows(reckoning, found, by)
    then = asked.reckoning_before()
    then = asked.narrow(then) if then else None
    was_halves = figures.halves(then.target, county=g.partnership.county) if then else None
    before = was_halves.both if was_halves else None
    was = {t.key: t for t in _rows(then, before, by)} if then and before else {}
    pages = max(1, -(-len(rows) // ROWS_AT_MOST))
    page = page_asked(pages, asked.left_out)
    two = now_asked is OF_BOTH
    words = CoverageWords(
        view=asked,
        reckoning=reckoning,
        found=found,
        before=before,
        asked=now_asked,
        halves=halves if two else None,
        halves_before=was_halves if two else None,
        by=by,
    )
    choices = _choices(whole)
    moves = _moves(rows, was)
    if words.side_by_side and was_halves:
        moves = _moves(halves.schools.districts, {t.key: t for t in was_halves.schools.districts})
    zoom = _zoom(asked)
    zoomed = zoom or asked.narrowed.get("district", "")
    here = asked.here() | ({"map": zoom} if zoom else {})
    return render_template(
        "coordinator/coverage.html",
        view=asked,
        bar=bar,
        words=words,
        county=found.county,
        by=by,
        lines=[
            words.row(t, by, was.get(t.key)) for t in rows[(page - 1) * ROWS_AT_MOST : page * ROWS_AT_MOST]
        ],
        gone=words.gone([t for key, t in was.items() if key not in {t.key for t in rows}], by),
        whole=_whole(words) if by != figures.YEAR_GROUP else None,
        page=page,
        pages=pages,
        dimensions=tabs,
        title=_names(by, now_asked),
        picks=words.picks(choices),
        kept=words.kept(choices)
        + [
            (name, word)
            for name, word in (("by", by if by != figures.DISTRICT else ""), ("map", zoom))
            if word
        ],
        narrowed_to=words.narrowed_to(choices),
        days=_days(asked),
        spread=words.spread if by == figures.DISTRICT else None,
        map=county_map.draw(
            g.partnership.districts_geojson,
            words.of_map.districts,
            reckoning.target,
            zoom=zoomed,
        ),
        beside_map=words.beside_map([s for s in reckoning.target if s.is_body], zoomed),
        districts=county_map.on_map(g.partnership.districts_geojson),
        here=here,
        whole_map=asked.here(district=None),
        closer=partial(_closer, asked),
        nine=NINE,
        causes=[
            (c, gaps.title(gaps.named(c, for_adults=reckoning.programme.for_adults)), n, gaps.NEXT[c])
            for c, n in found.causes
        ],
        moves=moves,
        moved=_moved(moves),
        nothing=None if reckoning.target else _nothing(words, whole),
    ), 422 if asked.wrong else 200


def _zoom(asked: View) -> str:
    """The district that the map is to show alone; what there is none of is said."""
    wanted = request.args.get("map", "").strip()[:20]
    if wanted and wanted not in dict(county_map.on_map(g.partnership.districts_geojson)):
        asked.left_out.append(f"There is no district ‘{wanted}’ on the map.")
        return ""
    return wanted


def _closer(asked: View, district: str) -> dict[str, Any]:
    """The words of the address at which the map shows one district: of all schools, where one was chosen."""
    return asked.here(district=None) | {"map": district}


def _whole(words: CoverageWords) -> Row:
    now, then = words.whole
    row = words.row(now, None, then)
    return replace(row, name="All of these" if words.view.narrowed else words.county.name)


def _days(asked: View) -> list[DayBox]:
    """The boxes for days, with what was typed where it was no day."""
    days = (("as_of", "As of", asked.as_of), ("compare", "Compare with", asked.compare))
    return [
        DayBox(
            name=name,
            label=label,
            value=request.args[name] if name in asked.wrong else written(day) if day else "",
            wrong=asked.wrong.get(name, ""),
        )
        for name, label, day in days
    ]


def _nothing(words: CoverageWords, whole: Reckoning) -> Nothing:
    """What stands where there is no school, with the ways on."""
    view = words.view
    assert view.programme is not None
    first_day = None if whole.target else as_of.first_day(view.programme)
    here = partial(url_for, "coordinator.coverage", programme=view.programme.id)
    return words.nothing(
        first_day,
        addresses={
            "every school": here(as_of=view.as_of.isoformat()),
            "first day": here(as_of=first_day.isoformat()) if first_day else "",
            "register": url_for("coordinator.register"),
        },
    )


@coordinator.get("/coverage.csv")
@coordinators_only
def coverage_csv() -> Any:
    """Every breakdown as one sheet."""
    return _file("csv")


@coordinator.get("/coverage.xlsx")
@coordinators_only
def coverage_xlsx() -> Any:
    """The same as a workbook."""
    return _file("xlsx")


def _file(kind: str) -> Any:
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return "There is no programme yet.", 404
    if asked.wrong:
        return " ".join(asked.wrong.values()), 422
    reckoning = asked.reckoning()
    title = f"{asked.programme.title}, for {reckoning.whom}, as of {day_short(asked.as_of)}. {NOT_FOR_PUBLICATION}"
    rows = _sheet(asked.narrow(reckoning), who_asked.of_target(reckoning, asked.narrowed.get("who", "")))
    name = f"coverage-{asked.programme.id}-{asked.as_of.isoformat()}.{kind}"
    if kind == "csv":
        return downloads.csv_file(name, (), rows, notice=title, end="the coverage")
    return downloads.workbook(name, [("Coverage", (), rows)], notice=title, end="the coverage")


def _sheet(reckoning: Reckoning, asked: Asked) -> Iterator[Sequence[Any]]:
    halves = figures.halves(reckoning.target, county=g.partnership.county)
    head = [
        "Table",
        "Name",
        capfirst(asked.many),
        *(word.capitalize() for word in NINE),
        "Gaps",
        "Schools seen %",
        "Pupils seen",
        "Target pupils where known",
        "Schools with own number",
        "Schools estimated",
        "Schools with number unknown",
        "Absent",
        "Caught up",
        "Pupils seen % where known",
    ]
    yield audience.head_of(head, for_adults=reckoning.programme.for_adults)
    for by in (
        figures.DISTRICT,
        figures.TOWN,
        figures.URBAN_RURAL,
        figures.PHASE,
        figures.TYPE,
        figures.TRUST,
    ):
        if asked is OF_BODIES and by in figures.OF_SCHOOLS_ALONE:
            continue
        for t in _rows(reckoning, halves.both, by):
            assert isinstance(t, Totals)
            yield _cells(_names(by, asked)[0], t)
        if asked is OF_BOTH and by == figures.DISTRICT:
            for of, half in (("schools", halves.schools), ("bodies", halves.bodies)):
                for t in half.districts:
                    yield _cells(f"District, {of}", t)
    if asked is OF_BOTH:
        yield _cells("All schools", halves.schools.county)
        yield _cells("All bodies", halves.bodies.county)
    yield _cells("All", halves.both.county)
    years = figures.by_year_group(reckoning.target)
    if years:
        yield []
        yield ["A school stands in each year group that it offers, so that these do not sum to all schools."]
        yield [
            "Table",
            "Name",
            "Schools",
            *(state.capitalize() for state in figures.STATES),
            "Gaps",
            "Schools seen %",
            "Pupils seen",
            "Target pupils where known",
            "Schools with number unknown",
        ]
    for y in years:
        counts = [y.by[state] for state in figures.STATES]
        share = _share(y)
        yield [
            "Year group",
            y.name,
            y.organisations,
            *counts,
            y.gaps,
            share,
            y.seen_pupils,
            y.target_pupils,
            y.unknown,
        ]


def _cells(table: str, t: Totals) -> list[Any]:
    share = _share(t)
    return [
        table,
        t.name,
        t.organisations,
        *(t.by[word] for word in NINE),
        t.gaps,
        share,
        t.seen_pupils,
        t.target_pupils,
        t.own,
        t.estimated,
        t.unknown,
        t.absent_pupils,
        t.caught_up_pupils,
        "" if t.pupil_share is None else _said(t.pupil_share, t.pupil_share_said),
    ]


def _share(t: Totals | YearTotals) -> Any:
    """A number, or the words where 0 and 100 would not be exact; '' of no school."""
    return _said(t.share, t.share_said)


def _said(share: int | None, words: str) -> Any:
    return share if words == f"{share}%" else words.rstrip("%")


def _tabs(whole: Reckoning, asked: Asked) -> dict[str, str]:
    """{word: heading} of each table there is: trusts if the register has any, year groups if it is for
    pupils; of bodies alone what they have."""
    left_out = set() if any(s.trust for s in whole.target) else {figures.TRUST}
    if whole.programme.for_adults:
        left_out.add(figures.YEAR_GROUP)
    if asked is OF_BODIES:
        left_out.update(figures.OF_SCHOOLS_ALONE)
    return {word: _names(word, asked)[0] for word in DIMENSIONS if word not in left_out}


def _names(by: str, asked: Asked) -> tuple[str, str]:
    """What a table is by, one and many: what a body is stands among the phases."""
    if by == figures.PHASE and asked is not OF_SCHOOLS:
        return ("Kind", "Kinds") if asked is OF_BODIES else ("Phase or kind", "Phases and kinds")
    return DIMENSIONS[by]


def _dimension(asked: View, tabs: dict[str, str]) -> str:
    """What the table is by; what there is no table by is said, and districts stand."""
    wanted = request.args.get("by", "").strip()
    if wanted and wanted not in tabs:
        name = DIMENSIONS[wanted][0].lower() if wanted in DIMENSIONS else f"‘{wanted[:40]}’"
        asked.left_out.append(f"There is no table by {name} here. These are the districts.")
    return wanted if wanted in tabs else figures.DISTRICT


def _rows(reckoning: Reckoning, found: CoverageFigures, by: str) -> Sequence[Totals | YearTotals]:
    if by == figures.DISTRICT:
        return found.districts
    if by == figures.PHASE:
        return found.phases
    if by == figures.YEAR_GROUP:
        return figures.by_year_group(reckoning.target)
    return figures.by(reckoning.target, by)


def _moved(moves: list[tuple[str, int, int, str]]) -> str:
    """Then and now as a heading: who moved most, and who not at all."""
    if not moves:
        return ""
    still = sum(then == now for _, then, now, _ in moves)
    name, then, now, _ = max(moves, key=lambda move: abs(move[2] - move[1]))
    if still == len(moves):
        return "Then and now: none moved"
    most = f"{name} moved most, {'up' if now > then else 'down'} {count(abs(now - then), 'point')}"
    return f"Then and now: {most}" + (f"; {still} of {len(moves)} did not move" if still else "")


def _choices(whole: Reckoning) -> dict[str, list[tuple[str, str]]]:
    """(word, name) of each kind of school that the page can be narrowed to, by name; none where they are too
    many."""
    standings = [s for s in whole.target if not s.is_body]
    found: dict[str, dict[str, str]] = {
        "who": dict(lists.WHO) if 0 < len(standings) < len(whole.target) else {},
        "district": {s.district_code or NONE: s.district_name for s in whole.target},
        "town": {s.town or NONE: s.town or figures.TOWN_UNKNOWN for s in standings},
        "urban_rural": {
            s.urban_rural or NONE: s.urban_rural or figures.URBAN_RURAL_UNKNOWN for s in standings
        },
        "phase": {s.phase: s.phase for s in whole.target},
        "type": {s.type or NONE: s.type or figures.TYPE_UNKNOWN for s in standings},
        "trust": {s.trust or NONE: s.trust or figures.NO_TRUST for s in standings},
    }
    for kind in ("trust", "town", "urban_rural"):
        if found[kind].keys() <= {NONE} or len(found[kind]) > lists.CHOICES_AT_MOST:
            found[kind] = {}
    return {
        kind: sorted(names.items(), key=lambda item: (item[0] == NONE, item[1]))
        for kind, names in found.items()
    }


def _moves(
    rows: Sequence[Totals | YearTotals], was: dict[str, Totals | YearTotals]
) -> list[tuple[str, int, int, str]]:
    """(name, share then, share now, both in words) of every row that both have; the first ROWS_AT_MOST."""
    both = [(was[t.key], t) for t in rows if t.key in was]
    return [
        (capfirst(t.name), then.share or 0, t.share or 0, _then_to_now(then, t))
        for then, t in both[:ROWS_AT_MOST]
    ]


def _then_to_now(then: Totals | YearTotals, now: Totals | YearTotals) -> str:
    if then.share_said == now.share_said:
        return f"stays at {now.share_said}"
    return f"{then.share_said} to {now.share_said}"
