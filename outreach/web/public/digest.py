"""The stop link of the digest: looked at, stopped, and begun again, without signing in."""

from typing import Any

from flask import abort, current_app, redirect, render_template, request, url_for

from outreach.county.coordinators import Coordinator
from outreach.coverage.digest import days, sending
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.post.envelopes import ONE_CLICK
from outreach.web.gate import csrf, open_to_all, public
from outreach.web.refusals import back_to

BY_LINK = "the stop link of the digest"
"""Who did it, for the history: whoever holds the letter."""


@public.get("/digest/<stop_token>")
@open_to_all
def digest(stop_token: str) -> Any:
    """Looking stops nothing: scanners of mail open links."""
    on = days.named(days.chosen(_whose(stop_token).id))
    return render_template("public/digest.html", stop_token=stop_token, on=on)


@public.post("/digest/<stop_token>")
@open_to_all
def digest_stop(stop_token: str) -> Any:
    """A mail reader's own button sends no cookie and follows no redirect (RFC 8058 3.1 and 3.2): the token in the
    address says enough. The button of the page bears the token of its form, as every form does."""
    name, _, value = ONE_CLICK.partition("=")
    by_reader = request.form.get(name) == value
    if not by_reader and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
    with transaction():
        days.stop(_whose(stop_token), who=BY_LINK, now=clock.now())
    if by_reader:
        return render_template("public/digest.html", stop_token=stop_token, on="")
    return redirect(url_for("public.digest", stop_token=stop_token), 303)


csrf.exempt(digest_stop)


@public.post("/digest/<stop_token>/undo")
@open_to_all
def digest_undo(stop_token: str) -> Any:
    here = url_for("public.digest", stop_token=stop_token)
    with back_to(here), transaction():
        days.begin_again(_whose(stop_token), who=BY_LINK, now=clock.now())
    return redirect(here, 303)


def _whose(stop_token: str) -> Coordinator:
    person = sending.whose(stop_token)
    if person is None:
        abort(404)
    return person
