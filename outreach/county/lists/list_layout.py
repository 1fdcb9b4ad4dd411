"""Layout of a list as it was read: where its headings stand, which column is what; and then line by line what
it says.

Titles above the headings, cover sheets, headings over two lines, headings said again further down: known and
counted, so that no line is left out without a word.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

from outreach.county.lists import cells, headings
from outreach.county.lists.cells import PersonInCell
from outreach.county.lists.headings import BODIES, OF_PEOPLE, SKIP, VISITS, Column, Under
from outreach.county.lists.uploads import Upload
from outreach.county.lists.which_school import SchoolAsWritten
from outreach.ground.typed_days import day_with_year
from outreach.ground.workbooks import Clock, Hidden, Sheet

LOOKED_AT = 40
"""How many lines of a sheet are looked through for its headings."""
SAMPLE = 400
LEAST_SCORE = 4
LONGEST_CELL = 1_000
"""Characters; the rest of a cell is not read, and said to be so."""
MOST_SECONDS = 8.0
"""Of processor to recognise what all lines say: twice what the longest list with ordinary cells takes."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One sheet as it is read. `first`: its first lines, to be looked at; `above`: how many lines stand
    before the list.

    `hidden`: what of it is hidden, read or not. `cut`: the line and column of each cell that is longer than
    LONGEST_CELL.
    `heading_line` 0: the list has no headings. `complete`: by its columns it can be read. `wanted`: it seems
    to be a list.
    """

    number: int
    name: str
    read: bool
    heading_line: int
    group_line: int
    columns: tuple[Column, ...]
    under: tuple[Under, ...]
    above: int
    lines: int
    addresses: int
    first: tuple[tuple[int, tuple[str, ...]], ...]
    complete: bool
    wanted: bool
    cut: tuple[tuple[int, int], ...]
    hidden: Hidden


@dataclass(frozen=True, kw_only=True)
class Record:
    """One line of a list. `shown` is what it says, `school` what it says of the school as one reads it.

    `again`: it says the headings once more. `aside`: the cells that may hold remarks about people, and are shown to
    nobody either.
    """

    sheet: int
    sheet_name: str
    line: int
    cells: tuple[str, ...]
    said: SchoolAsWritten
    school: str
    again: bool
    people: tuple[tuple[PersonInCell, str], ...] = ()
    without: tuple[tuple[str, str, str], ...] = ()
    visits: tuple[dict[str, str], ...] = ()
    aside: frozenset[int] = frozenset()
    body: Mapping[str, str] = field(default_factory=dict)

    @property
    def filled(self) -> int:
        return sum(bool(cell) for cell in self.cells)

    @property
    def shown(self) -> str:
        return ", ".join(cell for at, cell in enumerate(self.cells) if cell and at not in self.aside)[:300]

    def mark(self, part: int) -> str:
        """By which it is known whether what was put right was said of this very line."""
        return f"{crc32(repr((self.cells, part)).encode('utf-8', 'replace')):08x}"


def laid_out(upload: Upload) -> list[Layout]:
    """Every sheet of a list, in its order. Where none looks like a list, each that holds anything is asked
    about. Raises CannotRead where that takes too long."""
    pace = Clock(MOST_SECONDS)
    found = [_layout(upload, number, sheet, pace) for number, sheet in enumerate(upload.sheets)]
    if not any(layout.wanted for layout in found):
        found = [replace(layout, wanted=layout.lines > 0) for layout in found]
    return found


def records(upload: Upload, layouts: Sequence[Layout]) -> Iterator[Record]:
    """Line by line what the sheets say that are read. Raises CannotRead where that takes too long, what is made of
    each line included."""
    pace = Clock(MOST_SECONDS)
    for layout in layouts:
        if layout.read:
            yield from _records(upload, layout, pace)


def _lines(sheet: Sheet, pace: Clock, *, hidden: bool) -> Iterator[tuple[int, list[str]]]:
    for line, said in sheet.lines(hidden=hidden):
        pace.time()
        yield line, [cell[:LONGEST_CELL] for cell in said]


def _layout(upload: Upload, number: int, sheet: Sheet, pace: Clock) -> Layout:
    kind, choices = upload.kind, upload.choices
    lines = _lines(sheet, pace, hidden=choices.hidden)
    first = [(line, tuple(said)) for (line, said), _ in zip(lines, range(LOOKED_AT), strict=False)]
    chosen = {**upload.remembered, **choices.columns}
    at = _heading_line(first, kind, chosen, choices.first_line.get(number), pace)
    heading_line = first[at][0] if at is not None else 0
    named, group_line = _headings(first, at, sheet.width, kind)
    under, cut, below = _under(sheet, heading_line, len(named), pace, hidden=choices.hidden)
    addresses = sum(u.addresses for u in under)
    columns = headings.settled(named, under, kind, chosen, named=at is not None)
    complete = bool(first) and headings.is_complete(columns, kind)
    # A sheet without a list in it: a cover, a note on how to fill it in.
    wanted = complete or (addresses > 0 if kind in OF_PEOPLE else at is not None)
    return Layout(
        number=number,
        name=sheet.name,
        heading_line=heading_line,
        group_line=group_line,
        columns=columns,
        under=under,
        above=sum(line <= heading_line for line, _ in first),
        lines=below,
        addresses=addresses,
        first=tuple(first),
        complete=complete,
        wanted=wanted,
        cut=cut,
        hidden=sheet.hidden(),
        read=complete and choices.sheets.get(number, wanted) and below > 0,
    )


def _heading_line(
    first: Sequence[tuple[int, tuple[str, ...]]],
    kind: str,
    known: Mapping[str, str],
    chosen: int | None,
    pace: Clock,
) -> int | None:
    """Which of the first lines holds the headings: the one that a coordinator chose, else the likeliest."""
    if chosen is not None:
        return next((at for at, (line, _) in enumerate(first) if line == chosen), None)
    scores = []
    for _, said in first:
        pace.time()
        scores.append(headings.score(said, kind, known))
    best = max(scores, default=0)
    return scores.index(best) if best >= LEAST_SCORE else None


def _headings(
    first: Sequence[tuple[int, tuple[str, ...]]], at: int | None, width: int, kind: str
) -> tuple[list[str], int]:
    """The headings, one for each column, with what stands over several of them before each; and where that
    line is."""
    if at is None:
        return [f"Column {letters(n)} of {width}" for n in range(width)], 0
    said = [*first[at][1], *[""] * (width - len(first[at][1]))]
    over = list(first[at - 1][1]) if at else []
    group_line = 0
    if (
        kind in OF_PEOPLE
        and sum(bool(cell) for cell in over)
        and any(headings.role_of(cell) for cell in over)
    ):
        group_line = first[at - 1][0]
        group = ""
        for n in range(len(said)):
            group = over[n] if n < len(over) and over[n] else group
            alone = headings.recognised(said[n], kind)
            if group and headings.role_of(group) and alone.kind in headings.PERSON_KINDS and not alone.role:
                said[n] = f"{group} {said[n]}"
            elif group and headings.role_of(group) and not said[n] and n < len(over) and over[n]:
                said[n] = group
    return [cell or f"Column {letters(n)}" for n, cell in enumerate(said)], group_line


def letters(at: int) -> str:
    """A column's name in a spreadsheet: 0 is A, 26 is AA."""
    return (letters(at // 26 - 1) if at >= 26 else "") + chr(65 + at % 26)


_NUMBER = re.compile(r"(?:URN\D{0,3})?[0-9]{6}(?:\.0+)?", re.IGNORECASE)


def _under(
    sheet: Sheet, heading_line: int, width: int, pace: Clock, *, hidden: bool
) -> tuple[tuple[Under, ...], tuple[tuple[int, int], ...], int]:
    """What stands under each heading, which cells are cut, and how many lines those are."""
    cut: list[tuple[int, int]] = []
    filled, addresses, numbers, postcodes, short_phones = ([0] * width for _ in range(5))
    looked = 0
    for line, whole in sheet.lines(hidden=hidden):
        pace.time()
        cut += [(line, n) for n, cell in enumerate(whole) if len(cell) > LONGEST_CELL]
        if line <= heading_line:
            continue
        said = [cell[:LONGEST_CELL] for cell in whole]
        looked += 1
        for n, cell in enumerate(said):
            if not cell:
                continue
            filled[n] += 1
            if "@" in cell:
                addresses[n] += 1
            elif cells.lacks_zero(cell):
                short_phones[n] += 1
            elif looked <= SAMPLE:
                numbers[n] += bool(_NUMBER.fullmatch(cell))
                postcodes[n] += bool(cells.postcode(cell))
    share = looked / SAMPLE if looked > SAMPLE else 1
    under = tuple(
        Under(filled=f, addresses=a, numbers=round(n * share), postcodes=round(p * share), short_phones=t)
        for f, a, n, p, t in zip(filled, addresses, numbers, postcodes, short_phones, strict=True)
    )
    return under, tuple(cut), looked


def _records(upload: Upload, layout: Layout, pace: Clock) -> Iterator[Record]:
    sheet = upload.sheets[layout.number]
    of_kind: dict[str, list[int]] = {}
    for at, column in enumerate(layout.columns):
        of_kind.setdefault(column.kind, []).append(at)
    aside = frozenset(at for at in of_kind.get(SKIP, ()) if layout.columns[at].notes)
    named = next((_says(said) for line, said in layout.first if line == layout.heading_line), None)
    blocks = list(dict.fromkeys(c.block for c in layout.columns if c.kind in headings.PERSON_KINDS))
    for line, said in _lines(sheet, pace, hidden=upload.choices.hidden):
        if line <= layout.heading_line:
            continue
        row = tuple([*said, *[""] * (len(layout.columns) - len(said))])
        school, shown = _school(row, of_kind)
        again = named is not None and _says(row) == named
        people, without = _people(row, layout, blocks) if upload.kind in OF_PEOPLE else ((), ())
        yield Record(
            sheet=layout.number,
            sheet_name=layout.name,
            line=line,
            cells=row,
            said=school,
            school=shown,
            again=again,
            people=people,
            without=without,
            visits=_visits(row, layout, of_kind) if upload.kind == VISITS else (),
            body=_body(row, of_kind) if upload.kind == BODIES else {},
            aside=aside,
        )


def _says(row: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell.casefold() for cell in row if cell)


def _school(row: tuple[str, ...], of_kind: dict[str, list[int]]) -> tuple[SchoolAsWritten, str]:
    """What a line says of its school, and the same as one reads it."""

    def first(kind: str) -> str:
        return next((row[at] for at in of_kind.get(kind, ()) if not cells.says_nothing(row[at])), "")

    numbers = [
        number
        for kind in ("urn", "laestab")
        for at in of_kind.get(kind, ())
        for number in cells.identifiers(row[at])
    ]
    name = first("school")
    # ‘Redmere Academy, Kestermere, ZZ1 1AA’: what stands behind the name is where it is.
    place = cells.postcode(first("postcode")) or cells.postcode(first("street")) or cells.postcode(name)
    name = re.sub(r"\(\s*(?:URN\W*)?[0-9/]{6,8}\s*\)", "", name).strip()
    shown = name or next(
        (row[at] for kind in ("urn", "laestab") for at in of_kind.get(kind, ()) if row[at]), ""
    )
    return (
        SchoolAsWritten(
            numbers=tuple(dict.fromkeys(numbers)),
            authority=first("la"),
            name=name,
            postcode=place,
            town=first("town"),
        ),
        shown,
    )


def _people(
    row: tuple[str, ...], layout: Layout, blocks: Sequence[str]
) -> tuple[tuple[tuple[PersonInCell, str], ...], tuple[tuple[str, str, str], ...]]:
    """Everybody whom a line names with an address, each with a telephone; and whom it names without: (name,
    role, phone)."""
    found: list[tuple[PersonInCell, str]] = []
    without: list[tuple[str, str, str]] = []
    alone = (
        sum(any(c.kind == "address" and c.block == block for c in layout.columns) for block in blocks) == 1
    )
    for block in blocks:
        mine = [
            (at, c)
            for at, c in enumerate(layout.columns)
            if c.block == block and c.kind in headings.PERSON_KINDS
        ]

        def text(kind: str, mine: list[tuple[int, Column]] = mine) -> str:
            return next((row[at] for at, c in mine if c.kind == kind and not cells.says_nothing(row[at])), "")

        name = text("name") or f"{text('first')} {text('last')}".strip()
        role = text("role") or next((c.role for _, c in mine if c.role), "")
        phone = cells.phone(text("phone"))
        if not phone and block and alone and any(c.kind == "address" for _, c in mine):
            phone = next(
                (
                    cells.phone(row[at])
                    for at, c in enumerate(layout.columns)
                    if c.kind == "phone" and c.block in ("", "school") and row[at]
                ),
                "",
            )
        addressed = [p for at, c in mine if c.kind == "address" for p in cells.people_in_cell(row[at])]
        paired = cells.paired(addressed, name, role)
        # An address may stand in the cell of the name, too.
        paired += [
            PersonInCell(address=p.address, name=p.name, role=p.role or role, doubt=p.doubt)
            for at, c in mine
            if c.kind in ("name", "role", "phone") and "@" in row[at]
            for p in cells.people_in_cell(row[at])
        ]
        seen: set[str] = set()
        for p in paired:
            if p.address.casefold() not in seen:
                seen.add(p.address.casefold())
                found.append((p, phone))
        if not paired and name:
            without.append((*cells.name_and_role(name), phone))
    return tuple(found), tuple(without)


def _visits(
    row: tuple[str, ...], layout: Layout, of_kind: dict[str, list[int]]
) -> tuple[dict[str, str], ...]:
    """The shows that a line tells of: its day, year and number; and one for each column that is headed by a
    year."""
    found = []
    said = {
        kind: next((row[at] for at in of_kind.get(kind, ()) if row[at]), "")
        for kind in ("day", "year", "pupils")
    }
    if any(said.values()) or not of_kind.get("seen"):
        found.append(said)
    for at in of_kind.get("seen", ()):
        if not cells.says_nothing(row[at]) or row[at].casefold() == "x":
            if row[at].strip().casefold() in ("no", "n", "0", "not seen", "declined", "✗", "cancelled"):
                continue
            day = row[at] if day_with_year(row[at]) or cells.month(row[at]) else ""
            number = row[at] if not day and re.search("[0-9]", row[at]) else ""
            found.append({"day": day, "year": layout.columns[at].heading, "pupils": number})
    return tuple(found)


def _body(row: tuple[str, ...], of_kind: dict[str, list[int]]) -> dict[str, str]:
    """What a line says of a body, as it is written."""
    return {
        kind: next((row[at] for at in of_kind.get(kind, ()) if row[at]), "") for kind in headings.BODY_KINDS
    }


def not_read(layout: Layout) -> list[tuple[Column, Under]]:
    """The columns that are not read though addresses stand in them."""
    return [
        (column, under)
        for column, under in zip(layout.columns, layout.under, strict=True)
        if column.kind == SKIP and under.addresses
    ]
