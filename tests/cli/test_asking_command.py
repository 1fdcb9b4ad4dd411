"""flask asking chase: what it writes, what it says it would, and that twice, or an end in the middle, writes
nothing twice."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

import make
from asking.chasing.scene import County, at, county, run
from asking.chasing.test_offers import TUESDAY, waiters
from begun import Begun, begun_and_done
from county.lists.sent import lines, send
from every_address import whole_database
from how_many import so_many
from outreach.asking import invitations
from outreach.asking.chasing import settings
from outreach.asking.chasing.chases import Chase
from outreach.asking.chasing.settings import Schedule
from outreach.booking.proposals import Proposal
from outreach.cli.asking import FROM
from outreach.county import contacts, school_days
from outreach.county.lists.uploads import ListUpload
from outreach.county.partnerships import Partnership
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.wording import clock as clock_time
from outreach.ground.wording import day_short
from outreach.post.outbox import Letter
from outreach.tour.days import TourDay

FRIDAY = date(2027, 1, 15)
ALL_ON = Schedule(reminders_on=True, offers_on=True, reports_on=True)


@pytest.fixture
def friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: at(FRIDAY))


def here(app: Flask) -> County:
    """Two silent schools; one that waits for a time."""
    with transaction():
        c = county(3, plan=ALL_ON)
        invitations.answer(c.programme, c.schools[2], "waiting list", "", who="J", now=at(date(2027, 1, 7)))
    return c


def said(app: Flask, *arguments: str) -> str:
    result = app.test_cli_runner().invoke(args=["asking", "chase", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_run_writes_what_is_due_and_a_second_one_writes_nothing(app: Flask, friday: None) -> None:
    here(app)
    assert settings.last_run() is None
    db.session.rollback()
    assert said(app) == "Someone to Tell: 2 schools reminded, 1 time offered.\n"
    assert settings.last_run() == at(FRIDAY)
    db.session.rollback()
    letters = db.session.query(Letter).filter_by(status="waiting").count()
    assert said(app) == "Someone to Tell: nothing is due today.\n"
    assert db.session.query(Letter).filter_by(status="waiting").count() == letters == 3


def test_a_dry_run_says_what_would_go_and_writes_nothing(app: Flask, friday: None) -> None:
    c = here(app)
    before = db.session.query(Letter).count()
    db.session.rollback()
    first, second = (x.address for x in c.contacts[:2])
    db.session.rollback()
    assert said(app, "--dry-run").splitlines() == [
        "Someone to Tell:",
        f"  would remind Redmere 000 ({first}) a first time",
        f"  would remind Redmere 001 ({second}) a first time",
        "  would offer 9 March 2027 at 9:00am to Redmere 002, until 20 January 2027",
    ]
    assert db.session.query(Letter).count() == before
    assert db.session.query(Chase).count() == 0


def test_the_run_asks_once_what_a_school_did_besides_its_show(app: Flask, friday: None) -> None:
    """Shown on a Friday: the fifth school day after it is the Friday of the round."""
    c = here(app)
    with transaction():
        settings.settle(
            c.programme, Schedule(offers_on=False, pledges_on=True), who="Priya", now=make.EARLIER
        )
        shown = datetime(2027, 1, 8, 9, 30, tzinfo=UTC)
        booking = make.booking(make.show(c.programme, c.schools[0], shown), {8: 100}, outcome="took place")
        make.visit_contact(booking, name="", duty="safeguarding lead", address="dsl@redmere.example")
    would = "  would ask Redmere 000 (dsl@redmere.example) what was done besides 8 January 2027"
    assert would in said(app, "--dry-run").splitlines()
    assert said(app) == "Someone to Tell: 1 school asked what was done.\n"
    assert said(app) == "Someone to Tell: nothing is due today.\n"
    kinds = [letter.kind for letter in db.session.query(Letter).filter_by(stream=booking.uid)]
    assert kinds == ["since the show, first"]


def shown_on_friday(c: County) -> None:
    show = make.show(c.programme, c.schools[0], datetime(2027, 1, 15, 9, 30, tzinfo=UTC))
    booking = make.booking(show, {8: 100})
    make.visit_contact(booking, name="", duty="on the day", address="office@redmere.example")


def test_a_run_in_the_evening_asks_how_the_show_of_the_day_went(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        c = county(1, plan=Schedule(offers_on=False, reports_on=True))
        shown_on_friday(c)
    monkeypatch.setattr(clock, "now", lambda: at(FRIDAY, 16))
    assert said(app) == "Someone to Tell: nothing is due today.\n"
    monkeypatch.setattr(clock, "now", lambda: at(FRIDAY, 17))
    would = "  would ask Redmere 000 (office@redmere.example) for the report of 15 January 2027"
    assert would in said(app, "--dry-run").splitlines()
    assert said(app) == "Someone to Tell: 1 report asked for.\n"
    assert said(app) == "Someone to Tell: nothing is due today.\n"


def test_the_run_asks_staff_once_what_they_make_of_a_show(app: Flask, friday: None) -> None:
    c = here(app)
    with transaction():
        plan = Schedule(offers_on=False, staff_on=True)
        settings.settle(c.programme, plan, who="Priya", now=make.EARLIER)
        shown = datetime(2027, 1, 14, 9, 30, tzinfo=UTC)
        booking = make.booking(make.show(c.programme, c.schools[0], shown), {8: 100}, outcome="took place")
        make.visit_contact(booking, name="", duty="safeguarding lead", address="dsl@redmere.example")
    would = "  would ask staff of Redmere 000 (dsl@redmere.example) about 14 January 2027"
    assert would in said(app, "--dry-run").splitlines()
    assert said(app) == "Someone to Tell: 1 school’s staff asked.\n"
    assert said(app) == "Someone to Tell: nothing is due today.\n"
    kinds = [letter.kind for letter in db.session.query(Letter).filter_by(stream=booking.uid)]
    assert kinds == ["staff asked, soon"]


def test_the_run_says_who_waits_for_consent_and_does_not_raise_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        c = county(2)
    for day in (FRIDAY, date(2027, 1, 25)):
        run(c.programme, day)
    monkeypatch.setattr(clock, "now", lambda: at(date(2027, 2, 3)))
    assert said(app).splitlines() == [
        "Someone to Tell: nothing is due today.",
        "  2 schools wait for a coordinator's word before anybody else is told.",
    ]


def test_what_cannot_be_written_does_not_keep_the_others_back(
    app: Flask, friday: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    c = here(app)
    broken, asking = c.organisation_ids[0], invitations.asking

    def fails_once(programme, school, *, now):  # type: ignore[no-untyped-def]
        if school.organisation_id == broken:
            raise ValueError("nothing like it")
        return asking(programme, school, now=now)

    monkeypatch.setattr(invitations, "asking", fails_once)
    result = app.test_cli_runner().invoke(args=["asking", "chase"])
    assert (result.exit_code, result.stdout) == (1, "Someone to Tell: 1 school reminded, 1 time offered.\n")


def test_a_closed_programme_is_not_gone_through(app: Flask, friday: None) -> None:
    c = here(app)
    with transaction():
        c.programme.closed_at = at(FRIDAY)
    assert said(app) == ""


SCHOOLS, KILLED = so_many(40, least=20), so_many(4, least=2)


@pytest.mark.browser
@pytest.mark.any_database("postgresql")
def test_a_run_that_is_killed_leaves_whole_letters_and_the_next_one_finishes(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """kill -9 while it writes, several times over: a letter and its row are there together or not at all, and
    never twice."""
    with transaction():
        c = county(SCHOOLS)
        settings.settle(c.programme, ALL_ON, who="Priya", now=make.EARLIER)
    programme_id = c.programme.id
    db.session.rollback()
    code = (
        "import sys; from datetime import datetime; from outreach.ground import clock; "
        f"clock.now = lambda: datetime.fromisoformat('{at(FRIDAY).isoformat()}'); "
        "from wsgi import app; app.test_cli_runner().invoke(args=['asking', 'chase'])"
    )
    env = os.environ | {
        "DATABASE_URL": database_url,
        "OUTREACH_FOLDER": str(tmp_path),
        "SECRET_KEY": "for tests",
    }
    written = 0
    for _ in range(KILLED):
        process = Begun(["-c", code], env=env, cwd=Path(__file__).parents[2])
        began = time.monotonic()
        while process.poll() is None and time.monotonic() - began < 120:
            db.session.rollback()
            if db.session.query(Chase).count() >= written + 5:
                process.send_signal(signal.SIGKILL)
            time.sleep(0.02)
        process.wait()
        db.session.rollback()
        rows = db.session.query(Chase).all()
        letters = db.session.query(Letter).filter(Letter.kind == "reminder").all()
        assert len(rows) == len(letters) == len({(r.organisation_id, r.address) for r in rows})
        written = len(rows)
    assert 0 < written <= SCHOOLS
    process = begun_and_done(["-c", code], env=env, cwd=Path(__file__).parents[2], check=True)
    db.session.rollback()
    assert db.session.query(Chase).filter_by(programme_id=programme_id).count() == SCHOOLS


def test_lists_that_waited_for_a_day_go_with_the_days_run(app: Flask) -> None:
    with transaction():
        send(lines("URN,Email", "1,a@b.example"), make.partnership().id)  # read on 19 January 2027
    with transaction():
        db.session.query(ListUpload).update({"uploaded_at": clock.now() - timedelta(hours=25)})
    app.test_cli_runner().invoke(args=["asking", "chase", "--dry-run"])
    assert db.session.query(ListUpload).count() == 1
    db.session.rollback()
    app.test_cli_runner().invoke(args=["asking", "chase"])
    assert db.session.query(ListUpload).count() == 0


@pytest.mark.parametrize(
    ("ran", "now", "due"),
    [
        (None, at(FRIDAY, 5), False),
        (None, at(FRIDAY, 6), True),
        (at(FRIDAY, 6), at(FRIDAY, 15), False),
        (at(date(2027, 1, 14), 15), at(FRIDAY, 5), False),
        (at(date(2027, 1, 14), 15), at(FRIDAY, 6), True),
        (at(FRIDAY, 3), at(FRIDAY, 9), True),
    ],
)
def test_the_round_is_due_once_a_day_from_six_on(
    app: Flask, ran: datetime | None, now: datetime, due: bool
) -> None:
    if ran is not None:
        with transaction():
            settings.ran(now=ran)
    assert settings.is_due(now=now, at=FROM) is due


def test_a_round_that_breaks_off_is_not_said_to_have_come(
    app: Flask, friday: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here(app)

    def breaks(*_: object, **__: object) -> list[object]:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("outreach.asking.chasing.raising.waiting", breaks)
    assert app.test_cli_runner().invoke(args=["asking", "chase"]).exit_code == 1
    db.session.rollback()
    assert settings.last_run() is None


def looped(database_url: str, tmp_path: Path, now: datetime, until: Callable[[], object]) -> list[str]:
    """What the loop says, with the time standing still, until something is done and it is told to stop."""
    code = (
        "import sys; from datetime import datetime; from outreach.ground import clock; "
        f"clock.now = lambda: datetime.fromisoformat('{now.isoformat()}'); "
        "from wsgi import app; sys.exit(app.cli.main(args=['asking', 'chase', '--loop'], prog_name='flask'))"
    )
    env = os.environ | {
        "DATABASE_URL": database_url,
        "OUTREACH_FOLDER": str(tmp_path),
        "SECRET_KEY": "for tests",
        "FLASK_APP": "wsgi",
    }
    process = Begun(
        ["-c", code],
        env=env,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    began = time.monotonic()
    while not until() and time.monotonic() - began < 120:
        time.sleep(0.1)
        db.session.rollback()
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return out.splitlines()


@pytest.mark.any_database
@pytest.mark.browser
def test_the_loop_makes_the_round_of_a_day_and_stops_when_told(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    here(app)
    db.session.rollback()
    assert looped(database_url, tmp_path, at(FRIDAY), settings.last_run) == [
        "The day's round comes at 6:00am.",
        "Someone to Tell: 2 schools reminded, 1 time offered.",
        "Stopped.",
    ]
    db.session.rollback()
    assert settings.last_run() == at(FRIDAY)


@pytest.mark.any_database
@pytest.mark.browser
def test_in_the_evening_the_loop_asks_how_the_shows_of_the_day_went(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        shown_on_friday(county(1, plan=Schedule(offers_on=False, reports_on=True)))
        settings.ran(now=at(FRIDAY, 6))
    asked = db.session.query(Letter).filter_by(kind="how did it go").count
    assert looped(database_url, tmp_path, at(FRIDAY, 17), asked) == [
        "The day's round comes at 6:00am.",
        "1 report asked for this evening.",
        "Stopped.",
    ]
    assert settings.last_run() == at(FRIDAY, 6)


LAST_YEAR = ["Last year:", "  nothing is due today"]


def queue_of_six(app: Flask) -> tuple[int, list[str]]:
    """Six that wait for three places on two days; who is first by the fair order, and who cannot have one of
    them."""
    with transaction():
        programme, schools = waiters(6, shows=2, days=2)
        days = db.session.query(TourDay).order_by(TourDay.day).all()
        days[1].shows_at_most = 1
        last_year = make.programme(
            db.session.get_one(Partnership, programme.partnership_id),
            academic_year=2025,
            title="Last year",
            reply_by=date(2026, 2, 5),
        )
        make.booking(make.show(last_year, schools[0], datetime(2026, 3, 9, 9, 30, tzinfo=UTC)), {8: 100})
        make.dead_address(contacts.contacts_of_organisation(schools[1].organisation_id)[0].address)
        school_days.rule_out(schools[2], days[0].day, "mocks", who="J", now=make.EARLIER)
    return programme.id, [s.name for s in schools]


def test_the_dry_run_lists_as_many_offers_as_there_are_places_in_fair_order_and_the_round_makes_just_these(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme_id, names = queue_of_six(app)
    monkeypatch.setattr(clock, "now", lambda: at(TUESDAY))
    before = whole_database()
    promised = said(app, "--dry-run").splitlines()
    assert whole_database() == before
    assert promised[0] == "Someone to Tell:" and promised[4:] == LAST_YEAR
    promised = promised[:4]
    # Who had a show last year comes last, who cannot be reached not at all, and who has mocks on the ninth
    # has the tenth.
    assert [line.partition(" to ")[2].partition(",")[0] for line in promised[1:]] == [
        names[2],
        names[3],
        names[4],
    ]
    assert "10 March 2027" in promised[1] and all("9 March 2027" in line for line in promised[2:])
    assert said(app).splitlines()[0] == "Someone to Tell: 3 times offered."
    made = db.session.query(Proposal).order_by(Proposal.id).all()
    assert [
        f"  would offer {day_short(p.starts_at)} at {clock_time(p.starts_at)} to {p.organisation.name}, until "
        f"{day_short(p.reply_by)}"
        for p in made
    ] == promised[1:]
    assert [db.session.query(Letter).filter_by(stream=p.uid).count() for p in made] == [1, 1, 1]
    db.session.rollback()
    assert said(app, "--dry-run").splitlines() == ["Someone to Tell:", "  nothing is due today", *LAST_YEAR]
    assert said(app).splitlines()[0] == "Someone to Tell: nothing is due today."
