"""Register changes as work: fact by fact, many at once, closing schools with their options, and the way
back."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from school_story import said
from sqlalchemy import select

import make
from outreach.asking.invitations import WAITING_LIST
from outreach.booking.guest_places import WITHDRAWN, GuestPlace
from outreach.booking.promises import Booking, VisitContact
from outreach.booking.proposals import Proposal
from outreach.county import corrections, schools
from outreach.county.partnerships import Partnership
from outreach.county.register.decisions import RegisterChange
from outreach.county.schools import RegisterImport, School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.ground.wording import clock
from outreach.post import links
from outreach.post.outbox import Letter
from walled import walled

pytestmark = pytest.mark.any_database

LIST = "/desk/register/changes"
DAY = date(2027, 3, 9)


@dataclass
class Desk:
    client: FlaskClient
    partnership: Partnership
    imported: RegisterImport

    def list(self, rest: str = "") -> str:
        return self.client.get(LIST + rest).text

    def said(self, rest: str = "") -> str:
        return said(self.client.get(LIST + rest))

    def send(self, **typed: Any) -> str:
        """Press a button; what the page says then."""
        answer = self.client.post(LIST, data=typed)
        assert answer.status_code == 303
        return said(self.client.get(answer.location))


def add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


@pytest.fixture
def desk(client: FlaskClient, stopped: Any) -> Desk:
    with transaction():
        ours = make.partnership(("931",))
        imported = add(
            RegisterImport(
                recorded_at=make.EARLIER, who="Owen Bright", file_name="edubase.csv", la_codes="931"
            )
        )
        make.signed_in(client, make.person(ours))
    return Desk(client, ours, imported)


def change(desk: Desk, of: School, **facts: str) -> RegisterChange:
    return add(
        RegisterChange(
            **{
                "urn": of.urn,
                "import_id": desk.imported.id,
                "la_code": "931",
                "kind": "named",
                "field": "name",
                "before": "Redmere School",
                "after": of.name,
                "recorded_at": make.EARLIER,
            }
            | facts
        )
    )


def closing_booking(desk: Desk, **facts: Any) -> tuple[Booking, School, School]:
    """A closed school, the open one that follows it, and the first's booking for 9 March."""
    programme = make.programme(desk.partnership)
    troupe = make.troupe(desk.partnership)
    day = make.tour_day(programme, troupe, DAY)
    old, new = (
        make.school(name="Redmere School", status="Closed", close_date=date(2026, 12, 31)),
        make.school(**{"name": "Redmere Academy"} | facts),
    )
    make.succession(old, new)
    show = make.show(programme, old, wall(DAY, time(9)), tour_day_id=day.id, troupe_id=troupe.id)
    booking = make.booking(show, {8: 120}, reference="MRL-7K4P")
    add(
        make.visit_contact(
            booking,
            name="Joanna Fell",
            duty="on the day",
            address="j.fell@redmere.example",
            added_at=make.EARLIER,
        )
    )
    return booking, old, new


def read_mail(raw: bytes) -> str:
    part = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def test_an_empty_list_says_what_will_stand_here(desk: Desk) -> None:
    page = desk.said()
    assert "Nothing waits for you" in page and "Bring in a file" in page
    assert "Nothing was decided yet" in said(desk.client.get(LIST + "/decided"))


def test_a_change_stands_with_before_and_after_who_brought_it_and_both_answers(desk: Desk) -> None:
    with transaction():
        change(desk, make.school(name="Redmere <Academy>"))
    page = desk.said()
    assert "1 change waits for you" in page
    assert "Name: Redmere School → Redmere &lt;Academy&gt;" in page
    assert "3 September 2026" in page and "Owen Bright" in page
    assert (
        "Accept: Redmere &lt;Academy&gt;, name" in page and "Keep ours: Redmere &lt;Academy&gt;, name" in page
    )


@pytest.mark.both_databases
def test_one_is_accepted_one_kept_and_both_stand_among_what_was_dealt_with(desk: Desk) -> None:
    with transaction():
        taken = change(desk, make.school(name="Ash Academy"), before="Ash School").id
        kept = change(desk, elm := make.school(name="Elm Academy"), before="Elm School").id
    assert "1 change accepted: the register’s word holds." in desk.send(accept=taken)
    assert "1 change kept as ours, whatever the register says." in desk.send(keep=kept)
    db.session.expire_all()
    assert schools.get(elm.organisation_id).name == "Elm School"
    dealt = said(desk.client.get(LIST + "/decided"))
    assert (
        "Ash School → Ash Academy" in dealt
        and "Accepted Priya Nandakumar, 19 January 2027 at 9:00am" in dealt
    )
    assert "Kept ours Priya Nandakumar" in dealt
    assert desk.client.post(f"{LIST}/{kept}/take-back").status_code == 303
    db.session.expire_all()
    assert schools.get(elm.organisation_id).name == "Elm Academy"
    page = desk.said()
    assert "Taken back. It waits for a decision again." in page and "1 change waits for you" in page


@pytest.mark.both_databases
def test_many_are_decided_at_once_and_what_could_not_be_is_named(desk: Desk) -> None:
    with transaction():
        ids = [change(desk, make.school(name=f"School {n}")).id for n in range(3)]
        gone = change(desk, make.school(name="Ash Academy")).id
        new = change(
            desk, make.school(name="New School"), kind="opening", field="opened", before="", after="Open"
        ).id
    desk.client.post(LIST, data={"accept": gone})
    told = desk.send(deed="keep", change=[*ids, gone, new, 999999])
    assert "3 changes kept as ours" in told
    assert "Ash Academy: Priya Nandakumar decided that already, on 19 January 2027: accepted." in told
    assert "New School: A new school has no word of ours to keep." in told
    assert "There is no such change." in told
    db.session.expire_all()
    assert len(corrections.standing()) == 3


@pytest.mark.parametrize(
    "typed", [{}, {"deed": "accept"}, {"deed": "nonsense", "change": "1"}, {"accept": "x"}]
)
def test_a_button_without_a_change_does_nothing_and_says_so(desk: Desk, typed: dict[str, str]) -> None:
    assert "Tick at least one change" in desk.send(**typed)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("?kind=nonsense", "There is no such kind of change, so all are shown."),
        ("?page=7", "There is no page ‘7’, so the first is shown."),
        ("?page=-1", "There is no page ‘-1’, so the first is shown."),
        ("/decided?page=%C2%B2", "There is no page ‘²’, so the first is shown."),
    ],
)
def test_an_address_that_makes_no_sense_gets_a_sentence(desk: Desk, rest: str, words: str) -> None:
    with transaction():
        change(desk, make.school())
    assert words in desk.said(rest)


def test_the_list_can_be_narrowed_to_one_kind_and_the_numbers_are_its_rows(desk: Desk) -> None:
    with transaction():
        change(desk, make.school())
        for n in range(2):
            change(
                desk,
                make.school(name=f"Closing {n}"),
                kind="closing",
                field="status",
                before="Open",
                after="Closed",
            )
    page = desk.list()
    numbers = dict(re.findall(r'href="/desk/register/changes(?:\?kind=(\w+))?"[^>]*>[^<]*<b>(\d+)</b>', page))
    assert numbers == {"": "3", "closing": "2", "named": "1"}
    for kind, number in numbers.items():
        assert desk.list(f"?kind={kind}").count('name="change"') == int(number)


def test_a_long_list_is_cut_into_pages(desk: Desk) -> None:
    with transaction():
        for n in range(105):
            change(desk, make.school(name=f"School {n:03d}"))
    assert [desk.list(f"?page={page}").count('name="change"') for page in (1, 2)] == [100, 5]


def test_a_register_against_a_correction_says_what_holds(desk: Desk) -> None:
    with transaction():
        school = make.school()
        corrections.correct(
            school.organisation_id, "number_of_pupils", 900, reason="census", who="Priya", now=make.EARLIER
        )
        change(desk, school, kind="corrected", field="number_of_pupils", before="1050", after="1200")
    assert "Number of pupils: 1,050 → 1,200 We say 900, and that holds." in desk.said()


def test_a_closing_school_with_a_show_gets_its_options(desk: Desk) -> None:
    with transaction():
        closing_booking(desk)
    page = desk.list()
    assert "Closed on 31 December 2026." in desk.said() and "Redmere Academy follows it." in desk.said()
    for path in ("hand-on", "move", "cancel"):
        assert f"/desk/bookings/MRL-7K4P/{path}" in page


@pytest.mark.both_databases
def test_a_booking_is_handed_on_and_back(desk: Desk) -> None:
    with transaction():
        booking, old, new = closing_booking(desk)
    where = "/desk/bookings/MRL-7K4P"
    asked = said(desk.client.get(f"{where}/hand-on"))
    assert "Hand it on to Redmere Academy?" in asked and "Joanna Fell gets a mail" in asked
    assert "Hand the booking on to Redmere Academy…" in said(desk.client.get(where))
    assert desk.client.post(f"{where}/hand-on", data={"to": str(new.organisation_id)}).status_code == 303
    page = said(desk.client.get(where))
    assert "It stands under Redmere Academy now." in page and "This booking came from Redmere School" in page
    assert "Redmere School" not in desk.said() and "Nothing waits" in desk.said()
    assert db.session.scalars(select(Letter.kind)).all() == ["handed on"]
    assert desk.client.post(f"{where}/hand-back").status_code == 303
    assert "It stands under Redmere School again." in said(desk.client.get(where))
    db.session.expire_all()
    assert booking.organisation_id == old.organisation_id
    assert desk.client.post(f"{where}/hand-back").status_code == 303
    assert "This booking was not handed on." in said(desk.client.get(where))


def test_what_goes_with_a_booking_since_its_hall_is_only_turned_round_is_said_before_and_after(
    desk: Desk,
) -> None:
    with transaction():
        booking, old, new = closing_booking(desk)
        first = booking.performance
        later = first.starts_at + timedelta(minutes=105)
        show = make.show(
            booking.programme, old, later, tour_day_id=first.tour_day_id, troupe_id=first.troupe_id
        )
        make.booking(show, {9: 90}, reference="MRL-9K4P")
    where, at = "/desk/bookings/MRL-7K4P", clock(later)
    asked = said(desk.client.get(f"{where}/hand-on"))
    assert f"between it and MRL-9K4P at {at} that day, so it goes with it." in asked
    desk.client.post(f"{where}/hand-on", data={"to": str(new.organisation_id)})
    stand = f"It and the one at {at} stand under"
    assert f"{stand} Redmere Academy now." in said(desk.client.get(where))
    desk.client.post(f"{where}/hand-back")
    assert f"{stand} Redmere School again." in said(desk.client.get(where))


@pytest.mark.both_databases
def test_what_cannot_be_handed_on_is_refused_in_words(desk: Desk) -> None:
    with transaction():
        _booking, _old, new = closing_booking(desk, statutory_high_age=11, statutory_low_age=4)
    where = "/desk/bookings/MRL-7K4P/hand-on"
    refused = desk.client.post(where, data={"to": str(new.organisation_id)})
    assert refused.status_code == 422 and "has no Year 8 in this programme by the register" in refused.text
    assert desk.client.post(where, data={"to": "1"}).status_code == 422
    assert db.session.query(Letter).count() == 0


def test_without_an_open_school_that_follows_the_page_says_what_else_can_be_done(desk: Desk) -> None:
    with transaction():
        closing_booking(desk, status="Proposed to open", open_date=date(2027, 4, 1))
    page = said(desk.client.get("/desk/bookings/MRL-7K4P/hand-on"))
    assert (
        "follows it, but is not open yet; it opens on 1 April 2027." in page
        and "Move it to a day before" in page
    )


def test_another_partnerships_changes_and_bookings_are_not_there(desk: Desk) -> None:
    with transaction():
        _booking, _old, new = closing_booking(desk)
        waits = change(desk, make.school(name="Ash Academy")).id
        stranger = make.person(make.partnership(("932",)))
    make.signed_in(desk.client, stranger)
    assert "Ash Academy" not in desk.list() and "MRL-7K4P" not in desk.list()
    assert "There is no such change." in desk.send(deed="accept", change=[waits])
    for path, data in (("hand-on", {"to": str(new.organisation_id)}), ("hand-back", {})):
        assert desk.client.post(f"/desk/bookings/MRL-7K4P/{path}", data=data).status_code == 404
    assert desk.client.get("/desk/bookings/MRL-7K4P/hand-on").status_code == 404
    assert desk.client.post(f"{LIST}/{waits}/take-back").status_code == 404
    db.session.expire_all()
    assert db.session.get_one(RegisterChange, waits).settled_at is None


@pytest.mark.both_databases
def test_the_list_takes_the_same_queries_for_one_change_and_for_ten(
    desk: Desk, count_queries: Callable[..., Any]
) -> None:
    taken = []
    for more in (1, 9):
        with transaction():
            for n in range(more):
                old = make.school(status="Closed")
                make.succession(old, make.school())
                change(desk, old, kind="closing", field="status", before="Open", after="Closed")
                show = make.show(make.programme(desk.partnership), old, make.NOW + timedelta(days=20 + n))
                make.booking(show, {8: 10})
        desk.list()
        with count_queries() as queries:
            desk.list()
        taken.append(len(queries))
    assert taken[0] == taken[1]


def test_the_page_of_a_school_that_went_elsewhere_shows_our_own_rows_and_where_it_went(desk: Desk) -> None:
    with transaction():
        booking, old, _new = closing_booking(desk)
        stranger = make.partnership(("932",))
        make.contact(old, partnership_id=stranger.id, name="Theirs Alone", address="theirs@redmere.example")
        make.changes_hands(old.organisation_id, "932", make.NOW)
        old.status, old.close_date, old.la_code = "Open", None, "932"
        make.record(old, make.NOW)
    where = f"/desk/schools/{old.organisation_id}"
    opened = desk.client.get(where)
    assert opened.status_code == 200 and "MRL-7K4P" in opened.text and "Theirs Alone" not in opened.text
    assert "Not one of your authorities’ schools any more." in desk.said()
    asked = {"what": f"booking-{booking.id}"}
    desk.client.post(f"{LIST}/left", data=asked | {"reason": ""})
    assert "MRL-7K4P" in desk.said()
    desk.client.post(f"{LIST}/left", data=asked | {"reason": "Agreed with them"})
    assert "at schools that left" not in desk.said() and "1 kept although its school left" in desk.said()
    assert desk.client.post(f"{LIST}/left", data=asked | {"deed": "again"}).status_code == 303
    assert "1 booking, offer or wait at schools that left" in desk.said()
    with transaction():
        host = make.show(booking.programme, make.school(), wall(DAY, time(13)))
        make.booking(host, {8: 90})
        place = add(
            GuestPlace(
                programme_id=booking.programme_id,
                organisation_id=old.organisation_id,
                performance_id=host.id,
                why="other",
                seats=9,
                recorded_at=make.EARLIER,
                who="Priya",
            )
        )
        booking.ended_at = make.NOW
    assert "Withdraw 9 seats asked for" in desk.said()
    desk.client.post(f"{LIST}/left", data={"what": f"place-{place.id}", "deed": "withdraw"})
    assert "at schools that left" not in desk.said() and place.ended_as == WITHDRAWN
    assert "authority 932" in said(desk.client.get(where))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_page_of_a_school_that_went_elsewhere_opens_behind_the_wall_with_our_rows_alone(
    app: Flask, desk: Desk
) -> None:
    with transaction():
        booking, old, _new = closing_booking(desk)
        stranger = make.partnership(("932",))
        make.contact(old, partnership_id=stranger.id, name="Theirs Alone", address="theirs@redmere.example")
        show = make.show(make.programme(stranger), old, wall(date(2027, 3, 11), time(9)))
        make.booking(show, {8: 30}, reference="THR-7K4P")
        make.changes_hands(old.organisation_id, "932", make.NOW)
        old.status, old.close_date, old.la_code = "Open", None, "932"
        make.record(old, make.NOW)
        asked = {"what": f"booking-{booking.id}"}
    with walled(app, own_check_off=True):
        page = desk.client.get(f"/desk/schools/{old.organisation_id}")
        assert page.status_code == 200 and "MRL-7K4P" in page.text
        assert "Theirs Alone" not in page.text and "THR-7K4P" not in page.text
        assert "MRL-7K4P" in desk.said() and "THR-7K4P" not in desk.said()
        desk.client.post(f"{LIST}/left", data=asked | {"reason": "Agreed with them"})
        assert "1 kept although its school left" in desk.said()


@pytest.mark.both_databases
def test_an_offer_to_a_school_that_closed_goes_to_the_one_that_follows_it(desk: Desk) -> None:
    with transaction():
        booking, old, new = closing_booking(desk)
        booking.ended_at = make.NOW
        reader = VisitContact(
            name="Joanna Fell",
            role="lead",
            address="j.fell@redmere.example",
            source="them",
            source_date=DAY,
            added_at=make.EARLIER,
        )
        offer = add(
            Proposal(
                programme_id=booking.programme_id,
                organisation_id=old.organisation_id,
                performance_id=booking.performance_id,
                starts_at=booking.performance.starts_at,
                uid="offer@outreach.example",
                organizer_token="ab" * 10,
                reply_by=date(2027, 2, 20),
                recorded_at=make.EARLIER,
                who="Priya",
                people=[reader],
            )
        )
        link = links.mint(
            organisation_id=old.organisation_id,
            programme_id=booking.programme_id,
            partnership_id=desk.partnership.id,
            address="j.fell@redmere.example",
            now=make.EARLIER,
            expires_at=make.NOW + timedelta(days=90),
        )
    assert "Hand on to Redmere Academy" in desk.said()
    typed = {"what": f"offer-{offer.id}", "deed": "hand-on", "heir": str(new.organisation_id)}
    stranger = desk.client.post(f"{LIST}/left", data=typed | {"heir": str(old.organisation_id)})
    assert "That cannot be done with it." in said(desk.client.get(stranger.location))
    answer = desk.client.post(f"{LIST}/left", data=typed)
    assert "The offer is to Redmere Academy now." in said(desk.client.get(answer.location))
    (taken,) = db.session.scalars(select(Proposal).where(Proposal.ended_at.is_(None)))
    assert (taken.organisation_id, taken.uid, taken.sequence, taken.performance.organisation_id) == (
        new.organisation_id,
        "offer@outreach.example",
        1,
        new.organisation_id,
    )
    assert (offer.organisation_id, offer.ended_as) == (old.organisation_id, "withdrawn")
    (letter,) = db.session.scalars(select(Letter))
    assert (letter.recipient, letter.method, letter.sequence) == ("j.fell@redmere.example", "REQUEST", 1)
    assert "Redmere Academy has taken this offer over from Redmere School." in read_mail(letter.raw)
    assert "at schools that left" not in desk.said()
    page = desk.client.get(f"/i/{link.token}", follow_redirects=True)
    assert page.status_code == 200 and "Redmere Academy" in page.text and "9 March" in page.text


def test_a_wait_of_a_school_that_left_is_withdrawn_and_no_other_deed_keeps_it(desk: Desk) -> None:
    with transaction():
        booking, old, _new = closing_booking(desk)
        booking.ended_at = make.NOW
        wait = make.answer(booking.programme, old, WAITING_LIST, at=make.NOW)
    assert "Withdraw the wait" in desk.said()
    typed = {"what": f"wait-{wait.id}"}
    desk.client.post(f"{LIST}/left", data=typed | {"deed": "hand-on", "reason": "Agreed"})
    assert "1 booking, offer or wait at schools that left" in desk.said()
    desk.client.post(f"{LIST}/left", data=typed | {"deed": "withdraw"})
    assert "at schools that left" not in desk.said() and "kept although" not in desk.said()
