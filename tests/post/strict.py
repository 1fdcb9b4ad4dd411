"""Our own reading of what a calendar entry must be, byte by byte; it shares no code with what it checks.

No validator at hand catches LF endings, an unfolded line, DTEND before DTSTART, a misspelt PARTSTAT or
METHOD, or an address that is not a mailto. Here are one invite, and one feed; strict_mail.py holds the
mail around an invite, and one revision against the one before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

ZONE = """TZID:Europe/London
BEGIN:DAYLIGHT
DTSTART:19810329T010000
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:BST
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:GMT
END:STANDARD""".split("\n")

CALENDAR = {"VERSION", "PRODID", "CALSCALE", "METHOD"}
FEED = {
    "X-WR-TIMEZONE": "Europe/London",
    "REFRESH-INTERVAL": "PT1H",
    "X-PUBLISHED-TTL": "PT1H",
}
ALWAYS = {"UID", "SEQUENCE", "DTSTAMP", "CREATED", "LAST-MODIFIED", "DTSTART", "DTEND", "SUMMARY"}
INVITE = ALWAYS | {"DESCRIPTION", "LOCATION", "URL"}
FIXED = {
    "X-MICROSOFT-CDO-BUSYSTATUS": "TENTATIVE",
    "X-MICROSOFT-CDO-INTENDEDSTATUS": "BUSY",
    "X-MICROSOFT-DISALLOW-COUNTER": "FALSE",
}
KNOWN = INVITE | {"STATUS", "TRANSP", "CLASS", "ORGANIZER", "ATTENDEE"} | set(FIXED)
IN_A_FEED = INVITE | {"STATUS", "TRANSP", "CLASS"}
PARTSTAT = {"NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE"}
PERSON = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "RSVP": "TRUE"}
PARAMETERS = {
    "DTSTART": {"TZID", "VALUE"},
    "DTEND": {"TZID", "VALUE"},
    "ORGANIZER": {"CN"},
    "ATTENDEE": {"CN", "PARTSTAT", *PERSON},
    "REFRESH-INTERVAL": {"VALUE"},
}
"""Every parameter that may stand, by property; no other property has any."""
MAILTO = re.compile(r"mailto:[!-~]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+\Z")
NO_ADDRESS = re.compile(r'[@:,;<>"\\()\[\]]')
NAME = r"[A-Z][A-Z0-9-]*"
QUOTED, BARE = r'"[^"\x00-\x1f\x7f]*"', r'[^";:,\x00-\x1f\x7f]*'
LINE = re.compile(rf"({NAME})((?:;{NAME}=(?:{QUOTED}|{BARE}))*):(.*)\Z", re.S)
PARAM = re.compile(r';([A-Z-]+)=(?:"([^"]*)"|([^";:,]*))')
TEXT = re.compile(r"(?:[^\\,;\x00-\x1f]|\\[\\,;n])*\Z")
LINE_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x80-\x9f\u2028\u2029]")
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass
class Prop:
    name: str
    params: dict[str, str]
    value: str


@dataclass
class Component:
    name: str
    props: list[Prop] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    children: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> list[Prop]:
        return [p for p in self.props if p.name == name]

    def one(self, name: str) -> str:
        """The value of a property, '' where it is missing."""
        return next((p.value for p in self.props if p.name == name), "")


def strict_problems(ics: bytes, method_parameter: str | None) -> list[str]:
    """What is wrong with an invite whose MIME part says `method_parameter` (None: a file to download)."""
    problems: list[str] = []
    calendar = _read(ics, problems)
    if calendar is None:
        return problems
    if [c.name for c in calendar.children] != ["VTIMEZONE", "VEVENT"]:
        return [*problems, f"components are {[c.name for c in calendar.children]}"]
    problems += _calendar(calendar, method_parameter, CALENDAR)
    return problems + _zone(calendar.children[0]) + _invite(calendar.children[1], method_parameter)


def feed_problems(ics: bytes) -> list[str]:
    """What is wrong with a calendar to subscribe to."""
    problems: list[str] = []
    calendar = _read(ics, problems)
    if calendar is None:
        return problems
    problems += _calendar(calendar, None, CALENDAR | set(FEED) | {"X-WR-CALNAME", "NAME"})
    problems += [f"{name} is not {value}" for name, value in FEED.items() if calendar.one(name) != value]
    if not calendar.one("NAME") or calendar.one("NAME") != calendar.one("X-WR-CALNAME"):
        problems.append("NAME and X-WR-CALNAME are not one name")
    if [p.params for p in calendar.all("REFRESH-INTERVAL")] != [{"VALUE": "DURATION"}]:
        problems.append("REFRESH-INTERVAL does not say that it is a duration")
    zones = [c for c in calendar.children if c.name == "VTIMEZONE"]
    events = [c for c in calendar.children if c.name == "VEVENT"]
    if calendar.children != [*zones, *events] or len(zones) != 1:
        problems.append("a feed is one time zone, then its entries")
    for zone in zones:
        problems += _zone(zone)
    uids = [e.one("UID") for e in events]
    if len(set(uids)) != len(uids):
        problems.append("two entries of a feed have one UID")
    for event in events:
        problems += _shape(event, ALWAYS - {"SEQUENCE", "CREATED"}, IN_A_FEED)
        if event.one("STATUS") not in ("CONFIRMED", "TENTATIVE", "CANCELLED"):
            problems.append(f"STATUS {event.one('STATUS')}")
    return problems


def events_of(ics: bytes) -> list[Component]:
    """The entries as they stand, for a test to look at; broken bytes are an AssertionError."""
    problems: list[str] = []
    calendar = _read(ics, problems)
    assert calendar is not None and not problems, problems
    return [c for c in calendar.children if c.name == "VEVENT"]


def instant(value: Prop) -> datetime:
    """A time in UTC, or a London wall time by the letter of the VTIMEZONE, as naive UTC; ValueError for what
    is no such time."""
    if value.value.endswith("Z") and "TZID" not in value.params:
        return datetime.strptime(value.value, "%Y%m%dT%H%M%SZ")
    wall = datetime.strptime(value.value, "%Y%m%dT%H%M%S")
    starts = datetime.combine(_last_sunday(wall.year, 3), datetime.min.time()) + timedelta(hours=1)
    ends = datetime.combine(_last_sunday(wall.year, 10), datetime.min.time()) + timedelta(hours=2)
    if starts <= wall < starts + timedelta(hours=1):
        raise ValueError("a time that the clocks leave out")
    if ends - timedelta(hours=1) <= wall < ends:
        raise ValueError("a time that stands twice: readers take it for the one or the other")
    return wall - timedelta(hours=1) if starts <= wall < ends else wall


def plain(text: str) -> str:
    """A TEXT value as a person reads it (RFC 5545 3.3.11)."""
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], text)


def _read(ics: bytes, problems: list[str]) -> Component | None:
    problems += _octets(ics)
    try:
        lines = re.sub(rb"\r?\n[ \t]", b"", ics).decode().replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        problems.append("not UTF-8")
        return None
    if lines[-1] == "":
        lines.pop()
    if not lines or lines[0] != "BEGIN:VCALENDAR" or lines[-1] != "END:VCALENDAR":
        problems.append("does not begin and end with a calendar")
        return None
    root = _nested(iter(lines[1:]), "VCALENDAR", problems)
    if root is None or lines.count("END:VCALENDAR") != 1:
        problems.append("components do not end as they begin")
        return None
    return root


def _nested(lines: Iterator[str], name: str, problems: list[str]) -> Component | None:
    component = Component(name)
    for line in lines:
        if line == f"END:{name}":
            return component
        component.lines.append(line)
        if line.startswith("END:"):
            return None
        if line.startswith("BEGIN:"):
            if (child := _nested(lines, line[6:], problems)) is None:
                return None
            component.lines += [*child.lines, f"END:{child.name}"]
            component.children.append(child)
            continue
        match = LINE.match(line)
        if match is None:
            problems.append(f"not a content line: {line!r}")
            continue
        said = [(m[1], m[2] if m[2] is not None else m[3]) for m in PARAM.finditer(match[2])]
        if len(dict(said)) != len(said):
            problems.append(f"a parameter twice: {line!r}")
        if TURNS.search(line) or LINE_ENDS.search(line):
            problems.append(f"a character that ends a line or turns it round: {line!r}")
        component.props.append(Prop(match[1], dict(said), match[3]))
    return None


def _octets(ics: bytes) -> list[str]:
    problems = []
    if not ics.endswith(b"\r\n"):
        problems.append("the last line is not ended")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", ics):
        problems.append("a line does not end with CRLF")
    for line in ics.split(b"\r\n")[:-1]:
        if len(line) > 75:
            problems.append(f"a line of {len(line)} octets")
        if not line.strip():
            problems.append("an empty line")
        try:
            line.decode()
        except UnicodeDecodeError:
            problems.append("a character is torn by folding")
        if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line):
            problems.append("a control character")
    return problems


def _calendar(calendar: Component, method: str | None, known: set[str]) -> list[str]:
    problems = [f"{p.name} at the calendar" for p in calendar.props if p.name not in known]
    if len({p.name for p in calendar.props}) != len(calendar.props):
        problems.append("a calendar property twice")
    if (
        calendar.one("VERSION") != "2.0"
        or not calendar.one("PRODID")
        or calendar.one("CALSCALE") != "GREGORIAN"
    ):
        problems.append("VERSION, PRODID or CALSCALE is wrong")
    said = calendar.one("METHOD") or None
    if said != method:
        problems.append(f"METHOD is {said}, the mail says {method}")
    if said not in ("REQUEST", "CANCEL", None):
        problems.append("no METHOD that may be sent")
    return problems + _parameters(calendar)


def _parameters(component: Component) -> list[str]:
    return [
        f"{p.name} with {sorted(p.params)}"
        for p in component.props
        if set(p.params) - PARAMETERS.get(p.name, set())
    ]


def _zone(zone: Component) -> list[str]:
    return [] if zone.lines == ZONE else ["the time zone is not the constant one"]


def _shape(event: Component, needed: set[str], known: set[str]) -> list[str]:
    """What holds for every entry, sent or subscribed to."""
    names = [p.name for p in event.props]
    problems = [f"unknown property {name}" for name in sorted(set(names) - known)]
    problems += [f"{name} is missing" for name in sorted(needed - set(names))]
    problems += [f"{n} twice" for n in sorted(set(names)) if names.count(n) > 1 and n != "ATTENDEE"]
    problems += [f"a {child.name} in the entry" for child in event.children]
    problems += _parameters(event)
    if problems:
        return problems
    for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
        for prop in event.all(name):
            problems += [] if _is(prop.value, "%Y%m%dT%H%M%SZ", 16) else [f"{name} is not an instant in UTC"]
    if event.one("LAST-MODIFIED") != event.one("DTSTAMP"):
        problems.append("LAST-MODIFIED is not DTSTAMP")
    problems += _span(event)
    if event.all("SEQUENCE") and not re.fullmatch(r"0|[1-9]\d{0,8}", event.one("SEQUENCE")):
        problems.append("SEQUENCE is no number")
    for name in ("SUMMARY", "DESCRIPTION", "LOCATION"):
        problems += [f"{name} is not escaped" for p in event.all(name) if not TEXT.match(p.value)]
    if not event.one("SUMMARY").strip() or not re.fullmatch(r"[!-~]{1,200}", event.one("UID")):
        problems.append("SUMMARY or UID is empty or no plain one")
    if event.all("URL") and not re.fullmatch(r"https?://[!-~]+", event.one("URL")):
        problems.append("URL is no address of a page")
    if "/i/" in event.one("DESCRIPTION") + event.one("URL"):
        problems.append("a personal link stands in the entry")
    return problems


def _is_utc(prop: Prop) -> bool:
    return _is(prop.value, "%Y%m%dT%H%M%SZ", 16) and not prop.params


def _must_be_utc(prop: Prop) -> bool:
    """Whether it is in UTC in the two hours in which London's clock says one hour twice."""
    if not _is_utc(prop):
        return False
    at = instant(prop)
    return (
        timedelta()
        <= at - datetime.combine(_last_sunday(at.year, 10), datetime.min.time())
        < timedelta(hours=2)
    )


def _span(event: Component) -> list[str]:
    starts, ends = event.all("DTSTART")[0], event.all("DTEND")[0]
    if starts.params == ends.params == {"VALUE": "DATE"}:
        good = _is(starts.value, "%Y%m%d", 8) and _is(ends.value, "%Y%m%d", 8) and starts.value < ends.value
        return [] if good else ["DTEND is not after DTSTART"]
    if _must_be_utc(starts) or _must_be_utc(ends):
        good = all(_is_utc(prop) for prop in (starts, ends)) and instant(starts) < instant(ends)
        return [] if good else ["beside an hour that comes twice both are in UTC, DTEND after DTSTART"]
    problems = []
    for prop in (starts, ends):
        if not _is(prop.value, "%Y%m%dT%H%M%S", 15) or prop.params != {"TZID": "Europe/London"}:
            problems.append(f"{prop.name} is not a London wall time")
    if not problems:
        try:
            problems += [] if instant(ends) > instant(starts) else ["DTEND is not after DTSTART"]
        except ValueError as wrong:
            problems.append(str(wrong))
    return problems


def _invite(event: Component, method: str | None) -> list[str]:
    if problems := _shape(event, INVITE, KNOWN):
        return problems
    if not re.fullmatch(r"https?://[^\s/]+/(b/[^\s/]+|find/[0-9]+)", event.one("URL")):
        problems.append(
            "URL is not the page of the booking's reference, nor a proposal's school at the open door"
        )
    return problems + _people(event, method) + _status(event, method)


def _status(event: Component, method: str | None) -> list[str]:
    status = event.one("STATUS") or None
    if method == "CANCEL":
        # Without STATUS it ends the entry for the one whom it names (RFC 5546 3.2.5).
        may = ("CANCELLED", None) if len(event.all("ATTENDEE")) == 1 else ("CANCELLED",)
        return [] if status in may else [f"a CANCEL with STATUS {status}"]
    problems = [] if status in ("CONFIRMED", "TENTATIVE") else [f"STATUS {status}"]
    if event.one("TRANSP") != "OPAQUE":
        problems.append("TRANSP is not OPAQUE")
    if event.one("CLASS") != "PUBLIC":
        problems.append("CLASS is not PUBLIC")
    if method == "REQUEST":
        problems += [f"{n} is not {v}" for n, v in FIXED.items() if event.one(n) != v]
    return problems


def _people(event: Component, method: str | None) -> list[str]:
    organizers, attendees = event.all("ORGANIZER"), event.all("ATTENDEE")
    if method is None:
        return ["a file to download names people"] if organizers or attendees else []
    problems = []
    if len(organizers) != 1:
        problems.append("ORGANIZER is missing")
    if not attendees:
        problems.append("ATTENDEE is missing")
    for person in (*organizers, *attendees):
        if not MAILTO.match(person.value) or NO_ADDRESS.search(person.value[7:].replace("@", "", 1)):
            problems.append(f"{person.name} is not a mailto: {person.value!r}")
        if not person.params.get("CN", "").strip() or re.search(r'["^]', person.params["CN"]):
            problems.append(f"{person.name} has no proper CN")
        if person.value[7:].casefold() in plain(event.one("DESCRIPTION")).casefold():
            problems.append("the description names a person's address")
    for person in attendees:
        said = {k: v for k, v in person.params.items() if k not in ("CN", "PARTSTAT")}
        if said != PERSON:
            problems.append(f"ATTENDEE says {said}")
        if person.params.get("PARTSTAT") not in PARTSTAT:
            problems.append(f"PARTSTAT {person.params.get('PARTSTAT')}")
    addresses = [p.value.lower() for p in (*organizers, *attendees)]
    if len(set(addresses)) != len(addresses):
        problems.append("somebody is named twice")
    return problems


def _is(value: str, pattern: str, length: int) -> bool:
    """Whether this is a real moment, written in full."""
    try:
        datetime.strptime(value, pattern)
    except ValueError:
        return False
    return len(value) == length


def _last_sunday(year: int, month: int) -> date:
    end = date(year, month, 31)
    return end - timedelta(days=(end.weekday() + 1) % 7)
