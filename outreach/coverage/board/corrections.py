"""What was reported since about the time that a board report speaks of; shown beside it, never in it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from outreach.coverage import standings
from outreach.coverage.board.publishing import BoardReport
from outreach.coverage.standings import NINE


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A school that stands elsewhere by what is known now."""

    urn: int
    name: str
    reported: str
    now: str


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """By what is known now of the report's day. `by` has each standing that changed: {standing: (reported, now)}.

    `pupils_reported` and `pupils_now` are all pupils counted, true numbers: for coordinators alone. `counts` is how
    many schools have another count of pupils with the same standing.
    """

    moved: list[Moved]
    by: dict[str, tuple[int, int]]
    counts: int
    pupils_reported: int
    pupils_now: int

    def __bool__(self) -> bool:
        return bool(self.moved or self.counts)


def since(report: BoardReport, *, now: datetime) -> Corrections:
    """What visit reports that came after a report's day change of it. 20 queries."""
    known = standings.of(report.programme_id, as_of=report.as_of, now=now, told_by=now)
    was = {int(urn): (standing, seen) for urn, (standing, _name, seen) in report.basis["standings"].items()}
    moved, counts = [], 0
    for s in known.target:
        standing, seen = was.get(s.urn, ("", 0))
        if s.standing != standing:
            moved.append(Moved(urn=s.urn, name=s.name, reported=standing, now=s.standing))
        elif s.seen_pupils != seen:
            counts += 1
    before = Counter(standing for standing, _ in was.values())
    after = Counter(str(s.standing) for s in known.target)
    return Corrections(
        moved=sorted(moved, key=lambda m: (m.name, m.urn)),
        by={str(w): (before[w], after[w]) for w in NINE if before[w] != after[w]},
        counts=counts,
        pupils_reported=sum(seen for _, seen in was.values()),
        pupils_now=sum(s.seen_pupils for s in known.target),
    )
