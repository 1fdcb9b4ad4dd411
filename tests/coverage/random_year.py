"""A random year of everything that can happen to a few schools, as a list of dated events to play in
order."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

import make
from outreach.asking.chasing import settings as chasing
from outreach.asking.paper import PaperPosting
from outreach.booking.holds import FormBegun
from outreach.booking.proposals import Proposal
from outreach.county import register
from outreach.county.bodies import Body
from outreach.county.partnerships import USUAL_SHARE
from outreach.county.register.columns import Facts, columns
from outreach.county.schools import Correction, Organisation, OrganisationRecord, School
from outreach.ground.db import db
from outreach.ground.school_year import STAFF
from outreach.tour.adults import ALL, EVERYBODY, NO_SCHOOLS, PICKED, SOME, AdultTarget
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme, ProgrammeTarget
from outreach.visits import reports
from outreach.visits.absences import Absence

START = datetime(2026, 8, 20, tzinfo=UTC)
DAYS = 400
GROUPS = (7, 8, 9, 10)
VALID = (12, 18, 24)
"""Months that a training may count for."""
LAST = date(2027, 8, 31)
CODES = ("931", "932")

MANY = (0, 2, 3, 4, 6)
"""How many bodies there may be."""

KINDS = [
    # type, phase, lowest age, highest age
    ("Academy converter", "Secondary", 11, 18),
    ("Community school", "Secondary", 11, 16),
    ("Academy sponsor led", "Middle-Deemed Secondary", 9, 13),
    ("Community school", "Primary", 4, 11),
    ("Free schools", "All-through", 4, 18),
    ("Community school", "Secondary", None, None),
    ("Independent school", "Not applicable", None, None),
    ("Independent school", "", 3, None),
    ("Community special school", "Not applicable", 2, 19),
    ("Academy alternative provision converter", "Not applicable", 11, 16),
    ("Further education", "16 plus", 12, 99),
    ("Free schools 16 to 19", "Not applicable", None, None),
    ("Something quite new", None, None, None),
]


def _not_posted(posting: PaperPosting, at: datetime) -> None:
    posting.withdrawn_at, posting.withdrawn_by = at, "Priya"


def _not_so(said: Absence, at: datetime) -> None:
    said.withdrawn_at, said.withdrawn_by = at, "Priya"


BODIES = ("Police", "Social work", "Health", "Voluntary organisation")
"""Kinds of bodies that there are here."""

PHASES = ("Secondary", "Primary", "All-through", "Special and alternative provision", "Phase not given")


def _choice(random: Random) -> AdultTarget:
    """Which schools a programme for adults is for."""
    schools = random.choice([ALL, ALL, SOME, SOME, PICKED])
    if schools != SOME:
        return AdultTarget(schools=schools)
    phases = tuple(sorted(random.sample(PHASES, random.choice([0, 1, 2]))))
    types = tuple(sorted(random.sample([kind for kind, *_ in KINDS[3:]], 2)))
    return AdultTarget(
        schools=SOME, phases=phases, types=types if not phases or random.random() < 0.4 else ()
    )


def _with_bodies(target: AdultTarget, random: Random) -> AdultTarget:
    """The same, for bodies too, or for them alone."""
    kinds = tuple(kind for kind in BODIES if random.random() < 0.45)
    if kinds and random.random() < 0.3:
        return replace(target, schools=NO_SCHOOLS, phases=(), types=(), kinds=kinds)
    return replace(target, kinds=kinds)


def _lapse(proposal: Proposal, at: datetime) -> None:
    proposal.ended_at, proposal.ended_as = at, "lapsed"


class RandomYear:
    """`events`: (instant, what to do), sorted; play them up to any instant, in order.

    A `busy` year has a life like a real one in every school; else most of it is left to chance, which finds
    what nobody would think of.
    """

    def __init__(
        self,
        seed: int,
        *,
        schools: int | None = None,
        bodies: int | None = None,
        for_adults: bool = False,
        busy: bool | None = None,
    ) -> None:
        self.seed, self.random = seed, Random(seed)
        self._validity = Random(f"{seed} validity")  # as the next
        self._others = Random(f"{seed} whom")  # of its own, so that what else a seed brings stays as it was
        self._of_bodies = Random(f"{seed} bodies")
        self.busy = self._chance(0.5) if busy is None else busy
        self._from = START
        self.linked: set[tuple[int, int]] = set()
        self.marked: list[date] = []
        """Days on which something turns: a closure, the last day of a proposal. They are looked at more than
        others."""
        self.runs_out: list[date] = []
        """Days on which a training of an earlier year may count for the last time, or no more."""
        self.events: list[tuple[datetime, int, Callable[[datetime], Any]]] = []
        self.county = make.partnership(("931", "932"))
        # As every partnership has it from its founding on; before a first word, that first word would hold.
        make.counted_share(self.county, USUAL_SHARE, START - timedelta(days=40))
        self.other = make.partnership(
            ("934",)
        )  # 933 is nobody's here: schools come and go without being asked for
        self.programme: Programme = make.programme(
            self.county,
            () if for_adults else (8, 9),
            _with_bodies(self._choice(), self._of_bodies) if for_adults else EVERYBODY,
            audience_ceiling=10_000,
            for_adults=for_adults,
        )
        count = schools or self.random.randint(2, 8)
        self.schools = [self._school() for _ in range(count)]
        self.bodies: list[Body] = []
        self.promising: list[Organisation] = self.schools
        """Who hosts shows and comes to them: schools, and in a programme for adults bodies."""
        self._bodies(bodies)
        for school in self.schools:
            self._life_of(school)
        for school in list(self.schools):
            if self._chance(0.12):
                self._goes_on([school])
        if count > 2 and self._chance(0.25):
            self._goes_on(self.random.sample(self.schools, 2))
        for _ in range(self.random.choice([0, 0, 1, 2]) if self.busy else self.random.randint(0, count + 2)):
            self._succession()
        for _ in range(
            self.random.randint(count // 2, 2 * count) if self.busy else self.random.randint(0, 2 * count)
        ):
            self._show()
        for _ in range(self.random.choice([0, 1, 2])):
            self._plan(self._when(), self._import)
        if self.random.random() < 0.2 and not for_adults:
            groups = self.random.choice([(8,), (7, 8, 9), (9, 10)])
            self._plan(
                self._when(),
                lambda at: _add(
                    ProgrammeTarget(programme_id=self.programme.id, year_groups=groups, recorded_at=at)
                ),
            )
        if for_adults:
            for _ in range(self._others.choice([0, 1, 2])):
                at = self._from + timedelta(minutes=self._others.randint(1, DAYS * 24 * 60))
                to = _with_bodies(self._choice(), self._of_bodies)
                self._plan(at, lambda at, to=to: make.target(self.programme, at, (), to))
            self._trained_before()
        self._settings()
        self.events.sort(key=lambda event: event[:2])
        self._played = 0

    def play(self, until: datetime | None = None) -> None:
        """Let everything happen that is recorded before an instant (None: everything there is)."""
        while self._played < len(self.events) and (until is None or self.events[self._played][0] < until):
            at, _, happen = self.events[self._played]
            happen(at)
            self._played += 1
        db.session.flush()

    def some_day(self) -> date:
        if self.marked and self._chance(0.25):
            return self.random.choice(self.marked)
        first = 150 if self._chance(0.6) else 8
        return (START + timedelta(days=self.random.randint(first, DAYS))).date()

    def _settings(self) -> None:
        """What is set here changes: how many must be counted, whose an authority is, how long an answer is
        waited for."""
        r = self.random
        other = Random(self.seed)  # of its own, so that what else a seed brings stays as it was
        for _ in range(other.choice([0, 1, 2])):
            at = self._from + timedelta(minutes=other.randint(1, DAYS * 24 * 60))
            self._plan(at, lambda at, days=other.choice([3, 10, 60, 90]): self._waits(days, at))
        for _ in range(r.choice([0, 0, 1, 2])):
            self._plan(
                self._when(),
                lambda at, share=r.choice([0.2, 0.7, 1.0]): make.counted_share(self.county, share, at),
            )
        if self._chance(0.2):
            self._plan(self._when(), lambda at: make.covered(self.county, "933", True, at))
        if self._chance(0.2):
            ended = self._when()
            self._plan(ended, lambda at: make.covered(self.county, "932", False, at))
            if self._chance(0.3):
                self._plan(self._when(ended), lambda at: make.covered(self.county, "932", True, at))

    def _waits(self, days: int, at: datetime) -> None:
        plan = replace(chasing.schedule_of_programme(self.programme.id), first_after_days=days)
        chasing.settle(self.programme, plan, who="Priya", now=at)

    def _choice(self) -> AdultTarget:
        return replace(_choice(self._others), valid_months=self._validity.choice([None, *VALID, *VALID]))

    def _plan(self, at: datetime, happen: Callable[[datetime], Any]) -> None:
        self.events.append((at, len(self.events), happen))

    def _when(self, after: datetime | None = None, days: int = DAYS) -> datetime:
        return (after or self._from) + timedelta(minutes=self.random.randint(1, days * 24 * 60))

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _school(self, recorded_at: datetime = START - timedelta(days=40)) -> School:
        kind, phase, low, high = self.random.choice(
            KINDS[:2] if self._chance(0.8 if self.busy else 0.5) else KINDS
        )
        facts = {
            "type_of_establishment": kind,
            "phase_of_education": phase,
            "statutory_low_age": low,
            "statutory_high_age": high,
            "number_of_pupils": self.random.choice([None, 0, 35, 301, 700, 1050]),
            "la_code": self.random.choice(["931", "931", "931", "932", "932" if self.busy else "933"]),
            "easting": self.random.choice([450_000, 450_000, None]),
            "district_code": self.random.choice(["E1", "E2", None]),
            "trust_name": self.random.choice([None, None, "Lantern Learning Trust", "Marl Valley Academies"]),
        }
        facts["town"] = self.random.choice(["Kestermere", "KESTERMERE", "Drovecote", ""])
        facts["urban_rural"] = self.random.choice(
            [
                None,
                "Rural town and fringe",
                "Urban major conurbation",
                "Larger rural: nearer to a major town or city",
            ]
        )
        facts["district_name"] = {"E1": "Kestermere", "E2": "Fenwold", None: None}[facts["district_code"]]
        school = make.school(recorded_at, **facts)
        db.session.flush()
        return school

    def _life_of(self, school: School) -> None:
        r = self.random
        if self._chance(0.1 if self.busy else 0.3):
            closed = {"status": "Closed", "close_date": (day := r.choice([None, self.some_day()]))}
            self.marked += [day] if day else []
            self._plan(self._when(), lambda at: make.record(school, at, **closed))
            if self._chance(0.2):
                self._plan(self._when(), lambda at: make.record(school, at, status="Open", close_date=None))
        if self._chance(0.15):
            moved = {"la_code": r.choice(["931", "933"]), "number_of_pupils": r.choice([None, 140, 900])}
            moved |= {"trust_name": r.choice([None, "Marl Valley Academies"])}
            self._plan(self._when(), lambda at: make.record(school, at, **moved))
        for _ in range(r.choice([0, 0, 0, 1, 2])):
            self._correction(school)
        for _ in range(r.choice([0, 0, 1, 3])):
            y, pupils = r.choice(GROUPS), r.choice([0, 30, 160, 300] if self.busy else [0, 0, 30, 160])
            self._plan(self._when(), lambda at, y=y, pupils=pupils: make.own_number(school, y, pupils, at))
        if self.programme.for_adults:
            self._staff_of(school)
        for _ in range(r.choice([0, 0, 0, 1, 2])):
            kind = r.choice(["exclude", "exclude", "include", "withdraw"])
            groups = r.choice([(8,), (8, 9), (9, 12)]) if kind == "include" else ()
            self._plan(
                self._when(),
                lambda at, kind=kind, groups=groups: make.decision(
                    self.programme, school, kind, at, groups, reason=f"Agreed at {at:%H:%M}"
                ),
            )
        self._asking(school)

    def _staff_of(self, school: School) -> None:
        other = Random(f"{self.seed} {school.organisation_id} staff")
        for _ in range(other.choice([0, 1, 1, 2])):
            at = self._from + timedelta(minutes=other.randint(1, DAYS * 24 * 60))
            n = other.choice([1, 30, 80, 160, 400])
            self._plan(at, lambda at, n=n: make.own_number(school, STAFF, n, at))

    def _bodies(self, many: int | None) -> None:
        """Bodies of the partnership, which a programme for pupils never meets, and one of another's."""
        r = self._of_bodies
        before = START - timedelta(days=40)
        make.body(self.other, before, kind=BODIES[0])
        many = r.choice(MANY) if many is None else many
        self.bodies = [make.body(self.county, before, kind=r.choice(BODIES)) for _ in range(many)]
        for body in list(self.bodies):
            self._life_of_body(body)
        if self.programme.for_adults:
            self.promising = [*self.schools, *self.bodies]
        for body in list(self.bodies):
            if r.random() < 0.35:
                self._joins(body)

    def _some_time(self, after: datetime = START) -> datetime:
        return after + timedelta(minutes=self._of_bodies.randint(1, DAYS * 24 * 60))

    def _life_of_body(self, body: Body) -> None:
        """It is counted and counted anew, becomes another kind, is taken out and in, and asked."""
        r = self._of_bodies
        for _ in range(r.choice([0, 1, 1, 2, 3])):
            staff = r.choice([None, 0, 1, 12, 40, 40, 160])
            said = {"front_line_staff": staff, "staff_counted_on": None if staff is None else START.date()}
            self._plan(self._some_time(), lambda at, said=said: make.body_record(body, at, **said))
        if r.random() < 0.3:
            code, name = r.choice([("E1", "Kestermere"), ("E2", "Fenwold"), (None, None)])
            moved = {"district_code": code, "district_name": name, "name": f"{body.name} and others"}
            self._plan(self._some_time(), lambda at: make.body_record(body, at, **moved))
        if r.random() < 0.15:
            kind = {"type_of_establishment": r.choice(BODIES)}
            self._plan(self._some_time(), lambda at: make.body_record(body, at, **kind))
        if not self.programme.for_adults:
            return
        for _ in range(r.choice([0, 0, 0, 1, 2])):
            word = r.choice(["exclude", "exclude", "include", "withdraw"])
            self._plan(
                self._some_time(),
                lambda at, word=word: make.decision(
                    self.programme,
                    body,
                    word,
                    at,
                    (STAFF,) if word == "include" else (),
                    reason=f"Agreed at {at:%H:%M}",
                ),
            )
        self._asking(body)

    def _joins(self, body: Body) -> None:
        """It closes, and another takes its place, one that was there or a new one, or none; or opens again."""
        r = self._of_bodies
        at = self._some_time()
        day = at.date() - timedelta(days=r.choice([0, 0, 10, 60]))
        self.marked.append(day)
        closed = {"status": "Closed", "close_date": day}
        self._plan(at, lambda at: make.body_record(body, at, **closed))
        others = [other for other in self.bodies if other is not body]
        heir = r.choice([*others, None, "new", "new"])
        if heir == "new":
            heir = make.body(self.county, at, kind=body.type_of_establishment)
            self.bodies.append(heir)
            self._life_of_body(heir)
            if self.programme.for_adults:
                self._from = at
                self._show(heir)
                self._from = START
        if isinstance(heir, Body) and (body.organisation_id, heir.organisation_id) not in self.linked:
            self.linked.add((body.organisation_id, heir.organisation_id))
            self._plan(at, lambda at: make.succession(body, heir, at, day))
        elif r.random() < 0.3:
            open_again = {"status": "Open", "close_date": None}
            self._plan(self._some_time(at), lambda at: make.body_record(body, at, **open_again))

    def _correction(self, school: School) -> None:
        r = self.random
        name, value = r.choice(
            [
                ("statutory_low_age", "11"),
                ("statutory_high_age", "14"),
                ("statutory_high_age", ""),
                ("number_of_pupils", "500"),
                ("phase_of_education", "Secondary"),
                ("status", "Closed"),
                ("type_of_establishment", "Welsh establishment"),
            ]
        )
        withdrawn = self._chance(0.2)
        self._plan(
            self._when(),
            lambda at: _add(
                Correction(
                    urn=school.organisation_id,
                    field=name,
                    value="" if withdrawn else value,
                    withdrawn=withdrawn,
                    recorded_at=at,
                    who="Priya",
                    reason="Rang",
                )
            ),
        )

    def _posting(self, school: School) -> None:
        """Letters on paper: posted before or after it is said so, and sometimes not after all."""
        other = Random(
            f"{self.seed} {school.organisation_id} paper"
        )  # so that what else a seed brings stays as it was
        for _ in range(other.choice([0, 0, 1, 2])):
            at = self._from + timedelta(minutes=other.randint(1, DAYS * 24 * 60))
            posted_on = at.date() + timedelta(days=other.randint(-20, 14))
            self.marked.append(posted_on)
            said: list[Any] = []
            self._plan(
                at,
                lambda at, on=posted_on, said=said: said.append(
                    make.posted_letter(self.programme, school, on, at)
                ),
            )
            if other.random() < 0.3:
                back = at + timedelta(minutes=other.randint(1, 60 * 24 * 60))
                self._plan(back, lambda at, said=said: _not_posted(said[0], at))

    def _asking(self, school: School) -> None:
        r = self.random
        addresses = [f"Office{school.organisation_id}@x.example", f"head{school.organisation_id}@x.example"]
        for address in addresses[: r.choice([1, 1, 2, 2] if self.busy else [0, 1, 1, 2])]:
            made: list[Any] = []
            begins = self._when(days=20 if self.busy else 60)
            self._plan(
                begins, lambda at, a=address, m=made: m.append(make.contact(school, address=a, created_at=at))
            )
            if self._chance(0.05 if self.busy else 0.15):
                self._plan(self._when(begins), lambda at, m=made: setattr(m[0], "ended_at", at))
        for address in addresses:
            if self._chance(0.1 if self.busy else 0.25):
                died = self._when()
                dead: list[Any] = []
                self._plan(died, lambda at, a=address, d=dead: d.append(make.dead_address(a.lower(), at)))
                if self._chance(0.3):
                    self._plan(self._when(died), lambda at, d=dead: setattr(d[0], "ended_at", at))
            for _ in range(r.choice([0, 0, 1, 2])):
                handed = None if self._chance(0.2) else timedelta(minutes=r.randint(0, 9000))
                self._plan(
                    self._when(),
                    lambda at, a=address, h=handed: make.invitation(
                        self.programme, school, at, address=a, handed_at=None if h is None else at + h
                    ),
                )
        self._posting(school)
        for _ in range(r.choice([0, 1, 1, 2] if self.busy else [0, 0, 0, 1, 2])):
            kind = r.choice(
                ["declined", "declined", "other date", "waiting list", "somebody else", "refused slot"]
            )
            self._plan(
                self._when(),
                lambda at, kind=kind: make.answer(
                    self.programme, school, kind, at, reason=f"Rang at {at:%H:%M}" if at.minute % 3 else ""
                ),
            )
        if self._chance(0.2):
            self._plan(
                self._when(),
                lambda at: _add(
                    FormBegun(
                        programme_id=self.programme.id, organisation_id=school.organisation_id, recorded_at=at
                    )
                ),
            )
        if self._chance(0.3 if self.busy else 0.15):
            begins = self._when()
            made_one: list[Any] = []
            reply_by = begins.date() + timedelta(days=r.randint(3, 30))
            self.marked.append(reply_by)
            self._plan(
                begins,
                lambda at: made_one.append(
                    _add(
                        Proposal(
                            programme_id=self.programme.id,
                            organisation_id=school.organisation_id,
                            starts_at=at + timedelta(days=40),
                            reply_by=reply_by,
                            recorded_at=at,
                        )
                    )
                ),
            )
            if self._chance(0.4):
                self._plan(self._when(begins, 20), lambda at: setattr(made_one[0], "ended_at", at))
            elif self._chance(0.5):  # as the service ends what nobody answered
                over = datetime.combine(reply_by + timedelta(days=1), time(0, 5), tzinfo=begins.tzinfo)
                self._plan(over, lambda at: _lapse(made_one[0], at))

    def _succession(self) -> None:
        if len(self.schools) < 2:
            return
        a, b = self.random.sample(self.schools, 2)
        day = self.random.choice([None, self.some_day()])
        if (a.organisation_id, b.organisation_id) not in self.linked:
            self.linked.add((a.organisation_id, b.organisation_id))
            self._plan(self._when(), lambda at: make.succession(a, b, at, day))

    def _goes_on(self, old: list[School]) -> None:
        """A school becomes an academy, or two merge: closed, and on under a new URN; all of it comes with one
        import."""
        at = self._when(START + timedelta(days=self.random.choice([0, 120, 200])), 150)
        new = self._school(at)
        day = self.random.choice([None, at.date(), at.date() - timedelta(days=30), self.some_day()])
        if self._chance(0.7):  # mostly the school that it was
            same = (
                "la_code",
                "phase_of_education",
                "statutory_low_age",
                "statutory_high_age",
                "number_of_pupils",
            )
            facts = {name: getattr(old[0], name) for name in (*same, "district_code", "district_name")}
            self._plan(at, lambda at: make.record(new, at, **facts))
        for one in old:
            closed = self.random.choice([None, day])
            self._plan(
                at,
                lambda at, one=one, closed=closed: make.record(one, at, status="Closed", close_date=closed),
            )
            self._plan(at, lambda at, one=one: make.succession(one, new, at, day))
            self.linked.add((one.organisation_id, new.organisation_id))
        self.marked += [day] if day else []
        self._from = at
        self._life_of(new)
        for _ in range(self.random.choice([0, 1])):
            self._show(new)
        self._from = START

    def _import(self, at: datetime) -> None:
        """The register is brought in again as people do it: some facts changed since, most did not."""
        newest = {
            row.organisation_id: row
            for row in db.session.scalars(select(OrganisationRecord).order_by(OrganisationRecord.id))
            if row.recorded_at <= at
        }
        heads = {name: column for name, (column, _) in columns().items()}
        lines = [[heads[name] for name in Facts._fields]]
        for _, row in sorted(newest.items()):
            facts = {name: getattr(row, name) for name in Facts._fields}
            if self._chance(0.1 if self.busy else 0.2):
                facts |= self.random.choice(
                    [
                        {"number_of_pupils": 420},
                        {"statutory_high_age": 14},
                        {"status": "Open"},
                        {"status": "Open, but proposed to close"},
                        {"district_code": "E2", "district_name": "Fenwold"},
                        {"urban_rural": "Urban: nearer to a major town or city", "town": "Drovecote"},
                        {"status": "Closed", "close_date": at.date()},
                        {"la_code": "932"},
                    ]
                )
            lines.append([_as_the_register_says(value) for value in facts.values()])
        out = io.StringIO()
        csv.writer(out).writerows(lines)
        file = register.read(io.BytesIO(out.getvalue().encode("cp1252")), la_codes=CODES, also=set(newest))
        register.apply(
            register.preview(file, CODES), file_name="again.csv", la_codes=CODES, who="Priya", now=at
        )

    def _show(self, host: School | None = None) -> None:
        r = self.random
        made_at = self._when(days=250)
        starts = (made_at + timedelta(days=r.randint(5, 90))).replace(hour=10, minute=0)
        guests = [s for s in self.promising if s is not host and self._chance(0.15)]
        host = host or r.choice(self.promising)
        guests = [s for s in guests if s is not host]
        show: dict[str, Any] = {}
        self._plan(made_at, lambda at: show.update(it=make.show(self.programme, host, starts, created_at=at)))
        bookings: list[dict[str, Any]] = []
        for school in (host, *guests):
            booked_at = made_at + timedelta(minutes=r.randint(1, 4000)) if school is not host else made_at
            held: dict[str, Any] = {"promised": self._promised(), "school": school}
            bookings.append(held)
            self._plan(
                booked_at,
                lambda at, held=held, school=school: held.update(
                    it=make.booking(
                        show["it"], held["promised"], at, of=school, catch_up=held.get("catch_up", False)
                    )
                ),
            )
        if self._chance(0.2):
            starts = self._move(show, bookings, starts, made_at)
        for held in bookings:
            self._what_came_of_it(held, starts)
        if self._chance(0.5):
            self._report(bookings[0], "company", starts, bookings)
        self._who_missed_it(bookings, starts)

    def _who_missed_it(self, bookings: list[dict], starts: datetime) -> None:
        """Some guests come to catch up; schools say how many missed it, and who had a lesson instead."""
        other = Random(f"{self.seed} {starts} absent")  # so that what else a seed brings stays as it was
        for held in bookings[1:]:
            held["catch_up"] = other.random() < 0.5
        for held in bookings:
            for _ in range(other.choice([0, 0, 1, 2])):
                at = starts + timedelta(minutes=other.randint(1, 60 * 24 * 60))
                kind, y = other.choice(["missed", "missed", "lesson", "film"]), other.choice(GROUPS)
                day = None if kind == "missed" else at.date() - timedelta(days=other.randint(0, 5))
                n, back = (
                    other.choice([0, 3, 12, 60]) if day is None else other.choice([1, 4, 30]),
                    other.random(),
                )
                said: list[Any] = []
                self._plan(
                    at,
                    lambda at, held=held, kind=kind, y=y, n=n, day=day, said=said: said.append(
                        make.absence(self.programme, held["school"], kind, y, n, at, day)
                    ),
                )
                if back < 0.2:
                    self._plan(at + timedelta(days=9), lambda at, said=said: _not_so(said[0], at))

    def _trained_before(self) -> None:
        """Trainings of the programme that this one was copied from, and of the one that that was copied from."""
        r, later = self._validity, self.programme
        for year in (2025, 2024)[: r.choice([0, 1, 1, 2])]:
            before = make.programme(
                self.county,
                (),
                audience_ceiling=10_000,
                for_adults=True,
                academic_year=year,
                reply_by=date(year + 1, 2, 5),
                created_at=START - timedelta(days=1000),
            )
            make.copied(later, before)
            later = before
            for school in self.promising:
                for _ in range(r.choice([0, 1, 1, 2])):
                    self._training(before, school, r)

    def _training(self, programme: Programme, school: Organisation, r: Random) -> None:
        first = datetime(programme.academic_year, 9, 2, 10, tzinfo=UTC)
        starts = r.choice(
            [first + timedelta(days=r.randint(0, 360)), datetime(first.year + 1, 2, 28, 10, tzinfo=UTC)]
        )
        n = r.choice([1, 12, 40, 75])
        held: dict[str, Any] = {}
        promised = starts - timedelta(days=30)
        self._plan(
            promised,
            lambda at: held.update(
                it=make.booking(make.show(programme, school, starts, created_at=at), {STAFF: n}, at)
            ),
        )
        counted = r.choice([n, n, n, None, 3])
        if r.random() < 0.9:
            told = starts + timedelta(
                minutes=r.randint(80, 9000) if r.random() < 0.8 else r.randint(1, 500_000)
            )
            took = r.random() < 0.9
            self._plan(
                told,
                lambda at: make.report(
                    held["it"],
                    "school",
                    at,
                    None if counted is None or not took else {STAFF: counted},
                    took_place=took,
                    why_not="" if took else "Snow",
                ),
            )
        for months in VALID:
            year, month = divmod(12 * starts.year + starts.month - 1 + months, 12)
            last = date(year, month + 1, min(starts.day, 28))
            self.runs_out += [d for d in (last, last + timedelta(days=1)) if START.date() < d < LAST]

    def _promised(self) -> dict[int, int]:
        named = self.random.sample(GROUPS[:3], self.random.choice([1, 1, 2, 3]))
        pupils = {y: self.random.choice([0, 3, 40, 75, 80, 150]) for y in sorted(named)}
        if not self.programme.for_adults:
            return pupils
        return (
            {STAFF: n} if (n := sum(pupils.values())) % 4 else {}
        )  # once adults were promised without a number

    def _move(self, show: dict, bookings: list[dict], starts: datetime, made_at: datetime) -> datetime:
        moved_at = made_at + timedelta(days=4, minutes=self.random.randint(0, 5 * 24 * 60))
        there = starts + timedelta(days=self.random.choice([-3, 7, 30]))

        def move(at: datetime) -> None:
            it = show["it"]
            if it.ends_at <= at:  # a show that is over stays where it was
                return
            ends = there + timedelta(minutes=75)
            it.get_in_at, it.starts_at, it.ends_at, it.away_at = there, there, ends, ends
            for held in bookings:
                if "it" in held and held["it"].ended_at is None:
                    make.revision(
                        held["it"],
                        held["promised"],
                        at=at,
                        starts_at=there,
                        ends_at=ends,
                    )

        self._plan(moved_at, move)
        return there

    def _what_came_of_it(self, held: dict, starts: datetime) -> None:
        if self._chance(0.2):
            by = self.random.choice(["school", "company", "coordinator", "host"])
            self._plan(  # while it is on, too; after its end nobody can
                starts - timedelta(minutes=self.random.randint(-70, 6000)),
                lambda at: "it" in held and self._cancel(held["it"], at, by),
            )
        if self._chance(0.8 if self.busy else 0.6):
            self._report(held, "school", starts, [held])
        if self._chance(0.1):
            self._report(held, "settled", starts, [held])

    def _cancel(self, booking: Any, at: datetime, by: str) -> None:
        show = db.session.get_one(Performance, booking.performance_id)
        if show.ends_at > at:
            make.cancellation(booking, at, by)

    def _attendance(self, about: list[dict]) -> list[int | None]:
        """How many staff of each came, as a company counts them; [] of one that counts the whole."""
        r = self._validity
        if r.random() < 0.4:
            return []
        booked = [sum(one["promised"].values()) for one in about]
        return [r.choice([n, n, max(0, n - 2), max(0, n - 40), 0, None]) for n in booked]

    def _report(self, held: dict, side: str, starts: datetime, about: list[dict]) -> None:
        r = self.random
        at = starts + timedelta(minutes=r.randint(-300, 12_000 if self._chance(0.9) else 500_000))
        took = self._chance(0.85)
        expected: dict[int, int] = {}
        for one in about:
            for y, n in one["promised"].items():
                expected[y] = expected.get(y, 0) + n
        near = {y: max(n + r.choice([0, 0, 0, -3, -80, 4]), 0) for y, n in expected.items()}
        pupils = r.choice([near, sum(near.values()), sum(near.values()), None, near | {r.choice(GROUPS): 2}])
        if not took:
            pupils = None
        raised = r.choice([None, 0, 2, 9]) if took and side == "school" else None

        def tell(at: datetime) -> None:
            if "it" in held:
                said: dict[str, Any] = {
                    "took_place": took,
                    "why_not": "" if took else "Snow",
                    "concerns": raised,
                }
                again = pupils
                if told and late:  # with another count, and it may be older than what was said before
                    said["filled_in_at"] = at - late
                    again = 7 if took else None
                if of_each and took and side == "company" and self.programme.for_adults and not late:
                    came = {one["it"].id: n for one, n in zip(about, of_each, strict=True) if n is not None}
                    there = {b.id for b in reports.companions(held["it"].performance)}
                    said["attendance"] = {of: n for of, n in came.items() if of in there}
                    again = None
                told.append(make.report(held["it"], side, at, again, **said))

        of_each = self._attendance(about) if side == "company" else []
        late = timedelta(minutes=r.randint(1, 9000)) if side == "company" and self._chance(0.5) else None

        told: list[Any] = []
        for _ in range(r.choice([1, 1, 1, 2])):
            self._plan(at, tell)
            at += timedelta(minutes=r.randint(1, 9000))
        if self._chance(0.2):
            self._plan(at, lambda at: told and make.withdrawal(told.pop(), at))


def _as_the_register_says(value: Any) -> str:
    return value.strftime("%d-%m-%Y") if isinstance(value, date) else "" if value is None else str(value)


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row
