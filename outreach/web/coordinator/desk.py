"""The desk, the first page after signing in: how far the county is, where it is going, what to do next, and
what is new."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import g, render_template, request, url_for
from flask_login import current_user

from outreach.county import coordinators
from outreach.coverage import figures, gaps, readiness
from outreach.coverage.charts import trend_lines
from outreach.coverage.desk import actions, forecast, news, outlook, week
from outreach.coverage.desk.actions import (
    AGES,
    BEYOND,
    CLOSING,
    CONCERNS,
    FOLLOW_UP,
    LAPSING,
    LATE,
    LETTERS,
    PROMISED,
    RAISE,
    REGISTER,
    REQUESTS,
    ROOM,
    UNREACHABLE,
    UNREPORTED,
    WEBHOOKS,
    Action,
)
from outreach.coverage.desk.forecast import Forecast
from outreach.coverage.desk.week import DeskWeek
from outreach.coverage.followed import UNCONFIRMED, UNSETTLED
from outreach.coverage.gaplist import filters
from outreach.coverage.gaplist.missing import count_unowned
from outreach.coverage.gaps import Word
from outreach.coverage.standings import NINE, Reckoning, without_collecting
from outreach.ground import clock
from outreach.ground.timespans import day_of
from outreach.post.incoming import inbox
from outreach.post.links import STAMP
from outreach.post.monitoring import watch
from outreach.post.outbox import FAILED
from outreach.visits.pledges import PASSED_ON
from outreach.web import spoken
from outreach.web.coordinator.as_of import View, view
from outreach.web.coordinator.bars import KEYS, bar
from outreach.web.coordinator.followed_words import AGREED
from outreach.web.gate import coordinator, coordinators_only
from outreach.web.pledge_words import FIELDS

LATELY = timedelta(days=7)
"""How far back the news of somebody's first visit goes."""


@coordinator.get("")
@coordinators_only
@without_collecting()
def desk() -> Any:
    now = clock.now()
    asked = view(g.partnership.id, now)
    if asked.programme is None:
        return render_template("coordinator/desk_none.html", step=_next_step(now))
    asked = replace(asked, as_of=day_of(now), compare=None, beside=None, narrowed={}, wrong={})
    reckoning = asked.reckoning()
    programme, whom = reckoning.programme, spoken.asked_on_page()
    county = figures.whole(reckoning.target, county=g.partnership.county)
    mail = inbox.waiting_streams(g.partnership.id)
    g.inbox_waiting = len(mail)
    ahead = outlook.outlook_of_reckoning(reckoning, now=now)
    since = coordinators.last_here(current_user.person_id, now=now)
    after = since or now.replace(microsecond=0) - LATELY
    done = gaps.named("seen", for_adults=programme.for_adults)
    words = programme.words
    missed = "not trained" if programme.for_adults else "did not see it"
    shows = week.week_of_programme(programme, now=now)
    drawn = trend_lines.draw(
        ahead.trend,
        ahead.forecast,
        year=programme.academic_year,
        school_days=ahead.school_days,
        saw=done,
        happened=ahead.happened,
        frame=trend_lines.WIDE,
    )
    return render_template(
        "coordinator/desk.html",
        view=asked,
        county=county,
        nine=NINE,
        keys=KEYS,
        bar=bar,
        done=done,
        today=asked.as_of,
        named=partial(gaps.named, for_adults=programme.for_adults),
        to=partial(_list, asked),
        ahead=ahead,
        asked=whom,
        headline=whom.said(
            words.said(forecast.headline(ahead.forecast, seen=words.has_seen_it, missed=missed))
        ),
        reasons=words.said(forecast.reasons(ahead.forecast, whom)),
        drawn=drawn,
        so_far=_so_far(ahead.forecast, done),
        required=_required(
            actions.actions_on_desk(reckoning, mail, now=now, school_days=ahead.school_days), asked, now
        ),
        to_gaps=partial(_gaps, asked),
        unowned=count_unowned(reckoning),
        news=_news(programme.id, after, now),
        since=since,
        after=after,
        week=shows,
        standings=_standings(reckoning, shows),
        step=_next_step(now) if _is_young(reckoning) else None,
        wrong_with_post=[
            one.words for one in watch.findings(watch.now_of(now, g.partnership.id), now) if one.is_wrong
        ],
    )


@dataclass(frozen=True)
class Required:
    """What the desk shows of what waits: {group: (action, its list, its worst case and whose)}, for oneself or all.
    `more`: how many it leaves out that nobody looks after."""

    groups: dict[str, list[tuple[Action, str, str]]]
    mine: int
    every: int
    is_mine: bool
    more: int


def _required(found: list[Action], asked: View, now: datetime) -> Required:
    """One's own first, once there is any; what is urgent and nobody's is for everybody."""
    me = int(current_user.person_id)
    shares = actions.shares_of(found, me)
    for_me = [a for a in found if a not in shares.rest] if shares.mine else []
    is_mine = bool(for_me) and request.args.get("whose") != "all"
    is_anybodys = any(a.owners for a in found)
    groups: dict[str, list[tuple[Action, str, str]]] = {}
    for a in for_me if is_mine else found:
        said = actions.said_of(a, me, is_anybodys=is_anybodys)
        groups.setdefault(a.group, []).append((a, _behind(a, asked, now), said))
    more = sum(a.unowned for a in shares.rest) if is_mine else 0
    return Required(groups, len(for_me), len(found), is_mine, more)


def _so_far(course: Forecast, done: str) -> list[tuple[str, int, str]]:
    """(which bar, schools, in words) of how many have seen it, and will have with what is booked."""
    bars = [("seen", course.seen, done)]
    if course.booked > course.seen:
        bars.append(("booked", course.booked, "with what is booked"))
    return bars


def _list(asked: View, **filters: Any) -> str:
    """The address of the list of schools with some filters, as of today."""
    assert asked.programme is not None
    return url_for(
        "coordinator.schools", programme=asked.programme.id, as_of=asked.as_of.isoformat(), **filters
    )


def _gaps(asked: View, **filters: Any) -> str:
    """The address of the gaps list with some filters: it is always of now."""
    assert asked.programme is not None
    return url_for("coordinator.gaps", programme=asked.programme.id, **filters)


def _behind(action: Action, asked: View, now: datetime) -> str:
    """The list behind an action."""
    assert asked.programme is not None
    programme = asked.programme.id
    if action.kind in (
        inbox.WISH,
        inbox.DECLINE,
        inbox.ADDRESS,
        inbox.NEWCOMER,
        inbox.DOUBT,
        inbox.MAIL,
        inbox.RAW,
    ):
        return url_for("coordinator.inbox_list", task=action.kind)
    if action.kind == AGES:
        return _list(asked, ages="unknown")
    if action.kind == FOLLOW_UP:
        return _gaps(asked, follow=filters.DUE)
    if action.kind == UNREACHABLE:
        return _gaps(asked, standing=Word.UNREACHABLE)
    behind: dict[str, tuple[str, dict[str, Any]]] = {
        CLOSING: ("register_decisions", {"_anchor": "closing"}),
        REGISTER: ("register_decisions", {}),
        BEYOND: ("register_decisions", {"_anchor": "beyond"}),
        LETTERS: ("letters", {"status": FAILED}),
        REQUESTS: ("requests", {}),
        WEBHOOKS: ("webhooks", {}),
        RAISE: ("chasing", {"programme": programme, "_anchor": "consent"}),
        UNREPORTED: ("bookings", {"when": "past", "unreported": 1, "programme": programme}),
        PROMISED: ("followed_list", {"programme": programme, "state": UNCONFIRMED, **AGREED}),
        CONCERNS: (
            "followed_list",
            {"programme": programme, "pledge": FIELDS[PASSED_ON], "state": UNSETTLED},
        ),
        LAPSING: ("offers", {"programme": programme, "until": actions.lapsing_until(now).isoformat()}),
    }
    if action.kind in behind:
        page, words = behind[action.kind]
        return url_for(f"coordinator.{page}", **words)
    return _gaps(asked, cause={ROOM: gaps.WAITING_LIST, LATE: gaps.SILENT}.get(action.kind, action.kind))


def _news(programme_id: int, after: datetime, now: datetime) -> list[tuple[int, str, str]]:
    """(how many, of what, the list of them) of each kind of news."""
    stamp = after.strftime(STAMP)
    return [
        (
            n,
            news.KINDS[kind][n != 1],
            url_for("coordinator.news", programme=programme_id, since=stamp, kind=kind),
        )
        for kind, n in news.counts(programme_id, since=after, now=now).items()
    ]


def _standings(reckoning: Reckoning, shows: DeskWeek | None) -> dict[int, str]:
    """Where the schools of the week stand, by URN; whoever is in no target has none."""
    theirs = {visit.organisation_id for visit in shows.visits} if shows else set()
    return {
        s.organisation_id: s.standing
        for s in (*reckoning.target, *reckoning.excluded)
        if s.organisation_id in theirs
    }


def _is_young(reckoning: Reckoning) -> bool:
    """Nobody was asked yet, or there is nobody to ask: what is next stands in the set-up."""
    return all(s.standing in (Word.NOT_ASKED, Word.UNREACHABLE) for s in reckoning.target)


def _next_step(now: datetime) -> readiness.Step | None:
    """The step of the set-up that comes next; None when all is in place."""
    return readiness.next_of(readiness.steps_of_setup(g.partnership, now=now))
