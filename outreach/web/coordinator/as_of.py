"""Address of coverage and its lists: which programme, as of which day, beside which other, of which schools.

What makes no sense is said: a day in `wrong`, by its field; any other word in `left_out`, a sentence each.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import request

from outreach.coverage import gaps, lists, standings, who_asked
from outreach.coverage.lists import TARGET, ListFilters
from outreach.coverage.standings import NINE, Reckoning
from outreach.ground.row_numbers import whole_number
from outreach.ground.school_year import YEAR_GROUPS
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import NotADay, Which, iso_day, read_day
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.visits.verdicts import EVIDENCE
from outreach.web import spoken

KINDS = ("who", "district", "town", "urban_rural", "phase", "type", "trust")
"""The kinds of schools and bodies that the coverage page and all that it leads to can be narrowed to."""


@dataclass(kw_only=True)
class View:
    """What was asked for. `wrong` says, by field, what could not be understood; today stands in for a bad
    day.

    `compare` is the day to look back to, in `beside`: this programme, or one of another year.
    """

    programmes: list[Programme]
    programme: Programme | None
    as_of: date
    compare: date | None
    beside: Programme | None
    narrowed: dict[str, Any]
    wrong: dict[str, str]
    left_out: list[str]
    now: datetime

    @property
    def others(self) -> list[Programme]:
        """The programmes that this one can be laid beside: those for the same kind of people."""
        mine = self.programme
        return [p for p in self.programmes if mine and p.id != mine.id and p.for_adults == mine.for_adults]

    def reckoning(self) -> Reckoning:
        assert self.programme is not None
        found = standings.standings_of_programme(self.programme.id, as_of=self.as_of, now=self.now)
        spoken.of_asked(who_asked.of_target(found, self.narrowed.get("who", "")))
        return found

    def reckoning_before(self) -> Reckoning | None:
        """What it is compared with; None where nothing is."""
        if self.beside is None or self.compare is None:
            return None
        return standings.standings_of_programme(self.beside.id, as_of=self.compare, now=self.now)

    def narrow(self, found: Reckoning) -> Reckoning:
        """Only the kinds of school asked for."""
        if not self.narrowed:
            return found
        filters = ListFilters(**self.narrowed)
        return replace(
            found,
            target=lists.matching(found.target, filters),
            excluded=lists.matching(found.excluded, filters),
        )

    def list_of(self, before: bool = False, **filters: str) -> str:
        """The address of the list with some filters, as of this view's day, or of what it is compared with.

        Relative, to a page of the same folder, since a country's page has hundreds of them.
        """
        programme = self.beside if before else self.programme
        day = self.compare if before else self.as_of
        assert programme is not None and day is not None
        wanted = {"programme": programme.id, "as_of": day.isoformat()}
        return "schools?" + urlencode(wanted | self.narrowed | filters)

    def here(self, **changes: Any) -> dict[str, Any]:
        """The words of this view's own address, with some of them changed; None takes a word away."""
        assert self.programme is not None
        words: dict[str, Any] = {"programme": self.programme.id, "as_of": self.as_of.isoformat()}
        words |= self.narrowed
        if self.compare is not None and self.beside is not None:
            words |= {"compare": self.compare.isoformat()}
            words |= {"beside": self.beside.id} if self.beside is not self.programme else {}
        words |= changes
        return {name: value for name, value in words.items() if value is not None}


def view(partnership_id: int, now: datetime) -> View:
    """Read the programme, the days and the kinds of school; another partnership's programme is as none."""
    today = day_of(now)
    wrong: dict[str, str] = {}
    left_out: list[str] = []
    found = programmes.of_partnership(partnership_id)
    chosen = _programme("programme", found, left_out)
    if chosen is None:
        chosen = programmes.current(partnership_id, today) or next(iter(found), None)
    if chosen is not None:
        spoken.of(chosen)
    as_of = _day("as_of", today, wrong) or today
    compare = _day("compare", today, wrong)
    beside = _programme("beside", found, left_out)
    if chosen is None or beside is chosen:
        beside = None
    elif beside is not None and beside.for_adults != chosen.for_adults:
        left_out.append("A programme for adults cannot be laid beside one for pupils.")
        beside = None
    if beside is not None and chosen is not None and compare is None and "compare" not in wrong:
        compare = min(_same_day(as_of, beside.academic_year - chosen.academic_year), today)
    return View(
        programmes=found,
        programme=chosen,
        as_of=as_of,
        compare=compare,
        beside=beside or (chosen if compare is not None else None),
        narrowed={kind: text for kind in KINDS if (text := request.args.get(kind, "").strip()[:500])},
        wrong=wrong,
        left_out=left_out,
        now=now,
    )


def filters_asked(left_out: list[str]) -> ListFilters:
    """What the address asks a list for; a word nobody knows asks for nothing, and that is said."""
    args = request.args

    def known(name: str, what: str, words: Collection[str]) -> str:
        text = args.get(name, "").strip()
        if text and text not in words:
            left_out.append(f"There is no {what} ‘{text[:40]}’, so it was left out.")
        return text if text in words else ""

    year = known("year", "year group", [str(y) for y in YEAR_GROUPS])
    return ListFilters(
        which=known("list", "list", lists.LISTS) or TARGET,
        who=known("who", "half of the target", lists.WHO),
        district=args.get("district", "").strip()[:20],
        phase=args.get("phase", "").strip()[:60],
        type=args.get("type", "").strip()[:500],
        trust=args.get("trust", "").strip()[:500],
        town=args.get("town", "").strip()[:500],
        urban_rural=args.get("urban_rural", "").strip()[:20],
        year=int(year) if year else None,
        state=known("state", "state of a year group", lists.STATE_NAMES),
        standing=known("standing", "standing", NINE),
        gap=args.get("gap") == "1",
        cause=known("cause", "cause", gaps.CAUSES),
        number=known("number", "kind of number", lists.NUMBERS),
        counted=args.get("counted") == "1",
        absent=known("absent", "list of absent pupils", lists.ABSENT),
        evidence=known("evidence", "evidence", EVIDENCE),
        ages_unknown=args.get("ages") == "unknown",
        place_unknown=args.get("place") == "unknown",
        since_by=_since_by(left_out),
        find=args.get("find", "").strip()[:100],
    )


def _since_by(left_out: list[str]) -> date | None:
    text = request.args.get("since_by", "").strip()
    try:
        return iso_day(text) if text else None
    except ValueError:
        left_out.append(f"‘{text[:40]}’ is not a date, so it was left out.")
        return None


def page_asked(pages: int, left_out: list[str]) -> int:
    """The page asked for, from 1; the nearest that there is, and a word about it."""
    text = request.args.get("page", "").strip() or "1"
    if (page := whole_number(text, 1, pages)) is not None:
        return page
    there = "There is 1 page" if pages == 1 else f"There are {pages:,} pages"
    left_out.append(f"{there}, and no page ‘{text[:20]}’.")
    return pages if text.strip("0") and not text.strip("0123456789") else 1


def _programme(name: str, found: list[Programme], left_out: list[str]) -> Programme | None:
    wanted = request.args.get(name, "").strip()
    chosen = next((p for p in found if str(p.id) == wanted), None)
    if wanted and chosen is None:
        left_out.append("There is no such programme here, so it was left out.")
    return chosen


def _same_day(day: date, years: int) -> date:
    """The same day some years on; 28 February for a 29th that is not."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _day(name: str, today: date, wrong: dict[str, str]) -> date | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        found = read_day(text, today=today, which=Which.LAST)
    except NotADay as no:
        wrong[name] = no.message
        return None
    if found > today:
        wrong[name] = "That day is still to come."
        return None
    if found.year < 1990:
        wrong[name] = "That day is before there was anything to count."
        return None
    return found
