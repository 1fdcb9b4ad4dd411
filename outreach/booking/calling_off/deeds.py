"""Called off: every promise that it hits ends, another time is kept for each that has one, all at once and
once."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import delete

from outreach.booking import bookings
from outreach.booking.bookings import CancelReasonMissing
from outreach.booking.calling_off import affected, call_offs, instead, replacing
from outreach.booking.calling_off.affected import Hit, Hits
from outreach.booking.calling_off.call_offs import (
    DAY,
    MORNING,
    CallOff,
    CallOffDay,
    CallOffLine,
    CallOffSchoolDay,
)
from outreach.booking.calling_off.scope import DayIsOver, Scope
from outreach.booking.desk import proposing
from outreach.booking.promises import GUEST
from outreach.county import partnerships, school_days
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import row_numbers
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, clock, count, day_short
from outreach.post.letters import KeptTime
from outreach.tour import itinerary, performances
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance


class NothingToCallOff(Refusal):
    def __init__(self) -> None:
        super().__init__("Nothing is on the tour there and then, so there is nothing to call off.")


class NotAsSeen(Refusal):
    """A school booked, moved or cancelled between the look and the click."""

    def __init__(self, new: Iterable[str], gone: int) -> None:
        new = list(new)
        said = f" New since: {and_list(new)}." if new else ""
        left = (
            f" {count(gone, 'show or kept time', 'shows or kept times')} less than you saw." if gone else ""
        )
        super().__init__(f"What stands there has changed since you looked.{said}{left} Look once more.")


def call_off(
    scope: Scope,
    *,
    key: str,
    reason: str,
    seen: Collection[str],
    chosen: Mapping[str, str] | None = None,
    reply_by: date | None = None,
    rung: Collection[str] = (),
    who: str,
    now: datetime,
) -> CallOff:
    """End all that `scope` holds and has not begun, once for each `key`; what has begun stays.

    A booking is cancelled by the company (by the partnership, where schools are shut), its guests' too; a
    kept time ends; a slot in hand is lost; nothing more of those days is offered. `seen`: the references that
    the person looked at. `chosen`: {reference: key of a slot} that is kept for the school instead until
    `reply_by`, or the day before it; where that went meanwhile the show still ends, and its line says why
    nothing is kept. `rung`: whom somebody has rung already. Raises ReasonMissing, NothingToCallOff,
    NotAsSeen, ReplyByPast, and what Scope.check says.
    """
    chosen = {reference: slot for reference, slot in (chosen or {}).items() if slot}
    if not reason.strip():
        raise CancelReasonMissing
    scope.check(now=now)
    until = replacing.usually_kept(now) if reply_by is None else reply_by
    if until < day_of(now):
        raise replacing.ReplyByPast
    partnerships.lock(scope.partnership_id)
    if (done := call_offs.of_key(scope.partnership_id, key)) is not None:
        return done
    found = _behind_the_locks(scope, chosen.values(), now=now)
    _check_seen(found, seen)
    done = CallOff(
        partnership_id=scope.partnership_id,
        troupe_id=scope.troupe_id,
        schools_of=scope.schools_of,
        first=scope.first,
        last=scope.last,
        part=scope.part,
        reason=reason.strip(),
        what=scope.words(),
        who=who,
        key=key,
        recorded_at=now,
        days=[_as_it_was(day) for day in found.days],
    )
    db.session.add(done)
    db.session.flush()
    ending = _Ending(done, found, until=until, who=who, now=now)
    # Who gets another time goes first: what is left is then named to the others.
    alone = [hit for hit in found.hits if not hit.with_host]
    for hit in sorted(alone, key=lambda h: h.reference not in chosen):
        ending.end(hit, chosen.get(hit.reference, ""))
    for hit in found.hits:
        if hit.with_host:
            ending.put_down(hit)
    db.session.execute(delete(Performance).where(Performance.id.in_([hold.id for hold in found.holds])))
    _close(done, scope, found, who=who, now=now)
    for line in call_offs.lines(done):
        if line.to_ring and _reference(line) in rung:
            line.rung_at, line.rung_by = now, who
    for programme_id in sorted({day.programme_id for day in found.days}):
        history.record(
            "called off",
            history.Subject("programme", programme_id, done.partnership_id),
            who=who,
            now=now,
            before={"what": done.what, "ended": found.references},
            after=done.reason,
        )
    db.session.flush()
    return done


class _Ending:
    """The promises of one call-off end one after the other, each with another time or without."""

    def __init__(self, done: CallOff, found: Hits, *, until: date, who: str, now: datetime) -> None:
        self.done, self.found, self.until, self.who, self.now = done, found, until, who, now

    def end(self, hit: Hit, key: str) -> None:
        line = self.put_down(hit)
        if key:
            try:
                with db.session.begin_nested():
                    self._end_with_another(hit, line, key)
                return
            except Refusal as no:
                db.session.refresh(line)
                line.why_none = no.message
        near: tuple[tuple[datetime, str], ...] = ()
        if hit.role != GUEST:
            near = tuple(
                instead.nearest(
                    hit.programme,
                    hit.organisation,
                    lost=hit.starts_at,
                    not_on=self.found.day_ids,
                    now=self.now,
                )
            )
        self._end(hit, kept=None, near=near)

    def put_down(self, hit: Hit) -> CallOffLine:
        line = CallOffLine(
            call_off_id=self.done.id,
            booking_id=hit.booking and hit.booking.id,
            proposal_id=hit.proposal and hit.proposal.id,
            organisation_id=hit.organisation.organisation_id,
            starts_at=hit.starts_at,
            to_ring=hit.urgent,
        )
        db.session.add(line)
        db.session.flush()
        return line

    def _end_with_another(self, hit: Hit, line: CallOffLine, key: str) -> None:
        """Raises what proposing.propose says, NobodyToWriteTo, CalledOffToo."""
        slot = replacing.slot_of(line, key, self.found.day_ids, instead_of=hit.performance.id, now=self.now)
        reply_by = replacing.kept_until(line, slot, self.until, now=self.now)
        people = replacing.whom(line)
        self._end(hit, kept=KeptTime(starts_at=slot.starts_at, reply_by=reply_by), near=())
        offer = replacing.offer(line, people, slot, reply_by, self.done)
        line.new_proposal_id = proposing.propose(offer, who=self.who, now=self.now).id

    def _end(self, hit: Hit, *, kept: KeptTime | None, near: tuple[tuple[datetime, str], ...]) -> None:
        by, reason, now = self.found.scope.by, self.done.reason, self.now
        if hit.booking is not None:
            bookings.cancel(
                hit.booking,
                reason=reason,
                by=by,
                who=self.who,
                now=now,
                not_on=self.found.day_ids,
                kept=kept,
                near=near,
            )
        elif hit.proposal is not None and self.found.scope.troupe_id is None:
            proposing.withdraw(hit.proposal, reason=reason, who=self.who, now=now)
        elif hit.proposal is not None:
            proposing.call_off(hit.proposal, reason=reason, who=self.who, now=now)


def _behind_the_locks(scope: Scope, keys: Iterable[str], *, now: datetime) -> Hits:
    """What stands there once nobody else can change it: locks are taken schools first, then days, each in one
    order."""
    seen = affected.look(scope, now=now)
    for organisation_id in sorted({hit.organisation.organisation_id for hit in seen.hits}):
        performances.lock_organisation(organisation_id)
    wanted = row_numbers(key.partition("-")[0] for key in keys)
    performances.lock_days(seen.day_ids.union(wanted))
    performances.clear_expired(
        seen.day_ids, now=now
    )  # or its school could still take up one that has just lapsed
    found = affected.look(scope, now=now)
    if not found.days or (scope.schools_of and not found.hits and not found.holds):
        raise NothingToCallOff
    if not found.hits and all(itinerary.is_over(day, now=now) for day in found.days):
        raise DayIsOver
    return found


def _check_seen(found: Hits, seen: Collection[str]) -> None:
    if found.references == sorted(seen):
        return
    new = [
        f"{hit.organisation.name}, {day_short(hit.starts_at)} at {clock(hit.starts_at)}"
        for hit in found.hits
        if hit.reference not in seen
    ]
    raise NotAsSeen(new, len(set(seen) - set(found.references)))


def _reference(line: CallOffLine) -> str:
    return line.booking.reference if line.booking else f"kept-{line.proposal_id}"


def _as_it_was(day: TourDay) -> CallOffDay:
    return CallOffDay(
        tour_day_id=day.id, leaves=day.leaves, returns=day.returns, shows_at_most=day.shows_at_most
    )


def _close(done: CallOff, scope: Scope, found: Hits, *, who: str, now: datetime) -> None:
    """Nothing more is offered there and then: of the troupe's days; of all days, where no school can be
    reached; else to the schools that were hit."""
    if scope.schools_of:
        _rule_out(done, scope, found, who=who, now=now)
        return
    for day in found.days:
        if itinerary.is_over(day, now=now):
            continue
        if scope.part == DAY:
            itinerary.close_day(day, now=now)
        else:
            itinerary.close_half(day, morning=scope.part == MORNING, now=now)


def _rule_out(done: CallOff, scope: Scope, found: Hits, *, who: str, now: datetime) -> None:
    """Days on which a school has said something of its own stay as it said; a guest from elsewhere has
    school."""
    organisations = {
        hit.organisation.organisation_id: hit.organisation
        for hit in found.hits
        if hit.organisation.district_code == scope.schools_of
    }
    calendars = school_days.load(organisations)
    span = [scope.first + timedelta(days=n) for n in range((scope.last - scope.first).days + 1)]
    for organisation_id, organisation in sorted(organisations.items()):
        for day in span:
            if day not in calendars[organisation_id].own_days and not calendars[organisation_id].why_closed(
                day
            ):
                school_days.rule_out(
                    organisation, day, done.reason[: school_days.LONGEST_REASON], who=who, now=now
                )
                done.ruled_out.append(CallOffSchoolDay(organisation_id=organisation_id, day=day))
