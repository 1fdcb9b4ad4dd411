"""The columns of the register that are read, and how the text of each is understood. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from outreach.county.schools import OPEN_STATUSES, STATUSES
from outreach.ground.row_numbers import whole_number


class Facts(NamedTuple):
    """What one line of the register says of a school: SchoolFacts' names in the order of this tuple."""

    urn: int
    la_code: str
    name: str
    establishment_number: int | None
    status: str
    type_of_establishment: str
    phase_of_education: str | None
    statutory_low_age: int | None
    statutory_high_age: int | None
    number_of_pupils: int | None
    census_date: date | None
    percentage_fsm: float | None
    district_code: str | None
    district_name: str | None
    trust_name: str | None
    federation_name: str | None
    urban_rural: str | None
    street: str
    locality: str
    town: str
    postcode: str
    website: str
    telephone: str
    easting: int | None
    northing: int | None
    open_date: date | None
    close_date: date | None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES


def _text(value: str) -> str:
    value = value.strip()
    if not value.isprintable():
        value = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    if len(value) > 500:
        raise ValueError("is longer than 500 characters")
    return value


def _said(value: str) -> str:
    value = _text(value)
    if not value:
        raise ValueError("is empty")
    return value


def _text_or_none(value: str) -> str | None:
    return _text(value) or None


def _whole(lowest: int, highest: int) -> Callable[[str], int | None]:
    def number(value: str) -> int | None:
        digits = value.strip().replace(",", "").removesuffix(".0")
        if not digits:
            return None
        if (found := whole_number(digits, lowest, highest)) is None:
            raise ValueError(f"is '{value.strip()[:40]}', not a number from {lowest:,} to {highest:,}")
        return found

    return number


def _percentage(value: str) -> float | None:
    """None too of '..' and the other marks that the department puts where few pupils stand behind a
    figure."""
    figures = value.strip().removesuffix("%").strip()
    sound = re.fullmatch(r"\d{1,3}(\.\d{1,6})?", figures) and float(figures) <= 100
    return float(figures) if sound else None


def _else_unknown(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """For a fact beside the main ones: a text that cannot be understood is not known, and loses no school."""

    def converted(value: str) -> Any:
        try:
            return convert(value)
        except ValueError:
            return None

    return converted


def _urban_rural(value: str) -> str | None:
    """'(England/Wales) Urban major conurbation' and 'Urban major conurbation' are one: the files write
    both."""
    return re.sub(r"^\(england/wales\)\s*", "", _text(value), flags=re.I) or None


_number_of_a_school = _whole(1, 9_999_999)


def urn(value: str) -> int:
    number = _number_of_a_school(value)
    if number is None:
        raise ValueError("is empty")
    return number


_STATUSES = {
    word.casefold(): word
    for word in (
        *STATUSES,
        "Pending approval",
        "Rejected opening",
        "Created in error",
        "De-registered as EY Setting",
        "Quarantine",
        "Archived",
    )
}
"""The register's own words: those of its downloads, and the rarer ones of its lists."""


def _status(value: str) -> str:
    """One of the register's words: any other would pass for 'closed', and a school would go by a slip of the
    pen."""
    said = _said(value)
    word = _STATUSES.get(" ".join(said.casefold().split()))
    if word is None:
        raise ValueError(f"is '{said[:40]}', not one of the register's words such as 'Open' or 'Closed'")
    return word


_DATE = re.compile(r"(?:(\d{1,2})[-/](\d{1,2})[-/](\d{4})|(\d{4})-(\d{1,2})-(\d{1,2}))(?:[ T]00:00(?::00)?)?")


def day(value: str) -> date | None:
    value = value.strip()
    if not value:
        return None
    found = _DATE.fullmatch(value)
    try:
        if not found:
            raise ValueError
        day, month, year = found.group(1, 2, 3) if found[1] else found.group(6, 5, 4)
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(f"is '{value[:40]}', not a date like 31-08-2027") from None


class _Memory(dict[str, Any]):
    """What each text of a column was understood as."""

    def __init__(self, convert: Callable[[str], Any]) -> None:
        self.convert = convert

    def __missing__(self, value: str) -> Any:
        made = self[value] = self.convert(value)
        return made


def _once(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """For a column whose values come again and again: each is worked out once, and kept once in memory."""
    return _Memory(convert).__getitem__


def columns() -> dict[str, tuple[str, Callable[[str], Any]]]:
    """Facts' name -> the register's column, and how its text is understood."""
    return {
        "urn": ("URN", urn),
        "la_code": ("LA (code)", _once(_said)),
        "name": ("EstablishmentName", _said),
        "establishment_number": ("EstablishmentNumber", _once(_else_unknown(_whole(0, 9999)))),
        "status": ("EstablishmentStatus (name)", _once(_status)),
        "type_of_establishment": ("TypeOfEstablishment (name)", _once(_text)),
        "phase_of_education": ("PhaseOfEducation (name)", _once(_text_or_none)),
        "statutory_low_age": ("StatutoryLowAge", _once(_whole(0, 99))),
        "statutory_high_age": ("StatutoryHighAge", _once(_whole(0, 99))),
        "number_of_pupils": ("NumberOfPupils", _once(_whole(0, 99_999))),
        "census_date": ("CensusDate", _once(_else_unknown(day))),
        "percentage_fsm": ("PercentageFSM", _once(_percentage)),
        "district_code": ("DistrictAdministrative (code)", _once(_text_or_none)),
        "district_name": ("DistrictAdministrative (name)", _once(_text_or_none)),
        "trust_name": ("Trusts (name)", _once(_text_or_none)),
        "federation_name": ("Federations (name)", _once(_text_or_none)),
        "urban_rural": ("UrbanRural (name)", _once(_urban_rural)),
        "street": ("Street", _text),
        "locality": ("Locality", _once(_text)),
        "town": ("Town", _once(_text)),
        "postcode": ("Postcode", _text),
        "website": ("SchoolWebsite", _text),
        "telephone": ("TelephoneNum", _text),
        "easting": ("Easting", _whole(0, 700_000)),
        "northing": ("Northing", _whole(0, 1_300_000)),
        "open_date": ("OpenDate", _once(day)),
        "close_date": ("CloseDate", _once(day)),
    }


def reason_of(columns: Mapping[str, tuple[str, Callable[[str], Any]]], cells: tuple[str, ...]) -> str:
    """The first column of a line that cannot be understood, and why."""
    for (column, how), cell in zip(columns.values(), cells, strict=True):
        try:
            how(cell)
        except ValueError as error:
            return f"{column} {error}"
    raise AssertionError("a line that can be read was called unreadable")
