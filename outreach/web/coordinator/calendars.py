"""Calendars to subscribe to: one's own, one for each troupe, and the board's, with the dates of its
reports."""

from collections.abc import Callable
from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from flask_login import current_user

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.school_year import year_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import day_short
from outreach.post.feeds import addresses
from outreach.post.feeds.addresses import Feed
from outreach.post.feeds.entries import BOARD, COORDINATOR, TROUPE
from outreach.tour import companies, programmes
from outreach.tour.companies import Troupe
from outreach.visits import board_dates
from outreach.web import forms, spoken, subscribing
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to, status

OURS = (COORDINATOR, TROUPE, BOARD)
"""A school's address is the school's own: it stands on the school's page alone."""


class BoardDateForm(forms.Form):
    title = forms.text(
        "What is reported",
        required="Enter what is reported, for example Spring report.",
        at_most=120,
        hint="For example: Spring report",
    )
    day = forms.day("Date", required="Enter the date of the report.")
    programme = forms.pick("Programme")


@coordinator.route("/calendars", methods=["GET", "POST"], endpoint="calendars")
@coordinators_only
def all_calendars() -> Any:
    """The addresses; the form adds a date of a report."""
    form = BoardDateForm()
    of_which = programmes.of_partnership(g.partnership.id)
    spoken.of_all(of_which)
    choices = [(str(p.id), f"{p.title}, {year_name(p.academic_year)}") for p in of_which]
    forms.set_choices(form.programme, [("", "All that we do"), *choices])
    if form.validate_on_submit():
        with transaction():
            about = form.programme.data
            made = board_dates.add(
                g.partnership.id,
                form.title.data,
                given(form.day.data),
                who=who(),
                now=clock.now(),
                programme=programmes.get(g.partnership.id, int(about)) if about else None,
            )
            said = f"‘{made.title}’ on {day_short(made.day)} is in the board’s calendar."
        flash(said, "done")
        return redirect(url_for("coordinator.calendars"), 303)
    return _page(form), status()


@coordinator.post("/calendars/mine")
@coordinators_only
def make_own_calendar() -> Any:
    return _make(
        COORDINATOR, g.partnership.id, f"All shows, {g.partnership.county}", "mine", current_user.person_id
    )


@coordinator.post("/calendars/board")
@coordinators_only
def make_board_calendar() -> Any:
    return _make(BOARD, g.partnership.id, f"Reports to the board, {g.partnership.county}", "board")


@coordinator.post("/calendars/troupes/<int:troupe_id>")
@coordinators_only
def make_troupe_calendar(troupe_id: int) -> Any:
    troupe = companies.get_troupe(g.partnership.id, troupe_id)
    return _make(TROUPE, troupe.id, f"Shows of {_name(troupe)}", f"troupe-{troupe.id}")


@coordinator.post("/calendars/<int:feed_id>/renew")
@coordinators_only
def renew_calendar(feed_id: int) -> Any:
    return _end(
        feed_id,
        addresses.renew,
        "This is a new address. The old one has stopped: whoever used it subscribes again.",
    )


@coordinator.post("/calendars/<int:feed_id>/stop")
@coordinators_only
def stop_calendar(feed_id: int) -> Any:
    return _end(feed_id, addresses.withdraw, "The address has stopped. Shows and invites stay as they are.")


@coordinator.post("/calendars/dates/<int:date_id>/remove")
@coordinators_only
def remove_board_date(date_id: int) -> Any:
    if not board_dates.was_of(g.partnership.id, date_id):
        abort(404)
    back = url_for("coordinator.calendars")
    with back_to(back), transaction():
        found = board_dates.get(g.partnership.id, date_id)
        title = found.title
        board_dates.end(found, who=who(), now=clock.now())
    flash(f"‘{title}’ is removed. The board’s calendars show it as cancelled.", "done")
    return redirect(back, 303)


def _page(form: BoardDateForm) -> str:
    feeds = addresses.of_partnership(g.partnership.id, OURS)
    offers = {(f.kind, f.subject, f.holder): subscribing.offer(f) for f in feeds}
    return render_template(
        "coordinator/calendars.html",
        form=form,
        mine=offers.get((COORDINATOR, g.partnership.id, current_user.person_id)),
        board=offers.get((BOARD, g.partnership.id, 0)),
        troupes=[
            (troupe, _name(troupe), offers.get((TROUPE, troupe.id, 0)))
            for troupe in companies.troupes(g.partnership.id)
        ],
        dates=board_dates.coming(g.partnership.id, today=day_of(clock.now())),
    )


def _make(kind: str, subject: int, label: str, anchor: str, holder: int = 0) -> Any:
    with transaction():
        addresses.make(
            kind,
            subject,
            partnership_id=g.partnership.id,
            label=label,
            holder=holder,
            who=who(),
            now=clock.now(),
        )
    return redirect(url_for("coordinator.calendars", _anchor=anchor), 303)


def _end(feed_id: int, verb: Callable[..., Any], said: str) -> Any:
    with transaction():
        verb(_feed(feed_id), who=who(), now=clock.now())
    flash(said, "done")
    return redirect(url_for("coordinator.calendars"), 303)


def _feed(feed_id: int) -> Feed:
    """An address of this page that works; a 404 for a school's, for another coordinator's, for another
    partnership's."""
    for feed in addresses.of_partnership(g.partnership.id, OURS):
        if feed.id == feed_id and feed.holder in (0, current_user.person_id):
            return feed
    abort(404)


def _name(troupe: Troupe) -> str:
    return f"{troupe.company.name}, {troupe.name}"
