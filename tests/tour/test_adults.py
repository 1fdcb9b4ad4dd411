"""Whom a programme for adults is for: which schools and which staff, in words, by date, and guarded by the database."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

import make
from outreach.county import bodies
from outreach.ground.db import db, transaction
from outreach.ground.history import History
from outreach.tour import adults, programmes, target_decisions
from outreach.tour.adults import (
    ALL,
    EVERYBODY,
    GOVERNORS,
    LEADS,
    NO_SCHOOLS,
    PICKED,
    SOME,
    TEACHERS,
    AdultTarget,
)
from outreach.tour.programmes import Production, Programme, ProgrammeTarget
from outreach.tour.target_decisions import CannotBeTakenIn, NobodyMeant, NotASchoolHere

WHO = {"who": "Priya Nandakumar", "now": make.NOW}
SECONDARY = AdultTarget(schools=SOME, phases=("Secondary",))
BODIES = AdultTarget(schools=NO_SCHOOLS, kinds=("Social work", "District council"))
TRAINING = Production(
    title="Spotting the signs", academic_year=2026, reply_by=date(2027, 2, 5), year_groups=(), for_adults=True
)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (EVERYBODY, "staff of all schools"),
        (AdultTarget(roles=(TEACHERS, GOVERNORS)), "teaching staff and governors of all schools"),
        (AdultTarget(schools=PICKED, roles=(LEADS,)), "safeguarding leads of schools picked one by one"),
        (SECONDARY, "staff of secondary schools"),
        (
            AdultTarget(schools=SOME, phases=("All-through", "Special and alternative provision", "16 plus")),
            "staff of all-through schools, special schools and alternative provision and colleges and schools for 16 plus",
        ),
        (
            AdultTarget(schools=SOME, phases=("Primary",), types=("Academy converter",)),
            "staff of primary schools that are of the type Academy converter",
        ),
        (
            AdultTarget(schools=SOME, types=("Free schools", "University technical college")),
            "staff of schools of the types Free schools and University technical college",
        ),
        (
            AdultTarget(schools=SOME, phases=("Independent, phase not given", "Phase not given")),
            "staff of independent schools without a phase and schools without a phase",
        ),
        (AdultTarget(kinds=("Police",)), "staff of all schools and police"),
        (
            replace(SECONDARY, kinds=("Police", "Hotels and licensing"), roles=(LEADS,)),
            "safeguarding leads of secondary schools, and staff of police and hotels and licensing",
        ),
        (BODIES, "staff of social work and district councils"),
    ],
)
def test_whom_it_is_for_is_said_in_words(target: AdultTarget, said: str) -> None:
    assert target.said == said


def test_which_schools_are_counted_is_said_to_a_board() -> None:
    assert EVERYBODY.rule == "Every open school of the partnership’s authorities where adults can be trained."
    assert SECONDARY.rule == "Every open school of the partnership’s authorities among the secondary schools."
    assert AdultTarget(schools=PICKED).rule == "Every open school that the coordinators picked."
    assert BODIES.rule == "Every open body of these kinds: social work and district councils."
    assert replace(SECONDARY, kinds=("Police",)).rule == (
        "Every open school of the partnership’s authorities among the secondary schools. "
        "Every open body of these kinds: police."
    )


@pytest.mark.parametrize(
    ("target", "phase", "kind", "meant"),
    [
        (EVERYBODY, "Primary", "Community school", True),
        (AdultTarget(schools=PICKED), "Primary", "Community school", False),
        (SECONDARY, "Secondary", "Community school", True),
        (SECONDARY, "Primary", "Community school", False),
        (SECONDARY, "Not applicable", "Community special school", False),
        (
            AdultTarget(schools=SOME, phases=("Special and alternative provision",)),
            "Not applicable",
            "Community special school",
            True,
        ),
        (AdultTarget(schools=SOME, types=("Free schools",)), "Primary", "Free schools", True),
        (AdultTarget(schools=SOME, types=("Free schools",)), "Primary", "Community school", False),
        (replace(SECONDARY, types=("Free schools",)), "Secondary", "Free schools", True),
        (replace(SECONDARY, types=("Free schools",)), "Primary", "Free schools", False),
        (replace(SECONDARY, types=("Free schools",)), "Secondary", "Community school", False),
    ],
)
def test_a_school_is_meant_by_its_phase_and_its_type(
    target: AdultTarget, phase: str, kind: str, meant: bool
) -> None:
    assert target.takes(phase, kind, picked=False) is meant
    assert target.takes(phase, kind, picked=True) is True


def test_a_body_is_meant_by_its_kind_alone() -> None:
    for target in (EVERYBODY, SECONDARY, BODIES):
        assert target.takes_body("Police", picked=False) is False
        assert target.takes_body("Police", picked=True) is True
    assert BODIES.takes_body("Social work", picked=False) is True
    assert BODIES.takes("Secondary", "Community school", picked=False) is False
    assert BODIES.takes("Secondary", "Community school", picked=True) is True


@pytest.mark.parametrize(
    ("target", "refusal", "for_adults"),
    [
        (AdultTarget(schools=SOME), adults.NoKindOfSchool, True),
        (AdultTarget(phases=("Primary",)), adults.NoKindOfSchool, True),
        (AdultTarget(schools=PICKED, types=("Free schools",)), adults.NoKindOfSchool, True),
        (AdultTarget(roles=("cooks",)), adults.NoSuchRole, True),
        (AdultTarget(roles=(LEADS,)), adults.OnlyAdultsChoose, False),
        (SECONDARY, adults.OnlyAdultsChoose, False),
        (AdultTarget(kinds=("Police",)), adults.OnlyAdultsChoose, False),
        (AdultTarget(kinds=("Circus",)), adults.NobodyAsked, True),
        (AdultTarget(schools=NO_SCHOOLS), adults.NobodyAsked, True),
        (replace(BODIES, roles=(LEADS,)), adults.NoSuchRole, True),
        (replace(BODIES, phases=("Primary",)), adults.NoKindOfSchool, True),
        (AdultTarget(valid_months=11), adults.NoSuchValidity, True),
        (AdultTarget(valid_months=121), adults.NoSuchValidity, True),
        (AdultTarget(valid_months=24), adults.NoSuchValidity, False),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(
    app: Flask, target: AdultTarget, refusal: type[Exception], for_adults: bool
) -> None:
    asked = replace(TRAINING, adults=target, for_adults=for_adults, year_groups=() if for_adults else (8,))
    with transaction():
        of = make.partnership().id
    with pytest.raises(refusal), transaction():
        programmes.create(of, asked, **WHO)
    assert programmes.of_partnership(of) == []


@pytest.fixture
def training(app: Flask) -> Programme:
    with transaction():
        return programmes.create(make.partnership().id, replace(TRAINING, adults=SECONDARY), **WHO)


def test_a_changed_target_is_a_new_dated_row_and_stands_in_the_history(training: Programme) -> None:
    later = make.NOW + timedelta(days=30)
    wanted = AdultTarget(
        schools=SOME,
        phases=("Secondary", "Primary", "Primary"),
        roles=(GOVERNORS, TEACHERS),
        kinds=("Health", "Police", "Health"),
    )
    with transaction():
        for _ in range(2):  # the same again leaves no row
            asked = replace(programmes.production_of(training), adults=wanted)
            programmes.change(training, asked, most_seats_booked=0, who="Priya", now=later)
    kept = AdultTarget(
        schools=SOME, phases=("Primary", "Secondary"), roles=(TEACHERS, GOVERNORS), kinds=("Police", "Health")
    )
    assert programmes.adult_target(training.id) == kept
    assert programmes.production_of(training).adults == kept
    rows = db.session.scalars(select(ProgrammeTarget).order_by(ProgrammeTarget.id)).all()
    assert [(r.recorded_at, r.phases, r.kinds) for r in rows] == [
        (make.NOW, ("Secondary",), ()),
        (later, ("Primary", "Secondary"), ("Police", "Health")),
    ]
    told = select(History).where(History.what == "set the target").order_by(History.id)
    assert [(h.before, h.after) for h in db.session.scalars(told)] == [
        (None, "staff of secondary schools"),
        (
            "staff of secondary schools",
            "teaching staff and governors of primary schools and secondary schools, and staff of police and health",
        ),
    ]


def test_for_how_long_a_training_counts_is_dated_told_and_kept_by_a_copy_of_the_production(
    training: Programme,
) -> None:
    for months, said in (
        (24, "A training counts for 24 months."),
        (12, "A training counts for 12 months."),
        (None, ""),
    ):
        wanted = replace(SECONDARY, valid_months=months)
        with transaction():
            programmes.set_target(training, (), wanted, who="Priya", now=make.NOW + timedelta(days=30))
        assert programmes.production_of(training).adults == wanted
        assert programmes.adult_target(training.id).counts_for == said
    told = select(History.after).where(History.what == "set the target").order_by(History.id)
    assert list(db.session.scalars(told)) == [
        "staff of secondary schools",
        "staff of secondary schools. A training counts for 24 months.",
        "staff of secondary schools. A training counts for 12 months.",
        "staff of secondary schools",
    ]


def test_whom_programmes_are_for_is_read_in_one_query(training: Programme, count_queries) -> None:
    with transaction():
        of = programmes.of_partnership(training.partnership_id)
        others = [
            programmes.create(
                training.partnership_id,
                replace(TRAINING, title=f"Play {n}", for_adults=False, year_groups=(8, 9)),
                **WHO,
            )
            for n in range(2)
        ]
    for every in (of, [training, *others]):
        programmes.in_words(every)
        with count_queries() as queries:
            said = programmes.in_words(every)
        assert len(queries) == 1
    assert said == {
        training.id: "staff of secondary schools",
        **{p.id: "Years 8 and 9" for p in others},
    }


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "wrong",
    [
        {"schools": "none"},
        {"schools": SOME},
        {"schools": ALL, "phases": ("Primary",)},
        {"schools": PICKED, "types": ("Free schools",)},
        {"schools": PICKED, "year_groups": (8, 9)},
        {"roles": (LEADS,), "year_groups": (8, 9)},
        {"kinds": ("Police",), "year_groups": (8, 9)},
        {"schools": NO_SCHOOLS, "kinds": ("Police",), "roles": (LEADS,)},
        {"valid_months": 11},
        {"valid_months": 121},
        {"valid_months": 12, "year_groups": (8, 9)},
    ],
)
def test_the_database_keeps_no_choice_that_makes_no_sense(training: Programme, wrong: dict) -> None:
    row = {"programme_id": training.id, "year_groups": (), "recorded_at": make.NOW} | wrong
    with pytest.raises(IntegrityError), transaction():
        db.session.add(ProgrammeTarget(**row))
    assert programmes.adult_target(training.id) == SECONDARY


def _pick(programme: Programme, text: str) -> None:
    with transaction():
        target_decisions.pick(programme, text, **WHO)


@pytest.mark.both_databases
def test_somebody_must_be_meant(training: Programme) -> None:
    with transaction():
        make.school(phase_of_education="Primary", type_of_establishment="Community school")
        make.school(phase_of_education="Secondary", la_code="932")
        make.school(phase_of_education="Secondary", status="Closed")
    with pytest.raises(NobodyMeant, match="No open school here is meant: there are no secondary schools."):
        _pick(training, "")
    with transaction():
        make.school(phase_of_education="Secondary", type_of_establishment="Community school")
    _pick(training, "")
    with pytest.raises(NotASchoolHere, match="Clear the list of schools"):
        _pick(training, "900001")


@pytest.mark.both_databases
def test_a_programme_for_bodies_alone_needs_one_that_is_open(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        training = programmes.create(of.id, replace(TRAINING, adults=BODIES), **WHO)
        make.school()
        make.body(of, kind="Police")
        closed = make.body(of, kind="Social work")
        bodies.close(closed, date(2026, 9, 1), today=make.NOW.date(), **WHO)
    none = "No body here is meant: the list of bodies has none of social work and district councils."
    with pytest.raises(NobodyMeant, match=none):
        _pick(training, "")
    with transaction():
        bodies.reopen(closed, **WHO)
    _pick(training, "")
    with pytest.raises(NotASchoolHere, match="Clear the list of schools"):
        _pick(training, "900001")


@pytest.mark.both_databases
def test_schools_are_picked_by_their_numbers(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        training = programmes.create(of.id, replace(TRAINING, adults=AdultTarget(schools=PICKED)), **WHO)
        first, second, closed, theirs = (
            make.school(name="Zeal"),
            make.school(name="Ash", establishment_number=4032),
            make.school(status="Closed"),
            make.school(la_code="932"),
        )
    with pytest.raises(NobodyMeant, match="Pick at least one school"):
        _pick(training, " \n")
    unknown = f"Line 2: no school here has the number ‘{theirs.organisation_id}’."
    with pytest.raises(NotASchoolHere, match=unknown):
        _pick(training, f"{first.organisation_id}\n\n{theirs.organisation_id}")
    with pytest.raises(NotASchoolHere, match="Line 1: no school here has the number ‘Zeal’."):
        _pick(training, "Zeal")
    with pytest.raises(NotASchoolHere, match="Line 1: no school here has the number ‘9{40}’."):
        _pick(training, "9" * 5000)
    with pytest.raises(CannotBeTakenIn):
        _pick(training, f"{first.organisation_id}\n{closed.organisation_id}")
    assert target_decisions.taken_in(training) == []
    for _ in range(2):
        _pick(training, f"{first.organisation_id}\n931/4032\n{first.organisation_id}")
    assert [s.name for s in target_decisions.taken_in(training)] == ["Ash", "Zeal"]
    kept = select(target_decisions.TargetDecision).order_by(target_decisions.TargetDecision.id)
    assert [d.organisation_id for d in db.session.scalars(kept)] == [
        first.organisation_id,
        second.organisation_id,
    ]
    _pick(training, "")


def test_the_roles_of_schools_are_nobodys_at_a_body() -> None:
    chosen = AdultTarget(kinds=("Police",), roles=("safeguarding leads",))
    assert (chosen.who_at(is_body=False), chosen.who_at(is_body=True)) == ("safeguarding leads", "staff")
