"""Headers of a mail: who, to whom, and whether our own mail server vouches for it. Pure, and it never
raises."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import Message
from email.utils import getaddresses
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from outreach.post.incoming.showing import plain
from outreach.post.incoming.showing import words as words

PASS, FAIL, NONE = "pass", "fail", "none"
EXCHANGE_ONLINE = "exchange-online"
"""The setting for Microsoft 365, which leaves its own name out of the Authentication-Results that it
writes."""

DELIVERED = (
    "Delivered-To",
    "X-Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "Original-Recipient",
    "To",
    "Cc",
    "Resent-To",
)
"""Where an address may stand to which a mail was delivered, the surest first."""

_ADDRESS = re.compile(r"(?<![^\s@<>\"(),:;\[\]])[^\s@<>\"(),:;\[\]]+@[^\s@<>\"(),:;\[\]]+")


@dataclass(frozen=True, kw_only=True)
class NamedAddress:
    """A name, '' when none is given, and an address in lower case."""

    name: str
    address: str


def people_in_headers(values: Iterable[str]) -> list[NamedAddress]:
    """The people of some address headers, in order, each address once. What is no address is left out."""
    found: dict[str, NamedAddress] = {}
    for value in values:
        # The reader of the standard library stumbles over a comma in a bare name; what it finds beside is
        # kept.
        try:
            pairs = getaddresses([value])
        except (ValueError, IndexError, TypeError, AttributeError):
            pairs = []
        known = [(name, address) for name, address in pairs if _ADDRESS.fullmatch(address.strip())]
        for name, address in known or [("", a) for a in _ADDRESS.findall(value)]:
            person = NamedAddress(name=words(name), address=bare(address))
            found.setdefault(person.address, person)
    return list(found.values())


def values(mail: Message, *names: str) -> list[str]:
    """Every value of some headers, unfolded, in the order of the names; of endless ones the beginning."""
    return [" ".join(str(v)[:10_000].split()) for name in names for v in mail.get_all(name, [])[:20]]


def bare(address: str) -> str:
    """'MAILTO:Office%2Bx@School.example?subject=…' -> 'office+x@school.example'; a domain in other letters as
    IDNA."""
    text = plain(address).strip().strip("<>").strip()
    if text[:7].lower() == "mailto:":
        text = unquote(text[7:].partition("?")[0])
    text = plain(text).strip().lower()
    local, at, domain = text.rpartition("@")
    if at and not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            pass
    return f"{local}{at}{domain}"


def address_in(value: str) -> str:
    """The one address of a calendar's CAL-ADDRESS, in lower case; '' when there is none in it."""
    address = bare(value)
    return address if _ADDRESS.fullmatch(address) else ""


def same_house(one: str, other: str) -> bool:
    """Whether two addresses are of one domain whose names one body gives out.

    A part of a domain is another house: pupils often have theirs there. Where anybody can have an address
    nobody's name says anything about another's.
    """
    a, b = one.rpartition("@")[2].lower(), other.rpartition("@")[2].lower()
    return bool(a) and a == b and a not in public_providers()


@cache
def public_providers() -> frozenset[str]:
    """Domains at which anybody can have an address; the list says where it comes from."""
    lines = (Path(__file__).parent / "public_providers.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def vouched(results: Sequence[str], ours: str, sender: str) -> str:
    """What our own mail server found about `sender`: PASS, FAIL, or NONE when it said nothing of use.

    `results` are Authentication-Results as they stand, the newest first (RFC 8601); `ours` is the name under
    which our server writes them, '' when it writes none. All others are somebody's claim and are left out.
    DMARC decides (RFC 7489), and with it Microsoft's own verdict (compauth); a policy that cannot be read is
    as good as a no. Where the sender's domain has none, a signature or SPF of that very domain does; that
    both fail is a no.
    """
    domain = sender.rpartition("@")[2]
    said = [_methods(value) for value in results]
    if ours.lower() == EXCHANGE_ONLINE:
        mine = [methods for name, methods in said if not name][:1]
    else:
        mine = [methods for name, methods in said if ours and name == ours.lower()]
    found = [method for methods in mine for method in methods]
    dmarc = [
        result
        for method, result, about in found
        if method == "dmarc" and _speaks_of(about.get("header.from"), domain)
    ]
    if {FAIL, "permerror"} & set(dmarc) or ("compauth", FAIL) in {
        (method, result) for method, result, _ in found
    }:
        return FAIL
    if PASS in dmarc or "bestguesspass" in dmarc:
        return PASS
    for method, result, about in found:
        if result == PASS and method in ("dkim", "spf"):
            whose = (
                about.get("header.d") or about.get("header.i")
                if method == "dkim"
                else about.get("smtp.mailfrom")
            )
            if whose and _aligned(whose.rpartition("@")[2], domain):
                return PASS
    failed = {method for method, result, _ in found if result in _FAILED}
    return FAIL if {"dkim", "spf"} <= failed else NONE


_FAILED = (FAIL, "hardfail", "softfail", "permerror")


def _speaks_of(header_from: str | None, domain: str) -> bool:
    return header_from is None or _aligned(header_from.rpartition("@")[2], domain)


def _aligned(whose: str, domain: str) -> bool:
    return bool(whose) and (domain == whose or domain.endswith("." + whose))


def _methods(value: str) -> tuple[str, list[tuple[str, str, dict[str, str]]]]:
    """'mx.example; dmarc=pass header.from=a.example' -> ('mx.example', [('dmarc', 'pass', {'header.from':
    …})])."""
    pieces = [piece.strip() for piece in _without_comments(value).lower().split(";")]
    name = ""
    if pieces and "=" not in pieces[0]:
        name = (pieces.pop(0).split() or [""])[0]
    methods = []
    for piece in pieces:
        found = re.match(r"([a-z0-9-]+)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", piece)
        if found is not None:
            about = dict(
                re.findall(r"(?<![a-z])([a-z]+\.[a-z0-9_-]+)\s*=\s*\"?([^\s;\"]+)", piece[found.end() :])
            )
            methods.append((found[1], found[2], about))
    return name, methods


def _without_comments(value: str) -> str:
    """(RFC 5322 3.2.2) Comments go, nested or not; what stands in quotes is no comment."""
    kept, depth, quoted, escaped = [], 0, False, False
    for character in value:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
            continue
        elif character == '"' and not depth:
            quoted = not quoted
        elif character == "(" and not quoted:
            depth += 1
        elif character == ")" and depth and not quoted:
            depth -= 1
            continue
        if not depth:
            kept.append(character)
    return "".join(kept)
