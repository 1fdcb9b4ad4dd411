"""A programme settled, changed, closed; whom it is for, and the schools in or out against the rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask

import make
from outreach.ground import history
from outreach.ground.db import transaction
from outreach.tour import programmes, target_decisions
from outreach.tour.programmes import Production

WHO = {"who": "Priya Nandakumar", "now": make.NOW}
PLAY = Production(title="Someone to Tell", academic_year=2026, reply_by=date(2027, 2, 5), year_groups=(8, 9))
TRAINING = replace(PLAY, title="For staff", for_adults=True, year_groups=())


def change(programme, production, most_seats_booked=0):
    with transaction():
        programmes.change(programme, production, most_seats_booked=most_seats_booked, **WHO)


@pytest.fixture
def play(app: Flask) -> programmes.Programme:
    with transaction():
        return programmes.create(make.partnership().id, PLAY, **WHO)


def test_a_programme_is_kept_as_it_was_settled(play) -> None:
    assert programmes.production_of(play) == PLAY
    assert programmes.target_year_groups(play.id) == (8, 9)
    assert play.show_minutes == 75


def test_a_programme_for_adults_has_no_year_groups(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        training = programmes.create(of.id, TRAINING, **WHO)
        with pytest.raises(programmes.AdultsHaveNoYearGroups):
            programmes.create(of.id, replace(TRAINING, title="Another", year_groups=(8,)), **WHO)
    assert programmes.target_year_groups(training.id) == ()
    assert programmes.production_of(training) == TRAINING


REFUSED = [
    (programmes.ReplyByOutsideTheYear, {"reply_by": date(2026, 8, 31)}),
    (programmes.ReplyByOutsideTheYear, {"reply_by": date(2027, 9, 1)}),
    (programmes.ShowDoesNotFitTheDay, {"earliest_start": time(15), "latest_finish": time(9)}),
    (programmes.ShowDoesNotFitTheDay, {"latest_finish": time(9)}),
    (programmes.ShowDoesNotFitTheDay, {"latest_finish": time(10, 14)}),
    (programmes.ShowDoesNotFitTheDay, {"get_in_minutes": 541}),
    (programmes.ShowDoesNotFitTheDay, {"latest_finish": time(23, 30), "get_out_minutes": 30}),
    (programmes.NobodyToSeeIt, {"year_groups": ()}),
    (programmes.NoSuchYearGroup, {"year_groups": (8, 14)}),
    (programmes.NoSuchYearGroup, {"year_groups": (-1,)}),
]


@pytest.mark.parametrize(("refusal", "wrong"), REFUSED)
def test_what_makes_no_sense_is_refused(app: Flask, refusal: type[Exception], wrong: dict) -> None:
    with transaction(), pytest.raises(refusal):
        programmes.create(make.partnership().id, replace(PLAY, **wrong), **WHO)


@pytest.mark.parametrize(
    "right",
    [
        {"reply_by": date(2026, 9, 1)},
        {"reply_by": date(2027, 8, 31)},
        {"latest_finish": time(10, 15)},
        {"get_in_minutes": 540},
        {"latest_finish": time(23, 30), "get_out_minutes": 29},
        {"year_groups": (0, 13)},
    ],
)
def test_what_just_makes_sense_is_taken(app: Flask, right: dict) -> None:
    with transaction():
        made = programmes.create(make.partnership().id, replace(PLAY, **right), **WHO)
    assert programmes.production_of(made) == replace(PLAY, **right)


def test_the_same_form_sent_twice_makes_one_programme(play) -> None:
    with transaction(), pytest.raises(programmes.ProgrammeTwice):
        programmes.create(play.partnership_id, PLAY, **WHO)
    with transaction():
        programmes.create(
            play.partnership_id, replace(PLAY, academic_year=2027, reply_by=date(2028, 2, 4)), **WHO
        )
        other = programmes.create(play.partnership_id, replace(PLAY, title="Another"), **WHO)
    with pytest.raises(programmes.ProgrammeTwice):
        change(other, PLAY)


def test_a_changed_target_is_a_new_dated_row_and_the_old_one_stays_true_of_its_days(play) -> None:
    later = make.NOW + timedelta(days=30)
    with transaction():
        programmes.set_target(play, (9, 8), who="Priya Nandakumar", now=later)
        programmes.set_target(play, (9, 7, 8), who="Priya Nandakumar", now=later)
    assert programmes.target_year_groups(play.id) == (7, 8, 9)
    assert programmes.target_year_groups(play.id, later - timedelta(seconds=1)) == (8, 9)
    assert programmes.target_year_groups(play.id, make.NOW - timedelta(seconds=1)) == ()
    assert [h.after for h in history.history_of("programme", play.id) if h.what == "set the target"] == [
        [7, 8, 9],
        [8, 9],
    ]


def test_a_change_leaves_what_was_and_what_is(play) -> None:
    change(play, replace(PLAY, audience_ceiling=200, latest_finish=time(15), year_groups=(9,)))
    assert programmes.production_of(play) == replace(
        PLAY, audience_ceiling=200, latest_finish=time(15), year_groups=(9,)
    )
    said = {h.what: (h.before, h.after) for h in history.history_of("programme", play.id)[:2]}
    assert said == {
        "set the target": ([8, 9], [9]),
        "changed": (
            {"audience_ceiling": 250, "latest_finish": "15:30:00"},
            {"audience_ceiling": 200, "latest_finish": "15:00:00"},
        ),
    }


def test_the_ceiling_cannot_go_below_the_fullest_show(play) -> None:
    change(play, replace(PLAY, audience_ceiling=180), most_seats_booked=180)
    with pytest.raises(programmes.CeilingBelowBooked, match="^180 pupils"):
        change(play, replace(PLAY, audience_ceiling=179), most_seats_booked=180)
    assert play.audience_ceiling == 180


def test_the_year_of_a_programme_stays(play) -> None:
    with pytest.raises(programmes.YearAndKindStay):
        change(play, replace(PLAY, academic_year=2027, reply_by=date(2028, 2, 4)))


def test_pupils_do_not_become_adults(play) -> None:
    with pytest.raises(programmes.YearAndKindStay):
        change(play, replace(PLAY, for_adults=True, year_groups=()))


def test_a_closed_programme_is_not_changed_until_it_is_open_again(play) -> None:
    for _ in range(2):
        with transaction():
            programmes.close(play, **WHO)
    with pytest.raises(programmes.ProgrammeClosed):
        change(play, replace(PLAY, audience_ceiling=100))
    with transaction():
        programmes.reopen(play, **WHO)
    change(play, replace(PLAY, audience_ceiling=100))
    assert [h.what for h in history.history_of("programme", play.id)][:3] == [
        "changed",
        "opened again",
        "closed",
    ]


def test_another_partnerships_programme_is_not_found(play) -> None:
    with transaction():
        other = make.partnership(la_codes=())
    with pytest.raises(programmes.NoSuchProgramme):
        programmes.get(other.id, play.id)
    assert programmes.get(play.partnership_id, play.id) is play
    assert programmes.of_partnership(other.id) == []


def test_the_programme_in_hand_is_this_years_for_pupils(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        last = make.programme(of, academic_year=2025)
        this = make.programme(of)
        make.programme(of, (), for_adults=True)
        coming = make.programme(of, academic_year=2027)
    said = {
        day: programmes.current(of.id, day)
        for day in (
            date(2026, 6, 30),
            date(2026, 7, 1),
            date(2027, 6, 30),
            date(2027, 7, 1),
            date(2029, 1, 1),
        )
    }
    assert said == {
        date(2026, 6, 30): last,
        date(2026, 7, 1): this,
        date(2027, 6, 30): this,
        date(2027, 7, 1): coming,
        date(2029, 1, 1): coming,
    }


def test_a_closed_programme_is_not_in_hand_and_one_to_come_is_better_than_none(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        assert programmes.current(of.id, date(2027, 1, 19)) is None
        closed = make.programme(of, closed_at=make.NOW)
        coming = make.programme(of, academic_year=2027)
    assert programmes.current(of.id, date(2027, 1, 19)) == coming
    assert programmes.of_partnership(of.id) == [coming, closed]


def test_reading_verbs_take_one_query_for_one_row_and_for_three(app: Flask, count_queries) -> None:
    with transaction():
        of = make.partnership()
        first = make.programme(of)
    for _ in range(2):
        for read in (
            lambda: programmes.current(of.id, date(2027, 1, 19)),
            lambda: programmes.of_partnership(of.id),
            lambda: programmes.target_year_groups(first.id),
            lambda: target_decisions.decisions(first.id),
        ):
            read()
            with count_queries() as queries:
                read()
            assert len(queries) == 1
        with transaction():
            for _ in range(2):
                make.programme(of)
                target_decisions.exclude(first, make.school(), reason="Exams until July", **WHO)


def test_the_newest_decision_about_a_school_holds(play) -> None:
    with transaction():
        schools = [make.school() for _ in range(3)]
        target_decisions.exclude(play, schools[0], reason="Shares the site of the next one", **WHO)
        target_decisions.include(play, schools[1], (8,), reason="Has a Year 8 class", **WHO)
        target_decisions.exclude(play, schools[2], reason="Closing", **WHO)
    later = datetime(2027, 2, 1, 9, tzinfo=UTC)
    with transaction():
        target_decisions.withdraw_decision(
            play, schools[2], reason="Stays open", who="Priya Nandakumar", now=later
        )
        target_decisions.include(
            play, schools[0], (9,), reason="Moved out", who="Priya Nandakumar", now=later
        )
    held = {
        organisation_id: (d.kind, d.year_groups, d.reason)
        for organisation_id, d in target_decisions.decisions(play.id).items()
    }
    assert held == {
        schools[0].organisation_id: ("include", (9,), "Moved out"),
        schools[1].organisation_id: ("include", (8,), "Has a Year 8 class"),
    }
    before = {
        organisation_id: d.kind
        for organisation_id, d in target_decisions.decisions(play.id, later - timedelta(days=1)).items()
    }
    assert before == {
        schools[0].organisation_id: "exclude",
        schools[1].organisation_id: "include",
        schools[2].organisation_id: "exclude",
    }


def test_a_decision_without_a_reason_is_refused(play) -> None:
    with transaction():
        school = make.school()
        with pytest.raises(target_decisions.DecisionReasonMissing):
            target_decisions.exclude(play, school, reason="  ", **WHO)
        with pytest.raises(programmes.NobodyToSeeIt):
            target_decisions.include(play, school, (), reason="Has pupils", **WHO)
    assert target_decisions.decisions(play.id) == {}


def test_what_was_never_decided_cannot_be_withdrawn(play) -> None:
    with transaction():
        school = make.school()
        with pytest.raises(target_decisions.NothingDecided):
            target_decisions.withdraw_decision(play, school, reason="By mistake", **WHO)
