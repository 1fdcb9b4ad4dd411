"""The database stopped, killed, cut off and far away under a service that is booked at: no booking is lost, made twice or
another's, whoever is not answered is told so in words, and everything goes on by itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
from own_server import Server, deployed, own_server
from sqlalchemy import make_url
from under_load import PATIENCE, Load, Processes, counted, lay, letters_missing, serving

from bad_line import BadLine, bad_line
from post.incoming import dovecot
from post.incoming.dovecot import Dovecot
from post.mail_server import CERTIFICATE
from postgres import Postgres
from walled import address_of_service

pytestmark = [pytest.mark.browser]

AGAIN_WITHIN = 90
"""Seconds from the moment at which the database can be had again. What is seen is a second; a machine that tests are run on
may be busy."""

MAILS = 8
"""That come before, meanwhile and afterwards, each."""


@dataclass
class Stage:
    """`owner`: the address of the database for whoever counts in it; `mailbox`: where schools answer."""

    server: Server
    line: BadLine
    service: Processes
    mailbox: Dovecot
    owner: str
    folder: Path

    def mails_come(self, times: int) -> None:
        for _ in range(times):
            mail = EmailMessage()
            mail["From"], mail["Subject"] = "office@redmere.example", f"Question {time.time_ns()}"
            mail.set_content("Could we have another day?")
            self.mailbox.deliver(mail.as_bytes())

    def taken_in(self) -> set[str]:
        """The mails that were, by digest, once the mailbox is empty; the database has each of them once."""
        until = time.monotonic() + 120
        while self.mailbox.holds("INBOX"):
            assert time.monotonic() < until, "mail is left lying"
            time.sleep(0.2)
        with psycopg.connect(self.owner) as session:
            return {digest for (digest,) in session.execute("SELECT digest FROM incoming")}


@pytest.fixture(scope="module")
def stage(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("faults")
    with ExitStack() as running:
        server = running.enter_context(own_server(*deployed()))
        owner = server.copied_from(postgres.url("template_outreach"), "outreach")
        line = running.enter_context(bad_line(server.port))
        url = make_url(address_of_service(owner)).set(port=line.port).render_as_string(hide_password=False)
        mailbox = running.enter_context(dovecot.running())
        reads = {"IMAP_URL": mailbox.url, "SSL_CERT_FILE": str(CERTIFICATE)}
        service = running.enter_context(serving(url, folder / "service", **reads))
        yield Stage(server, line, service, mailbox, owner, folder)


Fault = Callable[[Stage, Callable[[], None]], None]
"""What happens, and is over once what it is handed returns."""


def stopped(stage: Stage, away: Callable[[], None]) -> None:
    stage.server.stop()
    away()
    stage.server.start()


def killed(stage: Stage, away: Callable[[], None]) -> None:
    stage.server.kill()
    away()
    stage.server.start()


def cut(stage: Stage, away: Callable[[], None]) -> None:
    stage.line.resets()
    away()
    stage.line.is_good()


def swallowed(stage: Stage, away: Callable[[], None]) -> None:
    stage.line.swallows()
    away()
    stage.line.is_good()


FAULTS: tuple[Fault, ...] = (stopped, killed, cut, swallowed)


@pytest.mark.parametrize("fault", (killed, pytest.param(swallowed, marks=pytest.mark.long)))
def test_bookings_outlast_a_database_that_is_away_for_a_moment(stage: Stage, fault: Fault) -> None:
    _through(stage, fault, seconds=0.5, schools=14, more=2, noticed=fault is not swallowed)


@pytest.mark.long
@pytest.mark.parametrize("seconds", [10, 30])
@pytest.mark.parametrize("fault", FAULTS)
def test_bookings_outlast_a_database_that_is_away_for_longer(
    stage: Stage, fault: Fault, seconds: float
) -> None:
    _through(
        stage, fault, seconds=seconds, schools=200, more=20, noticed=fault is not swallowed or seconds > 10
    )


@pytest.mark.long
def test_bookings_are_slow_and_right_while_the_database_is_far_away(stage: Stage) -> None:
    def far_away(stage: Stage, away: Callable[[], None]) -> None:
        stage.line.is_slow(0.3)
        away()
        stage.line.is_good()

    load = _through(stage, far_away, seconds=60, schools=200, more=20, noticed=False)
    assert load.failed_since(0) == []


def _through(
    stage: Stage,
    fault: Fault,
    *,
    seconds: float,
    schools: int,
    more: int,
    noticed: bool,
) -> Load:
    def away() -> None:
        stage.mails_come(MAILS)
        time.sleep(seconds)
        until = time.monotonic() + 60
        while noticed and not load.failed_since(began):
            assert time.monotonic() < until, "nobody was told while it was away"
            time.sleep(0.05)

    county = lay(stage.owner, stage.folder / "lay", schools)
    mails = stage.taken_in()
    stage.mails_come(MAILS)
    with Load(stage.service.port, county) as load:
        load.wait_for_bookings(more)
        began = time.monotonic()
        fault(stage, away)
        good = time.monotonic()
        took = load.good_again(good)
        load.wait_for_bookings(more)
    stage.mails_come(MAILS)
    letters = letters_missing(stage.service, stage.owner, county)
    mails = stage.taken_in() - mails
    count = counted(stage.owner, county)
    print(
        f"\n{fault.__name__} for {good - began:.1f} s: good again {took:.1f} s after it; {load.told_of()}; {count}; {letters}; "
        f"{len(mails)} mails taken in"
    )
    assert load.wrong == []
    assert (count.lost, count.doubled, count.wrong) == (0, 0, 0) and count.told > 2 * more
    assert (letters.lost, letters.another_twice) == (0, 0)
    assert len(mails) == 3 * MAILS
    assert took < AGAIN_WITHIN and load.slowest < PATIENCE
    assert stage.service.ended() == []
    return load
