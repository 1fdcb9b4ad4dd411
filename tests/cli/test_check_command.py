"""flask check: what is not ready for production is said in words, a line each, and in the exit status."""

import os
import secrets
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

import make
from outreach.asking.chasing import settings as chasing
from outreach.ground import clock, history, secret_settings
from outreach.ground.db import db, transaction
from outreach.planning.orders import TourPlan
from outreach.post.incoming import inbox
from outreach.post.outgoing import duty
from outreach.tour.programmes import Programme
from postgres import binaries

ROOT = Path(__file__).resolve().parents[2]


def lines(app: Flask) -> tuple[int, list[str]]:
    """Exit status, and what was said, without notes; on PostgreSQL without what is said of the tests' own account."""
    done = app.test_cli_runner().invoke(args=["check"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    said = [one for one in done.output.splitlines() if one and not one.startswith("note")]
    return done.exit_code, [one for one in said if "who may do everything there" not in one]


def not_ready(app: Flask) -> list[str]:
    return [one.removeprefix("NOT READY").strip() for one in lines(app)[1] if one.startswith("NOT READY")]


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Tuesday 19 January 2027, 9 in the morning."""
    standing = SimpleNamespace(now=make.NOW)
    monkeypatch.setattr(clock, "now", lambda: standing.now)
    return standing


@pytest.fixture
def set_up(app: Flask, stopped: Any, tmp_path: Path) -> Flask:
    """As docs/operating.md says, with everybody at work and a backup of last night."""
    backup = tmp_path / "backups" / "outreach-2027-01-19.dump"
    backup.parent.mkdir()
    backup.write_text("dumped")
    os.utime(backup, times=(stopped.now.timestamp() - 7 * 3600,) * 2)
    app.config.update(
        PUBLIC_URL="https://outreach.marlshire.example",
        TRUSTED_HOSTS=["outreach.marlshire.example"],
        BEHIND_PROXIES=1,
        SECRET_KEY=secrets.token_hex(32),
        HISTORY_KEY=secrets.token_hex(32),
        METRICS_TOKEN=secrets.token_hex(20),
        SMTP_URL="smtp+starttls://outreach:tK9vXq2LwPzR@mail.marlshire.org.uk:587",
        SMTP_TOKEN_FILE="",
        MAIL_DOMAIN="outreach.marlshire.org.uk",
        IMAP_URL="imaps://outreach:tK9vXq2LwPzR@mail.marlshire.org.uk/INBOX",
        MAIL_AUTHSERV_ID="mail.marlshire.org.uk",
        BACKUP_FOLDER=str(backup.parent),
        ERASURES_FILE=str(tmp_path / "erasures"),
        BACKUP_HOURS=26,
    )
    with transaction():
        make.programme(make.partnership())
        inbox.looked(problem="", now=stopped.now)
        chasing.ran(now=stopped.now)
    duty.begin("post1:77:abcd", stopped.now)
    return app


@pytest.fixture(autouse=True)
def one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' clock stands still in 2027; the database's goes on."""
    monkeypatch.setattr("outreach.cli.check.CLOCKS_APART", timedelta(days=9000))


def test_a_service_set_up_as_the_recipe_says_is_ready(set_up: Flask) -> None:
    status, said = lines(set_up)
    assert said[:-1] == [
        f"ready     {one}"
        for one in (
            "People come by https: https://outreach.marlshire.example.",
            "Asked for by another name than outreach.marlshire.example, it says no.",
            "No secret is easy to guess.",
            "Letters go through mail.marlshire.org.uk.",
            "Answers are read from INBOX at mail.marlshire.org.uk.",
            "The newest backup was made 19 January 2027 at 2:00am.",
            "There is room on the disks that this host sees.",
            "The database is as this version needs it.",
            "The clocks agree.",
            "Letters go out and the mailbox is read.",
            "The day's round comes.",
            "The history is sealed.",
        )
    ]
    if db.engine.dialect.name == "sqlite":
        assert (status, said[-1]) == (0, "Ready for production.")


def test_the_notes_say_what_the_domain_must_publish(set_up: Flask) -> None:
    said = set_up.test_cli_runner().invoke(args=["check"]).output
    assert "note      SPF: a TXT record of outreach.marlshire.org.uk must let" in said
    assert "(mail.marlshire.org.uk) send" in said and "tK9vXq2LwPzR" not in said
    assert "d=outreach.marlshire.org.uk" in said and "_dmarc.outreach.marlshire.org.uk" in said


def test_an_account_that_may_do_everything_in_the_database_is_not_ready(set_up: Flask) -> None:
    done = set_up.test_cli_runner().invoke(args=["check"])
    may = (
        db.engine.dialect.name == "postgresql"
        and db.session.execute(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).scalar_one()
    )
    assert ("who may do everything there" in done.output, done.exit_code) == (bool(may), int(bool(may)))


@pytest.mark.any_database
@pytest.mark.parametrize(
    "setting, words",
    [
        (
            {"PUBLIC_URL": "http://10.0.0.7:8000"},
            "PUBLIC_URL is http://10.0.0.7:8000: links and passwords would",
        ),
        ({"BEHIND_PROXIES": 0}, "BEHIND_PROXIES is 0, though PUBLIC_URL is https"),
        ({"TRUSTED_HOSTS": None}, "TRUSTED_HOSTS is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY has 5 characters"),
        ({"SECRET_KEY_FALLBACKS": ["k" * 40]}, "SECRET_KEY_FALLBACKS: one repeats itself"),
        ({"HISTORY_KEY": ""}, "HISTORY_KEY is not set: nobody could find out that the history was changed."),
        ({"HISTORY_KEY": "short"}, "HISTORY_KEY has 5 characters"),
        ({"SMTP_URL": ""}, "SMTP_URL is not set: letters become files in "),
        ({"SMTP_URL": "mail.marlshire.org.uk"}, "SMTP_URL must look like smtp+starttls://"),
        (
            {"SMTP_URL": "smtps://o:password1@mail.marlshire.org.uk"},
            "The password in SMTP_URL is one that is tried",
        ),
        ({"SMTP_TOKEN_FILE": "/nowhere/token"}, "SMTP_TOKEN_FILE is /nowhere/token, which cannot be read."),
        ({"MAIL_DOMAIN": "outreach.example"}, "MAIL_DOMAIN is outreach.example, from which no mail comes"),
        ({"IMAP_URL": "mail.marlshire.org.uk"}, "IMAP_URL must look like"),
        (
            {"ERASURES_FILE": ""},
            "ERASURES_FILE is not set: a restored backup would bring back whoever was erased.",
        ),
        ({"ERASURES_FILE": "/nowhere/list"}, "ERASURES_FILE is /nowhere/list, which cannot be written"),
        ({"BACKUP_FOLDER": "/nowhere"}, "BACKUP_FOLDER is /nowhere, which cannot be read: No such file"),
        ({"BACKUP_HOURS": 6}, "was made 19 January 2027 at 2:00am, more than 6 hours ago: flask backup."),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_named(
    set_up: Flask, setting: dict[str, object], words: str
) -> None:
    set_up.config.update(setting)
    (said,) = not_ready(set_up)
    assert words in said and lines(set_up)[0] == 1


@pytest.mark.any_database
def test_a_folder_without_a_backup_is_not_ready(set_up: Flask, tmp_path: Path) -> None:
    set_up.config["BACKUP_FOLDER"] = str(tmp_path / "backups")
    (tmp_path / "backups/outreach-2027-01-19.dump").unlink()
    assert not_ready(set_up) == [f"There is no backup in {tmp_path / 'backups'}: flask backup."]


def backed_up(app: Flask) -> Path:
    """A backup of this moment by the command, which is the newest in the folder."""
    app.config.update(POSTGRES_PROGRAMS=str(binaries()))
    done = app.test_cli_runner().invoke(args=["backup"])
    assert done.exit_code == 0, done.output
    return max(Path(app.config["BACKUP_FOLDER"]).glob("*.backup"))


@pytest.mark.own_database
@pytest.mark.any_database
def test_a_backup_is_to_be_made_restored_and_sealed(set_up: Flask, stopped: Any) -> None:
    made = backed_up(set_up)
    assert not_ready(set_up) == ["No backup was ever restored to see that it can be: flask backup --verify."]
    said = set_up.test_cli_runner().invoke(args=["check"]).output
    assert "ready     The newest backup was made 19 January 2027 at 9:00am." in said
    assert "note      Backups are not sealed (BACKUP_RECIPIENTS)" in said
    assert set_up.test_cli_runner().invoke(args=["backup", "--verify"]).exit_code == 0
    tried = "ready     The newest backup that was restored and compared was made 19 January 2027 at 9:00am."
    assert not_ready(set_up) == [] and tried in lines(set_up)[1]
    set_up.config["BACKUP_VERIFY_DAYS"] = 0  # elsewhere
    assert tried not in lines(set_up)[1]
    set_up.config.update(BACKUP_VERIFY_DAYS=35, BACKUP_HOURS=36 * 24)
    stopped.now += timedelta(days=35, minutes=1)
    backed_up(set_up)
    assert [one for one in not_ready(set_up) if "backup" in one] == [
        "The newest backup that was restored and compared was made 19 January 2027 at 9:00am, more than 35 days ago: "
        "flask backup --verify."
    ]
    assert made.name == "outreach-2027-01-19T090000Z.backup"


@pytest.mark.any_database
def test_a_disk_that_fills_is_named(set_up: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than a tenth and less than 5 GB; of a large disk a tenth is much."""
    free = {4e9: 50e9, 90e9: 1e12, 2e9: 10e9}
    for left, size in free.items():
        monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=left, total=size))  # noqa: B023
        told = [one for one in not_ready(set_up) if one.startswith("The disk of")]
        full = "The disk of BACKUP_FOLDER fills: 4.0 of 50.0 GB are free. Make room."
        assert (full in told) == bool(told) == (left == 4e9)


def test_a_file_that_is_no_whole_backup_is_named(set_up: Flask) -> None:
    path = Path(set_up.config["BACKUP_FOLDER"]) / "outreach-2027-01-19T090000Z.backup"
    path.write_text("cut")
    assert not_ready(set_up) == [f"{path} is no whole backup: look why it was cut, and delete it."]


@pytest.mark.any_database
def test_jobs_that_do_not_run_are_named_with_what_starts_them(set_up: Flask, stopped: Any) -> None:
    stopped.now += timedelta(hours=31)
    set_up.config["BACKUP_HOURS"] = 48
    assert not_ready(set_up) == [
        "Nobody sends the letters. Start flask post send --loop.",
        "Nobody looks into the mailbox. Start flask post poll --loop.",
        "The day's round last came 19 January 2027 at 9:00am: start flask asking chase --loop.",
    ]


@pytest.mark.any_database
def test_a_plan_that_nobody_takes_up_is_said(set_up: Flask, stopped: Any) -> None:
    with transaction():
        programme = db.session.scalars(select(Programme)).one()
        db.session.add(
            TourPlan(programme_id=programme.id, name="A plan", asked_by="P", asked_at=stopped.now, rules={})
        )
    assert not_ready(set_up) == []
    stopped.now += timedelta(minutes=11)
    duty.begin("post2:78:abcd", stopped.now)
    assert not_ready(set_up) == ["A plan waits and no planner is at work: start flask planner work."]


@pytest.mark.any_database
def test_a_history_that_nobody_seals_is_said_until_somebody_does(set_up: Flask, stopped: Any) -> None:
    with transaction():
        of = history.Subject("post", 1, None)
        history.record("resumed", of, who="Priya", now=stopped.now - timedelta(hours=27))
    assert not_ready(set_up) == [
        "The history of 18 January 2027 at 6:00am is not sealed yet: start flask asking chase --loop."
    ]
    set_up.test_cli_runner().invoke(args=["history", "seal"])
    assert not_ready(set_up) == []


@pytest.mark.any_database
def test_a_machine_whose_clock_is_ahead_is_said(set_up: Flask, stopped: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("outreach.cli.check.CLOCKS_APART", timedelta(seconds=30))
    duty.begin("post2:78:abcd", stopped.now + timedelta(minutes=3))
    assert not_ready(set_up) == [
        "The clock of a machine that sends letters is ahead of this one's. Set both by NTP."
    ]


def test_a_host_with_another_key_is_said(set_up: Flask, stopped: Any) -> None:
    """An older one of ours, as while keys are changed, is not."""
    older, other = secrets.token_hex(32), secrets.token_hex(32)
    set_up.config["SECRET_KEY_FALLBACKS"] = [older]
    for n, key in enumerate((set_up.config["SECRET_KEY"], older)):
        duty.begin(f"post{n}:7{n}:abcd:{secret_settings.mark(key)}", stopped.now)
    assert not_ready(set_up) == []
    duty.begin(f"post2:79:abcd:{secret_settings.mark(other)}", stopped.now)
    (said,) = not_ready(set_up)
    assert said == (
        "SECRET_KEY is another on post2: who signs in at one host is nobody at the next. Set it alike on all hosts."
    )
    duty.end(f"post2:79:abcd:{secret_settings.mark(other)}", stopped.now)
    assert not_ready(set_up) == []


def test_a_history_that_another_host_seals_with_another_key_is_said(set_up: Flask, stopped: Any) -> None:
    with transaction():
        history.record("resumed", history.Subject("post", 1, None), who="Priya", now=stopped.now)
    set_up.test_cli_runner().invoke(args=["history", "seal"])
    assert not_ready(set_up) == []
    set_up.config["HISTORY_KEY_FALLBACKS"] = [set_up.config["HISTORY_KEY"]]
    set_up.config["HISTORY_KEY"] = secrets.token_hex(32)
    assert not_ready(set_up) == []
    set_up.config["HISTORY_KEY_FALLBACKS"] = []
    (said,) = not_ready(set_up)
    assert said.startswith("HISTORY_KEY is none of this machine by which the history was sealed last.")


@pytest.mark.own_database
def test_a_database_that_was_not_migrated_is_said_and_nothing_else_of_it(set_up: Flask) -> None:
    with transaction():
        db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    (said,) = not_ready(set_up)
    assert said.startswith("The database is not as this version needs it (it stands at 0001, ")
    assert said.endswith("flask --app wsgi db upgrade.")


@pytest.mark.any_database
def test_a_service_that_does_not_start_says_why_in_one_line(tmp_path: Path) -> None:
    """A weak secret where people come by https: for whoever asks `flask check`, and for gunicorn's log."""
    told = {"PUBLIC_URL": "https://outreach.example", "SECRET_KEY": "short", "OUTREACH_FOLDER": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "check"],
        cwd=ROOT,
        env=os.environ | told,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == "Outreach does not start. SECRET_KEY has 5 characters. Set it to 32 or more random characters.\n"
    )
