"""Members of a touring company, signed in: the pages of their company's troupes, the same as by a link, and nothing
else."""

import re
from datetime import date, time
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

import make
from booking import sheet_days
from outreach.booking.calling_off.call_offs import CallOff
from outreach.county import coordinators, roles
from outreach.county.roles import COMPANY, COORDINATOR, READER
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import copies, troupe_links
from outreach.post.outbox import Letter
from outreach.visits import reports
from outreach.web import kept_on_phone

PEOPLE = "/desk/people"


@pytest.fixture
def c(app: Flask, client: FlaskClient, stopped: Any) -> Any:
    """A day of one van, a lead, and Mo of its company; another company of the same partnership."""
    with transaction():
        c = sheet_days.lay()
        c.company = c.troupe.company
        c.lead = make.person(c.partnership, name="Priya Nandakumar")
        c.mo = make.person(c.partnership, COMPANY, c.company, name="Mo Idris", email="mo@lantern.example")
        c.other = make.troupe(c.partnership, name="Their van")
        c.their_day = make.tour_day(c.programme, c.other, date(2027, 3, 9))
        link = troupe_links.make(c.troupe.id, partnership_id=c.partnership.id, who="Priya", now=make.NOW)
        c.link = f"/t/{troupe_links.token_of(link, 'for tests')}"
        c.mine = f"/t/{c.troupe.id}"
    stopped.now = c.now
    c.client = make.signed_in(client, c.mo, began_at=c.now, last_seen_at=c.now)
    return c


def words(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page.partition("<main")[2]).replace("&#39;", "’").split())


def as_(c: Any, person: Any) -> FlaskClient:
    return make.signed_in(c.client, person, began_at=c.now, last_seen_at=c.now)


def test_a_lead_invites_a_member_of_a_company_by_letter_who_begins_at_the_companys_days(
    app: Flask, c: Any
) -> None:
    as_(c, c.lead)
    asked = words(c.client.get(f"{PEOPLE}/new").text)
    assert f"Company member of {c.company.name}: Sees the company’s own tour" in asked
    typed = {"name": "Ana Silva", "email": "ana@lantern.example", "role": f"company-{c.company.id}"}
    for wrong in ("company", "company-999999", f"board-{c.company.id}"):
        g.pop("_login_user", None)
        refused = c.client.post(f"{PEOPLE}/new", data=typed | {"role": wrong})
        assert refused.status_code == 422 and "ana@lantern.example" in refused.text
    g.pop("_login_user", None)
    assert c.client.post(f"{PEOPLE}/new", data=typed).status_code == 303
    ana = coordinators.get("ana@lantern.example")
    assert (ana.role, ana.company_id) == (COMPANY, c.company.id)
    [letter] = db.session.query(Letter).filter_by(recipient=ana.email)
    said = copies.read(letter.raw).text
    assert f"invites you as a company member of {c.company.name}." in " ".join(said.split())
    [link] = set(re.findall(r"/sign-in/invited/[\w-]{20,}", said))
    theirs = app.test_client()
    g.pop("_login_user", None)
    chosen = {"name": "Ana Silva", "password": "lantern gravel otter", "again": "lantern gravel otter"}
    first = theirs.post(link, data=chosen, follow_redirects=True)
    assert first.request.path == c.mine and "St Brannoc’s Academy" in words(first.text)
    assert "Sign out" in first.text and "Ana Silva" in first.text
    as_(c, c.lead)
    page = words(c.client.get(PEOPLE).text)
    assert f"Company member of {c.company.name}" in page and "2 company members" in page
    assert "Schools have links, no account; a troupe has one too." in page


def test_a_calendars_address_opens_the_sheet_for_a_member_and_says_nothing_of_another_companys_day(
    c: Any,
) -> None:
    answer = c.client.get(f"/company/days/{c.day.id}")
    assert (answer.status_code, answer.location) == (303, f"{c.mine}/days/{c.day.id}")
    assert "St Brannoc’s Academy" in words(c.client.get(answer.location).text)
    strangers = [f"/company/days/{number}" for number in (c.their_day.id, 999_999)]
    theirs, none = (c.client.get(path) for path in strangers)
    assert theirs.status_code == none.status_code == 200
    assert words(theirs.text) == words(none.text)
    as_(c, c.lead)
    assert c.client.get(f"/company/days/{c.day.id}").status_code == 200


def test_the_pages_are_those_of_the_link(c: Any, stopped: Any) -> None:
    """Once the shows are over: before, a link's page has what a phone without signal shows later."""
    stopped.now = c.now = c.second.ends_at
    as_(c, c.mo)
    for path in (
        "",
        "/week",
        f"/weeks/{c.day.day}",
        f"/days/{c.day.id}",
        "/availability",
        "/availability/rules",
        "/call-off",
        f"/call-off?first={c.day.day}&part=day",
        f"/shows/{c.first.id}/report",
        "/limits",
        "/who-comes",
    ):
        mine, by_link = (words(c.client.get(door + path).text) for door in (c.mine, c.link))
        hidden = r'name="(csrf_token|key)" value="[^"]+"'
        assert re.sub(hidden, "", mine) == re.sub(hidden, "", by_link), path
    assert c.client.get(f"{c.mine}/weeks/{c.day.day}/week.csv").data == (
        c.client.get(f"{c.link}/weeks/{c.day.day}/week.csv").data
    )
    assert c.client.head(c.mine).status_code == 200


def test_nothing_of_the_desk_opens_and_the_way_to_ones_own_pages_is_said(c: Any) -> None:
    assert c.client.get("/desk").location == "/company"
    assert c.client.get("/company").location == c.mine
    for path in ("/desk/gaps", "/desk/people", "/desk/reports", f"/desk/tour/days/{c.day.id}/sheet"):
        refused = c.client.get(path)
        assert refused.status_code == 403
        assert "You are a company member here." in words(refused.text) and 'href="/company"' in refused.text
    for path in ("/desk/password", "/desk/account/sessions", "/desk/account/second-factor"):
        assert c.client.get(path).status_code == 200, path


def test_nothing_of_another_company_or_partnership_is_there(c: Any) -> None:
    with transaction():
        far = make.partnership(("932",))
        abroad = make.troupe(far)
    theirs = [f"/t/{troupe}" for troupe in (c.other.id, abroad.id, 999999999)]
    theirs += [f"{c.mine}/days/{c.their_day.id}", f"/t/0{c.troupe.id}", f"/t/{c.other.id}/call-off"]
    for path in theirs:
        for method in ("GET", "HEAD") if "call-off" not in path else ("GET", "POST"):
            assert c.client.open(path, method=method).status_code == 404, (method, path)


def test_a_troupes_number_opens_to_nobody_else(app: Flask, c: Any) -> None:
    stranger = app.test_client()
    g.pop("_login_user", None)
    for number in (c.troupe.id, 999999999):
        asked = stranger.get(f"/t/{number}")
        assert (asked.status_code, asked.location) == (302, f"/sign-in?next=%2Ft%2F{number}")
    for role in (COORDINATOR, READER):
        with transaction():
            person = make.person(c.partnership, role)
        as_(c, person)
        refused = c.client.get(c.mine)
        assert refused.status_code == 403 and "That is for a company member." in words(refused.text)


def test_what_they_do_stands_in_the_history_under_their_own_name(c: Any) -> None:
    c.client.post(f"{c.mine}/who-comes", data={"who_comes": "Two actors", "vehicle": "Red van"})
    c.client.get(f"{c.mine}/weeks/{c.day.day}/week.csv")
    looked = c.client.get(f"{c.mine}/call-off?first={c.day.day}&part=day").text
    typed = {
        "reason": "Two of the cast are ill",
        "key": re.search(r'name="key" value="([^"]+)"', looked)[1],  # type: ignore[index]
        "seen": re.findall(r'name="seen" value="([^"]+)"', looked),
    }
    sent = c.client.post(f"{c.mine}/call-off?first={c.day.day}&part=day", data=typed)
    assert sent.status_code == 303
    assert [done.who for done in db.session.query(CallOff)] == ["Mo Idris"]
    [changed] = [h for h in history.history_of("troupe", c.troupe.id) if h.what == "changed who comes"]
    assert changed.who == "Mo Idris"
    [file] = history.history_of(history.FILE, f"{c.mine}/weeks/{c.day.day}/week.csv")
    assert (file.what, file.who) == (history.TOOK_OUT, "Mo Idris")


def test_their_report_is_theirs(c: Any, stopped: Any) -> None:
    stopped.now = c.first.ends_at
    as_(c, c.mo)
    at = f"{c.mine}/shows/{c.first.id}/report"
    key = re.search(r'name="key" value="([^"]+)"', c.client.get(at).text)[1]  # type: ignore[index]
    answer = c.client.post(at, data={"key": key, "took_place": "yes", "pupils": "200"})
    assert answer.status_code == 303, words(answer.text)
    said = reports.newest(c.one, reports.COMPANY)
    assert said is not None and said.who == "Mo Idris"


@pytest.mark.parametrize(
    ("today", "named"),
    [
        (date(2027, 2, 8), False),
        (date(2027, 2, 9), True),
        (date(2027, 3, 16), True),
        (date(2027, 3, 17), False),
    ],
)
def test_they_see_whom_to_ask_for_on_the_same_days_as_by_a_link(
    c: Any, stopped: Any, today: date, named: bool
) -> None:
    stopped.now = c.now = wall(today, time(12))
    as_(c, c.mo)
    said = words(c.client.get(f"{c.mine}/days/{c.day.id}").text)
    assert ("Samuel Okonkwo" in said) is named and ("Derek Stubbs" in said) is named


def test_their_phone_keeps_nothing_that_would_outlive_the_session(c: Any) -> None:
    for path in ("", "/week", f"/days/{c.day.id}", f"/shows/{c.first.id}/report"):
        by_link, mine = c.client.get(c.link + path), c.client.get(c.mine + path)
        assert "company.js" in by_link.text and "company.js" not in mine.text
        assert kept_on_phone.KEEP_UNTIL not in mine.headers


def test_with_several_troupes_they_choose_one(c: Any) -> None:
    with transaction():
        blue = make.troupe(c.partnership, name="Blue van", company_id=c.company.id)
    chosen = c.client.get("/company")
    assert re.findall(r'href="(/t/\d+)">([^<]+)<', chosen.text) == [
        (f"/t/{blue.id}", "Blue van"),
        (c.mine, "Red van"),
    ]
    assert c.other.name not in chosen.text
    assert 'href="/company">Other troupes' in c.client.get(f"/t/{blue.id}").text
    assert "Other troupes" not in c.client.get(c.link).text


def test_another_company_or_role_ends_what_they_had(c: Any) -> None:
    at = f"{PEOPLE}/{c.mo.id}/role"
    to_theirs = f"company-{c.other.company_id}"
    as_(c, c.lead)
    asked = words(c.client.get(at).text)
    assert f"Company member of {c.other.company.name}" in asked
    assert f"company-{c.company.id}" not in c.client.get(at).text, "what they are is no choice"
    assert c.client.post(at, data={"role": to_theirs, "sure": "1"}).status_code == 303
    db.session.refresh(c.mo)
    assert (c.mo.role, c.mo.company_id) == (COMPANY, c.other.company_id)
    was = words(c.client.get(f"{PEOPLE}/{c.mo.id}").text)
    assert f"Company member of {c.other.company.name}" in was and f"Company member of {c.company.name}" in was
    newest = history.history_of("person", c.mo.id)[0]
    assert newest.after == {"role": COMPANY, "company": c.other.company.name}
    as_(c, c.mo)
    assert c.client.get(c.mine).status_code == 404
    assert c.client.get(f"/t/{c.other.id}").status_code == 200
    with transaction():
        coordinators.change_role(c.mo, READER, who="Priya", now=c.now)
    assert c.client.get(f"/t/{c.other.id}").status_code == 302, "the session of the role before is over"
    as_(c, c.mo)
    assert c.client.get(f"/t/{c.other.id}").status_code == 403
    assert roles.history_of(c.mo.id)[0].company_id is None
