"""The letter in a coordinator's own words: nothing is added but who writes, to whom and why there."""

from dataclasses import dataclass
from datetime import datetime

from outreach.post.outbox import Letter
from outreach.post.placeholders import Paragraph
from outreach.post.stationery import Addressee, Rendered, Sender, render, settings
from outreach.post.writing import put

KIND = "own letter"


@dataclass(frozen=True, kw_only=True)
class OwnWords:
    """What the letter says to one school. `greets`: its words begin with a greeting of their own; `page`: the
    school's personal page, where the words hold its link."""

    subject: str
    paragraphs: tuple[Paragraph, ...]
    greets: bool
    organisation_name: str
    organisation_id: int
    page: str | None = None


def rendered(words: OwnWords, to: Addressee, sender: Sender, *, now: datetime) -> Rendered:
    """The very letter that is sent. Writes nothing."""
    return render(
        "own_letter",
        words.subject,
        to,
        sender,
        organisation_name=words.organisation_name,
        organisation_id=words.organisation_id,
        page=words.page,
        now=now,
        words=words,
    )


def put_down(
    letter: Rendered, to: Addressee, sender: Sender, *, stream: str, now: datetime, goes_at: datetime
) -> Letter:
    """Into the outbox, to go no sooner than `goes_at`; written with the caller's next flush."""
    here = settings()
    return put(
        letter,
        to,
        sender,
        stream=stream,
        kind=KIND,
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=sender.contact_email,
        not_before=goes_at,
        flushed=False,
    )
