"""A rendered letter becomes a mail: headers, both readings, and the calendar part last."""

import hashlib
import re
from base64 import encodebytes
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.utils import format_datetime

from outreach.ground.errors import Refusal


class CannotWriteTo(Refusal):
    """No mail can be addressed so."""


@dataclass(frozen=True, kw_only=True)
class Invite:
    """The calendar part: its bytes, and the METHOD they hold."""

    method: str
    ics: bytes


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Everything about one mail but its words. `reply_to` '' means the sender's address.

    With `attach_invite` the calendar comes a second time, as the file invite.ics, for mail readers that hide
    the first. `unsubscribe`: the address that a mail reader's own button stops such letters by (RFC 8058).
    """

    sender_name: str
    sender_address: str
    recipient: str
    reply_to: str = ""
    message_id: str
    in_reply_to: str | None = None
    written_at: datetime
    attach_invite: bool = False
    unsubscribe: str = ""


ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a mail reader sends there, in a POST without a cookie (RFC 8058 3.1)."""


def message_id(
    domain: str, *, stream: str, recipient: str, kind: str, method: str, sequence: int, dtstamp: datetime
) -> str:
    """The same for the same revision to the same person, whenever and however often it is made."""
    said = "\n".join([stream, recipient, kind, method, str(sequence), dtstamp.isoformat()])
    return f"<{hashlib.sha256(said.encode()).hexdigest()[:40]}@{domain}>"


def seal(envelope: Envelope, *, subject: str, text: str, html: str, invite: Invite | None = None) -> bytes:
    """The mail as it goes over the wire: CRLF, ASCII, multipart/alternative, the best reading last.

    The shape hardly varies, so it is written out here. Raises CannotWriteTo for an address that no
    ordinary mail server takes.
    """
    # Folded for the longer of the two headers that it stands in.
    sender = f"{_words('Reply-To', envelope.sender_name, _NAME)}\r\n <{envelope.sender_address}>"
    reply_to = plain_address(envelope.reply_to) if envelope.reply_to else sender
    # No line of quoted-printable or base64 can hold "=_", so this never stands in a part.
    mark = hashlib.sha256(envelope.message_id.encode()).hexdigest()[:32]
    boundary, outer = f"=_{mark}", f"=_around_{mark}"
    alternative = f'multipart/alternative; boundary="{boundary}"'
    attached = invite is not None and envelope.attach_invite
    head = [
        _line("From", sender),
        _line("To", plain_address(envelope.recipient)),
        _line("Reply-To", reply_to),
        _line("Subject", _words("Subject", subject, _SUBJECT)),
        _line("Date", format_datetime(envelope.written_at)),
        _line("Message-ID", envelope.message_id),
    ]
    if envelope.in_reply_to:
        head += [_line("In-Reply-To", envelope.in_reply_to), _line("References", envelope.in_reply_to)]
    if envelope.unsubscribe:
        head += [
            _line("List-Unsubscribe", f"<{envelope.unsubscribe}>"),
            _line("List-Unsubscribe-Post", ONE_CLICK),
        ]
    head += [
        _line("Auto-Submitted", "auto-generated"),
        _line("X-Auto-Response-Suppress", "OOF, AutoReply"),
        _line("MIME-Version", "1.0"),
        _line("Content-Type", f'multipart/mixed; boundary="{outer}"' if attached else alternative),
    ]
    parts = [
        _part("text/plain; charset=UTF-8", "quoted-printable", _printable(text)),
        _part("text/html; charset=UTF-8", "quoted-printable", _printable(html)),
    ]
    if invite is None:
        return b"".join([*head, b"\r\n", _multipart(boundary, parts)])
    lines = encodebytes(invite.ics).replace(b"\n", b"\r\n")
    parts.append(_part(f"text/calendar; charset=UTF-8; method={invite.method}", "base64", lines))
    if not attached:
        return b"".join([*head, b"\r\n", _multipart(boundary, parts)])
    body = _line("Content-Type", alternative) + b"\r\n" + _multipart(boundary, parts)
    file = _line("Content-Disposition", 'attachment; filename="invite.ics"') + _part(
        'application/ics; name="invite.ics"', "base64", lines
    )
    return b"".join([*head, b"\r\n", _multipart(outer, [body, file])])


def _multipart(boundary: str, parts: list[bytes]) -> bytes:
    edge = f"--{boundary}".encode()
    return b"".join([*(edge + b"\r\n" + part + b"\r\n" for part in parts), edge + b"--\r\n"])


def _part(content_type: str, encoding: str, body: bytes) -> bytes:
    head = _line("Content-Type", content_type) + _line("Content-Transfer-Encoding", encoding)
    return head + b"\r\n" + body


def _printable(words: str) -> bytes:
    """Quoted-printable, which a person can still half read in the raw mail."""
    lines = "\r\n".join(words.splitlines()) + "\r\n"
    return b2a_qp(lines.encode("utf-8", "replace"), istext=True)


def _line(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode("ascii")


def _words(header: str, typed: str, plain: re.Pattern[str]) -> str:
    """Typed words in a header: as they are where that is safe, else encoded and folded (RFC 2047).

    Not by email.policy, which loses a space where it splits a long name into two.
    """
    if plain.fullmatch(typed):
        return typed
    return Header(typed, "utf-8", header_name=header, maxlinelen=76).encode(linesep="\r\n")


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{0,60}")
_SUBJECT = re.compile(r"(?!.{0,66}=\?)[!-~][ -~]{0,65}")


_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9-]{1,63}"
_ORDINARY = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*")
"""dot-atom@domain in ASCII (RFC 5322 3.4.1)."""


def plain_address(address: str) -> str:
    """The address in ASCII, its domain as IDNA. Raises CannotWriteTo where there is no such form."""
    if _ORDINARY.fullmatch(address):  # nearly all are, and the parser of addresses is slow
        return address
    local, at, domain = address.strip().rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode()}"
        Address(addr_spec=plain)
        if (
            not at
            or not local
            or not domain
            or not plain.isascii()
            or not plain.isprintable()
            or " " in plain
        ):
            raise ValueError
    except (ValueError, IndexError, UnicodeError) as error:
        raise CannotWriteTo(f"No letter can be sent to ‘{address}’. Check the address.") from error
    except Exception as error:  # the parser of addresses raises its own kinds, some of them undocumented
        if type(error).__module__.startswith("email"):
            raise CannotWriteTo(f"No letter can be sent to ‘{address}’. Check the address.") from error
        raise
    return plain
