"""Words of the page of commitments."""

from datetime import date

import pytest

from outreach.visits.kept import DIFFER, NOT_ANSWERED, NOT_DUE, PARTLY, Kept
from outreach.visits.pledges import DONE, LEAD_PRESENT, LESSON, LETTER_HOME, NOT_DONE, PLEDGES, STAFF_BRIEFED
from outreach.web.coordinator import followed_words

TODAY = date(2027, 1, 19)


@pytest.mark.parametrize(
    ("pledge", "kept", "said"),
    [
        (STAFF_BRIEFED, Kept(word=DONE, since=TODAY), "Done"),
        (STAFF_BRIEFED, Kept(word=NOT_DONE, since=TODAY), "Not done"),
        (
            STAFF_BRIEFED,
            Kept(word=NOT_DONE, since=TODAY, agreed=Kept(word=NOT_DONE, since=TODAY)),
            "Not kept",
        ),
        (STAFF_BRIEFED, Kept(word=NOT_DONE, since=TODAY, agreed=Kept(word=DONE, since=TODAY)), "Not done"),
        (STAFF_BRIEFED, Kept(word=PARTLY, since=TODAY, promised=TODAY), "Partly"),
        (LEAD_PRESENT, Kept(word=NOT_DONE, since=TODAY), "Absent"),
        (LETTER_HOME, Kept(word=NOT_DONE, since=TODAY), "Not sent"),
        (LESSON, Kept(word=NOT_DONE, since=TODAY), "Not held"),
        (LESSON, Kept(word=NOT_ANSWERED, since=TODAY), "Not answered"),
        (LESSON, Kept(word=NOT_ANSWERED, since=TODAY, detail="planned"), "Planned"),
        (LEAD_PRESENT, Kept(word=DIFFER, since=TODAY), "Sides differ"),
        (LESSON, Kept(word=NOT_DUE, since=TODAY), "Not due yet"),
    ],
)
def test_one_word_says_what_became_of_it(pledge: str, kept: Kept, said: str) -> None:
    assert followed_words.word(pledge, kept) == said


def test_a_list_says_which_schools_it_has() -> None:
    title = followed_words.list_title
    assert title(1, "done", LESSON, "", agreed=False) == "1 school that did it: follow-up lesson"
    assert title(2, "done", LESSON, "", agreed=True) == (
        "2 schools that did it, of those that agreed: follow-up lesson"
    )
    assert title(2, "not done", LESSON, "", agreed=True) == "2 schools that did not keep it: follow-up lesson"
    assert title(9, "open", "", "Fenwold", agreed=False) == "9 schools where something is open, in Fenwold"
    assert title(3, "all", "", "", agreed=False) == "3 schools that have seen it"


def test_the_file_has_a_column_for_each_thing_a_line_says() -> None:
    assert len(followed_words.header()) == 4 + 4 * len(PLEDGES)
