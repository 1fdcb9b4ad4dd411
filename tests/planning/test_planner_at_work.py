"""A plan from its order to its lines: taken by one planner, told how far it is, stopped, taken over, ended
once."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import make
from little_tour import QUICK, Clock, Tour, draw_up, proposed, stands
from outreach.county import school_days, school_lunch, schools
from outreach.county.partnerships import InsetDay
from outreach.ground.db import db, transaction
from outreach.planning import fingerprint, orders, planner_worker
from outreach.planning.ordering import (
    NameTooLong,
    NothingStandsInIt,
    StillAtWork,
    TooManyPlansWait,
    again,
    order,
    put_away,
)
from outreach.planning.ordering import stop as stop_plan
from outreach.planning.orders import (
    ACCEPTED,
    DONE,
    DRAWN,
    FAILED,
    KEPT,
    MOVED,
    NEW,
    STOPPED,
    STRUCK,
    WAITING,
    WORKING,
    NoSuchPlan,
    PlanLine,
    TourPlan,
)
from outreach.planning.plan_figures import PlanFigures, PlanFreeDay
from outreach.planning.planner_worker import BEATS, MISSED, BrokeOff, claim
from outreach.tour import road_table
from outreach.tour.planning import planner
from outreach.tour.planning.limit import Progress
from outreach.tour.planning.plan import Plan
from outreach.tour.planning.problem import Problem
from outreach.tour.programmes import ProgrammeClosed


def asked(tour: Tour, **rules: Any) -> TourPlan:
    return order(tour.programme, replace(QUICK, **rules), who="Priya", now=make.NOW)


@pytest.fixture
def tour(app: Flask) -> Tour:
    with transaction():
        tour = Tour(schools=5, days=3)
    return tour


def test_what_was_asked_for_is_drawn_up_with_lines_figures_and_words(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
    assert (plan.name, plan.state) == ("Plan A", WAITING)
    assert draw_up() is True
    assert draw_up() is False
    lines = orders.lines(plan)
    assert (plan.state, plan.is_readable) == (DONE, True)
    assert {line.organisation_id for line in lines} == {school.organisation_id for school in tour.schools}
    assert {(line.was, line.state) for line in lines} == {(NEW, DRAWN)}
    for line in lines:
        assert line.away_at - line.get_in_at == timedelta(minutes=60 + 75 + 30)
        assert line.starts_at - line.get_in_at == timedelta(minutes=60)
        assert line.pupils == 200 and line.tour_day_id is not None
    told = plan.figures
    assert (told.needed, told.reached, told.pupils, told.days_used, told.days_given) == (5, 5, 1000, 3, 3)
    assert told.words[0] == "No plan reaches more than 5 schools; this one reaches 5."
    (alone,) = [line for line in lines if sum(each.day == line.day for each in lines) == 1]
    kilometres = 5 * (1 + tour.schools.index(alone.organisation))
    assert alone.road_minutes == 2 * -(-(600 + 125 * kilometres) // 100)  # there and back, by the rule


def test_a_school_that_no_plan_can_reach_is_left_out_with_its_cause(tour: Tour) -> None:
    with transaction():
        far = tour.school(0, name="Far School", easting=450000 + 300_000)
        plan = asked(tour)
    draw_up()
    assert [(out.organisation_id, out.shows, out.cause) for out in orders.left_out(plan)] == [
        (far.organisation_id, 1, "too far")
    ]


def test_a_programme_that_cannot_be_planned_any_more_fails_with_the_sentence(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
    with transaction():
        for day in tour.days:
            day.ended_at = make.NOW
    draw_up()
    assert plan.state == FAILED and plan.failed_why.startswith("There are no tour days left to plan on")


def test_the_same_asked_twice_while_it_waits_is_one_plan(tour: Tour) -> None:
    with transaction():
        one, two = asked(tour), asked(tour)
        other = asked(tour, days_at_most=2)
    assert one.id == two.id != other.id
    assert [plan.name for plan in orders.of_programme(tour.programme.id)] == ["Plan B", "Plan A"]


def test_a_long_name_a_closed_programme_and_a_long_queue_are_refused(tour: Tour) -> None:
    with pytest.raises(NameTooLong), transaction():
        order(tour.programme, QUICK, name="x" * 61, who="Priya", now=make.NOW)
    with transaction():
        for n in range(12):
            asked(tour, days_at_most=n + 1)
    with pytest.raises(TooManyPlansWait, match="12 plans wait already"), transaction():
        asked(tour)
    with transaction():
        tour.programme.closed_at = make.NOW
    with pytest.raises(ProgrammeClosed), transaction():
        asked(tour)


def test_a_plan_of_another_partnership_is_not_found(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
        other = make.partnership(("932",))
    with pytest.raises(NoSuchPlan):
        orders.get(other.id, plan.id)
    assert orders.get(tour.partnership.id, plan.id) is plan


def test_days_that_could_be_handed_back_are_named_by_date(tour: Tour) -> None:
    with transaction():
        first = make.tour_day(tour.programme, tour.troupe, tour.days[0].day - timedelta(days=1))
    days = [*tour.days, first]
    told = PlanFigures(free_days=[PlanFreeDay(tour_day=day) for day in days])
    assert told.free_day_ids == [first.id, *(day.id for day in tour.days)]


def so_far(plan: TourPlan) -> tuple[int | None, ...]:
    return plan.so_far_schools, plan.so_far_driving, plan.so_far_bound, plan.so_far_seconds


def test_progress_is_written_while_it_thinks_and_a_stop_is_heard(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
    seen: list[tuple[Any, ...]] = []

    def slow(problem: Problem, seconds: float, seed: int = 1, progress: Any = None, stop: Any = None) -> Plan:
        progress(Progress(schools=3, driving=140, bound=99.6, seconds=1.6))
        db.session.rollback()
        row = db.session.get_one(TourPlan, plan.id, populate_existing=True)
        seen.append((row.state, row.begun, *so_far(row)))
        with transaction():
            stop_plan(db.session.get_one(TourPlan, plan.id), who="Priya", now=make.NOW)
        return planner.solve(problem, seconds, seed, stop=stop)

    draw_up(solver=slow)
    assert seen == [(WORKING, 1, 3, 140, 100, 2)]
    assert plan.state in (STOPPED, DONE) and plan.stop_asked_at is not None
    assert plan.figures.reached == len({line.organisation_id for line in orders.lines(plan)})


def test_one_that_was_not_begun_is_stopped_at_once_and_twice_is_once(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
        stop_plan(plan, who="Priya", now=make.NOW)
        stop_plan(plan, who="Priya", now=make.NOW)
    assert (plan.state, plan.failed_why) == (FAILED, "It was stopped before it was begun.")
    assert draw_up() is False


def test_a_planner_that_is_gone_loses_its_plan_and_what_it_still_brings_is_thrown_away(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
    clock = Clock()

    def overtaken(problem: Problem, *rest: Any, **more: Any) -> Plan:
        clock.at += MISSED + timedelta(seconds=5)
        assert draw_up(clock) is True  # another takes it up and ends it, while this one still thinks
        return planner.solve(problem, 60)

    assert draw_up(clock, solver=overtaken) is True
    db.session.expire_all()
    assert plan.state == DONE
    assert len(orders.lines(plan)) == 5  # once


def test_who_lost_its_plan_to_another_that_still_works_writes_nothing(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
    clock = Clock()

    def overtaken(problem: Problem, *rest: Any, **more: Any) -> Plan:
        clock.at += MISSED + timedelta(seconds=5)
        with transaction():
            assert claim("another planner", clock.at) == plan.id
        return planner.solve(problem, 60)

    assert draw_up(clock, solver=overtaken) is True
    db.session.expire_all()
    assert (plan.state, plan.taken_by, orders.lines(plan)) == (WORKING, "another planner", [])


def test_a_plan_that_breaks_the_planner_again_and_again_is_not_begun_for_ever(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
    at = make.NOW
    for n in range(3):
        with transaction():
            assert claim(f"doomed {n}", at) == plan.id
            assert so_far(plan) == (None, None, None, None)
            plan.so_far_schools, plan.so_far_bound = 3, 100
            assert claim("another", at + MISSED / 2) is None
        at += MISSED + BEATS
    with transaction():
        assert claim("the fourth", at) is None
    assert plan.state == FAILED and "broke off 3 times" in plan.failed_why


def test_a_planner_that_is_told_to_go_gives_its_plan_back(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
    assert draw_up(told=lambda: True) is True
    assert (plan.state, plan.taken_by, plan.beat_at) == (WAITING, "", None)
    assert draw_up() is True
    assert plan.state == DONE


def test_a_fault_and_a_broken_process_end_the_plan_in_words(tour: Tour) -> None:
    def fault(*_: Any, **__: Any) -> Plan:
        raise RuntimeError("a fault")

    def broken(*_: Any, **__: Any) -> Plan:
        raise BrokeOff("The planner broke off before it had a plan.")

    for solver, said in ((fault, "Something went wrong here"), (broken, "The planner broke off before")):
        with transaction():
            plan = asked(tour)
        draw_up(solver=solver)
        assert plan.state == FAILED and plan.failed_why.startswith(said)


def test_planned_again_keeps_what_was_proposed_and_pinned_and_leaves_out_what_was_struck(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
        with pytest.raises(StillAtWork):
            again(plan, who="Priya", now=make.NOW)
    draw_up()
    lines = orders.lines(plan)
    with transaction():
        lines[0].state = STRUCK
        lines[1].pinned = True
        struck, pinned = (
            (lines[0].organisation_id, lines[0].day),
            (lines[1].organisation_id, lines[1].starts_at),
        )
        once_more = again(plan, who="Priya", now=make.NOW)
    draw_up()
    found = {line.organisation_id: line for line in orders.lines(once_more)}
    assert once_more.state == DONE and once_more.name == "Plan A, again"
    assert found[pinned[0]].starts_at == pinned[1] and found[pinned[0]].pinned
    assert found[pinned[0]].was == KEPT
    assert struck[0] not in found or found[struck[0]].day != struck[1]
    told = once_more.figures
    assert told.free_reached == 5 and told.free_driving is not None
    assert told.kept + told.moved >= 4


def test_a_proposal_stays_where_it_is_and_one_whose_day_is_lost_moves_and_says_from_where(tour: Tour) -> None:
    with transaction():
        kept = proposed(tour, tour.schools[0], tour.days[0].day)
        lost = proposed(tour, tour.schools[4], tour.days[1].day)
        plan = asked(tour, moves=True)
    draw_up()
    found = {line.organisation_id: line for line in orders.lines(plan)}
    assert (
        found[kept.organisation_id].was,
        found[kept.organisation_id].state,
        found[kept.organisation_id].proposal_id,
    ) == (
        KEPT,
        ACCEPTED,
        kept.id,
    )
    with transaction():
        school_days.rule_out(tour.schools[4], tour.days[1].day, who="Priya", now=make.NOW)
        more = again(plan, who="Priya", now=make.NOW)
    draw_up()
    line = next(each for each in orders.lines(more) if each.organisation_id == lost.organisation_id)
    assert (line.was, line.was_starts_at, line.proposal_id, line.state) == (
        MOVED,
        lost.starts_at,
        lost.id,
        DRAWN,
    )
    assert more.figures.moved == 1


def test_a_proposal_that_begins_later_on_its_own_day_has_moved(tour: Tour) -> None:
    with transaction():
        lost = proposed(tour, tour.schools[0], tour.days[0].day, time(10))
        for day in tour.days[1:]:
            school_days.rule_out(tour.schools[0], day.day, who="Priya", now=make.NOW)
        tour.programme.earliest_start = time(11)
        plan = asked(tour, moves=True)
    draw_up()
    line = next(each for each in orders.lines(plan) if each.organisation_id == lost.organisation_id)
    assert (line.day, line.was, line.was_starts_at, line.state) == (
        lost.starts_at.date(),
        MOVED,
        lost.starts_at,
        DRAWN,
    )
    assert line.starts_at > lost.starts_at


def test_a_plan_that_came_to_nothing_has_nothing_to_keep_and_can_be_put_away(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
        with pytest.raises(StillAtWork):
            put_away(plan, who="Priya", now=make.NOW)
        stop_plan(plan, who="Priya", now=make.NOW)
        with pytest.raises(NothingStandsInIt):
            again(plan, who="Priya", now=make.NOW)
        put_away(plan, who="Priya", now=make.NOW)
    assert orders.of_programme(tour.programme.id) == []


def test_a_plan_says_when_the_tour_is_not_as_it_was_and_what_came_of_its_own_lines_does_not_count(
    tour: Tour,
) -> None:
    with transaction():
        plan = asked(tour)
    draw_up()
    assert fingerprint.changed(plan) == []
    with transaction():
        line = orders.lines(plan)[0]
        school = next(s for s in tour.schools if s.organisation_id == line.organisation_id)
        proposal = proposed(tour, school, line.day, line.starts_at.time())
        line.state, line.proposal_id = ACCEPTED, proposal.id
    assert fingerprint.changed(plan) == []
    with transaction():
        tour.days[2].shows_at_most = 1
        make.answer(tour.programme, tour.schools[1], "declined")
        tour.programme.audience_ceiling = 120
    assert fingerprint.changed(plan) == [
        fingerprint.WORDS[each] for each in (fingerprint.SETTINGS, fingerprint.DAYS, fingerprint.SCHOOLS)
    ]
    with transaction():
        other = next(s for s in tour.schools if s.organisation_id != line.organisation_id)
        proposed(tour, other, tour.days[2].day)
    assert fingerprint.WORDS[fingerprint.SHOWS] in fingerprint.changed(plan)


def test_what_another_partnerships_schools_tell_of_themselves_changes_nothing_of_a_plan(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
        make.partnership(("932",))
        theirs = make.school(la_code="932")
    draw_up()

    def told(school: Any) -> Iterator[None]:
        """What schools say of themselves, one after the other."""
        with transaction():
            schools.set_own_numbers(school.organisation_id, 2026, {8: 77}, who="The school", now=make.NOW)
        yield
        with transaction():
            school_days.rule_out(school, tour.days[0].day, "Mocks", who="The school", now=make.NOW)
        yield

    for _ in told(theirs):
        assert fingerprint.changed(plan) == []
    for n, _ in enumerate(told(tour.schools[0])):
        assert fingerprint.changed(plan) == [fingerprint.WORDS[fingerprint.SCHOOLS]], n
        with transaction():
            plan.about = fingerprint.as_it_is_now(plan)


def minutes(tour: Tour, *lines: tuple[Any, Any, int]) -> None:
    """A table of minutes comes in, in place of the one before."""
    text = "\n".join(("From,To,Minutes", *(",".join(map(str, line)) for line in lines)))
    road_table.bring_in(tour.partnership, io.BytesIO(text.encode()), who="Priya", now=make.NOW)


def test_roads_rules_of_the_troupe_and_hours_are_what_a_plan_rests_on(tour: Tour) -> None:
    """Each change by itself, named by its own word."""
    one, two, *_ = (school.organisation_id for school in tour.schools)

    def says(change: Any, *words: str) -> None:
        with transaction():
            change()
        assert fingerprint.changed(plan) == [fingerprint.WORDS[each] for each in words]
        with transaction():
            plan.about = fingerprint.as_it_is_now(plan)

    with transaction():
        plan = asked(tour)
    draw_up()
    says(lambda: setattr(tour.partnership, "road_minutes_per_km", 1.4), fingerprint.ROADS)
    says(lambda: minutes(tour, (one, two, 33)), fingerprint.ROADS)
    says(lambda: minutes(tour, (one, two, 34)), fingerprint.ROADS)
    says(lambda: setattr(tour.schools[0], "easting", tour.schools[0].easting + 900), fingerprint.ROADS)
    says(lambda: setattr(tour.troupe, "rest_hours", 13), fingerprint.TROUPES)
    says(lambda: setattr(tour.troupe, "lunch_minutes", 45), fingerprint.TROUPES)
    says(lambda: setattr(tour.troupe, "latest_return", time(16)), fingerprint.TROUPES)
    says(lambda: setattr(tour.troupe, "base_easting", 451000), fingerprint.TROUPES)
    says(
        lambda: school_days.set_hours(tour.schools[0], time(9, 30), time(14), who="Jo", now=make.NOW),
        fingerprint.HOURS,
    )
    says(lambda: setattr(tour.partnership, "school_opens", time(8, 45)), fingerprint.HOURS)
    says(lambda: its_lunch(tour.schools[0], is_dining_hall=False), fingerprint.HOURS)
    says(lambda: its_lunch(tour.schools[0], is_dining_hall=True), fingerprint.HOURS)
    says(lambda: setattr(tour.partnership, "lunch_tables", 20), fingerprint.HOURS)
    says(lambda: db.session.add(InsetDay(la_code="931", day=tour.days[1].day)), fingerprint.HOURS)
    says(lambda: setattr(tour.partnership, "slot_step_minutes", 5), fingerprint.SETTINGS)


def test_each_setting_of_programme_day_and_guests_is_what_a_plan_rests_on(tour: Tour) -> None:
    with transaction():
        plan = asked(tour, guests=True)
    draw_up()
    settings, day = tour.programme, tour.days[-1]  # of which no night of the next begins
    minutes_of = ("running", "discussion", "get_in", "get_out", "turn")
    changes = [
        *((settings, f"{name}_minutes", getattr(settings, f"{name}_minutes") + 5) for name in minutes_of),
        (settings, "audience_ceiling", settings.audience_ceiling + 1),
        (settings, "shows_a_day", settings.shows_a_day + 1),
        (settings, "earliest_start", time(9, 35)),
        (settings, "latest_finish", time(14, 35)),
        (settings, "notice_book_days", settings.notice_book_days + 1),
        (settings, "closed_at", make.NOW),
        (tour.partnership, "guest_minutes", tour.partnership.guest_minutes + 5),
        (tour.partnership, "small_school_pupils", tour.partnership.small_school_pupils + 5),
        (day, "leaves", time(7, 10)),
        (day, "returns", time(18, 50)),
        (day, "shows_at_most", 1),
        (day, "stays_easting", 470000),
        (day, "stays_northing", 210000),
    ]
    for row, name, value in changes:
        assert getattr(row, name) != value
        with transaction():
            setattr(row, name, value)
        word = fingerprint.DAYS if row is day else fingerprint.SETTINGS
        assert fingerprint.changed(plan) == [fingerprint.WORDS[word]], name
        with transaction():
            plan.about = fingerprint.as_it_is_now(plan)


def its_lunch(school: Any, *, is_dining_hall: bool) -> None:
    school_lunch.say(
        school,
        time(12),
        time(13),
        is_dining_hall=is_dining_hall,
        set_may_stay=False,
        who="Jo",
        now=make.NOW,
    )


def test_a_change_marks_only_plans_whose_own_schools_days_or_troupes_it_touches(tour: Tour) -> None:
    """Of two plans, one with each troupe: what is another troupe's, another school's or of another day marks
    neither."""
    with transaction():
        blue = make.troupe(tour.partnership, name="Blue van", base_easting=450000, base_northing=200000)
        theirs = [make.tour_day(tour.programme, blue, day.day) for day in tour.days]
        elsewhere = make.school(la_code="931", statutory_low_age=4, statutory_high_age=11)
        beyond = make.tour_day(tour.programme, tour.troupe, date(2027, 3, 22))
        red_plan = asked(tour, troupes=(tour.troupe.id,), until=tour.days[-1].day)
        blue_plan = asked(tour, troupes=(blue.id,), until=tour.days[-1].day)
    while draw_up():
        pass

    def touched(change: Any) -> list[list[str]]:
        with transaction():
            change()
        said = [fingerprint.changed(plan) for plan in (red_plan, blue_plan)]
        with transaction():
            for plan in (red_plan, blue_plan):
                plan.about = fingerprint.as_it_is_now(plan)
        return said

    word = fingerprint.WORDS
    assert touched(lambda: setattr(blue, "rest_hours", 14)) == [[], [word[fingerprint.TROUPES]]]
    assert touched(lambda: setattr(theirs[0], "leaves", time(8))) == [[], [word[fingerprint.DAYS]]]
    assert touched(lambda: setattr(tour.days[0], "stays_easting", 470000)) == [[word[fingerprint.DAYS]], []]
    far = tour.schools[0].organisation_id, elsewhere.organisation_id
    for nothing in (
        lambda: setattr(beyond, "shows_at_most", 1),
        lambda: minutes(tour, (*far, 44)),
        lambda: minutes(tour, (*far, 45)),
        lambda: school_days.set_hours(elsewhere, time(9, 30), time(14), who="Jo", now=make.NOW),
        lambda: its_lunch(elsewhere, is_dining_hall=True),
        lambda: setattr(
            tour.partnership, "lunch_tables", 20
        ),  # of these schools none said that it dines in its hall
        lambda: school_days.rule_out(elsewhere, tour.days[0].day, who="Jo", now=make.NOW),
        lambda: school_days.rule_out(tour.schools[0], date(2027, 6, 22), who="Jo", now=make.NOW),
        lambda: schools.set_own_numbers(elsewhere.organisation_id, 2026, {8: 7}, who="Jo", now=make.NOW),
        lambda: make.answer(tour.programme, elsewhere, "declined"),
        lambda: setattr(tour.partnership, "guest_minutes", 25),
    ):
        assert touched(nothing) == [[], []]
    assert touched(lambda: stands(tour, elsewhere, time(10), tour.days[0].day)) == [
        [word[fingerprint.SHOWS]],
        [],
    ]


def test_of_a_plan_from_before_its_own_schools_were_kept_all_may_have_changed(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
    draw_up()
    with transaction():
        plan.about = '{"settings": "0", "days": "0", "shows": "0", "schools": "0"}'
    assert fingerprint.changed(plan) == list(fingerprint.WORDS.values())


def test_what_changes_while_the_planner_thinks_is_said_of_the_plan(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)

    def meanwhile(problem: Problem, seconds: float, *rest: Any, **more: Any) -> Plan:
        with transaction():
            tour.days[0].shows_at_most = 1
        return planner.solve(problem, seconds)

    draw_up(solver=meanwhile)
    assert plan.state == DONE
    assert fingerprint.changed(plan) == [fingerprint.WORDS[fingerprint.DAYS]]


def test_the_database_refuses_what_a_plan_never_is(tour: Tour) -> None:
    with transaction():
        plan = asked(tour)
    draw_up()
    line = orders.lines(plan)[0]
    for statement in (
        "UPDATE plan SET state = 'working', taken_by = '', finished_at = NULL",
        "UPDATE plan SET state = 'waiting'",
        "UPDATE plan SET finished_at = NULL",
        f"UPDATE plan_line SET state = 'accepted' WHERE id = {line.id}",
        f"UPDATE plan_line SET state = 'burnt' WHERE id = {line.id}",
        f"UPDATE plan_line SET organisation_id = {tour.schools[0].organisation_id}, starts_at = '2027-03-01 09:00:00'",
    ):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(text(statement))
    assert db.session.get_one(PlanLine, line.id).state == DRAWN
    assert planner_worker.new_name() != planner_worker.new_name()
