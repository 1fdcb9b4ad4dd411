"""Minutes on the road, by the rule of the design."""

from outreach.ground.geography import Place
from outreach.tour.roads import Roads, Stop

HERE = Place(easting=450000, northing=210000)
ROADS = Roads(base=6, per_km=1.25)


def minutes(place: Place | None) -> int:
    """From HERE to another school that stands at a place."""
    return ROADS.minutes(Stop(900001, HERE), Stop(900002, place))


def test_minutes_are_base_and_kilometres_rounded_up() -> None:
    assert minutes(Place(easting=450000, northing=220000)) == 19  # 6 + 12.5


def test_minutes_to_next_door_are_the_base() -> None:
    assert minutes(HERE) == 6


def test_minutes_that_come_out_whole_are_not_rounded_up() -> None:
    assert minutes(Place(easting=458000, northing=210000)) == 16


def test_minutes_to_a_place_not_known_are_the_base() -> None:
    assert minutes(None) == 6
