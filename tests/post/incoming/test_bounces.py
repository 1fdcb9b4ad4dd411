"""Letters that come back: the letter is known by its own address, the address is given up only when it is
truly dead."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from outreach.ground.db import db, transaction
from outreach.post import outbox
from outreach.post.incoming import inbox, parsed_mail, receiving
from outreach.post.incoming.inbox import ADDRESS, AUTO_REPLY, BOUNCE, MAIL, PERSON, Incoming
from outreach.post.outbox import BOUNCED, SENT, WAITING, Letter
from outreach.post.outgoing import claims
from post.incoming import mails
from post.incoming.mails import JOANNA, LATER, NOW, TOKEN, UID, booked, bounce_address, letter, report


def come(raw: bytes, to: str | None = None, at: Any = LATER) -> Incoming:
    with transaction():
        return receiving.receive(raw, to, now=at)


def test_a_letter_that_came_back_is_known_by_the_address_it_came_to_and_its_own_is_given_up(
    app: Flask,
) -> None:
    gone, other = booked()
    came = come(report(gone, original=False))
    assert (came.kind, came.letter_id, came.stream, came.partnership_id) == (BOUNCE, gone.id, UID, 1)
    assert came.task == ADDRESS
    assert (
        came.why
        == "Letters to j.fell@stbrannocs.example cannot be delivered. The answer was: 550 5.1.1 no such user"
    )
    assert (gone.status, other.status) == (BOUNCED, SENT)
    assert gone.last_error == "It came back: 550 5.1.1 no such user"
    assert outbox.is_dead(JOANNA.address) and not outbox.is_dead(other.recipient)


def test_the_bounce_holds_our_own_invite_and_is_still_no_invitation(app: Flask) -> None:
    gone = booked()[0]
    assert b"METHOD=REQUEST" in gone.raw.upper()
    came = come(report(gone))
    assert (came.kind, came.letter_id) == (BOUNCE, gone.id)


def test_without_its_address_the_returned_letter_itself_tells_which_it_was(app: Flask) -> None:
    gone = booked()[0]
    assert come(report(gone, to=TOKEN)).letter_id == gone.id
    assert gone.status == BOUNCED and outbox.is_dead(JOANNA.address)


def test_the_envelope_tells_where_the_head_does_not(app: Flask) -> None:
    gone = booked()[0]
    came = come(report(gone, to="postmaster@outreach.example", original=False), bounce_address(gone))
    assert came.letter_id == gone.id and gone.status == BOUNCED


def test_nobody_can_give_up_an_address_by_claiming_that_it_is_dead(app: Flask) -> None:
    gone = booked()[0]
    for to in (
        TOKEN,
        f"bounce+{gone.id}.0123456789abcdef@outreach.example",
        f"bounce+{gone.id}@outreach.example",
    ):
        came = come(report(gone, to=to, original=False))
        assert (came.kind, came.task, came.letter_id, came.partnership_id) == (BOUNCE, MAIL, None, 1)
        assert "names no letter of ours" in came.why
    assert gone.status == SENT and not outbox.is_dead(JOANNA.address)


def test_a_letter_signed_with_an_older_key_is_known_too(app: Flask) -> None:
    gone = booked()[0]
    raw = report(gone, original=False)
    app.config.update(SECRET_KEY="a new key", SECRET_KEY_FALLBACKS=["for tests"])
    assert come(raw).letter_id == gone.id
    app.config["SECRET_KEY_FALLBACKS"] = []
    assert come(raw + b"\r\n.", TOKEN).letter_id is None


CAUSES = [
    ("5.1.1", "550 5.1.1 no such user", True),
    ("5.0.0", "550 5.1.1 unknown or illegal alias", True),
    ("5.0.0", "550 unknown user", True),
    ("5.1.2", "550 host unknown", True),
    ("5.2.1", "550 mailbox disabled", True),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied", True),
    ("5.2.2", "552 5.2.2 mailbox full", False),
    ("5.0.0", "552 quota exceeded", False),
    ("5.7.1", "550 5.7.1 blocked as spam", False),
    ("5.3.4", "552 message too large", False),
    ("4.4.7", "delivery time expired", False),
    ("5.7.0", "550 relaying denied", False),
]
"""What the other server says, and whether the address is to be given up."""


def test_an_address_is_given_up_only_when_it_is_the_address_that_is_wrong(app: Flask) -> None:
    for n, (status, said, dead) in enumerate(CAUSES):
        about = mails.case(n)
        gone = db.session.scalars(
            select(Letter).where(Letter.stream == about["uid"]).order_by(Letter.id)
        ).first()
        assert gone is not None and gone.recipient == JOANNA.address
        came = come(report(gone, status=status, said=said))
        assert (came.task, gone.status) == (ADDRESS, BOUNCED)
        assert (status, said, outbox.is_dead(JOANNA.address)) == (status, said, dead)
        assert ("the address may be right" in came.why) == (not dead)
        with transaction():
            outbox.end_dead(JOANNA.address, LATER)


def test_an_address_that_passes_its_mail_on_to_a_dead_one_is_not_given_up(app: Flask) -> None:
    gone = booked()[0]
    final = f"Final-Recipient: rfc822; {JOANNA.address}"
    came = come(report(gone).replace(final.encode(), b"Final-Recipient: rfc822; old.head@elsewhere.example"))
    assert (came.task, gone.status, outbox.is_dead(JOANNA.address)) == (ADDRESS, BOUNCED, False)
    assert "seems to pass its mail on to old.head@elsewhere.example" in came.why
    both = (
        b"Original-Recipient: rfc822; "
        + JOANNA.address.encode()
        + b"\r\nFinal-Recipient: rfc822; joanna@mail.example"
    )
    second = booked(uid="again", organizer_token="a" * 16)[0]
    come(report(second).replace(final.encode(), both))
    assert outbox.is_dead(JOANNA.address)


def test_a_delay_is_noted_and_what_becomes_of_it_comes_later(app: Flask) -> None:
    gone = booked()[0]
    late = come(report(gone, action="delayed", status="4.4.1", said="451 try again"))
    assert (late.kind, late.task, late.letter_id, gone.status) == (BOUNCE, "", gone.id, SENT)
    assert come(report(gone)).task == ADDRESS and gone.status == BOUNCED
    again = come(report(gone, status="5.1.10", said="550 again"))
    assert (again.task, inbox.count_waiting(1)) == ("", {ADDRESS: 1})


def test_a_dead_address_is_known_though_its_mailbox_was_full_before(app: Flask) -> None:
    gone = booked()[0]
    come(report(gone, status="5.2.2", said="552 mailbox full"))
    assert come(report(gone, status="5.2.2", said="552 still full")).task == ""
    assert not outbox.is_dead(JOANNA.address)
    assert (come(report(gone)).task, outbox.is_dead(JOANNA.address)) == (ADDRESS, True)
    with transaction():
        outbox.end_dead(JOANNA.address, LATER)
    assert (come(report(gone, said="550 late")).task, outbox.is_dead(JOANNA.address)) == ("", False)


def test_a_report_that_all_went_well_is_no_bounce(app: Flask) -> None:
    gone = booked()[0]
    for action in ("delivered", "relayed", "expanded"):
        came = come(report(gone, action=action, status="2.0.0", said="250 ok"))
        assert (came.kind, came.task, came.letter_id, gone.status) == (AUTO_REPLY, "", gone.id, SENT)


def test_an_out_of_office_reply_to_the_bounce_address_is_no_bounce(app: Flask) -> None:
    gone = booked()[0]
    came = come(
        letter(to=bounce_address(gone), subject="Automatic reply: Invitation", Return_Path="<>").as_bytes()
    )
    assert (came.kind, came.task, came.letter_id, came.stream) == (AUTO_REPLY, "", gone.id, UID)
    assert gone.status == SENT


def test_a_person_who_writes_to_the_bounce_address_is_read_by_a_person(app: Flask) -> None:
    gone = booked()[0]
    came = come(letter(to=bounce_address(gone), words="Why do you write to us?").as_bytes())
    assert (came.kind, came.task, came.stream, gone.status) == (PERSON, MAIL, UID, SENT)


def test_a_bounce_like_no_other_is_read_by_a_person(app: Flask) -> None:
    gone = booked()[0]
    raw = letter(
        to=bounce_address(gone), subject="Failure notice", words="Nope.", Return_Path="<>"
    ).as_bytes()
    came = come(raw)
    assert (came.kind, came.task, came.letter_id, gone.status) == (BOUNCE, ADDRESS, gone.id, SENT)
    assert "nobody can tell why" in came.why and "Nope." in came.why


def test_a_bounce_in_plain_words_is_understood(app: Flask) -> None:
    gone = booked()[0]
    words = f"Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message.\n\n<{JOANNA.address}>:\n550 no such user here\n\n--- Below this line is a copy of the message.\n\nMessage-ID: {gone.message_id}\n"
    came = come(
        letter(
            sender="MAILER-DAEMON@mx.example",
            to=TOKEN,
            subject="failure notice",
            words=words,
            Return_Path="<>",
        ).as_bytes()
    )
    assert (came.kind, came.task, came.letter_id) == (BOUNCE, ADDRESS, gone.id)
    assert outbox.is_dead(JOANNA.address)


def test_a_postman_who_tries_a_letter_again_that_came_back_meanwhile_lets_go_of_it(app: Flask) -> None:
    gone = booked()[0]
    with transaction():
        gone.status, gone.handed_at, gone.perhaps_at = WAITING, None, NOW
    (taken, *_) = claims.turn("a", [], LATER, most=1)
    came = come(report(db.session.get_one(Letter, taken.id)))
    assert came.task == ADDRESS
    claims.turn("a", [claims.sent(taken, LATER)], LATER, most=0)
    db.session.rollback()
    lost = db.session.get_one(Letter, taken.id)
    assert (lost.status, lost.lease_until, lost.leased_by) == (BOUNCED, None, None)


def test_a_bounce_from_nobody_in_particular_is_understood_by_the_address_it_came_to(app: Flask) -> None:
    gone = booked()[0]
    words = f"Delivery to the following recipient failed permanently:\n\n     {JOANNA.address}\n\nThe account does not exist.\n\n----- Original message -----\n"
    raw = letter(
        sender="The mail room <mail@school.example>", to=bounce_address(gone), subject="Sorry", words=words
    ).as_bytes()
    came = come(raw)
    assert (came.kind, came.task, came.letter_id, gone.status) == (BOUNCE, ADDRESS, gone.id, BOUNCED)
    assert outbox.is_dead(JOANNA.address)
    elsewhere = come(raw.replace(bounce_address(gone).encode(), TOKEN.encode()))
    assert (elsewhere.kind, elsewhere.task) == (PERSON, MAIL)


def test_reports_of_others_about_mail_that_is_not_ours_are_read_by_a_person(
    app: Flask, published: Path
) -> None:
    booked()
    for path in sorted((published / "mail").glob("apple-dsn_*.eml")):
        came = come(path.read_bytes())
        assert (came.kind, came.task, came.letter_id) == (BOUNCE, MAIL, None)
        assert "names no letter of ours" in came.why


def test_a_report_of_others_to_the_address_of_our_letter_is_about_that_letter(
    app: Flask, published: Path
) -> None:
    gone = booked()[0]
    raw = (published / "mail" / "apple-dsn_failure_no_original.eml").read_bytes()
    came = come(raw.replace(b"To: xyzzy@example.com", f"To: {bounce_address(gone)}".encode()))
    assert (came.kind, came.task, came.letter_id, gone.status) == (BOUNCE, ADDRESS, gone.id, BOUNCED)
    assert "550 5.1.1 unknown or illegal alias" in came.why


def test_a_letter_of_the_past_stays_as_it_was(app: Flask) -> None:
    gone = booked()[0]
    with transaction():
        gone.status = "failed"
    come(report(gone))
    assert gone.status == "failed"


def test_reports_do_not_depend_on_the_order_of_their_blocks() -> None:
    gone = Letter(id=7, recipient="a@b.example", raw=b"Subject: x\r\n\r\n")
    raw = report(gone, to="x@outreach.example").replace(
        b"Final-Recipient",
        b"Final-Recipient: rfc822; c@d.example\r\nAction: delayed\r\nStatus: 4.0.0\r\n\r\nFinal-Recipient",
        1,
    )
    bounced = parsed_mail.read(raw).bounced
    assert bounced is not None and bounced.permanent and bounced.addresses == ("a@b.example",)


def test_the_same_bounce_for_two_letters_counts_for_each(app: Flask) -> None:
    first, second = booked()
    raw = report(first, to="undisclosed-recipients:;", original=False).replace(b"Message-ID", b"X-Was")
    assert come(raw, bounce_address(first)).letter_id == first.id
    assert come(raw, bounce_address(second), LATER + timedelta(minutes=1)).letter_id == second.id
    assert (first.status, second.status) == (BOUNCED, BOUNCED)
