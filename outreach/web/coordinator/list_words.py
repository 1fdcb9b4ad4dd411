"""Words of a list that was sent in: what it needs, and its lines as columns. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outreach.county.lists import list_layout
from outreach.county.lists.body_lists import Back, BodyEntry
from outreach.county.lists.contact_lists import ContactEntry
from outreach.county.lists.entries import CHANGED, LEFT, NEW, OUTSIDE, REPAIR, SAME, TWICE, Entry
from outreach.county.lists.headings import BODIES, CONTACTS, VISITS
from outreach.county.lists.list_layout import Layout
from outreach.county.lists.past_shows import VisitEntry
from outreach.ground.school_year import year_name
from outreach.ground.wording import and_list, capfirst, count, day_short, number

NOUNS = {CONTACTS: ("contact", "contacts"), VISITS: ("visit", "visits"), BODIES: ("body", "bodies")}
FEW = 5
NOT_TAKEN = (LEFT, REPAIR, OUTSIDE)
"""Lines of which the reason is shown, and not what they would come to."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One thing that a line says. `head`: of its column; `label`: before it on a phone; `looks`: classes."""

    head: str
    words: str
    label: str = ""
    under: str = ""
    looks: str = ""


def title(sums: Mapping[str, int], *, taken: bool, unread: bool, lines: int = 0) -> str:
    """What the list needs next; `unread`: nothing of it can be read before its columns are said; `lines`: how many were
    read, where each is one thing."""
    if taken:
        return "Taken in"
    if unread:
        return "Which column is what?"
    if sums[REPAIR]:
        of = f"{sums[REPAIR]:,} of {count(lines, 'line')}" if lines else count(sums[REPAIR], "line")
        return f"{of} {'needs' if sums[REPAIR] == 1 else 'need'} you"
    return "Every line can be taken in" if sums[NEW] or sums[CHANGED] else "Nothing in this list is new"


def steps(sums: Mapping[str, int], *, unread: bool) -> list[tuple[str, str, bool, bool]]:
    """The way of a list, each step with its words, its place on the page, whether it is done and whether it is now."""
    mend, read = sums[REPAIR], not unread
    return [
        ("1 Sheets", "#columns", True, False),
        ("2 Columns", "#columns", read, unread),
        (
            f"3 Repair {count(mend, 'line')}" if mend else "3 Repair",
            "?show=repair#repair",
            read and not mend,
            read and mend > 0,
        ),
        ("4 Take in", "#take-in", False, read and not mend),
    ]


def take_in(sums: Mapping[str, int]) -> str:
    """What the button does, and what it leaves."""
    left = sums[REPAIR] + sums[LEFT]
    return f"Take in {sums[NEW] + sums[CHANGED]:,}" + (f", leave {left:,} out" if left else "")


def cut(layouts: Sequence[Layout]) -> str:
    """Which cells were not read to their end; '' for none. The first few are named."""
    several = sum(bool(layout.lines) for layout in layouts) > 1
    places = [
        f"line {line:,}, column {list_layout.letters(at)}" + (f" of {layout.name}" if several else "")
        for layout in layouts
        for line, at in layout.cut
    ]
    if not places:
        return ""
    rest = f"; and {len(places) - FEW:,} more" if len(places) > FEW else ""
    told = f"Only the first {list_layout.LONGEST_CELL:,} characters are read of {count(len(places), 'long cell')}: "
    return f"{told}{'; '.join(places[:FEW])}{rest}."


def zeros(layouts: Sequence[Layout]) -> str:
    """How many telephone numbers get back the 0 that they lost as numbers; '' for none."""
    n = sum(
        under.short_phones
        for layout in layouts
        if layout.read
        for column, under in zip(layout.columns, layout.under, strict=True)
        if column.kind == "phone"
    )
    lost = count(
        n, "phone number was kept as a number and has", "phone numbers were kept as numbers and have"
    )
    return f"{lost} lost the 0 at the beginning. It is put back." if n else ""


def hidden(layouts: Sequence[Layout], *, read: bool) -> str:
    """What of the sheets is hidden, and whether it is read; '' for nothing."""
    several = len(layouts) > 1
    found = []
    for layout in layouts:
        of = layout.hidden
        named = [count(of.lines, "row")] if of.lines else []
        if of.columns:
            which = and_list(list_layout.letters(at) for at in of.columns)
            named.append(f"{'column' if len(of.columns) == 1 else 'columns'} {which}")
        if of.whole:
            found.append(f"sheet ‘{layout.name}’ ({count(of.lines, 'row')})")
        elif named:
            found.append(and_list(named) + (f" of sheet ‘{layout.name}’" if several else ""))
    if not found:
        return ""
    return f"Hidden in the workbook and {'read all the same' if read else 'not read'}: {'; '.join(found)}."


def reached(after: int, before: int, of: int, *, target: bool) -> tuple[str, str]:
    """How many schools will have somebody to write to, first the count and then the rest of the sentence."""
    whole = f"{count(of, 'school')} in the target" if target else count(of, "open school")
    without = f" {of - after:,} still without." if after < of else ""
    return f"{after:,} of {whole}", f"will have somebody to write to; today {before:,}.{without}"


def how_many(fate: str, n: int, kind: str) -> str:
    """So many lines, or contacts, or visits."""
    if fate in (*NOT_TAKEN, TWICE):
        return count(n, "line")
    return count(n, *NOUNS[kind])


def cells(entry: Entry, fate: str) -> list[Cell]:
    """What is shown of a line beside its number and its school."""
    if fate in NOT_TAKEN:
        return [
            Cell(head="Why", label="Why", words=entry.reason),
            Cell(head="What it says", label="Says", words=entry.shown, looks="s2 wraps"),
        ]
    if isinstance(entry, ContactEntry):
        return _of_contact(entry, fate)
    if isinstance(entry, BodyEntry):
        return _of_body(entry, fate)
    assert isinstance(entry, VisitEntry)
    assert entry.year is not None
    pupils = "not known" if entry.pupils is None else number(entry.pupils)
    return [
        Cell(head="Year", label="Year", words=year_name(entry.year)),
        Cell(head="Day", label="Day", words=day_short(entry.day) if entry.day else "not known"),
        Cell(head="How many", label="How many", words=pupils, looks="num"),
        *([Cell(head="Merged with", label="Merged with", words=entry.into)] if fate == TWICE else []),
    ]


def _of_body(entry: BodyEntry, fate: str) -> list[Cell]:
    said = entry.facts
    assert said is not None
    staff = "not known" if said.front_line_staff is None else number(said.front_line_staff)
    counted = f"counted {day_short(said.staff_counted_on)}" if said.staff_counted_on else ""
    people = [person.name or person.address for person in entry.people]
    told = [
        Cell(head="District", label="District", words=said.district or "The whole area"),
        Cell(head="Front-line staff", label="Front-line staff", words=staff, under=counted, looks="num"),
        Cell(head="New contacts", label="New contacts", words=", ".join(people) or "none", looks="wraps"),
    ]
    if fate == TWICE:
        told.append(Cell(head="Merged with", label="Merged with", words=entry.into))
    return told


def bodies_back(file_name: str, done: Back) -> str:
    """What taking a list of bodies back came to."""
    parts = [f"{count(done.gone, 'body', 'bodies')} gone"] if done.gone else []
    parts += [f"{number(done.as_before)} as before"] if done.as_before else []
    kept = "it" if done.left == 1 else "them"
    parts += [f"{number(done.left)} left, as somebody did something about {kept} since"] if done.left else []
    return f"‘{file_name}’ is taken back: {and_list(parts)}."


def _of_contact(entry: ContactEntry, fate: str) -> list[Cell]:
    said = entry.details
    assert said is not None
    told = [
        Cell(head="Name and role", words=said.name or "no name", under=said.role),
        Cell(head="Address", words=said.address, under=said.phone, looks="wraps"),
    ]
    if fate == CHANGED:
        held = entry.on_file
        known = ", ".join(w for w in (held.name, held.role, held.phone) if w) if held is not None else ""
        on_file = known or "nothing but the address"
        told.append(Cell(head="On file", label="On file", words=on_file, under=capfirst(entry.note)))
    elif fate in (TWICE, SAME):
        note = f"merged with {entry.into}" if entry.into else entry.note
        told.append(Cell(head="Note", label="Note", words=note))
    return told


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing of a contact that a list would change; '' where nothing was on file."""

    before: str
    after: str


def differences(entry: ContactEntry) -> list[Difference]:
    """What a line changes of the contact that it meets: old and new, side by side."""
    held, said = entry.on_file, entry.details
    if held is None or said is None:
        return []
    return [
        Difference(before=old, after=new)
        for old, new in ((held.name, said.name), (held.role, said.role), (held.phone, said.phone))
        if old != new
    ]


def of_column(
    *, skipped: bool, notes: bool, addresses: int, filled: int, block: str, contacts: bool
) -> tuple[str, bool]:
    """What to know of a column before it is taken or left; and whether it is said aloud, since addresses would be
    left out."""
    stand = f"{count(addresses, 'address stands', 'addresses stand')} in it" if addresses else ""
    if skipped and notes:
        return "; ".join(w for w in ("may hold remarks about people", stand) if w), False
    if skipped and stand and contacts:
        return stand, True
    return ", ".join(w for w in (block, f"{number(filled)} filled") if w), False
