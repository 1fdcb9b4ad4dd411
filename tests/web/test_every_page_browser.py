"""Every page there is, on the made-up county, in a real browser: axe finds nothing and nothing scrolls
sideways.

The pages are found as people find them, by following links, and by the list of routes: one that no link leads
to fails. All are followed in each run; of the looks with axe, each run has some, and the longest all.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from school_story import link_to
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

import asked
import make
from browser import Site, sign_in
from every_address import by_lot, told_year
from how_many import is_drawn, is_longest
from outreach.asking import kept_on
from outreach.asking.confirming.requests import ConfirmationRequest
from outreach.booking import promises, proposals
from outreach.booking.guest_places import GuestPlace
from outreach.booking.promises import Booking
from outreach.county.coordinators import Coordinator
from outreach.county.schools import School
from outreach.coverage import leavers
from outreach.coverage.digest import days, sending
from outreach.demonstration import cast, story
from outreach.ground.db import db, transaction
from outreach.planning.orders import PlanLine
from outreach.post import copies, links, troupe_links
from outreach.post.links import PersonalLink
from outreach.post.outbox import Letter
from outreach.post.troupe_links import TroupeLink
from outreach.post.webhooks import subscriptions
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits.reports import VisitReport
from worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

OF_ONE_ENDPOINT = 5 if is_longest() else 2
"""Pages of one kind that are followed for links besides those that a test begins with: a school that has booked leads
elsewhere than one that is silent."""

ONE_IN = 5
"""Of so many kinds of pages one is looked at in each run; most have a test of their own besides."""

ANOTHER_WAY = {
    "public.sign_in_back": "from a sign-in provider, with what it says: test_sign_in_by_account.py",
    "coordinator.register_preview": "between an upload and its apply: test_register_browser.py",
    "coordinator.contacts_preview": "between an upload and its apply: test_lists_browser.py",
    "coordinator.contacts_to_mend": "a file of a list between upload and apply: test_desk_contacts.py",
    "coordinator.contact_list": "after a list was taken in: test_lists_browser.py",
    "coordinator.contact_list_take_back": "after a list was taken in: test_lists_browser.py",
    "coordinator.body_list_preview": "between an upload and its apply: test_bodies_browser.py",
    "coordinator.body_list_to_mend": "a file of a list between upload and apply: test_downloads.py",
    "coordinator.past_shows_preview": "between an upload and its apply: test_lists_browser.py",
    "coordinator.past_shows_to_mend": "a file of a list between upload and apply: test_past_shows_pages.py",
    "coordinator.preview_tour_days": "after a form: test_setup_browser.py",
    "coordinator.preview_availability": "after a form: test_availability_browser.py",
    "company.preview_availability": "after a form: test_availability_browser.py",
    "coordinator.agreement_end": "once two partnerships agreed: test_agreement_pages.py",
    "company.agreement_end": "once two partnerships agreed: test_agreement_pages.py",
    "company.troupes": "for who is signed in and has several troupes: test_company_people.py",
    "company.worker": "no page; what a script sets to work: test_no_signal_browser.py",
    "coordinator.chasing_raise": "for a school that was reminded twice: test_chasing.py",
    "coordinator.letter_file": "no page; a made-up letter that has gone is not kept",
    "coordinator.plan_progress": "a part of a page that is read while a plan is drawn up: test_plans_browser.py",
    "coordinator.search_options": "a part of a page that is read while one types: test_palette.py",
    "coordinator.compare_plans": "after a choice: test_plans_browser.py",
    "coordinator.place_named": "a part of a page that is read while one points at a map: test_place_browser.py",
    "coordinator.register_changes": "a file of a register between upload and apply: test_desk_register.py",
    "coordinator.body": "leads to the page that a body has like a school",
    "coordinator.call_off_day": "leads to the page of what is called off, that day chosen",
    "coordinator.referrals_csv": "a file, once counts are in: test_referrals_pages.py",
    "coordinator.referral_numbers_csv": "a file, once numbers are in: test_referrals_pages.py",
    "coordinator.outcomes_csv": "a file, once pupils have answered: test_outcomes_pages.py",
    "coordinator.outcomes_researchers": "a file, once pupils have answered: test_outcomes_pages.py",
    "coordinator.own_letter_check": "after a press on a draft: test_own_letters_browser.py",
    "coordinator.own_letter_html": "what stands in the frame of that page",
    "coordinator.wording_html": "what stands in the frame of the page of a wording",
    "coordinator.called_off": "after something was called off: test_call_off_browser.py",
    "coordinator.confirm_second_factor": "after one's password: test_second_factor_browser.py",
    "coordinator.copy_rest": "once a programme was copied to another year: test_new_year.py",
    "coordinator.booking_hand_on": "for a school that closes: test_school_years_browser.py",
    "public.sign_in_link": "a link that works once: test_public_browser.py",
    "public.sign_in_code": "after a password, of who has a second factor: test_second_factor_browser.py",
    "public.invited": "a link that works once: test_people_invited.py",
    "public.reference_asked": "after a form: test_public_browser.py",
    "public.no_reminders": "behind the link of a letter: test_before_visit_browser.py",
    "public.metrics": "no page",
    "public.calendar": "no page",
    "public.feed_described": "no page",
    "public.accent": "no page; the colours of a partnership that has some: test_looks_pages.py",
    "public.logo": "no page; a partnership's logo: test_looks_pages.py",
    "school.take_fewer": "once a host gave fewer seats: test_guests_browser.py",
    "school.form": "leads to the step that is next",
    "school.move_to": "after a choice: test_school_browser.py",
    "school.check": "after a form: test_school_browser.py",
}


class Found:
    """The pages found: {endpoint: its addresses}, and what was no page for people (files, feeds)."""

    def __init__(self, app: Flask, client: FlaskClient) -> None:
        self.routes = app.url_map.bind("outreach.example")
        self.client = client
        self.pages: dict[str, list[str]] = defaultdict(list)
        self.files: set[str] = set()
        self.broken: list[str] = []
        self._asked: Counter[str] = Counter()
        self._known: set[str] = set()

    def follow(self, *starts: str) -> None:
        waiting = [("", start) for start in starts]
        while waiting:
            page, address = waiting.pop(0)
            endpoint = self.endpoint(address)
            if endpoint is None or address in self._known or self._asked[endpoint] >= OF_ONE_ENDPOINT:
                continue
            self._known.add(address)
            self._asked[endpoint] += bool(page)
            answer = self.client.get(address)
            if answer.status_code in (302, 303):
                waiting.append((address, answer.headers["Location"]))
            elif (
                answer.status_code != 200 and page
            ):  # asked for by nobody but this test, a page may want more words
                self.broken.append(f"{page} leads to {address}: {answer.status_code}")
            elif answer.status_code != 200:
                continue
            elif answer.mimetype != "text/html" or "attachment" in answer.headers.get(
                "Content-Disposition", ""
            ):
                self.files.add(endpoint)
                answer.get_data()
            else:
                self.pages[endpoint].append(address)
                waiting.extend((address, link) for link in sorted(self._links(address, answer.text)))

    def endpoint(self, address: str) -> str | None:
        try:
            return str(self.routes.match(urlsplit(address).path, method="GET")[0])
        except (HTTPException, RequestRedirect):
            return None

    def _links(self, page: str, text: str) -> Iterator[str]:
        folder = urlsplit(page).path.rpartition("/")[0]
        for href in re.findall(r"""(?:href|src)=["']([^"'#]+)""", text):
            parts = urlsplit(unescape(href))
            if parts.scheme or parts.netloc or parts.path.startswith("/static"):
                continue
            path = parts.path if parts.path.startswith("/") else f"{folder}/{parts.path}"
            if not parts.path:
                path = urlsplit(page).path
            yield path + (f"?{parts.query}" if parts.query else "")


@pytest.fixture
def told(stopped: Any, world: World) -> story.Told:
    return world(told_year, make.NOW)


def _routes(app: Flask, *doors: str) -> dict[str, str]:
    """{endpoint: rule} of everything that can be asked for at some doors."""
    return {
        rule.endpoint: rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] in doors and "GET" in (rule.methods or ())
    }


def _hold(app: Flask, found: Found, *doors: str) -> None:
    assert found.broken == []
    missing = {
        endpoint: rule
        for endpoint, rule in _routes(app, *doors).items()
        if endpoint not in found.pages and endpoint not in found.files and endpoint not in ANOTHER_WAY
    }
    assert missing == {}, "no link leads to these"


def looked_at(found: Found) -> dict[str, list[str]]:
    """The kinds of pages that the browser is to open today, drawn by name."""
    return {
        endpoint: addresses
        for endpoint, addresses in found.pages.items()
        if is_drawn(endpoint, one_in=ONE_IN)
    }


def places_at_sessions(told: story.Told) -> tuple[Booking, Booking]:
    """Of the made-up training: places at its first session, and places at its last, which is still to come."""
    taken = db.session.scalars(
        select(Booking)
        .join(Performance)
        .where(
            Booking.programme_id == told.for_adults.id, Booking.role == "guest", Booking.ended_at.is_(None)
        )
        .order_by(Performance.starts_at, Booking.id)
    ).all()
    return taken[0], taken[-1]


def test_every_page_of_the_desk_has_no_fault(
    app: Flask, client: FlaskClient, told: story.Told, site: Site, wide_page: Page
) -> None:
    sign_in(client, told.coordinator)
    found = Found(app, client)
    show = db.session.scalars(select(Performance).order_by(Performance.starts_at.desc())).first()
    sent = db.session.scalars(select(Letter).where(Letter.status == "sent").order_by(Letter.id)).first()
    assert show is not None and sent is not None
    proposed, booked = told.cast.playing(cast.PROPOSED)[0], told.cast.playing(cast.BOOKED)[0]
    to_move = promises.live(told.programme.id, booked.organisation_id)[-1].performance_id
    drawn = db.session.scalars(select(PlanLine).where(PlanLine.state == "drawn").order_by(PlanLine.id)).all()
    plan_id = drawn[0].plan_id
    lines = "&".join(f"line={line.id}" for line in drawn if line.plan_id == plan_id)
    with transaction():
        code = asked.ask(db.session.get_one(Performance, to_move), told.coordinator, now=make.NOW)["before"]
        by_lot(
            told.programme, [one.organisation_id for one in told.cast.playing(cast.SILENT)[:3]], now=make.NOW
        )
        make.contact(
            make.body(told.partnership), address="desk@response.example", partnership_id=told.partnership.id
        )
        make.body(told.partnership, name="Redmere Night Team")
        subscriptions.make(
            told.partnership.id,
            "The case system",
            "https://x.example/told",
            subscriptions.EVENTS,
            who="Priya",
            now=make.NOW,
        )
    assert asked.answers(code, at=make.NOW)
    other = re.search(
        r'name="with".*?<option value="(\d+)"', client.get(f"/desk/diary/move/{to_move}").text, re.S
    )
    assert other
    found.follow(
        "/desk",
        f"/desk/diary/swap/{to_move}?with={other[1]}",
        f"/desk/schools/{places_at_sessions(told)[1].organisation_id}",
        f"/desk/shows/{to_move}/codes",
        f"/desk/plans/{plan_id}/accept?{lines}",
        f"/desk/diary/move/{to_move}",
        f"/desk/diary?move={to_move}",
        f"/desk/schools/{booked.organisation_id}",
        f"/desk/schools/{proposed.organisation_id}",
        f"/desk/schools/{told.cast.playing(cast.BOUNCED)[0].organisation_id}",
        f"/desk/schools/{told.cast.playing(cast.SEEN)[0].organisation_id}",
        f"/desk/schools/{booked.organisation_id}/notes",
        f"/desk/tour/days/{show.tour_day_id}/call-off",
        f"/desk/letters/{sent.id}",
        *(f"/desk/bookings/{places.reference}" for places in places_at_sessions(told)),
        *(rule for rule in _routes(app, "coordinator").values() if "<" not in rule),
    )
    _hold(app, found, "coordinator")
    site.sign_in(wide_page, told.coordinator)
    for addresses in looked_at(found).values():
        # A letter in its frame runs no script, so that the browser would be asked for ever, and what the palette
        # shows is a part of a page; both are looked at where they stand.
        if not urlsplit(addresses[0]).path.endswith(("/html", "/letter", "/options")):
            site.check(wide_page, addresses[0])


def right_people(programme: Programme, of: School, token: str) -> None:
    """The link was sent with the question whether we hold the right people."""
    link = db.session.scalars(
        select(PersonalLink).where(PersonalLink.token_hash == links.hash_of(token))
    ).one()
    db.session.add(
        ConfirmationRequest(
            partnership_id=programme.partnership_id,
            programme_id=programme.id,
            academic_year=programme.academic_year,
            organisation_id=of.organisation_id,
            address=link.address.lower(),
            letter_id=make.letter(link.address, make.NOW).id,
            link_id=link.id,
            recorded_at=make.NOW,
            who="Priya",
        )
    )
    db.session.flush()


def stop_page_of_a_digest(person: Coordinator) -> str:
    """The page behind the link of a digest that goes to somebody this morning."""
    with transaction():
        days.choose(person, range(7), who="Priya", now=make.NOW - timedelta(days=1))
    with transaction():
        assert sending.send(person.id, now=make.NOW)
    letter = db.session.scalars(select(Letter).order_by(Letter.id.desc())).first()
    assert letter is not None
    address = dict(copies.read(letter.raw).headers)["List-Unsubscribe"].strip("<>")
    return urlsplit(address).path


def test_every_page_of_a_school_and_of_everybody_has_no_fault(
    app: Flask, client: FlaskClient, told: story.Told, site: Site, page: Page
) -> None:
    gone = {item.live.key for item in leavers.left(told.partnership.id, now=make.NOW)}
    proposal = next(
        offer
        for offer in proposals.still_open(told.programme.id, now=make.NOW)
        if kept_on.key(kept_on.OFFER, offer.id) not in gone
    )
    booking = db.session.scalars(
        select(Booking)
        .join(Performance)
        .where(
            Booking.ended_at.is_(None),
            Booking.organisation_id.in_([s.organisation_id for s in told.cast.playing(cast.BOOKED)]),
        )
        .order_by(Performance.starts_at.desc())
    ).first()
    played = db.session.scalars(
        select(Booking)
        .join(Performance)
        .join(VisitReport, VisitReport.booking_id == Booking.id)
        .where(Booking.ended_at.is_(None), Performance.ends_at < make.NOW, VisitReport.side == "school")
        .order_by(Booking.id)
    ).first()
    assert booking is not None and played is not None
    wish = db.session.scalars(
        select(GuestPlace).where(GuestPlace.programme_id == told.programme.id, GuestPlace.ended_at.is_(None))
    ).one()
    joined = db.session.scalars(select(Booking).where(Booking.role == "guest").order_by(Booking.id)).first()
    assert joined is not None
    host = promises.of_performance(wish.performance_id)[0]
    silent = told.cast.playing(cast.SILENT)[0]
    organisation_ids = (silent.organisation_id, booking.organisation_id, proposal.organisation_id)
    schools = {s.organisation_id: s for s in told.cast.everybody}
    with transaction():
        tokens = [
            link_to(told.programme, schools[organisation_id])
            for organisation_id in (
                *organisation_ids,
                silent.organisation_id,
                host.organisation_id,
                joined.organisation_id,
                played.organisation_id,
            )
        ]
        right_people(told.programme, silent, tokens[3])
        trained, coming = (
            (places.reference, link_to(told.for_adults, places.organisation))
            for places in places_at_sessions(told)
        )
        code = asked.ask(booking.performance, told.coordinator, now=make.NOW)["before"].in_address
    stop = stop_page_of_a_digest(told.coordinator)
    site.open(page, f"/i/{tokens[0]}")
    page.locator("button.slot").first.click()
    page.wait_for_load_state("load")
    found = Found(app, client)
    found.follow(
        "/",
        *(f"/i/{tokens[0]}/{step}" for step in ("form", "pupils", "hall", "people")),
        f"/i/{tokens[6]}/booked/{played.reference}",
        *(f"/i/{token}" for token in tokens[:6]),
        f"/i/{tokens[2]}/kept/{proposal.id}/pupils",
        f"/i/{tokens[2]}/kept/{proposal.id}/hall",
        f"/i/{tokens[2]}/kept/{proposal.id}/people",
        f"/i/{tokens[2]}/kept/{proposal.id}/no",
        f"/i/{tokens[1]}/booked/{booking.reference}",
        f"/i/{tokens[4]}/booked/{host.reference}/guests/{wish.id}",
        f"/i/{tokens[5]}/booked/{joined.reference}/coming",
        f"/b/{booking.reference}",
        f"/company/days/{booking.performance.tour_day_id}",
        f"/find/{silent.organisation_id}",
        f"/find/{silent.organisation_id}/asked",
        f"/i/{tokens[3]}/contacts",
        f"/q/{code}",
        f"/q/{code}/thanks",
        stop,
        f"/i/{tokens[0]}/answered/not-this-year",
        f"/i/{tokens[0]}/new-link/asked",
        f"/i/{coming[1]}/sessions",
        f"/i/{coming[1]}/booked/{coming[0]}",
        f"/i/{trained[1]}/booked/{trained[0]}",
        *(rule for rule in _routes(app, "public").values() if "<" not in rule and rule != "/metrics"),
    )
    _hold(app, found, "school", "public")
    for addresses in looked_at(found).values():
        site.check(page, addresses[0])


def test_every_page_of_the_company_has_no_fault(
    app: Flask, client: FlaskClient, told: story.Told, site: Site, page: Page
) -> None:
    link = db.session.scalars(select(TroupeLink).order_by(TroupeLink.id)).first()
    assert link is not None
    found = Found(app, client)
    token = troupe_links.token_of(link, app.config["SECRET_KEY"])
    # Two shows that are over, of which the company told: its report, and taking that back.
    over = db.session.scalars(
        select(Performance.id)
        .join(VisitReport, VisitReport.performance_id == Performance.id)
        .where(
            Performance.troupe_id == link.troupe_id,
            Performance.ends_at < make.NOW,
            VisitReport.side == "company",
        )
        .order_by(Performance.id)
        .limit(2)
    ).all()
    assert over
    found.follow(
        f"/t/{token}",
        *(f"/t/{token}/shows/{n}/report" for n in over),
        *(f"/t/{token}/shows/{n}/report/withdraw" for n in over),
    )
    _hold(app, found, "company")
    for addresses in looked_at(found).values():
        for address in addresses:
            site.check(page, address)
