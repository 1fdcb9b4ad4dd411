"""What became of each pledge: case by case, and beside a slow reference that goes through all that happened."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replayed_pledges import Played, Word, agreed, became

from how_many import so_many
from outreach.visits import kept
from outreach.visits.kept import AnswerTold, Kept, ShowPlayed
from outreach.visits.pledges import LEAD_PRESENT, LESSON, PASSED_ON, PLEDGES, POLICY, STAFF_BRIEFED

START = datetime(2027, 1, 12, 10, tzinfo=UTC)
END = START + timedelta(minutes=75)


def told(*words: tuple[str, str, float]) -> list[AnswerTold]:
    """(said, side, days from the start of the show) of each, in the order they came."""
    return [
        AnswerTold(id=n, said=said, side=side, recorded_at=START + timedelta(days=days))
        for n, (said, side, days) in enumerate(words)
    ]


def of_one(pledge: str, *words: tuple[str, str, float], after: float = 100) -> Kept:
    show = ShowPlayed(starts_at=START, ends_at=END, answers=told(*words))
    return kept.of_organisation(pledge, [show], moment=START + timedelta(days=after))


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], ("not answered", date(2027, 1, 12), None, "")),
        ([("done", "school", 0.5)], ("done", date(2027, 1, 12), None, "")),
        ([("not done", "school", 2)], ("not done", date(2027, 1, 14), None, "")),
        ([("will", "school", -9)], ("not answered", date(2027, 1, 12), date(2027, 1, 3), "")),
        ([("will", "school", -9), ("will not", "school", -8)], ("not answered", date(2027, 1, 12), None, "")),
        ([("will", "school", -9), ("done", "school", 1)], ("done", date(2027, 1, 13), date(2027, 1, 3), "")),
        ([("done", "school", -1)], ("not answered", date(2027, 1, 12), None, "")),
        ([("done", "school", 1), ("not done", "school", 3)], ("not done", date(2027, 1, 15), None, "")),
        ([("done", "company", 1)], ("done", date(2027, 1, 13), None, "")),
        ([("done", "company", 1), ("done", "school", 2)], ("done", date(2027, 1, 14), None, "")),
        (
            [("done", "company", 1), ("not done", "school", 2)],
            ("sides differ", date(2027, 1, 14), None, ""),
        ),
        (
            [("not done", "school", 1), ("done", "company", 2), ("not done", "settled", 3)],
            ("not done", date(2027, 1, 13), None, ""),
        ),
        (
            [("not done", "school", 1), ("done", "settled", 2), ("not done", "company", 3)],
            ("done", date(2027, 1, 14), None, ""),
        ),
        ([("done", "settled", 1), ("not done", "school", 2)], ("not done", date(2027, 1, 14), None, "")),
        ([("done", "school", 1), ("done", "school", 9)], ("done", date(2027, 1, 13), None, "")),
    ],
)
def test_the_word_that_holds_and_since_when(words: list, wanted: tuple) -> None:
    found = of_one(LEAD_PRESENT, *words)
    assert (found.word, found.since, found.promised, found.detail) == wanted


@pytest.mark.parametrize(("pledge", "day"), [(STAFF_BRIEFED, 0), (PASSED_ON, 1), (LESSON, 42), (POLICY, 42)])
def test_each_is_due_when_it_can_be_answered(pledge: str, day: int) -> None:
    show = ShowPlayed(starts_at=START, ends_at=END)
    due = END + timedelta(days=day)
    before = kept.of_organisation(pledge, [show], moment=due - timedelta(seconds=1))
    assert (before.word, before.since) == ("not due", due.date())
    assert kept.of_organisation(pledge, [show], moment=due).word == "not answered"


def test_what_is_planned_waits_until_it_is_due_and_is_no_answer_then() -> None:
    planned = ("planned", "school", 1)
    assert of_one(LESSON, planned, after=10) == Kept(
        word="not due", since=date(2027, 2, 23), detail="planned"
    )
    assert of_one(LESSON, planned) == Kept(word="not answered", since=date(2027, 2, 23), detail="planned")
    assert of_one(LESSON, planned, ("done", "school", 20), after=21).word == "done"


def two_shows(pledge: str, first: list, second: list, *, after: float = 100) -> Kept:
    later = timedelta(days=7)
    shows = [
        ShowPlayed(starts_at=START, ends_at=END, answers=first),
        ShowPlayed(starts_at=START + later, ends_at=END + later, answers=second),
    ]
    return kept.of_organisation(pledge, shows, moment=START + timedelta(days=after))


def test_a_school_with_two_shows_did_what_it_did_at_both_and_partly_what_it_did_at_one() -> None:
    yes = told(("done", "school", 8))
    assert two_shows(STAFF_BRIEFED, yes, yes).word == "done"
    for first, second in ((yes, told(("not done", "school", 9))), (told(("not done", "school", 9)), yes)):
        found = two_shows(STAFF_BRIEFED, first, second)
        assert (found.word, found.since) == ("partly", date(2027, 1, 21)), "since it was said not to be"
    differ = told(("done", "company", 8), ("not done", "school", 8))
    assert two_shows(LEAD_PRESENT, yes, differ).word == "sides differ"
    assert two_shows(STAFF_BRIEFED, [], yes) == Kept(word="not answered", since=date(2027, 1, 12))
    assert two_shows(LESSON, yes, [], after=45) == Kept(word="done", since=date(2027, 1, 20))


def test_what_a_school_agreed_to_is_judged_by_the_shows_at_which_it_agreed() -> None:
    kept_it = told(("will", "school", -9), ("done", "school", 8))
    broke_it = told(("will", "school", -9), ("not done", "school", 8))
    yes, no = told(("done", "school", 8)), told(("not done", "school", 8))
    for first, second, whole, of_agreed in (
        (kept_it, no, "partly", "done"),
        (broke_it, yes, "partly", "not done"),
        (kept_it, [], "not answered", "done"),
        (broke_it, broke_it, "not done", "not done"),
        (kept_it, broke_it, "partly", "partly"),
    ):
        found = two_shows(STAFF_BRIEFED, first, second)
        assert found.agreed is not None and (found.word, found.agreed.word) == (whole, of_agreed)
    assert two_shows(STAFF_BRIEFED, yes, no).agreed is None
    policy = two_shows(POLICY, kept_it, told(("not done", "school", 9)))
    assert policy.agreed is not None and policy.agreed.word == policy.word == "not done", "it has one policy"


def test_a_policy_is_reviewed_once() -> None:
    assert two_shows(POLICY, [], told(("done", "school", 8))).word == "done"
    assert two_shows(POLICY, [], [], after=44) == Kept(word="not answered", since=date(2027, 2, 23))


DAY = st.integers(min_value=-30, max_value=60)
WORDS = st.lists(
    st.tuples(
        DAY,
        st.integers(min_value=0, max_value=1),
        st.sampled_from(PLEDGES),
        st.sampled_from(["will", "will not", "done", "done", "planned", "not done"]),
        st.sampled_from(["school", "school", "company", "settled"]),
        st.none() | DAY,
    ),
    max_size=14,
)


@settings(max_examples=so_many(400))
@given(WORDS, st.lists(st.integers(min_value=-5, max_value=20), min_size=1, max_size=2), DAY, DAY)
def test_all_that_can_be_said_comes_to_what_the_slow_reference_says(
    words: list, starts: list[int], one: int, other: int
) -> None:
    shows = [
        Played(n, START + timedelta(days=day), END + timedelta(days=day)) for n, day in enumerate(starts)
    ]
    said = [
        Word(
            nth=n,
            show=min(show, len(shows) - 1),
            pledge=pledge,
            said=word,
            side="school" if word.startswith("will") else side,
            at=START + timedelta(days=day, minutes=n),
            taken_back=None if back is None else START + timedelta(days=max(day, back), minutes=n + 1),
        )
        for n, (day, show, pledge, word, side, back) in enumerate(sorted(words, key=lambda each: each[0]))
    ]
    for day in (one, other, 200):
        moment = START + timedelta(days=day, minutes=30)
        for pledge in PLEDGES:
            played = [
                ShowPlayed(
                    starts_at=show.starts_at,
                    ends_at=show.ends_at,
                    answers=[
                        AnswerTold(id=w.nth, said=w.said, side=w.side, recorded_at=w.at)
                        for w in said
                        if w.show == show.show
                        and w.pledge == pledge
                        and w.at < moment
                        and (w.taken_back is None or w.taken_back >= moment)
                    ],
                )
                for show in shows
            ]
            found = kept.of_organisation(pledge, played, moment=moment)
            assert (found.word, found.since, found.promised, found.detail) == became(
                pledge, shows, said, moment
            )
            of_agreed = found.agreed and (
                found.agreed.word,
                found.agreed.since,
                found.promised,
                found.agreed.detail,
            )
            assert of_agreed == agreed(pledge, shows, said, moment)
