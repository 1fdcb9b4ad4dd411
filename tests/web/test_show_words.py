"""Words of a show's road, in each case that makes them another."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from outreach.tour.legs import Leg
from outreach.tour.roads import Far
from outreach.web.coordinator import show_words

GET_IN = datetime(2027, 1, 19, 8, 0, tzinfo=UTC)
SHOW: Any = SimpleNamespace(organisation_id=1, get_in_at=GET_IN)


def leg(slack: int = 49, other: Any = None, **changes: Any) -> Leg:
    leaves_at = GET_IN - timedelta(minutes=slack + 11)
    told = {
        "name": "Marlford",
        "other": other,
        "far": Far(4.4, by_road=False),
        "minutes": 11,
        "by_table": False,
        "leaves_at": leaves_at,
        "arrives_at": leaves_at + timedelta(minutes=11),
        "slack": slack,
    }
    return Leg(**told | changes)


def test_the_day_begins_with_leaving_as_late_as_one_may_like_the_day_sheet_says() -> None:
    said = show_words.to_it(leg(), SHOW)
    assert (said.how_far, said.times, said.spare) == (
        "4 km as the crow flies, 11 minutes by the rule",
        "Leave by 7:49am, there 8:00am",
        "The day begins at 7:00am",
    )


def test_kilometres_of_the_road_are_said_to_be_of_it() -> None:
    said = show_words.to_it(leg(far=Far(6.4, by_road=True), by_table=True), SHOW)
    assert said.how_far == "6 km of road, 11 minutes by your table"


def test_a_base_too_far_off_is_said_to_be() -> None:
    said = show_words.to_it(leg(-5), SHOW)
    assert (said.times, said.spare, said.is_short) == (
        "Leaves 7:54am, there 8:05am",
        "5 minutes short on the road before set-up at 8:00am",
        True,
    )


@pytest.mark.parametrize(
    ("slack", "said"),
    [
        (12, "12 minutes to spare before set-up there"),
        (1, "1 minute to spare before set-up there"),
        (0, "Not a minute to spare before set-up there"),
        (-1, "1 minute short on the road before set-up there"),
    ],
)
def test_what_is_to_spare_before_the_next_show(slack: int, said: str) -> None:
    assert show_words.on_from_it(leg(slack, SimpleNamespace(organisation_id=2)), SHOW).spare == said


def test_two_shows_at_one_school_have_no_road_between_them() -> None:
    same = SimpleNamespace(organisation_id=1)
    for said in (show_words.to_it(leg(0, same), SHOW), show_words.on_from_it(leg(0, same), SHOW)):
        assert (said.how_far, said.times) == ("", "The same school: nobody drives")


def test_the_way_home_and_what_is_not_known() -> None:
    home = show_words.on_from_it(leg(far=None, by_table=True, minutes=1), SHOW)
    assert home.how_far == "place not known, 1 minute by your table"
    assert home.spare == "49 minutes to spare before it must be back"
    assert show_words.to_it(None, SHOW).leg is None
