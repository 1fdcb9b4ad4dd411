"""Further parts of a report to the board: whether it helped, referrals, commitments, what it cost.

Told to coverage/board by create_app, since coverage knows nothing of answers and money. All is kept as it was
published: an earlier report says what it said.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from outreach.asking import draws
from outreach.coverage import gaps, who_asked
from outreach.coverage.board import commitments
from outreach.coverage.board.publishing import Further
from outreach.coverage.standings import Reckoning
from outreach.ground.timespans import as_of_moment
from outreach.ground.wording import and_list, count, pounds, pounds_rounded
from outreach.outcomes import figure_words, findings
from outreach.outcomes.cost import sums
from outreach.outcomes.cost.sums import Cost
from outreach.outcomes.findings import Row
from outreach.outcomes.item_figures import WAVES
from outreach.outcomes.referrals import reported
from outreach.outcomes.wave_changes import Change
from outreach.visits import season

OUTCOMES, REFERRALS, FOLLOWED, COST = "outcomes", "referrals", "followed", "cost"
"""The parts of a report's content, each absent where there is nothing to say of it."""

NOBODY_YET = "Nothing can be said yet of whether it helped: too few pupils have been asked."


def further(
    reckoning: Reckoning, pupils_seen: int | None, districts: Collection[str], *, now: datetime
) -> Further:
    """The parts of a report as of the reckoning's day. `pupils_seen`: as the report says it, None where it does not;
    `districts`: those of which it says how many pupils saw it, of how many. A constant number of queries."""
    content: dict[str, Any] = {}
    if not reckoning.programme.for_adults:
        content[OUTCOMES] = _outcomes(reckoning, now=now)
        if (referred := reported.part(reckoning, districts, now=now)) is not None:
            content[REFERRALS] = referred
        content[FOLLOWED] = commitments.part(reckoning, now=now)
    if (money := _cost(reckoning, pupils_seen, now=now)) is not None:
        content[COST] = money
    lead = content.get(OUTCOMES, {}).get("lead", "")
    return Further(content=content, lead=[lead] if lead else [])


def _outcomes(reckoning: Reckoning, *, now: datetime) -> dict[str, Any]:
    """Whom to tell, of the whole programme, as it was released by the report's day. Releases are judged beside each
    other and stay, so that no two reports set against each other tell of few."""
    found = findings.of_programme(reckoning.programme, now=now, until=reckoning.as_of)
    if found.first is None:
        return {"as_of": None, "waves": [], "changes": [], "evidence": NOBODY_YET, "lead": ""}
    row = found.first.whole
    return {
        "as_of": found.released_on.isoformat() if found.released_on else None,
        "question": found.first.item.words,
        "waves": [_wave(row, kind) for kind in WAVES],
        "changes": [
            {"from": first, "to": second, "said": _change_said(figure.change)}
            for (first, second), figure in row.changes.items()
            if figure.change is not None
        ],
        "evidence": figure_words.evidence(found),
        "order": _order(reckoning, now=now),
        "lead": figure_words.lead(row),
    }


def _order(reckoning: Reckoning, *, now: datetime) -> str:
    """Of how many schools chance decided who was asked first; two queries, one where nothing was drawn."""
    by = as_of_moment(reckoning.as_of, now)
    found = [one for one in draws.of_programme(reckoning.programme.id) if one.draw.recorded_at <= by]
    schools = {one.organisation_id for one in reckoning.target if not one.is_body}
    drawn = len(schools & draws.placed_by_chance(found))
    if not drawn:
        return "Schools were not chosen by lot."
    return f"Who was asked first was drawn by lot for {drawn:,} of {count(len(schools), 'school')}."


def _wave(row: Row, kind: str) -> dict[str, Any]:
    figure, percent = row.waves[kind], figure_words.percent
    level = figure.level
    low, high = (level.low, level.high) if level else (None, None)
    return {
        "wave": kind,
        "name": figure_words.NAMES[kind],
        "share": None if level is None else percent(level.mean),
        "share_said": figure_words.share_said(figure),
        "low": None if low is None else percent(low),
        "high": None if high is None else percent(high),
        "interval_said": figure_words.interval_said(figure),
        "answers": figure.answers,
        "response_rate": figure.rate.percent,
        "response_rate_said": figure_words.rate_said(figure.rate),
        "performances": figure.performances,
        "performances_asked": figure.asked,
    }


def _change_said(change: Change) -> str:
    return f"{figure_words.points(change)}{figure_words.change_interval(change)}"


def _cost(reckoning: Reckoning, pupils_seen: int | None, *, now: datetime) -> dict[str, Any] | None:
    """None where nothing is known of money."""
    by = as_of_moment(reckoning.as_of, now)
    year = season.season_of_year(
        reckoning.programme.partnership_id, reckoning.programme.academic_year, now=by
    )
    cost = sums.of_programme(reckoning, year, by=by, pupils=pupils_seen or 0)
    if cost.is_empty:
        return None
    return {
        "said": _cost_said(cost, reckoning),
        "is_estimate": cost.is_estimate,
        "budget_pence": cost.budget,
        "spent_pence": cost.spent,
        "a_show_pence": cost.a_show,
        "a_school_pence": cost.a_school,
        "a_pupil_pence": cost.a_pupil,
    }


def _cost_said(cost: Cost, reckoning: Reckoning) -> str:
    """'About £20,346 of £32,000 spent: £391 a performance, £617 a school reached, £3.01 a pupil seen.'; of a training
    '… £120 a session, £300 a school or body reached, £9.01 a member of staff trained.'"""
    words = reckoning.programme.words
    amount = f"About {pounds_rounded(cost.spent)}" if cost.is_estimate else pounds(cost.spent)
    of = "" if cost.budget is None else f" of {pounds(cost.budget)}"
    each = and_list(
        f"{pounds_rounded(pence)} a {what}"
        for what, pence in (
            (words.performance, cost.a_show),
            (f"{who_asked.of_target(reckoning).one} reached", cost.a_school),
            (f"{words.one} {gaps.named('seen', for_adults=reckoning.programme.for_adults)}", cost.a_pupil),
        )
        if pence is not None
    )
    return f"{amount}{of} spent{f': {each}' if each else ''}."
