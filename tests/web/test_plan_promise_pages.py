"""The pages from plan to promise: a day with its map, deeds on lines, the preview, accepting, planning
again."""

import re
from datetime import time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

import make
from little_tour import MONDAY, Tour, draw_up
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county.coordinators import Coordinator
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.planning import ordering, orders
from outreach.planning.orders import ACCEPTED, PlanLine, TourPlan
from outreach.planning.rules import PlanRules
from outreach.post.outbox import Letter
from outreach.tour.performances import Performance
from worlds import World

pytestmark = pytest.mark.any_database


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def drawn_plan() -> tuple[Tour, Coordinator, TourPlan]:
    """A plan that the planner drew for four schools on three days."""
    with transaction():
        tour = Tour(schools=4, days=3)
        person = make.person(tour.partnership)
        plan = ordering.order(tour.programme, PlanRules(seconds=60), who="Priya", now=make.NOW)
    draw_up()
    return tour, person, plan


@pytest.fixture
def t(client: FlaskClient, stopped: Any, world: World) -> SimpleNamespace:
    tour, person, plan = world(drawn_plan)
    make.signed_in(client, person)
    return SimpleNamespace(tour=tour, plan=plan, client=client, at=f"/desk/plans/{plan.id}", stopped=stopped)


def lines(t: SimpleNamespace, plan: TourPlan | None = None) -> list[PlanLine]:
    db.session.rollback()
    return orders.lines(plan or t.plan)


def shown(page: str) -> list[str]:
    return re.findall(r'name="line" value="([^"]+)"', page)


def accept(t: SimpleNamespace, ticked: list[PlanLine], **typed: Any) -> Any:
    page = t.client.get(f"{t.at}/accept", query_string={"line": [each.id for each in ticked]}).text
    return t.client.post(f"{t.at}/accept", data={"line": shown(page), "reply_by": "12/2/2027"} | typed)


def test_the_plan_leads_to_its_days_and_to_accepting(t) -> None:
    page = t.client.get(t.at)
    assert "Accept what is ticked" in page.text and "Plan again, keeping these" in page.text
    day = lines(t)[0].day
    assert f"{t.at}/day/{day}" in page.text


def test_a_day_shows_what_stands_and_what_is_drawn_with_the_road_and_a_map(t) -> None:
    drawn = lines(t)
    day = drawn[0].day
    here = [each for each in drawn if each.day == day]
    with transaction():
        show = make.school(name="Booked School", easting=452000, northing=201000)
        starts = wall(day, time(13, 30))
        if len(here) < 2:
            row = Performance(
                programme_id=t.tour.programme.id,
                partnership_id=t.tour.programme.partnership_id,
                tour_day_id=here[0].tour_day_id,
                troupe_id=here[0].troupe_id,
                organisation_id=show.organisation_id,
                easting=452000,
                northing=201000,
                get_in_at=starts - timedelta(minutes=60),
                starts_at=starts,
                ends_at=starts + timedelta(minutes=75),
                away_at=starts + timedelta(minutes=105),
                created_at=make.EARLIER,
                uid="u",
                organizer_token="t",
            )
            make.placed(row)
            make.booking(row, {8: 90})
    page = t.client.get(f"{t.at}/day/{day}")
    words = text_of(page)
    for each in here:
        assert each.organisation.name in words
    assert "In the plan" in words and "Marlford leaves at" in words and "home at" in words
    assert page.text.count("<circle") >= len(here) and "<svg" in page.text and 'role="img"' in page.text
    assert "min" in words


@pytest.mark.both_databases
def test_a_day_without_anything_leads_back_and_nonsense_is_not_found(t) -> None:
    answer = t.client.get(f"{t.at}/day/2027-06-30")
    assert answer.status_code == 303 and answer.headers["Location"].endswith(t.at)
    assert t.client.get(f"{t.at}/day/yesterday").status_code == 404
    assert t.client.get("/desk/plans/999999/day/2027-03-01").status_code == 404


@pytest.mark.both_databases
def test_a_line_is_struck_put_back_and_pinned_and_the_page_says_so(t) -> None:
    line = lines(t)[0]
    at = f"{t.at}/lines/{line.id}/decide"
    for deed, words in (
        ("strike", "is struck"),
        ("put back", "is back in the plan"),
        ("pin", "is pinned"),
        ("unpin", "not pinned any more"),
    ):
        answer = t.client.post(at, data={"deed": deed, "from": "list"}, follow_redirects=True)
        assert words in text_of(answer), deed
    assert t.client.post(at, data={"deed": "nonsense"}).status_code == 404


@pytest.mark.both_databases
def test_a_line_moves_to_a_time_that_fits_and_one_that_does_not_is_refused_in_words(t) -> None:
    line = lines(t)[0]
    at = f"{t.at}/lines/{line.id}/move"
    page = t.client.get(at)
    keys = re.findall(r'name="slot" value="([^"]+)"', page.text)
    assert "on paper alone" in page.text and keys
    answer = t.client.post(at, data={"slot": keys[-1]})
    assert answer.status_code == 303
    moved = next(each for each in lines(t) if each.id == line.id)
    assert keys[-1].startswith(f"{moved.tour_day_id}-")
    bad = t.client.post(at, data={"slot": "1-0000"})
    assert (bad.status_code, "does not fit beside what stands" in bad.text) == (422, True)


def test_the_preview_shows_the_list_and_the_letter_and_writes_nothing(t) -> None:
    ticked = lines(t)
    page = t.client.get(f"{t.at}/accept", query_string={"line": [each.id for each in ticked]})
    words = text_of(page)
    assert "Offer 4 times to schools?" in words and "Nothing has gone yet" in words
    assert all(each.organisation.name in words for each in ticked)
    frame = re.search(r'src="([^"]+/letter[^"]*)"', page.text)
    assert frame is not None
    letter = t.client.get(frame[1].replace("&amp;", "&"))
    assert "Nothing is booked yet" in letter.text
    assert "sandbox" in letter.headers["Content-Security-Policy"]
    assert db.session.query(Letter).count() == db.session.query(Proposal).count() == 0


def test_accepting_makes_proposals_and_says_how_many(t) -> None:
    answer = accept(t, lines(t))
    assert answer.status_code == 303, text_of(answer)
    page = text_of(t.client.get(answer.headers["Location"]))
    assert "4 proposals are waiting to go out. Nobody is booked by us." in page
    assert [each.state for each in lines(t)] == [ACCEPTED] * 4
    assert db.session.query(Booking).count() == 0
    twice = t.client.post(
        f"{t.at}/accept",
        data={"line": [f"{each.id} x" for each in lines(t)], "reply_by": "12/2/2027"},
    )
    assert twice.status_code == 303 and db.session.query(Proposal).count() == 4
    assert "What was accepted before stays" in text_of(t.client.get(twice.headers["Location"]))


@pytest.mark.both_databases
def test_what_does_not_fit_any_more_is_named_and_the_others_go(t) -> None:
    ticked = lines(t)
    with transaction():
        gone = ticked[0]
        for row in t.tour.days:
            if row.id == gone.tour_day_id:
                row.ended_at = make.NOW
    staying = [each for each in ticked if each.tour_day_id != gone.tour_day_id]
    page = text_of(t.client.get(f"{t.at}/accept", query_string={"line": [each.id for each in ticked]}))
    assert f"{gone.organisation.name}" in page and "The troupe does not play that day any more" in page
    done = t.client.get(accept(t, ticked).headers["Location"])
    assert "Not done: " in text_of(done) and "the troupe does not play that day any more" in text_of(done)
    assert db.session.query(Proposal).count() == len(staying)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"reply_by": ""}, "Enter until which day the times are kept."),
        ({"reply_by": "1/1/2027"}, "The day to reply by is past."),
        ({"reply_by": "31/2/2027"}, "That is not a date."),
    ],
)
def test_a_day_to_reply_by_that_makes_no_sense_is_refused_and_the_list_stays(t, typed, words) -> None:
    answer = accept(t, lines(t), **typed)
    assert (answer.status_code, words in answer.text) == (422, True), text_of(answer)
    assert len(shown(answer.text)) == 4 and db.session.query(Proposal).count() == 0


def test_another_day_to_reply_by_shows_the_list_again(t) -> None:
    answer = accept(t, lines(t), reply_by="10/2/2027", look="1")
    assert answer.status_code == 303
    assert "10 February" in text_of(t.client.get(answer.headers["Location"]))
    assert db.session.query(Proposal).count() == 0


def test_nothing_ticked_says_so(t) -> None:
    assert "Nothing to offer" in text_of(t.client.get(f"{t.at}/accept"))
    assert "Nothing to offer" in text_of(t.client.get(f"{t.at}/accept?line=999999&line=nonsense"))


@pytest.mark.both_databases
def test_planned_again_what_was_accepted_stays_and_the_page_compares(t) -> None:
    accept(t, lines(t)[:2])
    answer = t.client.post(f"{t.at}/again")
    assert answer.status_code == 303
    draw_up()
    page = text_of(t.client.get(answer.headers["Location"]))
    assert "Against the plan before" in page and "0 moved" in page
    again = db.session.get_one(TourPlan, int(answer.headers["Location"].rsplit("/", 1)[1]))
    assert sorted(each.was for each in lines(t, again)) == ["kept"] * 4
    assert sum(each.state == ACCEPTED for each in lines(t, again)) == 2
    t.at = f"/desk/plans/{again.id}"
    t.plan = again
    assert accept(t, lines(t)).status_code == 303
    assert db.session.query(Proposal).count() == 4


def test_another_partnership_finds_nothing_of_it(t) -> None:
    line = lines(t)[0]
    with transaction():
        theirs = make.person(make.partnership(("932",)))
    client = make.signed_in(t.client, theirs)
    for path in (
        f"/day/{MONDAY}",
        "/accept",
        f"/lines/{line.id}/move",
        f"/lines/{line.id}/letter",
    ):
        assert client.get(t.at + path).status_code == 404, path
    for path in ("/accept", "/again", f"/lines/{line.id}/move", f"/lines/{line.id}/decide"):
        assert client.post(t.at + path, data={"deed": "strike"}).status_code == 404, path
    assert db.session.query(Proposal).count() == 0
