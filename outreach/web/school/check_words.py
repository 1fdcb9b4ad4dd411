"""Words of the check before a booking: what was said, row by row, and what happens then. No page of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from outreach.booking import promises, told
from outreach.booking.colleagues import Colleague
from outreach.booking.in_hall import AtWork
from outreach.booking.numbers import Promise
from outreach.booking.proposals import Proposal
from outreach.county.school_lunch import Lunch
from outreach.county.schools import Organisation
from outreach.ground.audience import OF_PUPILS, Words, in_group, words_of_group
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, capfirst, clock_span, day
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.web.school.booked_words import by


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the summary; `page`: where it is changed, '' where it cannot be."""

    term: str
    lines: tuple[str, ...]
    small: tuple[str, ...] = ()
    page: str = ""


def show(performance: Performance, work: AtWork, promise: Promise) -> list[Row]:
    """One performance: when, who comes, and what they need."""
    coming = [(y, n) for y, n in promise.pupils.items() if n]
    said = [in_group(n, y) for y, n in coming]
    at = performance
    rows = [
        Row(term="When", lines=(day(at.starts_at), clock_span(at.starts_at, at.ends_at)), page="times"),
        Row(term="Company", lines=(f"{work.comes}, {work.goes}",)),
    ]
    if said:
        rows.append(
            Row(term=capfirst(words_of_group(coming[0][0]).many), lines=(", ".join(said),), page="pupils")
        )
    needs = told.access_words(dict(promise.access_needs)) or ("none",)
    return [*rows, Row(term="Access needs", lines=needs, page="hall")]


def hall(promise: Promise, words: Words = OF_PUPILS) -> list[Row]:
    """The hall; what is to be known on arrival, where anything was said."""
    term = capfirst(words.hall)
    way_in = {True: "step-free", False: "not step-free", None: "step-free way in not known"}
    rows = [Row(term=term, lines=(promise.hall,), small=(way_in[promise.step_free],), page="hall")]
    for of_arrival, said in (
        ("Entrance", promise.entrance),
        ("Parking", promise.parking),
        ("On arrival", promise.arrival_note),
    ):
        if said:
            rows.append(Row(term=of_arrival, lines=tuple(said.splitlines()), page="hall"))
    return rows


def lunch(said: Lunch | None) -> list[Row]:
    """When lunch is, where the school said so."""
    return [] if said is None else [Row(term="Lunch", lines=(said.said,), page="hall")]


def people(named: Iterable[Colleague]) -> list[Row]:
    """Each person with what for; whoever waits for a coordinator says so."""
    waits = "Not an address of your own: a coordinator looks at it before we write to it."
    return [
        Row(
            term=capfirst(who.duty),
            lines=(", ".join(filter(None, (who.name, who.role))),),
            small=tuple(filter(None, (who.address, who.phone, waits if who.waits else ""))),
            page="people",
        )
        for who in named
    ]


def then(
    programme: Programme,
    organisation: Organisation,
    performance: Performance,
    named: Iterable[Colleague],
    proposal: Proposal | None,
    *,
    today: date,
) -> list[str]:
    """What happens once it is booked: who gets mail, whose calendar it leaves, until when it can be undone online."""
    people = list(named)
    told_at_once = [who.name for who in people if not who.waits]
    gets = "gets" if len(told_at_once) == 1 else "get"
    said = [f"{and_list(told_at_once)} {gets} a calendar invite."]
    still = {who.address.casefold() for who in people}
    if proposal is not None:
        lose = [to.address for to in proposal.people if to.address.casefold() not in still]
        if lose:
            said.append(f"The entry leaves the calendar of {and_list(lose)}.")
    return [*said, _undone_until(programme, organisation, day_of(performance.starts_at), today)]


def _undone_until(programme: Programme, organisation: Organisation, on: date, today: date) -> str:
    move, cancel = promises.last_days(programme, organisation, on)
    fixed = promises.fixed_online(programme, organisation, on, today=today)
    if fixed == "move or cancel":
        return "It is close to the day: to move or cancel it, you ring us."
    if fixed:
        other, until = ("move", move) if fixed == "cancel" else ("cancel", cancel)
        return f"{capfirst(other)} {by(until, today)}; to {fixed} it, you ring us."
    if move == cancel:
        return f"Move or cancel {by(move, today)}."
    return f"Move {by(move, today)}, cancel {by(cancel, today)}."
