"""Bodies on the desk: listed, added, changed, closed, merged and opened again; each no with its sentence, and nothing of
another partnership's."""

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.county import bodies, contacts
from outreach.county.bodies import Body
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.tour.adults import AdultTarget

pytestmark = [pytest.mark.usefixtures("stopped"), pytest.mark.any_database]
TYPED = {
    "name": "Redmere Response Team",
    "kind": "Police",
    "district": "Kestermere",
    "front_line_staff": "42",
    "staff_counted_on": "4/1/2027",
}


@pytest.fixture
def ours(client: FlaskClient) -> Partnership:
    """Our partnership, with one school; the client is signed in."""
    with transaction():
        ours = make.partnership()
        make.programme(ours)
        make.school()
        person = make.person(ours)
    make.signed_in(client, person)
    return ours


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


def at_body(page: str) -> str:
    """The address of the deeds that bodies alone have, by that of the page."""
    return page.replace("/desk/schools/", "/desk/bodies/")


def listed(page: str) -> list[str]:
    return [unescape(name) for name in re.findall(r'<a href="/desk/schools/\d{8,}">([^<]+)</a>', page)]


def test_before_the_first_body_the_list_says_what_one_is_and_how_to_begin(
    client: FlaskClient, ours: Partnership
) -> None:
    page = client.get("/desk/bodies").text
    assert "No body yet" in page and "a police unit, a social work team" in text_of(page)
    assert 'href="/desk/bodies/new">Add the first body</a>' in page
    assert "bodies.csv" not in page


@pytest.mark.both_databases
def test_a_body_is_added_and_stands_in_the_list_and_on_its_page(
    client: FlaskClient, ours: Partnership
) -> None:
    form = client.get("/desk/bodies/new").text
    assert '<option value="Kestermere">' in form and 'value="19 January 2027"' in form
    answer = client.post("/desk/bodies/new", data=TYPED)
    assert answer.status_code == 303
    page = text_of(client.get(answer.location).text)
    assert "Redmere Response Team is added. Say whom to write to there." in page
    assert "Police · Kestermere" in page and "Front-line staff 42, counted on 4 January 2027" in page
    assert "Nobody is on file, so nobody can be written to." in page
    page = client.get("/desk/bodies").text
    assert listed(page) == ["Redmere Response Team"]
    assert "1 body, 42 front-line staff" in page


@pytest.mark.parametrize(
    "typed, words",
    [
        ({"name": ""}, "Enter the name of the body."),
        ({"kind": ""}, "Choose what it is."),
        ({"front_line_staff": "-3"}, "How many front-line staff? It must be between 0 and 100,000."),
        ({"front_line_staff": "many"}, "How many front-line staff? Enter a whole number in figures."),
        ({"staff_counted_on": ""}, "Enter the day on which the staff were counted."),
        ({"staff_counted_on": "20/1/2027"}, "The staff cannot have been counted on a day to come."),
    ],
)
def test_what_makes_no_sense_is_told_on_the_form_with_what_was_typed(
    client: FlaskClient, ours: Partnership, typed: dict[str, str], words: str
) -> None:
    answer = client.post("/desk/bodies/new", data=TYPED | typed)
    assert answer.status_code == 422
    assert words in unescape(answer.text)
    assert (typed.get("name", "Redmere Response Team")) in answer.text
    assert db.session.scalar(select(Body)) is None


def test_a_body_twice_is_refused_on_the_form(client: FlaskClient, ours: Partnership) -> None:
    client.post("/desk/bodies/new", data=TYPED)
    answer = client.post("/desk/bodies/new", data=TYPED | {"name": "REDMERE response team"})
    assert answer.status_code == 422
    assert "Redmere Response Team (Police) is in the list already." in answer.text


@pytest.mark.parametrize(
    "staff, said",
    [("0", "Nobody, counted on 4 January 2027"), ("", "<dd>Not known</dd>")],
)
def test_nobody_and_not_known_are_told_apart(
    client: FlaskClient, ours: Partnership, staff: str, said: str
) -> None:
    answer = client.post("/desk/bodies/new", data=TYPED | {"front_line_staff": staff})
    assert said in client.get(answer.location).text
    listing = text_of(client.get("/desk/bodies").text)
    assert ("nobody 4 January 2027" in listing) == (staff == "0")
    assert ("not known nobody" in listing) == (staff == "")


def test_a_change_holds_from_now_on_and_tells_what_stood(client: FlaskClient, ours: Partnership) -> None:
    where = at_body(client.post("/desk/bodies/new", data=TYPED).location)
    form = client.get(f"{where}/change").text
    assert 'value="Redmere Response Team"' in form and 'value="42"' in form
    answer = client.post(f"{where}/change", data=TYPED | {"front_line_staff": "45", "district": ""})
    assert answer.status_code == 303
    page = text_of(client.get(where, follow_redirects=True).text)
    assert "Front-line staff 45" in page and "The whole area" in page
    assert "District: not known, was Kestermere; Front-line staff: 45, was 42" in page


def test_a_change_made_meanwhile_is_told_and_not_written_over(client: FlaskClient, ours: Partnership) -> None:
    where = at_body(client.post("/desk/bodies/new", data=TYPED).location)
    opened = re.search(r'name="opened" value="([^"]*)"', client.get(f"{where}/change").text)
    assert opened is not None
    client.post(f"{where}/change", data=TYPED | {"front_line_staff": "45"})
    late = TYPED | {"front_line_staff": "50", "opened": unescape(opened[1])}
    answer = client.post(f"{where}/change", data=late)
    assert answer.status_code == 422 and "Priya Nandakumar" in answer.text
    assert db.session.scalars(select(Body.front_line_staff)).one() == 45


def test_a_body_closes_with_a_successor_and_opens_again(client: FlaskClient, ours: Partnership) -> None:
    with transaction():
        one, two = make.body(ours, name="One"), make.body(ours, name="Two")
    number = one.organisation_id
    form = client.get(f"/desk/bodies/{number}/close").text
    assert "Two (Police)" in form and "One (Police)" not in form
    answer = client.post(
        f"/desk/bodies/{number}/close", data={"day": "18/1/2027", "successor": str(two.organisation_id)}
    )
    assert answer.status_code == 303
    page = text_of(client.get(f"/desk/schools/{number}").text)
    assert "One is closed. Two has its place." in page
    assert "Closed on 18 January 2027. Became Two ." in page
    assert "Came from One ." in text_of(client.get(f"/desk/schools/{two.organisation_id}").text)
    assert listed(client.get("/desk/bodies").text) == ["Two"]
    assert listed(client.get("/desk/bodies?state=closed").text) == ["One"]
    assert (
        "already"
        in client.post(f"/desk/bodies/{number}/close", data={"day": "18/1/2027", "successor": "0"}).text
    )
    assert client.post(f"/desk/bodies/{number}/open").status_code == 303
    assert listed(client.get("/desk/bodies").text) == ["One", "Two"]
    assert bodies.became(one) == []


def test_a_closing_on_a_day_to_come_is_refused_in_words(client: FlaskClient, ours: Partnership) -> None:
    with transaction():
        one = make.body(ours)
    where = f"/desk/bodies/{one.organisation_id}/close"
    answer = client.post(where, data={"day": "20/1/2027", "successor": "0"})
    assert answer.status_code == 422 and "That day has not come." in answer.text
    assert one.is_open
    other = client.post(where, data={"day": "18/1/2027", "successor": "12345"})
    assert other.status_code == 422 and one.is_open


def test_bodies_merge_into_one_and_each_can_be_opened_again(client: FlaskClient, ours: Partnership) -> None:
    with transaction():
        one, two, whole = (make.body(ours, name=name) for name in ("One", "Two", "Whole"))
    where = f"/desk/bodies/{whole.organisation_id}"
    assert "Tick at least one body." in client.post(f"{where}/merge", data={"day": "18/1/2027"}).text
    joining = [str(body.organisation_id) for body in (one, two)]
    answer = client.post(f"{where}/merge", data={"joining": joining, "day": "18/1/2027"})
    assert answer.status_code == 303
    page = text_of(client.get(where, follow_redirects=True).text)
    assert "2 bodies joined Whole. Open one again on its page if that was wrong." in page
    assert listed(client.get("/desk/bodies").text) == ["Whole"]
    client.post(f"/desk/bodies/{joining[0]}/open")
    assert bodies.came_from(whole) == [two]


def test_contacts_of_a_body_are_kept_as_those_of_a_school(client: FlaskClient, ours: Partnership) -> None:
    with transaction():
        body = make.body(ours)
    where, number = f"/desk/schools/{body.organisation_id}", body.organisation_id
    typed = {
        "name": "Sam Wood",
        "role": "Sergeant",
        "address": "s.wood@police.example",
        "phone": "",
        "source": "the station",
    }
    assert client.post(f"{where}/contacts/add", data=typed).status_code == 303
    twice = client.post(f"{where}/contacts/add", data=typed)
    assert twice.status_code == 422 and "is already on file here." in twice.text
    (kept,) = contacts.contacts_of_organisation(number)
    page = client.get(where).text
    assert "Sam Wood" in page and f'href="{where}/contacts/{kept.id}"' in page
    change = client.post(f"{where}/contacts/{kept.id}", data=typed | {"role": "Inspector"})
    assert change.status_code == 303
    (kept,) = contacts.contacts_of_organisation(number)
    assert kept.role == "Inspector"
    with transaction():
        make.dead_address("s.wood@police.example")
    assert "Mail comes back" in client.get(where).text
    assert client.post(f"{where}/contacts/{kept.id}/works").status_code == 303
    assert "Mail comes back" not in client.get(where).text
    assert client.post(f"{where}/contacts/{kept.id}/end").status_code == 303
    assert contacts.contacts_of_organisation(number) == []


def test_the_list_is_searched_narrowed_and_sorted(client: FlaskClient, ours: Partnership) -> None:
    with transaction():
        few = make.body(ours, name="Fen Team", front_line_staff=3, staff_counted_on=make.EARLIER.date())
        make.body(ours, name="Ash Clinic", kind="Health")
        make.body(
            ours,
            name="Marsh Nurses",
            kind="Health",
            front_line_staff=9,
            staff_counted_on=make.EARLIER.date(),
            district="Kestermere",
        )
        make.contact(few)
    for query, names in {
        "": ["Ash Clinic", "Fen Team", "Marsh Nurses"],
        "sort=staff": ["Marsh Nurses", "Fen Team", "Ash Clinic"],
        "sort=kind": ["Fen Team", "Ash Clinic", "Marsh Nurses"],
        "sort=contacts": ["Ash Clinic", "Marsh Nurses", "Fen Team"],
        "sort=district": ["Marsh Nurses", "Ash Clinic", "Fen Team"],
        "kind=Health": ["Ash Clinic", "Marsh Nurses"],
        "district=Kestermere": ["Marsh Nurses"],
        "find=health+mar": ["Marsh Nurses"],
        "find=fen": ["Fen Team"],
        "sort=nonsense&kind=nonsense": ["Ash Clinic", "Fen Team", "Marsh Nurses"],
    }.items():
        assert listed(client.get(f"/desk/bodies?{query}").text) == names, query
    nothing = client.get("/desk/bodies?find=zzz").text
    assert "No body matches all of that." in nothing
    whole = client.get("/desk/bodies").text
    assert "3 bodies, 12 front-line staff, of 1 the number is not known" in whole


@pytest.mark.parametrize("many", [1, 3])
def test_the_list_asks_the_same_whatever_its_length(
    client: FlaskClient, ours: Partnership, count_queries: Any, many: int
) -> None:
    with transaction():
        make.programme(ours, (), AdultTarget(kinds=("Police",)), for_adults=True)
        for _ in range(many):
            make.contact(make.body(ours))
    number = db.session.scalars(select(Body.organisation_id)).first()
    for page in ("/desk/bodies", f"/desk/schools/{number}"):
        client.get(page)
    with count_queries() as queries:
        client.get("/desk/bodies")
    assert len(queries) == QUERIES_OF_LIST
    with count_queries() as queries:
        client.get(f"/desk/schools/{number}")
    assert len(queries) == QUERIES_OF_BODY


QUERIES_OF_LIST, QUERIES_OF_BODY = 5, 70


def test_the_csv_has_a_line_for_each_contact_and_for_a_body_without(
    client: FlaskClient, ours: Partnership
) -> None:
    with transaction():
        one = make.body(ours, name="=One", front_line_staff=0, staff_counted_on=make.EARLIER.date())
        make.body(ours, name="Two", district="Kestermere")
        make.contact(one, address="a@one.example")
        make.contact(one, address="b@one.example")
    lines = client.get("/desk/bodies.csv").text.lstrip("\ufeff").splitlines()
    assert (
        lines[0] == "Name,Kind,District,Front-line staff,Counted on,Contact name,Role,Email,Phone,Closed on"
    )
    assert [line.split(",")[3] for line in lines[1:3]] == ["0", "0"]
    assert lines[1].startswith("'=One,Police") and "a@one.example" in lines[1] and "b@one.example" in lines[2]
    assert lines[3] == "Two,Police,Kestermere,,,,,,,"


@pytest.mark.both_databases
def test_nothing_of_a_body_is_shown_to_another_partnership(
    app: Flask, client: FlaskClient, ours: Partnership
) -> None:
    with transaction():
        theirs = make.partnership(("935",))
        body, mine = make.body(theirs, name="Secret Unit"), make.body(ours, name="Ours")
        contact = make.contact(body, address="spy@secret.example")
    number = body.organisation_id
    for page in ("", "/change", "/close", "/merge"):
        assert client.get(f"/desk/bodies/{number}{page}").status_code == 404, page
    assert client.post(f"/desk/bodies/{number}/open").status_code == 404
    for page in ("", "/contacts/add", f"/contacts/{contact.id}", "/invite", "/answer", "/propose", "/target"):
        assert client.get(f"/desk/schools/{number}{page}").status_code == 404, page
    for deed in (f"/contacts/{contact.id}/end", f"/contacts/{contact.id}/works", "/link", "/notes"):
        assert client.post(f"/desk/schools/{number}{deed}").status_code == 404, deed
    wrong = client.get(f"/desk/schools/{mine.organisation_id}/contacts/{contact.id}")
    assert wrong.status_code == 404
    taken = client.post(
        f"/desk/bodies/{mine.organisation_id}/close", data={"day": "18/1/2027", "successor": str(number)}
    )
    assert taken.status_code == 422 and mine.is_open
    for page in ("/desk/bodies", "/desk/bodies.csv", f"/desk/bodies/{mine.organisation_id}/close"):
        assert "Secret" not in client.get(page).text, page


def test_no_page_of_schools_shows_a_body(client: FlaskClient, ours: Partnership) -> None:
    with transaction():
        body = make.body(ours, name="Zebra Unit")
        make.contact(body, address="z@zebra.example")
    for page in (
        "/desk/schools",
        "/desk/schools.csv",
        "/desk/coverage",
        "/desk/gaps",
        "/desk/invitations",
        "/desk/contacts/missing.csv",
        "/desk/search?find=Zebra",
        "/find?q=Zebra",
        "/desk/past-shows",
        "/desk/phone-list",
    ):
        assert "Zebra Unit" not in client.get(page, follow_redirects=True).text, page


def test_a_body_has_the_page_of_a_school_without_what_schools_alone_have(
    client: FlaskClient, ours: Partnership
) -> None:
    with transaction():
        body = make.body(ours, front_line_staff=42, staff_counted_on=make.EARLIER.date())
    number = body.organisation_id
    moved = client.get(f"/desk/bodies/{number}")
    assert (moved.status_code, moved.location) == (303, f"/desk/schools/{number}")
    page = client.get(f"/desk/schools/{number}").text
    said = text_of(page.partition("<main")[2])
    for words in (
        "What is known",
        "Close it…",
        "Merge others into it…",
        "Places and sessions",
        "No booking yet",
    ):
        assert words in said, words
    for words in ("URN", "register", "hours", "Pupils", "pupil", "Year 8", "INSET", "school"):
        assert words not in said, words
    assert 'aria-current="true"' in page and ">Bodies</a>" in page
    for alone in ("facts/name", "numbers", "days/add", "hours", "lunch", "missed"):
        assert client.get(f"/desk/schools/{number}/{alone}").status_code == 404, alone


def test_a_body_stands_in_its_programme_for_adults_whatever_is_in_hand(
    client: FlaskClient, ours: Partnership
) -> None:
    with transaction():
        make.programme(ours, (), AdultTarget(kinds=("Police",)), for_adults=True, title="Spot the signs")
        body = make.body(ours, front_line_staff=42, staff_counted_on=make.EARLIER.date())
        make.contact(body, role="Training lead")
    page = text_of(client.get(f"/desk/schools/{body.organisation_id}").text)
    assert "Not asked" in page and "Police · 42 staff · nobody looks after it yet · Spot the signs" in page
    assert "Next: write To Joanna Fell, Training lead Write…" in page
    assert "Propose a time" not in page and "Why not a certain day" not in page
