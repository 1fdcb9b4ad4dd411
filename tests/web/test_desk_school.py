"""A school's page, and each change on a page of its own: kept with who and why, refused in words, never
another's."""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking import invitations
from outreach.county import contacts, corrections, partnerships, school_days, schools
from outreach.county.contacts import Contact
from outreach.county.coordinators import Coordinator
from outreach.county.lists.past_shows import EarlierList, EarlierVisit
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import links, outbox
from outreach.post.outbox import Letter
from outreach.tour import target_decisions
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


@dataclass
class Desk:
    programme: Programme
    school: School
    contact: Contact
    person: Coordinator

    @property
    def page(self) -> str:
        return f"/desk/schools/{self.school.organisation_id}"


@pytest.fixture
def desk(client: FlaskClient, stopped: Any) -> Desk:
    with transaction():
        ours = make.partnership(("931",))
        programme = make.programme(ours)
        make.tour_day(programme, make.troupe(ours))
        school = make.school(name="Redmere Academy")
        contact = make.contact(school)
        person = make.person(ours)
    make.signed_in(client, person)
    return Desk(programme, school, contact, person)


def on_the_phone(desk: Desk) -> str:
    return f"the office, on the phone with {desk.person.name}"


def fresh() -> None:
    db.session.rollback()


@pytest.mark.any_database
def test_a_past_show_of_the_school_that_it_follows_is_shown_under_that_name(
    client: FlaskClient, desk: Desk
) -> None:
    with transaction():
        old = make.school(name="Redmere School", status="Closed", close_date=date(2026, 8, 31))
        make.succession(old, desk.school)
        ours = desk.programme.partnership_id
        taken = EarlierList(partnership_id=ours, file_name="x.csv", recorded_at=make.EARLIER, who="Priya")
        db.session.add(taken)
        db.session.flush()
        db.session.add(EarlierVisit(list_id=taken.id, partnership_id=ours, urn=old.urn, academic_year=2024))
    assert "day not known, number not known, as Redmere School" in client.get(desk.page).text


@pytest.mark.any_database
def test_the_page_shows_everything_of_the_school(client: FlaskClient, desk: Desk) -> None:
    with transaction():
        show = make.show(desk.programme, desk.school, make.NOW + timedelta(days=50))
        make.booking(show, {8: 120}, reference="MRL-7K4P")
        make.dead_address(desk.contact.address)
        invitations.answer(
            desk.programme, desk.school, "other date", "after <Easter>", who="Jo", now=make.NOW
        )
        make.invitation(desk.programme, desk.school, address="old@redmere.example")
    page = client.get(desk.page)
    assert page.status_code == 200
    for words in (
        "Redmere Academy",
        "MRL-7K4P",
        desk.contact.address,
        "Mail comes back",
        "after &lt;Easter&gt;",
        "old@redmere.example",
        "150",
        "estimate from the register",
        "Asked for another date: after &lt;Easter&gt;",
    ):
        assert words in page.text, words


@pytest.mark.any_database
def test_the_page_of_a_bare_school_says_what_will_stand_there(client: FlaskClient, desk: Desk) -> None:
    with transaction():
        bare = make.school(
            statutory_low_age=None,
            statutory_high_age=None,
            number_of_pupils=None,
            district_name=None,
            district_code=None,
        )
    page = client.get(f"/desk/schools/{bare.organisation_id}").text
    for words in (
        "Nobody is on file",
        "No booking yet",
        "Not asked yet",
        "ages unknown",
        "district not known",
    ):
        assert words in page, words


@pytest.mark.any_database
def test_without_a_programme_the_page_still_shows_the_school(client: FlaskClient, stopped: Any) -> None:
    with transaction():
        school, person = make.school(), make.person(make.partnership())
    make.signed_in(client, person)
    assert "No programme yet" in client.get(f"/desk/schools/{school.organisation_id}").text


def test_a_field_is_corrected_and_given_back(client: FlaskClient, desk: Desk) -> None:
    where = f"{desk.page}/facts/number_of_pupils"
    assert 'value="1050"' in client.get(where).text
    assert client.post(where, data={"value": "900", "reason": "census day"}).status_code == 303
    page = client.get(desk.page).text
    assert "The register says 1,050." in page and "census day" in page
    fresh()
    assert schools.get(desk.school.organisation_id).number_of_pupils == 900
    assert client.post(where + "/withdraw").status_code == 303
    fresh()
    assert schools.get(desk.school.organisation_id).number_of_pupils == 1050
    assert client.post(where + "/withdraw").status_code == 303
    assert "was not corrected here" in client.get(desk.page).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("number_of_pupils", "many", "enter a whole number in figures"),
        ("number_of_pupils", "99999999", "must be between"),
        ("name", "", "a school always has one"),
        ("statutory_low_age", "19", "The lowest age is above the highest"),
        ("name", "x" * 201, "200 characters or fewer"),
        ("status", "Nonsense", "Not a valid choice"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused_with_what_was_typed(
    client: FlaskClient, desk: Desk, field: str, value: str, words: str
) -> None:
    refused = client.post(f"{desk.page}/facts/{field}", data={"value": value, "reason": "typed reason"})
    assert refused.status_code == 422
    assert words in refused.text and "typed reason" in refused.text
    fresh()
    assert corrections.in_force(desk.school.organisation_id) == {}


@pytest.mark.any_database
def test_only_what_may_be_corrected_has_a_page(client: FlaskClient, desk: Desk) -> None:
    assert client.get(f"{desk.page}/facts/la_code").status_code == 404
    assert (
        client.post(f"{desk.page}/facts/organisation_id", data={"value": "1", "reason": "x"}).status_code
        == 404
    )


def test_a_date_is_corrected_in_three_boxes(client: FlaskClient, desk: Desk) -> None:
    where = f"{desk.page}/facts/close_date"
    assert client.post(where, data={"value": "31/8/2027", "reason": "governors"}).status_code == 303
    fresh()
    assert schools.get(desk.school.organisation_id).close_date == date(2027, 8, 31)


def test_own_numbers_are_kept_and_an_empty_form_is_refused(client: FlaskClient, desk: Desk) -> None:
    where = f"{desk.page}/numbers"
    assert client.post(where, data={"y8": "148"}).status_code == 303
    fresh()
    assert schools.own_numbers(desk.school.organisation_id, 2026) == {8: 148}
    assert "school’s own number" in client.get(desk.page).text
    empty = client.post(where, data={"y8": "", "y9": ""})
    assert empty.status_code == 422 and "Enter at least one number." in empty.text
    assert client.post(where, data={"y8": "-4"}).status_code == 422


def test_a_contact_is_added_once_and_ended(client: FlaskClient, desk: Desk) -> None:
    typed = {"name": "Sam", "role": "Office", "address": "Office@Redmere.EXAMPLE", "source": "a call"}
    assert client.post(f"{desk.page}/contacts/add", data=typed).status_code == 303
    again = client.post(f"{desk.page}/contacts/add", data=typed)
    assert again.status_code == 422 and "Office@redmere.example is already on file" in again.text
    bad = client.post(f"{desk.page}/contacts/add", data=typed | {"address": "nobody"})
    assert bad.status_code == 422 and "is not an email address" in bad.text and 'value="Sam"' in bad.text
    fresh()
    sam = next(c for c in contacts.contacts_of_organisation(desk.school.organisation_id) if c.name == "Sam")
    assert sam.address == "Office@redmere.example"
    assert client.post(f"{desk.page}/contacts/{sam.id}/end").status_code == 303
    assert client.post(f"{desk.page}/contacts/{sam.id}/end").status_code == 404
    fresh()
    assert [c.name for c in contacts.contacts_of_organisation(desk.school.organisation_id)] == ["Joanna Fell"]


def test_an_address_that_works_again_is_written_to_again(client: FlaskClient, desk: Desk) -> None:
    with transaction():
        make.dead_address(desk.contact.address)
    assert client.post(f"{desk.page}/contacts/{desk.contact.id}/works").status_code == 303
    fresh()
    assert not outbox.is_dead(desk.contact.address)


def test_the_school_is_invited_once_a_day(client: FlaskClient, desk: Desk) -> None:
    where, chosen = f"{desk.page}/invite", {"contact": str(desk.contact.id)}
    assert desk.contact.address in client.get(where).text
    assert client.post(where, data={}).status_code == 422
    assert client.post(where, data={"contact": "999999"}).status_code == 422
    assert client.post(where, data=chosen).status_code == 303
    again = client.post(where, data=chosen)
    assert again.status_code == 422 and "was written to less than a day ago" in again.text
    fresh()
    assert list(db.session.scalars(select(Letter.recipient))) == [desk.contact.address]


def test_a_code_is_shown_once_opens_the_schools_page_and_is_kept_nowhere(
    client: FlaskClient, desk: Desk
) -> None:
    with transaction():
        db.session.get_one(School, desk.school.organisation_id).postcode = "ZZ9 3AB"
    assert f'action="{desk.page}/link?programme={desk.programme.id}"' in client.get(desk.page).text
    assert client.get(f"{desk.page}/link").status_code == 405
    shown = client.post(f"{desk.page}/link")
    assert shown.status_code == 200 and "ZZ9 3AB" in shown.text
    (code,) = re.findall(r'<p class="code">([A-Z]{3,7} \d{4})</p>', shown.text)
    assert code not in client.get(desk.page).text
    assert "Read out a code" in client.get(desk.page).text
    opened = client.post("/code", data={"postcode": "ZZ9 3AB", "code": code})
    fresh()
    link = links.find(opened.location.split("/i/")[1].split("/")[0])
    assert link is not None and (link.organisation_id, link.name) == (
        desk.school.organisation_id,
        on_the_phone(desk),
    )
    assert client.post("/code", data={"postcode": "ZZ9 3AB", "code": code}).status_code == 422


def test_a_school_without_a_postcode_gets_a_link_that_is_shown_once_and_kept_nowhere(
    client: FlaskClient, desk: Desk
) -> None:
    with transaction():
        db.session.get_one(School, desk.school.organisation_id).postcode = ""
    shown = client.post(f"{desk.page}/link")
    token = shown.text.split("/i/")[1].split("<")[0].split('"')[0].strip()
    link = links.find(token)
    assert link is not None and (link.organisation_id, link.name) == (
        desk.school.organisation_id,
        on_the_phone(desk),
    )
    assert token not in client.get(desk.page).text
    assert "Read out a link" in client.get(desk.page).text


def test_an_answer_by_phone_is_kept_with_its_reason(client: FlaskClient, desk: Desk, stopped: Any) -> None:
    where = f"{desk.page}/answer"
    bare = client.post(where, data={"kind": "declined"})
    assert bare.status_code == 422 and "Say why, in a few words." in bare.text
    assert client.post(where, data={"kind": "declined", "reason": "exams"}).status_code == 303
    stopped.after(minutes=1)
    page = client.get(desk.page).text
    assert "Said no: exams" in page and "Declined" in page


@pytest.mark.any_database
def test_somebody_named_on_the_phone_is_on_file_and_written_to_with_one_click(
    client: FlaskClient, desk: Desk, stopped: Any
) -> None:
    named = {
        "kind": "somebody else",
        "name": "Ms Hale",
        "address": "r.hale@redmere.example",
        "role": "Head of Year 9",
    }
    kept = client.post(f"{desk.page}/answer", data=named)
    assert kept.status_code == 303 and "/invite?" in kept.location
    page = client.get(kept.location).text
    assert "Ms Hale is on file. Write to them?" in page
    hale = next(
        c for c in contacts.contacts_of_organisation(desk.school.organisation_id) if c.name == "Ms Hale"
    )
    assert re.search(rf'value="{hale.id}"[^>]*checked', page)
    assert hale.source == "the school, on the phone"
    stopped.after(minutes=1)
    assert (
        "Named somebody else: Ms Hale, Head of Year 9, r.hale@redmere.example" in client.get(desk.page).text
    )
    assert client.post(f"{desk.page}/answer", data=named).status_code == 303
    fresh()
    assert (
        len(
            [c for c in contacts.contacts_of_organisation(desk.school.organisation_id) if c.name == "Ms Hale"]
        )
        == 1
    )


@pytest.mark.any_database
def test_the_wish_of_a_school_stands_where_a_time_is_proposed_to_it(
    client: FlaskClient, desk: Desk, stopped: Any
) -> None:
    wish = {"kind": "other date", "reason": "a Friday in June"}
    assert client.post(f"{desk.page}/answer", data=wish).status_code == 303
    with transaction():
        make.contact(desk.school)
    said = " ".join(client.get(f"{desk.page}/propose").text.split())
    assert 'the school said: other days would suit (<span class="wraps">a Friday in June</span>)' in said


def test_a_school_is_taken_out_of_the_target_and_left_to_the_rule_again(
    client: FlaskClient, desk: Desk
) -> None:
    where = f"{desk.page}/target"
    assert client.post(where, data={"kind": "exclude"}).status_code == 422
    assert client.post(where, data={"kind": "exclude", "reason": "hospital school"}).status_code == 303
    assert "Taken out: hospital school" in client.get(desk.page).text
    assert client.post(where, data={"kind": "withdraw", "reason": "wrong"}).status_code == 303
    fresh()
    assert target_decisions.decisions(desk.programme.id) == {}
    refused = client.post(where, data={"kind": "include", "reason": "asked for it"})
    assert refused.status_code == 422
    included = {"kind": "include", "year_groups": ["8"], "reason": "asked"}
    assert client.post(where, data=included).status_code == 303
    fresh()
    assert target_decisions.decisions(desk.programme.id)[desk.school.organisation_id].year_groups == (8,)


def test_own_days_and_hours_change_what_the_school_is_offered(client: FlaskClient, desk: Desk) -> None:
    day = {"day": "9/3/2027", "is_open": "no", "reason": "mock exams"}
    assert client.post(f"{desk.page}/days", data=day).status_code == 303
    fresh()
    assert school_days.why_closed(desk.school, [date(2027, 3, 9)]) == {date(2027, 3, 9): "mock exams"}
    assert client.post(f"{desk.page}/days", data=day | {"day": "29/2/2027"}).status_code == 422
    assert client.post(f"{desk.page}/days/2027-03-09/take-back").status_code == 303
    assert client.post(f"{desk.page}/days/nonsense/take-back").status_code == 404
    fresh()
    assert school_days.why_closed(desk.school, [date(2027, 3, 9)]) == {}
    assert client.post(f"{desk.page}/hours", data={"opens": "15:00", "closes": "9:00"}).status_code == 422
    assert client.post(f"{desk.page}/hours", data={"opens": "8.30", "closes": "2:45pm"}).status_code == 303
    assert "8:30am to 2:45pm" in client.get(desk.page).text


def test_its_lunch_is_kept_as_it_says_and_a_wrong_one_stays_as_typed(client: FlaskClient, desk: Desk) -> None:
    with transaction():
        of = partnerships.get(desk.person.partnership_id)
        of.lunch_begins, of.lunch_ends = time(12, 15), time(13, 15)
    assert "Lunch 12:15pm to 1:15pm, as is usual; it has not said." in client.get(desk.page).text
    form = client.get(f"{desk.page}/lunch").text
    assert 'value="12:15"' in form and 'value="13:15"' in form and "checked" not in form
    typed = {"begins": "11:40", "ends": "11:20", "in_hall": "yes", "set_may_stay": "y"}
    wrong = client.post(f"{desk.page}/lunch", data=typed)
    assert wrong.status_code == 422 and 'value="11:40"' in wrong.text and wrong.text.count("checked") == 2
    assert "Lunch must end after it begins, within three hours, and lie between 10am and 4pm" in wrong.text
    nothing_chosen = client.post(f"{desk.page}/lunch", data=typed | {"ends": "12:20", "in_hall": ""})
    assert (
        nothing_chosen.status_code == 422 and "Say whether the hall is used for lunch." in nothing_chosen.text
    )
    assert client.post(f"{desk.page}/lunch", data=typed | {"ends": "12:20"}).status_code == 303
    fresh()
    page = client.get(desk.page).text
    assert "Lunch 11:40am to 12:20pm in the hall, where the set may stay standing." in page
    assert "stays as it is" not in page
    assert client.get(f"{desk.page}/lunch").text.count("checked") == 2


def test_whoever_says_a_lunch_across_which_a_show_stands_is_told_that_it_stays(
    client: FlaskClient, desk: Desk
) -> None:
    with transaction():
        show = make.show(desk.programme, desk.school, wall(date(2027, 3, 9), time(11, 15)))
        make.booking(show, {8: 100})
    typed = {"begins": "12:00", "ends": "12:45", "in_hall": "no"}
    client.post(f"{desk.page}/lunch", data=typed)
    fresh()
    words = f"The show on Tuesday 9 March, 11:15am at {desk.school.name} lies across it and stays as it is"
    assert words in client.get(desk.page).text
    with transaction():
        db.session.get_one(Performance, show.id).lunch_overruled = "The head agreed"
    client.post(f"{desk.page}/lunch", data=typed | {"ends": "12:50"})
    fresh()
    assert "stays as it is" not in client.get(desk.page).text


def test_every_change_stands_in_the_history_with_who(client: FlaskClient, desk: Desk) -> None:
    client.post(f"{desk.page}/numbers", data={"y8": "148"})
    client.post(f"{desk.page}/facts/town", data={"value": "Fenwold", "reason": "letterhead"})
    fresh()
    assert {row.who for row in history.history_of("school", desk.school.organisation_id)} == {
        desk.person.name
    }
    assert "Town: Fenwold, was Kestermere" in client.get(desk.page).text


PAGES = (
    "",
    "/facts/name",
    "/facts/name/withdraw",
    "/numbers",
    "/days",
    "/days/2027-03-09/take-back",
    "/hours",
    "/lunch",
    "/contacts/add",
    "/contacts/1/end",
    "/contacts/1/works",
    "/invite",
    "/link",
    "/answer",
    "/target",
)


@pytest.mark.any_database
@pytest.mark.parametrize("path", PAGES)
def test_another_partnerships_school_is_not_there(client: FlaskClient, desk: Desk, path: str) -> None:
    with transaction():
        theirs = make.partnership(("999",))
        make.programme(theirs)
        stranger = make.person(theirs)
    make.signed_in(client, stranger)
    for method in (client.get, client.post):
        assert method(desk.page + path).status_code in (404, 405)
    assert client.get("/desk/schools/99999999999").status_code == 404


def test_the_page_takes_the_same_queries_for_one_booking_and_for_three(
    client: FlaskClient, desk: Desk, count_queries: Any
) -> None:
    counted = []
    for more in (1, 2):
        with transaction():
            for n in range(more):
                show = make.show(desk.programme, desk.school, make.NOW + timedelta(days=50 + n + 10 * more))
                make.booking(show, {8: 10})
                make.contact(desk.school)
        with count_queries() as queries:
            client.get(desk.page)
        counted.append(len(queries))
    assert counted[0] == counted[1]
