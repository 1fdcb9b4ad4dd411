"""Calendar replies of attendees about a visit (RFC 5546 3.2): an answer is written down, a wish kept; doubts
go to a person.

An answer changes what we know of the person, never the visit. Nobody unknown is ever added by it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from outreach.ground import history, wording
from outreach.ground.db import db
from outreach.post import again
from outreach.post.incoming import calendar_answers, headers, matching
from outreach.post.incoming.calendar_parts import CalendarEvent
from outreach.post.incoming.inbox import DECLINE, DOUBT, MAIL, NEWCOMER, WISH, CounterProposal, Incoming
from outreach.post.incoming.matching import SentToPerson, SentVisit
from outreach.post.incoming.parsed_mail import Read
from outreach.post.letterbook import AddressBounced
from outreach.post.outbox import Letter

AGAIN_AFTER = timedelta(hours=1)
"""A calendar that asks again and again for its entry gets it once in this time."""


@dataclass(frozen=True, kw_only=True)
class AttendeeNote:
    """What a person has to do, and why; both '' when nobody must."""

    task: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Which visit a mail is about ('' and None: none of ours), and what is to be done."""

    stream: str
    partnership_id: int | None
    note: AttendeeNote


_FIRST = ("", MAIL, DECLINE, WISH, DOUBT, NEWCOMER)
"""Of several things to do about one mail the weightiest comes last here."""


def of_mail(
    incoming: Incoming,
    mail: Read,
    by_address: SentVisit | None,
    *,
    reached: set[str],
    tokens: set[str],
    now: datetime,
) -> Found:
    """Take all that the calendar parts of one mail say.

    `by_address` is the visit whose own address it came to; `reached` all addresses that it may have been sent
    to, `tokens` those of them that are ours and bear a token.
    """
    visits = matching.visits(event.uid for event in mail.events)
    about: SentVisit | None = None
    notes = []
    for event in calendar_answers.whole(mail):
        visit = visits.get(event.uid) or by_address
        about = about or visit
        notes.append(_Answer(incoming, mail, event, visit, reached=reached, tokens=tokens, now=now).note())
    notes.sort(key=lambda note: _FIRST.index(note.task))
    return Found(
        stream=about.uid if about else "",
        partnership_id=about.partnership_id if about else None,
        note=AttendeeNote(task=notes[-1].task, why=" ".join(n.why for n in reversed(notes) if n.why))
        if notes
        else AttendeeNote(),
    )


def named(name: str, address: str) -> str:
    """'Joanna Fell (j.fell@redmere.example)'."""
    if not address:
        return name or "Somebody"
    return f"{name} ({address})" if name and name.lower() != address else address


class _Answer:
    """One event of one mail, and what becomes of it."""

    def __init__(
        self,
        incoming: Incoming,
        mail: Read,
        event: CalendarEvent,
        visit: SentVisit | None,
        *,
        reached: set[str],
        tokens: set[str],
        now: datetime,
    ) -> None:
        self.incoming, self.mail, self.event, self.now = incoming, mail, event, now
        self.reached, self.tokens = reached, tokens
        name = event.name or (mail.sender_name if event.address == mail.sender else "")
        self.who = named(name, event.address)
        self.visit = visit
        self.held = visit.person(event.address) if visit else None

    def note(self) -> AttendeeNote:
        event = self.event
        if event.method in ("REQUEST", "CANCEL", "ADD", "DECLINECOUNTER"):
            return self._invite()
        if self.visit is None:
            return AttendeeNote(task=MAIL, why=f"{self.who} {self._said()}, but not to anything of ours.")
        if event.method == "REFRESH":
            return self._refresh(self.visit)
        if not event.address:
            return AttendeeNote(
                task=MAIL, why="An answer names several people, and nobody can tell whose it is."
            )
        if event.method == "COUNTER":
            return self._wish(self.visit)
        if event.partstat == "NEEDS-ACTION":
            return AttendeeNote()
        if event.partstat not in calendar_answers.WORDS:
            what = (
                "sends somebody else"
                if event.partstat == "DELEGATED"
                else "answered, but it does not say what"
            )
            return AttendeeNote(task=MAIL, why=f"{self.who} {what}.")
        return self._answer(self.visit)

    def _answer(self, visit: SentVisit) -> AttendeeNote:
        said, doubts = f"{self.who} {self._said()}", self._doubts(visit)
        if self.held is None or not self.held.has_it:
            if self.held is not None and self.event.partstat == "DECLINED":
                return AttendeeNote()  # somebody who was taken out again says so too
            was = "was taken out of" if self.held is not None else "does not have"
            return AttendeeNote(
                task=NEWCOMER, why=" ".join([f"{said}, but {was} this visit in the calendar.", *doubts])
            )
        sequence = calendar_answers.sequence_of(self.event, visit, self.held)
        if sequence is None:
            doubts = [*doubts, "It answers an invite that we never sent."]
        if doubts or sequence is None:
            return AttendeeNote(task=DOUBT, why=" ".join([f"{said}.", *doubts]))
        newest = calendar_answers.is_newest(self.event, visit, sequence=sequence, now=self.now)
        calendar_answers.take(
            self.incoming, self.event, visit, sequence=sequence, who=self.event.address, now=self.now
        )
        if not newest:
            return AttendeeNote()
        calendar_answers.overtake(self.incoming, self.event, visit, sequence=sequence, now=self.now)
        comment = f" They wrote: “{self.event.comment}”" if self.event.comment else ""
        if (
            self.event.partstat == "DECLINED"
            and not self.held.ended
            and not self._of_an_old_time(self.held, sequence)
        ):
            return AttendeeNote(task=DECLINE, why=f"{said}.{self._sent_by()}{comment}")
        more = f"{self._sent_by()}{comment}"
        return AttendeeNote(task=MAIL, why=f"{said}.{more}") if more else AttendeeNote()

    def _wish(self, visit: SentVisit) -> AttendeeNote:
        """(RFC 5546 3.2.7) The wish is kept; the answer that comes with it counts like any other."""
        event, doubts = self.event, self._doubts(visit)
        if event.starts_at is None or event.ends_at is None:
            return AttendeeNote(
                task=MAIL, why=f"{self.who} asks for another time, but it cannot be read which."
            )
        has_it = self.held is not None and self.held.has_it
        # The start is the wish, so it does not tell which revision is answered; without one that we sent,
        # none is.
        answered = calendar_answers.sequence_of(replace(event, starts_at=None), visit, self.held)
        sequence = visit.sequence if answered is None else answered
        counter = CounterProposal(
            incoming_id=self.incoming.id,
            uid=visit.uid,
            address=event.address,
            sequence=sequence,
            dtstamp=calendar_answers.stamp(event, self.now),
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            comment=event.comment,
            recorded_at=self.now,
        )
        db.session.add(counter)
        db.session.flush()
        believed = has_it and not doubts and answered is not None and event.partstat in calendar_answers.WORDS
        if believed and calendar_answers.is_newest(event, visit, sequence=sequence, now=self.now):
            calendar_answers.take(
                self.incoming, event, visit, sequence=sequence, who=event.address, now=self.now
            )
            calendar_answers.overtake(self.incoming, event, visit, sequence=sequence, now=self.now)
        if not calendar_answers.newest_wish(counter, now=self.now):
            return AttendeeNote()
        when = f"{wording.day(event.starts_at)}, {wording.clock_span(event.starts_at, event.ends_at)}"
        why = [f"{self.who} asks for another time: {when}.{'' if doubts else self._sent_by()}"]
        if not has_it:
            why.append("They do not have this visit in the calendar.")
        if event.comment:
            why.append(f"They wrote: “{event.comment}”")
        return AttendeeNote(task=WISH, why=" ".join([*why, *doubts]))

    def _refresh(self, visit: SentVisit) -> AttendeeNote:
        """(RFC 5546 3.2.6) Asked for by somebody who has the entry or had it, it goes again, or its end does, and
        only to the address on file."""
        doubts = self._doubts(visit)
        if self.held is None or doubts or self.mail.sender != self.event.address:
            said = f"{self.who} asks to be sent the calendar entry again.{'' if doubts else self._sent_by()}"
            return AttendeeNote(task=MAIL, why=" ".join([said, *doubts]))
        newest = db.session.get_one(Letter, self.held.letter_id)
        if self.now - newest.created_at < AGAIN_AFTER:
            return AttendeeNote()
        try:
            if again.resend(visit.uid, newest.recipient, now=self.now) is None:
                return AttendeeNote(
                    task=MAIL, why=f"{self.who} asks for a calendar entry that they never got."
                )
        except AddressBounced:
            return AttendeeNote(
                task=MAIL, why=f"{self.who} asks for the calendar entry, but mail to them came back."
            )
        history.record("sent again, as their calendar asked", visit, who=self.event.address, now=self.now)
        return AttendeeNote()

    def _invite(self) -> AttendeeNote:
        """Others' invitations are never followed: what stands in our own calendar is ours to say."""
        what = {
            "REQUEST": "sent an invitation",
            "CANCEL": "sent a cancellation",
            "ADD": "sent an invitation",
        }.get(self.event.method, "sent a calendar message")
        title = f" (‘{self.event.summary}’)" if self.event.summary else ""
        ours = (
            " It is our own, come back to us."
            if self.visit and self.event.organizer in self.visit.tokens
            else ""
        )
        sender = named(self.mail.sender_name, self.mail.sender)
        return AttendeeNote(task=MAIL, why=f"{sender} {what}{title}.{ours}")

    def _said(self) -> str:
        if self.event.method == "COUNTER":
            return "asks for another time"
        return calendar_answers.WORDS.get(self.event.partstat, "answered")

    def _doubts(self, visit: SentVisit) -> list[str]:
        """Why it may not be whose it says (RFC 6047 2.2.1), in words; [] when it is to be believed.

        The address with its token is known to the people who were sent it, so who uses it is believed even
        where our mail server could find nothing out.
        """
        authenticated, doubts = self.incoming.authenticated, []
        if authenticated == headers.FAIL:
            doubts.append("Our mail server doubts that it was sent by them.")
        if not self.reached & visit.tokens:
            if self.tokens:
                doubts.append("It came to the address of another visit.")
            elif authenticated != headers.PASS:
                doubts.append("It did not come to the address that stands in our invites.")
        if self.event.uid != visit.uid:
            doubts.append("It speaks of an event that is not ours.")
        if self._sent_by() and not headers.same_house(self.mail.sender, self.event.address):
            doubts.append(self._sent_by().strip())
        return doubts

    def _sent_by(self) -> str:
        """' It was sent by Mallory (mallory@elsewhere.example).', where that is not whose answer it is; else
        ''."""
        if not self.event.address or self.mail.sender == self.event.address:
            return ""
        return f" It was sent by {named(self.mail.sender_name, self.mail.sender)}."

    def _of_an_old_time(self, held: SentToPerson, sequence: int) -> bool:
        """Whether the start that it repeats is no more what they were last sent."""
        if self.event.starts_at is None or sequence >= held.sequence:
            return False
        return matching.start_sent(held) not in (None, self.event.starts_at)
