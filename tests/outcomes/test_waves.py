"""Waves: when each is open, by which code, and what may be done with that."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import make
from asked import BEFORE_IT, CLOSED_BY, RIGHT_AFTER, SHOW, Asked, answers, lay
from outreach.booking import promises
from outreach.ground.db import db, transaction
from outreach.outcomes import answering, closing, declines, expected, open_answers, waves
from outreach.outcomes.answering import FormNotOurs, NotOpen
from outreach.outcomes.open_answers import Stands
from outreach.outcomes.waves import CLOSED, NOT_YET, OPEN, OVER, WaveCode


@pytest.fixture
def asked(app: Flask) -> Asked:
    with transaction():
        return lay()


SECOND = timedelta(seconds=1)
LATER_FROM = datetime(2027, 6, 7, 23, tzinfo=UTC)
"""Midnight of Tuesday 8 June: thirteen weeks after the show, summer time."""


@pytest.mark.parametrize(
    ("kind", "opens", "closes"),
    [
        ("before", make.EARLIER, SHOW),
        ("after", SHOW, CLOSED_BY),
        ("later", LATER_FROM, LATER_FROM + timedelta(days=14)),
    ],
)
def test_a_wave_is_open_in_its_time_alone(asked: Asked, kind: str, opens: datetime, closes: datetime) -> None:
    wave = asked.waves[kind]
    for now, state in ((opens - SECOND, NOT_YET), (opens, OPEN), (closes - SECOND, OPEN), (closes, OVER)):
        assert wave.state(now) == state, now
    code = asked.code(kind)
    for now in (opens - SECOND, closes):
        with pytest.raises(NotOpen):
            answers(code, at=now)
    assert answers(code, at=closes - SECOND)
    assert wave.last_day() == (closes - SECOND).date() or kind != "before"


def test_three_months_later_is_the_next_school_day_and_moves_with_the_show(app: Flask) -> None:
    with transaction():
        asked = lay(starts_at=datetime(2027, 2, 25, 10, tzinfo=UTC))
    later = asked.waves["later"]
    assert later.opens_on == date(2027, 5, 27)
    with transaction():
        asked.show.starts_at += timedelta(days=5)
        asked.show.ends_at += timedelta(days=5)
        asked.show.away_at += timedelta(days=5)
        assert waves.follow_shows(now=make.NOW) == 1
    assert later.opens_on == date(2027, 6, 7), "1 June is in the holiday, which ends on the 7th"
    with transaction():
        assert waves.follow_shows(now=make.NOW) == 0


def test_codes_are_seven_signs_without_look_alikes_however_they_are_typed(asked: Asked) -> None:
    for kind in waves.KINDS:
        code = asked.code(kind)
        assert re.fullmatch(r"[^ 0O1IL2Z5S]{3} [^ 0O1IL2Z5S]{4}", code.written)
        for typed in (
            code.written,
            code.written.replace(" ", "-"),
            code.code.lower(),
            f" {code.written.title()} ",
        ):
            assert waves.find_code(typed) == code
        assert waves.find_address(code.in_address) == code
    for typed in ("", "heron", "heron 123", "HERON 12345", "’ OR 1=1", "x" * 9000, "٣٣٣٣"):
        assert waves.find_code(typed) is None


def test_codes_are_made_once_and_only_of_waves_that_are_not_over(app: Flask) -> None:
    with transaction():
        asked = lay()
        assert waves.make(asked.show, who="P", now=make.NOW) == []
        other = make.show(asked.programme, make.school(), SHOW)
        made = waves.make(other, who="P", now=RIGHT_AFTER)
    assert [wave.kind for wave in made] == ["after", "later"]


def test_no_codes_without_an_approved_questionnaire_for_a_show_that_is_off_or_a_school_that_declined(
    asked: Asked,
) -> None:
    with transaction():
        bare = make.show(make.programme(make.partnership(("932",))), make.school(), SHOW)
        off = make.show(asked.programme, make.school(), SHOW, released_at=make.NOW)
        unwilling = make.show(asked.programme, make.school(), SHOW)
        declines.decline(asked.programme, unwilling.organisation_id, who="P", now=make.NOW)
    for show, refusal in (
        (bare, waves.NothingApproved),
        (off, waves.ShowIsOff),
        (unwilling, waves.SchoolDeclined),
    ):
        with pytest.raises(refusal), transaction():
            waves.make(show, who="P", now=make.NOW)
    with transaction():
        declines.withdraw(asked.programme, unwilling.organisation_id, who="P", now=make.NOW)
        assert len(waves.make(unwilling, who="P", now=make.NOW)) == 3


def test_a_code_that_is_stopped_or_renewed_opens_nothing_and_is_never_given_again(asked: Asked) -> None:
    first = asked.code("after")
    with transaction():
        waves.stop(first, who="P", now=make.NOW)
    with pytest.raises(NotOpen, match="does not work any more"):
        answers(first)
    with transaction():
        second = waves.renew(asked.waves["after"], who="P", now=make.NOW)
        third = waves.renew(asked.waves["after"], who="P", now=make.NOW)
    assert [first.ended_as, second.ended_as, third.ended_as] == ["stopped", "replaced", None]
    assert answers(third)
    assert waves.find_code(first.code) == first, "a poster on a wall leads to words, not to another show"
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(
            WaveCode(
                partnership_id=first.partnership_id,
                wave_id=asked.waves["later"].id,
                code=first.code,
                recorded_at=make.NOW,
                who="P",
            )
        )
    with pytest.raises(waves.WaveIsOver), transaction():
        waves.renew(asked.waves["before"], who="P", now=SHOW)


def test_answers_are_set_aside_with_a_reason_and_only_before_anybody_can_see_their_sums(
    asked: Asked,
) -> None:
    wave, code = asked.waves["after"], asked.code("after")
    assert answers(code)
    with pytest.raises(waves.NoReason), transaction():
        waves.set_aside(code, " ", who="P", now=RIGHT_AFTER)
    with transaction():
        waves.set_aside(code, "The code was posted online", who="P", now=RIGHT_AFTER)
        waves.set_aside(code, "Again", who="P", now=RIGHT_AFTER)
    assert waves.set_aside_of([code.id])[code.id].reason == "The code was posted online"
    with transaction():
        waves.take_back_in(code, who="P", now=RIGHT_AFTER)
    assert waves.set_aside_of([code.id]) == {}
    with transaction():
        closing.close(wave, now=CLOSED_BY)
    for deed in (
        lambda: waves.set_aside(code, "They are bad", who="P", now=CLOSED_BY),
        lambda: waves.take_back_in(code, who="P", now=CLOSED_BY),
        lambda: waves.stop(code, who="P", now=CLOSED_BY),
    ):
        with pytest.raises(waves.WaveIsOver), transaction():
            deed()


def test_a_form_is_taken_once_and_only_one_that_we_signed_for_that_code(asked: Asked) -> None:
    code, wave = asked.code("after"), asked.waves["after"]
    form = answering.new_form(code)
    for _ in range(2):
        with transaction():
            assert answering.answer(code.code, form, {1: 4}, now=RIGHT_AFTER)
    assert open_answers.count(wave.id) == 1
    others = answering.new_form(asked.code("before"))
    for forged in ("", ".", "x", f"{form}x", f"x{form}", others, form.replace(".", "")):
        with pytest.raises(FormNotOurs), transaction():
            answering.answer(code.code, forged, {1: 4}, now=RIGHT_AFTER)
    assert open_answers.count(wave.id) == 1


def test_an_answer_takes_five_statements_and_its_code_is_found_with_its_show_by_one(
    app: Flask, asked: Asked, count_queries: Any
) -> None:
    """Two hundred pupils press at once. Nothing that was read before is at hand."""
    answers(asked.code("after"))
    typed, forms = asked.code("after").code, [answering.new_form(asked.code("after")) for _ in range(2)]
    for form in forms:
        db.session.remove()
        with transaction(), count_queries() as sent:
            assert answering.answer(typed, form, {1: 5}, now=RIGHT_AFTER)
        a_token_and_an_answer = 1 if db.engine.dialect.name == "postgresql" else 2
        assert len(sent) == 4 + a_token_and_an_answer, sent
    db.session.remove()
    with count_queries() as sent:
        code = waves.find_code(typed)
        assert code is not None and code.wave.performance.starts_at == SHOW
    assert len(sent) == 1, sent


def test_a_form_signed_with_the_key_before_is_taken(app: Flask, asked: Asked) -> None:
    code = asked.code("after")
    form = answering.new_form(code)
    was = app.config["SECRET_KEY"], app.config["SECRET_KEY_FALLBACKS"]
    app.config["SECRET_KEY"], app.config["SECRET_KEY_FALLBACKS"] = "another", [was[0]]
    try:
        with transaction():
            assert answering.answer(code.code, form, {1: 4}, now=RIGHT_AFTER)
    finally:
        app.config["SECRET_KEY"], app.config["SECRET_KEY_FALLBACKS"] = was


def test_what_is_no_answer_was_skipped_and_a_form_without_one_is_not_kept(asked: Asked) -> None:
    code, wave = asked.code("after"), asked.waves["after"]
    assert not answers(code, {})
    assert not answers(code, {1: 6, 2: 0, 5: 2, 7: 1, 0: 1, -1: 3})
    assert wave.open_table is None, "nothing was made for it"
    assert answers(code, {1: 3, 2: 9})
    table = open_answers.table_of_wave(wave.id)
    (row,) = db.session.execute(table.select()).all()
    assert [getattr(row, place) for place in open_answers.PLACES] == [3, *[None] * 7]


def test_a_tenth_more_are_kept_than_were_promised_and_then_than_were_counted(app: Flask) -> None:
    with transaction():
        asked = lay(pupils=11)
    code = asked.code("before")
    for _ in range(14):
        assert answers(code, at=BEFORE_IT)
    assert expected.came(asked.waves["before"]) == Stands(kept=13, set_aside=1)
    with transaction():
        make.report(promises.of_performance(asked.show.id)[0], "school", RIGHT_AFTER, {8: 3})
    for _ in range(5):
        assert answers(asked.code("after"), at=RIGHT_AFTER + timedelta(hours=1))
    assert expected.came(asked.waves["after"]) == Stands(kept=4, set_aside=1)


def test_pupils_of_a_school_that_declined_are_not_expected(app: Flask) -> None:
    with transaction():
        asked = lay(pupils=20)
        guest = make.school()
        make.booking(asked.show, {8: 9}, of=guest)
        assert expected.pupils(asked.show, now=make.NOW) == 29
        declines.decline(asked.programme, guest.organisation_id, who="P", now=make.NOW)
    assert expected.pupils(asked.show, now=make.NOW) == 20
    with transaction():
        declines.decline(asked.programme, asked.school.organisation_id, who="P", now=make.NOW)
    with pytest.raises(NotOpen, match="does not take part"):
        answers(asked.code("after"))


def test_a_show_that_is_cancelled_takes_no_answers_and_its_waves_are_closed(asked: Asked) -> None:
    with transaction():
        asked.show.released_at = make.NOW
    with pytest.raises(NotOpen):
        answers(asked.code("before"), at=make.NOW + SECOND)
    for _ in range(3):
        with transaction():
            assert closing.close_next(now=make.NOW)
    with transaction():
        assert not closing.close_next(now=make.NOW)
    assert {wave.state(make.NOW) for wave in asked.waves.values()} == {CLOSED}


def test_the_daily_look_closes_each_wave_at_its_end_and_not_before(asked: Asked) -> None:
    ends = {"before": SHOW, "after": CLOSED_BY, "later": LATER_FROM + timedelta(days=14)}
    for kind, end in ends.items():
        with transaction():
            assert not closing.close_next(now=end - SECOND), kind
        with transaction():
            assert closing.close_next(now=end), kind
        assert asked.waves[kind].closed_at == end


def test_the_database_holds_a_wave_to_its_kind_and_its_partnership(asked: Asked) -> None:
    for change in (
        "kind = 'sometime'",
        "opens_on = NULL WHERE kind = 'later'",
        "opens_on = '2027-01-01' WHERE kind = 'before'",
        "order_gone_at = '2027-01-01 00:00:00'",
        "kind = 'before' WHERE kind = 'after'",
        "partnership_id = partnership_id + 1",
    ):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(text(f"UPDATE answer_wave SET {change}"))


def test_another_partnerships_waves_and_codes_are_not_there(app: Flask) -> None:
    with transaction():
        ours, theirs = lay(), lay("932")
    of = ours.programme.partnership_id
    with pytest.raises(waves.NoSuchWave):
        waves.get(theirs.waves["after"].id, partnership_id=of)
    with pytest.raises(waves.NoSuchWave):
        waves.get_code(theirs.code("after").id, partnership_id=of)
    assert [one.performance.id for one in waves.shows_of_programme(ours.programme.id)] == [ours.show.id]
