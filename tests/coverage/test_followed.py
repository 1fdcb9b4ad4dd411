"""What schools promised besides the show, and what became of it, as of any day; held against the slow reference."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask

import make
from how_many import so_many
from outreach.booking.promises import Booking
from outreach.coverage import followed, standings
from outreach.coverage.followed import STATES, FollowedOrganisation
from outreach.ground.db import transaction
from outreach.tour.programmes import Programme
from outreach.visits import pledges, reports
from outreach.visits.kept import NOT_ANSWERED, NOT_DUE
from outreach.visits.pledges import DONE, LEAD_PRESENT, LESSON, NOT_DONE, PASSED_ON, PLEDGES, STAFF_BRIEFED
from outreach.visits.reports import ReportAccount
from visits.replayed_pledges import Played, Word, became
from visits.replayed_pledges import agreed as agreed_at

FIRST = datetime(2027, 1, 12, 10, tzinfo=UTC)
NOW = FIRST + timedelta(days=150)
DAY = timedelta(days=1)
LONG = timedelta(minutes=75)


def followed_as_of(programme: Programme, day: date, now: datetime = NOW) -> dict[int, FollowedOrganisation]:
    reckoning = standings.standings_of_programme(programme.id, as_of=day, now=now)
    return {one.standing.organisation_id: one for one in followed.followed_organisations(reckoning, now=now)}


@pytest.fixture
def programme(app: Flask) -> Programme:
    with transaction():
        return make.programme(make.partnership())


def played(programme: Programme, at: datetime = FIRST, **school: Any) -> Booking:
    """A booking whose show took place, by the company's word."""
    booking = make.booking(make.show(programme, make.school(**school), at), {8: 100})
    reports.report(
        booking, "company", ReportAccount(took_place=True), who="Rees", now=at + timedelta(hours=3)
    )
    return booking


class Story:
    """Random deeds about one school's shows in the order of time, each told to the verbs and noted for the
    reference."""

    def __init__(self, random: Random, programme: Programme) -> None:
        self.random, self.school = random, make.school()
        self.words: list[Word] = []
        self.starts: dict[int, list[tuple[datetime, datetime]]] = {}
        """{show: (known from, start)}, the newest last."""
        self.company: dict[int, list[datetime]] = {}
        self.in_reports: dict[int, list[int]] = {}
        """{report: which words were said in it}"""
        self.bookings: list[Booking] = []
        events: list[tuple[datetime, str, int]] = []
        for n in range(random.choice((1, 1, 2))):
            start = FIRST + DAY * random.randrange(40) + timedelta(hours=3 * n)
            self.starts[n] = [(make.EARLIER, start)]
            self.bookings.append(make.booking(make.show(programme, self.school, start), {8: 100}))
            events += self._events(n, start)
        for at, deed, n in sorted(events):
            getattr(self, deed)(n, self.bookings[n], at)

    def _events(self, n: int, start: datetime) -> list[tuple[datetime, str, int]]:
        random = self.random
        events = [(start - DAY * d, "promise", n) for d in random.sample(range(1, 30), random.randrange(3))]
        begun = start + timedelta(minutes=20)
        events.append((begun, "tell_company", n))
        if random.random() < 0.3:
            events.append((begun + timedelta(minutes=1), "report", n))
        last = start
        if random.random() < 0.25:
            last = start + DAY * random.randrange(3, 9)
            events.append((begun + timedelta(minutes=10), f"move_{(last - start).days}", n))
            events.append((last + timedelta(hours=2), "tell_company", n))
        for days in random.sample(range(1, 80), random.randrange(6)):
            deed = random.choice(("answer", "report", "report", "take_back", "settle"))
            events.append((last + DAY * days, deed, n))
        return events

    def __getattr__(self, name: str) -> Any:
        days = int(name.removeprefix("move_"))
        return lambda n, booking, at: self.move(n, booking, at, days)

    def say(self, n: int, said: dict[str, str], side: str, at: datetime) -> list[int]:
        for pledge in PLEDGES:
            if pledge in said:
                self.words.append(Word(len(self.words), n, pledge, said[pledge], side, at))
        return list(range(len(self.words) - len(said), len(self.words)))

    def promise(self, n: int, booking: Booking, at: datetime) -> None:
        ticked = {p for p in PLEDGES if self.random.random() < 0.5}
        newest = {w.pledge: w.said for w in self.words if w.show == n}
        changed = {
            p: "will" if p in ticked else "will not"
            for p in PLEDGES
            if (p in ticked) != (newest.get(p) == "will")
        }
        self.say(n, changed, "school", at)
        pledges.promise(booking, ticked, who="x", now=at)

    def tell_company(self, n: int, booking: Booking, at: datetime) -> None:
        account = ReportAccount(took_place=True, staff=self.random.randrange(400))
        row = reports.report(booking, "company", account, who="Rees", now=at)
        self.company.setdefault(n, []).append(at)
        if self.random.random() < 0.6:
            said = {LEAD_PRESENT: self.random.choice(("done", "done", "not done"))}
            self.say(n, said, "company", at)
            pledges.answer(booking, said, side="company", report=row, who="Rees", now=at)

    def some(self) -> dict[str, str]:
        words, can_be_planned = ("done", "done", "not done"), pledges.CAN_BE_PLANNED
        return {
            p: self.random.choice((*words, "planned") if p in can_be_planned else words)
            for p in PLEDGES
            if self.random.random() < 0.4
        }

    def answer(self, n: int, booking: Booking, at: datetime) -> None:
        said = self.some()
        self.say(n, said, "school", at)
        pledges.answer(booking, said, who="x", now=at)

    def settle(self, n: int, booking: Booking, at: datetime) -> None:
        said = {LEAD_PRESENT: self.random.choice(("done", "not done"))}
        self.say(n, said, "settled", at)
        pledges.answer(booking, said, side="settled", who="Priya", now=at)

    def report(self, n: int, booking: Booking, at: datetime) -> None:
        said = self.some()
        account = ReportAccount(took_place=True, staff=self.random.randrange(400))
        row = reports.report(booking, "school", account, who="x", now=at)
        self.in_reports[row.id] = self.say(n, said, "school", at)
        pledges.answer(booking, said, report=row, who="x", now=at)

    def take_back(self, n: int, booking: Booking, at: datetime) -> None:
        row = reports.newest(booking, "school")
        if row is not None:
            reports.withdraw(booking, "school", row.id, reason="wrong", who="x", now=at)
            for nth in self.in_reports[row.id]:
                self.words[nth] = replace(self.words[nth], taken_back=at)

    def move(self, n: int, booking: Booking, at: datetime, days: int) -> None:
        show = booking.performance
        start = show.starts_at + DAY * days
        show.starts_at, show.ends_at, show.away_at = start, start + LONG, start + LONG * 2
        make.revision(booking, {8: 100}, at=at, starts_at=start, ends_at=start + LONG)
        self.starts[n].append((at, start))

    def shows(self, moment: datetime) -> list[Played]:
        """Those that have taken place by then, as their promise said by then."""
        found = []
        for n, known in self.starts.items():
            start = [start for at, start in known if at < moment][-1]
            if any(start <= at < moment for at in self.company.get(n, ())):
                found.append(Played(n, start, start + LONG))
        return found


@pytest.mark.parametrize("seed", range(1, 1 + so_many(3, least=1)))
def test_random_years_come_to_what_the_slow_reference_says_as_of_every_day(
    programme: Programme, seed: int
) -> None:
    random = Random(seed)
    with transaction():
        stories = [Story(random, programme) for _ in range(25)]
    seen: Counter[str] = Counter()
    for days in range(0, 130, 9):
        day = (FIRST + DAY * days).date()
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY
        if day >= date(2027, 3, 28):
            moment -= timedelta(hours=1)  # summer time
        found = followed_as_of(programme, day)
        wanted = {story.school.organisation_id: story for story in stories if story.shows(moment)}
        assert found.keys() == wanted.keys(), day
        for organisation_id, story in wanted.items():
            for pledge in PLEDGES:
                one = found[organisation_id].kept[pledge]
                told = (one.word, one.since, one.promised, one.detail)
                assert told == became(pledge, story.shows(moment), story.words, moment), (
                    day,
                    organisation_id,
                    pledge,
                )
                seen[f"{pledge}: {one.word}"] += 1
        told_of = {
            organisation_id: {p: became(p, story.shows(moment), story.words, moment) for p in PLEDGES}
            for organisation_id, story in wanted.items()
        }
        agreed_of = {
            organisation_id: {p: agreed_at(p, story.shows(moment), story.words, moment) for p in PLEDGES}
            for organisation_id, story in wanted.items()
        }
        expected, agreed = followed.sums(found.values()), followed.sums(found.values(), agreed=True)
        for pledge in PLEDGES:
            all_of, those = Counter[str](), Counter[str]()
            for who, each in told_of.items():
                all_of[each[pledge][0]] += 1
                if of_agreed := agreed_of[who][pledge]:
                    those[of_agreed[0]] += 1
            for totals, slow in ((expected[pledge], all_of), (agreed[pledge], those)):
                assert Counter(totals.by) == slow and totals.due == slow.total() - slow["not due"], day
                five = ("done", "partly", "not done", "sides differ", "not answered")
                assert totals.due == sum(totals.by[word] for word in five)
        reckoning = standings.standings_of_programme(programme.id, as_of=day, now=NOW)
        besides = followed.unconfirmed(reckoning, now=NOW)
        silent = ("sides differ", "not answered")
        of_agreed_silent = {
            who: [p for p, of in each.items() if of and of[0] in silent] for who, each in agreed_of.items()
        }
        for pledge in PLEDGES:
            listed = sorted(who for who, theirs in of_agreed_silent.items() if pledge in theirs)
            assert listed == list(besides.organisation_ids.get(pledge, ()))
        assert besides.expected == sum(
            any(of[0] in silent for of in each.values()) and not of_agreed_silent[who]
            for who, each in told_of.items()
        )
        assert set(besides.concerns) >= {w for w, each in told_of.items() if each[PASSED_ON][0] == "partly"}
    assert len(seen) >= 20, f"too few states were met: {seen}"


def test_a_later_answer_changes_no_day_before_it(programme: Programme) -> None:
    with transaction():
        booking = played(programme)
        pledges.answer(booking, {LESSON: "not done"}, who="x", now=FIRST + 5 * DAY)
    before = followed_as_of(programme, (FIRST + 6 * DAY).date())[booking.organisation_id].kept
    with transaction():
        pledges.answer(booking, {LESSON: "done"}, who="x", now=FIRST + 7 * DAY)
    assert followed_as_of(programme, (FIRST + 6 * DAY).date())[booking.organisation_id].kept == before
    assert (
        followed_as_of(programme, (FIRST + 7 * DAY).date())[booking.organisation_id].kept[LESSON].word == DONE
    )


def test_what_a_closed_school_did_counts_under_the_school_that_it_became(programme: Programme) -> None:
    with transaction():
        old = played(programme, name="Old Hall")
        pledges.answer(old, {STAFF_BRIEFED: "done"}, who="x", now=FIRST + DAY)
        new = make.school(name="New Hall", recorded_at=FIRST + 10 * DAY)
        make.record(old.organisation, FIRST + 10 * DAY, status="Closed", close_date=(FIRST + 9 * DAY).date())
        make.succession(old.organisation, new, FIRST + 10 * DAY)
    (found,) = followed_as_of(programme, (FIRST + 20 * DAY).date()).values()
    assert (found.standing.name, found.kept[STAFF_BRIEFED].word) == ("New Hall", DONE)


def test_sums_add_up_and_every_list_has_as_many_schools_as_its_number(programme: Programme) -> None:
    with transaction():
        for n, answers in enumerate(
            (
                {STAFF_BRIEFED: "done", LESSON: "done"},
                {STAFF_BRIEFED: "not done"},
                {STAFF_BRIEFED: "done", LESSON: "planned"},
                {},
            )
        ):
            booking = make.booking(
                make.show(
                    programme, make.school(district_code=f"E{n % 2}", district_name=f"D{n % 2}"), FIRST
                ),
                {8: 90},
            )
            pledges.promise(booking, [LESSON][: n % 2], who="x", now=FIRST - DAY)
            account = ReportAccount(took_place=True)
            reports.report(booking, "company", account, who="Rees", now=FIRST + timedelta(hours=3))
            pledges.answer(booking, answers, who="x", now=FIRST + DAY)
    schools = list(followed_as_of(programme, (FIRST + 3 * DAY).date()).values())
    sums = followed.sums(schools)
    briefed, lesson = sums[STAFF_BRIEFED], sums[LESSON]
    agreed = followed.sums(schools, agreed=True)
    assert (briefed.due, briefed.done, briefed.by[NOT_DONE], briefed.by[NOT_ANSWERED]) == (4, 2, 1, 1)
    assert (lesson.due, lesson.done, lesson.by[NOT_DUE], agreed[LESSON].by[NOT_DUE]) == (1, 1, 3, 2)
    for pledge in PLEDGES:
        assert sum(sums[pledge].by.values()) == 4 and sum(agreed[pledge].by.values()) == 2 * (
            pledge == LESSON
        )
        for state in STATES:
            for totals, only in ((sums[pledge], False), (agreed[pledge], True)):
                listed = sum(one.is_in(state, pledge, agreed=only) for one in schools)
                counted = {"due": totals.due, **totals.by}.get(state)
                assert counted is None or listed == counted, (pledge, state)
    districts = followed.by_district(schools)
    assert [(name, len(theirs)) for _, name, theirs in districts] == [("D0", 2), ("D1", 2)]
    assert [len(followed.sums(theirs)) for *_, theirs in districts] == [6, 6]


def test_a_concern_that_did_not_reach_the_lead_at_one_of_two_shows_is_to_be_rung_about(
    programme: Programme,
) -> None:
    with transaction():
        first = played(programme)
        second = make.booking(make.show(programme, first.organisation, FIRST + 7 * DAY), {9: 100})
        account = ReportAccount(took_place=True)
        reports.report(second, "company", account, who="Rees", now=FIRST + 8 * DAY)
        pledges.answer(first, {PASSED_ON: "not done"}, who="x", now=FIRST + 2 * DAY)
        pledges.answer(second, {PASSED_ON: "done"}, who="x", now=FIRST + 9 * DAY)
    reckoning = standings.standings_of_programme(programme.id, as_of=NOW.date(), now=NOW)
    (school,) = followed.followed_organisations(reckoning, now=NOW)
    assert school.kept[PASSED_ON].word == "partly"
    assert followed.unconfirmed(reckoning, now=NOW).concerns == {
        first.organisation_id: (FIRST + 2 * DAY).date()
    }


def test_a_pledge_makes_no_gap(programme: Programme) -> None:
    with transaction():
        booking = played(programme)
        pledges.answer(booking, {STAFF_BRIEFED: "not done"}, who="x", now=FIRST + DAY)
    (standing,) = standings.standings_of_programme(programme.id, as_of=NOW.date(), now=NOW).target
    assert standing.kind == "year group missing" and "brief" not in standing.cause


def test_what_is_open_most_stands_first(programme: Programme) -> None:
    with transaction():
        for name, answers in (
            ("Alder", {STAFF_BRIEFED: "done", LEAD_PRESENT: "done", PASSED_ON: "done"}),
            ("Birch", {STAFF_BRIEFED: "not done", PASSED_ON: "done"}),
            ("Cedar", {STAFF_BRIEFED: "not done", LEAD_PRESENT: "not done"}),
        ):
            pledges.answer(played(programme, name=name), answers, who="x", now=FIRST + DAY)
    schools = followed_as_of(programme, (FIRST + 2 * DAY).date()).values()
    assert [one.standing.name for one in followed.open_first(schools)] == ["Cedar", "Birch", "Alder"]
    assert [one.open_since for one in followed.open_first(schools)] == [date(2027, 1, 12)] * 3


def test_nothing_is_read_of_adults_or_of_another_programme(programme: Programme) -> None:
    with transaction():
        other = make.programme(make.partnership(("932",)))
        pledges.answer(played(other, la_code="932"), {LESSON: "done"}, who="x", now=FIRST + DAY)
        training = make.programme(make.partnership(("933",)), (), for_adults=True)
        staff = make.booking(make.show(training, make.school(la_code="933"), FIRST), {})
        make.report(staff, "company", FIRST + timedelta(hours=3))
    assert followed_as_of(programme, NOW.date()) == {} == followed_as_of(training, NOW.date())
    assert len(followed_as_of(other, NOW.date())) == 1


def test_it_takes_one_query_however_many_schools(programme: Programme, count_queries: Any) -> None:
    counted = []
    for more in (1, 3):
        with transaction():
            for _ in range(more):
                booking = played(programme)
                pledges.answer(booking, {LESSON: "done"}, who="x", now=FIRST + DAY)
        reckoning = standings.standings_of_programme(programme.id, as_of=NOW.date(), now=NOW)
        assert reckoning.programme.for_adults is False
        with count_queries() as queries:
            followed.followed_organisations(reckoning, now=NOW)
            followed.unconfirmed(reckoning, now=NOW)
        counted.append(len(queries))
    assert counted == [2, 2]
