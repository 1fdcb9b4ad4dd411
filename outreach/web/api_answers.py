"""Answers of the JSON feed as HTTP has them: kept and asked for anew (ETag), the next page's link, JSON alone.

An ETag is a digest of the body's bytes, and strong: the same rows are the same bytes from every host. There is no
Last-Modified: what was computed from many rows has no one moment at which it changed.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import MethodNotAllowed, RequestURITooLarge

from outreach.ground.wording import and_list
from outreach.web import problems
from outreach.web.api_shapes import Told
from outreach.web.gate import ApiProblem, api

JSON = "application/json"


LONGEST_ADDRESS = 4000
"""Bytes of an address with its query; gunicorn takes no line of a request beyond 8,190, and nginx none beyond 8,192."""


def init_app(app: Flask) -> None:
    app.before_request(_read_only)
    app.after_request(_to_be_asked_anew)


def _read_only() -> None:
    if problems.of_the_feed():
        if request.method == "OPTIONS":
            raise MethodNotAllowed(["GET", "HEAD"], "The feed only reads.")
        if len(request.full_path) > LONGEST_ADDRESS:
            raise RequestURITooLarge(f"An address of the feed has at most {LONGEST_ADDRESS:,} characters.")


@api.before_request
def _asks_for_what_there_is() -> None:
    view: Callable[..., Any] = current_app.view_functions[str(request.endpoint)]
    told: Told = view.told  # type: ignore[attr-defined]  # api_shapes.told
    known = [asked.name for asked in told.asked]
    for name in request.args:
        if name not in known:
            takes = f"It takes {and_list(f'‘{one}’' for one in known)}" if known else "It takes none"
            raise ApiProblem(400, "unknown_parameter", f"This address knows no ‘{name[:40]}’. {takes}.")


@api.before_request
def _wants_json() -> None:
    if request.accept_mimetypes and not request.accept_mimetypes[JSON]:
        raise ApiProblem(406, "not_acceptable", "The feed speaks application/json alone.")


def _to_be_asked_anew(response: Response) -> Response:
    if (
        response.status_code == 308 and problems.of_the_feed()
    ):  # Flask hands a redirect of its own to no handler
        words = f"That stands at {response.location}."
        return problems.to_a_program(308, "moved", words, {"Location": str(response.location)})
    if request.blueprint != api.name or response.status_code != 200:
        return response
    if (following := g.get("next_page")) is not None:
        response.headers["Link"] = f'<{following}>; rel="next"'
    response.vary.update(("Authorization", "Accept"))
    return kept_and_asked_anew(response, "private, no-cache")


def kept_and_asked_anew(response: Response, control: str) -> Response:
    """With its ETag; 304, and no body, to who has it already."""
    response.headers["Cache-Control"] = control
    response.set_etag(sha256(response.get_data()).hexdigest()[:32])
    response.make_conditional(request)
    if response.status_code == 412:
        return problems.to_a_program(
            412, "precondition_failed", "What stands there is not what ‘If-Match’ names."
        )
    return response
