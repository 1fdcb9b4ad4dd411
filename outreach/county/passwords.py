"""Rules of a password, the same wherever one is chosen: long, not one of the commonest, not made of words that anybody
who knows its person would try first. Nothing is asked of its signs (NIST SP 800-63B 3.1.1.2, OWASP ASVS 5 6.2)."""

import gzip
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from werkzeug.security import check_password_hash, generate_password_hash

from outreach.ground.errors import Refusal

AT_LEAST, AT_MOST = 12, 256
"""Characters."""
OTHERS_AT_LEAST = 8
"""Letters and figures that must be left when the words are taken out that are tried first."""
PRODUCT = "Outreach"
EVERYWHERE = ("password", "passwort", "welcome", "letmein", "safeguarding")
"""Words that stand in passwords of any office."""
COMMONEST = Path(__file__).with_name("common-passwords.txt.gz")
"""The 19,640 commonest, in small letters; source and licence stand beside it."""

_RUNS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyzabcdefghijkl",
    "qwertyuiopasdfghjklzxcvbnmqwertyuiop",
)


class PasswordTooShort(Refusal):
    field = "password"


class PasswordTooLong(Refusal):
    field = "password"


class PasswordTooCommon(Refusal):
    field = "password"


class PasswordOfOwnWords(Refusal):
    """Little but the names of the person, the partnership and the service."""

    field = "password"


def hash_of(password: str, *, own_words: Iterable[str]) -> str:
    """The scrypt hash to keep of a password; slow on purpose. `own_words`: names and addresses of whose it will be.

    Raises PasswordTooShort, PasswordTooLong, PasswordTooCommon, PasswordOfOwnWords.
    """
    check(password, own_words=own_words)
    return generate_password_hash(plain(password), method="scrypt")


def check(password: str, *, own_words: Iterable[str]) -> None:
    """Raises as `hash_of` does."""
    chosen = plain(password)
    if len(chosen) < AT_LEAST:
        raise PasswordTooShort(f"Choose a password of at least {AT_LEAST} characters.")
    if len(chosen) > AT_MOST:
        raise PasswordTooLong(f"Choose a password of at most {AT_MOST} characters.")
    folded, common, found = chosen.casefold(), commonest(), list[str]()
    if _is_common(folded, common):
        raise PasswordTooCommon(
            "That is one of the passwords that are tried first. Choose three words that do not belong together."
        )
    others = folded
    for word in _words([PRODUCT, *EVERYWHERE, *own_words]):
        if word in others:
            others, found = others.replace(word, " "), [*found, word]
    left = re.sub(r"[\W_]+", "", others)
    if found and (len(left) < OTHERS_AT_LEAST or _is_common(left, common)):
        raise PasswordOfOwnWords(
            f"Whoever knows you tries ‘{found[0]}’ first, and there is too little besides it. "
            "Choose three words that do not belong together."
        )


def fits(kept_hash: str, password: str) -> bool:
    """Whether that is the password of a hash. One kept before signs were made alike is asked as it is typed."""
    ways = dict.fromkeys((plain(password), password))
    return any([check_password_hash(kept_hash, way) for way in ways])


def plain(password: str) -> str:
    """The same for all that look alike, whatever keyboard typed it (NFKC, as NIST SP 800-63B asks)."""
    return unicodedata.normalize("NFKC", password)


def commonest() -> set[str]:
    """Read when one is chosen, which is seldom: 5 ms."""
    with gzip.open(COMMONEST, "rt", encoding="utf-8") as lines:
        return {line.strip() for line in lines}


def _is_common(folded: str, common: set[str]) -> bool:
    """One of the list; one with figures and signs before or after it; the same few signs again and again; a run along
    the alphabet, the figures or the keys."""
    within = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    unit = _repeated(folded)
    return (
        folded in common
        or within in common
        or (unit != folded and (len(unit) < OTHERS_AT_LEAST or unit.strip() in common))
        or any(folded in run or folded[::-1] in run for run in _RUNS)
    )


def _repeated(folded: str) -> str:
    """'abc' of 'abcabcabc' and of 'abcabcab'; else the whole."""
    for length in range(1, len(folded) // 2 + 1):
        if folded == (folded[:length] * len(folded))[: len(folded)]:
            return folded[:length]
    return folded


def _words(names: Iterable[str]) -> list[str]:
    """The words of names and addresses, four letters at least, the longest first."""
    found = {w for name in names for w in re.findall(r"[^\W\d_]{4,}", plain(name).casefold())}
    return sorted(found, key=lambda word: (-len(word), word))
