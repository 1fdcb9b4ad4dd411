"""Letters about a time that is kept for a school: proposed, moved, taken, and not kept any more."""

from dataclasses import replace
from datetime import datetime, timedelta

from outreach.post import calendars, outbox
from outreach.post.calendars import CANCEL
from outreach.post.envelopes import Invite
from outreach.post.letters import PREVIEW_TOKEN
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, LetterVisit, LostTime, Rendered, Sender
from outreach.post.writing import appointment, mint, page_of, put_visit, tell, visit_words

LINK_AFTER_REPLY_BY = timedelta(days=30)
"""As an invitation's: its link opens for thirty days after the day to reply by."""

REFUSED, WITHDRAWN, LAPSED, OVERTAKEN, CALLED_OFF = (
    "refused",
    "withdrawn",
    "lapsed",
    "overtaken",
    "called off",
)
"""How a proposal ends without a booking."""


def proposed(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    lost: LostTime | None = None,
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """Offers one time, kept until `visit.reply_by`, with a tentative entry (STATUS:TENTATIVE) and a link to
    say yes or no.

    `lost`: it comes in place of a time that was called off, which the letter says first.
    """
    return tell(
        "proposed", visit, to, sender, now=now, expires_at=expires_at, thread=outbox.NEW_THREAD, lost=lost
    )


def preview(
    visit: LetterVisit, to: Addressee, sender: Sender, *, lost: LostTime | None = None, now: datetime
) -> Rendered:
    """The very letter that proposed() would send, with a stand-in for the link. Writes nothing."""
    page = page_of(PREVIEW_TOKEN)
    return visit_words("proposed", visit, to, sender, method=calendars.REQUEST, page=page, now=now, lost=lost)


def moved(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    was_starts_at: datetime,
    note: str,
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """Another time is kept instead: the same tentative entry, `visit.sequence` raised, and the coordinator's
    note.

    Whoever never had the first letter reads the proposal of the time that is kept now.
    """
    return tell(
        "proposal_moved",
        visit,
        to,
        sender,
        now=now,
        expires_at=expires_at,
        was_starts_at=was_starts_at,
        note=note,
    )


def moved_in_short(
    visit: LetterVisit, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> Letter:
    """The time that is kept now, for the calendar and no more: a coordinator tells the school in words of its
    own."""
    return tell("proposal_moved_in_short", visit, to, sender, now=now, expires_at=expires_at)


def as_it_stands(
    visit: LetterVisit, to: Addressee, sender: Sender, *, was: str = "", now: datetime, expires_at: datetime
) -> Letter:
    """The proposal once more for somebody whose newest letter says less than what stands. `was`: the school that it
    was made to, which another one follows."""
    return tell("proposed", visit, to, sender, now=now, expires_at=expires_at, was=was)


def preview_moved(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    was_starts_at: datetime,
    note: str,
    in_short: bool = False,
    now: datetime,
) -> Rendered:
    """The very letter that moved(), or moved_in_short(), would send, with a stand-in for the link. Writes
    nothing."""
    return visit_words(
        "proposal_moved_in_short" if in_short else "proposal_moved",
        visit,
        to,
        sender,
        method=calendars.REQUEST,
        page=page_of(PREVIEW_TOKEN),
        now=now,
        was_starts_at=was_starts_at,
        note=note,
    )


def accepted(
    visit: LetterVisit, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> Letter:
    """Confirms the booking that a proposal became: the same entry, `visit.sequence` raised, CONFIRMED now."""
    return tell("booked", visit, to, sender, now=now, expires_at=expires_at)


def ended(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    how: str,
    reason: str,
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """Takes the tentative entry out again; `visit.sequence` has been raised, `how` is one of the words above.

    Whoever never had the proposal gets no mail: the row is kept as superseded.
    """
    thread = outbox.open_thread(visit.uid, to.address)
    minted = mint(visit, to, sender, now=now, expires_at=expires_at)
    words = visit_words(
        "proposal_ended",
        visit,
        to,
        sender,
        method=CANCEL,
        page=page_of(minted.token),
        now=now,
        how=how,
        reason=reason,
    )
    entry = replace(
        appointment(visit, sender, now=now), description="This time is not kept for you any more."
    )
    invite = Invite(method=CANCEL, ics=calendars.cancel(entry))
    return put_visit("proposal ended", visit, to, sender, words=words, invite=invite, thread=thread, now=now)
