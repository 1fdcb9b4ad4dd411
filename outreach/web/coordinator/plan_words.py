"""Words of a plan's page: what its numbers count, what it kept of the plan before, who is left out, and what came of
each of its lines. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wtforms import SelectField

from outreach.ground.wording import clock, count, date_and_time, duration, number
from outreach.planning import wishes_said
from outreach.planning.candidates import NO_ADDRESS, SAID_NO
from outreach.planning.orders import (
    ACCEPTED,
    DRAWN,
    KEPT,
    MOVED,
    REFUSED,
    STRUCK,
    WAITING,
    PlanLeftOut,
    PlanLine,
    TourPlan,
)
from outreach.planning.plan_figures import PlanFigures
from outreach.planning.rules import NIGHTS, PlanRules, wish_name
from outreach.tour.planning import proof
from outreach.tour.planning.day_wishes import WEEKS, WISHES
from outreach.web.coordinator.wishes_form import WishesForm
from outreach.web.sentences import Said, Sentence, link, sentence

WHY = proof.WHY | {
    NO_ADDRESS: "there is nobody to write to: add a contact, then plan again",
    SAID_NO: "it said no to the programme",
}
"""Why a school is left out, to be read after its name."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number at the head of the plan: what it counts, and the list that it leads to."""

    words: Sentence
    number: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Tag:
    """How a line stands; `beneath` stands under it, `looks` are classes."""

    words: str
    looks: str
    beneath: str = ""


PINNED = Tag(words="Pinned", looks="st tag c-quiet")


@dataclass(frozen=True, kw_only=True)
class LineShown:
    """A line of the plan. `road`: what its minutes are of; `accept`: its box as it is read out, '' with none."""

    line: PlanLine
    beneath: str
    road: str
    tags: list[Tag]
    accept: str

    @property
    def is_struck(self) -> bool:
        return self.line.state == STRUCK

    @property
    def can_be_decided(self) -> bool:
        return self.line.state in (DRAWN, STRUCK)


@dataclass(frozen=True, kw_only=True)
class DayShown:
    """A troupe's day. `has_page`: it is a day of the tour, which one can look at."""

    day: date
    troupe: str
    has_page: bool
    lines: list[LineShown]


def while_drawn_up(plan: TourPlan) -> tuple[str, str]:
    """What happens with it now, and the button that ends it; '' once that was asked for."""
    waits = plan.state == WAITING
    stop = "Stop it" if waits else "Stop now, and keep the best so far"
    return "Waiting" if waits else "Being drawn up", "" if plan.stop_asked_at else stop


@dataclass(frozen=True, kw_only=True)
class HowFar:
    """How far the planner is: in a sentence, with what is wrong about it, and in figures."""

    words: str
    warning: str
    figures: list[tuple[str, str]]


def how_far(plan: TourPlan, waits: int) -> HowFar:
    """`waits`: seconds since it was asked for, while nobody has taken it up."""
    if plan.state == WAITING:
        late = (
            "No planner has taken it up for a minute. It may be busy with another plan. If this lasts, tell whoever "
            "runs the service."
        )
        return HowFar(
            words=f"It waits for the planner, since {date_and_time(plan.asked_at)}.",
            warning=late if waits > 60 else "",
            figures=[],
        )
    schools, driving, bound = plan.so_far_schools, plan.so_far_driving, plan.so_far_bound
    unknown, minutes = "not known yet", "" if driving is None else count(driving, "minute")
    if plan.stop_asked_at:
        words = "The planner was told to stop, and hands out its best."
    elif schools is not None:
        words = f"The best plan so far reaches {count(schools, 'school')}, with {minutes} on the road."
    else:
        words = "The planner lists what each day could be."
    begun = "just begun" if plan.so_far_seconds is None else count(plan.so_far_seconds, "second")
    return HowFar(
        words=words,
        warning="",
        figures=[
            ("Schools", unknown if schools is None else number(schools)),
            ("Road", minutes or unknown),
            (
                "Bound",
                unknown
                if bound is None
                else f"no plan comes below {number(bound)} minutes of driving and worth left out",
            ),
            ("Time", f"{begun} of {count(plan.rules['seconds'], 'second')}"),
        ],
    )


def figures(told: PlanFigures, lists: Mapping[str, str]) -> list[Figure]:
    """The numbers at the head of the plan; `lists`: the address of the list behind each."""
    left_out: list[Said] = [f"{_one_or_many(told.left_out, 'school')} left out"]
    if told.in_part:
        left_out += [", ", link(f"{number(told.in_part)} in part", lists["in-part"])]
    free = f"tour {_one_or_many(told.days_free, 'day')} that could be handed back"
    return [
        _figure(told.reached, lists["reached"], f"schools reached, of {number(told.needed)}"),
        _figure(told.left_out, lists["left-out"], *left_out),
        _figure(told.shows, "#days", *_shows(told, lists["guests"])),
        _figure(told.days_used, lists["used"], f"tour days used, of {number(told.days_given)}"),
        _figure(told.days_free, lists["free"], free),
    ]


def _figure(n: int, href: str, *said: Said) -> Figure:
    return Figure(words=sentence(*said), number=number(n), href=href)


def _shows(told: PlanFigures, guests: str) -> Iterator[Said]:
    yield f"{_one_or_many(told.shows, 'show')} for {count(told.pupils, 'pupil')}"
    if told.pupils_unknown:
        yield f" and {count(told.pupils_unknown, 'audience')} of unknown size"
    if told.guests:
        yield ", "
        yield link(f"{count(told.guests, 'school')} as {_one_or_many(told.guests, 'guest')}", guests)


def drawn_up(told: PlanFigures) -> str:
    """How long it took, and the driving in it."""
    stands = ""
    if told.booked_driving:
        stands = f", of which {duration(told.booked_driving)} for shows that stand already"
    return (
        f"Drawn up in {max(round(told.seconds, 1), 0.1)} seconds. {duration(told.driving)} on the road in all{stands}: "
        f"{told.driving_a_day} a day."
    )


@dataclass(frozen=True, kw_only=True)
class WishShown:
    """A wish for the days: the field that says how much it matters (`how`: and in which way), and what came of it."""

    name: str
    field: SelectField
    how: SelectField | None
    did: str
    costs: str


@dataclass(frozen=True, kw_only=True)
class SumOfWishes:
    road: str
    costs: str


def wishes(told: PlanFigures, asked: PlanRules, form: WishesForm) -> list[WishShown]:
    """The wishes in their order; of a plan that was drawn up without them none did anything."""
    came = {each.wish: each for each in wishes_said.kept(told.wishes)}
    return [
        WishShown(
            name=wish_name(wish, asked.wishes),
            field=form[f"wish_{wish}"],
            how=form.filled if wish == WEEKS else None,
            did=came[wish].did if wish in came else "not looked at",
            costs=_costs(came[wish].minutes if wish in came else 0),
        )
        for wish in (*WISHES, NIGHTS)
    ]


def nights(told: PlanFigures) -> list[dict[str, Any]]:
    """The nights away that it proposes: after which tour day, and in words."""
    return [night for wish in wishes_said.kept(told.wishes) for night in wish.nights]


def sum_of_wishes(told: PlanFigures) -> SumOfWishes | None:
    """What all wishes cost; None where none does."""
    more = told.driving_for_wishes
    if not any(wish["minutes"] for wish in told.wishes):
        return None
    return SumOfWishes(
        road=f"from {number(told.driving - more)} to {count(told.driving, 'minute')}", costs=_costs(more)
    )


def _costs(minutes: int) -> str:
    return f"{'+' if minutes > 0 else '−' if minutes < 0 else ''}{number(abs(minutes))} min"


def against_the_plan_before(told: PlanFigures) -> list[str]:
    """What stayed where it was, and what a plan without regard to that would bring."""
    kept = "is where it was" if told.kept == 1 else "are where they were"
    unplaced = "has" if told.unplaced == 1 else "have"
    said = [
        f"{count(told.kept, 'show')} {kept}, {number(told.moved)} moved, "
        f"{number(told.unplaced)} {unplaced} no place any more."
    ]
    if told.unplaced_proposals:
        said.append("What is proposed and has no place in this plan stays as it is until you take it back.")
    if told.free_reached is not None and told.free_driving is not None:
        said.append(_that_kept_nothing(told, told.free_reached, told.free_driving))
    return said


def _that_kept_nothing(told: PlanFigures, reached: int, driving: int) -> str:
    gained = ""
    if driving < told.driving:
        gained = f": {count(told.driving - driving, 'minute')} less"
    elif reached <= told.reached:
        gained = ": nothing would be gained"
    schools, road = count(reached, "school"), duration(driving)
    return f"A plan that kept nothing would reach {schools} with {road} on the road{gained}."


def why_left_out(out: PlanLeftOut) -> str:
    """Why a school is left out, to be read on from its name."""
    shows = f" ({out.shows} shows)" if out.shows > 1 else ""
    return f"{shows}: {why(out.cause)}"


def why(cause: str) -> str:
    return WHY.get(cause, cause)


def day_by_day(
    by_day: Mapping[tuple[date, str], Sequence[PlanLine]], *, based_on_another: bool
) -> list[DayShown]:
    """What it proposes; `based_on_another`: a line may be where it was in the plan before."""
    lines = [line for here in by_day.values() for line in here]
    hosts, nth = {line.id: line.organisation.name for line in lines}, _nth(lines)
    return [
        DayShown(
            day=day,
            troupe=troupe if here[0].tour_day_id else f"{troupe}, only supposed",
            has_page=here[0].tour_day_id is not None,
            lines=[
                LineShown(
                    line=line,
                    beneath=_beneath(line, nth.get(line.id, ""), hosts),
                    road="Its own way" if line.is_guest else "Extra road",
                    tags=[*_decided(line), *_against_before(line, based_on_another)],
                    accept=_accept(line),
                )
                for line in here
            ],
        )
        for (day, troupe), here in by_day.items()
    ]


def _nth(lines: Sequence[PlanLine]) -> dict[int, str]:
    """Which of its school's shows a line is, where there are several: by the line's id."""
    by_school: dict[int, list[PlanLine]] = {}
    for line in lines:
        by_school.setdefault(line.organisation_id, []).append(line)
    return {
        line.id: f"show {n} of {len(several)}"
        for several in by_school.values()
        if len(several) > 1
        for n, line in enumerate(several, start=1)
    }


def _beneath(line: PlanLine, nth: str, hosts: Mapping[int, str]) -> str:
    said = [
        line.organisation.district_name or "district not known",
        "pupils not known" if line.pupils is None else count(line.pupils, "pupil"),
        nth,
        _guest(line, hosts),
    ]
    guessed = "; its place is not known, so it is planned in the middle of its district"
    return ", ".join(word for word in said if word) + (guessed if line.place_guessed else "")


def _guest(line: PlanLine, hosts: Mapping[int, str]) -> str:
    if line.show is not None:
        return f"guest at {line.show.host.name}, whose show stands"
    return f"guest at {hosts[line.guest_of]}" if line.guest_of else ""


def _decided(line: PlanLine) -> Iterator[Tag]:
    if line.state == ACCEPTED:
        yield Tag(words="Proposed" if line.proposal_id else "Asks its host", looks="st tag c-booked")
    elif line.state == STRUCK:
        yield Tag(words="Struck", looks="st tag c-stop")
    elif line.state == REFUSED:
        yield Tag(words="No longer fits", looks="st tag c-stop", beneath=line.refused_why)
    if line.pinned:
        yield PINNED


def _against_before(line: PlanLine, based_on_another: bool) -> Iterator[Tag]:
    if line.was == MOVED:
        was = f"from {date_and_time(line.was_starts_at)}"
        yield Tag(words="Moved", looks="st tag c-confirm", beneath=was)
    elif line.was == KEPT:
        yield Tag(words="as before", looks="s2")
    elif based_on_another:
        yield Tag(words="New", looks="st tag c-quiet")


def _accept(line: PlanLine) -> str:
    if line.state != DRAWN or line.tour_day_id is None:
        return ""
    return f"Accept {line.organisation.name}, {clock(line.starts_at)}"


def _one_or_many(n: int, one: str) -> str:
    return one if n == 1 else f"{one}s"
