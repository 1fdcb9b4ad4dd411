"""Standing of a school that has promised nothing: declined, unreachable, proposed, asked or not asked, and
since when. What it said comes before whether it can be written to.

The newest event names the cause: silent since it was asked, a form begun, an answer, a cancellation, a show
that did not take place. 'Silent since' is the first invitation, or the newest where the school said something
in between; until the programme's days of waiting have gone by, its silence says nothing yet, and it is
'asked, waiting'.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from outreach.asking import invitations
from outreach.booking import promises
from outreach.coverage import gaps
from outreach.coverage.facts import Answered, AskedAndSaid
from outreach.coverage.gaps import Word
from outreach.coverage.validity import RanOut
from outreach.ground.timespans import day_of, end_of_day
from outreach.ground.wording import day_short
from outreach.visits import verdicts
from outreach.visits.verdicts import Verdict

_ANSWERS = {
    invitations.OTHER_DATE: gaps.OTHER_DATE,
    invitations.WAITING_LIST: gaps.WAITING_LIST,
    invitations.SOMEBODY_ELSE: gaps.SOMEBODY_ELSE,
    invitations.REFUSED_SLOT: gaps.REFUSED_SLOT,
    invitations.DECLINED: gaps.DECLINED,
}
_ENDED_BY = {"host": "host school"}


class Where(NamedTuple):
    """Where a school stands, and why: the cause, what there is to say of it, since which day."""

    standing: str
    kind: str = ""
    detail: str = ""
    since: date | None = None
    is_gap: bool = True


def _unreachable(why: str, answer: Answered | None) -> Where:
    """No letter can go; what the school answered, short of a no, stands beside that, and dates it."""
    if answer is None or answer.kind == invitations.DECLINED:
        return Where(Word.UNREACHABLE, gaps.NO_ADDRESS, why)
    since = day_of(answer.recorded_at)
    said = gaps.words(_ANSWERS[answer.kind], detail=answer.reason, since=since)
    return Where(Word.UNREACHABLE, gaps.NO_ADDRESS, f"{why}; {said}", since)


class AskedByDay:
    """What schools were asked and what they said by a day."""

    def __init__(self, told: AskedAndSaid, day: date) -> None:
        self.contacts, self.invited, self.answers = told.contacts, told.invited, told.answers
        self.proposals, self.offered = told.proposals, told.offered
        self.begun, self.day = told.begun, day
        self.waits = timedelta(days=told.days_of_waiting)

    def standing(self, family: list[int], booked: list[Verdict], ran_out: RanOut | None = None) -> Where:
        """Where a school and its predecessors stand, where no promise counts; `booked` are all there were. Where a
        training `ran_out`, what was asked and said before that day is over."""
        said = [self.answers[u] for u in family if u in self.answers]
        answer = max(said) if said else None
        begins = None if ran_out is None else end_of_day(ran_out.until)
        if answer is not None and begins is not None and answer.recorded_at < begins:
            answer = None
        if answer is not None and answer.kind == invitations.DECLINED:
            later = [*(v.promise.created_at for v in booked), *(self.offered.get(u) for u in family)]
            if not any(at is not None and at > answer.recorded_at for at in later):
                return Where(Word.DECLINED, gaps.DECLINED, answer.reason, day_of(answer.recorded_at))
        contacts = [self.contacts[u] for u in family if u in self.contacts]
        asked = [self.invited[u] for u in family if u in self.invited]
        if not contacts and not any(a.on_paper for a in asked):
            return _unreachable(gaps.NO_CONTACT, answer)
        if not any(contacts) and not any(a.alive for a in asked):
            return _unreachable(gaps.ALL_BOUNCED, answer)
        kept = [self.proposals[u] for u in family if u in self.proposals]
        proposed = [each for each in kept if each[1] >= self.day]
        if proposed:
            recorded_at, reply_by = max(proposed)
            return Where(Word.PROPOSED, gaps.WAITING, f"reply by {day_short(reply_by)}", day_of(recorded_at))
        handed = [(a.first, a.newest) for a in asked if a.first is not None and a.newest is not None]
        if begins is not None:
            since_then = [[t for t in a.times or (a.first, a.newest) if t and t >= begins] for a in asked]
            handed = [(min(times), max(times)) for times in since_then if times]
        newest = max((last for _, last in handed), default=None)
        events: list[tuple[datetime, str, str, datetime]] = []
        if answer is not None and answer.kind != invitations.DECLINED:
            events.append((answer.recorded_at, _ANSWERS[answer.kind], answer.reason, answer.recorded_at))
        for _, reply_by in kept:
            events.append((end_of_day(reply_by), gaps.LAPSED, day_short(reply_by), end_of_day(reply_by)))
        for v in booked:
            if v.promise.ended_at is not None:
                by = _ENDED_BY.get(v.promise.ended_by or "", v.promise.ended_by or "")
                events.append((v.promise.ended_at, gaps.CANCELLED, by, v.promise.ended_at))
            elif v.word == promises.FAILED:
                said_of_it = gaps.NOBODY_CAME if v.stayed_away else ""
                events.append((v.promise.ends_at, gaps.FAILED, said_of_it, v.promise.starts_at))
        begun = max((self.begun[u] for u in family if u in self.begun), default=None)
        if begun is not None and not (
            (newest is not None and newest >= begun)
            or (answer is not None and answer.recorded_at >= begun)
            or any(v.promise.created_at >= begun or v.word in verdicts.PENDING for v in booked)
        ):
            events.append((begun, gaps.STARTED, "", begun))
        if begins is not None:
            events = [event for event in events if event[0] >= begins]
        if newest is not None:
            first = min(first for first, _ in handed)
            since = newest if events or answer is not None else first
            events.append((newest, gaps.SILENT, "", since))
        if not events:
            if ran_out is not None:
                return Where(Word.NOT_ASKED, gaps.DUE_AGAIN, ran_out.said, ran_out.since)
            return Where(Word.NOT_ASKED, gaps.NOT_ASKED, "", None)
        _, kind, detail, since = max(events, key=lambda event: event[0])
        began = day_of(since)
        if kind == gaps.SILENT and self.day < began + self.waits:
            lately = f"asked on {day_short(began)}; reminder due from {day_short(began + self.waits)}"
            return Where(Word.ASKED, gaps.ASKED_LATELY, lately, began)
        return Where(Word.ASKED, kind, detail, began)
