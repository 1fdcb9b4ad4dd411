"""Migrations lead from an empty database to the newest one, back to nothing, and up again, with rows in it too;
what another version made is refused. What single steps of long ago did with rows is looked at in the longest run: they
are never edited once released."""

import os
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.exc import IntegrityError

import asked
import make
from begun import begun_and_done
from outreach.cli.history import seal
from outreach.county import school_days, school_lunch, sign_in_tries
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.county.sign_in_sessions import SignInSession
from outreach.county.sign_in_tries import FREE, Source
from outreach.coverage import standings
from outreach.ground import history, history_chain
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.outcomes import open_answers, waves
from outreach.tour import over_lunch, performances, road_questions
from outreach.tour.performances import Performance
from outreach.tour.road_questions import RoadOrder, RoadQuestion
from outreach.tour.roads import RoadMinutes
from outreach.tour.waters import Water, WaterCrossing
from outreach.visits.asking_companies import CompanyRequest
from outreach.visits.pledges import PledgeAnswer
from outreach.visits.reports import VisitReport

ROOT = Path(__file__).resolve().parents[2]


def flask_db(url: str, folder: Path, *words: str, refused: bool = False) -> str:
    """Run one command of the migrations; what it said. It must go through, or be refused."""
    done = begun_and_done(
        ["flask", "--app", "wsgi", "db", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "OUTREACH_FOLDER": str(folder)},
    )
    assert (done.returncode != 0) == refused, done.stderr
    return done.stderr


def what_stands(url: str) -> tuple[set[str], list[str]]:
    """(tables, names of the triggers and functions of our own) of a database."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            named = "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        else:
            named = (
                "SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal"
                " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
            )
        found = set(inspect(connection).get_table_names()), list(connection.scalars(text(named)))
    engine.dispose()
    return found


@pytest.mark.any_database("postgresql")  # how SQLite comes to the newest one, test_db.py looks at
@pytest.mark.own_database
@pytest.mark.parametrize(
    "steps", [3, pytest.param(None, marks=pytest.mark.long)], ids=["the newest three", "all"]
)
def test_migrations_lead_back_to_nothing_and_up_again(
    app: Flask, database_url: str, tmp_path: Path, steps: int | None
) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        make.booking(make.show(programme, make.school(), wall(make.NOW.date(), make.NOW.time())), {8: 100})
    head = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    db.session.remove()
    db.engine.dispose()
    tables, guards = what_stands(database_url)
    assert {"booking", "performance", "history", "alembic_version"} <= tables
    assert {"history_guard", "performance_guard", "booking_guard"} <= {
        g.removesuffix("_update") for g in guards
    }
    refused = flask_db(database_url, tmp_path, "downgrade", "base", refused=True)
    assert "this would drop what people put down" in refused and "table booking (1 rows)" in refused
    assert what_stands(database_url) == (tables, guards)
    back = "base" if steps is None else f"{int(head[:4]) - steps:04}"
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", back)
    if steps is None:
        assert what_stands(database_url) == ({"alembic_version"}, [])
    else:
        assert db.session.scalar(text("SELECT version_num FROM alembic_version")).startswith(back)
        db.session.remove()
        db.engine.dispose()
    flask_db(database_url, tmp_path, "upgrade")
    assert what_stands(database_url) == (tables, guards)


OLD = (
    "CREATE TABLE partnership (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "INSERT INTO partnership VALUES (1, 'Marlshire')",
)
"""A database as a version from before the first release left it."""
REVISION = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
    "INSERT INTO alembic_version VALUES ('{}')",
)


def old_database(engine_of: str, revision: str, request: pytest.FixtureRequest) -> str:
    """The URL of a database of before the first release, at a revision or, by '', at none."""
    if engine_of == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('tmp_path')}/old.sqlite"
    else:
        url = request.getfixturevalue("postgres").create("made_by_another_version")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for statement in (*OLD, *(REVISION if revision else ())):
            connection.execute(text(statement.format(revision)))
    engine.dispose()
    return url


@pytest.mark.parametrize(
    "engine_of", [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.long)]
)
@pytest.mark.parametrize(
    "words, revision",
    [
        (("upgrade",), "0002_guards"),  # a name that is known, over other tables
        *(
            pytest.param(words, revision, marks=pytest.mark.long)
            for words, revision in (
                (("upgrade",), ""),
                (("upgrade",), "0018"),
                (("downgrade", "--drop-data", "base"), "0018"),
                (("stamp", "head"), "0018"),
                (("current",), "0018"),
            )
        ),
    ],
)
def test_a_database_of_another_version_is_refused_in_words_and_left_as_it_is(
    request: pytest.FixtureRequest, tmp_path: Path, engine_of: str, words: tuple[str, ...], revision: str
) -> None:
    url = old_database(engine_of, revision, request)
    before = what_stands(url)
    said = flask_db(url, tmp_path, *words, refused=True)
    keep = {
        "sqlite": f"stop the service and copy {tmp_path}/old.sqlite",
        "postgresql": 'pg_dump --format=custom --file=outreach-before.dump "$DATABASE_URL"',
    }[engine_of]
    assert f"another version of Outreach made this database (revision {revision or 'none'})" in said
    assert f"To keep a copy: {keep}" in said and "To begin anew:" in said
    assert "Traceback" not in said
    assert what_stands(url) == before
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        assert not revision or connection.scalar(text("SELECT version_num FROM alembic_version")) == revision
        assert connection.execute(text("SELECT id, name FROM partnership")).all() == [(1, "Marlshire")]
    engine.dispose()


OLD_REPORTS = (
    ("own", "school", 1, 0, "2027-01-20 09:00:00"),
    ("own", "school", None, 1, "2027-01-21 09:00:00"),
    (None, "company", 0, None, "2027-01-20 10:00:00"),
    ("own", "settled", None, None, "2027-01-22 09:00:00"),
)
"""(about, side, lead present, follow-up lesson, when) of reports as they were before 0013."""


@pytest.mark.long
@pytest.mark.own_database
def test_what_reports_said_of_two_pledges_becomes_rows_of_their_own(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        show = make.show(programme, make.school(), make.NOW)
        ids = make.booking(show, {8: 100}).id, show.id
        make.booking(show, {8: 20}, of=make.school())
    db.session.remove()
    db.engine.dispose()
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0012_digest")
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for about, side, lead, lesson, at in OLD_REPORTS:
            connection.execute(
                text(
                    "INSERT INTO visit_report (performance_id, booking_id, side, took_place, why_not, recorded_at, who,"
                    " safeguarding_lead_present, follow_up_lesson) VALUES (:show, :booking, :side, :yes, '', :at,"
                    " 'Joanna', :lead, :lesson)"
                ),
                {
                    "show": ids[1],
                    "booking": ids[0] if about else None,
                    "side": side,
                    "yes": True,
                    "at": at,
                    "lead": None if lead is None else bool(lead),
                    "lesson": None if lesson is None else bool(lesson),
                },
            )
    engine.dispose()
    flask_db(database_url, tmp_path, "upgrade")
    rows = db.session.execute(
        select(PledgeAnswer.booking_id, PledgeAnswer.pledge, PledgeAnswer.said, PledgeAnswer.side)
        .join(VisitReport, VisitReport.id == PledgeAnswer.report_id)
        .order_by(PledgeAnswer.recorded_at, PledgeAnswer.pledge)
    ).all()
    booking, lead, lesson = ids[0], "safeguarding lead present", "follow-up lesson done"
    assert [tuple(row) for row in rows] == [
        (booking, lesson, "not done", "school"),
        (booking, lead, "done", "school"),
        (booking, lead, "not done", "company"),
        (booking, lesson, "done", "school"),
    ]


@pytest.mark.long
@pytest.mark.own_database
def test_a_company_that_was_asked_about_a_day_is_not_asked_again_by_a_release(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        shows = [make.show(programme, make.school(), make.NOW) for _ in range(2)]
        days = [show.tour_day_id for show in shows]
        asked = {"kind": "how the day went", "stream": shows[0].uid}
        first = make.letter("van@company.example", make.NOW, **asked).id
        make.letter("new@company.example", make.NOW, **asked)
        make.letter("van@company.example", make.NOW, stream=shows[1].uid)
    db.session.remove()
    db.engine.dispose()
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0026_catch_up_forms")
    flask_db(database_url, tmp_path, "upgrade")
    assert days[0] != days[1]
    (row,) = db.session.scalars(select(CompanyRequest))
    assert (row.tour_day_id, row.letter_id) == (days[0], first)


@pytest.mark.long
@pytest.mark.own_database
def test_a_programme_for_adults_from_before_bodies_has_all_schools_as_its_target_and_no_body(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        partnership = make.partnership()
        programme_id = make.programme(partnership, (), for_adults=True).id
        schools = {
            make.school(phase_of_education=phase).organisation_id for phase in ("Primary", "Secondary")
        }
    db.session.remove()
    db.engine.dispose()
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0030_late_reports")
    flask_db(database_url, tmp_path, "upgrade")
    with transaction():
        make.body(db.session.scalars(select(Partnership)).one())
    found = standings.standings_of_programme(programme_id, as_of=make.NOW.date(), now=make.NOW)
    assert {each.organisation_id for each in found.target} == schools


@pytest.mark.long
@pytest.mark.own_database
def test_a_hall_turned_round_keeps_the_version_before_away_in_words_until_its_later_show_is_off(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        programme, school = make.programme(make.partnership()), make.school()
        first = make.show(programme, school, wall(date(2027, 3, 9), time(9)))
        later = make.show(
            programme,
            school,
            wall(date(2027, 3, 9), time(10, 45)),
            tour_day_id=first.tour_day_id,
            troupe_id=first.troupe_id,
        )
        later_id = later.id
    db.session.remove()
    db.engine.dispose()
    stood = what_stands(database_url)
    refused = flask_db(
        database_url, tmp_path, "downgrade", "--drop-data", "0047_wishes_for_days", refused=True
    )
    assert "on 1 of the tour days a hall is turned round between two shows (2027-03-09)" in refused
    assert "Nothing was changed. Move or cancel the later show" in refused and "Traceback" not in refused
    assert what_stands(database_url) == stood
    with transaction():
        performances.release(db.session.get_one(Performance, later_id), now=make.NOW)
    db.session.remove()
    db.engine.dispose()
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0047_wishes_for_days")
    flask_db(database_url, tmp_path, "upgrade")
    assert what_stands(database_url) == stood
    with transaction():  # and the newer guard lets the hall be turned round again
        db.session.get_one(Performance, later_id).released_at = None


@pytest.mark.long
@pytest.mark.own_database
def test_what_schools_said_of_lunch_goes_with_its_version_only_where_that_is_asked_for(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        partnership = make.partnership(lunch_begins=time(11, 30), lunch_ends=time(12, 30))
        programme, school = make.programme(partnership), make.school()
        show = make.show(programme, school, wall(date(2027, 3, 9), time(9)))
        dines = {"is_dining_hall": True, "set_may_stay": False, "who": "Jo Fell", "now": make.NOW}
        school_lunch.say(school, time(12), time(12, 50), **dines)
        performances.hold_to(show, over_lunch.kept_out(school_days.load_one(school).lunch))
        ids = partnership.id, school.organisation_id, show.id
    db.session.remove()
    db.engine.dispose()
    refused = flask_db(database_url, tmp_path, "downgrade", "0045_guests_at_shows", refused=True)
    for lost in ("table school_lunch (1 rows)", "performance.lunch_from_at", "partnership.lunch_begins"):
        assert lost in refused
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0045_guests_at_shows")
    flask_db(database_url, tmp_path, "upgrade")
    partnership, show = db.session.get_one(Partnership, ids[0]), db.session.get_one(Performance, ids[2])
    assert (partnership.lunch_begins, partnership.lunch_ends) == (time(12, 15), time(13, 15))
    assert school_lunch.own(ids[1]) is None
    assert (show.lunch_from_at, show.lunch_keeps_out, show.lunch_overruled) == (None, None, "")


@pytest.mark.long
@pytest.mark.own_database
def test_roads_that_a_router_told_outlive_its_version_and_waters_do_not(
    app: Flask, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "ROUTER_URL", "http://127.0.0.1:9")
    who = {"who": "Priya", "now": make.NOW}
    with transaction():
        partnership = make.partnership(road_table="told")
        a, b, d = sorted(make.school(easting=450000 + 9000 * n).organisation_id for n in range(3))
        db.session.add(
            RoadMinutes(
                partnership_id=partnership.id,
                one=a,
                other=b,
                minutes=21,
                metres=17000,
                by_router=True,
                told_on=make.NOW.date(),
            )
        )
        road_questions.order(partnership, [a, b, d], name="The Show", anew=False, **who)
        crossing = WaterCrossing(name="Old bridge", easting=455000, northing=200000, minutes=2)
        river = Water(name="The Marl", lines=[[[455000, 190000], [455000, 210000]]])
        for row in (crossing, river):
            row.partnership_id, row.recorded_at, row.recorded_by = partnership.id, make.NOW, "Priya"
            db.session.add(row)
        partnership.waters = "said"
    db.session.remove()
    db.engine.dispose()
    refused = flask_db(database_url, tmp_path, "downgrade", "0051_sign_in", refused=True)
    for lost in ("table water (1 rows)", "table water_crossing (1 rows)", "table road_order (1 rows)"):
        assert lost in refused
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0051_sign_in")
    flask_db(database_url, tmp_path, "upgrade")
    (road,) = db.session.scalars(select(RoadMinutes))
    assert (road.one, road.other, road.minutes, road.metres) == (a, b, 21, 17000)
    assert (road.by_router, road.told_on) == (False, None), "it counts as if a file had said it"
    partnership = db.session.scalars(select(Partnership)).one()
    assert (partnership.road_table, partnership.waters) == ("told", None)
    for table in (RoadOrder, RoadQuestion, Water, WaterCrossing):
        assert db.session.scalars(select(table)).all() == []
    with transaction():
        road_questions.order(partnership, [a, b, d], name="The Show", anew=False, **who)


@pytest.mark.long
@pytest.mark.own_database
def test_who_is_signed_in_when_a_version_goes_back_and_up_signs_in_once_more_with_the_same_password(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        of = make.partnership()
        for name in ("Priya", "Owen"):
            make.session_of(make.person(of, name=name, password_hash=f"of {name}"))
    db.session.remove()
    db.engine.dispose()
    refused = flask_db(database_url, tmp_path, "downgrade", "0055_looks", refused=True)
    assert "table sign_in_session (2 rows)" in refused
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0055_looks")
    with db.engine.connect() as connection:
        keys = connection.scalars(text("SELECT session_key FROM person")).all()
    assert len(set(keys)) == 2 and all(len(key) == 32 for key in keys), "that version signs nobody in without"
    db.engine.dispose()
    flask_db(database_url, tmp_path, "upgrade")
    assert db.session.scalars(select(SignInSession)).all() == []
    people = db.session.execute(select(Coordinator.name, Coordinator.password_hash)).all()
    assert sorted(map(tuple, people)) == [("Owen", "of Owen"), ("Priya", "of Priya")]


@pytest.mark.long
@pytest.mark.own_database
def test_the_history_of_before_the_chain_is_carried_over_and_said_not_to_be_proven(
    app: Flask, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "HISTORY_KEY", "7d1f0c4e92a85b36e0b7c41d8f2a6953")
    with transaction():
        whose = make.partnership().id
        for n in range(5):
            of = history.Subject("booking", n, whose)
            history.record("moved", of, who="Priya", now=make.NOW, before="Tue", after={"8": [n, "é"]})
    seal(now=make.NOW)
    db.session.remove()
    db.engine.dispose()
    refused = flask_db(database_url, tmp_path, "downgrade", "0056_sign_in_sessions", refused=True)
    assert "table history_link (5 rows)" in refused and "column history.who_digest (5 rows)" in refused
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0056_sign_in_sessions")
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        with pytest.raises(IntegrityError, match="history_only_grows"):
            connection.execute(text("UPDATE history SET who = 'x'"))
        connection.rollback()
        guard = "history_guard_delete" if engine.dialect.name == "sqlite" else "history_guard ON history"
        connection.execute(text(f"DROP TRIGGER {guard}"))
        connection.execute(text("DELETE FROM history WHERE subject_id = '2'"))
        if engine.dialect.name == "sqlite":
            connection.execute(
                text(
                    "CREATE TRIGGER history_guard_delete BEFORE DELETE ON history "
                    "BEGIN SELECT RAISE(ABORT, 'history_only_grows'); END"
                )
            )
        else:
            connection.execute(
                text(
                    "CREATE TRIGGER history_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON history "
                    "FOR EACH STATEMENT EXECUTE FUNCTION history_guard()"
                )
            )
        connection.commit()
    engine.dispose()
    said = flask_db(database_url, tmp_path, "upgrade")
    assert "History: 4 deeds of before stand in the chain as they are now." in said
    if database_url.startswith("sqlite"):  # PostgreSQL leaves numbers out where something is rolled back
        assert "1 numbers among them have no deed" in said
    assert seal(now=make.NOW + timedelta(hours=2)) == 4
    verdict = history_chain.verify()
    assert (verdict.faults, verdict.links, verdict.before) == ((), 4, 4)


@pytest.mark.long
@pytest.mark.own_database
def test_tries_to_sign_in_count_anew_when_a_version_goes_back_and_up(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    proxy = Source(origin="proxy", device="")
    for _ in range(FREE):
        with transaction():
            sign_in_tries.begin("priya@marlshire.example", proxy, now=make.NOW)
    db.session.remove()
    db.engine.dispose()
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0058_leaving")
    flask_db(database_url, tmp_path, "upgrade")
    with transaction():
        sign_in_tries.begin("priya@marlshire.example", proxy, now=make.NOW)
    with pytest.raises(IntegrityError, match="source"), transaction():
        sign_in_tries.begin("priya@marlshire.example", Source(origin="", device=""), now=make.NOW)


@pytest.mark.long
@pytest.mark.own_database
def test_a_wave_that_stands_open_keeps_its_answers_and_its_printed_code(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        told = asked.lay()
        wave_id, code = told.waves["after"].id, told.code("after")
        code.code = "HERON4837"
    assert asked.answers(code)
    db.session.remove()
    db.engine.dispose()
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0082_asked_by_partnership")
    flask_db(database_url, tmp_path, "upgrade")
    code = waves.find_code("heron 4837")
    assert code is not None and code.in_address == "heron-4837"
    assert asked.answers(code)
    assert open_answers.stands(wave_id).kept == 2
    with transaction():
        other = asked.lay("932")
    assert asked.answers(other.code("after")), "whose tables the new function makes"
