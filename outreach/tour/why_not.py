"""Why a school is not offered a day, rule by rule, in words for a coordinator: 'why not 12 March?'"""

from dataclasses import dataclass
from datetime import date, datetime, time

from outreach.county import school_days
from outreach.county.schools import School
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock, count, day_short
from outreach.tour import days, slots
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One rule's word on one day: `holds` says that it stands in the way. `troupe` is '' where it is the same for all."""

    rule: str
    said: str
    holds: bool
    troupe: str = ""
    first_start: time | None = None


def of(programme: Programme, school: School, day: date, *, now: datetime) -> list[Verdict]:
    """Every rule in its order, those that let the day pass too; then each troupe of the day. A constant number of queries."""
    found = [_notice(programme, day, now), _school_day(programme, school, day)]
    on_tour = {d.id: d.troupe.name for d in days.of_programme(programme.id) if d.day == day}
    if not on_tour:
        return [
            *found,
            Verdict(rule="Tour day", said="No troupe gives this day to the programme.", holds=True),
        ]
    found.append(
        Verdict(rule="Tour day", said=f"{count(len(on_tour), 'troupe')} on tour that day.", holds=False)
    )
    for offer in slots.offers(
        programme, school, now=now, whatever_the_notice=True, only_days=sorted(on_tour)
    ).days:
        name = on_tour[offer.tour_day_id]
        full = offer.shows >= offer.at_most
        said = f"{offer.shows} of {count(offer.at_most, 'show')} booked or kept."
        found.append(Verdict(rule="Room", said=said, holds=full, troupe=name))
        if full:
            continue
        if offer.gaps:
            first = offer.slots[0].starts
            said = f"There is time; the first start is {clock(first)}."
            found.append(
                Verdict(rule="Time and road", said=said, holds=False, troupe=name, first_start=first)
            )
        elif offer.short:
            what = "on the road" if offer.by_road else "between the shows, its hours and the school’s"
            found.append(
                Verdict(
                    rule="Time and road",
                    said=f"{count(offer.short, 'minute')} short {what}.",
                    holds=True,
                    troupe=name,
                )
            )
    return found


def _notice(programme: Programme, day: date, now: datetime) -> Verdict:
    first = slots.first_bookable_day(programme, now)
    if day < day_of(now):
        return Verdict(rule="Notice", said="The day is past.", holds=True)
    return Verdict(
        rule="Notice",
        said=f"A school books {count(programme.notice_book_days, 'day')} ahead: from {day_short(first)} on. You need not."
        if day < first
        else "Far enough ahead.",
        holds=day < first,
    )


def _school_day(programme: Programme, school: School, day: date) -> Verdict:
    why = school_days.load_one(school).why_closed(day)
    if programme.for_adults and why == school_days.INSET_DAY:
        return Verdict(
            rule="School day", said="An INSET day, which suits a programme for staff.", holds=False
        )
    said = {"your INSET day": "INSET day", "a day you ruled out": "The school has ruled it out"}.get(why, why)
    return Verdict(
        rule="School day",
        said=f"{said[:1].upper()}{said[1:]}." if why else "A school day there.",
        holds=bool(why),
    )
