"""Mail that came back: to whom it could not be delivered, for good or not yet, and which letter it was. Pure.

Standard reports (RFC 3464) are read here; the many other shapes are flufl.bounce's to know.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from outreach.post.incoming import headers
from outreach.post.incoming.showing import plain

REPORTS = ("message/delivery-status", "message/global-delivery-status")
RETURNED = (
    "message/rfc822",
    "message/global",
    "message/rfc822-headers",
    "text/rfc822-headers",
    "message/global-headers",
)


@dataclass(frozen=True, kw_only=True)
class Bounced:
    """What a bounce says. `permanent`: True, given up; False, still being tried; None, nobody can tell.

    `status` is the enhanced code (RFC 3463) nearest to the cause, '' when there is none; `said` the other
    server's words; `message_ids` are those of the mail that came back, as far as any stand in the bounce.
    """

    permanent: bool | None
    addresses: tuple[str, ...]
    status: str
    said: str
    message_ids: tuple[str, ...]

    @property
    def address_is_dead(self) -> bool:
        """Whether the address itself is wrong, and not its mailbox full, or our letter unwelcome."""
        if self.permanent is not True:
            return False
        if self.status in _DEAD:
            return True
        return self.status in _UNSAID and not _NOT_THE_ADDRESS.search(self.said)


_DEAD = frozenset(
    "5.1.0 5.1.1 5.1.2 5.1.3 5.1.4 5.1.6 5.1.10 5.1.351 5.2.0 5.2.1 5.4.1 5.4.4 5.4.310 5.7.17".split()
)
"""No such mailbox, no such place, mailbox closed (RFC 3463 3.2, 3.3; RFC 7505: a domain without mail). 5.4.1
is what Exchange Online says of an address that is not in its directory; 5.4.4 and 5.4.310 of a domain that is
nowhere."""

_UNSAID = ("", "5.0.0", "5.5.0", "5.3.0")
_NOT_THE_ADDRESS = re.compile(
    r"full|quota|over\s?limit|insufficient|too (?:large|big|long)|exceed|size|spam|virus|polic|block|black|reputation|"
    r"content|dmarc|spf\b|dkim|access denied|permission denied|not authori[sz]ed|relaying|loop|hop "
    r"count|timed? ?out|expired|timeout|try again|greylist",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_FAULT = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_MESSAGE_ID = re.compile(r"^[> \t]*message-id:\s*(<[^<>\s]{3,200}>)", re.IGNORECASE | re.MULTILINE)


def is_report(parts: list[Message]) -> bool:
    """Whether some part is a delivery report."""
    return any(part.get_content_type() in REPORTS for part in parts)


def went_well(parts: list[Message]) -> bool:
    """Whether a report says no more than that the letter arrived, or was passed on."""
    actions = [action for block in _blocks(parts) if (action := _said(block, "Action").lower())]
    return bool(actions) and all(action.startswith(("deliver", "relay", "expand")) for action in actions)


def from_report(parts: list[Message]) -> Bounced | None:
    """What a delivery report says of recipients who did not get it; None when it names none."""
    failed, waiting = [], []
    for block in _blocks(parts):
        action = _said(block, "Action").lower()
        # opensmtpd says 'error' for 'failed'
        if action.startswith(("fail", "error")):
            failed.append(block)
        elif action.startswith("delay"):
            waiting.append(block)
    chosen = failed or waiting
    if not chosen:
        return None
    said = next((d for block in chosen if (d := _said(block, "Diagnostic-Code"))), "")
    said = said.partition(";")[2].strip() if re.match(r"[\w-]+\s*;", said) else said
    statuses = [code for block in chosen if (code := _status(block))]
    return Bounced(
        permanent=bool(failed),
        addresses=tuple(dict.fromkeys(a for block in chosen for a in _recipients(block))),
        status=statuses[0] if statuses else "",
        said=said[:500],
        message_ids=_returned(parts),
    )


def from_words(mail: Message, parts: list[Message]) -> Bounced | None:
    """The same of a bounce that is no standard report; None when it is no bounce that anybody knows."""
    from flufl.bounce import all_failures  # late: only mail that comes in is looked at

    try:
        waiting, failed = all_failures(mail)
    except Exception:  # its detectors trust the shape of what strangers send, each in a way of its own
        return None
    if not waiting and not failed:
        return None
    text = own_words(parts)
    code = _FAULT.search(text)
    found = failed or waiting
    return Bounced(
        permanent=bool(failed),
        addresses=tuple(sorted(headers.bare(a.decode("ascii", "replace")) for a in found)),
        status=code[1] if code else "",
        said=_line_about(text),
        message_ids=_returned(parts),
    )


def unclear(parts: list[Message]) -> Bounced:
    """A bounce of which nobody can tell more than that it is one."""
    text = own_words(parts)
    return Bounced(permanent=None, addresses=(), status="", said=text[:300], message_ids=_returned(parts))


def own_words(parts: list[Message]) -> str:
    """What the bouncing server wrote itself, without the mail it returns."""
    for part in parts:
        if part.get_content_type() == "text/plain":
            content = part.get_payload(decode=True)
            text = plain(content.decode("utf-8", "replace")) if isinstance(content, bytes) else ""
            return re.split(r"(?im)^[- ]*(?:original|returned|copy of|below this line|message header)", text)[
                0
            ][:5_000]
    return ""


def _blocks(parts: list[Message]) -> Iterator[Message]:
    for part in parts:
        inside = part.get_payload()
        if part.get_content_type() in REPORTS and isinstance(inside, list):
            yield from (block for block in inside if isinstance(block, Message))


def _said(block: Message, name: str) -> str:
    return headers.words(" ".join(headers.values(block, name)[:1]))


def _recipients(block: Message) -> list[str]:
    """'rfc822; j.fell@redmere.example', or a bare '<j.fell@redmere.example>'; the one that we wrote to
    first."""
    found = []
    for value in headers.values(block, "Original-Recipient", "Final-Recipient"):
        address = headers.bare(value.partition(";")[2] or value)
        if "@" in address:
            found.append(address)
    return found


def _status(block: Message) -> str:
    """The other server's own code tells more than the reporting one's: 5.0.0 beside '550 5.1.1' is a
    5.1.1."""
    status = _CODE.search(_said(block, "Status"))
    for code in _CODE.finditer(_said(block, "Diagnostic-Code")):
        if code[1].startswith("5" if status is None else status[1][0]):
            return code[1]
    return status[1] if status else ""


def _returned(parts: list[Message]) -> tuple[str, ...]:
    """Message-IDs of the mail that came back: it is a part of its own, or stands below in plain words."""
    found: list[str] = []
    for part in parts:
        inside = part.get_payload()
        if part.get_content_type() in RETURNED and isinstance(inside, list):
            found += [v for p in inside if isinstance(p, Message) for v in headers.values(p, "Message-ID")]
        elif part.get_content_maintype() == "text" or part.get_content_type() in RETURNED:
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                found += _MESSAGE_ID.findall(content.decode("utf-8", "replace"))
    return tuple(dict.fromkeys(found))[:10]


def _line_about(text: str) -> str:
    """The line with the cause, as far as one can be told from the others."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for pattern in (
        _CODE,
        re.compile(r"\b[45]\d\d[ -]"),
        re.compile(r"(?i)unknown|no such|not exist|full|quota|reject"),
    ):
        for line in lines:
            if pattern.search(line):
                return line[:500]
    return ""
