"""Pages of the desk that come from a standby say as of when they are, and whoever changed something reads no older page."""

import re
import time
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from own_server import Server, with_standby
from under_load import County, Load, Processes, lay, serving
from visitor import Answer, Visitor

from outreach.web import as_of
from postgres import Postgres

pytestmark = [pytest.mark.browser]


class Desk:
    """Somebody at the desk with one browser."""

    def __init__(self, service: Processes, county: County) -> None:
        name, _, value = county.cookie.partition("=")
        self.visitor = Visitor(f"http://127.0.0.1:{service.port}", {name: value})

    def opens(self, path: str = "/desk") -> Answer:
        answer = self.visitor.get(path)
        assert answer.status == 200, (path, answer.status, answer.text[:300])
        return answer

    def as_of(self, path: str = "/desk") -> str:
        """What the page says of when it is; '' where it is of now."""
        found = re.search(r"As of (\d\d:\d\d:\d\d)\.", self.opens(path).text)
        return found[1] if found else ""

    def booked(self) -> int:
        return len(set(re.findall(r"/desk/bookings/([\w-]+)", self.opens("/desk/bookings").text)))

    def changes_something(self) -> None:
        answer = self.visitor.post(
            "/desk/companies/new", {"name": f"Lantern Row {time.monotonic()}"}, form="/desk/companies/new"
        )
        assert answer.status == 303, answer.text[:500]


def test_pages_that_only_read_come_from_the_standby_and_say_so(postgres: Postgres, tmp_path: Path) -> None:
    with with_standby(postgres.url("template_outreach")) as (primary, standby):
        county = lay(primary.url("outreach"), tmp_path / "lay", 6)
        urls = [
            server.url("outreach").replace("outreach@", "outreach_service@") for server in (primary, standby)
        ]
        with serving(urls[0], tmp_path / "service", jobs=("post",), DATABASE_READ_URL=urls[1]) as service:
            _goes_through(primary, standby, service, county)
        assert "Traceback" not in service.log.read_text()


def _goes_through(primary: Server, standby: Server, service: Processes, county: County) -> None:
    one, other = Desk(service, county), Desk(service, county)
    assert one.as_of()
    before = other.booked()
    with psycopg.connect(standby.url("postgres"), autocommit=True) as held:
        held.execute("SELECT pg_wal_replay_pause()")
        with Load(service.port, county, threads=1, desks=0, gives_up=0) as load:
            load.wait_for_bookings(2)
        assert load.wrong == []
        assert other.as_of("/desk/bookings") and other.booked() == before, "it is behind, and says as of when"
        one.changes_something()
        assert one.as_of() == "" and one.as_of("/desk/bookings") == "" and one.booked() > before
        assert other.as_of() and other.booked() == before
        held.execute("SELECT pg_wal_replay_resume()")
    # What the session's own next change brings along is what the other waits for.
    until = time.monotonic() + 90
    while not one.as_of() or other.booked() == before:
        assert time.monotonic() < until, "it does not come back to the standby"
        with psycopg.connect(primary.url("postgres"), autocommit=True) as session:
            session.execute("CREATE TABLE tick ()")
            session.execute("DROP TABLE tick")
        time.sleep(0.5)
    for path in ("/desk", "/desk/coverage", "/desk/gaps", "/desk/diary", "/desk/schools", "/desk/cost"):
        assert one.as_of(path), path
    for path in ("/desk/letters", "/desk/companies", "/desk/schools.csv", "/desk/setup"):
        assert not one.as_of(path), path
    with psycopg.connect(primary.url("postgres"), autocommit=True) as session:
        session.execute("ALTER SYSTEM RESET synchronous_standby_names")
        session.execute("SELECT pg_reload_conf()")
    standby.kill()
    assert one.as_of() == other.as_of() == "", "whoever asks meanwhile is answered by the primary"


@pytest.mark.any_database
def test_pages_that_may_come_from_a_standby_are_pages_that_are_opened(app: Flask) -> None:
    methods = {rule.endpoint: rule.methods for rule in app.url_map.iter_rules()}
    assert {tuple(sorted(methods[name] or ())) for name in as_of.PAGES} == {("GET", "HEAD", "OPTIONS")}
