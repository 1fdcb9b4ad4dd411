"""The words of the check before a booking, in every case that makes them others."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from school_story import lay, said

from outreach.booking.colleagues import Colleague
from outreach.booking.in_hall import AtWork
from outreach.booking.numbers import Promise
from outreach.web.school import check_words

AT = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)
SHOW: Any = SimpleNamespace(
    starts_at=AT,
    ends_at=AT.replace(hour=10, minute=45),
)
WORK = AtWork(AT.replace(hour=8), AT.replace(hour=11, minute=15))


def test_a_show_says_when_who_comes_and_what_they_need() -> None:
    rows = check_words.show(
        SHOW, WORK, Promise(pupils={8: 1080, 9: 0, 10: 2}, access_needs={"wheelchair": 1, "sight": 2})
    )
    assert [(row.term, row.lines, row.page) for row in rows] == [
        ("When", ("Tuesday 9 March", "9:30am to 10:45am"), "times"),
        ("Company", ("arrives at 8:30am, leaves by 11:15am",), ""),
        ("Pupils", ("1,080 in Year 8, 2 in Year 10",), "pupils"),
        ("Access needs", ("1 wheelchair place", "2 seats at the front for low vision"), "hall"),
    ]


def test_a_show_for_adults_says_nothing_of_pupils_and_no_need_is_said() -> None:
    rows = check_words.show(SHOW, WORK, Promise(pupils={}))
    assert [(row.term, row.lines) for row in rows[2:]] == [("Access needs", ("none",))]


@pytest.mark.parametrize(
    ("step_free", "words"),
    [(True, "step-free"), (False, "not step-free"), (None, "step-free way in not known")],
)
def test_the_hall_says_its_way_in_and_what_is_to_be_known(step_free: bool | None, words: str) -> None:
    bare = check_words.hall(Promise(pupils={}, hall="Gym", step_free=step_free))
    assert [(row.term, row.lines, row.small) for row in bare] == [("Hall", ("Gym",), (words,))]
    told = check_words.hall(
        Promise(pupils={}, hall="Gym", entrance="Gate B", arrival_note="Late?\nRing twice")
    )
    assert [(row.term, row.lines) for row in told[1:]] == [
        ("Entrance", ("Gate B",)),
        ("On arrival", ("Late?", "Ring twice")),
    ]


def test_people_stand_with_what_they_are_there_for() -> None:
    ann = Colleague(
        name="Ann Lea", address="a@b.example", duty="on the day", role="Head of Year 9", phone="01632 9"
    )
    sam = Colleague(name="Sam", address="s@b.example", duty="colleague", waits=True)
    first, second = check_words.people([ann, sam])
    assert (first.term, first.lines, first.small) == (
        "On the day",
        ("Ann Lea, Head of Year 9",),
        ("a@b.example", "01632 9"),
    )
    assert second.small[0] == "s@b.example" and "a coordinator looks at it" in second.small[1]


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("move", "cancel", "sentence"),
    [
        (60, 60, "It is close to the day: to move or cancel it, you ring us."),
        (60, 0, "Cancel until Tuesday 9 March; to move it, you ring us."),
        (0, 60, "Move until Tuesday 9 March; to cancel it, you ring us."),
        (0, 0, "Move or cancel until Tuesday 9 March."),
        (1, 0, "Move until Monday 8 March, cancel until Tuesday 9 March."),
    ],
)
def test_until_when_it_can_be_undone_online(
    client: FlaskClient, stopped: Any, move: int, cancel: int, sentence: str
) -> None:
    story = lay(client, notice_move_days=move, notice_cancel_days=cancel)
    story.choose()
    story.fill()
    assert f"Joanna Fell gets a calendar invite. {sentence}" in said(story.get("/check"))
