"""A reader who keeps every change too, with its interval, and what was compared in the same months, of ten
releases and more: for all that is hidden there is another county whose files say the same to the letter.

Numbers of answers are solved in whole numbers by test_outcomes_attacked.py; a change says none. So a share may be any
here, as it may for a reader, who does not know how many of one performance answered."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from math import inf
from random import Random
from typing import Any

import highspy
import pytest
from flask import Flask
from flask.testing import FlaskClient

import answered
import make
from answered import Answered, Show
from how_many import each_nth, is_drawn, is_longest, so_many
from outreach.coverage.board import publishing
from outreach.ground.db import transaction
from outreach.outcomes import figure_words, releases, wave_means
from outreach.outcomes.board_parts import OUTCOMES
from outreach.outcomes.hiding import OVER, UNDER, At
from outreach.outcomes.item_figures import CHANGES, MONTHS, WHOLE, ItemFigures, ats_of
from outreach.outcomes.wave_changes import (
    AFTER,
    ANSWERS_AT_LEAST,
    BEFORE,
    LATER,
    Change,
    Level,
    WaveMean,
    between,
    in_the_same_months,
    level,
)
from outreach.post.feeds import tokens
from outreach.web.coordinator.outcomes_words import NAMES, TABLES
from web.test_outcomes_attacked import FIRST, at

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

SCHOOLS = 44
ENOUGH = so_many(300, least=40)
"""More numbers of changes than these are compared with their file."""
SAME_MONTHS = "Three months later against before in the same months"

Shares = Mapping[At, float]
"""The share who said yes, of each performance and wave."""

Unknown = tuple[frozenset[At], frozenset[At]]
"""What a reader may not know: the sum of the shares of these, less that of those (of a change: before it)."""
NONE: frozenset[At] = frozenset()

ONE_PUPIL = 0.05
"""Of twenty: the share by which one pupil more or fewer moves a performance."""
STEP = 1e-4
ROOM = 0.02
"""Points that are kept from a bound where it was passed, so that trying ends."""
TRIES, ATTEMPTS = 25, 6
"""How often it is tried once more from there, and by other ways."""


def county(random: Random) -> list[Show]:
    """Shows over 26 weeks, nearly each at a school of its own; many have few answers, or answer alike."""
    shows: list[Show] = []
    for n in range(SCHOOLS):
        said = {}
        for wave, share in (("before", 0.4), ("after", random.choice([0.7, 0.85, 0.97])), ("later", 0.6)):
            number = random.choice([6, 10, 12, 20, 24])
            yes = sum(random.random() < share for _ in range(number))
            said[wave] = (yes, number - yes)
        name = random.choice(["Fenwold", "Kestermere", "Kestermere", "North Marl"])
        shows.append(
            Show(
                said=said,
                school={
                    "district_code": f"E-{name}",
                    "district_name": name,
                    "type_of_establishment": random.choice(["Academy converter", "Special"]),
                },
                pupils={random.choice([8, 9]): random.choice([24, 30])},
                weeks=n * 26 // SCHOOLS,
                same_school_as=random.randrange(n) if n and random.random() < 0.05 else None,
            )
        )
    return shows


def files_of(told: Answered, client: FlaskClient) -> Iterator[tuple[date, list[list[str]]]]:
    """The day of each release, and the file of outcomes after it."""
    make.signed_in(client, told.person)
    day = FIRST
    while day < FIRST + timedelta(weeks=56):
        day += timedelta(weeks=1)
        with transaction():
            if not releases.release_next(now=at(day)):
                continue
        answer = client.get("/desk/outcomes.csv", query_string={"programme": told.programme.id})
        assert answer.status_code == 200
        yield day, list(csv.reader(io.StringIO(answer.text)))


def under(share: float) -> str:
    return "under 5%" if share < UNDER else ""


def over(share: float) -> str:
    return "over 95%" if share > OVER else ""


def points(change: float) -> int:
    return round(100 * change)


@dataclass(frozen=True)
class Line:
    """What a file says of some performances' answers: numbers, and how each is printed. `beside`: what is looked at
    besides, to know what counts."""

    of: frozenset[At]
    numbers: Callable[[Sequence[WaveMean]], list[float]]
    printed: tuple[Callable[[float], Any], ...]
    beside: frozenset[At] = frozenset()

    def bounds(self, n: int, number: float) -> tuple[float, float]:
        """Between which a number is printed as this one is."""
        how = self.printed[n]
        if how in (under, over):
            return (-inf, UNDER) if how is under else (OVER, inf)
        whole = how(number)
        is_share = how is figure_words.percent
        return (
            -inf if is_share and whole == 0 else (whole - 0.5) / 100,
            inf if is_share and whole == 100 else (whole + 0.5) / 100,
        )


@dataclass
class Reader:
    """What a reader of all files is told. More than he reads: of which performances each number is."""

    means: Sequence[WaveMean]
    gone: frozenset[At]
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        counted = [one for one in self.means if one.answers >= ANSWERS_AT_LEAST]
        self.home = {(one.wave, one.performance): one.mean for one in counted}
        self.free = sorted(self.home.keys() - self.gone)

    def numbers(self, line: Line, shares: Shares) -> list[float]:
        """The numbers of a line in a county of these shares."""
        return line.numbers(
            [
                replace(one, mean=shares.get(key, one.mean))
                for one in self.means
                if (key := (one.wave, one.performance)) in line.of or key in line.beside
            ]
        )

    def said_otherwise(self, shares: Shares) -> list[tuple[int, int]]:
        """The numbers, (of which line, which), that files of a county of these shares would not say to the letter."""
        changed = {key for key, share in shares.items() if share != self.home[key]}
        return [
            (n, m)
            for n, line in enumerate(self.lines)
            if line.of & changed
            for m, (here, there) in enumerate(zip(self.at_home[n], self.numbers(line, shares), strict=True))
            if line.printed[m](here) != line.printed[m](there)
        ]

    @cached_property
    def at_home(self) -> list[list[float]]:
        return [self.numbers(line, self.home) for line in self.lines]

    @cached_property
    def model(self) -> tuple[highspy.Highs, dict[At, Any]]:
        """The counties that say the same, as far as straight lines tell; the nearest is looked for."""
        model = highspy.Highs()
        model.setOptionValue(
            "threads", 1
        )  # as the planner asks: HiGHS has one pool of threads for the process
        model.setOptionValue("output_flag", False)
        shares: dict[At, Any] = {}
        away = []
        for key in self.free:
            more, less = model.addVariable(ub=1 - self.home[key]), model.addVariable(ub=self.home[key])
            shares[key] = more - less
            away += [more, less]
        model.minimize(sum(away))
        for n, line in enumerate(self.lines):
            self._as_if_straight(model, shares, n, range(len(line.printed)), self.home, ROOM / 20)
        return model, shares

    def _as_if_straight(
        self,
        model: highspy.Highs,
        shares: Mapping[At, Any],
        n: int,
        which: Iterable[int],
        there: Shares,
        room: float,
    ) -> None:
        """Numbers of a line are printed as they are, if they go on from there as they begin; of a number that is not
        printed so there, that it comes back."""
        line, slopes = self.lines[n], {}
        numbers = self.numbers(line, there)
        for key in sorted(line.of - self.gone):
            step = STEP if there[key] < 0.5 else -STEP
            moved = self.numbers(line, {**there, key: there[key] + step})
            slopes[key] = [(b - a) / step for a, b in zip(numbers, moved, strict=True)]
        for m in which:
            terms = [
                100 * slope[m] * (shares[key] + self.home[key] - there[key])
                for key, slope in slopes.items()
                if abs(slope[m]) > 1e-5
            ]
            low, high = line.bounds(m, self.at_home[n][m])
            is_inside = low <= numbers[m] <= high
            if terms and low > -inf and (is_inside or numbers[m] < low):
                model.addConstr(sum(terms) >= 100 * (low - numbers[m]) + room)
            if terms and high < inf and (is_inside or numbers[m] > high):
                model.addConstr(sum(terms) <= 100 * (high - numbers[m]) - room)

    def other_county(self, what: Unknown) -> Shares | None:
        """A county whose files are the same, in which this is another by ONE_PUPIL or more. None where none was found."""
        for seed in range(ATTEMPTS):
            model, random = self.model[0], Random(seed)
            for column in range(2 * len(self.free)):
                model.changeColCost(column, 1 + seed * random.random())
            for way in (1, -1):
                if (found := self._nearest(what, way)) is not None:
                    return found
        return None

    def _nearest(self, what: Unknown, way: int) -> Shares | None:
        """Intervals are no straight lines of the shares. So they are taken for straight, and where that went wrong once more
        from there."""
        model, shares = self.model
        rows = model.numConstrs
        of, less_of = (sum(shares[key] for key in sorted(some - self.gone)) for some in what)
        model.addConstr(way * (of - less_of) >= 1.001 * ONE_PUPIL)
        try:
            for _ in range(TRIES):
                model.run()
                if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                    return None
                more, less = (model.getSolution().col_value[which::2] for which in (0, 1))
                found = self.home | {
                    key: self.home[key] + up - down
                    for key, up, down in zip(self.free, more, less, strict=True)
                }
                otherwise = self.said_otherwise(found)
                if not otherwise:
                    return found
                for n, m in otherwise:
                    self._as_if_straight(model, shares, n, [m], found, ROOM)
            return None
        finally:
            model.deleteRows(model.numConstrs - rows, list(range(rows, model.numConstrs)))


def of_level(found: Level | None) -> list[float]:
    assert found is not None
    return [one for one in (found.mean, found.low, found.high) if one is not None]


def of_change(found: Change | None) -> list[float]:
    assert found is not None
    return [one for one in (found.difference, found.low, found.high) if one is not None]


def both_shares(some: Sequence[WaveMean]) -> list[float]:
    change = between(some, BEFORE, AFTER)
    assert change is not None
    return [change.first, change.second]


@dataclass
class Read:
    """All that files said, whether it is what a reader knows, and what he may not know."""

    reader: Reader
    numbers: dict[str, int]
    hidden: set[Unknown]


def read(released: releases.Released, files: Sequence[list[list[str]]]) -> Read:
    items = wave_means.items_asked([wave.id for wave in released.waves])
    means = wave_means.means_by_item(released.shows, released.waves, items)[items[0].id]
    at_of = {wave.id: (wave.kind, wave.performance) for wave in released.waves}
    reader = Reader(means, frozenset(at_of[wave] for wave in released.rows_for_researchers()[items[0].id]))
    found = Read(reader, dict.fromkeys(("wave", "change", "months"), 0), set())
    stands: dict[tuple[str, ...], list[str]] = {}
    seen = set[Unknown]()

    def learn(kind: str, name: tuple[str, ...], line: Line) -> None:
        reader.lines.append(line)
        found.numbers[kind] += len(line.printed)
        stands[name] = [
            str(how(one)) for how, one in zip(line.printed, reader.numbers(line, reader.home), strict=True)
        ]

    for shown, file in zip(released.shown, files, strict=True):
        of_item = shown.of(items[0].id)
        within = [wave for wave in released.waves if wave.id in shown.waves]
        then = ItemFigures(means, released.shows, within, with_rows=True)
        everybody = ats_of(then.means)
        found.hidden |= {(figure.of, NONE) for figure in then.figures.values()}
        for change in ((by, row, *pair) for by, row in then.groups for pair in CHANGES):
            if change not in of_item.changes and (told := then.change(*change)) is not None:
                found.hidden.add((told[1].sides[1], told[1].sides[0]))
        for key in sorted(of_item.seen.shown):
            figure, kind, is_beyond = then.figures[key], key[2], key in of_item.seen.beyond
            seen.add((figure.of, NONE))
            if key[0] == MONTHS:
                continue
            if not is_beyond:
                how = (figure_words.percent,) * len(of_level(level(then.of_group[key[:2]], kind)))
                line = Line(figure.of, lambda some, kind=kind: of_level(level(some, kind)), how)
            else:
                mean = level(then.of_group[key[:2]], kind)
                assert mean is not None
                how = (under if mean.mean < UNDER else over,)
                line = Line(figure.of, lambda some, kind=kind: of_level(level(some, kind))[:1], how)
            learn("wave", key, line)
        for change in sorted(of_item.changes):
            by, row, first, second = change
            told = then.change(by, row, first, second)
            assert told is not None
            seen.add((told[1].sides[1], told[1].sides[0]))
            line = Line(
                told[1].sides[0] | told[1].sides[1],
                lambda some, first=first, second=second: of_change(between(some, first, second)),
                (points,) * len(of_change(told[0])),
            )
            learn("change", change, line)
            if (by, second) == (WHOLE, AFTER):
                # The sentence that page and report begin with says both its shares too.
                shares = replace(line, numbers=both_shares, printed=(figure_words.percent,) * 2)
                reader.lines.append(shares)
        if of_item.months:
            of = then.figures[MONTHS, "", BEFORE].of | then.figures[MONTHS, "", LATER].of

            def of_months(some: Sequence[WaveMean]) -> list[float]:
                change = in_the_same_months(some)
                assert change is not None
                return [*of_change(change), change.first, change.second]

            how = (points,) * (len(of_months(then.means)) - 2) + (figure_words.percent,) * 2
            learn("months", (SAME_MONTHS,), Line(of, of_months, how, everybody))
        for name, cells in said(file, then).items():
            assert cells == stands.get(name, []), (shown.day, name)
    found.hidden -= seen
    for key in reader.free:
        found.hidden.add((frozenset([key]), NONE))
        if key[0] != BEFORE and (before := (BEFORE, key[1])) in reader.free:
            found.hidden.add((frozenset([key]), frozenset([before])))
    return found


def said(file: list[list[str]], then: ItemFigures) -> dict[tuple[str, ...], list[str]]:
    """All that a file says of shares and changes of whom to tell, none of it left out; [] of what it hides."""
    by = {name: key for key, name in TABLES.items()} | {"Programme": WHOLE}
    row = {(of, name): key for (of, key), (name, _) in then.groups.items()}
    waves = {name: kind for kind, name in NAMES.items()}
    months = {f"{name}, in the same months": kind for kind, name in NAMES.items()}
    found: dict[tuple[str, ...], list[str]] = {}
    shares: list[str] = []
    for line in file[1:]:
        if len(line) < 4 or line[2] != file[1][2]:
            continue
        change = [one for one in line[12:15] if one not in ("", "hidden")]
        if line[3] in waves:
            at_row = by[line[0]], row[by[line[0]], line[1]]
            share = [one for one in line[4:7] if one not in ("", "hidden", "no answers yet")]
            found[(*at_row, waves[line[3]])] = share
            if line[3] != NAMES[BEFORE]:
                found[(*at_row, BEFORE, waves[line[3]])] = change
        elif line[3] in months:
            shares += line[4:7]
            assert not change
        else:
            assert line[3] == SAME_MONTHS and not any(line[4:7]), line
            found[line[3],] = change
    found[SAME_MONTHS,] += [one for one in shares if one]
    return found


def known(found: Read) -> Iterator[Unknown]:
    """What a reader may not know, and for which no other county was found."""
    reader = found.reader
    hidden = sorted((what for what in found.hidden if not what[0] | what[1] <= reader.gone), key=_in_order)
    left = [*each_nth(hidden, 10)]
    while left:
        what = left.pop()
        shares = reader.other_county(what)
        if shares is None:
            yield what
            continue
        moved = {key: shares[key] - share for key, share in reader.home.items()}
        assert reader.said_otherwise(shares) == [] and _by(moved, what) >= ONE_PUPIL
        left = [one for one in left if _by(moved, one) < ONE_PUPIL]


def _by(moved: Shares, what: Unknown) -> float:
    of, less_of = (sum(moved[key] for key in some) for some in what)
    return abs(of - less_of)


def _in_order(what: Unknown) -> list[list[At]]:
    return [sorted(some) for some in what]


@pytest.mark.parametrize("performances, is_known", [(2, True), (30, False)])
def test_a_reader_would_know_what_a_change_of_few_performances_leaves_out(
    performances: int, is_known: bool
) -> None:
    """Hence it is shown from ten on alone: then whole points leave open what the last one said."""
    means = [
        WaveMean(
            performance=n,
            school=n,
            wave=wave,
            month=FIRST,
            answers=12,
            mean=(n % 5 + 4 + (2 + n % 2) * (wave == LATER)) / 12,
        )
        for n in range(performances)
        for wave in (BEFORE, LATER)
    ]
    reader = Reader(means, frozenset())
    for wave in (BEFORE, LATER):
        of = frozenset(key for key in reader.home if key[0] == wave)
        how = (figure_words.percent,) * len(of_level(level(means, wave)))
        reader.lines.append(Line(of, lambda some, wave=wave: of_level(level(some, wave)), how))
    of = frozenset(key for key in reader.home if key[1])
    how = (points,) * len(of_change(between([one for one in means if one.performance], BEFORE, LATER)))
    reader.lines.append(Line(of, lambda some: of_change(between(some, BEFORE, LATER)), how))
    left_out = frozenset([(LATER, 0)]), frozenset([(BEFORE, 0)])
    assert (reader.other_county(left_out) is None) == is_known


def waiting_county(seed: int) -> Answered:
    """Nothing is released yet."""
    with transaction():
        return answered.lay(county(Random(seed)), released=False)


@pytest.mark.parametrize("seed", [0])
def test_changes_of_ten_releases_determine_nothing_hidden(app: Flask, client: FlaskClient, seed: int) -> None:
    told = waiting_county(seed)
    files = [file for _, file in files_of(told, client)]
    assert len(files) >= 10
    found = read(releases.of_programme(told.programme), files)
    assert min(found.numbers.values()) > 10 and len(found.hidden) > 100
    assert list(known(found)) == []


def test_pages_reports_and_the_feed_say_of_changes_what_the_file_of_that_day_says_and_no_more(
    app: Flask, client: FlaskClient, stopped: Any
) -> None:
    told = waiting_county(0)
    programme, compared = told.programme.id, 0
    with transaction():
        bearer = tokens.make(told.programme.partnership_id, "Board", who="P", now=make.EARLIER)[1]
    for day, file in files_of(told, client):
        if not is_drawn(str(day), one_in=5):
            continue
        lines = [line for line in file[1:] if len(line) > 14]
        in_file = {cells for line in lines for cells in (pair(line[5:7]), pair(line[13:15]))}
        changes = {abs(int(one)) for line in lines for one in line[12:15] if one not in ("", "hidden")}
        stopped.now = at(day + timedelta(days=1))
        with transaction():
            report = publishing.publish(told.programme, day, who="P", now=stopped.now)
        feed = {"Authorization": f"Bearer {bearer}"}
        answers = [
            *(client.get("/desk/outcomes", query_string={"programme": programme, "by": by}) for by in TABLES),
            client.get(f"/desk/reports/{report.id}"),
            client.get(f"/api/v1/programmes/{programme}/figures?as_of={day}", headers=feed),
            client.get(f"/api/v1/reports/{report.id}", headers=feed),
        ]
        for answer in answers:
            told_json = answer.get_json() if answer.is_json else None
            text = str(told_json.get("content", told_json)[OUTCOMES]) if told_json else answer.text
            text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))
            intervals = {pair(found) for found in re.findall(r"\((−?\d+) to (−?\d+)\)", text)}
            points_said = {int(one) for one in re.findall(r"(\d+) points? (?:more|less)", text)}
            assert intervals <= in_file and points_said <= changes, (day, answer.request.path)
            compared += len(intervals) + len(points_said)
        if compared > ENOUGH and not is_longest():
            break
    assert compared > ENOUGH


def pair(numbers: Sequence[str]) -> tuple[str, str]:
    low, high = (one.replace("−", "-") for one in numbers)
    return low, high
