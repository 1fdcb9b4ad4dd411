"""Facts that a school told us against the register: corrections, its own numbers, its own days and hours."""

from datetime import date
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.booking import limits
from outreach.county import corrections, school_days, schools
from outreach.county import school_lunch as lunches
from outreach.county.corrections import FIELDS
from outreach.county.schools import STATUSES, Organisation
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.history import Subject
from outreach.ground.row_numbers import row_number
from outreach.ground.school_year import STAFF, offered, year_group_name, year_name
from outreach.ground.typed_days import Which, iso_day
from outreach.ground.wording import clock as time_of_day
from outreach.ground.wording import day_short
from outreach.tour import performances
from outreach.tour.programmes import Programme, target_year_groups
from outreach.web import forms, opened
from outreach.web.coordinator import list_place, setup_words
from outreach.web.fields import given
from outreach.web.forms import Form
from outreach.web.gate import (
    coordinator,
    coordinators_only,
    our_school,
    the_programme,
    who,
)
from outreach.web.refusals import back_to, status

YES_OR_NO = (("yes", "Yes"), ("no", "No"))
NUMBERS = ("statutory_low_age", "statutory_high_age", "number_of_pupils", "easting", "northing")
DAYS = ("open_date", "close_date")

STAFF_NUMBER = "Front-line staff, teaching staff among them"
STAFF_INTRO = (
    "A share of staff trained is said only where their number is known. Leave it empty where nobody knows."
)
PUPILS_INTRO = "They stand instead of our estimate. Enter 0 where the school has no such year group."


class HoursForm(Form):
    opens = forms.clock("School day starts", required="Enter when the school day starts.")
    closes = forms.clock("School day ends", required="Enter when the school day ends.")


class LunchForm(Form):
    begins = forms.clock("Lunch begins", required="Enter when lunch begins.")
    ends = forms.clock("Lunch ends", required="Enter when lunch ends.")
    in_hall = forms.choice(
        "Is the hall used for lunch?", YES_OR_NO, required="Say whether the hall is used for lunch."
    )
    set_may_stay = forms.tick("The set may stay standing over lunch")


class OwnDayForm(Form):
    day = forms.day("Which day?", required="Enter the day.")
    is_open = forms.choice(
        "What of it?",
        (
            ("no", "The school cannot have a show that day"),
            ("yes", "The school is open that day, though its authority is not"),
        ),
        required="Say whether the school is open that day.",
    )
    reason = forms.remark("Why?", hint="For example: INSET day, mock exams. You may leave it empty.")


@coordinator.route("/schools/<int:organisation_id>/facts/<field>", methods=["GET", "POST"])
@coordinators_only
def school_fact(organisation_id: int, field: str) -> Any:
    """Correct one field; it holds whatever the register says, until it is withdrawn."""
    school = our_school(organisation_id)
    if field not in FIELDS:
        abort(404)
    form = _fact_form(field)
    if request.method != "POST":
        form.value.data = getattr(school, field)
    stands = opened.over(
        lambda: {FIELDS[field]: _plain(getattr(schools.get(organisation_id), field))},
        Subject("school", organisation_id, None),
        "corrected",
        "gave back to the register",
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(lambda: performances.lock_organisation(organisation_id))
            corrections.correct(
                organisation_id, field, form.value.data, reason=form.reason.data, who=who(), now=clock.now()
            )
            limits.write(g.partnership.id, [organisation_id], now=clock.now())
        return _done(
            organisation_id, f"{FIELDS[field]} is corrected. It stays so whatever the next register says."
        )
    corrected = field in corrections.in_force(organisation_id)
    return _page(
        school,
        form,
        f"Correct: {FIELDS[field].lower()}",
        "Correct it",
        intro="The register’s own word stays beside it. Leave it empty for ‘not known’.",
        back_words="Withdraw the correction: the register’s word holds again" if corrected else "",
        back_action=url_for("coordinator.school_fact_back", organisation_id=organisation_id, field=field),
    )


@coordinator.post("/schools/<int:organisation_id>/facts/<field>/withdraw")
@coordinators_only
def school_fact_back(organisation_id: int, field: str) -> Any:
    our_school(organisation_id)
    with back_to(url_for("coordinator.school", organisation_id=organisation_id)), transaction():
        corrections.withdraw_correction(organisation_id, field, who=who(), now=clock.now())
        limits.write(g.partnership.id, [organisation_id], now=clock.now())
    return _done(organisation_id, f"{FIELDS[field]} is what the register says again.")


@coordinator.route("/schools/<int:organisation_id>/numbers", methods=["GET", "POST"])
@coordinators_only
def school_numbers(organisation_id: int) -> Any:
    """How many pupils the school itself says it has in each target year group; an empty box leaves it as it
    is."""
    school, programme = our_school(organisation_id), the_programme()
    form = _numbers_form(school, programme)
    stands = opened.over(
        lambda: _as_told(organisation_id, programme.academic_year, form),
        Subject("school", organisation_id, None),
        "own numbers",
    )
    if form.validate_on_submit():
        numbers = {
            year: f.data
            for name, f in form._fields.items()
            if (year := row_number(name[1:])) is not None and f.data is not None
        }
        if not numbers:
            raise Refusal("Enter at least one number.")
        with transaction():
            stands.unchanged(lambda: performances.lock_organisation(organisation_id))
            schools.set_own_numbers(
                organisation_id, programme.academic_year, numbers, who=who(), now=clock.now()
            )
            limits.write(g.partnership.id, [organisation_id], now=clock.now())
        return _done(organisation_id, "The school’s own numbers are kept.")
    return _page(
        school,
        form,
        f"Its own numbers in {year_name(programme.academic_year)}",
        "Keep these numbers",
        intro=STAFF_INTRO if programme.for_adults else PUPILS_INTRO,
    )


@coordinator.route("/schools/<int:organisation_id>/days", methods=["GET", "POST"])
@coordinators_only
def school_day_add(organisation_id: int) -> Any:
    school, form = our_school(organisation_id), OwnDayForm()
    if form.validate_on_submit():
        say = school_days.open_up if form.is_open.data == "yes" else school_days.rule_out
        with transaction():
            say(school, given(form.day.data), form.reason.data, who=who(), now=clock.now())
        return _done(organisation_id, f"{day_short(form.day.data)} is kept.")
    return _page(
        school,
        form,
        "A day of its own",
        "Keep this day",
        intro="It changes which times the school is offered. What is booked already stays booked.",
    )


@coordinator.post("/schools/<int:organisation_id>/days/<day>/take-back")
@coordinators_only
def school_day_back(organisation_id: int, day: str) -> Any:
    school = our_school(organisation_id)
    try:
        which = iso_day(day)
    except ValueError:
        abort(404)
    with back_to(url_for("coordinator.school", organisation_id=organisation_id)), transaction():
        school_days.withdraw(school, which, who=who(), now=clock.now())
    return _done(organisation_id, f"{day_short(which)} is as its authority’s terms say again.")


@coordinator.route("/schools/<int:organisation_id>/hours", methods=["GET", "POST"])
@coordinators_only
def school_hours(organisation_id: int) -> Any:
    school, form = our_school(organisation_id), HoursForm()
    if request.method != "POST":
        form.opens.data, form.closes.data = school_days.hours(school)
    stands = opened.over(
        lambda: {"School day": " to ".join(map(time_of_day, school_days.hours(school)))},
        Subject("school", organisation_id, None),
        "set its hours",
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(lambda: performances.lock_organisation(organisation_id))
            opens, closes = given(form.opens.data), given(form.closes.data)
            school_days.set_hours(school, opens, closes, who=who(), now=clock.now())
        return _done(organisation_id, "Its hours are kept. Shows are offered inside them.")
    return _page(school, form, "When is its school day?", "Keep these hours")


@coordinator.route("/schools/<int:organisation_id>/lunch", methods=["GET", "POST"])
@coordinators_only
def school_lunch(organisation_id: int) -> Any:
    """When its lunch is, and whether in the hall; until it has said, the partnership's usual one stands there."""
    school, form = our_school(organisation_id), LunchForm()
    lunch = school_days.load_one(school).lunch
    if request.method != "POST" and lunch is not None:
        form.begins.data, form.ends.data = lunch.begins, lunch.ends
        form.set_may_stay.data = lunch.set_may_stay
        if lunch.is_dining_hall is not None:
            form.in_hall.data = "yes" if lunch.is_dining_hall else "no"
    stands = opened.over(
        lambda: {"Lunch": lunches.in_words(school_days.load_one(school).lunch)},
        Subject("school", organisation_id, None),
        "said when its lunch is",
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(lambda: performances.lock_organisation(organisation_id))
            lunches.say(
                school,
                given(form.begins.data),
                given(form.ends.data),
                is_dining_hall=form.in_hall.data == "yes",
                set_may_stay=form.set_may_stay.data,
                who=who(),
                now=clock.now(),
            )
            across = performances.across_lunch(g.partnership.id, [organisation_id], now=clock.now())
        said = "Its lunch is kept. No show is offered that lies across it."
        return _done(organisation_id, said + setup_words.across_lunch(across))
    intro = "A show never lies across it; where the hall is used for it, set-up and pack-up keep out too."
    return _page(school, form, "When is its lunch?", "Keep this lunch", intro=intro)


def _fact_form(field: str) -> Any:
    """A form of two boxes, the first in the shape of the field."""
    label = FIELDS[field]
    if field in NUMBERS:
        value: Any = forms.number(label, at_least=0, at_most=2_000_000)
    elif field in DAYS:
        value = forms.day(label, which=Which.NEAREST)
    elif field == "status":
        value = forms.pick(label, [(s, s) for s in STATUSES])
    else:
        value = forms.text(label)
    reason = forms.remark(
        "How do we know?", required="Say how we know.", hint="For example: the office said so on the phone."
    )
    return type("FactForm", (Form,), {"value": value, "reason": reason})()


def _numbers_form(school: Organisation, programme: Programme) -> Any:
    """A box for each target year group that the school may have; what it told before stands in it."""
    told = schools.own_numbers(school.organisation_id, programme.academic_year)
    by_ages = offered(school.statutory_low_age, school.statutory_high_age)
    groups = [y for y in target_year_groups(programme.id) if by_ages is None or y in by_ages or y in told]
    boxes = {
        f"y{y}": forms.number(_question(y), at_most=2000, default=told.get(y))
        for y in ([STAFF] if programme.for_adults else groups)
    }
    if not boxes:
        abort(404)

    return type("NumbersForm", (Form,), boxes)()


def _question(year_group: int) -> str:
    return STAFF_NUMBER if year_group == STAFF else f"Pupils in {year_group_name(year_group)}"


def _plain(value: Any) -> str:
    """A value as it is said; '' for one that is not known."""
    if value is None:
        return ""
    return day_short(value) if isinstance(value, date) else str(value)


def _as_told(organisation_id: int, academic_year: int, form: Any) -> dict[str, str]:
    """The school's own numbers, by the labels of their boxes."""
    told = schools.own_numbers(organisation_id, academic_year)
    return {
        field.label.text: _plain(told.get(year))
        for name, field in form._fields.items()
        if (year := row_number(name[1:])) is not None
    }


def _page(organisation: Organisation, form: Form, title: str, does: str, **more: Any) -> Any:
    page = render_template(
        "coordinator/school_form.html", school=organisation, form=form, title=title, does=does, **more
    )
    return page, status()


def _done(organisation_id: int, said: str) -> Response:
    flash(said)
    return redirect(url_for("coordinator.school", organisation_id=organisation_id, **list_place.along()), 303)
