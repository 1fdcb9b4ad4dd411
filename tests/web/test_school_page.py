"""A school's page: where one came from, one next step done there, all that was said and done in one line, and no way
that the service then refuses."""

import re
from datetime import date, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

import make
from how_many import some_of
from outreach.asking import follow_ups, notes, paper, rounds
from outreach.booking.promises import Booking
from outreach.county import corrections
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.tour.programmes import Programme
from outreach.web.coordinator import school_log
from web.conftest import Clock
from web.test_next_steps import County, county_of_causes

NOW, DAY = make.NOW, timedelta(days=1)


@pytest.fixture
def county(stopped: Clock, world: Any) -> County:
    found: County = world(county_of_causes)
    return found


@pytest.fixture
def desk(client: FlaskClient, county: County) -> FlaskClient:
    return make.signed_in(client, county.person)


def page_of(desk: FlaskClient, county: County, name: str, **more: str) -> str:
    query = {"programme": str(county.programme.id)} | more
    return desk.get(f"/desk/schools/{county.organisation_ids[name]}", query_string=query).text


def panel(page: str) -> str:
    return page[page.index('<section class="next"') :].partition("</section>")[0]


def ways(page: str) -> dict[str, str]:
    """{words: address} of all that the panel leads to."""
    found = re.findall(r'<a (?:class="btn[^"]*" )?href="([^"]+)">(.*?)</a>', panel(page), re.S)
    plain = {re.sub(r"<[^>]+>|\s+", " ", words).strip(): unescape(address) for address, words in found}
    return {words: address for words, address in plain.items() if not address.startswith("tel:")}


@pytest.mark.any_database
@pytest.mark.parametrize(
    "state",
    [
        "open",
        *(pytest.param(state, marks=pytest.mark.long) for state in ("closed", "late", "no days", "Sunday")),
    ],
)
def test_no_way_on_the_page_is_refused(desk: FlaskClient, county: County, stopped: Clock, state: str) -> None:
    """Of every cause (in each run a third of them), in every state of the programme: each link opens a page, and that
    has what it says."""
    with transaction():
        programme = db.session.get_one(Programme, county.programme.id)
        if state == "late":
            programme.reply_by = date(2027, 1, 15)
        elif state == "closed":
            programme.closed_at = NOW
        elif state == "no days":
            for day in db.session.scalars(make.select(make.TourDay)):
                day.ended_at = NOW
        elif state == "Sunday":
            stopped.now = NOW + 5 * DAY
    titles = set()
    for name in some_of(county.organisation_ids, one_in=3):
        page = page_of(desk, county, name)
        titles.add(re.findall("<h2>([^<]*)</h2>", panel(page))[0].partition(":")[0])
        for words, address in ways(page).items():
            answer = desk.get(address)
            assert answer.status_code == 200, (state, name, words, address, answer.headers.get("Location"))
            assert "obody to write to" not in answer.text, (state, name, words)
    assert "Next" in titles or state == "closed"


@pytest.mark.any_database
def test_a_letter_is_not_offered_to_whom_one_went_today_nor_a_reminder_on_a_sunday(
    desk: FlaskClient, county: County, stopped: Clock
) -> None:
    address = ways(page_of(desk, county, "started"))["Invite…"]
    contact = re.search(r'type="radio" value="(\d+)"|value="(\d+)"[^>]*type="radio"', desk.get(address).text)
    assert contact is not None
    assert desk.post(address, data={"contact": contact[1] or contact[2]}).status_code == 303
    assert "Invite…" not in ways(page_of(desk, county, "started"))
    assert ("See the reminder…") in ways(page_of(desk, county, "silent"))
    stopped.now = NOW + 5 * DAY
    sunday = page_of(desk, county, "silent")
    assert "See the reminder…" not in ways(sunday) and "No school day there today" in panel(sunday)


@pytest.mark.any_database
def test_the_page_says_where_one_came_from_and_which_is_next(desk: FlaskClient, county: County) -> None:
    listed = desk.get("/desk/gaps?cause=declined&cause=silent&sort=name").text
    address = re.search(r'<th scope="row">\s*<a href="([^"]+)">Declined<', listed)
    assert address is not None
    first = desk.get(unescape(address[1])).text
    crumb = re.sub(r"<[^>]+>|\s+", " ", first[first.index('<p class="crumb">') :].partition("</p>")[0])
    assert "Gaps : Declined and Silent" in " ".join(crumb.split())
    assert "1 of 2 · Next: Silent" in " ".join(crumb.split())
    following = re.search(r'<a href="([^"]+)">Next: Silent', first)
    assert following is not None
    second = desk.get(unescape(following[1])).text
    assert "<h1>Silent</h1>" in second and "2 of 2" in second and "Next: " not in second.partition("<h1>")[0]
    back = re.search(r'<p class="crumb">\s*<span><a href="([^"]+)">Gaps', second)
    assert back is not None and desk.get(unescape(back[1])).status_code == 200
    # A school that is missing no more has no place; the list goes on with its first.
    assert "2 schools left" in page_of(desk, county, "fresh", at="cause=declined&cause=silent")
    assert "Gaps" not in page_of(desk, county, "fresh").partition("<h1>")[0].partition('class="crumb"')[2]


@pytest.mark.both_databases
def test_a_call_is_kept_from_the_page_and_undone(desk: FlaskClient, county: County, stopped: Clock) -> None:
    organisation_id = county.organisation_ids["declined"]
    query = f"?programme={county.programme.id}&at=sort%3Dname"
    page = desk.get(f"/desk/schools/{organisation_id}{query}").text
    assert page.count('name="said"') == 6 and "checked" not in panel(page)
    empty = desk.post(f"/desk/schools/{organisation_id}/call{query}", data={"text": "typed"})
    assert empty.status_code == 422 and "Choose what they said." in empty.text and ">typed<" in empty.text
    long = desk.post(
        f"/desk/schools/{organisation_id}/call{query}", data={"said": "nobody", "text": "x" * 990}
    )
    assert long.status_code == 422
    kept = desk.post(
        f"/desk/schools/{organisation_id}/call{query}", data={"said": "nobody", "text": "after 4pm"}
    )
    assert kept.status_code == 303 and "at=" in kept.location
    done = desk.get(kept.location).text
    assert (
        "Nobody answered. after 4pm" in " ".join(panel(done).split())
        and "Undo" in panel(done)
        and "Next: " in panel(done)
    )
    assert "Keep this call" not in panel(done)
    (undo,) = re.findall(r'action="([^"]+/undo[^"]*)"', done)
    assert desk.post(unescape(undo)).status_code == 303
    page = desk.get(f"/desk/schools/{organisation_id}{query}").text
    assert "after 4pm" not in page and "Note taken back" in page
    assert "Undo" not in panel(desk.get(kept.location).text)
    again = desk.post(unescape(undo), follow_redirects=True)
    assert "was taken back already" in again.text


@pytest.mark.both_databases
def test_a_call_sets_the_day_to_ring_again_and_its_undo_takes_both_back(
    desk: FlaskClient, county: County, stopped: Clock
) -> None:
    organisation_id = county.organisation_ids["declined"]
    wrong = desk.post(f"/desk/schools/{organisation_id}/call", data={"said": "later", "again": "1/1/2020"})
    assert wrong.status_code == 422 and "1 January 2020 is past" in wrong.text
    assert re.search(r'name="again"[^>]*value="1(/1/| January )2020"', wrong.text)
    assert "Ring back later." not in page_of(desk, county, "declined")
    kept = desk.post(f"/desk/schools/{organisation_id}/call", data={"said": "later", "again": "Monday"})
    done = desk.get(kept.location).text
    assert "It comes back on Monday 25 January." in panel(done)
    assert "Monday 25 January: ring the school, for you" in done.partition('class="two"')[0]
    (undo,) = re.findall(r'action="([^"]+/undo[^"]*)"', panel(done))
    assert desk.post(unescape(undo)).status_code == 303
    db.session.rollback()
    assert follow_ups.follow_ups_of_programme(county.programme.id, [organisation_id]) == {}
    assert "Ring back later." not in page_of(desk, county, "declined")


@pytest.mark.any_database
def test_the_undo_of_a_call_brings_back_the_day_that_it_moved(
    desk: FlaskClient, county: County, stopped: Clock
) -> None:
    organisation_id = county.organisation_ids["declined"]
    for day in ("25/1/2027", "1/2/2027"):
        stopped.now += timedelta(minutes=2)
        kept = desk.post(
            f"/desk/schools/{organisation_id}/call", data={"said": "later", "text": day, "again": day}
        )
    (undo,) = re.findall(r'action="([^"]+/undo[^"]*)"', panel(desk.get(kept.location).text))
    said = desk.post(unescape(undo), follow_redirects=True).text
    assert "To be followed up on 25 January 2027 again: ring the school." in said
    assert follow_ups.follow_ups_of_programme(county.programme.id, [organisation_id])[
        organisation_id
    ].day == date(2027, 1, 25)


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("said", "leads_to", "words"),
    [
        ("chose", "/book?", "Choose a time with them"),
        ("no", "/answer?", r'value="declined"[^>]*checked'),
        ("else", "/answer?", r'value="somebody else"[^>]*checked'),
    ],
)
def test_what_needs_more_than_a_note_leads_on_with_what_was_typed(
    desk: FlaskClient, county: County, said: str, leads_to: str, words: str
) -> None:
    organisation_id = county.organisation_ids["asked lately"]
    answer = desk.post(f"/desk/schools/{organisation_id}/call", data={"said": said, "text": "mock exams"})
    assert answer.status_code == 303 and leads_to in answer.location
    page = desk.get(answer.location).text
    assert re.search(words, page)
    assert ("mock exams" in page) == (leads_to == "/answer?")


@pytest.mark.any_database
def test_another_schools_call_is_not_undone_here(desk: FlaskClient, county: County) -> None:
    organisation_id, other = county.organisation_ids["declined"], county.organisation_ids["silent"]
    kept = desk.post(f"/desk/schools/{organisation_id}/call", data={"said": "later"})
    number = kept.location.partition("done=")[2].partition("&")[0]
    assert desk.post(f"/desk/schools/{other}/call/{number}/undo").status_code == 404
    assert "Ring back later" not in panel(page_of(desk, county, "silent", done=number))
    with transaction():
        theirs = make.partnership(("850",), name="Their partnership")
        make.programme(theirs)
        stranger = make.person(theirs)
    make.signed_in(desk, stranger)
    assert desk.post(f"/desk/schools/{organisation_id}/call/{number}/undo").status_code == 404


@pytest.mark.both_databases
def test_a_time_is_booked_from_the_page_in_the_schools_own_steps(desk: FlaskClient, county: County) -> None:
    page = page_of(desk, county, "asked lately")
    times = {words: address for words, address in ways(page).items() if "Book… " in words}
    assert len(times) == 3
    words, address = next(iter(times.items()))
    asked = desk.get(address)
    assert (
        words.removeprefix("Book…").strip().partition(",")[0] in asked.text
        and "Book this time with them" in asked.text
    )
    slot = re.search(r'name="slot" value="([^"]+)"', asked.text)
    assert slot is not None
    answer = desk.post(address, data={"name": "Joanna Fell", "slot": slot[1]})
    assert answer.status_code == 307 and answer.location.endswith("/choose")
    chosen = desk.post(answer.location, data={"name": "Joanna Fell", "slot": slot[1]})
    assert chosen.status_code == 303
    assert desk.get(chosen.location, follow_redirects=True).status_code == 200
    held = page_of(desk, county, "asked lately")
    assert "Next: book " in panel(held) and "for whoever fills in the form now" in panel(held)


@pytest.mark.any_database
def test_a_time_that_is_gone_is_told_and_the_others_stand_there(desk: FlaskClient, county: County) -> None:
    organisation_id = county.organisation_ids["asked lately"]
    page = desk.get(f"/desk/schools/{organisation_id}/book?slot=999999-0900").text
    assert "That time is not free any more" in page and "Choose a time with them" in page
    for slot in ("+", "x-1", "1-9999+2-", "9" * 59):
        assert (
            desk.get(f"/desk/schools/{organisation_id}/book", query_string={"slot": slot}).status_code == 200
        )


@pytest.mark.any_database
def test_one_line_holds_calls_letters_on_paper_and_by_mail_answers_and_bookings(
    desk: FlaskClient, county: County, stopped: Clock
) -> None:
    organisation_id = county.organisation_ids["no address"]
    with transaction():
        programme = db.session.get_one(Programme, county.programme.id)
        school = db.session.get_one(School, organisation_id)
        notes.write(
            organisation_id,
            "They ask for March",
            programme,
            partnership_id=programme.partnership_id,
            kind="phone",
            who="Owen",
            now=NOW - 3 * DAY,
        )
        made = paper.make(
            programme,
            [organisation_id],
            [organisation_id],
            words=rounds.words_for(programme, [organisation_id], now=NOW),
            who="Owen",
            now=NOW - 2 * DAY,
        )
        assert made
        (letter,) = paper.letters_of(programme.id)
        paper.post(programme, [letter.letter.id], (NOW - DAY).date(), who="Owen", now=NOW - DAY)
        make.answer(programme, school, "waiting list", at=NOW - DAY / 2)
        make.invitation(programme, school, NOW - 5 * DAY, address="old@redmere.example")
        corrections.correct(organisation_id, "town", "Fenwold", reason="letterhead", who="Owen", now=NOW)
    page = page_of(desk, county, "no address")
    line = page[page.index('<ol class="log">') : page.index("</ol>")]
    order = [
        "Town: Fenwold",
        "Wants the waiting list",
        "Posted a letter on paper",
        "Made a letter on paper",
        "They ask for March",
        "old@redmere.example",
    ]
    at = [line.index(words) for words in order]
    assert at == sorted(at), list(zip(order, at, strict=True))
    assert line.count("Invited") == 0  # the letter itself stands there, once
    read = re.search(r'<a href="(/desk/letters/\d+)">Read it', line)
    assert read is not None and desk.get(read[1]).status_code == 200
    for part, there, not_there in (
        ("calls", "They ask for March", "Posted a letter"),
        ("letters", "Posted a letter", "They ask for March"),
        ("bookings", "Nothing of that kind yet", "They ask for March"),
    ):
        narrowed = page_of(desk, county, "no address", log=part)
        shown = narrowed[narrowed.index('id="log"') :].partition("</section>")[0]
        assert there in shown and not_there not in shown, part
    assert "Town: Fenwold" in page_of(desk, county, "no address", log="nonsense")
    assert "1 corrected here" in page


@pytest.mark.any_database
def test_a_long_line_is_folded_after_its_newest(desk: FlaskClient, county: County) -> None:
    with transaction():
        for n in range(15):
            notes.write(
                county.organisation_ids["declined"],
                f"note {n}",
                None,
                partnership_id=county.partnership.id,
                who="Owen",
                now=NOW + n * timedelta(minutes=1),
            )
    page = page_of(desk, county, "declined")
    shown, _, folded = page[page.index('<ol class="log">') :].partition("<details")
    assert shown.count("<li>") == school_log.SHOWN and "note 14" in shown and "note 2" not in shown
    assert "note 2" in folded.partition("</details>")[0] and "Before that" in folded


@pytest.mark.any_database
def test_a_school_that_is_booked_has_nothing_to_do_until_its_show(desk: FlaskClient, county: County) -> None:
    with transaction():
        show = make.show(county.programme, county.of("all booked"), NOW + 42 * DAY)
        make.booking(show, {8: 120, 9: 120}, reference="MRL-9X9X")
    page = page_of(desk, county, "all booked")
    assert "Nothing to do until 2 March" in panel(page) and "240 pupils, MRL-9X9X" in panel(page)
    found = ways(page)
    assert found["Move or cancel…"].startswith("/desk/bookings/MRL-9X9X")
    assert desk.get(found["Day sheet"]).status_code == 200
    booking = db.session.scalars(make.select(Booking).where(Booking.reference == "MRL-9X9X")).one()
    assert booking.performance.starts_at > NOW


def test_a_day_of_the_line_has_its_year_only_where_it_is_another_school_year() -> None:
    today = date(2027, 1, 19)
    assert school_log.day_of_line(NOW, today) == "Tue 19 Jan"
    assert school_log.day_of_line(NOW.replace(year=2026, month=3, day=3), today) == "3 Mar 2026"
    entries: Any = [SimpleNamespace(part="calls"), SimpleNamespace(part="")]
    assert (
        school_log.narrowed(entries, "") == entries and school_log.narrowed(entries, "calls") == entries[:1]
    )


@pytest.mark.both_databases
def test_the_page_from_the_list_takes_the_same_queries_whatever_stands_in_its_line(
    desk: FlaskClient, county: County, count_queries: Any
) -> None:
    counted = []
    for n in (1, 6):
        with transaction():
            for more in range(n):
                notes.write(
                    county.organisation_ids["silent"],
                    f"note {n} {more}",
                    county.programme,
                    partnership_id=county.partnership.id,
                    kind="phone",
                    who="Owen",
                    now=NOW,
                )
        with count_queries() as queries:
            page_of(desk, county, "silent", at="sort=name")
        counted.append(len(queries))
    assert counted[0] == counted[1]
