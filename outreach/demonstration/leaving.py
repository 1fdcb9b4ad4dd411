"""Four schools that leave with something agreed, by this week's register: one becomes an academy, one goes to another
authority, one teaches other ages, and one that has guests closes."""

import csv
from datetime import date, datetime, timedelta
from io import BytesIO, StringIO

from sqlalchemy import select

from outreach.booking import proposals
from outreach.booking.promises import GUEST, HOST, Booking
from outreach.county import register
from outreach.county.lists import past_shows, uploads
from outreach.county.lists.headings import VISITS
from outreach.demonstration import county
from outreach.demonstration.made_up_schools import LA_CODE, Row, day_in_file
from outreach.ground import workbooks
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

ELSEWHERE = ("986", "Fenshire")
"""No authority has this code either."""


def tell(programme: Programme, made: county.County, *, who: str, now: datetime) -> None:
    """`made`: the county as it was at the year's beginning."""
    offers = sorted(
        proposals.still_open(programme.id, now=now), key=lambda offer: "Academy" in offer.organisation.name
    )
    academy, younger = (offer.organisation_id for offer in offers[:2])
    goes, closes = _with_bookings(programme.id, now=now)
    rows = {int(row["URN"]): row for row in csv.DictReader(StringIO(made.register.decode("cp1252")))}
    links = list(csv.DictReader(StringIO(made.links.decode("cp1252"))))
    today = day_of(now)
    seen = date(today.year - 3, 3, 12)
    seen -= timedelta(days=seen.weekday())
    _saw_it_before(rows[academy], seen, partnership_id=programme.partnership_id, who=who, now=now)
    follows = rows[academy] | {
        "URN": str(max(rows) + 1),
        "EstablishmentName": f"The {rows[academy]['EstablishmentName']} Academy".replace(" School", ""),
        "TypeOfEstablishment (name)": "Academy converter",
        "OpenDate": day_in_file(today - timedelta(days=1)),
    }
    rows[academy] |= _closed(today - timedelta(days=2))
    links += [_link(rows[academy], follows, "Successor"), _link(follows, rows[academy], "Predecessor")]
    rows[goes] |= dict(zip(("LA (code)", "LA (name)"), ELSEWHERE, strict=True))
    rows[younger] |= {"StatutoryLowAge": "4", "StatutoryHighAge": "11"}
    rows[closes] |= _closed(today - timedelta(days=1))
    file = register.read(
        BytesIO(county.csv_of(county.COLUMNS, [*rows.values(), follows])),
        la_codes=[LA_CODE],
        also=[goes],
        links=BytesIO(county.csv_of(county.LINK_COLUMNS, links)),
    )
    changes = register.preview(file, [LA_CODE])
    register.apply(changes, file_name="marlshire-this-week.csv", la_codes=[LA_CODE], who=who, now=now)


def _with_bookings(programme_id: int, *, now: datetime) -> tuple[int, int]:
    """A school with a booking to come and no guest; the host of a guest."""
    coming = db.session.execute(
        select(Booking.organisation_id, Booking.performance_id, Booking.role)
        .join(Performance, Performance.id == Booking.performance_id)
        .where(
            Booking.programme_id == programme_id,
            Booking.ended_at.is_(None),
            Performance.starts_at > now + timedelta(days=1),
        )
        .order_by(Performance.starts_at.desc(), Booking.id)
    ).all()
    visited = {performance_id for _, performance_id, role in coming if role == GUEST}
    hosts = [(number, performance_id in visited) for number, performance_id, role in coming if role == HOST]
    return tuple(next(number for number, has in hosts if has == wanted) for wanted in (False, True))  # type: ignore[return-value]


def _saw_it_before(row: Row, day: date, *, partnership_id: int, who: str, now: datetime) -> None:
    """A list of past performances has it."""
    sheets = workbooks.read(f"URN,Date,Pupils\n{row['URN']},{day.isoformat()},140\n".encode())
    kept = uploads.keep(VISITS, "Seen before.csv", sheets, partnership_id=partnership_id, who=who, now=now)
    upload = uploads.get(kept.token, kind=VISITS, partnership_id=partnership_id, now=now)
    past_shows.take_in(upload, [LA_CODE], who=who, now=now)
    uploads.remove(kept.token, partnership_id=partnership_id)


def _closed(day: date) -> Row:
    return {"EstablishmentStatus (name)": "Closed", "CloseDate": day_in_file(day)}


def _link(this: Row, other: Row, word: str) -> Row:
    return {
        "URN": this["URN"],
        "LinkURN": other["URN"],
        "LinkName": other["EstablishmentName"],
        "LinkType": word,
        "LinkEstablishedDate": other.get("OpenDate", "") or this.get("OpenDate", ""),
    }
