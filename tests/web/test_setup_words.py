"""The set-up names what comes next with its count of the target, and takes the file that brings it further."""

import io
import re
from collections.abc import Sequence
from datetime import date

import pytest
from flask.testing import FlaskClient

import make
from outreach.county import authorities
from outreach.coverage.gaps import Word
from outreach.coverage.readiness import SetUp, Step
from outreach.coverage.standings import Standing
from outreach.ground.db import transaction
from outreach.web.coordinator import setup_words


def set_up(*states: tuple[str, bool, int | None, int | None], target: Sequence[Standing] = ()) -> SetUp:
    steps = [Step(what=what, done=done, said="", has=has, of=of) for what, done, has, of in states]
    return SetUp(steps=steps, programme=None, target=target, days=(), reachable=len(target))


def schools(*standings: Word) -> list[Standing]:
    """Schools of a target, each by its standing alone."""
    return [
        Standing(
            organisation_id=n,
            name=f"School {n}",
            district_code="",
            district_name="",
            phase="",
            type="",
            standing=standing,
            year_groups={},
            is_gap=standing in (Word.NOT_ASKED, Word.UNREACHABLE, Word.ASKED),
            kind="",
            detail="",
            since=None,
            target_pupils=None,
            estimated=False,
            seen_pupils=0,
            seen_estimated=False,
            evidence="",
            ages_unknown=False,
            easting=None,
            northing=None,
        )
        for n, standing in enumerate(standings)
    ]


@pytest.mark.parametrize(
    ("contacts", "title", "head", "state"),
    [
        ((False, 71, 84), "Set-up: contacts next, 71 of 84", "13 schools have nobody to write to", "In part"),
        ((False, 83, 84), "Set-up: contacts next, 83 of 84", "1 school has nobody to write to", "In part"),
        ((False, 0, 84), "Set-up: contacts next, 0 of 84", "84 schools have nobody to write to", "Not yet"),
        ((False, None, None), "Set-up: contacts next", "Contacts", "Not yet"),
    ],
)
def test_the_title_names_the_next_step_and_its_count_of_the_target(
    contacts: tuple[bool, int | None, int | None], title: str, head: str, state: str
) -> None:
    found = set_up(("partnership", True, None, None), ("contacts", *contacts), ("invitations", False, 0, 84))
    step = setup_words.next_of(found)
    assert setup_words.title(found.steps) == title
    assert step is not None and (step.head, step.takes) == (head, ".csv,.xlsx")
    assert [setup_words.state(one)[0] for one in found.steps] == ["Done", state, "Not yet"]
    assert setup_words.how_far(found.steps) == "1 of 3 done."


def test_when_all_is_done_nothing_is_next() -> None:
    found = set_up(("partnership", True, None, None), ("contacts", True, 84, 84))
    assert setup_words.next_of(found) is None
    assert setup_words.title(found.steps) == "Set-up: all is in place"


def test_what_waits_for_others_comes_next_only_when_nothing_else_does() -> None:
    asked = Step(what="pupils", done=False, said="", has=81, of=84, waits=True)
    table = Step(what="roads", done=False, said="", needed=False)
    contacts = Step(what="contacts", done=False, said="", has=71, of=84)
    assert setup_words.title([asked, table, contacts]) == "Set-up: contacts next, 71 of 84"
    assert setup_words.title([asked, table]) == "Set-up: pupil numbers next, 81 of 84"
    assert setup_words.title([table]) == "Set-up: all is in place"
    assert setup_words.how_far([asked, table, contacts]) == "0 of 2 done."
    assert setup_words.state(table)[0] == "Not needed"
    found = SetUp(steps=[asked, table], programme=None, target=(), days=(), reachable=0)
    step = setup_words.next_of(found)
    assert step is not None
    assert (step.head, step.takes, step.does) == (
        "3 schools have no number of pupils",
        "",
        "Look at the schools",
    )


def test_on_day_one_each_page_says_what_will_stand_there() -> None:
    said = {e.name: e for e in setup_words.elsewhere(set_up(), to_read=0, published=None)}
    assert {name: e.said for name, e in said.items()} == {
        "Coverage": "Districts fill as reports come in, once a programme has schools.",
        "Gaps": "Schools that miss it will stand here, the longest wait on top.",
        "Diary": "Bookings appear on their day, once there are tour days.",
        "To read": "Nobody is waiting for you. New answers appear here.",
        "Reports": "The first report needs one show that was reported.",
    }
    assert not any(e.link for e in said.values())
    day_one = set_up(target=schools(Word.NOT_ASKED, Word.NOT_ASKED, Word.UNREACHABLE))
    said = {e.name: e for e in setup_words.elsewhere(day_one, to_read=0, published=None)}
    assert said["Coverage"].said == "3 schools, none seen yet. Districts fill as reports come in."
    assert said["Gaps"].said == (
        "All 3 schools are gaps: nobody is asked. The longest wait will stand on top."
    )
    assert said["Gaps"].link is not None and said["Gaps"].link.words == "Ask the first schools"


def test_later_the_other_pages_are_told_by_their_numbers() -> None:
    later = set_up(target=schools(Word.SEEN, Word.SEEN, Word.BOOKED, Word.ASKED))
    said = {e.name: e.said for e in setup_words.elsewhere(later, to_read=2, published=date(2027, 1, 12))}
    assert said == {
        "Coverage": "2 of 4 schools seen.",
        "Gaps": "1 of 4 schools is a gap.",
        "Diary": "Bookings appear on their day, once there are tour days.",
        "To read": "2 answers wait.",
        "Reports": "As of 12 January 2027.",
    }
    one = set_up(target=schools(Word.SEEN))
    said = {e.name: e.said for e in setup_words.elsewhere(one, to_read=1, published=None)}
    assert said["Coverage"] == "1 of 1 school seen."
    assert said["Gaps"] == "No school is a gap."
    assert (said["To read"], said["Reports"]) == ("1 answer waits.", "None is published yet.")


@pytest.mark.any_database
def test_the_file_of_the_next_step_goes_from_the_set_up_itself(client: FlaskClient) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        make.tour_day(programme, make.troupe(partnership))
        make.contact(make.school())
        without = make.school(name="Otherwold Academy")
        person = make.person(partnership)
    desk = make.signed_in(client, person)
    page = desk.get("/desk/setup").text
    assert "<h1>Set-up: contacts next, 1 of 2</h1>" in page
    assert "1 school has nobody to write to" in page
    form = re.search(r'<form method="post" action="(/desk/contacts)" enctype="multipart/form-data">', page)
    assert form is not None and 'type="file" id="file" name="file" accept=".csv,.xlsx"' in page
    lines = f"URN,Email,Name\n{without.organisation_id},office@otherwold.example,Office\n".encode()
    sent = desk.post(form[1], data={"file": (io.BytesIO(lines), "leads.csv")})
    assert sent.status_code == 303
    looked = desk.get(sent.location).text
    assert "office@otherwold.example" in looked


@pytest.mark.any_database
def test_term_dates_go_from_the_set_up_to_a_look_at_them(client: FlaskClient) -> None:
    with transaction():
        partnership = make.partnership()
        make.school()
        authority = authorities.add(partnership, "932", "Otherwold", who="Priya Nandakumar", now=make.NOW)
        person = make.person(partnership)
    desk = make.signed_in(client, person)
    page = desk.get("/desk/setup").text
    assert "<h1>Set-up: term dates and INSET days next</h1>" in page
    form = re.search(r'action="(/desk/setup/authorities/932)"', page)
    assert form is not None and 'accept=".csv,.xlsx,.ics,.txt"' in page
    looked = desk.post(
        form[1], data={"file": (io.BytesIO(b"4 January 2027 to 12 February 2027"), "terms.txt")}
    )
    assert "Add 1 term?" in looked.text
    assert authorities.terms_of([authority.la_code]) == []
