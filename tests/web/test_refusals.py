"""What a rule's no becomes: no such page, the page once more with what was typed, or words on another page."""

from typing import Any

import pytest
from flask import Flask, abort, g, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

import make
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.ground.errors import NoSuch, Refusal
from outreach.web import forms
from outreach.web.refusals import back_to, refused

pytestmark = pytest.mark.own_app


class TooLate(Refusal):
    field = "day"


class NameForm(forms.Form):
    name = forms.text("Name", required="Enter a name.")
    day = forms.text("Day")


class NoteForm(forms.Form):
    note = forms.text("Note")


def names() -> list[str]:
    return list(db.session.scalars(select(Partnership.name).order_by(Partnership.name)))


@pytest.fixture
def passes(app: Flask) -> list[str]:
    """A page that writes first and is refused then; how often its view ran is noted."""
    ran: list[str] = []

    @app.route("/try", methods=["GET", "POST"])
    def page() -> Any:
        ran.append("view")
        form = NameForm()
        if form.validate_on_submit():
            with transaction():
                ran.append("deed")
                make.partnership(name=form.name.data)
                raise TooLate("It is too late for that day.")
        return f"{form.name.data} {form.errors} {names()}", 422 if form.errors else 200

    return ran


def test_a_refusal_shows_the_page_again_with_what_was_typed_and_nothing_written(
    client: FlaskClient, passes: list[str]
) -> None:
    answer = client.post("/try", data={"name": "Marlshire"})
    assert answer.status_code == 422
    assert answer.text == "Marlshire {'day': ['It is too late for that day.']} []"
    assert passes == ["view", "deed", "view"]


def test_what_has_no_right_shape_is_tried_by_nobody(client: FlaskClient, passes: list[str]) -> None:
    answer = client.post("/try", data={"name": ""})
    assert (answer.status_code, passes) == (422, ["view"])
    assert "Enter a name." in answer.text


def test_of_several_forms_the_one_that_asks_for_it_says_so_else_the_first(app: Flask) -> None:
    for field, says in (("note", "note"), ("day", "day"), ("elsewhere", "name"), (None, "name")):
        with app.test_request_context("/", method="POST", data={"name": "Marlshire"}):
            g.refusal = Refusal("No.", field=field)
            asked, noted = NameForm(), NoteForm()
            assert not forms.valid(asked, noted)
            assert asked.errors | noted.errors == {says: ["No."]}


def test_forms_are_all_judged_before_any_refusal(app: Flask) -> None:
    with app.test_request_context("/", method="POST"):
        asked, noted = NameForm(), NoteForm(MultiDict({"note": "x" * 500}))
        assert not forms.valid(asked, noted)
        assert set(asked.errors | noted.errors) == {"name", "note"}


def test_a_page_without_a_form_asks_with_what_it_is_shown_again(app: Flask, client: FlaskClient) -> None:
    @app.post("/deed")
    def deed() -> Any:
        if (no := refused()) is not None:
            return f"Not done: {no.message}", 422
        with transaction():
            raise TooLate("It is too late.")

    answer = client.post("/deed")
    assert (answer.status_code, answer.text) == (422, "Not done: It is too late.")


def test_a_refusal_that_no_page_asked_for_is_said_on_a_page_of_its_own(
    app: Flask, client: FlaskClient
) -> None:
    ran = []

    @app.post("/unasked")
    def unasked() -> Any:
        ran.append("view")
        make.partnership(name="Marlshire")
        raise TooLate("It has ended <already>.")

    answer = client.post("/unasked")
    assert (answer.status_code, ran) == (409, ["view"])
    assert "<h1>That was not done</h1>" in answer.text and "It has ended &lt;already&gt;." in answer.text
    assert names() == []


def test_a_program_hears_why_it_was_refused(app: Flask, client: FlaskClient) -> None:
    @app.get("/api/unasked")
    def unasked() -> Any:
        raise TooLate("It has ended.")

    answer = client.get("/api/unasked")
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert answer.json == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "It has ended.",
        "error": {"code": "refused", "message": "It has ended."},  # as programs from before read it
    }


def test_a_second_refusal_is_said_on_a_page_of_its_own_and_no_endless_round(
    app: Flask, client: FlaskClient
) -> None:
    ran = []

    @app.post("/again")
    def again() -> Any:
        ran.append(refused())
        raise TooLate("It is too late.")

    answer = client.post("/again")
    assert (answer.status_code, len(ran)) == (409, 2)
    assert "It is too late." in answer.text


def test_what_is_not_there_the_second_time_is_no_such_page(app: Flask, client: FlaskClient) -> None:
    @app.post("/gone/<how>")
    def gone(how: str) -> Any:
        if refused() is None:
            raise TooLate("It is too late.")
        if how == "abort":
            abort(404)
        raise NoSuch("There is none.")

    assert client.post("/gone/abort").status_code == 404
    assert client.post("/gone/raise").status_code == 404


def test_what_an_address_names_and_is_not_there_is_no_such_page(app: Flask, client: FlaskClient) -> None:
    @app.route("/find-it", methods=["GET", "POST"])
    def find_it() -> Any:
        form = NameForm()
        if form.validate_on_submit():
            with transaction():
                raise NoSuch("There is none.")
        raise NoSuch("There is none.")

    def text(path: str, **how: Any) -> str:
        answer = client.open(path, **how)
        assert answer.status_code == 404
        return answer.text

    sent = {"method": "POST", "data": {"name": "x"}}
    assert text("/find-it") == text("/no-such-page")
    assert text("/find-it", **sent) == text("/no-such-page", **sent)
    assert "It is not there any more" in text("/find-it", **sent)


@pytest.fixture
def ways(app: Flask) -> None:
    """A deed that leads back to another page where it is refused: by any rule, and by one kind alone."""

    @app.get("/list")
    def listed() -> str:
        return render_template_string("{{ get_flashed_messages(with_categories=true) }}")

    @app.post("/any/<no>")
    def by_any(no: str) -> Any:
        with back_to("/list", "stop"), transaction():
            make.partnership(name="Marlshire")
            raise {"late": TooLate, "none": NoSuch, "other": Refusal}[no]("Said.")

    @app.post("/otherwise/<said>")
    def otherwise(said: str) -> Any:
        with back_to("/list", "confirm", TooLate, said=said.strip("-")), transaction():
            raise TooLate("Said.")

    @app.post("/one/<no>")
    def by_one(no: str) -> Any:
        if (said := refused()) is not None:
            return f"Here: {said.message}", 422
        with back_to("/list", "confirm", TooLate), transaction():
            raise {"late": TooLate, "none": NoSuch, "other": Refusal}[no]("Said.")


@pytest.mark.usefixtures("ways")
def test_a_refusal_is_said_on_the_page_one_is_led_back_to(client: FlaskClient) -> None:
    for path, category in (("/any/late", "stop"), ("/any/other", "stop"), ("/one/late", "confirm")):
        answer = client.post(path)
        assert (answer.status_code, answer.location) == (303, "/list")
        assert client.get("/list").text == str([(category, "Said.")]).replace("'", "&#39;")
    assert names() == []


@pytest.mark.usefixtures("ways")
def test_what_is_not_there_leads_nowhere_and_other_kinds_are_shown_here(client: FlaskClient) -> None:
    assert client.post("/any/none").status_code == client.post("/one/none").status_code == 404
    answer = client.post("/one/other")
    assert (answer.status_code, answer.text) == (422, "Here: Said.")


@pytest.mark.usefixtures("ways")
def test_a_page_may_say_it_in_other_words_or_by_itself(client: FlaskClient) -> None:
    assert client.post("/otherwise/Gone").location == client.post("/otherwise/-").location == "/list"
    assert client.get("/list").text == "[(&#39;confirm&#39;, &#39;Gone&#39;)]"
