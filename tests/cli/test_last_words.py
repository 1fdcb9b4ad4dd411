"""What a command says, in one sentence, where its database is full, away or not made yet, or where it is stopped."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from sqlalchemy.exc import OperationalError

from begun import ROOT, begun_and_done
from lent_app import SETTINGS, settings_of
from outreach import create_app
from outreach.ground import last_words
from ports import free_port

FULL = "The disk is full: make room on it, and start this again."


def named(error: Exception, **told: object) -> Exception:
    vars(error).update(told)
    return error


@pytest.mark.parametrize(
    "fault",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OperationalError(
            "INSERT", None, named(sqlite3.OperationalError("full"), sqlite_errorname="SQLITE_FULL")
        ),
        OperationalError("INSERT", None, named(Exception("could not extend file"), sqlstate="53100")),
    ],
)
def test_a_full_disk_is_said_so(fault: Exception) -> None:
    assert last_words.sentence(fault) == FULL


def asked_for_nothing(group: click.Group, *above: str) -> Iterator[list[str]]:
    """The words of every command that needs no more, of those of ours."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        words = [*above, name]
        if isinstance(command, click.Group):
            yield from asked_for_nothing(command, *words)
        elif command is not None and not any(one.required for one in command.params):
            yield words


def test_every_command_says_that_the_database_is_away(tmp_path: Path) -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    app = create_app({**SETTINGS, **settings_of(url, tmp_path)})
    told = {}
    for words in asked_for_nothing(app.cli):
        if words[0] in ("routes", "run", "shell") or words == ["planner", "work"]:
            continue  # Flask's own; it goes on until told to stop, and says so in its log
        fault = app.test_cli_runner().invoke(args=words).exception
        if fault is not None and not isinstance(fault, SystemExit):
            told[" ".join(words)] = last_words.sentence(fault)
    print(told)
    assert len(told) > 15
    assert all(words.startswith("The database cannot be reached: ") for words in told.values()), told


@pytest.mark.parametrize(
    "url, words",
    [
        (
            "sqlite:////nowhere/outreach.sqlite",
            "The database cannot be reached: unable to open database file.",
        ),
        (
            "sqlite:///{folder}/empty.sqlite",
            "The database is not as this version needs it: flask --app wsgi db upgrade.",
        ),
    ],
)
def test_a_process_ends_with_that_sentence_and_no_traceback(tmp_path: Path, url: str, words: str) -> None:
    done = begun_and_done(
        ["flask", "--app", "wsgi", "demonstration", "load"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url.format(folder=tmp_path), "OUTREACH_FOLDER": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (1, words + "\n")
