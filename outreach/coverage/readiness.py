"""Steps that a coordinator must take before schools can book, in order: what stands and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.asking.recipients import whom_to_propose_to
from outreach.county import authorities, contacts, establishments, partnerships
from outreach.county.partnerships import Partnership
from outreach.coverage import standings
from outreach.coverage.standings import Standing, Word
from outreach.ground.school_year import first_day, last_day, year_groups_name, year_in_hand, year_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, count, day_short, number
from outreach.tour import companies, days, programmes
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to set up. `what` is its short name; `said` tells what stands, or what is missing; `has`, `of`: for how
    many schools of the target it stands, where it is counted; `la_code`: of the authority that it is about."""

    what: str
    done: bool
    said: str
    has: int | None = None
    of: int | None = None
    la_code: str = ""

    @property
    def in_part(self) -> bool:
        return not self.done and bool(self.has)


def steps_of_setup(partnership: Partnership, *, now: datetime) -> list[Step]:
    """The steps in the order in which they are best taken; a constant number of queries."""
    today = day_of(now)
    here = partnerships.authorities(partnership.id)
    la_codes = [a.la_code for a in here]
    programme = programmes.current(partnership.id, today)
    year = programme.academic_year if programme else year_in_hand(today)
    reach = contacts.reach(la_codes)
    target = (
        ()
        if programme is None
        else standings.standings_of_programme(programme.id, as_of=today, now=now).target
    )
    return [
        _settings(partnership),
        Step(
            what="authorities",
            done=bool(here),
            said=and_list(f"{a.name} ({a.la_code})" for a in here)
            or "None yet. Which local authorities are yours?",
        ),
        _register(reach.schools, target),
        terms(here, year),
        _programme(programme),
        _company(partnership),
        _tour_days(programme, now),
        _contacts(reach.with_contact, reach.schools, target),
        _invitations(programme, target),
    ]


def _settings(partnership: Partnership) -> Step:
    missing = [
        words
        for words, value in (
            ("who signs the letters", partnership.contact_name),
            ("an address to reply to", partnership.contact_email),
            ("a number to ring", partnership.contact_phone),
        )
        if not value
    ]
    if missing:
        return Step(what="partnership", done=False, said=f"Missing: {and_list(missing)}.")
    return Step(
        what="partnership",
        done=True,
        said=f"{partnership.contact_name}, {partnership.contact_email}, {partnership.contact_phone}",
    )


WHERE_IT_STANDS = (
    ("a district", "DistrictAdministrative", lambda s: bool(s.district_code)),
    ("a place", "Easting and Northing", lambda s: s.place_known),
    (
        "a pupil number",
        "NumberOfPupils",
        lambda s: s.target_pupils is not None or establishments.never_estimated(s.type, s.name),
    ),
)
"""What the target needs of the register: in words, the columns that have it, and whether a school has it. A
school whose pupils are registered elsewhere is asked for its number, whatever the register says."""


def _register(known: int, target: Sequence[Standing]) -> Step:
    """Done once every school of the target has what sums, roads and letters need; else what is missing, and
    which columns of the register have it."""
    if not target:
        said = count(known, "open school") if known else "No school is here yet."
        return Step(what="register", done=known > 0, said=said)
    lacking = [
        (f"{n:,} without {words}", columns)
        for words, columns, has in WHERE_IT_STANDS
        if (n := sum(not has(s) for s in target))
    ]
    whole = f"{count(len(target), 'school')} in the target"
    if not lacking:
        return Step(
            what="register", done=True, said=f"{whole}, each with its district, place and pupil number."
        )
    return Step(
        what="register",
        done=False,
        has=sum(all(has(s) for _, _, has in WHERE_IT_STANDS) for s in target),
        of=len(target),
        said=f"{whole}: {and_list(words for words, _ in lacking)}. The register’s file of all establishment data has "
        f"{and_list(columns for _, columns in lacking)}; what it does not know, the school’s own page takes.",
    )


def _contacts(with_contact: int, known: int, target: Sequence[Standing]) -> Step:
    """Done once every school of the target can be written to."""
    if not target:
        said = f"{number(with_contact)} of {count(known, 'open school')} have somebody to write to."
        return Step(
            what="contacts", done=with_contact > 0, said=said if with_contact else "Nobody to write to yet."
        )
    reached, _ = whom_to_propose_to(s.urn for s in target)
    said = (
        f"{number(len(reached))} of {count(len(target), 'school')} in the target have somebody to write to."
    )
    if len(reached) < len(target):
        said += (
            " A contacts file brings in the others: the council’s own list, with an address for each school."
        )
    return Step(
        what="contacts",
        done=len(reached) == len(target),
        said=said,
        has=len(reached),
        of=len(target),
    )


def terms(here: list[partnerships.Authority], year: int) -> Step:
    """Whether every authority has term dates in an academic year."""
    begins, ends = first_day(year), last_day(year)
    with_terms = {
        t.la_code for t in authorities.terms_of(a.la_code for a in here) if begins <= t.last_day <= ends
    }
    lacking = [a for a in here if a.la_code not in with_terms]
    without = [a.name for a in lacking]
    if here and not without:
        return Step(what="terms", done=True, said=f"Term dates for {year_name(year)} are here.")
    whose = f" of {and_list(without)}" if without else ""
    return Step(
        what="terms",
        done=False,
        la_code=lacking[0].la_code if lacking else "",
        said=f"No term dates{whose} for {year_name(year)}. "
        "Until they are here, every weekday that is no bank holiday counts as a school day.",
    )


def _programme(programme: Programme | None) -> Step:
    if programme is None:
        return Step(what="programme", done=False, said="What is played, for whom, and how it is booked.")
    whom = (
        "for adults"
        if programme.for_adults
        else "for " + year_groups_name(programmes.target_year_groups(programme.id))
    )
    return Step(
        what="programme",
        done=True,
        said=f"{programme.title}, {year_name(programme.academic_year)}, {whom}, "
        f"reply by {day_short(programme.reply_by)}",
    )


def _company(partnership: Partnership) -> Step:
    troupes = companies.troupes(partnership.id)
    if not troupes:
        return Step(what="company", done=False, said="Who plays, and where their van starts in the morning.")
    by_company: dict[str, list[str]] = {}
    for troupe in troupes:
        by_company.setdefault(troupe.company.name, []).append(troupe.name)
    said = "; ".join(f"{name}: {and_list(names)}" for name, names in by_company.items())
    baseless = [t.name for t in troupes if t.base is None]
    lacking = f". No base is known for {and_list(baseless)}" if baseless else ""
    return Step(what="company", done=True, said=said + lacking)


def _tour_days(programme: Programme | None, now: datetime) -> Step:
    coming = [] if programme is None else [d for d in days.of_programme(programme.id) if d.day >= day_of(now)]
    if not coming:
        return Step(what="tour days", done=False, said="No day is given yet on which a school could book.")
    return Step(
        what="tour days",
        done=True,
        said=f"{count(len(coming), 'coming day')} with room for {count(sum(d.shows_at_most for d in coming), 'show')}, "
        f"the last on {day_short(coming[-1].day)}",
    )


def _invitations(programme: Programme | None, target: Sequence[Standing]) -> Step:
    """Done once every school of the target was asked, or answered unasked."""
    if programme is None or not target:
        return Step(what="invitations", done=False, said="No school is invited yet.")
    asked = sum(s.standing not in (Word.NOT_ASKED, Word.UNREACHABLE) for s in target)
    said = f"{asked:,} of {count(len(target), 'school')} in the target asked."
    return Step(what="invitations", done=asked == len(target), said=said, has=asked, of=len(target))
