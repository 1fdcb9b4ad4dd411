"""Raised to the head and then to the trust: each time with a coordinator's consent, once, and never after an
answer."""

from datetime import date, timedelta

import pytest
from flask import Flask

import make
from asking.chasing.scene import PRIYA, County, at, county, posted, run
from outreach.asking import invitations
from outreach.asking.chasing import raising
from outreach.asking.chasing.chases import HEAD, TRUST, Chase
from outreach.asking.chasing.raising import (
    ChasingAddressDead,
    HadItAlready,
    NoSchoolDay,
    NotRaised,
    NotRaisedReasonMissing,
    NotWaiting,
)
from outreach.asking.chasing.withdrawing import withdraw_one
from outreach.asking.invitations import ReplyByPast
from outreach.booking.holds import ProgrammeClosed
from outreach.county import contacts
from outreach.county.contacts import BadAddress, SourceMissing
from outreach.ground.db import db, transaction
from outreach.post import outbox
from outreach.post.letters import Addressee
from outreach.post.outbox import Letter

RAISED = date(2027, 2, 1)
"""A Monday, a week after the second reminder of 25 January."""

DR_HART = Addressee(
    address="head@redmere.example", name="Dr Hart", role="Head teacher", source="the school’s website"
)
OWL = Addressee(address="office@owl.example", name="", role="", source="the trust’s website")


def reminded(schools: int = 1, **facts: object) -> County:
    """Schools that were asked and reminded twice, in a trust."""
    with transaction():
        c = county(schools)
        for school in c.schools:
            school.trust_name = "Owl Learning Trust"
            for name, value in facts.items():
                setattr(school, name, value)
    for day in (date(2027, 1, 15), date(2027, 1, 25)):
        run(c.programme, day)
    return c


def waiting(c: County, day: date) -> list[tuple[int, str]]:
    return [
        (row.organisation.organisation_id, row.level) for row in raising.waiting(c.programme, now=at(day))
    ]


def raise_to(
    c: County,
    level: str = HEAD,
    to: Addressee = DR_HART,
    day: date = RAISED,
    school: int = 0,
    post: bool = True,
) -> Chase:
    with transaction():
        chase = raising.raise_to(c.programme, c.organisation_ids[school], level, to, now=at(day, 10), **PRIYA)
        if post:
            posted(at(day, 11))
    return chase


def test_a_gap_waits_for_consent_a_week_after_the_second_reminder(app: Flask) -> None:
    c = reminded(2)
    assert waiting(c, RAISED - timedelta(days=1)) == []
    assert waiting(c, RAISED) == [(organisation_id, HEAD) for organisation_id in c.organisation_ids]
    [row, _] = raising.waiting(c.programme, now=at(RAISED))
    assert (row.since, row.known) == (RAISED, ())


def test_nothing_is_raised_by_itself(app: Flask) -> None:
    c = reminded()
    for n in range(40):
        run(c.programme, RAISED + timedelta(days=n))
    assert {c.reason for c in db.session.query(Chase)} == {"first reminder", "second reminder"}


def test_the_head_and_then_the_trust_are_written_to_once_each(app: Flask) -> None:
    c = reminded()
    raise_to(c)
    assert waiting(c, RAISED + timedelta(days=6)) == []
    after = RAISED + timedelta(days=7)
    assert waiting(c, after) == [(c.organisation_ids[0], TRUST)]
    raise_to(c, TRUST, OWL, after)
    assert waiting(c, after + timedelta(days=30)) == []
    *_, head, trust = db.session.query(Letter).order_by(Letter.id)
    assert (head.recipient, head.subject) == (
        "head@redmere.example",
        "‘Someone to Tell’ for your Years 8 and 9: no answer from your school yet",
    )
    assert (trust.recipient, trust.subject) == (
        "office@owl.example",
        "‘Someone to Tell’: no answer from Redmere 000 yet",
    )


def test_the_letter_is_seen_before_it_goes_and_names_what_was_written(app: Flask) -> None:
    c = reminded()
    [row] = raising.waiting(c.programme, now=at(RAISED))
    said = " ".join(raising.preview(c.programme, row, DR_HART, now=at(RAISED)).text.split())
    address = c.contacts[0].address
    days = "5 January 2027, 15 January 2027 and 25 January 2027"
    assert f"We wrote to {address} at Redmere 000 on {days} and have no answer yet." in said
    assert "Dear Dr Hart" in said and "from the school’s website" in said
    assert db.session.query(Letter).count() == 3


def test_a_typed_head_becomes_a_contact_and_gets_a_link_of_its_own(app: Flask) -> None:
    c = reminded()
    raise_to(c)
    found = contacts.contacts_of_organisation(c.organisation_ids[0])
    assert [(x.name, x.role, x.address) for x in found][-1] == (
        "Dr Hart",
        "Head teacher",
        "head@redmere.example",
    )
    assert found[0].address == c.contacts[0].address


def test_the_head_on_file_is_known_and_a_head_of_year_is_none(app: Flask) -> None:
    c = reminded()
    with transaction():
        for n, role in enumerate(("Head of Year 8", "Deputy headteacher", "Headteacher", "Headteacher’s PA")):
            make.contact(c.schools[0], role=role, address=f"head{n}@redmere.example")
    [row] = raising.waiting(c.programme, now=at(RAISED))
    assert [to.address for to in row.known] == ["head2@redmere.example"]


def test_a_trust_that_was_written_to_before_is_known_for_its_next_school(app: Flask) -> None:
    c, after = reminded(2), RAISED + timedelta(days=7)
    for n in (0, 1):
        raise_to(c, to=Addressee(address=f"head{n}@redmere.example", source="a call"), school=n)
    raise_to(c, TRUST, OWL, after)
    [row] = raising.waiting(c.programme, now=at(after))
    assert (row.organisation.organisation_id, [to.address for to in row.known]) == (
        c.organisation_ids[1],
        ["office@owl.example"],
    )
    assert [to.source for to in row.known] == ["our letter of 8 February 2027"]


def test_a_school_without_a_trust_is_raised_to_the_head_alone(app: Flask) -> None:
    c = reminded(trust_name=None)
    raise_to(c)
    assert waiting(c, RAISED + timedelta(days=30)) == []


def test_an_answer_ends_the_wait(app: Flask) -> None:
    c = reminded(2)
    with transaction():
        invitations.answer(c.programme, c.schools[0], "declined", "exams", who="J", now=at(date(2027, 1, 28)))
    assert waiting(c, RAISED) == [(c.organisation_ids[1], HEAD)]
    with pytest.raises(NotWaiting, match="Redmere 000 does not wait"):
        raise_to(c)


def test_a_letter_to_the_head_that_waits_is_taken_back_once_the_school_answers(app: Flask) -> None:
    c = reminded()
    raise_to(c, post=False)
    with transaction():
        invitations.answer(c.programme, c.schools[0], "declined", "exams", who="J", now=at(RAISED, 11))
    with transaction():
        assert withdraw_one(now=at(RAISED, 12))
    assert db.session.query(Letter).filter_by(status="waiting").count() == 0


def test_the_same_page_sent_twice_writes_once(app: Flask) -> None:
    c = reminded()
    raise_to(c, post=False)
    with pytest.raises(NotWaiting):
        raise_to(c)
    assert db.session.query(Chase).filter_by(reason=HEAD).count() == 1


def test_whoever_had_the_letters_is_not_written_to_again(app: Flask) -> None:
    c = reminded()
    with pytest.raises(HadItAlready):
        raise_to(c, to=Addressee(address=c.contacts[0].address.upper(), source="a call"))


def test_a_head_whose_letter_came_back_leaves_the_gap_waiting_for_another_address(app: Flask) -> None:
    c = reminded()
    raise_to(c)
    with transaction():
        db.session.query(Letter).filter_by(recipient=DR_HART.address).one().status = "bounced"
        outbox.mark_dead(DR_HART.address, "550", at(RAISED, 12))
    assert waiting(c, RAISED) == [(c.organisation_ids[0], HEAD)]
    with pytest.raises(ChasingAddressDead):
        raise_to(c)
    raise_to(c, to=Addressee(address="hart@redmere.example", source="a call"))


def test_a_letter_that_a_coordinator_took_back_may_be_written_again(app: Flask) -> None:
    c = reminded()
    raise_to(c, post=False)
    with transaction():
        db.session.query(Letter).filter_by(recipient=DR_HART.address).one().status = "withdrawn"
    raise_to(c, day=RAISED + timedelta(days=1))
    assert db.session.query(Letter).filter_by(recipient=DR_HART.address, status="sent").count() == 1


def test_nothing_is_raised_on_a_day_on_which_the_school_is_not_in(app: Flask) -> None:
    c = reminded()
    with pytest.raises(NoSchoolDay, match="a weekend"):
        raise_to(c, day=date(2027, 2, 6))


@pytest.mark.parametrize(
    ("to", "refusal"),
    [
        (Addressee(address="nonsense", source="a call"), BadAddress),
        (Addressee(address="head@redmere.example", source=" "), SourceMissing),
    ],
)
def test_an_address_that_is_none_or_comes_from_nowhere_is_refused(
    app: Flask, to: Addressee, refusal: type[Exception]
) -> None:
    c = reminded()
    with pytest.raises(refusal):
        raise_to(c, to=to)


def test_nobody_waits_once_the_reply_by_date_is_past_or_the_programme_closed(app: Flask) -> None:
    c = reminded()
    assert waiting(c, date(2027, 3, 20)) == []
    with pytest.raises(ReplyByPast):
        raise_to(c, day=date(2027, 3, 22))
    with transaction():
        c.programme.closed_at = at(RAISED)
    assert waiting(c, RAISED) == []
    with pytest.raises(ProgrammeClosed):
        raise_to(c)


def test_a_gap_that_is_left_be_waits_for_nobody(app: Flask) -> None:
    c = reminded()
    with pytest.raises(NotRaisedReasonMissing), transaction():
        raising.leave_be(c.programme, c.organisation_ids[0], HEAD, "  ", now=at(RAISED), **PRIYA)
    with transaction():
        raising.leave_be(
            c.programme, c.organisation_ids[0], HEAD, "We meet them on Friday", now=at(RAISED), **PRIYA
        )
    assert waiting(c, RAISED + timedelta(days=20)) == []
    with pytest.raises(NotWaiting), transaction():
        raising.leave_be(c.programme, c.organisation_ids[0], HEAD, "again", now=at(RAISED), **PRIYA)
    assert db.session.query(NotRaised).count() == 1


def test_the_list_takes_the_same_queries_for_one_school_and_for_ten(app: Flask, count_queries) -> None:  # type: ignore[no-untyped-def]
    c, counted = reminded(10), []
    for target in ({c.organisation_ids[0]}, None):
        db.session.rollback()
        programme, now = db.session.merge(c.programme), at(RAISED)
        assert programme.id
        with count_queries() as queries:
            raising.waiting(programme, now=now, target=target)
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 20
