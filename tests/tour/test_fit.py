"""One more show on a day: the extra road it costs and why in words, and what stands in its way."""

from datetime import date, time, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

import make
from outreach.county.partnerships import InsetDay
from outreach.county.schools import SchoolDay, SchoolHours
from outreach.ground.db import db, transaction
from outreach.ground.geography import Place
from outreach.tour import fit, slots
from outreach.tour.fit import DayOffer, Judge, Stand
from outreach.tour.performances import Slot

DAY = date(2027, 3, 9)
EARLY, LATE = (300, 400), (1000, 1100)
"""From 5:00am until 6:40am, and from 4:40pm: the whole day between is free."""


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A school and a day of three shows at most of a troupe whose base is not known."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership, earliest_start=time(9), latest_finish=time(15))
        c.troupe = make.troupe(c.partnership)
        c.day = make.tour_day(c.programme, c.troupe, DAY, shows_at_most=3)
        c.school = make.school(easting=450000, northing=210000)
    return c


def at(
    minutes: tuple[int, int],
    east: int | None,
    north: int = 0,
    *,
    town: str = "Redmere",
    organisation_id: int = 1,
    certain: bool = True,
) -> Stand:
    """A show that stands so many metres from the school; None: nobody knows where."""
    place = None if east is None else Place(easting=450000 + east, northing=210000 + north)
    return Stand(
        organisation_id=organisation_id,
        get_in=minutes[0],
        starts=minutes[0],
        ends=minutes[1],
        away=minutes[1],
        place=place,
        town=town,
        certain=certain,
    )


def offer(c: SimpleNamespace, *stands: Stand) -> DayOffer:
    ((day, _),) = slots.tour_days(c.programme, now=make.NOW, only_days=[c.day.id])
    return fit.Judge(c.programme, c.partnership, c.school).day(day, list(stands))


NEAR, PAST = "The company is at {} that day", "On the company’s way past you"


@pytest.mark.parametrize(
    ("stands", "extra", "why"),
    [
        # 6 minutes and 75 seconds a kilometre: 11.2 km take 20 minutes
        ([at(EARLY, 11_200)], 20, NEAR.format("Redmere")),
        ([at(EARLY, 11_201)], 21, ""),
        ([at(EARLY, 4_000, town="")], 11, "The company is near you that day"),
        ([at(LATE, 4_000)], 11, NEAR.format("Redmere")),
        # 21 minutes there and 21 on, of which the van drives 22 in any case, or 21
        ([at(EARLY, -6_400, 10_150), at(LATE, 6_400, 10_150, organisation_id=2)], 20, PAST),
        ([at(EARLY, -6_000, 10_392), at(LATE, 6_000, 10_392, organisation_id=2)], 21, ""),
        ([at(EARLY, 12_000), at(LATE, 4_000, town="Witney", organisation_id=2)], 16, NEAR.format("Witney")),
        # where nobody knows the place of a show, nobody knows that it is near
        ([at(EARLY, None), at(LATE, 12_000, organisation_id=2)], 27, ""),
        # a time that is only kept for somebody is no show of the company's yet
        ([at(EARLY, 4_000, certain=False)], 11, ""),
        (
            [at(EARLY, 4_000, certain=False), at(LATE, 8_000, town="Witney", organisation_id=2)],
            16,
            NEAR.format("Witney"),
        ),
        ([at(EARLY, -6_400, 10_150), at(LATE, 6_400, 10_150, organisation_id=2, certain=False)], 20, ""),
    ],
)
def test_the_extra_road_and_why_it_is_little(
    c: SimpleNamespace, stands: list[Stand], extra: int, why: str
) -> None:
    (gap,) = offer(c, *stands).gaps
    assert (gap.extra_minutes, gap.why) == (extra, why)


def test_a_second_show_at_the_school_itself_costs_no_road(c: SimpleNamespace) -> None:
    (gap,) = offer(c, at(EARLY, 0, organisation_id=c.school.organisation_id), at(LATE, 12_000)).gaps
    assert (gap.extra_minutes, gap.why) == (0, "The company is at your school that day")


def test_an_empty_day_from_an_unknown_base_counts_as_an_hour_of_road(c: SimpleNamespace) -> None:
    (gap,) = offer(c).gaps
    assert (gap.extra_minutes, gap.why) == (60, "")


@pytest.mark.parametrize(("metres", "near"), [(11_200, True), (11_201, False)])
def test_who_stays_the_night_twenty_minutes_away_is_near(c: SimpleNamespace, metres: int, near: bool) -> None:
    with transaction():
        c.day.stays_easting, c.day.stays_northing = 450000 + metres, 210000
    (gap,) = offer(c).gaps
    assert gap.extra_minutes == (20 if near else 21)
    assert gap.why == ("The company stays the night near you" if near else "")


@pytest.mark.parametrize("stays", [None, 490000])
def test_a_base_nearby_is_no_night_near_the_school(c: SimpleNamespace, stays: int | None) -> None:
    with transaction():
        c.troupe.base_easting, c.troupe.base_northing = 451000, 210000
        c.day.stays_easting, c.day.stays_northing = stays, stays and 210000
    (gap,) = offer(c).gaps
    assert gap.why == ""


@pytest.mark.parametrize(
    ("opens", "closes", "first", "last"),
    [
        (time(8), time(16), time(9), time(13, 45)),
        (time(10), time(14), time(10), time(12, 45)),
    ],
)
def test_a_show_keeps_the_hours_of_the_school_and_of_the_programme(
    c: SimpleNamespace, opens: time, closes: time, first: time, last: time
) -> None:
    with transaction():
        db.session.add(SchoolHours(urn=c.school.urn, opens=opens, closes=closes))
    found = offer(c).slots
    assert (found[0].starts, found[-1].starts) == (first, last)


def test_what_trains_staff_comes_on_an_inset_day_and_on_no_other_day_that_is_ruled_out(
    c: SimpleNamespace,
) -> None:
    with transaction():
        c.programme.for_adults = True
        db.session.add(InsetDay(la_code="931", day=DAY))
    assert offer(c).why_not == ""
    with transaction():
        db.session.add(SchoolDay(urn=c.school.urn, day=DAY, is_open=False, reason="mock exams"))
    assert offer(c).why_not == "mock exams"


def lacks(found: DayOffer) -> tuple[int, bool, str]:
    return found.short, found.by_road, found.barred


def test_minutes_are_lacking_only_where_time_and_road_are_to_blame(c: SimpleNamespace) -> None:
    morning = at((9 * 60, 12 * 60), 0)
    assert lacks(offer(c, morning)) == (0, False, "")
    with transaction():
        c.troupe.lunch_minutes = 60
    assert lacks(offer(c, morning)) == (0, False, "lunch")


def test_rest_and_the_latest_return_are_named_only_where_they_alone_are_in_the_way(
    c: SimpleNamespace,
) -> None:
    with transaction():
        c.troupe.latest_return = time(9)
    assert offer(c).barred == "latest return"
    with transaction():
        c.day.returns = time(10, 44)  # a minute too early whatever the latest return
    assert offer(c).barred == ""
    with transaction():
        c.troupe.latest_return = None
    assert lacks(offer(c)) == (1, False, "")


def pair_by_trial(judge: Judge, day: Any, stands: list[Stand]) -> tuple[Slot, ...]:
    """The slow, obvious pair: each start is put on the day in turn, and the day asked once more."""
    for first in judge.day(day, stands).slots:
        own = Stand(
            organisation_id=judge.organisation_id,
            get_in=first.start_minute - first.get_in_minutes,
            starts=first.start_minute,
            ends=first.start_minute + first.show_minutes,
            away=first.start_minute + first.show_minutes + first.get_out_minutes,
            place=judge.place,
            town=judge.town,
        )
        with_own = judge.day(day, sorted([*stands, own], key=lambda s: s.get_in))
        for second in with_own.slots:
            if second.start_minute > first.start_minute:
                return first, second
    return ()


def wide_open(c: SimpleNamespace) -> None:
    c.programme.latest_finish = time(17)
    db.session.add(SchoolHours(urn=c.school.urn, opens=time(8), closes=time(17)))


def test_the_second_of_a_pair_may_be_over_when_the_school_closes(c: SimpleNamespace) -> None:
    with transaction():
        wide_open(c)
    ((day, _),) = slots.tour_days(c.programme, now=make.NOW, only_days=[c.day.id])
    judge, until_noon = (
        Judge(c.programme, c.partnership, c.school),
        at((300, 810), 0, organisation_id=c.school.organisation_id),
    )
    pair = judge.pair(judge.day(day, [until_noon]))
    # turned round from 1:30pm and from 3:15pm, half an hour each: the last minute is 5pm
    assert [slot.starts for slot in pair] == [time(14), time(15, 45)]
    with transaction():
        c.programme.turn_minutes = 31
    later = Judge(c.programme, c.partnership, c.school)
    assert later.pair(later.day(day, [until_noon])) == ()


def test_beside_a_show_at_the_school_itself_the_hall_is_turned_round_and_elsewhere_it_is_packed_and_driven(
    c: SimpleNamespace,
) -> None:
    """10:00 to 11:15 stands, with an hour of set-up and half an hour of pack-up. At the school itself: over by 9:30, or
    from 11:45 on. From the neighbour, 6 minutes away, not at all; packed there at 10:05, from 11:11, at the next five minutes."""
    with transaction():
        c.programme.earliest_start, c.programme.latest_finish = time(8), time(17)
        db.session.add(SchoolHours(urn=c.school.urn, opens=time(8), closes=time(14)))
        c.partnership.slot_step_minutes = 5
    own = at((540, 705), 0, organisation_id=c.school.organisation_id)._replace(starts=600, ends=675)
    starts = [(gap.first, gap.last) for gap in offer(c, own).gaps]
    assert starts == [(480, 600 - 30 - 75), (675 + 30, 14 * 60 - 75)]
    starts = [(gap.first, gap.last) for gap in offer(c, own._replace(organisation_id=1)).gaps]
    assert starts == []
    (gap,) = offer(c, own._replace(organisation_id=1, get_in=440, starts=500, ends=575, away=605)).gaps
    assert (gap.first, gap.last) == (605 + 6 + 60 + 4, 14 * 60 - 75)


def test_a_pair_is_a_start_and_the_next_that_the_day_offers_once_a_show_stood_there(
    c: SimpleNamespace,
) -> None:
    with transaction():
        wide_open(c)
    ((row, _),) = slots.tour_days(c.programme, now=make.NOW, only_days=[c.day.id])
    judge, chance, found = Judge(c.programme, c.partnership, c.school), Random(7), 0
    for _ in range(400):
        day = SimpleNamespace(
            **row._asdict()
            | {
                "shows_at_most": chance.randint(1, 4),
                "lunch_minutes": chance.choice([0, 0, 30, 60]),
                "leaves": time(chance.randint(6, 9)),
                "returns": time(chance.randint(14, 19)),
            }
        )
        stands, free_from = [], 6 * 60
        for organisation_id in range(1, chance.randint(1, 3)):
            get_in = free_from + chance.randint(0, 400)
            stands.append(
                at(
                    (get_in, get_in + 165),
                    chance.choice([None, 500, 9_000, 15_000]),
                    organisation_id=chance.choice(
                        [organisation_id, organisation_id, c.school.organisation_id]
                    ),
                )._replace(starts=get_in + 60, ends=get_in + 135)
            )
            free_from = get_in + 165 + 45
        pair = judge.pair(judge.day(day, stands))
        assert pair == pair_by_trial(judge, day, stands), (day, stands)
        found += bool(pair)
    assert 50 < found < 350


def test_a_day_with_one_place_left_is_not_reckoned_once_more_for_a_pair(
    c: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((day, _),) = slots.tour_days(c.programme, now=make.NOW, only_days=[c.day.id])
    judge, stands = (
        Judge(c.programme, c.partnership, c.school),
        [at(EARLY, 0), at((401, 410), 0, organisation_id=2)],
    )
    one = judge.day(day, stands)
    assert one.gaps
    monkeypatch.setattr(judge, "openings", lambda *_: pytest.fail("reckoned once more"))
    assert judge.pair(one) == ()


def test_the_best_days_come_in_the_order_in_which_all_of_them_stand_once_each_is_reckoned(
    c: SimpleNamespace,
) -> None:
    with transaction():
        wide_open(c)
        c.troupe.base_easting, c.troupe.base_northing = 458000, 214000
    ((row, _),) = slots.tour_days(c.programme, now=make.NOW, only_days=[c.day.id])
    judge, chance, without = Judge(c.programme, c.partnership, c.school), Random(11), 0
    for _ in range(60):
        days = []
        for n in range(chance.randint(0, 12)):
            leaves = time(chance.randint(6, 13))
            day = row._replace(
                day=DAY + timedelta(days=n // 2), leaves=leaves, lunch_minutes=chance.choice([0, 60])
            )
            get_ins = [get_in for get_in in (480, 780) if chance.random() < 0.6]
            stands = [at((g, g + 165), chance.choice([None, 500, 9_000]), organisation_id=g) for g in get_ins]
            days.append(judge.day(day, stands))
        able = [day for day in days if day.gaps]
        assert list(fit.ranked(days)) == sorted(able, key=lambda day: day.rank)
        without += len(days) - len(able)
    assert without > 50
