"""Devices on which a person signed in before, by a signed cookie of account and device; never by an address."""

import secrets
from typing import Any

from flask import after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from outreach.web import signed

LASTS = 400 * 86400
"""Seconds: the longest that browsers keep a cookie (RFC 6265bis)."""
PEOPLE_AT_MOST = 20
"""Of one shared computer, the last who signed in there."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "Chromebook"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def in_words() -> str:
    """'Firefox, Windows': what the browser says of itself, in words of ours alone."""
    said = request.user_agent.string
    browser = next((words for mark, words in _BROWSERS if mark in said), "Some browser")
    system = next((words for mark, words in _SYSTEMS if mark in said), "")
    return f"{browser}, {system}" if system else browser


def known_of(person_id: int) -> str:
    """The name of this device where this person signed in on it before, else ''."""
    device, people = _read()
    return device if person_id in people else ""


def remember(person_id: int) -> None:
    """From this answer on the device is known as this person's too."""
    device, people = _read()
    people = [*(p for p in people if p != person_id), person_id][-PEOPLE_AT_MOST:]
    told = _signer().dumps([device or secrets.token_urlsafe(16), people])

    @after_this_request
    def keep(response: Any) -> Any:
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie(_name(), told, max_age=LASTS, secure=secure, httponly=True, samesite="Lax")
        return response


def _read() -> tuple[str, list[int]]:
    """The device's name and who signed in there; ('', []) of one that is new, or whose cookie is none of ours."""
    try:
        device, people = _signer().loads(request.cookies.get(_name(), ""), max_age=LASTS)
    except BadSignature:
        return "", []
    return device, people


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"


def _signer() -> URLSafeTimedSerializer:
    return signed.serializer("known device")
