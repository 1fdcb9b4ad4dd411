"""The pages of chasing: settings, what goes next, who waits for a word, the letter, the waiting list, the
phone list."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from asking.chasing.scene import County, at, county, posted, run
from outreach.asking import invitations, notes, rounds
from outreach.asking.chasing import raising, settings
from outreach.asking.chasing.chases import HEAD, Chase
from outreach.asking.chasing.raising import NotRaised
from outreach.asking.chasing.settings import Schedule
from outreach.county.partnerships import Partnership
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.school_year import year_of
from outreach.ground.timespans import day_of
from outreach.post.outbox import Letter
from web.conftest import Clock

pytestmark = pytest.mark.any_database

FRIDAY = date(2027, 1, 15)
RAISED = date(2027, 2, 1)


def here(client: FlaskClient, schools: int = 2, plan: Schedule | None = None) -> County:
    """Schools asked on 5 January, and a coordinator signed in."""
    with transaction():
        c = county(schools, **({} if plan is None else {"plan": plan}))
        partnership = db.session.get_one(Partnership, c.programme.partnership_id)
        make.signed_in(client, make.person(partnership))
    return c


def reminded(client: FlaskClient, schools: int = 2) -> County:
    c = here(client, schools)
    for day in (FRIDAY, date(2027, 1, 25)):
        run(c.programme, day)
    return c


def text(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def rows(client: FlaskClient, path: str) -> int:
    """How many schools a list has, over its pages."""
    body = client.get(path).text
    return body.count('<th scope="row">')


def test_the_page_says_what_goes_next_and_each_number_leads_to_its_list(
    client: FlaskClient, stopped: Clock
) -> None:
    c = here(client, 3, Schedule())
    with transaction():
        invitations.answer(c.programme, c.schools[2], "declined", "exams", who="J", now=at(date(2027, 1, 6)))
    stopped.now = at(date(2027, 1, 12))
    said = text(client, "/desk/chasing")
    assert "Next: 2 reminders on Friday 15 January" in said
    assert "Reminders are off, so none of the 2 reminders below goes by itself." in said
    links = dict.fromkeys(
        re.findall(r'href="(/desk/chasing/schools\?programme[^"]+)"', client.get("/desk/chasing").text)
    )
    counted = {link.replace("&amp;", "&"): rows(client, link.replace("&amp;", "&")) for link in links}
    programme = c.programme.id
    assert counted == {
        f"/desk/chasing/schools?programme={programme}&show=coming&day=2027-01-15&nth=1": 2,
        f"/desk/chasing/schools?programme={programme}&show=coming&day=2027-01-15": 2,
        f"/desk/chasing/schools?programme={programme}&show=coming&nth=1": 2,
        f"/desk/chasing/schools?programme={programme}&show=coming": 2,
        f"/desk/chasing/schools?programme={programme}&show=left": 1,
    }
    assert "Declined: exams, on 6 January 2027" in text(
        client, f"/desk/chasing/schools?programme={programme}&show=left"
    )


def test_what_was_sent_is_listed_with_what_came_of_it(client: FlaskClient, stopped: Clock) -> None:
    c = reminded(client)
    with transaction():
        show = make.show(c.programme, c.schools[0], make.datetime(2027, 3, 10, 9, 30, tzinfo=make.UTC))
        make.booking(show, {8: 120, 9: 120}, at=at(date(2027, 1, 26)))
    assert rows(client, "/desk/chasing/schools?show=first") == 2
    said = text(client, "/desk/chasing/schools?show=second")
    assert "Redmere 000 25 January 2027 by the service itself" in said
    assert "Booked since" in said and "Sent" in said


@pytest.mark.both_databases
def test_switching_on_holds_and_a_number_that_makes_no_sense_is_said(
    client: FlaskClient, stopped: Clock
) -> None:
    c = here(client, plan=Schedule())
    days = {n: "5" for n in Schedule.__dataclass_fields__ if n.endswith("_days")}
    answer = client.post(
        "/desk/chasing", data={"reminders_on": "y", "pledges_on": "y", "staff_on": "y"} | days
    )
    assert answer.status_code == 303
    assert settings.schedule_of_programme(c.programme.id) == Schedule(
        reminders_on=True,
        first_after_days=5,
        second_after_days=5,
        raise_after_days=5,
        offers_on=False,
        offer_days=5,
        report_after_days=5,
        pledges_on=True,
        staff_on=True,
        visits_on=False,
    )
    for wrong in ("0", "91", "soon", ""):
        answer = client.post("/desk/chasing", data={"reminders_on": "y"} | days | {"first_after_days": wrong})
        assert answer.status_code == 422 and "There is a problem" in answer.text
    assert settings.schedule_of_programme(c.programme.id).first_after_days == 5


def test_when_the_round_last_came_is_said_and_that_it_does_not_come(
    client: FlaskClient, stopped: Clock
) -> None:
    c = here(client)
    stopped.now = at(FRIDAY)
    assert c.programme.id and "The day’s round has never come" in text(client, "/desk/chasing")
    with transaction():
        settings.ran(now=at(date(2027, 1, 14)))
    page = text(client, "/desk/chasing")
    assert "No reminder goes by itself." not in page
    assert "the round last came on 14 January 2027 at 8:00am." in page
    stopped.after(hours=7)
    page = text(client, "/desk/chasing")
    assert "No reminder goes by itself. The day’s round last came on 14 January 2027 at 8:00am." in page


@pytest.mark.parametrize("query", ["?show=nonsense", ""])
def test_a_list_that_is_none_leads_back(client: FlaskClient, stopped: Clock, query: str) -> None:
    here(client)
    answer = client.get("/desk/chasing/schools" + query)
    assert answer.status_code == 303
    assert "There is no such list" in text(client, answer.location)


@pytest.mark.parametrize("query", ["&page=99", "&page=x", "&day=2027-13-45", "&nth=7x"])
def test_a_page_or_day_that_makes_no_sense_is_answered(
    client: FlaskClient, stopped: Clock, query: str
) -> None:
    here(client)
    assert client.get(f"/desk/chasing/schools?show=coming{query}").status_code == 200


def test_after_the_reply_by_date_the_page_says_what_to_do(client: FlaskClient, stopped: Clock) -> None:
    here(client)
    stopped.now = at(date(2027, 3, 22))
    assert "The reply-by date is past" in text(client, "/desk/chasing")


def test_without_a_programme_the_page_leads_to_set_up(client: FlaskClient, stopped: Clock) -> None:
    with transaction():
        make.signed_in(client, make.person(make.partnership()))
    for path in ("/desk/chasing", "/desk/phone-list"):
        assert "Set-up shows what comes first" in text(client, path)


FORM = {"name": "Dr Hart", "address": "head@redmere.example", "source": "the school’s website"}


@pytest.mark.both_databases
def test_the_letter_to_the_head_goes_only_as_it_was_shown(client: FlaskClient, stopped: Clock) -> None:
    c = reminded(client)
    stopped.now = at(RAISED, 10)
    path = f"/desk/chasing/raise/{c.organisation_ids[0]}"
    assert "2 schools have had two reminders and said nothing." in text(client, "/desk/chasing")
    assert rows(client, "/desk/chasing/schools?show=consent") == 2
    assert "Dear Head teacher," in text(client, path)
    shown = client.post(path, data=FORM | {"level": HEAD, "seen": ""})
    assert shown.status_code == 200 and "Dear Dr Hart," in shown.text
    assert db.session.query(Chase).filter_by(reason=HEAD).count() == 0
    seen = re.search(r'name="seen" value="([^"]*)"', shown.text)
    assert seen is not None
    as_browsers_send_it = seen[1].replace("\n", "\r\n")
    sent = client.post(path, data=FORM | {"level": HEAD, "seen": as_browsers_send_it})
    assert sent.status_code == 303
    letter = db.session.query(Letter).filter_by(kind="raised to head").one()
    assert letter.recipient == "head@redmere.example"
    assert "1 school has had two reminders" in text(client, "/desk/chasing")


def test_a_second_click_says_that_it_does_not_wait_any_more(client: FlaskClient, stopped: Clock) -> None:
    c = reminded(client)
    stopped.now = at(RAISED, 10)
    form = FORM | {"level": HEAD, "seen": "\n".join(FORM.values())}
    path = f"/desk/chasing/raise/{c.organisation_ids[0]}"
    assert client.post(path, data=form).status_code == 303
    again = client.post(path, data=form)
    assert again.status_code == 303
    assert "It does not wait to be raised: the letter to head@redmere.example has not gone out yet." in text(
        client, again.location
    )
    assert db.session.query(Letter).filter_by(kind="raised to head").count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"address": ""}, "Enter an email address."),
        ({"address": "nobody"}, "email address"),
        ({"source": ""}, "Say where the address came from."),
    ],
)
def test_what_is_missing_is_said_with_what_was_typed(
    client: FlaskClient, stopped: Clock, wrong: dict[str, str], said: str
) -> None:
    c = reminded(client)
    stopped.now = at(RAISED, 10)
    answer = client.post(f"/desk/chasing/raise/{c.organisation_ids[0]}", data=FORM | wrong)
    assert answer.status_code == 422
    assert said in answer.text and 'value="Dr Hart"' in answer.text


@pytest.mark.both_databases
def test_whoever_had_the_letters_is_refused_on_the_page(client: FlaskClient, stopped: Clock) -> None:
    c = reminded(client)
    stopped.now = at(RAISED, 10)
    form = FORM | {"address": c.contacts[0].address, "level": HEAD}
    answer = client.post(
        f"/desk/chasing/raise/{c.organisation_ids[0]}",
        data=form | {"seen": f"Dr Hart\n{form['address']}\n{form['source']}"},
    )
    assert answer.status_code == 422 and "has had our letters about this already" in answer.text


@pytest.mark.both_databases
def test_a_gap_is_left_be_with_a_reason(client: FlaskClient, stopped: Clock) -> None:
    c = reminded(client)
    stopped.now = at(RAISED, 10)
    path = f"/desk/chasing/leave/{c.organisation_ids[0]}"
    assert client.post(path, data={"reason": ""}).status_code == 422
    assert client.post(path, data={"reason": "We meet them"}).status_code == 303
    assert db.session.query(NotRaised).one().reason == "We meet them"
    assert client.post(path, data={"reason": "again"}).status_code == 303


def test_a_school_with_a_reminder_to_come_is_not_raised_yet(client: FlaskClient, stopped: Clock) -> None:
    c = here(client)
    stopped.now = at(FRIDAY)
    answer = client.get(f"/desk/chasing/raise/{c.organisation_ids[0]}")
    assert answer.status_code == 303
    assert "It still has a reminder to come" in text(client, answer.location)


@pytest.mark.both_databases
def test_the_waiting_list_stands_in_its_order_with_a_link_to_offer(
    client: FlaskClient, stopped: Clock
) -> None:
    c = here(client)
    assert "Nobody waits." in text(client, "/desk/chasing/waiting-list")
    with transaction():
        for n in (1, 0):
            invitations.answer(
                c.programme, c.schools[n], "waiting list", "", who="J", now=at(date(2027, 1, 8 - n))
            )
    said = text(client, "/desk/chasing/waiting-list")
    assert said.index("Redmere 001") < said.index("Redmere 000")
    assert f"/desk/schools/{c.organisation_ids[0]}/propose" in client.get("/desk/chasing/waiting-list").text


@pytest.mark.both_databases
def test_the_phone_list_names_numbers_cause_and_last_word(client: FlaskClient, stopped: Clock) -> None:
    c = here(client, 3)
    with transaction():
        c.schools[0].telephone = "01632 960 001"
        c.contacts[0].phone = "01632 960 002"
        c.contacts[1].phone, c.schools[1].telephone = "01632 960 001", "01632 960 001"
        notes.write(
            c.organisation_ids[0],
            "Ring after two",
            programme=c.programme,
            partnership_id=c.programme.partnership_id,
            kind=notes.PHONE,
            who="Priya",
            now=at(date(2027, 1, 11)),
        )
    said = text(client, "/desk/phone-list")
    assert "3 schools missing" in said and "not for publication" in said
    assert "01632 960 001 the school 01632 960 002 Joanna Fell, Designated safeguarding lead" in said
    assert "01632 960 001 Joanna Fell, Designated safeguarding lead Silent since 5 January 2027" in said
    assert "No number known Ask for Joanna Fell" in said
    assert "Ring after two" in said
    assert rows(client, "/desk/phone-list") == 3
    assert rows(client, "/desk/phone-list?cause=declined") == 0
    assert "There is no cause ‘nonsense’ here" in text(client, "/desk/phone-list?cause=nonsense")


PATHS = (
    "/desk/chasing",
    "/desk/chasing/schools?show=coming",
    "/desk/chasing/schools?show=first",
    "/desk/chasing/waiting-list",
    "/desk/phone-list",
)


@pytest.mark.both_databases
def test_another_partnerships_coordinator_sees_and_moves_nothing(client: FlaskClient, stopped: Clock) -> None:
    c = reminded(client)
    with transaction():
        invitations.answer(c.programme, c.schools[1], "waiting list", "", who="J", now=at(date(2027, 1, 26)))
        other = make.partnership(("999",))
        make.programme(other, title="Theirs")
        make.signed_in(client, make.person(other))
    stopped.now = at(RAISED, 10)
    for path in PATHS:
        assert "Redmere" not in text(client, path)
        joined = "&" if "?" in path else "?"
        answer = client.get(f"{path}{joined}programme={c.programme.id}")
        assert answer.status_code == 404 or "Redmere 0" not in answer.text
    for path in (
        f"/desk/chasing/raise/{c.organisation_ids[0]}",
        f"/desk/chasing/leave/{c.organisation_ids[0]}",
    ):
        assert client.post(path, data=FORM | {"reason": "x", "programme": c.programme.id}).status_code == 404
    assert client.post("/desk/chasing", data={"programme": c.programme.id}).status_code == 404
    assert db.session.query(Letter).filter_by(kind="raised to head").count() == 0


@pytest.mark.both_databases
def test_the_pages_take_the_same_queries_for_one_school_and_for_twenty(
    app: Flask, client: FlaskClient, stopped: Clock, count_queries
) -> None:  # type: ignore[no-untyped-def]
    c = here(client, 20)
    with transaction():
        for n in range(1, 20):
            c.schools[n].la_code = "999"
    counted = []
    for _ in range(2):
        for path in PATHS:
            client.get(path)
            db.session.rollback()
            with count_queries() as queries:
                assert client.get(path).status_code == 200
            counted.append((path, len(queries)))
        with transaction():
            for n in range(1, 20):
                c.schools[n].la_code = "931"
                db.session.query(make.OrganisationRecord).filter_by(
                    organisation_id=c.organisation_ids[n]
                ).update({"la_code": "931"})
    # While nineteen are another's, their contacts are looked for once more among former selves.
    few, many = counted[: len(PATHS)], counted[len(PATHS) :]
    assert [(path, n - (path == "/desk/phone-list")) for path, n in few] == many


@pytest.mark.browser
@pytest.mark.any_database
@pytest.mark.usefixtures("stopped")
@pytest.mark.look
def test_every_page_of_chasing_is_fit_for_everybody(site, page) -> None:  # type: ignore[no-untyped-def]
    client = site.app.test_client()
    c = county_now(client)
    person = db.session.query(make.Coordinator).first()
    db.session.rollback()
    site.sign_in(page, db.session.merge(person))
    for path in (
        *PATHS,
        f"/desk/chasing/raise/{c.organisation_ids[0]}",
        "/desk/chasing/schools?show=left",
        "/desk/chasing/schools?show=consent",
    ):
        site.check(page, path)


def county_now(client: FlaskClient) -> County:
    """Reminded twice, and one school that waits for a time, as of the true present."""
    today = day_of(clock.now())
    asked = today - timedelta(days=90)
    with transaction():
        c = county(3, asked=None)
        c.programme.academic_year = year_of(today)
        c.programme.reply_by = today + timedelta(days=20)
        rounds.send_round(c.programme, c.organisation_ids, who="P", now=at(asked))
        posted(at(asked, 9))
        make.signed_in(client, make.person(db.session.get_one(Partnership, c.programme.partnership_id)))
        waits = at(today - timedelta(days=9))
        invitations.answer(c.programme, c.schools[2], "waiting list", "", who="J", now=waits)
    for back in range(80, 10, -1):
        run(c.programme, today - timedelta(days=back))
    assert raising.waiting(c.programme, now=clock.now())
    return c
