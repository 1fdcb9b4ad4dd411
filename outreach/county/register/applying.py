"""Application of a register file: what it would change here (`preview`), and the change made (`apply`).

What the register says of a school is a dated row, and a new one only when it says otherwise. A
local correction is laid over it and survives.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, func, insert, literal, select, text, update

from outreach.county import corrections, partnerships
from outreach.county.partnerships import Authority, Partnership
from outreach.county.register import deciding, hands
from outreach.county.register.became import Became
from outreach.county.register.bulk import insert_many
from outreach.county.register.changes import Change, Changes, KnownBefore, compare
from outreach.county.register.columns import Facts
from outreach.county.register.files import RegisterFile, day_in
from outreach.county.schools import (
    CLOSED,
    OrganisationRecord,
    RegisterImport,
    School,
    Succession,
    found_by,
    laestab,
)
from outreach.ground import history
from outreach.ground.db import Instant, db, table_of
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list


class AppliedSince(Refusal):
    """Another register was applied after a preview was made."""

    field = "seen"


class NotInFile(Refusal):
    """A file that says nothing of the authorities asked for."""

    field = "file"


def urns_of(la_codes: Collection[str] | None) -> set[int]:
    """The URNs known of some authorities, open or closed: what `read` takes as `also`.

    None of all (None), of which everything is read anyway.
    """
    if la_codes is None:
        return set()
    return set(
        db.session.scalars(select(School.urn).where(School.la_code.in_(la_codes)).order_by(School.urn))
    )


def preview(file: RegisterFile, la_codes: Collection[str] | None) -> Changes:
    """What a file would change here, of some authorities (None: all). Raises NotInFile."""
    return compare(file, known(file, la_codes))


def known(file: RegisterFile, la_codes: Collection[str] | None) -> KnownBefore:
    """What stands here of the schools of a file and of its authorities. Raises NotInFile.

    A constant number of queries, and some for each 500 schools and links that the file has. Of a school that
    another partnership holds its authority alone is read.
    """
    if not file.rows:
        if file.unreadable:
            first = file.unreadable[0]
            raise NotInFile(
                "No line of this file could be read as a school. Nothing was changed. "
                f"Line {first.number}: {first.reason}."
            )
        whose = "" if la_codes is None else f" of authority {and_list(sorted(la_codes))}"
        raise NotInFile(f"This file has no school{whose}. Nothing was changed.")
    here = set(urns_of(la_codes)) if la_codes is not None else set()
    elsewhere = _elsewhere(file, la_codes, here)
    takers = hands.holders_of({*(la_codes or ()), *elsewhere.values(), *(row.la_code for row in file.rows)})
    holders = {urn: takers[code] for urn, code in elsewhere.items() if code in takers}
    newest = select(func.max(OrganisationRecord.id)).group_by(OrganisationRecord.urn)
    if la_codes is None:
        facts, held, links = _facts(newest), corrections.standing(), _links(None)
    else:
        ours = select(School.urn).where(School.la_code.in_(la_codes))
        facts, held, links = (
            _facts(newest.where(OrganisationRecord.urn.in_(ours))),
            corrections.standing(ours),
            _links(ours),
        )
        holders |= {urn: takers[facts[urn].la_code] for urn in here if facts[urn].la_code in takers}
        mine = {None, *(takers.get(code) for code in la_codes)}
        strangers = [row.urn for row in file.rows if row.urn not in here and holders.get(row.urn) in mine]
        for urns in _by(500, strangers):
            facts |= _facts(newest.where(OrganisationRecord.urn.in_(urns)))
            held |= corrections.standing(urns)
        for urns in _by(500, sorted({link.predecessor for link in file.links} - here)):
            links |= _links(urns)
    asked, asked_links = hands.asked_already(_of_others(file, holders, takers))
    return KnownBefore(
        facts=facts,
        corrected=held,
        links=links,
        districts=_districts(la_codes),
        la_codes=la_codes,
        holders=holders,
        takers=takers,
        asked=asked,
        asked_links=asked_links,
    )


def _elsewhere(file: RegisterFile, la_codes: Collection[str] | None, here: Collection[int]) -> dict[int, str]:
    """{URN: LA code now} of the known schools of other authorities that a file names, or links to those that
    are `here`."""
    query = select(School.urn, School.la_code).order_by(School.urn)
    if la_codes is None:
        return {urn: code for urn, code in db.session.execute(query)}
    named = {row.urn for row in file.rows}
    ours = {*here, *named}
    near = {
        end
        for k in file.links
        for end in (k.predecessor, k.successor)
        if k.predecessor in ours or k.successor in ours
    }
    found: dict[int, str] = {}
    for urns in _by(500, sorted((named | near) - {*here})):
        found |= {urn: code for urn, code in db.session.execute(query.where(School.urn.in_(urns)))}
    return found


def _links(of: Any) -> dict[tuple[int, int], str]:
    """The links known that begin with some schools, each with its kind; None: all."""
    query = select(Succession.predecessor_id, Succession.successor_id, Succession.kind)
    query = query.order_by(Succession.id)
    if of is not None:
        query = query.where(Succession.predecessor_id.in_(of))
    return {(predecessor, successor): kind for predecessor, successor, kind in db.session.execute(query)}


def _of_others(file: RegisterFile, holders: Mapping[int, int], takers: Mapping[str, int]) -> set[int]:
    """The schools of which this file says something that only their holder can grant."""
    found = {
        row.urn
        for row in file.rows
        if row.urn in holders and takers.get(row.la_code, holders[row.urn]) != holders[row.urn]
    }
    whose = {row.urn: takers.get(row.la_code) for row in file.rows} | dict(holders)
    for link in file.links:
        ends = whose.get(link.predecessor), whose.get(link.successor)
        if None not in ends and ends[0] != ends[1]:
            found |= {link.predecessor, link.successor}
    return found


def _facts(newest: Select[int]) -> dict[int, Facts]:
    columns = [getattr(OrganisationRecord, name) for name in Facts._fields]
    query = select(*columns).where(OrganisationRecord.id.in_(newest)).order_by(OrganisationRecord.urn)
    rows = db.session.execute(query, execution_options={"yield_per": 5000})
    return {row[0]: Facts._make(row) for row in rows}


def _districts(la_codes: Collection[str] | None) -> dict[str, str]:
    """The districts' names by code: from the partnerships' maps, and from the schools known already."""
    maps = select(Partnership.districts_geojson).where(Partnership.districts_geojson.is_not(None))
    if la_codes is not None:
        maps = maps.where(
            Partnership.id.in_(select(Authority.partnership_id).where(Authority.la_code.in_(la_codes)))
        )
    names: dict[str, str] = {}
    for geojson in db.session.scalars(maps.order_by(Partnership.id)):
        names |= _districts_on(geojson or "")
    known = (
        select(School.district_code, School.district_name)
        .where(School.district_code.is_not(None), School.district_name != School.district_code)
        .distinct()
        .order_by(School.district_code, School.district_name)
    )
    if la_codes is not None:
        known = known.where(School.la_code.in_(la_codes))
    rows = db.session.execute(known)
    return names | {code: name for code, name in rows if code and name}


def _districts_on(geojson: str) -> dict[str, str]:
    """The codes and names of a boundary file of the Office for National Statistics, whatever it calls the
    columns."""
    found = [feature["properties"] for feature in partnerships.stored_districts(geojson)]
    return {partnerships.district_code(one): partnerships.district_name(one) for one in found}


# --- the change made ------------------------------------------------------------------------------


def newest_import(la_codes: Collection[str] | None) -> RegisterImport | None:
    """The last time that a register was applied to any of these authorities (None: to any at all)."""
    query = select(RegisterImport).order_by(RegisterImport.id.desc())
    for row in db.session.scalars(query):
        if la_codes is None or row.la_codes == EVERYWHERE or set(row.la_codes.split(",")) & set(la_codes):
            return row
    return None


def newest_day(la_codes: Collection[str] | None) -> date | None:
    """The day of the newest file that was applied to any of these authorities (None: to any at all); None if
    none told it."""
    days = [
        row.file_day or day_in(row.file_name)
        for row in db.session.scalars(select(RegisterImport).order_by(RegisterImport.id))
        if la_codes is None or row.la_codes == EVERYWHERE or set(row.la_codes.split(",")) & set(la_codes)
    ]
    return max(filter(None, days), default=None)


EVERYWHERE = "all"
_T = TypeVar("_T")


def still(seen: int | None, la_codes: Collection[str] | None) -> None:
    """Hold a preview to what it was made of: the id of the `newest_import` then. Raises AppliedSince."""
    newest = newest_import(la_codes)
    if newest is not None and newest.id != seen:
        raise AppliedSince(
            f"{newest.who} applied {newest.file_name} since you looked, and nothing was changed now. Below is what "
            "your file would do today."
        )


def lock() -> None:
    """Let register files be applied one after the other. Call it first in the transaction, before `known`."""
    if db.session.connection().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE register_import IN SHARE ROW EXCLUSIVE MODE"))


def apply(
    changes: Changes,
    *,
    file_name: str,
    la_codes: Collection[str] | None,
    who: str,
    now: datetime,
    progress: Callable[[int], None] = lambda _schools: None,
    file_day: date | None = None,
    became: Collection[tuple[int, int]] = (),
) -> RegisterImport | None:
    """Make the changes that `compare` found; None, and not one row, when there are none.

    `became`: the pairs (old URN, new URN) of `changes.became` that somebody confirmed; others are left out.
    `progress` is called with a number of schools, again and again, up to all that are touched.
    """
    if changes.nothing:
        return None
    said = EVERYWHERE if la_codes is None else ",".join(sorted(la_codes))
    row = RegisterImport(
        recorded_at=now,
        who=who,
        file_name=file_name[:200],
        la_codes=said,
        summary=changes.summary,
        file_day=file_day,
    )
    db.session.add(row)
    db.session.flush()
    history.record(
        "applied",
        history.Subject("register", row.id, None),
        who=who,
        now=now,
        after={"file": file_name[:200], "summary": changes.summary},
    )
    db.session.flush()
    first = _authorities_without_a_school(changes)
    for batch in _by(2000, changes.new):
        _add_schools(batch, row)
        progress(len(batch))
    for batch in _by(2000, (*changes.changed, *changes.closed, *changes.reopened)):
        _change_schools(batch)
        _add_records(batch, row)
        progress(len(batch))
    for links in _by(2000, changes.links):
        rows = [
            {
                "predecessor_id": k.predecessor,
                "successor_id": k.successor,
                "link_date": k.day,
                "kind": k.kind,
                "recorded_at": now,
            }
            for k in links
        ]
        insert_many(table_of(Succession), rows)
    for link in changes.kinds:
        db.session.execute(
            update(Succession)
            .where(Succession.predecessor_id == link.predecessor, Succession.successor_id == link.successor)
            .values(kind=link.kind)
        )
    for each in changes.became:
        if each.pair in became:
            _take_as_succession(each, row)
    deciding.put_down(changes, row, first)
    hands.put_down(changes, who=who, now=now)
    db.session.expire_all()
    return row


CONFIRMED = "Successor, confirmed by a coordinator"
"""The kind of a link that no register file stated."""


def _take_as_succession(each: Became, of: RegisterImport) -> None:
    """One school became another, by a coordinator's word: the old one is closed by a correction, and linked
    to the new.

    The register's own word, once a file has it, stands beside the correction as with any other.
    """
    old, new = each.old, each.new
    today = day_of(of.recorded_at)
    closed_on = min(new.open_date or today, today)
    reason = f"became {new.name} ({new.urn}), by a look at {of.file_name}"
    db.session.flush()
    for field, value in (("status", CLOSED), ("close_date", closed_on)):
        corrections.correct(old.urn, field, value, reason=reason, who=of.who, now=of.recorded_at)
    db.session.add(
        Succession(
            predecessor_id=old.urn,
            successor_id=new.urn,
            link_date=closed_on,
            kind=CONFIRMED,
            recorded_at=of.recorded_at,
        )
    )
    history.record(
        "taken as what became of another",
        history.Subject("school", new.urn, None),
        who=of.who,
        now=of.recorded_at,
        after={"came from": f"{old.name} ({old.urn})", "file": of.file_name},
    )
    db.session.flush()


def _authorities_without_a_school(changes: Changes) -> set[str]:
    """Those of the new schools of which none is known yet: their first file is no news for anybody."""
    codes = {change.after.la_code for change in changes.new}
    if not codes:
        return codes
    return codes - set(db.session.scalars(select(School.la_code).where(School.la_code.in_(codes)).distinct()))


def _add_schools(batch: Collection[Change], of: RegisterImport) -> None:
    """New schools, and their first records copied from them: no correction can lie between the two yet."""
    insert_many(table_of(School), [_columns(_effective(change.after, {})) for change in batch])
    names = [*_columns(dict.fromkeys(Facts._fields)), "recorded_at", "import_id"]
    facts = [getattr(School, name) for name in names[:-2]]
    dated = literal(of.recorded_at, Instant), literal(of.id)
    copied = select(*facts, *dated).where(School.urn.in_([change.after.urn for change in batch]))
    db.session.execute(insert(OrganisationRecord).from_select(names, copied.order_by(School.urn)))


def _change_schools(batch: Collection[Change]) -> None:
    """Bring the schools in line with the register's new word, under the corrections that hold."""
    held = corrections.standing([c.after.urn for c in batch if c.corrected])
    rows = [_effective(change.after, held.get(change.after.urn, {})) for change in batch]
    table = table_of(School)
    db.session.execute(
        update(table).where(table.c.organisation_id == bindparam("_urn")),
        [{"_urn": row.pop("urn")} | row for row in rows],
    )


def _effective(facts: Facts, held: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = facts._asdict() | dict(held)
    values["found_by"] = found_by(
        values["name"],
        values["town"],
        values["postcode"],
        values["urn"],
        laestab(values["la_code"], values["establishment_number"]),
    )
    return values


def _columns(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The same by the table's columns: a school is known there by its URN as any organisation is by its id."""
    return {"organisation_id" if name == "urn" else name: value for name, value in facts.items()}


def _add_records(batch: Collection[Change], of: RegisterImport) -> None:
    dated = {"recorded_at": of.recorded_at, "import_id": of.id}
    insert_many(table_of(OrganisationRecord), [_columns(c.after._asdict()) | dated for c in batch])


def _by(size: int, items: Collection[_T]) -> Iterator[list[_T]]:
    whole = list(items)
    for start in range(0, len(whole), size):
        yield whole[start : start + size]
