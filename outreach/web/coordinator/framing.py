"""Letters shown on a page before or after they go: in a frame that runs nothing, and the lists that were ticked
or shown, read back."""

from flask import Response, make_response, request

from outreach.ground.row_numbers import row_number, row_numbers
from outreach.web.headers import POLICY

FRAMED = POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'none'; frame-src 'self'")
IN_FRAME = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"


def framing(page: str) -> Response:
    """A page that holds a letter in a frame."""
    response = make_response(page)
    response.headers["Content-Security-Policy"] = FRAMED
    return response


def in_frame(html: str) -> Response:
    """A letter as mail readers show it, for such a frame: letters carry their own styles, which no page of
    ours may."""
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = IN_FRAME
    return response


def shown_to_go() -> dict[int, str]:
    """URN -> address as a preview showed them, from the form's 'URN address' lines."""
    pairs = (line.partition(" ") for line in request.form.getlist("to"))
    return {urn: address for u, _, address in pairs if (urn := row_number(u)) is not None}


def organisation_ids_sent(name: str) -> list[int]:
    """The URNs that a form sent, once each; what is no URN is passed over."""
    return row_numbers(" ".join(request.form.getlist(name)).split())
