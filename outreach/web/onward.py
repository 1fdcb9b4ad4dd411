"""Address that whoever has signed in goes on to: a page of ours, never where somebody else would have them go."""

from urllib.parse import urlsplit

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException, MethodNotAllowed


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
