"""Limits that a company sets to the weeks of its troupes: hours a day and a week, days in a row, kilometres a week."""

from dataclasses import asdict, dataclass
from datetime import datetime

from outreach.county import partnerships
from outreach.ground import history
from outreach.ground.db import db
from outreach.tour.companies import Company


@dataclass(frozen=True, kw_only=True)
class Limits:
    """As the columns of Company; None: no limit. Hours go from leaving to being home, kilometres are as Roads.far."""

    hours_a_day: int | None = None
    hours_a_week: int | None = None
    days_in_a_row: int | None = None
    kilometres_a_week: int | None = None

    @property
    def any(self) -> bool:
        return any(said is not None for said in asdict(self).values())


def limits_of(company: Company) -> Limits:
    return Limits(**{name: getattr(company, name) for name in Limits.__annotations__})


def settle(company: Company, limits: Limits, *, who: str, now: datetime) -> None:
    """New limits, for every week that is looked at from now on. They forbid nothing: a week over them says so."""
    partnerships.lock(company.partnership_id)
    db.session.refresh(company)
    before, after = history.differences(asdict(limits_of(company)), asdict(limits))
    for name, value in asdict(limits).items():
        setattr(company, name, value)
    db.session.flush()
    if after:
        history.record("changed limits", company, who=who, now=now, before=before, after=after)
