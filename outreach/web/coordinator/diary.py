"""The diary: weeks and months of all troupes, who would still fit, and the lists behind its numbers."""

from functools import partial
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.booking.agenda import moves, moving, placing, repairs, tour_diary, troupe_day
from outreach.booking.agenda.moving import Moving
from outreach.booking.agenda.places_on_day import Place
from outreach.booking.agenda.tour_diary import Diary
from outreach.county import organisations
from outreach.county.schools import School
from outreach.coverage.gaplist import fitting
from outreach.coverage.gaplist.fitting import Fitting
from outreach.ground import clock
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.tour import programmes
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.web import spoken
from outreach.web.coordinator import diary_list_words, diary_view
from outreach.web.coordinator.diary_view import WEEK, DiaryView
from outreach.web.coordinator.diary_words import DiaryWords
from outreach.web.gate import (
    coordinator,
    coordinators_only,
    programme_in_hand,
    the_programme,
)

TITLES = {
    troupe_day.BOOKED: "Shows booked",
    troupe_day.PROPOSED: "Times proposed",
    troupe_day.HELD: "Times held while a school books",
    tour_diary.FREE: "Places that are free",
    tour_diary.WARNED: "What is not as it should be",
}


@coordinator.get("/diary")
@coordinators_only
def diary() -> Any:
    """With `?move=` a show's id, or `?place=` a missing school's: where it could go is lit, as links. With `?fit=` a
    tour day's: who would fit there."""
    programme, now = programme_in_hand(), clock.now()
    if programme is None:
        return render_template("coordinator/diary_none.html")
    asked = diary_view.view_from_address(programme, request.args, now=now)
    said = list(asked.left_out)
    moved = _moved(programme, said)
    placed = None if moved else _placed(said)
    found = tour_diary.diary_of_programme(
        programme, asked.first, asked.last, now=now, troupe_id=asked.troupe_id
    )
    places: list[Place] = []
    if moved is not None:
        places = moving.places_to_move_to(moved, only_days=found.tour_day_ids, now=now)
    elif placed is not None:
        places = placing.places_for(programme, placed, only_days=found.tour_day_ids, now=now)
    lit: dict[int, list[Place]] = {}
    for place in places:
        lit.setdefault(place.tour_day_id, []).append(place)
    fit_day = _fit_day(found, said)
    words = DiaryWords(
        asked=asked,
        diary=found,
        now=now,
        moved=moved,
        placed=placed,
        lit=lit,
        fit_day=fit_day,
        whom=spoken.asked_on_page(),
    )
    return render_template(
        "coordinator/diary.html",
        programmes=programmes.of_partnership(g.partnership.id),
        asked=asked,
        diary=found,
        words=words,
        said=said,
        moved=moved,
        placed=placed,
        fits=words.fits(None if moved or placed else _fitting(asked, found, fit_day)),
        repairs=words.repairs(
            repairs.of_diary(found, now=now) if asked.view == WEEK and not (moved or placed) else ()
        ),
        names={troupe.id: troupe.name for troupe in found.troupes},
        done=words.moved_today(moves.of_today(programme.id, now=now)),
        steps=partial(diary_view.steps, opens=found.opens),
        step=diary_view.STEP,
        clock_of=troupe_day.clock_of,
    )


@coordinator.get("/diary/list/<kind>")
@coordinators_only
def diary_list(kind: str) -> Any:
    """The list behind one number of the diary."""
    programme, now = the_programme(), clock.now()
    if kind not in TITLES:
        abort(404)
    asked = diary_view.view_from_address(programme, request.args, now=now)
    if asked.left_out:
        flash(asked.left_out[0], "confirm")
        return redirect(url_for("coordinator.diary", programme=programme.id), 303)
    found = tour_diary.diary_of_programme(
        programme, asked.first, asked.last, now=now, troupe_id=asked.troupe_id
    )
    lines, today = found.listed(kind), day_of(now)
    return render_template(
        "coordinator/diary_list.html",
        asked=asked,
        title=TITLES[kind],
        head=diary_list_words.head(asked, len(lines), today=today),
        lines=[diary_list_words.line(one, asked, today=today) for one in lines],
    )


def _moved(programme: Programme, said: list[str]) -> Moving | None:
    """What is being moved, if anything; why not is said."""
    wanted = request.args.get("move", "")
    if not wanted:
        return None
    number = diary_view.number_in_address("move")
    show = db.session.get(Performance, number) if number is not None else None
    if show is None or show.programme_id != programme.id:
        said.append("There is no such show in this diary.")
        return None
    try:
        return moving.find(show, now=clock.now())
    except moving.NotInTheDiary as gone:
        said.append(gone.message)
        return None


def _placed(said: list[str]) -> School | None:
    """The missing school that gets a place, if any; why not is said."""
    if not request.args.get("place", ""):
        return None
    number = diary_view.number_in_address("place")
    for found in organisations.of_ids([] if number is None else [number], g.partnership.id):
        if isinstance(found, School):
            return found
    said.append("There is no such school in this partnership.")
    return None


def _fit_day(found: Diary, said: list[str]) -> tour_diary.Listed | None:
    """The day that was chosen for 'who would fit here'."""
    if not request.args.get("fit", ""):
        return None
    number = diary_view.number_in_address("fit")
    for day in found.days:
        for row in day.rows:
            if row.tour_day is not None and row.tour_day.id == number:
                return tour_diary.Listed(day=day.day, row=row)
    said.append("The day that was chosen is not in this stretch of the diary.")
    return None


def _fitting(asked: DiaryView, found: Diary, fit_day: tour_diary.Listed | None) -> Fitting | None:
    """Who would fit on the chosen day, or anywhere in the week; of a month only where a day is chosen."""
    if fit_day is not None and fit_day.row.tour_day is not None:
        return fitting.organisations_that_fit(asked.programme, [fit_day.row.tour_day.id], now=clock.now())
    if asked.view != WEEK:
        return None
    with_room = [
        row.tour_day.id
        for day in found.days
        for row in day.rows
        if row.tour_day is not None and row.free and day.day >= day_of(clock.now())
    ]
    return fitting.organisations_that_fit(asked.programme, with_room, now=clock.now()) if with_room else None
