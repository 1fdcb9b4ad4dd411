"""Change of many days of a troupe at once, after a look at what becomes of each; and the change undone.

Days that cannot be changed are named, with why, and the others are done.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from outreach.county import partnerships
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, day_short
from outreach.tour import freed_places, span, wishes
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.days_off import AvailabilityChange, DayOff
from outreach.tour.performances import clear_expired, lock_days
from outreach.tour.span import Span
from outreach.tour.wishes import OFF, PLAYS, DayFacts, DayWish

LONGEST = 400
"""Days that one change may reach over."""


class SpanMakesNoSense(Refusal):
    """The dates that were asked for; `field` says which."""

    field = "last"


class NoTourDays(Refusal):
    """Nothing in the span that the wish could change."""

    field = "first"


class NoSuchChange(Refusal):
    """There is none, or it is of another troupe."""


class NothingToUndo(Refusal):
    """It was undone already, or no day of it can be put back."""


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What becomes of one date: '' in `why_not` if it can be; `same` if it is like that already. `now` and
    `then` in words; `warned`: what its shows would lack."""

    day: date
    now: str
    then: str
    why_not: str = ""
    same: bool = False
    warned: tuple[str, ...] = ()

    @property
    def can(self) -> bool:
        return not self.why_not and not self.same


@dataclass(frozen=True, kw_only=True)
class Done:
    """The change that was written (None: nothing was to change), its days, and those that could not be, with
    why."""

    change: AvailabilityChange | None
    days: tuple[date, ...]
    refused: tuple[Foreseen, ...]


def look(
    troupe: Troupe, wish: DayWish, first: date, last: date, weekdays: Collection[int], *, now: datetime
) -> list[Foreseen]:
    """What would become of each day of the troupe from `first` to `last`, both included, on these weekdays
    (Monday is 0).

    A constant number of queries. Raises WishIncomplete, SpanMakesNoSense, NoTourDays.
    """
    wishes.check(troupe, wish)
    _check_span(first, last, weekdays)
    here = span.load(troupe, first, last, now=now)
    dates = _dates(here, wish, first, last, weekdays)
    if not dates:
        what = "has no day off" if wish.kind == PLAYS else "gives no tour day"
        raise NoTourDays(
            f"{troupe.name} {what} from {day_short(first)} to {day_short(last)} on these days of the week."
        )
    return [_foresee(here, wish, day, now=now)[0] for day in dates]


def change(troupe: Troupe, wish: DayWish, days: Iterable[date], *, who: str, now: datetime) -> Done:
    """Do to these dates what was looked at; what the diary has by now is what counts. Sent twice it changes
    once.

    Raises WishIncomplete, SpanMakesNoSense.
    """
    wishes.check(troupe, wish)
    chosen = sorted(set(days))
    if not chosen:
        raise SpanMakesNoSense("Tick at least one day.", field="day")
    _check_span(chosen[0], chosen[-1], range(7))
    here = _behind_the_locks(troupe, chosen[0], chosen[-1], now=now)
    able = set(_dates(here, wish, chosen[0], chosen[-1], range(7)))
    done, refused = [], []
    for day in chosen:
        if day not in able:
            gone = Foreseen(day=day, now="", then=wish.words, why_not="no tour day stands there any more")
            refused.append(gone)
            continue
        seen, entry = _foresee(here, wish, day, now=now)
        if entry is not None:
            done.append(entry)
            _write(here, entry, who=who, now=now)
        elif seen.why_not:
            refused.append(seen)
    row = _keep(troupe, wish.words, done, who=who, now=now) if done else None
    return Done(change=row, days=tuple(date.fromisoformat(e["day"]) for e in done), refused=tuple(refused))


def find(troupe: Troupe, change_id: int) -> AvailabilityChange:
    """Raises NoSuchChange."""
    row = db.session.get(AvailabilityChange, change_id)
    if row is None or row.troupe_id != troupe.id:
        raise NoSuchChange("There is no such change of this troupe’s days.")
    return row


def undo(troupe: Troupe, change: AvailabilityChange, *, who: str, now: datetime) -> Done:
    """Put every day of a change back as it was before; those that were changed since, or cannot be, are
    named.

    Raises NothingToUndo.
    """
    dates = [date.fromisoformat(entry["day"]) for entry in change.days]
    here = _behind_the_locks(troupe, min(dates), max(dates), now=now)
    db.session.refresh(change)
    if change.undone_at is not None:
        raise NothingToUndo(f"That was undone already, by {change.undone_by}.")
    done, refused = [], []
    # Nights are put back from the last to the first: each needs the day after it.
    for entry in sorted(change.days, key=lambda e: e["day"], reverse=True):
        day = date.fromisoformat(entry["day"])
        why_not = "past" if day < day_of(now) else _put_back(here, entry, day, who=who, now=now)
        if why_not:
            refused.append(Foreseen(day=day, now="", then="", why_not=why_not))
        else:
            done.append(day)
    if not done:
        named = and_list(
            f"{day_short(f.day)} ({f.why_not})" for f in sorted(refused, key=lambda f: f.day)[:5]
        )
        raise NothingToUndo(f"None of these days can be put back: {named}.")
    change.undone_at, change.undone_by = now, who
    db.session.flush()
    history.record(
        "undid a change of availability",
        troupe,
        who=who,
        now=now,
        after={"what": change.what, "days": [str(day) for day in sorted(done)]},
    )
    return Done(change=change, days=tuple(sorted(done)), refused=tuple(sorted(refused, key=lambda f: f.day)))


def _foresee(
    here: Span, wish: DayWish, day: date, *, now: datetime
) -> tuple[Foreseen, dict[str, Any] | None]:
    """What becomes of a date, tried out on `here`; with the entry to keep where it changes."""
    tour_day = here.tour_days.get(day)
    standing = here.facts(day).words if day in here.rows else "day off" if day in here.off else "no tour day"
    if day < day_of(now):
        return Foreseen(day=day, now=standing, then=wish.words, why_not="past"), None
    if wish.kind in (OFF, PLAYS):
        if (wish.kind == OFF) == (day in here.off) and day not in here.rows:
            return Foreseen(day=day, now=standing, then=wish.words, same=True), None
        before = here.facts(day) if day in here.rows else None
        why_not = here.take_off(day) if wish.kind == OFF and day in here.rows else ""
        seen = Foreseen(
            day=day,
            now=standing,
            then="day off" if wish.kind == OFF else "no day off any more",
            why_not=why_not,
            warned=() if why_not else here.warnings(day),
        )
        return seen, None if why_not else _entry(day, tour_day if before else None, before, None, wish.kind)
    before = here.facts(day)
    after = wishes.wished(wish, before)
    if after == before:
        return Foreseen(day=day, now=standing, then=after.words, same=True), None
    why_not = here.try_out(day, after)
    seen = Foreseen(
        day=day, now=standing, then=after.words, why_not=why_not, warned=() if why_not else here.warnings(day)
    )
    return seen, None if why_not else _entry(day, tour_day, before, after, wish.kind)


def _write(here: Span, entry: dict[str, Any], *, who: str, now: datetime) -> None:
    """One day of a change into the rows."""
    day = date.fromisoformat(entry["day"])
    if entry["kind"] == OFF:
        if entry["tour_day"] is not None:
            here.tour_days[day].ended_at = now
        if day not in here.off:
            db.session.add(DayOff(troupe_id=here.troupe.id, day=day, recorded_at=now, who=who))
    elif entry["kind"] == PLAYS:
        here.off[day].ended_at = now
    else:
        _set(here.tour_days[day], wishes.read(entry["after"]), now=now)
    db.session.flush()


def _put_back(here: Span, entry: dict[str, Any], day: date, *, who: str, now: datetime) -> str:
    """One day of a change as it was before it; why it cannot be, in words, or ''."""
    if entry["kind"] == PLAYS:
        if day in here.rows:
            return "a tour day stands there by now"
        if day not in here.off:
            db.session.add(DayOff(troupe_id=here.troupe.id, day=day, recorded_at=now, who=who))
    elif entry["kind"] == OFF:
        if day not in here.off:
            return "it is no day off any more"
        here.off[day].ended_at = now
        if entry["tour_day"] is not None:
            ended = db.session.get_one(TourDay, entry["tour_day"])
            ended.ended_at = None
            db.session.flush()
            freed_places.note([ended.id], now=now)
            here.give_back(ended)
    else:
        tour_day = here.tour_days.get(day)
        if tour_day is None or tour_day.id != entry["tour_day"]:
            return "no tour day stands there any more"
        if here.facts(day) != wishes.read(entry["after"]):
            return "it was changed since"
        before = wishes.read(entry["before"])
        if why_not := here.try_out(day, before):
            return why_not
        _set(tour_day, before, now=now)
    db.session.flush()
    return ""


def _set(tour_day: TourDay, facts: DayFacts, *, now: datetime) -> None:
    freed_places.note([tour_day.id], now=now)
    for name in DayFacts.__annotations__:
        setattr(tour_day, name, getattr(facts, name))


def _entry(
    day: date, tour_day: TourDay | None, before: DayFacts | None, after: DayFacts | None, kind: str
) -> dict[str, Any]:
    return {
        "day": str(day),
        "tour_day": tour_day.id if tour_day else None,
        "kind": kind,
        "before": before.kept() if before else None,
        "after": after.kept() if after else None,
    }


def _keep(
    troupe: Troupe, what: str, entries: list[dict[str, Any]], *, who: str, now: datetime
) -> AvailabilityChange:
    row = AvailabilityChange(troupe_id=troupe.id, what=what, days=entries, recorded_at=now, who=who)
    db.session.add(row)
    db.session.flush()
    history.record(
        "changed availability",
        troupe,
        who=who,
        now=now,
        after={"what": what, "days": [entry["day"] for entry in entries]},
    )
    return row


def _behind_the_locks(troupe: Troupe, first: date, last: date, *, now: datetime) -> Span:
    """The days and what stands on them, nobody else adding days or claiming on one until the transaction
    ends."""
    partnerships.lock(troupe.company.partnership_id)
    day = timedelta(days=1)
    ids = list(
        db.session.scalars(
            select(TourDay.id).where(
                TourDay.troupe_id == troupe.id,
                TourDay.day.between(first - day, last + day),
                TourDay.ended_at.is_(None),
            )
        )
    )
    lock_days(ids)
    clear_expired(ids, now=now)
    db.session.refresh(troupe)
    return span.load(troupe, first, last, now=now)


def _dates(here: Span, wish: DayWish, first: date, last: date, weekdays: Collection[int]) -> list[date]:
    """The dates that a wish speaks of: any for a day off, days off for none after all, else those with a tour
    day."""
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    can = here.off if wish.kind == PLAYS else here.rows
    return [day for day in every if day.weekday() in weekdays and (wish.kind == OFF or day in can)]


def _check_span(first: date, last: date, weekdays: Collection[int]) -> None:
    if not weekdays:
        raise SpanMakesNoSense("Choose at least one day of the week.", field="weekdays")
    if last < first:
        raise SpanMakesNoSense("The last day must not be before the first.")
    if not 1900 <= first.year <= last.year <= 2200:
        raise SpanMakesNoSense("Those are no dates of this tour.", field="first")
    if (last - first).days >= LONGEST:
        raise SpanMakesNoSense(f"Choose {LONGEST} days at most.")
