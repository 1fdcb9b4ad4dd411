"""Keeping of pledges by a moment: each is kept, not kept, not answered, or not due yet. Pure.

A pledge of a show that took place is due at its end, but for what takes longer: concerns a day later, the lesson and
the policy after six weeks. What was said before the show as now promised began tells of an earlier time of it and is
left out. The newest word of the school holds, or of a coordinator, who speaks for it or settles; beside it a company's
newest, until a coordinator has settled: where these two differ, the pledge is not answered. 'Planned' is no answer.

A school with several shows kept what it kept at each of them; its policy it reviews once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

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

KEPT, NOT_KEPT, NOT_ANSWERED, NOT_DUE = "kept", "not kept", "not answered", "not due"
WORDS = (NOT_KEPT, NOT_ANSWERED, KEPT, NOT_DUE)
"""The first that holds of one of a school's shows holds of the school."""

DIFFER = "the two sides differ"

AFTER = {PASSED_ON: timedelta(days=1), LESSON: timedelta(weeks=6), POLICY: timedelta(weeks=6)}
"""How long after the end of the show a pledge is due; any other at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTold:
    """One answer on one pledge, as PledgeAnswer has it; those with a higher id came later."""

    id: int
    said: str
    side: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPlayed:
    """A show that took place, and what was said of one pledge of it by then, in order."""

    starts_at: datetime
    ends_at: datetime
    answers: Sequence[AnswerTold] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a pledge. `since`: the day of the word that says so; where there is none, the day on which it was
    due, or will be. `promised`: the day of the promise; None where there is none. `detail`: PLANNED, DIFFER or ''."""

    word: str
    since: date
    promised: date | None = None
    detail: str = ""


def of_school(pledge: str, shows: Sequence[ShowPlayed], *, moment: datetime) -> Kept:
    """Of all the shows of a school that took place; of at least one."""
    if pledge == POLICY:
        shows = [_one_of(shows)]
    found = [_of_show(pledge, show, moment) for show in shows]
    word = min((one.word for one in found), key=WORDS.index)
    same = [one for one in found if one.word == word]
    which = max(same, key=lambda one: one.since) if word == KEPT else min(same, key=lambda one: one.since)
    promised = min((one.promised for one in found if one.promised), default=None)
    return replace(which, promised=promised)


def due_at(pledge: str, ends_at: datetime) -> datetime:
    """When a school should be able to say that it did it."""
    return ends_at + AFTER.get(pledge, timedelta())


def _one_of(shows: Sequence[ShowPlayed]) -> ShowPlayed:
    """The first show with what was said of them all."""
    first = min(shows, key=lambda show: show.starts_at)
    return replace(first, answers=sorted((a for s in shows for a in s.answers), key=lambda a: a.id))


def _of_show(pledge: str, show: ShowPlayed, moment: datetime) -> Kept:
    said, detail = _said(show)
    promise = _newest(a for a in show.answers if a.said in (WILL, WILL_NOT))
    promised = day_of(promise.recorded_at) if promise is not None and promise.said == WILL else None
    if said is not None and not detail:
        word = KEPT if said.said == DONE else NOT_KEPT
        return Kept(word=word, since=day_of(said.recorded_at), promised=promised)
    due = due_at(pledge, show.ends_at)
    if detail == DIFFER and said is not None:
        return Kept(word=NOT_ANSWERED, since=day_of(said.recorded_at), promised=promised, detail=DIFFER)
    return Kept(
        word=NOT_DUE if moment < due else NOT_ANSWERED, since=day_of(due), promised=promised, detail=detail
    )


def _said(show: ShowPlayed) -> tuple[AnswerTold | None, str]:
    """The word that holds of what was done, None without one, and why it is no answer, '' where it is."""
    words = [
        a for a in show.answers if a.said in (DONE, PLANNED, NOT_DONE) and a.recorded_at >= show.starts_at
    ]
    own = _newest(a for a in words if a.side != COMPANY)
    company = _newest(a for a in words if a.side == COMPANY)
    if own is not None and company is not None and all(a.side != SETTLED for a in words):
        if own.said != company.said:
            return max(own, company, key=lambda a: a.id), DIFFER
    said = own or company
    return said, PLANNED if said is not None and said.said == PLANNED else ""


def _newest(answers: Iterable[AnswerTold]) -> AnswerTold | None:
    return max(answers, key=lambda a: a.id, default=None)
