"""What a job says goes nowhere where the disk is full on which its output or log is kept: the job goes on."""

import errno
import io
import os
import sys

import pytest
from flask import Flask
from flask.testing import FlaskClient

from log_read import unread
from outreach.cli.rounds import say
from outreach.ground import errands, log_lines

pytestmark = pytest.mark.any_database


class OnFullDisk(io.StringIO):
    """A file of which nothing can be written any more."""

    def write(self, _words: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("form", ["", log_lines.JSON])
def test_a_job_whose_output_is_on_a_full_disk_goes_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    app.config["OUTREACH_LOG"] = form
    with monkeypatch.context() as full:
        full.setattr(sys, "stdout", OnFullDisk())
        full.setattr(sys, "stderr", OnFullDisk())
        log_lines.begin(form or log_lines.PLAIN, OnFullDisk(), about=errands.in_a_line)
        say("A plan is done.")
        say("The database cannot be reached.", err=True)
    unread()


def test_a_job_whose_reader_has_gone_ends(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_words: object, **_more: object) -> None:
        raise BrokenPipeError

    app.config["OUTREACH_LOG"] = ""
    monkeypatch.setattr("click.echo", gone)
    with pytest.raises(BrokenPipeError):
        say("A plan is done.")


def test_pages_are_shown_though_the_disk_of_the_log_is_full(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(sys, "stderr", OnFullDisk())
        log_lines.begin(log_lines.JSON, OnFullDisk(), about=errands.in_a_line)
        assert client.get("/sign-in").status_code == 200
    unread()
