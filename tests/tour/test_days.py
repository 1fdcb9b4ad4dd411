"""Tour days added in bulk, changed and taken back; the tour by week."""

import threading
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask

import make
from outreach.booking import promises
from outreach.county import authorities
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.tour import days, itinerary, performances, programmes
from outreach.tour.days import Hours

WHO = {"who": "Priya Nandakumar", "now": make.NOW}
WEEK = {0, 1, 2, 3, 4}
TUESDAY = date(2027, 3, 9)


class Tour:
    def __init__(self) -> None:
        self.partnership = make.partnership()
        self.programme = make.programme(self.partnership)
        self.troupe = make.troupe(self.partnership)
        self.hall = make.school(easting=450000, northing=210000)


@pytest.fixture
def tour(app: Flask) -> Tour:
    with transaction():
        return Tour()


def add(tour: Tour, *chosen: date, hours: Hours = Hours(), troupe=None, programme=None):
    with transaction():
        return days.add_bulk(programme or tour.programme, troupe or tour.troupe, chosen, hours, **WHO)


def preview(tour: Tour, first: date, last: date, weekdays=WEEK, now: datetime = make.NOW):
    found = days.preview_bulk(tour.programme, tour.troupe, first, last, weekdays, now=now)
    return {p.day: p.why_not for p in found}


def booked(tour: Tour, day: days.TourDay, at: time, held_until: datetime | None = None):
    starts_at = wall(day.day, at)
    return make.placed(
        performances.Performance(
            partnership_id=tour.programme.partnership_id,
            programme_id=day.programme_id,
            tour_day_id=day.id,
            troupe_id=day.troupe_id,
            organisation_id=tour.hall.organisation_id,
            easting=tour.hall.easting,
            northing=tour.hall.northing,
            get_in_at=starts_at - timedelta(minutes=60),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=75),
            away_at=starts_at + timedelta(minutes=105),
            held_until=held_until,
            created_at=make.NOW,
            uid=f"uid {at} {day.id}",
            organizer_token=f"token {at} {day.id}",
        )
    )


def test_a_preview_says_of_each_day_whether_it_can_be_added_or_why_not(tour: Tour) -> None:
    with transaction():
        authorities.add_inset_day(authorities.get(tour.partnership.id, "931"), date(2027, 3, 23), **WHO)
        other = make.programme(tour.partnership, title="The other play")
        make.tour_day(tour.programme, tour.troupe, date(2027, 3, 24))
        make.tour_day(other, tour.troupe, date(2027, 3, 25))
    assert preview(tour, date(2027, 3, 22), date(2027, 3, 30)) == {
        date(2027, 3, 22): "",
        date(2027, 3, 23): "INSET day",
        date(2027, 3, 24): "already there",
        date(2027, 3, 25): "plays The other play that day",
        date(2027, 3, 26): "bank holiday: Good Friday",
        date(2027, 3, 29): "bank holiday: Easter Monday",
        date(2027, 3, 30): "school holiday",
    }


def test_a_preview_has_only_the_chosen_weekdays_and_no_day_that_is_past(tour: Tour) -> None:
    assert preview(tour, date(2027, 1, 11), date(2027, 1, 26), {1}) == {
        date(2027, 1, 12): "past",
        date(2027, 1, 19): "",
        date(2027, 1, 26): "",
    }


def test_a_preview_takes_five_queries_for_a_day_and_for_a_year(tour: Tour, count_queries) -> None:
    for last in (date(2027, 1, 20), date(2027, 7, 30)):
        preview(tour, date(2027, 1, 20), last)
        with count_queries() as queries:
            preview(tour, date(2027, 1, 20), last)
        assert len(queries) == 5


def test_a_day_counts_while_one_authority_of_the_partnership_has_school(tour: Tour) -> None:
    with transaction():
        other = authorities.add(tour.partnership, "932", "Otherwold", **WHO)
        authorities.add_term(other, date(2027, 3, 29), date(2027, 4, 9), **WHO)
    assert preview(tour, date(2027, 3, 29), date(2027, 3, 30)) == {
        date(2027, 3, 29): "bank holiday: Easter Monday",
        date(2027, 3, 30): "",
    }


def test_a_training_of_staff_may_be_on_an_inset_day(tour: Tour) -> None:
    with transaction():
        authorities.add_inset_day(authorities.get(tour.partnership.id, "931"), TUESDAY, **WHO)
        training = make.programme(tour.partnership, (), for_adults=True)
    found = days.preview_bulk(training, tour.troupe, TUESDAY, TUESDAY, WEEK, now=make.NOW)
    assert [p.why_not for p in found] == [""]


@pytest.mark.parametrize(
    ("refusal", "first", "last", "weekdays"),
    [
        (days.NoWeekday, TUESDAY, TUESDAY, set()),
        (days.LastDayBeforeFirst, TUESDAY, TUESDAY - timedelta(days=1), WEEK),
        (days.OutsideTheYear, date(2026, 8, 31), TUESDAY, WEEK),
        (days.OutsideTheYear, TUESDAY, date(2027, 9, 1), WEEK),
        (days.OutsideTheYear, date(1900, 1, 1), date(2200, 12, 31), WEEK),
    ],
)
def test_a_preview_that_makes_no_sense_is_refused(tour: Tour, refusal, first, last, weekdays) -> None:
    with pytest.raises(refusal):
        preview(tour, first, last, weekdays)


def test_days_are_added_once_however_often_the_form_is_sent(tour: Tour) -> None:
    chosen = [TUESDAY, TUESDAY + timedelta(days=1), TUESDAY]
    assert [d.day for d in add(tour, *chosen)] == [TUESDAY, TUESDAY + timedelta(days=1)]
    assert add(tour, *chosen) == []
    assert [(d.day, d.leaves, d.returns, d.shows_at_most) for d in days.of_programme(tour.programme.id)] == [
        (TUESDAY, time(7), time(17), 2),
        (TUESDAY + timedelta(days=1), time(7), time(17), 2),
    ]
    assert [h.what for h in history.history_of("programme", tour.programme.id)] == ["added tour days"]


def test_a_form_sent_twice_at_the_same_moment_adds_once(tour: Tour, app: Flask) -> None:
    gate, said = threading.Barrier(4), []
    ids = tour.programme.id, tour.troupe.id

    def send() -> None:
        with app.app_context():
            gate.wait()
            with transaction() as session:
                programme = session.get_one(programmes.Programme, ids[0])
                troupe = session.get_one(days.Troupe, ids[1])
                said.append(len(days.add_bulk(programme, troupe, [TUESDAY], Hours(), **WHO)))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [0, 0, 0, 1]


def test_two_troupes_may_tour_on_one_day(tour: Tour) -> None:
    with transaction():
        second = make.troupe(tour.partnership)
    add(tour, TUESDAY)
    add(tour, TUESDAY, troupe=second)
    assert [d.troupe_id for d in days.of_programme(tour.programme.id)] == [tour.troupe.id, second.id]


def test_one_day_that_cannot_be_and_none_is_added(tour: Tour) -> None:
    add(tour, TUESDAY)
    with pytest.raises(
        days.DayNotPossible, match="9 March 2027 .already there. and 26 March 2027 .bank holiday"
    ):
        add(tour, TUESDAY, date(2027, 3, 26), date(2027, 3, 10), hours=Hours(leaves=time(6)))
    assert len(days.of_programme(tour.programme.id)) == 1


def test_the_night_the_clocks_change_and_days_out_of_the_year_are_no_tour_days(tour: Tour) -> None:
    with pytest.raises(days.DayNotPossible, match="28 March 2027 .a weekend"):
        add(tour, date(2027, 3, 28))
    with pytest.raises(days.DayNotPossible, match="7 September 2027 .not in 2026/27"):
        add(tour, date(2027, 9, 7))


def test_no_day_chosen_is_refused(tour: Tour) -> None:
    with pytest.raises(days.NoDayChosen):
        add(tour)


@pytest.mark.parametrize(
    "hours", [Hours(returns=time(9, 44)), Hours(leaves=time(17), returns=time(7)), Hours(leaves=time(17))]
)
def test_hours_that_hold_no_show_are_refused(tour: Tour, hours: Hours) -> None:
    with pytest.raises(days.HoursTooShort):
        add(tour, TUESDAY, hours=hours)
    assert len(add(tour, TUESDAY, hours=Hours(returns=time(9, 45)))) == 1


@pytest.mark.parametrize("shows", [0, -1, 3])
def test_more_shows_than_the_programme_has_are_refused(tour: Tour, shows: int) -> None:
    with pytest.raises(days.TooManyShows):
        add(tour, TUESDAY, hours=Hours(shows_at_most=shows))


def test_nothing_is_added_to_a_closed_programme(tour: Tour) -> None:
    with transaction():
        programmes.close(tour.programme, **WHO)
    with pytest.raises(programmes.ProgrammeClosed):
        add(tour, TUESDAY)


def test_a_day_without_shows_is_taken_back_and_can_be_given_again(tour: Tour) -> None:
    (day,) = add(tour, TUESDAY)
    with transaction():
        itinerary.end_day(day, **WHO)
    assert days.of_programme(tour.programme.id) == []
    with pytest.raises(days.NoSuchTourDay):
        days.get(tour.partnership.id, day.id)
    with transaction(), pytest.raises(days.NoSuchTourDay):
        itinerary.end_day(day, **WHO)
    (said,) = db.session.query(history.History).filter_by(what="removed a tour day")
    assert said.before == {"troupe": day.troupe.name, "day": "2027-03-09"}
    (again,) = add(tour, TUESDAY)
    assert again.id != day.id
    assert days.get(tour.partnership.id, again.id) == again


def test_a_day_with_a_show_cannot_be_taken_back_until_it_is_cancelled(tour: Tour) -> None:
    (day,) = add(tour, TUESDAY)
    with transaction():
        show = booked(tour, day, time(9, 30))
    with transaction(), pytest.raises(itinerary.DayHasShows, match=f"1 show: {tour.hall.name} at 9:30am"):
        itinerary.end_day(day, **WHO)
    with transaction():
        performances.release(show, now=make.NOW)
    with transaction():
        itinerary.end_day(day, **WHO)
    assert days.of_programme(tour.programme.id) == []


def test_a_day_on_which_a_school_is_just_booking_is_kept_but_an_old_hold_counts_for_nothing(
    tour: Tour,
) -> None:
    (day,) = add(tour, TUESDAY)
    with transaction():
        booked(tour, day, time(9, 30), held_until=make.NOW + timedelta(minutes=1))
    words = "^A school is just booking on that day. Try again in a few minutes.$"
    with transaction(), pytest.raises(itinerary.DayHasShows, match=words):
        itinerary.end_day(day, **WHO)
    with transaction():
        itinerary.end_day(day, who="Priya Nandakumar", now=make.NOW + timedelta(minutes=1))
    assert days.of_programme(tour.programme.id) == []


def test_nobody_can_claim_a_day_that_was_taken_back(tour: Tour) -> None:
    (day,) = add(tour, TUESDAY)
    with transaction():
        itinerary.end_day(day, **WHO)
    with pytest.raises(Exception, match="performance_of_its_day"), transaction():
        booked(tour, day, time(9, 30))


def test_the_hours_of_a_day_change_within_what_its_shows_need(tour: Tour) -> None:
    (day,) = add(tour, TUESDAY)
    with transaction():
        tour.troupe.base_easting, tour.troupe.base_northing = 450000, 202000
        booked(tour, day, time(10))
    # The van is 6 + 1.25 x 8 = 16 minutes from the hall: it leaves by 8.44 and is back at 12.01.
    with transaction(), pytest.raises(itinerary.HoursLeaveOutAShow, match="leave by 8:44am"):
        itinerary.change_day(day, Hours(leaves=time(8, 45)), **WHO)
    with transaction(), pytest.raises(itinerary.HoursLeaveOutAShow, match="before 12:01pm") as refused:
        itinerary.change_day(day, Hours(returns=time(12)), **WHO)
    assert refused.value.field == "returns"
    with transaction():
        itinerary.change_day(day, Hours(leaves=time(8, 44), returns=time(12, 1), shows_at_most=1), **WHO)
    assert days.hours_of(day) == Hours(leaves=time(8, 44), returns=time(12, 1), shows_at_most=1)
    assert [(h.before, h.after) for h in history.history_of("tour day", day.id)] == [
        (
            {"leaves": "07:00", "returns": "17:00", "shows_at_most": 2},
            {"leaves": "08:44", "returns": "12:01", "shows_at_most": 1},
        )
    ]


def test_a_day_keeps_at_least_the_shows_that_are_booked(tour: Tour) -> None:
    (day,) = add(tour, TUESDAY)
    with transaction():
        booked(tour, day, time(9, 30))
        booked(tour, day, time(12, 30))
    with transaction(), pytest.raises(itinerary.FewerShowsThanBooked, match="^2 shows"):
        itinerary.change_day(day, Hours(shows_at_most=1), **WHO)
    with transaction(), pytest.raises(days.TooManyShows):
        itinerary.change_day(day, Hours(shows_at_most=3), **WHO)


def test_shows_a_day_of_a_programme_cannot_go_below_what_a_day_has(tour: Tour) -> None:
    full, free = add(tour, TUESDAY, TUESDAY + timedelta(days=1))
    with transaction():
        booked(tour, full, time(9, 30))
        booked(tour, full, time(12, 30))
    settled = programmes.production_of(tour.programme)
    with (
        transaction(),
        pytest.raises(itinerary.ShowsADayBelowBooked, match="^2 shows are booked on 9 March 2027"),
    ):
        itinerary.change_programme(
            tour.programme, replace(settled, shows_a_day=1), most_seats=promises.fullest, **WHO
        )
    assert (tour.programme.shows_a_day, free.shows_at_most) == (2, 2)
    with transaction():  # as many as stand there is enough
        itinerary.change_programme(tour.programme, settled, most_seats=promises.fullest, **WHO)


def test_tour_days_follow_the_shows_a_day_of_their_programme_but_for_those_set_by_hand(tour: Tour) -> None:
    usual, by_hand = add(tour, TUESDAY, TUESDAY + timedelta(days=1))
    settled = programmes.production_of(tour.programme)

    def settle(shows: int) -> tuple[int, int]:
        with transaction():
            itinerary.change_programme(
                tour.programme, replace(settled, shows_a_day=shows), most_seats=promises.fullest, **WHO
            )
        return usual.shows_at_most, by_hand.shows_at_most

    with transaction():
        itinerary.change_day(by_hand, Hours(shows_at_most=1), **WHO)
    assert settle(3) == (3, 1)
    assert settle(2) == (2, 1)
    assert settle(1) == (1, 1)


def test_the_ceiling_holds_for_the_host_and_its_guests_together(tour: Tour) -> None:
    (day,) = add(tour, TUESDAY)
    with transaction():
        show = booked(tour, day, time(9, 30))
        guest = make.school()
        make.consent(show, 30)
        for school, role, seats in ((tour.hall, "host", 150), (guest, "guest", 30)):
            make._add(
                promises.Booking(
                    reference=f"MRL-{role}",
                    partnership_id=tour.programme.partnership_id,
                    programme_id=tour.programme.id,
                    organisation_id=school.organisation_id,
                    performance_id=show.id,
                    role=role,
                    seats=seats,
                    access_needs={},
                    uid=f"uid {role}",
                    organizer_token=f"token {role}",
                    created_at=make.NOW,
                )
            )
    assert promises.fullest(tour.programme.id) == 180
    assert [b.role for b in promises.of_performances([show.id])[show.id]] == ["host", "guest"]
    settled = programmes.production_of(tour.programme)
    with transaction(), pytest.raises(programmes.CeilingBelowBooked):
        itinerary.change_programme(
            tour.programme, replace(settled, audience_ceiling=179), most_seats=promises.fullest, **WHO
        )
    with transaction():
        itinerary.change_programme(
            tour.programme, replace(settled, audience_ceiling=180), most_seats=promises.fullest, **WHO
        )
    assert tour.programme.audience_ceiling == 180


def test_the_tour_stands_by_week_in_two_queries_for_one_day_and_for_forty(tour: Tour, count_queries) -> None:
    def weeks(now: datetime = make.NOW) -> list[itinerary.ItineraryWeek]:
        itinerary.weeks(tour.programme, now=now)
        with count_queries() as queries:
            found = itinerary.weeks(tour.programme, now=now)
        assert len(queries) == 2
        return found

    assert weeks() == []
    (first,) = add(tour, TUESDAY)
    with transaction():
        booked(tour, first, time(9, 30))
        booked(tour, first, time(12, 30), held_until=make.NOW + timedelta(minutes=10))
    assert [(w.monday, w.booked, w.possible) for w in weeks()] == [(date(2027, 3, 8), 1, 2)]
    ((only,),) = (w.days for w in weeks())
    assert ([s.host.name for s in only.shows], only.held, only.left) == ([tour.hall.name], 1, 0)
    ((later,),) = (w.days for w in weeks(make.NOW + timedelta(minutes=10)))
    assert (len(later.shows), later.held, later.left) == (1, 0, 1)
    free = [day for day, why in preview(tour, date(2027, 4, 12), date(2027, 7, 21)).items() if not why]
    add(tour, *free)
    assert len(free) == 34 + 33
    assert sum(len(w.days) for w in weeks()) == 1 + 34 + 33
    assert [w.monday for w in weeks()] == sorted(w.monday for w in weeks())


def test_another_partnerships_tour_day_is_not_found(tour: Tour) -> None:
    (day,) = add(tour, TUESDAY)
    with transaction():
        other = make.partnership(la_codes=())
    with pytest.raises(days.NoSuchTourDay):
        days.get(other.id, day.id)
