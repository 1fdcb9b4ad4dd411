"""Rounds, as a coordinator meets them: choose, look at the list and the letter, send; sent once."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking.invitations import Invitation
from outreach.county.contacts import Contact
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post.outbox import Letter
from outreach.tour.days import TourDay
from outreach.tour.programmes import Programme

pytestmark = pytest.mark.any_database


@dataclass
class Desk:
    programme: Programme
    schools: list[School]
    contacts: list[Contact]


@pytest.fixture
def desk(client: FlaskClient, stopped: Any) -> Desk:
    """Three schools with a contact each; the client is signed in."""
    with transaction():
        ours = make.partnership(("931",))
        programme = make.programme(ours)
        make.tour_day(programme, make.troupe(ours))
        schools = [make.school(name=f"Redmere {n}") for n in range(3)]
        contacts = [make.contact(s) for s in schools]
        person = make.person(ours)
    make.signed_in(client, person)
    return Desk(programme, schools, contacts)


def to_of(page: str) -> list[str]:
    return re.findall(r'name="to" value="([^"]+)"', page)


def recipients() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Letter.recipient)))


def test_choose_look_send_and_the_round_is_listed(client: FlaskClient, desk: Desk) -> None:
    page = client.get("/desk/invitations").text
    assert all(s.name in page for s in desk.schools)
    assert "Write to all 3…" in page
    two = [s.organisation_id for s in desk.schools[:2]]
    preview = client.post("/desk/invitations/preview", data={"organisation_id": two})
    assert preview.status_code == 200
    assert "Write to 2 schools?" in preview.text
    assert to_of(preview.text) == [f"{c.organisation_id} {c.address}" for c in desk.contacts[:2]]
    assert "Dear Joanna Fell" in preview.text
    assert recipients() == []
    sent = client.post("/desk/invitations/send", data={"to": to_of(preview.text), "note": "spring"})
    assert sent.status_code == 303
    assert recipients() == sorted(c.address for c in desk.contacts[:2])
    listed = client.get("/desk/invitations").text
    assert "spring" in listed
    one = client.get(sent.location).text
    assert "2 letters waiting to go out." in one or "2 letters waiting to go out." in listed
    assert desk.contacts[0].address in one and desk.contacts[2].address not in one
    booked = client.get(sent.location + "&only=booked").text
    assert "No school of this round booked since." in booked


def test_a_repeated_post_and_a_stale_page_send_nothing_twice(client: FlaskClient, desk: Desk) -> None:
    everybody = {"whole": "1", "all": " ".join(str(s.organisation_id) for s in desk.schools)}
    stale = to_of(client.post("/desk/invitations/preview", data=everybody).text)
    assert client.post("/desk/invitations/send", data={"to": stale}).status_code == 303
    again = client.post("/desk/invitations/send", data={"to": stale, "note": "typed"})
    assert again.status_code == 422
    assert "The list changed since you looked" in again.text
    assert "Asked already on 19 January 2027" in again.text
    assert len(recipients()) == 3
    assert db.session.query(Invitation).count() == 3


def test_who_gets_nothing_stands_below_with_the_reason(client: FlaskClient, desk: Desk) -> None:
    with transaction():
        primary = make.school(
            name="Little Redmere", phase_of_education="Primary", statutory_low_age=4, statutory_high_age=11
        )
        make.contact(primary)
        bare = make.school(name="Bare Redmere")
    organisation_ids = [desk.schools[0].organisation_id, primary.organisation_id, bare.organisation_id]
    page = client.post("/desk/invitations/preview", data={"organisation_id": organisation_ids}).text
    assert "Write to 1 school?" in page
    assert "Not in the target of this programme" in page and "No contact on file" in page
    client.post(
        "/desk/invitations/send", data={"to": [f"{primary.organisation_id} x@y.example", *to_of(page)]}
    )
    assert recipients() == [desk.contacts[0].address]


def test_schools_that_booked_are_written_to_for_the_year_group_they_left_out(
    client: FlaskClient, desk: Desk
) -> None:
    show = datetime(2027, 3, 15, 9, 30, tzinfo=UTC)
    with transaction():
        make.booking(make.show(desk.programme, desk.schools[0], show), {8: 120})
        make.booking(make.show(desk.programme, desk.schools[1], show), {8: 120, 9: 120})
    listed = client.get("/desk/invitations?standing=booked").text
    assert "Year 9 not booked" in listed and "Write to all 2…" in listed
    everybody = {"whole": "1", "all": " ".join(str(s.organisation_id) for s in desk.schools[:2])}
    page = client.post("/desk/invitations/preview", data=everybody).text
    assert "Write to 1 school?" in page and "Booked for 15 March 2027" in page
    assert "all your pupils in Year 9 to see it" in page
    assert client.post("/desk/invitations/send", data={"to": to_of(page)}).status_code == 303
    assert recipients() == [desk.contacts[0].address]


@pytest.mark.both_databases
def test_a_list_edited_by_hand_writes_to_nobody_it_did_not_show(client: FlaskClient, desk: Desk) -> None:
    refused = client.post(
        "/desk/invitations/send",
        data={"to": [f"{desk.schools[0].organisation_id} thief@elsewhere.example", "x y", "9" * 40]},
    )
    assert refused.status_code == 422
    assert recipients() == []


@pytest.mark.both_databases
def test_nothing_ticked_is_said_and_the_list_stays(client: FlaskClient, desk: Desk) -> None:
    refused = client.post("/desk/invitations/preview", data={"programme": desk.programme.id})
    assert refused.status_code == 422
    assert "Tick at least one school" in refused.text and "Redmere 0" in refused.text


def test_after_the_reply_by_date_the_page_says_so(client: FlaskClient, desk: Desk, stopped: Any) -> None:
    stopped.after(days=18)
    assert "The reply-by date is past" in client.get("/desk/invitations").text
    refused = client.post(
        "/desk/invitations/preview", data={"organisation_id": desk.schools[0].organisation_id}
    )
    assert refused.status_code == 422 and "The reply-by date, 5 February 2027, is past." in refused.text


def test_no_programme_yet_is_an_empty_page_with_the_one_thing_to_do(
    client: FlaskClient, stopped: Any
) -> None:
    with transaction():
        person = make.person(make.partnership())
    make.signed_in(client, person)
    assert "Set up a programme" in client.get("/desk/invitations").text


@pytest.mark.both_databases
def test_another_partnerships_programme_rounds_and_schools_are_not_there(
    client: FlaskClient, desk: Desk
) -> None:
    client.post(
        "/desk/invitations/send", data={"to": f"{desk.schools[0].organisation_id} {desk.contacts[0].address}"}
    )
    with transaction():
        theirs = make.partnership(("999",))
        make.programme(theirs)
        stranger = make.person(theirs)
    make.signed_in(client, stranger)
    assert client.get(f"/desk/invitations?programme={desk.programme.id}").status_code == 404
    assert client.get("/desk/invitations/1").status_code == 404
    assert client.get(f"/desk/invitations/letter/{desk.schools[0].organisation_id}").status_code == 404
    page = client.post(
        "/desk/invitations/preview", data={"organisation_id": desk.schools[1].organisation_id}
    ).text
    assert desk.schools[1].name not in page
    assert len(recipients()) == 1


@pytest.mark.both_databases
def test_the_letter_can_be_read_before_it_goes_and_reading_writes_nothing(
    client: FlaskClient, desk: Desk
) -> None:
    page = client.get(f"/desk/invitations/letter/{desk.schools[0].organisation_id}")
    assert "Dear Joanna Fell" in page.text
    html = client.get(f"/desk/invitations/letter/{desk.schools[0].organisation_id}/html")
    assert "sandbox" in html.headers["Content-Security-Policy"]
    assert recipients() == []


@pytest.mark.both_databases
def test_the_page_takes_the_same_queries_for_three_schools_and_for_thirty(
    client: FlaskClient, desk: Desk, count_queries: Any
) -> None:
    counted = []
    for more in (0, 27):
        with transaction():
            for _ in range(more):
                make.contact(make.school())
        with count_queries() as queries:
            client.get("/desk/invitations")
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 31


@pytest.mark.both_databases
def test_a_round_without_tour_days_is_warned_of_before_it_goes_and_followed_up(
    client: FlaskClient, desk: Desk, stopped: Any
) -> None:
    with transaction():
        for day in db.session.query(TourDay):
            day.ended_at = stopped.now
    organisation_ids = [s.organisation_id for s in desk.schools]
    assert "No tour day is given yet that a school could book." in client.get("/desk/invitations").text
    page = client.post("/desk/invitations/preview", data={"organisation_id": organisation_ids}).text
    assert "The letter promises no times" in page and "without times</button>" in page
    to = re.findall(r'name="to" value="([^"]*)"', page)
    refused = client.post("/desk/invitations/send", data={"to": to})
    assert refused.status_code == 422 and "No time is left to choose since you looked." in refused.text
    assert client.post("/desk/invitations/send", data={"to": to, "without_times": "y"}).status_code == 303
    with transaction():
        for letter in db.session.query(Letter):
            letter.status, letter.handed_at = "sent", stopped.now
        for day in db.session.query(TourDay):
            day.ended_at = None
    stopped.now += timedelta(days=2)
    page = client.get("/desk/invitations").text
    assert (
        f"{len(to)} schools were</b>" in page or f"{len(to)} schools were told that you write again" in page
    )
    form = {
        "whole": "1",
        "all": re.search(
            r'name="whole" value="1"><input type="hidden" name="all" value="([^"]*)"', page
        ).group(1),
    }  # type: ignore[union-attr]
    assert f"Write to {len(to)} schools?" in client.post("/desk/invitations/preview", data=form).text


def test_a_round_is_stopped_within_its_minute_and_not_after(
    client: FlaskClient, desk: Desk, stopped: Any
) -> None:
    def send() -> str:
        organisation_ids = [s.organisation_id for s in desk.schools]
        preview = client.post("/desk/invitations/preview", data={"organisation_id": organisation_ids}).text
        return client.post("/desk/invitations/send", data={"to": to_of(preview)}).location

    where = send()
    stopped.after(seconds=12)
    page = client.get(where).text
    assert "The letters go in 48 seconds." in page and "Stop this round" in page
    back = client.post(where.partition("?")[0] + "/withdraw", data={}, follow_redirects=True)
    assert "Taken back: 3 letters" in back.text and "Stop this round" not in back.text
    assert "taken back" in client.get("/desk/invitations").text
    again = send()
    stopped.after(minutes=1)
    assert "Stop this round" not in client.get(again).text
