"""Every file that the service hands out, found by its routes, arrives whole from a real server."""

import io
from email import message_from_bytes
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from processes import running

from browser import session_of, sign_in
from every_address import County, people_at_every_door
from outreach.ground import clock, tabular

pytestmark = pytest.mark.browser

FILES = {"csv": "text/csv", "xlsx": tabular.XLSX_TYPE, "ics": "text/calendar", "eml": "message/rfc822"}

NOT_HERE = {"coordinator.letter_file", "coordinator.contacts_to_mend", "coordinator.past_shows_to_mend"}
"""A made-up letter that went out is not kept as a file (test_letters_pages.py); lines to mend stand between an upload and its
taking in (test_desk_contacts.py, test_past_shows_pages.py)."""


REGISTER = (
    "URN,LA (code),EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),PhaseOfEducation (name),"
    "StatutoryLowAge,StatutoryHighAge,NumberOfPupils,Town,Postcode,HeadLastName,CloseDate\n"
    "999999,{},A new school,Academy converter,Open,Secondary,11,18,1050,Marlford,ZZ1 1AA,,\n"
)


def sign_in_client(app: Flask, county: County) -> FlaskClient:
    client = app.test_client()
    sign_in(client, county.told.coordinator)
    return client


def fetched(url: str, path: str, cookie: str) -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body to its end) of one look. Raises IncompleteRead where the connection was cut."""
    there = urlsplit(url)
    connection = HTTPConnection(there.hostname or "", there.port, timeout=60)
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    try:
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def whole(kind: str, body: bytes) -> bool:
    """The file opens, and ends as a whole one does."""
    if kind.startswith("text/csv"):
        return tabular.WHOLE in body.decode("utf-8-sig").splitlines()[-1]
    if kind == tabular.XLSX_TYPE:
        return all(sheet.max_row > 1 for sheet in openpyxl.load_workbook(io.BytesIO(body)).worksheets)
    if kind.startswith("text/calendar"):
        return body.endswith(b"END:VCALENDAR\r\n") and bool(Calendar.from_ical(body))
    if kind == "message/rfc822":
        return bool(message_from_bytes(body)["Message-ID"])
    return body.rstrip().endswith(b"</html>")


def test_every_download_arrives_whole_and_says_so_at_its_end(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    app.config["SECRET_KEY"] = "of the journey"
    county: County = people_at_every_door(app, now=clock.now())
    la_code = county.told.cast.everybody[0].la_code
    desk = sign_in_client(app, county)
    uploaded = desk.post(
        "/desk/register", data={"file": (io.BytesIO(REGISTER.format(la_code).encode()), "r.csv")}
    )
    changes = f"{uploaded.location}/changes.csv"
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    cookie = f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(session_of(county.told.coordinator))}"
    with running(database_url, tmp_path) as service:
        arrived: dict[str, str] = {}
        for rule in app.url_map.iter_rules():
            paths = (
                [changes]
                if rule.endpoint == "coordinator.register_changes"
                else county.addresses(rule, each=2)
            )
            for path in paths if "GET" in (rule.methods or set()) else ():
                status, headers, body = fetched(service.url, path, cookie)
                assert status < 500, path
                kind = headers.get("content-type", "").partition(";")[0]
                if status == 200 and (
                    "attachment" in headers.get("content-disposition", "") or kind in FILES.values()
                ):
                    assert whole(kind, body), f"{path} came as {kind}, ending {body[-80:]!r}"
                    arrived[rule.endpoint] = kind
    meant = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.rpartition(".")[2] in FILES or rule.endpoint == "company.sheet_file"
    }
    assert meant - arrived.keys() == NOT_HERE
