"""Pages that everybody may read: the first page, the notices, the health of the service."""

from datetime import timedelta
from typing import Any

from flask import Response, current_app, g, render_template
from sqlalchemy.exc import SQLAlchemyError

from outreach.asking.chasing import settings as chasing
from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.ground import clock, whose
from outreach.ground.db import why_no_writing
from outreach.ground.timespans import day_of
from outreach.post.incoming import inbox
from outreach.post.monitoring import prometheus, watch
from outreach.post.outgoing import pauses
from outreach.privacy import kept
from outreach.tour import programmes
from outreach.web.gate import by_bearer_token, open_to_all, public
from outreach.web.way_in import CodeForm

WRITER_WAITS = 5.0
"""Seconds for which another may write before a monitor is told: an import of a register takes some."""


@public.get("/")
@open_to_all
def home() -> Any:
    """With one partnership and a programme in hand it says what the play is; else what the service is."""
    whose = _whose()
    programme = programmes.current(g.partnership.id, day_of(clock.now())) if g.partnership else None
    year_groups = programmes.target_year_groups(programme.id) if programme else ()
    return render_template(
        "public/home.html", whose=whose, programme=programme, year_groups=year_groups, code_form=CodeForm()
    )


@public.get("/contact")
@open_to_all
def contact() -> Any:
    return render_template("public/contact.html", whose=_whose())


@public.get("/accessibility")
@open_to_all
def accessibility() -> Any:
    return render_template("public/accessibility.html", whose=_whose())


@public.get("/privacy")
@open_to_all
def privacy() -> Any:
    return render_template(
        "public/privacy.html",
        whose=_whose(),
        kept=kept.KEPT,
        how_long=lambda one: kept.how_long(one, current_app.config),
    )


@public.get("/cookies")
@open_to_all
def cookies() -> Any:
    return render_template(
        "public/cookies.html",
        cookie=current_app.config["SESSION_COOKIE_NAME"],
        hours=int(current_app.permanent_session_lifetime.total_seconds() // 3600),
    )


@public.get("/health")
@open_to_all
def health() -> Any:
    """For a monitor: 503 when the database does not answer or cannot be written; else 200, 'degraded' when
    letters wait for too long, the mailbox is not read, or the day's round does not come (or never came, though a
    programme waits for it).

    Letters that wait are no reason to send visitors elsewhere, so a load balancer may go by the code alone,
    and a monitor by the word.
    """
    now = clock.now()
    try:
        queue, pause, looked = watch.queue(now), pauses.standing(), inbox.last_look()
        last_round = chasing.last_run()
        awaited = last_round or chasing.awaited_since()
    except SQLAlchemyError:
        current_app.logger.exception("the database does not answer")
        return {"status": "unavailable", "database": "The database does not answer."}, 503
    if no_writing := why_no_writing(patience=WRITER_WAITS):
        words = f"The database cannot be written: {no_writing}."
        return {"status": "unavailable", "database": words}, 503, {"Retry-After": "60"}
    age = queue.age(now)
    patience = timedelta(minutes=current_app.config["QUEUE_MINUTES"])
    polls = bool(current_app.config["IMAP_URL"])
    round_late = awaited is not None and chasing.is_late(awaited, now=now)
    unread = polls and (looked is None or bool(looked.problem) or now - looked.looked_at > patience)
    return {
        "status": "degraded" if age > patience or unread or round_late else "ok",
        "database": "ok",
        "post": pause.kind if pause else "ok",
        "mailbox": "not read" if unread else "ok",
        "days_round": "has never come" if last_round is None else "late" if round_late else "ok",
        "letters_due": queue.due,
        "oldest_due_seconds": int(age.total_seconds()),
    }


@public.get("/metrics")
@by_bearer_token
def metrics() -> Any:
    """For Prometheus, in its text format 0.0.4."""
    text = prometheus.text(watch.state(clock.now()), clock.now())
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _whose() -> list[Partnership]:
    """The partnerships; if there is one, the page is its own."""
    g.partnership = partnerships.only()
    if g.partnership:
        whose.bind(g.partnership.id)
    return [g.partnership] if g.partnership else partnerships.every()
