"""Postcodes of Code-Point Open, kept: the place of any postcode of the region, not of a school's alone."""

import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import BinaryIO

from sqlalchemy import CheckConstraint, String, delete, insert
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.register.code_point import compact, every_postcode
from outreach.county.register.packing import WrongFile
from outreach.ground.csv_lines import Progress, no_progress
from outreach.ground.db import Base, db
from outreach.ground.geography import Place

AT_ONCE = 5_000
SHAPE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}")


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


def find(text: str) -> Place | None:
    """Where a postcode is, however it is typed; None where it is none, or not among those that are kept."""
    code = compact(text)
    row = db.session.get(Postcode, code) if SHAPE.fullmatch(code) else None
    return Place(easting=row.easting, northing=row.northing) if row else None


def _rows(source: BinaryIO, wanted: set[str], progress: Progress) -> Iterator[dict[str, object]]:
    seen: set[str] = set()
    for code, spot in every_postcode(source, progress):
        area = re.match(r"[A-Z]{1,2}(?=[0-9])", code)
        if area is None or (wanted and area[0] not in wanted) or code in seen or not SHAPE.fullmatch(code):
            continue
        if 0 < spot.easting < 700_000 and 0 < spot.northing < 1_300_000:
            seen.add(code)
            yield {"code": code, "easting": spot.easting, "northing": spot.northing}
