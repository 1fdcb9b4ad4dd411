"""Halves of a year side by side in a report: every school of the pupils’ programmes, every school and every body of
the trainings.

Schools and bodies of the year's other programmes are counted as of the report's day. Their people are told as the
newest report of their own programme has them: counted anew, they would be a release that its series knows nothing of.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from outreach.coverage import facts, figures
from outreach.coverage.as_of import cut_of
from outreach.coverage.board.content import Content
from outreach.coverage.lists import BODIES, SCHOOLS
from outreach.coverage.standings import NINE, Reckoning, by_cuts
from outreach.ground.timespans import day_of
from outreach.tour import programmes
from outreach.tour.programmes import Programme

PEOPLE = ("pupils_seen", "target_pupils", "pupil_share", "pupil_share_said")


def others(programme: Programme, *, by: date) -> list[Programme]:
    """The other programmes of its year that there were by a day, those for pupils first."""
    found = [
        p
        for p in programmes.of_partnership(programme.partnership_id)
        if p.id != programme.id and p.academic_year == programme.academic_year and day_of(p.created_at) <= by
    ]
    return sorted(found, key=lambda p: (p.for_adults, p.id))


def reckoned(of: Sequence[Programme], *, as_of: date, now: datetime) -> list[Reckoning]:
    """The standings of some programmes as of a day; the same queries for any number of them."""
    if not of:
        return []
    cuts = [cut_of(programme, as_of, now) for programme in of]
    return by_cuts(cuts, facts.registers(cuts), as_of)


def rows(
    programme: Programme, own: Content, beside: Sequence[tuple[Reckoning, tuple[date, Content] | None]]
) -> list[Content]:
    """A row for each half of each programme of the year, pupils' programmes first; [] where it is one alone.

    `own`: the report's content. `beside`: of each other programme its standings, and its newest report with that
    one's day.
    """
    found = [(programme.for_adults, programme.id, list(_of_report(programme, own)))]
    for reckoning, report in beside:
        of = reckoning.programme
        found.append((of.for_adults, of.id, list(_of_reckoning(reckoning, report))))
    every = [row for *_, halves in sorted(found, key=lambda f: f[:2]) for row in halves]
    return every if len(every) > 1 else []


def _of_report(programme: Programme, own: Content) -> Iterator[Content]:
    for who, whole in _halves(own):
        people = {name: whole[name] for name in PEOPLE} | {"people_as_of": own["as_of"]}
        yield _row(programme, who, whole) | people


def _of_reckoning(reckoning: Reckoning, report: tuple[date, Content] | None) -> Iterator[Content]:
    told = dict(_halves(report[1])) if report else {}
    halves = figures.halves(reckoning.target, county="")
    for who, half in ((SCHOOLS, halves.schools), (BODIES, halves.bodies)):
        totals = half.county
        if not totals.organisations:
            continue
        counted = {
            "schools": totals.organisations,
            "standings": {str(word): totals.by[word] for word in NINE},
            "gaps": totals.gaps,
            "share": totals.share,
            "share_said": totals.share_said,
        }
        people: dict[str, Any] = dict.fromkeys((*PEOPLE, "people_as_of"))
        if report and who in told:
            people = {name: told[who].get(name) for name in PEOPLE} | {"people_as_of": report[0].isoformat()}
        yield _row(reckoning.programme, who, counted) | people


def _halves(content: Content) -> Iterator[tuple[str, Content]]:
    if content["whole"]["schools"]:
        yield SCHOOLS, content["whole"]
    if (bodies := content.get("bodies")) is not None:
        yield BODIES, bodies["whole"]


def _row(programme: Programme, who: str, counted: Content) -> Content:
    names = ("schools", "standings", "gaps", "share", "share_said")
    return {
        "programme": programme.id,
        "title": programme.title,
        "for_adults": programme.for_adults,
        "who": who,
    } | {name: counted[name] for name in names}
