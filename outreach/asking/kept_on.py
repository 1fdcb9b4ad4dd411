"""Bookings, offers and waits that a coordinator keeps although their school left (coverage/leavers.py lists others)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.history import History

BOOKING, OFFER, PLACE, WAIT = KINDS = ("booking", "offer", "place", "wait")
"""A booking; a time offered; seats asked for, or places waited for; a wait for any time."""

KEPT, LISTED_AGAIN = "kept although its school left", "not kept any more, its school having left"


class KeepReasonMissing(Refusal):
    field = "reason"

    def __init__(self) -> None:
        super().__init__("Say why it is kept, in a few words.")


def key(kind: str, number: int) -> str:
    """'booking-12', as pages and the history name it."""
    return f"{kind}-{number}"


def keep(
    named: str,
    cause: str,
    *,
    organisation_id: int,
    partnership_id: int,
    reason: str,
    who: str,
    now: datetime,
) -> None:
    """It stays as it is, whatever became of its school for that `cause`. Raises KeepReasonMissing."""
    if not reason.strip():
        raise KeepReasonMissing
    history.record(
        KEPT,
        history.Subject("school", organisation_id, partnership_id),
        who=who,
        now=now,
        after={"what": named, "cause": cause, "reason": reason.strip()},
    )


def list_again(
    named: str, cause: str, *, organisation_id: int, partnership_id: int, who: str, now: datetime
) -> None:
    """It is for somebody to decide again."""
    history.record(
        LISTED_AGAIN,
        history.Subject("school", organisation_id, partnership_id),
        who=who,
        now=now,
        after={"what": named, "cause": cause},
    )


def kept(organisation_ids: Collection[int], partnership_id: int) -> set[tuple[str, str]]:
    """(what, cause) of all that is kept at some schools, by the newest word on each; the history dates it, and one
    query reads it."""
    rows = db.session.execute(
        select(History.what, History.after)
        .where(
            History.subject == "school",
            History.subject_id.in_([str(number) for number in organisation_ids]),
            History.what.in_((KEPT, LISTED_AGAIN)),
            History.partnership_id == partnership_id,
        )
        .order_by(History.id)
    )
    newest = {(after["what"], after["cause"]): what for what, after in rows}
    return {key for key, what in newest.items() if what == KEPT}
