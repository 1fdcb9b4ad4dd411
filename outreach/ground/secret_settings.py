"""Secrets among the settings: from the environment or from a file, and weighed whether somebody could guess them."""

import hmac
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from outreach.ground.errors import ConfigError

DEVELOPMENT_KEY = "development only: set SECRET_KEY"

KEY_LENGTH = 32
"""Characters of SECRET_KEY, at least: as hexadecimal they are the 128 bits that a signature is worth."""
TOKEN_LENGTH = 20
PASSWORD_LENGTH = 8
DISTINCT = 6
"""Different characters in a key, at least: a random one has more, one that somebody typed with one finger has not."""

SAMPLES = re.compile(
    r"…|\.\.\.|change.?me|pass.?word|secret|example|sample|default|development|insert|replace|your.", re.I
)
"""What stands in recipes where a secret belongs. None of it comes out of a random generator."""
GUESSED_FIRST = {"postgres", "outreach", "admin", "root", "test", "12345678", "123456789", "qwertyuiop"}


def read(env: Mapping[str, str], name: str, default: str = "") -> str:
    """The setting `name`, or what stands in the file that `name`_FILE names, without the blank around it.

    Raises ConfigError where both are set, and where the file cannot be read or holds nothing.
    """
    told, path = env.get(name, ""), env.get(f"{name}_FILE", "").strip()
    if not path:
        return told.strip() or default
    if told.strip():
        raise ConfigError(f"{name} and {name}_FILE are both set. Keep one of them.")
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as refused:
        why = refused.strerror if isinstance(refused, OSError) else "it is no text"
        raise ConfigError(f"{name}_FILE is '{path}', which cannot be read: {why}.") from None
    if not text:
        raise ConfigError(f"{name}_FILE is '{path}', which is empty.")
    return text


def keys(text: str) -> list[str]:
    """Older keys: one a line in a file, with commas between them in the environment."""
    return [key.strip() for key in re.split(r"[,\n]", text) if key.strip()]


def mark(key: str) -> str:
    """By which one tells whether two machines have the same key, and not which."""
    return hmac.digest(key.encode(), b"outreach: mark of a key", "sha256").hex()[:8]


def weaknesses(settings: Mapping[str, object]) -> list[str]:
    """Why somebody could guess a secret of these settings, a sentence each; none of it repeats the secret."""
    return list(_weaknesses(settings))


def _weaknesses(settings: Mapping[str, object]) -> Iterator[str]:
    key, older = str(settings["SECRET_KEY"]), settings["SECRET_KEY_FALLBACKS"]
    assert isinstance(older, list)
    asked = f"Set it to {KEY_LENGTH} or more random characters."
    if key == DEVELOPMENT_KEY:
        yield f"SECRET_KEY is not set. {asked}"
    elif why := _weak(key, KEY_LENGTH):
        yield f"SECRET_KEY {why}. {asked}"
    for one in older:
        if one == key:
            yield "SECRET_KEY_FALLBACKS holds SECRET_KEY itself. Set SECRET_KEY to a new one, or take it out there."
        elif why := _weak(one, KEY_LENGTH):
            yield f"SECRET_KEY_FALLBACKS: one {why}. Whoever guesses it signs in as anybody: take it out."
    yield from _weak_history_keys(
        str(settings["HISTORY_KEY"]), settings["HISTORY_KEY_FALLBACKS"], [key, *older]
    )
    if why := weak_token(str(settings["METRICS_TOKEN"])):
        yield f"METRICS_TOKEN {why}"
    if settings["METRICS_TOKEN"] in (key, *older):
        yield "METRICS_TOKEN is the service's key as well. Set it to other random characters."
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "DATABASE_READ_URL", "SMTP_URL", "IMAP_URL"):
        if why := _weak_password(
            str(settings["SQLALCHEMY_DATABASE_URI" if name == "DATABASE_URL" else name])
        ):
            yield f"The password in {name} {why}. Give that account a random one."


def _weak_history_keys(key: str, older: object, others: list[str]) -> Iterator[str]:
    """HISTORY_KEY may be missing: nothing is sealed then."""
    assert isinstance(older, list)
    if key and (why := _weak(key, KEY_LENGTH)):
        yield f"HISTORY_KEY {why}. Set it to {KEY_LENGTH} or more random characters."
    if key in others:
        yield "HISTORY_KEY is the service's key as well. Set it to other random characters."
    for one in older:
        if one == key:
            yield "HISTORY_KEY_FALLBACKS holds HISTORY_KEY itself. Set HISTORY_KEY to a new one, or take it out there."
        elif why := _weak(one, KEY_LENGTH):
            yield f"HISTORY_KEY_FALLBACKS: one {why}. What it sealed proves nothing: take it out."


def weak_token(token: str) -> str:
    """Why a token that a program shows is refused, '' where it is not, or there is none."""
    if token and (_weak(token, TOKEN_LENGTH) or not token.isascii() or " " in token):
        return f"is too easy to guess. Set it to {TOKEN_LENGTH} or more random letters and figures."
    return ""


def _weak(key: str, at_least: int) -> str:
    if len(key) < at_least:
        return f"has {len(key)} characters"
    if SAMPLES.search(key):
        return "is a sample out of a recipe"
    if len(set(key)) < DISTINCT or key in (key + key)[1:-1]:
        return "repeats itself"
    return ""


def _weak_password(url: str) -> str:
    """Why the password of an address is weak; '' where it has none: the other side asks for something else then."""
    said = _SIGN_IN.match(url)
    user, password = (unquote(said[1]), unquote(said[2] or "")) if said else ("", "")
    if not password:
        return ""
    if len(password) < PASSWORD_LENGTH:
        return f"has {len(password)} characters"
    if SAMPLES.search(password) or password.casefold() in GUESSED_FIRST | {user.casefold()}:
        return "is one that is tried first"
    return ""


_SIGN_IN = re.compile(r"[\w+.-]+://([^:/@]*)(?::([^@]*))?@")
"""User and password of an address, as SQLAlchemy reads it: other readers end a password at '#' and '/'."""
