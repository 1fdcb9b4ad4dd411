"""Secrets kept in the database that the service has to read again: sealed under its own keys.

Fernet (AES-128-CBC and HMAC-SHA256) under a key drawn from SECRET_KEY by HKDF-SHA256 (RFC 5869), so that a copy of the
database opens none of them. What an older key sealed opens while that stands in SECRET_KEY_FALLBACKS.
"""

import base64
from typing import TYPE_CHECKING

from outreach.ground import the_app

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class CannotOpen(Exception):
    """Sealed under a key that is none of ours any more, or not by us."""


def seal(secret: str, *, of: str) -> str:
    """A secret in a form that only we read; `of`: what it is a secret of, and opened as."""
    return _keys(of).encrypt(secret.encode()).decode()


def unseal(sealed: str, *, of: str) -> str:
    """Raises CannotOpen."""
    from cryptography.fernet import InvalidToken

    try:
        return _keys(of).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotOpen from None


def opens(sealed: str, *, of: str) -> bool:
    """Whether a key of ours opens it."""
    try:
        unseal(sealed, of=of)
    except CannotOpen:
        return False
    return True


def anew(sealed: str, *, of: str) -> str:
    """The same secret under the present key. Raises CannotOpen."""
    return seal(unseal(sealed, of=of), of=of)


def _keys(of: str) -> "MultiFernet":
    """The present key, and after it the older ones."""
    from cryptography.fernet import Fernet, MultiFernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    here = the_app.settings()

    def drawn(key: str) -> Fernet:
        of_ours = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"outreach {of}".encode())
        return Fernet(base64.urlsafe_b64encode(of_ours.derive(key.encode())))

    return MultiFernet([drawn(key) for key in (here["SECRET_KEY"], *here["SECRET_KEY_FALLBACKS"])])
