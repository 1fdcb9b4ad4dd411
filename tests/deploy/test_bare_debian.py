"""scripts/install on a bare Debian 13, from nothing to an upgrade under load and off again.

What cannot be tried here: booting, and systemd itself with its sandboxes, limits and timers, for which a little systemd of
the tests stands; Let's Encrypt; a second host.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from bare_debian import HERE, WHY_NOT, BareDebian, made, running, waited

from journeys.small_county import register_file

HOST, LEAD = "outreach.example.org", "you@council.example"
INSTALL, SETTINGS = "/root/outreach/scripts/install", "/root/settings"
PROCESSES = ("outreach-web", "outreach-post", "outreach-round", "outreach-planner")

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]

MIGRATION = '''"""A column that the release before does not know: whether an upgrade was tried here."""

import sqlalchemy as sa
from alembic import op

revision = "9999_upgrade_tried"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("troupe", sa.Column("upgrade_tried", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("troupe", "upgrade_tried")
'''


@pytest.fixture
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareDebian]:
    """With its packages and the release fetched, and nothing installed yet."""
    found = made(tmp_path_factory.mktemp("bare"))
    settings = f"SITE={HOST}\nMAIL_SERVER=smtp://127.0.0.1:25\nLEAD={LEAD}\nCERTIFICATE=self-signed\n"
    found.file(SETTINGS).write_text(f"{settings}REGISTER=/root/register.csv\nAUTHORITY=987\n")
    found.file("/root/register.csv").write_bytes(register_file(date(2026, 9, 1)))
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0"}
    broken_off = found.fetch(INSTALL, "--fetch", "--settings", SETTINGS, **nowhere)
    assert broken_off.returncode == 1 and "Python packages could not be fetched" in broken_off.stdout, (
        broken_off.stdout
    )
    fetched(found)
    with running(found):
        yield found


def fetched(debian: BareDebian) -> None:
    done = debian.fetch(INSTALL, "--fetch", "--settings", SETTINGS)
    assert done.returncode == 0 and "Nothing that runs was touched" in done.stdout, done.stdout


def installed(debian: BareDebian, *options: str) -> str:
    done = debian.run(INSTALL, *options)
    assert done.returncode == 0, done.stdout + debian.file("/var/log/little-systemd.log").read_text()[-3000:]
    return done.stdout


def release(debian: BareDebian) -> str:
    command = ["git", "-C", str(debian.checkout()), "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def mains(debian: BareDebian) -> dict[str, tuple[str, str]]:
    """The main process of each, and the release that it runs."""
    found = {}
    for name in PROCESSES:
        pid = debian.run("systemctl", "show", "-p", "MainPID", "--value", name).stdout.strip()
        found[name] = (pid, Path(debian.run("readlink", f"/proc/{pid}/cwd").stdout.strip()).name)
    return found


def asked(debian: BareDebian, path: str = "/sign-in") -> str:
    """What nginx answers, by https."""
    said = "import ssl, sys, urllib.request as u; c = ssl._create_unverified_context(); r = u.Request(f'https://127.0.0.1{sys.argv[1]}', headers={'Host': sys.argv[2]}); print(u.urlopen(r, context=c).read().decode())"
    return debian.run("/usr/bin/python3", "-c", said, path, HOST).stdout


def it_stops_in_words_before_it_touches_anything(debian: BareDebian) -> None:
    def refused(*command: str) -> str:
        done = debian.run(*command)
        assert done.returncode in (1, 2), done.stdout
        return done.stdout

    debian.run("install", "-D", "-m", "0755", INSTALL, "/tmp/scripts/install")
    assert "must be run as root" in refused(
        "setpriv", "--reuid=65534", "--clear-groups", "/tmp/scripts/install"
    )
    other = "sed -i s/VERSION_ID=.*/VERSION_ID=12/ /tmp/os && mount --bind /tmp/os /etc/os-release"
    assert "here is debian 12" in refused(
        "unshare",
        "--mount",
        "--propagation",
        "unchanged",
        "sh",
        "-c",
        f"cp -L /etc/os-release /tmp/os && {other} && exec {INSTALL}",
    )
    small = "mount -t tmpfs -o size=20m none /opt"
    assert "MB free under /opt" in refused(
        "unshare",
        "--mount",
        "--propagation",
        "unchanged",
        "sh",
        "-c",
        f"{small} && exec {INSTALL} --settings {SETTINGS}",
    )
    taken = "import socket, subprocess, sys; s = socket.create_server(('127.0.0.1', 8000)); sys.exit(subprocess.call(sys.argv[1:]))"
    assert "port 8000" in refused("/usr/bin/python3", "-c", taken, INSTALL, "--settings", SETTINGS)
    for wrong, words in (
        ("SITE=http://outreach.example.org", "unencrypted"),
        ("SITE=https://outreach.example.org/path", "no https address"),
        ("LEAD=nobody", "no e-mail address"),
        ("MAIL_SERVER=mail.example.org", "must begin with"),
        ("SIZE=large", "small, county or england"),
        ("COLOUR=blue", "no setting 'COLOUR'"),
        ("NAME=O'Brien", "no '"),
    ):
        debian.file("/root/wrong").write_text(debian.file(SETTINGS).read_text() + wrong + "\n")
        assert words in refused(INSTALL, "--settings", "/root/wrong"), wrong
    assert "nobody here to ask" in refused(INSTALL)
    assert not debian.file("/etc/outreach.env").exists()


def one_command_installs_it_and_check_finds_it_ready(debian: BareDebian) -> None:
    said = installed(debian, "--settings", SETTINGS)
    assert "Ready for production." in said, said
    assert f"https://{HOST}/sign-in/" in said and f"Outreach {release(debian)} serves https://{HOST}." in said
    assert "password" in asked(debian)
    for name in ("/etc/outreach.env", "/etc/outreach-owner.env", "/etc/outreach-install"):
        found = debian.file(name).stat()
        assert (found.st_uid, found.st_mode & 0o777) == (0, 0o600), name
    assert "outreach_owner" not in debian.file("/etc/outreach.env").read_text()
    assert len(list(debian.file("/var/backups/outreach").glob("*.backup"))) == 1
    assert all(one == release(debian) for _, one in mains(debian).values()), mains(debian)


def run_again_it_changes_nothing(debian: BareDebian) -> None:
    def files() -> dict[str, int]:
        places = (
            "etc/outreach.env",
            "etc/outreach-owner.env",
            "etc/systemd/system",
            "etc/nginx/conf.d",
            "etc/postgresql",
        )
        found = [one for place in places for one in (debian.root / place, *(debian.root / place).rglob("*"))]
        return {str(one): one.stat().st_mtime_ns for one in found if one.is_file()}

    before, processes = files(), mains(debian)
    said = installed(debian)
    assert f"Release {release(debian)} is what runs already." in said
    assert (files(), mains(debian)) == (before, processes)


def an_upgrade_refuses_nobody_while_many_ask(debian: BareDebian) -> None:
    old = release(debian)
    versions = debian.checkout() / "migrations/versions"
    newest = max(versions.glob("[0-9]*.py"), key=lambda path: path.name)
    [before] = re.findall(r'^revision = "(.+)"', newest.read_text(), re.MULTILINE)
    (versions / "9999_upgrade_tried.py").write_text(MIGRATION.format(before=before))
    committed(debian, "A column more")
    fetched(debian)
    assert all(one == old for _, one in mains(debian).values())
    command = [
        *debian.beside(),
        sys.executable,
        str(HERE / "load.py"),
        "https://127.0.0.1:443",
        HOST,
        "until-told",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        assert load.stdin is not None and load.stdout is not None
        assert load.stdout.readline() == "asking\n"
        said = installed(debian)
        load.stdin.close()
        told = json.loads(load.stdout.read())
    print(
        f"{told['answered']:,} answered, {told['seconds_refused']} seconds in which somebody was refused, {told['slowest']} s at most"
    )
    assert told["refused"] == [] and told["answered"] > 200, told
    assert "nobody refused meanwhile" in said and "Ready for production." in said, said
    assert release(debian) != old and all(one == release(debian) for _, one in mains(debian).values())
    assert debian.file("/opt/outreach/previous").readlink() == Path("releases", old)
    assert debian.run("systemctl", "-q", "is-active", "outreach-web-meanwhile").returncode == 3


def committed(debian: BareDebian, words: str) -> None:
    for command in (
        ["add", "-A"],
        ["-c", "user.name=Nobody", "-c", "user.email=nobody@council.example", "commit", "-qm", words],
    ):
        subprocess.run(["git", "-C", debian.checkout(), *command], check=True)


def a_release_that_does_not_answer_is_not_switched_to(debian: BareDebian) -> None:
    runs = mains(debian)
    here = release(debian)
    wsgi = debian.checkout() / "wsgi.py"
    wsgi.write_text(wsgi.read_text() + "\nraise RuntimeError('this release does not start')\n")
    committed(debian, "A release that does not start")
    fetched(debian)
    done = debian.run(INSTALL)
    assert done.returncode == 1 and "What runs goes on as it was." in done.stdout, done.stdout
    assert mains(debian) == runs and "password" in asked(debian)
    subprocess.run(["git", "-C", debian.checkout(), "reset", "-q", "--hard", here], check=True)


def it_goes_back_to_the_release_before_on_the_newer_tables(debian: BareDebian) -> None:
    before = debian.file("/opt/outreach/previous").readlink().name
    installed(debian, "--back")
    assert all(one == before for _, one in mains(debian).values())
    assert "password" in asked(debian)


def it_comes_off_and_what_was_kept_stays_until_that_is_said_too(debian: BareDebian) -> None:
    processes = [pid for pid, _ in mains(debian).values()]
    assert "is off this machine" in installed(debian, "--remove")
    assert waited(lambda: all(debian.run("test", "-e", f"/proc/{pid}").returncode for pid in processes), 30)
    assert not debian.file("/opt/outreach").exists() and not list(
        debian.file("/etc/systemd/system").glob("outreach*")
    )
    assert debian.file("/etc/outreach.env").exists() and list(debian.file("/var/backups/outreach").iterdir())
    rows = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "psql", "-Atc"]
    assert debian.run(*rows, "SELECT count(*) FROM partnership", "outreach").stdout.strip() == "1"
    assert "Say --yes" in debian.run(INSTALL, "--remove", "--all").stdout
    assert "all that it kept" in installed(debian, "--remove", "--all", "--yes")
    assert (
        debian.run(
            *rows, "SELECT count(*) FROM pg_database WHERE datname = 'outreach'", "postgres"
        ).stdout.strip()
        == "0"
    )
    for gone in (
        "etc/outreach.env",
        "etc/outreach-owner.env",
        "var/lib/outreach",
        "var/backups/outreach",
        "usr/local/bin/outreach",
    ):
        assert not os.path.lexists(debian.root / gone), gone
    assert debian.run("id", "outreach").returncode == 1


def test_a_bare_debian_from_its_first_command_to_its_last(debian: BareDebian) -> None:
    """One test, since each step goes on from the one before, and tests of one file may run in several processes."""
    for step in (
        it_stops_in_words_before_it_touches_anything,
        one_command_installs_it_and_check_finds_it_ready,
        run_again_it_changes_nothing,
        an_upgrade_refuses_nobody_while_many_ask,
        a_release_that_does_not_answer_is_not_switched_to,
        it_goes_back_to_the_release_before_on_the_newer_tables,
        it_comes_off_and_what_was_kept_stays_until_that_is_said_too,
    ):
        print(step.__name__.replace("_", " "), flush=True)
        step(debian)
