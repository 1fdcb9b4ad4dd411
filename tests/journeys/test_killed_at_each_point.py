"""A web process killed with -9 before and after each statement that writes, and each commit: of a booking, a move, a
cancellation, a call-off, a plan accepted, a kept time taken, a register applied. All of it stands or nothing, and the same
form sent again does it once.

Of each way the commits and some other points stand here; --long has every one.
"""

import io
import re
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from points import AFTER_COMMIT, BEFORE_COMMIT, Sent, account, killed_at, rows, run, some_of
from sqlalchemy import select

import make
from booking import life, never
from little_tour import Tour, draw_up
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.planning import ordering, orders
from outreach.planning.rules import PlanRules
from outreach.tour.programmes import Programme
from postgres import Postgres
from read_in import read_in
from web import school_story
from web.school_story import Story

BETWEEN = 1
"""How many points beside the commits every run tries."""


@pytest.fixture(autouse=True)
def _stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tuesday 19 January 2027, 9 in the morning."""
    monkeypatch.setattr(clock, "now", lambda: make.NOW)


# The ways: each lays what it needs, and gives the form that somebody is about to send


def books(client: FlaskClient) -> Sent:
    story = school_story.lay(client)
    key = story.choose()
    story.fill()
    return Sent(path=story.path("/book"), typed={"slots": key})


def moves(client: FlaskClient) -> Sent:
    story, reference = _booked(client)
    keys = re.findall(r'name="slot" value="([^"]+)"', story.get(f"/booked/{reference}/move").text)
    return Sent(path=story.path(f"/booked/{reference}/move/to"), typed={"slot": keys[-1]})


def cancels(client: FlaskClient) -> Sent:
    story, reference = _booked(client)
    return Sent(path=story.path(f"/booked/{reference}/cancel"), typed={"reason": "exams"})


def _booked(client: FlaskClient) -> tuple[Story, str]:
    story = school_story.lay(client)
    return story, story.book()


def takes_a_kept_time(client: FlaskClient) -> Sent:
    c = life.lay()
    life.propose("fell")(c, make.NOW)
    with transaction():
        token = school_story.link_to(c.programme, c.school)
    story = Story(client, c.partnership, c.programme, c.red, c.school, token)
    at = f"/kept/{c.proposal.id}"
    story.fill(at=at)
    # The school's page, which says that it is booked.
    return Sent(path=story.path(f"{at}/book"), typed={}, once_done=story.path())


def calls_off(client: FlaskClient) -> Sent:
    """A Tuesday with a show, its guest and a kept time; two days beside it are free."""
    c = life.lay()
    life.book_first(c, make.NOW - timedelta(days=3))
    life.join_as_guest(c, make.NOW - timedelta(days=2))
    life.neighbour_is_asked(c, make.NOW - timedelta(days=1))
    life.hand_over(make.NOW - timedelta(hours=1))
    with transaction():
        person = make.person(c.partnership)
    make.signed_in(client, person)
    path = f"/desk/tour/call-off?what=troupe:{c.red.id}&first=2027-03-09&last=&part=day"
    page = client.get(path).text
    page = page[page.index('method="post"') :]
    typed: dict[str, Any] = {"reason": "Illness in the cast", "reply_by": "26/1/2027"}
    typed |= dict(re.findall(r'name="(key|seen)" value="([^"]+)"', page))
    typed["seen"] = re.findall(r'name="seen" value="([^"]+)"', page)
    for name, options in re.findall(
        r'<select class="sel" id="[^"]+" name="([^"]+)">(.*?)</select>', page, re.S
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        typed[name] = chosen[1] if chosen else ""
    return Sent(path=path, typed=typed)


def accepts_a_plan(client: FlaskClient) -> Sent:
    """Four times that the planner found."""
    with transaction():
        tour = Tour(schools=4, days=3)
        person = make.person(tour.partnership)
        plan = ordering.order(tour.programme, PlanRules(seconds=60), who="Priya", now=make.NOW)
    draw_up()
    make.signed_in(client, person)
    at, lines = f"/desk/plans/{plan.id}/accept", [line.id for line in orders.lines(plan)]
    page = client.get(at, query_string={"line": lines}).text
    shown = re.findall(r'name="line" value="([^"]+)"', page)
    assert len(shown) == 4
    return Sent(path=at, typed={"line": shown, "reply_by": "12/2/2027"})


REGISTER = (
    "URN,LA (code),EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),PhaseOfEducation (name),"
    "StatutoryLowAge,StatutoryHighAge,NumberOfPupils,Town,Postcode,HeadLastName,CloseDate"
)


def applies_a_register(client: FlaskClient) -> Sent:
    """Of three schools, one of which is new; one has other pupils, one closes."""
    with transaction():
        person = make.person(make.partnership(("931",)))
    make.signed_in(client, person)
    _looked_at(client, _register(("Ash", "Open", 700), ("Elm", "Open", 800))).by(client)
    return _looked_at(client, _register(("Ash", "Open", 740), ("Elm", "Closed", 0), ("Oak", "Open", 500)))


def _register(*schools: tuple[str, str, int]) -> bytes:
    lines = [
        f"{900001 + n},931,{name},Academy converter,{status},Secondary,11,18,{pupils},Kestermere,ZZ1 1AA,Head,"
        for n, (name, status, pupils) in enumerate(schools)
    ]
    return "\n".join((REGISTER, *lines)).encode()


def _looked_at(client: FlaskClient, file: bytes) -> Sent:
    sent = {"file": (io.BytesIO(file), "register.csv")}
    at = read_in(client, client.post("/desk/register", data=sent)).location
    seen = re.search(r'name="seen" value="(\w+)"', client.get(at).text)
    assert seen
    return Sent(path=at, typed={"seen": seen[1]})


WAYS = (books, moves, cancels, takes_a_kept_time, calls_off, accepts_a_plan, applies_a_register)


class AsItWas:
    """The database before the form was sent, to be laid again and again."""

    def __init__(self, request: pytest.FixtureRequest, url: str) -> None:
        db.session.remove()
        db.engine.dispose()
        self._file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
        if self._file is None:
            postgres: Postgres = request.getfixturevalue("postgres")
            self._broom = postgres.broom(url)
            self._copied = self._broom.copied()
        else:
            with closing(connect(self._file)) as here:
                here.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(self._file, f"{self._file}-before")

    def lay(self) -> None:
        db.session.remove()
        db.engine.dispose()
        if self._file is None:
            self._broom.sweep()
            self._broom.lay(self._copied)
        else:
            for beside in ("-wal", "-shm"):
                Path(f"{self._file}{beside}").unlink(missing_ok=True)
            shutil.copy(f"{self._file}-before", self._file)


def nothing_is_wrong() -> None:
    """What must never be, read from the tables."""
    for programme_id in db.session.scalars(select(Programme.id).order_by(Programme.id)):
        assert never.broken(db.session, programme_id, today=day_of(make.NOW), most=lambda _: 10_000) == []
    db.session.remove()
    db.engine.dispose()


def killed_and_sent_again(
    request: pytest.FixtureRequest,
    client: FlaskClient,
    url: str,
    way: Callable[[FlaskClient], Sent],
    chosen: Callable[[tuple[str, ...]], Iterable[int]],
) -> int:
    """How often it was killed."""
    sent = way(client)
    as_it_was = AsItWas(request, url)
    before = rows()
    assert sent.by(client)[0] == 303  # here, so that no process has to compile the same again
    after, killed = account(), 0
    assert rows() != before
    as_it_was.lay()
    done = run(sent, client)
    assert done.status == 303 and account() == after
    assert done.points.count(BEFORE_COMMIT) == done.points.count(AFTER_COMMIT) == 1, (
        "one deed, one transaction"
    )
    for nth in chosen(done.points):
        as_it_was.lay()
        killed_at(sent, client, nth)
        killed += 1
        point = f"{nth}: {done.points[nth]}"
        if done.points[nth] == AFTER_COMMIT:
            assert account() == after, point
        else:
            assert rows() == before, point
        again = run(sent, client)
        assert again.status == 303, (point, again)
        assert _where(again.location) in (_where(done.location), _where(sent.once_done)), (point, again)
        assert account() == after, point
        nothing_is_wrong()
    return killed


def _where(location: str) -> str:
    """Where it leads, whatever number or reference that has: to what was done, not to a word that it cannot be done."""
    return re.sub(r"MRL-[0-9A-Z]{4,5}|(?<=[/=])\d+$", "…", location)


@pytest.mark.any_database
@pytest.mark.parametrize(
    "way",
    [
        pytest.param(books, marks=pytest.mark.both_databases),
        calls_off,
        accepts_a_plan,
        *(
            pytest.param(way, marks=pytest.mark.long)
            for way in WAYS[1:]
            if way not in (calls_off, accepts_a_plan)
        ),
    ],
)
def test_killed_at_a_commit_or_between_all_stands_or_nothing_and_again_is_once(
    request: pytest.FixtureRequest,
    app: Flask,
    client: FlaskClient,
    database_url: str,
    way: Callable[[FlaskClient], Sent],
) -> None:
    killed = killed_and_sent_again(
        request, client, database_url, way, lambda points: some_of(points, BETWEEN)
    )
    assert killed == 2 + BETWEEN


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_killed_anywhere_all_stands_or_nothing_and_again_is_once(
    request: pytest.FixtureRequest,
    app: Flask,
    client: FlaskClient,
    database_url: str,
    way: Callable[[FlaskClient], Sent],
) -> None:
    started = time.monotonic()
    killed = killed_and_sent_again(request, client, database_url, way, lambda points: range(len(points)))
    print(f"{way.__name__}: killed {killed} times, {time.monotonic() - started:.0f} s")
    assert killed >= 12
