"""Where one school stood in each programme, year by year, its former selves with it: one line a programme,
newest first.

Each line is the very standing that lists and figures show, as of a day: today for what is under way, and
never later than the last day of a year that is over. A constant number of queries, however many programmes
there were.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from outreach.county.partnerships import Partnership
from outreach.county.register import lines
from outreach.coverage import standings
from outreach.coverage.as_of import Cut, cut_of
from outreach.coverage.school.recorded import Recorded
from outreach.coverage.standings import AlsoSeen, Reckoning, Standing
from outreach.coverage.succession import Kin
from outreach.coverage.targets import Target
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One programme of the story. `standing` None: the school was not in its target; `excluded`: taken out of
    it.

    `line` are the standings of former selves that stood for the school then, by URN; `also_seen`: who saw it
    and counts in no share. `not_held`: why a coordinator's word that takes it in cannot hold, or ''. `day` is
    the last day that counts for who is in the target.
    """

    programme: Programme
    day: date
    standing: Standing | None
    excluded: bool
    line: list[Standing]
    also_seen: list[AlsoSeen]
    not_held: str = ""

    @property
    def shown(self) -> list[Standing]:
        """The standings to show: the school's own, else its former selves'."""
        return [self.standing] if self.standing is not None else self.line


def of(urn: int, partnership: Partnership, *, as_of: date, now: datetime) -> list[Chapter]:
    """The story of one school in its partnership's programmes, the newest year first; 23 queries."""
    programmes = list(
        db.session.scalars(
            select(Programme)
            .where(Programme.partnership_id == partnership.id)
            .order_by(Programme.academic_year.desc(), Programme.id.desc())
        )
    )
    if not programmes:
        return []
    family = lines.family(urn, partnership.id)
    recorded = Recorded(partnership.id, family)
    return [_chapter(urn, p, family, recorded, as_of, now) for p in programmes]


def _chapter(
    urn: int, programme: Programme, family: set[int], recorded: Recorded, as_of: date, now: datetime
) -> Chapter:
    cut = replace(cut_of(programme.academic_year, as_of, now), only=tuple(sorted(family)), source=recorded)
    found = standings.judged(programme, cut, as_of)
    before = set(_former_selves(programme, cut).before(urn))
    mine = [s for s in (*found.target, *found.excluded) if s.urn == urn]
    return Chapter(
        programme=programme,
        day=found.day,
        standing=mine[0] if mine else None,
        excluded=any(s.urn == urn for s in found.excluded),
        line=_sorted([s for s in (*found.target, *found.excluded) if s.urn in before]),
        also_seen=[s for s in found.also_seen if s.urn == urn or s.urn in before],
        not_held=found.not_held.get(urn, ""),
    )


def _former_selves(programme: Programme, cut: Cut) -> Kin:
    """Who came before whom by all that is known now, whenever the programme was: a school that closed after
    it stood for its successor then."""
    now = replace(cut, until=cut.moment, day=day_of(cut.moment - timedelta(microseconds=1)))
    return Target(programme, now, []).kin


def _sorted(rows: list[Standing]) -> list[Standing]:
    return sorted(rows, key=lambda s: (s.name, s.urn))


__all__ = ["Chapter", "Reckoning", "of"]
