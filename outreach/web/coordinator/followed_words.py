"""Words of the page of commitments: its rows, and each school's cells. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.coverage import followed
from outreach.coverage.followed import DUE, OPEN, UNCONFIRMED, UNSETTLED, FollowedOrganisation, PledgeSums
from outreach.ground.wording import count, day_short, number
from outreach.visits.kept import DIFFER, NOT_ANSWERED, NOT_DUE, PARTLY, Kept
from outreach.visits.pledges import DONE, LEAD_PRESENT, LESSON, LETTER_HOME, NOT_DONE, PLANNED, PLEDGES
from outreach.web.pledge_words import SHORT

NEAR = timedelta(days=250)
ALL = "all"
NAMED = {
    ALL: "that have seen it",
    DUE: "where it is expected",
    DONE: "that did it",
    PARTLY: "that did it in part",
    NOT_DONE: "that did not do it",
    DIFFER: "where the two sides differ",
    NOT_ANSWERED: "that have not answered",
    NOT_DUE: "where it is not due yet",
    OPEN: "where something is open",
    UNCONFIRMED: "that have not confirmed it",
    UNSETTLED: "to ring, that did not do it",
}
"""Behind a number of schools: which of them are in a list."""

_OF_AGREED = {ALL: "that agreed", DUE: "that agreed, where it is due", NOT_DONE: "that did not keep it"}
"""The same of schools that agreed to it, where more than 'of those that agreed' is to be said."""

_NOT_DONE = {LEAD_PRESENT: "Absent", LETTER_HOME: "Not sent", LESSON: "Not held"}
_LOOKS = {
    DONE: ("seen", "seen"),
    PARTLY: ("part-seen", "confirm"),
    NOT_DONE: ("declined", "stop"),
    DIFFER: ("to-confirm", "confirm"),
    NOT_ANSWERED: ("to-confirm", "confirm"),
    NOT_DUE: ("not-asked", "quiet"),
}
"""The glyph and the colour of each word."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A number that leads to its list; `words` say to who hears the page what it counts."""

    number: str
    href: str
    words: str


@dataclass(frozen=True, kw_only=True)
class PledgeRow:
    """One pledge, with how many schools are in which state: of all, or of those that agreed to it."""

    name: str
    cells: Sequence[tuple[str, Counted]]


COLUMNS = {
    DUE: "Expected",
    DONE: "Done",
    PARTLY: "Partly",
    NOT_DONE: "Not done",
    DIFFER: "Sides differ",
    NOT_ANSWERED: "Not answered",
    NOT_DUE: "Not due yet",
}
COLUMNS_OF_AGREED = COLUMNS | {DUE: "Agreed", NOT_DONE: "Not kept"}
AGREED = {"agreed": "yes"}
"""In the address of a list: of schools that agreed to it."""

List = Callable[..., str]
"""The address of the list for some words of it: pledge, state, district, agreed."""


def rows_by_pledge(
    organisations: Sequence[FollowedOrganisation], to: List, *, agreed: bool
) -> list[PledgeRow]:
    columns, of = (COLUMNS_OF_AGREED, AGREED) if agreed else (COLUMNS, {})
    return [
        PledgeRow(
            name=SHORT[pledge],
            cells=[
                (
                    head,
                    Counted(
                        number=number(totals.due if state == DUE else totals.by[state]),
                        href=to(pledge=pledge, state=state, **of),
                        words=f"{head.lower()}: {SHORT[pledge].lower()}",
                    ),
                )
                for state, head in columns.items()
            ],
        )
        for pledge, totals in followed.sums(organisations, agreed=agreed).items()
    ]


@dataclass(frozen=True, kw_only=True)
class DoneOf:
    """Schools that did it, of those where it is due."""

    done: Counted
    due: Counted


@dataclass(frozen=True, kw_only=True)
class Part:
    """Done of those expected, with a bar, and of those that agreed; None where it is due at none."""

    head: str
    expected: DoneOf | None
    agreed: DoneOf | None
    bar: tuple[int, int] = (0, 0)
    """Schools that did it and the others, as parts of the bar."""


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
        parts=_parts(organisations, where, to),
    )


def _parts(organisations: Sequence[FollowedOrganisation], where: Mapping[str, str], to: List) -> list[Part]:
    expected, agreed = followed.sums(organisations), followed.sums(organisations, agreed=True)
    return [
        Part(
            head=SHORT[pledge],
            expected=_done_of(pledge, totals, where, to),
            agreed=_done_of(pledge, agreed[pledge], {**where, **AGREED}, to),
            bar=(totals.done, totals.due - totals.done),
        )
        for pledge, totals in expected.items()
    ]


def _done_of(pledge: str, totals: PledgeSums, where: Mapping[str, str], to: List) -> DoneOf | None:
    if not totals.due:
        return None
    return DoneOf(
        done=Counted(number=number(totals.done), href=to(pledge=pledge, state=DONE, **where), words="done"),
        due=Counted(number=number(totals.due), href=to(pledge=pledge, state=DUE, **where), words="due"),
    )


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
        under.append("agreed")
    return Cell(
        head=SHORT[pledge], words=word(pledge, kept), glyph=glyph, colour=colour, under=", ".join(under)
    )


def word(pledge: str, kept: Kept) -> str:
    """The one word for it at a school."""
    if kept.detail == PLANNED:
        return "Planned"
    if kept.word == NOT_DONE:
        agreed = kept.agreed is not None and kept.agreed.word == NOT_DONE
        return _NOT_DONE.get(pledge, "Not kept" if agreed else COLUMNS[NOT_DONE])
    return COLUMNS[kept.word]


def _on(day: date, today: date) -> str:
    """With the year only where it is far away."""
    return f"{day.day} {day:%B}" if abs(day - today) < NEAR else day_short(day)


def list_title(n: int, state: str, pledge: str, district: str, *, agreed: bool) -> str:
    """'9 schools that did it, of those that agreed: follow-up lesson, in Fenwold'."""
    which = NAMED[state]
    if agreed:
        which = _OF_AGREED.get(state, f"{which}, of those that agreed")
    said = f"{count(n, 'school')} {which}"
    said += f": {SHORT[pledge].lower()}" if pledge else ""
    return said + (f", in {district}" if district else "")


HEADER = ["URN", "School", "District", "Owner"]


def header() -> list[str]:
    """The columns of the file: of each pledge what became of it, since when, when it was agreed to, and what became
    of it at the shows at which it was."""
    more = ("", ", since", ", agreed", ", of what was agreed")
    return HEADER + [f"{SHORT[p]}{each}" for p in PLEDGES for each in more]


def line(organisation: FollowedOrganisation, owner: str) -> list[object]:
    s = organisation.standing
    told: list[object] = [s.organisation_id, s.name, s.district_name, owner]
    for pledge in PLEDGES:
        kept = organisation.kept[pledge]
        detail = f" ({kept.detail})" if kept.detail else ""
        told += [kept.word + detail, kept.since, kept.promised, kept.agreed.word if kept.agreed else ""]
    return told
