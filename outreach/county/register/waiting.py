"""A register file waits between its preview and its apply: what was read of it, never the file itself.

So that no head's name comes to rest here, and the preview is quick to show again.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from outreach.county.register.code_point import Spot
from outreach.county.register.columns import Facts
from outreach.county.register.files import Link, RegisterFile
from outreach.ground.csv_lines import Unreadable
from outreach.ground.errors import Refusal

KEPT = timedelta(hours=24)


class NoLongerWaiting(Refusal):
    """A preview that was applied, laid aside, or is too old to be true."""

    field = "file"


@dataclass(frozen=True, kw_only=True)
class WaitingUpload:
    """What was uploaded, by whom and when."""

    file_name: str
    who: str
    uploaded_at: datetime
    file: RegisterFile


def keep(folder: Path, waiting: WaitingUpload, *, now: datetime) -> str:
    """Lay a file down in a partnership's folder; its token cannot be guessed. What is too old goes."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for other in folder.glob("*.json"):
        if datetime.fromtimestamp(other.stat().st_mtime, now.tzinfo) < now - KEPT:
            other.unlink(missing_ok=True)
    token = secrets.token_hex(16)
    path = _path(folder, token)
    path.write_text(_write(waiting), encoding="utf-8")
    # Its age is told by the clock that everything else goes by.
    os.utime(path, (now.timestamp(), now.timestamp()))
    return token


def get(folder: Path, token: str, *, now: datetime) -> WaitingUpload:
    """What waits under a token. Raises NoLongerWaiting, in words."""
    path = _path(folder, token)
    if not path.exists():
        raise NoLongerWaiting(
            "That file was applied or laid aside. Upload it again to see what it would do now."
        )
    kept = json.loads(path.read_text(encoding="utf-8"))
    if any(len(row) != len(Facts._fields) for row in kept["file"]["rows"]):
        raise NoLongerWaiting(
            "That file was read by an earlier version of the service, and nothing was changed. Upload it again."
        )
    waiting = _read(kept)
    if waiting.uploaded_at < now - KEPT:
        raise NoLongerWaiting(
            "That preview is more than a day old, and nothing was changed. Upload the file again to see what "
            "it would do now."
        )
    return waiting


def forget(folder: Path, token: str) -> None:
    """Lay a file aside; one that is gone already is no matter."""
    _path(folder, token).unlink(missing_ok=True)


def _path(folder: Path, token: str) -> Path:
    # Whatever stands in an address, no path is made of it.
    return folder / (f"{token}.json" if len(token) == 32 and token.isalnum() and token.isascii() else "none")


def _write(waiting: WaitingUpload) -> str:
    file = waiting.file
    return json.dumps(
        {
            "file_name": waiting.file_name,
            "who": waiting.who,
            "uploaded_at": waiting.uploaded_at.isoformat(),
            "file": {
                "rows": file.rows,
                "has": sorted(file.has),
                "day": file.day,
                "unreadable": [asdict(line) for line in file.unreadable],
                "links": [asdict(link) for link in file.links],
                "spots": {code: asdict(spot) for code, spot in file.spots.items()},
            },
        },
        default=date.isoformat,
    )


def _read(kept: dict[str, Any]) -> WaitingUpload:
    file = kept["file"]
    return WaitingUpload(
        file_name=kept["file_name"],
        who=kept["who"],
        uploaded_at=datetime.fromisoformat(kept["uploaded_at"]),
        file=RegisterFile(
            rows=tuple(
                Facts._make(_day(said) if at in _DAYS else said for at, said in enumerate(row))
                for row in file["rows"]
            ),
            has=frozenset(file["has"]),
            day=_day(file.get("day")),
            unreadable=tuple(Unreadable(**line) for line in file["unreadable"]),
            links=tuple(Link(**link | {"day": _day(link["day"])}) for link in file["links"]),
            spots={code: Spot(**spot) for code, spot in file["spots"].items()},
        ),
    )


_DAYS = {at for at, name in enumerate(Facts._fields) if name.endswith("_date")}


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)
