"""Way on of whoever has just signed in: to what they typed as their session ended, or to where they were going."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from outreach.web import typed_and_kept


def go_in(person_id: int, kept: str, wanted: str) -> Any:
    """They are in: what they typed when their session was over, else where they were going."""
    typed = typed_and_kept.read(kept, person_id) if kept else None
    if typed is not None:
        return render_template("public/typed_and_kept.html", typed=typed)
    return redirect(onward(wanted), 303)


def onward(wanted: str) -> str:
    """Where they were going, if that is a page of ours; else the first page of the desk."""
    return wanted if _is_ours(wanted) and _opens(wanted) else url_for("coordinator.desk")


def _opens(address: str) -> bool:
    """Whether it is a page, and not what only a button sends."""
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    try:
        adapter.match(urlsplit(address).path, method="GET")
    except MethodNotAllowed:
        return False
    except HTTPException:
        return True  # no such page, or one that leads on: it says so itself
    return True


def _is_ours(address: str) -> bool:
    """A path of this service: no host, no scheme, nothing a browser would read as one ('//', '/\\\\',
    controls)."""
    if not address.startswith("/") or address[1:2] in ("/", "\\"):
        return False
    if any(ord(c) <= 32 or c == "\\" for c in address):
        return False
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc
