"""Bodies in the reckoning of a programme for adults: standings with cause and next step, their staff as of a day, what
they came from, and what is not read where none is asked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from test_standing_rules import FAILED, FIRST, MISSING, NOW, SECOND, THIRD, found, noon, played

import make
from outreach.county.bodies import Body
from outreach.coverage import facts, figures, gaps, in_parts, lists, standings
from outreach.coverage.gaplist import missing, sheets
from outreach.coverage.gaplist.filters import GapFilters
from outreach.coverage.school import story
from outreach.coverage.standings import WHOLE_AREA, Reckoning
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.tour import target_decisions
from outreach.tour.adults import EVERYBODY, NO_SCHOOLS, AdultTarget
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

POLICE = AdultTarget(schools=NO_SCHOOLS, kinds=("Police",))
COUNTED = {"front_line_staff": 40, "staff_counted_on": date(2026, 8, 3)}


@pytest.fixture
def training(app: Flask) -> Programme:
    with transaction():
        return make.programme(make.partnership(), (), POLICE, for_adults=True)


@pytest.fixture
def team(training: Programme) -> Body:
    """Forty at the front line; it can be written to."""
    with transaction():
        body = make.body(_county(training), **COUNTED)
        make.contact(body, address="duty@team.example")
        return body


def _county(training: Programme) -> Any:
    return db.session.get_one(make.Partnership, training.partnership_id)


def _reckoned(training: Programme, day: date = NOW.date()) -> Reckoning:
    return standings.standings_of_programme(training.id, as_of=day, now=NOW)


def _meant(training: Programme, day: date = NOW.date()) -> list[int]:
    return [s.organisation_id for s in _reckoned(training, day).target]


def _invite(training: Programme, team: Body, days_ago: int) -> None:
    make.invitation(training, team, NOW - timedelta(days=days_ago), address="duty@team.example")


STANDS: list[tuple[Callable[[Programme, Body], Any], str, str, str]] = [
    (lambda t, b: None, "not asked", "not asked", "Write"),
    (
        lambda t, b: make.dead_address("duty@team.example", noon(FIRST)),
        "unreachable",
        "no address",
        "Find an address",
    ),
    (lambda t, b: _invite(t, b, 2), "asked", "asked on", "Ring and note"),
    (lambda t, b: _invite(t, b, 40), "asked", "silent since", "Remind, or ring and note"),
    (
        lambda t, b: make.answer(t, b, "declined", noon(FIRST), reason="No time"),
        "declined",
        "declined: No time",
        "Ring and note",
    ),
    (
        lambda t, b: make.answer(t, b, "waiting list", noon(FIRST)),
        "asked",
        "on the waiting list",
        "Offer a time",
    ),
    (
        lambda t, b: make.booking(make.show(t, b, noon(date(2027, 6, 8))), {STAFF: 12}),
        "booked",
        "booked for 8 June 2027",
        "",
    ),
    (lambda t, b: played(t, b, FIRST, {STAFF: 30}, MISSING), "to confirm", "report missing", "Ask for"),
    (lambda t, b: played(t, b, FIRST, {STAFF: 30}, FAILED), "asked", "did not take place", "Offer the"),
    (lambda t, b: played(t, b, FIRST, {STAFF: 12}), "part seen", "12 of 40 counted", "Offer a second"),
    (lambda t, b: played(t, b, FIRST, {STAFF: 20}), "seen", "", ""),
]


@pytest.mark.parametrize(("happens", "standing", "cause", "step"), STANDS)
def test_a_body_stands_where_a_school_would_with_its_cause_and_the_next_step(
    training: Programme,
    team: Body,
    happens: Callable[[Programme, Body], Any],
    standing: str,
    cause: str,
    step: str,
) -> None:
    happens(training, team)
    db.session.commit()
    s = found(training, team)
    assert (s.standing, s.is_gap) == (standing, standing not in ("seen", "booked"))
    assert s.cause.startswith(cause) and bool(s.cause) == bool(cause)
    assert s.next_action.startswith(step) and bool(s.next_action) == bool(step)
    assert (s.kind_of_body, s.phase, s.is_body, s.district_name) == ("Police", "Police", True, WHOLE_AREA)
    assert (s.year_groups.keys(), s.place_known, s.ages_unknown) == ({STAFF}, True, False)


@pytest.mark.parametrize(
    ("staff", "words"),
    [(None, "nobody has counted the staff"), (0, "no front-line staff when counted on 3 August 2026")],
)
def test_of_staff_that_nobody_counted_or_that_are_nobody_no_share_is_made_and_that_is_said(
    training: Programme, team: Body, staff: int | None, words: str
) -> None:
    with transaction():
        unknown = make.body(
            _county(training),
            front_line_staff=staff,
            staff_counted_on=None if staff is None else date(2026, 8, 3),
        )
        make.contact(unknown)
    for body in (team, unknown):
        played(training, body, FIRST, {STAFF: 30})
    known, s = found(training, team), found(training, unknown)
    assert (s.standing, s.target_pupils, s.pupils_by_year, s.seen_pupils) == ("seen", None, {STAFF: None}, 30)
    assert (s.no_number, s.next_action) == (words, gaps.COUNT_STAFF)
    assert (known.no_number, known.next_action, lists.number_of(known)) == ("", "", lists.OWN)
    both = figures.whole([known, s], county="x")
    assert (both.seen_pupils, both.seen_of_known, both.target_pupils, both.unknown) == (60, 30, 40, 1)
    assert both.pupil_share == 75 and figures.whole([s], county="x").pupil_share is None


def test_the_staff_of_a_body_are_those_that_were_counted_by_that_day(training: Programme, team: Body) -> None:
    played(training, team, FIRST, {STAFF: 30})
    with transaction():
        make.body_record(team, noon(SECOND), front_line_staff=80, staff_counted_on=SECOND)
        make.body_record(team, noon(THIRD), front_line_staff=None, staff_counted_on=None)

    def told(day: date) -> tuple[str, int | None]:
        s = found(training, team, day)
        return s.standing, s.target_pupils

    assert told(SECOND - timedelta(days=1)) == ("seen", 40)
    assert told(SECOND) == ("part seen", 80)
    assert told(THIRD) == ("seen", None)


def test_bodies_of_the_kinds_that_were_chosen_by_that_day_are_counted_and_no_others(
    training: Programme, team: Body
) -> None:
    with transaction():
        health = make.body(_county(training), kind="Health")
        picked = make.body(_county(training), kind="Transport")
        make.body(make.partnership(("934",)))
        school = make.school()
        make.target(training, noon(FIRST), (), AdultTarget(kinds=("Health",)))
        make.decision(training, picked, "include", noon(SECOND), (STAFF,))
        make.decision(training, health, "exclude", noon(SECOND), reason="Trained by its own")
        make.body_record(team, noon(THIRD), type_of_establishment="Health")
    assert _meant(training, FIRST - timedelta(days=1)) == [team.organisation_id]
    assert _meant(training, FIRST) == [school.organisation_id, health.organisation_id]
    assert _meant(training, SECOND) == [school.organisation_id, picked.organisation_id]
    assert set(_meant(training, THIRD)) == {x.organisation_id for x in (school, picked, team)}
    (out,) = _reckoned(training).excluded
    assert (out.organisation_id, out.detail, out.since) == (
        health.organisation_id,
        "Trained by its own",
        SECOND,
    )


def test_what_a_body_did_counts_for_the_one_that_takes_its_place(training: Programme, team: Body) -> None:
    played(training, team, FIRST, {STAFF: 30})
    with transaction():
        heir = make.body(_county(training), front_line_staff=50, staff_counted_on=date(2026, 8, 3))
        make.body_record(team, noon(SECOND), status="Closed", close_date=SECOND)
        make.succession(team, heir, noon(SECOND), SECOND)
    assert set(_meant(training, FIRST)) == {team.organisation_id, heir.organisation_id}
    assert found(training, heir, FIRST).standing == "unreachable"
    assert _meant(training, SECOND) == [heir.organisation_id]
    s = found(training, heir)
    assert (s.standing, s.seen_pupils, s.target_pupils) == ("seen", 30, 50)
    (chapter,) = story.story_of_organisation(
        heir.organisation_id, _county(training), as_of=NOW.date(), now=NOW
    )
    assert chapter.standing is not None and chapter.standing.standing == "seen"
    with transaction():
        gone = make.body(_county(training))
        make.body_record(gone, noon(THIRD), status="Closed", close_date=THIRD)
    played(training, gone, SECOND, {STAFF: 7})
    (also,) = _reckoned(training).also_seen
    assert (also.organisation_id, also.why, also.pupils) == (gone.organisation_id, "closed", 7)


def test_a_body_of_another_kind_that_came_all_the_same_is_told_beside_the_target(
    training: Programme, team: Body
) -> None:
    with transaction():
        health = make.body(_county(training), kind="Health")
    played(training, health, FIRST, {STAFF: 5})
    (also,) = _reckoned(training).also_seen
    assert (also.name, also.why, also.district_name) == (health.name, "not in the target", WHOLE_AREA)


def test_a_programme_for_pupils_takes_no_body_in(training: Programme, team: Body) -> None:
    with transaction():
        play = make.programme(_county(training), title="A play")
    told = {"reason": "Wanted", "who": "Priya", "now": NOW}
    for deed in (
        lambda: target_decisions.include(play, team, (8,), **told),
        lambda: target_decisions.exclude(play, team, **told),
    ):
        with pytest.raises(target_decisions.CannotBeTakenIn, match="no pupils"), transaction():
            deed()
    with transaction():
        make.body_record(team, noon(SECOND), status="Closed", close_date=SECOND)
        team.status = "Closed"
    with pytest.raises(target_decisions.CannotBeTakenIn, match="is closed. Open it again"), transaction():
        target_decisions.include(training, team, (), **told)
    assert _reckoned(play).target == []


@pytest.mark.both_databases
def test_bodies_cost_no_query_more_and_where_none_is_asked_no_row(
    app: Flask, count_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        county = make.partnership()
        play = make.programme(county, title="A play")
        for_schools = make.programme(county, (), EVERYBODY, for_adults=True, title="For schools")
        for_both = make.programme(county, (), replace(EVERYBODY, kinds=("Police",)), for_adults=True)
        make.contact(make.school())
    read: list[int] = []
    plain = facts.plain_rows

    def tallied(*asked: Any) -> Any:
        rows = list(plain(*asked))
        read.append(len(rows))
        return rows

    monkeypatch.setattr(facts, "plain_rows", tallied)

    def rows_of(programme: Programme) -> int:
        assert programme.id  # read anew after what was committed
        read.clear()
        with count_queries() as queries:
            _reckoned(programme)
        assert len(queries) == 21
        return sum(read)

    before = {p.id: rows_of(p) for p in (play, for_schools, for_both)}
    with transaction():
        for _ in range(3):
            make.contact(make.body(county))
    assert [rows_of(p) - before[p.id] for p in (play, for_schools)] == [0, 0]
    assert rows_of(for_both) - before[for_both.id] == 6  # a record and a contact of each
    assert len(_meant(for_both)) == 4


@pytest.mark.both_databases
def test_exports_read_bodies_in_parts_and_name_their_kind_in_place_of_a_number(
    training: Programme, team: Body
) -> None:
    with transaction():
        make.target(training, noon(FIRST), (), AdultTarget(kinds=("Police",)))
        school = make.school(name="Zeal School")
    parts = list(in_parts.standings_in_parts(training.id, as_of=NOW.date(), now=NOW, size=1))
    assert [s for part in parts for s in part.target] == sorted(
        _reckoned(training).target, key=lambda s: s.name
    )
    gaps_now = missing.missing_from_programme(training, now=NOW).gaps
    assert {g.organisation_id for g in gaps_now} == {team.organisation_id, school.organisation_id}
    head, *lines, end = sheets.lines(training, GapFilters(), None, now=NOW, between=lambda: None)
    told = [dict(zip(head, line, strict=True)) for line in lines]
    columns = ("URN", "School", "Phase", "Type", "Kind of body")
    assert [tuple(line[c] for c in columns) for line in told] == [
        ("", team.name, "", "", "Police"),
        (school.organisation_id, "Zeal School", "Secondary", "Academy converter", ""),
    ]
    assert end == ["End of the list: 2 schools and bodies. A file without this line was cut off."]


@pytest.mark.both_databases
def test_a_venue_stands_in_no_reckoning_whatever_took_place_there(training: Programme, team: Body) -> None:
    with transaction():
        hall = make.venue(_county(training))
        session = make.session(training, hall, noon(FIRST))
        show = db.session.get_one(Performance, session.performance_id)
        place = make.booking(show, {STAFF: 30}, of=team)
        make.report(place, "school", noon(FIRST) + timedelta(hours=6), {STAFF: 28})
    reckoning = _reckoned(training)
    assert [(s.organisation_id, s.standing, s.seen_pupils) for s in reckoning.target] == [
        (team.organisation_id, "seen", 28)
    ]
    assert (reckoning.excluded, reckoning.also_seen, reckoning.not_held) == ([], [], {})
    parts = list(in_parts.standings_in_parts(training.id, as_of=NOW.date(), now=NOW))
    assert [s.organisation_id for part in parts for s in part.target] == [team.organisation_id]


def test_who_came_beyond_the_staff_of_one_is_counted_and_in_no_share(training: Programme, team: Body) -> None:
    with transaction():
        other = make.body(_county(training), front_line_staff=60, staff_counted_on=date(2026, 8, 3))
        make.contact(other)
    played(training, team, FIRST, {STAFF: 150})
    whole = figures.whole([found(training, team), found(training, other)], county="x")
    assert (whole.seen_pupils, whole.seen_of_known, whole.target_pupils) == (150, 150, 100)
    assert (whole.beyond_staff, whole.pupil_share, whole.pupil_share_said) == (110, 40, "40%")
