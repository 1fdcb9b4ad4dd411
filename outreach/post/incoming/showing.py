"""A mail that came in, made fit to be read: its words as plain text, whatever it holds. Pure.

Nothing of it is ever shown as HTML, loaded or run; what cannot be read is said to be so.
"""

import re
import unicodedata
from dataclasses import dataclass
from email import policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from html.parser import HTMLParser

LONGEST = 60_000
"""As many characters of a mail's words are shown; the rest stands in the file."""

PARTS_AT_MOST = 200
HEADERS = ("From", "To", "Cc", "Date", "Subject", "Reply-To")


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A part that is not shown: what it calls itself, its type, and its size in bytes."""

    name: str
    kind: str
    size: int


@dataclass(frozen=True, kw_only=True)
class MailAsShown:
    """`words` is what the person wrote, `quoted` the older mail below it; `cut` when there is more than is
    shown."""

    headers: tuple[tuple[str, str], ...]
    words: str
    quoted: str
    attached: tuple[Attached, ...]
    cut: bool


def show(raw: bytes) -> MailAsShown:
    """The mail for a person's eyes. Never raises: of a mail that makes no sense the words are ''."""
    try:
        mail = BytesParser(policy=policy.compat32).parsebytes(raw)
        parts = _leaves(mail)
    except (RecursionError, ValueError, LookupError, TypeError):
        return MailAsShown(headers=(), words="", quoted="", attached=(), cut=False)
    chosen = _first(parts, "text/plain") or _first(parts, "text/html")
    # An answer from a calendar often has an empty text beside its HTML.
    if chosen is not None and not text_of(chosen).strip():
        chosen = _first(parts, "text/html") or chosen
    words = plain(text_of(chosen)) if chosen is not None else ""
    own, quoted = _apart(words[:LONGEST])
    return MailAsShown(
        headers=tuple((name, header(mail, name)) for name in HEADERS if mail[name] is not None),
        words=own,
        quoted=quoted,
        attached=tuple(_attached(part) for part in parts if part is not chosen and not _is_reading(part)),
        cut=len(words) > LONGEST,
    )


def header(mail: Message, name: str) -> str:
    """One header in words, however it was encoded; '' when it is not there."""
    return words(str(mail[name] if mail[name] is not None else ""))


def words(value: str) -> str:
    """Header words (RFC 2047) as one line of plain text, however they were encoded."""
    try:
        said = "".join(
            piece.decode(charset or "utf-8", "replace") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(value)
        )
    except (LookupError, ValueError, TypeError):
        said = value
    return " ".join(plain(said).split())[:500]


def plain(text: str) -> str:
    """Text without what could mislead the eye: control characters, turned reading directions, half
    characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept = "".join(
        c for c in lines if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _TURNS)
    )
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?<![ \t\u00a0])[ \t\u00a0]+\n", "\n", kept)).strip()


_TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


def _leaves(mail: Message) -> list[Message]:
    """The parts that hold something, in order; a mail inside the mail counts as one."""
    found: list[Message] = []
    waiting = [mail]
    while waiting and len(found) < PARTS_AT_MOST:
        part = waiting.pop(0)
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            waiting = [p for p in inside if isinstance(p, Message)] + waiting
        else:
            found.append(part)
    return found


def _first(parts: list[Message], kind: str) -> Message | None:
    return next(
        (p for p in parts if p.get_content_type() == kind and p.get_content_disposition() != "attachment"),
        None,
    )


def _is_reading(part: Message) -> bool:
    """Another reading of the same words, which is no attachment."""
    return (
        part.get_content_type() in ("text/plain", "text/html")
        and part.get_content_disposition() != "attachment"
    )


def text_of(part: Message) -> str:
    """The words of a part of text, of HTML without its marks."""
    said = _decoded(part).decode(_charset(part), "replace")
    return _words_of_html(said) if part.get_content_type() == "text/html" else said


def _decoded(part: Message) -> bytes:
    if part.is_multipart():
        inside = part.get_payload()
        return (
            b"".join(p.as_bytes() for p in inside if isinstance(p, Message))
            if isinstance(inside, list)
            else b""
        )
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _charset(part: Message) -> str:
    """The part's own character set where Python knows it; else UTF-8, which most mail is."""
    named = str(part.get_content_charset() or "utf-8")
    try:
        "".encode(named)
        b"".decode(named)
    except (LookupError, UnicodeError, ValueError):
        return "utf-8"
    return named


def _attached(part: Message) -> Attached:
    try:
        name = part.get_filename() or ""
        size = len(_decoded(part))
    except (LookupError, ValueError, TypeError, RecursionError):
        name, size = "", 0
    return Attached(name=" ".join(plain(name).split())[:120], kind=part.get_content_type(), size=size)


_BEGINS_QUOTE = re.compile(
    r"^(?:>|-{2,} ?(?:Original Message|Forwarded message)|_{20,}|On .{4,120} wrote:|From: .+@.+)", re.M | re.I
)


def _apart(words: str) -> tuple[str, str]:
    """What the person wrote, and the older mail below it. A mail that begins with a quotation is left
    whole."""
    begins = _BEGINS_QUOTE.search(words)
    if begins is None or not words[: begins.start()].strip():
        return words, ""
    return words[: begins.start()].rstrip(), words[begins.start() :]


_HIDDEN = ("script", "style", "title", "template")
_LINES = (
    "p",
    "div",
    "br",
    "tr",
    "li",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "hr",
    "ul",
    "ol",
)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self.hidden += 1
        elif tag in _LINES:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag in _LINES:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.said.append(re.sub(r"\s+", " ", data))


def _words_of_html(html: str) -> str:
    parser = _Words()
    parser.feed(html)
    parser.close()
    return re.sub(r"\n +", "\n", re.sub(r"(?<! ) +\n", "\n", "".join(parser.said)))
