"""Commitments in a report to the board: what schools are expected, and agreed, to do besides the show."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.coverage import followed
from outreach.coverage.board.publishing import BoardReport
from outreach.coverage.followed import FollowedOrganisation, PledgeSums
from outreach.coverage.standings import Reckoning
from outreach.ground.db import db
from outreach.ground.wording import count, percent_said
from outreach.tour.programmes import Programme
from outreach.visits.kept import NOT_ANSWERED, NOT_DUE, WORDS
from outreach.visits.pledges import NOT_DONE

CHANGED = (
    "The definition changed: reports before this one say of every school that saw the performance what they call a "
    "promise. This one says apart what schools agreed to, and ‘not kept’ of these alone."
)


def part(reckoning: Reckoning, *, now: datetime) -> dict[str, Any]:
    """Of the whole programme alone: counts of schools by commitment, and none of any district or school."""
    organisations = followed.followed_organisations(reckoning, now=now)
    expected, agreed = followed.sums(organisations), followed.sums(organisations, agreed=True)
    return {
        "schools": len(organisations),
        "promises": [_row(pledge, totals, agreed[pledge]) for pledge, totals in expected.items()],
        "said": said(organisations),
        "changed": CHANGED if _last_said_promises(reckoning.programme) else "",
    }


def said(organisations: Sequence[FollowedOrganisation]) -> str:
    """How much of it is said to be done, of what is expected and of what was agreed to, and what least of all."""
    expected = {p: totals for p, totals in followed.sums(organisations).items() if totals.due}
    if not expected:
        return "Nothing is due yet of what schools do besides the performance."
    done, due = sum(t.done for t in expected.values()), sum(t.due for t in expected.values())
    agreed = followed.sums(organisations, agreed=True).values()
    kept, of = sum(t.done for t in agreed), sum(t.due for t in agreed)
    sentences = [
        f"Of what is expected of schools besides the performance, {percent_said(done, due)} is said to be done.",
        f"Of what they agreed to, it is {percent_said(kept, of)}." if of else "They agreed to none of it.",
    ]
    if done < due:
        least = min(expected, key=lambda pledge: expected[pledge].done / expected[pledge].due)
        number, schools = expected[least].done, count(expected[least].due, "school")
        sentences.append(f"Least often done: {least}, {number:,} of {schools}.")
    return " ".join(sentences)


def _row(pledge: str, expected: PledgeSums, agreed: PledgeSums) -> dict[str, Any]:
    """The single counts, by which programs of others read it, are of those that agreed."""
    return {
        "promise": pledge,
        "due": agreed.due,
        "kept": agreed.done,
        "not_kept": agreed.by[NOT_DONE],
        "not_answered": agreed.by[NOT_ANSWERED],
        "expected": _counts(expected),
        "agreed": _counts(agreed),
    }


def _counts(totals: PledgeSums) -> dict[str, int]:
    return {"due": totals.due} | {w.replace(" ", "_"): totals.by[w] for w in WORDS if w != NOT_DUE}


def _last_said_promises(programme: Programme) -> bool:
    """Whether the newest report of a programme does not tell apart who agreed; one query."""
    told = db.session.scalar(
        select(BoardReport.content)
        .where(BoardReport.programme_id == programme.id)
        .order_by(BoardReport.number.desc())
        .limit(1)
    )
    rows = ((told or {}).get("followed") or {}).get("promises", ())
    return any("agreed" not in row for row in rows)
