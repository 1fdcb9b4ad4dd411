"""After its end a show is reported, by every door, and never cancelled or moved; a wrong report is taken
back."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from school_story import link_to
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import make
from outreach.booking import bookings, promises
from outreach.booking.numbers import Promise
from outreach.coverage import standings
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.post import troupe_links
from outreach.post.outbox import Letter
from outreach.visits import reports, unreported
from outreach.visits.reports import ReportAccount

pytestmark = pytest.mark.any_database

NOW = datetime(2027, 1, 19, 15, tzinfo=UTC)
START = datetime(2027, 1, 19, 10, tzinfo=UTC)
SAID = {"took_place": "yes", "year_8": "118", "year_9": "101", "lead_present": "done"}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def booking(app: Flask):
    with transaction():
        programme = make.programme(make.partnership(), notice_cancel_days=0, notice_move_days=0)
        school = make.school(number_of_pupils=1050)
        make.contact(school)
        return make.booking(make.show(programme, school, START), {8: 120, 9: 110})


@pytest.fixture
def links(booking, client: FlaskClient) -> dict[str, str]:
    """The address of the reports of each side's door."""
    with transaction():
        partnership = db.session.get_one(make.Partnership, booking.programme.partnership_id)
        make.signed_in(client, make.person(partnership))
        link = troupe_links.make(
            booking.performance.troupe_id, partnership_id=partnership.id, who="Priya", now=make.EARLIER
        )
        token = troupe_links.token_of(link, "for tests")
        mine = link_to(booking.programme, booking.organisation)
    return {
        "school": f"/i/{mine}/booked/{booking.reference}/report",
        "company": f"/t/{token}/shows/{booking.performance_id}/report",
        "coordinator": f"/desk/bookings/{booking.reference}/report",
    }


def now_is(booking) -> str:
    (found,) = standings.standings_of_programme(
        booking.programme_id, as_of=NOW.date(), now=NOW + timedelta(days=20)
    ).target
    return found.standing


def test_a_show_that_was_played_is_neither_cancelled_moved_nor_changed(booking) -> None:
    with transaction():
        reports.report(
            booking, "school", ReportAccount(took_place=True, pupils={8: 118, 9: 101}), who="School", now=NOW
        )
    who = {"who": "Priya", "now": NOW}
    for by in (promises.COORDINATOR, promises.COMPANY, promises.SCHOOL):
        with pytest.raises(bookings.ShowIsOver), transaction():
            bookings.cancel(booking, reason="Snow", by=by, **who)
    with pytest.raises(bookings.ShowIsOver), transaction():
        bookings.move(booking, booking.performance, by=promises.COORDINATOR, **who)  # type: ignore[arg-type]
    with pytest.raises(bookings.ShowIsOver), transaction():
        bookings.change(booking, Promise(pupils={8: 1}, people=()), by=promises.COORDINATOR, **who)
    assert now_is(booking) == "seen"
    assert db.session.query(Letter).count() == 0
    assert (booking.can_move(NOW), booking.can_cancel(NOW)) == (False, False)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "deed",
    [
        (
            "INSERT INTO cancellation (booking_id, recorded_at, cancelled_by, who, reason) VALUES (:b, "
            ":now, 'school', 'x', 'y')"
        ),
        "UPDATE booking SET ended_at = :now WHERE id = :b",
        (
            "INSERT INTO booking_revision (booking_id, recorded_at, starts_at, ends_at, who) VALUES (:b, "
            ":now, :now, :now, 'x')"
        ),
    ],
)
def test_the_database_itself_refuses_to_end_or_move_what_is_over(booking, deed: str) -> None:
    """The same is let through one minute before the end."""
    end = booking.performance.ends_at
    form = "%Y-%m-%d %H:%M:%S.%f" if db.engine.dialect.name == "sqlite" else "%Y-%m-%d %H:%M:%S+00"
    for at, refused in ((end - timedelta(minutes=1), False), (end, True)):
        with db.engine.connect() as connection, connection.begin() as going:
            said = {"b": booking.id, "now": at.strftime(form)}
            if refused:
                with pytest.raises(IntegrityError, match="show_is_over"):
                    connection.execute(text(deed), said)
            else:
                connection.execute(text(deed), said)
            going.rollback()


@pytest.mark.both_databases
def test_what_was_put_down_or_taken_back_stays(booking) -> None:
    with transaction():
        row = reports.report(
            booking, "school", ReportAccount(took_place=True, pupils=200), who="School", now=NOW
        )
        reports.withdraw(booking, "school", row.id, reason="Another show", who="School", now=NOW)
    for deed in (
        "UPDATE visit_report SET pupils = 3",
        "UPDATE reported_pupils SET pupils = 3",
        "UPDATE report_withdrawal SET reason = 'x'",
        "DELETE FROM report_withdrawal",
    ):
        if "reported_pupils" in deed and db.engine.dialect.name == "sqlite":
            continue  # no row, and SQLite's triggers are for each row
        with db.engine.connect() as connection, connection.begin() as going:
            with pytest.raises(IntegrityError, match="only_grows"):
                connection.execute(text(deed))
            going.rollback()


def test_pages_of_a_show_that_is_over_lead_to_its_report(client: FlaskClient, booking, links) -> None:
    desk = f"/desk/bookings/{booking.reference}"
    for deed in ("cancel", "move", "change"):
        answer = client.get(f"{desk}/{deed}")
        assert (answer.status_code, answer.location) == (303, f"{desk}/report"), deed
    assert (
        client.post(f"{desk}/cancel", data={"by": "company", "reason": "Snow"}).location == f"{desk}/report"
    )
    page = client.get(desk).text
    assert f'href="{desk}/report"' in page and f'href="{desk}/cancel"' not in page
    school = links["school"].removesuffix("/report")
    assert client.get(f"{school}/cancel").location == links["school"]
    assert client.post(f"{school}/cancel", data={"reason": "exams"}).location == links["school"]
    assert f'href="{links["school"]}"' in client.get(school).text
    day = f"{links['company'].split('/shows')[0]}/days/{booking.performance.tour_day_id}"
    assert f'href="{links["company"]}"' in client.get(day).text
    assert promises.cancellation_of(booking) is None


@pytest.mark.both_databases
@pytest.mark.parametrize("side", ["school", "company"])
def test_each_side_reports_by_its_link_and_takes_a_wrong_report_back(
    client: FlaskClient, booking, links, side: str
) -> None:
    first = {"took_place": "no", "why_not": "Snow"}
    assert client.post(links[side], data=first | {"why_not": ""}).status_code == 422
    assert client.post(links[side], data=first).location == links[side]
    second = SAID if side == "school" else {"took_place": "yes", "pupils": "219"}
    assert client.post(links[side], data=second).status_code == 303
    assert "219" in client.get(links[side]).text and now_is(booking) == "seen"

    back = f"{links[side]}/withdraw"
    page = client.get(back).text
    assert "219" in page and "did not take place: Snow" in page
    row = reports.newest(booking, side)
    assert client.post(back, data={"report": str(row.id), "reason": ""}).status_code == 422
    for _ in range(2):  # a second click takes back no older report
        answer = client.post(back, data={"report": str(row.id), "reason": "It was the other show"})
        assert (answer.status_code, answer.location) == (303, links[side])
    assert reports.newest(booking, side).why_not == "Snow"
    assert now_is(booking) == "asked"
    assert history.history_of("booking", booking.reference)[0].what == f"took back a report ({side})"
    assert booking.outcome == "did not take place"


@pytest.mark.both_databases
def test_a_coordinator_takes_any_sides_report_back_and_the_page_says_so(
    client: FlaskClient, booking, links
) -> None:
    with transaction():
        row = reports.report(
            booking, "company", ReportAccount(took_place=True, pupils=219), who="Van", now=NOW
        )
    assert f'href="{links["coordinator"]}/company/withdraw"' in client.get(links["coordinator"]).text
    back = f"{links['coordinator']}/company/withdraw"
    assert (
        client.post(back, data={"report": str(row.id), "reason": "Another school"}).location
        == links["coordinator"]
    )
    assert now_is(booking) == "to confirm"
    assert unreported.unreported_of_programme(booking.programme_id, now=NOW).bookings == 1
    page = client.get(links["coordinator"]).text
    assert "Taken back: 1 report" in page and "Another school" in page
    assert client.get(f"{links['coordinator']}/nobody/withdraw").status_code == 404
    assert client.get(back).location == links["coordinator"]


def test_no_link_reports_anothers_show(client: FlaskClient, booking, links) -> None:
    with transaction():
        other = make.booking(make.show(booking.programme, make.school(), START), {8: 90})
    school, company = links["school"], links["company"]
    assert client.get(school.replace(booking.reference, other.reference)).status_code == 404
    assert (
        client.post(
            company.replace(f"/{booking.performance_id}/", f"/{other.performance_id}/"), data=SAID
        ).status_code
        == 404
    )


def test_a_report_taken_back_counts_for_the_days_before_and_not_after(booking) -> None:
    later = NOW + timedelta(days=4)
    with transaction():
        row = reports.report(
            booking, "school", ReportAccount(took_place=True, pupils={8: 118, 9: 101}), who="School", now=NOW
        )
        reports.withdraw(booking, "school", row.id, reason="Another show", who="Priya", now=later)
    days = (NOW.date(), later.date() - timedelta(days=1), later.date())
    found = [
        standings.standings_of_programme(
            booking.programme_id, as_of=day, now=later + timedelta(days=9)
        ).target[0]
        for day in days
    ]
    assert [s.standing for s in found] == ["seen", "seen", "to confirm"]
    with pytest.raises(reports.NotTheWordThatHolds), transaction():
        reports.withdraw(booking, "school", 999_999, reason="No such", who="Priya", now=later)
