"""The diary's pages: what stands where, the numbers and their lists, moving from a list, and what makes no
sense."""

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
from diary_story import Fortnight, lay
from flask.testing import FlaskClient

import make
from outreach.booking import holds
from outreach.booking.agenda import moving, placing, swapping, tour_diary
from outreach.booking.agenda.moves import DiaryMove
from outreach.booking.desk import proposing
from outreach.booking.proposals import Proposal
from outreach.county import school_days, school_lunch
from outreach.county.contacts import Contact
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.post.outbox import Letter
from outreach.tour import performances, slots
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from worlds import World

pytestmark = pytest.mark.any_database

DAY, NEXT = date(2027, 2, 9), date(2027, 2, 11)


@pytest.fixture
def two_weeks(client: FlaskClient, stopped: Any, world: World) -> Fortnight:
    found = world(lay, make.NOW - timedelta(hours=1))
    make.signed_in(client, found.person)
    return found


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.text)


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def test_a_week_shows_what_stands_the_roads_and_the_free_places(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    said = text(page(client, two_weeks.at))
    assert "Thornleigh School 9:30am · 200 pupils" in said
    assert "Ashcote High School 1:00pm, proposed to 1 Feb" in said
    assert "31 minutes’ road from Kestermere to Thornleigh School" in said
    assert "Birch" in said and "No tour day" in said
    assert "1 booked, 1 proposed, none held, 4 free." in said


@pytest.mark.parametrize("kind", tour_diary.KINDS)
def test_every_number_leads_to_a_list_with_that_many_rows(
    client: FlaskClient, two_weeks: Fortnight, kind: str
) -> None:
    with transaction():
        slot = slots.find(two_weeks.programme, two_weeks.missing, two_weeks.key(1, "0900"), now=make.NOW)
        assert slot is not None
        holds.hold(two_weeks.programme, two_weeks.missing, [slot], who="x", now=make.NOW)
        school_days.rule_out(two_weeks.booked.organisation, DAY, who="x", now=make.NOW)
    for view in ("", "&view=month"):
        html = page(client, two_weeks.at + view)
        found = re.search(rf'<a href="(/desk/diary/list/{kind}[^"]*)">(\d+)</a>', html)
        assert found, kind
        listed = page(client, found[1].replace("&amp;", "&"))
        assert listed.count('<tr><th scope="row">') == int(found[2]) > 0


def test_a_month_shows_its_days_and_asks_for_a_place_before_it_says_who_fits(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    html = page(client, f"/desk/diary?programme={two_weeks.programme.id}&view=month&from=2027-02-20")
    said = text(html)
    assert "February 2027" in said and "Thornleigh School" in said
    assert "Choose a free place" in said and "Rushton High School" not in said
    chosen = text(
        page(
            client,
            f"/desk/diary?programme={two_weeks.programme.id}&view=month&from=2027-02-20&fit={two_weeks.days[2].id}",
        )
    )
    assert "Would fit on Tuesday 9 February" in chosen and "Rushton High School" in chosen


def test_a_missing_school_leads_to_the_proposal_of_its_best_start(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    html = page(client, f"{two_weeks.at}&fit={two_weeks.days[1].id}")
    links = re.findall(r'href="(/desk/schools/\d+/propose[^"]+)"', html)
    assert len(links) == 1, "who is booked, or waits to answer, is not offered"
    assert "1 of <a" in html
    assert "Propose Thursday 11 February" in text(page(client, links[0].replace("&amp;", "&")))


def test_a_school_whose_days_are_closed_does_not_fit(client: FlaskClient, two_weeks: Fortnight) -> None:
    with transaction():
        school_days.rule_out(two_weeks.missing, NEXT, who="x", now=make.NOW)
    said = text(page(client, f"{two_weeks.at}&fit={two_weeks.days[1].id}"))
    assert "0 of 1 gap" in said and "Rushton" not in said


@pytest.mark.both_databases
def test_warnings_stand_where_they_arise(client: FlaskClient, two_weeks: Fortnight) -> None:
    with transaction():
        school_days.rule_out(two_weeks.booked.organisation, DAY, school_days.INSET_DAY, who="x", now=make.NOW)
        two_weeks.programme.audience_ceiling = 150
        show = two_weeks.booked.performance
        two_weeks.days[0].troupe.lunch_minutes = 200
        make_near(two_weeks, show)
    said = text(page(client, two_weeks.at))
    assert "INSET day at Thornleigh School" in said
    assert "Hall too small: 200 pupils at Thornleigh School, 150 at most" in said
    assert "4 minutes to spare on the road to Rushton High School" in said
    assert "lunch" in said


def test_across_lunch_a_move_asks_who_agreed_and_keeps_what_was_typed(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    school = two_weeks.booked.organisation
    assert "across its lunch" not in page(client, two_weeks.move)
    with transaction():
        school_lunch.say(
            school,
            time(12),
            time(13),
            is_dining_hall=True,
            set_may_stay=False,
            who="Jo",
            now=make.NOW,
        )
    html = page(client, two_weeks.move)
    assert "Times across its lunch are left out." in text(html)
    over = page(client, f"{two_weeks.move}?lunch=over")
    keys = r'name="slot" value="([^"]+)"'
    to = min(set(re.findall(keys, over)) - set(re.findall(keys, html)))
    asked = page(client, f"{two_weeks.move}?slot={to}")
    assert "It lies across the school’s lunch, 11:45am to 1:15pm" in text(asked)
    assert "Who at the school agreed" in asked
    beside = re.findall(keys, html)[0]
    assert "Who at the school agreed" not in page(client, f"{two_weeks.move}?slot={beside}")
    was = two_weeks.stands()
    typed = {"slot": to, "note": "As we said on the phone."}
    no = client.post(two_weeks.move, data=typed)
    assert no.status_code == 422 and "Say who at the school agreed" in no.text
    assert "As we said on the phone." in no.text and two_weeks.stands() == was
    assert client.post(two_weeks.move, data=typed | {"agreed": "The head, on the phone"}).status_code == 303
    assert f"{two_weeks.stands()[1]:%H%M}" == to.partition("-")[2]
    assert f"Over lunch at {school.name}, as it agreed" in text(page(client, two_weeks.at))


def make_near(two_weeks: Fortnight, show: Performance) -> None:
    """A show right after it, at the missing school seven minutes away, with four minutes to spare on the
    road."""
    begins = show.away_at + timedelta(minutes=11)
    near = two_weeks.missing
    programme = two_weeks.programme
    make.placed(
        Performance(
            partnership_id=programme.partnership_id,
            programme_id=programme.id,
            tour_day_id=show.tour_day_id,
            troupe_id=show.troupe_id,
            organisation_id=near.organisation_id,
            easting=near.easting,
            northing=near.northing,
            get_in_at=begins,
            starts_at=begins + timedelta(minutes=60),
            ends_at=begins + timedelta(minutes=60 + programme.show_minutes),
            away_at=begins + timedelta(minutes=90 + programme.show_minutes),
            created_at=make.NOW,
            held_until=make.NOW + timedelta(minutes=15),
            uid="near@outreach.example",
            organizer_token="near",
        )
    )


@pytest.mark.both_databases
def test_a_held_time_is_shown_and_cannot_be_moved(client: FlaskClient, two_weeks: Fortnight) -> None:
    with transaction():
        make_near(two_weeks, two_weeks.booked.performance)
        [held] = [p for p in db.session.query(Performance) if p.held_until]
    html = page(client, two_weeks.at)
    assert "Held, 15 minutes left" in text(html) and f"move={held.id}" not in html
    assert "A school is just booking that time" in page(client, f"{two_weeks.at}&move={held.id}")
    assert "A school is just booking that time" in page(client, f"/desk/diary/move/{held.id}")


def test_places_are_lit_and_the_others_say_why(client: FlaskClient, two_weeks: Fortnight) -> None:
    with transaction():
        school_days.rule_out(
            two_weeks.booked.organisation, NEXT, school_days.INSET_DAY, who="x", now=make.NOW
        )
    html = page(client, f"{two_weeks.at}&move={two_weeks.booked.performance_id}")
    said = text(html)
    assert "Moving Thornleigh School from Tuesday 9 February, 9:30am" in said
    assert "INSET day at Thornleigh School" in said
    lit = set(re.findall(r'class="fr ok [^"]*" data-day="(\d+)"', html))
    assert lit == {str(two_weeks.days[0].id), str(two_weeks.days[2].id)}
    assert "Free" not in said


@pytest.mark.both_databases
def test_a_missing_school_is_placed_from_the_list_beside_the_diary(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    """Without a script: its link, a lit place, the letter, and the time is kept for it."""
    with transaction():
        school_days.rule_out(two_weeks.missing, NEXT, school_days.INSET_DAY, who="x", now=make.NOW)
    number = two_weeks.missing.organisation_id
    listed = page(client, two_weeks.at)
    found = re.search(rf'<a href="([^"]*place={number})"[^>]*>Place…', listed)
    assert found and f'data-place="{number}"' in listed
    html = page(client, found[1].replace("&amp;", "&"))
    said = text(html)
    assert "A place for Rushton High School" in said and "Would fit" not in said and "Free" not in said
    assert "INSET day at Rushton High School" in said and "8 min more road" in said
    lit = re.findall(r'data-day="(\d+)" data-starts="([\d ]+)"[^>]*> ?<a href="([^"]+)"', html)
    assert {int(day) for day, _, _ in lit} == {two_weeks.days[0].id, two_weeks.days[2].id}
    address = lit[-1][2].replace("&amp;", "&")
    assert "Propose Tuesday 9 February" in text(page(client, address))
    [contact] = db.session.query(Contact).filter_by(organisation_id=number)
    sent = db.session.query(Letter).count()
    done = client.post(
        address.partition("?")[0],
        data={
            "programme": two_weeks.programme.id,
            "slot": f"{two_weeks.days[2].id}-1000",
            "people": contact.id,
            "reply_by": "1/2/2027",
        },
    )
    assert done.status_code == 303 and db.session.query(Letter).count() == sent + 1
    assert "Rushton High School 10:00am, proposed to 1 Feb" in text(page(client, two_weeks.at))


def test_a_school_can_be_proposed_each_lit_start_and_nothing_else(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    """By the rules of a proposal: its notice does not bind a coordinator; what the company needs, lunch here, does."""
    with transaction():
        two_weeks.programme.notice_book_days = 40
        two_weeks.days[0].troupe.lunch_minutes = 90
    whom = two_weeks.programme, two_weeks.missing
    ids = [day.id for day in two_weeks.days]
    offered = {
        place.key_at(at)
        for place in placing.places_for(*whom, only_days=ids, now=make.NOW)
        for at in place.starts
    }
    can = {
        key
        for day in ids
        for minute in range(7 * 60, 17 * 60, 5)
        if slots.find(
            *whom, key := f"{day}-{minute // 60:02d}{minute % 60:02d}", now=make.NOW, whatever_the_notice=True
        )
    }
    assert can == offered and len(can) > 15


def test_each_lit_start_can_be_had_and_nothing_else(client: FlaskClient, two_weeks: Fortnight) -> None:
    what = moving.find(two_weeks.booked.performance, now=make.NOW)
    offered = {
        place.key_at(at) for place in moving.places_to_move_to(what, now=make.NOW) for at in place.starts
    }
    every = {
        f"{day.id}-{minute // 60:02d}{minute % 60:02d}"
        for day in two_weeks.days
        for minute in range(7 * 60, 17 * 60, 15)
    }
    can = set()
    for key in sorted(every):
        try:
            moving.look(what, key, now=make.NOW)
        except (moving.PlaceGone, moving.StandsThere):
            continue
        can.add(key)
    assert can == offered and len(can) > 20


@pytest.mark.both_databases
def test_it_is_moved_from_the_list_with_a_note_and_undone(client: FlaskClient, two_weeks: Fortnight) -> None:
    listed = page(client, two_weeks.move)
    key = two_weeks.key(1, "0930")
    assert f'value="{key}"' in listed
    looked = text(page(client, f"{two_weeks.move}?slot={key}"))
    assert "Move Thornleigh School to Thursday 11 February, 9:30am?" in looked
    assert "min less road" in looked and "j.fell@redmere.example" in looked
    assert "The visit has moved from Tuesday 9 February at 9:30am to Thursday 11 February at 9:30am" in looked
    with_note = client.post(two_weeks.move, data={"slot": key, "note": "As agreed.", "look": "1"})
    assert with_note.status_code == 200 and with_note.text.count("As agreed.") == 2
    assert two_weeks.stands() == (DAY, time(9, 30))
    done = client.post(two_weeks.move, data={"slot": key, "note": "As agreed."})
    assert done.status_code == 303 and two_weeks.stands() == (NEXT, time(9, 30))
    after = text(page(client, done.headers["Location"]))
    assert (
        "Thornleigh School is moved to Thursday 11 February, 9:30am. The letter is waiting to go out."
        in after
    )
    assert "Moved today" in after and "Undo the move of Thornleigh School" in after
    move = db.session.query(DiaryMove).one()
    undone = client.post(f"/desk/diary/undo/{move.id}")
    assert undone.status_code == 303 and two_weeks.stands() == (DAY, time(9, 30))
    assert "It is back where it was. Whoever was told is told again." in text(
        page(client, undone.headers["Location"])
    )
    again = client.post(f"/desk/diary/undo/{move.id}", follow_redirects=True)
    assert "That was undone already." in again.text


@pytest.mark.both_databases
def test_two_change_places_with_both_letters_looked_at_and_back(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    other = two_weeks.kept.performance_id
    address = two_weeks.move.replace("/move/", "/swap/")
    assert f'<option value="{other}"' in page(client, two_weeks.move)
    looked = text(page(client, f"{address}?with={other}"))
    assert "Let Thornleigh School and Ashcote High School change places?" in looked
    assert "for both together" in looked and "Nothing is booked yet" in looked
    assert "from Tuesday 9 February at 9:30am to Thursday 11 February at 1:00pm" in looked
    with_note = client.post(address, data={"with": other, "note": "As agreed.", "look": "1"})
    assert with_note.status_code == 200 and with_note.text.count("As agreed.") == 3
    long = client.post(address, data={"with": other, "note": "x" * 501})
    assert long.status_code == 422 and "500 characters or fewer" in long.text and "x" * 501 in long.text
    assert two_weeks.stands() == (DAY, time(9, 30))
    sent = db.session.query(Letter).count()
    to = f"{two_weeks.key(1, '1300')} {two_weeks.key(0, '0930')}"
    assert f'name="to" value="{to}"' in with_note.text
    stale = client.post(
        address, data={"with": other, "to": to.replace("1300", "1315")}, follow_redirects=True
    )
    assert "Something was moved since you looked" in stale.text
    done = client.post(address, data={"with": other, "note": "As agreed.", "to": to})
    assert done.status_code == 303 and two_weeks.stands() == (NEXT, time(13))
    twice = client.post(address, data={"with": other, "note": "As agreed.", "to": to})
    assert twice.status_code == 303 and two_weeks.stands() == (NEXT, time(13))
    assert db.session.query(Letter).count() == sent + 2
    after = text(page(client, done.headers["Location"]))
    assert "Thornleigh School and Ashcote High School have changed places." in after
    assert "Thornleigh School and Ashcote High School have changed places already." in after
    assert after.count("for two that changed places") == 2
    undone = client.post(f"/desk/diary/undo/{db.session.query(DiaryMove).first().id}")
    assert undone.status_code == 303 and two_weeks.stands() == (DAY, time(9, 30))
    assert "Both are back where they were." in text(page(client, undone.headers["Location"]))


def test_a_swap_that_was_looked_at_before_something_moved_keeps_its_note(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    other, address = two_weeks.kept.performance_id, two_weeks.move.replace("/move/", "/swap/")
    to = f"{two_weeks.key(1, '1300')} {two_weeks.key(0, '0930')}"
    assert f'name="to" value="{to}"' in page(client, f"{address}?with={other}")
    with transaction():
        moving.move(two_weeks.booked.performance, two_weeks.key(0, "1000"), who="Owen", now=make.NOW)
    sent = db.session.query(Letter).count()
    stale = client.post(address, data={"with": other, "to": to, "note": "As agreed with the head."})
    assert stale.status_code == 422 and "Something was moved since you looked" in text(stale.text)
    assert re.search(r"<textarea[^>]*>\s*As agreed with the head\.</textarea>", stale.text)
    assert two_weeks.stands() == (DAY, time(10)) and db.session.query(Letter).count() == sent
    again = re.findall(r'name="to" value="([^"]+)"', stale.text)[0]
    done = client.post(address, data={"with": other, "to": again, "note": "As agreed with the head."})
    assert done.status_code == 303 and two_weeks.stands()[0] == NEXT


def test_who_presses_twice_at_once_is_told_that_they_have_changed_places(
    client: FlaskClient, two_weeks: Fortnight, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first press is through when the second has looked."""
    other, address = two_weeks.kept.performance_id, two_weeks.move.replace("/move/", "/swap/")
    to, look = f"{two_weeks.key(1, '1300')} {two_weeks.key(0, '0930')}", swapping.look

    def behind_the_first(*both: Any, **more: Any) -> swapping.Swap:
        found, shows = look(*both, **more), [one.performance for one in both]
        with transaction():
            swapping.swap(*shows, to, who="Priya", now=more["now"])
        return found

    monkeypatch.setattr(swapping, "look", behind_the_first)
    sent = db.session.query(Letter).count()
    twice = client.post(address, data={"with": other, "to": to}, follow_redirects=True)
    assert "Thornleigh School and Ashcote High School have changed places already." in text(twice.text)
    assert two_weeks.stands() == (NEXT, time(13)) and db.session.query(Letter).count() == sent + 2


def test_one_of_a_swap_is_not_offered_to_be_put_back_without_the_other(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    other, address = two_weeks.kept.performance_id, two_weeks.move.replace("/move/", "/swap/")
    to = f"{two_weeks.key(1, '1300')} {two_weeks.key(0, '0930')}"
    client.post(address, data={"with": other, "to": to})
    assert page(client, two_weeks.at).count('action="/desk/diary/undo/') == 2
    with transaction():
        proposing.withdraw(db.session.get_one(Proposal, two_weeks.kept.id), who="Priya", now=make.NOW)
    html = page(client, two_weeks.at)
    assert 'action="/desk/diary/undo/' not in html
    assert "the other of which was moved, changed or cancelled since" in text(html)


@pytest.mark.both_databases
def test_a_week_with_less_road_is_offered_with_what_it_saves_and_leads_to_the_swap(
    client: FlaskClient, two_weeks: Fortnight, count_queries: Any
) -> None:
    """Birch starts where Thornleigh is, and plays where Alder starts."""
    day_id, programme_id, key = two_weeks.days[2].id, two_weeks.programme.id, two_weeks.key(2, "1000")
    asked(client, two_weeks.at, count_queries)
    without = asked(client, two_weeks.at, count_queries)
    assert "This week with less road" not in page(client, two_weeks.at)
    with transaction():
        birch = db.session.get_one(TourDay, day_id)
        birch.troupe.base_easting, alone = 470000, f"&troupe={birch.troupe_id}"
        host = make.school(name="Farleigh High School", easting=451000, northing=210000)
        programme = db.session.get_one(Programme, programme_id)
        slot = slots.find(programme, host, key, now=make.NOW)
        assert slot is not None
        show = performances.claim(slot, host, programme_id=programme.id, held_until=None, now=make.NOW)
        make.booking(show, {8: 50})
        show_id = show.id
    assert asked(client, two_weeks.at, count_queries) == without + 4 == 54
    html = page(client, two_weeks.at)
    # Base to school and home again: 31 and 30 minutes, then 6 and 8.
    less = 2 * (31 + 30) - 2 * (6 + 8)
    said = text(html)
    assert "This week with less road" in said and "Both keep their day." in said
    line = html[html.index("Swap Thornleigh School and Farleigh High School") :][:300]
    assert "Tuesday 9 February, 9:30am and 10:00am" in line and f"{less} min less road" in line
    found = re.search(r'<a href="([^"]+)">Swap Thornleigh School and Farleigh High School</a>', html)
    assert found
    looked = text(page(client, found[1].replace("&amp;", "&")))
    assert "Let Thornleigh School and Farleigh High School change places?" in looked
    assert f"{less} min less road for both together" in looked
    for elsewhere in ("&view=month", f"&move={show_id}", alone):
        assert "This week with less road" not in page(client, two_weeks.at + elsewhere)


def test_a_swap_that_cannot_be_leads_back_to_the_list_and_says_why(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    address = two_weeks.move.replace("/move/", "/swap/")
    with transaction():
        school_days.rule_out(two_weeks.booked.organisation, NEXT, "Mocks", who="x", now=make.NOW)
    refused = client.post(address, data={"with": two_weeks.kept.performance_id}, follow_redirects=True)
    assert "Thornleigh School has no time on Thursday 11 February" in refused.text
    for nothing in ("", "?with=x", "?with=99999999999999"):
        assert "Move Thornleigh School to" in text(page(client, address + nothing))
    page(client, f"{address}?with=999999", 404)
    assert two_weeks.stands() == (DAY, time(9, 30))


def test_our_words_can_be_left_out_and_the_calendar_follows_all_the_same(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    sent = db.session.query(Letter).count()
    done = client.post(
        two_weeks.move, data={"slot": two_weeks.key(1, "0930"), "silent": "y"}, follow_redirects=True
    )
    assert "A short letter brings the calendars up to date" in done.text
    assert db.session.query(Letter).count() == sent + 1
    assert db.session.query(Letter).order_by(Letter.id.desc()).first().kind == "moved in short"
    assert two_weeks.stands() == (NEXT, time(9, 30))


@pytest.mark.both_databases
def test_a_kept_time_says_until_when_it_is_kept(client: FlaskClient, two_weeks: Fortnight) -> None:
    at = f"/desk/diary/move/{two_weeks.kept.performance_id}"
    looked = text(page(client, f"{at}?slot={two_weeks.key(2, '1000')}"))
    until = "Open untilThe end of Friday 29 January. Nothing is booked yet."
    assert until in looked and "Another time for" in looked
    swap = two_weeks.move.replace("/move/", "/swap/")
    assert until in text(page(client, f"{swap}?with={two_weeks.kept.performance_id}"))
    client.post(at, data={"slot": two_weeks.key(2, "1000")})
    db.session.rollback()
    shown = text(page(client, two_weeks.at))
    assert "Ashcote High School 10:00am, proposed to 29 Jan" in shown


@pytest.mark.both_databases
def test_a_post_that_makes_no_sense_moves_nothing(client: FlaskClient, two_weeks: Fortnight) -> None:
    long = client.post(two_weeks.move, data={"slot": two_weeks.key(1, "0930"), "note": "x" * 501})
    assert long.status_code == 422 and "500 characters or fewer" in long.text and "x" * 501 in long.text
    for slot in ("", "nonsense", "999999-0930", two_weeks.key(1, "0931"), two_weeks.key(1, "1315")):
        gone = client.post(two_weeks.move, data={"slot": slot}, follow_redirects=True)
        assert "That place is not free any more" in gone.text
    same = client.post(two_weeks.move, data={"slot": two_weeks.key(0, "0930")}, follow_redirects=True)
    assert "It stands there already" in same.text
    assert two_weeks.stands() == (DAY, time(9, 30))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("view=year", "There is no view ‘year’ of the diary."),
        ("from=tomorrow", "‘tomorrow’ is no day."),
        ("from=2027-02-31", "‘2027-02-31’ is no day."),
        ("from=0001-01-01", "The diary does not go to 1."),
        ("from=9999-12-31", "The diary does not go to 9999."),
        ("troupe=999999", "That troupe gives no days to this programme."),
        ("troupe=x", "That troupe gives no days to this programme."),
        ("move=999999", "There is no such show in this diary."),
        ("move=99999999999999", "There is no such show in this diary."),
        ("move=x", "There is no such show in this diary."),
        ("place=999999", "There is no such school in this partnership."),
        ("place=99999999999999", "There is no such school in this partnership."),
        ("place=x", "There is no such school in this partnership."),
        ("fit=999999", "The day that was chosen is not in this stretch of the diary."),
        ("fit=x", "The day that was chosen is not in this stretch of the diary."),
    ],
)
def test_an_address_that_makes_no_sense_is_said_in_a_sentence(
    client: FlaskClient, two_weeks: Fortnight, words: str, said: str
) -> None:
    assert said in text(page(client, f"/desk/diary?{words}"))


@pytest.mark.both_databases
def test_a_list_that_makes_no_sense_is_not_there(client: FlaskClient, two_weeks: Fortnight) -> None:
    page(client, "/desk/diary/list/lost", 404)
    assert "is no day" in page(client, "/desk/diary/list/free?from=x")


@pytest.mark.both_databases
def test_a_list_whose_lines_have_gone_says_so(client: FlaskClient, two_weeks: Fortnight) -> None:
    assert "Nothing stands here any more" in page(
        client, two_weeks.at.replace("/diary?", "/diary/list/held?")
    )


def test_without_a_day_the_diary_opens_at_the_next_tour_day(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    assert "8 to 14 February" in text(page(client, "/desk/diary"))


@pytest.mark.both_databases
def test_without_programme_or_days_it_says_what_will_stand_there(client: FlaskClient, stopped: Any) -> None:
    with transaction():
        whose = make.partnership()
        person = make.person(whose)
    make.signed_in(client, person)
    assert "First set up the programme" in page(client, "/desk/diary")
    with transaction():
        make.programme(whose)
    assert "No tour day yet" in page(client, "/desk/diary")


def test_another_partnerships_diary_cannot_be_seen_or_changed(
    client: FlaskClient, two_weeks: Fortnight
) -> None:
    with transaction():
        made = moving.move(two_weeks.booked.performance, two_weeks.key(1, "0930"), who="Priya", now=make.NOW)
        move_id = made.id
        stranger = make.person(make.partnership(la_codes=()))
    make.signed_in(client, stranger)
    for address in (
        two_weeks.at,
        two_weeks.move,
        f"{two_weeks.move}?slot={two_weeks.key(2, '0930')}",
        two_weeks.at.replace("/diary?", "/diary/list/booked?"),
    ):
        page(client, address, 404)
    assert client.post(two_weeks.move, data={"slot": two_weeks.key(2, "0930")}).status_code == 404
    swap = two_weeks.move.replace("/move/", "/swap/")
    other = two_weeks.kept.performance_id
    page(client, f"{swap}?with={other}", 404)
    assert client.post(swap, data={"with": other}).status_code == 404
    assert client.post(f"/desk/diary/undo/{move_id}").status_code == 404
    assert two_weeks.stands() == (NEXT, time(9, 30))


@pytest.mark.both_databases
@pytest.mark.parametrize("more", ["", "&view=month"])
def test_the_diary_takes_the_same_queries_for_one_show_and_for_many(
    client: FlaskClient, two_weeks: Fortnight, count_queries: Any, more: str
) -> None:
    address, programme_id = two_weeks.at + more, two_weeks.programme.id
    asked(client, address, count_queries)
    few = asked(client, address, count_queries)
    with transaction():
        programme = db.session.get_one(Programme, programme_id)
        whose = db.session.get_one(Partnership, programme.partnership_id)
        for n in range(6):
            host = make.school(easting=455000 + n * 900, northing=212000)
            day = make.tour_day(programme, make.troupe(whose, name=f"Van {n}"), NEXT)
            slot = slots.find(programme, host, f"{day.id}-1000", now=make.NOW)
            assert slot is not None
            show = performances.claim(slot, host, programme_id=programme_id, held_until=None, now=make.NOW)
            make.booking(show, {8: 50}, reference=f"MRL-Q{n}")
    assert asked(client, address, count_queries) == few <= 56
    assert "Van 5" in page(client, address)


def test_a_school_of_another_partnership_is_not_placed(client: FlaskClient, two_weeks: Fortnight) -> None:
    with transaction():
        make.partnership(la_codes=("873",))
        theirs = make.school(name="Fenland School", la_code="873")
    said = text(page(client, f"{two_weeks.at}&place={theirs.organisation_id}"))
    assert "There is no such school in this partnership." in said and "Fenland" not in said


@pytest.mark.both_databases
@pytest.mark.parametrize("what", ["move", "place"])
def test_choosing_a_place_takes_the_same_queries_for_few_days_and_for_many(
    client: FlaskClient, two_weeks: Fortnight, count_queries: Any, what: str
) -> None:
    whom = {"move": two_weeks.booked.performance_id, "place": two_weeks.missing.organisation_id}
    at = f"{two_weeks.at}&{what}={whom[what]}"
    programme_id = two_weeks.programme.id
    asked(client, at, count_queries)
    few = asked(client, at, count_queries)
    with transaction():
        programme = db.session.get_one(Programme, programme_id)
        whose = db.session.get_one(Partnership, programme.partnership_id)
        for n in range(4):
            make.tour_day(programme, make.troupe(whose, name=f"Van {n}"), NEXT)
    assert asked(client, at, count_queries) == few <= 50


def asked(client: FlaskClient, address: str, count_queries: Any) -> int:
    """How many queries a page takes that has nothing at hand."""
    db.session.remove()
    with count_queries() as queries:
        page(client, address)
    return len(queries)
