"""Letters in a coordinator's own words, as one writes them: typed, kept, read for each school, sent once, stopped."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking.own_letters.drafts import OwnLetter
from outreach.county.contacts import Contact
from outreach.county.coordinators import Coordinator
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post import outbox
from outreach.post.outbox import Letter
from outreach.tour.programmes import Programme

pytestmark = pytest.mark.any_database


@dataclass
class Desk:
    client: FlaskClient
    programme: Programme
    priya: Coordinator
    owen: Coordinator
    schools: list[School]
    contacts: list[Contact]

    def get(self, path: str) -> str:
        found = self.client.get(path, follow_redirects=True)
        assert found.status_code == 200, found.status
        return unescape(found.text)

    def post(self, path: str, **typed: Any) -> Any:
        return self.client.post(path, data=typed)

    def ticked(self, *schools: School) -> str:
        """The form that the gaps list leads to."""
        programme = self.programme.id
        organisation_ids = [s.organisation_id for s in schools]
        page = self.post("/desk/gaps/do", programme=programme, deed="own", organisation_id=organisation_ids)
        assert page.status_code == 200
        return unescape(page.text)

    def begin(
        self, *schools: School, subject: str = "Hall", words: str = "Free?", then: str = "check"
    ) -> Any:
        sent = hidden(self.ticked(*schools))
        return self.post("/desk/letters/own/new", **sent, subject=subject, words=words, then=then)


@pytest.fixture
def desk(client: FlaskClient, stopped: Any) -> Desk:
    """Three schools with a contact each; Priya is signed in."""
    with transaction():
        ours = make.partnership(("931",))
        programme = make.programme(ours)
        schools = [make.school(name=f"Redmere {n}") for n in range(3)]
        contacts = [make.contact(s, name=f"Joanna Fell {n}") for n, s in enumerate(schools)]
        priya, owen = make.person(ours), make.person(ours, name="Owen Bright")
    make.signed_in(client, priya)
    return Desk(client, programme, priya, owen, schools, contacts)


def hidden(page: str) -> dict[str, Any]:
    names = ("programme", "form_key", "organisation_id", "edition", "to")
    found = {name: re.findall(rf'name="{name}" value="([^"]*)"', page) for name in names}
    found["opened"] = re.findall(r'name="opened" value="(\{.*?\}\})"', page)
    return {name: values for name, values in found.items() if values}


def main_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def letters() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Letter.recipient)))


def test_ticked_typed_read_one_by_one_sent_and_stopped(desk: Desk, stopped: Any) -> None:
    form = desk.ticked(*desk.schools[:2])
    assert (
        "Write to 2 schools" in form
        and "No pupil’s name, nor what a pupil said." in form
        and "{first name}" in main_of(form)
    )
    begun = desk.begin(
        *desk.schools[:2], subject="The hall at {school}", words="Dear {first name},\n\nIs it free?"
    )
    assert begun.status_code == 303 and begun.location.endswith("/check")
    check = desk.get(begun.location)
    assert "Send 2 letters?" in check and "Nothing has gone yet" in check and "1 of 2" in check
    assert "Subject: The hall at Redmere 0" in check and letters() == []
    following = re.findall(r'href="([^"]+)">Next<', check)[0]
    second = desk.get(following)
    assert "Subject: The hall at Redmere 1" in second and "2 of 2" in second
    frame = re.findall(r'<iframe[^>]+src="([^"]+)"', second, re.S)[0]
    assert "Dear Joanna,</p>" in desk.get(frame).replace("\n", "") and "Redmere 1" in desk.get(frame)
    sent = desk.post(begun.location.replace("check", "send"), **hidden(second))
    assert sent.status_code == 303
    assert letters() == [c.address for c in desk.contacts[:2]]
    page = desk.get(sent.location)
    assert "The letters go in 60 seconds." in page and page.count(">Waiting<") == 2
    back = desk.post(f"{sent.location}/withdraw")
    assert back.status_code == 303
    page = desk.get(back.location)
    assert "Taken back: 2 letters. Nothing went." in page and page.count('c-quiet">Taken back<') == 2
    listed = desk.get("/desk/letters/own")
    assert "The hall at {school}" in listed and "Taken back" in listed
    # Begun again with the same words, to the same schools.
    again = desk.get(re.findall(r'href="([^"]+again=[^"]+)"', page)[0])
    assert "The hall at {school}" in again and "Is it free?" in again and "Write to 2 schools" in again


def test_all_that_match_a_filter_can_be_written_to(desk: Desk) -> None:
    page = desk.post("/desk/gaps/do", programme=desk.programme.id, deed="own", whole="1", at="")
    assert "Write to 3 schools" in page.text


def test_from_a_schools_page_one_writes_to_it_alone(desk: Desk) -> None:
    organisation_id = desk.schools[0].organisation_id
    page = desk.get(f"/desk/schools/{organisation_id}")
    address = re.findall(r'href="([^"]+)">Own words…', page)[0]
    form = desk.get(address)
    assert "Write to Redmere 0" in form and hidden(form)["organisation_id"] == [str(organisation_id)]


def test_where_nobody_can_be_written_to_the_school_does_not_offer_it(desk: Desk) -> None:
    with transaction():
        outbox.mark_dead(desk.contacts[0].address, "550", make.NOW)
        bare = make.school(name="Bare")
    for organisation_id in (desk.schools[0].organisation_id, bare.organisation_id):
        assert "Own words…" not in main_of(desk.get(f"/desk/schools/{organisation_id}"))


def test_pressing_twice_keeps_one_draft_and_sends_once(desk: Desk) -> None:
    sent = hidden(desk.ticked(*desk.schools))
    typed = {"subject": "Hall", "words": "Free?", "then": "check"}
    where = {desk.post("/desk/letters/own/new", **sent, **typed).location for _ in range(2)}
    assert len(where) == 1 and db.session.query(OwnLetter).count() == 1
    (check,) = where
    to = hidden(desk.get(check))
    for _ in range(2):
        assert desk.post(check.replace("check", "send"), **to).status_code == 303
    assert len(letters()) == 3
    # The page to read it leads on to what came of it.
    assert "Waiting" in desk.get(check)


@pytest.mark.parametrize(
    ("subject", "words", "said"),
    [
        ("", "Free?", "Write the subject."),
        ("Hall", "", "Write the letter."),
        ("Hall", "At {shcool}?", "There is no {shcool}. Did you mean {school}?"),
        ("{booking link}", "Free?", "A link cannot stand in the subject."),
        ("Hall", "x" * 5001, "Your letter must be 5000 characters or fewer."),
    ],
)
def test_what_cannot_go_is_said_and_what_was_typed_stays(
    desk: Desk, subject: str, words: str, said: str
) -> None:
    page = desk.begin(*desk.schools, subject=subject, words=words)
    assert page.status_code == 422
    text = unescape(page.text)
    assert said in text and f">\n{words}</textarea>" in text.replace("\r\n", "\n").replace(
        ">" + words, ">\n" + words
    )
    assert f'value="{subject}"' in text or not subject
    assert letters() == []
    # Sent once more from there, it is one draft.
    again = desk.post("/desk/letters/own/new", **hidden(text), subject="Hall", words="Free?", then="check")
    assert again.status_code == 303 and db.session.query(OwnLetter).count() == 1


def test_an_unfinished_draft_is_kept_found_again_and_thrown_away(desk: Desk) -> None:
    kept = desk.begin(*desk.schools, subject="", words="Half a {sentence", then="keep")
    assert kept.status_code == 303
    page = desk.get(kept.location)
    assert "Kept as a draft. Nothing has gone." in page and "Half a {sentence" in page
    listed = desk.get("/desk/letters/own")
    assert "No subject yet" in listed and "3 schools" in listed
    # Read as it stands it is no letter yet: it says so beside what stands there.
    assert "Write the subject." in desk.get(f"{kept.location}/check")
    gone = desk.post(f"{kept.location}/remove")
    assert "The draft is thrown away." in desk.get(gone.location)
    assert desk.client.get(kept.location).status_code == 404
    twice = desk.post(f"{kept.location}/remove")
    assert twice.status_code == 404 and "There is no such page" not in twice.text
    assert "It is not there any more" in twice.text and "perhaps by pressing twice" in twice.text
    assert re.search(r'href="/desk"[^>]*>\s*Back to your desk', twice.text)


def test_two_who_write_on_one_draft_are_told_of_each_other(desk: Desk) -> None:
    kept = desk.begin(*desk.schools, words="One", then="keep").location
    mine = hidden(desk.get(kept))
    make.signed_in(desk.client, desk.owen)
    theirs = desk.post(kept, **hidden(desk.get(kept)), subject="Hall", words="Two", then="keep")
    assert theirs.status_code == 303
    make.signed_in(desk.client, desk.priya)
    refused = desk.post(kept, **mine, subject="Hall", words="Three", then="keep")
    said = unescape(refused.text)
    assert refused.status_code == 422
    assert "Owen Bright changed this after you opened it" in said and "Your letter: Two, was One" in said
    assert "Three" in said
    again = desk.post(kept, **hidden(said), subject="Hall", words="Three", then="keep")
    assert again.status_code == 303 and "Three" in desk.get(kept)


def test_what_a_colleague_changed_since_it_was_read_does_not_go(desk: Desk) -> None:
    check = desk.begin(*desk.schools, words="One").location
    read = hidden(desk.get(check))
    make.signed_in(desk.client, desk.owen)
    draft = check.removesuffix("/check")
    desk.post(draft, **hidden(desk.get(draft)), subject="Hall", words="Two", then="keep")
    make.signed_in(desk.client, desk.priya)
    sent = desk.post(f"{draft}/send", **read)
    assert "Owen Bright changed this letter since you looked." in desk.get(sent.location)
    assert letters() == []


def test_who_gets_none_stands_there_before_and_after(desk: Desk) -> None:
    with transaction():
        desk.schools[0].status = "Closed"
        desk.contacts[1].name = ""
        bare = make.school(name="Bare")
    begun = desk.begin(*desk.schools, bare, words="Dear {name}, free?")
    check = desk.get(begun.location)
    assert "Send 1 letter?" in check
    for why in ("No contact on file", "No name on file for {name}"):
        assert why in check
    sent = desk.post(begun.location.replace("check", "send"), **hidden(check))
    page = desk.get(sent.location)
    assert (
        "Who got none, and why" in page
        and "No name on file for {name}" in page
        and "to 1 school." in main_of(page)
    )


def test_schools_that_said_no_get_it_only_where_that_is_ticked(desk: Desk) -> None:
    assert "Also to schools that said no" not in desk.ticked(*desk.schools)
    with transaction():
        make.answer(desk.programme, desk.schools[0], "declined", make.EARLIER, "exams")
    form = desk.ticked(*desk.schools)
    assert "Also to schools that said no" in form
    begun = desk.begin(*desk.schools)
    assert "Declined: exams" in desk.get(begun.location)
    draft = begun.location.removesuffix("/check")
    ticked = desk.post(
        draft, **hidden(desk.get(draft)), subject="Hall", words="Free?", to_declined="y", then="check"
    )
    assert "Send 3 letters?" in desk.get(ticked.location)


def test_one_school_is_left_out_from_the_list(desk: Desk) -> None:
    check = desk.begin(*desk.schools).location
    left = desk.post(check.replace("check", "leave-out"), organisation_id=desk.schools[1].organisation_id)
    page = desk.get(left.location)
    assert "Send 2 letters?" in page and "Redmere 1" not in main_of(page)


def test_a_letter_that_goes_to_nobody_has_no_button(desk: Desk) -> None:
    with transaction():
        outbox.mark_dead(desk.contacts[0].address, "550", make.NOW)
    check = desk.get(desk.begin(desk.schools[0]).location)
    assert "No letter goes" in check and "/send" not in check
    assert f"Mail to {desk.contacts[0].address} came back" in check


def test_once_the_minute_is_over_nothing_is_taken_back(desk: Desk, stopped: Any) -> None:
    check = desk.begin(*desk.schools).location
    sent = desk.post(check.replace("check", "send"), **hidden(desk.get(check)))
    with transaction():
        for letter in db.session.query(Letter):
            letter.status, letter.handed_at = outbox.SENT, make.NOW
    stopped.after(minutes=2)
    page = desk.get(sent.location)
    assert "Stop the letters" not in page and page.count(">Handed over<") == 3
    back = desk.post(f"{sent.location}/withdraw")
    assert "The minute is over: letters have gone." in desk.get(back.location)


def test_the_pages_ask_as_often_for_three_schools_as_for_one(desk: Desk, count_queries: Any) -> None:
    counted = []
    for schools in (desk.schools[:1], desk.schools):
        check = desk.begin(*schools).location
        with count_queries() as looked:
            to = hidden(desk.get(check))
        sent = desk.post(check.replace("check", "send"), **to).location
        with count_queries() as told:
            desk.get(sent)
        counted.append((len(looked), len(told)))
    assert counted[0] == counted[1]


def test_the_schools_page_and_the_letters_tell_of_it(desk: Desk) -> None:
    check = desk.begin(desk.schools[0], subject="The hall at {school}").location
    desk.post(check.replace("check", "send"), **hidden(desk.get(check)))
    page = main_of(desk.get(f"/desk/schools/{desk.schools[0].organisation_id}"))
    assert f"Wrote: ‘The hall at Redmere 0’ to {desk.contacts[0].address}" in page
    assert f"Own letter, to {desk.contacts[0].address}" in page
    listed = main_of(desk.get("/desk/letters"))
    assert "The hall at Redmere 0" in listed and "Own letter" in listed
    assert "not asked" in page.casefold()


def test_a_draft_of_another_partnership_is_not_there(desk: Desk) -> None:
    kept = desk.begin(*desk.schools, then="keep").location
    with transaction():
        theirs = make.partnership(("999",))
        make.programme(theirs)
        stranger = make.person(theirs)
    make.signed_in(desk.client, stranger)
    for path in (kept, f"{kept}/check", f"{kept}/check/{desk.schools[0].organisation_id}/html"):
        assert desk.client.get(path).status_code == 404
    for path in ("", "/send", "/withdraw", "/remove", "/leave-out"):
        assert desk.post(kept + path, subject="x", words="y", then="keep").status_code == 404
    assert desk.client.get(f"/desk/letters/own/new?again={kept.rpartition('/')[2]}").status_code == 404
    # A school of others is passed over, and a letter to nobody is none.
    refused = desk.post(
        "/desk/letters/own/new",
        organisation_id=str(desk.schools[0].organisation_id),
        form_key="k",
        subject="x",
        words="y",
    )
    assert refused.status_code == 422 and "Choose at least one school" in refused.text
