"""Sessions in the database: what it refuses, and what the day's round takes away."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

import make
from outreach.county import sign_in_sessions
from outreach.county.coordinators import Coordinator
from outreach.county.sign_in_sessions import Lifetime, SignInSession
from outreach.ground.db import broken_guard, db, transaction

pytestmark = pytest.mark.both_databases
LASTS = Lifetime(idle=timedelta(minutes=30), absolute=timedelta(hours=12))


@pytest.fixture
def priya(app: Flask) -> Coordinator:
    with transaction():
        return make.person(make.partnership())


def begun(person: Coordinator, **back: float) -> int:
    with transaction():
        row, _token = sign_in_sessions.begin(
            person.id,
            partnership_id=person.partnership_id,
            device="Firefox, Windows",
            by_link=False,
            now=make.NOW - timedelta(**back),
        )
        return row.id


def refused(session_id: int, **values: Any) -> str:
    try:
        with transaction():
            db.session.execute(update(SignInSession).where(SignInSession.id == session_id).values(**values))
    except IntegrityError as error:
        return broken_guard(error)
    return ""


def test_the_database_lets_no_session_live_again_nor_become_anothers(priya: Coordinator) -> None:
    with transaction():
        owen = make.person(make.partnership(("932",)))
    session_id = begun(priya)
    stays = "sign_in_session_stays_ended"
    for turned in (
        {"person_id": owen.id, "partnership_id": owen.partnership_id},
        {"token_hash": "f" * 64},
        {"began_at": make.NOW + timedelta(hours=1)},
    ):
        assert refused(session_id, **turned) == stays, turned
    assert refused(session_id, ended_at=make.NOW) == "ck_sign_in_session_ended"
    assert refused(session_id, ended_at=make.NOW, why_ended="bored") == "ck_sign_in_session_why_ended"
    assert refused(session_id, device="") == "ck_sign_in_session_device"
    with transaction():
        sign_in_sessions.end(session_id, why="signed out", now=make.NOW)
    for again in (
        {"ended_at": None, "why_ended": None},
        {"ended_at": make.NOW + timedelta(hours=1)},
        {"last_seen_at": make.NOW + timedelta(hours=1)},
    ):
        assert refused(session_id, **again) == stays, again


def test_no_session_is_of_a_person_and_of_another_partnership(priya: Coordinator) -> None:
    with transaction():
        theirs = make.partnership(("932",))
    with pytest.raises(IntegrityError), transaction():
        sign_in_sessions.begin(
            priya.id, partnership_id=theirs.id, device="Firefox", by_link=False, now=make.NOW
        )


def test_the_sweep_takes_what_has_been_over_for_thirty_days_and_nothing_else(priya: Coordinator) -> None:
    ended_long_ago, idle_long_ago = begun(priya, days=31), begun(priya, days=31)
    ended_lately, fresh, lasting = begun(priya, days=40), begun(priya), begun(priya, days=29)
    with transaction():
        sign_in_sessions.end(ended_long_ago, why="signed out", now=make.NOW - timedelta(days=31))
        db.session.execute(
            update(SignInSession)
            .where(SignInSession.id == ended_lately)
            .values(last_seen_at=make.NOW - timedelta(days=29))
        )
        sign_in_sessions.end(ended_lately, why="signed out", now=make.NOW - timedelta(days=29))
    long_lasting = Lifetime(idle=timedelta(days=60), absolute=timedelta(days=60))
    with transaction():
        swept(long_lasting)
    assert set(kept()) == {idle_long_ago, ended_lately, fresh, lasting}
    with transaction():
        swept(LASTS)
    assert set(kept()) == {fresh, lasting}


def swept(lasts: Lifetime) -> None:
    db.session.execute(delete(SignInSession).where(sign_in_sessions.over_for_long(lasts, now=make.NOW)))


def kept() -> list[int]:
    return list(db.session.scalars(select(SignInSession.id)))
