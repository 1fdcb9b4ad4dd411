"""The app that tests are lent: as made for each, and on that test's database alone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import event, select, text

import make
from lent_app import SETTINGS, LentApp, settings_of
from outreach.county.partnerships import Partnership
from outreach.ground import history
from outreach.ground.db import PATIENCE_SECONDS, db, transaction
from outreach.post import stationery
from outreach.post.incoming import receiving
from postgres import Postgres


@pytest.fixture
def lent(tmp_path: Path, compiled_templates: FileSystemBytecodeCache) -> LentApp:
    return LentApp(SETTINGS | settings_of(f"sqlite:///{tmp_path}/empty.sqlite", tmp_path), compiled_templates)


@pytest.fixture
def places(tmp_path: Path, sqlite_template: Path) -> list[dict[str, Any]]:
    """Two databases, each with a folder."""
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        shutil.copy(sqlite_template, tmp_path / name / "outreach.sqlite")
        found.append(settings_of(f"sqlite:///{tmp_path}/{name}/outreach.sqlite", tmp_path / name))
    return found


def names() -> list[str]:
    return list(db.session.scalars(select(Partnership.name)))


def test_each_borrower_writes_into_a_database_of_its_own(lent: LentApp, places: list[dict[str, Any]]) -> None:
    for name, place in zip(("First", "Second"), places, strict=True):
        with lent.on(place):
            assert names() == []
            with transaction():
                make.partnership(name=name)
            assert db.engine.url.database == place["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")
    with lent.on(places[0]):
        assert names() == ["First"]


def test_settings_that_a_test_changes_are_put_back_with_what_was_told_of_them(
    lent: LentApp, places: list[dict[str, Any]]
) -> None:
    with lent.on(places[0]) as app:
        app.config.update(SECRET_KEY="another", MAIL_DOMAIN="another.example", NEW="yes")
        app.config["SECRET_KEY_FALLBACKS"].append("older")
        app.config["SESSION_COOKIE_NAME"] = "other"
    with lent.on(places[1]) as app:
        assert (app.config["SECRET_KEY"], app.config["SECRET_KEY_FALLBACKS"]) == ("for tests", [])
        assert app.config["SESSION_COOKIE_NAME"] == "outreach" and "NEW" not in app.config
        assert app.config["OUTREACH_FOLDER"] == places[1]["OUTREACH_FOLDER"]
        assert receiving.settings().mail_domain == "outreach.example"
        assert stationery.settings().mail_domain == "outreach.example"
    assert lent.changed() == []


def test_what_one_listens_to_the_next_does_not_hear(lent: LentApp, places: list[dict[str, Any]]) -> None:
    heard: list[str] = []
    connected: list[Any] = []
    with lent.on(places[0]):
        event.listen(db.engine, "before_cursor_execute", lambda *told: heard.append(told[2]))
        event.listen(db.engine, "connect", lambda *told: connected.append(told))
        names()
        assert len(connected) == 1 and any("partnership" in statement for statement in heard)
    del heard[:], connected[:]
    with lent.on(places[1]):
        names()
    assert heard == connected == []


SESSION = "SELECT pg_backend_pid()"


@pytest.fixture
def of_a_server(tmp_path: Path, postgres: Postgres) -> dict[str, Any]:
    return settings_of(postgres.fresh("template_outreach"), tmp_path)


@pytest.fixture
def on_server(of_a_server: dict[str, Any], compiled_templates: FileSystemBytecodeCache) -> LentApp:
    return LentApp(SETTINGS | of_a_server, compiled_templates)


def test_a_session_is_kept_for_the_next_who_has_its_database_and_remembers_nothing(
    on_server: LentApp, of_a_server: dict[str, Any]
) -> None:
    with on_server.on(of_a_server):
        session = db.session.scalar(text(SESSION))
        db.session.execute(text("CREATE TEMPORARY TABLE left_behind (n int)"))
        db.session.execute(text("SELECT pg_advisory_lock(7)"))
        db.session.execute(text("SET timezone = 'Asia/Tokyo'"))
        db.session.commit()
    assert on_server.kept_session == session
    with on_server.on(of_a_server):
        assert db.session.scalar(text(SESSION)) == session
        assert db.session.scalar(text("SELECT to_regclass('left_behind')")) is None
        assert db.session.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 0
        assert db.session.scalar(text("SHOW timezone")) != "Asia/Tokyo"
        assert db.session.scalar(text("SHOW lock_timeout")) == f"{PATIENCE_SECONDS:.0f}s"


def test_a_session_that_somebody_ended_is_not_lent_again(
    on_server: LentApp, of_a_server: dict[str, Any], postgres: Postgres
) -> None:
    with on_server.on(of_a_server):
        names()
    ended = on_server.kept_session
    with psycopg.connect(postgres.url("postgres")) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
    with on_server.on(of_a_server):
        assert names() == [] and db.session.scalar(text(SESSION)) != ended


def test_no_session_is_kept_where_there_were_two(on_server: LentApp, of_a_server: dict[str, Any]) -> None:
    with on_server.on(of_a_server):
        with db.engine.connect():
            names()
    assert on_server.kept_session is None


def test_an_emptied_database_is_as_new(postgres: Postgres, tmp_path: Path, on_server: LentApp) -> None:
    found = []
    # After its last use one is dropped, so that of three uses two in a row are of the same.
    for _ in range(3):
        with postgres.empty("template_outreach", lambda: on_server.kept_session) as url:
            with on_server.on(settings_of(url, tmp_path)):
                assert names() == [] and db.session.scalar(text("SELECT count(*) FROM history")) == 0
                with transaction():
                    found.append((url, make.partnership().id))
                    history.record("held", history.Subject("school", 1, None), who="Jo", now=make.NOW)
    assert found[1] in (found[0], found[2]), "the same database, whose numbers begin anew"


def add_route(app: Flask) -> None:
    app._got_first_request = False
    app.add_url_rule("/more", view_func=lambda: "more")


def swap_view(app: Flask) -> None:
    app.view_functions["public.home"] = lambda: "another"


def add_guard(app: Flask) -> None:
    app.before_request_funcs[None].append(lambda: None)


def add_word(app: Flask) -> None:
    app.jinja_env.globals["more"] = 1


def wrap(app: Flask) -> None:
    app.wsgi_app = lambda *_: []  # type: ignore[method-assign,assignment]


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (add_route, "rules"),
        (swap_view, "views"),
        (add_guard, "before_request_funcs"),
        (add_word, "globals"),
        (wrap, "wsgi_app"),
    ],
)
def test_a_test_that_changes_the_app_itself_is_told(
    lent: LentApp, places: list[dict[str, Any]], change: Any, part: str
) -> None:
    with lent.on(places[0]) as app:
        assert app.test_client().get("/sign-in").status_code == 200
        assert lent.changed() == []
        change(app)
    assert part in lent.changed()


@pytest.fixture
def before(lent_apps: dict[str, LentApp]) -> Iterator[list[Flask]]:
    yield [one.app for one in lent_apps.values()]


@pytest.mark.own_app
def test_an_app_of_ones_own_is_nobody_elses(before: list[Flask], app: Flask) -> None:
    assert app not in before
    app.add_url_rule("/more", view_func=lambda: "more")
    assert app.test_client().get("/more").text == "more"


def test_the_app_is_the_same_for_the_next_test(lent_apps: dict[str, LentApp], app: Flask) -> None:
    assert app is lent_apps[db.engine.dialect.name].app
