"""The points of a programme's schools, which a router is given: as they are now, and found again by a fingerprint."""

from datetime import datetime

from outreach.county.partnerships import Partnership
from outreach.coverage import standings
from outreach.tour import programmes, road_places, road_points
from outreach.tour.programmes import Programme
from outreach.tour.road_points import NotThosePoints, RoadPoints


def of_programme(partnership: Partnership, programme: Programme, *, bases: bool, now: datetime) -> RoadPoints:
    """The schools of a programme's target that are open and have a point; the troupes' bases only where they are
    asked for, since one may be somebody's home."""
    here = road_places.of_partnership(partnership)
    return road_points.of_places(
        here, standings.target_of(programme.id, now=now), of=programme.id, bases=bases
    )


def of_fingerprint(partnership: Partnership, fingerprint: str, *, now: datetime) -> RoadPoints:
    """The points of a programme as they are now, with the bases or without, if they have that fingerprint. Raises
    NotThosePoints: a school opened, closed or moved since, or the fingerprint is another's."""
    wanted = road_points.programme_of(fingerprint)
    if wanted is not None and any(p.id == wanted for p in programmes.of_partnership(partnership.id)):
        here, target = (
            road_places.of_partnership(partnership),
            standings.target_of(wanted, now=now),
        )
        for bases in (False, True):
            points = road_points.of_places(here, target, of=wanted, bases=bases)
            if points.fingerprint == fingerprint:
                return points
    raise NotThosePoints(
        "No points of yours have this fingerprint today. Nothing was changed. If a school came, went or moved since "
        "you downloaded them, send in the file of points instead.",
        field="fingerprint",
    )
