"""Lists that were sent in and wait for a look: what was read of them, never the file; for a day, then they
go.

What was read is kept in the database, packed, so that any process shows the same and no page reads the file
again. What a coordinator said of it stands beside it: which sheets, which column is what, what was put right,
what is left out. What a heading was taken as is remembered for the partnership's next list.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, deferred, mapped_column

from outreach.county.lists.headings import KINDS
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import Refusal
from outreach.ground.workbooks import Merged, Sheet

KEPT = timedelta(hours=24)


class ListUpload(Base, OfPartnership):
    """One list that was sent in. `said` is what a coordinator said of it, as `Choices`; `taken_at`: it was
    taken in."""

    __tablename__ = "list_upload"
    __table_args__ = (
        CheckConstraint("kind IN ('contacts', 'past shows', 'bodies')", name="kind"),
        Index("ix_list_upload_uploaded_at", "uploaded_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    uploaded_at: Mapped[datetime] = mapped_column(Instant)
    said: Mapped[str] = mapped_column(Text, default="{}")
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    told: Mapped[str] = mapped_column(Text, default="")


class ListSheet(Base):
    """One sheet of such a list, as workbooks.py packs it."""

    __tablename__ = "list_sheet"
    __table_args__ = (UniqueConstraint("upload_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("list_upload.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    lines: Mapped[int]
    width: Mapped[int]
    merged: Mapped[str] = mapped_column(Text)
    packed: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))


class ListHeading(Base, OfPartnership):
    """What a coordinator of a partnership took a heading as, in lists of one kind; `heading` as
    `headings.key_of` folds it."""

    __tablename__ = "list_heading"
    __table_args__ = (UniqueConstraint("partnership_id", "kind", "heading"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    heading: Mapped[str] = mapped_column(Text)
    taken_as: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class NoLongerWaiting(Refusal):
    """A list that was taken in, laid aside, or waited for more than a day."""

    field = "file"

    def __init__(self) -> None:
        super().__init__("That file was applied or laid aside. Upload it again to see what it would do now.")


@dataclass(kw_only=True)
class Choices:
    """What a coordinator said of a list. Sheets by number; `first_line`: where the headings of a sheet stand,
    0 for none; `columns`: {heading: kind}; `put_right`: {'sheet.line.part': {field: text}}, where ‘of’ tells
    what it was said of. `outside`: whether schools that are in no target are taken in, too; `hidden`: whether hidden
    sheets, rows and columns are read, too."""

    sheets: dict[int, bool] = field(default_factory=dict)
    first_line: dict[int, int] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    put_right: dict[str, dict[str, str]] = field(default_factory=dict)
    year: int | None = None
    outside: bool = False
    hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A list as it waits: its row, its sheets, what was said of it, and what headings were taken as
    before."""

    row: ListUpload
    sheets: tuple[Sheet, ...]
    choices: Choices
    remembered: Mapping[str, str]

    @property
    def kind(self) -> str:
        return self.row.kind


def keep(
    kind: str, file_name: str, sheets: Sequence[Sheet], *, partnership_id: int, who: str, now: datetime
) -> ListUpload:
    """Let what was read of a file wait for a day; what is older goes."""
    sweep(now=now)
    row = ListUpload(
        partnership_id=partnership_id,
        token=secrets.token_hex(16),
        kind=kind,
        file_name=_printable(file_name)[:200] or "file",
        who=who,
        uploaded_at=now,
        said="{}",
    )
    db.session.add(row)
    db.session.flush()
    for number, sheet in enumerate(sheets):
        db.session.add(
            ListSheet(
                upload_id=row.id,
                number=number,
                name=_printable(sheet.name),
                lines=sheet.count,
                width=sheet.width,
                merged=json.dumps([list(asdict(m).values()) for m in sheet.merged]),
                packed=sheet.packed,
            )
        )
    db.session.flush()
    return row


def get(token: str, *, kind: str, partnership_id: int, now: datetime, changing: bool = False) -> Upload:
    """What waits under a token, of this partnership alone; `changing`: behind its lock. Raises
    NoLongerWaiting."""
    query = select(ListUpload).where(
        ListUpload.token == token,
        ListUpload.kind == kind,
        ListUpload.partnership_id == partnership_id,
        ListUpload.uploaded_at > now - KEPT,
    )
    row = db.session.scalar(query.with_for_update() if changing else query)
    if row is None:
        raise NoLongerWaiting
    columns = (ListSheet.name, ListSheet.lines, ListSheet.width, ListSheet.merged, ListSheet.packed)
    sheets = tuple(
        Sheet(
            name=name,
            count=lines,
            width=width,
            packed=packed,
            merged=tuple(_merged(m) for m in json.loads(merged)),
        )
        for name, lines, width, merged, packed in db.session.execute(
            select(*columns).where(ListSheet.upload_id == row.id).order_by(ListSheet.number)
        )
    )
    return Upload(
        row=row, sheets=sheets, choices=_choices(row.said), remembered=remembered(kind, partnership_id)
    )


def say(upload: Upload) -> None:
    """Put down what the coordinator said of it by now."""
    upload.row.said = json.dumps(asdict(upload.choices))
    db.session.flush()


def taken(upload: Upload, told: str, *, now: datetime) -> None:
    """It was taken in: it can be looked at until its day is over, and taken in no second time."""
    upload.row.taken_at, upload.row.told = now, told
    db.session.flush()


def recent(kind: str, *, partnership_id: int, now: datetime) -> list[ListUpload]:
    """The lists of the last day, the newest first: those that wait, and those that were taken in."""
    return list(
        db.session.scalars(
            select(ListUpload)
            .where(
                ListUpload.partnership_id == partnership_id,
                ListUpload.kind == kind,
                ListUpload.uploaded_at > now - KEPT,
            )
            .order_by(ListUpload.id.desc())
        )
    )


def remove(token: str, *, partnership_id: int) -> None:
    """Lay a list aside; one that is gone already is no matter."""
    _delete(ListUpload.token == token, ListUpload.partnership_id == partnership_id)


def sweep(*, now: datetime) -> int:
    """Whatever waited for more than a day goes, of every partnership; how many lists went."""
    return _delete(ListUpload.uploaded_at <= now - KEPT)


def remember(kind: str, chosen: Mapping[str, str], *, partnership_id: int, who: str, now: datetime) -> None:
    """What headings are taken as from now on, {heading: kind}; the partnership's next list is read so."""
    known = {
        row.heading: row
        for row in db.session.scalars(
            select(ListHeading).where(
                ListHeading.partnership_id == partnership_id,
                ListHeading.kind == kind,
                ListHeading.heading.in_(chosen),
            )
        )
    }
    for heading, taken_as in sorted(chosen.items()):
        if heading in known:
            row = known[heading]
            row.taken_as, row.recorded_at, row.who = taken_as, now, who
        else:
            db.session.add(
                ListHeading(
                    partnership_id=partnership_id,
                    kind=kind,
                    heading=heading,
                    taken_as=taken_as,
                    recorded_at=now,
                    who=who,
                )
            )
    db.session.flush()


def remembered(kind: str, partnership_id: int) -> dict[str, str]:
    rows = db.session.execute(
        select(ListHeading.heading, ListHeading.taken_as)
        .where(ListHeading.partnership_id == partnership_id, ListHeading.kind == kind)
        .order_by(ListHeading.id)
    )
    return {heading: taken_as for heading, taken_as in rows if taken_as in KINDS[kind]}


def _delete(*conditions: Any) -> int:
    ids = list(db.session.scalars(select(ListUpload.id).where(*conditions).order_by(ListUpload.id)))
    if ids:
        db.session.execute(delete(ListSheet).where(ListSheet.upload_id.in_(ids)))
        db.session.execute(delete(ListUpload).where(ListUpload.id.in_(ids)))
    return len(ids)


def _choices(said: str) -> Choices:
    kept = json.loads(said)
    return Choices(
        sheets={int(number): bool(read) for number, read in kept.get("sheets", {}).items()},
        first_line={int(number): int(line) for number, line in kept.get("first_line", {}).items()},
        columns=kept.get("columns", {}),
        put_right=kept.get("put_right", {}),
        outside=bool(kept.get("outside", False)),
        hidden=bool(kept.get("hidden", False)),
        year=kept.get("year"),
    )


def _merged(kept: list[int]) -> Merged:
    first_line, last_line, first_column, last_column = kept
    return Merged(
        first_line=first_line, last_line=last_line, first_column=first_column, last_column=last_column
    )


def _printable(text: str) -> str:
    return re.sub(r"\s+", " ", "".join(c for c in text if c.isprintable() or c.isspace())).strip()
