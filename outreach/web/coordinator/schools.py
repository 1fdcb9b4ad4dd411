"""The list behind every number: schools of a programme by standing, district, phase, cause and more, from the address."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, g, render_template, request, url_for

from outreach.coverage import gaps, lists
from outreach.coverage.lists import ALSO_SEEN, NUMBERS, TARGET, Filters
from outreach.coverage.standings import NINE, AlsoSeen, Reckoning, Standing
from outreach.ground import clock, tabular
from outreach.ground.school_year import year_group_name
from outreach.ground.wording import day_short
from outreach.web.coordinator.as_of import View, view
from outreach.web.gate import coordinator, coordinators_only

PAGE = 50
SCHOOL_PAGE = "coordinator.school"
NOT_FOR_PUBLICATION = "Not for publication: small numbers of pupils are not hidden."


@coordinator.get("/schools")
@coordinators_only
def schools() -> Any:
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return render_template("coordinator/coverage_none.html")
    reckoning, filters, sort = asked.reckoning(), _filters(), _sort()
    rows = _rows(reckoning, filters, sort)
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    return render_template(
        "coordinator/schools.html",
        view=asked, reckoning=reckoning, filters=filters, sort=sort, sorts=lists.SORTS, page=page, pages=pages,
        found=len(rows), rows=rows[(page - 1) * PAGE : page * PAGE], chips=_chips(asked, reckoning, filters),
        also=filters.which == ALSO_SEEN, seen=sum(r.seen_pupils for r in rows if isinstance(r, Standing)),
        districts=_districts(reckoning), phases=sorted({s.phase for s in reckoning.target}), nine=NINE,
        causes=[(cause, gaps.title(cause)) for cause in gaps.CAUSES], numbers=NUMBERS, lists=lists.LISTS,
        here=_here, school_page=SCHOOL_PAGE, school_link=SCHOOL_PAGE in current_app.view_functions,
    ), 422 if asked.wrong else 200  # fmt: skip


@coordinator.get("/schools.csv")
@coordinators_only
def schools_csv() -> Any:
    """The same list, whole."""
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return "There is no programme yet.", 404
    rows = _rows(asked.reckoning(), _filters(), _sort())
    title = f"{asked.programme.title}, as of {day_short(asked.as_of)}. {NOT_FOR_PUBLICATION}"
    return Response(
        _sheet(title, rows),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="schools-{asked.as_of.isoformat()}.csv"'},
    )


def _filters() -> Filters:
    """What the address asks for; a word nobody knows asks for nothing."""
    args = request.args

    def known(name: str, words: Any) -> str:
        return args.get(name, "") if args.get(name, "") in words else ""

    return Filters(
        which=known("list", lists.LISTS) or TARGET,
        district=args.get("district", "")[:20],
        phase=args.get("phase", "")[:60],
        standing=known("standing", NINE),
        gap=args.get("gap") == "1",
        cause=known("cause", gaps.CAUSES),
        number=known("number", NUMBERS),
        ages_unknown=args.get("ages") == "unknown",
        place_unknown=args.get("place") == "unknown",
        find=args.get("find", "").strip()[:100],
    )


def _sort() -> str:
    sort = request.args.get("sort", "name")
    return sort if sort in lists.SORTS else "name"


def _rows(reckoning: Reckoning, filters: Filters, sort: str) -> Sequence[Standing | AlsoSeen]:
    if filters.which == ALSO_SEEN:
        return lists.pick_also_seen(reckoning, filters)
    return lists.ordered(lists.pick(reckoning, filters), sort)


def _here(**changes: Any) -> str:
    """This list's address with some words changed; None takes a word away, and any change starts at page 1."""
    wanted: dict[str, Any] = {k: v for k, v in request.args.items() if v and k != "page"}
    wanted |= {k: v for k, v in changes.items()}
    endpoint = wanted.pop("endpoint", "coordinator.schools")
    query = urlencode({k: v for k, v in wanted.items() if v is not None})
    return url_for(endpoint) + (f"?{query}" if query else "")


def _districts(reckoning: Reckoning) -> list[tuple[str, str]]:
    """(code, name) of every district of the target, by name, the unknown last."""
    found = {s.district_code or lists.NO_DISTRICT: s.district_name for s in reckoning.target}
    return sorted(found.items(), key=lambda item: (item[0] == lists.NO_DISTRICT, item[1]))


def _chips(asked: View, reckoning: Reckoning, filters: Filters) -> list[tuple[str, str]]:
    """(words, address without it) of each filter in force."""
    said: dict[str, str] = {}
    if filters.which != TARGET:
        said["list"] = lists.LISTS[filters.which]
    if filters.district:
        said["district"] = dict(_districts(reckoning)).get(filters.district, filters.district)
    if filters.phase:
        said["phase"] = filters.phase
    if filters.standing:
        said["standing"] = gaps.title(filters.standing)
    if filters.gap:
        said["gap"] = "Gaps"
    if filters.cause:
        said["cause"] = gaps.title(filters.cause)
    if filters.number:
        said["number"] = gaps.title(NUMBERS[filters.number])
    if filters.ages_unknown:
        said["ages"] = "Ages unknown"
    if filters.place_unknown:
        said["place"] = "Place unknown"
    if filters.find:
        said["find"] = f"‘{filters.find}’"
    return [(words, _here(**{name: None})) for name, words in said.items()]


_HEAD = [
    "URN", "School", "District", "Phase", "Type", "Standing", "Gap", "Cause", "Since", "Next", "Year groups",
    "Pupils seen", "Target pupils", "Target pupils are", "Evidence", "Ages", "Place",
]  # fmt: skip


def _sheet(title: str, rows: Sequence[Standing | AlsoSeen]) -> Iterator[str]:
    if rows and isinstance(rows[0], AlsoSeen):
        head: list[str] = ["URN", "School", "District", "Why it counts in no share", "Pupils seen"]
        lines: list[list[Any]] = [
            [r.urn, r.name, r.district_name, r.why, "unknown" if r.pupils is None else r.pupils]
            for r in rows
            if isinstance(r, AlsoSeen)
        ]
    else:
        head, lines = _HEAD, [_line(r) for r in rows if isinstance(r, Standing)]
    return tabular.write_csv([title], [head, *lines])


def _line(s: Standing) -> list[Any]:
    states = "; ".join(f"{year_group_name(y)} {state}" for y, state in s.year_groups.items() if y >= 0)
    return [
        s.urn, s.name, s.district_name, s.phase, s.type, s.standing, "yes" if s.is_gap else "no", s.cause,
        s.since.isoformat() if s.since else "", s.next_action, states, s.seen_pupils,
        "unknown" if s.target_pupils is None else s.target_pupils, lists.number_of(s), s.evidence,
        "unknown" if s.ages_unknown else "", "" if s.place_known else "unknown",
    ]  # fmt: skip


