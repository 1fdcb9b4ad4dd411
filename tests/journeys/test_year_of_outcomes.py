"""A programme's year of answers, from its questionnaire to the report that a board reads: drafted, approved, posters
made, answered by pupils on a phone and on the school's computers before the play, after it and three months later,
reported by the schools, and read at the end as figures that a slow count agrees with."""

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from desk_deeds import post_goes, press, publish
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import select

import make
from browser import Site
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.outcomes import open_answers, waves
from outreach.outcomes.waves import CLOSED, AnswerWave
from outreach.tour.performances import Performance

FIRST_SHOW = datetime(2026, 10, 6, 9, 30, tzinfo=UTC)
SCHOOLS, PUPILS = 12, 14
DISTRICTS = ("Kestermere", "Marlford City", "Teal Valley")
KNOW = {"before": 0.5, "after": 0.85, "later": 0.7}


class Year:
    def __init__(self, site: Site, client: FlaskClient) -> None:
        self.site, self.client = site, client
        self.now = FIRST_SHOW - timedelta(days=30)
        self.random = Random(6)
        self.said: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        """What each pupil answered to 'whom to tell', by wave and show."""

    def lay(self) -> None:
        with transaction():
            of = make.partnership()
            self.person, self.second = make.person(of), make.person(of, name="Sam Whitfield")
            self.programme = make.programme(of)
            shows = []
            for n in range(SCHOOLS):
                district = DISTRICTS[n % len(DISTRICTS)]
                host = make.school(district_code=f"E0700000{n % 3}", district_name=district)
                show = make.show(self.programme, host, FIRST_SHOW + timedelta(weeks=2 * n))
                make.booking(show, {8: PUPILS})
                shows.append(show)
        self.shows = [show.id for show in shows]
        self.programme_id = self.programme.id

    def codes(self) -> list[tuple[datetime, str, int, str]]:
        """(a moment at which it is open, wave, show, code as in an address), in the order of time."""
        self.site.fresh()
        found = []
        rows = db.session.scalars(select(AnswerWave).join(Performance).order_by(AnswerWave.id)).all()
        by_wave = waves.codes_of([wave.id for wave in rows])
        for wave in rows:
            show = wave.performance.starts_at
            at = {"before": show - timedelta(days=1), "after": show + timedelta(hours=3)}.get(
                wave.kind, wave.opens_at() + timedelta(hours=10)
            )
            found.append((at, wave.kind, wave.performance_id, by_wave[wave.id][0].in_address))
        return sorted(found)

    def pupil(self, code: str) -> int:
        """One pupil on a computer of the school."""
        address = f"/q/{code}/questions"
        form = re.search(r'name="form" value="([^"]+)"', self.client.get(address).text)
        assert form
        return self.client.post(address, data={"form": form[1], "a1": self.answer}).status_code

    def answers(self, kind: str, show_id: int, code: str, page: Page | None) -> None:
        """A class answers; its first pupil on a phone."""
        for n in range(PUPILS - (kind == "later") * 2):
            knows = self.random.random() < KNOW[kind]
            self.answer = 5 if knows else 2
            self.said[kind][show_id].append(int(knows))
            if n == 0 and page is not None:
                on_a_phone(self.site, page, code, knows)
            else:
                assert self.pupil(code) == 303

    def share(self, kind: str) -> int:
        """What the page should say, per cent: each show counts alike."""
        shares = [sum(said) / len(said) for said in self.said[kind].values()]
        return round(100 * sum(shares) / len(shares))


def on_a_phone(site: Site, page: Page, code: str, knows: bool) -> None:
    site.open(page, "/q")
    page.get_by_label("The code on the poster").fill(code.replace("-", " "))
    page.get_by_role("button", name="Next").click()
    page.get_by_role("link", name="Start").click()
    expect(page.locator("fieldset:visible")).to_have_count(1)
    page.get_by_text("Yes, definitely" if knows else "No, I don’t think so").locator("visible=true").click()
    for _ in range(5):
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Send my answers").click()
    page.wait_for_url("**/thanks?kept=yes")


@pytest.fixture
def year(app: Flask, site: Site, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Year:
    year = Year(site, client)
    monkeypatch.setattr(clock, "now", lambda: year.now)
    return year


def ask(year: Year, desk: Page) -> None:
    """One coordinator drafts the questions, another approves them; codes are made for all shows at once."""
    site = year.site
    site.sign_in(desk, year.person)
    site.open(desk, "/desk/questionnaire")
    desk.get_by_role("button", name="Draft it from our six items").click()
    expect(desk.locator("main")).to_contain_text("The draft is kept")
    desk.context.clear_cookies()
    site.sign_in(desk, year.second)
    site.open(desk, "/desk/questionnaire")
    press(desk, "I have read it: approve")
    expect(desk.locator("main")).to_contain_text("Approved")
    site.open(desk, "/desk/waves")
    desk.locator("main form button").click()
    expect(desk.locator("main")).to_contain_text(f"{SCHOOLS} shows have their codes now")


@pytest.mark.browser
@pytest.mark.long  # its pages and figures are tried one by one in each run
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_year_of_answers_ends_with_figures_and_a_report_of_two_pages(
    year: Year, wide_page: Page, page: Page
) -> None:
    site = year.site
    year.lay()
    ask(year, wide_page)
    for n, (at, kind, show_id, code) in enumerate(year.codes()):
        assert at >= year.now
        year.now = at
        year.answers(kind, show_id, code, page if n in (0, 1, 20) else None)
        post_goes(site.app)
    year.now += timedelta(days=30)
    post_goes(site.app)
    site.fresh()
    states = {wave.state(year.now) for wave in db.session.scalars(select(AnswerWave))}
    assert states == {CLOSED}
    assert open_answers.names_of_tables() == []
    db.session.rollback()
    outcomes(year, wide_page)
    year.now += timedelta(days=2)  # a report is of a day that is over
    report(year, wide_page)


def outcomes(year: Year, desk: Page) -> None:
    year.site.check(desk, "/desk/outcomes")
    expect(desk.get_by_role("heading", level=1)).to_have_text(
        f"Outcomes: after the play, {year.share('after')}% would know whom to tell"
    )
    first = desk.locator("table.marks tbody").first
    for shape, kind in (("ring", "before"), ("disc", "after"), ("diamond", "later")):
        row = first.locator("tr", has=desk.locator(f".{shape}"))
        assert row.locator("b").inner_text() == f"{year.share(kind)}%"


def report(year: Year, desk: Page) -> None:
    """What the board reads: whether it helped, in the same figures, on two sheets."""
    number = publish(year.site, desk, year.programme_id, year.now.date() - timedelta(days=1))
    year.site.check(desk, f"/desk/reports/{number}")
    said = desk.locator("main").inner_text()
    assert "Did it help?" in said and "Are promises kept?" in said
    marks = desk.locator("table.marks tbody tr")
    for row, kind in enumerate(("before", "after", "later")):
        assert marks.nth(row).locator("b").inner_text() == f"{year.share(kind)}%"
    pdf = desk.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 2
