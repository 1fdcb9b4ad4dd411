"""Referrals before and after, and the pages on which their numbers are typed or brought in."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import make
from outreach.ground.db import transaction
from outreach.outcomes.referrals import district_numbers, releases
from outreach.outcomes.referrals.blocks import Cut
from outreach.outcomes.referrals.district_numbers import REFERRALS
from outreach.tour.programmes import Programme

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

COUNTS, RESIDENTS = "/desk/referrals/numbers/referrals", "/desk/referrals/numbers/residents"
RELEASE = "/desk/referrals/release"
FROM = {"source": "Front door, monthly return", "source_date": "2 November 2026"}
CSE, OTHER = "child sexual exploitation", "criminal exploitation"


def said(page: TestResponse, status: int = 200) -> str:
    assert page.status_code == status
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2])).split())


@pytest.fixture
def programme(app: Flask, client: FlaskClient) -> Programme:
    """Kestermere was reached two months before today; Fenwold was not."""
    with transaction():
        of = make.partnership()
        programme = make.programme(of)
        here = make.school(number_of_pupils=700)
        make.school(district_code="E07000002", district_name="Fenwold", number_of_pupils=700)
        booking = make.booking(make.show(programme, here, make.NOW - timedelta(days=160)), {8: 100, 9: 100})
        make.report(booking, "school", make.NOW - timedelta(days=150), {8: 100, 9: 100})
        person = make.person(of)
    make.signed_in(client, person)
    return programme


def taken(client: FlaskClient, about: str, lines: str) -> str:
    """The lines looked at and taken in; what the page says then."""
    look = client.post(about, data={"lines": lines, **FROM})
    assert look.status_code == 200, said(look, look.status_code)
    done = client.post(about, data=hidden(look) | {"deed": "take"})
    assert done.status_code == 303
    return said(client.get(done.location))


def hidden(look: TestResponse) -> dict[str, str]:
    found = {
        name: unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', look.text)
        if name in ("source", "source_date", "shown")
    }
    lines = re.search(r"<textarea name=\"lines\" hidden>\n?(.*?)</textarea>", look.text, re.DOTALL)
    assert lines is not None
    return found | {"lines": unescape(lines[1])}


def months(*numbers: int, district: str = "Kestermere", kind: str = CSE) -> str:
    """A line a month, from October 2025 on."""
    names = [f"{n // 12}-{n % 12 + 1:02d}" for n in range(2025 * 12 + 9, 2025 * 12 + 9 + len(numbers))]
    return "\n".join(
        f"{district}\t{kind}\t{name}\t{number}" for name, number in zip(names, numbers, strict=True)
    )


def test_empty_it_says_what_will_stand_there_and_what_to_do(app: Flask, client: FlaskClient) -> None:
    with transaction():
        of = make.partnership()
        person = make.person(of)
    make.signed_in(client, person)
    assert "Set up a programme first." in said(client.get("/desk/referrals"))
    assert client.get("/desk/referrals.csv").status_code == 404
    assert "Bring in the register first." in said(client.get(COUNTS))
    with transaction():
        make.programme(of)
    page = client.get("/desk/referrals")
    assert "will stand here, once counts by month are in and released." in said(page)
    assert f'href="{COUNTS}"' in page.text and f'href="{RESIDENTS}"' in page.text
    assert "referrals.csv" not in page.text


def test_typed_for_one_month_they_are_looked_at_and_then_taken_in(
    client: FlaskClient, programme: Programme
) -> None:
    typed = {"period": "Sept 2026", "kind": CSE, "number-E07000001": "8", "number-E07000002": "3", **FROM}
    look = client.post(COUNTS, data=typed)
    assert "Take in 2 numbers? 2 new, 0 changed, 0 the same." in said(look)
    assert f"{CSE} : 2 districts, Sept 2026, 2 numbers" in said(look)
    assert district_numbers.standing(programme.partnership_id) == {}, "a look writes nothing"
    page = client.post(COUNTS, data=hidden(look) | {"deed": "take"}, follow_redirects=True)
    assert "Taken in: 2 new." in said(page)
    assert "Front door, monthly return , as of 2 November 2026 2 numbers, by Priya Nandakumar" in said(page)
    assert f'<option value="{CSE}">' in page.text, "a kind that is known is offered"


def test_a_correction_is_shown_before_it_is_taken_in_and_can_be_undone(
    client: FlaskClient, programme: Programme
) -> None:
    taken(client, COUNTS, months(8, 9, 10))
    look = client.post(COUNTS, data={"lines": months(8, 12, 10), **FROM})
    page = said(look)
    assert "Take in 1 number? 0 new, 1 changed, 2 the same." in page
    assert f"Kestermere {CSE}, Nov 2025 9 12" in page
    client.post(COUNTS, data=hidden(look) | {"deed": "take"})
    assert 12 in district_numbers.standing(programme.partnership_id).values()
    newest = district_numbers.entries(programme.partnership_id, REFERRALS)[0][0].id
    page = said(client.post(f"/desk/referrals/entries/{newest}/undo", follow_redirects=True))
    assert "Undone. The numbers are as they were before." in page and "undone by Priya Nandakumar" in page
    assert 12 not in district_numbers.standing(programme.partnership_id).values()
    assert client.post("/desk/referrals/entries/999/undo").status_code == 404


def test_the_same_again_needs_no_button(client: FlaskClient, programme: Programme) -> None:
    taken(client, COUNTS, months(8))
    look = client.post(COUNTS, data={"lines": months(8), **FROM})
    assert "All these numbers stand already" in said(look) and 'value="take"' not in look.text
    back = client.post(COUNTS, data=hidden(look) | {"deed": "change"})
    assert "Kestermere\tchild sexual exploitation\t2025-10\t8" in back.text


def test_lines_that_are_wrong_are_told_and_nothing_is_written(
    client: FlaskClient, programme: Programme
) -> None:
    lines = f"{months(8)}\nKestermer\t{CSE}\t2026-02\t9\nFenwold\t{CSE}\tsoon\t4"
    page = client.post(COUNTS, data={"lines": lines, **FROM})
    assert "2 lines cannot be taken in. Nothing was changed." in said(page, 422)
    assert "Line 2, ‘Kestermer, child sexual exploitation, 2026-02, 9’" in said(page, 422)
    assert "Did you mean Kestermere?" in said(page, 422)
    assert "Fenwold\tchild sexual exploitation\tsoon\t4" in page.text, "what was typed is kept"
    assert 'value="Front door, monthly return"' in page.text
    assert district_numbers.standing(programme.partnership_id) == {}
    page = client.post(COUNTS, data={"period": "Sept 2026", "kind": CSE, "number-E07000002": "x", **FROM})
    assert "Fenwold, ‘E07000002, child sexual exploitation, Sept 2026, x’: ‘x’ is no whole number." in said(
        page, 422
    )
    assert 'name="number-E07000002" value="x"' in page.text
    page = client.post(COUNTS, data={"lines": months(8)})
    assert "Say where these numbers come from." in said(page, 422)


def test_a_file_of_any_kind_of_list_is_read_and_its_lines_can_be_put_right(
    client: FlaskClient, programme: Programme
) -> None:
    content = f"District;Kind;Jan 2026;Feb 2026\nKestermere;{CSE};8;9\nFenwoldt;{CSE};1;2\n".encode("cp1252")
    page = client.post(
        COUNTS, data={"file": (io.BytesIO(content), "x.csv"), **FROM}, content_type="multipart/form-data"
    )
    assert "‘Fenwoldt’ is no district of yours. Did you mean Fenwold?" in said(page, 422)
    kept = re.search(r"<textarea[^>]*name=\"lines\"[^>]*>(.*?)</textarea>", page.text, re.DOTALL)
    assert kept is not None
    right = unescape(kept[1]).replace("Fenwoldt", "Fenwold")
    assert "Taken in: 4 new." in taken(client, COUNTS, right)
    page = client.post(
        COUNTS,
        data={"file": (io.BytesIO(b"%PDF-1.4 \x00"), "x.pdf"), **FROM},
        content_type="multipart/form-data",
    )
    assert page.status_code == 422


def test_what_changed_after_the_look_is_told(client: FlaskClient, programme: Programme) -> None:
    look = client.post(COUNTS, data={"lines": months(8), **FROM})
    taken(client, COUNTS, months(7))
    page = client.post(COUNTS, data=hidden(look) | {"deed": "take"})
    assert "Somebody changed some of these numbers after you looked." in said(page, 422)
    assert list(district_numbers.standing(programme.partnership_id).values()) == [7]


def release(client: FlaskClient) -> str:
    """All that is in, looked at and let out; what the page says then."""
    shown = re.search(r'name="shown" value="(\w+)"', client.get(RELEASE).text)
    assert shown is not None
    return said(client.post(RELEASE, data={"shown": shown[1]}, follow_redirects=True))


def filled(client: FlaskClient) -> None:
    """Kestermere was reached in August 2026 (month 0); counts from October 2025 to December 2026."""
    taken(client, COUNTS, months(*[6] * 10, 7, 10, 12, 14, 12, district="Kestermere"))
    taken(client, COUNTS, months(*[6] * 12, district="Fenwold"))
    taken(client, RESIDENTS, "Kestermere, 2025, 6000\nFenwold, 2025, 3000")
    release(client)


def test_rates_before_and_after_by_district_and_what_they_can_say(
    client: FlaskClient, programme: Programme
) -> None:
    filled(client)
    page = client.get("/desk/referrals")
    words = said(page)
    assert "Referrals: 1 of 2 districts reached" in words
    assert "A district is reached once half of its target pupils had seen the play." in words
    assert "Counts may rise because pupils and staff know whom to tell" in words
    assert "It cannot say that the play did it." in words and "Nothing is tested here." in words
    assert re.search(r"Kestermere \d+ \w+ 2026 6,000 in 2025 1.00 60 in 10 months 2.00 48 in 4 months", words)
    assert "Fenwold (none) seen so far not reached yet 3,000 in 2025 2.00 72 in 12 months" in words
    assert "Kestermere: 1.00 before, 2.00 after" in words
    assert "Before and after are not of the same seasons." in words
    for never in ("p value", "significant", "success", "improved", "↑"):
        assert never not in words


def test_numbers_stand_beside_each_picture(client: FlaskClient, programme: Programme) -> None:
    filled(client)
    page = client.get("/desk/referrals")
    words = said(page)
    assert "−9 Nov 2025 6 1.00" in words and "0 Aug 2026 7 1.17" in words and "+1 Sept 2026 10 1.67" in words
    assert page.text.count('<svg class="aligned" height') == 2
    for shape in ('class="ring"', 'class="disc"', 'class="diamond"', 'class="square"'):
        assert shape in page.text


def test_under_five_is_joined_and_hidden_on_the_page_and_in_the_file(
    client: FlaskClient, programme: Programme
) -> None:
    taken(client, COUNTS, months(*[6] * 12, 9, 2, 9))
    taken(client, COUNTS, months(*[6] * 12, 1, 1, 1, kind=OTHER))
    taken(client, RESIDENTS, "Kestermere, 2025, 6000")
    release(client)
    page = said(client.get("/desk/referrals", query_string={"kind": OTHER}))
    assert "+2 to +4 Oct to Dec 2026 hidden hidden" in page
    assert "Hidden: under 5, or only known together with another kind." in page
    assert "+2 to +4 Oct to Dec 2026 23 1.28" in said(client.get("/desk/referrals"))
    told = list(csv.reader(io.StringIO(client.get("/desk/referrals.csv").text.removeprefix("\ufeff"))))
    assert "Hidden: under 5" in told[-1][0]
    assert told[0][:4] == ["District", "Kind", "From", "To"]
    for kind in (CSE, OTHER):
        (joined,) = [line for line in told if line[1:5] == [kind, "2026-10", "2026-12", "2 to 4 after"]]
        assert joined[5:8] == ["hidden", "3", "hidden"]
    (before,) = [line for line in told if line[1:5] == [CSE, "", "", "all before"]]
    assert before[5:8] == ["60", "10", "1.00"]
    assert told[-1][0].startswith("End of the referrals")


def test_nothing_stands_on_the_page_before_it_is_looked_at_and_released(
    client: FlaskClient, programme: Programme
) -> None:
    page = taken(client, COUNTS, months(*[6] * 10, 7, 10, 2, 2))
    assert "Not released yet: 12 figures new. Look at them" in page
    assert "once counts by month are in and released." in said(client.get("/desk/referrals"))
    look = said(client.get(RELEASE))
    assert (
        "Release 12 figures? They go onto the page, into reports to the board and their feed, and stay"
        in look
    )
    assert "Kestermere Oct 2025 to Sept 2026 12 by month" in look
    assert f"Missing: Kestermere, {CSE}: Dec 2026" in look
    page = release(client)
    assert "Released: 12 figures new." in page and "Referrals: 1 of 2 districts reached" in page
    assert "‘Someone to Tell’, to Sept 2026, released 19 January 2027." in page
    assert "Not released yet" not in page
    look = client.get(RELEASE)
    assert "Nothing new to release" in said(look) and "Release them" not in look.text
    again = client.post(RELEASE, data={"shown": releases.fingerprint(_cut(programme))}, follow_redirects=True)
    assert "Nothing new is in. Add counts first." in said(again)


def _cut(programme: Programme) -> Cut:
    of = programme.partnership_id
    return releases.cut_today(of, releases.newest(of), now=make.NOW)


def test_a_correction_of_a_released_month_waits_for_the_next_release_and_is_marked(
    client: FlaskClient, programme: Programme
) -> None:
    filled(client)
    taken(client, COUNTS, months(6, 8))
    page = said(client.get("/desk/referrals"))
    assert "−9 Nov 2025 6 1.00" in page and "Not released yet: 1 corrected. Look at them" in page
    assert f"Kestermere {CSE} Nov 2025 6 8" in said(client.get(RELEASE))
    page = release(client)
    assert "Released: 1 corrected." in page and "−9 Nov 2025 8 corrected 19 January 2027 1.33" in page
    file = client.get("/desk/referrals.csv").text
    assert "2025-11,2025-11,9 before,8,1,1.33" in file and ",2027-01-19" in file


def test_what_changed_after_the_look_is_not_released(client: FlaskClient, programme: Programme) -> None:
    taken(client, COUNTS, months(6, 6, 6))
    seen = re.search(r'name="shown" value="(\w+)"', client.get(RELEASE).text)
    assert seen is not None
    taken(client, COUNTS, months(6, 6, 60))
    page = client.post(RELEASE, data={"shown": seen[1]}, follow_redirects=True)
    assert "Somebody changed some of these numbers after you looked." in said(page)
    assert releases.newest(programme.partnership_id).number == 0


def test_a_kind_that_a_quarter_goes_without_is_told_before_it_is_too_late(
    client: FlaskClient, programme: Programme
) -> None:
    taken(client, COUNTS, months(*[6] * 6))
    taken(client, COUNTS, months(*[6] * 3, kind=OTHER))
    look = said(client.get(RELEASE))
    assert "Without a kind that the quarter before has, and that could never be added:" in look
    assert f"Kestermere, {OTHER}: Jan 2026, Feb 2026 and March 2026" in look


def test_a_kind_has_a_page_of_its_own(client: FlaskClient, programme: Programme) -> None:
    filled(client)
    taken(client, COUNTS, months(*[9] * 15, district="Fenwold"))
    taken(client, COUNTS, months(*[20] * 15, district="Fenwold", kind=OTHER))
    release(client)
    assert "All kinds, a month for every" in said(client.get("/desk/referrals"))
    page = said(client.get("/desk/referrals", query_string={"kind": CSE}))
    assert f"{CSE.capitalize()}, a month for every" in page and "1.00 60 in 10 months" in page
    assert "All kinds, a month for every" in said(client.get("/desk/referrals?kind=nonsense"))


def test_without_residents_counts_stand_alone_and_the_page_says_what_is_missing(
    client: FlaskClient, programme: Programme
) -> None:
    taken(client, COUNTS, months(*[6] * 9))
    release(client)
    page = said(client.get("/desk/referrals"))
    assert "Nothing released yet: Fenwold. No residents yet: Fenwold and Kestermere. Add them" in page
    assert "Kestermere: 6.0 a month before, nothing after yet" in page


def test_when_a_district_is_reached_can_be_set(client: FlaskClient, programme: Programme) -> None:
    filled(client)
    page = said(client.post("/desk/referrals", data={"percent": "100"}, follow_redirects=True))
    assert "A district is reached once 100% of its target pupils had seen the play." in page
    for wrong in ("", "0", "101", "half"):
        assert client.post("/desk/referrals", data={"percent": wrong}).status_code == 422


def test_every_number_with_its_source_in_a_file_that_is_not_to_be_published(
    client: FlaskClient, programme: Programme
) -> None:
    taken(client, COUNTS, months(3))
    taken(client, COUNTS, months(4))
    told = list(csv.reader(io.StringIO(client.get(f"{COUNTS}.csv").text.removeprefix("\ufeff"))))
    assert told[-1][0].endswith("Not for publication: small counts stand in this file.")
    first, second = told[1:3]
    assert first[:7] == [
        "Kestermere",
        "E07000001",
        CSE,
        "2025-10",
        "3",
        "Front door, monthly return",
        "2026-11-02",
    ]
    assert first[9] and second[4] == "4" and second[9] == ""


def test_a_constant_number_of_queries(client: FlaskClient, programme: Programme, count_queries: Any) -> None:
    taken(client, COUNTS, months(6, 6, 6))
    release(client)
    with count_queries() as few:
        client.get("/desk/referrals")
    filled(client)
    with transaction():
        make.school(district_code="E07000003", district_name="Saxby")
    taken(client, COUNTS, months(*[9] * 12, district="Saxby"))
    release(client)
    with count_queries() as many:
        client.get("/desk/referrals")
    assert len(few) == len(many)
