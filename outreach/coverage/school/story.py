"""Story of one school or body, year by year, its former selves with it: where it stood in each programme, one line
each, newest first. A body has a place in programmes for adults alone.

Each line is the very standing that lists and figures show, as of a day: today for what is under way, and
never later than the last day of a year that is over. A constant number of queries, however many programmes
there were.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from outreach.county.partnerships import Partnership
from outreach.county.succession import Kin
from outreach.coverage import facts, in_parts, standings
from outreach.coverage.as_of import as_known_later, cut_of, is_body, scope_of_all
from outreach.coverage.standings import AlsoSeen, Reckoning, Standing
from outreach.coverage.targets import Target
from outreach.ground.db import db
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


def story_of_organisation(
    organisation_id: int, partnership: Partnership, *, as_of: date, now: datetime
) -> list[Chapter]:
    """The story of one school in its partnership's programmes, the newest year first; 22 queries."""
    programmes = list(
        db.session.scalars(
            select(Programme)
            .where(
                Programme.partnership_id == partnership.id,
                *([Programme.for_adults] if is_body(organisation_id) else []),
            )
            .order_by(Programme.academic_year.desc(), Programme.id.desc())
        )
    )
    if not programmes:
        return []
    among = scope_of_all(partnership.id, bodies=is_body(organisation_id))
    only = tuple(sorted(in_parts.with_kin(among, [organisation_id])))
    cuts = [replace(cut_of(p, as_of, now), only=only) for p in programmes]
    # A school that closed after a programme stood for its successor then.
    known_later = [as_known_later(cut) for cut in cuts]
    every = list(dict.fromkeys((*cuts, *known_later)))
    register = dict(zip(every, facts.registers(every), strict=True))
    found = standings.by_cuts(cuts, [register[cut] for cut in cuts], as_of)
    kin = [Target(cut, register[cut], []).kin for cut in known_later]
    return [_chapter(organisation_id, *told) for told in zip(found, kin, strict=True)]


def _chapter(organisation_id: int, found: Reckoning, kin: Kin) -> Chapter:
    """`kin`: who came before whom by all that is known now, whenever the programme was."""
    before = set(kin.before(organisation_id))
    mine = [s for s in (*found.target, *found.excluded) if s.organisation_id == organisation_id]
    return Chapter(
        programme=found.programme,
        day=found.day,
        standing=mine[0] if mine else None,
        excluded=any(s.organisation_id == organisation_id for s in found.excluded),
        line=_sorted([s for s in (*found.target, *found.excluded) if s.organisation_id in before]),
        also_seen=[
            s for s in found.also_seen if s.organisation_id == organisation_id or s.organisation_id in before
        ],
        not_held=found.not_held.get(organisation_id, ""),
    )


def _sorted(rows: list[Standing]) -> list[Standing]:
    return sorted(rows, key=lambda s: (s.name, s.organisation_id))


__all__ = ["Chapter", "Reckoning", "story_of_organisation"]
