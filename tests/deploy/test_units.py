"""The units of deploy/systemd: whole, hardened, and one list of processes with the containers, the commands and the docs."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from units import DEPLOY, FLASK, SYSTEMD, every_name, processes, read

ROOT = DEPLOY.parent
ANALYZE = shutil.which("systemd-analyze")
COMPOSE = (DEPLOY / "container/compose.yaml").read_text()
CONTAINER = (DEPLOY / "container/Containerfile").read_text()

AT_WORK = {
    "outreach-web",
    "outreach-post",
    "outreach-mailbox",
    "outreach-webhooks",
    "outreach-round",
    "outreach-planner",
    "outreach-roads",
}
"""What goes on and on; the rest comes by a timer, or is a second of one of these."""

pytestmark = pytest.mark.any_database


def services() -> list[str]:
    return [name for name in every_name() if name.endswith(".service")]


def test_every_process_that_goes_on_stands_there_and_each_timer_has_its_service() -> None:
    going_on = {
        name.removesuffix(".service") for name in services() if read(name).every("Install", "WantedBy")
    }
    assert going_on == AT_WORK | {"outreach-post@"}
    timers = {name.removesuffix(".timer") for name in every_name() if name.endswith(".timer")}
    assert timers == {"outreach-backup", "outreach-backup-verify", "outreach-check"}
    assert timers < processes().keys()
    assert processes()["outreach-web"] == processes()["outreach-web-meanwhile"]
    assert processes()["outreach-post"] == processes()["outreach-post@"]


def test_every_command_of_a_unit_is_one_of_the_service(app: Flask) -> None:
    said = [
        command.removeprefix(FLASK).split()
        for found in processes().values()
        for command in found
        if FLASK in command
    ]
    assert len(said) > 8
    for words in said:
        group = app.cli
        context = group.make_context("flask", words, ignore_unknown_options=True)
        name, command, rest = group.resolve_command(context, words)
        while rest and hasattr(command, "resolve_command"):
            name, command, rest = command.resolve_command(context, rest)
        assert command is not None and name is not None
        command.make_context(name, list(rest))  # raises where an option is none of its own


def test_every_service_is_held_to_its_folder_by_the_common_lines() -> None:
    for name in services():
        unit = read(name)
        assert unit.last("Service", "User") == {
            "outreach-migrate.service": "outreach-owner",
            "outreach-backup.service": "outreach-owner",
            "outreach-backup-verify.service": "outreach-owner",
            "outreach-check.service": "root",
        }.get(name, "outreach"), name
        assert unit.last("Service", "ProtectSystem") == "strict", name
        assert unit.last("Service", "NoNewPrivileges") == "yes", name
        assert unit.last("Service", "WorkingDirectory") == "/opt/outreach/current", name
        files = unit.every("Service", "EnvironmentFile")
        owners = "/etc/outreach-owner.env" in files
        assert "/etc/outreach.env" in files and owners == (
            unit.last("Service", "User") == "outreach-owner"
        ), name


def test_a_release_is_entered_once_so_that_what_runs_never_reads_the_next_ones_files() -> None:
    """Through the working directory, which is looked up at the start: an address below `current` would lead on."""
    for name in services():
        for words in read(name).commands():
            assert words[:3] == ["/usr/bin/env", ".venv/bin/python", "-m"], name


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not here")
def test_systemd_finds_nothing_wrong_and_little_exposed(tmp_path: Path) -> None:
    assert ANALYZE is not None
    root = tmp_path / "root"
    shutil.copytree(SYSTEMD, root / "etc/systemd/system")
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    for program in ("usr/bin/env", "bin/kill"):
        (root / program).parent.mkdir(parents=True, exist_ok=True)
        (root / program).touch(mode=0o755)
    names = [name.replace("@.", "@1.") for name in every_name()]

    def said(*command: str) -> str:
        done = subprocess.run([ANALYZE, *command, f"--root={root}", *names], capture_output=True, text=True)
        ours = [line for line in (done.stdout + done.stderr).splitlines() if "outreach" in line]
        return "\n".join(ours)

    assert said("verify") == ""
    for name in names:
        if name.endswith(".service"):
            done = subprocess.run(
                [ANALYZE, "security", "--offline=yes", "--threshold=25", f"--root={root}", name],
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, f"{name}: {done.stdout[-300:]}{done.stderr}"
    (root / "etc/systemd/system/outreach-web.service").write_text("[Service]\nExecStrat=/usr/bin/env\n")
    assert "ExecStrat" in said("verify")


def test_containers_run_what_the_units_run() -> None:
    by_name = dict(re.findall(r"^  ([a-z-]+):\n(?:    .*\n)*?    command: (.+)$", COMPOSE, re.MULTILINE))
    units = {name.removeprefix("outreach-"): found for name, found in processes().items()}
    for twice in ("web-meanwhile", "post@"):
        del units[twice]
    assert by_name.keys() == units.keys() | {"accounts"}
    for name, commands in units.items():
        assert re.findall(r"-m (.+?)(?: && |\]|$)", by_name[name]) == commands, name
    [image] = re.findall(r'^CMD \[".venv/bin/python", "-m", (.+)\]$', CONTAINER, re.MULTILINE)
    assert [image.replace('"', "").replace(",", "")] == units["web"]


def test_a_container_has_what_serving_needs_of_the_repository() -> None:
    copied = {
        word for line in re.findall(r"^COPY ([^-].+) \S+$", CONTAINER, re.MULTILINE) for word in line.split()
    }
    assert copied == {
        "requirements.txt",
        "outreach",
        "templates",
        "migrations",
        "wsgi.py",
        "gunicorn.conf.py",
        "pyproject.toml",
    }
    installed = re.findall(r'^parts="(.+)"$', (ROOT / "scripts/install").read_text(), re.MULTILINE)[0].split()
    assert copied < set(installed) and all((ROOT / part).exists() for part in installed)


def test_docs_name_each_unit_and_write_none_out_again() -> None:
    page = (ROOT / "docs/operating.md").read_text()
    for name in every_name():
        assert name.removesuffix(".service").removesuffix(".timer").rstrip("@") in page, name
    for other in (page, (ROOT / "README.md").read_text(), (ROOT / "docs/backup.md").read_text()):
        assert "[Service]" not in other and "ExecStart=" not in other and "proxy_pass" not in other
