"""The company's pages in a hall without signal, in a real browser whose network is cut."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from flask import Flask, request
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, Route, expect
from sqlalchemy import select

import make
from booking import sheet_days
from browser import CHROMIUM, PATIENCE, Site, arguments, check
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.wording import date_and_time
from outreach.post import troupe_links
from outreach.visits import reports
from outreach.visits.reports import ReportAccount, VisitReport
from outreach.web import files, forms, kept_on_phone
from outreach.web.report_form import CompanyReportForm

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

WAITS = "Kept on this phone, not sent yet"
SENT = re.compile(r"Sent \d+:\d\d[ap]m")


def lay(stopped: Any, days: int = -1) -> Any:
    """A busy day of a troupe so many days from now, by the browser's own clock: a worker has no other."""
    stopped.now = datetime.now(UTC).replace(microsecond=0)
    with transaction():
        day = sheet_days.lay(stopped.now.date() + timedelta(days=days))
        day.link = troupe_links.make(
            day.troupe.id, partnership_id=day.partnership.id, who="Priya", now=stopped.now
        )
        token = troupe_links.token_of(day.link, "for tests")
    day.home = f"/t/{token}"
    day.sheet = f"{day.home}/days/{day.day.id}"
    day.reports = [f"{day.home}/shows/{show.id}/report" for show in (day.first, day.second)]
    monday = day.day.day - timedelta(days=day.day.day.weekday())
    this = timedelta(0) <= stopped.now.date() - monday < timedelta(days=7)
    day.week = f"{day.home}/week" if this else f"{day.home}/weeks/{monday}"
    day.pages = (day.home, day.sheet, day.week, *day.reports)
    return day


@pytest.fixture
def day(app: Flask, stopped: Any) -> Any:
    """Yesterday: both shows are over."""
    return lay(stopped)


def on_phone(page: Page) -> set[str]:
    """The addresses of the pages that the phone keeps, without their host."""
    return set(
        page.evaluate(
            """async () => { const names = await caches.keys(); const found = [];
            for (const name of names) for (const { url } of await (await caches.open(name)).keys())
              found.push(new URL(url).pathname); return found.filter(path => !path.startsWith("/static/")); }"""
        )
    )


def waiting_on_phone(page: Page) -> list[dict[str, Any]]:
    """The reports that the phone has, as it has them."""
    return list(
        page.evaluate(
            """() => new Promise(done => { const asked = indexedDB.open("outreach", 1);
            asked.onsuccess = () => { const all = asked.result.transaction("reports").objectStore("reports").getAll();
              all.onsuccess = () => done(all.result); }; })"""
        )
    )


def kept(page: Page, *addresses: str) -> None:
    """Wait until the phone has those pages, and no others."""
    until = monotonic() + PATIENCE / 1000
    while (found := on_phone(page)) != set(addresses):
        assert monotonic() < until, found
        page.wait_for_timeout(50)


def fill(page: Page, pupils: str) -> None:
    page.get_by_role("group", name="Did it take place?").get_by_label("Yes").check()
    page.get_by_label("How many pupils saw it").fill(pupils)
    page.get_by_role("button", name="Send the report").click()


def said(page: Page) -> Locator:
    """What the page says of what is kept, aloud too."""
    return page.locator("[data-kept] [role=status]")


def counts(site: Site) -> list[int | None]:
    """The head counts that came in."""
    site.fresh()
    return list(db.session.scalars(select(VisitReport.pupils).order_by(VisitReport.id)))


@pytest.mark.both_databases
def test_a_report_waits_on_the_phone_and_is_sent_once_while_the_page_is_open(
    day: Any, site: Site, page: Page
) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    page.context.set_offline(True)
    page.reload()
    expect(said(page)).to_contain_text("No signal")
    page.get_by_role("link", name="St Brannoc’s Academy", exact=True).click()
    fill(page, "96")
    expect(said(page)).to_contain_text(f"{WAITS}1 report waits")
    page.get_by_role("button", name="Try to send now").click()
    expect(said(page)).to_contain_text(WAITS)
    assert counts(site) == []
    page.context.set_offline(False)
    expect(said(page)).to_contain_text(SENT)
    assert counts(site) == [96]
    (left,) = waiting_on_phone(page)
    assert (left["state"], left["answers"]) == ("sent", [])


def test_the_sheet_is_read_without_signal_as_with_it(day: Any, site: Site, page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    site.open(page, day.sheet)
    kept(page, *day.pages)
    head = page.locator("h1").inner_text()
    page.context.set_offline(True)
    page.reload()
    expect(said(page)).to_contain_text("No signal")
    assert page.locator("h1").inner_text() == head
    assert page.locator(".ds-stop").first.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
    assert page.locator("a[download]").count() == 0
    check(page)


def test_the_week_opens_without_signal_and_says_from_when_it_is(day: Any, site: Site, page: Page) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    page.context.set_offline(True)
    page.get_by_role("link", name="The week").click()
    expect(said(page)).to_contain_text(f"No signalThis page is as it stood on {date_and_time(clock.now())}")
    expect(page.locator(".wk-sum")).to_contain_text("2 shows on 1 day.")
    expect(page.locator(".daymap circle")).to_have_count(2)


def test_two_reports_wait_while_the_page_is_closed_and_go_when_it_is_opened_again(
    day: Any, site: Site, page: Page
) -> None:
    site.open(page, day.home)
    kept(page, day.home)
    site.open(page, day.sheet)
    kept(page, *day.pages)
    context = page.context
    context.set_offline(True)
    for n, pupils in enumerate(("96", "187")):
        page.goto(site.url + day.reports[n])
        fill(page, pupils)
        expect(said(page)).to_contain_text(("1 report waits", "2 reports wait")[n])
    page.close()
    again = context.new_page()
    again.goto(site.url + day.home)
    expect(said(again)).to_contain_text("2 reports wait")
    expect(again.get_by_role("link", name=re.compile("^Correct"))).to_have_count(2)
    check(again)
    again.close()
    context.set_offline(False)
    last = context.new_page()
    last.goto(site.url + day.home)
    expect(said(last).get_by_text(SENT)).to_have_count(2)
    assert sorted(n for n in counts(site) if n) == [96, 187]


@pytest.fixture
def chromium(whole_chromium: Browser) -> Browser:
    return whole_chromium


@pytest.fixture
def phone(chromium: Any, site: Site, tmp_path: Path) -> Iterator[Any]:
    """A browser process of its own with what it keeps on its disk; each call begins it anew."""
    playwright: Playwright = chromium.browser_type
    begun: list[BrowserContext] = []

    def begin() -> BrowserContext:
        for context in begun:
            context.close()
        begun[:] = [
            playwright.launch_persistent_context(  # type: ignore[attr-defined]
                tmp_path / "phone",
                executable_path=CHROMIUM,
                args=arguments(),
                viewport={"width": 320, "height": 700},
                locale="en-GB",
            )
        ]
        return begun[0]

    yield begin
    for context in begun:
        context.close()


def test_the_browser_is_closed_and_opened_again_and_nothing_is_lost_or_sent_twice(
    day: Any, site: Site, phone: Any
) -> None:
    context = phone()
    page = context.new_page()
    page.goto(site.url + day.sheet)
    kept(page, *day.pages)
    context.set_offline(True)
    page.goto(site.url + day.reports[0])
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)

    context = phone()
    context.set_offline(True)
    page = context.new_page()
    page.goto(site.url + day.home)
    expect(said(page)).to_contain_text("1 report waits")
    page.get_by_role("link", name=re.compile("^Correct")).click()
    expect(page.get_by_label("How many pupils saw it")).to_have_value("96")
    check(page)

    context = phone()
    page = context.new_page()
    page.goto(site.url + day.home)
    expect(said(page)).to_contain_text(SENT)
    assert counts(site) == [96]
    page.reload()
    expect(said(page)).to_contain_text(SENT)
    assert counts(site) == [96]


def lose_the_answer(site: Site, page: Page) -> list[str]:
    """The next report reaches the service, and its answer never the phone; what was sent of it."""
    sent: list[str] = []

    def lost(route: Route) -> None:
        if route.request.method != "POST" or sent:
            return route.continue_()
        sent.append(route.request.post_data or "")
        site.fetched(route)
        return route.abort("connectionreset")

    page.context.route("**/report", lost)
    return sent


@pytest.mark.both_databases
def test_a_report_whose_answer_was_lost_on_the_way_back_is_sent_again_and_put_down_once(
    day: Any, site: Site, page: Page
) -> None:
    sent = lose_the_answer(site, page)
    site.open(page, day.reports[0])
    kept(page, day.home, day.sheet, day.reports[0])
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    assert len(sent) == 1 and counts(site) == [96]
    with transaction():  # what somebody else says meanwhile is not overturned by what was said before
        account = ReportAccount(took_place=True, pupils=90)
        reports.report(db.session.merge(day.one), reports.COMPANY, account, who="Van", now=clock.now())
    page.get_by_role("button", name="Try to send now").click()
    expect(said(page)).to_contain_text(SENT)
    assert counts(site) == [96, 90]


def test_what_is_corrected_after_a_lost_answer_is_another_report(day: Any, site: Site, page: Page) -> None:
    lose_the_answer(site, page)
    site.open(page, day.reports[0])
    fill(page, "69")
    expect(said(page)).to_contain_text(WAITS)
    fill(page, "96")
    expect(page.get_by_text("It took place; 96 pupils")).to_be_visible()
    assert counts(site) == [69, 96]


def test_a_report_that_comes_late_is_told_that_a_newer_one_stands(day: Any, site: Site, page: Page) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    page.context.set_offline(True)
    page.goto(site.url + day.reports[0])
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    site.fresh()
    with transaction():
        account = ReportAccount(took_place=True, pupils=97)
        booking = db.session.merge(day.one)
        reports.report(booking, reports.COMPANY, account, who="A colleague", now=clock.now())
    page.wait_for_timeout(1200)
    page.context.set_offline(False)
    expect(said(page)).to_contain_text(", but a newer report stands")
    expect(said(page)).to_contain_text("Yours is kept beneath it.")
    assert counts(site) == [97, 96]
    newest = reports.newest(db.session.merge(day.one), reports.COMPANY)
    assert newest is not None and newest.pupils == 97
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("97 pupils")
    check(page)


def test_two_pages_of_one_phone_send_a_report_once(day: Any, site: Site, page: Page) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    other = page.context.new_page()
    other.goto(site.url + day.home)
    page.context.set_offline(True)
    page.goto(site.url + day.reports[0])
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    page.context.set_offline(False)
    for one in (page, other):
        one.bring_to_front()
        expect(said(one)).to_contain_text(SENT)
    assert counts(site) == [96]


def test_a_refusal_keeps_what_was_typed_and_opens_the_form_with_what_is_wrong(
    day: Any, site: Site, page: Page
) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    page.context.set_offline(True)
    page.goto(site.url + day.reports[0])
    page.get_by_role("group", name="Did it take place?").get_by_label("No").check()
    page.get_by_label("How many pupils saw it").fill("96")
    page.get_by_role("button", name="Send the report").click()
    expect(said(page)).to_contain_text(WAITS)
    page.goto(site.url + day.home)
    page.context.set_offline(False)
    expect(said(page)).to_contain_text("Could not be sent because: Say why it did not take place.")
    expect(page.locator("html[data-kept-copy]")).to_have_count(0)  # with signal it is fetched anew
    check(page)
    page.get_by_role("link", name=re.compile("^Open the form")).click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say why it did not take place.")
    expect(page.get_by_label("How many pupils saw it")).to_have_value("96")
    check(page)
    page.get_by_role("link", name="Say why it did not take place.").click()
    expect(page.get_by_label("If not, why?")).to_be_focused()
    page.get_by_label("If not, why?").fill("Snow")
    page.get_by_label("How many pupils saw it").fill("")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("It did not take place: Snow")).to_be_visible()
    assert counts(site) == [None]


def test_without_signal_too_one_is_told_that_the_first_answer_is_missing(
    day: Any, site: Site, page: Page
) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    page.context.set_offline(True)
    page.goto(site.url + day.reports[0])
    page.get_by_label("How many pupils saw it").fill("69")
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    check(page)
    page.get_by_role("link", name="Say whether it took place.").click()
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    expect(page.locator(".govuk-error-summary")).to_have_count(0)
    page.context.set_offline(False)
    expect(said(page)).to_contain_text(SENT)
    assert counts(site) == [96]


def test_with_signal_a_refusal_is_the_services_own_page_and_a_press_sends(
    day: Any, site: Site, page: Page
) -> None:
    site.open(page, day.reports[0])
    kept(page, day.home, day.sheet, day.reports[0])
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    expect(page.locator(".govuk-error-message")).to_contain_text("Say whether it took place.")
    assert page.title().startswith("Error: ")
    check(page)
    fill(page, "96")
    expect(page.get_by_text("It took place; 96 pupils")).to_be_visible()
    expect(said(page)).to_contain_text(SENT)
    assert counts(site) == [96]


def test_a_show_that_is_gone_meanwhile_is_told(day: Any, site: Site, page: Page) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    page.context.set_offline(True)
    page.goto(site.url + day.reports[0])
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    with transaction():
        db.session.merge(day.one).ended_at = day.first.starts_at
    page.goto(site.url + day.home)
    page.context.set_offline(False)
    expect(said(page)).to_contain_text("This show is not in your tour any more.")


def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes to a page waits longer for it than the script that fetches all anew, and then would show this one."""
    at_once = kept_on_phone.on_phone

    def on_phone(*given: Any) -> Any:
        sleep(4 if request.headers.get("Sec-Fetch-Mode") == "navigate" else 0.4)
        return at_once(*given)

    monkeypatch.setattr(kept_on_phone, "on_phone", on_phone)


@pytest.mark.long
def test_a_form_that_a_release_has_changed_meanwhile_is_shown_again_with_what_was_typed(
    day: Any, site: Site, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    page.context.set_offline(True)
    page.goto(site.url + day.reports[0])
    page.get_by_role("group", name=re.compile("spoke up")).get_by_label("Yes").check()
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    # The release asks one thing under another name.
    newer = forms.choice("Was it handed on?", [("yes", "Yes"), ("no", "No")])
    monkeypatch.setattr(CompanyReportForm, "concerns_handed_on", newer)
    monkeypatch.setattr(CompanyReportForm, "_unbound_fields", None)
    newer.name = "handed_on"
    page.goto(site.url + day.home)
    slowly(monkeypatch)
    page.context.set_offline(False)
    expect(said(page)).to_contain_text("The form has changed since you filled it in")
    assert counts(site) == []
    page.get_by_role("link", name=re.compile("^Open the form")).click()
    expect(page.get_by_label("How many pupils saw it")).to_have_value("96")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("It took place; 96 pupils")).to_be_visible()
    assert counts(site) == [96]


def test_a_link_that_is_taken_back_while_one_is_away_takes_all_along_when_there_is_signal(
    day: Any, site: Site, page: Page, stopped: Any
) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    page.context.set_offline(True)
    page.goto(site.url + day.reports[0])
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    with transaction():
        troupe_links.withdraw(db.session.merge(day.link), who="Priya", now=stopped.now)
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="This link has ended")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("St Brannoc’s Academy")
    expect(page.get_by_role("status")).to_contain_text("never sent")
    check(page)
    assert on_phone(page) == set() and waiting_on_phone(page) == []
    assert counts(site) == []
    page.context.set_offline(True)
    page.wait_for_function("async () => (await navigator.serviceWorker.getRegistrations()).length === 0")
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.goto(site.url + day.sheet)


def call_off(day: Any) -> None:
    """Neither show of the day takes place; who had promised knows it."""
    for booking in (day.one, day.two, day.guest):
        db.session.merge(booking).ended_at = day.first.starts_at
    for show in (day.first, day.second):
        db.session.merge(show).released_at = day.first.starts_at


def test_a_sheet_without_a_show_any_more_takes_the_one_that_was_kept_along(
    day: Any, site: Site, page: Page
) -> None:
    """Who has read that both were called off is not sent to them by an older copy."""
    site.open(page, day.sheet)
    kept(page, *day.pages)
    with transaction():
        call_off(day)
    site.open(page, day.sheet)
    expect(page.get_by_text("No show is booked on this day.")).to_be_visible()
    kept(page, *(set(day.pages) - {day.sheet}))
    page.context.set_offline(True)
    page.goto(site.url + day.sheet)
    expect(page.get_by_role("heading", name="No signal")).to_be_visible()


def test_a_day_that_was_taken_back_goes_alone_and_the_other_pages_open_without_signal(
    day: Any, site: Site, page: Page
) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    with transaction():
        call_off(day)
        db.session.merge(day.day).ended_at = day.first.starts_at
    page.goto(site.url + day.sheet)
    expect(page.get_by_text("This day is not in your tour any more.")).to_be_visible()
    kept(page, *(set(day.pages) - {day.sheet}))
    page.context.set_offline(True)
    page.goto(site.url + day.home)
    expect(page.get_by_role("heading", name="Red van")).to_be_visible()


@pytest.mark.long
def test_a_week_after_the_show_nothing_is_kept(
    day: Any, site: Site, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = datetime.now(UTC) + timedelta(seconds=8) - day.second.ends_at
    monkeypatch.setattr(
        kept_on_phone, "AFTER_THE_SHOW", over
    )  # of the later show, the week ends in 8 seconds
    site.open(page, day.sheet)
    kept(page, day.home, day.sheet, day.week, day.reports[1])
    page.context.set_offline(True)
    page.goto(site.url + day.reports[1])
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    page.wait_for_timeout(9000)
    page.goto(site.url + day.sheet)
    expect(page.get_by_role("heading", name="No signal")).to_be_visible()
    page.goto(site.url + day.home)
    expect(said(page)).to_contain_text("A week has gone by, so it was removed from this phone.")
    assert on_phone(page) == {day.home} and waiting_on_phone(page) == []


def test_remove_from_this_phone_leaves_nothing_and_keeps_nothing_until_one_asks(
    day: Any, site: Site, page: Page
) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    page.context.set_offline(True)
    page.goto(site.url + day.reports[0])
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    page.get_by_role("button", name="Remove from this phone").click()
    expect(page.get_by_text("1 report is not sent yet.")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Leave it").click()
    assert len(waiting_on_phone(page)) == 1
    page.context.set_offline(False)
    expect(said(page)).to_contain_text(SENT)
    page.get_by_role("button", name="Remove from this phone").click()
    expect(page.get_by_text("Nothing. Without signal")).to_be_visible()
    check(page)
    site.open(page, day.reports[1])
    fill(page, "187")
    expect(page.get_by_text("It took place; 187 pupils")).to_be_visible()
    assert on_phone(page) == set() and waiting_on_phone(page) == []
    assert counts(site) == [96, 187]
    page.get_by_role("button", name="Keep on this phone").click()
    expect(page.get_by_role("button", name="Remove from this phone")).to_be_visible()
    kept(page, day.home, day.sheet, day.reports[1])


def test_a_form_that_was_kept_before_its_show_opens_once_it_has_begun(
    app: Flask, site: Site, page: Page, stopped: Any
) -> None:
    day = lay(stopped, 2)
    site.open(page, day.sheet)
    kept(page, *day.pages)
    expect(page.get_by_role("heading", name="How did it go?")).to_be_hidden()
    page.context.set_offline(True)
    page.clock.set_fixed_time(day.first.starts_at + timedelta(minutes=1))
    page.reload()
    expect(page.get_by_role("link", name="Kestermere School", exact=True)).to_be_hidden()
    page.get_by_role("link", name="St Brannoc’s Academy", exact=True).click()
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    stopped.after(days=2, hours=12)
    page.context.set_offline(False)
    expect(said(page)).to_contain_text(SENT)
    assert counts(site) == [96]


def test_the_phone_keeps_no_other_page_and_the_worker_stands_over_no_other(
    day: Any, site: Site, page: Page
) -> None:
    with transaction():
        person = make.person(day.partnership)
    site.open(page, day.sheet)
    kept(page, *day.pages)
    site.sign_in(page, person)
    for path in (
        f"{day.home}/availability",
        f"{day.home}/call-off",
        f"{day.reports[0]}/withdraw",
        "/desk",
        "/",
        "/contact",
        "/privacy",
        "/q",
        "/t/worker.js",
        f"/desk/tour/days/{day.day.id}/sheet",
    ):
        site.open(page, path)
        stands = page.evaluate("() => navigator.serviceWorker?.controller?.scriptURL ?? ''")
        assert (stands != "") == path.startswith("/t/"), path
        page.wait_for_timeout(50)
        assert on_phone(page) == set(day.pages), path
    scopes = page.evaluate(
        "async () => (await navigator.serviceWorker.getRegistrations()).map(one => new URL(one.scope).pathname)"
    )
    assert scopes == ["/t/"]


def test_another_troupes_link_on_the_same_phone_is_never_shown_the_first_ones_pages(
    day: Any, site: Site, page: Page, stopped: Any
) -> None:
    with transaction():
        other = make.troupe(day.partnership)
        link = troupe_links.make(other.id, partnership_id=day.partnership.id, who="Priya", now=stopped.now)
        theirs = f"/t/{troupe_links.token_of(link, 'for tests')}"
    site.open(page, day.sheet)
    kept(page, *day.pages)
    page.context.set_offline(True)
    page.goto(site.url + day.reports[0])
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    page.goto(site.url + theirs)
    expect(page.get_by_role("heading", name="No signal")).to_be_visible()
    page.context.set_offline(False)
    site.open(page, theirs)
    kept(page, *day.pages, theirs)
    expect(page.get_by_text("Remove from this phone")).to_be_visible()
    assert said(page).inner_text() == "" and "St Brannoc" not in page.content()
    assert counts(site) == []  # nobody sends it but the link under which it was filled in
    with transaction():
        troupe_links.withdraw(db.session.merge(link), who="Priya", now=stopped.now)
    page.reload()
    kept(page, *day.pages)
    assert len(waiting_on_phone(page)) == 1


def test_a_new_release_takes_over_and_what_is_kept_stays(
    day: Any, site: Site, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.open(page, day.sheet)
    kept(page, *day.pages)
    page.context.set_offline(True)
    page.goto(site.url + day.reports[0])
    fill(page, "96")
    expect(said(page)).to_contain_text(WAITS)
    old = files.asset("company-worker.js")
    assert old
    newer = files.Asset(
        body=old.body.replace(b"outreach-kept-1", b"outreach-kept-2"),
        small=None,
        mimetype=old.mimetype,
        digest="x",
    )
    asset = files.asset
    monkeypatch.setattr(files, "asset", lambda name: newer if name == "company-worker.js" else asset(name))
    page.context.set_offline(False)
    expect(said(page)).to_contain_text(SENT)
    page.reload()
    page.wait_for_function("async () => !(await caches.has('outreach-kept-1'))")
    assert counts(site) == [96]


def test_without_javascript_a_report_is_a_form_as_any(day: Any, site: Site, plain_page: Page) -> None:
    site.open(plain_page, day.reports[0])
    expect(plain_page.get_by_text("Kept on this phone")).to_be_hidden()
    fill(plain_page, "96")
    expect(plain_page.get_by_text("It took place; 96 pupils")).to_be_visible()
    plain_page.go_back()
    plain_page.get_by_role("button", name="Send the report").click()
    expect(plain_page.get_by_text("It took place; 96 pupils")).to_be_visible()
    assert counts(site) == [96]
