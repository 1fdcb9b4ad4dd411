"""What is live at schools that left is on one list, whatever it is and whyever they left; what is kept is not."""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask

import make
from outreach.asking import kept_on
from outreach.asking.invitations import WAITING_LIST
from outreach.asking.kept_on import KeepReasonMissing
from outreach.booking.guest_places import GuestPlace
from outreach.booking.proposals import Proposal
from outreach.county.schools import School
from outreach.coverage import leavers
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall

DAY = date(2027, 3, 9)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A booking, an offer, seats asked for and a wait, each at a school of its own."""
    with transaction():
        ours = make.partnership()
        c = SimpleNamespace(ours=ours, programme=make.programme(ours))
        c.hosts, c.offered, c.asks, c.waits = (make.school(name=n) for n in ("Ash", "Birch", "Elm", "Fir"))
        show = make.show(c.programme, c.hosts, wall(DAY, time(9)))
        make.booking(show, {8: 100})
        kept = make.show(c.programme, c.offered, wall(DAY, time(9)))
        own = {"programme_id": c.programme.id, "recorded_at": make.EARLIER, "who": "Priya"}
        db.session.add(
            Proposal(
                **own,
                organisation_id=c.offered.organisation_id,
                performance_id=kept.id,
                starts_at=kept.starts_at,
                uid="offer@outreach.example",
                reply_by=DAY - timedelta(days=5),
            )
        )
        db.session.add(
            GuestPlace(
                **own, organisation_id=c.asks.organisation_id, performance_id=show.id, why="other", seats=9
            )
        )
        make.answer(c.programme, c.waits, WAITING_LIST, at=make.EARLIER)
    return c


def listed(c: SimpleNamespace, now: datetime = make.NOW) -> list[tuple[str, str, str]]:
    return [
        (item.live.kind, item.live.organisation.name, item.cause) for item in leavers.left(c.ours.id, now=now)
    ]


def becomes(c: SimpleNamespace, **facts: object) -> None:
    """The register says so of all four."""
    with transaction():
        for one in (c.hosts, c.offered, c.asks, c.waits):
            school = db.session.get_one(School, one.organisation_id)
            for name, value in facts.items():
                setattr(school, name, value)
            make.record(school, make.NOW - timedelta(minutes=1))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({"status": "Closed"}, "closed"),
        ({"la_code": "999"}, "elsewhere"),
        ({"statutory_low_age": 4, "statutory_high_age": 11}, "outside"),
    ],
)
def test_all_that_is_live_is_listed_whyever_its_school_left(c, facts, cause) -> None:
    assert listed(c) == []
    becomes(c, **facts)
    kinds = (("booking", "Ash"), ("offer", "Birch"), ("place", "Elm"), ("wait", "Fir"))
    assert sorted(listed(c)) == [(*each, cause) for each in kinds]


def test_a_school_is_asked_for_on_the_day_of_what_is_live(c) -> None:
    becomes(c, close_date=DAY + timedelta(days=1))
    assert listed(c) == []
    becomes(c, close_date=DAY)
    assert [kind for kind, *_ in listed(c)] == ["booking", "offer", "place"]


def test_a_host_that_never_was_in_the_target_is_not_listed(c) -> None:
    with transaction():
        primary = make.school(name="Yew", statutory_low_age=4, statutory_high_age=11)
        make.booking(make.show(c.programme, primary, wall(DAY, time(9))), {8: 10})
    assert listed(c) == []


def test_what_is_kept_leaves_the_list_until_its_school_leaves_for_another_cause(c) -> None:
    becomes(c, statutory_low_age=4, statutory_high_age=11)
    (booking,) = (i for i in leavers.left(c.ours.id, now=make.NOW) if i.live.kind == "booking")

    def keep(reason: str) -> None:
        with transaction():
            kept_on.keep(
                booking.live.key,
                booking.cause,
                organisation_id=c.hosts.organisation_id,
                partnership_id=c.ours.id,
                reason=reason,
                who="Priya",
                now=make.NOW,
            )

    with pytest.raises(KeepReasonMissing):
        keep(" ")
    keep("They asked for it")
    assert "booking" not in [kind for kind, *_ in listed(c)]
    becomes(c, status="Closed")
    assert ("booking", "Ash", "closed") in listed(c)
