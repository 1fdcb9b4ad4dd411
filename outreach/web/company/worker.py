"""The worker that hands a company's pages out where there is no signal: its script, at the top of their addresses."""

from flask import Response, abort

from outreach.web import files
from outreach.web.gate import company, open_to_all


@company.get("/t/worker.js")
@open_to_all
def worker() -> Response:
    """Asked for anew by browsers each time, so that a new release takes over at the next page."""
    found = files.asset("company-worker.js") or abort(404)
    response = Response(found.body, mimetype=found.mimetype)
    response.headers["Cache-Control"] = files.ASKED_ANEW
    return response
