"""Holds: a slot kept for one school while it fills in the form, and the draft of what it has typed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Select, bindparam, delete, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from outreach.booking import accounts
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.audience import whom
from outreach.ground.db import Base, Instant, db, made_once
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock_span
from outreach.tour import itinerary, performances, slots
from outreach.tour.over_lunch import SHOW, KeptOut
from outreach.tour.performances import Performance, Slot, SlotTaken
from outreach.tour.programmes import Programme


class Draft(Base):
    """What a school typed and has not booked yet, for one programme; nothing typed is lost with a slot."""

    __tablename__ = "draft"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), primary_key=True)
    typed: Mapped[Any] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(Instant)


class FormBegun(Base):
    """A school chose a slot and began the form: the cause 'started' while no booking follows."""

    __tablename__ = "form_begun"
    __table_args__ = (Index("ix_form_begun_programme", "programme_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class AlreadyBooked(Refusal):
    """Nothing is left to book: every year group is promised."""

    def __init__(self, whom: str = "school") -> None:
        super().__init__(f"Your {whom} is booked already. You can move or change that booking.")


class ProgrammeClosed(Refusal):
    def __init__(self) -> None:
        super().__init__("Booking for this programme has ended.")


class SchoolClosed(Refusal):
    def __init__(self, *, is_body: bool = False) -> None:
        super().__init__(
            "Your organisation is closed, as far as we know, so no place can be booked for it."
            if is_body
            else "Your school is closed in the register, so no visit can be booked for it."
        )


class NotForYou(Refusal):
    """No target year group is taught there, as far as is known; or `as_a_whole`, it is not in the target."""

    def __init__(self, *, is_body: bool = False, as_a_whole: bool = False) -> None:
        whose = "your organisation" if is_body else "your school"
        of = whose if is_body or as_a_whole else f"the year groups of {whose}"
        super().__init__(f"This programme is not for {of}, as far as we know.")


class OneShowIsEnough(Refusal):
    """Two at once are for a school too big for one, and on one day."""

    def __init__(self) -> None:
        super().__init__(
            "Two shows at once are for a school that is too big for one, and on one day. Choose one time."
        )


class NothingHeld(Refusal):
    """The hold ran out and was taken, or was given back."""

    def __init__(self) -> None:
        super().__init__("No time is kept for you any more. Choose one again; nothing you typed is lost.")


class OverLunchByNow(Refusal):
    """The school's lunch was said, or the usual one changed, since the time was kept."""

    def __init__(self, show: Performance, lunch: KeptOut) -> None:
        at = clock_span(*lunch.instants(day_of(show.starts_at)))
        what = "lunch at your school is" if lunch.what == SHOW else "the hall is needed for lunch"
        super().__init__(
            f"By what is known now {what} from {at}, and the time kept for you lies across it. Choose another time: "
            "what you typed is kept. If lunch is at another time, say so where the hall is asked for."
        )


def hold(
    programme: Programme,
    organisation: Organisation,
    chosen: Sequence[Slot],
    *,
    who: str,
    now: datetime,
    whatever_the_notice: bool = False,
) -> list[Performance]:
    """Keep one slot, or two of one day for a school too big for one show; what it held before is given back.

    Judged again behind the locks of the school and the tour days. Raises SlotTaken, AlreadyBooked,
    ProgrammeClosed, SchoolClosed, NotForYou, OneShowIsEnough.
    """
    day_ids = {slot.tour_day_id for slot in chosen}
    performances.lock_organisation(organisation.organisation_id)
    performances.lock_days(day_ids)
    account = accounts.account(programme, organisation, now=now)
    if (why := why_nothing(programme, organisation, account)) is not None:
        raise why
    if len(chosen) > 1 and not (
        len(chosen) == 2 and len(day_ids) == 1 and accounts.needs_two_shows(programme, account.still_open)
    ):
        raise OneShowIsEnough
    _drop(programme.id, organisation.organisation_id)
    performances.clear_expired(day_ids, now=now)
    until = now + timedelta(minutes=db.session.get_one(Partnership, programme.partnership_id).hold_minutes)
    claimed: list[Performance] = []
    for slot in chosen:
        key = slot.key
        found = _still_there(
            programme, organisation, key, claimed, now=now, whatever_the_notice=whatever_the_notice
        )
        claimed.append(
            performances.claim(found, organisation, programme_id=programme.id, held_until=until, now=now)
        )
    db.session.add(
        FormBegun(programme_id=programme.id, organisation_id=organisation.organisation_id, recorded_at=now)
    )
    history.record(
        "held",
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after=[p.starts_at.isoformat() for p in claimed],
    )
    return claimed


def why_nothing(
    programme: Programme, organisation: Organisation, account: accounts.PromiseAccount
) -> Refusal | None:
    """Why a school cannot book anything (more) of a programme; None if it can."""
    if programme.closed_at is not None:
        return ProgrammeClosed()
    if not organisation.is_open:
        return SchoolClosed(is_body=organisation.is_body)
    if account.is_excluded:
        return NotForYou(is_body=organisation.is_body, as_a_whole=True)
    if account.is_open:
        return None
    if not account.expected:
        return NotForYou(is_body=organisation.is_body, as_a_whole=programme.for_adults)
    return AlreadyBooked(whom(organisation.organisation_id))


def who_could_book(
    programme: Programme, known: Mapping[Organisation, accounts.PromiseAccount], *, now: datetime
) -> set[int]:
    """The URNs of those that could book something now: something is open to them, and a tour day that keeps
    the notice has room. Whether one of its times suits a school, its page of times tells. One query.
    """
    first = slots.first_bookable_day(programme, now)
    if programme.closed_at is not None or not itinerary.room_left(programme.id, now=now, first=first):
        return set()
    return {
        organisation.organisation_id
        for organisation, account in known.items()
        if why_nothing(programme, organisation, account) is None
    }


_KEPT = (
    select(Performance)
    .options(joinedload(Performance.troupe))
    .where(
        Performance.programme_id == bindparam("programme_id"),
        Performance.organisation_id == bindparam("organisation_id"),
        Performance.held_until.is_not(None),
        Performance.released_at.is_(None),
    )
    .order_by(Performance.starts_at)
)


def kept(programme: Programme, organisation_id: int, *, now: datetime) -> list[Performance]:
    """All that is held for the school, by start, live or just lapsed and not taken yet.

    What lapsed counts only while its day still keeps the notice for booking: nobody books a day that has come
    or gone.
    """
    return still_kept(programme, _all_kept(programme.id, organisation_id), now=now)


def still_kept(programme: Programme, held: Iterable[Performance], *, now: datetime) -> list[Performance]:
    """Those of a school's performances that count as kept for it, in the order given."""
    first_day = slots.first_bookable_day(programme, now)
    return [
        p
        for p in held
        if p.held_until is not None and (p.held_until > now or day_of(p.starts_at) >= first_day)
    ]


def held(programme_id: int, organisation_id: int, *, now: datetime) -> list[Performance]:
    """What is kept for the school now, by start."""
    return [
        p for p in _all_kept(programme_id, organisation_id) if p.held_until is not None and p.held_until > now
    ]


def in_hand(programme_id: int, *, now: datetime) -> list[Performance]:
    """What is kept this moment for any school that fills in the form, with its school, the first to lapse
    first; one query."""
    return list(db.session.scalars(*_in_hand(programme_id, now)))


@made_once
def _in_hand(programme_id: int, now: datetime) -> Select[Performance]:
    return (
        select(Performance)
        .where(
            Performance.programme_id == programme_id,
            Performance.released_at.is_(None),
            Performance.held_until > now,
        )
        .options(joinedload(Performance.host))
        .order_by(Performance.held_until, Performance.id)
    )


def renew(programme: Programme, organisation: Organisation, *, now: datetime) -> list[Performance]:
    """Keep it for the same time again. Raises NothingHeld; a hold just lapsed that nobody took is revived.

    Behind the locks, so that what a colleague books or another school claims meanwhile is left alone.
    """
    performances.lock_organisation(organisation.organisation_id)
    performances.lock_days(p.tour_day_id for p in kept(programme, organisation.organisation_id, now=now))
    still = kept(programme, organisation.organisation_id, now=now)
    if not still:
        raise NothingHeld
    until = now + timedelta(minutes=db.session.get_one(Partnership, programme.partnership_id).hold_minutes)
    for performance in still:
        keep(performance, until)
    return still


def keep_out_of_lunch(programme: Programme, held: Iterable[Performance]) -> None:
    """Hold what a school is about to promise to its lunch as it is known by now: it may have been said since the time
    was kept. One query for each. Raises OverLunchByNow.

    The caller holds the school's lock, as whoever says a school's lunch does.
    """
    for show in held:
        lunch = performances.lunch_now(programme, show.organisation_id)
        if lunch is not None and not performances.is_clear_of(show, lunch):
            raise OverLunchByNow(show, lunch)
        performances.hold_to(show, lunch)


def keep(performance: Performance, until: datetime | None) -> None:
    """Keep a hold until then, or for good (None). Raises NothingHeld if it is gone or no longer fits its
    day."""
    try:
        performances.keep(performance, until)
    except SlotTaken as taken:
        raise NothingHeld from taken


def give_back(programme_id: int, organisation_id: int, *, who: str, now: datetime) -> bool:
    """Let go of what is held; False where nothing was."""
    performances.lock_organisation(organisation_id)
    given = bool(_drop(programme_id, organisation_id))
    if given:
        whose = db.session.get_one(Programme, programme_id).partnership_id
        history.record("gave back", history.Subject("school", organisation_id, whose), who=who, now=now)
    return given


def save_draft(programme_id: int, organisation_id: int, typed: dict[str, Any], *, now: datetime) -> None:
    """Keep what was typed so far; two who type at once go one after the other."""
    performances.lock_organisation(organisation_id)
    row = db.session.get(Draft, (organisation_id, programme_id))
    if row is None:
        db.session.add(
            Draft(organisation_id=organisation_id, programme_id=programme_id, typed=typed, saved_at=now)
        )
    else:
        row.typed, row.saved_at = typed, now


def draft(programme_id: int, organisation_id: int) -> dict[str, Any]:
    """What was typed so far; {} if nothing."""
    row = db.session.get(Draft, (organisation_id, programme_id))
    return dict(row.typed) if row else {}


def remove_draft(programme_id: int, organisation_id: int) -> dict[str, Any]:
    """What was typed so far, no longer kept once the caller's transaction commits; {} if nothing."""
    return dict(
        db.session.scalar(_TAKEN, {"of_organisation_id": organisation_id, "of_programme": programme_id}) or {}
    )


_TAKEN = (
    delete(Draft)
    .where(
        Draft.organisation_id == bindparam("of_organisation_id"),
        Draft.programme_id == bindparam("of_programme"),
    )
    .returning(Draft.typed)
)


def _all_kept(programme_id: int, organisation_id: int) -> list[Performance]:
    return list(db.session.scalars(_KEPT, {"programme_id": programme_id, "organisation_id": organisation_id}))


def _drop(programme_id: int, organisation_id: int) -> int:
    still = _all_kept(programme_id, organisation_id)
    for performance in still:
        db.session.delete(performance)
    db.session.flush()
    return len(still)


def _still_there(
    programme: Programme,
    organisation: Organisation,
    key: str,
    claimed: list[Performance],
    *,
    now: datetime,
    whatever_the_notice: bool,
) -> Slot:
    """The slot as it stands behind the lock; the second of a pair is judged with the first in account."""
    found = slots.find(
        programme,
        organisation,
        key,
        now=now,
        whatever_the_notice=whatever_the_notice,
        beside=tuple(p.id for p in claimed),
    )
    if found is None or found.starts_at <= now:
        raise SlotTaken
    return found
