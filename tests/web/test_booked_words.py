"""Words of a school's booking: what can be changed, until when, and what happens next, as time goes by."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

import make
from outreach.booking import promises
from outreach.booking.in_hall import AtWork
from outreach.booking.promises import Booking
from outreach.ground.db import transaction
from outreach.web.school import booked_words
from outreach.web.school.booked_words import Besides

SHOW = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def booked(*, role: str = "host", move: int = 14, cancel: int = 14) -> Booking:
    with transaction():
        programme = make.programme(make.partnership(), notice_move_days=move, notice_cancel_days=cancel)
        host = make.school()
        show = make.show(programme, host, SHOW)
        own = make.booking(show, {8: 100}, at=make.NOW)
        if role == "host":
            return own
        return make.booking(show, {8: 10}, of=make.school(), at=make.NOW)


def until(booking: Booking, now: datetime) -> str:
    return "".join(piece.text for piece in booked_words.until_when(booking, now=now))


@pytest.mark.parametrize(
    ("move", "cancel", "before", "said"),
    [
        (14, 14, 20, "Move or cancel until Tuesday 23 February. Later, "),
        (14, 7, 20, "You can move until Tuesday 23 February, and cancel until Tuesday 2 March. After that, "),
        (14, 7, 10, "It is too late to move this online. You can cancel until Tuesday 2 March. After that, "),
        (7, 14, 10, "You can move until Tuesday 2 March; it is too late to cancel online. After that, "),
        (14, 14, 14, "Move or cancel today. Later, "),
        (14, 7, 14, "You can move today, and cancel until Tuesday 2 March. After that, "),
        (14, 14, 3, "It is too late to move or cancel this online. For that, "),
    ],
)
def test_a_host_reads_until_when(app: Flask, move: int, cancel: int, before: int, said: str) -> None:
    assert until(booked(move=move, cancel=cancel), SHOW - before * DAY).replace(" 2027", "") == said


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (20, "Your host sets the time. You can leave until Tuesday 23 February. After that, "),
        (3, "Your host sets the time. It is too late to leave online. For that, "),
    ],
)
def test_a_guest_reads_until_when(app: Flask, before: int, said: str) -> None:
    assert until(booked(role="guest"), SHOW - before * DAY).replace(" 2027", "") == said


def test_only_dates_are_kept_on_one_line(app: Flask) -> None:
    whole = [p.text for p in booked_words.until_when(booked(cancel=7), now=SHOW - 20 * DAY) if p.whole]
    assert [text.replace(" 2027", "") for text in whole] == [
        "until Tuesday 23 February",
        "until Tuesday 2 March",
    ]


@pytest.mark.parametrize(
    ("before", "ways"),
    [
        (20, ["Move to another time", "Change numbers or hall", "Cancel this booking"]),
        (3, ["Change numbers or hall"]),
        (-1, []),
    ],
)
def test_ways_go_as_the_show_comes_near(app: Flask, before: int, ways: list[str]) -> None:
    found = booked_words.ways_to_change(booked(), None, first_is_elsewhere=False, now=SHOW - before * DAY)
    assert [way.words for way in found] == ways


def test_one_button_is_filled_and_none_where_something_else_is_more_urgent(app: Flask) -> None:
    booking, now = booked(), SHOW - 20 * DAY
    for elsewhere, filled in ((False, 1), (True, 0)):
        ways = booked_words.ways_to_change(booking, None, first_is_elsewhere=elsewhere, now=now)
        assert [way.looks for way in ways].count("btn") == filled


def test_what_happens_next_is_done_step_by_step(app: Flask) -> None:
    booking = booked()

    def steps(state: str, now: datetime, besides: Besides | None = None) -> dict[str, bool]:
        found = booked_words.what_happens_next(
            booking, AtWork(SHOW, SHOW), state=state, besides=besides, now=now
        )
        return {s.title: s.done for s in found}

    assert steps(promises.BOOKED, make.NOW) == {
        "Booked": True,
        "Last day to move it online": False,
        "The company arrives": False,
        "The performance": False,
        "Your report": False,
    }
    assert "Last day to move it online" not in steps(promises.BOOKED, SHOW - DAY)
    assert steps(promises.TOOK_PLACE, SHOW + DAY)["The performance"]
    assert "Your report" not in steps(promises.FAILED, SHOW + DAY)
    assert "The company arrives" not in steps(promises.FAILED, SHOW + DAY)
    none, all_said = Besides(promised=0, still_open=6), Besides(promised=4, still_open=0)
    assert steps(promises.BOOKED, make.NOW, none)["What you will do besides"] is False
    assert steps(promises.BOOKED, make.NOW, all_said)["What you will do besides"] is True
    assert steps(promises.TOOK_PLACE, SHOW + DAY, none)["What was done besides"] is False
    assert steps(promises.TOOK_PLACE, SHOW + DAY, all_said)["What was done besides"] is True
    assert "What was done besides" not in steps(promises.FAILED, SHOW + DAY, none)
