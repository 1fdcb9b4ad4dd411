"""How the post is doing: for a coordinator, for a monitor, for Prometheus."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking.chasing import settings
from outreach.county.partnerships import Partnership
from outreach.ground.config import ConfigError, read
from outreach.ground.db import db, transaction
from outreach.post.incoming import inbox
from outreach.post.incoming.inbox import Incoming
from outreach.post.outgoing import duty, pauses
from read_pages import state

TOKEN = "a-token-of-more-than-twenty-letters"
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(app: Flask, client: FlaskClient, stopped: Any) -> FlaskClient:
    """Signed in; a postman is on duty; the mailbox is set up and was just read."""
    app.config["IMAP_URL"] = "imaps://outreach:secret@mail.example/INBOX"
    with transaction():
        make.signed_in(client, make.person(make.partnership()))
        inbox.looked(problem="", now=stopped.now)
        settings.ran(now=stopped.now)
    duty.begin("post1:77:abcd", stopped.now)
    return client


def wait(since: timedelta, now: Any, **changes: Any) -> None:
    with transaction():
        make.letter(
            "j.fell@redmere.example", None, not_before=now - since, **({"partnership_id": ours()} | changes)
        )


def ours() -> int:
    return db.session.scalar(select(Partnership.id).order_by(Partnership.id)) or make.partnership().id


@pytest.mark.any_database
def test_when_all_is_well_it_says_so(desk: FlaskClient, stopped: Any) -> None:
    with transaction():
        make.letter("j.fell@redmere.example", stopped.now - HOUR, partnership_id=ours())
    page = desk.get("/desk/status").text
    for said in (
        "All is well: letters go out and the mailbox is read.",
        "None. Nothing waits that could go.",
        "19 January 2027 at 8:00am",
        "post1",
        "less than a minute ago",
        "Nothing waits</a>",
    ):
        assert said in page, said
    assert 'class="msg' not in page


@pytest.mark.any_database
def test_when_the_days_round_last_came_is_said_and_that_it_does_not_come(
    desk: FlaskClient, stopped: Any
) -> None:
    assert "Last came 19 January 2027 at 9:00am" in desk.get("/desk/status").text
    stopped.now += timedelta(hours=31)
    duty.begin("post2:78:abcd", stopped.now)
    page = desk.get("/desk/status").text
    assert "The day’s round does not come.</b> It last came 19 January 2027 at 9:00am." in page
    assert "All is well" not in page


@pytest.mark.any_database
def test_the_page_the_desk_the_monitor_and_the_check_say_one_thing_of_the_letters(
    app: Flask, desk: FlaskClient, stopped: Any
) -> None:
    """At once when nobody sends; degraded once a letter has been due for longer than QUEUE_MINUTES."""
    with transaction():
        make.programme(db.session.get_one(Partnership, ours()))

    def said(words: str) -> tuple[str, str]:
        """Of the monitor; `words` stand everywhere else, and nothing besides them."""
        page, first = desk.get("/desk/status").text, desk.get("/desk").text
        check = app.test_cli_runner().invoke(args=["check"]).output
        for one in ("Nobody sends the letters.", "Letters go out late.", "No letter goes out."):
            found = [one in page, one in first, f"NOT READY {one}" in check]
            assert found == [words.startswith(one)] * 3, (one, found)
        runs = "<dd>Runs" in page
        assert runs == (words in ("", "Letters go out late.")) and ("All is well" in page) == (words == "")
        assert ("ready     Letters go out" in check) == (words == "")
        answer = state(desk).json
        assert answer is not None
        return answer["status"], answer["post"]

    wait(timedelta(minutes=30), stopped.now)
    assert said("") == ("ok", "ok")
    duty.end("post1:77:abcd", stopped.now)
    assert said("Nobody sends the letters.") == ("ok", "nobody sends")
    assert "waited for 30 minutes" in desk.get("/desk/status").text
    stopped.now += timedelta(seconds=1)
    assert said("Nobody sends the letters.") == ("degraded", "nobody sends")
    with transaction():
        pauses.hold_up(pauses.REFUSED, "535 no", now=stopped.now)
    assert said("Nobody sends the letters.") == ("degraded", "nobody sends")
    duty.begin("post2:78:abcd", stopped.now)
    assert said("No letter goes out. The mail server takes none from us.") == ("degraded", "refused")
    pauses.end(stopped.now)
    assert said("Letters go out late.") == ("degraded", "late")
    # By a timer, as docs/operating.md has it without systemd: one a minute, never long on duty.
    duty.end("post2:78:abcd", stopped.now)
    for n in range(2):
        duty.begin(f"post{n}:79:timer", stopped.now)
        duty.end(f"post{n}:79:timer", stopped.now)
    assert said("Letters go out late.") == ("degraded", "late")
    stopped.now += duty.MISSED
    with transaction():
        inbox.looked(problem="", now=stopped.now)
    assert said("Nobody sends the letters.") == ("degraded", "nobody sends")


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (pauses.REFUSED, "The mail server takes none from us."),
        (pauses.UNREACHABLE, "The mail server cannot be reached."),
        (pauses.CROWDED, "one at a time until it has been quiet"),
    ],
)
def test_what_holds_the_post_up_is_said_and_ended_at_a_click(
    desk: FlaskClient, stopped: Any, kind: str, said: str
) -> None:
    with transaction():
        pauses.hold_up(kind, "SMTP_URL asks for what 999 has not.", now=stopped.now)
    for path in ("/desk/status", "/desk/letters"):
        page = desk.get(path).text
        assert "SMTP_URL" not in page and "999" not in page
    assert said in desk.get("/desk/status").text
    answer = desk.post("/desk/letters/resume", data={"from": "status"})
    assert (answer.status_code, answer.location) == (303, "/desk/status")
    assert said not in desk.get("/desk/status").text


def test_a_mailbox_that_nobody_reads_or_that_cannot_be_read_is_said(
    app: Flask, desk: FlaskClient, stopped: Any
) -> None:
    with transaction():
        inbox.looked(problem="IMAP_URL’s mailbox did not take our sign-in.", now=stopped.now)
    for path in ("/desk/status", "/desk/inbox"):
        page = desk.get(path).text
        assert "The mailbox cannot be read.</b>" in page and "Whoever runs the service was told." in page
        assert "IMAP_URL" not in page and "sign-in" not in page
    with transaction():
        inbox.looked(problem="", now=stopped.now)
    stopped.now += HOUR
    page = desk.get("/desk/status").text
    assert "Nobody looks into the mailbox.</b>" in page and "last looked into 1 hour ago." in page
    app.config["IMAP_URL"] = ""
    assert "None is set up." in desk.get("/desk/status").text


@pytest.mark.any_database
def test_what_another_partnerships_post_does_is_not_said(desk: FlaskClient, stopped: Any) -> None:
    wait(timedelta(minutes=5), stopped.now)
    with transaction():
        make.letter("j.fell@redmere.example", stopped.now - HOUR, partnership_id=ours())

    def said() -> str:
        """The page, but for what is another at each look."""
        return re.sub(r'name="csrf_token"[^>]*>', "", desk.get("/desk/status").text)

    alone = said()
    with transaction():
        other = make.partnership(("932",)).id
        for changes in (
            {"status": "failed"},
            {"not_before": stopped.now - 2 * HOUR},
            {"not_before": stopped.now + HOUR},
        ):
            make.letter("x@redmere.example", None, partnership_id=other, **changes)
        make.letter("x@redmere.example", stopped.now, partnership_id=other)
        db.session.add(
            Incoming(
                partnership_id=other,
                digest="x",
                raw=b"Subject: x",
                sender="x@redmere.example",
                received_at=stopped.now,
                subject="x",
                task="mail",
                why="asks",
                kind="person",
            )
        )
    assert said() == alone


def test_it_names_no_letter_and_takes_as_many_queries_for_many_as_for_few(
    desk: FlaskClient, stopped: Any, count_queries: Any
) -> None:
    counted = []
    with transaction():
        other = make.partnership(("932",)).id
    for many in (1, 5):
        for n in range(many):
            wait(
                timedelta(minutes=many * 10 + n),
                stopped.now,
                partnership_id=other,
                subject="Secret of Otherton",
            )
        with count_queries() as queries:
            page = desk.get("/desk/status").text
        assert "Otherton" not in page and "j.fell" not in page
        counted.append(len(queries))
    assert (
        counted[0] == counted[1] == 11
    )  # the person, the partnership, its inbox, the day's round, its last sweep, and six about the post


def test_it_is_for_coordinators_alone(client: FlaskClient) -> None:
    assert client.get("/desk/status").status_code == 302


# For a monitor


def test_health_tells_since_when_letters_could_have_gone(client: FlaskClient, stopped: Any) -> None:
    wait(timedelta(minutes=30), stopped.now)
    duty.begin("post1:77:abcd", stopped.now)
    well = state(client)
    assert (well.status_code, well.json) == (
        200,
        {
            "status": "ok",
            "database": "ok",
            "post": "ok",
            "mailbox": "ok",
            "webhooks": "ok",
            "days_round": "has never come",
            "letters_due": 1,
            "oldest_due_seconds": 1800,
        },
    )
    stopped.now += timedelta(seconds=1)
    late = state(client)
    assert (late.status_code, late.json and late.json["status"]) == (200, "degraded")


def test_health_does_not_worry_about_letters_whose_turn_has_not_come(
    client: FlaskClient, stopped: Any
) -> None:
    wait(-HOUR, stopped.now, stream="one")  # greylisted
    wait(2 * HOUR, stopped.now, stream="one", kind="reminder")  # behind it
    wait(3 * HOUR, stopped.now, lease_until=stopped.now + HOUR, leased_by="post1:1:a")  # going this moment
    answer = state(client).json
    assert answer and (answer["status"], answer["letters_due"]) == ("ok", 0)


def test_health_says_that_the_post_is_held_up_but_not_why(client: FlaskClient, stopped: Any) -> None:
    with transaction():
        pauses.hold_up(pauses.REFUSED, "535 5.7.8 outreach@mail.internal", now=stopped.now)
    duty.begin("post1:77:abcd", stopped.now)
    answer = state(client)
    assert answer.json and answer.json["post"] == "refused" and "535" not in answer.text


def test_health_is_degraded_when_answers_are_not_read_or_the_days_round_is_late(
    client: FlaskClient, stopped: Any
) -> None:
    """Coordinators read then that whoever runs the service was told: this is by what."""
    app = client.application
    app.config["IMAP_URL"] = "imaps://mail.example"
    try:
        unread = state(client).json
        assert unread and (unread["status"], unread["mailbox"]) == ("degraded", "not read")
    finally:
        app.config["IMAP_URL"] = ""
    with transaction():
        settings.ran(now=stopped.now)
    well = state(client).json
    assert well and (well["status"], well["days_round"]) == ("ok", "ok")
    stopped.now += timedelta(hours=31)
    late = state(client).json
    assert late and (late["status"], late["days_round"]) == ("degraded", "late")


def test_health_is_degraded_once_a_programme_has_waited_for_a_round_that_never_came(
    client: FlaskClient, stopped: Any
) -> None:
    with transaction():
        programme = make.programme(make.partnership(("932",)))
        programme.created_at = stopped.now - timedelta(hours=30)
    young = state(client).json
    assert young and (young["status"], young["days_round"]) == ("ok", "has never come")
    stopped.now += timedelta(seconds=1)
    late = state(client)
    assert late.json and (late.status_code, late.json["status"]) == (200, "degraded")
    assert late.json["days_round"] == "has never come"
    with transaction():
        make.db.session.get_one(type(programme), programme.id).closed_at = stopped.now
    closed = state(client).json
    assert closed and closed["status"] == "ok"


# For Prometheus


def of_the_post(text: str) -> dict[str, float]:
    """The figures that begin with a word of the post, of a text in Prometheus' format."""
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    words = "outreach_(letters|oldest_due|post|last_sent|mailbox|inbox)"
    return {name: float(value) for name, value in samples.items() if re.match(words, name)}


@pytest.mark.any_database
def test_the_figures_tell_the_state_of_the_post(app: Flask, desk: FlaskClient, stopped: Any) -> None:
    app.config["METRICS_TOKEN"] = TOKEN
    wait(timedelta(minutes=5), stopped.now)
    with transaction():
        make.letter("a@redmere.example", stopped.now - HOUR)
        make.letter("b@redmere.example", stopped.now - HOUR, status="bounced")
        pauses.hold_up(pauses.UNREACHABLE, "away", now=stopped.now)
    answer = desk.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200 and answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert of_the_post(answer.text) == {
        'outreach_letters{status="waiting"}': 1,
        'outreach_letters{status="bounced"}': 1,
        'outreach_letters{status="failed"}': 0,
        "outreach_letters_due": 1,
        "outreach_oldest_due_letter_seconds": 300,
        'outreach_post_held_up{kind="refused"}': 0,
        'outreach_post_held_up{kind="unreachable"}': 1,
        'outreach_post_held_up{kind="crowded"}': 0,
        "outreach_postmen": 1,
        "outreach_last_sent_timestamp_seconds": (stopped.now - HOUR).timestamp(),
        "outreach_mailbox_looked_timestamp_seconds": stopped.now.timestamp(),
        "outreach_mailbox_read_timestamp_seconds": stopped.now.timestamp(),
        "outreach_inbox_waiting": 0,
        "outreach_oldest_due_webhook_seconds": 0,
    }


def test_of_a_service_that_has_done_nothing_yet_there_are_figures_too(
    app: Flask, client: FlaskClient
) -> None:
    app.config["METRICS_TOKEN"] = TOKEN
    found = of_the_post(client.get("/metrics", headers={"Authorization": f"bearer {TOKEN}"}).text)
    assert found["outreach_postmen"] == 0 and "outreach_last_sent_timestamp_seconds" not in found


@pytest.mark.parametrize(
    "shown", ["", TOKEN, "Basic " + TOKEN, "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", "Bearer \xe9"]
)
def test_without_the_token_there_are_no_figures(app: Flask, client: FlaskClient, shown: str) -> None:
    app.config["METRICS_TOKEN"] = TOKEN
    answer = client.get("/metrics", headers={"Authorization": shown})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "outreach_letters" not in answer.text
    one_word = client.get("/state", headers={"Authorization": shown})
    assert (one_word.status_code, one_word.json) == (200, {"status": "ok"})


@pytest.mark.any_database
def test_while_no_token_is_set_there_is_no_such_page(client: FlaskClient) -> None:
    for shown in ("", "Bearer ", "Bearer x"):
        assert client.get("/metrics", headers={"Authorization": shown}).status_code == 404


# Settings


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("METRICS_TOKEN", "short", "too easy to guess"),
        ("QUEUE_MINUTES", "soon", "whole number"),
        ("MAIL_ATTACH_INVITE", "perhaps", "yes or no"),
    ],
)
def test_a_setting_without_sense_is_refused_in_words(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read({name: value})


def test_settings_have_their_defaults() -> None:
    found = read({})
    assert (found["QUEUE_MINUTES"], found["METRICS_TOKEN"], found["MAIL_ATTACH_INVITE"]) == (30, "", False)
    assert read({"MAIL_ATTACH_INVITE": "Yes"})["MAIL_ATTACH_INVITE"] is True
