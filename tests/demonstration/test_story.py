"""The made-up year: on any day of any year every standing is there, something can be booked, something
waits."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, g
from sqlalchemy import false, func, select

import make
from every_address import told_year
from outreach.asking import draws, open_door
from outreach.booking.guest_places import GuestPlace
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.booking.sessions import listed
from outreach.county import bodies, contacts, partnerships, school_days, school_lunch
from outreach.county.roles import NAMES
from outreach.coverage import standings
from outreach.coverage.standings import Word
from outreach.demonstration import addresses, cast, made_up_schools, story, teams, training
from outreach.demonstration.story import Told
from outreach.ground import clock
from outreach.ground.db import Base, db, transaction
from outreach.ground.history import History
from outreach.ground.timespans import day_of
from outreach.outcomes import declines, findings, open_answers, staff_answers
from outreach.outcomes.referrals import before_and_after, district_numbers
from outreach.outcomes.referrals.before_and_after import ALL_KINDS, NOT_REACHED
from outreach.outcomes.referrals.district_numbers import REFERRALS
from outreach.outcomes.releases import OutcomeRelease
from outreach.outcomes.staff_answers import LATER as LATER_ON
from outreach.outcomes.staff_answers import SOON
from outreach.outcomes.waves import AFTER, BEFORE, CLOSED, LATER, NOT_YET, OPEN, AnswerWave
from outreach.post import letterbook, links
from outreach.post.incoming import inbox
from outreach.tour import over_lunch, performances, slots
from outreach.tour.performances import Performance
from outreach.visits.board_dates import BoardDate
from worlds import World

AWKWARD_DAYS = [
    *(
        pytest.param(at, marks=pytest.mark.long)  # in each run a winter's day, on PostgreSQL
        for at in (
            "2026-09-01 06:00",  # the first day of a year: nothing of it lies behind
            "2026-08-31 22:59",  # its last minute, in British Summer Time
            "2028-02-29 12:00",
            "2026-12-25 10:00",
            "2026-07-26 10:00",
            "2026-06-30 12:00",  # the last day on which the old year is in hand
            "2026-03-29 01:30",  # the night the clocks go forward
            "2026-10-25 00:30",  # and back
        )
    ),
]
CLOSED_WAVES = {BEFORE: 30, AFTER: 30, LATER: 12}
"""Of so many shows at least the pupils' answers can be read."""
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NINE = {word for word in Word if word is not Word.EXCLUDED}


def tell(at: str) -> tuple[Told, datetime]:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    with transaction():
        told = story.tell(now=now)
    return told, now


OF_THE_SCHOOL = {
    "added a term of its own",
    "corrected",
    "gave back to the register",
    "opened a day",
    "own numbers",
    "ruled out a day",
    "said when its lunch is",
    "set its hours",
    "taken as what became of another",
    "took back a day of its own",
}
"""What is told of a school itself, in no partnership's programme."""


def each_deed_is_its_partnerships() -> None:
    """Compared with the row that each is about, as Python finds it."""
    rows = {
        (word, str(getattr(row, column))): row.partnership_id
        for mapper in Base.registry.mappers
        if (known := getattr(mapper.class_, "in_history", None))
        for word, column in [known]
        for row in db.session.scalars(select(mapper.class_))
    }
    deeds = list(db.session.scalars(select(History)))
    assert len(deeds) > 100
    for deed in deeds:
        about = (deed.subject, deed.subject_id)
        assert about not in rows or rows[about] == deed.partnership_id, (deed.what, *about)
        lacks = deed.subject == "register" or deed.what in OF_THE_SCHOOL
        assert (deed.partnership_id is None) == lacks, (deed.what, *about)


def judge_training(told: Told, now: datetime) -> None:
    """Sessions of every sort lie behind and ahead; places are taken, moved, given up and waited for; one differs."""
    lines = listed.of_programme(told.for_adults.id)
    assert Counter(line.is_over(now) for line in lines) == {True: 5, False: 4}
    venues_of = [line.performance.host for line in lines]
    assert (
        sum(v.is_online for v in venues_of) == sum(v.at_organisation_id is not None for v in venues_of) == 2
    )
    ahead = [line for line in lines if not line.is_over(now)]
    assert all(line.taken and line.left for line in ahead) and min(len(line.coming) for line in lines) >= 1
    assert max(len(line.coming) for line in lines) >= 4, "several share one session"
    (waits,) = db.session.scalars(
        select(GuestPlace).where(GuestPlace.programme_id == told.for_adults.id, GuestPlace.ended_at.is_(None))
    )
    assert waits.organisation.name == training.WAITS and waits.seats > ahead[-1].left
    given_up = select(Booking).where(
        Booking.programme_id == told.for_adults.id, Booking.ended_at.is_not(None)
    )
    assert [b.organisation.name for b in db.session.scalars(given_up)] == [training.CANCELS]
    reckoning = standings.standings_of_programme(told.for_adults.id, as_of=day_of(now), now=now)
    bodies_of = [row for row in reckoning.target if row.kind_of_body]
    assert (len(bodies_of), {row.kind_of_body for row in bodies_of}) == (40, set(training.KINDS))
    found = Counter(row.standing for row in bodies_of)
    assert found[Word.DECLINED] == 1 and found[Word.UNREACHABLE] == 2 and found[Word.SEEN] >= 3, found
    assert found[Word.TO_CONFIRM] >= 3 and found[Word.BOOKED] >= 5 and found[Word.ASKED] >= 10, found


def judge_lunches(told: Told, now: datetime) -> None:
    """Some schools said theirs, in every way there is; of most it is not known, and no show to come lies across one."""
    everybody = [school.organisation_id for school in told.cast.everybody]
    said = [school_lunch.own(organisation_id) for organisation_id in everybody]
    kinds = Counter((row.is_dining_hall, row.set_may_stay) for row in said if row is not None)
    assert set(kinds) == {(True, False), (True, True), (False, False)}, kinds
    assert len({row.begins for row in said if row is not None}) >= 3
    assert 15 <= kinds.total() < len(everybody) / 2
    to_come = list(
        db.session.scalars(
            select(Performance).where(
                Performance.released_at.is_(None),
                Performance.starts_at > now,
                Performance.programme_id == told.programme.id,
            )
        )
    )
    calendars = school_days.load(show.organisation_id for show in to_come)
    kept_out = [over_lunch.kept_out(calendars[show.organisation_id].lunch) for show in to_come]
    assert all(performances.is_clear_of(show, kept) for show, kept in zip(to_come, kept_out, strict=True))
    told_own = {row.urn for row in said if row is not None}
    held = {
        show.id: (performances.place_of(show).lunch, kept)
        for show, kept in zip(to_come, kept_out, strict=True)
        if show.organisation_id in told_own
    }
    assert held and all(by_database == kept for by_database, kept in held.values()), held


def judge(told: Told, now: datetime) -> None:
    each_deed_is_its_partnerships()
    judge_training(told, now)
    reckoning = standings.standings_of_programme(told.programme.id, as_of=day_of(now), now=now)
    found = Counter(row.standing for row in reckoning.target)
    assert set(found) == NINE
    assert found[Word.SEEN] >= 20
    assert found[Word.BOOKED] >= 10
    assert len(reckoning.excluded) == 2
    for school in told.cast.playing(cast.SILENT, cast.ASKED_TODAY):
        assert slots.offers(told.programme, school, now=now).near, f"nothing to book for {school.name}"
    judge_lunches(told, now)
    lie = select(func.count()).select_from(Performance).where(Performance.released_at.is_(None))
    assert db.session.scalar(lie.where(Performance.starts_at < now)) > 40
    assert db.session.scalar(lie.where(Performance.starts_at > now)) > 15
    kept = list(db.session.scalars(select(Proposal).order_by(Proposal.id)))
    calendars = school_days.load(row.organisation_id for row in kept)
    assert kept and not any(calendars[row.organisation_id].why_closed(row.reply_by) for row in kept)
    (of_county, *_) = school_days.authority_calendars(partnerships.la_codes(told.partnership.id)).values()
    assert not of_county.why_closed(told.programme.reply_by)
    assert len(open_door.waiting_requests(told.partnership.id)) == 2
    seats = select(GuestPlace).where(GuestPlace.programme_id == told.programme.id)
    assert Counter(place.ended_as for place in db.session.scalars(seats)) == {"joined": 2, "": 1}
    letters = letterbook.counts(told.partnership.id, false())
    assert letters["sent"] > 200
    assert 0 < letters["waiting"] < 20
    assert letters["failed"] == 0
    (calendar,) = school_days.authority_calendars([made_up_schools.LA_CODE]).values()
    assert {calendar.why_closed(day) for day in db.session.scalars(select(BoardDate.day))} == {""}
    asked = Counter((wave.kind, wave.state(now)) for wave in db.session.scalars(select(AnswerWave)))
    assert {kind: asked[kind, CLOSED] >= least for kind, least in CLOSED_WAVES.items()} == dict.fromkeys(
        CLOSED_WAVES, True
    ), asked
    assert {state for _, state in asked} <= {NOT_YET, OPEN, CLOSED}
    assert open_answers.names_of_tables() == []
    assert db.session.query(OutcomeRelease).count() <= 6, (
        "each takes longer than the one before: a start waits for them"
    )
    staff = staff_answers.of_programme(told.programme)
    assert all(staff_answers.sums(staff, moment).answers >= 5 for moment in (SOON, LATER_ON))
    assert len(declines.organisation_ids_of_programme(told.programme.id)) == 1
    waits = inbox.count_waiting(told.partnership.id)
    assert waits == {"address": 2, "decline": 1, "mail": 1, "newcomer": 1, "wish": 1}


@ON_SQLITE
@pytest.mark.parametrize("at", AWKWARD_DAYS)
def test_on_an_awkward_day_all_nine_standings_are_there_and_there_is_something_to_book(
    app: Flask, at: str
) -> None:
    judge(*tell(at))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_story_is_the_same_on_postgresql(app: Flask, world: World) -> None:
    judge(world(told_year, make.NOW), make.NOW)


@ON_SQLITE
@pytest.mark.parametrize(
    "at",
    [
        f"{make.NOW:%Y-%m-%d %H:%M}",
        *(pytest.param(at, marks=pytest.mark.long) for at in ("2026-11-27 10:00", "2027-07-02 09:00")),
    ],
)
def test_two_districts_have_referrals_before_and_after_and_others_wait(
    app: Flask, world: World, at: str
) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    told = world(told_year, now)
    found = before_and_after.of_programme(told.programme, now=now)
    whole = [line.views[ALL_KINDS] for line in found.lines if line.zero is not None]
    assert sum(v.before is not None and v.after is not None for v in whole) >= 2
    assert all(v.before is not None and v.before.number is not None for v in whole)
    assert found.lines[-1].key == NOT_REACHED and not found.silent and not found.without_residents
    kept = district_numbers.with_sources(told.partnership.id, REFERRALS)
    assert [row.source for row in kept if row.replaced_at] == ["Front door, return of the month"]


@ON_SQLITE
def test_forty_bodies_of_five_kinds_stand_beside_the_schools_and_one_followed_another(
    app: Flask, world: World
) -> None:
    told = world(told_year, make.NOW)
    every = bodies.of_partnership(told.partnership.id)
    there = [body for body in every if body.is_open]
    assert len(there) == 40
    assert len({body.type_of_establishment for body in there}) == 5
    assert len({body.district_name for body in there}) == 1 + 6, "six districts, and the whole county"
    counted = [body.front_line_staff for body in there]
    assert counted.count(None) == 6 and counted.count(0) == 1
    assert all((body.front_line_staff is None) == (body.staff_counted_on is None) for body in there)
    (closed,) = [body for body in every if not body.is_open]
    assert [body.name for body in bodies.became(closed)] == [teams.FOLLOWS]
    on_file = contacts.of_organisations([body.organisation_id for body in there], told.partnership.id)
    silent = {body.name for body in there if not on_file.get(body.organisation_id)}
    assert silent == set(teams.WITHOUT_CONTACT)


@ON_SQLITE
def test_a_lot_decided_who_was_asked_first_and_the_same_months_can_be_compared(
    app: Flask, world: World
) -> None:
    told, now = world(told_year, make.NOW), make.NOW
    (drawn,) = draws.of_programme(told.programme.id)
    assert draws.check(drawn).is_right
    assert [tier.is_split for tier in drawn.tiers] == [True]
    assert {place.organisation_id for place in drawn.group(first=True)} == {
        school.organisation_id for school in told.cast.early
    }
    played = told.cast.playing(*cast.PLAYED)
    assert {place.organisation_id for place in drawn.places} == {school.organisation_id for school in played}
    assert findings.of_programme(told.programme, now=now).months.change.change is not None


def test_no_door_hands_over_the_seed_of_a_lot() -> None:
    given = [
        path for path in Path(story.__file__).parents[1].rglob("*.py") if "made_up_seed=" in path.read_text()
    ]
    assert given == [Path(story.__file__)]


@ON_SQLITE
def test_the_addresses_let_the_coordinator_in_once_and_open_a_school_that_can_book(
    app: Flask, world: World
) -> None:
    told, now = world(told_year, make.NOW), make.NOW
    with transaction():
        (entrance,) = addresses.entrances(now=now)
    client = app.test_client()
    assert entrance.school is not None
    assert [person.role for person, _token in entrance.people] == list(NAMES)
    for _person, token in entrance.people:
        assert client.get(f"/sign-in/{token}").status_code == 200 or now > datetime.now(UTC)
    link = links.find(entrance.invitation)
    assert link is not None
    assert link.organisation_id == entrance.school.organisation_id
    assert link.open_at(now + timedelta(days=14))
    assert slots.offers(told.programme, entrance.school, now=now).near


@ON_SQLITE
@pytest.mark.long  # a first start makes it by the same command in each run
def test_the_command_makes_the_county_and_says_so(app: Flask) -> None:
    assert "Someone to Tell" in app.test_cli_runner().invoke(args=["demonstration", "load"]).output
    assert partnerships.every()


@ON_SQLITE
def test_the_commands_keep_what_is_there_and_print_the_addresses(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(told_year, make.NOW)
    monkeypatch.setattr(clock, "now", lambda: make.NOW)
    runner = app.test_cli_runner()
    again = runner.invoke(args=["demonstration", "load"])
    assert (again.exit_code, again.output) == (0, "There is a partnership here already: kept as it is.\n")
    told = runner.invoke(args=["demonstration", "addresses"])
    assert told.exit_code == 0, told.output
    opened = [line.strip() for line in told.output.splitlines() if line.strip().startswith("http")]
    client = app.test_client()
    statuses = [client.get(url.removeprefix(app.config["PUBLIC_URL"])).status_code for url in opened]
    # A sign-in page for each role, the school's page, the troupe's, a school's report, a pupil's page, the letters (which ask
    # to sign in first), the front page.
    assert statuses == [200, 200, 200, 200, 200, 200, 200, 200, 200, 302, 200]
    pages = [client.get(url.removeprefix(app.config["PUBLIC_URL"])).text for url in opened[7:9]]
    assert "How many" in pages[0] and "Start" in pages[1]
    as_whom = [re.findall(rf", {name}:\n +(http\S+)", told.output) for name in NAMES.values()]
    assert [len(urls) for urls in as_whom] == [1] * len(NAMES)
    begins = []
    for (url,) in as_whom:
        person = app.test_client()
        person.post(url.removeprefix(app.config["PUBLIC_URL"]))
        begins.append((person.get("/desk").status_code, person.get("/desk/people").status_code))
        g.pop("_login_user", None)
    assert begins == [(200, 200), (200, 200), (200, 200), (303, 403), (303, 403)], (
        "who is a board member begins at the reports, a company member at the troupes"
    )
