"""A mail server that misbehaves by script, step by step: what each misdeed does to the letter, and to the
post."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.ground.db import db, transaction
from outreach.post import copies, letters, outbox
from outreach.post.outbox import FAILED, SENT, SUPERSEDED, WAITING, Letter
from outreach.post.outgoing import claims, duty, mail_server, pauses, postman
from outreach.post.outgoing.mail_server import BadMailServer, MailServerTrouble, Never, Server, judge
from outreach.post.outgoing.postman import Post, Round
from post.facts import EXPIRES, JOANNA, NOW, OFFICE, sender, visit
from post.mail_server import MailServer
from post.postmen import get, mark, put, send, take

MINUTE = timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@contextmanager
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For a server that never answers; one that does has a second, and afterwards its usual time."""
    with monkeypatch.context() as impatient:
        impatient.setattr(mail_server, "TIMEOUT", 1.0)
        impatient.setattr(mail_server, "TIMEOUT_AT_THE_END", 1.0)
        yield


def message_ids(server: MailServer) -> list[str]:
    return [dict(copies.read(taken.raw).headers)["Message-ID"] for taken in server.taken]


# The address, the letter


def test_an_address_that_is_no_more_fails_and_is_not_written_to_again(app: Flask, server: MailServer) -> None:
    server.answers = ["RCPT 550 5.1.1 no such user here"]
    first = put(1)
    assert send(server) == Round(failed=1)
    assert get(first).status == FAILED
    assert outbox.dead_addresses([JOANNA.address]) == {JOANNA.address}
    later = put(2)
    assert send(server) == Round()
    assert (get(later).status, get(later).last_error, server.tries) == (FAILED, outbox.DEAD, 1)


@pytest.mark.parametrize("answer", ["550 5.7.1 blocked by the recipient's policy", "552 5.2.2 mailbox full"])
def test_a_refusal_that_says_nothing_of_the_address_leaves_it_alive(
    app: Flask, server: MailServer, answer: str
) -> None:
    server.answers = [f"RCPT {answer}"]
    letter_id = put()
    assert send(server) == Round(failed=1)
    assert get(letter_id).status == FAILED and not outbox.is_dead(JOANNA.address)


def test_a_bad_letter_in_the_middle_stops_no_other(app: Flask, server: MailServer) -> None:
    ids = [put(n) for n in range(5)]
    server.answers = ["DATA 554 5.6.0 no"]
    assert send(server) == Round(sent=4, failed=1)
    assert [get(i).status for i in ids] == [FAILED, SENT, SENT, SENT, SENT]
    assert server.rings == 1  # one line serves for all


def test_a_fault_of_our_own_stops_no_other_letter_and_repeats_none(
    app: Flask, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = put(1), put(2)
    hand_over = mail_server.MailConnection.hand_over

    def stumble(line: mail_server.MailConnection, *, mail_from: str, to: str, raw: bytes) -> None:
        if mail_from.startswith(f"bounce+{bad}."):
            raise RuntimeError("a fault")
        hand_over(line, mail_from=mail_from, to=to, raw=raw)

    monkeypatch.setattr(mail_server.MailConnection, "hand_over", stumble)
    assert send(server) == Round(sent=1, later=1)
    assert (get(good).status, get(bad).status) == (SENT, WAITING)
    assert (get(bad).not_before, get(bad).lease_until) == (NOW + MINUTE, None)
    assert send(server) == Round()


# The line


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_line_dropped_before_the_letter_was_given_over_is_a_sure_no(
    app: Flask, server: MailServer, step: str
) -> None:
    server.answers = [f"{step} DROP"]
    letter_id = put()
    assert send(server) == Round(later=1)
    assert (get(letter_id).perhaps_at, get(letter_id).not_before) == (None, NOW + MINUTE)
    assert send(server, NOW + MINUTE) == Round(sent=1)
    assert len(server.taken) == 1


@pytest.mark.parametrize("step", ["DATA", "TAKEN"])
def test_a_line_dropped_behind_the_letter_leaves_it_open_whether_it_came(
    app: Flask, server: MailServer, step: str
) -> None:
    server.answers = [f"{step} DROP"]
    letter_id = put()
    assert send(server) == Round(later=1)
    assert get(letter_id).perhaps_at == NOW
    assert send(server, NOW + MINUTE) == Round(sent=1)
    assert len({taken.raw for taken in server.taken}) == 1


def test_a_line_closed_after_some_letters_is_opened_anew_for_the_next(app: Flask, server: MailServer) -> None:
    for n in range(4):
        put(n)
    # Exchange and Postfix end a session after so many letters, politely or not.
    server.while_taking = lambda: (
        server.answers.append("MAIL 421 4.4.2 too many" if server.rings == 1 else "MAIL DROP")
        if len(server.taken) in (0, 1)
        else None
    )
    assert send(server) == Round(sent=4)
    assert (len(server.taken), server.rings) == (4, 3)


@pytest.mark.parametrize(("step", "certain"), [("MAIL", True), ("RCPT", True), ("DATA", False)])
def test_a_server_that_hangs_is_left_and_the_letter_waits(
    app: Flask, server: MailServer, monkeypatch: pytest.MonkeyPatch, step: str, certain: bool
) -> None:
    server.answers = [f"{step} HANG"]
    letter_id = put()
    with hasty(monkeypatch):
        assert send(server) == Round(later=1)
    assert (get(letter_id).perhaps_at is None) == certain
    assert send(server, NOW + MINUTE) == Round(sent=1)


@pytest.mark.parametrize("misdeed", ["DROP", "HANG"])
def test_a_server_that_is_no_use_at_ehlo_holds_the_post_up(
    app: Flask, server: MailServer, monkeypatch: pytest.MonkeyPatch, misdeed: str
) -> None:
    server.answers = [f"EHLO {misdeed}"]
    ids = [put(n) for n in range(3)]
    with hasty(monkeypatch):
        done = send(server)
    assert (done.sent, done.later, bool(done.held_up)) == (0, 1, True)
    assert {(get(i).status, get(i).attempts, get(i).lease_until) for i in ids} == {(WAITING, 0, None)}
    server.answers = []
    assert send(server, NOW + timedelta(minutes=15)) == Round(sent=3)


def test_lines_lost_in_a_row_are_no_letters_fault(app: Flask, server: MailServer) -> None:
    ids = [put(n) for n in range(20)]
    server.answers = ["RCPT DROP"] * 3
    done = send(server)
    assert done.held_up == "The line to the mail server 127.0.0.1 was lost 3 times in a row."
    assert sorted(get(i).attempts for i in ids) == [0] * 18 + [1, 1]
    assert send(server, NOW + MINUTE) == Round(sent=20)


def test_an_hour_without_a_mail_server_costs_no_letter_a_try(app: Flask, server: MailServer) -> None:
    ids = [put(n) for n in range(6)]
    server.down()
    at = NOW
    while at < NOW + timedelta(hours=1):
        assert send(server, at).held_up
        at += timedelta(seconds=15)
    assert {(get(i).status, get(i).attempts) for i in ids} == {(WAITING, 0)}
    pause = pauses.standing()
    assert pause is not None and pause.recorded_at == NOW and pause.nothing_goes
    server.up()
    assert send(server, at + MINUTE) == Round(sent=6)
    assert pauses.standing() is None


# Too many of us


def test_a_crowded_server_gets_one_line_and_some_seconds(app: Flask, server: MailServer) -> None:
    ids = [put(n) for n in range(3)]
    server.answers = ["DATA 432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"]
    done = send(server, name="a")
    assert "432" in done.held_up
    assert {(get(i).status, get(i).attempts) for i in ids} == {(WAITING, 0)}
    pause = pauses.standing()
    assert pause is not None and not pause.nothing_goes and pause.again_at is not None
    assert timedelta(seconds=20) <= pause.again_at - NOW <= timedelta(seconds=60)
    assert send(server, NOW + timedelta(seconds=19), name="b").held_up

    at, meanwhile = NOW + MINUTE, []

    def another() -> None:
        with app.app_context():
            meanwhile.append(send(server, at, name="c"))
            db.session.remove()

    server.while_taking = another
    assert send(server, at, name="b") == Round(sent=3)
    assert [(done.sent, bool(done.held_up)) for done in meanwhile] == [(0, True)] * 3
    server.while_taking = lambda: None
    put(9)
    assert send(server, at + timedelta(seconds=5), name="c") == Round(sent=1)  # the line was given back
    assert pauses.standing() is not None
    put(10)
    assert send(server, NOW + pauses.CALM, name="b") == Round(sent=1)
    assert pauses.standing() is None


def test_a_postman_who_dies_with_the_only_line_is_followed_by_another(app: Flask, server: MailServer) -> None:
    with transaction():
        pauses.hold_up(pauses.CROWDED, "432", now=NOW)
    assert not pauses.ask_leave("a", NOW + MINUTE).why_not
    assert pauses.ask_leave("b", NOW + 2 * MINUTE).why_not
    assert not pauses.ask_leave("a", NOW + 2 * MINUTE).why_not
    assert not pauses.ask_leave("b", NOW + 2 * MINUTE + pauses.ALONE).why_not


def test_of_two_postmen_one_tries_whether_a_pause_is_over(app: Flask) -> None:
    with transaction():
        pauses.hold_up(pauses.REFUSED, "535 no", now=NOW)
    at = NOW + timedelta(minutes=15)
    assert pauses.ask_leave("a", at - timedelta(seconds=1)).why_not == "535 no"
    assert [bool(pauses.ask_leave(name, at).why_not) for name in ("a", "b")] == [False, True]


# The sign-in


def token_post(server: MailServer, file: Path, user: str = "outreach%40marlshire.example") -> Post:
    to = Server.from_url(f"smtp://{user}@127.0.0.1:{server.port}", str(file))
    return Post(server=to, folder=Path("/nowhere"), domain="outreach.example", key=b"key")


def test_a_token_is_read_anew_at_each_sign_in_and_an_old_one_pauses_the_post(
    app: Flask, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    with MailServer(tokens={"outreach@marlshire.example": "fresh"}) as server:
        letter_id = put()

        def go(minutes: int) -> Round:
            at = NOW + minutes * MINUTE
            return postman.send_waiting(token_post(server, file), clock=lambda: at, name="a")

        assert "holds no token" in go(0).held_up
        file.write_text("stale\n")
        assert (
            go(15).held_up
            == "The mail server did not take our sign-in: 535 5.7.3 Authentication unsuccessful"
        )
        assert (get(letter_id).status, get(letter_id).attempts) == (WAITING, 0)
        pause = pauses.standing()
        assert pause is not None and "stale" not in pause.reason
        file.write_text("fresh\n")
        assert go(29).held_up
        assert go(30) == Round(sent=1)


def test_a_server_without_tokens_is_said_to_be_so(app: Flask, server: MailServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("fresh")
    put()
    done = postman.send_waiting(token_post(server, tmp_path / "token"), clock=lambda: NOW, name="a")
    assert "does not offer what SMTP_URL asks for: sign-in by XOAUTH2" in done.held_up


def test_a_token_without_a_user_is_refused_in_words() -> None:
    with pytest.raises(BadMailServer, match="must name the user"):
        Server.from_url("smtp://mail.example", "/run/token")


@pytest.mark.parametrize(
    ("code", "said", "about", "kind"),
    [
        (535, "5.7.8 bad credentials", "our sign-in", pauses.REFUSED),
        (432, "4.7.12 a password transition is needed", "our sign-in", pauses.REFUSED),
        (454, "4.7.0 temporary authentication failure", "our sign-in", pauses.UNREACHABLE),
        (554, "no service", "us", pauses.REFUSED),
        (
            550,
            "5.7.60 SMTP; Client does not have permissions to send as this sender",
            "the letter",
            pauses.REFUSED,
        ),
        (554, "5.2.252 SendAsDenied; outreach not allowed to send as bookings", "the letter", pauses.REFUSED),
        (
            554,
            "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example",
            "the address",
            pauses.REFUSED,
        ),
        (550, "5.7.64 TenantAttribution; Relay Access Denied", "the address", pauses.REFUSED),
        (550, "5.4.5 Daily user sending limit exceeded", "the letter", pauses.REFUSED),
        (553, "5.7.1 sender address rejected: not owned by user", "the sender", pauses.REFUSED),
        (432, "4.3.2 Concurrent connections limit exceeded", "us", pauses.CROWDED),
    ],
)
def test_what_is_said_of_us_holds_the_post_up(code: int, said: str, about: str, kind: str) -> None:
    trouble = judge(code, said, about=about)
    assert isinstance(trouble, MailServerTrouble) and trouble.kind == kind and said in str(trouble)


@pytest.mark.parametrize(
    ("code", "said", "about", "what"),
    [
        (451, "4.7.1 greylisted", "the address", claims.Later),
        (452, "4.2.2 mailbox full", "the address", claims.Later),
        (450, "4.7.1 try later", "the sender", claims.Later),
        (550, "5.1.1 user unknown", "the address", Never),
        (552, "5.3.4 message too big", "the sender", Never),
        (554, "5.7.1 looks like spam", "the letter", Never),
    ],
)
def test_what_is_said_of_a_letter_touches_that_letter_alone(
    code: int, said: str, about: str, what: type
) -> None:
    assert type(judge(code, said, about=about)) is what


# Order, and what a newer letter makes of an older one


def test_a_cancellation_behind_an_invite_that_never_went_goes_nowhere(app: Flask, server: MailServer) -> None:
    invite = put()
    in_hand = take("a", NOW)
    assert in_hand is not None
    with transaction():
        about = visit(uid="0@outreach.example", sequence=1, created_at=NOW)
        cancel = letters.cancelled(about, JOANNA, sender(), reason="Exams", by="school", now=NOW + MINUTE).id
    assert get(cancel).status == WAITING  # the invite may be going this moment
    mark("a", claims.later(in_hand, claims.Later("451 no"), NOW))
    assert get(invite).status == SUPERSEDED
    assert send(server, NOW + MINUTE) == Round()
    assert (get(cancel).status, get(cancel).last_error) == (SUPERSEDED, claims.NOTHING_TO_CANCEL)
    assert server.taken == []


def test_a_cancellation_behind_an_invite_that_perhaps_went_does_go(app: Flask, server: MailServer) -> None:
    put()
    in_hand = take("a", NOW)
    assert in_hand is not None
    with transaction():
        about = visit(uid="0@outreach.example", sequence=1, created_at=NOW)
        letters.cancelled(about, JOANNA, sender(), reason="Exams", by="school", now=NOW + MINUTE)
    mark("a", claims.later(in_hand, claims.Later("line lost", certain=False), NOW))
    assert send(server, NOW + MINUTE) == Round(sent=1)
    assert copies.read(server.taken[0].raw).method == "CANCEL"


def test_a_letter_put_back_untried_gives_way_to_a_newer_one(app: Flask, server: MailServer) -> None:
    first = put()
    in_hand = take("a", NOW)
    assert in_hand is not None
    with transaction():
        about = visit(uid="0@outreach.example", created_at=NOW)
        letters.changed(about, JOANNA, sender(), now=NOW + MINUTE, expires_at=EXPIRES)
    mark("a", claims.untouched(in_hand))
    assert get(first).status == SUPERSEDED and b"/i/hidden-once-sent" in get(first).raw.replace(b"=\r\n", b"")
    assert send(server, NOW + MINUTE) == Round(sent=1)


def test_of_one_thread_one_letter_is_in_hand_at_a_time(app: Flask) -> None:
    with transaction():
        for n in range(3):
            outbox.put(
                partnership_id=1,
                stream="one",
                recipient=JOANNA.address,
                kind="note",
                subject="s",
                message_id=f"<{n}@x>",
                raw=b"x",
                now=NOW + timedelta(seconds=n),
            )
        outbox.put(
            partnership_id=1,
            stream="one",
            recipient=OFFICE.address,
            kind="note",
            subject="s",
            message_id="<9@x>",
            raw=b"x",
            now=NOW,
        )
    taken = claims.turn("a", [], NOW + MINUTE, most=50)
    assert [(c.stream, c.recipient) for c in taken] == [("one", JOANNA.address), ("one", OFFICE.address)]
    assert claims.turn("b", [], NOW + MINUTE, most=50) == []


def test_a_slow_server_gets_letters_few_at_a_time_so_that_others_can_be_called_back(
    app: Flask, server: MailServer
) -> None:
    ids = [put(n) for n in range(8)]
    ticks = iter(NOW + timedelta(seconds=0.7 * n) for n in range(1000))
    now = [NOW]
    in_hand: list[int] = []

    def slowly() -> None:
        now[0] = next(ticks)
        with app.app_context():
            in_hand.append(
                db.session.scalar(
                    select(func.count()).select_from(Letter).where(Letter.leased_by.is_not(None))
                )
                or 0
            )
            db.session.remove()

    server.while_taking = slowly
    done = postman.send_waiting(
        Post(server=Server.from_url(server.url), folder=Path("/x"), domain="outreach.example", key=b"key"),
        clock=lambda: now[0],
        name="a",
    )
    assert done == Round(sent=8) and {get(i).status for i in ids} == {SENT}
    assert in_hand[0] == 8 and set(in_hand[3:]) == {1}


# Who is on duty


def test_a_postman_at_work_is_seen_and_one_who_vanished_is_not(app: Flask, server: MailServer) -> None:
    duty.begin("here:1:a", NOW)
    duty.begin("here:2:b", NOW)
    put()
    assert send(server, NOW + MINUTE, name="here:1:a") == Round(sent=1)
    (first, second) = duty.on_duty(NOW + MINUTE)
    assert (first.host, first.seen_at, first.sent) == ("here", NOW + MINUTE, 1)
    assert (second.seen_at, second.sent) == (NOW, 0)
    duty.look_in("here:2:b", NOW + timedelta(seconds=29))
    assert duty.on_duty(NOW + duty.MISSED)[0].name == "here:1:a" and len(duty.on_duty(NOW + duty.MISSED)) == 1
    duty.end("here:1:a", NOW + MINUTE)
    assert duty.on_duty(NOW + duty.MISSED) == []
    duty.begin("new:1:c", NOW + timedelta(days=8))
    assert [each.name for each in db.session.scalars(select(duty.Postman))] == ["new:1:c"]


def test_a_dead_neighbours_letters_are_freed_and_a_living_ones_are_not(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman.socket, "gethostname", lambda: "here")
    living, dead, elsewhere = (
        postman.new_name(b"of tests").replace(f":{postman.os.getpid()}:", ":1:"),
        "here:99999999:x",
        "there:99999999:x",
    )
    for n, name in enumerate((living, dead, elsewhere)):
        duty.begin(name, NOW)
        put(n)
        assert take(name, NOW) is not None
    assert postman.take_over(postman.new_name(b"of tests"), NOW) == 1
    held = set(db.session.scalars(select(Letter.leased_by).where(Letter.leased_by.is_not(None))))
    assert held == {living, elsewhere}
    assert postman.take_over(postman.new_name(b"of tests"), NOW) == 0


def test_what_a_postman_had_in_hand_when_the_database_went_away_is_free_when_it_is_back(app: Flask) -> None:
    """He does not know what became of it, and nobody waits for a lease that is his own."""
    name = postman.new_name(b"of tests")
    duty.begin(name, NOW)
    put()
    assert take(name, NOW) is not None
    assert postman.take_over(name, NOW) == 0
    assert postman.take_over(name, NOW, own=True) == 1
    assert take(name, NOW) is not None


def test_the_token_is_hidden_wherever_its_line_was_broken_and_no_other_byte_changes(app: Flask) -> None:
    raw = get(put()).raw
    token = copies.read(raw).text.split("/i/")[1].split()[0].encode()
    hidden = copies.masked(raw)
    assert token not in hidden.replace(b"=\r\n", b"") and b"/i/hidden-once-sent" in hidden
    assert hidden.partition(b"text/calendar")[2] == raw.partition(b"text/calendar")[2]
    broken = raw.replace(token, token[:7] + b"=\r\n" + token[7:]).replace(b"/i/", b"/=\r\ni/")
    assert copies.masked(broken).replace(b"/=\r\ni/", b"/i/") == hidden
    by_chance = raw.replace(b"\r\n\r\nQkVH", b"\r\n\r\n/i/" + b"A" * 60 + b"\r\nQkVH")
    assert by_chance != raw and b"/i/" + b"A" * 60 in copies.masked(by_chance)


def test_a_turn_costs_few_queries_however_many_letters_it_takes(app: Flask, count_queries: object) -> None:
    counts = []
    for many in (3, 30):
        for n in range(many):
            put(many * 100 + n)
        with count_queries() as queries:  # type: ignore[operator]
            taken = claims.turn("a", [], NOW, most=50)
        assert len(taken) == many
        with count_queries() as more:  # type: ignore[operator]
            claims.turn("a", [claims.sent(letter, NOW) for letter in taken], NOW, most=50)
        counts.append((len(queries), len(more)))
    # Among them is who has any due, of each rank that is looked at.
    assert counts == ([(5, 5), (5, 5)] if db.engine.dialect.name == "sqlite" else [(4, 3), (4, 3)])
