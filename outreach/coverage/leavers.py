"""Live things at schools and bodies that, on its day, are not open, not ours or not in the target any more: bookings,
offers, requests for seats and waits. One list, for the register's preview, its changes and the desk.

Who never was in the target since it was agreed (a host or a guest that a coordinator let in) has not left it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, literal, select, union
from sqlalchemy.orm import contains_eager

from outreach.asking import kept_on
from outreach.asking.invitations import REFUSED_SLOT, WAITING_LIST, Answer
from outreach.asking.kept_on import BOOKING, OFFER, PLACE, WAIT
from outreach.booking import promises
from outreach.booking.guest_places import GuestPlace
from outreach.booking.promises import GUEST, HOST, Booking
from outreach.booking.proposals import Proposal
from outreach.county import partnerships
from outreach.county.register import lines
from outreach.county.register.changes import Changes
from outreach.county.register.columns import Facts
from outreach.county.schools import OPEN_STATUSES, PROPOSED, Organisation, OrganisationRecord
from outreach.coverage import facts, in_parts
from outreach.coverage.as_of import cut_of, last_day, scope_of_all
from outreach.coverage.facts import OrganisationAsKnown, Register
from outreach.coverage.targets import Target
from outreach.ground import school_year
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme, ProgrammeTarget
from outreach.tour.target_decisions import TargetDecision

CLOSED, ELSEWHERE, OUTSIDE = "closed", "elsewhere", "outside"
"""Why a school is on the list, the first that holds: not open on the day; not ours; out of the target."""

JUST_AFTER = timedelta(microseconds=1)
AT_ONCE = 40
"""Moments of which one query asks."""


@dataclass(frozen=True, kw_only=True)
class Live:
    """One live thing. `of`: its row; `starts_at`: None of a wait for any time; `agreed_at`: when it was made."""

    kind: str
    of: Booking | Proposal | GuestPlace | Answer
    organisation: Organisation
    programme: Programme
    starts_at: datetime | None
    agreed_at: datetime

    @property
    def key(self) -> str:
        return kept_on.key(self.kind, self.of.id)


@dataclass(frozen=True, kw_only=True)
class Left:
    """A live thing whose school has left, and why. `after`: all that follow the school; `heirs`: those that are open
    and ours; `guests`: how many come to it as guests; `kept`: by a coordinator, with a reason."""

    live: Live
    cause: str
    closes: date | None
    after: Sequence[Organisation] = ()
    heirs: Sequence[Organisation] = ()
    guests: int = 0
    kept: bool = False


def left(
    partnership_id: int,
    *,
    now: datetime,
    changes: Changes | None = None,
    organisation_ids: Collection[int] | None = None,
    with_kept: bool = False,
) -> list[Left]:
    """All of it, the next first, or that of some schools; with `changes`, what a register file makes of the schools
    that it changes. What a coordinator kept only `with_kept`. The queries are as many for one thing as for many."""
    said = {} if changes is None else _said_by(changes)
    among = said.keys() if changes is not None else organisation_ids
    things = live(partnership_id, now=now, organisation_ids=among)
    if not things:
        return []
    causes = _causes(things, partnership_id, said, now=now)
    kept = kept_on.kept({t.organisation.organisation_id for t, _ in causes}, partnership_id)
    found = [(t, cause) for t, cause in causes if with_kept or (t.key, cause) not in kept]
    follow = lines.after([t.organisation.organisation_id for t, _ in found], partnership_id)
    codes = _codes(partnership_id)
    shows = [t.of.performance_id for t, _ in found if isinstance(t.of, Booking) and t.of.role == HOST]
    guests = Counter(
        db.session.scalars(
            select(Booking.performance_id).where(
                Booking.performance_id.in_(shows), Booking.role == GUEST, Booking.ended_at.is_(None)
            )
        )
    )
    return [
        Left(
            live=t,
            cause=cause,
            closes=said.get(t.organisation.organisation_id, t.organisation).close_date,
            after=(line := follow.get(t.organisation.organisation_id, [])),
            heirs=[o for o in line if o.is_open and _is_ours(o, o.la_code, partnership_id, codes)],
            kept=(t.key, cause) in kept,
            guests=guests[t.of.performance_id] if isinstance(t.of, Booking) else 0,
        )
        for t, cause in found
    ]


def live(
    partnership_id: int, *, now: datetime, organisation_ids: Collection[int] | None = None
) -> list[Live]:
    """Whatever is live in a partnership's programmes, or of some schools alone, the next first; 4 queries."""
    today = day_of(now)
    found: list[tuple[str, Any]] = []
    for kind, model, agreed, conditions in _STATED:
        query = (
            select(model, Organisation, Programme, Performance.starts_at, agreed)
            .join(Programme, Programme.id == model.programme_id)
            .join(Organisation, Organisation.organisation_id == model.organisation_id)
            .join(Performance, Performance.id == model.performance_id)
            .where(
                Programme.partnership_id == partnership_id,
                model.ended_at.is_(None),
                Performance.ends_at > now,
            )
            .where(*conditions(today))
            .options(contains_eager(model.programme), contains_eager(model.organisation))
        )
        found += [(kind, row) for row in db.session.execute(_among(query, model, organisation_ids))]
    asked = {(of.programme_id, of.organisation_id) for kind, (of, *_) in found if kind == PLACE}
    for of, organisation, programme in db.session.execute(_waits(partnership_id, organisation_ids)):
        waits_anywhere = (of.programme_id, of.organisation_id) not in asked
        if waits_anywhere and school_year.last_day(programme.academic_year) >= today:
            found.append((WAIT, (of, organisation, programme, None, of.recorded_at)))
    things = [
        Live(kind=kind, of=of, organisation=o, programme=p, starts_at=starts_at, agreed_at=agreed_at)
        for kind, (of, o, p, starts_at, agreed_at) in found
    ]
    return sorted(things, key=lambda t: (t.starts_at is None, t.starts_at or t.agreed_at, t.key))


_STATED: tuple[tuple[str, Any, Any, Any], ...] = (
    (BOOKING, Booking, Booking.created_at, lambda today: (promises.of_somebody(),)),
    (OFFER, Proposal, Proposal.recorded_at, lambda today: (Proposal.reply_by >= today,)),
    (PLACE, GuestPlace, GuestPlace.recorded_at, lambda today: ()),
)


def _among(query: Any, model: Any, organisation_ids: Collection[int] | None) -> Any:
    if organisation_ids is None:
        return query
    return query.where(model.organisation_id.in_(set(organisation_ids)))


def _waits(partnership_id: int, organisation_ids: Collection[int] | None) -> Any:
    """Whose newest answer, but for a time refused, is that it waits, and that has not booked since."""
    newest = select(func.max(Answer.id)).where(Answer.kind != REFUSED_SLOT)
    booked = exists().where(
        Booking.programme_id == Answer.programme_id,
        Booking.organisation_id == Answer.organisation_id,
        Booking.created_at >= Answer.recorded_at,
    )
    query = (
        select(Answer, Organisation, Programme)
        .join(Programme, Programme.id == Answer.programme_id)
        .join(Organisation, Organisation.organisation_id == Answer.organisation_id)
        .where(
            Programme.partnership_id == partnership_id,
            Programme.closed_at.is_(None),
            Answer.kind == WAITING_LIST,
            Answer.id.in_(newest.group_by(Answer.programme_id, Answer.organisation_id)),
            ~booked,
        )
    )
    return _among(query, Answer, organisation_ids)


def _causes(
    things: Sequence[Live], partnership_id: int, said: Mapping[int, Facts], *, now: datetime
) -> list[tuple[Live, str]]:
    """Those whose school has left, each with why."""
    codes = _codes(partnership_id)
    found: dict[str, str] = {}
    here = []
    for t in things:
        organisation = t.organisation
        known = said.get(organisation.organisation_id, organisation)
        if not _is_open(known, day_of(t.starts_at or now)):
            found[t.key] = CLOSED
        elif not _is_ours(organisation, known.la_code, partnership_id, codes):
            found[t.key] = ELSEWHERE
        else:
            here.append(t)
    outside = _outside(here, partnership_id, said, now=now)
    found |= dict.fromkeys(outside, OUTSIDE)
    return [(t, found[t.key]) for t in things if t.key in found]


def _is_open(known: Any, day: date) -> bool:
    """By its status, or about to open by then; and its closing date has not come."""
    opens = known.status == PROPOSED and known.open_date is not None and known.open_date <= day
    closed = known.close_date is not None and known.close_date <= day
    return (known.status in OPEN_STATUSES or opens) and not closed


def _is_ours(organisation: Organisation, la_code: str, partnership_id: int, codes: set[str]) -> bool:
    return organisation.partnership_id == partnership_id if organisation.is_body else la_code in codes


def _codes(partnership_id: int) -> set[str]:
    return {authority.la_code for authority in partnerships.authorities(partnership_id)}


def _outside(
    things: Sequence[Live], partnership_id: int, said: Mapping[int, Facts], *, now: datetime
) -> set[str]:
    """The keys of those whose school is not in the target now, and was since they were agreed."""
    if not things:
        return set()
    programmes = {t.programme.id: t.programme for t in things}
    numbers = {t.organisation.organisation_id for t in things}
    kinds = {t.organisation.is_body for t in things}
    family = tuple(
        sorted(
            set().union(*(in_parts.with_kin(scope_of_all(partnership_id, bodies=b), numbers) for b in kinds))
        )
    )
    cuts = [replace(cut_of(p, day_of(now), now), only=family) for p in programmes.values()]
    inside = {
        cut.programme.id: _inside(Target(cut, _with(register, said), []))
        for cut, register in zip(cuts, facts.registers(cuts), strict=True)
    }
    missing = [t for t in things if t.organisation.organisation_id not in inside[t.programme.id]]
    moments = _moments(missing)
    asked = sorted(
        {(t.programme.id, at) for t in missing for at in (t.agreed_at, *moments[t.key])},
    )
    was: dict[tuple[int, datetime], set[int]] = {}
    for first in range(0, len(asked), AT_ONCE):
        some = asked[first : first + AT_ONCE]
        then = []
        for programme_id, at in some:
            until = at + JUST_AFTER
            cut = replace(cut_of(programmes[programme_id], day_of(now), now), moment=until, only=family)
            then.append(replace(cut, until=min(until, cut.until), day=last_day(min(until, cut.until))))
        for key, cut, register in zip(some, then, facts.registers(then), strict=True):
            was[key] = _inside(Target(cut, register, []))
    return {
        t.key
        for t in missing
        if any(
            t.organisation.organisation_id in was[t.programme.id, at] for at in (t.agreed_at, *moments[t.key])
        )
    }


def _moments(things: Sequence[Live]) -> dict[str, list[datetime]]:
    """When the target may have changed for each since it was agreed."""
    found: dict[str, list[datetime]] = {t.key: [] for t in things}
    if not things:
        return found
    numbers = {t.organisation.organisation_id for t in things}
    r, d, p = OrganisationRecord, TargetDecision, ProgrammeTarget
    none = literal(0)
    changed = union(
        select(none, r.organisation_id, r.recorded_at).where(r.organisation_id.in_(numbers)),
        select(d.programme_id, d.organisation_id, d.recorded_at).where(d.organisation_id.in_(numbers)),
        select(p.programme_id, none, p.recorded_at).where(
            p.programme_id.in_({t.programme.id for t in things})
        ),
    )
    rows = db.session.execute(changed).all()
    for t in things:
        found[t.key] = sorted(
            {
                at
                for programme_id, number, at in rows
                if programme_id in (0, t.programme.id)
                and number in (0, t.organisation.organisation_id)
                and at > t.agreed_at
            }
        )
    return found


def _inside(target: Target) -> set[int]:
    return {one.known.organisation_id for one in target.organisations}


def _said_by(changes: Changes) -> dict[int, Facts]:
    """What a file makes of the schools that it changes; corrections hold against it."""
    return {
        change.after.urn: change.after._replace(**{f.field: f.before for f in change.fields if f.kept})
        for change in (*changes.closed, *changes.changed, *changes.reopened)
    }


def _with(register: Register, said: Mapping[int, Facts]) -> Register:
    """The register as it would be."""
    if not said:
        return register
    names = [name for name in OrganisationAsKnown.__slots__ if name in Facts._fields]
    return replace(
        register,
        organisations={
            number: replace(known, **{name: getattr(said[number], name) for name in names})
            if number in said
            else known
            for number, known in register.organisations.items()
        },
    )
