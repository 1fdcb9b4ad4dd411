"""More answers than are a class's own: they are set aside, and keep nobody out."""

from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from flask import Flask
from sqlalchemy import text

from asked import SHOW, Asked, lay
from outreach.ground.db import db, transaction
from outreach.outcomes import answering, closing, expected, open_answers, waves
from outreach.outcomes.answering import BURST, IN_TIME, MANY, OUTSIDE
from outreach.outcomes.closed_answers import numbers_of_pupils
from outreach.outcomes.open_answers import Stands

NIGHT = datetime(2027, 3, 3, 22, tzinfo=UTC)
SCHOOL_HOURS = NIGHT + timedelta(hours=13)
ONE, OTHER = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def asked(app: Flask) -> Asked:
    with transaction():
        return lay(pupils=10)


def send(asked: Asked, kind: str, number: int, *, network: str = ONE, at: datetime) -> None:
    code = asked.code(kind)
    for _ in range(number):
        with transaction():
            timing = answering.timing(code.code, network, now=at)
        with transaction():
            assert answering.answer(code.code, answering.new_form(code), {1: 5}, timing=timing, now=at)


def test_many_answers_of_one_client_at_night_keep_no_pupil_out(asked: Asked) -> None:
    wave = asked.waves["before"]
    send(asked, "before", 25, at=NIGHT)
    assert expected.came(wave) == Stands(kept=MANY, set_aside=11), "as many as are kept, and no more"
    assert wave.burst_at == NIGHT
    send(asked, "before", 2, network=OTHER, at=NIGHT)
    send(asked, "before", 10, at=SCHOOL_HOURS)
    table = open_answers.table_of_wave(wave.id)
    rows = db.session.execute(table.select()).all()
    assert sum(not row.outside and not row.set_aside for row in rows) == 10, "the whole class"
    assert sum(row.outside and not row.set_aside for row in rows) == 1, "the others gave way to it"
    with transaction():
        closing.close(wave, now=SHOW)
    assert numbers_of_pupils([wave.id]) == {wave.id: 11}
    assert expected.came(wave) == Stands(kept=11, set_aside=21)


def test_more_than_the_class_has_pupils_are_set_aside_and_nobody_is_refused(asked: Asked) -> None:
    wave = asked.waves["before"]
    send(asked, "before", 11, at=SCHOOL_HOURS)
    assert (expected.came(wave), wave.burst_at) == (Stands(kept=11), None)
    send(asked, "before", 13, at=SCHOOL_HOURS)
    assert expected.came(wave) == Stands(kept=11, set_aside=11)
    assert wave.burst_at == SCHOOL_HOURS
    with transaction():
        waves.take_burst_back_in(wave, who="Priya", now=SCHOOL_HOURS)
    assert (expected.came(wave), wave.burst_at) == (Stands(kept=22), None)
    with transaction():
        closing.close(wave, now=SHOW)
    with pytest.raises(waves.WaveIsOver), transaction():
        waves.take_burst_back_in(wave, who="Priya", now=SHOW)


@pytest.mark.parametrize(
    ("kind", "at", "in_time"),
    [
        ("after", SHOW, False),
        ("after", SHOW + timedelta(hours=8), True),
        ("after", SHOW + timedelta(days=1), False),
        ("before", datetime(2027, 3, 4, 8, 59, tzinfo=UTC), False),
        ("before", datetime(2027, 3, 4, 9, tzinfo=UTC), True),
        ("before", datetime(2027, 3, 4, 15, tzinfo=UTC), False),
        ("before", datetime(2027, 3, 6, 12, tzinfo=UTC), False),
        ("later", datetime(2027, 6, 9, 9, tzinfo=UTC), True),
        ("later", datetime(2027, 6, 9, 20, tzinfo=UTC), False),
    ],
)
def test_a_class_has_its_hour(asked: Asked, kind: str, at: datetime, in_time: bool) -> None:
    """After the performance to the end of its day; at other times while its school is open: 9am to 3pm here."""
    code = asked.code(kind).code
    found = []
    for _ in range(MANY + 1):
        with transaction():
            found.append(answering.timing(code, ONE, now=at))
    assert found == ([IN_TIME] * (MANY + 1) if in_time else [OUTSIDE] * MANY + [BURST])
    with transaction():
        assert answering.timing(code, OTHER, now=at) == (IN_TIME if in_time else OUTSIDE)
    kept = db.session.execute(text("SELECT count(*) FROM day_count")).scalar_one()
    assert kept == (0 if in_time else 2), "of a class that answers in its hour nothing is kept"


def test_nothing_beside_an_answer_leads_to_where_it_came_from(asked: Asked) -> None:
    send(asked, "before", 1, at=NIGHT)
    table = open_answers.table_of_wave(asked.waves["before"].id)
    assert {"day", "key", "number"} & set(table.columns.keys()) == {"key"}
    key = db.session.execute(text("SELECT key FROM day_count")).scalar_one()
    (answer,) = db.session.execute(table.select()).all()
    assert key not in map(str, answer)
    if db.engine.dialect.name == "postgresql":
        of_both = f"SELECT count(*) FROM day_count d JOIN {table.name} a ON a.xmin = d.xmin"
        assert db.session.execute(text(of_both)).scalar_one() == 0, "one transaction wrote both"


def test_answers_sent_side_by_side_are_never_more_than_are_kept(app: Flask, asked: Asked) -> None:
    """Two connections and one place left: the second waits for what becomes of the first."""
    send(asked, "before", 10, at=SCHOOL_HOURS)
    wave, code = asked.waves["before"], asked.code("before")
    first, second = (answering.new_form(code) for _ in range(2))
    typed, kept = code.code, Event()

    def comes_second() -> None:
        with app.app_context(), transaction():
            answering.answer(typed, second, {1: 5}, now=SCHOOL_HOURS)
            kept.set()

    thread = Thread(target=comes_second)
    with transaction():
        answering.answer(typed, first, {1: 5}, now=SCHOOL_HOURS)
        thread.start()
        assert not kept.wait(1)
    thread.join(120)
    assert expected.came(wave) == Stands(kept=11, set_aside=1)
