"""Companies that play, and their troupes: one cast, one van, a base."""

from dataclasses import asdict, dataclass
from datetime import datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.county import partnerships
from outreach.ground import history
from outreach.ground.db import Base, OfPartnership, db
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.geography import Place
from outreach.tour import typed_places

MOST = {"hours_a_day": 24, "hours_a_week": 168, "days_in_a_row": 31, "kilometres_a_week": 10_000}
"""The highest limit of each kind that makes sense."""


class Company(Base, OfPartnership):
    """Limits of a troupe's week as in limits.Limits; None: none was set."""

    __tablename__ = "company"
    in_history = ("company", "id")
    __table_args__ = (
        UniqueConstraint("partnership_id", "name"),
        Index("uq_company_id_partnership_id", "id", "partnership_id", unique=True),
        *(CheckConstraint(f"{name} BETWEEN 1 AND {most}", name=name) for name, most in MOST.items()),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    contact_name: Mapped[str] = mapped_column(Text, default="")
    contact_email: Mapped[str] = mapped_column(Text, default="")
    contact_phone: Mapped[str] = mapped_column(Text, default="")
    hours_a_day: Mapped[int | None]
    hours_a_week: Mapped[int | None]
    days_in_a_row: Mapped[int | None]
    kilometres_a_week: Mapped[int | None]


class Troupe(Base):
    """`base_*` is where the van starts and ends its day; unknown base: the day begins at the first hall.

    `rest_hours` lie between being back on one day and leaving on the next; `lunch_minutes` are free around
    noon on a day of two shows or more (0: none asked). `latest_return`: never back later, whatever the day's
    hours say. `overnight_stays`: it may stay the night where it played. `who_comes`, `vehicle`: as a school's
    sign-in desk asks for them, '' where nobody said. Costs are for a day with a show and
    for a straight kilometre; None where nobody said.
    """

    __tablename__ = "troupe"
    in_history = ("troupe", "id")
    __table_args__ = (UniqueConstraint("company_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    base_name: Mapped[str] = mapped_column(Text, default="")
    base_easting: Mapped[int | None]
    base_northing: Mapped[int | None]
    calendar_address: Mapped[str] = mapped_column(Text, default="")
    rest_hours: Mapped[int] = mapped_column(default=11, server_default="11")
    lunch_minutes: Mapped[int] = mapped_column(default=30, server_default="30")
    latest_return: Mapped[time | None]
    overnight_stays: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    who_comes: Mapped[str] = mapped_column(Text, default="", server_default="")
    vehicle: Mapped[str] = mapped_column(Text, default="", server_default="")
    cost_day_pence: Mapped[int | None]
    cost_km_pence: Mapped[int | None]

    company: Mapped[Company] = relationship(lazy="joined")

    @property
    def partnership_id(self) -> int:
        return self.company.partnership_id

    @property
    def base(self) -> Place | None:
        if self.base_easting is None or self.base_northing is None:
            return None
        return Place(easting=self.base_easting, northing=self.base_northing)


class CompanyNameTaken(Refusal):
    field = "name"


class TroupeNameTaken(Refusal):
    field = "name"


class BaseNotFound(Refusal):
    field = "base"


class NoSuchCompany(NoSuch):
    """There is none, or it is another partnership's; so with a troupe."""


@dataclass(frozen=True, kw_only=True)
class CompanyFacts:
    """Who they are and whom to ring."""

    name: str
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""


@dataclass(frozen=True, kw_only=True)
class TroupeFacts:
    """`calendar_address`: where the troupe's calendar entries go. `base` None: not known."""

    name: str
    base_name: str = ""
    base: Place | None = None
    calendar_address: str = ""


def of_partnership(partnership_id: int) -> list[Company]:
    """By name."""
    return list(
        db.session.scalars(
            select(Company).where(Company.partnership_id == partnership_id).order_by(Company.name)
        )
    )


def troupes(partnership_id: int) -> list[Troupe]:
    """Every troupe of every company, by company and name."""
    return list(
        db.session.scalars(
            select(Troupe)
            .join(Troupe.company)
            .where(Company.partnership_id == partnership_id)
            .order_by(Company.name, Troupe.name)
        )
    )


def get(partnership_id: int, company_id: int) -> Company:
    """Raises NoSuchCompany."""
    found = db.session.get(Company, company_id)
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchCompany("There is no such company here.")
    return found


def named(partnership_id: int, name: str) -> Company:
    """Raises NoSuchCompany."""
    found = db.session.scalar(
        select(Company).where(Company.partnership_id == partnership_id, Company.name == name)
    )
    if found is None:
        raise NoSuchCompany(f"There is no company called {name} here.")
    return found


def get_troupe(partnership_id: int, troupe_id: int) -> Troupe:
    """Raises NoSuchCompany."""
    found = db.session.get(Troupe, troupe_id)
    if found is None or found.company.partnership_id != partnership_id:
        raise NoSuchCompany("There is no such troupe here.")
    return found


def troupe_of(troupe_id: int) -> Troupe:
    """The troupe that a show or a tour day names."""
    return db.session.get_one(Troupe, troupe_id)


def add(partnership_id: int, facts: CompanyFacts, *, who: str, now: datetime) -> Company:
    """A new company. Raises CompanyNameTaken."""
    partnerships.lock(partnership_id)
    _check_name(partnership_id, facts.name)
    company = Company(partnership_id=partnership_id, **asdict(facts))
    db.session.add(company)
    db.session.flush()
    history.record("added", company, who=who, now=now, after=facts.name)
    return company


def change(company: Company, facts: CompanyFacts, *, who: str, now: datetime) -> None:
    """Raises CompanyNameTaken."""
    partnerships.lock(company.partnership_id)
    _check_name(company.partnership_id, facts.name, instead_of=company.id)
    _set(company, asdict(facts), who=who, now=now)


def add_troupe(company: Company, facts: TroupeFacts, *, who: str, now: datetime) -> Troupe:
    """One more cast and van. Raises TroupeNameTaken."""
    partnerships.lock(company.partnership_id)
    _check_troupe_name(company, facts.name)
    troupe = Troupe(company_id=company.id, **_columns(facts))
    db.session.add(troupe)
    db.session.flush()
    history.record("added", troupe, who=who, now=now, after=facts.name)
    return troupe


def change_troupe(troupe: Troupe, facts: TroupeFacts, *, who: str, now: datetime) -> None:
    """Raises TroupeNameTaken. Shows that stand keep their times, whatever the new base."""
    partnerships.lock(troupe.company.partnership_id)
    _check_troupe_name(troupe.company, facts.name, instead_of=troupe.id)
    _set(troupe, _columns(facts), who=who, now=now)


def set_costs(
    troupe: Troupe, *, day_pence: int | None, km_pence: int | None, who: str, now: datetime
) -> None:
    """What a day with a show and what a kilometre costs, in pence; None: not said. Season sheets reckon with
    it."""
    partnerships.lock(troupe.company.partnership_id)
    costs: dict[str, object] = {"cost_day_pence": day_pence, "cost_km_pence": km_pence}
    _set(troupe, costs, who=who, now=now)


def set_sign_in(troupe: Troupe, *, who_comes: str, vehicle: str, who: str, now: datetime) -> None:
    """Who comes with the troupe and in which vehicle. The history says that it changed and names nobody: what it holds
    is never erased."""
    partnerships.lock(troupe.company.partnership_id)
    db.session.refresh(troupe)
    if (troupe.who_comes, troupe.vehicle) == (who_comes, vehicle):
        return
    troupe.who_comes, troupe.vehicle = who_comes, vehicle
    db.session.flush()
    history.record("changed who comes", troupe, who=who, now=now)


def find_base(text: str) -> Place | None:
    """The place of what a person typed; None of nothing typed. Raises BaseNotFound."""
    if not text.strip():
        return None
    found = typed_places.find(text)
    if found is None:
        raise BaseNotFound(
            "We know no place by that. Enter another postcode, as of a school nearby, a grid reference like "
            "SP 513 061, or an easting and northing like 451300, 206100."
        )
    return found


def _check_name(partnership_id: int, name: str, *, instead_of: int | None = None) -> None:
    standing = db.session.scalar(
        select(Company.id).where(Company.partnership_id == partnership_id, Company.name == name)
    )
    if standing is not None and standing != instead_of:
        raise CompanyNameTaken(f"There is a company called {name} already.")


def _check_troupe_name(company: Company, name: str, *, instead_of: int | None = None) -> None:
    standing = db.session.scalar(
        select(Troupe.id).where(Troupe.company_id == company.id, Troupe.name == name)
    )
    if standing is not None and standing != instead_of:
        raise TroupeNameTaken(f"{company.name} has a troupe called {name} already.")


def _columns(facts: TroupeFacts) -> dict[str, object]:
    return {
        "name": facts.name,
        "base_name": facts.base_name,
        "base_easting": facts.base.easting if facts.base else None,
        "base_northing": facts.base.northing if facts.base else None,
        "calendar_address": facts.calendar_address,
    }


def _set(row: Company | Troupe, values: dict[str, object], *, who: str, now: datetime) -> None:
    before, after = history.differences({name: getattr(row, name) for name in values}, values)
    for name, value in values.items():
        setattr(row, name, value)
    db.session.flush()
    if after:
        history.record("changed", row, who=who, now=now, before=before, after=after)
