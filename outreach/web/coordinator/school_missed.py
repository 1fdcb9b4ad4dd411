"""Pupils who missed a school's show, as a coordinator puts it down: how many, and how they catch up."""

from typing import Any

from flask import redirect, render_template, url_for

from outreach.asking import open_door
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.visits import absences
from outreach.visits.absences import YearMissed
from outreach.web import absent_form, absent_words, form_keys
from outreach.web.coordinator import list_place
from outreach.web.gate import coordinator, coordinators_only, our_school, the_programme, who
from outreach.web.refusals import status


@coordinator.route("/schools/<int:organisation_id>/missed", methods=["GET", "POST"])
@coordinators_only
def school_missed(organisation_id: int) -> Any:
    """Each year group that has seen it; the POST says how many missed it."""
    years = _years(organisation_id)
    form, done = absent_form.told(
        the_programme(), our_school(organisation_id), years, back=_here(organisation_id), who=who()
    )
    return done or _page(organisation_id, years, form, absent_form.caught_up_form(years, sent=False))


@coordinator.post("/schools/<int:organisation_id>/missed/caught-up")
@coordinators_only
def school_caught_up(organisation_id: int) -> Any:
    """Who had a lesson or the film instead; the same page where that cannot be."""
    years = _years(organisation_id)
    form, done = absent_form.caught_up(
        the_programme(), our_school(organisation_id), years, back=_here(organisation_id), who=who()
    )
    return done or _page(organisation_id, years, absent_form.missed_form(years, sent=False), form)


@coordinator.post("/schools/<int:organisation_id>/missed/<int:absence_id>/take-back")
@coordinators_only
def school_missed_back(organisation_id: int, absence_id: int) -> Any:
    school, programme = our_school(organisation_id), the_programme()
    absences.get(absence_id, programme.id, school.organisation_id)
    return absent_form.taken_back(
        lambda: absences.get(absence_id, the_programme().id, organisation_id),
        back=_here(organisation_id),
        who=who(),
    )


@coordinator.post("/schools/<int:organisation_id>/missed/place")
@coordinators_only
def school_missed_place(organisation_id: int) -> Any:
    """A place at a neighbour's show, with the school on the phone: on to the school's own page of them."""
    school, programme = our_school(organisation_id), the_programme()
    with transaction():
        token = open_door.read_out(
            programme, school, name=f"On the phone with {who()}", address="", who=who(), now=clock.now()
        )
    return redirect(url_for("school.catch_up_neighbours", token=token), 303)


def _years(organisation_id: int) -> dict[int, YearMissed]:
    return absences.of_organisation(the_programme(), our_school(organisation_id), now=clock.now())


def _here(organisation_id: int) -> str:
    return url_for(
        "coordinator.school_missed", organisation_id=organisation_id, **list_place.along(the_programme())
    )


def _page(organisation_id: int, years: dict[int, YearMissed], form: Any, lesson: Any) -> Any:
    along = list_place.along(the_programme())
    page = render_template(
        "coordinator/school_missed.html",
        school=our_school(organisation_id),
        programme=the_programme(),
        along=along,
        years=years,
        form=form,
        lesson=lesson,
        key=form_keys.key_of(),
        words=absent_words,
        places=any(year.left for year in years.values()),
        told_at=url_for("coordinator.school_missed", organisation_id=organisation_id, **along),
        caught_at=url_for("coordinator.school_caught_up", organisation_id=organisation_id, **along),
    )
    return page, status()
