"""School that a line of a list means: by its URN, its LAESTAB, else by name and postcode, else by name and
town.

Only the partnership's own schools are looked at: of a school that another holds nothing is said, not even
that it is there.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from outreach.county.lists import cells
from outreach.county.schools import OPEN_STATUSES, School, Succession
from outreach.ground.db import db
from outreach.ground.wording import and_list, words_of

SUGGESTED = 6


@dataclass(frozen=True, kw_only=True)
class SchoolAsWritten:
    """What a line says of its school, as it is written; '' where it says nothing."""

    numbers: tuple[str, ...] = ()
    authority: str = ""
    name: str = ""
    postcode: str = ""
    town: str = ""

    @property
    def nothing(self) -> bool:
        return not (self.numbers or self.name)


@dataclass(frozen=True, kw_only=True)
class Match:
    """The school, found beyond doubt; or why there is none, in words. `likely`: schools that it may be, the
    likeliest first."""

    school: School | None = None
    reason: str = ""
    likely: tuple[School, ...] = ()


class OurSchools:
    """The schools of a partnership's authorities, to be found in as people name them; two queries.

    `closed_too`: closed schools are taken as well, for what was long ago; else nobody can be written to
    there.
    """

    def __init__(self, la_codes: Collection[str], *, closed_too: bool = False) -> None:
        self._closed_too = closed_too
        rows = db.session.scalars(select(School).where(School.la_code.in_(la_codes)).order_by(School.urn))
        self._by_urn = {school.urn: school for school in rows}
        self._la_codes = sorted(la_codes)
        self._by_laestab = _by_laestab(self._by_urn.values())
        self._after: dict[int, list[School]] = defaultdict(list)
        for before, after in db.session.execute(
            select(Succession.predecessor_id, Succession.successor_id)
            .join(School, School.urn == Succession.successor_id)
            .where(School.la_code.in_(la_codes))
            .order_by(Succession.id)
        ):
            self._after[before].append(self._by_urn[after])
        self._by_name: dict[str, list[School]] = defaultdict(list)
        for school in self._by_urn.values():
            for key in {name_key(school.name), name_key(school.name, school.town)}:
                self._by_name[key].append(school)
        self._grams: dict[str, list[int]] | None = None

    def find(self, said: SchoolAsWritten) -> Match:
        """The school of a line. What is only likely is not taken by itself."""
        by_number, wrong = self._numbered(said)
        if by_number is not None and self._fits(by_number) and not self._contradicts(by_number, said):
            return Match(school=by_number)
        by_name = self._named(said)
        if by_number is not None and not self._contradicts(by_number, said):
            return self._closed(by_number, by_name)
        if by_number is not None:
            return Match(
                reason=f"Its number is that of {by_number.name}, but the line says ‘{said.name}’.",
                likely=_distinct([by_number, *([by_name] if by_name else []), *self.likely(said)]),
            )
        if said.numbers and by_name is not None:
            return Match(
                reason=f"{wrong}. By its name it is {by_name.name}.",
                likely=_distinct([*self._heirs(by_name), by_name]),
            )
        if by_name is not None:
            return Match(school=by_name) if self._fits(by_name) else self._closed(by_name, None)
        if said.nothing:
            return Match(
                reason="No school is named, only a postcode" if said.postcode else "No school is named"
            )
        return Match(reason=wrong or self._unknown(said))

    def likely(self, said: SchoolAsWritten) -> tuple[School, ...]:
        """Schools that a line may mean, the likeliest first: by its postcode, then by how its name is
        written."""
        near = [
            s for s in self._by_urn.values() if said.postcode and cells.postcode(s.postcode) == said.postcode
        ]
        named = self._like(said.name) if said.name else []
        return _distinct([*[s for s in named if s in near], *named, *near])

    def by_text(self, typed: str) -> School | None:
        """What somebody typed into the box for a school: its URN, its LAESTAB or its name."""
        numbers = tuple(cells.identifiers(typed)) if re.search("[0-9]{4}", typed) else ()
        return self.find(SchoolAsWritten(numbers=numbers, name="" if numbers else typed)).school

    def get(self, urn: int) -> School | None:
        return self._by_urn.get(urn)

    def _fits(self, school: School) -> bool:
        return self._closed_too or school.is_open

    def _numbered(self, said: SchoolAsWritten) -> tuple[School | None, str]:
        """The school of the first number that is one of ours; or what is wrong with them, in words."""
        for number in said.numbers:
            if int(number) in self._by_urn:
                return self._by_urn[int(number)], ""
            for laestab in self._laestabs(number, said.authority):
                if laestab in self._by_laestab:
                    return self._by_laestab[laestab], ""
        if not said.numbers:
            return None, ""
        kind = "URN" if len(said.numbers[0]) == 6 or len(said.numbers[0]) < 4 else "Number"
        return None, f"{kind} {said.numbers[0]} is not in the register here"

    def _laestabs(self, number: str, authority: str) -> list[str]:
        """A number as authority and establishment number; four figures alone are those of an authority that
        is ours."""
        if len(number) == 7:
            return [number]
        if len(number) != 4:
            return []
        named = cells.identifiers(authority)
        return [f"{code}{number}" for code in (named or self._la_codes)]

    def _contradicts(self, school: School, said: SchoolAsWritten) -> bool:
        """Whether the line names quite another school than its number: neither the name nor the place
        agree."""
        if not said.name:
            return False
        ours, theirs = set(name_key(school.name).split()), set(name_key(said.name).split())
        if said.postcode and said.postcode == cells.postcode(school.postcode):
            return False
        others = self._by_name.get(name_key(said.name), [])
        same = (ours & theirs) - _OFTEN
        if any(word[:4] == other[:4] for word in ours - _OFTEN for other in theirs - _OFTEN):
            return False
        return not same and (school not in others) and bool(theirs - _OFTEN) and bool(ours - _OFTEN)

    def _named(self, said: SchoolAsWritten) -> School | None:
        """The one school of that name: at its postcode, else in its town, else the only one where the line
        says neither."""
        if not said.name:
            return None
        keys = {name_key(said.name), name_key(said.name, said.town)}
        same = list(_distinct([s for key in keys for s in self._by_name.get(key, [])], None))
        if said.postcode:
            here = [s for s in same if cells.postcode(s.postcode) == said.postcode]
            return _one_open(here)
        if said.town:
            town = words_of(said.town)
            here = [s for s in same if town and town in (words_of(s.town), words_of(s.locality or ""))]
            return _one_open(here)
        return _one_open(same)

    def _closed(self, school: School, namesake: School | None) -> Match:
        heirs = self._heirs(school)
        after = f"; {and_list(s.name for s in heirs)} came after it" if heirs else ""
        likely = _distinct([*heirs, *([namesake] if namesake is not None and namesake.is_open else [])])
        return Match(reason=f"{school.name} is closed in the register{after}", likely=likely)

    def _heirs(self, school: School) -> list[School]:
        return [s for s in self._after.get(school.urn, []) if s.is_open]

    def _unknown(self, said: SchoolAsWritten) -> str:
        same = [s for s in self._by_name.get(name_key(said.name), []) if s.is_open]
        if len(same) > 1:
            return f"{_NUMBERS.get(len(same), str(len(same)))} schools are called {same[0].name}"
        if same:
            return f"‘{said.name}’ is known at another place: {same[0].postcode or same[0].town}"
        return f"No school here is called ‘{said.name[:120]}’"

    def _like(self, name: str) -> list[School]:
        """Open schools by how many runs of three letters their name shares with a name, those that few names
        have counting more."""
        if self._grams is None:
            self._grams = defaultdict(list)
            for school in self._by_urn.values():
                if school.is_open:
                    for gram in _grams_of(f"{name_key(school.name)} {words_of(school.town)}"):
                        self._grams[gram].append(school.urn)
        shared: Counter[int] = Counter()
        wanted = _grams_of(name_key(name))
        for gram in wanted:
            found = self._grams.get(gram, [])
            for urn in found:
                shared[urn] += 100 // (9 + len(found)) + 1
        best = shared.most_common(SUGGESTED)
        return [self._by_urn[urn] for urn, share in best if share * 3 > best[0][1]]


_NUMBERS = {2: "Two", 3: "Three", 4: "Four", 5: "Five"}

_SHORT = {
    "acad": "academy",
    "coll": "college",
    "comm": "community",
    "comp": "comprehensive",
    "gram": "grammar",
    "inf": "infant",
    "infants": "infant",
    "jun": "junior",
    "jnr": "junior",
    "juniors": "junior",
    "prim": "primary",
    "pri": "primary",
    "sch": "school",
    "schl": "school",
    "sec": "secondary",
    "tech": "technology",
    "bl": "blessed",
    "ce": "cofe",
    "coe": "cofe",
    "cofe": "cofe",
    "rc": "catholic",
    "va": "",
    "vc": "",
    "vol": "",
    "the": "",
    "6th": "sixth",
    "hs": "high school",
    "ps": "primary school",
    "pru": "pupil referral unit",
    "our": "our",
    "voluntary": "",
    "aided": "",
    "controlled": "",
    "roman": "",
}
"""How people shorten the words of a school's name, and words that they leave out."""

_OFTEN = frozenset(
    "school academy primary junior infant college high community cofe catholic secondary grammar and "
    "of st special centre "
    "church england first middle nursery trust sixth form".split()
)


def name_key(name: str, town: str = "") -> str:
    """A school's name as it is compared: shortened words in full, the kind of church as one word, without its
    town behind."""
    said = words_of(name)
    said = re.sub(r"\bc(?:hurch)? of e(?:ngland)?\b|\bc e\b(?= )", "cofe", said)
    said = re.sub(r"\br c\b", "rc", said)
    words = [part for word in said.split() for part in _SHORT.get(word, word).split()]
    place = words_of(town).split()
    if place and len(words) > len(place) and words[-len(place) :] == place:
        words = words[: -len(place)]
    return " ".join(words)


def _by_laestab(known: Iterable[School]) -> dict[str, School]:
    """{‘9314001’: its school}. A number may pass to the school that comes after: the open one has it; of two
    open none."""
    found: dict[str, list[School]] = defaultdict(list)
    for school in known:
        number = school.laestab.replace("/", "")
        if number:
            found[number].append(school)
    return {number: one for number, all_ in found.items() if (one := _one_open(all_)) is not None}


def _grams_of(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def _one_open(found: Sequence[School]) -> School | None:
    """The one that is open, else the one there is; of several none."""
    open_ones = [s for s in found if s.status in OPEN_STATUSES]
    candidates = open_ones or list(found)
    return candidates[0] if len(candidates) == 1 else None


def _distinct(found: Iterable[School], most: int | None = SUGGESTED) -> tuple[School, ...]:
    return tuple({s.urn: s for s in found}.values())[:most]
