"""The authorities of a partnership, their term dates and INSET days: read from what people paste, checked,
added, removed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select

from outreach.county import partnerships
from outreach.county.partnerships import Authority, AuthorityCovered, InsetDay, Partnership, Term
from outreach.county.schools import School
from outreach.county.term_lines import TermLine, Undivided, read_lines, undivided
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.history import History
from outreach.ground.wording import count, day_short

LONGEST_TERM_DAYS = 130

ADDED, REMOVED_TERM, REMOVED_INSET = "added term dates", "removed a term", "removed an INSET day"
UNDONE = "undid a change of term dates"
CAN_BE_UNDONE = (ADDED, REMOVED_TERM, REMOVED_INSET)
CHANGES = (*CAN_BE_UNDONE, UNDONE, "added a term", "added an INSET day")


class NotAnAuthorityCode(Refusal):
    field = "la_code"


class AuthorityTaken(Refusal):
    field = "la_code"


class AuthorityHasSchools(Refusal):
    """Its schools stand in the register here; without it nobody could see them."""


class NoSuchAuthority(NoSuch):
    """It was removed already, or is another partnership's."""


class TermWrongWayRound(Refusal):
    field = "last_day"


class TermTooLong(Refusal):
    field = "last_day"


class TermsOverlap(Refusal):
    field = "first_day"


class InsetAtWeekend(Refusal):
    field = "day"


class InsetTwice(Refusal):
    field = "day"


class NoSuchTermDate(NoSuch):
    """It was removed already, or is another partnership's."""


class LinesWrong(Refusal):
    """Some of the pasted lines make no sense; nothing of them was added. `problems`: one sentence a line."""

    field = "lines"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(self.problems))


class CannotUndo(Refusal):
    """Somebody changed the term dates since, or has undone it already."""


@dataclass(frozen=True, kw_only=True)
class TermsRead:
    """What pasted lines come to: what is new, how many stand already, and which new terms have no half term."""

    new: tuple[TermLine, ...]
    known: int
    undivided: tuple[Undivided, ...]

    @property
    def terms(self) -> int:
        return sum(line.is_term for line in self.new)

    @property
    def inset_days(self) -> int:
        return len(self.new) - self.terms


@dataclass(frozen=True, kw_only=True)
class Added:
    """What an import did: terms and INSET days added, and how many lines were known already."""

    terms: int
    inset_days: int
    known: int


def get(partnership_id: int, la_code: str) -> Authority:
    """An authority of this partnership; raises NoSuchAuthority."""
    found = db.session.get(Authority, la_code)
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchAuthority("There is no such authority here.")
    return found


def add(partnership: Partnership, la_code: str, name: str, *, who: str, now: datetime) -> Authority:
    """One more authority, by the register's three-figure code. Raises NotAnAuthorityCode, AuthorityTaken."""
    if not re.fullmatch(r"[0-9]{3}", la_code):
        raise NotAnAuthorityCode("An authority's code in the register is three figures, for example 931.")
    partnerships.lock(partnership.id)
    standing = db.session.get(Authority, la_code)
    if standing is not None:
        whose = "yours already" if standing.partnership_id == partnership.id else "another partnership's"
        raise AuthorityTaken(f"The authority with the code {la_code} is {whose}.")
    row = Authority(la_code=la_code, name=name, partnership_id=partnership.id)
    db.session.add(row)
    _covered(row, True, who=who, now=now)
    db.session.flush()
    history.record("added an authority", partnership, who=who, now=now, after=f"{la_code} {name}")
    return row


def remove(authority: Authority, *, who: str, now: datetime) -> None:
    """Take an authority out with its term dates. Raises AuthorityHasSchools."""
    schools = schools_in_register([authority.la_code]).get(authority.la_code, 0)
    if schools:
        raise AuthorityHasSchools(
            f"{authority.name} has {count(schools, 'school')} in the register here, so it cannot be removed."
        )
    for table in (Term, InsetDay):
        db.session.execute(delete(table).where(table.la_code == authority.la_code))
    history.record(
        "removed an authority",
        history.Subject("partnership", authority.partnership_id, authority.partnership_id),
        who=who,
        now=now,
        before=f"{authority.la_code} {authority.name}",
    )
    _covered(authority, False, who=who, now=now)
    db.session.delete(authority)
    db.session.flush()


def hand_over(la_code: str, to: Partnership, *, who: str, now: datetime) -> Authority:
    """The authority is another partnership's from today on, with its schools and its term dates; yesterday it
    was the one's. Contacts, links and bookings stay with whoever took them. Raises NoSuchAuthority,
    AuthorityTaken.

    The register is locked by the caller: no school changes hands meanwhile.
    """
    authority = db.session.get(Authority, la_code, with_for_update=True, populate_existing=True)
    if authority is None:
        raise NoSuchAuthority(f"There is no authority with the code {la_code} here.")
    giver = partnerships.get(authority.partnership_id)
    if giver.id == to.id:
        raise AuthorityTaken(f"The authority with the code {la_code} is {to.name}’s already.")
    _covered(authority, False, who=who, now=now)
    db.session.flush()
    authority.partnership_id = to.id
    db.session.flush()
    _covered(authority, True, who=who, now=now)
    db.session.flush()
    for of in (giver, to):
        history.record(
            "handed over an authority",
            of,
            who=who,
            now=now,
            before=giver.name,
            after=f"{la_code} {authority.name}: {to.name}",
        )
    return authority


def _covered(authority: Authority, covered: bool, *, who: str, now: datetime) -> None:
    """Put down from when on an authority is the partnership's or not, so that no earlier day changes."""
    db.session.add(
        AuthorityCovered(
            partnership_id=authority.partnership_id,
            la_code=authority.la_code,
            covered=covered,
            recorded_at=now,
            who=who,
        )
    )


def schools_in_register(la_codes: Iterable[str]) -> dict[str, int]:
    """How many schools of each authority the register here holds, closed ones too; none is left out."""
    rows = db.session.execute(
        select(School.la_code, func.count())
        .where(School.la_code.in_(list(la_codes)))
        .group_by(School.la_code)
        .order_by(School.la_code)
    )
    return {la_code: schools for la_code, schools in rows}


def terms_of(la_codes: Iterable[str]) -> list[Term]:
    """The terms of some authorities, by authority and date."""
    return list(
        db.session.scalars(
            select(Term).where(Term.la_code.in_(list(la_codes))).order_by(Term.la_code, Term.first_day)
        )
    )


def inset_days_of(la_codes: Iterable[str]) -> list[InsetDay]:
    """The INSET days of some authorities, by authority and date."""
    return list(
        db.session.scalars(
            select(InsetDay)
            .where(InsetDay.la_code.in_(list(la_codes)))
            .order_by(InsetDay.la_code, InsetDay.day)
        )
    )


def add_term(authority: Authority, first_day: date, last_day: date, *, who: str, now: datetime) -> Term:
    """One more term. Raises TermWrongWayRound, TermTooLong, TermsOverlap."""
    partnerships.lock(authority.partnership_id)
    check_term(first_day, last_day, [(t.first_day, t.last_day) for t in terms_of([authority.la_code])])
    term = Term(la_code=authority.la_code, first_day=first_day, last_day=last_day)
    db.session.add(term)
    db.session.flush()
    _record("added a term", authority, who, now, after=[str(first_day), str(last_day)])
    return term


def add_inset_day(authority: Authority, day: date, *, who: str, now: datetime) -> InsetDay:
    """One more day without pupils. Raises InsetAtWeekend, InsetTwice."""
    _check_inset(day)
    partnerships.lock(authority.partnership_id)
    if any(i.day == day for i in inset_days_of([authority.la_code])):
        raise InsetTwice(f"{day_short(day)} is an INSET day already.")
    row = InsetDay(la_code=authority.la_code, day=day)
    db.session.add(row)
    db.session.flush()
    _record("added an INSET day", authority, who, now, after=str(day))
    return row


def remove_term(authority: Authority, term_id: int, *, who: str, now: datetime) -> None:
    """Take a term out again. Raises NoSuchTermDate."""
    term = db.session.get(Term, term_id)
    if term is None or term.la_code != authority.la_code:
        raise NoSuchTermDate("That term is not in the list any more.")
    _record(REMOVED_TERM, authority, who, now, before=[str(term.first_day), str(term.last_day)])
    db.session.delete(term)
    db.session.flush()


def remove_inset_day(authority: Authority, inset_id: int, *, who: str, now: datetime) -> None:
    """Take an INSET day out again. Raises NoSuchTermDate."""
    row = db.session.get(InsetDay, inset_id)
    if row is None or row.la_code != authority.la_code:
        raise NoSuchTermDate("That INSET day is not in the list any more.")
    _record(REMOVED_INSET, authority, who, now, before=str(row.day))
    db.session.delete(row)
    db.session.flush()


def look_at(authority: Authority, text: str) -> TermsRead:
    """What some pasted lines would add; nothing is changed. Raises LinesWrong."""
    lines, problems = read_lines(text)
    terms = [(t.first_day, t.last_day) for t in terms_of([authority.la_code])]
    inset = {i.day for i in inset_days_of([authority.la_code])}
    new: list[TermLine] = []
    known = 0
    for line in lines:
        if (line.first, line.last) in terms if line.is_term else line.first in inset:
            known += 1
            continue
        try:
            if line.is_term:
                check_term(line.first, line.last, terms)
                terms.append((line.first, line.last))
            else:
                _check_inset(line.first)
                inset.add(line.first)
            new.append(line)
        except Refusal as refusal:
            problems.append((line.number, refusal.message))
    if problems:
        said = [" ".join(line.split()) for line in text.splitlines()]
        raise LinesWrong(
            f"Line {number}, ‘{said[number - 1][:60]}’: {message}" for number, message in sorted(problems)
        )
    if not new and not known:
        raise LinesWrong(
            ["There is no date in these lines. Write a term a line, like 4 January 2027 to 12 February 2027."]
        )
    return TermsRead(new=tuple(new), known=known, undivided=tuple(undivided(new)))


def add_lines(authority: Authority, text: str, *, who: str, now: datetime) -> Added:
    """Add every term and INSET day of some pasted lines, or, raising LinesWrong, none of them.

    What stands already with the same days is counted as known and left alone.
    """
    partnerships.lock(authority.partnership_id)
    read = look_at(authority, text)
    if read.new:
        added: dict[str, list[Any]] = {
            "terms": [[str(line.first), str(line.last)] for line in read.new if line.is_term],
            "inset_days": [str(line.first) for line in read.new if not line.is_term],
        }
        _put_in(authority, added)
        _record(ADDED, authority, who, now, after=added)
    return Added(terms=read.terms, inset_days=read.inset_days, known=read.known)


def newest_change(authority: Authority) -> History | None:
    """The last change of the authority's dates, where it can be undone."""
    deeds = (
        deed
        for deed in history.history_of("authority", authority.la_code)
        if deed.partnership_id == authority.partnership_id
    )
    newest = next((deed for deed in deeds if deed.what in CHANGES), None)
    return newest if newest is not None and newest.what in CAN_BE_UNDONE else None


def dates_of(deed: History) -> tuple[int, int]:
    """How many terms and how many INSET days a change of dates was about."""
    said = _dates_in(deed)
    return len(said["terms"]), len(said["inset_days"])


def undo(authority: Authority, deed_id: int, *, who: str, now: datetime) -> None:
    """Put the last change of dates back: what it added goes, what it removed stands again. Raises CannotUndo,
    TermsOverlap."""
    partnerships.lock(authority.partnership_id)
    deed = newest_change(authority)
    if deed is None or deed.id != deed_id:
        raise CannotUndo("That cannot be undone any more: the dates were changed since.")
    dates = _dates_in(deed)
    if deed.what in (REMOVED_TERM, REMOVED_INSET):
        others = [(t.first_day, t.last_day) for t in terms_of([authority.la_code])]
        for first, last in dates["terms"]:
            check_term(date.fromisoformat(first), date.fromisoformat(last), others)
        _put_in(authority, dates)
        _record(UNDONE, authority, who, now, after=dates)
    else:
        _take_out(authority, dates)
        _record(UNDONE, authority, who, now, before=dates)


def _dates_in(deed: History) -> dict[str, list[Any]]:
    if deed.what == REMOVED_TERM:
        return {"terms": [deed.before], "inset_days": []}
    if deed.what == REMOVED_INSET:
        return {"terms": [], "inset_days": [deed.before]}
    if isinstance(
        deed.after, list
    ):  # As it was written before the kinds were kept: a day alone was an INSET day.
        return {
            "terms": [pair for pair in deed.after if pair[0] != pair[1]],
            "inset_days": [pair[0] for pair in deed.after if pair[0] == pair[1]],
        }
    return dict(deed.after or {})


def _put_in(authority: Authority, dates: dict[str, list[Any]]) -> None:
    standing = {str(inset.day) for inset in inset_days_of([authority.la_code])}
    for first, last in dates["terms"]:
        db.session.add(
            Term(
                la_code=authority.la_code,
                first_day=date.fromisoformat(first),
                last_day=date.fromisoformat(last),
            )
        )
    for day in dates["inset_days"]:
        if day not in standing:
            db.session.add(InsetDay(la_code=authority.la_code, day=date.fromisoformat(day)))
    db.session.flush()


def _take_out(authority: Authority, dates: dict[str, list[Any]]) -> None:
    """What is gone already is no matter."""
    for term in terms_of([authority.la_code]):
        if [str(term.first_day), str(term.last_day)] in dates["terms"]:
            db.session.delete(term)
    for inset in inset_days_of([authority.la_code]):
        if str(inset.day) in dates["inset_days"]:
            db.session.delete(inset)
    db.session.flush()


def check_term(first_day: date, last_day: date, others: Iterable[tuple[date, date]]) -> None:
    """The rules for a term beside its neighbours. Raises TermWrongWayRound, TermTooLong, TermsOverlap.
    Pure."""
    if last_day < first_day:
        raise TermWrongWayRound(
            f"The term ends ({day_short(last_day)}) before it begins ({day_short(first_day)})."
        )
    if (last_day - first_day).days > LONGEST_TERM_DAYS:
        raise TermTooLong(
            f"A term of more than {LONGEST_TERM_DAYS} days is no term. Give each stretch between two "
            f"holidays, half terms too, a line of its own."
        )
    for first, last in others:
        if first <= last_day and first_day <= last:
            raise TermsOverlap(
                f"That overlaps the term from {day_short(first)} to {day_short(last)}. Remove that "
                f"first if it is wrong."
            )


def _check_inset(day: date) -> None:
    if day.weekday() >= 5:
        raise InsetAtWeekend(f"{day_short(day)} is a {day:%A}. An INSET day is a weekday.")


def _record(
    what: str, authority: Authority, who: str, now: datetime, *, before: object = None, after: object = None
) -> None:
    history.record(what, authority, who=who, now=now, before=before, after=after)
