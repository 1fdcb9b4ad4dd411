"""Import of the register 'Get Information about Schools': read, compared with what is known, applied.

file = register.read(source, la_codes=["931"], also=register.urns_of(["931"]))
with transaction():
    register.lock()
    changes = register.preview(file, ["931"])
    register.apply(changes, file_name="register.csv", la_codes=["931"], who="Priya Nandakumar", now=now)
"""

from outreach.county.register.applying import (
    AppliedSince,
    NotInFile,
    apply,
    known,
    lock,
    newest_day,
    newest_import,
    preview,
    still,
    urns_of,
)
from outreach.county.register.became import Became
from outreach.county.register.changes import Change, Changes, FieldChange, KnownBefore, Successor, compare
from outreach.county.register.code_point import Spot, compact, read_code_point
from outreach.county.register.columns import Facts
from outreach.county.register.doubts import NotSure
from outreach.county.register.files import Link, RegisterFile, read
from outreach.county.register.packing import WrongFile
from outreach.county.register.waiting import NoLongerWaiting, WaitingUpload

__all__ = [
    "AppliedSince",
    "Became",
    "Change",
    "Changes",
    "Facts",
    "FieldChange",
    "KnownBefore",
    "Link",
    "NoLongerWaiting",
    "NotInFile",
    "NotSure",
    "RegisterFile",
    "Spot",
    "Successor",
    "WaitingUpload",
    "WrongFile",
    "apply",
    "compact",
    "compare",
    "known",
    "lock",
    "newest_day",
    "newest_import",
    "preview",
    "read",
    "read_code_point",
    "still",
    "urns_of",
]
