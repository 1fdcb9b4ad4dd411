"""No page before the database knows of all that was erased: one that was restored by hand is brought up to the list
of erasures first."""

from flask import Flask, abort, current_app, request

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.erasures import BadList
from outreach.privacy import replaying

_DONE = "outreach: erased again"


def init_app(app: Flask) -> None:
    app.before_request(_once)


def _once() -> None:
    """Looked at until it is so, then never again by this process: a database is not restored under one at work."""
    if _DONE in current_app.extensions or not current_app.config["ERASURES_FILE"]:
        return
    if request.endpoint == "public.health":  # says that the process lives, and nothing of anybody
        return
    try:
        replaying.before_work(transaction, now=clock.now())
    except BadList as bad:
        current_app.logger.error("no page is served: %s", bad)
        abort(503)
    current_app.extensions[_DONE] = True
