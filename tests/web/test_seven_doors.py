"""The seven doors: every page of the desk carries its section, marks where one stands, and has one way back, always
in the same place."""

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from browser import sign_in
from every_address import County, people_at_every_door, told_year
from how_many import so_many
from outreach.web import doors
from worlds import World

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


@pytest.fixture
def county(app: Flask, client: FlaskClient, stopped: Any, world: World) -> County:
    told = world(told_year, make.NOW)
    sign_in(client, told.coordinator)
    return people_at_every_door(told, now=make.NOW)


Pages = dict[str, tuple[str, str]]
"""{endpoint: (address, HTML)}"""


@pytest.fixture(scope="module")
def kept_pages() -> dict[str, Pages]:
    """Of each kind of database, since three tests read the same pages of the same county."""
    return {}


@pytest.fixture
def the_pages(
    app: Flask, client: FlaskClient, county: County, database_url: str, kept_pages: dict[str, Pages]
) -> Pages:
    """The pages of the desk that can be opened by their address."""
    kind = database_url.partition(":")[0]
    if kind not in kept_pages:
        kept_pages[kind] = read(app, client, county)
    return kept_pages[kind]


def read(app: Flask, client: FlaskClient, county: County) -> Pages:
    found: Pages = {}
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("coordinator.") or "GET" not in (rule.methods or ()):
            continue
        for address in county.addresses(rule, each=so_many(2, least=1)):
            answer = client.get(address)
            html = answer.mimetype == "text/html" and answer.status_code == 200
            answer.get_data()
            if html and '<body class="c' in answer.text:
                found.setdefault(rule.endpoint, (address, answer.text))
    return found


def part(page: str, opening: str, closing: str) -> str:
    found = re.search(re.escape(opening) + "(.*?)" + re.escape(closing), page, re.DOTALL)
    return found[1] if found else ""


def marked(html: str) -> list[tuple[str, str]]:
    """What aria-current says, and of which entry."""
    said = re.findall(r'<a href="[^"]*" aria-current="(\w+)">([^<]*)', html)
    return [(mark, unescape(words).strip()) for mark, words in said]


def test_every_page_carries_its_section_and_marks_where_one_stands(app: Flask, the_pages: Pages) -> None:
    assert len(the_pages) > 90
    for endpoint, (address, page) in the_pages.items():
        rule = next(r.rule for r in app.url_map.iter_rules(endpoint))
        name = endpoint.partition(".")[2]
        home = doors.home_of(name, rule)
        door = next(d for d in doors.DOORS if home in {row.name for row in d.rows})
        row = next(r for r in door.rows if r.name == home)
        if row.asks:  # a list that is a page of its own by what its address says
            row = next(r for r in door.rows if r.name == doors.BELONGS[home])
        is_row = row.name == name
        first = part(page, '<nav class="nav" aria-label="Main">', "</nav>")
        assert marked(first) == [("page" if is_row and row == door.rows[0] else "true", door.words)], address
        second = part(page, f'<nav class="sub" aria-label="{door.words}">', "</nav>")
        wanted = [("page" if is_row else "true", row.words)] if len(door.rows) > 1 else []
        assert marked(second) == wanted, address
        before_main = page[: page.index('<main id="main"')]
        assert page.count("govuk-back-link") == before_main.count("govuk-back-link") == (not is_row), address


def test_every_page_is_named_with_the_section_it_belongs_to(app: Flask, the_pages: Pages) -> None:
    rows = {row.name for door in doors.DOORS for row in door.rows}
    of_one = (
        "/desk/schools/<int:organisation_id>",
        "/desk/bodies/<int:body_id>",
        "/desk/bookings/<reference>",
    )
    for endpoint in the_pages:
        name = endpoint.partition(".")[2]
        rule = next(r.rule for r in app.url_map.iter_rules(endpoint))
        assert name in rows or name in doors.BELONGS or rule.startswith(of_one), name
    for name, home in doors.BELONGS.items():
        assert home in rows and f"coordinator.{name}" in app.view_functions, name


OTHER_NAMES = re.compile(
    r"\b([Ii]nbox|[Pp]hone list|Chasing|Letters on paper|Addresses that wait|Partnership settings|"
    r"How the post is doing|Times kept for schools|Minutes on the road|Calendars to subscribe to)\b"
)
"""What pages were once called, and are no more."""


def test_a_page_has_one_name_in_the_menu_its_head_and_its_title(
    client: FlaskClient, app: Flask, county: County
) -> None:
    """The first of a section may bear the section's name; the desk and the set-up say what is in hand."""
    for door in doors.DOORS:
        for row in door.rows:
            if row.name in ("desk", "setup"):
                continue
            with app.test_request_context():
                address = row.address()
            page = unescape(client.get(address).text)
            names = (row.words, door.words) if row == door.rows[0] else (row.words,)
            (head,) = re.findall(r"<h1[^>]*>\s*(.*?)\s*</h1>", page, re.DOTALL)
            (title,) = re.findall(r"<title>\s*(.*?)\s*</title>", page, re.DOTALL)
            assert head.startswith(names) and title.startswith(names), (address, head, title)


def test_no_page_of_the_desk_calls_another_by_an_earlier_name(the_pages: Pages) -> None:
    for address, page in the_pages.values():
        read = " ".join(unescape(re.sub(r"<[^>]*>", " ", page[page.index("<main") :])).split())
        found = OTHER_NAMES.search(read)
        assert found is None, (address, found)


def door_and_back(page: str) -> tuple[str, str]:
    """The section that a page stands in, and where its way back leads."""
    [(_, section)] = marked(part(page, '<nav class="nav" aria-label="Main">', "</nav>"))
    back = re.search(r'href="([^"]*)"', part(page, '<nav class="back" aria-label="Way back">', "</nav>"))
    return section, unescape(back[1]) if back else ""


def test_a_school_and_its_booking_keep_the_section_one_came_from(client: FlaskClient, county: County) -> None:
    gaps = client.get("/desk/gaps").text
    school = re.search(r'href="(/desk/schools/\d+\?[^"]*from=gaps)"', gaps)
    assert school is not None
    page = client.get(unescape(school[1])).text
    assert door_and_back(page)[0] == "Gaps" and door_and_back(page)[1].startswith("/desk/gaps")
    assert '<a href="/desk/gaps" aria-current="true">All gaps' in page
    assert re.search(r'(?:href|action)="/desk/schools/\d+/[^"]*from=gaps', page)
    diary = client.get("/desk/bookings").text
    booking = re.search(r'href="(/desk/bookings/[^"/]*)"', diary)
    assert booking is not None
    assert door_and_back(client.get(booking[1]).text) == ("Tour", "/desk/bookings")
    assert door_and_back(client.get(f"{booking[1]}?from=desk").text) == ("Desk", "/desk")
    moved = client.get(f"{booking[1]}/people?from=desk").text
    assert door_and_back(moved) == ("Desk", f"{booking[1]}?from=desk")


@pytest.mark.parametrize("said", ["", "nonsense", "board_report", "https://evil.example", "school"])
def test_where_nobody_comes_from_a_school_stands_where_it_stands_by_itself(
    client: FlaskClient, county: County, said: str
) -> None:
    organisation_id = county.told.cast.everybody[0].organisation_id
    page = client.get(f"/desk/schools/{organisation_id}", query_string={"from": said}).text
    assert door_and_back(page) == ("Coverage", "/desk/schools")
    assert "evil" not in page


def test_what_waits_to_be_read_is_the_only_number_in_the_menu(client: FlaskClient, county: County) -> None:
    first = part(client.get("/desk").text, '<nav class="nav" aria-label="Main">', "</nav>")
    assert re.findall(r'>([^<>]*)<b class="waits">(\d+)', first) == [("Letters ", "6")]
    assert len(re.findall(r"\d", re.sub(r'"[^"]*"', "", first))) == 1
