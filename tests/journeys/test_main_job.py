"""The main job, played by people in a real browser: from the school list to a booked performance in
everybody's calendar and a coverage page that moved by exactly one school.

gunicorn, the post and a mail server run as they would for real; the coordinator sits at a desk, the school
holds a phone. Their clock is put forward over the minute for which a round can be taken back.
"""

import re
import time
from csv import DictReader
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.message import EmailMessage
from io import StringIO
from pathlib import Path
from typing import Any

import icalendar
import pytest
from playwright.sync_api import Browser, Page, expect
from processes import Service, put_forward

from browser import PATIENCE
from outreach.county import authorities, coordinators, partnerships
from outreach.county.partnerships import PartnershipSettings
from outreach.demonstration import county, seasons
from outreach.ground.db import db, transaction
from outreach.ground.timespans import LONDON
from read_in import read_files

COORDINATOR = "priya@council.example"
LEAD = "j.fell@school.example"
SEASON = seasons.on(datetime.now(UTC).astimezone(LONDON).date())


@dataclass(frozen=True)
class Region:
    """The files that the coordinator has, and the schools this story is about (one show each will do)."""

    la_code: str
    name: str
    register: Path
    links: Path
    asked: tuple[int, ...]


@pytest.fixture
def marlshire(tmp_path: Path) -> Region:
    made = county.make(1, SEASON.academic_year)
    (tmp_path / "marlshire.csv").write_bytes(made.register)
    (tmp_path / "links.csv").write_bytes(made.links)
    return Region(
        made.la_code, made.name, tmp_path / "marlshire.csv", tmp_path / "links.csv", _small(made.register)
    )


@pytest.fixture
def oxfordshire(shared: Path) -> Region:
    register = shared / "register/oxfordshire_full_derived.csv"
    links = shared / "register/oxfordshire_links_20250422.csv"
    return Region("931", "Oxfordshire", register, links, _small(register.read_bytes()))


def _small(register: bytes) -> tuple[int, ...]:
    """Three open schools with Years 8 and 9 that fill no more than one show."""
    found = [
        int(row["URN"])
        for row in DictReader(StringIO(register.decode("cp1252"), newline=""))
        if row["EstablishmentStatus (name)"] == "Open"
        and row["PhaseOfEducation (name)"] == "Secondary"
        and (row["StatutoryLowAge"], row["StatutoryHighAge"]) in (("11", "16"), ("11", "18"))
        and 300 < int(row["NumberOfPupils"] or 0) < 620
    ]
    return tuple(found[:3])


@pytest.mark.any_database("postgresql")
@pytest.mark.browser
def test_the_main_job_with_a_made_up_county(
    service: Service, chromium: Browser, marlshire: Region, forward: Path
) -> None:
    play(service, chromium, marlshire, forward)


@pytest.mark.any_database
@pytest.mark.browser
@pytest.mark.shared
@pytest.mark.long  # as the one of the made-up county, with a file that is larger
def test_the_main_job_with_the_real_register_of_oxfordshire(
    service: Service, chromium: Browser, oxfordshire: Region, forward: Path
) -> None:
    play(service, chromium, oxfordshire, forward)


def play(service: Service, chromium: Browser, region: Region, forward: Path) -> None:
    assert len(region.asked) == 3
    found_partnership(region)
    desk = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB").new_page()
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB").new_page()
    for page in (desk, phone):
        page.set_default_timeout(PATIENCE)

    sign_in(service, desk)
    take_the_register(service, desk, region)
    set_up_the_tour(service, desk, region)
    bring_contacts(service, desk, region)
    before = coverage(service, desk)
    assert before["Booked"] == before["Asked"] == before["Seen"] == 0
    send_a_round(service, desk, region)
    assert LEAD not in [to for to, _mail in service.mail.taken]
    put_forward(forward, 1)
    service.mail.to("office@third.example", 1)
    (letter,) = service.mail.to(LEAD, 1)
    asked = before | {"Not asked": before["Not asked"] - 3, "Asked": 3}
    assert settled_coverage(service, desk, asked) == asked

    book(phone, link_in(letter))
    reference = phone.locator(".ref b").inner_text()
    invite = entry(service.mail.to(LEAD, 2)[-1])
    assert (invite["METHOD"], invite["SEQUENCE"]) == ("REQUEST", 0)
    assert coverage(service, desk) == asked | {"Asked": 2, "Booked": 1}

    move(phone)
    moved = entry(service.mail.to(LEAD, 3)[-1])
    assert (moved["UID"], moved["METHOD"], moved["SEQUENCE"]) == (invite["UID"], "REQUEST", 1)
    assert moved["DTSTART"] != invite["DTSTART"]
    assert phone.locator(".ref b").inner_text() == reference
    assert coverage(service, desk) == asked | {"Asked": 2, "Booked": 1}

    cancel(phone)
    cancelled = entry(service.mail.to(LEAD, 4)[-1])
    assert (cancelled["UID"], cancelled["METHOD"], cancelled["SEQUENCE"]) == (invite["UID"], "CANCEL", 2)
    assert cancelled["DTSTART"] == moved["DTSTART"]
    assert coverage(service, desk) == asked

    for page in (desk, phone):
        page.context.close()


def found_partnership(region: Region) -> None:
    """What whoever runs the service does once: a partnership, its authority, a coordinator."""
    now = datetime.now(UTC)
    settings = PartnershipSettings(
        name=f"{region.name} Safeguarding Children Partnership",
        county=region.name,
        reference_prefix="REF",
        contact_name="Priya Nandakumar",
        contact_email=COORDINATOR,
        contact_phone="01632 960 118",
    )
    with transaction():
        partnership = partnerships.create(settings, who="test", now=now)
        authorities.add(partnership, region.la_code, region.name, who="test", now=now)
        coordinators.add(partnership.id, "Priya Nandakumar", COORDINATOR, password=None, now=now)
    db.session.remove()


def sign_in(service: Service, desk: Page) -> None:
    printed = service.flask("people", "link", COORDINATOR)
    desk.goto(re.search(r"http\S+/sign-in/\S+", printed)[0])  # type: ignore[index]
    desk.get_by_role("button", name="Sign in").click()
    expect(desk.get_by_role("button", name="Sign out")).to_be_visible()


def take_the_register(service: Service, desk: Page, region: Region) -> None:
    desk.goto(f"{service.url}/desk/register")
    desk.locator("#file").set_input_files(region.register)
    desk.locator("#links").set_input_files(region.links)
    desk.get_by_role("button", name="See what it would change…").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Reading")
    read_files()
    expect(desk.get_by_role("heading", level=1)).to_have_text("What this file would change")
    desk.get_by_role("button", name="Apply the register").click()
    expect(desk.locator("main")).to_contain_text(re.compile(r"\d+ open schools of\s+" + region.name))


def set_up_the_tour(service: Service, desk: Page, region: Region) -> None:
    desk.goto(f"{service.url}/desk/setup/authorities/{region.la_code}")
    lines = [f"{first} to {last}" for first, last in seasons.terms(SEASON.academic_year)]
    lines += [f"INSET {day}" for day in seasons.inset_days(SEASON.academic_year)]
    desk.get_by_label("Term dates").fill("\n".join(lines))
    desk.get_by_role("button", name="See what it would add…").click()
    desk.get_by_role("button", name="Add these dates").click()
    expect(desk.locator("main")).to_contain_text("6 terms")

    desk.goto(f"{service.url}/desk/programmes/new")
    desk.get_by_label("Title").fill("Chelsea’s Choice")
    desk.get_by_label("Academic year").select_option(str(SEASON.academic_year))
    desk.get_by_label("Pupils", exact=True).check()
    for year_group in range(14):
        name = "Reception" if year_group == 0 else f"Year {year_group}"
        desk.get_by_label(name, exact=True).set_checked(year_group in (8, 9))
    fill_day(desk, "reply_by", SEASON.reply_by)
    for box in ("notice_move_days", "notice_cancel_days"):
        desk.locator(f"#{box}").fill("3")
    desk.get_by_role("button", name="Set up this programme").click()
    expect(desk.locator("main")).to_contain_text("Chelsea’s Choice")

    desk.goto(f"{service.url}/desk/companies/new")
    desk.get_by_label("Name of the company").fill("Lantern Row Theatre")
    desk.get_by_role("button", name="Add company").click()
    desk.get_by_label("Name of the troupe").fill("Red van")
    desk.get_by_label("Where the troupe’s calendar entries go").fill("red@lanternrow.example")
    desk.get_by_role("button", name="Add troupe").click()

    desk.goto(f"{service.url}/desk/tour")
    desk.get_by_role("link", name="Add tour days…").first.click()
    desk.get_by_label(re.compile("Red van")).check()
    fill_day(desk, "first", SEASON.ahead[0])
    fill_day(desk, "last", SEASON.ahead[-1])
    for number, name in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")):
        desk.get_by_label(name, exact=True).set_checked(number in seasons.TOUR_WEEKDAYS)
    desk.get_by_role("button", name="See which days…").click()
    desk.get_by_role("button", name="Add the ticked days").click()
    expect(desk.locator("main")).to_contain_text(f"{len(SEASON.ahead)} tour days added.")


def fill_day(page: Page, name: str, day: date) -> None:
    page.locator(f"input[name='{name}']").fill(f"{day:%A} {day.day} {day:%B %Y}")


def bring_contacts(service: Service, desk: Page, region: Region) -> None:
    people_there = [LEAD, "office@second.example", "office@third.example"]
    rows = [
        f"{organisation_id},Joanna Fell,Designated safeguarding lead,{who}"
        for organisation_id, who in zip(region.asked, people_there, strict=True)
    ]
    desk.goto(f"{service.url}/desk/contacts")
    content = "\r\n".join(["URN,Name,Role,Email", *rows]).encode()
    desk.locator("#file").set_input_files({"name": "contacts.csv", "mimeType": "text/csv", "buffer": content})
    desk.get_by_role("button", name="See what it would do…").click()
    expect(desk.locator("main")).to_contain_text("New: 3 contacts")
    desk.locator("#source").fill("the schools’ websites")
    fill_day(desk, "source_date", datetime.now(UTC).date())
    desk.get_by_role("button", name="Take in").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("A list taken in")
    expect(desk.locator("table.sums tr").first).to_have_text("Contacts added3")


def send_a_round(service: Service, desk: Page, region: Region) -> None:
    desk.goto(f"{service.url}/desk/invitations")
    for organisation_id in region.asked:
        desk.locator(f"#u{organisation_id}").check()
    desk.get_by_role("button", name="Write to those ticked…").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Write to 3 schools?")
    expect(desk.frame_locator("iframe.letter-frame").locator("body")).to_contain_text("Chelsea’s Choice")
    desk.get_by_role("button", name="Send 3 letters").click()
    expect(desk.locator("main")).to_contain_text("3 letters waiting to go out.")


def link_in(letter: EmailMessage) -> str:
    """The button's address, as the person who opens the letter follows it."""
    html = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    (link,) = set(re.findall(r'href="(http[^"]+/i/[^"/?#]+)"', html))
    assert link in text, "plain text and HTML lead to the same page"
    return str(link)


def entry(letter: EmailMessage) -> dict[str, Any]:
    """What a calendar reads from a letter."""
    (part,) = [p for p in letter.walk() if p.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
    (event,) = calendar.walk("VEVENT")
    assert part.get_param("method") == calendar["METHOD"]
    attendees = event["ATTENDEE"] if isinstance(event["ATTENDEE"], list) else [event["ATTENDEE"]]
    assert f"mailto:{LEAD}" in [str(a).lower() for a in attendees]
    return {
        "METHOD": str(calendar["METHOD"]),
        "UID": str(event["UID"]),
        "SEQUENCE": int(event["SEQUENCE"]),
        "DTSTART": event["DTSTART"].dt,
    }


def book(phone: Page, link: str) -> None:
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Chelsea’s Choice")
    phone.locator("button.slot:not(.pair)").first.click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("How many pupils will come?")
    for box in phone.locator("input[name^='pupils-']").all():
        assert int(box.input_value()) > 0  # our count stands there, to be checked
    phone.get_by_role("button", name="Carry on").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Hall and arrival")
    phone.get_by_label("Hall or room").fill("Main hall")
    phone.get_by_role("group", name="Step-free way in?").get_by_label("Yes").check()
    phone.get_by_role("button", name="Carry on").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your people")
    phone.locator("#lead_name").fill("Joanna Fell")
    phone.locator("#lead_address").fill(LEAD)
    phone.locator("#lead_phone").fill("01632 960 771")
    phone.get_by_role("button", name="Carry on").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Check your answers")
    fits(phone)
    phone.get_by_role("button", name="Book this performance").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("You are booked")
    fits(phone)


def fits(phone: Page) -> None:
    """Nothing scrolls sideways on the phone."""
    assert phone.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def move(phone: Page) -> None:
    phone.get_by_role("link", name="Move to another time").click()
    phone.locator("button.slot").last.click()
    phone.get_by_role("button", name="Move the performance").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("You are booked")


def cancel(phone: Page) -> None:
    phone.get_by_role("link", name="Cancel this booking").click()
    phone.get_by_label("Our hall is not free any more").check()
    phone.get_by_role("textbox").first.fill("The hall is flooded")
    phone.get_by_role("button", name="Cancel this booking").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("This booking is cancelled")


def settled_coverage(service: Service, desk: Page, wanted: dict[str, int]) -> dict[str, int]:
    """The standings once the post has marked what the mail server took, a moment ago."""
    found = coverage(service, desk)
    until = time.monotonic() + 120
    while found != wanted and time.monotonic() < until:
        time.sleep(0.2)
        found = coverage(service, desk)
    return found


def coverage(service: Service, desk: Page) -> dict[str, int]:
    """The nine standings as the legend counts them; each number leads to a list of that length, and they add
    up."""
    desk.goto(f"{service.url}/desk/coverage")
    found = {}
    for line in desk.locator(".leg li").all():
        word = line.inner_text().replace("\n", " ").strip()
        name, number = re.fullmatch(r"(.+?)\s+([\d,]+)", word).groups()  # type: ignore[union-attr]
        found[name.strip()] = int(number.replace(",", ""))
    assert len(found) == 9
    whole = desk.locator("tfoot td").first.inner_text()
    assert sum(found.values()) == int(whole.replace(",", ""))
    return found
