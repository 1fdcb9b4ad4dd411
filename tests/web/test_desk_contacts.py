"""Contacts from a file, as a coordinator meets them: upload, look, apply; every bad file gets its
sentence."""

import io
import re
from html import unescape

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import make
from county.lists.shapes import book
from outreach.county import contacts
from outreach.county.contacts import Contact
from outreach.county.lists.uploads import ListUpload
from outreach.ground.db import db, transaction

pytestmark = pytest.mark.usefixtures("stopped")


@pytest.fixture
def organisation_id(client: FlaskClient) -> int:
    """Our one school; the client is signed in."""
    with transaction():
        ours = make.partnership(("931",))
        make.programme(ours)
        school = make.school(name="Redmere Academy")
        person = make.person(ours)
    make.signed_in(client, person)
    return school.organisation_id


def send(client: FlaskClient, content: bytes, name: str = "contacts.csv") -> TestResponse:
    return client.post("/desk/contacts", data={"file": (io.BytesIO(content), name)})


def apply(client: FlaskClient, where: str, **changes: str) -> TestResponse:
    data = {"source": "the leads' list", "source_date": "4/1/2027"} | changes
    return client.post(where, data=data)


def sums(page: str) -> dict[str, int]:
    """What the page says that the list comes to; it must add up."""
    table = re.search(r'<table class="t sums">(.*?)</table>', page, re.S)
    assert table is not None
    found = {
        unescape(re.sub("<[^>]+>", "", word)): int(number.replace(",", ""))
        for word, number in re.findall(r'<th scope="row">(.*?)</th><td class="num">([0-9,]+)</td>', table[1])
    }
    *parts, whole = found.values()
    assert sum(parts) == whole
    return found


def fields(page: str) -> dict[str, str]:
    """The fields of a page's repair form as a browser would send them back."""
    form = re.search(r'<section class="panel" id="repair">(.*?)</form>', page, re.S)
    assert form is not None
    return {
        unescape(name): unescape(value)
        for name, value in re.findall(
            r'<input (?:class="[^"]*" |type="hidden" )(?:id="[^"]*" )?name="([^"]+)" value="([^"]*)"', form[1]
        )
    }


@pytest.mark.any_database
def test_a_file_is_looked_at_and_then_applied_once(client: FlaskClient, organisation_id: int) -> None:
    looked = send(
        client,
        f"URN,Name,Role,Email\n{organisation_id},Zoë Fell,DSL,Z@REDMERE.example\n{organisation_id},,,z@redmere.example\n5,,,a@b.example\n".encode(),
    )
    assert looked.status_code == 303
    where = looked.location
    page = client.get(where).text
    assert sums(page) == {
        "Need repair": 1,
        "New contacts": 1,
        "Changed": 0,
        "The same already": 0,
        "Said twice, merged": 1,
        "School not in the target": 0,
        "Left out": 0,
        "Lines read": 3,
    }
    assert "URN 5 is not in the register here" in page
    assert contacts.contacts_of_organisation(organisation_id) == []
    assert apply(client, where).status_code == 303
    assert [(c.name, c.address, c.source) for c in contacts.contacts_of_organisation(organisation_id)] == [
        ("Zoë Fell", "Z@redmere.example", "the leads' list")
    ]
    assert (
        "1 contact added, 1 said twice and merged and 1 line left out. 3 lines read."
        in client.get("/desk/contacts").text
    )
    # The button pressed again, or the page left open: nothing more.
    again = apply(client, where)
    assert (again.status_code, again.location) == (303, "/desk/contacts")
    assert "was applied or laid aside" in client.get("/desk/contacts").text
    assert db.session.query(Contact).count() == 1


def test_applying_without_source_shows_the_page_again(client: FlaskClient, organisation_id: int) -> None:
    where = send(client, f"URN,Email\n{organisation_id},a@b.example\n".encode()).location
    refused = apply(client, where, source=" ", source_date="31/2/2027")
    assert refused.status_code == 422
    assert "Say where the addresses come from." in refused.text and "That is not a date." in refused.text
    assert 'value="31/2/2027"' in refused.text
    assert contacts.contacts_of_organisation(organisation_id) == []


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty."),
        (b"PK\x03\x04 no workbook", "This workbook is damaged"),
        (b"URN,Email\n\x81,\x8d\n", "Save it as &#39;CSV UTF-8&#39;"),
        (b"x" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_kept(
    app: Flask, client: FlaskClient, organisation_id: int, content: bytes, words: str
) -> None:
    refused = send(client, content)
    assert refused.status_code == 422
    assert words in refused.text
    assert db.session.query(ListUpload).count() == 0


def test_no_file_at_all_is_an_error_of_the_form(client: FlaskClient, organisation_id: int) -> None:
    refused = client.post("/desk/contacts", data={})
    assert refused.status_code == 422 and "Choose a file." in refused.text


@pytest.mark.any_database
def test_a_kept_file_is_opened_by_its_own_partnership_only(client: FlaskClient, organisation_id: int) -> None:
    where = send(client, f"URN,Email\n{organisation_id},a@b.example\n".encode()).location
    with transaction():
        stranger = make.person(make.partnership(("999",)))
    make.signed_in(client, stranger)
    assert client.get(where).status_code == 303
    assert client.post(where + "/drop").status_code == 303
    assert client.get("/desk/contacts/..%2f..%2fetc").status_code in (303, 404)


def test_a_file_laid_aside_is_gone(app: Flask, client: FlaskClient, organisation_id: int) -> None:
    where = send(client, f"URN,Email\n{organisation_id},a@b.example\n".encode()).location
    client.post(where + "/drop")
    assert db.session.query(ListUpload).count() == 0
    assert apply(client, where).status_code == 303
    assert contacts.contacts_of_organisation(organisation_id) == []


@pytest.mark.any_database
def test_schools_without_contact_come_as_a_list_to_fill_in(client: FlaskClient, organisation_id: int) -> None:
    with transaction():
        make.school(name='=Odd, "School"')
        make.contact(db.session.get_one(make.School, organisation_id))
        make.school(name="Elsewhere", la_code="999")
    listed = client.get("/desk/contacts/missing.csv").text
    assert [line.partition(",")[2] for line in listed.splitlines()[1:-1]] == ['"\'=Odd, ""School""",,,,']


@pytest.mark.any_database
def test_the_list_to_fill_in_can_be_only_those_the_programme_is_for(
    client: FlaskClient, organisation_id: int
) -> None:
    with transaction():
        make.school(
            name="Littlest Primary", statutory_low_age=4, statutory_high_age=11, phase_of_education="Primary"
        )
    assert "only those that ‘" in client.get("/desk/contacts").text
    everybody = client.get("/desk/contacts/missing.csv").text
    only = client.get("/desk/contacts/missing.csv?target=1").text
    assert "Littlest" in everybody and "Littlest" not in only
    assert f"{organisation_id}," in everybody and f"{organisation_id}," in only
    assert "Littlest" in client.get("/desk/contacts/missing.csv?target=999").text


@pytest.mark.any_database
def test_ten_thousand_lines_are_looked_at(client: FlaskClient, organisation_id: int) -> None:
    lines = "".join(f"{organisation_id},a{n}@b.example\n" for n in range(10_000))
    where = send(client, f"URN,Email\n{lines}".encode()).location
    page = client.get(where).text
    assert sums(page)["New contacts"] == sums(page)["Lines read"] == 10_000
    assert "Page 1 of 400" in page and "a24@b.example" in page and "a25@b.example" not in page
    assert "a25@b.example" in client.get(where + "?show=new&page=2").text


def test_lines_are_put_right_on_the_page_over_all_its_pages(
    client: FlaskClient, organisation_id: int
) -> None:
    where = send(
        client,
        (
            "School,Name,Email\n"
            + "".join(f"Nowhere {n},Jo {n},a{n}@b.example\n" for n in range(30))
            + "Redmere Academy,Margit,m.lund@coldbrook\n"
        ).encode(),
    ).location
    page = client.get(where).text
    assert (
        "<h1>31 of 31 lines need you</h1>" in page
        and "Page 1 of 2" in page
        and "Nowhere 24" in page
        and "Nowhere 25" not in page
    )
    first, second = fields(page), fields(client.get(where + "?show=repair&page=2").text)
    assert first["address-0.2.0"] == "a0@b.example" and first["name-0.2.0"] == "Jo 0"
    assert second["address-0.32.0"] == "m.lund@coldbrook"
    keys = {name.removeprefix("of-") for name in first if name.startswith("of-")}
    assert len(keys) == 25
    kept = client.post(
        where + "/repair",
        data=first | {"line": list(keys), "typed-0.2.0": str(organisation_id), "out-0.3.0": "1"},
    )
    assert kept.status_code == 303
    keys = {name.removeprefix("of-") for name in second if name.startswith("of-")}
    client.post(
        where + "/repair",
        data=second | {"line": list(keys), "address-0.32.0": "m.lund@coldbrook.example", "page": "2"},
    )
    page = client.get(where).text
    assert sums(page) == {
        "Need repair": 28,
        "New contacts": 2,
        "Changed": 0,
        "The same already": 0,
        "Said twice, merged": 0,
        "School not in the target": 0,
        "Left out": 1,
        "Lines read": 31,
    }
    apply(client, where)
    assert sorted((c.name, c.address) for c in contacts.contacts_of_organisation(organisation_id)) == [
        ("Jo 0", "a0@b.example"),
        ("Margit", "m.lund@coldbrook.example"),
    ]
    assert "2 contacts added and 29 lines left out. 31 lines read." in client.get("/desk/contacts").text


def test_lines_to_mend_come_as_a_workbook_and_go_in_again_once_mended(
    client: FlaskClient, organisation_id: int
) -> None:
    where = send(
        client,
        f"Title\nURN,DSL email,Tel,Other\n{organisation_id},ok@b.example,+44 1632,x\n{organisation_id},bad at all,+44 1633,=1+1\n5,c@b.example,,\n".encode(),
    ).location
    book = openpyxl.load_workbook(io.BytesIO(client.get(where + "/to-mend.xlsx").data))
    rows = [[cell.value for cell in row] for row in book.worksheets[0].rows]
    assert rows[0] == ["What is wrong", "Line", "URN", "DSL email", "Tel", "Other"]
    assert rows.pop() == ["End of the lines to mend. A file without this line was cut off.", *[None] * 5]
    assert [row[1:] for row in rows[1:]] == [
        ["4", str(organisation_id), "bad at all", "+44 1633", "=1+1"],
        ["5", "5", "c@b.example", None, None],
    ]
    assert "is not an email address" in rows[1][0] and rows[2][0] == "URN 5 is not in the register here"
    book.worksheets[0]["D2"], book.worksheets[0]["C3"] = "good@b.example", organisation_id
    out = io.BytesIO()
    book.save(out)
    apply(client, send(client, out.getvalue(), "mended.xlsx").location)
    assert sorted((c.address, c.phone) for c in contacts.contacts_of_organisation(organisation_id)) == [
        ("c@b.example", ""),
        ("good@b.example", "+44 1633"),
    ]


def test_columns_that_are_not_understood_are_asked_for_and_remembered(
    client: FlaskClient, organisation_id: int
) -> None:
    content = f"Kennung,Wer,Anschrift\n{organisation_id},Jo,a@b.example\n".encode()
    where = send(client, content).location
    page = client.get(where).text
    assert "<h1>Which column is what?</h1>" in page and "Kennung" in page and "a@b.example" in page
    client.post(where + "/columns", data={"headings-0": "1"})
    client.post(
        where + "/columns",
        data={"column-kennung": "urn", "column-wer": "name", "column-anschrift": "address"},
    )
    assert sums(client.get(where).text)["New contacts"] == 1
    client.post(where + "/drop")
    page = client.get(send(client, content).location).text
    assert sums(page)["New contacts"] == 1


def test_a_sheet_can_be_left_unread_and_is_then_not_in_the_sum(
    client: FlaskClient, organisation_id: int
) -> None:
    where = send(
        client,
        book(
            {
                "Leads": [["URN", "Email"], [organisation_id, "a@b.example"]],
                "Old": [["URN", "Email"], [organisation_id, "b@b.example"], [organisation_id, "c@b.example"]],
            }
        ),
        "x.xlsx",
    ).location
    assert sums(client.get(where).text)["Lines read"] == 3
    client.post(where + "/columns", data={"sheet-0": "1", "read-0": "1", "sheet-1": "1"})
    page = client.get(where).text
    assert sums(page)["Lines read"] == 1 and "2 lines of sheets that are not read" in page


@pytest.mark.any_database
def test_hidden_sheets_rows_and_columns_are_named_and_read_only_where_one_says_so(
    client: FlaskClient, organisation_id: int
) -> None:
    made = openpyxl.Workbook()
    leads = made.active
    leads.title = "Leads"
    leads.append(["URN", "Email", "Deputy email"])
    for who in ("now", "left", "gone"):
        leads.append([organisation_id, f"{who}@b.example", f"deputy.{who}@b.example"])
    leads.row_dimensions[3].hidden = leads.row_dimensions[4].hidden = True
    leads.column_dimensions["C"].hidden = True
    old = made.create_sheet("Old leads")
    old.append(["URN", "Email"])
    old.append([organisation_id, "old@b.example"])
    old.sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)

    where = send(client, out.getvalue(), "x.xlsx").location
    page = client.get(where).text
    assert sums(page)["New contacts"] == sums(page)["Lines read"] == 1
    told = "2 rows and column C of sheet ‘Leads’; sheet ‘Old leads’ (2 rows)."
    assert f"Hidden in the workbook and not read: {told}" in page
    assert "Deputy email" not in page and "left@b.example" not in page and "old@b.example" not in page

    client.post(where + "/columns", data={"sheet-0": "1", "read-0": "1", "hidden": "1"})
    page = client.get(where).text
    assert f"Hidden in the workbook and read all the same: {told}" in page
    assert sums(page)["New contacts"] == 7 and "Deputy email" in page
    assert re.search(r'name="hidden" value="1" checked', page)
    client.post(where + "/columns", data={"sheet-0": "1", "read-0": "1"})
    assert sums(client.get(where).text)["New contacts"] == 1


@pytest.mark.any_database
def test_a_list_that_was_taken_in_still_tells_what_was_left_out(
    client: FlaskClient, organisation_id: int
) -> None:
    where = send(client, f"URN,Email\n{organisation_id},a@b.example\n5,c@b.example\n".encode()).location
    apply(client, where)
    page = client.get(where).text
    assert "1 contact added and 1 line left out. 2 lines read." in page and "Put right here" not in page
    assert (
        len(
            list(
                openpyxl.load_workbook(io.BytesIO(client.get(where + "/to-mend.xlsx").data))
                .worksheets[0]
                .rows
            )
        )
        == 2 + 1
    )  # the end line


def test_what_was_read_waits_in_the_database_so_that_any_process_shows_it(
    app: Flask, client: FlaskClient, organisation_id: int, tmp_path
) -> None:
    where = send(client, f"URN,Email\n{organisation_id},a@b.example\n".encode()).location
    app.config["OUTREACH_FOLDER"] = str(tmp_path / "elsewhere")
    assert sums(client.get(where).text)["New contacts"] == 1


@pytest.mark.any_database
def test_the_list_to_fill_in_comes_back_as_it_is_with_its_end_line(
    client: FlaskClient, organisation_id: int
) -> None:
    listed = client.get("/desk/contacts/missing.csv").text
    filled = listed.replace(
        f"{organisation_id},Redmere Academy,,,,",
        f"{organisation_id},Redmere Academy,Jo Fell,DSL,a@b.example,",
    )
    assert "A file without this line was cut off." in filled
    page = client.get(send(client, filled.encode()).location).text
    assert (sums(page)["New contacts"], sums(page)["Lines read"]) == (1, 1)


def test_a_list_that_was_taken_in_adds_up_and_is_taken_back_whole_after_a_look(
    client: FlaskClient, organisation_id: int
) -> None:
    with transaction():
        primary = make.school(
            name="Redmere Primary", statutory_low_age=4, statutory_high_age=11, phase_of_education="Primary"
        )
        known = contacts.add(
            organisation_id,
            name="Was",
            role="DSL",
            address="k@redmere.example",
            phone="",
            source="their page",
            source_date=make.EARLIER.date(),
            who="P",
            now=make.EARLIER,
        )
    file = (
        f"URN,Email,Name,Role\n{organisation_id},k@redmere.example,Is,DSL\n{organisation_id},new@redmere.example,New,Office\n{organisation_id},two@redmere.example,Two,\n"
        f"{primary.organisation_id},head@primary.example,Head,Head\n5,a@b.example,,\n"
    )
    where = send(client, file.encode()).location
    page = client.get(where).text
    assert sums(page) == {
        "Need repair": 1,
        "New contacts": 2,
        "Changed": 1,
        "The same already": 0,
        "Said twice, merged": 0,
        "School not in the target": 1,
        "Left out": 0,
        "Lines read": 5,
    }
    assert "3 contacts to put on file, 1 left out, 1 not in the target." in page
    changed = re.search(r'id="changed">(.*?)</section>', page, re.DOTALL)
    assert changed and "<h2>1 changed</h2>" in changed[1] and "k@redmere.example" in changed[1]
    assert re.search(r"<del[^>]*><span[^>]*>before: </span>Was</del>", changed[1])
    assert re.search(r"<ins><span[^>]*>after: </span>Is</ins>", changed[1])
    assert f'href="{where}?show=changed#lines">Show the line</a>' in changed[1]
    assert "Show the line" not in client.get(f"{where}?show=changed").text
    done = apply(client, where)
    listed = done.location
    assert re.fullmatch("/desk/contacts/lists/[0-9]+", listed)
    page = client.get(listed).text
    assert sums(page) == {
        "Contacts added": 2,
        "Changed": 1,
        "Unchanged": 0,
        "Said twice, merged": 0,
        "Left out": 1,
        "School not in the target": 1,
        "Lines read": 5,
    }
    assert contacts.contacts_of_organisation(primary.organisation_id) == []
    assert listed in client.get("/desk/contacts").text
    with transaction():
        two = next(c for c in contacts.contacts_of_organisation(organisation_id) if c.name == "Two")
        contacts.end(two, who="the school", now=make.NOW)
        make.letter(
            "NEW@redmere.example", make.NOW + make.timedelta(minutes=1), partnership_id=two.partnership_id
        )
    look = client.get(listed + "/take-back").text
    plain = " ".join(re.sub("<[^>]+>", " ", look).split())
    assert "1 contact that it added ends" in plain and "1 contact that it changed is as before" in plain
    assert "1 contact stays as it is: somebody changed it since" in plain and "Taken off on" in plain
    assert (
        "Letters and invitations that went out stay as they are" in plain
        and "1 address of this list was written to" in plain
    )
    assert sorted(c.name for c in contacts.contacts_of_organisation(organisation_id)) == [
        "Is",
        "New",
    ]  # looking changes nothing
    assert client.post(listed + "/take-back").location == listed
    assert [(c.name, c.source) for c in contacts.contacts_of_organisation(organisation_id)] == [
        ("Was", "their page")
    ]
    assert known.ended_at is not None
    page = client.get(listed).text
    assert "1 contact ended, 1 as before and 1 left as somebody changed it since" in page
    assert "A list taken back" in page and "Take this list back" not in page
    assert listed not in client.get("/desk/contacts").text
    assert client.get(listed + "/take-back").location == listed
    client.post(listed + "/take-back")
    assert "was taken back already" in client.get(listed).text
    assert len(contacts.contacts_of_organisation(organisation_id)) == 1


def test_schools_that_no_programme_is_for_are_taken_in_where_a_coordinator_says_so(
    client: FlaskClient, organisation_id: int
) -> None:
    with transaction():
        primary = make.school(
            name="Redmere Primary", statutory_low_age=4, statutory_high_age=11, phase_of_education="Primary"
        )
    where = send(
        client,
        f"URN,Email\n{primary.organisation_id},head@primary.example\n{organisation_id},a@b.example\n".encode(),
    ).location
    assert sums(client.get(where).text)["School not in the target"] == 1
    assert "No programme is for this school" in client.get(where + "?show=outside").text
    client.post(where + "/outside", data={"outside": "1"})
    assert sums(client.get(where).text)["New contacts"] == 2
    client.post(where + "/outside")
    assert sums(client.get(where).text)["New contacts"] == 1
    client.post(where + "/outside", data={"outside": "1"})
    apply(client, where)
    assert [c.address for c in contacts.contacts_of_organisation(primary.organisation_id)] == [
        "head@primary.example"
    ]


@pytest.mark.any_database
def test_a_list_of_another_partnership_is_nobody_elses(client: FlaskClient, organisation_id: int) -> None:
    listed = apply(
        client, send(client, f"URN,Email\n{organisation_id},a@b.example\n".encode()).location
    ).location
    with transaction():
        make.signed_in(client, make.person(make.partnership(("850",), name="Another")))
    for address in (listed, listed + "/take-back"):
        assert client.get(address).status_code == 404
    assert client.post(listed + "/take-back").status_code == 404
    assert len(contacts.contacts_of_organisation(organisation_id)) == 1


def test_what_a_column_of_notes_says_is_not_shown_unless_one_says_that_it_is_read(
    client: FlaskClient, organisation_id: int
) -> None:
    where = send(
        client, f"URN,Email,Name,Notes 2026\n{organisation_id},m.lund@coldbrook,Margit,divorced\n".encode()
    ).location
    page = client.get(where).text
    assert "m.lund@coldbrook, Margit" in page and "divorced" not in page
    named = re.search(r'name="(column-[^"]*notes[^"]*)"', page)
    assert named is not None
    client.post(f"{where}/columns", data={named[1]: "role", "sheet-0": "1", "read-0": "1"})
    assert "divorced" in client.get(where).text
