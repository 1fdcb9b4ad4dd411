"""What was kept for long enough goes, in whole batches, and facts stay."""

import os
import time
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, func, insert, select

import make
from begun import Begun
from every_address import whole_database
from outreach.booking.holds import Draft
from outreach.booking.promises import Booking, VisitContact
from outreach.county import contacts
from outreach.county.contacts import Contact
from outreach.county.coordinators import Coordinator, SignInLink
from outreach.county.partnerships import Partnership
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.history import History
from outreach.ground.timespans import wall
from outreach.post.incoming.inbox import CalendarAnswer, Incoming, IncomingMail
from outreach.post.links import PersonalLink
from outreach.post.outbox import DeadAddress, Letter, LetterMail
from outreach.privacy import kept, runs, sweep
from outreach.privacy.last_used import boundary

ROOT = Path(__file__).resolve().parents[2]

NOW = datetime(2029, 9, 3, 6, tzinfo=UTC)
"""In 2029/30: what was last used in 2026/27 was kept through 2027/28 and 2028/29, and goes."""

LONG_AGO = datetime(2027, 3, 9, 9, tzinfo=UTC)
LATELY = datetime(2029, 5, 8, 9, tzinfo=UTC)


def swept(partnership_id: int | None, now: datetime = NOW) -> dict[str, int]:
    done = {}
    for task in sweep.tasks(partnership_id):
        with transaction():
            done[task.name] = sweep.next_batch(task, partnership_id, now=now)
    return {name: many for name, many in done.items() if many}


def places_of(needle: str) -> list[str]:
    """Every column of every table in which some words stand, but for who did something, which is kept with the deed."""
    deeds = next(one.columns for one in kept.KEPT if one.name == "Who did what")
    found, left_out = [], set(kept.columns_in(deeds))
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if (table.name, column.name) in left_out:
                continue
            if isinstance(column.type, LargeBinary):
                rows = [bytes(raw or b"") for (raw,) in db.session.execute(select(column))]
                hit = any(needle.encode().lower() in raw.lower() for raw in rows)
            else:
                rows_of_text = [str(told) for (told,) in db.session.execute(select(column))]
                hit = any(needle.lower() in told.lower() for told in rows_of_text)
            if hit:
                found.append(f"{table.name}.{column.name}")
    return sorted(found)


class Told:
    """One school's booking of a day, and one person there in every table that knows of them."""

    def __init__(self, partnership: Partnership, at: datetime, name: str, la_code: str = "931") -> None:
        self.address = f"{name}@redmere.example"
        self.partnership = partnership
        self.school = make.school(la_code=la_code)
        self.programme = make.programme(partnership, academic_year=at.year - (at.month < 9))
        starts_at = at + timedelta(days=1)
        self.show = make.show(self.programme, self.school, starts_at)
        self.booking = make.booking(self.show, {8: 100}, at=at, booked_by=f"{name} Fell")
        called = {"name": f"{name} Fell", "address": self.address, "phone": "01632 960 204"}
        self.contact = make.contact(
            self.school, **called, created_at=at, partnership_id=partnership.id, found_by=f" {name} "
        )
        make.visit_contact(self.booking, **called, added_at=at, found_by=f" {name} ")
        self.letter = make.letter(
            self.address.title(),
            at,
            partnership_id=partnership.id,
            stream=self.booking.uid,
            method="REQUEST",
            sequence=3,
            subject=f"For {name}",
            raw=f"Dear {name} Fell".encode(),
        )
        db.session.add(
            PersonalLink(
                token_hash=sha256(name.encode()).hexdigest(),
                organisation_id=self.school.organisation_id,
                partnership_id=partnership.id,
                programme_id=self.programme.id,
                address=self.address,
                name=f"{name} Fell",
                created_at=at,
                expires_at=at,
            )
        )
        self.incoming = Incoming(
            partnership_id=partnership.id,
            digest=sha256(name.encode()).hexdigest(),
            received_at=at,
            kind="answer",
            sender=self.address,
            sender_name=f"{name} Fell",
            subject=f"Accepted by {name}",
            stream=self.booking.uid,
            raw=f"From: {self.address}".encode(),
        )
        db.session.add(self.incoming)
        db.session.flush()
        db.session.add(
            CalendarAnswer(
                incoming_id=self.incoming.id,
                uid=self.booking.uid,
                address=self.address,
                sequence=3,
                dtstamp=at,
                partstat="ACCEPTED",
                comment=f"{name} comes",
                authenticated=True,
                recorded_at=at,
            )
        )
        make.invitation(self.programme, self.school, at=at, address=self.address)
        make.dead_address(self.address, at=at)
        db.session.flush()


@pytest.fixture
def here(app: Flask) -> Partnership:
    with transaction():
        return make.partnership()


def test_whoever_was_last_written_to_three_school_years_ago_is_in_no_column_and_the_facts_stay(
    here: Partnership,
) -> None:
    with transaction():
        told = Told(here, LONG_AGO, "joanna")
    letter_id, booking_id = told.letter.id, told.booking.id
    assert len(places_of("joanna")) == 20
    done = swept(here.id)
    assert done == {"letters": 2, "replies": 1, "people": 1, "bookers": 1}
    assert places_of("joanna") == []
    letter, booking = db.session.get_one(Letter, letter_id), db.session.get_one(Booking, booking_id)
    assert (letter.method, letter.sequence, letter.kind, letter.handed_at) == (
        "REQUEST",
        3,
        "invitation",
        LONG_AGO,
    )
    assert letter.raw is None
    assert (booking.seats, booking.ended_at, booking.reference[:3]) == (100, None, "MRL")
    contact = db.session.scalars(select(Contact)).one()
    assert (contact.name, contact.role, contact.created_at, contact.ended_at) == ("", "", LONG_AGO, NOW)
    answer = db.session.scalars(select(CalendarAnswer)).one()
    assert (answer.partstat, answer.sequence, answer.comment) == ("ACCEPTED", 3, "")


def test_what_deeds_said_of_who_is_erased_goes_and_that_they_were_done_stays(here: Partnership) -> None:
    with transaction():
        school = make.school()
        for name in ("joanna", "amir"):
            contacts.add(
                school.organisation_id,
                name=f"{name} Fell",
                role="Office",
                address=f"{name}@redmere.example",
                phone="",
                source="their website",
                source_date=LONG_AGO.date(),
                who="Priya",
                now=LONG_AGO,
                partnership_id=here.id,
            )
        make.letter("amir@redmere.example", LATELY, partnership_id=here.id)
    assert swept(here.id)["people"] == 1
    deeds = db.session.scalars(
        select(History).where(History.what == "contact added").order_by(History.id)
    ).all()
    assert [(one.who, one.after and one.after["name"]) for one in deeds] == [
        ("Priya", None),
        ("Priya", "amir Fell"),
    ]
    assert deeds[0].told_salt is None and deeds[0].told_digest is not None


def test_one_name_that_is_nobodys_stands_wherever_the_address_stood(here: Partnership) -> None:
    with transaction():
        Told(here, LONG_AGO, "joanna")
    swept(here.id)
    found = {
        *db.session.scalars(select(Contact.address)),
        *db.session.scalars(select(VisitContact.address)),
        *db.session.scalars(select(Letter.recipient)).unique(),
        *db.session.scalars(select(PersonalLink.address)),
        *db.session.scalars(select(Incoming.sender)),
        *db.session.scalars(select(CalendarAnswer.address)),
        *db.session.scalars(select(DeadAddress.address)),
    }
    assert len(found) == 1
    assert found.pop().endswith("@erased.invalid")


@pytest.mark.parametrize(
    ("last_used", "goes"),
    [
        (wall(date(2027, 8, 31), make.NOW.time().replace(hour=23)), True),
        (wall(date(2027, 9, 1), make.NOW.time().replace(hour=0)), False),
    ],
)
def test_two_whole_school_years_are_kept_after_the_one_of_the_last_use(
    here: Partnership, last_used: datetime, goes: bool
) -> None:
    with transaction():
        make.contact(
            make.school(),
            address="office@redmere.example",
            created_at=LONG_AGO,
            partnership_id=here.id,
        )
        make.letter("Office@redmere.example", last_used, partnership_id=here.id)
    assert boundary(NOW) == wall(date(2027, 9, 1), make.NOW.time().replace(hour=0))
    assert swept(here.id).get("people", 0) == goes
    assert (db.session.scalars(select(Contact.address)).one() == "office@redmere.example") is not goes


def test_whoever_has_a_visit_before_them_or_works_here_stays(here: Partnership) -> None:
    with transaction():
        told = Told(here, LONG_AGO, "joanna")
        programme = make.programme(here, academic_year=2029, title="Next")
        coming = make.booking(
            make.show(programme, told.school, NOW + timedelta(days=30)), {8: 90}, at=LONG_AGO
        )
        make.visit_contact(coming, address=told.address, added_at=LONG_AGO)
        make.person(here, email="priya@county.example")
        make.letter("priya@county.example", LONG_AGO, partnership_id=here.id)
    assert "people" not in swept(here.id)


AT_WORK = {
    "a coordinator": lambda of, address: make.person(of, email=address),
    "a company": lambda of, address: setattr(make.troupe(of).company, "contact_email", address),
    "a troupe": lambda of, address: make.troupe(of, calendar_address=address),
    "a partnership": lambda of, address: setattr(of, "contact_email", address),
}
"""Who works at an address, of a partnership."""


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
@pytest.mark.parametrize("who", AT_WORK)
def test_whoever_works_for_another_partnership_alone_goes_from_this_one(
    here: Partnership, who: str, elsewhere: bool
) -> None:
    with transaction():
        there = make.partnership(("932",), county="Otherland", reference_prefix="OTH")
        AT_WORK[who](there if elsewhere else here, "Priya@lantern.example")
        make.letter("priya@lantern.example", LONG_AGO, partnership_id=here.id)
    assert swept(here.id).get("people", 0) == elsewhere
    gone = not db.session.scalar(select(func.count()).where(Letter.recipient == "priya@lantern.example"))
    assert gone is elsewhere


def test_letters_lose_their_words_after_twelve_months_but_not_before_their_visit_nor_while_they_wait(
    here: Partnership,
) -> None:
    old, new = NOW - timedelta(days=366), NOW - timedelta(days=364)
    with transaction():
        school = make.school()
        programme = make.programme(here, academic_year=2029)
        coming = make.booking(make.show(programme, school, NOW + timedelta(days=9)), {8: 90}, at=old)
        mails = {
            "old": make.letter("a@b.example", old, partnership_id=here.id),
            "new": make.letter("a@b.example", new, partnership_id=here.id),
            "failed": make.letter("a@b.example", old, partnership_id=here.id, status="failed"),
            "waiting": make.letter("a@b.example", old, partnership_id=here.id, status="waiting"),
            "coming": make.letter(
                "a@b.example", old, partnership_id=here.id, stream=coming.uid, method="REQUEST"
            ),
        }
        ids = {name: letter.id for name, letter in mails.items()}
    assert swept(here.id) == {"letters": 2}
    kept = set(db.session.scalars(select(LetterMail.letter_id)))
    assert {name for name, one in ids.items() if one in kept} == {"new", "waiting", "coming"}
    assert db.session.get_one(Letter, ids["failed"]).status == "withdrawn"


def test_how_long_words_are_kept_is_set(app: Flask, here: Partnership) -> None:
    app.config.update(LETTERS_MONTHS=1, REPLIES_DAYS=5)
    with transaction():
        make.letter("a@b.example", NOW - timedelta(days=32), partnership_id=here.id)
        _mail(here.id, NOW - timedelta(days=6))
    assert swept(here.id) == {"letters": 1, "replies": 1}


def test_mail_that_came_in_loses_its_words_after_ninety_days_but_not_while_it_waits(
    here: Partnership,
) -> None:
    old = NOW - timedelta(days=91)
    with transaction():
        _mail(here.id, old)
        _mail(here.id, old, task="mail", why="Somebody wrote.")
        _mail(here.id, NOW - timedelta(days=89))
        _mail(None, old)
    assert swept(here.id) == {"replies": 1}
    assert swept(None) == {"nobody’s mail": 1}
    assert db.session.scalar(select(func.count(IncomingMail.incoming_id))) == 2
    assert db.session.scalar(select(func.count(Incoming.id))) == 4


def _mail(partnership_id: int | None, at: datetime, **changes: Any) -> None:
    n = db.session.scalar(select(func.count(Incoming.id)))
    db.session.add(
        Incoming(
            partnership_id=partnership_id,
            digest=f"mail {n}",
            received_at=at,
            kind="person",
            sender="a@b.example",
            raw=b"words",
            **changes,
        )
    )
    db.session.flush()


def test_forms_not_finished_and_links_past_their_time_go(here: Partnership) -> None:
    with transaction():
        school, programme = make.school(), make.programme(here, academic_year=2029)
        person = make.person(here)
        for days, of in ((91, school), (89, make.school())):
            db.session.add(
                Draft(
                    organisation_id=of.organisation_id,
                    programme_id=programme.id,
                    typed={},
                    saved_at=NOW - timedelta(days=days),
                )
            )
        for hours in (-1, 1):
            db.session.add(
                SignInLink(
                    token_hash=f"{hours}", person_id=person.id, expires_at=NOW + timedelta(hours=hours)
                )
            )
    assert swept(here.id) == {"drafts": 1}
    assert swept(None) == {"links": 1}
    assert swept(None) == {}


def test_who_left_three_school_years_ago_keeps_a_name_and_no_address_nor_password(here: Partnership) -> None:
    with transaction():
        make.person(here)
        left = make.person(here, name="Sam Okoro", email="sam@county.example", role="coordinator")
        left.ended_at, left.password_hash = LONG_AGO, "hash"
        left_id = left.id
    assert swept(here.id)["left"] == 1
    db.session.expire_all()
    left = db.session.get_one(Coordinator, left_id)
    assert (left.name, left.password_hash) == ("Sam Okoro", None)
    assert places_of("sam@county.example") == []


def test_another_partnerships_people_stay_as_they_are(here: Partnership) -> None:
    with transaction():
        other = make.partnership(("932",), name="Otherwick")
        Told(here, LONG_AGO, "joanna")
        Told(other, LONG_AGO, "joanna2", la_code="932")
        theirs = Told(other, LONG_AGO, "both", la_code="932")
        make.contact(make.school(), address=theirs.address, created_at=LONG_AGO, partnership_id=here.id)
    before = places_of("joanna2"), places_of("both")
    assert swept(here.id)["people"] == 2
    assert places_of("joanna2") == before[0]
    assert set(before[1]) - set(places_of("both")) == set()
    assert db.session.scalar(select(func.count()).where(Contact.address == theirs.address)) == 1


def test_the_command_only_counts_unless_it_is_told_to_erase(
    app: Flask, here: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction():
        Told(here, LONG_AGO, "joanna")
        name = here.name
    before = whole_database()
    counted = app.test_cli_runner().invoke(args=["privacy", "sweep"])
    said = "2 letters’ words, 1 mail that came in, 1 address with who had it and 1 name of who booked"
    assert counted.exit_code == 0
    assert f"{name}: would erase {said}." in counted.output
    assert "Nothing was erased. With --do it is, for good." in counted.output
    assert whole_database() == before
    erased = app.test_cli_runner().invoke(args=["privacy", "sweep", "--do"])
    assert (erased.exit_code, erased.output) == (0, f"{name}: erased {said}.\n")
    last = runs.last(here.id)
    assert last is not None
    assert (last.swept_at, last.erased["people"]) == (NOW, 1)
    deed = db.session.scalars(select(History).order_by(History.id.desc()).limit(1)).one()
    assert (deed.what, deed.who, deed.after["people"]) == (
        "erased what was kept long enough",
        "the service",
        1,
    )
    again = app.test_cli_runner().invoke(args=["privacy", "sweep"])
    assert f"{name}: nothing is due." in again.output


def test_the_days_round_sweeps(app: Flask, here: Partnership, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction():
        Told(here, LONG_AGO, "joanna")
    dry = app.test_cli_runner().invoke(args=["asking", "chase", "--dry-run"])
    assert (dry.exit_code, runs.oldest(now=NOW)) == (0, None)
    assert app.test_cli_runner().invoke(args=["asking", "chase"]).exit_code == 0
    assert (places_of("joanna"), runs.oldest(now=NOW)) == ([], NOW)


MANY = 6000


@pytest.mark.any_database
def test_a_sweep_that_is_killed_leaves_whole_batches_and_the_next_one_goes_on(
    app: Flask, here: Partnership, database_url: str, tmp_path: Path
) -> None:
    long_ago = clock.now() - timedelta(days=400)
    with transaction():
        first = make.letter("a@b.example", long_ago, partnership_id=here.id)
        like = {c.name: getattr(first, c.name) for c in Letter.__table__.columns if c.name != "id"}
        rows = [like | {"message_id": f"<many {n}>", "stream": f"many {n}"} for n in range(MANY - 1)]
        ids = db.session.scalars(insert(Letter).returning(Letter.id), rows).all()
        db.session.execute(insert(LetterMail), [{"letter_id": one, "raw": b"words"} for one in ids])
    process = Begun(
        ["flask", "--app", "wsgi", "privacy", "sweep", "--do"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url, "OUTREACH_FOLDER": str(tmp_path)},
    )
    end = time.monotonic() + 300
    while (left := _mails()) == MANY:
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.002)
    process.kill()
    process.wait()
    left = _mails()
    assert 0 < left < MANY and left % sweep.AT_ONCE == 0
    assert runs.last(here.id) is None
    again = app.test_cli_runner().invoke(args=["privacy", "sweep", "--do"])
    assert f"{here.name}: erased {left:,} letters’ words." in again.output
    assert (_mails(), db.session.scalar(select(func.count(Letter.id)))) == (0, MANY)


def _mails() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(LetterMail.letter_id))) or 0
