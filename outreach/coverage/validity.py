"""Life of a training: how long it counts, where a programme for adults says so, and whose has run out. Pure.

A training counted on a day counts through the same day of the month so many months later, or through that month's last
day where it has no such day; from the next day on it counts no more. While it counts it counts too in the programmes
that were copied from its own, at any remove, and then is due again there.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.booking.promises import TOOK_PLACE
from outreach.coverage import gaps
from outreach.ground.timespans import day_of
from outreach.visits.verdicts import Verdict


@dataclass(frozen=True, order=True, slots=True)
class RanOut:
    """A training that counted `until` a day, that day included."""

    until: date
    trained_on: date

    @property
    def since(self) -> date:
        """The first day on which it counted no more."""
        return self.until + timedelta(days=1)

    @property
    def said(self) -> str:
        return gaps.ran_out(self.trained_on, self.until)


def counts_until(day: date, months: int) -> date:
    """The last day on which a training of that day counts: (31 August 2026, 18) -> 29 February 2028."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def that_count(
    found: Iterable[Verdict], months: int | None, day: date
) -> tuple[list[Verdict], Mapping[int, RanOut]]:
    """The verdicts that count on a day: what took place in an earlier programme and still counts, and all of this one
    but what has run out; and for each organisation its last training that has."""
    count: list[Verdict] = []
    over: dict[int, RanOut] = {}
    for verdict in found:
        promise = verdict.promise
        if verdict.word != TOOK_PLACE or months is None:
            if not promise.earlier:
                count.append(verdict)
            continue
        trained_on = day_of(promise.starts_at)
        until = counts_until(trained_on, months)
        if until >= day:
            count.append(verdict)
        else:
            last = RanOut(until, trained_on)
            over[promise.organisation_id] = max(over.get(promise.organisation_id, last), last)
    return count, over
