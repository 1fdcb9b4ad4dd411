"""Signing in and out: by password, or by a one-time link that a person has to click twice."""

from typing import Any
from urllib.parse import urlsplit

from flask import flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user

from outreach.county import coordinators
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.web import forms
from outreach.web.fields import given
from outreach.web.gate import SignedIn, open_to_all, public


class SignInForm(forms.Form):
    email = forms.address("Email address", required="Enter your email address.")
    password = forms.password("Password", required="Enter your password.")


@public.get("/sign-in")
@open_to_all
def sign_in() -> Any:
    if current_user.is_authenticated:
        return redirect(_onward(), 303)
    return render_template("public/sign_in.html", form=SignInForm())


@public.post("/sign-in")
@open_to_all
def sign_in_send() -> Any:
    form = SignInForm()
    if form.validate_on_submit():
        email, now = form.email.data, clock.now()
        with transaction():
            coordinators.begin_try(email, remote=request.remote_addr or "", now=now)
        person = coordinators.holder(email, given(form.password.data))
        with transaction():
            coordinators.let_in(person, now=now)
        return _let_in(person.email, by_link=False)
    return render_template("public/sign_in.html", form=form), 422


@public.route("/sign-in/<token>", methods=["GET", "POST"])
@open_to_all
def sign_in_link(token: str) -> Any:
    """A mail scanner that opens the link uses nothing up: only the button does."""
    if request.method == "POST":
        try:
            with transaction():
                person = coordinators.use_link(token, now=clock.now())
            return _let_in(person.email, by_link=True)
        except coordinators.LinkUsed:
            pass
    elif coordinators.link_is_open(token, now=clock.now()):
        return render_template("public/sign_in_link.html", token=token)
    return render_template("public/sign_in_link_used.html"), 410


@public.post("/sign-out")
@open_to_all
def sign_out() -> Any:
    logout_user()
    session.clear()
    flash("You are signed out.")
    return redirect(url_for("public.sign_in"), 303)


def _let_in(email: str, *, by_link: bool) -> Any:
    """A fresh session, nothing of an older one left; who came by link may choose a password without the old
    one."""
    onward = _onward()
    session.clear()
    session.permanent = True
    person = coordinators.get(email)
    login_user(SignedIn(person))
    if by_link:
        session["by_link"] = True
        if person.password_hash is None:
            flash("You are signed in. Choose a password, so that you can come back without a link.")
            onward = url_for("coordinator.password")
    return redirect(onward, 303)


def _onward() -> str:
    """Where they were going, if that is a page of ours; else the first page of the desk."""
    wanted = request.args.get("next", "")
    return wanted if _is_ours(wanted) else url_for("coordinator.desk")


def _is_ours(address: str) -> bool:
    """A path of this service: no host, no scheme, nothing a browser would read as one ('//', '/\\\\',
    controls)."""
    if not address.startswith("/") or address[1:2] in ("/", "\\"):
        return False
    if any(ord(c) <= 32 or c == "\\" for c in address):
        return False
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc
