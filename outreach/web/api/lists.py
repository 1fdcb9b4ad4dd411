"""Lists of the JSON feed for a council's data team and a company's own diary: schools, shows, plans of a tour. See
docs/api.md.

Places and times, and nobody: no name of a person, a trainer's neither, no address to write to, no number to ring, no
number of pupils, no words that somebody typed of a visit.
"""

from typing import Any

from flask import g, url_for

from outreach.booking import shows_listed
from outreach.booking.shows_listed import OFF, STANDS, ListedShow
from outreach.county import organisations
from outreach.county.schools import BODY, SCHOOL, STATUSES, VENUE, Organisation, School
from outreach.ground.timespans import end_of_day, local
from outreach.planning import orders
from outreach.planning.orders import (
    ACCEPTED,
    DONE,
    DRAWN,
    FAILED,
    KEPT,
    MOVED,
    NEW,
    REFUSED,
    STOPPED,
    STRUCK,
    WAITING,
    WORKING,
    PlanLine,
    TourPlan,
)
from outreach.post.feeds import tokens
from outreach.tour.programmes import Programme
from outreach.web import api_pages
from outreach.web.api_pages import CURSOR, LIMIT, OF_PROGRAMME
from outreach.web.api_programmes import NO_PROGRAMME, PROGRAMME, programme_told
from outreach.web.api_shapes import (
    ADDRESS,
    DAY,
    MOMENT,
    TEXT,
    TRUTH,
    WHOLE,
    Asked,
    Named,
    one_of,
    or_none,
    several,
    thing,
    told,
)
from outreach.web.gate import api, by_token

ZONE = "Europe/London"

SCHOOL_SHAPE = Named(
    name="School",
    shape=thing(
        "A school as it is now, local corrections laid over the register.",
        urn=WHOLE,
        name=TEXT,
        laestab=or_none(TEXT),
        status=one_of(*STATUSES),
        phase=or_none(TEXT),
        type=TEXT,
        district=thing(code=TEXT, name=TEXT),
        trust=or_none(TEXT),
        town=TEXT,
        postcode=TEXT,
        easting=or_none(WHOLE),
        northing=or_none(WHOLE),
        low_age=or_none(WHOLE),
        high_age=or_none(WHOLE),
        opened=or_none(DAY),
        closed=or_none(DAY),
    ),
)
SCHOOLS = Named(name="Schools", shape=thing(schools=several(SCHOOL_SHAPE), next=or_none(ADDRESS)))

SHOW = Named(
    name="Show",
    shape=thing(
        "`uid` and `sequence` are those of the troupe's calendar invite (RFC 5545); a calendar subscribed to has "
        "`-troupe` behind the UID. A show that goes to another troupe is called off under its `uid`, which it "
        "never gets back, and stands under another.",
        uid=TEXT,
        sequence=WHOLE,
        kind=one_of("show", "session"),
        status=one_of(STANDS, OFF),
        programme=PROGRAMME,
        host=thing(
            id=WHOLE,
            kind=one_of(SCHOOL, BODY, VENUE),
            urn=or_none(WHOLE),
            name=TEXT,
            town=TEXT,
            postcode=TEXT,
        ),
        company=thing(id=WHOLE, name=TEXT),
        troupe=thing(id=WHOLE, name=TEXT),
        get_in_at=MOMENT,
        starts_at=MOMENT,
        ends_at=MOMENT,
        away_at=MOMENT,
    ),
)
SHOWS = Named(name="Shows", shape=thing(time_zone=one_of(ZONE), shows=several(SHOW), next=or_none(ADDRESS)))

PLAN = Named(
    name="Plan",
    shape=thing(
        "Nobody is booked by a plan. `figures` of one that is done or stopped: counts of schools, shows and days, and "
        "minutes of driving.",
        id=WHOLE,
        programme=PROGRAMME,
        state=one_of(WAITING, WORKING, DONE, STOPPED, FAILED),
        asked_at=MOMENT,
        finished_at=or_none(MOMENT),
        put_away=TRUTH,
        figures=or_none(
            thing(
                schools_needed=WHOLE,
                schools_reached=WHOLE,
                schools_in_part=WHOLE,
                guests=WHOLE,
                shows=WHOLE,
                driving_minutes=WHOLE,
                days_used=WHOLE,
                days_given=WHOLE,
                no_plan_reaches_more_than=WHOLE,
            )
        ),
        shows=ADDRESS,
    ),
)
PLANS = Named(name="Plans", shape=thing(plans=several(PLAN), next=or_none(ADDRESS)))

PLANNED = Named(
    name="PlannedShow",
    shape=thing(
        "`was`: whether it was proposed before, and there; `guest`: it is a place at a neighbour's show.",
        id=WHOLE,
        host=thing(id=WHOLE, urn=or_none(WHOLE), name=TEXT),
        troupe=thing(id=or_none(WHOLE), name=TEXT),
        day=DAY,
        get_in_at=MOMENT,
        starts_at=MOMENT,
        away_at=MOMENT,
        guest=TRUTH,
        was=one_of(NEW, KEPT, MOVED),
        state=one_of(DRAWN, STRUCK, ACCEPTED, REFUSED),
    ),
)
PLANNED_SHOWS = Named(
    name="PlannedShows",
    shape=thing(plan=WHOLE, time_zone=one_of(ZONE), shows=several(PLANNED), next=or_none(ADDRESS)),
)

FROM = Asked(name="from", says="Shows that start on that day or later (Europe/London).", shape=DAY)
UNTIL = Asked(name="until", says="Shows that start on that day or earlier.", shape=DAY)


@api.get("/schools")
@told(SCHOOLS, LIMIT, CURSOR)
@by_token(tokens.SCHOOLS)
def api_schools() -> Any:
    """Every school of the partnership, open or closed, by URN."""
    (behind,) = api_pages.cursor("schools", int) or (0,)
    rows = organisations.schools_behind(behind, g.partnership.id, at_most=api_pages.limit() + 1)
    shown, following = api_pages.paged("schools", rows, lambda school: (school.urn,))
    return {"schools": [_school(school) for school in shown], "next": following}


@api.get("/shows")
@told(SHOWS, FROM, UNTIL, OF_PROGRAMME, LIMIT, CURSOR, problems=NO_PROGRAMME)
@by_token(tokens.SHOWS)
def api_shows() -> Any:
    """Every show and session that somebody was ever promised, by number; with a company's token its own alone."""
    programme = api_pages.asked_programme()
    first, last = api_pages.asked_day("from"), api_pages.asked_day("until")
    show_id, nth = api_pages.cursor("shows", int, int) or (0, 0)
    rows = shows_listed.shows(
        g.partnership.id,
        company_id=g.api_token.company_id,
        programme_id=programme.id if programme else None,
        since=api_pages.begins(first) if first else None,
        until=end_of_day(last) if last else None,
        behind=(show_id, nth),
        at_most=api_pages.limit() + 1,
    )
    shown, following = api_pages.paged(
        "shows",
        rows,
        lambda row: row.key,
        **api_pages.as_asked("from", "until", "programme"),
    )
    return {"time_zone": ZONE, "shows": [_show(row) for row in shown], "next": following}


@api.get("/plans")
@told(PLANS, OF_PROGRAMME, LIMIT, CURSOR, problems=NO_PROGRAMME)
@by_token(tokens.PLANS)
def api_plans() -> Any:
    """Every plan of a tour, in the order in which they were asked for."""
    programme = api_pages.asked_programme()
    (behind,) = api_pages.cursor("plans", int) or (0,)
    rows = orders.behind(
        behind,
        g.partnership.id,
        programme_id=programme.id if programme else None,
        at_most=api_pages.limit() + 1,
    )
    shown, following = api_pages.paged(
        "plans", rows, lambda plan: (plan.id,), **api_pages.as_asked("programme")
    )
    return {"plans": [_plan(plan) for plan in shown], "next": following}


@api.get("/plans/<int:plan_id>/shows")
@told(PLANNED_SHOWS, LIMIT, CURSOR, problems={404: "There is no such plan, or it is another partnership's."})
@by_token(tokens.PLANS)
def api_planned_shows(plan_id: int) -> Any:
    """The shows that a plan proposes, as they were drawn."""
    plan = api_pages.ours(lambda: orders.get(g.partnership.id, plan_id), "plan")
    (behind,) = api_pages.cursor("planned", int) or (0,)
    rows = orders.lines_behind(behind, plan, at_most=api_pages.limit() + 1)
    shown, following = api_pages.paged("planned", rows, lambda line: (line.id,))
    return {
        "plan": plan.id,
        "time_zone": ZONE,
        "shows": [_planned(line, plan.programme) for line in shown],
        "next": following,
    }


def _school(school: School) -> dict[str, Any]:
    return {
        "urn": school.urn,
        "name": school.name,
        "laestab": school.laestab or None,
        "status": school.status,
        "phase": school.phase_of_education,
        "type": school.type_of_establishment,
        "district": {"code": school.district_code or "", "name": school.district_name or ""},
        "trust": school.trust_name,
        "town": school.town,
        "postcode": school.postcode,
        "easting": school.easting,
        "northing": school.northing,
        "low_age": school.statutory_low_age,
        "high_age": school.statutory_high_age,
        "opened": school.open_date.isoformat() if school.open_date else None,
        "closed": school.close_date.isoformat() if school.close_date else None,
    }


def _show(row: ListedShow) -> dict[str, Any]:
    host, troupe = row.show.host, row.troupe
    return {
        "uid": row.uid,
        "sequence": row.sequence,
        "kind": "session" if row.programme.for_adults else "show",
        "status": row.standing,
        "programme": programme_told(row.programme),
        "host": _host(host) | {"kind": _kind(host), "town": host.town, "postcode": host.postcode},
        "company": {"id": troupe.company_id, "name": troupe.company.name},
        "troupe": _troupe(troupe.id, troupe.name, row.programme),
        "get_in_at": local(row.work.begins_at).isoformat(),
        "starts_at": local(row.starts_at).isoformat(),
        "ends_at": local(row.ends_at).isoformat(),
        "away_at": local(row.work.away_at).isoformat(),
    }


def _troupe(troupe_id: int | None, name: str, programme: Programme) -> dict[str, Any]:
    """A trainer is one person: a number stands in the place of the name."""
    return {"id": troupe_id, "name": f"Trainer {troupe_id or ''}".strip() if programme.for_adults else name}


def _host(host: Organisation) -> dict[str, Any]:
    urn = host.organisation_id if _kind(host) == SCHOOL else None
    return {"id": host.organisation_id, "urn": urn, "name": host.name}


def _kind(host: Organisation) -> str:
    return VENUE if host.is_venue else BODY if host.is_body else SCHOOL


def _plan(plan: TourPlan) -> dict[str, Any]:
    found = plan.figures if plan.is_readable else None
    return {
        "id": plan.id,
        "programme": programme_told(plan.programme),
        "state": plan.state,
        "asked_at": local(plan.asked_at).isoformat(timespec="seconds"),
        "finished_at": local(plan.finished_at).isoformat(timespec="seconds") if plan.finished_at else None,
        "put_away": plan.withdrawn_at is not None,
        "figures": None
        if found is None
        else {
            "schools_needed": found.needed,
            "schools_reached": found.reached,
            "schools_in_part": found.in_part,
            "guests": found.guests,
            "shows": found.shows,
            "driving_minutes": found.driving,
            "days_used": found.days_used,
            "days_given": found.days_given,
            "no_plan_reaches_more_than": found.bound_schools,
        },
        "shows": url_for("api.api_planned_shows", plan_id=plan.id),
    }


def _planned(line: PlanLine, programme: Programme) -> dict[str, Any]:
    return {
        "id": line.id,
        "host": _host(line.organisation),
        "troupe": _troupe(line.troupe_id, line.troupe_name, programme),
        "day": line.day.isoformat(),
        "get_in_at": local(line.get_in_at).isoformat(),
        "starts_at": local(line.starts_at).isoformat(),
        "away_at": local(line.away_at).isoformat(),
        "guest": line.is_guest,
        "was": line.was,
        "state": line.state,
    }
