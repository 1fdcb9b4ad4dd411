"""The stylesheet and the script of every page, served as Flask serves static files: asked for anew each
time, sent only when they changed."""

from hashlib import sha256

from flask import Response, request

from outreach.web import assets
from outreach.web.gate import open_to_all, public


@public.get("/static/outreach.css")
@open_to_all
def stylesheet() -> Response:
    return _answer(assets.styles(), "text/css")


@public.get("/static/outreach.js")
@open_to_all
def script() -> Response:
    return _answer(assets.scripts(), "text/javascript")


def _answer(text: str, mimetype: str) -> Response:
    response = Response(text, mimetype=mimetype)
    response.set_etag(sha256(text.encode()).hexdigest())
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response
