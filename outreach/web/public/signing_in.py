"""Signing in and out: by password, or by a one-time link that a person has to click twice."""

import time
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_login import current_user, logout_user
from wtforms import ValidationError

from outreach.booking import told, told_of_sign_in
from outreach.county import (
    coordinators,
    partnerships,
    passkeys,
    roles,
    second_factors,
    sign_in_sessions,
    sign_in_tries,
)
from outreach.county.person_invitations import InvitationOver
from outreach.ground import clock, whose
from outreach.ground.db import db, transaction
from outreach.ground.wording import count
from outreach.post import outbox
from outreach.post.about_sign_in import forgotten_password
from outreach.post.stationery import Addressee
from outreach.web import forms, half_signed_in, known_devices, letting_in, other_ways_in, typed_and_kept
from outreach.web.fields import given
from outreach.web.gate import SignedOutMeanwhile, open_to_all, public, token_holds
from outreach.web.onward import go_in, onward
from outreach.web.refusals import status
from outreach.web.way_in import slowed_down, source_of


class InvitedForm(forms.Form):
    name = forms.text("Your name", required="Enter your name.", at_most=120)
    password = forms.password("Password", required="Enter a password.")
    again = forms.password("Password again", required="Enter the password again.")

    def validate_again(self, field: Any) -> None:
        if field.data != self.password.data:
            raise ValidationError("The two passwords are not the same.")


class SignInForm(forms.Form):
    email = forms.address("Email address", required="Enter your email address.")
    password = forms.password("Password", required="Enter your password.")


class CodeForm(forms.Form):
    code = forms.text("Code", required="Enter the code that the app shows, or a recovery code.", at_most=40)


class ForgottenForm(forms.Form):
    email = forms.address("Email address", required="Enter your email address.")


AS_LONG = 0.4
"""Seconds until it is answered that a link is on its way: longer than writing the letter takes, so that nobody learns
by the clock who has an account."""


@public.get("/sign-in")
@open_to_all
def sign_in() -> Any:
    if current_user.is_authenticated:
        return redirect(onward(request.args.get("next", "")), 303)
    return _form(SignInForm())


@public.post("/sign-in")
@open_to_all
def sign_in_send() -> Any:
    form, kept = SignInForm(), request.form.get("kept", "")
    if form.validate_on_submit():
        email, now = coordinators.plain(given(form.email.data)), clock.now()
        whose.bind_to("address", email)
        source = source_of(email)
        with transaction():
            sign_in_tries.begin(email, source, now=now)
        try:
            person = coordinators.holder(email, given(form.password.data))
        except coordinators.CannotSignIn:
            with transaction():
                sign_in_tries.was_wrong(email, now=now)
                coordinators.note_failed(email, "password", device=known_devices.in_words(), now=now)
            raise
        person_id, proven = person.id, person.password_hash
        if person.has_second_factor:
            half_signed_in.begin(person_id, proven, by_link=False, now=now)
            return _code_page(CodeForm(formdata=None), kept, person) if kept else _to_code()
        with transaction():
            person = db.session.get_one(coordinators.Coordinator, person_id)
            coordinators.let_in(person, now=now, proven=proven)
            sign_in_tries.forget(email, source)
            who = letting_in.begin(person, by_link=False, now=now)
        letting_in.enter(who)
        return go_in(person_id, kept, request.args.get("next", ""))
    return _form(form, kept), *slowed_down()


@public.route("/sign-in/code", methods=["GET", "POST"])
@open_to_all
def sign_in_code() -> Any:
    """The second step, of who has a second factor: only after it is there a session. Wrong codes are counted as wrong
    passwords are, and at the factor itself."""
    form, kept, now = CodeForm(), request.form.get("kept", ""), clock.now()
    found = half_signed_in.find(now=now)
    if found is None:
        flash(
            "Begin once more: that took more than ten minutes, or your password was changed meanwhile.",
            "confirm",
        )
        return redirect(url_for("public.sign_in", next=request.args.get("next")), 303)
    half, person = found
    if not form.validate_on_submit():
        page = _code_page(form, kept, person)
        return (page, *slowed_down()) if request.method == "POST" else page
    email = person.email
    source = source_of(email)
    with transaction():
        sign_in_tries.begin(email, source, now=now)
    code = second_factors.typed(half.person_id, given(form.code.data))
    with transaction():
        person = db.session.get_one(coordinators.Coordinator, half.person_id)
        coordinators.lock(person)
        taken = (
            second_factors.take(person.id, code, who=person.name, now=now)
            if half.holds(person, now=now)
            else None
        )
        if taken is not None:
            coordinators.let_in(person, now=now)
            sign_in_tries.forget(email, source)
            who = letting_in.begin(person, by_link=half.by_link, by=half.by, now=now)
            if taken.left is not None:
                _tell_of_recovery(person, taken, now=now)
    if taken is None:
        with transaction():
            coordinators.note_failed(email, "code", device=known_devices.in_words(), now=now)
        raise second_factors.wrong(half.person_id)
    letting_in.enter(who)
    if taken.left is not None:
        flash(f"That was a recovery code. {count(taken.left, 'is', 'are')} left.")
    return go_in(half.person_id, kept, request.args.get("next", ""))


@public.route("/sign-in/forgotten", methods=["GET", "POST"])
@open_to_all
def forgotten() -> Any:
    """Has a link sent to who forgot their password. The answer is the same, and takes as long, whoever asks."""
    form, began = ForgottenForm(), time.monotonic()
    if request.method == "POST" and form.validate_on_submit():
        now = clock.now()
        with transaction():
            found = coordinators.forgotten(given(form.email.data), now=now)
            if found is not None and not outbox.is_dead(found[0].email):
                person, token = found
                forgotten_password(
                    Addressee(address=person.email, name=person.name),
                    told.sender_of(partnerships.get(person.partnership_id)),
                    person_id=person.id,
                    token=token,
                    lapses_at=now + coordinators.MAILED_LINK_LASTS,
                    now=now,
                )
        time.sleep(max(0.0, AS_LONG - (time.monotonic() - began)))
        return redirect(url_for("public.on_its_way"), 303)
    return render_template("public/forgotten.html", form=form), 422 if form.errors else 200


@public.get("/sign-in/on-its-way")
@open_to_all
def on_its_way() -> str:
    return render_template("public/on_its_way.html")


@public.route("/sign-in/<token>", methods=["GET", "POST"])
@open_to_all
def sign_in_link(token: str) -> Any:
    """A mail scanner that opens the link uses nothing up: only the button does."""
    if request.method == "POST":
        now = clock.now()
        try:
            with transaction():
                person = coordinators.use_link(token, now=now)
                if person.has_second_factor:
                    half_signed_in.begin(person.id, person.password_hash, by_link=True, now=now)
                else:
                    who = letting_in.begin(person, by_link=True, now=now)
                has_none, asks_code = person.password_hash is None, person.has_second_factor
        except coordinators.LinkUsed:
            return render_template("public/sign_in_link_used.html"), 410
        except coordinators.OnlyByAccount as refusal:
            return other_ways_in.refused(refusal, 403)
        if asks_code:
            return _to_code()
        letting_in.enter(who)
        if has_none:
            flash("You are signed in. Choose a password, so that you can come back without a link.")
            return redirect(url_for("coordinator.password"), 303)
        flash(
            "You are signed in by a link. Forgotten your password? Choose a new one under your name, Password."
        )
        return redirect(onward(request.args.get("next", "")), 303)
    if coordinators.link_is_open(token, now=clock.now()):
        return render_template("public/sign_in_link.html", token=token)
    return render_template("public/sign_in_link_used.html"), 410


@public.route("/sign-in/invited/<token>", methods=["GET", "POST"])
@open_to_all
def invited(token: str) -> Any:
    """Whoever was invited chooses a name and a password, and is in. Opening the page uses nothing up."""
    try:
        invitation, person = coordinators.invited_by(token, now=clock.now())
        form = InvitedForm(data={"name": person.name})
        if form.validate_on_submit():
            name = given(form.name.data)
            new_hash = coordinators.hash_of(person, given(form.password.data), name=name)
            with transaction():
                now = clock.now()
                person = coordinators.accept(token, name, new_hash, now=now)
                email = person.email
                who = letting_in.begin(person, by_link=False, now=now)
            letting_in.enter(who)
            flash(f"You are in. From now on you sign in with {email} and your password.", "done")
            return redirect(url_for("coordinator.desk"), 303)
    except InvitationOver:
        return render_template("public/invitation_over.html"), 410
    page = render_template(
        "public/invited.html",
        form=form,
        invitation=invitation,
        email=person.email,
        role=roles.NAMES[str(person.role)],
        means=roles.MEANS[str(person.role)],
        partnership=partnerships.get(person.partnership_id),
    )
    return page, status()


@public.post("/sign-out")
@open_to_all
def sign_out() -> Any:
    """The session ends here, so that its cookie opens nothing any more, wherever it was copied to."""
    if current_user.is_authenticated:
        session_id = current_user.session_id
        with transaction():
            sign_in_sessions.sign_out(session_id, who=current_user.name, now=clock.now())
    logout_user()
    session.clear()
    flash("You are signed out.")
    return redirect(url_for("public.sign_in"), 303)


@public.app_errorhandler(SignedOutMeanwhile)
def _signed_out(error: SignedOutMeanwhile) -> tuple[str, int]:
    """The sign-in, with what was sent meanwhile kept in it, where our own page sent it."""
    kept = typed_and_kept.kept(error.person_id) if token_holds() else ""
    here = {"form": SignInForm(formdata=None), "back": request.full_path.rstrip("?")}
    ways = other_ways_in.shown()
    return render_template("public/sign_in.html", **here, why=error.why, kept=kept, sent=True, ways=ways), 403


def _form(form: SignInForm, kept: str = "") -> str:
    return render_template(
        "public/sign_in.html",
        form=form,
        kept=kept,
        back=request.args.get("next"),
        ways=other_ways_in.shown(),
    )


def _to_code() -> Any:
    return redirect(url_for("public.sign_in_code", next=request.args.get("next")), 303)


def _code_page(form: CodeForm, kept: str, person: coordinators.Coordinator) -> str:
    return render_template(
        "public/sign_in_code.html",
        form=form,
        kept=kept,
        back=request.args.get("next"),
        app=second_factors.standing(person.id) is not None,
        passkeys=passkeys.possible() and bool(passkeys.of_person(person.id)),
    )


def _tell_of_recovery(
    person: coordinators.Coordinator, taken: second_factors.Taken, *, now: datetime
) -> None:
    told_of_sign_in.tell(
        person,
        f"Somebody signed in as you with a recovery code in place of your phone. {count(taken.left or 0, 'is', 'are')} "
        "left.",
        of=f"{taken.second_factor_id} recovered {taken.left}",
        now=now,
    )
