"""Code-Point Open, Ordnance Survey's postcodes: the places that a register download lacks."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO

from outreach.county.register.packing import WrongFile, parts


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A postcode's middle in National Grid metres, and its district."""

    easting: int
    northing: int
    district_code: str | None


def read_code_point(source: BinaryIO, postcodes: Collection[str]) -> dict[str, Spot]:
    """Where some postcodes are, by `compact` postcode, from Code-Point Open: a zip or one of its CSV files.

    Its files have no header; one that has is read by it. Raises WrongFile.
    """
    wanted = {compact(code) for code in postcodes}
    spots: dict[str, Spot] = {}
    seen = 0
    with parts(source, field="code_point") as files:
        for part in files:
            at = _code_point_columns(part.header)
            for _, row in part.rows():
                if len(row) > max(at) and row[at[1]].isdecimal() and row[at[2]].isdecimal():
                    seen += 1
                    code = compact(row[at[0]])
                    if code in wanted and int(row[at[1]]):
                        spots[code] = Spot(
                            easting=int(row[at[1]]),
                            northing=int(row[at[2]]),
                            district_code=row[at[3]].strip() or None,
                        )
    if not seen:
        raise WrongFile(
            "This is not a Code-Point Open file: it has no postcode with an easting and a northing. "
            "Nothing was changed.",
            field="code_point",
        )
    return spots


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
