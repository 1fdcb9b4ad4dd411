"""Words of the referrals page: the headline, what it can and cannot say, and every figure as it is said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, count, day_short, number
from outreach.outcomes.referrals import joining
from outreach.outcomes.referrals.before_and_after import ALL_KINDS, NOT_REACHED, Counted, Line, Referrals
from outreach.outcomes.referrals.blocks import Cut, Lacking
from outreach.outcomes.referrals.district_numbers import (
    REFERRALS,
    RESIDENTS,
    Cell,
    Compared,
    NumbersEntry,
    WithSource,
)
from outreach.outcomes.referrals.joining import Span
from outreach.outcomes.referrals.releases import Released

EVERY_KIND = "All kinds"
HIDDEN = "hidden"
UNIT = "a month for every 1,000 aged 10 to 17"

CAN = (
    "What was referred, before a district was reached and after. Counts may rise because pupils and staff know whom to "
    "tell: then more is uncovered, not more done to children."
)
CANNOT = (
    "It cannot say that the play did it. Districts were not reached by chance, seasons differ, and other work goes on. "
    "Nothing is tested here."
)

HOW = (
    "Month 0 is the month in which a district was reached. What holds it is neither before nor after.",
    "Before and after: up to 12 months each, of what lies wholly on that side.",
    "By month where each month of a quarter has 5 or more, else by quarter; a quarter under 5 is joined with the next.",
    "Rate: referrals a month for every 1,000 residents aged 10 to 17, by the newest estimate not after the month’s "
    "year, else the oldest.",
    "Not reached yet: all such districts together.",
    "Reached: the day of the show with which enough of the district’s target pupils had seen it, of schools whose "
    "number is known.",
    "Months and kinds are cut once and stay so, here, in reports and in files; a correction comes in with the next "
    "release and is marked.",
)

HIDING = "Hidden: under 5, or only known together with another kind. Not here: what is not released."

TITLES = {REFERRALS: "Referrals by month", RESIDENTS: "Residents aged 10 to 17"}
ASKED = {
    REFERRALS: "Counts of a month by district and kind, in your own words. No case, no name.",
    RESIDENTS: "Official mid-year estimates by district: what referrals are counted against.",
}
EXAMPLE = {
    REFERRALS: "District, Kind, Month, Number\n{0}, child criminal exploitation, Sept 2026, 8",
    RESIDENTS: "District, Year, Number\n{0}, 2025, 9840",
}


PERIOD = {REFERRALS: "Like Sept 2026; over by now.", RESIDENTS: "Like 2025."}
BOXES = {REFERRALS: "Referrals in that month", RESIDENTS: "Residents aged 10 to 17"}
COLUMN = {REFERRALS: "Kind and month", RESIDENTS: "Year"}
WAITS = "Nothing of this kind was released near the month in which it was reached."


@dataclass(frozen=True)
class KeyMark:
    """A mark of the pictures, beside its name."""

    shape: str
    is_joined: bool = False


KEY = (
    ("month before", KeyMark("ring")),
    ("month 0", KeyMark("diamond")),
    ("month after", KeyMark("disc")),
    ("quarter before", KeyMark("ring", is_joined=True)),
    ("quarter after", KeyMark("disc", is_joined=True)),
    ("not reached yet", KeyMark("square")),
    ("hidden", KeyMark("cross")),
)


def headline(found: Referrals) -> str:
    """'2 of 6 districts reached, with referrals before and after'; never who rose or fell."""
    reached = sum(d.day is not None for d in found.districts)
    return f"Referrals: {reached} of {count(len(found.districts), 'district')} reached"


def lead(found: Referrals, title: str) -> str:
    newest = ""
    if found.newest_month is not None and found.released_on is not None:
        newest = f", to {month_name(found.newest_month)}, released {day_short(found.released_on)}"
    return f"‘{title}’{newest}. {reached_means(found.percent)}"


def reached_means(percent: int) -> str:
    share = "half" if percent == 50 else f"{percent}%"
    return f"A district is reached once {share} of its target pupils had seen the play."


def month_name(month: int) -> str:
    """'Sept 2026'."""
    day = joining.first_day(month)
    return f"{SHORT[day.month - 1]} {day.year}"


SHORT = ("Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")


def span_name(span: Span) -> str:
    """'Sept 2026', 'Sept to Nov 2026', 'Nov 2026 to Jan 2027'."""
    if span.first == span.last:
        return month_name(span.first)
    begins = month_name(span.first)
    if span.first // 12 == span.last // 12:
        begins = begins.rpartition(" ")[0]
    return f"{begins} to {month_name(span.last)}"


def aligned_name(span: Span, zero: int | None) -> str:
    """'−3 to −1', '0', '+2'; '' where there is no month 0."""
    if zero is None:
        return ""
    first, last = _signed(span.first - zero), _signed(span.last - zero)
    return first if first == last else f"{first} to {last}"


def _signed(offset: int) -> str:
    return f"−{-offset}" if offset < 0 else f"+{offset}" if offset else "0"


def tick(offset: int, line: Line) -> str:
    return month_name(offset) if line.zero is None else _signed(offset)


def grid_value(value: float) -> str:
    return f"{value:g}" if value < 1000 else f"{value:,.0f}"


def number_said(counted: Counted | None) -> str:
    if counted is None:
        return "not yet"
    return HIDDEN if counted.number is None else number(counted.number)


def corrected_said(counted: Counted) -> str:
    return "" if counted.corrected_on is None else f"corrected {day_short(counted.corrected_on)}"


def rate_said(counted: Counted | None) -> str:
    """'0.53', 'hidden', 'no residents known'; '' where nothing is counted yet."""
    if counted is None:
        return ""
    if counted.number is None:
        return HIDDEN
    return "not known" if counted.rate is None else f"{counted.rate:.2f}"


def months_said(counted: Counted | None) -> str:
    return "" if counted is None else f"in {count(counted.months, 'month')}"


def when(line: Line) -> str:
    """'14 January 2027'; 'not reached yet'."""
    return "not reached yet" if line.reached_on is None else day_short(line.reached_on)


def residents_said(line: Line) -> str:
    if line.residents is None:
        return "not known"
    return f"{number(line.residents)} in {line.residents_year}"


def who_waits(line: Line) -> str:
    """The districts of the line that are not reached yet, each with how far it is."""
    if line.key != NOT_REACHED:
        return ""
    return and_list(f"{d.name} ({_share(d.seen, d.pupils)})" for d in line.districts) + " seen so far"


def _share(seen: int, pupils: int) -> str:
    return "none" if not seen or not pupils else f"{max(1, int(100 * seen / pupils))}%"


def finding(line: Line, kind: str) -> str:
    """A description in a sentence, over the picture; it judges nothing."""
    view = line.views[kind]
    before, after = view.before, view.after
    if line.zero is None:
        return f"{line.name}: {_a_month(before)}" if before else line.name
    if before is None and after is None:
        return f"{line.name}: nothing on either side yet"
    parts = []
    if before is not None:
        parts.append(f"{_a_month(before)} before")
    parts.append(f"{_a_month(after)} after" if after is not None else "nothing after yet")
    return f"{line.name}: {', '.join(parts)}"


def _a_month(counted: Counted) -> str:
    if counted.number is None:
        return HIDDEN
    if counted.rate is None:
        return f"{counted.number / counted.months:.1f} a month"
    return f"{counted.rate:.2f}"


def under_a_year(line: Line, kind: str) -> str:
    """What a short time after does to the comparison; '' where it is a year on both sides."""
    view = line.views[kind]
    if line.zero is None or view.after is None or view.before is None:
        return ""
    if view.after.months == view.before.months == 12:
        return ""
    return "Before and after are not of the same seasons."


def under_picture(line: Line) -> str:
    if line.zero is None:
        return "By month and year. Dashed: mean."
    return f"Months from {month_name(line.zero)}. Dashed: mean before; solid: mean after."


def cell_name(cell: Cell) -> str:
    """'child criminal exploitation, Sept 2026'; '2025'."""
    return f"{cell.kind}, {period_name(cell)}" if cell.kind else period_name(cell)


def kind_name(kind: str) -> str:
    return kind or EVERY_KIND


def missing(found: Referrals) -> str:
    """Which districts have no counts or no residents; '' where all have both."""
    said = []
    if found.silent:
        said.append(f"Nothing released yet: {and_list(d.name for d in found.silent)}.")
    if found.without_residents:
        said.append(f"No residents yet: {and_list(d.name for d in found.without_residents)}.")
    return " ".join(said)


def to_release(cut: Cut) -> str:
    """What is in and not out; '' where that is nothing."""
    said = [f"{count(len(cut.new), 'figure')} new"] if cut.new else []
    if cut.corrected:
        said.append(f"{number(len(cut.corrected))} corrected")
    return f"Not released yet: {and_list(said)}." if said else ""


def released(cut: Cut) -> str:
    return to_release(cut).replace("Not released yet", "Released")


def release_title(cut: Cut) -> str:
    if not cut.says_more:
        return "Nothing new to release"
    return f"Release {count(len(cut.new) + len(cut.corrected), 'figure')}?"


RELEASING = (
    "They go onto the page, into reports to the board and their feed, and stay: a released month is never cut another "
    "way. Later corrections come in with the next release."
)


def new_by_district(cut: Cut, districts: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Of each district what would come out: (name, months, how it is cut)."""
    found = []
    for code in dict.fromkeys(block.district_code for block in cut.new):
        blocks = [block for block in cut.new if block.district_code == code]
        span = Span(first=min(b.first for b in blocks), last=max(b.last for b in blocks))
        by_month = sum(block.first == block.last for block in blocks)
        parts = [f"{number(by_month)} by month"] if by_month else []
        if by_month < len(blocks):
            parts.append(f"{number(len(blocks) - by_month)} of 3 months or more")
        found.append((districts.get(code, code), span_name(span), and_list(parts)))
    return sorted(found)


def corrections(
    cut: Cut, earlier: Released, districts: Mapping[str, str]
) -> list[tuple[str, str, str, str, str]]:
    """(district, kinds, months, stands, becomes) of each released figure that would change."""
    was = {(b.district_code, b.kinds, b.first): b.number for b in earlier.blocks}
    return [
        (
            districts.get(b.district_code, b.district_code),
            and_list(b.kinds),
            span_name(Span(first=b.first, last=b.last)),
            _or_hidden(was[b.district_code, b.kinds, b.first]),
            _or_hidden(b.number),
        )
        for b in cut.corrected
    ]


def _or_hidden(released: int | None) -> str:
    return HIDDEN if released is None else number(released)


MOST_LACKING = 20


def lacking(of: Sequence[Lacking], districts: Mapping[str, str]) -> list[str]:
    """'Fenwold, child criminal exploitation: March 2027'; the first of them."""
    said = [
        f"{districts.get(one.district_code, one.district_code)}, {one.kind}: {and_list(map(month_name, one.months))}"
        for one in of
    ]
    more = len(said) - MOST_LACKING
    return said if more <= 0 else [*said[:MOST_LACKING], f"and {number(more)} more"]


def too_small(cut: Cut) -> str:
    """Of quarters that wait because they are small; '' where none does."""
    if not cut.waiting:
        return ""
    waits = "waits" if cut.waiting == 1 else "wait"
    return f"{count(cut.waiting, 'quarter')} under 5 {waits} to be joined with the next."


def taken(done: Compared) -> str:
    """'12 numbers are new, 2 changed.'"""
    if not done.cells:
        return "All these numbers stand already."
    parts = [f"{number(len(done.new))} new"] if done.new else []
    if done.changed:
        parts.append(f"{number(len(done.changed))} changed")
    return f"Taken in: {and_list(parts)}."


def preview_title(done: Compared) -> str:
    if not done.cells:
        return "All these numbers stand already"
    return f"Take in {count(len(done.cells), 'number')}?"


def preview_lead(done: Compared, elsewhere: int) -> str:
    """'10 new, 2 changed, 5 the same. 300 lines of other districts are passed over.'"""
    sums = f"{number(len(done.new))} new, {number(len(done.changed))} changed, {number(done.same)} the same."
    if elsewhere:
        sums += (
            f" {count(elsewhere, 'line')} of other districts {'is' if elsewhere == 1 else 'are'} passed over."
        )
    return sums


def period_name(cell: Cell) -> str:
    return month_name(joining.number_of(cell.period)) if cell.kind else str(cell.period)


def new_by_kind(done: Compared) -> list[tuple[str, str]]:
    """Of each kind what is new: (kind, '6 districts, Sept 2024 to Dec 2026, 168 numbers')."""
    found = []
    for kind in sorted({cell.kind for cell in done.new}, key=str.casefold):
        cells = [cell for cell in done.new if cell.kind == kind]
        first, last = min(cells, key=lambda c: c.period), max(cells, key=lambda c: c.period)
        when = (
            period_name(first)
            if first.period == last.period
            else f"{period_name(first)} to {period_name(last)}"
        )
        places = count(len({cell.district_code for cell in cells}), "district")
        found.append((kind or TITLES[RESIDENTS], f"{places}, {when}, {count(len(cells), 'number')}"))
    return found


CSV_HEAD = [
    "District",
    "Kind",
    "From",
    "To",
    "Months from reached",
    "Referrals",
    "Months",
    "A month for every 1,000 aged 10 to 17",
    "Reached on",
    "Corrected on",
]


def csv_rows(found: Referrals) -> Iterator[list[str | int]]:
    """Every span and both sides of every line and kind; hidden where the page hides it."""
    for line in found.lines:
        for kind in (ALL_KINDS, *found.kinds):
            view = line.views[kind]
            for span, counted in view.spans:
                yield _csv_row(
                    line, kind, _iso(span.first), _iso(span.last), _where(span, line.zero), counted
                )
            for side, whole in (("all before", view.before), ("all after", view.after)):
                if whole is not None:
                    yield _csv_row(line, kind, "", "", side if line.zero is not None else "all", whole)


def _where(span: Span, zero: int | None) -> str:
    """'3 to 1 before', '1 to 3 after': nothing that a spreadsheet takes for a sum."""
    if zero is None or span.first <= zero <= span.last:
        return "" if zero is None else "with month 0"
    first, last = abs(span.first - zero), abs(span.last - zero)
    months = str(first) if first == last else f"{first} to {last}"
    return f"{months} {'before' if span.first < zero else 'after'}"


def _csv_row(line: Line, kind: str, first: str, last: str, where: str, counted: Counted) -> list[str | int]:
    return [
        line.name,
        kind_name(kind),
        first,
        last,
        where,
        HIDDEN if counted.number is None else counted.number,
        counted.months,
        rate_said(counted),
        "" if line.reached_on is None else line.reached_on.isoformat(),
        "" if counted.corrected_on is None else counted.corrected_on.isoformat(),
    ]


def _iso(month: int) -> str:
    return f"{joining.first_day(month):%Y-%m}"


NOT_TO_PUBLISH = "Not for publication: small counts stand in this file."
NUMBERS_HEAD = [
    "District",
    "District code",
    "Kind",
    "Month or year",
    "Number",
    "Source",
    "As of",
    "Recorded on",
    "By",
    "Replaced on",
]


def numbers_row(row: WithSource, districts: Mapping[str, str]) -> list[str | int]:
    cell = row.cell
    period = _iso(joining.number_of(cell.period)) if cell.kind else str(cell.period)
    return [
        districts.get(cell.district_code, ""),
        cell.district_code,
        cell.kind or TITLES[RESIDENTS],
        period,
        row.number,
        row.source,
        row.source_date.isoformat(),
        day_of(row.recorded_at).isoformat(),
        row.who,
        "" if row.replaced_at is None else day_of(row.replaced_at).isoformat(),
    ]


def entry_said(entry: NumbersEntry, brought: int, stands: int) -> str:
    """'168 numbers, by Priya on 2 March 2027'; '…, 3 corrected since'; '…, undone by Sam on 3 March 2027'."""
    said = f"{count(brought, 'number')}, by {entry.who} on {day_short(entry.recorded_at)}"
    if entry.undone_at is not None:
        return f"{said}, undone by {entry.undone_by} on {day_short(entry.undone_at)}"
    corrected = f", {number(brought - stands)} corrected since" if stands < brought else ""
    return f"{said}{corrected}"
