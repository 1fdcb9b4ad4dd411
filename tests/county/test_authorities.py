"""Authorities, their term dates and INSET days."""

import threading
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

import make
from outreach.county import authorities, partnerships
from outreach.county.authorities import Added
from outreach.county.partnerships import Authority, AuthorityCovered, Holder
from outreach.county.term_lines import TermLine, read_lines
from outreach.ground import history
from outreach.ground.db import broken_guard, db, transaction

WHO = {"who": "Priya Nandakumar", "now": make.NOW}


@pytest.fixture
def marlshire(app: Flask) -> authorities.Authority:
    with transaction():
        of = make.partnership(la_codes=())
        return authorities.add(of, "931", "Marlshire", **WHO)


def test_pasted_lines_in_the_ways_people_write_dates_are_read() -> None:
    text = (
        "\ufeffTerm;First day;Last day\r\n"
        "Term 3 (spring);04/01/2027;12.02.2027\r\n"
        "\r\n"
        "Monday 22nd February 2027 to Thursday 25 March 2027\r\n"
        "12 Apr 2027 - 28 May, 2027\r\n"
        "2027-06-07\t2027-07-21\r\n"
        "INSET day: 3 September 2026\r\n"
        "INSET 2027-01-04 2027-01-04"
    )
    lines, problems = read_lines(text)
    assert problems == []
    assert lines == [
        TermLine(number=2, first=date(2027, 1, 4), last=date(2027, 2, 12), is_term=True),
        TermLine(number=4, first=date(2027, 2, 22), last=date(2027, 3, 25), is_term=True),
        TermLine(number=5, first=date(2027, 4, 12), last=date(2027, 5, 28), is_term=True),
        TermLine(number=6, first=date(2027, 6, 7), last=date(2027, 7, 21), is_term=True),
        TermLine(number=7, first=date(2026, 9, 3), last=date(2026, 9, 3), is_term=False),
        TermLine(number=8, first=date(2027, 1, 4), last=date(2027, 1, 4), is_term=False),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("4 Jan to 12 Feb", "say of which year ‘12 Feb’ is, here or in a line above, like 2026/27."),
        ("04/01 - 12/02", "write each date with its day, month and year."),
        ("4 January 2027 to 31/6", "write each date with its day, month and year."),
        ("Tuesday 4 January 2027", "4 January 2027 is a Monday, not a Tuesday."),
        ("31 February 2027", "'31 February 2027' is not a date."),
        ("4 Smarch 2027", "'4 Smarch 2027' is not a date."),
        ("2027-13-01 to 2027-14-01", "'2027-13-01' is not a date."),
        ("4 January 1066", "'4 January 1066' is not a date."),
        ("room 3", "write the first and the last day of a term, or one INSET day, with its year."),
        (
            "Page of 3 March 2026",
            "write the first and the last day of a term, or one INSET day, with its year.",
        ),
        ("Term starts 4 January 2027", "no day is given on which that term ends."),
        ("Term ends 12 February 2027", "no day is given on which that term starts."),
        (
            "INSET 4 January to 12 February 2027",
            "that is a long time without pupils. Write each INSET day by itself.",
        ),
        (
            "2027-01-04 2027-02-12 2027-02-22",
            "write the first and the last day of a term, or one INSET day, with its year.",
        ),
    ],
)
def test_a_line_that_could_be_misread_is_named(line: str, problem: str) -> None:
    lines, problems = read_lines(line)
    assert lines == []
    assert problems == [(1, problem)]


def test_more_lines_than_a_county_has_terms_are_not_read() -> None:
    lines, problems = read_lines("2027-01-04\n" * 5000)
    assert len(lines) == 200
    assert problems == [(201, "200 lines at most can be read at once.")]


def test_lines_are_added_once_however_often_they_are_sent(marlshire) -> None:
    text = "4 January 2027 to 12 February 2027\n22 February 2027 to 25 March 2027\n22 February 2027"
    with transaction():
        assert authorities.add_lines(marlshire, text, **WHO) == Added(terms=2, inset_days=1, known=0)
    with transaction():
        assert authorities.add_lines(marlshire, text, **WHO) == Added(terms=0, inset_days=0, known=3)
    assert [(t.first_day, t.last_day) for t in authorities.terms_of(["931"])] == [
        (date(2027, 1, 4), date(2027, 2, 12)),
        (date(2027, 2, 22), date(2027, 3, 25)),
    ]
    assert [i.day for i in authorities.inset_days_of(["931"])] == [date(2027, 2, 22)]
    assert [h.what for h in history.history_of("authority", "931")] == ["added term dates"]


def test_one_wrong_line_and_nothing_is_added(marlshire) -> None:
    text = "4 January 2027 to 12 February 2027\n1 February 2027 to 1 March 2027\n6 March 2027\nsoon 2027"
    with transaction(), pytest.raises(authorities.LinesWrong) as refused:
        authorities.add_lines(marlshire, text, **WHO)
    assert refused.value.problems == (
        "Line 2, ‘1 February 2027 to 1 March 2027’: That overlaps the term from 4 January 2027 to 12 February 2027. Remove that first if it is wrong.",
        "Line 3, ‘6 March 2027’: 6 March 2027 is a Saturday. An INSET day is a weekday.",
        "Line 4, ‘soon 2027’: write the first and the last day of a term, or one INSET day, with its year.",
    )
    assert authorities.terms_of(["931"]) == []


@pytest.mark.parametrize("text", ["", "\n\n", "Term dates\nto come", "term 3"])
def test_lines_without_any_date_are_refused(marlshire, text: str) -> None:
    with transaction(), pytest.raises(authorities.LinesWrong):
        authorities.add_lines(marlshire, text, **WHO)


def test_a_term_the_wrong_way_round_is_refused(marlshire) -> None:
    with transaction(), pytest.raises(authorities.TermWrongWayRound):
        authorities.add_term(marlshire, date(2027, 2, 12), date(2027, 1, 4), **WHO)


def test_a_term_of_a_year_is_refused(marlshire) -> None:
    with transaction(), pytest.raises(authorities.TermTooLong):
        authorities.add_term(marlshire, date(2026, 9, 2), date(2027, 7, 21), **WHO)


def test_a_term_of_one_day_counts_and_its_neighbours_may_touch(marlshire) -> None:
    with transaction():
        authorities.add_term(marlshire, date(2027, 1, 4), date(2027, 1, 4), **WHO)
        authorities.add_term(marlshire, date(2027, 1, 5), date(2027, 2, 12), **WHO)
        with pytest.raises(authorities.TermsOverlap):
            authorities.add_term(marlshire, date(2027, 1, 4), date(2027, 1, 4), **WHO)


def test_an_inset_day_at_a_weekend_is_refused(marlshire) -> None:
    with transaction(), pytest.raises(authorities.InsetAtWeekend):
        authorities.add_inset_day(marlshire, date(2027, 3, 6), **WHO)


def test_an_inset_day_twice_is_refused(marlshire) -> None:
    with transaction():
        authorities.add_inset_day(marlshire, date(2027, 3, 5), **WHO)
        with pytest.raises(authorities.InsetTwice):
            authorities.add_inset_day(marlshire, date(2027, 3, 5), **WHO)


def test_a_term_and_an_inset_day_are_removed_once(marlshire) -> None:
    with transaction():
        term = authorities.add_term(marlshire, date(2027, 1, 4), date(2027, 2, 12), **WHO).id
        inset = authorities.add_inset_day(marlshire, date(2027, 2, 22), **WHO).id
    with transaction():
        authorities.remove_term(marlshire, term, **WHO)
        authorities.remove_inset_day(marlshire, inset, **WHO)
    assert authorities.terms_of(["931"]) == authorities.inset_days_of(["931"]) == []
    with transaction():
        with pytest.raises(authorities.NoSuchTermDate):
            authorities.remove_term(marlshire, term, **WHO)
        with pytest.raises(authorities.NoSuchTermDate):
            authorities.remove_inset_day(marlshire, inset, **WHO)


def test_term_dates_of_another_authority_cannot_be_removed(marlshire) -> None:
    with transaction():
        other = authorities.add(make.partnership(la_codes=()), "932", "Otherwold", **WHO)
        term = authorities.add_term(other, date(2027, 1, 4), date(2027, 2, 12), **WHO).id
        with pytest.raises(authorities.NoSuchTermDate):
            authorities.remove_term(marlshire, term, **WHO)


@pytest.mark.parametrize("code", ["", "93", "9310", "abc", "٩٣١", "931\n"])
def test_a_code_that_is_not_three_figures_is_refused(app: Flask, code: str) -> None:
    with transaction():
        of = make.partnership(la_codes=())
        with pytest.raises(authorities.NotAnAuthorityCode):
            authorities.add(of, code, "Marlshire", **WHO)


def test_an_authority_belongs_to_one_partnership(marlshire) -> None:
    with transaction():
        other = make.partnership(la_codes=())
        with pytest.raises(authorities.AuthorityTaken, match="another partnership's"):
            authorities.add(other, "931", "Marlshire", **WHO)
        with pytest.raises(authorities.AuthorityTaken, match="yours already"):
            authorities.add(partnerships.get(marlshire.partnership_id), "931", "Marlshire", **WHO)
        with pytest.raises(authorities.NoSuchAuthority):
            authorities.get(other.id, "931")


def test_an_authority_with_schools_cannot_be_removed(marlshire) -> None:
    with transaction():
        make.school()
        with pytest.raises(authorities.AuthorityHasSchools, match="1 school "):
            authorities.remove(marlshire, **WHO)


def test_a_mistyped_authority_is_removed_with_its_dates(marlshire) -> None:
    with transaction():
        authorities.add_term(marlshire, date(2027, 1, 4), date(2027, 2, 12), **WHO)
        authorities.add_inset_day(marlshire, date(2027, 2, 22), **WHO)
    with transaction():
        authorities.remove(marlshire, **WHO)
    of = db.session.scalars(db.select(partnerships.Partnership)).one()
    assert partnerships.authorities(of.id) == []
    assert authorities.terms_of(["931"]) == authorities.inset_days_of(["931"]) == []


LATER = make.NOW + timedelta(days=71)


@pytest.fixture
def redmere(marlshire: Authority) -> partnerships.Partnership:
    with transaction():
        return make.partnership(name="Redmere Partnership", la_codes=())


def test_a_handed_over_authority_is_the_others_from_that_day_on(marlshire: Authority, redmere) -> None:
    giver, today = marlshire.partnership_id, LATER.date()
    with transaction():
        authorities.hand_over("931", redmere, who="command line", now=LATER)
    assert partnerships.la_codes(giver) == []
    assert partnerships.la_codes(redmere.id) == ["931"]
    assert partnerships.holders("931") == [
        Holder(partnership_id=giver, first_day=make.NOW.date(), until_day=today),
        Holder(partnership_id=redmere.id, first_day=today, until_day=None),
    ]
    days = [make.NOW.date() - timedelta(days=1), make.NOW.date(), today - timedelta(days=1), today]
    assert [partnerships.holder_on("931", day) for day in days] == [None, giver, giver, redmere.id]
    for of in (giver, redmere.id):
        (told, *_) = history.history_of("partnership", of)
        assert (told.what, told.after) == (
            "handed over an authority",
            "931 Marlshire: Redmere Partnership",
        )


def test_an_authority_that_was_ever_its_partnerships_was_so_until_it_is_handed_over(app: Flask) -> None:
    with transaction():
        giver, to = (
            make.partnership(la_codes=("931",)),
            make.partnership(name="Redmere Partnership", la_codes=()),
        )
    with transaction():
        authorities.hand_over("931", to, who="command line", now=LATER)
    assert partnerships.holders("931") == [
        Holder(partnership_id=giver.id, first_day=date.min, until_day=LATER.date()),
        Holder(partnership_id=to.id, first_day=LATER.date(), until_day=None),
    ]


def test_an_authority_goes_back_and_is_removed_and_comes_anew(marlshire: Authority, redmere) -> None:
    giver = partnerships.get(marlshire.partnership_id)
    days = [LATER + timedelta(days=n) for n in range(4)]
    with transaction():
        authorities.hand_over("931", redmere, who="command line", now=days[0])
    with transaction():
        authorities.hand_over("931", giver, who="command line", now=days[1])
    with transaction():
        authorities.remove(authorities.get(giver.id, "931"), who="Priya", now=days[2])
    with transaction():
        authorities.add(redmere, "931", "Marlshire", who="Priya", now=days[3])
    assert [(h.partnership_id, h.until_day) for h in partnerships.holders("931")] == [
        (giver.id, days[0].date()),
        (redmere.id, days[1].date()),
        (giver.id, days[2].date()),
        (redmere.id, None),
    ]
    assert partnerships.holder_on("931", days[2].date()) is None


def test_what_cannot_be_handed_over_is_said(marlshire: Authority, redmere) -> None:
    with pytest.raises(authorities.NoSuchAuthority), transaction():
        authorities.hand_over("999", redmere, **WHO)
    with pytest.raises(authorities.AuthorityTaken, match="is Marlshire.*’s already"), transaction():
        authorities.hand_over("931", partnerships.get(marlshire.partnership_id), **WHO)


def test_the_database_refuses_an_authority_of_two_partnerships(marlshire: Authority, redmere) -> None:
    giver = marlshire.partnership_id
    with pytest.raises(IntegrityError) as error, transaction():
        make.covered(redmere, "931", True, LATER)
    assert broken_guard(error.value) == "authority_held_by_another"
    with pytest.raises(IntegrityError, match="authority_held_by_another"), transaction():
        db.session.get_one(Authority, "931").partnership_id = redmere.id
        db.session.flush()
    # Nor once the authority's own row is gone, while the word stands that it is the first one's.
    with pytest.raises(IntegrityError, match="authority_held_by_another"), transaction():
        db.session.delete(db.session.get_one(Authority, "931"))
        db.session.flush()
        make.covered(redmere, "931", True, LATER)
    assert partnerships.holder_on("931", LATER.date()) == giver


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_connections_do_not_make_two_partnerships_have_one_authority(
    marlshire: Authority, redmere, database_url: str
) -> None:
    """Neither sees the other's word; only the lock that the trigger takes makes the second see the first.

    On SQLite there is one writer at a time, so there is no second transaction to see.
    """
    for_both = [
        {
            "partnership_id": of,
            "la_code": "932",
            "covered": True,
            "recorded_at": LATER,
            "who": "Priya Nandakumar",
        }
        for of in (marlshire.partnership_id, redmere.id)
    ]
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    first, second = engine.connect(), engine.connect()
    first.begin()
    second.begin()
    first.execute(AuthorityCovered.__table__.insert(), for_both[0])
    failed: list[Exception] = []

    def later() -> None:
        try:
            second.execute(AuthorityCovered.__table__.insert(), for_both[1])
            second.commit()
        except IntegrityError as error:
            failed.append(error)

    waiting = threading.Thread(target=later)
    waiting.start()
    waiting.join(timeout=0.5)
    assert waiting.is_alive(), "the second must queue at the authority"
    first.commit()
    waiting.join(timeout=120)
    assert "authority_held_by_another" in str(failed[0])
    engine.dispose()


def test_an_operator_hands_an_authority_over_by_command(marlshire: Authority, redmere, app: Flask) -> None:
    flask = app.test_cli_runner().invoke
    done = flask(args=["register", "hand-over-authority", "931", "--to", redmere.name])
    assert done.output == "Marlshire is Redmere Partnership’s from today on.\n"
    assert partnerships.la_codes(redmere.id) == ["931"]
    again = flask(args=["register", "hand-over-authority", "931", "--to", redmere.name])
    assert again.exit_code == 1 and "is Redmere Partnership’s already" in again.output
