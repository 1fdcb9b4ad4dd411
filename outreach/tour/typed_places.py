"""Places as people type them: by grid reference, easting and northing, latitude and longitude, or postcode."""

from sqlalchemy import func, select

from outreach.county.register import postcodes
from outreach.county.register.code_point import compact
from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.geography import Place, from_grid_reference, from_latitude_and_longitude


def find(text: str) -> Place | None:
    """The place of what a person typed; None where we know none by it. Any postcode once Code-Point Open was brought
    in, else that of a school we know: two queries at most."""
    return (
        from_grid_reference(text)
        or from_latitude_and_longitude(text)
        or postcodes.find(text)
        or _school_at(compact(text))
    )


def _school_at(postcode: str) -> Place | None:
    if not postcodes.SHAPE.fullmatch(postcode):
        return None
    row = db.session.execute(
        select(School.easting, School.northing)
        .where(
            func.replace(func.upper(School.postcode), " ", "") == postcode,
            School.easting.is_not(None),
            School.northing.is_not(None),
        )
        .order_by(School.organisation_id)
        .limit(1)
    ).first()
    return Place(easting=row.easting, northing=row.northing) if row else None
