"""The made-up bodies beside schools: police, social work, health, transport and voluntary organisations, as the council
keeps them in one list. None is meant to be a true one."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from outreach.county import bodies
from outreach.county.bodies import Body
from outreach.county.lists import body_lists, uploads
from outreach.county.lists.headings import BODIES
from outreach.county.partnerships import Partnership
from outreach.demonstration import names
from outreach.ground import workbooks
from outreach.ground.timespans import day_of

SEED = 14
FILE = "services of the board, as of the autumn.csv"
SOURCE = "the board's own list of services"

POLICE, SOCIAL_WORK, HEALTH = "Police", "Social work", "Health"
TRANSPORT, VOLUNTARY = "Transport", "Voluntary organisation"

CLOSES, FOLLOWS = "Nine Barrows Family Team", "Saxby Downs Children’s Team"
"""A team that was dissolved, and the one that took its place."""

WITHOUT_CONTACT = ("Drovecote Community Transport", "Eelbridge Drop-in")
"""Nobody is on file there, so that no letter can go."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One line of the list. `staff`: who meet the public there; None where nobody counted them."""

    name: str
    kind: str
    district: str = ""
    staff: int | None = None
    role: str = ""
    host: str = ""


def _of(kind: str, role: str, host: str, *lines: tuple[str, str, int | None]) -> Iterator[Service]:
    for name, district, staff in lines:
        at = host or f"{names.slug(name)}.example"
        yield Service(name=name, kind=kind, district=district, staff=staff, role=role, host=at)


EVERY = (
    *_of(
        POLICE,
        "Inspector",
        "marlshirepolice.example",
        ("Marlford Central Neighbourhood Team", "Marlford City", 46),
        ("Marl Quays Neighbourhood Team", "Marlford City", 31),
        ("Kestermere Neighbourhood Team", "Kestermere", 28),
        ("Aldermarl Neighbourhood Team", "North Marl", 24),
        ("Fenwold Rural Team", "Fenwold", 17),
        ("Saxby Regis Neighbourhood Team", "Saxby Downs", 22),
        ("Tealbury Neighbourhood Team", "Teal Valley", 26),
        ("Marlshire Response, Night Shift", "", 64),
        ("Child Exploitation Unit", "", 12),
    ),
    *_of(
        SOCIAL_WORK,
        "Team manager",
        "childrensservices.marlshire.example",
        ("Marlshire Front Door", "", 34),
        ("Emergency Duty Team", "", 9),
        ("Marlford Children’s Team", "Marlford City", 38),
        ("Kestermere Children’s Team", "Kestermere", 21),
        ("North Marl Children’s Team", "North Marl", 19),
        ("Fenwold Children’s Team", "Fenwold", 14),
        (FOLLOWS, "Saxby Downs", 25),
        (CLOSES, "Saxby Downs", 11),
        ("Teal Valley Children’s Team", "Teal Valley", 18),
    ),
    *_of(
        HEALTH,
        "Named nurse for safeguarding",
        "marlshirehealth.example",
        ("Marlford School Nursing", "Marlford City", 23),
        ("Kestermere School Nursing", "Kestermere", 13),
        ("Aldermarl Minor Injuries Unit", "North Marl", 16),
        ("Fenwold Health Visitors", "Fenwold", None),
        ("Saxby Regis Walk-in Clinic", "Saxby Downs", 15),
        ("Tealbury School Nursing", "Teal Valley", 11),
        ("Marlford Sexual Health Clinic", "Marlford City", 20),
        ("Marl Valley Ambulance Station", "", None),
    ),
    *_of(
        TRANSPORT,
        "Operations manager",
        "",
        ("Marlford City Buses", "Marlford City", 140),
        ("Marlshire Stations, platform staff", "", 52),
        ("Kestermere Coaches", "Kestermere", 27),
        ("North Marl School Transport", "North Marl", None),
        (WITHOUT_CONTACT[0], "Fenwold", 8),
        ("Teal Valley Community Minibus", "Teal Valley", None),
    ),
    *_of(
        VOLUNTARY,
        "Safeguarding lead",
        "",
        ("Marl Quays Youth Project", "Marlford City", 14),
        ("The Lantern Night Café", "Marlford City", 10),
        ("Kestermere Youth Club", "Kestermere", 7),
        ("Thornabeck Detached Youth Work", "North Marl", 6),
        (WITHOUT_CONTACT[1], "Fenwold", None),
        ("Combe Vesey Young Carers", "Saxby Downs", 5),
        ("Osierford Mentors", "Teal Valley", 0),
        ("Families Together Marlshire", "", 19),
        ("Marlshire Sports Clubs, welfare officers", "", None),
    ),
)
"""41 bodies, of which 40 are left. One is sure that at present nobody of its people meets the public."""


def take_in(partnership: Partnership, *, who: str, now: datetime) -> None:
    """The list comes in as a file, and is taken in as it stands."""
    sheets = workbooks.read(_file(day_of(now) - timedelta(days=9)))
    row = uploads.keep(BODIES, FILE, sheets, partnership_id=partnership.id, who=who, now=now)
    upload = uploads.get(row.token, kind=BODIES, partnership_id=partnership.id, now=now)
    body_lists.take_in(upload, source=SOURCE, source_date=day_of(now), who=who, now=now)
    uploads.taken(upload, f"{len(EVERY)} bodies added.", now=now)


def follow(partnership: Partnership, *, who: str, now: datetime) -> None:
    """One team is dissolved, and another takes its place."""
    named = of(partnership.id)
    day = day_of(now)
    bodies.close(named[CLOSES], day, successor=named[FOLLOWS], who=who, now=now, today=day)


def of(partnership_id: int) -> dict[str, Body]:
    """The made-up bodies by name, open and closed."""
    return {body.name: body for body in bodies.of_partnership(partnership_id)}


def _file(counted_on: date) -> bytes:
    random = Random(SEED)  # of its own, so that the rest of the story stays as it was
    to = io.StringIO()
    lines = csv.writer(to)
    lines.writerow(("Name", "Kind", "District", "Front-line staff", "Counted on", "Contact", "Role", "Email"))
    for nth, service in enumerate(EVERY):
        first, last = names.person(random)
        address = f"{names.slug(first)}.{names.slug(last)}{nth}@{service.host}"
        person = (
            ("", "", "") if service.name in WITHOUT_CONTACT else (f"{first} {last}", service.role, address)
        )
        counted = "" if service.staff is None else f"{counted_on:%d/%m/%Y}"
        staff = "" if service.staff is None else service.staff
        lines.writerow((service.name, service.kind, service.district, staff, counted, *person))
    return to.getvalue().encode()
