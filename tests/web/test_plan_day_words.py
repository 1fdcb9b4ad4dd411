"""Words of a day of a plan: the way of a troupe, what is not known of it, and how each stop stands."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county.schools import School
from outreach.planning.orders import PlanLine
from outreach.planning.promising.day_by_day import OnDay, TroupesDay
from outreach.tour.days import TourDay
from outreach.web.coordinator import plan_day_words
from outreach.web.coordinator.plan_day_words import StopShown, TroupeShown


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, 9, hour, minute, tzinfo=UTC)


def line(id: int = 7, name: str = "Fen School", **what: Any) -> PlanLine:
    drawn: dict[str, Any] = {
        "pupils": 120,
        "starts_at": at(9, 30),
        "was": "new",
        "state": "drawn",
        "pinned": False,
        "place_guessed": False,
        "refused_why": "",
    }
    return PlanLine(id=id, organisation=School(organisation_id=100 + id, name=name), **(drawn | what))


DRAWN = OnDay(
    what="drawn",
    organisation=School(organisation_id=100, name="Fen School"),
    starts_at=at(9, 30),
    ends_at=at(10, 45),
    get_in_at=at(8),
    away_at=at(11, 15),
    road=25,
    slack=5,
    place=None,
    line=None,
)

HERE = TroupesDay(
    troupe_name="North",
    tour_day=TourDay(shows_at_most=3),
    stops=(DRAWN,),
    aside=(),
    leaves_from="The Depot",
    returns_to="The Depot",
    base=None,
    end=None,
    back=30,
    driving=55,
    leaves_at=at(7, 35),
    home_at=at(11, 45),
    late=0,
)


def shown(**what: Any) -> TroupeShown:
    return plan_day_words.shown([replace(HERE, **what)], [None])[0]


def stop(**what: Any) -> StopShown:
    [only] = shown(stops=(replace(DRAWN, **what),)).stops
    return only


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({}, "55 minutes on the road, home at 11:45am; 1 of 3 shows."),
        ({"driving": 1, "home_at": None}, "1 minute on the road; 1 of 3 shows."),
        ({"driving": 0}, "Home at 11:45am; 1 of 3 shows."),
        ({"driving": 0, "home_at": None, "tour_day": TourDay(shows_at_most=1)}, "1 of 1 show."),
        ({"home_at": None, "tour_day": None}, "55 minutes on the road."),
        ({"driving": 0, "home_at": None, "tour_day": None}, ""),
        ({"stops": ()}, "Nothing on this day."),
    ],
)
def test_a_day_begins_with_the_road_the_way_home_and_what_is_taken(what: dict[str, Any], said: str) -> None:
    assert shown(**what).summary == said


def test_a_day_is_of_the_tour_or_only_supposed() -> None:
    assert shown().title == "North"
    assert shown(tour_day=None).title == "North, only supposed"


def test_too_late_home_is_said_in_minutes() -> None:
    assert shown().late == ""
    assert shown(late=1).late == "1 minute too late home for the hours of this day."
    assert shown(late=20).late == "20 minutes too late home for the hours of this day."


def test_the_way_home_is_said_where_it_is_known() -> None:
    assert (shown().there_at, shown().back) == ("there at 11:45am", "30 min")
    assert (shown(back=0).back, shown(home_at=None, back=None).back) == ("0 min", "")
    assert shown(home_at=None, back=None).there_at == ""


def test_the_map_is_read_out_from_the_base_and_back() -> None:
    far = replace(DRAWN, organisation=School(organisation_id=101, name="Far School"), road=1)
    assert shown(stops=(DRAWN, far)).read_out == (
        "Map of the day of North: The Depot, 25 minutes to Fen School, 1 minute to Far School, 30 minutes back"
    )
    unknown = shown(stops=(replace(DRAWN, road=None),), leaves_from="", back=None)
    assert unknown.read_out == "Map of the day of North: Fen School"


def test_beneath_a_stop_stand_its_times_its_guests_and_what_is_guessed() -> None:
    times = "9:30am; set-up from 8:00am, away by 11:15am"
    assert stop().beneath == [times]
    assert stop(line=line()).beneath == [f"{times}; 120 pupils"]
    assert stop(line=line(pupils=None)).beneath == [times]
    guests = (line(8, "Low School", pupils=1), line(9, "Mid School", pupils=None))
    assert stop(line=line(place_guessed=True), guests=guests).beneath == [
        f"{times}; 120 pupils",
        "With Low School as guests, 1 pupil",
        "With Mid School as guests",
        "Its place is not known: drawn in the middle of its district.",
    ]


@pytest.mark.parametrize(
    ("road", "slack", "said"),
    [
        (25, 0, ("25 min", "")),
        (0, 5, ("0 min", "")),
        (25, None, ("25 min", "")),
        (25, -1, ("25 min", "1 minute short")),
        (25, -10, ("25 min", "10 minutes short")),
        (None, None, ("", "")),
    ],
)
def test_the_road_to_a_stop_and_how_much_too_short_the_time_is(
    road: int | None, slack: int | None, said: tuple[str, str]
) -> None:
    found = stop(road=road, slack=slack)
    assert (found.road, found.short) == said


@pytest.mark.parametrize(
    ("what", "said", "decided"),
    [
        ("booked", "Booked", False),
        ("kept", "Proposed", True),
        ("held", "Being booked", False),
        ("drawn", "In the plan", True),
    ],
)
def test_how_a_stop_stands_and_whether_its_line_can_be_decided(what: str, said: str, decided: bool) -> None:
    found = stop(what=what, line=line())
    assert [tag.words for tag in found.tags] == [said]
    assert found.can_be_decided == decided and not stop(what=what).can_be_decided
    assert [tag.words for tag in stop(what=what, line=line(pinned=True)).tags] == [said, "Pinned"]


def test_what_came_of_a_stop_stands_under_it() -> None:
    kept = Proposal(reply_by=date(2027, 2, 1))
    moved = line(was="moved", was_starts_at=at(13))
    assert stop(what="kept", proposal=kept, line=moved).came_of_it == [
        "kept until 1 February 2027",
        "moved from 9 March 2027 at 1:00pm",
    ]
    assert stop(what="booked", booking=Booking(), proposal=kept).came_of_it == []
    assert stop(line=line(was="moved", was_starts_at=None)).came_of_it == []
    assert stop(line=line(was="kept", was_starts_at=at(13))).came_of_it == []


def test_a_stop_is_found_by_its_line_or_else_by_its_place() -> None:
    two = plan_day_words.shown(
        [HERE, replace(HERE, stops=(DRAWN, replace(DRAWN, line=line())))], [None, None]
    )
    assert [found.anchor for day in two for found in day.stops] == ["line-s1-1", "line-s2-1", "line-7"]


def test_only_guests_that_are_still_drawn_can_be_decided() -> None:
    low, mid = line(8, "Low School"), line(9, "Mid School", state="accepted")
    assert stop(line=line(), guests=(low, mid)).guests_to_decide == [low]


def test_what_is_not_in_the_plan_any_more_says_why() -> None:
    struck, refused = line(8, state="struck"), line(9, state="refused", refused_why="The road is too long.")
    assert shown(aside=(struck, refused)).aside == [(struck, "struck"), (refused, "The road is too long.")]
