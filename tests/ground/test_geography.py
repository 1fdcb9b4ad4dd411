"""Degrees to the National Grid, against points whose both coordinates are published."""

import pytest

from outreach.ground.geography import from_degrees


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
