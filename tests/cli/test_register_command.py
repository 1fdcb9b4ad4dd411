"""flask register, as typed at a prompt."""

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

import make
from outreach.asking.invitations import WAITING_LIST
from outreach.county import schools
from outreach.county.schools import School
from outreach.ground.db import db, transaction

HEADER = (
    "URN,LA (code),EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),PhaseOfEducation (name),"
    "StatutoryLowAge,StatutoryHighAge,NumberOfPupils,Town,Postcode\n"
)
ASH = "900001,931,Ash School,Academy converter,Open,Secondary,11,18,1050,Marl,ZZ1 1AA\n"
ELM = "900002,932,Elm School,Academy converter,Open,Secondary,11,18,,Marl,ZZ1 1AB\n"


def flask(app: Flask, *words: str | Path) -> Result:
    return app.test_cli_runner().invoke(args=["register", *map(str, words)])


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(School)) or 0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "register.csv").write_text(HEADER + ASH + ELM)
    return tmp_path / "register.csv"


def test_preview_tells_and_changes_nothing(app: Flask, file: Path) -> None:
    told = flask(app, "preview", file, "--authority", "931")
    assert told.exit_code == 0 and "New: 1\n  900001 Ash School, Marl\n\n1 new.\n" in told.output
    assert count() == 0


def test_apply_applies_once_and_preview_then_tells_field_by_field(
    app: Flask, file: Path, tmp_path: Path
) -> None:
    assert "Applied: 2 new.\n" in flask(app, "apply", file, "--authority", "931,932").output
    assert "Nothing was new in that file.\n" in flask(app, "apply", file, "--all").output
    assert count() == 2
    file.write_text(HEADER + ASH.replace("1050", "1080") + ELM.replace("Open", "Closed") + "x\n")
    links = tmp_path / "links.csv"
    links.write_text(
        "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n900002,900001,Ash School,Successor,\n"
    )
    with transaction():
        programme = make.programme(make.partnership(("932",)))
        make.answer(programme, db.session.get_one(School, 900002), WAITING_LIST)
    told = flask(app, "preview", file, "--all", "--links", links)
    assert "at schools that leave: 1\n  900002 Elm School: wait (closed)\n" in told.output
    assert (
        "Close: 1\n  900002 Elm School, Marl; closed, date unknown; followed by 900001 Ash School\n"
        in told.output
    )
    assert "Changed: 1\n  900001 Ash School, Marl\n    Number of pupils: 1,050 -> 1,080\n" in told.output
    assert "line 4: it has 1 values where the first line has 11" in told.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Say which authorities: --authority 931 (or several), or --all."),
        (("--authority", "931", "--all"), "Say which authorities"),
        (("--authority", "777"), "This file has no school of authority 777. Nothing was changed."),
    ],
)
@pytest.mark.parametrize("command", ["preview", "apply"])
def test_what_makes_no_sense_is_refused_in_words(
    app: Flask, file: Path, command: str, words: tuple[str, ...], said: str
) -> None:
    refused = flask(app, command, file, *words)
    assert refused.exit_code != 0 and said in refused.output
    assert count() == 0


def test_a_wrong_file_is_refused_in_words(app: Flask, file: Path) -> None:
    file.write_text("URN,Name\n1,x\n")
    refused = flask(app, "apply", file, "--all")
    assert refused.exit_code == 1 and "Error: This file has no column 'LA (code)'" in refused.output


def lines(status: str, how_many: int = 12) -> str:
    return "".join(
        f"{900001 + n},931,School {n},Academy converter,{status},Secondary,11,18,900,Marl,ZZ1 {n}AA\n"
        for n in range(how_many)
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lines("Closed"), "Not one school in this file is open."),
        (lines("Open", 2), "This file has only 2 of the 12 open schools known here."),
        (
            lines("Closed", 8) + lines("Open").split("\n", 8)[8],
            "This file closes 8 of the 12 open schools known here.",
        ),
    ],
)
def test_a_file_that_would_end_a_county_needs_yes_really(
    app: Flask, file: Path, content: str, said: str
) -> None:
    file.write_text(HEADER + lines("Open"))
    assert flask(app, "apply", file, "--authority", "931").exit_code == 0
    file.write_text(HEADER + content.replace("School 0,", "School Nought,"))
    assert f"LOOK TWICE: {said}" in flask(app, "preview", file, "--authority", "931").output
    refused = flask(app, "apply", file, "--authority", "931")
    assert refused.exit_code == 1 and said in refused.output and "give --yes-really" in refused.output
    assert schools.get(900001).name == "School 0"
    done = flask(app, "apply", file, "--authority", "931", "--yes-really")
    assert done.exit_code == 0 and said in done.output
    db.session.expire_all()
    assert schools.get(900001).name == "School Nought"


def test_a_file_older_than_the_newest_applied_is_said_first(app: Flask, tmp_path: Path) -> None:
    newer, older = tmp_path / "edubasealldata20270117.csv", tmp_path / "edubasealldata20261201.csv"
    newer.write_text(HEADER + ASH)
    older.write_text(HEADER + ASH.replace("1050", "1000"))
    assert flask(app, "apply", newer, "--all").exit_code == 0
    refused = flask(app, "apply", older, "--all")
    assert refused.exit_code == 1
    assert "This file is of 1 December 2026, and one of 17 January 2027 was applied already" in refused.output
    assert schools.get(900001).number_of_pupils == 1050
    assert flask(app, "apply", older, "--all", "--yes-really").exit_code == 0
    # What counts is the newest that was ever applied, not the last.
    older.write_text(HEADER + ASH.replace("1050", "990"))
    assert flask(app, "apply", older, "--all").exit_code == 1
    newer.write_text(HEADER + ASH.replace("1050", "1080"))
    assert flask(app, "apply", newer, "--all").exit_code == 0


def test_what_probably_became_another_is_listed_and_taken_when_asked(app: Flask, file: Path) -> None:
    flask(app, "apply", file, "--authority", "931")
    file.write_text(HEADER + ASH.replace("900001", "900009").replace("Ash School", "Ash Academy"))
    told = flask(app, "preview", file, "--authority", "931").output
    assert "Probably became another (apply with --became to take them so): 1\n" in told
    assert "  900001 Ash School, Marl -> 900009 Ash Academy, Marl\n" in told
    flask(app, "apply", file, "--authority", "931", "--became")
    assert (schools.get(900001).is_open, schools.successors(900001)) == (False, [900009])
