"""A coordinator's decisions on changes of the register: its word taken, or ours kept. Each stands with who
and when.

A change is put down by the import that brought it (noticing.py says which matter) and is open until it is
decided or the register says otherwise again. Keeping ours is a local correction; taking the register's word
withdraws one.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select

from outreach.county import corrections
from outreach.county.partnerships import Authority
from outreach.county.register import noticing
from outreach.county.register.bulk import insert_many
from outreach.county.register.changes import Changes
from outreach.county.register.decisions import ACCEPTED, KEPT, OVERTAKEN, NoSuchChange, RegisterChange
from outreach.county.register.noticing import LEAVING, Noticed
from outreach.county.schools import Correction, OrganisationRecord, RegisterImport
from outreach.ground import history
from outreach.ground.db import db, table_of
from outreach.ground.errors import Refusal
from outreach.ground.wording import day_short


class AlreadyDecided(Refusal):
    """Two people at once, or a page that is older than what it shows."""

    def __init__(self, change: RegisterChange) -> None:
        if change.outcome == OVERTAKEN:
            said = "A later register file took the place of that change. Nothing was done."
        else:
            said = f"{change.settled_by} decided that already, on {day_short(change.settled_at)}: {change.outcome}."
        super().__init__(said)


class NothingToKeep(Refusal):
    def __init__(self, change: RegisterChange) -> None:
        super().__init__(
            "Whose school it is is the register’s to say. Accept the change."
            if change.kind == LEAVING
            else "A new school has no word of ours to keep. Accept it, or take it out of the target on its own page."
        )


class ChangedSince(Refusal):
    """What was decided cannot be taken back: somebody corrected the fact after."""

    def __init__(self) -> None:
        super().__init__("This fact was corrected again after that. Correct it on the school’s page instead.")


# --- put down by an import ------------------------------------------------------------------------


def put_down(changes: Changes, of: RegisterImport, first: Collection[str]) -> int:
    """Put down what matters of an import's changes; how many wait because of it. Within the import's
    transaction.

    `first`: authorities of which no school was known before. A change that was still open and is changed
    again becomes one with the new: from what was known then to what is said now; said back to what it was,
    nothing is left to decide.
    """
    covered = list(db.session.scalars(select(Authority.la_code).order_by(Authority.la_code)))
    found = noticing.noticed(changes, covered, first)
    if not found:
        return 0
    touched = sorted({each.urn for each in found})
    held = corrections.standing(touched)
    waiting = {
        (row.urn, row.field): row
        for urns in _by(500, touched)
        for row in db.session.scalars(
            select(RegisterChange)
            .where(RegisterChange.urn.in_(urns), RegisterChange.settled_at.is_(None))
            .order_by(RegisterChange.id)
        )
    }
    rows: list[Noticed] = []
    for each in found:
        earlier = waiting.get((each.urn, each.field))
        if earlier is not None:
            earlier.outcome, earlier.settled_at, earlier.settled_by = OVERTAKEN, of.recorded_at, of.who
            each = each._replace(before=earlier.before)
        ours = held.get(each.urn, {})
        if each.field in ours and noticing.text(ours[each.field]) == each.after:
            continue  # the register says what we said all along
        if each.before != each.after:
            rows.append(each)
    db.session.flush()
    dated = {"import_id": of.id, "recorded_at": of.recorded_at}
    insert_many(table_of(RegisterChange), [each._asdict() | dated for each in rows])
    return len(rows)


# --- decided by a coordinator ---------------------------------------------------------------------


def accept(change: RegisterChange, *, who: str, now: datetime) -> None:
    """Take the register's word: a correction that stands against it is withdrawn. Raises AlreadyDecided."""
    _still_open(change)
    held = corrections.in_force(change.urn)
    for field in _fields(change):
        if field in held:
            corrections.withdraw_correction(
                change.urn, field, who=who, now=now, reason="the register’s word taken"
            )
    _settle(change, ACCEPTED, who=who, now=now)


def keep(change: RegisterChange, *, who: str, now: datetime) -> None:
    """Keep what was known here: a correction against the register, unless there is one already.

    Raises AlreadyDecided, NothingToKeep and corrections.CannotCorrect.
    """
    _still_open(change)
    if not change.can_be_kept:
        raise NothingToKeep(change)
    held = corrections.in_force(change.urn)
    before = _record_before(change)
    for field in _fields(change):
        ours = (
            corrections.value_of(field, change.before)
            if field == change.field
            else getattr(before, field, None)
        )
        if field in held or noticing.text(ours) == noticing.text(getattr(change.school, field)):
            continue
        corrections.correct(
            change.urn,
            field,
            ours,
            reason=f"kept when the register changed it on {day_short(change.recorded_at)}",
            who=who,
            now=now,
        )
    _settle(change, KEPT, who=who, now=now)


def withdraw(change: RegisterChange, *, who: str, now: datetime) -> None:
    """Open a decision again, and undo the correction it made or withdrew. Raises ChangedSince, or
    AlreadyDecided when there is none to take back, or the register has gone on since."""
    change = _locked(change)
    if change.settled_at is None or change.outcome == OVERTAKEN:
        raise AlreadyDecided(change) if change.outcome == OVERTAKEN else NoSuchChange()
    if db.session.scalar(
        select(RegisterChange.id).where(
            RegisterChange.urn == change.urn,
            RegisterChange.field == change.field,
            RegisterChange.id > change.id,
        )
    ):
        raise ChangedSince
    for field in _fields(change):
        rows = list(
            db.session.scalars(
                select(Correction)
                .where(Correction.urn == change.urn, Correction.field == field)
                .order_by(Correction.id.desc())
                .limit(2)
            )
        )
        if rows and rows[0].recorded_at > change.settled_at:
            raise ChangedSince
        if not rows or rows[0].recorded_at != change.settled_at:
            continue
        if not rows[0].withdrawn:
            corrections.withdraw_correction(change.urn, field, who=who, now=now, reason="taken back")
        elif len(rows) > 1:
            value = corrections.value_of(field, rows[1].value)
            corrections.correct(change.urn, field, value, reason=rows[1].reason, who=who, now=now)
    before = change.outcome
    change.outcome = change.settled_at = change.settled_by = None
    history.record(
        "opened a register change again",
        history.Subject("school", change.urn, None),
        who=who,
        now=now,
        before={change.field: before},
        after={change.field: "to decide"},
    )
    db.session.flush()


def _locked(change: RegisterChange) -> RegisterChange:
    """The row as it is now, behind its lock: two people decide one after the other."""
    db.session.execute(select(RegisterChange.id).where(RegisterChange.id == change.id).with_for_update())
    db.session.refresh(change)
    return change


def _still_open(change: RegisterChange) -> None:
    if _locked(change).settled_at is not None:
        raise AlreadyDecided(change)


def _settle(change: RegisterChange, outcome: str, *, who: str, now: datetime) -> None:
    change.outcome, change.settled_at, change.settled_by = outcome, now, who
    history.record(
        "accepted the register’s change" if outcome == ACCEPTED else "kept ours against the register",
        history.Subject("school", change.urn, None),
        who=who,
        now=now,
        before={change.field: change.before},
        after={change.field: change.after},
    )
    db.session.flush()


def _fields(change: RegisterChange) -> tuple[str, ...]:
    """The facts that go together: a closed school's date, a district's code. () of what cannot be
    corrected."""
    together = {"status": ("status", "close_date"), "district_name": ("district_name", "district_code")}
    return together.get(change.field, (change.field,)) if change.can_be_kept else ()


def _record_before(change: RegisterChange) -> OrganisationRecord | None:
    """What the register said of the school before the import of this change."""
    return db.session.scalar(
        select(OrganisationRecord)
        .where(OrganisationRecord.urn == change.urn, OrganisationRecord.recorded_at < change.recorded_at)
        .order_by(OrganisationRecord.id.desc())
        .limit(1)
    )


def _by(size: int, items: list[int]) -> Iterable[list[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))
