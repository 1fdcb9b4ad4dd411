"""Code-Point Open, Ordnance Survey's postcodes: the places that a register download lacks."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from outreach.county.register.packing import WrongFile, parts
from outreach.ground.csv_lines import Progress, no_progress
from outreach.ground.row_numbers import whole_number

MOST_POSTCODES = 2_000_000
"""Of one file; Great Britain has 1.7 million."""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A postcode's middle in National Grid metres, and its district."""

    easting: int
    northing: int
    district_code: str | None


def read_code_point(
    source: BinaryIO, postcodes: Collection[str], progress: Progress = no_progress
) -> dict[str, Spot]:
    """Where some postcodes are, by `compact` postcode, from Code-Point Open: a zip or one of its CSV files.
    Raises WrongFile."""
    wanted = {compact(code) for code in postcodes}
    return {code: spot for code, spot in every_postcode(source, progress) if code in wanted and spot.easting}


def every_postcode(
    source: BinaryIO, progress: Progress = no_progress, *, areas: Collection[str] = ()
) -> Iterator[tuple[str, Spot]]:
    """All of a file, by `compact` postcode; one without a place stands at (0, 0). `areas`: what a zip has in files of
    other areas (OX is ox.csv) is not even opened.

    Its files have no header; one that has is read by it. Raises WrongFile.
    """
    seen = 0
    with parts(source, field="code_point", most_lines=MOST_POSTCODES) as files:
        for part in files:
            if areas and _is_of_another_area(part.name, areas):
                seen += 1  # what it is called tells that the file is Code-Point Open's
                continue
            at = _code_point_columns(part.header)
            for _, row in part.rows(progress):
                if len(row) <= max(at):
                    continue
                east, north = (whole_number(row[n], 0, 9_999_999) for n in at[1:3])
                if east is not None and north is not None:
                    seen += 1
                    yield (
                        compact(row[at[0]]),
                        Spot(
                            easting=east,
                            northing=north,
                            district_code=row[at[3]].strip() or None,
                        ),
                    )
    if not seen:
        raise WrongFile(
            "This is not a Code-Point Open file: it has no postcode with an easting and a northing. "
            "Nothing was changed.",
            field="code_point",
        )


def _is_of_another_area(name: str, areas: Collection[str]) -> bool:
    stem = PurePosixPath(name).stem.upper()
    return len(stem) <= 2 and stem.isalpha() and stem not in areas


def compact(postcode: str) -> str:
    """'ox1 1aa' -> 'OX11AA'."""
    return "".join(postcode.split()).upper()


def _code_point_columns(header: list[str]) -> tuple[int, int, int, int]:
    named = {name: at for at, name in enumerate(header)}
    for names in (
        ("postcode", "eastings", "northings", "admin_district_code"),
        ("pc", "ea", "no", "dc"),
    ):
        if all(name in named for name in names):
            postcode, easting, northing, district = (named[name] for name in names)
            return postcode, easting, northing, district
    return 0, 2, 3, 8
