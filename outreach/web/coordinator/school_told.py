"""Words of a school's page on facts, on what was said, and on what was done, put together. No page of its
own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach.county import corrections
from outreach.county.corrections import FIELDS
from outreach.county.register import hands
from outreach.county.schools import Correction, Organisation
from outreach.ground import audience, history
from outreach.ground.audience import OF_PUPILS, Words, box_of_group, in_group
from outreach.ground.history import History
from outreach.ground.row_numbers import row_number
from outreach.ground.typed_days import iso_day
from outreach.ground.wording import and_list, date_and_time, day_short, number

BY_ITSELF = ("address", "day", "name", "owner", "phone", "role", "starts", "starts_at", "whose")
"""What needs no label to say what it is."""


@dataclass(frozen=True, kw_only=True)
class FieldAsHeld:
    """One field as it holds, what the register says of it, and the correction if there is one."""

    field: str
    label: str
    value: Any
    register: Any
    correction: Correction | None

    @property
    def words(self) -> str:
        """The value as it is said; '' for one that is not known."""
        return self._said(self.value)

    @property
    def note(self) -> str:
        """What the register says, and who corrected it, why; '' where nobody did."""
        if self.correction is None:
            return ""
        register = f"The register says {self._said(self.register) or 'not known'}."
        if self.value == self.register:
            register = "The register says the same by now."
        who, reason = self.correction.who, self.correction.reason
        by = f"Corrected by {who}, {day_short(self.correction.recorded_at)}"
        return f"{register} {by}" + (f": {reason}" if reason else "")

    def _said(self, value: Any) -> str:
        if value in (None, ""):
            return ""
        if self.field in ("open_date", "close_date"):
            return day_short(value)
        return number(value) if self.field == "number_of_pupils" else str(value)


@dataclass(frozen=True, kw_only=True)
class Deed:
    """A line of the history in words. `at`: at which school, where it is another than the page's."""

    row: History
    words: str
    at: str


def facts(organisation: Organisation) -> list[FieldAsHeld]:
    """Of a school; a body's are a coordinator's alone, and nobody corrects them."""
    if organisation.is_body:
        return []
    held, register = (
        corrections.in_force(organisation.organisation_id),
        corrections.register_word(organisation.organisation_id),
    )
    return [
        FieldAsHeld(
            field=field,
            label=label,
            value=getattr(organisation, field),
            register=getattr(register, field) if register else None,
            correction=held.get(field),
        )
        for field, label in FIELDS.items()
    ]


def deeds(
    organisation_ids: Collection[int],
    references: Collection[str],
    others: Mapping[str, str],
    partnership_id: int,
    *,
    of_adults: Collection[str] = (),
) -> list[Deed]:
    """All that was done about some schools and bookings, newest first; three queries. `of_adults`: the references of
    bookings that are of staff.

    Of a school that changed hands only what was done while it was the partnership's, and in its own
    programmes.
    """
    spans = {
        ("school", organisation_id): held
        for organisation_id, held in hands.spans(organisation_ids, partnership_id).items()
    }
    rows = history.of_many(
        {"school": organisation_ids, "booking": references}, spans=spans, partnership_id=partnership_id
    )
    return [
        Deed(
            row=row,
            words=deed_in_words(
                row, audience.words(row.subject == "booking" and row.subject_id in of_adults)
            ),
            at=others.get(row.subject_id, "") if row.subject == "school" else "",
        )
        for row in rows
    ]


def deed_in_words(row: History, words: Words = OF_PUPILS) -> str:
    """'Number of pupils: 900, was 1,050' for a change; what was put down for a deed of its own."""
    if isinstance(row.before, dict) and isinstance(row.after, dict):
        parts = [
            _told(key, value, words) + (f", was {_plain(row.before[key])}" if key in row.before else "")
            for key, value in row.after.items()
            if value != row.before.get(key) and not _says_nothing(key, value)
        ]
        return "; ".join(parts)
    said = row.after if row.after is not None else row.before
    if isinstance(said, dict):
        return "; ".join(
            _told(key, value, words)
            for key, value in said.items()
            if value not in ("", None, [], {}) and not _says_nothing(key, value)
        )
    return _plain(said) if said is not None else ""


def _says_nothing(key: str, value: Any) -> bool:
    """Whether it is a row's number, which tells a person nothing; older deeds say `urn`, and the number of a `host`."""
    return key in ("programme", "urn", "organisation_id", "host") and isinstance(value, int)


def _told(key: str, value: Any, words: Words = OF_PUPILS) -> str:
    if key == "took place":
        return "it took place" if value else "it did not take place"
    return _plain(value) if key in BY_ITSELF else f"{words.said(_label(key))}: {_plain(value)}"


def _in_group(number: Any, year_group: int) -> str:
    return (
        in_group(number, year_group)
        if isinstance(number, int)
        else f"{_plain(number)} in {box_of_group(year_group)}"
    )


def _label(key: str) -> str:
    return FIELDS.get(key) or _OF_BODIES.get(key, key.replace("_", " "))


_OF_BODIES = {
    "kind": "Kind",
    "district": "District",
    "front_line_staff": "Front-line staff",
    "staff_counted_on": "Counted on",
}
"""What the history calls the facts of a body, as pages do."""


def _plain(value: Any) -> str:
    if value in ("", None):
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and all(row_number(str(key)) is not None for key in value):
        return and_list(_in_group(n, int(year)) for year, n in value.items())
    if isinstance(value, dict):
        return ", ".join(_told(str(key), one) for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(v) for v in value)
    try:
        return date_and_time(datetime.fromisoformat(value)) if "T" in value else day_short(iso_day(value))
    except (TypeError, ValueError):
        return str(value)
