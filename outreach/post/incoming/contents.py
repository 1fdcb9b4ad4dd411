"""Contents of many mails at once: the answers and wishes in them, and the letters they answer. A few queries
for all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from outreach.ground.db import db
from outreach.post import outbox
from outreach.post.incoming import inbox
from outreach.post.incoming.inbox import ADDRESS, CalendarAnswer, CounterProposal, Incoming
from outreach.post.outbox import Letter


@dataclass(frozen=True, kw_only=True)
class Contents:
    """Of one mail. `letter` is the one that bounced or was answered; `dead`: its address
    still is."""

    answers: tuple[CalendarAnswer, ...]
    counter: CounterProposal | None
    letter: Letter | None
    dead: bool


def address_settled(address: str, partnership_id: int | None, as_: str, *, who: str, now: datetime) -> None:
    """Mail that came back from an address leaves the inbox: the address is put right, or works after all."""
    for mail in db.session.scalars(
        select(Incoming)
        .join(Letter, Letter.id == Incoming.letter_id)
        .where(
            Incoming.partnership_id == partnership_id,
            Incoming.task == ADDRESS,
            Incoming.settled_at.is_(None),
            func.lower(Letter.recipient) == address.lower(),
        )
        .order_by(Incoming.id)
    ).all():
        inbox.settle(mail, as_, who=who, now=now)


def about(
    streams: Collection[str], senders: Collection[str], partnership_id: int, *, most: int
) -> Sequence[Incoming]:
    """What came in about some visits or letters, and from some addresses; newest first. One query."""
    return db.session.scalars(
        select(Incoming)
        .where(
            Incoming.partnership_id == partnership_id,
            or_(
                Incoming.stream.in_(set(streams) - {""}),
                func.lower(Incoming.sender).in_({address.lower() for address in senders}),
            ),
        )
        .order_by(Incoming.received_at.desc(), Incoming.id.desc())
        .limit(most)
    ).all()


def contents_of_mails(mails: Sequence[Incoming]) -> dict[int, Contents]:
    """The contents of each, by the mail's id; at most four queries."""
    ids = [mail.id for mail in mails]
    answers: dict[int, list[CalendarAnswer]] = {}
    for answer in db.session.scalars(
        select(CalendarAnswer).where(CalendarAnswer.incoming_id.in_(ids)).order_by(CalendarAnswer.id)
    ):
        answers.setdefault(answer.incoming_id, []).append(answer)
    counters = {
        counter.incoming_id: counter
        for counter in db.session.scalars(
            select(CounterProposal).where(CounterProposal.incoming_id.in_(ids)).order_by(CounterProposal.id)
        )
    }
    letters = {
        letter.id: letter
        for letter in db.session.scalars(
            select(Letter)
            .where(Letter.id.in_({mail.letter_id for mail in mails if mail.letter_id}))
            .order_by(Letter.id)
        )
    }
    dead = outbox.dead_addresses(letter.recipient for letter in letters.values())
    return {
        mail.id: Contents(
            answers=tuple(answers.get(mail.id, ())),
            counter=counters.get(mail.id),
            letter=(letter := letters.get(mail.letter_id or 0)),
            dead=letter is not None and letter.recipient in dead,
        )
        for mail in mails
    }
