"""What is to come at a body that closes or merges: shown before, taken over by the one that follows, and told by mail."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import make
import session_life
from outreach.asking import invitations, waits_for_places
from outreach.booking import limits, named
from outreach.booking.colleagues import Colleague
from outreach.booking.guest_places import GuestPlace
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.sessions import holding
from outreach.booking.sessions import places as places_at
from outreach.booking.sessions.holding import SessionSaid
from outreach.county.bodies import Body
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.post import copies, links
from outreach.post.links import PersonalLink
from outreach.post.outbox import Letter
from outreach.tour import sessions
from outreach.tour.adults import AdultTarget
from outreach.tour.performances import Performance

pytestmark = [pytest.mark.usefixtures("stopped")]
SHOW = datetime(2027, 3, 9, 14, 0, tzinfo=UTC)


@pytest.fixture
def ours(client: FlaskClient) -> Partnership:
    with transaction():
        ours = make.partnership()
        make.school()
        person = make.person(ours)
    make.signed_in(client, person)
    return ours


@pytest.fixture
def show(ours: Partnership) -> Performance:
    with transaction():
        programme = make.programme(ours, (), AdultTarget(kinds=("Police",)), for_adults=True)
        show = make.show(programme, make.school(), SHOW)
        make.booking(show, {STAFF: 5})
        return show


def team(ours: Partnership, name: str, staff: int | None = 40) -> Body:
    return make.body(
        ours,
        name=name,
        front_line_staff=staff,
        staff_counted_on=None if staff is None else make.EARLIER.date(),
    )


def places(show: Performance, of: Body, staff: int) -> Booking:
    booking = make.booking(show, {STAFF: staff}, of=of)
    make.visit_contact(booking, address=f"{of.name.lower()}@police.example")
    return booking


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


@pytest.mark.both_databases
def test_the_successor_has_the_places_of_a_body_that_closes(
    client: FlaskClient, ours: Partnership, show: Performance
) -> None:
    with transaction():
        one, two = team(ours, "One"), team(ours, "Two")
        booking = places(show, one, 12)
        limits.write(ours.id, now=make.NOW)
    number, reference = one.organisation_id, booking.reference
    form = text_of(client.get(f"/desk/bodies/{number}/close").text)
    assert "9 March 2027, 2:00pm, 12 staff" in form and reference in form
    said = {"day": "18/1/2027", "successor": str(two.organisation_id)}
    done = client.post(f"/desk/bodies/{number}/close", data=said, follow_redirects=True)
    assert "Two has its place. 1 booking to come went with it, and everybody was told." in text_of(done.text)
    db.session.refresh(booking)
    assert booking.organisation_id == two.organisation_id
    letters = db.session.scalars(select(Letter).where(Letter.recipient == "one@police.example")).all()
    assert [letter.kind for letter in letters] == ["handed on"]
    page = text_of(client.get(f"/desk/schools/{two.organisation_id}").text)
    assert reference in page


def test_bookings_of_all_that_merge_go_to_one(
    client: FlaskClient, ours: Partnership, show: Performance
) -> None:
    with transaction():
        one, whole = team(ours, "One"), team(ours, "Whole", None)
        other = team(ours, "Other")
        mine = places(show, one, 12)
        later = make.show(mine.programme, make.school(), datetime(2027, 3, 16, 14, tzinfo=UTC))
        make.booking(later, {STAFF: 5})
        theirs = places(later, other, 3)
        limits.write(ours.id, now=make.NOW)
    where = f"/desk/bodies/{whole.organisation_id}/merge"
    form = text_of(client.get(where).text)
    assert "One: 9 March 2027, 2:00pm, 12 staff" in form and "Other: 16 March 2027" in form
    said = {"day": "18/1/2027", "joining": [str(b.organisation_id) for b in (one, other)]}
    done = client.post(where, data=said, follow_redirects=True)
    assert "2 bookings to come went with it" in text_of(done.text)
    for booking in (mine, theirs):
        db.session.refresh(booking)
        assert booking.organisation_id == whole.organisation_id


def test_what_does_not_fit_stays_and_says_why(
    client: FlaskClient, ours: Partnership, show: Performance
) -> None:
    with transaction():
        one, few = team(ours, "One"), team(ours, "Few", 3)
        booking = places(show, one, 12)
        limits.write(ours.id, now=make.NOW)
    said = {"day": "18/1/2027", "successor": str(few.organisation_id)}
    done = client.post(f"/desk/bodies/{one.organisation_id}/close", data=said, follow_redirects=True)
    page = text_of(done.text)
    assert f"{booking.reference} stands where it was: Few has 3 staff by our count" in page
    db.session.refresh(booking)
    assert booking.organisation_id == one.organisation_id
    decide = text_of(client.get("/desk/register/changes").text)
    assert booking.reference in decide and "One" in decide


@pytest.fixture
def waiting(ours: Partnership, show: Performance) -> tuple[Body, GuestPlace]:
    """A body that waits for six places, at a session that another one fills."""
    with transaction():
        programme = show.tour_day.programme
        session = make.session(
            programme, make.venue(ours), datetime(2027, 3, 10, 9, 30, tzinfo=UTC), places=20
        )
        one, full = team(ours, "One"), team(ours, "Full", 60)
        limits.write(ours.id, now=make.NOW)
    with transaction():
        for body, number in ((full, 20), (one, 6)):
            person = Colleague(name="Ann", address=f"{body.name.lower()}@police.example", duty="colleague")
            stranger = Colleague(name="Bob", address="bob@gmail.example", duty="colleague", waits=True)
            place = places_at.take(
                programme,
                body,
                session.performance,
                Promise(pupils={STAFF: number}, people=(person, stranger)),
                waits=True,
                who="Ann",
                now=make.NOW,
            )
        waits_for_places.waits(place, who="Ann", now=make.NOW)
        links.mint(
            organisation_id=one.organisation_id,
            programme_id=programme.id,
            partnership_id=ours.id,
            address="one@police.example",
            name="Ann",
            now=make.NOW,
            expires_at=make.NOW.replace(year=2028),
        )
    return one, place


def closes(client: FlaskClient, one: Body, successor: Body | None) -> str:
    follows = str(successor.organisation_id) if successor else "0"
    done = client.post(
        f"/desk/bodies/{one.organisation_id}/close",
        data={"day": "18/1/2027", "successor": follows},
        follow_redirects=True,
    )
    return text_of(done.text)


def newest_letter(to: str) -> Letter:
    return db.session.scalars(select(Letter).where(Letter.recipient == to).order_by(Letter.id)).all()[-1]


@pytest.mark.both_databases
def test_the_successor_waits_in_the_turn_of_a_body_that_closes(
    client: FlaskClient, ours: Partnership, waiting: tuple[Body, GuestPlace]
) -> None:
    one, place = waiting
    with transaction():
        two = team(ours, "Two")
        limits.write(ours.id, now=make.NOW)
    form = text_of(client.get(f"/desk/bodies/{one.organisation_id}/close").text)
    assert "10 March 2027, 9:30am, waits for 6 places" in form
    assert "Two has its place. 1 wait for places went with it." in closes(client, one, two)
    db.session.expire_all()
    assert (place.organisation_id, place.ended_at) == (two.organisation_id, None)
    (bob,) = named.waiting_for_place(place.id)
    assert bob.organisation_id == two.organisation_id
    answer = invitations.newest_answer(place.programme_id, two.organisation_id)
    assert answer is not None and answer.kind == invitations.WAITING_LIST
    (link,) = db.session.scalars(
        select(PersonalLink)
        .where(
            PersonalLink.programme_id == place.programme_id,
            PersonalLink.organisation_id == two.organisation_id,
            PersonalLink.address == "one@police.example",
        )
        .order_by(PersonalLink.id)
        .limit(1)
    )
    assert link.withdrawn_at is None
    letter = newest_letter("one@police.example")
    assert (letter.kind, letter.subject) == (
        "seats: handed on",
        "‘Someone to Tell’, Wednesday 10 March: Two waits for your places now",
    )
    assert "Two has the place of One, and waits in its turn for 6 places on Wednesday 10 March at 9:30am" in (
        " ".join(copies.read(letter.raw).text.split())
    )
    with transaction():
        session = sessions.of_performance(place.performance_id)
        assert session is not None
        holding.change(session, SessionSaid(places=30), who="Priya", now=make.NOW)
    db.session.expire_all()
    assert place.booking is not None and place.booking.organisation_id == two.organisation_id


@pytest.mark.parametrize("how", ["waits", "comes", "none"])
def test_a_wait_that_nobody_can_take_over_ends(
    client: FlaskClient, ours: Partnership, waiting: tuple[Body, GuestPlace], how: str
) -> None:
    one, place = waiting
    with transaction():
        two = team(ours, "Two", None)
        limits.write(ours.id, now=make.NOW)
    with transaction():
        session = sessions.of_performance(place.performance_id)
        assert session is not None
        if how == "comes":
            session.places = 22
            holding._open_to_all(session, who="Priya", now=make.NOW)
        person = Colleague(name="Cy", address="cy@police.example", duty="colleague")
        promise = Promise(pupils={STAFF: 2}, people=(person,))
        if how != "none":
            places_at.take(
                place.programme, two, place.performance, promise, waits=True, who="Cy", now=make.NOW
            )
    page = closes(client, one, None if how == "none" else two)
    assert "1 wait for places ended." in page
    db.session.expire_all()
    assert place.ended_at is not None and place.organisation_id == one.organisation_id
    assert named.waiting_for_place(place.id) == []
    answer = invitations.newest_answer(place.programme_id, one.organisation_id)
    assert answer is not None and answer.kind == invitations.OTHER_DATE
    letter = newest_letter("one@police.example")
    assert (letter.kind, letter.subject) == (
        "seats: wait ended",
        "‘Someone to Tell’, Wednesday 10 March: One waits for places no more",
    )
    why = "nothing follows it" if how == "none" else "Two, which has its place, waits or comes already"
    assert f"One is closed, and {why}. It waits no more for Wednesday 10 March at 9:30am" in (
        " ".join(copies.read(letter.raw).text.split())
    )


@pytest.mark.both_databases
def test_a_wait_goes_to_the_one_that_others_merge_into(
    client: FlaskClient, ours: Partnership, waiting: tuple[Body, GuestPlace]
) -> None:
    one, place = waiting
    with transaction():
        whole = team(ours, "Whole", None)
        limits.write(ours.id, now=make.NOW)
    where = f"/desk/bodies/{whole.organisation_id}/merge"
    assert "One: 10 March 2027, 9:30am, waits for 6 places" in text_of(client.get(where).text)
    said = {"day": "18/1/2027", "joining": [str(one.organisation_id)]}
    page = text_of(client.post(where, data=said, follow_redirects=True).text)
    assert "1 wait for places went with it." in page
    db.session.expire_all()
    assert place.organisation_id == whole.organisation_id


def test_without_a_successor_the_places_wait_for_a_coordinator(
    client: FlaskClient, ours: Partnership, show: Performance
) -> None:
    with transaction():
        one = team(ours, "One")
        booking = places(show, one, 12)
    client.post(f"/desk/bodies/{one.organisation_id}/close", data={"day": "18/1/2027", "successor": "0"})
    db.session.refresh(booking)
    assert booking.ended_at is None
    assert booking.reference in client.get("/desk/register/changes").text


@pytest.mark.both_databases
def test_a_successor_with_places_at_another_session_has_those_of_the_closed_body_too_but_never_twice_at_one(
    client: FlaskClient,
) -> None:
    c = session_life.lay()
    with transaction():
        make.signed_in(client, make.person(c.partnership))
        two = team(c.partnership, "Two")
    handed, stays = (
        session_life.booked(session_life.take(c, c.unit, n, at.performance, who=who))
        for n, at, who in ((6, c.hall, "ann"), (4, c.online, "bea"))
    )
    session_life.take(c, two, 2, c.online.performance, who="tim")
    said = {"day": "18/1/2027", "successor": str(two.organisation_id)}
    done = text_of(
        client.post(f"/desk/bodies/{c.unit.organisation_id}/close", data=said, follow_redirects=True).text
    )
    assert "1 booking to come went with it" in done
    assert f"{stays.reference} stands where it was: Two has a booking of its own" in done
    assert session_life.coming(c.hall.performance) == {"Two": 6}
    assert handed.organisation_id == two.organisation_id


@pytest.mark.both_databases
def test_places_of_a_closed_body_never_move_to_where_its_successor_has_some(client: FlaskClient) -> None:
    c = session_life.lay()
    with transaction():
        make.signed_in(client, make.person(c.partnership))
        few = team(c.partnership, "Few", 4)
    left = session_life.booked(session_life.take(c, c.unit, 6))
    session_life.take(c, few, 2, c.online.performance, who="tim")
    said = {"day": "18/1/2027", "successor": str(few.organisation_id)}
    client.post(f"/desk/bodies/{c.unit.organisation_id}/close", data=said)
    with transaction():
        token = links.mint(
            organisation_id=few.organisation_id,
            programme_id=c.programme.id,
            partnership_id=c.partnership.id,
            address="tim@police.example",
            name="Tim",
            now=make.NOW,
            expires_at=make.NOW.replace(year=2028),
        ).token
    path = f"/i/{token}/booked/{left.reference}/sessions/{c.online.performance_id}"
    page = client.post(path, follow_redirects=True)
    assert "You have 2 staff booked at that session already. Change the number there." in text_of(page.text)
    assert session_life.coming(c.hall.performance) == {"Kestermere Unit": 6}
    assert session_life.coming(c.online.performance) == {"Few": 2}


@pytest.mark.both_databases
def test_what_nothing_takes_over_is_said_and_can_be_given_up_as_it_closes(
    client: FlaskClient, ours: Partnership, show: Performance
) -> None:
    with transaction():
        one, two = team(ours, "One"), team(ours, "Two")
        stays, goes = places(show, one, 12), places(show, two, 3)
    form = text_of(client.get(f"/desk/bodies/{one.organisation_id}/close").text)
    assert "Where nothing takes its place, it stands until you give it up." in form
    assert "Give up what nothing takes over" in form
    nothing = {"day": "18/1/2027", "successor": "0"}
    close = f"/desk/bodies/{one.organisation_id}/close"
    done = text_of(client.post(close, data=nothing, follow_redirects=True).text)
    assert f"One is closed. 1 booking to come stands, {stays.reference}. Give it up on its own page." in done
    close = f"/desk/bodies/{two.organisation_id}/close"
    done = text_of(client.post(close, data=nothing | {"give_up": "y"}, follow_redirects=True).text)
    assert "Two is closed. 1 booking to come was given up, and everybody was told." in done
    for booking in (stays, goes):
        db.session.refresh(booking)
    assert stays.ended_at is None and goes.ended_at is not None
    letters = db.session.scalars(select(Letter).where(Letter.recipient == "two@police.example")).all()
    assert [letter.method for letter in letters] == ["CANCEL"]
    with transaction():
        nobody = team(ours, "Nobody")
    assert "Give up" not in client.get(f"/desk/bodies/{nobody.organisation_id}/close").text
