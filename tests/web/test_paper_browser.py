"""On a phone and on paper: boxes stand in their own rows, columns under their heads, and no menu is
printed."""

import re
from datetime import date, time
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from booking import sheet_days
from browser import Site
from every_address import told_year
from little_tour import QUICK, Tour, draw_up
from outreach.ground.db import db, transaction
from outreach.planning import ordering
from outreach.post import troupe_links
from outreach.tour.days import TourDay
from worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

BOXES_OUTSIDE_THEIR_ROWS = """() => [...document.querySelectorAll('td.tickcell input')].filter(box => {
    const row = box.closest('tr').getBoundingClientRect(), at = box.getBoundingClientRect();
    return at.top < row.top - 1 || at.bottom > row.bottom + 1 || at.left < row.left - 1;
}).length"""
LEFT_EDGES = """() => [...document.querySelectorAll('table.gp tr.school, table.gp thead tr')].map(row =>
    [...row.children].filter(cell => getComputedStyle(cell).display != 'none')
    .map(cell => Math.round(cell.getBoundingClientRect().left)))"""


def test_the_boxes_of_a_plan_stand_in_their_rows_on_a_phone(
    app: Flask, site: Site, page: Page, stopped: Any
) -> None:
    with transaction():
        tour = Tour(schools=4, days=3)
        person = make.person(tour.partnership)
    with transaction():
        plan = ordering.order(tour.programme, QUICK, name="", who="Priya", now=make.NOW)
    draw_up()
    site.sign_in(page, person)
    site.open(page, f"/desk/plans/{plan.id}")
    assert page.locator("td.tickcell input").count() > 1
    assert page.evaluate(BOXES_OUTSIDE_THEIR_ROWS) == 0


def test_a_printed_gaps_list_has_each_column_under_its_head(
    app: Flask, site: Site, wide_page: Page, stopped: Any
) -> None:
    with transaction():
        ours = make.partnership()
        programme, person = make.programme(ours), make.person(ours)
        make.tour_day(programme, make.troupe(ours))
        for n in range(3):
            make.contact(make.school(name=f"Redmere Academy of the Blessed Margaret {n}"))
    site.sign_in(wide_page, person)
    site.open(wide_page, "/desk/gaps")
    wide_page.emulate_media(media="print")
    wide_page.set_viewport_size({"width": 740, "height": 1000})
    head, *rows = wide_page.evaluate(LEFT_EDGES)
    assert len(head) == 6 and len(rows) == 3
    assert rows == [head] * 3
    assert wide_page.locator("tr.school th").first.bounding_box()["width"] > 200  # type: ignore[index]


def test_a_day_sheets_head_goes_across_and_its_menu_is_not_printed(
    app: Flask, site: Site, wide_page: Page, stopped: Any
) -> None:
    with transaction():
        ours = make.partnership()
        programme, person = make.programme(ours), make.person(ours)
        show = make.show(programme, make.school(), make.NOW)
        make.booking(show, {8: 100})
        link = troupe_links.make(show.troupe_id, partnership_id=ours.id, who="Priya", now=make.NOW)
        token = troupe_links.token_of(link, site.app.config["SECRET_KEY"])
        day = db.session.get_one(TourDay, show.tour_day_id).id
    site.sign_in(wide_page, person)
    for path in (f"/desk/tour/days/{day}/sheet", f"/t/{token}/days/{day}"):
        wide_page.emulate_media(media="screen")
        site.open(wide_page, path)
        assert wide_page.locator(".top").bounding_box()["width"] == 1280  # type: ignore[index]
        wide_page.emulate_media(media="print")
        assert wide_page.locator("nav:visible").count() == 0


def pages(paper: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page[^s]", paper))


PRINTED_BESIDES = """() => [...document.querySelectorAll(
    'nav, .top, .foot, .skip-map, button:not(.word), .btn, textarea, summary, .govuk-skip-link, .bulk, form.fl'
)].filter(it => it.getClientRects().length && getComputedStyle(it).visibility != 'hidden'
    && it.getBoundingClientRect().left >= 0).map(it => it.outerHTML.slice(0, 80))"""
MARGINS = """() => [...document.styleSheets].flatMap(sheet => [...sheet.cssRules])
    .flatMap(rule => rule.cssRules ? [rule, ...rule.cssRules] : [rule]).filter(rule => rule instanceof CSSPageRule)
    .map(rule => [rule.selectorText, rule.style.margin])"""


@pytest.mark.parametrize(
    ("path", "at_most"),
    [
        ("/desk", 3),
        ("/desk/coverage", 3),
        ("/desk/gaps", 3),
        ("/desk/diary", 1),
        ("/desk/diary?view=month", 3),
        ("/desk/bookings", 2),
        ("/desk/phone-list", 5),
        ("/desk/schools", 6),
        ("/desk/tour/season", 1),
        ("/desk/reports/1", 2),
    ],
)
def test_on_paper_a_page_has_margins_and_no_menu_and_takes_few_sheets(
    app: Flask, site: Site, wide_page: Page, stopped: Any, world: World, path: str, at_most: int
) -> None:
    told = world(told_year, make.NOW)
    site.sign_in(wide_page, told.coordinator)
    site.open(wide_page, path)
    paper = wide_page.pdf(prefer_css_page_size=True, format="A4")
    assert 1 <= pages(paper) <= at_most
    (width, height) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)[0]
    assert (round(float(width)), round(float(height))) == (595, 842)
    assert ["", "14mm 15mm 16mm"] in wide_page.evaluate(MARGINS)
    wide_page.emulate_media(media="print")
    assert wide_page.evaluate(PRINTED_BESIDES) == []
    heads = wide_page.evaluate(
        "[...document.querySelectorAll('main table:not(.hbars) thead')].map(h => getComputedStyle(h).display)"
    )
    assert set(heads) <= {"table-header-group"}
    wide_page.emulate_media(media="screen")


def links_of_sheets(paper: bytes) -> list[set[str]]:
    """The pages that the links of each sheet lead to."""
    things = {int(n): body for n, body in re.findall(rb"(\d+) 0 obj\n(.*?)endobj", paper, re.DOTALL)}
    sheets = []
    for body in things.values():
        if re.search(rb"/Type\s*/Page[^s]", body):
            listed = re.search(rb"/Annots \[(.*?)\]", body, re.DOTALL)
            links = [things[int(n)] for n in re.findall(rb"(\d+) 0 R", listed[1])] if listed else []
            led = [re.search(rb"/URI \(https?://[^/]+(.*?)\)", link) for link in links]
            sheets.append({to[1].decode().split("?")[0] for to in led if to})
    return sheets


def test_a_printed_month_begins_on_its_first_sheet_and_cuts_no_day(
    site: Site, wide_page: Page, stopped: Any, world: World
) -> None:
    told = world(told_year, make.NOW)
    site.sign_in(wide_page, told.coordinator)
    site.open(wide_page, "/desk/diary?view=month&from=2027-02-01")
    days = wide_page.evaluate(
        "[...document.querySelectorAll('.dy')].map(day => [...day.querySelectorAll('h3 a')]"
        ".map(link => link.getAttribute('href').split('?')[0])).filter(links => links.length)"
    )
    sheets = links_of_sheets(wide_page.pdf(prefer_css_page_size=True, format="A4"))
    assert len(days) > 10
    assert len(sheets) > 1
    assert set(days[0]) <= sheets[0]
    assert [day for day in days if not any(set(day) <= links for links in sheets)] == []


def test_each_letter_on_paper_is_one_sheet_and_its_address_stands_in_an_envelopes_window(
    app: Flask, site: Site, wide_page: Page, stopped: Any
) -> None:
    long = "St Brónach's and St Níall's Catholic Voluntary Academy and College"
    where = {"street": "The Old Grammar School Buildings, Upper Charterhouse Lane", "locality": "Saxby Regis"}
    with transaction():
        ours = make.partnership()
        programme, person = make.programme(ours, summary="A play with a discussion. " * 14), make.person(ours)
        make.tour_day(programme, make.troupe(ours))
        organisation_ids = [
            make.school(name=f"{long} {n}", postcode="ZZ9 3AB", town="Kestermere", **where).organisation_id
            for n in range(3)
        ]
    site.sign_in(wide_page, person)
    site.open(wide_page, "/desk/paper")
    for organisation_id in organisation_ids:
        wide_page.locator(f"input[value='{organisation_id}']").check()
    wide_page.locator("main form button").first.click()
    expect(wide_page).to_have_url(re.compile("/paper/preview"))
    wide_page.locator("main form button").last.click()
    expect(wide_page.locator(".onpaper")).to_have_count(3)
    assert pages(wide_page.pdf(prefer_css_page_size=True)) == 3
    wide_page.emulate_media(media="print")
    wide_page.set_viewport_size({"width": 643, "height": 1000})  # 170 mm, the sheet within its margins
    mm = 96 / 25.4
    for n in range(3):
        sheet = wide_page.locator(".onpaper").nth(n)
        top = sheet.bounding_box()["y"] - 15 * mm  # type: ignore[index]
        box = sheet.locator("address").bounding_box()
        assert box is not None
        assert 53 <= (box["y"] - top) / mm and (box["y"] + box["height"] - top) / mm <= 81
    wide_page.emulate_media(media="screen")


def test_a_full_week_prints_on_one_sheet_of_a4(app: Flask, site: Site, wide_page: Page, stopped: Any) -> None:
    """Five days of two shows in schools of long names, one of each day with a guest, and a map."""
    with transaction():
        c = sheet_days.lay()
        for weekday in (8, 10, 11, 12):
            day = make.tour_day(c.programme, c.troupe, date(2027, 3, weekday), leaves=time(6))
            for n, hour in enumerate((9, 13)):
                host = make.school(
                    name=f"St Augustine of Canterbury Roman Catholic Upper School {weekday} {n}",
                    easting=450000 + 3000 * weekday,
                    northing=200000 + 900 * weekday * (n + 1),
                )
                show = sheet_days.show_on(day, host, time(hour))
                make.booking(show, {8: 108, 9: 104})
            make.booking(show, {8: 4}, of=make.school(name="Hollybank Special School and Sixth Form"))
        person = make.person(c.partnership)
        link = troupe_links.make(c.troupe.id, partnership_id=c.partnership.id, who="Priya", now=make.NOW)
        token = troupe_links.token_of(link, "for tests")
    stopped.now = c.now
    site.sign_in(wide_page, person)
    for path in (f"/desk/troupes/{c.troupe.id}/week", f"/t/{token}/week"):
        wide_page.emulate_media(media="screen")
        site.check(wide_page, path)
        assert wide_page.locator(".wk-shows li").count() == wide_page.locator(".daymap circle").count() == 10
        wide_page.emulate_media(media="print")
        assert pages(wide_page.pdf(prefer_css_page_size=True)) == 1, path
        assert wide_page.get_by_text("The week after").is_hidden()
