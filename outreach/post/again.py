"""A letter about a visit, once more: as it was while that is still so, in a new mail with a link of its own;
else written anew.

`post` does not know what stands: who does is named by create_app (WHAT_STANDS), and answers by UID and address.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, not_, select, true

from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.the_app import FromAbove
from outreach.post import calendars, copies, envelopes, letterbook, letters, links, outbox, proposing
from outreach.post.calendars import CANCEL, REQUEST
from outreach.post.envelopes import Envelope, Invite
from outreach.post.letterbook import AddressBounced, LetterGone, Overtaken
from outreach.post.links import PersonalLink
from outreach.post.outbox import BOUNCED, FAILED, SENT, SUPERSEDED, WAITING, Letter
from outreach.post.stationery import Addressee, LetterVisit, Sender, settings
from outreach.post.writing import appointment

KIND = "sent again"
JUST_NOW = timedelta(minutes=5)
"""A mail that went so lately is still on its way; another would only be a second copy."""

_LINKED = re.compile(rf"(/i/)({copies.MASKED}|[A-Za-z0-9_-]{{20,}})")


class Stands(NamedTuple):
    """A booking, or a time that is kept for the school; the link in a letter about it opens until then."""

    expires_at: datetime


class StandsCancelled(NamedTuple):
    """A booking that has ended, why, and by whom."""

    reason: str
    by: str


class StandsWithoutThem(NamedTuple):
    """A booking that is not theirs any more."""


class StandsNotKept(NamedTuple):
    """A kept time that came to nothing; `how` is one of proposing's words."""

    how: str
    expires_at: datetime


class StandsForTroupe(NamedTuple):
    """The company's own entry, REQUEST or CANCEL; `goes_ahead`: see letters.for_troupe()."""

    method: str
    goes_ahead: str = ""


@dataclass(frozen=True, kw_only=True)
class CalendarStanding:
    """What one person's calendar is to show of a visit now."""

    visit: LetterVisit
    to: Addressee
    sender: Sender
    says: Stands | StandsCancelled | StandsWithoutThem | StandsNotKept | StandsForTroupe


Knows = Callable[[str, str, datetime], CalendarStanding | None]
"""What stands of an event (its UID) for an address; None where nobody knows of such an event or such a
person."""

WHAT_STANDS = FromAbove[Knows]("what stands of a visit")


def resend(stream: str, recipient: str, *, now: datetime) -> Letter | None:
    """What a person's calendar is to show, once more: the letter that is on its way now.

    Where the newest letter says what stands, it goes again. One that still waits goes at once; one that could
    not be delivered is tried again, the same bytes. One that has gone is written anew, since its link is
    known to nobody any more: same words, same calendar text, new link and new Message-ID. Gone within the
    last minutes, nothing is done. Where it is older than what stands, or a newer one was taken back, the
    visit is written to them as it stands. None when the person never had one, or when its link was withdrawn.
    Raises AddressDead.
    """
    newest = letterbook.newest(stream, recipient)
    if newest is None:
        return None
    if outbox.is_dead(newest.recipient):
        raise AddressBounced(f"Mail to {newest.recipient} bounced for good. Correct the address first.")
    standing = _older_than_what_stands(newest, now=now)
    if standing is not None:
        return None if _gave_it_back(newest) else _as_it_stands(newest, standing, now=now)
    if newest.status in (WAITING, FAILED):
        newest.attempts = 0 if newest.status == FAILED else newest.attempts
        newest.status, newest.not_before = WAITING, min(now, newest.not_before)
        db.session.flush()
        return newest
    if newest.handed_at is not None and now - newest.handed_at < JUST_NOW:
        return newest
    return _anew(newest, now=now)


def try_again(letter: Letter, *, who: str, now: datetime) -> Letter:
    """Send a letter that failed once more, one that waits for its next try at once, or one with an invite that went
    anew: the letter that goes now.

    What is not so any more is written as it stands instead. Raises LetterGone, AddressDead, Overtaken.
    """
    letterbook.can_go(letter)
    if letter.status in (SENT, BOUNCED):
        going = resend(letter.stream, letter.recipient, now=now)
        if going is None:
            raise LetterGone("Nothing can be sent again: the link in this letter was withdrawn or has ended.")
        if going.status == WAITING:
            history.record("sent again", letter, who=who, now=now, after=going.id)
        return going
    standing = _older_than_what_stands(letter, now=now) if letter.method else None
    if standing is not None:
        going = _as_it_stands(letter, standing, now=now)
        if going is None:
            raise Overtaken(
                "What this letter says is not so any more, and there is nothing to send in its place."
            )
        history.record("wrote anew", letter, who=who, now=now, after=going.id)
        return going
    letterbook.go(letter, who=who, now=now)
    return letter


def try_all_again(partnership_id: int, over: ColumnElement[bool], *, who: str, now: datetime) -> int:
    """Send once more what failed and is still wanted: how many letters that is.

    Left as they are: letters of which the reason is `over`, those to dead addresses, those that a newer one has
    overtaken, and those whose show has begun.
    """
    tried = 0
    for letter in db.session.scalars(
        select(Letter)
        .where(Letter.partnership_id == partnership_id, Letter.status == FAILED, not_(over))
        .order_by(Letter.id.desc())
    ).all():
        if letter.status != FAILED or (letter.give_up_at is not None and letter.give_up_at <= now):
            continue
        try:
            try_again(letter, who=who, now=now)
        except Refusal:
            continue
        tried += 1
    return tried


def _older_than_what_stands(letter: Letter, *, now: datetime) -> CalendarStanding | None:
    """What stands, where this letter says something else, or less than one that was written since and never
    went; an end says no less than another, unless an invite may have arrived since."""
    standing = WHAT_STANDS.told()(letter.stream, letter.recipient, now)
    if standing is None:
        return None
    since = db.session.scalar(
        select(Letter.id)
        .where(
            Letter.stream == letter.stream,
            Letter.recipient == letter.recipient,
            Letter.method != "",
            Letter.id > letter.id,
            Letter.method == REQUEST,
            outbox.may_have_arrived() if letter.method == CANCEL else true(),
        )
        .limit(1)
    )
    said = copies.read(letter.raw or b"").calendar
    same = since is None and bool(said) and calendars.say_the_same(said, _calendar(standing, now=now))
    return None if same else standing


def _calendar(standing: CalendarStanding, *, now: datetime) -> bytes:
    """What stands as a calendar is told it; of an end, only that it is one."""
    visit, to, sender, says = standing.visit, standing.to, standing.sender, standing.says
    if isinstance(says, StandsForTroupe):
        return letters.troupe_calendar(visit, to, sender, method=says.method, now=now)
    entry = appointment(visit, sender, now=now)
    return calendars.request(entry) if isinstance(says, Stands) else calendars.cancel(entry)


def _write(standing: CalendarStanding, *, now: datetime) -> Letter:
    visit, to, sender = standing.visit, standing.to, standing.sender
    match standing.says:
        case Stands(until):
            write = letters.as_it_stands if visit.reply_by is None else proposing.as_it_stands
            return write(visit, to, sender, now=now, expires_at=until)
        case StandsCancelled(reason, by):
            return letters.cancelled(visit, to, sender, reason=reason, by=by, now=now)
        case StandsWithoutThem():
            return letters.colleague_removed(visit, to, sender, now=now)
        case StandsNotKept(how, until):
            return proposing.ended(visit, to, sender, how=how, reason="", now=now, expires_at=until)
        case StandsForTroupe(method, goes_ahead):
            return letters.for_troupe(visit, to, sender, method=method, goes_ahead=goes_ahead, now=now)


def _as_it_stands(old: Letter, standing: CalendarStanding, *, now: datetime) -> Letter | None:
    """None where there is nothing to say: an end of what never arrived."""
    if old.status == FAILED:
        old.status, old.last_error = (
            SUPERSEDED,
            "It said what is not so any more: a newer letter took its place.",
        )
        old.raw = copies.masked(old.raw)
    return _going(_write(standing, now=now))


def _going(letter: Letter) -> Letter | None:
    return letter if letter.status == WAITING else None


def _anew(letter: Letter, *, now: datetime) -> Letter | None:
    if not letter.raw:  # its words were erased: there is nothing to say again
        return None
    copy = copies.read(letter.raw)
    text, html = copy.text, copy.html
    if _LINKED.search(text):
        token = _token(letter, now=now)
        if token is None:
            return None
        text, html = (_LINKED.sub(rf"\g<1>{token}", words) for words in (text, html))
    message_id = envelopes.message_id(
        settings().mail_domain,
        stream=letter.stream,
        recipient=letter.recipient,
        kind=KIND,
        method=letter.method,
        sequence=letter.sequence,
        dtstamp=now,
    )
    thread = outbox.open_thread(letter.stream, letter.recipient)
    envelope = Envelope(
        sender_name=copies.sender_name(letter.raw),
        sender_address=letter.sender_address,
        recipient=letter.recipient,
        message_id=message_id,
        in_reply_to=thread.first_invite,
        written_at=now,
        attach_invite=settings().attach_invite,
    )
    invite = Invite(method=letter.method, ics=copy.calendar)
    written = outbox.put(
        partnership_id=letter.partnership_id,
        stream=letter.stream,
        recipient=letter.recipient,
        kind=KIND,
        subject=letter.subject,
        message_id=message_id,
        now=now,
        method=letter.method,
        sequence=letter.sequence,
        raw=envelopes.seal(envelope, subject=letter.subject, text=text, html=html, invite=invite),
        thread=thread,
        give_up_at=letter.give_up_at,
        sender_address=letter.sender_address,
    )
    return _going(written)


def _link_in(letter: Letter) -> PersonalLink | None:
    """The link that was minted with a letter; None where it bears none."""
    return db.session.scalar(
        select(PersonalLink)
        .where(PersonalLink.address == letter.recipient, PersonalLink.created_at == letter.dtstamp)
        .order_by(PersonalLink.id.desc())
        .limit(1)
    )


def _gave_it_back(letter: Letter) -> bool:
    old = _link_in(letter)
    return old is not None and old.withdrawn_at is not None


def _token(letter: Letter, *, now: datetime) -> str | None:
    """A new link like the one in `letter`; None if that opens nothing any more."""
    old = _link_in(letter)
    if old is None or not old.open_at(now):
        return None
    return links.mint(
        organisation_id=old.organisation_id,
        programme_id=old.programme_id,
        partnership_id=old.partnership_id,
        address=old.address,
        name=old.name,
        now=now,
        expires_at=old.expires_at,
    ).token
