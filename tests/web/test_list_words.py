"""The words of a list that was sent in: each in every case that makes it another."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from outreach.county.lists.contact_lists import ContactEntry
from outreach.county.lists.entries import CHANGED, FATES, LEFT, NEW, OUTSIDE, REPAIR, SAME, TWICE
from outreach.county.lists.headings import CONTACTS, VISITS
from outreach.county.lists.past_shows import VisitEntry
from outreach.web.coordinator import list_words

LINE: dict[str, Any] = {"key": "0.2", "mark": "", "sheet": 0, "sheet_name": "", "line": 2, "fields": {}}


def title(taken: bool = False, unread: bool = False, **sums: int) -> str:
    return list_words.title(dict.fromkeys(FATES, 0) | sums, taken=taken, unread=unread)


def test_the_title_counts_what_needs_repair_among_the_lines_read() -> None:
    sums = dict.fromkeys(FATES, 0) | {"repair": 4}
    assert list_words.title(sums, taken=False, unread=False, lines=106) == "4 of 106 lines need you"
    assert (
        list_words.title(sums | {"repair": 1}, taken=False, unread=False, lines=1) == "1 of 1 line needs you"
    )


def test_the_way_of_a_list_says_what_is_done_and_what_is_now() -> None:
    sums = dict.fromkeys(FATES, 0)
    for repair, unread, now in (
        (4, False, "3 Repair 4 lines"),
        (0, False, "4 Take in"),
        (0, True, "2 Columns"),
    ):
        steps = list_words.steps(sums | {"repair": repair}, unread=unread)
        assert [words for words, _, _, is_now in steps if is_now] == [now]
        assert not any(done and is_now for _, _, done, is_now in steps)


def test_the_button_says_what_comes_in_and_what_stays_out() -> None:
    sums = dict.fromkeys(FATES, 0) | {"new": 58, "changed": 9, "same": 30}
    assert list_words.take_in(sums) == "Take in 67"
    assert list_words.take_in(sums | {"repair": 3, "left": 1}) == "Take in 67, leave 4 out"


def test_who_can_be_written_to_is_counted_in_the_target() -> None:
    assert list_words.reached(78, 71, 84, target=True) == (
        "78 of 84 schools in the target",
        "will have somebody to write to; today 71. 6 still without.",
    )
    assert list_words.reached(1, 0, 1, target=False) == (
        "1 of 1 open school",
        "will have somebody to write to; today 0.",
    )


def test_the_title_says_what_the_list_needs_next() -> None:
    assert title(taken=True, unread=True, repair=2) == "Taken in"
    assert title(unread=True, repair=2) == "Which column is what?"
    assert title(repair=1, new=5) == "1 line needs you" and title(repair=2) == "2 lines need you"
    assert title(new=1) == title(changed=1) == "Every line can be taken in"
    assert title(same=3) == "Nothing in this list is new"


def test_lines_are_counted_as_what_they_would_come_to() -> None:
    assert {fate: list_words.how_many(fate, 2, CONTACTS) for fate in (NEW, CHANGED, SAME)} == dict.fromkeys(
        (NEW, CHANGED, SAME), "2 contacts"
    )
    assert list_words.how_many(NEW, 1, VISITS) == "1 visit"
    assert {list_words.how_many(fate, 1, VISITS) for fate in (REPAIR, LEFT, OUTSIDE, TWICE)} == {"1 line"}


def said(entry: Any) -> list[tuple[str, str, str]]:
    return [(c.head, c.words, c.under) for c in list_words.cells(entry, entry.fate)]


def contact(fate: str, **changes: Any) -> ContactEntry:
    details: Any = SimpleNamespace(name="", role="Head", address="jo@larch.example", phone="")
    return ContactEntry(**LINE | {"fate": fate, "details": details} | changes)


@pytest.mark.parametrize("fate", [REPAIR, LEFT, OUTSIDE])
def test_a_line_that_is_not_taken_says_why(fate: str) -> None:
    entry = contact(fate, details=None, reason="No such school", shown="Larch; Jo")
    assert said(entry) == [("Why", "No such school", ""), ("What it says", "Larch; Jo", "")]


def test_a_contact_says_what_it_meets_on_file() -> None:
    told = [("Name and role", "no name", "Head"), ("Address", "jo@larch.example", "")]
    assert said(contact(NEW)) == told
    held: Any = SimpleNamespace(name="Jo", role="", phone="01632 960118")
    assert said(contact(CHANGED, on_file=held, note="a new role")) == [
        *told,
        ("On file", "Jo, 01632 960118", "A new role"),
    ]
    bare: Any = SimpleNamespace(name="", role="", phone="")
    assert said(contact(CHANGED, on_file=bare))[2] == ("On file", "nothing but the address", "")
    assert said(contact(SAME, note="known"))[2] == ("Note", "known", "")
    assert said(contact(TWICE, into="line 4"))[2] == ("Note", "merged with line 4", "")


def test_what_changes_of_a_contact_stands_old_and_new() -> None:
    held: Any = SimpleNamespace(name="D. Holt", role="", phone="01632 960118")
    new: Any = SimpleNamespace(name="R. Osei", role="DSL", phone="01632 960118", address="jo@larch.example")
    assert [
        (d.before, d.after) for d in list_words.differences(contact(CHANGED, on_file=held, details=new))
    ] == [
        ("D. Holt", "R. Osei"),
        ("", "DSL"),
    ]
    assert list_words.differences(contact(NEW, details=new)) == []
    assert list_words.differences(contact(LEFT, on_file=held, details=None)) == []


def test_a_visit_says_what_is_not_known() -> None:
    bare = VisitEntry(**LINE | {"fate": NEW, "year": 2025})
    assert said(bare) == [("Year", "2025/26", ""), ("Day", "not known", ""), ("How many", "not known", "")]
    known = {"year": 2025, "day": date(2026, 3, 4), "pupils": 1080, "into": "line 4"}
    assert [words for _, words, _ in said(VisitEntry(**LINE | known | {"fate": TWICE}))] == [
        "2025/26",
        "4 March 2026",
        "1,080",
        "line 4",
    ]


def column(**changes: Any) -> tuple[str, bool]:
    told = {"skipped": True, "notes": False, "addresses": 0, "filled": 1080, "block": "", "contacts": True}
    return list_words.of_column(**told | changes)


def test_addresses_that_would_be_left_out_are_said_aloud() -> None:
    assert column(addresses=1) == ("1 address stands in it", True)
    assert column(addresses=2, notes=True) == (
        "may hold remarks about people; 2 addresses stand in it",
        False,
    )
    assert column(notes=True) == ("may hold remarks about people", False)
    assert column() == column(addresses=2, contacts=False) == ("1,080 filled", False)
    assert column(addresses=2, skipped=False, notes=True, block="Head") == ("Head, 1,080 filled", False)
