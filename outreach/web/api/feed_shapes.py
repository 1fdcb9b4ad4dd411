"""Shapes of what the JSON feed says of standings, bookings, figures and published reports."""

from collections.abc import Mapping
from typing import Any

from outreach.booking.promises import BOOKED, CANCELLED, DISAGREE, FAILED, GUEST, HOST, MISSING, TOOK_PLACE
from outreach.coverage.gaps import named
from outreach.coverage.standings import NINE
from outreach.web.api_programmes import PROGRAMME
from outreach.web.api_shapes import (
    ADDRESS,
    ANYTHING,
    COUNT,
    DAY,
    MOMENT,
    TEXT,
    TRUTH,
    WHOLE,
    Named,
    by_word,
    one_of,
    or_none,
    several,
    thing,
)

NINE_OF_ADULTS = tuple(named(word, for_adults=True) for word in NINE)
STANDING_WORD = one_of(*dict.fromkeys((*(str(word) for word in NINE), *NINE_OF_ADULTS)))
OUTCOME = one_of(BOOKED, TOOK_PLACE, FAILED, CANCELLED, MISSING, DISAGREE)
DISTRICT = thing(code=TEXT, name=TEXT)
FULL_PROGRAMME: Mapping[str, Any] = PROGRAMME.shape["properties"]

START = Named(
    name="Start",
    shape=thing(
        "An address is null where there is nothing there, or the token lacks its scope.",
        partnership=TEXT,
        county=TEXT,
        time_zone=TEXT,
        scopes=several(TEXT),
        programmes=several(
            thing(
                **FULL_PROGRAMME,
                target=TEXT,
                figures=or_none(ADDRESS),
                standings=or_none(ADDRESS),
                bookings=or_none(ADDRESS),
                bodies=or_none(ADDRESS),
                bookings_of_bodies=or_none(ADDRESS),
            )
        ),
        reports=or_none(ADDRESS),
        schools=or_none(ADDRESS),
        shows=or_none(ADDRESS),
        plans=or_none(ADDRESS),
    ),
)


def _sums(of: str, **more: Any) -> dict[str, Any]:
    return thing(
        key=TEXT,
        name=TEXT,
        **{of: WHOLE},
        standings={
            "anyOf": [
                thing(**dict.fromkeys((str(word) for word in NINE), WHOLE)),
                thing("Of a programme for adults.", **dict.fromkeys(NINE_OF_ADULTS, WHOLE)),
            ]
        },
        gaps=WHOLE,
        share=or_none(WHOLE),
        share_said=TEXT,
        evidence=by_word(WHOLE),
        **more,
    )


SUMS = Named(name="SumsOfSchools", shape=_sums("schools", estimates_from_census=several(or_none(DAY))))
SUMS_OF_BODIES = Named(name="SumsOfBodies", shape=_sums("bodies"))

PEOPLE = Named(
    name="People",
    shape={
        "type": "object",
        "description": "As the newest report by that day has them.",
        "properties": {
            "report": WHOLE,
            "as_of": DAY,
            "pupils_seen": COUNT,
            "target_pupils": COUNT,
            "pupil_share": or_none(WHOLE),
            "concerns": COUNT,
            "absent": COUNT,
            "caught_up": COUNT,
            "bodies": thing(staff_trained=COUNT, front_line_staff=COUNT, staff_share=or_none(WHOLE)),
        },
        "required": ["report", "as_of", "pupils_seen", "target_pupils", "pupil_share", "concerns"],
    },
)

FIGURES = Named(
    name="Figures",
    shape=thing(
        programme=PROGRAMME,
        as_of=DAY,
        target=TEXT,
        whole=SUMS,
        districts=several(SUMS),
        phases=several(SUMS),
        towns=several(SUMS),
        urban_rural=several(SUMS),
        types=several(SUMS),
        causes=several(thing(cause=TEXT, schools=WHOLE)),
        excluded=WHOLE,
        also_seen_by=WHOLE,
        bodies=or_none(
            thing(
                whole=SUMS_OF_BODIES,
                districts=several(SUMS_OF_BODIES),
                kinds=several(SUMS_OF_BODIES),
                causes=several(thing(cause=TEXT, bodies=WHOLE)),
                excluded=WHOLE,
                also_trained=WHOLE,
            )
        ),
        people=or_none(PEOPLE),
        outcomes=or_none(ANYTHING),
        referrals=or_none(ANYTHING),
        followed=or_none(ANYTHING),
        cost=or_none(ANYTHING),
    ),
)


def _page_of(name: str, rows: str, of: Named) -> Named:
    return Named(
        name=name,
        shape=thing(
            programme=PROGRAMME,
            as_of=DAY,
            count=WHOLE,
            page=WHOLE,
            pages=WHOLE,
            next=or_none(ADDRESS),
            **{rows: several(of)},
        ),
    )


STANDING = Named(
    name="Standing",
    shape=thing(
        urn=WHOLE,
        name=TEXT,
        district=DISTRICT,
        town=TEXT,
        urban_rural=TEXT,
        phase=TEXT,
        type=TEXT,
        trust=TEXT,
        standing=STANDING_WORD,
        gap=TRUTH,
        cause=TEXT,
        since=or_none(DAY),
        year_groups=by_word(TEXT),
        ages_unknown=TRUTH,
        evidence=TEXT,
    ),
)
STANDINGS = _page_of("Standings", "standings", STANDING)

BODY = Named(
    name="StandingOfBody",
    shape=thing(
        id=WHOLE,
        name=TEXT,
        kind=TEXT,
        district=DISTRICT,
        standing=STANDING_WORD,
        gap=TRUTH,
        cause=TEXT,
        since=or_none(DAY),
        evidence=TEXT,
    ),
)
BODIES = _page_of("StandingsOfBodies", "bodies", BODY)

BOOKING = Named(
    name="Booking",
    shape=thing(
        reference=TEXT,
        school=thing(urn=WHOLE, name=TEXT),
        role=one_of(HOST, GUEST),
        starts_at=MOMENT,
        ends_at=MOMENT,
        year_groups=several(WHOLE),
        pupils_expected=COUNT,
        outcome=OUTCOME,
    ),
)
BOOKINGS = _page_of("Bookings", "bookings", BOOKING)

BOOKING_OF_BODY = Named(
    name="BookingOfBody",
    shape=thing(
        reference=TEXT,
        body=thing(id=WHOLE, name=TEXT, kind=TEXT),
        role=one_of(HOST, GUEST),
        starts_at=MOMENT,
        ends_at=MOMENT,
        staff_expected=COUNT,
        outcome=OUTCOME,
    ),
)
BOOKINGS_OF_BODIES = _page_of("BookingsOfBodies", "bookings", BOOKING_OF_BODY)

_REPORT = {
    "id": WHOLE,
    "number": WHOLE,
    "programme": PROGRAMME,
    "as_of": DAY,
    "published_at": MOMENT,
    "address": ADDRESS,
}
REPORTS = Named(
    name="Reports", shape=thing(reports=several(Named(name="ReportInList", shape=thing(**_REPORT))))
)
REPORT = Named(
    name="Report",
    shape=thing(
        **_REPORT,
        content=ANYTHING,
        corrected_since=thing(
            schools=WHOLE,
            bodies=WHOLE,
            standings=by_word(thing(reported=WHOLE, now=WHOLE)),
        ),
    ),
)
