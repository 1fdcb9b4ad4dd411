"""A person's own second factor, of whatever role: set up with an app, its recovery codes, taken away. Where it changes,
whoever is signed in elsewhere signs in anew."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_login import current_user

from outreach.booking import told_of_sign_in
from outreach.county import coordinators, passkeys, second_factors, sign_in_sessions
from outreach.ground import clock, sealed
from outreach.ground.db import db, transaction
from outreach.web import forms
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.own_factor import asks_for_one, me, own_password, page, prove
from outreach.web.qr import qr_svg
from outreach.web.refusals import status


class CodeForm(forms.Form):
    code = forms.text("Code", required="Enter the six figures that the app shows.", at_most=20)


@coordinator.get("/account/second-factor")
@coordinators_only
def second_factor() -> Any:
    return page(own_password())


@coordinator.post("/account/second-factor/begin")
@coordinators_only
def begin_second_factor() -> Any:
    form = own_password()
    if not form.validate_on_submit():
        return page(form)
    prove(form)
    with transaction():
        second_factors.begin(
            current_user.person_id, partnership_id=current_user.partnership_id, now=clock.now()
        )
    return redirect(url_for("coordinator.confirm_second_factor"), 303)


@coordinator.route("/account/second-factor/app", methods=["GET", "POST"])
@coordinators_only
def confirm_second_factor() -> Any:
    """The picture for the app; the code that proves that it has it shows the recovery codes, this once."""
    form, now = CodeForm(), clock.now()
    if form.validate_on_submit():
        person_id, code = current_user.person_id, given(form.code.data)
        drawn = second_factors.draw_codes(second_factors.shown(person_id, now=now))
        db.session.rollback()
        with transaction():
            codes = second_factors.confirm(person_id, code, drawn, who=who(), now=now)
            factor = second_factors.standing(current_user.person_id)
            assert factor is not None
            person = me()
            coordinators.keep_out(person, sign_in_sessions.ENDED, but=current_user.session_id, now=now)
            told_of_sign_in.tell(
                person, "A second factor was set up for your account.", of=f"{factor.id} set up", now=now
            )
        return render_template("coordinator/recovery_codes.html", codes=codes)
    factor = second_factors.shown(current_user.person_id, now=now)
    if factor is None:
        return redirect(url_for("coordinator.second_factor"), 303)
    try:
        address = second_factors.address_for_app(factor, account=me().email, issuer=_issuer())
    except sealed.CannotOpen:
        flash("That was begun too long ago. Begin once more.")
        return redirect(url_for("coordinator.second_factor"), 303)
    page = render_template(
        "coordinator/second_factor_app.html", form=form, qr=qr_svg(address), key=_in_fours(factor.key())
    )
    return page, status()


@coordinator.post("/account/second-factor/codes")
@coordinators_only
def new_recovery_codes() -> Any:
    form = own_password()
    if not form.validate_on_submit():
        return page(form)
    prove(form)
    now = clock.now()
    drawn = second_factors.draw_codes(second_factors.standing(current_user.person_id))
    db.session.rollback()
    with transaction():
        codes = second_factors.renew_codes(current_user.person_id, drawn, who=who(), now=now)
        said = "New recovery codes were made for your account. None of the older ones lets anybody in."
        told_of_sign_in.tell(me(), said, of=f"{current_user.person_id} codes {now.timestamp():.0f}", now=now)
    return render_template("coordinator/recovery_codes.html", codes=codes)


@coordinator.post("/account/second-factor/end")
@coordinators_only
def end_second_factor() -> Any:
    form = own_password()
    if not form.validate_on_submit():
        return page(form)
    if asks_for_one() and not passkeys.of_person(current_user.person_id):
        raise second_factors.SecondFactorAsked(
            f"{g.partnership.name} asks you for a second factor, so it cannot be taken away. Move it to another phone "
            "instead.",
            field="password",
        )
    prove(form)
    now = clock.now()
    with transaction():
        factor = second_factors.end(current_user.person_id, who=who(), now=now)
        person = me()
        coordinators.keep_out(person, sign_in_sessions.ENDED, but=current_user.session_id, now=now)
        told_of_sign_in.tell(
            person, "The second factor of your account was taken away.", of=f"{factor.id} ended", now=now
        )
        still = passkeys.of_person(current_user.person_id)
    flash(
        (
            "The app is taken away. After your password you are asked for a passkey."
            if still
            else "Your second factor is taken away. Your password alone lets you in now."
        )
        + " Every other place where you were signed in is signed out.",
        "done",
    )
    return redirect(url_for("coordinator.second_factor"), 303)


def _issuer() -> str:
    """What the app calls the account. A colon would end the name there."""
    return f"Outreach {g.partnership.county}".replace(":", " ")


def _in_fours(key: str) -> str:
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))
