"""The way in for who has a letter on paper, or a code from the phone: postcode and code open the school's page."""

from typing import Any

from flask import g, redirect, render_template, request, url_for

from outreach.asking import short_codes
from outreach.county import partnerships
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.web.gate import open_to_all, public
from outreach.web.refusals import status
from outreach.web.way_in import CodeForm, origin_of


@public.route("/code", methods=["GET", "POST"])
@open_to_all
def code() -> Any:
    """Opens nothing by being looked at; a right pair leads to a fresh link, a wrong one is counted."""
    g.partnership = partnerships.only()
    form = CodeForm()
    if form.validate_on_submit():
        with transaction():
            token = short_codes.open_with(
                form.postcode.data,
                form.code.data,
                origin=origin_of(request.remote_addr or ""),
                now=clock.now(),
            )
        if token is not None:
            return redirect(url_for("school.times", token=token), 303)
        form.code.errors = [*form.code.errors, short_codes.DO_NOT_FIT]
    return render_template("public/code.html", form=form), status()
