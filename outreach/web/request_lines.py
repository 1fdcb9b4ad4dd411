"""Errand of each request: its id given back as a header, its line in the log, what it asked of the database.

A line says when, which page (the rule of its address, never the address), what came of it and how long it took; not who
asked nor from where. Where who answered must not be told from when it was, there is none at all.
"""

import logging
from time import perf_counter

from flask import Flask, Response, current_app, g, request

from outreach.ground import errands
from outreach.ground.errands import Errand
from outreach.web import measures

HEADER = "X-Request-ID"

NO_PAGE = "no such page"
"""The route of an address that is none of ours."""

UNTOLD = (
    "public.pupil_code",
    "public.pupil_first",
    "public.pupil_questions",
    "public.pupil_thanks",
    "school.staff_say",
)
"""Pages of pupils and of what staff say: no line, and no figure but of those that failed."""

METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
OTHER_METHOD = "other"

FAULT = 500

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """To be called before all who look at a request: whatever they say of it is then said of this errand."""
    app.before_request(_begin)
    app.after_request(_answered)
    app.teardown_request(_end)


def _begin() -> None:
    """What a visitor brings counts for nothing: behind a proxy it is the proxy that wrote the header."""
    brought = request.headers.get(HEADER, "") if current_app.config["BEHIND_PROXIES"] else ""
    rule = request.url_rule
    errands.begin(
        Errand(
            id=errands.id_of(brought),
            route=NO_PAGE if rule is None else rule.rule,
            untold=request.endpoint in UNTOLD,
        )
    )
    g.request_began, g.answered_with = perf_counter(), FAULT


def _answered(response: Response) -> Response:
    g.answered_with = response.status_code
    if (errand := errands.at_hand()) is not None:
        response.headers[HEADER] = errand.id
    return response


def _end(_fault: BaseException | None) -> None:
    errand = errands.at_hand()
    if errand is None or "request_began" not in g:
        return
    seconds, status = perf_counter() - g.pop("request_began"), g.pop("answered_with")
    if not errand.untold or status >= FAULT:
        method = request.method if request.method in METHODS else OTHER_METHOD
        if log.isEnabledFor(logging.INFO):
            _write(errand, method, status, seconds)
        if (measured := measures.of_process()) is not None:
            measured.answered(errand, method, status, seconds)
    errands.end()


def _write(errand: Errand, method: str, status: int, seconds: float) -> None:
    fields = {
        "method": method,
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "statements": errand.statements,
        "database_milliseconds": round(errand.seconds * 1000, 1),
    }
    log.info("answered", extra={"fields": fields})
