"""The standings by name; why a school is a gap, in words, and the next thing to do about it. Pure words."""

from datetime import date
from enum import StrEnum

from outreach.ground.audience import OF_PUPILS, Words
from outreach.ground.school_year import year_group_name, year_groups_name
from outreach.ground.wording import and_list, day_short


class Word(StrEnum):
    """The standings, in the order of a bar; the first nine sum to the target."""

    SEEN = "seen"
    PART_SEEN = "part seen"
    TO_CONFIRM = "to confirm"
    BOOKED = "booked"
    PROPOSED = "proposed"
    ASKED = "asked"
    NOT_ASKED = "not asked"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    EXCLUDED = "excluded"


YEAR_MISSING, YEAR_NOT_BOOKED, TOO_FEW = "year group missing", "year group not booked", "too few counted"
REPORT_MISSING, REPORTS_DISAGREE = "report missing", "reports disagree"
NO_ADDRESS, WAITING, DECLINED = "no address", "waiting for an answer", "declined"
SILENT, STARTED, OTHER_DATE = "silent", "started", "wants another date"
WAITING_LIST, SOMEBODY_ELSE, REFUSED_SLOT = "on the waiting list", "named somebody else", "refused a slot"
CANCELLED, FAILED, NOT_ASKED = "cancelled", "did not take place", "not asked"
LAPSED = "let a time lapse"
NO_CONTACT, ALL_BOUNCED = "no contact", "every address bounced"
"""Why no letter can go; what the school answered may follow after a semicolon."""
DUE_AGAIN = "due again"
NOT_COUNTED, NOT_AT_ALL = "nobody counted", "predecessor did not see it"
PREDECESSOR_NOT_TRAINED = "predecessor was not trained"
"""The same of adults."""
ASKED_LATELY = "asked, waiting"
"""Asked, and the programme's days of waiting have not gone by: silence that says nothing yet."""

CAUSES = (
    NOT_ASKED,
    DUE_AGAIN,
    ASKED_LATELY,
    SILENT,
    STARTED,
    OTHER_DATE,
    WAITING_LIST,
    SOMEBODY_ELSE,
    REFUSED_SLOT,
    LAPSED,
    CANCELLED,
    FAILED,
    WAITING,
    DECLINED,
    NO_ADDRESS,
    REPORT_MISSING,
    REPORTS_DISAGREE,
    YEAR_MISSING,
    YEAR_NOT_BOOKED,
    TOO_FEW,
    NOT_COUNTED,
    NOT_AT_ALL,
)
"""Every cause a gap can have, in the order of a list."""

NEXT = {
    NOT_ASKED: "Write",
    DUE_AGAIN: "Write",
    ASKED_LATELY: "Ring and note",
    SILENT: "Remind, or ring and note",
    STARTED: "Ring and note",
    OTHER_DATE: "Offer other times",
    WAITING_LIST: "Offer a time",
    SOMEBODY_ELSE: "Write to the new contact",
    REFUSED_SLOT: "Offer other times",
    LAPSED: "Offer another time",
    CANCELLED: "Offer the nearest times",
    FAILED: "Offer the nearest times",
    WAITING: "Ring and note",
    DECLINED: "Ring and note",
    NO_ADDRESS: "Find an address",
    REPORT_MISSING: "Ask for the report",
    REPORTS_DISAGREE: "Settle the report",
    YEAR_MISSING: "Offer a second show",
    YEAR_NOT_BOOKED: "Offer a second show",
    TOO_FEW: "Offer a second show",
    NOT_COUNTED: "Ask for the number",
    NOT_AT_ALL: "Offer a show",
}
"""The next action for each cause, in words."""


COUNT_STAFF = "Ask how many staff there are"
"""The next thing to do where no share can be made of a body's staff, and nothing else is."""


def staff_unknown(counted: int | None, on: date | None) -> str:
    """Why no share is made of the staff of a body: nobody counted them, or counted nobody."""
    if counted is None:
        return "nobody has counted the staff"
    return f"no front-line staff when counted on {day_short(on)}" if on else "no front-line staff counted"


def title(cause: str) -> str:
    """A cause as a heading."""
    return cause[:1].upper() + cause[1:]


def causes(*, for_adults: bool) -> tuple[str, ...]:
    """Those that a gap of a programme can have: adults are one group, of which no part is missing."""
    return tuple(c for c in CAUSES if not (for_adults and c in (YEAR_MISSING, YEAR_NOT_BOOKED)))


def named(standing: str, *, for_adults: bool) -> str:
    """A standing or a cause as it is said: who comes to a programme for adults is trained."""
    if not for_adults:
        return standing
    return PREDECESSOR_NOT_TRAINED if standing == NOT_AT_ALL else standing.replace("seen", "trained")


def words(
    cause: str, *, detail: str, since: date | None, of: Words = OF_PUPILS, whom: str = OF_PUPILS.asked
) -> str:
    """The cause as a line of its own: 'silent since 3 November 2026', 'Year 9 missing'; '' for no cause. `whom`: what
    somebody who is asked is called."""
    on = f" on {day_short(since)}" if since else ""
    if cause == SILENT:
        return f"silent since {day_short(since)}"
    if cause == ASKED_LATELY:
        return detail
    if cause == STARTED:
        return f"form begun{on}, not sent"
    if cause == REFUSED_SLOT:
        return f"refused the slot of {detail}" if detail else f"refused a slot{on}"
    if cause == LAPSED:
        return f"a time was kept until {detail}, and nobody answered"
    if cause == CANCELLED:
        return f"cancelled by the {whom if detail == OF_PUPILS.asked else detail}{on}"
    if cause == FAILED:
        return f"{detail or FAILED}{on}"
    if cause == WAITING:
        return f"waiting for an answer since {day_short(since)}"
    if cause == REPORT_MISSING:
        return f"report missing, {of.show}{on}"
    if cause == REPORTS_DISAGREE:
        return f"reports disagree, {of.show}{on}"
    if cause == NO_ADDRESS:
        return f"no address: {detail}"
    if cause == DECLINED:
        return f"declined: {detail}" if detail else "declined, no reason given"
    if cause in (OTHER_DATE, SOMEBODY_ELSE, WAITING_LIST):
        return cause + (f": {detail}" if detail else "")
    return detail or named(cause, for_adults=of is not OF_PUPILS)


def missing(year_groups: tuple[int, ...]) -> str:
    """(9,) -> 'Year 9 missing'."""
    return f"{year_groups_name(year_groups)} missing"


def not_booked(year_groups: tuple[int, ...]) -> str:
    return f"{year_groups_name(year_groups)} not booked"


def counted(year_group: int | None, pupils: int, of: int | None) -> str:
    """(8, 20, 300) -> 'Year 8: 20 of 300 counted'; without a year group '20 of 300 counted'."""
    named = "" if year_group is None else f"{year_group_name(year_group)}: "
    return f"{named}{pupils:,} counted" if of is None else f"{named}{pupils:,} of {of:,} counted"


def ran_out(trained_on: date, until: date) -> str:
    """'trained on 3 March 2026, which counted until 3 March 2027'."""
    return f"trained on {day_short(trained_on)}, which counted until {day_short(until)}"


def nobody_counted(year_group: int | None) -> str:
    """8 -> 'Year 8: nobody counted'."""
    return f"{year_group_name(year_group)}: nobody counted" if year_group is not None else "nobody counted"


def not_seen_at(year_group: int | None, names: list[str], *, for_adults: bool = False) -> str:
    """(8, ['Redmere School']) -> 'Year 8: not seen at Redmere School', which the school came from."""
    said = f"{named('not seen', for_adults=for_adults)} at {and_list(names)}"
    return f"{year_group_name(year_group)}: {said}" if year_group is not None else said


NOBODY_CAME = "nobody came"
AGREED_NOT_COUNTED = "both sides agree, nobody counted: ask for the number"
BEFORE_THE_SPLIT = "seen before the split, none of its own pupils counted"
"""What is said of a school that is seen, and of which no number tells how many saw it."""


def rest_booked(on: date) -> str:
    return f"rest booked on {day_short(on)}"
