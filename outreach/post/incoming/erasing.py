"""The words of a mail are taken out for good: no child is named here, and whoever writes to us may not know
that."""

from datetime import datetime

from sqlalchemy import update

from outreach.ground import history
from outreach.ground.db import db
from outreach.post.incoming import inbox
from outreach.post.incoming.inbox import DECLINE, WISH, CalendarAnswer, CounterProposal, Incoming

ERASED = "erased"
GONE = "Its words were erased."


def erase(incoming: Incoming, *, who: str, now: datetime) -> None:
    """Its bytes, subject and comments go; who sent it, when, and which answer it was stay. Nothing brings
    them back.

    A no or a wish for another time, which stands in figures, still waits for its next action; all else is
    settled. The mailbox that it came from may hold it still.
    """
    incoming.raw, incoming.subject = b"", ""
    if incoming.task:
        incoming.why = GONE
    for kept in (CalendarAnswer, CounterProposal):
        db.session.execute(update(kept).where(kept.incoming_id == incoming.id).values(comment=""))
    history.record("erased", "incoming", incoming.id, who=who, now=now)
    if incoming.task and incoming.task not in (DECLINE, WISH) and incoming.settled_at is None:
        inbox.settle(incoming, ERASED, who=who, now=now)
    db.session.flush()
