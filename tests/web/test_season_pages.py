"""The season's pages: every number leads to as many days or shows, and to nobody else's."""

import io
import re
from datetime import date, time
from html import unescape
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient

import make
from booking import sheet_days
from browser import Site
from outreach.ground import history
from outreach.ground.db import transaction
from outreach.tour.companies import Troupe
from worlds import World


def season() -> Any:
    with transaction():
        c = sheet_days.lay()
        c.other = make.troupe(c.partnership, name="Blue van", base_easting=450000, base_northing=200000)
        c.april = make.tour_day(c.programme, c.other, date(2027, 4, 20))
        fallen = make.booking(sheet_days.show_on(c.april, c.abbey, time(10)), {8: 21})
        failed = {"took_place": False, "why_not": "Snow"}
        make.report(fallen, "company", fallen.performance.ends_at, **failed)
        c.past = make.tour_day(c.programme, c.other, date(2027, 1, 12))
        seen = make.booking(sheet_days.show_on(c.past, c.mill, time(10)), {8: 33})
        make.report(seen, "school", seen.performance.ends_at, {8: 30})
        make.tour_day(c.programme, c.other, date(2027, 1, 13))
        c.person = make.person(c.partnership)
    return c


@pytest.fixture
def c(client: FlaskClient, stopped: Any, world: World) -> Any:
    c = world(season)
    make.signed_in(client, c.person)
    return c


def links_of(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<td class="num"[^>]*><a href="([^"]+)">([^<]+)<span class="vh">([^<]*)', page)
    return [(unescape(address), number + what) for address, number, what in found]


@pytest.mark.any_database
def test_every_number_leads_to_as_many_rows(client: FlaskClient, c: Any) -> None:
    page = client.get("/desk/tour/season").text
    links = links_of(page)
    assert len(links) == 8 * (
        1 + 1 + 2 + 1 + 3 + 1
    )  # rows: March and all of Red, two and all of Blue, months, all
    for address, words in links:
        listed = client.get(address).text
        rows = listed.count('<tr><th scope="row">', 0, listed.find("</tbody>"))
        number, what = words.replace(",", "").split(" ", 1)
        if what in ("days given", "days used", "shows", "to come"):
            assert rows == int(number), (address, words)
            assert re.search(rf"<h1>{number} (tour day|show)", listed), (address, words)
        elif what == "pupils counted":
            assert re.search(rf">[^<]*\. {number} pupils? counted", listed.replace(",", "")), (address, words)
            assert rows == sum(n != "0" for n in re.findall(r'"Pupils counted">([0-9]+)', listed))
        elif what == "pupils only promised":
            assert f" {number} only promised." in listed.replace(",", ""), (address, words)
            assert rows == sum(n != "0" for n in re.findall(r'"Only promised">([0-9]+)', listed))
        else:
            foot = listed[listed.find("<tfoot>") :] if "<tfoot>" in listed else ">0<"
            assert f">{words.split()[0]}<" in foot, (address, words)


@pytest.mark.any_database
def test_the_sheet_says_what_it_counts(client: FlaskClient, c: Any) -> None:
    page = client.get("/desk/tour/season").text
    assert "3 days of 4 used, 3 shows, 2 of them to come" in page
    assert ">1 show</a> did not take place" in page
    assert re.search(r"March 2027</th>.*?>399<span class=\"vh\"> pupils only promised", page, re.S)
    assert re.search(r"January 2027</th>.*?>30<span class=\"vh\"> pupils counted", page, re.S)
    assert "Not for publication" in page


@pytest.mark.any_database
def test_a_show_that_did_not_take_place_is_listed_apart(client: FlaskClient, c: Any) -> None:
    page = client.get("/desk/tour/season/shows?which=not").text
    assert "1 show that did not take place" in page and "0 pupils counted, 0 only promised." in page
    assert "St Brannoc’s Academy" in page


def test_the_workbook_says_first_that_it_is_not_for_publication_and_adds_up(
    client: FlaskClient, c: Any
) -> None:
    with transaction():
        c.troupe.cost_day_pence = 64_050
    answer = client.get("/desk/tour/season.xlsx?year=2026")
    assert (
        answer.headers["Content-Disposition"]
        == 'attachment; filename="season-2026-27-not-for-publication.xlsx"'
    )
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["Season", "Days", "Shows"]
    sheets = [[list(row) for row in book[name].iter_rows(values_only=True)] for name in book.sheetnames]
    for rows in sheets:
        assert rows[0][0] == (
            "Season 2026/27, as it stands on 19 January 2027. Not for publication: small numbers "
            "are not hidden."
        )
    assert sheets[-1].pop()[0] == "End of the season. A file without this line was cut off."
    (_, head, *lines), (_, day_head, *days), (_, show_head, *shows) = sheets
    whole = dict(zip(head, lines[-1], strict=True))
    assert whole["Troupe"] == "All troupes" and whole["Month"] == "All months"
    by_day = {name: sum(row[n] or 0 for row in days) for n, name in enumerate(day_head) if n > 3}
    for name in (
        "Shows",
        "Pupils counted",
        "Pupils only promised",
        "Counted, other year groups",
        "Kilometres, straight where no road is known",
        "Minutes on the road",
        "Drives not known",
        "Cost in pounds",
    ):
        assert whole[name] == by_day[name], name
    assert whole["Cost in pounds"] == 640.5
    assert len(days) == whole["Days given"] == 4
    states = [row[show_head.index("State")] for row in shows]
    assert states.count("did not take place") == whole["Did not take place"] == 1
    assert len(shows) == whole["Shows"] + 1
    for name, number in (("Pupils counted", 30), ("Pupils only promised", 399)):
        assert sum(row[show_head.index(name)] for row in shows) == whole[name] == number
    assert sorted(states) == ["counted", "did not take place", "to come", "to come"]
    assert (
        sum(r[head.index("Shows")] for r in lines if r[2] != "All months" and r[1] != "All troupes")
        == whole["Shows"]
    )


def test_costs_are_typed_in_pounds_and_reckoned_with(client: FlaskClient, c: Any) -> None:
    page = f"/desk/troupes/{c.troupe.id}/costs"
    assert (
        page in client.get("/desk/tour/season").text
        and page in client.get(f"/desk/troupes/{c.troupe.id}").text
    )
    answer = client.post(page, data={"day": "640.50", "km": "0.45"})
    assert answer.headers["Location"] == "/desk/tour/season"
    assert "£666.60" in client.get("/desk/tour/season").text  # 640.50 and 58 km
    assert 'value="640.5"' in client.get(page).text
    assert history.history_of("troupe", c.troupe.id)[0].after == {
        "cost_day_pence": 64050,
        "cost_km_pence": 45,
    }
    client.post(page, data={"day": "", "km": ""})
    with transaction():
        assert make.db.session.get_one(Troupe, c.troupe.id).cost_day_pence is None


@pytest.mark.parametrize("typed", ["a lot", "-5", "1e9", "640,50", "99999"])
def test_a_cost_that_is_no_number_is_shown_again(client: FlaskClient, c: Any, typed: str) -> None:
    answer = client.post(f"/desk/troupes/{c.troupe.id}/costs", data={"day": typed, "km": "0.45"})
    assert (
        answer.status_code == 422
        and f'value="{typed}"' in answer.text
        and "There is a problem" in answer.text
    )
    with transaction():
        assert make.db.session.get_one(Troupe, c.troupe.id).cost_km_pence is None


@pytest.mark.parametrize(
    "asked",
    ["year=x", "year=99999", "month=2027-13", "month=March", "troupe=x", "troupe=9999999", "which=all"],
)
def test_what_makes_no_sense_is_no_page(client: FlaskClient, c: Any, asked: str) -> None:
    assert client.get(f"/desk/tour/season/shows?{asked}").status_code == 404


def test_a_year_without_days_and_a_partnership_without_troupes_say_what_to_do(
    client: FlaskClient, c: Any
) -> None:
    empty = client.get("/desk/tour/season?year=2031").text
    assert "No tour day in this year." in empty and 'href="/desk/tour/season?year=2026"' in empty
    with transaction():
        person = make.person(make.partnership(("932",)))
    make.signed_in(client, person)
    assert "Add the company and its first troupe" in client.get("/desk/tour/season").text


def test_another_partnership_sees_none_of_it(client: FlaskClient, c: Any) -> None:
    with transaction():
        person = make.person(make.partnership(("932",)))
    make.signed_in(client, person)
    assert "Red van" not in client.get("/desk/tour/season?year=2026").text
    assert "St Brannoc" not in client.get("/desk/tour/season/shows").text
    assert client.get(f"/desk/tour/season/days?troupe={c.troupe.id}").status_code == 404
    assert client.get(f"/desk/troupes/{c.troupe.id}/costs").status_code == 404
    assert client.post(f"/desk/troupes/{c.troupe.id}/costs", data={"day": "1"}).status_code == 404
    book = openpyxl.load_workbook(io.BytesIO(client.get("/desk/tour/season.xlsx").data))
    assert book["Days"].max_row == 2


@pytest.mark.browser
@pytest.mark.any_database
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.look
def test_the_pages_have_no_fault_and_print(c: Any, site: Site, wide_page: Any) -> None:
    site.sign_in(wide_page, c.person)
    for path in (
        "season",
        "season?year=2031",
        "season/days",
        "season/days?used=1&month=2027-03",
        "season/shows",
    ):
        site.check(wide_page, f"/desk/tour/{path}")
    site.check(wide_page, f"/desk/troupes/{c.troupe.id}/costs")
    site.open(wide_page, "/desk/tour/season")
    assert len(re.findall(rb"/Type\s*/Page[^s]", wide_page.pdf(format="A4"))) == 1
