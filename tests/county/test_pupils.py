"""How many pupils of a year group a school has, held against a slow reckoning in fractions."""

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from outreach.county import pupils
from outreach.county.pupils import OwnNumbers
from outreach.county.succession import Kin

AGES = st.one_of(st.none(), st.integers(2, 19))
SCHOOL = st.builds(
    SimpleNamespace,
    name=st.sampled_from(("Redmere Academy", "The Hospital School")),
    type_of_establishment=st.sampled_from(("Academy converter", "Academy alternative provision converter")),
    phase_of_education=st.sampled_from((None, "Not applicable", "Secondary", "All-through", "16 plus")),
    statutory_low_age=AGES,
    statutory_high_age=AGES,
    number_of_pupils=st.one_of(st.none(), st.integers(0, 2500)),
)
NUMBERS = st.dictionaries(st.integers(5, 11), st.integers(0, 300), max_size=4)
USUAL = {"Secondary": range(7, 14), "All-through": range(14), "16 plus": range(12, 14)}
"""Ages 11 to 18 are Years 7 to 13, and so on: see establishments.py."""


def slow_year_groups(school: Any) -> set[int] | None:
    low, high = school.statutory_low_age, school.statutory_high_age
    if low is None or high is None:
        usual = USUAL.get(school.phase_of_education)
        return None if usual is None else set(usual)
    return {y for y in range(14) if low <= y + 4 and y + 5 <= high}


def slow_number(school: Any, y: int, own: dict[int, int], named: set[int]) -> Fraction | None:
    """Not rounded."""
    if y in own:
        return Fraction(own[y])
    offered = slow_year_groups(school)
    elsewhere = "alternative" in school.type_of_establishment or "Hospital" in school.name
    if offered is None or school.number_of_pupils is None or elsewhere:
        return None
    counted = [g for g in offered | named if own.get(g, 1) > 0]
    return Fraction(school.number_of_pupils, len(counted)) if counted else None


@given(school=SCHOOL, own=NUMBERS, named=st.sets(st.integers(7, 9)), asked=st.sets(st.integers(7, 10)))
def test_the_numbers_of_some_year_groups_are_those_of_the_slow_reckoning(
    school: Any, own: dict[int, int], named: set[int], asked: set[int]
) -> None:
    offered = slow_year_groups(school)
    groups = [y for y in sorted(asked) if own.get(y) != 0 and (offered is None or y in offered | named)]
    numbers = {y: slow_number(school, y, own, named) for y in groups}
    found = pupils.of_year_groups(school, groups, own, named)
    known = [n for n in numbers.values() if n is not None]
    if groups and len(known) == len(groups):
        assert found.total == int(sum(known) + Fraction(1, 2))  # rounded once, half up
        assert found.total == sum(n for n in found.by_year.values() if n is not None)
        assert found.estimated == any(y not in own for y in groups)
    else:
        assert (found.total, found.estimated) == (None, False)
    assert list(found.by_year) == groups
    for y, number in numbers.items():
        told, share = found.by_year[y], pupils.share(school, y, own, named)
        if found.total is None:
            assert told == own.get(y)
        else:
            assert told is not None and number is not None and abs(told - number) < 1
        assert share is None if number is None else share is not None and abs(share - float(number)) < 1e-9
    parts = [found.by_year[y] or 0 for y in groups if y not in own]
    assert parts == sorted(parts, reverse=True) and (not parts or parts[0] - parts[-1] <= 1)


@given(school=SCHOOL, own=NUMBERS, named=st.sets(st.integers(7, 9)))
def test_a_year_group_that_is_nought_by_its_own_number_is_not_offered(
    school: Any, own: dict[int, int], named: set[int]
) -> None:
    offered = slow_year_groups(school)
    expected = set() if offered is None else {y for y in offered | named if own.get(y, 1) > 0}
    assert pupils.all_offered(school, own, named) == expected


def slow_own(
    urn: int, y: int, told: dict[int, dict[int, int]], links: set[tuple[int, int]], schools: dict[int, Any]
) -> int | None:
    """Its own word; else what those before it told, each of which became this school alone, when all who had
    the year group did."""
    if y in told.get(urn, {}):
        return told[urn][y]
    found: list[int] = []
    for before, after in sorted(links):
        if after != urn or before not in schools:
            continue
        alone = [s for p, s in links if p == before] == [urn]
        number = slow_own(before, y, told, links, schools) if alone else None
        offered = slow_year_groups(schools[before])
        if number is not None:
            found.append(number)
        elif offered is None or y in offered:
            return None
    return sum(found) if found else None


@given(
    links=st.sets(st.tuples(st.integers(1, 5), st.integers(2, 6)).filter(lambda link: link[0] < link[1])),
    told=st.dictionaries(st.integers(1, 6), st.dictionaries(st.integers(7, 9), st.integers(0, 300))),
    known=st.dictionaries(st.integers(1, 6), SCHOOL),
)
def test_own_numbers_follow_the_succession_as_in_the_slow_reckoning(
    links: set[tuple[int, int]], told: dict[int, dict[int, int]], known: dict[int, Any]
) -> None:
    own = OwnNumbers(told, Kin(sorted(links)), known)
    for urn in range(1, 7):
        expected = {y: slow_own(urn, y, told, links, known) for y in range(14)}
        assert dict(own.of(urn)) == {y: n for y, n in expected.items() if n is not None}


def test_a_merger_adds_up_what_those_told_who_had_the_year_group() -> None:
    def became(**of_the_second: Any) -> dict[int, int]:
        told = {1: {8: 30}, 2: of_the_second.get("told", {})}
        ages = {"statutory_low_age": 11, "statutory_high_age": 18, "phase_of_education": "Secondary"}
        infants = {"statutory_low_age": 4, "statutory_high_age": 7, "phase_of_education": "Primary"}
        schools = {
            1: SimpleNamespace(**ages),
            2: SimpleNamespace(**(of_the_second.get("ages") or ages)),
            3: None,
        }
        if of_the_second.get("infants"):
            schools[2] = SimpleNamespace(**infants)
        return dict(OwnNumbers(told, Kin([(1, 3), (2, 3)]), schools).of(3))

    assert became(told={8: 20}) == {8: 50}
    assert became() == {}  # the other had Year 8 too, and did not tell of it
    assert became(infants=True) == {8: 30}
