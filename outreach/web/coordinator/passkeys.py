"""A person's own passkeys, of whatever role: added in the browser that one sits at, and removed."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user

from outreach.booking import told_of_sign_in
from outreach.county import coordinators, passkeys, second_factors, sign_in_sessions
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.web import asked_passkeys, known_devices
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.own_factor import asks_for_one, me, own_password, page, prove
from outreach.web.refusals import back_to


@coordinator.post("/account/passkeys/begin")
@coordinators_only
def begin_passkey() -> Any:
    """The page at which the browser makes one, to who has shown once more who they are."""
    form = own_password()
    if not form.validate_on_submit():
        return page(form)
    prove(form)
    with transaction():
        challenge = asked_passkeys.begin(passkeys.ADDED, person_id=current_user.person_id, now=clock.now())
        person = me()
        options = passkeys.options_to_add(challenge, person.id, name=person.name, email=person.email)
    return render_template("coordinator/passkey_new.html", options=options, name=known_devices.in_words())


@coordinator.post("/account/passkeys")
@coordinators_only
def add_passkey() -> Any:
    back, now = url_for("coordinator.second_factor"), clock.now()
    name = " ".join(request.form.get("name", "").split())[: passkeys.LONGEST_NAME].strip()
    with transaction():
        challenge = asked_passkeys.take(passkeys.ADDED, person_id=current_user.person_id, now=now)
    with back_to(back), transaction():
        added = passkeys.add(
            request.form.get("answer", ""),
            challenge,
            person_id=current_user.person_id,
            partnership_id=current_user.partnership_id,
            name=name or known_devices.in_words(),
            who=who(),
            now=now,
        )
        told_of_sign_in.tell(
            me(),
            f"A passkey was added to your account: {added.name}.",
            of=f"passkey {added.credential_id[:32]} added",
            now=now,
        )
        words = f"{added.name} is added. It lets you in without your password, and after it."
    flash(words, "done")
    return redirect(back, 303)


@coordinator.post("/account/passkeys/<int:passkey_id>/remove")
@coordinators_only
def remove_passkey(passkey_id: int) -> Any:
    """Whoever has the device that it is on is signed out there, too."""
    passkeys.own(passkey_id, current_user.person_id)
    form, now = own_password(), clock.now()
    if not form.validate_on_submit():
        return page(form)
    prove(form)
    with transaction():
        name = passkeys.remove(passkey_id, person_id=current_user.person_id, who=who(), now=now)
        left = passkeys.of_person(current_user.person_id) or second_factors.standing(current_user.person_id)
        if asks_for_one() and not left:
            raise second_factors.SecondFactorAsked(
                f"{g.partnership.name} asks you for a second factor, and this is the last. Add another passkey or an "
                "app before you remove it.",
                field="password",
            )
        person = me()
        coordinators.keep_out(person, sign_in_sessions.ENDED, but=current_user.session_id, now=now)
        told_of_sign_in.tell(
            person,
            f"A passkey of your account was removed: {name}.",
            of=f"passkey {passkey_id} removed {now.timestamp():.0f}",
            now=now,
        )
    flash(
        f"{name} is removed. It lets nobody in any more, and every other place where you were signed in is signed out.",
        "done",
    )
    return redirect(url_for("coordinator.second_factor"), 303)
