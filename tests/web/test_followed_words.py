"""Words of the page of promises."""

from datetime import date

import pytest

from outreach.coverage.followed import PledgeSums
from outreach.visits.kept import KEPT, NOT_ANSWERED, NOT_DUE, NOT_KEPT, Kept
from outreach.visits.pledges import LEAD_PRESENT, LESSON, LETTER_HOME, PLEDGES, STAFF_BRIEFED
from outreach.web.coordinator import followed_words

TODAY = date(2027, 1, 19)


def sums(**told: tuple[int, int, int, int]) -> dict[str, PledgeSums]:
    """(kept, not kept, not answered, not due) of some pledges."""
    return {
        pledge.replace("_", " "): PledgeSums(
            schools=sum(counts),
            by=dict(zip((KEPT, NOT_KEPT, NOT_ANSWERED, NOT_DUE), counts, strict=True)),
        )
        for pledge, counts in told.items()
    }


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "Nothing that was promised is due yet."),
        ({"staff_briefed": (0, 0, 0, 5)}, "Nothing that was promised is due yet."),
        ({"staff_briefed": (5, 0, 0, 2)}, "Every promise that is due was kept."),
        (
            {"staff_briefed": (27, 2, 2, 0), "policy_reviewed": (17, 3, 2, 9)},
            "Most promises are kept; policies lag, 17 of 22.",
        ),
        (
            {"staff_briefed": (1, 0, 9, 0), "policy_reviewed": (2, 0, 8, 0)},
            "Fewer than half of the promises are known to be kept; briefings lag, 1 of 10.",
        ),
    ],
)
def test_the_headline_says_the_finding(told: dict[str, tuple[int, int, int, int]], said: str) -> None:
    assert followed_words.headline(sums(**told)) == said


@pytest.mark.parametrize(
    ("pledge", "kept", "said"),
    [
        (STAFF_BRIEFED, Kept(word=KEPT, since=TODAY), "Kept"),
        (STAFF_BRIEFED, Kept(word=NOT_KEPT, since=TODAY), "Not kept"),
        (LEAD_PRESENT, Kept(word=NOT_KEPT, since=TODAY), "Absent"),
        (LETTER_HOME, Kept(word=NOT_KEPT, since=TODAY), "Not sent"),
        (LESSON, Kept(word=NOT_KEPT, since=TODAY), "Not held"),
        (LESSON, Kept(word=NOT_ANSWERED, since=TODAY), "Not said"),
        (LESSON, Kept(word=NOT_ANSWERED, since=TODAY, detail="planned"), "Planned"),
        (LEAD_PRESENT, Kept(word=NOT_ANSWERED, since=TODAY, detail="the two sides differ"), "Sides differ"),
        (LESSON, Kept(word=NOT_DUE, since=TODAY), "Not yet"),
    ],
)
def test_one_word_says_what_became_of_it(pledge: str, kept: Kept, said: str) -> None:
    assert followed_words.word(pledge, kept) == said


def test_a_list_says_which_schools_it_has() -> None:
    title = followed_words.list_title
    assert title(1, "kept", LESSON, "") == "1 school that kept it: follow-up lesson"
    assert title(9, "open", "", "Fenwold") == "9 schools where something is open, in Fenwold"
    assert title(3, "all", "", "") == "3 schools that have seen it"


def test_the_file_has_a_column_for_each_thing_a_line_says() -> None:
    assert len(followed_words.header()) == 4 + 3 * len(PLEDGES)
