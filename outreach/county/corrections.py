"""Local words against the register: one field of one school, with a reason; they survive every import."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from outreach.county import schools
from outreach.county.schools import STATUSES, Correction, OrganisationRecord, School, found_by
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal

FIELDS: dict[str, str] = {
    "name": "Name",
    "establishment_number": "Establishment number",
    "status": "Status",
    "type_of_establishment": "Type",
    "phase_of_education": "Phase",
    "statutory_low_age": "Lowest age",
    "statutory_high_age": "Highest age",
    "number_of_pupils": "Number of pupils",
    "census_date": "Census date",
    "percentage_fsm": "Free school meals, %",
    "district_code": "District code",
    "district_name": "District",
    "trust_name": "Trust",
    "federation_name": "Federation",
    "urban_rural": "Urban or rural",
    "street": "Street",
    "locality": "Locality",
    "town": "Town",
    "postcode": "Postcode",
    "website": "Website",
    "telephone": "Telephone",
    "easting": "Easting",
    "northing": "Northing",
    "open_date": "Opened",
    "close_date": "Closed",
}
"""What may be corrected, with its name on pages. Never the authority: it decides whose school it is."""


class CannotCorrect(Refusal):
    """A correction that makes no sense; `field` is the field of the school."""


def correct(urn: int, field: str, value: Any, *, reason: str, who: str, now: datetime) -> School:
    """Let `value` hold for one field of one school whatever the register says; None or '' is 'not known'.

    What holds already makes no new row. Raises CannotCorrect and NoSuchSchool.
    """
    school = schools.get(urn)
    wanted = _checked(school, field, value)
    before = getattr(school, field)
    if wanted == before and field in standing([urn]).get(urn, {}):
        return school
    return _put_down(school, field, wanted, withdrawn=False, reason=reason, who=who, now=now)


def withdraw_correction(urn: int, field: str, *, who: str, now: datetime, reason: str = "") -> School:
    """Give a field back to the register. Raises CannotCorrect when nothing was corrected."""
    school = schools.get(urn)
    if field not in standing([urn]).get(urn, {}):
        raise CannotCorrect("That was not corrected here: it is what the register says.", field=field)
    said = db.session.scalars(
        select(OrganisationRecord)
        .where(OrganisationRecord.urn == urn)
        .order_by(OrganisationRecord.id.desc())
        .limit(1)
    ).one()
    return _put_down(school, field, getattr(said, field), withdrawn=True, reason=reason, who=who, now=now)


def standing(urns: Collection[int] | Select[int] | None = None) -> dict[int, dict[str, Any]]:
    """The corrections that hold now, {URN: {field: value}}; of every school when `urns` is None; one
    query."""
    query = select(Correction.urn, Correction.field, Correction.value, Correction.withdrawn)
    if urns is not None:
        query = query.where(Correction.urn.in_(urns))
    held: dict[int, dict[str, Any]] = {}
    for urn, field, text, withdrawn in db.session.execute(query.order_by(Correction.id)):
        if withdrawn:
            held.get(urn, {}).pop(field, None)
        else:
            held.setdefault(urn, {})[field] = value_of(field, text)
    return {urn: fields for urn, fields in held.items() if fields}


def in_force(urn: int) -> dict[str, Correction]:
    """The corrections of one school that hold now, by field, each with who, when and why."""
    held: dict[str, Correction] = {}
    for row in db.session.scalars(select(Correction).where(Correction.urn == urn).order_by(Correction.id)):
        held.pop(row.field, None)
        if not row.withdrawn:
            held[row.field] = row
    return held


def register_word(urn: int) -> OrganisationRecord | None:
    """What the register said of a school the last time it said anything."""
    return db.session.scalar(
        select(OrganisationRecord)
        .where(OrganisationRecord.urn == urn)
        .order_by(OrganisationRecord.id.desc())
        .limit(1)
    )


def value_of(field: str, text: str) -> Any:
    """The value that a Correction's text stands for, in the type of its field: int, date, str or None."""
    if text == "":
        return "" if field in _NEVER_NONE else None
    return _TYPES.get(field, str)(text)


_NEVER_NONE = ("street", "locality", "town", "postcode", "website", "telephone")
_NEVER_EMPTY = ("name", "status", "type_of_establishment")
_WHOLE = (
    "establishment_number",
    "statutory_low_age",
    "statutory_high_age",
    "number_of_pupils",
    "easting",
    "northing",
)
_TYPES: Mapping[str, Callable[[str], Any]] = dict.fromkeys(_WHOLE, int) | {
    "percentage_fsm": float,
    "census_date": date.fromisoformat,
    "open_date": date.fromisoformat,
    "close_date": date.fromisoformat,
}
_BOUNDS = {
    "establishment_number": (0, 9999),
    "percentage_fsm": (0, 100),
    "statutory_low_age": (0, 25),
    "statutory_high_age": (0, 99),
    "number_of_pupils": (0, 20_000),
    "easting": (0, 700_000),
    "northing": (0, 1_300_000),
}


def _checked(school: School, field: str, value: Any) -> Any:
    if field not in FIELDS:
        raise CannotCorrect("That cannot be corrected here.", field=field)
    said = FIELDS[field]
    text = _text(value)
    try:
        wanted = value_of(field, text)
    except ValueError:
        shape = "a date" if field.endswith("date") else "a number in figures"
        shape = "a whole number in figures" if field in _WHOLE else shape
        raise CannotCorrect(f"{said}: enter {shape}.", field=field) from None
    if len(text) > 500:
        raise CannotCorrect(f"{said}: at most 500 characters.", field=field)
    if field in _NEVER_EMPTY and not text:
        raise CannotCorrect(f"{said}: a school always has one. Enter it.", field=field)
    if field == "status" and text not in STATUSES:
        raise CannotCorrect(f"{said}: choose one of {', '.join(STATUSES)}.", field=field)
    if field in _BOUNDS and text and not _BOUNDS[field][0] <= wanted <= _BOUNDS[field][1]:
        low, high = _BOUNDS[field]
        raise CannotCorrect(f"{said}: enter a number between {low:,} and {high:,}.", field=field)
    if field.endswith("_age") and _crossed(school, field, wanted):
        raise CannotCorrect("The lowest age is above the highest. Check both.", field=field)
    return wanted


def _crossed(school: School, field: str, wanted: int | None) -> bool:
    """Whether a school's lowest age, as corrected, were above its highest; unknown ages cross nothing."""
    low = wanted if field == "statutory_low_age" else school.statutory_low_age
    high = wanted if field == "statutory_high_age" else school.statutory_high_age
    return low is not None and high is not None and low > high


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _put_down(
    school: School, field: str, value: Any, *, withdrawn: bool, reason: str, who: str, now: datetime
) -> School:
    before = getattr(school, field)
    db.session.add(
        Correction(
            urn=school.urn,
            field=field,
            value="" if withdrawn else _text(value),
            withdrawn=withdrawn,
            recorded_at=now,
            who=who,
            reason=reason.strip(),
        )
    )
    setattr(school, field, value)
    school.found_by = found_by(school.name, school.town, school.postcode, school.urn, school.laestab)
    history.record(
        "gave back to the register" if withdrawn else "corrected",
        history.Subject("school", school.urn, None),
        who=who,
        now=now,
        before={field: _text(before)},
        after={field: _text(value), "reason": reason.strip()},
    )
    db.session.flush()
    return school
