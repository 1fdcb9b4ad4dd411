"""Forms sent by who was signed out meanwhile: what was typed, kept in the sign-in to be sent after it."""

from typing import Any, NamedTuple

from flask import request
from itsdangerous import BadSignature

from outreach.web import signed, typed_words

KEPT_FOR = 12 * 3600
"""Seconds."""
AT_MOST = 500_000
"""Characters, signed; a longer text is not kept."""


class Typed(NamedTuple):
    """What a person sent to an address, and the same in the words of its boxes."""

    person_id: int
    address: str
    pairs: list[list[str]]
    said: list[list[str]]
    files: bool


def kept(person_id: int) -> str:
    """What this person sent just now, signed, so that nobody else's form is offered to be sent; '' where it is too
    much. No password is kept."""
    pairs = typed_words.typed()
    told = _signer().dumps(
        [person_id, request.full_path.rstrip("?"), pairs, typed_words.in_words(pairs), bool(request.files)]
    )
    assert isinstance(told, str)
    return told if len(told) <= AT_MOST else ""


def read(told: str, person_id: int) -> Typed | None:
    """What `kept` kept for that person; None for another's, an old one and one that is none of ours."""
    try:
        typed = Typed(*_signer().loads(told, max_age=KEPT_FOR))
    except BadSignature:
        return None
    return typed if typed.person_id == person_id else None


def _signer() -> Any:
    return signed.serializer("typed and kept")
