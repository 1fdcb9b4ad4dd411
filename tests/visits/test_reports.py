"""What each side says of a show, and what settles it."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

import make
from outreach.booking import accounts
from outreach.booking.promises import DISAGREE, FAILED, TOOK_PLACE
from outreach.coverage import standings
from outreach.ground import history
from outreach.ground.db import transaction
from outreach.visits import reports
from outreach.visits.reports import ReportAccount

START = datetime(2027, 1, 12, 10, tzinfo=UTC)
AFTER = START + timedelta(hours=5)
WHO = {"who": "Priya", "now": AFTER}


@pytest.fixture
def booking(app: Flask):
    with transaction():
        programme = make.programme(make.partnership(), audience_ceiling=300)
        return make.booking(make.show(programme, make.school(number_of_pupils=1050), START), {8: 125, 9: 125})


def standing(booking):
    (found,) = standings.standings_of_programme(
        booking.programme_id, as_of=AFTER.date() + timedelta(days=9), now=AFTER + timedelta(days=20)
    ).target
    return found


def test_a_report_by_year_group_is_counted(booking):
    with transaction():
        reports.report(
            booking,
            "school",
            ReportAccount(took_place=True, pupils={8: 140, 9: 120}, staff=4, concerns=2),
            **WHO,
        )
    assert reports.counts_of(reports.newest(booking, "school")) == {8: 140, 9: 120}
    assert (standing(booking).standing, standing(booking).seen_pupils) == ("seen", 260)
    assert history.history_of("booking", booking.reference)[0].what == "reported (school)"


def test_a_total_is_shared_in_the_promised_proportion_and_marked(booking):
    with transaction():
        reports.report(booking, "company", ReportAccount(took_place=True, pupils=201), **WHO)
    found = standing(booking)
    assert (found.seen_pupils, found.seen_estimated, found.evidence) == (201, True, "one side")


def test_the_same_word_twice_is_put_down_once_and_a_new_one_stands_over_the_old(booking):
    with transaction():
        first = reports.report(booking, "school", ReportAccount(took_place=True, pupils=200), **WHO)
        again = reports.report(booking, "school", ReportAccount(took_place=True, pupils=200), **WHO)
        assert again.id == first.id
        reports.report(booking, "school", ReportAccount(took_place=True, pupils=210), **WHO)
    assert reports.newest(booking, "school").pupils == 210


@pytest.mark.parametrize(
    ("school", "company", "said"),
    [
        (ReportAccount(took_place=True, pupils=100), ReportAccount(took_place=True, pupils=105), ""),
        (
            ReportAccount(took_place=True, pupils=100),
            ReportAccount(took_place=True, pupils=106),
            "The schools counted 100 pupils",
        ),
        (ReportAccount(took_place=True, pupils=200), ReportAccount(took_place=True, pupils=210), ""),
        (
            ReportAccount(took_place=True, pupils=200),
            ReportAccount(took_place=True, pupils=189),
            "The schools counted 200 pupils",
        ),
        (ReportAccount(took_place=True), ReportAccount(took_place=True, pupils=9), ""),
        (
            ReportAccount(took_place=False, why_not="Snow"),
            ReportAccount(took_place=True),
            "One side says that it took place",
        ),
        (
            ReportAccount(took_place=False, why_not="Snow"),
            ReportAccount(took_place=False, why_not="Snow"),
            "",
        ),
    ],
)
def test_two_sides_differ_by_more_than_5_or_5_percent_until_it_is_settled(booking, school, company, said):
    with transaction():
        reports.report(booking, "school", school, **WHO)
        reports.report(booking, "company", company, **WHO)
    assert reports.difference(booking).startswith(said) and bool(reports.difference(booking)) == bool(said)
    assert (standing(booking).kind == "reports disagree") == bool(said)
    with transaction():
        reports.settle(booking, took_place=True, pupils={8: 90, 9: 95}, **WHO)
    assert reports.difference(booking) == ""
    assert (standing(booking).seen_pupils, standing(booking).evidence) == (185, "settled by the coordinator")


def test_a_company_counts_host_and_guests_together(booking):
    with transaction():
        guest = make.booking(booking.performance, {8: 20}, of=make.school(number_of_pupils=None))
        reports.report(booking, "school", ReportAccount(took_place=True, pupils={8: 100, 9: 100}), **WHO)
        reports.report(booking, "company", ReportAccount(took_place=True, pupils=219), **WHO)
    by_organisation_id = {
        s.organisation_id: s
        for s in standings.standings_of_programme(
            booking.programme_id, as_of=AFTER.date(), now=AFTER + timedelta(days=20)
        ).target
    }
    assert (
        by_organisation_id[guest.organisation_id].seen_pupils,
        by_organisation_id[guest.organisation_id].seen_estimated,
    ) == (19, True)
    with transaction():
        reports.report(guest, "school", ReportAccount(took_place=True, pupils={8: 60}), **WHO)
    assert "260" in reports.difference(booking) and "219" in reports.difference(guest)


def test_a_company_speaks_for_host_and_guests_and_a_school_for_itself_alone(booking):
    with transaction():
        guest = make.booking(booking.performance, {8: 20}, of=make.school(number_of_pupils=None))
        reports.report(guest, "school", ReportAccount(took_place=True, pupils={8: 20}), **WHO)
    assert (booking.outcome, guest.outcome) == (None, TOOK_PLACE)
    with transaction():
        told = reports.report(booking, "company", ReportAccount(took_place=False, why_not="Snow"), **WHO)
    assert (booking.outcome, guest.outcome) == (FAILED, DISAGREE)
    with transaction():
        reports.withdraw(booking, "company", told.id, reason="By mistake", **WHO)
    assert (booking.outcome, guest.outcome) == (None, TOOK_PLACE)


def test_what_was_said_before_a_moved_show_begins_is_about_an_earlier_time(booking):
    begun = START + timedelta(minutes=20)
    with transaction():
        reports.report(
            booking, "school", ReportAccount(took_place=False, why_not="Snow"), who="Priya", now=begun
        )
        later = START + timedelta(days=3)
        booking.performance.starts_at, booking.performance.ends_at = later, later + timedelta(minutes=75)
        booking.performance.away_at = later + timedelta(minutes=90)
        make.revision(
            booking,
            {8: 125, 9: 125},
            at=begun + timedelta(minutes=5),
            starts_at=later,
            ends_at=later + timedelta(minutes=75),
        )
    assert reports.newest(booking, "school") is None
    assert standing(booking).kind == "report missing"


@pytest.mark.parametrize(
    ("side", "account", "refusal"),
    [
        ("school", ReportAccount(took_place=False), reports.WhyNotMissing),
        ("school", ReportAccount(took_place=False, why_not="Snow", pupils=3), reports.CountMakesNoSense),
        ("school", ReportAccount(took_place=True, pupils=-1), reports.CountMakesNoSense),
        ("school", ReportAccount(took_place=True, pupils={8: 5001}), reports.CountMakesNoSense),
        ("school", ReportAccount(took_place=True, pupils={14: 1}), reports.CountMakesNoSense),
        ("company", ReportAccount(took_place=True, concerns=1), reports.ConcernsAreTheSchools),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(booking, side, account, refusal):
    with pytest.raises(refusal), transaction():
        reports.report(booking, side, account, **WHO)
    assert reports.newest(booking, side) is None


def test_a_show_that_has_not_begun_has_no_report(booking):
    with pytest.raises(reports.NotYetBegun), transaction():
        reports.report(
            booking, "school", ReportAccount(took_place=True), who="Priya", now=START - timedelta(minutes=1)
        )


def test_a_cancelled_booking_has_no_report(booking):
    with transaction():
        make.cancellation(booking, START - timedelta(days=1))
    with pytest.raises(reports.BookingWasCancelled), transaction():
        reports.report(booking, "school", ReportAccount(took_place=True), **WHO)


def open_at(booking):
    return accounts.account(booking.programme, booking.organisation, now=make.NOW).still_open


def test_a_school_whose_show_did_not_take_place_can_be_offered_another(booking):
    assert open_at(booking) == {}
    with transaction():
        reports.report(booking, "company", ReportAccount(took_place=False, why_not="Snow"), **WHO)
    assert open_at(booking) == {8: 150, 9: 150}
    with transaction():
        reports.report(booking, "school", ReportAccount(took_place=True, pupils={8: 20, 9: 20}), **WHO)
    assert open_at(booking) == {}, "while they disagree, the promise stands"
    with transaction():
        reports.settle(booking, took_place=False, why_not="Snow", **WHO)
    assert open_at(booking) == {8: 150, 9: 150}


def test_what_was_counted_stands_for_the_promise_so_that_the_rest_can_be_booked(booking):
    with transaction():
        reports.report(booking, "school", ReportAccount(took_place=True, pupils={8: 20, 9: 140}), **WHO)
    assert open_at(booking) == {8: 130}


def test_a_count_of_the_company_stands_for_the_promise_only_where_the_school_came_alone(booking):
    with transaction():
        reports.report(booking, "company", ReportAccount(took_place=True, pupils={8: 20, 9: 140}), **WHO)
    assert open_at(booking) == {8: 130}
    with transaction():
        make.booking(booking.performance, {8: 20}, of=make.school(number_of_pupils=None))
        reports.report(booking, "company", ReportAccount(took_place=True, pupils={8: 21, 9: 140}), **WHO)
    assert open_at(booking) == {}


def test_a_training_that_failed_can_be_booked_again(app: Flask):
    with transaction():
        programme = make.programme(make.partnership(), (), for_adults=True)
        training = make.booking(make.show(programme, make.school(), START), {})
    assert not accounts.account(programme, training.organisation, now=make.NOW).is_open
    with transaction():
        reports.report(training, "company", ReportAccount(took_place=False, why_not="Snow"), **WHO)
    assert accounts.account(programme, training.organisation, now=make.NOW).is_open
