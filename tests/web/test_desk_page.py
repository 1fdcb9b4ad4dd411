"""The desk: what it says is so, each number leads to a list of as many rows, and what is done is gone from
it."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from test_coverage import Links, county, county_of_70, pupils_of, rows_of, words_of

import came_in
import make
from outreach.asking import invitations, open_door, owners
from outreach.booking.proposals import Proposal
from outreach.county.coordinators import SignIn
from outreach.county.schools import School
from outreach.coverage import standings
from outreach.coverage.desk import outlook
from outreach.coverage.desk.forecast import NotForeseen
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.tour.programmes import Programme
from outreach.visits import pledges, unreported
from web.conftest import Clock
from worlds import World

pytestmark = pytest.mark.any_database

NOW = datetime(2027, 1, 19, 12, tzinfo=UTC)
JUST = NOW - timedelta(minutes=5)
WEEK = timedelta(weeks=1)


@pytest.fixture(autouse=True)
def at_noon(stopped: Clock) -> None:
    stopped.now = NOW


@pytest.fixture
def desk(client: FlaskClient, world: World) -> FlaskClient:
    return make.signed_in(client, world(county_of_70))


class Small:
    """A programme of a few schools, and its coordinator's desk."""

    def __init__(self, client: FlaskClient, **changes) -> None:
        with transaction():
            self.partnership = make.partnership()
            self.programme = make.programme(self.partnership, **changes)
            self.person = make.person(self.partnership)
        self.client = make.signed_in(client, self.person)

    def page(self, query: str = "") -> str:
        answer = self.client.get("/desk" + query)
        assert answer.status_code == 200
        return answer.text

    def actions(self) -> dict[str, tuple[int, str]]:
        """{what: (how many, the address of the list)} of what is required."""
        part = re.search(r"Action required</h2>(.*?)</section>", self.page(), re.S)[1]
        return {
            " ".join(re.sub(r"<[^>]+>", "", text).split()).split(" ", 1)[1]: (
                int(n),
                address.replace("&amp;", "&"),
            )
            for n, address, text in re.findall(
                r'<li><b aria-hidden="true">(\d+)</b><div><a href="([^"]+)">(.*?)</a>', part, re.S
            )
        }

    def required(self, what: str) -> int:
        """How many wait; the list behind it has that many rows. 0 when the sentence is gone."""
        found = self.actions().get(what)
        if found is None:
            return 0
        n, address = found
        answer = self.client.get(address.split("#")[0])
        assert answer.status_code == 200, address
        assert rows_behind(answer.text, address) == n, (what, address)
        return n


def rows_behind(page: str, address: str) -> int:
    if address.startswith("/desk/inbox"):
        return page.count('class="panel ask"')
    if "#closing" in address:
        return len(set(re.findall(r"/desk/bookings/(MRL-\d+)/cancel", page)))
    if address.startswith("/desk/letters"):
        return len(set(re.findall(r'href="(/desk/letters/\d+)"', page)))
    body = page[page.index("<tbody>") :]
    return body.count("<tr")


@pytest.fixture
def small(app: Flask, client: FlaskClient) -> Small:
    return Small(client)


def all_rows(client: FlaskClient, address: str) -> int:
    """The rows of a table, over all its pages."""
    total, page, pages = 0, 1, 1
    while page <= pages:
        answer = client.get(f"{address}&page={page}")
        assert answer.status_code == 200, address
        body = answer.text[answer.text.index("<tbody>") :] if "<tbody>" in answer.text else ""
        total += body.count("<tr")
        said = re.search(r"Page \d+ of (\d+)", answer.text)
        page, pages = page + 1, int(said[1]) if said else 1
    return total


def test_every_number_of_the_figures_is_a_link_to_that_many_rows(desk: FlaskClient) -> None:
    page = desk.get("/desk").text
    numbers = [(a, t) for a, t in Links(page).found if re.fullmatch(r"[\d,]+", t)]
    assert len(numbers) > 30
    for address, text in dict.fromkeys(numbers):
        number = int(text.replace(",", ""))
        if "counted=1" in address:
            assert pupils_of(desk, address)[0] == number, address
        elif "number=known" in address:
            assert pupils_of(desk, address)[1] == number, address
        elif address.startswith("/desk/gaps"):
            assert all_rows(desk, address) == number, address
        else:
            assert rows_of(desk, address) == number, address


def test_every_action_and_every_piece_of_news_leads_to_that_many_rows(desk: FlaskClient) -> None:
    page = desk.get("/desk").text
    part = re.search(r"Action required</h2>(.*?)</section>", page, re.S)[1]
    rows = re.findall(r'<li><b aria-hidden="true">(\d+)</b><div><a href="([^"]+)">', part)
    assert len(rows) >= 4
    for n, address in rows:
        address = address.replace("&amp;", "&")
        if address.startswith("/desk/gaps"):
            assert all_rows(desk, address) == int(n), address
        else:
            assert rows_behind(desk.get(address).text, address) == int(n), address
    told = re.findall(r'<a href="(/desk/news[^"]+)">(\d+) ', page)
    assert told
    for address, n in told:
        assert all_rows(desk, address.replace("&amp;", "&")) == int(n), address


@pytest.mark.both_databases
def test_the_nine_standings_sum_to_the_target_and_the_trend_ends_at_the_figure(desk: FlaskClient) -> None:
    page = desk.get("/desk").text
    nine = [int(n) for n in re.findall(r"standing=[a-z%+]+\">(\d+)</a></b></li>", page)]
    whole = re.search(r">(\d+)</a> of <a [^>]*>(\d+)</a>", page)
    assert len(nine) == 9 and sum(nine) == int(whole[2])
    trend = [int(n) for n in re.findall(r"since_by=[\d-]+\">(\d+)</a>", page)]
    assert trend[0] == int(whole[1]) and trend == sorted(trend, reverse=True)


@pytest.mark.both_databases
def test_the_desk_takes_the_same_queries_for_3_schools_and_for_40(
    app: Flask, client: FlaskClient, count_queries
) -> None:
    """21 of standings.standings_of_programme, 5 of the outlook, 30 of the actions, 1 of the gaps without an owner, 4 of the week;
    the person, the partnership, the programmes, the one in hand, the inbox, the last visit, the news and 4 about the
    post."""
    taken = []
    for schools, la_code in ((3, "931"), (40, "932")):
        with transaction():
            partnership, programme, _ = county(schools, la_code=la_code)
            person = make.person(partnership)
            school = make.school(la_code=la_code)
            make.invitation(programme, school)
            make.booking(make.show(programme, school, NOW + timedelta(days=2)), {8: 90})
        make.signed_in(client, person)
        db.session.remove()
        with count_queries() as queries:
            assert client.get("/desk").status_code == 200
        taken.append(len(queries))
    assert taken == [73, 73]


def test_signing_in_leads_to_the_desk_and_the_mark_does(small: Small) -> None:
    page = small.page()
    assert '<a class="brandlink" href="/desk">' in page and 'aria-current="page">Desk' in page


def test_before_there_is_a_programme_the_desk_leads_to_the_next_step(app: Flask, client: FlaskClient) -> None:
    with transaction():
        person = make.person(make.partnership())
    make.signed_in(client, person)
    said = words_of(client.get("/desk").text)
    assert "Next in the set-up: No school is here yet." in said
    for address in ("/desk/news", "/desk/offers"):
        assert "Go on with the set-up" in client.get(address).text


def test_with_nobody_in_the_target_the_desk_says_what_to_do(small: Small) -> None:
    said = words_of(small.page())
    assert "No school is in the target yet" in said and "Next in the set-up:" in said
    assert "Nothing waits for you." in said


def test_a_young_programme_says_that_nothing_is_seen_or_booked(small: Small) -> None:
    with transaction():
        make.contact(make.school())
    said = words_of(small.page())
    assert "No school has seen it yet, and none is booked" in said
    assert "Next in the set-up: Who plays" in said and "No show is booked from this week on" in said


def test_a_county_that_was_asked_hears_of_the_set_up_no_more(small: Small) -> None:
    with transaction():
        school = make.school()
        make.contact(school)
        make.invitation(small.programme, school)
    assert "Next in the set-up" not in small.page()


def test_another_partnerships_programme_is_as_none_and_its_schools_are_nowhere(
    small: Small, client: FlaskClient
) -> None:
    with transaction():
        other, theirs, schools = county(12, la_code="932")
        make.booking(make.show(theirs, schools[0], NOW + timedelta(days=1)), {8: 90}, at=NOW)
    for path in ("/desk", "/desk/news", "/desk/offers"):
        page = client.get(f"{path}?programme={theirs.id}&since=2026-09-01").text
        assert "There is no such programme here" in page, path
        assert not any(school.name in page for school in schools), path
    assert "There is no such programme here" in client.get("/desk?programme=99999999999999999").text


def test_of_several_programmes_one_is_chosen(small: Small) -> None:
    with transaction():
        earlier = make.programme(small.partnership, academic_year=2025, title="The Year Before")
    assert "<h1>Someone to Tell, 2026/27</h1>" in small.page()
    page = small.page(f"?programme={earlier.id}")
    assert "<h1>The Year Before, 2025/26</h1>" in page
    assert f'<option value="{earlier.id}" selected>' in page


def test_a_year_gone_by_foretells_nothing(small: Small, stopped: Clock) -> None:
    with transaction():
        school = make.school()
        make.school()
        booking = make.booking(make.show(small.programme, school, NOW - timedelta(days=20)), {8: 90, 9: 90})
        make.report(booking, "school", NOW - timedelta(days=19), {8: 120, 9: 120})
    stopped.now = datetime(2027, 10, 5, 9, tzinfo=UTC)
    page = small.page(f"?programme={small.programme.id}")
    assert "The year is over: 1 of 2 schools did not see it" in page
    assert "line seen" in page and "A guide:" not in page


def test_a_closed_programme_asks_nobody_to_be_written_to(small: Small) -> None:
    with transaction():
        db.session.get_one(Programme, small.programme.id).closed_at = NOW
    page = small.page(f"?programme={small.programme.id}")
    assert "This programme is closed" in page and "Write to schools" not in page


def test_a_staff_preview_counts_schools_that_are_trained(app: Flask, client: FlaskClient) -> None:
    small = Small(client, year_groups=(), for_adults=True)
    with transaction():
        schools = [make.school() for _ in range(3)]
        for school, told in zip(schools, (True, False, False), strict=True):
            booking = make.booking(make.show(small.programme, school, NOW - timedelta(days=9)), {})
            if told:
                make.report(booking, "school", NOW - timedelta(days=8))
    said = words_of(small.page())
    assert "1 of 3schools trained, 33% of the target" in said
    assert "pupils" not in said.split("Action required")[1].split("What we know")[0].lower()
    assert "Schools trained" in said
    assert (
        "1 of 3 schools has been trained: no other waits for a sessionLeft out: 2 wait for a report." in said
    )


def test_the_desk_says_which_places_are_missing_until_the_last_tour_day(small: Small) -> None:
    """Six schools need eight places: what is kept or held is free, what is booked, past, taken back or
    another's is not; who said no, cannot be reached or waits for a report needs none."""
    programme, last = small.programme, datetime(2027, 3, 16, 10, tzinfo=UTC)
    with transaction():
        van = make.troupe(small.partnership)
        plain = [make.school(number_of_pupils=700) for _ in range(3)]  # two years of 100: one audience of 250
        large = make.school(number_of_pupils=7 * 260)  # two years of 260: three audiences
        half, lost = make.school(), make.school(number_of_pupils=700)
        for school in (*plain, large, half, lost):
            make.contact(school)
        for gone in (NOW - timedelta(days=20), last):
            make.booking(
                make.show(programme, make.school(), gone), {8: 120, 9: 120}
            )  # whole, its second show is free
        make.booking(make.show(programme, half, last - timedelta(days=1)), {8: 120})  # Year 9 needs a place
        fallen = make.booking(make.show(programme, lost, last - timedelta(days=6)), {8: 90, 9: 90})
        make.cancellation(fallen, JUST)
        no = make.school()
        make.contact(no)
        make.answer(programme, no, "declined", at=JUST, reason="exams")
        make.school()  # nobody to write to
        make.show(programme, plain[0], last - timedelta(days=5))  # kept: no promise stands on it
        make.show(programme, plain[1], last - timedelta(days=4), held_until=NOW + timedelta(minutes=9))
        make.tour_day(programme, van, date(2027, 4, 28), ended_at=JUST)
        make.tour_day(make.programme(small.partnership, academic_year=2027), van, date(2027, 5, 4))
        make.tour_day(programme, van, day_of(NOW))
    found = outlook.outlook_of_reckoning(
        standings.standings_of_programme(programme.id, as_of=day_of(NOW), now=NOW), now=NOW
    ).forecast
    assert found.left_out == NotForeseen(said_no=1, unreachable=1, reported=1)
    assert (found.left, found.needed) == (6, 8)
    assert (found.places, found.tour_ends) == (8, last.date())
    with transaction():
        make.contact(make.school(number_of_pupils=700))
        make.contact(make.school(number_of_pupils=700))
    said = words_of(small.page())
    assert "8 schools need 10 places, 8 are left until 16 March: 1 would miss it; add 1 tour day" in said
    assert "tour ends 16 March" in said
    assert "Left out: 1 said no, 1 cannot be reached and 1 waits for a report." in said


@pytest.mark.both_databases
def test_news_is_what_came_since_the_last_day_somebody_signed_in(small: Small) -> None:
    friday = datetime(2027, 1, 15, 9, 5, tzinfo=UTC)
    with transaction():
        db.session.add_all(
            SignIn(person_id=small.person.id, signed_in_at=at) for at in (friday, NOW - timedelta(hours=2))
        )
        early, late = make.school(name="Early School"), make.school(name="Late School")
        make.booking(make.show(small.programme, early, NOW + timedelta(days=30)), {8: 90}, at=friday)
        make.booking(
            make.show(small.programme, late, NOW + timedelta(days=31)),
            {8: 90},
            at=friday + timedelta(seconds=1),
        )
        make.answer(
            small.programme, make.school(name="Other School"), "other date", at=NOW, reason="after Easter"
        )
    page = small.page()
    assert "1 booking and 1 answer since you were here on Friday 15 January." in words_of(page)
    address = re.search(r'href="(/desk/news[^"]+kind=booked)"', page)[1].replace("&amp;", "&")
    listed = small.client.get(address).text
    assert "Late School" in listed and "Early School" not in listed
    assert "Other School" in words_of(small.client.get(address.replace("&kind=booked", "")).text)


def test_first_visit_tells_of_the_last_seven_days_and_a_quiet_one_says_so(small: Small) -> None:
    assert "Nothing new in seven days." in words_of(small.page())
    with transaction():
        make.answer(small.programme, make.school(), "declined", at=NOW - timedelta(days=2), reason="exams")
        make.answer(small.programme, make.school(), "declined", at=NOW - timedelta(days=8), reason="exams")
    assert "1 answer in seven days." in words_of(small.page())


def test_each_kind_of_news_is_told_in_words(small: Small) -> None:
    with transaction():
        school = make.school(name="Redmere Academy")
        booking = make.booking(
            make.show(small.programme, school, NOW - timedelta(days=2)), {8: 90}, at=NOW - timedelta(days=5)
        )
        make.revision(
            booking,
            {8: 100},
            at=NOW - timedelta(days=4),
            starts_at=booking.performance.starts_at,
            ends_at=booking.performance.ends_at,
        )
        make.report(booking, "company", NOW - timedelta(days=1), 95)
        other = make.booking(
            make.show(small.programme, school, NOW + timedelta(days=9)), {9: 90}, at=NOW - timedelta(days=3)
        )
        make.cancellation(other, NOW - timedelta(hours=3), "company", "Two of the cast are ill")
        make.answer(small.programme, school, "waiting list", at=NOW - timedelta(hours=1))
    rows = re.findall(r'<td class="wraps">(.*?)</td>', small.client.get("/desk/news").text)
    assert rows == [
        "Is on the waiting list",
        "Cancelled by the company: Two of the cast are ill",
        "Report of the company: it took place",
        "Booked",
        "Booking changed by Joanna Fell",
        "Booked",
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=soon", "‘soon’ is not a date"),
        ("since=2099-01-01", "still to come"),
        ("kind=x", "no news of the kind ‘x’"),
        ("page=9", "There is 1 page, and no page ‘9’"),
        ("since=9999999999", "is not a date"),
    ],
)
def test_news_asked_for_wrongly_is_said(small: Small, query: str, said: str) -> None:
    answer = small.client.get(f"/desk/news?{query}")
    assert answer.status_code == 200 and said in answer.text


def test_kept_times_asked_for_wrongly_are_said(small: Small) -> None:
    answer = small.client.get("/desk/offers?until=soon")
    assert "‘soon’ is not a date" in answer.text and "No time is kept for a school now" in answer.text


def seen_at(small: Small, days_ago: int, told: bool = True, **facts):
    """A school whose show was some days ago."""
    school = make.school(**facts)
    booking = make.booking(
        make.show(small.programme, school, NOW - timedelta(days=days_ago)), {8: 100, 9: 100}
    )
    if told:
        make.report(booking, "school", NOW - timedelta(days=days_ago, hours=-5), {8: 120, 9: 120})
    return booking


def test_missing_reports_stand_until_somebody_reports(small: Small) -> None:
    with transaction():
        booking = seen_at(small, 8, told=False, name="Redmere Academy")
        seen_at(small, 3, told=False)
        seen_at(small, 30)
    assert small.required("reports are missing") == 2
    assert "Redmere Academy has waited 8 days" in words_of(small.page())
    with transaction():
        make.report(booking, "company", NOW - timedelta(hours=1), 200)
    assert small.required("report is missing") == 1
    assert "Redmere Academy has waited" not in small.page()


def test_a_report_of_an_earlier_time_of_the_show_is_still_missing(small: Small) -> None:
    """It was reported, then moved to yesterday: what was said before it began is about no show."""
    with transaction():
        booking = seen_at(small, 1, told=False)
        make.report(booking, "school", NOW - timedelta(days=4), {8: 90, 9: 90})
        guest = make.booking(booking.performance, {8: 9}, of=make.school())
    assert unreported.unreported_of_programme(small.programme.id, now=NOW).bookings == 2
    assert small.required("reports are missing") == 2
    with transaction():
        make.report(guest, "school", NOW, {8: 9})
    assert small.required("report is missing") == 1


@pytest.mark.both_databases
def test_a_report_taken_back_is_missing_again_and_the_list_has_it(small: Small) -> None:
    with transaction():
        booking = seen_at(small, 8, told=False)
        guest = make.booking(booking.performance, {8: 9}, of=make.school())
        seen_at(small, 3)
        word = make.report(booking, "company", NOW - timedelta(days=7), 200)
    assert small.required("report is missing") == 0
    with transaction():
        make.withdrawal(word, NOW - timedelta(days=1))
    assert small.required("reports are missing") == 2
    with transaction():
        make.report(guest, "school", NOW - timedelta(hours=1), {8: 9})
    assert small.required("report is missing") == 1


def test_a_cancelled_show_waits_for_no_report(small: Small) -> None:
    with transaction():
        make.cancellation(seen_at(small, 8, told=False), NOW - timedelta(days=20))
    assert small.required("report is missing") == 0


def test_what_was_promised_and_is_not_confirmed_stands_until_it_is_answered(small: Small) -> None:
    bookings = []
    with transaction():
        for n in range(2):
            shown = NOW - timedelta(days=50)
            booking = make.booking(
                make.show(small.programme, make.school(name=f"Redmere {n}"), shown), {8: 90}
            )
            pledges.promise(booking, [pledges.LESSON], who="x", now=shown - timedelta(days=9))
            make.report(booking, "company", shown + timedelta(hours=3), 90)
            bookings.append(booking)
    lesson = "schools: follow-up lesson agreed and not confirmed"
    assert small.required(lesson) == 2
    with transaction():
        pledges.answer(bookings[0], {pledges.LESSON: "done"}, who="x", now=JUST)
    assert small.required(lesson.replace("schools", "school")) == 1
    with transaction():
        third = make.booking(make.show(small.programme, make.school(), NOW - timedelta(days=5)), {8: 90})
        pledges.promise(third, [pledges.STAFF_BRIEFED], who="x", now=NOW - timedelta(days=9))
        make.report(third, "company", NOW - timedelta(days=4), 90)
    assert small.required("schools with commitments to follow up") == 2
    with transaction():
        pledges.answer(bookings[1], {pledges.LESSON: "not done"}, who="x", now=JUST)
        pledges.answer(third, {pledges.STAFF_BRIEFED: "done"}, who="x", now=JUST)
    assert "not confirmed" not in small.page() and "commitments to follow up" not in small.page()


def test_a_concern_that_did_not_reach_the_lead_stands_first_until_it_is_said_to_have_or_settled(
    small: Small, stopped: Clock
) -> None:
    bookings = []
    with transaction():
        make.report(
            make.booking(make.show(small.programme, make.school(), NOW - timedelta(days=6)), {8: 90}),
            "school",
            NOW - timedelta(days=5),
            {8: 90},
            took_place=False,
            why_not="snow",
        )
        for n in range(3):
            shown = NOW - timedelta(days=20 - n)
            school = make.school(name=f"Redmere {n}")
            booking = make.booking(make.show(small.programme, school, shown), {8: 90, 9: 90})
            make.report(booking, "company", shown + timedelta(hours=3), 180, concerns_handed_on=True)
            bookings.append(booking)
        assert len(small.actions()) and "concern" not in small.page()
        for booking in bookings[:2]:
            pledges.answer(booking, {pledges.PASSED_ON: "not done"}, who="Office", now=JUST - WEEK)
        pledges.answer(bookings[2], {pledges.PASSED_ON: "done"}, who="Office", now=JUST)
    words = "schools: a concern did not reach their safeguarding lead in a day"
    assert small.required(words) == 2
    assert next(iter(small.actions())) == words, "before all else"
    assert "ring Redmere 0 first, since 12 January" in words_of(small.page())
    page = small.client.get(f"/desk/bookings/{bookings[0].reference}/report").text
    assert "The school says that a concern did not reach its safeguarding lead within a day." in page
    with transaction():
        pledges.answer(bookings[0], {pledges.PASSED_ON: "done"}, who="Office", now=JUST)
    one = "school: a concern did not reach its safeguarding lead in a day"
    assert small.required(one) == 1
    said = {"side": "settled", "passed_on": "not done"}
    answer = small.client.post(f"/desk/bookings/{bookings[1].reference}/promised", data=said)
    assert answer.status_code == 303
    stopped.now += timedelta(minutes=1)
    assert "a concern did not reach" not in small.page(), "it is known, and stays not kept"
    page = small.client.get(
        f"/desk/followed/schools?pledge=passed_on&state=not+done&programme={small.programme.id}"
    )
    assert "Redmere 1" in page.text and "Redmere 0" not in page.text
    page = small.client.get(f"/desk/bookings/{bookings[1].reference}/report").text
    assert "a concern did not reach" not in page


def test_reports_that_disagree_stand_until_a_coordinator_settles_them(small: Small) -> None:
    with transaction():
        booking = seen_at(small, 8)
        make.report(booking, "company", NOW - timedelta(days=7), took_place=False, why_not="snow")
    assert small.required("school’s reports disagree") == 1
    with transaction():
        make.report(booking, "settled", NOW - timedelta(days=6), {8: 120, 9: 120})
    assert small.required("school’s reports disagree") == 0


def test_a_kept_time_stands_three_days_before_it_lapses(small: Small, stopped: Clock) -> None:
    with transaction():
        for name, reply_by in (("Redmere Academy", date(2027, 1, 22)), ("Saxby School", date(2027, 1, 23))):
            db.session.add(
                Proposal(
                    programme_id=small.programme.id,
                    organisation_id=make.school(name=name).organisation_id,
                    starts_at=NOW + timedelta(days=30),
                    reply_by=reply_by,
                    recorded_at=NOW - timedelta(days=5),
                    who="Priya",
                    people=[],
                    ended_as="",
                )
            )
    assert small.required("kept time is about to lapse") == 1
    assert "Redmere Academy has until the end of Friday" in words_of(small.page())
    page = small.client.get("/desk/offers?until=2027-01-22").text
    assert "Redmere Academy" in page and "Saxby School" not in page
    assert "Saxby School" in small.client.get("/desk/offers").text
    stopped.now = NOW + timedelta(days=4)
    assert small.required("kept time is about to lapse") == 1
    stopped.now = NOW + timedelta(days=5)
    assert small.required("kept time is about to lapse") == 0


def test_a_slot_held_while_a_school_fills_in_the_form_stands_until_then(small: Small, stopped: Clock) -> None:
    with transaction():
        make.show(
            small.programme,
            make.school(name="Typing School"),
            NOW + timedelta(days=30),
            held_until=NOW + timedelta(minutes=15),
        )
    assert small.required("kept time is about to lapse") == 1
    assert "Typing School has until 12:15pm, while it fills in the form" in words_of(small.page())
    stopped.after(minutes=15)
    assert small.required("kept time is about to lapse") == 0


def test_failed_letters_stand_until_they_go(small: Small) -> None:
    with transaction():
        letter = make.letter(
            "a@redmere.example",
            None,
            status="failed",
            partnership_id=small.partnership.id,
            last_error="550 no",
        )
        make.letter("b@redmere.example", None, status="failed", partnership_id=make.partnership(("999",)).id)
    assert small.required("letter did not go") == 1
    with transaction():
        db.session.get_one(type(letter), letter.id).status = "waiting"
    assert small.required("letter did not go") == 0


def test_a_failed_letter_stands_until_its_reason_is_over(small: Small, stopped: Clock) -> None:
    def failed(stream: str, **changes: Any) -> None:
        of_ours = {"partnership_id": small.partnership.id, "stream": stream, "last_error": "550 no"}
        make.letter("a@redmere.example", None, status="failed", **of_ours | changes)

    with transaction():
        year = small.programme.academic_year
        old = make.programme(small.partnership, academic_year=year - 1)
        show = make.show(small.programme, make.school(name="Redmere High"), stopped.now + timedelta(days=5))
        uid = make.booking(show, {8: 100}).uid
        failed(f"reminder/{small.programme.id}/100001", kind="reminder")
        failed(f"reminder/{old.id}/100001", kind="reminder")
        failed(f"guest/{small.programme.id}/100001/{old.id}/answered", kind="seats: answered")
        failed(uid, kind="before visit 7")
        failed(uid, kind="booked", method="REQUEST", give_up_at=show.starts_at)
    assert small.required("letters did not go") == 4, "all but the one of the year that is over"
    assert (
        len(re.findall(r'href="(/desk/letters/\d+)"', small.client.get("/desk/letters?status=over").text))
        == 1
    )
    with transaction():
        make.letter("b@redmere.example", stopped.now, stream=uid, kind="before visit 7")
        make.letter("b@redmere.example", stopped.now, stream=uid, kind="booked", method="REQUEST")
    assert small.required("letters did not go") == 3, "a colleague had the reminder; each needs the entry"
    stopped.now += timedelta(days=6)
    assert small.required("letters did not go") == 2
    said = small.client.get("/desk/letters?status=over").text
    assert "Failed, no longer needed" in said and "Try all" not in said


def test_unreachable_schools_and_unknown_ages_stand_until_they_are_settled(small: Small) -> None:
    with transaction():
        school = make.school(name="No Contact School")
        odd = make.school(statutory_low_age=None, statutory_high_age=None, phase_of_education=None)
        make.contact(odd)
    assert small.required("school cannot be reached") == 1
    assert small.required("school’s ages are unknown") == 1
    with transaction():
        address = make.contact(school).address
        make.decision(small.programme, odd, "include", at=JUST, year_groups=(8,))
    assert small.required("school cannot be reached") == small.required("school’s ages are unknown") == 0
    with transaction():
        make.dead_address(address, JUST)
    assert small.required("school cannot be reached") == 1
    assert "every address bounced" in words_of(small.page())


def test_silent_schools_stand_once_the_day_to_reply_is_past(small: Small, stopped: Clock) -> None:
    with transaction():
        school = make.school()
        make.contact(school)
        make.invitation(small.programme, school)
    assert small.required("school never answered") == 0
    stopped.now = datetime(2027, 2, 6, 9, tzinfo=UTC)
    assert small.required("school never answered") == 1
    with transaction():
        make.answer(small.programme, school, "declined", at=stopped.now - timedelta(hours=1), reason="exams")
    assert small.required("school never answered") == 0


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (invitations.OTHER_DATE, "school wants another date"),
        (invitations.SOMEBODY_ELSE, "school named somebody else"),
        (invitations.REFUSED_SLOT, "school refused its slot"),
    ],
)
def test_an_answer_without_a_booking_stands_until_the_school_books(
    small: Small, kind: str, what: str
) -> None:
    with transaction():
        school = make.school()
        make.contact(school)
        make.answer(small.programme, school, kind, at=NOW - timedelta(days=2), reason="after Easter")
    assert small.required(what) == 1
    with transaction():
        make.booking(make.show(small.programme, school, NOW + timedelta(days=30)), {8: 120, 9: 120}, at=JUST)
    assert small.required(what) == 0


def test_a_waiting_school_stands_while_there_is_room_for_it(small: Small) -> None:
    with transaction():
        school = make.school()
        make.contact(school)
        make.answer(small.programme, school, "waiting list", at=NOW - timedelta(days=2))
    assert small.required("school on the waiting list") == 0
    with transaction():
        make.tour_day(small.programme, make.troupe(small.partnership))
        make.show(
            small.programme, make.school(la_code="999"), NOW + timedelta(days=9)
        )  # two a day: one is left
    assert small.required("school on the waiting list") == 1
    assert "the coming days have room for 3 shows" in words_of(small.page())


def test_a_lost_show_stands_until_there_is_a_new_date(small: Small) -> None:
    with transaction():
        booking = make.booking(
            make.show(small.programme, make.school(), NOW + timedelta(days=9)), {8: 90, 9: 90}
        )
        make.contact(booking.organisation)
        make.cancellation(booking, NOW - timedelta(days=1), "company", "Illness")
        failed = seen_at(small, 5, told=False)
        make.contact(failed.organisation)
        make.report(failed, "school", NOW - timedelta(days=4), took_place=False, why_not="snow")
    assert small.required("school lost its show") == small.required("show did not take place") == 1
    with transaction():
        for of in (booking, failed):
            make.booking(
                make.show(small.programme, of.organisation, NOW + timedelta(days=30)),
                {8: 120, 9: 120},
                at=JUST,
            )
    assert small.required("school lost its show") == small.required("show did not take place") == 0


def test_what_came_by_mail_stands_by_what_is_to_do(small: Small) -> None:
    with transaction():
        booking = make.booking(make.show(small.programme, make.school(), NOW + timedelta(days=40)), {8: 90})
        booking.performance.tour_day.troupe.calendar_address = "van@lanternrow.example"
        make.letter(
            "jo@redmere.example",
            NOW,
            stream=booking.uid,
            method="REQUEST",
            partnership_id=small.partnership.id,
        )
    came_in.take(came_in.answer(booking, "jo@redmere.example", "DECLINED"))
    came_in.take(
        came_in.letter(came_in.address_of(booking), "jo@redmere.example", "May we have an hour more?")
    )
    assert small.required("declined by calendar") == 1
    assert small.required("mail to read") == 1


def test_who_waits_for_a_link_stands_until_it_is_decided(small: Small) -> None:
    with transaction():
        school = make.school()
        make.contact(school)
        open_door.ask_for_link(small.programme, school, "stranger@elsewhere.example", name="Jo", now=NOW)
    with transaction():
        open_door.answer_next(now=NOW)
    assert small.actions()["address waits for your word"] == (1, "/desk/requests")
    with transaction():
        request = open_door.waiting_requests(small.partnership.id)[0].request
        open_door.decide_request(small.partnership.id, request.id, False, who="Priya", now=NOW)
    assert "address waits for your word" not in small.actions()


@pytest.mark.both_databases
def test_a_show_at_a_school_that_closes_first_stands(small: Small) -> None:
    with transaction():
        school = make.school(close_date=date(2027, 2, 12), status="Open, but proposed to close")
        booking = make.booking(make.show(small.programme, school, NOW + timedelta(days=40)), {8: 90, 9: 90})
    assert small.required("booking, offer or wait at a school that left") == 1
    with transaction():
        make.cancellation(booking, JUST)
    assert small.required("booking, offer or wait at a school that left") == 0


def test_gaps_without_an_owner_are_told_beside_the_gaps(small: Small) -> None:
    with transaction():
        schools = [make.school() for _ in range(3)]
        heir = make.school()
        closed = make.school(status="Closed", close_date=date(2026, 12, 31))
        make.succession(closed, heir)
        owners.assign(
            small.programme,
            [schools[0].organisation_id, closed.organisation_id],
            small.person,
            who="Priya",
            now=JUST,
        )
    page = small.page()
    assert "4schools with a gap, 2 without an owner" in words_of(page)
    address = re.search(r'href="([^"]+owner=nobody)"', page)[1].replace("&amp;", "&")
    assert all_rows(small.client, address) == 2


def test_this_weeks_shows_say_what_is_known_of_each(small: Small) -> None:
    monday = datetime(2027, 1, 18, 10, tzinfo=UTC)
    with transaction():
        both = make.booking(
            make.show(small.programme, make.school(name="Both School"), monday), {8: 120, 9: 120}
        )
        make.report(both, "school", JUST, {8: 120, 9: 120})
        make.report(both, "company", JUST, 240)
        make.booking(
            make.show(small.programme, make.school(name="Silent School"), monday + timedelta(hours=3)),
            {8: 96},
        )
        today = make.show(small.programme, make.school(name="Today School"), NOW + timedelta(hours=1))
        make.booking(today, {8: 100, 9: 100})
        make.booking(
            today,
            {8: 9},
            of=make.school(name="Guest School", type_of_establishment="Community special school"),
        )
        make.booking(make.show(small.programme, make.school(), monday + timedelta(days=7)), {8: 90})
    rows = re.search(r'<table class="t blocks shows">.*?<tbody>(.*?)</tbody>', small.page(), re.S)[1].split(
        "<tr"
    )[1:]
    said = [words_of("<tr" + row) for row in rows]
    assert [re.sub(r"MRL-\d+ ?", "", s) for s in said] == [
        "Mon 18, 10:00amBoth SchoolRed van240SeenBoth reported",
        "Mon 18, 1:00pmSilent SchoolRed van96To confirmReport missing",
        "Today, 1:00pmToday SchoolRed van200Booked",
        "Today, 1:00pmGuest SchoolRed van9BookedGuest of Today School",
    ]


def test_next_week_with_shows_stands_where_this_week_has_none(small: Small) -> None:
    with transaction():
        make.booking(
            make.show(small.programme, make.school(), datetime(2027, 3, 10, 10, tzinfo=UTC)), {8: 90}
        )
    assert "Next shows: week of 8 March 2027" in small.page()


def groups_of(page: str) -> dict[str, list[str]]:
    """{group: its actions, in their order}."""
    part = re.search(r"Action required</h2>(.*?)</section>", page, re.S)[1]
    found: dict[str, list[str]] = {}
    for said in re.split("<h3>", part)[1:]:
        name, rest = said.split("</h3>", 1)
        found[name] = [unescape(w) for w in re.findall(r"</span>([^<]+)</a>", rest)]
    return found


def closes(small: Small, name: str, show: int, owner: Any = None) -> School:
    """A school that closes in the summer and has a show after so many days."""
    school = make.school(name=name, close_date=day_of(NOW) + timedelta(days=1))
    make.booking(make.show(small.programme, school, NOW + timedelta(days=show)), {8: 90})
    if owner is not None:
        owners.assign(small.programme, [school.organisation_id], owner, who="Priya", now=NOW)
    return school


def test_actions_stand_in_three_groups_and_the_nearest_date_first(small: Small) -> None:
    with transaction():
        make.letter(
            "a@redmere.example", None, status="failed", partnership_id=small.partnership.id, last_error="550"
        )
        seen_at(small, 8, told=False)
        make.contact(make.school(statutory_low_age=None, statutory_high_age=None, phase_of_education=None))
        closes(small, "Vale High School", 60)
    assert groups_of(small.page()) == {
        "Today": ["letter did not go"],
        "This week": ["report is missing"],
        "When there is time": ["booking, offer or wait at a school that left", "school’s ages are unknown"],
    }


@pytest.mark.parametrize(
    ("days", "group"),
    [(1, "Today"), (2, "Today"), (3, "This week"), (7, "This week"), (8, "When there is time")],
)
def test_a_show_within_two_school_days_is_of_today(small: Small, days: int, group: str) -> None:
    """NOW is a Tuesday."""
    with transaction():
        closes(small, "Vale High School", days)
    assert "booking, offer or wait at a school that left" in groups_of(small.page())[group]


def test_one_sees_ones_own_first_and_all_beside(small: Small) -> None:
    with transaction():
        owen = make.person(small.partnership, name="Owen Bright")
        closes(small, "Vale High School", 60, small.person)
        closes(small, "Redmere Academy", 70, owen)
        make.school(name="No Contact School")
    page = small.page()
    assert groups_of(page) == {"When there is time": ["bookings, offers or waits at schools that left"]}
    said = words_of(page)
    assert re.search(r"For me\s+1(?!\d)", said) and re.search(r"All\s+2(?!\d)", said)
    assert "Vale High School, 20 March · you and Owen Bright" in said
    everybodys = small.page("?whose=all")
    assert list(groups_of(everybodys)) == ["This week", "When there is time"]
    assert "nobody to write to · nobody" in words_of(everybodys)


def test_what_is_urgent_and_nobodys_stands_before_everybody_and_the_rest_is_counted(small: Small) -> None:
    """Also what somebody looks after who has left; what another does stays under All."""
    with transaction():
        owen, gone = (make.person(small.partnership, name=name) for name in ("Owen Bright", "Ann Lee"))
        closes(small, "Vale High School", 60, small.person)
        make.letter(
            "a@redmere.example", None, status="failed", partnership_id=small.partnership.id, last_error="550"
        )
        make.school(name="No Contact School")
        unknown = {"statutory_low_age": None, "statutory_high_age": None, "phase_of_education": None}
        theirs = make.school(name="Ages Unknown School", **unknown)
        make.contact(theirs)
        left = make.school(name="Left Academy")
        make.contact(left)
        make.answer(small.programme, left, invitations.OTHER_DATE, JUST)
        owners.assign(small.programme, [theirs.organisation_id], owen, who="Priya", now=NOW)
        owners.assign(small.programme, [left.organisation_id], gone, who="Priya", now=NOW)
        gone.ended_at = NOW
    page = small.page()
    assert groups_of(page) == {
        "Today": ["school wants another date", "letter did not go"],
        "When there is time": ["booking, offer or wait at a school that left"],
    }
    said = words_of(page)
    assert re.search(r"For me\s+3(?!\d)", said) and re.search(r"All\s+5(?!\d)", said)
    assert "Left Academy, since 19 January · nobody" in said
    assert "Nobody’s: 1 more" in said
    everybodys = words_of(small.page("?whose=all"))
    assert "include or exclude each · Owen Bright" in everybodys
    assert "nobody to write to · nobody" in everybodys and "with time" not in everybodys


def test_who_looks_after_nothing_sees_all(small: Small) -> None:
    with transaction():
        closes(small, "Vale High School", 60)
    page = small.page()
    assert "For me" not in words_of(page) and "nobody" not in groups_of(page)
    assert "Vale High School, 20 March" in words_of(page) and "· nobody" not in words_of(page)
