"""A coordinator's deeds about many gaps at once, held to the list that was shown before.

A school whose standing or cause is another by now is left as it is and named; all the others are done. Deeds
of one programme queue at its row, so that each sees what the one before did.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from outreach.asking import invitations, notes, owners
from outreach.county.coordinators import Coordinator
from outreach.county.schools import Organisation
from outreach.coverage.gaplist import follow_ups, missing
from outreach.coverage.gaplist.missing import Gap
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import row_number
from outreach.tour import target_decisions
from outreach.tour.programmes import Programme
from outreach.tour.target_decisions import EXCLUDE

MOST = 1000
"""Schools of one deed: more than that nobody reads through before saying yes."""


class TooMany(Refusal):
    def __init__(self, schools: int) -> None:
        super().__init__(
            f"That would be {schools:,} schools; at most {MOST:,} can be done at a time. Narrow the "
            f"list with a filter first."
        )


class NobodyChosen(Refusal):
    def __init__(self) -> None:
        super().__init__("Tick at least one school, or ‘all that match’.")


@dataclass(frozen=True, slots=True)
class GapAsShown:
    """One gap as the page showed it. `owner` is a person's id, or 0."""

    organisation_id: int
    standing: str
    kind: str
    owner: int

    def said(self) -> str:
        """As a form carries it."""
        return f"{self.organisation_id}:{self.standing}:{self.kind}:{self.owner}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The URNs done, and those left as they are since they changed meanwhile; each in the order shown."""

    done: list[int]
    changed: list[int]


def shown(gap: Gap) -> GapAsShown:
    return GapAsShown(
        gap.organisation_id, gap.standing.standing, gap.standing.kind, gap.owner.person_id if gap.owner else 0
    )


def read(lines: Iterable[str]) -> list[GapAsShown]:
    """What a form carried, each school once; a line that we never wrote is passed over."""
    found: dict[int, GapAsShown] = {}
    for line in lines:
        urn, standing, kind, owner = (line.split(":") + ["", "", "", ""])[:4]
        organisation_id, owner_id = row_number(urn), row_number(owner)
        if organisation_id is not None and owner_id is not None:
            found.setdefault(organisation_id, GapAsShown(organisation_id, standing, kind, owner_id))
    return list(found.values())


def assign(
    programme: Programme, seen: Sequence[GapAsShown], person: Coordinator | None, *, who: str, now: datetime
) -> Done:
    """Give them to a coordinator, or to nobody. One that got another owner meanwhile has changed. Raises
    CannotOwn."""
    wanted = person.id if person else 0

    def same(before: GapAsShown, current: GapAsShown) -> bool:
        return current.owner in (before.owner, wanted) and _stands(before, current)

    done, changed = _still(programme, seen, same, now=now)
    # A school that took over another's owner has its own word from now on.
    inherited = [organisation_id for gap in done for organisation_id in gap.family[1:]]
    owners.assign(programme, inherited, None, who=who, now=now)
    owners.assign(programme, [gap.organisation_id for gap in done], person, who=who, now=now)
    return Done(done=[gap.organisation_id for gap in done], changed=changed)


def follow_up(
    programme: Programme,
    seen: Sequence[GapAsShown],
    day: date,
    what: str,
    person: Coordinator,
    *,
    who: str,
    now: datetime,
) -> Done:
    """Somebody follows them up on that day, however they stand by now, if only they are missing. Raises DayCannotBe,
    WordsUnfit, CannotFollowUp."""
    done, changed = _still(programme, seen, lambda _before, _current: True, now=now)
    follow_ups.set_many(programme, done, day, what, person, who=who, now=now)
    return Done(done=[gap.organisation_id for gap in done], changed=changed)


def note(
    programme: Programme, seen: Sequence[GapAsShown], text: str, *, kind: str, who: str, now: datetime
) -> Done:
    """The same note about each of them. Raises NoteEmpty, NoteUnfit."""
    notes.words_of(text)
    done, changed = _still(programme, seen, _stands, now=now)
    organisation_ids = [gap.organisation_id for gap in done]
    notes.write_many(
        organisation_ids,
        text,
        programme,
        partnership_id=programme.partnership_id,
        kind=kind,
        who=who,
        now=now,
    )
    return Done(done=organisation_ids, changed=changed)


def new_lot() -> str:
    """A key for what one deed does to many schools, by which all of it is undone and nothing else."""
    return secrets.token_hex(12)


def exclude(
    programme: Programme,
    seen: Sequence[GapAsShown],
    reason: str,
    *,
    lot: str | None = None,
    who: str,
    now: datetime,
) -> Done:
    """Take them out of the target, each with the reason. Raises ReasonMissing."""
    if not reason.strip():
        raise target_decisions.DecisionReasonMissing(
            "Give the reason; it stands beside the school from now on."
        )
    standing, _ = _still(programme, seen, _stands, now=now)
    # What somebody decided while this click waited is recorded later than its own `now`.
    decided = target_decisions.decisions(programme.id)
    done = [
        gap.organisation_id
        for gap in standing
        if gap.organisation_id not in decided or decided[gap.organisation_id].kind != EXCLUDE
    ]
    for organisation_id in done:
        organisation = db.session.get_one(Organisation, organisation_id)
        target_decisions.exclude(programme, organisation, reason=reason, lot=lot, who=who, now=now)
    kept = set(done)
    return Done(done=done, changed=[s.organisation_id for s in seen if s.organisation_id not in kept])


def taken_out(programme: Programme, lot: str, *, who: str) -> list[int]:
    """The URNs of a lot that somebody took out of the target, and that nothing else was decided of since."""
    return [
        organisation_id
        for organisation_id, decision in target_decisions.decisions(programme.id).items()
        if (decision.kind, decision.lot, decision.who) == (EXCLUDE, lot, who)
    ]


def take_back_in(programme: Programme, lot: str, *, who: str, now: datetime) -> list[int]:
    """Undo such a deed: its schools are left to the rule again; what somebody decided since stays. Their URNs."""
    invitations.queue(programme)
    organisation_ids = taken_out(programme, lot, who=who)
    for organisation_id in organisation_ids:
        target_decisions.withdraw_decision(
            programme, db.session.get_one(Organisation, organisation_id), reason="Undone", who=who, now=now
        )
    return organisation_ids


def _stands(before: GapAsShown, current: GapAsShown) -> bool:
    return (before.standing, before.kind) == (current.standing, current.kind)


def _still(
    programme: Programme,
    seen: Sequence[GapAsShown],
    same: Callable[[GapAsShown, GapAsShown], bool],
    *,
    now: datetime,
) -> tuple[list[Gap], list[int]]:
    """(the gaps that stand as they were shown, the URNs of those that do not). Raises NobodyChosen,
    TooMany."""
    if not seen:
        raise NobodyChosen
    if len(seen) > MOST:
        raise TooMany(len(seen))
    invitations.queue(programme)
    current = {
        gap.organisation_id: gap
        for gap in missing.missing_from_programme(
            programme, now=now, only=[s.organisation_id for s in seen]
        ).gaps
    }
    done = [
        current[s.organisation_id]
        for s in seen
        if s.organisation_id in current and same(s, shown(current[s.organisation_id]))
    ]
    kept = {gap.organisation_id for gap in done}
    return done, [s.organisation_id for s in seen if s.organisation_id not in kept]
