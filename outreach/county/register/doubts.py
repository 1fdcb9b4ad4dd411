"""Doubts that a person must answer before a file is applied: one that is older than the last, all closed, or
nearly empty. Pure.

None of it is forbidden, since each may be meant; but a file that was taken by mistake would close a county's
schools.
"""

from collections.abc import Sequence
from datetime import date

from outreach.county.register.changes import Changes
from outreach.county.register.files import RegisterFile
from outreach.ground.errors import Refusal
from outreach.ground.wording import count, day_short


class NotSure(Refusal):
    """A file that nobody said yes to."""

    field = "sure"


FEW = 10
"""Below so many open schools known, half of them missing tells nothing."""


def about(file: RegisterFile, changes: Changes, newest: date | None) -> tuple[str, ...]:
    """A sentence for each doubt; `newest`: the day of the newest file applied to these authorities."""
    if changes.nothing:
        return ()
    said = []
    if file.day is not None and newest is not None and file.day < newest:
        said.append(
            f"This file is of {day_short(file.day)}, and one of {day_short(newest)} was applied already: it would put "
            "back what was true before."
        )
    known = changes.open_known
    if file.rows and not any(row.is_open for row in file.rows):
        said.append("Not one school in this file is open.")
    elif len(changes.closed) > max(4, known // 2):
        said.append(
            f"This file closes {len(changes.closed):,} of the {count(known, 'open school')} known here."
        )
    if known >= FEW and len(changes.absent) > known // 2:
        there = known - len(changes.absent)
        of_them = f"only {there:,}" if there else "none"
        said.append(f"This file has {of_them} of the {count(known, 'open school')} known here.")
    return tuple(said)


def settle(doubts: Sequence[str], *, sure: bool) -> None:
    """Raises NotSure where there are doubts and nobody said yes."""
    if doubts and not sure:
        raise NotSure(
            " ".join(doubts) + " Nothing was changed. Say that it is meant, or use a newer, whole file."
        )
