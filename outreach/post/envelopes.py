"""A rendered letter becomes a mail: headers, both readings, and the calendar part last."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

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
    """Everything about one mail but its words. `reply_to` '' means the sender's address."""

    sender_name: str
    sender_address: str
    recipient: str
    reply_to: str = ""
    message_id: str
    in_reply_to: str | None = None
    written_at: datetime


def message_id(
    domain: str, *, stream: str, recipient: str, kind: str, method: str, sequence: int, dtstamp: datetime
) -> str:
    """The same for the same revision to the same person, whenever and however often it is made."""
    said = "\n".join([stream, recipient, kind, method, str(sequence), dtstamp.isoformat()])
    return f"<{hashlib.sha256(said.encode()).hexdigest()[:40]}@{domain}>"


def seal(envelope: Envelope, *, subject: str, text: str, html: str, invite: Invite | None = None) -> bytes:
    """The mail as it goes over the wire: CRLF, ASCII, multipart/alternative, the best reading last.

    Raises CannotWriteTo for an address that no ordinary mail server takes.
    """
    mail = EmailMessage(policy=policy.SMTP)
    sender = Address(display_name=envelope.sender_name, addr_spec=envelope.sender_address)
    mail["From"] = sender
    mail["To"] = Address(addr_spec=plain_address(envelope.recipient))
    mail["Reply-To"] = Address(addr_spec=plain_address(envelope.reply_to)) if envelope.reply_to else sender
    mail["Subject"] = subject
    mail["Date"] = envelope.written_at
    mail["Message-ID"] = envelope.message_id
    if envelope.in_reply_to:
        mail["In-Reply-To"] = envelope.in_reply_to
        mail["References"] = envelope.in_reply_to
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    if invite is not None:
        # Bytes, not str: the email package would count and recode the line ends of a str.
        mail.add_alternative(
            invite.ics,
            maintype="text",
            subtype="calendar",
            cte="base64",
            params={"charset": "UTF-8", "method": invite.method},
        )
    # No line of quoted-printable or base64 can hold "=_", so this never stands in a part.
    mail.set_boundary("=_" + hashlib.sha256(envelope.message_id.encode()).hexdigest()[:32])
    return mail.as_bytes()


def plain_address(address: str) -> str:
    """The address in ASCII, its domain as IDNA. Raises CannotWriteTo where there is no such form."""
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
