"""A coordinator's own password."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from wtforms import ValidationError

from outreach.county import coordinators, passkeys, sign_in_tries
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.wording import count
from outreach.web import forms, known_devices, letting_in
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only
from outreach.web.way_in import slowed_down, source_of


class PasswordForm(forms.Form):
    old = forms.password("Your password now", required="Enter the password you have now.")
    password = forms.password("New password", required="Enter a new password.")
    again = forms.password("New password again", required="Enter the new password again.")

    def validate_again(self, field: Any) -> None:
        if field.data != self.password.data:
            raise ValidationError("The two new passwords are not the same.")


@coordinator.route("/password", methods=["GET", "POST"])
@coordinators_only
def password() -> Any:
    """Who came by a one-time link need not know the old password."""
    form = PasswordForm()
    if current_user.by_link:
        del form.old
    if form.validate_on_submit():
        _change(form)
        said = "Your password is changed. Every other place where you were signed in is signed out."
        if held := len(passkeys.of_person(current_user.person_id)):
            said += f" {count(held, 'passkey lets', 'passkeys let')} you in still."
        flash(said)
        return redirect(url_for("coordinator.password"), 303)
    page = render_template("coordinator/password.html", form=form)
    return (page, *slowed_down()) if request.method == "POST" else page


def _change(form: PasswordForm) -> None:
    """The old password is a secret to be guessed here too, so wrong ones are counted as at the door."""
    person = db.session.get_one(coordinators.Coordinator, current_user.person_id)
    email, now = person.email, clock.now()
    source = source_of(email)
    if "old" in form:
        with transaction():
            sign_in_tries.begin(email, source, now=now)
        try:
            coordinators.holder(email, given(form.old.data))
        except coordinators.CannotSignIn as wrong:
            with transaction():
                coordinators.note_failed(
                    email, coordinators.OWN_PASSWORD, device=known_devices.in_words(), now=now
                )
            raise coordinators.CannotSignIn("That is not your password now.", field="old") from wrong
    new_hash = coordinators.hash_of(person, given(form.password.data))
    with transaction():
        person = coordinators.get(email)
        coordinators.change_password(person, new_hash, now=now)
        sign_in_tries.forget(email, source)
        who = letting_in.begin(person, by_link=False, now=now)
    letting_in.enter(who)
