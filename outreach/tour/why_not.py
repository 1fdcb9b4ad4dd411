"""Reasons why a school is not offered a day, rule by rule, in words for a coordinator: 'why not 12 March?'"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from outreach.county import school_days
from outreach.county.schools import Organisation
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock, count, day_short
from outreach.tour import companies, days, days_off, fit, hours, nights, slots
from outreach.tour.days import TourDay
from outreach.tour.fit import DayOffer
from outreach.tour.hours import Truly
from outreach.tour.nights import Door
from outreach.tour.over_lunch import SHOW
from outreach.tour.planning import lunch
from outreach.tour.programmes import Programme
from outreach.tour.roads import LODGINGS


@dataclass(frozen=True, kw_only=True)
class DayVerdict:
    """One rule's word on one day: `holds` says that it stands in the way. `troupe` is '' where it is the same
    for all."""

    rule: str
    said: str
    holds: bool
    troupe: str = ""
    first_start: time | None = None


def verdicts_on_day(
    programme: Programme, school: Organisation, day: date, *, now: datetime
) -> list[DayVerdict]:
    """Every rule in its order, those that let the day pass too; then each troupe of the day. A constant
    number of queries."""
    found = [_notice(programme, day, now), _school_day(programme, school, day)]
    on_tour = {d.id: d for d in days.of_programme(programme.id) if d.day == day}
    troupes = {t.id: t.name for t in companies.troupes(programme.partnership_id)}
    found += [
        DayVerdict(
            rule="Day off", said="It has the day off.", holds=not on_tour, troupe=troupes[row.troupe_id]
        )
        for row in days_off.standing(troupes, day, day)
    ]
    if not on_tour:
        return [
            *found,
            DayVerdict(rule="Tour day", said="No troupe gives this day to the programme.", holds=True),
        ]
    found.append(
        DayVerdict(rule="Tour day", said=f"{count(len(on_tour), 'troupe')} on tour that day.", holds=False)
    )
    truly, doors = hours.hours_of_days(on_tour.values()), nights.doors(on_tour.values())
    for offer in slots.offers(
        programme, school, now=now, whatever_the_notice=True, only_days=sorted(on_tour)
    ).days:
        tour_day = on_tour[offer.tour_day_id]
        if offer.closed == fit.TAKEN:
            found.append(
                DayVerdict(
                    rule="Taken",
                    said="It plays elsewhere that day.",
                    holds=True,
                    troupe=tour_day.troupe.name,
                )
            )
            continue
        full = offer.shows >= offer.at_most
        said = f"{offer.shows} of {count(offer.at_most, 'show')} booked or kept."
        of_troupe = [DayVerdict(rule="Room", said=said, holds=full)]
        if not full:
            of_troupe += _rest(tour_day, offer, truly[tour_day.id], doors[tour_day.id])
            of_troupe += _school_lunch(offer)
            of_troupe += _time(offer)
        found += [replace(verdict, troupe=tour_day.troupe.name) for verdict in of_troupe]
    return found


def _rest(
    tour_day: TourDay, offer: DayOffer, truly: Truly, doors: tuple[Door | None, Door | None]
) -> Iterator[DayVerdict]:
    """The word of each rule of the troupe's own that has anything to say of that day."""
    troupe = tour_day.troupe
    for door, words in zip(
        doors, ("Leaves from {}, where it stayed.", "Stays the night at {}."), strict=True
    ):
        if door is not None and door.stop.key < LODGINGS:
            yield DayVerdict(rule="Overnight", said=words.format(door.name), holds=False)
    if truly.rests_until > hours.minute_of(tour_day.leaves):
        yield DayVerdict(
            rule="Rest",
            said=(
                f"{count(troupe.rest_hours, 'hour')} after the evening before are over at "
                f"{hours.told(truly.rests_until)}."
            ),
            holds=offer.barred == fit.REST,
        )
    if truly.returns < hours.minute_of(tour_day.returns):
        yield DayVerdict(
            rule="Latest return",
            said=f"It is back by {hours.told(truly.returns)}.",
            holds=offer.barred == fit.LATEST,
        )
    if truly.lunch and offer.shows:
        taken = offer.barred == fit.LUNCH
        between = (
            f"{count(truly.lunch, 'minute')} between {hours.told(lunch.FIRST)} and {hours.told(lunch.LAST)}"
        )
        yield DayVerdict(
            rule="Lunch",
            said=f"No start leaves the troupe {between}." if taken else f"The troupe has {between}.",
            holds=taken,
        )


def _school_lunch(offer: DayOffer) -> Iterator[DayVerdict]:
    kept = offer.shape.lunch
    if kept is None:
        return
    since, until = hours.told(kept.since), hours.told(kept.until)
    what = f"{since[:1].upper()}{since[1:]} to {until}" + (", with the tables" if kept.what != SHOW else "")
    holds = offer.why_not == fit.OVER_LUNCH
    said = f"{what}: no start keeps out of it." if holds else f"{what}: starts keep out of it."
    yield DayVerdict(rule="School’s lunch", said=said, holds=holds)


def _time(offer: DayOffer) -> Iterator[DayVerdict]:
    if offer.gaps:
        first = offer.slots[0].starts
        said = f"There is time; the first start is {clock(first)}."
        yield DayVerdict(rule="Time and road", said=said, holds=False, first_start=first)
    elif offer.short and not offer.barred:
        what = "on the road" if offer.by_road else "between the shows, its hours and the school’s"
        said = f"{count(offer.short, 'minute')} short {what}."
        yield DayVerdict(rule="Time and road", said=said, holds=True)


def _notice(programme: Programme, day: date, now: datetime) -> DayVerdict:
    first = slots.first_bookable_day(programme, now)
    if day < day_of(now):
        return DayVerdict(rule="Notice", said="The day is past.", holds=True)
    return DayVerdict(
        rule="Notice",
        said=(
            f"A school books {count(programme.notice_book_days, 'day')} ahead: from {day_short(first)} on. "
            f"You need not."
        )
        if day < first
        else "Far enough ahead.",
        holds=day < first,
    )


def _school_day(programme: Programme, school: Organisation, day: date) -> DayVerdict:
    why = school_days.load_one(school).why_closed(day)
    if programme.for_adults and why == school_days.INSET_DAY:
        return DayVerdict(
            rule="School day", said="An INSET day, which suits a programme for staff.", holds=False
        )
    said = {"your INSET day": "INSET day", "a day you ruled out": "The school has ruled it out"}.get(why, why)
    return DayVerdict(
        rule="School day",
        said=f"{said[:1].upper()}{said[1:]}." if why else "A school day there.",
        holds=bool(why),
    )
