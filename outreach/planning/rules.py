"""Request for a plan: which days and troupes, what counts how much, and what is only supposed. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Self

from outreach.ground.errors import Refusal
from outreach.ground.school_year import last_day, year_name
from outreach.ground.wording import and_list, count, day_short
from outreach.tour.planning import day_wishes, worth
from outreach.tour.planning.day_wishes import FREE, MUCH, NOT_AT_ALL, PRICE, STRENGTHS, WISHES, Wishes
from outreach.tour.planning.nights_away import TIMES
from outreach.tour.planning.problem import CannotPlan
from outreach.tour.planning.worth import PUPILS, SCHOOLS, Weights

SECONDS = (10, 30, 60, 180)
"""How long the planner may think, to choose from: longer finds a little less driving, seldom more schools."""

MOST_SECONDS, MOST_DAYS, MOST_EXTRA_DAYS, MOST_LATER, MOST_APART = 600, 400, 100, 180, 600
MOST_NIGHT, MOST_POUNDS = 600, 5_000


class RulesMakeNoSense(Refusal):
    """A rule that no plan can be drawn up by; `field` says which."""


@dataclass(frozen=True, kw_only=True)
class PlanRules:
    """The rules of one plan. `troupes`: ids, () is all. `days_at_most`: tour days to use, None is all that
    there are.

    `until`: the last day. `drawn_later_from`: no new show of a school that a lot put among those asked later is before
    that day. `school`, `behind`, `never_seen` and `apart`: minutes of driving that a school, one
    of a district behind, one never seen before, and a second district on one day count as. Supposed only, for
    'what if': a troupe more (`extra_troupe` its name, `extra_easting`, `extra_northing` its base) on the same
    dates, `extra_days` more for the first troupe, and shows that may end, and the troupe be back, `later`
    minutes later. `moves`: proposals that wait may move, each at a price. `wish_*`: how much it matters by what the
    days are dealt, `weeks_filled` one after the other, not evenly. `wish_nights`: how much nights away matter, each of
    which counts as `night_minutes` of driving and costs a troupe `night_pounds`.
    """

    troupes: tuple[int, ...] = ()
    days_at_most: int | None = None
    until: date | None = None
    drawn_later_from: date | None = None
    first: str = SCHOOLS
    school: float = worth.USUAL.school
    behind: float = worth.USUAL.behind
    never_seen: float = worth.USUAL.never_seen
    apart: int = 0
    guests: bool = False
    whole_schools: bool = False
    declined_too: bool = False
    seconds: int = 10
    extra_troupe: str = ""
    extra_easting: int | None = None
    extra_northing: int | None = None
    extra_days: int = 0
    later: int = 0
    moves: bool = False
    wish_behind: str = FREE
    wish_near: str = FREE
    wish_weeks: str = FREE
    weeks_filled: bool = False
    wish_nights: str = MUCH
    night_minutes: int = 120
    night_pounds: int = 150

    @property
    def wishes(self) -> Wishes:
        return Wishes(
            behind=self.wish_behind, near=self.wish_near, weeks=self.wish_weeks, filled=self.weeks_filled
        )

    def by_wishes(self, wishes: Wishes, *, nights: str) -> Self:
        """The same rules, but for these wishes."""
        return replace(
            self,
            wish_behind=wishes.behind,
            wish_near=wishes.near,
            wish_weeks=wishes.weeks,
            weeks_filled=wishes.filled,
            wish_nights=nights,
        )

    @property
    def weights(self) -> Weights:
        return Weights(school=self.school, behind=self.behind, never_seen=self.never_seen)

    @property
    def is_supposed(self) -> bool:
        """It rests on troupes, days or hours that are not there: to compare with, not to accept whole."""
        return bool(self.extra_troupe or self.extra_days or self.later)


_DAYS = ("until", "drawn_later_from")


def pack(rules: PlanRules) -> dict[str, Any]:
    """As JSON holds it."""
    packed = asdict(rules)
    return packed | {
        "troupes": list(rules.troupes),
        **{name: day.isoformat() if (day := getattr(rules, name)) else None for name in _DAYS},
    }


def unpack(packed: Mapping[str, Any]) -> PlanRules:
    """As `pack` left it; what it did not know yet is as usual."""
    known = {name: value for name, value in packed.items() if name in PlanRules.__dataclass_fields__}
    known |= {name: date.fromisoformat(day) if (day := known.get(name)) else None for name in _DAYS}
    return PlanRules(**known | {"troupes": tuple(known.get("troupes", ()))})


def check(rules: PlanRules, *, academic_year: int, today: date) -> None:
    """Raises RulesMakeNoSense with the first rule that does not."""
    if rules.until is not None and rules.until <= today:
        raise RulesMakeNoSense("The day to finish by must be after today.", field="until")
    if rules.until is not None and rules.until > last_day(academic_year):
        raise RulesMakeNoSense(
            f"The programme is of {year_name(academic_year)}, which ends on {day_short(last_day(academic_year))}. "
            "Finish by then.",
            field="until",
        )
    if (
        rules.drawn_later_from is not None
        and rules.until is not None
        and rules.drawn_later_from > rules.until
    ):
        raise RulesMakeNoSense(
            "Schools drawn for later could not be visited at all: this is after the day to finish by.",
            field="drawn_later_from",
        )
    _between(
        rules.days_at_most, 1, MOST_DAYS, "days_at_most", "Use at least one tour day, and at most {most}."
    )
    _between(rules.seconds, 1, MOST_SECONDS, "seconds", "Give the planner from one to {most} seconds.")
    _between(rules.extra_days, 0, MOST_EXTRA_DAYS, "extra_days", "Suppose from none to {most} more days.")
    _between(rules.later, 0, MOST_LATER, "later", "Suppose a finish from 0 to {most} minutes later.")
    _between(
        rules.apart,
        0,
        MOST_APART,
        "apart",
        "A second district on one day counts as 0 to {most} minutes of driving.",
    )
    for wish in WISHES:
        if rules.wishes.strength(wish) not in STRENGTHS:
            raise RulesMakeNoSense("Choose how much each wish matters.", field=f"wish_{wish}")
    if rules.wish_nights not in (NOT_AT_ALL, *TIMES):
        raise RulesMakeNoSense("Choose how much nights away matter.", field="wish_nights")
    _between(
        rules.night_minutes,
        0,
        MOST_NIGHT,
        "night_minutes",
        "A night counts as 0 to {most} minutes of driving.",
    )
    _between(rules.night_pounds, 0, MOST_POUNDS, "night_pounds", "A night costs from 0 to {most} pounds.")
    if rules.first not in (SCHOOLS, PUPILS):
        raise RulesMakeNoSense("Choose whether schools or pupils come first.", field="first")
    for field in ("school", "behind", "never_seen"):
        try:
            worth.check(Weights(**{field: getattr(rules, field)}))
        except CannotPlan as refusal:
            raise RulesMakeNoSense(str(refusal), field=field) from refusal


def _between(value: int | None, least: int, most: int, field: str, words: str) -> None:
    if value is not None and not least <= value <= most:
        raise RulesMakeNoSense(words.format(most=most), field=field)


def words(rules: PlanRules, troupe_names: Mapping[int, str]) -> list[str]:
    """The rules in words, the supposed ones last."""
    said = ["Pupils first" if rules.first == PUPILS else "Schools first"]
    if rules.troupes:
        said.append(
            f"only {and_list(troupe_names.get(each, 'a troupe that is gone') for each in rules.troupes)}"
        )
    if rules.days_at_most is not None:
        said.append(f"at most {count(rules.days_at_most, 'tour day')}")
    if rules.until is not None:
        said.append(f"finished by {day_short(rules.until)}")
    if rules.drawn_later_from is not None:
        said.append(f"schools drawn for later not before {day_short(rules.drawn_later_from)}")
    if rules.apart:
        said.append(f"a second district on one day counts as {count(rules.apart, 'minute')} of driving")
    if rules.guests:
        said.append("small schools may join a neighbour")
    if rules.whole_schools:
        said.append("whole schools only")
    if rules.declined_too:
        said.append("with schools that said no")
    usual = PlanRules()
    for value, before, name in (
        (rules.school, usual.school, "a school"),
        (rules.behind, usual.behind, "a district behind"),
        (rules.never_seen, usual.never_seen, "a school never seen before"),
    ):
        if value != before:
            said.append(f"{name} counts as {count(round(value), 'minute')} of driving")
    said += _wished(rules.wishes)
    if rules.wish_nights != usual.wish_nights:
        said.append(f"nights away: {rules.wish_nights}")
    if (rules.night_minutes, rules.night_pounds) != (usual.night_minutes, usual.night_pounds):
        said.append(
            f"a night counts as {count(rules.night_minutes, 'minute')} of driving and £{rules.night_pounds}"
        )
    if rules.moves:
        said.append("proposals that wait may move where that gains")
    return said + [f"supposing {each}" for each in supposed(rules)]


NIGHTS = "nights"
"""The wish for nights away: proposed once the days are dealt, so that it moves nobody."""

WISH_NAMES = {
    day_wishes.BEHIND: "furthest behind first",
    day_wishes.NEAR: "weeks near each other",
    day_wishes.WEEKS: "even weeks",
    NIGHTS: "nights away",
}

FILLED = "weeks filled one after the other"


def wish_name(wish: str, wishes: Wishes) -> str:
    return FILLED if wish == day_wishes.WEEKS and wishes.filled else WISH_NAMES[wish]


def _wished(wishes: Wishes) -> list[str]:
    """The wishes that are not as usual: as far as they cost no driving, and weeks even."""
    said = []
    for wish in WISHES:
        strength, name = wishes.strength(wish), wish_name(wish, wishes)
        if strength in PRICE:
            said.append(f"{name}: {strength}")
        elif strength != FREE:
            said.append(f"{name} does not matter")
        elif name == FILLED:
            said.append(name)
    return said


def supposed(rules: PlanRules) -> list[str]:
    """What is not there and only supposed."""
    said = []
    if rules.extra_troupe:
        said.append(f"one troupe more, ‘{rules.extra_troupe}’, on the same dates")
    if rules.extra_days:
        said.append(count(rules.extra_days, "tour day") + " more")
    if rules.later:
        said.append(f"shows that may end {count(rules.later, 'minute')} later")
    return said
