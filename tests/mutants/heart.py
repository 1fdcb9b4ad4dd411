"""The files of the heart: what is promised, who is told, when a show fits, and what it came to; and what is hidden."""

FILES = tuple(
    f"outreach/{name}.py"
    for name in (
        "booking/accounts",
        "booking/bookings",
        "booking/holds",
        "booking/numbers",
        "booking/promises",
        "booking/told",
        "county/pupils",
        "county/succession",
        "coverage/as_of",
        "coverage/asking",
        "coverage/facts",
        "coverage/gaps",
        "coverage/standings",
        "coverage/targets",
        "coverage/year_group_standing",
        "ground/suppression",
        "planning/rules",
        "post/calendars",
        "post/outbox",
        "post/outgoing/claims",
        "tour/fit",
        "tour/itinerary",
        "tour/performances",
        "tour/slots",
        "tour/span",
        "visits/verdicts",
    )
)
