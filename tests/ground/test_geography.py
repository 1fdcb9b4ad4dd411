"""Degrees to the National Grid and back, against points whose both coordinates are published."""

import pytest

from outreach.ground.geography import Place, from_degrees, to_degrees


@pytest.mark.parametrize(
    ("longitude", "latitude", "easting", "northing"),
    [
        # Caister water tower: the worked example of Ordnance Survey's guide to coordinate systems.
        (1 + 42 / 60 + 57.7870 / 3600, 52 + 39 / 60 + 28.7230 / 3600, 651409.9, 313177.3),
        # St Mary’s, Scilly: the first of the OSTN15 test points.
        (-6.29977752, 49.92226394, 91492.146, 11318.804),
    ],
)
def test_a_point_in_degrees_falls_within_some_metres_of_its_grid_place(
    longitude, latitude, easting, northing
):
    found = from_degrees(longitude, latitude)
    assert abs(found[0] - easting) < 6 and abs(found[1] - northing) < 6


@pytest.mark.parametrize(
    ("easting", "northing"), [(91492, 11318), (651410, 313177), (400000, 100000), (380000, 1020000)]
)
def test_degrees_lead_back_to_the_very_metre(easting, northing):
    """The two ways round the shift of ellipsoids differ by some centimetres, and six figures by ten more."""
    back = from_degrees(*to_degrees(Place(easting=easting, northing=northing)))
    assert abs(back[0] - easting) < 1 and abs(back[1] - northing) < 1
