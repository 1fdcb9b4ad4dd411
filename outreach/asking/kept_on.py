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

KEPT = "kept although its school left"


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


def kept(organisation_ids: Collection[int], partnership_id: int) -> set[tuple[str, str]]:
    """(what, cause) of all that was kept at some schools; the history dates it, and one query reads it."""
    rows = db.session.execute(
        select(History.after).where(
            History.subject == "school",
            History.subject_id.in_([str(number) for number in organisation_ids]),
            History.what == KEPT,
            History.partnership_id == partnership_id,
        )
    )
    return {(after["what"], after["cause"]) for (after,) in rows}
