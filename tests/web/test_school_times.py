"""The slot page: what stands on it, what it refuses, and that looking changes nothing."""

import re
from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient
from school_story import TUESDAY, lay, link_to, said
from sqlalchemy import event, func, select

import make
from outreach.booking.holds import FormBegun
from outreach.county.partnerships import InsetDay
from outreach.ground.db import db, transaction
from outreach.ground.history import History
from outreach.post import links
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.visits import reports

pytestmark = pytest.mark.any_database


def test_page_says_whose_it_is_what_it_is_how_long_what_it_costs_and_until_when(
    client: FlaskClient, stopped
) -> None:
    story = lay(
        client,
        summary="A play about exploitation and who to tell, with a discussion.",
        school={"name": "Redmere Academy"},
    )
    page = story.get()
    assert page.status_code == 200
    words = said(page)
    for sentence in (
        "Redmere Academy, Kestermere · not your school? Choose a time for ‘Someone to Tell’ "
        "A play about exploitation and who to tell, with a discussion, for your Years 8 and 9. "
        "75 minutes Free Reply by Friday 5 February",
        "March 3 days Tuesday 9 March morning and afternoon Morning 9:00am on Tuesday 9 March",
        "What you need a hall, free from 1 hour before the start until 30 minutes after the end",
        "Questions? Priya Nandakumar, 01632 960 118",
    ):
        assert sentence in words
    assert "No hall, or few pupils join a neighbour’s show instead" in words


def test_page_says_why_a_day_has_no_time(client: FlaskClient, stopped) -> None:
    story = lay(client, days=3)
    with transaction():
        db.session.add(InsetDay(la_code="931", day=date(2027, 3, 10)))
    assert "Wednesday 10 March your INSET day" in said(story.get())


def test_days_stand_by_month_and_one_month_shows_its_days(client: FlaskClient, stopped) -> None:
    story = lay(client, days=28)
    first = said(story.get())
    assert "All days All days Mornings Afternoons March 13 days" in first
    assert "Thursday 25 March morning and afternoon" in first and "Monday 12 April" not in first
    assert first.count("April 4 days") == 1
    page = story.get().text
    assert '<details class="d ofmonth">' in page, "the cards come first; all days are folded"
    (to,) = re.findall(r'href="([^"]+from=2027-04-01[^"]*)"', page)
    later = client.get(to.partition("#")[0])
    assert '<details class="d ofmonth" open>' in later.text
    assert "Monday 12 April morning and afternoon" in said(later) and "Tuesday 9 March morn" not in said(
        later
    )
    assert "March 13 days" in said(later)


def test_mornings_and_afternoons_are_shown_alone(client: FlaskClient, stopped) -> None:
    story = lay(client, days=28)
    story.another_school().book(f"{story.keys()[0].partition('-')[0]}-0900")
    with transaction():
        for day in db.session.scalars(select(TourDay).where(TourDay.day == date(2027, 3, 10))):
            day.returns = time(12, 30)  # over before an afternoon could begin
    words = said(story.get())
    assert "Tuesday 9 March afternoon Afternoon midday on" in words
    assert "Wednesday 10 March morning Morning" in words
    mornings = story.get("/times?half=morning")
    words = said(mornings)
    assert "March 12 days Tuesday 9 March no time in the morning Wednesday 10 March morning Morning" in words
    assert "Afternoon midday" not in words and "half=morning&amp;from=2027-04-01" in mornings.text
    assert re.search(r'half=morning#all"\s+aria-current="true"', mornings.text)
    afternoons = said(story.get("/times?half=afternoon&from=2027-03-10"))
    assert "Tuesday 9 March afternoon Afternoon midday on" in afternoons
    assert "Wednesday 10 March no time in the afternoon" in afternoons and "9:00am on" not in afternoons
    assert said(story.get("/times?half=evening")) == said(story.get("/times"))


@pytest.mark.parametrize(("days", "how"), [(5, 'd ofmonth" open>'), (6, 'd ofmonth">')])
def test_few_days_stand_open(client: FlaskClient, stopped, days: int, how: str) -> None:
    assert f'<details class="{how}' in lay(client, days=days).get().text


@pytest.mark.parametrize("first", ["", "soon", "2027-13-40", "9999-12-31", "0001-01-01", "2027-03-28"])
def test_page_bears_any_date_in_its_address(client: FlaskClient, stopped, first: str) -> None:
    story = lay(client, days=3)
    page = story.get(f"/times?from={first}")
    assert page.status_code == 200 and "Tuesday 9 March" in said(page)


def test_page_of_a_full_tour_says_so_and_what_to_do(client: FlaskClient, stopped) -> None:
    story = lay(client, days=1)
    stopped.now = make.NOW + timedelta(days=45)
    words = said(story.get())
    assert "No time is left" in words or "The days are not set yet They stand here" in words
    assert "Tell us which days would suit" in words


def test_page_without_tour_days_says_what_will_stand_here(client: FlaskClient, stopped) -> None:
    story = lay(client, days=0)
    assert "The days are not set yet They stand here as soon as they are settled." in said(story.get())


def test_page_of_a_closed_programme_offers_nothing(client: FlaskClient, stopped) -> None:
    story = lay(client, closed_at=make.EARLIER)
    assert "Booking for ‘Someone to Tell’ has ended" in said(story.get())
    assert story.keys() == []
    assert story.post("/choose", slot="1-0900").status_code == 422


@pytest.mark.both_databases
def test_looking_changes_nothing(client: FlaskClient, stopped) -> None:
    story = lay(client)
    for path in (
        "",
        "/times",
        "/times?lost=1",
        "/form",
        "/pupils",
        "/check",
        "/not-this-year",
        "/other-days",
    ):
        assert story.get(path).status_code in (200, 302, 303)
    for verb in ("/choose", "/book", "/renew", "/give-back"):
        assert story.get(verb).status_code == 405
    db.session.rollback()
    counts = [
        db.session.scalar(select(func.count()).select_from(t)) for t in (Performance, FormBegun, History)
    ]
    assert counts == [0, 0, 0]


def test_choosing_keeps_the_time_and_goes_on_to_the_form(client: FlaskClient, stopped) -> None:
    story = lay(client)
    story.choose()
    page = story.get("/form", follow_redirects=True)
    words = said(page)
    assert "Kept until 9:15am" in words and "How many pupils will come?" in words
    assert "Tuesday 9 March, 9:00am" in words


@pytest.mark.both_databases
def test_time_left_is_said_and_the_button_renews_it(client: FlaskClient, stopped) -> None:
    story = lay(client)
    story.choose()
    stopped.after(minutes=12, seconds=10)
    assert "Kept until 9:15am" in said(story.get("/pupils"))
    answer = story.post("/renew", back="pupils")
    assert (answer.status_code, answer.headers["Location"]) == (303, story.path("/pupils"))
    assert "Kept until 9:27am" in said(story.get("/pupils"))


def test_renewing_goes_back_to_known_pages_only(client: FlaskClient, stopped) -> None:
    story = lay(client)
    story.choose()
    assert story.post("/renew", back="https://elsewhere.example").headers["Location"] == story.path("/form")
    assert story.post("/renew", back="book").headers["Location"] == story.path("/form")


def test_renewing_nothing_leads_to_the_times_that_are_left(client: FlaskClient, stopped) -> None:
    story = lay(client)
    answer = story.post("/renew", back="pupils")
    assert (answer.status_code, answer.headers["Location"]) == (303, story.path("/times"))
    for address in ("/times", "/times?lost=1"):
        assert "taken while you were typing" not in said(story.get(address))


def test_giving_back_frees_the_time_and_keeps_what_was_typed(client: FlaskClient, stopped) -> None:
    story = lay(client)
    key = story.choose()
    story.send("/pupils", {"pupils-0-8": "108", "pupils-0-9": "104"})
    assert story.post("/give-back").status_code == 303
    other = story.another_school()
    other.choose(key)
    story.choose(story.keys()[-1])
    assert 'value="108"' in story.get("/pupils").text


def test_reopening_with_a_kept_time_shows_the_band_and_the_way_on(client: FlaskClient, stopped) -> None:
    story = lay(client)
    story.choose()
    words = said(story.get())
    assert "Kept until 9:15am" in words and "Carry on with this time" in words


def test_slot_taken_by_another_school_shows_the_nearest_left(client: FlaskClient, stopped) -> None:
    story = lay(client, days=2)
    taken = next(k for k in story.keys() if k.endswith("-0930"))
    story.another_school().choose(taken)
    answer = story.post("/choose", slot=taken)
    assert answer.status_code == 422
    words = said(answer)
    assert "That time has just been taken. These are the nearest that are left." in words
    assert words.index("The nearest that are left Tue 9 March") > 0
    assert taken not in answer.text


@pytest.mark.parametrize(
    "key",
    ["", "x", "1-0900-1", "999999-0900", "-1-0900", "1-2561", "１-0900", "1-0900+2-0900+3-0900", "a" * 3000],
)
def test_choosing_nonsense_is_refused_with_the_times_that_are_left(
    client: FlaskClient, stopped, key: str
) -> None:
    story = lay(client)
    answer = story.post("/choose", slot=key)
    assert answer.status_code == 422
    assert "These are the nearest that are left" in said(answer)


def test_choosing_with_no_slot_at_all_is_refused(client: FlaskClient, stopped) -> None:
    assert lay(client).post("/choose").status_code == 422


def test_big_school_is_first_offered_two_shows_on_one_day(client: FlaskClient, stopped) -> None:
    story = lay(client, school={"number_of_pupils": 2100})
    words = said(story.get())
    assert "Two shows on one day We count 600 pupils and one show takes 250, so you need 3 shows." in words
    assert "Best times" not in words
    assert "+" in story.keys()[0]


def test_school_that_fits_is_not_offered_pairs(client: FlaskClient, stopped) -> None:
    assert "Two shows on one day" not in said(lay(client).get())


def test_two_troupes_on_one_day_are_one_day_to_a_school(client: FlaskClient, stopped) -> None:
    story = lay(client, days=1)
    with transaction():
        make.tour_day(story.programme, make.troupe(story.partnership), TUESDAY)
    words = said(story.get())
    assert words.count("Tuesday 9 March morning and afternoon") == 1


def test_another_partnerships_link_shows_its_own_school_only(client: FlaskClient, stopped) -> None:
    story = lay(client)
    with transaction():
        elsewhere = make.partnership(("932",), name="Othershire Partnership")
        production = make.programme(elsewhere, title="Something Else")
        token = link_to(production, make.school(name="Farther School", la_code="932"))
    page = client.get(f"/i/{token}").text
    assert "Othershire Partnership" in page and story.school.name not in page
    assert story.partnership.name not in page


@pytest.mark.both_databases
def test_unknown_token_is_a_404(client: FlaskClient, stopped) -> None:
    lay(client)
    for path in ("/i/nothing", "/i/nothing/times", "/i/nothing/booked/MRL-7K4P"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "There is no such page" in said(answer)


@pytest.mark.both_databases
def test_expired_and_withdrawn_links_show_the_way_to_a_new_one(client: FlaskClient, stopped) -> None:
    story = lay(client)
    with transaction():
        ended = link_to(story.programme, story.school, expires_at=make.NOW)
        withdrawn = link_to(story.programme, story.school, withdrawn_at=make.EARLIER)
    for token in (ended, withdrawn):
        for answer in (
            client.get(f"/i/{token}"),
            client.post(f"/i/{token}/choose", data={"slot": story.keys()[0]}),
        ):
            assert answer.status_code == 410
            assert "This link has ended" in said(answer) and "Find your school" in said(answer)
    assert links.find(ended) is not None


@pytest.mark.both_databases
@pytest.mark.parametrize("days", [1, 3, 60])
def test_slot_page_takes_six_queries_however_many_days(client: FlaskClient, stopped, days: int) -> None:
    story = lay(client, days=days)
    sent: list[str] = []

    def listen(_connection, _cursor, statement, *_rest) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            sent.append(statement)

    path = story.path()
    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", listen)
    assert client.get(path).status_code == 200
    event.remove(db.engine, "before_cursor_execute", listen)
    assert len(sent) == 6


@pytest.mark.both_databases
def test_time_no_longer_kept_but_still_free_can_be_kept_again(client: FlaskClient, stopped) -> None:
    story = lay(client)
    key = story.choose()
    story.post("/give-back")
    page = story.get("/times?lost=1")
    assert "is not kept for you any more, but nobody else has taken it" in said(page)
    assert "Keep Tuesday 9 March, 9:00am again" in said(page)
    assert page.text.count(f'value="{key}"') == 2


def test_after_a_show_that_did_not_take_place_the_schools_page_leads_to_another(
    client: FlaskClient, stopped
) -> None:
    story = lay(client)
    with transaction():
        show = make.show(story.programme, story.school, make.NOW - timedelta(days=5))
        lost = make.booking(show, {8: 110, 9: 110})
    assert "can still see it" not in said(story.get(follow_redirects=True))
    with transaction():
        reports.report(
            lost,
            "company",
            reports.ReportAccount(took_place=False, why_not="Snow"),
            who="Priya",
            now=make.NOW,
        )
    assert "Years 8 and 9 can still see it" in said(story.get(follow_redirects=True))
    assert story.book() != lost.reference
