"""A visit report put down by a coordinator: the school's word, the company's, or the one that settles them."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from outreach.booking import promises
from outreach.booking.promises import Booking
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.school_year import YEAR_GROUPS, year_group_name
from outreach.tour import programmes
from outreach.visits import reports
from outreach.visits.reports import COMPANY, PUPILS_AT_MOST, SCHOOL, SETTLED, Account
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, our_booking, who

YES_NO = [("yes", "Yes"), ("no", "No")]
SIDES = {
    SCHOOL: "The school’s, about its own pupils",
    COMPANY: "The company’s, a head count of the whole show",
    SETTLED: "Mine, which stands over both",
}


class ReportForm(forms.Form):
    side = forms.choice("Whose report is it?", list(SIDES.items()), required="Choose whose report it is.")
    took_place = forms.choice("Did it take place?", YES_NO, required="Say whether it took place.")
    why_not = forms.text(
        "If not, why?", at_most=300, hint="For example: snow, the cast was ill. No names of pupils."
    )
    pupils = forms.number(
        "All pupils who saw it", at_most=PUPILS_AT_MOST, hint="Only where there is no number by year group"
    )
    staff = forms.number("Staff present", at_most=500)
    safeguarding_lead_present = forms.choice("Was a designated safeguarding lead present?", YES_NO)
    follow_up_lesson = forms.choice("Was there a follow-up lesson?", YES_NO)
    concerns = forms.number(
        "Concerns raised", at_most=500, hint="The school’s report only. A number, nothing else."
    )
    concerns_handed_on = forms.choice("Was each concern handed to the safeguarding lead?", YES_NO)


for _year_group in YEAR_GROUPS:
    setattr(
        ReportForm,
        f"year_{_year_group}",
        forms.number(year_group_name(_year_group), at_most=PUPILS_AT_MOST),
    )


@coordinator.route("/bookings/<reference>/report", methods=["GET", "POST"])
@coordinators_only
def report(reference: str) -> Any:
    booking = our_booking(reference)
    form = ReportForm()
    if form.validate_on_submit():
        try:
            with transaction():
                here = our_booking(reference)
                reports.report(here, form.side.data, _account(form), who=who(), now=clock.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash("The report is put down.")
            return redirect(url_for("coordinator.report", reference=reference), 303)
    booking = our_booking(reference)
    return _page(booking, form), 422 if form.errors else 200


def _page(booking: Booking, form: ReportForm) -> str:
    promised = promises.pupils_of(booking)
    target = programmes.target_year_groups(booking.programme_id)
    typed = {y for y in YEAR_GROUPS if f"year_{y}" in request.form and request.form[f"year_{y}"].strip()}
    return render_template(
        "coordinator/report.html",
        booking=booking, form=form, promised=promised, year_groups=sorted({*promised, *target, *typed}),
        together=reports.companions(booking.performance), difference=reports.difference(booking),
        said=[(words, row, reports.counts_of(row), reports.count_of(row)) for words, row in _said(booking)],
        too_early=clock.now() < booking.performance.starts_at,
    )  # fmt: skip


def _said(booking: Booking) -> list[tuple[str, Any]]:
    """(whose, the report that holds) of each side that said something, the coordinator's last."""
    names = {SCHOOL: "The school", COMPANY: "The company, of the whole show", SETTLED: "Settled"}
    found = [(words, reports.newest(booking, side)) for side, words in names.items()]
    return [(words, row) for words, row in found if row is not None]


def _account(form: ReportForm) -> Account:
    split = {y: form[f"year_{y}"].data for y in YEAR_GROUPS if form[f"year_{y}"].data is not None}
    return Account(
        took_place=form.took_place.data == "yes",
        why_not=form.why_not.data or "",
        pupils=split or form.pupils.data,
        staff=form.staff.data,
        safeguarding_lead_present=_yes(form.safeguarding_lead_present.data),
        follow_up_lesson=_yes(form.follow_up_lesson.data),
        concerns=form.concerns.data,
        concerns_handed_on=_yes(form.concerns_handed_on.data),
    )


def _yes(said: str | None) -> bool | None:
    return None if said not in ("yes", "no") else said == "yes"
