"""Letters between host and guest: somebody asks for seats, is answered, joins, changes, leaves. No calendar
part goes with them: the host's entry stays as it is, and a guest's own invite is the letter of its
booking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from outreach.ground import audience, wording
from outreach.ground.audience import Words
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.post import links
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, Rendered, Sender, render, settings
from outreach.post.writing import page_of, put

ASKS, JOINED, CHANGED, LEFT, WITHDRAWN = "asks", "joined", "changed", "left", "withdrawn"
"""What a host hears of a guest."""

FEWER, REFUSED, HOST_LEFT, HOST_MOVED = "fewer", "refused", "host left", "host moved"
HANDED_ON, WAIT_ENDED = "handed on", "wait ended"
"""What a school hears that asked for seats; 'agreed' is the letter of its booking. The last two are of waits for
places at a session, whose letters have words of their own (`WaitWords`)."""

TO_HOST = (ASKS, JOINED, CHANGED, LEFT, WITHDRAWN)


@dataclass(frozen=True, kw_only=True)
class WaitWords:
    """What whoever waits for places at a session reads, instead of what a host's guests do."""

    subject: str
    said: str


@dataclass(frozen=True, kw_only=True)
class GuestNote:
    """One thing that one school hears of another. `organisation_id`, `organisation_name` and `page`
    ('/booked/MRL-7K2Q/guests', below the personal link) are of the school that is written to; `other_name` is the
    other's. `nearest` is (start, words), best first; `place_id` tells one request from the next."""

    kind: str
    place_id: int
    organisation_id: int
    programme_id: int
    programme_title: str
    organisation_name: str
    other_name: str
    starts_at: datetime
    ends_at: datetime
    pupils: tuple[tuple[int, int], ...]
    page: str
    why: str = ""
    travel: str = ""
    said: str = ""
    seats: int = 0
    nearest: Sequence[tuple[datetime, str]] = ()
    for_adults: bool = False
    wait: WaitWords | None = None

    @property
    def words(self) -> Words:
        return audience.words(self.for_adults)

    def who_comes(self) -> str:
        """'9 pupils of Year 8'; '12 pupils of Years 8 and 9'; '12 staff'."""
        total = sum(n for _, n in self.pupils)
        groups = "" if self.for_adults else wording.year_groups_name(y for y, n in self.pupils if n)
        return f"{self.words.count(total)} of {groups}" if groups else self.words.count(total)


def tell(note: GuestNote, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime) -> Letter:
    """Put one note into the outbox, with a link of its own to the page that it speaks of."""
    minted = links.mint(
        organisation_id=note.organisation_id,
        programme_id=note.programme_id,
        partnership_id=sender.partnership_id,
        address=to.address,
        name=to.name,
        now=now,
        expires_at=expires_at,
    )
    words = words_of(note, to, sender, page_of(minted.token), now=now)
    here = settings()
    return put(
        words,
        to,
        sender,
        stream=_stream(
            note.kind, note.place_id, organisation_id=note.organisation_id, programme_id=note.programme_id
        ),
        kind=f"guest {note.kind}" if note.kind in TO_HOST else f"seats: {note.kind}",
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=sender.contact_email,
    )


def was_told(kind: str, place_id: int, *, organisation_id: int, programme_id: int) -> bool:
    """Whether a school was written to about this of a request."""
    stream = _stream(kind, place_id, organisation_id=organisation_id, programme_id=programme_id)
    return db.session.scalar(select(Letter.id).where(Letter.stream == stream).limit(1)) is not None


def _stream(kind: str, place_id: int, *, organisation_id: int, programme_id: int) -> str:
    return f"guest/{programme_id}/{organisation_id}/{place_id}/{kind}"


def words_of(note: GuestNote, to: Addressee, sender: Sender, page: str, *, now: datetime) -> Rendered:
    """What tell() writes, with the personal `page`. Writes nothing."""
    title, words = f"‘{note.programme_title}’", note.words
    about = (
        note.wait.subject
        if note.wait is not None
        else {
            ASKS: f"{note.other_name} asks to join your {words.show}",
            JOINED: f"{note.other_name} joins your {words.show}",
            CHANGED: f"{note.other_name} has changed how it joins your {words.show}",
            LEFT: f"{note.other_name} does not come to your {words.show}",
            WITHDRAWN: f"{note.other_name} does not ask for {words.seat}s any more",
            FEWER: f"{note.other_name} has {words.seats(note.seats)} for you",
            REFUSED: f"{note.other_name} cannot take you in",
            HOST_LEFT: f"{note.other_name} does not have its {words.show}",
            HOST_MOVED: f"{note.other_name} has moved its {words.show}",
        }[note.kind]
    )
    return render(
        "guest_to_host" if note.kind in TO_HOST else "guest_answer",
        f"{title}, {wording.day(note.starts_at, today=day_of(now))}: {about}",
        to,
        sender,
        organisation_name=note.organisation_name,
        organisation_id=note.organisation_id,
        page=page,
        now=now,
        note=note,
        title=title,
        words=words,
    )
