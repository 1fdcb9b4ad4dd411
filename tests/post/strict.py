"""Our own reading of what an invite must be, byte by byte; it shares no code with what it checks.

No validator at hand catches LF endings, an unfolded line, DTEND before DTSTART, a misspelt PARTSTAT or
METHOD, or an address that is not a mailto.
"""

import re
from dataclasses import dataclass

ZONE = """BEGIN:VTIMEZONE
TZID:Europe/London
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
END:STANDARD
END:VTIMEZONE""".split("\n")

CALENDAR = {"VERSION", "PRODID", "CALSCALE", "METHOD"}
ALWAYS = {
    "UID", "SEQUENCE", "DTSTAMP", "CREATED", "LAST-MODIFIED", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION",
    "LOCATION", "URL",
}  # fmt: skip
FIXED = {
    "X-MICROSOFT-CDO-BUSYSTATUS": "TENTATIVE",
    "X-MICROSOFT-CDO-INTENDEDSTATUS": "BUSY",
    "X-MICROSOFT-DISALLOW-COUNTER": "FALSE",
}
KNOWN = ALWAYS | {"STATUS", "TRANSP", "CLASS", "ORGANIZER", "ATTENDEE"} | set(FIXED)
PARTSTAT = {"NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE"}
MAILTO = re.compile(r"mailto:[^\s@:,;<>\"]+@[^\s@:,;<>\"]+\Z")
LINE = re.compile(
    r'([A-Z][A-Z0-9-]*)((?:;[A-Z-]+=(?:"[^"\x00-\x1f\x7f]*"|[^";:,\x00-\x1f\x7f]*))*):(.*)\Z', re.S
)
PARAM = re.compile(r';([A-Z-]+)=(?:"([^"]*)"|([^";:,]*))')


@dataclass
class Prop:
    name: str
    params: dict[str, str]
    value: str


def strict_problems(ics: bytes, method_parameter: str | None) -> list[str]:
    """What is wrong with an invite whose MIME part says `method_parameter` (None: a file to download)."""
    problems = [*_octets(ics)]
    try:
        lines = re.sub(rb"\r?\n[ \t]", b"", ics).decode().replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        return [*problems, "not UTF-8"]
    if lines and lines[-1] == "":
        lines.pop()
    props: list[Prop] = []
    for number, line in enumerate(lines):
        match = LINE.match(line)
        if match is None:
            problems.append(f"not a content line: {line!r}")
            continue
        params = {m[1]: m[2] if m[2] is not None else m[3] for m in PARAM.finditer(match[2])}
        props.append(Prop(match[1], params, match[3]))
        if number == 0 and line != "BEGIN:VCALENDAR":
            problems.append("does not begin with a calendar")
    begun = [p.value for p in props if p.name == "BEGIN"]
    if begun != ["VCALENDAR", "VTIMEZONE", "DAYLIGHT", "STANDARD", "VEVENT"]:
        problems.append(f"components are {begun}")
        return problems
    zone = lines[lines.index("BEGIN:VTIMEZONE") : lines.index("BEGIN:VEVENT")]
    if zone != ZONE:
        problems.append("the time zone is not the constant one")
    if lines[-2:] != ["END:VEVENT", "END:VCALENDAR"]:
        problems.append("does not end as it begins")
    at = next(i for i, p in enumerate(props) if p.name == "BEGIN" and p.value == "VTIMEZONE")
    problems += _calendar(props[1:at], method_parameter)
    at = next(i for i, p in enumerate(props) if p.name == "BEGIN" and p.value == "VEVENT")
    problems += _event(props[at + 1 : -2], method_parameter)
    return problems


def _octets(ics: bytes) -> list[str]:
    problems = []
    if not ics.endswith(b"\r\n"):
        problems.append("the last line is not ended")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", ics):
        problems.append("a line does not end with CRLF")
    for line in ics.split(b"\r\n"):
        if len(line) > 75:
            problems.append(f"a line of {len(line)} octets")
        try:
            line.decode()
        except UnicodeDecodeError:
            problems.append("a character is torn by folding")
        if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line):
            problems.append("a control character")
    return problems


def _calendar(props: list[Prop], method: str | None) -> list[str]:
    values = {p.name: p.value for p in props}
    problems = [f"{p.name} at the calendar" for p in props if p.name not in CALENDAR]
    if len(values) != len(props):
        problems.append("a calendar property twice")
    if values.get("VERSION") != "2.0" or not values.get("PRODID") or values.get("CALSCALE") != "GREGORIAN":
        problems.append("VERSION, PRODID or CALSCALE is wrong")
    if values.get("METHOD") != method:
        problems.append(f"METHOD is {values.get('METHOD')}, the mail says {method}")
    if values.get("METHOD") not in ("REQUEST", "CANCEL", None):
        problems.append("no METHOD that may be sent")
    return problems


def _event(props: list[Prop], method: str | None) -> list[str]:
    by_name: dict[str, list[Prop]] = {}
    for prop in props:
        by_name.setdefault(prop.name, []).append(prop)
    problems = [f"unknown property {name}" for name in by_name if name not in KNOWN]
    problems += [f"{name} is missing" for name in sorted(ALWAYS - set(by_name))]
    problems += [f"{n} twice" for n, ps in by_name.items() if len(ps) > 1 and n != "ATTENDEE"]
    if problems:
        return problems
    one = {name: ps[0] for name, ps in by_name.items()}
    for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
        if not re.fullmatch(r"\d{8}T\d{6}Z", one[name].value) or one[name].params:
            problems.append(f"{name} is not an instant in UTC")
    if one["LAST-MODIFIED"].value != one["DTSTAMP"].value:
        problems.append("LAST-MODIFIED is not DTSTAMP")
    for name in ("DTSTART", "DTEND"):
        if not re.fullmatch(r"\d{8}T\d{6}", one[name].value) or one[name].params != {"TZID": "Europe/London"}:
            problems.append(f"{name} is not a London wall time")
    if one["DTEND"].value <= one["DTSTART"].value:
        problems.append("DTEND is not after DTSTART")
    if not re.fullmatch(r"\d+", one["SEQUENCE"].value):
        problems.append("SEQUENCE is no number")
    for name in ("SUMMARY", "DESCRIPTION", "LOCATION"):
        if not re.fullmatch(r"(?:[^\\,;\x00-\x1f]|\\[\\,;n])*", one[name].value):
            problems.append(f"{name} is not escaped")
    if not one["SUMMARY"].value or not one["UID"].value:
        problems.append("SUMMARY or UID is empty")
    if not re.fullmatch(r"https?://[^\s/]+/b/[^\s/]+", one["URL"].value):
        problems.append("URL is not the page of the booking's reference")
    if "/i/" in one["DESCRIPTION"].value + one["URL"].value:
        problems.append("a personal link stands in the entry")
    return problems + _people(by_name, method) + _status(one, method)


def _status(one: dict[str, Prop], method: str | None) -> list[str]:
    status = one["STATUS"].value if "STATUS" in one else None
    if method == "CANCEL":
        return [] if status in ("CANCELLED", None) else [f"a CANCEL with STATUS {status}"]
    problems = [] if status in ("CONFIRMED", "TENTATIVE") else [f"STATUS {status}"]
    if "TRANSP" not in one or one["TRANSP"].value != "OPAQUE":
        problems.append("TRANSP is not OPAQUE")
    if "CLASS" not in one or one["CLASS"].value != "PUBLIC":
        problems.append("CLASS is not PUBLIC")
    if method == "REQUEST":
        problems += [f"{n} is not {v}" for n, v in FIXED.items() if n not in one or one[n].value != v]
    return problems


def _people(by_name: dict[str, list[Prop]], method: str | None) -> list[str]:
    organizers, attendees = by_name.get("ORGANIZER", []), by_name.get("ATTENDEE", [])
    if method is None:
        return ["a file to download names people"] if organizers or attendees else []
    problems = []
    if len(organizers) != 1:
        problems.append("ORGANIZER is missing")
    if not attendees:
        problems.append("ATTENDEE is missing")
    for person in (*organizers, *attendees):
        if not MAILTO.match(person.value):
            problems.append(f"{person.name} is not a mailto: {person.value!r}")
        if not person.params.get("CN") or re.search(r'["^]', person.params["CN"]):
            problems.append(f"{person.name} has no proper CN")
    for person in organizers:
        if set(person.params) != {"CN"}:
            problems.append("ORGANIZER says more than a name")
    for person in attendees:
        said = {k: v for k, v in person.params.items() if k not in ("CN", "PARTSTAT")}
        if said != {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "RSVP": "TRUE"}:
            problems.append(f"ATTENDEE says {said}")
        if person.params.get("PARTSTAT") not in PARTSTAT:
            problems.append(f"PARTSTAT {person.params.get('PARTSTAT')}")
    addresses = [p.value.lower() for p in (*organizers, *attendees)]
    if len(set(addresses)) != len(addresses):
        problems.append("somebody is named twice")
    return problems
