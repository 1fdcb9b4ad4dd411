"""One troupe that tours for two partnerships: days on which it plays for one are taken for the other, and neither
learns more."""

import random
import threading
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

import make
from outreach.booking.agenda import tour_diary
from outreach.booking.sheets import coming
from outreach.county.schools import School
from outreach.ground import history, whose
from outreach.ground.db import broken_guard, db, transaction
from outreach.planning import hypothetical_days
from outreach.planning.rules import PlanRules
from outreach.tour import agreeing, agreements, days, performances, slots, span, why_not
from outreach.tour.agreements import Agreement, AgreementCode
from outreach.tour.companies import Troupe
from outreach.tour.performances import Performance, SlotTaken
from outreach.tour.programmes import Programme
from walled import as_service, walled

TUESDAY, WEDNESDAY, THURSDAY = date(2027, 3, 9), date(2027, 3, 10), date(2027, 3, 11)
NOW = make.NOW


def side(la_code: str, name: str) -> SimpleNamespace:
    """A partnership with its programme, the troupe's days and one school."""
    of = make.partnership((la_code,), name=name)
    programme = make.programme(of)
    troupe = make.troupe(of)
    return SimpleNamespace(
        of=of,
        programme=programme,
        troupe=troupe,
        days={day: make.tour_day(programme, troupe, day) for day in (TUESDAY, WEDNESDAY)},
        school=make.school(la_code=la_code, name=f"{name} Academy"),
        who=f"Somebody of {name}",
    )


@pytest.fixture
def two(app: Flask) -> SimpleNamespace:
    """Two partnerships whose troupes are one, without an agreement yet; a third."""
    with transaction():
        return SimpleNamespace(
            ours=side("931", "Marlshire"), theirs=side("932", "Secretly"), third=side("933", "Elsewhere")
        )


def agree(giver: Any, taker: Any, now: datetime = NOW) -> Agreement | None:
    with transaction():
        code = agreeing.make_code(giver.troupe, who=giver.who, now=now)
    with transaction():
        return agreeing.begin(taker.troupe, code, who=taker.who, now=now)


def claim(of: Any, day: date, at: time = time(9, 30), now: datetime = NOW, hold: Any = None) -> Performance:
    found = slots.find(of.programme, of.school, f"{of.days[day].id}-{at:%H%M}", now=now)
    assert found is not None
    with transaction():
        return performances.claim(found, of.school, programme_id=of.programme.id, held_until=hold, now=now)


def free(of: Any, now: datetime = NOW) -> set[date]:
    """On which days its school finds a time."""
    return {day.day for day in slots.offers(of.programme, of.school, now=now).days if day.gaps}


def told(of: Any) -> list[tuple[str, str, str | None]]:
    return [
        (row.what, row.who, None if row.after is None else str(row.after))
        for row in history.history_of("troupe", of.troupe.id)
    ]


def test_by_one_code_the_days_of_each_are_taken_for_the_other_and_a_release_or_an_end_frees_them(
    two: Any,
) -> None:
    ours, theirs = two.ours, two.theirs
    claim(theirs, TUESDAY)
    assert free(ours) == {TUESDAY, WEDNESDAY}, "nothing is agreed"
    assert agree(theirs, ours) is not None
    assert free(ours) == {WEDNESDAY} and free(theirs) == {TUESDAY, WEDNESDAY}
    show = claim(ours, WEDNESDAY)
    assert free(theirs) == {TUESDAY}
    with transaction():
        performances.release(show, now=NOW)
    assert free(theirs) == {TUESDAY, WEDNESDAY}
    with transaction():
        agreeing.end(theirs.troupe, who=theirs.who, now=NOW)
    assert free(ours) == {TUESDAY, WEDNESDAY}
    with transaction(), pytest.raises(agreeing.NoAgreement):
        agreeing.end(ours.troupe, who=ours.who, now=NOW)
    assert free(two.third) == {TUESDAY, WEDNESDAY}


def test_each_history_tells_of_the_agreement_and_names_nothing_of_the_other(two: Any) -> None:
    ours, theirs = two.ours, two.theirs
    agree(theirs, ours)
    with transaction():
        agreeing.end(ours.troupe, who=ours.who, now=NOW)
    assert told(ours) == [("ended an agreement", ours.who, None), ("began an agreement", ours.who, None)]
    assert told(theirs) == [
        ("ended an agreement", agreeing.ELSEWHERE, None),
        ("began an agreement", agreeing.ELSEWHERE, None),
        ("made a code for another partnership", theirs.who, None),
    ]
    rows = db.session.scalars(select(Agreement).order_by(Agreement.id)).all()
    assert [(row.troupe_id, row.begun_by, row.ended_by) for row in rows] == [
        (theirs.troupe.id, theirs.who, agreeing.ELSEWHERE),
        (ours.troupe.id, ours.who, ours.who),
    ]


def test_a_hold_takes_the_day_until_its_time_is_over(two: Any) -> None:
    ours, theirs = two.ours, two.theirs
    agree(ours, theirs)
    until = NOW + timedelta(minutes=15)
    held = claim(theirs, TUESDAY, hold=until)
    assert free(ours) == {WEDNESDAY}
    later = until + timedelta(minutes=1)
    assert free(ours, later) == {TUESDAY, WEDNESDAY}
    claim(ours, TUESDAY, now=later)
    with pytest.raises(SlotTaken), transaction():
        performances.keep(db.session.get_one(Performance, held.id), None)


def test_everything_that_shows_or_judges_days_knows_a_taken_one_and_says_no_more(two: Any) -> None:
    ours, theirs = two.ours, two.theirs
    agree(ours, theirs)
    for day in (TUESDAY, WEDNESDAY):
        claim(theirs, day)
    with transaction():
        ours.days[THURSDAY] = make.tour_day(ours.programme, ours.troupe, THURSDAY)
        ours.days[TUESDAY].ended_at = NOW
    offers = {day.day: day for day in slots.offers(ours.programme, ours.school, now=NOW).days}
    assert {day: offer.why_not for day, offer in offers.items()} == {
        WEDNESDAY: "the company plays elsewhere that day",
        THURSDAY: "",
    }
    verdict = next(
        v
        for v in why_not.verdicts_on_day(ours.programme, ours.school, WEDNESDAY, now=NOW)
        if v.holds and v.troupe
    )
    assert (verdict.rule, verdict.said) == ("Taken", "It plays elsewhere that day.")
    judged = days.judge(ours.programme, ours.troupe, [TUESDAY, THURSDAY], now=NOW)
    assert [each.why_not for each in judged] == ["taken", "already there"]
    with pytest.raises(days.DayNotPossible, match="9 March 2027 .taken."), transaction():
        days.add_bulk(ours.programme, ours.troupe, [TUESDAY], days.Hours(), who="Priya", now=NOW)
    assert span.load(ours.troupe, TUESDAY, THURSDAY, now=NOW).taken == {TUESDAY, WEDNESDAY}
    assert [each.day for each in hypothetical_days.days(ours.programme, PlanRules(), now=NOW)] == [THURSDAY]
    diary = tour_diary.diary_of_programme(ours.programme, TUESDAY, THURSDAY, now=NOW)
    rows = {each.day: row for each in diary.days for row in each.rows}
    assert (rows[TUESDAY].idle, rows[WEDNESDAY].taken, rows[WEDNESDAY].free) == ("Taken", True, ())
    assert not rows[THURSDAY].taken and rows[THURSDAY].free
    assert [each.taken for each in coming.of_troupe(ours.troupe.id, TUESDAY)] == [True, False]


def test_a_day_that_was_taken_meanwhile_is_refused_by_the_database_whoever_forgets_to_ask(two: Any) -> None:
    ours, theirs = two.ours, two.theirs
    agree(ours, theirs)
    stale = slots.find(ours.programme, ours.school, f"{ours.days[TUESDAY].id}-0930", now=NOW)
    moved = claim(ours, WEDNESDAY)
    claim(theirs, TUESDAY)
    assert stale is not None
    with pytest.raises(SlotTaken), transaction():
        performances.claim(stale, ours.school, programme_id=ours.programme.id, held_until=None, now=NOW)
    with pytest.raises(SlotTaken), transaction():
        performances.shift(db.session.get_one(Performance, moved.id), stale, now=NOW)
    with pytest.raises(IntegrityError) as no, transaction():
        db.session.execute(
            text("UPDATE performance SET tour_day_id = :day WHERE id = :show"),
            {"day": ours.days[TUESDAY].id, "show": moved.id},
        )
    assert broken_guard(no.value) == "performance_taken"
    assert db.session.get_one(Performance, moved.id).tour_day_id == ours.days[WEDNESDAY].id


def test_a_school_that_holds_a_time_books_it_and_moves_within_the_day(two: Any) -> None:
    ours, theirs = two.ours, two.theirs
    agree(ours, theirs)
    slot = slots.find(ours.programme, ours.school, f"{ours.days[TUESDAY].id}-0930", now=NOW)
    assert slot is not None
    with transaction():
        hold = performances.claim(
            slot,
            ours.school,
            programme_id=ours.programme.id,
            held_until=NOW + timedelta(minutes=15),
            now=NOW,
        )
    with transaction():
        performances.keep(hold, None)
    later = slots.find(
        ours.programme, ours.school, f"{ours.days[TUESDAY].id}-1030", now=NOW, instead_of=hold.id
    )
    assert later is not None
    with transaction():
        performances.shift(hold, later, now=NOW)
    assert free(theirs) == {WEDNESDAY}


def test_a_code_that_fits_nothing_is_refused_in_the_same_words_and_counted(two: Any) -> None:
    ours, theirs = two.ours, two.theirs

    def fits(code: str, at: datetime = NOW) -> bool:
        with transaction():
            return agreeing.fits(ours.troupe, code, who=ours.who, now=at)

    with transaction():
        old = agreeing.make_code(theirs.troupe, who=theirs.who, now=NOW)
    with transaction():
        code = agreeing.make_code(theirs.troupe, who=theirs.who, now=NOW)
    assert [fits("AAAA AAAA AAAA AAAA"), fits(old), fits(code, NOW + agreeing.CODE_LASTS)] == [False] * 3
    assert fits(code.lower().replace(" ", "-"), NOW + agreeing.CODE_LASTS - timedelta(seconds=1))
    tried = [row for row in told(ours) if row[0] == agreeing.TRIED]
    assert len(tried) == 3
    for _ in range(agreeing.WRONG_TRIES - 3):
        assert not fits("AAAA AAAA AAAA AAAA")
    with pytest.raises(agreeing.TooManyCodes):
        fits(code)
    with transaction():
        assert agreeing.fits(ours.troupe, code, who="A colleague", now=NOW)
    assert "AAAA" not in str(told(ours))
    assert db.session.scalar(select(func.count(Agreement.id))) == 0
    stored = db.session.scalars(select(AgreementCode.code_hash)).all()
    assert not any(agreeing.plain(each) in str(stored) for each in (old, code))


def test_a_code_works_once_and_not_for_its_own_or_for_a_troupe_that_has_an_agreement(two: Any) -> None:
    ours, theirs, third = two.ours, two.theirs, two.third
    with transaction():
        code = agreeing.make_code(theirs.troupe, who=theirs.who, now=NOW)
        second = SimpleNamespace(troupe=make.troupe(theirs.of), who=theirs.who)
    with pytest.raises(agreeing.OwnCode), transaction():
        agreeing.begin(second.troupe, code, who=theirs.who, now=NOW)
    with transaction():
        assert agreeing.begin(ours.troupe, code, who=ours.who, now=NOW)
    with transaction():
        assert agreeing.begin(third.troupe, code, who=third.who, now=NOW) is None
    with pytest.raises(agreeing.AgreementStands, match="Red van has an agreement already"):
        agree(third, ours)
    with pytest.raises(agreeing.AgreementStands, match="Another troupe of yours"):
        agree(ours, second)
    assert agree(ours, third) is not None
    claim(third, TUESDAY)
    assert free(ours) == free(theirs) == {WEDNESDAY}
    with transaction():
        agreeing.end(ours.troupe, who=ours.who, now=NOW)
    assert free(ours) == {TUESDAY, WEDNESDAY} and free(theirs) == {WEDNESDAY}


def test_days_on_which_both_play_are_named_by_ones_own_shows_and_nothing_is_begun(two: Any) -> None:
    ours, theirs = two.ours, two.theirs
    for each in (ours, theirs):
        claim(each, TUESDAY)
    with transaction():
        code = agreeing.make_code(theirs.troupe, who=theirs.who, now=NOW)
    before = told(theirs)
    with pytest.raises(agreeing.BothPlay) as no, transaction():
        agreeing.begin(ours.troupe, code, who=ours.who, now=NOW)
    assert no.value.message == (
        "Red van plays for both partnerships on 1 day already. Yours: 9 March 2027 (Marlshire Academy at "
        "9:30am). Move one or the other first. Nothing was begun."
    )
    assert db.session.scalar(select(func.count(Agreement.id))) == 0 and told(theirs) == before
    with transaction():
        assert agreeing.fits(ours.troupe, code, who=ours.who, now=NOW), "the code is not used up"


def at_once(app: Flask, first: Callable[[], Any], second: Callable[[], Any]) -> list[BaseException]:
    """What the second raised, which begins while the first is done and not committed yet; both as the service."""
    raised: list[BaseException] = []

    def do(deed: Callable[[], Any]) -> None:
        with app.app_context(), as_service():
            try:
                with transaction():
                    deed()
            except Exception as error:
                raised.append(error)
            finally:
                whose.let_go()

    other = threading.Thread(target=do, args=[second])

    def then() -> None:
        first()
        other.start()
        other.join(0.4)

    do(then)
    other.join(60)
    assert not other.is_alive()
    db.session.rollback()
    return raised


def claiming(of: Any, day: date) -> Callable[[], None]:
    """A claim of a time that was free when its page was read."""
    slot = slots.find(of.programme, of.school, f"{of.days[day].id}-0930", now=NOW)
    of_id, programme_id, organisation_id = of.of.id, of.programme.id, of.school.organisation_id

    def deed() -> None:
        assert slot is not None
        whose.bind(of_id)
        school = db.session.get_one(School, organisation_id)
        performances.claim(slot, school, programme_id=programme_id, held_until=None, now=NOW)

    return deed


def test_of_two_partnerships_that_claim_one_day_at_once_one_is_refused(app: Flask, two: Any) -> None:
    agree(two.ours, two.theirs)
    both = claiming(two.ours, TUESDAY), claiming(two.theirs, TUESDAY)
    with walled(app):
        raised = at_once(app, *both)
    assert [type(error) for error in raised] == [SlotTaken]
    assert db.session.scalar(select(func.count(Performance.id))) == 1


def test_an_agreement_waits_for_a_claim_that_does_not_know_of_it_and_is_refused(app: Flask, two: Any) -> None:
    ours, theirs = two.ours, two.theirs
    claim(ours, TUESDAY)
    with transaction():
        code = agreeing.make_code(ours.troupe, who=ours.who, now=NOW)
    of_id, troupe_id = theirs.of.id, theirs.troupe.id

    def begin() -> None:
        whose.bind(of_id)
        agreeing.begin(db.session.get_one(Troupe, troupe_id), code, who="Theirs", now=NOW)

    with walled(app):
        raised = at_once(app, claiming(theirs, TUESDAY), begin)
    assert [type(error) for error in raised] == [agreeing.BothPlay]
    assert db.session.scalar(select(func.count(Agreement.id))) == 0


def test_a_claim_waits_for_an_agreement_that_is_being_made_and_is_refused(app: Flask, two: Any) -> None:
    ours, theirs = two.ours, two.theirs
    claim(ours, TUESDAY)
    with transaction():
        code = agreeing.make_code(ours.troupe, who=ours.who, now=NOW)
    of_id, troupe_id = theirs.of.id, theirs.troupe.id

    def begin() -> None:
        whose.bind(of_id)
        agreeing.begin(db.session.get_one(Troupe, troupe_id), code, who="Theirs", now=NOW)

    late = claiming(theirs, TUESDAY)
    with walled(app):
        raised = at_once(app, begin, late)
    assert [type(error) for error in raised] == [SlotTaken]


def test_behind_the_walls_a_day_is_taken_and_an_agreement_begins_and_ends(app: Flask, two: Any) -> None:
    ours, theirs = two.ours, two.theirs
    claim(theirs, TUESDAY)
    ids = [
        (each.of.id, each.troupe.id, each.programme.id, each.school.organisation_id)
        for each in (ours, theirs)
    ]

    def as_(n: int, deed: Callable[[Troupe, Programme, School], Any]) -> Any:
        of, troupe, programme, school = ids[n]
        with as_service(), whose.bound(of), transaction():
            return deed(
                db.session.get_one(Troupe, troupe),
                db.session.get_one(Programme, programme),
                db.session.get_one(School, school),
            )

    def days_free(troupe: Troupe, programme: Programme, school: School) -> set[date]:
        return {day.day for day in slots.offers(programme, school, now=NOW).days if day.gaps}

    with walled(app):
        code = as_(1, lambda troupe, *_: agreeing.make_code(troupe, who="Theirs", now=NOW))
        assert as_(0, lambda troupe, *_: agreeing.begin(troupe, code, who="Ours", now=NOW)) is not None
        assert as_(0, days_free) == {WEDNESDAY}
        assert as_(0, lambda troupe, *_: agreements.is_taken(troupe.id, TUESDAY, now=NOW))
        seen = as_(0, lambda *_: db.session.scalar(select(func.count(Agreement.id))))
        assert seen == (1 if db.engine.dialect.name == "postgresql" else 2)
        as_(0, lambda troupe, *_: agreeing.end(troupe, who="Ours", now=NOW))
        assert as_(1, lambda troupe, *_: agreements.of_troupe(troupe.id)) is None
        assert as_(0, days_free) == {TUESDAY, WEDNESDAY}


@pytest.mark.parametrize("seed", range(4))
def test_taken_days_are_those_on_which_another_side_of_an_open_agreement_plays(app: Flask, seed: int) -> None:
    """Against a slow reference that keeps its own book."""
    chance = random.Random(seed)
    with transaction():
        sides = [side(code, name) for code, name in (("931", "One"), ("932", "Two"), ("933", "Three"))]
    tied: dict[int, int | None] = {n: None for n in range(3)}
    book: list[dict[str, Any]] = []
    group_numbers, now = count(), NOW
    for _ in range(40):
        now += timedelta(minutes=5)
        n = chance.randrange(3)
        of, day = sides[n], chance.choice([TUESDAY, WEDNESDAY])
        match chance.choice(["show", "hold", "release", "agree", "end"]):
            case "show" | "hold" as kind:
                until = now + timedelta(minutes=chance.choice([3, 12])) if kind == "hold" else None
                slot = slots.find(of.programme, of.school, f"{of.days[day].id}-0930", now=now)
                stands = any(b["n"] == n and b["day"] == day and lasts(b, now) for b in book)
                taken = day in reference(book, tied, n, now)
                if slot is None:
                    # A school's own hold is left out of account by what it is offered.
                    assert stands or taken
                    continue
                assert not taken
                if stands:
                    continue
                with transaction():
                    performances.clear_expired([of.days[day].id], now=now)
                    show = performances.claim(
                        slot, of.school, programme_id=of.programme.id, held_until=until, now=now
                    )
                book.append({"n": n, "day": day, "until": until, "id": show.id, "over": False})
            case "release":
                mine = [b for b in book if b["n"] == n and b["until"] is None and not b["over"]]
                if mine:
                    with transaction():
                        performances.release(db.session.get_one(Performance, mine[0]["id"]), now=now)
                    mine[0]["over"] = True
            case "agree":
                other = (n + 1) % 3
                if tied[n] is None:
                    try:
                        agree(sides[other], of, now)
                    except agreeing.BothPlay:
                        continue
                    if tied[other] is None:
                        tied[other] = next(group_numbers)
                    tied[n] = tied[other]
            case "end":
                if tied[n] is not None:
                    with transaction():
                        agreeing.end(of.troupe, who=of.who, now=now)
                    group = tied[n]
                    tied[n] = None
                    left = [m for m in tied if tied[m] == group]
                    if len(left) == 1:
                        tied[left[0]] = None
        for m, one in enumerate(sides):
            found = agreements.taken_days([one.troupe.id], TUESDAY, WEDNESDAY, now=now)
            assert {day for _, day in found} == reference(book, tied, m, now), (seed, m)


def lasts(entry: dict[str, Any], now: datetime) -> bool:
    return not entry["over"] and (entry["until"] is None or entry["until"] > now)


def reference(book: list[dict[str, Any]], tied: dict[int, int | None], n: int, now: datetime) -> set[date]:
    if tied[n] is None:
        return set()
    return {b["day"] for b in book if b["n"] != n and tied[b["n"]] == tied[n] and lasts(b, now)}
