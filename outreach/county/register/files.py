"""Register files as they come: read by column name, whatever their order, encoding or packing.

The register is 'Get Information about Schools' (GIAS): its full download (120 to 140 columns by
year), its state-funded download (33 columns), its links file; and Ordnance Survey's Code-Point Open
for places that a download lacks. Heads' names stand in these files and are never read.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from operator import itemgetter
from typing import BinaryIO

from outreach.county.register.code_point import Spot, read_code_point
from outreach.county.register.columns import Facts, columns, day, reason_of, urn
from outreach.county.register.packing import best, column_positions, missing_from, parts
from outreach.ground.csv_lines import CsvFile, Progress, Unreadable, fold, no_progress


@dataclass(frozen=True, kw_only=True)
class Link:
    """The register's word that one school came after another, and of which kind; the name is the successor's,
    where it is given."""

    predecessor: int
    successor: int
    day: date | None
    successor_name: str = ""
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class RegisterFile:
    """What was delivered of some authorities: the lines that could be read and those that could not, the
    links, and the spots of Code-Point Open by `compact` postcode. `has` names the Facts that the register's
    file has a column for. `day` is that of the file: by its name, else that of the newest change in it.
    """

    rows: tuple[Facts, ...]
    has: frozenset[str]
    unreadable: tuple[Unreadable, ...] = ()
    links: tuple[Link, ...] = ()
    spots: Mapping[str, Spot] = field(default_factory=dict)
    day: date | None = None


NEEDED = (
    "URN",
    "LA (code)",
    "EstablishmentName",
    "EstablishmentStatus (name)",
    "TypeOfEstablishment (name)",
    "PhaseOfEducation (name)",
    "StatutoryLowAge",
    "StatutoryHighAge",
    "Postcode",
)
NEEDED_OF_LINKS = ("URN", "LinkURN", "LinkType")


def read(
    source: BinaryIO,
    *,
    la_codes: Collection[str] | None,
    also: Collection[int] = (),
    links: BinaryIO | None = None,
    code_point: BinaryIO | None = None,
    progress: Progress = no_progress,
    file_name: str = "",
) -> RegisterFile:
    """The schools of some authorities (None: all), and those of the URNs in `also` wherever they are now.

    `links` is the register's links file; a zip may hold it beside the register. `code_point` is Code-Point
    Open, for places that the register's file lacks; `file_name` may tell the day of the file. A line that
    cannot be read is put down with its reason and loses no other. Raises WrongFile when a needed column is
    missing.
    """
    with parts(source) as files:
        main = best(files, NEEDED)
        rows, has, unreadable, changed = _schools(main, la_codes, frozenset(also), progress)
        of_file = day_in(main.name) or day_in(file_name) or changed
        beside = [part for part in files if not missing_from(part, NEEDED_OF_LINKS)] if len(files) > 1 else []
        linked = _links(beside[0], progress) if beside and links is None else ([], [])
    if links is not None:
        with parts(links, field="links") as files:
            linked = _links(best(files, NEEDED_OF_LINKS, field="links"), progress)
    astray = {row.postcode for row in rows if row.easting is None or row.district_code is None}
    return RegisterFile(
        rows=tuple(rows),
        has=has,
        unreadable=tuple(unreadable + linked[1]),
        links=tuple(linked[0]),
        spots=read_code_point(code_point, astray, progress) if code_point is not None else {},
        day=of_file,
    )


def day_in(file_name: str) -> date | None:
    """The day in a name such as edubasealldata20250717.csv; None where there is none."""
    found = re.search(r"(?<!\d)(20\d\d)-?([01]\d)-?([0-3]\d)(?!\d)", file_name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _schools(
    part: CsvFile, la_codes: Collection[str] | None, also: Collection[int], progress: Progress
) -> tuple[list[Facts], frozenset[str], list[Unreadable], date | None]:
    """The rows, the facts there are columns for, the lines left out, and the day of the newest change to any
    school."""
    at_of, width = column_positions(part), len(part.header)
    named = columns()
    # A column that is not there reads the empty cell put behind the last one.
    at = [at_of.get(fold(column), width) for column, _ in named.values()]
    pick, understood = itemgetter(*at), [how for _, how in named.values()]
    urn_at, la_at = at[0], at[1]
    locality_at, address3_at = at_of.get("locality", width), at_of.get("address3", width)
    wanted = None if la_codes is None else frozenset(la_codes)
    elsewhere = frozenset(map(str, also))

    rows: list[Facts] = []
    first_lines: dict[int, int] = {}
    changed_at, changes = at_of.get("lastchangeddate", width), set[str]()
    for number, row in islice(part.rows(progress), 1, None):
        if changed_at < width:
            changes.add(row[changed_at])
        if wanted is not None and row[la_at].strip() not in wanted and row[urn_at].strip() not in elsewhere:
            continue
        row.append("")
        if row[address3_at]:
            row[locality_at] = ", ".join(filter(None, (row[locality_at].strip(), row[address3_at].strip())))
        cells = pick(row)
        try:
            facts = Facts._make([how(cell) for how, cell in zip(understood, cells, strict=True)])
        except ValueError:
            part.leave_out(number, reason_of(named, cells))
            continue
        if facts.urn in first_lines:
            reason = f"URN {facts.urn} stands on line {first_lines[facts.urn]} already"
            part.leave_out(number, reason)
            continue
        first_lines[facts.urn] = number
        if not (facts.easting and facts.northing):
            facts = facts._replace(easting=None, northing=None)
        rows.append(facts)
    has = frozenset(name for name, where in zip(named, at, strict=True) if where < width)
    return rows, has, part.unreadable, max(filter(None, map(_day_or_none, changes)), default=None)


def _day_or_none(text: str) -> date | None:
    try:
        return day(text)
    except ValueError:
        return None


# --- links ----------------------------------------------------------------------------------------


def _links(part: CsvFile, progress: Progress) -> tuple[list[Link], list[Unreadable]]:
    at_of = column_positions(part)
    urn_at, other_at, kind_at = (at_of[fold(name)] for name in NEEDED_OF_LINKS)
    day_at, name_at = (at_of.get(name, len(part.header)) for name in ("linkestablisheddate", "linkname"))
    days: dict[tuple[int, int], date | None] = {}
    names: dict[tuple[int, int], str] = {}
    kinds: dict[tuple[int, int], str] = {}
    for number, row in islice(part.rows(progress), 1, None):
        said = " ".join(row[kind_at].split())[:100]
        kind = said.casefold()
        if not kind.startswith(("successor", "predecessor")):
            continue
        row.append("")
        try:
            one, other, on = urn(row[urn_at]), urn(row[other_at]), day(row[day_at])
        except ValueError as error:
            part.leave_out(number, f"links file: a value {error}")
            continue
        pair = (one, other) if kind.startswith("successor") else (other, one)
        if one != other:
            # Both schools state the same link, now and then with different days: the earlier holds.
            days[pair] = min(filter(None, (days.get(pair), on)), default=None)
            if pair == (one, other):
                names[pair], kinds[pair] = row[name_at].strip(), said
            else:
                kinds.setdefault(pair, said)
    links = [
        Link(predecessor=p, successor=s, day=on, successor_name=names.get((p, s), ""), kind=kinds[p, s])
        for (p, s), on in days.items()
    ]
    return links, part.unreadable
