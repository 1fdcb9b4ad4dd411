"""A letter about a visit, once more: the same words and the same calendar bytes, in a new mail with a link of its own."""

import re
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.ground.db import db
from outreach.post import copies, envelopes, links, outbox
from outreach.post.envelopes import Envelope, Invite
from outreach.post.links import PersonalLink
from outreach.post.outbox import BOUNCED, FAILED, SENT, WAITING, Letter, Thread
from outreach.post.outgoing.letterbook import AddressDead
from outreach.post.stationery import settings

KIND = "sent again"
JUST_NOW = timedelta(minutes=5)
"""A mail that went so lately is still on its way; another would only be a second copy."""

_LINKED = re.compile(rf"(/i/)({copies.MASKED}|[A-Za-z0-9_-]{{20,}})")


def resend(stream: str, recipient: str, *, now: datetime) -> Letter | None:
    """The newest calendar letter of a stream to one person once more: the letter that is on its way now.

    A letter that still waits goes at once; one that could not be delivered is tried again, the same bytes. One that
    has gone is written anew, since its link is known to nobody any more: same words, same calendar text, new link and
    new Message-ID. Gone within the last minutes, nothing is done. None when the person never had one, or when its link
    was withdrawn. Raises AddressDead.
    """
    newest = db.session.scalar(
        select(Letter)
        .where(
            Letter.stream == stream,
            func.lower(Letter.recipient) == recipient.lower(),
            Letter.method != "",
            Letter.status.in_((WAITING, FAILED, SENT, BOUNCED)),
        )
        .order_by(Letter.id.desc())
        .limit(1)
    )
    if newest is None:
        return None
    if outbox.is_dead(newest.recipient):
        raise AddressDead(f"Mail to {newest.recipient} bounced for good. Correct the address first.")
    if newest.status in (WAITING, FAILED):
        newest.attempts = 0 if newest.status == FAILED else newest.attempts
        newest.status, newest.not_before = WAITING, min(now, newest.not_before)
        db.session.flush()
        return newest
    if newest.handed_at is not None and now - newest.handed_at < JUST_NOW:
        return newest
    return _anew(newest, now=now)


def _anew(letter: Letter, *, now: datetime) -> Letter | None:
    copy = copies.read(letter.raw)
    text, html = copy.text, copy.html
    if _LINKED.search(text):
        token = _token(letter, now=now)
        if token is None:
            return None
        text, html = (_LINKED.sub(rf"\g<1>{token}", words) for words in (text, html))
    message_id = envelopes.message_id(
        settings().mail_domain, stream=letter.stream, recipient=letter.recipient, kind=KIND, method=letter.method,
        sequence=letter.sequence, dtstamp=now,
    )  # fmt: skip
    first = _first_invite(letter)
    envelope = Envelope(
        sender_name=copies.sender_name(letter.raw),
        sender_address=letter.sender_address,
        recipient=letter.recipient,
        message_id=message_id,
        in_reply_to=first,
        written_at=now,
        attach_invite=settings().attach_invite,
    )
    invite = Invite(method=letter.method, ics=copy.calendar)
    return outbox.put(
        partnership_id=letter.partnership_id, stream=letter.stream, recipient=letter.recipient, kind=KIND,
        subject=letter.subject, message_id=message_id, now=now, method=letter.method, sequence=letter.sequence,
        raw=envelopes.seal(envelope, subject=letter.subject, text=text, html=html, invite=invite),
        thread=Thread(first_invite=first, holds_entry=True), give_up_at=letter.give_up_at,
        sender_address=letter.sender_address,
    )  # fmt: skip


def _token(letter: Letter, *, now: datetime) -> str | None:
    """A new link like the one in `letter`, which was minted with it; None if that opens nothing any more."""
    old = db.session.scalar(
        select(PersonalLink)
        .where(PersonalLink.address == letter.recipient, PersonalLink.created_at == letter.dtstamp)
        .order_by(PersonalLink.id.desc())
        .limit(1)
    )
    if old is None or not old.open_at(now):
        return None
    return links.mint(
        urn=old.urn, programme_id=old.programme_id, address=old.address, name=old.name, now=now,
        expires_at=old.expires_at,
    ).token  # fmt: skip


def _first_invite(letter: Letter) -> str | None:
    return db.session.scalar(
        select(Letter.message_id)
        .where(
            Letter.stream == letter.stream, Letter.recipient == letter.recipient, Letter.method == "REQUEST",
            Letter.handed_at.is_not(None),
        )
        .order_by(Letter.id)
        .limit(1)
    )  # fmt: skip
