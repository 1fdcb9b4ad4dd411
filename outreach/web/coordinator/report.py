"""A visit report put down by a coordinator: the school's word, the company's, or the one that settles
them."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from outreach.booking import promises
from outreach.booking.promises import Booking
from outreach.ground import clock
from outreach.ground.audience import OF_PUPILS, Words, in_group
from outreach.ground.db import transaction
from outreach.ground.wording import and_list
from outreach.tour import programmes
from outreach.visits import pledges, reports
from outreach.visits.reports import COMPANY, SCHOOL, SETTLED, VisitReport
from outreach.web import forms
from outreach.web.coordinator import report_words
from outreach.web.coordinator.report_words import Reported
from outreach.web.gate import coordinator, coordinators_only, our_booking, who
from outreach.web.pledge_words import said_of_pledges
from outreach.web.report_form import COUNTED, CoordinatorsReportForm, put_down, taken_back


def sides(words: Words) -> dict[str, str]:
    """Whose report it may be, as the form asks."""
    return {
        SCHOOL: f"The {words.asked}’s, about its own",
        COMPANY: f"The {words.company}’s, a head count of the whole {words.show}",
        SETTLED: "Mine, which stands over both",
    }


def whose(side: str, words: Words) -> str:
    return {
        SCHOOL: f"the {words.asked}’s",
        COMPANY: f"the {words.company}’s",
        SETTLED: "the settling",
    }[side]


class ReportForm(CoordinatorsReportForm):
    side = forms.choice(
        "Whose report is it?", list(sides(OF_PUPILS).items()), required="Choose whose report it is."
    )


@coordinator.route("/bookings/<reference>/report", methods=["GET", "POST"])
@coordinators_only
def report(reference: str) -> Any:
    booking = our_booking(reference)
    form = ReportForm()
    forms.set_choices(form.side, sides(booking.programme.words).items())
    if form.validate_on_submit():
        with transaction():
            put_down(our_booking(reference), form.side.data, form, who=who(), now=clock.now())
        flash("The report is put down.")
        return redirect(url_for("coordinator.report", reference=reference), 303)
    return _page(booking, form), 422 if form.errors else 200


@coordinator.route("/bookings/<reference>/report/<side>/withdraw", methods=["GET", "POST"])
@coordinators_only
def report_withdraw(reference: str, side: str) -> Any:
    """Take a side's report back, with the reason; what that side said before holds again."""
    booking = our_booking(reference)
    if side not in report_words.SIDES:
        abort(404)
    return taken_back(
        "coordinator/report_withdraw.html",
        side,
        booking,
        back=url_for("coordinator.report", reference=reference),
        who=who(),
        done="The report is taken back. What that side said before holds again.",
        category="message",
        whose=whose(side, booking.programme.words),
    )


def _page(booking: Booking, form: ReportForm) -> str:
    promised = promises.pupils_of(booking)
    target = programmes.groups_counted(booking.programme)
    told = [_reported(row, booking) for side in report_words.SIDES if (row := reports.newest(booking, side))]
    difference = reports.difference(booking)
    answers = pledges.answers_of([booking.id]).get(booking.id, [])
    typed = {y for y in COUNTED if f"year_{y}" in request.form and request.form[f"year_{y}"].strip()}
    return render_template(
        "coordinator/report.html",
        booking=booking,
        form=form,
        promised_said=promised_said(promised, for_adults=booking.programme.for_adults),
        year_groups=sorted({*promised, *target, *typed}),
        together=reports.who_was_to_come(booking.performance),
        difference=difference,
        told=told,
        each_counted=any(one.of_each for one in told),
        counts_differ=bool(difference) and all(one.row.took_place for one in told),
        side_by_side=report_words.side_by_side(told),
        not_handed_on=report_words.not_handed_on(told, answers),
        pledged=said_of_pledges(answers),
        corrected=[_reported(row, booking) for row in reports.corrected(booking)],
        withdrawn=[(_reported(row, booking), back) for row, back in reports.withdrawn(booking)],
        in_short=report_words.in_short,
        over=booking.performance.ends_at <= clock.now(),
        too_early=clock.now() < booking.performance.starts_at,
    )


def promised_said(pupils: Mapping[int, int], *, for_adults: bool = False) -> str:
    """How many the school said would come."""
    if not pupils:
        return "It is not known how many were promised." if for_adults else "Nobody was promised."
    return f"Promised: {and_list(in_group(n, year) for year, n in pupils.items())}."


def _reported(row: VisitReport, of: Booking) -> Reported:
    return Reported(
        row=row,
        split=reports.counts_of(row),
        total=reports.count_of(row),
        of_each={one.organisation.name: n for one, n in reports.who_came(row)},
        own=of.organisation.name,
        words=of.programme.words,
    )
