"""What becomes of a letter in a postman's hands, to the second: its next try, its last one, whose it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from outreach.ground.db import db, transaction
from outreach.post import letters, outbox
from outreach.post.outbox import FAILED, SENT, SUPERSEDED, WAITING, Letter
from outreach.post.outgoing import claims, duty, pauses
from outreach.post.outgoing.claims import BEGUN, LEASE, RETRIES, Claimed, Later
from post.facts import EXPIRES, JOANNA, NOW, sender, visit

SECOND = timedelta(seconds=1)


def in_hand(**changes: Any) -> Claimed:
    return Claimed(
        **{
            "id": 1,
            "partnership_id": 1,
            "stream": "a",
            "recipient": JOANNA.address,
            "kind": "booked",
            "method": "REQUEST",
            "sequence": 0,
            "raw": b"",
            "attempts": 0,
            "not_before": NOW,
            "perhaps_at": None,
            "give_up_at": None,
            "last_error": "Busy",
            "errand": None,
        }
        | changes
    )


def test_a_letter_that_went_has_one_try_more_and_no_fault() -> None:
    gone = claims.sent(in_hand(attempts=2), NOW)
    assert (gone.status, gone.handed_at, gone.goes_again) == (SENT, NOW, False)
    assert (gone.letter.attempts, gone.letter.last_error) == (3, None)


@pytest.mark.parametrize("dead", [True, False])
def test_a_letter_that_nobody_takes_has_failed_with_its_reason(dead: bool) -> None:
    ended = claims.failed(in_hand(), "No such user", no_such_address=dead)
    assert (ended.status, ended.handed_at, ended.no_such_address) == (FAILED, None, dead)
    assert (ended.letter.attempts, ended.letter.last_error) == (1, "No such user")


def test_a_letter_put_back_keeps_its_tries_and_the_first_hour_at_which_it_may_have_gone() -> None:
    back = claims.untouched(in_hand(attempts=2))
    assert (back.status, back.letter.attempts, back.letter.last_error) == (WAITING, 2, "Busy")
    assert claims.untouched(in_hand(), "Down").letter.last_error == "Down"
    assert claims.untouched(in_hand(), perhaps_at=NOW).letter.perhaps_at == NOW
    earlier = in_hand(perhaps_at=NOW - SECOND)
    assert claims.untouched(earlier, perhaps_at=NOW).letter.perhaps_at == NOW - SECOND


def test_each_try_waits_longer_and_the_last_ends_it() -> None:
    letter, at, waits = in_hand(), NOW, []
    while (outcome := claims.later(letter, Later("Busy"), at)).goes_again:
        assert outcome.letter.attempts == letter.attempts + 1
        waits.append(outcome.letter.not_before - at)
        letter, at = outcome.letter, outcome.letter.not_before
    assert tuple(waits) == RETRIES and at - NOW < timedelta(hours=48)
    assert [int(wait.total_seconds() // 60) for wait in waits] == [1, 5, 15, 60, 180, 360, 720, 720, 720]
    assert (outcome.status, outcome.letter.last_error) == (FAILED, "Busy We tried for two days.")


def test_no_try_comes_once_the_show_has_begun() -> None:
    begins = NOW + RETRIES[0]
    late = claims.later(in_hand(give_up_at=begins), Later("Busy"), NOW)
    assert (late.status, late.letter.last_error) == (FAILED, "Busy The show begins first.")
    assert claims.later(in_hand(give_up_at=begins + SECOND), Later("Busy"), NOW).goes_again


def test_whether_it_may_have_gone_is_known_from_the_first_doubt_on() -> None:
    assert claims.later(in_hand(), Later("Busy"), NOW).letter.perhaps_at is None
    assert claims.later(in_hand(), Later("Line dropped", certain=False), NOW).letter.perhaps_at == NOW
    doubted = in_hand(perhaps_at=NOW - SECOND)
    for certain in (True, False):
        again = claims.later(doubted, Later("Busy", certain=certain), NOW)
        assert again.letter.perhaps_at == NOW - SECOND


# In the outbox


def put(to: str = JOANNA.address, stream: str = "a", at: datetime = NOW, **more: Any) -> Letter:
    n = db.session.query(Letter).count()
    with transaction():
        return outbox.put(
            partnership_id=1,
            stream=stream,
            recipient=to,
            kind=f"note {n}",
            subject="A note",
            message_id=f"<{n}@x.example>",
            raw=b"From: a@x.example\r\n\r\nA note",
            now=at,
            **more,
        )


def turn(at: datetime, name: str = "one", most: int = 9) -> list[int]:
    return [letter.id for letter in claims.turn(name, [], at, most=most)]


def test_a_letter_is_due_from_its_time_on_and_in_one_pair_of_hands(app: Flask) -> None:
    letter = put().id
    assert turn(NOW - SECOND) == []
    assert turn(NOW) == [letter]
    assert turn(NOW + LEASE, "two") == []
    assert turn(NOW + LEASE + SECOND, "two") == [letter]


def test_as_many_are_taken_as_were_asked_for_the_longest_due_first(app: Flask) -> None:
    later, first, second = put(stream="a", at=NOW + SECOND).id, put(stream="b").id, put(stream="c").id
    assert turn(NOW + SECOND, most=0) == []
    assert turn(NOW + SECOND, most=2) == [first, second]
    assert turn(NOW + SECOND, most=2) == [later]


def test_the_second_of_a_thread_waits_for_the_first_to_the_same_person_alone(app: Flask) -> None:
    first, same, other = put().id, put().id, put(to="sam@x.example").id
    assert turn(NOW) == [first, other]
    with transaction():
        db.session.execute(update(Letter).where(Letter.id == first).values(status=SENT))
    assert turn(NOW) == [same]


def test_from_the_beginning_of_the_show_on_its_letter_does_not_go(app: Flask) -> None:
    letter = put(give_up_at=NOW + SECOND).id
    assert turn(NOW + SECOND) == []
    row = db.session.get_one(Letter, letter)
    assert (row.status, row.last_error, row.leased_by, row.lease_until) == (FAILED, BEGUN, None, None)


def test_a_letter_put_down_once_its_show_has_begun_goes_all_the_same(app: Flask) -> None:
    assert put(give_up_at=NOW).give_up_at is None
    assert put(give_up_at=NOW + SECOND).give_up_at == NOW + SECOND


def test_what_waits_is_put_off_and_never_brought_forward(app: Flask) -> None:
    soon, late, other = put(), put(at=NOW + 2 * SECOND, to="b@x.example"), put(stream="b")
    with transaction():
        outbox.not_before("a", NOW + SECOND)
    db.session.expire_all()
    assert [row.not_before for row in (soon, late, other)] == [NOW + SECOND, NOW + 2 * SECOND, NOW]


def test_what_is_in_the_hands_of_the_dead_goes_again_at_once(app: Flask) -> None:
    mine, theirs = put(stream="a").id, put(stream="b").id
    assert turn(NOW, "dead", most=1) == [mine] and turn(NOW, "alive") == [theirs]
    assert (claims.free([]), claims.free(["dead"]), claims.free(["dead"])) == (0, 1, 0)
    assert turn(NOW, "new") == [mine]


def test_whoever_no_longer_has_a_letter_in_hand_marks_nothing(app: Flask) -> None:
    put()
    (letter,) = claims.turn("slow", [], NOW, most=1)
    (again,) = claims.turn("quick", [], NOW + LEASE + SECOND, most=1)
    claims.turn("slow", [claims.failed(letter, "x", no_such_address=False)], NOW + LEASE, most=0)
    assert db.session.get_one(Letter, again.id).status == WAITING
    claims.turn("quick", [claims.sent(again, NOW + LEASE)], NOW + LEASE, most=0)
    db.session.expire_all()
    row = db.session.get_one(Letter, again.id)
    assert (row.status, row.handed_at, row.attempts) == (SENT, NOW + LEASE, 1)


def test_what_a_postman_sends_is_counted_and_he_is_seen_at_work(app: Flask) -> None:
    duty.begin("one", NOW)
    for stream in "abc":
        put(stream=stream)
    first, second, third = claims.turn("one", [], NOW, most=3)
    later = NOW + SECOND
    claims.turn("one", [claims.sent(first, later), claims.failed(second, "x")], later, most=0)
    assert [(postman.sent, postman.seen_at) for postman in duty.on_duty(later)] == [(1, later)]
    claims.hold_up("one", [claims.sent(third, later)], kind=pauses.CROWDED, why="432", now=later)
    db.session.expire_all()
    assert [postman.sent for postman in duty.on_duty(later)] == [2]
    assert db.session.get_one(Letter, third.id).status == SENT and pauses.standing() is not None


def test_a_dead_address_is_told_once_and_whatever_its_capitals(app: Flask) -> None:
    with transaction():
        for address in ("Sam@x.example", "sam@X.example"):
            outbox.mark_dead(address, "No such user", datetime(2027, 1, 1, tzinfo=UTC))
    assert db.session.query(outbox.DeadAddress).count() == 1
    assert outbox.dead_addresses(["SAM@x.example", "ann@x.example"]) == {"SAM@x.example"}
    with transaction():
        outbox.end_dead("sam@x.example", NOW)
    assert not outbox.is_dead("Sam@x.example")


def test_a_cancel_to_whoever_has_no_entry_goes_nowhere(app: Flask) -> None:
    thread = outbox.Thread(first_invite="<1@x.example>", had=(("REQUEST", 0), ("CANCEL", 0)))
    assert put(method="CANCEL", thread=thread, sequence=1).status == SUPERSEDED
    assert put(method="CANCEL", thread=thread).status == WAITING, "it repeats one that may have been lost"
    assert put(method="CANCEL", sequence=1).status == SUPERSEDED
    assert thread.comes_back and not outbox.NEW_THREAD.comes_back
    held = outbox.Thread(first_invite="<1@x.example>", had=(("REQUEST", 0),))
    assert put(method="CANCEL", thread=held, sequence=2).status == WAITING and not held.comes_back


def test_a_cancel_goes_to_whoever_had_the_invite_whatever_others_of_the_booking_had(app: Flask) -> None:
    held = outbox.Thread(first_invite="<1@x.example>", had=(("REQUEST", 0),))
    had = {JOANNA.address: SENT, "sam@x.example": SENT, "office@x.example": FAILED}
    invites = {to: put(to, method="REQUEST").id for to in had}
    with transaction():
        for to, status in had.items():
            db.session.get_one(Letter, invites[to]).status = status
    ends = [put(to, method="CANCEL", sequence=1, thread=held) for to in (JOANNA.address, "office@x.example")]
    assert turn(NOW) == [ends[0].id]
    db.session.refresh(ends[1])
    assert (ends[1].status, ends[1].last_error) == (SUPERSEDED, claims.NOTHING_TO_CANCEL)


def test_an_entry_is_held_until_its_cancel_may_have_arrived(app: Flask) -> None:
    with transaction():
        invite = letters.booked(visit(), JOANNA, sender(), now=NOW, expires_at=EXPIRES)
    assert not outbox.holds_entry(invite.stream, JOANNA.address)
    assert outbox.waited_for(invite.stream) == {JOANNA.address.lower()}
    with transaction():
        invite.status = SENT
    assert outbox.holds_entry(invite.stream, JOANNA.address) and outbox.waited_for(invite.stream) == set()
    with transaction():
        gone = letters.cancelled(
            visit(sequence=1), JOANNA, sender(), reason="Exams", by="school", now=NOW + SECOND
        )
    assert outbox.holds_entry(invite.stream, JOANNA.address)
    with transaction():
        gone.perhaps_at = NOW
    assert not outbox.holds_entry(invite.stream, JOANNA.address)
