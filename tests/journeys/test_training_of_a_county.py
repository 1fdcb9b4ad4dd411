"""A training of a county's services, played by people in a real browser: from a list of bodies with faults, through a
round, places that are shared, moved, given up and waited for, to attendance that is settled and a report to the board.

gunicorn, the post and a mail server run as they would for real, on a clock that is put forward once the session is over.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest
from desk_deeds import fill_day, press
from playwright.sync_api import Browser, Page, expect
from processes import SECRET, Service, put_forward
from small_county import COUNTY, LA_CODE, address_of, register_file

from browser import PATIENCE
from outreach.county import authorities, contacts, coordinators, partnerships, register
from outreach.county.partnerships import PartnershipSettings
from outreach.demonstration import seasons
from outreach.ground.db import db, transaction
from outreach.ground.timespans import LONDON
from outreach.post import troupe_links
from outreach.tour import companies, days, programmes
from outreach.tour.adults import LEADS, AdultTarget
from outreach.tour.companies import CompanyFacts, TroupeFacts
from outreach.tour.days import Hours
from outreach.tour.programmes import Production

COORDINATOR, TRAINER = "priya@council.example", "ruth@plainwords.example"
POLICE, SOCIAL, NIGHT = "s.wood@police.example", "desk@front-door.example", "night@police.example"
SEASON = seasons.on(datetime.now(UTC).astimezone(LONDON).date())
SCHOOL = 910_001

LIST = (
    "Organisation,Type,District,No of front line staff,Contact name,Role,Email\n"
    f"Redmere Response,Police,Kestermere,24,Sam Wood,Sergeant,{POLICE}\n"
    f"Front Door Team,Social,Fenwold,14,,,{SOCIAL}\n"
    f"Night Patrol,Police,Nowhere,20,Jo Hill,,{NIGHT}\n"
    "Ash Clinic,Health,Teal Valley,,,,desk@clinic\n"
)
"""No kind of body, no district of ours and no address of mail: three of four lines want somebody."""


@pytest.mark.browser
@pytest.mark.long  # its pages are tried one by one in each run
def test_a_county_is_trained(service: Service, chromium: Browser, forward: Path) -> None:
    programme_id, trainers_link = found()
    desk = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB").new_page()
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB").new_page()
    for page in (desk, phone):
        page.set_default_timeout(PATIENCE)
    sign_in(service, desk)

    a_list_comes_in(service, desk)
    hall, online = hold_two_sessions(service, desk, programme_id)
    asked = send_a_round(service, desk, programme_id)
    lead = address_of(SCHOOL)
    links = {to: link_in(service.mail.to(to, 1)[0]) for to in (POLICE, SOCIAL, NIGHT, lead)}
    assert asked == len(links)

    # Two teams and a school share a session; a third waits for more than is left.
    references = {
        to: take(phone, links[to], hall, staff) for to, staff in ((POLICE, 12), (SOCIAL, 10), (lead, 6))
    }
    wait(phone, links[NIGHT], hall, 14)
    invite = entry(service.mail.to(SOCIAL, 2)[-1])

    # One moves: ten places are free, and fourteen are waited for. One cancels: now there are enough.
    move(phone, links[SOCIAL], references[SOCIAL], online)
    moved = entry(service.mail.to(SOCIAL, 3)[-1])
    assert (moved["UID"], moved["SEQUENCE"]) == (invite["UID"], str(int(invite["SEQUENCE"]) + 1))
    assert moved["DTSTART"] != invite["DTSTART"]
    assert "waiting list" in text_of(open_link(phone, links[NIGHT]))
    cancel(phone, links[POLICE], references[POLICE])
    assert entry(service.mail.to(POLICE, 3)[-1])["METHOD"] == "CANCEL"
    moved_up = service.mail.to(NIGHT, 2)[-1]
    assert "Places have come free" in plain(moved_up) and entry(moved_up)["DTSTART"] == invite["DTSTART"]
    references[NIGHT] = reference_in(moved_up)
    desk.goto(f"{service.url}/desk/sessions/{hall}")
    expect(desk.locator("#coming")).to_contain_text("Night Patrol")
    expect(desk.locator("#coming")).to_contain_text("Ashdown School")
    expect(desk.locator("#coming")).not_to_contain_text("Redmere Response")

    # The day has come and gone: the two sides do not count alike, and the coordinator settles it.
    put_forward(forward, (SEASON.ahead[4] - today()).days + 1)
    sign_in(service, desk)
    counted_by_the_trainer(service, phone, trainers_link, hall, {"Night Patrol": 5, "Ashdown School": 6})
    say_how_many(phone, links[NIGHT], references[NIGHT], 14)
    say_how_many(phone, links[lead], references[lead], 6)
    settle(service, desk, references[NIGHT], 12)

    # The next day the board is told of that one: every service beside every school.
    put_forward(forward, int(forward.read_text()) + 1)
    sign_in(service, desk)
    both_halves_are_reported(
        service, desk, programme_id, today() + timedelta(days=int(forward.read_text()) - 1)
    )
    for page in (desk, phone):
        page.context.close()


def today() -> date:
    return datetime.now(UTC).astimezone(LONDON).date()


def found() -> tuple[int, str]:
    """What was there before: a partnership with its register, a school's contact, a programme, a trainer with two days
    and a link. The programme's number, and what the link opens with."""
    now = datetime.now(UTC)
    with transaction():
        settings = PartnershipSettings(
            name="Marlshire Safeguarding Children Partnership",
            county=COUNTY,
            reference_prefix="REF",
            contact_name="Priya Nandakumar",
            contact_email=COORDINATOR,
            contact_phone="01632 960 118",
        )
        partnership = partnerships.create(settings, who="test", now=now)
        authority = authorities.add(partnership, LA_CODE, COUNTY, who="test", now=now)
        for first, last in seasons.terms(SEASON.academic_year):
            authorities.add_term(authority, first, last, who="test", now=now)
        coordinators.add(partnership.id, "Priya Nandakumar", COORDINATOR, password=None, now=now)
        file = register.read(BytesIO(register_file(today())), la_codes=[LA_CODE])
        changes = register.preview(file, [LA_CODE])
        register.apply(changes, file_name="register.csv", la_codes=[LA_CODE], who="test", now=now)
        contacts.add(
            SCHOOL,
            name="Joanna Fell",
            role="Designated safeguarding lead",
            address=address_of(SCHOOL),
            phone="",
            source="the school's website",
            source_date=today(),
            who="test",
            now=now,
        )
        programme = programmes.create(
            partnership.id,
            Production(
                title="Someone Who Listens",
                academic_year=SEASON.academic_year,
                reply_by=SEASON.reply_by,
                year_groups=(),
                for_adults=True,
                adults=AdultTarget(roles=(LEADS,), kinds=("Police", "Social work", "Health")),
                running_minutes=90,
                get_in_minutes=30,
                notice_book_days=1,
                notice_move_days=1,
                notice_cancel_days=1,
            ),
            who="test",
            now=now,
        )
        company = companies.add(
            partnership.id,
            CompanyFacts(name="Plain Words", contact_name="Ruth Okafor", contact_email=TRAINER),
            who="test",
            now=now,
        )
        trainer = companies.add_troupe(
            company, TroupeFacts(name="Ruth Okafor", calendar_address=TRAINER), who="test", now=now
        )
        hours = Hours(leaves=time(7), returns=time(19), shows_at_most=2)
        days.add_bulk(programme, trainer, SEASON.ahead[4:6], hours, who="test", now=now)
        link = troupe_links.make(trainer.id, partnership_id=partnership.id, who="test", now=now)
        made = programme.id, troupe_links.token_of(link, SECRET)
    db.session.remove()
    return made


def sign_in(service: Service, desk: Page) -> None:
    printed = service.flask("people", "link", COORDINATOR)
    desk.context.clear_cookies()
    desk.goto(re.search(r"http\S+/sign-in/\S+", printed)[0])  # type: ignore[index]
    press(desk, "Sign in")
    expect(desk.get_by_role("button", name="Sign out")).to_be_visible()


def a_list_comes_in(service: Service, desk: Page) -> None:
    """Three lines have a fault, each put right where it stands."""
    desk.goto(f"{service.url}/desk/bodies/lists")
    desk.locator("#file").set_input_files(
        {"name": "services.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
    )
    press(desk, "See what it would do…")
    expect(desk.locator("main")).to_contain_text("3 of 4 lines need you")
    for label, right in (
        ("Kind, line 3", "Social work"),
        ("District, line 4", "Kestermere"),
        ("Email address, line 5", "desk@clinic.example"),
    ):
        desk.get_by_label(label).fill(right)
    press(desk, "Keep this page, look again")
    expect(desk.locator("main")).to_contain_text("Every line can be taken in")
    desk.locator("#source").fill("the board’s list")
    fill_day(desk, "source_date", today())
    press(desk, "Take in")
    expect(desk.locator("main")).to_contain_text("4 bodies added")
    desk.goto(f"{service.url}/desk/bodies")
    for name in ("Ash Clinic", "Front Door Team", "Night Patrol", "Redmere Response"):
        expect(desk.get_by_role("link", name=name)).to_be_visible()


def hold_two_sessions(service: Service, desk: Page, programme_id: int) -> tuple[int, int]:
    """One in a hall that is put down for it, with thirty places, and one online; their numbers in addresses."""
    desk.goto(f"{service.url}/desk/venues/new")
    desk.get_by_label("Name").fill("Mill Lane Hall")
    desk.get_by_label("Hall", exact=True).check()
    desk.get_by_label("Town").fill("Kestermere")
    desk.get_by_label("How many does it hold?").fill("30")
    press(desk, "Add this venue")
    held = []
    for nth, (where, link, places) in enumerate(
        (
            ("Mill Lane Hall, hall", "", "30"),
            ("Online, by the link below", "https://meet.example/listens", "100"),
        )
    ):
        desk.goto(f"{service.url}/desk/sessions/new?programme={programme_id}")
        desk.get_by_label("Which day, and who trains?").select_option(index=nth)
        desk.get_by_label("Starts").fill("10am")
        desk.get_by_label("Where?").select_option(label=where)
        desk.get_by_label("Link of the meeting").fill(link)
        desk.get_by_label("Places").fill(places)
        desk.get_by_label("How to join").fill("Ring at the side door.")
        press(desk, "Add this session")
        expect(desk.locator("main")).to_contain_text("The session is held.")
        held.append(int(re.search(r"/sessions/(\d+)", desk.url)[1]))  # type: ignore[index]
    return held[0], held[1]


def send_a_round(service: Service, desk: Page, programme_id: int) -> int:
    """Three bodies and one school are asked; how many letters went."""
    desk.goto(f"{service.url}/desk/invitations?programme={programme_id}")
    for name in ("Front Door Team", "Night Patrol", "Redmere Response", "Ashdown School"):
        desk.get_by_role("checkbox", name=re.compile(name)).check()
    press(desk, "Write to those ticked…")
    expect(desk.frame_locator("iframe.letter-frame").locator("body")).to_contain_text("Someone Who Listens")
    press(desk, "Send 4 letters")
    return 4


def link_in(letter: EmailMessage) -> str:
    """The button's address, as the person who opens the letter follows it."""
    (link,) = set(re.findall(r'href="(http[^"]+/i/[^"/?#]+)"', html(letter)))
    return str(link)


def reference_in(letter: EmailMessage) -> str:
    return re.search(r"REF-\w+", plain(letter))[0]  # type: ignore[index]


def html(letter: EmailMessage) -> str:
    return str(letter.get_body(("html",)).get_content())  # type: ignore[union-attr]


def plain(letter: EmailMessage) -> str:
    return " ".join(str(letter.get_body(("plain",)).get_content()).split())  # type: ignore[union-attr]


def entry(letter: EmailMessage) -> dict[str, str]:
    """What a calendar reads from a letter, line by line."""
    (part,) = [p for p in letter.walk() if p.get_content_type() == "text/calendar"]
    lines = part.get_payload(decode=True).decode().replace("\r\n ", "").splitlines()  # type: ignore[union-attr]
    event = lines[lines.index("BEGIN:VEVENT") :]
    said = [line for line in lines if line.startswith("METHOD")] + event[: event.index("END:VEVENT")]
    return {line.partition(":")[0].partition(";")[0]: line.partition(":")[2] for line in said}


def open_link(phone: Page, link: str) -> Page:
    phone.goto(link)
    return phone


def text_of(page: Page) -> str:
    return page.locator("main").inner_text()


def fill_form(phone: Page, link: str, session: int, staff: int) -> None:
    """How many come; who gets the entry stands there from the letter, but for the name of an office."""
    open_link(phone, link)
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Choose a session")
    phone.locator(f"a[href*='/sessions/{session}']").click()
    phone.get_by_label("How many of your staff will come?").fill(str(staff))
    if not phone.get_by_label("Name", exact=True).input_value():
        phone.get_by_label("Name", exact=True).fill("The duty desk")


def take(phone: Page, link: str, session: int, staff: int) -> str:
    """The reference under which the places are booked."""
    fill_form(phone, link, session, staff)
    press(phone, "Carry on")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Book these places?")
    press(phone, f"Book {staff} places")
    expect(phone.get_by_role("heading", level=1)).to_have_text("You are booked")
    return phone.locator(".ref b").inner_text()


def wait(phone: Page, link: str, session: int, staff: int) -> None:
    """More than is left is told in a sentence; one may wait."""
    fill_form(phone, link, session, staff)
    phone.get_by_role("button", name="Carry on").click()
    expect(phone.locator("main")).to_contain_text("Nothing was booked")
    phone.get_by_label("Wait until so many are free").check()
    press(phone, "Carry on")
    press(phone, "Put us on the waiting list")
    expect(phone.locator("main")).to_contain_text(f"On the waiting list for {staff} places")


def move(phone: Page, link: str, reference: str, to: int) -> None:
    phone.goto(f"{link}/booked/{reference}")
    phone.get_by_role("link", name="Move to another session").click()
    phone.locator(f"a[href*='/sessions/{to}']").click()
    press(phone, "Move the places")
    expect(phone.locator("main")).to_contain_text("The same calendar entry moves with it.")


def cancel(phone: Page, link: str, reference: str) -> None:
    phone.goto(f"{link}/booked/{reference}/cancel")
    phone.get_by_label("They are needed on duty then").check()
    press(phone, "Give up the places")
    expect(phone.get_by_role("heading", level=1)).to_have_text("This booking is cancelled")
    expect(phone.get_by_role("link", name="See the sessions to come")).to_be_visible()
    expect(phone.locator("main")).not_to_contain_text("your own school")


def counted_by_the_trainer(
    service: Service, phone: Page, link: str, session: int, heads: dict[str, int]
) -> None:
    phone.goto(f"{service.url}/t/{link}/shows/{session}/report")
    phone.get_by_label("Yes").first.check()
    for name, staff in heads.items():
        phone.get_by_label(name).fill(str(staff))
    phone.get_by_role("button", name="Send the report").click()
    expect(phone.locator("main")).to_contain_text(
        f"Night Patrol: {heads['Night Patrol']} came, of 14 booked. Is that right?"
    )
    phone.get_by_label(f"Night Patrol: {heads['Night Patrol']} is right").check()
    # The page's script sends it: until it is taken, what was wrong stands there.
    phone.get_by_role("button", name="Send the report").click()
    expect(phone.locator("main")).to_contain_text("You told us")


def say_how_many(phone: Page, link: str, reference: str, staff: int) -> None:
    phone.goto(f"{link}/booked/{reference}/report")
    phone.get_by_label("Yes").first.check()
    phone.locator("#year_100").fill(str(staff))
    press(phone, "Send the report")


def settle(service: Service, desk: Page, reference: str, staff: int) -> None:
    """What differs is shown side by side; the coordinator's word stands over both."""
    desk.goto(f"{service.url}/desk/bookings/{reference}/report")
    expect(desk.locator("main")).to_contain_text("The reports disagree.")
    desk.locator("input[name=side][value=settled]").check()
    desk.locator("input[name=took_place][value=yes]").check()
    desk.locator("[name=year_100]").fill(str(staff))
    press(desk, "Put the report down")
    expect(desk.locator("main")).to_contain_text("Mine, which stands over both")


def both_halves_are_reported(service: Service, desk: Page, programme_id: int, day: date) -> None:
    """Every service beside every school, with the staff trained of those that were counted; where nobody counted them,
    no share is said."""
    desk.goto(f"{service.url}/desk/reports/new?programme={programme_id}&as_of={day.isoformat()}")
    press(desk, "Publish this report")
    report = desk.locator("main")
    expect(report).to_contain_text(
        re.compile(r"1 of Marlshire’s \d+ schools and 1 of its 4 bodies had been trained by")
    )
    expect(report).to_contain_text("Every school and every body, side by side")
    expect(report.get_by_role("row", name=re.compile("^Police 2 1 50%"))).to_contain_text("27%")
    expect(report.get_by_role("row", name=re.compile("^Health 1 0 0%"))).to_contain_text("not said")
