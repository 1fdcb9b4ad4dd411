"""All that is held about one person is found by the list of what is kept, and erased; facts and everybody else stay."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import JSON, LargeBinary, Table, select, update
from test_sweep import LATELY, NOW, Told

import make
import postgres as postgres_for_tests
from every_address import whole_database
from outreach.asking import notes
from outreach.booking.promises import Booking
from outreach.county import partnerships
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.county.passkeys import Passkey
from outreach.county.schools import RegisterImport
from outreach.county.second_factors import RecoveryCode, SecondFactor
from outreach.ground import clock, history, history_chain
from outreach.ground.db import db, transaction
from outreach.ground.history import History, Subject
from outreach.post.incoming.inbox import Incoming
from outreach.post.outbox import Letter, LetterMail
from outreach.privacy import forgetting, held, kept, person, stored_mails
from outreach.privacy.belonging import rows_of
from outreach.privacy.forgetting import StillNeeded
from outreach.visits.reports import VisitReport

pytestmark = pytest.mark.own_database

JOANNA = "joanna@redmere.example"


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def list_(app: Flask, tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "backups").mkdir()
    app.config.update(
        ERASURES_FILE=str(tmp_path / "elsewhere" / "erasures"),
        HISTORY_KEY="the key of this test's history, long",
        BACKUP_FOLDER=str(tmp_path / "backups"),
        BACKUP_RECIPIENTS=[],
        POSTGRES_PROGRAMS=str(postgres_for_tests.binaries()),
    )
    return tmp_path / "elsewhere" / "erasures"


@pytest.fixture
def here(app: Flask, list_: Path) -> Partnership:
    """A person in every table that knew of her by her address, who also booked, reported, was noted and wrote."""
    with transaction():
        partnership = make.partnership()
        told = Told(partnership, LATELY, "joanna")
        amir = Told(partnership, LATELY, "amir")
        for booking in (told.booking, amir.booking):
            make.report(booking, "school", LATELY, {8: 90}, who="joanna Fell", why_not="joanna Fell says so")
        notes.write(
            told.school.organisation_id,
            "Rang Joanna Fell: the hall is free from 9.",
            partnership_id=partnership.id,
            who="Priya",
            now=LATELY,
        )
        history.record("booked", told.booking, who="joanna Fell", now=LATELY, after={"seats": 100})
        history.record("moved", told.booking, who="Priya", now=LATELY, before={"by": "Joanna Fell"})
        history.record(
            "asked", Subject("school", told.school.organisation_id, None), who="joanna Fell", now=LATELY
        )
        make.letter(
            "amir@redmere.example",
            LATELY,
            partnership_id=partnership.id,
            raw=b"Subject: Coming\r\nContent-Type: text/plain\r\n\r\nAsk for joanna Fell at the door.",
        )
        return partnership


def forget(here_id: int, *addresses: str, **changes: Any) -> forgetting.Forgotten:
    mails = held.mails(person.get(here_id, addresses, **changes))
    db.session.rollback()
    with transaction():
        return forgetting.forget(
            person.get(here_id, addresses, **changes),
            mails,
            asked_by="themselves",
            asked_on=NOW.date(),
            who="Priya",
            now=NOW,
        )


def everywhere(needle: str) -> list[str]:
    """Every column of every table in which some words stand; of bytes, too."""
    found = []
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            rows = db.session.scalars(select(column)).all()
            if isinstance(column.type, LargeBinary):
                hit = any(needle.encode().lower() in bytes(raw or b"").lower() for raw in rows)
            else:
                hit = any(needle.lower() in str(told).lower() for told in rows)
            if hit:
                found.append(f"{table.name}.{column.name}")
    return sorted(found)


def run(app: Flask, *command: str) -> str:
    done = app.test_cli_runner().invoke(args=list(command))
    db.session.remove()
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.any_database("postgresql")
def test_one_person_s_data_is_exported_erased_a_backup_of_before_restored_and_they_are_still_erased(
    app: Flask, here: Partnership, list_: Path
) -> None:
    here_id, name = here.id, here.name
    assert run(app, "history", "seal")
    run(app, "backup")
    (backup,) = (list_.parent.parent / "backups").glob("*.backup")
    stood, of_amir = everywhere("joanna"), everywhere("amir")
    exported = run(app, "privacy", "export", "--partnership", name, JOANNA)
    said = {
        f"{row['table']}.{column}"
        for kind in clean(exported)["kinds"]
        for row in kind["rows"]
        for column in row["said"]
    }
    # found_by repeats what stands beside it; a mail is exported by what it says; failed links are digests.
    left_out = {"contact.found_by", "visit_contact.found_by", "letter_mail.raw", "incoming_mail.raw"}
    assert set(stood) - left_out - said == set()
    assert "Dear joanna Fell" in exported and "Ask for joanna Fell at the door" in exported
    facts = {table: len(rows) for table, rows in whole_database().items() if table not in GROWS_OR_GOES}

    forget(here_id, JOANNA)
    assert everywhere("joanna") == []
    assert set(of_amir) - set(everywhere("amir")) == set(), "everybody else stays"
    erased = whole_database()
    assert {table: len(rows) for table, rows in erased.items() if table not in GROWS_OR_GOES} == facts
    reports = db.session.scalars(select(VisitReport).order_by(VisitReport.id)).all()
    assert [(one.who, one.why_not) for one in reports] == [
        ("an erased person", "These words were erased.")
    ] * 2
    (noted,) = db.session.scalars(select(notes.NoteOnOrganisation.text))
    assert noted == "Rang [erased]: the hall is free from 9."
    (deed,) = db.session.scalars(select(History).where(History.what == "erased a person"))
    assert (deed.who, deed.after["asked by"], deed.after["asked on"]) == ("Priya", "the person", "2029-09-03")
    assert "joanna" not in list_.read_text() and JOANNA not in list_.read_text()

    run(app, "restore", str(backup), "--replace")
    assert everywhere("joanna") == []
    assert set(of_amir) - set(everywhere("amir")) == set()
    assert {
        table: len(rows) for table, rows in whole_database().items() if table not in GROWS_OR_GOES
    } == facts
    run(app, "history", "seal")
    assert history_chain.verify().faults == ()


GROWS_OR_GOES = ("history", "history_link", "erasures_mark", "letter_mail", "incoming_mail", "dead_address")


def clean(exported: str) -> Any:
    import json

    return json.loads(exported)


@pytest.mark.any_database
def test_a_column_that_the_list_of_what_is_kept_names_is_found_and_erased_by_itself(
    here: Partnership,
) -> None:
    """Her name is put into every column of text that the list names, of every row there is; then she is erased."""
    here_id = here.id
    tried = []
    for table, column in texts():
        with transaction():
            rows = db.session.execute(select(*table.primary_key.columns)).all()
        if not rows or column in ADDRESSES or table.name in held.NOBODYS:
            continue
        try:
            with transaction():
                db.session.execute(update(table).values({column: "joanna Fell"}))
        except Exception:
            continue  # a row that stands for ever, or a column in which no name can stand
        tried.append(f"{table.name}.{column}")
    assert len(tried) > 20
    assert set(tried) <= set(everywhere("joanna"))
    forget(here_id, JOANNA, by_name=True)
    assert everywhere("joanna") == []


ADDRESSES = {"address", "email", "instead_of", "recipient", "sender", "stream"}


def texts() -> list[tuple[Table, str]]:
    tables = {table.name: table for table in db.metadata.sorted_tables}
    return [
        (tables[table], column)
        for one in kept.KEPT
        for table, column in kept.columns_in(one.columns)
        if str(tables[table].c[column].type) == "TEXT" and not isinstance(tables[table].c[column].type, JSON)
    ]


NOBODYS_MAY_BE = {"contact": "address", "history": "after", "incoming": "sender", "organisation": ""}
"""Tables whose rows may be nobody's, and where somebody stands in them: in the register of schools nobody does."""


def test_rows_that_nobody_can_tell_whose_they_are_are_found_and_erased(here: Partnership) -> None:
    tables = {one.name: one for one in db.metadata.sorted_tables if "partnership_id" in one.c}
    assert {name for name, one in tables.items() if one.c.partnership_id.nullable} == {*NOBODYS_MAY_BE}
    address = "gwen@elsewhere.example"
    with transaction():
        make.contact(make.school(la_code="999"), address=address, name="Gwen Pryce", partnership_id=None)
        mail = Incoming(
            digest="0" * 64,
            received_at=LATELY,
            kind="person",
            sender=address,
            sender_name="Gwen Pryce",
            subject="From Gwen",
            stream="",
            task="mail",
            why="Gwen asks",
            raw=b"From: gwen@elsewhere.example\r\n\r\nIt is Gwen Pryce.",
        )
        db.session.add(mail)
        db.session.flush()
        history.record("read", mail, who="Priya", now=LATELY, after={"from": address})
        here_id = here.id
    found = held.about(person.get(here_id, [address]))
    assert {(row.table, column) for row in found for column in row.hits} >= {
        (table, column) for table, column in NOBODYS_MAY_BE.items() if column
    }
    assert forget(here_id, address).mails == 1
    assert everywhere("gwen") == everywhere("pryce") == []


def test_who_brought_a_register_in_is_found_and_erased(here: Partnership) -> None:
    for table in held._tables():
        assert (rows_of(table, here.id) is None) == (table.name in {*held.NOBODYS, *HASHES_ALONE}), table.name
    with transaction():
        codes = [a.la_code for a in partnerships.authorities(here.id)]
        for la_codes in (",".join(["001", *codes]), "all", "001"):
            db.session.add(
                RegisterImport(recorded_at=LATELY, who="Gwen Pryce", file_name="a.csv", la_codes=la_codes)
            )
        make.contact(make.school(), address="gwen@redmere.example", name="Gwen Pryce", partnership_id=here.id)
        here_id = here.id
    forget(here_id, "gwen@redmere.example", by_name=True)
    rows = db.session.execute(select(RegisterImport.la_codes, RegisterImport.who)).all()
    assert {la_codes for la_codes, who in rows if "Gwen" in who} == {"001"}, "another partnership's"


HASHES_ALONE = ("day_count", "provider_attempt")
"""Of nobody: counts under a hash, and who has not been told yet."""


@pytest.mark.any_database
def test_their_number_is_taken_out_of_what_was_typed_and_a_school_s_own_stays(here: Partnership) -> None:
    phone, switchboard = "01632 960417", "01632 960500"
    said = f"Rang Gwen Pryce on {phone}, then +44 (0)1632 960 417; the office is {switchboard}, not 01632 960418."
    with transaction():
        school = make.school(telephone=switchboard)
        for address, number in (("gwen@redmere.example", phone), ("g.pryce@home.example", switchboard)):
            make.contact(school, address=address, name="Gwen Pryce", phone=number, partnership_id=here.id)
        notes.write(school.organisation_id, said, partnership_id=here.id, who="Priya", now=LATELY)
        here_id = here.id
    forget(here_id, "gwen@redmere.example", "g.pryce@home.example")
    told = db.session.scalars(
        select(notes.NoteOnOrganisation.text).where(notes.NoteOnOrganisation.text.contains("960418"))
    )
    assert told.all() == [
        f"Rang [erased] on [erased], then [erased]; the office is {switchboard}, not 01632 960418."
    ]


def test_nothing_of_another_partnership_is_found_or_erased(here: Partnership) -> None:
    with transaction():
        other = make.partnership(("932",), name="Otherwick")
        theirs = Told(other, LATELY, "joanna2", la_code="932")
        history.record("booked", theirs.booking, who="joanna Fell", now=LATELY)
        make.contact(theirs.school, address=JOANNA, name="joanna Fell", partnership_id=other.id)
        here_id, other_id = here.id, other.id
    found = held.about(person.get(other_id, [JOANNA]))
    assert {row.table for row in found} == {"booking_revision", "contact", "history", "dead_address"}
    before = {row.table: row.said for row in found if row.table != "dead_address"}
    forget(here_id, JOANNA, by_name=True)
    after = held.about(person.get(other_id, [JOANNA]))
    assert {row.table: row.said for row in after if row.table != "dead_address"} == before
    with pytest.raises(person.NobodyHere):
        person.get(here_id, ["joanna2@redmere.example"])


def test_a_coming_visit_keeps_its_contact_until_somebody_else_is_named(here: Partnership) -> None:
    with transaction():
        programme = make.programme(here, academic_year=2029)
        school = make.school(name="Redmere School")
        coming = make.booking(make.show(programme, school, NOW + timedelta(days=30)), {8: 90}, at=LATELY)
        theirs = make.visit_contact(coming, address=JOANNA, added_at=LATELY)
        here_id, booking_id = here.id, coming.id
    before = whole_database()
    with pytest.raises(StillNeeded, match="The visit to Redmere School on Wednesday 3 October needs"):
        forget(here_id, JOANNA)
    assert whole_database() == before
    (need,) = forgetting.needs(person.get(here_id, [JOANNA]), now=NOW)
    assert need.booking == db.session.get_one(Booking, booking_id).reference
    with transaction():
        db.session.merge(theirs).ended_at = NOW
    assert forget(here_id, JOANNA).rows > 10


@pytest.mark.any_database
def test_a_name_that_two_bear_is_left_where_only_the_name_stands_unless_it_is_asked(
    here: Partnership,
) -> None:
    with transaction():
        make.contact(
            make.school(), name="joanna Fell", address="j.fell@elsewhere.example", partnership_id=here.id
        )
        here_id = here.id
    found = person.get(here_id, [JOANNA])
    assert found.shared == {"joanna Fell": ("j.fell@elsewhere.example",)}
    forget(here_id, JOANNA)
    assert "visit_report.who" in everywhere("joanna Fell")
    assert everywhere(JOANNA) == []


@pytest.mark.any_database
def test_who_signed_in_is_erased_once_they_have_left(here: Partnership) -> None:
    with transaction():
        make.person(here)
        sam = make.person(here, name="Sam Okoro", email="sam@county.example", role="coordinator")
        make.session_of(sam)
        factor = SecondFactor(
            partnership_id=here.id, person_id=sam.id, secret="sealed", salt="salt", began_at=LATELY
        )
        db.session.add(factor)
        db.session.flush()
        db.session.add(
            RecoveryCode(partnership_id=here.id, second_factor_id=factor.id, code_hash="of a code")
        )
        db.session.add(
            Passkey(
                partnership_id=here.id,
                person_id=sam.id,
                credential_id="key of Sam",
                public_key="x",
                sign_count=0,
                name="Sam Okoro’s phone",
                added_at=LATELY,
            )
        )
        history.record("moved", Subject("partnership", here.id, here.id), who="Sam Okoro", now=LATELY)
        here_id, sam_id = here.id, sam.id
    with pytest.raises(StillNeeded, match="Sam Okoro signs in here. Let them leave first"):
        forget(here_id, "sam@county.example")
    with transaction():
        db.session.execute(
            update(Coordinator).where(Coordinator.id == sam_id).values(leaves_on=date(2029, 8, 1))
        )
    forget(here_id, "sam@county.example")
    assert everywhere("okoro") == everywhere("sam@county") == []
    left = db.session.get_one(Coordinator, sam_id)
    assert (left.name, left.password_hash) == ("an erased person", None)
    sessions = db.metadata.tables["sign_in_session"]
    assert db.session.execute(select(sessions).where(sessions.c.person_id == sam_id)).all() == []
    for ways_in in (SecondFactor, RecoveryCode, Passkey):
        assert db.session.scalars(select(ways_in)).all() == []


@pytest.mark.any_database
def test_a_letter_that_waits_for_them_is_never_sent_and_one_that_names_them_goes_first(
    here: Partnership,
) -> None:
    with transaction():
        theirs = make.letter(JOANNA, None, partnership_id=here.id, raw=b"Dear joanna").id
        naming = make.letter(
            "amir@redmere.example", None, partnership_id=here.id, raw=b"\r\n\r\nBring joanna Fell."
        ).id
        here_id = here.id
    with pytest.raises(StillNeeded, match="A letter to somebody else that names them waits to go"):
        forget(here_id, JOANNA)
    with transaction():
        db.session.execute(update(Letter).where(Letter.id == naming).values(status="sent"))
    forget(here_id, JOANNA)
    assert db.session.get_one(Letter, theirs).status == "withdrawn"
    assert (
        db.session.scalars(
            select(LetterMail.letter_id).where(LetterMail.letter_id.in_([theirs, naming]))
        ).all()
        == []
    )


@pytest.mark.any_database
def test_stored_mails_are_read_before_the_transaction_and_those_that_came_since_within_it(
    here: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that read them all would keep a county from booking for as long."""
    of = person.get(here.id, [JOANNA], by_name=True)
    mails = held.mails(of)
    asked = {"asked_by": "themselves", "asked_on": NOW.date(), "who": "Priya", "now": NOW}
    raw = b"Subject: Late\r\nContent-Type: text/plain\r\n\r\njoanna Fell has the key."
    with transaction():
        late = make.letter("amir@redmere.example", LATELY, partnership_id=here.id, raw=raw).id
    read: list[bytes] = []
    words_of = stored_mails.words_of
    monkeypatch.setattr(stored_mails, "words_of", lambda told: (read.append(told), words_of(told))[1])
    with transaction():
        forgetting.forget(of, mails, **asked)
    assert read == [raw]
    assert db.session.get(LetterMail, late) is None
