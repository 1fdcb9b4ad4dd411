"""Numbers of districts in lines: of a page, a spreadsheet or an official file of estimates. Pure.

A line is 'district, kind, month, number', or 'district, year, number' of residents aged 10 to 17. Headings in any order
are known, and so are a column for each month and, of residents, a column for each age from 10 to 17. A line that makes
no sense is told in a sentence, and then nothing of them counts.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

from outreach.ground import workbooks
from outreach.ground.errors import Refusal
from outreach.ground.typed_days import day_with_year, month_of
from outreach.ground.wording import words_of
from outreach.outcomes.referrals.district_numbers import NO_KIND, REFERRALS, RESIDENTS, Cell

LONGEST_PASTED = 400_000
LONGEST_KIND = 80
MOST_NUMBER = 10_000_000
MOST_PROBLEMS = 20
AGES = range(10, 18)

PARTS = {REFERRALS: ("district", "kind", "period", "number"), RESIDENTS: ("district", "period", "number")}
"""What the columns of a line are where no headings say so."""

_HEADINGS = {
    "code": r"(?:(?:district|area|authority|local authority|lad?|ons|gss|geography)\d* )?codes?|lad\d\dcd",
    "district": r"(?:local )?(?:authority |area )?districts?(?: name)?|areas?|(?:area |authority )?names?|lad\d\dnm"
    r"|local authority|geography",
    "kind": r"(?:referral )?(?:kinds?|types?|categor(?:y|ies)|reasons?)(?: of (?:referral|concern|harm))?|concerns?",
    "period": r"months?(?: of referral)?|periods?|dates?|(?:mid )?years?",
    "number": r"(?:no|number|numbers|count|counts|total)(?: of (?:referrals|residents|people|children))?|referrals"
    r"|residents|population|persons|(?:aged )?10 (?:to )?17|population aged 10 (?:to )?17",
}


class LinesWrong(Refusal):
    """Some lines make no sense; nothing of them was taken in. `problems`: one sentence a line."""

    field = "lines"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems[:MOST_PROBLEMS])
        more = len(problems) - len(self.problems)
        if more:
            self.problems += (f"{more} more lines are wrong.",)
        super().__init__(
            f"{len(problems)} lines cannot be taken in. Nothing was changed."
            if len(problems) > 1
            else self.problems[0]
        )


@dataclass(frozen=True, kw_only=True)
class ReadNumbers:
    """What lines come to. `elsewhere`: how many of them are of districts that are no district of the partnership."""

    numbers: dict[Cell, int]
    elsewhere: int = 0


def lines_of(content: bytes) -> str:
    """A CSV or workbook as lines of its own numbers: cells parted by tabs. Raises CannotRead."""
    found: list[str] = []
    for line, cells in workbooks.first_sheet(content).lines():
        found += [""] * (line - 1 - len(found))
        found.append("\t".join(" ".join(cell.split()) for cell in cells))
    text = "\n".join(found)
    if len(text) > LONGEST_PASTED:
        raise workbooks.CannotRead(
            f"This file has more than {LONGEST_PASTED:,} characters. Keep only the lines of your districts. "
            "Nothing was changed."
        )
    return text


def read(
    text: str,
    about: str,
    districts: Mapping[str, str],
    *,
    kinds: Iterable[str] = (),
    today: date,
    also: Iterable[tuple[str, str]] = (),
) -> ReadNumbers:
    """The numbers of lines, for {code: name} of districts. `kinds`: those that are known, whose spelling holds; `also`:
    further lines, each by what it is called where it is wrong. Raises LinesWrong."""
    reading = _Reading(about, districts, today, {kind.casefold(): kind for kind in kinds})
    for name, line in also:
        reading.take(name, line)
    for at, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            reading.take(f"Line {at}", line)
    return reading.done()


def written(numbers: Mapping[Cell, int], districts: Mapping[str, str]) -> str:
    """Numbers as lines that read as the same."""
    names = Counter(words_of(name) for name in districts.values())
    found = []
    for cell, number in numbers.items():
        name = districts[cell.district_code]
        plain = names[words_of(name)] == 1 and not set(name) & {"\t", '"'}
        where = name if plain else cell.district_code
        period = f"{cell.period // 100}-{cell.period % 100:02d}" if cell.kind else str(cell.period)
        found.append("\t".join([where, *([cell.kind] if cell.kind else []), period, str(number)]))
    return "\n".join(found)


@dataclass
class _Reading:
    about: str
    districts: Mapping[str, str]
    today: date
    kinds: dict[str, str] = field(default_factory=dict)
    numbers: dict[Cell, int] = field(default_factory=dict)
    said: dict[Cell, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    elsewhere: int = 0
    columns: tuple[str | int, ...] = ()
    """What each column is: a word, or a month, or an age."""
    by_age: bool = False

    def __post_init__(self) -> None:
        self.columns = PARTS[self.about]
        self.by_name = {words_of(name): code for code, name in self.districts.items()}

    def take(self, name: str, line: str) -> None:
        cells = _cells(line)
        if self._is_heading(cells):
            if not self.numbers:
                self.problems.clear()  # what stood above the headings was a title
            return
        try:
            for cell, number in self._numbers(cells):
                self._put(name, cell, number)
        except _Elsewhere:
            self.elsewhere += 1
        except _Wrong as wrong:
            shown = ", ".join(cell for cell in cells if cell)[:120]
            self.problems.append(f"{name}, ‘{shown}’: {wrong}")

    def done(self) -> ReadNumbers:
        if self.problems:
            raise LinesWrong(self.problems)
        if not self.numbers:
            like = (
                "Fenwold, child criminal exploitation, Sept 2026, 8"
                if self.about == REFERRALS
                else "Fenwold, 2025, 9840"
            )
            none = (
                "No line is of a district of yours."
                if self.elsewhere
                else "There is no number in these lines."
            )
            raise LinesWrong([f"{none} Write them like: {like}."])
        return ReadNumbers(numbers=self.numbers, elsewhere=self.elsewhere)

    def _put(self, name: str, cell: Cell, number: int) -> None:
        if self.numbers.get(cell, number) != number:
            raise _Wrong(
                f"{self.said[cell][:1].lower()}{self.said[cell][1:]} says {self.numbers[cell]:,} of the same. "
                "Keep one of them."
            )
        self.numbers[cell] = number
        self.said.setdefault(cell, name)

    def _is_heading(self, cells: Sequence[str]) -> bool:
        """Whether a line names the columns; those of the next lines are then these."""
        known: list[str | int] = [self._heading(cell) for cell in cells]
        words = {one for one in known if isinstance(one, str) and one}
        dated = [one for one in known if isinstance(one, int)]
        if not words & {"district", "code"}:
            return False
        if self.about == RESIDENTS and set(AGES) <= set(dated):
            self.by_age = True
        elif not ("number" in words or self.about == REFERRALS and dated):
            return False
        self.columns = tuple(known)
        return True

    def _heading(self, cell: str) -> str | int:
        said = words_of(cell)
        if self.about == RESIDENTS and (age := re.fullmatch(r"(?:age |aged )?(\d{1,2})", said)):
            return int(age[1])
        if self.about == REFERRALS and (month := month_said(cell)):
            return month
        for word, pattern in _HEADINGS.items():
            if (word != "kind" or self.about == REFERRALS) and re.fullmatch(pattern, said):
                return word
        return ""

    def _numbers(self, cells: Sequence[str]) -> Iterator[tuple[Cell, int]]:
        if sum(map(bool, cells)) < (len(self.columns) if self.columns == PARTS[self.about] else 2):
            raise _Wrong(f"it needs {', '.join(PARTS[self.about])}.".replace("period", self._period_word))
        row: dict[str | int, str] = {}
        for column, cell in zip(self.columns, cells, strict=False):
            if cell and column not in row:
                row[column] = cell
        if len(cells) > len(self.columns) and any(cells[len(self.columns) :]):
            raise _Wrong(f"it has more than {len(self.columns)} parts. Write numbers without commas.")
        code = self._district(row)
        kind = self._kind(row) if self.about == REFERRALS else NO_KIND
        months = [one for one in self.columns if isinstance(one, int) and one > 9999]
        if months:
            for month in months:
                if month in row:
                    self._over(month)
                    yield Cell(district_code=code, kind=kind, period=month), self._number(row[month])
            return
        period = self._month(row) if self.about == REFERRALS else self._year(row)
        if self.by_age:
            number = sum(self._number(row.get(age, "")) for age in AGES)
        else:
            number = self._number(row.get("number", ""))
        if self.about == RESIDENTS and not number:
            raise _Wrong("a district without residents of that age has no rate.")
        yield Cell(district_code=code, kind=kind, period=period), number

    @property
    def _period_word(self) -> str:
        return "month" if self.about == REFERRALS else "year"

    def _district(self, row: Mapping[str | int, str]) -> str:
        said = [row[word] for word in ("code", "district") if word in row]
        for one in said:
            if one.upper() in self.districts:
                return one.upper()
            if words_of(one) in self.by_name:
                return self.by_name[words_of(one)]
        if not said:
            raise _Wrong("it names no district.")
        if any(re.fullmatch(r"[EWSNK]\d{8}", one.upper()) for one in said):
            raise _Elsewhere
        near = get_close_matches(words_of(said[-1]), self.by_name, n=1, cutoff=0.6)
        hint = f" Did you mean {self.districts[self.by_name[near[0]]]}?" if near else ""
        raise _Wrong(f"‘{said[-1]}’ is no district of yours.{hint}")

    def _kind(self, row: Mapping[str | int, str]) -> str:
        kind = " ".join(row.get("kind", "").split())
        if not kind or kind.isdigit():
            raise _Wrong("it needs the kind of referral, in your own words.")
        if len(kind) > LONGEST_KIND:
            raise _Wrong(f"the kind of referral must be {LONGEST_KIND} characters or fewer.")
        return self.kinds.setdefault(kind.casefold(), kind)

    def _month(self, row: Mapping[str | int, str]) -> int:
        said = row.get("period", "")
        month = month_said(said)
        if not month:
            raise _Wrong(f"‘{said}’ is no month. Write it like Sept 2026." if said else "it needs a month.")
        self._over(month)
        return month

    def _over(self, month: int) -> None:
        if month >= self.today.year * 100 + self.today.month:
            raise _Wrong("that month is not over yet.")
        if month < 199001:
            raise _Wrong("that month is too long ago.")

    def _year(self, row: Mapping[str | int, str]) -> int:
        found = re.search(r"(?<!\d)(\d{4})(?!\d)", row.get("period", ""))
        if found is None:
            raise _Wrong("it needs the year of the estimate, like 2025.")
        year = int(found[1])
        if not 1990 <= year <= self.today.year:
            raise _Wrong(f"{year} is no year of an estimate.")
        return year

    def _number(self, said: str) -> int:
        plain = re.sub(r"(?<=\d)[, ](?=\d{3}(?!\d))", "", said.strip())
        plain = re.sub(r"\.0+$", "", plain)
        if not re.fullmatch(r"\d{1,9}", plain, re.ASCII):
            if re.match(r"\s*<|under|fewer|\*|c$", said.strip(), re.IGNORECASE):
                raise _Wrong(
                    f"‘{said}’ is no count. Give the true number; nothing under 5 is shown on the page."
                )
            raise _Wrong(f"‘{said}’ is no whole number." if said else "it needs a number.")
        return min(int(plain), MOST_NUMBER)


class _Wrong(Exception):
    """What is wrong with a line, in words."""


class _Elsewhere(Exception):
    """A line of a district that is nobody's here."""


def month_said(said: str) -> int:
    """'Sept 2026', '2026-09', '09/2026', 'Sep-26', '1 September 2026' as 202609; 0 for no month."""
    plain = " ".join(said.casefold().replace(".", " ").split())
    if day := day_with_year(said):
        return day.year * 100 + day.month
    if found := re.fullmatch(r"(\d{4})[-/ ](\d{1,2})", plain):
        year, month = int(found[1]), int(found[2])
    elif found := re.fullmatch(r"(\d{1,2})[-/ ](\d{4})", plain):
        year, month = int(found[2]), int(found[1])
    elif found := re.fullmatch(r"([a-z]{3,9})[-/ ,]*(\d{2}|\d{4})", plain):
        year, month = int(found[2]), month_of(found[1])
        year += 2000 if year < 100 else 0
    else:
        return 0
    return year * 100 + month if 1 <= month <= 12 and year > 999 else 0


def _cells(line: str) -> list[str]:
    """The cells of a line, parted by tabs, else semicolons, else commas."""
    mark = next((mark for mark in "\t;" if mark in line), ",")
    try:
        row = next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        row = line.split(mark)
    return [" ".join(cell.split()) for cell in row]
