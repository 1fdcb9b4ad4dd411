"""A coordinator's own account: who one is here, the days of the digest, what one has switched on, and where one is
signed in."""

from typing import Any

from flask import flash, redirect, render_template, session, url_for
from flask_login import current_user, logout_user

from outreach.county import coordinators, sign_in_sessions
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
            mine.single_keys = bool(form.single_keys.data)
            days.choose(mine, [int(day) for day in form.digest.data or ()], who=who(), now=clock.now())
        flash("Kept.")
        return redirect(url_for("coordinator.account"), 303)
    sessions = sign_in_sessions.open_of(person.id, sign_in_sessions.lifetime(), now=clock.now())
    return render_template("coordinator/account.html", form=form, person=person, sessions=sessions), status()


@coordinator.post("/account/sessions/<int:session_id>/end")
@coordinators_only
def end_session(session_id: int) -> Any:
    with transaction():
        sign_in_sessions.end_own(session_id, person_id=current_user.person_id, now=clock.now())
    flash("You are signed out there.", "done")
    return redirect(url_for("coordinator.account"), 303)


@coordinator.post("/account/sessions/end-others")
@coordinators_only
def end_other_sessions() -> Any:
    with transaction():
        sign_in_sessions.end_all_of(
            current_user.person_id, why=sign_in_sessions.ENDED, now=clock.now(), but=current_user.session_id
        )
    flash("You are signed out everywhere but here.", "done")
    return redirect(url_for("coordinator.account"), 303)


@coordinator.post("/account/sessions/end-all")
@coordinators_only
def end_all_sessions() -> Any:
    """This one too: a person who leaves a desk that others use is in nowhere any more."""
    with transaction():
        sign_in_sessions.end_all_of(current_user.person_id, why=sign_in_sessions.SIGNED_OUT, now=clock.now())
    logout_user()
    session.clear()
    flash("You are signed out everywhere.")
    return redirect(url_for("public.sign_in"), 303)
