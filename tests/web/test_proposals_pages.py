"""A time kept for a school, on its pages and the coordinator's: proposed, taken, refused, taken back; letters
sent again."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from school_story import HALL, PEOPLE, PUPILS, Story, lay, said

import make
from outreach.asking import invitations
from outreach.booking import promises
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county.coordinators import Coordinator
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.incoming.inbox import CalendarAnswer, Incoming
from outreach.post.outbox import SENT, Letter

pytestmark = pytest.mark.any_database


@dataclass
class Desk:
    """A coordinator before a school with two people on file, and the school's own doors."""

    client: FlaskClient
    story: Story
    person: Coordinator
    lead: Any
    office: Any

    @property
    def at(self) -> str:
        return f"/desk/schools/{self.story.school.organisation_id}"

    def signed_in(self) -> FlaskClient:
        return make.signed_in(self.client, self.person)

    def key(self, n: int = 0) -> str:
        page = self.signed_in().get(f"{self.at}/propose").text
        return re.findall(r'name="slot" value="([^"]+)"', page)[n]

    def propose(self, key: str = "", *, to: list[int] | None = None, **typed: str) -> Any:
        return self.signed_in().post(
            f"{self.at}/propose",
            data={
                "slot": key or self.key(),
                "programme": str(self.story.programme.id),
                "people": [str(i) for i in ([self.lead.id] if to is None else to)],
                "reply_by": "2/2/2027",
            }
            | typed,
        )


@pytest.fixture
def desk(client: FlaskClient, stopped: Any) -> Desk:
    story = lay(client, school={"name": "Redmere Academy"})
    with transaction():
        lead = make.contact(story.school, address="j.fell@redmere.example")
        office = make.contact(story.school, name="", role="Office", address="office@redmere.example")
        person = make.person(story.partnership)
    return Desk(client, story, person, lead, office)


def proposal() -> Proposal:
    db.session.rollback()
    return db.session.query(Proposal).order_by(Proposal.id.desc()).first()


def letters() -> list[tuple[str, str, int]]:
    db.session.rollback()
    return [(row.recipient, row.method, row.sequence) for row in db.session.query(Letter).order_by(Letter.id)]


def handed_over(at=make.NOW) -> None:
    with transaction():
        for letter in db.session.query(Letter):
            letter.status, letter.handed_at, letter.raw = SENT, at, copies.masked(letter.raw)


# The coordinator proposes


def test_a_coordinator_finds_the_way_from_the_schools_page(desk: Desk) -> None:
    page = desk.signed_in().get(desk.at).text
    assert "Propose a time…" in page
    times = desk.signed_in().get(f"{desk.at}/propose")
    assert "Propose which time?" in times.text and "Tuesday 9 March" in times.text


def test_the_letter_is_read_before_anything_goes(desk: Desk) -> None:
    page = desk.signed_in().get(f"{desk.at}/propose?slot={desk.key()}")
    assert "Subject: Proposed: ‘Someone to Tell’ at Redmere Academy" in page.text
    assert "Nothing is booked yet" in page.text
    assert re.search(r'value="29 \w+ 2027"', page.text) and "checked" not in page.text
    assert db.session.query(Letter).count() == db.session.query(Proposal).count() == 0


def test_proposing_keeps_the_time_and_writes_to_those_ticked(desk: Desk) -> None:
    answer = desk.propose(to=[desk.lead.id, desk.office.id])
    assert answer.status_code == 303
    made = proposal()
    assert (made.reply_by, made.who, made.ended_at) == (date(2027, 2, 2), "Priya Nandakumar", None)
    assert letters() == [("j.fell@redmere.example", "REQUEST", 0), ("office@redmere.example", "REQUEST", 0)]
    page = said(desk.signed_in().get(desk.at))
    assert "is kept for it until the end of Tuesday 2 February" in page
    assert "Written to Joanna Fell and office@redmere.example" in page
    assert "Propose a time…" not in page


def test_the_button_pressed_twice_proposes_once_and_says_so_twice(desk: Desk) -> None:
    key = desk.key()
    for answer in (desk.propose(key), desk.propose(key)):
        assert answer.status_code == 303 and "/propose" not in answer.headers["Location"]
    page = desk.signed_in().get(desk.at).text
    assert "Kept. The proposal is waiting to go out" in page and "not free any more" not in page
    assert db.session.query(Proposal).count() == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"people": []}, "Choose whom the proposal goes to."),
        ({"reply_by": ""}, "Enter until which day the time is kept."),
        ({"reply_by": "1/1/2027"}, "The day to reply by is past."),
        ({"reply_by": "1/6/2027"}, "must lie before the show"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    desk: Desk, typed: dict[str, Any], words: str
) -> None:
    answer = desk.propose(**typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.query(Proposal).count() == 0


def test_a_time_that_went_meanwhile_leads_to_those_that_are_left(desk: Desk) -> None:
    key = desk.key()
    other = desk.story.another_school()
    other.choose(key)
    answer = desk.propose(key)
    assert answer.status_code == 303 and "/propose" in answer.headers["Location"]
    assert "not free any more" in desk.signed_in().get(answer.headers["Location"]).text
    assert desk.signed_in().get(f"{desk.at}/propose?slot=nonsense").status_code == 303


def test_a_school_without_a_contact_is_not_proposed_to(desk: Desk) -> None:
    with transaction():
        for contact in (desk.lead, desk.office):
            db.session.get(type(contact), contact.id).ended_at = make.NOW
    answer = desk.signed_in().get(f"{desk.at}/propose", follow_redirects=True)
    assert "Add a contact first" in answer.text


@pytest.mark.both_databases
def test_a_second_proposal_is_refused_in_words(desk: Desk) -> None:
    desk.propose()
    assert "is kept for Redmere Academy already" in desk.propose(desk.key(1)).text


@pytest.mark.both_databases
def test_a_proposal_is_taken_back_with_a_letter(desk: Desk) -> None:
    desk.propose()
    handed_over()
    path = f"{desk.at}/proposals/{proposal().id}/withdraw"
    asked = said(desk.signed_in().get(path))
    assert "Joanna Fell gets a mail and the entry leaves the calendar." in asked
    assert desk.signed_in().post(path, data={"reason": "The van is broken"}).status_code == 303
    assert (proposal().ended_as, letters()[-1]) == ("withdrawn", ("j.fell@redmere.example", "CANCEL", 1))
    letter = db.session.query(Letter).order_by(Letter.id.desc()).first()
    assert "The reason: The van is broken." in copies.read(letter.raw).text
    again = desk.signed_in().post(path, follow_redirects=True)
    assert "That time is not kept any more." in again.text


def test_another_partnership_sees_nothing_of_it(desk: Desk) -> None:
    desk.propose()
    with transaction():
        theirs = make.person(make.partnership(("932",)))
    client = make.signed_in(desk.client, theirs)
    for path in (f"{desk.at}/propose", f"{desk.at}/proposals/{proposal().id}/withdraw"):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404


def test_a_proposal_is_found_under_its_own_school_alone(desk: Desk) -> None:
    desk.propose()
    other = desk.story.another_school()
    made = proposal().id
    assert other.get(f"/kept/{made}").status_code == 404
    assert other.post(f"/kept/{made}/no").status_code == 404
    path = f"/desk/schools/{other.school.organisation_id}/proposals/{made}/withdraw"
    assert desk.signed_in().post(path).status_code == 404


def test_an_answer_in_the_calendar_shows_and_books_nothing(desk: Desk) -> None:
    desk.propose()
    uid = proposal().uid
    with transaction():
        mail = Incoming(digest="1", raw=b"", received_at=make.NOW, kind="answer")
        db.session.add(mail)
        db.session.flush()
        db.session.add(
            CalendarAnswer(
                incoming_id=mail.id,
                uid=uid,
                address="j.fell@redmere.example",
                sequence=0,
                dtstamp=make.NOW,
                partstat="ACCEPTED",
                authenticated=True,
                recorded_at=make.NOW,
            )
        )
    assert "Joanna Fell (said yes in the calendar)" in said(desk.signed_in().get(desk.at))
    assert db.session.query(Booking).count() == 0


# The school answers


def test_the_kept_time_comes_first_on_the_schools_page(desk: Desk) -> None:
    desk.propose()
    page = desk.story.get().text
    assert "Kept for you until Tuesday 2 February" in page
    assert page.index("Kept for you") < page.index("All days")
    assert page.index("Book this time") < page.index('name="slot"')


def test_a_school_says_yes_in_the_same_three_steps_and_a_check(desk: Desk) -> None:
    desk.propose()
    made = proposal()
    at = f"/kept/{made.id}"
    assert desk.story.get(at).headers["Location"] == desk.story.path(f"{at}/pupils")
    first = said(desk.story.get(f"{at}/pupils"))
    assert "Kept until Tuesday 2 February Step 1 of 3" in first and "Keep longer" not in first
    assert 'value="j.fell@redmere.example"' in desk.story.get(f"{at}/people").text
    early = desk.story.get(f"{at}/check")
    assert early.headers["Location"] == desk.story.path(f"{at}/pupils")
    answer = desk.story.send(f"{at}/book", {})
    assert answer.headers["Location"] == desk.story.path(f"{at}/pupils")
    assert db.session.query(Booking).count() == 0
    answer = desk.story.accept(made.id)
    assert answer.status_code == 303, said(answer)
    (booking,) = promises.live(desk.story.programme.id, desk.story.school.organisation_id)
    assert answer.headers["Location"].endswith(booking.reference)
    assert (booking.uid, booking.sequence, booking.hall, booking.seats) == (made.uid, 1, "Main hall", 212)
    assert "You are booked" in desk.story.get(f"/booked/{booking.reference}").text
    twice = desk.story.send(f"{at}/book", {})
    assert twice.status_code == 303
    assert "You are booked" in desk.story.client.get(twice.headers["Location"], follow_redirects=True).text
    assert db.session.query(Booking).count() == 1


def test_a_school_that_was_asked_at_its_office_finds_the_office_as_a_colleague(desk: Desk) -> None:
    desk.propose(to=[desk.office.id])
    page = desk.story.get(f"/kept/{proposal().id}/people").text
    assert re.search(r'name="also"[^>]*value="Office &lt;office@redmere.example&gt;" checked', page)
    assert 'value="j.fell@redmere.example"' in page


def test_whoever_had_the_proposal_and_is_not_named_is_told_that_the_entry_goes(desk: Desk) -> None:
    desk.propose(to=[desk.lead.id, desk.office.id])
    at = f"/kept/{proposal().id}"
    desk.story.fill(at=at)
    assert "The entry leaves the calendar of office@redmere.example." in said(desk.story.get(f"{at}/check"))
    desk.story.fill(at=at, people=PEOPLE | {"also": "Office <office@redmere.example>"})
    assert "leaves the calendar" not in said(desk.story.get(f"{at}/check"))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"pupils-0-8": ""}, "Enter how many Year 8 pupils will come"),
        ({"pupils-0-8": "1080"}, "Is that right?"),
        ({"hall": ""}, "Say which room it is in"),
        ({"lead_address": "nobody"}, "Safeguarding lead"),
    ],
)
def test_a_yes_with_something_missing_keeps_what_was_typed(
    desk: Desk, typed: dict[str, str], words: str
) -> None:
    desk.propose()
    (box,) = typed
    step, filled = next(
        (step, filled)
        for step, filled in (("pupils", PUPILS), ("hall", HALL), ("people", PEOPLE))
        if box in filled
    )
    answer = desk.story.send(f"/kept/{proposal().id}/{step}", filled | typed)
    assert answer.status_code == 422
    assert words in answer.text
    kept = {"pupils": "104", "hall": "2", "people": "Joanna Fell"}[step]
    assert f'value="{kept}"' in answer.text
    assert db.session.query(Booking).count() == 0


@pytest.mark.both_databases
def test_more_than_the_count_is_booked_once_it_is_confirmed(desk: Desk) -> None:
    desk.propose()
    typed = PUPILS | {"pupils-0-8": "140", "sure": "8=140"}
    assert desk.story.accept(proposal().id, typed).status_code == 303
    assert db.session.query(Booking).one().seats == 244


@pytest.mark.both_databases
def test_a_school_says_no_and_why(desk: Desk) -> None:
    desk.propose()
    handed_over()
    asked = desk.story.get(f"/kept/{proposal().id}/no")
    assert "Say no to Tuesday 9 March" in asked.text
    answer = desk.story.send(f"/kept/{proposal().id}/no", {"reason": "Mock exams"})
    assert answer.status_code == 303
    page = desk.story.client.get(answer.headers["Location"]).text
    assert "Thank you for telling us" in page and "Kept for you" not in page
    made = proposal()
    assert made.ended_as == "refused"
    newest = invitations.newest_answer(desk.story.programme.id, desk.story.school.organisation_id)
    assert newest.kind == "refused slot"
    assert newest.reason.startswith("9 March 2027 at ") and newest.reason.endswith("(Mock exams)")
    assert letters()[-1] == ("j.fell@redmere.example", "CANCEL", 1)


@pytest.mark.both_databases
def test_a_school_that_says_no_to_the_programme_gives_the_time_back(desk: Desk) -> None:
    desk.propose()
    typed = {"reason": "other", "more": "We run our own"}
    answer = desk.story.send("/not-this-year", typed)
    assert answer.status_code == 303, said(answer)
    assert proposal().ended_as == "refused"


@pytest.mark.both_databases
def test_a_yes_or_no_that_comes_too_late_leads_to_the_times_that_are_left(desk: Desk, stopped: Any) -> None:
    desk.propose()
    stopped.now += timedelta(days=20)
    at = f"/kept/{proposal().id}"
    for path, typed in (
        ("/pupils", PUPILS),
        ("/hall", HALL),
        ("/people", PEOPLE),
        ("/check", None),
        ("/book", {}),
        ("/no", {}),
        ("", None),
    ):
        answers = [] if path == "/book" else [desk.story.get(at + path)]
        for answer in [*answers, *([] if typed is None else [desk.story.send(at + path, typed)])]:
            assert answer.status_code == 303
        page = desk.story.client.get(answer.headers["Location"]).text
        assert "not kept for you any more" in page
    assert db.session.query(Booking).count() == 0


def test_looking_changes_nothing(desk: Desk) -> None:
    desk.propose()
    before = letters()
    at = f"/kept/{proposal().id}"
    for path in ("", "/times", f"{at}/pupils", f"{at}/hall", f"{at}/people", f"{at}/no"):
        assert desk.story.get(path).status_code == 200
    assert (letters(), proposal().ended_at) == (before, None)


def test_a_school_that_booked_one_year_group_sees_what_is_kept_for_the_other(desk: Desk) -> None:
    reference = desk.story.book(pupils={"pupils-0-8": "108", "pupils-0-9": "0"})
    desk.propose(desk.key(1))
    assert "Kept for you until" in desk.story.get(f"/booked/{reference}").text
    page = desk.story.get(f"/kept/{proposal().id}/pupils").text
    assert 'name="pupils-0-9"' in page and 'name="pupils-0-8"' not in page


# Letters once more


def test_a_school_has_its_letter_sent_again(desk: Desk, stopped: Any) -> None:
    reference = desk.story.book()
    handed_over()
    (person,) = promises.people_of(promises.get(reference))
    stopped.after(hours=2)
    answer = desk.story.send(f"/booked/{reference}/again/{person.id}", {})
    assert answer.status_code == 303
    assert (
        "on its way to j.fell@redmere.example once more"
        in desk.story.client.get(answer.headers["Location"]).text
    )
    assert letters()[-1] == ("j.fell@redmere.example", "REQUEST", 0)
    twice = desk.story.send(f"/booked/{reference}/again/{person.id}", {})
    assert twice.status_code == 303
    assert len(letters()) == 2


@pytest.mark.both_databases
def test_what_went_a_minute_ago_is_not_sent_again_and_the_page_says_so(desk: Desk, stopped: Any) -> None:
    reference = desk.story.book()
    handed_over()
    (person,) = promises.people_of(promises.get(reference))
    stopped.after(minutes=1)
    answer = desk.story.send(f"/booked/{reference}/again/{person.id}", {})
    assert "Give it some minutes" in desk.story.client.get(answer.headers["Location"]).text
    assert len(letters()) == 1


@pytest.mark.both_databases
def test_a_coordinator_sends_letters_again_to_one_person_and_to_the_company(desk: Desk, stopped: Any) -> None:
    with transaction():
        desk.story.troupe.calendar_address = "red.van@lantern-row.example"
    reference = desk.story.book()
    handed_over()
    stopped.after(hours=2)
    (person,) = promises.people_of(promises.get(reference))
    client = desk.signed_in()
    page = client.get(f"/desk/bookings/{reference}").text
    assert "Send again" in page and "Send its calendar entry again" in page
    assert client.post(f"/desk/bookings/{reference}/people/{person.id}/again").status_code == 303
    assert client.post(f"/desk/bookings/{reference}/company-again").status_code == 303
    assert letters()[2:] == [
        ("j.fell@redmere.example", "REQUEST", 0),
        ("red.van@lantern-row.example", "REQUEST", 0),
    ]


def test_nothing_is_sent_to_somebody_who_is_not_on_the_booking(desk: Desk) -> None:
    reference = desk.story.book()
    client = desk.signed_in()
    assert client.post(f"/desk/bookings/{reference}/people/999999/again").status_code == 404
    with transaction():
        make.dead_address("j.fell@redmere.example")
    (person,) = promises.people_of(promises.get(reference))
    answer = client.post(f"/desk/bookings/{reference}/people/{person.id}/again", follow_redirects=True)
    assert "bounced for good" in answer.text
    assert len(letters()) == 1


def test_a_kept_time_shows_on_the_tour_and_on_its_day(desk: Desk) -> None:
    desk.propose()
    day = proposal().performance.tour_day_id
    client = desk.signed_in()
    assert "kept for Redmere Academy until Tuesday 2 February" in said(client.get("/desk/tour"))
    assert "0 of 6 shows booked" in said(client.get("/desk/tour"))
    assert "kept for Redmere Academy until 2 February" in said(client.get(f"/desk/tour/days/{day}"))
