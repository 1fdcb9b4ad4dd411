"""A person's own second factor, of whatever role: set up with an app, its recovery codes, taken away."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user

from outreach.booking import told_of_sign_in
from outreach.county import coordinators, second_factors, sign_in_tries
from outreach.county.coordinators import Coordinator
from outreach.ground import clock, sealed
from outreach.ground.db import db, transaction
from outreach.web import forms
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.qr import qr_svg
from outreach.web.refusals import status
from outreach.web.way_in import slowed_down, source_of


class OwnPasswordForm(forms.Form):
    """Whoever changes a second factor shows once more that they are not somebody at a desk that was left open."""

    password = forms.password("Your password", required="Enter your password.")


class CodeForm(forms.Form):
    code = forms.text("Code", required="Enter the six figures that the app shows.", at_most=20)


@coordinator.get("/account/second-factor")
@coordinators_only
def second_factor() -> Any:
    return _page(_own_password())


@coordinator.post("/account/second-factor/begin")
@coordinators_only
def begin_second_factor() -> Any:
    form = _own_password()
    if not form.validate_on_submit():
        return _page(form)
    _prove(form)
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
        me, code = current_user.person_id, given(form.code.data)
        drawn = second_factors.draw_codes(second_factors.shown(me, now=now))
        db.session.rollback()
        with transaction():
            codes = second_factors.confirm(me, code, drawn, who=who(), now=now)
            factor = second_factors.standing(current_user.person_id)
            assert factor is not None
            told_of_sign_in.tell(
                _me(), "A second factor was set up for your account.", of=f"{factor.id} set up", now=now
            )
        return render_template("coordinator/recovery_codes.html", codes=codes)
    factor = second_factors.shown(current_user.person_id, now=now)
    if factor is None:
        return redirect(url_for("coordinator.second_factor"), 303)
    try:
        address = second_factors.address_for_app(factor, account=_me().email, issuer=_issuer())
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
    form = _own_password()
    if not form.validate_on_submit():
        return _page(form)
    _prove(form)
    now = clock.now()
    drawn = second_factors.draw_codes(second_factors.standing(current_user.person_id))
    db.session.rollback()
    with transaction():
        codes = second_factors.renew_codes(current_user.person_id, drawn, who=who(), now=now)
        said = "New recovery codes were made for your account. None of the older ones lets anybody in."
        told_of_sign_in.tell(_me(), said, of=f"{current_user.person_id} codes {now.timestamp():.0f}", now=now)
    return render_template("coordinator/recovery_codes.html", codes=codes)


@coordinator.post("/account/second-factor/end")
@coordinators_only
def end_second_factor() -> Any:
    form = _own_password()
    if not form.validate_on_submit():
        return _page(form)
    if _is_asked():
        raise second_factors.SecondFactorAsked(
            f"{g.partnership.name} asks you for a second factor, so it cannot be taken away. Move it to another phone "
            "instead.",
            field="password",
        )
    _prove(form)
    now = clock.now()
    with transaction():
        factor = second_factors.end(current_user.person_id, who=who(), now=now)
        told_of_sign_in.tell(
            _me(), "The second factor of your account was taken away.", of=f"{factor.id} ended", now=now
        )
    flash("Your second factor is taken away. Your password alone lets you in now.", "done")
    return redirect(url_for("coordinator.second_factor"), 303)


def _page(form: OwnPasswordForm) -> Any:
    factor = second_factors.standing(current_user.person_id)
    page = render_template(
        "coordinator/second_factor.html",
        form=form,
        factor=factor,
        left=0 if factor is None else second_factors.codes_left(factor),
        is_asked=_is_asked(),
    )
    return (page, *slowed_down()) if request.method == "POST" else page


def _own_password() -> OwnPasswordForm:
    """Who came by a one-time link need not know the password, as where they choose a new one."""
    form = OwnPasswordForm()
    if current_user.by_link:
        del form.password
    return form


def _prove(form: OwnPasswordForm) -> None:
    """Raises TooManyTries, CannotSignIn: the password is guessed here no more often than at the door."""
    if "password" not in form:
        return
    email = _me().email
    source = source_of(email)
    with transaction():
        sign_in_tries.begin(email, source, now=clock.now())
    try:
        coordinators.holder(email, given(form.password.data))
    except coordinators.CannotSignIn as wrong:
        raise coordinators.CannotSignIn("That is not your password.", field="password") from wrong
    with transaction():
        sign_in_tries.forget(email, source)


def _is_asked() -> bool:
    return second_factors.is_asked_of(g.partnership.second_factor, current_user.role)


def _me() -> Coordinator:
    return db.session.get_one(Coordinator, current_user.person_id)


def _issuer() -> str:
    """What the app calls the account. A colon would end the name there."""
    return f"Outreach {g.partnership.county}".replace(":", " ")


def _in_fours(key: str) -> str:
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))
