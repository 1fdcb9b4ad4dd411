"""A coordinator's own account: who one is here, the days of the digest, and what one has switched on."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_login import current_user

from outreach.county import coordinators
from outreach.coverage.digest import days
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import status


class AccountForm(forms.Form):
    digest = forms.ticks(
        "Your desk by mail, at 7am",
        [(str(day), name) for day, name in enumerate(days.WEEKDAYS)],
        hint="What is new, due or wrong, if anything is. Each has a link that stops it.",
    )
    single_keys = forms.tick("Single keys on lists: j and k go down and up, x ticks, ? shows them")


@coordinator.route("/account", methods=["GET", "POST"])
@coordinators_only
def account() -> Any:
    person = db.session.get_one(coordinators.Coordinator, current_user.person_id)
    form = AccountForm(obj=person, digest=[str(day) for day in days.chosen(person.id)])
    if form.validate_on_submit():
        with transaction():
            mine = db.session.get_one(coordinators.Coordinator, current_user.person_id)
            coordinators.use_single_keys(mine, bool(form.single_keys.data), now=clock.now())
            days.choose(mine, [int(day) for day in form.digest.data or ()], who=who(), now=clock.now())
        flash("Kept.")
        return redirect(url_for("coordinator.account"), 303)
    return render_template("coordinator/account.html", form=form, person=person), status()
