"""The wall between two partnerships: a link into another's county shows nothing of it, and what stays where
when a school changes hands."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from outreach.asking import notes
from outreach.booking import named
from outreach.booking.promises import Booking
from outreach.county import contacts, corrections, schools
from outreach.county.partnerships import Partnership
from outreach.county.register import hands, lines
from outreach.county.register.hands import ChangeOfHands
from outreach.county.schools import School
from outreach.coverage import standings
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.tour.programmes import Programme

pytestmark = [pytest.mark.usefixtures("stopped"), pytest.mark.any_database]
SECRETS = (
    "lead@secret.example",
    "unit@secret.example",
    "SEC-00001",
    "Secret School",
    "Unit of Secrets",
    "Training of Secrets",
    "Hall of Secrets",
    "Secret door",
    "SEC-00009",
    "a word among us",
    "told on the phone",
    "Sworn in",
)


@dataclass
class Side:
    partnership: Partnership
    programme: Programme
    school: School
    client: FlaskClient


@pytest.fixture
def two(app: Flask) -> tuple[Side, Side]:
    """Ours with one school, and theirs, of which everything is a secret: a booking, contacts, notes, history,
    letters."""
    sides = []
    with transaction():
        for code, name in (("931", "Redmere Academy"), ("932", "Secret School")):
            partnership = make.partnership((code,))
            programme = make.programme(partnership)
            school = make.school(name=name, la_code=code)
            sides.append(
                Side(
                    partnership,
                    programme,
                    school,
                    make.signed_in(app.test_client(), make.person(partnership)),
                )
            )
        make.contact(sides[0].school, address="ours@redmere.example")
        theirs = sides[1]
        make.contact(theirs.school, address="lead@secret.example")
        team = make.body(theirs.partnership, name="Unit of Secrets")
        make.contact(team, address="unit@secret.example")
        for side in sides:
            make.programme(side.partnership, (), for_adults=True, title=f"Training of {side.school.name}")
        training = make.programme(theirs.partnership, (), for_adults=True, title="Training of Secrets")
        hall = make.venue(theirs.partnership, name="Hall of Secrets")
        session = make.session(training, hall, datetime(2027, 3, 9, 9, 30, tzinfo=UTC), joining="Secret door")
        make.booking(session.performance, {STAFF: 9}, of=team, reference="SEC-00009")
        made = make.booking(
            make.show(theirs.programme, theirs.school, datetime(2027, 1, 12, 9, 30, tzinfo=UTC)),
            {8: 100, 9: 100},
            reference="SEC-00001",
        )
        make.report(made, "school", make.NOW - timedelta(days=1), {8: 100, 9: 100})
        history.record(
            "invited",
            history.Subject("school", theirs.school.organisation_id, None),
            who="Sworn in",
            now=make.EARLIER,
            after="a word among us",
        )
        history.record("booked", made, who="Sworn in", now=make.EARLIER)
        notes.write(
            theirs.school.organisation_id,
            "told on the phone",
            theirs.programme,
            partnership_id=theirs.partnership.id,
            kind=notes.PHONE,
            who="Sworn in",
            now=make.EARLIER,
        )
        corrections.correct(
            theirs.school.organisation_id,
            "number_of_pupils",
            77,
            reason="a word among us",
            who="Sworn in",
            now=make.EARLIER,
        )
        schools.set_own_numbers(
            theirs.school.organisation_id, 2026, {8: 307}, who="Sworn in", now=make.EARLIER
        )
    return sides[0], sides[1]


@pytest.mark.both_databases
@pytest.mark.parametrize("ours_first", [True, False])
def test_a_link_into_anothers_county_shows_nothing_of_it(two: Any, ours_first: bool) -> None:
    ours, theirs = two
    before = standings.standings_of_programme(ours.programme.id, as_of=make.NOW.date(), now=make.NOW)
    with transaction():
        ends = (ours.school, theirs.school) if ours_first else (theirs.school, ours.school)
        make.succession(*ends)
        theirs.school.status = "Closed"
        make.record(theirs.school, make.EARLIER, status="Closed")
    organisation_id = ours.school.organisation_id
    for page in (
        f"/desk/schools/{organisation_id}",
        "/desk/search?q=secret",
        "/desk/gaps",
        "/desk/phone-list",
        "/desk/coverage",
        f"/desk/schools/{organisation_id}/invite",
        "/desk/schools",
        "/desk/bodies?state=all",
        "/desk/bodies.csv",
        "/desk/venues",
        "/desk/sessions",
        "/desk/sessions.csv",
        "/desk/bookings",
        "/desk/invitations",
        "/desk/register/changes",
    ):
        found = ours.client.get(page)
        assert found.status_code == 200
        assert [secret for secret in SECRETS if secret in found.text] == [], page
    for page, secret in (("/desk/venues", "Hall of Secrets"), ("/desk/bodies", "Unit of Secrets")):
        assert secret in theirs.client.get(page).text
    assert (
        lines.after([organisation_id], ours.partnership.id)
        == lines.before([organisation_id], ours.partnership.id)
        == {}
    )
    with transaction():  # with nobody on file of its own, nobody of theirs is written to
        contacts.end(contacts.contacts_of_organisation(organisation_id)[0], who="Priya", now=make.NOW)
    assert contacts.to_write_to([organisation_id]) == {}
    (was,) = before.target
    after = standings.standings_of_programme(
        ours.programme.id, as_of=make.NOW.date() - timedelta(days=1), now=make.NOW
    )
    assert all(s.target_pupils == was.target_pupils and not s.seen_pupils for s in after.target)


def hand_over(giver: Side, receiver: Side, at: datetime) -> None:
    with transaction():
        asked = ChangeOfHands(
            urn=giver.school.organisation_id,
            giver_id=giver.partnership.id,
            receiver_id=receiver.partnership.id,
            la_code="931",
            asked_at=at,
            asked_by="their file",
        )
        db.session.add(asked)
        db.session.flush()
        hands.agree([asked.id], giver_id=giver.partnership.id, who="Priya", now=at)


def test_what_stays_where_when_a_school_changes_hands(two: Any, stopped: Any) -> None:
    ours, theirs = two
    organisation_id, day = theirs.school.organisation_id, make.NOW.date()
    with transaction():
        coming = make.booking(
            make.show(theirs.programme, theirs.school, datetime(2027, 3, 9, 9, 30, tzinfo=UTC)),
            {8: 50},
            reference="SEC-00002",
        )
    reference = coming.reference
    past = [
        standings.standings_of_programme(theirs.programme.id, as_of=day - timedelta(days=n), now=make.NOW)
        for n in (0, 5, 30)
    ]
    now = make.NOW + timedelta(days=1)
    hand_over(theirs, ours, now)
    stopped.now = now + timedelta(hours=1)
    # The receiver has the school, with what is known of it, and begins with nobody and nothing else.
    page = ours.client.get(f"/desk/schools/{organisation_id}").text
    assert (
        "Secret School" in page
        and contacts.contacts_of_organisation(organisation_id)
        == contacts.to_write_to([organisation_id]).get(organisation_id, [])
        == []
    )
    for secret in ("lead@secret.example", "SEC-00001", "SEC-00002", "told on the phone"):
        assert secret not in page
    assert (
        "invited" not in page.split('id="history"')[-1].lower()
        or "a word among us" not in page.split('id="history"')[-1]
    )
    assert schools.own_numbers(organisation_id, 2026) == {8: 307}
    found = standings.standings_of_programme(ours.programme.id, as_of=stopped.now.date(), now=stopped.now)
    (taken,) = [s for s in found.target if s.organisation_id == organisation_id]
    assert (taken.standing, taken.seen_pupils) == ("unreachable", 0)
    # The giver's coordinators reach what they promised, its letters and history; the school is out of their
    # lists, and its page says where it went.
    left = theirs.client.get(f"/desk/schools/{organisation_id}").text
    assert f"Since 20 January 2027 with {ours.partnership.name} (authority " in left
    assert f"/desk/bookings/{reference}" in left and "/desk/bookings/SEC-00001" in left
    assert theirs.client.get(f"/desk/schools/{ours.school.organisation_id}").status_code == 404
    for one in ("SEC-00001", reference):
        assert theirs.client.get(f"/desk/bookings/{one}").status_code == 200
        assert ours.client.get(f"/desk/bookings/{one}").status_code == 404
    assert "SEC-00001" in theirs.client.get("/desk/bookings?when=past").text
    assert [c.address for c in contacts.contacts_of_organisation(organisation_id, theirs.partnership.id)] == [
        "lead@secret.example"
    ]
    now_theirs = standings.standings_of_programme(
        theirs.programme.id, as_of=stopped.now.date(), now=stopped.now
    )
    assert now_theirs.target == [] and [s.organisation_id for s in now_theirs.also_seen] == [organisation_id]
    # The days before stay as they were.
    for n, was in zip((0, 5, 30), past, strict=True):
        again = standings.standings_of_programme(
            theirs.programme.id, as_of=day - timedelta(days=n), now=stopped.now
        )
        assert (again.target, again.also_seen) == (was.target, was.also_seen)
    # What the receiver puts down later is nothing of the giver's.
    with transaction():
        make.contact(
            theirs.school,
            address="new@redmere.example",
            created_at=stopped.now,
            partnership_id=ours.partnership.id,
        )
        corrections.correct(
            organisation_id, "name", "Renamed Academy", reason="ours", who="Owen", now=stopped.now
        )
    assert [c.address for c in contacts.contacts_of_organisation(organisation_id)] == ["new@redmere.example"]
    assert [c.address for c in contacts.contacts_of_organisation(organisation_id, theirs.partnership.id)] == [
        "lead@secret.example"
    ]
    later = standings.standings_of_programme(
        theirs.programme.id, as_of=stopped.now.date(), now=stopped.now + timedelta(hours=1)
    )
    assert [s.name for s in later.also_seen] == ["Secret School"]
    for page in (f"bookings/{reference}", f"schools/{organisation_id}"):
        assert "new@redmere.example" not in theirs.client.get(f"/desk/{page}").text


@pytest.mark.both_databases
def test_each_reads_of_a_schools_history_what_was_its_own(two: Any, stopped: Any) -> None:
    ours, theirs = two
    organisation_id, at = theirs.school.organisation_id, make.NOW + timedelta(days=1)
    hand_over(theirs, ours, at)
    kept = ours.school.organisation_id
    with transaction():
        for what, of, who, hours in (
            ("invited", (kept, ours.partnership.id), "Priya", 0),
            ("held", (kept, theirs.partnership.id), "Sworn in", 0),
            ("set its hours", (organisation_id, None), "Owen", 1),
            ("held", (organisation_id, theirs.partnership.id), "The school", 2),
        ):
            subject = history.Subject("school", *of)
            history.record(what, subject, who=who, now=at + timedelta(hours=hours))

    def read(side: Side, organisation_id: int = organisation_id) -> list[str]:
        held = {
            ("school", organisation_id): hands.spans([organisation_id], side.partnership.id)[organisation_id]
        }
        return [
            row.what
            for row in history.of_many(
                {"school": [organisation_id]}, spans=held, partnership_id=side.partnership.id
            )
        ]

    assert read(ours) == ["set its hours"]
    # Of a school that never changed hands, too, what another did in a programme of its own is its own to
    # read.
    assert (read(ours, kept), read(theirs, kept)) == (["invited"], ["held"])
    assert read(theirs)[:1] == ["held"] and "invited" in read(theirs) and "set its hours" not in read(theirs)


def test_a_promise_at_a_school_that_changed_hands_is_moved_and_ended_by_who_made_it(
    two: Any, stopped: Any
) -> None:
    ours, theirs = two
    with transaction():
        booking = make.booking(
            make.show(theirs.programme, theirs.school, datetime(2027, 3, 9, 9, 30, tzinfo=UTC)), {8: 50}
        )
    reference = booking.reference
    hand_over(theirs, ours, make.NOW)
    typed = {"reason": "The hall is closed", "by": "school", "cancelled_by": "school"}
    assert ours.client.post(f"/desk/bookings/{reference}/cancel", data=typed).status_code == 404
    assert theirs.client.get(f"/desk/bookings/{reference}/cancel").status_code == 200
    assert db.session.query(Booking).filter_by(reference=reference).one().ended_at is None


def test_whom_a_school_may_name_at_once_goes_by_the_contacts_of_the_partnership_whose_link_it_holds(
    two: Any,
) -> None:
    ours, theirs = two
    hand_over(theirs, ours, make.NOW)
    with transaction():
        make.contact(theirs.school, address="head@receiver.example", partnership_id=ours.partnership.id)
    addresses = (
        "lead@secret.example",
        "else@secret.example",
        "head@receiver.example",
        "else@receiver.example",
    )
    for side, expected in ((theirs, [True, True, False, False]), (ours, [False, False, True, True])):
        known = named.known_at(theirs.school, side.partnership.id, holder="")
        assert [known(address) for address in addresses] == expected
