"""Against a real mail server: delivered, refused, greylisted, cut off, down and up again; killed and
racing."""

import re
import signal
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from outreach import create_app
from outreach.ground.db import db, transaction
from outreach.post import copies, letters, outbox
from outreach.post.outbox import FAILED, SENT, SUPERSEDED, WAITING, Letter
from outreach.post.outgoing import claims, pauses, postman
from outreach.post.outgoing.claims import RETRIES
from outreach.post.outgoing.mail_server import Server
from outreach.post.outgoing.postman import Post, Round
from post.facts import EXPIRES, JOANNA, NOW, OFFICE, SETTINGS, sender, visit
from post.mail_server import CERTIFICATE, MailServer
from post.postmen import command, get, mark, post, put, send, take


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def test_a_letter_is_delivered_to_the_byte_and_its_kept_copy_masked(app: Flask, server: MailServer) -> None:
    letter_id = put()
    raw = get(letter_id).raw
    db.session.rollback()
    open_connections: list[int] = []
    server.while_taking = lambda: open_connections.append(pool.checkedout())
    pool = db.engine.pool
    assert send(server) == Round(sent=1)
    (taken,) = server.taken
    assert (taken.to, taken.raw) == (JOANNA.address, raw)
    assert re.fullmatch(rf"bounce\+{letter_id}\.[0-9a-f]{{16}}@outreach\.example", taken.mail_from)
    letter = get(letter_id)
    assert (letter.status, letter.handed_at, letter.lease_until) == (SENT, NOW, None)
    kept = copies.read(letter.raw)
    assert "/i/hidden-once-sent" in kept.text and "/i/hidden-once-sent" in kept.html
    assert kept.calendar == copies.read(raw).calendar
    assert kept.headers == copies.read(raw).headers
    assert open_connections == [0]  # no transaction is open while the world is waited for
    assert send(server) == Round()


def test_a_bounce_address_is_signed_by_the_services_own_key() -> None:
    ours, other = post(None), Post(server=None, folder=Path("."), domain="outreach.example", key=b"other")
    assert ours.bounce_address(7) == ours.bounce_address(7)
    assert len({ours.bounce_address(7), ours.bounce_address(8), other.bounce_address(7)}) == 3


def test_a_refused_address_fails_at_once_and_the_next_letter_goes(app: Flask, server: MailServer) -> None:
    server.answers = ["RCPT 550 5.1.1 no such person"]
    first, second = put(1), put(2)
    assert send(server) == Round(sent=1, failed=1)
    assert get(first).status == FAILED
    assert get(first).last_error == "The mail server did not take the address: 550 5.1.1 no such person"
    assert get(second).status == SENT


def test_a_refused_letter_fails(app: Flask, server: MailServer) -> None:
    server.answers = ["DATA 554 5.7.1 looks like spam"]
    letter_id = put()
    assert send(server) == Round(failed=1)
    assert get(letter_id).status == FAILED


def test_greylisting_twice_then_taken_waits_one_and_five_minutes(app: Flask, server: MailServer) -> None:
    server.answers = ["RCPT 451 come back later", "DATA 451 come back later"]
    letter_id = put()
    assert send(server) == Round(later=1)
    assert get(letter_id).not_before == NOW + timedelta(minutes=1)
    assert send(server, NOW + timedelta(seconds=59)) == Round()
    assert send(server, NOW + timedelta(minutes=1)) == Round(later=1)
    assert get(letter_id).not_before == NOW + timedelta(minutes=6)
    assert send(server, NOW + timedelta(minutes=6)) == Round(sent=1)
    assert len(server.taken) == 1
    assert get(letter_id).attempts == 3


def test_a_line_dropped_after_the_letter_brings_the_same_bytes_again(app: Flask, server: MailServer) -> None:
    server.answers = ["TAKEN DROP"]
    letter_id = put()
    assert send(server) == Round(later=1)
    assert get(letter_id).perhaps_at == NOW
    assert send(server, NOW + timedelta(minutes=1)) == Round(sent=1)
    first, second = server.taken
    assert first == second


def test_a_server_that_is_down_holds_the_post_up_and_blames_no_letter(app: Flask, server: MailServer) -> None:
    first, second = put(1), put(2)
    server.down()
    done = send(server)
    why = "The mail server 127.0.0.1 could not be reached: Connection refused."
    assert (done.sent, done.later, done.held_up) == (0, 1, why)
    assert [(get(i).status, get(i).attempts) for i in (first, second)] == [(WAITING, 0), (WAITING, 0)]
    server.up()
    assert send(server, NOW + timedelta(seconds=59)) == Round(held_up=why)
    assert send(server, NOW + timedelta(minutes=1)) == Round(sent=2)
    assert pauses.standing() is None


def test_tries_spread_over_two_days_and_then_end(app: Flask, server: MailServer) -> None:
    letter_id = put()
    at, waits = NOW, []
    server.answers = ["RCPT 451 no"] * 20
    while get(letter_id).status == WAITING:
        send(server, at)
        waits.append(get(letter_id).not_before - at)
        at = get(letter_id).not_before
    assert waits[:-1] == list(RETRIES)
    assert sum(RETRIES, timedelta()) <= timedelta(hours=48)
    assert get(letter_id).status == FAILED
    assert (
        get(letter_id).last_error == "The mail server did not take the address: 451 no We tried for two days."
    )


def test_nobody_is_invited_to_a_show_that_has_begun(app: Flask, server: MailServer) -> None:
    late = put(1)
    assert send(server, visit().starts_at) == Round()
    assert (get(late).status, get(late).last_error) == (FAILED, "The show began before this letter could go.")
    soon = put(2, at=visit().starts_at - timedelta(seconds=30))
    server.answers = ["RCPT 451 no"]
    assert send(server, visit().starts_at - timedelta(seconds=30)) == Round(failed=1)
    assert get(soon).status == FAILED


def test_a_letter_to_an_address_that_died_meanwhile_is_not_sent(app: Flask, server: MailServer) -> None:
    letter_id = put()
    with transaction():
        outbox.mark_dead(JOANNA.address, "550", NOW)
    assert send(server) == Round()
    assert get(letter_id).status == FAILED and server.tries == 0


def test_a_letter_to_an_address_that_was_dead_before_is_not_sent(app: Flask, server: MailServer) -> None:
    with transaction():
        outbox.mark_dead(JOANNA.address.upper(), "550", NOW)
    letter_id = put()
    assert send(server) == Round()
    assert get(letter_id).status == FAILED and server.tries == 0


def test_a_letter_waits_for_the_one_before_it_to_the_same_person(app: Flask) -> None:
    first = put()
    in_hand = take("a", NOW)
    assert in_hand is not None
    with transaction():
        about = visit(uid="0@outreach.example", sequence=1)
        moved = letters.moved(
            about, JOANNA, sender(), was_starts_at=NOW, now=NOW + timedelta(seconds=1), expires_at=EXPIRES
        ).id
        other = letters.booked(about, OFFICE, sender(), now=NOW, expires_at=EXPIRES).id
    at = NOW + timedelta(minutes=1)
    elsewhere = take("b", at)
    assert elsewhere is not None and elsewhere.id == other
    assert take("b", at) is None
    mark("a", claims.sent(in_hand, at))
    after = take("b", at)
    assert after is not None and after.id == moved
    assert get(first).status == SENT


def test_a_revision_overtaken_in_a_postmans_hands_is_not_tried_again(app: Flask, server: MailServer) -> None:
    first = put()
    server.answers = ["RCPT 451 no"]

    def meanwhile() -> None:
        with app.app_context(), transaction():
            letters.changed(
                visit(uid="0@outreach.example"),
                JOANNA,
                sender(),
                now=NOW + timedelta(seconds=1),
                expires_at=EXPIRES,
            )
            db.session.flush()

    in_hand = take("a", NOW)
    assert in_hand is not None
    meanwhile()
    mark("a", claims.later(in_hand, claims.Later("451 no"), NOW))
    assert get(first).status == SUPERSEDED
    server.answers = []
    assert send(server, NOW + timedelta(minutes=1)) == Round(sent=1)


def test_a_refused_sign_in_pauses_the_post_and_says_so(app: Flask) -> None:
    with MailServer(passwords={b"outreach": b"right: /@"}) as server:
        letter_id = put()
        wrong = f"smtp://outreach:wrong@127.0.0.1:{server.port}"
        right = f"smtp://outreach:right%3A%20%2F%40@127.0.0.1:{server.port}"

        def go(url: str, minutes: int) -> Round:
            at = NOW + timedelta(minutes=minutes)
            return postman.send_waiting(post(None, url=url), clock=lambda: at, name="a")

        done = go(wrong, 0)
        assert (done.sent, done.later) == (0, 1)
        assert done.held_up.startswith("The mail server did not take our sign-in: 535")
        assert (get(letter_id).status, get(letter_id).attempts) == (WAITING, 0)
        paused = pauses.standing()
        assert paused is not None and paused.reason == done.held_up
        assert go(right, 14) == Round(held_up=done.held_up)  # not every look is a try
        # Each pause is as long as all before it together, up to two hours.
        for tried, too_early in ((15, 29), (30, 59), (60, 119), (120, 239)):
            assert go(wrong, tried).later == 1
            assert go(right, too_early).later == 0
        assert go(wrong, 240).later == 1 and go(right, 359).later == 0
        assert go(right, 360) == Round(sent=1)
        assert pauses.standing() is None


def test_a_refused_sender_pauses_and_a_coordinator_resumes(app: Flask, server: MailServer) -> None:
    server.answers = ["MAIL 550 5.7.60 not allowed to send as this sender"]
    put()
    assert send(server).held_up != ""
    with transaction():
        pauses.resume(who="Priya", now=NOW)
    assert send(server) == Round(sent=1)


@pytest.mark.parametrize(
    "answer", ["RCPT 554 5.7.1 Relay access denied", "RCPT 530 5.7.0 Authentication required"]
)
def test_a_relay_that_is_closed_to_us_pauses_and_blames_no_letter(
    app: Flask, server: MailServer, answer: str
) -> None:
    server.answers = [answer]
    letter_id = put()
    assert send(server).held_up != ""
    assert get(letter_id).status == WAITING


def test_mail_goes_over_tls_and_a_certificate_unknown_pauses(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MailServer(passwords={b"outreach": b"secret"}, secure=True) as server:
        url = f"smtp+starttls://outreach:secret@localhost:{server.port}"
        put()
        done = postman.send_waiting(post(None, url=url), clock=lambda: NOW, name="a")
        assert "certificate that cannot be trusted" in done.held_up
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        at = NOW + timedelta(minutes=15)
        assert postman.send_waiting(post(None, url=url), clock=lambda: at, name="a") == Round(sent=1)


def test_a_server_without_the_encryption_asked_for_gets_no_letter(app: Flask, server: MailServer) -> None:
    put()
    url = server.url.replace("smtp:", "smtp+starttls:")
    assert "does not offer" in postman.send_waiting(post(None, url=url), clock=lambda: NOW, name="a").held_up
    assert server.tries == 0


@pytest.mark.parametrize(
    ("url", "host", "port", "security", "user", "password"),
    [
        ("smtp://mail.example", "mail.example", 25, "", "", ""),
        ("smtp+starttls://u:pw@mail.example", "mail.example", 587, "starttls", "u", "pw"),
        ("smtps://a%40b:p%2Fw@mail.example:4650", "mail.example", 4650, "tls", "a@b", "p/w"),
    ],
)
def test_a_mail_server_is_read_from_its_address(
    url: str, host: str, port: int, security: str, user: str, password: str
) -> None:
    wanted = Server(host=host, port=port, security=security, user=user, password=password)
    assert Server.from_url(url) == wanted
    assert not password or password not in repr(wanted)


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://h:port", "smtp://h/path", "smtp://[::1"]
)
def test_a_mail_server_written_wrongly_is_refused_in_words(url: str) -> None:
    with pytest.raises(postman.BadMailServer, match="SMTP_URL must look like"):
        Server.from_url(url)


def test_without_a_server_each_letter_becomes_one_file_with_its_true_link(app: Flask, tmp_path: Path) -> None:
    letter_id = put()
    raw = get(letter_id).raw
    folder = tmp_path / "mail" / "out"
    assert postman.send_waiting(post(None, folder), clock=lambda: NOW, name="a") == Round(sent=1)
    (file,) = folder.iterdir()
    assert file.name == f"{letter_id:06d}-booked-to-j.fell@stbrannocs.example.eml"
    assert file.read_bytes() == raw
    assert "/i/hidden-once-sent" in copies.read(get(letter_id).raw).text


def test_a_folder_that_cannot_be_written_loses_no_letter(app: Flask, tmp_path: Path) -> None:
    letter_id = put()
    (tmp_path / "mail").write_text("a file where the folder should be")
    done = postman.send_waiting(post(None, tmp_path / "mail"), clock=lambda: NOW, name="a")
    assert "cannot be written" in done.held_up
    assert get(letter_id).status == WAITING


def test_a_full_disk_leaves_no_half_of_a_letter_and_it_goes_when_there_is_room(
    app: Flask, tmp_path: Path
) -> None:
    """/dev/full stands where the letter is written."""
    letter_id, folder = put(), tmp_path / "mail"
    folder.mkdir()
    (folder / postman.file_name(letter_id, "booked", JOANNA.address)).with_suffix(".part").symlink_to(
        "/dev/full"
    )
    done = postman.send_waiting(post(None, folder), clock=lambda: NOW, name="a")
    assert done.held_up == "The folder for letters cannot be written: No space left on device."
    assert (list(folder.iterdir()), get(letter_id).status) == ([], WAITING)
    after = postman.send_waiting(post(None, folder), clock=lambda: NOW + timedelta(minutes=1), name="a")
    assert (after.sent, [file.suffix for file in folder.iterdir()]) == (1, [".eml"])


@pytest.mark.parametrize(
    "recipient", ["../../etc/passwd@x", "a\x00b\n@x.example", "é" * 300 + "@x", "con:|<>?*@x", "-rf@x", ""]
)
def test_a_file_name_is_safe_whatever_the_address(recipient: str) -> None:
    name = postman.file_name(7, "link notice", recipient)
    assert re.fullmatch(r"000007-link-notice-to-?[A-Za-z0-9.@_-]*\.eml", name)
    assert "/" not in name and len(name) <= 124


def test_two_postmen_at_once_never_send_one_letter_twice(app: Flask, server: MailServer) -> None:
    for n in range(24):
        put(n)
    db.session.remove()
    done: list[Round] = []

    def work(name: str) -> None:
        with app.app_context():
            done.append(send(server, name=name))
            db.session.remove()

    postmen = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for each in postmen:
        each.start()
    for each in postmen:
        each.join()
    ids = [dict(copies.read(taken.raw).headers)["Message-ID"] for taken in server.taken]
    assert len(ids) == len(set(ids)) == 24
    assert sum(one.sent for one in done) == 24


@pytest.mark.any_database
def test_a_postman_killed_in_the_middle_loses_nothing(
    app: Flask, server: MailServer, database_url: str, tmp_path: Path
) -> None:
    ids = [put(n, at=datetime.now(NOW.tzinfo)) for n in range(3)]
    db.session.remove()
    server.seconds = 3600
    begun = threading.Event()
    server.while_taking = begun.set
    worker = command(database_url, tmp_path, server)
    assert begun.wait(120)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    server.down()
    server.seconds, server.taken = 0, []
    server.up()
    in_hand = [i for i in ids if get(i).leased_by]
    assert in_hand == ids and {get(i).status for i in ids} == {WAITING}
    now = datetime.now(NOW.tzinfo)
    assert (
        send(server, now, name="elsewhere:1:x").sent == 0
    )  # on another machine nobody knows that he is dead
    assert postman.take_over(postman.new_name(b"of tests"), now) == 3
    assert send(server, now, name="next").sent == 3
    assert {get(i).status for i in ids} == {SENT}
    assert len({taken.raw for taken in server.taken}) == 3


@pytest.mark.any_database("postgresql")
def test_a_postman_told_to_stop_ends_after_the_letter_in_hand(
    app: Flask, server: MailServer, database_url: str, tmp_path: Path
) -> None:
    for n in range(3):
        put(n, at=datetime.now(NOW.tzinfo))
    db.session.remove()
    server.most = 0  # the first is in hand until he was told
    begun = threading.Event()
    server.while_taking = begun.set
    worker = command(database_url, tmp_path, server, "--loop", "--every", "0.1")
    assert begun.wait(120)
    worker.send_signal(signal.SIGTERM)
    server.most = None
    said, _ = worker.communicate(timeout=120)
    assert worker.returncode == 0, said
    assert "Sent 1," in said and "Stopped" in said
    states = db.session.scalars(select(Letter.status).order_by(Letter.id)).all()
    assert sorted(states) == [SENT, WAITING, WAITING]
    assert len(server.taken) == 1
    assert db.session.scalars(select(Letter.leased_by).where(Letter.leased_by.is_not(None))).all() == []


def test_the_command_says_what_it_did_and_fails_for_a_timer_when_held_up(app: Flask) -> None:
    put(at=NOW)
    runner = app.test_cli_runner()
    with_folder = runner.invoke(args=["post", "send"])
    # The show of the tests is long over by the clock of this machine, or far ahead: either is said.
    assert with_folder.exit_code == 0 and "0 due letters wait." in with_folder.output
    app.config["SMTP_URL"] = "mail.example"
    assert "SMTP_URL must look like" in runner.invoke(args=["post", "send"]).output


def test_the_services_settings_reach_the_post(tmp_path: Path) -> None:
    app = create_app(
        SETTINGS
        | {
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/outreach.sqlite",
            "OUTREACH_FOLDER": str(tmp_path),
            "MAIL_FOLDER": "/m",
        }
    )
    assert postman.post_of(app.config) == Post(
        server=None, folder=Path("/m"), domain="outreach.example", key=b"for tests"
    )


def test_a_postman_that_wakes_too_late_changes_nothing(app: Flask) -> None:
    letter_id = put()
    slow = take("slow", NOW)
    after = NOW + claims.LEASE + timedelta(seconds=1)
    assert slow is not None and take("quick", after - timedelta(seconds=2)) is None
    quick = take("quick", after)
    assert quick is not None and quick.id == slow.id
    mark("slow", claims.failed(slow, "too late"), after)
    assert get(letter_id).leased_by == "quick"
    mark("quick", claims.sent(quick, after), after)
    assert get(letter_id).status == SENT
