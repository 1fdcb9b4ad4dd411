"""A school's report on a show by its own link once it has begun; and its report taken back when it was
wrong."""

from collections.abc import Mapping
from typing import Any

from flask import flash, g, redirect, render_template, url_for

from outreach.booking import promises, told
from outreach.booking.promises import Booking
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.timespans import day_of
from outreach.tour import programmes
from outreach.visits import absences, pledges, reports
from outreach.visits.pledges import LEAD_PRESENT, PledgeAnswer
from outreach.web import pledge_words
from outreach.web.gate import by_personal_link, own_booking, school
from outreach.web.refusals import status
from outreach.web.report_form import SchoolReportForm, put_down, taken_back


@school.route("/i/<token>/booked/<reference>/report", methods=["GET", "POST"])
@by_personal_link
def report(token: str, reference: str) -> Any:
    """How it went, in numbers; what the school said before is shown, and a new report stands in its place."""
    booking = own_booking(reference)
    if booking.ended_at is not None or clock.now() < booking.performance.starts_at:
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    promised = promises.pupils_of(booking)
    answers = pledges.answers_of([booking.id]).get(booking.id, [])
    answered = pledges.words_on_what_was_done(answers, since=booking.performance.starts_at)
    form = SchoolReportForm()
    form.ask(promised, lead_wanted=not g.programme.for_adults and LEAD_PRESENT not in answered)
    if form.validate_on_submit():
        with transaction():
            put_down(own_booking(reference), reports.SCHOOL, form, who=g.who, now=clock.now())
            if form.missed():
                absences.tell(g.programme, g.organisation, form.missed(), who=g.who, now=clock.now())
        flash("Thank you. What you said is put down, and you can correct it here.", "done")
        return redirect(url_for(".report", token=token, reference=reference), 303)
    return _page(token, booking, promised, answered, form), status()


@school.route("/i/<token>/booked/<reference>/report/withdraw", methods=["GET", "POST"])
@by_personal_link
def report_withdraw(token: str, reference: str) -> Any:
    """Take the school's own report back, with the reason; what it said before that holds again."""
    return taken_back(
        "school/report_withdraw.html",
        reports.SCHOOL,
        own_booking(reference),
        back=url_for(".report", token=token, reference=reference),
        who=g.who,
        done="Your report is taken back.",
        token=token,
    )


def _page(
    token: str,
    booking: Booking,
    promised: Mapping[int, int],
    answered: Mapping[str, PledgeAnswer],
    form: SchoolReportForm,
) -> str:
    target = programmes.groups_counted(booking.programme)
    said = reports.newest(booking, reports.SCHOOL)
    return render_template(
        "school/report.html",
        token=token,
        booking=booking,
        form=form,
        said=said,
        year_groups=sorted({*promised, *target}),
        missed_of=[y for y in sorted(promised) if y in target],
        total=reports.count_of(said),
        split=reports.counts_of(said) if said else {},
        besides=pledge_words.in_short(answered),
        until=day_of(told.expiry(booking)),
    )
