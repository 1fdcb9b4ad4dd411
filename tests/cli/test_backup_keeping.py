"""The schedule of backups: whatever was made when, the newest stays, and each period keeps its own newest."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from outreach.cli.backups.keeping import Schedule, kept

MOMENTS = st.lists(
    st.datetimes(datetime(2024, 12, 20), datetime(2027, 1, 10)).map(lambda at: at.replace(tzinfo=UTC)),
    unique=True,
    max_size=40,
)
SCHEDULES = st.builds(Schedule, daily=st.integers(0, 9), weekly=st.integers(0, 6), monthly=st.integers(0, 14))


@given(MOMENTS, SCHEDULES)
def test_the_newest_always_stays_and_nothing_is_made_up(made: list[datetime], schedule: Schedule) -> None:
    stay = kept(made, schedule)
    assert stay <= set(made)
    assert not made or max(made) in stay
    assert len(stay) <= max(1, schedule.daily + schedule.weekly + schedule.monthly)


@given(MOMENTS, SCHEDULES)
def test_each_of_the_last_periods_keeps_its_newest(made: list[datetime], schedule: Schedule) -> None:
    stay = kept(made, schedule)
    for how_many, pattern in (
        (schedule.daily, "%Y-%m-%d"),
        (schedule.weekly, "%G-%V"),
        (schedule.monthly, "%Y-%m"),
    ):
        periods = sorted({f"{at:{pattern}}" for at in made}, reverse=True)[:how_many]
        for period in periods:
            assert max(at for at in made if f"{at:{pattern}}" == period) in stay


@given(MOMENTS, SCHEDULES)
def test_deleting_twice_deletes_no_more_than_once(made: list[datetime], schedule: Schedule) -> None:
    stay = kept(made, schedule)
    assert kept(stay, schedule) == stay


def test_a_year_of_nights_keeps_seven_days_five_weeks_and_twelve_months() -> None:
    nights = [datetime(2026, 1, 1, 2, tzinfo=UTC) + timedelta(days=n) for n in range(365)]
    stay: set[datetime] = set()
    for n in range(365):
        stay = kept(stay | {nights[n]}, Schedule(daily=7, weekly=5, monthly=12))
    assert [f"{at:%d %b}" for at in sorted(stay)] == [
        "31 Jan", "28 Feb", "31 Mar", "30 Apr", "31 May", "30 Jun", "31 Jul", "31 Aug", "30 Sep", "31 Oct", "30 Nov",
        "06 Dec", "13 Dec", "20 Dec", "25 Dec", "26 Dec", "27 Dec", "28 Dec", "29 Dec", "30 Dec", "31 Dec",
    ]  # fmt: skip
