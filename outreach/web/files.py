"""Files that pages are drawn by: sent small, and kept by browsers for a year under an address that changes with
what the file says."""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request, session

from outreach.web import assets
from outreach.web.gate import open_to_all

STATIC = Path(__file__).parents[1] / "static"
VENDORED = "vendor/"
"""Their names bear their version, and other files name them: what stands there never changes."""

KEPT = "public, max-age=31536000, immutable"
ASKED_ANEW = "no-cache"


@dataclass(frozen=True, kw_only=True)
class Asset:
    """`small` is the body as gzip, None where that saves nothing: a picture, a typeface."""

    body: bytes
    small: bytes | None
    mimetype: str
    digest: str


def init_app(app: Flask) -> None:
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=static)
    app.url_defaults(_by_what_it_says)
    app.after_request(_same_for_everybody)


@open_to_all
def static(filename: str) -> Response:
    """A file for whoever asks; a browser that has it already is told so."""
    found = asset(filename) or abort(404)
    small = found.small is not None and request.accept_encodings["gzip"] > 0
    response = Response(found.small if small else found.body, mimetype=found.mimetype)
    if small:
        response.content_encoding = "gzip"
    if found.small is not None:
        response.vary.add("Accept-Encoding")
    response.set_etag(found.digest + ("-gzip" if small else ""))
    kept = filename.startswith(VENDORED) or request.args.get("v") == found.digest
    response.headers["Cache-Control"] = KEPT if kept else ASKED_ANEW
    response.make_conditional(request)
    return response


def asset(filename: str) -> Asset | None:
    """One that we serve, by its name below /static; None for any other name, so that none leads elsewhere."""
    return _read(filename) if filename in _names() else None


@cache
def _names() -> frozenset[str]:
    there = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()}
    return frozenset(there | {"outreach.css", "outreach.js"})


@cache
def _read(filename: str) -> Asset:
    made = {"outreach.css": assets.styles, "outreach.js": assets.scripts}.get(filename)
    body = made().encode() if made else (STATIC / filename).read_bytes()
    small = gzip.compress(body, mtime=0)
    return Asset(
        body=body,
        small=small if len(small) < 0.9 * len(body) else None,
        mimetype=mimetypes.guess_type(filename, strict=False)[0] or "application/octet-stream",
        digest=sha256(body).hexdigest()[:16],
    )


def _same_for_everybody(response: Response) -> Response:
    """A browser keeps a file through signing in and out. Registered first, so that it runs after all who look
    into the session."""
    if request.endpoint in ("static", "public.accent", "public.logo"):
        session.accessed = False
    return response


def _by_what_it_says(endpoint: str, values: dict[str, Any]) -> None:
    """The address of a file bears what it says, so that a browser keeps it until it says something else."""
    if endpoint == "static" and "v" not in values and (found := asset(values["filename"])):
        values["v"] = found.digest
