"""Run by the system's Python, which has Debian's libical: calendars in as JSON, what libical makes of each
out.

/usr/bin/python3 read_by_libical.py < ["BEGIN:VCALENDAR…", …]
"""

import json
import sys

import gi

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib as I  # noqa: E402


def properties(component, kind):
    found = component.get_first_property(kind)
    while found:
        yield found
        found = component.get_next_property(kind)


def of(component, kind):
    found = component.get_first_component(kind)
    while found:
        yield found
        found = component.get_next_component(kind)


def said(prop):
    return prop.get_value_as_string() if prop else ""


def parameter(prop, name):
    return (prop.get_parameter_as_string(name) or "").strip('"')


def instant(calendar, time):
    """Seconds since 1970, by the VTIMEZONE of this very calendar."""
    tzid = time.get_tzid()
    zone = calendar.get_timezone(tzid) if tzid else I.Timezone.get_utc_timezone()
    return time.as_timet_with_zone(zone)


def read(text):
    calendar = I.Component.new_from_string(text)
    if calendar is None:
        return {"problems": ["not read at all"], "events": []}
    valid = I.restriction_check(calendar)
    problems = [line for line in calendar.as_ical_string().splitlines() if line.startswith("X-LIC-ERROR")]
    if not valid and not problems:
        problems = ["restrictions are not met"]
    calendar.strip_errors()
    events = []
    for event in of(calendar, I.ComponentKind.VEVENT_COMPONENT):
        events.append(
            {
                "uid": event.get_uid() or "",
                "sequence": event.get_sequence(),
                "status": said(event.get_first_property(I.PropertyKind.STATUS_PROPERTY)),
                "dtstamp": instant(calendar, event.get_dtstamp()),
                "starts": instant(calendar, event.get_dtstart()),
                "ends": instant(calendar, event.get_dtend()),
                "summary": event.get_summary() or "",
                "location": event.get_location() or "",
                "description": event.get_description() or "",
                "organizer": said(event.get_first_property(I.PropertyKind.ORGANIZER_PROPERTY)),
                "attendees": [
                    [said(p), parameter(p, "CN"), parameter(p, "PARTSTAT")]
                    for p in properties(event, I.PropertyKind.ATTENDEE_PROPERTY)
                ],
            }
        )
    method = said(calendar.get_first_property(I.PropertyKind.METHOD_PROPERTY))
    return {"problems": problems, "method": method, "events": events}


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
