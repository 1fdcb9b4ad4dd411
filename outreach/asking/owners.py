"""Owner of a gap: one coordinator for each school of a programme, until it is given to another or to nobody.

Assignments of one programme queue at its row; behind that a unique index keeps a school to one open row.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, Text, exists, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import person_invitations
from outreach.county.coordinators import Coordinator
from outreach.county.who_may import CHANGE, roles_that
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, made_once, plain_rows
from outreach.ground.errors import Refusal
from outreach.tour.programmes import Programme


class CannotOwn(Refusal):
    """Only who signs in for the programme's partnership can look after its gaps."""

    field = "owner"


class GapOwner(Base):
    """One coordinator looked after one school of a programme from `recorded_at` until `ended_at`."""

    __tablename__ = "gap_owner"
    __table_args__ = (
        Index(
            "uq_gap_owner_open",
            "programme_id",
            "organisation_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Owner:
    """A coordinator who looks after something. `left`: no longer signs in, so that somebody else must take
    it."""

    person_id: int
    name: str
    left: bool


def assign(
    programme: Programme,
    organisation_ids: Collection[int],
    person: Coordinator | None,
    *,
    who: str,
    now: datetime,
) -> list[int]:
    """Give schools to a coordinator, or (None) to nobody; the URNs that changed hands, in order. Raises
    CannotOwn.

    A school that is with that coordinator already keeps its row.
    """
    if person is not None and person.partnership_id != programme.partnership_id:
        raise CannotOwn("Choose one of your own coordinators.")
    # Two who assign at once go one after the other, so that the later sees what the first wrote.
    db.session.execute(
        select(Programme.id).where(Programme.id == programme.id).with_for_update(key_share=True)
    )
    if person is not None:
        _signs_in(person)
    wanted = None if person is None else person.id
    before = {
        organisation_id: (row_id, person_id, name)
        for organisation_id, row_id, person_id, name in db.session.execute(
            select(GapOwner.organisation_id, GapOwner.id, GapOwner.person_id, Coordinator.name)
            .join(Coordinator, Coordinator.id == GapOwner.person_id)
            .where(GapOwner.programme_id == programme.id, GapOwner.ended_at.is_(None))
            .order_by(GapOwner.organisation_id)
        )
    }
    changed = [
        organisation_id
        for organisation_id in sorted(set(organisation_ids))
        if before.get(organisation_id, (0, None, ""))[1] != wanted
    ]
    ended = [before[organisation_id][0] for organisation_id in changed if organisation_id in before]
    for start in range(0, len(ended), 500):
        some = ended[start : start + 500]
        db.session.execute(update(GapOwner).where(GapOwner.id.in_(some)).values(ended_at=now))
    for organisation_id in changed:
        if person is not None:
            db.session.add(
                GapOwner(
                    programme_id=programme.id,
                    organisation_id=organisation_id,
                    person_id=person.id,
                    recorded_at=now,
                    who=who,
                )
            )
        history.record(
            "gap assigned",
            history.Subject("school", organisation_id, programme.partnership_id),
            who=who,
            now=now,
            before={"owner": before[organisation_id][2]} if organisation_id in before else None,
            after={"programme": programme.id, "owner": person.name if person else "nobody"},
        )
    db.session.flush()
    return changed


def pass_on(
    programme: Programme,
    organisation_ids: Collection[int],
    person: Coordinator,
    taker: Coordinator | None,
    *,
    who: str,
    now: datetime,
) -> list[int]:
    """Of these schools those that are still that person's go to another, or (None) to nobody. Raises CannotOwn."""
    db.session.execute(
        select(Programme.id).where(Programme.id == programme.id).with_for_update(key_share=True)
    )
    still = db.session.scalars(
        select(GapOwner.organisation_id).where(
            GapOwner.programme_id == programme.id,
            GapOwner.person_id == person.id,
            GapOwner.ended_at.is_(None),
        )
    )
    return assign(programme, set(still) & set(organisation_ids), taker, who=who, now=now)


def _signs_in(person: Coordinator) -> None:
    """Read anew behind the lock: they may have left meanwhile. Raises CannotOwn."""
    db.session.refresh(person, ["ended_at"])
    if person.ended_at is not None:
        raise CannotOwn(f"{person.name} no longer signs in. Choose somebody else.")


def owners_of_programme(programme_id: int, only: Collection[int] | None = None) -> dict[int, Owner]:
    """Who looks after which school of a programme now, or of some of its schools, by URN; whoever is missing
    has nobody. One query."""
    found = plain_rows(*_owners(programme_id, only))
    made: dict[int, Owner] = {}
    return {
        organisation_id: made.setdefault(person_id, Owner(person_id, name, left is not None))
        for organisation_id, person_id, name, left in found
    }


@made_once
def _owners(programme_id: int, only: Collection[int] | None) -> Select[int, int, str, datetime | None]:
    query = (
        select(GapOwner.organisation_id, Coordinator.id, Coordinator.name, Coordinator.ended_at)
        .join(Coordinator, Coordinator.id == GapOwner.person_id)
        .where(GapOwner.programme_id == programme_id, GapOwner.ended_at.is_(None))
    )
    if only is not None:
        query = query.where(GapOwner.organisation_id.in_(only))
    return query.order_by(GapOwner.organisation_id)


def is_own(organisation_id: int, person_id: int, partnership_id: int) -> ColumnElement[bool]:
    """Whether a school or body is a coordinator's to look after now, in any programme of the partnership: part of a
    query."""
    return exists().where(
        GapOwner.organisation_id == organisation_id,
        GapOwner.person_id == person_id,
        GapOwner.ended_at.is_(None),
        Programme.id == GapOwner.programme_id,
        Programme.partnership_id == partnership_id,
    )


def owned(programme_id: int) -> set[int]:
    """The URNs of the schools that somebody looks after now; one query."""
    return {organisation_id for (organisation_id,) in plain_rows(*_owned(programme_id))}


@made_once
def _owned(programme_id: int) -> Select[int]:
    query = select(GapOwner.organisation_id).where(
        GapOwner.programme_id == programme_id, GapOwner.ended_at.is_(None)
    )
    return query.order_by(GapOwner.organisation_id)


def possible(partnership_id: int) -> list[Coordinator]:
    """The coordinators to whom a gap can be given, by name; none who was invited and has not come in."""
    return list(db.session.scalars(*_possible(partnership_id)))


@made_once
def _possible(partnership_id: int) -> Select[Coordinator]:
    query = select(Coordinator).where(
        Coordinator.partnership_id == partnership_id,
        Coordinator.ended_at.is_(None),
        Coordinator.role.in_(roles_that(CHANGE, "gaps")),
        ~person_invitations.is_awaited(Coordinator.id),
    )
    return query.order_by(Coordinator.name, Coordinator.id)
