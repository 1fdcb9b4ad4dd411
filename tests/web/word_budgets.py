"""How many words a page may show: whoever adds some cuts others.

A budget is what somebody reads of a page's main part from top to bottom, folded parts left folded. One more line may
only be bought with one less elsewhere; raising a budget lowers another.
"""

BOOKING = {
    "choose a time": 88,
    "pupils": 29,
    "hall": 55,
    "people": 39,
    "check": 78,
    "booked": 110,
}
"""A school's way from its link to the end, for a school with a lead and an office on file."""

BOOKING_WORDS = 399
"""All of that way."""

BOOKING_CONTROLS = 16
"""Boxes, radios and ticks that are seen on that way."""

BOOKING_CLICKS = 5

REPORTS = {"school": 177, "company": 118}
"""The words of the form in which each side says how a show of two year groups went: less than a minute's reading."""

REPORT_QUESTIONS = {"school": 14, "company": 7}
"""What it asks, the box that opens with a 'no' among it; and of these must be answered, each with one tap:"""

REPORT_TAPS = {"school": 3, "company": 1}
