"""Letters waiting: what a later letter makes of an earlier one, and what a coordinator may do."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import false, func, select
from sqlalchemy.exc import IntegrityError

from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.post import again, copies, letterbook, letters, links, outbox
from outreach.post.outbox import FAILED, SENT, SUPERSEDED, WAITING, WITHDRAWN, Letter
from outreach.post.outgoing import claims
from post.facts import EXPIRES, JOANNA, NOW, OFFICE, asking, sender, visit

LATER = NOW + timedelta(days=1)


def booked(at: datetime = NOW, **changes: object) -> Letter:
    return letters.booked(visit(**changes), JOANNA, sender(), now=at, expires_at=EXPIRES)


def moved(at: datetime = LATER) -> Letter:
    return letters.moved(
        visit(sequence=1), JOANNA, sender(), was_starts_at=visit().starts_at, now=at, expires_at=EXPIRES
    )


def cancelled(sequence: int = 1, at: datetime = LATER) -> Letter:
    return letters.cancelled(visit(sequence=sequence), JOANNA, sender(), reason="Exams", by="school", now=at)


def take(name: str, at: datetime) -> claims.Claimed | None:
    taken = claims.turn(name, [], at, most=1)
    return taken[0] if taken else None


def sent(letter: Letter) -> Letter:
    letter.status, letter.handed_at = SENT, letter.created_at
    db.session.flush()
    return letter


def waiting() -> list[str]:
    return list(db.session.scalars(select(Letter.kind).where(Letter.status == WAITING).order_by(Letter.id)))


def test_a_letter_goes_with_its_transaction_or_not_at_all(app: Flask) -> None:
    with pytest.raises(RuntimeError), transaction():
        booked()
        raise RuntimeError
    assert db.session.scalar(select(func.count()).select_from(Letter)) == 0
    assert db.session.scalar(select(func.count()).select_from(links.PersonalLink)) == 0


def test_the_link_in_a_letter_opens_the_school_and_stands_in_the_letter_alone(app: Flask) -> None:
    with transaction():
        letter, link = letters.invitation(asking(), JOANNA, sender(), now=NOW, expires_at=EXPIRES)
        (token,) = {
            w.split("/i/")[1].split("/")[0] for w in copies.read(letter.raw).text.split() if "/i/" in w
        }
        found = links.find(token)
        assert found is not None and found.id == link.id
        assert (found.organisation_id, found.programme_id, found.address) == (900001, 1, JOANNA.address)
        assert found.open_at(EXPIRES - timedelta(seconds=1)) and not found.open_at(EXPIRES)


def test_an_unsent_older_revision_is_superseded_and_its_link_hidden(app: Flask) -> None:
    with transaction():
        first = booked()
        moved()
        assert waiting() == ["moved"]
        db.session.refresh(first)
        assert first.status == SUPERSEDED
        assert "/i/hidden-once-sent" in copies.read(first.raw).text


def test_the_letter_of_another_booking_or_person_is_left_alone(app: Flask) -> None:
    with transaction():
        booked(uid="other@outreach.example")
        letters.booked(visit(), OFFICE, sender(), now=NOW, expires_at=EXPIRES)
        booked()
        moved()
        assert waiting() == ["booked", "booked", "moved"]


def test_an_invite_never_sent_and_then_cancelled_sends_nothing(app: Flask) -> None:
    with transaction():
        booked()
        assert cancelled().status == SUPERSEDED
        assert waiting() == []


def test_a_cancel_that_goes_nowhere_is_kept_without_its_link(app: Flask) -> None:
    with transaction():
        link = b"From: a@x.example\r\n\r\nhttp://outreach.example/i/" + b"a" * 43
        facts = {"partnership_id": 1, "stream": "a", "recipient": JOANNA.address, "subject": "A note"}
        kept = outbox.put(kind="cancelled", method="CANCEL", message_id="<1@x>", raw=link, now=NOW, **facts)
        assert (kept.status, kept.raw) == (SUPERSEDED, copies.masked(link)) and kept.raw != link


def test_the_newest_invite_of_a_booking_is_known_for_each_person(app: Flask) -> None:
    with transaction():
        booked()
        newest, stream = moved(), booked(uid="another@outreach.example").stream
        assert outbox.newest_of_stream(newest.stream) == {JOANNA.address.lower(): newest}
        assert outbox.newest_of_stream(stream)[JOANNA.address.lower()].kind == "booked"


def test_an_invite_that_was_sent_is_cancelled_by_mail(app: Flask) -> None:
    with transaction():
        sent(booked())
        moved()
        cancelled(sequence=2)
        assert waiting() == ["cancelled"]


def test_an_invite_that_was_refused_for_now_and_then_cancelled_sends_nothing(app: Flask) -> None:
    with transaction():
        letter_id = booked().id
    claimed = take("a", NOW)
    assert claimed is not None
    claims.turn("a", [claims.later(claimed, claims.Later("451 come back"), NOW)], NOW, most=0)
    with transaction():
        assert db.session.get_one(Letter, letter_id).status == WAITING
        assert cancelled().status == SUPERSEDED
        assert waiting() == []


def test_an_invite_that_may_have_arrived_is_cancelled_by_mail(app: Flask) -> None:
    with transaction():
        booked()
    claimed = take("a", NOW)
    assert claimed is not None
    claims.turn("a", [claims.later(claimed, claims.Later("line lost", certain=False), NOW)], NOW, most=0)
    with transaction():
        cancelled()
        assert waiting() == ["cancelled"]


def test_an_invite_in_a_postmans_hands_is_cancelled_behind_it(app: Flask) -> None:
    with transaction():
        booked()
    assert take("a", NOW) is not None
    with transaction():
        cancelled()
        assert waiting() == ["booked", "cancelled"]
    assert take("b", LATER - timedelta(minutes=1)) is not None  # the lease of a has run out


def test_somebody_removed_and_added_again_gets_the_invite_again(app: Flask) -> None:
    with transaction():
        sent(booked())
        letters.colleague_removed(visit(sequence=1), JOANNA, sender(), now=LATER)
        letters.colleague_added(
            visit(sequence=1), JOANNA, sender(), now=LATER + timedelta(hours=1), expires_at=EXPIRES
        )
        assert waiting() == ["colleague added"]


def test_the_same_revision_twice_is_refused_by_the_database(app: Flask) -> None:
    with pytest.raises(IntegrityError), transaction():
        booked()
        booked()


def test_a_dead_address_is_not_written_to_until_somebody_lifts_it(app: Flask) -> None:
    with transaction():
        outbox.mark_dead(JOANNA.address.upper(), "550 no such person", NOW)
        outbox.mark_dead(JOANNA.address, "550 again", LATER)
        assert outbox.dead_addresses([JOANNA.address, OFFICE.address]) == {JOANNA.address}
        outbox.end_dead(JOANNA.address, LATER)
        assert not outbox.is_dead(JOANNA.address)


def test_a_letter_that_failed_is_tried_again(app: Flask) -> None:
    with transaction():
        letter = booked()
        letter.status, letter.attempts, letter.last_error = FAILED, 10, "550"
        again.try_again(letter, who="Priya", now=LATER)
        assert (letter.status, letter.attempts, letter.not_before) == (WAITING, 0, LATER)
        assert [h.what for h in history.history_of("letter", letter.id)] == ["tried again"]


def test_a_letter_that_went_is_sent_again_only_with_an_invite(app: Flask) -> None:
    with transaction():
        letter = sent(booked())
        assert again.try_again(letter, who="Priya", now=LATER).status == WAITING
        letter.method = ""
        with pytest.raises(letterbook.LetterGone):
            again.try_again(letter, who="Priya", now=LATER)


def test_a_letter_to_a_dead_address_is_not_tried_again(app: Flask) -> None:
    with transaction():
        letter = booked()
        outbox.mark_dead(JOANNA.address, "550", NOW)
        with pytest.raises(letterbook.AddressBounced):
            again.try_again(letter, who="Priya", now=LATER)


def test_an_old_invite_is_not_sent_after_a_newer_one(app: Flask) -> None:
    with transaction():
        letter = booked()
        letter.status = FAILED
        sent(moved())
        with pytest.raises(letterbook.Overtaken):
            again.try_again(letter, who="Priya", now=LATER)


def test_a_letter_that_waits_is_withdrawn_and_its_link_hidden(app: Flask) -> None:
    with transaction():
        letter = booked()
        letterbook.withdraw(letter, who="Priya", now=LATER)
        assert letter.status == WITHDRAWN
        assert "/i/hidden-once-sent" in copies.read(letter.raw).text
        assert [h.who for h in history.history_of("letter", letter.id)] == ["Priya"]
    assert take("a", LATER) is None


def test_a_letter_that_is_going_is_not_withdrawn(app: Flask) -> None:
    with transaction():
        booked()
    claimed = take("a", NOW)
    assert claimed is not None
    with transaction(), pytest.raises(letterbook.LetterGone):
        letterbook.withdraw(db.session.get_one(Letter, claimed.id), who="Priya", now=LATER)


def test_a_partnership_counts_and_lists_its_own_letters_alone(app: Flask) -> None:
    with transaction():
        for n in range(3):
            letters.booked(visit(uid=f"{n}@x"), JOANNA, sender(1), now=NOW, expires_at=EXPIRES).status = (
                WAITING,
                SENT,
                FAILED,
            )[n]
        letters.booked(
            visit(uid="9@x", programme_id=2), JOANNA, sender(2), now=NOW, expires_at=EXPIRES
        ).status = FAILED
    assert letterbook.counts(1, false()) == {
        "waiting": 1,
        "sent": 1,
        "failed": 1,
        "over": 0,
        "bounced": 0,
        "superseded": 0,
        "withdrawn": 0,
    }
    assert [letter.stream for letter in letterbook.letters(1, false())] == ["2@x", "1@x", "0@x"]
    assert [letter.stream for letter in letterbook.letters(1, false(), SENT)] == ["1@x"]
    assert letterbook.how_many(1, false(), written_to="J.FELL") == 3
    assert letterbook.how_many(1, false(), written_to="%") == 0
    two = letterbook.letters(2, false())[0]
    assert letterbook.get(two.id, 1) is None and letterbook.get(two.id, 2) is not None
