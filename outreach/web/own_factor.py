"""Page of a person's own second factor and passkeys, and what is asked before either is changed: the password, or of
who has none that lets in a sign-in by their council's account just now."""

from datetime import timedelta
from typing import Any

from flask import g, render_template, request
from flask_login import current_user

from outreach.county import coordinators, passkeys, second_factors, sign_in_providers, sign_in_tries
from outreach.county.coordinators import Coordinator
from outreach.county.sign_in_sessions import SignInSession
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.wording import count
from outreach.web import forms, known_devices
from outreach.web.fields import given
from outreach.web.way_in import slowed_down, source_of

JUST_NOW = timedelta(minutes=10)
"""How long after a sign-in whoever has no password need not sign in once more."""


class SignedInLongAgo(Refusal):
    pass


class OwnPasswordForm(forms.Form):
    """Whoever changes a second factor shows once more that they are not somebody at a desk that was left open."""

    password = forms.password("Your password", required="Enter your password.")


def page(form: OwnPasswordForm) -> Any:
    factor = second_factors.standing(current_user.person_id)
    shown = render_template(
        "coordinator/second_factor.html",
        form=form,
        factor=factor,
        left=0 if factor is None else second_factors.codes_left(factor),
        is_asked=asks_for_one(),
        passkeys=passkeys.of_person(current_user.person_id),
        passkeys_possible=passkeys.possible(),
        by_account_alone=_by_account_alone(),
    )
    return (shown, *slowed_down()) if request.method == "POST" else shown


def own_password() -> OwnPasswordForm:
    """Who came by a one-time link need not know the password, as where they choose a new one; nor has everybody one
    who comes by their council's account."""
    form = OwnPasswordForm()
    if current_user.by_link or not _has_password():
        del form.password
    return form


def prove(form: OwnPasswordForm) -> None:
    """Raises TooManyTries, CannotSignIn: the password is guessed here no more often than at the door; and
    SignedInLongAgo."""
    if "password" not in form:
        began_at = db.session.get_one(SignInSession, current_user.session_id).began_at
        if not current_user.by_link and clock.now() >= began_at + JUST_NOW:
            raise SignedInLongAgo(
                f"You signed in more than {count(JUST_NOW // timedelta(minutes=1), 'minute')} ago. Sign out, sign in "
                "once more with your council’s account, and do this then."
            )
        return
    email = me().email
    source = source_of(email)
    with transaction():
        sign_in_tries.begin(email, source, now=clock.now())
    try:
        coordinators.holder(email, given(form.password.data))
    except coordinators.CannotSignIn as wrong:
        with transaction():
            device = known_devices.in_words()
            coordinators.note_failed(email, coordinators.OWN_PASSWORD, device=device, now=clock.now())
        raise coordinators.CannotSignIn("That is not your password.", field="password") from wrong
    with transaction():
        sign_in_tries.forget(email, source)


def _has_password() -> bool:
    """One that lets them in."""
    return me().password_hash is not None and not _by_account_alone()


def _by_account_alone() -> bool:
    return sign_in_providers.only_one_of(current_user.partnership_id) is not None


def asks_for_one() -> bool:
    return second_factors.is_asked_of(g.partnership.second_factor, current_user.role)


def me() -> Coordinator:
    return db.session.get_one(Coordinator, current_user.person_id)
