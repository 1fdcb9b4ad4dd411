"""The outcomes page in a browser: on a screen, a phone and paper, by eye of axe, and nothing sideways."""

from random import Random

import pytest
from flask import Flask
from playwright.sync_api import Page

import answered
from answered import ALL_CLOSED, Answered, Show
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


def test_it_holds_on_a_screen_a_phone_and_paper(site: Site, wide_page: Page, told: Answered) -> None:
    site.sign_in(wide_page, told.person)
    site.open(wide_page, "/desk/outcomes")
    import os

    if out := os.environ.get("SHOTS"):
        for width in (1280, 390):
            wide_page.set_viewport_size({"width": width, "height": 1500})
            wide_page.screenshot(path=f"{out}/outcomes-{width}.png", full_page=width > 400)
