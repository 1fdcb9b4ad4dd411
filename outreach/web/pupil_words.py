"""Words on the pages that pupils read: a child of nine should read each at once, which a test looks after."""

from outreach.outcomes import typed_codes
from outreach.outcomes.waves import AFTER, BEFORE, LATER

NUMBERS = {5: "five", 6: "six", 7: "seven", 8: "eight"}

HEADS = {
    BEFORE: "What do you think before the play?",
    AFTER: "What did you think of the play?",
    LATER: "What do you think now?",
}
WHY = {
    BEFORE: "A play comes to your school soon. First we want to know what you think.",
    AFTER: "You saw the play. Now we want to know what you think.",
    LATER: "You saw a play at school some time ago. Now we want to know what you think.",
}

NOBODY_SEES = "Nobody can see who gave which answer."

PROMISES = (
    "We do not ask your name. Please do not tell us.",
    NOBODY_SEES,
    "You can skip any question, and stop when you like.",
    "It is not a test. If you do not want to do it, that is fine.",
)

TALK = (
    ("The safeguarding lead at your school", "Ask any teacher who that is.", ""),
    ("Childline, free", "0800 1111", "tel:08001111"),
    ("If someone online worries you: CEOP", "ceop.police.uk", "https://www.ceop.police.uk/"),
    ("If you are in danger now", "999", "tel:999"),
)
"""Whom to tell now: who, how, and the address of a link."""

ELSEWHERE = "https://www.bbc.co.uk/weather"
"""Where 'Leave this page' leads: a page that anybody may have open."""

UNKNOWN_CODE = "We do not know this code. Look at the poster and type it again."
NO_CODE = "Type the code from the poster."
NO_POSTCODE = "Type the postcode of your school too."
DO_NOT_FIT = "This code is not from a school with this postcode. Look at both and type them again."
TOO_MANY = "Too many wrong codes were typed here today. Point a phone at the square code on the poster."
NOT_FOUND = {
    typed_codes.UNKNOWN: UNKNOWN_CODE,
    typed_codes.NO_POSTCODE: NO_POSTCODE,
    typed_codes.TOO_MANY: TOO_MANY,
}
NOTHING_SAID = "You skipped every question, so there was nothing to keep."
KEPT = "Your answers are in."


def how_long(number_of_items: int) -> str:
    """'Six questions, two minutes.'"""
    return f"{NUMBERS[number_of_items].capitalize()} questions, about two minutes."


def question_of(place: int, number_of_items: int) -> str:
    return f"Question {place} of {number_of_items}"


def every_sentence() -> list[str]:
    """All of them, for the test."""
    return [
        *HEADS.values(),
        *WHY.values(),
        *PROMISES,
        *(f"{who}. {how}" for who, how, _ in TALK if "." not in how),
        UNKNOWN_CODE,
        NO_CODE,
        NO_POSTCODE,
        DO_NOT_FIT,
        TOO_MANY,
        NOTHING_SAID,
        KEPT,
        *(how_long(n) for n in NUMBERS),
    ]
