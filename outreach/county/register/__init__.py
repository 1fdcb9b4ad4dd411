"""The register 'Get Information about Schools' comes in: read, compared with what is known, applied.

file = register.read(source, la_codes=["931"], also=register.urns_of(["931"]))
with transaction():
    register.lock()
    changes = register.preview(file, ["931"])
    register.apply(changes, file_name="register.csv", la_codes=["931"], who="Priya Nandakumar", now=now)
"""

from outreach.county.register.applying import NotInFile, apply, known, lock, newest_import, preview, urns_of
from outreach.county.register.changes import Change, Changes, FieldChange, Known, compare
from outreach.county.register.code_point import Spot, compact, read_code_point
from outreach.county.register.columns import Facts
from outreach.county.register.files import Link, RegisterFile, read, read_links
from outreach.county.register.packing import WrongFile

__all__ = [
    "Change", "Changes", "Facts", "FieldChange", "Known", "Link", "NotInFile", "RegisterFile", "Spot", "WrongFile",
    "apply", "compact", "compare", "known", "lock", "newest_import", "preview", "read", "read_code_point",
    "read_links", "urns_of",
]  # fmt: skip
