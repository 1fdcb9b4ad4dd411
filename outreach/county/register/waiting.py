"""A register file waits between its preview and its apply: what was read of it, and the file no longer.

So that no head's name comes to rest here, and the preview is quick to show again. It is kept in the database, packed,
so that any process on any host shows the same.
"""

import json
import zlib
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Index, LargeBinary, Text, delete, select
from sqlalchemy.orm import Mapped, deferred, mapped_column, undefer

from outreach.county.register.code_point import Spot
from outreach.county.register.columns import Facts
from outreach.county.register.files import Link, RegisterFile
from outreach.ground.csv_lines import Unreadable
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import Refusal

KEPT = timedelta(hours=24)


class RegisterUpload(Base, OfPartnership):
    """What was read of a file that waits. `packed`: as JSON, compressed (zlib)."""

    __tablename__ = "register_upload"
    __table_args__ = (Index("ix_register_upload_uploaded_at", "uploaded_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    file_name: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    uploaded_at: Mapped[datetime] = mapped_column(Instant)
    packed: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))


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


def keep(upload: WaitingUpload, *, token: str, partnership_id: int) -> None:
    """Let what was read of a file wait for a day, under a token that cannot be guessed."""
    row = RegisterUpload(
        partnership_id=partnership_id,
        token=token,
        file_name=upload.file_name,
        who=upload.who,
        uploaded_at=upload.uploaded_at,
        packed=zlib.compress(_written(upload.file).encode()),
    )
    db.session.add(row)
    db.session.flush()


def get(token: str, *, partnership_id: int, now: datetime) -> WaitingUpload:
    """What waits under a token, of this partnership alone. Raises NoLongerWaiting, in words."""
    row = db.session.scalar(
        select(RegisterUpload)
        .where(RegisterUpload.token == token, RegisterUpload.partnership_id == partnership_id)
        .options(undefer(RegisterUpload.packed))
    )
    if row is None:
        raise NoLongerWaiting(
            "That file was applied or laid aside. Upload it again to see what it would do now."
        )
    if row.uploaded_at < now - KEPT:
        raise NoLongerWaiting(
            "That preview is more than a day old, and nothing was changed. Upload the file again to see what "
            "it would do now."
        )
    kept = json.loads(zlib.decompress(row.packed))
    if any(len(each) != len(Facts._fields) for each in kept["rows"]):
        raise NoLongerWaiting(
            "That file was read by an earlier version of the service, and nothing was changed. Upload it again."
        )
    return WaitingUpload(file_name=row.file_name, who=row.who, uploaded_at=row.uploaded_at, file=_read(kept))


def forget(token: str, *, partnership_id: int) -> None:
    """Lay a file aside; one that is gone already is no matter."""
    db.session.execute(
        delete(RegisterUpload).where(
            RegisterUpload.token == token, RegisterUpload.partnership_id == partnership_id
        )
    )


def sweep(*, now: datetime) -> None:
    """What waited for two days goes: for the second of them it is said why it is not shown any more."""
    db.session.execute(delete(RegisterUpload).where(RegisterUpload.uploaded_at < now - 2 * KEPT))


def _written(file: RegisterFile) -> str:
    return json.dumps(
        {
            "rows": file.rows,
            "has": sorted(file.has),
            "day": file.day,
            "unreadable": [asdict(line) for line in file.unreadable],
            "links": [asdict(link) for link in file.links],
            "spots": {code: asdict(spot) for code, spot in file.spots.items()},
        },
        default=date.isoformat,
    )


def _read(file: dict[str, Any]) -> RegisterFile:
    return RegisterFile(
        rows=tuple(
            Facts._make(_day(said) if at in _DAYS else said for at, said in enumerate(row))
            for row in file["rows"]
        ),
        has=frozenset(file["has"]),
        day=_day(file.get("day")),
        unreadable=tuple(Unreadable(**line) for line in file["unreadable"]),
        links=tuple(Link(**link | {"day": _day(link["day"])}) for link in file["links"]),
        spots={code: Spot(**spot) for code, spot in file["spots"].items()},
    )


_DAYS = {at for at, name in enumerate(Facts._fields) if name.endswith("_date")}


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)
