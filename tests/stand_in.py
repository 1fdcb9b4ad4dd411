"""Files as others publish and send them, in their layouts, with names, places and people of our own making: what the
tests of such files read everywhere. The authority and its districts alone have the codes of a real county."""

import csv
import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from quopri import encodestring

from dateutil.easter import easter

from outreach.demonstration import county

Row = dict[str, str]


def write(folder: Path) -> Path:
    """The whole folder, laid out as the one of real files."""
    files = {
        **{f"register/{name}": content for name, content in _register()},
        "geography/oxfordshire_districts.geojson": json.dumps(DISTRICTS).encode(),
        "calendar/bank_holidays_gov_uk.json": json.dumps(_bank_holidays()).encode(),
        "calendar/oxfordshire_term_dates.json": json.dumps(
            {"years": [*map(_year, range(2024, 2028))]}
        ).encode(),
        **{f"mail/{name}.eml": mail.encode() for name, mail in MAILS.items()},
    }
    files["geography/code_point_open_2014_ox.csv"] = files.pop("register/code_point")
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


# --- the register ---------------------------------------------------------------------------------

NOT_DERIVED = ("CensusDate", "Federations (name)", "PercentageFSM", "Trusts (name)", "UrbanRural (name)")
NOT_IN_STATE_FUNDED = (*NOT_DERIVED, "CloseDate", "NumberOfPupils", "Easting", "Northing")
GROUP = (
    "Group UID,Group ID,Group Name,Companies House Number,Group Type (code),Group Type,Closed Date,Open date"
)


def _register() -> Iterator[tuple[str, bytes]]:
    made = county.make(1, 2026)
    linked = {row["URN"] for row in _rows(made.links)}
    every = [
        row | {"LA (code)": "931", "DistrictAdministrative (code)": f"E07000{177 + n % 5}"}
        for n, row in enumerate(_rows(made.register))
        if n % 3 == 0 or row["URN"] in linked
    ]
    columns = county.COLUMNS
    yield "oxfordshire_full_derived.csv", _csv([c for c in columns if c not in NOT_DERIVED], every)
    state_funded = [
        row
        for row in every
        if row["EstablishmentStatus (name)"] != "Closed"
        and "independent" not in row["TypeOfEstablishment (name)"]
    ]
    fewer = [c for c in columns if c not in NOT_IN_STATE_FUNDED and "District" not in c]
    yield "oxfordshire_state_funded_20250717.csv", _csv(fewer, state_funded)
    yield "oxfordshire_links_20250422.csv", made.links
    spots = {row["Postcode"]: row for row in every[3:] if row["Easting"]}
    fixed = ("E92000001", "E19000002", "E18000009", "E10000025")
    yield (
        "code_point",
        "".join(
            f'"{postcode}",10,{row["Easting"]},{row["Northing"]},'
            + ",".join(f'"{code}"' for code in (*fixed, row["DistrictAdministrative (code)"], "E05000001"))
            + "\r\n"
            for postcode, row in spots.items()
        ).encode(),
    )
    # Downloads of other years have more columns, and now and then a line whose cells have slipped by one.
    slipped = [row | {"Easting": row["DistrictAdministrative (name)"]} for row in every]
    for wide, good, bad in ((120, 9, 10), (133, 4, 0), (140, 8, 0)):
        more = [*columns, *(f"SEN{n} (name)" for n in range(wide - len(columns)))]
        yield f"fixtures/full_{wide}_columns.csv", _csv(more, [*every[:good], *slipped[good : good + bad]])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("edubasealldata-test.csv", _csv(columns, [*every[:4], slipped[4]]))
        archive.writestr("links_edubasealldata-test.csv", made.links)
    yield "fixtures/register_and_links_sample.zip", packed.getvalue()
    yield "fixtures/groups_21_columns.csv", f"{GROUP},Group Status,UKPRN\r\n1,TR1,Lantern Trust\r\n".encode()
    yield "fixtures/links_20_columns.csv", f"URN,{GROUP},EstablishmentName,LA (code)\r\n1,1\r\n".encode()


def _rows(content: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(content.decode("cp1252"), newline="")))


def _csv(columns: Iterable[str], rows: Iterable[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, [*columns], restval="", extrasaction="ignore", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("cp1252")


def _square(west: float, south: float) -> list[list[float]]:
    return [[west + x, south + y] for x, y in ((0, 0), (0.1, 0), (0.1, 0.08), (0, 0.08), (0, 0))]


DISTRICTS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"AREACD": f"E07000{177 + n}", "AREANM": name},
            "geometry": {"type": "Polygon", "coordinates": [_square(*corner)]},
        }
        for n, (name, corner) in enumerate(
            {
                "Kestermere": (-1.3, 51.79),
                "Marlford": (-1.3, 51.71),
                "Saxby": (-1.2, 51.71),
                "Tealbury": (-1.3, 51.63),
                "Osier Vale": (-1.4, 51.71),
            }.items()
        )
    ],
}


# --- calendars ------------------------------------------------------------------------------------


def _monday(day: date) -> date:
    """The Monday on or before a day."""
    return day - timedelta(days=day.weekday())


def _bank_holidays() -> object:
    """By the rule of 1971: where Christmas or New Year falls on a weekend, the next weekdays are in its place."""
    found: list[date] = []
    for year in range(2024, 2029):
        for day in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
            while day.weekday() >= 5 or day in found:
                day += timedelta(days=1)
            found.append(day)
        found += [easter(year) - timedelta(days=2), easter(year) + timedelta(days=1)]
        found += [_monday(date(year, month, by)) for month, by in ((5, 7), (5, 31), (8, 31))]
    return {"england-and-wales": {"events": [{"title": "", "date": f"{day}"} for day in sorted(found)]}}


def _year(year: int) -> object:
    """Six terms, and in the first two years an INSET day before them."""
    first, half, christmas = (_monday(date(year, *of)) for of in ((9, 7), (10, 27), (12, 25)))
    spring, cold, may, last = (_monday(date(year + 1, *of)) for of in ((1, 8), (2, 16), (5, 31), (7, 21)))
    holy, week, day = easter(year + 1), timedelta(days=7), timedelta(days=1)
    terms = (
        (first + day, half - 3 * day),
        (half + week, christmas - 3 * day),
        (spring, cold - 3 * day),
        (cold + week, holy - 3 * day),
        (holy + 8 * day, may - 3 * day),
        (may + week, last + day),
    )
    inset = [f"{first}"] if year < 2026 else []
    return {"terms": [[f"{a}", f"{b}"] for a, b in terms], "countywide_inset": inset}


# --- mails ----------------------------------------------------------------------------------------


def _parts(kind: str, edge: str, *parts: str) -> str:
    """A part of several, itself with its head."""
    inner = "".join(f"--{edge}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind};\n boundary="{edge}"\n\n\n{inner}--{edge}--\n'


def _part(kind: str, text: str, how: str = "7bit", more: str = "") -> str:
    if how == "quoted-printable":
        text = encodestring(text.encode()).decode()
    elif how == "base64":
        text = b64encode(text.encode()).decode()
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: {how}\n{more}\n{text}\n"


def _mail(sender: str, to: str, subject: str, body: str, more: str = "") -> str:
    return f"{more}From: {sender}\nTo: {to}\nSubject: {subject}\nMIME-Version: 1.0\n{body}"


def _calendar(method: str, *events: Iterable[str], zone: str = "") -> str:
    inner = [line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")]
    head = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Somebody//EN", f"METHOD:{method}")
    return "\r\n".join((*head, *([zone] if zone else []), *inner, "END:VCALENDAR", ""))


def _zone(name: str, west: str, east: str, winter: str, summer: str) -> str:
    """`winter` and `summer`: from when, and by which rule."""
    return "\r\n".join(
        (
            f"BEGIN:VTIMEZONE\r\nTZID:{name}",
            f"BEGIN:STANDARD\r\nDTSTART:{winter}\r\nTZOFFSETFROM:{east}\r\nTZOFFSETTO:{west}\r\nEND:STANDARD",
            f"BEGIN:DAYLIGHT\r\nDTSTART:{summer}\r\nTZOFFSETFROM:{west}\r\nTZOFFSETTO:{east}\r\nEND:DAYLIGHT",
            "END:VTIMEZONE",
        )
    )


def _yearly(month: int, nth: str) -> str:
    return f"\r\nRRULE:FREQ=YEARLY;BYMONTH={month};BYDAY={nth}SU"


PACIFIC = _zone(
    "US/Pacific",
    "-0800",
    "-0700",
    f"20071104T020000{_yearly(11, '1')}",
    f"20070311T020000{_yearly(3, '2')}",
)
WINDOWS, LONDON = (
    _zone(name, "+0000", "+0100", f"{winter}{_yearly(10, '-1')}", f"{summer}{_yearly(3, '-1')}")
    for name, winter, summer in (
        ("GMT Standard Time", "16010101T020000", "16010101T010000"),
        ("Europe/London", "19961027T020000", "19810329T010000"),
    )
)


def _report(*original: str) -> str:
    told = "<gone@example.com>: host mx.example.com said: 550\n    5.1.1 unknown or illegal alias: gone@example.com"
    return _mail(
        "MAILER-DAEMON@relay.example.com (Mail Delivery System)",
        "xyzzy@example.com",
        "Undelivered Mail Returned to Sender",
        _parts(
            "report; report-type=delivery-status",
            "EC66.1218/relay.example.com",
            _part("text/plain", f"I'm sorry to have to inform you that it did not arrive.\n\n{told}"),
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example.com\n\n"
            "Final-Recipient: rfc822; gone@example.com\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: X-Relay-Mail; host mx.example.com said: 550 5.1.1 unknown or illegal\n"
            "    alias: gone@example.com\n",
            *(
                f"Content-Description: Undelivered Message\nContent-Type: message/rfc822\n\n{o}"
                for o in original
            ),
        ),
        "Return-Path: <>\n",
    )


LIVING_ON = "ical-living-on+d7cdf68d-8b73-4df1-ad3b-f08002fb285f@example.com"
APPLE = (
    "SEQUENCE:7",
    "DTSTART;TZID=US/Pacific:20080812T100000",
    "UID:1E71F9C8-AEDA-48EB-98D0-76E898F6BB5C",
    "DTSTAMP:20080812T201911Z",
    "DTEND;TZID=US/Pacific:20080812T110000",
)
APPLE_ORGANIZER = f'ORGANIZER;CN="Somebody":mailto:{LIVING_ON[:50]}\r\n {LIVING_ON[50:]}'
APPLE_ATTENDEE = "ATTENDEE;CN=xyzzy;PARTSTAT=ACCEPTED:mailto:xyzzy@example.com"


def _apple(*lines: str) -> str:
    """Mail of a Mac: the calendar hangs between two halves of a page; without lines there is none."""
    page = _part("text/html; charset=US-ASCII", "<html><body>Accepted.</body></html>")
    hung = _part(
        'text/calendar;\n\tname="iCal-20080812.ics"',
        _calendar("REPLY", (*APPLE, *lines), zone=PACIFIC),
        "quoted-printable",
        "Content-Disposition: attachment;\n\tfilename=iCal-20080812.ics\n",
    )
    words = _part("text/plain;\n\tcharset=US-ASCII;\n\tformat=flowed", "xyzzy has accepted.")
    mixed = _parts("mixed", "Mail-2--253", page, *([hung] if lines else []), page)
    body = _parts("alternative", "Mail-1--253", words, mixed)
    return _mail("xyzzy <xyzzy@example.com>", f"Somebody <{LIVING_ON}>", "Event accepted", body)


UID = "UID:6de280c9-edff-4019-8ebd-cfebc73f8201"
CASSANDANE = "ORGANIZER;CN=Cassandane:MAILTO:cassandane@example.com"


def _answer(
    partstat: str = "ACCEPTED", who: str = "foo", organizer: str = CASSANDANE, *more: str
) -> list[str]:
    of = [UID, "DTSTAMP:20210923T034327Z", "SEQUENCE:0", organizer]
    return [line for line in of if line] + [
        f"ATTENDEE;CN=Somebody;PARTSTAT={partstat};RSVP=TRUE:MAILTO:{who}@example.net",
        *more,
    ]


def _cyrus(*events: list[str], method: str = "REPLY", who: str = "foo") -> str:
    """A mail that is nothing but its calendar."""
    body = _part(f"text/calendar; method={method}; component=VEVENT", _calendar(method, *events))
    return _mail(f"{who} <{who}@example.net>", "Cassandane <cassandane@example.com>", "", body)


def _invite(method: str, sequence: int, how: str = "quoted-printable") -> str:
    event = (
        "UID:02e79b96",
        f"SEQUENCE:{sequence}",
        "DTSTAMP:20220316T191602Z",
        "DTSTART:20220316T110000Z",
        "DTEND:20220316T113000Z",
        "ORGANIZER;CN=Sender;\r\n EMAIL=sender@example.com:mailto:sender@example.com",
        "ATTENDEE;CN=Receiver;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:receiver@example.com",
    )
    words = _part('text/plain; charset="iso-8859-1"', "Träffas?", "quoted-printable")
    dates = _part(f'text/calendar; charset="utf-8"; method={method}', _calendar(method, event), how)
    body = _parts("mixed", "_--=_582", _parts("alternative", "_--=_583", words, dates))
    return _mail("Sender <sender@example.com>", "receiver@example.com", "An event", body)


OURS = "UID:booking-7f3c9a2e@performances.example.gov.uk"
TO_US = "Example County <performances+7f3c9a2e@performances.example.gov.uk>"


def _thunderbird(partstat: str, sequence: int, start: str) -> str:
    event = (
        "DTSTAMP:20261125T090243Z",
        OURS,
        "SUMMARY:Awareness performance: “Crossing Lines” – Years 5 & 6\\; hall\r\n \\, please",
        f'ATTENDEE;CN="School Office, St Mary\'s";PARTSTAT={partstat};CUTYPE=INDIVIDUAL\r\n'
        " ;ROLE=REQ-PARTICIPANT:mailto:office@stmarys.example.sch.uk",
        f"DTSTART;TZID=Europe/London:{start}",
        f"SEQUENCE:{sequence}",
    )
    calendar = _calendar("REPLY", event, zone=LONDON)
    words = _part("text/plain; charset=UTF-8", "The school office has answered.", "8BIT")
    both = _parts(
        "alternative",
        "Boundary_(ID_ryU4ZdJo)",
        words,
        _part("text/calendar; method=REPLY; charset=UTF-8", calendar, "8BIT"),
    )
    hung = _part("application/ics; name=invite.ics", calendar, "8BIT", "Content-disposition: attachment\n")
    subject = "=?UTF-8?Q?Accepted=3A_=E2=80=9CCr?=\n =?UTF-8?B?b3NzaW5nIExpbmVz4oCd?="
    sender = "School Office <office@stmarys.example.sch.uk>"
    return _mail(sender, TO_US, subject, _parts("mixed", "Boundary_(ID_qyG4ZdjoA)", both, hung))


MAILS = {
    "apple-dsn_failure_no_ics": _report(
        _mail("xyzzy@example.com", "gone@example.com", "testing", "\nasdf\n")
    ),
    "apple-dsn_failure_no_original": _report(),
    "apple-dsn_failure_with_ics": _report(_invite("REQUEST", 2)),
    "apple-good_reply": _apple(APPLE_ORGANIZER, APPLE_ATTENDEE),
    "apple-reply_missing_attachment": _apple(),
    "apple-reply_missing_attendee": _apple(APPLE_ORGANIZER),
    "apple-reply_missing_organizer": _apple("CREATED:20080812T201906Z"),
    "cyrus-imip_cancel": _cyrus(_answer(), method="CANCEL"),
    "cyrus-imip_reply": _cyrus(_answer()),
    "cyrus-imip_reply_no_organizer": _cyrus(_answer(organizer="")),
    "cyrus-imip_reply_override_google": _cyrus(
        _answer(),
        _answer("TENTATIVE", "foo", CASSANDANE, "RECURRENCE-ID:20210721T193000Z"),
        _answer("DECLINED", "foo", CASSANDANE, "RECURRENCE-ID:20210728T193000Z"),
    ),
    "cyrus-imip_reply_partycrasher": _cyrus(_answer(who="bar"), who="bar"),
    "cyrus-imip_reply_with_alarm": _cyrus(
        _answer("ACCEPTED", "foo", CASSANDANE, "BEGIN:VALARM", "UID:myalarm", "ACTION:DISPLAY", "END:VALARM")
    ),
    "mozilla-cancel-single-event": _invite("CANCEL", 1),
    "mozilla-meet-meeting-invite": _invite("REQUEST", 0, "base64"),
    "mozilla-message-non-invite": _mail(
        "Jane <noreply@example.com>",
        "<john.doe@example.com>",
        "A party",
        _parts(
            "mixed",
            "----=_6440",
            _parts("related", "----=_6441", _part("text/plain", "You're not invited ;)")),
            _part('text/calendar; name="event.ics"', _calendar("PUBLISH", ["UID:party"]), "quoted-printable"),
        ),
    ),
    "mozilla-outlook-test-invite": _invite("REQUEST", 0, "base64"),
    "mozilla-teams-meeting-invite": _invite("REQUEST", 0, "base64"),
    "mozilla-update-major": _invite("REQUEST", 2),
    "mozilla-update-minor": _invite("REQUEST", 0),
    "own-oof-autoreply": _mail(
        "office@stmarys.example.sch.uk",
        TO_US,
        "Automatic reply",
        _part("text/plain; charset=us-ascii", "The school office is closed for half term."),
        "Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\n",
    ),
    "own-outlook-counter-shape": _mail(
        "Head Teacher <head@stmarys.example.sch.uk>",
        TO_US,
        "New Time Proposed",
        _part(
            'text/calendar; charset="utf-8"; method=COUNTER',
            _calendar(
                "COUNTER",
                (
                    "ATTENDEE;PARTSTAT=TENTATIVE;CN=Head Teacher:mailto:head@stmarys.example.sch.uk",
                    "COMMENT:Could we start after assembly?",
                    OURS,
                    "DTSTART:20270326T141500Z",
                    "DTEND:20270326T151500Z",
                    "DTSTAMP:20260915T075957Z",
                    "SEQUENCE:0",
                ),
            ),
            "8bit",
        ),
    ),
    "own-outlook-reply-shape": _mail(
        "=?iso-8859-1?Q?Office_-_St_Mary's?= <office@stmarys.example.sch.uk>",
        TO_US,
        "=?utf-8?Q?Accepted:_Awareness_performance?=",
        _parts(
            "alternative",
            "_000_outlook_",
            _part('text/plain; charset="windows-1252"', "", "quoted-printable"),
            _part(
                'text/calendar; charset="utf-8"; method=REPLY',
                _calendar(
                    "REPLY",
                    (
                        "ATTENDEE;PARTSTAT=ACCEPTED;CN=Office:MAILTO:Office@StMarys.example.sch.uk",
                        "COMMENT;LANGUAGE=en-GB:Please use the side gate\\n",
                        OURS,
                        "DTSTART;TZID=GMT Standard Time:20270326T133000",
                        "DTEND;TZID=GMT Standard Time:20270326T143000",
                        "DTSTAMP:20260914T163957Z",
                        "SEQUENCE:0",
                    ),
                    zone=WINDOWS,
                ),
                "8bit",
            ),
        ),
    ),
    "own-thunderbird153-reply-1": _thunderbird("ACCEPTED", 0, "20270326T133000"),
    "own-thunderbird153-reply-2": _thunderbird("TENTATIVE", 1, "20270402T100000"),
}
