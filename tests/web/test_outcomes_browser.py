"""The outcomes page in a browser: on a screen, a phone and paper."""

import re
from random import Random

import pytest
from flask import Flask
from playwright.sync_api import Page

import answered
from answered import Answered, Show
from browser import Site
from outreach.ground.db import transaction

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

PLACES = (
    ("E07000001", "Kestermere", 14),
    ("E07000002", "Marlford City", 12),
    ("E07000003", "Teal Valley", 7),
    ("E07000004", "Fenwold", 1),
)


def county(seed: int = 7) -> list[Show]:
    """34 shows at 34 schools in four districts; three months later few answer."""
    random, shows = Random(seed), []
    for code, name, number in PLACES:
        for n in range(number):
            said = {}
            for wave, share, answers in (("before", 0.56, 24), ("after", 0.84, 22), ("later", 0.74, 9)):
                if wave == "later" and n % 4 == 3:
                    continue
                total = answers + random.randrange(6)
                yes = sum(random.random() < share for _ in range(total))
                said[wave] = (yes, total - yes)
            kind = "Community school" if n % 3 else "Academy converter"
            shows.append(
                Show(
                    said=said,
                    school={"district_code": code, "district_name": name, "type_of_establishment": kind},
                    pupils={8: 34} if n % 2 else {9: 34},
                    weeks=len(shows) % 20,
                )
            )
    return shows


@pytest.fixture
def told(app: Flask) -> Answered:
    with transaction():
        return answered.lay(county())


@pytest.mark.look
def test_it_holds_on_a_screen_and_a_phone_and_its_marks_differ_in_shape(
    site: Site, wide_page: Page, told: Answered
) -> None:
    site.sign_in(wide_page, told.person)
    for by in ("district", "type of school"):
        site.check(wide_page, f"/desk/outcomes?by={by}")
    first = wide_page.locator("table.marks tbody").first
    for shape, words in (("ring", "Before"), ("disc", "After"), ("diamond", "Three months later")):
        row = first.locator("tr", has=wide_page.locator(f".{shape}"))
        assert row.count() == 1 and row.locator("th").inner_text() == words
        mark, track = row.locator(f".{shape}").bounding_box(), row.locator("svg.axis").bounding_box()
        assert mark is not None and track is not None
        share = int(row.locator("b").inner_text().rstrip("%"))
        middle = mark["x"] + mark["width"] / 2
        assert middle == pytest.approx(track["x"] + track["width"] * share / 100, abs=1)


def test_on_paper_no_question_is_cut_and_marks_stay(site: Site, wide_page: Page, told: Answered) -> None:
    site.sign_in(wide_page, told.person)
    site.open(wide_page, "/desk/outcomes")
    pdf = wide_page.pdf(format="A4", print_background=False)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 3
    wide_page.emulate_media(media="print")
    disc = wide_page.locator(".axis .disc").first
    assert disc.is_visible() and disc.evaluate("e => getComputedStyle(e).fill") != "none"
    assert not wide_page.locator(".btn").first.is_visible()
    kept = "e => getComputedStyle(e).breakInside"
    assert wide_page.locator("table.marks tbody").first.evaluate(kept) == "avoid"
