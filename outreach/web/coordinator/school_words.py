"""Words of a school's page: of the school, of where it stands and stood, and of what passed between us and
it. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from outreach.asking.invitations import Answer
from outreach.booking.accounts import Expected
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.county.lists.past_shows import EarlierVisit
from outreach.county.school_days import INSET_DAY
from outreach.county.schools import FIRST_OF_BODIES, Organisation, SchoolDay
from outreach.coverage.school.story import Chapter
from outreach.coverage.standings import AlsoSeen, Standing
from outreach.ground.audience import people_in_group
from outreach.ground.school_year import STAFF, offered
from outreach.ground.wording import (
    and_list,
    capfirst,
    clock,
    count,
    day,
    day_short,
    number,
    year_groups_name,
    year_name,
)
from outreach.post.outbox import Letter
from outreach.tour.target_decisions import TargetDecision
from outreach.web.coordinator.school_told import FieldAsHeld

ANSWERS = {
    "declined": "Said no",
    "other date": "Asked for another date",
    "waiting list": "Wants the waiting list",
    "somebody else": "Named somebody else",
    "refused slot": "Refused a slot",
}
ESTIMATE = "estimate from the register"
LETTERS = {
    "waiting": "waiting to go",
    "sent": "handed over",
    "failed": "could not be delivered",
    "bounced": "came back",
    "withdrawn": "withdrawn before it went",
    "superseded": "not needed any more",
}


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence with schools in it, each a link. `strong`: how it begins, in bold; `loud`: all of it is."""

    strong: str = ""
    before: str = ""
    schools: Sequence[Organisation] = ()
    after: str = ""
    loud: bool = False
    quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class Year:
    """A line of 'Year by year': what stood, in the school's own name or another's; without that, what is said
    instead. `pupils`: how many saw it, and whether that is an estimate."""

    chapter: Chapter
    under: str
    stood: Sequence[tuple[str, Standing, Sequence[str]]]
    instead: Sequence[str]
    pupils: Sequence[tuple[str, bool]]


@dataclass(frozen=True, kw_only=True)
class ContactLine:
    """A contact with what the page knows of it. `own`: not one of the school or body that this one came from."""

    contact: Contact
    name: str
    first: bool
    comes_back: bool
    own: bool

    @property
    def whence(self) -> str:
        return "body" if self.contact.organisation_id >= FIRST_OF_BODIES else "school"


@dataclass(frozen=True, kw_only=True)
class BookingLine:
    """A booking in the list of a school. `not_there`: that it stands at a school that is not there then."""

    booking: Booking
    when: str
    cancelled: bool
    asides: Sequence[str]
    under: str
    pupils: str
    not_there: str


@dataclass(frozen=True, kw_only=True)
class PupilsKnown:
    """How many pupils a year group has, and who says so."""

    year: int
    number: str
    source: str


def summary(organisation: Organisation) -> str:
    """Its number, kind, place, ages and size in one line."""
    ages = offered(organisation.statutory_low_age, organisation.statutory_high_age)
    pupils = organisation.number_of_pupils
    return " · ".join(
        (
            f"URN {organisation.organisation_id}",
            *([f"LAESTAB {organisation.laestab}"] if organisation.laestab else []),
            organisation.phase_of_education or "no phase",
            organisation.type_of_establishment,
            organisation.district_name or "district not known",
            "ages unknown"
            if ages is None
            else f"ages {organisation.statutory_low_age} to {organisation.statutory_high_age}",
            "pupils unknown" if pupils is None else f"{number(pupils)} pupils",
        )
    )


def line_of_succession(
    organisation: Organisation,
    became: Sequence[Organisation],
    beside: Sequence[Organisation],
    came_from: Sequence[Organisation],
) -> list[Sentence]:
    """That it closed or closes, what came of it, and what it came from."""
    said = (
        [_ending(organisation, became)]
        if became or organisation.status != "Open" or organisation.close_date
        else []
    )
    if beside:
        is_, keeps, own = ("is", "keeps", "is its") if len(beside) == 1 else ("are", "keep", "are their")
        after = f", which {is_} open still and {keeps} what {own} own."
        said.append(Sentence(before="Came out of ", schools=beside, after=after, quiet=True))
    if came_from:
        opened = f", opened {day_short(organisation.open_date)}" if organisation.open_date else ""
        said.append(Sentence(before="Came from ", schools=came_from, after=f"{opened}.", quiet=True))
    return said


def _ending(organisation: Organisation, became: Sequence[Organisation]) -> Sentence:
    on = f" on {day_short(organisation.close_date)}" if organisation.close_date else ""
    if not organisation.is_open:
        closed = Sentence(strong=f"{organisation.status}{on}.")
        return replace(closed, before=" Became ", schools=became, after=".") if became else closed
    if became and on:
        return Sentence(before=f"Closes{on}, followed by ", schools=became, after=".", loud=True)
    if became:
        return Sentence(
            strong=f"{organisation.status}.",
            before=" The register names ",
            schools=became,
            after=" as what came of it: each counts for itself, with what is its own.",
        )
    if on:
        return Sentence(strong=f"{'Closes' if organisation.status == 'Open' else 'Proposed to close'}{on}.")
    return Sentence(strong=f"{organisation.status}.")


def cause(standing: Standing) -> str:
    """Why it stands there and since when; '' where the standing says it all."""
    if standing.cause == standing.standing:
        return ""
    since = day_short(standing.since) if standing.since and standing.cause else ""
    return capfirst(standing.cause) + (f", since {since}" if since and since not in standing.cause else "")


def year_groups(standing: Standing, promised: Mapping[int, int]) -> dict[int, str]:
    """Each year group's own state, with what is promised for it."""
    return {
        year: capfirst(state) + (f", {number(promised[year])} promised" if promised.get(year) else "")
        for year, state in standing.year_groups.items()
    }


def outside_target(also_seen: Iterable[AlsoSeen], organisation_id: int, *, for_adults: bool) -> str:
    said = ["Not in the target of this programme."]
    for seen in also_seen:
        if seen.organisation_id == organisation_id:
            who = "It was seen here" if seen.pupils is None else f"{count(seen.pupils, 'pupil')} saw it"
            said.append(f"{who}, and {'counts' if for_adults else 'count'} in no share: {seen.why}.")
    return " ".join(said)


def kept(proposal: Proposal, heard: Mapping[str, str]) -> tuple[str, str]:
    """The time that is kept, and until when, who was told and what their calendars said."""
    people = (
        (to.name or to.address) + (f" ({heard[to.address.lower()]})" if to.address.lower() in heard else "")
        for to in proposal.people
    )
    return (
        f"{day(proposal.starts_at)}, {clock(proposal.starts_at)} is kept for it",
        f"until the end of {day(proposal.reply_by)}. Written to {and_list(people)} on "
        f"{day_short(proposal.recorded_at)} by {proposal.who}.",
    )


def decided(decision: TargetDecision) -> str:
    """What a coordinator said of whether it counts."""
    if decision.kind == "exclude":
        return f"Taken out: {decision.reason}"
    groups = [y for y in decision.year_groups if y != STAFF]
    return f"Taken in{f' with {year_groups_name(groups)}' if groups else ''}: {decision.reason}"


def years(chapters: Iterable[Chapter], organisation_id: int, *, today: date) -> list[Year]:
    return [_year(chapter, organisation_id, today) for chapter in chapters]


def _year(chapter: Chapter, organisation_id: int, today: date) -> Year:
    adults, shown = chapter.programme.for_adults, chapter.shown
    until = f", as of {day_short(chapter.day)}" if chapter.day < today else ""
    instead = [
        f"{'Attended' if adults else 'Saw it'}{'' if seen.organisation_id == organisation_id else f' as {seen.name}'}; "
        f"counts in no share: {seen.why}"
        for seen in chapter.also_seen
    ]
    counted = [
        (f"{number(s.seen_pupils)} of {number(s.target_pupils)}", s.estimated or s.seen_estimated)
        for s in shown
    ] or [(number(seen.pupils), False) for seen in chapter.also_seen if seen.pupils is not None]
    return Year(
        chapter=chapter,
        under=year_name(chapter.programme.academic_year) + until,
        stood=[
            ("" if s.organisation_id == organisation_id else f"as {s.name}", s, _beneath(s)) for s in shown
        ],
        instead=[] if shown else instead,
        pupils=[] if adults else counted,
    )


def _beneath(standing: Standing) -> list[str]:
    """The cause where it is another word than the standing, and what it rests on."""
    said = standing.cause if standing.cause != standing.standing else ""
    return [capfirst(line) for line in (said, standing.evidence) if line]


def answered(answer: Answer) -> str:
    return ANSWERS[answer.kind] + (f": {answer.reason}" if answer.reason else "")


def is_lost(letter: Letter) -> bool:
    return letter.status in ("failed", "bounced")


def booking_line(
    booking: Booking, organisation: Organisation, names: Mapping[int, str], *, closing: bool, now: datetime
) -> BookingLine:
    """When it is, what became of it, and under which name; `closing`: it stands after its school has closed."""
    starts_at, cancelled = booking.performance.starts_at, booking.ended_at is not None
    other = booking.organisation_id != organisation.organisation_id
    not_there = "The school is closed"
    if other or organisation.is_open:
        not_there = "Stands under a school that is not there then"
    return BookingLine(
        booking=booking,
        when=f"{day_short(starts_at)}, {clock(starts_at)}",
        cancelled=cancelled,
        asides=[
            *(["past"] if not cancelled and booking.performance.ends_at <= now else []),
            *(["as guest"] if booking.role == "guest" and not booking.catch_up else []),
            *(["for pupils who missed its show"] if booking.catch_up else []),
        ],
        under=year_name(booking.programme.academic_year)
        + (f", as {names[booking.organisation_id]}" if other else ""),
        pupils="staff" if booking.programme.for_adults else number(booking.seats),
        not_there=not_there if closing else "",
    )


def contact_lines(found: Sequence[Contact], organisation_id: int, dead: Collection[str]) -> list[ContactLine]:
    """The contacts as they are written to."""
    return [
        ContactLine(
            contact=contact,
            name=contact.name or "No name",
            first=contact is found[0] and len(found) > 1,
            comes_back=contact.address in dead,
            own=contact.organisation_id == organisation_id,
        )
        for contact in found
    ]


def somebody_to_add(organisation: Organisation) -> str:
    """Whom to put on file first."""
    return (
        "whoever arranges training there" if organisation.is_body else "the safeguarding lead or the office"
    )


def counted(organisation: Organisation) -> str:
    """Who is counted there, as the head of a column."""
    return "Staff" if organisation.is_body else "Pupils"


def counted_seen(organisation: Organisation) -> str:
    return "Staff trained" if organisation.is_body else "Pupils seen"


def about(organisation: Organisation, expected: Mapping[int, Expected]) -> str:
    """'312 pupils in Years 8 and 9 · Fenwold': how many it is about, and where."""
    known = [of.pupils for of in expected.values() if of.pupils is not None]
    if STAFF in expected:
        said = people_in_group(sum(known), STAFF) if known else ""
        kind = organisation.type_of_establishment if organisation.is_body else ""
        return " · ".join(part for part in (kind, said, organisation.district_name or "") if part)
    if organisation.is_body:
        return " · ".join(
            part for part in (organisation.type_of_establishment, organisation.district_name or "") if part
        )
    groups = year_groups_name(tuple(expected)) if expected else ""
    pupils = f"{count(sum(known), 'pupil')} in {groups}" if known and len(known) == len(expected) else groups
    return " · ".join(part for part in (pupils, organisation.district_name or "") if part)


def target_words(*, decided: bool, in_target: bool) -> str:
    """What can be done about whether the school counts."""
    if decided:
        return "Change whether it counts"
    return "Take it out of the target" if in_target else "Take it into the target"


def corrected_here(facts: Sequence[FieldAsHeld]) -> str:
    """How many facts stand against the register."""
    corrected = sum(f.correction is not None for f in facts)
    return f"{number(corrected)} corrected here" if corrected else "as the register says"


def days_inside(own_days: Sequence[SchoolDay], hours: tuple[time, time]) -> str:
    """What the school's own days hold: '2 days, 8:45am to 3:15pm'."""
    inset = [d for d in own_days if d.reason == INSET_DAY]
    days = count(len(own_days), "day") if len(inset) < len(own_days) else count(len(inset), "INSET day")
    said = f"{clock(hours[0])} to {clock(hours[1])}"
    return f"{days}, {said}" if own_days else said


def looked_after(owner: str, standing: Standing | None) -> str:
    """Who looks after the gap."""
    if owner:
        return f"looked after by {owner}"
    return "nobody looks after it yet" if standing is not None and standing.is_gap else ""


def pupils_known(expected: Mapping[int, Expected], own: Mapping[int, int]) -> list[PupilsKnown]:
    """Each year group of the target, and those of which the school says that it does not offer them."""
    own_number = "the school’s own number"
    known = [
        PupilsKnown(
            year=year,
            number=number(of.pupils),
            source="" if of.pupils is None else ESTIMATE if of.estimated else own_number,
        )
        for year, of in expected.items()
    ]
    none = [year for year, pupils in own.items() if pupils == 0] if expected else []
    return [
        *known,
        *(PupilsKnown(year=year, number="0", source=f"{own_number}: not offered") for year in none),
    ]


def pupils_inside(known: Sequence[PupilsKnown]) -> str:
    """Whose the numbers are."""
    if not known:
        return "no target year group"
    estimated = any(k.source == ESTIMATE for k in known)
    return "estimated" if estimated else "unknown" if all(not k.source for k in known) else "its own numbers"


def to_be_decided(changes: int) -> str:
    """How many changes of the register wait."""
    wait = "waits" if changes == 1 else "wait"
    return f"{count(changes, 'change')} of the register {wait} to be decided." if changes else ""


def visit(visit: EarlierVisit, organisation_id: int, names: Mapping[int, str]) -> str:
    """An earlier visit: its day, how many came, and under which name."""
    said = (
        day_short(visit.day) if visit.day else "day not known",
        count(visit.pupils, "pupil") if visit.pupils is not None else "number not known",
        *([] if visit.urn == organisation_id else [f"as {names[visit.urn]}"]),
    )
    return ", ".join(said)
