"""The words of one mail's page: each in every case that makes it another."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from outreach.booking.desk.replies import OtherTimeWish
from outreach.booking.invite_answers import NewestAnswer
from outreach.post.incoming.inbox import (
    ADDRESS,
    COUNTER,
    DECLINE,
    DOUBT,
    MAIL,
    NEWCOMER,
    PERSON,
    RAW,
    WISH,
)
from outreach.post.incoming.showing import Attached, MailAsShown
from outreach.tour.performances import Slot
from outreach.web.coordinator import inbox_cards, inbox_words
from outreach.web.coordinator.inbox_cards import Card
from outreach.web.coordinator.inbox_words import WhatToDo
from outreach.web.sentences import plain

AT = datetime(2027, 3, 9, 10, tzinfo=UTC)
JO = SimpleNamespace(id=1, name="Jo Fell", role="", duty="in charge", address="jo@larch.example")
SAM = SimpleNamespace(id=2, name="Sam Reed", role="head", duty="in charge", address="sam@larch.example")
LETTER = SimpleNamespace(
    id=8, subject="Your visit", kind="invite", recipient="jo@larch.example", created_at=AT, stream="s"
)
PROPOSAL = SimpleNamespace(
    organisation_id=5,
    organisation=SimpleNamespace(name="Larch"),
    starts_at=AT,
    reply_by=date(2027, 2, 1),
    ended_at=None,
    ended_as="",
)


@pytest.fixture(autouse=True)
def addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages by name, so that no service is needed."""

    def address(endpoint: str, **values: Any) -> str:
        return " ".join([endpoint.removeprefix("coordinator."), *map(str, values.values())])

    for module in (inbox_words, inbox_cards):
        monkeypatch.setattr(module, "url_for", address)


def mail(task: str = MAIL, **changes: Any) -> Any:
    told = {
        "id": 3,
        "task": task,
        "why": "So it is.",
        "kind": PERSON,
        "subject": "The play",
        "sender": "jo@larch.example",
        "sender_name": "Jo Fell",
        "received_at": AT,
        "settled_at": None,
        "settled_as": "",
        "settled_by": "",
        "partnership_id": 1,
    }
    return SimpleNamespace(**told | changes)


def matter(*, of_troupe: bool = False, phone: str = "01632 960001") -> Any:
    company = SimpleNamespace(contact_phone=phone)
    show = SimpleNamespace(
        starts_at=AT,
        ends_at=AT.replace(hour=11),
        troupe_id=4,
        tour_day=SimpleNamespace(troupe=SimpleNamespace(company=company)),
    )
    return SimpleNamespace(
        booking=SimpleNamespace(performance=show, reference="MRL-1", organisation_id=5), of_troupe=of_troupe
    )


def card(
    task: str = MAIL, *, stale: str = "", about: Any = None, proposal: Any = None, **changes: Any
) -> Card:
    inside = {"answers": (), "counter": None, "letter": None, "dead": False}
    for name in inside:
        inside[name] = changes.pop(name, inside[name])
    return Card(
        mail=mail(task, **changes),
        inside=SimpleNamespace(**inside),  # type: ignore[arg-type]
        matter=about,
        proposal=proposal,
        stale=stale,
    )


def told(of: Card, wish: Any = None, **more: Any) -> WhatToDo:
    known: dict[str, Any] = {"people": [], "schools": 1, "events": (), "reply": ""}
    return inbox_words.what_to_do(of, wish, **known | more)


def read(what: WhatToDo) -> str:
    """All that its sentences say."""
    return " ".join([what.why, *map(plain, what.said)]).strip()


def buttons(what: WhatToDo) -> list[tuple[str, str, str]]:
    return [(deed.words, deed.href, deed.looks) for deed in what.deeds]


def slot(hour: int) -> Slot:
    return Slot(
        tour_day_id=7,
        troupe_id=4,
        day=date(2027, 3, 10),
        start_minute=hour * 60,
        show_minutes=60,
        get_in_minutes=60,
        get_out_minutes=30,
        extra_minutes=0,
        why="",
    )


def wished(has: Slot | None, *nearest: Slot, why_not: str = "") -> OtherTimeWish:
    return OtherTimeWish(
        starts_at=AT.replace(day=10), slot=has, why_not=why_not, nearest=nearest, overtaken=False
    )


def asks(*, comment: str = "", of_troupe: bool = False, sender_name: str = "Jo Fell") -> Card:
    counter = SimpleNamespace(
        starts_at=AT.replace(day=10, hour=9), comment=comment, address="j@larch.example"
    )
    return card(WISH, about=matter(of_troupe=of_troupe), counter=counter, sender_name=sender_name)


DONE_FIRST, DONE_SECOND = ("Done", "inbox_done 3", "btn"), ("Done", "inbox_done 3", "btn q")
LEAVE_OUT = ("Leave out", "inbox_done 3", "btn q")


@pytest.mark.parametrize(
    ("name", "address", "words"),
    [
        ("Jo Fell", "jo@larch.example", "Jo Fell, jo@larch.example"),
        ("", "jo@larch.example", "jo@larch.example"),
        ("Jo@Larch.example", "jo@larch.example", "Jo@Larch.example"),
        ("Jo Fell", "", "Jo Fell"),
        ("", "", "sender not said"),
    ],
)
def test_the_sender_is_said_once(name: str, address: str, words: str) -> None:
    assert inbox_words.sender(mail(sender_name=name, sender=address)) == words


@pytest.mark.parametrize("as_", ["done", "left out"])
def test_what_was_put_aside_says_by_whom_and_can_come_back(as_: str) -> None:
    what = told(card(settled_at=AT, settled_as=as_, settled_by="Priya"))
    assert what.title == "What came of it"
    assert what.why == f"{as_.capitalize()}: Priya, 9 March 2027 at 10:00am."
    assert buttons(what) == [("Put it back under To read", "inbox_again 3", "btn q")]


def test_what_something_came_of_stays() -> None:
    assert buttons(told(card(settled_at=AT, settled_as="moved", settled_by="Priya"))) == []


def test_what_was_nobodys_to_do_says_what_it_did_by_itself() -> None:
    said = [
        SimpleNamespace(address=address, partstat=partstat)
        for address, partstat in (("a@x", "ACCEPTED"), ("b@x", "TENTATIVE"), ("c@x", "DECLINED"))
    ]
    what = told(card("", answers=said))
    assert what.why == "It counted by itself: a@x said yes; b@x said maybe; c@x said no."
    assert told(card("")).why == "Nothing was to be done; it is kept."
    assert what.title == "What came of it"
    assert not buttons(what)


@pytest.mark.parametrize("task", [WISH, DECLINE, NEWCOMER, DOUBT])
def test_what_is_stale_says_why_and_is_put_aside(task: str) -> None:
    what = told(card(task, stale="The show is over.", about=matter()))
    assert (what.title, read(what), buttons(what)) == ("What to do", "The show is over.", [DONE_FIRST])


@pytest.mark.parametrize("task", [WISH, DECLINE])
def test_what_is_about_a_proposal_leads_to_it(task: str) -> None:
    what = told(card(task, proposal=PROPOSAL))
    assert read(what) == (
        "So it is. The time is kept for the school until the end of Monday 1 February; nothing is booked. On the "
        "school’s page you can take it back, and keep another for it."
    )
    assert buttons(what) == [("See the proposal", "school 5", "btn"), DONE_SECOND]


def test_a_wish_that_can_be_had_moves_by_a_click_and_the_times_near_it_stand_behind_one() -> None:
    what = told(asks(comment="We have\na trip."), wished(slot(10), slot(11), slot(13)), people=[JO, SAM])
    assert [(fact.term, plain(fact.words), fact.beneath, fact.looks) for fact in what.facts] == [
        ("Stands now", "Tuesday 9 March, 10:00am to 11:00am", "", ""),
        ("Asked for", "Wednesday 10 March, 10:00am", "", ""),
        ("Their words", "We have\na trip.", "", "lines"),
    ]
    assert read(what) == (
        "Whoever has the visit in the calendar is told of a move, and the same entry moves: Jo Fell and Sam Reed, "
        "and the company."
    )
    assert [(d.words, d.slot, d.looks) for d in what.deeds] == [
        ("Move to Wednesday 10 March, 10:00am", "7-1000", "btn")
    ]
    assert [(d.words, d.slot, d.looks) for d in what.near] == [
        ("Move to Wednesday 10 March, 11:00am", "7-1100", "btn q s"),
        ("Move to Wednesday 10 March, 1:00pm", "7-1300", "btn q s"),
    ]
    assert [plain(said) for said in what.after] == ["See all times"]
    assert what.after[0][0].href == "booking_move MRL-1"


def test_a_move_says_whom_it_moves_besides() -> None:
    alone, two = told(asks(), wished(slot(10))), told(asks(), wished(slot(10)), schools=2)
    assert read(alone).endswith("the same entry moves: nobody at the school, and the company.")
    assert read(two).endswith("company. 2 schools are promised this show; it moves for all of them.")


@pytest.mark.parametrize(
    ("nearest", "words"),
    [
        ((11,), "The nearest that is free:"),
        ((11, 13), "The nearest that are free:"),
        ((), "No other time is free. Add tour days, or refuse."),
    ],
)
def test_a_wish_that_cannot_be_had_says_why_and_what_else(nearest: tuple[int, ...], words: str) -> None:
    what = told(asks(), wished(None, *map(slot, nearest), why_not="The van is away."))
    assert read(what).endswith(f"It cannot be had. The van is away. {words}")
    assert [(d.slot, d.looks) for d in what.deeds] == [(f"7-{hour}00", "btn q") for hour in nearest]
    assert what.near == []


def test_a_company_wishes_by_its_own_entry_and_gets_no_letter() -> None:
    school, company = told(asks(), wished(slot(10))), told(asks(of_troupe=True), wished(slot(10)))
    assert company.facts[1].beneath == (
        "The company asks; its own entry would begin at 9:00am, with the set-up."
    )
    assert company.refusal == (
        "The visit stays where it is. The company gets no letter of ours about this: ring them."
    )
    assert school.refusal == (
        "The visit stays where it is. A letter says so to Jo Fell, with the way to the other times."
    )
    unnamed = told(asks(sender_name=""), wished(slot(10)))
    assert "says so to j@larch.example, with" in unnamed.refusal


def test_a_wish_without_a_visit_is_read_as_mail_and_cannot_be_refused() -> None:
    what = told(card(WISH), reply="mailto:jo")
    assert buttons(what) == [("Reply by mail", "mailto:jo", "btn"), DONE_SECOND]
    assert what.refusal == ""


STANDS = "So it is. The visit stands: a declined entry cancels nothing."


def test_a_school_that_declined_is_asked_by_letter() -> None:
    what = told(card(DECLINE, about=matter()))
    assert read(what) == (
        f"{STANDS} They can be asked to move it or to cancel it, by a letter with their own link. Nobody else is "
        "written to."
    )
    assert buttons(what) == [("Ask: move or cancel?", "inbox_ask 3", "btn"), DONE_SECOND]


@pytest.mark.parametrize(("phone", "words"), [("01632 960001", "01632 960001"), ("", "no phone is on file")])
def test_a_company_that_declined_is_rung(phone: str, words: str) -> None:
    what = told(card(DECLINE, about=matter(of_troupe=True, phone=phone)))
    assert read(what) == f"{STANDS} It is the company that declined. Ring them: {words}."
    assert buttons(what) == [DONE_FIRST]


def test_a_no_to_we_know_not_what_is_put_aside() -> None:
    what = told(card(DECLINE))
    assert (read(what), buttons(what)) == (STANDS, [DONE_FIRST])


def event(partstat: str, *, name: str = "Al Moor", address: str = "al@x", comment: str = "") -> Any:
    return SimpleNamespace(partstat=partstat, name=name, address=address, comment=comment)


@pytest.mark.parametrize(
    ("one", "term", "words", "beneath"),
    [
        (event("ACCEPTED"), "Al Moor", "says yes", "al@x"),
        (event("TENTATIVE", name=""), "al@x", "says maybe", "al@x"),
        (event("DECLINED", name="", address=""), "jo@larch.example", "says no", "jo@larch.example"),
        (event("NEEDS-ACTION", comment="Later"), "Al Moor", "gives no answer we know: ‘Later’", "al@x"),
    ],
)
def test_each_answer_in_a_mail_is_said(one: Any, term: str, words: str, beneath: str) -> None:
    (fact,) = told(card(DOUBT, about=matter()), events=[one]).facts
    assert (fact.term, plain(fact.words), fact.beneath) == (term, words, beneath)


@pytest.mark.parametrize(
    ("task", "of_troupe", "words", "first"),
    [
        (
            NEWCOMER,
            False,
            "Added, they get the invite and a link of their own, with which they can change the booking. Add them "
            "only if they work at the school; ring it if you are not sure.",
            ("Add to the booking", "inbox_take 3", "btn"),
        ),
        (
            NEWCOMER,
            True,
            "The company’s entry goes to its own calendar address alone.",
            ("See its calendar address", "troupe 4", "btn"),
        ),
        (
            DOUBT,
            False,
            "Take it only if you are sure that it is theirs: ring them.",
            ("Take the answer", "inbox_take 3", "btn"),
        ),
        (
            DOUBT,
            True,
            "Take it only if you are sure that it is theirs: ring them.",
            ("Take the answer", "inbox_take 3", "btn"),
        ),
    ],
)
def test_somebody_unknown_or_in_doubt_is_taken_or_left_out(
    task: str, of_troupe: bool, words: str, first: tuple[str, str, str]
) -> None:
    what = told(card(task, about=matter(of_troupe=of_troupe)))
    assert read(what) == f"So it is. {words}"
    assert buttons(what) == [first, LEAVE_OUT]
    assert what.deeds[0].changes == first[1].startswith("inbox")


@pytest.mark.parametrize(
    ("about", "letter", "dead", "words", "first"),
    [
        (
            matter(),
            LETTER,
            True,
            "Nothing more is sent to jo@larch.example until it is corrected. Corrected once, it is changed wherever "
            "the school has it, and what did not arrive is written anew.",
            [
                ("Correct the address", "letter_address 8", "btn"),
                ("The letter", "letter 8", "btn q"),
            ],
        ),
        (
            matter(),
            LETTER,
            False,
            "Corrected once, it is changed wherever the school has it, and what did not arrive is written anew.",
            [
                ("Correct the address", "letter_address 8", "btn q"),
                ("The letter", "letter 8", "btn q"),
            ],
        ),
        (
            matter(of_troupe=True),
            None,
            False,
            "On the troupe’s page, enter the calendar address that is right.",
            [("Correct the address", "troupe 4", "btn q")],
        ),
        (None, None, False, "", []),
    ],
)
def test_mail_that_came_back_leads_to_where_the_address_is_corrected(
    about: Any, letter: Any, dead: bool, words: str, first: list[tuple[str, str, str]]
) -> None:
    what = told(card(ADDRESS, about=about, letter=letter, dead=dead))
    assert read(what) == f"So it is. {words}".strip()
    assert buttons(what) == [*first, DONE_SECOND]


def test_what_cannot_be_read_is_downloaded() -> None:
    what = told(card(RAW))
    assert read(what) == "So it is. It is kept as it came; a mail program may make more of it."
    assert buttons(what) == [("Download it", "inbox_file 3", "btn"), DONE_SECOND]
    assert [(d.download, d.changes) for d in what.deeds] == [(True, False), (False, True)]


def test_mail_is_answered_by_ones_own_program_where_there_is_an_address() -> None:
    answered, not_answered = told(card(), reply="mailto:jo"), told(card())
    assert buttons(answered) == [("Reply by mail", "mailto:jo", "btn"), DONE_SECOND]
    assert answered.hint == "It opens your own mail program. Answer from there, then mark it done."
    assert (buttons(not_answered), not_answered.hint) == ([DONE_FIRST], "")


@pytest.mark.parametrize(
    ("kind", "words", "headers", "said"),
    [
        (PERSON, "Dear all", True, ""),
        (PERSON, "", True, "It holds no words."),
        (COUNTER, "", True, "It holds no words, only a calendar entry."),
        (PERSON, "", False, "It cannot be shown."),
    ],
)
def test_a_mail_without_words_says_so(kind: str, words: str, headers: bool, said: str) -> None:
    shown = MailAsShown(
        headers=(("From", "Jo"),) if headers else (), words=words, quoted="", attached=(), cut=False
    )
    assert inbox_words.no_words(mail(kind=kind), shown) == said


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("hall.pdf", "application/pdf", "hall.pdf"),
        ("", "text/calendar", "Calendar entry"),
        ("", "application/ics", "Calendar entry"),
        ("", "message/rfc822", "Another mail"),
        ("", "text/rfc822-headers", "The head of our letter"),
        ("", "message/delivery-status", "Report of the mail server"),
        ("", "image/png", "image/png"),
    ],
)
def test_what_is_attached_has_a_name(name: str, kind: str, words: str) -> None:
    assert inbox_words.part_name(Attached(name=name, kind=kind, size=1)) == words


def test_people_are_named_with_what_they_do_and_what_they_answered() -> None:
    before = NewestAnswer(
        partstat="DECLINED", comment="", at=AT, authenticated=True, stands=False, to_starts_at=None
    )
    jo, sam = inbox_words.people_named([JO, SAM], {2: before}, AT)  # type: ignore[list-item]
    assert (jo.name, jo.role, jo.mark.words, jo.before) == ("Jo Fell", "In charge", "No answer yet", "")
    assert (sam.role, sam.before) == ("Head", "Said no before it moved")


def test_the_other_mails_about_a_visit_say_whether_they_wait() -> None:
    mails = [mail(), mail(settled_at=AT), mail(""), mail(subject="", sender_name="")]
    assert [(other.subject, other.note) for other in inbox_words.also_came_in(mails)] == [
        ("The play", "Jo Fell, 9 March 2027 at 10:00am, waits"),
        ("The play", "Jo Fell, 9 March 2027 at 10:00am"),
        ("The play", "Jo Fell, 9 March 2027 at 10:00am"),
        ("No subject", "jo@larch.example, 9 March 2027 at 10:00am, waits"),
    ]
    assert len(inbox_words.also_came_in(mails * 6)) == 20


def about(of: Card) -> tuple[str, list[str]]:
    said = inbox_words.about(of)
    return said.title, [plain(line.words) for line in said.lines]


def test_what_is_about_no_visit_says_what_it_is_about() -> None:
    assert about(card(proposal=PROPOSAL, letter=LETTER)) == (
        "The proposal",
        ["Larch, Tuesday 9 March at 10:00am", "Kept until the end of Monday 1 February"],
    )
    ended = SimpleNamespace(**vars(PROPOSAL) | {"ended_at": AT, "ended_as": "let go"})
    assert about(card(proposal=ended))[1][1] == "Ended: let go"
    nothing = "We could not tell which visit this is about."
    assert about(card()) == ("No visit", [nothing, "Look through the bookings"])
    nobodys = "Nor whose it is: every partnership of this service sees it until one deals with it."
    assert about(card(partnership_id=None))[1][0] == f"{nothing} {nobodys}"


@pytest.mark.parametrize(("organisation_id", "school"), [(5, ["The school’s page"]), (None, [])])
def test_a_letter_leads_to_its_school_where_that_is_known(
    monkeypatch: pytest.MonkeyPatch, organisation_id: int | None, school: list[str]
) -> None:
    monkeypatch.setattr(inbox_cards.letters, "school_of", lambda stream: organisation_id)
    assert about(card(letter=LETTER)) == (
        "The letter it is about",
        ["Your visit", "Invite, to jo@larch.example, 9 March 2027 at 10:00am", *school],
    )


# the list


def deeds(of: Card) -> list[tuple[str, str, bool]]:
    """(words, where it leads, whether it changes something) of what can be done in the list."""
    return [(deed.words, deed.href, deed.changes) for deed in inbox_words.on_the_list(of)]


ASIDE = ("Done", "inbox_done 3", True)
NOT_IN = ("Leave out", "inbox_done 3", True)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (card(WISH, about=matter()), [("Answer the wish…", "inbox_mail 3", False)]),
        (card(WISH, proposal=PROPOSAL), [("See the proposal", "school 5", False), ASIDE]),
        (card(DECLINE, proposal=PROPOSAL), [("See the proposal", "school 5", False), ASIDE]),
        (card(DECLINE, about=matter()), [("Ask: move or cancel?", "inbox_ask 3", True), ASIDE]),
        (
            card(DECLINE, about=matter(of_troupe=True)),
            [("Open the booking", "booking MRL-1", False), ASIDE],
        ),
        (card(DECLINE), [ASIDE]),
        (card(NEWCOMER, about=matter()), [("Add to the booking", "inbox_take 3", True), NOT_IN]),
        (card(NEWCOMER), [("Add to the booking", "inbox_take 3", True), NOT_IN]),
        (
            card(NEWCOMER, about=matter(of_troupe=True)),
            [("See its calendar address", "troupe 4", False), NOT_IN],
        ),
        (card(DOUBT), [("Look…", "inbox_mail 3", False), NOT_IN]),
        (card(ADDRESS), [("Read", "inbox_mail 3", False), ASIDE]),
        (card(ADDRESS, letter=LETTER), [("Read", "inbox_mail 3", False), ASIDE]),
        (card(RAW), [("Download it", "inbox_file 3", False), ASIDE]),
        (card(MAIL), [("Read", "inbox_mail 3", False), ASIDE]),
        (card("another"), [ASIDE]),
        (card(WISH, about=matter(), stale="It is over."), [ASIDE]),
    ],
)
def test_a_card_in_the_list_offers_its_one_deed_first(of: Card, said: list[tuple[str, str, bool]]) -> None:
    assert deeds(of) == said
    looks = [deed.looks for deed in inbox_words.on_the_list(of)]
    assert looks == ["btn q s", "lk"][: len(looks)]


@pytest.mark.parametrize(
    ("corrected_at", "said"),
    [
        ("/desk/contact", ("Correct the address", "/desk/contact", False)),
        ("", ("See the letter", "letter 8", False)),
    ],
)
def test_a_dead_address_is_corrected_where_it_is_kept_else_the_letter_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, corrected_at: str, said: tuple[str, str, bool]
) -> None:
    monkeypatch.setattr(Card, "corrected_at", corrected_at)
    assert deeds(card(ADDRESS, letter=LETTER, dead=True)) == [said, ASIDE]


def test_the_list_says_how_much_waits_and_when_the_mailbox_was_read() -> None:
    assert inbox_words.waiting({}).startswith("Answers from people we know count by themselves")
    assert inbox_words.waiting({WISH: 1}).startswith("1 message waits for you. Answers")
    assert inbox_words.waiting({WISH: 1, MAIL: 2}).startswith("3 messages wait for you. Answers")
    never: Any = SimpleNamespace(succeeded_at=None)
    read_at: Any = SimpleNamespace(succeeded_at=AT)
    assert inbox_words.last_read(never, waits=True) == "The mailbox was never read."
    assert inbox_words.last_read(read_at, waits=False) == (
        "The mailbox was last read 9 March 2027 at 10:00am."
    )
    assert inbox_words.last_read(None, waits=True) == ""
    assert "whoever runs the service" in inbox_words.last_read(None, waits=False)
