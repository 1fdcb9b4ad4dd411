"""One visit, one asking, one sender: the facts that the tests of letters share."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import make
from outreach.ground.db import transaction
from outreach.post.calendars import Appointment, Attendee
from outreach.post.letters import Addressee, LetterAsking, LetterVisit, Sender
from outreach.post.stationery import OfferedTime

SETTINGS = {
    "TESTING": True,
    "SECRET_KEY": "for tests",
    "PUBLIC_URL": "http://outreach.example",
    "MAIL_DOMAIN": "outreach.example",
    "SMTP_URL": "",
    "WTF_CSRF_ENABLED": False,
}
"""For an app beside the one of the fixture, as where nothing hangs on the kind of database."""


def put_down() -> None:
    """The two partnerships, each with a programme, whose numbers stand in these facts: 1 and 2."""
    with transaction():
        for la_codes in (("931",), ("932",)):
            programme = make.programme(make.partnership(la_codes))
            assert programme.id == programme.partnership_id


NOW = datetime(2027, 1, 19, 14, 6, tzinfo=UTC)
EXPIRES = datetime(2027, 4, 27, tzinfo=UTC)

JOANNA = Addressee(
    address="j.fell@stbrannocs.example",
    name="Joanna Fell",
    role="Designated safeguarding lead",
    source="the school’s website",
    source_date=date(2026, 9, 3),
)
OFFICE = Addressee(address="office@stbrannocs.example")
COMPANY = Addressee(address="red.van@lanternrow.example", name="Lantern Row Theatre", role="Tour manager")


def sender(partnership_id: int = 1, **changes: Any) -> Sender:
    return replace(
        Sender(
            partnership_id=partnership_id,
            partnership_name="Marlshire Safeguarding Children Partnership",
            contact_name="Priya Nandakumar",
            contact_role="Safeguarding in education coordinator",
            contact_phone="01632 960 118",
            contact_email="priya@marlshire.example",
        ),
        **changes,
    )


def asking(**changes: Any) -> LetterAsking:
    near = "The company is at Kestermere that day"
    return replace(
        LetterAsking(
            programme_title="Someone to Tell",
            summary="A play about exploitation and who to tell",
            year_groups=(8, 9),
            running_minutes=45,
            discussion_minutes=30,
            company_names="Lantern Row Theatre",
            cost="Free",
            reply_by=date(2027, 2, 5),
            organisation_name="St Brannoc’s",
            pupils=212,
            shows_needed=1,
            times=(
                OfferedTime(starts=(datetime(2027, 3, 9, 9, 30, tzinfo=UTC),), why=near),
                OfferedTime(starts=(datetime(2027, 3, 11, 13, 15, tzinfo=UTC),), why=near),
                OfferedTime(starts=(datetime(2027, 3, 3, 9, 30, tzinfo=UTC),), why="Earliest day left"),
            ),
            organisation_id=900001,
            programme_id=1,
        ),
        **changes,
    )


def visit(**changes: Any) -> LetterVisit:
    return replace(
        LetterVisit(
            uid="7f3c@outreach.example",
            sequence=0,
            created_at=NOW,
            organizer_token="a1b2c3d4e5f60718",
            reference="MRL-7K2Q",
            programme_title="Someone to Tell",
            place_name="St Brannoc’s",
            place_address="Church Lane, Kestermere, ZZ1 1AA",
            organisation_id=900001,
            programme_id=1,
            starts_at=datetime(2027, 3, 9, 9, 30, tzinfo=UTC),
            ends_at=datetime(2027, 3, 9, 10, 45, tzinfo=UTC),
            get_in_at=datetime(2027, 3, 9, 8, 30, tzinfo=UTC),
            away_at=datetime(2027, 3, 9, 11, 15, tzinfo=UTC),
            hall="Main hall",
            pupils=((8, 104), (9, 108)),
            access=("2 wheelchair places", "a hearing loop"),
            school_provides="A hall with two sockets and a clear floor of 8 by 6 metres",
            move_until=date(2027, 2, 23),
            cancel_until=date(2027, 3, 2),
            attendees=(
                Attendee(name="Joanna Fell", address=JOANNA.address),
                Attendee(name="", address=OFFICE.address, partstat="ACCEPTED"),
            ),
            phone="01632 960 001",
            tour_day_id=41,
        ),
        **changes,
    )


def appointment(**changes: Any) -> Appointment:
    return replace(
        Appointment(
            uid="7f3c@outreach.example",
            sequence=0,
            dtstamp=NOW,
            created_at=NOW,
            starts_at=datetime(2027, 3, 9, 9, 30, tzinfo=UTC),
            ends_at=datetime(2027, 3, 9, 10, 45, tzinfo=UTC),
            summary="‘Someone to Tell’ at St Brannoc’s",
            description="For Years 8 and 9.",
            location="St Brannoc’s, Main hall",
            url="http://outreach.example/b/MRL-7K2Q",
            organizer_name="Marlshire Safeguarding Children Partnership",
            organizer_address="bookings+a1b2@outreach.example",
            attendees=(Attendee(name="Joanna Fell", address=JOANNA.address),),
        ),
        **changes,
    )
