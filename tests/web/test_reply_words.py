"""What people answered, in words: each in every case that makes it another."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from outreach.booking.desk.replies import Matter
from outreach.booking.invite_answers import NewestAnswer
from outreach.post.incoming.inbox import ADDRESS, DECLINE, DOUBT, MAIL, NEWCOMER, RAW, WISH
from outreach.web import reply_words
from outreach.web.coordinator.inbox_cards import Card

AT = datetime(2027, 3, 9, 10, tzinfo=UTC)


def said(partstat: str, *, stands: bool = True, to: datetime | None = None) -> NewestAnswer:
    return NewestAnswer(
        partstat=partstat, comment="", at=AT, authenticated=True, stands=stands, to_starts_at=to
    )


@pytest.mark.parametrize(
    ("partstat", "words"), [("ACCEPTED", "Accepted"), ("TENTATIVE", "Maybe"), ("DECLINED", "Declined")]
)
def test_an_answer_to_the_time_that_stands_is_shown_however_far_the_letter_came(
    partstat: str, words: str
) -> None:
    assert {reply_words.answer(said(partstat), letter).words for letter in ("", "sent", "failed")} == {words}


@pytest.mark.parametrize(
    ("letter", "words"),
    [
        ("", "No mail yet"),
        ("waiting", "On its way"),
        ("sent", "No answer yet"),
        ("failed", "Did not arrive"),
        ("bounced", "Did not arrive"),
    ],
)
def test_without_an_answer_it_is_said_how_far_the_letter_came(letter: str, words: str) -> None:
    assert reply_words.answer(None, letter).words == words
    assert reply_words.answer(said("ACCEPTED", stands=False), letter).words == words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, ""),
        (said("ACCEPTED"), ""),
        (said("ACCEPTED", stands=False), "Said yes before it moved"),
        (said("TENTATIVE", stands=False, to=AT), "Said maybe before the place changed"),
        (said("DECLINED", stands=False, to=AT.replace(hour=13)), "Said no to 1:00pm, before it moved"),
        (
            said("ACCEPTED", stands=False, to=AT.replace(day=2)),
            "Said yes to Tuesday 2 March, before it moved",
        ),
    ],
)
def test_an_answer_to_another_time_says_to_which(answer: NewestAnswer | None, words: str) -> None:
    assert reply_words.before(answer, AT) == words


def card(task: str, **changes: Any) -> Card:
    told: dict[str, Any] = {"subject": "Re: the play", "sender_name": "Jo Fell", "sender": "jo@larch.example"}
    inside = {"counter": changes.pop("counter", None), "letter": changes.pop("letter", None)}
    about = {name: changes.pop(name, None) for name in ("matter", "proposal")}
    mail: Any = SimpleNamespace(task=task, **told | changes)
    return Card(mail=mail, inside=SimpleNamespace(**inside), **about)  # type: ignore[arg-type]


def test_a_mail_is_called_by_what_it_says() -> None:
    assert (
        card(WISH, counter=SimpleNamespace(starts_at=AT)).about == "Jo Fell asks for Tuesday 9 March, 10:00am"
    )
    assert card(WISH).about == card(MAIL).about == card("").about == "Re: the play"
    assert card(MAIL, subject="").about == "No subject"
    assert card(DECLINE).about == "Jo Fell declined"
    assert card(DECLINE, sender_name="").about == "jo@larch.example declined"
    assert card(DOUBT, sender_name="", sender="").about == "An answer in the name of Somebody"
    assert card(NEWCOMER).about == "Jo Fell answered, and is not on the booking"
    assert card(RAW).about == "Mail from Jo Fell cannot be read"
    assert card(ADDRESS).about == "Mail to an address comes back"
    letter = SimpleNamespace(recipient="head@larch.example")
    assert card(ADDRESS, letter=letter).about == "Mail to head@larch.example comes back"


def test_the_list_calls_a_mail_by_its_visit_where_it_asks_for_something_about_one() -> None:
    school, show = SimpleNamespace(name="Larch"), SimpleNamespace(starts_at=AT)
    booking: Any = SimpleNamespace(organisation=school, performance=show)
    visit, troupe = Matter(booking=booking, of_troupe=False), Matter(booking=booking, of_troupe=True)
    kept = SimpleNamespace(organisation=school, starts_at=AT)
    assert card(DECLINE, matter=visit).headline == "Larch, Tuesday 9 March at 10:00am"
    assert card(WISH, matter=troupe).headline == "Larch, the company’s entry, Tuesday 9 March at 10:00am"
    assert card(NEWCOMER, proposal=kept).headline == "Larch, kept: Tuesday 9 March at 10:00am"
    assert card(MAIL, matter=visit).headline == "Re: the play"
    assert card(DECLINE).headline == "Jo Fell declined"
