"""Rounds of invitations: the exact list, the exact letter, and nobody written to twice."""

import email.policy
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from outreach.asking import invitations, rounds
from outreach.asking.chasing import reminders
from outreach.asking.invitations import (
    AskedToday,
    Invitation,
    InvitationAddressDead,
    NothingToBook,
    ReasonNeeded,
    ReplyByPast,
    StillBooked,
)
from outreach.asking.rounds import InvitationRound, RoundToNobody
from outreach.booking.holds import ProgrammeClosed
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.county.schools import School
from outreach.coverage import standings
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.post import letterbook, links, outbox
from outreach.post.links import PersonalLink
from outreach.post.outbox import Letter, LetterMail
from outreach.post.outgoing import claims
from outreach.tour import days, target_decisions
from outreach.tour.days import TourDay
from outreach.tour.programmes import Programme

SHOW = datetime(2027, 3, 15, 9, 30, tzinfo=UTC)
PRIYA: dict[str, Any] = {"who": "Priya Nandakumar", "now": make.NOW}


@dataclass
class County:
    programme: Programme
    schools: list[School]
    contacts: list[Contact]

    @property
    def organisation_ids(self) -> list[int]:
        return [s.organisation_id for s in self.schools]


def county(schools: int = 3) -> County:
    partnership = make.partnership()
    programme = make.programme(partnership)
    troupe = make.troupe(partnership)
    for n in range(4):
        make.tour_day(programme, troupe, date(2027, 3, 8) + timedelta(days=n))
    rows = [make.school(name=f"Redmere {n:03}") for n in range(schools)]
    return County(programme, rows, [make.contact(s) for s in rows])


def booking(
    of: County, school: School, year_groups: Sequence[int] = (8, 9), at: datetime = make.NOW
) -> Booking:
    """A show in March, for both year groups if not said otherwise."""
    return make.booking(make.show(of.programme, school, SHOW), dict.fromkeys(year_groups, 120), at=at)


def said_to(contact: Contact) -> list[str]:
    """Subject and body of the letters to one contact, oldest first."""
    raw = db.session.scalars(
        db.select(LetterMail.raw).join(Letter).where(Letter.recipient == contact.address).order_by(Letter.id)
    )
    mails = [email.message_from_bytes(r, policy=email.policy.default) for r in raw]
    return [f"{m['Subject']}\n{m.get_body(('plain',)).get_content()}" for m in mails]


def addresses() -> list[str]:
    return sorted(db.session.scalars(db.select(Letter.recipient)))


def left_out(preview: Any) -> dict[str, str]:
    return {x.organisation.name: x.why for x in preview.left_out}


def test_a_round_writes_one_letter_with_its_own_link_to_each_school(app: Flask) -> None:
    with transaction():
        c = county()
    with transaction():
        sent = rounds.send_round(c.programme, c.organisation_ids, note="first round", **PRIYA)
    assert [r.organisation.organisation_id for r in sent.written] == c.organisation_ids
    assert addresses() == sorted(x.address for x in c.contacts)
    rows = db.session.query(Invitation).order_by(Invitation.organisation_id).all()
    assert [(i.organisation_id, i.round_id, i.repeat) for i in rows] == [
        (organisation_id, sent.round.id, 0) for organisation_id in c.organisation_ids
    ]
    opened = db.session.query(PersonalLink).order_by(PersonalLink.organisation_id).all()
    assert [(x.organisation_id, x.address) for x in opened] == [
        (x.organisation_id, x.address) for x in c.contacts
    ]
    # Reply by 5 February: its links open up to the end of 7 March.
    assert {x.expires_at.isoformat() for x in opened} == {"2027-03-08T00:00:00+00:00"}


def test_the_preview_is_the_letter_that_goes_but_for_its_link(app: Flask) -> None:
    with transaction():
        c = county(1)
    preview = rounds.preview_round(c.programme, c.organisation_ids, now=make.NOW)
    assert preview.letter is not None
    assert db.session.query(Letter).count() == 0 and db.session.query(PersonalLink).count() == 0
    with transaction():
        rounds.send_round(c.programme, c.organisation_ids, **PRIYA)
    letter = db.session.query(Letter).one()
    assert letter.subject == preview.letter.subject
    assert "Dear Joanna Fell" in preview.letter.text
    said = [line for line in preview.letter.text.splitlines() if line.strip() and "/i/" not in line]
    mail = email.message_from_bytes(letter.raw, policy=email.policy.default)
    body = mail.get_body(("plain",)).get_content()
    assert [line for line in body.splitlines() if line.strip() and "/i/" not in line] == said
    assert "8 March" in body or "9 March" in body


def test_who_does_not_get_it_is_listed_with_the_reason(app: Flask) -> None:
    with transaction():
        c = county(8)
        db.session.delete(c.contacts[1])
        outbox.mark_dead(c.contacts[2].address.upper(), "550", make.NOW)
        booking(c, c.schools[3])
        invitations.answer(c.programme, c.schools[4], "declined", "exams until July", **PRIYA)
        target_decisions.exclude(c.programme, c.schools[5], reason="hospital school", **PRIYA)
        c.schools[6].status = "Closed"
        invitations.invite(c.programme, c.schools[7], c.contacts[7], **PRIYA)
        other = make.school(la_code="999", name="Elsewhere")
    preview = rounds.preview_round(c.programme, [*c.organisation_ids, other.organisation_id, 5], now=make.NOW)
    assert [(r.organisation.name, r.contact.address) for r in preview.recipients] == [
        ("Redmere 000", c.contacts[0].address)
    ]
    assert left_out(preview) == {
        "Redmere 001": "no contact on file",
        "Redmere 002": f"mail to {c.contacts[2].address} came back",
        "Redmere 003": "booked for 15 March 2027",
        "Redmere 004": "declined: exams until July",
        "Redmere 005": "excluded: hospital school",
        "Redmere 006": "closed in the register",
        "Redmere 007": f"asked already on 19 January 2027 at {c.contacts[7].address}",
    }


def test_a_school_that_booked_one_year_group_is_asked_once_for_the_other(app: Flask) -> None:
    with transaction():
        c = county(3)
        rounds.send_round(c.programme, c.organisation_ids, **PRIYA)
    with transaction():
        booking(c, c.schools[0], (8,), at=make.NOW + timedelta(hours=1))
        booking(c, c.schools[1], at=make.NOW + timedelta(hours=1))
    later = PRIYA | {"now": make.NOW + timedelta(days=1)}
    preview = rounds.preview_round(c.programme, c.organisation_ids, now=later["now"])
    assert preview.letter is not None and "Year 8" not in preview.letter.text
    with transaction():
        sent = rounds.send_round(c.programme, c.organisation_ids, **later)
    assert [(r.organisation.name, r.repeat) for r in sent.written] == [("Redmere 000", 1)]
    assert left_out(sent) == {
        "Redmere 001": "booked for 15 March 2027",
        "Redmere 002": f"asked already on 19 January 2027 at {c.contacts[2].address}",
    }
    first, second = said_to(c.contacts[0])
    assert "Years 8 and 9" in first and "Year 9" in second and "8 and 9" not in second
    assert "Year 8" not in second and "about 150 by our count" in second
    again = rounds.preview_round(c.programme, c.organisation_ids[:1], now=later["now"])
    assert left_out(again) == {"Redmere 000": f"asked already on 20 January 2027 at {c.contacts[0].address}"}


def test_a_no_holds_until_the_school_books_and_again_once_said_after_it(app: Flask) -> None:
    with transaction():
        c = county(2)
        for school, days in zip(c.schools, (-2, 1), strict=True):
            booking(c, school, (8,))
            at = make.NOW + timedelta(days=days)
            db.session.add(
                invitations.Answer(
                    programme_id=c.programme.id,
                    organisation_id=school.organisation_id,
                    kind="declined",
                    reason="exams",
                    recorded_at=at,
                    who="J",
                )
            )
    preview = rounds.preview_round(c.programme, c.organisation_ids, now=make.NOW + timedelta(days=2))
    assert [r.organisation.name for r in preview.recipients] == ["Redmere 000"]
    assert left_out(preview) == {"Redmere 001": "declined: exams"}


def test_what_a_school_books_while_the_letters_are_reckoned_is_not_asked_for(app: Flask) -> None:
    with transaction():
        c = county(1)
    words = rounds.words_for(c.programme, c.organisation_ids, now=make.NOW)
    with transaction():
        booking(c, c.schools[0], (8,))
    with transaction():
        rounds.send_round(c.programme, c.organisation_ids, words=words, **PRIYA)
    [letter] = said_to(c.contacts[0])
    assert "Year 9" in letter and "8 and 9" not in letter


def test_the_next_contact_is_written_to_when_the_first_is_dead(app: Flask) -> None:
    with transaction():
        c = county(1)
        office = make.contact(c.schools[0], role="Office", name="")
        outbox.mark_dead(c.contacts[0].address, "550", make.NOW)
    with transaction():
        rounds.send_round(c.programme, c.organisation_ids, **PRIYA)
    assert addresses() == [office.address]


def test_a_round_sent_twice_is_refused_and_writes_nothing_more(app: Flask) -> None:
    with transaction():
        c = county()
    with transaction():
        rounds.send_round(c.programme, c.organisation_ids, **PRIYA)
    with pytest.raises(RoundToNobody), transaction():
        rounds.send_round(c.programme, c.organisation_ids, **PRIYA)
    assert len(addresses()) == 3
    assert db.session.query(InvitationRound).count() == 1


def test_an_address_that_changed_since_the_preview_is_not_written_to(app: Flask) -> None:
    with transaction():
        c = county(2)
    seen = {x.organisation_id: x.address for x in c.contacts}
    with transaction():
        c.contacts[0].address = "new@redmere.example"
    with transaction():
        sent = rounds.send_round(c.programme, c.organisation_ids, seen=seen, **PRIYA)
    assert [r.organisation.organisation_id for r in sent.written] == [c.organisation_ids[1]]
    assert left_out(sent) == {"Redmere 000": "the address changed since the list was shown"}


@pytest.mark.parametrize("status", ["failed", "bounced", "withdrawn"])
def test_a_letter_that_never_arrived_lets_the_school_be_asked_again(app: Flask, status: str) -> None:
    with transaction():
        c = county(2)
        rounds.send_round(c.programme, c.organisation_ids, **PRIYA)
        db.session.query(Letter).filter_by(recipient=c.contacts[0].address).one().status = status
    with transaction():
        rounds.send_round(c.programme, c.organisation_ids, **(PRIYA | {"now": make.NOW + timedelta(hours=1)}))
    assert addresses() == sorted([c.contacts[0].address] * 2 + [c.contacts[1].address])


def test_nobody_is_asked_after_the_reply_by_date(app: Flask) -> None:
    with transaction():
        c = county(1)
    late = {"who": "Priya", "now": make.NOW + timedelta(days=20)}
    with pytest.raises(ReplyByPast, match="5 February 2027"):
        rounds.preview_round(c.programme, c.organisation_ids, now=late["now"])
    for verb in (
        lambda: rounds.send_round(c.programme, c.organisation_ids, **late),
        lambda: invitations.invite(c.programme, c.schools[0], c.contacts[0], **late),
    ):
        with pytest.raises(ReplyByPast), transaction():
            verb()
    assert addresses() == []


def test_nobody_is_asked_for_a_closed_programme(app: Flask) -> None:
    with transaction():
        c = county(1)
        c.programme.closed_at = make.EARLIER
    for verb in (
        lambda: rounds.preview_round(c.programme, c.organisation_ids, now=make.NOW),
        lambda: rounds.send_round(c.programme, c.organisation_ids, **PRIYA),
        lambda: invitations.invite(c.programme, c.schools[0], c.contacts[0], **PRIYA),
    ):
        with pytest.raises(ProgrammeClosed), transaction():
            verb()
    assert addresses() == []


def at_once(
    app: Flask, programme_id: int, organisation_ids: Sequence[int], rounds_at_once: int = 2
) -> list[str]:
    """What each of several connections that send the same round at the same time came to."""
    ready = threading.Barrier(rounds_at_once)
    ends: list[str] = []

    def one() -> None:
        with app.app_context():
            programme = db.session.get_one(Programme, programme_id)
            words = rounds.words_for(programme, organisation_ids, now=make.NOW)
            db.session.rollback()
            ready.wait()
            try:
                with transaction():
                    programme = db.session.get_one(Programme, programme_id)
                    sent = rounds.send_round(programme, organisation_ids, words=words, **PRIYA)
                    ends.append(f"wrote {len(sent.written)}")
            except RoundToNobody:
                ends.append("refused")

    threads = [threading.Thread(target=one) for _ in range(rounds_at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


def test_two_rounds_at_once_write_once_to_each_person(app: Flask) -> None:
    with transaction():
        c = county(10)
    programme_id, organisation_ids = c.programme.id, c.organisation_ids
    assert at_once(app, programme_id, organisation_ids, 4) == ["refused", "refused", "refused", "wrote 10"]
    db.session.rollback()
    assert len(addresses()) == len(set(addresses())) == 10


def test_two_rounds_at_once_write_once_to_a_school_that_booked_one_year_group(app: Flask) -> None:
    with transaction():
        c = county(3)
        rounds.send_round(c.programme, c.organisation_ids, who="Priya", now=make.EARLIER)
        for school in c.schools:
            booking(c, school, (8,), at=make.EARLIER + timedelta(hours=1))
    programme_id, organisation_ids = c.programme.id, c.organisation_ids
    assert at_once(app, programme_id, organisation_ids, 3) == ["refused", "refused", "wrote 3"]
    db.session.rollback()
    assert [len(said_to(x)) for x in c.contacts] == [2, 2, 2]


def test_the_database_itself_refuses_a_second_first_invitation(app: Flask) -> None:
    with transaction():
        c = county(1)
    row = {
        "programme_id": c.programme.id,
        "organisation_id": c.organisation_ids[0],
        "address": "a@b.example",
        "recorded_at": make.NOW,
    }
    with transaction():
        db.session.add(Invitation(**row))
    with pytest.raises(IntegrityError), transaction():
        db.session.add(Invitation(**row))
        db.session.flush()


def test_the_list_takes_the_same_queries_for_three_schools_and_for_thirty(app: Flask, count_queries) -> None:
    with transaction():
        c = county(30)
    counted = []
    for organisation_ids in (c.organisation_ids[:3], c.organisation_ids):
        db.session.expire_all()
        with count_queries() as queries:
            rounds.preview_round(c.programme, organisation_ids, now=make.NOW)
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 30


def test_schools_with_a_booking_take_no_more_queries_for_three_than_for_one(
    app: Flask, count_queries
) -> None:
    with transaction():
        c = county(3)
        for school in c.schools:
            booking(c, school, (8,))
    counted = []
    for organisation_ids in (c.organisation_ids[:1], c.organisation_ids):
        db.session.expire_all()
        with count_queries() as queries:
            preview = rounds.preview_round(c.programme, organisation_ids, now=make.NOW)
        assert len(preview.recipients) == len(organisation_ids)
        counted.append(len(queries))
    assert counted == [22, 22]


def test_words_of_a_round_ask_but_for_the_times_of_each_school_as_often_for_three_as_for_one(
    app: Flask, count_queries
) -> None:
    with transaction():
        c = county(3)
        for school in c.schools:
            booking(c, school, (8,))
    counted = []
    for organisation_ids in (c.organisation_ids[:1], c.organisation_ids):
        db.session.expire_all()
        with count_queries() as queries:
            assert set(rounds.words_for(c.programme, organisation_ids, now=make.NOW)) == set(organisation_ids)
        counted.append(len(queries))
    assert counted == [5 + 4, 5 + 3 * 4]


def test_past_rounds_tell_how_many_were_handed_over_booked_and_declined(app: Flask, count_queries) -> None:
    with transaction():
        c = county(5)
        rounds.send_round(c.programme, c.organisation_ids[:4], note="spring", **PRIYA)
        rounds.send_round(c.programme, c.organisation_ids[4:], **PRIYA)
    with transaction():
        later = make.NOW + timedelta(hours=2)
        posted = db.session.query(Letter).order_by(Letter.id).all()
        for letter in posted[:2]:
            letter.status, letter.handed_at = "sent", later
        posted[2].status = "failed"
        booking(c, c.schools[0])
        invitations.answer(c.programme, c.schools[1], "declined", "exams", who="J", now=later)
        # A no that a later answer takes back is none.
        invitations.answer(c.programme, c.schools[3], "declined", "exams", who="J", now=later)
        invitations.answer(c.programme, c.schools[3], "other date", "June", who="J", now=later)
    programme_id = c.programme.id
    with count_queries() as queries:
        second, first = rounds.of_programme(programme_id)
    assert len(queries) == 2
    assert [
        (o.organisation_name, o.handed_over, o.never_arrived, o.booked, o.declined) for o in first.outcomes
    ] == [
        ("Redmere 000", True, False, True, False),
        ("Redmere 001", True, False, False, True),
        ("Redmere 002", False, True, False, False),
        ("Redmere 003", False, False, False, False),
    ]
    assert [(o.organisation_name, o.status) for o in second.outcomes] == [("Redmere 004", "waiting")]
    assert rounds.of_programme(c.programme.id, first.round.id) == [first]


def test_one_school_can_be_asked_again_by_hand_the_next_day_but_not_the_same(app: Flask) -> None:
    with transaction():
        c = county(1)
        invitations.invite(c.programme, c.schools[0], c.contacts[0], **PRIYA)
    with pytest.raises(AskedToday), transaction():
        invitations.invite(c.programme, c.schools[0], c.contacts[0], **PRIYA)
    with transaction():
        invitations.invite(
            c.programme, c.schools[0], c.contacts[0], who="Priya", now=make.NOW + timedelta(days=1)
        )
    assert [i.repeat for i, _ in invitations.of_organisation(c.programme.id, c.organisation_ids[0])] == [1, 0]


def test_a_dead_address_is_not_asked_by_hand(app: Flask) -> None:
    with transaction():
        c = county(1)
        outbox.mark_dead(c.contacts[0].address, "550", make.NOW)
    with pytest.raises(InvitationAddressDead), transaction():
        invitations.invite(c.programme, c.schools[0], c.contacts[0], **PRIYA)


def test_a_school_with_nothing_left_to_book_is_not_asked(app: Flask) -> None:
    with transaction():
        c = county(1)
        booking(c, c.schools[0])
    with pytest.raises(NothingToBook), transaction():
        invitations.invite(c.programme, c.schools[0], c.contacts[0], **PRIYA)


def test_the_letter_asks_for_what_is_left_and_offers_the_dates_that_fit(app: Flask) -> None:
    with transaction():
        c = county(1)
    words = invitations.asking(c.programme, c.schools[0], now=make.NOW)
    assert (words.year_groups, words.pupils, words.shows_needed) == ((8, 9), 300, 2)
    assert len(words.times) == 4 and all(len(one.starts) == 2 for one in words.times)
    assert words.company_names.startswith("Lantern Row Theatre")
    with transaction():
        db.session.get_one(School, c.organisation_ids[0]).number_of_pupils = None
    unknown = invitations.asking(c.programme, db.session.get_one(School, c.organisation_ids[0]), now=make.NOW)
    assert (unknown.pupils, unknown.shows_needed) == (None, 1)


@pytest.mark.parametrize("kind", ["declined", "other date", "somebody else"])
def test_an_answer_needs_its_reason(app: Flask, kind: str) -> None:
    with transaction():
        c = county(1)
    with pytest.raises(ReasonNeeded), transaction():
        invitations.answer(c.programme, c.schools[0], kind, "  ", **PRIYA)


def test_a_no_while_a_visit_is_coming_is_refused(app: Flask) -> None:
    with transaction():
        c = county(1)
        booking(c, c.schools[0])
    with pytest.raises(StillBooked), transaction():
        invitations.answer(c.programme, c.schools[0], "declined", "exams", **PRIYA)


def test_the_same_answer_said_twice_is_kept_once(app: Flask) -> None:
    with transaction():
        c = county(1)
        invitations.answer(c.programme, c.schools[0], "declined", "exams", **PRIYA)
        invitations.answer(c.programme, c.schools[0], "declined", "exams", **PRIYA)
        invitations.answer(c.programme, c.schools[0], "other date", "June", **PRIYA)
    assert [a.kind for a in invitations.answers_of(c.programme.id, c.organisation_ids[0])] == [
        "other date",
        "declined",
    ]


def test_a_no_said_again_after_an_offer_is_a_new_one(app: Flask) -> None:
    """The offer ended the first."""
    with transaction():
        c = county(1)
        invitations.answer(c.programme, c.schools[0], "declined", "exams", **PRIYA)
        db.session.add(
            Proposal(
                programme_id=c.programme.id,
                organisation_id=c.organisation_ids[0],
                starts_at=make.NOW + timedelta(days=40),
                reply_by=make.NOW.date() + timedelta(days=9),
                recorded_at=make.NOW + timedelta(days=1),
                ended_at=make.NOW + timedelta(days=10),
                ended_as="lapsed",
            )
        )
        later = PRIYA | {"now": make.NOW + timedelta(days=11)}
        for _ in range(2):
            invitations.answer(c.programme, c.schools[0], "declined", "exams", **later)
    said = invitations.answers_of(c.programme.id, c.organisation_ids[0])
    assert [a.recorded_at for a in said] == [later["now"], make.NOW]


def test_a_link_of_an_invitation_opens_until_thirty_days_after_reply_by(app: Flask) -> None:
    with transaction():
        c = county(1)
        invitations.invite(c.programme, c.schools[0], c.contacts[0], **PRIYA)
    link = db.session.query(links.PersonalLink).one()
    assert link.open_at(invitations.invitation_expiry(c.programme) - timedelta(seconds=1))
    assert not link.open_at(invitations.invitation_expiry(c.programme))


def without_days(c: County) -> None:
    for day in days.of_programme(c.programme.id):
        day.ended_at = make.NOW
    db.session.flush()


def test_a_round_without_tour_days_is_warned_of_and_its_letter_promises_no_times(app: Flask) -> None:
    with transaction():
        c = county(2)
        without_days(c)
    found = rounds.preview_round(c.programme, c.organisation_ids, now=make.NOW)
    assert found.no_times == invitations.NO_DAY
    with pytest.raises(rounds.NoTimesAnyMore), transaction():
        rounds.send_round(c.programme, c.organisation_ids, warned=False, **PRIYA)
    assert db.session.query(Letter).count() == 0
    with transaction():
        rounds.send_round(c.programme, c.organisation_ids, **PRIYA)
    [said] = said_to(c.contacts[0])
    assert "The days of the tour are not set yet: we write again when they are." in " ".join(said.split())
    assert "Choose a time" not in said and "every time that you could have" not in said
    assert "Tell us which days would suit:" in said


def test_a_round_while_every_tour_day_is_full_says_so(app: Flask) -> None:
    with transaction():
        c = county(2)
        for n, day in enumerate(days.of_programme(c.programme.id)):
            day.shows_at_most = 1
            show = make.show(c.programme, make.school(), SHOW + timedelta(days=7 * n))
            show.tour_day.ended_at = make.NOW
            show.tour_day_id, show.troupe_id = day.id, day.troupe_id
            at = datetime(day.day.year, day.day.month, day.day.day, 9, 30, tzinfo=UTC)
            move = at - show.starts_at
            for name in ("get_in_at", "starts_at", "ends_at", "away_at"):
                setattr(show, name, getattr(show, name) + move)
    assert rounds.preview_round(c.programme, c.organisation_ids, now=make.NOW).no_times == invitations.NO_ROOM
    with transaction():
        rounds.send_round(c.programme, c.organisation_ids, **PRIYA)
    assert "Every day of the tour is taken just now" in " ".join(said_to(c.contacts[0])[0].split())


def test_who_was_told_that_we_write_again_is_written_to_again_once_there_are_times(app: Flask) -> None:
    with transaction():
        c = county(2)
        without_days(c)
    with transaction():
        rounds.send_round(c.programme, c.organisation_ids, **PRIYA)
    later = make.NOW + timedelta(days=2)
    with pytest.raises(RoundToNobody), transaction():
        rounds.send_round(c.programme, c.organisation_ids, who="Priya", now=later)
    with transaction():
        for row in db.session.query(Letter):
            row.status, row.handed_at = "sent", make.NOW
    coming, left = reminders.coming(c.programme, now=make.NOW + timedelta(days=15))
    assert (coming, {row.why for row in left}) == (
        [],
        {"was told that we write again when there are times to choose: there are none yet"},
    )
    with transaction():
        for day in db.session.query(TourDay):
            day.ended_at = None
        assert invitations.told_that_we_write_again(c.programme.id) == sorted(c.organisation_ids)
        sent = rounds.send_round(c.programme, c.organisation_ids, who="Priya", now=later)
    assert [r.repeat for r in sent.written] == [1, 1]
    assert "These are two shows on one day, where they fit the tour best." in " ".join(
        said_to(c.contacts[0])[1].split()
    )
    assert invitations.told_that_we_write_again(c.programme.id) == []
    with pytest.raises(RoundToNobody), transaction():
        rounds.send_round(c.programme, c.organisation_ids, who="Priya", now=later + timedelta(days=2))


def kept_back(c: County) -> int:
    with transaction():
        return rounds.send_round(
            c.programme, c.organisation_ids, kept_back=rounds.KEPT_BACK, **PRIYA
        ).round.id


def due(at: datetime) -> int:
    return len(claims.turn("postman", [], at, most=100))


def test_a_round_is_kept_back_for_a_minute_and_then_goes(app: Flask) -> None:
    with transaction():
        c = county()
    kept_back(c)
    assert due(make.NOW + timedelta(seconds=59)) == 0
    assert due(make.NOW + timedelta(seconds=60)) == 3


def test_a_round_that_was_taken_back_never_goes_its_links_close_and_nobody_was_asked(app: Flask) -> None:
    with transaction():
        c = county()
    round_id = kept_back(c)
    with transaction():
        assert rounds.withdraw(c.programme, round_id, who="Owen", now=make.NOW + timedelta(seconds=30)) == 3
    assert due(make.NOW + timedelta(days=1)) == 0
    assert all(not x.open_at(make.NOW) for x in db.session.query(PersonalLink))
    later = make.NOW + timedelta(minutes=5)
    found = standings.standings_of_programme(c.programme.id, as_of=day_of(later), now=later)
    assert {s.standing for s in found.target} == {"not asked"}
    assert [
        r.organisation.organisation_id
        for r in rounds.preview_round(c.programme, c.organisation_ids, now=later).recipients
    ] == c.organisation_ids
    with transaction():
        assert rounds.withdraw(c.programme, round_id, who="Owen", now=later) == 0, "twice is once"


def test_after_a_round_was_taken_back_it_can_be_sent_anew_or_to_one_school_at_once(app: Flask) -> None:
    with transaction():
        c = county()
    round_id, later = kept_back(c), make.NOW + timedelta(minutes=1)
    with transaction():
        rounds.withdraw(c.programme, round_id, who="Owen", now=make.NOW)
    with transaction():
        invitations.invite(c.programme, c.schools[0], c.contacts[0], who="Owen", now=later)
    with transaction():
        sent = rounds.send_round(c.programme, c.organisation_ids, who="Owen", now=later)
    assert [r.organisation.organisation_id for r in sent.written] == c.organisation_ids[1:]
    assert due(later) == 3


def test_a_round_of_which_one_letter_was_taken_back_by_itself_is_taken_back_with_the_rest(app: Flask) -> None:
    with transaction():
        c = county()
    round_id = kept_back(c)
    with transaction():
        letter = db.session.query(Letter).order_by(Letter.id).first()
        letterbook.withdraw(letter, who="Owen", now=make.NOW)
    with transaction():
        assert rounds.withdraw(c.programme, round_id, who="Owen", now=make.NOW) == 3
    assert {letter.status for letter in db.session.query(Letter)} == {outbox.WITHDRAWN}


def test_a_round_of_which_one_letter_is_in_hand_is_not_taken_back_at_all(app: Flask) -> None:
    with transaction():
        c = county()
    round_id, later = kept_back(c), make.NOW + timedelta(seconds=61)
    assert len(claims.turn("postman", [], later, most=1)) == 1
    with pytest.raises(rounds.RoundIsGoing), transaction():
        rounds.withdraw(c.programme, round_id, who="Owen", now=later)
    db.session.rollback()
    assert {letter.status for letter in db.session.query(Letter)} == {outbox.WAITING}
    assert all(x.open_at(make.NOW) for x in db.session.query(PersonalLink))


def test_a_round_of_another_programme_is_not_there(app: Flask) -> None:
    with transaction():
        c = county()
        other = make.programme(make.partnership(("999",)))
    round_id = kept_back(c)
    with pytest.raises(rounds.NoSuchRound), transaction():
        rounds.withdraw(other, round_id, who="Owen", now=make.NOW)


def test_the_postman_and_who_takes_back_at_once_never_both_have_a_letter(app: Flask) -> None:
    """Whoever comes first has all: a letter that is in hand is not taken back, and none that was goes."""
    with transaction():
        c = county(6)
    round_id, later = kept_back(c), make.NOW + timedelta(seconds=61)
    programme_id = c.programme.id
    db.session.remove()
    ready, said = threading.Barrier(2), []

    def post() -> None:
        with app.app_context():
            ready.wait(120)
            said.append(("in hand", len(claims.turn("postman", [], later, most=100))))

    def back() -> None:
        with app.app_context():
            ready.wait(120)
            try:
                with transaction():
                    programme = db.session.get_one(Programme, programme_id)
                    n = rounds.withdraw(programme, round_id, who="Owen", now=later)
                said.append(("back", n))
            except rounds.RoundIsGoing:
                said.append(("back", 0))

    threads = [threading.Thread(target=each) for each in (post, back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    told = dict(said)
    # A postman passes by a letter that the other holds that moment, and comes to it in his next turn.
    rest = len(claims.turn("postman", [], later, most=100))
    assert (told["in hand"] + rest, told["back"]) in {(6, 0), (0, 6)}


def test_taking_a_round_back_asks_as_often_for_many_schools_as_for_few(
    app: Flask, count_queries: Any
) -> None:
    counts = []
    for n, codes in ((2, ("931",)), (12, ("932",))):
        with transaction():
            partnership = make.partnership(codes)
            programme = make.programme(partnership)
            make.tour_day(programme, make.troupe(partnership), date(2027, 3, 8))
            schools = [make.school(la_code=codes[0]) for _ in range(n)]
            c = County(programme, schools, [make.contact(s) for s in schools])
        round_id = kept_back(c)
        with count_queries() as sent, transaction():
            assert rounds.withdraw(c.programme, round_id, who="Owen", now=make.NOW) == n
        counts.append(len([said for said in sent if not said.startswith("INSERT")]))
    assert counts[0] == counts[1]
