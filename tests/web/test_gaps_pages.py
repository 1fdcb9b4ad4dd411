"""The gaps list: filters that stay, rows that lead to the next deed, and many at once with the list shown
before."""

import csv
import io
import re
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking import follow_ups, notes, owners
from outreach.asking.chasing import settings
from outreach.asking.chasing.chases import Chase
from outreach.asking.chasing.settings import Schedule
from outreach.asking.invitations import Invitation
from outreach.county import contacts
from outreach.county.coordinators import Coordinator
from outreach.county.schools import OrganisationRecord, School
from outreach.coverage import standings
from outreach.coverage.gaplist import deeds, kept
from outreach.coverage.gaplist.deeds import MOST
from outreach.coverage.gaplist.saved_views import SavedView
from outreach.ground import tabular
from outreach.ground.db import db, transaction
from outreach.ground.wording import day_short
from outreach.post import outbox
from outreach.post.outbox import Letter
from outreach.tour import target_decisions
from outreach.tour.programmes import Programme
from worlds import World

DAY = timedelta(days=1)
NOW = make.NOW

pytestmark = pytest.mark.usefixtures("stopped")


class County:
    """A programme with one school of each kind that the tests speak of, and two coordinators."""

    def __init__(self) -> None:
        self.partnership = make.partnership()
        self.programme = make.programme(self.partnership, created_at=make.EARLIER)
        make.tour_day(self.programme, make.troupe(self.partnership))
        self.priya = make.person(self.partnership)
        self.owen = make.person(self.partnership, name="Owen Bright")
        north = {"district_code": "E07000002", "district_name": "North Marl"}
        self.silent = make.school(name="Silent School")
        self.fresh = make.school(name="Fresh School", number_of_pupils=None, **north)
        self.declined = make.school(name="Declining School", phase_of_education="All-through", **north)
        self.unreachable = make.school(name="Unreachable School")
        self.reported = make.school(name="Unreported School")
        self.seen = make.school(name="Seen School")
        for school in (self.silent, self.fresh, self.declined):
            make.contact(school)
        address = make.contact(self.silent).address
        make.invitation(self.programme, self.silent, at=NOW - 60 * DAY, address=address, repeat=0)
        make.answer(self.programme, self.declined, "declined", at=NOW - 9 * DAY, reason="exams")
        self.visit = make.booking(make.show(self.programme, self.reported, NOW - 8 * DAY), {8: 90, 9: 90})
        seen = make.booking(make.show(self.programme, self.seen, NOW - 20 * DAY), {8: 120, 9: 120})
        make.report(seen, "school", NOW - 19 * DAY, {8: 120, 9: 120})
        half = make.booking(make.show(self.programme, self.declined, NOW - 21 * DAY), {8: 120})
        make.report(half, "school", NOW - 19 * DAY, {8: 120})


def county_of_gaps() -> County:
    with transaction():
        return County()


@pytest.fixture
def county(world: World) -> County:
    return world(county_of_gaps)


@pytest.fixture
def desk(client: FlaskClient, county: County) -> FlaskClient:
    return make.signed_in(client, county.priya)


def rows(page: str) -> list[str]:
    """The names in the list, in order."""
    return [
        unescape(n)
        for n in re.findall(r'<tr class="school">.*?<th scope="row"><a [^>]*>([^<]*)</a>', page, re.S)
    ]


def next_of(page: str, name: str) -> tuple[str, str]:
    """(words, address) of the next action at a school."""
    row = next(r for r in page.split('<tr class="school">') if f">{name}</a>" in r)
    found = re.findall(r'<td><a href="([^"]*)">([^<]*)<span class="vh">', row)[-1]
    return found[1], unescape(found[0])


@pytest.mark.any_database
def test_the_list_names_each_gap_with_its_cause_and_longest_wait_first(
    desk: FlaskClient, county: County
) -> None:
    page = desk.get("/desk/gaps").text
    assert rows(page) == [
        "Fresh School",
        "Unreachable School",
        "Silent School",
        "Declining School",
        "Unreported School",
    ]
    assert '<b class="ink">5 schools</b> of 6 are missing' in page
    for words in (
        "Silent since 20 November",
        "60 days",
        "Year 9 missing",
        "Report missing, show on 11 January",
    ):
        assert words in page, words
    assert "Seen School" not in page


def test_each_next_action_leads_to_a_page_that_does_it(desk: FlaskClient, county: County) -> None:
    page = desk.get("/desk/gaps").text
    expected = {
        "Fresh School": ("Write", "Invite"),
        "Unreachable School": ("Find an address", "Add a contact"),
        "Silent School": ("Remind", "Remind 1 school?"),
        "Declining School": ("Offer a second show", "Declining School"),
        "Unreported School": ("Ask for the report", county.visit.reference),
    }
    for name, (words, on_page) in expected.items():
        said, address = next_of(page, name)
        assert said == words
        answer = desk.get(address)
        assert (answer.status_code, on_page in answer.text) == (200, True), address


def test_a_school_asked_today_is_not_silent_and_not_to_be_reminded_before_its_day(
    desk: FlaskClient, county: County
) -> None:
    with transaction():
        fresh = db.session.scalars(select(School).where(School.name == "Fresh School")).one()
        make.invitation(
            county.programme,
            fresh,
            NOW - timedelta(hours=1),
            address=contacts.to_write_to([fresh.organisation_id])[fresh.organisation_id][0].address,
        )
    page = desk.get("/desk/gaps").text
    assert "Asked today; to be reminded from 29 January 2027" in page
    assert next_of(page, "Fresh School") == (
        "Ring and note",
        f"/desk/schools/{fresh.organisation_id}?programme={county.programme.id}&at=programme%3D{county.programme.id}"
        "&from=gaps#next",
    )
    assert rows(desk.get("/desk/gaps?cause=silent").text) == ["Silent School"]
    assert rows(desk.get("/desk/gaps?cause=asked,+waiting").text) == ["Fresh School"]


@pytest.mark.any_database
def test_coverage_the_schools_list_and_the_school_say_what_the_gaps_list_says_of_one_that_was_asked_today(
    desk: FlaskClient, county: County
) -> None:
    """Silent from the day on which the programme's days have gone by, and on no page before, nor of a day
    before."""
    with transaction():
        fresh = db.session.scalars(select(School).where(School.name == "Fresh School")).one()
        make.invitation(
            county.programme,
            fresh,
            NOW - timedelta(hours=1),
            address=contacts.to_write_to([fresh.organisation_id])[fresh.organisation_id][0].address,
        )
    asked, due = NOW.date(), NOW.date() + timedelta(days=10)
    assert '&amp;cause=asked%2C%20waiting"' in desk.get("/desk/coverage").text
    for address in ("/desk/schools?cause=asked,+waiting", f"/desk/schools/{fresh.organisation_id}"):
        page = desk.get(address).text
        assert f"Asked on {day_short(asked)}; reminder due from {day_short(due)}" in page, address
        assert "Silent since" not in page, address
    assert "Fresh School" not in rows(desk.get("/desk/gaps?cause=silent").text)
    later = datetime.combine(due, time(9), tzinfo=UTC)
    found = {
        day: next(
            s
            for s in standings.standings_of_programme(county.programme.id, as_of=day, now=later).target
            if s.organisation_id == fresh.organisation_id
        )
        for day in (asked - timedelta(days=1), asked, due - timedelta(days=1), due)
    }
    assert [s.kind for s in found.values()] == ["not asked", "asked, waiting", "asked, waiting", "silent"]
    with transaction():
        settings.settle(county.programme, Schedule(first_after_days=2), who="Priya", now=later)
    was = standings.standings_of_programme(
        county.programme.id, as_of=due - timedelta(days=1), now=later + timedelta(days=2)
    ).target
    assert {s.organisation_id: s.kind for s in was}[
        fresh.organisation_id
    ] == "asked, waiting"  # a setting of today changes no earlier day


def test_where_pupils_are_estimated_the_census_stands_beside_them(desk: FlaskClient, county: County) -> None:
    pages = ("/desk/schools", f"/desk/schools/{county.silent.organisation_id}")
    for address in pages:
        assert "whose census date is not known" in desk.get(address).text, address
    with transaction():
        for organisation_id in db.session.scalars(select(School.organisation_id)).all():
            newest = db.session.scalars(
                select(OrganisationRecord)
                .where(OrganisationRecord.organisation_id == organisation_id)
                .order_by(OrganisationRecord.id.desc())
            ).first()
            row = {
                c.name: getattr(newest, c.name)
                for c in OrganisationRecord.__table__.columns
                if c.name != "id"
            }
            db.session.add(
                OrganisationRecord(**row | {"census_date": date(2026, 1, 15), "recorded_at": NOW - DAY})
            )
    for address in pages:
        assert "the register’s census of 15 January 2026" in desk.get(address).text, address


@pytest.mark.any_database
@pytest.mark.parametrize("deed", ["invite", "remind"])
def test_a_list_to_which_no_letter_goes_is_a_page_with_a_way_on_for_each_school(
    desk: FlaskClient, county: County, deed: str
) -> None:
    unreachable = next(s for s in db.session.scalars(select(School)) if s.name == "Unreachable School")
    answer = do(desk, county, deed, unreachable)
    assert answer.status_code == 200
    assert "obody to write to" not in answer.text and "Nobody to remind" not in answer.text
    ways = re.findall(r'<a class="blk" href="([^"]+)">(Ring and note|Add an address)<', answer.text)
    assert [words for _, words in ways] == ["Ring and note", "Add an address"]
    for address, _ in ways:
        assert desk.get(unescape(address)).status_code == 200, address


@pytest.mark.any_database
def test_whoever_cannot_be_written_to_is_found_an_address_first(desk: FlaskClient, county: County) -> None:
    with transaction():
        declining = db.session.scalars(select(School).where(School.name == "Declining School")).one()
        for contact in contacts.contacts_of_organisation(declining.organisation_id):
            outbox.mark_dead(contact.address, "550", make.NOW)
    words, address = next_of(desk.get("/desk/gaps").text, "Declining School")
    assert (words, address) == (
        "Find an address",
        f"/desk/schools/{declining.organisation_id}/contacts/add?from=gaps",
    )
    assert desk.get(address).status_code == 200


def test_after_the_reply_by_date_what_is_left_is_to_ring(desk: FlaskClient, county: County) -> None:
    with transaction():
        county.programme.reply_by = date(2027, 1, 15)
    page = desk.get("/desk/gaps").text
    for name in ("Fresh School", "Silent School"):
        words, address = next_of(page, name)
        assert words == "Ring and note" and desk.get(address).status_code == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("standing=part+seen&standing=to+confirm", ["Declining School", "Unreported School"]),
        ("cause=silent", ["Silent School"]),
        ("district=E07000002", ["Fresh School", "Declining School"]),
        ("phase=All-through", ["Declining School"]),
        ("owner=nobody", ["Fresh School", "Unreachable School", "Declining School", "Unreported School"]),
        ("owner=me", ["Silent School"]),
        ("never=1", ["Fresh School", "Unreachable School", "Silent School"]),
        ("size=unknown", ["Fresh School"]),
        ("size=250", ["Unreachable School", "Silent School", "Declining School", "Unreported School"]),
        ("find=un+school", ["Unreachable School", "Unreported School"]),
        ("district=E07000002&size=unknown&never=1", ["Fresh School"]),
        (
            "sort=name",
            ["Declining School", "Fresh School", "Silent School", "Unreachable School", "Unreported School"],
        ),
    ],
)
def test_an_address_narrows_and_sorts_and_the_export_has_the_same_schools(
    desk: FlaskClient, county: County, query: str, expected: list[str]
) -> None:
    with transaction():
        owners.assign(county.programme, [county.silent.organisation_id], county.priya, who="Priya", now=NOW)
    page = desk.get(f"/desk/gaps?{query}").text
    assert rows(page) == expected
    lines = list(csv.reader(io.StringIO(desk.get(f"/desk/gaps.csv?{query}").text.lstrip("\ufeff"))))
    assert sorted(line[1] for line in lines[1:-1]) == sorted(expected)
    assert len(lines[-1]) == 1 and lines[-1][0].startswith(
        f"End of the list: {len(expected)} school{'s' * (len(expected) > 1)}. A file without this line was cut off."
    )


@pytest.mark.any_database
def test_every_count_beside_a_filter_is_the_list_it_shows(desk: FlaskClient, county: County) -> None:
    with transaction():
        organisation_ids, day = [county.silent.organisation_id, county.fresh.organisation_id], NOW.date()
        follow_ups.set_follow_ups(
            county.programme, organisation_ids[:1], day, "", county.priya, who="Priya", now=NOW
        )
        follow_ups.set_follow_ups(
            county.programme, organisation_ids[1:], day + DAY, "", county.priya, who="Priya", now=NOW
        )
    for base in ("", "district=E07000002&"):
        page = desk.get(f"/desk/gaps?{base}programme={county.programme.id}").text
        found = re.findall(
            r'name="(\w+)" value="([^"]+)"(?: checked)?><span>[^<]*</span><span class="s2">([\d,]+)<', page
        )
        assert {kind for kind, _, _ in found} == {
            "standing",
            "cause",
            "district",
            "phase",
            "owner",
            "size",
            "never",
            "follow",
        }
        for kind, value, n in found:
            others = "" if kind == "district" else base
            shown = desk.get("/desk/gaps", query_string=f"{others}{kind}={value.replace(' ', '+')}").text
            assert len(rows(shown)) == int(n), (kind, value)


def test_a_filter_is_remembered_for_its_person_shown_without_words_and_cleared(
    desk: FlaskClient, county: County
) -> None:
    programme = county.programme.id
    answer = desk.post(
        "/desk/gaps/filter",
        data={"programme": programme, "standing": ["to confirm", "asked"], "sort": "name"},
    )
    assert (answer.status_code, answer.location) == (
        303,
        f"/desk/gaps?programme={programme}&standing=to+confirm&standing=asked&sort=name",
    )
    bare = desk.get("/desk/gaps")
    assert (bare.status_code, urlsplit(bare.location).query) == (
        302,
        "standing=to+confirm&standing=asked&sort=name",
    )
    page = desk.get(bare.location).text
    assert rows(page) == ["Silent School", "Unreported School"]
    assert "Kept in this address, and for next time" in page
    assert len(rows(desk.get(f"/desk/gaps?programme={programme}").text)) == 5  # named: it stands for itself
    kept_words = {"programme": programme, "standing": ["to confirm", "asked"], "sort": "name"}
    dropped = desk.post("/desk/gaps/filter", data=kept_words | {"drop": "standing:asked"})
    assert dropped.location == f"/desk/gaps?programme={programme}&standing=to+confirm&sort=name"
    assert kept.remembered_filter(county.priya.id, "gaps") == "standing=to+confirm&sort=name"
    assert kept.remembered_filter(county.owen.id, "gaps") == ""
    desk.post("/desk/gaps/filter", data=kept_words | {"clear": "1"})
    assert desk.get("/desk/gaps").status_code == 200
    assert kept.remembered_filter(county.priya.id, "gaps") == ""


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("standing=lost", "There is no standing ‘lost’ here"),
        ("cause=moon", "There is no cause ‘moon’ here"),
        ("district=E99", "There is no district ‘E99’ here"),
        ("owner=12345", "There is no coordinator ‘12345’ here"),
        ("size=huge", "There is no size ‘huge’ here"),
        ("sort=colour", "A list cannot be sorted by ‘colour’"),
        ("page=99", "There is 1 page, and no page ‘99’"),
        ("page=x", "There is 1 page, and no page ‘x’"),
        ("programme=77", "There is no such programme here"),
        ("as_of=2026-10-01", "This list is of today"),
    ],
)
def test_an_address_that_makes_no_sense_is_said_in_a_sentence_and_the_rest_stands(
    desk: FlaskClient, county: County, query: str, said: str
) -> None:
    answer = desk.get(f"/desk/gaps?{query}")
    assert answer.status_code == 200
    assert said in answer.text
    assert len(rows(answer.text)) == 5


@pytest.mark.parametrize("query", ["standing=lost", "cause=moon", "size=huge", "programme=77"])
def test_an_export_of_what_makes_no_sense_is_one_sentence_and_no_file(
    desk: FlaskClient, county: County, query: str
) -> None:
    for kind in ("csv", "xlsx"):
        answer = desk.get(f"/desk/gaps.{kind}?{query}")
        assert (answer.status_code, answer.mimetype) == (422, "text/plain")
        assert answer.text.startswith("There is no ")


def do(desk: FlaskClient, county: County, deed: str, *schools: School, **more: Any) -> Any:
    words = {
        "programme": county.programme.id,
        "deed": deed,
        "organisation_id": [s.organisation_id for s in schools],
    }
    return desk.post("/desk/gaps/do", data=words | more)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


def confirm(desk: FlaskClient, county: County, deed: str, page: str, **typed: Any) -> Any:
    """Send the form of a preview as it stands, with what was typed."""
    carried = {"programme": county.programme.id, "to": hidden(page, "to"), "at": hidden(page, "at")}
    return desk.post(f"/desk/gaps/{deed}", data=carried | typed)


@pytest.mark.any_database
def test_ticked_schools_are_given_to_somebody_after_the_list_was_shown(
    desk: FlaskClient, county: County
) -> None:
    page = do(desk, county, "assign", county.silent, county.fresh, at="sort=name").text
    assert "Who looks after 2 schools?" in page
    assert owners.owners_of_programme(county.programme.id) == {}
    answer = confirm(desk, county, "assign", page, owner=county.owen.id)
    assert (answer.status_code, answer.location) == (
        303,
        f"/desk/gaps?programme={county.programme.id}&sort=name",
    )
    assert {u: o.name for u, o in owners.owners_of_programme(county.programme.id).items()} == {
        county.silent.organisation_id: "Owen Bright",
        county.fresh.organisation_id: "Owen Bright",
    }
    assert "2 schools given to Owen Bright." in desk.get(answer.location).text


def test_all_that_match_are_taken_whatever_was_ticked(desk: FlaskClient, county: County) -> None:
    page = do(desk, county, "note", county.silent, at="district=E07000002", whole="1").text
    assert "A note about 2 schools" in page
    confirm(desk, county, "note", page, kind="phone", text="Rang both")
    mine = county.partnership.id
    assert [n.text for n in notes.of_organisation(county.fresh.organisation_id, partnership_id=mine)] == [
        "Rang both"
    ]
    assert notes.of_organisation(county.silent.organisation_id, partnership_id=mine) == []


@pytest.mark.any_database
def test_a_school_that_changed_between_list_and_click_is_named_and_the_others_are_done(
    desk: FlaskClient, county: County
) -> None:
    page = do(desk, county, "exclude", county.silent, county.fresh, county.unreachable).text
    with transaction():
        make.booking(make.show(county.programme, county.silent, NOW + 30 * DAY), {8: 120, 9: 120})
        make.contact(county.unreachable)
    answer = confirm(desk, county, "exclude", page, reason="Runs its own")
    shown = desk.get(answer.location).text
    assert "1 school taken out of the target." in shown
    assert "2 schools changed meanwhile and were left as they are:" in shown
    left = re.search(r'<ul class="left-alone">(.*?)</ul>', shown, re.S)
    assert left and [unescape(re.sub("<[^>]+>", "", li)) for li in left[1].split("</li>")[:2]] == [
        "Unreachable School, now not asked",
        "Silent School, now booked: booked for 18 February 2027",
    ]
    assert [*target_decisions.decisions(county.programme.id)] == [county.fresh.organisation_id]
    # The same click again changes nothing and says so.
    again = desk.get(confirm(desk, county, "exclude", page, reason="Runs its own").location).text
    assert "0 schools taken out of the target." in again and "3 schools changed meanwhile" in again


@pytest.mark.parametrize(
    ("deed", "typed", "said"),
    [
        ("assign", {}, "Choose who looks after them."),
        ("assign", {"owner": "99999"}, "Not a valid choice"),
        ("note", {"kind": "note", "text": " "}, "Write the note first."),
        ("note", {"kind": "note", "text": "x" * 1001}, "1000 characters or fewer"),
        ("exclude", {"reason": ""}, "Give the reason"),
    ],
)
def test_a_bad_form_shows_the_same_list_again_with_what_is_wrong(
    desk: FlaskClient, county: County, deed: str, typed: dict[str, Any], said: str
) -> None:
    page = do(desk, county, deed, county.silent, county.fresh).text
    answer = confirm(desk, county, deed, page, **typed)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert hidden(answer.text, "to") == hidden(page, "to")
    assert (
        owners.owners_of_programme(county.programme.id),
        target_decisions.decisions(county.programme.id),
    ) == (
        {},
        {},
    )


@pytest.mark.any_database
def test_a_deed_on_nothing_or_on_no_deed_is_one_sentence_over_the_same_list(
    desk: FlaskClient, county: County
) -> None:
    for answer, said in (
        (do(desk, county, "assign"), "Tick at least one school"),
        (do(desk, county, "burn", county.silent), "Choose what to do with the schools"),
        (do(desk, county, "note", county.seen), "None of the schools ticked is a gap any more."),
    ):
        assert (answer.status_code, said in answer.text, len(rows(answer.text))) == (422, True, 5)
    some = do(desk, county, "note", county.seen, county.silent).text
    assert "A note about 1 school" in some and "Seen School" in some


@pytest.mark.any_database
def test_more_schools_than_anybody_reads_through_are_not_done_at_once(
    desk: FlaskClient, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.web.coordinator.gaps_deeds.MOST", 4)
    monkeypatch.setattr(deeds, "MOST", 4)
    answer = do(desk, county, "exclude", whole="1")
    assert (answer.status_code, "That would be 5 schools; at most 4" in answer.text) == (422, True)
    assert MOST == 1000
    assert do(desk, county, "export", whole="1").status_code == 200


@pytest.mark.any_database
def test_writing_shows_the_list_and_letter_of_a_round_and_sends_nothing_yet(
    desk: FlaskClient, county: County
) -> None:
    page = do(desk, county, "invite", county.fresh, county.silent).text
    assert "Write to 1 school?" in page and "Asked already on" in page and "Send 1 letter" in page
    assert db.session.scalar(db.select(db.func.count()).select_from(Invitation)) == 1


def test_reminding_shows_the_exact_letter_then_sends_it_once(desk: FlaskClient, county: County) -> None:
    page = do(desk, county, "remind", county.silent, county.fresh).text
    assert "Remind 1 school?" in page and "Fresh School" in page
    frame = re.search(r'<iframe[^>]* src="([^"]*)"', page)
    assert frame and "Reminder" in page
    letter = desk.get(unescape(frame[1]))
    assert (letter.status_code, "sandbox" in letter.headers["Content-Security-Policy"]) == (200, True)
    alone = re.search(r'href="([^"]*)">Read<span', page)
    assert alone and "The letter to Silent School" in desk.get(unescape(alone[1])).text
    assert ">Leave it</a>" in page
    assert db.session.scalar(db.select(db.func.count()).select_from(Chase)) == 0
    sent = {"programme": county.programme.id, "to": hidden(page, "to"), "at": hidden(page, "at")}
    answer = desk.post("/desk/gaps/remind", data=sent)
    assert answer.status_code == 303
    assert "1 reminder waiting to go out." in desk.get(answer.location).text
    again = desk.post("/desk/gaps/remind", data=sent)
    assert again.status_code == 422
    assert db.session.scalar(db.select(db.func.count()).select_from(Chase)) == 1
    silent = rows(desk.get("/desk/gaps?cause=silent").text)
    assert silent == ["Silent School"] and "reminded once" in desk.get("/desk/gaps?cause=silent").text


@pytest.mark.any_database
def test_a_deed_past_the_reply_by_date_says_so_over_the_list(desk: FlaskClient, county: County) -> None:
    with transaction():
        db.session.get_one(Programme, county.programme.id).reply_by = NOW.date() - DAY
    for deed in ("invite", "remind"):
        answer = do(desk, county, deed, county.fresh)
        assert (answer.status_code, "The reply-by date" in answer.text) == (422, True)


def test_ticks_go_along_from_page_to_page(
    desk: FlaskClient, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.web.coordinator.gaps_shown.PAGE", 2)
    first = desk.get("/desk/gaps?sort=name").text
    assert rows(first) == ["Declining School", "Fresh School"]
    turn = {
        "programme": county.programme.id,
        "at": hidden(first, "at"),
        "organisation_id": [county.fresh.organisation_id],
        "page": "2",
    }
    second = desk.get(desk.post("/desk/gaps/turn", data=turn).location).text
    assert rows(second) == ["Silent School", "Unreachable School"]
    assert hidden(second, "picked") == str(county.fresh.organisation_id)
    back = turn | {
        "picked": hidden(second, "picked"),
        "organisation_id": [county.silent.organisation_id],
        "page": "1",
    }
    address = desk.post("/desk/gaps/turn", data=back).location
    assert parse_qs(urlsplit(address).query)["picked"] == [
        f"{county.fresh.organisation_id},{county.silent.organisation_id}"
    ]
    again = desk.get(address).text
    assert re.findall(r'value="(\d+)" aria-label="[^"]*" checked', again) == [
        str(county.fresh.organisation_id)
    ]
    page = do(desk, county, "assign", county.fresh, picked=hidden(again, "picked")).text
    assert "Who looks after 2 schools?" in page


def test_the_export_says_first_that_it_is_not_for_publication_and_both_files_say_the_same(
    desk: FlaskClient, county: County
) -> None:
    with transaction():
        owners.assign(county.programme, [county.silent.organisation_id], county.owen, who="Priya", now=NOW)
    preview = do(desk, county, "export", county.silent, county.reported).text
    assert "Export 2 gaps" in preview
    links = [unescape(a) for a in re.findall(r'href="(/desk/gaps\.(?:csv|xlsx)\?[^"]*)"', preview)]
    sheets = []
    for link in links:
        answer = desk.get(link)
        assert answer.status_code == 200
        sheets.append(
            [
                [*tabular.read("x", answer.data).header],
                *(row.cells for row in tabular.read("x", answer.data).rows),
            ]
        )
    as_csv, (notice, *as_xlsx) = sheets
    assert "Not for publication" in notice[0]
    assert [[*filter(None, row)] for row in as_csv] == [[*filter(None, row)] for row in as_xlsx]
    head, silent = as_csv[0], dict(zip(as_csv[0], as_csv[1], strict=False))
    assert head[0] == "URN"
    assert {
        k: silent[k]
        for k in ("School", "Standing", "Waiting since", "Days waiting", "Owner", "Last contact was", "Next")
    } == {
        "School": "Silent School",
        "Standing": "asked",
        "Waiting since": "2026-11-20",
        "Days waiting": "60",
        "Owner": "Owen Bright",
        "Last contact was": "letter",
        "Next": "Remind, or ring and note",
    }


def test_another_partnership_sees_and_changes_nothing_of_it(client: FlaskClient, county: County) -> None:
    with transaction():
        theirs = make.partnership(("932",))
        make.programme(theirs)
        stranger = make.person(theirs)
        make.school(la_code="932", name="Their School")
        notes.write(
            county.silent.organisation_id, "Ours", partnership_id=county.partnership.id, who="Priya", now=NOW
        )
    other = make.signed_in(client, stranger)
    page = other.get("/desk/gaps").text
    assert rows(page) == ["Their School"] and "Owen Bright" not in page
    assert rows(other.get(f"/desk/gaps?programme={county.programme.id}").text) == ["Their School"]
    assert (
        "Silent School"
        not in other.get(f"/desk/gaps.csv?organisation_id={county.silent.organisation_id}").text
    )
    assert do(other, county, "note", county.silent).status_code == 422
    to = f"{county.silent.organisation_id}:asked:silent:0"
    for deed, typed in (
        ("assign", {"owner": "0"}),
        ("note", {"kind": "note", "text": "x"}),
        ("exclude", {"reason": "x"}),
    ):
        answer = other.post(f"/desk/gaps/{deed}", data={"programme": county.programme.id, "to": to, **typed})
        assert answer.status_code == 404
        own = other.post(f"/desk/gaps/{deed}", data={"to": to, **typed})
        assert own.status_code == 303
        assert "Silent School" not in other.get(own.location).text
    assert (
        other.post(
            "/desk/gaps/remind", data={"to": f"{county.silent.organisation_id} x@y.example"}
        ).status_code
        == 422
    )
    assert other.get(f"/desk/gaps/reminder/{county.silent.organisation_id}/html").status_code == 404
    assert other.get(f"/desk/gaps/reminder/{county.silent.organisation_id}").status_code == 404
    assert (
        len(notes.of_organisation(county.silent.organisation_id, partnership_id=county.partnership.id)) == 1
    )
    assert (
        owners.owners_of_programme(county.programme.id),
        target_decisions.decisions(county.programme.id),
    ) == (
        {},
        {},
    )
    assert (
        db.session.scalar(db.select(db.func.count()).select_from(Letter).where(Letter.kind != "invitation"))
        == 0
    )


def test_a_county_without_programme_target_or_gaps_says_what_will_stand_here(client: FlaskClient) -> None:
    with transaction():
        partnership = make.partnership()
        desk = make.signed_in(client, make.person(partnership))
    assert "First set up a programme" in desk.get("/desk/gaps").text
    assert desk.get("/desk/gaps.csv").status_code == 404
    with transaction():
        programme = make.programme(db.session.merge(partnership), created_at=make.EARLIER)
    assert "No school is in the target yet" in desk.get("/desk/gaps").text
    with transaction():
        school = make.school()
        make.booking(make.show(programme, school, NOW + 30 * DAY), {8: 120, 9: 120})
    page = desk.get("/desk/gaps").text
    assert "Nobody is missing" in page and "Each of the 1 school in the target" in page
    with transaction():
        make.school()
    none = desk.get("/desk/gaps?find=nowhere").text
    assert "No school matches this filter" in none and "Take the filters off" in none


def test_a_programme_for_adults_speaks_of_who_attended_and_of_no_pupils(client: FlaskClient) -> None:
    with transaction():
        partnership = make.partnership()
        make.programme(partnership, (), for_adults=True, created_at=make.EARLIER)
        make.school(name="Missing School")
        desk = make.signed_in(client, make.person(partnership))
    page = desk.get("/desk/gaps").text
    assert rows(page) == ["Missing School"]
    assert "pupils" not in re.sub(r"<footer.*", "", page, flags=re.S) and 'name="size"' not in page


def test_the_page_takes_as_many_queries_for_five_gaps_as_for_sixty(
    desk: FlaskClient, county: County, count_queries: Any
) -> None:
    address = f"/desk/gaps?programme={county.programme.id}"
    desk.get(address)
    counts = []
    for more in (0, 55):
        with transaction():
            for n in range(more):
                school = make.school(name=f"More {n:02}")
                if n % 3:
                    make.invitation(county.programme, school, address=make.contact(school).address)
                elif n % 2:
                    make.booking(make.show(county.programme, school, NOW - 8 * DAY), {8: 90, 9: 90})
        with count_queries() as sent:
            assert desk.get(address).status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1]
    assert counts[1] <= 64  # a fixed number: what can be done about each row is looked up too


def test_somebody_who_left_is_still_named_as_owner_until_another_takes_over(
    desk: FlaskClient, county: County
) -> None:
    with transaction():
        owners.assign(county.programme, [county.silent.organisation_id], county.owen, who="Priya", now=NOW)
        db.session.get_one(Coordinator, county.owen.id).ended_at = datetime(2027, 1, 1, tzinfo=UTC)
    page = desk.get("/desk/gaps").text
    assert "has left" in page and "Owen Bright (left)" in page
    assert rows(desk.get(f"/desk/gaps?owner={county.owen.id}").text) == ["Silent School"]
    assert "Owen Bright" not in re.findall(
        r"govuk-radios__label[^>]*>\s*([^<]*?)\s*<", do(desk, county, "assign", county.fresh).text
    )


def stands(county: County) -> dict[str, tuple[date, str, str]]:
    """What is to be followed up, by the school's name: when, what, whose."""
    db.session.rollback()
    found = follow_ups.follow_ups_of_programme(county.programme.id)
    names = {s.organisation_id: s.name for s in db.session.scalars(select(School))}
    return {names[organisation_id]: (one.day, one.what, one.name) for organisation_id, one in found.items()}


def test_a_day_is_set_for_those_ticked_and_stands_in_the_list_the_filter_and_the_export(
    desk: FlaskClient, county: County
) -> None:
    page = do(desk, county, "follow-up", county.silent, county.fresh)
    assert "Follow up 2 schools" in page.text and "Nothing has changed yet" in page.text
    said = {"day": "Monday", "what": "Ring the office", "whose": county.owen.id}
    wrong = confirm(desk, county, "follow-up", page.text, **said | {"day": "soon"})
    assert (
        wrong.status_code == 422 and "Enter it like 2 Nov" in wrong.text and "Ring the office" in wrong.text
    )
    done = desk.get(confirm(desk, county, "follow-up", page.text, **said).location)
    assert "2 schools kept for that day." in done.text
    monday = (date(2027, 1, 25), "Ring the office", "Owen Bright")
    assert stands(county) == {"Silent School": monday, "Fresh School": monday}
    assert done.text.count("Monday 25 January") == 2 and "Ring the office, Owen Bright" in done.text
    assert rows(desk.get("/desk/gaps?follow=later").text) == ["Fresh School", "Silent School"]
    assert rows(desk.get("/desk/gaps?follow=due").text) == []
    lines = list(csv.reader(io.StringIO(desk.get("/desk/gaps.csv?follow=later").text.lstrip("\ufeff"))))
    at = lines[0].index("Follow-up on")
    assert lines[1][at : at + 3] == ["2027-01-25", "Ring the office", "Owen Bright"]


def test_what_is_due_is_on_the_desk_and_leads_to_just_its_rows(desk: FlaskClient, county: County) -> None:
    assert "follow up today" not in desk.get("/desk").text
    with transaction():
        organisation_ids = [county.silent.organisation_id, county.fresh.organisation_id]
        follow_ups.set_follow_ups(
            county.programme, organisation_ids, NOW.date() + DAY, "", county.owen, who="Owen", now=NOW - DAY
        )
    assert "follow up today" not in desk.get("/desk").text
    with transaction():
        follow_ups.set_follow_ups(
            county.programme, organisation_ids, NOW.date(), "", county.owen, who="Owen", now=NOW - DAY
        )
    page = desk.get("/desk").text
    assert "schools to follow up today" in page and "Fresh School: Ring the school · Owen Bright" in page
    address = unescape(re.findall(r'<a href="([^"]*follow=due[^"]*)"', page)[0])
    assert rows(desk.get(address).text) == ["Fresh School", "Silent School"]


def test_what_was_taken_out_together_is_undone_in_one_click_and_nothing_else_is(
    desk: FlaskClient, county: County, stopped: Any
) -> None:
    with transaction():
        target_decisions.exclude(
            county.programme, county.unreachable, reason="Closing", who=county.priya.name, now=NOW - DAY
        )
    page = do(desk, county, "exclude", county.silent, county.fresh).text
    done = confirm(desk, county, "exclude", page, reason="Run their own")
    stopped.after(minutes=1)
    listed = desk.get(done.location).text
    assert "2 schools taken out of the target." in listed and "Silent School" not in rows(listed)
    form = {name: hidden(listed, name) for name in ("programme", "at", "lot")}
    with transaction():
        target_decisions.withdraw_decision(
            county.programme,
            county.fresh,
            reason="A mistake",
            who="Owen Bright",
            now=NOW + timedelta(minutes=1),
        )
    # Nobody else's click undoes it.
    make.signed_in(desk, county.owen)
    assert (
        "Nothing was left to undo"
        in desk.post("/desk/gaps/exclude/undo", data=form, follow_redirects=True).text
    )
    make.signed_in(desk, county.priya)
    back = desk.post("/desk/gaps/exclude/undo", data=form, follow_redirects=True).text
    assert "1 school back in the target." in back
    db.session.rollback()
    assert list(target_decisions.decisions(county.programme.id)) == [county.unreachable.organisation_id]
    again = desk.post("/desk/gaps/exclude/undo", data=form | {"lot": "soon"}, follow_redirects=True)
    assert "Nothing was left to undo" in again.text


def columns(page: str) -> list[str]:
    head = re.findall(r"<thead>.*?</thead>", page, re.S)[0]
    return [" ".join(re.sub("<[^>]*>|↓", " ", th).split()) for th in re.findall(r"<th.*?</th>", head, re.S)][
        3:-1
    ]


def test_columns_are_chosen_stay_with_the_filter_and_go_back_to_the_usual_ones(
    desk: FlaskClient, county: County
) -> None:
    programme = county.programme.id
    usual = ["Since", "Last contact", "Owner", "Follow-up"]
    assert columns(desk.get("/desk/gaps").text) == usual
    chosen = desk.post(
        "/desk/gaps/filter",
        data={"programme": programme, "standing": "asked", "cols": ["none", "groups", "since"]},
    )
    assert chosen.location == f"/desk/gaps?programme={programme}&standing=asked&cols=since+groups"
    page = desk.get(chosen.location).text
    assert columns(page) == ["Since", "Year groups"] and "Year 8 open; Year 9 open" in page
    # A filter applied, a tag taken away, another page, a deed: the columns stay.
    assert 'name="cols" value="since groups"' in page
    none = desk.post("/desk/gaps/filter", data={"programme": programme, "cols": "none"})
    assert columns(desk.get(none.location).text) == []
    assert columns(desk.get("/desk/gaps?cols=moon+owner").text) == ["Owner"]
    cleared = desk.post(
        "/desk/gaps/filter", data={"programme": programme, "cols": "owner", "clear": "1", "find": "x"}
    )
    assert cleared.location == f"/desk/gaps?programme={programme}&cols=owner"


def views(page: str) -> list[str]:
    """The views in the menu, with what is said of each."""
    menu = re.findall(r'<ul class="viewlist">.*?</ul>', page, re.S)
    return [
        " ".join(re.sub("<[^>]*>", " ", re.sub(r"<form.*?</form>", "", li, flags=re.S)).split())
        for li in re.findall(r"<li>.*?</li>", menu[0] if menu else "", re.S)
    ]


def test_a_view_has_a_name_is_ones_own_or_all_coordinators_and_its_removal_is_undone(
    desk: FlaskClient, county: County
) -> None:
    programme = county.programme.id
    north = {"programme": programme, "district": "E07000002", "sort": "name", "cols": "owner"}
    saved = desk.post("/desk/gaps/views", data=north | {"name": " To ring  in the north "})
    assert saved.location == f"/desk/gaps?programme={programme}&district=E07000002&sort=name&cols=owner"
    desk.post("/desk/gaps/views", data={"programme": programme, "never": "1", "name": "New", "shared": "1"})
    page = desk.get(f"/desk/gaps?programme={programme}").text
    assert views(page) == ["All gaps", "New shared", "To ring in the north"]
    address = unescape(re.findall(r'href="([^"]*)"[^>]*>To ring in the north<', page)[0])
    assert rows(desk.get(address).text) == ["Declining School", "Fresh School"]
    assert 'aria-current="true">To ring in the north<' in desk.get(address).text

    make.signed_in(desk, county.owen)
    page = desk.get(f"/desk/gaps?programme={programme}").text
    assert views(page) == ["All gaps", "New shared by Priya Nandakumar"]
    taken = desk.post("/desk/gaps/views", data={"programme": programme, "name": "New", "shared": "1"})
    assert taken.status_code == 422 and "a view called ‘New’ already" in taken.text
    assert 'value="New"' in taken.text and '<details class="viewmenu" open>' in taken.text
    view_id = re.findall(r"/desk/gaps/views/(\d+)/remove", page)[0]
    gone = desk.post(f"/desk/gaps/views/{view_id}/remove", data={"at": f"programme={programme}&never=1"})
    page = desk.get(gone.location).text
    assert "The view ‘New’ is removed." in page and views(page) == []
    back = desk.post(f"/desk/gaps/views/{view_id}/restore", data={"at": ""}, follow_redirects=True).text
    assert "‘New’ stands under View again." in back and views(back) == [
        "All gaps",
        "New shared by Priya Nandakumar",
    ]
    for nothing_to_see in (" ", "\u200b\u2060"):
        nameless = desk.post("/desk/gaps/views", data={"programme": programme, "name": nothing_to_see})
        assert nameless.status_code == 422 and "Give the view a name" in nameless.text


def test_a_view_of_ones_own_is_nobody_elses_and_no_other_partnerships(
    desk: FlaskClient, county: County
) -> None:
    for name in ("Mine", "Ours"):
        desk.post("/desk/gaps/views", data={"name": name, **({"shared": "1"} if name == "Ours" else {})})
    db.session.rollback()
    mine, ours = db.session.scalars(select(SavedView.id).order_by(SavedView.id)).all()
    with transaction():
        theirs = make.partnership(("999",))
        make.programme(theirs)
        make.school(la_code="999")
        stranger = make.person(theirs)
    for person, hidden_ids in ((county.owen, [mine]), (stranger, [mine, ours])):
        make.signed_in(desk, person)
        for view_id in hidden_ids:
            for deed in ("remove", "restore"):
                assert desk.post(f"/desk/gaps/views/{view_id}/{deed}").status_code == 404
            assert "is removed" not in desk.get(f"/desk/gaps?removed_view={view_id}").text
    assert views(desk.get("/desk/gaps").text) == []
