"""Small builders for tests: one call makes one row with everything it needs, inside the caller's transaction."""

from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any

from flask import g
from flask.testing import FlaskClient

from outreach.county.contacts import Contact
from outreach.county.partnerships import Authority, Partnership, Term
from outreach.county.people import Person
from outreach.county.schools import School, SchoolRecord
from outreach.ground.db import db
from outreach.tour.companies import Company, Troupe
from outreach.tour.days import TourDay
from outreach.tour.programmes import Programme, ProgrammeTarget
from outreach.web.gate import SignedIn

_n = count(1)

NOW = datetime(2027, 1, 19, 9, 0, tzinfo=UTC)
"""A Tuesday in the spring term of 2026/27."""

EARLIER = datetime(2026, 9, 3, 9, 0, tzinfo=UTC)


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def partnership(la_codes: tuple[str, ...] = ("931",), **changes: Any) -> Partnership:
    """A partnership with its authorities and the spring and summer terms of 2026/27."""
    row = _add(
        Partnership(
            **{
                "name": f"Marlshire Safeguarding Children Partnership {next(_n)}",
                "county": "Marlshire",
                "reference_prefix": "MRL",
                "contact_name": "Priya Nandakumar",
                "contact_role": "Safeguarding in education coordinator",
                "contact_email": "priya@marlshire.example",
                "contact_phone": "01632 960 118",
            }
            | changes
        )
    )
    for code in la_codes:
        _add(Authority(la_code=code, name="Marlshire", partnership_id=row.id))
        for first, last in (
            (date(2026, 9, 2), date(2026, 10, 23)),
            (date(2026, 11, 2), date(2026, 12, 18)),
            (date(2027, 1, 4), date(2027, 2, 12)),
            (date(2027, 2, 22), date(2027, 3, 25)),
            (date(2027, 4, 12), date(2027, 5, 28)),
            (date(2027, 6, 7), date(2027, 7, 21)),
        ):
            _add(Term(la_code=code, first_day=first, last_day=last))
    return row


def person(of: Partnership, **changes: Any) -> Person:
    n = next(_n)
    return _add(
        Person(
            **{
                "partnership_id": of.id,
                "name": "Priya Nandakumar",
                "email": f"priya{n}@marlshire.example",
                "session_key": f"key{n}",
                "created_at": EARLIER,
            }
            | changes
        )
    )


FACTS: dict[str, Any] = {
    "status": "Open",
    "type_of_establishment": "Academy converter",
    "phase_of_education": "Secondary",
    "statutory_low_age": 11,
    "statutory_high_age": 18,
    "number_of_pupils": 1050,
    "la_code": "931",
    "district_code": "E07000001",
    "district_name": "Kestermere",
    "trust_name": None,
    "town": "Kestermere",
    "postcode": "ZZ1 1AA",
    "easting": 450000,
    "northing": 210000,
    "open_date": None,
    "close_date": None,
}


def school(recorded_at: datetime = EARLIER, **changes: Any) -> School:
    """A school and what the register said of it from `recorded_at` on."""
    n = next(_n)
    facts = FACTS | {"urn": 900000 + n, "name": f"Redmere Academy {n}"} | changes
    row = _add(School(**facts))
    _add(SchoolRecord(recorded_at=recorded_at, **facts))
    return row


def contact(of: School, **changes: Any) -> Contact:
    return _add(
        Contact(
            **{
                "urn": of.urn,
                "name": "Joanna Fell",
                "role": "Designated safeguarding lead",
                "address": f"j.fell{next(_n)}@redmere.example",
                "source": "the school's website",
                "source_date": EARLIER.date(),
                "created_at": EARLIER,
            }
            | changes
        )
    )


def programme(of: Partnership, year_groups: tuple[int, ...] = (8, 9), **changes: Any) -> Programme:
    row = _add(
        Programme(
            **{
                "partnership_id": of.id,
                "title": "Someone to Tell",
                "academic_year": 2026,
                "reply_by": date(2027, 2, 5),
                "created_at": EARLIER,
            }
            | changes
        )
    )
    _add(ProgrammeTarget(programme_id=row.id, year_groups=year_groups, recorded_at=row.created_at))
    return row


def troupe(of: Partnership, **changes: Any) -> Troupe:
    n = next(_n)
    company = _add(Company(partnership_id=of.id, name=f"Lantern Row Theatre {n}"))
    return _add(Troupe(**{"company_id": company.id, "name": "Red van"} | changes))


def tour_day(programme: Programme, troupe: Troupe, day: date = date(2027, 3, 9), **changes: Any) -> TourDay:
    return _add(
        TourDay(
            **{
                "programme_id": programme.id,
                "troupe_id": troupe.id,
                "day": day,
                "leaves": time(7),
                "returns": time(18),
                "shows_at_most": programme.shows_a_day,
            }
            | changes
        )
    )


def signed_in(client: FlaskClient, person: Person) -> FlaskClient:
    """The client as that coordinator, whoever it was before."""
    identity = SignedIn(person).get_id()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = identity, True
    # The test's app context outlives a request, and flask-login remembers its person there.
    g.pop("_login_user", None)
    return client
