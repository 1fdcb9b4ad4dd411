"""The coordinator's set-up pages through the client: what is typed well, badly, twice, or by somebody
else."""

import html
import io
import json
import re
from datetime import date, time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

import make
from outreach.county import authorities, partnerships, school_lunch
from outreach.coverage import readiness
from outreach.ground import clock, history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.tour import companies, days, programmes
from outreach.tour.programmes import Programme

pytestmark = pytest.mark.any_database


class Desk:
    """A coordinator signed in, with one partnership and a programme."""

    def __init__(self, client: FlaskClient) -> None:
        with transaction():
            self.partnership = make.partnership()
            self.person = make.person(self.partnership)
        self.partnership_id = self.partnership.id
        self.client = make.signed_in(client, self.person)

    def post(self, path: str, **form: object):
        return self.client.post(path, data=form)


@pytest.fixture
def desk(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(clock, "now", lambda: make.NOW)
    return Desk(client)


def problems(answer) -> list[str]:
    """The error summary's lines."""
    summary = re.search(r"govuk-error-summary__list.*?</ul>", answer.text, re.DOTALL)
    return re.findall(r"<a href=\"#[^\"]+\">(.*?)</a>", summary[0]) if summary else []


PLAY = {
    "title": "Someone to Tell",
    "summary": "A play.",
    "academic_year": "2026",
    "audience": "pupils",
    "year_groups": ["8", "9"],
    "running_minutes": "45",
    "discussion_minutes": "30",
    "get_in_minutes": "60",
    "get_out_minutes": "30",
    "turn_minutes": "30",
    "audience_ceiling": "250",
    "shows_a_day": "2",
    "earliest_start": "9am",
    "latest_finish": "3.30pm",
    "notice_book_days": "10",
    "notice_move_days": "14",
    "notice_cancel_days": "14",
    "reply_by": "5/2/2027",
    "cost": "Free",
    "school_provides": "A hall",
}
SETTINGS = {
    "name": "Marlshire Partnership",
    "county": "Marlshire",
    "contact_name": "Priya Nandakumar",
    "contact_role": "Coordinator",
    "contact_email": "priya@marlshire.example",
    "contact_phone": "01632 960 118",
    "road_base_minutes": "7.5",
    "road_minutes_per_km": "1.25",
    "hold_minutes": "20",
    "slot_step_minutes": "10",
    "school_opens": "8:45",
    "school_closes": "3:10pm",
    "lunch_begins": "12:00",
    "lunch_ends": "1pm",
    "lunch_tables": "10",
    "reference_prefix": "mrs",
    "counted_percent": "60",
    "guest_minutes": "25",
    "small_school_pupils": "50",
    "second_factor": "nobody",
}


def test_the_checklist_goes_from_nothing_to_all_in_order(desk: Desk) -> None:
    def said() -> list[tuple[str, bool]]:
        return [(s.what, s.done) for s in readiness.steps_of_setup(desk.partnership, now=make.NOW)]

    names = (
        "partnership authorities register pupils terms programme company;tour days;contacts roads invitations"
    )
    order = [n for part in names.split(";") for n in ([part] if part == "tour days" else part.split())]
    assert said() == [(n, n in ("partnership", "authorities", "terms")) for n in order]
    page = desk.client.get("/desk/setup").text
    assert "3 of 10 done" in page
    assert page.count('aria-current="step"') == 1 and page.count("Not yet</span>") == 7
    assert page.count("Not needed</span>") == 1
    assert "<h1>Set-up: register of schools next</h1>" in page
    with transaction():
        programme = make.programme(desk.partnership)
        make.tour_day(programme, make.troupe(desk.partnership))
        school = make.school()
        make.contact(school)
        make.invitation(programme, school)
    assert said() == [(n, n != "roads") for n in order]
    assert "<h1>Set-up: all is in place</h1>" in desk.client.get("/desk/setup").text


def test_set_up_says_of_how_many_schools_lunch_is_known_and_what_it_leaves_of_a_day(desk: Desk) -> None:
    """60, 75 and 30 minutes from 9 to 3 leave a dining hall one show a day; with the set standing two."""
    with transaction():
        of = partnerships.get(desk.partnership_id)
        of.lunch_begins, of.lunch_ends = time(12, 15), time(13, 15)
        make.programme(of)
        schools = [make.school() for _ in range(3)]
    said = "Known of 0 of 3 schools; otherwise shows keep out of 12:15pm to 1:15pm. Dining halls have 1 show"
    assert said in desk.client.get("/desk/setup").text
    with transaction():
        for school, hall in ((schools[0], True), (schools[1], False)):
            school_lunch.say(
                school,
                time(12),
                time(13),
                is_dining_hall=hall,
                set_may_stay=False,
                who="Jo",
                now=make.NOW,
            )
    assert "Known of 2 of 3 schools; otherwise shows" in desk.client.get("/desk/setup").text
    page = desk.client.get("/desk/setup/lunch").text
    assert "known of 2 of 3 schools, of 1 not known." in page
    assert (
        "From 9:00am to 3:00pm, set-up, show and pack-up of 60, 75 and 30 minutes leave a hall that is the dining hall "
        "1 show a day (2 where the set may stay standing); 1 says that theirs is." in page
    )
    with transaction():
        db.session.execute(
            update(Programme).values(running_minutes=15, discussion_minutes=15, get_in_minutes=15)
        )
    assert "leave a hall that is the dining hall 4 shows a day" in desk.client.get("/desk/setup/lunch").text
    assert "Dining halls have 4 shows a day" in desk.client.get("/desk/setup").text


def test_the_checklist_says_whose_term_dates_are_missing(desk: Desk) -> None:
    with transaction():
        authorities.add(desk.partnership, "932", "Otherwold", who="Priya Nandakumar", now=make.NOW)
    steps = {s.what: s.said for s in readiness.steps_of_setup(desk.partnership, now=make.NOW)}
    assert steps["terms"] == (
        "No term dates of Otherwold for 2026/27. "
        "Until they are here, every weekday that is no bank holiday counts as a school day."
    )


@pytest.mark.both_databases
def test_the_checklist_takes_as_many_queries_for_three_of_each_as_for_one(desk: Desk, count_queries) -> None:
    counts = []
    for n in (1, 3):
        with transaction():
            for _ in range(n):
                programme = make.programme(desk.partnership)
                make.tour_day(programme, make.troupe(desk.partnership))
                make.contact(make.school())
        readiness.steps_of_setup(desk.partnership, now=make.NOW)
        with count_queries() as queries:
            readiness.steps_of_setup(desk.partnership, now=make.NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_step_is_done_only_when_the_target_can_use_it(desk: Desk) -> None:
    with transaction():
        make.programme(desk.partnership)
        for n in range(3):
            make.contact(make.school(name=f"Whole {n}"))
        make.school(district_code="", district_name="", easting=None, northing=None)
        make.school(number_of_pupils=None)
        make.school(type_of_establishment="Pupil referral unit", number_of_pupils=None)
        make.school(name="Primary", phase_of_education="Primary", statutory_low_age=4, statutory_high_age=11)
    steps = {s.what: s for s in readiness.steps_of_setup(desk.partnership, now=make.NOW)}
    assert (steps["register"].done, steps["contacts"].done) == (False, False)
    assert steps["register"].said == (
        "6 schools in the target: 1 without a district and 1 without a place. ‘All establishment data’ has them, "
        "or the school’s own page takes them."
    )
    assert steps["register"].under == "1 without a district and 1 without a place"
    assert (steps["pupils"].has, steps["pupils"].of, steps["pupils"].waits) == (4, 6, False)
    assert steps["pupils"].said == (
        "4 of 6 have a number of pupils: 1 not in the register and 1 on other schools’ rolls: ask it. "
        "The register’s file of all establishment data has NumberOfPupils."
    )
    assert (steps["contacts"].has, steps["contacts"].of, steps["contacts"].in_part) == (3, 6, True)
    assert (steps["register"].has, steps["register"].of) == (5, 6)
    assert steps["contacts"].said == (
        "3 of 6 schools in the target have somebody to write to. A contacts file brings in the others: "
        "the council’s own "
        "list, with an address for each school."
    )


@pytest.mark.both_databases
def test_an_empty_partnership_has_a_page_everywhere(client: FlaskClient) -> None:
    with transaction():
        person = make.person(
            make.partnership(la_codes=(), contact_phone="", contact_email="", contact_name="")
        )
    make.signed_in(client, person)
    for path, words in (
        ("/desk/setup", "Missing: who signs the letters, an address to reply to and a number to ring."),
        ("/desk/setup/authorities", "Add your first authority"),
        ("/desk/programmes", "No programme yet"),
        ("/desk/companies", "No company yet"),
        ("/desk/tour", "First set up the programme"),
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert words in answer.text


@pytest.mark.both_databases
def test_settings_are_saved_as_typed(desk: Desk) -> None:
    answer = desk.post("/desk/setup/partnership", **SETTINGS)
    assert (answer.status_code, answer.location) == (303, "/desk/setup")
    of = db.session.get_one(partnerships.Partnership, desk.partnership_id)
    assert (of.name, of.reference_prefix, of.road_base_minutes) == ("Marlshire Partnership", "MRS", 7.5)
    assert (of.hold_minutes, of.slot_step_minutes, partnerships.counted_share(of.id)) == (20, 10, 0.6)
    assert (of.school_opens, of.school_closes) == (time(8, 45), time(15, 10))
    assert (of.guest_minutes, of.small_school_pupils) == (25, 50)
    assert (of.lunch_begins, of.lunch_ends, of.lunch_tables) == (time(12), time(13), 10)
    page = desk.client.get("/desk/setup/partnership").text
    assert 'value="7.5"' in page and 'value="60"' in page and 'value="08:45"' in page


@pytest.mark.both_databases
def test_a_county_without_a_usual_lunch_leaves_both_times_empty(desk: Desk) -> None:
    assert desk.post("/desk/setup/partnership", **SETTINGS).status_code == 303
    without = SETTINGS | {"lunch_begins": "", "lunch_ends": ""}
    assert desk.post("/desk/setup/partnership", **without).status_code == 303
    of = db.session.get_one(partnerships.Partnership, desk.partnership_id)
    assert (of.lunch_begins, of.lunch_ends) == (None, None)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "", "Enter the name of the partnership."),
        ("name", "x" * 201, "Name of the partnership must be 200 characters or fewer."),
        ("road_base_minutes", "six", "Minutes for every drive: enter a number, for example 1.25."),
        ("road_base_minutes", "nan", "Minutes for every drive: enter a number, for example 1.25."),
        ("road_base_minutes", " ", "Enter the minutes for every drive."),
        ("road_minutes_per_km", "11", "Minutes for each kilometre must be between 0 and 10."),
        ("hold_minutes", "4", "Minutes a slot is held must be between 5 and 60."),
        ("slot_step_minutes", "15.5", "Minutes between starts: enter a whole number in figures."),
        ("counted_percent", "0", "Percent of a year group must be between 1 and 100."),
        ("school_opens", "25:00", "That is not a time. Enter it like 9:30 or 1:15pm."),
        ("school_opens", " ", "Enter when the school day starts."),
        ("school_closes", "8am", "The school day must end after it starts."),
        (
            "lunch_ends",
            "11am",
            partnerships.LUNCH_RULE,
        ),
        (
            "lunch_ends",
            "3:01pm",
            partnerships.LUNCH_RULE,
        ),
        ("lunch_ends", "", "Enter both when lunch begins and when it ends, or leave both empty."),
        ("lunch_tables", "", "Enter the minutes for the tables."),
        (
            "reference_prefix",
            "M1",
            "The first letters of a booking reference are two to four capital letters, for example MRL.",
        ),
        ("contact_email", "priya", None),
    ],
)
def test_a_wrong_setting_is_named_and_what_was_typed_stays(desk: Desk, field, typed, words) -> None:
    answer = desk.post("/desk/setup/partnership", **SETTINGS | {field: typed})
    assert answer.status_code == 422
    assert len(problems(answer)) == 1
    assert words is None or problems(answer) == [words]
    assert 'value="Marlshire Partnership"' in answer.text or field == "name"
    assert typed[:50] in answer.text
    assert partnerships.get(desk.partnership_id).hold_minutes == 15


@pytest.mark.both_databases
def test_nothing_typed_at_all_is_answered_in_words_on_every_form(desk: Desk) -> None:
    with transaction():
        programme = make.programme(desk.partnership)
        troupe = make.troupe(desk.partnership)
        day = make.tour_day(programme, troupe)
    for path in (
        "/desk/setup/partnership",
        "/desk/setup/districts",
        "/desk/setup/authorities",
        "/desk/setup/authorities/931",
        "/desk/programmes/new",
        f"/desk/programmes/{programme.id}",
        "/desk/companies/new",
        f"/desk/companies/{troupe.company_id}",
        f"/desk/companies/{troupe.company_id}/troupes/new",
        f"/desk/troupes/{troupe.id}",
        f"/desk/tour/{programme.id}/add",
        f"/desk/tour/days/{day.id}",
    ):
        answer = desk.post(path, csrf_token="")
        assert answer.status_code == 422, path
        assert problems(answer), path


@pytest.mark.both_databases
def test_districts_are_uploaded_refused_and_removed(desk: Desk) -> None:
    square = [[[-1.1, 52.0], [-1.0, 52.0], [-1.0, 52.1], [-1.1, 52.0]]]
    good = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"LAD23CD": "E07000001", "LAD23NM": "Kestermere"},
                "geometry": {"type": "Polygon", "coordinates": square},
            }
        ],
    }
    wrong = desk.post("/desk/setup/districts", districts=(io.BytesIO(b"PK\x03\x04"), "map.zip"))
    assert (wrong.status_code, problems(wrong)) == (422, ["This file is not GeoJSON. Nothing was changed."])
    right = desk.post(
        "/desk/setup/districts", districts=(io.BytesIO(json.dumps(good).encode()), "map.geojson")
    )
    assert right.status_code == 303
    assert "1 district: Kestermere" in desk.client.get("/desk/setup/districts").text
    assert desk.client.post("/desk/setup/districts/remove").status_code == 303
    assert partnerships.get(desk.partnership_id).districts_geojson is None


@pytest.mark.both_databases
def test_an_authority_is_added_and_its_terms_pasted_and_removed(desk: Desk) -> None:
    answer = desk.post("/desk/setup/authorities", la_code="932", name="Otherwold")
    assert (answer.status_code, answer.location) == (303, "/desk/setup/authorities/932")
    again = desk.post("/desk/setup/authorities", la_code="932", name="Otherwold")
    assert problems(again) == ["The authority with the code 932 is yours already."]
    lines = "4 January 2027 to 12 February 2027\n22 February 2027"
    looked = desk.post(answer.location, lines=lines)
    assert looked.status_code == 200
    assert "Add 1 term and 1 INSET day?" in looked.text
    assert authorities.terms_of(["932"]) == authorities.inset_days_of(["932"]) == []
    assert lines in desk.post(answer.location, lines=lines, deed="change").text
    assert desk.post(answer.location, lines=lines, deed="add").status_code == 303
    page = desk.client.get(answer.location).text
    assert "Added 1 term and 1 INSET day." in page
    assert "4 January 2027 to 12 February 2027" in page
    removals = re.findall(r'action="(/desk/setup/authorities/932/(?:terms|inset-days)/\d+/remove)"', page)
    assert len(removals) == 2
    for path in removals:
        assert [desk.client.post(path).status_code for _ in range(2)] == [303, 404]
        assert desk.client.get(path).status_code == 405
    assert authorities.terms_of(["932"]) == authorities.inset_days_of(["932"]) == []
    assert desk.client.post("/desk/setup/authorities/932/remove").location == "/desk/setup/authorities"
    assert desk.client.get("/desk/setup/authorities/932").status_code == 404


def test_every_wrong_line_is_named_and_the_lines_stay(desk: Desk) -> None:
    answer = desk.post("/desk/setup/authorities/931", lines="soon 2028\n4 Jan to 12 Feb")
    assert answer.status_code == 422
    assert problems(answer) == ["2 lines cannot be added. Nothing was changed."]
    assert "<li>Line 1, ‘soon 2028’: write the first and the last day" in answer.text
    assert "<li>Line 2, ‘4 Jan to 12 Feb’: say of which year ‘12 Feb’ is" in answer.text
    assert "4 Jan to 12 Feb</textarea>" in answer.text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("terms.csv", b"\xef\xbb\xbfFirst;Last\r\n05/01/2028;11/02/2028\r\n"),
        ("terms.csv", b"2028-01-05,2028-02-11\n"),
        ("terms.csv", "First – Last\n5 January 2028 – 11 February 2028\n".encode("cp1252")),
    ],
)
def test_terms_come_from_a_file_too(desk: Desk, name: str, content: bytes) -> None:
    looked = desk.post("/desk/setup/authorities/931", file=(io.BytesIO(content), name))
    assert looked.status_code == 200, problems(looked)
    assert "Add 1 term?" in looked.text
    answer = desk.post("/desk/setup/authorities/931", lines=_carried(looked), deed="add")
    assert answer.status_code == 303, problems(answer)
    assert (date(2028, 1, 5), date(2028, 2, 11)) in [
        (t.first_day, t.last_day) for t in authorities.terms_of(["931"])
    ]


def _carried(looked: TestResponse) -> str:
    """The lines that the look hands on to the button under it."""
    found = re.search(r"<textarea name=\"lines\" hidden>\n(.*?)</textarea>", looked.text, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x00\x01\x02", "Term dates cannot be read from this file."),
        (b"%PDF-1.7 terms", "Term dates cannot be read from this file."),
        (b"<!doctype html><p>1 May 2028", "Term dates cannot be read from this file."),
        (b"PK\x03\x04 and no zip", "This workbook is damaged"),
        (b"  \n", "There is nothing in this file."),
        (b"2028-01-05,2028-02-11\n" * 2000, "This file has more than 20,000 characters"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "This calendar has 0 entries"),
    ],
)
def test_a_file_without_term_dates_is_refused_in_words(desk: Desk, content: bytes, said: str) -> None:
    kept = "4 January 2028 to 11 February 2028"
    answer = desk.post("/desk/setup/authorities/931", lines=kept, file=(io.BytesIO(content), "terms.xlsx"))
    assert answer.status_code == 422
    (problem,) = problems(answer)
    assert said in problem, problem
    assert kept in answer.text


def test_what_a_calendar_holds_beside_terms_is_passed_over_and_named(desk: Desk) -> None:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTART;VALUE=DATE:{first}\r\nDTEND;VALUE=DATE:{end}\r\nSUMMARY:{said}\r\nEND:VEVENT\r\n"
        for n, (first, end, said) in enumerate(
            [
                ("20280105", "20280212", "Spring term 1"),
                ("20280106", "20280107", "Parents\\, governors and cake"),
                ("20280110", "20280111", "INSET day"),
            ]
        )
    )
    content = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n".encode()
    looked = desk.post("/desk/setup/authorities/931", file=(io.BytesIO(content), "terms.ics"))
    assert "Add 1 term and 1 INSET day?" in looked.text
    assert (
        "Passed over, since they are of no term: Parents, governors and cake, 6 January 2028." in looked.text
    )
    assert "Spring term 1: 5 January 2028 to 11 February 2028" in _carried(looked)


def test_a_term_without_its_half_term_is_said_before_it_is_added(desk: Desk) -> None:
    path, lines = "/desk/setup/authorities/931", "Spring term: 4 January 2028 to 31 March 2028"
    said = " ".join(desk.post(path, lines=lines).text.split())
    assert (
        "No half term is said between 4 January 2028 and 31 March 2028: its days would count as school days. "
        "Add it in a line of its own, like ‘Half term: 14 to 18 February 2028’."
    ) in said
    whole = desk.post(path, lines=f"{lines}\nHalf term: 14 to 18 February 2028").text
    assert "Add 2 terms?" in whole
    assert "half term is said" not in whole


@pytest.mark.both_databases
def test_the_last_change_of_term_dates_is_undone_in_one_click(desk: Desk) -> None:
    def dates() -> tuple[list[date], list[date]]:
        terms, inset = authorities.terms_of(["931"]), authorities.inset_days_of(["931"])
        return [t.first_day for t in terms], [i.day for i in inset]

    path, before = "/desk/setup/authorities/931", dates()
    desk.post(path, lines="4 January 2028 to 11 February 2028\n7 January 2028", deed="add")
    page = desk.client.get(path).text
    assert "Last change: 1 term and 1 INSET day added by" in page
    added = dates()
    (change,) = re.findall(r'name="change" value="(\d+)"', page)
    assert desk.post(f"{path}/undo", change=change).status_code == 303
    assert dates() == before
    page = desk.client.get(path).text
    assert "Undone. The dates are as they were before." in page
    assert 'name="change"' not in page
    desk.post(f"{path}/undo", change=change)
    assert "That cannot be undone any more: the dates were changed since." in desk.client.get(path).text
    desk.post(path, lines="4 January 2028 to 11 February 2028\n7 January 2028", deed="add")
    desk.post(f"{path}/undo", change=change)  # of the first time: another change has come since
    assert dates() == added
    term = next(t for t in authorities.terms_of(["931"]) if t.first_day == date(2028, 1, 4))
    desk.post(f"{path}/terms/{term.id}/remove")
    page = desk.client.get(path).text
    assert "Last change: 1 term removed by" in page
    desk.post(f"{path}/undo", change=re.findall(r'name="change" value="(\d+)"', page)[0])
    assert dates() == added
    for wrong in ("", "x", "9" * 30, "1"):
        desk.post(f"{path}/undo", change=wrong)
        assert dates() == added


@pytest.mark.both_databases
def test_a_programme_is_set_up_changed_closed_and_opened_again(desk: Desk) -> None:
    answer = desk.post("/desk/programmes/new", **PLAY)
    assert (answer.status_code, answer.location) == (303, "/desk/programmes")
    (made,) = programmes.of_partnership(desk.partnership_id)
    assert (made.title, made.earliest_start, made.latest_finish) == ("Someone to Tell", time(9), time(15, 30))
    assert programmes.target_year_groups(made.id) == (8, 9)
    assert "Years 8 and 9" in desk.client.get("/desk/programmes").text
    assert problems(desk.post("/desk/programmes/new", **PLAY)) == [
        "There is a programme called Someone to Tell in 2026/27 already."
    ]
    path = f"/desk/programmes/{made.id}"
    assert 'value="09:00"' in desk.client.get(path).text
    assert desk.post(path, **PLAY | {"year_groups": ["7", "8"], "cost": "£50"}).status_code == 303
    assert programmes.target_year_groups(made.id) == (7, 8)
    assert desk.client.post(f"{path}/close").status_code == 303
    assert problems(desk.post(path, **PLAY)) == [
        "This programme is closed. Open it again before you change it."
    ]
    assert desk.client.post(f"{path}/reopen").status_code == 303
    assert desk.post(path, **PLAY).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "Enter the title of the production."),
        ({"title": "x" * 121}, "Title must be 120 characters or fewer."),
        ({"audience": ""}, "Choose who sees it."),
        ({"year_groups": []}, "Choose at least one year group."),
        (
            {"audience": "adults"},
            "A programme for adults has no year groups. Clear them, or make it one for pupils.",
        ),
        ({"running_minutes": "0"}, "Play must be between 1 and 300."),
        ({"running_minutes": "forty"}, "Play: enter a whole number in figures."),
        (
            {"audience_ceiling": "99999999999999999999"},
            "People at one show, at most: enter a whole number in figures.",
        ),
        (
            {"reply_by": "31/2/2027"},
            "That is not a date. Enter it like 2 Nov, Monday or 15/2/2027.",
        ),
        ({"reply_by": [" ", "", ""]}, "Enter the day by which schools reply."),
        (
            {"reply_by": "5/2/2028"},
            "Schools must reply inside the academic year 2026/27: from 1 September 2026 to 31 August 2027.",
        ),
        (
            {"latest_finish": "10am"},
            "Play and discussion take 75 minutes; from 9:00am to 10:00am there are only 60.",
        ),
        ({"latest_finish": "8am"}, "The latest finish must be after the earliest start."),
    ],
)
def test_a_wrong_programme_is_named_and_nothing_is_made(desk: Desk, wrong: dict, words: str) -> None:
    answer = desk.post("/desk/programmes/new", **PLAY | wrong)
    assert answer.status_code == 422
    assert problems(answer) == [words]
    assert "A play.</textarea>" in answer.text
    assert programmes.of_partnership(desk.partnership_id) == []


@pytest.mark.parametrize(
    "wrong", [{"academic_year": "1066"}, {"academic_year": "x"}, {"year_groups": ["8", "99"]}]
)
def test_a_tampered_programme_is_refused(desk: Desk, wrong: dict) -> None:
    answer = desk.post("/desk/programmes/new", **PLAY | wrong)
    assert answer.status_code == 422
    assert programmes.of_partnership(desk.partnership_id) == []


def test_the_year_and_audience_of_a_programme_stay_whatever_is_sent(desk: Desk) -> None:
    with transaction():
        made = make.programme(desk.partnership)
    path = f"/desk/programmes/{made.id}"
    year = desk.post(path, **PLAY | {"academic_year": "2027", "reply_by": "4/2/2028"})
    assert problems(year) == [
        "The academic year of a programme stays. Make a new programme for another year."
    ]
    whom = desk.post(path, **PLAY | {"audience": "adults", "year_groups": []})
    assert problems(whom) == ["A programme for pupils stays one for pupils. Make another for adults."]


def test_a_training_is_set_up_without_year_groups(desk: Desk) -> None:
    answer = desk.post("/desk/programmes/new", **PLAY | {"audience": "adults", "year_groups": []})
    assert answer.status_code == 303
    assert ">staff of all schools</td>" in desk.client.get("/desk/programmes").text


TRAINING = PLAY | {"audience": "adults", "year_groups": []}


@pytest.mark.both_databases
def test_a_training_chooses_schools_by_phase_and_type_and_which_staff(desk: Desk) -> None:
    with transaction():
        make.school(phase_of_education="Secondary", type_of_establishment="Academy converter")
        make.school(phase_of_education="Primary", type_of_establishment="Community school")
        make.school(phase_of_education="Nursery", type_of_establishment="Local authority nursery school")
        make.school(la_code="932", phase_of_education="All-through", type_of_establishment="Free schools")
    page = desk.client.get("/desk/programmes/new").text
    assert re.findall(r'name="phases"[^>]* value="([^"]+)"', page) == ["Primary", "Secondary"]
    assert re.findall(r'name="types"[^>]* value="([^"]+)"', page) == ["Academy converter", "Community school"]
    some = {"schools": "some", "phases": ["Secondary"], "roles": ["governors", "safeguarding leads"]}
    assert desk.post("/desk/programmes/new", **TRAINING | some).status_code == 303
    (made,) = programmes.of_partnership(desk.partnership_id)
    whom = "governors and safeguarding leads of secondary schools"
    assert f">{whom}</td>" in desk.client.get("/desk/programmes").text
    page = desk.client.get(f"/desk/programmes/{made.id}").text
    assert f"2026/27, for {whom}." in page
    assert re.findall(r'name="phases"[^>]* value="([^"]+)" checked', page) == ["Secondary"]
    more = {"schools": "some", "phases": ["Primary"], "types": ["Community school"]}
    assert desk.post(f"/desk/programmes/{made.id}", **TRAINING | more).status_code == 303
    assert (
        programmes.adult_target(made.id).said
        == "staff of primary schools that are of the type Community school"
    )


@pytest.mark.both_databases
def test_a_training_for_picked_schools_names_them_with_their_page(desk: Desk) -> None:
    with transaction():
        urn = make.school(name="Ash Grove", phase_of_education="Secondary").organisation_id
    picked = {"schools": "picked", "picked": f"{urn}"}
    assert desk.post("/desk/programmes/new", **TRAINING | picked).status_code == 303
    (made,) = programmes.of_partnership(desk.partnership_id)
    page = desk.client.get(f"/desk/programmes/{made.id}").text
    assert "for staff of schools picked one by one." in page and "1 school picked" in page
    assert "Ash Grove</a>" in page and f"/desk/schools/{urn}?programme={made.id}" in page
    assert desk.post(f"/desk/programmes/{made.id}", **TRAINING | {"schools": "picked"}).status_code == 303


def test_for_how_many_months_a_training_counts_is_set_on_its_page_and_emptied_again(desk: Desk) -> None:
    assert desk.post("/desk/programmes/new", **TRAINING | {"valid_months": "24"}).status_code == 303
    (made,) = programmes.of_partnership(desk.partnership_id)
    assert programmes.adult_target(made.id).valid_months == 24
    box = re.search(
        r'<input[^>]* name="valid_months"[^>]*>', desk.client.get(f"/desk/programmes/{made.id}").text
    )
    assert box and 'value="24"' in box[0]
    assert desk.post(f"/desk/programmes/{made.id}", **TRAINING | {"valid_months": ""}).status_code == 303
    assert programmes.adult_target(made.id).valid_months is None


@pytest.mark.both_databases
def test_a_training_for_bodies_alone_chooses_their_kinds(desk: Desk) -> None:
    with transaction():
        make.body(desk.partnership, kind="Health")
    alone = {"schools": "none", "kinds": ["Health", "Police"]}
    assert desk.post("/desk/programmes/new", **TRAINING | alone).status_code == 303
    (made,) = programmes.of_partnership(desk.partnership_id)
    assert ">staff of police and health</td>" in desk.client.get("/desk/programmes").text
    page = desk.client.get(f"/desk/programmes/{made.id}").text
    assert "2026/27, for staff of police and health." in page
    assert re.findall(r'name="kinds"[^>]* value="([^"]+)" checked', page) == ["Police", "Health"]
    beside = {"schools": "all", "kinds": ["Police"]}
    assert desk.post(f"/desk/programmes/{made.id}", **TRAINING | beside).status_code == 303
    assert programmes.adult_target(made.id).said == "staff of all schools and police"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"schools": "none"}, "Nobody is asked. Choose kinds of bodies, or some schools."),
        (
            {"schools": "none", "kinds": ["Police"]},
            "No body here is meant: the list of bodies has none of police.",
        ),
        (
            {"schools": "none", "kinds": ["Police"], "roles": ["governors"]},
            "No schools are asked, so no roles there. Clear them, or choose some schools.",
        ),
        ({"schools": "some"}, "Choose the phases or the types of the schools it is for."),
        (
            {"phases": ["Primary"]},
            "Clear the phases and types, or choose ‘Schools of some phases or types’.",
        ),
        ({"schools": "picked"}, "Pick at least one school: a URN or DfE number a line."),
        (
            {"schools": "picked", "picked": "123456"},
            "Line 1: no school here has the number ‘123456’.",
        ),
        (
            {"picked": "123456"},
            "Clear the list of schools, or choose ‘Only schools that we pick’.",
        ),
        (
            {"schools": "some", "phases": ["Primary"], "types": ["Academy converter"]},
            "No open school here is meant: there are no primary schools that are of the type Academy converter.",
        ),
        (
            {"audience": "pupils", "year_groups": ["8"], "roles": ["governors"]},
            "A programme for pupils is for every school that offers its year groups.",
        ),
        (
            {"audience": "pupils", "year_groups": ["8"], "valid_months": "24"},
            "Only a training for adults runs out. Clear the months.",
        ),
        ({"valid_months": "6"}, "Months that a training counts must be between 12 and 120."),
        ({"valid_months": "-1"}, "Months that a training counts must be between 12 and 120."),
        ({"valid_months": "two"}, "Months that a training counts: enter a whole number in figures."),
    ],
)
def test_a_training_that_is_for_nobody_is_refused_and_nothing_is_made(
    desk: Desk, wrong: dict, words: str
) -> None:
    with transaction():
        make.school(phase_of_education="Secondary", type_of_establishment="Academy converter")
        make.school(phase_of_education="Primary", type_of_establishment="Community school")
    answer = desk.post("/desk/programmes/new", **TRAINING | wrong)
    assert answer.status_code == 422
    assert [html.unescape(problem) for problem in problems(answer)] == [words]
    assert "A play.</textarea>" in answer.text
    assert programmes.of_partnership(desk.partnership_id) == []


@pytest.mark.both_databases
def test_a_company_and_its_troupe_are_added_and_changed(desk: Desk) -> None:
    with transaction():
        make.school(postcode="ZZ4 4DD", easting=455000, northing=205000)
    answer = desk.post("/desk/companies/new", name="Lantern Row Theatre", contact_phone="01632 960 200")
    assert answer.status_code == 303
    (company,) = companies.of_partnership(desk.partnership_id)
    assert answer.location == f"/desk/companies/{company.id}/troupes/new"
    again = desk.post("/desk/companies/new", name="Lantern Row Theatre")
    assert problems(again) == ["There is a company called Lantern Row Theatre already."]
    made = desk.post(
        answer.location, name="Red van", base="zz44dd", base_name="Depot", calendar_address="van@row.example"
    )
    assert (made.status_code, made.location) == (303, "/desk/companies")
    (troupe,) = companies.troupes(desk.partnership_id)
    assert (troupe.base_easting, troupe.base_northing) == (455000, 205000)
    assert 'value="455000, 205000"' in desk.client.get(f"/desk/troupes/{troupe.id}").text
    moved = desk.post(
        f"/desk/troupes/{troupe.id}", name="Red van", base="", calendar_address="van@row.example"
    )
    assert moved.status_code == 303
    assert companies.troupes(desk.partnership_id)[0].base is None
    assert desk.post(f"/desk/companies/{company.id}", name="Lantern Row").status_code == 303
    page = desk.client.get("/desk/companies").text
    assert "Lantern Row</a>" in page and "the day begins at the first school" in page


@pytest.mark.both_databases
def test_a_place_is_named_by_its_reference_and_the_school_that_is_nearest(desk: Desk) -> None:
    here = {"reference": "SP 513 061", "easting": 451300, "northing": 206100}
    assert desk.client.get("/desk/places?at=451300,206100").json == here | {"said": "SP 513 061"}
    with transaction():
        make.school(name="Eelbridge Academy", town="Eelbridge", easting=451300, northing=207300)
        make.school(name="Closed by then", status="Closed", easting=451300, northing=206100)
        make.school(name="Nowhere known", easting=None, northing=None)
        other = make.partnership(la_codes=("932",))
        make.school(name="Another's", la_code="932", easting=451300, northing=206100)
        troupe = make.troupe(desk.partnership)
    assert other.id != desk.partnership_id
    asked = desk.client.get("/desk/places?at=451300,206100")
    assert asked.json == here | {"said": "SP 513 061, 1.2 km south of Eelbridge Academy"}
    near = desk.client.get("/desk/places?at=451300,207299").json
    assert near is not None and near["said"] == "SP 513 072, at Eelbridge Academy"
    for wrong in ("", "behind the church", "451300", "900000,206100", "0,0"):
        assert desk.client.get("/desk/places", query_string={"at": wrong}).status_code == 404
    # The same words stand on the troupe's page for what is typed, and when it is saved.
    path = f"/desk/troupes/{troupe.id}"
    refused = desk.post(path, name="", base="SP 513 061").text
    assert ">SP 513 061, 1.2 km south of Eelbridge Academy</p>" in refused
    desk.post(path, name="Red van", base="SP 513 061")
    said = "Red van is saved. Its base is SP 513 061, 1.2 km south of Eelbridge Academy."
    assert said in desk.client.get("/desk/companies").text
    desk.post(path, name="Red van", base="SP 513 061", base_name="Depot")
    assert "Red van is saved.</p>" in desk.client.get("/desk/companies").text


def test_the_first_troupe_leads_to_its_tour_days(desk: Desk) -> None:
    with transaction():
        programme = make.programme(desk.partnership)
        path = f"/desk/companies/{make.troupe(desk.partnership).company_id}/troupes/new"
    made = desk.post(path, name="Blue van")
    assert made.location == f"/desk/tour/{programme.id}/add"
    assert "Blue van is added. Its tour days come next." in desk.client.get(made.location).text
    with transaction():
        make.tour_day(programme, companies.troupes(desk.partnership_id)[0])
    assert desk.post(path, name="Green van").location == "/desk/companies"


def test_a_wrong_troupe_is_named_and_what_was_typed_stays(desk: Desk) -> None:
    with transaction():
        troupe = make.troupe(desk.partnership)
    path = f"/desk/companies/{troupe.company_id}/troupes/new"
    nowhere = desk.post(path, name="Blue van", base="behind the church")
    assert len(problems(nowhere)) == 1 and problems(nowhere)[0].startswith("We know no place by that.")
    assert 'value="behind the church"' in nowhere.text
    assert len(problems(desk.post(path, name="Blue van", calendar_address="van"))) == 1
    assert problems(desk.post(path, name="Red van"))[0].endswith("has a troupe called Red van already.")
    assert len(companies.troupes(desk.partnership_id)) == 1


@pytest.mark.both_databases
def test_tour_days_are_previewed_then_added_once(desk: Desk) -> None:
    with transaction():
        programme = make.programme(desk.partnership)
        troupe = make.troupe(desk.partnership)
    asked = {
        "troupe_id": str(troupe.id),
        "first": "22/3/2027",
        "last": "30/3/2027",
        "weekdays": ["0", "1", "2", "3", "4"],
        "leaves": "7am",
        "returns": "17:00",
        "shows_at_most": "2",
    }
    answer = desk.post(f"/desk/tour/{programme.id}/add", **asked)
    assert answer.status_code == 303
    page = desk.client.get(answer.location).text
    assert "Add 4 tour days?" in page
    assert "Bank holiday: Good Friday" in page and "School holiday" in page
    assert days.of_programme(programme.id) == []
    ticked = {"day": ["2027-03-22", "2027-03-24"]}
    added = desk.post(answer.location, **ticked)
    assert (added.status_code, added.location) == (303, f"/desk/tour?programme={programme.id}")
    assert [d.day for d in days.of_programme(programme.id)] == [date(2027, 3, 22), date(2027, 3, 24)]
    assert desk.post(answer.location, **ticked).status_code == 303
    assert len(days.of_programme(programme.id)) == 2
    tour = desk.client.get("/desk/tour").text
    assert "Week of 22 March" in tour and "0 of 4 shows booked" in tour
    again = desk.client.get(answer.location).text
    assert "Add 2 tour days?" in again and "Already there" in again
    back = re.search(r'href="([^"]+)">Change the dates', again)
    assert back and 'value="22 March 2027"' in desk.client.get(back[1].replace("&amp;", "&")).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"troupe_id": ""}, ["Choose a troupe."]),
        (
            {"first": "29/2/2027"},
            ["That is not a date. Enter it like 2 Nov, Monday or 15/2/2027."],
        ),
        (
            {"first": ["28", "3"]},
            ["That is not a date. Enter it like 2 Nov, Monday or 15/2/2027."],
        ),
        ({"last": "1/1/2027"}, ["The last day must not be before the first."]),
        (
            {"last": "30/9/2027"},
            ["The programme is of 2026/27: choose days from 1 September 2026 to 31 August 2027."],
        ),
        ({"weekdays": []}, ["Choose at least one day of the week."]),
        ({"returns": "8am"}, ["One show takes 165 minutes with set-up and pack-up; these hours have 60."]),
        ({"shows_at_most": "3"}, ["The programme has 2 shows a day at most."]),
    ],
)
def test_wrong_dates_for_a_tour_are_named(desk: Desk, wrong: dict, words: list[str]) -> None:
    with transaction():
        programme = make.programme(desk.partnership)
        troupe = make.troupe(desk.partnership)
        make.troupe(desk.partnership)
    asked = {
        "troupe_id": str(troupe.id),
        "first": "22/3/2027",
        "last": "30/3/2027",
        "weekdays": ["0"],
        "leaves": "7am",
        "returns": "17:00",
        "shows_at_most": "2",
    }
    answer = desk.post(f"/desk/tour/{programme.id}/add", **asked | wrong)
    assert (answer.status_code, problems(answer)) == (422, words)


@pytest.mark.both_databases
def test_a_stale_preview_adds_nothing_and_says_why(desk: Desk) -> None:
    with transaction():
        programme = make.programme(desk.partnership)
        troupe = make.troupe(desk.partnership)
        other = make.programme(desk.partnership, title="The other play")
    path = (
        f"/desk/tour/{programme.id}/preview?troupe_id={troupe.id}&first=22&first=3&first=2027&last=23&last=3&last=2027"
        "&weekdays=0&weekdays=1&leaves=07:00&returns=17:00&shows_at_most=2"
    )
    assert "Add 2 tour days?" in desk.client.get(path).text
    with transaction():
        make.tour_day(other, troupe, date(2027, 3, 23))
    answer = desk.post(path, day=["2027-03-22", "2027-03-23"])
    assert answer.status_code == 422
    assert problems(answer) == [
        "These cannot be added: 23 March 2027 (plays The other play that day). Nothing was added."
    ]
    assert days.of_programme(programme.id) == []
    assert problems(desk.post(path)) == ["Choose at least one day to add."]
    assert problems(desk.post(path, day=["never", "2027-99-99"])) == ["Choose at least one day to add."]
    for broken in ("", "?troupe_id=x", path.partition("?")[2].replace("first=22", "first=99")):
        answer = desk.client.get(f"/desk/tour/{programme.id}/preview?{broken.lstrip('?')}")
        assert (answer.status_code, answer.location) == (303, f"/desk/tour/{programme.id}/add")


def test_a_preview_whose_dates_make_no_sense_leads_back_to_the_form(desk: Desk) -> None:
    with transaction():
        programme = make.programme(desk.partnership)
        troupe = make.troupe(desk.partnership)
    answer = desk.client.get(
        f"/desk/tour/{programme.id}/preview?troupe_id={troupe.id}&first=22&first=3&first=2027&last=1&last=3&last=2027"
        "&weekdays=0&leaves=07:00&returns=17:00&shows_at_most=2"
    )
    assert answer.status_code == 303


@pytest.mark.both_databases
def test_a_tour_day_is_changed_and_removed_but_not_with_a_show(desk: Desk) -> None:
    with transaction():
        programme = make.programme(desk.partnership)
        show = make.show(programme, make.school(name="Redmere Academy"), wall(date(2027, 3, 9), time(9, 30)))
        free = make.tour_day(programme, make.troupe(desk.partnership), date(2027, 3, 10))
    busy = f"/desk/tour/days/{show.tour_day_id}"
    assert "Redmere Academy" in desk.client.get(busy).text
    refused = desk.client.post(f"{busy}/remove")
    assert refused.status_code == 422
    assert problems(refused) == [
        "9 March 2027 has 1 show: Redmere Academy at 9:30am. Move or cancel first, then the day can be removed."
    ]
    late = desk.post(busy, leaves="9am", returns="17:00", shows_at_most="2")
    assert problems(late) == ["The van must leave by 8:30am to set up at Redmere Academy."]
    assert 'value="9am"' in late.text
    path = f"/desk/tour/days/{free.id}"
    assert desk.post(path, leaves="6:30", returns="4pm", shows_at_most="1").status_code == 303
    assert (free.leaves, free.returns, free.shows_at_most) == (time(6, 30), time(16), 1)
    assert desk.client.post(f"{path}/remove").status_code == 303
    assert desk.client.post(f"{path}/remove").status_code == 404
    assert [d.id for d in days.of_programme(programme.id)] == [show.tour_day_id]


def test_a_tour_that_is_over_is_folded_away(desk: Desk) -> None:
    with transaction():
        programme = make.programme(desk.partnership)
        make.tour_day(programme, make.troupe(desk.partnership), date(2026, 11, 3))
    page = desk.client.get("/desk/tour").text
    assert "No tour day is to come." in page
    assert "1 week before this one, 0 shows" in page


@pytest.mark.both_databases
def test_nobody_reaches_anothers_rows_or_passes_unsigned(desk: Desk, app: Flask) -> None:
    with transaction():
        theirs = make.partnership(la_codes=("940",))
        programme = make.programme(theirs)
        troupe = make.troupe(theirs)
        day = make.tour_day(programme, troupe)
    paths = [
        "/desk/setup/authorities/940",
        f"/desk/programmes/{programme.id}",
        f"/desk/companies/{troupe.company_id}",
        f"/desk/companies/{troupe.company_id}/troupes/new",
        f"/desk/troupes/{troupe.id}",
        f"/desk/tour/{programme.id}/add",
        f"/desk/tour/{programme.id}/preview",
        f"/desk/tour/days/{day.id}",
        "/desk/programmes/99999999999999999999",
    ]
    posts = [
        "/desk/setup/authorities/940/remove",
        "/desk/setup/authorities/940/terms/1/remove",
        f"/desk/programmes/{programme.id}/close",
        f"/desk/programmes/{programme.id}/reopen",
        f"/desk/tour/days/{day.id}/remove",
    ]
    for path in paths:
        assert desk.client.get(path).status_code == 404, path
    for path in paths + posts:
        assert desk.client.post(path).status_code == 404, path
    assert f"{programme.title}" not in desk.client.get(f"/desk/tour?programme={programme.id}").text


@pytest.mark.both_databases
def test_without_signing_in_each_page_leads_to_the_sign_in(client: FlaskClient) -> None:
    for path in (
        "/desk/setup",
        "/desk/setup/partnership",
        "/desk/programmes",
        "/desk/companies",
        "/desk/tour",
    ):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.location.startswith("/sign-in")


def test_a_lead_who_asks_a_second_factor_of_leads_sets_one_up_next(desk: Desk) -> None:
    desk.post("/desk/setup/partnership", **SETTINGS)
    desk.post("/desk/setup/partnership", **SETTINGS | {"second_factor": "leads"})
    assert db.session.get_one(partnerships.Partnership, desk.partnership_id).second_factor == "leads"
    changed = history.history_of("partnership", desk.partnership_id)[0]
    assert (changed.before, changed.after) == ({"second_factor": "nobody"}, {"second_factor": "leads"})
    assert desk.client.get("/desk/setup").location == "/desk/account/second-factor"
    assert "asks you for a second factor" in desk.client.get("/desk/account/second-factor").text
