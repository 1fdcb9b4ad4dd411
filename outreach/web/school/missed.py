"""Pupils who missed their school's show, by its own link: how many, and how they catch up."""

from typing import Any

from flask import g, redirect, render_template, url_for

from outreach.booking import guest_places
from outreach.ground import clock
from outreach.visits import absences
from outreach.web import absent_form, absent_words, form_keys
from outreach.web.gate import by_personal_link, school
from outreach.web.refusals import status


@school.route("/i/<token>/missed", methods=["GET", "POST"])
@by_personal_link
def missed(token: str) -> Any:
    """Each year group that has seen it; the POST says how many missed it. Adults come to another session."""
    if g.programme.for_adults:
        return redirect(url_for(".start", token=token), 303)
    years = absences.of_organisation(g.programme, g.organisation, now=clock.now())
    form, done = absent_form.told(g.programme, g.organisation, years, back=_here(token), who=g.who)
    return done or _page(token, years, form, absent_form.caught_up_form(years, sent=False))


@school.post("/i/<token>/missed/caught-up")
@by_personal_link
def caught_up(token: str) -> Any:
    """Who had a lesson or the film instead; the same page where that cannot be."""
    years = absences.of_organisation(g.programme, g.organisation, now=clock.now())
    form, done = absent_form.caught_up(g.programme, g.organisation, years, back=_here(token), who=g.who)
    return done or _page(token, years, absent_form.missed_form(years, sent=False), form)


@school.post("/i/<token>/missed/<int:absence_id>/take-back")
@by_personal_link
def take_back_missed(token: str, absence_id: int) -> Any:
    absences.get(absence_id, g.programme.id, g.organisation.organisation_id)
    return absent_form.taken_back(
        lambda: absences.get(absence_id, g.programme.id, g.organisation.organisation_id),
        back=_here(token),
        who=g.who,
    )


def _here(token: str) -> str:
    return url_for("school.missed", token=token)


def _page(token: str, years: dict[int, absences.YearMissed], form: Any, lesson: Any) -> Any:
    asked = guest_places.open_of(g.programme.id, g.organisation.organisation_id)
    page = render_template(
        "school/missed.html",
        token=token,
        asked=asked if asked is not None and asked.catch_up else None,
        years=years,
        form=form,
        lesson=lesson,
        key=form_keys.key_of(),
        words=absent_words,
        places=any(year.left for year in years.values()),
        told_at=url_for(".missed", token=token),
        caught_at=url_for(".caught_up", token=token),
    )
    return page, status()
