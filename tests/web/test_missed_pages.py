"""Pages of who missed it: at the school's own link and at the desk; a lesson, a film, a neighbour's show, and undo."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from school_story import PEOPLE, link_to

import make
from booking import neighbours
from outreach.booking import limits
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests import hosting
from outreach.booking.promises import Booking
from outreach.county.schools import set_own_numbers
from outreach.ground.db import db, transaction
from outreach.visits import absences, reports
from outreach.visits.absences import Missed
from outreach.visits.reports import ReportAccount
from outreach.web import absent_words
from worlds import World

JOIN = {"pupils-0-8": "6", "travels_by": "minibus", "adults": "1", "arrives": "", "travel_note": "", **PEOPLE}
THEN = datetime(2027, 3, 10, 9, tzinfo=make.NOW.tzinfo)


@dataclass
class Doors:
    client: FlaskClient
    c: Any
    school: str
    small: str
    person: Any
    clock: Any = None

    def later(self) -> None:
        """What was put down counts from the next moment on."""
        self.clock.now += timedelta(minutes=1)

    @property
    def missed(self) -> str:
        return f"/i/{self.school}/missed"

    def desk(self) -> FlaskClient:
        return make.signed_in(self.client, self.person)

    def year(self) -> absences.YearMissed:
        db.session.rollback()
        db.session.expire_all()
        return absences.of_organisation(self.c.programme, self.c.school, now=THEN)[8]


def after_the_show() -> tuple[Any, ...]:
    """140 of the 150 of Year 8 were counted at the school's own show; a neighbour's is to come."""
    c = neighbours.lay()
    with transaction():
        set_own_numbers(
            c.school.organisation_id,
            c.programme.academic_year,
            {8: 150, 9: 150},
            who="Office",
            now=neighbours.now(),
        )
        limits.write(c.partnership.id, now=neighbours.now())
    c.there = neighbours.book(c, c.small, {8: 9, 9: 9}, neighbours.GUEST, day=1)
    with transaction():
        account = ReportAccount(took_place=True, pupils={8: 140})
        reports.report(c.host, "school", account, who="Office", now=THEN)
        tokens = [link_to(c.programme, s) for s in (c.school, c.small)]
        person = make.person(c.partnership)
    return c, *tokens, person


@pytest.fixture
def doors(client: FlaskClient, stopped: Any, world: World) -> Doors:
    doors = Doors(client, *world(after_the_show))
    stopped.now, doors.clock = THEN, stopped
    doors.later()
    return doors


def main(answer: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.text[answer.text.index("<main") :])
    return " ".join(text.split())


def test_the_schools_own_page_leads_to_it_after_its_report(doors) -> None:
    page = main(doors.client.get(f"/i/{doors.school}/booked/{doors.c.host.reference}"))
    assert "About 10 pupils of Year 8 missed it Worked out from the number on roll. A neighbour" in page
    assert "Help them catch up" in page
    page = main(doors.client.get(doors.missed))
    assert "Year 8 About 10 missed it, worked out from the number on roll." in page


def test_a_school_says_how_many_and_takes_it_back(doors) -> None:
    answer = doors.client.post(doors.missed, data={"missed_8": "7"})
    assert (answer.status_code, doors.year().missed.absent) == (303, 7)
    page = doors.client.get(doors.missed)
    assert "7 missed it, by the school’s word." in main(page)
    back = re.search(r'action="([^"]+/take-back)"', page.text)[1]
    for _ in range(2):  # pressed twice is no fault
        assert doors.client.post(back).status_code == 303
    assert doors.year().missed == Missed(absent=10, worked_out=True)


@pytest.mark.parametrize(
    ("path", "typed", "said"),
    [
        ("", {"missed_8": "20"}, "Year 8 has 150 pupils by our count, and 140 of them came."),
        ("", {"missed_8": "many"}, "Year 8: enter a whole number in figures."),
        (
            "/caught-up",
            {"how": "film", "day": "9 March 2027", "caught_8": "11"},
            "Of Year 8 10 pupils missed it",
        ),
        ("/caught-up", {"how": "film", "day": "9 March 2027"}, "Enter how many pupils, in figures."),
        (
            "/caught-up",
            {"how": "film", "day": "8 March 2027", "caught_8": "1"},
            "Year 8 saw it on 9 March 2027",
        ),
        ("/caught-up", {"how": "film", "day": "11 March 2027", "caught_8": "1"}, "is still to come"),
        ("/caught-up", {"day": "9 March 2027", "caught_8": "1"}, "Say what they had."),
    ],
)
@pytest.mark.parametrize("at_the_desk", [False, True])
def test_a_no_keeps_what_was_typed(
    doors, path: str, typed: dict[str, str], said: str, at_the_desk: bool
) -> None:
    at = f"/desk/schools/{doors.c.school.organisation_id}/missed" if at_the_desk else doors.missed
    client = doors.desk() if at_the_desk else doors.client
    answer = client.post(at + path, data=typed)
    assert answer.status_code == 422 and said in main(answer), main(answer)[:900]
    for value in typed.values():
        assert f'value="{value}"' in answer.text
    assert doors.year().missed == Missed(absent=10, worked_out=True)


def test_a_lesson_counts_as_caught_up_and_is_taken_back(doors) -> None:
    typed = {"how": "lesson", "day": "9 March 2027", "caught_8": "4"}
    answer = doors.client.post(f"{doors.missed}/caught-up", data=typed, follow_redirects=True)
    assert "4 pupils caught up. It counts from that day." in main(answer)
    assert "4 of them had a lesson or film." in main(
        answer
    ) and "4 of Year 8: a lesson, 9 March 2027" in main(answer)
    assert (doors.year().missed.caught_up, doors.year().left) == (4, 6)
    doors.client.post(re.search(r'action="([^"]+/take-back)"', answer.text)[1])
    assert doors.year().missed.caught_up == 0


@pytest.mark.parametrize("at_the_desk", [False, True])
def test_the_form_of_a_lesson_that_is_pressed_twice_counts_once(doors, at_the_desk: bool) -> None:
    at = f"/desk/schools/{doors.c.school.organisation_id}/missed" if at_the_desk else doors.missed
    client = doors.desk() if at_the_desk else doors.client

    def key_in(answer: Any) -> str:
        (key,) = re.findall(r'name="key" value="([^"]+)"', answer.text)
        return key

    typed = {"how": "lesson", "day": "9 March 2027", "caught_8": "4", "key": key_in(client.get(at))}
    for _ in range(2):
        answer = client.post(f"{at}/caught-up", data=typed, follow_redirects=True)
        assert "4 pupils caught up. It counts from that day." in main(answer)
        assert (doors.year().missed.caught_up, doors.year().left) == (4, 6)
    answer = client.post(f"{at}/caught-up", data=typed | {"caught_8": "2"})
    assert answer.status_code == 422 and "This form was sent already" in main(answer)
    assert 'value="2"' in answer.text and key_in(answer) != typed["key"]
    again = typed | {"caught_8": "2", "key": key_in(answer)}
    client.post(f"{at}/caught-up", data=again)
    assert doors.year().missed.caught_up == 6


def test_a_place_at_a_neighbours_show_is_asked_for_and_given(doors) -> None:
    page = doors.client.get(doors.missed)
    assert "See the shows near you" in page.text
    page = doors.client.get(f"{doors.missed}/hosts")
    assert (
        "About 10 pupils of Year 8 missed it. Worked out from the number on roll. They can see it at a school near you."
        in main(page)
    )
    join = re.search(r'href="([^"]+/missed/hosts/\d+)"', page.text)[1]
    form = doors.client.get(join)
    assert 'value="10"' in form.text and "Why would you rather" not in form.text
    too_many = doors.client.post(join, data=JOIN | {"pupils-0-8": "11"})
    assert too_many.status_code == 422
    assert "Enter that many or fewer." in main(too_many) or "Is that right?" in main(too_many)
    asked = doors.client.post(join, data=JOIN, follow_redirects=True)
    assert "You have asked Littlemere School" in main(asked) and "6 are to come to another show" in main(
        asked
    )
    place = db.session.query(GuestPlace).one()
    assert place.catch_up and doors.year().left == 4
    host = main(doors.client.get(f"/i/{doors.small}/booked/{doors.c.there.reference}/guests/{place.id}"))
    assert "missed their own show" in host
    with transaction():
        hosting.agree(db.session.merge(place), seats=6, terms="", who="Littlemere", now=neighbours.now())
    booking = db.session.query(Booking).filter_by(catch_up=True).one()
    own = main(doors.client.get(f"/i/{doors.school}/booked/{booking.reference}"))
    assert "6 pupils who missed your show" in own
    assert doors.year().coming == 6
    page = main(doors.desk().get(f"/desk/schools/{doors.c.school.organisation_id}"))
    assert "for pupils who missed its show" in page and "as guest" not in page


def test_a_question_for_seats_is_taken_back_where_it_was_asked(doors) -> None:
    join = f"{doors.missed}/hosts/{doors.c.there.performance_id}"
    page = doors.client.post(join, data=JOIN, follow_redirects=True)
    back = re.search(r'action="([^"]+/asked/\d+/take-back)"', page.text)[1]
    answer = doors.client.post(back)
    assert answer.status_code == 303 and answer.location.endswith("/missed")
    assert doors.year().left == 10


def test_with_nobody_absent_there_is_no_show_to_choose(doors) -> None:
    doors.client.post(doors.missed, data={"missed_8": "0"})
    for path in ("/hosts", f"/hosts/{doors.c.there.performance_id}"):
        answer = doors.client.get(doors.missed + path)
        assert answer.status_code == 303 and answer.location.endswith("/missed")
    assert "Nobody missed it." in main(doors.client.get(doors.missed))
    assert (
        "Help them catch up"
        not in doors.client.get(f"/i/{doors.school}/booked/{doors.c.host.reference}").text
    )


def test_a_school_with_no_show_behind_it_reads_when_to_come_back(doors) -> None:
    page = main(doors.client.get(f"/i/{doors.small}/missed"))
    assert "Once a year group has seen it" in page


def test_the_desk_shows_it_on_the_schools_page_and_puts_it_down(doors) -> None:
    desk, organisation_id = doors.desk(), doors.c.school.organisation_id
    page = main(desk.get(f"/desk/schools/{organisation_id}"))
    assert "10 missed it, worked out from the number on roll." in page and "Absent pupils" in page
    at = f"/desk/schools/{organisation_id}/missed"
    typed = {"how": "film", "day": "9 March 2027", "caught_8": "3"}
    page = desk.post(f"{at}/caught-up", data=typed, follow_redirects=True)
    assert "3 of them had a lesson or film" in main(page)
    desk.post(at, data={"missed_8": "8"})
    assert doors.year().missed == Missed(absent=8, caught_up=3)
    page = desk.get(at)
    for back in re.findall(r'action="([^"]+/take-back[^"]*|[^"]+/missed/\d+/take-back[^"]*)"', page.text):
        assert desk.post(back).status_code == 303
    assert doors.year().missed == Missed(absent=10, worked_out=True)
    answer = desk.post(f"{at}/place")
    assert answer.status_code == 303 and re.search(r"/i/[\w-]+/missed/hosts$", answer.location)
    assert "Littlemere School" in desk.get(answer.location).text


def test_the_list_of_those_not_caught_up_leads_to_the_deed_and_its_numbers_add_up(doors) -> None:
    desk = doors.desk()
    desk.post(
        f"/desk/schools/{doors.c.school.organisation_id}/missed/caught-up",
        data={"how": "film", "day": "9 March 2027", "caught_8": "3"},
    )
    doors.later()
    cover = main(desk.get("/desk/coverage"))
    assert (
        "Absent from year groups that have seen it: 10 pupils, 3 of them caught up by a lesson or film, 7 not."
        in cover
    )
    page = desk.get("/desk/schools?absent=waiting")
    assert "1 school" in main(page) and "10 absent, 3 caught up" in main(page)
    assert f'href="/desk/schools/{doors.c.school.organisation_id}/missed?programme=' in page.text
    assert "Absent and not caught up" in main(page)
    lines = list(csv.DictReader(io.StringIO(desk.get("/desk/schools.csv?absent=any").text.lstrip("\ufeff"))))
    assert [(line["Absent"], line["Caught up"]) for line in lines[:1]] == [("10", "3")]


def test_another_partnership_reads_and_writes_nothing_of_it(doors) -> None:
    with transaction():
        stranger = make.person(make.partnership(("932",)))
        (row,) = absences.tell(doors.c.programme, doors.c.school, {8: 5}, who="Office", now=THEN)
        row_id = row.id
    client, organisation_id = make.signed_in(doors.client, stranger), doors.c.school.organisation_id
    for path in (
        f"/desk/schools/{organisation_id}/missed",
        f"/desk/schools/{organisation_id}/missed/caught-up",
    ):
        assert client.post(path).status_code == 404
    for path in (
        f"/desk/schools/{organisation_id}/missed/place",
        f"/desk/schools/{organisation_id}/missed/{row_id}/take-back",
    ):
        assert client.post(path).status_code == 404
    assert doors.client.post(f"/i/{doors.small}/missed/{row_id}/take-back").status_code == 404
    assert doors.year().missed.absent == 5


@pytest.mark.parametrize(
    ("missed", "coming", "words"),
    [
        (Missed(), 0, "Not known how many missed it."),
        (Missed(absent=0), 0, "Nobody missed it."),
        (Missed(absent=1), 1, "1 missed it, by the school’s word. 1 is to come to another show."),
        (
            Missed(absent=9, caught_up=2, added=3, worked_out=True),
            2,
            "About 9 missed it, worked out from an estimate of the number on roll. 2 of them had a lesson or film, "
            "2 are to come to another show and 3 saw it at another show.",
        ),
    ],
)
def test_what_is_said_of_a_year_group(missed: Missed, coming: int, words: str) -> None:
    assert absent_words.line(missed, estimated=True, coming=coming) == words


def test_a_place_asks_as_many_questions_for_one_year_group_as_for_two(doors, count_queries: Any) -> None:
    doors.client.get(doors.missed)
    with count_queries() as one:
        doors.client.get(doors.missed)
    with transaction():
        reports.report(
            doors.c.host, "school", ReportAccount(took_place=True, pupils={8: 140, 9: 140}), who="x", now=THEN
        )
    with count_queries() as two:
        page = doors.client.get(doors.missed)
    assert "Year 9" in page.text and len(one) == len(two)


def test_a_school_says_in_its_report_how_many_missed_it(doors) -> None:
    at = f"/i/{doors.school}/booked/{doors.c.host.reference}/report"
    page = doors.client.get(at)
    assert "How many missed it? Left empty: we work it out." in main(page)
    assert 'name="missed_8"' in page.text and 'name="missed_9"' not in page.text
    typed = {"took_place": "yes", "year_8": "141", "missed_8": "30", "lead_present": "done"}
    answer = doors.client.post(at, data=typed)
    assert answer.status_code == 422 and 'value="30"' in answer.text
    assert "Year 8 has 150 pupils by our count, and 141 of them came." in main(answer)
    assert doors.year().at_shows == 140, "nothing was put down"
    assert doors.client.post(at, data=typed | {"missed_8": "9"}).status_code == 303
    assert doors.year().missed == Missed(absent=9) and doors.year().at_shows == 141
    # What a later report leaves out stands.
    assert doors.client.post(at, data=typed | {"year_8": "142", "missed_8": ""}).status_code == 303
    assert doors.year().missed == Missed(absent=8) and doors.year().at_shows == 142
