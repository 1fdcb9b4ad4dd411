"""The open door: where a link goes at once, where it waits, and who is told."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

import make
from outreach.asking import open_door
from outreach.asking.open_door import LinkRequest
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post import links, outbox
from outreach.post.outbox import Letter
from outreach.tour.programmes import Programme

ON_FILE = "j.fell@redmere.example"


class Door:
    """One school with one address on file and a website nobody shares."""

    def __init__(self) -> None:
        with transaction():
            self.partnership: Partnership = make.partnership()
            self.programme: Programme = make.programme(self.partnership)
            self.school: School = make.school(website="http://www.redmere.example")
            make.contact(self.school, address=ON_FILE)

    def ask(self, address: str, *, now: datetime = make.NOW, school: School | None = None) -> LinkRequest:
        with transaction():
            open_door.ask_for_link(self.programme, school or self.school, address, name="Jo", now=now)
        while self.answer(now):
            pass
        request = db.session.scalars(select(LinkRequest).order_by(LinkRequest.id.desc())).first()
        assert request is not None
        return request

    def answer(self, now: datetime = make.NOW) -> bool:
        with transaction():
            return open_door.answer_next(now=now)

    def waiting(self) -> list[str]:
        return [one.request.address for one in open_door.waiting_requests(self.partnership.id)]


@pytest.fixture
def door(app: Flask) -> Door:
    return Door()


def letters() -> list[tuple[str, str]]:
    return [
        (letter.kind, letter.recipient) for letter in db.session.scalars(select(Letter).order_by(Letter.id))
    ]


def linked() -> list[str]:
    return list(db.session.scalars(select(links.PersonalLink.address).order_by(links.PersonalLink.id)))


def test_ask_alone_writes_one_row_and_sends_nothing(door: Door) -> None:
    with transaction():
        open_door.ask_for_link(door.programme, door.school, ON_FILE, name="", now=make.NOW)
    assert (letters(), linked(), door.waiting()) == ([], [], [])


@pytest.mark.parametrize("typed", [ON_FILE, " J.Fell@Redmere.EXAMPLE "])
def test_address_on_file_gets_the_link_and_nobody_else_is_told(door: Door, typed: str) -> None:
    request = door.ask(typed)
    assert (request.decision, request.who) == ("sent", "")
    assert letters() == [("link", ON_FILE)]
    assert linked() == [ON_FILE]


def test_office_at_the_schools_own_host_gets_the_link_and_those_on_file_are_told(door: Door) -> None:
    with transaction():
        make.contact(door.school, address="dsl@elsewhere.example")
    assert door.ask("office@redmere.example").decision == "sent"
    assert letters()[0] == ("link", "office@redmere.example")
    assert sorted(letters()[1:]) == [("link notice", "dsl@elsewhere.example"), ("link notice", ON_FILE)]
    assert linked() == ["office@redmere.example"]


def test_notice_names_the_address_that_asked_and_holds_no_link(door: Door) -> None:
    door.ask("office@redmere.example")
    notice = db.session.scalars(select(Letter).where(Letter.kind == "link notice")).one()
    assert b"office@redmere.example" in notice.raw
    assert b"/i/" not in notice.raw


def test_other_name_at_the_schools_own_host_waits_for_a_click(door: Door) -> None:
    request = door.ask("21smithj@redmere.example")
    assert request.decided_at is None
    assert (
        request.why_waiting
        == "The address is at the school’s website, but may be anybody’s there, a pupil’s too."
    )
    assert (letters(), door.waiting()) == ([], ["21smithj@redmere.example"])


def test_address_elsewhere_asks_the_coordinator(door: Door) -> None:
    request = door.ask("office@webmail.example")
    assert request.why_waiting == "The address is not on file, and its host is not the school’s own website."
    assert (letters(), door.waiting()) == ([], ["office@webmail.example"])


def test_office_at_a_shared_host_asks_the_coordinator(door: Door) -> None:
    with transaction():
        make.school(website="redmere.example/annexe")
    door.ask("office@redmere.example")
    assert (letters(), door.waiting()) == ([], ["office@redmere.example"])


def test_address_on_file_of_another_school_asks_the_coordinator(door: Door) -> None:
    with transaction():
        other = make.school()
    door.ask(ON_FILE, school=other)
    assert (letters(), door.waiting()) == ([], [ON_FILE])


def test_address_no_longer_on_file_asks_the_coordinator(door: Door) -> None:
    with transaction():
        make.contact(door.school, address="old@webmail.example", ended_at=make.EARLIER)
    door.ask("old@webmail.example")
    assert (letters(), door.waiting()) == ([], ["old@webmail.example"])


def test_dead_address_on_file_asks_the_coordinator(door: Door) -> None:
    with transaction():
        outbox.mark_dead(ON_FILE, "550 no such user", make.NOW)
    assert door.ask(ON_FILE).why_waiting == "Mail to this address comes back."
    assert letters() == []


def test_dead_address_on_file_gets_no_notice(door: Door) -> None:
    with transaction():
        outbox.mark_dead(ON_FILE, "550 no such user", make.NOW)
    door.ask("office@redmere.example")
    assert letters() == [("link", "office@redmere.example")]


def test_second_ask_within_the_hour_sends_nothing_and_a_later_one_does(door: Door) -> None:
    door.ask(ON_FILE)
    assert door.ask(ON_FILE, now=make.NOW + timedelta(minutes=59)).decision == "repeated"
    assert letters() == [("link", ON_FILE)]
    assert door.ask(ON_FILE, now=make.NOW + timedelta(minutes=61)).decision == "sent"
    assert letters() == [("link", ON_FILE), ("link", ON_FILE)]


def test_office_of_two_schools_gets_a_link_for_each(door: Door) -> None:
    with transaction():
        other = make.school()
        make.contact(other, address=ON_FILE)
    assert [door.ask(ON_FILE).decision, door.ask(ON_FILE, school=other).decision] == ["sent", "sent"]
    assert letters() == [("link", ON_FILE), ("link", ON_FILE)]


def test_second_ask_of_one_who_waits_is_one_line_for_the_coordinator(door: Door) -> None:
    door.ask("jo@webmail.example")
    assert door.ask("jo@webmail.example", now=make.NOW + timedelta(days=2)).decision == "repeated"
    assert door.waiting() == ["jo@webmail.example"]


def test_fourth_new_address_in_a_day_asks_the_coordinator(door: Door) -> None:
    for name in ("office", "admin", "head"):
        assert door.ask(f"{name}@redmere.example").decision == "sent"
    assert door.ask("info@redmere.example").why_waiting == "3 links went to addresses not on file in a day."
    assert door.waiting() == ["info@redmere.example"]
    assert door.ask("info@redmere.example", now=make.NOW + timedelta(days=2)).decision == "sent"
    assert door.waiting() == []


def test_requests_that_wait_for_one_school_have_an_end(door: Door) -> None:
    for n in range(open_door.WAITING_AT_MOST):
        door.ask(f"a{n}@webmail.example", now=make.NOW + timedelta(hours=n))
    later = make.NOW + timedelta(days=1)
    assert door.ask("one.more@webmail.example", now=later).decision == "dropped"
    assert len(door.waiting()) == open_door.WAITING_AT_MOST


def test_link_lasts_as_an_invitation_and_at_least_thirty_days(door: Door) -> None:
    door.ask(ON_FILE)
    late = datetime.fromisoformat("2027-03-20T09:00:00+00:00")
    door.ask(ON_FILE, now=late)
    first, second = db.session.scalars(select(links.PersonalLink).order_by(links.PersonalLink.id))
    assert first.expires_at.isoformat() == "2027-03-08T00:00:00+00:00"
    assert second.expires_at == late + timedelta(days=30)


def test_granting_sends_the_link_and_tells_those_on_file(door: Door) -> None:
    request = door.ask("jo@webmail.example")
    with transaction():
        open_door.decide_request(door.partnership.id, request.id, True, who="Priya", now=make.NOW)
    assert (request.decision, request.who, door.waiting()) == ("sent", "Priya", [])
    assert letters() == [("link", "jo@webmail.example"), ("link notice", ON_FILE)]


def test_refusing_sends_nothing(door: Door) -> None:
    request = door.ask("jo@webmail.example")
    with transaction():
        open_door.decide_request(door.partnership.id, request.id, False, who="Priya", now=make.NOW)
    assert (request.decision, request.who, door.waiting(), letters()) == ("refused", "Priya", [], [])


def test_request_is_decided_once(door: Door) -> None:
    request = door.ask("jo@webmail.example")
    with transaction():
        open_door.decide_request(door.partnership.id, request.id, False, who="Priya", now=make.NOW)
    with pytest.raises(open_door.AlreadyDecided), transaction():
        open_door.decide_request(door.partnership.id, request.id, True, who="Owen", now=make.NOW)
    assert letters() == []


def test_another_partnerships_request_is_not_seen_and_not_decided(door: Door) -> None:
    request = door.ask("jo@webmail.example")
    with transaction():
        other = make.partnership(("930",))
    assert open_door.waiting_requests(other.id) == []
    with pytest.raises(open_door.NoSuchRequest), transaction():
        open_door.decide_request(other.id, request.id, True, who="Spy", now=make.NOW)
    assert door.waiting() == ["jo@webmail.example"]


def test_grant_to_an_address_whose_mail_comes_back_is_refused(door: Door) -> None:
    request = door.ask("jo@webmail.example")
    with transaction():
        outbox.mark_dead("jo@webmail.example", "550", make.NOW)
    with pytest.raises(open_door.MailComesBack), transaction():
        open_door.decide_request(door.partnership.id, request.id, True, who="Priya", now=make.NOW)
    assert door.waiting() == ["jo@webmail.example"]


def test_three_waiting_requests_are_listed_with_one_query(door: Door, count_queries) -> None:
    for n in range(3):
        door.ask(f"a{n}@webmail.example")
    partnership_id = door.partnership.id
    with count_queries() as queries:
        waiting = open_door.waiting_requests(partnership_id)
    assert [(one.request.address, one.organisation.name, one.programme.title) for one in waiting] == [
        (f"a{n}@webmail.example", door.school.name, "Someone to Tell") for n in range(3)
    ]
    assert len(queries) == 1
