"""Mail that comes in, on a real database: answers count for whom and what they are, and everything else waits
for a person."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.post import copies, letters, outbox
from outreach.post.calendars import Attendee
from outreach.post.incoming import inbox, receiving
from outreach.post.incoming.inbox import (
    ANSWER,
    AUTO_REPLY,
    COUNTER,
    DECLINE,
    DOUBT,
    INVITE,
    MAIL,
    NEWCOMER,
    PERSON,
    RAW,
    REFRESH,
    UNREADABLE,
    WISH,
    CalendarAnswer,
    CounterProposal,
    Incoming,
)
from outreach.post.letters import Addressee
from outreach.post.outbox import Letter
from post import facts
from post.incoming import mails
from post.incoming.mails import JOANNA, LATER, NOW, OFFICE, TOKEN, UID, booked, moved, reply

PASSES = "mx.outreach.example; dmarc=pass header.from=stbrannocs.example"
FAILS = "mx.outreach.example; dmarc=fail (p=reject) header.from=stbrannocs.example"


@pytest.fixture(autouse=True)
def vouching(app: Flask) -> None:
    """Our own mail server says under this name what it found."""
    app.config["MAIL_AUTHSERV_ID"] = "mx.outreach.example"


def come(raw: bytes, to: str | None = None, at: datetime = LATER) -> Incoming:
    with transaction():
        return receiving.receive(raw, to, now=at)


def answers(address: str = JOANNA.address, uid: str = UID) -> Any:
    return inbox.answers_of([uid]).get(uid, {}).get(address)


def number(table: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_an_answer_of_somebody_invited_is_known_and_changes_nothing_else(app: Flask) -> None:
    for n, (partstat, task) in enumerate((("ACCEPTED", ""), ("TENTATIVE", ""), ("DECLINED", DECLINE)), 1):
        about = mails.case(n)
        came = come(reply(partstat, **about))
        assert (came.kind, came.stream, came.partnership_id) == (ANSWER, about["uid"], 1)
        assert (came.sender, came.task) == (JOANNA.address, task)
        answer = answers(uid=about["uid"])
        assert (answer.partstat, answer.sequence, answer.dtstamp) == (
            partstat,
            0,
            NOW + timedelta(minutes=30),
        )
        assert answer.recorded_at == LATER
        assert answers(OFFICE.address, about["uid"]) is None
        assert number(Letter) == 2 * n
        (deed,) = history.history_of("event", about["uid"])
        assert (deed.who, deed.after) == (JOANNA.address, f"{JOANNA.address}: {partstat}")


def test_nobody_has_to_look_at_a_yes_unless_something_is_written_with_it(app: Flask) -> None:
    booked()
    assert inbox.count_waiting(1) == {}
    come(reply())
    assert inbox.count_waiting(1) == {}
    came = come(reply(more=("COMMENT;LANGUAGE=en-GB:Please use the side gate\\n",), by=OFFICE.address))
    assert (
        came.task == MAIL
        and came.why
        == "Joanna Fell (office@stbrannocs.example) said yes. They wrote: “Please use the side gate”"
    )
    assert answers(OFFICE.address).comment == "Please use the side gate"
    came = come(reply(more=("COMMENT:\\n",), dtstamp=NOW + timedelta(minutes=31)))
    assert came.task == ""


def test_the_same_mail_again_is_the_same_row(app: Flask) -> None:
    booked()
    first = come(reply("DECLINED"))
    assert come(reply("DECLINED"), at=LATER + timedelta(days=1)).id == first.id
    traced = b"Return-Path: <j.fell@stbrannocs.example>\r\nReceived: from here\r\n" + reply(
        "DECLINED"
    ).replace(b"\n", b"\r\n")
    assert come(traced).id == first.id
    assert (number(Incoming), number(CalendarAnswer)) == (1, 1)


def test_who_has_several_programs_is_known_by_the_newest_answer_in_whatever_order_they_arrive(
    app: Flask,
) -> None:
    booked()
    come(reply("ACCEPTED", dtstamp=NOW + timedelta(minutes=50)))
    late = come(reply("DECLINED", dtstamp=NOW + timedelta(minutes=40)))
    assert late.task == "" and answers().partstat == "ACCEPTED"
    come(reply("TENTATIVE", dtstamp=NOW + timedelta(minutes=55)))
    assert answers().partstat == "TENTATIVE"


def test_of_two_answers_of_the_same_second_the_one_that_came_last_counts(app: Flask) -> None:
    booked()
    come(reply("ACCEPTED"))
    assert come(reply("DECLINED")).task == DECLINE
    assert answers().partstat == "DECLINED"


def test_an_answer_to_a_newer_revision_beats_a_later_one_to_an_older(app: Flask) -> None:
    booked()
    moved()
    come(reply("ACCEPTED", sequence=1, dtstamp=NOW + timedelta(minutes=61)))
    old = come(reply("DECLINED", sequence=0, dtstamp=NOW + timedelta(minutes=90)))
    assert (answers().partstat, answers().sequence, old.task) == ("ACCEPTED", 1, "")


def test_a_no_to_a_time_that_is_no_more_needs_nobody(app: Flask) -> None:
    booked()
    moved()
    old = come(reply("DECLINED", sequence=0, more=("DTSTART:20270309T093000Z",)))
    assert (answers().partstat, answers().sequence, old.task) == ("DECLINED", 0, "")
    assert come(reply("DECLINED", sequence=1, more=("DTSTART:20270316T093000Z",))).task == DECLINE


def test_a_no_to_the_same_time_waits_though_the_revision_rose_meanwhile(app: Flask) -> None:
    booked()
    with transaction():
        mails.handed(
            [
                letters.changed(
                    facts.visit(sequence=1), JOANNA, facts.sender(), now=LATER, expires_at=facts.EXPIRES
                )
            ]
        )
    assert come(reply("DECLINED", more=("DTSTART;TZID=GMT Standard Time:20270309T093000",))).task == DECLINE


def test_a_yes_after_a_no_takes_the_no_out_of_the_inbox(app: Flask) -> None:
    booked()
    no = come(reply("DECLINED"))
    assert inbox.count_waiting(1) == {DECLINE: 1}
    come(reply("ACCEPTED", dtstamp=NOW + timedelta(minutes=45)))
    assert inbox.count_waiting(1) == {}
    assert (no.settled_as, no.settled_by, no.settled_at) == ("overtaken", JOANNA.address, LATER)


def test_a_no_to_a_visit_that_was_cancelled_needs_nobody(app: Flask) -> None:
    booked()
    with transaction():
        mails.handed(
            [
                letters.cancelled(
                    facts.visit(sequence=1), JOANNA, facts.sender(), reason="Ill", by="company", now=LATER
                )
            ]
        )
    assert come(reply("DECLINED", sequence=1)).task == ""


# Whose it is


def test_somebody_unknown_waits_for_a_click_and_is_added_by_nobody(app: Flask) -> None:
    booked()
    came = come(reply(by="sam.okoro@stbrannocs.example"))
    assert (came.kind, came.task, came.stream) == (ANSWER, NEWCOMER, UID)
    assert "does not have this visit in the calendar" in came.why
    assert inbox.answers_of([UID]) == {}
    with transaction():
        (taken,) = receiving.accept_person(came, who="Priya", now=LATER)
    assert (taken.address, taken.partstat, taken.sequence) == ("sam.okoro@stbrannocs.example", "ACCEPTED", 0)
    assert (came.settled_as, came.settled_by) == ("accepted", "Priya")
    with pytest.raises(inbox.SettledAlready), transaction():
        receiving.accept_person(came, who="Somebody else", now=LATER)
    assert number(CalendarAnswer) == 1


def test_somebody_taken_out_again_is_unknown_again_but_need_not_say_no(app: Flask) -> None:
    booked()
    with transaction():
        mails.handed([letters.colleague_removed(facts.visit(sequence=1), OFFICE, facts.sender(), now=LATER)])
    assert come(reply("DECLINED", by=OFFICE.address)).task == ""
    came = come(reply(by=OFFICE.address, dtstamp=LATER))
    assert (came.task, answers(OFFICE.address)) == (NEWCOMER, None)
    assert "was taken out of this visit in the calendar" in came.why
    assert come(reply()).task == "" and answers().partstat == "ACCEPTED"


def test_an_address_is_the_same_in_capitals_and_percent_encoded(app: Flask) -> None:
    booked()
    come(reply(by="J.FELL@StBrannocs.Example"))
    come(reply("TENTATIVE", by="office%40stbrannocs.example", sender=OFFICE.address))
    assert (answers().partstat, answers(OFFICE.address).partstat) == ("ACCEPTED", "TENTATIVE")


def test_an_answer_that_names_nobody_says_nothing(app: Flask) -> None:
    booked()
    came = come(reply(by="", sender=JOANNA.address))
    assert (came.kind, came.task, came.stream) == (ANSWER, MAIL, UID)
    assert "does not say what" in came.why and answers() is None


def test_of_an_answer_that_names_everybody_it_is_the_one_who_wrote(app: Flask) -> None:
    booked()
    both = f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{JOANNA.address}"
    come(reply("TENTATIVE", by=OFFICE.address, sender=OFFICE.address, more=(both,)))
    assert (answers(), answers(OFFICE.address).partstat) == (None, "TENTATIVE")
    unclear = come(reply("TENTATIVE", by=OFFICE.address, sender="head@stbrannocs.example", more=(both,)))
    assert unclear.task == MAIL and "nobody can tell whose it is" in unclear.why


def test_who_asks_somebody_else_to_come_writes_to_a_person(app: Flask) -> None:
    booked()
    assert come(reply("DELEGATED")).task == MAIL
    assert come(reply("NEEDS-ACTION")).task == ""
    assert answers() is None


def test_the_company_answers_its_own_entry(app: Flask) -> None:
    with transaction():
        mails.handed(
            [
                letters.for_troupe(
                    facts.visit(uid="show", organizer_token="f00d" * 4),
                    facts.COMPANY,
                    facts.sender(),
                    method="REQUEST",
                    now=NOW,
                )
            ]
        )
    came = come(reply(by=facts.COMPANY.address, uid="show", to="bookings+f00df00df00df00d@outreach.example"))
    assert (came.stream, came.task) == ("show", "")
    assert inbox.answers_of(["show"])["show"][facts.COMPANY.address].partstat == "ACCEPTED"


# Whether to believe it


VOUCHED: list[tuple[tuple[str, ...], str, str]] = [
    ((), "none", ""),
    ((PASSES,), "pass", ""),
    ((FAILS,), "fail", DOUBT),
    (("mx.somebody.example; dmarc=fail header.from=stbrannocs.example",), "none", ""),
    (("mx.somebody.example; dmarc=pass header.from=stbrannocs.example", FAILS), "fail", DOUBT),
    (("mx.outreach.example; dmarc=none; dkim=pass header.d=stbrannocs.example",), "pass", ""),
    (
        ("mx.outreach.example; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=x@evil.example",),
        "none",
        "",
    ),
    (
        (
            "mx.outreach.example (1); dmarc=pass (dmarc=fail; \\) mx.outreach.example) header.from=stbrannocs.example",
        ),
        "pass",
        "",
    ),
    (('"mx.outreach.example" 1; none',), "none", ""),
]
"""Authentication-Results as they stand; what is believed of them; what a person has to do."""


def test_only_our_own_mail_server_is_believed(app: Flask) -> None:
    for n, (results, known, task) in enumerate(VOUCHED, 1):
        about = mails.case(n)
        came = come(reply(results=results, **about))
        assert (results, came.authenticated, came.task) == (results, known, task)
        answer = answers(uid=about["uid"])
        assert (answer is None) == (task == DOUBT)
        assert answer is None or answer.authenticated == (known == "pass")


def test_a_doubtful_answer_can_be_taken_by_a_person(app: Flask) -> None:
    booked()
    came = come(reply(results=(FAILS,)))
    assert (
        came.why
        == "Joanna Fell (j.fell@stbrannocs.example) said yes. Our mail server doubts that it was sent by them."
    )
    with transaction():
        receiving.accept_person(came, who="Priya", now=LATER)
    assert (answers().partstat, answers().authenticated) == ("ACCEPTED", False)


def test_the_address_of_another_visit_makes_it_doubtful(app: Flask) -> None:
    booked()
    assert come(reply(to="bookings+0000000000000000@outreach.example")).task == DOUBT
    assert answers() is None


def test_without_the_address_in_the_invite_our_mail_server_must_vouch(app: Flask) -> None:
    booked()
    assert come(reply(to="bookings@outreach.example")).task == DOUBT
    assert come(reply("TENTATIVE", to="bookings@outreach.example", results=(PASSES,))).task == ""
    assert answers().partstat == "TENTATIVE"


def test_the_token_may_stand_where_the_mail_server_says_or_in_the_calendar(app: Flask) -> None:
    booked()
    assert come(reply(to="undisclosed@outreach.example"), TOKEN.upper()).task == ""
    assert come(reply("TENTATIVE", to="x@outreach.example", organizer=TOKEN)).task == ""
    assert answers().partstat == "TENTATIVE"


def test_an_answer_sent_by_another_house_is_doubtful_and_by_a_colleague_is_not(app: Flask) -> None:
    booked()
    came = come(reply(sender="Head <head@stbrannocs.example>", results=(PASSES,)))
    assert (came.task, came.why) == (
        MAIL,
        "Joanna Fell (j.fell@stbrannocs.example) said yes. It was sent by Head (head@stbrannocs.example).",
    )
    assert (answers().partstat, answers().authenticated) == ("ACCEPTED", False)
    came = come(reply("DECLINED", sender="Mallory <mallory@elsewhere.example>"))
    assert came.task == DOUBT and "sent by Mallory (mallory@elsewhere.example)" in came.why
    assert answers().partstat == "ACCEPTED"


@pytest.mark.parametrize(
    "sender",
    ["kid@pupils.stbrannocs.example", "head@example", "head@stbrannocs.example.org", "head@brannocs.example"],
)
def test_a_part_of_the_schools_domain_is_not_the_school(app: Flask, sender: str) -> None:
    booked()
    came = come(reply(sender=f"Somebody <{sender}>", results=(PASSES,)))
    assert (came.task, answers()) == (DOUBT, None)
    assert f"It was sent by Somebody ({sender})." in came.why


@pytest.mark.parametrize(
    "provider", ["gmail.com", "hotmail.co.uk", "btinternet.com", "outlook.com", "bt.com"]
)
def test_one_name_at_a_mail_provider_answers_for_no_other(app: Flask, provider: str) -> None:
    me = Addressee(address=f"joanna.fell@{provider}", name="Joanna Fell", role="Lead")
    invited = facts.visit(attendees=(Attendee(name=me.name, address=me.address),))
    with transaction():
        mails.handed([letters.booked(invited, me, facts.sender(), now=NOW, expires_at=facts.EXPIRES)])
    passes = f"mx.outreach.example; dmarc=pass header.from={provider}"
    came = come(reply(by=me.address, sender=f"Mallory <mallory@{provider}>", results=(passes,)))
    assert (came.task, answers(me.address)) == (DOUBT, None)
    assert f"It was sent by Mallory (mallory@{provider})." in came.why
    own = come(reply(by=me.address, sender=f"Joanna Fell <{me.address}>", results=(passes,)))
    assert (own.task, answers(me.address).authenticated) == ("", True)


def test_a_calendar_that_asks_in_anothers_name_is_sent_nothing(app: Flask) -> None:
    booked()
    sent = db.session.query(Letter).count()
    came = come(reply(method="REFRESH", sender="Head <head@stbrannocs.example>"), at=NOW + timedelta(days=1))
    assert (came.task, db.session.query(Letter).count()) == (MAIL, sent)
    assert "It was sent by Head (head@stbrannocs.example)." in came.why


@pytest.mark.parametrize(
    "results",
    [
        "mx.outreach.example; spf=fail smtp.mailfrom=x@stbrannocs.example; dkim=fail header.d=stbrannocs.example",
        (
            "mx.outreach.example; spf=softfail smtp.mailfrom=x@stbrannocs.example; dkim=permerror "
            "header.d=stbrannocs.example"
        ),
        (
            "mx.outreach.example; spf=permerror smtp.mailfrom=x@stbrannocs.example; dkim=hardfail "
            "header.d=stbrannocs.example"
        ),
        "mx.outreach.example; dmarc=permerror header.from=stbrannocs.example",
        "mx.outreach.example; spf=none; dkim=none; dmarc=none; compauth=fail reason=001",
    ],
)
def test_what_our_own_mail_server_rejects_in_other_words_waits_for_a_person(app: Flask, results: str) -> None:
    booked()
    came = come(reply(results=(results,)))
    assert (came.authenticated, came.task, answers()) == ("fail", DOUBT, None)


def test_two_senders_at_once_are_vouched_for_by_nobody(app: Flask) -> None:
    booked()
    assert come(reply(sender=f"{JOANNA.address}, mallory@elsewhere.example", results=(PASSES,))).task == DOUBT


def test_an_event_that_is_not_ours_waits_to_be_read(app: Flask) -> None:
    booked()
    came = come(reply(uid="not-ours", to="bookings@outreach.example"))
    assert (came.kind, came.task, came.stream) == (ANSWER, MAIL, "")
    again = come(reply(uid="not-ours"))
    assert (again.task, again.stream) == (DOUBT, UID) and "an event that is not ours" in again.why
    assert number(CalendarAnswer) == 0


# Which revision


def test_a_sequence_that_is_missing_huge_or_nonsense_never_outdoes_ours(app: Flask) -> None:
    booked()
    moved()
    claimed = (7, 2147483647, 9999999999999999, "12345678901234567890123", "-1", "abc", None)
    for n, sequence in enumerate(claimed):
        old, new = (NOW + timedelta(minutes=m + n) for m in (10, 80))
        came = come(
            reply(sequence=sequence, dtstamp=old, by=OFFICE.address, more=("DTSTART:20270309T093000Z",))
        )
        assert (came.task, answers(OFFICE.address).sequence, answers(OFFICE.address).dtstamp) == ("", 0, old)
        came = come(reply("TENTATIVE", sequence=sequence, dtstamp=new, more=("DTSTART:20270316T093000Z",)))
        assert (came.task, answers().sequence, answers().dtstamp) == ("", 1, new)


def test_a_revision_that_never_was_is_doubtful_and_once_taken_not_newer_than_ours(app: Flask) -> None:
    booked()
    moved()
    came = come(reply(sequence=7))
    assert came.task == DOUBT and "an invite that we never sent" in came.why
    with transaction():
        (taken,) = receiving.accept_person(came, who="Priya", now=LATER)
    assert taken.sequence == 1
    elsewhen = come(reply("DECLINED", sequence=7, more=("DTSTART:20270310T093000Z",)))
    with transaction():
        (taken,) = receiving.accept_person(elsewhen, who="Priya", now=LATER)
    assert taken.sequence == 0 and answers().partstat == "ACCEPTED"


def test_the_start_that_an_answer_repeats_tells_an_old_time_whatever_its_sequence_claims(app: Flask) -> None:
    booked()
    moved()
    came = come(reply("DECLINED", sequence=1, more=("DTSTART:20270309T093000Z",)))
    assert (came.task, answers().sequence) == ("", 0)
    came = come(reply("DECLINED", sequence=0, by=OFFICE.address, more=("DTSTART:20270316T093000Z",)))
    assert answers(OFFICE.address).sequence == 0
    come(reply("ACCEPTED", sequence=1, more=("DTSTART:20270401T093000Z",)))
    assert (answers().sequence, answers().partstat) == (1, "ACCEPTED")


def test_a_clock_that_runs_ahead_does_not_silence_later_answers(app: Flask) -> None:
    booked()
    come(reply("DECLINED", dtstamp=datetime(2099, 1, 1, tzinfo=UTC)))
    come(reply("ACCEPTED", dtstamp=LATER), at=LATER + timedelta(minutes=5))
    assert answers().partstat == "ACCEPTED"


# Wishes for another time


def wish(starts: str = "20270309T131500Z", ends: str = "20270309T143000Z", **said: Any) -> bytes:
    more = (f"DTSTART:{starts}", f"DTEND:{ends}", "COMMENT:After assembly?")
    return reply(said.pop("partstat", "TENTATIVE"), method="COUNTER", more=more, **said)


def test_a_wish_is_kept_and_waits_and_tells_what_the_person_answers(app: Flask) -> None:
    booked()
    came = come(wish())
    assert (came.kind, came.task, came.stream) == (COUNTER, WISH, UID)
    assert "Tuesday 9 March, 1:15pm to 2:30pm" in came.why and "“After assembly?”" in came.why
    counter = inbox.counter_of(came)
    assert counter is not None and counter.comment == "After assembly?"
    assert counter.starts_at == datetime(2027, 3, 9, 13, 15, tzinfo=UTC)
    assert counter.ends_at == datetime(2027, 3, 9, 14, 30, tzinfo=UTC)
    assert answers().partstat == "TENTATIVE"
    with transaction():
        inbox.end_counter(counter, "refused", who="Priya", now=LATER)
    assert (came.settled_as, counter.ended_as) == ("refused", "refused")
    with pytest.raises(inbox.SettledAlready), transaction():
        inbox.end_counter(counter, "accepted", who="Somebody else", now=LATER)


def test_a_wish_of_a_doubtful_or_unknown_sender_waits_with_its_doubt_and_answers_nothing(app: Flask) -> None:
    booked()
    doubtful, unknown = come(wish(results=(FAILS,))), come(wish(by="sam@stbrannocs.example"))
    assert (doubtful.task, unknown.task) == (WISH, WISH)
    assert "Our mail server doubts" in doubtful.why
    assert "do not have this visit in the calendar" in unknown.why
    assert inbox.answers_of([UID]) == {}


def test_a_wish_to_a_revision_that_never_was_is_kept_and_answers_none(app: Flask) -> None:
    booked()
    moved()
    came = come(wish(partstat="ACCEPTED", sequence=7))
    counter = inbox.counter_of(came)
    assert came.task == WISH and counter is not None and counter.sequence == 1
    assert answers() is None


def test_a_wish_after_a_no_takes_the_no_out_of_the_inbox(app: Flask) -> None:
    booked()
    no = come(reply("DECLINED"))
    come(wish(dtstamp=NOW + timedelta(minutes=40)))
    assert (no.settled_as, inbox.count_waiting(1)) == ("overtaken", {WISH: 1})


def test_of_several_wishes_of_one_person_the_newest_stands_whatever_came_first(app: Flask) -> None:
    booked()
    first = come(wish("20270309T110000Z", "20270309T120000Z", dtstamp=NOW + timedelta(minutes=10)))
    second = come(wish("20270309T140000Z", "20270309T150000Z", dtstamp=NOW + timedelta(minutes=20)))
    late = come(wish("20270309T130000Z", "20270309T140000Z", dtstamp=NOW + timedelta(minutes=15)))
    assert (first.settled_as, second.settled_at, late.task) == ("overtaken", None, "")
    assert [c.starts_at.hour for c in inbox.open_counters([UID])[UID]] == [14]
    assert number(CounterProposal) == 3


def test_a_yes_ends_the_wish_of_the_same_person_alone(app: Flask) -> None:
    booked()
    hers, theirs = come(wish()), come(wish(by=OFFICE.address))
    for partstat in ("TENTATIVE", "DECLINED"):
        come(reply(partstat, dtstamp=NOW + timedelta(minutes=40)))
    assert hers.settled_at is None
    come(reply("ACCEPTED", dtstamp=NOW + timedelta(minutes=50)))
    assert (hers.settled_as, theirs.settled_at) == ("overtaken", None)
    counter = inbox.counter_of(hers)
    assert counter is not None and counter.ended_as == "overtaken"


def test_a_wish_without_a_time_is_read_by_a_person(app: Flask) -> None:
    booked()
    came = come(wish("20270309", "20270310"))
    assert (came.kind, came.task) == (COUNTER, MAIL) and inbox.counter_of(came) is None


# A calendar that asks for its entry


def test_a_calendar_that_asks_gets_the_same_entry_at_the_address_on_file(app: Flask) -> None:
    first = booked()[0]
    tomorrow = NOW + timedelta(days=1)
    came = come(reply(method="REFRESH"), at=tomorrow)
    assert (came.kind, came.task) == (REFRESH, "")
    newest = db.session.scalars(select(Letter).order_by(Letter.id.desc())).first()
    assert newest is not None and newest.id != first.id and newest.recipient == JOANNA.address
    assert copies.read(newest.raw).calendar == copies.read(first.raw).calendar
    with transaction():
        mails.handed([newest])
    come(reply(method="REFRESH", dtstamp=tomorrow), at=tomorrow + timedelta(minutes=30))
    assert number(Letter) == 3
    come(reply(method="REFRESH", dtstamp=LATER), at=tomorrow + timedelta(hours=2))
    assert number(Letter) == 4


def test_who_has_no_entry_or_cannot_be_reached_is_sent_none(app: Flask) -> None:
    booked()
    tomorrow = NOW + timedelta(days=1)
    assert come(reply(method="REFRESH", by="sam@stbrannocs.example"), at=tomorrow).task == MAIL
    assert come(reply(method="REFRESH", results=(FAILS,)), at=tomorrow).task == MAIL
    with transaction():
        outbox.mark_dead(JOANNA.address, "no such user", NOW)
    assert come(reply(method="REFRESH"), at=tomorrow).task == MAIL
    assert number(Letter) == 2


# Everything else


def test_others_invitations_change_nothing_and_are_read_by_a_person(app: Flask) -> None:
    booked()
    for method in ("REQUEST", "CANCEL", "ADD", "DECLINECOUNTER"):
        came = come(reply(method=method, more=("SUMMARY:Lunch",)))
        assert (came.kind, came.task, came.stream) == (INVITE, MAIL, UID) and "‘Lunch’" in came.why
    assert number(Letter) == 2 and number(CalendarAnswer) == 0


def test_our_own_invite_come_back_to_us_is_said_to_be_so(app: Flask) -> None:
    first = booked()[0]
    came = come(first.raw)
    assert (came.kind, came.task, came.stream) == (
        INVITE,
        MAIL,
        UID,
    ) and "our own, come back to us" in came.why


def test_a_published_calendar_is_an_attachment_to_a_letter(app: Flask) -> None:
    booked()
    came = come(reply(method="PUBLISH"))
    assert (came.kind, came.task, came.why) == (PERSON, MAIL, "j.fell@stbrannocs.example wrote to us.")


def test_a_letter_is_filed_under_the_visit_that_it_is_about(app: Flask) -> None:
    first = booked()[0]
    by_address = come(mails.letter(subject="Parking").as_bytes())
    by_thread = come(mails.letter(to="bookings@outreach.example", In_Reply_To=first.message_id).as_bytes())
    assert [(m.kind, m.stream, m.task) for m in (by_address, by_thread)] == [(PERSON, UID, MAIL)] * 2
    assert (by_thread.letter_id, by_thread.partnership_id) == (first.id, 1)
    assert [m.id for m in inbox.of_stream(UID)] == [by_thread.id, by_address.id]


def test_automatic_replies_are_logged_and_never_answered(app: Flask) -> None:
    first = booked()[0]
    came = come(mails.letter(subject="Automatic reply: Invitation", In_Reply_To=first.message_id).as_bytes())
    assert (came.kind, came.task, came.stream) == (AUTO_REPLY, "", UID)
    for head in ({"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"}):
        assert come(mails.letter(subject=str(head), **head).as_bytes()).kind == AUTO_REPLY
    assert come(mails.letter(subject="Re: hello", Auto_Submitted="no").as_bytes()).kind == PERSON
    assert number(Letter) == 2 and inbox.count_waiting(1) == {MAIL: 1}


def test_a_mail_to_one_partnership_that_answers_a_letter_of_another_is_linked_to_none(app: Flask) -> None:
    """The address that it came to says whose it is: here or there, a row names rows of its own partnership alone."""
    booked()
    with transaction():
        theirs = letters.booked(
            facts.visit(uid="other", programme_id=2, organizer_token="beef" * 4),
            JOANNA,
            facts.sender(2),
            now=NOW,
            expires_at=facts.EXPIRES,
        )
    came = come(mails.letter(In_Reply_To=theirs.message_id).as_bytes())
    assert (came.partnership_id, came.letter_id, came.kind, came.task) == (1, None, PERSON, MAIL)


def test_each_partnership_gets_its_own_mail_and_what_is_nobodys_can_be_taken_by_one(app: Flask) -> None:
    booked()
    with transaction():
        letters.booked(
            facts.visit(uid="other", programme_id=2, organizer_token="beef" * 4),
            JOANNA,
            facts.sender(2),
            now=NOW,
            expires_at=facts.EXPIRES,
        )
    ours = come(reply("DECLINED"))
    theirs = come(reply("DECLINED", uid="other", to="bookings+beefbeefbeefbeef@outreach.example"))
    strangers = come(mails.letter(sender="x@nowhere.example", to="bookings@outreach.example").as_bytes())
    assert (ours.partnership_id, theirs.partnership_id, strangers.partnership_id) == (1, 2, None)
    assert {m.id for m in inbox.waiting(1)} == {ours.id, strangers.id}
    assert {m.id for m in inbox.waiting(2)} == {theirs.id, strangers.id}
    assert inbox.get(theirs.id, 1) is None and inbox.get(strangers.id, 1) is not None
    with transaction():
        inbox.take(strangers, 1, who="Priya", now=LATER)
    with pytest.raises(inbox.SettledAlready), transaction():
        inbox.take(strangers, 2, who="Ravi", now=LATER)
    assert {m.id for m in inbox.waiting(2)} == {theirs.id} and inbox.get(strangers.id, 2) is None


def test_mail_to_the_only_partnership_there_is_belongs_to_it(app: Flask) -> None:
    booked()
    assert (
        come(
            mails.letter(sender="x@nowhere.example", to="bookings@outreach.example").as_bytes()
        ).partnership_id
        == 1
    )


UNREADABLES = [
    (b"", "neither sender nor subject"),
    (b"\x00\xff" * 3000, "neither sender nor subject"),
    (b"From: x@y.example\r\nSubject: big\r\n\r\n" + b"x" * (10 * 1024 * 1024), "larger than 10 megabytes"),
    (reply(more=tuple(f"X-{n}:{'y' * 70}" for n in range(4000))), "larger than 256 kilobytes"),
    (mails.with_calendar("no calendar"), "no event that can be read"),
    (
        mails.with_calendar(
            mails.ics().replace("END:VCALENDAR\r\n", "")
            + "".join(
                f"BEGIN:VEVENT\r\nUID:{n}\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.example\r\nEND:VEVENT\r\n"
                for n in range(5)
            )
            + "END:VCALENDAR\r\n"
        ),
        "more than 5 events",
    ),
]


def test_what_cannot_be_read_is_kept_and_said(app: Flask) -> None:
    booked()
    for raw, why in UNREADABLES:
        came = come(raw)
        assert (came.kind, came.task) == (UNREADABLE, RAW) and why in came.why
        assert came.raw == raw[: 10 * 1024 * 1024] and number(CalendarAnswer) == 0


def test_a_fault_of_ours_keeps_the_mail_and_lets_the_next_one_through(app: Flask, monkeypatch: Any) -> None:
    booked()
    real = receiving.attendees.of_mail

    def stumble(*_: Any, **__: Any) -> None:
        db.session.add(Letter())  # would never go into the table
        raise ZeroDivisionError

    monkeypatch.setattr(receiving.attendees, "of_mail", stumble)
    came = come(reply())
    assert (came.kind, came.task, came.raw) == (UNREADABLE, RAW, reply())
    monkeypatch.setattr(receiving.attendees, "of_mail", real)
    assert come(reply("TENTATIVE")).task == "" and answers().partstat == "TENTATIVE"


def test_what_was_done_can_be_undone_once_and_by_one(app: Flask) -> None:
    booked()
    came = come(reply("DECLINED"))
    with transaction():
        inbox.settle(came, "done", who="Priya", now=LATER)
    with pytest.raises(inbox.SettledAlready), transaction():
        inbox.settle(came, "done", who="Ravi", now=LATER)
    assert inbox.count_waiting(1) == {} and [m.id for m in inbox.settled(1)] == [came.id]
    with transaction():
        inbox.reopen(came, who="Priya", now=LATER)
    assert inbox.count_waiting(1) == {DECLINE: 1} and inbox.settled(1) == []
    assert {d.what for d in history.history_of("incoming", came.id)} == {"settled", "reopened"}


def test_one_answer_costs_few_statements_however_many_letters_there_are(
    app: Flask, count_queries: Any
) -> None:
    booked()
    for n in range(1, 6):
        moved(sequence=n, now=NOW + timedelta(hours=n))
    with count_queries() as queries:
        come(reply(sequence=5))
    # the digest; the row; savepoint and release; the visit by address; by UID; what was known; answer,
    # history, noes, wishes
    assert len(queries) <= 14
