"""Pages of host and guest: who may see and answer what, bad input in one sentence, and a constant number of
queries."""

import io
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from school_story import PEOPLE, link_to, said

import make
from booking import neighbours
from every_address import but_noted, whole_database
from outreach.booking import guest_places, promises
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests import hosting
from outreach.county.coordinators import Coordinator
from outreach.ground.db import db, transaction
from outreach.tour.roads import RoadMinutes
from worlds import World

ASK = {
    "why": "no hall",
    "pupils-0-8": "9",
    "pupils-0-9": "8",
    "travels_by": "minibus",
    "adults": "2",
    "arrives": "8:45",
    "travel_note": "",
    "message": "",
    **PEOPLE,
}


@dataclass
class Doors:
    """A host, a small neighbour, one too far away: their links; their coordinator, and another
    partnership's."""

    client: FlaskClient
    c: Any
    host: str
    small: str
    far: str
    person: Coordinator
    stranger: Coordinator

    @property
    def show(self) -> int:
        return int(self.c.host.performance_id)

    @property
    def mine(self) -> str:
        return f"/i/{self.host}/booked/{self.c.host.reference}"

    def desk(self, person: Coordinator | None = None) -> FlaskClient:
        return make.signed_in(self.client, person or self.person)

    def ask(self, **typed: str) -> Any:
        return self.client.post(f"/i/{self.small}/hosts/{self.show}", data=ASK | typed)


def host_and_neighbours() -> tuple[Any, ...]:
    c = neighbours.lay()
    with transaction():
        tokens = [link_to(c.programme, s) for s in (c.school, c.small, c.far)]
        person, stranger = make.person(c.partnership), make.person(make.partnership(("932",)))
    return c, *tokens, person, stranger


@pytest.fixture
def doors(client: FlaskClient, stopped: Any, world: World) -> Doors:
    return Doors(client, *world(host_and_neighbours))


def place() -> GuestPlace:
    db.session.rollback()
    return db.session.query(GuestPlace).order_by(GuestPlace.id.desc()).first()


@pytest.mark.any_database
def test_a_school_sees_neighbours_asks_one_and_sees_what_it_asked(doors: Doors) -> None:
    page = said(doors.client.get(f"/i/{doors.small}/hosts"))
    assert "1 show within 30 minutes of you Redmere Academy Tuesday 9 March, 9:00am to 10:15am" in page
    assert "13 minutes away: leave by 8:35am, back about 10:30am. 102 seats free" in page
    answer = doors.ask()
    assert (answer.status_code, answer.location) == (303, f"/i/{doors.small}/hosts")
    page = said(doors.client.get(f"/i/{doors.small}/hosts"))
    assert "You have asked Redmere Academy" in page and "for 17 pupils" in page
    assert f"/hosts/{doors.show}" not in doors.client.get(f"/i/{doors.small}/hosts").text
    # no list of shows that nobody could press: one school is asked at a time
    assert "You can ask one school at a time. To ask another, take the question back first." in page
    assert "show within 30 minutes" not in page
    again = doors.client.get(doors.ask().location)
    assert "You have asked Redmere Academy for seats on Tuesday 9 March" in said(again)
    assert db.session.query(GuestPlace).count() == 1


@pytest.mark.any_database
def test_seats_within_the_notice_say_before_they_are_taken_that_they_cannot_be_given_back_online(
    doors: Doors, stopped: Any
) -> None:
    note = "It is close to the day. Once you join this show, you cannot leave it online"
    address = f"/i/{doors.small}/hosts/{doors.show}"
    assert note not in said(doors.client.get(address))
    stopped.now = doors.c.host.performance.starts_at - timedelta(
        days=doors.c.programme.notice_cancel_days - 2
    )
    assert note in said(doors.client.get(address))


def test_the_form_of_numbers_and_hall_names_the_guests_who_get_word_of_another_hall(doors: Doors) -> None:
    assert "Your guests" not in said(doors.client.get(f"{doors.mine}/numbers"))
    doors.ask()
    answer = {"answer": "yes", "seats": "17", "terms": "Side gate"}
    doors.client.post(f"{doors.mine}/guests/{place().id}", data=answer)
    page = said(doors.client.get(f"{doors.mine}/numbers"))
    assert (
        "Your guests Littlemere School, 17 pupils It goes where you say, and gets word of another hall."
        in page
    )


@pytest.mark.any_database
def test_a_host_reads_of_room_for_a_neighbour_only_where_one_is_near_that_has_not_seen_it(
    doors: Doors,
) -> None:
    offered = "Room for a neighbour?"
    assert offered in said(doors.client.get(doors.mine))
    with transaction():
        doors.c.partnership.guest_minutes = 12  # the next school is 13 minutes away
        db.session.merge(doors.c.partnership)
    assert offered not in said(doors.client.get(doors.mine))
    with transaction():
        doors.c.partnership.guest_minutes = 30
        db.session.merge(doors.c.partnership)
    assert offered in said(doors.client.get(doors.mine))
    with transaction():
        # the only one that is near has its own show by now
        show = make.show(doors.c.programme, doors.c.small, make.NOW + timedelta(days=70))
        make.booking(show, dict.fromkeys((8, 9), 9))
    assert offered not in said(doors.client.get(doors.mine))


@pytest.mark.any_database
def test_a_guest_reads_by_when_to_leave_and_the_way_to_the_hosts_door(doors: Doors) -> None:
    doors.ask()
    doors.client.post(f"{doors.mine}/guests/{place().id}", data={"answer": "yes", "seats": "17", "terms": ""})
    reference = place().booking.reference
    page = doors.client.get(f"/i/{doors.small}/booked/{reference}")
    assert "Leave by about 8:35am. Directions" in said(page)
    (to,) = re.findall(r'href="(https://www.google.com/maps/dir/[^"]+)"', page.text)
    assert "Redmere%20Academy" in to and doors.small not in to
    assert "Leave by" not in said(doors.client.get(doors.mine))


@pytest.mark.any_database
def test_a_host_answers_by_its_own_link(doors: Doors) -> None:
    doors.ask()
    assert "1 school asks to join your show" in said(doors.client.get(doors.mine))
    page = said(doors.client.get(f"{doors.mine}/guests/{place().id}"))
    assert "Littlemere School asks to join your show" in page
    assert "By minibus, with 2 adults, there at 8:45am" in page
    answer = doors.client.post(
        f"{doors.mine}/guests/{place().id}", data={"answer": "yes", "seats": "17", "terms": "Side gate"}
    )
    assert (answer.status_code, answer.location) == (303, f"{doors.mine}/guests")
    page = said(doors.client.get(f"{doors.mine}/guests"))
    assert "Littlemere School 17 pupils. By minibus, with 2 adults, there at 8:45am" in page
    assert "148 of 250 seats are yours, 17 your guest’s, 85 are free" in page
    guest = place().booking
    assert guest is not None
    page = said(doors.client.get(f"/i/{doors.small}", follow_redirects=True))
    assert "Where At Redmere Academy" in page and "Your host asks: Side gate" in page
    assert "Move to another time" not in page and "Leave this show" in page


def test_a_host_says_no(doors: Doors) -> None:
    doors.ask()
    at = f"{doors.mine}/guests/{place().id}"
    assert doors.client.post(at, data={"answer": "no", "terms": "Too tight"}).status_code == 303
    assert (place().ended_as, place().said) == ("refused", "Too tight")
    assert "could not take you in on Tuesday 9 March. It says: Too tight" in said(
        doors.client.get(f"/i/{doors.small}/hosts")
    )
    late = doors.client.post(at, data={"answer": "yes", "seats": "17"}, follow_redirects=True)
    assert "answered or taken back meanwhile" in said(late)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Say whether they may come."),
        ({"answer": "yes"}, "Enter how many seats you give, in figures."),
        ({"answer": "yes", "seats": "many"}, "How many seats do you give them? Enter a whole number"),
        ({"answer": "yes", "seats": "-3"}, "must be between 0 and 5,000"),
    ],
)
def test_an_answer_that_says_nothing_is_asked_again(doors: Doors, typed: dict[str, str], words: str) -> None:
    doors.ask()
    answer = doors.client.post(f"{doors.mine}/guests/{place().id}", data=typed)
    assert answer.status_code == 422
    assert words in said(answer) or "figures" in said(answer)
    assert place().answer == ""


def test_seats_are_offered_and_taken_at_once(doors: Doors) -> None:
    answer = doors.client.post(f"{doors.mine}/guests", data={"how": "open", "seats": "20", "terms": ""})
    assert answer.status_code == 303
    assert "There for whoever comes first." in said(doors.client.get(f"/i/{doors.small}/hosts"))
    answer = doors.ask()
    assert "/booked/MRL-" in answer.location
    assert doors.client.post(f"{doors.mine}/guests", data={"how": "open", "seats": "5"}).status_code == 422
    assert doors.client.post(f"{doors.mine}/guests", data={"how": "open", "seats": ""}).status_code == 422
    assert doors.client.post(f"{doors.mine}/guests", data={"how": "everybody"}).status_code == 422


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"why": ""}, "Say why."),
        ({"travels_by": "rocket"}, "Not a valid choice"),
        ({"travels_by": ""}, "Say how you get there"),
        ({"pupils-0-8": "-1"}, "between 0 and 5,000"),
        ({"pupils-0-8": "0", "pupils-0-9": "0"}, "Enter how many pupils will come."),
        ({"arrives": "noonish"}, "That is not a time."),
        ({"lead_address": "nobody"}, "address"),
        ({"pupils-0-8": "90"}, "Is that right?"),
    ],
)
def test_a_question_that_makes_no_sense_is_said_and_nothing_typed_is_lost(
    doors: Doors, typed: dict[str, str], words: str
) -> None:
    answer = doors.ask(message="We know your hall", **typed)
    assert answer.status_code == 422
    assert words in said(answer)
    assert "We know your hall" in answer.text
    assert db.session.query(GuestPlace).count() == 0


@pytest.mark.any_database
def test_a_show_that_is_not_there_to_be_joined_leads_back_to_those_that_are(doors: Doors) -> None:
    answer = doors.client.get(f"/i/{doors.far}/hosts/{doors.show}", follow_redirects=True)
    assert "not there to be joined any more" in said(answer)
    for nobodys in ("999999", "99999999999999"):
        assert doors.client.get(f"/i/{doors.small}/hosts/{nobodys}").status_code == 404
    assert "No show with free seats is near you yet" in said(doors.client.get(f"/i/{doors.far}/hosts"))


@pytest.mark.any_database
def test_nobody_sees_or_answers_what_is_anothers(doors: Doors) -> None:
    doors.ask()
    asked = place().id
    for path in (
        f"/i/{doors.small}/booked/{doors.c.host.reference}/guests",
        f"/i/{doors.small}/booked/{doors.c.host.reference}/guests/{asked}",
        f"/i/{doors.far}/asked/{asked}",
        f"{doors.mine}/guests/999",
    ):
        assert doors.client.get(path).status_code == 404, path
    assert doors.client.post(f"/i/{doors.far}/asked/{asked}/take-back").status_code == 404
    assert place().ended_at is None


def test_a_guest_changes_its_journey_and_says_that_it_still_comes(doors: Doors, stopped: Any) -> None:
    doors.ask()
    with transaction():
        hosting.agree(place(), seats=17, terms="", who="x", now=make.NOW + timedelta(minutes=30))
    stopped.after(hours=1)
    at = f"/i/{doors.small}/booked/{place().booking.reference}"
    page = doors.client.get(f"{at}/coming").text
    assert 'value="17"' not in page and 'value="9"' in page and 'value="08:45"' in page
    typed = {"pupils-0-8": "7", "pupils-0-9": "0", "travels_by": "foot", "access-0-wheelchair": "1"}
    assert doors.client.post(f"{at}/coming", data=typed).status_code == 303
    assert (promises.pupils_of(place().booking), place().travels_by) == ({8: 7}, "foot")
    assert doors.client.post(f"{at}/coming", data=typed | {"travels_by": ""}).status_code == 422
    neighbours.move(doors.c)
    assert "has moved the show. Do you still come?" in said(doors.client.get(at))
    stopped.after(hours=2)
    assert doors.client.post(f"{at}/still-coming").status_code == 303
    assert "Do you still come?" not in said(doors.client.get(at))
    # whatever the notice
    stopped.now = doors.c.host.performance.starts_at - timedelta(hours=20)
    assert doors.client.post(f"{at}/cancel", data={"reason": "exams"}).status_code == 303
    assert "See the nearest shows" in said(doors.client.get(at))


def test_looking_changes_nothing(doors: Doors) -> None:
    doors.ask()
    asked = place().id
    desk = doors.desk()
    before = but_noted(whole_database())
    for path in (
        f"/i/{doors.small}/hosts",
        f"/i/{doors.far}/hosts",
        f"{doors.mine}/guests",
        f"{doors.mine}/guests/{asked}",
    ):
        assert doors.client.get(path).status_code == 200
    for path in (f"/desk/shows/{doors.show}", "/desk/guests", f"/desk/guests/{asked}", "/desk/setup/roads"):
        assert desk.get(path).status_code == 200
    assert but_noted(whole_database()) == before


# The desk


def test_a_coordinator_sees_a_show_whole_and_answers_for_its_host(doors: Doors) -> None:
    doors.ask()
    desk = doors.desk()
    page = said(desk.get("/desk/guests"))
    assert "1 school waits for an answer" in page and "Littlemere School" in page
    page = said(desk.get(f"/desk/shows/{doors.show}"))
    assert "148 of 250 seats taken, 102 free" in page and "17 pupils, asked 19 January" in page
    answer = desk.post(f"/desk/guests/{place().id}", data={"answer": "yes", "seats": "17", "terms": ""})
    assert (answer.status_code, answer.location) == (303, f"/desk/shows/{doors.show}")
    page = said(desk.get(f"/desk/shows/{doors.show}"))
    assert "Guest, 17 pupils By minibus, with 2 adults" in page
    assert "No school waits for a host’s answer" in said(desk.get("/desk/guests"))
    booking = place().booking
    assert booking is not None
    assert "at Redmere Academy, as guest" in said(desk.get(f"/desk/bookings/{booking.reference}"))
    answer = desk.post(f"/desk/shows/{doors.show}/seats", data={"how": "none", "terms": ""})
    assert answer.status_code == 303
    assert guest_places.seats_of(booking.performance, 250).how == "none"


@pytest.mark.any_database
def test_a_coordinator_of_another_partnership_sees_nothing_of_it(doors: Doors) -> None:
    doors.ask()
    asked = place().id
    desk = doors.desk(doors.stranger)
    for path in (f"/desk/shows/{doors.show}", f"/desk/guests/{asked}"):
        assert desk.get(path).status_code == 404
    for path in (
        f"/desk/shows/{doors.show}/seats",
        f"/desk/guests/{asked}",
        f"/desk/guests/{asked}/take-back",
    ):
        assert desk.post(path, data={"how": "none", "answer": "no"}).status_code == 404
    assert "Littlemere" not in desk.get("/desk/guests").text
    gaps = desk.get("/desk/setup/roads/gaps.csv").text
    assert str(doors.c.school.organisation_id) not in gaps
    assert place().ended_at is None


def test_pages_ask_as_much_however_many_there_are(doors: Doors, count_queries: Any) -> None:
    paths = [
        f"{doors.mine}/guests",
        f"/i/{doors.small}/hosts",
        f"/desk/shows/{doors.show}",
        "/desk/guests",
        doors.mine,
    ]
    desk = doors.desk()

    def counted() -> list[int]:
        found = []
        for path in paths:
            db.session.expire_all()
            with count_queries() as queries:
                assert desk.get(path).status_code == 200
            found.append(len(queries))
        return found

    def more() -> None:
        for n in range(4):
            with transaction():
                school = make.school(easting=452000 + n, number_of_pupils=63)
            asked = neighbours.ask(doors.c, school, address=f"office@s{n}{school.organisation_id}.example")
            if n % 2:
                with transaction():
                    hosting.agree(asked, seats=18, terms="", who="x", now=neighbours.now())

    more()
    few = counted()
    more()
    assert counted() == few == COUNTED


COUNTED = [9, 7, 15, 5, 24]


# Roads


def test_a_table_is_brought_in_and_its_numbers_lead_to_their_lists(doors: Doors) -> None:
    desk, c = doors.desk(), doors.c
    assert "All 3 roads go by the rule" in said(desk.get("/desk/setup/roads"))
    text = f"From,To,Minutes\n{c.school.organisation_id},{c.small.organisation_id},9\n{c.small.organisation_id},{c.school.organisation_id},11\n"
    answer = desk.post(
        "/desk/setup/roads", data={"file": (io.BytesIO(text.encode()), "roads.csv")}, follow_redirects=True
    )
    assert "1 road goes by the table. 1 road had two different times; the longer one counts." in said(answer)
    assert "1 road of 3 goes by your table, the other 2 by the rule" in said(answer)
    assert len(desk.get("/desk/setup/roads/table.csv").text.strip().splitlines()) == 1 + 1 + 1
    assert len(desk.get("/desk/setup/roads/gaps.csv").text.strip().splitlines()) == 1 + 2 + 1
    assert "11 minutes away" in said(doors.client.get(f"/i/{doors.small}/hosts"))
    assert doors.desk().post("/desk/setup/roads/remove").status_code == 303
    assert db.session.query(RoadMinutes).count() == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no column"),
        (b"From,To,Minutes\n1,2,-4\n", "Line 2: -4 minutes cannot be"),
        (b"From,To,Minutes\n", "nothing below it"),
        (b"\xff\xfe\x00", "no column"),
        (b"PK\x03\x04zip", "no column"),
    ],
)
def test_a_table_that_cannot_be_read_changes_nothing_and_says_why(
    doors: Doors, content: bytes, words: str
) -> None:
    answer = doors.desk().post("/desk/setup/roads", data={"file": (io.BytesIO(content), "roads.csv")})
    assert answer.status_code == 422
    assert words in said(answer) or "Choose a file." in said(answer)
    assert db.session.query(RoadMinutes).count() == 0
    assert doors.desk().get("/desk/setup/roads/everything.csv").status_code == 404
