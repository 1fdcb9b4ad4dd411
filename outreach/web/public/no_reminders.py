"""The stop link of reminders of a visit: looked at, stopped, and begun again, without signing in."""

from typing import Any

from flask import abort, current_app, redirect, render_template, request, url_for

from outreach.booking.promises import Booking
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.post.envelopes import ONE_CLICK
from outreach.visits import stopping
from outreach.visits.before import reminding
from outreach.web.gate import csrf, open_to_all, public

BY_LINK = "the stop link of a reminder"
"""Who did it, for the history: whoever holds the letter."""


@public.get("/no-reminders/<reminder_token>")
@open_to_all
def no_reminders(reminder_token: str) -> Any:
    """Looking stops nothing: scanners of mail open links."""
    booking = _whose(reminder_token)
    return _page(
        reminder_token, booking, stopped=stopping.stopped(booking.programme_id, booking.organisation_id)
    )


@public.post("/no-reminders/<reminder_token>")
@open_to_all
def no_reminders_stop(reminder_token: str) -> Any:
    """A mail reader's own button sends no cookie and follows no redirect (RFC 8058 3.1 and 3.2): the token in the
    address says enough. The button of the page bears the token of its form, as every form does."""
    name, _, value = ONE_CLICK.partition("=")
    by_reader = request.form.get(name) == value
    if not by_reader and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
    with transaction():
        booking = _whose(reminder_token)
        stopping.stop(booking.programme, booking.organisation_id, who=BY_LINK, now=clock.now())
        page = _page(reminder_token, booking, stopped=True)
    if by_reader:
        return page
    return redirect(url_for("public.no_reminders", reminder_token=reminder_token), 303)


csrf.exempt(no_reminders_stop)


@public.post("/no-reminders/<reminder_token>/undo")
@open_to_all
def no_reminders_undo(reminder_token: str) -> Any:
    with transaction():
        booking = _whose(reminder_token)
        stopping.begin_again(booking.programme, booking.organisation_id, who=BY_LINK, now=clock.now())
    return redirect(url_for("public.no_reminders", reminder_token=reminder_token), 303)


def _page(reminder_token: str, booking: Booking, *, stopped: bool) -> str:
    return render_template(
        "public/no_reminders.html",
        reminder_token=reminder_token,
        stopped=stopped,
        title=booking.programme.title,
        for_adults=booking.programme.for_adults,
    )


def _whose(reminder_token: str) -> Booking:
    booking = reminding.whose(reminder_token)
    if booking is None:
        abort(404)
    return booking
