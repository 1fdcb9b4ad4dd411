"""Every next step that can stand beside a school leads to a page that opens and whose form does just that
deed."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from how_many import some_of
from outreach.asking.chasing import reminders
from outreach.booking import promises
from outreach.booking.holds import FormBegun
from outreach.booking.promises import Booking
from outreach.county.schools import School
from outreach.coverage import gaps
from outreach.coverage.gaplist import missing
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.web.coordinator.next_steps import BY_PHONE, NextSteps
from web.conftest import Clock
from worlds import World

NOW, DAY = make.NOW, timedelta(days=1)
NUMBER = "01632 960 118"

DOES = {
    "Write": "Send the invitation",
    "Write to the new contact": "Send the invitation",
    "Remind": "Remind 1 school",
    "Raise": "Send the letter|Show the letter",
    "Ring and note": "Keep this call|Keep the answer",
    BY_PHONE: "Keep this call|Choose a time with them",
    "Find an address": "Put on file",
    "Ask for the report": "Put the report down",
    "Settle the report": "Put the report down",
    "Ask for the number": "Put the report down",
    "See what is known": "",
    **{
        gaps.NEXT[kind]: 'name="slot" value="[^"]+"'
        for kind in (
            gaps.OTHER_DATE,
            gaps.WAITING_LIST,
            gaps.REFUSED_SLOT,
            gaps.LAPSED,
            gaps.CANCELLED,
            gaps.YEAR_MISSING,
            gaps.NOT_AT_ALL,
        )
    },
}
"""What stands on the page of each step: the words of its button, or the times to choose from."""


class County:
    """A school of each cause, where it can be told in a line or two; each has a number to ring."""

    def __init__(self) -> None:
        self.partnership = make.partnership()
        self.programme = make.programme(self.partnership, created_at=make.EARLIER)
        troupe = make.troupe(self.partnership)
        for n in range(12):
            make.tour_day(self.programme, troupe, day=date(2027, 3, 8) + n * DAY)
        self.person = make.person(self.partnership)
        self.organisation_ids: dict[str, int] = {}
        p = self.programme
        self.of("fresh")
        make.invitation(p, self.of("asked lately"), NOW - timedelta(hours=1))
        make.invitation(p, self.of("silent"), NOW - 30 * DAY, address="silent@redmere.example", repeat=0)
        db.session.add(
            FormBegun(
                programme_id=p.id,
                organisation_id=self.of("started").organisation_id,
                recorded_at=NOW - 2 * DAY,
            )
        )
        for kind in ("other date", "waiting list", "somebody else", "refused slot", "declined"):
            make.answer(p, self.of(kind), kind, at=NOW - DAY)
        self.of("no address", contact=False)
        self.of("no address nor number", contact=False, telephone="")
        make.cancellation(self.show("cancelled", NOW + 40 * DAY, {8: 90, 9: 90}), NOW - DAY, by="company")
        failed = self.show("failed", NOW - 8 * DAY, {8: 90, 9: 90})
        make.report(failed, "school", NOW - 7 * DAY, took_place=False, why_not="illness")
        failed.outcome = promises.FAILED
        self.show("unreported", NOW - 9 * DAY, {8: 90, 9: 90})
        both = self.show("disagree", NOW - 10 * DAY, {8: 90, 9: 90})
        make.report(both, "school", NOW - 9 * DAY, {8: 90, 9: 90})
        make.report(both, "company", NOW - 9 * DAY, took_place=False, why_not="illness")
        make.report(self.show("half", NOW - 11 * DAY, {8: 120}), "school", NOW - 9 * DAY, {8: 120})
        self.show("half booked", NOW + 41 * DAY, {8: 120})
        few = self.show("few", NOW - 12 * DAY, {8: 120, 9: 120})
        make.report(few, "school", NOW - 9 * DAY, {8: 3, 9: 4})
        promises.put_what_came(few, {8: 3, 9: 4})

    def of(self, name: str, *, contact: bool = True, telephone: str = NUMBER) -> School:
        school = make.school(name=name.capitalize(), telephone=telephone)
        if contact:
            make.contact(school, address=f"{name.replace(' ', '')}@redmere.example")
        self.organisation_ids[name] = school.organisation_id
        return school

    def show(self, name: str, at: datetime, pupils: dict[int, int]) -> Booking:
        return make.booking(make.show(self.programme, self.of(name), at), pupils)


def county_of_causes() -> County:
    with transaction():
        return County()


@pytest.fixture
def county(stopped: Clock, world: World) -> County:
    return world(county_of_causes)


@pytest.fixture
def desk(client: FlaskClient, county: County) -> FlaskClient:
    return make.signed_in(client, county.person)


def listed(desk: FlaskClient) -> dict[str, tuple[str, str]]:
    """{school: (words, address)} of the next steps in the gaps list."""
    found = {}
    for row in desk.get("/desk/gaps").text.split('<tr class="school">')[1:]:
        name = re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', row)[0]
        address, words = re.findall(r'<td><a href="([^"]*)">([^<]*)<span class="vh">', row)[-1]
        found[name] = words, unescape(address)
    return found


def does(desk: FlaskClient, words: str, address: str) -> None:
    answer = desk.get(address)
    assert answer.status_code == 200, (words, address, answer.headers.get("Location"))
    assert re.search(DOES[words], answer.text), (words, address)
    assert "obody to write to" not in answer.text, (words, address)


@pytest.mark.any_database
def test_each_next_step_of_the_list_leads_to_a_page_that_does_it_and_the_schools_page_says_the_same(
    desk: FlaskClient, county: County
) -> None:
    steps = listed(desk)
    assert {name.lower() for name in steps} == set(county.organisation_ids)
    assert {name.lower(): words for name, (words, _) in steps.items()} == {
        "fresh": "Write",
        "asked lately": "Ring and note",
        "silent": "Remind",
        "started": "Ring and note",
        "other date": "Offer other times",
        "waiting list": "Offer a time",
        "somebody else": "Write to the new contact",
        "refused slot": "Offer other times",
        "declined": "Ring and note",
        "no address": BY_PHONE,
        "no address nor number": "Find an address",
        "cancelled": "Offer the nearest times",
        "failed": "Offer the nearest times",
        "unreported": "Ask for the report",
        "disagree": "Settle the report",
        "half": "Offer a second show",
        "half booked": "Offer a second show",
        "few": "Offer a second show",
    }
    for name, (words, address) in steps.items():
        does(desk, words, address)
        page = desk.get(
            f"/desk/schools/{county.organisation_ids[name.lower()]}?programme={county.programme.id}&from=gaps"
        ).text
        panel = page[page.index('<section class="next"') :].partition("</section>")[0]
        if words in ("Ring and note", BY_PHONE):
            assert "Next: ring" in panel and NUMBER in panel and "Keep this call" in panel, name
            continue
        button = re.search(r'<a class="btn" href="([^"]*)">', panel)
        assert "<h2>Next: " in panel and button is not None and unescape(button[1]) == address, name


@pytest.mark.any_database
def test_every_cause_leads_to_a_page_that_does_it_whether_or_not_the_school_can_be_written_to(
    desk: FlaskClient, county: County
) -> None:
    """Every cause that a gap can have (but in the longest run some of them), put to a school that can be written to and to
    ones that cannot."""
    said: dict[str, set[str]] = {}
    for reply_by, closed in ((None, False), (date(2027, 1, 15), False), (None, True)):
        with transaction():
            programme = db.session.get_one(Programme, county.programme.id)
            programme.reply_by = reply_by or programme.reply_by
            programme.closed_at = NOW if closed else None
        found = {g.standing.name: g for g in missing.missing_from_programme(programme, now=NOW).gaps}
        for name in ("Fresh", "No address", "No address nor number"):
            gap = found[name]
            for kind in some_of(gaps.CAUSES, one_in=3):
                standing = replace(gap.standing, kind=kind)
                with desk.application.test_request_context():
                    steps = NextSteps(
                        programme, {gap.organisation_id: standing}, {gap.organisation_id: gap.family}, now=NOW
                    )
                    words, address = steps.step_for(standing)
                does(desk, words, address)
                said.setdefault(name, set()).add(words)
    assert BY_PHONE in said["No address"] and "Write" not in said["No address"]
    assert BY_PHONE not in said["No address nor number"]
    assert BY_PHONE in said["Fresh"]  # after the reply-by date no letter goes


def test_a_school_that_was_reminded_twice_is_raised_or_booked_for_by_phone(
    desk: FlaskClient, county: County, stopped: Clock
) -> None:
    organisation_id = county.organisation_ids["silent"]
    with transaction():
        db.session.get_one(Programme, county.programme.id).reply_by = date(2027, 5, 1)
    for days in (1, 12):
        stopped.now = NOW + days * DAY
        while stopped.now.weekday() > 4:
            stopped.now += DAY
        with transaction():
            reminders.send(county.programme, [organisation_id], who="Priya", now=stopped.now)
            for letter in db.session.scalars(select(make.Letter).where(make.Letter.status == "waiting")):
                letter.status, letter.handed_at = "sent", stopped.now
    stopped.now += 30 * DAY
    with transaction():
        make.tour_day(county.programme, make.troupe(county.partnership), day=(stopped.now + 40 * DAY).date())
    assert listed(desk)["Silent"][0] == "Ring and note"  # three calls before it is raised
    school = f"/desk/schools/{organisation_id}"
    assert "Raise to the head…" in desk.get(school).text
    for n in range(3):
        kept = {"said": "nobody", "text": f"try {n}"}
        assert desk.post(f"{school}/call", data=kept).status_code == 303
    words, address = listed(desk)["Silent"]
    assert words == "Raise"
    assert "Next: raise to the head" in desk.get(school).text
    does(desk, words, address)
    for page in ("/desk/chasing", "/desk/chasing/schools?show=consent"):
        links = re.findall(r'href="([^"]+)">Book by phone<span class="vh"> for Silent', desk.get(page).text)
        assert len(links) == 1, page
        does(desk, BY_PHONE, unescape(links[0]))


def test_booking_by_phone_goes_straight_to_the_schools_times_and_keeps_who_spoke(
    desk: FlaskClient, county: County
) -> None:
    _, panel = listed(desk)["No address"]
    assert f'href="tel:{NUMBER.replace(" ", "")}"' in desk.get(panel).text
    address = f"/desk/schools/{county.organisation_ids['no address']}/book?programme={county.programme.id}"
    assert address in unescape(desk.get(panel).text)
    assert "Enter the name of whoever is on the phone." in desk.post(address, data={"name": " "}).text
    answer = desk.post(address, data={"name": "Joanna Fell"})
    assert answer.status_code == 303
    times = desk.get(answer.headers["Location"])
    assert times.status_code == 200 and "No address" in times.text
    slot = re.search(r'name="slot" value="([^"]+)"', times.text)
    assert slot is not None
    token = answer.headers["Location"].split("/i/")[1].split("/")[0]
    kept = desk.post(f"/i/{token}/choose", data={"slot": unescape(slot[1])})
    assert kept.status_code == 303
    who = f"Joanna Fell, on the phone with {county.person.name}"
    organisation_id = county.organisation_ids["no address"]
    rows = [(row.what, row.who) for row in history.history_of("school", organisation_id)]
    assert ("read out a link", county.person.name) in rows
    assert any(name == who for _, name in rows), rows


@pytest.mark.any_database
def test_a_school_that_says_yes_on_the_phone_is_booked_for_from_the_page_where_answers_are_noted(
    desk: FlaskClient, county: County
) -> None:
    _, panel = listed(desk)["Asked lately"]
    address = (
        f"/desk/schools/{county.organisation_ids['asked lately']}/answer?programme={county.programme.id}"
    )
    assert address in unescape(desk.get(panel).text)
    answer = desk.post(address, data={"kind": "books"})
    assert answer.status_code == 303
    does(desk, BY_PHONE, answer.headers["Location"])


@pytest.mark.parametrize("why", ["no days", "inside the notice", "full", "closed", "booked"])
def test_nobody_is_led_to_book_by_phone_where_nothing_can_be_booked(
    desk: FlaskClient, county: County, why: str
) -> None:
    """Neither in the list nor on the school's page, nor by the answer; and who goes there all the same is
    told why."""
    organisation_id = county.organisation_ids["no address"]
    with transaction():
        days = list(db.session.scalars(select(TourDay)))
        if why == "no days":
            for day in days:
                day.ended_at = NOW
        elif why == "inside the notice":
            db.session.get_one(Programme, county.programme.id).notice_book_days = 200
        elif why == "full":
            for day in days:
                if db.session.scalars(select(Performance).where(Performance.tour_day_id == day.id)).first():
                    day.shows_at_most = 1
                else:
                    day.ended_at = NOW
        elif why == "closed":
            db.session.get_one(Programme, county.programme.id).closed_at = NOW
        else:
            made = make.show(county.programme, db.session.get_one(School, organisation_id), NOW + 45 * DAY)
            make.booking(made, {8: 120, 9: 120})
    school = f"/desk/schools/{organisation_id}"
    query = f"?programme={county.programme.id}"
    assert listed(desk).get("No address", ("",))[0] != BY_PHONE
    assert BY_PHONE not in desk.get(school + query).text
    assert "they choose a time now" not in desk.get(f"{school}/answer{query}").text
    answer = desk.get(f"{school}/book{query}", follow_redirects=True)
    assert answer.request.path == school
    assert re.search("has ended|Nothing is left to book|No place is left", answer.text)


def test_only_a_coordinator_books_by_phone_and_only_for_the_own_schools(
    client: FlaskClient, county: County
) -> None:
    address = f"/desk/schools/{county.organisation_ids['fresh']}/book?programme={county.programme.id}"
    assert client.get(address).status_code in (302, 303, 401)
    with transaction():
        theirs = make.partnership(("850",), name="Their partnership")
        make.signed_in(client, make.person(theirs))
    assert client.get(address).status_code == 404
    assert client.post(address, data={"name": "X"}).status_code == 404
