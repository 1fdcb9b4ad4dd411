"""A booking to show to others: ready words, a mail, one sheet; and deadlines that are school days."""

import re
from datetime import date, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from school_story import TUESDAY, Story, lay, said

import make
from outreach.asking.chasing import settings
from outreach.booking import bookings, promises
from outreach.county import school_days
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.visits import reminding, reports

pytestmark = pytest.mark.any_database

WORDS = (
    "‘Someone to Tell’ comes to us on Tuesday 9 March, 9:00am to 10:15am.\n"
    "Where: Main hall. The company arrives at 8:00am and leaves by 10:45am.\n"
    "Who: 108 in Year 8 and 104 in Year 9.\n"
    "Staff stay with their classes, and our safeguarding lead is in school that day.\n"
)


@pytest.fixture
def story(client: FlaskClient, stopped) -> Story:
    return lay(client, days=3, school_provides="two power sockets\na room to change in")


def test_words_for_colleagues_stand_ready_to_copy_and_to_mail(story: Story) -> None:
    reference = story.book()
    page = story.get(f"/booked/{reference}").text
    (box,) = re.findall(r'<textarea[^>]*id="words"[^>]*>(.*?)</textarea>', page, re.S)
    words = WORDS + f"Reference {reference}. Questions: Priya Nandakumar, 01632 960 118."
    assert unescape(box).strip() == words
    (mail,) = [to for to in re.findall(r'href="(mailto:[^"]+)"', page) if "body" in to]
    asked = parse_qs(urlsplit(unescape(mail)).query)
    assert asked == {"subject": ["‘Someone to Tell’ on Tuesday 9 March"], "body": [words]}
    assert "+" not in urlsplit(unescape(mail)).query, "a mail program shows a plus as it stands"
    assert story.token not in mail and story.token not in box, "the link is the school's alone"


@pytest.mark.both_databases
def test_one_sheet_says_all_of_it_and_opens_nothing(story: Story) -> None:
    reference = story.book()
    page = story.get(f"/booked/{reference}/sheet")
    words = said(page)
    for sentence in (
        "Tuesday 9 March, 9:00am to 10:15am",
        "Where Main hall The company arrives at 8:00am, leaves by 10:45am",
        "212 pupils 108 in Year 8 and 104 in Year 9",
        "2 wheelchair places",
        f"Reference {reference} Booked by Joanna Fell",
        "We provide two power sockets a room to change in",
        "Our people Joanna Fell, safeguarding lead",
        "Last day to move it online: Tuesday 23 February",
        "our own safeguarding procedure. No name leaves the school.",
    ):
        assert sentence in words, sentence
    sheet = page.text[page.text.index('<article class="onesheet"') : page.text.index("</article>")]
    assert story.token not in sheet and "j.fell@" not in sheet and "960 204" not in sheet
    assert story.another_school().get(f"/booked/{reference}/sheet").status_code == 404
    with transaction():
        bookings.cancel(promises.get(reference), reason="x", by=promises.SCHOOL, who="x", now=make.NOW)
    answer = story.get(f"/booked/{reference}/sheet")
    assert (answer.status_code, answer.headers["Location"]) == (303, story.path(f"/booked/{reference}"))


def test_who_booked_stands_beside_the_reference(story: Story) -> None:
    assert "booked by Joanna Fell" in said(story.get(f"/booked/{story.book()}"))


def test_a_deadline_in_the_holidays_is_the_last_school_day_before_them(story: Story, stopped) -> None:
    with transaction():
        school = db.session.get_one(School, story.school.organisation_id)
        for n in range(15, 24):  # a holiday of the school's own, up to the notice's last day
            school_days.rule_out(school, date(2027, 2, n), "half term", who="x", now=make.NOW)
    reference = story.book()
    page = f"/booked/{reference}"
    assert "Move or cancel until Friday 12 February. Later, ring" in said(story.get(page))
    assert "Last day to move it online Friday 12 February" in said(story.get(page))
    stopped.after(days=(date(2027, 2, 12) - stopped.now.date()).days)
    assert "Move or cancel today. Later, ring" in said(story.get(page))
    stopped.after(days=1)
    assert "It is too late to move or cancel this online" in said(story.get(page))
    assert "too late" in said(story.get(f"{page}/cancel")) and promises.get(reference).ended_at is None


@pytest.mark.parametrize("on", [True, False])
def test_the_day_of_the_reminder_is_the_day_on_which_it_goes(story: Story, stopped, on: bool) -> None:
    with transaction():
        settings.settle(story.programme, settings.Schedule(reports_on=on), who="x", now=make.NOW)
    booking = promises.get(story.book())
    assert booking.performance.starts_at.date() == TUESDAY
    said_day = reminding.comes_on(booking, settings.schedule_of_programme(booking.programme_id), now=make.NOW)
    words = "If it has not come, we ask again on Thursday 11 March"
    assert (words in said(story.get(f"/booked/{booking.reference}"))) is on
    if not on:
        assert said_day is None
        return
    assert said_day == TUESDAY + timedelta(days=2)
    for days, due in ((said_day - timedelta(days=1), 0), (said_day, 1)):
        at = booking.performance.ends_at + (days - TUESDAY)
        assert len(reminding.due(story.programme, now=at)) == due
    with transaction():
        reports.report(booking, "school", reports.ReportAccount(took_place=True), who="x", now=at)
    assert words not in said(story.get(f"/booked/{booking.reference}"))
