"""A mail server's words without what we signed in with; the token of a sign-in by XOAUTH2. Pure but for that file.

A server may repeat what it was sent. Passwords and tokens are struck out before its words are logged or kept.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

STRUCK = "…"

_PIECE = 5
"""Signs of a secret in a row that give it away, where a server cuts it or cuts it up."""
_OF_BASE64 = "(?<![0-9A-Za-z+/=])[0-9A-Za-z+/=]*"
_ANY_PROOF = re.compile(r"[0-9A-Za-z+]{32,}={0,2}")
"""As long as the digest by which CRAM-MD5 proves that we know the password; no word is."""


class NoToken(ValueError):
    """The file holds no token that can be read."""


def token_of(file: Path) -> str:
    """Read anew for each sign-in, since it lives for an hour. Raises NoToken."""
    try:
        token = file.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise NoToken from error
    if not token or not token.isprintable() or " " in token:
        raise NoToken
    return token


def without(secret: str, words: str) -> str:
    """The words with every piece of the secret struck out: as it is, as a command quotes it, and in base64, whatever
    stands before it there (AUTH PLAIN, LOGIN and XOAUTH2)."""
    raw = secret.encode()
    shown = (secret, repr(raw)[2:-1], re.sub(r'(["\\])', r"\\\1", secret))
    # In base64 it begins at the first, second or third byte of a group; signs that it shares with others tell less.
    coded = (b64encode(bytes(n) + raw)[-(-n * 4 // 3) : (n + len(raw)) * 4 // 3].decode() for n in range(3))
    words = _struck(words, [one for one in coded if len(one) >= _PIECE - 1], around=_OF_BASE64)
    return _ANY_PROOF.sub(STRUCK, _struck(words, [one for one in shown if one], around=""))


def _struck(words: str, forms: Iterable[str], *, around: str) -> str:
    """`around`: a pattern of the signs beside a piece that go with it."""
    pieces = {one[n : n + _PIECE].lower() for one in forms for n in range(max(1, len(one) - _PIECE + 1))}
    kept = list(words)
    for size in {len(piece) for piece in pieces}:
        for n in range(len(words) - size + 1):
            if words[n : n + size].lower() in pieces:
                kept[n : n + size] = [STRUCK] * size
    return re.sub(f"{around}{STRUCK}(?:{around}{STRUCK})*{around}", STRUCK, "".join(kept))
