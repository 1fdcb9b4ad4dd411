"""The list behind every number: schools of a programme by standing, district, phase, cause and more, from the
address."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import current_app, g, render_template, request, url_for

from outreach.coverage import as_of, figures, gaps, in_parts, lists, who_asked
from outreach.coverage.lists import ALSO_SEEN, EXCLUDED, NUMBERS, TARGET, ListFilters
from outreach.coverage.standings import NINE, AlsoSeen, Reckoning, Standing
from outreach.coverage.who_asked import OF_BODIES, OF_BOTH, OF_SCHOOLS
from outreach.ground import audience, clock, tabular
from outreach.ground.audience import OF_PUPILS, Words
from outreach.ground.db import db
from outreach.ground.school_year import YEAR_GROUPS, year_group_name
from outreach.ground.wording import (
    capfirst,
    count,
    day_short,
    number,
)
from outreach.web import absent_words, downloads, heard
from outreach.web.coordinator.as_of import View, filters_asked, page_asked, view
from outreach.web.gate import coordinator, coordinators_only

PAGE = 50
SCHOOL_PAGE = "coordinator.school"
NOT_FOR_PUBLICATION = "Not for publication: small numbers are not hidden."


@coordinator.get("/schools")
@coordinators_only
def schools() -> Any:
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return render_template("coordinator/coverage_none.html")
    filters, sort = filters_asked(asked.left_out), _sort(asked.left_out)
    reckoning = asked.reckoning()
    rows = _rows(reckoning, filters, sort)
    pages = max(1, -(-len(rows) // PAGE))
    page = page_asked(pages, asked.left_out)
    inside = [r for r in rows if isinstance(r, Standing)]
    whom = who_asked.of_target(reckoning, filters.who)
    return render_template(
        "coordinator/schools.html",
        view=asked,
        reckoning=reckoning,
        filters=filters,
        sort=sort,
        sorts=lists.SORTS,
        page=page,
        pages=pages,
        first_day=None if reckoning.target else as_of.first_day(asked.programme),
        found=len(rows),
        asked=whom,
        who=lists.WHO if len({s.is_body for s in reckoning.target}) > 1 else {},
        rows=rows[(page - 1) * PAGE : page * PAGE],
        chips=_chips(asked, reckoning, filters),
        also=filters.which == ALSO_SEEN,
        pupils_said=pupils_said(inside, filters.year, asked.programme.words),
        census="" if asked.programme.for_adults else figures.census_said(inside),
        pupils_of=lists.pupils_of,
        seen_of=lists.seen_of,
        missed=absent_words.in_short,
        districts=_districts(reckoning),
        phases=sorted({s.phase for s in reckoning.target}),
        nine=NINE,
        types=_kinds(s.type for s in reckoning.target if not s.is_body),
        towns=_kinds(s.town for s in reckoning.target),
        areas=_kinds(s.urban_rural for s in reckoning.target),
        trusts=_kinds(s.trust for s in reckoning.target),
        states=lists.STATE_NAMES,
        named=partial(gaps.named, for_adults=asked.programme.for_adults),
        causes=[
            (cause, gaps.title(gaps.named(cause, for_adults=asked.programme.for_adults)))
            for cause in gaps.causes(for_adults=asked.programme.for_adults)
        ],
        numbers=NUMBERS,
        lists=lists.LISTS,
        here=_here,
        school_page=SCHOOL_PAGE,
        school_link=SCHOOL_PAGE in current_app.view_functions,
    ), 422 if asked.wrong else 200


@coordinator.get("/schools.csv")
@coordinators_only
def schools_csv() -> Any:
    """The same list, whole, by name. It is read and sent some hundred schools at a time, however long it
    is."""
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return "There is no programme yet.", 404
    if asked.wrong:
        return " ".join(asked.wrong.values()), 422
    filters = filters_asked(asked.left_out)
    title = f"{asked.programme.title}, as of {day_short(asked.as_of)}. {NOT_FOR_PUBLICATION}"
    if filters.which == ALSO_SEEN:
        rows = _also_seen(lists.pick_also_seen(asked.reckoning(), filters), asked.programme.words)
    else:
        rows = _lines(asked, asked.programme.id, filters, for_adults=asked.programme.for_adults)
    return downloads.csv_file(f"schools-{asked.as_of.isoformat()}.csv", (), rows, notice=title, end="")


def pupils_said(standings: Sequence[Standing], year: int | None, words: Words = OF_PUPILS) -> str:
    """How many pupils of some schools have seen it, and of how many; behind the number of the schools."""
    if not standings:
        return ""
    known = [s for s in standings if lists.pupils_of(s, year) is not None]
    of_known = number(sum(lists.pupils_of(s, year) or 0 for s in known))
    said = f", {number(sum(lists.seen_of(s, year) for s in standings))} {words.seen}"
    if len(known) == len(standings):
        return f"{said} of {of_known}"
    if not known:
        return said
    seen_of_known = number(sum(lists.seen_of(s, year) for s in known))
    return f"{said}; where the number is known, {seen_of_known} of {of_known}"


def _sort(left_out: list[str]) -> str:
    sort = request.args.get("sort", "name")
    if sort not in lists.SORTS:
        left_out.append(f"A list cannot be sorted by ‘{sort[:40]}’. It is by name.")
    return sort if sort in lists.SORTS else "name"


def _rows(reckoning: Reckoning, filters: ListFilters, sort: str) -> Sequence[Standing | AlsoSeen]:
    if filters.which == ALSO_SEEN:
        return lists.pick_also_seen(reckoning, filters)
    return lists.ordered(lists.pick(reckoning, filters), sort)


def _here(**changes: Any) -> str:
    """This list's address with some words changed; None takes a word away, and any change starts at page
    1."""
    wanted: dict[str, Any] = {k: v for k, v in heard.heard().items() if v and k != "page"}
    wanted |= {k: v for k, v in changes.items()}
    endpoint = wanted.pop("endpoint", "coordinator.schools")
    query = urlencode({k: v for k, v in wanted.items() if v is not None})
    return url_for(endpoint) + (f"?{query}" if query else "")


def _districts(reckoning: Reckoning) -> list[tuple[str, str]]:
    """(code, name) of every district of the target, by name, the unknown last."""
    found = {s.district_code or lists.NO_DISTRICT: s.district_name for s in reckoning.target}
    return sorted(found.items(), key=lambda item: (item[0] == lists.NO_DISTRICT, item[1]))


def _chips(asked: View, reckoning: Reckoning, filters: ListFilters) -> list[tuple[str, str]]:
    """(words, address without it) of each filter in force."""
    said: dict[str, str] = {}
    if filters.which != TARGET:
        said["list"] = lists.LISTS[filters.which]
    if filters.who:
        said["who"] = lists.WHO[filters.who]
    if filters.district:
        said["district"] = dict(_districts(reckoning)).get(filters.district, filters.district)
    if filters.phase:
        said["phase"] = filters.phase
    if filters.type:
        said["type"] = figures.TYPE_UNKNOWN.capitalize() if filters.type == lists.NONE else filters.type
    if filters.trust:
        said["trust"] = figures.NO_TRUST.capitalize() if filters.trust == lists.NONE else filters.trust
    if filters.town:
        said["town"] = figures.TOWN_UNKNOWN.capitalize() if filters.town == lists.NONE else filters.town
    if filters.urban_rural:
        unknown = filters.urban_rural == lists.NONE
        said["urban_rural"] = figures.URBAN_RURAL_UNKNOWN.capitalize() if unknown else filters.urban_rural
    if filters.year is not None:
        said["year"] = year_group_name(filters.year)
    if filters.state:
        said["state"] = lists.STATE_NAMES[filters.state]
    if filters.standing:
        said["standing"] = gaps.title(gaps.named(filters.standing, for_adults=reckoning.programme.for_adults))
    if filters.gap:
        said["gap"] = "Gaps"
    if filters.cause:
        said["cause"] = gaps.title(gaps.named(filters.cause, for_adults=reckoning.programme.for_adults))
    if filters.number:
        said["number"] = gaps.title(NUMBERS[filters.number])
    if filters.counted:
        said["counted"] = f"{capfirst(reckoning.programme.words.many)} counted"
    if filters.evidence:
        said["evidence"] = f"Seen: {filters.evidence}"
    if filters.absent:
        said["absent"] = gaps.title(lists.ABSENT[filters.absent])
    if filters.ages_unknown:
        said["ages"] = "Ages unknown"
    if filters.place_unknown:
        said["place"] = "Place unknown"
    if filters.since_by is not None:
        said["since_by"] = f"Since {day_short(filters.since_by)} or before"
    if filters.find:
        said["find"] = f"‘{filters.find}’"
    return [(words, _here(**{name: None})) for name, words in said.items()]


_HEAD = [
    "URN",
    "School",
    "District",
    "Phase",
    "Type",
    "Trust",
    "Standing",
    "Gap",
    "Cause",
    "Since",
    "Next",
    "Year groups",
    "Pupils seen",
    "Target pupils",
    "Target pupils are",
    "Evidence",
    "Ages",
    "Place",
    "Town",
    "Urban or rural",
    "Absent",
    "Caught up",
    "Kind of body",
]


def _lines(
    asked: View, programme_id: int, filters: ListFilters, *, for_adults: bool
) -> Iterator[Sequence[Any]]:
    """The head, each school, and a last line that tells a whole file from one that was cut off."""
    yield audience.head_of(_HEAD, for_adults=for_adults)
    schools = bodies = 0
    for part in in_parts.standings_in_parts(programme_id, as_of=asked.as_of, now=asked.now):
        for s in lists.matching(part.excluded if filters.which == EXCLUDED else part.target, filters):
            schools += 1
            bodies += s.is_body
            yield _line(s, for_adults=for_adults)
        # Nothing is held while the browser takes its time; the next part is read as of the same moment.
        db.session.rollback()
    whom = OF_SCHOOLS if not bodies else OF_BODIES if bodies == schools else OF_BOTH
    yield tabular.end_line(f"the list: {whom.count(schools)}")


def _also_seen(found: Sequence[AlsoSeen], words: Words) -> Iterator[Sequence[Any]]:
    yield ["URN", "School", "District", "Why it counts in no share", capfirst(words.seen)]
    for s in found:
        yield [s.organisation_id, s.name, s.district_name, s.why, "unknown" if s.pupils is None else s.pupils]
    yield tabular.end_line(f"the list: {count(len(found), 'school')}")


def _kinds(names: Iterable[str]) -> list[str]:
    """Each name there is, by name; none where they are too many to choose from."""
    found = sorted(set(names) - {""})
    return found if len(found) <= lists.CHOICES_AT_MOST else []


def _line(s: Standing, *, for_adults: bool) -> list[Any]:
    states = "; ".join(
        f"{year_group_name(y)} {state}" for y, state in s.year_groups.items() if y in YEAR_GROUPS
    )
    return [
        "" if s.is_body else s.organisation_id,
        s.name,
        s.district_name,
        "" if s.is_body else s.phase,
        "" if s.is_body else s.type,
        s.trust,
        gaps.named(s.standing, for_adults=for_adults),
        "yes" if s.is_gap else "no",
        s.cause,
        s.since.isoformat() if s.since else "",
        s.next_action,
        states,
        s.seen_pupils,
        "unknown" if s.target_pupils is None else s.target_pupils,
        lists.number_of(s),
        s.evidence,
        "unknown" if s.ages_unknown else "",
        "" if s.place_known else "unknown",
        s.town or ("" if s.is_body else "not known"),
        s.urban_rural or ("" if s.is_body else "not known"),
        s.absent_pupils if s.absent_by_year else "",
        s.caught_up_pupils if s.absent_by_year else "",
        s.kind_of_body,
    ]
