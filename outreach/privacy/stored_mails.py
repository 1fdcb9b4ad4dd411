"""Mails that are kept, to anybody and from anybody, read for those in which some words stand.

Every mail of a county would take minutes to take apart. What narrows comes first: addresses and days in the database,
then a look for the longest of the words in the bytes as they lie; only what is left is taken apart.
"""

import email
import email.policy
import re
from binascii import Error as NotBase64
from binascii import a2b_base64, a2b_qp
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from typing import Any

from sqlalchemy import func, or_, select

from outreach.ground.db import Base, db
from outreach.post.copies import masked
from outreach.post.incoming import showing
from outreach.post.incoming.inbox import Incoming, IncomingMail
from outreach.post.outbox import Letter, LetterMail
from outreach.privacy.belonging import of_partnership

AT_ONCE = 200
"""Mails in memory."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail that was written to somebody or by them (`theirs`), or to another and names them."""

    model: type[Base]
    key: int
    at: datetime
    theirs: bool
    subject: str
    words: str
    address: str = ""
    stream: str = ""
    letter_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Mails:
    """Those that were found, oldest first of each kind, and up to which number all of a kind were read."""

    found: tuple[Mail, ...] = ()
    read: Mapping[type[Base], int] = field(default_factory=dict)


NONE_READ = Mails()


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What is looked for: mails to or from `addresses` (lower case), and those whose words, on a line each, are
    `named`. `needles`: one of these, in small letters, stands in each such mail however it is written; none: all are
    read. `letters_since`: no letter of before is looked at but to these addresses."""

    named: Callable[[str], bool]
    needles: Collection[str]
    addresses: Sequence[str] = ()
    letters_since: datetime | None = None


def find(partnership_id: int, sought: Sought, *, before: Mails = NONE_READ) -> Mails:
    """The mails of a partnership that are sought. Two queries, however many there are.

    Call it with no transaction open, and once more within it with what was found `before`, which reads what has come
    since alone.
    """
    found, read = list(before.found), dict(before.read)
    for model, mail, of, whose, at in (
        (Letter, LetterMail, LetterMail.letter_id, Letter.recipient, Letter.created_at),
        (Incoming, IncomingMail, IncomingMail.incoming_id, Incoming.sender, Incoming.received_at),
    ):
        head: Any = model
        theirs_by_address = func.lower(whose).in_(sought.addresses)
        wanted = [of_partnership(head, partnership_id), head.id > read.get(model, 0)]
        if model is Letter and sought.letters_since is not None:
            wanted.append(or_(at >= sought.letters_since, theirs_by_address))
        letter_id: Any = Letter.id if model is Letter else Incoming.letter_id
        rows = db.session.execute(
            select(head.id, whose, at, head.subject, head.stream, letter_id, mail.raw)
            .join(mail, of == head.id)
            .where(*wanted)
            .order_by(head.id)
            .execution_options(yield_per=AT_ONCE)
        )
        for key, address, when, subject, stream, answers, raw in rows:
            read[model] = key
            theirs = address.lower() in sought.addresses
            raw = bytes(raw)
            if not theirs and not _may_say(raw, subject, sought.needles, came_in=model is Incoming):
                continue
            if theirs or sought.named(f"{subject}\n{all_words_of(raw)}"):
                found.append(
                    Mail(
                        model=mail,
                        key=key,
                        at=when,
                        theirs=theirs,
                        subject=subject,
                        words=words_of(raw),
                        address=address,
                        stream=stream,
                        letter_id=answers,
                    )
                )
    return Mails(found=tuple(found), read=read)


def words_of(raw: bytes) -> str:
    """What a mail says: its heads, its text and what its invites say, without a link that still opens something. Its
    HTML where it has no text."""
    mail = _parsed(raw)
    said = [*_heads(mail), *_texts(mail, "text/plain", "text/calendar")]
    if not any(part.get_content_type() == "text/plain" for part in mail.walk()):
        said += _texts(mail, "text/html")
    return "\n\n".join(said)


def all_words_of(raw: bytes) -> str:
    """All that stands in it as text, in whichever of its readings, with the names of what is attached."""
    mail = _parsed(raw)
    return "\n\n".join([*_heads(mail), *_texts(mail), *_attached(mail)])


def _parsed(raw: bytes) -> Message:
    return email.message_from_bytes(masked(raw), policy=email.policy.compat32)


def _heads(mail: Message) -> Iterator[str]:
    for name, value in mail.items():
        if name.lower() in ("from", "to", "cc", "subject"):
            yield f"{name}: {showing.words(str(value))}"


def _texts(mail: Message, *kinds: str) -> Iterator[str]:
    for part in mail.walk():
        if part.get_content_maintype() != "text" or (kinds and part.get_content_type() not in kinds):
            continue
        text = showing.text_of(part)
        if text.strip():
            yield _in_calendar(text) if part.get_content_type() == "text/calendar" else text


def _in_calendar(text: str) -> str:
    """Lines of RFC 5545 unfolded (3.1), and its escapes undone (3.3.11)."""
    plain = re.sub(r"\r?\n[ \t]", "", text)
    return re.sub(r"\\([nN,;\\])", lambda found: "\n" if found[1] in "nN" else found[1], plain)


def _attached(mail: Message) -> Iterator[str]:
    for part in mail.walk():
        try:
            name = part.get_filename()
        except (LookupError, ValueError, TypeError):
            continue
        if name:
            yield showing.words(str(name))


_BASE64 = re.compile(
    rb"content-transfer-encoding:[ \t]*base64(?:(?!content-transfer-encoding:[ \t]*base64).)*?"
    rb"\r?\n\r?\n([A-Za-z0-9+/=\s]*)",
    re.IGNORECASE | re.DOTALL,
)
_DISGUISED = re.compile(
    rb"&#|&\w{2,8};|\xef[\xbb-\xbf]|\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xc2\xad|\xad|\xcc|\xcd|=\?[^?\s]+\?b\?"
    rb"|charset=\"?(?:utf-?(?:16|32|7)|iso-2022|hz|cp037|ibm)",
    re.IGNORECASE,
)
"""What lets plain letters be written otherwise: entities, signs of full width, signs that nobody sees, marks set apart,
heads in base64, character sets that are none of ASCII's kin."""


def _may_say(raw: bytes, subject: str, needles: Collection[str], *, came_in: bool) -> bool:
    """Whether a mail may hold one of some words, as far as its bytes tell without taking it apart. What we wrote
    ourselves is disguised in no way but quoted-printable and base64."""
    if not all(needles):
        return True
    lain = a2b_qp(raw)
    for block in _BASE64.findall(lain if b"=3D" in raw else raw):
        try:
            lain += a2b_base64(block)
        except NotBase64:
            return True
    lain = lain.replace(b"\r\n ", b"").lower()
    if any(one.encode() in lain or one in subject.lower() for one in needles):
        return True
    return came_in and _DISGUISED.search(lain) is not None
