"""Counts of one day by where they come from, and limits of wrong guesses that rest on them.

Of a network only a hash is kept, keyed for the day and for what is counted, so that neither two days nor two counts can
be put together; the sweep removes it the next day. Rows name nobody and nothing else.
"""

import hmac
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ColumnElement, Text, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, db, table_of
from outreach.ground.the_app import settings
from outreach.ground.timespans import day_of

EVERYWHERE = ""
"""Where what is counted in all comes from."""

FREE, WITH_PROOF, NO_MORE = "free", "with proof", "no more"
"""How a guess is taken: as it is; with something besides that only who is asked would know at once; not at all."""


class DayCount(Base):
    """How often something was done on a day from one network; `key` is a hash of what and from where."""

    __tablename__ = "day_count"
    __table_args__ = (CheckConstraint("number > 0", name="number"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int]


def add(what: str, network: str, *, now: datetime) -> int:
    """Count once more; how often it was on this day, this time too."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    day = day_of(now)
    row = insert(table_of(DayCount)).values(day=day, key=_key(what, network, day), number=1)
    return db.session.execute(
        row.on_conflict_do_update(
            index_elements=["day", "key"], set_={"number": DayCount.number + 1}
        ).returning(DayCount.number)
    ).scalar_one()


def over(*, now: datetime) -> ColumnElement[bool]:
    """Counts of days that are over, which are removed."""
    return DayCount.day < day_of(now)


@dataclass(frozen=True, kw_only=True)
class WrongGuesses:
    """Wrong guesses of one kind of code in a day: past `by_network` from one network, or `in_all`, a guess needs proof
    besides; past `most_by_network` none is taken from there."""

    what: str
    by_network: int
    most_by_network: int
    in_all: int

    def taken(self, network: str, *, now: datetime) -> str:
        """How a guess from there is taken now."""
        day = day_of(now)
        here, everywhere = (_key(self.what, one, day) for one in (network, EVERYWHERE))
        found = {
            key: number
            for key, number in db.session.execute(
                select(DayCount.key, DayCount.number).where(
                    DayCount.day == day, DayCount.key.in_([here, everywhere])
                )
            )
        }
        if found.get(here, 0) >= self.most_by_network:
            return NO_MORE
        if found.get(here, 0) >= self.by_network or found.get(everywhere, 0) >= self.in_all:
            return WITH_PROOF
        return FREE

    def one_at_a_time(self, network: str, *, now: datetime) -> None:
        """Guesses from one network go one after the other until the transaction ends, so that those made side by side
        count too. SQLite has one writer anyway."""
        if db.engine.dialect.name == "postgresql":
            key = _key(self.what, network, day_of(now))
            db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})

    def was_wrong(self, network: str, *, now: datetime) -> None:
        for one in (network, EVERYWHERE):
            add(self.what, one, now=now)


def _key(what: str, network: str, day: date) -> str:
    told = f"counts of a day\0{day}\0{what}\0{network}"
    return hmac.digest(str(settings()["SECRET_KEY"]).encode(), told.encode(), "sha256").hex()[:32]
