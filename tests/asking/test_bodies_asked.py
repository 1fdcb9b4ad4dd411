"""Bodies are asked as schools are: in a round, one by one, reminded, on the waiting list; and held to their partnership."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

import make
from outreach.asking import invitations, open_door, recipients, rounds
from outreach.asking.chasing import offers, raising, reminders
from outreach.asking.chasing.chases import HEAD
from outreach.asking.confirming import requests
from outreach.asking.own_letters import drafts
from outreach.booking import accounts, holds, limits
from outreach.county import bodies, contacts, organisations, venues
from outreach.county.bodies import Body
from outreach.county.contacts import Contact
from outreach.county.partnerships import Partnership
from outreach.county.register import lines
from outreach.county.schools import School
from outreach.ground.db import transaction
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import day_of
from outreach.tour import slots
from outreach.tour.adults import ALL, NO_SCHOOLS, AdultTarget
from outreach.tour.programmes import Programme

PRIYA: dict[str, Any] = {"who": "Priya Nandakumar", "now": make.NOW}
COUNTED = make.EARLIER.date()


@dataclass
class Asked:
    ours: Partnership
    programme: Programme
    police: Body
    health: Body
    school: School
    sergeant: Contact


@pytest.fixture
def asked(app: Flask) -> Asked:
    with transaction():
        ours = make.partnership()
        programme = make.programme(
            ours, (), AdultTarget(schools=ALL, kinds=("Police",)), for_adults=True, title="Spot the signs"
        )
        make.tour_day(programme, make.troupe(ours), date(2027, 3, 8))
        police = make.body(ours, name="Redmere Team", front_line_staff=42, staff_counted_on=COUNTED)
        health = make.body(ours, name="Ash Clinic", kind="Health")
        sergeant = make.contact(police, role="Sergeant", address="s.wood@police.example")
        make.contact(health, address="desk@health.example")
        return Asked(ours, programme, police, health, make.school(), sergeant)


def test_a_body_of_the_target_is_open_with_its_staff_and_one_of_another_kind_is_not(asked: Asked) -> None:
    found = accounts.of_organisations(
        asked.programme, [asked.police, asked.health, asked.school], now=make.NOW
    )
    police = found[asked.police.organisation_id]
    assert police.is_open and police.still_open == {STAFF: 42}
    assert police.expected[STAFF].at_most == 42
    health = found[asked.health.organisation_id]
    assert not health.is_open and health.expected == {}
    assert found[asked.school.organisation_id].is_open


@pytest.mark.parametrize("staff", [0, None])
def test_nobody_or_unknown_is_no_limit(asked: Asked, staff: int | None) -> None:
    with transaction():
        facts = bodies.BodyFacts(
            name="Redmere Team",
            kind="Police",
            front_line_staff=staff,
            staff_counted_on=None if staff is None else COUNTED,
        )
        bodies.change(asked.police, facts, today=make.NOW.date(), **PRIYA)
    account = accounts.account(asked.programme, asked.police, now=make.NOW)
    assert account.is_open and account.expected[STAFF].at_most is None


def test_what_a_body_has_is_written_down_as_the_most_it_may_promise(asked: Asked) -> None:
    with transaction():
        limits.write(asked.ours.id, now=make.NOW)
    account = accounts.account(asked.programme, asked.police, now=make.NOW)
    assert account.limits[STAFF] == (42, 42)


def test_no_body_is_asked_in_a_programme_for_pupils(asked: Asked) -> None:
    with transaction():
        pupils = make.programme(asked.ours)
    account = accounts.account(pupils, asked.police, now=make.NOW)
    assert not account.is_open and account.expected == {}


def test_a_round_goes_to_bodies_and_to_no_other_partnerships(asked: Asked) -> None:
    with transaction():
        theirs = make.partnership(("935",))
        spy = make.body(theirs, name="Their Team")
        make.contact(spy, address="spy@their.example")
    everybody = [b.organisation_id for b in (asked.police, asked.health, spy)]
    target = {asked.police.organisation_id}
    found, left_out = recipients.sorted_out(asked.programme, everybody, target, now=make.NOW)
    assert [r.organisation.name for r in found] == ["Redmere Team"]
    assert {n.organisation.name: n.why for n in left_out} == {
        "Ash Clinic": "not in the target of this programme"
    }
    with transaction():
        rounds.send_round(asked.programme, [asked.police.organisation_id], warned=True, **PRIYA)
    (invitation, letter) = invitations.of_organisation(asked.programme.id, asked.police.organisation_id)[0]
    assert invitation.address == "s.wood@police.example"
    assert letter is not None and letter.subject == "Book ‘Spot the signs’ for your staff"


def test_a_body_gets_no_letter_on_paper(asked: Asked) -> None:
    number = asked.police.organisation_id
    found, left_out = recipients.to_ask_on_paper(asked.programme, [number], {number}, now=make.NOW)
    assert found == [] and [n.why for n in left_out] == ["no postal address is known"]


def test_a_body_that_is_silent_is_reminded(asked: Asked) -> None:
    number = asked.police.organisation_id
    with transaction():
        at = make.NOW - timedelta(days=9)
        make.invitation(asked.programme, asked.police, at, address="s.wood@police.example")
    coming, _ = reminders.coming(asked.programme, [number], now=make.NOW)
    assert [(r.organisation.name, r.nth) for r in coming] == [("Redmere Team", 1)]


def test_a_body_has_no_school_days(asked: Asked) -> None:
    number, sunday = asked.police.organisation_id, make.NOW + timedelta(days=6 - make.NOW.weekday())
    with transaction():
        make.invitation(
            asked.programme, asked.police, make.NOW - timedelta(days=9), address="s.wood@police.example"
        )
    found = reminders.preview(asked.programme, [number], now=sunday, target={number})
    assert [n.why.partition(" (")[0] for n in found.left_out] == ["no working day there today"]


def test_what_a_body_says_ends_the_asking(asked: Asked) -> None:
    with transaction():
        invitations.answer(asked.programme, asked.police, invitations.DECLINED, "no staff", **PRIYA)
    said = invitations.answers_of(asked.programme.id, asked.police.organisation_id)
    assert [answer.kind for answer in said] == [invitations.DECLINED]


def test_a_body_waits_on_the_waiting_list_of_its_own_partnership(asked: Asked) -> None:
    with transaction():
        invitations.answer(asked.programme, asked.police, invitations.WAITING_LIST, "", **PRIYA)
    assert [w.organisation.name for w in offers.waiting_list(asked.programme, now=make.NOW)] == [
        "Redmere Team"
    ]


def test_a_body_has_no_slots_of_a_tour_to_hold(asked: Asked) -> None:
    assert slots.offers(asked.programme, asked.police, now=make.NOW).days == ()
    account = accounts.account(asked.programme, asked.health, now=make.NOW)
    why = holds.why_nothing(asked.programme, asked.health, account)
    assert why is not None and "your organisation" in why.message


def test_the_open_door_opens_for_a_body_in_its_programme(asked: Asked) -> None:
    with transaction():
        make.programme(asked.ours)
    found = open_door.programme_for(asked.police, asked.ours.id, now=make.NOW)
    assert found is not None and found.title == "Spot the signs"
    assert open_door.programme_for(asked.health, asked.ours.id, now=make.NOW) is None
    assert bodies.called("REDMERE team") == [asked.police] and bodies.called("Redmere") == []


def test_contacts_of_a_body_are_asked_to_be_confirmed(asked: Asked) -> None:
    number = asked.police.organisation_id
    found, _ = requests._sorted_out(asked.programme, [number], now=make.NOW)
    assert [r.organisation.name for r in found] == ["Redmere Team"]
    assert contacts.confirmed_by(number) == "the organisation, which confirmed it"
    assert drafts.our_organisations(asked.ours.id, [number]) == [asked.police]


def test_a_line_of_bodies_is_followed_and_ends_at_the_partnership(asked: Asked) -> None:
    with transaction():
        heir = make.body(asked.ours, name="Whole Team")
        bodies.close(asked.police, make.NOW.date(), successor=heir, today=day_of(make.NOW), **PRIYA)
        theirs = make.partnership(("935",))
    after = lines.after([asked.police.organisation_id], asked.ours.id)
    assert after == {asked.police.organisation_id: [heir]}
    former = lines.former_selves([heir.organisation_id], asked.ours.id, today=make.NOW.date())
    assert former == {heir.organisation_id: [asked.police]}
    assert lines.after([asked.police.organisation_id], theirs.id) == {}
    with pytest.raises(organisations.NoSuchOrganisation):
        organisations.get(heir.organisation_id, theirs.id)


def test_whoever_arranges_training_is_written_to_first_and_a_gap_is_raised_to_the_manager(
    asked: Asked,
) -> None:
    with transaction():
        manager = make.contact(asked.police, role="Team manager", address="boss@police.example")
        training = make.contact(asked.police, role="Training lead", address="training@police.example")
        deputy = make.contact(asked.police, role="Deputy manager", address="deputy@police.example")
    first, *_, last = contacts.contacts_of_organisation(asked.police.organisation_id)
    assert (first, last) == (training, manager)
    assert raising.is_head(manager) and not raising.is_head(training) and not raising.is_head(deputy)
    assert raising.named(HEAD, asked.police) == "manager"
    assert raising.named(HEAD, asked.school) == "head teacher"


def test_a_body_is_offered_the_next_sessions_with_places_left(asked: Asked) -> None:
    with transaction():
        hall = make.venue(asked.ours, name="Mill Lane Hall")
        online = venues.online(asked.ours.id, **PRIYA)
        at = datetime(2027, 3, 15, 14, tzinfo=UTC)
        sessions = [make.session(asked.programme, hall, at + timedelta(days=n), places=10) for n in range(2)]
        meeting = make.session(asked.programme, online, at + timedelta(days=2), places=1)
        make.booking(sessions[0].performance, {STAFF: 10}, of=asked.school)
        make.session(asked.programme, hall, make.NOW + timedelta(hours=1))
    words = invitations.asking(asked.programme, asked.police, now=make.NOW)
    assert [(time.starts, time.why) for time in words.times] == [
        ((sessions[1].performance.starts_at,), "at Mill Lane Hall, 10 places left"),
        ((meeting.performance.starts_at,), "online, 1 place left"),
    ]
    assert words.no_times == "" and words.pupils == 42
    with transaction():
        for session, places in ((sessions[1], 10), (meeting, 1)):
            make.booking(session.performance, {STAFF: places}, of=asked.school)
    words = invitations.asking(asked.programme, asked.police, now=make.NOW)
    assert (words.times, words.no_times) == ((), invitations.NO_ROOM)


def test_before_there_are_sessions_a_letter_to_a_body_says_so(asked: Asked) -> None:
    words = invitations.asking(asked.programme, asked.police, now=make.NOW)
    assert (words.times, words.no_times) == ((), invitations.NO_DAY)
    assert words.without_times.startswith("The sessions are not set yet: we write again when they are.")


def test_where_no_school_is_asked_a_round_goes_by_its_sessions(asked: Asked) -> None:
    with transaction():
        only = make.programme(
            asked.ours, (), AdultTarget(schools=NO_SCHOOLS, kinds=("Police",)), for_adults=True
        )
        make.tour_day(only, make.troupe(asked.ours), date(2027, 3, 8))
    assert invitations.why_no_times(only, now=make.NOW) == invitations.NO_DAY
    with transaction():
        hall = make.venue(asked.ours)
        make.session(only, hall, datetime(2027, 3, 15, 14, tzinfo=UTC))
    assert invitations.why_no_times(only, now=make.NOW) == ""


def test_a_venue_is_asked_by_nobody(asked: Asked) -> None:
    with transaction():
        hall = make.venue(asked.ours)
    number = hall.organisation_id
    assert organisations.of_ids([number], asked.ours.id) == [] and not hall.is_body
    assert recipients.sorted_out(asked.programme, [number], None, now=make.NOW) == ([], [])
