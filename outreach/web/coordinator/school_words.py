"""Words of a school's page: of the school, of where it stands and stood, and of what passed between us and
it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from outreach.asking.invitations import Answer
from outreach.asking.notes import NoteOnSchool
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county.lists.past_shows import EarlierVisit
from outreach.county.schools import School
from outreach.coverage.school.story import Chapter
from outreach.coverage.standings import AlsoSeen, Standing
from outreach.ground.school_year import offered
from outreach.ground.wording import (
    and_list,
    capfirst,
    clock,
    count,
    date_and_time,
    day,
    day_short,
    number,
    year_groups_name,
    year_name,
)
from outreach.post.outbox import Letter
from outreach.tour.target_decisions import TargetDecision

ANSWERS = {
    "declined": "Said no",
    "other date": "Asked for another date",
    "waiting list": "Wants the waiting list",
    "somebody else": "Named somebody else",
    "refused slot": "Refused a slot",
}
LETTERS = {
    "waiting": "waiting to go",
    "sent": "handed over",
    "failed": "could not be delivered",
    "bounced": "came back",
    "withdrawn": "withdrawn before it went",
    "superseded": "not needed any more",
}
LOST = ("failed", "bounced")


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence with schools in it, each a link. `strong`: how it begins, in bold; `loud`: all of it is."""

    strong: str = ""
    before: str = ""
    schools: Sequence[School] = ()
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


def summary(school: School) -> str:
    """Its number, kind, place, ages and size in one line."""
    ages = offered(school.statutory_low_age, school.statutory_high_age)
    pupils = school.number_of_pupils
    return " · ".join(
        (
            f"URN {school.urn}",
            *([f"LAESTAB {school.laestab}"] if school.laestab else []),
            school.phase_of_education or "no phase",
            school.type_of_establishment,
            school.district_name or "district not known",
            "ages unknown"
            if ages is None
            else f"ages {school.statutory_low_age} to {school.statutory_high_age}",
            "pupils unknown" if pupils is None else f"{number(pupils)} pupils",
        )
    )


def line_of_succession(
    school: School, became: Sequence[School], beside: Sequence[School], came_from: Sequence[School]
) -> list[Sentence]:
    """That it closed or closes, what came of it, and what it came from."""
    said = [_ending(school, became)] if became or school.status != "Open" or school.close_date else []
    if beside:
        is_, keeps, own = ("is", "keeps", "is its") if len(beside) == 1 else ("are", "keep", "are their")
        after = f", which {is_} open still and {keeps} what {own} own."
        said.append(Sentence(before="Came out of ", schools=beside, after=after, quiet=True))
    if came_from:
        opened = f", opened {day_short(school.open_date)}" if school.open_date else ""
        said.append(Sentence(before="Came from ", schools=came_from, after=f"{opened}.", quiet=True))
    return said


def _ending(school: School, became: Sequence[School]) -> Sentence:
    on = f" on {day_short(school.close_date)}" if school.close_date else ""
    if not school.is_open:
        closed = Sentence(strong=f"{school.status}{on}.")
        return replace(closed, before=" Became ", schools=became, after=".") if became else closed
    if became and on:
        return Sentence(before=f"Closes{on}, followed by ", schools=became, after=".", loud=True)
    if became:
        return Sentence(
            strong=f"{school.status}.",
            before=" The register names ",
            schools=became,
            after=" as what came of it: each counts for itself, with what is its own.",
        )
    if on:
        return Sentence(strong=f"{'Closes' if school.status == 'Open' else 'Proposed to close'}{on}.")
    return Sentence(strong=f"{school.status}.")


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


def outside_target(also_seen: Iterable[AlsoSeen], urn: int, *, for_adults: bool) -> str:
    said = ["Not in the target of this programme."]
    for seen in also_seen:
        if seen.urn == urn:
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
    return f"Taken in with {year_groups_name(decision.year_groups)}: {decision.reason}"


def years(chapters: Iterable[Chapter], urn: int, *, today: date) -> list[Year]:
    return [_year(chapter, urn, today) for chapter in chapters]


def _year(chapter: Chapter, urn: int, today: date) -> Year:
    adults, shown = chapter.programme.for_adults, chapter.shown
    until = f", as of {day_short(chapter.day)}" if chapter.day < today else ""
    instead = [
        f"{'Attended' if adults else 'Saw it'}{'' if seen.urn == urn else f' as {seen.name}'}; "
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
        stood=[("" if s.urn == urn else f"as {s.name}", s, _beneath(s)) for s in shown],
        instead=[] if shown else instead,
        pupils=[] if adults else counted,
    )


def _beneath(standing: Standing) -> list[str]:
    """The cause where it is another word than the standing, and what it rests on."""
    said = standing.cause if standing.cause != standing.standing else ""
    return [capfirst(line) for line in (said, standing.evidence) if line]


def answered(answer: Answer) -> str:
    return ANSWERS[answer.kind] + (f": {answer.reason}" if answer.reason else "")


def sending(letter: Letter | None) -> str:
    """What became of an invitation's letter."""
    if letter is None:
        return ""
    if letter.handed_at:
        return f"handed to the mail server {date_and_time(letter.handed_at)}"
    return LETTERS.get(letter.status, letter.status)


def state(letter: Letter) -> str:
    """What became of any letter, as a list says it."""
    return capfirst(LETTERS.get(letter.status, letter.status))


def of_booking(booking: Booking, *, now: datetime) -> str:
    """That it is over; '' for one to come. A cancelled one is said elsewhere."""
    return "past" if booking.ended_at is None and booking.performance.ends_at <= now else ""


def note(note: NoteOnSchool, urn: int, names: Mapping[int, str]) -> str:
    """Who put a note down, when, and of which school."""
    phone = "On the phone, " if note.kind == "phone" else ""
    other = "" if note.urn == urn else f", of {names[note.urn]}"
    return f"{phone}{note.who}, {date_and_time(note.recorded_at)}{other}"


def visit(visit: EarlierVisit, urn: int, names: Mapping[int, str]) -> str:
    """An earlier visit: its day, how many came, and under which name."""
    said = (
        day_short(visit.day) if visit.day else "day not known",
        count(visit.pupils, "pupil") if visit.pupils is not None else "number not known",
        *([] if visit.urn == urn else [f"as {names[visit.urn]}"]),
    )
    return ", ".join(said)
