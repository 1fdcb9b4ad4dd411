"""A reader who keeps every page and file of ten releases, reads them in any order and solves them in whole numbers."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import highspy
import pytest
from flask import Flask
from flask.testing import FlaskClient

import answered
import make
from answered import Answered, Show
from how_many import is_drawn, so_many
from outcomes.test_hiding_attacked import Reader
from outreach.coverage.board import publishing
from outreach.ground.db import transaction
from outreach.ground.timespans import wall
from outreach.outcomes import releases, wave_means
from outreach.outcomes.board_parts import OUTCOMES
from outreach.outcomes.hiding import At, Figure, Heard, MaySee
from outreach.outcomes.item_figures import MONTHS, WHOLE, ItemFigures, Key
from outreach.post.feeds import tokens
from outreach.web.coordinator.outcomes_words import NAMES, TABLES

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

FIRST = answered.FIRST_SHOW.date()
Line = tuple[str, ...]


def county(random: Random) -> list[Show]:
    """Thirty shows over thirty weeks in three districts, some of a school that had one before; many answer alike."""
    shows: list[Show] = []
    for n in range(30):
        said = {}
        for wave, share in (("before", 0.4), ("after", random.choice([0.7, 0.85, 0.97])), ("later", 0.6)):
            number = random.choice([6, 10, 12, 20])
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
                pupils={random.choice([8, 9]): random.choice([20, 24, 30])},
                weeks=n,
                same_school_as=random.randrange(n) if n and random.random() < 0.2 else None,
            )
        )
    return shows


def files_of(told: Answered, client: FlaskClient) -> tuple[list[list[Line]], list[int]]:
    """The file of outcomes after each release, and how many waves were in by then."""
    make.signed_in(client, told.person)
    day, files, came = FIRST, [], []
    while day < FIRST + timedelta(weeks=60):
        day += timedelta(weeks=1)
        with transaction():
            if not releases.release_next(now=at(day)):
                continue
        answer = client.get("/desk/outcomes.csv", query_string={"programme": told.programme.id})
        assert answer.status_code == 200
        files.append([tuple(line) for line in csv.reader(io.StringIO(answer.text))])
        came.append(len(releases.of_programme(told.programme).waves))
    return files, came


def at(day: date) -> datetime:
    return wall(day, answered.FIRST_SHOW.time())


@pytest.mark.parametrize("seed", range(so_many(3, least=1)))
def test_ten_releases_in_any_order_determine_nothing_hidden(
    app: Flask, client: FlaskClient, seed: int
) -> None:
    random = Random(seed)
    with transaction():
        told = answered.lay(county(random), released=False)
    files, came = files_of(told, client)
    assert len(files) >= 10 and came == sorted(set(came))
    known = releases.of_programme(told.programme)
    items = wave_means.items_asked([wave.id for wave in known.waves])
    means = wave_means.means_by_item(known.shows, known.waves, items)[items[0].id]
    by_release = [
        ItemFigures(means, known.shows, [w for w in known.waves if w.id in one.waves], with_rows=True)
        for one in known.shown
    ]
    heard = by_release[-1].heard
    reader = AllReleases(heard)
    learnt: dict[tuple[Key, Line], Figure] = {}
    shuffled = list(enumerate(files))
    random.shuffle(shuffled)
    for n, file in shuffled:
        for key, line in lines_of(file, by_release[n]).items():
            if line[7] not in ("", "hidden"):
                # What stands since an earlier release rests on what was in by then.
                since = min(m for m, other in enumerate(files) if line in map(said, other))
                learnt[key, line] = by_release[since].figures[key]
    for (_, line), figure in learnt.items():
        reader.learn(figure, line)
    at_of = {wave.id: (wave.kind, wave.performance) for wave in known.waves}
    gone = {at_of[wave] for wave in known.rows_for_researchers()[items[0].id]}
    for at in gone:
        # What a row for researchers says is more than enough to know how many said yes.
        reader.model.addConstr(reader.yes[at] == heard[at].yes)
        reader.model.addConstr(reader.no[at] == heard[at].answers - heard[at].yes)
    may_be_known = {figure.of for figure in learnt.values()}
    for one, now in zip(known.shown, by_release, strict=True):
        # A side of the same months may be seen, and is not printed while the comparison is none.
        seen = one.of(items[0].id).seen.shown
        may_be_known |= {figure.of for key, figure in now.figures.items() if key in seen and key[0] == MONTHS}
    hidden = {figure.of for now in by_release for figure in now.figures.values()} - may_be_known
    single = {frozenset([at]) for at in heard if heard[at].counts and at not in gone}
    looked_at = sorted(hidden | single, key=sorted)
    for some in random.sample(looked_at, so_many(len(looked_at), least=60)):
        if some:
            reader.must_not_know(some)
    assert len(hidden) > 5 and len(learnt) > 25, "something is hidden, and more is shown"


def test_pages_reports_and_the_feed_say_of_pupils_what_the_files_say_and_no_more(
    app: Flask, client: FlaskClient, stopped: Any
) -> None:
    """What is solved above are the files; so nothing may stand anywhere else that is not in the file of that day."""
    with transaction():
        told = answered.lay(county(Random(0)), released=False)
        bearer = tokens.make(told.programme.partnership_id, "Board", who="P", now=make.EARLIER)[1]
    make.signed_in(client, told.person)
    programme, day, compared = told.programme.id, FIRST, 0
    while day < FIRST + timedelta(weeks=60):
        day += timedelta(weeks=1)
        with transaction():
            if not releases.release_next(now=at(day)):
                continue
        if not is_drawn(str(day), one_in=3):
            continue
        stopped.now = at(day + timedelta(days=1))
        answer = client.get("/desk/outcomes.csv", query_string={"programme": programme})
        file = [tuple(line) for line in csv.reader(io.StringIO(answer.text))]
        whole = {line[3]: line for line in file[1:] if line[0] == "Programme" and line[2] == file[1][2]}
        with transaction():
            report = publishing.publish(told.programme, day, who="P", now=stopped.now)
        parts = report.content[OUTCOMES]
        for wave in parts["waves"]:
            line = whole[NAMES[wave["wave"]]]
            for cell, said_there in (
                (4, "share"),
                (5, "low"),
                (6, "high"),
                (7, "answers"),
                (11, "response_rate"),
            ):
                number = int(line[cell]) if line[cell].isdecimal() else None
                assert wave[said_there] == number, (day, wave, line)
                compared += number is not None
        fed = client.get(
            f"/api/v1/programmes/{programme}/figures?as_of={day}",
            headers={"Authorization": f"Bearer {bearer}"},
        ).get_json()
        assert fed[OUTCOMES] == parts
        pairs = {(line[7], line[11]) for line in file[1:] if len(line) > 11}
        for by in TABLES:
            page = client.get("/desk/outcomes", query_string={"programme": programme, "by": by}).text
            told_there = set(re.findall(r"([\d,]+)(?: answers)?, (\d+)%", re.sub(r"<[^>]+>", "", page)))
            assert {(n.replace(",", ""), rate) for n, rate in told_there} <= pairs, day
            compared += len(told_there)
    assert compared > so_many(200, least=60)


def lines_of(file: list[Line], figures: ItemFigures) -> dict[Key, Line]:
    """The lines of whom to tell, by the figure that each says."""
    by = {name: key for key, name in TABLES.items()} | {"Programme": WHOLE}
    waves = {name: kind for kind, name in NAMES.items()}
    row = {(of, name): key for (of, key), (name, _) in figures.groups.items()}
    tell = file[1][2]
    return {
        (by[line[0]], row[by[line[0]], line[1]], waves[line[3]]): said(line)
        for line in file[1:]
        if len(line) > 3 and line[2] == tell and line[3] in waves
    }


def said(line: Line) -> Line:
    """What a line says of its wave: not how many schools there are by now, nor the change."""
    return (*line[:10], *line[11:12])


class AllReleases(Reader):
    """What a reader knows of all releases together. How many said yes and could answer is told to him whole, where a
    file says a share and a rate: more than he reads."""

    def __init__(self, heard: Mapping[At, Heard]) -> None:
        super().__init__(
            {at: one for at, one in heard.items() if one.counts},
            {},
            MaySee(shown=frozenset(), beyond=frozenset(), rates=frozenset()),
        )
        self.heard = heard
        for at in heard.keys() - self.yes.keys():
            self.silent[at] = self._number()

    def learn(self, figure: Figure, line: Line) -> None:
        answers, yes = int(line[7]), sum(self.heard[at].yes for at in figure.of)
        assert answers == sum(self.heard[at].answers for at in figure.of)
        self.model.addConstr(sum(self.yes[at] + self.no[at] for at in figure.of) == answers)
        if line[4].isdecimal():
            self.model.addConstr(sum(self.yes[at] for at in figure.of) == yes)
        if line[10].isdecimal():
            everybody = sum(self.heard[at].pupils for at in figure.asked)
            could = [self.silent[at] for at in figure.asked]
            answered_too = [self.yes[at] + self.no[at] for at in figure.of]
            self.model.addConstr(sum(could) + sum(answered_too) == everybody)

    def must_not_know(self, some: frozenset[At]) -> None:
        for numbers in (self.yes, self.no):
            least, most = self.range_of(numbers, some)
            assert least < most, some


def test_a_reader_of_two_releases_would_solve_what_was_judged_one_by_one(app: Flask) -> None:
    heard = {
        ("after", n): Heard(school=n, answers=20, yes=yes, pupils=40) for n, yes in enumerate([9, 9, 9, 2])
    }
    reader = AllReleases(heard)
    for number in (3, 4):
        of = frozenset(list(heard)[:number])
        line = ("", "", "", "", "50", "", "", str(20 * number), "", "", "")
        reader.learn(Figure(of=of), line)
    assert reader.range_of(reader.yes, frozenset([("after", 3)])) == (2, 2)
    assert isinstance(reader.model, highspy.Highs)
