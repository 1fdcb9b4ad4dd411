"""Programmes and offers from before the waiting list was served at once: what the migration makes of them."""

from dataclasses import asdict
from pathlib import Path

import pytest
from flask import Flask

import make
from ground.test_migrations import flask_db
from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import ChasingSettings, Schedule
from outreach.booking.proposals import Proposal
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall

OFF = Schedule(offers_on=False, reminders_on=True)


@pytest.mark.own_database
def test_who_was_told_that_it_waits_is_offered_times_from_now_on(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        ours, school = make.partnership(), make.school()
        never_on, switched_off, nobody_waits = (make.programme(ours, title=f"P{n}") for n in range(3))
        for programme in (never_on, nobody_waits):
            db.session.add(ChasingSettings(programme_id=programme.id, **asdict(OFF)))
        settings.settle(switched_off, OFF, who="Priya", now=make.NOW)
        for programme in (never_on, switched_off):
            make.answer(programme, school, "waiting list")
        ids = {p.id: p.title for p in (never_on, switched_off, nobody_waits)}
        for n, (who, ended) in enumerate(
            (("the service itself", make.NOW), ("the service itself", None), ("Priya", None))
        ):
            db.session.add(
                Proposal(
                    programme_id=never_on.id,
                    urn=school.urn,
                    starts_at=wall(make.NOW.date(), make.NOW.time()),
                    uid=f"u{n}",
                    organizer_token=f"t{n}",
                    who=who,
                    reply_by=make.NOW.date(),
                    recorded_at=make.NOW,
                    ended_at=ended,
                    ended_as="lapsed" if ended else "",
                )
            )
    db.session.remove()
    db.engine.dispose()
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0016")
    flask_db(database_url, tmp_path, "upgrade")
    assert {ids[p]: settings.of(p).offers_on for p in ids} == {"P0": True, "P1": False, "P2": False}
    assert [row.waiting for row in db.session.query(Proposal).order_by(Proposal.id)] == [True, True, False]
