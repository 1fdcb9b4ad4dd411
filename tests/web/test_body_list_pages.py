"""Bodies from a list: read as it is, each fault a sentence on its line, nothing changed until it is taken in, taken in
once, and taken back."""

import io
import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

import make
from outreach.county import bodies, contacts
from outreach.county.bodies import Body
from outreach.county.lists.body_lists import BodyList, BodyListLine
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import db, transaction

pytestmark = [pytest.mark.usefixtures("stopped"), pytest.mark.both_databases]

HEAD = "Organisation,Type,District,No of front line staff,Contact name,Role,Email\n"
GOOD = (
    "Redmere Response,Police,Kestermere,42,Sam Wood,Sergeant,s.wood@police.example\n"
    "Ash Clinic,health,,0,,,desk@clinic.example\n"
    "Fen Team,Social work,Kestermere,,,,\n"
)
FAULTS = (
    "Redmere Response,Police,Kestermere,42,Jo Hill,,j.hill@police.example\n"
    "Marsh Firemen,Fire,,12,,,\n"
    "Marsh Cabs,Transport,Nowhere,12,,,\n"
    "Marsh Buses,Transport,,many,,,\n"
    "Marsh Trams,Transport,,7,Bo,,bo@trams\n"
    ",Transport,Kestermere,7,,,\n"
    "Ash Clinic,Health,,5,,,\n"
)


@pytest.fixture
def ours(client: FlaskClient) -> Partnership:
    with transaction():
        ours = make.partnership()
        make.school()
        person = make.person(ours)
    make.signed_in(client, person)
    return ours


def send(client: FlaskClient, content: str) -> str:
    file = (io.BytesIO(content.encode()), "services.csv")
    answer = client.post("/desk/bodies/lists", data={"file": file})
    assert answer.status_code == 303, answer.text
    return answer.location


def take(client: FlaskClient, where: str) -> str:
    data = {"source": "the board's list", "source_date": "4/1/2027"}
    answer = client.post(where, data=data, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


def known() -> list[tuple[str, str, str | None, int | None]]:
    rows = db.session.execute(
        select(Body.name, Body.type_of_establishment, Body.district_name, Body.front_line_staff).order_by(
            Body.name
        )
    )
    return [tuple(row) for row in rows]


def test_a_list_is_looked_at_taken_in_once_and_taken_back(client: FlaskClient, ours: Partnership) -> None:
    where = send(client, HEAD + GOOD)
    page = text_of(client.get(where).text)
    assert "Every line can be taken in" in page and known() == []
    assert "3 bodies added. 3 lines read." in take(client, where)
    assert known() == [
        ("Ash Clinic", "Health", None, 0),
        ("Fen Team", "Social work", "Kestermere", None),
        ("Redmere Response", "Police", "Kestermere", 42),
    ]
    (police,) = [b for b in bodies.of_partnership(ours.id) if b.name == "Redmere Response"]
    assert police.staff_counted_on is not None and police.staff_counted_on.isoformat() == "2027-01-04"
    (contact,) = contacts.contacts_of_organisation(police.organisation_id)
    assert (contact.name, contact.role, contact.source) == ("Sam Wood", "Sergeant", "the board's list")
    assert "was applied or laid aside" in take(client, where)
    again = text_of(client.get(send(client, HEAD + GOOD)).text)
    assert "Nothing in this list is new" in again
    number = db.session.scalars(select(BodyList.id)).one()
    back = client.post(f"/desk/bodies/lists/{number}/take-back", follow_redirects=True)
    assert "‘services.csv’ is taken back: 3 bodies gone." in text_of(back.text)
    assert known() == [] and contacts.contacts_of_organisation(police.organisation_id) == []
    assert history.history_of("school", police.organisation_id)[0].what == "removed with its list"
    twice = client.post(f"/desk/bodies/lists/{number}/take-back", follow_redirects=True)
    assert "That list was taken back already." in text_of(twice.text)
    assert "3 bodies added" in take(client, send(client, HEAD + GOOD))


def test_each_fault_is_a_sentence_on_its_line_and_is_put_right_there(
    client: FlaskClient, ours: Partnership
) -> None:
    where = send(client, HEAD + GOOD + FAULTS)
    page = client.get(f"{where}?show=repair").text
    said = text_of(page)
    for sentence in (
        "‘Fire’ is no kind of body. Choose one of: Police, Social work, Health",
        "No school here lies in a district ‘Nowhere’.",
        "‘many’ is not one number of staff.",
        "‘bo@trams’ is not an email address.",
        "Enter the name of the body.",
        "Line 3 says something else of Ash Clinic.",
    ):
        assert sentence in said, sentence
    assert "6 of 10 lines need you" in said
    assert known() == []
    lines = re.findall(r'name="line" value="([^"]+)"', page)
    marks = dict(re.findall(r'name="of-([^"]+)" value="([^"]+)"', page))
    put = {
        "line": lines,
        **{f"of-{key}": mark for key, mark in marks.items()},
        f"body_kind-{lines[0]}": "Voluntary organisation",
        f"district-{lines[1]}": "",
        f"was-district-{lines[1]}": "Nowhere",
        f"staff-{lines[2]}": "30",
        f"address-{lines[3]}": "bo@trams.example",
        f"out-{lines[4]}": "1",
        f"out-{lines[5]}": "1",
    }
    answer = client.post(f"{where}/repair", data=put)
    assert answer.status_code == 303
    told = take(client, where)
    assert "7 bodies added, 1 said twice and merged and 2 lines left out. 10 lines read." in told
    assert ("Marsh Buses", "Transport", None, 30) in known()
    assert ("Marsh Firemen", "Voluntary organisation", None, 12) in known()
    (police,) = [b for b in bodies.of_partnership(ours.id) if b.name == "Redmere Response"]
    assert len(contacts.contacts_of_organisation(police.organisation_id)) == 2


def test_what_is_known_is_changed_and_is_as_before_once_the_list_is_taken_back(
    client: FlaskClient, ours: Partnership
) -> None:
    with transaction():
        police = make.body(
            ours, name="Redmere Response", front_line_staff=40, staff_counted_on=make.EARLIER.date()
        )
        same = make.body(ours, name="Fen Team", kind="Social work", district="Kestermere")
        closed = make.body(ours, name="Ash Clinic", kind="Health")
        make.contact(same, address="fen@team.example")
        bodies.close(closed, make.NOW.date(), who="P", now=make.NOW, today=make.NOW.date())
    where = send(client, HEAD + GOOD)
    said = text_of(client.get(f"{where}?show=repair").text)
    assert "Ash Clinic (Health) is in the list already, as closed. Open it again on its page." in said
    assert "1 changed, 1 unchanged and 1 line left out" in take(client, where)
    assert (police.front_line_staff, police.district_name) == (42, "Kestermere")
    assert same.front_line_staff is None
    number = db.session.scalars(select(BodyList.id)).one()
    back = client.post(f"/desk/bodies/lists/{number}/take-back", follow_redirects=True)
    assert "is taken back: 1 as before." in text_of(back.text)
    db.session.refresh(police)
    assert (police.front_line_staff, police.district_name) == (40, None)
    assert contacts.contacts_of_organisation(police.organisation_id) == []


def test_what_somebody_did_something_about_since_stays(client: FlaskClient, ours: Partnership) -> None:
    take(client, send(client, HEAD + GOOD))
    clinic = next(b for b in bodies.of_partnership(ours.id) if b.name == "Ash Clinic")
    later = make.NOW.replace(hour=make.NOW.hour + 1)
    with transaction():
        make.contact(clinic, address="later@clinic.example", created_at=later)
    number = db.session.scalars(select(BodyList.id)).one()
    back = client.post(f"/desk/bodies/lists/{number}/take-back", follow_redirects=True)
    assert "2 bodies gone and 1 left, as somebody did something about it since." in text_of(back.text)
    assert [name for name, *_ in known()] == ["Ash Clinic"]


def test_a_list_is_its_partnerships_alone(client: FlaskClient, ours: Partnership) -> None:
    where = send(client, HEAD + GOOD)
    take(client, where)
    number = db.session.scalars(select(BodyList.id)).one()
    with transaction():
        other = make.person(make.partnership(("935",)))
    make.signed_in(client, other)
    assert client.post(f"/desk/bodies/lists/{number}/take-back").status_code == 404
    assert "applied or laid aside" in text_of(client.get(where, follow_redirects=True).text)
    assert "services.csv" not in client.get("/desk/bodies/lists").text
    assert len(known()) == 3


def test_the_database_keeps_a_line_with_the_list_of_its_own_partnership(
    client: FlaskClient, ours: Partnership
) -> None:
    take(client, send(client, HEAD + GOOD))
    with transaction():
        other = make.partnership(("935",))
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text("UPDATE body_list_line SET partnership_id = :other"), {"other": other.id})
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text("UPDATE body_list SET made = 0"))
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text("UPDATE list_upload SET kind = 'schools'"))
    assert db.session.scalar(select(func.count()).select_from(BodyListLine)) == 3
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 4
