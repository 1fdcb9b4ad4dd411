"""News of a programme since somebody last looked: bookings, changes, cancellations, answers and reports, row
by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Text, case, cast, func, literal, null, select, union_all

from outreach.asking import invitations
from outreach.asking.invitations import Answer
from outreach.booking.promises import COORDINATOR, HOST_SCHOOL, Booking, BookingRevision, Cancellation
from outreach.county.schools import Organisation
from outreach.ground import audience
from outreach.ground.audience import Words
from outreach.ground.db import db, made_once, plain_rows
from outreach.ground.wording import and_list, count
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits.reports import COMPANY, SCHOOL, SETTLED, VisitReport

BOOKED, CHANGED, CANCELLED, ANSWERED, REPORTED = "booked", "changed", "cancelled", "answered", "reported"
KINDS = {
    BOOKED: ("booking", "bookings"),
    CHANGED: ("change of a booking", "changes of bookings"),
    CANCELLED: ("cancellation", "cancellations"),
    ANSWERED: ("answer", "answers"),
    REPORTED: ("report", "reports"),
}
"""Each kind of news, as one and as many, in the order they are told."""

_ANSWERS = {
    invitations.DECLINED: "said no",
    invitations.OTHER_DATE: "wants another date",
    invitations.WAITING_LIST: "is on the waiting list",
    invitations.SOMEBODY_ELSE: "named somebody else",
    invitations.REFUSED_SLOT: "refused the slot kept for it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing that happened at a school. `reference` is the booking's, '' for an answer; `said` in
    words."""

    kind: str
    at: datetime
    organisation_id: int
    name: str
    reference: str
    said: str


def counts(programme_id: int, *, since: datetime, now: datetime) -> dict[str, int]:
    """How many there were of each kind after `since`; a kind without any is left out. One query."""
    found = {kind: n for kind, n in plain_rows(*_counts(programme_id, since, now))}
    return {kind: found[kind] for kind in KINDS if kind in found}


@made_once
def _counts(programme_id: int, since: datetime, now: datetime) -> Any:
    told = _told(programme_id, since, now).subquery()
    return select(told.c.kind, func.count()).group_by(told.c.kind).order_by(told.c.kind)


def listing(
    programme: Programme, *, since: datetime, now: datetime, kind: str = "", first: int = 0, most: int = 50
) -> Sequence[News]:
    """Some of it, newest first; `kind` '' for all. One query."""
    told = _told(programme.id, since, now).subquery()
    query = select(
        told.c.kind,
        told.c.at,
        told.c.organisation_id,
        Organisation.name,
        told.c.reference,
        told.c.word,
        told.c.words,
    ).join(Organisation, Organisation.organisation_id == told.c.organisation_id)
    if kind:
        query = query.where(told.c.kind == kind)
    query = query.order_by(told.c.at.desc(), told.c.kind, told.c.id.desc()).offset(first).limit(most)
    return [
        News(
            kind=k,
            at=at,
            organisation_id=organisation_id,
            name=name,
            reference=reference or "",
            said=_words(k, word or "", words or "", name, programme.words, audience.whom(organisation_id)),
        )
        for k, at, organisation_id, name, reference, word, words in db.session.execute(query)
    ]


def sentence(found: dict[str, int]) -> str:
    """'3 bookings, 1 answer and 2 reports'; '' of nothing."""
    return and_list(count(n, *KINDS[kind]) for kind, n in found.items())


def _told(programme_id: int, since: datetime, now: datetime) -> CompoundSelect[Any]:
    """Everything after `since` and until now, as (id, kind, at, organisation_id, reference, word, words)."""
    b, r, c, a, v = Booking, BookingRevision, Cancellation, Answer, VisitReport
    none = cast(null(), Text)
    ours = b.programme_id == programme_id
    return union_all(
        select(
            b.id,
            literal(BOOKED).label("kind"),
            b.created_at.label("at"),
            b.organisation_id,
            b.reference,
            none.label("word"),
            b.booked_by.label("words"),
        ).where(ours, b.created_at > since, b.created_at <= now),
        select(r.id, literal(CHANGED), r.recorded_at, b.organisation_id, b.reference, none, r.who)
        .join(b, b.id == r.booking_id)
        .where(ours, r.recorded_at > b.created_at, r.recorded_at > since, r.recorded_at <= now),
        select(
            b.id, literal(CANCELLED), c.recorded_at, b.organisation_id, b.reference, c.cancelled_by, c.reason
        )
        .join(b, b.id == c.booking_id)
        .where(ours, c.recorded_at > since, c.recorded_at <= now),
        select(a.id, literal(ANSWERED), a.recorded_at, a.organisation_id, none, a.kind, a.reason).where(
            a.programme_id == programme_id, a.recorded_at > since, a.recorded_at <= now
        ),
        select(
            v.id,
            literal(REPORTED),
            v.recorded_at,
            func.coalesce(b.organisation_id, Performance.organisation_id),
            b.reference,
            v.side,
            case((v.took_place, "took place"), else_="did not take place"),
        )
        .join(Performance, Performance.id == v.performance_id)
        .outerjoin(b, b.id == v.booking_id)
        .where(Performance.programme_id == programme_id, v.recorded_at > since, v.recorded_at <= now),
    )


def _words(kind: str, word: str, words: str, name: str, of: Words, whom: str) -> str:
    """What happened, in words that follow the organisation's name; `whom`: what it is called."""
    sides = {
        SCHOOL: f"the {whom}",
        COMPANY: f"the {of.company}",
        HOST_SCHOOL: f"the host {whom}",
        COORDINATOR: "a coordinator",
    }
    if kind in (BOOKED, CHANGED):
        said = "booked" if kind == BOOKED else "booking changed"
        return f"{said} by {words}" if words and not words.startswith(name) else said
    if kind == CANCELLED:
        return f"cancelled by {sides.get(word, word)}: {words}"
    if kind == ANSWERED:
        return _ANSWERS.get(word, word) + (f": {words}" if words else "")
    return f"report of {'a coordinator, which settles it' if word == SETTLED else sides[word]}: it {words}"
