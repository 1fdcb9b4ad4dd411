"""The post in figures, as a monitor reads them."""

from collections.abc import Iterator
from datetime import datetime

from outreach.ground.figures import NEVER, Figure, at, one
from outreach.ground.the_app import settings
from outreach.post.monitoring.watch import PostOfService
from outreach.post.outgoing import pauses

_KINDS = (pauses.REFUSED, pauses.UNREACHABLE, pauses.CROWDED)


def figures(post: PostOfService, now: datetime) -> Iterator[Figure]:
    looked = post.looked
    yield Figure(
        "outreach_letters",
        "Letters that wait, and those that did not arrive.",
        [({"status": status}, many) for status, many in post.counts.items()],
    )
    yield Figure(
        "outreach_letters_due", "Letters that could go this moment and have not.", one(post.queue.due)
    )
    yield Figure(
        "outreach_oldest_due_letter_seconds",
        "For how long the oldest of these could have gone.",
        one(post.queue.age(now).total_seconds()),
    )
    yield Figure(
        "outreach_post_held_up",
        "1 when the mail server refuses us, cannot be reached, or takes one line at a time.",
        [({"kind": kind}, int(post.pause is not None and post.pause.kind == kind)) for kind in _KINDS],
    )
    yield Figure(
        "outreach_postmen",
        "Processes on duty that send letters; 1 where a timer starts one every few minutes.",
        one(len(post.postmen) or int(post.by_timer)),
    )
    yield Figure(
        "outreach_last_sent_timestamp_seconds",
        "When the mail server last took a letter.",
        at(post.last_sent_at),
    )
    if settings()["IMAP_URL"]:
        yield Figure(
            "outreach_mailbox_looked_timestamp_seconds",
            "When the mailbox was last looked into; 0: never.",
            at(looked.looked_at if looked else NEVER),
        )
        yield Figure(
            "outreach_mailbox_read_timestamp_seconds",
            "When the mailbox could last be read; 0: never.",
            at((looked and looked.succeeded_at) or NEVER),
        )
    yield Figure("outreach_inbox_waiting", "Mails that wait for a coordinator.", one(post.unread))
