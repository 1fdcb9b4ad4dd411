"""Schools and bodies side by side: the coverage page, its lists and files, a report to the board, the feed."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from itertools import product
from typing import Any

import openpyxl
import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from how_many import some_of
from outreach.booking.promises import Booking
from outreach.county.bodies import KINDS
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.coverage import standings
from outreach.coverage.board import content
from outreach.coverage.board.publishing import BoardReport
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.outcomes.cost import spending
from outreach.outcomes.cost.spending import Spent
from outreach.post.feeds import tokens
from outreach.tour.adults import NO_SCHOOLS, AdultTarget
from outreach.tour.programmes import Programme
from worlds import World

pytestmark = pytest.mark.any_database

NOW = datetime(2027, 1, 19, 12, tzinfo=UTC)
YESTERDAY = date(2027, 1, 18)
FENWOLD = {"district_code": "E07000009", "district_name": "Fenwold"}
COUNTED = {"staff_counted_on": date(2026, 9, 1)}
TO_A_LIST = re.compile(r"^\d[\d,]*$")


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def trained(programme: Programme, at: Organisation, staff: int, day: int) -> None:
    starts = datetime(2027, 1, day, 16, tzinfo=UTC)
    booking = make.booking(make.show(programme, at, starts), {STAFF: staff})
    make.report(booking, "company", starts + timedelta(hours=3), {STAFF: staff})


def county(adults: AdultTarget) -> tuple[Partnership, Programme]:
    """Three schools, one trained; of seven bodies three trained: one whose staff nobody has counted, one of the whole
    area."""
    with transaction():
        whose = make.partnership()
        training = make.programme(whose, (), adults, title="All staff", for_adults=True)
        first, *_ = [make.school(), make.school(**FENWOLD), make.school(**FENWOLD)]
        trained(training, first, 40, 11)
        police = [
            make.body(whose, name=name, kind="Police", **({"district": "Fenwold"} if place else {}), **staff)
            for name, place, staff in (
                ("Fenwold Police", True, {"front_line_staff": 30, **COUNTED}),
                ("County Police", False, {"front_line_staff": 60, **COUNTED}),
                ("Marsh Police", True, {"front_line_staff": 12, **COUNTED}),
            )
        ]
        uncounted = make.body(whose, name="Fenwold Family Team", kind="Social work", district="Fenwold")
        make.body(whose, name="Ward 4", kind="Health", district="Fenwold", front_line_staff=0, **COUNTED)
        make.body(whose, name="Taxis", kind="Transport")
        trained(training, police[0], 24, 12)
        trained(training, police[1], 3, 13)
        trained(training, uncounted, 9, 14)
        later = datetime(2027, 3, 9, 16, tzinfo=UTC)
        make.booking(make.show(training, police[2], later), {STAFF: 10})
    return whose, training


def both() -> tuple[Partnership, Programme]:
    return county(AdultTarget(kinds=("Health", "Police", "Social work")))


@pytest.fixture
def ours(stopped: Any, world: World) -> tuple[Partnership, Programme]:
    return world(both)


@pytest.fixture
def desk(client: FlaskClient, ours: Any) -> FlaskClient:
    with transaction():
        return make.signed_in(client, make.person(ours[0]))


class Links(HTMLParser):
    """(address, text) of every link of a page's main part."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._address: str | None = None
        self.feed(page[page.index("<main") :])

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "a":
            self._address, self._text = dict(attrs).get("href"), ""

    def handle_data(self, data: str) -> None:
        if self._address is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._address:
            self.found.append((self._address, " ".join(self._text.split())))
            self._address = None


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page[page.index("<main") :])).split())


def lines_of(text: str) -> list[list[str]]:
    return [line for line in csv.reader(io.StringIO(text.lstrip("\ufeff"))) if any(line)]


def rows_behind(desk: FlaskClient, address: str) -> list[dict[str, str]]:
    """The lines of the CSV behind a link to a list."""
    query = address.partition("?")[2]
    head, *lines = lines_of(desk.get(f"/desk/schools.csv?{query}").text)[:-1]
    return [dict(zip(head, line, strict=True)) for line in lines]


def counts_at(address: str, rows: list[dict[str, str]]) -> int:
    if "counted=1" in address:
        return sum(int(row["Staff trained"]) for row in rows)
    if "number=known" in address:
        return sum(int(row["Front-line staff"]) for row in rows)
    return len(rows)


TABLES = ("district", "phase", "town", "type")
NARROWED = ("", "&compare=2027-01-12", "&who=bodies", "&who=schools", "&district=E07000009")


@pytest.mark.parametrize(("by", "more"), some_of(product(TABLES, NARROWED), one_in=3))
def test_every_number_of_both_halves_is_a_link_to_that_many(
    desk: FlaskClient, ours: Any, by: str, more: str
) -> None:
    answer = desk.get(f"/desk/coverage?programme={ours[1].id}&by={by}{more}")
    assert answer.status_code == 200
    held = 0
    for address, text in Links(answer.text).found:
        if TO_A_LIST.match(text) and "list=" not in address:
            number = int(text.replace(",", ""))
            assert "schools?" in address
            behind = rows_behind(desk, address)
            assert counts_at(address, behind) == number, (address, number)
            page = desk.get("/desk/" + address)
            assert page.text.count('<tr class="school">') == len(behind), address
            held += 1
    assert held > 15


def test_schools_and_bodies_stand_side_by_side_by_district(desk: FlaskClient, ours: Any) -> None:
    page = words(desk.get(f"/desk/coverage?programme={ours[1].id}").text)
    assert "1 of 3 schools and 2 of 5 bodies have been trained." in page
    assert "Schools trained Bodies trained Standings" in page


def test_what_a_body_is_stands_among_the_phases(desk: FlaskClient, ours: Any) -> None:
    page = desk.get(f"/desk/coverage?programme={ours[1].id}&by=phase").text
    assert "Phases and kinds" in words(page)
    rows = re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a></th>', page)
    assert rows[:3] == ["Secondary", "Police", "Health"] and "Social work" in rows


def test_a_body_that_nobody_counted_is_in_no_share_and_named(desk: FlaskClient, ours: Any) -> None:
    lines = lines_of(desk.get(f"/desk/coverage.csv?programme={ours[1].id}").text)
    head = lines[0]
    rows = {
        (line[0], line[1]): dict(zip(head, line, strict=True)) for line in lines[1:] if len(line) == len(head)
    }
    police = rows["Phase or kind", "Police"]
    assert (police["Schools and bodies"], police["Staff trained"]) == ("3", "27")
    assert (police["Front-line staff where known"], police["Staff trained % where known"]) == ("102", "26")
    social, health = rows["Phase or kind", "Social work"], rows["Phase or kind", "Health"]
    assert (social["Staff trained"], social["Front-line staff where known"]) == ("9", "0")
    assert social["Staff trained % where known"] == "" == health["Staff trained % where known"]
    assert rows["All bodies", ours[0].county]["Schools with number unknown"] == "2"
    assert int(rows["All", ours[0].county]["Schools and bodies"]) == sum(
        int(rows[half, ours[0].county]["Schools and bodies"]) for half in ("All schools", "All bodies")
    )
    behind = rows_behind(desk, f"?programme={ours[1].id}&who=bodies&number=unknown")
    assert {row["School"] for row in behind} == {"Fenwold Family Team", "Ward 4"}
    assert {row["URN"] for row in behind} == {""} and {row["Kind of body"] for row in behind} == {
        "Health",
        "Social work",
    }
    assert {row["Place"] for row in behind} == {""}


def test_without_schools_every_word_is_of_bodies(client: FlaskClient, stopped: Any) -> None:
    whose, training = county(AdultTarget(schools=NO_SCHOOLS, kinds=KINDS))
    with transaction():
        desk = make.signed_in(client, make.person(whose))
    page = words(desk.get(f"/desk/coverage?programme={training.id}").text)
    told = page[page.index(" of 6 bodies ") : page.index(" As of : ")]
    assert "school" not in told.lower(), told
    assert desk.get(f"/desk/coverage?programme={training.id}&by=phase").status_code == 200
    answer = desk.post("/desk/reports/new", data={"programme": training.id, "as_of": YESTERDAY.isoformat()})
    assert desk.get(answer.location).status_code == 200


def publish(desk: FlaskClient, programme: Programme) -> str:
    answer = desk.post("/desk/reports/new", data={"programme": programme.id, "as_of": YESTERDAY.isoformat()})
    assert answer.status_code == 303, words(answer.text)
    return str(answer.location)


def test_a_report_shows_both_halves_and_hides_what_is_small(desk: FlaskClient, ours: Any) -> None:
    address = publish(desk, ours[1])
    page = desk.get(address)
    said = words(page.text)
    assert "1 of Marlshire’s 3 schools and" in said
    assert "Every school and every body, side by side" in said
    lines = lines_of(desk.get(f"{address}.csv").text)
    head = lines[0]
    rows = {
        (line[0], line[1]): dict(zip(head, line, strict=True)) for line in lines[1:] if len(line) == len(head)
    }
    cells = {name: row for (table, name), row in rows.items() if table == "Kinds of bodies by district"}
    assert cells["Police, whole area"]["Staff trained"] == "hidden", (
        "3 of the whole area are no number to be told"
    )
    assert rows["Districts, bodies", "whole area"]["Staff trained"] == "hidden"
    beside = (cells["Police, Fenwold"], rows["Kinds of bodies", "Police"])
    assert "hidden" in {row["Staff trained"] for row in beside}, "or the 3 could be taken from them"
    assert {row["Counts"] for row in cells.values()} == {"bodies"}
    for link, text in Links(page.text).found:
        if TO_A_LIST.match(text) and "list=" not in link and "number=" not in link:
            assert len(rows_behind(desk, link)) == int(text.replace(",", "")), link


def test_a_report_of_a_training_speaks_of_staff_and_sessions(desk: FlaskClient, ours: Any) -> None:
    with transaction():
        entered = Spent(day=date(2026, 12, 1), words="Trainer", pence=73_000)
        spending.enter(ours[1], entered, entry="one", who="Priya", now=make.EARLIER)
    address = publish(desk, ours[1])
    page = words(desk.get(address).text)
    assert "a school or body reached and £9.61 a member of staff trained." in page
    head = lines_of(desk.get(f"{address}.csv").text)[0]
    assert "Staff trained" in head and "Pupils seen" not in head
    told = page.lower()
    assert not re.search(r"pupil|year group|\bseen\b|\bhall\b|\bshow\b", told), told


def test_words_with_a_dotted_line_are_explained_as_they_are_said_of_a_training(
    desk: FlaskClient, ours: Any
) -> None:
    meanings = {}
    for address in (f"/desk/coverage?programme={ours[1].id}", publish(desk, ours[1])):
        page = desk.get(address).text
        meanings[address] = words("<main>" + page[page.index('<span class="meaning"') :])
        assert "Trained : The staff were trained" in meanings[address], address
        assert "A school or service of the target for which something" in meanings[address], address
        assert not re.search(r"\bplay\b|[Ss]een\b|\bshow\b", meanings[address]), address
    of_coverage, of_report = meanings.values()
    assert "Part trained : Fewer of its front-line staff" in of_coverage
    assert "the session is to come" in of_coverage and "the session is to come" in of_report


def test_what_would_give_staff_away_is_named_as_staff(ours: Any) -> None:
    reckoning = standings.standings_of_programme(ours[1].id, as_of=YESTERDAY, now=make.NOW)
    assert content.named(reckoning, ("seen", "all bodies", "")) == "staff trained, all bodies"
    assert content.named(reckoning, ("target", "kind", "Police")) == "front-line staff of bodies, Police"


def test_a_report_sets_the_years_programmes_side_by_side(desk: FlaskClient, ours: Any) -> None:
    with transaction():
        play = make.programme(db.session.get_one(Partnership, ours[0].id), title="The play")
        make.school()
    first = words(desk.get(publish(desk, ours[1])).text)
    assert "The play every school" in first and "Pupils: in no report yet" in first
    assert "All staff every school" in first and "All staff every body" in first
    assert first.index("The play every school") < first.index("All staff every school")
    second = desk.get(publish(desk, play))
    assert "All staff every body" in words(second.text)
    for link, text in Links(second.text).found:
        if TO_A_LIST.match(text) and f"programme={ours[1].id}" in link:
            assert len(rows_behind(desk, link)) == int(text), link


def read(client: FlaskClient, token: str, path: str) -> Any:
    answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.both_databases
def test_the_feed_tells_bodies_under_words_of_their_own_and_schools_as_before(
    client: FlaskClient, desk: FlaskClient, ours: Any
) -> None:
    publish(desk, ours[1])
    with transaction():
        _, token = tokens.make(ours[0].id, "Dashboard", who="Priya", now=make.NOW)
    (told,) = [p for p in read(client, token, "/api/v1/")["programmes"] if p["id"] == ours[1].id]
    figures = read(client, token, told["figures"])
    schools = read(client, token, told["standings"])
    bodies = read(client, token, told["bodies"])
    assert figures["whole"]["schools"] == schools["count"] == 3
    assert {s["urn"] < 10_000_000 for s in schools["standings"]} == {True}
    assert {key for s in schools["standings"] for key in s["year_groups"]} == set()
    assert figures["bodies"]["whole"]["bodies"] == bodies["count"] == 5
    for word, number in figures["bodies"]["whole"]["standings"].items():
        assert number == sum(b["standing"] == word for b in bodies["bodies"])
        for table in ("kinds", "districts"):
            assert number == sum(row["standings"][word] for row in figures["bodies"][table])
    assert {b["kind"] for b in bodies["bodies"]} == {"Police", "Health", "Social work"}
    assert bodies["bodies"][0].keys() == {
        "id",
        "name",
        "kind",
        "district",
        "standing",
        "gap",
        "cause",
        "since",
        "evidence",
    }
    booked = read(client, token, told["bookings"])["bookings"]
    theirs = read(client, token, told["bookings_of_bodies"])["bookings"]
    assert len(booked) == 1 and booked[0]["school"]["urn"] < 10_000_000
    assert [b["body"]["kind"] for b in theirs] == ["Police", "Police", "Social work", "Police"]
    assert {b["staff_expected"]["status"] for b in theirs} == {"hidden"}
    assert figures["people"]["bodies"]["staff_trained"]["status"] == "shown"


def test_the_pages_of_both_halves_take_the_same_queries_for_more_bodies(
    desk: FlaskClient, ours: Any, count_queries: Any
) -> None:
    taken, whose_id, training_id = [], ours[0].id, ours[1].id
    for more in (0, 4):
        with transaction():
            whose = db.session.get_one(Partnership, whose_id)
            for n in range(more):
                make.body(whose, name=f"Team {n}", kind="Police", district="Fenwold")
        for address in ("coverage", "schools", f"reports/new?as_of={YESTERDAY.isoformat()}"):
            db.session.remove()
            with count_queries() as queries:
                mark = "&" if "?" in address else "?"
                assert desk.get(f"/desk/{address}{mark}programme={training_id}").status_code == 200
            taken.append(len(queries))
    assert taken[:3] == taken[3:], taken


def test_what_was_reported_later_of_a_body_stands_beside_the_report(desk: FlaskClient, ours: Any) -> None:
    address, training = publish(desk, ours[1]), ours[1]
    with transaction():
        _, token = tokens.make(ours[0].id, "Dashboard", who="Priya", now=make.NOW)
        late = db.session.scalars(select(Booking).where(Booking.programme_id == training.id)).all()
        named = {b.organisation.name: b for b in late}
        make.report(named["Fenwold Family Team"], "school", NOW, {STAFF: 11})
        again = make.booking(
            make.show(training, named["Marsh Police"].organisation, datetime(2027, 1, 15, 16, tzinfo=UTC)),
            {STAFF: 10},
            at=datetime(2026, 12, 1, 9, tzinfo=UTC),
        )
        make.report(again, "company", NOW, {STAFF: 10})
    told = words(desk.get(address).text).rpartition("Corrected since")[2]
    section = told.partition(", report 1 of")[0]
    assert "Marsh Police" in section and not re.search(r"\bseen\b|pupil", section), section
    since = read(desk, token, f"/api/v1/reports/{address.rsplit('/', 1)[1]}")["corrected_since"]
    assert (since["schools"], since["bodies"]) == (0, 1)


def sheets_of(desk: FlaskClient, address: str) -> list[dict[str, Any]]:
    """The lines of every sheet of an Excel file that have a head with 'Staff trained'."""
    found: list[dict[str, Any]] = []
    for sheet in openpyxl.load_workbook(io.BytesIO(desk.get(address).data)).worksheets:
        lines = [list(line) for line in sheet.iter_rows(values_only=True)]
        at = next((n for n, line in enumerate(lines) if "Staff trained" in line), None)
        found += [] if at is None else [dict(zip(lines[at], line, strict=True)) for line in lines[at + 1 :]]
    return found


def test_no_file_makes_a_share_of_staff_that_are_nobody_or_that_nobody_counted(
    desk: FlaskClient, ours: Any
) -> None:
    """Nine came of a team that nobody counted, and seven of a ward whose front-line staff are 0."""
    training = ours[1]
    with transaction():
        ward = db.session.scalars(select(Organisation).where(Organisation.name == "Ward 4")).one()
        trained(training, ward, 7, 15)
    address = publish(desk, training)
    coverage = f"/desk/coverage.{{}}?programme={training.id}"
    for kind, came in (("Social work", 9), ("Health", 7)):
        files = [
            [row for (_, name), row in cells_of(desk, at).items() if name == kind]
            for at in (coverage.format("csv"), f"{address}.csv")
        ]
        for at in (coverage.format("xlsx"), f"{address}.xlsx"):
            files.append([row for row in sheets_of(desk, at) if kind in row.values()])
        for rows in files:
            assert rows, kind
            for row in rows:
                assert str(row["Staff trained"]) in (str(came), "hidden")
                assert row["Front-line staff where known"] in ("0", 0, "unknown")
                assert row["Staff trained % where known"] in ("", None)


def cells_of(desk: FlaskClient, address: str) -> dict[tuple[str, str], dict[str, str]]:
    """The lines of a CSV by table and name."""
    head, *lines = lines_of(desk.get(address).text)
    return {
        (line[0], line[1]): dict(zip(head, line, strict=True)) for line in lines if len(line) == len(head)
    }


@pytest.mark.both_databases
def test_more_than_the_staff_that_there_are_count_in_no_share_of_page_report_files_and_feed(
    client: FlaskClient, stopped: Any
) -> None:
    """90 came of a team of 40, 33 of a team of 60, nobody of a team of 80: 73 of 180 are 41%."""
    with transaction():
        whose = make.partnership()
        training = make.programme(
            whose, (), AdultTarget(schools=NO_SCHOOLS, kinds=("Police",)), title="All staff", for_adults=True
        )
        for staff, came in ((40, 90), (60, 33), (80, 0)):
            team = make.body(whose, kind="Police", front_line_staff=staff, **COUNTED)
            if came:
                trained(training, team, came, 12)
        desk = make.signed_in(client, make.person(whose))
        _, token = tokens.make(whose.id, "Dashboard", who="Priya", now=make.NOW)
        county, training_id = whose.county, training.id
    page = words(desk.get(f"/desk/coverage?programme={training_id}").text)
    assert (
        "123 of 180 staff are trained, 41%, leaving out 50 beyond the number of those who sent them." in page
    )
    of_coverage = cells_of(desk, f"/desk/coverage.csv?programme={training_id}")["All", county]
    address = publish(desk, training)
    of_report = cells_of(desk, f"{address}.csv")["All bodies", county]
    for row in (of_coverage, of_report):
        assert (row["Staff trained"], row["Front-line staff where known"]) == ("123", "180")
        assert row["Staff trained % where known"] == "41"
    said = words(desk.get(address).text)
    assert "123 180 41%" in said
    assert (
        "50 of the staff trained of bodies came beyond the number of those who sent them: counted, and in no share."
        in said
    )
    told = read(desk, token, f"/api/v1/programmes/{training_id}/figures")["people"]["bodies"]
    assert (told["staff_trained"]["number"], told["staff_share"]) == (123, 41)


def test_how_many_came_beyond_the_staff_is_hidden_where_they_are_few(
    client: FlaskClient, stopped: Any
) -> None:
    with transaction():
        whose = make.partnership()
        training = make.programme(
            whose, (), AdultTarget(schools=NO_SCHOOLS, kinds=("Police",)), title="All staff", for_adults=True
        )
        for staff, came in ((40, 43), (60, 33)):
            trained(training, make.body(whose, front_line_staff=staff, **COUNTED), came, 12)
        desk = make.signed_in(client, make.person(whose))
    said = words(desk.get(publish(desk, training)).text)
    assert (
        "Some staff of bodies came beyond the number of those who sent them: counted, and in no share."
        in said
    )
    assert "How many is hidden." in said and "3 of the staff" not in said


def test_a_report_of_before_that_was_so_says_what_it_said(desk: FlaskClient, ours: Any) -> None:
    address = publish(desk, ours[1])
    new = db.session.get_one(BoardReport, int(address.rsplit("/", 1)[1]))
    old = json.loads(json.dumps(new.content)) | {"version": 4}
    del old["beyond_said"], old["whole"]["beyond_staff"], old["bodies"]["whole"]["beyond_staff"]
    old["whole"] |= {"pupil_share": 225, "pupil_share_said": "225%"}
    names = ("partnership_id", "programme_id", "published_at", "published_by", "basis")
    with transaction():
        kept = BoardReport(
            number=2,
            as_of=YESTERDAY - timedelta(1),
            content=old,
            **{name: getattr(new, name) for name in names},
        )
        db.session.add(kept)
    page = words(desk.get(f"/desk/reports/{kept.id}").text)
    assert "225%" in page and "beyond the number" not in page
    assert (
        cells_of(desk, f"/desk/reports/{kept.id}.csv")["All", ours[0].county]["Staff trained % where known"]
        == "225"
    )
