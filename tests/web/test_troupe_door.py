"""The company's door: opened by a troupe's own link, to that troupe's days alone, and to nobody once it has
ended."""

from collections.abc import Callable
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

import make
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import troupe_links
from outreach.post.troupe_links import TroupeLink
from outreach.tour.companies import Troupe

pytestmark = pytest.mark.any_database


@pytest.fixture
def ours(app: Flask, stopped: Any) -> Any:
    with transaction():
        return make.partnership()


def a_link(troupe: Troupe, partnership_id: int, key: str = "for tests") -> str:
    with transaction():
        link = troupe_links.make(troupe.id, partnership_id=partnership_id, who="Priya", now=make.NOW)
        return troupe_links.token_of(link, key)


def test_the_company_sees_todays_show_and_the_days_to_come(client: FlaskClient, ours: Any) -> None:
    with transaction():
        programme = make.programme(ours)
        host, guest = make.school(name="Abbey School"), make.school(name="Hollybank School")
        show = make.show(programme, host, wall(make.NOW.date(), make.time(13, 15)))
        make.booking(show, {8: 120})
        make.booking(show, {8: 9}, of=guest)
        make.tour_day(programme, show.tour_day.troupe, date(2027, 1, 21))
        make.tour_day(programme, show.tour_day.troupe, date(2027, 1, 18))
        kept = make.show(
            programme, make.school(name="Not Yet School"), wall(date(2027, 1, 22), make.time(10))
        )
        kept.tour_day.troupe_id = kept.troupe_id = show.troupe_id
        gone = make.tour_day(programme, show.tour_day.troupe, date(2027, 1, 25), ended_at=make.EARLIER)
    page = client.get(f"/t/{a_link(show.tour_day.troupe, ours.id)}").text
    today, _, coming = page.partition("Days to come")
    assert "Abbey School" in today and "129 pupils, with 1 guest school" in today
    booked, _, free = coming.partition("1 day without a show yet")
    assert "Thursday 21 January" in free and "Friday 22 January" in booked
    assert "1 time is kept for a school that has not said yes yet" in coming and "Not Yet School" not in page
    assert "18 January" not in page and "25 January" not in page and gone.ended_at


def test_a_link_shows_no_other_troupes_days(client: FlaskClient, ours: Any) -> None:
    with transaction():
        programme = make.programme(ours)
        mine, other = make.troupe(ours), make.troupe(ours)
        make.tour_day(programme, other, date(2027, 2, 2))
    assert "2 February" not in client.get(f"/t/{a_link(mine, ours.id)}").text


@pytest.mark.both_databases
def test_a_day_is_shown_with_as_many_queries_as_a_hundred(
    client: FlaskClient, ours: Any, count_queries: Callable[[], Any]
) -> None:
    with transaction():
        programme, troupe = make.programme(ours), make.troupe(ours)
        make.tour_day(programme, troupe, date(2027, 2, 1))
    token = a_link(troupe, ours.id)
    client.get(f"/t/{token}")
    with count_queries() as one:
        client.get(f"/t/{token}")
    with transaction():
        for n in range(20):
            show = make.show(
                programme, make.school(), wall(date(2027, 2, 2) + timedelta(days=n), make.time(10))
            )
            show.tour_day.troupe_id = show.troupe_id = troupe.id
            make.booking(show, {8: 20})
    with count_queries() as many:
        page = client.get(f"/t/{token}").text
    assert page.count("20 pupils") == 20
    assert len(many) == len(one) == 5


@pytest.mark.parametrize("token", ["nothing", "0" * 48, "g" * 48, "0" * 47, "0" * 49])
def test_a_link_that_never_was_is_no_page(client: FlaskClient, ours: Any, token: str) -> None:
    assert client.get(f"/t/{token}").status_code == 404


def test_a_link_made_with_another_key_opens_nothing(client: FlaskClient, ours: Any) -> None:
    """Whoever reads a copy of the database has the number and not the key."""
    with transaction():
        troupe = make.troupe(ours)
    assert client.get(f"/t/{a_link(troupe, ours.id, 'another key')}").status_code == 404
    assert client.get(f"/t/{a_link(troupe, ours.id)}").status_code == 200


@pytest.mark.both_databases
def test_a_link_still_opens_when_the_key_was_changed(app: Flask, client: FlaskClient, ours: Any) -> None:
    with transaction():
        troupe = make.troupe(ours)
    token = a_link(troupe, ours.id)
    app.config.update(SECRET_KEY="the next", SECRET_KEY_FALLBACKS=["for tests"])
    assert client.get(f"/t/{token}").status_code == 200
    app.config.update(SECRET_KEY_FALLBACKS=[])
    assert client.get(f"/t/{token}").status_code == 404


def test_a_link_ends_seven_weeks_after_its_year(client: FlaskClient, ours: Any, stopped: Any) -> None:
    with transaction():
        troupe = make.troupe(ours)
    token = a_link(troupe, ours.id)
    stopped.now = wall(date(2027, 10, 19), make.time(23, 59))
    assert client.get(f"/t/{token}").status_code == 200
    stopped.now = wall(date(2027, 10, 20), make.time(0))
    answer = client.get(f"/t/{token}")
    assert answer.status_code == 410
    assert "This link has ended" in answer.text and "01632 960 118" in answer.text


@pytest.mark.both_databases
def test_a_link_made_in_august_is_for_the_year_to_come(app: Flask, ours: Any) -> None:
    with transaction():
        troupe = make.troupe(ours)
        link = troupe_links.make(
            troupe.id, partnership_id=ours.id, who="P", now=wall(date(2027, 8, 20), make.time(9))
        )
    assert link.expires_at == wall(date(2028, 10, 20), make.time(0))


def signed_in(client: FlaskClient, partnership: Any) -> FlaskClient:
    with transaction():
        person = make.person(partnership)
    return make.signed_in(client, person)


@pytest.mark.both_databases
def test_a_coordinator_makes_a_link_takes_a_new_one_and_takes_it_back(client: FlaskClient, ours: Any) -> None:
    with transaction():
        troupe = make.troupe(ours)
    signed_in(client, ours)
    page = f"/desk/troupes/{troupe.id}"
    assert "Make a link" in client.get(page).text
    assert client.post(f"{page}/link").status_code == 303
    assert client.post(f"{page}/link").status_code == 303  # sent twice
    first = shown(client.get(page).text)
    assert "Works until 19 October 2027" in client.get(page).text
    assert client.get(first).status_code == 200
    client.post(f"{page}/link/renew")
    second = shown(client.get(page).text)
    assert (client.get(first).status_code, client.get(second).status_code) == (410, 200)
    client.post(f"{page}/link/withdraw")
    assert client.get(second).status_code == 410
    assert "Make a link" in client.get(page).text
    assert db.session.scalar(select(func.count()).select_from(TroupeLink)) == 2
    ids = db.session.scalars(select(TroupeLink.id).order_by(TroupeLink.id))
    assert [[h.what for h in history.history_of("troupe link", one)] for one in ids] == [
        ["withdrew", "made"]
    ] * 2


def test_an_expired_link_gives_way_to_a_new_one(client: FlaskClient, ours: Any, stopped: Any) -> None:
    with transaction():
        troupe = make.troupe(ours)
    a_link(troupe, ours.id)
    stopped.now = wall(date(2027, 11, 2), make.time(9))
    signed_in(client, ours)
    page = client.get(f"/desk/troupes/{troupe.id}").text
    assert "Its last link ended on 19 October 2027." in page
    client.post(f"/desk/troupes/{troupe.id}/link")
    assert client.get(shown(client.get(f"/desk/troupes/{troupe.id}").text)).status_code == 200


def test_no_other_partnerships_coordinator_sees_or_makes_a_link(client: FlaskClient, ours: Any) -> None:
    with transaction():
        troupe = make.troupe(ours)
        theirs = make.partnership(("932",))
    token = a_link(troupe, ours.id)
    signed_in(client, theirs)
    page = f"/desk/troupes/{troupe.id}"
    assert client.get(page).status_code == 404
    for deed in ("link", "link/renew", "link/withdraw"):
        assert client.post(f"{page}/{deed}").status_code == 404
    assert client.get(f"/t/{token}").status_code == 200


@pytest.mark.browser
@pytest.mark.any_database
def test_two_who_make_a_link_at_once_have_the_same_one(app: Flask, ours: Any) -> None:
    with transaction():
        troupe_id = make.troupe(ours).id
    partnership_id = ours.id
    together, made, wrong = Barrier(4), [], []

    def one() -> None:
        with app.app_context():
            try:
                together.wait()
                with transaction():
                    made.append(
                        troupe_links.make(
                            troupe_id, partnership_id=partnership_id, who="P", now=make.NOW
                        ).nonce
                    )
            except Exception as error:
                wrong.append(error)

    threads = [Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and len(set(made)) == 1


@pytest.mark.both_databases
def test_the_database_lets_no_troupe_have_two_links(app: Flask, ours: Any) -> None:
    with transaction():
        troupe = make.troupe(ours)
    a_link(troupe, ours.id)
    with pytest.raises(IntegrityError), transaction():
        db.session.add(
            TroupeLink(
                partnership_id=ours.id,
                troupe_id=troupe.id,
                nonce="another",
                created_at=make.NOW,
                created_by="P",
                expires_at=make.NOW,
            )
        )
        db.session.flush()


def shown(page: str) -> str:
    """The path of the link that a troupe's page shows."""
    return "/t/" + page.split('id="troupe-link" value="')[1].split('"')[0].rpartition("/")[2]
