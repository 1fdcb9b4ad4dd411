"""Search from every page: what is found by what, what leads straight there, what nobody sees, and at what
cost."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

import make
from browser import Page, Site
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.tour.programmes import Programme

pytestmark = pytest.mark.any_database

SHOW = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)


@dataclass
class Desk:
    ours: Partnership
    theirs: Partnership
    programme: Programme
    brannoc: School
    zoe: School
    reference: str


@pytest.fixture
def desk(client: FlaskClient, stopped: Any) -> Desk:
    """Two schools of ours with people, a booking and letters; and another partnership with the same of its
    own."""
    with transaction():
        ours, theirs = make.partnership(("931",)), make.partnership(("825",), name="Elsewhere Partnership")
        programme, other = make.programme(ours), make.programme(theirs)
        brannoc = make.school(
            name="St Brannoc’s Church of England School", town="Fenwold", postcode="ZZ9 4QX"
        )
        zoe = make.school(name="Académie Zoë Marlow", town="Kestermere", telephone="01632 960 555")
        make.contact(
            brannoc, name="Zoë Müller-Fell", address="z.mueller@brannoc.example", phone="01632 960 777"
        )
        booking = make.booking(make.show(programme, brannoc, SHOW), {8: 120}, reference="MRL-7K4P")
        make.letter(
            "z.mueller@brannoc.example", make.EARLIER, partnership_id=ours.id, subject="Someone to Tell"
        )
        hidden = make.school(name="St Brannoc’s of Elsewhere", la_code="825")
        make.contact(hidden, name="Zoë Müller-Fell", address="z.mueller@elsewhere.example")
        make.booking(make.show(other, hidden, SHOW), {8: 99}, reference="ELS-9X2B")
        make.letter("z.mueller@elsewhere.example", make.EARLIER, partnership_id=theirs.id, subject="Theirs")
        person = make.person(ours)
    make.signed_in(client, person)
    return Desk(ours, theirs, programme, brannoc, zoe, booking.reference)


def searched(client: FlaskClient, **words: Any) -> str:
    answer = client.get("/desk/search", query_string=words)
    assert answer.status_code == 200, answer.headers.get("Location")
    return answer.get_data(as_text=True)


def rows(page: str) -> int:
    return len(re.findall(r"<li><a href", page))


@pytest.mark.parametrize(
    "typed",
    ["ST BRANNOCS", "saint brannoc's", "st. bran", "fenwold church", "zz94qx", "ZZ9 4QX", "brannoc’s"],
)
def test_a_school_is_found_whatever_case_accents_and_punctuation(
    client: FlaskClient, desk: Desk, typed: str
) -> None:
    page = searched(client, q=typed)
    assert "St Brannoc’s Church of England School" in page
    assert "Académie Zoë Marlow" not in page and "Elsewhere" not in page


def test_a_school_is_found_by_its_telephone_number(client: FlaskClient, desk: Desk) -> None:
    page = searched(client, q="01632 960555")
    assert "Académie Zoë Marlow" in page and "St Brannoc’s" not in page


def test_a_urn_leads_straight_to_its_school(client: FlaskClient, desk: Desk) -> None:
    answer = client.get("/desk/search", query_string={"q": f" {desk.zoe.organisation_id} "})
    assert (answer.status_code, answer.location) == (302, f"/desk/schools/{desk.zoe.organisation_id}")


@pytest.mark.parametrize("typed", ["MRL-7K4P", "mrl-7k4p", "mrl7k4p", " MRL 7K4P "])
def test_a_reference_leads_straight_to_its_booking(client: FlaskClient, desk: Desk, typed: str) -> None:
    answer = client.get("/desk/search", query_string={"q": typed})
    assert (answer.status_code, answer.location) == (302, "/desk/bookings/MRL-7K4P")


@pytest.mark.both_databases
@pytest.mark.parametrize("typed", ["7k4p", "MRL-7K", "mrl7k"])
def test_a_part_of_a_reference_lists_its_booking(client: FlaskClient, desk: Desk, typed: str) -> None:
    assert 'href="/desk/bookings/MRL-7K4P"' in searched(client, q=typed)


@pytest.mark.both_databases
@pytest.mark.parametrize("typed", ["zoe muller", "MÜLLER", "fell zoë", "z.mueller@brannoc.example"])
def test_a_person_is_found_by_name_and_by_address(client: FlaskClient, desk: Desk, typed: str) -> None:
    page = searched(client, q=typed, **{"in": "people"})
    assert rows(page) == 1 and "Zoë Müller-Fell" in page


@pytest.mark.both_databases
def test_a_person_is_found_by_the_number_they_ring_from(client: FlaskClient, desk: Desk) -> None:
    assert "Zoë Müller-Fell" in searched(client, q="(01632) 960 777")


@pytest.mark.both_databases
def test_a_letter_is_found_by_the_address_it_went_to(client: FlaskClient, desk: Desk) -> None:
    page = searched(client, q="z.mueller@", **{"in": "letters"})
    assert rows(page) == 1 and "Someone to Tell" in page and "Theirs" not in page


@pytest.mark.both_databases
def test_somebody_who_was_named_with_a_booking_is_found_once_with_it(client: FlaskClient, desk: Desk) -> None:
    from outreach.booking.promises import Booking

    with transaction():
        booking = db.session.query(Booking).filter_by(reference="MRL-7K4P").one()
        for name, address in (
            ("Zoë Müller-Fell", "Z.Mueller@brannoc.example"),
            ("Sam Okonkwo", "sam@brannoc.example"),
        ):
            make.visit_contact(booking, name=name, duty="colleague", address=address, added_at=make.NOW)
    assert rows(searched(client, q="muller", **{"in": "people"})) == 1
    page = searched(client, q="okonkwo")
    assert "named with a booking" in page and "MRL-7K4P" in page


@pytest.mark.both_databases
def test_a_school_is_found_by_what_it_was_called_before(client: FlaskClient, desk: Desk) -> None:
    with transaction():
        old = make.school(name="Wykeham Grammar", status="Closed", la_code="826")  # of nobody here
        make.succession(make.school(name="Hidden Grammar", status="Closed", la_code="825"), desk.zoe)
        between = make.school(name="Between School", status="Closed")
        make.succession(old, between)
        make.succession(between, desk.zoe)
        make.succession(desk.zoe, between)  # a cycle comes to an end
    page = searched(client, q="wykeham")
    assert page.index("Académie Zoë Marlow") < page.index("Between School")
    assert "Came from Between School" in page
    # What another partnership's school was called finds nothing, and is not said.
    assert "Nothing here matches" in searched(client, q="hidden")
    assert "Hidden Grammar" not in searched(client, q="zoe")


def test_a_closed_school_says_what_it_became_and_links_only_to_ours(client: FlaskClient, desk: Desk) -> None:
    with transaction():
        old = make.school(name="Tarrant Hall", status="Closed")
        theirs = make.school(name="Far Away Academy", la_code="826")  # of nobody here
        make.succession(old, make.school(name="Walled Academy", la_code="825"))
        make.succession(old, desk.zoe)
        make.succession(old, theirs)
    page = searched(client, q="tarrant")
    assert f'Became <a href="/desk/schools/{desk.zoe.organisation_id}">' in page
    assert "Walled Academy" not in page
    assert "Far Away Academy" in page and f'/desk/schools/{theirs.organisation_id}"' not in page


@pytest.mark.parametrize("typed", ["ELS-9X2B", "elsewhere", "z.mueller@elsewhere.example"])
def test_nothing_of_another_partnership_is_found(client: FlaskClient, desk: Desk, typed: str) -> None:
    page = searched(client, q=typed)
    assert rows(page) == 0 and "Nothing here matches" in page and "9X2B</a>" not in page


@pytest.mark.both_databases
def test_a_laestab_leads_straight_to_its_school(client: FlaskClient, desk: Desk) -> None:
    with transaction():
        school = make.school(establishment_number=4032)
        make.school(establishment_number=4033, la_code="999")
    for typed in ("931/4032", "9314032"):
        answer = client.get("/desk/search", query_string={"q": typed})
        assert (answer.status_code, answer.location) == (302, f"/desk/schools/{school.organisation_id}")
    assert "Nothing here matches" in searched(client, q="999/4033")


def test_a_urn_of_another_partnership_leads_nowhere(client: FlaskClient, desk: Desk) -> None:
    with transaction():
        hidden = make.school(la_code="825")
    assert "Nothing here matches" in searched(client, q=hidden.organisation_id)


def test_every_number_is_a_link_to_a_list_of_so_many(client: FlaskClient, desk: Desk) -> None:
    with transaction():
        for n in range(57):
            make.contact(
                make.school(name=f"Quarry School {n:02d}"), name="Ann Quarry", address=f"quarry{n}@q.example"
            )
            make.letter(f"quarry{n}@q.example", make.EARLIER, partnership_id=desk.ours.id)
    page = searched(client, q="quarry")
    assert rows(page) == 3 * 5
    assert [int(n) for n in re.findall(r'class="n" href="[^"]*">(\d+)</a>', page)] == [57, 57, 57]
    for kind in ("schools", "people", "letters"):
        listed = [rows(searched(client, q="quarry", page=n, **{"in": kind})) for n in (1, 2)]
        assert listed == [50, 7]


@pytest.mark.both_databases
def test_a_name_that_is_misspelt_is_asked_about(client: FlaskClient, desk: Desk) -> None:
    page = searched(client, q="Branock school")
    assert (
        "Did you mean" in page
        and "St Brannoc’s Church of England School" in page
        and "of Elsewhere" not in page
    )


def test_nothing_typed_says_what_can_be_looked_for(client: FlaskClient, desk: Desk) -> None:
    assert "Look for a school by its name" in searched(client)
    assert "There is nothing to look for in ‘%_’" in searched(client, q="%_")
    assert "Try fewer words" in searched(client, q="xyzzy")


def test_a_page_or_a_list_that_is_not_there_is_said(client: FlaskClient, desk: Desk) -> None:
    page = searched(client, q="brannocs", page="9", **{"in": "schools"})
    assert "There is 1 page, and no page ‘9’." in page and rows(page) == 1
    assert "There is no list ‘cows’, so everything is shown." in searched(
        client, q="brannocs", **{"in": "cows"}
    )
    assert "Only the first 200 characters" in searched(client, q="b" * 300)


@pytest.mark.both_databases
def test_marks_that_mean_something_to_a_database_or_a_browser_mean_nothing(
    client: FlaskClient, desk: Desk
) -> None:
    for typed in ("%", "'; drop table school; --", "<script>alert(1)</script>", "\\", "brannoc%"):
        page = searched(client, q=typed)
        assert "<script>alert" not in page
    assert "St Brannoc’s" in searched(client, q="brannoc%")


@pytest.mark.both_databases
def test_however_much_is_found_takes_the_same_queries(
    client: FlaskClient, desk: Desk, count_queries: Any
) -> None:
    sent = []
    for more in (1, 7):
        with transaction():
            for _n in range(more):
                school = make.school(name=f"Quarry School {more}-{_n}")
                make.contact(school, address=f"quarry{more}-{_n}@q.example")
                make.booking(make.show(desk.programme, school, SHOW), {8: 10})
                make.letter(f"quarry{more}-{_n}@q.example", make.EARLIER, partnership_id=desk.ours.id)
        with count_queries() as queries:
            searched(client, q="quarry")
        sent.append(len(queries))
    assert sent[0] == sent[1]
    # The person, the partnership and the number in the menu; the reference; one a kind, and what the schools
    # came from.
    assert sent[0] <= 11, sent


@pytest.mark.browser
@pytest.mark.any_database
def test_search_in_a_real_browser(site: Site, wide_page: Page, page: Page, desk: Desk) -> None:
    with transaction():
        person = make.person(desk.ours)
        make.school(
            name="The Blessed Margaret Clitherow Catholic Voluntary Academy and Sixth Form College of Fenwold"
        )
    for browser in (wide_page, page):
        site.sign_in(browser, person)
    for path in ("", "?q=fenwold", "?q=brannoc", "?q=xyzzy", "?q=Branock", "?q=muller&in=people"):
        site.check(wide_page, f"/desk/search{path}")
    site.open(page, "/desk/search?q=zoe")
    page.get_by_role("link", name="Académie Zoë Marlow").click()
    assert page.url.endswith(f"/desk/schools/{desk.zoe.organisation_id}")
