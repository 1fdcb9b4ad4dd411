"""Follow-up of a gap: the day on which somebody does something about a school, and what; on the desk that day, and in
that coordinator's own calendar.

A school has at most one that stands in a programme. A later day is a new row, so that it stays known who meant what
when; what stands ends when it was done, is withdrawn, or is settled since the school is missing no more. Setting them
queues at the programme's row, as giving schools to somebody does.
"""

import unicodedata
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import organisations
from outreach.county.coordinators import Coordinator
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership, made_once
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.timespans import day_of, wall
from outreach.ground.wording import day_short
from outreach.post import links
from outreach.post.calendars import Appointment
from outreach.post.feeds import entries
from outreach.post.feeds.entries import OWN, Entry
from outreach.post.stationery import settings
from outreach.tour.programmes import Programme

LONGEST = 120
"""Characters of what is to be done."""

RING = "Ring the school"
"""What is to be done where nothing else is said."""

DONE, MOVED, WITHDRAWN, SETTLED = "done", "moved", "withdrawn", "settled"

LATEST = timedelta(days=366)


class DayCannotBe(Refusal):
    field = "day"


class WordsUnfit(Refusal):
    """Too long, or with characters that cannot be read."""

    field = "what"


class CannotFollowUp(Refusal):
    """Only who signs in for the programme's partnership can be the one who does it."""

    field = "whose"


class FollowUpGone(Refusal):
    """It was done, moved, withdrawn or settled meanwhile."""


class NoSuchFollowUp(NoSuch):
    pass


class FollowUp(Base):
    """One school of a programme is somebody's on `day`. `ended_as` says how it ended; what was moved or withdrawn
    keeps no words, so that whoever wrote a name by mistake can mend that. Days of one school share a `uid`, by which
    calendars know them."""

    __tablename__ = "follow_up"
    __table_args__ = (
        Index(
            "uq_follow_up_standing",
            "programme_id",
            "organisation_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_follow_up_organisation_id", "organisation_id", "id"),
        Index("ix_follow_up_partnership", "partnership_id"),
        key_within_partnership("programme_id", "programme"),
        key_within_partnership("person_id", "person"),
        CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL) AND "
            "(ended_as IS NULL OR ended_as IN ('done', 'moved', 'withdrawn', 'settled'))",
            name="ended",
        ),
        CheckConstraint("(what = '') = (COALESCE(ended_as, '') IN ('moved', 'withdrawn'))", name="what"),
        CheckConstraint("sequence >= 0", name="sequence"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    programme_id: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    person_id: Mapped[int] = mapped_column(index=True)
    day: Mapped[date]
    what: Mapped[str] = mapped_column(Text)
    uid: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_as: Mapped[str | None] = mapped_column(Text)
    ended_by: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpOfOrganisation:
    """One follow-up as lists and pages show it. `left`: the person no longer signs in, so that somebody else must do
    it."""

    follow_up_id: int
    organisation_id: int
    day: date
    what: str
    person_id: int
    name: str
    left: bool
    set_by: str
    set_at: datetime
    ended_as: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None

    def is_due(self, today: date) -> bool:
        return self.day <= today


def set_follow_ups(
    programme: Programme,
    organisation_ids: Collection[int],
    day: date,
    what: str,
    person: Coordinator,
    *,
    who: str,
    now: datetime,
) -> list[int]:
    """Somebody does this about these schools on that day; the URNs for which that is new, in order. What stood there
    is moved to it. Raises DayCannotBe, WordsUnfit, CannotFollowUp."""
    words = words_of(what)
    if day < day_of(now):
        raise DayCannotBe(f"{day_short(day)} is past. Enter today or a day to come.")
    if day > day_of(now) + LATEST:
        raise DayCannotBe(f"{day_short(day)} is more than a year ahead. Check the year.")
    if person.partnership_id != programme.partnership_id:
        raise CannotFollowUp("Choose one of your own coordinators.")
    if person.ended_at is not None:
        raise CannotFollowUp(f"{person.name} no longer signs in. Choose somebody else.")
    _queue(programme.id)
    before = {row.organisation_id: row for row in _standing_rows(programme.id, organisation_ids)}
    wanted = (day, words, person.id)
    changed = [
        organisation_id
        for organisation_id in sorted(set(organisation_ids))
        if organisation_id not in before or _says(before[organisation_id]) != wanted
    ]
    _put(programme, dict.fromkeys(changed, (day, words)), before, person, who=who, now=now)
    return changed


def pass_on(
    programme: Programme,
    organisation_ids: Collection[int],
    person: Coordinator,
    taker: Coordinator,
    *,
    who: str,
    now: datetime,
) -> None:
    """Of these schools' follow-ups those that are still that person's are another's from now on, with their day, past
    or to come, and their words."""
    _queue(programme.id)
    before = {
        row.organisation_id: row
        for row in _standing_rows(programme.id, organisation_ids)
        if row.person_id == person.id
    }
    said = {organisation_id: (row.day, row.what) for organisation_id, row in before.items()}
    _put(programme, said, before, taker, who=who, now=now)


def _says(row: FollowUp) -> tuple[date, str, int]:
    return row.day, row.what, row.person_id


def _put(
    programme: Programme,
    said: Mapping[int, tuple[date, str]],
    before: Mapping[int, FollowUp],
    person: Coordinator,
    *,
    who: str,
    now: datetime,
) -> None:
    """`said`: the day and the words of each school; `before`: what stood for it, which is moved to that."""
    moved = [before[organisation_id] for organisation_id in said if organisation_id in before]
    _leave(moved, person.id, now=now)
    for row in moved:
        _end(row, MOVED, who=who, now=now)
    db.session.flush()  # the old rows end before the new ones stand
    made = []
    for organisation_id, (day, words) in said.items():
        old = before.get(organisation_id)
        made.append(
            FollowUp(
                partnership_id=programme.partnership_id,
                programme_id=programme.id,
                organisation_id=organisation_id,
                person_id=person.id,
                day=day,
                what=words,
                uid=old.uid if old else str(uuid.uuid4()),
                sequence=old.sequence + 1 if old else 0,
                recorded_at=now,
                who=who,
            )
        )
        # Not the words: what is in the history can never be taken out again.
        history.record(
            "follow-up moved" if old else "follow-up set",
            history.Subject("school", organisation_id, programme.partnership_id),
            who=who,
            now=now,
            before={"day": old.day.isoformat()} if old else None,
            after={"day": day.isoformat(), "whose": person.name},
        )
    db.session.add_all(made)
    db.session.flush()
    _show(made, now=now)


def finish(follow_up: FollowUp, *, who: str, now: datetime) -> None:
    """It was done. Raises FollowUpGone."""
    _end_rows([_still_standing(follow_up)], DONE, who=who, now=now)


def withdraw(follow_up: FollowUp, *, who: str, now: datetime) -> None:
    """Nothing is to be done after all; its words are gone for good. Raises FollowUpGone."""
    _end_rows([_still_standing(follow_up)], WITHDRAWN, who=who, now=now)


def take_back(follow_up: FollowUp, *, who: str, now: datetime) -> FollowUp | None:
    """It was never meant: withdrawn, or, where an earlier one gave way to it, moved back to that, which is returned.
    Words are gone once moved: it says what stands where nothing else is said. Raises FollowUpGone."""
    row = _still_standing(follow_up)
    earlier = db.session.scalar(
        select(FollowUp).where(
            FollowUp.programme_id == row.programme_id,
            FollowUp.organisation_id == row.organisation_id,
            FollowUp.uid == row.uid,
            FollowUp.ended_as == MOVED,
            FollowUp.ended_at == row.recorded_at,
        )
    )
    if earlier is None:
        _end_rows([row], WITHDRAWN, who=who, now=now)
        return None
    _leave([row], earlier.person_id, now=now)
    _end(row, MOVED, who=who, now=now)
    db.session.flush()  # it ends before the other one stands
    earlier.ended_at = earlier.ended_as = earlier.ended_by = None
    earlier.what, earlier.sequence = RING, row.sequence + 1
    _record("follow-up stands again", earlier, who=who, now=now)
    db.session.flush()
    _show([earlier], now=now)
    return earlier


def settle(programme: Programme, organisation_ids: Collection[int], *, who: str, now: datetime) -> int:
    """These schools are missing no more: what stands for them is settled. How many there were."""
    _queue(programme.id)
    rows = list(_standing_rows(programme.id, organisation_ids))
    _end_rows(rows, SETTLED, who=who, now=now)
    return len(rows)


def undo_done(follow_up: FollowUp, *, who: str, now: datetime) -> None:
    """It was not done: it stands again as it stood. Raises FollowUpGone, where it never was or another stands."""
    _queue(follow_up.programme_id)
    db.session.refresh(follow_up)
    if follow_up.ended_as != DONE or list(
        _standing_rows(follow_up.programme_id, [follow_up.organisation_id])
    ):
        raise FollowUpGone("Something else was set for that school meanwhile. Its page says what.")
    follow_up.ended_at = follow_up.ended_as = follow_up.ended_by = None
    follow_up.sequence += 1
    _record("follow-up stands again", follow_up, who=who, now=now)
    db.session.flush()
    _show([follow_up], now=now)


def get(follow_up_id: int, *, partnership_id: int) -> FollowUp:
    """A partnership's own, to be changed by the caller. Raises NoSuchFollowUp for another's or none."""
    found = db.session.get(FollowUp, follow_up_id) if follow_up_id < 2**31 else None
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchFollowUp("There is no such follow-up here.")
    return found


def follow_ups_of_programme(
    programme_id: int, only: Collection[int] | None = None
) -> dict[int, FollowUpOfOrganisation]:
    """What stands for which school of a programme, or for some of its schools, by URN. One query."""
    rows = db.session.execute(*_standing(programme_id, only))
    return {one.organisation_id: one for one in map(_as_shown, rows)}


@made_once
def _standing(programme_id: int, only: Collection[int] | None) -> Any:
    query = _shown().where(FollowUp.programme_id == programme_id, FollowUp.ended_at.is_(None))
    if only is not None:
        query = query.where(FollowUp.organisation_id.in_(only))
    return query.order_by(FollowUp.organisation_id)


def of_organisations(
    organisation_ids: Collection[int], *, partnership_id: int, programme_id: int | None = None
) -> list[FollowUpOfOrganisation]:
    """A partnership's follow-ups of a school and those it came from, the newest first, those that ended too; of one
    programme, or of all. One query."""
    query = _shown().where(
        FollowUp.organisation_id.in_(set(organisation_ids)), FollowUp.partnership_id == partnership_id
    )
    if programme_id is not None:
        query = query.where(FollowUp.programme_id == programme_id)
    return list(map(_as_shown, db.session.execute(query.order_by(FollowUp.id.desc()))))


def every() -> list[int]:
    """The ids of all but those that gave way to a later day, for whoever shows them anew."""
    return list(
        db.session.scalars(
            select(FollowUp.id).where(FollowUp.ended_as.is_distinct_from(MOVED)).order_by(FollowUp.id)
        )
    )


def show(follow_up: FollowUp, *, now: datetime) -> int:
    """Put one into the calendar of whoever does it, as it stands; 0 when that says so already, else 1."""
    _queue(follow_up.programme_id)
    db.session.refresh(follow_up)
    return _show([follow_up], now=now)


def programmes_with_some() -> list[int]:
    """The ids of the programmes in which some follow-up stands."""
    return list(
        db.session.scalars(
            select(FollowUp.programme_id)
            .where(FollowUp.ended_at.is_(None))
            .distinct()
            .order_by(FollowUp.programme_id)
        )
    )


def words_of(typed: str) -> str:
    """What is to be done, as it is kept: one line. Raises WordsUnfit."""
    words = " ".join(typed.split()) or RING
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in words):
        raise WordsUnfit("That holds characters that cannot be read.")
    if len(words) > LONGEST:
        raise WordsUnfit(f"Keep it to {LONGEST} characters; this has {len(words):,}. A note holds more.")
    return words


def _shown() -> Any:
    return select(FollowUp, Coordinator.name, Coordinator.ended_at).join(
        Coordinator, Coordinator.id == FollowUp.person_id
    )


def _as_shown(found: Any) -> FollowUpOfOrganisation:
    row, name, left = found
    return FollowUpOfOrganisation(
        follow_up_id=row.id,
        organisation_id=row.organisation_id,
        day=row.day,
        what=row.what,
        person_id=row.person_id,
        name=name,
        left=left is not None,
        set_by=row.who,
        set_at=row.recorded_at,
        ended_as=row.ended_as,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )


def _queue(programme_id: int) -> None:
    """Two who set at once go one after the other, so that the later sees what the first wrote."""
    db.session.execute(
        select(Programme.id).where(Programme.id == programme_id).with_for_update(key_share=True)
    )


def _standing_rows(programme_id: int, organisation_ids: Collection[int]) -> Iterable[FollowUp]:
    return db.session.scalars(
        select(FollowUp)
        .where(
            FollowUp.programme_id == programme_id,
            FollowUp.organisation_id.in_(set(organisation_ids)),
            FollowUp.ended_at.is_(None),
        )
        .order_by(FollowUp.organisation_id)
        .execution_options(populate_existing=True)
    )


def _still_standing(row: FollowUp) -> FollowUp:
    """Read again behind the lock. Raises FollowUpGone."""
    _queue(row.programme_id)
    db.session.refresh(row)
    if row.ended_at is not None:
        raise FollowUpGone("That was done, moved or taken back meanwhile. The school’s page says which.")
    return row


def _end_rows(rows: Sequence[FollowUp], how: str, *, who: str, now: datetime) -> None:
    for row in rows:
        _end(row, how, who=who, now=now)
        row.sequence += 1
        _record(f"follow-up {how}", row, who=who, now=now)
    db.session.flush()
    _show(rows, now=now)


def _end(row: FollowUp, how: str, *, who: str, now: datetime) -> None:
    row.ended_at, row.ended_as, row.ended_by = now, how, who
    if how in (MOVED, WITHDRAWN):
        row.what = ""


def _record(what: str, row: FollowUp, *, who: str, now: datetime) -> None:
    history.record(
        what,
        history.Subject("school", row.organisation_id, row.partnership_id),
        who=who,
        now=now,
        after={"day": row.day.isoformat()},
    )


def _leave(rows: Iterable[FollowUp], person_id: int, *, now: datetime) -> None:
    """Somebody else's from now on: they go from the calendars of those before."""
    leaving = {(row.person_id, row.uid): row.sequence + 1 for row in rows if row.person_id != person_id}
    entries.withdraw_many(OWN, leaving, now=now)


def _show(rows: Sequence[FollowUp], *, now: datetime) -> int:
    """Put some, as they stand, into the calendars of those who do them; how many entries that changed."""
    named = {
        organisation.organisation_id: organisation.name
        for organisation in organisations.known({row.organisation_id for row in rows})
    }
    return entries.put([_entry(row, named[row.organisation_id], now) for row in rows], now=now)


def _entry(row: FollowUp, name: str, now: datetime) -> Entry:
    # Not the words, which may name somebody: a calendar is open to whoever has its address. The page has them.
    before = {DONE: "Done: ", SETTLED: "Settled: "}.get(row.ended_as or "", "")
    appointment = Appointment(
        uid=row.uid,
        sequence=row.sequence,
        dtstamp=now,
        created_at=row.recorded_at,
        starts_at=wall(row.day, time()),
        ends_at=wall(row.day + timedelta(days=1), time()),
        summary=f"{before}Follow up {name}",
        description="",
        location="",
        url=links.desk_school_page(settings().public_url, row.organisation_id),
        organizer_name="",
        organizer_address="",
        attendees=(),
    )
    over = row.ended_at
    return Entry(
        kind=OWN,
        subject=row.person_id,
        appointment=appointment,
        cancelled_at=over if row.ended_as == WITHDRAWN else None,
        over_at=over,
        all_day=True,
    )
