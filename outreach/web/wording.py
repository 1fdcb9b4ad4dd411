"""Template filters for dates, times and numbers, and what day it is."""

from collections.abc import Iterable

from flask import Flask

from outreach.ground import audience, clock, wording
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import written
from outreach.post.outbox import SENT, Letter
from outreach.tour.programmes import Programme
from outreach.web import map_links, sign_in


def init_app(app: Flask) -> None:
    for name in (
        "day",
        "day_short",
        "days",
        "clock",
        "clock_span",
        "number",
        "date_and_time",
        "count",
        "and_list",
        "capfirst",
        "duration",
        "pounds",
        "pounds_rounded",
    ):
        app.jinja_env.filters[name] = getattr(wording, name)
    app.jinja_env.filters["written_day"] = written
    app.jinja_env.filters["to_map"] = map_links.of_stop
    app.jinja_env.filters["for_sign_in"] = sign_in.of_stop
    app.jinja_env.filters["year_groups"] = wording.year_groups_name
    app.jinja_env.filters["year_group"] = wording.year_group_name
    app.jinja_env.filters["audience"] = audience.words
    app.jinja_env.filters["in_group"] = audience.in_group
    app.jinja_env.filters["people_in_group"] = audience.people_in_group
    app.jinja_env.filters["box_of_group"] = audience.box_of_group
    app.jinja_env.filters["school_year"] = wording.year_name
    app.jinja_env.filters["programme_choices"] = programme_choices
    app.jinja_env.filters["year_group_choices"] = year_group_choices
    app.jinja_env.globals["today"] = lambda: day_of(clock.now())


def programme_choices(programmes: Iterable[Programme]) -> list[tuple[int, str]]:
    """What a select offers of programmes: their ids and names."""
    return [(p.id, f"{p.title} {wording.year_name(p.academic_year)}") for p in programmes]


def year_group_choices(years: Iterable[int]) -> list[tuple[int, str]]:
    """What a select offers of year groups."""
    return [(year, wording.year_group_name(year)) for year in years]


def sent_again(letter: Letter | None) -> str:
    """What a person reads who asked for a letter to be sent once more."""
    if letter is None:
        return "Nothing was sent: nobody there has it in the calendar."
    if letter.status == SENT:
        return (
            f"It went to {letter.recipient} {wording.date_and_time(letter.handed_at)}. Give it some minutes, "
            "and look among the junk mail too."
        )
    return f"The newest letter is on its way to {letter.recipient} once more. The calendar entry stays the same one."
