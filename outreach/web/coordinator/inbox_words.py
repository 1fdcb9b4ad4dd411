"""Words of one mail's page: what is to do about it or what came of it, what it holds, and what it is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import url_for

from outreach.booking.desk.replies import Matter, OtherTimeWish
from outreach.booking.invite_answers import ACCEPTED, DECLINED, TENTATIVE, NewestAnswer
from outreach.booking.promises import VisitContact
from outreach.booking.proposals import Proposal
from outreach.ground.wording import and_list, capfirst, clock, clock_span, count, date_and_time, day
from outreach.post.incoming.calendar_parts import CalendarEvent
from outreach.post.incoming.inbox import (
    ADDRESS,
    ANSWER,
    COUNTER,
    DECLINE,
    DOUBT,
    INVITE,
    MAIL,
    NEWCOMER,
    RAW,
    REFRESH,
    WISH,
    CounterProposal,
    Incoming,
    MailboxLook,
)
from outreach.post.incoming.showing import Attached, MailAsShown
from outreach.post.outbox import Letter
from outreach.tour.performances import Slot
from outreach.web import reply_words
from outreach.web.coordinator.inbox_cards import Card
from outreach.web.reply_words import Mark
from outreach.web.sentences import Sentence, link, sentence, strong

DONE, LEFT_OUT = "done", "left out"
BY_HAND = (DONE, LEFT_OUT)
"""How a person puts mail aside without anything coming of it; only this can be undone."""

YES = {ACCEPTED: "yes", TENTATIVE: "maybe", DECLINED: "no"}
KINDS_OF_PART = {
    "text/calendar": "Calendar entry",
    "application/ics": "Calendar entry",
    "message/rfc822": "Another mail",
    "text/rfc822-headers": "The head of our letter",
    "message/delivery-status": "Report of the mail server",
}
"""What a part is called that has no name of its own."""

OTHERS_AT_MOST = 20


@dataclass(frozen=True, kw_only=True)
class Deed:
    """A button: of a form where it changes something (`changes`), else a link. `slot`: the time of a move."""

    words: str
    href: str
    looks: str = "btn"
    changes: bool = True
    slot: str = ""
    download: bool = False


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of what was asked or answered; `beneath` stands under it in small, `looks` are classes."""

    term: str
    words: Sentence
    beneath: str = ""
    looks: str = ""


@dataclass(frozen=True, kw_only=True)
class WhatToDo:
    """The first panel, in the order in which it is read. `near`: deeds that are offered behind a click;
    `refusal`: what a refusal would do, '' where nothing can be refused."""

    title: str = "What to do"
    why: str = ""
    facts: list[Fact] = field(default_factory=list)
    said: list[Sentence] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    near: list[Deed] = field(default_factory=list)
    after: list[Sentence] = field(default_factory=list)
    hint: str = ""
    refusal: str = ""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who has the visit in the calendar; `before`: an answer to a time that is no more."""

    name: str
    role: str
    address: str
    mark: Mark
    before: str


@dataclass(frozen=True, kw_only=True)
class OtherMail:
    """Another mail about the same visit; `note`: who wrote it, when, and whether it waits."""

    subject: str
    href: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the panel about what the mail is about; `looks` are classes."""

    words: Sentence
    looks: str = ""


@dataclass(frozen=True, kw_only=True)
class About:
    """What a mail is about that is about no visit: a time kept for a school, another letter, nothing we know."""

    title: str
    lines: list[Line]


def sender(mail: Incoming) -> str:
    """Who wrote it: name and address, once where they are the same."""
    name, address = mail.sender_name, mail.sender
    same = name.lower() == address.lower()
    return ", ".join(said for said in (name, "" if name and same else address) if said) or "sender not said"


def waiting(counts: Mapping[str, int]) -> str:
    """How much waits, at the head of the list."""
    said = "Answers from people we know count by themselves, and stand on the booking’s page."
    waits = sum(counts.values())
    return f"{count(waits, 'message waits', 'messages wait')} for you. {said}" if waits else said


def last_read(look: MailboxLook | None, *, waits: bool) -> str:
    """When the mailbox was read, below the list; '' where that says nothing new."""
    if look is not None and look.succeeded_at is None:
        return "The mailbox was never read."
    if look is not None:
        return f"The mailbox was last read {date_and_time(look.succeeded_at)}."
    return "" if waits else "No mailbox has been read yet: whoever runs the service sets that up."


def on_the_list(card: Card) -> list[Deed]:
    """What can be done with a card where it stands in the list, the first thing first."""
    if card.stale:
        return [_done(card, looks=SMALL)]
    first, aside = _first(card), "Leave out" if card.mail.task in (NEWCOMER, DOUBT) else "Done"
    if first is None:
        return [_done(card, looks=SMALL)]
    if card.mail.task == WISH and card.proposal is None:
        return [first]
    return [first, _done(card, aside, looks="lk")]


SMALL = "btn q s"


def _first(card: Card) -> Deed | None:
    """The deed that a card is there for; None where nothing but putting it aside is left."""
    mail, matter, task = card.mail, card.matter, card.mail.task

    def to(words: str, endpoint: str, **what: Any) -> Deed:
        return Deed(words=words, href=url_for(f"coordinator.{endpoint}", **what), looks=SMALL, changes=False)

    if card.proposal is not None and task in (WISH, DECLINE):
        return to("See the proposal", "school", organisation_id=card.organisation_id)
    if task == WISH:
        return to("Answer the wish…", "inbox_mail", mail_id=mail.id)
    if task == DECLINE and matter is not None:
        if matter.of_troupe:
            return to("Open the booking", "booking", reference=matter.booking.reference)
        return Deed(words="Ask: move or cancel?", href=_of("inbox_ask", card), looks=SMALL)
    if task == NEWCOMER:
        if matter is not None and matter.of_troupe:
            return to("See its calendar address", "troupe", troupe_id=matter.booking.performance.troupe_id)
        return Deed(words="Add to the booking", href=_of("inbox_take", card), looks=SMALL)
    if task == DOUBT:
        return to("Look…", "inbox_mail", mail_id=mail.id)
    if task == ADDRESS and card.inside.letter is not None and card.inside.dead:
        if card.corrected_at:
            return Deed(words="Correct the address", href=card.corrected_at, looks=SMALL, changes=False)
        return to("See the letter", "letter", letter_id=card.inside.letter.id)
    if task == RAW:
        return Deed(
            words="Download it", href=_of("inbox_file", card), looks=SMALL, changes=False, download=True
        )
    if task in (MAIL, ADDRESS):
        return to("Read", "inbox_mail", mail_id=mail.id)
    return None


def what_to_do(
    card: Card,
    wish: OtherTimeWish | None,
    *,
    people: Sequence[VisitContact],
    schools: int,
    events: Sequence[CalendarEvent],
    reply: str,
) -> WhatToDo:
    """What is to do about a mail, or what came of it. `wish`: what can be done about another time; `schools`: how
    many are promised the show; `events`: what its calendar parts answer; `reply`: where it is answered, '' where
    it cannot be."""
    mail, matter = card.mail, card.matter
    if not mail.task or mail.settled_at is not None:
        return _what_came_of_it(card)
    if card.stale:
        return WhatToDo(why=card.stale, deeds=[_done(card, looks="btn")])
    if card.proposal is not None and mail.task in (WISH, DECLINE):
        return _about_a_proposal(card, card.proposal)
    counter = card.inside.counter
    if mail.task == WISH and wish is not None and matter is not None and counter is not None:
        return _wish(card, matter, counter, wish, people=people, schools=schools)
    if mail.task == DECLINE:
        return _declined(card)
    if mail.task in (NEWCOMER, DOUBT):
        return _somebody_answered(card, events)
    if mail.task == ADDRESS:
        return _came_back(card)
    if mail.task == RAW:
        download = Deed(words="Download it", href=_of("inbox_file", card), changes=False, download=True)
        why = f"{mail.why} It is kept as it came; a mail program may make more of it."
        return WhatToDo(why=why, deeds=[download, _done(card)])
    if reply:
        return WhatToDo(
            why=mail.why,
            deeds=[Deed(words="Reply by mail", href=reply, changes=False), _done(card)],
            hint="It opens your own mail program. Answer from there, then mark it done.",
        )
    return WhatToDo(why=mail.why, deeds=[_done(card, looks="btn")])


def _what_came_of_it(card: Card) -> WhatToDo:
    mail, answers = card.mail, card.inside.answers
    if mail.settled_at is not None:
        why = f"{capfirst(mail.settled_as)}: {mail.settled_by}, {date_and_time(mail.settled_at)}."
    elif answers:
        said = "; ".join(f"{answer.address} said {YES[answer.partstat]}" for answer in answers)
        why = f"It counted by itself: {said}."
    else:
        why = "Nothing was to be done; it is kept."
    back = Deed(words="Put it back under To read", href=_of("inbox_again", card), looks="btn q")
    return WhatToDo(title="What came of it", why=why, deeds=[back] if mail.settled_as in BY_HAND else [])


def _about_a_proposal(card: Card, proposal: Proposal) -> WhatToDo:
    kept = (
        f"The time is kept for the school until the end of {day(proposal.reply_by)}; nothing is booked. On the "
        "school’s page you can take it back, and keep another for it."
    )
    page = url_for("coordinator.school", organisation_id=card.organisation_id)
    return WhatToDo(
        why=card.mail.why,
        said=[sentence(kept)],
        deeds=[Deed(words="See the proposal", href=page, changes=False), _done(card)],
    )


def _wish(
    card: Card,
    matter: Matter,
    counter: CounterProposal,
    wish: OtherTimeWish,
    *,
    people: Sequence[VisitContact],
    schools: int,
) -> WhatToDo:
    show = matter.booking.performance
    asked = f"{day(wish.starts_at)}, {clock(wish.starts_at)}"
    begins = f"The company asks; its own entry would begin at {clock(counter.starts_at)}, with the set-up."
    stands = f"{day(show.starts_at)}, {clock_span(show.starts_at, show.ends_at)}"
    facts = [
        Fact(term="Stands now", words=sentence(stands)),
        Fact(term="Asked for", words=sentence(strong(asked)), beneath=begins if matter.of_troupe else ""),
    ]
    if counter.comment:
        facts.append(Fact(term="Their words", words=sentence(counter.comment), looks="lines"))
    said = [sentence(_told_of_a_move(people, schools))]
    deeds: list[Deed] = []
    near: list[Deed] = []
    if wish.slot is not None:
        deeds = [_move(card, wish.slot, looks="btn")]
        near = [_move(card, slot, looks="btn q s") for slot in wish.nearest]
    else:
        said += _why_it_cannot_be_had(wish)
        deeds = [_move(card, slot, looks="btn q") for slot in wish.nearest]
    all_times = url_for("coordinator.booking_move", reference=matter.booking.reference)
    return WhatToDo(
        facts=facts,
        said=said,
        deeds=deeds,
        near=near,
        after=[sentence(link("See all times", all_times))],
        refusal=_refusal(card.mail, matter, counter),
    )


def _told_of_a_move(people: Iterable[VisitContact], schools: int) -> str:
    names = and_list(person.name for person in people) or "nobody at the school"
    told = (
        "Whoever has the visit in the calendar is told of a move, and the same entry moves: "
        f"{names}, and the company."
    )
    if schools > 1:
        promised = count(schools, "school is", "schools are")
        told += f" {promised} promised this show; it moves for all of them."
    return told


def _why_it_cannot_be_had(wish: OtherTimeWish) -> list[Sentence]:
    cannot = sentence(strong("It cannot be had."), f" {wish.why_not}")
    if wish.nearest:
        return [cannot, sentence(f"The nearest that {'is' if len(wish.nearest) == 1 else 'are'} free:")]
    add = link("Add tour days", url_for("coordinator.tour"))
    return [cannot, sentence("No other time is free. ", add, ", or refuse.")]


def _refusal(mail: Incoming, matter: Matter, counter: CounterProposal) -> str:
    if matter.of_troupe:
        return "The visit stays where it is. The company gets no letter of ours about this: ring them."
    whom = mail.sender_name or counter.address
    return f"The visit stays where it is. A letter says so to {whom}, with the way to the other times."


def _declined(card: Card) -> WhatToDo:
    why = f"{card.mail.why} The visit stands: a declined entry cancels nothing."
    matter = card.matter
    if matter is None:
        return WhatToDo(why=why, deeds=[_done(card, looks="btn")])
    if matter.of_troupe:
        phone = matter.booking.performance.tour_day.troupe.company.contact_phone
        ring = f"It is the company that declined. Ring them: {phone or 'no phone is on file'}."
        return WhatToDo(why=why, said=[sentence(ring)], deeds=[_done(card, looks="btn")])
    asked = "They can be asked to move it or to cancel it, by a letter with their own link. Nobody else is written to."
    ask = Deed(words="Ask: move or cancel?", href=_of("inbox_ask", card))
    return WhatToDo(why=why, said=[sentence(asked)], deeds=[ask, _done(card)])


def _somebody_answered(card: Card, events: Iterable[CalendarEvent]) -> WhatToDo:
    mail, matter = card.mail, card.matter
    facts = [_answered(event, mail) for event in events]
    leave_out = _done(card, "Leave out")
    if mail.task == NEWCOMER and matter is not None and matter.of_troupe:
        said = "The company’s entry goes to its own calendar address alone."
        troupe = url_for("coordinator.troupe", troupe_id=matter.booking.performance.troupe_id)
        first = Deed(words="See its calendar address", href=troupe, changes=False)
    elif mail.task == NEWCOMER:
        said = (
            "Added, they get the invite and a link of their own, with which they can change the booking. Add them "
            "only if they work at the school; ring it if you are not sure."
        )
        first = Deed(words="Add to the booking", href=_of("inbox_take", card))
    else:
        said = "Take it only if you are sure that it is theirs: ring them."
        first = Deed(words="Take the answer", href=_of("inbox_take", card))
    return WhatToDo(why=mail.why, facts=facts, said=[sentence(said)], deeds=[first, leave_out])


def _answered(event: CalendarEvent, mail: Incoming) -> Fact:
    says = f"says {YES[event.partstat]}" if event.partstat in YES else "gives no answer we know"
    if event.comment:
        says += f": ‘{event.comment}’"
    address = event.address or mail.sender
    return Fact(term=event.name or address, words=sentence(says), beneath=address)


def _came_back(card: Card) -> WhatToDo:
    letter, corrected_at, dead = card.inside.letter, card.corrected_at, card.inside.dead
    said = []
    if letter is not None and dead:
        said.append(f"Nothing more is sent to {letter.recipient} until it is corrected.")
    if card.matter is not None and card.matter.of_troupe:
        said.append("On the troupe’s page, enter the calendar address that is right.")
    elif corrected_at:
        said.append(
            "Corrected once, it is changed wherever the school has it, and what did not arrive is written anew."
        )
    deeds = []
    if corrected_at:
        looks = "btn" if dead else "btn q"
        deeds.append(Deed(words="Correct the address", href=corrected_at, looks=looks, changes=False))
    if letter is not None:
        page = url_for("coordinator.letter", letter_id=letter.id)
        deeds.append(Deed(words="The letter", href=page, looks="btn q", changes=False))
    return WhatToDo(
        why=card.mail.why,
        said=[sentence(" ".join(said))] if said else [],
        deeds=[*deeds, _done(card)],
    )


def _of(endpoint: str, card: Card) -> str:
    return url_for(f"coordinator.{endpoint}", mail_id=card.mail.id)


def _done(card: Card, words: str = "Done", *, looks: str = "btn q") -> Deed:
    return Deed(words=words, href=_of("inbox_done", card), looks=looks)


def _move(card: Card, slot: Slot, *, looks: str) -> Deed:
    words = f"Move to {day(slot.day)}, {clock(slot.starts)}"
    return Deed(words=words, href=_of("inbox_grant", card), looks=looks, slot=slot.key)


# what it holds


def no_words(mail: Incoming, shown: MailAsShown) -> str:
    """What stands where a mail has no words; '' where it has."""
    if shown.words:
        return ""
    if not shown.headers:
        return "It cannot be shown."
    only = ", only a calendar entry" if mail.kind in (ANSWER, COUNTER, REFRESH, INVITE) else ""
    return f"It holds no words{only}."


def part_name(part: Attached) -> str:
    return part.name or KINDS_OF_PART.get(part.kind, part.kind)


# what it is about


def people_named(
    people: Iterable[VisitContact], said: Mapping[int, NewestAnswer], starts_at: datetime
) -> list[Person]:
    """Who has the visit in the calendar, and what each answered to it."""
    return [
        Person(
            name=person.name,
            role=capfirst(person.role or person.duty),
            address=person.address,
            mark=reply_words.answer(said.get(person.id), "sent"),
            before=reply_words.before(said.get(person.id), starts_at),
        )
        for person in people
    ]


def also_came_in(mails: Sequence[Incoming]) -> list[OtherMail]:
    """The other mails about the same visit."""
    return [
        OtherMail(
            subject=mail.subject or "No subject",
            href=url_for("coordinator.inbox_mail", mail_id=mail.id),
            note=f"{mail.sender_name or mail.sender}, {date_and_time(mail.received_at)}"
            f"{', waits' if mail.task and mail.settled_at is None else ''}",
        )
        for mail in mails[:OTHERS_AT_MOST]
    ]


def about(card: Card) -> About:
    """What a mail is about, where that is no visit."""
    if card.proposal is not None:
        return _proposal(card, card.proposal)
    if card.inside.letter is not None:
        return _letter(card, card.inside.letter)
    nothing = "We could not tell which visit this is about."
    if card.mail.partnership_id is None:
        nothing += " Nor whose it is: every partnership of this service sees it until one deals with it."
    bookings = link("Look through the bookings", url_for("coordinator.bookings"))
    return About(
        title="No visit", lines=[Line(words=sentence(nothing)), Line(words=sentence(bookings), looks="sp")]
    )


def _proposal(card: Card, proposal: Proposal) -> About:
    school = link(
        proposal.organisation.name, url_for("coordinator.school", organisation_id=card.organisation_id)
    )
    time = f", {day(proposal.starts_at)} at {clock(proposal.starts_at)}"
    stands = (
        f"Kept until the end of {day(proposal.reply_by)}"
        if proposal.ended_at is None
        else f"Ended: {proposal.ended_as}"
    )
    return About(
        title="The proposal",
        lines=[Line(words=sentence(school, time)), Line(words=sentence(stands), looks="s2")],
    )


def _letter(card: Card, letter: Letter) -> About:
    page = url_for("coordinator.letter", letter_id=letter.id)
    sent = f"{letter.kind.capitalize()}, to {letter.recipient}, {date_and_time(letter.created_at)}"
    lines = [
        Line(words=sentence(link(letter.subject, page))),
        Line(words=sentence(sent), looks="s2 wraps"),
    ]
    if card.organisation_id:
        school = link(
            "The school’s page", url_for("coordinator.school", organisation_id=card.organisation_id)
        )
        lines.append(Line(words=sentence(school), looks="sp"))
    return About(title="The letter it is about", lines=lines)
