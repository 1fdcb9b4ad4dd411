"""Cards of the inbox, one for each message: what it is about, what is in it, and whether anything is left to
do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import url_for

from outreach.booking import invite_answers
from outreach.booking.desk import replies
from outreach.booking.desk.replies import Matter
from outreach.booking.proposals import Proposal
from outreach.ground import clock
from outreach.ground.wording import clock as at
from outreach.ground.wording import day
from outreach.post import letters
from outreach.post.incoming import contents, inbox
from outreach.post.incoming.contents import Contents
from outreach.post.incoming.inbox import (
    ADDRESS,
    DECLINE,
    DOUBT,
    NEWCOMER,
    RAW,
    WISH,
    CalendarAnswer,
    Incoming,
)

Newest = Mapping[str, Mapping[str, CalendarAnswer]]


@dataclass(frozen=True, kw_only=True)
class Card:
    """One mail with all that the list says of it. `stale`: what it was about is no more, so nothing is left
    to do.

    It is about a visit (`matter`), a time kept for a school (`proposal`), another letter, or nothing we know;
    `organisation_id` is the school's where that can be told.
    """

    mail: Incoming
    inside: Contents
    matter: Matter | None
    proposal: Proposal | None
    stale: str = ""

    @property
    def organisation_id(self) -> int | None:
        if self.matter is not None:
            return self.matter.booking.organisation_id
        if self.proposal is not None:
            return self.proposal.organisation_id
        return letters.school_of(self.inside.letter.stream) if self.inside.letter is not None else None

    @property
    def about(self) -> str:
        """What the mail says, in one line."""
        mail, counter, letter = self.mail, self.inside.counter, self.inside.letter
        person = mail.sender_name or mail.sender or "Somebody"
        if mail.task == WISH and counter is not None:
            return f"{person} asks for {day(counter.starts_at)}, {at(counter.starts_at)}"
        return {
            DECLINE: f"{person} declined",
            NEWCOMER: f"{person} answered, and is not on the booking",
            DOUBT: f"An answer in the name of {person}",
            ADDRESS: f"Mail to {letter.recipient if letter else 'an address'} comes back",
            RAW: f"Mail from {person} cannot be read",
        }.get(mail.task, mail.subject or "No subject")

    @property
    def headline(self) -> str:
        """What the list calls it: by its visit where it asks for something about one."""
        if self.mail.task in (WISH, DECLINE, NEWCOMER, DOUBT):
            if self.proposal is not None:
                starts_at = self.proposal.starts_at
                return f"{self.proposal.organisation.name}, kept: {day(starts_at)} at {at(starts_at)}"
            if self.matter is not None:
                booking, starts_at = self.matter.booking, self.matter.booking.performance.starts_at
                whose = ", the company’s entry" if self.matter.of_troupe else ""
                return f"{booking.organisation.name}{whose}, {day(starts_at)} at {at(starts_at)}"
        return self.about

    @property
    def corrected_at(self) -> str:
        """The page on which the address is corrected from which mail came back; '' when nobody can tell."""
        if self.matter is not None and self.matter.of_troupe:
            return url_for("coordinator.troupe", troupe_id=self.matter.booking.performance.troupe_id)
        letter = self.inside.letter
        known = letter is not None and self.organisation_id is not None
        return url_for("coordinator.letter_address", letter_id=letter.id) if known and letter else ""


def cards_of(mails: Sequence[Incoming], partnership_id: int) -> list[Card]:
    """The messages with what they are about; a constant number of queries."""
    inside = contents.contents_of_mails(mails)
    streams = {mail.stream for mail in mails}
    about = replies.matters(streams, partnership_id)
    kept = replies.proposed(streams - about.keys(), partnership_id)
    newest = inbox.answers_of(about)
    cards = [
        Card(mail=m, inside=inside[m.id], matter=about.get(m.stream), proposal=kept.get(m.stream))
        for m in mails
    ]
    return [replace(card, stale=_stale(card, newest)) for card in cards]


def _stale(card: Card, newest: Newest) -> str:
    """Why nothing is left to do about an answer or a wish; '' while there is."""
    mail, inside, matter = card.mail, card.inside, card.matter
    if mail.task not in (DECLINE, WISH, NEWCOMER, DOUBT):
        return ""
    if card.proposal is not None and card.proposal.ended_at is not None:
        return "The time is not kept any more."
    if matter is None:
        return ""
    if matter.booking.ended_at is not None:
        return "The visit was cancelled since."
    if matter.booking.performance.ends_at <= clock.now():
        return "The show is over."
    if mail.task == WISH:
        old = inside.counter is not None and replies.is_overtaken(matter, inside.counter.sequence)
        return "The visit has moved since; this was about the time before." if old else ""
    own = [a for a in inside.answers if a.uid == mail.stream]
    if mail.task != DECLINE or not own:
        return ""
    if all(replies.is_overtaken(matter, a.sequence) for a in own):
        return "The visit has moved since; they have been asked anew."
    last = [newest.get(mail.stream, {}).get(a.address) for a in own]
    if all(a is not None and a.partstat != invite_answers.DECLINED for a in last):
        return "They have answered again since, and did not decline."
    return ""
