"""The JSON feed for a council's own dashboard: standings, bookings, figures, published reports. See
docs/api.md.

Its shape is a promise: words may be added, none is taken away or changes its meaning within v1.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any, TypeVar

from flask import current_app, g, request, url_for

from outreach.county.schools import FIRST_OF_BODIES
from outreach.coverage import figures, standings
from outreach.coverage.board import corrections, dashboard, publishing
from outreach.coverage.board.content import said
from outreach.coverage.board.publishing import BoardReport
from outreach.coverage.figures import Totals
from outreach.coverage.gaps import named
from outreach.coverage.standings import NINE, Standing
from outreach.ground import clock
from outreach.ground.row_numbers import whole_number
from outreach.ground.school_year import YEAR_GROUPS
from outreach.ground.timespans import local
from outreach.outcomes.board_parts import COST, FOLLOWED, OUTCOMES, REFERRALS
from outreach.post.feeds import tokens
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.web import api_pages
from outreach.web.api.feed_shapes import (
    BODIES,
    BOOKINGS,
    BOOKINGS_OF_BODIES,
    FIGURES,
    REPORT,
    REPORTS,
    STANDINGS,
    START,
)
from outreach.web.api_pages import AS_OF, CURSOR, LIMIT, Key
from outreach.web.api_programmes import NO_PROGRAMME, programme_told
from outreach.web.api_shapes import WHOLE, Asked, told
from outreach.web.gate import ApiProblem, api, by_token

PAGE_NUMBER = Asked(
    name="page",
    says="Instead of a cursor: the page of that number, of 500 rows each, as before.",
    shape=WHOLE,
)

Row = TypeVar("Row")

PARTS = (OUTCOMES, REFERRALS, FOLLOWED, COST)
"""Of the newest report, beside its people: whether it helped, referrals, whether promises are kept, what it cost."""


@api.get("/")
@told(START)
@by_token()
def api_start() -> Any:
    """The partnership and its programmes, each with the addresses of what can be read of it."""
    every = programmes.of_partnership(g.partnership.id) if g.api_token.company_id is None else []
    whom = programmes.in_words(every)
    return {
        "partnership": g.partnership.name,
        "county": g.partnership.county,
        "time_zone": "Europe/London",
        "scopes": list(g.api_token.scopes),
        "programmes": [
            programme_told(p)
            | {
                "target": whom[p.id],
                "figures": _opens("api_figures", programme_id=p.id),
                "standings": _opens("api_standings", programme_id=p.id),
                "bookings": _opens("api_bookings", programme_id=p.id),
                "bodies": _opens("api_bodies", programme_id=p.id) if p.for_adults else None,
                "bookings_of_bodies": _opens("api_bookings_of_bodies", programme_id=p.id)
                if p.for_adults
                else None,
            }
            for p in every
        ],
        "reports": _opens("api_reports"),
        "schools": _opens("api_schools"),
        "shows": _opens("api_shows"),
        "plans": _opens("api_plans"),
    }


@api.get("/programmes/<int:programme_id>/figures")
@told(FIGURES, AS_OF, problems=NO_PROGRAMME)
@by_token(tokens.FIGURES)
def api_figures(programme_id: int) -> Any:
    """Sums of schools, and apart from them of bodies, as of a day; people and all else as the newest report up to that
    day has them."""
    programme, day = _asked(programme_id)
    found = standings.standings_of_programme(programme.id, as_of=day, now=clock.now())
    halves = figures.halves(found.target, county=g.partnership.county)
    sums, bodies = halves.schools, halves.bodies
    report = publishing.newest(programme.id, until=day)
    for_adults = programme.for_adults
    totals, of_bodies = partial(_totals, for_adults=for_adults), partial(_of_bodies, for_adults=for_adults)
    return {
        "programme": programme_told(programme),
        "as_of": day.isoformat(),
        "target": found.whom,
        "whole": totals(sums.county),
        "districts": [totals(t) for t in sums.districts],
        "phases": [totals(t) for t in sums.phases],
        "towns": [totals(t) for t in figures.by(found.target, figures.TOWN)],
        "urban_rural": [totals(t) for t in figures.by(found.target, figures.URBAN_RURAL)],
        "types": [totals(t) for t in figures.by(found.target, figures.TYPE)],
        "causes": [{"cause": named(cause, for_adults=for_adults), "schools": n} for cause, n in sums.causes],
        "excluded": sum(not s.is_body for s in found.excluded),
        "also_seen_by": sum(s.organisation_id < FIRST_OF_BODIES for s in found.also_seen),
        "bodies": {
            "whole": of_bodies(bodies.county),
            "districts": [of_bodies(t) for t in bodies.districts],
            "kinds": [of_bodies(t) for t in bodies.phases],
            "causes": [
                {"cause": named(cause, for_adults=for_adults), "bodies": n} for cause, n in bodies.causes
            ],
            "excluded": sum(s.is_body for s in found.excluded),
            "also_trained": sum(s.organisation_id >= FIRST_OF_BODIES for s in found.also_seen),
        }
        if bodies.county.organisations
        else None,
        "people": None if report is None else _people(report),
        **{part: None if report is None else report.content.get(part) for part in PARTS},
    }


@api.get("/programmes/<int:programme_id>/standings")
@told(STANDINGS, AS_OF, LIMIT, CURSOR, PAGE_NUMBER, problems=NO_PROGRAMME)
@by_token(tokens.STANDINGS)
def api_standings(programme_id: int) -> Any:
    """Every school of the target with its one standing, by URN."""
    programme, day = _asked(programme_id)
    found = standings.standings_of_programme(programme.id, as_of=day, now=clock.now())
    schools = sorted((s for s in found.target if not s.is_body), key=lambda s: s.organisation_id)
    shown, page = _page("standings", schools, lambda s: (s.organisation_id,), programme, day)
    return page | {"standings": [_standing(s, for_adults=programme.for_adults) for s in shown]}


@api.get("/programmes/<int:programme_id>/bodies")
@told(BODIES, AS_OF, LIMIT, CURSOR, PAGE_NUMBER, problems=NO_PROGRAMME)
@by_token(tokens.STANDINGS)
def api_bodies(programme_id: int) -> Any:
    """Every body of the target with its one standing; none has a URN, and each has a number of its own."""
    programme, day = _asked(programme_id)
    found = standings.standings_of_programme(programme.id, as_of=day, now=clock.now())
    bodies = sorted((s for s in found.target if s.is_body), key=lambda s: s.organisation_id)
    shown, page = _page("bodies", bodies, lambda s: (s.organisation_id,), programme, day)
    return page | {"bodies": [_body(s, for_adults=programme.for_adults) for s in shown]}


@api.get("/programmes/<int:programme_id>/bookings")
@told(BOOKINGS, AS_OF, LIMIT, CURSOR, PAGE_NUMBER, problems=NO_PROGRAMME)
@by_token(tokens.BOOKINGS)
def api_bookings(programme_id: int) -> Any:
    """Every booking of a school as it stood, in the order in which they were made."""
    programme, day = _asked(programme_id)
    every = dashboard.bookings(programme, as_of=day, now=clock.now())
    booked = [b for b in every if not b.kind_of_body]
    shown, page = _page("bookings", booked, lambda b: (b.id,), programme, day)
    return page | {
        "bookings": [
            {
                "reference": b.reference,
                "school": {"urn": b.organisation_id, "name": b.name},
                "role": b.role,
                "starts_at": local(b.starts_at).isoformat(),
                "ends_at": local(b.ends_at).isoformat(),
                "year_groups": list(b.year_groups),
                "pupils_expected": said(b.pupils_expected),
                "outcome": b.outcome,
            }
            for b in shown
        ]
    }


@api.get("/programmes/<int:programme_id>/bodies/bookings")
@told(BOOKINGS_OF_BODIES, AS_OF, LIMIT, CURSOR, PAGE_NUMBER, problems=NO_PROGRAMME)
@by_token(tokens.BOOKINGS)
def api_bookings_of_bodies(programme_id: int) -> Any:
    """The same of bodies."""
    programme, day = _asked(programme_id)
    every = dashboard.bookings(programme, as_of=day, now=clock.now())
    booked = [b for b in every if b.kind_of_body]
    shown, page = _page("bookings of bodies", booked, lambda b: (b.id,), programme, day)
    return page | {
        "bookings": [
            {
                "reference": b.reference,
                "body": {"id": b.organisation_id, "name": b.name, "kind": b.kind_of_body},
                "role": b.role,
                "starts_at": local(b.starts_at).isoformat(),
                "ends_at": local(b.ends_at).isoformat(),
                "staff_expected": said(b.pupils_expected),
                "outcome": b.outcome,
            }
            for b in shown
        ]
    }


@api.get("/reports")
@told(REPORTS)
@by_token(tokens.REPORTS)
def api_reports() -> Any:
    return {"reports": [_report(r) for r in publishing.of_partnership(g.partnership.id)]}


@api.get("/reports/<int:report_id>")
@told(REPORT, problems={404: "There is no such report, or it is another partnership's."})
@by_token(tokens.REPORTS)
def api_report(report_id: int) -> Any:
    """A published report as it was, and what was corrected since."""
    report = api_pages.ours(lambda: publishing.get(g.partnership.id, report_id), "report")
    since = corrections.since(report, now=clock.now())
    return _report(report) | {
        "content": report.content,
        "corrected_since": {
            "schools": sum(m.organisation_id < FIRST_OF_BODIES for m in since.moved),
            "bodies": sum(m.organisation_id >= FIRST_OF_BODIES for m in since.moved),
            "standings": {word: {"reported": was, "now": now} for word, (was, now) in since.by.items()},
        },
    }


def _asked(programme_id: int) -> tuple[Programme, date]:
    """The partnership's programme and the day of ?as_of=2027-01-19, else today."""
    return api_pages.our_programme(programme_id), api_pages.asked_as_of(clock.now())


def _page(
    of: str, rows: Sequence[Row], key: Callable[[Row], Key], programme: Programme, day: date
) -> tuple[Sequence[Row], dict[str, Any]]:
    """The rows of the page behind ?cursor=, or of ?page=2, and what is said of it; `rows` lie in the order of `key`."""
    size = api_pages.MOST if "page" in request.args else api_pages.limit()
    pages = max(1, -(-len(rows) // size))
    asked = {"as_of": day.isoformat()}
    if "page" in request.args:
        page = _number(pages)
        shown = rows[(page - 1) * size : page * size]
        following = api_pages.going_on(**asked, page=page + 1) if page < pages else None
    else:
        behind = api_pages.cursor(of, *(type(part) for part in key(rows[0]))) if rows else None
        before = 0 if behind is None else bisect_right(rows, behind, key=key)
        page = before // size + 1
        shown, following = api_pages.paged(of, rows[before : before + size + 1], key, **asked)
    return shown, {
        "programme": programme_told(programme),
        "as_of": day.isoformat(),
        "count": len(rows),
        "page": page,
        "pages": pages,
        "next": following,
    }


def _number(pages: int) -> int:
    """The page of ?page=2."""
    text = request.args["page"]
    if (page := whole_number(text, 1, pages)) is None:
        there = "is 1 page" if pages == 1 else f"are {pages} pages"
        raise ApiProblem(422, "bad_page", f"There {there}, and no page ‘{text[:20]}’.")
    return page


def _totals(t: Totals, *, for_adults: bool) -> dict[str, Any]:
    return {
        "key": t.key,
        "name": t.name,
        "schools": t.organisations,
        "standings": {named(word, for_adults=for_adults): t.by[word] for word in NINE},
        "gaps": t.gaps,
        "share": t.share,
        "share_said": t.share_said,
        "evidence": dict(t.evidence),
        "estimates_from_census": [day.isoformat() if day else None for day in (t.census_from, t.census_to)],
    }


def _of_bodies(t: Totals, *, for_adults: bool) -> dict[str, Any]:
    """The same sums of bodies, under the word for them; nothing of theirs is estimated."""
    sums = _totals(t, for_adults=for_adults)
    del sums["estimates_from_census"]
    return {"bodies" if name == "schools" else name: value for name, value in sums.items()}


def _body(s: Standing, *, for_adults: bool) -> dict[str, Any]:
    names = ("district", "standing", "gap", "cause", "since", "evidence")
    common = _standing(s, for_adults=for_adults)
    return {"id": s.organisation_id, "name": s.name, "kind": s.kind_of_body} | {n: common[n] for n in names}


def _standing(s: Standing, *, for_adults: bool) -> dict[str, Any]:
    return {
        "urn": s.organisation_id,
        "name": s.name,
        "district": {"code": s.district_code, "name": s.district_name},
        "town": s.town,
        "urban_rural": s.urban_rural,
        "phase": s.phase,
        "type": s.type,
        "trust": s.trust,
        "standing": named(s.standing, for_adults=for_adults),
        "gap": s.is_gap,
        "cause": named(s.kind, for_adults=for_adults) if s.is_gap else "",
        "since": s.since.isoformat() if s.since else None,
        "year_groups": {str(y): str(state) for y, state in s.year_groups.items() if y in YEAR_GROUPS},
        "ages_unknown": s.ages_unknown,
        "evidence": s.evidence,
    }


def _report(report: BoardReport) -> dict[str, Any]:
    return {
        "id": report.id,
        "number": report.number,
        "programme": programme_told(report.programme),
        "as_of": report.as_of.isoformat(),
        "published_at": local(report.published_at).isoformat(timespec="seconds"),
        "address": _to("api_report", report_id=report.id),
    }


def _people(report: BoardReport) -> dict[str, Any]:
    whole = report.content["whole"]
    names: Sequence[str] = ("pupils_seen", "target_pupils", "pupil_share", "concerns")
    names = [*names, *(name for name in ("absent", "caught_up") if name in whole)]
    told = {"report": report.id, "as_of": report.as_of.isoformat()} | {name: whole[name] for name in names}
    if (bodies := report.content.get("bodies")) is not None:
        told["bodies"] = {
            said: bodies["whole"][name]
            for name, said in (
                ("pupils_seen", "staff_trained"),
                ("target_pupils", "front_line_staff"),
                ("pupil_share", "staff_share"),
            )
        }
    return told


def _to(endpoint: str, **words: Any) -> str:
    return url_for(f"api.{endpoint}", **words)


def _opens(endpoint: str, **words: Any) -> str | None:
    """The address of what the token has the scope for."""
    scope = getattr(current_app.view_functions[f"api.{endpoint}"], "scope", "")
    return _to(endpoint, **words) if scope in g.api_token.scopes else None
