"""Lunch at a school: its own word, else its partnership's usual one; and whether it is eaten in the hall."""

from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.partnerships import LUNCH_RULE, takes_a_lunch
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import Base, db
from outreach.ground.errors import Refusal
from outreach.ground.wording import clock


class LunchWrongWayRound(Refusal):
    """It ends before it begins, or takes longer than any school's lunch does."""

    field = "ends"


class SchoolLunch(Base):
    """A school's own lunch, by the wall clock, until it says another. `is_dining_hall`: it is eaten in the hall that
    shows are in; `set_may_stay`: the set may stand there meanwhile. A school without one has not said."""

    __tablename__ = "school_lunch"
    __table_args__ = (
        CheckConstraint("begins < ends", name="order"),
        CheckConstraint("is_dining_hall OR NOT set_may_stay", name="set"),
    )

    urn: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    begins: Mapped[time]
    ends: Mapped[time]
    is_dining_hall: Mapped[bool]
    set_may_stay: Mapped[bool]


@dataclass(frozen=True, kw_only=True)
class Lunch:
    """`is_dining_hall` None: the school has not said which hall it is eaten in. `tables`: minutes that they take to
    put up before it and away after it."""

    begins: time
    ends: time
    is_dining_hall: bool | None = None
    set_may_stay: bool = False
    tables: int = 15

    @property
    def said(self) -> str:
        """In words, as history and pages have it."""
        hours = f"{clock(self.begins)} to {clock(self.ends)}"
        if self.is_dining_hall is None:
            return f"{hours}, as is usual; it has not said"
        if not self.is_dining_hall:
            return f"{hours}, not in the hall"
        return f"{hours} in the hall" + (", where the set may stay standing" if self.set_may_stay else "")


def check(begins: time, ends: time) -> None:
    """Raises LunchWrongWayRound."""
    if not takes_a_lunch(begins, ends):
        raise LunchWrongWayRound(LUNCH_RULE)


def say(
    school: Organisation,
    begins: time,
    ends: time,
    *,
    is_dining_hall: bool,
    set_may_stay: bool,
    who: str,
    now: datetime,
) -> None:
    """What a school says of its lunch: it holds from now on, in the next years too. Shows that stand keep their
    times. A set can only stay where lunch is. Raises LunchWrongWayRound."""
    check(begins, ends)
    row = own(school.organisation_id)
    before = None if row is None else _told(row).said
    if row is None:
        row = SchoolLunch(urn=school.organisation_id)
        db.session.add(row)
    row.begins, row.ends = begins, ends
    row.is_dining_hall, row.set_may_stay = is_dining_hall, is_dining_hall and set_may_stay
    db.session.flush()
    after = _told(row).said
    if after != before:
        history.record(
            "said when its lunch is",
            history.Subject("school", school.organisation_id, None),
            who=who,
            now=now,
            before=before,
            after=after,
        )


def in_words(lunch: Lunch | None) -> str:
    return lunch.said if lunch is not None else "not known"


def own(organisation_id: int) -> SchoolLunch | None:
    """What a school said of its own lunch; None until it has."""
    return db.session.get(SchoolLunch, organisation_id)


def _told(row: SchoolLunch) -> Lunch:
    return Lunch(
        begins=row.begins, ends=row.ends, is_dining_hall=row.is_dining_hall, set_may_stay=row.set_may_stay
    )
