"""The coverage page and the list behind it: every number leads to exactly that many rows."""

import csv
import html
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from random import Random

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import select

import make
from browser import Site
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.coverage.board import publishing
from outreach.ground import tabular
from outreach.ground.db import db, transaction
from outreach.post.feeds import tokens
from outreach.tour.adults import GOVERNORS, SOME, AdultTarget
from worlds import World

pytestmark = pytest.mark.any_database

NOW = datetime(2027, 1, 19, 12, tzinfo=UTC)
TODAY = date(2027, 1, 19)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


class Filled(HTMLParser):
    """{name: value} of what the first form with method GET of a page's main part sends as it stands."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._select, self._chosen = "", False
        form = page[page.index('<form class="fl noprint"') :]
        self.feed(form[: form.index("</form>")])

    def handle_starttag(self, tag, attrs):
        of = dict(attrs)
        if tag == "input" and (of.get("type") != "checkbox" or "checked" in of):
            self.sent[of["name"]] = of.get("value", "")
        elif tag == "select":
            self._select = of["name"]
        elif tag == "option":
            self._chosen = "selected" in of and "value" not in of
            if "selected" in of:
                self.sent[self._select] = of.get("value", "")

    def handle_data(self, data):
        if self._chosen:  # its words are its value
            self.sent[self._select], self._chosen = data, False


def _parts(page: str) -> dict[str, int]:
    """{colour: its part} of the first bar of a page."""
    bar = page[page.index('class="bar9') :].partition("</div>")[0]
    return {key: int(part) for key, part in re.findall(r'class="k-(\w+) at-part(\d+)"', bar)}


class Links(HTMLParser):
    """(address, text) of every link of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._address = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self._address, self._text = dict(attrs).get("href"), ""

    def handle_data(self, data):
        if self._address is not None:
            self._text += data

    def handle_endtag(self, tag):
        if tag == "a" and self._address is not None:
            self.found.append((self._address, self._text.strip()))
            self._address = None


SQUARE = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"LAD23CD":"E07000001","LAD23NM":"Kestermere"},'
    '"geometry":{"type":"Polygon","coordinates":[[[-1.4,51.7],[-1.2,51.7],[-1.2,51.9],[-1.4,51.9],[-1.4,51.7]]]}}]}'
)


def county(schools: int = 70, seed: int = 5, la_code: str = "931"):
    """A county of some schools in three districts and one unknown, with a bit of everything."""
    r = Random(seed)
    county = make.partnership((la_code,), districts_geojson=SQUARE)
    programme = make.programme(county)
    found = []
    for n in range(schools):
        code, name = r.choice(
            [
                ("E07000001", "Kestermere"),
                ("E07000002", "Fenwold & Saxby"),
                ("E07000003", "Teal Valley"),
                (None, None),
            ]
        )
        school = make.school(
            datetime(2026, 8, 1, tzinfo=UTC),
            name=f"School {n:03d}",
            district_code=code,
            district_name=name,
            la_code=la_code,
            number_of_pupils=r.choice([None, 700, 1050]),
            easting=r.choice([None, 445000 + 100 * n]),
            phase_of_education=r.choice(["Secondary", "All-through", "Not applicable"]),
            statutory_low_age=r.choice([11, 11, 11, None]),
            trust_name=r.choice([None, "Lantern & Co Trust", "Marl Valley"]),
            type_of_establishment=r.choice(["Academy converter", "Community school"]),
            town=("Kestermere", "Marl & Fen", "")[n % 3],
            urban_rural=(None, "Rural village", "Urban major conurbation", "Rural town and fringe")[n % 4],
        )
        found.append(school)
        if r.random() < 0.85:
            address = make.contact(school).address
            if r.random() < 0.6:
                make.invitation(programme, school, address=address)
        if r.random() < 0.1:
            make.answer(programme, school, "declined", reason="exams", at=NOW - timedelta(days=20))
        if r.random() < 0.05:
            make.decision(programme, school, "exclude", reason="Runs its own")
        if r.random() < 0.5:
            start = NOW.replace(hour=10) + timedelta(days=r.randint(-60, 40))
            booking = make.booking(
                make.show(programme, school, start),
                {8: 100, 9: 100} if r.random() < 0.7 else {8: 90},
            )
            if start < NOW and r.random() < 0.8:
                make.report(booking, "school", start + timedelta(hours=5), {8: 95, 9: r.choice([0, 98])})
            elif r.random() < 0.2:
                make.cancellation(booking, min(NOW, start) - timedelta(days=5), "company")
    return county, programme, found


def county_of_70() -> Coordinator:
    """The one who has the county in hand."""
    with transaction():
        partnership, _, _ = county()
        make.partnership(("999",))
        return make.person(partnership)


@pytest.fixture
def desk(client: FlaskClient, world: World) -> FlaskClient:
    return make.signed_in(client, world(county_of_70))


def words_of(page: str) -> str:
    """A page without its marks."""
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def absent_of(desk: FlaskClient, address: str) -> int:
    """The pupils of a list who missed it: all, those who caught up, or the rest, as its address asks."""
    absent = caught_up = page = 0
    while page * 50 < max(1, rows_of(desk, address)):
        page += 1
        for said in re.findall(
            r"([\d,]+) absent(?:, ([\d,]+) caught up)?", desk.get(f"{address}&page={page}").text
        ):
            absent, caught_up = absent + int(said[0].replace(",", "")), caught_up + int(said[1] or 0)
    return {"any": absent, "caught-up": caught_up}.get(address.partition("absent=")[2], absent - caught_up)


def rows_of(client: FlaskClient, address: str) -> int:
    """The rows of a list, over all its pages."""
    total, page = 0, 1
    while True:
        answer = client.get(f"{address}&page={page}")
        assert answer.status_code == 200, address
        total += answer.text.count('<tr class="school">')
        if f"page={page + 1}" not in answer.text:
            return total
        page += 1


def pupils_of(client: FlaskClient, address: str) -> tuple[int, int]:
    """(pupils seen, target pupils) as the head of a list sums them."""
    said = re.search(r"([\d,]+) pupils seen(?: of ([\d,]+))?", client.get(address).text)
    assert said, address
    return int(said[1].replace(",", "")), int((said[2] or "0").replace(",", ""))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?compare=2026-12-19",
        "?as_of=2026-12-01&by=type",
        "?by=phase&compare=2026-12-19",
        "?by=year&compare=2026-12-01",
        "?by=town&compare=2026-12-19",
        "?by=urban_rural",
        "?by=phase&town=Marl+%26+Fen&urban_rural=-",
        "?by=trust&phase=Secondary",
        "?by=type&district=E07000001&trust=Lantern+%26+Co+Trust",
    ],
)
def test_every_number_on_the_page_is_a_link_to_that_many_rows(desk: FlaskClient, query: str) -> None:
    page = desk.get("/desk/coverage" + query)
    assert page.status_code == 200
    numbers = [
        ("/desk/" + a, t)
        for a, t in Links(page.text).found
        if a.startswith("schools?") and re.fullmatch(r"[\d,]+", t)
    ]
    assert len(numbers) > 25
    for address, text in dict.fromkeys(numbers):
        number = int(text.replace(",", ""))
        if "counted=1" in address:
            assert pupils_of(desk, address)[0] == number if number else rows_of(desk, address) == 0, address
        elif "number=known" in address:
            assert pupils_of(desk, address)[1] == number, address
        elif "absent=" in address:
            assert absent_of(desk, address) == number, address
        else:
            assert rows_of(desk, address) == number, address


@pytest.mark.both_databases
def test_the_district_rows_and_the_standings_sum_to_the_county(desk: FlaskClient) -> None:
    lines = list(csv.reader(io.StringIO(desk.get("/desk/coverage.csv").text.lstrip("\ufeff"))))
    assert "Not for publication" in lines[-1][0]
    head = lines[0]
    whole = next(dict(zip(head, line, strict=True)) for line in lines[1:] if line and line[0] == "All")
    for table in ("District", "Town", "Urban or rural", "Phase", "Type", "Trust"):
        rows = [dict(zip(head, line, strict=True)) for line in lines[1:] if line and line[0] == table]
        assert len(rows) >= 2
        for column in head[2:]:
            if "%" not in column:
                assert sum(int(row[column]) for row in rows) == int(whole[column]), (table, column)
    assert sum(int(whole[name]) for name in head[3:12]) == int(whole["Schools"])
    assert any(line[1] == "town not known" for line in lines[2:] if line)
    assert any(line[1] == "not known whether urban or rural" for line in lines[2:] if line)
    assert any(line[1] == "district not known" for line in lines[2:] if line)
    first = next(n for n, line in enumerate(lines) if line and "do not sum" in line[0])
    years = [dict(zip(lines[first + 1], line, strict=True)) for line in lines[first + 2 :] if len(line) > 1]
    assert [row["Name"] for row in years] == ["Year 8", "Year 9"]
    for row in years:
        assert sum(int(row[name]) for name in lines[first + 1][3:8]) == int(row["Schools"])


def filled(cells: tuple[str, ...]) -> list[str]:
    return [cell for cell in cells if cell]


def test_the_workbook_has_the_lines_of_the_sheet(desk: FlaskClient) -> None:
    book = tabular.read("x.xlsx", desk.get("/desk/coverage.xlsx?phase=Secondary").data)
    sheet = tabular.read("x.csv", desk.get("/desk/coverage.csv?phase=Secondary").data)
    heads, *lines = (row.cells for row in book.rows)
    assert (
        heads == sheet.header
        and [*map(filled, lines)] == [filled(row.cells) for row in sheet.rows]
        and len(lines) > 10
    )
    assert "Not for publication" in book.header[0]


@pytest.mark.both_databases
def test_pupils_of_the_list_sum_to_the_figure_of_the_page(desk: FlaskClient) -> None:
    lines = list(csv.reader(io.StringIO(desk.get("/desk/schools.csv").text.lstrip("\ufeff"))))
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:-1]]
    seen = sum(int(row["Pupils seen"]) for row in rows)
    known = sum(int(row["Target pupils"]) for row in rows if row["Target pupils"] != "unknown")
    page = desk.get("/desk/coverage").text
    foot = re.search(r"<tfoot>.*</tfoot>", page, re.S)[0]
    assert f">{seen:,}<" in foot and f">{known:,}</a></td></tr></tfoot>" in foot


@pytest.mark.both_databases
def test_the_pages_take_the_same_queries_for_3_schools_and_for_40(
    app: Flask, client: FlaskClient, count_queries
) -> None:
    """20 of standings.standings_of_programme; the person, the partnership, the programmes, the one in hand, and what waits in the
    inbox; 1 for the map where it is drawn, 20 more beside."""
    taken = []
    for schools, la_code in ((3, "931"), (40, "932")):
        with transaction():
            partnership, _, _ = county(schools, la_code=la_code)
            person = make.person(partnership)
        make.signed_in(client, person)
        for address in ("/desk/coverage", "/desk/schools", "/desk/coverage?by=trust&compare=2026-12-01"):
            db.session.remove()
            with count_queries() as queries:
                assert client.get(address).status_code == 200
            taken.append(len(queries))
    assert taken == [26 + 1, 26, 26 + 1 + 21] * 2


def test_without_a_programme_the_page_says_what_will_stand_here(app: Flask, client: FlaskClient) -> None:
    with transaction():
        person = make.person(make.partnership())
    make.signed_in(client, person)
    for address in ("/desk/coverage", "/desk/schools"):
        page = client.get(address)
        assert page.status_code == 200 and "Set up a programme" in page.text


@pytest.mark.both_databases
def test_an_empty_county_says_what_to_do(app: Flask, client: FlaskClient) -> None:
    with transaction():
        partnership = make.partnership()
        make.programme(partnership)
        person = make.person(partnership)
    make.signed_in(client, person)
    assert "No school is in the target" in client.get("/desk/coverage").text
    assert "Bring the register in" in client.get("/desk/schools").text


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2027-02-30", "That is not a date"),
        ("soon", "That is not a date"),
        ("2027-01-20", "still to come"),
        ("1850-01-01", "before there was anything"),
        ("0001-01-01", "That is not a date"),
    ],
)
def test_a_day_that_makes_no_sense_is_said_and_kept(desk: FlaskClient, day: str, said: str) -> None:
    for address in ("/desk/coverage", "/desk/schools"):
        page = desk.get(f"{address}?as_of={day}")
        assert page.status_code == 422
        assert said in page.text and f'value="{day}"' in page.text


@pytest.mark.parametrize(
    "typed", ["2027-01-04", "04/01/2027", "4/1/2027", "4 January 2027", " 4.1.2027 ", "4 Jan"]
)
def test_a_day_is_understood_as_people_type_it(desk: FlaskClient, typed: str) -> None:
    for address in ("/desk/coverage", "/desk/schools"):
        page = desk.get(address, query_string={"as_of": typed})
        assert page.status_code == 200 and 'value="4 January 2027"' in page.text
    assert desk.get("/desk/coverage", query_string={"as_of": "4/1/2027 to 5/1/2027"}).status_code == 422


def test_words_nobody_knows_ask_for_nothing_and_each_is_said(desk: FlaskClient) -> None:
    everything = rows_of(desk, "/desk/schools?x=1")
    strange = "/desk/schools?standing=x&cause=<b>&number=&list=?&gap=2&sort=zz&programme=99999999999999999999"
    assert rows_of(desk, strange) == everything
    said = desk.get(strange).text
    for words in (
        "no standing ‘x’",
        "no cause ‘&lt;b&gt;’",
        "no list ‘?’",
        "sorted by ‘zz’",
        "no such programme",
    ):
        assert words in said
    for page in ("zz", "-4", "0", "9999999"):
        answer = desk.get(f"/desk/schools?page={page}")
        assert answer.status_code == 200 and f"no page ‘{page}’" in answer.text
    assert "There is no table by ‘moon’" in desk.get("/desk/coverage?by=moon").text


def test_the_form_of_the_list_sends_every_filter_that_is_in_force(desk: FlaskClient) -> None:
    """Who sorts or searches a list that a number led to still looks at those schools."""
    asked = {
        "number": "own",
        "counted": "1",
        "evidence": "one side",
        "absent": "waiting",
        "ages": "unknown",
        "place": "unknown",
        "since_by": "2027-01-19",
        "find": "school",
        "district": "E07000001",
        "town": "-",
        "urban_rural": "Rural",
        "type": "Community school",
        "trust": "Marl Valley",
        "year": "8",
        "state": "seen",
        "standing": "seen",
        "cause": "silent",
        "gap": "1",
        "sort": "since",
    }
    sent = Filled(desk.get("/desk/schools", query_string=asked).text).sent
    assert asked.items() <= sent.items()
    assert Filled(desk.get("/desk/schools?list=excluded").text).sent["list"] == "excluded"


@pytest.mark.both_databases
def test_the_search_finds_by_the_beginning_of_words_and_by_urn(desk: FlaskClient) -> None:
    assert rows_of(desk, "/desk/schools?find=SCHOOL+00") == desk.get("/desk/schools").text.count("School 00")
    assert "No school matches all of that" in desk.get("/desk/schools?find=Zanzibar").text


def test_another_partnerships_programme_is_not_shown(app: Flask, client: FlaskClient) -> None:
    with transaction():
        partnership, mine, _ = county(4)
        person = make.person(partnership)
        other = make.programme(make.partnership(("932",)), title="Not for you")
        make.school(la_code="932", name="Foreign School")
    make.signed_in(client, person)
    for address in ("coverage", "coverage.csv", "schools", "schools.csv"):
        text = client.get(f"/desk/{address}?programme={other.id}").text
        assert "Not for you" not in text and "Foreign School" not in text


@pytest.mark.both_databases
def test_the_csv_of_a_list_has_a_line_for_each_school(desk: FlaskClient) -> None:
    for query in ("standing=seen", "gap=1", "list=excluded", "list=also", "district=-"):
        lines = desk.get(f"/desk/schools.csv?{query}").text.splitlines()
        assert len(lines) - 2 == rows_of(desk, f"/desk/schools?{query}")
        assert lines[-1].strip('"').startswith(f"End of the list: {len(lines) - 2} school")


def last_year(county, schools) -> int:
    """A programme of 2025/26 that the first three schools saw; its number."""
    programme = make.programme(
        county, title="Someone to Tell", academic_year=2025, created_at=datetime(2025, 9, 3, tzinfo=UTC)
    )
    for n, school in enumerate(schools[:3]):
        start = datetime(2025, 11, 10 + n, 10, tzinfo=UTC)
        show = make.show(programme, school, start, created_at=datetime(2025, 9, 9, tzinfo=UTC))
        told = make.booking(show, {8: 120, 9: 120}, datetime(2025, 9, 9, tzinfo=UTC))
        make.report(told, "school", start + timedelta(hours=4), {8: 120, 9: 120})
    return programme.id


@pytest.mark.both_databases
def test_another_year_is_laid_beside_this_one_on_the_same_day_and_every_number_of_both_is_its_list(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        partnership = make.partnership()
        schools = [make.school(datetime(2025, 8, 1, tzinfo=UTC), name=f"School {n}") for n in range(5)]
        make.programme(partnership)
        before = last_year(partnership, schools)
        person = make.person(partnership)
    make.signed_in(client, person)
    page = client.get(f"/desk/coverage?beside={before}").text
    assert '2025/26, as of <b class="ink">19 January 2026</b>' in page
    assert "Then it was 3 of 5." in words_of(page)
    links = [
        (a, t) for a, t in Links(page).found if f"programme={before}" in a and re.fullmatch(r"[\d,]+", t)
    ]
    assert ("3" in [t for _, t in links]) and len(links) == 6
    for address, text in links:
        assert rows_of(client, "/desk/" + address) == int(text)
    chosen = client.get(f"/desk/coverage?beside={before}&compare=10/11/2025").text
    assert "Then it was 1 of 5." in words_of(chosen)
    assert client.get(f"/desk/coverage?beside={before}&compare=soon").status_code == 422


def test_a_programme_for_adults_is_not_laid_beside_one_for_pupils(app: Flask, client: FlaskClient) -> None:
    with transaction():
        partnership, mine, _ = county(3)
        adults = make.programme(partnership, (), for_adults=True, title="Preview")
        person = make.person(partnership)
        address = f"/desk/coverage?programme={mine.id}&beside={adults.id}"
    make.signed_in(client, person)
    said = client.get(address).text
    assert "cannot be laid beside one for pupils" in said and 'name="beside"' not in said


def test_a_staff_training_says_trained_counts_staff_and_has_no_year_groups(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        partnership = make.partnership()
        training = make.programme(partnership, (), for_adults=True, title="Preview for staff")
        came = make.school(name="Came")
        make.school(name="Stayed away")
        start = datetime(2027, 1, 11, 16, tzinfo=UTC)
        there = make.booking(make.show(training, came, start), {})
        make.report(there, "school", start + timedelta(hours=2), 6)
        person = make.person(partnership)
    make.signed_in(client, person)
    page = client.get("/desk/coverage").text
    assert "1 of 2 schools has been trained" in words_of(page)
    assert (
        "Trained" in page
        and "Numbers of staff: 2 unknown and in no share." in words_of(page)
        and "Pupils" not in page
        and "Year group" not in page.split("Why there are gaps")[0]
    )
    listed = client.get("/desk/schools?standing=seen").text
    assert "Came" in listed and "Stayed away" not in listed and "Trained" in listed
    assert "There is no table by year group here" in client.get("/desk/coverage?by=year").text


def test_whom_a_training_is_for_is_said_on_the_page_in_the_file_the_report_and_the_feed(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        partnership = make.partnership()
        training = make.programme(
            partnership,
            (),
            AdultTarget(schools=SOME, phases=("Secondary",), roles=(GOVERNORS,)),
            for_adults=True,
        )
        make.school(name="Counted", phase_of_education="Secondary")
        make.school(name="Not meant", phase_of_education="Primary")
        person = make.person(partnership)
        _, bearer = tokens.make(partnership.id, "The board", who="Priya", now=NOW)
        where = f"/api/v1/programmes/{training.id}/figures"
        report = publishing.publish(training, date(2027, 1, 18), who="Priya", now=NOW).id
    make.signed_in(client, person)
    whom = "governors of secondary schools"
    page = words_of(client.get("/desk/coverage").text)
    assert f"for {whom}, 2026/27" in page
    assert "of 1 school" in page
    assert f"for {whom}, as of" in client.get("/desk/coverage.csv").text
    page = words_of(client.get(f"/desk/reports/{report}").text)
    assert f"For {whom}, 2026/27." in page
    assert "Every open school of the partnership’s authorities among the secondary schools." in page
    headers = {"Authorization": f"Bearer {bearer}"}
    assert client.get(where, headers=headers).json["target"] == whom  # type: ignore[index]
    listed = client.get("/api/v1/", headers=headers).json["programmes"]  # type: ignore[index]
    assert [p["target"] for p in listed] == [whom]


def test_a_day_before_the_register_came_in_says_from_when_days_can_be_looked_at(desk: FlaskClient) -> None:
    page = desk.get("/desk/coverage?as_of=2026-07-01")
    assert page.status_code == 200
    assert "Nothing was known yet on 1 July 2026" in page.text
    assert "first brought in on 1 August 2026" in page.text
    assert "Nothing was known yet on 1 July 2026" in desk.get("/desk/schools?as_of=2026-07-01").text


def test_a_kind_of_school_that_there_is_none_of_says_so(desk: FlaskClient) -> None:
    page = desk.get("/desk/coverage?phase=Nursery").text
    assert "No school of the target is of that kind" in page and "Nursery" in page


@pytest.mark.both_databases
def test_an_export_ends_with_a_line_that_tells_it_from_one_that_was_cut_off(desk: FlaskClient) -> None:
    answer = desk.get("/desk/schools.csv", buffered=False)
    lines = list(answer.response)
    assert len(lines) > 10, "it is sent line by line"
    assert lines[-1].startswith(b'"End of the list:') and b"Not for publication" in lines[-1]
    for address in ("/desk/schools.csv", "/desk/coverage.csv", "/desk/coverage.xlsx"):
        assert desk.get(f"{address}?as_of=soon").status_code == 422


def test_a_map_of_500_schools_with_long_names_is_a_page_under_200_kilobytes(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        partnership = make.partnership(districts_geojson=SQUARE)
        make.programme(partnership)
        for n in range(500):
            make.school(
                name=f"The Blessed Margaret Catholic Voluntary Academy and Sixth Form College of Saint {n}",
                easting=442_000 + 300 * (n % 25),
                northing=201_000 + 300 * (n // 25),
                trust_name=f"Trust {n % 90}",
            )
        person = make.person(partnership)
    make.signed_in(client, person)
    for by in ("district", "trust"):
        page = client.get(f"/desk/coverage?by={by}")
        assert page.text.count('aria-label="The Blessed') == 500
        assert len(page.data) < 200_000
    assert "Page 1 of 2" in page.text and "Trust 9" in client.get("/desk/coverage?by=trust&page=2").text


def test_one_school_of_very_many_is_under_1_percent_everywhere_and_never_0(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        schools = [make.school(district_code="E1", district_name="Kestermere") for _ in range(201)]
        at = NOW - timedelta(days=8)
        booking = make.booking(make.show(programme, schools[0], at), {8: 100, 9: 100})
        make.report(booking, "school", at + timedelta(hours=5), {8: 100, 9: 100})
        person = make.person(partnership)
        _, bearer = tokens.make(partnership.id, "Dashboard", who="Priya", now=NOW)
    make.signed_in(client, person)
    page = client.get("/desk/coverage").text
    assert page.count('data-label="Share">under 1%') == 2  # the district's row, and the county's
    assert _parts(page)["seen"] == 1 and 100 not in _parts(page).values()
    desk = re.sub(r"<[^>]*>", "", client.get("/desk").text)
    assert "schools seen, under 1% of the target" in desk
    sheet = list(csv.reader(io.StringIO(client.get("/desk/coverage.csv").text)))
    assert [row[sheet[0].index("Schools seen %")] for row in sheet[1:3]] == ["under 1", "under 1"]
    with transaction():
        report = publishing.publish(programme, date(2027, 1, 18), who="Priya", now=NOW)
        where = f"/desk/reports/{report.id}"
    page = client.get(where).text
    assert page.count('data-label="Share">under 1%') == 8  # the whole, and the one row of each table
    assert _parts(page)["seen"] == 1 and 100 not in _parts(page).values()
    assert ",under 1," in client.get(f"{where}.csv").text
    feed = client.get(
        f"/api/v1/programmes/{programme.id}/figures", headers={"Authorization": f"Bearer {bearer}"}
    ).json
    assert (feed["whole"]["share"], feed["whole"]["share_said"]) == (1, "under 1%")  # type: ignore[index]


@pytest.mark.browser
@pytest.mark.any_database
def test_the_map_is_gone_through_by_keyboard_and_names_each_school(site: Site, wide_page: Page) -> None:
    with transaction():
        partnership, _, _ = county(30)
        person = make.person(partnership)
    site.sign_in(wide_page, person)
    site.check(wide_page, "/desk/coverage")
    points = wide_page.locator(".points").first.locator("a")
    assert points.count() > 20
    points.first.focus()
    first = points.first.get_attribute("aria-label")
    assert wide_page.locator(".pointname").inner_text() == first
    wide_page.keyboard.press("End")
    last = wide_page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert last == points.last.get_attribute("aria-label") != first
    reached = set()
    for key in ("ArrowLeft",) * 40:
        wide_page.keyboard.press(key)
        reached.add(wide_page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert len(reached) > 2, "the arrows go from school to school"
    name = wide_page.evaluate("document.activeElement.getAttribute('aria-label')").rsplit(":", 1)[0]
    wide_page.keyboard.press("Enter")
    expect(wide_page.get_by_role("heading", level=1)).to_have_text(name)


@pytest.mark.browser
@pytest.mark.any_database
def test_without_javascript_each_school_of_the_map_is_a_link_and_the_map_can_be_skipped(
    site: Site, plain_page: Page
) -> None:
    with transaction():
        partnership, _, _ = county(12)
        person = make.person(partnership)
    site.sign_in(plain_page, person)
    site.open(plain_page, "/desk/coverage")
    assert plain_page.locator(".points a[tabindex]").count() == 0
    plain_page.locator(".skip-map").focus()
    expect(plain_page.locator(".skip-map")).to_be_in_viewport()


@pytest.mark.browser
@pytest.mark.any_database
@pytest.mark.parametrize(
    "query",
    [
        "by=trust&compare=2026-12-01",
        pytest.param("by=year&district=E07000001", marks=pytest.mark.long),
        pytest.param("by=type&as_of=soon", marks=pytest.mark.long),
    ],
)
@pytest.mark.look
def test_every_table_of_the_coverage_page_is_usable_narrow_and_wide(
    site: Site, page: Page, query: str
) -> None:
    with transaction():
        partnership, _, _ = county(25)
        person = make.person(partnership)
    site.sign_in(page, person)
    site.check(page, f"/desk/coverage?{query}")
    site.check(page, "/desk/schools?year=8&state=gap&standing=moon")


def two_districts() -> None:
    """A second district beside the first on the map."""
    outlines = json.loads(SQUARE)
    (first,) = outlines["features"]
    second = json.loads(json.dumps(first))
    second["properties"] = {"code": "E07000002", "name": "Fenwold & Saxby"}
    for ring in second["geometry"]["coordinates"]:
        for point in ring:
            point[0] += 0.5
    outlines["features"].append(second)
    with transaction():
        for ours in db.session.scalars(select(Partnership).where(Partnership.districts_geojson.is_not(None))):
            ours.districts_geojson = json.dumps(outlines)


def test_the_map_is_looked_at_district_by_district_and_keeps_all_else(desk: FlaskClient) -> None:
    two_districts()
    page = desk.get("/desk/coverage?by=phase&compare=1/12/2026").text
    closer = re.findall(r'href="(/desk/coverage[^"]*map=[^"]*#map)"', page)
    assert len(closer) > 1 and all("by=phase" in href and "compare=2026-12-01" in href for href in closer)
    (kestermere,) = [html.unescape(href) for href in closer if "E07000001" in href]
    close = desk.get(kestermere).text
    name = re.search(r'<h2 id="map">Map: ([^<]+)</h2>', close)
    assert name and f'aria-label="Map of {name[1]}: share of schools seen' in close
    marks = close[close.index('<g class="points"') : close.index('id="after-map"')].count('<a href="schools/')
    rows = desk.get("/desk/coverage").text
    assert (
        0 < marks <= int(re.search(rf">{name[1]}</a>.*?data-label=\"Schools\"><a [^>]*>(\d+)", rows, re.S)[1])
    )  # type: ignore[index]
    assert Filled(close).sent["map"] == "E07000001"
    back = re.search(r'class="closer.*?href="([^"]*)"', close, re.S)
    assert back and "map=" not in back[1]
    assert "There is no district ‘E99’ on the map." in desk.get("/desk/coverage?map=E99").text


def test_a_map_narrowed_to_a_district_shows_it_alone(desk: FlaskClient) -> None:
    two_districts()
    page = desk.get("/desk/coverage").text
    district = re.search(r"map=(E\d+)#map", page)
    assert district
    assert '<h2 id="map">Map: ' in desk.get(f"/desk/coverage?district={district[1]}").text


def test_a_chart_and_its_table_are_one_link_apart(desk: FlaskClient) -> None:
    page = desk.get("/desk/coverage?compare=1/12/2026").text
    assert page.count('href="#table"') == 3 and page.count('id="table"') == 1
    assert page.count('href="#map"') == 1 and page.count('id="map"') == 1


NAMES_OVER_DOTS = """() => [...document.querySelectorAll('.spread .onit')].map(name => {
    const at = Number(getComputedStyle(name).getPropertyValue('--at'));
    const line = name.parentElement.getBoundingClientRect(), own = name.getBoundingClientRect();
    const dot = line.left + line.width * at / 100;
    return [own.left - dot, own.right - dot, own.top, own.bottom, own.left, own.right].map(Math.round);
})"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, pytest.param(390, marks=pytest.mark.long), 1280])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_names_of_the_spread_stand_over_their_dots_and_not_on_each_other(
    site: Site, wide_page: Page, desk: FlaskClient, width: int
) -> None:
    site.sign_in(wide_page, db.session.scalars(select(Coordinator).order_by(Coordinator.id)).first())
    wide_page.set_viewport_size({"width": width, "height": 900})
    site.open(wide_page, "/desk/coverage")
    names = wide_page.evaluate(NAMES_OVER_DOTS)
    assert len(names) == 3
    for left, right, *_ in names:
        assert left <= 1 and right >= -1
    (_, _, top, bottom, left, right), (_, _, top2, bottom2, left2, right2), _ = names
    assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
