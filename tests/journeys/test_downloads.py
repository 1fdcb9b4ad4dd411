"""Every file that the service hands out, found by its routes, arrives whole from a real server, which on PostgreSQL is
held by the walls."""

import io
import re
import time
import zipfile
from email import message_from_bytes
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from processes import as_if, running
from sqlalchemy import select

import make
from browser import session_of, sign_in
from every_address import County, people_at_every_door, told_year
from how_many import is_drawn, so_many
from outreach.booking.sessions import listed
from outreach.ground import clock, tabular
from outreach.ground.db import db
from outreach.post.outbox import SENT, WAITING, Letter
from outreach.tour import road_points
from read_in import read_in
from walled import address_of_service
from worlds import World

pytestmark = pytest.mark.browser

FILES = {
    "csv": "text/csv",
    "xlsx": tabular.XLSX_TYPE,
    "ics": "text/calendar",
    "eml": "message/rfc822",
    "geojson": "application/geo+json",
}

REGISTER = (
    "URN,LA (code),EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),PhaseOfEducation (name),"
    "StatutoryLowAge,StatutoryHighAge,NumberOfPupils,Town,Postcode,HeadLastName,CloseDate\n"
    "999999,{},A new school,Academy converter,Open,Secondary,11,18,1050,Marlford,ZZ1 1AA,,\n"
)


CONTACTS = "URN,Name,Email\n{organisation_id},Jo Fell,jo.fell@school.example\n{organisation_id},Max Reed,no address at all\n5,Ann Lee,ann@school.example\n"
PAST_SHOWS = "URN,Date,Pupils\n{organisation_id},9/3/2024,210\n{organisation_id},2/2023,\n5,1/2/2023,\n"
BODIES = "Organisation,Type,District,No of front line staff\nAsh Clinic,Health,,12\nMarsh Firemen,Fire,,12\nMarsh Buses,Transport,,many\n"
"""Lists of which two lines cannot be taken."""


def sign_in_client(app: Flask, county: County) -> FlaskClient:
    client = app.test_client()
    sign_in(client, county.told.coordinator)
    return client


def fetched(url: str, path: str, cookie: str) -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body to its end) of one look. Raises IncompleteRead where the connection was cut."""
    there = urlsplit(url)
    connection = HTTPConnection(there.hostname or "", there.port, timeout=120)
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    try:
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def whole(kind: str, body: bytes) -> bool:
    """The file opens, and ends as a whole one does; one of points, which a router reads, has all that its fingerprint
    was made of."""
    if kind == "application/geo+json" or body.startswith(
        b"\xef\xbb\xbfURN,Name,Latitude,Longitude,Fingerprint"
    ):
        return len(road_points.read(io.BytesIO(body)).points) > 3
    if kind.startswith("text/csv"):
        return tabular.WHOLE in body.decode("utf-8-sig").splitlines()[-1]
    if kind == tabular.XLSX_TYPE:
        sheets = openpyxl.load_workbook(io.BytesIO(body)).worksheets
        [*_, last] = sheets[-1].values
        return str(last[0]).endswith(tabular.WHOLE) and all(sheet.max_row > 1 for sheet in sheets)
    if kind.startswith("text/calendar"):
        return body.endswith(b"END:VCALENDAR\r\n") and bool(Calendar.from_ical(body))
    if kind == "application/zip":
        with zipfile.ZipFile(io.BytesIO(body)) as files:
            rows, referrals = [name for name in files.namelist() if name.endswith(".csv")]
            assert referrals == "referrals.csv" and files.read(referrals)
            return files.testzip() is None and "codebook.txt" in files.namelist() and bool(files.read(rows))
    return kind == "message/rfc822" and bool(message_from_bytes(body)["Message-ID"])


def to_mend(body: bytes) -> list[tuple[str, str]]:
    """(line, what is wrong) of each line of a workbook of lines to mend."""
    [sheet] = openpyxl.load_workbook(io.BytesIO(body)).worksheets
    return [(str(row[1]), str(row[0])) for row in list(sheet.values)[1:-1]]


def sent_in(desk: FlaskClient, where: str, text: str) -> str:
    """The address of the page that shows a file which waits to be taken in."""
    answer = read_in(desk, desk.post(where, data={"file": (io.BytesIO(text.encode()), "list.csv")}))
    assert answer.status_code == 303
    return str(answer.location)


def posted(waiting: list[int]) -> str:
    """The file of one of these letters once the post, which runs beside, has put it into its folder; within
    half a minute."""
    until = time.monotonic() + 120
    while True:
        db.session.rollback()
        sent = select(Letter.id).where(Letter.status == SENT, Letter.id.in_(waiting)).order_by(Letter.id)
        if (found := db.session.scalar(sent.limit(1))) is not None:
            return f"/desk/letters/{found}.eml"
        assert time.monotonic() < until, "no letter was posted"
        time.sleep(0.1)


@pytest.mark.any_database("postgresql")
def test_every_download_arrives_whole_and_says_so_at_its_end(
    app: Flask, world: World, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = as_if(make.NOW, tmp_path) | {"SECRET_KEY": str(app.config["SECRET_KEY"]), "SMTP_URL": ""}
    monkeypatch.setattr(clock, "now", lambda: make.NOW)
    county = people_at_every_door(world(told_year, make.NOW), now=make.NOW)
    asked = county.told.cast.everybody[0]
    desk = sign_in_client(app, county)
    made = {
        "coordinator.register_changes": sent_in(desk, "/desk/register", REGISTER.format(asked.la_code))
        + "/changes.csv",
        "coordinator.contacts_to_mend": sent_in(
            desk, "/desk/contacts", CONTACTS.format(organisation_id=asked.organisation_id)
        )
        + "/to-mend.xlsx",
        "coordinator.past_shows_to_mend": sent_in(
            desk, "/desk/past-shows", PAST_SHOWS.format(organisation_id=asked.organisation_id)
        )
        + "/to-mend.xlsx",
        "coordinator.session_csv": f"/desk/sessions/{listed.of_programme(county.told.for_adults.id)[0].performance.id}/coming.csv",
        "coordinator.body_list_to_mend": sent_in(desk, "/desk/bodies/lists", BODIES) + "/to-mend.xlsx",
    }
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    cookie = f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(session_of(county.told.coordinator))}"
    of_ours = select(Letter.id).where(
        Letter.status == WAITING, Letter.partnership_id == county.told.partnership.id
    )
    waiting = list(db.session.scalars(of_ours.order_by(Letter.id)))
    with running(
        address_of_service(database_url), tmp_path, app="later", **settings
    ) as service:  # the post writes files
        made["coordinator.letter_file"] = posted(waiting)
        arrived: dict[str, tuple[str, bytes]] = {}
        for rule in app.url_map.iter_rules():
            is_file = rule.endpoint in made or rule.rule.rpartition(".")[2] in FILES
            if not (is_file or is_drawn(rule.rule, one_in=8)):
                continue
            paths = (
                [made[rule.endpoint]]
                if rule.endpoint in made
                else county.addresses(rule, each=so_many(2, least=1))
            )
            for path in paths if "GET" in (rule.methods or set()) else ():
                status, headers, body = fetched(service.url, path, cookie)
                assert status < 500, path
                kind = headers.get("content-type", "").partition(";")[0]
                if status == 200 and (
                    "attachment" in headers.get("content-disposition", "") or kind in FILES.values()
                ):
                    assert whole(kind, body), f"{path} came as {kind}, ending {body[-80:]!r}"
                    assert not kind.startswith("text/") or "charset=utf-8" in headers["content-type"], path
                    saved_as = headers.get("content-disposition", "attachment; filename=none")
                    assert re.fullmatch(r'attachment; filename="?[A-Za-z0-9@._-]+"?', saved_as), saved_as
                    arrived[rule.endpoint] = kind, body
    meant = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.rpartition(".")[2] in FILES}
    assert meant - arrived.keys() == set()
    for kind in ("contacts", "past_shows", "body_list"):
        wrong = to_mend(arrived[f"coordinator.{kind}_to_mend"][1])
        assert [line for line, _ in wrong] == ["3", "4"] and all(why for _, why in wrong), kind
