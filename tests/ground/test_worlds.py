"""Rows that many tests begin with: made once, laid as they were made, and each test's own."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

import make
import worlds
from every_address import whole_database
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from worlds import World

made: list[str] = []
"""The kinds of database that the schools below were made on, in this process."""

first_found: dict[str, Any] = {}
"""By the kind of database, what the first test found in it, and the number that its next row had."""


def two_schools(name: str) -> dict[str, Any]:
    made.append(db.engine.dialect.name)
    with transaction():
        whose = make.partnership()
        schools = [make.school(name=f"{name} {n}") for n in range(2)]
        make.booking(make.show(make.programme(whose), schools[0], make.NOW), {8: 100})
        return {"whose": whose, "schools": schools, "said": name}


@pytest.mark.parametrize("nth", range(3))
def test_each_test_finds_the_rows_as_they_were_made_and_may_change_them(
    app: Flask, world: World, nth: int
) -> None:
    found = world(two_schools, "Redmere")
    rows = whole_database()
    assert [school.name for school in found["schools"]] == ["Redmere 0", "Redmere 1"]
    assert list(db.session.scalars(select(School).order_by(School.organisation_id))) == found["schools"]
    with transaction():
        found["whose"].name = f"Changed by {nth}"
        later = make.partnership(()).id
    assert db.session.scalar(select(func.count()).select_from(Partnership)) == 2
    assert first_found.setdefault(db.engine.dialect.name, (rows, later)) == (rows, later)
    assert len(made) == len(set(made)), "made once for each kind of database"


@pytest.mark.own_app
def test_rows_are_not_for_an_app_with_another_name_in_its_letters(app: Flask, world: World) -> None:
    app.config["PUBLIC_URL"] = "http://elsewhere.example"
    before = len(made)
    world(two_schools, "Redmere")
    assert made.pop() == db.engine.dialect.name and len(made) == before


def test_rows_are_laid_into_an_empty_database_alone(app: Flask, world: World) -> None:
    with transaction():
        make.partnership(())
    with pytest.raises(AssertionError, match="empty"):
        world(two_schools, "Redmere")


def test_rows_are_known_again_by_the_function_that_made_them(app: Flask, world: World) -> None:
    with pytest.raises(AssertionError, match="module"):
        world(lambda: make.partnership())
    with pytest.raises(AssertionError, match="in no table"):
        world(make_nothing)


def make_nothing() -> Partnership:
    return Partnership()


def test_where_changes_of_the_code_are_tried_each_test_makes_its_rows_itself(
    app: Flask,
) -> None:
    def never() -> Any:
        raise AssertionError("nothing is copied")

    forgetful = World(app, never, None)
    found = {forgetful(another_partnership).id for _ in range(2)}
    assert len(found) == db.session.scalar(select(func.count()).select_from(Partnership)) == 2


def another_partnership() -> Partnership:
    with transaction():
        return make.partnership(())


class Noting:
    """A database that notes what is laid into it."""

    laid: list[Any] = []

    def is_empty(self) -> bool:
        return True

    def copied(self) -> Any:
        return {"rows": "of the first"}

    def lay(self, rows: Any) -> None:
        self.laid.append(rows)


@pytest.mark.parametrize(("seconds", "times"), [(0.0, 1), (1000.0, 2)])
def test_what_took_long_to_make_the_other_workers_of_a_run_find(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, times: int
) -> None:
    monkeypatch.setattr(worlds, "LONG", seconds)
    monkeypatch.setattr(Noting, "laid", [])
    before = len(made)
    for _ in range(2):  # each worker has kept nothing of its own yet
        worker = World(app, Noting, {}, tmp_path)  # type: ignore[arg-type]
        found = worker(a_county)
        assert found.county == "Marlshire"
    assert len(made) == before + times
    assert Noting.laid == [{"rows": "of the first"}] * (2 - times)
    del made[before:]


def a_county() -> Partnership:
    made.append("")
    with transaction():
        return make.partnership(())
