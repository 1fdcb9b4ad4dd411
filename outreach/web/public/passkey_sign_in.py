"""Signing in with a passkey: instead of a password, or as the second factor after it."""

from datetime import datetime
from typing import Any

from flask import render_template, request, url_for

from outreach.county import coordinators, passkeys, sign_in_tries
from outreach.county.passkeys import Shown
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.web import asked_passkeys, half_signed_in, known_devices, letting_in
from outreach.web.gate import open_to_all, public
from outreach.web.half_signed_in import Half
from outreach.web.onward import go_in
from outreach.web.refusals import back_to
from outreach.web.way_in import source_of


@public.post("/sign-in/passkey/show")
@open_to_all
def show_passkey() -> Any:
    """The page at which the browser shows one: whoever's it holds, or of who is half signed in one of theirs."""
    now = clock.now()
    found = half_signed_in.find(now=now) if request.form.get("after") else None
    person_id = found[0].person_id if found else None
    purpose = passkeys.SECOND if found else passkeys.FIRST
    with back_to(url_for("public.sign_in", next=request.args.get("next"))), transaction():
        challenge = asked_passkeys.begin(purpose, person_id=person_id or 0, now=now)
        options = passkeys.options_to_show(challenge, person_id)
    return render_template(
        "public/sign_in_passkey.html",
        options=options,
        after=bool(found),
        kept=request.form.get("kept", ""),
        back=request.args.get("next"),
    )


@public.post("/sign-in/passkey/answer")
@open_to_all
def take_passkey() -> Any:
    """Nobody who comes by their council's account alone comes by this alone: for them it is the second factor."""
    now, kept = clock.now(), request.form.get("kept", "")
    found = half_signed_in.find(now=now) if request.form.get("after") else None
    half = found[0] if found else None
    door = "public.sign_in_code" if half else "public.sign_in"
    with transaction():
        challenge = asked_passkeys.take(
            passkeys.SECOND if half else passkeys.FIRST, person_id=half.person_id if half else 0, now=now
        )
    with back_to(url_for(door, next=request.args.get("next"))):
        shown = _read(challenge, half, now=now)
        source = source_of(db.session.get_one(coordinators.Coordinator, shown.person_id).email)
        with transaction():
            person = db.session.get_one(coordinators.Coordinator, shown.person_id)
            coordinators.lock(person)
            if person.has_left(day_of(now)) or (half and not half.holds(person, now=now)):
                raise passkeys.PasskeyRefused("That passkey lets nobody in any more.")
            if half is None:
                coordinators.let_come_otherwise(person)
            passkeys.take(shown, now=now)
            coordinators.let_in(person, now=now)
            sign_in_tries.forget(person.email, source)
            by_link, by = (half.by_link, half.by) if half else (False, "passkey")
            who = letting_in.begin(person, by_link=by_link, by=by, now=now)
    letting_in.enter(who)
    return go_in(shown.person_id, kept, request.args.get("next", ""))


def _read(challenge: str | None, half: Half | None, *, now: datetime) -> Shown:
    """What was shown, of whoever is half signed in if anybody is. A wrong one stands in the history of its person, as
    a wrong password does. Raises PasskeyRefused."""
    answer = request.form.get("answer", "")
    if half is None:
        passkeys.bind_to_holder(answer)
    try:
        shown = passkeys.read(answer, challenge)
        if half and half.person_id != shown.person_id:
            raise passkeys.PasskeyRefused("That is a passkey of somebody else.")
    except passkeys.PasskeyRefused as refused:
        person_id = half.person_id if half else refused.person_id
        db.session.rollback()
        with transaction():
            person = db.session.get(coordinators.Coordinator, person_id) if person_id else None
            if person is not None:
                coordinators.note_failed(person.email, "passkey", device=known_devices.in_words(), now=now)
        raise
    return shown
