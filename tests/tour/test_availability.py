"""A troupe's days changed at once: off, half, one show, other hours, nights away; looked at, done, undone."""

import threading
from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.geography import Place
from outreach.ground.timespans import wall
from outreach.tour import days, days_off, hours, itinerary, nights, performances, slots, span, wishes
from outreach.tour.availability import changing, rules
from outreach.tour.availability.rules import TroupeRules
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.days_off import AvailabilityChange, DayOff
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.wishes import DayWish

MONDAY = date(2027, 3, 8)
WEEK = tuple(MONDAY + timedelta(days=n) for n in range(5))
LODGE = Place(easting=450000, northing=286000)
OFF, NIGHT = DayWish(kind=wishes.OFF), DayWish(kind=wishes.NIGHT, stays_at="Mill Lodge", place=LODGE)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A troupe with a base that gives Monday to Friday, 7:00 to 18:00, and a show on Wednesday at 13:00, 8 km
    from it."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership)
        c.troupe = make.troupe(
            c.partnership, base_easting=450000, base_northing=202000, lunch_minutes=30, overnight_stays=True
        )
        c.school, c.other = make.school(name="Hallow School"), make.school()
        c.days = {day: make.tour_day(c.programme, c.troupe, day) for day in WEEK}
    c.show = put(c, WEEK[2], time(13), c.school)
    return c


def put(c: SimpleNamespace, day: date, at: time, school: Any, **changes: Any) -> Performance:
    """A show of the troupe on one of its days."""
    with transaction():
        show = make.show(c.programme, school, wall(day, at))
        made = show.tour_day
        show.tour_day_id, show.troupe_id = c.days[day].id, c.troupe.id
        for name, value in changes.items():
            setattr(show, name, value)
        performances.reckon_roads(show)
        db.session.flush()
        db.session.refresh(show)
        db.session.delete(made)
    return show


def look(c: SimpleNamespace, wish: DayWish, first: date = WEEK[0], last: date = WEEK[4]) -> dict[date, Any]:
    return {f.day: f for f in changing.look(c.troupe, wish, first, last, range(5), now=make.NOW)}


def change(c: SimpleNamespace, wish: DayWish, *chosen: date, now: Any = make.NOW) -> changing.Done:
    with transaction():
        return changing.change(c.troupe, wish, chosen or WEEK, who="Priya", now=now)


def undo(c: SimpleNamespace, done: changing.Done, now: Any = make.NOW) -> changing.Done:
    with transaction():
        return changing.undo(c.troupe, done.change, who="Priya", now=now)


def standing(c: SimpleNamespace) -> list[date]:
    return [d.day for d in days.of_programme(c.programme.id)]


def facts(c: SimpleNamespace) -> list[Any]:
    return [wishes.facts_of(d) for d in days.of_programme(c.programme.id)]


def test_a_day_off_takes_its_tour_day_and_names_the_day_that_has_a_show(c) -> None:
    seen = look(c, OFF)
    assert [day for day in WEEK if not seen[day].can] == [WEEK[2]]
    assert seen[WEEK[2]].why_not == "1 show that day, Hallow School at 1:00pm: move or call off first"
    done = change(c, OFF)
    assert (len(done.days), [f.day for f in done.refused]) == (4, [WEEK[2]])
    assert standing(c) == [WEEK[2]]
    # no tour day can be added on a day off, and what was written says who did it
    assert {p.day: p.why_not for p in days.judge(c.programme, c.troupe, list(WEEK), now=make.NOW)}[
        WEEK[0]
    ] == "day off of Red van"
    assert history.history_of("troupe", c.troupe.id)[0].who == "Priya"
    undone = undo(c, done)
    assert (len(undone.days), standing(c)) == (4, list(WEEK))
    assert not days_off.standing([c.troupe.id], WEEK[0], WEEK[4])


def test_a_day_off_where_no_tour_day_stands_is_kept_until_the_troupe_plays_after_all(c) -> None:
    later = MONDAY + timedelta(days=14)
    done = change(c, OFF, later)
    assert days.judge(c.programme, c.troupe, [later], now=make.NOW)[0].why_not == "day off of Red van"
    assert change(c, OFF, later).change is None  # sent twice, done once
    plays = change(c, DayWish(kind=wishes.PLAYS), later)
    assert days.judge(c.programme, c.troupe, [later], now=make.NOW)[0].why_not == ""
    undo(c, plays)
    assert days.judge(c.programme, c.troupe, [later], now=make.NOW)[0].why_not == "day off of Red van"
    undo(c, done)
    assert days.judge(c.programme, c.troupe, [later], now=make.NOW)[0].why_not == ""


def test_half_days_cut_the_hours_and_name_the_shows_of_the_other_half(c) -> None:
    seen = look(c, DayWish(kind=wishes.MORNING))
    assert seen[WEEK[0]].then == "7:00am to midday, 2 shows at most"
    # away at 2:45pm and 16 minutes home
    assert seen[WEEK[2]].why_not == (
        "1 show that day, Hallow School at 1:00pm: the van is back at 3:01pm, and the day ends at midday"
    )
    done = change(c, DayWish(kind=wishes.MORNING))
    assert [f.day for f in done.refused] == [WEEK[2]]
    assert {d.returns for d in days.of_programme(c.programme.id)} == {time(12), time(18)}
    offers = slots.offers(c.programme, c.other, now=make.NOW, only_days=[c.days[WEEK[0]].id]).days
    assert max(s.start_minute for s in offers[0].slots) + 75 + 30 + 16 <= 12 * 60
    undo(c, done)
    assert {d.returns for d in days.of_programme(c.programme.id)} == {time(18)}
    assert (
        change(c, DayWish(kind=wishes.AFTERNOON), WEEK[2])
        .refused[0]
        .why_not.endswith("the van must leave by 11:44am, and the day begins at midday")
    )
    assert (
        look(c, DayWish(kind=wishes.AFTERNOON), WEEK[0])[WEEK[0]].then == "midday to 6:00pm, 2 shows at most"
    )


def test_one_show_only_names_a_day_with_two(c) -> None:
    put(c, WEEK[2], time(9), c.school)
    done = change(c, DayWish(kind=wishes.ONE))
    assert [(f.day, f.why_not) for f in done.refused] == [
        (WEEK[2], "2 shows that day, Hallow School at 9:00am and Hallow School at 1:00pm")
    ]
    assert [f.shows_at_most for f in facts(c)] == [1, 1, 2, 1, 1]


def test_other_hours_change_one_end_or_both_and_leave_no_day_too_short(c) -> None:
    assert change(c, DayWish(kind=wishes.HOURS, leaves=time(8, 30))).refused == ()
    assert {(f.leaves, f.returns) for f in facts(c)} == {(time(8, 30), time(18))}
    short = change(c, DayWish(kind=wishes.HOURS, returns=time(11)))
    assert {f.why_not for f in short.refused} == {"no time is left for a show"}


def test_nights_away_change_the_road_of_both_days_and_need_a_day_after(c) -> None:
    seen = look(c, NIGHT)
    assert {day for day in WEEK if not seen[day].can} == {WEEK[4]}
    assert "no tour day on the day after" in seen[WEEK[4]].why_not
    done = change(c, NIGHT, WEEK[0], WEEK[1])
    ways = nights.ways(days.of_programme(c.programme.id))
    places = [tuple(stop.place for stop in ways[c.days[day].id]) for day in WEEK[:4]]
    base = Place(easting=450000, northing=202000)
    assert places == [(base, LODGE), (LODGE, LODGE), (LODGE, base), (base, base)]
    # and home again on Tuesday night alone
    change(c, DayWish(kind=wishes.HOME), WEEK[1])
    assert [f.stays_at for f in facts(c)] == ["Mill Lodge", "", "", "", ""]
    half = undo(c, done)
    assert ([f.day for f in half.refused], half.refused[0].why_not) == ([WEEK[1]], "it was changed since")
    assert [f.stays_at for f in facts(c)] == ["", "", "", "", ""]


def test_a_night_so_far_that_the_next_days_show_could_not_be_reached_is_refused(c) -> None:
    with transaction():
        c.days[WEEK[2]].leaves = time(11)  # set-up at midday, and 84 km of road: 101 minutes
    (no,) = change(c, NIGHT, WEEK[1]).refused
    assert no.why_not == (
        "1 show the day after, Hallow School at 1:00pm: the van must leave by 10:19am, and the day begins at 11:00am"
    )


def test_a_day_off_is_not_taken_where_the_next_morning_needs_the_night_before_it(c) -> None:
    with transaction():
        c.troupe.base_northing = 350000  # 140 km: three hours; from the lodge 76 km
    change(c, NIGHT, WEEK[1])
    with transaction():
        c.days[WEEK[2]].leaves = time(10)
    (no,) = change(c, OFF, WEEK[1]).refused
    assert no.why_not.startswith("the day after begins where it stays that night: the van must leave by")
    with (
        pytest.raises(itinerary.DayHasShows, match="9 March 2027 cannot be removed: the day after begins"),
        transaction(),
    ):
        itinerary.end_day(c.days[WEEK[1]], who="Priya", now=make.NOW)
    assert len(standing(c)) == 5


def test_a_day_off_is_taken_where_the_next_morning_does_not_need_the_night_before_it(c) -> None:
    change(c, NIGHT, WEEK[1])
    assert change(c, OFF, WEEK[1]).days == (WEEK[1],)


def test_a_day_off_is_taken_before_a_day_that_was_out_of_its_hours_already(c) -> None:
    with transaction():
        c.days[WEEK[2]].leaves = time(13)
    assert change(c, OFF, WEEK[1]).days == (WEEK[1],)


def test_what_a_change_takes_of_rest_is_said_before_it_is_done(c) -> None:
    next_morning = put(c, WEEK[3], time(9), c.school)
    late = DayWish(kind=wishes.HOURS, returns=time(21, 30))
    seen = look(c, late, WEEK[2], WEEK[2])[WEEK[2]]
    assert seen.can and seen.warned == (
        "the day after: too short a rest: the van must leave by 7:44am, and 11 hours after the evening before are over "
        "at 8:30am.",
    )
    change(c, late, WEEK[2])
    assert hours.warnings(c.days[WEEK[3]], [next_morning]) == [
        "Too short a rest: the van must leave by 7:44am, and 11 hours after the evening before are over at 8:30am."
    ]


def test_a_day_off_after_a_night_away_says_where_the_troupe_is(c) -> None:
    change(c, NIGHT, WEEK[0])
    assert look(c, OFF, WEEK[1], WEEK[1])[WEEK[1]].warned == ("the night before it stays at Mill Lodge.",)
    assert look(c, OFF, WEEK[3], WEEK[3])[WEEK[3]].warned == ()


def test_what_was_out_of_its_hours_already_is_not_held_against_a_change_of_the_day_before(c) -> None:
    with transaction():
        c.days[WEEK[2]].leaves = time(13)
    assert change(c, DayWish(kind=wishes.HOURS, leaves=time(8)), WEEK[1]).days == (WEEK[1],)


def test_a_day_that_cannot_be_taken_off_stands_as_it_was(c) -> None:
    with transaction():
        c.troupe.base_northing = 350000
    change(c, NIGHT, WEEK[1])
    with transaction():
        c.days[WEEK[2]].leaves = time(10)
    here = span.load(c.troupe, WEEK[1], WEEK[1], now=make.NOW)
    before = here.facts(WEEK[1]), here.rows[WEEK[2]].slept_northing
    assert here.take_off(WEEK[1]) and (here.facts(WEEK[1]), here.rows[WEEK[2]].slept_northing) == before


def test_the_day_after_knows_again_of_a_day_that_is_given_back(c) -> None:
    here = span.load(c.troupe, WEEK[0], WEEK[0], now=make.NOW)
    assert here.take_off(WEEK[0]) == "" and here.rows[WEEK[1]].back_before is None
    here.give_back(c.days[WEEK[0]])
    known = here.rows[WEEK[1]].night, here.rows[WEEK[1]].back_before
    assert known == (c.days[WEEK[0]].id, time(18)) and WEEK[0] in here.rows


def test_a_time_that_is_only_held_lacks_no_rest(c) -> None:
    with transaction():
        c.troupe.latest_return = time(12)
    held = put(c, WEEK[1], time(13), c.school, held_until=make.NOW + timedelta(minutes=10))

    def said() -> tuple[list[str], tuple[str, ...]]:
        here = span.load(c.troupe, WEEK[1], WEEK[1], now=make.NOW)
        return here.lacking(WEEK[1]), here.warnings(WEEK[1])[:1]

    assert said()[0] == [] and said()[1] == (
        "the day after: back at 3:01pm, later than its latest return at midday.",
    )
    with transaction():
        held.held_until = None
    assert said() == (
        ["Back at 3:01pm, later than its latest return at midday."],
        ("back at 3:01pm, later than its latest return at midday.",),
    )


def test_warnings_name_lunch_and_the_latest_return(c) -> None:
    first = put(c, WEEK[2], time(9, 15), c.other)  # away at 11:00, 8 km off: set-up at midday leaves an hour
    assert hours.warnings(c.days[WEEK[2]], [first, c.show]) == []
    with transaction():
        c.troupe.lunch_minutes, c.troupe.latest_return = 90, time(15)
    assert hours.warnings(c.days[WEEK[2]], [first, c.show]) == [
        "Back at 3:01pm, later than its latest return at 3:00pm.",
        "No lunch: 90 minutes between 11:00am and 2:30pm are not free.",
    ]
    assert hours.warnings_of({}) == {}


def test_a_coordinator_may_put_up_with_a_missing_lunch(c) -> None:
    with transaction():
        c.troupe.lunch_minutes = 90
        c.other.easting = 466000
    key = f"{c.days[WEEK[2]].id}-0900"
    assert slots.find(c.programme, c.other, key, now=make.NOW) is None
    assert slots.find(c.programme, c.other, key, now=make.NOW, whatever_the_rest=True) is not None


def test_past_days_are_left_alone_and_an_undo_of_them_too(c) -> None:
    done = change(c, DayWish(kind=wishes.ONE), WEEK[0], WEEK[1])
    tuesday = wall(WEEK[1], time(8))
    assert [f.why_not for f in change(c, OFF, WEEK[0], now=tuesday).refused] == ["past"]
    undone = undo(c, done, now=tuesday)
    assert (undone.days, [f.why_not for f in undone.refused]) == ((WEEK[1],), ["past"])


def test_nothing_is_undone_twice_nor_when_every_day_was_changed_since(c) -> None:
    done = change(c, DayWish(kind=wishes.ONE), WEEK[0])
    undo(c, done)
    with pytest.raises(changing.NothingToUndo, match="undone already, by Priya"):
        undo(c, done)
    done = change(c, DayWish(kind=wishes.ONE), WEEK[0])
    change(c, DayWish(kind=wishes.HOURS, leaves=time(9)), WEEK[0])
    with pytest.raises(changing.NothingToUndo, match="it was changed since"):
        undo(c, done)


def test_a_hold_keeps_a_day_from_being_taken_until_it_lapses(c) -> None:
    put(c, WEEK[0], time(9), c.other, held_until=make.NOW + timedelta(minutes=10))
    assert change(c, OFF, WEEK[0]).refused[0].why_not == "a school is just booking on it"
    assert change(c, OFF, WEEK[0], now=make.NOW + timedelta(minutes=10)).days == (WEEK[0],)


def test_what_makes_no_sense_is_said_in_words(c) -> None:
    for wish, words in (
        (DayWish(kind="holiday"), "Choose what these days are to be"),
        (DayWish(kind=wishes.HOURS), "Enter when the troupe leaves"),
        (DayWish(kind=wishes.HOURS, leaves=time(12), returns=time(12)), "must be back after it leaves"),
        (DayWish(kind=wishes.NIGHT, place=LODGE), "what the place is called"),
        (DayWish(kind=wishes.NIGHT, stays_at="Mill Lodge"), "where that is"),
    ):
        with pytest.raises(wishes.WishIncomplete, match=words):
            look(c, wish)
    for first, last, weekdays, words in (
        (WEEK[1], WEEK[0], range(5), "must not be before the first"),
        (WEEK[0], WEEK[1], (), "at least one day of the week"),
        (WEEK[0], WEEK[0] + timedelta(days=400), range(5), "400 days at most"),
        (date(1066, 1, 1), date(1066, 1, 2), range(7), "no dates of this tour"),
    ):
        with pytest.raises(changing.SpanMakesNoSense, match=words):
            changing.look(c.troupe, OFF, first, last, weekdays, now=make.NOW)
    with pytest.raises(changing.SpanMakesNoSense, match="at least one day"):
        changing.change(c.troupe, OFF, [], who="Priya", now=make.NOW)
    with pytest.raises(changing.NoTourDays, match="gives no tour day from 1 April 2027"):
        look(c, DayWish(kind=wishes.ONE), date(2027, 4, 1), date(2027, 4, 9))
    with transaction():
        c.troupe.overnight_stays = False
    with pytest.raises(wishes.WishIncomplete, match="drives home every night"):
        look(c, NIGHT)


def test_a_change_is_of_its_own_troupe_alone(c) -> None:
    done = change(c, DayWish(kind=wishes.ONE), WEEK[0])
    with transaction():
        stranger = make.troupe(make.partnership(("932",)))
    assert changing.find(c.troupe, done.change.id).id == done.change.id
    with pytest.raises(changing.NoSuchChange):
        changing.find(stranger, done.change.id)


def test_rules_are_settled_within_reason_and_written_down(c) -> None:
    with transaction():
        rules.settle(c.troupe, TroupeRules(rest_hours=12, latest_return=time(19)), who="Priya", now=make.NOW)
    assert rules.rules_of_troupe(c.troupe) == TroupeRules(rest_hours=12, latest_return=time(19))
    assert history.history_of("troupe", c.troupe.id)[0].after == {
        "rest_hours": 12,
        "latest_return": "19:00:00",
        "overnight_stays": False,
    }
    for wrong, refusal in (
        (TroupeRules(rest_hours=17), rules.RestTooLong),
        (TroupeRules(lunch_minutes=121), rules.LunchTooLong),
        (TroupeRules(latest_return=time(11, 59)), rules.ReturnTooEarly),
    ):
        with pytest.raises(refusal), transaction():
            rules.settle(c.troupe, wrong, who="Priya", now=make.NOW)


def test_nights_that_are_planned_keep_a_troupe_from_being_sent_home(c) -> None:
    change(c, NIGHT, WEEK[0], WEEK[1])
    with pytest.raises(rules.NightsStand, match="8 March 2027 and 9 March 2027"), transaction():
        rules.settle(c.troupe, TroupeRules(overnight_stays=False), who="Priya", now=make.NOW)


def test_the_same_number_of_questions_for_a_day_and_for_a_week(c, count_queries) -> None:
    def asked(last: date) -> int:
        db.session.expire_all()
        with count_queries() as queries:
            changing.look(c.troupe, DayWish(kind=wishes.ONE), WEEK[2], last, range(5), now=make.NOW)
        return len(queries)

    assert asked(WEEK[2]) == asked(WEEK[4])


def test_the_database_lets_no_two_connections_keep_one_day_off_twice(app: Flask, c) -> None:
    """Both stand at the same moment, each in a connection of its own."""
    together, errors = threading.Barrier(2), []
    troupe_id = c.troupe.id
    db.session.rollback()

    def take() -> None:
        with app.app_context():
            together.wait()
            try:
                with transaction():
                    db.session.add(
                        DayOff(troupe_id=troupe_id, day=MONDAY, recorded_at=make.NOW, who="Red van")
                    )
            except IntegrityError as error:
                errors.append(error)

    both = [threading.Thread(target=take) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(errors) == 1
    assert db.session.query(DayOff).count() == 1


def test_of_two_who_change_the_same_days_at_once_one_does(app: Flask, c) -> None:
    together, done = threading.Barrier(2), []
    troupe_id = c.troupe.id
    db.session.rollback()

    def take() -> None:
        with app.app_context():
            together.wait()
            with transaction():
                troupe = db.session.get_one(Troupe, troupe_id)
                done.append(len(changing.change(troupe, OFF, WEEK[:2], who="Priya", now=make.NOW).days))

    both = [threading.Thread(target=take) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(done) == [0, 2]
    assert db.session.query(AvailabilityChange).count() == 1
    assert db.session.query(TourDay).filter(TourDay.ended_at.is_not(None)).count() == 2


def test_a_school_that_books_while_the_day_is_taken_off_gets_it_or_the_day_is_gone_never_both(
    app: Flask, c
) -> None:
    together, won = threading.Barrier(2), []
    troupe_id, organisation_id, programme_id = c.troupe.id, c.other.organisation_id, c.programme.id
    day_id, key = c.days[WEEK[0]].id, f"{c.days[WEEK[0]].id}-0900"
    db.session.rollback()

    def book() -> None:
        with app.app_context():
            together.wait()
            with transaction():
                performances.lock_days([day_id])
                school, programme = (
                    db.session.get_one(School, organisation_id),
                    db.session.get_one(Programme, programme_id),
                )
                slot = slots.find(programme, school, key, now=make.NOW)
                if slot is not None:
                    performances.claim(slot, school, programme_id=programme_id, held_until=None, now=make.NOW)
                    won.append("school")

    def take_off() -> None:
        with app.app_context():
            together.wait()
            with transaction():
                troupe = db.session.get_one(Troupe, troupe_id)
                if changing.change(troupe, OFF, [WEEK[0]], who="Red van", now=make.NOW).days:
                    won.append("troupe")

    both = [threading.Thread(target=book), threading.Thread(target=take_off)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(won) == 1
    stands = db.session.query(Performance).filter_by(tour_day_id=day_id, released_at=None).count()
    assert (stands == 1) == (won == ["school"])
    assert (db.session.get_one(TourDay, day_id).ended_at is None) == (won == ["school"])
