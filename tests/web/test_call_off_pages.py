"""Calling off on the desk: all that is hit on one page, another time for each, once, and the days given
back."""

import re
from datetime import date, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

import make
from booking import life
from outreach.booking.calling_off.call_offs import CallOff, CallOffLine
from outreach.booking.proposals import Proposal
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.ground.wording import day as day_words
from outreach.post import copies, troupe_links
from outreach.post.outbox import Letter
from worlds import World

DAY = {"first": "2027-03-09", "last": "", "part": "day"}


def said(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).replace("&#39;", "'")


def busy_tuesday() -> SimpleNamespace:
    """Tuesday with a show, its guest, and a kept time; two days beside it that are free."""
    c = life.lay()
    life.book_first(c, make.NOW - timedelta(days=3))
    life.join_as_guest(c, make.NOW - timedelta(days=2))
    life.neighbour_is_asked(c, make.NOW - timedelta(days=1))
    life.hand_over(make.NOW - timedelta(hours=1))
    with transaction():
        c.person = make.person(c.partnership)
    return c


@pytest.fixture
def c(client: FlaskClient, stopped: Any, world: World) -> SimpleNamespace:
    c = world(busy_tuesday)
    c.client = make.signed_in(client, c.person)
    c.what = f"troupe:{c.red.id}"
    c.at = "/desk/tour/call-off"
    return c


def look(c: SimpleNamespace, **asked: str) -> Any:
    return c.client.get(c.at, query_string={"what": c.what} | DAY | asked)


def boxes(page: Any) -> dict[str, Any]:
    """The form as a browser would send it: hidden boxes and what is chosen."""
    text = page.text[page.text.index('method="post"') :]
    form: dict[str, Any] = {"seen": re.findall(r'name="seen" value="([^"]+)"', text)}
    form["key"] = re.search(r'name="key" value="([^"]+)"', text)[1]  # type: ignore[index]
    for name, options in re.findall(
        r'<select class="sel" id="[^"]+" name="([^"]+)">(.*?)</select>', text, re.S
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        form[name] = chosen[1] if chosen else ""
    return form


def send(c: SimpleNamespace, typed: dict[str, Any], **asked: str) -> Any:
    data = {"reason": "Illness in the cast", "reply_by": "26/1/2027"} | typed
    return c.client.post(c.at, query_string={"what": c.what} | DAY | asked, data=data)


@pytest.mark.any_database
def test_one_page_shows_all_that_is_hit_with_another_time_for_each(c) -> None:
    page = look(c)
    words = said(page)
    for word in (
        "Call off Tuesday 9 March, Red van?",
        "3 promises would end: 1 show",
        c.school.name,
        c.guest.name,
        c.neighbour.name,
        "kept, not booked",
        "as a guest",
        "Joanna Fell",
        life.RED,
        "min road",
    ):
        assert word in words, word
    typed = boxes(page)
    assert len(typed["seen"]) == 3
    planned = [typed[f"slot-{c.booking.reference}"], typed[f"slot-kept-{c.of_neighbour.id}"]]
    assert all(planned) and len(set(planned)) == 2
    assert "The letters that" in words and "The reason given: …" in words and "Instead we keep" in words
    assert db.session.query(CallOff).count() == 0


def test_the_letters_that_are_read_are_those_that_go(c) -> None:
    typed = boxes(look(c)) | {"reason": "Illness in the cast", "reply_by": ""}
    page = send(c, typed).text
    shown = [unescape(text) for text in re.findall(r'<pre class="letter-text"[^>]*>(.*?)</pre>', page, re.S)]
    send(c, typed | {"reply_by": "26/1/2027"})
    gone = {
        letter.kind: copies.read(letter.raw).text.replace("\r\n", "\n")
        for letter in db.session.query(Letter).filter_by(recipient=life.FELL.address)
    }

    def plain(text: str) -> str:
        return re.sub(r"http://\S+", "LINK", text).strip()

    assert [plain(text) for text in shown] == [plain(gone["cancelled"]), plain(gone["proposed"])]


def test_the_click_ends_all_and_keeps_another_time_for_each_and_twice_is_once(c) -> None:
    typed = boxes(look(c))
    answer = send(c, typed)
    assert answer.status_code == 303
    letters = db.session.query(Letter).count()
    again = send(c, typed)
    assert (again.status_code, again.headers["Location"]) == (303, answer.headers["Location"])
    assert db.session.query(Letter).count() == letters
    assert db.session.query(CallOff).count() == 1
    page = said(c.client.get(answer.headers["Location"]))
    assert "Called off: Tuesday 9 March, Red van" in page and "Illness in the cast" in page
    assert page.count("no answer yet") == 2
    assert "Was told the nearest" in page
    assert "Tuesday 9 March, Red van" in said(c.client.get(c.at))


def test_each_time_says_until_when_it_is_open_as_its_school_is_then_told(c, stopped: Any) -> None:
    stopped.now = c.booking.performance.starts_at - timedelta(days=12)
    page = look(c)
    typed = boxes(page)
    slots = {name: key for name, key in typed.items() if name.startswith("slot-")}

    def shown(page: Any, name: str) -> str:
        here = page.text[page.text.index(f'name="{name}"') :]
        found = re.search(rf'value="{slots[name]}"[^>]*>.*?open until ([^<]+?)\s*<', here, re.S)
        assert found, said(page)
        return found[1]

    usual = {name: shown(page, name) for name in slots}
    tomorrow = send(c, typed | {"reason": "", "reply_by": "26/2/2027", "look": "1"})
    assert tomorrow.status_code == 200 and "There is a problem" not in tomorrow.text
    assert {shown(tomorrow, name) for name in slots} == {"Friday 26 February"}
    assert not db.session.query(CallOff).count()
    assert send(c, typed | {"reply_by": "4/3/2027"}).status_code == 303
    told = {
        f"slot-{line.booking.reference if line.booking else f'kept-{line.proposal_id}'}": line.new_proposal
        for line in db.session.query(CallOffLine).filter(CallOffLine.new_proposal_id.is_not(None))
    }
    assert usual == {name: day_words(offer.reply_by) for name, offer in told.items()}
    assert min(offer.reply_by for offer in told.values()) < date(2027, 3, 4), "the day typed is not theirs"


@pytest.mark.any_database
def test_what_is_wrong_is_said_and_what_was_typed_stays(c) -> None:
    typed = boxes(look(c))
    for more, words in (
        ({"reason": ""}, "Say why, in a few words."),
        ({"reply_by": ""}, "Enter until which day the new times are kept."),
        ({"reply_by": "1/1/2027"}, "The day to reply by is past"),
        ({"seen": []}, "What stands there has changed since you looked"),
    ):
        answer = send(c, typed | more)
        assert (answer.status_code, words in said(answer)) == (422, True), words
    assert f'value="{typed["key"]}"' in answer.text and "Illness in the cast" in answer.text
    db.session.expire_all()
    assert c.booking.ended_at is None


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"first": ""}, "Enter the first day."),
        ({"first": "nonsense"}, "That is not a date."),
        ({"last": "2027-03-01"}, "The last day must not be before the first."),
        ({"last": "2027-08-01"}, "Call off 60 days at most in one go."),
        ({"first": "2026-10-01"}, "That day is over"),
        ({"part": "evening"}, "Not a valid choice"),
        ({"what": "troupe:999999"}, "Not a valid choice"),
        ({"what": "nonsense"}, "Not a valid choice"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused_in_words(c, asked: dict[str, str], words: str) -> None:
    page = look(c, **asked)
    assert page.status_code == 200
    assert words in said(page)


def test_nothing_there_is_said_and_days_can_be_called_off_all_the_same(c) -> None:
    page = look(c, first="2027-03-16")
    assert "Nothing is booked there that has not begun." in said(page)
    form = boxes(page)
    assert send(c, form, first="2027-03-16").status_code == 303
    page = look(c, first="2027-05-01", last="2027-05-02")
    assert "No tour day is given there and then" in said(page) and "Why?" not in said(page)
    answer = send(c, form | {"key": "another"}, first="2027-05-01", last="2027-05-02")
    assert (answer.status_code, "there is nothing to call off" in said(answer)) == (422, True)


@pytest.mark.any_database
def test_the_days_link_leads_to_the_same_page(c) -> None:
    answer = c.client.get(f"/desk/tour/days/{c.tuesday.id}/call-off")
    assert answer.status_code == 303
    assert "Call off Tuesday 9 March, Red van?" in said(c.client.get(answer.headers["Location"]))


def test_whom_to_ring_stands_first_within_a_day_and_ticks_are_kept(c, stopped: Any) -> None:
    with transaction():
        c.school.telephone = "01632 960 111"
    page = look(c)
    assert "Ring these first" not in said(page) and 'href="tel:01632960204"' in page.text
    stopped.now = c.booking.performance.starts_at - timedelta(hours=20)
    page = look(c)
    assert "Ring these first: 3 shows are by the next school day" in said(page)
    assert 'href="tel:01632960204"' in page.text and 'href="tel:01632960111"' in page.text
    reference = c.booking.reference
    answer = send(
        c,
        boxes(page) | {"rung": [reference], "reply_by": "8/3/2027"},
    )
    assert answer.status_code == 303, said(answer)
    lines = {line.booking_id: line for line in db.session.query(CallOffLine)}
    assert (lines[c.booking.id].rung_by, lines[c.of_guest.id].rung_at) == ("Priya Nandakumar", None)
    at = answer.headers["Location"]
    assert "To ring: 2 of 3 left" in said(c.client.get(at))
    ticked = [str(line.id) for line in lines.values()]
    assert c.client.post(f"{at}/rung", data={"rung": ticked}).status_code == 303
    assert "To ring: 0 of 3 left" in said(c.client.get(at))
    assert c.client.post(f"{at}/rung", data={}).status_code == 303
    assert "To ring: 3 of 3 left" in said(c.client.get(at))


def test_a_time_that_went_meanwhile_is_named_and_can_be_kept_afterwards(c) -> None:
    typed = boxes(look(c))
    name = f"slot-{c.booking.reference}"
    both = typed | {f"slot-kept-{c.of_neighbour.id}": typed[name]}
    answer = send(c, both)
    page = c.client.get(answer.headers["Location"])
    assert "Not kept: That time has just been taken" in said(page)
    (line,) = db.session.query(CallOffLine).filter(
        CallOffLine.new_proposal_id.is_(None), CallOffLine.why_none != ""
    )
    slot = re.search(rf'name="slot-{line.id}">.*?value="([^"]+)" selected', page.text, re.S)
    assert slot
    at = answer.headers["Location"]
    kept = c.client.post(f"{at}/times", data={f"slot-{line.id}": slot[1], "reply_by": "26/1/2027"})
    assert kept.status_code == 303
    db.session.expire_all()
    assert line.new_proposal_id is not None
    assert said(c.client.get(at)).count("no answer yet") == 2
    wrong = c.client.post(f"{at}/times", data={"reply_by": "1/1/2027"})
    assert (wrong.status_code, "The day to reply by is past" in said(wrong)) == (422, True)


def test_the_days_are_given_back_once(c) -> None:
    at = send(c, boxes(look(c))).headers["Location"]
    assert "Give the days back" in c.client.get(at).text
    assert c.client.post(f"{at}/give-back").status_code == 303
    db.session.expire_all()
    assert c.tuesday.ended_at is None
    page = c.client.post(f"{at}/give-back", follow_redirects=True)
    assert "given back already" in said(page)
    assert "Give the days back" not in page.text


def test_another_partnership_sees_nothing_of_it(c, client: FlaskClient) -> None:
    at = send(c, boxes(look(c))).headers["Location"]
    with transaction():
        theirs = make.person(make.partnership(("932",)))
    other = make.signed_in(client, theirs)
    assert other.get(at).status_code == 404
    for path in ("rung", "times", "give-back"):
        assert other.post(f"{at}/{path}").status_code == 404
    assert other.get(f"/desk/tour/days/{c.tuesday.id}/call-off").status_code == 404
    page = other.get(c.at, query_string={"what": c.what} | DAY)
    assert "Not a valid choice" in said(page) and c.school.name not in page.text
    assert "Tuesday 9 March" not in other.get(c.at).text
    county = other.get(c.at, query_string={"what": "schools:"} | DAY)
    assert c.school.name not in county.text


@pytest.mark.any_database
def test_looking_writes_nothing(c) -> None:
    before = db.session.query(Letter).count(), db.session.query(Proposal).count()
    look(c)
    c.client.get(c.at)
    assert before == (db.session.query(Letter).count(), db.session.query(Proposal).count())


# The company, by its troupe's link


def the_door(c: SimpleNamespace, troupe: Any = None) -> str:
    with transaction():
        link = troupe_links.make(
            (troupe or c.red).id, partnership_id=c.partnership.id, who="Priya", now=make.NOW
        )
        return f"/t/{troupe_links.token_of(link, 'for tests')}"


def test_the_company_calls_off_by_its_link_and_the_desk_sees_it_and_keeps_other_times(
    c, stopped: Any
) -> None:
    door = the_door(c)
    stopped.now = c.booking.performance.starts_at - timedelta(hours=3)
    assert "We cannot play" in c.client.get(door).text
    page = c.client.get(f"{door}/call-off", query_string=DAY)
    words = said(page)
    for word in ("Call off Tuesday 9 March, Red van?", c.school.name, "Ring these first", life.FELL.phone):
        assert word in words, word
    assert c.neighbour.name not in words and "kept for a school that has not said yes yet" in words
    typed = boxes(page) | {"reason": "Two of the cast are ill", "rung": [c.booking.reference]}
    for _ in range(2):
        assert c.client.post(f"{door}/call-off", query_string=DAY, data=typed).status_code == 303
    (done,) = db.session.query(CallOff)
    assert done.who == f"{c.red.company.name}, Red van"
    after = said(c.client.get(f"{door}/call-off"))
    assert "Two of the cast are ill" in after and "To ring: 2 of 3 left" in after
    desk = said(c.client.get(f"/desk/tour/called-off/{done.id}"))
    assert "Keep the times chosen" in desk and "Two of the cast are ill" in desk
    lines = [str(line.id) for line in db.session.query(CallOffLine)]
    assert c.client.post(f"{door}/rung", data={"rung": lines}).status_code == 303
    assert "To ring: 0 of 3 left" in said(c.client.get(f"{door}/call-off"))


def test_a_link_calls_off_its_own_troupes_days_alone(c) -> None:
    door = the_door(c, c.blue)
    page = c.client.get(f"{door}/call-off", query_string=DAY | {"what": c.what})
    assert c.school.name not in page.text
    answer = c.client.post(
        f"{door}/call-off",
        query_string=DAY,
        data={"key": "x", "reason": "Ill", "seen": [c.booking.reference]},
    )
    assert (answer.status_code, "nothing to call off" in said(answer)) == (422, True)
    wrong = c.client.get(f"{door}/call-off", query_string=DAY | {"last": "2027-03-01"})
    assert "The last day must not be before the first." in said(wrong)
    db.session.expire_all()
    assert c.booking.ended_at is None


def test_whom_to_ring_is_named_to_the_company_from_a_month_before(c, stopped: Any) -> None:
    door = the_door(c)
    for today, named in ((date(2027, 2, 8), False), (date(2027, 2, 9), True)):
        stopped.now = wall(today, make.time(12))
        words = said(c.client.get(f"{door}/call-off", query_string=DAY))
        assert c.school.name in words and (life.FELL.phone in words) is named
        assert ("Whom to ring is named from Tuesday 9 February." in words) is not named
        assert life.FELL.phone in said(look(c)), "the desk sees it always"
