"""Partnerships that run programmes: their authorities, settings, terms and INSET days."""

import json
import re
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import from_outside, history
from outreach.ground.db import Base, Instant, db, made_once, plain_rows
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import count

LONGEST_LUNCH = timedelta(hours=3)
EARLIEST_LUNCH, LATEST_LUNCH = time(10), time(16)
LUNCH_RULE = (
    "Lunch must end after it begins, within three hours, and lie between 10am and 4pm: one o’clock is 1pm or "
    "13:00."
)


class Partnership(Base):
    """The body that runs programmes. Its people see nothing of another partnership.

    `road_table` is the token of the table of minutes that it brought in; None while the rule alone counts. `waters`:
    that of the waters that roads go round; None while none is said. How its pages and letters look (county/looks.py):
    `accent` as '#rrggbb', None for ours; `logo_file` names its Logo as pages ask for
    it ('….svg' or '….png'), None while it has none. `second_factor`: of
    whom one is asked at sign-in, a word of second_factors.ASKED_OF.
    """

    __tablename__ = "partnership"
    in_history = ("partnership", "id")
    __table_args__ = (
        CheckConstraint("road_base_minutes >= 0 AND road_minutes_per_km >= 0", name="road"),
        CheckConstraint("hold_minutes BETWEEN 5 AND 60", name="hold"),
        CheckConstraint("slot_step_minutes BETWEEN 5 AND 60", name="step"),
        CheckConstraint(
            "lunch_tables BETWEEN 0 AND 60 AND (lunch_begins IS NULL) = (lunch_ends IS NULL) "
            "AND (lunch_begins IS NULL OR lunch_begins < lunch_ends)",
            name="lunch",
        ),
        CheckConstraint("second_factor IN ('nobody', 'leads', 'everybody')", name="second_factor"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    county: Mapped[str] = mapped_column(Text)
    reference_prefix: Mapped[str] = mapped_column(Text)
    contact_name: Mapped[str] = mapped_column(Text, default="")
    contact_role: Mapped[str] = mapped_column(Text, default="")
    contact_email: Mapped[str] = mapped_column(Text, default="")
    contact_phone: Mapped[str] = mapped_column(Text, default="")
    road_base_minutes: Mapped[float] = mapped_column(default=6.0)
    road_minutes_per_km: Mapped[float] = mapped_column(default=1.25)
    hold_minutes: Mapped[int] = mapped_column(default=15)
    slot_step_minutes: Mapped[int] = mapped_column(default=15)
    school_opens: Mapped[time] = mapped_column(default=time(9))
    school_closes: Mapped[time] = mapped_column(default=time(15))
    lunch_begins: Mapped[time | None]
    lunch_ends: Mapped[time | None]
    lunch_tables: Mapped[int] = mapped_column(default=15, server_default="15")
    guest_minutes: Mapped[int] = mapped_column(default=30, server_default="30")
    small_school_pupils: Mapped[int] = mapped_column(default=40, server_default="40")
    districts_geojson: Mapped[str | None] = mapped_column(Text, deferred=True)  # megabytes, for maps alone
    road_table: Mapped[str | None] = mapped_column(Text)
    waters: Mapped[str | None] = mapped_column(Text)
    sender_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    footer_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    accent: Mapped[str | None] = mapped_column(Text)
    logo_file: Mapped[str | None] = mapped_column(Text)
    second_factor: Mapped[str] = mapped_column(Text, default="nobody", server_default="nobody")

    @property
    def partnership_id(self) -> int:
        """Its own: whose a deed about it is."""
        return self.id


class CountedShare(Base):
    """The share of a year group that must be counted for it to be seen, from `recorded_at` on; rows are only
    added."""

    __tablename__ = "counted_share"
    __table_args__ = (
        Index("ix_counted_share_partnership", "partnership_id", "id"),
        CheckConstraint("share > 0 AND share <= 1", name="share"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    share: Mapped[float]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


USUAL_SHARE = 0.5
"""The share of a year group that must be counted where a partnership never said another."""


class Authority(Base):
    """A local authority, by its LA code; it belongs to one partnership at a time, from a day to a day.

    `partnership_id` says whose it is now, AuthorityCovered whose it was when.
    """

    __tablename__ = "authority"
    in_history = ("authority", "la_code")

    la_code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"), index=True)


class AuthorityCovered(Base):
    """Whether an authority is a partnership's from `recorded_at` on; rows are only added, the newest holds.

    `Authority` says whose it is now. One of which nothing stands here was its partnership's from the
    beginning. The database refuses that two partnerships have one at once.
    """

    __tablename__ = "authority_covered"
    __table_args__ = (Index("ix_authority_covered_partnership", "partnership_id", "la_code", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    la_code: Mapped[str] = mapped_column(Text)
    covered: Mapped[bool]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class Term(Base):
    """A stretch of school days of one authority, first and last day included."""

    __tablename__ = "term"
    __table_args__ = (
        UniqueConstraint("la_code", "first_day"),
        CheckConstraint("first_day <= last_day", name="order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    la_code: Mapped[str] = mapped_column(ForeignKey("authority.la_code"))
    first_day: Mapped[date]
    last_day: Mapped[date]


class InsetDay(Base):
    """A day inside a term on which the schools of one authority have no pupils."""

    __tablename__ = "inset_day"
    __table_args__ = (UniqueConstraint("la_code", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    la_code: Mapped[str] = mapped_column(ForeignKey("authority.la_code"))
    day: Mapped[date]


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A partnership that holds an authority from `first_day` until before `until_day`; None: still."""

    partnership_id: int
    first_day: date
    until_day: date | None


class NameTaken(Refusal):
    field = "name"


class NoSuchPartnership(Refusal):
    pass


class PrefixNotLetters(Refusal):
    field = "reference_prefix"


class SchoolHoursWrongWayRound(Refusal):
    field = "school_closes"


class LunchWrongWayRound(Refusal):
    """The usual lunch ends before it begins, takes longer than any, or only one of the two is given."""

    field = "lunch_ends"


class NotDistricts(Refusal):
    """The file is no GeoJSON of districts that can be drawn."""

    field = "districts"


@dataclass(frozen=True, kw_only=True)
class PartnershipSettings:
    """What a coordinator sets for the whole partnership. Minutes, minutes a straight kilometre, wall-clock
    times.

    `reference_prefix`: two to four letters that a booking's reference begins with. `counted_share`: the share
    of a year group that must have been counted for it to be seen, above 0 and up to 1. `lunch_begins` and
    `lunch_ends`: of a school that has not told us its own; both None: no show keeps out of any. `lunch_tables`:
    minutes that the tables need before and after, where lunch is eaten in the hall. `guest_minutes`: how
    far a school is sent to a neighbour's show at most; `small_school_pupils`: with so few it is asked whether
    it would go. `second_factor`: of whom one is asked at sign-in.
    """

    name: str
    county: str
    reference_prefix: str
    contact_name: str = ""
    contact_role: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    road_base_minutes: float = 6.0
    road_minutes_per_km: float = 1.25
    hold_minutes: int = 15
    slot_step_minutes: int = 15
    school_opens: time = time(9)
    school_closes: time = time(15)
    lunch_begins: time | None = time(12, 15)
    lunch_ends: time | None = time(13, 15)
    lunch_tables: int = 15
    counted_share: float = USUAL_SHARE
    guest_minutes: int = 30
    small_school_pupils: int = 40
    second_factor: str = "nobody"


def create(settings: PartnershipSettings, *, who: str, now: datetime) -> Partnership:
    """A new partnership. Raises NameTaken, PrefixNotLetters, SchoolHoursWrongWayRound."""
    _check(settings)
    said = asdict(settings)
    share = said.pop("counted_share")
    partnership = Partnership(**said)
    db.session.add(partnership)
    db.session.flush()
    db.session.add(CountedShare(partnership_id=partnership.id, share=share, recorded_at=now, who=who))
    history.record("created", partnership, who=who, now=now, after=settings.name)
    return partnership


def change(partnership: Partnership, settings: PartnershipSettings, *, who: str, now: datetime) -> None:
    """New settings; what is the same leaves no trace. Raises as `create` does."""
    _check(settings, instead_of=partnership.id)
    before, after = history.differences(asdict(settings_of(partnership)), asdict(settings))
    if not after:
        return
    for name, value in asdict(settings).items():
        if name != "counted_share":
            setattr(partnership, name, value)
        elif name in after:
            db.session.add(CountedShare(partnership_id=partnership.id, share=value, recorded_at=now, who=who))
    db.session.flush()
    history.record("changed the settings", partnership, who=who, now=now, before=before, after=after)


def settings_of(partnership: Partnership) -> PartnershipSettings:
    undated = {
        n: getattr(partnership, n) for n in PartnershipSettings.__dataclass_fields__ if n != "counted_share"
    }
    return PartnershipSettings(**undated, counted_share=counted_share(partnership.id))


def counted_share(partnership_id: int) -> float:
    """The share of a year group that must be counted as it is set now. What was set on a day:
    coverage/facts.py."""
    query = select(CountedShare.share).where(CountedShare.partnership_id == partnership_id)
    found = db.session.scalar(query.order_by(CountedShare.id.desc()).limit(1))
    return USUAL_SHARE if found is None else found


def set_districts(partnership: Partnership, content: bytes, *, who: str, now: datetime) -> int:
    """Keep the districts that maps are drawn from; how many there are. Raises NotDistricts."""
    districts = read_districts(content)
    partnership.districts_geojson = json.dumps(districts, separators=(",", ":"))
    db.session.flush()
    found = len(districts["features"])
    history.record("set the district map", partnership, who=who, now=now, after=count(found, "district"))
    return found


def remove_districts(partnership: Partnership, *, who: str, now: datetime) -> None:
    """Back to a table without a map; nothing happens where there is no map."""
    if partnership.districts_geojson is not None:
        partnership.districts_geojson = None
        db.session.flush()
        history.record("removed the district map", partnership, who=who, now=now)


def district_names(partnership: Partnership) -> list[str]:
    """The districts of the map by name; [] without a map."""
    features = stored_districts(partnership.districts_geojson)
    return sorted(district_name(feature["properties"]) for feature in features)


def stored_districts(geojson: str | None) -> list[dict[str, Any]]:
    """The districts of a map that was kept; [] of one that cannot be drawn, whoever put it there: it can be removed."""
    try:
        return list(read_districts(geojson)["features"]) if geojson else []
    except NotDistricts:
        return []


MOST_DISTRICT_BYTES = 5_000_000
MOST_POINTS = 200_000
LONGEST_NAME = 80
"""Characters of a district's name."""


def read_districts(content: bytes | str) -> dict[str, Any]:
    """The GeoJSON of an upload, checked: polygons in degrees (WGS84), each with its ONS code and its name,
    and nothing else of it. Pure.

    Raises NotDistricts in words. A district's code is any property that looks like E07000177.
    """
    if isinstance(content, bytes) and len(content) > MOST_DISTRICT_BYTES:  # of an upload; kept, it is longer
        raise NotDistricts("The file is larger than 5 MB. Use the generalised (BGC or BUC) boundaries.")
    try:
        found = from_outside.json_of(content)
    except ValueError as error:
        raise NotDistricts("This file is not GeoJSON. Nothing was changed.") from error
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list) or not features:
        raise NotDistricts("This file has no districts: a GeoJSON FeatureCollection is needed.")
    points, districts = 0, []
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict) or not district_code(properties):
            raise NotDistricts(f"District {number} of the file has no ONS code (such as E07000177).")
        geometry, has = _outline(feature.get("geometry"), number)
        points += has
        known = {"code": district_code(properties), "name": district_name(properties)[:LONGEST_NAME]}
        districts.append({"type": "Feature", "properties": known, "geometry": geometry})
    if points > MOST_POINTS:
        raise NotDistricts("The outlines are too fine to draw. Use the generalised (BGC or BUC) boundaries.")
    return {"type": "FeatureCollection", "features": districts}


def district_code(properties: dict[str, Any]) -> str:
    """The ONS code among a district's properties, whatever the column is called; '' if there is none.
    Pure."""
    codes = (v for v in properties.values() if isinstance(v, str) and re.fullmatch(r"[EWSN]\d{8}", v))
    return next(codes, "")


def district_name(properties: dict[str, Any]) -> str:
    """A district's name among its properties: the ONS calls the column LAD23NM, AREANM and the like; else its
    code. Pure."""
    names = (
        v for k, v in properties.items() if k.upper().endswith(("NM", "NAME")) and isinstance(v, str) and v
    )
    return next(names, district_code(properties))


def _outline(geometry: Any, number: int) -> tuple[dict[str, Any], int]:
    """A polygon as it is kept, and how many points it has."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise NotDistricts(f"District {number} of the file is not a polygon.")
    polygons = geometry.get("coordinates")
    try:
        kept = [
            [[(float(point[0]), float(point[1])) for point in ring] for ring in polygon]
            for polygon in ([polygons] if kind == "Polygon" else polygons)
        ]
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise NotDistricts(f"The outline of district {number} cannot be read.") from error
    points = [point for polygon in kept for ring in polygon for point in ring]
    if not all(-180 <= longitude <= 180 and -90 <= latitude <= 90 for longitude, latitude in points):
        raise NotDistricts("The outlines are not in degrees of longitude and latitude (WGS84).")
    if len(points) < 4:
        raise NotDistricts(f"District {number} of the file has no outline.")
    return {"type": "MultiPolygon", "coordinates": kept}, len(points)


def takes_a_lunch(begins: time, ends: time) -> bool:
    """Whether that can be a lunch: the right way round, not longer than any school's is, and by day: who types 1:00
    to 1:45 means the afternoon."""
    takes = datetime.combine(date.min, ends) - datetime.combine(date.min, begins)
    return timedelta() < takes <= LONGEST_LUNCH and EARLIEST_LUNCH <= begins and ends <= LATEST_LUNCH


def _check(settings: PartnershipSettings, *, instead_of: int | None = None) -> None:
    if not re.fullmatch(r"[A-Z]{2,4}", settings.reference_prefix):
        raise PrefixNotLetters(
            "The first letters of a booking reference are two to four capital letters, for example MRL."
        )
    if settings.school_closes <= settings.school_opens:
        raise SchoolHoursWrongWayRound("The school day must end after it starts.")
    begins, ends = settings.lunch_begins, settings.lunch_ends
    if (begins is None) != (ends is None):
        raise LunchWrongWayRound("Enter both when lunch begins and when it ends, or leave both empty.")
    if begins is not None and ends is not None and not takes_a_lunch(begins, ends):
        raise LunchWrongWayRound(LUNCH_RULE)
    standing = db.session.scalar(select(Partnership.id).where(Partnership.name == settings.name))
    if standing is not None and standing != instead_of:
        raise NameTaken(f"There is a partnership called {settings.name} already.")


def get(partnership_id: int) -> Partnership:
    return db.session.get_one(Partnership, partnership_id)


def every() -> list[Partnership]:
    """All partnerships, by name."""
    return list(db.session.scalars(select(Partnership).order_by(Partnership.name)))


def named(name: str) -> Partnership:
    """The partnership of that name. Raises NoSuchPartnership, which says what the names are."""
    found = db.session.scalar(select(Partnership).where(Partnership.name == name.strip()))
    if found is None:
        names = ", ".join(f"'{one.name}'" for one in every()) or "none yet"
        raise NoSuchPartnership(f"There is no partnership '{name}'. There is: {names}.")
    return found


def only() -> Partnership | None:
    """The partnership of a service that serves one; None for none or several."""
    return _alone(first_two())


def first_two() -> list[Partnership]:
    """Whom the service serves, of several the first two: enough to tell none, one and several apart."""
    return list(db.session.scalars(select(Partnership).order_by(Partnership.id).limit(2)))


def _alone(whose: list[Partnership]) -> Partnership | None:
    return whose[0] if len(whose) == 1 else None


def of_reference(reference: str) -> Partnership | None:
    """The one partnership whose bookings' references begin so ('MRL-…'); None for none or several."""
    prefix = reference.partition("-")[0]
    return _alone(list(db.session.scalars(select(Partnership).where(Partnership.reference_prefix == prefix))))


def of_authority(la_code: str) -> Partnership | None:
    """The partnership that covers an authority; None for an authority of nobody here."""
    return db.session.scalar(
        select(Partnership)
        .join(Authority, Authority.partnership_id == Partnership.id)
        .where(Authority.la_code == la_code)
    )


def holders(la_code: str) -> list[Holder]:
    """Who held an authority from when to when, in the order in which it was said."""
    found: list[Holder] = []
    for partnership_id, covered, at in db.session.execute(
        select(AuthorityCovered.partnership_id, AuthorityCovered.covered, AuthorityCovered.recorded_at)
        .where(AuthorityCovered.la_code == la_code)
        .order_by(AuthorityCovered.id)
    ):
        if covered:
            found.append(Holder(partnership_id=partnership_id, first_day=day_of(at), until_day=None))
        elif found and found[-1].partnership_id == partnership_id:
            found[-1] = replace(found[-1], until_day=day_of(at))
        else:  # it was its partnership's from the beginning
            found.append(Holder(partnership_id=partnership_id, first_day=date.min, until_day=day_of(at)))
    return found


def holder_on(la_code: str, day: date) -> int | None:
    """The partnership that held an authority at the end of a day; None for nobody."""
    on = [h for h in holders(la_code) if h.first_day <= day and (h.until_day is None or day < h.until_day)]
    return on[-1].partnership_id if on else None


def every_la_code() -> list[str]:
    """The codes of all authorities that some partnership covers."""
    return list(db.session.scalars(select(Authority.la_code).order_by(Authority.la_code)))


def la_codes(partnership_id: int) -> list[str]:
    """The codes of the authorities that a partnership covers now. What it covered on a day:
    coverage/facts.py."""
    return [code for (code,) in plain_rows(*_la_codes(partnership_id))]


@made_once
def _la_codes(partnership_id: int) -> Select[str]:
    query = select(Authority.la_code).where(Authority.partnership_id == partnership_id)
    return query.order_by(Authority.la_code)


def lock(partnership_id: int) -> None:
    """Set-up of one partnership goes one after the other, so that a form sent twice at once is judged in
    turn."""
    db.session.execute(
        select(Partnership.id).where(Partnership.id == partnership_id).with_for_update(key_share=True)
    )


def authorities(partnership_id: int) -> list[Authority]:
    return list(
        db.session.scalars(
            select(Authority).where(Authority.partnership_id == partnership_id).order_by(Authority.la_code)
        )
    )
