"""Words of a plan's page: one and many, what is not known, what was decided of a line, and where it was before."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from outreach.county.schools import School
from outreach.planning.orders import PlanLeftOut, PlanLine, TourPlan
from outreach.planning.plan_figures import PlanFigures, PlanFreeDay, PlanUnplacedProposal
from outreach.tour.performances import Performance
from outreach.web.coordinator import plan_words
from outreach.web.coordinator.plan_words import DayShown, LineShown
from outreach.web.sentences import plain

TUESDAY = date(2027, 3, 9)
HALF_PAST_NINE = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)
LISTS = {which: f"/{which}" for which in ("reached", "in-part", "left-out", "guests", "used", "free")}


def told(*, free_days: int = 0, proposals_unplaced: int = 0, **figures: Any) -> PlanFigures:
    nothing: dict[str, Any] = {
        "needed": 0,
        "reached": 0,
        "in_part": 0,
        "guests": 0,
        "shows": 0,
        "pupils": 0,
        "pupils_unknown": 0,
        "driving": 0,
        "booked_driving": 0,
        "days_used": 0,
        "days_given": 0,
        "seconds": 0.0,
        "kept": 0,
        "moved": 0,
        "unplaced": 0,
        "free_reached": None,
        "free_driving": None,
    }
    return PlanFigures(
        **(nothing | figures),
        free_days=[PlanFreeDay(tour_day_id=n) for n in range(free_days)],
        unplaced_proposals=[PlanUnplacedProposal(proposal_id=n) for n in range(proposals_unplaced)],
    )


def line(id: int = 1, organisation_id: int = 100, *, name: str = "Fen School", **what: Any) -> PlanLine:
    drawn: dict[str, Any] = {
        "tour_day_id": 5,
        "pupils": 120,
        "starts_at": HALF_PAST_NINE,
        "was": "new",
        "state": "drawn",
        "pinned": False,
        "place_guessed": False,
        "refused_why": "",
    }
    school = School(organisation_id=organisation_id, name=name, district_name=what.pop("district", "Fenwold"))
    return PlanLine(id=id, organisation_id=organisation_id, organisation=school, **(drawn | what))


def days(*lines: PlanLine, based_on_another: bool = False) -> list[DayShown]:
    return plan_words.day_by_day({(TUESDAY, "North"): lines}, based_on_another=based_on_another)


def shown(*lines: PlanLine, based_on_another: bool = False) -> LineShown:
    """The last of them."""
    return days(*lines, based_on_another=based_on_another)[0].lines[-1]


def tags(*lines: PlanLine, based_on_another: bool = False) -> list[tuple[str, str]]:
    return [(tag.words, tag.beneath) for tag in shown(*lines, based_on_another=based_on_another).tags]


@pytest.mark.parametrize(
    ("state", "asked", "said"),
    [
        ("waiting", None, ("Waiting", "Stop it")),
        ("working", None, ("Being drawn up", "Stop now, and keep the best so far")),
        ("working", HALF_PAST_NINE, ("Being drawn up", "")),
    ],
)
def test_while_it_is_drawn_up_it_can_be_stopped_once(
    state: str, asked: datetime | None, said: tuple[str, str]
) -> None:
    assert plan_words.while_drawn_up(TourPlan(state=state, stop_asked_at=asked)) == said


def test_each_number_says_what_it_counts_and_leads_to_its_list() -> None:
    many = plan_words.figures(
        told(
            needed=1_012,
            reached=1_000,
            in_part=2,
            guests=3,
            shows=4,
            pupils=1_100,
            pupils_unknown=2,
            days_used=7,
            days_given=9,
            free_days=2,
        ),
        LISTS,
    )
    assert [(figure.number, plain(figure.words), figure.href) for figure in many] == [
        ("1,000", "schools reached, of 1,012", "/reached"),
        ("10", "schools left out, 2 in part", "/left-out"),
        ("4", "shows for 1,100 pupils and 2 audiences of unknown size, 3 schools as guests", "#days"),
        ("7", "tour days used, of 9", "/used"),
        ("2", "tour days that could be handed back", "/free"),
    ]
    assert [piece.href for figure in many for piece in figure.words if piece.href] == ["/in-part", "/guests"]


def test_one_is_said_as_one_and_what_is_not_there_is_not_said() -> None:
    one = plan_words.figures(
        told(needed=2, reached=1, shows=1, pupils=1, guests=1, pupils_unknown=1, free_days=1), LISTS
    )
    assert [plain(figure.words) for figure in one] == [
        "schools reached, of 2",
        "school left out",
        "show for 1 pupil and 1 audience of unknown size, 1 school as guest",
        "tour days used, of 0",
        "tour day that could be handed back",
    ]
    assert plain(plan_words.figures(told(), LISTS)[2].words) == "shows for 0 pupils"


def test_how_long_it_took_and_the_driving_in_it() -> None:
    alone = told(seconds=2.34, driving=150, days_given=3, free_days=1)
    assert plan_words.drawn_up(alone) == (
        "Drawn up in 2.3 seconds. 2 hours 30 minutes on the road in all: 1 hour 15 minutes a day."
    )
    assert plan_words.drawn_up(told(seconds=0.01)).startswith("Drawn up in 0.1 seconds. ")
    beside = told(seconds=10.0, driving=150, booked_driving=60, days_given=2)
    assert plan_words.drawn_up(beside) == (
        "Drawn up in 10.0 seconds. 2 hours 30 minutes on the road in all, of which 1 hour for shows that stand "
        "already: 1 hour 15 minutes a day."
    )


def test_against_the_plan_before_one_and_many() -> None:
    assert plan_words.against_the_plan_before(told(kept=1, moved=1_200, unplaced=1)) == [
        "1 show is where it was, 1,200 moved, 1 has no place any more."
    ]
    assert plan_words.against_the_plan_before(told(kept=2, unplaced=3, proposals_unplaced=1)) == [
        "2 shows are where they were, 0 moved, 3 have no place any more.",
        "What is proposed and has no place in this plan stays as it is until you take it back.",
    ]


@pytest.mark.parametrize(
    ("reached", "driving", "said"),
    [
        (5, 59, "5 schools with 59 minutes on the road: 1 minute less."),
        (4, 30, "4 schools with 30 minutes on the road: 30 minutes less."),
        (4, 60, "4 schools with 1 hour on the road: nothing would be gained."),
        (1, 90, "1 school with 1 hour 30 minutes on the road: nothing would be gained."),
        (5, 60, "5 schools with 1 hour on the road."),
    ],
)
def test_what_a_plan_that_kept_nothing_would_bring(reached: int, driving: int, said: str) -> None:
    own = told(reached=4, driving=60, free_reached=reached, free_driving=driving)
    assert plan_words.against_the_plan_before(own)[1:] == [f"A plan that kept nothing would reach {said}"]


def test_why_a_school_is_left_out_is_read_on_from_its_name() -> None:
    said = "it said no to the programme"
    assert plan_words.why_left_out(PlanLeftOut(shows=1, cause="said no")) == f": {said}"
    assert plan_words.why_left_out(PlanLeftOut(shows=2, cause="said no")) == f" (2 shows): {said}"
    assert plan_words.why("a cause of another year") == "a cause of another year"


def test_a_day_is_of_the_tour_or_only_supposed() -> None:
    [of_tour] = days(line())
    assert (of_tour.day, of_tour.troupe, of_tour.has_page) == (TUESDAY, "North", True)
    [supposed] = days(line(tour_day_id=None))
    assert (supposed.troupe, supposed.has_page) == ("North, only supposed", False)


def test_beneath_a_school_stands_where_it_is_and_how_many_come() -> None:
    assert shown(line()).beneath == "Fenwold, 120 pupils"
    assert shown(line(pupils=1)).beneath == "Fenwold, 1 pupil"
    assert shown(line(pupils=0)).beneath == "Fenwold, 0 pupils"
    assert shown(line(district="", pupils=None)).beneath == "district not known, pupils not known"
    assert shown(line(place_guessed=True)).beneath == (
        "Fenwold, 120 pupils; its place is not known, so it is planned in the middle of its district"
    )


def test_a_school_with_several_shows_says_which_and_a_guest_whose() -> None:
    several = days(line(1), line(2), line(3, organisation_id=200))[0].lines
    assert [each.beneath for each in several] == [
        "Fenwold, 120 pupils, show 1 of 2",
        "Fenwold, 120 pupils, show 2 of 2",
        "Fenwold, 120 pupils",
    ]
    guest = shown(line(1, name="Host School"), line(2, organisation_id=200, guest_of=1))
    assert guest.beneath == "Fenwold, 120 pupils, guest at Host School"
    assert (shown(line()).road, guest.road) == ("Extra road", "Its own way")
    there = Performance(id=9, host=School(organisation_id=300, name="Far School"))
    standing = shown(line(3, organisation_id=200, guest_at=9, show=there))
    assert standing.beneath == "Fenwold, 120 pupils, guest at Far School, whose show stands"
    assert standing.road == "Its own way"


def test_shows_of_a_school_are_counted_over_all_days() -> None:
    later = date(2027, 3, 10)
    two = plan_words.day_by_day(
        {(TUESDAY, "North"): [line(1)], (later, "North"): [line(2)]}, based_on_another=False
    )
    assert [day.lines[0].beneath[-11:] for day in two] == ["show 1 of 2", "show 2 of 2"]


@pytest.mark.parametrize(
    ("what", "said", "struck", "decided"),
    [
        ({"state": "drawn"}, [], False, True),
        ({"state": "struck"}, [("Struck", "")], True, True),
        ({"state": "accepted", "proposal_id": 3}, [("Proposed", "")], False, False),
        ({"state": "accepted", "guest_of": 1}, [("Asks its host", "")], False, False),
        ({"state": "refused", "refused_why": "The road."}, [("No longer fits", "The road.")], False, False),
        ({"state": "drawn", "pinned": True}, [("Pinned", "")], False, True),
        ({"state": "struck", "pinned": True}, [("Struck", ""), ("Pinned", "")], True, True),
    ],
)
def test_what_was_decided_of_a_line(
    what: dict[str, Any], said: list[tuple[str, str]], struck: bool, decided: bool
) -> None:
    last = shown(line(1), line(2, organisation_id=200, **what))
    assert [(tag.words, tag.beneath) for tag in last.tags] == said
    assert (last.is_struck, last.can_be_decided) == (struck, decided)


def test_where_a_line_was_in_the_plan_before() -> None:
    moved = line(was="moved", was_starts_at=datetime(2027, 3, 8, 13, 0, tzinfo=UTC))
    assert tags(moved, based_on_another=True) == [("Moved", "from 8 March 2027 at 1:00pm")]
    assert tags(line(was="kept"), based_on_another=True) == [("as before", "")]
    assert tags(line(pinned=True), based_on_another=True) == [("Pinned", ""), ("New", "")]
    assert tags(line()) == []


def test_a_line_that_is_drawn_on_a_day_of_the_tour_can_be_accepted() -> None:
    assert shown(line()).accept == "Accept Fen School, 9:30am"
    assert shown(line(tour_day_id=None)).accept == ""
    for state in ("struck", "accepted", "refused"):
        assert shown(line(state=state)).accept == ""


def drawing_up(**known: Any) -> TourPlan:
    told: dict[str, Any] = {
        "state": "working",
        "asked_at": HALF_PAST_NINE,
        "stop_asked_at": None,
        "so_far_schools": None,
        "so_far_driving": None,
        "so_far_bound": None,
        "so_far_seconds": None,
        "rules": {"seconds": 60},
    }
    return TourPlan(**told | known)


@pytest.mark.parametrize(("waits", "is_late"), [(0, False), (60, False), (61, True)])
def test_a_plan_that_nobody_takes_up_says_so_after_a_minute(waits: int, is_late: bool) -> None:
    far = plan_words.how_far(drawing_up(state="waiting"), waits)
    assert far.words == "It waits for the planner, since 9 March 2027 at 9:30am."
    assert far.figures == [] and far.warning.startswith("No planner has taken it up") == is_late


def test_how_far_the_planner_is_says_what_is_not_known_yet() -> None:
    far = plan_words.how_far(drawing_up(), 0)
    assert far.words == "The planner lists what each day could be."
    assert [words for _, words in far.figures] == [*["not known yet"] * 3, "just begun of 60 seconds"]


def test_how_far_the_planner_is_says_its_best() -> None:
    best = {"so_far_schools": 1, "so_far_driving": 0, "so_far_bound": 1_200, "so_far_seconds": 1}
    far = plan_words.how_far(drawing_up(**best), 90)
    assert far.words == "The best plan so far reaches 1 school, with 0 minutes on the road."
    assert far.figures == [
        ("Schools", "1"),
        ("Road", "0 minutes"),
        ("Bound", "no plan comes below 1,200 minutes of driving and worth left out"),
        ("Time", "1 second of 60 seconds"),
    ]
    assert far.warning == ""
    stopped = plan_words.how_far(drawing_up(**best, stop_asked_at=HALF_PAST_NINE), 0)
    assert stopped.words == "The planner was told to stop, and hands out its best."
