"""The picture of the trend: everything inside its frame, labels under each other, whatever the numbers. No
database."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from test_forecast import LAST, SCHOOL_DAYS, TODAY, ahead, back, tour_days, year_days

from how_many import so_many
from outreach.coverage.charts import trend_lines
from outreach.coverage.charts.trend_lines import LINE, WIDE, Drawing, Frame
from outreach.coverage.desk import trend
from outreach.coverage.desk.trend import Happening, Point

HAPPENED = {date(2026, 11, 1): Happening(words="School holidays", lost=False)}


def draw(found, seen: list[date], frame: Frame = WIDE, today: date = TODAY) -> Drawing | None:
    points = trend.days_of_trend(sorted(seen), year=2026, today=today)
    return trend_lines.draw(
        points, found, year=2026, school_days=SCHOOL_DAYS, frame=frame, saw="seen", happened=HAPPENED
    )


def pixels(line: str) -> list[tuple[float, float]]:
    return [tuple(float(n) for n in pair.split(",")) for pair in line.split()]  # type: ignore[misc]


def test_lines_lead_from_today_to_what_is_booked_and_no_course_is_drawn_past_it() -> None:
    seen = [back(n) for n in (20, 19, 18, 12, 9, 8, 6, 4, 2, 1)]
    tour = [(d, 2) for d in SCHOOL_DAYS if d <= date(2027, 4, 28)]
    found = ahead(target=84, seen=seen, booked=[date(2027, 3, 9)] * 5, tour=tour)
    drawn = draw(found, seen)
    assert drawn is not None
    assert pixels(drawn.seen)[-1] == drawn.now == pixels(drawn.booked)[0]
    assert pixels(drawn.booked)[-1] == drawn.booked_end
    assert WIDE.left < (drawn.tour_end or 0) < WIDE.width - WIDE.right
    said = {label.kind: label.words for label in drawn.labels}
    assert said == {
        "target": "84 in the target",
        "seen": "10 seen",
        "booked": "15 with what is booked",
        "tour": "tour ends 28 April",
    }
    assert [name for _, name in drawn.months] == ["Sept", "Nov", "Jan", "March", "May", "July"]
    assert len(drawn.shades) == 5


def test_nothing_is_drawn_of_nobody_or_of_a_year_to_come() -> None:
    assert draw(ahead(target=0, seen=[]), []) is None
    assert (
        trend_lines.draw(
            [], ahead(target=3, seen=[]), year=2027, school_days=[], happened={}, frame=WIDE, saw="seen"
        )
        is None
    )


def test_once_the_year_is_over_there_is_one_line() -> None:
    drawn = draw(ahead(target=3, seen=[back(9)], today=LAST), [back(9)], today=LAST)
    assert drawn is not None and drawn.booked == ""


@pytest.mark.parametrize("frame", [WIDE, Frame(width=600, height=210, left=30, right=158)])
@settings(deadline=None, max_examples=so_many(100))
@given(
    today=year_days,
    seen=some.lists(year_days, max_size=40),
    booked=some.lists(year_days, max_size=20),
    missing=some.integers(0, 30_000),
    tour=tour_days,
)
def test_all_stands_inside_the_frame_and_no_label_on_another(
    frame: Frame, today: date, seen: list[date], booked: list[date], missing: int, tour: dict[date, int]
) -> None:
    seen, booked = [d for d in seen if d <= today], [d for d in booked if d >= today]
    found = ahead(
        target=len(seen) + len(booked) + missing,
        seen=seen,
        booked=booked,
        today=today,
        tour=sorted(tour.items()),
    )
    drawn = draw(found, seen, frame, today)
    if drawn is None:
        assert found.target == 0
        return
    marks = [*pixels(drawn.seen), *pixels(drawn.booked)]
    assert all(
        frame.left <= x <= frame.width - frame.right and frame.top <= y <= drawn.floor for x, y in marks
    )
    assert all(0 < label.y < frame.height and 0 < label.x < frame.width for label in drawn.labels)
    column = sorted(label.y for label in drawn.labels if label.x == frame.width - frame.right + 8)
    assert all(below - above >= LINE - 1 for above, below in zip(column, column[1:], strict=False))
    assert len(drawn.grid) <= 6


def test_each_week_says_how_many_had_seen_it_and_what_happened() -> None:
    drawn = draw(ahead(target=25, seen=[back(9)]), [back(9)])
    assert drawn is not None
    words = [week.words for week in drawn.weeks]
    assert "By 1 November 2026: 0 seen. School holidays" in words and "By 25 October 2026: 0 seen" in words
    ends = [week.x + week.width for week in drawn.weeks]
    assert all(abs(end - week.x) < 0.2 for end, week in zip(ends, drawn.weeks[1:], strict=False))
    assert not any(week.lost for week in drawn.weeks)


def test_a_week_without_school_and_a_lost_week_are_told_apart() -> None:
    days = [date(2026, 11, 1), date(2026, 11, 8), date(2026, 11, 15), date(2026, 11, 22)]
    points = [Point(day=day, organisations=0) for day in days]
    open_days = [date(2026, 11, 10), date(2026, 11, 17)]
    called_off = [(date(2026, 11, 10), "Snow"), (date(2026, 11, 11), "Snow"), (date(2026, 11, 12), "Flu")]
    assert trend.happened(points, school_days=open_days, called_off=called_off) == {
        date(2026, 11, 8): Happening(words="School holidays", lost=False),
        date(2026, 11, 15): Happening(words="3 bookings called off: Snow, Flu", lost=True),
    }
    one = trend.happened(points, school_days=open_days, called_off=[(date(2026, 11, 3), "Snow")])
    assert one[date(2026, 11, 8)].words == "School holidays; 1 booking called off: Snow"
