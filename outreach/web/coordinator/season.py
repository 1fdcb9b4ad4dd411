"""The season sheet: what each troupe did and has before it, month by month; every number leads to its days or
shows."""

import re
from datetime import date
from typing import Any

from flask import abort, g, render_template, request

from outreach.ground import clock
from outreach.ground.school_year import year_in_hand, year_name
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import iso_day
from outreach.tour import companies, roads
from outreach.visits import season, season_lines
from outreach.visits.season import Season, SeasonShow
from outreach.web import downloads, spoken
from outreach.web.gate import coordinator, coordinators_only


@coordinator.get("/tour/season", endpoint="season")
@coordinators_only
def season_sheet() -> Any:
    """`?year=2026`, else the year in hand."""
    offered = season.years(g.partnership.id)
    found = _season()
    return render_template(
        "coordinator/season.html",
        season=found,
        troupes=found.troupes,
        months=found.months,
        total=found.total,
        years=offered,
        any_troupe=bool(companies.troupes(g.partnership.id)),
        kilometres_are=roads.roads_of_partnership(g.partnership).kilometres_are,
        now=clock.now(),
    )


@coordinator.get("/tour/season/days")
@coordinators_only
def season_days() -> Any:
    """The days behind a number: `?year=`, `?troupe=`, `?month=2027-03`, `?used=1` for those with a show
    alone."""
    found, troupe, month = _season(), _troupe(), _month()
    days = found.narrowed(troupe.id if troupe else None, month)
    used = request.args.get("used") == "1"
    days = [day for day in days if day.shows] if used else days
    return render_template(
        "coordinator/season_days.html",
        season=found,
        troupe=troupe,
        month=month,
        used=used,
        days=days,
        sums=season.sums(days),
    )


SHOWN = {
    "": "",
    "coming": "to come",
    "not": "that did not take place",
    "counted": "with pupils counted",
    "promised": "with pupils only promised",
}


@coordinator.get("/tour/season/shows")
@coordinators_only
def season_shows() -> Any:
    """The shows behind a number, by `?year=`, `?troupe=`, `?month=`; `?which=` narrows them: see SHOWN."""
    found, troupe, month = _season(), _troupe(), _month()
    which = request.args.get("which", "")
    if which not in SHOWN:
        abort(404)
    shows = [
        (day, show)
        for day in found.narrowed(troupe.id if troupe else None, month)
        for show in day.shows
        if _is_shown(show, which)
    ]
    return render_template(
        "coordinator/season_shows.html",
        season=found,
        troupe=troupe,
        month=month,
        which=which,
        words=spoken.words_of_page().said(SHOWN[which]),
        shows=shows,
        counted=sum(show.counted for _, show in shows),
        promised=sum(show.promised for _, show in shows),
    )


def _is_shown(show: SeasonShow, which: str) -> bool:
    if which == "not":
        return not show.played
    if which == "counted":
        return show.counted > 0
    if which == "promised":
        return show.promised > 0
    return show.played and not (which == "coming" and show.over)


@coordinator.get("/tour/season.xlsx")
@coordinators_only
def season_xlsx() -> Any:
    """The sums, and every day and show, as a workbook."""
    found = _season()
    name = f"season-{year_name(found.academic_year).replace('/', '-')}.xlsx"
    notice = season_lines.title(found, today=day_of(clock.now()))
    return downloads.workbook(name, season_lines.book(found), notice=notice, end="the season")


def _season() -> Season:
    """Of the year that is asked for; a 404 for what is no year."""
    now = clock.now()
    asked = request.args.get("year", "")
    if not asked:
        year = year_in_hand(day_of(now))
    elif re.fullmatch(r"(19|20)[0-9]{2}", asked):
        year = int(asked)
    else:
        abort(404)
    found = season.season_of_year(g.partnership.id, year, now=now)
    spoken.of_all(day.tour_day.programme for day in found.days)
    return found


def _troupe() -> companies.Troupe | None:
    """The troupe asked for; None for all; a 404 for another partnership's."""
    asked = request.args.get("troupe", "")
    if not asked:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", asked):
        abort(404)
    return companies.get_troupe(g.partnership.id, int(asked))


def _month() -> date | None:
    """The first of the month asked for; None for all; a 404 for what is no month."""
    asked = request.args.get("month", "")
    if not asked:
        return None
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", asked):
        abort(404)
    return iso_day(f"{asked}-01")
