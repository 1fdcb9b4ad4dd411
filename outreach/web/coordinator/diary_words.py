"""Words of the diary: its first sentence, what is drawn on each day, what was moved, and who would fit."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import url_for

from outreach.booking.agenda import places_on_day, tour_diary
from outreach.booking.agenda.moves import DiaryMove
from outreach.booking.agenda.moving import Moving
from outreach.booking.agenda.places_on_day import Place
from outreach.booking.agenda.repairs import Repair
from outreach.booking.agenda.tour_diary import Diary, DiaryDay, Listed
from outreach.booking.agenda.troupe_day import (
    BOOKED,
    HELD,
    PROPOSED,
    Block,
    DrawnDrive,
    Free,
    TroupeDay,
    clock_of,
)
from outreach.county.schools import School
from outreach.coverage.gaplist import fitting
from outreach.coverage.gaplist.fitting import Fit, Fitting
from outreach.coverage.who_asked import OF_SCHOOLS, Asked
from outreach.ground import audience
from outreach.ground.audience import Words
from outreach.ground.timespans import day_of
from outreach.ground.wording import capfirst, clock, count, day, day_short, days, number
from outreach.web.coordinator.diary_view import MONTH, WEEK, DiaryView
from outreach.web.sentences import Said, Sentence, joined, link, sentence

SHOWN_AT_FIRST = 8
"""Schools that would fit, before 'show all'."""

SHORT_ROAD = 25
"""Minutes of a road that is drawn too short to hold its words, which stand beside it."""

Line = list[tuple[str, bool]]
"""The small line of a block: (words, whether they are left out where it is narrow)."""


@dataclass(frozen=True, kw_only=True)
class BlockWords:
    """A show, or a time kept or held. `shaded`: with its set-up and pack-up; `move`: where its moving begins, ''
    where it cannot be moved now; `whose` is read out behind that."""

    block: Block
    name: str
    href: str
    looks: str
    shaded: bool
    line: Line
    move: str
    whose: str
    kind: str = "block"


@dataclass(frozen=True, kw_only=True)
class RoadWords:
    road: DrawnDrive
    looks: str
    minutes: int
    long: str
    kind: str = "road"


@dataclass(frozen=True, kw_only=True)
class FreeWords:
    free: Free
    looks: str
    href: str
    whose: str
    kind: str = "free"


@dataclass(frozen=True, kw_only=True)
class PlaceWords:
    """A place where the show that is moved could go. `says` is what the script shows while it is dragged."""

    place: Place
    looks: str
    href: str
    title: str
    words: str
    whose: str
    says: str
    kind: str = "place"


@dataclass(frozen=True, kw_only=True)
class NoPlaceWords:
    """Where the show that is moved cannot go, and why."""

    begins: int
    ends: int
    looks: str
    why: str
    kind: str = "no place"


Drawn = BlockWords | RoadWords | FreeWords | PlaceWords | NoPlaceWords


@dataclass(frozen=True, kw_only=True)
class RowWords:
    """A troupe on a day. `tour_day_id` None: it gives none, for the reason in `idle`. `nothing`: what stands where
    nothing is drawn."""

    name: str
    tour_day_id: int | None
    idle: str
    whose: str
    nothing: str
    drawn: list[Drawn]
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DayWords:
    """A day; `closed` stands beside its date, `idle` where no troupe has a row on it."""

    day: date
    name: str
    date: str
    is_today: bool
    closed: str
    rows: list[RowWords]
    idle: str


@dataclass(frozen=True, kw_only=True)
class MovedWords:
    """A move of today; `undo`: where it is undone, '' once the show has begun, or the other of two that changed places
    does not stand where it was put."""

    name: str
    times: str
    by: str
    undo: str


@dataclass(frozen=True, kw_only=True)
class FitLine:
    """A school that would fit, and its best start; `place` is where another is chosen for it."""

    organisation_id: int
    name: str
    href: str
    place: str
    where: str
    cause: str
    when: str
    extra: str


@dataclass(frozen=True, kw_only=True)
class RepairWords:
    """Two that would drive less in each other's place, and where that is looked at."""

    words: str
    href: str
    when: str
    saved: str


@dataclass(frozen=True, kw_only=True)
class FitsWords:
    """Who would fit; `rest` stand behind the words of `more`."""

    title: str
    words: Sentence
    first: Sequence[FitLine] = ()
    rest: Sequence[FitLine] = ()
    more: str = ""


@dataclass(frozen=True, kw_only=True)
class DiaryWords:
    """All that the page says of a stretch of the diary. `moved`: the show that is being moved, or `placed` the missing
    school that gets one, and `lit` where it could go, by tour day; `fit_day`: the day that was chosen to ask who would
    fit; `whom`: the programme asks."""

    asked: DiaryView
    diary: Diary
    now: datetime
    moved: Moving | None = None
    placed: School | None = None
    lit: Mapping[int, Sequence[Place]]
    fit_day: Listed | None = None
    whom: Asked = OF_SCHOOLS

    @property
    def _several(self) -> bool:
        """Whether a troupe must be named to be known."""
        return len(self.diary.troupes) > 1

    # the head

    @property
    def title(self) -> str:
        if self.placed is not None:
            return f"A place for {self.placed.name}"
        return f"Move {self.moved.organisation.name}" if self.moved is not None else "Diary"

    @property
    def lead(self) -> Sentence:
        """Which stretch it is, and what stands in it; each number leads to the list behind it."""
        asked, counts = self.asked, self.diary.counts
        stretch = (
            f"{asked.first:%B %Y}"
            if asked.view == MONTH
            else days(asked.first, asked.last, today=day_of(self.now))
        )
        free = "place free" if counts[tour_diary.FREE] == 1 else "free"
        kinds = ((BOOKED, "booked"), (PROPOSED, "proposed"), (HELD, "held"), (tour_diary.FREE, free))
        counted = joined(self._counted(kind, counts[kind], words) for kind, words in kinds)
        return sentence(f"{self.diary.programme.title}, {stretch}. ", *counted)

    @property
    def warned(self) -> Sentence:
        """How much is not as it should be; nothing where all is."""
        warned = self.diary.counts[tour_diary.WARNED]
        return sentence(*self._counted(tour_diary.WARNED, warned, "to look at")) if warned else []

    def _counted(self, kind: str, counted: int, words: str) -> list[Said]:
        if not counted:
            return [f"none {words}"]
        return [
            link(number(counted), self.asked.address("coordinator.diary_list", kind=kind)),
            f" {words}",
        ]

    @property
    def steps(self) -> list[tuple[str, str]]:
        """(words, address) of the stretches beside this one; what is being moved or placed is taken along."""
        asked, view = self.asked, capfirst(self.asked.view)
        beside = (
            (f"{view} before", asked.before),
            ("Today", day_of(self.now)),
            (f"{view} after", asked.after),
        )
        placed = self.placed.organisation_id if self.placed is not None else None
        taken: dict[str, Any] = {"move": self._moved_id, "place": placed}
        return [(words, asked.address(**taken, **{"from": first.isoformat()})) for words, first in beside]

    @property
    def _moved_id(self) -> int | None:
        return self.moved.performance.id if self.moved is not None else None

    @property
    def _choosing(self) -> bool:
        """Whether a place is being chosen."""
        return self.moved is not None or self.placed is not None

    # what is drawn

    @property
    def days(self) -> list[DayWords]:
        return [self._day(there) for there in self.diary.days]

    def _day(self, there: DiaryDay) -> DayWords:
        """A month leaves out the troupes that give no day, and why schools are closed where nobody plays."""
        on_tour = [row for row in there.rows if row.tour_day is not None]
        a_week = self.asked.view == WEEK
        return DayWords(
            day=there.day,
            name=f"{there.day:%A}",
            date=f"{there.day.day} {there.day:%B}",
            is_today=there.day == day_of(self.now),
            closed=there.closed if on_tour or a_week else "",
            rows=[self._row(row, there.day) for row in (there.rows if a_week else on_tour)],
            idle=there.closed or "No tour day",
        )

    @property
    def _words(self) -> Words:
        return audience.words(self.diary.programme.for_adults)

    def _row(self, row: TroupeDay, on: date) -> RowWords:
        return RowWords(
            name=row.troupe.name,
            tour_day_id=row.tour_day.id if row.tour_day is not None else None,
            idle=row.idle,
            whose=f", {day(on)}",
            nothing="" if row.items else "Taken" if row.taken else f"No {self._words.show}",
            drawn=[*self._items(row, on), *self._places(row, on)],
            warnings=row.warnings,
        )

    def _items(self, row: TroupeDay, on: date) -> Iterator[Drawn]:
        """What stands there. While a place is chosen, nobody asks who would fit the free ones; and a show that is moved
        is not drawn twice where a lit place holds it."""
        places = self.lit.get(row.tour_day.id, ()) if row.tour_day is not None else ()
        stays = any(place.here for place in places)
        for item in row.items:
            if isinstance(item, Block):
                if not (stays and item.performance.id == self._moved_id):
                    yield self._block(item, on)
            elif isinstance(item, DrawnDrive):
                yield _road(item)
            elif not self._choosing:
                yield self._free(item, row, on)

    def _block(self, block: Block, on: date) -> BlockWords:
        show = block.performance
        here = show.id == self._moved_id
        href = (
            url_for("coordinator.booking", reference=block.booking.reference)
            if block.booking is not None
            else url_for(
                "coordinator.school", organisation_id=show.organisation_id, programme=self.diary.programme.id
            )
        )
        return BlockWords(
            block=block,
            name=show.host.name,
            href=href,
            looks="ghost" if here else block.kind,
            shaded=block.kind == BOOKED and not here,
            line=[(f"is here now, {clock(show.starts_at)}", False)] if here else self._line(block),
            move=self.asked.address(move=show.id) if block.movable and not self._choosing else "",
            whose=f" {show.host.name}, {day(on)}",
        )

    def _line(self, block: Block) -> Line:
        show = block.performance
        if block.kind == HELD and show.held_until is not None:
            left = int((show.held_until - self.now).total_seconds() // 60)
            return [(f"Held, {count(left, 'minute')} left", False)]
        starts = clock(show.starts_at)
        if block.proposal is not None and block.kind == PROPOSED:
            until = block.proposal.reply_by
            return [(starts, False), (", proposed", True), (f" to {until.day} {until:%b}", False)]
        line: Line = [(starts, False)]
        if not self.diary.programme.for_adults:
            line += [(f" · {number(block.pupils)}", False), (" pupils", True)]
        if block.guests:
            guests = audience.words(self.diary.programme.for_adults).guests(block.guests)
            line.append((f" · {guests}", False))
        return line

    def _free(self, free: Free, row: TroupeDay, on: date) -> FreeWords:
        assert row.tour_day is not None
        chosen = self.fit_day.row.tour_day if self.fit_day is not None else None
        is_chosen = chosen is not None and chosen.id == row.tour_day.id
        return FreeWords(
            free=free,
            looks="fr free chosen" if is_chosen else "fr free",
            href=self.asked.address(fit=row.tour_day.id) + "#fits",
            whose=f" In the {free.half}, {day(on)}, {row.troupe.name}",
        )

    def _places(self, row: TroupeDay, on: date) -> Iterator[Drawn]:
        """Where the show that is moved, or the school that is placed, could go on this day, or why it could not."""
        if row.tour_day is None:
            return
        for place in self.lit.get(row.tour_day.id, ()):
            if not place.why_not:
                yield self._place(place, row, on)
            elif row.free:
                for free in row.free:
                    yield NoPlaceWords(begins=free.begins, ends=free.ends, looks="fr bad", why=place.why_not)
            else:
                yield NoPlaceWords(
                    begins=row.leaves, ends=row.returns, looks="fr bad flat", why=place.why_not
                )

    def _place(self, place: Place, row: TroupeDay, on: date) -> PlaceWords:
        road = places_on_day.said(place.saved)
        if self.placed is not None:
            href = self._propose(self.placed.organisation_id, place.key)
        else:
            href = url_for("coordinator.diary_move", performance_id=self._moved_id, slot=place.key)
        return PlaceWords(
            place=place,
            looks="fr odd" if place.breaks else "fr ok",
            href=href,
            title="Here now: another start" if place.here else "Put here",
            words=f"{road}, {place.breaks}" if place.breaks else road,
            whose=f": {day(on)}, from {clock_of(place.first)}, {row.troupe.name}",
            says=f"{road}; {place.breaks}" if place.breaks else road,
        )

    # beside it

    def moved_today(self, moves: Sequence[DiaryMove]) -> list[MovedWords]:
        """Of two that changed places neither goes back without the other."""
        to_come = [move for move in moves if move.performance.starts_at > self.now]
        halves = Counter(move.swap for move in to_come if move.swap is not None)
        whole = {move.id for move in to_come if move.swap is None or halves[move.swap] == 2}
        return [self._moved(move, undoable=move.id in whole) for move in moves]

    def _moved(self, move: DiaryMove, *, undoable: bool) -> MovedWords:
        by = f"By {move.who}; {places_on_day.said(move.minutes_saved)}"
        if move.swap is not None:
            by += " for two that changed places"
            if not undoable and move.performance.starts_at > self.now:
                by += ", the other of which was moved, changed or cancelled since, or has begun"
        return MovedWords(
            name=move.performance.host.name,
            times=f"{day_short(move.was_starts_at)}, {clock(move.was_starts_at)} to "
            f"{day_short(move.starts_at)}, {clock(move.starts_at)}",
            by=by + ("" if move.told else "; short letter"),
            undo=url_for("coordinator.diary_undo", move_id=move.id) if undoable else "",
        )

    def repairs(self, found: Sequence[Repair]) -> list[RepairWords]:
        return [
            RepairWords(
                words=f"Swap {repair.one.host.name} and {repair.other.host.name}",
                href=self._swap({"performance_id": repair.one.id, "with": repair.other.id}),
                when=f"{day(repair.day)}, {clock(repair.one.starts_at)} and {clock(repair.other.starts_at)}",
                saved=places_on_day.said(repair.saved),
            )
            for repair in found
        ]

    def _swap(self, both: dict[str, Any]) -> str:
        return url_for("coordinator.diary_swap", **both)

    def fits(self, found: Fitting | None) -> FitsWords | None:
        """Who would fit on the chosen day or in the week; how to ask, where no day was chosen; nothing while a
        place is chosen."""
        if self._choosing:
            return None
        if found is None:
            return FitsWords(title="Who would fit?", words=self._how_to_ask)
        lines = [self._fit(one) for one in found.fits]
        return FitsWords(
            title=f"Would fit {f'on {day(self.fit_day.day)}' if self.fit_day is not None else 'this week'}",
            words=self._how_many_fit(found),
            first=lines[:SHOWN_AT_FIRST],
            rest=lines[SHOWN_AT_FIRST:],
            more=f"Show all {len(lines)}" if len(lines) > SHOWN_AT_FIRST else "",
        )

    @property
    def _how_to_ask(self) -> Sentence:
        choose = (
            self.whom.said(
                "Choose a free place: the schools that are missing and would fit there stand here, "
            )
            + "least extra road first."
            if self.diary.counts[tour_diary.FREE]
            else f"No place is free in this {self.asked.view}."
        )
        all_gaps = url_for("coordinator.gaps", programme=self.diary.programme.id)
        return sentence(choose, " ", link("All gaps", all_gaps))

    def _how_many_fit(self, found: Fitting) -> Sentence:
        said: list[Said] = []
        if self.fit_day is not None and self._several:
            said.append(f"With {self.fit_day.row.troupe.name}. ")
        if found.asked:
            gaps = url_for("coordinator.gaps", programme=self.diary.programme.id, cause=fitting.CAUSES)
            order = ", least extra road first" if found.fits else ""
            said += [
                f"{number(len(found.fits))} of ",
                link(count(found.asked, "gap"), gaps),
                f" that a time would mend{order}.",
            ]
        else:
            said.append(self.whom.said("No school is missing that could be offered a time."))
        if self.fit_day is not None:
            said += [" ", link(f"The whole {self.asked.view}", self.asked.address())]
        return sentence(*said)

    def _fit(self, one: Fit) -> FitLine:
        standing, slot, programme = one.gap.standing, one.slot, self.diary.programme
        pupils = standing.target_pupils
        said = "pupils unknown" if pupils is None else count(pupils, "pupil")
        troupes = {troupe.id: troupe.name for troupe in self.diary.troupes}
        with_whom = f", {troupes[slot.troupe_id]}" if self._several else ""
        return FitLine(
            organisation_id=standing.organisation_id,
            name=standing.name,
            href=self._propose(standing.organisation_id, slot.key),
            place=self.asked.address(place=standing.organisation_id),
            where=standing.district_name if programme.for_adults else f"{standing.district_name} · {said}",
            cause=capfirst(standing.cause),
            when=f"{slot.day:%a} {fitting.half(slot)}, {clock(slot.starts)}{with_whom}",
            extra=f"+{slot.extra_minutes} min",
        )

    def _propose(self, organisation_id: int, key: str) -> str:
        return url_for(
            "coordinator.propose",
            organisation_id=organisation_id,
            programme=self.diary.programme.id,
            slot=key,
        )


def _road(road: DrawnDrive) -> RoadWords:
    looks = ["rd", *(["tt"] if road.tight else [])]
    if road.ends - road.begins < SHORT_ROAD:
        looks.append("before" if road.out else "after")
    return RoadWords(
        road=road,
        looks=" ".join(looks),
        minutes=road.minutes,
        long=f" minutes’ road from {road.start} to {road.end}",
    )
