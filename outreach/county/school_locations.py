"""Locations of schools: their own point, else the middle of their district, else of their authority."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from outreach.county.schools import OPEN_STATUSES, Organisation, School
from outreach.ground.db import db
from outreach.ground.geography import Place


@dataclass(frozen=True, kw_only=True)
class Located:
    """A school's place in National Grid metres; `known` is False when it is only its district's middle.

    `place` is None where not one school of the whole authority has a place.
    """

    place: Place | None
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """An open school whose point is known: what people know a place by."""

    name: str
    town: str
    place: Place


def landmarks(la_codes: Collection[str]) -> list[Landmark]:
    """The open schools of some authorities that have a point, by name; one query."""
    rows = db.session.execute(
        select(School.name, School.town, School.easting, School.northing)
        .where(
            School.la_code.in_(la_codes),
            School.status.in_(OPEN_STATUSES),
            School.easting.is_not(None),
            School.northing.is_not(None),
        )
        .order_by(School.name, School.urn)
    )
    return [
        Landmark(name=name, town=town, place=Place(easting=easting, northing=northing))
        for name, town, easting, northing in rows
        if easting is not None and northing is not None
    ]


def nearest(found: Sequence[Landmark], place: Place) -> Landmark | None:
    """The one nearest to a place; the first by name of two as near."""
    return min(found, key=lambda landmark: landmark.place.kilometres_to(place), default=None)


def located(organisation: Organisation) -> Located:
    """Where one school stands."""
    return locate_all([organisation])[organisation.organisation_id]


def locate_all(organisations: Collection[Organisation]) -> dict[int, Located]:
    """Where each of some schools stands, by URN: no query when every place is known, else one."""
    astray = [organisation for organisation in organisations if not organisation.place_known]
    districts, authorities = (
        _middles({organisation.la_code for organisation in astray}) if astray else ({}, {})
    )
    return {
        organisation.organisation_id: Located(
            place=Place(easting=organisation.easting, northing=organisation.northing), known=True
        )
        if organisation.easting is not None and organisation.northing is not None
        else Located(
            place=districts.get((organisation.la_code, organisation.district_code))
            or authorities.get(organisation.la_code),
            known=False,
        )
        for organisation in organisations
    }


_District = tuple[str, str | None]


def _middles(la_codes: Collection[str]) -> tuple[dict[_District, Place], dict[str, Place]]:
    """The mean of the schools' own points, by district and by authority."""
    rows = db.session.execute(
        select(
            School.la_code,
            School.district_code,
            func.count(),
            func.sum(School.easting),
            func.sum(School.northing),
        )
        .where(School.la_code.in_(la_codes), School.easting.is_not(None), School.northing.is_not(None))
        .group_by(School.la_code, School.district_code)
        .order_by(School.la_code, School.district_code)
    )
    districts: dict[_District, Place] = {}
    sums: dict[str, list[int]] = {}
    for la_code, district_code, count, eastings, northings in rows:
        easting, northing = int(eastings or 0), int(northings or 0)
        if district_code is not None:
            districts[la_code, district_code] = _mean(count, easting, northing)
        whole = sums.setdefault(la_code, [0, 0, 0])
        for at, value in enumerate((count, easting, northing)):
            whole[at] += value
    return districts, {la_code: _mean(*whole) for la_code, whole in sums.items()}


def _mean(count: int, easting: int, northing: int) -> Place:
    return Place(easting=round(easting / count), northing=round(northing / count))
