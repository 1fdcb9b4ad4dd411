"""Seats of each year group at each show: what we propose, and what we ask about. Pure."""

from collections.abc import Mapping, Sequence
from math import ceil

from outreach.booking.accounts import Expected
from outreach.booking.numbers import MoreThanItHas
from outreach.ground import audience
from outreach.ground.school_year import STAFF
from outreach.ground.wording import number


def proposed(expected: Mapping[int, int | None], shows: int, ceiling: int) -> list[dict[int, int]] | None:
    """A split of the pupils, {year group: pupils}, over `shows` shows, as a proposal; None while a number is
    unknown.

    Whole year groups stay together if they fit; else they are cut where the shows become alike in size.
    What no show can seat is left out.
    """
    known = {y: n for y, n in sorted(expected.items()) if n is not None}
    if len(known) < len(expected) or not known:
        return None
    together = _whole(known, shows, ceiling)
    if together is not None:
        return together
    room = min(ceiling, ceil(sum(known.values()) / shows))
    split: list[dict[int, int]] = [dict.fromkeys(known, 0) for _ in range(shows)]
    show, left = 0, room
    for year_group, pupils in known.items():
        while pupils and show < shows:
            seated = min(pupils, left)
            split[show][year_group] += seated
            pupils, left = pupils - seated, left - seated
            if not left:
                show, left = show + 1, room
    return split


def _whole(known: Mapping[int, int], shows: int, ceiling: int) -> list[dict[int, int]] | None:
    """Year groups kept together, the largest first into the emptiest show; None if they do not fit."""
    split: list[dict[int, int]] = [dict.fromkeys(known, 0) for _ in range(shows)]
    for year_group, pupils in sorted(known.items(), key=lambda item: (-item[1], item[0])):
        emptiest = min(range(shows), key=lambda i: sum(split[i].values()))
        split[emptiest][year_group] = pupils
    split.sort(key=lambda show: min((y for y, n in show.items() if n), default=99))
    if any(not 0 < sum(show.values()) <= ceiling for show in split):
        return None
    return split


def beyond_count(
    entered: Mapping[int, int], expected: Mapping[int, Expected], promised: Mapping[int, int]
) -> dict[int, str]:
    """The question to ask, by year group, where what is entered and promised elsewhere is more than the
    school has."""
    asked = {}
    for year_group, pupils in entered.items():
        known = expected.get(year_group)
        if known is None or known.at_most is None or known.pupils is None:
            continue
        total = pupils + promised.get(year_group, 0)
        if total > known.at_most:
            asked[year_group] = MoreThanItHas(year_group, known.pupils, total).message
    return asked


def over_ceiling(entered: Sequence[Mapping[int, int]], ceiling: int) -> dict[int, str]:
    """What fits, in words, by the place of each show that is asked to seat more than the audience ceiling."""
    said = {}
    for place, show in enumerate(entered):
        total = sum(show.values())
        if total > ceiling:
            words = audience.words(STAFF in show)
            holds = f"One {words.show} holds at most {words.count(ceiling)} and you entered {number(total)}. "
            # Others have places at a session, too.
            said[place] = holds + (
                "Let some of them come to another."
                if STAFF in show
                else f"Bring {number(ceiling)} to this one and choose another time for the other "
                f"{number(total - ceiling)}."
            )
    return said
