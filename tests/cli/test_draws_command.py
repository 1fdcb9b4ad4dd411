"""flask draws check: the order done once more from the seed, and said whether it is the one that is kept."""

from typing import Any

from flask import Flask
from sqlalchemy import text

import make
from outreach.asking import draws
from outreach.asking.draws import Due
from outreach.ground.db import db, transaction


def drawn() -> int:
    with transaction():
        programme = make.programme(make.partnership())
        organisation_ids = [make.school(name=f"Redmere {n}").organisation_id for n in range(4)]
        due = {
            organisation_id: Due(tier=1 + (n > 0), words="Seen before" if n else "Never seen")
            for n, organisation_id in enumerate(organisation_ids)
        }
        return draws.draw(
            programme,
            due,
            first=2,
            seen={organisation_id: one.tier for organisation_id, one in due.items()},
            who="Priya Nandakumar",
            now=make.NOW,
        ).id


def run(app: Flask, *words: str) -> Any:
    return app.test_cli_runner().invoke(args=["draws", "check", *words])


def test_a_draw_is_done_again_and_is_the_same(app: Flask) -> None:
    draw_id = drawn()
    seed = draws.get(draw_id).draw.seed
    first = draws.get(draw_id).places[0]
    done = run(app, str(draw_id))
    assert done.exit_code == 0, done.output
    for said in (
        f"Draw {draw_id}: 2 of 4 schools asked first, drawn 19 January 2027 at 9:00am by Priya Nandakumar",
        f"Seed {seed}",
        "Tier 1, Never seen: 1 school, all first",
        "Tier 2, Seen before: 3 schools, split by lot",
        f"    1 first tier 1 {draws.digest(seed, first.organisation_id)[:16]} {first.organisation_id} Redmere 0",
        "The same: all 4 places are those that the seed gives.",
    ):
        assert said in done.output


def test_without_a_number_the_draws_are_listed(app: Flask) -> None:
    assert "Nothing was drawn yet." in run(app).output
    draw_id = drawn()
    assert f"{draw_id}: 2 of 4 schools asked first, drawn 19 January 2027" in run(app).output


def test_a_number_that_is_none_is_said(app: Flask) -> None:
    done = run(app, "77")
    assert done.exit_code == 1 and "There is no such draw here." in done.output


def test_places_that_somebody_changed_behind_the_guards_are_found_out(app: Flask) -> None:
    draw_id = drawn()
    sqlite = db.engine.dialect.name == "sqlite"
    guard = "ALTER TABLE drawn_school {} TRIGGER drawn_school_guard"
    with transaction() as session:
        for statement in (
            "DROP TRIGGER drawn_school_guard_update" if sqlite else guard.format("DISABLE"),
            "UPDATE drawn_school SET place = 99 - place WHERE place IN (3, 4)",
            "UPDATE drawn_school SET place = place - 92 WHERE place > 90",
            "SELECT 1" if sqlite else guard.format("ENABLE"),  # the database is lent to other tests
        ):
            session.execute(text(statement))
    assert sorted(one.place for one in draws.get(draw_id).places) == [1, 2, 3, 4]
    done = run(app, str(draw_id))
    assert done.exit_code == 1
    assert "NOT the same: 2 places kept otherwise than the seed gives." in done.output
