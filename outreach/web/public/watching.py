"""Questions from outside: whether a process lives, whether it may have traffic, how the whole service is doing."""

from typing import Any

from flask import Response, current_app
from sqlalchemy.exc import SQLAlchemyError

from outreach.asking.chasing import settings as chasing
from outreach.ground import clock, disks, job_rounds, readiness
from outreach.ground.db import why_no_writing
from outreach.planning import queue
from outreach.post.monitoring import figures as post_figures
from outreach.post.monitoring import watch
from outreach.post.webhooks import deliveries
from outreach.web import measures
from outreach.web.gate import by_bearer_token, open_to_all, public, shows_metrics_token

WRITER_WAITS = 5.0
"""Seconds for which another may write before a monitor is told: an import of a register takes some."""


@public.get("/health")
@open_to_all
def health() -> Any:
    """Whether this process answers. It asks nothing of anything else: what starts processes again goes by it, and no
    database that is away is mended by that."""
    return {"status": "ok"}


@public.get("/ready")
@open_to_all
def ready() -> Any:
    """Whether a proxy may send visitors here: 503 and why where the database does not answer, or is not yet as this
    version needs it."""
    if why := readiness.why_not():
        return {"status": "unavailable", "why": why}, 503, {"Retry-After": "5"}
    return {"status": "ready"}


@public.get("/state")
@open_to_all
def state() -> Any:
    """For a monitor: 503 when the database does not answer or cannot be written; else 200, 'degraded' when
    letters wait for too long, programs are not told, the mailbox is not read, or the day's round does not come (or
    never came, though a programme waits for it).

    Letters that wait are no reason to send visitors elsewhere: a proxy asks /ready, and a monitor goes by the word
    here. What is wrong, and the figures, are told to whoever shows METRICS_TOKEN.
    """
    told, status, headers = _state()
    return (told if shows_metrics_token() else {"status": told["status"]}), status, headers


def _state() -> tuple[dict[str, Any], int, dict[str, str]]:
    """All that /state can tell, its status, and headers of the answer."""
    now = clock.now()
    try:
        post = watch.now_of(now)
        untold = deliveries.due(now)
        last_round = chasing.last_run()
        awaited = last_round or chasing.awaited_since(now=now)
    except SQLAlchemyError:
        current_app.logger.exception("the database does not answer")
        return {"status": "unavailable", "database": "The database does not answer."}, 503, {}
    if no_writing := why_no_writing(patience=WRITER_WAITS):
        words = f"The database cannot be written: {no_writing}."
        return {"status": "unavailable", "database": words}, 503, {"Retry-After": "60"}
    found = watch.findings(post, now)
    sending = next((one.kind for one in found if not one.is_of_mailbox), "ok")
    unread = any(one.is_of_mailbox for one in found)
    age = post.queue.age(now)
    round_late = awaited is not None and chasing.is_late(awaited, now=now)
    nobody_tells = untold.age(now) > watch.patience()
    told = {
        "status": "degraded" if age > watch.patience() or unread or round_late or nobody_tells else "ok",
        "database": "ok",
        "post": sending,
        "mailbox": "not read" if unread else "ok",
        "webhooks": "nobody sends" if nobody_tells else "ok",
        "days_round": "has never come" if last_round is None else "late" if round_late else "ok",
        "letters_due": post.queue.due,
        "oldest_due_seconds": int(age.total_seconds()),
    }
    return told, 200, {}


@public.get("/metrics")
@by_bearer_token
def metrics() -> Any:
    """For Prometheus, in its text format 0.0.4: what this host's processes served, and how the whole service is."""
    now = clock.now()
    measured = measures.of_process()
    assert measured is not None
    told = [
        *post_figures.figures(watch.of_service(now), now),
        *deliveries.figures(now),
        *job_rounds.figures(),
        *queue.figures(now),
        *disks.figures(),
    ]
    return Response(measured.text(told), content_type=measures.CONTENT_TYPE)
