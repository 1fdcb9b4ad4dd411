"""A company's report on a show by its troupe's link; and its report taken back when it was wrong."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from sqlalchemy import select

from outreach.booking.promises import HOST, Booking
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.tour.performances import Performance
from outreach.visits import report_sendings, reports
from outreach.visits.report_sendings import ReportSending
from outreach.web import form_keys, kept_on_phone, spoken
from outreach.web.gate import company
from outreach.web.report_form import CompanyReportForm, company_form, put_down, taken_back
from outreach.web.troupe_door import by_troupe


@company.route("/t/<token>/shows/<int:performance_id>/report", methods=["GET", "POST"])
@by_troupe
def report(token: str, performance_id: int) -> Any:
    """Whether it took place and how many saw it, host and guests together."""
    booking = _own_show(performance_id)
    together = reports.who_was_to_come(booking.performance)
    form = company_form(together)
    form.ask(together, booking.programme.words)
    if form.validate_on_submit():
        with transaction():
            own = _own_show(performance_id)
            sending = _put_down_once(own, form)
            newer = kept_on_phone.newer(reports.newest(own, reports.COMPANY), sending.report)
            sent_at = sending.recorded_at
        if kept_on_phone.sent_by_script():
            return {"sent": sent_at.isoformat()} | ({"newer": newer} if newer else {})
        if newer:
            flash(newer, "confirm")
        else:
            flash("Thank you. What you said is put down, and you can correct it here.", "done")
        return redirect(url_for(".report", token=token, performance_id=performance_id), 303)
    said, show, now = reports.newest(booking, reports.COMPANY), booking.performance, clock.now()
    phone = kept_on_phone.on_phone(
        kept_on_phone.until_after(show.ends_at, now=now),
        [url_for(".days", token=token), url_for(".sheet", token=token, day_id=show.tour_day_id)],
    )
    page = render_template(
        "company/report.html",
        token=token,
        booking=booking,
        form=form,
        key=form_keys.key_of(),
        said=said,
        total=reports.count_of(said),
        together=together,
        too_early=now < show.starts_at,
        phone=phone,
        now=now,
    )
    return kept_on_phone.answer(page, phone)


@company.route("/t/<token>/shows/<int:performance_id>/report/withdraw", methods=["GET", "POST"])
@by_troupe
def report_withdraw(token: str, performance_id: int) -> Any:
    """Take the company's own report back, with the reason; what it said before that holds again."""
    return taken_back(
        "company/report_withdraw.html",
        reports.COMPANY,
        _own_show(performance_id),
        back=url_for(".report", token=token, performance_id=performance_id),
        who=g.who,
        done="Your report is taken back.",
        token=token,
    )


def _put_down_once(booking: Booking, form: CompanyReportForm) -> ReportSending:
    """The report, and when it came in; of a form that was sent before, nothing more: what came of it then."""
    key, said, now = form_keys.key_of(), form_keys.said(), clock.now()
    sending = report_sendings.sent_already(booking, key, said)
    if sending is None:
        at = kept_on_phone.filled_in_at(now)
        report = put_down(booking, reports.COMPANY, form, who=g.who, now=now, filled_in_at=at)
        sending = report_sendings.note(report, key, said, now=now)
    return sending


def _own_show(performance_id: int) -> Booking:
    """The host's booking of one of the troupe's shows; a 404 for anybody else's, or one that was called
    off."""
    found = db.session.scalar(
        select(Booking)
        .join(Performance, Performance.id == Booking.performance_id)
        .where(
            Performance.id == performance_id,
            Performance.troupe_id == g.troupe.id,
            Booking.role == HOST,
            Booking.ended_at.is_(None),
        )
    )
    if found is None:
        abort(404)
    spoken.of(found.programme)
    return found
