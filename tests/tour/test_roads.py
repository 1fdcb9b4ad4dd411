"""Minutes on the road, by the rule of the design."""

from outreach.ground.geography import Place
from outreach.tour.roads import minutes

HERE = Place(easting=450000, northing=210000)


def test_minutes_are_base_and_kilometres_rounded_up() -> None:
    ten_km = Place(easting=450000, northing=220000)
    assert minutes(HERE, ten_km, base=6, per_km=1.25) == 19  # 6 + 12.5


def test_minutes_to_next_door_are_the_base() -> None:
    assert minutes(HERE, HERE, base=6, per_km=1.25) == 6


def test_minutes_that_come_out_whole_are_not_rounded_up() -> None:
    eight_km = Place(easting=458000, northing=210000)
    assert minutes(HERE, eight_km, base=6, per_km=1.25) == 16


def test_minutes_to_a_place_not_known_are_the_base() -> None:
    assert minutes(HERE, None, base=6, per_km=1.25) == 6
