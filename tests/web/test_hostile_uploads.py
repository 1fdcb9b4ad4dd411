"""Files with signs that nothing can keep or send, names without end and numbers beyond all, to each field of an upload:
refused in words, or taken without them; the page that takes them, and those that show them, still open."""

import ast
import io
import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook

import make
from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from read_in import read_in

WEB = Path(__file__).resolve().parents[2] / "outreach" / "web"

UPLOADS = {
    "authorities.TermDatesForm.file": "/desk/setup/authorities/931",
    "lists.UploadForm.file": "/desk/contacts",
    "lunches.LunchesForm.file": "/desk/setup/lunch",
    "referrals.NumbersForm.file": "/desk/referrals/numbers/referrals",
    "register.PostcodesForm.postcodes": "/desk/register/postcodes",
    "register.UploadForm.code_point": "/desk/register",
    "register.UploadForm.file": "/desk/register",
    "register.UploadForm.links": "/desk/register",
    "roads.TableForm.file": "/desk/setup/roads",
    "roads.TableForm.points": "/desk/setup/roads",
    "setup.DistrictsForm.districts": "/desk/setup/districts",
    "setup.LooksForm.logo": "/desk/setup/looks",
    "waters.WatersForm.file": "/desk/setup/roads/waters",
}
"""Each field of an upload and where it is sent; lists of past shows and of services are the form of contacts."""

SHOWN = (
    "/desk/setup/districts",
    "/desk/coverage",
    "/desk/setup/roads/waters",
    "/desk/setup/roads",
    "/desk/register",
)

HARMFUL = "Kest\0er\ud800mere"


def geojson(kind: str, name: str, coordinates: object, east: object = 1.5) -> bytes:
    shape = coordinates or [[-1.5, 51.5], [east, 51.5], [-1.4, 51.6], [-1.5, 51.5]]
    feature = {
        "type": "Feature",
        "properties": {"LAD25CD": "E07000001", "LAD25NM": name, "name": name},
        "geometry": {"type": kind, "coordinates": [shape] if kind == "Polygon" else shape},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def workbook(name: str) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for cells in (["School", "Email", "URN", "Name"], [name, "a@redmere.example", "900001", name]):
        book.active.append(cells)
    book.save(out)
    return out.getvalue()


REGISTER = (
    "URN,LA (code),EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),PhaseOfEducation (name),"
    "StatutoryLowAge,StatutoryHighAge,NumberOfPupils,Town,Postcode\n"
    "900001,931,{0},Academy converter,Open,Secondary,11,18,1050,{0},ZZ1 1AA\n"
)
WHOLE = HARMFUL.replace("\ud800", "")
FILES = {
    "outline": geojson("Polygon", HARMFUL, None, -1.3),
    "line": geojson("LineString", HARMFUL, None, -1.3),
    "endless name": geojson("Polygon", "K" * 1_000_000, None, -1.3),
    "endless name of a line": geojson("LineString", "K" * 1_000_000, None, -1.3),
    "number beyond all": geojson("Polygon", "Kestermere", None, 10**400),
    "number beyond all in a line": geojson("LineString", "Kestermere", None, 10**400),
    "router": json.dumps({"code": "Ok", "durations": [[0, 10**400], [HARMFUL, 0]]}).encode(),
    "refusal": json.dumps({"code": HARMFUL, "message": HARMFUL * 1000}).encode(),
    "register": REGISTER.format(WHOLE).encode(),
    "register of two bytes": b"\xff\xfe" + REGISTER.format(WHOLE).encode("utf-16-le"),
    "endless school": REGISTER.format("K" * 150_000).encode(),
    "list": f"School,Email\n{WHOLE},a@redmere.example\n".encode("utf-16"),
    "workbook": workbook("Kest_x0000_er_xD800_mere"),
    "calendar": f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270901\nSUMMARY:{WHOLE} term\nEND:VEVENT\n".encode(),
}


def fields() -> set[str]:
    return {
        f"{path.stem}.{form.name}.{one.targets[0].id}"
        for path in WEB.rglob("*.py")
        for form in ast.walk(ast.parse(path.read_text()))
        if isinstance(form, ast.ClassDef)
        for one in form.body
        if isinstance(one, ast.Assign)
        and isinstance(one.targets[0], ast.Name)
        and isinstance(one.value, ast.Call)
        and ast.unparse(one.value.func) in ("forms.upload", "upload", "FileField")
    }


@pytest.fixture
def desk(client: FlaskClient) -> FlaskClient:
    with transaction():
        here = make.partnership(("931",))
        make.programme(here)
        make.school(la_code="931")
        return make.signed_in(client, make.person(here))


def test_each_field_of_an_upload_is_looked_at_here() -> None:
    assert fields() == UPLOADS.keys()


@pytest.mark.both_databases
@pytest.mark.parametrize("field", UPLOADS)
def test_no_upload_breaks_its_page_or_another(desk: FlaskClient, field: str) -> None:
    address, name = UPLOADS[field], field.rsplit(".", 1)[1]
    for kind, content in FILES.items():
        sent = {name: (io.BytesIO(content), "a.csv")}
        if name in ("links", "code_point"):
            sent["file"] = (io.BytesIO(REGISTER.format("Redmere").encode()), "a.csv")
        if name == "points":
            sent["file"] = (io.BytesIO(b"From,To,Minutes\n"), "a.csv")
        answer = read_in(desk, desk.post(address, data=sent))
        while answer.status_code == 303:
            answer = desk.get(answer.location)
        assert answer.status_code in (200, 422), (kind, answer.status_code)
        assert len(answer.data) < 300_000, kind
    for page in SHOWN:
        assert desk.get(page).status_code == 200, page


@pytest.mark.any_database
@pytest.mark.parametrize(
    "stored", [FILES["outline"].decode(), "{}", '{"features": [{"geometry": null}]}', "["]
)
def test_a_map_that_was_stored_and_cannot_be_drawn_is_removed_on_its_page(
    desk: FlaskClient, stored: str
) -> None:
    with transaction():
        (here,) = db.session.query(Partnership)
        here.districts_geojson = stored
    for page in SHOWN:
        assert desk.get(page).status_code == 200, page
    assert "Remove the map" in desk.get("/desk/setup/districts").text
    desk.post("/desk/setup/districts/remove")
    assert partnerships.get(here.id).districts_geojson is None
