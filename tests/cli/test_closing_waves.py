"""The post closes waves of answers that are over, and their order goes from the files."""

from datetime import timedelta

import pytest
from flask import Flask

import asked
from outreach.ground import clock, db
from outreach.ground.db import transaction
from outreach.outcomes import open_answers


@pytest.fixture
def show(app: Flask) -> asked.Asked:
    """A show that ended a week ago, its wave after it never closed."""
    now = clock.now()
    with transaction():
        told = asked.lay(starts_at=now - timedelta(days=7))
    asked.answers(told.code("after"), at=now - timedelta(days=6))
    return told


def test_the_post_closes_what_is_over_and_nothing_else(app: Flask, show: asked.Asked) -> None:
    assert len(open_answers.names_of_tables()) == 2
    db.db.session.rollback()
    done = app.test_cli_runner().invoke(args=["post", "send"])
    assert done.exit_code == 0, done.output
    db.db.session.rollback()
    assert {kind: wave.closed_at is not None for kind, wave in show.waves.items()} == {
        "before": True,
        "after": True,
        "later": False,
    }
    assert show.waves["after"].order_gone_at is not None
    assert open_answers.names_of_tables() == []


def test_a_file_that_cannot_be_written_anew_now_is_tried_again_at_the_next_look(
    app: Flask, show: asked.Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("outreach.cli.post.write_file_anew", lambda *, patience: False)
        app.test_cli_runner().invoke(args=["post", "send"])
    db.db.session.rollback()
    assert show.waves["after"].closed_at is not None and show.waves["after"].order_gone_at is None
    db.db.session.rollback()
    app.test_cli_runner().invoke(args=["post", "send"])
    db.db.session.rollback()
    assert show.waves["after"].order_gone_at is not None
