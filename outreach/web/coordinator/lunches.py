"""Lunch of the schools of a programme as a file: what is known, to be filled in and taken in."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for

from outreach.coverage import lunch_file, lunches, standings
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import count
from outreach.ground.workbooks import MOST_BYTES
from outreach.tour import performances, programmes
from outreach.tour.programmes import Programme
from outreach.web import downloads, forms
from outreach.web.coordinator import setup_words
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import status


class LunchesForm(forms.Form):
    file = forms.upload("The file, filled in", required="Choose a file.", hint="CSV or Excel")


@coordinator.route("/setup/lunch", methods=["GET", "POST"])
@coordinators_only
def school_lunches() -> Any:
    form, programme = LunchesForm(), _of_pupils()
    target = _target(programme)
    if form.validate_on_submit():
        if programme is None:
            raise Refusal("There is no programme for pupils yet, so there is no school to say it of.")
        content, now = form.file.data.read(MOST_BYTES + 1), clock.now()
        with transaction():
            taken = lunch_file.take_in(content, target, who=who(), now=now)
            across = performances.across_lunch(g.partnership.id, taken.new, now=now)
        flash(
            f"Lunch of {count(len(taken.new), 'school')} is taken in; {taken.same:,} as before, "
            f"{taken.silent:,} left empty." + setup_words.across_lunch(across)
        )
        return redirect(url_for("coordinator.school_lunches"), 303)
    found = lunches.of_target(programme, target) if programme is not None and target else None
    said = setup_words.lunch(found) if found is not None else ""
    return render_template(
        "coordinator/lunches.html", form=form, said=said, told=lunches.told(target)
    ), status()


@coordinator.get("/setup/lunch.csv")
@coordinators_only
def school_lunches_csv() -> Any:
    """A line for each school of the target."""
    return downloads.csv_file("school-lunch.csv", lunch_file.COLUMNS, lunch_file.rows(_target(_of_pupils())))


def _of_pupils() -> Programme | None:
    today = day_of(clock.now())
    running = [p for p in programmes.in_hand(g.partnership.id, today) if not p.for_adults]
    return running[0] if running else None


def _target(programme: Programme | None) -> dict[int, str]:
    """The names of its schools by URN."""
    if programme is None:
        return {}
    now = clock.now()
    target = standings.standings_of_programme(programme.id, as_of=day_of(now), now=now).target
    return {s.organisation_id: s.name for s in target if not s.is_body}
