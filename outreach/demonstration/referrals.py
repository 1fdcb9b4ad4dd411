"""Referrals of the made-up county: monthly returns of two kinds over two years, one number corrected since, all
released, and residents aged 10 to 17."""

from datetime import datetime, timedelta
from random import Random

from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.coverage.reached import reached
from outreach.coverage.standings import standings_of_programme
from outreach.ground.timespans import day_of
from outreach.outcomes.referrals import district_numbers, joining, releases
from outreach.outcomes.referrals.district_numbers import NO_KIND, REFERRALS, RESIDENTS, Cell
from outreach.tour.programmes import Programme

SEED = 11
MONTHS = 24
KINDS = {"child criminal exploitation": 0.62, "child sexual exploitation": 0.48}
"""How many come a month for every 1,000 residents aged 10 to 17."""
AGED = {
    "Fenwold": 4_210,
    "Kestermere": 9_840,
    "Marlford City": 17_460,
    "North Marl": 6_120,
    "Saxby Downs": 7_380,
    "Teal Valley": 8_150,
}
ON_HOLIDAY, UNCOVERED = 0.6, 1.25
"""Fewer are referred in August; somewhat more where the play has been, as more is uncovered."""


def take_in(programme: Programme, percent: int, *, who: str, colleague: str, now: datetime) -> None:
    """Returns and residents, as two coordinators brought them in and released them: all but the newest month three
    weeks ago. A district is reached with `percent`."""
    random, partnership, today = Random(SEED), partnerships.get(programme.partnership_id), day_of(now)
    earlier = now - timedelta(days=21)
    district_numbers.set_percent(partnership, percent, who=who, now=earlier)
    districts = district_numbers.districts_of(partnership.id)
    target = standings_of_programme(programme.id, as_of=today, now=now).target
    reached_in = {d.code: joining.month_of(d.day) for d in reached(target, percent) if d.day is not None}
    this_month = joining.month_of(today)
    counts = {}
    for month in range(this_month - MONTHS, this_month):
        for code, name in districts.items():
            for kind, rate in KINDS.items():
                mean = AGED.get(name, 5_000) / 1000 * rate
                mean *= ON_HOLIDAY if month % 12 == 7 else 1
                mean *= UNCOVERED if month > reached_in.get(code, month) else 1
                counts[Cell(district_code=code, kind=kind, period=_period(month))] = _about(mean, random)
    typed_wrong = next(reversed(counts))
    residents = {
        Cell(district_code=code, kind=NO_KIND, period=year): round(AGED.get(name, 5_000) * grown)
        for code, name in districts.items()
        for year, grown in ((today.year - 2, 0.99), (today.year - 1, 1.0))
    }
    newest = {cell: number for cell, number in counts.items() if cell.period == typed_wrong.period}
    before = {cell: number for cell, number in counts.items() if cell not in newest}
    wrong = newest | {typed_wrong: 10 * counts[typed_wrong] + 1}
    right = {typed_wrong: counts[typed_wrong]}
    for about, numbers, source, by, then in (
        (RESIDENTS, residents, "Mid-year estimates, made up", colleague, earlier),
        (REFERRALS, before, "Front door, monthly returns", who, earlier),
        (REFERRALS, wrong, "Front door, return of the month", who, now - timedelta(hours=3)),
        (REFERRALS, right, "Front door, corrected return", who, now - timedelta(hours=2)),
    ):
        district_numbers.take_in(
            partnership, about, numbers, source=source, source_date=day_of(then), who=by, now=then
        )
        if numbers is before:
            _release(partnership, who=who, now=earlier + timedelta(hours=1))
    _release(partnership, who=who, now=now - timedelta(hours=1))


def _release(partnership: Partnership, *, who: str, now: datetime) -> None:
    cut = releases.cut_today(partnership.id, releases.newest(partnership.id), now=now)
    if cut.says_more:
        releases.release(partnership, as_shown=releases.fingerprint(cut), who=who, now=now)


def _about(mean: float, random: Random) -> int:
    """A whole number that comes about `mean` times."""
    return sum(random.random() < mean / 60 for _ in range(60))


def _period(month: int) -> int:
    return month // 12 * 100 + month % 12 + 1
