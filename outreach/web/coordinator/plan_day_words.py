"""Words of a day of a plan: what each troupe does, its stops in order, and how they stand. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outreach.coverage.charts.day_map import DayMap
from outreach.ground.wording import capfirst, clock, count, date_and_time, day_short
from outreach.planning.orders import DRAWN, MOVED, STRUCK, PlanLine
from outreach.planning.promising.day_by_day import BOOKED, HELD, KEPT, ON_PAPER, OnDay, TroupesDay
from outreach.web.coordinator.plan_words import PINNED, Tag

STANDS = {
    BOOKED: Tag(words="Booked", looks="st tag c-booked"),
    KEPT: Tag(words="Proposed", looks="st tag c-confirm"),
    HELD: Tag(words="Being booked", looks="st tag c-quiet"),
    ON_PAPER: Tag(words="In the plan", looks="st tag c-quiet"),
}
"""How a stop stands."""


@dataclass(frozen=True, kw_only=True)
class StopShown:
    """A stop in its place. `anchor`: what a link to it is called; `road`: minutes to it, '' where they are not known;
    `short`: how much too short the time for it is; `came_of_it`: what stands under how it stands."""

    stop: OnDay
    anchor: str
    beneath: list[str]
    road: str
    short: str
    tags: list[Tag]
    came_of_it: list[str]

    @property
    def can_be_decided(self) -> bool:
        return self.stop.line is not None and self.stop.what in (ON_PAPER, KEPT)

    @property
    def guests_to_decide(self) -> list[PlanLine]:
        return [guest for guest in self.stop.guests if guest.state == DRAWN]


@dataclass(frozen=True, kw_only=True)
class TroupeShown:
    """A troupe's day. `late`: what its hours do not allow; `there_at`, `back`: its way home, '' where not known;
    `read_out`: its map; `aside`: lines not in the plan any more, with why."""

    here: TroupesDay
    map: DayMap | None
    title: str
    summary: str
    late: str
    stops: list[StopShown]
    there_at: str
    back: str
    read_out: str
    aside: list[tuple[PlanLine, str]]


def shown(troupes: Sequence[TroupesDay], maps: Sequence[DayMap | None]) -> list[TroupeShown]:
    """Each troupe's day as the page has it, with its map."""
    return [
        TroupeShown(
            here=here,
            map=drawn,
            title=here.troupe_name if here.tour_day else f"{here.troupe_name}, only supposed",
            summary=summary(here),
            late=f"{count(here.late, 'minute')} too late home for the hours of this day."
            if here.late
            else "",
            stops=[_stop(stop, nth_troupe, nth) for nth, stop in enumerate(here.stops, start=1)],
            there_at=f"there at {clock(here.home_at)}" if here.home_at else "",
            back=f"{here.back} min" if here.back is not None else "",
            read_out=read_out(here),
            aside=[(line, _why_aside(line)) for line in here.aside],
        )
        for nth_troupe, (here, drawn) in enumerate(zip(troupes, maps, strict=True), start=1)
    ]


def summary(here: TroupesDay) -> str:
    """How long on the road, when home, and how much of the day is taken; '' where nothing of it is known."""
    if not here.stops:
        return "Nothing on this day."
    road = [f"{count(here.driving, 'minute')} on the road"] if here.driving else []
    if here.home_at:
        road.append(f"home at {clock(here.home_at)}")
    said = [", ".join(road)] if road else []
    if here.tour_day:
        said.append(f"{len(here.stops)} of {count(here.tour_day.shows_at_most, 'show')}")
    return capfirst(f"{'; '.join(said)}.") if said else ""


def read_out(here: TroupesDay) -> str:
    """The map in words."""
    way = [here.leaves_from] if here.leaves_from else []
    for stop in here.stops:
        to = f"{count(stop.road, 'minute')} to " if stop.road else ""
        way.append(f"{to}{stop.organisation.name}")
    if here.back:
        way.append(f"{count(here.back, 'minute')} back")
    return f"Map of the day of {here.troupe_name}: {', '.join(way)}"


def _stop(stop: OnDay, nth_troupe: int, nth: int) -> StopShown:
    return StopShown(
        stop=stop,
        anchor=f"line-{stop.line.id}" if stop.line else f"line-s{nth_troupe}-{nth}",
        beneath=list(_beneath(stop)),
        road="" if stop.road is None else f"{stop.road} min",
        short=_short(stop),
        tags=[STANDS[stop.what], *([PINNED] if stop.line and stop.line.pinned else [])],
        came_of_it=list(_came_of_it(stop)),
    )


def _beneath(stop: OnDay) -> Iterator[str]:
    pupils = _pupils(stop.line, "; ")
    times = f"set-up from {clock(stop.get_in_at)}, away by {clock(stop.away_at)}"
    yield f"{clock(stop.starts_at)}; {times}{pupils}"
    for guest in stop.guests:
        yield f"With {guest.organisation.name} as guests{_pupils(guest, ', ')}"
    if stop.line and stop.line.place_guessed:
        yield "Its place is not known: drawn in the middle of its district."


def _pupils(line: PlanLine | None, before: str) -> str:
    return "" if line is None or line.pupils is None else f"{before}{count(line.pupils, 'pupil')}"


def _short(stop: OnDay) -> str:
    if stop.road is None or stop.slack is None or stop.slack >= 0:
        return ""
    return f"{count(-stop.slack, 'minute')} short"


def _came_of_it(stop: OnDay) -> Iterator[str]:
    if stop.proposal and not stop.booking:
        yield f"kept until {day_short(stop.proposal.reply_by)}"
    if stop.line and stop.line.was == MOVED and stop.line.was_starts_at:
        yield f"moved from {date_and_time(stop.line.was_starts_at)}"


def _why_aside(line: PlanLine) -> str:
    return "struck" if line.state == STRUCK else line.refused_why
