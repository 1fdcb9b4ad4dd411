"""Steps that a coordinator must take before schools can book, in order: what stands and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.asking.recipients import whom_to_propose_to
from outreach.county import authorities, contacts, establishments, partnerships
from outreach.county.partnerships import Partnership
from outreach.coverage import standings
from outreach.coverage.places import free_places, places_needed
from outreach.coverage.standings import Standing, Word
from outreach.ground.school_year import first_day, last_day, year_in_hand, year_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, capfirst, count, day_short, number
from outreach.tour import companies, days, programmes
from outreach.tour.days import TourDay
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to set up. `what` is its short name; `said` tells in a sentence what stands, or what lacks, `value`
    and `under` as a list has it. `has`, `of`: for how many schools of the target it stands, where it is
    counted; `la_code`: of the authority that it is about. `partly`: something stands. `waits`: what is missing is for
    others to give, and nothing else has to wait for it. Not `needed`: it is nobody's loss where it is left out."""

    what: str
    done: bool
    said: str
    value: str = ""
    under: str = ""
    has: int | None = None
    of: int | None = None
    la_code: str = ""
    partly: bool = False
    waits: bool = False
    needed: bool = True

    @property
    def in_part(self) -> bool:
        return not self.done and (self.partly or bool(self.has))


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """The steps in the order in which they are best taken, and what they were found by."""

    steps: list[Step]
    programme: Programme | None
    target: Sequence[Standing]
    days: Sequence[TourDay]
    """Tour days that are still to come."""
    reachable: int
    """Schools of the target that can be written to."""


def steps_of_setup(partnership: Partnership, *, now: datetime) -> list[Step]:
    """The steps alone; a constant number of queries."""
    return look(partnership, now=now).steps


def next_of(steps: Sequence[Step]) -> Step | None:
    """The first step that a coordinator can take, else the first that waits for others; None when all is in place."""
    open_steps = [step for step in steps if step.needed and not step.done]
    return next((step for step in open_steps if not step.waits), next(iter(open_steps), None))


def look(partnership: Partnership, *, now: datetime) -> SetUp:
    """How far the set-up is; a constant number of queries."""
    today = day_of(now)
    here = partnerships.authorities(partnership.id)
    la_codes = [a.la_code for a in here]
    programme = programmes.current(partnership.id, today)
    year = programme.academic_year if programme else year_in_hand(today)
    reach = contacts.reach(la_codes)
    target: Sequence[Standing] = (
        ()
        if programme is None
        else standings.standings_of_programme(programme.id, as_of=today, now=now).target
    )
    coming = [] if programme is None else [d for d in days.of_programme(programme.id) if d.day >= today]
    free = [] if programme is None else free_places(programme, now=now)
    reached, _ = whom_to_propose_to(s.organisation_id for s in target)
    steps = [
        _settings(partnership),
        Step(
            what="authorities",
            done=bool(here),
            said=and_list(f"{a.name} ({a.la_code})" for a in here)
            or "None yet. Which local authorities are yours?",
            value=and_list(f"{a.name} ({a.la_code})" for a in here),
            under="" if here else "Which local authorities are yours?",
        ),
        _register(reach.schools, target),
        _staff(target) if programme is not None and programme.for_adults else _pupils(target),
        terms(here, year),
        _programme(programme),
        _company(partnership),
        _tour_days(programme, coming, target, sum(places for day, places in free if day > today)),
        _contacts(reach.with_contact, reach.schools, target, len(reached)),
        _roads(partnership),
        _invitations(programme, target, len(reached)),
    ]
    return SetUp(steps=steps, programme=programme, target=target, days=coming, reachable=len(reached))


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
        said = f"Missing: {and_list(missing)}."
        return Step(what="partnership", done=False, said=said, under=said)
    return Step(
        what="partnership",
        done=True,
        said=f"{partnership.contact_name}, {partnership.contact_email}, {partnership.contact_phone}",
        value=f"{partnership.contact_name}, " + partnership.contact_phone.replace(" ", "\u00a0"),
    )


WHERE_IT_STANDS = (
    ("a district", lambda s: bool(s.district_code)),
    ("a place", lambda s: s.place_known),
)
"""What the target needs of the register: in words, and whether a school has it."""


def _register(known: int, target: Sequence[Standing]) -> Step:
    """Done once every school of the target has what sums, roads and letters need; else what is missing. Bodies are in
    no register: where they alone are asked, it is not needed."""
    asked, target = bool(target), [s for s in target if not s.is_body]
    if not target:
        said = count(known, "open school") if known else "No school is here yet."
        return Step(
            what="register",
            done=known > 0,
            said=said,
            value=said if known else "",
            under="" if known else said,
            needed=not asked,
        )
    lacking = [
        f"{n:,} without {words}" for words, has in WHERE_IT_STANDS if (n := sum(not has(s) for s in target))
    ]
    whole = f"{count(len(target), 'school')} in the target"
    if not lacking:
        return Step(
            what="register",
            done=True,
            said=f"{whole}, each with its district and place.",
            value=f"{len(target):,} of {len(target):,} in the target have a district and a place",
        )
    has_all = sum(all(has(s) for _, has in WHERE_IT_STANDS) for s in target)
    return Step(
        what="register",
        done=False,
        has=has_all,
        of=len(target),
        value=f"{has_all:,} of {len(target):,}",
        under=and_list(lacking),
        said=f"{whole}: {and_list(lacking)}. ‘All establishment data’ has them, or the school’s own "
        "page takes them.",
    )


def _pupils(target: Sequence[Standing]) -> Step:
    """Done once the number of pupils of every school of the target is known. A school whose pupils are registered
    elsewhere is asked for its number, whatever the register says."""
    if not target:
        said = "Counted once there is a programme and schools for it."
        return Step(what="pupils", done=False, said=said, under=said, waits=True)
    lacking = [s for s in target if s.target_pupils is None]
    asked = sum(establishments.never_estimated(s.type, s.name) for s in lacking)
    unknown = len(lacking) - asked
    why = []
    if unknown:
        why.append(f"{unknown:,} not in the register")
    if asked:
        why.append(f"{asked:,} on other schools’ rolls: ask {'it' if asked == 1 else 'them'}")
    value = f"{len(target) - len(lacking):,} of {len(target):,}"
    return Step(
        what="pupils",
        done=not lacking,
        has=len(target) - len(lacking),
        of=len(target),
        value=value,
        under=and_list(why),
        said=f"{value} have a number of pupils: {and_list(why)}."
        + (" The register’s file of all establishment data has NumberOfPupils." if unknown else "")
        if lacking
        else f"All {len(target):,} have a number of pupils.",
        waits=not unknown,
    )


def _staff(target: Sequence[Standing]) -> Step:
    """How many staff those of the target have: what lacks is in no share, and nothing has to wait for it."""
    known = sum(s.target_pupils is not None for s in target)
    value = f"{known:,} of {len(target):,}"
    return Step(
        what="staff",
        done=known == len(target),
        has=known,
        of=len(target),
        value=value,
        under="" if known == len(target) else "the others are counted, and in no share",
        said=f"{value} have a number of staff.",
        needed=False,
    )


def _contacts(with_contact: int, known: int, target: Sequence[Standing], reached: int) -> Step:
    """Done once every school of the target can be written to."""
    if not target:
        said = f"{number(with_contact)} of {count(known, 'open school')} have somebody to write to."
        return Step(
            what="contacts",
            done=with_contact > 0,
            said=said if with_contact else "Nobody to write to yet.",
            value=f"{number(with_contact)} of {count(known, 'open school')}" if with_contact else "",
            under="" if with_contact else "Nobody to write to yet.",
        )
    said = f"{number(reached)} of {count(len(target), 'school')} in the target have somebody to write to."
    if reached < len(target):
        said += (
            " A contacts file brings in the others: the council’s own list, with an address for each school."
        )
    return Step(
        what="contacts",
        done=reached == len(target),
        said=said,
        value=f"{reached:,} of {len(target):,}",
        under=f"{len(target) - reached:,} missing" if reached < len(target) else "",
        has=reached,
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
        return Step(
            what="terms",
            done=True,
            said=f"Term dates for {year_name(year)} are here.",
            value=year_name(year),
        )
    whose = f" of {and_list(without)}" if without else ""
    return Step(
        what="terms",
        done=False,
        la_code=lacking[0].la_code if lacking else "",
        under=f"none{whose} for {year_name(year)}",
        partly=0 < len(lacking) < len(here),
        said=f"No term dates{whose} for {year_name(year)}. "
        "Until they are here, every weekday that is no bank holiday counts as a school day.",
    )


def _programme(programme: Programme | None) -> Step:
    if programme is None:
        said = "What is played, for whom, and how it is booked."
        return Step(what="programme", done=False, said=said, under=said)
    whom = programmes.in_words([programme])[programme.id]
    reply_by = day_short(programme.reply_by)
    return Step(
        what="programme",
        done=True,
        said=f"{programme.title}, {year_name(programme.academic_year)}, for {whom}, reply by {reply_by}",
        value=f"{programme.title}, {whom}",
    )


def _company(partnership: Partnership) -> Step:
    troupes = companies.troupes(partnership.id)
    if not troupes:
        said = "Who plays, and where their van starts in the morning."
        return Step(what="company", done=False, said=said, under=said)
    by_company: dict[str, list[str]] = {}
    for troupe in troupes:
        by_company.setdefault(troupe.company.name, []).append(troupe.name)
    said = "; ".join(f"{name}: {and_list(names)}" for name, names in by_company.items())
    baseless = [t.name for t in troupes if t.base is None]
    lacking = f"No base is known for {and_list(baseless)}" if baseless else ""
    return Step(
        what="company",
        done=True,
        said=f"{said}. {lacking}" if lacking else said,
        value=said,
        under=lacking,
    )


def _tour_days(
    programme: Programme | None, coming: Sequence[TourDay], target: Sequence[Standing], free: int
) -> Step:
    """In part while the places that are free are fewer than the schools still need."""
    if programme is None or not coming:
        said = "No day is given yet on which a school could book."
        return Step(what="tour days", done=False, said=said, under=said)
    room = sum(d.shows_at_most for d in coming)
    last = day_short(coming[-1].day)
    needed = sum(places_needed(programme, s) for s in target if s.is_gap and s.standing != Word.DECLINED)
    value = f"{count(len(coming), 'coming day')}, room for {count(room, 'show')}"
    if needed <= free:
        return Step(
            what="tour days",
            done=True,
            said=f"{count(len(coming), 'coming day')} with room for {count(room, 'show')}, the last on {last}",
            value=value,
        )
    what, adds, a_piece = (
        ("place", "session", programme.audience_ceiling)
        if programme.for_adults
        else ("show", "day", programme.shows_a_day)
    )
    more = -(-(needed - free) // a_piece)
    under = (
        f"schools still need {count(needed, what)}, {free:,} {'is' if free == 1 else 'are'} free: "
        f"{count(more, adds)} more"
    )
    return Step(
        what="tour days",
        done=False,
        said=f"{value}; {under}.",
        value=value,
        under=under,
        partly=True,
        waits=True,
    )


def _roads(partnership: Partnership) -> Step:
    if partnership.road_table:
        return Step(
            what="roads", done=True, said="Your own table of minutes.", value="your own table", needed=False
        )
    lines = "straight lines round your waters" if partnership.waters else "straight lines"
    return Step(what="roads", done=False, said=f"{capfirst(lines)}.", value=lines, needed=False)


def _invitations(programme: Programme | None, target: Sequence[Standing], reached: int) -> Step:
    """Done once every school of the target was asked, or answered unasked."""
    if programme is None or not target:
        said = "No school is invited yet."
        return Step(what="invitations", done=False, said=said, under=said)
    asked = sum(s.standing not in (Word.NOT_ASKED, Word.UNREACHABLE) for s in target)
    value = f"{asked:,} of {len(target):,} asked"
    under = ""
    if asked == 0 and 0 < reached < len(target):
        under = f"wait for contacts, or ask {reached:,} now"
    return Step(
        what="invitations",
        done=asked == len(target),
        said=f"{asked:,} of {count(len(target), 'school')} in the target asked.",
        value=value,
        under=under,
        has=asked,
        of=len(target),
    )
