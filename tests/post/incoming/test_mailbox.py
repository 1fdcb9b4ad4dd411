"""A real mailbox (Dovecot): what comes is taken in once and moved away, whoever is killed and whatever
arrives meanwhile."""

import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from bad_line import bad_line
from begun import Begun
from cut_line import cut_line
from how_many import so_many
from outreach.ground.db import db
from outreach.post.incoming import inbox, mailbox, receiving
from outreach.post.incoming.inbox import CalendarAnswer, Incoming, IncomingMail
from post.incoming import dovecot
from post.incoming.dovecot import Dovecot
from post.incoming.mails import JOANNA, LATER, NOW, UID, booked, letter, reply
from post.mail_server import CERTIFICATE

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[3]
DONE, UNREADABLE = "Outreach", "Outreach unreadable"


@pytest.fixture(scope="module")
def the_server() -> Iterator[Dovecot]:
    with dovecot.running() as server:
        yield server


@pytest.fixture
def server(the_server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Dovecot:
    """The server with an empty mailbox, trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    the_server.empty()
    return the_server


def settings(server: Dovecot, **changes: Any) -> dict[str, Any]:
    return {
        "IMAP_URL": server.url,
        "IMAP_TOKEN_FILE": "",
        "IMAP_DONE_FOLDER": DONE,
        "IMAP_UNREADABLE_FOLDER": UNREADABLE,
    } | changes


def ours(server: Dovecot, **changes: Any) -> mailbox.Mailbox:
    found = mailbox.Mailbox.from_settings(settings(server, **changes))
    assert found is not None
    return found


def look(server: Dovecot, **changes: Any) -> mailbox.LookTaken:
    return mailbox.look(ours(server, **changes), lambda raw: receiving.take_in(raw, None, now=LATER))


def subjects(server: Dovecot, folder: str) -> list[str]:
    found = [re.search(rb"(?m)^Subject: (.*?)\r?$", raw) for raw in server.holds(folder)]
    return sorted(match[1].decode() for match in found if match)


def number(table: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_mail_is_taken_in_and_moved_away_and_what_cannot_be_read_to_a_place_of_its_own(
    app: Flask, server: Dovecot
) -> None:
    booked()
    server.deliver(reply("DECLINED"))
    server.deliver(letter(subject="Parking").as_bytes())
    server.deliver(letter(subject="Huge", words="x" * 70 + "\n").as_bytes() + b"y" * 11_000_000)
    server.deliver(b"\0")
    assert look(server) == mailbox.LookTaken(taken=4, unreadable=2)
    assert server.holds("INBOX") == []
    assert subjects(server, DONE) == ["Hello", "Parking"]
    assert subjects(server, UNREADABLE) == ["Huge"] and len(server.holds(UNREADABLE)) == 2
    assert inbox.answers_of([UID])[UID][JOANNA.address].partstat == "DECLINED"
    assert inbox.count_waiting(1) == {"decline": 1, "mail": 1, "raw": 2}
    assert max(db.session.scalars(select(func.length(IncomingMail.raw)))) == 10 * 1024 * 1024
    assert look(server) == mailbox.LookTaken()


def test_mail_that_comes_meanwhile_is_taken_in_too(app: Flask, server: Dovecot) -> None:
    booked()
    coming = [letter(subject=f"Mail {n}").as_bytes() for n in range(5)]
    server.deliver(coming.pop())

    def take(raw: bytes) -> bool:
        if coming:
            server.deliver(coming.pop())
        return receiving.take_in(raw, None, now=LATER)

    assert mailbox.look(ours(server), take).taken == 5
    assert (number(Incoming), subjects(server, DONE)) == (5, [f"Mail {n}" for n in range(5)])


def test_mail_that_somebody_else_moves_meanwhile_is_left_to_them(app: Flask, server: Dovecot) -> None:
    booked()
    for n in range(3):
        server.deliver(letter(subject=f"Mail {n}").as_bytes())

    def take(raw: bytes) -> bool:
        with server.line() as line:
            line.select()
            line.uid("MOVE", "2:*", '"Elsewhere"') if line.create("Elsewhere")[0] else None
        return receiving.take_in(raw, None, now=LATER)

    assert mailbox.look(ours(server), take).taken >= 1
    assert number(Incoming) + len(server.holds("Elsewhere")) == 3 and server.holds("INBOX") == []


def test_what_cannot_be_kept_stays_and_keeps_no_other_back(app: Flask, server: Dovecot) -> None:
    booked()
    server.deliver(letter(subject="Stays").as_bytes())
    server.deliver(letter(subject="Goes").as_bytes())
    done = mailbox.look(
        ours(server), lambda raw: None if b"Stays" in raw else receiving.take_in(raw, None, now=LATER)
    )
    assert done.taken == 1
    assert (subjects(server, "INBOX"), subjects(server, DONE)) == (["Stays"], ["Goes"])


def test_without_move_the_mail_is_copied_and_only_ours_is_taken_out(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    booked()
    with dovecot.running(without=["MOVE"]) as plain:
        for subject in ("Theirs", "Ours"):
            plain.deliver(letter(subject=subject).as_bytes())
        with plain.line() as line:
            line.select()
            line.uid("STORE", line.uid("SEARCH", "SUBJECT", "Theirs")[1][0].decode(), "+FLAGS", r"(\Deleted)")
        assert look(plain).taken == 1
        assert subjects(plain, DONE) == ["Ours"]
        with plain.line() as line:
            assert line.select()[1] == [b"1"]


def test_where_all_folders_stand_below_the_inbox_ours_do_too(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    booked()
    with dovecot.running(prefix="INBOX.") as other:
        for _ in range(2):
            other.deliver(letter(subject="Hello").as_bytes())
            assert look(other).taken == 1
        assert (subjects(other, "INBOX.Outreach"), subjects(other, "INBOX")) == (["Hello", "Hello"], [])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": lambda url: re.sub(r":s[^@]*@", ":wrong@", url)}, "refused us: .*AUTHENTICATIONFAILED"),
        ({"url": lambda url: url.replace("localhost", "127.0.0.2")}, "certificate .* cannot be trusted"),
        ({"url": lambda url: re.sub(r"localhost:\d+", "localhost:9", url)}, "could not be reached"),
        ({"url": lambda url: url.replace("INBOX", "Nowhere")}, "did not let us open the folder Nowhere"),
    ],
    ids=["password", "certificate", "nobody there", "folder"],
)
def test_what_hinders_a_look_is_said_without_the_password(server: Dovecot, changes: Any, said: str) -> None:
    with pytest.raises(mailbox.MailboxTrouble, match=said) as trouble:
        mailbox.look(ours(server, IMAP_URL=changes["url"](server.url)), lambda _: True)
    assert "same" not in str(trouble.value) and "wrong" not in str(trouble.value)


def test_a_token_in_a_file_signs_us_in_and_a_stale_one_does_not(
    app: Flask, server: Dovecot, tmp_path: Path
) -> None:
    booked()
    server.deliver(letter(subject="By token").as_bytes())
    token = tmp_path / "token"
    without_password = re.sub(r":s[^@]*@", "@", server.url)
    token.write_text(server.token() + "\n")
    assert look(server, IMAP_URL=without_password, IMAP_TOKEN_FILE=str(token)).taken == 1
    token.write_text(server.token(good_for=-60))
    with pytest.raises(mailbox.MailboxTrouble, match="refused us"):
        look(server, IMAP_URL=without_password, IMAP_TOKEN_FILE=str(token))
    token.unlink()
    with pytest.raises(mailbox.MailboxTrouble, match="holds no token"):
        look(server, IMAP_URL=without_password, IMAP_TOKEN_FILE=str(token))


@pytest.fixture
def poll(server: Dovecot, database_url: str, tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """flask post poll, in a process of its own, as an operator starts it."""

    def start(*more: str, url: str = server.url) -> "subprocess.Popen[str]":
        return Begun(
            ["flask", "--app", "wsgi", "post", "poll", *more],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ
            | {
                "DATABASE_URL": database_url,
                "OUTREACH_FOLDER": str(tmp_path),
                "MAIL_DOMAIN": "outreach.example",
                "IMAP_URL": url,
                "SSL_CERT_FILE": str(CERTIFICATE),
            },
        )

    return start


def test_killed_again_and_again_nothing_is_lost_and_nothing_counts_twice(
    app: Flask, server: Dovecot, poll: Any
) -> None:
    booked()
    by_chance = random.Random(3)
    total = so_many(80, least=40)
    for n in range(total // 2):
        server.deliver(some_mail(n))
    killed = in_the_middle = 0
    come = total // 2
    while killed < so_many(8, least=3):
        before, by_now = number(Incoming), total // 2 + 4 * (killed + 1)
        process = poll()
        deadline = time.monotonic() + 120
        while number(Incoming) < before + by_chance.randint(1, 4) and process.poll() is None:
            assert time.monotonic() < deadline
            if come < by_now:
                server.deliver(some_mail(come))
                come += 1
            time.sleep(by_chance.random() / 50)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += 1
        in_the_middle += number(Incoming) < come
    while come < total:
        server.deliver(some_mail(come))
        come += 1
    assert in_the_middle and number(Incoming) < total
    said, wrong = poll().communicate(timeout=120)
    assert wrong == "" and re.match(r"Took in \d+ mails", said)
    assert server.holds("INBOX") == []
    assert subjects(server, DONE) == sorted(subject(n) for n in range(total))
    assert number(Incoming) == total
    assert number(CalendarAnswer) == total // 2
    newest = inbox.answers_of([UID])[UID][JOANNA.address]
    assert newest.dtstamp == max(db.session.scalars(select(CalendarAnswer.dtstamp)))
    look_noted = inbox.last_look()
    assert (
        look_noted is not None
        and look_noted.problem == ""
        and look_noted.succeeded_at == look_noted.looked_at
    )


def test_dead_between_keeping_a_mail_and_moving_it_the_next_look_only_moves_it(
    app: Flask, server: Dovecot
) -> None:
    booked()
    server.deliver(reply("DECLINED"))

    def die(raw: bytes) -> bool:
        receiving.take_in(raw, None, now=LATER)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mailbox.look(ours(server), die)
    assert len(server.holds("INBOX")) == 1 and number(Incoming) == 1
    assert look(server).taken == 1
    assert (server.holds("INBOX"), len(server.holds(DONE))) == ([], 1)
    assert (number(Incoming), number(CalendarAnswer)) == (1, 1)


def some_mail(n: int) -> bytes:
    """An answer, or a letter, each with a subject of its own."""
    if n % 2:
        return letter(subject=subject(n)).as_bytes()
    said = reply(("ACCEPTED", "TENTATIVE", "DECLINED")[n % 3], dtstamp=NOW + timedelta(seconds=n))
    return said.replace(b"Subject: Hello", f"Subject: {subject(n)}".encode())


def subject(n: int) -> str:
    return f"Mail {n:03}"


def test_the_loop_goes_on_and_ends_when_told(app: Flask, server: Dovecot, poll: Any) -> None:
    server.deliver(letter(subject="First").as_bytes())
    process = poll("--loop", "--every", "0.2")
    try:
        until(lambda: number(Incoming) == 1)
        server.deliver(letter(subject="Second").as_bytes())
        until(lambda: number(Incoming) == 2)
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    first, *took, last = said.splitlines()
    assert first == "Looking into the mailbox INBOX at localhost."
    assert last == "Stopped. No mail is left half taken."
    assert took in (["Took in 1 mail.", "Took in 1 mail."], ["Took in 2 mails."])
    assert number(Incoming) == 2 and inbox.last_look() is not None


@pytest.mark.any_database
def test_the_loop_outlasts_a_mailbox_that_is_gone_and_loses_no_mail_and_takes_none_in_twice(
    app: Flask, server: Dovecot, poll: Any
) -> None:
    """The line is cut in the middle of looks, and nobody answers for a while; mail comes all the time."""
    booked()
    total, came, cuts = 20, 0, 2
    with cut_line(server.port) as line:
        process = poll(
            "--loop", "--every", "0.1", url=server.url.replace(f":{server.port}/", f":{line.port}/")
        )
        try:
            for cut in range(cuts):
                until(lambda: number(Incoming) == came)  # noqa: B023
                took_in = came
                while came < total * (cut + 1) // cuts:
                    server.deliver(some_mail(came))
                    came += 1
                until(lambda: number(Incoming) > took_in)  # noqa: B023
                line.cut()
                until(lambda: look_noted() != "")
                assert process.poll() is None
                line.mend()
                began = time.monotonic()
                until(lambda: look_noted() == "")
                print(f"good again {time.monotonic() - began:.1f} s after the mailbox was")
            until(lambda: server.holds("INBOX") == [])
        finally:
            process.send_signal(signal.SIGTERM)
            said, wrong = process.communicate(timeout=120)
    assert process.returncode == 0 and "Traceback" not in wrong, wrong
    assert subjects(server, DONE) == sorted(subject(n) for n in range(total))
    assert number(Incoming) == total and number(CalendarAnswer) == total // 2


@pytest.mark.any_database
def test_a_mailbox_that_falls_silent_is_given_up_and_loses_no_mail_and_takes_none_in_twice(
    app: Flask, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lets us in and never answers, in the middle of a look or from the beginning."""
    monkeypatch.setattr(mailbox, "TIMEOUT", 1.0)
    booked()
    for n in range(3):
        server.deliver(some_mail(n))
    with bad_line(server.port) as line:
        through = ours(server, IMAP_URL=server.url.replace(f":{server.port}/", f":{line.port}/"))

        def take(raw: bytes) -> bool:
            line.swallows()
            return receiving.take_in(raw, None, now=LATER)

        for _ in range(2):
            with pytest.raises(mailbox.MailboxTrouble, match="timed out"):
                mailbox.look(through, take)
        assert number(Incoming) == 1 and len(server.holds("INBOX")) == 3
        line.is_good()
        mailbox.look(through, lambda raw: receiving.take_in(raw, None, now=LATER))
    assert (number(Incoming), server.holds("INBOX")) == (3, [])
    assert subjects(server, DONE) == sorted(subject(n) for n in range(3))


def look_noted() -> str:
    """What hindered the last look, as the status page has it."""
    db.session.rollback()
    noted = inbox.last_look()
    return noted.problem if noted is not None else ""


def test_trouble_is_noted_for_the_status_page_and_told_by_the_exit_status(
    app: Flask, server: Dovecot, poll: Any
) -> None:
    process = poll(url=re.sub(r":s[^@]*@", ":wrong@", server.url))
    assert "refused us" in process.communicate()[1] and process.returncode == 1
    db.session.rollback()
    noted = inbox.last_look()
    assert noted is not None and "refused us" in noted.problem and noted.succeeded_at is None


def test_a_mail_on_which_we_fail_stays_and_the_command_takes_in_those_behind_it(
    app: Flask, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        server.deliver(some_mail(n))
    take_in = receiving.take_in

    def fails_on_one(raw: bytes, *given: Any, **named: Any) -> bool:
        if raw.startswith(some_mail(1)[:40]) or subject(1).encode() in raw:
            raise ValueError("nobody thought of this")
        return take_in(raw, *given, **named)

    monkeypatch.setattr(receiving, "take_in", fails_on_one)
    app.config.update(settings(server))
    told = app.test_cli_runner().invoke(args=["post", "poll"])
    assert told.exit_code == 0 and "Took in 2 mails" in told.output
    assert subjects(server, "INBOX") == [subject(1)]


def until(done: Any) -> None:
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
