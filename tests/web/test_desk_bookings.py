"""The bookings list and a booking's page: found, moved, changed, cancelled for the school; never
another's."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

import make
from outreach.booking import bookings, holds, promises
from outreach.booking.colleagues import Colleague
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.county import partnerships
from outreach.county.coordinators import Coordinator
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import local
from outreach.post import copies
from outreach.post.outbox import Letter
from outreach.tour import slots
from outreach.tour.programmes import Programme
from worlds import World


@dataclass
class Desk:
    programme: Programme
    school: School
    reference: str

    @property
    def page(self) -> str:
        return f"/desk/bookings/{self.reference}"


def one_booked() -> tuple[Coordinator, Desk]:
    """One school that booked 9 March by itself; tour days on the 9th and the 10th."""
    with transaction():
        ours = make.partnership(("931",))
        programme = make.programme(ours)
        troupe = make.troupe(ours)
        for n in (9, 10):
            make.tour_day(programme, troupe, date(2027, 3, n))
        school = make.school(name="Redmere Academy")
        person = make.person(ours)
    with transaction():
        slot = slots.offers(programme, school, now=make.NOW).days[0].slots[0]
        (show,) = holds.hold(programme, school, [slot], who="Jo", now=make.NOW)
        people = (
            Colleague(
                name="Joanna Fell", address="j.fell@redmere.example", duty="safeguarding lead", phone="1"
            ),
            Colleague(name="Sam Okonkwo", address="sam@redmere.example", duty="colleague"),
        )
        promise = Promise(pupils={8: 120, 9: 100}, hall="Main hall", people=people)
        (booking,) = bookings.book(programme, school, [(show.id, promise)], who="Jo", now=make.NOW)
        reference = booking.reference
    return person, Desk(programme, school, reference)


@pytest.fixture
def desk(client: FlaskClient, stopped: Any, world: World) -> Desk:
    person, found = world(one_booked)
    make.signed_in(client, person)
    return found


def booking(desk: Desk) -> Booking:
    db.session.rollback()
    return promises.get(desk.reference)


def letters() -> list[tuple[str, str]]:
    db.session.rollback()
    return sorted((row.recipient, row.method) for row in db.session.query(Letter))


@pytest.mark.any_database
def test_the_page_shows_everything_of_the_booking(client: FlaskClient, desk: Desk) -> None:
    page = client.get(desk.page).text
    for words in (
        "Redmere Academy",
        desk.reference,
        "Tuesday 9 March",
        "Main hall",
        "220: 120 in Year 8, 100 in Year 9",
        "Joanna Fell",
        "sam@redmere.example",
        "Letter waiting",
        "move it until 23 February 2027",
    ):
        assert words in page, words


def test_a_coordinator_moves_it_whatever_the_notice(client: FlaskClient, desk: Desk, stopped: Any) -> None:
    stopped.now = datetime(2027, 3, 8, 9, tzinfo=UTC)
    times = client.get(desk.page + "/move").text
    key = next(k for k in re.findall(r'name="slot" value="([^"]+)"', times) if k.startswith("2-"))
    assert "Wednesday 10 March" in client.get(f"{desk.page}/move?slot={key}").text
    assert booking(desk).performance.starts_at.day == 9
    assert client.post(desk.page + "/move", data={"slot": key}).status_code == 303
    moved = booking(desk)
    assert (moved.performance.starts_at.day, moved.sequence) == (10, 1)
    # The same page sent again changes nothing more.
    assert client.post(desk.page + "/move", data={"slot": key}).status_code == 303
    assert booking(desk).sequence == 1


def test_another_troupe_at_the_same_time_is_a_move_that_raises_no_sequence_and_the_same_place_is_none(
    client: FlaskClient, desk: Desk
) -> None:
    with transaction():
        show = booking(desk).performance
        day, was = show.tour_day, show.starts_at
        other = make.troupe(
            partnerships.get(desk.programme.partnership_id),
            name="Blue van",
            calendar_address="blue@lanternrow.example",
        )
        there = make.tour_day(desk.programme, other, day.day)
        here, elsewhere = (f"{d.id}-{local(was):%H%M}" for d in (day, there))
        names = day.troupe.name, other.name

    look = client.get(f"{desk.page}/move?slot={elsewhere}").text
    assert all(f", {name}" in look for name in names)

    for ask in (client.get, client.post):
        stays = ask(desk.page + "/move", **{"query_string" if ask == client.get else "data": {"slot": here}})
        assert "It stands there already. Nothing was changed" in client.get(stays.location).text
    assert booking(desk).sequence == 0

    moved = client.post(desk.page + "/move", data={"slot": elsewhere})
    assert "Moved. Everybody" in client.get(moved.location).text
    now = booking(desk)
    assert (now.performance.starts_at, now.performance.tour_day.troupe.name) == (was, "Blue van")
    assert now.sequence == 0
    to_blue = db.session.query(Letter).filter_by(recipient="blue@lanternrow.example").one()
    assert "has changed" not in copies.read(to_blue.raw).text


@pytest.mark.any_database
@pytest.mark.parametrize("key", ["", "nonsense", "999-0900", "1-9999", "x" * 500])
def test_a_time_that_is_not_free_leaves_the_booking_as_it_was(
    client: FlaskClient, desk: Desk, key: str
) -> None:
    refused = client.post(desk.page + "/move", data={"slot": key})
    assert refused.status_code == 303
    assert "That time is not free any more." in client.get(refused.location).text
    assert booking(desk).sequence == 0


def test_numbers_change_and_what_makes_no_sense_is_refused_with_what_was_typed(
    client: FlaskClient, desk: Desk
) -> None:
    typed = {
        "pupils-0-8": "130",
        "pupils-0-9": "100",
        "hall": "Sports hall",
        "step_free": "yes",
        "access-0-quiet": "2",
    }
    assert client.post(desk.page + "/change", data=typed).status_code == 303
    changed = booking(desk)
    assert promises.pupils_of(changed) == {8: 130, 9: 100}
    assert (changed.hall, changed.access_needs) == ("Sports hall", {"quiet": 2})
    refused = client.post(desk.page + "/change", data=typed | {"pupils-0-8": "200"})
    assert refused.status_code == 422 and 'value="Sports hall"' in refused.text
    assert client.post(desk.page + "/change", data=typed | {"pupils-0-8": "many"}).status_code == 422
    assert promises.pupils_of(booking(desk)) == {8: 130, 9: 100}


def test_a_cancellation_needs_whose_and_why(client: FlaskClient, desk: Desk) -> None:
    bare = client.post(desk.page + "/cancel", data={"reason": " "})
    assert bare.status_code == 422
    assert "Say who calls it off." in bare.text and "Say why, in a few words." in bare.text
    ill = {"by": "company", "reason": "illness in the cast"}
    assert client.post(desk.page + "/cancel", data=ill).status_code == 303
    page = client.get(desk.page).text
    assert "by the company" in page and "illness in the cast" in page
    assert ("j.fell@redmere.example", "CANCEL") in letters()
    for path in ("/cancel", "/move", "/change", "/people"):
        assert client.get(desk.page + path).status_code == 303
    assert client.post(desk.page + "/cancel", data=ill).status_code == 303
    assert [r for r in letters() if r[1] == "CANCEL" and r[0].startswith("j.fell")] == [
        ("j.fell@redmere.example", "CANCEL")
    ]


def test_a_colleague_is_added_and_taken_out_but_not_the_last(client: FlaskClient, desk: Desk) -> None:
    typed = {"name": "Ada", "address": "ada@redmere.example", "duty": "colleague"}
    assert client.post(desk.page + "/people", data=typed).status_code == 303
    again = client.post(desk.page + "/people", data=typed)
    assert again.status_code == 422 and 'value="Ada"' in again.text
    people = promises.people_of(booking(desk))
    assert [p.name for p in people] == ["Joanna Fell", "Sam Okonkwo", "Ada"]
    for person_id in [p.id for p in people]:
        client.post(f"{desk.page}/people/{person_id}/remove")
    assert [p.name for p in promises.people_of(booking(desk))] == ["Ada"]


def test_the_list_has_coming_past_and_cancelled_apart(client: FlaskClient, desk: Desk, stopped: Any) -> None:
    with transaction():
        show = make.show(desk.programme, desk.school, make.NOW - timedelta(days=5))
        past = make.booking(show, {8: 10}, reference="MRL-PAST").reference
        gone = make.booking(
            make.show(desk.programme, desk.school, make.NOW + timedelta(days=90)),
            {8: 10},
            reference="MRL-GONE",
        )
        make.cancellation(gone, make.NOW)
        gone.performance.released_at = make.NOW
    found = {when: client.get(f"/desk/bookings?when={when}").text for when in ("coming", "past", "cancelled")}
    shown = {when: sorted(set(re.findall(r"MRL-[0-9A-Z]+(?=</a>)", page))) for when, page in found.items()}
    assert shown == {"coming": [desk.reference], "past": [past], "cancelled": ["MRL-GONE"]}


def test_a_booking_is_found_by_school_and_by_reference(client: FlaskClient, desk: Desk) -> None:
    for find in ("redmere", "REDMERE acad", desk.reference, desk.reference[-4:].lower()):
        assert desk.reference in client.get("/desk/bookings", query_string={"find": find}).text, find
    for find in ("nowhere", "100%", "'; --"):
        page = client.get("/desk/bookings", query_string={"find": find}).text
        assert f">{desk.reference}</a>" not in page, find
    assert client.get("/desk/bookings?when=x&order=y&page=-3&programme=abc").status_code == 200


@pytest.mark.any_database
def test_without_bookings_the_list_says_what_will_stand_there(client: FlaskClient, stopped: Any) -> None:
    with transaction():
        person = make.person(make.partnership())
    make.signed_in(client, person)
    assert "What schools book stands here" in client.get("/desk/bookings").text


def test_the_list_takes_the_same_queries_for_one_and_for_three(
    client: FlaskClient, desk: Desk, count_queries: Any
) -> None:
    counted = []
    for more in (0, 2):
        with transaction():
            for n in range(more):
                school = make.school()
                make.booking(make.show(desk.programme, school, make.NOW + timedelta(days=60 + n)), {8: 10})
        with count_queries() as queries:
            client.get("/desk/bookings")
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 14


@pytest.mark.any_database
@pytest.mark.parametrize("path", ["", "/move", "/change", "/cancel", "/people", "/people/1/remove"])
def test_another_partnerships_booking_is_not_there(client: FlaskClient, desk: Desk, path: str) -> None:
    with transaction():
        stranger = make.person(make.partnership(("999",)))
    make.signed_in(client, stranger)
    for method in (client.get, client.post):
        assert method(desk.page + path).status_code in (404, 405)
    assert desk.reference not in client.get("/desk/bookings").text
