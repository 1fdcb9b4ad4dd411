"""What a coordinator at the desk and a school with its phone do in the simulated year: each deed through
pages, as a person does it."""

import email
import re
from collections.abc import Sequence
from datetime import date, datetime
from email import policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

from flask import Flask
from playwright.sync_api import Locator, Page, expect
from small_county import COUNTY, LA_CODE, address_of, contacts_file, links_file, register_file

from browser import Site
from outreach.demonstration import seasons
from read_in import read_files


def sign_in(site: Site, desk: Page, address: str) -> None:
    """By the link that the one who runs the service prints."""
    printed = site.app.test_cli_runner().invoke(args=["people", "link", address]).output
    desk.goto(site.url + re.search(r"/sign-in/\S+", printed)[0])  # type: ignore[index]
    desk.get_by_role("button", name="Sign in").click()
    expect(desk.get_by_role("button", name="Sign out")).to_be_visible()


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).first.click()
    page.wait_for_load_state("load")
    wrong = page.locator(".govuk-error-summary")
    assert wrong.count() == 0, wrong.first.inner_text()


def fill_day(page: Page, name: str, day: date) -> None:
    page.locator(f"input[name='{name}']").fill(f"{day:%d/%m/%Y}")


# --- setting up


def bring_register(site: Site, desk: Page, on: date) -> None:
    """The register of a day, with its links, looked at and applied."""
    site.open(desk, "/desk/register")
    file = {"mimeType": "text/csv"}
    desk.locator("#file").set_input_files(file | {"name": "register.csv", "buffer": register_file(on)})
    desk.locator("#links").set_input_files(file | {"name": "links.csv", "buffer": links_file(on)})
    press(desk, "See what it would change…")
    read_files()
    expect(desk.get_by_role("heading", level=1)).to_have_text("What this file would change")
    press(desk, "Apply the register")
    expect(desk.locator("main")).to_contain_text(re.compile(r"\d+ open schools of\s+" + COUNTY))


def add_terms(site: Site, desk: Page, year: int) -> None:
    site.open(desk, f"/desk/setup/authorities/{LA_CODE}")
    lines = [f"{first} to {last}" for first, last in seasons.terms(year)]
    desk.get_by_label("Term dates").fill("\n".join(lines))
    press(desk, "See what it would add…")
    press(desk, "Add these dates")


def set_up_programme(site: Site, desk: Page, title: str, year: int, reply_by: date) -> None:
    site.open(desk, "/desk/programmes/new")
    desk.get_by_label("Title").fill(title)
    desk.get_by_label("Academic year").select_option(str(year))
    desk.get_by_label("Pupils", exact=True).check()
    for y in range(14):
        desk.get_by_label("Reception" if y == 0 else f"Year {y}", exact=True).set_checked(y in (8, 9))
    fill_day(desk, "reply_by", reply_by)
    for box in ("notice_book_days", "notice_move_days", "notice_cancel_days"):
        desk.locator(f"#{box}").fill("3")
    press(desk, "Set up this programme")
    expect(desk.locator("main")).to_contain_text(title)


def set_up_company(site: Site, desk: Page) -> None:
    site.open(desk, "/desk/companies/new")
    desk.get_by_label("Name of the company").fill("Lantern Row Theatre")
    press(desk, "Add company")
    desk.get_by_label("Name of the troupe").fill("Red van")
    desk.get_by_label("Where the troupe’s calendar entries go").fill("red@lanternrow.example")
    press(desk, "Add troupe")


def add_tour_days(site: Site, desk: Page, first: date, last: date) -> None:
    if not re.search(r"/desk/tour/\d+/add$", desk.url):  # where a new troupe leads by itself
        site.open(desk, "/desk/tour")
        desk.get_by_role("link", name="Add tour days…").first.click()
    desk.get_by_label(re.compile("Red van")).check()
    fill_day(desk, "first", first)
    fill_day(desk, "last", last)
    for number, name in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")):
        desk.get_by_label(name, exact=True).set_checked(number in (1, 3))
    press(desk, "See which days…")
    press(desk, "Add the ticked days")
    expect(desk.locator("main")).to_contain_text(re.compile(r"\d+ tour days added"))


def bring_contacts(site: Site, desk: Page, organisation_ids: Sequence[int], today: date) -> None:
    site.open(desk, "/desk/contacts")
    content = contacts_file(list(organisation_ids))
    desk.locator("#file").set_input_files({"name": "contacts.csv", "mimeType": "text/csv", "buffer": content})
    press(desk, "See what it would do…")
    desk.locator("#source").fill("the schools’ websites")
    fill_day(desk, "source_date", today)
    press(desk, "Take in")


def make_token(site: Site, desk: Page) -> str:
    """A token for the JSON feed, copied from the page that shows it once."""
    site.open(desk, "/desk/reports/tokens")
    desk.locator("#label").fill("Dashboard")
    press(desk, "Make a token")
    return desk.locator("#token").input_value()


# --- asking


def send_round(site: Site, desk: Page, organisation_ids: Sequence[int]) -> None:
    """Choose schools, look at list and letter, send."""
    site.open(desk, "/desk/invitations?standing=any")
    for organisation_id in organisation_ids:
        desk.locator(f"#u{organisation_id}").check()
    press(desk, "Write to those ticked…")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Write to")
    desk.get_by_role("button", name=re.compile(r"^Send \d+ letter")).click()
    expect(desk.locator("main")).to_contain_text(re.compile(r"letters? waiting to go out"))


def let_it_chase(site: Site, desk: Page) -> None:
    """Reminders, offers to the waiting list and asks for missing reports go by themselves."""
    site.open(desk, "/desk/chasing")
    for box in ("reminders_on", "offers_on", "reports_on"):
        desk.locator(f"#{box}").check()
    press(desk, "Save these settings")


def raise_first(site: Site, desk: Page) -> None:
    """The school that waits longest for the coordinator's word is raised to its head teacher; the letter is
    seen first."""
    site.open(desk, "/desk/chasing")
    desk.get_by_role("link", name=re.compile("^Write to the head teacher")).first.click()
    desk.locator("#name").fill("Dr Anne Head")
    desk.locator("#address").fill("head@a-school.example")
    desk.locator("#source").fill("the school’s website")
    press(desk, "Show the letter")
    expect(desk.locator("main")).to_contain_text("This is the letter as it would go now")
    press(desk, "Send the letter")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Reminders")


def answer_no(site: Site, phone: Page, link: str) -> None:
    phone.goto(link)
    phone.get_by_text("No time suits?").click()
    phone.get_by_role("link", name="Not this year").click()
    phone.locator("input[type=radio]").first.check()
    phone.get_by_role("textbox").first.fill("Exams until July")
    press(phone, "Tell us")


def wish_other_days(phone: Page, link: str, words: str) -> None:
    phone.goto(link)
    shown = phone.get_by_role("link", name=re.compile("Tell us which days would"))
    if not shown.count():
        phone.get_by_text("No time suits?").click()
    shown.first.click()
    phone.get_by_role("textbox").first.fill(words)
    press(phone, "Tell us")


def note_answer(site: Site, desk: Page, organisation_id: int, kind: str, reason: str) -> None:
    """What a school said on the phone."""
    site.open(desk, f"/desk/schools/{organisation_id}/answer")
    desk.locator(f"input[name=kind][value='{kind}']").check()
    desk.locator("[name=reason]").fill(reason)
    press(desk, "Keep the answer")


# --- booking, by the school


def book(phone: Page, link: str, *, after: date | None = None, only_year: int | None = None) -> str:
    """From the link to the booking; the first time there is, or the first after a day. Returns the first
    reference."""
    phone.goto(link)
    phone.get_by_role("heading", level=1).wait_for()
    more = phone.locator("main a[href$='/times']")
    if (
        not phone.locator("button.slot").count() and more.count()
    ):  # it has booked, and not yet for all its year groups
        more.first.click()
        phone.wait_for_load_state("load")
    if after is not None:
        phone.goto(f"{phone.url.partition('?')[0].removesuffix('/times')}/times?from={after.isoformat()}#all")
    pair = phone.locator("button.slot.pair")
    if after is not None:
        every = phone.locator("details.d.ofmonth details.d")
        days = [day.get_attribute("id") or "" for day in every.all()]
        day = every.nth(next(n for n, at in enumerate(days) if at >= f"day-{after}"))
        day.locator("summary").click()
        day.locator("button").first.click()
    elif pair.count():
        pair.first.click()
    else:
        slots = phone.locator("button.slot")
        assert slots.count(), f"nothing to choose at {phone.url}: {phone.locator('main').inner_text()}"
        slots.first.click()
    phone.wait_for_load_state("load")
    for _ in range(4):  # a step that was filled in for an earlier booking is not asked again
        heading = phone.get_by_role("heading", level=1).inner_text()
        if heading == "Check your answers":
            break
        if heading.startswith("Hall"):
            phone.get_by_label("Hall or room").first.fill("Main hall")
            phone.get_by_label("Yes", exact=True).first.check()
        elif heading.startswith("Your people"):
            _fill_people(phone)
        else:
            for box in phone.locator("input[name^='pupils-']").all():
                if box.input_value() == "" or only_year is not None:
                    _fill_box(phone, box, only_year)
        phone.get_by_role("button", name=re.compile("Carry on|Confirm these numbers")).first.click()
        phone.wait_for_load_state("load")
        wrong = phone.locator(".govuk-error-summary")
        assert wrong.count() == 0, wrong.first.inner_text()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Check your answers")
    phone.get_by_role("button", name=re.compile("^Book ")).first.click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text(re.compile("You are booked"))
    return phone.locator(".ref b").first.inner_text()


def _fill_people(phone: Page) -> None:
    for box, text in (
        ("lead_name", "Joanna Fell"),
        ("lead_address", "j.fell@marlshire.example"),
        ("lead_phone", "01632 960 771"),
    ):
        if not phone.locator(f"#{box}").input_value():
            phone.locator(f"#{box}").fill(text)


def _fill_box(phone: Page, box: Locator, only_year: int | None) -> None:
    """The number that the page proposes, or 40 where nobody knows one; 0 for a year group that stays away."""
    year = int(str(box.get_attribute("name")).rsplit("-", 1)[1])
    if only_year == year and box.input_value():
        return
    hint = phone.locator(f"#{box.get_attribute('id')}-hint")
    number = re.search(r"\d+", hint.inner_text()) if hint.count() else None
    box.fill("0" if only_year not in (None, year) else number[0] if number else "40")


def move(phone: Page, link: str, reference: str) -> None:
    """To the last time on the page."""
    phone.goto(f"{link}/booked/{reference}")
    phone.get_by_role("link", name="Move to another time").click()
    phone.locator("button.slot").last.click()
    press(phone, "Move the performance")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("You are booked")


def cancel(phone: Page, link: str, reference: str) -> None:
    phone.goto(f"{link}/booked/{reference}")
    phone.get_by_role("link", name="Cancel this booking").click()
    phone.get_by_label("Our hall is not free any more").check()
    phone.get_by_role("textbox").first.fill("The hall is flooded")
    press(phone, "Cancel this booking")
    expect(phone.get_by_role("heading", level=1)).to_have_text("This booking is cancelled")


# --- what the coordinator puts down


def cancel_at_desk(site: Site, desk: Page, reference: str, by: str, reason: str) -> None:
    site.open(desk, f"/desk/bookings/{reference}/cancel")
    desk.locator(f"input[name=by][value={by}]").check()
    desk.locator("[name=reason]").fill(reason)
    press(desk, "Cancel this booking")


def report(
    site: Site, desk: Page, reference: str, side: str, pupils: dict[int, int] | int | None, why_not: str = ""
) -> None:
    """A side's word: a count by year group, a total, or that it did not take place."""
    site.open(desk, f"/desk/bookings/{reference}/report")
    desk.locator(f"input[name=side][value={side}]").check()
    desk.locator(f"input[name=took_place][value={'no' if why_not else 'yes'}]").check()
    desk.locator("[name=why_not]").fill(why_not)
    if isinstance(pupils, dict):
        for y, number in pupils.items():
            desk.locator(f"[name=year_{y}]").fill(str(number))
    elif pupils is not None:
        desk.locator("[name=pupils]").fill(str(pupils))
    press(desk, "Put the report down")
    expect(desk.locator("main")).to_contain_text("Said so far")


def take_out(site: Site, desk: Page, organisation_id: int, reason: str) -> None:
    """Out of the target, with a reason."""
    site.open(desk, f"/desk/schools/{organisation_id}/target")
    desk.locator("input[name=kind][value=exclude]").check()
    desk.locator("[name=reason]").fill(reason)
    press(desk, "Keep this")


def correct(site: Site, desk: Page, organisation_id: int, field: str, value: str) -> None:
    site.open(desk, f"/desk/schools/{organisation_id}/facts/{field}")
    desk.locator("[name=value]").first.fill(value)
    desk.locator("[name=reason]").fill("The office rang")
    press(desk, "Correct it")


def own_numbers(site: Site, desk: Page, organisation_id: int, numbers: dict[int, int]) -> None:
    site.open(desk, f"/desk/schools/{organisation_id}/numbers")
    for y, number in numbers.items():
        desk.locator(f"[name=y{y}]").fill(str(number))
    press(desk, "Keep these numbers")


def call_off(site: Site, desk: Page, day_id: int, reason: str) -> None:
    """The company cannot play on a day."""
    site.open(desk, f"/desk/tour/days/{day_id}/call-off")
    desk.locator("[name=reason]").fill(reason)
    desk.locator("button.stop").click()
    desk.wait_for_load_state("load")


def publish(site: Site, desk: Page, programme_id: int, as_of: date) -> int:
    """A report to the board, looked at and published; its number in addresses."""
    site.open(desk, f"/desk/reports/new?programme={programme_id}&as_of={as_of.isoformat()}")
    press(desk, "Publish this report")
    return int(re.search(r"/reports/(\d+)", desk.url)[1])  # type: ignore[index]


# --- the post


def post_goes(app: Flask) -> None:
    """Chase what is due today, then send what waits."""
    for args in (["asking", "chase"], ["post", "send"]):
        done = app.test_cli_runner().invoke(args=args)
        assert done.exit_code == 0, done.output


def letters_to(folder: Path, address: str) -> list[EmailMessage]:
    """All mail that went to an address, oldest first."""
    found = []
    for path in sorted(folder.rglob("*.eml"), key=lambda p: (p.stat().st_mtime_ns, p.name)):
        mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        if address.lower() in str(mail["To"]).lower():
            found.append(mail)
    return found  # type: ignore[return-value]


def link_of(folder: Path, organisation_id: int) -> str:
    """The personal link of a school's newest letter, as its button has it."""
    for mail in reversed(letters_to(folder, address_of(organisation_id))):
        html = mail.get_body(("html",))
        if html is not None and (found := re.search(r'href="(http[^"]+/i/[^"/?#]+)', html.get_content())):
            return found[1]
    raise AssertionError(f"no letter with a link went to {address_of(organisation_id)}")


def came_back(mail: EmailMessage, at: datetime) -> bytes:
    """What a mail server says when nobody reads mail at an address (RFC 3464)."""
    out = BytesIO()
    to = str(mail["To"]).strip("<>")
    to = re.search(r"[^<\s]+@[^>\s]+", to)[0]  # type: ignore[index]
    lines = [
        "From: MAILER-DAEMON@mx.school.example",
        f"To: {mail['From']}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {email.utils.format_datetime(at)}",
        f"Message-ID: <bounce-{at.timestamp():.0f}@mx.school.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="edge"',
        "",
        "--edge",
        "Content-Type: text/plain",
        "",
        "No such mailbox.",
        "",
        "--edge",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.school.example",
        "",
        f"Final-Recipient: rfc822; {to}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 no such user",
        "",
        "--edge",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {mail['Message-ID']}",
        f"To: {to}",
        "",
        "--edge--",
        "",
    ]
    out.write("\r\n".join(lines).encode())
    return out.getvalue()
