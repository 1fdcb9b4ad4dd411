"""Words and cells of the coverage page: its first sentences, its table, its notes, and what stands where there is
no school."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote

from outreach.coverage import figures, gaps, who_asked
from outreach.coverage.figures import CoverageFigures, Halves, Spread, Totals, YearTotals
from outreach.coverage.lists import BODIES, GAP, NONE, SCHOOLS
from outreach.coverage.standings import OPEN, Reckoning, Standing
from outreach.coverage.who_asked import OF_BOTH, OF_SCHOOLS, Asked
from outreach.ground import audience
from outreach.ground.audience import Words
from outreach.ground.wording import and_list, capfirst, count, day_short, number, year_name
from outreach.web.coordinator.as_of import View
from outreach.web.coordinator.bars import KEYS, bar
from outreach.web.sentences import Piece, Said, Sentence, joined, link, sentence, strong, term

NAMES_AT_MOST = 12
"""Rows that were there then and are no more, by name; the others are counted."""

KINDS = (
    ("who", "Schools or bodies", "Both"),
    ("district", "District", "All districts"),
    ("town", "Town", "All towns"),
    ("urban_rural", "Urban or rural", "Both"),
    ("phase", "Phase", "All phases"),
    ("type", "Type", "All types"),
    ("trust", "Trust", "All trusts"),
)
"""What the page can be narrowed to, as its form asks for it."""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """A box of the form: (value, words) of each choice."""

    name: str
    label: str
    every: str
    choices: list[tuple[str, str]]
    chosen: str


@dataclass(frozen=True, kw_only=True)
class DayBox:
    """A box of the form for a day."""

    name: str
    label: str
    value: str
    wrong: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the table: its head, and how its cells are named where each stands alone on a narrow page."""

    head: Sequence[str]
    label: str
    looks: str = "num"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of the table: what it says, in small what stands beside it, or a bar with what it shows."""

    column: Column
    words: Sentence = field(default_factory=list)
    small: Sentence = field(default_factory=list)
    bar: list[tuple[str, int]] = field(default_factory=list)
    bar_said: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    name: str
    href: str
    cells: list[Cell]


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """What stands where there is no school: why, what to do about it, and the way there."""

    title: str
    words: str
    aside: Sentence
    button: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Dot:
    """The districts of one share on the line of shares."""

    share: int
    names: str
    is_end: bool


@dataclass(frozen=True, kw_only=True)
class NameOnLine:
    """A name over or under its place on the line of shares."""

    words: str
    share: int

    @property
    def letters(self) -> int:
        return len(self.words)

    def reaches(self, line: int) -> tuple[float, float]:
        """From where to where it stands on a line of so many pixels, over its place but within the line."""
        wide = self.letters * LETTER
        left = max(0.0, min(self.share / 100 * line - wide / 2, line - wide))
        return left, left + wide


LETTER = 8.1
"""Pixels that a letter of a name on the line takes, at most on average: the stylesheet reckons with the same."""
WIDE_LINE, NARROW_LINE = 600, 220
"""Pixels of the line of shares, at least: on a wide page and on a phone."""


@dataclass(frozen=True, kw_only=True)
class SpreadWords:
    """How far the districts are apart: the line is drawn where there is a distance at all.

    `stacked`: on which pages the two ends' names would lie on each other and stand in two rows: '', 'narrow' or
    'wide'.
    """

    title: str
    words: str
    behind: NameOnLine
    middle: NameOnLine
    best: NameOnLine
    dots: list[Dot]

    @property
    def points(self) -> int:
        return self.best.share - self.behind.share

    @property
    def stacked(self) -> str:
        def meet(line: int) -> bool:
            return self.behind.reaches(line)[1] + 8 > self.best.reaches(line)[0]

        return "wide" if meet(WIDE_LINE) else "narrow" if meet(NARROW_LINE) else ""

    @property
    def names(self) -> list[tuple[str, NameOnLine]]:
        """(where it stands, the name) of both ends and of all."""
        return [("over", self.behind), ("over higher", self.best), ("under", self.middle)]

    @property
    def read_out(self) -> str:
        return f"{self.behind.words}, {self.middle.words}, {self.best.words}"


@dataclass(frozen=True, kw_only=True)
class CoverageWords:
    """All that the page says of what was found, and of what it is compared with (`before`).

    `asked`: who the numbers count; `halves` where they count schools and bodies, each half beside the other. `by`: what
    the table is by.
    """

    view: View
    reckoning: Reckoning
    found: CoverageFigures
    before: CoverageFigures | None
    asked: Asked = OF_SCHOOLS
    halves: Halves | None = None
    halves_before: Halves | None = None
    by: str = figures.DISTRICT

    @property
    def county(self) -> Totals:
        return self.found.county

    @property
    def for_adults(self) -> bool:
        assert self.view.programme is not None
        return self.view.programme.for_adults

    @property
    def words(self) -> Words:
        """The words for whom it is for."""
        return audience.words(self.for_adults)

    @property
    def done(self) -> str:
        return gaps.named("seen", for_adults=self.for_adults)

    @property
    def have_done(self) -> str:
        return self.words.has_seen_it

    @property
    def side_by_side(self) -> bool:
        """Whether each row of the table has a cell for its schools and one for its bodies."""
        return self.halves is not None and self.by == figures.DISTRICT

    @property
    def schools_alone(self) -> bool:
        """Whether the table leaves bodies out, which have none of what it is by."""
        return self.halves is not None and self.by in figures.OF_SCHOOLS_ALONE

    @property
    def whole(self) -> tuple[Totals, Totals | None]:
        """All that the table counts, and what that was then."""
        found, before = self.found, self.before
        if self.halves is not None and self.schools_alone:
            found = self.halves.schools
            before = self.halves_before.schools if self.halves_before else None
        return found.county, before.county if before else None

    def named(self, standing: str) -> str:
        return gaps.named(standing, for_adults=self.for_adults)

    def to(self, query: str = "", *, then: bool = False) -> str:
        """The list of the schools that a number counts; `then`: as of what the page is compared with."""
        return (self._schools_then if then else self._schools) + query

    # A page has some hundred links to it.
    @cached_property
    def _schools(self) -> str:
        return self.view.list_of()

    @cached_property
    def _schools_then(self) -> str:
        return self.view.list_of(before=True)

    # the head

    @property
    def introduction(self) -> Sentence:
        """Of whom the page tells, and as of when."""
        view, programme = self.view, self.view.programme
        assert programme is not None
        whom = f"for {self.reckoning.whom}" if self.for_adults else self.reckoning.whom
        said: list[Said] = [
            f"{programme.title}, {whom}, {year_name(programme.academic_year)}. ",
            term("As of", "as of"),
            " ",
            strong(day_short(view.as_of)),
            ", from what was recorded by the end of that day.",
        ]
        if self.reckoning.day < view.as_of:
            last = day_short(self.reckoning.day)
            said.append(f" Who is in the target is as it was on {last}, the programme’s last day.")
        if self.reckoning.adults.counts_for:
            said.append(f" {self.reckoning.adults.counts_for}")
        if self.before is not None and view.beside is not None:
            other = view.beside
            which = f" {other.title}, {year_name(other.academic_year)}," if other is not programme else ""
            said += [f" Beside it{which} as of ", strong(day_short(view.compare)), "."]
        return sentence(*said)

    def picks(self, choices: dict[str, list[tuple[str, str]]]) -> list[Pick]:
        """The kinds of school that one can choose from: those of which there are several, or one was chosen."""
        return [
            self._pick(kind, label, every, choices[kind])
            for kind, label, every in KINDS
            if len(choices[kind]) > 1 or (choices[kind] and self.view.narrowed.get(kind))
        ]

    def _pick(self, kind: str, label: str, every: str, choices: list[tuple[str, str]]) -> Pick:
        chosen = self.view.narrowed.get(kind, "")
        if kind == "phase" and self.asked is not OF_SCHOOLS:
            label, every = ("Phase or kind", "All") if self.asked is OF_BOTH else ("Kind", "All kinds")
        offered = [(value, capfirst(name)) for value, name in choices]
        if chosen and chosen not in dict(choices):
            offered.append((chosen, chosen))
        return Pick(name=kind, label=label, every=every, choices=offered, chosen=chosen)

    def kept(self, choices: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str]]:
        """What was chosen of a kind that the form has no box for, and that it must not lose."""
        return [(kind, chosen) for kind, chosen in self.view.narrowed.items() if not choices[kind]]

    def narrowed_to(self, choices: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str]]:
        """(kind, its name) of all that the page is narrowed to."""
        return [
            (kind, capfirst(dict(choices[kind]).get(value, value)))
            for kind, value in self.view.narrowed.items()
        ]

    # what it comes to

    @property
    def lead(self) -> Sentence:
        """The page in a sentence or three."""
        county, before = self.county, self.before
        if self.halves is not None:
            return sentence(*self._lead_of_both(self.halves), *self._gaps())
        if county.seen == county.organisations:
            return sentence(f"All {number(county.organisations)} {self.asked.many} have {self.have_done}.")
        said: list[Said] = [
            Piece(text=number(county.seen), href=self.to("&standing=seen"), strong=True),
            strong(" of "),
            Piece(text=number(county.organisations), href=self.to(), strong=True),
            strong(f" {self.asked.one if county.organisations == 1 else self.asked.many}"),
            f" {'has' if county.seen == 1 else 'have'} {self.have_done}. ",
        ]
        if before is not None and before.county.organisations:
            seen = link(number(before.county.seen), self.to("&standing=seen", then=True))
            said += ["Then it was ", seen, " of "]
            said += [link(number(before.county.organisations), self.to(then=True)), ". "]
        elif before is not None:
            said.append(f"Then no {self.asked.one} was in the target. ")
        return sentence(*said, *self._gaps())

    def _gaps(self) -> Iterator[Said]:
        gaps = self.county.gaps
        if not gaps:
            yield "No gap is left."
            return
        yield link(number(gaps), self.to("&gap=1"))
        yield f" {'gap needs' if gaps == 1 else 'gaps need'} something done."

    def _lead_of_both(self, halves: Halves) -> Iterator[Said]:
        """'12 of 30 schools and 2 of 9 bodies have been trained. Then it was 10 of 30 and 1 of 9.'"""
        for n, (who, half, asked) in enumerate(_sides(halves)):
            yield " and " if n else ""
            yield Piece(text=number(half.county.seen), href=self.to(f"&who={who}&standing=seen"), strong=True)
            yield strong(" of ")
            yield Piece(text=number(half.county.organisations), href=self.to(f"&who={who}"), strong=True)
            yield strong(f" {asked.one if half.county.organisations == 1 else asked.many}")
        yield f" have {self.have_done}. "
        if self.halves_before is None:
            return
        yield "Then it was "
        for n, (who, half, _) in enumerate(_sides(self.halves_before)):
            yield " and " if n else ""
            yield link(number(half.county.seen), self.to(f"&who={who}&standing=seen", then=True))
            yield " of "
            yield link(number(half.county.organisations), self.to(f"&who={who}", then=True))
        yield ". "

    def nothing(self, first_day: Any, *, addresses: dict[str, str]) -> Nothing:
        """There is no school: it was narrowed to none, the day was too early, or the register is not in."""
        view = self.view
        if view.narrowed:
            return Nothing(
                title=self.asked.said("No school of the target is of that kind"),
                words="",
                aside=[],
                button=self.asked.said("Show every school of the target"),
                href=addresses["every school"],
            )
        if first_day and view.as_of < first_day:
            first = day_short(first_day)
            return Nothing(
                title=f"Nothing was known yet on {day_short(view.as_of)}",
                words=f"The register was first brought in on {first}. From that day on any day can be looked at.",
                aside=[],
                button=f"Show {first}",
                href=addresses["first day"],
            )
        county = self.county.name
        meant = (
            f"Open {self.asked.many} of {county} that it is for, {self.reckoning.whom},"
            if self.for_adults
            else f"Every open school of {county} that offers {self.reckoning.whom}"
        )
        excluded = self.reckoning.excluded
        return Nothing(
            title=self.asked.said("No school is in the target as of that day"),
            words=f"{meant} will stand here. Bring the register in, or look at a later day.",
            aside=sentence(link(f"{self.asked.count(len(excluded))} excluded", self.to("&list=excluded")))
            if excluded
            else [],
            button="Bring the register in",
            href=addresses["register"],
        )

    # the table

    @cached_property
    def columns(self) -> list[Column]:
        """The columns after the row's name."""
        done = self.done.capitalize()
        many = capfirst((OF_SCHOOLS if self.schools_alone else self.asked).many)
        columns = [
            Column(head=many.replace(" and ", " and|").split("|"), label=many),
            Column(head=[done], label=done),
            Column(head=["Share"], label="Share"),
        ]
        if self.side_by_side:
            columns = [
                Column(head=[name, self.done], label=f"{name} {self.done}", looks="num of-all")
                for name in ("Schools", "Bodies")
            ]
        elif self.before is not None:
            on = day_short(self.view.compare)
            columns.append(Column(head=[f"{done} on", on], label=f"{done} then", looks="num then"))
        columns += [
            Column(head=["Standings"], label="Standings", looks="barcell"),
            Column(head=["Gaps"], label="Gaps"),
        ]
        columns += [
            Column(head=capfirst(self.words.seen).split(" "), label=capfirst(self.words.seen)),
            Column(head=["Of those", "counted"], label="Of those counted", looks="num of-all")
            if self.for_adults
            else Column(head=["of"], label="of"),
        ]
        return columns

    def row(self, t: Totals | YearTotals, by: str | None, then: Totals | YearTotals | None) -> Row:
        """A row with the lists behind its numbers; `by` None: of all that the table counts."""
        query, seen, missing = self._queries(t, by)
        cells: list[tuple[Sentence, Sentence]] = [
            (sentence(link(number(t.organisations), self.to(query))), []),
            (sentence(link(number(t.seen), self.to(seen))), []),
            (sentence(share_of(t)), []),
        ]
        if self.side_by_side:
            cells = [self._side(who, t.key if by else None, query) for who in (SCHOOLS, BODIES)]
        elif self.before is not None:
            cells.append(self._then(then, query, seen))
        cells.append(([], []))
        cells.append((sentence(link(number(t.gaps), self.to(missing))), []))
        cells.append((sentence(link(number(t.seen_pupils), self.to(f"{query}&counted=1"))), []))
        cells.append(self._of_counted(t, query))
        return Row(
            name=capfirst(t.name),
            href=self.to(query),
            cells=[
                Cell(column=column, bar=bar(t), bar_said=self.bar_said(t))
                if column.looks == "barcell"
                else Cell(column=column, words=words, small=small)
                for column, (words, small) in zip(self.columns, cells, strict=True)
            ],
        )

    def _of_counted(self, t: Totals | YearTotals, query: str) -> tuple[Sentence, Sentence]:
        """Of how many people, where that is known; of staff the share too, and how many it leaves out."""
        if t.unknown == t.organisations:
            return sentence("unknown"), []
        known = link(number(t.target_pupils), self.to(f"{query}&number=known"))
        if not isinstance(t, Totals) or not self.for_adults:
            return sentence(known), []
        of_known = link(number(t.seen_of_known), self.to(f"{query}&counted=1&number=known"))
        left_out = link(number(t.unknown), self.to(f"{query}&number=unknown"))
        small: list[Said] = [t.pupil_share_said]
        if t.unknown:
            small += [", " if t.pupil_share_said else "", left_out, " not counted"]
        return sentence(of_known, " of ", known), sentence(*small)

    def _side(self, who: str, key: str | None, query: str) -> tuple[Sentence, Sentence]:
        """The schools, or the bodies, of a row: how many of them are trained, then and now."""
        assert self.halves is not None
        now, then = _of_side(self.halves, who, key), _of_side(self.halves_before, who, key)
        query = f"{query}&who={who}"
        if now is None:
            return sentence("none"), []
        words = sentence(
            link(number(now.seen), self.to(f"{query}&standing=seen")),
            " of ",
            link(number(now.organisations), self.to(query)),
        )
        small: list[Said] = [share_of(now)]
        if then is not None:
            seen = link(number(then.seen), self.to(f"{query}&standing=seen", then=True))
            small += [", then ", seen, " of ", link(number(then.organisations), self.to(query, then=True))]
        return words, sentence(*small)

    def _queries(self, t: Totals | YearTotals, by: str | None) -> tuple[str, str, str]:
        """What the lists of a row are asked for by: all it counts, those seen, those missing."""
        query = f"&{by}={quote(t.key or NONE, safe='')}" if by else ""
        if self.schools_alone:
            query += f"&who={SCHOOLS}"
        if by == figures.YEAR_GROUP:
            return query, f"{query}&state=seen", f"{query}&state={GAP}"
        return query, f"{query}&standing=seen", f"{query}&gap=1"

    def _then(self, then: Totals | YearTotals | None, query: str, seen: str) -> tuple[Sentence, Sentence]:
        if then is None:
            return [], sentence(f"no {(OF_SCHOOLS if self.schools_alone else self.asked).one} then")
        whole = link(number(then.organisations), self.to(query, then=True))
        return (
            sentence(link(number(then.seen), self.to(seen, then=True)), " "),
            sentence("of ", whole, f", {share_of(then)}"),
        )

    def bar_said(self, t: Totals | YearTotals) -> str:
        """A bar as it is read out."""
        return ", ".join(f"{self.named(word).capitalize()} {n}" for word, n in t.by.items() if n)

    @property
    def states(self) -> list[tuple[str, str]]:
        """(colour, words) of what a year group can be."""
        return [
            (KEYS[state], f"{state.capitalize()}{': neither seen nor booked' if state == OPEN else ''}")
            for state in figures.STATES
        ]

    # the notes below it

    def gone(self, rows: Sequence[Totals | YearTotals], by: str) -> Sentence:
        """Rows that were there then and have no school now."""
        if not rows:
            return []
        named = []
        for t in rows[:NAMES_AT_MOST]:
            query, seen, _ = self._queries(t, by)
            then_seen = link(number(t.seen), self.to(seen, then=True))
            of_all = link(number(t.organisations), self.to(query, then=True))
            named.append(sentence(f"{t.name} (", then_seen, " of ", of_all, ")"))
        more = len(rows) - NAMES_AT_MOST
        return sentence(
            f"Then there {'was' if len(rows) == 1 else 'were'} also ",
            *joined(named),
            f"{f' and {number(more)} more' if more > 0 else ''}: no {self.asked.one} of the target is there now.",
        )

    @property
    def pupil_numbers(self) -> Sentence:
        """Where the numbers of pupils come from, and how many of them have seen it."""
        return sentence(*self._pupil_numbers())

    def _pupil_numbers(self) -> Iterator[Said]:
        county = self.county
        yield f"{self.words.numbers}: "
        if county.own:
            yield from (
                link(number(county.own), self.to("&number=own")),
                f" {'known' if self.for_adults else 'from schools'}, ",
            )
        if county.estimated:
            yield from (link(number(county.estimated), self.to("&number=estimated")), " estimated, ")
        if county.unknown:
            yield link(number(county.unknown), self.to("&number=unknown"))
            yield " unknown and in no share."
        else:
            yield "none unknown."
        if county.pupil_share is not None:
            yield " Where the number is known, "
            yield link(number(county.seen_of_known), self.to("&counted=1&number=known"))
            yield " of "
            yield link(number(county.target_pupils), self.to("&number=known"))
            yield f" {self.words.have_seen_it}, {county.pupil_share_said}"
            if county.uncounted_pupils:
                nobody = number(county.uncounted_pupils)
                yield f", leaving out {nobody} {self.words.uncounted}"
            if county.beyond_staff:
                yield f", leaving out {number(county.beyond_staff)} beyond the number of those who sent them"
            yield "."
        if county.census_said:
            yield f" Estimates rest on {county.census_said}."

    @property
    def absent(self) -> Sentence:
        """Who missed it where their year group has seen it; nothing where nobody did."""
        county = self.county
        if not county.absent_pupils:
            return []
        rest = county.absent_pupils - county.caught_up_pupils
        return sentence(
            "Absent from year groups that have seen it: ",
            link(number(county.absent_pupils), self.to("&absent=any")),
            " pupils, ",
            link(number(county.caught_up_pupils), self.to("&absent=caught-up")),
            " of them caught up by a lesson or film, ",
            link(number(rest), self.to("&absent=waiting")),
            " not.",
        )

    @property
    def evidence(self) -> Sentence:
        """How strong the word for 'seen' is, the strongest first; nothing where nobody has seen any of it."""
        grades: list[Said] = []
        for grade, n in reversed(self.county.evidence.items()):
            if n:
                grades += [
                    "; " if grades else "",
                    link(number(n), self.to(f"&evidence={quote(grade)}")),
                    f" {grade}",
                ]
        if not grades:
            return []
        return sentence(self.asked.said("How strong that is, by schools that saw any of it: "), *grades, ".")

    def asides(self, *, on_map: bool) -> list[Sentence]:
        """What is counted apart."""
        excluded, also = len(self.reckoning.excluded), len(self.reckoning.also_seen)
        drawn = ", drawn at the middle of the district" if on_map else ""
        found: list[tuple[int, list[Said]]] = [
            (
                excluded,
                [
                    link(number(excluded), self.to("&list=excluded")),
                    " excluded by a coordinator, listed apart",
                ],
            ),
            (
                also,
                [
                    f"Also {self.done} by ",
                    link(number(also), self.to("&list=also")),
                    " outside the target, in no share",
                ],
            ),
            (
                self.found.ages_unknown,
                [
                    link(number(self.found.ages_unknown), self.to("&ages=unknown")),
                    " with ages unknown: include or exclude each",
                ],
            ),
            (
                self.found.place_unknown,
                [
                    link(number(self.found.place_unknown), self.to("&place=unknown")),
                    f" with place unknown{drawn}",
                ],
            ),
        ]
        return [sentence(*said) for n, said in found if n]

    # the map and the spread

    def map_title(self, district: str, schools: int) -> str:
        """The map as it is read out: of one district, or of all."""
        of = district or f"{self.county.name} by district"
        many = self.on_map.many
        return f"Map of {of}: share of {many} {self.done}{', and each school’s standing' if schools else ''}"

    @property
    def on_map(self) -> Asked:
        """Whose share the districts of the map are shaded by."""
        return OF_SCHOOLS if self.halves is not None else self.asked

    @property
    def of_those_on_map(self) -> str:
        """What a list of them is asked for by."""
        return f"&who={SCHOOLS}" if self.halves is not None else ""

    @property
    def movers(self) -> Asked:
        """Whose shares are set beside those of the other day."""
        return OF_SCHOOLS if self.side_by_side or self.schools_alone else self.asked

    @property
    def of_map(self) -> CoverageFigures:
        """The districts that are set against each other: of schools, where bodies are asked beside them."""
        return self.halves.schools if self.halves is not None else self.found

    def beside_map(self, bodies: Sequence[Standing], district: str) -> Sentence:
        """The bodies, which have no place on the map: by district, or each by name in the one looked at."""
        if not bodies:
            return []
        if district:
            there = sorted((s for s in bodies if s.district_code == district), key=lambda s: s.name)
            if not there:
                return sentence("No body is in this district alone.")
            named = [
                sentence(link(s.name, f"schools/{s.organisation_id}"), f" ({self.named(s.standing)})")
                for s in there
            ]
            return sentence("Bodies, which have no place on the map: ", *joined(named), ".")
        rows = []
        for t in figures.by(bodies, figures.DISTRICT):
            query = f"&district={quote(t.key or NONE, safe='')}&who={BODIES}"
            seen, of = (
                link(number(n), self.to(query + more))
                for n, more in ((t.seen, "&standing=seen"), (t.organisations, ""))
            )
            rows.append(sentence(f"{t.name} ", seen, " of ", of))
        return sentence(f"Bodies {self.done}, which have no place on the map: ", *joined(rows), ".")

    @property
    def all_of_these(self) -> str:
        return "all of these" if self.view.narrowed else self.county.name

    @property
    def spread(self) -> SpreadWords | None:
        """How far the districts are apart; None with fewer than two."""
        found = self.of_map
        before = self.halves_before.schools if self.halves_before is not None else self.before
        spread = figures.spread(found.districts)
        if spread is None:
            return None
        ends = (spread.behind.share or 0, spread.best.share or 0)
        by_share: dict[int, list[str]] = {}
        for district in found.districts:
            if district.key:
                by_share.setdefault(district.share or 0, []).append(f"{district.name} {share_of(district)}")
        return SpreadWords(
            title=_spread_title(spread, "Spread of schools" if self.halves is not None else "Spread"),
            words=spread_then(found, before, spread),
            behind=_on_line(spread.behind.name, spread.behind),
            middle=_on_line(self.all_of_these, found.county),
            best=_on_line(spread.best.name, spread.best),
            dots=[
                Dot(share=share, names=", ".join(names), is_end=share in ends)
                for share, names in by_share.items()
            ],
        )


def _on_line(name: str, t: Totals) -> NameOnLine:
    return NameOnLine(words=f"{name} {share_of(t)}", share=t.share or 0)


def share_of(t: Totals | YearTotals) -> str:
    """Schools seen, in percent as it is said."""
    return t.share_said or "unknown"


def _sides(halves: Halves) -> tuple[tuple[str, CoverageFigures, Asked], ...]:
    return (SCHOOLS, halves.schools, who_asked.OF_SCHOOLS), (BODIES, halves.bodies, who_asked.OF_BODIES)


def _of_side(halves: Halves | None, who: str, key: str | None) -> Totals | None:
    """Schools, or bodies, of one district, or of all (`key` None); None where there is none."""
    if halves is None:
        return None
    half = halves.bodies if who == BODIES else halves.schools
    return half.county if key is None else next((t for t in half.districts if t.key == key), None)


def _spread_title(spread: Spread, of: str) -> str:
    if spread.points:
        return f"{of}: {count(spread.points, 'point')} between the best and the furthest behind"
    if spread.behind.share_said == spread.best.share_said:
        return f"{of}: every district stands at {spread.best.share_said}"
    return f"{of}: every district stands within a point"


def spread_then(found: CoverageFigures, before: CoverageFigures | None, spread: Spread) -> str:
    """The spread then in words, and who moves; '' without a comparison."""
    earlier = figures.spread(before.districts) if before else None
    if before is None or earlier is None:
        return ""
    was = {t.key: t for t in before.districts}
    still = [d.name for d in found.districts if d.key and d.key in was and d.share == was[d.key].share]
    said = f"It was {count(earlier.points, 'point')}."
    moved = (found.county.share or 0) - (before.county.share or 0)
    if moved > 0 and 0 < len(still) <= 3:
        return f"{said} The county moves, {and_list(still)} {'does' if len(still) == 1 else 'do'} not."
    return said
