"""The JSON feed for a council's own dashboard: standings, bookings, figures, published reports. See
docs/api.md.

Its shape is a promise: words may be added, none is taken away or changes its meaning within v1.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import g, request, url_for

from outreach.coverage import figures, standings
from outreach.coverage.board import corrections, dashboard, publishing
from outreach.coverage.board.content import said
from outreach.coverage.board.publishing import BoardReport
from outreach.coverage.figures import Totals
from outreach.coverage.standings import NINE, Standing
from outreach.ground import clock
from outreach.ground.school_year import year_name
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
            }
            for p in every
        ],
        "reports": _to("api_reports"),
    }


@api.get("/programmes/<int:programme_id>/figures")
@by_token
def api_figures(programme_id: int) -> Any:
    """Sums of schools as of a day; people and all else as the newest report up to that day has them."""
    programme, day = _asked(programme_id)
    found = standings.standings_of_programme(programme.id, as_of=day, now=clock.now())
    sums = figures.figures_of_target(found.target, county=g.partnership.county)
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
        "excluded": len(found.excluded),
        "also_seen_by": len(found.also_seen),
        "people": None if report is None else _people(report),
        **{part: None if report is None else report.content.get(part) for part in PARTS},
    }


@api.get("/programmes/<int:programme_id>/standings")
@by_token
def api_standings(programme_id: int) -> Any:
    """Every school of the target with its one standing, by URN."""
    programme, day = _asked(programme_id)
    found = standings.standings_of_programme(programme.id, as_of=day, now=clock.now())
    schools = sorted(found.target, key=lambda s: s.organisation_id)
    page, pages = _page(len(schools))
    return _paged("api_standings", programme, day, len(schools), page, pages) | {
        "standings": [_standing(s) for s in schools[(page - 1) * PAGE : page * PAGE]]
    }


@api.get("/programmes/<int:programme_id>/bookings")
@by_token
def api_bookings(programme_id: int) -> Any:
    """Every booking as it stood, by when the show is."""
    programme, day = _asked(programme_id)
    booked = dashboard.bookings(programme, as_of=day, now=clock.now())
    page, pages = _page(len(booked))
    return _paged("api_bookings", programme, day, len(booked), page, pages) | {
        "bookings": [
            {
                "reference": b.reference,
                "school": {"urn": b.organisation_id, "name": b.school},
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
            "schools": len(since.moved),
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
        "schools": t.schools,
        "standings": {str(word): t.by[word] for word in NINE},
        "gaps": t.gaps,
        "share": t.share,
        "share_said": t.share_said,
        "evidence": dict(t.evidence),
        "estimates_from_census": [day.isoformat() if day else None for day in (t.census_from, t.census_to)],
    }


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
        "year_groups": {str(y): str(state) for y, state in s.year_groups.items() if y >= 0},
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
    return {"report": report.id, "as_of": report.as_of.isoformat()} | {name: whole[name] for name in names}


def _to(endpoint: str, **words: Any) -> str:
    return url_for(f"api.{endpoint}", **words)
