"""Small builders for tests: one call makes one row with everything it needs, inside the caller's
transaction."""

import dataclasses
import secrets
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from unittest import mock

from flask import g
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.asking.invitations import Answer, Invitation
from outreach.asking.paper import PaperLetter, PaperPosting
from outreach.asking.short_codes import ShortCode
from outreach.booking.guest_places import GuestSeats
from outreach.booking.promises import (
    Booking,
    BookingRevision,
    Cancellation,
    PromisedPupils,
    PromiseLimit,
    VisitContact,
)
from outreach.county import bodies, roles, sign_in_sessions, venues
from outreach.county.bodies import Body, BodyFacts
from outreach.county.contacts import Contact
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Authority, AuthorityCovered, CountedShare, Partnership, Term
from outreach.county.register.hands import ChangeOfHands
from outreach.county.schools import (
    FIRST_OF_BODIES,
    Organisation,
    OrganisationRecord,
    OwnNumber,
    School,
    SchoolFacts,
    Succession,
)
from outreach.county.sign_in_sessions import SignInSession
from outreach.county.venues import Venue, VenueFacts
from outreach.ground.db import _writing, db, transaction
from outreach.ground.geography import Place
from outreach.ground.timespans import day_of, wall
from outreach.post.links import PersonalLink
from outreach.post.outbox import DeadAddress, Letter
from outreach.tour import performances
from outreach.tour.adults import EVERYBODY, AdultTarget
from outreach.tour.companies import Company, Troupe
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme, ProgrammeTarget
from outreach.tour.sessions import TrainingSession
from outreach.tour.target_decisions import TargetDecision
from outreach.tour.yearly.copies import ProgrammeCopy
from outreach.visits.absences import Absence
from outreach.visits.reports import ReportedAttendance, ReportedPupils, ReportWithdrawal, VisitReport

_n = count(1)

NOW = datetime(2027, 1, 19, 9, 0, tzinfo=UTC)
"""A Tuesday in the spring term of 2026/27."""

EARLIER = datetime(2026, 9, 3, 9, 0, tzinfo=UTC)


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


ONLY_GROW = {"history", "history_link", "person_role", "person", "partnership"}
"""Tables that refuse a DELETE, even an empty one, and those that their rows point at."""


def empty(session: Session) -> None:
    """Take every row away again, but what may only grow."""
    for table in reversed(db.metadata.sorted_tables):
        if table.name not in ONLY_GROW and session.execute(select(table).limit(1)).first():
            session.execute(table.delete())


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


def counted_share(of: Partnership, share: float, at: datetime = EARLIER) -> CountedShare:
    return _add(CountedShare(partnership_id=of.id, share=share, recorded_at=at, who="Priya Nandakumar"))


def covered(of: Partnership, la_code: str, covered: bool, at: datetime) -> AuthorityCovered:
    """An authority is the partnership's from then on, or is not any more."""
    row = AuthorityCovered(
        partnership_id=of.id, la_code=la_code, covered=covered, recorded_at=at, who="Priya Nandakumar"
    )
    return _add(row)


def person(
    of: Partnership, role: str = roles.LEAD, company: Company | None = None, **changes: Any
) -> Coordinator:
    """Somebody who signs in, in that role; no other than a lead is a partnership's first."""
    n = next(_n)
    row: Coordinator = _add(
        Coordinator(
            **{
                "partnership_id": of.id,
                "name": "Priya Nandakumar",
                "email": f"priya{n}@marlshire.example",
                "created_at": EARLIER,
            }
            | changes
        )
    )
    if row.ended_at is None:
        roles.give(of.id, row.id, role, company=company, who="set-up", now=row.created_at)
    return row


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
    facts = FACTS | {"organisation_id": 200000 + n, "name": f"Redmere Academy {n}"} | changes
    row = _add(School(**facts))
    _add(OrganisationRecord(recorded_at=recorded_at, **facts))
    return row


def body(of: Partnership, recorded_at: datetime = EARLIER, **changes: Any) -> Body:
    """A body of a partnership, as a coordinator put it down."""
    facts = {"name": f"Kestermere Neighbourhood Team {next(_n)}", "kind": "Police"} | changes
    said = BodyFacts(**facts)
    numbers = mock.patch.object(bodies, "free_numbers", lambda wanted: [FIRST_OF_BODIES + next(_n)])
    with numbers:  # not by chance, so that whatever goes by them goes the same way again
        return bodies.add(of.id, said, who="Priya Nandakumar", now=recorded_at, today=day_of(recorded_at))


def venue(of: Partnership, **changes: Any) -> Venue:
    """A hall of a partnership, 5 km from its schools."""
    facts: dict[str, Any] = {
        "name": f"Mill Lane Hall {next(_n)}",
        "street": "3 Mill Lane",
        "town": "Kestermere",
        "postcode": "ZZ1 4AA",
        "place": Place(easting=455000, northing=210000),
    }
    return venues.add(of.id, VenueFacts(**facts | changes), who="Priya Nandakumar", now=EARLIER)


def contact(of: Organisation, **changes: Any) -> Contact:
    return _add(
        Contact(
            **{
                "organisation_id": of.organisation_id,
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


def visit_contact(of: Booking, **changes: Any) -> VisitContact:
    """Somebody who has a booking in the calendar."""
    return _add(
        VisitContact(
            **{
                "booking_id": of.id,
                "name": "Joanna Fell",
                "duty": "colleague",
                "address": "j.fell@redmere.example",
                "source": f"booking {of.reference}",
                "source_date": EARLIER.date(),
                "added_at": EARLIER,
            }
            | changes
        )
    )


def programme(
    of: Partnership, year_groups: tuple[int, ...] = (8, 9), adults: AdultTarget = EVERYBODY, **changes: Any
) -> Programme:
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
    target(row, row.created_at, year_groups, adults)
    return row


def target(
    programme: Programme,
    at: datetime = EARLIER,
    year_groups: tuple[int, ...] = (),
    adults: AdultTarget = EVERYBODY,
) -> ProgrammeTarget:
    """Whom a programme is for from then on."""
    return _add(
        ProgrammeTarget(
            programme_id=programme.id, year_groups=year_groups, recorded_at=at, **dataclasses.asdict(adults)
        )
    )


def copied(programme: Programme, before: Programme) -> ProgrammeCopy:
    """A programme as the copy of another, as a roll-over makes it."""
    return _add(
        ProgrammeCopy(
            programme_id=programme.id,
            from_programme_id=before.id,
            academic_year=programme.academic_year,
            recorded_at=programme.created_at,
            who="Priya Nandakumar",
        )
    )


def troupe(of: Partnership, **changes: Any) -> Troupe:
    """A troupe of a company of its own, that asks for no lunch unless a test says so."""
    n = next(_n)
    company = _add(Company(partnership_id=of.id, name=f"Lantern Row Theatre {n}"))
    return _add(Troupe(**{"company_id": company.id, "name": "Red van", "lunch_minutes": 0} | changes))


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


def session_of(person: Coordinator, **changes: Any) -> str:
    """The token of a session of a coordinator's, which no clock that a test lets go ends and no page notes anew."""
    token = secrets.token_urlsafe(32)
    facts = {
        "partnership_id": person.partnership_id,
        "person_id": person.id,
        "token_hash": sign_in_sessions.hash_of(token),
        "device": "Firefox, Windows",
        "began_at": datetime(2020, 1, 1, tzinfo=UTC),
        "last_seen_at": datetime(2100, 1, 1, tzinfo=UTC),
    }
    if _writing.get():
        _add(SignInSession(**facts | changes))
    else:
        with transaction():
            _add(SignInSession(**facts | changes))
    return token


def signed_in(client: FlaskClient, person: Coordinator, **changes: Any) -> FlaskClient:
    """The client as that coordinator, whoever it was before; `changes`: of the session's row."""
    token = session_of(person, **changes)
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = token, True
    # The test's app context outlives a request, and flask-login remembers its person there.
    g.pop("_login_user", None)
    return client


def letter(recipient: str, handed_at: datetime | None, **changes: Any) -> Letter:
    """A letter that the mail server took at `handed_at`, or that still waits."""
    n = next(_n)
    at = handed_at or EARLIER
    if "partnership_id" not in changes:
        changes["partnership_id"] = db.session.scalar(select(func.min(Partnership.id))) or partnership().id
    return _add(
        Letter(
            **{
                "stream": f"invitation-{n}",
                "recipient": recipient,
                "kind": "invitation",
                "dtstamp": at,
                "subject": "Someone to Tell",
                "message_id": f"<{n}@outreach.example>",
                "raw": b"",
                "created_at": at,
                "status": "sent" if handed_at else "waiting",
                "not_before": at,
                "handed_at": handed_at,
            }
            | changes
        )
    )


def invitation(programme: Programme, of: School, at: datetime = EARLIER, **changes: Any) -> Invitation:
    """An invitation recorded, and its letter handed to the mail server, at one instant (`handed_at` None: it
    waits)."""
    address = changes.pop("address", f"office{next(_n)}@redmere.example")
    handed = changes.pop("handed_at", at)
    return _add(
        Invitation(
            **{
                "programme_id": programme.id,
                "organisation_id": of.organisation_id,
                "address": address,
                "letter_id": letter(address, handed, partnership_id=programme.partnership_id).id,
                "repeat": next(_n),
                "recorded_at": at,
            }
            | changes
        )
    )


def posted_letter(
    programme: Programme, of: School, posted_on: date, at: datetime = EARLIER, **changes: Any
) -> PaperPosting:
    """A letter on paper, made at an instant, and said to have been posted on a day."""
    code = _add(
        ShortCode(
            organisation_id=of.organisation_id,
            programme_id=programme.id,
            partnership_id=programme.partnership_id,
            kind="letter",
            code_hash="",
            created_at=at,
            expires_at=at + timedelta(days=300),
            ended_at=at,
            ended_as="replaced",
        )
    )
    letter = _add(
        PaperLetter(
            organisation_id=of.organisation_id,
            programme_id=programme.id,
            partnership_id=programme.partnership_id,
            link_id=_add(
                PersonalLink(
                    token_hash=f"posted {next(_n)}",
                    organisation_id=of.organisation_id,
                    programme_id=programme.id,
                    partnership_id=programme.partnership_id,
                    address="",
                    created_at=at,
                    expires_at=at,
                )
            ).id,
            short_code_id=code.id,
            made_at=at,
            who="Priya",
        )
    )
    posted_at = wall(posted_on, time(0))
    said = {"paper_letter_id": letter.id, "posted_at": posted_at, "recorded_at": at, "who": "Priya"}
    return _add(PaperPosting(**said | changes))


def answer(programme: Programme, of: School, kind: str, at: datetime = NOW, reason: str = "") -> Answer:
    return _add(
        Answer(
            programme_id=programme.id,
            organisation_id=of.organisation_id,
            kind=kind,
            reason=reason,
            recorded_at=at,
            who="Joanna Fell",
        )
    )


def show(programme: Programme, host: Organisation, starts_at: datetime, **changes: Any) -> Performance:
    """A performance of a troupe of its own on that day: 75 minutes, with get-in and get-out."""
    day = tour_day(
        programme, troupe(db.session.get_one(Partnership, programme.partnership_id)), starts_at.date()
    )
    n = next(_n)
    ends_at = starts_at + timedelta(minutes=programme.show_minutes)
    return placed(
        Performance(
            **{
                "partnership_id": programme.partnership_id,
                "programme_id": programme.id,
                "tour_day_id": day.id,
                "troupe_id": day.troupe_id,
                "organisation_id": host.organisation_id,
                "easting": host.easting,
                "northing": host.northing,
                "get_in_at": starts_at - timedelta(minutes=programme.get_in_minutes),
                "starts_at": starts_at,
                "ends_at": ends_at,
                "away_at": ends_at + timedelta(minutes=programme.get_out_minutes),
                "created_at": EARLIER,
                "uid": f"show{n}@outreach.example",
                "organizer_token": f"show{n:016d}",
            }
            | changes
        )
    )


def session(
    programme: Programme, venue: Venue, starts_at: datetime, *, places: int = 40, **changes: Any
) -> TrainingSession:
    """A session at a venue, of a trainer of its own on that day, with the venue's booking and its places open to all."""
    performance = show(programme, venue, starts_at)
    said = {"link": "https://meet.example/abc" if venue.is_online else "", "joining": ""} | changes
    row = _add(
        TrainingSession(
            performance_id=performance.id,
            partnership_id=programme.partnership_id,
            places=places,
            created_at=EARLIER,
            created_by="Priya Nandakumar",
            **said,
        )
    )
    booking(performance, {})
    consent(performance, places, how="open")
    return row


def placed(performance: Performance) -> Performance:
    """A show put down with the roads to those beside it, as the verbs put one down."""
    performances.reckon_roads(performance)
    return _add(performance)


def booking(
    performance: Performance,
    pupils: dict[int, int],
    at: datetime = EARLIER,
    of: School | None = None,
    **changes: Any,
) -> Booking:
    """A promise for a show, as host unless `of` names a guest, with its first revision."""
    n = next(_n)
    organisation_id = performance.organisation_id if of is None else of.organisation_id
    if organisation_id != performance.organisation_id and db.session.get(GuestSeats, performance.id) is None:
        consent(performance)
    row = _add(
        Booking(
            **{
                "reference": f"MRL-{n:05d}",
                "partnership_id": performance.partnership_id,
                "programme_id": performance.programme_id,
                "organisation_id": organisation_id,
                "performance_id": performance.id,
                "role": "host" if organisation_id == performance.organisation_id else "guest",
                "seats": sum(pupils.values()),
                "uid": f"booking{n}@outreach.example",
                "organizer_token": f"booking{n:016d}",
                "created_at": at,
            }
            | changes
        )
    )
    starts_at, ends_at = performance.starts_at, performance.ends_at
    revision(row, pupils, at=at, starts_at=starts_at, ends_at=ends_at)
    return row


def consent(performance: Performance, seats: int = 5000, **changes: Any) -> GuestSeats:
    """The host's word that guests may come."""
    return _add(
        GuestSeats(
            **{
                "performance_id": performance.id,
                "how": "ask",
                "seats": seats,
                "recorded_at": EARLIER,
                "who": "The host",
            }
            | changes
        )
    )


def revision(
    of: Booking,
    pupils: dict[int, int],
    *,
    at: datetime,
    starts_at: datetime,
    ends_at: datetime,
) -> BookingRevision:
    """What a promise says from then on; where no number was written for its school, it may be any."""
    row = _add(
        BookingRevision(
            booking_id=of.id, recorded_at=at, starts_at=starts_at, ends_at=ends_at, who="Joanna Fell"
        )
    )
    for year_group, number in pupils.items():
        if db.session.get(PromiseLimit, (of.organisation_id, of.programme_id, year_group)) is None:
            _add(
                PromiseLimit(
                    organisation_id=of.organisation_id, programme_id=of.programme_id, year_group=year_group
                )
            )
        _add(PromisedPupils(revision_id=row.id, year_group=year_group, pupils=number))
    return row


def cancellation(of: Booking, at: datetime, by: str = "school", reason: str = "Exams") -> Cancellation:
    of.ended_at = at
    return _add(
        Cancellation(booking_id=of.id, recorded_at=at, cancelled_by=by, who="Joanna Fell", reason=reason)
    )


def absence(
    programme: Programme,
    school: School,
    kind: str,
    year_group: int,
    pupils: int,
    at: datetime = EARLIER,
    day: date | None = None,
) -> Absence:
    """Pupils who missed it, or caught up on a day."""
    limit = (school.organisation_id, programme.id, year_group)
    if db.session.get(PromiseLimit, limit) is None:
        _add(
            PromiseLimit(
                organisation_id=school.organisation_id, programme_id=programme.id, year_group=year_group
            )
        )
    return _add(
        Absence(
            partnership_id=programme.partnership_id,
            programme_id=programme.id,
            organisation_id=school.organisation_id,
            year_group=year_group,
            kind=kind,
            pupils=pupils,
            day=day,
            recorded_at=at,
            who="The office",
        )
    )


def report(
    of: Booking,
    side: str,
    at: datetime,
    pupils: dict[int, int] | int | None = None,
    attendance: dict[int, int] | None = None,
    **changes: Any,
) -> VisitReport:
    """One side's word: a count by year group, a total, a company's of each booking's staff, or none;
    `took_place=False` with why_not."""
    row = _add(
        VisitReport(
            **{
                "performance_id": of.performance_id,
                "booking_id": None if side == "company" else of.id,
                "side": side,
                "took_place": True,
                "pupils": pupils if isinstance(pupils, int) else None,
                "recorded_at": at,
                "who": side,
            }
            | changes
        )
    )
    for booking_id, staff in (attendance or {}).items():
        _add(ReportedAttendance(report_id=row.id, booking_id=booking_id, staff=staff))
    if isinstance(pupils, dict):
        for year_group, number in pupils.items():
            _add(ReportedPupils(report_id=row.id, year_group=year_group, pupils=number))
    return row


def withdrawal(of: VisitReport, at: datetime, reason: str = "Another show was meant") -> ReportWithdrawal:
    """A report that is taken back; the older word of its side holds again."""
    return _add(ReportWithdrawal(report_id=of.id, recorded_at=at, who=of.side, reason=reason))


def dead_address(address: str, at: datetime = NOW, **changes: Any) -> DeadAddress:
    return _add(
        DeadAddress(**{"address": address, "recorded_at": at, "reason": "550 no such user"} | changes)
    )


def record(of: School, at: datetime, **changes: Any) -> OrganisationRecord:
    """What the register said of a school from `at` on, where it differs from what it says now."""
    facts = (
        {name: getattr(of, name) for name in SchoolFacts.__annotations__}
        | {"organisation_id": of.organisation_id}
        | changes
    )
    changes_hands(of.organisation_id, facts["la_code"], at)
    return _add(OrganisationRecord(recorded_at=at, **facts))


def body_record(of: Body, at: datetime, **changes: Any) -> OrganisationRecord:
    """What a coordinator said of a body from `at` on, where it differs from the last that was said."""
    last = db.session.scalar(
        select(OrganisationRecord)
        .where(OrganisationRecord.organisation_id == of.organisation_id, OrganisationRecord.recorded_at <= at)
        .order_by(OrganisationRecord.id.desc())
        .limit(1)
    )
    names = (*SchoolFacts.__annotations__, "organisation_id", "front_line_staff", "staff_counted_on")
    facts = {name: getattr(last or of, name) for name in names} | changes
    return _add(OrganisationRecord(recorded_at=at, **facts))


def changes_hands(organisation_id: int, la_code: str, at: datetime) -> None:
    """The word that lets a school go to another partnership's authority, where it is one's already."""
    last = (
        select(OrganisationRecord.la_code)
        .where(OrganisationRecord.organisation_id == organisation_id)
        .order_by(OrganisationRecord.id.desc())
        .limit(1)
    )
    giver = db.session.get(Authority, db.session.scalar(last) or "")
    receiver = db.session.get(Authority, la_code)
    if giver is None or receiver is None or giver.partnership_id == receiver.partnership_id:
        return
    _add(
        ChangeOfHands(
            urn=organisation_id,
            giver_id=giver.partnership_id,
            receiver_id=receiver.partnership_id,
            la_code=la_code,
            asked_at=at,
            asked_by="their file",
            outcome="agreed",
            settled_at=at,
            settled_by="Priya Nandakumar",
        )
    )


def succession(
    predecessor: School, successor: School, at: datetime = EARLIER, day: date | None = None
) -> Succession:
    return _add(
        Succession(
            predecessor_id=predecessor.organisation_id,
            successor_id=successor.organisation_id,
            link_date=day,
            recorded_at=at,
        )
    )


def own_number(
    of: School, year_group: int, pupils: int, at: datetime = EARLIER, year: int = 2026
) -> OwnNumber:
    return _add(
        OwnNumber(
            urn=of.organisation_id,
            academic_year=year,
            year_group=year_group,
            pupils=pupils,
            recorded_at=at,
            who="Joanna Fell",
        )
    )


def decision(
    programme: Programme,
    of: School,
    kind: str,
    at: datetime = EARLIER,
    year_groups: tuple[int, ...] = (),
    reason: str = "Agreed",
) -> TargetDecision:
    return _add(
        TargetDecision(
            programme_id=programme.id,
            organisation_id=of.organisation_id,
            kind=kind,
            year_groups=year_groups,
            reason=reason,
            recorded_at=at,
            who="Priya Nandakumar",
        )
    )
