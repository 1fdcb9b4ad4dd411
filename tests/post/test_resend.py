"""A letter about a visit once more: same words, same calendar bytes, a link that opens, and no flood."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from outreach.ground.db import db, transaction
from outreach.post import again, copies, letters, links, outbox
from outreach.post.letterbook import AddressBounced
from outreach.post.outbox import SENT, WAITING, Letter
from post.facts import COMPANY, EXPIRES, JOANNA, NOW, sender, visit

LATER = NOW + timedelta(hours=3)
UID = visit().uid


def handed(letter: Letter, at=NOW) -> Letter:
    """As the postman leaves it: taken by the mail server, its link masked in the kept copy."""
    letter.status, letter.handed_at, letter.raw = SENT, at, copies.masked(letter.raw)
    db.session.flush()
    return letter


def booked() -> Letter:
    return letters.booked(visit(), JOANNA, sender(), now=NOW, expires_at=EXPIRES)


def resend(to: str = JOANNA.address, now=LATER) -> Letter | None:
    return again.resend(UID, to, now=now)


def token_in(letter: Letter) -> str:
    found = set(re.findall(r"/i/([A-Za-z0-9_-]+)", copies.read(letter.raw).text))
    assert len(found) == 1
    return found.pop()


def test_a_letter_that_went_is_written_anew_with_a_link_that_opens(app: Flask) -> None:
    with transaction():
        first = handed(booked())
        again = resend()
    assert again is not None and again.id != first.id
    assert (again.status, again.method, again.sequence, again.subject) == (
        WAITING,
        "REQUEST",
        0,
        first.subject,
    )
    assert (again.recipient, again.sender_address) == (first.recipient, first.sender_address)
    assert again.message_id != first.message_id
    link = links.find(token_in(again))
    assert link is not None and link.open_at(LATER)
    assert (link.organisation_id, link.programme_id, link.address) == (
        visit().organisation_id,
        visit().programme_id,
        JOANNA.address,
    )


def test_it_says_the_same_and_bears_the_same_calendar_bytes(app: Flask) -> None:
    with transaction():
        first = booked()
        whole = copies.read(first.raw)
        handed(first)
        again = copies.read(resend().raw)
    assert (again.calendar, again.method) == (whole.calendar, whole.method)
    assert copies.mask(again.text) == copies.mask(whole.text)
    assert copies.mask(again.html) == copies.mask(whole.html)
    was, now = dict(whole.headers), dict(again.headers)
    assert now.pop("In-Reply-To") == now.pop("References") == first.message_id
    for name in ("Date", "Message-ID", "Content-Type"):
        assert was.pop(name) != now.pop(name)
    assert was == now


def test_it_can_be_sent_again_and_again(app: Flask) -> None:
    with transaction():
        handed(booked())
        second = handed(resend(), at=LATER)
        third = resend(now=LATER + timedelta(days=1))
    assert third.id != second.id
    assert links.find(token_in(third)).open_at(LATER)


def test_a_letter_that_waits_goes_at_once_and_is_not_doubled(app: Flask) -> None:
    with transaction():
        first = booked()
        first.not_before = LATER + timedelta(hours=6)
        raw = first.raw
        again = resend()
    assert (again.id, again.not_before, again.raw) == (first.id, LATER, raw)
    assert db.session.query(Letter).count() == 1


def test_a_letter_that_failed_is_tried_again_with_the_same_bytes(app: Flask) -> None:
    with transaction():
        first = booked()
        first.status, first.attempts, raw = "failed", 9, first.raw
        again = resend()
    assert (again.id, again.status, again.attempts, again.raw) == (first.id, WAITING, 0, raw)


def test_what_went_a_minute_ago_is_not_sent_twice(app: Flask) -> None:
    with transaction():
        first = handed(booked(), at=LATER - timedelta(minutes=1))
        again = resend()
    assert again.id == first.id
    assert db.session.query(Letter).count() == 1


def test_the_newest_word_is_repeated_and_an_end_stays_an_end(app: Flask) -> None:
    with transaction():
        handed(booked())
        handed(
            letters.cancelled(visit(sequence=1), JOANNA, sender(), reason="Illness", by="company", now=NOW)
        )
        again = resend()
    assert (again.method, again.sequence, again.status) == ("CANCEL", 1, WAITING)
    assert again.subject.startswith("Cancelled: ")


def test_nobody_gets_what_they_never_had(app: Flask) -> None:
    with transaction():
        handed(booked())
        assert resend("somebody@else.example") is None
    assert db.session.query(Letter).count() == 1


def test_capitals_in_the_address_make_no_difference(app: Flask) -> None:
    with transaction():
        first = handed(booked())
        again = resend(JOANNA.address.upper())
    assert again.recipient == first.recipient


def test_who_gave_the_link_back_gets_no_new_one(app: Flask) -> None:
    with transaction():
        handed(booked())
        links.withdraw(
            organisation_id=visit().organisation_id, address=JOANNA.address, programmes=None, now=NOW
        )
        assert resend() is None


def test_a_dead_address_is_not_written_to(app: Flask) -> None:
    with transaction():
        handed(booked())
        outbox.mark_dead(JOANNA.address, "no such user", NOW)
    with pytest.raises(AddressBounced), transaction():
        resend()


def test_the_company_has_no_link_and_gets_its_entry_again(app: Flask) -> None:
    with transaction():
        first = letters.for_troupe(visit(), COMPANY, sender(), method="REQUEST", now=NOW)
        calendar = copies.read(first.raw).calendar
        handed(first)
        again = resend(COMPANY.address)
    assert again.id != first.id
    assert copies.read(again.raw).calendar == calendar
