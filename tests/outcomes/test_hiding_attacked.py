"""A reader who solves all that a page shows in whole numbers: nothing hidden is determined."""

from collections.abc import Mapping
from datetime import date
from random import Random

import highspy
import pytest

from outreach.outcomes import hiding
from outreach.outcomes.hiding import At, Figure, Heard, MaySee

Counts = Mapping[At, Heard]


def county(random: Random) -> tuple[dict[At, Heard], dict[str, Figure]]:
    """Twelve to twenty shows, one in four of a school that had one before, sorted in three ways."""
    number = random.randint(12, 20)
    told: dict[At, Heard] = {}
    rows: dict[At, tuple[str, ...]] = {}
    for n in range(number):
        answers = random.randint(10, 30)
        share = random.choice([0.15, 0.5, 0.85])
        yes = sum(random.random() < share for _ in range(answers))
        school = random.randrange(n) if n and random.random() < 0.25 else n
        told["after", n] = Heard(
            school=school, answers=answers, yes=yes, pupils=answers + random.randint(0, 20)
        )
        rows["after", n] = (random.choice("ABC"), random.choice("PQ"), random.choice("XYZ"))
    figures = {"all": Figure(of=frozenset(told), asked=frozenset(told), dear=True)}
    for name in sorted({name for some in rows.values() for name in some}):
        within = frozenset(at for at, some in rows.items() if name in some)
        figures[name] = Figure(of=within, asked=within)
    return told, figures


class Reader:
    """What a reader knows: of each show at least ten answers; every shown number of answers, of yes, of pupils."""

    def __init__(self, told: Counts, figures: Mapping[str, Figure], found: MaySee) -> None:
        self.model = highspy.Highs()
        self.model.setOptionValue(
            "threads", 1
        )  # as the planner asks: HiGHS has one pool of threads for the process
        self.model.setOptionValue("output_flag", False)
        self.yes, self.no, self.silent = ({at: self._number() for at in told} for _ in range(3))
        for at in told:
            self.model.addConstr(self.yes[at] + self.no[at] >= 10)
        for key, figure in figures.items():
            if key not in found.shown:
                continue
            answers = sum(told[at].answers for at in figure.of)
            self.model.addConstr(sum(self.yes[at] + self.no[at] for at in figure.of) == answers)
            if key not in found.beyond:
                self.model.addConstr(
                    sum(self.yes[at] for at in figure.of) == sum(told[at].yes for at in figure.of)
                )
            if key in found.rates:
                pupils = sum(told[at].pupils for at in figure.asked)
                everybody = sum(self.yes[at] + self.no[at] + self.silent[at] for at in figure.asked)
                self.model.addConstr(everybody == pupils)

    def _number(self) -> highspy.highs.highs_var:
        return self.model.addIntegral(lb=0, ub=2_000)

    def range_of(self, numbers: Mapping[At, highspy.highs.highs_var], some: frozenset[At]) -> tuple[int, int]:
        what = sum(numbers[at] for at in some)
        self.model.minimize(what)
        least = round(self.model.getObjectiveValue())
        self.model.maximize(what)
        return least, round(self.model.getObjectiveValue())


@pytest.mark.parametrize("seed", range(12))
def test_no_hidden_row_is_determined(seed: int) -> None:
    told, figures = county(Random(seed))
    found = hiding.judge(figures, told, day=date(2027, 7, 1))
    reader = Reader(told, figures, found)
    hidden = [key for key in figures if key not in found.shown]
    for key in hidden:
        for numbers in (reader.yes, reader.no):
            least, most = reader.range_of(numbers, figures[key].of)
            assert least < most, key
    for key in found.shown - found.rates:
        least, most = reader.range_of(reader.silent, figures[str(key)].asked)
        assert least < most, key
    assert found.shown, "what is asked of it is not to hide all"


def test_a_page_that_hid_only_its_small_rows_would_be_solved() -> None:
    told, figures = county(Random(1))
    few = frozenset(list(told)[:2])
    figures = {"all": figures["all"], "few": Figure(of=few), "rest": Figure(of=frozenset(told) - few)}
    careless = MaySee(shown=frozenset({"all", "rest"}), beyond=frozenset(), rates=frozenset())
    reader = Reader(told, figures, careless)
    yes = sum(told[at].yes for at in few)
    assert reader.range_of(reader.yes, few) == (yes, yes)
    assert hiding.judge(figures, told, day=date(2027, 7, 1)).shown == {"all"}
