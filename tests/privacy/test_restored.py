"""Whoever was erased is erased in a restored backup of before, too; the list of it is on the disk before that commits."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from test_sweep import LATELY, LONG_AGO, NOW, Told, places_of, swept

import make
import postgres as postgres_for_tests
from outreach.cli.check import findings
from outreach.county import contacts, coordinators, passkeys
from outreach.county.contacts import Contact
from outreach.county.partnerships import Partnership
from outreach.county.passkeys import Passkey
from outreach.ground import clock, erasures, history_chain
from outreach.ground.db import db, transaction
from outreach.ground.erasures import FIRST_LINE, NotWritten
from outreach.ground.history import History
from outreach.post.outbox import LetterMail
from outreach.privacy import erasing, replaying

pytestmark = pytest.mark.own_database

KEY = "the key of this test's history, long"


@pytest.fixture
def list_(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The list of erasures, on what would be other storage; backups and their programs."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "backups").mkdir()
    found = tmp_path / "elsewhere" / "erasures"
    app.config.update(
        ERASURES_FILE=str(found),
        HISTORY_KEY=KEY,
        BACKUP_FOLDER=str(tmp_path / "backups"),
        BACKUP_RECIPIENTS=[],
        POSTGRES_PROGRAMS=str(postgres_for_tests.binaries()),
    )
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return found


@pytest.fixture
def here(app: Flask, list_: Path) -> Partnership:
    with transaction():
        return make.partnership()


def run(app: Flask, *command: str) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=list(command))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    db.session.remove()
    return done.exit_code, done.output


def backed_up(app: Flask, list_: Path) -> str:
    status, said = run(app, "backup")
    assert status == 0, said
    (found,) = (list_.parent.parent / "backups").glob("*.backup")
    return str(found)


def lines_of(list_: Path) -> list[str]:
    return [line for line in list_.read_text().splitlines() if not line.startswith("#")]


def test_what_the_sweep_erased_is_erased_again_in_a_restored_backup_of_before_and_the_chain_verifies(
    app: Flask, here: Partnership, list_: Path
) -> None:
    here_id = here.id
    with transaction():
        told = Told(here, LONG_AGO, "joanna")
        Told(here, LATELY, "amir")
        contacts.add(
            told.school.organisation_id,
            name="joanna Fell",
            role="Office",
            address="joanna2@redmere.example",
            phone="",
            source="their website",
            source_date=LONG_AGO.date(),
            who="Priya",
            now=LONG_AGO,
            partnership_id=here_id,
        )
    assert run(app, "history", "seal")[0] == 0
    before = backed_up(app, list_)
    assert len(places_of("joanna")) == 20
    assert run(app, "privacy", "sweep", "--do")[0] == 0
    assert (places_of("joanna"), len(places_of("amir"))) == ([], 19)
    assert not any("joanna" in line or "redmere" in line for line in lines_of(list_))
    erased = len(lines_of(list_))
    status, said = run(app, "restore", before, "--replace")
    assert status == 0, said
    assert f"Erased again, by {erased} lines of the list of erasures" in said
    assert (places_of("joanna"), len(places_of("amir"))) == ([], 19)
    assert len(lines_of(list_)) == erased, "what is erased again is no new line"
    with transaction():
        assert db.session.scalars(select(History.who).where(History.what == "erased told")).all() == [
            "the service"
        ]
    assert run(app, "history", "seal")[0] == 0
    verdict = history_chain.verify()
    assert (verdict.faults, verdict.erased) == ((), 1)
    assert run(app, "privacy", "replay") == (0, "0 lines read, 0 rows erased again.\n")


def test_a_passkey_that_was_removed_since_lets_nobody_in_by_a_restored_backup(
    app: Flask, here: Partnership, list_: Path
) -> None:
    with transaction():
        make.person(here)
        lost = make.person(here, name="Sam Okoro", email="sam@county.example")
        left = make.person(here, name="Lee Adu", email="lee@county.example")
        for person, name in ((lost, "phone"), (lost, "computer"), (left, "key")):
            db.session.add(
                Passkey(
                    partnership_id=here.id,
                    person_id=person.id,
                    credential_id=f"{name} of {person.id}",
                    public_key="x",
                    sign_count=0,
                    name=name,
                    added_at=LONG_AGO,
                )
            )
    before = backed_up(app, list_)
    with transaction():
        sam = coordinators.get("sam@county.example")
        (phone,) = [one.id for one in passkeys.of_person(sam.id) if one.name == "phone"]
        passkeys.remove(phone, person_id=sam.id, who="Sam Okoro", now=NOW)
        coordinators.end(coordinators.get("lee@county.example"), who="Priya", now=NOW)
    assert run(app, "restore", before, "--replace")[0] == 0
    assert db.session.scalars(select(Passkey.name)).all() == ["computer"]


@pytest.mark.any_database
def test_a_restore_asks_for_the_list_unless_it_is_told_to_do_without(
    app: Flask, here: Partnership, list_: Path
) -> None:
    with transaction():
        Told(here, LONG_AGO, "joanna")
    before = backed_up(app, list_)
    status, said = run(app, "restore", before, "--replace")
    assert (status, f"{list_}, the list of erasures, is not there" in said) == (1, True)
    app.config["ERASURES_FILE"] = ""
    status, said = run(app, "restore", before, "--replace")
    assert (status, "ERASURES_FILE is not set" in said, "--without-erasures" in said) == (1, True, True)
    status, said = run(app, "restore", before, "--replace", "--without-erasures")
    assert (status, "is there again (--without-erasures)" in said) == (0, True), said
    assert len(places_of("joanna")) == 20


@pytest.mark.any_database
def test_a_list_of_another_key_or_cut_short_restores_nothing(
    app: Flask, here: Partnership, list_: Path
) -> None:
    here_id = here.id
    with transaction():
        Told(here, LONG_AGO, "joanna")
    before = backed_up(app, list_)
    swept(here_id)
    whole = list_.read_text()
    app.config["SECRET_KEY"] = "another, which did not write the list"
    status, said = run(app, "restore", before, "--replace")
    assert (status, "was written with another SECRET_KEY" in said, "Nothing was replaced" in said) == (
        1,
        True,
        True,
    )
    app.config.update(SECRET_KEY_FALLBACKS=["for tests"])
    list_.write_text(whole + "no line of ours\n")
    status, said = run(app, "restore", before, "--replace")
    assert (status, "has a line that is none: 'no line of ours'" in said) == (1, True), said
    list_.write_text(whole + "2029-09-03\tcontact")  # killed here: that never committed
    status, said = run(app, "restore", before, "--replace")
    assert (status, places_of("joanna")) == (0, []), said
    list_.write_text(whole[:100])
    status, said = run(app, "privacy", "replay")
    assert (status, "is shorter than the database knows it" in said) == (1, True), said


@pytest.mark.any_database
def test_nothing_is_erased_where_the_list_cannot_be_written(here: Partnership, list_: Path) -> None:
    here_id = here.id
    with transaction():
        Told(here, LONG_AGO, "joanna")
    list_.parent.rmdir()
    with pytest.raises(NotWritten, match="Nothing was erased"):
        swept(here_id)
    db.session.rollback()
    assert len(places_of("joanna")) == 20


@pytest.mark.any_database
def test_nothing_is_erased_from_a_host_that_has_another_list(
    app: Flask, here: Partnership, list_: Path
) -> None:
    """Else each would know of its own erasures alone, and a restore by either would bring back the other's."""
    here_id = here.id
    with transaction():
        addresses = [Told(here, LONG_AGO, name).address for name in ("joanna", "mairi")]
    assert not erasures.is_anothers() and run(app, "privacy", "new-list")[0] == 1
    with transaction():
        erasing.erase(here_id, [addresses[0]], now=NOW)
    first, theirs = list_.read_bytes(), list_.with_name("of-another-host")
    app.config["ERASURES_FILE"] = str(theirs)
    for before in (None, FIRST_LINE.encode()):
        if before is not None:
            theirs.write_bytes(before)
        with pytest.raises(NotWritten, match="is not the one that stands for this database"), transaction():
            erasing.erase(here_id, [addresses[1]], now=NOW)
        assert "contact.address" in places_of("mairi") and erasures.is_anothers()
    assert any("has less than this database knows" in one.words for one in findings(app.config, NOW))
    assert list_.read_bytes() == first
    status, said = run(app, "privacy", "new-list")  # it is lost for good
    assert status == 0 and str(theirs) in said
    with transaction():
        erasing.erase(here_id, [addresses[1]], now=NOW)
    assert "contact.address" not in places_of("mairi") and len(lines_of(theirs)) == len(lines_of(list_))
    assert not erasures.is_anothers() and not erasures.is_behind()


@pytest.mark.any_database
def test_lines_are_on_the_disk_before_the_erasing_commits(
    here: Partnership, list_: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here_id = here.id
    with transaction():
        address = Told(here, LONG_AGO, "joanna").address
    seen: list[str] = []

    def commits() -> None:
        seen.append(list_.read_text())
        raise RuntimeError("the power fails")

    monkeypatch.setattr(db.session(), "commit", commits)
    with pytest.raises(RuntimeError), transaction():
        erasing.erase(here_id, [address], now=NOW)
    monkeypatch.undo()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert seen[0].startswith(FIRST_LINE) and "\tcontact.address\t" in seen[0]
    assert len(places_of("joanna")) == 20
    assert erasures.is_behind()
    replaying.before_work(transaction, now=NOW)  # as the service begins: what was asked for is done
    assert not erasures.is_behind()
    assert "contact.address" not in places_of("joanna")


@pytest.mark.any_database
def test_a_row_that_was_given_an_erased_one_s_number_after_a_restore_stays(
    app: Flask, here: Partnership, list_: Path
) -> None:
    here_id = here.id
    with transaction():
        make.school()
    before = backed_up(app, list_)
    with transaction():
        Told(db.session.get_one(Partnership, here_id), LONG_AGO, "joanna")
    swept(here_id)
    assert run(app, "restore", before, "--replace")[0] == 0
    with transaction():
        amir = Told(db.session.get_one(Partnership, here_id), LATELY, "amir")
        db.session.execute(erasures.ErasuresMark.__table__.delete())
        contact_id, letter_id = amir.contact.id, amir.letter.id
    assert f"contact.address\t{contact_id}\t" in list_.read_text()
    assert replaying.replay(transaction, now=NOW).erased == 0
    assert db.session.get_one(Contact, contact_id).address == "amir@redmere.example"
    assert db.session.get(LetterMail, letter_id) is not None


@pytest.mark.any_database
def test_no_page_is_served_of_a_database_that_was_restored_by_hand_until_it_is_erased_again(
    app: Flask, here: Partnership, list_: Path
) -> None:
    here_id = here.id
    with transaction():
        Told(here, LONG_AGO, "joanna")
    whole = {table.name: db.session.execute(select(table)).all() for table in (Contact.__table__,)}
    swept(here_id)
    with transaction():
        db.session.execute(erasures.ErasuresMark.__table__.delete())
        (row,) = whole["contact"]
        db.session.execute(Contact.__table__.update().values(address=row.address, name=row.name))
    assert places_of("joanna") == ["contact.address", "contact.name"]
    assert app.test_client().get("/privacy").status_code == 200
    assert places_of("joanna") == []
    list_.write_text("nothing that we wrote\n" * 500)
    app.extensions.pop("outreach: erased again")
    with transaction():
        db.session.execute(erasures.ErasuresMark.__table__.delete())
    assert app.test_client().get("/privacy").status_code == 503
