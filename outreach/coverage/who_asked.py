"""Words for whom a target asks: schools, bodies, or both."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from outreach.coverage.lists import BODIES, SCHOOLS
from outreach.coverage.standings import Reckoning
from outreach.ground.audience import FIRST_OF_BODIES
from outreach.ground.wording import capfirst, count
from outreach.tour import programmes
from outreach.tour.adults import NO_SCHOOLS, AdultTarget
from outreach.tour.programmes import Programme
from outreach.tour.target_decisions import INCLUDE, decisions


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`day`: one on which they are in; `head`: to whom their silence is raised first."""

    one: str
    many: str
    day: str
    head: str

    def count(self, number: int) -> str:
        return count(number, self.one, self.many)

    def said(self, sentence: str) -> str:
        """A sentence that is written of schools, in the words of whom this asks; what stands in ‘ ’ stays."""
        return sentence if self is OF_SCHOOLS else _SCHOOLS.sub(self._instead, sentence)

    def _instead(self, found: re.Match[str]) -> str:
        word = found[0]
        if word.startswith("‘"):
            return word
        if word.startswith("{"):
            return "{organisation}"
        days = word.lower().partition(" day")
        said = f"{self.day}{days[2]}" if days[1] else self.many if word.endswith("s") else self.one
        return capfirst(said) if word[0].isupper() else said


_SCHOOLS = re.compile(r"‘[^’]{0,200}’|\{school\}|\b[Ss]chool days?\b|\b[Ss]chools?\b")

OF_SCHOOLS = Asked(one="school", many="schools", day="school day", head="head teacher")
OF_BODIES = Asked(one="body", many="bodies", day="working day", head="manager")
OF_BOTH = Asked(
    one="school or body",
    many="schools and bodies",
    day="school or working day",
    head="head teacher or manager",
)


def of_halves(there: Collection[bool]) -> Asked:
    """Of halves: is there a body (True), is there a school (False); of schools where there is nobody."""
    if len(there) == 2:
        return OF_BOTH
    return OF_BODIES if True in there else OF_SCHOOLS


def of_target(reckoning: Reckoning, who: str = "") -> Asked:
    """Who a programme asks, or the half of it that was chosen (`who`)."""
    if who in (SCHOOLS, BODIES):
        return OF_BODIES if who == BODIES else OF_SCHOOLS
    return _of_choice(reckoning.adults, (s.is_body for s in reckoning.target))


def of_programme(programme: Programme) -> Asked:
    """Who a programme asks now, where no reckoning is at hand; two queries, none for pupils."""
    if not programme.for_adults:
        return OF_SCHOOLS
    taken_in = (u for u, decision in decisions(programme.id).items() if decision.kind == INCLUDE)
    return _of_choice(programmes.adult_target(programme.id), (u >= FIRST_OF_BODIES for u in taken_in))


def of_programmes(of: Collection[Programme]) -> Asked:
    """Who some programmes ask together by what they chose; one query, none where all are for pupils."""
    halves = {_of_choice(chosen, ()) for chosen in programmes.adult_targets(of)}
    schools = any(not programme.for_adults for programme in of)
    return of_halves(
        {*[True] * bool(halves - {OF_SCHOOLS}), *[False] * (schools or bool(halves - {OF_BODIES}))}
    )


def _of_choice(chosen: AdultTarget, there: Iterable[bool]) -> Asked:
    """Who was chosen by kind or phase, and the halves of those there are, picked one by one or not."""
    return of_halves({*there, *[False] * (chosen.schools != NO_SCHOOLS), *[True] * bool(chosen.kinds)})
