"""flask people, as a person types it."""

import pytest
from flask import Flask

import make
from outreach.county import coordinators, partnerships
from outreach.county.partnerships import Partnership
from outreach.ground import clock
from outreach.ground.db import db, transaction


@pytest.fixture
def partnership(app: Flask) -> str:
    with transaction():
        return make.partnership().name


def run(app: Flask, *words: str, typed: str = ""):
    return app.test_cli_runner().invoke(args=["people", *words], input=typed)


def add(app: Flask, partnership: str, *more: str, typed: str = ""):
    return run(
        app,
        "add",
        "--partnership",
        partnership,
        "--name",
        "Owen",
        "--email",
        "Owen@marlshire.example",
        *more,
        typed=typed,
    )


def token_in(output: str) -> str:
    return output.strip().rsplit("/sign-in/", 1)[1]


def test_person_is_added_and_the_link_that_is_printed_lets_in(app: Flask, partnership: str) -> None:
    done = add(app, partnership)
    assert done.exit_code == 0, done.output
    assert "http://outreach.example/sign-in/" in done.output
    with transaction():
        assert coordinators.use_link(token_in(done.output), now=clock.now()).name == "Owen"


def test_password_is_read_from_standard_input_and_not_shown(app: Flask, partnership: str) -> None:
    done = add(app, partnership, "--password-stdin", typed="lantern gravel otter\n")
    assert done.exit_code == 0 and "lantern" not in done.output and "/sign-in/" not in done.output
    assert coordinators.holder("owen@marlshire.example", "lantern gravel otter").name == "Owen"


def test_unknown_partnership_is_refused_with_the_names_there_are(app: Flask, partnership: str) -> None:
    done = add(app, "Nowhere")
    assert done.exit_code == 1 and partnership in done.output


def test_address_taken_or_password_too_short_adds_nobody(app: Flask, partnership: str) -> None:
    done = add(app, partnership, "--password-stdin", typed="short\n")
    assert done.exit_code == 1 and "at least 12 characters" in done.output
    assert coordinators.find("owen@marlshire.example") is None
    assert add(app, partnership).exit_code == 0
    again = add(app, partnership)
    assert again.exit_code == 1 and "already belongs to somebody" in again.output


def test_new_link_for_who_is_known_and_none_for_who_is_not(app: Flask, partnership: str) -> None:
    add(app, partnership)
    done = run(app, "link", "OWEN@marlshire.example")
    assert done.exit_code == 0 and coordinators.link_is_open(token_in(done.output), now=clock.now())
    assert run(app, "link", "nobody@marlshire.example").exit_code == 1


def test_first_is_a_lead_and_the_next_a_coordinator_unless_a_role_is_said(
    app: Flask, partnership: str
) -> None:
    with transaction():
        whose = partnerships.named(partnership).id
    assert "Owen is a lead coordinator of" in add(app, partnership).output
    words = ("add", "--partnership", partnership, "--name")
    lee = run(app, *words, "Lee", "--email", "lee@marlshire.example")
    ana = run(app, *words, "Ana", "--email", "ana@marlshire.example", "--role", "reader")
    assert "Lee is a coordinator of" in lee.output and "Ana is a reader of" in ana.output
    assert run(app, "role", "owen@marlshire.example", "board").exit_code == 1
    assert "Lee is a lead coordinator now." in run(app, "role", "lee@marlshire.example", "lead").output
    assert run(app, "role", "owen@marlshire.example", "board").exit_code == 0
    assert [lead.email for lead in coordinators.leads(whose)] == ["lee@marlshire.example"]


def test_only_lead_cannot_be_ended(app: Flask, partnership: str) -> None:
    add(app, partnership)
    done = run(app, "end", "owen@marlshire.example")
    assert done.exit_code == 1 and "Make another person a lead coordinator first." in done.output


def test_who_has_left_gets_no_link(app: Flask, partnership: str) -> None:
    with transaction():
        make.person(db.session.get_one(Partnership, partnerships.named(partnership).id))
    add(app, partnership)
    assert run(app, "end", "owen@marlshire.example").exit_code == 0
    assert run(app, "link", "owen@marlshire.example").exit_code == 1


def test_post_send_answers_the_open_door_and_sends_its_letter(app: Flask) -> None:
    from outreach.asking import open_door

    with transaction():
        programme = make.programme(make.partnership())
        school = make.school()
        make.contact(school, address="j.fell@redmere.example")
        open_door.ask_for_link(programme, school, "j.fell@redmere.example", name="", now=clock.now())
    done = app.test_cli_runner().invoke(args=["post", "send"])
    assert done.exit_code == 0, done.output
    assert "Sent 1" in done.output
