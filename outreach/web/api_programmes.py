"""A programme as the JSON feed tells it, wherever it stands."""

from typing import Any

from outreach.ground.school_year import year_name
from outreach.tour.programmes import Programme
from outreach.web.api_shapes import TEXT, TRUTH, WHOLE, Named, thing

PROGRAMME = Named(name="Programme", shape=thing(id=WHOLE, title=TEXT, academic_year=TEXT, for_adults=TRUTH))

NO_PROGRAMME = {404: "There is no such programme, or it is another partnership's."}


def programme_told(programme: Programme) -> dict[str, Any]:
    return {
        "id": programme.id,
        "title": programme.title,
        "academic_year": year_name(programme.academic_year),
        "for_adults": programme.for_adults,
    }
