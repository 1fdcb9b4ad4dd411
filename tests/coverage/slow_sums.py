"""Slow sums and lists over the slow reckoning: why a school is a gap, what any words of an address pick, what
they come to.

Written from the trade's rules alone, as reference.py is; shares no code with outreach/coverage. `Sums` looks
at every school of one World once; its lists are asked for by the words of an address, as pages ask for
theirs.
"""

import re
import unicodedata
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reference import (
    ADULTS,
    STRENGTHS,
    Answer,
    Booking,
    Contact,
    FormBegun,
    Proposal,
    World,
    end_of,
    in_parts,
)

LONDON = ZoneInfo("Europe/London")
NINE = (
    "seen",
    "part seen",
    "to confirm",
    "booked",
    "proposed",
    "asked",
    "not asked",
    "declined",
    "unreachable",
)
STATES = ("seen", "part seen", "to confirm", "booked", "open")
DIMENSIONS = ("district", "town", "urban_rural", "phase", "type", "trust")
SAID = {
    "other date": "wants another date",
    "waiting list": "on the waiting list",
    "somebody else": "named somebody else",
    "refused slot": "refused a slot",
}


@dataclass(kw_only=True)
class Row:
    """One school of the target, or taken out of it. `number`: whence its pupils are; None is unknown. `absent`: of each
    year group that is seen how many missed it, and how many of them caught up."""

    organisation_id: int
    name: str
    district: str
    district_name: str
    phase: str
    type: str
    trust: str
    town: str
    urban_rural: str
    standing: str
    gap: bool
    cause: str
    detail: str
    since: date | None
    states: dict[int, str]
    seen: int
    seen_by: dict[int, int]
    pupils: int | None
    pupils_by: dict[int, int | None]
    number: str
    ages_unknown: bool
    place_unknown: bool
    uncounted: list[int]
    evidence: str
    absent: dict[int, tuple[int, int]]


@dataclass
class Total:
    """What some schools come to."""

    organisations: int = 0
    gaps: int = 0
    seen_pupils: int = 0
    seen_of_known: int = 0
    target_pupils: int = 0
    own: int = 0
    estimated: int = 0
    unknown: int = 0
    uncounted_pupils: int = 0
    beyond_staff: int = 0
    absent_pupils: int = 0
    caught_up_pupils: int = 0
    by: dict[str, int] = field(default_factory=dict)
    evidence: dict[str, int] = field(default_factory=dict)


SUMS = tuple(f.name for f in fields(Total) if f.name not in ("by", "evidence"))


class Sums:
    """Every school of one World, each looked at once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rows = [self._row(organisation_id) for organisation_id in world.target()]
        self.excluded = [
            self._row(organisation_id, excluded=True)
            for organisation_id in world.organisation_ids()
            if world.eligible(organisation_id) and world.excluded(organisation_id)
        ]
        self.also_seen = world.also_seen()

    # --- sums

    def total(self, rows: list[Row] | None = None) -> Total:
        rows = self.rows if rows is None else rows
        known = [r for r in rows if r.pupils is not None]
        return Total(
            organisations=len(rows),
            gaps=len([r for r in rows if r.gap]),
            seen_pupils=sum(r.seen for r in rows),
            seen_of_known=sum(r.seen for r in known),
            target_pupils=sum(r.pupils for r in known),
            own=len([r for r in rows if r.number == "own"]),
            estimated=len([r for r in rows if r.number == "estimated"]),
            unknown=len(rows) - len(known),
            uncounted_pupils=sum(r.pupils_by[y] or 0 for r in known for y in r.uncounted),
            beyond_staff=sum(max(0, r.seen - r.pupils) for r in known if ADULTS in r.pupils_by),
            absent_pupils=sum(n for r in rows for n, _ in r.absent.values()),
            caught_up_pupils=sum(n for r in rows for _, n in r.absent.values()),
            by={word: len([r for r in rows if r.standing == word]) for word in NINE},
            evidence={grade: len([r for r in rows if r.evidence == grade]) for grade in STRENGTHS},
        )

    def by(self, dimension: str, rows: list[Row] | None = None) -> dict[str, Total]:
        """{key: its total} of each district, phase, type or trust there is; '' where it is not known. A body is of a
        district and a kind, which stands among the phases, and of nothing else."""
        among = self.rows if rows is None else rows
        rows = [r for r in among if dimension in ("district", "phase") or not is_body(r.organisation_id)]
        keys = {getattr(r, dimension) for r in rows}
        return {key: self.total([r for r in rows if getattr(r, dimension) == key]) for key in keys}

    def year_group(self, y: int) -> Total:
        """Of the schools that offer it; `by` counts the states that it is in there."""
        rows = [r for r in self.rows if y in r.states]
        known = [r for r in rows if r.pupils_by[y] is not None]
        return Total(
            organisations=len(rows),
            gaps=len([r for r in rows if r.states[y] in ("open", "to confirm")]),
            seen_pupils=sum(r.seen_by.get(y, 0) for r in rows),
            seen_of_known=sum(r.seen_by.get(y, 0) for r in known),
            target_pupils=sum(r.pupils_by[y] for r in known),
            unknown=len(rows) - len(known),
            by={state: len([r for r in rows if r.states[y] == state]) for state in STATES},
        )

    def year_groups(self) -> list[int]:
        return sorted({y for r in self.rows for y in r.states if y != ADULTS})

    def half(self, *, bodies: bool) -> list[Row]:
        """The schools of the target, or its bodies."""
        return [r for r in self.rows if is_body(r.organisation_id) == bodies]

    def causes(self, rows: list[Row] | None = None) -> dict[str, int]:
        gaps = [r.cause for r in (self.rows if rows is None else rows) if r.gap]
        return {cause: gaps.count(cause) for cause in set(gaps)}

    # --- lists

    def picked(self, words: dict[str, str]) -> list[Row]:
        """The rows that the words of an address ask for; `list=also` is no row of this kind."""
        y = int(words["year"]) if words.get("year") else None
        rows = self.excluded if words.get("list") == "excluded" else self.rows
        return [r for r in rows if all(self._is(r, name, value, y) for name, value in words.items() if value)]

    def _is(self, r: Row, name: str, value: str, y: int | None) -> bool:
        if name in DIMENSIONS:
            return getattr(r, name) == ("" if value == "-" else value)
        if name == "year":
            return y in r.states
        if name == "state":
            wanted = ("open", "to confirm") if value == "gap" else (value,)
            asked = r.states.values() if y is None else [r.states[y]] if y in r.states else []
            return any(state in wanted for state in asked)
        if name == "standing":
            return r.standing == value
        if name == "gap":
            return r.gap
        if name == "cause":
            return r.gap and r.cause == value
        if name == "number":
            known = (r.pupils if y is None else r.pupils_by.get(y)) is not None
            return known == (value == "known") if value in ("known", "unknown") else r.number == value
        if name == "counted":
            return (r.seen if y is None else r.seen_by.get(y, 0)) > 0
        if name == "absent":
            missed = [n for g, n in r.absent.items() if y in (None, g)]
            all_of, caught = sum(n for n, _ in missed), sum(n for _, n in missed)
            return {"any": all_of, "caught-up": caught, "waiting": all_of - caught}[value] > 0
        if name == "evidence":
            return r.evidence == value
        if name == "ages":
            return r.ages_unknown
        if name == "place":
            return r.place_unknown
        if name == "since_by":
            return r.since is not None and r.since <= date.fromisoformat(value)
        if name == "who":
            return is_body(r.organisation_id) == (value == "bodies")
        if name == "find":
            named = plain(r.name).split()
            return all(
                any(w.startswith(p) for w in named) or p == str(r.organisation_id)
                for p in plain(value).split()
            )
        if name == "list":
            return True
        raise AssertionError(f"nobody knows which schools {name}={value} asks for")

    # --- one school

    def _row(self, organisation_id: int, excluded: bool = False) -> Row:
        w = self.world
        standing, gap = w.standing(organisation_id)
        states = w.states(organisation_id)
        cause, detail, since = self.why(organisation_id, standing, gap, states)
        if excluded:
            cause, detail, since = "", *self.taken_out(organisation_id)
        seen_by = self.seen_by(organisation_id)
        pupils, by = w.target_pupils(organisation_id), self.pupils_by(organisation_id)
        own = all(w.own(organisation_id, y) is not None for y in states)
        return Row(
            organisation_id=organisation_id,
            name=w.fact(organisation_id, "name"),
            district=w.fact(organisation_id, "district_code") or "",
            district_name=w.fact(organisation_id, "district_name")
            or ("whole area" if is_body(organisation_id) else "district not known"),
            phase=self.phase(organisation_id),
            type=w.fact(organisation_id, "type_of_establishment"),
            trust=w.fact(organisation_id, "trust_name") or "",
            town=w.fact(organisation_id, "town").title(),
            urban_rural=next(
                (
                    word
                    for word in ("Rural", "Urban")
                    if word.lower() in (w.fact(organisation_id, "urban_rural") or "").lower()
                ),
                "",
            ),
            standing="excluded" if excluded else standing,
            gap=gap and not excluded,
            cause=cause,
            detail=detail,
            since=since,
            states=states,
            seen=sum(seen_by.values()),
            seen_by=seen_by,
            pupils=pupils,
            pupils_by=by,
            number="unknown" if pupils is None else "own" if own else "estimated",
            ages_unknown=ADULTS not in states
            and w.usual(organisation_id) is None
            and w.included(organisation_id) is None,
            uncounted=[y for y in states if self.is_uncounted(organisation_id, y)],
            evidence=w.evidence(organisation_id),
            absent={
                y: w.absent(organisation_id, y) for y in states if w.absent(organisation_id, y)[0] is not None
            },
            place_unknown=not is_body(organisation_id)
            and (w.fact(organisation_id, "easting") is None or w.fact(organisation_id, "northing") is None),
        )

    def is_uncounted(self, organisation_id: int, y: int) -> bool:
        """A show of the year group took place, nobody gave any number of it, and nothing of it is unsure or
        to come."""
        w = self.world
        if (
            w.state(organisation_id, y) not in ("seen", "part seen")
            or w.counted(organisation_id, y) is not None
        ):
            return False
        return any(
            w.outcome(b) == "took" and y in w.groups_of(b)
            for u in w.same_school(organisation_id)
            for b in w.promises(u)
            if not w.cancelled(b)
        )

    def phase(self, organisation_id: int) -> str:
        """The row of the phase table that a school stands in."""
        said, kind = (
            self.world.fact(organisation_id, "phase_of_education") or "",
            self.world.fact(organisation_id, "type_of_establishment"),
        )
        if is_body(organisation_id):
            return kind
        if said and said.lower() != "not applicable":
            return said if said[0].isdigit() else said.capitalize()
        if re.search("special|alternative provision|pupil referral", kind.lower()):
            return "Special and alternative provision"
        return "Independent, phase not given" if "independent" in kind.lower() else "Phase not given"

    def seen_by(self, organisation_id: int) -> dict[int, int]:
        w = self.world
        return {
            y: w.at_shows(organisation_id, y) + w.added(organisation_id, y)
            for y in w.counting(organisation_id)
        }

    def pupils_by(self, organisation_id: int) -> dict[int, int | None]:
        """Own numbers; the rest of the school's estimate in equal whole parts, each no fewer than were
        counted."""
        seen, own = self.seen_by(organisation_id), self.world.own
        return {
            y: n if n is None or own(organisation_id, y) is not None else max(n, seen[y])
            for y, n in self.parts_by(organisation_id).items()
        }

    def parts_by(self, organisation_id: int) -> dict[int, int | None]:
        """The same, whoever was counted."""
        w = self.world
        groups = w.counting(organisation_id)
        own = {y: w.own(organisation_id, y) for y in groups if w.own(organisation_id, y) is not None}
        rest = [y for y in groups if y not in own]
        numbers = [w.number(organisation_id, y) for y in groups]
        if not rest or None in numbers:
            return {y: own.get(y) for y in groups}
        whole = int(2 * sum(numbers) + 1) // 2
        return own | in_parts(whole - sum(own.values()), dict.fromkeys(rest, 1))

    # --- why it is a gap, what there is to say of it, and since when

    def taken_out(self, organisation_id: int) -> tuple[str, date | None]:
        """A coordinator's reason and day; of a school that it came from, where nobody said so of itself."""
        w = self.world
        said = w.decision(organisation_id)
        if said:
            return said.reason, day_of(said.recorded_at)
        return self.taken_out(w.before(organisation_id)[0])

    def why(
        self, organisation_id: int, standing: str, gap: bool, states: dict[int, str]
    ) -> tuple[str, str, date | None]:
        """(cause, what there is to say of it, day from which it holds); the cause is '' where there is no
        gap."""
        w = self.world
        family = [organisation_id, *w.ancestors(organisation_id)]
        shows = [
            b
            for u in family
            for b in w.promises(u)
            if not w.cancelled(b) and set(w.groups_of(b)) & set(states)
        ]
        starts = {b.id: day_of(w.newest_revision(b).starts_at) for b in shows}
        took = [starts[b.id] for b in shows if w.outcome(b) == "took"]
        if standing == "seen":
            return "", self.number_missing(organisation_id, states), max(took, default=None)
        if standing in ("part seen", "to confirm"):
            unsure = [y for y, state in states.items() if state == "to confirm"]
            word = "differ" if any(self.disagree(organisation_id, y) for y in unsure) else "silent"
            waits = min((starts[b.id] for b in shows if w.outcome(b) == word), default=None)
            unsettled = "reports disagree" if word == "differ" else "report missing"
            if standing == "to confirm":
                return unsettled, "", waits
            said = self.still_missing(organisation_id, states) + ([unsettled] if unsure else [])
            if "open" in states.values():
                return "year group missing", "; ".join(said), max(took, default=None)
            failed = [starts[b.id] for b in shows if w.outcome(b) == "failed"]
            if states.get(ADULTS) == "part seen" and failed and w.number(organisation_id, ADULTS) is None:
                return "did not take place", "", max(failed)
            short = [
                self.why_short(organisation_id, y) for y, state in states.items() if state == "part seen"
            ]
            over = w.ran_out(frozenset(family)) if ADULTS in states else None
            if over and short:
                return "due again", "; ".join([ran_out_in_words(over), *said]), over[0] + timedelta(days=1)
            for cause in ("too few counted", "predecessor did not see it", "nobody counted"):
                if cause in short:
                    return cause, "; ".join(said), max(took, default=None)
            if unsure:
                return unsettled, "", waits
            last = max((starts[b.id] for b in shows if w.outcome(b) == "coming"), default=None)
            return "", f"rest booked on {in_words(last)}" if last else "", last
        if standing == "booked":
            first = min((starts[b.id] for b in shows if w.outcome(b) == "coming"), default=None)
            if gap:
                missing = named_groups([y for y, state in states.items() if state == "open"])
                return "year group not booked", f"{missing} not booked", first
            return "", f"booked for {in_words(first)}" if first else "", first
        if standing == "unreachable":
            ours = w.programme.partnership_id
            had = [
                c
                for u in family
                for c in w.by_then(Contact, organisation_id=u, partnership_id=ours)
                if c.ended_at is None or c.ended_at >= w.until
            ]
            why = "every address bounced" if had else "no contact"
            answers = self.answers(family)
            if not answers or answers[-1].kind == "declined":
                return "no address", why, None
            said, reason = SAID[answers[-1].kind], answers[-1].reason
            on = day_of(answers[-1].recorded_at)
            if said == "refused a slot":
                said = f"refused the slot of {reason}" if reason else f"{said} on {in_words(on)}"
            elif reason:
                said = f"{said}: {reason}"
            return "no address", f"{why}; {said}", on
        if standing == "proposed":
            kept = [
                p for u in family for p in w.by_then(Proposal, organisation_id=u, programme_id=w.programme.id)
            ]
            open_ = [p for p in kept if p.reply_by >= w.day and (p.ended_at is None or p.ended_at >= w.until)]
            newest = max(open_, key=lambda p: p.recorded_at)
            return (
                "waiting for an answer",
                f"reply by {in_words(newest.reply_by)}",
                day_of(newest.recorded_at),
            )
        return self.silence(standing, family)

    def number_missing(self, organisation_id: int, states: dict[int, str]) -> str:
        """What is said of a school that is seen, and of which it is not known how many saw it."""
        w = self.world
        if not w.evidence(organisation_id):
            return "" if ADULTS in states else "seen before the split, none of its own pupils counted"
        silent = any(self.shows_without_number(organisation_id, y) for y in states)
        return "both sides agree, nobody counted: ask for the number" if silent else ""

    def still_missing(self, organisation_id: int, states: dict[int, str]) -> list[str]:
        """Of each year group that is missing, or of which too few saw it: what is known."""
        w = self.world
        missing = [y for y, state in states.items() if state == "open"]
        said = [f"{named_groups(missing)} missing"] if missing else []
        for y in (y for y, state in states.items() if state == "part seen"):
            cause = self.why_short(organisation_id, y)
            if cause == "predecessor did not see it":
                names = [
                    w.fact(a, "name")
                    for a in w.before(w.same_school(organisation_id)[-1])
                    if y in w.offers(a) and w.state(a, y) != "seen"
                ]
                words = f"not {'trained' if y == ADULTS else 'seen'} at {listed(names)}"
            elif cause == "nobody counted":
                words = "nobody counted"
            else:
                number = self.parts_by(organisation_id)[y]
                of = "" if number is None else f" of {number:,}"
                words = f"{w.counted(organisation_id, y) or 0:,}{of} counted"
            said.append(f"{named_groups([y])}: {words}" if len(states) > 1 else words)
        return said

    def shows_without_number(self, organisation_id: int, y: int) -> list[Booking]:
        """Shows of a year group that took place, and at which nobody counted."""
        w = self.world
        return [
            b
            for u in w.same_school(organisation_id)
            for b in w.promises(u)
            if not w.cancelled(b) and w.outcome(b) == "took" and y in w.groups_of(b) and w.count(b) is None
        ]

    def why_short(self, organisation_id: int, y: int) -> str:
        """Why a year group is only part seen."""
        w = self.world
        line = w.same_school(organisation_id)
        mine = [b for u in line for b in w.promises(u) if not w.cancelled(b) and y in w.groups_of(b)]
        took = [b for b in mine if w.outcome(b) == "took"]
        before = [a for a in w.before(line[-1]) if y in w.offers(a)]
        if not took and len(before) > 1 and any(w.state(a, y) != "seen" for a in before):
            return "predecessor did not see it"
        return "nobody counted" if any(w.count(b) is None for b in took) else "too few counted"

    def answers(self, family: list[int]) -> list[Answer]:
        """What was answered since it counts, the oldest first."""
        w = self.world
        said = [a for u in family for a in w.by_then(Answer, organisation_id=u, programme_id=w.programme.id)]
        return sorted((a for a in said if a.recorded_at >= w.asked_anew(family)), key=lambda a: a.id)

    def silence(self, standing: str, family: list[int]) -> tuple[str, str, date | None]:
        """The newest thing that happened between the school and whoever asks it."""
        w = self.world
        answers, anew = self.answers(family), w.asked_anew(family)
        if standing == "declined":
            return "declined", answers[-1].reason, day_of(answers[-1].recorded_at)
        bookings = [b for u in family for b in w.promises(u)]
        found: list[tuple[datetime, str, str, datetime]] = []
        for b in bookings:
            ended, now = w.cancelled(b), w.newest_revision(b)
            if w.fell_through(b) is None or w.fell_through(b) < anew:
                continue
            if ended:
                by = "host school" if ended.cancelled_by == "host" else ended.cancelled_by
                found.append((ended.recorded_at, "cancelled", by, ended.recorded_at))
            elif w.outcome(b) == "failed":
                said = "nobody came" if w.stayed_away(b) else ""
                found.append((now.ends_at, "did not take place", said, now.starts_at))
        if answers and answers[-1].kind != "declined":
            newest = answers[-1]
            found.append((newest.recorded_at, SAID[newest.kind], newest.reason, newest.recorded_at))
        for u in family:
            for p in w.by_then(Proposal, organisation_id=u, programme_id=w.programme.id):
                if p.ended_at is None or p.ended_at >= w.until or p.ended_as == "lapsed":
                    over = end_of(p.reply_by)
                    if over < anew:
                        continue
                    found.append((over, "let a time lapse", in_words(p.reply_by), over))
        if w.started(family, answers, bookings):
            begun = [
                f.recorded_at
                for u in family
                for f in w.by_then(FormBegun, organisation_id=u, programme_id=w.programme.id)
                if f.recorded_at >= anew
            ]
            found.append((max(begun), "started", "", max(begun)))
        handed = w.handed(family)
        if handed:
            quiet = not found and not answers
            found.append((max(handed), "silent", "", min(handed) if quiet else max(handed)))
        over = w.ran_out(frozenset(family)) if ADULTS in w.counting(family[0]) else None
        if not found and over:
            return "due again", ran_out_in_words(over), over[0] + timedelta(days=1)
        if not found:
            return "not asked", "", None
        _, cause, detail, since = max(found, key=lambda event: event[0])
        began = day_of(since)
        if cause == "silent" and (w.day - began).days < w.days_of_waiting():
            due = began + timedelta(days=w.days_of_waiting())
            return "asked, waiting", f"asked on {in_words(began)}; reminder due from {in_words(due)}", began
        return cause, detail, began

    def disagree(self, organisation_id: int, y: int) -> bool:
        """Whether two sides differ about a show for this year group, at the school or where it comes from."""
        w = self.world
        line = w.same_school(organisation_id)
        if any(
            w.outcome(b) == "differ" and y in w.groups_of(b)
            for u in line
            for b in w.promises(u)
            if not w.cancelled(b)
        ):
            return True
        return any(self.disagree(a, y) for a in w.before(line[-1]) if y in w.offers(a))


def is_body(organisation_id: int) -> bool:
    """No school's number in the register has eight figures."""
    return organisation_id >= 10_000_000


def day_of(at: datetime) -> date:
    return at.astimezone(LONDON).date()


def in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def ran_out_in_words(over: tuple[date, date]) -> str:
    until, day = over
    return f"trained on {in_words(day)}, which counted until {in_words(until)}"


def listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def named_groups(groups: list[int]) -> str:
    return f"Year{'s' * (len(groups) > 1)} {listed([str(y) for y in groups])}"


def plain(text: str) -> str:
    """Words as people compare them: without case, accents and punctuation."""
    letters = "".join(
        c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c)
    )
    return re.sub(r"[^a-z0-9]+", " ", letters.replace("'", "").replace("’", ""))


def percent(part: int, whole: int) -> int | None:
    """A whole percent, half up, 0 and 100 only where it is just that; None of nothing."""
    if not whole:
        return None
    if 0 < part < whole:
        return next(n for n in range(1, 100) if n == 99 or part / whole < (n + 0.5) / 100)
    return int(part * 100 / whole + 0.5)


def percent_cell(part: int, whole: int) -> int | str | None:
    """The same as a cell of a sheet: in words where rounding would say 0 or 100 of what is neither."""
    if 0 < part < whole and round(100 * part / whole + 1e-9) in (0, 100):
        return "under 1" if 2 * part < whole else "over 99"
    return percent(part, whole)
