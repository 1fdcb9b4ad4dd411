"""Words of the page that says what became of promises: its headline, its rows, and each school's cells. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.coverage import followed
from outreach.coverage.followed import (
    DUE,
    OPEN,
    PROMISED,
    UNCONFIRMED,
    UNSETTLED,
    FollowedOrganisation,
    PledgeSums,
)
from outreach.ground.wording import count, day_short, number
from outreach.visits.kept import DIFFER, KEPT, NOT_ANSWERED, NOT_DUE, NOT_KEPT, Kept
from outreach.visits.pledges import (
    LEAD_PRESENT,
    LESSON,
    LETTER_HOME,
    PASSED_ON,
    PLANNED,
    PLEDGES,
    POLICY,
    STAFF_BRIEFED,
)
from outreach.web.pledge_words import SHORT

NEAR = timedelta(days=250)
ALL = "all"
NAMED = {
    ALL: "that have seen it",
    PROMISED: "that promised it",
    DUE: "where it is due",
    KEPT: "that kept it",
    NOT_KEPT: "that did not keep it",
    NOT_ANSWERED: "that have not answered",
    NOT_DUE: "where it is not due yet",
    OPEN: "where something is open",
    UNCONFIRMED: "that promised and have not answered",
    UNSETTLED: "to ring, that did not keep it",
}
"""Behind a number of schools: which of them are in a list."""

_LAG = {
    LEAD_PRESENT: "safeguarding leads lag",
    STAFF_BRIEFED: "briefings lag",
    LETTER_HOME: "letters home lag",
    LESSON: "lessons lag",
    PASSED_ON: "concerns passed on lag",
    POLICY: "policies lag",
}
_NOT_KEPT = {LEAD_PRESENT: "Absent", LETTER_HOME: "Not sent", LESSON: "Not held"}
_LOOKS = {
    KEPT: ("seen", "seen"),
    NOT_KEPT: ("declined", "stop"),
    NOT_ANSWERED: ("to-confirm", "confirm"),
    NOT_DUE: ("not-asked", "quiet"),
}
"""The glyph and the colour of each word."""


def headline(sums: Mapping[str, PledgeSums]) -> str:
    """The finding in a sentence; schools are not ranked in it."""
    due = {pledge: totals for pledge, totals in sums.items() if totals.due}
    if not due:
        return "Nothing that was promised is due yet."
    kept, of = sum(t.kept for t in due.values()), sum(t.due for t in due.values())
    if kept == of:
        return "Every promise that is due was kept."
    last = min(due, key=lambda pledge: (due[pledge].kept / due[pledge].due, PLEDGES.index(pledge)))
    most = (
        "Most promises are kept" if 2 * kept > of else "Fewer than half of the promises are known to be kept"
    )
    return f"{most}; {_LAG[last]}, {number(due[last].kept)} of {number(due[last].due)}."


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A number that leads to its list; `words` say to who hears the page what it counts."""

    number: str
    href: str
    words: str


@dataclass(frozen=True, kw_only=True)
class PledgeRow:
    """One pledge, with how many schools are in which state."""

    name: str
    cells: Sequence[tuple[str, Counted]]


COLUMNS = {
    PROMISED: "Promised",
    DUE: "Due",
    KEPT: "Kept",
    NOT_KEPT: "Not kept",
    NOT_ANSWERED: "Not answered",
    NOT_DUE: "Not due yet",
}

List = Callable[..., str]
"""The address of the list for some words of it: pledge, state, district."""


def rows_by_pledge(sums: Mapping[str, PledgeSums], to: List) -> list[PledgeRow]:
    return [
        PledgeRow(
            name=SHORT[pledge],
            cells=[
                (
                    head,
                    Counted(
                        number=number(_of(totals, state)),
                        href=to(pledge=pledge, state=state),
                        words=f"{head.lower()}: {SHORT[pledge].lower()}",
                    ),
                )
                for state, head in COLUMNS.items()
            ],
        )
        for pledge, totals in sums.items()
    ]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Kept of those due, with a bar; `due` None: none is due yet."""

    head: str
    kept: Counted | None
    due: Counted | None
    bar: tuple[int, int] = (0, 0)
    """Schools that kept it and the others, as parts of the bar."""


@dataclass(frozen=True, kw_only=True)
class DistrictRow:
    name: str
    schools: Counted
    parts: Sequence[Part]


def row_of_district(
    name: str, code: str | None, organisations: Sequence[FollowedOrganisation], to: List
) -> DistrictRow:
    """`code` None: the county's own row."""
    where = {} if code is None else {"district": code}
    return DistrictRow(
        name=name,
        schools=Counted(
            number=number(len(organisations)), href=to(**where), words="schools that have seen it"
        ),
        parts=[_part(pledge, totals, where, to) for pledge, totals in followed.sums(organisations).items()],
    )


def _part(pledge: str, totals: PledgeSums, where: Mapping[str, str], to: List) -> Part:
    head = SHORT[pledge]
    if not totals.due:
        return Part(head=head, kept=None, due=None)
    return Part(
        head=head,
        kept=Counted(number=number(totals.kept), href=to(pledge=pledge, state=KEPT, **where), words="kept"),
        due=Counted(number=number(totals.due), href=to(pledge=pledge, state=DUE, **where), words="due"),
        bar=(totals.kept, totals.due - totals.kept),
    )


def _of(totals: PledgeSums, state: str) -> int:
    if state == PROMISED:
        return totals.promised
    return totals.due if state == DUE else totals.by[state]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What became of one pledge at one school: word and glyph, and since when."""

    head: str
    words: str
    glyph: str
    colour: str
    under: str


def cells(organisation: FollowedOrganisation, *, today: date) -> list[Cell]:
    return [_cell(pledge, organisation.kept[pledge], today) for pledge in PLEDGES]


def _cell(pledge: str, kept: Kept, today: date) -> Cell:
    glyph, colour = _LOOKS[kept.word]
    under = [f"{'due' if kept.word == NOT_DUE else 'since'} {_on(kept.since, today)}"]
    if kept.promised:
        under.append("promised")
    return Cell(
        head=SHORT[pledge], words=word(pledge, kept), glyph=glyph, colour=colour, under=", ".join(under)
    )


def word(pledge: str, kept: Kept) -> str:
    """The one word for it at a school."""
    if kept.word == NOT_KEPT:
        return _NOT_KEPT.get(pledge, "Not kept")
    if kept.detail == DIFFER:
        return "Sides differ"
    if kept.detail == PLANNED:
        return "Planned"
    return {KEPT: "Kept", NOT_ANSWERED: "Not said", NOT_DUE: "Not yet"}[kept.word]


def _on(day: date, today: date) -> str:
    """With the year only where it is far away."""
    return f"{day.day} {day:%B}" if abs(day - today) < NEAR else day_short(day)


def list_title(n: int, state: str, pledge: str, district: str) -> str:
    """'9 schools that kept it: follow-up lesson, in Fenwold'."""
    said = f"{count(n, 'school')} {NAMED[state]}"
    said += f": {SHORT[pledge].lower()}" if pledge else ""
    return said + (f", in {district}" if district else "")


HEADER = ["URN", "School", "District", "Owner"]


def header() -> list[str]:
    """The columns of the file: of each pledge what became of it, since when, and when it was promised."""
    return HEADER + [f"{SHORT[p]}{more}" for p in PLEDGES for more in ("", ", since", ", promised")]


def line(organisation: FollowedOrganisation, owner: str) -> list[object]:
    s = organisation.standing
    told: list[object] = [s.organisation_id, s.name, s.district_name, owner]
    for pledge in PLEDGES:
        kept = organisation.kept[pledge]
        detail = f" ({kept.detail})" if kept.detail else ""
        told += [kept.word + detail, kept.since, kept.promised]
    return told
