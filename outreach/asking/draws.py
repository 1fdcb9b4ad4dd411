"""Draws by lot of whom a programme asks first: schools equally due stand in an order that nobody chose.

Where not all can be reached at once, those most in need come first; among schools equally due chance alone decides. The
seed is made when the lot is drawn and nobody can pick it. Within a tier the schools stand in the order of
SHA-256(seed, a blank, URN), the smallest first: anybody can do it again. A draw is never changed; one that is drawn
again is kept beside the first.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.asking import invitations
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership, table_of
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.wording import count, date_and_time
from outreach.tour.programmes import Programme

SEED_BYTES = 16


class AskingDraw(Base):
    """One draw: of so many `schools` the `asked_first` first in its order are asked first, the others later.

    `seed` is public. `why_again`: why schools that were drawn before are drawn once more; '' for none.
    """

    __tablename__ = "asking_draw"
    __table_args__ = (
        CheckConstraint("asked_first >= 1 AND asked_first < schools", name="asked_first"),
        CheckConstraint("length(seed) = 32", name="seed"),
        UniqueConstraint("id", "partnership_id"),
        UniqueConstraint("seed"),
        key_within_partnership("programme_id", "programme"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"), index=True)
    programme_id: Mapped[int] = mapped_column(index=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    seed: Mapped[str] = mapped_column(Text)
    schools: Mapped[int]
    asked_first: Mapped[int]
    why_again: Mapped[str] = mapped_column(Text)


class DrawnOrganisation(Base):
    """One school of a draw, its place in the order, and how due it was then: `due` says in words what its tier
    means."""

    __tablename__ = "drawn_school"
    __table_args__ = (
        CheckConstraint("place >= 1", name="place"),
        CheckConstraint("tier >= 1", name="tier"),
        CheckConstraint("due <> ''", name="due"),
        UniqueConstraint("draw_id", "place"),
        key_within_partnership("draw_id", "asking_draw"),
    )

    draw_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.organisation_id"), primary_key=True, index=True
    )
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"), index=True)
    tier: Mapped[int]
    due: Mapped[str] = mapped_column(Text)
    place: Mapped[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """How due a school is: its tier, 1 for those most in need, and what that means."""

    tier: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place of a draw, as it is kept."""

    organisation_id: int
    name: str
    tier: int
    due: str
    place: int
    asked_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """The schools of a draw that were equally due, and how many of them are asked first."""

    tier: int
    due: str
    schools: int
    first: int

    @property
    def is_split(self) -> bool:
        """Whether chance decided who of them is asked first: some are, and some are not."""
        return 0 < self.first < self.schools


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A draw with its places, in their order."""

    draw: AskingDraw
    places: tuple[Place, ...]

    def group(self, *, first: bool) -> list[Place]:
        return [one for one in self.places if one.asked_first == first]

    @property
    def tiers(self) -> list[Tier]:
        return tiers_of(
            {one.organisation_id: Due(tier=one.tier, words=one.due) for one in self.places},
            self.draw.asked_first,
        )


class TooFewToDraw(Refusal):
    of_asked = True

    def __init__(self) -> None:
        super().__init__(
            "A lot needs two schools at least that can be asked and have not been. Choose more of them."
        )


class NotSoMany(Refusal):
    field = "first"

    def __init__(self, schools: int) -> None:
        super().__init__(f"Enter how many are asked first, from 1 to {schools - 1:,}.")


class DrawnBefore(Refusal):
    """Nobody draws until the lot pleases: a second draw needs a reason, and takes nothing away."""

    field = "why"
    of_asked = True

    def __init__(self, before: "Before") -> None:
        super().__init__(f"{before.said} Say why they are drawn again. Both draws are kept.")


class ListChanged(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "The list changed since you looked: it stands below as it is now. Nothing was drawn. Look, then draw."
        )


class NoSuchDraw(NoSuch):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """Some of a list's schools were drawn before: how many, and in which draw the last time."""

    schools: int
    draw: AskingDraw

    @property
    def said(self) -> str:
        return (
            f"{count(self.schools, 'of these schools was', 'of these schools were')} drawn on "
            f"{date_and_time(self.draw.recorded_at)} by {self.draw.who}."
        )


def digest(seed: str, organisation_id: int) -> str:
    """What a school's place within its tier goes by. Pure."""
    return sha256(f"{seed} {organisation_id}".encode()).hexdigest()


def in_order(seed: str, due: Mapping[int, int]) -> list[int]:
    """URNs in the order of a draw: by tier, and by lot within it. Pure."""
    return sorted(due, key=lambda organisation_id: (due[organisation_id], digest(seed, organisation_id)))


def tiers_of(due: Mapping[int, Due], first: int) -> list[Tier]:
    """The tiers of a list, and how many of each a draw asks first, whoever they are. Pure."""
    found, left = [], first
    words = {one.tier: one.words for one in due.values()}
    for tier in sorted(words):
        schools = sum(one.tier == tier for one in due.values())
        found.append(Tier(tier=tier, due=words[tier], schools=schools, first=max(0, min(left, schools))))
        left -= schools
    return found


def draw(
    programme: Programme,
    due: Mapping[int, Due],
    *,
    first: int,
    seen: Mapping[int, int],
    why_again: str = "",
    who: str,
    now: datetime,
    made_up_seed: str = "",
) -> AskingDraw:
    """Draw who of some schools is asked first. `due`: how due each is now; `seen`: the tiers as they were shown.
    `made_up_seed`: of a made-up county, which is to be the same each time; no door hands one over. Raises TooFewToDraw,
    NotSoMany, ListChanged, DrawnBefore."""
    invitations.queue(programme)
    if {organisation_id: one.tier for organisation_id, one in due.items()} != dict(seen):
        raise ListChanged
    if len(due) < 2:
        raise TooFewToDraw
    if not 1 <= first < len(due):
        raise NotSoMany(len(due))
    before = drawn_before(programme.id, due)
    if before is not None and not why_again.strip():
        raise DrawnBefore(before)
    row = AskingDraw(
        partnership_id=programme.partnership_id,
        programme_id=programme.id,
        recorded_at=now,
        who=who,
        seed=made_up_seed or secrets.token_hex(SEED_BYTES),
        schools=len(due),
        asked_first=first,
        why_again=why_again.strip() if before is not None else "",
    )
    db.session.add(row)
    db.session.flush()
    order = in_order(row.seed, {organisation_id: one.tier for organisation_id, one in due.items()})
    db.session.execute(
        table_of(DrawnOrganisation).insert(),
        [
            {
                "draw_id": row.id,
                "organisation_id": organisation_id,
                "partnership_id": programme.partnership_id,
                "tier": due[organisation_id].tier,
                "due": due[organisation_id].words,
                "place": place,
            }
            for place, organisation_id in enumerate(order, start=1)
        ],
    )
    told = {"draw": row.id, "schools": row.schools, "asked first": first}
    history.record("drew by lot whom to ask first", programme, who=who, now=now, after=told)
    db.session.flush()
    return row


def drawn_before(programme_id: int, organisation_ids: Collection[int]) -> Before | None:
    """Whether some of these schools stand in an earlier draw of a programme; two queries."""
    schools, last = db.session.execute(
        select(func.count(DrawnOrganisation.organisation_id.distinct()), func.max(AskingDraw.id))
        .join(AskingDraw, AskingDraw.id == DrawnOrganisation.draw_id)
        .where(
            AskingDraw.programme_id == programme_id, DrawnOrganisation.organisation_id.in_(organisation_ids)
        )
    ).one()
    return Before(schools=schools, draw=db.session.get_one(AskingDraw, last)) if schools else None


def get(draw_id: int, *, partnership_id: int | None = None) -> Drawn:
    """A draw of a partnership, or whosever. Raises NoSuchDraw. Two queries."""
    row = db.session.get(AskingDraw, draw_id) if draw_id < 2**31 else None
    if row is None or partnership_id not in (None, row.partnership_id):
        raise NoSuchDraw("There is no such draw here.")
    return _with_places([row])[0]


def listed(programme_id: int) -> list[AskingDraw]:
    """The draws of a programme, the oldest first, without their places; one query."""
    return list(
        db.session.scalars(
            select(AskingDraw).where(AskingDraw.programme_id == programme_id).order_by(AskingDraw.id)
        )
    )


def of_programme(programme_id: int) -> list[Drawn]:
    """The same with their places; two queries, one where nothing was drawn."""
    rows = listed(programme_id)
    return _with_places(rows) if rows else []


def drawn_for_later(programme_id: int) -> set[int]:
    """URNs of the schools that the first draw they were in put among those asked later; two queries."""
    groups: dict[int, bool] = {}
    for found in of_programme(programme_id):
        for place in found.places:
            groups.setdefault(place.organisation_id, place.asked_first)
    return {organisation_id for organisation_id, first in groups.items() if not first}


def _with_places(rows: Collection[AskingDraw]) -> list[Drawn]:
    places: dict[int, list[Place]] = {row.id: [] for row in rows}
    first = {row.id: row.asked_first for row in rows}
    for one, name in db.session.execute(
        select(DrawnOrganisation, Organisation.name)
        .join(Organisation, Organisation.organisation_id == DrawnOrganisation.organisation_id)
        .where(DrawnOrganisation.draw_id.in_(places))
        .order_by(DrawnOrganisation.draw_id, DrawnOrganisation.place)
    ):
        places[one.draw_id].append(
            Place(
                organisation_id=one.organisation_id,
                name=name,
                tier=one.tier,
                due=one.due,
                place=one.place,
                asked_first=one.place <= first[one.draw_id],
            )
        )
    return [Drawn(draw=row, places=tuple(places[row.id])) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A draw done once more from its seed: the order it gives, and the places that are kept otherwise."""

    order: tuple[int, ...]
    otherwise: tuple[Place, ...]
    missing: int

    @property
    def is_right(self) -> bool:
        return not self.otherwise and not self.missing


def check(found: Drawn) -> Checked:
    """Whether the order that is kept is the one that the seed gives. Pure."""
    order = in_order(found.draw.seed, {one.organisation_id: one.tier for one in found.places})
    right = {organisation_id: place for place, organisation_id in enumerate(order, start=1)}
    return Checked(
        order=tuple(order),
        otherwise=tuple(one for one in found.places if right[one.organisation_id] != one.place),
        missing=found.draw.schools - len(found.places),
    )


def placed_by_chance(found: Iterable[Drawn]) -> set[int]:
    """URNs of the schools of which chance decided whether they are asked first, by the first draw that each was in:
    those of the tiers that it split. `found`: the oldest first. Pure."""
    chosen: set[int] = set()
    taken: set[int] = set()
    for one in found:
        split = {tier.tier for tier in one.tiers if tier.is_split}
        chosen |= {place.organisation_id for place in one.places if place.tier in split} - taken
        taken |= {place.organisation_id for place in one.places}
    return chosen
