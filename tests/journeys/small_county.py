"""A made-up county of 26 schools that any mind can hold, as the register publishes it, and what becomes of
some of them.

`register_file` gives the register of a day: from then on a school has closed, another has become an academy
under a new URN, one teaches fewer pupils and one has moved to another trust. Names, people and places are
made up.
"""

import csv
import io
from datetime import date

LA_CODE, COUNTY = "987", "Marlshire"
DISTRICTS = (("E07999901", "Kestermere"), ("E07999902", "Fenwold"), ("E07999903", "Teal Valley"))
TRUSTS = ("", "Lantern Learning Trust", "", "Marl Valley Academies")
FIRST = 910_001

KINDS = (
    # type, phase, lowest age, highest age, pupils
    ("Academy converter", "Secondary", "11", "18", "742"),
    ("Community school", "Secondary", "11", "16", "560"),
    ("Academy sponsor led", "Secondary", "11", "18", "1050"),
    ("Community school", "Middle deemed secondary", "9", "13", "480"),
    ("Academy converter", "Secondary", "11", "16", "420"),
    ("Community special school", "Not applicable", "2", "19", ""),
    ("Academy converter", "Secondary", "11", "18", "805"),
    ("Other independent school", "Not applicable", "", "", "180"),
    ("Community school", "Secondary", "11", "16", "615"),
    ("Academy alternative provision converter", "Not applicable", "11", "16", "60"),
    ("Community school", "Primary", "4", "11", "210"),
    ("Free schools", "All-through", "4", "18", "700"),
)
NAMES = (
    "Ashdown",
    "Birchwood",
    "Carrow",
    "Deepdale",
    "Elmfield",
    "Fernhill",
    "Greenlow",
    "Hazelmere",
    "Ivybridge",
    "Juniper",
    "Kestrel",
    "Larkrise",
    "Millbrook",
    "Northgate",
    "Oakhurst",
    "Priory",
    "Queensmead",
    "Ravenscar",
    "St Osyth’s",
    "Thornbury",
    "Underwood",
    "Valley",
    "Westfield",
    "Yarrow",
    "Zennor",
    "Wold Edge",
)

CLOSES, CLOSED_ON = FIRST + 1, date(2026, 11, 30)
"""It closes for good; its pupils go elsewhere."""
CONVERTS, ACADEMY, CONVERTED_ON = FIRST + 4, FIRST + 90, date(2027, 1, 1)
"""It becomes an academy: the same school under a new URN."""
SHRINKS, SHRUNK_ON = FIRST + 8, date(2027, 2, 1)
CHANGES_TRUST, CHANGED_ON = FIRST + 12, date(2027, 3, 1)

COLUMNS = (
    "URN",
    "LA (code)",
    "LA (name)",
    "EstablishmentName",
    "TypeOfEstablishment (name)",
    "EstablishmentStatus (name)",
    "OpenDate",
    "CloseDate",
    "PhaseOfEducation (name)",
    "StatutoryLowAge",
    "StatutoryHighAge",
    "NumberOfPupils",
    "Street",
    "Locality",
    "Address3",
    "Town",
    "Postcode",
    "SchoolWebsite",
    "TelephoneNum",
    "HeadFirstName",
    "HeadLastName",
    "Trusts (name)",
    "DistrictAdministrative (code)",
    "DistrictAdministrative (name)",
    "Easting",
    "Northing",
)


def register_file(on: date) -> bytes:
    """The register as published on a day."""
    rows = [_school(n) for n in range(len(NAMES))]
    by_organisation_id = {int(row["URN"]): row for row in rows}
    if on >= CLOSED_ON:
        by_organisation_id[CLOSES] |= {
            "EstablishmentStatus (name)": "Closed",
            "CloseDate": CLOSED_ON.strftime("%d-%m-%Y"),
        }
    if on >= CONVERTED_ON:
        day = CONVERTED_ON.strftime("%d-%m-%Y")
        academy = by_organisation_id[CONVERTS] | {
            "URN": str(ACADEMY),
            "TypeOfEstablishment (name)": "Academy converter",
            "OpenDate": day,
            "EstablishmentName": "Elmfield Academy",
            "Trusts (name)": "Lantern Learning Trust",
        }
        by_organisation_id[CONVERTS] |= {"EstablishmentStatus (name)": "Closed", "CloseDate": day}
        rows.append(academy)
    if on >= SHRUNK_ON:
        by_organisation_id[SHRINKS]["NumberOfPupils"] = "500"
    if on >= CHANGED_ON:
        by_organisation_id[CHANGES_TRUST]["Trusts (name)"] = "Marl Valley Academies"
    return _written(COLUMNS, [[row[c] for c in COLUMNS] for row in rows])


def links_file(on: date) -> bytes:
    head = ("URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate")
    day = CONVERTED_ON.strftime("%d-%m-%Y")
    rows = (
        [[str(ACADEMY), str(CONVERTS), "Elmfield School", "Predecessor", day]] if on >= CONVERTED_ON else []
    )
    return _written(head, rows)


def contacts_file(organisation_ids: list[int]) -> bytes:
    """A safeguarding lead for each, at an address of its own."""
    rows = [
        [
            str(organisation_id),
            f"Lead of {organisation_id}",
            "Designated safeguarding lead",
            address_of(organisation_id),
        ]
        for organisation_id in organisation_ids
    ]
    return _written(("URN", "Name", "Role", "Email"), rows)


def address_of(organisation_id: int) -> str:
    return f"lead@school{organisation_id}.example"


def _school(n: int) -> dict[str, str]:
    kind, phase, low, high, pupils = KINDS[n % len(KINDS)]
    code, district = DISTRICTS[n % len(DISTRICTS)]
    return dict.fromkeys(COLUMNS, "") | {
        "URN": str(FIRST + n),
        "LA (code)": LA_CODE,
        "LA (name)": COUNTY,
        "EstablishmentName": f"{NAMES[n]} School",
        "TypeOfEstablishment (name)": kind,
        "EstablishmentStatus (name)": "Open",
        "OpenDate": "01-09-2011",
        "PhaseOfEducation (name)": phase,
        "StatutoryLowAge": low,
        "StatutoryHighAge": high,
        "NumberOfPupils": pupils,
        "Street": f"{n + 1} Mill Lane",
        "Town": district,
        "Postcode": f"ZZ{n % 9 + 1} {n % 9}AA",
        "SchoolWebsite": f"school{FIRST + n}.example",
        "TelephoneNum": f"01632960{n:03d}",
        "Trusts (name)": TRUSTS[n % len(TRUSTS)],
        "DistrictAdministrative (code)": code,
        "DistrictAdministrative (name)": district,
        "Easting": "" if n == 5 else str(450_000 + 1_000 * (n % 6)),
        "Northing": "" if n == 5 else str(210_000 + 1_000 * (n % 4)),
    }


def _written(head: tuple[str, ...], rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode("cp1252")
