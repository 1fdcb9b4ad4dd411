"""What became of the pledges of a show, told from the words of the trade alone by going through all that happened one
after the other; slow, and sharing no code with what it is compared with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = {
    "safeguarding lead present": 0,
    "staff briefed": 0,
    "letter home sent": 0,
    "follow-up lesson done": 42,
    "concerns passed on within a day": 1,
    "policy reviewed": 42,
}
"""After how many days each is due."""


@dataclass(frozen=True)
class Word:
    """Somebody said something of a pledge, perhaps in a report that was taken back later."""

    nth: int
    show: int
    pledge: str
    said: str
    side: str
    at: datetime
    taken_back: datetime | None = None


@dataclass(frozen=True)
class Played:
    show: int
    starts_at: datetime
    ends_at: datetime


def became(
    pledge: str, shows: Sequence[Played], words: Iterable[Word], moment: datetime
) -> tuple[str, date, date | None, str]:
    """(word, since, promised on, detail) of a school with these shows, all of which took place."""
    heard = [
        w
        for w in words
        if w.pledge == pledge
        and w.show in {s.show for s in shows}
        and w.at < moment
        and not (w.taken_back is not None and w.taken_back < moment)
    ]
    heard.sort(key=lambda w: w.nth)
    each = [_of_one(pledge, s, [w for w in heard if w.show == s.show], moment) for s in shows]
    promises = sorted(one[2] for one in each if one[2] is not None)
    promised = promises[0] if promises else None
    if pledge == "policy reviewed":
        first = sorted(shows, key=lambda s: s.starts_at)[0]
        began = {s.show: s.starts_at for s in shows}
        each = [_of_one(pledge, first, [w for w in heard if w.at >= began[w.show]], moment)]
    with_it = [one for one in each if one[0] == "done"]
    without = [one for one in each if one[0] == "not done"]
    if with_it and without:
        return "partly", min(one[1] for one in without), promised, ""
    for word in ("not done", "sides differ", "not answered", "done", "not due"):
        here = sorted((one for one in each if one[0] == word), key=lambda one: one[1])
        if here:
            worst = here[-1] if word == "done" else here[0]
            return worst[0], worst[1], promised, worst[3]
    raise AssertionError("a school without a show")


def agreed(
    pledge: str, shows: Sequence[Played], words: Iterable[Word], moment: datetime
) -> tuple[str, date, date | None, str] | None:
    """The same of those shows alone at which the school agreed to it, but of its policy, which it reviews once; None
    where it agreed at none."""
    words = list(words)
    with_it = [s for s in shows if became(pledge, [s], words, moment)[2] is not None]
    if not with_it:
        return None
    return became(pledge, shows if pledge == "policy reviewed" else with_it, words, moment)


def _of_one(
    pledge: str, show: Played, heard: Sequence[Word], moment: datetime
) -> tuple[str, date, date | None, str]:
    promised: date | None = None
    by_school: tuple[str, date] | None = None
    by_company: tuple[str, date] | None = None
    a_coordinator_spoke = False
    for word in heard:
        day = _london(word.at)
        if word.said == "will":
            promised = promised or day
        elif word.said == "will not":
            promised = None
        elif word.at < show.starts_at:
            continue
        elif word.side == "company":
            by_company = by_company if by_company and by_company[0] == word.said else (word.said, day)
        else:
            by_school = by_school if by_school and by_school[0] == word.said else (word.said, day)
            a_coordinator_spoke = a_coordinator_spoke or word.side == "settled"
    due = show.ends_at + timedelta(days=DAYS[pledge])
    if by_school and by_company and not a_coordinator_spoke and by_school[0] != by_company[0]:
        return "sides differ", max(by_school[1], by_company[1]), promised, ""
    said = by_school if by_school else by_company
    if said and said[0] == "done":
        return "done", said[1], promised, ""
    if said and said[0] == "not done":
        return "not done", said[1], promised, ""
    waits = "planned" if said else ""
    return ("not answered" if moment >= due else "not due"), _london(due), promised, waits


def _london(at: datetime) -> date:
    return at.astimezone(ZoneInfo("Europe/London")).date()
