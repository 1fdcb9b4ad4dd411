"""The words and controls of a booking, counted on the pages as somebody reads them."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from school_story import HALL, PEOPLE, Story, lay
from word_budgets import BOOKING, BOOKING_CLICKS, BOOKING_CONTROLS, BOOKING_WORDS
from words_read import controls_of, words_of

import make
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.county import contacts
from outreach.ground.db import transaction
from outreach.tour import slots

pytestmark = pytest.mark.any_database


@pytest.fixture
def story(client: FlaskClient, stopped: Any) -> Story:
    laid = lay(
        client,
        days=12,
        school={"name": "Redmere Academy", "telephone": "01632 960 500"},
        summary="A play about exploitation and who to tell, with a discussion.",
        school_provides="two power sockets near the stage end\na room to change in",
    )
    with transaction():
        make.contact(laid.school, address="j.fell@redmere.example", phone="01632 960 204")
        make.contact(laid.school, name="", role="School office", address="office@redmere.example")
    return laid


class Reader:
    """Somebody who books, and counts what stands on each page and what was pressed."""

    def __init__(self, story: Story) -> None:
        self.story, self.clicks = story, 0
        self.words: dict[str, int] = {}
        self.controls: list[str] = []

    def read(self, page: str, path: str) -> str:
        answer = self.story.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        self.words[page] = len(words_of(answer.text))
        self.controls += controls_of(answer.text)
        return answer.text

    def press(self, path: str, typed: dict[str, str]) -> str:
        """Send what stands there; returns where it leads."""
        self.clicks += 1
        answer = self.story.send(path, typed)
        assert answer.status_code == 303
        return str(answer.headers["Location"]).removeprefix(self.story.path())

    def steps(self, at: str = "") -> None:
        for step, typed in (
            ("pupils", {"pupils-0-8": "106", "pupils-0-9": "106"}),
            ("hall", HALL),
            ("people", PEOPLE),
        ):
            self.read(step, f"{at}/{step}")
            self.press(f"{at}/{step}", typed)
        self.read("check", f"{at}/check")


def test_a_booking_keeps_to_its_words_controls_and_clicks(story: Story) -> None:
    reader = Reader(story)
    reader.read("choose a time", "")
    key = story.keys()[0]
    reader.press("/choose", {"slot": key})
    reader.steps()
    reader.read("booked", reader.press("/book", {"slots": key}))
    over = {page: n for page, n in reader.words.items() if n > BOOKING[page]}
    assert not over, f"more words than their budget: {over}; all: {reader.words}"
    assert set(reader.words) == set(BOOKING)
    assert sum(reader.words.values()) <= BOOKING_WORDS
    assert len(reader.controls) <= BOOKING_CONTROLS, reader.controls
    assert reader.clicks <= BOOKING_CLICKS


def test_a_time_that_is_kept_is_taken_with_no_more_words(story: Story) -> None:
    with transaction():
        contact = contacts.contacts_of_organisation(story.school.organisation_id)[0]
        slot = slots.find(story.programme, story.school, story.keys()[0], now=make.NOW)
        offer = ProposalDraft(
            programme=story.programme,
            organisation=story.school,
            slot=slot,
            people=[contact],
            reply_by=story.programme.reply_by,
        )
        kept = proposing.propose(offer, who="Priya", now=make.NOW).id
    reader = Reader(story)
    reader.steps(f"/kept/{kept}")
    assert {page: n for page, n in reader.words.items() if n > BOOKING[page]} == {}


def test_what_is_known_stands_in_the_boxes(story: Story) -> None:
    story.choose()
    assert story.get("/pupils").text.count('value="106"') == 2
    people = story.get("/people").text
    for value in ("Joanna Fell", "j.fell@redmere.example", "01632 960 204"):
        assert f'value="{value}"' in people
    assert 'value="School office &lt;office@redmere.example&gt;"' in people


HTML = """<header>not read</header><main><h1>Two words</h1><p>One<span>more</span> <span class="vh">hidden</span></p>
<details><summary>Folded <b>up</b></summary><p>not this <input name="not"></p></details>
<details open><summary>Open</summary><p>seen<br>too</p><details><summary>Inner</summary>no</details></details>
<div hidden>none <span>of it</span></div><input type="hidden" name="h"><input name="seen"><select name="one">
<option>never</option></select><p>9:30am, 01632 &amp; – end.</p></main><footer>nor this</footer>"""


def test_what_is_counted_is_what_is_seen() -> None:
    assert words_of(HTML) == [
        *("Two", "words", "One", "more", "Folded", "up", "Open", "seen", "too", "Inner"),
        *("9:30am,", "01632", "end."),
    ]
    assert controls_of(HTML) == ["seen", "one"]
