"""What came of a show, said by the school by its own link once it has begun; and its report taken back when
it was wrong"""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.booking import promises
from outreach.booking.promises import Booking
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.tour import programmes
from outreach.visits import reports
from outreach.web.gate import by_personal_link, own_booking, school
from outreach.web.report_form import SchoolReportForm, WithdrawForm


@school.route("/i/<token>/booked/<reference>/report", methods=["GET", "POST"])
@by_personal_link
def report(token: str, reference: str) -> Any:
    """How it went, in numbers; what the school said before is shown, and a new report stands in its place."""
    booking = own_booking(reference)
    if booking.ended_at is not None or clock.now() < booking.performance.starts_at:
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    form = SchoolReportForm()
    if form.validate_on_submit():
        try:
            with transaction():
                reports.report(
                    own_booking(reference), reports.SCHOOL, form.account(), who=g.who, now=clock.now()
                )
        except Refusal as no:
            form.refuse(no)
        else:
            flash("Thank you. What you said is put down, and you can correct it here.", "done")
            return redirect(url_for(".report", token=token, reference=reference), 303)
    return _page(token, booking, form), 422 if request.method == "POST" else 200


@school.route("/i/<token>/booked/<reference>/report/withdraw", methods=["GET", "POST"])
@by_personal_link
def report_withdraw(token: str, reference: str) -> Any:
    """Take the school's own report back, with the reason; what it said before that holds again."""
    booking = own_booking(reference)
    back = url_for(".report", token=token, reference=reference)
    said = reports.newest(booking, reports.SCHOOL)
    if said is None:
        return redirect(back, 303)
    form = WithdrawForm(data={"report": str(said.id)})
    if form.validate_on_submit():
        try:
            with transaction():
                reports.withdraw(
                    own_booking(reference),
                    reports.SCHOOL,
                    form.report_id(),
                    reason=form.reason.data,
                    who=g.who,
                    now=clock.now(),
                )
        except Refusal as no:
            form.refuse(no)
        else:
            flash("Your report is taken back.", "done")
            return redirect(back, 303)
    page = render_template(
        "school/report_withdraw.html",
        token=token,
        booking=booking,
        form=form,
        said=said,
        back=back,
        total=reports.count_of(said),
        older=reports.older(booking, said),
    )
    return page, 422 if request.method == "POST" else 200


def _page(token: str, booking: Booking, form: SchoolReportForm) -> str:
    promised = promises.pupils_of(booking)
    target = programmes.target_year_groups(booking.programme_id)
    said = reports.newest(booking, reports.SCHOOL)
    return render_template(
        "school/report.html",
        token=token,
        booking=booking,
        form=form,
        promised=promised,
        said=said,
        year_groups=sorted({*promised, *target}),
        total=reports.count_of(said),
        split=reports.counts_of(said) if said else {},
    )
