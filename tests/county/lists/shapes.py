"""The shapes that councils' lists come in: each a file of the same schools and people, and what must come of
it."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import openpyxl

AREAS = ("North", "South", "East", "West", "Central", "Coast")


@dataclass(frozen=True, kw_only=True)
class Place:
    """One school as a list of a council says it: as the register does."""

    urn: int
    laestab: str
    name: str
    postcode: str
    town: str

    @property
    def at(self) -> str:
        return f"s{self.urn}.example"

    def address(self, who: str) -> str:
        return f"{who}@{self.at}"


Shape = Callable[[Sequence[Place]], bytes]


def book(sheets: dict[str, list[list[object]]], *, merged: dict[str, list[str]] | None = None) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(row)
        for cells in (merged or {}).get(name, []):
            page.merge_cells(cells)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def text(rows: list[list[object]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def _plain(places: Sequence[Place]) -> list[list[object]]:
    return [
        ["URN", "School", "DSL", "Email"],
        *([p.urn, p.name, "Jo Fell", p.address("dsl")] for p in places),
    ]


def _by_area(places: Sequence[Place]) -> bytes:
    size = -(-len(places) // len(AREAS))
    parts = [places[n * size : (n + 1) * size] for n in range(len(AREAS))]
    return book({area: _plain(part) for area, part in zip(AREAS, parts, strict=True) if part})


def _two_emails(places: Sequence[Place]) -> bytes:
    return text(
        [
            ["URN", "Name", "Email", "Email"],
            *([p.urn, "Jo Fell", p.address("j.fell"), p.address("office")] for p in places),
        ]
    )


def _titled(places: Sequence[Place]) -> bytes:
    return book(
        {
            "Cover": [["Marlshire County Council"], ["Contacts of safeguarding leads"], ["For internal use"]],
            "Leads": [
                ["Safeguarding leads, autumn 2026"],
                [],
                ["Updated", datetime(2026, 9, 3)],
                *_plain(places),
            ],
        }
    )


def _worded(*headings: str) -> Shape:
    def shape(places: Sequence[Place]) -> bytes:
        return text(
            [list(headings), *([p.urn, p.name, "Jo Fell", p.address("dsl"), "01632 960 118"] for p in places)]
        )

    return shape


def _wide(places: Sequence[Place]) -> bytes:
    return book(
        {
            "All": [
                [
                    "DfE No",
                    "URN",
                    "School Name",
                    "Head",
                    "Head's e-mail address",
                    "DSL Name",
                    "DSL Email",
                    "DSL Tel",
                    "Deputy DSL",
                    "Deputy DSL email",
                    "School email",
                ],
                *(
                    [
                        p.laestab,
                        p.urn,
                        p.name,
                        "Pat Head",
                        p.address("head"),
                        "Jo Fell",
                        p.address("dsl"),
                        "01632 960 118",
                        "Sam Day",
                        p.address("deputy"),
                        p.address("office"),
                    ]
                    for p in places
                ),
            ]
        }
    )


def _grouped(places: Sequence[Place]) -> bytes:
    return book(
        {
            "All": [
                ["", "", "Headteacher", "", "Designated Safeguarding Lead", ""],
                ["URN", "School", "Name", "Email", "Name", "Email"],
                *(
                    [p.urn, p.name, "Pat Head", p.address("head"), "Jo Fell", p.address("dsl")]
                    for p in places
                ),
            ]
        },
        merged={"All": ["C1:D1", "E1:F1"]},
    )


def _in_turn(places: Sequence[Place]) -> bytes:
    return text(
        [
            ["School", "Postcode", "Headteacher", "Email", "DSL", "Email", "Tel"],
            *(
                [p.name, p.postcode, "Pat Head", p.address("head"), "Jo Fell", p.address("dsl"), "1"]
                for p in places
            ),
        ]
    )


def _merged_down(places: Sequence[Place]) -> bytes:
    rows: list[list[object]] = [["URN", "School", "Name", "Role", "Email"]]
    cells = []
    for p in places:
        at = len(rows) + 1
        rows.append([p.urn, p.name, "Jo Fell", "DSL", p.address("dsl")])
        rows.append([None, None, "Sam Day", "Deputy DSL", p.address("deputy")])
        cells += [f"A{at}:A{at + 1}", f"B{at}:B{at + 1}"]
    return book({"S": rows}, merged={"S": cells})


def _in_a_cell(write: Callable[[Place], str]) -> Shape:
    def shape(places: Sequence[Place]) -> bytes:
        return book(
            {"S": [["URN", "School", "Contact details"], *([p.urn, p.name, write(p)] for p in places)]}
        )

    return shape


def _noted(places: Sequence[Place]) -> bytes:
    return text([*_plain(places), [], ["* new since the summer"], ["Kept by Pat Day, 01632 960 118"]])


def _with_notes(places: Sequence[Place]) -> bytes:
    return text(
        [
            ["URN", "School", "DSL", "Email", "Notes"],
            *(
                [p.urn, p.name, "Jo Fell", p.address("dsl"), "Do not use old@gone.example, off sick"]
                for p in places
            ),
        ]
    )


def _headless(places: Sequence[Place]) -> bytes:
    return text([[p.urn, p.name, "Jo Fell", p.address("dsl")] for p in places])


def _numbers(write: Callable[[Place], object], heading: str = "URN") -> Shape:
    def shape(places: Sequence[Place]) -> bytes:
        return text([[heading, "Email"], *([write(p), p.address("dsl")] for p in places)])

    return shape


def _named(*headings: str, of: Callable[[Place], list[object]]) -> Shape:
    def shape(places: Sequence[Place]) -> bytes:
        return text(
            [
                [*headings, "Safeguarding lead", "E-mail"],
                *([*of(p), "Jo Fell", p.address("dsl")] for p in places),
            ]
        )

    return shape


SHAPES: dict[str, tuple[Shape, tuple[str, ...]]] = {
    "six sheets by area": (_by_area, ("dsl",)),
    "two columns headed Email": (_two_emails, ("j.fell", "office")),
    "a cover sheet and title rows": (_titled, ("dsl",)),
    "DSL email": (_worded("URN", "School", "DSL name", "DSL email", "Tel"), ("dsl",)),
    "Email of DSL": (_worded("URN", "Establishment", "Name of DSL", "Email of DSL", "Phone no."), ("dsl",)),
    "School email": (
        _worded("GIAS URN", "Name of school", "Contact", "School email", "School telephone"),
        ("dsl",),
    ),
    "Head's e-mail address": (
        _worded("URN no.", "Setting", "Headteacher", "Head's e-mail address", "Tel."),
        ("dsl",),
    ),
    "long headings": (
        _worded(
            "School URN",
            "School/Setting",
            "Designated Safeguarding Lead (DSL) - name",
            "Designated Safeguarding Lead (DSL) - email",
            "Contact number",
        ),
        ("dsl",),
    ),
    "a block of columns for each role": (_wide, ("head", "dsl", "deputy", "office")),
    "headings over two lines, merged": (_grouped, ("head", "dsl")),
    "Head, Email, DSL, Email by name and postcode": (_in_turn, ("head", "dsl")),
    "a school's cell over several lines": (_merged_down, ("dsl", "deputy")),
    "Name <address>; Name <address>": (
        _in_a_cell(lambda p: f"Jo Fell <{p.address('dsl')}>; Sam Day <{p.address('deputy')}>"),
        ("dsl", "deputy"),
    ),
    "name (role) address": (
        _in_a_cell(lambda p: f"Jo Fell (DSL) {p.address('dsl')}, Sam Day (deputy) {p.address('deputy')}"),
        ("dsl", "deputy"),
    ),
    "slashes": (_in_a_cell(lambda p: f"{p.address('dsl')} / {p.address('deputy')}"), ("dsl", "deputy")),
    "slashes without blanks": (
        _in_a_cell(lambda p: f"{p.address('dsl')}/{p.address('deputy')}"),
        ("dsl", "deputy"),
    ),
    "line breaks": (
        _in_a_cell(lambda p: f"DSL: {p.address('dsl')}\nDeputy: {p.address('deputy')}"),
        ("dsl", "deputy"),
    ),
    "notes below the list": (_noted, ("dsl",)),
    "a column of notes": (_with_notes, ("dsl",)),
    "no headings at all": (_headless, ("dsl",)),
    "URN 115482": (_numbers(lambda p: f"URN {p.urn}"), ("dsl",)),
    "115492.0": (_numbers(lambda p: f"{p.urn}.0"), ("dsl",)),
    "DfE number": (_numbers(lambda p: p.laestab, "DfE number"), ("dsl",)),
    "LAESTAB with its stroke": (_numbers(lambda p: f"{p.laestab[:3]}/{p.laestab[3:]}", "LAESTAB"), ("dsl",)),
    "LAESTAB in the column of the URN": (_numbers(lambda p: p.laestab), ("dsl",)),
    "name and postcode": (
        _named(
            "School name", "Post Code", of=lambda p: [p.name.upper(), p.postcode.replace(" ", "").lower()]
        ),
        ("dsl",),
    ),
    "name and town": (_named("School", "Town/City", of=lambda p: [f"{p.name}.", p.town]), ("dsl",)),
    "name with its postcode in the address": (
        _named("School", "Address", of=lambda p: [p.name, f"1 High Street, {p.town}, {p.postcode}"]),
        ("dsl",),
    ),
    "Excel's CSV with semicolons, cp1252": (
        lambda places: text(
            [
                ["URN", "Naïve school", "DSL", "E-Mail"],
                *([p.urn, p.name, "Zoë O’Fell", p.address("dsl")] for p in places),
            ],
            ";",
            "cp1252",
        ),
        ("dsl",),
    ),
    "Unicode text with tabs, UTF-16": (lambda places: text(_plain(places), "\t", "utf-16"), ("dsl",)),
    "tabs after title rows": (
        lambda places: text([["Leads, autumn, as told"], *_plain(places)], "\t"),
        ("dsl",),
    ),
}
"""{what it is: (the file, whose addresses stand in it for each school)}."""
