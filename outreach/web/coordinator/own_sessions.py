"""A person's own sessions, of whatever role: where they are signed in, and the end of it there or everywhere."""

from typing import Any

from flask import flash, redirect, render_template, session, url_for
from flask_login import current_user, logout_user

from outreach.county import sign_in_sessions
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.web.gate import coordinator, coordinators_only, who


@coordinator.get("/account/sessions")
@coordinators_only
def own_sessions() -> Any:
    lasts = sign_in_sessions.lifetime()
    sessions = sign_in_sessions.open_of(current_user.person_id, lasts, now=clock.now())
    return render_template("coordinator/own_sessions.html", sessions=sessions)


@coordinator.post("/account/sessions/<int:session_id>/end")
@coordinators_only
def end_session(session_id: int) -> Any:
    with transaction():
        sign_in_sessions.end_own(session_id, person_id=current_user.person_id, who=who(), now=clock.now())
    flash("You are signed out there.", "done")
    return redirect(url_for("coordinator.own_sessions"), 303)


@coordinator.post("/account/sessions/end-others")
@coordinators_only
def end_other_sessions() -> Any:
    with transaction():
        _end_all(sign_in_sessions.ENDED, but=current_user.session_id)
    flash("You are signed out everywhere but here.", "done")
    return redirect(url_for("coordinator.own_sessions"), 303)


@coordinator.post("/account/sessions/end-all")
@coordinators_only
def end_all_sessions() -> Any:
    """This one too: a person who leaves a desk that others use is in nowhere any more."""
    with transaction():
        _end_all(sign_in_sessions.SIGNED_OUT)
    logout_user()
    session.clear()
    flash("You are signed out everywhere.")
    return redirect(url_for("public.sign_in"), 303)


def _end_all(why: str, *, but: int | None = None) -> None:
    me, of = current_user.person_id, current_user.partnership_id
    sign_in_sessions.end_all_own(me, partnership_id=of, who=who(), why=why, now=clock.now(), but=but)
