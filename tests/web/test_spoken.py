"""Words of a page: those of the programme that it is about, in templates, forms and refusals."""

import pytest
from flask import Flask
from markupsafe import Markup

from outreach.ground.audience import OF_PUPILS, OF_STAFF
from outreach.ground.errors import Refusal
from outreach.tour.programmes import Programme
from outreach.web import forms, refusals, spoken

pytestmark = pytest.mark.any_database

PLAY, TRAINING = Programme(for_adults=False), Programme(for_adults=True)


class SeatsForm(forms.Form):
    how = forms.choice("May others join the show?", (("ask", "They ask for seats"), ("none", "No")))
    seats = forms.text("How many seats?", hint="Beside your pupils", required="Enter how many seats.")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("A show with 3 seats, in the hall.", "A session with 3 places, in the room."),
        ("Two shows, and pupils at one performance", "Two sessions, and staff at one session"),
        ("Shows a day, at most", "Sessions a day, at most"),
        (
            "a seat near the hearing loop, seats at the front",
            "a seat near the hearing loop, seats at the front",
        ),
        ("Redmere Hall has asked you", "Redmere Hall has asked you"),
        ("It is showing in the hallway", "It is showing in the hallway"),
        ("Performance House has no hall", "Performance House has no room"),
        ("Move the show to Leigh Performances Trust", "Move the session to Leigh Performances Trust"),
        (
            "Closed. Performance and Arts College has shows",
            "Closed. Performance and Arts College has sessions",
        ),
        ("The show of ‘A show in the hall’. Seats: 3", "The session of ‘A show in the hall’. Places: 3"),
    ],
)
def test_a_sentence_of_pupils_is_said_of_staff(written: str, said: str) -> None:
    assert OF_STAFF.said(written) == said
    assert OF_PUPILS.said(written) == written


def test_a_template_says_what_the_page_at_hand_is_about_whatever_was_said_before(app: Flask) -> None:
    template = app.jinja_env.from_string('{{ "This show is over"|spoken }}')
    for programme, said in ((TRAINING, "session"), (PLAY, "show"), (TRAINING, "session")):
        with app.test_request_context():
            spoken.of(programme)
            assert template.render() == f"This {said} is over"


def test_what_is_marked_up_stays_so(app: Flask) -> None:
    template = app.jinja_env.from_string("{{ words|spoken }}")
    with app.test_request_context():
        spoken.of(TRAINING)
        assert template.render(words=Markup("<b>3 shows</b>")) == "<b>3 sessions</b>"
        assert template.render(words="<b>3 shows</b>") == "&lt;b&gt;3 sessions&lt;/b&gt;"


@pytest.mark.parametrize(
    ("about", "said"),
    [((TRAINING,), "session"), ((PLAY,), "show"), ((TRAINING, PLAY), "show"), ((), "show")],
)
def test_a_page_about_several_speaks_of_adults_where_all_of_them_are(
    app: Flask, about: tuple[Programme, ...], said: str
) -> None:
    with app.test_request_context():
        spoken.of_all(about)
        assert spoken.words_of_page().show == said


def test_a_form_asks_in_the_words_of_its_page(app: Flask) -> None:
    with app.test_request_context(method="POST", data={"how": "ask"}):
        spoken.of(TRAINING)
        form = SeatsForm()
        assert form.how.label.text == "May others join the session?"
        assert [one.label for one in form.how.choices] == ["They ask for places", "No"]
        assert (form.seats.label.text, form.seats.description) == ("How many places?", "Beside your staff")
        assert not form.validate() and form.errors == {"seats": ["Enter how many places."]}
    with app.test_request_context(method="POST", data={"how": "ask"}):
        spoken.of(PLAY)
        form = SeatsForm()
        assert form.seats.label.text == "How many seats?"
        assert not form.validate() and form.errors == {"seats": ["Enter how many seats."]}


def test_a_refusal_is_said_in_the_words_of_its_page(app: Flask) -> None:
    with app.test_request_context():
        spoken.of(TRAINING)
        assert (
            refusals.spoken(Refusal("That show has no seat left.")).message
            == "That session has no place left."
        )
