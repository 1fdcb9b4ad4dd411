"""Rows for researchers: what stands in them, what is left out, and the check of a file against what is published."""

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

import answered
from answered import RELEASED, Answered, Show
from outreach.ground.db import transaction
from outreach.outcomes import findings, redone, releases, researchers, wave_means
from outreach.outcomes.closed_answers import counts_by_item
from outreach.outcomes.researchers import ResearchRow
from outreach.outcomes.wave_changes import AFTER, BEFORE


def shows(*said: tuple[int, int], district: str = "Kestermere", weeks: int = 0) -> list[Show]:
    school = {"district_code": f"E-{district}", "district_name": district}
    return [Show(said={BEFORE: one, AFTER: one}, school=school, pupils={8: 60}, weeks=weeks) for one in said]


def laid(*said: tuple[int, int]) -> Answered:
    with transaction():
        return answered.lay(shows(*said))


def rows_of(told: Answered) -> list[ResearchRow]:
    released = releases.of_programme(told.programme)
    ids = [wave.id for wave in released.waves]
    return researchers.rows(
        released.rows_for_researchers(),
        released.numbers,
        counts_by_item(ids),
        released.shows,
        released.waves,
        wave_means.items_asked(ids),
    )


def true_or_false(told: Answered) -> list[ResearchRow]:
    ids = [wave.id for wave in releases.of_programme(told.programme).waves]
    item = wave_means.items_asked(ids)[4]
    assert item.right_answer == 0
    return [row for row in rows_of(told) if (row.item, row.wave) == (item.id, AFTER)]


def test_a_row_has_count_mean_and_variance_under_a_random_number_and_neither_day_nor_school(
    app: Flask,
) -> None:
    told = laid(*[(18, 6)] * 4)
    found = true_or_false(told)
    assert [(row.answers, row.mean, row.variance) for row in found] == [(24, 0.25, 0.19)] * 4
    assert {(row.quarter, row.school_type) for row in found} == {("2026 Q4", "Academy converter")}
    assert len({row.number for row in found}) == 4 and found == sorted(found, key=lambda row: row.number)
    assert not {row.number for row in found} & {show.id for show in told.shows}
    text = researchers.as_csv(rows_of(told))
    assert text == researchers.as_csv(rows_of(told)), "the same in every file"
    for show in told.shows:
        assert str(show.organisation_id) not in text and show.starts_at.date().isoformat() not in text


def test_no_row_goes_out_of_which_a_class_under_five_follows(app: Flask) -> None:
    found = true_or_false(laid((18, 6), (18, 6), (18, 6), (22, 2), (20, 4), (19, 5), (6, 3)))
    assert sorted(row.mean for row in found) == [0.21, 0.25, 0.25, 0.25][: len(found)]
    assert all(min(row.mean, 1 - row.mean) * row.answers >= 4.9 and row.answers >= 10 for row in found)


def test_what_is_left_of_a_figure_without_its_rows_is_three_schools_and_five_either_way(app: Flask) -> None:
    """Of five shows one has no row: were the four others out, the whole would tell of it."""
    found = true_or_false(laid((18, 6), (18, 6), (18, 6), (18, 6), (22, 2)))
    assert len(found) == 2, "two more stay in"
    three = true_or_false(laid2((18, 6), (18, 6), (18, 6), (22, 2), (22, 2), (22, 2)))
    assert len(three) == 3


def laid2(*said: tuple[int, int]) -> Answered:
    with transaction():
        return answered.lay(shows(*said), la_code="932")


def test_nothing_of_a_hidden_district_has_a_row(app: Flask) -> None:
    with transaction():
        told = answered.lay([*shows(*[(18, 6)] * 6), *shows((18, 6), district="North Marl")])
    ids = [wave.id for wave in releases.of_programme(told.programme).waves]
    tell = wave_means.items_asked(ids)[0].id
    gone = releases.of_programme(told.programme).rows_for_researchers()[tell]
    hidden = {
        wave.id
        for wave in releases.of_programme(told.programme).waves
        if wave.performance == told.shows[6].id
    }
    assert not gone & hidden


def test_a_type_of_fewer_than_three_schools_is_not_said(app: Flask) -> None:
    special = [Show(said={AFTER: (18, 6)}, school={"type_of_establishment": "Special"}, pupils={8: 60})]
    with transaction():
        told = answered.lay([*shows(*[(18, 6)] * 6), *special])
    assert {row.school_type for row in rows_of(told)} <= {"Academy converter", ""}
    places = researchers._places(releases.of_programme(told.programme).shows)
    assert places[told.shows[6].id] == ("2026 Q4", "")


def test_a_file_redoes_what_is_published_as_far_as_it_goes(app: Flask, tmp_path: Path) -> None:
    told = laid(*[(18, 6), (12, 12), (15, 9)] * 2)
    text = researchers.as_csv(rows_of(told))
    found = findings.of_programme(told.programme, now=RELEASED)
    done = redone.redone(redone.read(text.splitlines()), found)
    assert done.differs == [] and any("144 answers, published are 144" in line for line in done.same)
    assert any("62% gave the right answer" in line for line in done.same)
    assert any("does not follow from means of a scale" in line for line in done.open)
    file, wrong = tmp_path / "rows.zip", tmp_path / "wrong.csv"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("rows.csv", text)
    runner = app.test_cli_runner()
    said = runner.invoke(args=["outcomes", "verify", str(file)])
    assert said.exit_code == 0 and "The same:" in said.output and "Cannot be redone:" in said.output
    lines = list(csv.reader(io.StringIO(text)))
    lines[1][5] = str(int(lines[1][5]) + 1)
    wrong.write_text("\n".join(",".join(line) for line in lines))
    said = runner.invoke(args=["outcomes", "verify", str(wrong)])
    assert said.exit_code == 1 and "Not the same:" in said.output
    wrong.write_text("a,b\n1,2\n")
    said = runner.invoke(args=["outcomes", "verify", str(wrong)])
    assert said.exit_code == 1 and "This is no file for researchers" in said.output


def test_a_share_of_schools_with_two_performances_does_not_follow_from_rows_without_schools(
    app: Flask,
) -> None:
    with transaction():
        first, *others = shows(*[(18, 6), (12, 12), (15, 9)] * 2)
        told = answered.lay([first, *others, replace(first, same_school_as=0)])
    found = findings.of_programme(told.programme, now=RELEASED)
    done = redone.redone(redone.read(researchers.as_csv(rows_of(told)).splitlines()), found)
    assert done.differs == [] and any("each school counts alike" in line for line in done.open)


def test_a_row_that_went_out_stays_and_a_later_release_is_judged_beside_it(app: Flask) -> None:
    with transaction():
        told = answered.lay(shows(*[(18, 6)] * 3), released=False)
        releases.release(told.programme, now=RELEASED)
    before = rows_of(told)
    assert len(true_or_false(told)) == 3
    assert rows_of(told) == before


@pytest.mark.parametrize(("item_kind", "first"), [("codebook", "One row:")])
def test_the_codebook_says_what_each_column_and_item_is(app: Flask, item_kind: str, first: str) -> None:
    told = laid(*[(18, 6)] * 3)
    ids = [wave.id for wave in releases.of_programme(told.programme).waves]
    lines = list(researchers.codebook(wave_means.items_asked(ids)))
    assert lines[0].startswith(first)
    assert sum("not validated" in line for line in lines) >= 6
