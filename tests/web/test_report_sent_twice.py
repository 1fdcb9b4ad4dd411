"""A company's report that is sent twice is put down once, and answered alike; the key of its form sees to that."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

import make
from booking import sheet_days
from outreach.ground.db import db, transaction
from outreach.post import troupe_links
from outreach.visits import pledges, report_sendings, reports
from outreach.visits.outcomes import outcomes_of_shows
from outreach.visits.report_sendings import ReportSending, SentBefore
from outreach.visits.reports import VisitReport

pytestmark = pytest.mark.any_database

KEY = "k" * 22
SAID = {"key": KEY, "took_place": "yes", "pupils": "96"}


@pytest.fixture
def day(app: Flask, stopped: Any) -> Any:
    """A day with two shows, both begun, and the address of the report on each."""
    with transaction():
        day = sheet_days.lay()
        link = troupe_links.make(day.troupe.id, partnership_id=day.partnership.id, who="Priya", now=make.NOW)
        token = troupe_links.token_of(link, "for tests")
    stopped.now, day.clock = day.now, stopped
    stopped.after(hours=8)
    day.reports = [f"/t/{token}/shows/{show.id}/report" for show in (day.first, day.second)]
    return day


def counts() -> list[int | None]:
    db.session.rollback()
    return list(db.session.scalars(select(VisitReport.pupils).order_by(VisitReport.id)))


def test_the_form_carries_a_key_of_its_own_each_time_it_is_opened(client: FlaskClient, day: Any) -> None:
    keys = {client.get(day.reports[0]).text.partition('name="key" value="')[2][:22] for _ in range(3)}
    assert len(keys) == 3 and all(key.isascii() and '"' not in key for key in keys)


@pytest.mark.both_databases
def test_what_was_sent_is_answered_alike_and_stands_once_whatever_was_said_since(
    client: FlaskClient, day: Any
) -> None:
    first = client.post(day.reports[0], data=SAID)
    assert (first.status_code, first.location) == (303, day.reports[0])
    assert client.post(day.reports[0], data=SAID).location == day.reports[0]
    assert counts() == [96]
    # Another phone says something else; the first sends once more what it has had no answer to.
    client.post(day.reports[0], data=SAID | {"key": "other", "pupils": "90"})
    again = client.post(day.reports[0], data=SAID, follow_redirects=True)
    assert counts() == [96, 90]
    assert "What you said is put down" in again.text and "90 pupils" in again.text


@pytest.mark.both_databases
def test_what_two_forms_say_alike_is_one_report_and_neither_comes_back_later(
    client: FlaskClient, day: Any
) -> None:
    client.post(day.reports[0], data=SAID)
    client.post(day.reports[0], data=SAID | {"key": "the-other-phone"})
    client.post(day.reports[0], data=SAID | {"key": "a-third", "pupils": "90"})
    client.post(day.reports[0], data=SAID | {"key": "the-other-phone"})
    assert counts() == [96, 90]


def test_a_report_that_was_taken_back_does_not_return_by_itself(client: FlaskClient, day: Any) -> None:
    client.post(day.reports[0], data=SAID)
    said = reports.newest(day.one, reports.COMPANY)
    client.post(f"{day.reports[0]}/withdraw", data={"report": said.id, "reason": "Another show"})
    assert client.post(day.reports[0], data=SAID).status_code == 303
    assert reports.newest(day.one, reports.COMPANY) is None and counts() == [96]


@pytest.mark.both_databases
def test_a_key_with_other_answers_is_told_and_pressing_again_puts_them_down(
    client: FlaskClient, day: Any
) -> None:
    client.post(day.reports[0], data=SAID)
    told = client.post(day.reports[0], data=SAID | {"pupils": "69"})
    assert told.status_code == 422 and counts() == [96]
    assert "This form was sent already, on 9 March 2027 at 2:30pm, with other answers" in told.text
    assert 'value="69"' in told.text and f'value="{KEY}"' not in told.text
    key = told.text.partition('name="key" value="')[2].partition('"')[0]
    assert client.post(day.reports[0], data=SAID | {"pupils": "69", "key": key}).status_code == 303
    assert counts() == [96, 69]


def test_a_key_of_another_show_is_told_too(client: FlaskClient, day: Any) -> None:
    client.post(day.reports[0], data=SAID)
    assert "with other answers" in client.post(day.reports[1], data=SAID).text
    assert counts() == [96]


def test_a_form_without_a_key_or_with_a_strange_one_is_taken_as_before(client: FlaskClient, day: Any) -> None:
    for n, key in enumerate(("", "x" * 65, "a b", "\0", "é")):
        assert client.post(day.reports[0], data=SAID | {"key": key, "pupils": str(n)}).status_code == 303
    assert counts() == [0, 1, 2, 3, 4]


BY_SCRIPT = {"Accept": "application/json, text/html;q=0.5"}


def stands(day: Any) -> int | None:
    """The head count of the company that holds, as pages and coverage have it."""
    db.session.rollback()
    newest = reports.newest(day.one, reports.COMPANY)
    (verdict,) = outcomes_of_shows([day.one.performance_id], now=day.clock.now + timedelta(days=1)).values()
    count = None if newest is None else newest.pupils
    assert sum((verdict.counted or {}).values()) == (count or 0)
    return count


@pytest.mark.both_databases
def test_a_report_that_waited_on_a_phone_stands_beneath_what_a_colleague_filled_in_since(
    client: FlaskClient, day: Any
) -> None:
    first = client.post(day.reports[0], data=SAID | {"pupils": "90", "key": "first"})
    assert first.status_code == 303 and stands(day) == 90
    day.clock.now += timedelta(minutes=40)
    client.post(day.reports[0], data=SAID | {"pupils": "96", "key": "colleague", "lead_present": "done"})
    day.clock.now += timedelta(minutes=20)
    late = SAID | {"pupils": "80", "key": "late", "waited": "1800", "lead_present": "not done"}
    for _ in range(2):  # it was lost on the way back, and is sent again
        answer = client.post(day.reports[0], data=late | {"waited": "1900"}, headers=BY_SCRIPT).get_json()
        assert answer["newer"].startswith("A report that was filled in later, on ")
        assert answer["newer"].endswith(", stands. Yours is kept beneath it.")
    assert stands(day) == 96 and counts() == [90, 96, 80]
    said = pledges.answers_of([day.one.id])[day.one.id]
    assert [row.said for row in said] == ["not done", "done"]
    db.session.rollback()
    newest = reports.newest(day.one, reports.COMPANY)
    assert newest is not None and [row.pupils for row in reports.corrected(day.one)] == [80, 90]
    with transaction():
        reports.withdraw(day.one, reports.COMPANY, newest.id, reason="Mine", who="Van", now=day.clock.now)
    assert stands(day) == 80, "it holds once the newer is taken back"


@pytest.mark.parametrize("waited", ["", "0", "-5", "x", "1e3", "99999999", "٣"])
def test_a_report_that_did_not_wait_or_says_it_strangely_is_the_newest(
    client: FlaskClient, day: Any, waited: str
) -> None:
    client.post(day.reports[0], data=SAID | {"key": "first"})
    day.clock.now += timedelta(minutes=1)
    more = SAID | {"pupils": "80", "key": "second", "waited": waited}
    answer = client.post(day.reports[0], data=more, headers=BY_SCRIPT).get_json()
    assert "newer" not in answer and stands(day) == 80


def test_a_phone_whose_clock_is_wrong_fills_in_no_report_before_the_show(
    client: FlaskClient, day: Any
) -> None:
    client.post(day.reports[0], data=SAID | {"waited": "9999999"})
    row = db.session.query(reports.VisitReport).one()
    assert row.filled_in_at == day.one.performance.starts_at and stands(day) == 96


@pytest.mark.both_databases
def test_the_database_takes_no_report_that_was_filled_in_after_it_came_or_by_a_school(day: Any) -> None:
    for wrong in ({"side": "school"}, {"side": "company", "filled_in_at": make.NOW + timedelta(days=1)}):
        with pytest.raises(IntegrityError, match="filled_in"), transaction():
            said = {"at": make.NOW, "filled_in_at": make.EARLIER} | wrong
            make.report(day.one, said.pop("side"), said.pop("at"), 9, **said)


@pytest.mark.both_databases
def test_one_form_that_comes_in_twice_at_the_same_moment_is_one_report_with_one_answer(
    app: Flask, day: Any
) -> None:
    together, answers = Barrier(4), []

    def one() -> None:
        client = app.test_client()
        together.wait()
        answer = client.post(day.reports[0], data=SAID)
        answers.append((answer.status_code, answer.location))

    threads = [Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(303, day.reports[0])] * 4 and counts() == [96]


@pytest.mark.both_databases
def test_the_database_lets_no_key_stand_for_two_reports(day: Any) -> None:
    with transaction():
        first, second = (
            reports.report(
                booking,
                reports.COMPANY,
                reports.ReportAccount(took_place=True, pupils=96),
                who="Van",
                now=day.now.replace(hour=15),
            )
            for booking in (day.one, day.two)
        )
        report_sendings.note(first, KEY, "a" * 64, now=make.NOW)
    with pytest.raises(SentBefore), transaction():
        report_sendings.note(second, KEY, "a" * 64, now=make.NOW)
    for key, said in (("", "a" * 64), ("x" * 65, "a" * 64), ("key", "short"), (KEY, "a" * 64)):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(
                ReportSending.__table__.insert().values(
                    key=key, report_id=second.id, said=said, recorded_at=make.NOW
                )
            )
    assert db.session.scalar(select(func.count()).select_from(ReportSending)) == 1
