"""A coordinator's own account: who one is here, and what one has switched on."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_login import current_user

from outreach.county import coordinators
from outreach.ground.db import db, transaction
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only
from outreach.web.refusals import status


class AccountForm(forms.Form):
    single_keys = forms.tick("Single keys on lists: j and k go down and up, x ticks, ? shows them")


@coordinator.route("/account", methods=["GET", "POST"])
@coordinators_only
def account() -> Any:
    person = db.session.get_one(coordinators.Coordinator, current_user.person_id)
    form = AccountForm(obj=person)
    if form.validate_on_submit():
        with transaction():
            db.session.get_one(coordinators.Coordinator, person.id).single_keys = bool(form.single_keys.data)
        flash("Kept.")
        return redirect(url_for("coordinator.account"), 303)
    return render_template("coordinator/account.html", form=form, person=person), status()
