"""Decisions of a coordinator on single schools and bodies against the rule of the target; dated, with a reason."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import bodies, partnerships, schools
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import Base, Instant, YearGroups, db, made_once
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import row_number, row_numbers
from outreach.ground.school_year import STAFF, year_groups_name
from outreach.tour.adults import ALL, NO_SCHOOLS, PICKED
from outreach.tour.programmes import Programme, adult_target, check_target, target_year_groups


class DecisionReasonMissing(Refusal):
    field = "reason"


class CannotBeTakenIn(Refusal):
    """A school that is not there, or year groups that the programme is not for: the word could not hold."""

    field = "kind"


class NobodyMeant(Refusal):
    """Nobody here is of the phases and types, or of the kinds of bodies, that a programme for adults chose, or was
    picked for it."""

    field = "phases"


class NotASchoolHere(Refusal):
    """A line of a list of picked schools that names none of the partnership's."""

    field = "picked"


class NothingDecided(Refusal):
    """There is no exclusion or inclusion of that school to withdraw."""


EXCLUDE, INCLUDE, WITHDRAW = "exclude", "include", "withdraw"


class TargetDecision(Base):
    """A coordinator took a school or a body out of the target, or in by naming its year groups; the newest row
    holds. `lot`: the key that those taken out in one deed have in common."""

    __tablename__ = "target_decision"
    __table_args__ = (
        Index("ix_target_decision_programme", "programme_id", "organisation_id", "id"),
        CheckConstraint("kind IN ('exclude', 'include', 'withdraw')", name="kind"),
        CheckConstraint("kind <> 'include' OR year_groups <> ''", name="include"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    kind: Mapped[str] = mapped_column(Text)
    year_groups: Mapped[tuple[int, ...]] = mapped_column(YearGroups, default=())
    reason: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    lot: Mapped[str | None] = mapped_column(Text)


def exclude(
    programme: Programme,
    organisation: Organisation,
    *,
    reason: str,
    lot: str | None = None,
    who: str,
    now: datetime,
) -> TargetDecision:
    """Take a school out of the target, with others of a `lot` or alone. Raises ReasonMissing."""
    return _decide(programme, organisation, EXCLUDE, (), reason=reason, lot=lot, who=who, now=now)


def include(
    programme: Programme,
    organisation: Organisation,
    year_groups: tuple[int, ...],
    *,
    reason: str,
    who: str,
    now: datetime,
) -> TargetDecision:
    """Take a school into the target by naming its year groups; from then on it counts, whatever the rule
    says. For a programme for adults it is taken in with its staff, as a body is.

    Raises CannotBeTakenIn where it could not, NobodyToSeeIt, NoSuchYearGroup, ReasonMissing.
    """
    if programme.for_adults:
        year_groups = (STAFF,)
    else:
        check_target(year_groups, for_adults=False)
    if organisation.is_body and not programme.for_adults:
        raise CannotBeTakenIn(f"{organisation.name} has no pupils. Take it into a programme for adults.")
    if organisation.is_body and not organisation.is_open:
        raise CannotBeTakenIn(
            f"{organisation.name} is closed. Open it again first, or take in the one that followed it."
        )
    if not organisation.is_open:
        raise CannotBeTakenIn(
            f"{organisation.name} cannot be taken in: the register says ‘{organisation.status}’. Correct its status "
            f"if that is wrong, "
            "or take in the school that followed it."
        )
    meant = target_year_groups(programme.id)
    if not programme.for_adults and not set(year_groups) & set(meant):
        raise CannotBeTakenIn(f"This programme is for {year_groups_name(meant)}. Name at least one of these.")
    return _decide(programme, organisation, INCLUDE, year_groups, reason=reason, who=who, now=now)


def pick(programme: Programme, text: str, *, who: str, now: datetime) -> None:
    """Take in the schools that a coordinator names, by URN or DfE number, a line each; those that are in already stay
    as they are. Afterwards somebody must be meant.

    Raises NotASchoolHere, CannotBeTakenIn, NobodyMeant.
    """
    chosen = adult_target(programme.id)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and chosen.schools != PICKED:
        raise NotASchoolHere("Clear the list of schools, or choose ‘Only schools that we pick’.")
    already = {u for u, decision in decisions(programme.id).items() if decision.kind == INCLUDE}
    for organisation in _named(programme, lines):
        if organisation.organisation_id not in already:
            include(programme, organisation, (), reason="Picked for this programme", who=who, now=now)
            already.add(organisation.organisation_id)
    if chosen.schools == PICKED:
        if not already:
            raise NobodyMeant("Pick at least one school: a URN or DfE number a line.", field="picked")
    elif chosen.schools == NO_SCHOOLS:
        if not any(
            b.is_open and b.type_of_establishment in chosen.kinds
            for b in bodies.of_partnership(programme.partnership_id)
        ):
            raise NobodyMeant(
                f"No body here is meant: the list of bodies has none of {chosen.which_bodies}.", field="kinds"
            )
    elif chosen.schools != ALL:
        here = schools.kinds([a.la_code for a in partnerships.authorities(programme.partnership_id)])
        if not any(chosen.takes(phase, kind, picked=False) for phase, kind in here):
            raise NobodyMeant(f"No open school here is meant: there are no {chosen.which_schools}.")


def taken_in(programme: Programme) -> list[Organisation]:
    """The schools that coordinators took in, by name."""
    found = [u for u, decision in decisions(programme.id).items() if decision.kind == INCLUDE]
    return sorted(schools.of_urns(found), key=lambda s: (s.name.casefold(), s.organisation_id))


def _named(programme: Programme, lines: list[str]) -> list[Organisation]:
    """The schools of the partnership that some lines name, each once, in their order."""
    codes = [a.la_code for a in partnerships.authorities(programme.partnership_id)]
    by_number = schools.of_laestabs(lines, codes)
    by_urn = {s.organisation_id: s for s in schools.of_urns(row_numbers(lines)) if s.la_code in codes}
    found: dict[int, Organisation] = {}
    for n, line in enumerate(lines, 1):
        school = by_number.get(line) or by_urn.get(row_number(line) or 0)
        if school is None:
            raise NotASchoolHere(f"Line {n}: no school here has the number ‘{line[:40]}’.")
        found[school.organisation_id] = school
    return list(found.values())


def carry_over(
    programme: Programme, organisation: Organisation, decided: TargetDecision, *, who: str, now: datetime
) -> TargetDecision:
    """What was decided of a school for another programme for adults, decided for this one too."""
    return _decide(
        programme, organisation, decided.kind, decided.year_groups, reason=decided.reason, who=who, now=now
    )


def withdraw_decision(
    programme: Programme, organisation: Organisation, *, reason: str, who: str, now: datetime
) -> TargetDecision:
    """Leave the school to the rule of the target again. Raises NothingDecided, ReasonMissing."""
    if organisation.organisation_id not in decisions(programme.id):
        raise NothingDecided("Nothing was decided of this school that could be taken back.")
    return _decide(programme, organisation, WITHDRAW, (), reason=reason, who=who, now=now)


def decisions(programme_id: int, as_of: datetime | None = None) -> dict[int, TargetDecision]:
    """What coordinators decided of single schools and did not withdraw, by URN."""
    return {row.organisation_id: row for row in db.session.scalars(*_decisions(programme_id, as_of))}


@made_once
def _decisions(programme_id: int, as_of: datetime | None) -> Select[TargetDecision]:
    newest = select(func.max(TargetDecision.id)).where(TargetDecision.programme_id == programme_id)
    if as_of is not None:
        newest = newest.where(TargetDecision.recorded_at <= as_of)
    return (
        select(TargetDecision)
        .where(
            TargetDecision.id.in_(newest.group_by(TargetDecision.organisation_id)),
            TargetDecision.kind != WITHDRAW,
        )
        .order_by(TargetDecision.organisation_id)
    )


def _decide(
    programme: Programme,
    organisation: Organisation,
    kind: str,
    year_groups: tuple[int, ...],
    *,
    reason: str,
    lot: str | None = None,
    who: str,
    now: datetime,
) -> TargetDecision:
    if organisation.is_body and not programme.for_adults:
        raise CannotBeTakenIn(f"{organisation.name} has no pupils, and no programme for them asks it.")
    if not reason.strip():
        raise DecisionReasonMissing("Give the reason; it stands beside the school from now on.")
    row = TargetDecision(
        programme_id=programme.id,
        organisation_id=organisation.organisation_id,
        kind=kind,
        year_groups=year_groups,
        reason=reason.strip(),
        recorded_at=now,
        who=who,
        lot=lot,
    )
    db.session.add(row)
    db.session.flush()
    history.record(
        f"{kind} in the target",
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after={"programme": programme.id, "year_groups": list(year_groups), "reason": row.reason},
    )
    return row
