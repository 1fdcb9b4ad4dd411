"""The digest's letter: what is new, due and wrong, in few lines, with a link that stops it."""

from dataclasses import dataclass
from datetime import datetime

from outreach.post import links
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, Rendered, Sender, render, settings
from outreach.post.writing import put

KIND = "digest"


@dataclass(frozen=True, kw_only=True)
class DigestLine:
    """'2 reports are missing', and the worst case and whose it is, '' where there is nothing to add."""

    what: str
    said: str


@dataclass(frozen=True, kw_only=True)
class DigestPart:
    """`is_new`: it tells what happened, and not what waits."""

    heading: str
    lines: tuple[DigestLine, ...]
    is_new: bool = False


@dataclass(frozen=True, kw_only=True)
class DigestWords:
    """What it says of one programme. `since`: how far back what is new goes; `more`: what else waits, in words."""

    title: str
    programme_id: int
    subject: str
    parts: tuple[DigestPart, ...]
    since: datetime
    more: str


def stream_of(person_id: int) -> str:
    """All digests of one person, in order."""
    return f"digest/{person_id}"


def digest(
    words: DigestWords,
    to: Addressee,
    sender: Sender,
    *,
    person_id: int,
    days: str,
    token: str,
    now: datetime,
) -> Letter:
    """`days`: when it comes, in words; `token`: opens the page that stops it."""
    here = settings()
    stop = links.digest_page(here.public_url, token)
    return put(
        _rendered(words, to, sender, days=days, stop=stop, now=now),
        to,
        sender,
        stream=stream_of(person_id),
        kind=KIND,
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=sender.contact_email,
        unsubscribe=stop,
    )


def _rendered(
    words: DigestWords, to: Addressee, sender: Sender, *, days: str, stop: str, now: datetime
) -> Rendered:
    here = settings().public_url
    return render(
        "digest",
        words.subject,
        to,
        sender,
        organisation_name="",
        organisation_id=0,
        page=None,
        now=now,
        words=words,
        days=days,
        stop=stop,
        account=links.account_page(here),
        desk=links.desk_page(here, words.programme_id),
        news=links.desk_news_page(here, words.programme_id, words.since),
    )
