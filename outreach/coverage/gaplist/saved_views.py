"""Views of the gaps list that coordinators gave a name: filters, order and columns, for oneself or for all of the
partnership.

A view is its address: whoever opens it sees the gaps of now. A name stands once among one's own views, and once among
those that all share.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Select, Text, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships
from outreach.county.coordinators import Coordinator
from outreach.ground.db import Base, Instant, db, key_within_partnership, made_once
from outreach.ground.errors import NoSuch, Refusal

LONGEST = 60
"""Characters of a name."""

MOST = 40
"""Views of one coordinator: more than that nobody finds again."""


class ViewName(Refusal):
    """No name, one that is too long, or one that all use already."""

    field = "name"


class TooManyViews(Refusal):
    field = "name"

    def __init__(self) -> None:
        super().__init__(f"You have {MOST} views. Remove one first.")


class NoSuchView(NoSuch):
    pass


class SavedView(Base):
    """One coordinator's view, as the list's address says it, without the programme. `shared`: all of the partnership
    have it."""

    __tablename__ = "saved_view"
    __table_args__ = (
        Index(
            "uq_saved_view_own",
            "person_id",
            "name",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_saved_view_shared",
            "partnership_id",
            "name",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND shared"),
            postgresql_where=text("ended_at IS NULL AND shared"),
        ),
        key_within_partnership("person_id", "person"),
        CheckConstraint("name <> ''", name="name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    shared: Mapped[bool]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewInMenu:
    """A view that somebody may open, and remove: one's own, and what all share, so that a view of somebody who left
    does not stay for good. `whose`: the name of whoever shared it, '' of one's own."""

    view_id: int
    name: str
    address: str
    shared: bool
    whose: str


def save(person: Coordinator, name: str, address: str, *, shared: bool, now: datetime) -> SavedView:
    """Keep a view under a name, in the place of one's own of that name. Raises ViewName, TooManyViews."""
    words = " ".join(name.split())
    if not words:
        raise ViewName("Give the view a name, for example: To ring in the north.")
    if len(words) > LONGEST:
        raise ViewName(f"Keep the name to {LONGEST} characters; this one has {len(words)}.")
    partnerships.lock(person.partnership_id)
    standing = list(
        db.session.scalars(
            select(SavedView)
            .where(SavedView.partnership_id == person.partnership_id, SavedView.ended_at.is_(None))
            .order_by(SavedView.id)
        )
    )
    mine = [view for view in standing if view.person_id == person.id]
    same = next((view for view in mine if view.name == words), None)
    if shared and any(view.shared and view.name == words and view is not same for view in standing):
        raise ViewName(f"All of you have a view called ‘{words}’ already. Choose another name.")
    if same is None and len(mine) >= MOST:
        raise TooManyViews
    if same is not None:
        same.ended_at = now
        db.session.flush()
    view = SavedView(
        partnership_id=person.partnership_id,
        person_id=person.id,
        name=words,
        address=address,
        shared=shared,
        recorded_at=now,
    )
    db.session.add(view)
    db.session.flush()
    return view


def end(view: SavedView, *, now: datetime) -> None:
    """Nobody finds it any more; ended already, nothing happens."""
    if view.ended_at is None:
        view.ended_at = now
        db.session.flush()


def restore(view: SavedView, *, now: datetime) -> SavedView:
    """It stands again, as it was removed. Raises ViewName, TooManyViews where another took its place."""
    if view.ended_at is None:
        return view
    person = db.session.get_one(Coordinator, view.person_id)
    return save(person, view.name, view.address, shared=view.shared, now=now)


def views_of(person_id: int, *, partnership_id: int) -> list[ViewInMenu]:
    """One's own and what others share, by name; one query."""
    rows = db.session.execute(*_views(person_id, partnership_id))
    return [
        ViewInMenu(
            view_id=view.id,
            name=view.name,
            address=view.address,
            shared=view.shared,
            whose="" if view.person_id == person_id else name,
        )
        for view, name in rows
    ]


@made_once
def _views(person_id: int, partnership_id: int) -> Select[SavedView, str]:
    return (
        select(SavedView, Coordinator.name)
        .join(Coordinator, Coordinator.id == SavedView.person_id)
        .where(
            SavedView.partnership_id == partnership_id,
            SavedView.ended_at.is_(None),
            or_(SavedView.person_id == person_id, SavedView.shared),
        )
        .order_by(SavedView.name, SavedView.id)
    )


def get(view_id: int, person_id: int, *, partnership_id: int) -> SavedView:
    """A view that somebody may remove. Raises NoSuchView for another's that is not shared, another partnership's, or
    none."""
    view = find(view_id, person_id, partnership_id=partnership_id)
    if view is None:
        raise NoSuchView("There is no such view here.")
    return view


def find(view_id: int, person_id: int, *, partnership_id: int) -> SavedView | None:
    """The same; None where there is none."""
    view = db.session.get(SavedView, view_id) if view_id < 2**31 else None
    if view is None or view.partnership_id != partnership_id:
        return None
    return view if view.shared or view.person_id == person_id else None
