"""Letters that answer what came back: without a calendar part, since the visit stands as it is.

A wish for another time that is refused is never answered with DECLINECOUNTER, which some calendars show as a
cancellation: a plain letter says it.
"""

from datetime import datetime

from outreach.post import writing
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, LetterVisit, Sender


def time_stays(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    wish_starts_at: datetime,
    words: str,
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """Refuses a wish for another time. `words` are the coordinator's own, '' for none."""
    said = {"wish_starts_at": wish_starts_at, "words": words}
    return _write(
        "time_stays", "the time stays as it is", visit, to, sender, said=said, now=now, expires_at=expires_at
    )


def move_or_cancel(
    visit: LetterVisit, to: Addressee, sender: Sender, *, comment: str, now: datetime, expires_at: datetime
) -> Letter:
    """Asks somebody who declined whether the visit is to be moved or cancelled. `comment` came with the
    answer."""
    said: dict[str, object] = {"comment": comment}
    return _write(
        "move_or_cancel", "move or cancel?", visit, to, sender, said=said, now=now, expires_at=expires_at
    )


def _write(
    template: str,
    about: str,
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    said: dict[str, object],
    now: datetime,
    expires_at: datetime,
) -> Letter:
    minted = writing.mint(visit, to, sender, now=now, expires_at=expires_at)
    words = writing.words_about(
        template, about, visit, to, sender, page=writing.page_of(minted.token), now=now, **said
    )
    return writing.put(
        words,
        to,
        sender,
        stream=visit.uid,
        kind=template.replace("_", " "),
        now=now,
        sender_address=writing.organizer(visit),
        sequence=visit.sequence,
        give_up_at=visit.starts_at,
    )
