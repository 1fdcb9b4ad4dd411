"""Room on the disks that the service writes to, as far as this host sees them: PostgreSQL's may be on another."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from outreach.ground import erasures
from outreach.ground.db import db
from outreach.ground.figures import Figure
from outreach.ground.the_app import settings

TENTH, ENOUGH = 0.1, 5_000_000_000
"""A disk fills once less than a tenth of it is free, and less than so many bytes."""


@dataclass(frozen=True, kw_only=True)
class Disk:
    """That of one setting's folder, in bytes."""

    setting: str
    free: int
    size: int

    @property
    def fills(self) -> bool:
        return self.free < min(self.size * TENTH, ENOUGH)


def disks() -> Iterator[Disk]:
    """Of each folder that is there; what cannot be asked is left out."""
    list_ = erasures.path()
    named = {name: settings()[name] for name in ("OUTREACH_FOLDER", "BACKUP_FOLDER", "MAIL_FOLDER")}
    named["ERASURES_FILE"] = list_.parent if list_ else ""
    if db.engine.dialect.name == "sqlite" and db.engine.url.database:
        named["DATABASE_URL"] = Path(db.engine.url.database).parent
    for setting, folder in named.items():
        try:
            room = shutil.disk_usage(folder) if folder else None
        except OSError:
            continue
        if room:
            yield Disk(setting=setting, free=room.free, size=room.total)


def figures() -> list[Figure]:
    found = list(disks())
    return [
        Figure(
            "outreach_disk_free_bytes",
            "Room on the disk of a setting's folder.",
            [({"folder": one.setting}, one.free) for one in found],
        ),
        Figure(
            "outreach_disk_size_bytes",
            "Size of that disk.",
            [({"folder": one.setting}, one.size) for one in found],
        ),
    ]
