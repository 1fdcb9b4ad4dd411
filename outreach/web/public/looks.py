"""A partnership's colours and logo, as pages and letters fetch them: the same for everybody, and kept by browsers."""

import re

from flask import Response, abort, request

from outreach.county import logos
from outreach.ground import colours
from outreach.web.files import KEPT
from outreach.web.gate import open_to_all, public

NO_PAGE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""Of an SVG that somebody opens by itself: it is drawn, and nothing in it runs or asks for anything."""


@public.get("/static/looks/<accent>.css")
@open_to_all
def accent(accent: str) -> Response:
    """The shades of one colour, six digits of its name; of a colour that no partnership may have there are none."""
    colour = f"#{accent}"
    if re.fullmatch(r"[0-9a-f]{6}", accent, re.ASCII) is None or (
        colours.worst_contrast(colour) < colours.READABLE
    ):
        abort(404)
    shades = colours.shades(colour)
    return _kept(
        f":root{{--damson:{shades.accent};--damson-deep:{shades.deep};--damson-tint:{shades.tint}}}",
        "text/css",
        accent,
    )


@public.get("/static/looks/<name>")
@open_to_all
def logo(name: str) -> Response:
    """A logo by its name: as it is drawn on pages, or as the PNG that letters show."""
    digest, _, kind = name.partition(".")
    found = logos.find(digest) if re.fullmatch(r"[0-9a-f]{32}\.(png|svg)", name, re.ASCII) else None
    if found is None or (kind == "svg" and found.mimetype != logos.SVG):
        abort(404)
    if kind == "png":
        response = _kept(found.png, logos.PNG, digest)
    else:
        response = _kept(found.body, logos.SVG, digest)
        response.headers["Content-Security-Policy"] = NO_PAGE
    # Mail that is read in a browser is another site's page.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _kept(body: bytes | str, mimetype: str, name: str) -> Response:
    """What an address names never changes."""
    response = Response(body, mimetype=mimetype)
    response.headers["Cache-Control"] = KEPT
    response.set_etag(name)
    response.make_conditional(request)
    return response
