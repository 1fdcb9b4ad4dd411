"""Words of the set-up's page: what comes next, with its count of the target, how each step stands, and what the other
pages say today. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from outreach.county import term_files
from outreach.coverage import gaps, readiness
from outreach.coverage.lunches import Lunches
from outreach.coverage.readiness import SetUp, Step
from outreach.coverage.standings import Word
from outreach.ground.wording import clock, count, day, day_short
from outreach.tour.performances import Performance

NAMES = {
    "partnership": "Partnership",
    "authorities": "Authorities",
    "register": "Register of schools",
    "pupils": "Pupil numbers",
    "staff": "Staff numbers",
    "terms": "Term dates and INSET days",
    "programme": "Programme",
    "company": "Company and troupes",
    "tour days": "Tour days",
    "contacts": "Contacts",
    "roads": "Roads",
    "invitations": "Invitations",
}
ENDPOINTS = {
    "partnership": "partnership_settings",
    "pupils": "register",
    "staff": "schools",
    "terms": "authorities",
    "programme": "programmes",
    "company": "companies",
    "tour days": "tour",
    "roads": "road_minutes",
}
"""The page of a step, where it has not the step's own name."""

DOES = {
    "partnership": "Fill in the settings",
    "authorities": "Add an authority",
    "register": "See what it would change…",
    "pupils": "See what it would change…",
    "terms": "See what it would add…",
    "programme": "Set up a programme",
    "company": "Add a company",
    "tour days": "Add tour days",
    "contacts": "Look at the list…",
    "invitations": "Invite schools",
}
TAKES = {
    "register": ".csv,.zip",
    "pupils": ".csv,.zip",
    "contacts": ".csv,.xlsx",
    "terms": term_files.KINDS,
}
"""The steps that a file takes further, and the files that are theirs."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """Words that lead to a page of the desk."""

    words: str
    endpoint: str
    asks: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Next:
    """The step to take now; `takes`: the kinds of file that do it, '' where no file does; `la_code`: of the authority
    whose page takes it; `beside`: what helps."""

    what: str
    head: str
    said: str
    does: str
    takes: str
    la_code: str
    beside: Link | None


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """What one of the other pages says today, and the one thing to do there."""

    name: str
    said: str
    link: Link | None


def title(steps: Sequence[Step]) -> str:
    step = readiness.next_of(steps)
    if step is None:
        return "Set-up: all is in place"
    name = NAMES[step.what]
    return f"Set-up: {name[0].lower()}{name[1:]} next" + _counted(step, ", ")


def how_far(steps: Sequence[Step]) -> str:
    needed = [step for step in steps if step.needed]
    done = sum(step.done for step in needed)
    return "Change any of it here." if done == len(needed) else f"{done} of {len(needed)} done."


def next_of(set_up: SetUp) -> Next | None:
    step = readiness.next_of(set_up.steps)
    if step is None:
        return None
    head, beside, waiting = NAMES[step.what], None, step.what == "pupils" and step.waits
    if step.of and step.has is not None:
        lacking = count(step.of - step.has, "school")
        few = step.of - step.has == 1
        head = {
            "contacts": f"{lacking} {'has' if few else 'have'} nobody to write to",
            "register": f"{lacking} {'lacks' if few else 'lack'} what the register tells",
            "pupils": f"{lacking} {'has' if few else 'have'} no number of pupils",
            "invitations": f"{lacking} {'is' if few else 'are'} not asked yet",
        }[step.what]
    if step.what == "contacts" and set_up.programme is not None and not set_up.programme.for_adults:
        asks = {"target": set_up.programme.id}
        beside = Link(
            words="Who they are, as a list to fill in (CSV)", endpoint="contacts_missing", asks=asks
        )
    return Next(
        what=step.what,
        head=head,
        said=step.said,
        does="Look at the schools" if waiting else DOES[step.what],
        takes="" if waiting else TAKES.get(step.what, ""),
        la_code=step.la_code,
        beside=beside,
    )


def page_of(step: Step | Next) -> Link:
    """The page of a step: a single authority's where it is about that one."""
    if step.la_code:
        return Link(words=NAMES[step.what], endpoint="authority", asks={"la_code": step.la_code})
    return Link(words=NAMES[step.what], endpoint=ENDPOINTS.get(step.what, step.what))


def goes_on(step: Step, set_up: SetUp) -> Link | None:
    """What a step that is not done offers at its end, beside its page."""
    if step.done:
        return None
    if step.what == "pupils" and step.of and step.has is not None:
        return Link(
            words=f"See the {count(step.of - step.has, 'school')}",
            endpoint="gaps",
            asks={"size": "unknown"},
        )
    if step.what == "tour days" and step.partly and set_up.programme is not None:
        return Link(words="Add days…", endpoint="add_tour_days", asks={"programme_id": set_up.programme.id})
    if step.what == "roads":
        return Link(words="Put in a table…", endpoint="road_minutes")
    if step.what == "invitations" and step.of and set_up.reachable:
        return Link(words="Look at the letter…", endpoint="invitations")
    return None


def under(step: Step, coming: Next | None) -> str:
    """What stands below a step's name: of the next one, whose words stand above, what is to be done there."""
    if coming is not None and step.what == coming.what and coming.takes:
        return "put in the file above"
    return step.under


def state(step: Step) -> tuple[str, str, str]:
    """How a step stands: its word, its colour and its glyph."""
    if step.done:
        return "Done", "seen", "seen"
    if step.in_part:
        return "In part", "confirm", "to-confirm"
    return "Not yet" if step.needed else "Not needed", "quiet", "not-asked"


def elsewhere(
    set_up: SetUp, *, to_read: int, published: date | None, lunches: Lunches | None = None
) -> list[Elsewhere]:
    """What coverage, gaps, the diary, what came in and the reports say today; on day one, what will stand there."""
    target = set_up.target
    seen = sum(s.standing == Word.SEEN for s in target)
    part = sum(s.standing == Word.PART_SEEN for s in target)
    missing = sum(s.is_gap for s in target)
    word = gaps.named(Word.SEEN, for_adults=set_up.programme is not None and set_up.programme.for_adults)
    unasked = all(s.standing in (Word.NOT_ASKED, Word.UNREACHABLE) for s in target)
    ask = (
        Link(words="Ask the first schools", endpoint="invitations") if unasked and set_up.reachable else None
    )
    return [
        Elsewhere(
            name="Coverage",
            said=_coverage(len(target), seen, word),
            link=ask or (Link(words="See all", endpoint="coverage") if target else None),
        ),
        Elsewhere(
            name="Gaps",
            said=_gaps(len(target), missing, unasked=unasked),
            link=ask or (Link(words="See them", endpoint="gaps") if target and missing else None),
        ),
        Elsewhere(
            name="Diary",
            said=_diary(len(set_up.days), sum(s.standing == Word.BOOKED for s in target)),
            link=Link(words="See them", endpoint="diary") if set_up.days else None,
        ),
        *(
            [
                Elsewhere(
                    name="School lunch",
                    said=_lunch_in_short(lunches),
                    link=Link(words="By a file", endpoint="school_lunches"),
                )
            ]
            if lunches is not None and lunches.schools
            else []
        ),
        Elsewhere(
            name="To read",
            said=f"{count(to_read, 'answer waits', 'answers wait')}."
            if to_read
            else "Nobody is waiting for you. New answers appear here.",
            link=Link(words="Read", endpoint="inbox_list") if to_read else None,
        ),
        Elsewhere(
            name="Reports",
            said=_reports(seen + part, published),
            link=Link(words="See them", endpoint="board_reports") if seen + part or published else None,
        ),
    ]


def _coverage(schools: int, seen: int, word: str) -> str:
    if not schools:
        return "Districts fill as reports come in, once a programme has schools."
    if not seen:
        return f"{count(schools, 'school')}, none {word} yet. Districts fill as reports come in."
    return f"{seen:,} of {count(schools, 'school')} {word}."


def _gaps(schools: int, missing: int, *, unasked: bool) -> str:
    if not schools:
        return "Schools that miss it will stand here, the longest wait on top."
    if not missing:
        return "No school is a gap."
    if unasked and missing == schools:
        whole = "The one school is a gap" if schools == 1 else f"All {schools:,} schools are gaps"
        return f"{whole}: nobody is asked. The longest wait will stand on top."
    return f"{missing:,} of {count(schools, 'school')} {'is a gap' if missing == 1 else 'are gaps'}."


def _diary(days: int, booked: int) -> str:
    if not days:
        return "Bookings appear on their day, once there are tour days."
    if not booked:
        return f"{count(days, 'tour day')}, no show to come yet. Bookings appear on their day."
    return f"{count(days, 'tour day')} to come, {count(booked, 'school')} booked."


def lunch(found: Lunches) -> str:
    """Of how many schools it is known, what holds until then, and how many shows it leaves a dining hall."""
    said = [
        f"It is known of {found.known:,} of {count(found.schools, 'school')}, of {found.unknown:,} not known."
    ]
    if hours := _usual_lunch(found):
        said.append(f"Until a school says, only the show keeps out of {hours}.")
    if found.in_dining_hall is not None:
        get_in, show, get_out = found.minutes
        said.append(
            f"From {clock(found.opens)} to {clock(found.closes)}, set-up, show and pack-up of {get_in}, {show} and "
            f"{get_out} minutes leave a hall that is the dining hall {_in_dining_hall(found)}; {found.dining:,} "
            f"{'says' if found.dining == 1 else 'say'} that theirs is."
        )
    return " ".join(said)


def _lunch_in_short(found: Lunches) -> str:
    known, hours = f"Known of {found.known:,} of {count(found.schools, 'school')}", _usual_lunch(found)
    said = [f"{known}; otherwise shows keep out of {hours}." if hours else f"{known}."]
    if found.in_dining_hall is not None:
        said.append(f"Dining halls have {_in_dining_hall(found)}.")
    return " ".join(said)


def _usual_lunch(found: Lunches) -> str:
    """From when to when, where a school that has not said holds to it."""
    usual = found.usual if found.unknown else None
    return f"{clock(usual.begins)} to {clock(usual.ends)}" if usual else ""


def _in_dining_hall(found: Lunches) -> str:
    least, most = found.in_dining_hall or 0, found.with_set_left or 0
    set_left = f" ({most} where the set may stay standing)" if most > least else ""
    return f"{count(least, 'show') if least else 'no show'} a day{set_left}"


def across_lunch(shows: Sequence[Performance]) -> str:
    """What stands across a lunch that was just said, as a sentence behind others; '' of nothing."""
    if not shows:
        return ""
    if len(shows) > 1:
        return f" {count(len(shows), 'show')} lie across it and stay as they are: the diary marks them."
    at = f"{day(shows[0].starts_at)}, {clock(shows[0].starts_at)}"
    return f" The show on {at} at {shows[0].host.name} lies across it and stays as it is: the diary marks it."


def _reports(reported: int, published: date | None) -> str:
    if published is not None:
        return f"As of {day_short(published)}."
    return "None is published yet." if reported else "The first report needs one show that was reported."


def _counted(step: Step, before: str) -> str:
    return f"{before}{step.has or 0:,} of {step.of:,}" if step.of else ""
