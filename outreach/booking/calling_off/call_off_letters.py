"""The letters of a call-off, read before anything goes: the end of a visit, and the other time that is
kept."""

from collections.abc import Mapping
from datetime import date, datetime

from outreach.booking import reply_days, told
from outreach.booking.calling_off import instead
from outreach.booking.calling_off.affected import Hit, Hits
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.booking.promises import HOST
from outreach.county import school_days
from outreach.ground.errors import Refusal
from outreach.post import letters, stationery
from outreach.post.letters import KeptTime
from outreach.post.stationery import LostTime, Rendered
from outreach.tour.performances import Slot


def letters_of(
    hits: Hits, chosen: Mapping[str, Slot], *, reason: str, reply_by: date, who: str, now: datetime
) -> tuple[str, list[Rendered]]:
    """(whose, its letters) of the first host that is told, one with another time before one without; ('', [])
    of none.

    Word for word, with a stand-in for the link. Writes nothing.
    """
    hosts = [hit for hit in hits.hits if hit.role == HOST and hit.people]
    hit = min(hosts, key=lambda h: h.reference not in chosen, default=None)
    if hit is None or hit.booking is None:
        return "", []
    slot = chosen.get(hit.reference)
    until = _until(hit, slot, reply_by, now=now) if slot else None
    slot = slot if until is not None else None
    kept = KeptTime(starts_at=slot.starts_at, reply_by=until) if slot and until else None
    near = (
        ()
        if slot
        else instead.nearest(
            hit.programme, hit.organisation, lost=hit.starts_at, not_on=hits.day_ids, now=now
        )
    )
    to = hit.people[0].addressee()
    end = letters.preview_cancelled(
        told.visit_of(hit.booking),
        to,
        told.sender_of_programme(hit.programme),
        reason=reason,
        by=hits.scope.by,
        instead=near,
        kept=kept,
        now=now,
    )
    found = [end]
    if slot and until:
        found += _offer(
            hit,
            slot,
            to,
            LostTime(starts_at=hit.starts_at, by=hits.scope.by, reason=reason),
            until,
            who=who,
            now=now,
        )
    return hit.organisation.name, found


def _until(hit: Hit, slot: Slot, wanted: date, *, now: datetime) -> date | None:
    closed = school_days.load_one(hit.organisation).why_closed
    return reply_days.usual(hit.programme, slot.day, wanted=wanted, why_closed=closed, now=now)


def _offer(
    hit: Hit, slot: Slot, to: stationery.Addressee, lost: LostTime, reply_by: date, *, who: str, now: datetime
) -> list[Rendered]:
    """The letter that keeps another time; [] where the address is dead, which the call-off itself says."""
    offer = ProposalDraft(
        programme=hit.programme,
        organisation=hit.organisation,
        slot=slot,
        people=[to],
        reply_by=reply_by,
        lost=lost,
    )
    try:
        return [proposing.preview(offer, who=who, now=now)]
    except Refusal:
        return []
