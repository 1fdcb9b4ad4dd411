"""No reachable sequence of deeds makes what must never be; and the database refuses each when no rule is
asked."""

from collections.abc import Iterable
from datetime import time, timedelta
from itertools import count
from random import Random

import deeds
import life
import never
import pytest
from deeds import DATES, OFTEN, County, Dice
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import make
from how_many import so_many
from outreach.booking import bookings, holds
from outreach.booking.calling_off import deeds as lost
from outreach.booking.calling_off.scope import Scope
from outreach.ground.db import db, transaction

_n = count(1)
OPENING = (
    "hold",
    "book",
    "hold",
    "book",
    "propose",
    "accept",
    "offer seats",
    "join",
    "propose",
    "join",
    "agree",
    "hold",
    "book",
    "join",
    "agree",
)
_NUMBERS = st.lists(st.integers(0, 59), min_size=8, max_size=8)


class Everybody(RuleBasedStateMachine):
    """Schools, coordinators and the company, in whatever order, while time passes."""

    county: County | None = None

    @initialize(seed=st.integers(0, 10**6))
    def lay(self, seed: int) -> None:
        """A county where some have booked, asked and been asked."""
        self.county, self.now = deeds.lay(f"N{next(_n)}"), make.NOW
        random = Random(seed)
        for deed in OPENING:
            self.does(deed, (random.randrange(60) for _ in range(20)), 1)

    @rule(deed=st.sampled_from(OFTEN), numbers=_NUMBERS, minutes=st.sampled_from((0, 1, 1, 5, 14, 16, 1440)))
    def does(self, deed: str, numbers: Iterable[int], minutes: int) -> None:
        assert self.county
        if self.now.date() + timedelta(days=2) < DATES[0]:
            self.now += timedelta(minutes=minutes, seconds=1)
        if deeds.done(deed, Dice(numbers), self.county, self.now):
            TALLY[deed] = TALLY.get(deed, 0) + 1

    @invariant()
    def nothing_is_what_must_never_be(self) -> None:
        if self.county is None:
            return
        db.session.rollback()
        most = self.county.most.__getitem__
        assert never.broken(db.session(), self.county.programme_id, today=self.now.date(), most=most) == []
        assert deeds.kept_out(self.county, self.now) == []
        db.session.rollback()


TALLY: dict[str, int] = {}


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Everybody,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )


def test_no_sequence_of_deeds_makes_what_must_never_be(app: Flask) -> None:
    run(so_many(8, least=3), 30)


@pytest.mark.long
def test_no_long_sequence_of_deeds_makes_what_must_never_be(app: Flask) -> None:
    """And each kind of deed came to something."""
    TALLY.clear()
    run(60, 80)
    assert set(TALLY) == set(OFTEN), TALLY


@pytest.mark.parametrize("part", ["day", "morning"])
def test_a_time_that_has_just_lapsed_is_not_taken_up_once_its_half_is_called_off(
    app: Flask, part: str
) -> None:
    """A hold that nobody took counts until another claim meets it; calling off is such a claim."""
    c = life.lay()
    with transaction():
        (held,) = holds.hold(
            c.programme, c.school, [life.slot(c, c.tuesday, time(9), make.NOW)], who="Jo", now=make.NOW
        )
    later = make.NOW + timedelta(minutes=16)
    day, whose = life.TUESDAY, {"partnership_id": c.partnership.id, "troupe_id": c.red.id}
    with transaction():
        lost.call_off(
            Scope(first=day, last=day, part=part, **whose),
            key="1",
            reason="Ill",
            seen=[],
            who="Priya",
            now=later,
        )
    with pytest.raises(holds.NothingHeld), transaction():
        bookings.book(c.programme, c.school, [(held.id, life.promise())], who="Jo", now=later)
