"""Settings that had no date get the dates that the history tells, and none that it does not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

import make
from ground.test_migrations import flask_db
from outreach.ground import history
from outreach.ground.db import db, transaction

MADE, SET, LATER = (datetime(2026, 9, day, 9, tzinfo=UTC) for day in (1, 10, 20))


@pytest.mark.own_database
def test_the_share_that_must_be_counted_is_dated_by_the_history(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """One partnership whose history has its changes, one whose history has none, one that was set by hand."""
    with transaction():
        told, silent, by_hand = (make.partnership((code,)).id for code in ("931", "932", "933"))
        history.record("created", "partnership", told, who="Priya", now=MADE, after="Marlshire")
        for at, was, became in ((SET, 0.5, 0.6), (LATER, 0.6, 0.7)):
            history.record(
                "changed the settings",
                "partnership",
                told,
                who="Priya",
                now=at,
                before={"counted_share": was},
                after={"counted_share": became},
            )
        history.record("added an authority", "partnership", told, who="Priya", now=SET, after="934 Fenshire")
        history.record(
            "removed an authority", "partnership", told, who="Priya", now=LATER, before="934 Fenshire"
        )
        history.record(
            "changed the settings",
            "partnership",
            by_hand,
            who="Priya",
            now=SET,
            before={"counted_share": 0.5},
            after={"counted_share": 0.8},
        )
        make.programme(db.session.get_one(make.Partnership, silent), created_at=LATER)
    db.session.remove()
    db.engine.dispose()
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0010")
    with db.engine.begin() as connection:
        for whose, share in ((told, 0.7), (silent, 0.4), (by_hand, 0.9)):
            connection.execute(
                text("UPDATE partnership SET counted_share = :share WHERE id = :whose"),
                {"share": share, "whose": whose},
            )
    db.engine.dispose()
    flask_db(database_url, tmp_path, "upgrade")

    dated = [
        (r.partnership_id, r.share, r.recorded_at)
        for r in db.session.query(make.CountedShare).order_by(make.CountedShare.id)
    ]
    assert [row for row in dated if row[0] == told] == [
        (told, 0.5, MADE),
        (told, 0.6, SET),
        (told, 0.7, LATER),
    ]
    assert [row for row in dated if row[0] == silent] == [(silent, 0.4, LATER)]
    assert [row[1] for row in dated if row[0] == by_hand] == [0.5, 0.8, 0.9]
    words = db.session.query(make.AuthorityCovered).order_by(make.AuthorityCovered.id)
    assert [(r.partnership_id, r.la_code, r.covered, r.recorded_at) for r in words] == [
        (told, "934", True, SET),
        (told, "934", False, LATER),
    ]
    with pytest.raises(Exception, match="ck_partnership_hold"), db.engine.begin() as connection:
        connection.execute(text("UPDATE partnership SET hold_minutes = 2"))
