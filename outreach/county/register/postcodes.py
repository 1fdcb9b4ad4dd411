"""Postcodes of Code-Point Open, kept: the place of any postcode of the region, not of a school's alone."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from sqlalchemy import CheckConstraint, String, delete, func, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.register.code_point import compact, every_postcode
from outreach.county.register.packing import WrongFile
from outreach.ground.csv_lines import Progress, no_progress
from outreach.ground.db import Base, db
from outreach.ground.geography import Place
from outreach.ground.wording import and_list

AT_ONCE = 2_000
"""Postcodes that are written at a time: some hundredths of a second."""
SHAPE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}")
_AREA = re.compile(r"[A-Z]{1,2}(?=[0-9])")

Row = dict[str, object]
"""A postcode as the table has it."""


class Postcode(Base):
    """A postcode's middle in National Grid metres; Ordnance Survey's, and so every partnership's."""

    __tablename__ = "postcode"

    code: Mapped[str] = mapped_column(String(7), primary_key=True)
    easting: Mapped[int]
    northing: Mapped[int]

    __table_args__ = (
        CheckConstraint(
            "easting > 0 AND easting < 700000 AND northing > 0 AND northing < 1300000",
            name="in_great_britain",
        ),
        CheckConstraint("code = upper(code) AND length(code) BETWEEN 5 AND 7", name="compact"),
    )


def bring_in(source: BinaryIO, *, areas: Collection[str] = (), progress: Progress = no_progress) -> int:
    """Keep the postcodes of some areas (as OX; none: all) in the place of those that were kept; how many there are.
    Raises WrongFile."""
    wanted = {area.strip().upper() for area in areas}
    db.session.execute(delete(Postcode))
    kept = 0
    rows = _rows(source, wanted, progress)
    while some := list(islice(rows, AT_ONCE)):
        db.session.execute(insert(Postcode), some)
        kept += len(some)
    if not kept:
        raise WrongFile("The file has no postcode of these areas. Nothing was changed.", field="code_point")
    return kept


def areas_of(codes: Iterable[str]) -> set[str]:
    """The areas (as OX) in which some postcodes lie."""
    found = (_AREA.match(compact(code)) for code in codes)
    return {area[0] for area in found if area}


def read(source: BinaryIO, *, areas: Collection[str], progress: Progress = no_progress) -> list[Row]:
    """All postcodes of some areas in a file, to be kept a batch at a time. Raises WrongFile; nothing is written."""
    found = list(_rows(source, set(areas), progress))
    if not found:
        raise WrongFile(
            f"The file has no postcode of {and_list(sorted(areas))}, where your schools are. Nothing was changed.",
            field="code_point",
        )
    return found


def batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """So many that their writing keeps nobody else waiting."""
    return (rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE))


def keep(batch: Sequence[Row]) -> None:
    """Put some postcodes in the place of the same ones that were kept; none is missing meanwhile. Two who
    keep the same go one after the other."""
    if db.session.connection().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE postcode IN SHARE ROW EXCLUSIVE MODE"))
    db.session.execute(delete(Postcode).where(Postcode.code.in_([row["code"] for row in batch])))
    db.session.execute(insert(Postcode), list(batch))


def forget_others(rows: Sequence[Row]) -> int:
    """Remove what was kept of the areas of some postcodes and is not among them: it is used no more. How many. Where
    that would be more than half of an area the file was only a part of it, and nothing of the area goes."""
    there = {str(row["code"]) for row in rows}
    removed = 0
    for area in sorted(areas_of(there)):
        standing = [
            code
            for code in db.session.scalars(
                select(Postcode.code).where(Postcode.code.startswith(area)).order_by(Postcode.code)
            )
            if areas_of([code]) == {area}
        ]
        gone = [code for code in standing if code not in there]
        if 2 * len(gone) > len(standing):
            continue
        for at in range(0, len(gone), AT_ONCE):
            db.session.execute(delete(Postcode).where(Postcode.code.in_(gone[at : at + AT_ONCE])))
        removed += len(gone)
    return removed


def number_kept() -> int:
    return db.session.scalar(select(func.count()).select_from(Postcode)) or 0


def find(typed: str) -> Place | None:
    """Where a postcode is, however it is typed; None where it is none, or not among those that are kept."""
    code = compact(typed)
    row = db.session.get(Postcode, code) if SHAPE.fullmatch(code) else None
    return Place(easting=row.easting, northing=row.northing) if row else None


def _rows(source: BinaryIO, wanted: set[str], progress: Progress) -> Iterator[Row]:
    seen: set[str] = set()
    for code, spot in every_postcode(source, progress, areas=wanted):
        area = _AREA.match(code)
        if area is None or (wanted and area[0] not in wanted) or code in seen or not SHAPE.fullmatch(code):
            continue
        if 0 < spot.easting < 700_000 and 0 < spot.northing < 1_300_000:
            seen.add(code)
            yield {"code": code, "easting": spot.easting, "northing": spot.northing}
