"""Changes that applying a register file would make, compared with what is known. Pure.

A school that is not in a file stays as it is: only the register's own word closes it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from outreach.county.register.became import Became, probable
from outreach.county.register.code_point import Spot, compact
from outreach.county.register.columns import Facts
from outreach.county.register.files import Link, RegisterFile
from outreach.ground.csv_lines import Unreadable
from outreach.ground.wording import and_list, count


class FieldChange(NamedTuple):
    """One fact of one school, before and after; `kept` when a local correction holds against it."""

    field: str
    before: Any
    after: Any
    kept: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What the register now says of one school; `before` is None of a new one."""

    before: Facts | None
    after: Facts
    corrected: frozenset[str] = frozenset()

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """Field by field; () of a new school."""
        if self.before is None:
            return ()
        return tuple(
            FieldChange(name, old, new, name in self.corrected)
            for name, old, new in zip(Facts._fields, self.before, self.after, strict=True)
            if old != new
        )


class HeldElsewhere(NamedTuple):
    """A school that another partnership of this service holds, as the file names it. `asked`: it was asked
    for already."""

    urn: int
    name: str
    la_code: str
    district_code: str | None
    district_name: str | None
    giver: int
    receiver: int
    asked: bool


class HeldLink(NamedTuple):
    """A link of which one end, `urn`, is another partnership's school."""

    link: Link
    urn: int
    giver: int
    receiver: int
    asked: bool


class Successor(NamedTuple):
    """A school that comes after a closed one; its name is '' where no file gives it."""

    urn: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Changes:
    """All that applying a file would do, and what it would leave. By name, then URN; `absent` are open
    schools of the file's authorities that the file does not have; `kinds` are links known already whose kind
    is told now; `became` pairs absent and new ones that probably are the same school; `open_known` counts
    those known to be open; `successors` are those of closures. `held` and `held_links` are another
    partnership's, and wait for its word; `staying` are ours that the file gives to another."""

    new: tuple[Change, ...]
    changed: tuple[Change, ...]
    closed: tuple[Change, ...]
    reopened: tuple[Change, ...]
    unchanged: int
    absent: tuple[Facts, ...]
    unreadable: tuple[Unreadable, ...]
    links: tuple[Link, ...]
    kinds: tuple[Link, ...] = ()
    became: tuple[Became, ...] = ()
    open_known: int = 0
    successors: Mapping[int, tuple[Successor, ...]]
    held: tuple[HeldElsewhere, ...] = ()
    held_links: tuple[HeldLink, ...] = ()
    staying: tuple[Facts, ...] = ()

    @property
    def nothing(self) -> bool:
        """Applying the file would change nothing, and ask nobody for anything."""
        changed = self.new or self.changed or self.closed or self.reopened or self.links or self.kinds
        return not (changed or self.to_ask)

    @property
    def urns(self) -> set[int]:
        """The schools of which something is new, those at either end of a new link among them."""
        changed = (*self.new, *self.changed, *self.closed, *self.reopened)
        found = {change.after.urn for change in changed}
        found.update(*((link.predecessor, link.successor) for link in self.links))
        return found.union(*(each.pair for each in self.became))

    @property
    def to_ask(self) -> int:
        """How many schools and links another partnership would be asked for."""
        return sum(not held.asked for held in self.held) + sum(not link.asked for link in self.held_links)

    @property
    def summary(self) -> str:
        """'3 new, 12 changed, 1 closed, 340 unchanged and 2 not in this file': what there is none of is left
        out."""
        counted = (
            (len(self.new), "new"),
            (len(self.changed), "changed"),
            (len(self.closed), "closed"),
            (len(self.reopened), "reopened"),
            (self.unchanged, "unchanged"),
            (len(self.absent), "not in this file"),
        )
        said = [f"{number:,} {what}" for number, what in counted if number]
        if self.unreadable:
            said.append(count(len(self.unreadable), "line") + " unreadable")
        if self.links:
            said.append(count(len(self.links), "new link"))
        if self.held:
            said.append(f"{len(self.held):,} held by another partnership")
        if self.held_links:
            said.append(count(len(self.held_links), "link") + " to another partnership’s schools")
        return and_list(said)


@dataclass(frozen=True, kw_only=True)
class KnownBefore:
    """What stands here before a file comes in; `facts` is the register's last word by URN, `links` the kind
    of each (predecessor, successor).

    `la_codes`: whose file it is (None: everybody's). `holders`: the partnership of each known school that a
    row or a link of the file names, `takers` that of each authority; `asked` and `asked_links` wait for
    another partnership's word already.
    """

    facts: Mapping[int, Facts]
    corrected: Mapping[int, Collection[str]]
    links: Mapping[tuple[int, int], str]
    districts: Mapping[str, str]
    la_codes: Collection[str] | None = None
    holders: Mapping[int, int] = field(default_factory=dict)
    takers: Mapping[str, int] = field(default_factory=dict)
    asked: Collection[tuple[int, int]] = ()
    asked_links: Collection[tuple[int, int]] = ()

    def is_ours(self, la_code: str) -> bool:
        """Whether the file may speak for an authority."""
        return self.la_codes is None or la_code in self.la_codes


def compare(file: RegisterFile, known: KnownBefore) -> Changes:
    """What a file would change. Pure."""
    complete = _completer(file, known)
    kinds: dict[str, list[Change]] = {"new": [], "changed": [], "closed": [], "reopened": []}
    unchanged = 0
    held: list[HeldElsewhere] = []
    staying: list[Facts] = []
    for row in file.rows:
        before = known.facts.get(row.urn)
        giver, receiver = known.holders.get(row.urn), known.takers.get(row.la_code)
        if before is None and giver is not None and not known.is_ours(row.la_code):
            continue  # another's school, where another's authority is named: nothing that this file may say
        if giver is not None and receiver is not None and giver != receiver:
            if before is None or known.is_ours(row.la_code):
                asked = (row.urn, receiver) in known.asked
                held.append(
                    HeldElsewhere(
                        urn=row.urn,
                        name=row.name,
                        la_code=row.la_code,
                        district_code=row.district_code,
                        district_name=row.district_name,
                        giver=giver,
                        receiver=receiver,
                        asked=asked,
                    )
                )
                continue
            staying.append(row)
            row = row._replace(la_code=before.la_code)
        elif giver is not None and before is None:
            continue  # another partnership's school under its own authority: theirs to bring in
        after = complete(row, before)
        if before == after:
            unchanged += 1
            continue
        corrected = frozenset(known.corrected.get(row.urn, ()))
        kinds[_kind(before, after)].append(Change(before=before, after=after, corrected=corrected))
    here = {row.urn for row in file.rows}
    authorities = {row.la_code for row in file.rows}
    absent = [f for f in known.facts.values() if f.urn not in here and f.is_open and f.la_code in authorities]
    told, held_links = _apart(_new_links(file.links, known, here - {each.urn for each in held}), file, known)
    return Changes(
        new=_by_name(kinds["new"]),
        changed=_by_name(kinds["changed"]),
        closed=_by_name(kinds["closed"]),
        reopened=_by_name(kinds["reopened"]),
        unchanged=unchanged,
        absent=tuple(sorted(absent, key=lambda f: (f.name, f.urn))),
        unreadable=file.unreadable,
        links=told,
        became=probable((c.after for c in kinds["new"]), _unlinked(absent, file, known)),
        open_known=sum(f.is_open and f.la_code in authorities for f in known.facts.values()),
        kinds=tuple(k for k in file.links if k.kind and known.links.get((k.predecessor, k.successor)) == ""),
        successors=_successors(kinds["closed"], file, known),
        held=tuple(sorted(held, key=lambda each: (each.name, each.urn))),
        held_links=held_links,
        staying=tuple(sorted(staying, key=lambda f: (f.name, f.urn))),
    )


def _unlinked(absent: Iterable[Facts], file: RegisterFile, known: KnownBefore) -> list[Facts]:
    """Those of which no link says what became of them."""
    told = {k.predecessor for k in file.links} | {predecessor for predecessor, _ in known.links}
    return [facts for facts in absent if facts.urn not in told]


def _kind(before: Facts | None, after: Facts) -> str:
    if before is None:
        return "new"
    if before.is_open == after.is_open:
        return "changed"
    return "reopened" if after.is_open else "closed"


def _by_name(changes: list[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda c: (c.after.name, c.after.urn)))


def _completer(file: RegisterFile, known: KnownBefore) -> Callable[[Facts, Facts | None], Facts]:
    """What a line says together with what it leaves open.

    A fact that the file has no column for stays as it was. A point or district that it leaves open stays
    while the postcode does, else it is Code-Point's. A telephone without its first nought is the one held.
    """
    lacks = [name for name in Facts._fields if name not in file.has]
    names = dict(known.districts)
    names |= {r.district_code: r.district_name for r in file.rows if r.district_code and r.district_name}

    def complete(row: Facts, before: Facts | None) -> Facts:
        point_said, district_said = row.easting is not None, row.district_code is not None
        if before is not None and lacks:
            row = row._replace(**{name: getattr(before, name) for name in lacks})
        if not (point_said and district_said):
            row = _placed(row, before, file.spots.get(compact(row.postcode)), point_said, district_said)
        if before is not None and _shortened(row.telephone, before.telephone):
            row = row._replace(telephone=before.telephone)
        return _district_named(row, before, names)

    return complete


def _shortened(said: str, held: str) -> bool:
    """Whether a telephone is the one that is held without its first nought: a spreadsheet took it for a
    number."""
    short, whole = ("".join(c for c in text.removesuffix(".0") if c.isdigit()) for text in (said, held))
    return bool(short) and whole == f"0{short}"


def _placed(
    row: Facts, before: Facts | None, spot: Spot | None, point_said: bool, district_said: bool
) -> Facts:
    stays = before is not None and compact(before.postcode) == compact(row.postcode)
    source = before if stays and before is not None and before.easting is not None else spot
    if not point_said and source is not None:
        row = row._replace(easting=source.easting, northing=source.northing)
    source = before if stays and before is not None and before.district_code is not None else spot
    if not district_said and source is not None and source.district_code != row.district_code:
        name = before.district_name if source is before and before is not None else None
        row = row._replace(district_code=source.district_code, district_name=name)
    return row


def _district_named(row: Facts, before: Facts | None, names: Mapping[str, str]) -> Facts:
    """A district known by its code alone goes by the name known for it, else by its code."""
    code, name = row.district_code, row.district_name
    another = before is not None and name == before.district_name and code != before.district_code
    if code is None or not (name is None or name == code or another):
        return row
    return row._replace(district_name=names.get(code, code))


def _new_links(links: Iterable[Link], known: KnownBefore, here: Collection[int]) -> tuple[Link, ...]:
    """Links not known yet of which this file, or what is known, has an end."""
    told = {
        (link.predecessor, link.successor): link
        for link in links
        if (link.predecessor, link.successor) not in known.links
        and any(urn in here or urn in known.facts for urn in (link.predecessor, link.successor))
    }
    return tuple(told[pair] for pair in sorted(told))


def _apart(
    told: Iterable[Link], file: RegisterFile, known: KnownBefore
) -> tuple[tuple[Link, ...], tuple[HeldLink, ...]]:
    """The links that are ours to make, and those with an end at another partnership's school."""
    whose = {row.urn: known.takers.get(row.la_code) for row in file.rows} | dict(known.holders)
    ours, held = [], []
    for link in told:
        giver, receiver = whose.get(link.predecessor), whose.get(link.successor)
        if giver is None or receiver is None or giver == receiver:
            ours.append(link)
            continue
        urn = link.predecessor
        if known.facts.get(link.predecessor) is not None and known.la_codes is not None:
            urn, giver, receiver = link.successor, receiver, giver
        asked = (link.predecessor, link.successor) in known.asked_links
        held.append(HeldLink(link, urn, giver, receiver, asked))
    return tuple(ours), tuple(held)


def _successors(
    closed: Iterable[Change], file: RegisterFile, known: KnownBefore
) -> dict[int, tuple[Successor, ...]]:
    """Who comes after each closed school, by every link known or told now."""
    followed: dict[int, set[int]] = {change.after.urn: set() for change in closed}
    names = {link.successor: link.successor_name for link in file.links}
    for predecessor, successor in {*known.links, *((k.predecessor, k.successor) for k in file.links)}:
        if predecessor in followed:
            followed[predecessor].add(successor)
    if any(followed.values()):
        names |= {facts.urn: facts.name for facts in (*known.facts.values(), *file.rows)}
    return {
        urn: tuple(Successor(other, names.get(other, "")) for other in sorted(urns))
        for urn, urns in followed.items()
    }
