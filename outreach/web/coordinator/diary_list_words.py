"""Words of the list behind one number of the diary: what stands when, with whom, and how far it is agreed. Pure."""

from dataclasses import dataclass
from datetime import date

from flask import url_for

from outreach.booking.agenda.tour_diary import Listed
from outreach.booking.agenda.troupe_day import Block, clock_of
from outreach.ground import audience
from outreach.ground.wording import clock, clock_span, count, day, days
from outreach.web.coordinator.diary_view import DiaryView
from outreach.web.sentences import Sentence, link, sentence


@dataclass(frozen=True, kw_only=True)
class LineWords:
    day: str
    href: str
    troupe: str
    time: str
    what: Sentence
    beneath: str = ""


def head(asked: DiaryView, found: int, *, today: date) -> str:
    """Of which programme and days, and how many there are."""
    stretch = days(asked.first, asked.last, today=today)
    return f"{asked.programme.title}, {stretch}. {count(found, 'line')}."


def line(one: Listed, asked: DiaryView, *, today: date) -> LineWords:
    row = one.row
    day_id = row.tour_day.id if row.tour_day is not None else None
    time, what, beneath = f"{clock_of(row.leaves)} to {clock_of(row.returns)}", sentence(one.warning), ""
    if one.free is not None:
        time = f"{clock_of(one.free.begins)} to {clock_of(one.free.ends)}"
        what = sentence(link("Who would fit?", f"{asked.address(fit=day_id)}#fits"))
    if one.block is not None:
        show, booking = one.block.performance, one.block.booking
        time = clock_span(show.starts_at, show.ends_at)
        to = (
            url_for("coordinator.booking", reference=booking.reference)
            if booking is not None
            else url_for(
                "coordinator.school", organisation_id=show.organisation_id, programme=asked.programme.id
            )
        )
        what = sentence(link(show.host.name, to))
        beneath = _agreed(one.block, for_adults=asked.programme.for_adults, today=today)
    return LineWords(
        day=day(one.day, today=today),
        href=f"{asked.address()}#d{day_id}",
        troupe=row.troupe.name,
        time=time,
        what=what,
        beneath=beneath,
    )


def _agreed(block: Block, *, for_adults: bool, today: date) -> str:
    if block.booking is not None:
        who = "For staff" if for_adults else count(block.pupils, "pupil")
        return f"{who}, {audience.words(for_adults).guests(block.guests)}" if block.guests else who
    if block.proposal is not None:
        return f"Proposed, to be answered by {day(block.proposal.reply_by, today=today)}"
    if block.performance.held_until is not None:
        return f"Held until {clock(block.performance.held_until)}"
    return "Booked by its guests alone"
