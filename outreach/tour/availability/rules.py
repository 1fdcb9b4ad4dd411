"""Rules of a troupe for every day: rest between two days, lunch, how late it is back, whether it stays nights
away."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time

from sqlalchemy import select

from outreach.county import partnerships
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, day_short
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay

LONGEST_REST, LONGEST_LUNCH, EARLIEST_RETURN = 16, 120, time(12)
"""Hours, minutes, and the clock before which 'latest return' would leave no day."""


@dataclass(frozen=True, kw_only=True)
class TroupeRules:
    """As the columns of Troupe: hours, minutes (0: no lunch is asked for), None: as late as the day's hours
    say."""

    rest_hours: int = 11
    lunch_minutes: int = 30
    latest_return: time | None = None
    overnight_stays: bool = False


class RestTooLong(Refusal):
    field = "rest_hours"


class LunchTooLong(Refusal):
    field = "lunch_minutes"


class ReturnTooEarly(Refusal):
    field = "latest_return"


class NightsStand(Refusal):
    """Nights away are planned, and would not be allowed any more."""

    field = "overnight_stays"


def rules_of_troupe(troupe: Troupe) -> TroupeRules:
    return TroupeRules(**{name: getattr(troupe, name) for name in TroupeRules.__annotations__})


def settle(troupe: Troupe, rules: TroupeRules, *, who: str, now: datetime) -> None:
    """New rules from now on. Shows that stand keep their times; where they break a rule the diary warns.

    Raises RestTooLong, LunchTooLong, ReturnTooEarly, NightsStand.
    """
    if not 0 <= rules.rest_hours <= LONGEST_REST:
        raise RestTooLong(f"Rest lies between 0 and {LONGEST_REST} hours.")
    if not 0 <= rules.lunch_minutes <= LONGEST_LUNCH:
        raise LunchTooLong(f"Lunch lies between 0 and {LONGEST_LUNCH} minutes. 0 asks for none.")
    if rules.latest_return is not None and rules.latest_return < EARLIEST_RETURN:
        raise ReturnTooEarly("A latest return before midday would leave no day. Leave it empty for none.")
    partnerships.lock(troupe.company.partnership_id)
    db.session.refresh(troupe)
    if not rules.overnight_stays and (nights := _nights(troupe, now=now)):
        named = and_list(day_short(day) for day in nights[:3])
        more = f" and {len(nights) - 3} more" if len(nights) > 3 else ""
        raise NightsStand(
            f"{troupe.name} stays away on {named}{more}. Let it drive home on those days first."
        )
    before, after = history.differences(asdict(rules_of_troupe(troupe)), asdict(rules))
    for name, value in asdict(rules).items():
        setattr(troupe, name, value)
    db.session.flush()
    if after:
        history.record("changed rest and lunch", troupe, who=who, now=now, before=before, after=after)


def _nights(troupe: Troupe, *, now: datetime) -> list[date]:
    """The dates from today on after which it stays away."""
    return list(
        db.session.scalars(
            select(TourDay.day)
            .where(
                TourDay.troupe_id == troupe.id,
                TourDay.ended_at.is_(None),
                TourDay.day >= day_of(now),
                TourDay.stays_easting.is_not(None),
            )
            .order_by(TourDay.day)
        )
    )
