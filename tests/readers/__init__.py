"""Calendars as other programs read them: ical and vobject (Python), libical (Debian), ical.js (Chromium)."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import vobject
from ical.calendar_stream import IcsCalendarStream
from playwright.sync_api import Browser

HERE = Path(__file__).parent
ICAL_JS = HERE.parent / "vendor" / "ical-2.2.1.min.js"
SYSTEM_PYTHON = "/usr/bin/python3"
"""The one that Debian's python3-gi is for."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One entry as a reader understood it. Instants in seconds since 1970; attendees as (address, CN,
    PARTSTAT)."""

    uid: str
    sequence: int
    status: str
    dtstamp: int
    starts: int
    ends: int
    summary: str
    location: str
    description: str
    organizer: str
    attendees: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Calendar:
    method: str
    events: tuple[Reading, ...]
    problems: tuple[str, ...] = ()


def by_ical(ics: bytes) -> Calendar:
    read = IcsCalendarStream.calendar_from_ics(ics.decode())
    events = [
        Reading(
            uid=e.uid,
            sequence=e.sequence or 0,
            status=str(e.status.value) if e.status else "",
            dtstamp=_seconds(e.dtstamp),
            starts=_seconds(e.dtstart),
            ends=_seconds(e.dtend),
            summary=e.summary or "",
            location=e.location or "",
            description=e.description or "",
            organizer=str(e.organizer.uri) if e.organizer else "",
            attendees=tuple((str(a.uri), a.common_name or "", str(a.status or "")) for a in e.attendees),
        )
        for e in read.events
    ]
    return Calendar(method=read.method or "", events=tuple(events))


def by_vobject(ics: bytes) -> Calendar:
    (read,) = vobject.readComponents(ics.decode())
    read.validate(raiseException=True)
    events = []
    for e in read.contents.get("vevent", []):
        said = {name: lines[0].value for name, lines in e.contents.items() if name != "attendee"}
        events.append(
            Reading(
                uid=said["uid"],
                sequence=int(said.get("sequence", 0)),
                status=said.get("status", ""),
                dtstamp=_seconds(said["dtstamp"]),
                starts=_seconds(said["dtstart"]),
                ends=_seconds(said["dtend"]),
                summary=said.get("summary", ""),
                location=said.get("location", ""),
                description=said.get("description", ""),
                organizer=said.get("organizer", ""),
                attendees=tuple(
                    (a.value, a.params["CN"][0], a.params["PARTSTAT"][0])
                    for a in e.contents.get("attendee", [])
                ),
            )
        )
    method = read.contents["method"][0].value if "method" in read.contents else ""
    return Calendar(method=method, events=tuple(events))


@lru_cache
def libical_is_here() -> bool:
    """Whether Debian's libical can be asked (python3-gi, gir1.2-ical-3.0)."""
    if not Path(SYSTEM_PYTHON).exists():
        return False
    asked = 'import gi; gi.require_version("ICalGLib", "3.0")'
    return subprocess.run([SYSTEM_PYTHON, "-c", asked], capture_output=True).returncode == 0


def by_libical(many: Sequence[bytes]) -> list[Calendar]:
    """All in one process. Its `problems` are those of RFC 5546's tables too."""
    asked = subprocess.run(
        [SYSTEM_PYTHON, str(HERE / "read_by_libical.py")],
        input=json.dumps([ics.decode() for ics in many]),
        capture_output=True,
        text=True,
        check=True,
    )
    return [_calendar(said) for said in json.loads(asked.stdout)]


def by_ical_js(browser: Browser, many: Sequence[bytes]) -> list[Calendar]:
    page = browser.new_page()
    try:
        said = page.evaluate(
            (HERE / "read_by_ical.js").read_text(), [ICAL_JS.read_text(), [ics.decode() for ics in many]]
        )
    finally:
        page.close()
    return [_calendar(one) for one in said]


def _calendar(said: dict[str, Any]) -> Calendar:
    events = (e | {"attendees": tuple(tuple(a) for a in e["attendees"])} for e in said["events"])
    return Calendar(
        method=said["method"], problems=tuple(said["problems"]), events=tuple(Reading(**e) for e in events)
    )


def _seconds(moment: datetime) -> int:
    assert moment.tzinfo is not None
    return int(moment.astimezone(UTC).timestamp())
