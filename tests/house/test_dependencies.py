"""What the service stands on: locked by hash, under licences that were looked at, told as a bill of materials."""

import json
import re
import subprocess
import sys

import plan
import pytest

import dependencies
from dependencies import CHECKS, SERVICE, judged, let_through, licence_of, locked


@pytest.mark.parametrize("lock", [SERVICE, CHECKS], ids=lambda lock: str(lock.name))
def test_a_lock_pins_each_package_with_its_hashes_and_names_no_host(lock) -> None:
    text = lock.read_text()
    named = re.findall(r"^[^\s#].*", text, re.M)
    assert [one for one in named if "==" not in one] == []
    assert len(named) == len(locked(lock)) > 30
    assert [one.name for one in locked(lock) if not one.hashes] == []
    assert "://" not in text and "index-url" not in text


@pytest.mark.parametrize("lock", [SERVICE, CHECKS], ids=lambda lock: str(lock.name))
def test_a_lock_names_all_that_was_chosen(lock) -> None:
    chosen = re.findall(r"^([A-Za-z][A-Za-z0-9._-]*)", lock.with_suffix(".in").read_text(), re.M)
    names = {one.name for one in locked(lock)}
    assert [one for one in chosen if re.sub(r"[._-]+", "-", one.lower()) not in names] == []


def test_the_checks_run_with_the_versions_that_are_served() -> None:
    tried = {(one.name, one.version) for one in locked(CHECKS)}
    assert [one for one in locked(SERVICE) if (one.name, one.version) not in tried] == []


def test_pip_takes_the_lock_with_hashes_alone() -> None:
    """Without an index: all of it is installed here, in the very versions."""
    taken = subprocess.run(
        [*(sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps"),
         *("--require-hashes", "-r", SERVICE)],
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert (taken.returncode, "Would install" in taken.stdout) == (0, False), taken.stderr


def test_every_licence_of_what_is_served_was_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert dependencies.licences() == 0
    listed = {
        line.split()[0] for line in capsys.readouterr().out.splitlines() if line.split()[2] == "service"
    }
    assert listed == {one.name for one in locked(SERVICE)}


def test_a_licence_is_read_as_its_package_tells_it() -> None:
    assert licence_of("flask") == "BSD-3-Clause"  # License-Expression
    assert licence_of("flask-login") == "MIT"  # a classifier
    assert licence_of("python-dateutil") == "Apache-2.0 OR BSD"  # two classifiers, either holds


@pytest.mark.parametrize(
    "licence, holds",
    [
        ("MIT", True),
        ("BSD-3-Clause AND 0BSD AND MIT", True),
        ("GPL-3.0-or-later OR MIT", True),
        ("MIT AND GPL-3.0-or-later", False),
        ("Dual License", False),
        ("", False),
    ],
)
def test_an_expression_holds_with_what_is_let_through_alone(licence: str, holds: bool) -> None:
    assert let_through(licence) is holds


def test_the_bill_of_materials_names_what_the_lock_names_and_nothing_else() -> None:
    said = subprocess.run(
        [sys.executable, plan.ROOT / "tests/dependencies.py", "sbom"], capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    bill = json.loads(said.stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "outreach"
    parts = {
        (
            part["name"],
            part["version"],
            frozenset(h["content"] for told in part["externalReferences"] for h in told["hashes"]),
        )
        for part in bill["components"]
    }
    assert parts == {(one.name, one.version, frozenset(one.hashes)) for one in locked(SERVICE)}


def _answer(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


SOUND = {"name": "flask", "version": "3.1.3", "vulns": []}
WEAK = {"name": "mako", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}]}
UNKNOWN = {"name": "segno", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    "answer, complaint, status, words",
    [
        (_answer(SOUND), "", 0, "Known weaknesses: none (packages looked up: 1).\n"),
        (_answer(SOUND, WEAK), "Found 1", 1, "mako 1.0: PYSEC-1, mended in 1.1, 2.0\n"),
        (
            _answer(UNKNOWN, UNKNOWN),
            "",
            0,
            "Known weaknesses: NOT LOOKED UP, the feed that can be reached knows none of these packages (2).\n",
        ),
        (
            _answer(SOUND, UNKNOWN),
            "",
            0,
            "Known weaknesses: not looked up for segno.\nKnown weaknesses: none (packages looked up: 1).\n",
        ),
        (
            "",
            "Traceback\nrequests.exceptions.ConnectionError: refused",
            0,
            "Known weaknesses: NOT LOOKED UP, no feed can be reached from here "
            "(requests.exceptions.ConnectionError: refused).\n",
        ),
        ("", "ERROR: bad hash", 2, "Known weaknesses: not looked up, pip-audit failed: ERROR: bad hash\n"),
    ],
)
def test_an_audit_says_what_it_found_and_what_nobody_could_look_up(
    answer: str, complaint: str, status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (judged(answer, complaint), capsys.readouterr().out) == (status, words)
