"""Whole mails compared with the files beside this one: every header, both readings, the calendar entry.

After a change that is meant: pytest tests/letters --write-letters, then look at the diff.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email import policy
from email.parser import BytesParser
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import words_of_pupils
from outreach import create_app
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.post import about_sign_in, copies, letters, outbox, own_letter, placeholders, proposing
from outreach.post import before_visit as before
from outreach.post import digest as desk_digest
from outreach.post import questions_open as open_questions
from outreach.post.before_visit import BeforeVisit, Block, Sheet
from outreach.post.calendars import Attendee
from outreach.post.digest import DigestLine, DigestPart, DigestWords
from outreach.post.guests import notes
from outreach.post.incoming import answering
from outreach.post.letters import Addressee, LetterVisit
from outreach.post.outbox import SENT, Letter
from outreach.post.own_letter import OwnWords
from outreach.post.questions_open import QuestionsOpen
from outreach.post.stationery import LetterAsking, OfferedTime
from outreach.post.writing import mint, page_of
from outreach.post.yearly import still_right
from outreach.post.yearly.still_right import HeldForOrganisation
from post import facts
from post.facts import COMPANY, EXPIRES, JOANNA, NOW, OFFICE, SETTINGS, asking, put_down, sender, visit
from post.strict import strict_problems

HERE = Path(__file__).parent
LATER = NOW + timedelta(days=3)
TIMES = ("get_in_at", "starts_at", "ends_at", "away_at")


def invited() -> None:
    """Joanna has had the first invite."""
    outbox_letter = letters.booked(visit(), JOANNA, sender(), now=NOW, expires_at=EXPIRES)
    outbox_letter.status, outbox_letter.handed_at = SENT, NOW


def invitation() -> Letter:
    return letters.invitation(asking(), JOANNA, sender(), now=NOW, expires_at=EXPIRES)[0]


def invitation_with_little_known() -> Letter:
    """No name, no role, no source, no count, no slot, two shows, a price."""
    little = asking(
        summary="",
        pupils=None,
        shows_needed=0,
        times=(),
        cost="£250.",
        company_names="",
        discussion_minutes=0,
        organisation_name="St Brannoc’s <& Co>",
    )
    return letters.invitation(
        little, OFFICE, sender(contact_phone="", contact_email=""), now=NOW, expires_at=EXPIRES
    )[0]


def invitation_for_adults() -> Letter:
    staff = asking(year_groups=(STAFF,), pupils=None, shows_needed=1, for_adults=True)
    return letters.invitation(staff, JOANNA, sender(), now=NOW, expires_at=EXPIRES)[0]


def asking_a_body(**changes: Any) -> LetterAsking:
    place = OfferedTime(
        starts=(datetime(2027, 3, 9, 14, tzinfo=UTC),), why="at Kestermere Town Hall, 9 places left"
    )
    return asking(
        **{
            "organisation_id": 12_345_678,
            "organisation_name": "Redmere Response Team",
            "year_groups": (STAFF,),
            "pupils": 42,
            "shows_needed": 0,
            "times": (place,),
            "staff": "staff",
            "for_adults": True,
        }
        | changes
    )


SERGEANT = Addressee(
    address="s.wood@police.example",
    name="Sam Wood",
    role="Sergeant",
    source="the organisation",
    source_date=date(2027, 1, 4),
)


def invitation_to_a_body() -> Letter:
    return letters.invitation(asking_a_body(), SERGEANT, sender(), now=NOW, expires_at=EXPIRES)[0]


def reminder_to_a_body_before_there_are_sessions() -> Letter:
    return letters.reminder(
        asking_a_body(times=(), no_times="no day", pupils=None),
        Addressee(address="desk@police.example"),
        sender(),
        nth=2,
        asked_on=date(2027, 1, 5),
        now=NOW,
        expires_at=EXPIRES,
    )[0]


def raised_at_a_body() -> Letter:
    return letters.raised_to_head(
        asking_a_body(),
        SERGEANT,
        sender(),
        written_to="desk@police.example",
        written_on=WRITTEN,
        now=LATER,
        expires_at=EXPIRES,
    )[0]


def invitation_for_two_shows() -> Letter:
    at = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)
    both = OfferedTime(
        starts=(at, at + timedelta(minutes=165)),
        why="The company is at Kestermere that day, after your exams",
    )
    return letters.invitation(
        asking(pupils=420, shows_needed=2, times=(both,)), JOANNA, sender(), now=NOW, expires_at=EXPIRES
    )[0]


def reminder() -> Letter:
    return letters.reminder(
        asking(), JOANNA, sender(), nth=1, asked_on=date(2027, 1, 5), now=NOW, expires_at=EXPIRES
    )[0]


def second_reminder() -> Letter:
    return letters.reminder(
        asking(times=()), OFFICE, sender(), nth=2, asked_on=date(2027, 1, 5), now=NOW, expires_at=EXPIRES
    )[0]


WRITTEN = (date(2027, 1, 5), date(2027, 1, 15), date(2027, 1, 25))


def raised_to_head() -> Letter:
    head = Addressee(
        address="head@stbrannocs.example",
        name="Dr Hart",
        role="Head teacher",
        source="the school’s website",
        source_date=date(2027, 2, 1),
    )
    return letters.raised_to_head(
        asking(), head, sender(), written_to=JOANNA.address, written_on=WRITTEN, now=LATER, expires_at=EXPIRES
    )[0]


def raised_to_trust() -> Letter:
    trust = Addressee(
        address="office@owl.example", source="the trust’s website", source_date=date(2027, 2, 1)
    )
    return letters.raised_to_trust(
        asking(),
        trust,
        sender(),
        trust="Owl Learning Trust",
        written_to="head@stbrannocs.example",
        written_on=WRITTEN,
        now=LATER,
    )


def report_missing() -> Letter:
    after = visit().ends_at + timedelta(days=3)
    return letters.report_missing(visit(), JOANNA, sender(), now=after, expires_at=after + timedelta(weeks=6))


def report_missing_of_staff() -> Letter:
    after = visit().ends_at + timedelta(days=2)
    of = visit(for_adults=True, pupils=((STAFF, 12),))
    return letters.report_missing(of, JOANNA, sender(), now=after, expires_at=after + timedelta(weeks=6))


def how_did_it_go_with_staff() -> Letter:
    after = visit().ends_at + timedelta(hours=7)
    of = visit(for_adults=True, pupils=((STAFF, 12),))
    return letters.how_did_it_go(of, JOANNA, sender(), now=after, expires_at=after + timedelta(weeks=6))


def how_did_it_go() -> Letter:
    after = visit().ends_at + timedelta(hours=7)
    return letters.how_did_it_go(visit(), JOANNA, sender(), now=after, expires_at=after + timedelta(weeks=6))


def how_the_day_went() -> Letter:
    show = visit(uid="show-9@outreach.example")
    shows = [(show.starts_at, show.place_name), (show.starts_at + timedelta(hours=4), "Redmere Academy")]
    return letters.how_the_day_went(
        show, COMPANY, sender(), shows=shows, now=show.ends_at + timedelta(hours=7)
    )


ASKS = ("whether a lesson followed", "whether every concern reached your safeguarding lead within a day")


def since_the_show() -> Letter:
    after = visit().ends_at + timedelta(days=7)
    return letters.since_the_show(
        visit(), JOANNA, sender(), asks=ASKS, last=False, now=after, expires_at=after + timedelta(weeks=6)
    )


def since_the_show_for_the_last_time() -> Letter:
    after = visit().ends_at + timedelta(weeks=6)
    return letters.since_the_show(
        visit(), JOANNA, sender(), asks=ASKS[:1], last=True, now=after, expires_at=after + timedelta(weeks=1)
    )


def sheet(**changes: Any) -> Sheet:
    return replace(
        Sheet(
            title="Your child will see a play about staying safe",
            school_name="St Brannoc’s",
            school_address="Church Lane, Kestermere ZZ1 1AA",
            school_phone="01632 960 203",
            partnership_name="Marlshire Safeguarding Children Partnership",
            written_on="2 March 2027",
            facts=(("When", "Tuesday 9 March, 9:30am to 10:45am"), ("Where", "In school: Main hall")),
            blocks=(
                Block(kind="paragraph", lines=("Dear parent or carer,",)),
                Block(kind="heading", lines=("How you can help",)),
                Block(
                    kind="points", lines=("Ask what they made of it. Listen first.", "Come to us <& say so>.")
                ),
                Block(kind="paragraph", lines=("Tell us by Friday 5 March.", "You need give no reason.")),
            ),
            ring_title="Whom to ring",
            ring=(("Our safeguarding lead", "01632 960 205"), ("In danger", "999")),
            signed=("Joanna Fell", "Designated safeguarding lead"),
            foot="Booking MRL-7K2Q. No name of a pupil is asked for or kept.",
        ),
        **changes,
    )


def _before(families: Sheet | None, staff: Sheet | None, *, questions: str = "", **changes: Any) -> Letter:
    words = BeforeVisit(
        subject="‘Someone to Tell’ on Tuesday 9 March: what to have ready",
        blocks=(Block(kind="paragraph", lines=("Please send the letter below to families this week.",)),),
        brought_by="Lantern Row Theatre",
        families=families,
        staff=staff,
        questions=questions,
    )
    at = visit().starts_at - timedelta(days=7)
    return before.before_visit(
        words,
        visit(**changes),
        JOANNA,
        sender(),
        stop_token="stop".ljust(32, "x"),
        now=at,
        expires_at=EXPIRES,
    )


def before_visit() -> Letter:
    staff = sheet(title="‘Someone to Tell’: a note for staff", signed=("", ""), ring_title="Whom to ask")
    return _before(sheet(), staff)


def before_visit_with_questions() -> Letter:
    return _before(sheet(), sheet(title="A note for staff"), questions="Six")


def before_visit_for_adults() -> Letter:
    return _before(None, None, pupils=(), access=())


def _open(wave: str, opened: timedelta) -> Letter:
    at = visit().starts_at + opened
    words = QuestionsOpen(
        wave=wave,
        number=6,
        last_day=(at + timedelta(days=2)).date(),
        closes_at=at + timedelta(days=3),
        later=wave == "later",
    )
    return open_questions.questions_open(
        words, visit(), JOANNA, sender(), stop_token="stop".ljust(32, "x"), now=at
    )


def questions_open() -> Letter:
    return _open("after", timedelta(days=1))


def questions_open_later() -> Letter:
    return _open("later", timedelta(days=91))


def staff_questions() -> Letter:
    after = visit().ends_at + timedelta(days=1)
    return letters.staff_questions(
        visit(), JOANNA, sender(), later=False, now=after, expires_at=after + timedelta(weeks=7)
    )


def staff_questions_three_months_on() -> Letter:
    after = visit().ends_at + timedelta(days=91)
    return letters.staff_questions(
        visit(), JOANNA, sender(), later=True, now=after, expires_at=after + timedelta(weeks=4)
    )


def link() -> Letter:
    return letters.link_sent(
        asking(pupils=500, shows_needed=2), OFFICE, sender(), now=NOW, expires_at=EXPIRES
    )[0]


def link_notice() -> Letter:
    return letters.link_notice(asking(), JOANNA, sender(), asked_by_address="new@stbrannocs.example", now=NOW)


def still_right_letter() -> Letter:
    held = HeldForOrganisation(
        organisation_name="St Brannoc’s",
        organisation_id=900001,
        programme_id=1,
        programme_title="Someone to Tell",
        academic_year=2027,
        people=(("Joanna Fell", "Designated safeguarding lead"), ("office@stbrannocs.example", "")),
        answer_by=date(2027, 2, 2),
    )
    return still_right.still_right(held, JOANNA, sender(), now=NOW, expires_at=EXPIRES)[0]


def booked() -> Letter:
    return letters.booked(visit(), JOANNA, sender(), now=NOW, expires_at=EXPIRES)


def moved() -> Letter:
    invited()
    new = visit(
        sequence=1,
        starts_at=datetime(2027, 7, 6, 8, 30, tzinfo=UTC),
        ends_at=datetime(2027, 7, 6, 9, 45, tzinfo=UTC),
        get_in_at=datetime(2027, 7, 6, 7, 30, tzinfo=UTC),
        away_at=datetime(2027, 7, 6, 10, 15, tzinfo=UTC),
    )
    return letters.moved(
        new, JOANNA, sender(), was_starts_at=visit().starts_at, now=LATER, expires_at=EXPIRES
    )


def moved_in_short() -> Letter:
    invited()
    later = {name: getattr(visit(), name) + timedelta(days=7) for name in TIMES}
    return letters.moved_in_short(visit(sequence=1, **later), JOANNA, sender(), now=LATER, expires_at=EXPIRES)


def as_it_stands() -> Letter:
    invited()
    return letters.as_it_stands(visit(sequence=1), JOANNA, sender(), now=LATER, expires_at=EXPIRES)


def handed_on() -> Letter:
    invited()
    return letters.handed_on(
        visit(sequence=1, place_name="St Brannoc’s Academy", organisation_id=900002),
        JOANNA,
        sender(),
        was="St Brannoc’s",
        becomes="St Brannoc’s Academy",
        elsewhere=False,
        now=LATER,
        expires_at=EXPIRES,
    )


def handed_on_to_another_place() -> Letter:
    invited()
    new = visit(
        sequence=1,
        place_name="Kestermere Academy",
        place_address="Mill Lane, Kestermere",
        organisation_id=900002,
    )
    return letters.handed_on(
        new,
        JOANNA,
        sender(),
        was="St Brannoc’s",
        becomes="Kestermere Academy",
        elsewhere=True,
        now=LATER,
        expires_at=EXPIRES,
    )


def changed() -> Letter:
    invited()
    said = ("Hall: Sports hall, before Main hall.", "The note for the company.")
    return letters.changed(
        visit(hall="Sports hall"), JOANNA, sender(), changes=said, now=LATER, expires_at=EXPIRES
    )


def cancelled() -> Letter:
    invited()
    return letters.cancelled(
        visit(sequence=1), JOANNA, sender(), reason="The hall is flooded.", by="school", now=LATER
    )


def cancelled_by_the_company() -> Letter:
    invited()
    return letters.cancelled(visit(sequence=1), JOANNA, sender(), reason="Illness", by="company", now=LATER)


def colleague_added() -> Letter:
    return letters.colleague_added(visit(), OFFICE, sender(), now=LATER, expires_at=EXPIRES)


def colleague_removed() -> Letter:
    invited()
    return letters.colleague_removed(visit(sequence=1), JOANNA, sender(), now=LATER)


def troupe() -> Letter:
    return letters.for_troupe(
        visit(uid="show-9@outreach.example"), COMPANY, sender(), method="REQUEST", now=NOW
    )


def troupe_changed() -> Letter:
    show = visit(uid="show-9@outreach.example")
    first = letters.for_troupe(show, COMPANY, sender(), method="REQUEST", now=NOW)
    first.status, first.handed_at = SENT, NOW
    later = visit(uid="show-9@outreach.example", sequence=1, hall="Sports hall")
    said = ("Hall: Sports hall, before Main hall.",)
    return letters.for_troupe(later, COMPANY, sender(), method="REQUEST", changes=said, now=LATER)


def colleague_added_again() -> Letter:
    invited()
    gone = letters.colleague_removed(visit(sequence=1), JOANNA, sender(), now=LATER)
    gone.status, gone.handed_at = SENT, LATER
    later = LATER + timedelta(days=1)
    return letters.colleague_added(visit(sequence=1), JOANNA, sender(), now=later, expires_at=EXPIRES)


def troupe_cancelled() -> Letter:
    show = visit(uid="show-9@outreach.example")
    first = letters.for_troupe(show, COMPANY, sender(), method="REQUEST", now=NOW)
    first.status, first.handed_at = SENT, NOW
    again = visit(uid="show-9@outreach.example", sequence=1)
    return letters.for_troupe(again, COMPANY, sender(), method="CANCEL", now=LATER)


def troupe_left() -> Letter:
    first = troupe()
    first.status, first.handed_at = SENT, NOW
    again = visit(uid="show-9@outreach.example", sequence=1)
    ahead = "it goes ahead with Blue van"
    return letters.for_troupe(again, COMPANY, sender(), method="CANCEL", goes_ahead=ahead, now=LATER)


def kept_visit(**changes: object) -> LetterVisit:
    """A time that is kept for a school: no reference yet, no hall, nobody counted."""
    bare = {
        "reference": "",
        "hall": "",
        "pupils": (),
        "access": (),
        "phone": "",
        "reply_by": date(2027, 2, 5),
    }
    return visit(**bare | {"attendees": (Attendee(name="Joanna Fell", address=JOANNA.address),)} | changes)


def proposed() -> Letter:
    return proposing.proposed(kept_visit(), JOANNA, sender(), now=NOW, expires_at=EXPIRES)


def offered_from_the_waiting_list() -> Letter:
    return proposing.proposed(kept_visit(waiting=True), JOANNA, sender(), now=NOW, expires_at=EXPIRES)


def proposal_moved() -> Letter:
    had_proposal()
    was = visit().starts_at
    new = replace(
        kept_visit(),
        sequence=1,
        **{name: getattr(visit(), name) + timedelta(days=7) for name in TIMES},
    )
    note = "The van has another school near you that day."
    return proposing.moved(new, JOANNA, sender(), was_starts_at=was, note=note, now=LATER, expires_at=EXPIRES)


def proposal_moved_in_short() -> Letter:
    had_proposal()
    later = {name: getattr(visit(), name) + timedelta(days=7) for name in TIMES}
    new = replace(kept_visit(), sequence=1, **later)
    return proposing.moved_in_short(new, JOANNA, sender(), now=LATER, expires_at=EXPIRES)


def proposal_accepted() -> Letter:
    """The entry that was tentative is confirmed: same UID, the next revision."""
    had_proposal()
    return proposing.accepted(visit(sequence=1), JOANNA, sender(), now=LATER, expires_at=EXPIRES)


def proposal_refused() -> Letter:
    return no_longer_kept(proposing.REFUSED, "We have mock exams that week.")


def proposal_withdrawn() -> Letter:
    return no_longer_kept(proposing.WITHDRAWN, "")


def proposal_lapsed() -> Letter:
    return no_longer_kept(proposing.LAPSED, "")


def lapsed_on_the_waiting_list() -> Letter:
    return no_longer_kept(proposing.LAPSED, "", waiting=True)


def proposal_overtaken() -> Letter:
    return no_longer_kept(proposing.OVERTAKEN, "")


def proposal_called_off() -> Letter:
    return no_longer_kept(proposing.CALLED_OFF, "Illness")


def had_proposal() -> None:
    first = proposed()
    first.status, first.handed_at = SENT, NOW


def no_longer_kept(how: str, reason: str, *, waiting: bool = False) -> Letter:
    had_proposal()
    return proposing.ended(
        kept_visit(sequence=1, waiting=waiting),
        JOANNA,
        sender(),
        how=how,
        reason=reason,
        now=LATER,
        expires_at=EXPIRES,
    )


def time_stays() -> Letter:
    wish = datetime(2027, 3, 26, 14, 15, tzinfo=UTC)
    return answering.time_stays(
        visit(),
        JOANNA,
        sender(),
        wish_starts_at=wish,
        words="The van is in Marlford that day.",
        now=LATER,
        expires_at=EXPIRES,
    )


def move_or_cancel() -> Letter:
    return answering.move_or_cancel(
        visit(), JOANNA, sender(), comment="I am on a trip", now=LATER, expires_at=EXPIRES
    )


def guest_visit(**changes: object) -> LetterVisit:
    """A small school goes to a neighbour's show."""
    as_guest = {
        "place_name": "Redmere Academy",
        "place_address": "Hill Road, Redmere, ZZ1 2BB",
        "pupils": ((8, 9),),
        "access": ("1 wheelchair place",),
        "school_provides": "",
        "host_name": "Redmere Academy",
        "travel": "By coach, with 2 adults, there at 9:15am",
        "terms": "Bring your own staff; use the side gate.",
    }
    return visit(**as_guest | changes)


def guest_booked() -> Letter:
    return letters.booked(guest_visit(), JOANNA, sender(), now=NOW, expires_at=EXPIRES)


def had_guest_invite() -> None:
    first = guest_booked()
    first.status, first.handed_at = SENT, NOW


def guest_moved() -> Letter:
    had_guest_invite()
    new = guest_visit(
        sequence=1,
        starts_at=datetime(2027, 3, 16, 9, 30, tzinfo=UTC),
        ends_at=datetime(2027, 3, 16, 10, 45, tzinfo=UTC),
        cancel_until=date(2027, 3, 16),
    )
    return letters.moved(
        new, JOANNA, sender(), was_starts_at=visit().starts_at, now=LATER, expires_at=EXPIRES
    )


INSTEAD = (
    (datetime(2027, 3, 11, 13, 0, tzinfo=UTC), "at Kestermere High, 10 minutes away, 150 seats"),
    (datetime(2027, 3, 16, 9, 0, tzinfo=UTC), "at your own school"),
)


def guest_whose_host_cancelled() -> Letter:
    had_guest_invite()
    return letters.cancelled(
        guest_visit(sequence=1),
        JOANNA,
        sender(),
        reason="The hall is flooded.",
        by="host",
        now=LATER,
        instead=INSTEAD,
    )


def troupe_with_a_guest() -> Letter:
    show = visit(
        uid="show-9@outreach.example", guests=("Littlemere School: 9 pupils, by coach, there at 9:15am",)
    )
    return letters.for_troupe(show, COMPANY, sender(), method="REQUEST", now=NOW)


MEETING = "https://meet.example/training"
"""Where a session meets online, which is no page of ours."""


def session(**changes: object) -> LetterVisit:
    """A training at a hall that one may join online, too."""
    facts: dict[str, object] = {
        "for_adults": True,
        "place_name": "Mill Lane Hall",
        "place_address": "3 Mill Lane, Kestermere, ZZ1 4AA",
        "hall": "",
        "pupils": ((STAFF, 12),),
        "access": (),
        "school_provides": "",
        "held": "at Mill Lane Hall",
        "link": MEETING,
        "joining": "Ring at the side door. The code of the car park is on the gate.",
    }
    return visit(**facts | changes)


def session_booked() -> Letter:
    mine = session(host_name="Mill Lane Hall", travel="By staff cars")
    return letters.booked(mine, JOANNA, sender(), now=NOW, expires_at=EXPIRES)


def session_moved() -> Letter:
    mine = session(host_name="Mill Lane Hall", travel="By staff cars")
    first = letters.booked(mine, JOANNA, sender(), now=NOW, expires_at=EXPIRES)
    first.status, first.handed_at = SENT, NOW
    later = replace(mine, sequence=1, **{name: getattr(mine, name) + timedelta(days=7) for name in TIMES})
    said = "New place: Mill Lane Hall, before Fen Road Station."
    return letters.moved(
        later, JOANNA, sender(), was_starts_at=mine.starts_at, note=said, now=LATER, expires_at=EXPIRES
    )


def troupe_of_a_session() -> Letter:
    coming = ("Redmere Academy: 12 staff, by staff cars", "Kestermere Police Team: 8 staff")
    show = session(uid="show-9@outreach.example", pupils=((STAFF, 20),), guests=coming)
    return letters.for_troupe(show, COMPANY, sender(), method="REQUEST", now=NOW)


def note(kind: str, **changes: object) -> Letter:
    to_host = kind in notes.TO_HOST
    facts = {
        "kind": kind,
        "place_id": 7,
        "organisation_id": 900001,
        "programme_id": 1,
        "programme_title": "Someone to Tell",
        "organisation_name": "St Brannoc’s" if to_host else "Littlemere School",
        "other_name": "Littlemere School" if to_host else "St Brannoc’s",
        "starts_at": visit().starts_at,
        "ends_at": visit().ends_at,
        "pupils": ((8, 9), (9, 8)),
        "page": "/booked/MRL-7K2Q/guests" if to_host else "/hosts",
        "seats": 17,
    }
    return notes.tell(notes.GuestNote(**facts | changes), JOANNA, sender(), now=NOW, expires_at=EXPIRES)


def guest_asks() -> Letter:
    return note(
        notes.ASKS,
        page="/booked/MRL-7K2Q/guests/7",
        why="We have no hall for it",
        travel="By coach, with 2 adults, there at 9:15am. Drops off at the gate",
        said="We know your hall.",
    )


def guest_joins() -> Letter:
    return note(notes.JOINED, travel="On foot")


def guest_changes() -> Letter:
    return note(notes.CHANGED, pupils=((8, 1),))


def guest_leaves() -> Letter:
    return note(notes.LEFT)


def guest_asks_no_more() -> Letter:
    return note(notes.WITHDRAWN)


def host_gives_fewer() -> Letter:
    return note(notes.FEWER, seats=10, said="Be there by 9:15am.")


def host_refuses() -> Letter:
    return note(notes.REFUSED, said="The hall is small.", nearest=INSTEAD)


def host_cancels_before_it_answered() -> Letter:
    return note(notes.HOST_LEFT, nearest=INSTEAD)


def host_moves_before_it_answered() -> Letter:
    return note(notes.HOST_MOVED)


def own_letter_to(to: Addressee, words: str, page: str | None = None) -> Letter:
    values = {"school": "St Brannoc’s <& Co>", "first name": "Joanna", "booking link": page or ""}
    said = OwnWords(
        subject="The hall at St Brannoc’s",
        paragraphs=placeholders.paragraphs(words, values),
        greets=placeholders.greets(words),
        organisation_name="St Brannoc’s",
        organisation_id=100001,
        page=page,
    )
    letter = own_letter.put_down(
        own_letter.rendered(said, to, sender(), now=NOW),
        to,
        sender(),
        stream="own letter/1/900001/1",
        now=NOW,
        goes_at=LATER,
    )
    db.session.flush()
    return letter


def own_words() -> Letter:
    return own_letter_to(OFFICE, "Is the hall at {school} free?\nWe bring a van.\n\nThank you.")


def own_words_with_a_greeting_and_a_link() -> Letter:
    minted = mint(asking(), JOANNA, sender(), now=NOW, expires_at=EXPIRES)
    return own_letter_to(JOANNA, "Dear {first name},\n\nChoose a time: {booking link}", page_of(minted.token))


def digest() -> Letter:
    words = DigestWords(
        title="Someone to Tell",
        programme_id=1,
        subject="Your desk: 1 to put right or answer, 2 for today, 7 new",
        parts=(
            DigestPart(
                heading="To put right or answer",
                lines=(DigestLine(what="2 letters did not go", said="each says why · nobody"),),
            ),
            DigestPart(
                heading="Today",
                lines=(
                    DigestLine(
                        what="1 kept time is about to lapse",
                        said="St Brannoc’s <& Co> has until the end of today · you",
                    ),
                    DigestLine(what="3 schools to follow up today", said="you and Owen Bright"),
                ),
            ),
            DigestPart(
                heading="What is new",
                lines=(DigestLine(what="6 bookings and 1 report", said=""),),
                is_new=True,
            ),
        ),
        since=NOW - timedelta(days=5),
        more="2 more things wait on the desk, with time.",
    )
    priya = Addressee(address="priya@marlshire.example", name="Priya Nandakumar")
    days, token = "on Mondays and Thursdays", "token-01-".ljust(32, "x")
    return desk_digest.digest(words, priya, sender(), person_id=7, days=days, token=token, now=NOW)


def new_device() -> Letter:
    priya = Addressee(address="priya@marlshire.example", name="Priya Nandakumar")
    return about_sign_in.new_device("Safari, iPhone", priya, sender(), session_id=7, now=NOW)


def forgotten_password() -> Letter:
    priya, token = (
        Addressee(address="priya@marlshire.example", name="Priya Nandakumar"),
        "token-02-".ljust(32, "x"),
    )
    lapses_at = NOW + timedelta(hours=1)
    return about_sign_in.forgotten_password(
        priya, sender(), person_id=7, token=token, lapses_at=lapses_at, now=NOW
    )


def sign_in_changed() -> Letter:
    priya = Addressee(address="priya@marlshire.example", name="Priya Nandakumar")
    said = "A second factor was set up for your account."
    return about_sign_in.sign_in_changed(said, priya, sender(), of="7 set up", now=NOW)


def team_invitation() -> Letter:
    dafydd = Addressee(address="d.rhys@marlshire.example", name="Dafydd Rhys")
    return about_sign_in.team_invitation(
        dafydd,
        sender(),
        invitation_id=7,
        token="token-01-".ljust(32, "x"),
        role="board member",
        invited_by="Priya Nandakumar",
        lapses_at=NOW + timedelta(days=14),
        now=NOW,
    )


ALL: list[Callable[[], Letter]] = [
    forgotten_password,
    new_device,
    sign_in_changed,
    team_invitation,
    still_right_letter,
    own_words,
    own_words_with_a_greeting_and_a_link,
    proposed,
    proposal_moved,
    proposal_moved_in_short,
    moved_in_short,
    as_it_stands,
    proposal_accepted,
    proposal_refused,
    proposal_withdrawn,
    proposal_lapsed,
    proposal_overtaken,
    proposal_called_off,
    offered_from_the_waiting_list,
    lapsed_on_the_waiting_list,
    invitation,
    invitation_with_little_known,
    invitation_for_adults,
    invitation_to_a_body,
    reminder_to_a_body_before_there_are_sessions,
    raised_at_a_body,
    invitation_for_two_shows,
    link,
    link_notice,
    booked,
    moved,
    handed_on,
    handed_on_to_another_place,
    changed,
    cancelled,
    cancelled_by_the_company,
    colleague_added,
    colleague_added_again,
    colleague_removed,
    troupe,
    troupe_changed,
    troupe_cancelled,
    troupe_left,
    time_stays,
    move_or_cancel,
    guest_booked,
    guest_moved,
    guest_whose_host_cancelled,
    troupe_with_a_guest,
    session_booked,
    session_moved,
    troupe_of_a_session,
    guest_asks,
    guest_joins,
    guest_changes,
    guest_leaves,
    guest_asks_no_more,
    host_gives_fewer,
    host_refuses,
    host_cancels_before_it_answered,
    host_moves_before_it_answered,
    time_stays,
    move_or_cancel,
    reminder,
    second_reminder,
    raised_to_head,
    raised_to_trust,
    how_did_it_go,
    how_did_it_go_with_staff,
    report_missing_of_staff,
    how_the_day_went,
    report_missing,
    since_the_show,
    since_the_show_for_the_last_time,
    staff_questions,
    staff_questions_three_months_on,
    before_visit,
    before_visit_with_questions,
    before_visit_for_adults,
    questions_open,
    questions_open_later,
    digest,
]
each_letter = pytest.mark.parametrize("name", [write.__name__ for write in ALL])


@dataclass(frozen=True)
class Kept:
    raw: bytes
    method: str
    subject: str


class Undo(Exception):
    """Nothing of a letter that was written to be looked at stays."""


def same_tokens(patch: pytest.MonkeyPatch) -> None:
    """Tokens are random; here each is told apart by its number alone."""
    numbers = iter(range(1, 100))
    patch.setattr(
        "outreach.post.links.secrets.token_urlsafe", lambda _n: f"token-{next(numbers):02d}-".ljust(32, "x")
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Kept]:
    """Every letter, written once: what it says does not hang on the kind of database."""
    folder = tmp_path_factory.mktemp("letters")
    app = create_app(
        SETTINGS
        | {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/letters.sqlite", "OUTREACH_FOLDER": str(folder)}
    )
    written = {}
    with app.app_context():
        db.create_all()
        put_down()
        for write in ALL:
            with pytest.MonkeyPatch.context() as patch, suppress(Undo), transaction():
                same_tokens(patch)
                letter = write()
                written[write.__name__] = Kept(letter.raw, letter.method, letter.subject)
                raise Undo
    return written


def opened(raw: bytes) -> str:
    """A mail as a person can review it: headers as on the wire, bodies decoded, nothing left out."""
    head, _, rest = raw.decode("ascii").partition("\r\n\r\n")
    edge = "--" + re.search('boundary="(.*)"', head)[1]  # type: ignore[index]
    empty, *parts, end = rest.split(edge)
    assert (empty, end) == ("", "--\r\n")
    said = [head]
    decoded = BytesParser(policy=policy.SMTP).parsebytes(raw).iter_parts()
    for wire, part in zip(parts, decoded, strict=True):
        body = part.get_payload(decode=True)
        assert isinstance(body, bytes)
        said += ["=" * 20 + wire.partition("\r\n\r\n")[0], body.decode("utf-8")]
    return "\n\n".join(said).replace("\r\n", "\n")


@each_letter
def test_a_letter_is_as_it_was_agreed(
    kept: dict[str, Kept], name: str, request: pytest.FixtureRequest
) -> None:
    raw = kept[name].raw
    file = HERE / f"{name}.mail"
    if request.config.getoption("--write-letters"):
        file.write_text(opened(raw), encoding="utf-8", newline="\n")
    assert opened(raw) == file.read_text(encoding="utf-8")


@each_letter
def test_a_letter_is_sound_mail(kept: dict[str, Kept], name: str) -> None:
    raw, method, subject = kept[name].raw, kept[name].method, kept[name].subject
    assert raw.isascii()
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None
    assert max(len(line) for line in raw.split(b"\r\n")) <= 90
    mail = BytesParser(policy=policy.SMTP).parsebytes(raw)
    assert mail.defects == []
    kinds = [part.get_content_type() for part in mail.iter_parts()]
    assert kinds == ["text/plain", "text/html"] + (["text/calendar"] if method else [])
    assert mail["Subject"] == subject
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    if method:
        part = list(mail.iter_parts())[-1]
        assert part["Content-Type"].params == {"charset": "UTF-8", "method": method}
        assert part["Content-Transfer-Encoding"] == "base64"
        assert part["Content-Disposition"] is None
        ics = part.get_payload(decode=True)
        assert strict_problems(ics, method) == []  # type: ignore[arg-type]
        said = ics.replace(b"\r\n ", b"").decode()  # type: ignore[union-attr]
        summary = re.search("^SUMMARY:(.*)\r$", said, re.M)[1].replace("\\", "")  # type: ignore[index]
        leaves = name in ("colleague_removed", "proposal_overtaken", "troupe_left")
        end = "Removed from your calendar" if leaves else "Cancelled"
        assert subject == (summary if method == "REQUEST" else f"{end}: {summary}")
        assert mail["From"] == mail["Reply-To"]
        assert f":mailto:{mail['From'].addresses[0].addr_spec}" in said
        assert f":mailto:{mail['To'].addresses[0].addr_spec}" in said


class Words(HTMLParser):
    """What a reader of the HTML sees, block by block, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.blocks, self.links, self.deaf = [""], set(), False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "td", "h1", "h2", "br", "li", "table", "title", "style"):
            self.blocks.append("")
        self.deaf = tag in ("title", "style") or self.deaf
        if tag == "a":
            self.links.add(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("title", "style"):
            self.deaf = False

    def handle_data(self, data: str) -> None:
        if not self.deaf:
            self.blocks[-1] += data


def flat(words: str) -> str:
    return " ".join(words.split())


@each_letter
def test_text_and_html_say_the_same(kept: dict[str, Kept], name: str) -> None:
    copy = copies.read(kept[name].raw)
    html = Words(copy.html)
    text = flat(copy.text)
    for block in html.blocks:
        for words in re.split(
            r"Outreach \||Not me any more.*|(?:Stop it|Change your password|Sign in) · .*|Tell us on the same page|Choose another time on your page",
            flat(block),
        ):
            assert words.strip(" ,.") in text
    seen = flat(" ".join(html.blocks))
    for line in copy.text.splitlines():
        for words in re.split(
            (
                r"https?://\S+|^\* (?:[\w ]+: )?|^ +|^-+$|: *$|Not me any more, or somebody else:|Privacy "
                r"notice:|Stop it:|Other days:|Change your password:|Sign in:|Where you are signed in:|Tell us on the same page"
            ),
            line,
        ):
            assert flat(words) in seen
    assert {link.split("#")[0] for link in html.links} == {
        link.split("#")[0] for link in re.findall(r"https?://\S+", copy.text)
    }


TO_COORDINATORS = (digest, new_device, forgotten_password, sign_in_changed, team_invitation)
"""Of ours, who have a page of their own."""


@pytest.mark.parametrize("name", [write.__name__ for write in ALL if write not in TO_COORDINATORS])
def test_a_letter_says_why_wherefrom_how_long_and_how_to_stop(kept: dict[str, Kept], name: str) -> None:
    copy = copies.read(kept[name].raw)
    for reading in (flat(copy.text), flat(" ".join(Words(copy.html).blocks))):
        assert "We write to you " in reading
        assert re.search("Your address (came from|was given)|It is an address that we hold", reading)
        assert "ask us to erase it" in reading
        assert "Not me any more, or somebody else" in reading


def test_the_digest_says_why_it_comes_and_how_to_stop_it(kept: dict[str, Kept]) -> None:
    """It goes to a coordinator of ours, who asked for it on a page of ours."""
    copy = copies.read(kept["digest"].raw)
    why = "We write to you because you chose this digest: it comes on Mondays and Thursdays"
    for reading in (flat(copy.text), flat(" ".join(Words(copy.html).blocks))):
        assert why in reading and "Stop it" in reading and "Other days" in reading
        assert "Not me any more" not in reading
    headers = dict(copy.headers)
    stop = headers["List-Unsubscribe"].strip("<>")
    assert f"Stop it: {stop}" in flat(copy.text) and stop in Words(copy.html).links
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_letters_that_can_be_stopped_are_these_alone(kept: dict[str, Kept]) -> None:
    found = {w.__name__ for w in ALL if "List-Unsubscribe" in dict(copies.read(kept[w.__name__].raw).headers)}
    assert found == {
        "digest",
        "before_visit",
        "before_visit_with_questions",
        "before_visit_for_adults",
        "questions_open",
        "questions_open_later",
    }


def test_a_reminder_before_a_visit_says_how_to_stop_them(kept: dict[str, Kept]) -> None:
    copy = copies.read(kept["before_visit"].raw)
    stop = dict(copy.headers)["List-Unsubscribe"].strip("<>")
    assert stop.startswith("http://outreach.example/no-reminders/") and stop in Words(copy.html).links
    assert f"No more reminders of visits: {stop}" in flat(copy.text)
    assert dict(copy.headers)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_invite_of_one_booking_is_the_same_entry_for_everybody(app: Flask) -> None:
    with transaction():
        first = copies.read(letters.booked(visit(), JOANNA, sender(), now=NOW, expires_at=EXPIRES).raw)
        second = copies.read(letters.booked(visit(), OFFICE, sender(), now=NOW, expires_at=EXPIRES).raw)
    assert first.calendar == second.calendar
    assert first.text != second.text


def test_the_entry_of_the_company_names_nobody_at_the_school(kept: dict[str, Kept]) -> None:
    copy = copies.read(kept["troupe"].raw)
    everything = copy.text + copy.html + copy.calendar.replace(b"\r\n ", b"").decode()
    assert "Joanna" not in everything and "stbrannocs.example" not in everything and "/i/" not in everything
    assert "DTSTART;TZID=Europe/London:20270309T083000" in everything
    assert "DTEND;TZID=Europe/London:20270309T111500" in everything


def test_a_preview_is_the_letter_word_for_word_and_writes_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    same_tokens(monkeypatch)
    preview = letters.preview_invitation(asking(), JOANNA, sender(), now=NOW)
    with transaction() as session:
        assert list(session.new) == []
        letter = invitation()
        copy = copies.read(letter.raw)
    true_token = "token-01-".ljust(32, "x")
    assert flat(copy.text).replace(true_token, letters.PREVIEW_TOKEN) == flat(preview.text)
    assert flat(copy.html).replace(true_token, letters.PREVIEW_TOKEN) == flat(preview.html)
    assert letter.subject == preview.subject == "Book ‘Someone to Tell’ for your Years 8 and 9"


def test_a_preview_of_a_moved_proposal_is_its_letter_word_for_word(app: Flask, kept: dict[str, Kept]) -> None:
    moved_by_a_week = replace(
        kept_visit(), sequence=1, **{name: getattr(visit(), name) + timedelta(days=7) for name in TIMES}
    )
    preview = proposing.preview_moved(
        moved_by_a_week,
        JOANNA,
        sender(),
        was_starts_at=visit().starts_at,
        note="The van has another school near you that day.",
        now=LATER,
    )
    copy = copies.read(kept["proposal_moved"].raw)
    true_token = "token-02-".ljust(32, "x")
    assert flat(copy.text).replace(true_token, letters.PREVIEW_TOKEN) == flat(preview.text)
    assert flat(copy.html).replace(true_token, letters.PREVIEW_TOKEN) == flat(preview.html)


def test_a_preview_of_a_proposal_is_its_letter_word_for_word(app: Flask, kept: dict[str, Kept]) -> None:
    preview = proposing.preview(kept_visit(), JOANNA, sender(), now=NOW)
    copy = copies.read(kept["proposed"].raw)
    true_token = "token-01-".ljust(32, "x")
    assert flat(copy.text).replace(true_token, letters.PREVIEW_TOKEN) == flat(preview.text)
    assert flat(copy.html).replace(true_token, letters.PREVIEW_TOKEN) == flat(preview.html)
    assert preview.subject == "Proposed: ‘Someone to Tell’ at St Brannoc’s"


def test_an_invite_to_somebody_it_does_not_name_is_not_written(app: Flask) -> None:
    other = visit(attendees=(Attendee(name="Someone", address="someone@stbrannocs.example"),))
    with pytest.raises(ValueError), transaction():
        letters.booked(other, JOANNA, sender(), now=NOW, expires_at=EXPIRES)


def test_later_letters_answer_the_first_invite(app: Flask) -> None:
    with transaction():
        first = letters.booked(visit(), JOANNA, sender(), now=NOW, expires_at=EXPIRES)
        first.status, first.handed_at = SENT, NOW
        later = letters.changed(visit(), JOANNA, sender(), now=LATER, expires_at=EXPIRES)
        assert dict(copies.read(later.raw).headers)["In-Reply-To"] == first.message_id


def test_whoever_never_had_the_first_invite_reads_a_confirmation_not_a_change(app: Flask) -> None:
    with transaction():
        first = letters.booked(visit(), JOANNA, sender(), now=NOW, expires_at=EXPIRES)
        later = letters.moved(
            visit(sequence=1), JOANNA, sender(), was_starts_at=NOW, now=LATER, expires_at=EXPIRES
        )
        assert first.status == outbox.SUPERSEDED
        assert "is booked" in copies.read(later.raw).text and "has moved" not in copies.read(later.raw).text
        assert "In-Reply-To" not in dict(copies.read(later.raw).headers)


@pytest.mark.parametrize(
    ("first", "told", "said", "never"),
    [
        (
            booked,
            visit,
            "The visit stays on Tuesday 9 March at 9:30am; how the company comes has changed.",
            "answer the entry",
        ),
        (
            guest_booked,
            guest_visit,
            "The show stays on Tuesday 9 March at 9:30am; how the company comes has changed. Please answer the entry "
            "in your calendar again. Your places are kept. Say on your page whether you still come.",
            "the new time",
        ),
    ],
)
def test_a_show_that_another_troupe_plays_at_the_same_time_is_not_said_to_move(
    app: Flask, first: Callable[[], Letter], told: Callable[..., LetterVisit], said: str, never: str
) -> None:
    with transaction():
        had = first()
        had.status, had.handed_at = SENT, NOW
        stays = told(sequence=1)
        later = letters.moved(
            stays, JOANNA, sender(), was_starts_at=stays.starts_at, now=LATER, expires_at=EXPIRES
        )
        copy = copies.read(later.raw)
    for words in (flat(copy.text), flat(copy.html)):
        assert "Same time for ‘Someone to Tell’" in words and said in words
        assert "has moved" not in words and never not in words


@each_letter
def test_every_link_in_a_letter_leads_to_a_page(app: Flask, kept: dict[str, Kept], name: str) -> None:
    pages = app.url_map.bind("outreach.example")
    for link in Words(copies.read(kept[name].raw).html).links - {MEETING}:
        path = link.removeprefix("http://outreach.example").split("#")[0].split("?")[0]
        assert pages.test(path, "GET"), link


@each_letter
def test_no_token_stands_in_what_comes_with_a_letter(kept: dict[str, Kept], name: str) -> None:
    """Calendars are seen by more people than the mail: what lies in them opens nothing."""
    calendar = copies.read(kept[name].raw).calendar.replace(b"\r\n ", b"")
    assert not re.search(rb"token-\d|/(?:i|t|calendar)/[A-Za-z0-9_-]{8,}", calendar)


@pytest.mark.parametrize(
    "name",
    [
        "troupe",
        "troupe_changed",
        "troupe_with_a_guest",
        "troupe_cancelled",
        "troupe_left",
        "how_the_day_went",
    ],
)
def test_a_letter_to_the_company_is_a_companys(kept: dict[str, Kept], name: str) -> None:
    """Nothing that the school has to have ready, nobody at the school, no page of a school's to say 'not me'
    on."""
    copy = copies.read(kept[name].raw)
    for words in (copy.text, copy.html):
        assert "Please have ready" not in words and "socket" not in words
        assert "/find" not in words and "/i/" not in words
        assert "http://outreach.example/contact" in words
        assert ("/company/days/41" in words) == (name not in ("troupe_cancelled", "troupe_left"))


def test_a_change_says_what_changed(kept: dict[str, Kept]) -> None:
    for name in ("changed", "troupe_changed"):
        copy = copies.read(kept[name].raw)
        assert "Hall: Sports hall, before Main hall." in copy.text
        assert "Hall: Sports hall, before Main hall." in copy.html
    assert "changed" not in copies.read(kept["troupe"].raw).text.lower()


OF_PUPILS_ALONE = {
    before_visit,
    before_visit_with_questions,
    questions_open,
    questions_open_later,
    since_the_show,
    since_the_show_for_the_last_time,
}
"""Letters of what is asked and said of pupils, which no programme for adults sends."""

TYPED = re.compile(
    "The hall is (?:flooded|small)|no hall for it|know your hall|150 seats|[Tt]he hall at (?:St|{school})"
    "|Mill Lane Hall|Is the hall at|Hall: Sports hall, before Main hall|the letter below to families"
)
"""What people typed, in these letters."""


def of_staff(patch: pytest.MonkeyPatch) -> None:
    """What these letters are about is of a programme for adults."""
    here, pupils = globals(), facts.visit

    def of_visit(**changes: Any) -> LetterVisit:
        was = pupils(**changes)
        number = sum(n for _, n in was.pupils)
        return replace(
            was,
            for_adults=True,
            hall="Staff room",
            pupils=((STAFF, number),) if number else (),
            school_provides="A room with two sockets" if was.school_provides else "",
            guests=tuple(said.replace("pupils", "staff") for said in was.guests),
        )

    def of_note(**said: Any) -> notes.GuestNote:
        number = sum(n for _, n in said["pupils"])
        return GUEST_NOTE(**said | {"pupils": ((STAFF, number),), "for_adults": True})

    patch.setitem(here, "visit", of_visit)
    patch.setitem(
        here,
        "asking",
        lambda **changes: facts.asking(
            **{"summary": "A training"} | changes | {"year_groups": (STAFF,), "for_adults": True}
        ),
    )
    patch.setattr(notes, "GuestNote", of_note)


GUEST_NOTE = notes.GuestNote


def test_no_letter_of_a_programme_for_adults_speaks_of_pupils(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_staff(monkeypatch)
    wrong = {}
    for write in ALL:
        if write in OF_PUPILS_ALONE:
            continue
        with suppress(Undo), transaction():
            letter = write()
            copy = copies.read(letter.raw)
            calendar = copy.calendar.replace(b"\r\n ", b"").decode()
            said = " ".join((letter.subject, flat(copy.text), words_of_pupils.read(copy.html), calendar))
            wrong[write.__name__] = words_of_pupils.found(TYPED.sub("", said))
            raise Undo
    assert {name: said for name, said in wrong.items() if said} == {}


def test_an_invitation_to_adults_names_the_staff_it_is_for(app: Flask) -> None:
    staff = asking(year_groups=(), pupils=None, shows_needed=1, staff="teaching staff and governors")
    letter, _ = letters.invitation(staff, JOANNA, sender(), now=NOW, expires_at=EXPIRES)
    assert letter.subject == "Book ‘Someone to Tell’ for your teaching staff and governors"


def test_a_session_is_where_it_is_held_and_whoever_comes_is_no_visits_colleague(app: Flask) -> None:
    online = session(host_name="Online meeting", place_name="Online meeting", place_address="", held="online")
    with suppress(Undo), transaction():
        letter = letters.booked(
            online, replace(JOANNA, role="colleague"), sender(), now=NOW, expires_at=EXPIRES
        )
        copy = copies.read(letter.raw)
        assert letter.subject == "‘Someone to Tell’ online"
        assert "because you are named for this session online. " in flat(copy.text)
        assert "SUMMARY:‘Someone to Tell’ online" in copy.calendar.decode()
        raise Undo
