"""Words for a place: its grid reference, and where it lies from the school that is nearest. Pure."""

from collections.abc import Sequence

from outreach.county import school_locations
from outreach.county.school_locations import Landmark
from outreach.ground.geography import Place, grid_reference, way_from

AT_IT = 0.25
"""Kilometres: nearer than this a place is the school's own."""


def said(place: Place, found: Sequence[Landmark]) -> str:
    """'SP 513 061, 1.2 km south-west of Eelbridge Academy, Eelbridge'."""
    reference, nearest = grid_reference(place), school_locations.nearest(found, place)
    if nearest is None:
        return reference
    name = nearest.name
    if nearest.town and nearest.town.casefold() not in name.casefold():
        name += f", {nearest.town}"
    away = nearest.place.kilometres_to(place)
    if away < AT_IT:
        return f"{reference}, at {name}"
    return f"{reference}, {away:,.1f} km {way_from(nearest.place, place)} of {name}"
