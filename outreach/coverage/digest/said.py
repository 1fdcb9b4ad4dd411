"""Words of a digest: the desk's own figures and sentences, as one coordinator looks at it.

Names of people stay on the desk, behind its password: a follow-up is told without its words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from outreach.county.coordinators import Coordinator
from outreach.coverage import standings
from outreach.coverage.desk import actions, news, outlook
from outreach.coverage.desk.actions import FOLLOW_UP, GONE_WRONG, LATER, THIS_WEEK, TODAY, Action
from outreach.coverage.standings import without_collecting
from outreach.ground.timespans import day_of
from outreach.ground.wording import count, number
from outreach.post.digest import DigestLine, DigestPart, DigestWords
from outreach.post.incoming import inbox
from outreach.tour import programmes

WRONG, NEW = "To put right or answer", "What is new"


def digest_of(person: Coordinator, *, since: datetime, now: datetime) -> DigestWords | None:
    """What there is to say of the programme on which the desk opens; None where nothing is new, due or wrong. As
    many queries for many schools as for few."""
    programme = programmes.current(person.partnership_id, day_of(now))
    if programme is None:
        return None
    with without_collecting():
        reckoning = standings.standings_of_programme(programme.id, as_of=day_of(now), now=now)
    found = actions.actions_on_desk(
        reckoning,
        inbox.waiting_streams(person.partnership_id),
        now=now,
        school_days=outlook.school_days_of_programme(programme),
    )
    fresh = news.counts(programme.id, since=since, now=now)
    is_anybodys = any(a.owners for a in found)
    own = [a for a in found if actions.is_of(a, person.id)]
    shown = [*own, *(a for a in found if a.unowned and a not in own)]
    wrong = [a for a in shown if a.kind in GONE_WRONG]
    by_group = {g: [a for a in shown if a.group == g and a not in wrong] for g in (TODAY, THIS_WEEK, LATER)}

    def lines(of: Iterable[Action]) -> tuple[DigestLine, ...]:
        return tuple(_line(a, person.id, is_anybodys=is_anybodys) for a in of)

    parts = [
        DigestPart(heading=heading, lines=lines(some))
        for heading, some in (
            (WRONG, wrong),
            (TODAY, by_group[TODAY]),
            (THIS_WEEK, by_group[THIS_WEEK]),
        )
    ]
    parts.append(
        DigestPart(
            heading=NEW,
            is_new=True,
            lines=(DigestLine(what=news.sentence(fresh), said=""),) if fresh else (),
        )
    )
    parts = [part for part in parts if part.lines]
    if not parts:
        return None
    return DigestWords(
        title=programme.title,
        programme_id=programme.id,
        subject=_subject(wrong, by_group[TODAY], by_group[THIS_WEEK], sum(fresh.values())),
        parts=tuple(parts),
        since=since,
        more=_more(by_group[LATER]),
    )


def _line(action: Action, person_id: int, *, is_anybodys: bool) -> DigestLine:
    if action.kind == FOLLOW_UP:
        action = replace(action, detail="")
    said = actions.said_of(action, person_id, is_anybodys=is_anybodys)
    return DigestLine(what=f"{number(action.count)} {action.what}", said=said)


def _subject(wrong: Sequence[Action], today: Sequence[Action], week: Sequence[Action], fresh: int) -> str:
    """'Your desk: 1 to put right or answer, 2 for today, 3 new'."""
    said = [
        f"{len(wrong)} to put right or answer" if wrong else "",
        f"{len(today)} for today" if today else "",
        f"{len(week)} for this week" if week else "",
        f"{number(fresh)} new" if fresh else "",
    ]
    return "Your desk: " + ", ".join(part for part in said if part)


def _more(later: Sequence[Action]) -> str:
    return (
        f"{count(len(later), 'more thing waits', 'more things wait')} on the desk, with time."
        if later
        else ""
    )
