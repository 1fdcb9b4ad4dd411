"""One report that reaches two processes of the service at the same moment is put down once, on both databases, and each
sender gets the same answer."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from processes import running
from sqlalchemy import select

from booking import sheet_days
from outreach.ground.db import db, transaction
from outreach.post import troupe_links
from outreach.visits.report_sendings import ReportSending
from outreach.visits.reports import VisitReport

AT_ONCE = 8


@pytest.mark.browser
@pytest.mark.any_database("postgresql")
def test_a_report_that_comes_in_eight_times_at_once_is_one_report_with_one_answer(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    with transaction():
        day = sheet_days.lay(now.date() - timedelta(days=1))
        link = troupe_links.make(day.troupe.id, partnership_id=day.partnership.id, who="Priya", now=now)
        address = f"/t/{troupe_links.token_of(link, 'for tests')}/shows/{day.first.id}/report"
    db.session.remove()
    together = Barrier(AT_ONCE)

    def phone(url: str) -> tuple[int, str]:
        """Opens the form for its token, and sends what it has kept with the others."""
        connection = HTTPConnection(urlsplit(url).netloc, timeout=120)
        connection.request("GET", address)
        page = connection.getresponse()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
        cookie = (page.getheader("Set-Cookie") or "").partition(";")[0]
        assert token
        said = {"took_place": "yes", "pupils": "96", "key": "k" * 22, "csrf_token": token[1]}
        together.wait(120)
        connection = HTTPConnection(urlsplit(url).netloc, timeout=120)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Cookie": cookie,
        }
        connection.request("POST", address, urlencode(said), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())["sent"]

    with (
        running(database_url, tmp_path, SECRET_KEY="for tests") as service,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        answers = list(pool.map(phone, [service.url] * AT_ONCE))
    ((row, sending),) = db.session.execute(
        select(VisitReport, ReportSending).join(ReportSending, ReportSending.report_id == VisitReport.id)
    ).all()
    assert set(answers) == {(200, sending.recorded_at.isoformat())} and row.pupils == 96
    assert len(db.session.scalars(select(VisitReport)).all()) == 1
