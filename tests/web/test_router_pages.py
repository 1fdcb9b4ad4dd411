"""The page of roads where the settings name a router: what is ordered, how far it is, what it came to; another
partnership sees and stops nothing of it."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from flask import Flask
from school_story import said

import make
import router_server
from outreach.ground.db import db, transaction
from outreach.tour import road_questions, router
from outreach.tour.road_questions import RoadOrder

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

ROADS = "/desk/setup/roads"


@pytest.fixture
def c(app: Flask, monkeypatch: pytest.MonkeyPatch, stopped: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """Two partnerships, the first with a programme and two schools, and a router beside."""
    c = SimpleNamespace(client=app.test_client(), other=app.test_client(), app=app, clock=stopped)
    with transaction():
        c.partnership, theirs = make.partnership(), make.partnership(("932",))
        c.programme, c.theirs = make.programme(c.partnership), make.programme(theirs)
        c.a, c.b = (make.school(easting=450000 + 8000 * n) for n in range(2))
        make.signed_in(c.client, make.person(c.partnership))
        make.signed_in(c.other, make.person(theirs, email="other@council.example"))
    with router_server.running() as c.server:
        for name, value in {"ROUTER_URL": c.server.url, "ROUTER_OWN": False}.items():
            monkeypatch.setitem(app.config, name, value)
        yield c


def ask(c: SimpleNamespace) -> bool:
    at = c.clock.now
    return road_questions.ask_next(
        clock=lambda: at, commits=transaction, ask=lambda points: router.ask(points, now=at)
    )


def order(c: SimpleNamespace, **typed: str) -> str:
    return said(
        c.client.post(f"{ROADS}/ask", data={"programme": c.programme.id, **typed}, follow_redirects=True)
    )


def test_roads_are_ordered_and_the_page_says_how_far_it_is_and_what_came(c) -> None:
    assert "of no troupe’s base" in said(c.client.get(ROADS))
    page = order(c)
    assert "The router is asked for 1 road in 1 question." in page
    assert "0 of 1 question about 1 road of" in page and "are answered." in page
    assert "Nobody asks just now." in page
    c.server.next = [(503, {}, {})]
    assert ask(c)
    page = said(c.client.get(ROADS))
    assert "It has no answer now (503). It is asked again" in page and "Nobody asks" not in page
    assert "The router is being asked already." in order(c)
    c.clock.now = c.clock.now + road_questions.FIRST_PAUSE
    assert ask(c)
    page = said(c.client.get(ROADS))
    assert "the router told 1 road; 0 go by the rule still." in page
    assert "1 road of 1 goes by your table" in page.replace("  ", " ")
    assert "The table has every road of this programme already." in order(c)
    assert "The router is asked for 1 road" in order(c, anew="1")


def test_the_table_says_who_told_a_road_and_when(c) -> None:
    order(c)
    assert ask(c)
    head, line, *_ = c.client.get(f"{ROADS}/table.csv").text.lstrip("\ufeff").splitlines()
    assert head == "From,From name,To,To name,Minutes,Kilometres,Told by,Told on"
    assert line.split(",")[6:] == ["router", c.clock.now.date().isoformat()]


def test_stopped_and_removed(c) -> None:
    order(c)
    page = said(c.client.post(f"{ROADS}/ask/stop", follow_redirects=True))
    assert "0 roads that it told stand in the table." in page
    assert "Nothing was being asked any more." in said(
        c.client.post(f"{ROADS}/ask/stop", follow_redirects=True)
    )
    order(c)
    assert c.client.post(f"{ROADS}/remove").status_code == 303
    assert db.session.query(RoadOrder).filter(RoadOrder.finished_at.is_(None)).count() == 0


def test_without_a_router_the_page_says_nothing_of_it_and_an_order_is_refused(c, monkeypatch) -> None:
    monkeypatch.setitem(c.app.config, "ROUTER_URL", "")
    assert "Ask the router" not in said(c.client.get(ROADS))
    assert "No router is named in the settings" in order(c)


def test_another_partnership_sees_and_stops_nothing_of_it(c) -> None:
    order(c)
    assert c.client.post(f"{ROADS}/ask", data={"programme": c.theirs.id}).status_code == 404
    assert "are answered" not in said(c.other.get(ROADS))
    c.other.post(f"{ROADS}/ask/stop")
    c.other.post(f"{ROADS}/remove")
    assert db.session.query(RoadOrder).one().finished_at is None
    assert c.app.test_client().post(f"{ROADS}/ask").status_code in (302, 303, 401, 403)
