"""Answers of the JSON feed as HTTP has them: kept and asked for anew (ETag), the next page's link, JSON alone.

An ETag is a digest of the body's bytes, and strong: the same rows are the same bytes from every host. There is no
Last-Modified: what was computed from many rows has no one moment at which it changed.
"""

from hashlib import sha256

from flask import Flask, Response, g, request

from outreach.web.gate import ApiProblem, api

JSON = "application/json"


def init_app(app: Flask) -> None:
    app.after_request(_to_be_asked_anew)


@api.before_request
def _wants_json() -> None:
    if request.accept_mimetypes and not request.accept_mimetypes[JSON]:
        raise ApiProblem(406, "not_acceptable", "The feed speaks application/json alone.")


def _to_be_asked_anew(response: Response) -> Response:
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
    return response
