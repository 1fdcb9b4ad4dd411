"""A coordinator's pages of what pupils are asked: items, approval, codes, posters, paper, and what goes wrong."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import asked
import make
from outreach.ground.db import db, transaction
from outreach.ground.wording import day_short
from outreach.outcomes import closing, items, questionnaires, tallies, waves
from outreach.outcomes.items import OURS
from outreach.web import questionnaire_words

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


def said(page: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2])).split())


def test_a_questionnaire_is_drafted_by_one_and_approved_by_another(app: Flask, client: FlaskClient) -> None:
    with transaction():
        of = make.partnership()
        programme = make.programme(of)
        first, second = make.person(of), make.person(of, name="Sam Whitfield")
    make.signed_in(client, first)
    page = client.get("/desk/questionnaire")
    assert "no pupil is asked" in said(page) and "not validated" in said(page)
    assert client.post("/desk/questionnaire", data={"ours": "1"}).status_code == 303
    draft = questionnaires.find_draft(programme.id)
    assert draft is not None
    page = said(client.get("/desk/questionnaire"))
    assert all(item.words in page for item in OURS) and page.count("Not validated") == len(OURS)
    assert page.count("Primary: the one that headings speak of.") == 1
    assert "A second coordinator must approve it." in page and "approve</button>" not in page
    address = f"/desk/questionnaires/{draft.id}/approve"
    answer = client.post(address)
    assert "A second coordinator must read and approve it" in said(client.get(answer.headers["Location"]))
    assert questionnaires.find_approved(programme.id) is None
    make.signed_in(client, second)
    assert "I have read it: approve" in said(client.get("/desk/questionnaire"))
    client.post(address)
    assert "By Sam Whitfield" in said(client.get("/desk/questionnaire"))
    client.post(f"/desk/questionnaires/{draft.id}/withdraw")
    assert questionnaires.find_approved(programme.id) is None


def test_one_alone_is_told_that_the_operator_names_who_approves_and_the_command_does(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        person = make.person(db.session.get_one(make.Partnership, programme.partnership_id))
    make.signed_in(client, person)
    client.post("/desk/questionnaire", data={"ours": "1"})
    assert "You are alone: the operator names who approves it." in said(client.get("/desk/questionnaire"))
    draft = questionnaires.find_draft(programme.id)
    assert draft is not None
    number = str(draft.id)
    db.session.rollback()
    run = app.test_cli_runner().invoke
    listed = run(args=["questionnaires", "approve"])
    assert f"{number}: drafted by Priya Nandakumar" in listed.output and OURS[0].words in listed.output
    done = run(args=["questionnaires", "approve", number, "--approver", "Dr Ann Lea, head of service"])
    assert (done.exit_code, done.output) == (0, "Approved by Dr Ann Lea, head of service.\n")
    assert "By Dr Ann Lea, head of service" in said(client.get("/desk/questionnaire"))
    again = run(args=["questionnaires", "approve", number, "--approver", "Dr Ann Lea"])
    assert again.exit_code == 1 and "It is approved." in again.output
    assert run(args=["questionnaires", "approve", "99", "--approver", "X"]).exit_code == 1
    assert run(args=["questionnaires", "approve"]).output == "No draft waits.\n"


def test_too_few_items_are_refused_with_what_was_ticked_kept(app: Flask, client: FlaskClient) -> None:
    with transaction():
        told = asked.lay()
    make.signed_in(client, told.drafter)
    known = items.items_of_partnership(told.programme.partnership_id)
    page = client.post("/desk/questionnaire", data={"item": [str(i.id) for i in known[:3]]})
    assert page.status_code == 422 and "Choose 5 to 8 items; 3 are chosen." in said(page)
    assert page.text.count(" checked") == 3
    page = client.post("/desk/questionnaire", data={"item": ["9" * 30, "9" * 5000]})
    assert page.status_code == 422, "no number of an item"
    page = client.post("/desk/questionnaire", data={"item": [str(i.id) for i in known[1:]]})
    assert page.status_code == 422 and "whether a pupil would know whom to tell" in said(page)


def test_an_item_of_ones_own_says_its_source_and_licence(app: Flask, client: FlaskClient) -> None:
    with transaction():
        told = asked.lay()
    make.signed_in(client, told.drafter)
    typed = {"words": "I feel safe at school.", "kind": "scale", "source": "A study", "licence": "CC BY 4.0"}
    for wrong, words in (
        ({"words": "Manipulation, exploitation and coercion are disgraceful."}, "shorter words"),
        ({"words": OURS[1].words}, "in these words already"),
        ({"source": ""}, "Say where it comes from."),
        ({"licence": ""}, "Say by what licence"),
        ({"kind": ""}, "Choose how they answer."),
    ):
        page = client.post("/desk/questionnaire/items/new", data=typed | wrong)
        assert page.status_code == 422 and words in said(page), wrong
        assert "I feel safe" in page.text or "words" in wrong
    assert client.post("/desk/questionnaire/items/new", data=typed | {"validated": "y"}).status_code == 303
    page = said(client.get("/desk/questionnaire"))
    assert "I feel safe at school. Five answers. A study, CC BY 4.0. Validated." in page
    for kind, right, words in (("true", 1, "It rains."), ("false", 0, "It snows.")):
        client.post("/desk/questionnaire/items/new", data=typed | {"words": words, "kind": kind})
        newest = items.items_of_partnership(told.programme.partnership_id)[-1]
        assert (newest.words, newest.right_answer) == (words, right)
    client.post(f"/desk/questionnaire/items/{newest.id}/end")
    page = said(client.get("/desk/questionnaire"))
    assert "1 item not offered any more It snows. Offer it again" in page
    assert "Stop offering it : It snows." not in page
    again = client.post(f"/desk/questionnaire/items/{newest.id}/again", follow_redirects=True)
    assert "Stop offering it : It snows." in said(again) and "Offer it again" not in said(again)
    client.post(f"/desk/questionnaire/items/{newest.id}/end")
    client.post("/desk/questionnaire/items/new", data=typed | {"words": "It snows.", "kind": "false"})
    again = client.post(f"/desk/questionnaire/items/{newest.id}/again", follow_redirects=True)
    assert "You have an item in these words already." in said(again)


def test_codes_are_made_printed_stopped_renewed_and_set_aside(
    app: Flask, client: FlaskClient, stopped
) -> None:
    with transaction():
        told = asked.lay(pupils=160)
        other = make.show(told.programme, make.school(name="Oakhill School"), asked.SHOW)
        make.booking(other, {9: 90})
    make.signed_in(client, told.approver)
    page = said(client.get("/desk/waves"))
    assert "Make codes for 1 show" in page and page.count("No code") == 3
    client.post("/desk/waves")
    assert len(waves.of_performance(other.id)) == 3
    assert "Make codes" not in said(client.get("/desk/waves"))
    here = f"/desk/shows/{told.show.id}/codes"
    first = told.code("after")
    page = said(client.get(here))
    assert f"After: {first.written} Opens at the show. 0 of 160 pupils answered." in page
    wave_id = told.waves["after"].id
    for what in ("poster", "slide", "paper"):
        shown = client.get(f"/desk/waves/{wave_id}/{what}")
        assert (first.written in said(shown) or what == "paper") and "0800 1111" in said(shown), what
    assert f"/q/{first.in_address}" in client.get(f"/desk/waves/{wave_id}/poster").text
    assert all(item.words in said(client.get(f"/desk/waves/{wave_id}/paper")) for item in OURS)
    client.post(f"/desk/codes/{first.id}/stop")
    answer = client.get(f"/desk/waves/{wave_id}/poster")
    assert answer.status_code == 303
    assert "no code that works" in said(client.get(here))
    client.post(f"/desk/waves/{wave_id}/renew")
    second = told.code("after")
    assert f"After: {second.written}" in said(client.get(here)) and first.written in said(client.get(here))
    stopped.now = asked.RIGHT_AFTER
    for _ in range(2):
        asked.answers(second)
    assert "2 of 160 pupils answered" in said(client.get(here))
    aside = f"/desk/codes/{second.id}/set-aside"
    refused = client.post(aside, data={"reason": " "})
    assert refused.status_code == 422 and "Say why" in said(refused)
    client.post(aside, data={"reason": "It was posted online"})
    assert "Set aside: It was posted online" in said(client.get(here))
    client.post(f"/desk/codes/{second.id}/take-back-in")
    assert waves.set_aside_of([second.id]) == {}
    stopped.now = asked.CLOSED_BY
    with transaction():
        closing.close(told.waves["after"], now=stopped.now)
    client.post(aside, data={"reason": "Too bad"})
    assert waves.set_aside_of([second.id]) == {}
    page = said(client.get(here))
    assert "That wave is over." in page and "closed" in page.lower()


def test_more_answers_than_pupils_are_said_and_how_many_where_they_are_five_or_more(
    app: Flask, client: FlaskClient, stopped
) -> None:
    with transaction():
        told = asked.lay(pupils=10)
    make.signed_in(client, told.approver)
    here, wave = f"/desk/shows/{told.show.id}/codes", told.waves["after"]
    stopped.now = asked.RIGHT_AFTER
    for number, words in ((11, ""), (4, "some were set aside"), (1, "5 were set aside")):
        for _ in range(number):
            asked.answers(told.code("after"))
        page = said(client.get(here))
        assert ("More answers than pupils" in page) == bool(words) and words in page
    assert "11 of 10 pupils answered" in page and "Only where the school says" in page
    assert "More answers than pupils" in said(client.get("/desk/waves"))
    client.post(f"/desk/waves/{wave.id}/count-all")
    page = said(client.get(here))
    assert "16 of 10 pupils answered" in page and "More answers than pupils" not in page
    asked.answers(told.code("after"))
    stopped.now = asked.CLOSED_BY
    with transaction():
        closing.close(wave, now=stopped.now)
    assert "More answers than pupils: some were set aside." in said(client.get(here))


def test_a_school_declines_and_takes_part_after_all(app: Flask, client: FlaskClient) -> None:
    with transaction():
        told = asked.lay()
    make.signed_in(client, told.approver)
    address = f"/desk/shows/{told.show.id}/questionnaire"
    client.post(address)
    assert "does not want its pupils asked" in said(client.get(f"/desk/shows/{told.show.id}/codes"))
    assert "does not take part" in said(client.get(f"/q/{told.code('before').in_address}"))
    client.post(address, data={"after_all": "1"})
    assert "Start" in said(client.get(f"/q/{told.code('before').in_address}"))


def test_sheets_are_counted_by_item_and_a_count_is_withdrawn(
    app: Flask, client: FlaskClient, stopped
) -> None:
    with transaction():
        told = asked.lay(pupils=20)
    make.signed_in(client, told.approver)
    wave = told.waves["before"]
    first, *_, last = questionnaires.items_of(wave.questionnaire_id)
    address = f"/desk/waves/{wave.id}/tally"
    names = {f"n-{first.id}-5": "7", f"n-{first.id}-1": "2", f"n-{last.id}-0": "9"}
    for wrong, words in (
        ({f"n-{first.id}-5": "seven"}, "‘seven’ is none"),
        ({f"n-{first.id}-5": "99"}, "more answers than pupils who came"),
    ):
        page = client.post(address, data=names | wrong)
        assert page.status_code == 422 and words in said(page)
        assert f'value="{wrong[f"n-{first.id}-5"]}"' in page.text, "what was typed is kept"
    assert "Enter how many gave each answer" in said(client.post(address, data={"n-x-y": "1"}))
    assert client.post(address, data=names).status_code == 303
    assert "9 sheets on paper, counted by Sam Whitfield" in said(
        client.get(f"/desk/shows/{told.show.id}/codes")
    )
    assert tallies.counts_of_waves([wave.id]) == [
        (wave.id, first.id, 1, 2),
        (wave.id, first.id, 5, 7),
        (wave.id, last.id, 0, 9),
    ]
    ((pile, _),) = tallies.of_wave(wave.id)
    client.post(f"/desk/tallies/{pile.id}/withdraw")
    assert tallies.counts_of_waves([wave.id]) == []


def test_the_list_of_shows_takes_as_many_queries_for_one_as_for_three(
    app: Flask, client: FlaskClient, count_queries
) -> None:
    with transaction():
        told = asked.lay()
    make.signed_in(client, told.approver)
    taken = []
    for more in (0, 2):
        with transaction():
            for n in range(more):
                show = make.show(told.programme, make.school(), asked.SHOW + timedelta(days=n))
                make.booking(show, {8: 30})
                waves.make(show, who="P", now=make.NOW)
        client.get("/desk/waves")
        db.session.rollback()
        with count_queries() as queries:
            page = client.get("/desk/waves")
        assert page.text.count("<tr>") == 2 + more
        taken.append(len(queries))
    assert taken[0] == taken[1]


def test_shows_that_ask_nothing_more_are_folded_up_behind_those_that_do(
    app: Flask, client: FlaskClient, stopped
) -> None:
    with transaction():
        told = asked.lay()
        later = make.show(
            told.programme, make.school(name="Oakhill School"), asked.SHOW + timedelta(days=300)
        )
        make.booking(later, {9: 90})
        never = make.show(told.programme, make.school(name="Elmtree School"), asked.SHOW + timedelta(days=2))
        make.booking(never, {9: 90})
    make.signed_in(client, told.approver)
    stopped.now = asked.SHOW + timedelta(days=200)
    page = client.get("/desk/waves").text
    folded = page.index("1 show with nothing left to ask")
    assert page.index(told.school.name) < folded and page.index("Oakhill School") < folded
    assert page.index("Elmtree School") > folded, "it is over, and nobody was asked"
    with transaction():
        for wave in told.waves.values():
            closing.close(wave, now=stopped.now)
    page = client.get("/desk/waves").text
    folded = page.index("2 shows with nothing left to ask")
    assert page.index("Oakhill School") < folded < page.index(told.school.name)
    assert page.count("Closed</td>") == 3


def test_what_no_click_undoes_says_first_what_it_means(app: Flask, client: FlaskClient) -> None:
    with transaction():
        told = asked.lay()
    make.signed_in(client, told.approver)
    page = said(client.get(f"/desk/shows/{told.show.id}/codes"))
    code = told.code("after").written
    assert (
        f"Stop this code… Its poster opens nothing any more, until you give a new code. Stop {code}" in page
    )
    assert "Give a new code in its place… The poster that hangs there opens nothing any more." in page
    page = said(client.get("/desk/questionnaire"))
    assert "Withdraw it… No show gets new codes until another draft is approved." in page


def test_the_state_of_a_wave_is_said_in_words(app: Flask) -> None:
    with transaction():
        told = asked.lay()
    words = questionnaire_words.wave_state
    before, after, later = (told.waves[kind] for kind in waves.KINDS)
    assert words(before, make.NOW) == "open until the show"
    assert words(after, make.NOW) == "opens at the show"
    assert words(after, asked.RIGHT_AFTER) == f"open until {day_short(after.last_day())}"
    assert words(later, make.NOW) == f"opens on {day_short(later.opens_at())}"
    assert words(after, asked.CLOSED_BY) == "over; it is closed within minutes"
    with transaction():
        closing.close(after, now=asked.CLOSED_BY)
    assert words(after, asked.CLOSED_BY) == "closed"
    with transaction():
        closing.note_order_gone(closed_by=asked.CLOSED_BY, now=asked.CLOSED_BY)
    db.session.expire_all()
    assert words(after, asked.CLOSED_BY) == "closed: answers have no order any more"
