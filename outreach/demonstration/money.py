"""The money of the made-up year: what a troupe's day costs, a budget, and what was paid besides."""

from datetime import datetime, timedelta

from outreach.demonstration.seasons import TourSeason
from outreach.ground.timespans import day_of
from outreach.outcomes.cost import budgets, spending
from outreach.outcomes.cost.budgets import RECKONED
from outreach.outcomes.cost.spending import Spent
from outreach.tour import companies
from outreach.tour.programmes import Programme

BUDGET, A_DAY, A_KILOMETRE = 36_000_00, 640_00, 45

PAID = (
    (-50, "Rights of the script", 1_200_00),
    (-20, "4,000 leaflets for families", 386_40),
    (-6, "Training of the cast in safeguarding", 450_00),
    (30, "Posters with the code", 74_50),
)
"""(Days after the first show, what for, pence.)"""


def spend(programme: Programme, season: TourSeason, *, who: str, now: datetime) -> None:
    """Every troupe has its price, the programme its budget, and each amount is entered the day after it was paid."""
    for troupe in companies.troupes(programme.partnership_id):
        companies.set_costs(troupe, day_pence=A_DAY, km_pence=A_KILOMETRE, who=who, now=now)
    began = now - (day_of(now) - season.behind[0]) - timedelta(days=60)
    budgets.set_budget(programme, BUDGET, RECKONED, who=who, now=began)
    for after, words, pence in PAID:
        day = season.behind[0] + timedelta(days=after)
        if day < day_of(now):
            spending.enter(
                programme,
                Spent(day=day, words=words, pence=pence),
                entry=words,
                who=who,
                now=min(now, now - (day_of(now) - day) + timedelta(days=1)),
            )
