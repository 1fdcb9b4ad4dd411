"""The kept copy of a mail: read for a person, and its personal link masked once it has gone."""

import re
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

MASKED = "hidden-once-sent"
_PLACES = ("/i/", "/digest/", "/no-reminders/", "/sign-in/invited/", "/sign-in/")
_PERSONAL = re.compile("(" + "|".join(_PLACES) + ")[A-Za-z0-9_-]{20,}")
_BROKEN = b"(?:=\r\n)?"
_BYTES = b"|".join(_BROKEN.join(bytes([sign]) for sign in place.encode()) for place in _PLACES)
_PERSONAL_BYTES = re.compile(b"(" + _BYTES + b")(?:" + _BROKEN + b"[A-Za-z0-9_-]){20,}")
_POLICY = policy.SMTP


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A mail taken apart. `calendar` is b'' for a mail without an invite; `method` is its MIME parameter."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    calendar: bytes
    method: str


def read(raw: bytes) -> Copy:
    """Take a mail of our own apart."""
    mail = _parse(raw)
    calendar = next((p for p in mail.walk() if p.get_content_type() == "text/calendar"), None)
    entry = calendar.get_payload(decode=True) if calendar is not None else b""
    return Copy(
        headers=tuple((name, str(value)) for name, value in mail.items()),
        text=_said(mail, "text/plain"),
        html=_said(mail, "text/html"),
        calendar=entry if isinstance(entry, bytes) else b"",
        method=str(calendar.get_param("method", "")) if calendar is not None else "",
    )


def masked(raw: bytes) -> bytes:
    """The same mail with the token of every personal link hidden; all else to the byte as it was.

    Both readings are quoted-printable, which writes a token as it is but may break its line anywhere. The
    calendar part and all after it bear no link, and are base64, where the same signs may stand by chance.
    """
    readings, calendar, rest = raw.partition(b"\r\nContent-Type: text/calendar")
    return _PERSONAL_BYTES.sub(rb"\1" + MASKED.encode(), readings) + calendar + rest


def sender_name(raw: bytes) -> str:
    """The name that stands in From, decoded; '' when there is none."""
    sender = _parse(raw)["From"]
    return sender.addresses[0].display_name if sender is not None and sender.addresses else ""


def mask(words: str) -> str:
    """Text with the token of every personal link hidden."""
    return _PERSONAL.sub(rf"\g<1>{MASKED}", words)


def _parse(raw: bytes) -> EmailMessage:
    mail = BytesParser(policy=_POLICY).parsebytes(raw)
    assert isinstance(mail, EmailMessage)
    return mail


def _said(mail: EmailMessage, kind: str) -> str:
    for part in mail.walk():
        if part.get_content_type() == kind:
            assert isinstance(part, EmailMessage)
            return str(part.get_content())
    return ""
