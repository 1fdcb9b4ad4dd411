"""The words of a booking's page: each line in every case that makes it another."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from outreach.booking.in_hall import AtWork
from outreach.booking.promises import Booking
from outreach.county.schools import School
from outreach.ground.school_year import STAFF
from outreach.post.outbox import Letter
from outreach.visits.before.reminding import Written
from outreach.web.coordinator import booking_words

AT = datetime(2027, 1, 19, 14, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def booked(**changes: Any) -> Any:
    host = School(name="Larch", street="", locality=None, town="Marl", postcode="ZZ1 1AA")
    told = {
        "__tablename__": Booking.__tablename__,
        "id": 7,
        "role": "host",
        "hall": "Sports hall",
        "step_free": None,
        "seats": 1080,
        "entrance": "",
        "parking": "",
        "arrival_note": "",
        "created_at": AT,
        "booked_by": "",
        "performance": SimpleNamespace(host=host),
        "programme": SimpleNamespace(for_adults=False),
        "can_move": lambda now: False,
        "can_cancel": lambda now: True,
        "can_move_until": lambda: date(2027, 1, 10),
        "can_cancel_until": lambda: date(2027, 1, 12),
    }
    return SimpleNamespace(**told | changes)


def facts(
    booking: Any, pupils: dict[int, int] | None = None, place: Any = None, over: bool = False, **more: Any
) -> dict[str, booking_words.Fact]:
    told = booking_words.facts(
        booking,
        pupils or {},
        more.get("access", ()),
        place,
        work=AtWork(AT, AT),
        reminders=(),
        reminded=more.get("reminded", Written(days=(), not_reached=())),
        wants_none=False,
        over=over,
        now=AT,
    )
    return {fact.term: fact for fact in told}


def test_a_booking_says_when_its_school_was_reminded_and_whom_that_did_not_reach() -> None:
    days = (date(2027, 3, 2), date(2027, 3, 8))
    assert "Reminded" not in facts(booked())
    fine = facts(booked(), reminded=Written(days=days, not_reached=()))["Reminded"]
    assert (fine.words, fine.warning) == ("Tuesday 2 March and Monday 8 March", "")
    lost = Written(days=days[:1], not_reached=("office@redmere.example",))
    assert facts(booked(), reminded=lost)["Reminded"].warning == (
        "Not delivered to office@redmere.example: put the address right"
    )


def test_what_is_not_said_is_said_to_be_so() -> None:
    bare = facts(booked(hall=""))
    assert [(f.term, f.words) for f in bare.values()] == [
        ("In the hall", "arrives at 2:06pm, leaves by 2:06pm"),
        ("Where", "hall not said"),
        ("Step-free way in", "not said"),
        ("Pupils", "1,080"),
        ("Access", "no needs named"),
        ("Entrance", "not said"),
        ("Parking", "not said"),
        ("On arrival", "nothing said"),
        (
            "The school can",
            "move it until 10 January 2027, cancel it until 12 January 2027. You can at any time.",
        ),
    ]
    assert bare["Where"].beneath == "Marl, ZZ1 1AA"
    nowhere = School(name="Larch", street="", locality="", town="", postcode="")
    show = SimpleNamespace(host=nowhere)
    assert facts(booked(performance=show))["Where"].beneath == "address not known"


def test_what_is_said_stands_there() -> None:
    told = facts(
        booked(step_free=False, arrival_note="Ring twice", booked_by="Ann"),
        {8: 1000, 9: 80},
        access=["a hearing loop", "a seat"],
        over=True,
    )
    assert (
        told["Step-free way in"].words == "no"
        and facts(booked(step_free=True))["Step-free way in"].words == "yes"
    )
    assert told["Pupils"].words == "1,080: 1,000 in Year 8, 80 in Year 9"
    assert facts(booked(), {8: 1000})["Pupils"].words == "1,000 in Year 8"
    training = SimpleNamespace(for_adults=True)
    assert facts(booked(programme=training, seats=40), {STAFF: 40})["Staff"].words == "40"
    assert facts(booked(programme=training, seats=0), {})["Staff"].words == "number not known"
    assert told["Access"].words == "a hearing loop and a seat"
    assert (told["On arrival"].words, told["On arrival"].looks) == ("Ring twice", "lines")
    assert "Booked" not in told, "the history beneath says when, and by whom"
    assert "The school can" not in told


def test_a_guest_says_how_it_comes() -> None:
    place = SimpleNamespace(
        __tablename__="guest_place",
        id=7,
        travel=SimpleNamespace(words=lambda: "by coach"),
        travel_note="",
        asked_again=True,
        said="Bring lunch",
    )
    told = facts(booked(role="guest"), place=place)
    assert told["Where"].words == "at Larch, as guest"
    assert (told["Journey"].words, told["Journey"].warning) == (
        "by coach",
        "Has not said whether it comes at the new time",
    )
    assert told["The host asks"].words == "Bring lunch"
    assert (told["The host asks"].typed, told["The host asks"].typed_id) == ("guest_place.said", 7)
    assert told["The school can"].words == "cancel it until 12 January 2027. You can at any time."
    alone = facts(booked(role="guest"))
    assert (alone["Journey"].words, alone["Journey"].warning) == ("not settled yet", "")
    assert "The host asks" not in alone and "Journey" not in facts(booked())


def test_what_is_too_late_for_the_school_is_not_for_us() -> None:
    late = booked(can_cancel=lambda now: False)
    assert facts(late)["The school can"].words == "no longer move or cancel it online. You can at any time."


def test_whoever_cancelled_is_named() -> None:
    ended: Any = SimpleNamespace(recorded_at=AT, cancelled_by="coordinator", who="Priya", reason="Snow")
    assert booking_words.cancelled(ended) == ("Cancelled 19 January 2027 at 2:06pm", "by us (Priya): Snow")


def test_the_link_to_hand_on_names_a_single_heir() -> None:
    follow = [School(name="Birch"), School(name="Elm")]
    assert [booking_words.hand_on(follow[:n]) for n in range(3)] == [
        "",
        "Hand the booking on to Birch…",
        "Hand the booking on to the school that follows…",
    ]


def test_calendars_and_letters() -> None:
    assert booking_words.calendar_of_company("NEEDS-ACTION") == ""
    assert booking_words.calendar_of_company("TENTATIVE") == "Maybe in the company’s calendar"
    assert booking_words.letter(Letter(status="failed")) == "Letter did not arrive"
    assert booking_words.letter(Letter(status="held back")) == "held back"


@pytest.mark.parametrize(
    ("role", "starts_in", "ended", "deeds"),
    [
        ("host", 1, False, ["booking_move", "booking_change", "booking_cancel"]),
        ("guest", 1, False, ["booking_change", "booking_cancel"]),
        ("host", -1, False, ["report", "booking_move", "booking_change", "booking_cancel"]),
        ("host", -3, False, ["report"]),
        ("host", 1, True, []),
    ],
)
def test_deeds_are_those_that_can_still_be_done(
    role: str, starts_in: int, ended: bool, deeds: list[str]
) -> None:
    starts_at = AT + timedelta(hours=starts_in)
    show = SimpleNamespace(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    cancellation: Any = SimpleNamespace() if ended else None
    found = booking_words.head_deeds(booked(role=role, performance=show, outcome=None), cancellation, now=AT)
    assert [page for page, _, _ in found] == deeds


@pytest.mark.parametrize(
    ("outcome", "ends_in", "came", "first"),
    [
        (None, 1, ("booked", "Booked"), "Move"),
        (None, -1, ("to confirm", "Report missing"), "Enter a report"),
        ("reports disagree", -1, ("to confirm", "Reports disagree"), "Enter a report"),
        ("took place", -1, ("seen", "Took place"), "Reports"),
        ("did not take place", -1, ("declined", "Did not take place"), "Reports"),
    ],
)
def test_what_came_of_it_is_said_and_a_report_asked_for_only_where_one_is_missing(
    outcome: str | None, ends_in: int, came: tuple[str, str], first: str
) -> None:
    ends_at = AT + timedelta(hours=ends_in)
    one = booked(outcome=outcome, performance=SimpleNamespace(starts_at=ends_at - HOUR / 2, ends_at=ends_at))
    one.ended_at, one.has_come_to = None, partial(Booking.has_come_to, one)
    assert booking_words.what_came(one, now=AT) == came
    deeds = booking_words.head_deeds(one, None, now=AT)
    assert deeds[0][1] == first and deeds[0][2] == ("btn q s" if first == "Reports" else "btn s")
