"""Words of the page of chasing: why nothing goes, one and many, today and another day, and the list of each number."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from outreach.asking.chasing.chases import FIRST, HEAD, SECOND, TRUST
from outreach.asking.chasing.reminders import Reminder
from outreach.asking.chasing.settings import Schedule
from outreach.coverage.who_asked import OF_BODIES, OF_BOTH, OF_SCHOOLS
from outreach.tour.programmes import Programme
from outreach.web.coordinator.chasing_words import Addresses, ChasingWords, Row
from outreach.web.sentences import Sentence, plain

NOW = datetime(2027, 1, 19, 12, tzinfo=UTC)
TODAY, TOMORROW = date(2027, 1, 19), date(2027, 1, 20)
NOTHING_SENT = {FIRST: 0, SECOND: 0, HEAD: 0, TRUST: 0}
TO = Addresses(
    lists="/lists?programme=1",
    setup="/setup",
    phone_list="/phone",
    gaps="/gaps",
    invitations="/invite",
    waiting_list="/waiting",
)


def words(*coming: Reminder, on: bool = True, offers: bool = False, **what: Any) -> ChasingWords:
    programme = Programme(reply_by=what.pop("reply_by", TODAY), closed_at=what.pop("closed_at", None))
    nothing: dict[str, Any] = {
        "waiting": 0,
        "left": 0,
        "waiters": 0,
        "sent": NOTHING_SENT,
        "ran_at": NOW,
        "late": False,
        "asked": OF_SCHOOLS,
    }
    return ChasingWords(
        programme=programme,
        schedule=Schedule(
            reminders_on=on, offers_on=offers, raise_after_days=what.pop("raise_after_days", 14)
        ),
        coming=coming,
        now=NOW,
        addresses=TO,
        **(nothing | what),
    )


def reminder(due: date = TODAY, nth: int = 1) -> Reminder:
    nobody: Any = None
    return Reminder(organisation=nobody, contact=nobody, nth=nth, due=due, asking=nobody)


def leads(said: Sentence) -> list[str]:
    return [piece.href for piece in said if piece.href]


def cells(row: Row) -> list[tuple[str, str, str]]:
    return [(cell.number, cell.words, cell.href.removeprefix(TO.lists)) for cell in row.cells]


def test_why_nothing_goes_and_what_to_do_about_it() -> None:
    closed = words(reminder(), on=False, closed_at=NOW, reply_by=date(2027, 1, 1))
    assert plain(closed.nothing_goes) == "This programme is closed, so nobody is reminded or asked any more."
    past = words(reminder(), on=False, reply_by=date(2027, 1, 18))
    assert plain(past.nothing_goes) == (
        "The reply-by date is past, so nobody is reminded or raised. Set a later one in the programme, or ring those "
        "who are missing: To ring."
    )
    assert leads(past.nothing_goes) == ["/setup", "/phone"]
    off = words(reminder(), on=False)
    assert plain(off.nothing_goes) == (
        "Reminders are off, so none of the 1 reminder below goes by itself. Switch them on when the list looks right, "
        "or remind schools by hand from the gaps."
    )
    assert leads(off.nothing_goes) == ["#settings", "/gaps"]
    assert "none of the 2 reminders below" in plain(words(reminder(), reminder(), on=False).nothing_goes)


def test_nothing_is_said_where_reminders_go_or_none_is_to_come() -> None:
    assert words(reminder()).nothing_goes == [] and words(on=False).nothing_goes == []


def test_the_round_came_or_is_missing() -> None:
    ran = datetime(2027, 1, 19, 7, 5, tzinfo=UTC)
    rest = ". The service counts on to the next school day of each school, and stops at the first answer of any kind."
    came = words(ran_at=ran)
    assert came.round_is_missing == ""
    assert came.round_came == (
        f"Once a day, before schools open; the round last came on 19 January 2027 at 7:05am{rest}"
    )
    late = words(ran_at=ran, late=True)
    assert late.round_is_missing == (
        "The day’s round last came on 19 January 2027 at 7:05am. Whoever runs the service was told."
    )
    assert late.round_came == f"Once a day, before schools open{rest}"
    never = words(ran_at=None, late=True)
    assert never.round_is_missing == "The day’s round has never come. Whoever runs the service was told."
    assert words(ran_at=None).round_came == f"Once a day, before schools open{rest}"


@pytest.mark.parametrize(("waiting", "said"), [(1, "1 school has had"), (1_200, "1,200 schools have had")])
def test_who_waits_for_a_word(waiting: int, said: str) -> None:
    now = words(waiting=waiting).who_waits
    assert plain(now) == (
        f"{said} two reminders and said nothing. Nobody else is told unless you send the letter."
    )
    assert leads(now) == ["/lists?programme=1&show=consent"]


def test_where_nobody_waits_the_page_says_who_will() -> None:
    assert "says nothing for 14 days stands here" in plain(words().who_waits)
    assert "says nothing for 1 day stands here" in plain(words(raise_after_days=1).who_waits)
    assert plain(words().who_waits).startswith("Nobody. ")


def test_more_wait_than_the_page_shows() -> None:
    assert words(waiting=50).more_wait(50) == []
    more = words(waiting=1_051).more_wait(50)
    assert plain(more) == "All 1,051, the longest wait first"
    assert leads(more) == ["/lists?programme=1&show=consent"]


def test_the_next_reminders_are_today_or_on_another_day() -> None:
    assert words().next_title == "No reminder is to come"
    assert words(reminder(), reminder(nth=2), reminder(TOMORROW)).next_title == "Today: 2 reminders"
    assert words(reminder(TOMORROW)).next_title == "Next: 1 reminder on Wednesday 20 January"


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({}, "goes"),
        ({"on": False}, "would go"),
        ({"reply_by": date(2027, 1, 18)}, "would go"),
        ({"closed_at": NOW}, "would go"),
    ],
)
def test_each_goes_or_would_go(what: dict[str, Any], said: str) -> None:
    assert words(reminder(), **what).each_goes == (
        f"Each {said} on a school day of its school, unless the school says anything before."
    )


def test_each_day_has_its_reminders_and_each_number_its_list() -> None:
    both = words(reminder(), reminder(), reminder(nth=2), reminder(TOMORROW, 2))
    assert [row.name for row in both.days] == ["Tuesday 19 January", "Wednesday 20 January"]
    assert cells(both.days[0]) == [
        ("2", "first reminders on Tuesday 19 January", "&show=coming&day=2027-01-19&nth=1"),
        ("1", "second reminders on Tuesday 19 January", "&show=coming&day=2027-01-19&nth=2"),
        ("3", "reminders on Tuesday 19 January", "&show=coming&day=2027-01-19"),
    ]
    assert cells(both.days[1])[0] == ("0", "first reminders on Wednesday 20 January", "")
    assert both.all_days.name == "All days"
    assert cells(both.all_days) == [
        ("2", "first reminders in all", "&show=coming&nth=1"),
        ("2", "second reminders in all", "&show=coming&nth=2"),
        ("4", "reminders in all", "&show=coming"),
    ]
    assert words().days == []


def test_who_gets_no_reminder_and_how_to_begin() -> None:
    one = words(left=1).without_reminder
    assert plain(one) == "1 asked school gets none, each with its reason."
    assert leads(one) == ["/lists?programme=1&show=left"]
    assert plain(words(left=2).without_reminder) == "2 asked schools get none, each with its reason."
    nobody = words().without_reminder
    assert (
        plain(nobody) == "Whoever is asked to book stands here with the day of the reminder. Invite schools"
    )
    assert leads(nobody) == ["/invite"]
    assert words(reminder()).without_reminder == []


def test_letters_are_counted_once_there_is_any() -> None:
    assert words().letters == []
    sent = words(sent=NOTHING_SENT | {SECOND: 1_200, TRUST: 1}).letters
    assert [(row.name, *cells(row)[0]) for row in sent] == [
        ("First reminder", "0", f"letters: {FIRST}", ""),
        ("Second reminder", "1,200", f"letters: {SECOND}", "&show=second"),
        ("To the head teacher", "0", f"letters: {HEAD}", ""),
        ("To the trust", "1", f"letters: {TRUST}", "&show=trust"),
    ]


def test_who_waits_for_a_time() -> None:
    assert plain(words(offers=True).who_waits_for_a_time) == "Nobody is on the waiting list."
    one = words(waiters=1).who_waits_for_a_time
    assert plain(one) == "1 school is on the waiting list. Offers do not go by themselves."
    assert leads(one) == ["/waiting"]
    assert plain(words(waiters=2, offers=True).who_waits_for_a_time) == (
        "2 schools are on the waiting list. Times that come free are kept for them in turn."
    )


def test_bodies_are_said_where_they_are_asked() -> None:
    alone, both = words(waiting=2, asked=OF_BODIES), words(waiting=2, asked=OF_BOTH)
    assert plain(alone.who_waits).startswith("2 bodies have had two reminders")
    assert plain(both.who_waits).startswith("2 schools and bodies have had two reminders")
    assert "raised to its manager: only with your word" in plain(words(asked=OF_BODIES).who_waits)
    assert "to its head teacher or manager and then its trust: only" in plain(words(asked=OF_BOTH).who_waits)
    sent = NOTHING_SENT | {HEAD: 1}
    assert [row.name for row in words(sent=sent, asked=OF_BODIES).letters][2:] == ["To the manager"]
    assert [row.name for row in words(sent=sent, asked=OF_BOTH).letters][2:] == [
        "To the head teacher or manager",
        "To the trust",
    ]
