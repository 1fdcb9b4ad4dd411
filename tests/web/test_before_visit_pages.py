"""Pages before a visit: the letter for families and the note for staff on both sides, the words of a partnership with
their preview, the days that the booking's page names, and the link that stops reminders."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import asked
import make
from every_address import link_to
from outreach.asking.chasing.settings import Schedule
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.outcomes import declines
from outreach.post import copies
from outreach.post.outbox import Letter
from outreach.visits import stopping
from outreach.visits.before import reminding, texts

pytestmark = pytest.mark.any_database

SHOW = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)
WEEK_BEFORE = datetime(2027, 3, 2, 6, tzinfo=UTC)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def c(app: Flask, stopped: Any) -> SimpleNamespace:
    """A school whose show is on Tuesday 9 March; its link, and a coordinator."""
    with transaction():
        ours = make.partnership()
        programme = make.programme(ours, summary="A play about exploitation and who to tell")
        school = make.school(name="St Brannoc’s <Academy>", telephone="01632 960 203")
        booking = make.booking(make.show(programme, school, SHOW), {8: 104, 9: 108}, hall="Main hall")
        make.visit_contact(
            booking,
            name="Joanna Fell",
            duty="safeguarding lead",
            role="Safeguarding lead",
            phone="01632 960 205",
        )
        priya = make.person(ours, name="Priya Nandakumar")
        token = link_to(programme, school)
    return SimpleNamespace(
        ours=ours,
        programme=programme,
        school=school,
        booking=booking,
        priya=priya,
        at=f"/i/{token}/booked/{booking.reference}",
        desk=f"/desk/bookings/{booking.reference}",
    )


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2].partition("</main>")[0]).split())


def article(html: str) -> str:
    return words("<main" + html.partition("<article")[2].partition("</article>")[0] + "</main>")


# The pages to print


def test_the_letter_for_families_says_when_where_how_to_say_no_and_whom_to_ring(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    said = article(client.get(f"{c.at}/families").text)
    for part in (
        "St Brannoc’s &lt;Academy&gt; ",
        "01632 960 203",
        f"With {c.ours.name} 19 January 2027",
        "Your child will see a play about staying safe",
        "When Tuesday 9 March, 9:30am to 10:45am Where In school: Main hall Cost Nothing",
        "Years 8 and 9 will see ‘Someone to Tell’, brought to us by ",
        "What they will see A play about exploitation and who to tell.",
        "Tell us by Friday 5 March.",
        "Our safeguarding lead 01632 960 203 NSPCC, for adults 0808 800 5000 Childline 0800 1111 In danger 999",
        "Joanna Fell Safeguarding lead",
        f"Booking {c.booking.reference}.",
    ):
        assert part in said, part
    assert "questionnaire" not in said
    for page in ("families", "staff"):
        assert "01632 960 205" not in client.get(f"{c.at}/{page}").text, (
            "that number is for the company alone"
        )
    assert 200 <= len(said.split()) <= 250, len(said.split())


def test_where_pupils_are_asked_families_are_told_how_to_opt_out_and_staff_that_nobody_must(
    client: FlaskClient, app: Flask, stopped: Any
) -> None:
    with transaction():
        here = asked.lay()
        booking = db.session.scalars(
            select(make.Booking).where(make.Booking.performance_id == here.show.id)
        ).one()
        programme, school = booking.programme, booking.organisation
        at = f"/i/{link_to(programme, school)}/booked/{booking.reference}"
    said = article(client.get(f"{at}/families").text)
    assert re.search(r"(Five|Six|Seven|Eight) questions, without names", said)
    assert re.search(r"If you would rather your child was not asked, tell us by \w+day \d+ \w+", said)
    assert 230 <= len(said.split()) <= 290, len(said.split())
    assert "Nobody has to." in article(client.get(f"{at}/staff").text)
    with transaction():
        declines.decline(programme, school.organisation_id, who="J", now=make.NOW)
    for page in ("families", "staff"):
        assert "before and after" not in article(client.get(f"{at}/{page}").text)


def test_a_guest_whose_host_wants_no_questionnaire_tells_families_and_staff_of_none(
    client: FlaskClient, app: Flask, stopped: Any
) -> None:
    with transaction():
        here = asked.lay()
        neighbour = make.school(name="Littlemere")
        guest = make.booking(here.show, {8: 5}, of=neighbour, role="guest")
        at = f"/i/{link_to(here.programme, neighbour)}/booked/{guest.reference}"
    assert "If you would rather your child was not asked" in article(client.get(f"{at}/families").text)
    assert "Nobody has to." in article(client.get(f"{at}/staff").text)
    with transaction():
        declines.decline(here.programme, here.show.organisation_id, who="J", now=make.NOW)
    for page in ("families", "staff"):
        said = article(client.get(f"{at}/{page}").text)
        assert "before and after" not in said and "before it, after it" not in said
        assert "not asked" not in said and "Nobody has to" not in said


def test_both_sides_read_the_same_page(client: FlaskClient, c: SimpleNamespace) -> None:
    make.signed_in(client, c.priya)
    for page in ("families", "staff"):
        assert article(client.get(f"{c.at}/{page}").text) == article(client.get(f"{c.desk}/{page}").text)
    ours = client.get(c.desk).text
    assert f"{c.booking.reference}/families" in ours and f"{c.booking.reference}/staff" in ours
    theirs = client.get(c.at).text
    assert f"{c.booking.reference}/families" in theirs and f"{c.booking.reference}/staff" in theirs


def test_a_cancelled_booking_has_no_page_and_a_show_for_adults_none_either(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    with transaction():
        adults = make.programme(db.session.merge(c.ours), (), for_adults=True)
        school = make.school()
        theirs = make.booking(make.show(adults, school, SHOW), {})
        at = f"/i/{link_to(adults, school)}/booked/{theirs.reference}"
        make.cancellation(db.session.merge(c.booking), make.NOW)
    make.signed_in(client, c.priya)
    for page in ("families", "staff"):
        assert client.get(f"{c.at}/{page}").status_code == 303
        assert client.get(f"{at}/{page}").status_code == 404
        assert client.get(f"/desk/bookings/{theirs.reference}/{page}").status_code == 404
    assert "Letter for families" not in client.get(at).text


def test_another_partnerships_booking_has_no_page(client: FlaskClient, c: SimpleNamespace) -> None:
    with transaction():
        stranger = make.person(make.partnership(("932",)))
    make.signed_in(client, stranger)
    for page in ("families", "staff"):
        assert client.get(f"{c.desk}/{page}").status_code == 404


# The days


def test_the_bookings_page_names_the_days_of_the_reminders_until_they_went(
    client: FlaskClient, c: SimpleNamespace, stopped: Any
) -> None:
    said = words(client.get(c.at).text)
    assert "We remind you Tuesday 2 March and Monday 8 March: what to have ready" in said
    make.signed_in(client, c.priya)
    assert "We remind it Tuesday 2 March and Monday 8 March" in words(client.get(c.desk).text)
    with transaction():
        assert reminding.send_due(db.session.merge(c.programme), c.booking.id, now=WEEK_BEFORE)
    stopped.now = WEEK_BEFORE + timedelta(hours=1)
    assert "We remind you Monday 8 March: what to have ready" in words(client.get(c.at).text)
    with transaction():
        stopping.stop(db.session.merge(c.programme), c.school.organisation_id, who="J", now=stopped.now)
    assert "We remind" not in client.get(c.at).text
    ours = words(client.get(c.desk).text)
    assert "We remind" not in ours and "Reminders the school wants none" in ours


def test_what_is_named_is_what_goes(c: SimpleNamespace, stopped: Any) -> None:
    """Day by day: the days that the page names are those on which a round writes."""
    for begin in (make.NOW, WEEK_BEFORE + timedelta(hours=3), WEEK_BEFORE + timedelta(days=2)):
        db.session.rollback()
        named, wrote = reminding.days_to_come(db.session.merge(c.booking), Schedule(), now=begin), []
        for n in range(1, 70):
            now = (begin + timedelta(days=n)).replace(hour=6, minute=0)
            if reminding.due(db.session.merge(c.programme), now=now):
                reminding.send_due(db.session.merge(c.programme), c.booking.id, now=now)
                wrote.append(now.date())
        assert named == wrote


def test_it_is_switched_off_with_the_other_settings(client: FlaskClient, c: SimpleNamespace) -> None:
    make.signed_in(client, c.priya)
    page = client.get("/desk/chasing").text
    assert re.search(r'name="visits_on"[^>]*checked', page)
    data = {
        name: value
        for name, value in re.findall(r'name="(\w+_days)"[^>]*value="(\d+)"', page)
        + [(n, v) for v, n in re.findall(r'value="(\d+)"[^>]*name="(\w+_days)"', page)]
    }
    kept = client.post("/desk/chasing", data=data | {"programme": str(c.programme.id)})
    assert kept.status_code == 303
    assert not re.search(r'name="visits_on"[^>]*checked', client.get("/desk/chasing").text)
    assert "We remind" not in client.get(c.at).text


# The words


def test_words_are_shown_before_they_are_kept_and_each_version_stays(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    make.signed_in(client, c.priya)
    page = client.get("/desk/visit-texts/families").text
    assert "Dear parent or carer," in page and "Friday 5 March" in article(page)
    typed = {"title": "A play at {school}", "words": "Dear all,\n\n# Why\n{about}\n\n* One\n* Two"}
    shown = client.post("/desk/visit-texts/families", data=typed | {"then": "show"})
    assert shown.status_code == 200
    assert "A play at St Brannoc’s &lt;Academy&gt;" in article(shown.text)
    assert "Why A play about exploitation and who to tell. One Two" in article(shown.text)
    db.session.rollback()
    assert texts.versions(c.ours.id, "families") == []
    assert client.post("/desk/visit-texts/families", data=typed | {"then": "keep"}).status_code == 303
    assert "Why A play about" in article(client.get(f"{c.at}/families").text)
    again = typed | {"words": "Dear all,\n\nOther."}
    client.post("/desk/visit-texts/families", data=again)
    client.post("/desk/visit-texts/families", data=again)
    db.session.rollback()
    found = texts.versions(c.ours.id, "families")
    assert [one.words.splitlines()[-1] for one in found] == ["Other.", "* Two"]
    assert {one.who for one in found} == {"Priya Nandakumar"}
    assert "* Two" in client.get(f"/desk/visit-texts/families?again={found[1].id}").text
    assert "Dear parent or carer," in client.get("/desk/visit-texts/families?again=0").text
    deeds = [deed.what for deed in history.history_of("partnership", c.ours.id)]
    assert deeds[:2] == ["wrote the letter for families anew"] * 2
    listed = words(client.get("/desk/visit-texts").text)
    assert "A play at {school}" in listed and listed.count("As they came with Outreach") == 3


@pytest.mark.parametrize(
    ("field", "said", "no"),
    [
        ("words", "Dear {nmae}", "There is no {nmae}."),
        ("words", "On {dat}", "Did you mean {date}?"),
        ("words", "On {date", "A brace stands alone"),
        ("title", "", "Write the title."),
        ("words", " ", "Write the words."),
        ("words", "See /i/" + "x" * 32, "one school’s own link"),
        ("words", "x" * 2001, "2,000 characters"),
    ],
)
def test_what_cannot_be_said_is_refused_with_what_was_typed(
    client: FlaskClient, c: SimpleNamespace, field: str, said: str, no: str
) -> None:
    make.signed_in(client, c.priya)
    typed = {"title": "A title", "words": "Some words"} | {field: said}
    for then in ("show", "keep"):
        refused = client.post("/desk/visit-texts/week", data=typed | {"then": then})
        assert refused.status_code == 422, then
        assert no.replace(",", "") in words(refused.text).replace(",", ""), then
        if said.strip():
            assert said.replace("{", "{")[:40] in refused.text
    db.session.rollback()
    assert texts.versions(c.ours.id, "week") == []


def test_words_that_somebody_else_changed_meanwhile_are_not_written_over(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    make.signed_in(client, c.priya)
    opened = re.search(r'name="opened" value="([^"]*)"', client.get("/desk/visit-texts/day").text)
    assert opened is not None
    carried = opened[1].replace("&#34;", '"').replace("&amp;", "&")
    with transaction():
        texts.write(
            db.session.merge(c.ours),
            "day",
            texts.Words(title="Owen’s", words="Owen’s"),
            who="Owen",
            now=make.NOW,
        )
    typed = {"title": "Mine", "words": "Mine", "opened": carried}
    refused = client.post("/desk/visit-texts/day", data=typed)
    assert refused.status_code == 422 and "Owen’s" in refused.text and "Mine" in refused.text


def test_a_reminder_is_shown_whole_as_one_school_gets_it(client: FlaskClient, c: SimpleNamespace) -> None:
    make.signed_in(client, c.priya)
    said = words(client.get(f"/desk/visit-texts/week?for={c.booking.reference}").text)
    assert "Dear Joanna Fell," in said and "a-link-of-its-own" in said and "Dear parent or carer," in said


def test_without_a_show_to_come_stand_ins_show_it(client: FlaskClient, c: SimpleNamespace) -> None:
    with transaction():
        make.cancellation(db.session.merge(c.booking), make.NOW)
    make.signed_in(client, c.priya)
    for kind in texts.NAMES:
        page = client.get(f"/desk/visit-texts/{kind}")
        assert page.status_code == 200 and "With stand-ins" in page.text
    assert client.get("/desk/visit-texts/nonsense").status_code == 404


def test_one_partnerships_words_are_not_anothers(client: FlaskClient, c: SimpleNamespace) -> None:
    with transaction():
        other = make.partnership(("932",))
        texts.write(other, "families", texts.Words(title="Theirs", words="Theirs"), who="X", now=make.NOW)
    make.signed_in(client, c.priya)
    assert "Theirs" not in client.get("/desk/visit-texts").text
    assert "Theirs" not in client.get("/desk/visit-texts/families?again=1").text
    assert "Theirs" not in client.get(f"{c.at}/families").text


# The link that stops them


@pytest.fixture
def stop(c: SimpleNamespace) -> str:
    """Where the stop link of a reminder leads."""
    with transaction():
        assert reminding.send_due(db.session.merge(c.programme), c.booking.id, now=WEEK_BEFORE)
    letter = db.session.scalars(select(Letter).where(Letter.kind == "before the visit")).one()
    address = dict(copies.read(letter.raw).headers)["List-Unsubscribe"].strip("<>")
    return re.sub("^https?://[^/]+", "", address)


def is_stopped(c: SimpleNamespace) -> bool:
    db.session.rollback()
    return stopping.stopped(c.programme.id, c.school.organisation_id)


@pytest.mark.both_databases
def test_the_link_asks_first_stops_at_the_button_and_can_be_undone(
    client: FlaskClient, c: SimpleNamespace, stop: str
) -> None:
    for _ in range(2):
        assert "No more reminders?" in words(client.get(stop).text)
        assert "while it is open what was done of what was promised" in words(client.get(stop).text)
    assert client.head(stop).status_code == 200 and not is_stopped(c)
    for _ in range(2):
        assert client.post(stop).status_code == 303 and is_stopped(c)
    assert "Reminders are stopped" in words(client.get(stop).text)
    with transaction():
        assert reminding.withdraw_one(now=WEEK_BEFORE)
    for _ in range(2):
        assert client.post(f"{stop}/undo").status_code == 303 and not is_stopped(c)
    deeds = history.history_of("programme", c.programme.id)
    assert [d.what for d in deeds[:2]] == ["wants reminders after all", "wants no reminders of visits"]
    assert {d.who for d in deeds[:2]} == {"the stop link of a reminder"}


def test_a_mail_readers_own_button_needs_no_cookie_and_gets_no_redirect(
    app: Flask, c: SimpleNamespace, stop: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    bare = app.test_client()
    assert bare.post(stop).status_code == 400 and not is_stopped(c)
    answered = bare.post(stop, data=ONE_CLICK)
    assert answered.status_code == 200 and "Reminders are stopped" in words(answered.text) and is_stopped(c)


def test_the_page_names_no_school_and_a_wrong_token_leads_nowhere(
    client: FlaskClient, c: SimpleNamespace, stop: str
) -> None:
    page = client.get(stop)
    assert "Brannoc" not in page.text and "Joanna" not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    for wrong in ("/no-reminders/x", stop[:-1], f"{stop}x"):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong).status_code == client.post(f"{wrong}/undo").status_code == 404
    assert not is_stopped(c)
