"""Schools that closed and became another: what a register file put down of both is one change, and is decided by itself
where the register names one successor and nothing of the school is live."""

from datetime import datetime

from sqlalchemy import func, select

from outreach.county.partnerships import Authority
from outreach.county.register import deciding, decisions, lines
from outreach.county.register.noticing import CLOSING, OPENED
from outreach.county.schools import Succession
from outreach.coverage import leavers
from outreach.ground.db import db

BY_ITSELF = "the service itself"


def settle_everywhere(*, now: datetime) -> None:
    """After a register file, in its transaction: in every partnership of which one sees authorities."""
    for partnership_id in db.session.scalars(
        select(Authority.partnership_id).distinct().order_by(Authority.partnership_id)
    ).all():
        _settle(partnership_id, now=now)


def _settle(partnership_id: int, *, now: datetime) -> None:
    waiting = decisions.to_decide(partnership_id)
    closing = {c.urn: c for c in waiting if c.kind == CLOSING and c.field == "status"}
    if not closing:
        return
    links = select(Succession.predecessor_id, Succession.successor_id)
    followers = {
        successor for _, successor in db.session.execute(links.where(Succession.predecessor_id.in_(closing)))
    }
    for change in waiting:
        if change.field == OPENED and change.urn in followers:
            deciding.accept(change, who=BY_ITSELF, now=now)
    one = select(Succession.predecessor_id).where(Succession.predecessor_id.in_(closing))
    one = one.group_by(Succession.predecessor_id).having(func.count() == 1)
    named = lines.after(db.session.scalars(one).all(), partnership_id)
    live = leavers.live(partnership_id, now=now, organisation_ids=named)
    for urn in named.keys() - {thing.organisation.organisation_id for thing in live}:
        deciding.accept(closing[urn], who=BY_ITSELF, now=now)
