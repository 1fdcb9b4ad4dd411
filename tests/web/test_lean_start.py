"""What a process that serves pages has not loaded: the solver, the migrations, what writes workbooks and
reads mail."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from click import Context
from flask import Flask

import make
from outreach.cli import GROUPS
from outreach.county import school_days
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.post import links

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parent.parent.parent

HEAVY = [
    "numpy",
    "highspy",
    "multiprocessing.spawn",
    "alembic",
    "flask_migrate",
    "mako",
    "pygments",
    "xlsxwriter",
    "openpyxl",
    "flufl",
    "imaplib",
    "prometheus_client",
    "icalendar",
    "email_validator",
    "dns",
    "holidays.countries",
    "holidays.financial",
    "outreach.demonstration",
    "outreach.tour.planning.planner",
    "hypothesis",
    "pytest",
]

AT_START = [*HEAVY, "holidays"]
"""Before a page asks which days are bank holidays."""

SERVED = """
import json, sys
from wsgi import app

heavy = json.loads(sys.argv[1])
there = lambda: [name for name in heavy if name in sys.modules]
said = {"start": there()}
client = app.test_client()
for path in sys.argv[3:]:
    if path == "/desk":
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = sys.argv[2], True
    said[path] = [client.get(path).status_code, there()]
print(json.dumps(said))
"""


@pytest.mark.any_database("postgresql")
def test_pages_are_served_without_what_they_do_not_need(app: Flask, tmp_path: Path) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        make.tour_day(programme, make.troupe(partnership))
        school = make.school()
        person = make.person(partnership)
        token = links.mint(
            organisation_id=school.organisation_id,
            programme_id=programme.id,
            partnership_id=programme.partnership_id,
            address="office@redmere.example",
            name="Joanna Fell",
            now=make.NOW,
            expires_at=make.NOW + timedelta(days=36500),
        ).token
        identity = make.session_of(person, began_at=clock.now(), last_seen_at=clock.now())
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    done = subprocess.run(
        [sys.executable, "-c", SERVED, json.dumps(AT_START), identity, "/health", f"/i/{token}", "/desk"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "OUTREACH_FOLDER": str(tmp_path), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    said = json.loads(done.stdout)
    assert said.pop("start") == []
    assert {path: status for path, (status, _) in said.items()} == dict.fromkeys(said, 200)
    assert [name for _, found in said.values() for name in found if name in HEAVY] == []


def test_each_command_is_found_when_it_is_asked_for(app: Flask) -> None:
    runner = app.test_cli_runner()
    for name in GROUPS:
        answer = runner.invoke(args=[name, "--help"])
        assert answer.exit_code == 0, answer.output
    context = Context(app.cli)
    assert set(GROUPS) <= set(app.cli.list_commands(context))
    assert {name for name in ("receive", "poll", "send")} == set(
        app.cli.get_command(context, "post").commands
    )
    assert runner.invoke(args=["nonsense"]).exit_code == 2


def test_every_file_of_commands_stands_among_them() -> None:
    files = {path.stem for path in (ROOT / "outreach/cli").glob("*.py") if path.stem != "__init__"}
    # incoming.py imports post.py and adds to it; the others hold no command.
    assert files - set(GROUPS.values()) == {
        "post",
        "rounds",
        "stopping",
        "other_database",
        "other_keys",
        "database_roles",
        "live_schema",
        "reading",
    }
    for name, file in GROUPS.items():
        assert import_module(f"outreach.cli.{file}").__dict__[name.replace("-", "_")].name == name


@pytest.mark.parametrize("year", [1999, 2002, 2011, 2012, 2020, 2022, 2023, 2027, 2040])
def test_bank_holidays_from_one_file_of_the_library_are_those_of_the_whole(year: int) -> None:
    from holidays import country_holidays

    alone = school_days._united_kingdom()(subdiv="ENG", years=year, language="en_GB")
    assert dict(alone) == dict(country_holidays("GB", subdiv="ENG", years=year, language="en_GB"))
