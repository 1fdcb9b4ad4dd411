"""The price of the last gaps: days are bought whole, the cheapest for each school first."""

from datetime import date
from itertools import permutations

from outreach.outcomes.cost import curve, last_gaps
from outreach.outcomes.cost.last_gaps import PlannedDay


def day(
    n: int, pence: int | None, *organisation_ids: int, is_new: bool = True, minutes: int = 60
) -> PlannedDay:
    return PlannedDay(
        day=date(2027, 3, n),
        troupe="Red van",
        is_new=is_new,
        minutes=minutes,
        pence=pence,
        organisation_ids=organisation_ids,
    )


def test_the_cheapest_day_for_each_school_is_bought_first_in_whatever_order_they_come() -> None:
    days = [day(1, 64_000, 1), day(2, 66_000, 2, 3), day(3, 900, 4, is_new=False)]
    for some in permutations(days):
        bought = last_gaps.steps(some, dict.fromkeys((1, 2, 3, 4), 1), covered=6)
        assert [step.day.day.day for step in bought] == [3, 2, 1]
        assert [step.reached for step in bought] == [7, 9, 10]
        assert [step.pence for step in bought] == [900, 66_900, 130_900]
        assert [step.days for step in bought] == [0, 1, 2]


def test_a_school_of_two_shows_is_reached_with_its_second_and_counts_for_half_at_each() -> None:
    days = [day(1, 60_000, 1), day(2, 50_000, 1), day(3, 80_000, 2)]
    bought = last_gaps.steps(days, {1: 2, 2: 1}, covered=0)
    assert [(step.day.day.day, step.schools, step.reached) for step in bought] == [
        (3, (2,), 1),
        (2, (), 1),
        (1, (1,), 2),
    ]


def test_a_school_that_the_plan_gives_too_little_is_never_reached() -> None:
    bought = last_gaps.steps([day(1, 60_000, 1)], {1: 2}, covered=8)
    assert bought[0].schools == () and bought[0].reached == 8
    assert [
        (mark.percent, mark.more, mark.step, mark.short)
        for mark in last_gaps.marks(bought, covered=8, target=10)
    ] == [
        (90, 1, None, 1),
        (95, 2, None, 2),
        (100, 2, None, 2),
    ]


def test_a_share_is_of_whole_schools_rounded_up_and_costs_whole_days() -> None:
    days = [day(1, 10_000, 1, 2), day(2, 30_000, 3)]
    bought = last_gaps.steps(days, dict.fromkeys((1, 2, 3), 1), covered=18)
    ninety, more, everything = last_gaps.marks(bought, covered=18, target=21)
    assert (ninety.schools, ninety.more, ninety.step) == (19, 1, bought[0])
    assert (more.schools, more.more, more.step) == (20, 2, bought[0])
    assert (everything.schools, everything.more, everything.step) == (21, 3, bought[1])
    assert everything.step is not None and everything.step.pence == 40_000
    (done, *_) = last_gaps.marks([], covered=19, target=21)
    assert (done.more, done.step, done.short) == (0, None, 0)


def test_one_troupe_without_a_price_leaves_days_and_road_alone() -> None:
    days = [day(1, None, 1, minutes=20), day(2, 10_000, 2, minutes=90), day(3, 5, 3, is_new=False)]
    bought = last_gaps.steps(days, dict.fromkeys((1, 2, 3), 1), covered=0)
    assert [step.pence for step in bought] == [None, None, None]
    assert [step.day.day.day for step in bought] == [3, 1, 2]
    assert bought[-1].days == 2 and bought[-1].minutes == 170
    assert curve.draw(bought, last_gaps.marks(bought, covered=0, target=3), covered=0, target=3) is None


def test_the_line_rises_with_each_day_and_lies_level_over_what_it_reaches() -> None:
    days = [day(1, 20_000, 1, 2), day(2, 30_000, 3)]
    bought = last_gaps.steps(days, dict.fromkeys((1, 2, 3), 1), covered=17)
    drawn = curve.draw(bought, last_gaps.marks(bought, covered=17, target=20), covered=17, target=20)
    assert drawn is not None
    corners = [tuple(map(float, each.split(","))) for each in drawn.line.split()]
    assert [x for x, _ in corners] == sorted(x for x, _ in corners)
    assert [y for _, y in corners] == sorted((y for _, y in corners), reverse=True)
    assert corners[0][1] == drawn.floor and corners[-1][1] == curve.TOP
    assert corners[-1][0] == curve.WIDTH - curve.RIGHT
    assert [words for _, words in drawn.shares] == ["80%", "85%", "90%", "95%", "100%"]
    assert [point.words for point in drawn.points] == ["90%: £200", "95%: £200", "100%: £500"]
    assert all(point.label_x < curve.WIDTH for point in drawn.points)
