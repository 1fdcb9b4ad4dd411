"""Corrections to the time that a board report speaks of, with what changed it; shown beside it, never in it.

A past day is reckoned anew in four steps, each with one thing more: by the rules as they are now, with the
reports since, with what the register said since, and with the settings of today. What the step moves, that
one thing moved.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from outreach.coverage import standings
from outreach.coverage.board.publishing import BoardReport
from outreach.coverage.standings import NINE, Reckoning

RULE, REPORT, REGISTER, SETTING = "rule changed", "a report", "the register", "a setting"
"""What changed a past day, in the order in which it is reckoned anew."""


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A school that stands elsewhere by what is known now; `why` names what moved it, one or several of the
    above."""

    organisation_id: int
    name: str
    reported: str
    now: str
    why: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """By what is known now of the report's day. `by` has each standing that changed: {standing: (reported,
    now)}.

    `pupils_reported` and `pupils_now` are all pupils counted, true numbers: for coordinators alone. `counts`
    is how many schools have another count of pupils with the same standing. A school that is not in the
    target of that day any more is '' now.
    """

    moved: list[Moved]
    by: dict[str, tuple[int, int]]
    counts: int
    pupils_reported: int
    pupils_now: int

    def __bool__(self) -> bool:
        return bool(self.moved or self.counts)


Seen = dict[int, tuple[str, int]]
"""{URN: (standing, pupils seen)}."""


def since(report: BoardReport, *, now: datetime) -> Corrections:
    """What changes the report's day by what came after it. Four reckonings, 81 queries.

    Schools that the register showed later are in no step: nobody could have reported on them. One that it has
    closed by then leaves only with a day on which it closed.
    """
    was: Seen = {
        int(organisation_id): (standing, seen)
        for organisation_id, (standing, _, seen) in report.basis["standings"].items()
    }
    names = {
        int(organisation_id): name for organisation_id, (_, name, _) in report.basis["standings"].items()
    }
    of, day = report.programme_id, report.as_of
    at_that_time = standings.standings_of_programme(of, as_of=day, now=now)
    reported = standings.standings_of_programme(of, as_of=day, now=now, told_by=now)
    names |= {s.organisation_id: s.name for s in reported.target}
    registered = standings.standings_of_programme(of, as_of=day, now=now, told_by=now, register_by=now)
    as_set_now = standings.standings_of_programme(
        of, as_of=day, now=now, told_by=now, register_by=now, settings_by=now
    )
    steps = [was, _seen(at_that_time), _seen(reported)]
    for reckoning in (registered, as_set_now):
        steps.append(_known_then(steps[-1], reckoning))
    why: dict[int, tuple[str, ...]] = {}
    for what, before, after in zip((RULE, REPORT, REGISTER, SETTING), steps, steps[1:], strict=False):
        for organisation_id in before.keys() | after.keys():
            if before.get(organisation_id, ("", 0))[0] != after.get(organisation_id, ("", 0))[0]:
                why[organisation_id] = (*why.get(organisation_id, ()), what)
    last = steps[-1]
    moved = [
        Moved(
            organisation_id=organisation_id,
            name=names[organisation_id],
            reported=was.get(organisation_id, ("", 0))[0],
            now=last.get(organisation_id, ("", 0))[0],
            why=why[organisation_id],
        )
        for organisation_id in why
        if was.get(organisation_id, ("", 0))[0] != last.get(organisation_id, ("", 0))[0]
    ]
    then, at_last = Counter(word for word, _ in was.values()), Counter(word for word, _ in last.values())
    return Corrections(
        moved=sorted(moved, key=lambda m: (m.name, m.organisation_id)),
        by={str(w): (then[w], at_last[w]) for w in NINE if then[w] != at_last[w]},
        counts=sum(last[u][0] == word and last[u][1] != n for u, (word, n) in was.items() if u in last),
        pupils_reported=sum(seen for _, seen in was.values()),
        pupils_now=sum(seen for _, seen in last.values()),
    )


def _seen(reckoning: Reckoning) -> Seen:
    return {s.organisation_id: (str(s.standing), s.seen_pupils) for s in reckoning.target}


def _known_then(before: Mapping[int, tuple[str, int]], reckoning: Reckoning) -> Seen:
    """The schools of the step before by a later reckoning. One that is not in it stays as it was, unless it
    is excluded there, or it is known to have closed by that day."""
    found = _seen(reckoning)
    out = {s.organisation_id for s in reckoning.excluded} | reckoning.closed_by_then
    return {
        organisation_id: found.get(organisation_id, seen)
        for organisation_id, seen in before.items()
        if organisation_id in found or organisation_id not in out
    }
