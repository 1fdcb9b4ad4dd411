"""The register as a coordinator meets it: upload, look, apply; stale, old, repeated and wrong files get a
sentence."""

import io
import re
import zlib
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

import make
from outreach.asking.invitations import WAITING_LIST
from outreach.county import schools
from outreach.county.partnerships import Partnership
from outreach.county.register import postcodes
from outreach.county.register.waiting import RegisterUpload
from outreach.county.schools import RegisterImport, School
from outreach.ground.db import db, transaction
from outreach.ground.geography import Place
from outreach.ground.history import History
from outreach.tour import companies
from read_in import read_in

pytestmark = [pytest.mark.usefixtures("stopped"), pytest.mark.any_database]

COLUMNS = (
    "URN,LA (code),EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),PhaseOfEducation (name),"
    "StatutoryLowAge,StatutoryHighAge,NumberOfPupils,Town,Postcode,HeadLastName,CloseDate"
)
LINKS = "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n"


def line(
    organisation_id: int = 900001,
    name: str = "Redmere Academy",
    status: str = "Open",
    pupils: str = "1050",
    la: str = "931",
    closed: str = "",
) -> str:
    return (
        f"{organisation_id},{la},{name},Academy converter,{status},Secondary,11,18,{pupils},Kestermere,ZZ1 "
        f"1AA,Headteacher,{closed}"
    )


def written(*lines: str) -> bytes:
    return "\n".join((COLUMNS, *lines)).encode("cp1252")


@pytest.fixture
def desk(client: FlaskClient) -> FlaskClient:
    """A signed-in coordinator of authority 931."""
    with transaction():
        person = make.person(make.partnership(("931",)))
    return make.signed_in(client, person)


def send(client: FlaskClient, content: bytes, **beside: bytes) -> TestResponse:
    files = {"file": content} | beside
    sent = {name: (io.BytesIO(c), f"{name}.csv") for name, c in files.items()}
    return read_in(client, client.post("/desk/register", data=sent))


def apply(client: FlaskClient, where: str) -> TestResponse:
    """Press the button of a preview as it stands."""
    seen = re.search(r'name="seen" value="(\w+)"', client.get(where).text)
    assert seen
    return client.post(where, data={"seen": seen[1]})


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(School)) or 0


@pytest.mark.both_databases
def test_a_file_is_looked_at_then_applied_once(desk: FlaskClient) -> None:
    assert "No school is here yet" in desk.get("/desk/register").text
    sent = send(desk, written(line(), line(900002, "Zoë’s School"), line(900003, la="932"), line(0)))
    assert sent.status_code == 303
    page = desk.get(sent.location).text
    assert "2 new schools" in page and "Zoë’s School" in page and "1 line could not be read" in page
    assert "URN is &#39;0&#39;, not a number" in page
    assert count() == 0
    done = apply(desk, sent.location)
    assert (done.status_code, done.location, count()) == (303, "/desk/register", 2)
    assert "The register is applied: 2 new" in desk.get("/desk/register").text
    # The same click again finds nothing to do.
    assert desk.post(sent.location, data={"seen": "none"}).status_code == 303
    assert "That file was applied or laid aside" in desk.get("/desk/register").text
    assert db.session.scalar(select(func.count()).select_from(RegisterImport)) == 1


def test_changes_stand_field_by_field_and_the_list_has_them_all(desk: FlaskClient) -> None:
    apply(desk, send(desk, written(line(), line(900002, "Ash"), line(900003, "Elm"))).location)
    where = send(desk, written(line(pupils="1080"), line(900002, "Ash"))).location
    page = desk.get(where).text
    assert "<b>Number of pupils</b>: 1,050 → 1,080" in page
    assert "1 open school is not in this file" in page and "It stays as it is." in page
    told = desk.get(f"{where}/changes.csv").text.lstrip("\ufeff").splitlines()
    assert told == [
        "What,URN,School,Fact,Before,After",
        'changed,900001,Redmere Academy,Number of pupils,"1,050","1,080"',
        "not in this file,900003,Elm,,,",
        "End of the list. A file without this line was cut off.",
    ]


def test_all_that_is_live_at_schools_that_leave_stands_on_top_with_what_follows(
    desk: FlaskClient, stopped
) -> None:
    apply(desk, send(desk, written(line(900001, "Ash"), line(900002, "Elm"), line(900003, "Oak"))).location)
    with transaction():
        elm = schools.get(900002)
        programme = make.programme(db.session.scalars(select(Partnership)).one())
        booking = make.booking(make.show(programme, elm, datetime(2027, 3, 9, 9, 30, tzinfo=UTC)), {8: 148})
        make.answer(programme, schools.get(900003), WAITING_LIST)
    stopped.after(minutes=1)
    links = (
        LINKS
        + '900002,900003,"Oak",Successor,\n900001,900009,"Far Academy, Marl",Successor - merged,31-08-2026\n'
    )
    where = send(
        desk,
        written(
            line(900001, "Ash", "Closed"),
            line(900002, "Elm", "Closed", closed="31-12-2026"),
            line(900003, "Oak").replace(",11,18,", ",4,11,"),
        ),
        links=links.encode(),
    ).location
    page = desk.get(where).text
    said = " ".join(re.sub("<[^>]+>", "", page).split())
    assert (
        "2 bookings, offers or waits at schools that close, leave your authorities or leave the target."
        in said
    )
    assert "9:30am: Elm. Closes on 31 December 2026." in said and "Oak. Not in the target any more." in said
    assert page.index(">Elm<") < page.index(">Ash<")
    assert booking.reference in page and "31 December 2026" in page and "Far Academy, Marl" in page
    assert "date unknown" in page


def test_a_preview_is_refused_once_something_else_was_applied(desk: FlaskClient) -> None:
    first = send(desk, written(line())).location
    second = send(desk, written(line(name="Redmere School"))).location
    apply(desk, second)
    refused = desk.post(first, data={"seen": "none"})
    assert refused.status_code == 422
    assert "Priya Nandakumar applied file.csv since you looked, and nothing was changed now." in refused.text
    assert schools.get(900001).name == "Redmere School"
    assert apply(desk, first).status_code == 303
    db.session.expire_all()
    assert schools.get(900001).name == "Redmere Academy"


@pytest.mark.both_databases
def test_a_preview_older_than_a_day_is_refused_in_words(desk: FlaskClient, stopped) -> None:
    where = send(desk, written(line())).location
    stopped.after(hours=25)
    assert desk.post(where, data={"seen": "none"}).status_code == 303
    assert "That preview is more than a day old, and nothing was changed." in desk.get("/desk/register").text
    assert count() == 0


@pytest.mark.both_databases
def test_a_file_may_be_laid_aside_and_heads_names_never_rest(desk: FlaskClient) -> None:
    where = send(desk, written(line())).location
    (kept,) = db.session.scalars(select(RegisterUpload.packed)).all()
    said = zlib.decompress(kept).decode()
    assert "Redmere" in said and "Headteacher" not in said
    assert desk.post(f"{where}/drop").status_code == 303
    assert db.session.scalars(select(RegisterUpload.id)).all() == []
    assert desk.get(where).status_code == 303


def test_a_file_that_one_host_took_in_is_looked_at_and_applied_at_another(
    desk: FlaskClient, app: Flask, tmp_path: Path
) -> None:
    """Each host has a folder of its own; what a request leaves for the next one is in the database."""
    where = send(desk, written(line())).location
    app.config["OUTREACH_FOLDER"] = str(tmp_path / "of another host")
    page = desk.get(where)
    assert page.status_code == 200 and "Redmere Academy" in page.text
    assert apply(desk, where).status_code == 303
    assert count() == 1 and db.session.scalars(select(RegisterUpload.id)).all() == []


@pytest.mark.both_databases
def test_what_nobody_applied_goes_by_the_days_round(desk: FlaskClient, app: Flask, stopped: Any) -> None:
    send(desk, written(line()))
    runner = app.test_cli_runner()
    stopped.after(hours=47)
    assert runner.invoke(args=["asking", "chase"]).exit_code == 0
    assert len(db.session.scalars(select(RegisterUpload.id)).all()) == 1
    stopped.after(hours=2)
    assert runner.invoke(args=["asking", "chase"]).exit_code == 0
    assert db.session.scalars(select(RegisterUpload.id)).all() == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This file is empty."),
        (
            b"URN,Town\n1,2\n",
            "This file has no column &#39;LA (code)&#39; (nor 7 others that are needed). Nothing was changed.",
        ),
        (
            written(line()).replace(b"Postcode", b"Post"),
            "This file has no column &#39;Postcode&#39;. Nothing was changed.",
        ),
        (written(line(la="932")), "This file has no school of authority 931. Nothing was changed."),
        (b"PK\x05\x06" + bytes(18), "This file holds no .csv file."),
    ],
)
def test_a_wrong_file_is_refused_in_words(desk: FlaskClient, content: bytes, said: str) -> None:
    refused = send(desk, content)
    assert (
        "Not taken in: file.csv" in refused.text and 'href="/desk/register">Send in another' in refused.text
    )
    assert said in refused.text


@pytest.mark.both_databases
def test_nothing_chosen_is_refused_in_words(desk: FlaskClient) -> None:
    refused = desk.post("/desk/register", data={})
    assert refused.status_code == 422 and "Choose the register’s file." in refused.text


def test_of_a_wrong_links_file_it_is_said_that_it_is_that_one(desk: FlaskClient) -> None:
    refused = send(desk, written(line()), links=b"a,b\n")
    assert "Of the links file:" in refused.text and "This file has no column" in refused.text


def test_another_partnerships_preview_is_not_there(desk: FlaskClient) -> None:
    where = send(desk, written(line())).location
    with transaction():
        stranger = make.person(make.partnership(("932",)))
    make.signed_in(desk, stranger)
    assert desk.get(where).location == "/desk/register"
    assert desk.post(where, data={"seen": "none"}).location == "/desk/register"
    assert desk.get("/desk/register/..%2F1%2Fx").status_code in (303, 404)
    assert count() == 0


@pytest.mark.both_databases
def test_the_register_takes_a_coordinator(client: FlaskClient, app: Flask) -> None:
    for path in ("/desk/register", "/desk/register/abc", "/desk/register/abc/changes.csv"):
        assert client.get(path).status_code == 302
    for path in ("/desk/register/abc/drop",):
        assert client.get(path).status_code == 405


# --- schools that another partnership holds -------------------------------------------------------


@pytest.fixture
def two_desks(app: Flask) -> tuple[FlaskClient, FlaskClient]:
    """Coordinators of 931, which holds Redmere, and of 932."""
    desks = []
    with transaction():
        people = [make.person(make.partnership((code,))) for code in ("931", "932")]
        make.contact(
            make.school(organisation_id=900001, name="Redmere Academy"),
            name="Joanna Fell",
            address="j.fell@redmere.example",
        )
    for person in people:
        desks.append(make.signed_in(app.test_client(), person))
    return desks[0], desks[1]


def test_anothers_school_is_listed_and_nothing_of_it_is_shown(two_desks: Any) -> None:
    giver, receiver = two_desks
    where = send(
        receiver, written(line(900001, "Ours by our file", la="932"), line(900009, "Oak", la="932"))
    ).location
    page = receiver.get(where).text
    assert "1 line names a school held by another partnership" in page and "Ours by our file" in page
    assert "Redmere" not in page and "1,050" not in page.split('id="held"')[1].split("</section>")[0]
    assert "held by another partnership,900001,Ours by our file" in receiver.get(f"{where}/changes.csv").text
    apply(receiver, where)
    page = receiver.get("/desk/register").text
    assert "The partnership that holds them is asked to hand them over." in page
    assert receiver.get("/desk/schools/900001").status_code == 404
    assert receiver.get("/desk/schools/900001/contacts/add").status_code == 404
    assert giver.get("/desk/schools/900001").status_code == 200
    for page in (
        "/desk/register/hands",
        "/desk/search?q=Redmere",
        "/desk/schools",
        "/desk/contacts",
        "/desk/coverage",
    ):
        assert "j.fell" not in receiver.get(page).text and "Redmere Academy" not in receiver.get(page).text


@pytest.mark.both_databases
def test_the_giver_agrees_on_its_register_page_with_one_click(two_desks: Any) -> None:
    giver, receiver = two_desks
    apply(
        receiver,
        send(
            receiver, written(line(900001, "Ours by our file", la="932"), line(900009, "Oak", la="932"))
        ).location,
    )
    assert "Another partnership asks for 1 school or link of yours." in giver.get("/desk/register").text
    page = giver.get("/desk/register/hands").text
    (ticked,) = re.findall(r'name="asked" value="(\d+)"', page)
    assert "Redmere Academy" in page and "Who asks" not in receiver.get("/desk/register/hands").text
    # Whose it is not to give gets the answer of something that is not there.
    assert receiver.post("/desk/register/hands", data={"asked": ticked, "deed": "agree"}).status_code == 404
    assert giver.post("/desk/register/hands", data={"asked": ticked}).status_code == 303
    assert giver.get("/desk/schools/900001").status_code == 200
    assert giver.post("/desk/register/hands", data={"asked": ticked, "deed": "agree"}).status_code == 303
    assert (
        "1 school handed over. Bookings, contacts, letters and history stay here."
        in giver.get("/desk/register/hands").text
    )
    assert "Its page here shows what you agreed with it." in " ".join(
        giver.get("/desk/schools/900001").text.split()
    )
    assert receiver.get("/desk/schools/900001").status_code == 200
    assert "Came to you from another partnership" in receiver.get("/desk/register/hands").text
    # Clicked twice: it says that nothing waits.
    assert giver.post("/desk/register/hands", data={"asked": ticked, "deed": "agree"}).status_code == 303
    assert "Nothing that was ticked waits" in giver.get("/desk/register/hands").text


def test_the_giver_keeps_its_school(two_desks: Any) -> None:
    giver, receiver = two_desks
    apply(
        receiver,
        send(
            receiver, written(line(900001, "Ours by our file", la="932"), line(900009, "Oak", la="932"))
        ).location,
    )
    (ticked,) = re.findall(r'name="asked" value="(\d+)"', giver.get("/desk/register/hands").text)
    giver.post("/desk/register/hands", data={"asked": ticked, "deed": "keep"})
    assert "1 school or link stays as it is." in giver.get("/desk/register/hands").text
    assert (
        giver.get("/desk/schools/900001").status_code == 200
        and receiver.get("/desk/schools/900001").status_code == 404
    )


@pytest.mark.both_databases
def test_what_probably_became_another_is_taken_as_ticked(desk: FlaskClient) -> None:
    def at(organisation_id: int, name: str, n: int) -> str:
        return line(organisation_id, name).replace("ZZ1 1AA", f"ZZ1 {n}AA")

    names = ("Ash", "Birch", "Cedar")
    old = [at(900001 + n, f"{name} School", n) for n, name in enumerate(names)]
    new = [at(900011 + n, f"{name} Academy", n) for n, name in enumerate(names)]
    apply(desk, send(desk, written(*old)).location)
    where = send(desk, written(*new)).location
    page = desk.get(where).text
    assert "3 schools probably became others" in page and "All 3 of them" in page
    assert (
        "probably became,900001,Ash School,Became,900011,Ash Academy" in desk.get(f"{where}/changes.csv").text
    )
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    sent = {"seen": seen, "became": ["900001-900011", "900002-900013"]}
    assert desk.post(where, data=sent).status_code == 303
    db.session.expire_all()
    assert "1 school followed by a new one, as you ticked." in desk.get("/desk/register").text
    assert [schools.get(900001 + n).is_open for n in range(3)] == [False, True, True]
    assert schools.successors(900001) == [900011] and schools.successors(900002) == []


def test_all_that_probably_became_another_is_taken_with_one_tick(desk: FlaskClient) -> None:
    apply(desk, send(desk, written(line(1, "Ash School"), line(2, "Elm School", la="931"))).location)
    where = send(desk, written(line(11, "Ash Academy"), line(12, "Elm Academy"))).location
    seen = re.search(r'name="seen" value="(\w+)"', desk.get(where).text)[1]
    desk.post(where, data={"seen": seen, "became": "all"})
    assert (schools.successors(1), schools.successors(2)) == ([11], [12])


@pytest.mark.both_databases
def test_a_file_that_is_all_closed_needs_a_tick_and_keeps_what_was_ticked(desk: FlaskClient) -> None:
    apply(desk, send(desk, written(*(line(900001 + n) for n in range(3)))).location)
    where = send(desk, written(*(line(900001 + n, status="Closed") for n in range(3)))).location
    page = desk.get(where).text
    assert "Look twice before you apply this." in page and "Not one school in this file is open." in page
    refused = apply(desk, where)
    assert refused.status_code == 422 and "Say that it is meant" in refused.text
    assert schools.get(900001).is_open
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    assert desk.post(where, data={"seen": seen, "sure": "1"}).status_code == 303
    db.session.expire_all()
    assert not schools.get(900001).is_open


def test_an_older_file_is_said_before_anything_is_applied(desk: FlaskClient) -> None:
    def sent(name: str, pupils: str) -> str:
        content = io.BytesIO(written(line(pupils=pupils)))
        return read_in(desk, desk.post("/desk/register", data={"file": (content, name)})).location

    apply(desk, sent("edubasealldata20270117.csv", "1050"))
    where = sent("edubasealldata20261201.csv", "1000")
    assert (
        "This file is of 1 December 2026, and one of 17 January 2027 was applied already"
        in desk.get(where).text
    )
    assert apply(desk, where).status_code == 422
    assert schools.get(900001).number_of_pupils == 1050


def test_the_page_recommends_the_whole_download_first_and_says_what_another_lacks(desk: FlaskClient) -> None:
    page = desk.get("/desk/register").text
    whole, other = (
        page.index("All establishment data"),
        page.index("State-funded schools’ has open schools alone"),
    )
    assert whole < other and "no closures, no pupil numbers" in page


CODE_POINT = (
    b'"ZZ1 1AA",10,451300,206100,"E92000001","","","","E07000178","E05000001"\r\n'
    b'"ZZ2 2BB",10,451400,206200,"E92000001","","","","E07000178","E05000001"\r\n'
    b'"YY9 9XX",10,300100,100200,"E92000001","","","","E07000001","E05000002"\r\n'
)


def keep(desk: FlaskClient, content: bytes) -> TestResponse:
    sent = {"postcodes": (io.BytesIO(content), "codepo.csv")}
    return read_in(desk, desk.post("/desk/register/postcodes", data=sent))


@pytest.mark.both_databases
def test_a_file_of_postcodes_is_kept_for_the_areas_of_ones_own_schools(desk: FlaskClient) -> None:
    early = keep(desk, CODE_POINT)
    assert early.status_code == 422 and "No school is here yet. Bring in the register first" in early.text
    apply(desk, send(desk, written(line())).location)
    assert keep(desk, CODE_POINT).status_code == 303
    page = desk.get("/desk/register").text
    assert "Kept 2 postcodes of ZZ." in page and "2 postcodes are kept." in page
    assert companies.find_base("zz22bb") == Place(easting=451400, northing=206200)
    with pytest.raises(companies.BaseNotFound):
        companies.find_base("YY9 9XX")
    keep(desk, CODE_POINT)
    assert postcodes.number_kept() == 2
    (deed, *_) = [row for row in db.session.scalars(select(History)) if row.what == "kept postcodes"]
    assert deed.after == {"areas": ["ZZ"], "kept": 2}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This is not a Code-Point Open file"),
        (b"a,b\n1,2\n", "This is not a Code-Point Open file"),
        (b"PK\x03\x04 torn", "This zip file is damaged and cannot be opened."),
        (CODE_POINT.replace(b"ZZ", b"QQ"), "The file has no postcode of ZZ, where your schools are."),
    ],
)
def test_another_file_of_postcodes_is_refused_in_words(desk: FlaskClient, content: bytes, said: str) -> None:
    apply(desk, send(desk, written(line())).location)
    answer = keep(desk, content)
    assert "Of the Code-Point Open file:" in answer.text and said in answer.text
    nothing = desk.post("/desk/register/postcodes")
    assert nothing.status_code == 422 and "Choose the file." in nothing.text
    assert postcodes.number_kept() == 0


def test_code_point_beside_the_register_is_kept_too(desk: FlaskClient) -> None:
    assert send(desk, written(line()), code_point=CODE_POINT).status_code == 303
    assert postcodes.number_kept() == 2
    assert count() == 0  # the schools still wait to be looked at


@pytest.mark.both_databases
@pytest.mark.parametrize("beside_register", [False, True])
def test_a_newer_file_of_postcodes_takes_the_place_of_the_one_before(
    desk: FlaskClient, beside_register: bool
) -> None:
    def bring(content: bytes) -> TestResponse:
        return send(desk, written(line()), code_point=content) if beside_register else keep(desk, content)

    apply(desk, send(desk, written(line())).location)
    others = {"code": "YY99XX", "easting": 300100, "northing": 100200}
    with transaction():
        postcodes.keep([others])
    third = CODE_POINT.splitlines(keepends=True)[1].replace(b"ZZ2 2BB", b"ZZ3 3CC")
    assert bring(CODE_POINT + third).status_code == 303
    assert postcodes.number_kept() == 4
    again = bring(CODE_POINT.replace(b"451400", b"451444"))
    assert again.status_code == 303
    assert "Kept 2 postcodes of ZZ." in desk.get(again.location).text
    assert "3 postcodes are kept." in desk.get("/desk/register").text
    assert postcodes.find("ZZ2 2BB") == Place(easting=451444, northing=206200)
    assert postcodes.find("ZZ3 3CC") is None  # used no more
    assert postcodes.find("YY9 9XX") == Place(easting=300100, northing=100200)  # of another's area


def test_others_write_between_two_batches_of_postcodes(
    desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(desk, send(desk, written(line())).location)
    monkeypatch.setattr(postcodes, "AT_ONCE", 10)
    many = b"".join(b'"ZZ%d 1AA",10,451300,206100,"","","","","E07000178",""\r\n' % n for n in range(10, 95))
    commits, written_at_once = 0, []
    real = postcodes.keep

    def committed(_: Any) -> None:
        nonlocal commits
        commits += 1

    def counted(batch: Any) -> None:
        written_at_once.append((len(batch), commits))
        real(batch)

    monkeypatch.setattr(postcodes, "keep", counted)
    event.listen(db.engine, "commit", committed)
    assert keep(desk, many).status_code == 303
    event.remove(db.engine, "commit", committed)
    assert [rows for rows, _ in written_at_once] == [10] * 8 + [5]
    # What each wrote was there for others, and others could write, before the next began.
    before = [n for _, n in written_at_once]
    assert all(later > earlier for earlier, later in pairwise(before))
