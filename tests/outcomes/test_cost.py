"""What a programme may spend and spent: entries with their undo, sums, and what the database refuses."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import make
from how_many import so_many
from little_tour import Tour, draw_up, stands
from outreach.coverage import standings
from outreach.ground import history
from outreach.ground.db import broken_guard, db, transaction
from outreach.ground.timespans import day_of
from outreach.outcomes.cost import budgets, priced_plan, sheet, spending, sums
from outreach.outcomes.cost.budgets import BILLED, RECKONED, BudgetSince
from outreach.outcomes.cost.priced_plan import PricedPlan
from outreach.outcomes.cost.spending import ChangedSince, NoSuchSpending, NothingSpent, Spending, Spent
from outreach.outcomes.cost.sums import Cost
from outreach.planning import ordering
from outreach.planning.orders import PlanLine
from outreach.planning.rules import PlanRules
from outreach.visits import season

LATER = make.NOW + timedelta(minutes=5)
LEAFLETS = Spent(day=date(2027, 1, 11), words="Leaflets", pence=38_640)


@pytest.fixture
def programme(app: Flask) -> Any:
    with transaction():
        return make.programme(make.partnership())


def entered(programme: Any, what: Spent = LEAFLETS, entry: str = "a form") -> Spending:
    return spending.enter(programme, what, entry=entry, who="Priya", now=make.NOW)


def standing(programme: Any) -> list[tuple[str, int]]:
    return [(row.words, row.pence) for row in spending.of_programme(programme.id)]


@pytest.mark.both_databases
def test_an_entry_is_kept_changed_and_taken_out_and_each_is_undone(programme: Any) -> None:
    with transaction():
        row = entered(programme)
        assert entered(programme).id == row.id, "a form sent twice enters once"
    with transaction():
        dearer = spending.change(
            row, Spent(day=LEAFLETS.day, words="Leaflets", pence=40_000), who="Sam", now=LATER
        )
    assert standing(programme) == [("Leaflets", 40_000)]
    with transaction():
        spending.undo(dearer, who="Sam", now=LATER + timedelta(minutes=1))
    assert standing(programme) == [("Leaflets", 38_640)]
    (put_back,) = spending.of_programme(programme.id)
    with transaction():
        spending.take_out(put_back, who="Sam", now=LATER + timedelta(minutes=2))
    assert standing(programme) == []
    with transaction():
        spending.undo(put_back, who="Sam", now=LATER + timedelta(minutes=3))
    assert standing(programme) == [("Leaflets", 38_640)]
    with transaction():
        other = entered(programme, Spent(day=date(2027, 1, 12), words="Room", pence=-500), "another form")
        spending.undo(other, who="Priya", now=LATER)
    assert standing(programme) == [("Leaflets", 38_640)]
    deeds = [row.what for row in db.session.scalars(db.select(history.History).order_by(history.History.id))]
    assert deeds == ["entered", "changed", "undone", "taken out", "undone", "entered", "undone"]
    assert "Leaflets" not in str([row.after for row in db.session.scalars(db.select(history.History))])


@pytest.mark.both_databases
def test_what_was_known_on_a_day_stays_known(programme: Any) -> None:
    with transaction():
        row = entered(programme)
    with transaction():
        spending.change(row, Spent(day=LEAFLETS.day, words="Leaflets", pence=1), who="Sam", now=LATER)
    for by, pence in ((make.NOW, []), (LATER, [38_640]), (LATER + timedelta(minutes=1), [1])):
        assert [each.pence for each in spending.of_programme(programme.id, by=by)] == pence


def test_a_deed_upon_what_changed_since_is_refused(programme: Any) -> None:
    with transaction():
        row = entered(programme)
        newer = spending.change(row, Spent(day=LEAFLETS.day, words="x", pence=1), who="Sam", now=LATER)
    for deed in (
        lambda: spending.change(row, LEAFLETS, who="Priya", now=LATER),
        lambda: spending.take_out(row, who="Priya", now=LATER),
        lambda: spending.undo(row, who="Priya", now=LATER),
    ):
        with pytest.raises(ChangedSince), transaction():
            deed()
    with pytest.raises(NothingSpent), transaction():
        spending.change(newer, Spent(day=LEAFLETS.day, words="x", pence=0), who="Priya", now=LATER)
    with transaction():
        other = make.partnership(("932",))
    with pytest.raises(NoSuchSpending):
        spending.get(other.id, newer.id)


@pytest.mark.both_databases
def test_a_budget_is_set_and_what_stood_before_is_put_back(programme: Any) -> None:
    with transaction():
        first = budgets.set_budget(programme, 2_400_000, RECKONED, who="Priya", now=make.NOW)
        assert budgets.set_budget(programme, 2_400_000, RECKONED, who="Priya", now=make.NOW).id == first.id
    with transaction():
        second = budgets.set_budget(programme, 3_000_000, BILLED, who="Priya", now=LATER)
    held = budgets.newest(programme.id, by=LATER)
    assert held is not None and held.pence == 2_400_000
    with pytest.raises(BudgetSince), transaction():
        budgets.put_back(programme, first.id, who="Priya", now=LATER)
    with transaction():
        back = budgets.put_back(programme, second.id, who="Priya", now=LATER)
    assert (back.pence, back.days_are) == (2_400_000, RECKONED)
    with pytest.raises(BudgetSince), transaction():
        budgets.put_back(programme, second.id, who="Priya", now=LATER)


def test_the_first_budget_undone_is_none(programme: Any) -> None:
    with transaction():
        row = budgets.set_budget(programme, 100, BILLED, who="Priya", now=make.NOW)
        back = budgets.put_back(programme, row.id, who="Priya", now=LATER)
    assert (back.pence, back.days_are) == (None, RECKONED)


WRONG = {
    "nothing spent": ("UPDATE spending SET pence = 0", "spending_stays"),
    "other words": ("UPDATE spending SET words = 'x'", "spending_stays"),
    "another's programme": ("UPDATE spending SET programme_id = :theirs", "spending_stays"),
    "another's partnership": ("UPDATE spending SET partnership_id = :other", "fk_spending_programme_id"),
    "ended by nobody": ("UPDATE spending SET ended_at = recorded_at", "ck_spending_ended"),
    "an entry that stands twice": (
        "INSERT INTO spending (partnership_id, programme_id, entry, day, words, pence, recorded_at, who) "
        "SELECT partnership_id, programme_id, entry, day, words, pence, recorded_at, who FROM spending",
        "uq_spending_standing",
    ),
    "an entry of nothing": (
        "INSERT INTO spending (partnership_id, programme_id, entry, day, words, pence, recorded_at, who) "
        "SELECT partnership_id, programme_id, 'y', day, words, 0, recorded_at, who FROM spending",
        "ck_spending_pence",
    ),
    "an entry for nothing": (
        "INSERT INTO spending (partnership_id, programme_id, entry, day, words, pence, recorded_at, who) "
        "SELECT partnership_id, programme_id, 'y', day, '', 1, recorded_at, who FROM spending",
        "ck_spending_said",
    ),
    "an entry in another's programme": (
        "INSERT INTO spending (partnership_id, programme_id, entry, day, words, pence, recorded_at, who) "
        "SELECT partnership_id, :theirs, 'y', day, words, 1, recorded_at, who FROM spending",
        "fk_spending_programme_id",
    ),
    "another budget in its place": ("UPDATE programme_budget SET pence = 1", "programme_budget_stays"),
    "less than nothing": (
        "INSERT INTO programme_budget (partnership_id, programme_id, pence, days_are, recorded_at, who) "
        "SELECT partnership_id, programme_id, -1, days_are, recorded_at, who FROM programme_budget",
        "ck_programme_budget_pence",
    ),
    "days that are neither": (
        "INSERT INTO programme_budget (partnership_id, programme_id, pence, days_are, recorded_at, who) "
        "SELECT partnership_id, programme_id, 1, 'both', recorded_at, who FROM programme_budget",
        "ck_programme_budget_days_are",
    ),
    "a budget of another's programme": (
        "INSERT INTO programme_budget (partnership_id, programme_id, pence, days_are, recorded_at, who) "
        "SELECT partnership_id, :theirs, 1, days_are, recorded_at, who FROM programme_budget",
        "fk_programme_budget_programme_id",
    ),
}


@pytest.mark.both_databases
def test_the_database_refuses(programme: Any) -> None:
    with transaction():
        entered(programme)
        budgets.set_budget(programme, 100, RECKONED, who="Priya", now=make.NOW)
        theirs = make.programme(make.partnership(("932",)))
        given = {"theirs": theirs.id, "other": theirs.partnership_id}
    for what, (statement, guard) in WRONG.items():
        with pytest.raises(IntegrityError) as refused, transaction():
            db.session.execute(text(statement), {k: v for k, v in given.items() if f":{k}" in statement})
        said = str(refused.value.orig)
        assert (
            broken_guard(refused.value) == guard
            or "FOREIGN KEY constraint failed" in said
            or ("UNIQUE constraint failed" in said and guard.startswith("uq_"))
        ), (what, said)


@pytest.fixture
def year(app: Flask) -> Any:
    """A tour of which one day was played, one is booked, and the gaps have a plan."""
    with transaction():
        c = SimpleNamespace(tour=Tour(schools=7, days=3))
        c.programme, c.schools = c.tour.programme, c.tour.schools
        c.tour.troupe.cost_day_pence, c.tour.troupe.cost_km_pence = 64_000, 45
        past = make.tour_day(c.programme, c.tour.troupe, date(2027, 1, 12))
        c.tour.days.append(past)
        played = make.booking(
            stands(c.tour, c.schools[0], datetime(2027, 1, 12, 10).time(), past.day), {8: 100}
        )
        make.report(played, "school", played.performance.ends_at, {8: 96, 9: 95})
        make.booking(
            stands(c.tour, c.schools[1], datetime(2027, 3, 1, 10).time(), c.tour.days[0].day),
            {8: 100, 9: 100},
        )
    return c


def money(c: Any, now: datetime = make.NOW) -> tuple[Cost, PricedPlan | None]:
    reckoning = standings.standings_of_programme(c.programme.id, as_of=day_of(now), now=now)
    found = season.season_of_year(c.programme.partnership_id, 2026, now=now)
    return sums.of_programme(reckoning, found), priced_plan.best(reckoning, found, now=now)


@pytest.mark.both_databases
def test_spent_is_each_day_so_far_its_road_and_what_was_entered(year: Any) -> None:
    with transaction():
        budgets.set_budget(year.programme, 300_000, RECKONED, who="Priya", now=make.NOW)
        entered(year.programme)
        entered(year.programme, Spent(day=date(2027, 3, 1), words="Hall", pence=5_000), "another")
    found, plan = money(year)
    assert plan is None
    # 10 km of road to the first school and back, 20 to the second.
    assert (found.entered, found.spent) == (38_640, 38_640 + 64_000 + 450)
    assert found.promised == 64_000 + 900 + 5_000
    assert found.left == 300_000 - found.spent - found.promised
    assert (found.shows, found.pupils, found.schools) == (1, 191, 1)
    assert found.a_show == found.a_school == found.spent and found.a_pupil == round(found.spent / 191)
    assert found.is_estimate and not found.unpriced
    lines = list(sheet.lines(found, None))
    so_far = [line for line in lines if line[0] in ("Days so far", "Entered") and line[2] != date(2027, 3, 1)]
    assert sum(line[4] for line in so_far) == lines[1][4] == sheet.in_pounds(found.spent)


SHOWS = some.lists(some.tuples(some.booleans(), some.booleans()), min_size=1, max_size=2)


@settings(max_examples=so_many(200))
@given(some.lists(some.tuples(some.integers(-3, 3), SHOWS), max_size=8))
def test_money_and_performances_are_of_the_same_days(tour: list[tuple[int, list[tuple[bool, bool]]]]) -> None:
    today = date(2027, 1, 19)
    troupe = SimpleNamespace(
        id=1, name="Red van", cost_day_pence=64_000, cost_km_pence=45, company=SimpleNamespace(name="A")
    )
    days: Any = [
        SimpleNamespace(
            tour_day=SimpleNamespace(day=today + timedelta(days=after), troupe_id=1),
            troupe=troupe,
            kilometres=n,
            shows=[
                SimpleNamespace(played=played, over=after < 0 or (after == 0 and over))
                for played, over in shows
            ],
        )
        for n, (after, shows) in enumerate(tour)
    ]
    found = sums.summed(None, [], days, today=today, pupils=0, schools=0)
    performances = spent = promised = 0
    for n, (after, shows) in enumerate(tour):
        price, over = 64_000 + 45 * n, [after < 0 or (after == 0 and late) for _, late in shows]
        took_place = [played for (played, _), done in zip(shows, over, strict=True) if done].count(True)
        performances += took_place
        spent += price if took_place else 0
        promised += price if not took_place and False in over else 0
    assert (found.shows, found.spent, found.promised) == (performances, spent, promised)


@pytest.mark.both_databases
def test_a_performance_before_the_programmes_year_counts_with_its_money(year: Any) -> None:
    before = money(year)[0]
    with transaction():
        early = make.tour_day(year.programme, year.tour.troupe, date(2026, 7, 7))
        year.tour.days.append(early)
        booking = stands(year.tour, year.schools[2], datetime(2026, 7, 7, 10).time(), early.day)
        seen = make.booking(booking, {8: 100, 9: 100}, at=datetime(2026, 6, 1, tzinfo=UTC))
        make.report(seen, "school", seen.performance.ends_at, {8: 100, 9: 100})
    found = money(year)[0]
    assert (found.shows, found.spent - before.spent) == (2, 64_000 + 30 * 45)


def test_bills_stand_in_place_of_days(year: Any) -> None:
    with transaction():
        budgets.set_budget(year.programme, 300_000, BILLED, who="Priya", now=make.NOW)
        entered(year.programme)
    found, _ = money(year)
    assert (found.spent, found.promised, found.left) == (38_640, 0, 300_000 - 38_640)
    assert not found.is_estimate and found.played == ()


def test_a_troupe_without_a_price_is_named_and_nothing_is_made_up(year: Any) -> None:
    with transaction():
        year.tour.troupe.cost_day_pence = None
    found, _ = money(year)
    assert (found.spent, [troupe.name for troupe in found.unpriced]) == (450, ["Red van"])


def test_nothing_costs_nothing_and_a_share_of_nobody_is_not_said(programme: Any) -> None:
    found = sums.summed(None, [], [], today=date(2027, 1, 19), pupils=0, schools=0)
    assert found.is_empty and (found.a_show, found.a_pupil, found.a_school) == (None, None, None)
    assert [sums.share(pence, 3) for pence in (0, 1, 2, 100, 101)] == [0, 0, 1, 33, 34]


def test_the_plans_days_are_priced_by_their_fee_and_the_road_that_they_add(year: Any) -> None:
    with transaction():
        ordering.order(year.programme, PlanRules(seconds=60), name="", who="Priya", now=make.NOW)
    draw_up()
    found, plan = money(year, make.NOW + timedelta(hours=1))
    assert plan is not None and plan.target == 7
    assert plan.covered == 2, "the school that saw it and the one that is booked"
    bought = {organisation_id for step in plan.steps for organisation_id in step.day.organisation_ids}
    assert bought == {school.organisation_id for school in year.schools[2:]} and not plan.missing
    assert not all(step.day.is_new for step in plan.steps), (
        "there is room for all only beside the booked show"
    )
    first = plan.steps[0]
    if first.day.is_new:
        assert all(step.day.is_new for step in plan.steps)
    else:
        assert (first.pence or 0) < 64_000, "a day in use costs its road alone"
    for step in plan.steps:
        # Schools stand on one line from the base: out to the farthest and back, less what is driven already.
        away = max(
            5 * (1 + [s.organisation_id for s in year.schools].index(organisation_id))
            for organisation_id in step.day.organisation_ids
        )
        kilometres = 2 * away if step.day.is_new else max(0, 2 * away - 20)
        assert step.day.pence == (64_000 if step.day.is_new else 0) + 45 * kilometres
    assert plan.steps[-1].reached == 7 and plan.marks[-1].step == plan.steps[-1]
    assert plan.steps[-1].pence == sum(step.day.pence or 0 for step in plan.steps)
    each = [(step.day.pence or 0) / len(step.day.organisation_ids) for step in plan.steps]
    assert each == sorted(each)
    assert found.budget is None


def test_what_is_struck_booked_since_or_over_has_no_price(year: Any) -> None:
    with transaction():
        plan = ordering.order(year.programme, PlanRules(seconds=60), name="", who="Priya", now=make.NOW)
    draw_up()
    with transaction():
        lines = {line.organisation_id: line for line in db.session.scalars(db.select(PlanLine))}
        struck = lines[year.schools[5].organisation_id]
        struck.state = "struck"
        struck_name = year.schools[5].name
    _, found = money(year, make.NOW + timedelta(hours=1))
    assert found is not None and list(found.missing) == [struck_name]
    assert found.marks[-1].step is None and found.marks[-1].short == 1
    _, later = money(year, datetime(2027, 6, 1, 12, tzinfo=UTC))
    assert later is not None and later.steps == [] and later.plan.id == plan.id
