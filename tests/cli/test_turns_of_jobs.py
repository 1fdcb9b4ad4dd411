"""Jobs that see to every partnership: what breaks off, or is refused by the database, for one keeps no other back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

import make
from outreach.booking import limits
from outreach.cli import asking, privacy
from outreach.ground import whose
from outreach.ground.db import db, transaction
from outreach.planning.orders import TourPlan
from outreach.planning.planner_worker import claim
from outreach.privacy import sweep as sweeping
from walled import as_service, walled


def refused() -> OperationalError:
    return OperationalError("SELECT 1", None, Exception("canceling statement due to lock timeout"))


@pytest.mark.any_database
@pytest.mark.parametrize("fault", [ZeroDivisionError(), refused()])
def test_a_round_that_breaks_off_for_one_comes_to_all_others_and_is_said_to_have_failed(
    app: Flask, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(whose, "everybody", lambda: [1, 2, 3])
    came: list[str] = []

    def do() -> int:
        came.append(whose._bound.get())
        if came[-1] == "2":
            raise fault
        return 0

    with pytest.raises(type(fault)):
        asking._of_each(do, "the day's round")
    assert came == ["1", "2", "3"]


@pytest.mark.any_database
def test_a_sweep_that_the_database_refuses_one_comes_to_all_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        ids = [make.partnership((code,)).id for code in ("931", "932")]
    came: list[int | None] = []

    def erase(_task: object, partnership_id: int | None, *, now: object) -> int:
        if partnership_id not in came:
            came.append(partnership_id)
        if partnership_id == ids[0]:
            raise refused()
        return 0

    monkeypatch.setattr(sweeping, "next_batch", erase)
    with pytest.raises(OperationalError):
        privacy.erase_due(now=make.NOW, say=lambda _: None)
    assert came == [*ids, None]


def test_plans_are_drawn_up_by_turns_of_the_partnerships_that_asked(app: Flask) -> None:
    with transaction():
        one, other = (make.programme(make.partnership((code,))) for code in ("931", "932"))
        plans = [
            TourPlan(programme_id=of.id, name=str(n), asked_by="Priya", asked_at=make.NOW, rules={})
            for n, of in enumerate((one, one, one, other))
        ]
        for plan in plans:
            db.session.add(plan)
            db.session.flush()
    found, now = [], make.NOW
    for n in range(4):
        with transaction():
            found.append(claim(f"a planner/{n}", now))
        with transaction():
            plan = db.session.get_one(TourPlan, found[-1])
            plan.state, plan.finished_at = "failed", now
        now += timedelta(minutes=1)
    assert found == [plans[0].id, plans[3].id, plans[1].id, plans[2].id]


@pytest.mark.both_databases
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_round_for_one_writes_the_numbers_of_no_other(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a day's round of 150 would write those of all 150 times."""
    with transaction():
        ids = [make.programme(make.partnership((code,))).partnership_id for code in ("931", "932")]
    wrote: list[int] = []
    monkeypatch.setattr(limits, "write", lambda one, *_some, now: wrote.append(one) or 0)
    with walled(app), as_service(), whose.bound(ids[1]):
        limits.write_everywhere(now=make.NOW)
    assert wrote == [ids[1]]
    limits.write_everywhere(now=make.NOW)
    assert wrote == [ids[1], *ids]
