"""A table of minutes: brought in whole or not at all, the longer way counting, gaps by the rule; and all who
ask it."""

import io
from datetime import date, time
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.tour import itinerary, legs, performances, road_table, roads, slots
from outreach.tour.days import Hours
from outreach.tour.itinerary import HoursLeaveOutAShow
from outreach.tour.road_table import BadLines, Brought, NoTable, RoadTableState
from outreach.tour.roads import Far, RoadMinutes

WHO = {"who": "Priya Nandakumar", "now": make.NOW}
DAY = date(2027, 3, 9)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """Three schools on a line, 8 km (16 minutes by the rule) apart; a troupe whose base is at the first."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership)
        c.troupe = make.troupe(c.partnership, base_name="Depot", base_easting=450000, base_northing=210000)
        c.day = make.tour_day(c.programme, c.troupe, DAY)
        c.a, c.b, c.d = (make.school(easting=450000 + 8000 * n) for n in range(3))
    return c


def bring(c: SimpleNamespace, *lines: str, head: str = "From,To,Minutes") -> Brought:
    text = "\r\n".join(
        [
            head,
            *(
                line.format(a=c.a.organisation_id, b=c.b.organisation_id, d=c.d.organisation_id)
                for line in lines
            ),
        ]
    )
    with transaction():
        return road_table.bring_in(c.partnership, io.BytesIO(text.encode()), **WHO)


def minutes(c: SimpleNamespace, one: object, other: object) -> int:
    ways = roads.roads_of_partnership(c.partnership)
    stops = [roads.stop_at(s.organisation_id, s.easting, s.northing) for s in (one, other)]  # type: ignore[attr-defined]
    assert ways.minutes(*stops) == ways.minutes(*reversed(stops))
    return ways.minutes(*stops)


def test_table_counts_where_it_speaks_and_the_rule_fills_its_gaps(c) -> None:
    assert minutes(c, c.a, c.b) == 16
    assert bring(c, "{a},{b},25") == Brought(pairs=1, unequal=0, not_ours=0)
    assert (minutes(c, c.a, c.b), minutes(c, c.b, c.d), minutes(c, c.a, c.a)) == (25, 16, 0)
    # three pairs of schools, and each of them from the base
    assert road_table.state(c.partnership) == RoadTableState(pairs=1, possible=6)
    with transaction():
        road_table.remove(c.partnership, **WHO)
    assert (minutes(c, c.a, c.b), db.session.query(RoadMinutes).count()) == (16, 0)


def test_larger_of_two_directions_counts_and_is_said(c) -> None:
    assert bring(c, "{a},{b},19", "{b},{a},22.2", "{b},{d},20", "{d},{b},20") == Brought(
        pairs=2, unequal=1, not_ours=0
    )
    assert (minutes(c, c.a, c.b), minutes(c, c.b, c.d)) == (23, 20)


@pytest.mark.parametrize("word", ["base", "BASE", "Depot", "Red van"])
def test_base_may_be_named_by_any_of_its_names(c, word: str) -> None:
    bring(c, word + ",{b},31")
    base = roads.base_stop(c.troupe)
    assert (
        roads.roads_of_partnership(c.partnership).minutes(
            base, roads.stop_at(c.b.organisation_id, None, None)
        )
        == 31
    )


def test_several_bases_must_be_named(c) -> None:
    with transaction():
        make.troupe(c.partnership, name="Blue van", base_easting=470000, base_northing=210000)
    with pytest.raises(
        BadLines, match="Line 2: ‘base’ could be one of several, or none is set: name the troupe."
    ):
        bring(c, "base,{b},31")
    bring(c, "Blue van,{b},31")
    assert road_table.state(c.partnership) == RoadTableState(pairs=1, possible=9)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{a},{b},-5", "-5 minutes cannot be"),
        ("{a},{b},0", "0 minutes cannot be"),
        ("{a},{b},nan", "nan minutes cannot be"),
        ("{a},{b},", "it has no minutes"),
        ("{a},{b},soon", "‘soon’ is no number of minutes"),
        ("{a},{b},301", "301 minutes are more than 5 hours; are they seconds?"),
        ("{a},{b},1", "1 minutes for 8 kilometres as the crow flies cannot be"),
        (",{b},20", "a place is missing"),
        ("{a},Nowhere,20", "‘Nowhere’ is neither a URN nor a troupe’s base"),
        ("{a},{b}", "it has 2 values where the first line has 3"),
    ],
)
def test_lines_that_cannot_be_are_named_and_nothing_is_changed(c, line: str, words: str) -> None:
    bring(c, "{a},{b},25")
    with pytest.raises(BadLines) as no:
        bring(c, "{b},{d},20", line, "{a},{d},-1")
    assert len(no.value.lines) == 2
    assert any(said.startswith("Line 3: ") and words in said for said in no.value.lines)
    assert any(said.startswith("Line 4: ") for said in no.value.lines)
    assert "Nothing was changed." in no.value.message
    assert (minutes(c, c.a, c.b), minutes(c, c.b, c.d)) == (25, 16)


def test_twenty_wrong_lines_are_named_and_the_rest_counted(c) -> None:
    with pytest.raises(BadLines, match="25 lines of this file cannot be right.* And 5 more.") as no:
        bring(c, *["{a},{b},-1"] * 25)
    assert len(no.value.lines) == 20


@pytest.mark.parametrize(
    ("head", "lines", "words"),
    [
        ("Origin,To,Minutes", ["{a},{b},20"], "no column ‘From’"),
        ("From,To,Minutes", [], "nothing below it"),
        ("From,To,Minutes", ["1,2,20"], "No line of this file is about two of your schools"),
        ("", [], "no column ‘From’"),
    ],
)
def test_a_file_that_is_no_table_says_what_is_wrong(c, head: str, lines: list[str], words: str) -> None:
    with pytest.raises(NoTable, match=words):
        bring(c, *lines, head=head)


def test_lines_about_places_of_others_are_passed_over_and_counted(c) -> None:
    with transaction():
        elsewhere = make.school(la_code="999")
    assert bring(c, "{a},{b},25", f"{elsewhere.organisation_id},{{b}},25", "{a},{a},0.5") == Brought(
        pairs=1, unequal=0, not_ours=2
    )


def test_gaps_are_listed_ready_to_be_filled_in_and_brought_back(c) -> None:
    bring(c, "{a},{b},25")
    gaps = list(road_table.lines(c.partnership, gaps=True))
    assert len(gaps) == road_table.state(c.partnership).gaps == 5
    assert len(list(road_table.lines(c.partnership, gaps=False))) == 1
    text = "From,From name,To,To name,Minutes,Kilometres\n" + "\n".join(
        ",".join(map(str, g[:6])) for g in gaps
    )
    with transaction():
        road_table.bring_in(c.partnership, io.BytesIO(text.encode()), **WHO)
    assert road_table.state(c.partnership) == RoadTableState(pairs=5, possible=6)


def test_table_of_another_partnership_counts_for_nobody_else(c) -> None:
    with transaction():
        theirs = make.partnership(("932",))
    bring(c, "{a},{b},25")
    stops = [roads.stop_at(s.organisation_id, s.easting, s.northing) for s in (c.a, c.b)]
    assert roads.roads_of_partnership(theirs).minutes(*stops) == 16
    assert road_table.state(theirs) == RoadTableState(pairs=0, possible=0)


def test_table_is_read_once_a_process_however_often_it_is_asked(c, count_queries) -> None:
    bring(c, "{a},{b},25")
    roads.roads_of_partnership(c.partnership)
    with count_queries() as queries:
        for _ in range(3):
            roads.roads_of_partnership(c.partnership)
    assert [q for q in queries if "road_minutes" in q] == []


# All who ask


def stand(c: SimpleNamespace, school: object, at: time) -> performances.Performance:
    with transaction():
        slot = slots.find(
            c.programme, school, f"{c.day.id}-{at:%H%M}", now=make.NOW, whatever_the_notice=True
        )
        assert slot is not None
        return performances.claim(slot, school, programme_id=c.programme.id, held_until=None, now=make.NOW)


def starts(c: SimpleNamespace, school: object) -> list[time]:
    return [s.starts for d in slots.offers(c.programme, school, now=make.NOW).days for s in d.slots]


def test_slots_go_by_the_table_and_the_database_takes_what_they_offer(c) -> None:
    stand(c, c.a, time(9))  # away at 10:45
    assert starts(c, c.b)[0] == time(12, 15)  # 16 minutes, get-in of an hour, on the quarter
    bring(c, "{a},{b},61", "Depot,{b},10")
    assert starts(c, c.b)[0] == time(13)
    bring(c, "{a},{b},5", "Depot,{b},10")
    assert starts(c, c.b)[0] == time(12)
    stand(c, c.b, time(12))


def test_database_refuses_a_road_shorter_than_the_table_says_when_the_code_is_bypassed(c) -> None:
    first = stand(c, c.a, time(9))
    bring(c, "{a},{b},61")
    with pytest.raises(IntegrityError, match="performance_road"), transaction():
        make.show(c.programme, c.b, wall(DAY, time(12, 15)), tour_day_id=c.day.id, troupe_id=c.troupe.id)
    with transaction():
        later = make.show(c.programme, c.b, wall(DAY, time(13)), tour_day_id=c.day.id, troupe_id=c.troupe.id)
    # a new table does not stop a show that stands from being renumbered or given back
    bring(c, "{a},{b},200")
    with transaction():
        later.sequence += 1
    with transaction():
        performances.release(first, now=make.NOW)


def test_hours_of_a_day_go_by_the_table(c) -> None:
    stand(c, c.b, time(9))
    hours = Hours(leaves=time(7, 40), returns=time(18), shows_at_most=2)
    with transaction():
        itinerary.change_day(c.day, hours, **WHO)
    bring(c, "base,{b},45")
    with pytest.raises(HoursLeaveOutAShow, match="must leave by 7:15am"), transaction():
        itinerary.change_day(c.day, Hours(leaves=time(7, 30), returns=time(18), shows_at_most=2), **WHO)


def test_kilometres_of_the_table_are_of_the_road_and_come_back_with_it(c) -> None:
    stand(c, c.a, time(9))
    second = stand(c, c.d, time(12, 30))
    assert (
        bring(c, "{a},{d},40,21.5", "{d},{a},40,22.4", head="From,To,Minutes,Kilometres").with_kilometres == 1
    )
    road = legs.road_of_show(second, now=make.NOW)
    assert road.before is not None and road.before.far == Far(22.4, by_road=True)
    drives = legs.of_day([road.before.other, second], roads.roads_of_partnership(c.partnership), None, None)
    assert legs.kilometres(drives) == 22
    (line,) = road_table.lines(c.partnership, gaps=False)
    assert line[4:] == (40, 22.4, "file", make.NOW.date())
    text = "From,From name,To,To name,Minutes,Kilometres,Told by,Told on\n" + ",".join(map(str, line))
    with transaction():
        road_table.bring_in(c.partnership, io.BytesIO(text.encode()), **WHO)
    assert list(road_table.lines(c.partnership, gaps=False)) == [line]


def test_kilometres_that_no_road_can_have_are_passed_over_and_counted(c) -> None:
    """a and d lie 16 kilometres apart: 13.4 are a kilometre less than nine tenths of them."""
    for said, counted in (("13.3", 1), ("13.4", 0), ("500", 0), ("501", 1), ("-3", 0), ("", 0), ("far", 0)):
        brought = bring(c, "{a},{d},40," + said, head="From,To,Minutes,Kilometres")
        assert (brought.pairs, brought.wrong_kilometres) == (1, counted), said
    assert roads.roads_of_partnership(c.partnership).metres == {}


def test_road_of_a_show_says_from_where_how_far_there_when_and_what_is_to_spare(c) -> None:
    first = stand(c, c.a, time(9))
    second = stand(c, c.d, time(12, 30))
    bring(c, "{a},{d},40")
    road = legs.road_of_show(second, now=make.NOW)
    assert road.before is not None and road.after is not None
    before, after = road.before, road.after
    assert (before.name, before.other, before.far, before.minutes, before.by_table) == (
        c.a.name,
        first,
        Far(16.0, by_road=False),
        40,
        True,
    )
    assert (before.leaves_at, before.arrives_at, before.slack) == (
        wall(DAY, time(10, 15)),
        wall(DAY, time(10, 55)),
        35,
    ) or (before.leaves_at, before.slack) == (first.away_at, 5)
    assert (after.name, after.other, after.minutes, after.by_table) == ("Depot", None, 26, False)
    assert after.slack == int((wall(DAY, time(18)) - second.away_at).total_seconds() // 60) - 26
    bring(c, "{a},{d},60")
    assert legs.road_of_show(second, now=make.NOW).before.slack == before.slack - 20


def test_road_from_a_base_that_nobody_set_is_not_made_up(c) -> None:
    with transaction():
        c.troupe.base_easting = None
    road = legs.road_of_show(stand(c, c.a, time(9)), now=make.NOW)
    assert (road.before, road.after) == (None, None)


def test_settings_of_the_rule_are_each_partnerships_own(c) -> None:
    with transaction():
        db.session.get_one(Partnership, c.partnership.id).road_minutes_per_km = 2
    assert minutes(c, c.a, c.b) == 22
