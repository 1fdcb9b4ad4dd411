"""Answers when a page cannot be shown: a form that is too old, no such page, something broken; to people or
programs."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, g, jsonify, render_template, request, url_for
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from outreach.ground.db import db, is_unavailable
from outreach.ground.errors import Refusal
from outreach.web import typed_words
from outreach.web.gate import ApiProblem, guest_first


class Back(NamedTuple):
    """A way on from a page that cannot be shown."""

    said: str
    href: str


def init_app(app: Flask) -> None:
    app.register_error_handler(ApiProblem, _answer_program)
    app.register_error_handler(CSRFError, _no_token)
    app.register_error_handler(HTTPException, problem)
    app.register_error_handler(Exception, broken)


def _no_token(_error: CSRFError) -> Any:
    """A guest's link is looked at before the token of the form."""
    try:
        return guest_first(_stale)
    except Exception as error:  # as if it had been met on the page
        return current_app.handle_user_exception(error)


def _stale() -> tuple[str, int]:
    """The form's token is too old or the cookie is gone. What was typed is shown, to be sent again by a
    click.

    Only where the browser vouches that our own page sent it: another site's form gets no such button.
    """
    typed: list[tuple[str, str]] = []
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        typed = typed_words.typed()
    said = typed_words.in_words(typed)
    return render_template("problem.html", code=400, kind="stale", typed=typed, said=said), 400


def of_the_feed() -> bool:
    """Whether a program asks: it is answered in JSON alone, whatever is wrong."""
    return request.path == "/api" or request.path.startswith("/api/")


def _answer_program(error: ApiProblem) -> Response:
    asks = {401: "", 403: f', error="insufficient_scope", scope="{error.scope}"'}.get(error.status)
    more = {} if asks is None else {"WWW-Authenticate": f'Bearer realm="Outreach"{asks}'}
    return to_a_program(error.status, error.code, error.message, more, error.scope)


def to_a_program(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None, scope: str = ""
) -> Response:
    """Problem details as RFC 9457 has them, and in them `error`, as the feed told it before."""
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
        "error": {"code": code, "message": message},
    }
    response = jsonify(told | ({"scope": scope} if scope else {}))
    response.status_code, response.mimetype = status, "application/problem+json"
    response.headers.extend(headers or {})
    return response


def problem(error: HTTPException) -> tuple[str, int, dict[str, str]] | Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    if isinstance(error, SecurityError) and not of_the_feed():
        # The request's host is not ours, so no address of a page can be made for it.
        return (
            "We could not read that. This is not the address of the service.",
            400,
            {"Content-Type": "text/plain"},
        )
    allow = {k: v for k, v in error.get_headers() if k in ("Allow", "Retry-After")}
    if of_the_feed():
        if "Allow" in allow:
            allow["Allow"] = "GET, HEAD"
        return to_a_program(error.code, error.name.lower().replace(" ", "_"), error.description or "", allow)
    # What a button of ours names was there when its page was made: somebody was quicker, or pressed twice.
    kind = "gone" if error.code == 404 and request.method == "POST" else "http"
    page = render_template("problem.html", code=error.code, kind=kind, back=_back(error.code))
    return page, error.code, allow


def _back(code: int) -> Back | None:
    """A coordinator's way on, and a school's that lost its page to a button."""
    if code in (404, 405) and re.match(r"/desk(/|$)", request.path):
        return Back("Back to your desk", url_for("coordinator.desk"))
    school = _back_to_the_school() if code == 405 else ""
    return Back("Back to your page", school) if school else None


def _back_to_the_school() -> str:
    """Of an address of a school's that only a button may send: the booking's page, or the school's first. A browser
    that opens a lost tab anew asks for it."""
    found = _OF_A_SCHOOL.match(request.path)
    return found[0] if found else ""


_OF_A_SCHOOL = re.compile(r"/i/[\w-]+(/booked/[\w-]+)?")


def not_done(refusal: Refusal) -> Any:
    """A rule's no where no page says it: in its own words, on a page of its own."""
    db.session.rollback()
    if of_the_feed():
        return to_a_program(409, "refused", refusal.message)
    return render_template("problem.html", code=409, kind="refused", why=refusal.message), 409


RETRY_AFTER = {"Retry-After": "60"}


def _busy() -> Any:
    """The database is locked, full or away. Nothing was written; what was typed stands in the page, to be
    sent again."""
    current_app.logger.warning("the database was not available for a page", exc_info=True)
    words = "We are busy: nothing was lost. Try again in a minute."
    if of_the_feed():
        return to_a_program(503, "busy", words, RETRY_AFTER)
    _ask_nothing_more()
    typed = typed_words.typed()
    page = render_template(
        "problem.html",
        code=503,
        kind="busy",
        typed=typed,
        said=typed_words.in_words(typed),
        files=bool(request.files),
    )
    return page, 503, RETRY_AFTER


OF_THE_PAGE = (
    "partnership",
    "organisation",
    "programme",
    "programmes_of_page",
    "asked_of_programmes",
    "link",
    "troupe",
    "troupe_link",
)
"""What is kept of the page that was asked for, and is rows."""


def _ask_nothing_more() -> None:
    """The page that says so is made without the database: no row is read again, nor who is signed in looked for."""
    for name in OF_THE_PAGE:
        g.pop(name, None)
    if "_login_user" not in g:  # where flask-login keeps whom it found
        g._login_user = AnonymousUserMixin()


def broken(error: Exception) -> Any:
    db.session.rollback()
    if is_unavailable(error):
        return _busy()
    current_app.logger.exception("a page failed")
    if current_app.config["TESTING"]:
        raise error
    if of_the_feed():
        return to_a_program(500, "broken", "Something went wrong here. Try again later.")
    return render_template("problem.html", code=500, kind="http"), 500
