"""Ways astray of a school: the back button, two windows, an old form, a page of what is over. Each says what is so and
leads on."""

import re
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from school_story import HALL, PEOPLE, PUPILS, Story, lay, said

import make
from outreach.booking import promises
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.ground.db import db, transaction
from outreach.tour import slots

pytestmark = pytest.mark.any_database

BOOKED = "Your school is booked already. You can move or change that booking."
NOTHING_KEPT = "No time is kept for you yet: choose one first."
AFTER = datetime(2027, 3, 9, 15, tzinfo=UTC)


@pytest.fixture
def story(client: FlaskClient, stopped) -> Story:
    return lay(client)


def follow(story: Story, rest: str, typed: dict[str, str] | None = None) -> str:
    """What one reads in the end, by a link, or by a form that is sent."""
    if typed is None:
        return said(story.get(rest, follow_redirects=True))
    return said(story.client.post(story.path(rest), data=typed, follow_redirects=True))


@pytest.mark.parametrize("step", ["/form", "/pupils", "/hall", "/people", "/check"])
def test_the_back_button_after_booking_leads_to_the_booking_and_says_so(story: Story, step: str) -> None:
    reference = story.book()
    page = follow(story, step)
    assert BOOKED in page and f"Reference {reference}" in page and NOTHING_KEPT not in page


@pytest.mark.parametrize(
    ("rest", "typed"),
    [
        ("/pupils", PUPILS),
        ("/hall", HALL),
        ("/people", PEOPLE),
        ("/renew", {"back": "check"}),
        ("/book", {"slots": "1-1145"}),
        ("/choose", {"slot": "1-1145"}),
    ],
)
def test_an_old_form_sent_after_booking_changes_nothing_and_leads_to_the_booking(
    story: Story, rest: str, typed: dict[str, str]
) -> None:
    reference = story.book()
    page = follow(story, rest, typed)
    assert BOOKED in page and f"Reference {reference}" in page
    assert len(promises.live(story.programme.id, story.school.organisation_id)) == 1


def test_a_time_that_is_not_kept_any_more_is_not_said_to_be_given_back(story: Story) -> None:
    story.choose()
    assert "The time is free again for others." in follow(story, "/give-back", {})
    assert "free again" not in follow(story, "/give-back", {})
    reference = story.book()
    page = follow(story, "/give-back", {})
    assert "free again" not in page and f"Reference {reference}" in page


def test_two_windows_with_two_times_book_neither_unseen(story: Story) -> None:
    first, second = story.keys()[:2]
    story.choose(first)
    story.fill()
    story.choose(second)
    answer = story.post("/book", slots=first)
    assert answer.status_code == 422
    assert "Another time was chosen meanwhile, in another window or by a colleague." in said(answer)
    assert promises.live(story.programme.id, story.school.organisation_id) == []
    assert story.post("/book", slots=second).status_code == 303


def test_a_form_sent_twice_books_once_and_leads_both_times_to_the_same_booking(story: Story) -> None:
    key = story.choose()
    story.fill()
    places = {story.post("/book", slots=key).headers["Location"] for _ in range(3)}
    assert len(places) == 1
    assert len(promises.live(story.programme.id, story.school.organisation_id)) == 1


@pytest.mark.parametrize("rest", ["/colleague", "/guests", "/sheet", "/person/{person}", "/remove/{person}"])
def test_pages_of_a_cancelled_booking_lead_to_what_there_is_instead(story: Story, rest: str) -> None:
    reference = story.book()
    (person,) = promises.people_of(promises.get(reference))
    story.post(f"/booked/{reference}/cancel", reason="exams")
    page = follow(story, f"/booked/{reference}{rest.format(person=person.id)}")
    assert "This booking is cancelled" in page and "Choose a time again" in page


@pytest.mark.parametrize("rest", ["/move", "/move/to?slot=1-1145", "/numbers", "/cancel"])
def test_after_the_show_nothing_is_changed_and_one_is_asked_how_it_went(
    story: Story, stopped, rest: str
) -> None:
    reference = story.book()
    stopped.now = AFTER
    page = follow(story, f"/booked/{reference}{rest}")
    assert "How did it go?" in page and "who can still" not in page


def test_what_is_past_is_not_said_to_be_still_possible(story: Story, stopped) -> None:
    reference = story.book()
    assert "Last day to move it online" in follow(story, f"/booked/{reference}")
    stopped.now = datetime(2027, 3, 8, 9, tzinfo=UTC)
    page = follow(story, f"/booked/{reference}")
    assert "Last day to move it online" not in page and "too late to move or cancel" in page
    stopped.now = AFTER
    assert "No other school came." in follow(story, f"/booked/{reference}/guests")


def test_a_cancel_page_offers_a_move_only_where_one_can_move(story: Story, stopped) -> None:
    reference = story.book()
    assert "move it instead" in follow(story, f"/booked/{reference}/cancel")
    with transaction():
        programme = promises.get(reference).programme
        programme.notice_move_days, programme.notice_cancel_days = 40, 7
    db.session.expunge_all()
    stopped.now = datetime(2027, 2, 23, 9, tzinfo=UTC)
    page = follow(story, f"/booked/{reference}/cancel")
    assert "Cancel this booking?" in page and "move it instead" not in page


def test_a_guest_who_would_move_reads_its_booking(story: Story, client: FlaskClient) -> None:
    reference = story.book()
    small = story.another_school(number_of_pupils=63, easting=452000)
    with transaction():
        show = promises.get(reference).performance
        make.consent(show)
        guest = make.booking(
            show, {8: 9}, organisation_id=small.school.organisation_id, role="guest"
        ).reference
    for rest in ("/move", "/move/to?slot=1-1145"):
        page = follow(small, f"/booked/{guest}{rest}")
        assert "Your host sets the time." in page and "who can still move it" not in page


@pytest.mark.parametrize(
    ("rest", "back"),
    [
        ("/choose", ""),
        ("/book", ""),
        ("/renew", ""),
        ("/booked/{reference}/subscribe", "/booked/{reference}"),
        ("/booked/{reference}/still-coming", "/booked/{reference}"),
    ],
)
def test_a_lost_window_opened_anew_on_a_buttons_address_leads_back(
    story: Story, rest: str, back: str
) -> None:
    reference = story.book()
    answer = story.get(rest.format(reference=reference))
    assert answer.status_code == 405
    found = re.search(r'href="([^"]+)"[^>]*>Back to your page', answer.text)
    assert found and found[1] == story.path(back.format(reference=reference))
    assert story.get(back.format(reference=reference), follow_redirects=True).status_code == 200


def test_a_buttons_address_elsewhere_has_no_page_of_a_school_to_lead_back_to(client: FlaskClient) -> None:
    answer = client.get("/sign-out")
    assert answer.status_code == 405 and "Back to your page" not in answer.text


def test_a_choice_that_is_none_any_more_is_said_in_words(story: Story) -> None:
    answer = story.send("/other-days", {"weekdays": "0", "cannot": "Thursdays"})
    assert answer.status_code == 422
    assert "Not a valid choice any more: choose again." in said(answer)
    assert "for this field" not in answer.text and "Thursdays" in answer.text


def test_the_summary_names_what_is_wrong_in_every_part_of_the_question_to_a_host(story: Story) -> None:
    show = promises.get(story.book()).performance_id
    small = story.another_school(number_of_pupils=63, easting=452000)
    page = small.send(f"/hosts/{show}", {}).text
    summary = page[page.index("govuk-error-summary") : page.index("<h1")]
    for wrong in ("Say why.", "Say how you get there", "Year 8 pupils", "safeguarding lead’s email"):
        assert wrong in summary, wrong
    for link in re.findall(r'href="#([^"]+)"', summary):
        assert f'id="{link}"' in page, link


def test_where_no_time_is_left_nothing_is_said_twice(client: FlaskClient, stopped) -> None:
    story = lay(client, days=0)
    with transaction():
        make.tour_day(story.programme, story.troupe, date(2027, 3, 9), shows_at_most=1)
    story.another_school(easting=452000).book()
    page = said(story.get())
    assert "No time is left" in page
    assert page.count("which days would") == 1 and page.count("Mornings") == 0
    assert page.count("waiting list") == 1 and "Wait for one" not in page


def test_a_time_that_was_just_refused_is_not_the_first_of_those_that_are_left(story: Story) -> None:
    with transaction():
        slot = slots.find(story.programme, story.school, story.keys()[0], now=make.NOW)
        assert slot
        offer = ProposalDraft(
            programme=story.programme,
            organisation=story.school,
            slot=slot,
            people=[make.contact(story.school)],
            reply_by=date(2027, 2, 2),
        )
        kept = proposing.propose(offer, who="Priya", now=make.NOW).id
    sent = story.send(f"/kept/{kept}/no", {"reason": "Exams"})
    page = story.client.get(sent.headers["Location"]).text
    first = re.findall(r'<button class="slot" name="slot" value="(\d+)-', page)
    assert first and str(slot.tour_day_id) not in first
    assert f'id="day-{slot.day}"' in page
    assert str(slot.tour_day_id) in re.findall(
        r'<button class="slot" name="slot" value="(\d+)-', story.get().text
    )
