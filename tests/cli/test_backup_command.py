"""flask backup and flask restore: what was there is there again, and whatever is refused changes nothing."""

import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pyrage
import pytest
from flask import Flask
from sqlalchemy import make_url, select, text

import make
import postgres as postgres_for_tests
from begun import begun_and_done
from outreach.booking.promises import Booking
from outreach.cli.backups import postgres_server, sqlite_file
from outreach.county.partnerships import Partnership
from outreach.coverage import standings
from outreach.ground import clock, history
from outreach.ground.db import db, transaction
from outreach.tour.programmes import Programme
from tampering import past_the_service

pytestmark = pytest.mark.own_database

ROOT = Path(__file__).resolve().parents[2]

FIRST = "outreach-2027-01-19T090000Z.backup"


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Tuesday 19 January 2027, 9 in the morning."""
    standing = SimpleNamespace(now=make.NOW)
    monkeypatch.setattr(clock, "now", lambda: standing.now)
    return standing


@pytest.fixture
def folder(app: Flask, stopped: Any, tmp_path: Path) -> Path:
    """Where the backups of a small county are to go: two schools, of which one is booked."""
    found = tmp_path / "backups"
    found.mkdir()
    (tmp_path / "erasures").touch()
    app.config.update(
        BACKUP_FOLDER=str(found),
        ERASURES_FILE=str(tmp_path / "erasures"),
        POSTGRES_PROGRAMS=str(postgres_for_tests.binaries()),
        BACKUP_RECIPIENTS=[],
    )
    with transaction():
        programme = make.programme(make.partnership(name="Marlshire Partnership"))
        host, other = make.school(name="Ashdown School"), make.school(name="Birchwood School")
        make.contact(other)
        make.booking(make.show(programme, host, datetime(2027, 3, 9, 10, tzinfo=UTC)), {8: 120})
    return found


def run(app: Flask, *command: str) -> tuple[int, str]:
    """Exit status and what was said, to standard error too."""
    done = app.test_cli_runner().invoke(args=list(command))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    db.session.remove()
    return done.exit_code, done.output


def as_it_stands() -> dict[str, str]:
    """Each school's standing, read anew."""
    db.session.rollback()
    (programme,) = db.session.scalars(select(Programme))
    reckoned = standings.standings_of_programme(programme.id, as_of=make.NOW.date(), now=make.NOW)
    return {one.name: one.standing for one in reckoned.target}


def book_another() -> None:
    with transaction():
        programme = db.session.scalars(select(Programme)).one()
        make.booking(
            make.show(programme, make.school(name="Carrow School"), datetime(2027, 3, 10, 10, tzinfo=UTC)),
            {8: 90},
        )


def names_beside(app: Flask, what: str) -> list[str]:
    """Databases that stand beside the service's: files, or databases of the server."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        return sorted(p.name for p in path.parent.iterdir() if what in p.name and p.name != path.name)
    with psycopg.connect(server_of(url), autocommit=True) as desk:
        found = desk.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{url.database}_{what}%"]
        )
        return sorted(name for (name,) in found)


def server_of(url: Any) -> str:
    return url.set(database="postgres", drivername="postgresql").render_as_string(hide_password=False)


def test_what_was_backed_up_is_there_again_after_a_restore(app: Flask, folder: Path) -> None:
    before = as_it_stands()
    assert before == {"Ashdown School": "booked", "Birchwood School": "not asked"}
    status, said = run(app, "backup")
    assert (status, sorted(p.name for p in folder.iterdir())) == (0, [FIRST]), said
    assert (folder / FIRST).stat().st_mode & 0o777 == 0o600
    book_another()
    assert len(as_it_stands()) == 3
    status, said = run(app, "restore", str(folder / FIRST), "--replace")
    assert status == 0, said
    assert "Restored as of 19 January 2027 at 9:00am" in said
    assert as_it_stands() == before
    assert "What was there before is" in said and len(names_beside(app, "before")) == 1
    assert names_beside(app, "scratch") == names_beside(app, ".backup") == []
    book_another()  # guards and numbers are there as well
    assert len(as_it_stands()) == 3


def test_what_was_put_aside_holds_what_came_since(app: Flask, folder: Path) -> None:
    run(app, "backup")
    book_another()
    run(app, "restore", str(folder / FIRST), "--replace")
    (aside,) = names_beside(app, "before")
    url = db.engine.url
    if url.get_backend_name() == "sqlite":
        with sqlite3.connect(Path(str(url.database)).with_name(aside)) as old:
            assert old.execute("SELECT count(*) FROM booking").fetchone() == (2,)
    else:
        with psycopg.connect(server_of(url.set(database=aside)).replace("/postgres", f"/{aside}")) as there:
            assert there.execute("SELECT count(*) FROM booking").fetchone() == (2,)


def test_a_restore_into_an_empty_database_leaves_nothing_beside_it(app: Flask, folder: Path) -> None:
    run(app, "backup")
    before = as_it_stands()
    emptied(app)
    status, said = run(app, "restore", str(folder / FIRST))
    assert (status, names_beside(app, "before")) == (0, []), said
    assert as_it_stands() == before


def emptied(app: Flask) -> None:
    """The machine is new: the database is not even migrated."""
    url = db.engine.url
    db.session.remove()
    db.engine.dispose()
    if url.get_backend_name() == "sqlite":
        for path in Path(str(url.database)).parent.glob("outreach.sqlite*"):
            path.unlink()
        return
    with psycopg.connect(server_of(url), autocommit=True) as desk:
        desk.execute(f"DROP DATABASE {url.database} WITH (FORCE)")  # type: ignore[call-overload]
        desk.execute(f"CREATE DATABASE {url.database} TEMPLATE template0")  # type: ignore[call-overload]


@pytest.mark.any_database
def test_a_database_that_holds_something_is_replaced_only_when_told(app: Flask, folder: Path) -> None:
    run(app, "backup")
    book_another()
    status, said = run(app, "restore", str(folder / FIRST))
    assert status == 1 and "is not empty. With --replace it is put aside" in said
    assert len(as_it_stands()) == 3


def test_a_database_in_use_is_not_replaced(app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (postgres_server, sqlite_file):
        monkeypatch.setattr(kind, "PATIENCE_SECONDS", 1)
    run(app, "backup")
    url = db.engine.url
    if url.get_backend_name() == "sqlite":
        other: Any = sqlite3.connect(str(url.database))
    else:
        other = psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    other.execute("SELECT count(*) FROM booking").fetchall()
    status, said = run(app, "restore", str(folder / FIRST), "--replace")
    other.close()
    assert status == 1 and "is in use" in said and "Stop the service first" in said
    assert len(as_it_stands()) == 2


def test_a_backup_is_verified_by_restoring_it_and_leaves_a_mark(app: Flask, folder: Path) -> None:
    run(app, "backup")
    book_another()
    status, said = run(app, "backup", "--verify")
    assert status == 0, said
    assert "was restored and compared: made 19 January 2027 at 9:00am" in said
    assert "standings of 1 programme the same." in said
    assert sorted(p.name for p in folder.iterdir()) == [FIRST, f"{FIRST}.verified"]
    assert names_beside(app, "scratch") == names_beside(app, ".backup") == []
    assert len(as_it_stands()) == 3


@pytest.mark.any_database
def test_a_backup_has_the_head_of_the_history_which_finds_an_end_that_was_cut_later(
    app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(app, "backup")[0] == 0
    assert run(app, "history", "verify", "--head", str(folder / FIRST))[0] == 2, "no key, nothing sealed"
    monkeypatch.setitem(app.config, "HISTORY_KEY", "7d1f0c4e92a85b36e0b7c41d8f2a6953")
    with transaction():
        of = db.session.scalars(select(Partnership)).one()
        for name in ("Joanna", "Priya"):
            history.record("changed", of, who=name, now=make.NOW)
    sealed = run(app, "history", "seal")[1].splitlines()[-1]
    assert "no head" in run(app, "history", "verify", "--head", str(folder / FIRST))[1]
    (folder / FIRST).unlink()
    run(app, "backup")
    with zipfile.ZipFile(folder / FIRST) as archive:
        assert json.loads(archive.read("manifest.json"))["account"]["history_head"] == sealed
    assert "The history is as it was sealed." in run(app, "backup", "--verify")[1]
    assert run(app, "history", "verify", "--head", str(folder / FIRST))[0] == 0

    cut = "(SELECT max(history_id) FROM history_link)"
    past_the_service(
        f"DELETE FROM history WHERE id = {cut}", f"DELETE FROM history_link WHERE history_id = {cut}"
    )
    assert run(app, "history", "verify")[0] == 0, "nothing is missing before its end"
    status, said = run(app, "history", "verify", "--head", str(folder / FIRST))
    assert status == 1 and "The end was cut off" in said
    past_the_service("UPDATE history SET what = 'left' WHERE who = 'Joanna'")
    (folder / FIRST).unlink()
    run(app, "backup")
    status, said = run(app, "backup", "--verify")
    assert status == 1 and "its history is not as it was sealed" in said and "was changed" in said


def told_otherwise(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Write a backup's manifest anew."""
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        copy = archive.read(manifest["copy"])
    change(manifest)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(manifest["copy"], copy)
        archive.writestr("manifest.json", json.dumps(manifest))


@pytest.mark.any_database
@pytest.mark.parametrize(
    "change, words",
    [
        (
            lambda told: told["account"]["rows"].update(booking=2),
            "Table booking has 1 row, not 2.",
        ),
        (
            lambda told: told["account"]["programmes"][0].update(sha256="0" * 64, standings={"booked": 2}),
            "Standings of Someone to Tell (Marlshire Partnership) are others: 1 booked, 1 not asked, not 2 booked.",
        ),
        (
            lambda told: told["account"].update(history_head="3:" + "0" * 64),
            f"The chain over its history ends with nothing, not 3:{'0' * 64}.",
        ),
    ],
)
def test_a_copy_that_differs_from_its_account_is_neither_verified_nor_restored(
    app: Flask, folder: Path, change: Any, words: str
) -> None:
    run(app, "backup")
    told_otherwise(folder / FIRST, change)
    status, said = run(app, "backup", "--verify", str(folder / FIRST))
    assert (status, said.splitlines()[1:]) == (1, [words])
    assert not (folder / f"{FIRST}.verified").exists()
    book_another()
    status, said = run(app, "restore", str(folder / FIRST), "--replace")
    assert (status, said.splitlines()[1:]) == (1, [words]) and "Nothing was replaced" in said
    assert len(as_it_stands()) == 3 and names_beside(app, "before") == []
    assert names_beside(app, "scratch") == names_beside(app, ".backup") == []


@pytest.mark.any_database
def test_a_cut_or_damaged_file_is_refused_in_words(app: Flask, folder: Path) -> None:
    run(app, "backup")
    path = folder / FIRST
    whole = path.read_bytes()
    before = as_it_stands()
    for size in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        for command in (("backup", "--verify", str(path)), ("restore", str(path), "--replace")):
            status, said = run(app, *command)
            assert (status, "it is cut, damaged, or another kind of file." in said) == (1, True), (size, said)
    for at in (200, len(whole) // 3, len(whole) // 2):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        for command in (("backup", "--verify", str(path)), ("restore", str(path), "--replace")):
            status, said = run(app, *command)
            assert (status, "is damaged" in said) == (1, True), (at, said)
    status, said = run(app, "restore", str(folder / "none"), "--replace")
    assert (status, said) == (1, f"{folder / 'none'} cannot be read: No such file or directory.\n")
    assert as_it_stands() == before and names_beside(app, "before") == []


@pytest.mark.any_database
def test_a_sealed_backup_opens_with_its_key_alone(app: Flask, folder: Path, tmp_path: Path) -> None:
    right, wrong = (pyrage.x25519.Identity.generate() for _ in range(2))
    for name, key in (("right", right), ("wrong", wrong)):
        (tmp_path / name).write_text(f"# created: today\n# public key: {key.to_public()}\n{key}\n")
    app.config["BACKUP_RECIPIENTS"] = [str(right.to_public())]
    status, said = run(app, "backup")
    assert status == 0 and "sealed for 1 key" in said, said
    written = (folder / FIRST).read_bytes()
    assert b"age-encryption.org/v1" in written and b"PGDMP" not in written and b"Ashdown" not in written
    book_another()
    path = str(folder / FIRST)
    for given, words in (
        ((), "is sealed. Name the file of the private key: --identity FILE."),
        (
            ("--identity", str(tmp_path / "wrong")),
            "cannot be opened with this key: it was sealed for another.",
        ),
        (("--identity", str(tmp_path / "none")), "cannot be read: No such file or directory."),
        (("--identity", path), "holds no private key of age or SSH"),
    ):
        for command in (("backup", "--verify", path), ("restore", path, "--replace")):
            status, said = run(app, *command, *given)
            assert (status, words in said) == (1, True), said
    assert len(as_it_stands()) == 3
    status, said = run(app, "backup", "--verify", "--identity", str(tmp_path / "right"))
    assert status == 0, said
    status, said = run(app, "restore", path, "--replace", "--identity", str(tmp_path / "right"))
    assert status == 0 and len(as_it_stands()) == 2, said


@pytest.mark.any_database
def test_a_key_that_is_none_stops_the_backup(app: Flask, folder: Path) -> None:
    app.config["BACKUP_RECIPIENTS"] = ["age1thatisnone"]
    status, said = run(app, "backup")
    assert status == 1 and "holds 'age1thatisnone…', which is no public key" in said
    assert list(folder.iterdir()) == []


@pytest.mark.any_database
def test_a_backup_of_a_newer_release_is_refused(app: Flask, folder: Path) -> None:
    run(app, "backup")
    told_otherwise(folder / FIRST, lambda told: told["account"].update(revision="9999"))
    told_otherwise(folder / FIRST, lambda told: told.update(release="7.0.0"))
    for command in (("backup", "--verify"), ("restore", str(folder / FIRST), "--replace")):
        status, said = run(app, *command)
        assert status == 1 and "is of a newer release (7.0.0, revision 9999)" in said, said
    told_otherwise(folder / FIRST, lambda told: told.update(format=2))
    status, said = run(app, "restore", str(folder / FIRST), "--replace")
    assert status == 1 and "it was made by a newer release of Outreach (7.0.0)" in said
    assert len(as_it_stands()) == 2


@pytest.mark.any_database
def test_a_backup_of_an_older_release_is_brought_up_to_this_one(app: Flask, folder: Path) -> None:
    """One that was made before the newest migration, and that holds what it held."""
    head = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    db.session.remove()
    assert run(app, "db", "downgrade", "--drop-data")[0] == 0
    status, said = run(app, "backup")
    assert status == 0, said
    assert run(app, "db", "upgrade")[0] == 0
    status, said = run(app, "backup", "--verify")
    assert status == 0 and "standings not compared: it is an older release's." in said, said
    book_another()
    status, said = run(app, "restore", str(folder / FIRST), "--replace")
    assert status == 0, said
    assert db.session.scalar(text("SELECT version_num FROM alembic_version")) == head
    assert as_it_stands() == {"Ashdown School": "booked", "Birchwood School": "not asked"}


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(app, "db", "downgrade", "--drop-data")[0] == 0
    run(app, "backup")
    assert run(app, "db", "upgrade")[0] == 0
    book_another()

    def failing() -> None:
        raise RuntimeError("of the test")

    monkeypatch.setattr("outreach.cli.migrations.apply", failing)
    status, said = run(app, "restore", str(folder / FIRST), "--replace")
    assert status == 1 and "cannot be brought up to this release: of the test" in said
    assert len(as_it_stands()) == 3 and names_beside(app, "before") == []
    assert names_beside(app, "scratch") == names_beside(app, ".backup") == []


@pytest.mark.any_database
def test_a_backup_of_the_other_kind_of_database_is_refused(app: Flask, folder: Path) -> None:
    run(app, "backup")
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[db.engine.dialect.name]
    told_otherwise(folder / FIRST, lambda told: told.update(kind=other))
    status, said = run(app, "restore", str(folder / FIRST), "--replace")
    assert status == 1 and f"is of {other}, and the service's database is " in said
    assert len(as_it_stands()) == 2


@pytest.mark.any_database
def test_without_a_folder_it_asks_for_one(app: Flask, folder: Path) -> None:
    app.config["BACKUP_FOLDER"] = ""
    assert run(app, "backup") == (
        1,
        "Where to? Name the folder of the backups: --to FOLDER, or the setting BACKUP_FOLDER.\n",
    )
    status, said = run(app, "backup", "--to", str(folder / "none"))
    assert (status, said) == (1, f"{folder / 'none'} cannot be written: No such file or directory.\n")
    assert run(app, "backup", "--to", str(folder))[0] == 0


SMALL = """
import resource
from wsgi import app
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
app.cli.main(args=["backup"], prog_name="flask")
"""


@pytest.mark.any_database
def test_a_full_disk_leaves_no_file_that_looks_like_a_backup(
    app: Flask, folder: Path, database_url: str, tmp_path: Path
) -> None:
    """No file may grow beyond 64 kilobytes, which is what a process sees of a disk that has no more."""
    db.session.remove()
    done = begun_and_done(
        ["-c", SMALL],
        cwd=ROOT,
        env=as_of(app, database_url, tmp_path),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert "cannot be written: File too large." in done.stderr or "cannot be copied:" in done.stderr
    assert list(folder.iterdir()) == []
    assert names_beside(app, ".backup") == []


def as_of(app: Flask, database_url: str, tmp_path: Path) -> dict[str, str]:
    told = ("BACKUP_FOLDER", "POSTGRES_PROGRAMS", "SECRET_KEY")
    here = {"DATABASE_URL": database_url, "OUTREACH_FOLDER": str(tmp_path)}
    return os.environ | here | {name: app.config[name] for name in told}


@pytest.mark.any_database
def test_a_damaged_database_is_replaced_and_its_log_goes_with_it(app: Flask, folder: Path) -> None:
    """On SQLite; a log that stayed would be written over the restored database."""
    if db.engine.dialect.name != "sqlite":
        return
    run(app, "backup")
    before = as_it_stands()
    book_another()
    path = Path(str(db.engine.url.database))
    log = Path(f"{path}-wal").read_bytes()
    db.session.remove()
    db.engine.dispose()
    path.write_bytes(b"no database any more" * 1000)
    Path(f"{path}-wal").write_bytes(log)
    status, said = run(app, "restore", str(folder / FIRST))
    assert status == 1 and "is not empty" in said
    status, said = run(app, "restore", str(folder / FIRST), "--replace")
    assert status == 0, said
    assert as_it_stands() == before
    assert {"", "-wal"} <= {name.rpartition("Z")[2] for name in names_beside(app, "before")}


def test_the_restored_file_is_its_owners_as_before(app: Flask, folder: Path) -> None:
    if db.engine.dialect.name != "sqlite":
        return
    run(app, "backup")
    path = Path(str(db.engine.url.database))
    path.chmod(0o640)
    if os.geteuid() == 0:
        shutil.chown(path, 65534)
    owner = path.stat().st_uid
    assert run(app, "restore", str(folder / FIRST), "--replace")[0] == 0
    assert (path.stat().st_mode & 0o777, path.stat().st_uid) == (0o640, owner)


def test_an_account_that_may_not_make_databases_restores_into_an_empty_one(
    app: Flask, folder: Path, postgres: Any, database_url: str
) -> None:
    """On PostgreSQL, as a hoster gives it; and it verifies in an empty database that it is told of."""
    if db.engine.dialect.name == "sqlite":
        return
    run(app, "backup")
    before = as_it_stands()
    own = psycopg.connect(postgres.url("postgres"), autocommit=True)
    name = f"plain_{os.getpid()}"
    own.execute(f"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB")  # type: ignore[call-overload]
    try:
        for database in (f"{name}_here", f"{name}_scratch"):
            own.execute(f"CREATE DATABASE {database} OWNER {name} TEMPLATE template0")  # type: ignore[call-overload]
        theirs = make_url(database_url.replace("postgresql://", "postgresql+psycopg://")).set(username=name)
        here = theirs.set(database=f"{name}_here").render_as_string(hide_password=False)
        scratch = theirs.set(database=f"{name}_scratch").render_as_string(hide_password=False)
        with other_database(app, here):
            status, said = run(app, "restore", str(folder / FIRST))
            assert status == 0, said
            assert as_it_stands() == before
            status, said = run(app, "restore", str(folder / FIRST), "--replace")
            assert status == 1 and "Our account may not make a database, so" in said
            status, said = run(app, "backup", "--verify")
            assert status == 1 and "Our account may not make a database to restore into" in said
            status, said = run(app, "backup", "--verify", "--scratch", here)
            assert status == 1 and "is not empty. Name a database that is." in said
            assert as_it_stands() == before
            for _ in range(2):
                status, said = run(app, "backup", "--verify", "--scratch", scratch)
                assert status == 0, said
    finally:
        for database in (f"{name}_here", f"{name}_scratch"):
            own.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")  # type: ignore[call-overload]
        own.execute(f"DROP ROLE {name}")  # type: ignore[call-overload]
        own.close()


def other_database(app: Flask, url: str) -> Any:
    from outreach.cli.other_database import service_on

    return service_on(url)


@pytest.mark.any_database
def test_old_backups_go_by_the_schedule_and_others_stay(app: Flask, folder: Path, stopped: Any) -> None:
    for name in ("notes.txt", "outreach-2020-01-01T000000Z.backup", "county.dump"):
        (folder / name).write_text("not ours")
    for day in range(4):
        stopped.now = make.NOW + timedelta(days=day)
        status, said = run(app, "backup", "--keep-daily", "2")
        assert status == 0, said
    names = sorted(p.name for p in folder.iterdir())
    assert names == [
        "county.dump",
        "notes.txt",
        "outreach-2020-01-01T000000Z.backup",
        "outreach-2027-01-21T090000Z.backup",
        "outreach-2027-01-22T090000Z.backup",
    ]
    assert "2 backups kept, 1 deleted." in said
    assert "outreach-2020-01-01T000000Z.backup is no whole backup, and was left." in said


@pytest.mark.any_database
def test_backups_of_another_database_are_not_deleted(app: Flask, folder: Path, stopped: Any) -> None:
    run(app, "backup")
    told_otherwise(folder / FIRST, lambda told: told.update(database="another"))
    for day in (1, 2):
        stopped.now = make.NOW + timedelta(days=day)
        assert run(app, "backup", "--keep-daily", "1")[0] == 0
    assert sorted(p.name for p in folder.iterdir()) == [FIRST, "outreach-2027-01-21T090000Z.backup"]


@pytest.mark.any_database
def test_the_manifest_names_partnerships_and_no_person(app: Flask, folder: Path) -> None:
    with transaction():
        of = db.session.scalars(select(Partnership)).one()
        make.person(of, name="Priya Nandakumar", email="priya@marlshire.example")
        make.visit_contact(db.session.scalars(select(Booking)).one(), address="j.fell@redmere.example")
    run(app, "backup")
    with zipfile.ZipFile(folder / FIRST) as archive:
        written = archive.read("manifest.json").decode()
    assert "Marlshire Partnership" in written and "Someone to Tell" in written
    assert [word for word in ("Priya", "Fell", "@marlshire", "@redmere", "Ashdown") if word in written] == []
