"""Programs told of bookings and reports: put down with the deed or not at all, claimed, signed, tried again, given up; the
pages of the desk; walls between partnerships."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import life
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

import make
from outreach.booking import bookings
from outreach.booking.promises import COORDINATOR
from outreach.county.partnerships import Partnership
from outreach.ground import clock, sealed, whose
from outreach.ground.db import db, transaction
from outreach.ground.history import History
from outreach.post.webhooks import deliveries, events, open_addresses, subscriptions, teller
from outreach.post.webhooks.deliveries import DEAD, RETRIES, TAKEN, WAITING, WITHDRAWN, Told, WebhookDelivery
from outreach.post.webhooks.line import Line
from outreach.post.webhooks.subscriptions import (
    CANCELLED,
    EVENTS,
    MADE,
    MOVED,
    REPORTED,
    Webhook,
    WebhookSecret,
)
from program_server import Authority, Program, running, says
from walled import as_service, walled

ADDRESS = "https://program.example/told"
PAGE = "/desk/reports/webhooks"


class Now:
    def __init__(self) -> None:
        self.at = make.NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    found = Now()
    monkeypatch.setattr(clock, "now", found)
    return found


class Answers:
    """In the place of a line: what each try is answered, and what was sent."""

    def __init__(self, *statuses: int | None) -> None:
        self.statuses, self.sent = list(statuses), []

    def tell(self, address: str, body: bytes, headers: Any) -> Told:
        self.sent.append((address, json.loads(body), headers))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return Told(http_status=status, answer="Said")


def hook(
    of: Partnership, label: str = "Cases", kinds: Any = tuple(EVENTS), address: str = ADDRESS
) -> Webhook:
    return subscriptions.make(of.id, label, address, kinds, who="Priya", now=make.EARLIER)[0]


def turn(line: Any, now: Now) -> teller.Turn:
    return teller.tell_waiting(line, clock=now)


def rows() -> list[WebhookDelivery]:
    db.session.expire_all()
    return list(db.session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def told_of(of: Partnership, count: int = 1) -> None:
    """So many bookings are made."""
    programme = make.programme(of)
    for n in range(count):
        show = make.show(programme, make.school(), datetime(2027, 3, 9 + n, 9, 30, tzinfo=UTC))
        make.booking(show, {8: 90, 9: 91})


# Put down with the deed
# ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a booking"])
def test_each_step_in_the_life_of_a_booking_is_told_once(app: Flask, name: str) -> None:
    laid = life.lay("931")
    with transaction():
        hook(db.session.scalars(select(Partnership)).one())
    found: list[tuple[str, list[str]]] = []
    before = 0
    for step, _sent in life.tell(life.STORIES[name], laid):
        new = [row.event for row in rows()][before:]
        before += len(new)
        if new:
            found.append((step.name, new))
    assert found == [
        ("book", [MADE]),
        ("change place", [MOVED]),
        ("move", [MOVED]),
        ("move back", [MOVED]),
        ("move to another van’s day", [MOVED]),
        ("cancel", [CANCELLED]),
    ]
    bodies = [json.loads(row.body) for row in rows()]
    assert {b["data"]["reference"] for b in bodies} == {bodies[0]["data"]["reference"]}
    assert [b["data"]["sequence"] for b in bodies] == sorted({b["data"]["sequence"] for b in bodies})
    assert bodies[0].keys() == {"type", "timestamp", "data"} and bodies[0]["data"].keys() == {
        "reference", "uid", "sequence", "role", "programme", "organisation", "urn", "show", "starts_at", "ends_at",
        "time_zone",
    }  # fmt: skip


def test_a_report_is_told_without_a_number_or_a_word_of_it(app: Flask, now: Now) -> None:
    with transaction():
        of = make.partnership()
        hook(of, kinds=[REPORTED])
        booking = make.booking(
            make.show(make.programme(of), make.school(), datetime(2027, 1, 11, 9, 30, tzinfo=UTC)), {8: 187}
        )
        make.report(booking, "school", datetime(2027, 1, 12, tzinfo=UTC), {8: 186}, concerns=7)
    (row,) = rows()
    said = json.loads(row.body)
    assert (said["type"], said["data"]["side"], said["data"]["took_place"]) == (REPORTED, "school", True)
    assert said["data"]["booking"]["reference"] == booking.reference
    assert not re.search(r"18[67]|Joanna|@redmere", row.body)


def test_what_is_rolled_back_is_told_nobody(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        hook(of)
    with pytest.raises(ZeroDivisionError), transaction():
        told_of(db.session.get_one(Partnership, of.id))
        db.session.flush()
        raise ZeroDivisionError
    with transaction():
        pass
    assert rows() == []


def test_what_is_made_and_ended_in_one_go_is_told_nobody(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        hook(of)
        show = make.show(make.programme(of), make.school(), datetime(2027, 3, 9, 9, 30, tzinfo=UTC))
        made = make.booking(show, {8: 90})
        made.ended_at = make.NOW
    assert rows() == []


def test_each_is_told_what_it_asked_for_and_none_of_anothers(app: Flask, now: Now) -> None:
    with transaction():
        of, other = make.partnership(), make.partnership(("850",))
        mine, moved = hook(of), hook(of, "Moves", [MOVED])
        hook(other)
        stopped = hook(of, "Stopped")
        subscriptions.stop(stopped, who="Priya", now=make.NOW)
    with transaction():
        told_of(db.session.get_one(Partnership, of.id))
    assert [(row.webhook_id, row.event, row.partnership_id) for row in rows()] == [(mine.id, MADE, of.id)]
    assert moved.id != mine.id


def test_a_session_is_told_of_who_comes_and_not_of_its_hall(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        hook(of)
        training = make.programme(of, (), for_adults=True)
        session = make.session(training, make.venue(of), datetime(2027, 2, 2, 9, tzinfo=UTC))
        make.booking(
            session.performance, {100: 12}, of=make.body(of, name="Police", kind="Police"), role="guest"
        )
    (row,) = rows()
    assert (json.loads(row.body)["data"]["role"], json.loads(row.body)["data"]["urn"]) == ("guest", None)


def test_a_deed_of_which_nobody_is_told_asks_once_and_a_call_off_of_ten_no_more(
    app: Flask, count_queries: Any
) -> None:
    with transaction():
        of = make.partnership()
    counted = []
    for shows in (1, 10):
        with count_queries() as queries, transaction():
            told_of(db.session.get_one(Partnership, of.id), shows)
        counted.append(sum("webhook" in query for query in queries))
    assert counted == [1, 1]


# Told, and tried again
# ---------------------------------------------------------------------------------------


@pytest.fixture
def waiting(app: Flask, now: Now) -> SimpleNamespace:
    """One webhook to which one delivery has to go."""
    with transaction():
        of = make.partnership()
        row, secret = subscriptions.make(of.id, "Cases", ADDRESS, EVENTS, who="Priya", now=make.EARLIER)
    with transaction():
        told_of(db.session.get_one(Partnership, of.id))
    return SimpleNamespace(of=of, hook=row, secret=secret)


def test_one_that_is_taken_goes_once(waiting: SimpleNamespace, now: Now) -> None:
    line = Answers(200)
    assert turn(line, now) == teller.Turn(taken=1, not_taken=0)
    assert turn(line, now) == teller.Turn()
    (row,) = rows()
    assert (row.status, row.attempts, row.http_status, row.ended_at) == (TAKEN, 1, 200, make.NOW)
    ((address, body, headers),) = line.sent
    assert (address, body["type"], headers["webhook-id"]) == (ADDRESS, MADE, row.uid)


def test_one_that_is_never_taken_is_tried_for_three_days_and_then_dead(
    waiting: SimpleNamespace, now: Now
) -> None:
    line = Answers(500)
    tried = []
    while (row := rows()[0]).status == WAITING:
        now.at = max(now.at, row.not_before)
        tried.append(now.at)
        turn(line, now)
        assert turn(line, now) == teller.Turn(), "tried twice in one go"
    assert [b - a for a, b in zip(tried, tried[1:], strict=False)] == list(RETRIES)
    assert timedelta(days=2, hours=23) < tried[-1] - tried[0] <= timedelta(days=3)
    assert (row.status, row.attempts, row.http_status) == (DEAD, len(RETRIES) + 1, 500)
    assert {headers["webhook-id"] for _, _, headers in line.sent} == {row.uid}
    assert len({headers["webhook-timestamp"] for _, _, headers in line.sent}) == len(tried)


class Dead(Answers):
    """One address never answers; all others take what they are told."""

    def tell(self, address: str, body: bytes, headers: Any) -> Told:
        super().tell(address, body, headers)
        return Told(http_status=None if address == ADDRESS else 200, answer="Said", retry_after=self.wait)

    wait = ""


def waits_for(hook: Webhook, number: int, at: datetime) -> None:
    for n in range(number):
        db.session.add(
            WebhookDelivery(
                partnership_id=hook.partnership_id,
                webhook_id=hook.id,
                uid=f"{hook.id}/{at}/{n}",
                event=MADE,
                body="{}",
                created_at=at,
                not_before=at,
            )
        )


def test_a_dead_program_is_tried_once_a_turn_and_holds_up_nobody(waiting: SimpleNamespace, now: Now) -> None:
    """It has more waiting than a handful, all before another's; what comes while it is held waits as well."""
    with transaction():
        waits_for(waiting.hook, 2 * deliveries.AT_A_TIME, make.NOW - timedelta(hours=1))
        other = hook(
            db.session.get_one(Partnership, waiting.of.id), "Other", address="https://other.example/"
        )
        waits_for(other, 3, make.NOW)
    line = Dead(None)
    assert turn(line, now) == teller.Turn(taken=3, not_taken=1)
    first = next(headers["webhook-id"] for address, _, headers in line.sent if address == ADDRESS)
    now.at += RETRIES[0] / 2
    with transaction():
        told_of(db.session.get_one(Partnership, waiting.of.id))
    assert turn(line, now) == teller.Turn(taken=1), "the other is told, the dead one is held"
    assert deliveries.due(now()).number == 0
    now.at = make.NOW + RETRIES[0]
    assert turn(line, now) == teller.Turn(not_taken=1)
    assert [h["webhook-id"] for a, _, h in line.sent if a == ADDRESS] == [first, first], (
        "that one is tried again"
    )
    now.at += RETRIES[1]
    assert turn(Answers(200), now).taken == 2 * deliveries.AT_A_TIME + 2, "once it takes that one, all go"


def test_what_has_waited_three_days_behind_another_is_dead_with_it(
    waiting: SimpleNamespace, now: Now
) -> None:
    with transaction():
        waits_for(waiting.hook, 2, make.EARLIER)
    now.at += deliveries.LASTS
    turn(Answers(500), now)
    assert sorted(row.status for row in rows()) == [DEAD, DEAD, WAITING]


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("600", timedelta(minutes=10)),
        ("Tue, 19 Jan 2027 12:00:00 GMT", timedelta(hours=3)),
        ("5", RETRIES[0]),
        ("9" * 5000, RETRIES[0]),
        ("999999", deliveries.LASTS),
    ],
)
def test_retry_after_is_kept(waiting: SimpleNamespace, now: Now, said: str, waits: timedelta) -> None:
    line = Dead(None)
    line.wait = said
    turn(line, now)
    assert [row.not_before for row in rows()] == [make.NOW + waits]


def test_a_program_that_is_gone_is_told_nothing_more_and_the_page_says_why(
    desk: FlaskClient, waiting: SimpleNamespace, now: Now
) -> None:
    with transaction():
        waits_for(waiting.hook, 2, make.NOW)
    assert turn(Answers(410), now) == teller.Turn(not_taken=1)
    assert sorted(row.status for row in rows()) == [DEAD, WITHDRAWN, WITHDRAWN]
    with transaction():
        told_of(db.session.get_one(Partnership, waiting.of.id))
    assert len(rows()) == 3 and turn(Answers(200), now) == teller.Turn()
    for page in (PAGE, f"{PAGE}/{waiting.hook.id}"):
        assert "by the program, which answered that it is gone (410)" in " ".join(desk.get(page).text.split())


def on_desk(desk: FlaskClient) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", desk.get("/desk").text).split())


def test_the_desk_names_a_program_that_does_not_take_what_it_is_told_until_it_does(
    desk: FlaskClient, waiting: SimpleNamespace, now: Now
) -> None:
    said = "1 program does not take what it is told"
    assert said not in on_desk(desk)
    turn(Answers(500), now)
    assert f"{said} Cases is tried again by itself" in on_desk(desk)
    now.at += RETRIES[0]
    turn(Answers(200), now)
    assert said not in on_desk(desk)
    with transaction():
        told_of(db.session.get_one(Partnership, waiting.of.id))
    turn(Answers(410), now)
    assert f"{said} Cases says that it is gone" in on_desk(desk)
    with transaction():
        hook(db.session.get_one(Partnership, waiting.of.id), "Cases again")
    assert said not in on_desk(desk), "its address is told again"


def test_trying_it_lets_go_at_once_what_was_held(
    desk: FlaskClient, waiting: SimpleNamespace, now: Now
) -> None:
    turn(Answers(500), now)
    assert turn(Answers(200), now) == teller.Turn()
    assert desk.post(f"{PAGE}/{waiting.hook.id}/try").status_code == 303
    assert turn(Answers(200), now) == teller.Turn(taken=2)


def test_what_one_process_has_in_hand_no_other_takes_until_its_lease_is_over(
    waiting: SimpleNamespace, now: Now
) -> None:
    assert len(deliveries.claim(now())) == 1
    assert turn(Answers(200), now) == teller.Turn()
    now.at += deliveries.LEASE  # it died
    assert turn(Answers(200), now) == teller.Turn(taken=1)


def test_two_processes_take_each_delivery_once(waiting: SimpleNamespace, now: Now) -> None:
    with transaction():
        told_of(db.session.get_one(Partnership, waiting.of.id), 5)
    first, second = deliveries.claim(now(), most=4), deliveries.claim(now(), most=4)
    assert (len(first), len(second)) == (4, 2)
    assert not {one.id for one in first} & {one.id for one in second}


def test_no_more_is_in_hand_than_can_be_told_within_the_lease_and_each_partnership_has_its_turn(
    app: Flask, now: Now
) -> None:
    """Twenty partnerships have one to tell, and one has more than a handful: nineteen of them do not wait for all of it."""
    with transaction():
        waits = [(make.partnership((f"{800 + n}",)), n) for n in range(21)]
        for of, n in waits:
            one = hook(of, address=f"https://program.example/{n}")
            for k in range(1 if n else deliveries.AT_A_TIME + 5):
                db.session.add(
                    WebhookDelivery(
                        partnership_id=of.id,
                        webhook_id=one.id,
                        uid=f"{n}/{k}",
                        event=MADE,
                        body="{}",
                        created_at=make.EARLIER,
                        not_before=make.EARLIER + timedelta(seconds=k),
                    )
                )
    engine, in_hand = db.engine, list[int]()
    of_lease = select(func.count()).where(WebhookDelivery.lease_until.is_not(None))

    class Counting(Answers):
        def tell(self, address: str, body: bytes, headers: Any) -> Told:
            with engine.connect() as connection:  # the owner's, who sees everybody's
                in_hand.append(connection.scalar(of_lease) or 0)
            return super().tell(address, body, headers)

    line = Counting(200)
    db.session.commit()
    with walled(app), as_service():
        assert turn(line, now) == teller.Turn(taken=deliveries.AT_A_TIME + 5 + 20)
    assert max(in_hand) <= deliveries.AT_A_TIME + teller.AT_ONCE - 1
    told = [address.rpartition("/")[2] for address, _, _ in line.sent]
    assert told[:-10].count("0") <= deliveries.AT_A_TIME  # the rest of them goes with the last of the others


def test_nothing_is_told_to_what_was_stopped(waiting: SimpleNamespace, now: Now) -> None:
    with transaction():
        row = db.session.get_one(Webhook, waiting.hook.id)
        subscriptions.stop(row, who="Priya", now=now())
        deliveries.withdraw_waiting(row, now=now())
    assert turn(Answers(200), now) == teller.Turn()
    assert [row.status for row in rows()] == [WITHDRAWN]
    assert db.session.query(WebhookSecret).count() == 0


def test_for_a_day_both_secrets_sign_and_then_the_new_one_alone(waiting: SimpleNamespace, now: Now) -> None:
    with transaction():
        new = subscriptions.new_secret(db.session.get_one(Webhook, waiting.hook.id), who="Priya", now=now())
    for after, secrets in ((timedelta(0), [new, waiting.secret]), (timedelta(days=1), [new])):
        now.at = make.NOW + after
        (one,) = deliveries.claim(now())
        assert one.secrets == tuple(secrets)
        now.at += deliveries.LEASE


def test_a_secret_stands_nowhere_as_it_is(waiting: SimpleNamespace) -> None:
    stored = db.session.scalars(select(WebhookSecret.sealed)).one()
    assert waiting.secret not in stored and sealed.unseal(stored, of=subscriptions.PURPOSE) == waiting.secret
    for said in db.session.scalars(select(History)):
        assert waiting.secret not in f"{said.before}{said.after}"


def test_old_deliveries_are_forgotten_once_they_are_over(waiting: SimpleNamespace, now: Now) -> None:
    for days, left in ((29, 1), (31, 1)):
        with transaction():
            deliveries.forget_old(now=make.NOW + timedelta(days=days))
        assert len(rows()) == left, "one that waits is kept"
    turn(Answers(200), now)
    with transaction():
        deliveries.forget_old(now=make.NOW + timedelta(days=31))
    assert rows() == []


def test_what_is_due_is_told_to_a_monitor(waiting: SimpleNamespace, now: Now) -> None:
    assert deliveries.due(now()) == deliveries.Due(number=1, oldest_at=make.NOW)
    turn(Answers(200), now)
    assert deliveries.due(now()) == deliveries.Due(number=0, oldest_at=None)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def program(authority: Authority) -> Iterator[Program]:
    with running(authority.served(), says("200 OK")) as found:
        yield found


def test_from_the_booking_to_a_program_over_tls_behind_the_walls(
    app: Flask, now: Now, authority: Authority, program: Program
) -> None:
    """Two partnerships, the sender held by the walls on PostgreSQL: each program hears of its own."""
    with transaction():
        both = [make.partnership(), make.partnership(("850",))]
        for of in both:
            hook(of, address=program.address)
        for of in both:
            told_of(of)
    line = Line(resolve=lambda _h, _p: ["127.0.0.1"], is_open=lambda _a: True, context=authority.trusted())
    db.session.commit()
    with walled(app), as_service():
        assert turn(line, now) == teller.Turn(taken=2)
        with whose.bound(both[0].id):
            assert len(rows()) == (1 if whose.stands() else 2)
    uids = {row.uid for row in rows()}
    assert {heard.headers["webhook-id"] for heard in program.heard} == uids and len(uids) == 2
    for heard in program.heard:
        assert heard.headers["webhook-signature"].startswith("v1,")


# The pages
# ---------------------------------------------------------------------------------------


@pytest.fixture
def desk(client: FlaskClient, waiting: SimpleNamespace) -> FlaskClient:
    with transaction():
        return make.signed_in(client, make.person(db.session.get_one(Partnership, waiting.of.id)))


def test_one_is_made_tried_given_another_secret_and_stopped_on_the_pages(
    desk: FlaskClient, waiting: SimpleNamespace, now: Now
) -> None:
    made = desk.post(PAGE, data={"label": "Data team", "address": ADDRESS, "events": [MADE, MOVED]})
    (secret,) = re.findall(r'value="(whsec_[\w+/=]{44})"', made.text)
    assert secret not in desk.get(PAGE).text
    row = db.session.scalars(select(Webhook).order_by(Webhook.id.desc())).first()
    assert row is not None and row.events == (MADE, MOVED)
    page = f"{PAGE}/{row.id}"
    assert "Nothing yet." in desk.get(page).text
    assert desk.post(f"{page}/try").status_code == 303
    assert "on the way" in desk.get(page).text
    turn(Answers(500), now)
    shown = desk.get(page).text
    assert "500 Said" in shown and "tried 1×" in shown
    (another,) = re.findall(r'value="(whsec_[\w+/=]{44})"', desk.post(f"{page}/secret").text)
    assert another != secret
    assert desk.post(f"{page}/stop").status_code == 303
    assert "not sent" in desk.get(page).text
    for deed in ("try", "secret"):
        assert desk.post(f"{page}/{deed}").status_code == 303
    assert len(rows()) == 2 and "is told nothing any more" in desk.get(page).text
    what = db.session.scalars(
        select(History.what).where(History.subject == "webhook", History.subject_id == str(row.id))
    ).all()
    assert what == ["made", "tried", "made a new secret", "withdrew"]


def test_one_that_was_never_taken_goes_again_from_its_page(
    desk: FlaskClient, waiting: SimpleNamespace, now: Now
) -> None:
    with transaction():
        row = db.session.get_one(WebhookDelivery, rows()[0].id)
        row.status, row.ended_at, row.attempts, row.http_status = DEAD, now(), 10, 500
    page = f"{PAGE}/{waiting.hook.id}"
    assert "never taken" in desk.get(page).text and "1 never taken" in desk.get(PAGE).text
    assert desk.post(f"{page}/again/{row.id}").status_code == 303
    assert turn(Answers(200), now) == teller.Turn(taken=1)
    assert "200 Said" in desk.get(page).text


@pytest.mark.parametrize(
    "address",
    [
        "http://program.example/",
        "program.example",
        "https://",
        "https://user:word@program.example/",
        "https://program.example/#part",
        "https://program.example:0/",
        "https://program.example:99999/",
        "https://prögram.example/",
        "https://program.example/a b",
        "https://[::1/",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_https_address_is_refused(app: Flask, address: str) -> None:
    with pytest.raises(subscriptions.NoAddress), transaction():
        hook(make.partnership(), address=address)


def test_the_form_says_what_is_missing(desk: FlaskClient) -> None:
    for sent, words in (
        ({"label": "X", "address": "http://a.example/", "events": MADE}, "begins with https://"),
        ({"label": "X", "address": ADDRESS}, "Tick what it is told of."),
        ({"label": "cases", "address": ADDRESS, "events": MADE}, "called ‘cases’ already"),
        ({"address": ADDRESS, "events": MADE}, "Enter who is told"),
    ):
        answer = desk.post(PAGE, data=sent)
        assert answer.status_code == 422 and words in answer.text, sent


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.8", "[::1]", "0x7f.1", "2130706433", "localhost"])
def test_an_address_inside_is_refused_when_it_is_added(desk: FlaskClient, host: str) -> None:
    sent = {"label": "Inside", "address": f"https://{host}/told", "events": MADE}
    answer = desk.post(PAGE, data=sent)
    assert answer.status_code == 422 and "lies in a network of its own" in answer.text
    assert len(db.session.scalars(select(Webhook)).all()) == 1


def test_a_name_that_leads_inside_is_refused_and_one_that_nobody_knows_yet_is_not(
    desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    look_up = open_addresses.look_up
    monkeypatch.setattr(
        open_addresses, "look_up", lambda *a, seconds: look_up(*a, seconds=seconds, by=lambda *_: found)
    )
    for addresses, status in ((["8.8.8.8", "10.1.2.3"], 422), ([], 200), (["8.8.8.8"], 200)):
        found[:] = addresses
        sent = {
            "label": f"By name {status}{addresses}",
            "address": "https://cases.council.example/",
            "events": MADE,
        }
        assert desk.post(PAGE, data=sent).status_code == status, addresses


def test_anothers_webhook_is_not_there(client: FlaskClient, waiting: SimpleNamespace) -> None:
    with transaction():
        make.signed_in(client, make.person(make.partnership(("850",))))
    page = f"{PAGE}/{waiting.hook.id}"
    assert client.get(page).status_code == 404
    for deed in ("try", "secret", "stop", "again/1"):
        assert client.post(f"{page}/{deed}").status_code == 404
    assert [row.status for row in rows()] == [WAITING]


def test_a_cancelled_booking_is_told_through_the_verb(waiting: SimpleNamespace, now: Now) -> None:
    booking = db.session.scalars(select(bookings.Booking)).one()
    with transaction():
        bookings.cancel(booking, reason="Exams", by=COORDINATOR, who="Priya", now=now())
    assert [row.event for row in rows()] == [MADE, CANCELLED]
    assert "Exams" not in rows()[1].body and events.NOTED not in db.session.info
