"""The picture of the trend: everything inside its frame, labels under each other, whatever the numbers. No database."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from test_forecast import LAST, SCHOOL_DAYS, TODAY, ahead, back, year_days

from outreach.coverage.charts import trend_lines
from outreach.coverage.charts.trend_lines import LINE, NARROW, WIDE, Drawing, Frame
from outreach.coverage.desk import trend


def draw(found, seen: list[date], frame: Frame = WIDE, today: date = TODAY) -> Drawing | None:
    points = trend.of(sorted(seen), year=2026, today=today)
    return trend_lines.draw(points, found, year=2026, school_days=SCHOOL_DAYS, frame=frame, saw="seen")


def pixels(line: str) -> list[tuple[float, float]]:
    return [tuple(float(n) for n in pair.split(",")) for pair in line.split()]  # type: ignore[misc]


def test_lines_lead_from_today_to_what_is_booked_and_to_the_end_of_the_year() -> None:
    seen = [back(2 * n) for n in range(1, 11)]
    drawn = draw(ahead(target=84, seen=seen, booked=[date(2027, 3, 9)] * 5), seen)
    assert drawn is not None
    assert pixels(drawn.seen)[-1] == drawn.now == pixels(drawn.booked)[0] == pixels(drawn.expected)[0]
    assert pixels(drawn.booked)[-1] == drawn.booked_end
    assert (
        pixels(drawn.expected)[-1] == drawn.expected_end and drawn.expected_end[0] == WIDE.width - WIDE.right
    )
    said = {label.kind: label.words for label in drawn.labels}
    assert said == {
        "target": "84 in the target", "seen": "10 seen", "booked": "15 with what is booked",
        "expected": "64 at this pace",
    }  # fmt: skip
    assert [name for _, name in drawn.months] == ["Sept", "Nov", "Jan", "March", "May", "July"]
    assert len(drawn.shades) == 5


def test_the_line_ends_where_the_last_school_is_reached() -> None:
    seen = [back(2 * n) for n in range(1, 16)]
    drawn = draw(ahead(target=25, seen=seen), seen)
    assert drawn is not None and drawn.expected_end is not None
    assert drawn.expected_end[1] == drawn.target_y and drawn.expected_end[0] < WIDE.width - WIDE.right
    assert "reached on 23 February" in {label.words for label in drawn.labels}


def test_nothing_is_drawn_of_nobody_or_of_a_year_to_come() -> None:
    assert draw(ahead(target=0, seen=[]), []) is None
    assert (
        trend_lines.draw([], ahead(target=3, seen=[]), year=2027, school_days=[], frame=WIDE, saw="seen")
        is None
    )


def test_once_the_year_is_over_there_is_one_line() -> None:
    drawn = draw(ahead(target=3, seen=[back(9)], today=LAST), [back(9)], today=LAST)
    assert drawn is not None and (drawn.booked, drawn.expected) == ("", "")


@pytest.mark.parametrize("frame", [WIDE, NARROW])
@settings(deadline=None, max_examples=100)
@given(
    today=year_days, seen=some.lists(year_days, max_size=40), booked=some.lists(year_days, max_size=20),
    missing=some.integers(0, 30_000),
)  # fmt: skip
def test_all_stands_inside_the_frame_and_no_label_on_another(
    frame: Frame, today: date, seen: list[date], booked: list[date], missing: int
) -> None:
    seen, booked = [d for d in seen if d <= today], [d for d in booked if d >= today]
    found = ahead(target=len(seen) + len(booked) + missing, seen=seen, booked=booked, today=today)
    drawn = draw(found, seen, frame, today)
    if drawn is None:
        assert found.target == 0
        return
    marks = [*pixels(drawn.seen), *pixels(drawn.booked), *pixels(drawn.expected)]
    assert all(
        frame.left <= x <= frame.width - frame.right and frame.top <= y <= drawn.floor for x, y in marks
    )
    assert all(0 < label.y < frame.height and 0 < label.x < frame.width for label in drawn.labels)
    column = sorted(label.y for label in drawn.labels if label.x == frame.width - frame.right + 8)
    assert all(below - above >= LINE - 1 for above, below in zip(column, column[1:], strict=False))
    assert len(drawn.grid) <= 6
