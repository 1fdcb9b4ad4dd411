"""Waters that roads cross at their crossings alone, as a partnership said them: their lines, the crossings, and what is
withdrawn and can be put back."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.geography import Place
from outreach.tour import ways_round
from outreach.tour.ways_round import Crossing, Point, WaysRound

Line = list[tuple[int, int]]

MOST_POINTS = 400
"""Of all waters of a partnership together; more is a picture, and no rule for roads."""


class NotThatWater(Refusal):
    """A water or a crossing that cannot be taken so."""


class NoSuchWater(NoSuch):
    """There is none, or it is another partnership's."""


class Water(Base):
    """A river, an estuary or a lake. `lines`: of [easting, northing] in metres; an area's rings end where they
    begin."""

    __tablename__ = "water"

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    lines: Mapped[Any] = mapped_column(JSON)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def points(self) -> int:
        return sum(map(len, self.lines))


class WaterCrossing(Base):
    """A bridge, a tunnel or a ferry; it crosses each water of its partnership that is within 500 m. `minutes` it takes
    besides the road."""

    __tablename__ = "water_crossing"
    __table_args__ = (CheckConstraint("minutes BETWEEN 0 AND 240", name="minutes"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    easting: Mapped[int]
    northing: Mapped[int]
    minutes: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def point(self) -> Point:
        return float(self.easting), float(self.northing)


def of_partnership(partnership_id: int) -> tuple[Sequence[Water], Sequence[WaterCrossing]]:
    """All of them by name, the withdrawn ones too; two queries."""
    waters = db.session.scalars(
        select(Water).where(Water.partnership_id == partnership_id).order_by(Water.name, Water.id)
    ).all()
    crossings = db.session.scalars(
        select(WaterCrossing)
        .where(WaterCrossing.partnership_id == partnership_id)
        .order_by(WaterCrossing.name, WaterCrossing.id)
    ).all()
    return waters, crossings


def add_waters(
    partnership: Partnership, found: Sequence[tuple[str, Sequence[Line]]], *, who: str, now: datetime
) -> None:
    """Take waters in, each with its name. Raises NotThatWater where all together have too many points."""
    partnerships.lock(partnership.id)
    standing = sum(w.points for w in of_partnership(partnership.id)[0] if w.withdrawn_at is None)
    more = sum(len(line) for _, lines in found for line in lines)
    if standing + more > MOST_POINTS:
        raise NotThatWater(
            f"With these your waters have {standing + more} points, and {MOST_POINTS} is the most. Leave out small "
            "streams, or remove a water that no road goes round.",
            field="file",
        )
    for name, lines in found:
        db.session.add(
            Water(
                partnership_id=partnership.id,
                name=name,
                lines=[list(map(list, line)) for line in lines],
                recorded_at=now,
                recorded_by=who,
            )
        )
    _changed(partnership, "said which waters roads go round", [name for name, _ in found], who=who, now=now)


def add_crossing(
    partnership: Partnership, name: str, place: Place, minutes: int, *, who: str, now: datetime
) -> None:
    """Raises NotThatWater where no water is near."""
    partnerships.lock(partnership.id)
    at = float(place.easting), float(place.northing)
    waters = [w for w in of_partnership(partnership.id)[0] if w.withdrawn_at is None]
    if not waters:
        raise NotThatWater("Say a water first; a crossing leads over one.", field="place")
    away, nearest = min((ways_round.nearest(w.lines, at)[0], w.name) for w in waters)
    if away > ways_round.REACHES and not any(ways_round.is_inside(w.lines, at) for w in waters):
        raise NotThatWater(
            f"This place is {away / 1000:.1f} kilometres from {nearest}, the nearest water, and a crossing lies within "
            "500 metres of one.",
            field="place",
        )
    db.session.add(
        WaterCrossing(
            partnership_id=partnership.id,
            name=name,
            easting=place.easting,
            northing=place.northing,
            minutes=minutes,
            recorded_at=now,
            recorded_by=who,
        )
    )
    _changed(partnership, "said a crossing of a water", [name], who=who, now=now)


def withdraw(
    partnership: Partnership, kind: type[Water] | type[WaterCrossing], row_id: int, *, who: str, now: datetime
) -> str:
    """Roads go as if it were not there; its name. Nothing happens to one that is withdrawn. Raises NoSuchWater."""
    row = _get(partnership, kind, row_id)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        _changed(partnership, "removed a water or a crossing", [row.name], who=who, now=now)
    return row.name


def put_back(
    partnership: Partnership, kind: type[Water] | type[WaterCrossing], row_id: int, *, who: str, now: datetime
) -> str:
    """The way back of `withdraw`. Raises NoSuchWater."""
    row = _get(partnership, kind, row_id)
    if row.withdrawn_at is not None:
        row.withdrawn_at = None
        _changed(partnership, "put a water or a crossing back", [row.name], who=who, now=now)
    return row.name


def _get(
    partnership: Partnership, kind: type[Water] | type[WaterCrossing], row_id: int
) -> Water | WaterCrossing:
    partnerships.lock(partnership.id)
    row = db.session.get(Water, row_id) if kind is Water else db.session.get(WaterCrossing, row_id)
    if row is None or row.partnership_id != partnership.id:
        raise NoSuchWater("There is no such water or crossing here.")
    return row


def _changed(partnership: Partnership, what: str, names: list[str], *, who: str, now: datetime) -> None:
    """All that goes by waters knows them by a token of their own, a new one with each change."""
    db.session.flush()
    standing = select(Water.id).where(Water.partnership_id == partnership.id, Water.withdrawn_at.is_(None))
    partnership.waters = uuid.uuid4().hex if db.session.scalar(standing.limit(1)) is not None else None
    history.record(what, partnership, who=who, now=now, after={"names": names})
    db.session.flush()


def ways_of(partnership: Partnership) -> WaysRound | None:
    """What roads go round; None where no water is said. Read once a process for as long as it is the same."""
    if partnership.waters is None:
        return None
    return _ways(partnership.id, partnership.waters, partnership.road_minutes_per_km)


@lru_cache(maxsize=8)
def _ways(partnership_id: int, _token: str, per_km: float) -> WaysRound:
    waters, crossings = of_partnership(partnership_id)
    return built(
        [w.lines for w in waters if w.withdrawn_at is None],
        [Crossing(c.point, c.minutes) for c in crossings if c.withdrawn_at is None],
        per_km=per_km,
    )


def built(waters: Sequence[Any], crossings: Sequence[Crossing], *, per_km: float) -> WaysRound:
    """From lines as they are kept, of whole metres. Pure."""
    return WaysRound(
        [[[(float(x), float(y)) for x, y in line] for line in lines] for lines in waters],
        crossings,
        per_km=per_km,
    )
