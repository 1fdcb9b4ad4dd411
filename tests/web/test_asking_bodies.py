"""Pages about asking where bodies are asked: those of bodies alone know no school, and of both they say both."""

import re
from datetime import date, time
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from asking.chasing.scene import at, posted, run
from drawn_by_lot import lay_draw
from outreach.asking import invitations, open_door, rounds
from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.asking.own_letters import drafts
from outreach.asking.own_letters.drafts import Typed
from outreach.coverage import standings, who_asked
from outreach.coverage.who_asked import OF_BODIES, OF_BOTH, OF_SCHOOLS, Asked
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import wall
from outreach.post import placeholders
from outreach.tour.adults import EVERYBODY, NO_SCHOOLS, AdultTarget
from outreach.web import forms, refusals, spoken
from words_of_pupils import read

pytestmark = pytest.mark.any_database

ALONE = AdultTarget(schools=NO_SCHOOLS, kinds=("Police",))
BOTH = AdultTarget(kinds=("Police",))
ASKED, TODAY = date(2027, 1, 5), wall(date(2027, 2, 8), time(9))
A_SCHOOL = re.compile(r"(?i).{0,60}\bschools?\b.{0,40}")
EXPLAINED = re.compile(r'<span class="meaning".*?</span>', re.S)
"""A term of the trade, pressed: said for every programme for adults alike."""


def laid(target: AdultTarget) -> SimpleNamespace:
    """Of six bodies one is to be raised, one said no, one waits for a place, two were not asked, one has no address."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(
            c.partnership,
            (STAFF,),
            target,
            for_adults=True,
            title="Recognise and Refer",
            reply_by=date(2027, 3, 19),
        )
        make.session(c.programme, make.venue(c.partnership), wall(date(2027, 3, 9), time(9, 30)))
        c.silent, c.no, c.waits, c.new, c.newer, c.lost = (
            make.body(c.partnership, name=f"{name} Unit")
            for name in ("Ash", "Elm", "Fir", "Oak", "Yew", "Bay")
        )
        for one in (c.silent, c.no, c.waits, c.new, c.newer):
            make.contact(one, source="a list", address=f"{one.name[:3].lower()}@police.example")
        settings.settle(c.programme, Schedule(reminders_on=True), who="Priya", now=make.EARLIER)
        asked = [one.organisation_id for one in (c.silent, c.no, c.waits)]
        c.round = rounds.send_round(c.programme, asked, who="Priya", now=at(ASKED)).round.id
        posted(at(ASKED, 9))
        said = {"who": "Ann", "now": at(date(2027, 1, 7))}
        invitations.answer(c.programme, c.no, invitations.DECLINED, "No time", **said)
        invitations.answer(c.programme, c.waits, "waiting list", "", **said)
        c.draw = lay_draw(c.programme, [c.new.organisation_id], [c.newer.organisation_id]).id
        c.letter = drafts.keep(
            c.programme,
            [one.organisation_id for one in (c.new, c.newer, c.no, c.lost)],
            Typed(subject="{organisation}", words="Is {school} moving?"),
            form_key="one",
            who="Priya",
            now=TODAY,
        ).id
        open_door.ask_for_link(c.programme, c.new, "sam@post.example", name="Sam", now=TODAY)
        open_door.answer_next(now=TODAY)
    for day in (15, 25):
        run(c.programme, date(2027, 1, day))
    return c


@pytest.fixture
def c(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    found = laid(ALONE)
    monkeypatch.setattr(clock, "now", lambda: TODAY)
    with transaction():
        person = make.person(found.partnership)
    make.signed_in(client, person)
    return found


def said(page: str) -> str:
    return read(EXPLAINED.sub(" ", page)).replace("Is {school} moving?", "")


def pages(c: SimpleNamespace) -> list[str]:
    """What a coordinator reads about asking, each list of it and each single one."""
    silent, new = c.silent.organisation_id, c.new.organisation_id
    return [
        "chasing",
        *(
            f"chasing/schools?show={kind}"
            for kind in ("coming", "left", "consent", "first", "second", "head")
        ),
        f"chasing/raise/{silent}",
        "chasing/waiting-list",
        "invitations",
        "invitations?standing=any",
        "invitations?standing=booked",
        f"invitations/{c.round}",
        f"invitations/{c.round}?only=booked",
        f"invitations/letter/{new}",
        f"invitations/letter/{new}/html",
        f"invitations/draws/{c.draw}",
        f"invitations/draws/{c.draw}.csv",
        "paper",
        "phone-list",
        "new-year/contacts",
        f"new-year/contacts/letter/{new}",
        "new-year/first-round",
        "new-year/first-round?only=rest",
        "offers",
        "requests",
        "letters/own",
        f"letters/own/new?organisation_id={new}&organisation_id={silent}",
        f"letters/own/{c.letter}",
        f"letters/own/{c.letter}/check",
        f"schools/{new}/propose",
    ]


def answered(client: FlaskClient, c: SimpleNamespace, path: str, status: int = 200, **typed: Any) -> str:
    """What the desk says to a form that is sent, on the page that it leads to."""
    answer = client.post(f"/desk/{path}", data={"programme": c.programme.id, **typed}, follow_redirects=True)
    assert answer.status_code == status, (path, said(answer.text))
    return said(answer.text)


def test_pages_about_asking_bodies_alone_know_no_school(client: FlaskClient, c: SimpleNamespace) -> None:
    wrong = {}
    for path in pages(c):
        of = "" if path.endswith(".csv") and "draws" in path else f"programme={c.programme.id}"
        answer = client.get(f"/desk/{path}{'&' if '?' in path else '?'}{of}", follow_redirects=True)
        assert answer.status_code == 200, path
        if found := A_SCHOOL.findall(said(answer.text)):
            wrong[path] = found
    assert wrong == {}


def test_what_is_asked_of_bodies_alone_is_answered_without_a_school(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    new, newer, no, lost = (one.organisation_id for one in (c.new, c.newer, c.no, c.lost))
    contact = f"{new} oak@police.example"
    two = f"{new} {newer}"
    answers = {
        "Tick at least one body": answered(client, c, "invitations/preview", 422),
        "Write to 2 bodies?": answered(client, c, "invitations/preview", organisation_id=[new, newer, no]),
        "No letter goes to these 2 bodies now": answered(
            client, c, "invitations/preview", organisation_id=[no, lost]
        ),
        "1 body left out": answered(client, c, "invitations/send", to=[contact, f"{newer} a@b.example"]),
        "the bodies stand as if nobody had asked them": answered(
            client, c, f"invitations/{c.round + 1}/withdraw"
        ),
        "A lot needs two bodies": answered(client, c, "invitations/lot", all=str(new)),
        "Draw who of 2 bodies is asked first": answered(client, c, "invitations/lot", all=two),
        "2 of these bodies were drawn": answered(
            client, c, "invitations/lot/draw", 422, drawn=[f"{new} 1", f"{newer} 1"], first=1
        ),
        "No letter can be made for 1 body": answered(client, c, "paper/preview", organisation_id=new),
        "any of these bodies": answered(client, c, "paper/print", organisation_id=new),
        "Did you mean {organisation}?": answered(
            client,
            c,
            "letters/own/new",
            422,
            organisation_id=new,
            subject="{organisaton}",
            words="Hello",
            then="check",
        ),
        "Choose at least one body": answered(
            client, c, "letters/own/new", 422, subject="Hello", words="Hello"
        ),
        "Say why it is not raised.": answered(client, c, f"chasing/leave/{c.silent.organisation_id}", 422),
    }
    for wanted, found in answers.items():
        assert wanted in found, found
        assert A_SCHOOL.findall(found) == []


def test_where_schools_are_asked_too_both_are_said(client: FlaskClient, c: SimpleNamespace) -> None:
    with transaction():
        make.target(c.programme, at(ASKED), (STAFF,), BOTH)
        make.school(name="Redmere Academy")
    for path, wanted in {
        "chasing": "3 asked schools and bodies get none, each with its reason.",
        "chasing/waiting-list": "School or body Waits since",
        f"invitations/{c.round}": "to 3 schools and bodies.",
        f"invitations/draws/{c.draw}": "1 of 2 schools and bodies is asked first",
        "paper": "For schools and bodies that no mail reaches.",
        "phone-list": "7 schools and bodies missing",
        "new-year/contacts": "One letter to each school or body asks whether",
        f"letters/own/{c.letter}": "{organisation} the school or body’s name",
        "letters/own": "{organisation} 4 bodies",
        "offers": "No time is kept for a school or body now.",
    }.items():
        page = said(client.get(f"/desk/{path}?programme={c.programme.id}").text)
        assert wanted in page, page


@pytest.mark.parametrize(
    ("written", "of_bodies", "of_both"),
    [
        ("3 schools have none", "3 bodies have none", "3 schools and bodies have none"),
        ("School", "Body", "School or body"),
        ("each school’s page", "each body’s page", "each school or body’s page"),
        ("3 school days", "3 working days", "3 school or working days"),
        ("At {school}", "At {organisation}", "At {organisation}"),
        (
            "There is no ‘The school hall’.",
            "There is no ‘The school hall’.",
            "There is no ‘The school hall’.",
        ),
        ("Preschool, schooling", "Preschool, schooling", "Preschool, schooling"),
    ],
)
def test_a_sentence_of_schools_is_said_of_whom_a_programme_asks(
    written: str, of_bodies: str, of_both: str
) -> None:
    assert OF_BODIES.said(written) == of_bodies
    assert OF_BOTH.said(written) == of_both
    assert OF_SCHOOLS.said(written) == written


@pytest.mark.parametrize(
    ("target", "picked", "asked"),
    [
        (EVERYBODY, (), OF_SCHOOLS),
        (ALONE, (), OF_BODIES),
        (BOTH, (), OF_BOTH),
        (EVERYBODY, ("body",), OF_BOTH),
        (ALONE, ("school",), OF_BOTH),
        (ALONE, ("body",), OF_BODIES),
    ],
)
def test_whom_a_programme_asks_is_the_same_with_and_without_its_reckoning(
    app: Flask, target: AdultTarget, picked: tuple[str, ...], asked: Asked
) -> None:
    with transaction():
        ours = make.partnership()
        programme = make.programme(ours, (STAFF,), target, for_adults=True)
        there = {"school": make.school(), "body": make.body(ours, kind="Health")}
        for one in picked:
            make.decision(programme, there[one], "include", year_groups=(STAFF,))
    reckoning = standings.standings_of_programme(programme.id, as_of=TODAY.date(), now=TODAY)
    assert who_asked.of_programme(programme) is asked
    assert who_asked.of_target(reckoning) is asked


def test_a_programme_for_pupils_asks_schools_and_no_question(app: Flask, count_queries: Any) -> None:
    with transaction():
        programme = make.programme(make.partnership())
    assert not programme.for_adults
    with app.test_request_context(), count_queries() as queries:
        spoken.of(programme)
        assert spoken.asked_on_page() is OF_SCHOOLS
    assert queries == []


class WhichForm(forms.Form):
    of_asked = True
    days = forms.text("School days", hint="Of each school")


class NoSchool(Refusal):
    of_asked = True


def test_forms_and_refusals_about_whoever_is_asked_say_so_and_others_stay(app: Flask) -> None:
    with app.test_request_context():
        spoken.of_asked(OF_BODIES)
        form = WhichForm()
        assert (form.days.label.text, form.days.description) == ("Working days", "Of each body")
        assert refusals.spoken(NoSchool("No school is left.")).message == "No body is left."
        assert refusals.spoken(Refusal("No school is left.")).message == "No school is left."


def test_a_page_about_one_speaks_of_it_whoever_else_is_asked(client: FlaskClient, c: SimpleNamespace) -> None:
    with transaction():
        make.target(c.programme, at(ASKED), (STAFF,), BOTH)
    raised = f"/desk/chasing/raise/{c.silent.organisation_id}?programme={c.programme.id}"
    assert "Whoever is new here is kept as the body’s manager among its contacts." in said(
        client.get(raised).text
    )


def test_a_body_stands_for_either_placeholder() -> None:
    for typed in ("At {school}", "At {organisation}", "At {Organisation}"):
        placeholders.check(typed, "subject")
        assert placeholders.used(typed) == {"school"}
        assert placeholders.filled(typed, {"school": "Oak Unit"}) == "At Oak Unit"
