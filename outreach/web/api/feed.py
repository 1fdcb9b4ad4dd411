"""The JSON feed for a council's own dashboard: standings, bookings, figures, published reports. See
docs/api.md.

Its shape is a promise: words may be added, none is taken away or changes its meaning within v1.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import g, request, url_for

from outreach.county.schools import FIRST_OF_BODIES
from outreach.coverage import figures, standings
from outreach.coverage.board import corrections, dashboard, publishing
from outreach.coverage.board.content import said
from outreach.coverage.board.publishing import BoardReport
from outreach.coverage.figures import Totals
from outreach.coverage.standings import NINE, Standing
from outreach.ground import clock
from outreach.ground.school_year import YEAR_GROUPS, year_name
from outreach.ground.timespans import day_of, local
from outreach.outcomes.board_parts import COST, FOLLOWED, OUTCOMES, REFERRALS
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.web.gate import ApiProblem, api, by_token

PAGE = 500

PARTS = (OUTCOMES, REFERRALS, FOLLOWED, COST)
"""Of the newest report, beside its people: whether it helped, referrals, whether promises are kept, what it cost."""


@api.get("/")
@by_token
def api_start() -> Any:
    """The partnership and its programmes, each with the addresses of what can be read of it."""
    every = programmes.of_partnership(g.partnership.id)
    whom = programmes.in_words(every)
    return {
        "partnership": g.partnership.name,
        "county": g.partnership.county,
        "programmes": [
            _programme(p)
            | {
                "target": whom[p.id],
                "figures": _to("api_figures", programme_id=p.id),
                "standings": _to("api_standings", programme_id=p.id),
                "bookings": _to("api_bookings", programme_id=p.id),
                "bodies": _to("api_bodies", programme_id=p.id) if p.for_adults else None,
                "bookings_of_bodies": _to("api_bookings_of_bodies", programme_id=p.id)
                if p.for_adults
                else None,
            }
            for p in every
        ],
        "reports": _to("api_reports"),
    }


@api.get("/programmes/<int:programme_id>/figures")
@by_token
def api_figures(programme_id: int) -> Any:
    """Sums of schools, and apart from them of bodies, as of a day; people and all else as the newest report up to that
    day has them."""
    programme, day = _asked(programme_id)
    found = standings.standings_of_programme(programme.id, as_of=day, now=clock.now())
    halves = figures.halves(found.target, county=g.partnership.county)
    sums, bodies = halves.schools, halves.bodies
    report = publishing.newest(programme.id, until=day)
    return {
        "programme": _programme(programme),
        "as_of": day.isoformat(),
        "target": found.whom,
        "whole": _totals(sums.county),
        "districts": [_totals(t) for t in sums.districts],
        "phases": [_totals(t) for t in sums.phases],
        "towns": [_totals(t) for t in figures.by(found.target, figures.TOWN)],
        "urban_rural": [_totals(t) for t in figures.by(found.target, figures.URBAN_RURAL)],
        "types": [_totals(t) for t in figures.by(found.target, figures.TYPE)],
        "causes": [{"cause": cause, "schools": n} for cause, n in sums.causes],
        "excluded": sum(not s.is_body for s in found.excluded),
        "also_seen_by": sum(s.organisation_id < FIRST_OF_BODIES for s in found.also_seen),
        "bodies": {
            "whole": _of_bodies(bodies.county),
            "districts": [_of_bodies(t) for t in bodies.districts],
            "kinds": [_of_bodies(t) for t in bodies.phases],
            "causes": [{"cause": cause, "bodies": n} for cause, n in bodies.causes],
            "excluded": sum(s.is_body for s in found.excluded),
            "also_trained": sum(s.organisation_id >= FIRST_OF_BODIES for s in found.also_seen),
        }
        if bodies.county.organisations
        else None,
        "people": None if report is None else _people(report),
        **{part: None if report is None else report.content.get(part) for part in PARTS},
    }


@api.get("/programmes/<int:programme_id>/standings")
@by_token
def api_standings(programme_id: int) -> Any:
    """Every school of the target with its one standing, by URN."""
    programme, day = _asked(programme_id)
    found = standings.standings_of_programme(programme.id, as_of=day, now=clock.now())
    schools = sorted((s for s in found.target if not s.is_body), key=lambda s: s.organisation_id)
    page, pages = _page(len(schools))
    return _paged("api_standings", programme, day, len(schools), page, pages) | {
        "standings": [_standing(s) for s in schools[(page - 1) * PAGE : page * PAGE]]
    }


@api.get("/programmes/<int:programme_id>/bodies")
@by_token
def api_bodies(programme_id: int) -> Any:
    """Every body of the target with its one standing; none has a URN, and each has a number of its own."""
    programme, day = _asked(programme_id)
    found = standings.standings_of_programme(programme.id, as_of=day, now=clock.now())
    bodies = sorted((s for s in found.target if s.is_body), key=lambda s: s.organisation_id)
    page, pages = _page(len(bodies))
    return _paged("api_bodies", programme, day, len(bodies), page, pages) | {
        "bodies": [_body(s) for s in bodies[(page - 1) * PAGE : page * PAGE]]
    }


@api.get("/programmes/<int:programme_id>/bookings")
@by_token
def api_bookings(programme_id: int) -> Any:
    """Every booking of a school as it stood, by when the show is."""
    programme, day = _asked(programme_id)
    every = dashboard.bookings(programme, as_of=day, now=clock.now())
    booked = [b for b in every if not b.kind_of_body]
    page, pages = _page(len(booked))
    return _paged("api_bookings", programme, day, len(booked), page, pages) | {
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
            for b in booked[(page - 1) * PAGE : page * PAGE]
        ]
    }


@api.get("/programmes/<int:programme_id>/bodies/bookings")
@by_token
def api_bookings_of_bodies(programme_id: int) -> Any:
    """The same of bodies, by when the session is."""
    programme, day = _asked(programme_id)
    every = dashboard.bookings(programme, as_of=day, now=clock.now())
    booked = [b for b in every if b.kind_of_body]
    page, pages = _page(len(booked))
    return _paged("api_bookings_of_bodies", programme, day, len(booked), page, pages) | {
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
            for b in booked[(page - 1) * PAGE : page * PAGE]
        ]
    }


@api.get("/reports")
@by_token
def api_reports() -> Any:
    return {"reports": [_report(r) for r in publishing.of_partnership(g.partnership.id)]}


@api.get("/reports/<int:report_id>")
@by_token
def api_report(report_id: int) -> Any:
    """A published report as it was, and what was corrected since."""
    try:
        report = publishing.get(g.partnership.id, report_id)
    except publishing.NoSuchReport as refusal:
        raise ApiProblem(404, "no_such_report", refusal.message) from refusal
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
    try:
        programme = programmes.get(g.partnership.id, programme_id)
    except programmes.NoSuchProgramme as refusal:
        raise ApiProblem(404, "no_such_programme", "There is no such programme here.") from refusal
    today = day_of(clock.now())
    text = request.args.get("as_of", "").strip()
    if not text:
        return programme, today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ApiProblem(422, "bad_date", f"‘{text[:40]}’ is not a date. Say it like 2027-01-19.") from None
    if day > today:
        raise ApiProblem(422, "bad_date", f"{day.isoformat()} is still to come.")
    if day.year < 1990:
        raise ApiProblem(422, "bad_date", f"{day.isoformat()} is before there was anything to count.")
    return programme, day


def _page(rows: int) -> tuple[int, int]:
    """(the page of ?page=2, how many there are)."""
    pages = max(1, -(-rows // PAGE))
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= pages):
        there = "is 1 page" if pages == 1 else f"are {pages} pages"
        raise ApiProblem(422, "bad_page", f"There {there}, and no page ‘{text[:20]}’.")
    return int(text), pages


def _paged(
    endpoint: str, programme: Programme, day: date, rows: int, page: int, pages: int
) -> dict[str, Any]:
    following = None
    if page < pages:
        following = _to(endpoint, programme_id=programme.id, as_of=day.isoformat(), page=page + 1)
    return {
        "programme": _programme(programme),
        "as_of": day.isoformat(),
        "count": rows,
        "page": page,
        "pages": pages,
        "next": following,
    }


def _programme(programme: Programme) -> dict[str, Any]:
    return {
        "id": programme.id,
        "title": programme.title,
        "academic_year": year_name(programme.academic_year),
        "for_adults": programme.for_adults,
    }


def _totals(t: Totals) -> dict[str, Any]:
    return {
        "key": t.key,
        "name": t.name,
        "schools": t.organisations,
        "standings": {str(word): t.by[word] for word in NINE},
        "gaps": t.gaps,
        "share": t.share,
        "share_said": t.share_said,
        "evidence": dict(t.evidence),
        "estimates_from_census": [day.isoformat() if day else None for day in (t.census_from, t.census_to)],
    }


def _of_bodies(t: Totals) -> dict[str, Any]:
    """The same sums of bodies, under the word for them; nothing of theirs is estimated."""
    sums = _totals(t)
    del sums["estimates_from_census"]
    return {"bodies" if name == "schools" else name: value for name, value in sums.items()}


def _body(s: Standing) -> dict[str, Any]:
    names = ("district", "standing", "gap", "cause", "since", "evidence")
    common = _standing(s)
    return {"id": s.organisation_id, "name": s.name, "kind": s.kind_of_body} | {n: common[n] for n in names}


def _standing(s: Standing) -> dict[str, Any]:
    return {
        "urn": s.organisation_id,
        "name": s.name,
        "district": {"code": s.district_code, "name": s.district_name},
        "town": s.town,
        "urban_rural": s.urban_rural,
        "phase": s.phase,
        "type": s.type,
        "trust": s.trust,
        "standing": s.standing,
        "gap": s.is_gap,
        "cause": s.kind if s.is_gap else "",
        "since": s.since.isoformat() if s.since else None,
        "year_groups": {str(y): str(state) for y, state in s.year_groups.items() if y in YEAR_GROUPS},
        "ages_unknown": s.ages_unknown,
        "evidence": s.evidence,
    }


def _report(report: BoardReport) -> dict[str, Any]:
    return {
        "id": report.id,
        "number": report.number,
        "programme": _programme(report.programme),
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
