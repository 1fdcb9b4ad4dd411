"""The pages on which a troupe's two partnerships agree that it tours for both, and what each sees of it afterwards."""

import re
from datetime import date, time
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

import make
from outreach.county.roles import COMPANY, READER
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import troupe_links
from outreach.tour import agreements
from walled import walled

DAY = date(2027, 3, 9)


@pytest.fixture
def c(app: Flask, client: FlaskClient, stopped: Any) -> Any:
    """Two partnerships with a coordinator each; the other's troupe has a show."""

    class Both:
        pass

    c = Both()
    with transaction():
        for name, code, county in (("ours", "931", "Marlshire"), ("theirs", "932", "Secretshire")):
            of = make.partnership((code,), name=f"{county} Partnership", county=county)
            programme, troupe = make.programme(of), make.troupe(of, name=f"{county} van")
            day = make.tour_day(programme, troupe, DAY)
            setattr(c, name, type("Side", (), {}))
            side = getattr(c, name)
            side.of, side.programme, side.troupe, side.day = of, programme, troupe, day
            side.person = make.person(of, name=f"Somebody of {county}")
            side.school = make.school(la_code=code, name=f"{county} Academy")
            side.at = f"/desk/troupes/{troupe.id}/agreement"
            link = troupe_links.make(troupe.id, partnership_id=of.id, who="x", now=make.NOW)
            side.link = f"/t/{troupe_links.token_of(link, 'for tests')}"
        c.show = make.show(c.theirs.programme, c.theirs.school, wall(DAY, time(9, 30)))
        c.show.tour_day_id, c.show.troupe_id = c.theirs.day.id, c.theirs.troupe.id
        make.booking(c.show, {8: 90})
    c.client = client
    return c


def as_(c: Any, person: Any) -> FlaskClient:
    return make.signed_in(c.client, person)


def words(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page.partition("<main")[2]).replace("&#39;", "’").split())


def code_in(page: str) -> str:
    return re.search(r'id="agreement-code"[^>]*value="([^"]+)"', page)[1]  # type: ignore[index]


def agreed(c: Any) -> None:
    """By the desks of both, the one after the other."""
    as_(c, c.theirs.person)
    code = code_in(c.client.post(f"{c.theirs.at}/code").text)
    as_(c, c.ours.person)
    assert c.client.post(f"{c.ours.at}/begin", data={"code": code, "sure": "1"}).status_code == 303


def test_a_code_of_one_desk_is_looked_at_and_agreed_to_at_the_other(app: Flask, c: Any) -> None:
    with walled(app):
        as_(c, c.theirs.person)
        assert "Whether it tours for another partnership too" in words(
            c.client.get(f"/desk/troupes/{c.theirs.troupe.id}").text
        )
        made = c.client.post(f"{c.theirs.at}/code")
        code = code_in(made.text)
        assert re.fullmatch(r"(\w{4} ){3}\w{4}", code)
        again = c.client.get(c.theirs.at).text
        assert code not in again and "Somebody of Secretshire made one on" in words(again)
        as_(c, c.ours.person)
        wrong = c.client.post(f"{c.ours.at}/begin", data={"code": "AAAA BBBB CCCC DDDD"})
        assert wrong.status_code == 422 and "That code fits nothing." in words(wrong.text)
        assert "AAAA BBBB CCCC DDDD" in wrong.text, "what was typed is kept"
        looked = c.client.post(f"{c.ours.at}/begin", data={"code": code.lower()})
        assert looked.status_code == 200
        assert (
            "Days on which Marlshire van plays for the other partnership are taken here, and days on which it plays "
            "for Marlshire Partnership are taken there. Neither sees where or for whom."
        ) in words(looked.text)
        assert agreements.of_troupe(c.ours.troupe.id) is None, "nothing is agreed yet"
        sent = c.client.post(f"{c.ours.at}/begin", data={"code": code, "sure": "1"})
        assert (sent.status_code, sent.location) == (303, c.ours.at)
        page = c.client.get(c.ours.at)
        assert "Marlshire van tours for another partnership too" in words(page.text)
        as_(c, c.theirs.person)
        theirs = words(c.client.get(c.theirs.at).text)
        assert "Secretshire van tours for another partnership too" in theirs and "Marlshire" not in theirs


def test_taken_is_all_that_any_page_says_of_the_other(app: Flask, c: Any) -> None:
    agreed(c)
    with walled(app):
        as_(c, c.ours.person)
        pages = {
            "availability": f"/desk/tour/availability?troupe={c.ours.troupe.id}",
            "diary": f"/desk/diary?programme={c.ours.programme.id}&from={DAY}",
            "agreement": c.ours.at,
            "days": c.ours.link,
            "its availability": f"{c.ours.link}/availability",
            "its agreement": f"{c.ours.link}/agreement",
            "its week": f"{c.ours.link}/weeks/{DAY}",
            "history": "/desk/history",
        }
        found = {name: c.client.get(at, follow_redirects=True) for name, at in pages.items()}
    assert {name: page.status_code for name, page in found.items()} == dict.fromkeys(pages, 200)
    assert [name for name, page in found.items() if "Secretshire" in page.text] == []
    for name in ("availability", "diary", "its availability"):
        assert "Taken" in words(found[name].text), name
    assert "9 March : taken" in words(found["days"].text) or "9 March: taken" in words(found["days"].text)


def test_a_company_makes_the_code_by_its_link_and_ends_the_agreement(app: Flask, c: Any) -> None:
    with walled(app):
        by_link = c.client.post(f"{c.theirs.link}/agreement/code")
        code = code_in(by_link.text)
        as_(c, c.ours.person)
        c.client.post(f"{c.ours.at}/begin", data={"code": code, "sure": "1"})
        asked = words(c.client.get(f"{c.ours.link}/agreement/end").text)
        assert "End the agreement of Marlshire van?" in asked
        assert "both can give it a show on the same day" in asked
        assert agreements.of_troupe(c.theirs.troupe.id) is not None
        ended = c.client.post(f"{c.ours.link}/agreement/end")
        assert (ended.status_code, ended.location) == (303, f"{c.ours.link}/agreement")
        db.session.rollback()
        assert agreements.of_troupe(c.theirs.troupe.id) is None
        again = c.client.post(f"{c.ours.link}/agreement/end")
        assert again.status_code == 422 and "it was ended already" in words(again.text)
        as_(c, c.theirs.person)
        told = words(c.client.get("/desk/history").text)
        assert "another partnership" in told and "Marlshire" not in told


def test_who_only_reads_and_who_is_of_another_company_or_partnership_begins_and_ends_nothing(c: Any) -> None:
    agreed(c)
    with transaction():
        reader = make.person(c.ours.of, READER)
        other = make.troupe(c.ours.of)
        member = make.person(c.ours.of, COMPANY, other.company)
    posts = [f"{c.ours.at}/{deed}" for deed in ("code", "begin", "end")]
    for person, at, status in (
        (reader, posts, 403),
        (c.theirs.person, posts, 404),
        (member, [f"/t/{c.ours.troupe.id}/agreement/{deed}" for deed in ("code", "end")], 404),
    ):
        as_(c, person)
        assert {c.client.post(each, data={"code": "x"}).status_code for each in at} == {status}
    as_(c, reader)
    assert c.client.get(c.ours.at).status_code == 200
    g.pop("_login_user", None)
    assert agreements.of_troupe(c.ours.troupe.id) is not None


def test_both_playing_on_a_day_is_said_with_ones_own_shows_and_nothing_typed_is_lost(c: Any) -> None:
    with transaction():
        show = make.show(c.ours.programme, c.ours.school, wall(DAY, time(10, 15)))
        show.tour_day_id, show.troupe_id = c.ours.day.id, c.ours.troupe.id
    as_(c, c.theirs.person)
    code = code_in(c.client.post(f"{c.theirs.at}/code").text)
    as_(c, c.ours.person)
    no = c.client.post(f"{c.ours.at}/begin", data={"code": code, "sure": "1"})
    assert no.status_code == 422 and code in no.text
    assert "Marlshire Academy at 10:15am" in words(no.text) and "Secretshire" not in no.text
    assert agreements.of_troupe(c.ours.troupe.id) is None and agreements.of_troupe(c.theirs.troupe.id) is None
