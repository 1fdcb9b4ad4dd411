"""Sending of a letter in a coordinator's own words: seen as a whole first, kept back for a minute, taken back whole. It
asks nobody to book, so that no school counts as asked by it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.asking import invitations
from outreach.asking.invitations import NEVER_ARRIVED
from outreach.asking.own_letters import drafts, readers
from outreach.asking.own_letters.drafts import OwnLetter, OwnLetterTo, Typed
from outreach.asking.own_letters.readers import Reader
from outreach.asking.recipients import NotWrittenTo
from outreach.asking.rounds import KEPT_BACK
from outreach.booking import told
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.wording import count
from outreach.post import letterbook, links, own_letter, placeholders
from outreach.post.letters import PREVIEW_TOKEN
from outreach.post.links import Minted, PersonalLink
from outreach.post.outbox import WITHDRAWN, Letter
from outreach.post.own_letter import OwnWords
from outreach.post.stationery import Rendered, Sender
from outreach.post.writing import page_of
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class OwnLetterPreview:
    """Who gets it and who not, by school name, and the exact letter to one of them (None when nobody gets one)."""

    readers: tuple[Reader, ...]
    left_out: tuple[NotWrittenTo, ...]
    shown: Reader | None
    letter: Rendered | None

    def beside(self) -> tuple[Reader | None, Reader | None]:
        """The readers before and after the one whose letter is shown."""
        if self.shown is None:
            return None, None
        at = self.readers.index(self.shown)
        return self.readers[at - 1] if at else None, self.readers[at + 1] if at + 1 < len(
            self.readers
        ) else None

    def place(self) -> int:
        """Which of the letters is shown, from 1; 0 where none is."""
        return self.readers.index(self.shown) + 1 if self.shown else 0


@dataclass(frozen=True, kw_only=True)
class OwnLetterOutcome:
    """What came of it at one school: its letter, or why it got none."""

    organisation: Organisation
    letter: Letter | None
    why: str

    @property
    def status(self) -> str:
        return self.letter.status if self.letter is not None else ""

    @property
    def never_arrived(self) -> bool:
        return self.status in NEVER_ARRIVED and self.status != WITHDRAWN


class ChangedSinceLook(Refusal):
    """Somebody changed the draft between the look and the click."""

    def __init__(self, letter: OwnLetter) -> None:
        super().__init__(
            f"{letter.changed_by} changed this letter since you looked. Read it once more, then send it."
        )


class NobodyReadsIt(Refusal):
    of_asked = True

    def __init__(self) -> None:
        super().__init__(
            "The list changed since you looked: beside each school stands why it gets no letter. Nothing was sent."
        )


class OwnLetterIsGoing(Refusal):
    def __init__(self) -> None:
        super().__init__("The minute is over: letters have gone. Nothing was taken back.")


def preview(
    programme: Programme, letter: OwnLetter, organisation_id: int | None = None, *, now: datetime
) -> OwnLetterPreview:
    """What sending would do, and the letter to one school, the first if none is named; writes nothing, in a number of
    queries that is the same however many there are. Raises WordsMissing, WordsUnfit, PlaceholderUnfit."""
    typed = drafts.typed_in(letter)
    drafts.check(typed)
    found, left_out = readers.sorted_out(programme, drafts.organisation_ids_of(letter), typed, now=now)
    shown = next(
        (reader for reader in found if reader.organisation.organisation_id == organisation_id),
        found[0] if found else None,
    )
    words = _words(typed, shown, PREVIEW_TOKEN) if shown is not None else None
    return OwnLetterPreview(
        readers=tuple(found),
        left_out=tuple(left_out),
        shown=shown,
        letter=_rendered(words, shown, told.sender_of_programme(programme), now=now)
        if words and shown
        else None,
    )


def send(
    programme: Programme,
    letter: OwnLetter,
    *,
    edition: int,
    seen: Mapping[int, str],
    who: str,
    now: datetime,
    kept_back: timedelta = KEPT_BACK,
) -> bool:
    """Write to each school of the letter, as it stands behind its lock, to go in a minute; whether this click did it:
    what was sent already is not sent again.

    `edition`: the one that was read; `seen`: URN -> address as they were shown; a school whose address is another by
    now gets no letter, nor one that was not shown. Raises ChangedSinceLook, NobodyReadsIt, and what preview() does.
    """
    drafts.lock(letter)
    if letter.sent_at is not None:
        return False
    if letter.edition != edition:
        raise ChangedSinceLook(letter)
    typed = drafts.typed_in(letter)
    drafts.check(typed)
    found, left_out = readers.sorted_out(programme, drafts.organisation_ids_of(letter), typed, now=now)
    still = [
        reader for reader in found if seen.get(reader.organisation.organisation_id) == reader.contact.address
    ]
    why = {one.organisation.organisation_id: one.why for one in left_out}
    why |= {
        r.organisation.organisation_id: "the address changed since the list was shown"
        for r in found
        if r not in still
    }
    if not still:
        raise NobodyReadsIt
    goes_at = now + kept_back
    letter.sent_at, letter.sent_by, letter.goes_at = now, who, goes_at
    sender = told.sender_of_programme(programme)
    written = [
        _put_down(programme, letter, typed, reader, sender, now=now, goes_at=goes_at) for reader in still
    ]
    db.session.flush()
    gone = {reader.organisation.organisation_id: pair for reader, pair in zip(still, written, strict=True)}
    for row in _rows(letter):
        mail, link = gone.get(row.organisation_id, (None, None))
        row.letter_id, row.link_id = mail.id if mail else None, link.id if link else None
        row.why = why.get(row.organisation_id, "not the partnership’s any more") if mail is None else ""
    for reader in still:
        _tell(
            "wrote",
            programme,
            reader.organisation.organisation_id,
            f"‘{_subject(typed, reader)}’ to {reader.contact.address}",
            who,
            now,
        )
    history.record(
        "sent a letter of its own words", letter, who=who, now=now, after=count(len(still), "school")
    )
    db.session.flush()
    return True


def withdraw(programme: Programme, letter: OwnLetter, *, who: str, now: datetime) -> int:
    """Take all of it back before any of it went: how many letters, 0 where that was done already. Its links close.
    Raises OwnLetterIsGoing."""
    drafts.lock(letter)
    if letter.sent_at is None or letter.withdrawn_at is not None:
        return 0
    rows = [row for row in _rows(letter) if row.letter_id is not None]
    # One may have been taken back by itself before.
    waiting = db.session.scalars(
        select(Letter.id)
        .where(Letter.id.in_([row.letter_id for row in rows]), Letter.status != WITHDRAWN)
        .order_by(Letter.id)
    )
    try:
        letterbook.withdraw_together(waiting.all(), who=who, now=now)
    except letterbook.LetterGone as gone:
        raise OwnLetterIsGoing from gone
    for link in db.session.scalars(
        select(PersonalLink)
        .where(PersonalLink.id.in_([row.link_id for row in rows if row.link_id]))
        .order_by(PersonalLink.id)
    ):
        link.withdrawn_at = now
    letter.withdrawn_at = now
    for row in rows:
        _tell("took back what was written", programme, row.organisation_id, f"‘{letter.subject}’", who, now)
    history.record("withdrew", letter, who=who, now=now, after=count(len(rows), "school"))
    db.session.flush()
    return len(rows)


def outcomes(letter: OwnLetter) -> list[OwnLetterOutcome]:
    """What came of it, by school name; one query."""
    rows = db.session.execute(
        select(Organisation, Letter, OwnLetterTo.why)
        .join(OwnLetterTo, OwnLetterTo.organisation_id == Organisation.organisation_id)
        .outerjoin(Letter, Letter.id == OwnLetterTo.letter_id)
        .where(OwnLetterTo.own_letter_id == letter.id)
        .order_by(func.lower(Organisation.name), Organisation.organisation_id)
    )
    return [
        OwnLetterOutcome(organisation=organisation, letter=mail, why=why) for organisation, mail, why in rows
    ]


def seconds_left(letter: OwnLetter, *, now: datetime) -> int:
    """For how long it can still be taken back whole."""
    if letter.goes_at is None or letter.withdrawn_at is not None:
        return 0
    return max(0, math.ceil((letter.goes_at - now).total_seconds()))


def _put_down(
    programme: Programme,
    letter: OwnLetter,
    typed: Typed,
    reader: Reader,
    sender: Sender,
    *,
    now: datetime,
    goes_at: datetime,
) -> tuple[Letter, PersonalLink | None]:
    minted = (
        _minted(programme, reader, now=now)
        if placeholders.BOOKING_LINK in placeholders.used(typed.words)
        else None
    )
    words = _words(typed, reader, minted.token if minted else "")
    mail = own_letter.put_down(
        _rendered(words, reader, sender, now=now),
        invitations.addressee(reader.contact),
        sender,
        stream=f"own letter/{programme.id}/{reader.organisation.organisation_id}/{letter.id}",
        now=now,
        goes_at=goes_at,
    )
    return mail, minted.link if minted else None


def _minted(programme: Programme, reader: Reader, *, now: datetime) -> Minted:
    return links.mint(
        organisation_id=reader.organisation.organisation_id,
        programme_id=programme.id,
        partnership_id=programme.partnership_id,
        address=reader.contact.address,
        name=reader.contact.name,
        now=now,
        expires_at=invitations.invitation_expiry(programme),
    )


def _words(typed: Typed, reader: Reader, token: str) -> OwnWords:
    page = page_of(token) if placeholders.BOOKING_LINK in placeholders.used(typed.words) else None
    values = {**reader.values, placeholders.BOOKING_LINK: page or ""}
    return OwnWords(
        subject=_subject(typed, reader),
        paragraphs=placeholders.paragraphs(typed.words, values),
        greets=placeholders.greets(typed.words),
        organisation_name=reader.organisation.name,
        organisation_id=reader.organisation.organisation_id,
        page=page,
    )


def _subject(typed: Typed, reader: Reader) -> str:
    return placeholders.filled(typed.subject, reader.values)


def _rendered(words: OwnWords, reader: Reader, sender: Sender, *, now: datetime) -> Rendered:
    return own_letter.rendered(words, invitations.addressee(reader.contact), sender, now=now)


def _rows(letter: OwnLetter) -> Sequence[OwnLetterTo]:
    return db.session.scalars(
        select(OwnLetterTo)
        .where(OwnLetterTo.own_letter_id == letter.id)
        .order_by(OwnLetterTo.organisation_id)
    ).all()


def _tell(what: str, programme: Programme, organisation_id: int, words: str, who: str, now: datetime) -> None:
    about = history.Subject("school", organisation_id, programme.partnership_id)
    history.record(what, about, who=who, now=now, after=words)
