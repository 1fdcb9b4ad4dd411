"""Two hundred pupils of one school (sixty but in the longest run) answer within a minute, through gunicorn, on both
databases: every answer once, none lost. Wrong codes that several processes take are counted together."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from processes import running
from sqlalchemy import select

import asked
from how_many import so_many
from outreach.ground import clock
from outreach.ground.day_counts import DayCount
from outreach.ground.db import db, transaction
from outreach.outcomes import open_answers
from outreach.outcomes.typed_codes import GUESSES

PUPILS, AT_ONCE, A_MINUTE = so_many(200, least=60), 20, 60


@pytest.mark.any_database("postgresql")
@pytest.mark.browser
def test_two_hundred_pupils_answer_within_a_minute_and_each_is_kept_once(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        told = asked.lay(pupils=PUPILS, starts_at=clock.now() - timedelta(hours=1))
        address, wave_id = told.code("after").in_address, told.waves["after"].id
    db.session.remove()
    together = Barrier(AT_ONCE)

    def pupil(url: str, n: int) -> int:
        """Pupil n's answers spell its number; every tenth sends its form twice, as an impatient thumb does."""
        said = {f"a{place}": str(1 + n // 5 ** (place - 1) % 5) for place in range(1, 5)}
        connection = HTTPConnection(urlsplit(url).netloc, timeout=120)
        connection.request("GET", f"/q/{address}/questions")
        page = connection.getresponse().read().decode()
        form = re.search(r'name="form" value="([^"]+)"', page)
        assert form, page[:500]
        if n < AT_ONCE:
            together.wait(120)
        for _ in range(2 if n % 10 == 0 else 1):
            connection = HTTPConnection(urlsplit(url).netloc, timeout=120)
            connection.request(
                "POST",
                f"/q/{address}/questions",
                urlencode(said | {"form": form[1]}),
                {"Content-Type": "application/x-www-form-urlencoded"},
            )
            answer = connection.getresponse()
            answer.read()
            assert answer.getheader("Set-Cookie") is None
        return answer.status

    def guess(url: str) -> int:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=120)
        connection.request("GET", "/q?code=AAAAAAA")
        return connection.getresponse().status

    with running(database_url, tmp_path) as service, ThreadPoolExecutor(AT_ONCE) as pool:
        began = time.monotonic()
        statuses = list(pool.map(lambda n: pupil(service.url, n), range(PUPILS)))
        took = time.monotonic() - began
        guessed = list(pool.map(lambda _: guess(service.url), range(GUESSES.by_network + AT_ONCE)))
    assert statuses == [303] * PUPILS
    assert took < A_MINUTE
    assert set(guessed) == {422}
    counts = db.session.scalars(select(DayCount.number).order_by(DayCount.key)).all()
    assert counts.count(GUESSES.by_network) == 2, (
        "from there and in all: as many as are looked up, and no more"
    )
    rows = db.session.execute(open_answers.table_of_wave(wave_id).select()).all()
    spelt = [sum((getattr(row, f"a{place}") - 1) * 5 ** (place - 1) for place in range(1, 5)) for row in rows]
    assert sorted(spelt) == list(range(PUPILS))
    assert address not in (tmp_path / "journey.log").read_text()
