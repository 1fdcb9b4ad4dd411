"""The twelve commonest tasks of a coordinator, each done to its end from the desk, and held to a budget of clicks,
of boxes to fill in and of words on the way: five of them in each run, all of them in the longest.

Whoever adds a question or a page to one of them cuts elsewhere, or says here why it costs more.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import desk_deeds as deeds
import pytest
from errand import Errand
from flask import Flask
from playwright.sync_api import Page
from small_county import COUNTY, FIRST, LA_CODE, contacts_file

import make
from browser import Site
from every_address import told_year
from outreach.booking import promises
from outreach.county import authorities, coordinators, partnerships
from outreach.county.partnerships import PartnershipSettings
from outreach.demonstration import cast, story
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.post.outgoing import duty
from worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@dataclass(frozen=True)
class Budget:
    clicks: int
    typed: int
    words: int


BUDGETS = {
    "find a school": Budget(2, 1, 700),
    "why is it missing": Budget(2, 0, 720),
    "remind all of a kind": Budget(6, 0, 1000),
    "ring, note, follow up": Budget(4, 2, 1430),
    "book by phone": Budget(7, 2, 836),
    "move a show": Budget(5, 0, 975),
    "move a show of the diary": Budget(4, 0, 1320),
    "call off a day": Budget(5, 2, 820),
    "publish the report": Budget(4, 1, 2530),  # it says whether it helped, too
    "export the gaps": Budget(3, 0, 605),
    "tour days of a term": Budget(5, 2, 800),
    "take in contacts": Budget(5, 1, 965),
    "from the register to the first round": Budget(29, 13, 2260),
}
"""What each may cost at most."""


@pytest.fixture
def told(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> story.Told:
    monkeypatch.setattr(clock, "now", lambda: make.NOW)
    return world(told_year, make.NOW)


@pytest.fixture
def errand(told: story.Told, app: Flask, site: Site, wide_page: Page) -> Errand:
    """A coordinator's, who is about to open the desk; nothing sends the told year's letters, so none is late."""
    duty.begin("a mail worker", make.NOW)
    app.config["QUEUE_MINUTES"] = 400 * 24 * 60
    site.sign_in(wide_page, told.coordinator)
    return Errand(site, wide_page)


def hold(task: str, errand: Errand) -> None:
    errand.page.wait_for_load_state("load")
    cost, most = Budget(errand.clicks, errand.typed, errand.words), BUDGETS[task]
    said = f"{task} costs {cost}, and may cost {most}:\n  " + "\n  ".join(errand.way)
    assert cost.clicks <= most.clicks and cost.typed <= most.typed and cost.words <= most.words, said


def test_find_a_school(errand: Errand) -> None:
    errand.open("/desk")
    errand.type(re.compile("Search"), "Chalkhanger", within="body")
    errand.press(re.compile("Search|Find"), within="header, form[role=search]")
    errand.follow(re.compile("Chalkhanger Foxglove Manor"))
    errand.sees("URN 990289")
    hold("find a school", errand)


@pytest.mark.long
def test_why_it_is_missing(errand: Errand) -> None:
    errand.open("/desk")
    errand.follow("Gaps", within="body")
    errand.follow(re.compile("Chalkhanger"))
    errand.sees(re.compile("Not asked|No address|Silent"))
    hold("why is it missing", errand)


@pytest.mark.long
def test_a_show_is_moved(errand: Errand, told: story.Told) -> None:
    errand.open("/desk")
    errand.follow("Tour", within="body")
    errand.follow("Bookings", within="body")
    errand.follow(re.compile("^Move… MRL-"))
    errand.press(re.compile("Look"))
    errand.press("Move the performance")
    errand.sees("Moved.")
    hold("move a show", errand)


@pytest.mark.long
def test_a_show_is_moved_from_the_diary(errand: Errand, told: story.Told) -> None:
    errand.open("/desk")
    errand.follow("Tour", within="body")
    errand.follow(re.compile("^Move…"))
    errand.follow(re.compile("."), within=".dg [data-starts]")
    errand.press("Move")
    errand.sees(re.compile("Undo the move"))
    hold("move a show of the diary", errand)


@pytest.mark.long
def test_a_day_is_called_off(errand: Errand) -> None:
    errand.open("/desk")
    errand.follow("Tour", within="body")
    errand.follow("Call off", within="body")
    errand.choose("What cannot be played?", "Red van, Lantern Row Theatre")
    errand.type("First day", "9 February")
    errand.press("See what it hits…")
    errand.type("Why?", "Illness in the cast")
    errand.press(re.compile("^Call off Tuesday 9 February"))
    errand.sees("Called off.")
    hold("call off a day", errand)


def test_the_report_is_published(errand: Errand) -> None:
    errand.open("/desk")
    errand.follow("Reports", within="body")
    errand.follow(re.compile("for How it goes"))
    errand.type("As of the end of", "18 January")
    errand.press("Show it")
    errand.press("Publish this report")
    errand.sees("The report is published.")
    hold("publish the report", errand)


@pytest.mark.long
def test_the_gaps_are_exported(errand: Errand) -> None:
    errand.open("/desk")
    errand.follow("Gaps", within="body")
    errand.follow(re.compile("^Export"))
    with errand.page.expect_download() as coming:
        errand.page.get_by_role("link", name=re.compile("CSV")).or_(
            errand.page.get_by_role("button", name=re.compile("CSV"))
        ).first.click()
    assert "Chalkhanger Foxglove Manor" in Path(coming.value.path()).read_text("utf-8-sig")
    hold("export the gaps", errand)


@pytest.mark.long
def test_tour_days_of_a_term_are_added(errand: Errand) -> None:
    errand.open("/desk")
    errand.follow("Tour", within="body")
    errand.follow("Add tour days…")
    errand.tick(re.compile("Red van"))
    errand.type("First day", "12 April")
    errand.type("Last day", "28 May 2027")
    errand.press("See which days…")
    errand.press("Add the ticked days")
    errand.sees(re.compile(r"\d+ tour days added"))
    hold("tour days of a term", errand)


@pytest.mark.long
def test_contacts_are_taken_in(errand: Errand, told: story.Told, tmp_path: Path) -> None:
    silent = [school.organisation_id for school in told.cast.playing(cast.NO_ADDRESS)]
    (tmp_path / "contacts.csv").write_bytes(contacts_file(silent))
    errand.open("/desk")
    errand.follow("Set-up", within="body")
    errand.follow("Contacts", within="body")
    errand.give(re.compile("file"), tmp_path / "contacts.csv")
    errand.press("See what it would do…")
    errand.type(re.compile("Where|source"), "the schools’ websites")
    errand.press(re.compile("^Take in"))
    hold("take in contacts", errand)


@pytest.mark.long
def test_all_that_are_silent_are_reminded(errand: Errand) -> None:
    errand.open("/desk")
    errand.follow("Gaps", within="body")
    errand.tick(re.compile("^Silent"))
    errand.press("Apply")
    errand.tick(re.compile("^Tick all"))
    errand.press(re.compile("^Remind"))
    errand.press(re.compile("^(Send|Remind|Write)"))
    errand.sees(re.compile("reminders? waiting to go out"))
    hold("remind all of a kind", errand)


def test_a_school_is_rung_noted_and_followed_up(errand: Errand, told: story.Told) -> None:
    school = told.cast.playing(cast.SILENT)[0]
    errand.open("/desk")
    errand.follow("Gaps", within="body")
    errand.follow(re.compile(f"^Ring and note.*{re.escape(school.name)}", re.S))
    errand.sees("01632 960301")
    errand.tick("Ring back later")
    errand.type("Note", "The office asks the lead")
    errand.type("Ring again", "Monday")
    errand.press("Keep this call")
    errand.sees("It comes back on Monday 25 January")
    hold("ring, note, follow up", errand)


def test_a_school_is_booked_by_phone(errand: Errand, told: story.Told) -> None:
    """From the school's page, a time that stands there; what the school says is typed in its own three steps."""
    school = told.cast.playing(cast.SILENT)[0]
    errand.open(f"/desk/schools/{school.organisation_id}")
    errand.follow(re.compile("^Book…"))
    errand.type("Who is on the phone?", "Sam Hill")
    errand.press("Book this time with them")
    for _ in range(4):
        if errand.page.get_by_role("button", name=re.compile("^Book ")).count():
            break
        _answer(errand.page)
        errand.press(re.compile("Carry on|Confirm these numbers"))
    errand.press(re.compile("^Book "))
    errand.sees(re.compile("booked", re.I))
    errand.site.fresh()
    assert promises.live(told.programme.id, school.organisation_id)
    hold("book by phone", errand)


def _answer(page: Page) -> None:
    """What is not known yet of the step that is shown."""
    for word, said in (
        ("pupils", "150"),
        ("hall", "Main hall"),
        ("lead_name", "Sam Hill"),
        ("lead_address", "s.hill@school.example"),
        ("lead_phone", "01632 960 771"),
    ):
        for box in page.locator(
            f"main input[name*='{word}']:visible:not([type=radio]):not([type=checkbox])"
        ).all():
            if not box.input_value():
                box.fill(said)
    yes = page.get_by_role("group", name="Step-free way in?").get_by_label("Yes")
    if yes.count() and yes.first.is_visible() and not yes.first.is_checked():
        yes.first.check()


def test_a_county_goes_from_the_register_to_its_first_round(
    app: Flask, site: Site, wide_page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the year at the desk. Pages of the set-up are opened from its row of the menu: one click more each."""
    now = datetime(2026, 9, 1, 8, tzinfo=UTC)
    goes_by = count()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=next(goes_by)))
    settings = PartnershipSettings(
        name="Marlshire Safeguarding Children Partnership",
        county=COUNTY,
        reference_prefix="MRL",
        contact_name="Priya Nandakumar",
        contact_email="priya@marlshire.example",
        contact_phone="01632 960 118",
    )
    with transaction():
        ours = partnerships.create(settings, who="test", now=now)
        authorities.add(ours, LA_CODE, COUNTY, who="test", now=now)
        person = coordinators.add(
            ours.id, "Priya Nandakumar", "priya@marlshire.example", password=None, now=now
        )
    site.sign_in(wide_page, person)
    errand = Errand(site, wide_page)
    asked = [FIRST + n for n in range(6)]
    deeds.bring_register(site, wide_page, now.date())
    deeds.add_terms(site, wide_page, 2026)
    deeds.set_up_programme(site, wide_page, "Someone to Tell", 2026, date(2027, 5, 28))
    deeds.set_up_company(site, wide_page)
    deeds.add_tour_days(site, wide_page, date(2026, 9, 22), date(2027, 7, 1))
    deeds.bring_contacts(site, wide_page, asked, now.date())
    deeds.send_round(site, wide_page, asked)
    hold("from the register to the first round", errand)
