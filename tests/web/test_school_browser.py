"""A school's whole path in a real browser: on a phone, without JavaScript and with, by keyboard alone; axe on
each page."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from school_story import Story, lay

from browser import Site
from how_many import each_nth
from outreach.booking import promises
from outreach.ground.db import db, transaction
from outreach.tour.performances import Performance

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

LONG = "The Very Long Named Marlshire Academy and Sixth Form College of Saint Brannoc and Saint Osmund"


@pytest.fixture
def story(site: Site, client: FlaskClient, stopped) -> Story:
    return lay(
        client,
        days=12,
        school={"number_of_pupils": 742, "name": LONG, "town": "Kestermere-under-Wychwood"},
        summary="A play about exploitation and who to tell, with a discussion.",
        school_provides="two power sockets near the stage end\na room to change in",
    )


@contextmanager
def by_hand(site: Site) -> Iterator[None]:
    """Let the test client post without the token that a browser takes from the page."""
    site.app.config["WTF_CSRF_ENABLED"] = False
    yield
    site.app.config["WTF_CSRF_ENABLED"] = True


def fill_people(page: Page) -> None:
    lead = page.get_by_role("group", name="Safeguarding lead")
    lead.get_by_label("Name").fill("Joanna Fell")
    lead.get_by_label("Email address").fill("j.fell@stbrannocs-kestermere.example")
    lead.get_by_label("Phone on the day").fill("01632 960 204")


def walk(site: Site, page: Page, story: Story, at_each) -> None:
    """From the link to the booking, calling `at_each` on every page."""
    site.open(page, story.path())
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a time for ‘Someone to Tell’")
    at_each(page)
    page.locator("summary", has_text="March").first.click()
    page.get_by_text("Wednesday 10 March", exact=True).click()
    page.get_by_role("button", name="9:30am on Wednesday 10 March").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How many pupils will come?")
    at_each(page)
    expect(page.get_by_label("Year 8", exact=True)).to_have_value("106")
    page.get_by_label("Year 8", exact=True).fill("")
    page.get_by_label("Year 9", exact=True).fill("")
    page.get_by_role("button", name="Carry on").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    at_each(page)
    page.get_by_role("link", name="Enter how many Year 9 pupils will come").click()
    if page.evaluate("document.body.classList.contains('js-enabled')"):
        expect(page.get_by_label("Year 9", exact=True)).to_be_focused()
    page.get_by_label("Year 8", exact=True).fill("1080")
    page.get_by_label("Year 9", exact=True).fill("104")
    page.get_by_role("button", name="Carry on").click()
    expect(page.get_by_label("Yes, 1,080 in Year 8 is right")).to_be_visible()
    at_each(page)
    page.get_by_label("Year 8", exact=True).fill("108")
    page.get_by_role("button", name="Carry on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hall and arrival")
    at_each(page)
    page.get_by_label("Hall or room").fill("Main hall, ground floor")
    page.get_by_role("group", name="Step-free way in?").get_by_label("Yes").check()
    page.get_by_text("Access needs").click()
    page.get_by_label("Wheelchair places").fill("2")
    page.get_by_role("button", name="Carry on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your people")
    at_each(page)
    fill_people(page)
    page.get_by_role("button", name="Carry on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    at_each(page)
    page.get_by_role("link", name="Change hall").click()
    expect(page.get_by_label("Hall or room")).to_have_value("Main hall, ground floor")
    page.get_by_role("button", name="Carry on").click()
    page.get_by_role("button", name="Book this performance").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are booked")
    at_each(page)


def test_whole_path_on_a_phone_passes_axe_on_each_page(site: Site, page: Page, story: Story) -> None:
    walk(site, page, story, site.check)
    booked = page.url.removeprefix(site.url)
    for rest in ("/sheet", "/move", "/numbers", "/cancel", "/colleague", "/calendar.ics"):
        if rest != "/calendar.ics":
            site.check(page, booked + rest)
    for unfolded in (story.path("/times?half=morning"), booked):
        site.open(page, unfolded)
        page.locator("main").evaluate(
            "main => main.querySelectorAll('details').forEach(d => { d.open = true })"
        )
        site.check(page)
    site.open(page, booked + "/move")
    page.get_by_role("button", name="Choose").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Move to")
    site.check(page)
    page.get_by_role("button", name="Move the performance").click()
    expect(page.get_by_role("status").first).to_contain_text("Move it back")
    site.check(page)
    site.open(page, booked + "/cancel")
    page.get_by_label("Exams or mocks are in the way").check()
    page.get_by_label("More in your words").fill("Mocks that week")
    page.get_by_role("button", name="Cancel this booking").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This booking is cancelled")
    site.check(page)


def test_whole_path_works_without_javascript(site: Site, plain_page: Page, story: Story) -> None:
    walk(site, plain_page, story, lambda page: None)
    site.fresh()
    (booking,) = promises.live(story.programme.id, story.school.organisation_id)
    assert promises.pupils_of(booking) == {8: 108, 9: 104}


def test_whole_path_by_keyboard_alone(site: Site, page: Page, story: Story) -> None:
    site.open(page, story.path())

    def go_to(name: str) -> None:
        """Tab until the thing with that name has the focus."""
        for _ in range(80):
            page.keyboard.press("Tab")
            said = page.evaluate(
                "() => { const e = document.activeElement; return [...(e.labels || [])].map(l => "
                "l.textContent).join(' ') || e.textContent; }"
            )
            if name in " ".join(said.split()):
                return
        raise AssertionError(f"no way to {name} by keyboard")

    def type_into(name: str, text: str) -> None:
        go_to(name)
        page.keyboard.type(text)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    go_to("9:00am")
    page.keyboard.press("Enter")
    expect(page).to_have_url(site.url + story.path("/pupils"))
    type_into("Year 8", "108")
    type_into("Year 9", "104")
    page.keyboard.press("Enter")
    expect(page).to_have_url(site.url + story.path("/hall"))
    type_into("Hall or room", "Main hall")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    go_to("Carry on")
    page.keyboard.press("Enter")
    expect(page).to_have_url(site.url + story.path("/people"))
    type_into("Name", "Joanna Fell")
    type_into("Email address", "j.fell@redmere.example")
    type_into("Phone on the day", "01632 960 204")
    page.keyboard.press("Enter")
    expect(page).to_have_url(site.url + story.path("/check"))
    go_to("Book this performance")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are booked")


def test_first_times_stand_within_the_first_screen_of_a_phone(site: Site, page: Page, story: Story) -> None:
    with transaction():
        story.school.name, story.school.town = "St Brannoc’s Church of England Academy", "Kestermere"
    site.open(page, story.path())
    second = page.locator("button.slot").nth(1).bounding_box()
    assert second is not None and second["y"] + second["height"] <= 844


@pytest.mark.look
def test_every_other_page_passes_axe(site: Site, page: Page, story: Story) -> None:
    for rest in each_nth(
        (
            "/times?from=2027-03-22",
            "/not-this-year",
            "/other-days",
            "/waiting-list",
            "/somebody-else",
            "/not-your-school",
            "/answered/not-this-year",
            "/answered/other-days",
            "/answered/somebody-else",
            "/times?lost=1",
        ),
        3,
    ):
        site.check(page, story.path(rest))
    for rest in ("/not-this-year", "/other-days", "/somebody-else"):
        site.open(page, story.path(rest))
        page.locator("form button").click()
        expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
        site.check(page)


@pytest.mark.look
def test_pages_of_a_big_school_pass_axe(site: Site, page: Page, story: Story) -> None:
    with transaction():
        story.school.number_of_pupils = 2100
    site.check(page, story.path())
    page.get_by_role("button", name="Choose both").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who comes to which show?")
    site.check(page)
    page.get_by_role("button", name="Confirm these numbers").click()
    page.get_by_text("Access needs").click()
    expect(page.get_by_label("Wheelchair places, 9:00am show")).to_be_visible()
    site.check(page)
    page.get_by_label("Hall or room").fill("Main hall")
    page.get_by_label("Not sure").check()
    page.get_by_role("button", name="Carry on").click()
    fill_people(page)
    page.get_by_role("button", name="Carry on").click()
    site.check(page)
    page.get_by_role("button", name="Book both performances").click()
    expect(page.get_by_role("heading", name="Your other performance")).to_be_visible()
    site.check(page)


@pytest.mark.look
def test_too_late_and_expired_pages_pass_axe(site: Site, page: Page, story: Story, stopped) -> None:
    with by_hand(site):
        reference = story.book()
    stopped.after(days=48)
    site.check(page, story.path(f"/booked/{reference}/move"))
    site.check(page, story.path(f"/booked/{reference}"))
    stopped.after(days=200)
    site.check(page, story.path())


def test_time_left_stays_true_and_is_said_once_when_little_is_left(
    site: Site, page: Page, story: Story, stopped
) -> None:
    with by_hand(site):
        story.choose()
    site.fresh()
    with transaction() as session:
        for kept in session.query(Performance):
            kept.held_until = stopped.now.replace(minute=1, second=58)
    page.clock.install()
    site.open(page, story.path("/pupils"))
    expect(page.get_by_text("2 minutes left")).to_be_visible()
    status = page.locator(".hold [role=status]")
    page.clock.run_for("01:00")
    expect(status).to_have_text("Less than 2 minutes are left. You can keep the time for longer.")
    expect(page.get_by_text("1 minute left", exact=True)).to_be_visible()
    page.get_by_role("button", name="Keep longer").click()
    expect(page.get_by_text("15 minutes left")).to_be_visible()
    db.session.rollback()
