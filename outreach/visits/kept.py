"""Outcome of pledges by a moment: each is done, not done, said otherwise by either side, not answered, or not due
yet. A pledge is expected of every school that had a show; some of these agreed to it before. Pure.

A pledge of a show that took place is due at its end, but for what takes longer: concerns a day later, the lesson and
the policy after six weeks. What was said before the show as now promised began tells of an earlier time of it and is
left out. The newest word of the school holds, or of a coordinator, who speaks for it or settles; beside it a company's
newest, until a coordinator has settled: until then these two may differ. 'Planned' is no answer.

A school with several shows did what it did at each of them, and partly what it did at some and not at others; its
policy it reviews once, whichever it says so of. What it agreed to is judged by those shows alone at which it agreed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from outreach.ground.timespans import day_of
from outreach.visits.pledges import (
    DONE,
    LESSON,
    NOT_DONE,
    PASSED_ON,
    PLANNED,
    POLICY,
    WILL,
    WILL_NOT,
)
from outreach.visits.reports import COMPANY, SETTLED

PARTLY, DIFFER, NOT_ANSWERED, NOT_DUE = "partly", "sides differ", "not answered", "not due"
WORDS = (DONE, PARTLY, NOT_DONE, DIFFER, NOT_ANSWERED, NOT_DUE)

_FIRST = (NOT_DONE, DIFFER, NOT_ANSWERED, DONE, NOT_DUE)
"""The first that holds of one of a school's shows holds of the school, but where some have DONE and others NOT_DONE."""

AFTER = {PASSED_ON: timedelta(days=1), LESSON: timedelta(weeks=6), POLICY: timedelta(weeks=6)}
"""How long after the end of the show a pledge is due; any other at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTold:
    """One answer on one pledge, as PledgeAnswer has it; those with a higher id came later. `filled_in_at`: of the
    report in which it stands, if that waited on a phone."""

    id: int
    said: str
    side: str
    recorded_at: datetime
    filled_in_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPlayed:
    """A show that took place, and what was said of one pledge of it by then, in order."""

    starts_at: datetime
    ends_at: datetime
    answers: Sequence[AnswerTold] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a pledge. `since`: the day from which it has been said so, of PARTLY, that it was not done; where
    nobody says, the day on which it was due, or will be. `promised`: since when the school agreed; None where it did
    not. `agreed`: the same of the shows alone at which it agreed; None likewise. `detail`: PLANNED or ''.
    `settled`: a coordinator has said so, of each show of which it is so."""

    word: str
    since: date
    promised: date | None = None
    agreed: "Kept | None" = None
    detail: str = ""
    settled: bool = False


def of_organisation(pledge: str, shows: Sequence[ShowPlayed], *, moment: datetime) -> Kept:
    """Of all the shows of a school that took place; of at least one."""
    whole = _of_shows(pledge, shows, moment)
    with_it = [(show, since) for show in shows if (since := _promised(show))]
    if not with_it:
        return whole
    agreed = whole if pledge == POLICY else _of_shows(pledge, [show for show, _ in with_it], moment)
    return replace(whole, promised=min(since for _, since in with_it), agreed=agreed)


def _of_shows(pledge: str, shows: Sequence[ShowPlayed], moment: datetime) -> Kept:
    if pledge == POLICY:
        shows = [_one_of(shows)]
    found = [_of_show(pledge, show, moment) for show in shows]
    words = {one.word for one in found}
    word = min(words, key=_FIRST.index)
    same = sorted((one for one in found if one.word == word), key=lambda one: one.since)
    return replace(
        same[-1] if word == DONE else same[0],
        word=PARTLY if {DONE, NOT_DONE} <= words else word,
        settled=all(one.settled for one in same),
    )


def due_at(pledge: str, ends_at: datetime) -> datetime:
    """When a school should be able to say that it did it."""
    return ends_at + AFTER.get(pledge, timedelta())


def _one_of(shows: Sequence[ShowPlayed]) -> ShowPlayed:
    """The first show, with what was said of them all, each since it began."""
    first = min(shows, key=lambda show: show.starts_at)
    return replace(first, answers=[a for s in shows for a in s.answers if a.recorded_at >= s.starts_at])


def _promised(show: ShowPlayed) -> date | None:
    promise = _holds(a for a in show.answers if a.said in (WILL, WILL_NOT))
    return promise.since if promise is not None and promise.said == WILL else None


def _of_show(pledge: str, show: ShowPlayed, moment: datetime) -> Kept:
    words = [
        a for a in show.answers if a.said in (DONE, PLANNED, NOT_DONE) and a.recorded_at >= show.starts_at
    ]
    own = _holds(a for a in words if a.side != COMPANY)
    company = _holds(a for a in words if a.side == COMPANY)
    said, settled = own or company, any(a.side == SETTLED for a in words)
    if own is not None and company is not None and own.said != company.said and not settled:
        since = max(own.since, company.since)
        return Kept(word=DIFFER, since=since)
    if said is not None and said.said in (DONE, NOT_DONE):
        return Kept(word=said.said, since=said.since, settled=settled)
    due = due_at(pledge, show.ends_at)
    word = NOT_DUE if moment < due else NOT_ANSWERED
    return Kept(word=word, since=day_of(due), detail=PLANNED if said else "")


class _Holds(NamedTuple):
    said: str
    since: date


def _holds(answers: Iterable[AnswerTold]) -> _Holds | None:
    """The newest word, and since when nothing else has been said; None where nothing was."""
    held: _Holds | None = None
    for answer in sorted(answers, key=lambda a: (a.filled_in_at or a.recorded_at, a.id)):
        if held is None or held.said != answer.said:
            held = _Holds(answer.said, day_of(answer.recorded_at))
    return held
