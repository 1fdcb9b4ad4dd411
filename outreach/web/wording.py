"""How dates, times and numbers are said on pages, as template filters."""

from flask import Flask

from outreach.ground import wording


def init_app(app: Flask) -> None:
    for name in ("day", "day_short", "clock", "clock_span", "number", "date_and_time", "count", "and_list", "capfirst", "duration"):
        app.jinja_env.filters[name] = getattr(wording, name)
    app.jinja_env.filters["year_groups"] = wording.year_groups_name
    app.jinja_env.filters["year_group"] = wording.year_group_name
    app.jinja_env.filters["school_year"] = wording.year_name
