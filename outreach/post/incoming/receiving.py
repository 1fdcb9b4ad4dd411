"""Receiving of mail: kept whole, understood, matched to what we wrote; answers are written down, all else
waits for a person.

Nothing is ever answered by itself but a calendar's asking for what it was sent (REFRESH), and no word above
is called: what is written here takes effect when a page acts on it.
"""

import hmac
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError

from outreach.ground import the_app, whose
from outreach.ground.db import db, transaction
from outreach.post import outbox
from outreach.post.incoming import attendees, calendar_answers, headers, inbox, matching, parsed_mail
from outreach.post.incoming.attendees import AttendeeNote
from outreach.post.incoming.inbox import (
    ADDRESS,
    ANSWER,
    AUTO_REPLY,
    BOUNCE,
    COUNTER,
    DOUBT,
    INVITE,
    MAIL,
    NEWCOMER,
    RAW,
    REFRESH,
    UNREADABLE,
    CalendarAnswer,
    Incoming,
)
from outreach.post.incoming.parsed_mail import Read
from outreach.post.outbox import BOUNCED, SENT, WAITING, Letter
from outreach.post.outgoing import postman

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ReceivingSettings:
    """`authserv_id` is the name of our own mail server in Authentication-Results; `keys` sign bounce
    addresses."""

    authserv_id: str
    mail_domain: str
    keys: tuple[str, ...]


def settings() -> ReceivingSettings:
    """Those of the service by which a mail is read; an older key signs nothing any more, and is still known."""
    here = the_app.settings()
    return ReceivingSettings(
        authserv_id=here["MAIL_AUTHSERV_ID"],
        mail_domain=here["MAIL_DOMAIN"],
        keys=(here["SECRET_KEY"], *here["SECRET_KEY_FALLBACKS"]),
    )


def receive(raw: bytes, recipient: str | None, *, now: datetime) -> Incoming:
    """Take one mail in, in the caller's transaction; the same mail again gives the row that stands already.

    `recipient` is the address it was delivered to, where the mail server told us. A mail that trips us up is
    kept as unreadable and logged. Raises what the database raises: IntegrityError when the same mail comes in
    elsewhere at this moment (try again: it is there then).
    """
    mail = parsed_mail.read(raw)
    given = (headers.bare(recipient),) if recipient else ()
    addresses = tuple(dict.fromkeys([*given, *mail.recipients]))
    returned = _returned_to(addresses)
    _bind(mail, addresses, returned)
    letter_id = _returned_letter(returned)
    if letter_id is not None:
        mail = parsed_mail.read(raw, returned=True)
    digest = mail.digest if letter_id is None else f"{mail.digest}/{letter_id}"
    standing = db.session.scalar(select(Incoming).where(Incoming.digest == digest))
    if standing is not None:
        return standing
    incoming = Incoming(
        digest=digest,
        raw=raw[: parsed_mail.MAIL_AT_MOST],
        received_at=now,
        kind=mail.kind,
        sender=mail.sender,
        sender_name=mail.sender_name,
        recipient=addresses[0] if addresses else "",
        subject=mail.subject,
        stream="",
        letter_id=letter_id,
        authenticated=_authenticated(mail),
    )
    db.session.add(incoming)
    db.session.flush()
    try:
        with db.session.begin_nested():
            note = _take(incoming, mail, addresses, now=now)
            incoming.task, incoming.why = note.task, note.why
    except OperationalError:
        raise
    except Exception as error:  # one mail must not keep the others back, whatever is wrong with it or with us
        log.exception("mail %s could not be understood", incoming.id)
        incoming.kind, incoming.task = UNREADABLE, RAW
        incoming.why = f"The service could not make sense of it ({type(error).__name__})."
    db.session.flush()
    return incoming


def take_in(raw: bytes, recipient: str | None, *, now: datetime) -> bool:
    """Take one mail in for good, in a transaction of its own; whether it could be read."""
    for _ in range(5):
        try:
            with transaction():
                return receive(raw, recipient, now=now).kind != UNREADABLE
        except IntegrityError:
            continue  # the same mail came in by another door at this moment: now it stands
    raise RuntimeError("a mail is taken for one that stands, and does not stand")


def accept_person(incoming: Incoming, *, who: str, now: datetime) -> list[CalendarAnswer]:
    """Take the answers of a mail that waits as NEWCOMER or DOUBT, and settle it as 'accepted'.

    Making a newcomer a colleague is the caller's; `reading.read(incoming.raw).events` has the names. Raises
    Settled.
    """
    if incoming.task not in (NEWCOMER, DOUBT):
        raise inbox.SettledAlready
    inbox.settle(incoming, "accepted", who=who, now=now)
    mail = parsed_mail.read(incoming.raw)
    by_address = matching.visit_of_address([incoming.recipient, *mail.recipients])
    visits = matching.visits(event.uid for event in mail.events)
    taken = []
    for event in calendar_answers.whole(mail):
        visit = visits.get(event.uid) or by_address
        if (
            visit is None
            or event.method != "REPLY"
            or event.partstat not in calendar_answers.WORDS
            or not event.address
        ):
            continue
        sequence = calendar_answers.sequence_of(event, visit, visit.person(event.address))
        if sequence is None:
            # To a revision that never was: a start that we never named makes it an answer to something older.
            sequence = visit.sequence if event.starts_at is None else 0
        taken.append(calendar_answers.take(incoming, event, visit, sequence=sequence, who=who, now=now))
        calendar_answers.overtake(incoming, event, visit, sequence=sequence, now=now)
    return taken


def _take(incoming: Incoming, mail: Read, addresses: tuple[str, ...], *, now: datetime) -> AttendeeNote:
    """What is to be done about it; answers are written down, and the row is told what it is about."""
    if mail.kind == BOUNCE and mail.bounced is not None:
        return _bounce(incoming, mail, now=now)
    by_address = matching.visit_of_address(addresses) if addresses else None
    if mail.events and mail.kind in (ANSWER, COUNTER, REFRESH, INVITE):
        reached = {*addresses, *(event.organizer for event in mail.events)}
        tokens = {a for a in reached if _has_token(a)}
        found = attendees.of_mail(incoming, mail, by_address, reached=reached, tokens=tokens, now=now)
        incoming.stream, incoming.partnership_id = found.stream, found.partnership_id
        if found.partnership_id is None:
            incoming.partnership_id = matching.partnership_of(mail.sender)
        _leave_letters_of_others(incoming)
        return found.note
    _about(incoming, mail, by_address)
    if mail.kind == AUTO_REPLY:
        return AttendeeNote()
    if mail.kind == UNREADABLE:
        return AttendeeNote(task=RAW, why=mail.problem)
    return AttendeeNote(task=MAIL, why=f"{attendees.named(mail.sender_name, mail.sender)} wrote to us.")


def _about(incoming: Incoming, mail: Read, by_address: matching.SentVisit | None) -> None:
    """Which visit or letter a mail is about: by the address it came to, else by the letter that it
    answers."""
    letter = matching.letter_of_ids(mail.answers_to)
    if by_address is not None:
        incoming.stream, incoming.partnership_id = by_address.uid, by_address.partnership_id
    if letter is not None:
        incoming.letter_id = incoming.letter_id or letter.id
        if by_address is None:
            incoming.stream, incoming.partnership_id = letter.stream, letter.partnership_id
    elif incoming.letter_id is not None and by_address is None:
        letter = db.session.get(Letter, incoming.letter_id)
        if letter is not None:
            incoming.stream, incoming.partnership_id = letter.stream, letter.partnership_id
    if incoming.partnership_id is None:
        incoming.partnership_id = matching.partnership_of(mail.sender)
    _leave_letters_of_others(incoming)


def _leave_letters_of_others(incoming: Incoming) -> None:
    """A mail to one partnership that names a letter of another answers none: the address that it came to counts."""
    if incoming.letter_id is not None and incoming.partnership_id is not None:
        if db.session.get_one(Letter, incoming.letter_id).partnership_id != incoming.partnership_id:
            incoming.letter_id = None


def _bounce(incoming: Incoming, mail: Read, *, now: datetime) -> AttendeeNote:
    """A letter came back. Only the address that it came back to, or its own Message-ID, proves which: anybody
    can claim that an address is dead."""
    bounced = mail.bounced
    assert bounced is not None
    letter = db.session.get(Letter, incoming.letter_id) if incoming.letter_id else None
    letter = letter or matching.letter_of_ids([*bounced.message_ids, *mail.answers_to])
    said = f" The answer was: {bounced.said}" if bounced.said else ""
    if letter is None:
        addresses = bounced.addresses[:3]
        incoming.partnership_id = next(
            (p for a in addresses if (p := matching.partnership_of(a)) is not None), None
        )
        about = f" to {', '.join(addresses)}" if addresses else ""
        return AttendeeNote(task=MAIL, why=f"A mail{about} came back, but it names no letter of ours.{said}")
    incoming.letter_id, incoming.stream, incoming.partnership_id = (
        letter.id,
        letter.stream,
        letter.partnership_id,
    )
    others = [a for a in bounced.addresses if a != headers.bare(letter.recipient)]
    elsewhere = bool(others) and len(others) == len(bounced.addresses)
    dead = bounced.address_is_dead and not elsewhere
    known = not dead or outbox.died_since(letter.recipient, letter.created_at)
    if bounced.permanent is False or (letter.status == BOUNCED and known):
        return AttendeeNote()
    if bounced.permanent is None:
        return AttendeeNote(
            task=ADDRESS,
            why=f"A letter to {letter.recipient} came back, and nobody can tell why. Read it.{said}",
        )
    _mark_bounced(letter, bounced.said or bounced.status or "It came back.")
    if elsewhere:
        on = f"{letter.recipient} seems to pass its mail on to {others[0]}, from where a letter came back."
        return AttendeeNote(task=ADDRESS, why=on + said)
    if not dead:
        return AttendeeNote(
            task=ADDRESS,
            why=f"A letter to {letter.recipient} came back, though the address may be right.{said}",
        )
    outbox.mark_dead(letter.recipient, (bounced.said or bounced.status or "It came back.")[:500], now)
    return AttendeeNote(task=ADDRESS, why=f"Letters to {letter.recipient} cannot be delivered.{said}")


def _mark_bounced(letter: Letter, why: str) -> None:
    """A letter that a postman is just trying again is taken out of that postman's hands: it had arrived
    somewhere."""
    if letter.status in (SENT, WAITING, BOUNCED):
        letter.status, letter.last_error = BOUNCED, f"It came back: {why}"[:500]
        letter.lease_until = letter.leased_by = None
        db.session.flush()


def _returned_to(addresses: Iterable[str]) -> int | None:
    """Which letter's bounce address a mail came to, by its signature (VERP); None for any other address."""
    here = settings()
    for address in addresses:
        number = address.removeprefix("bounce+").partition(".")[0]
        if not address.startswith("bounce+") or not number.isdecimal() or len(number) > 15:
            continue
        for key in here.keys:
            post = postman.Post(server=None, folder=Path(), domain=here.mail_domain, key=key.encode())
            if hmac.compare_digest(post.bounce_address(int(number)).lower().encode(), address.encode()):
                return int(number)
    return None


def _returned_letter(number: int | None) -> int | None:
    letter = db.session.get(Letter, number) if number is not None else None
    return letter.id if letter is not None else None


def _bind(mail: Read, addresses: tuple[str, ...], returned: int | None) -> None:
    """Bind what follows to whose mail it is: the same mail as before, a letter that came back, one of our addresses, an
    event, a letter that it answers, its sender; to nobody's where none of these tells."""
    bounced = mail.bounced
    digest = mail.digest if returned is None else f"{mail.digest}/{returned}"
    tokens = [*addresses, *(event.organizer for event in mail.events)]
    ids = [*(bounced.message_ids if bounced is not None else ()), *mail.answers_to]
    people = [mail.sender, *(bounced.addresses[:3] if bounced is not None else ())]
    signs = [("mail", digest), *([("letter", str(returned))] if returned is not None else [])]
    signs += [("letter's sender", one) for one in tokens if _has_token(one)]
    signs += [("UID", event.uid) for event in mail.events]
    signs += [("letter's id", one) for one in ids]
    signs += [("writer", ""), *(("correspondent", one) for one in people)]
    if not any(whose.bind_to(sign, said) for sign, said in signs if said or sign == "writer"):
        whose.bind(whose.NOBODYS)


def _has_token(address: str) -> bool:
    """Whether it is an address of ours from which one visit's invites go."""
    local, _, domain = address.rpartition("@")
    return "+" in local and domain == settings().mail_domain.lower()


def _authenticated(mail: Read) -> str:
    """Whether our own mail server vouches for the sender; a mail from several people at once is nobody's."""
    if mail.several_senders:
        return headers.FAIL
    return headers.vouched(mail.results, settings().authserv_id, mail.sender)
