"""The filter that a coordinator used last on the gaps list: a row of theirs, until they clear it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Select, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.coordinators import Coordinator
from outreach.ground.db import Base, Instant, db, made_once


class KeptFilter(Base):
    """One person's filter of one list, as the address says it; no row is no filter."""

    __tablename__ = "kept_filter"
    __table_args__ = (CheckConstraint("address <> ''", name="address"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    list_name: Mapped[str] = mapped_column(Text, primary_key=True)
    address: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


def keep(person_id: int, list_name: str, address: str, *, now: datetime) -> None:
    """Remember a filter in the place of the one before; '' remembers none. The last click of a person
    holds."""
    # The same person's two windows queue here.
    db.session.execute(select(Coordinator.id).where(Coordinator.id == person_id).with_for_update())
    db.session.execute(
        delete(KeptFilter).where(KeptFilter.person_id == person_id, KeptFilter.list_name == list_name)
    )
    if address:
        db.session.add(KeptFilter(person_id=person_id, list_name=list_name, address=address, recorded_at=now))
    db.session.flush()


def remembered_filter(person_id: int, list_name: str) -> str:
    """The remembered filter, or ''."""
    return db.session.scalar(*_address(person_id, list_name)) or ""


@made_once
def _address(person_id: int, list_name: str) -> Select[str]:
    return select(KeptFilter.address).where(
        KeptFilter.person_id == person_id, KeptFilter.list_name == list_name
    )
